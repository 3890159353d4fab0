/** Hold a bit: one tanh unit that is to remember that a pulse came, and the fixed points that decide whether it can. */
import { fixed_points, hold_score, unit_map, unit_states } from "./core.mjs";
import { circle, label, line, linear, path_through, resize, svg, ticks } from "./svg.mjs";
import { disclosure, fit, formula, frame, h, predict, presets, range, redraw, say_later, show, table } from "./ui.mjs";

/**
 * @typedef {import("./ui.mjs").Model} Model
 * @typedef {ReturnType<typeof compute>} View
 */

const SETTINGS = ["w", "u", "b", "pulse", "t"];
const MEANS = { stable: "stable: attracts", unstable: "unstable: repels", marginal: "marginal: slope 1" };

export default { render };

/** @param {{model: Model, el: HTMLElement}} host @returns {() => void} */
function render({ model, el }) {
  const { body, note, say } = frame(model, el, {
    title: "Hold a bit",
    question: "Can a single tanh unit, with no gate, remember for as long as you like that a pulse came?",
  });
  const parts = [verdict(model), over_time(model), cobweb(), step_line(), points_table(), numbers()];
  const [judged, timed, map, step, points, all] = parts;
  body.append(
    h("style", {}, STYLES),
    ask(model),
    h("div", { class: "rnn-stack" }, preset_buttons(model, say), note),
    h("div", { class: "rnn-columns" }, [
      h("div", { class: "rnn-stack" }, judged.node, timed.node),
      controls(model),
    ]),
    h("div", { class: "rnn-pair hold-pair" }, map.node, h("div", { class: "rnn-stack" }, step.node, points.node)),
    all.node,
  );
  const tell = say_later(say);
  const stop = redraw(model, SETTINGS, () => {
    const view = compute(model);
    for (const part of parts) part.update(view);
    tell(summary(view));
  });
  return () => [stop, timed.stop, map.stop].forEach((end) => end());
}

/** Everything that is shown, computed by core.mjs from the traits. @param {Model} model */
export function compute(model) {
  const [w, u, b, pulse, t] = SETTINGS.map((name) => model.get(name));
  const { steps: T, threshold } = model.get("payload");
  const x = Array.from({ length: T }, (_, k) => Number(k + 1 === pulse));
  const states = unit_states({ w, u, b }, x);
  const judged = hold_score(states, pulse, threshold);
  return { w, u, b, pulse, t, T, threshold, x, states, ...judged, points: fixed_points(w, b) };
}

const value_text = (v) => show(v, 4);

/** @param {View} view */
function summary({ t, states, before, after, T, right }) {
  const verdict = right.every(Boolean) ? "holds the bit" : "does not hold the bit";
  return `Step ${t}: h ${value_text(states[t])}. ${before + after} of ${T} steps right; the unit ${verdict}.`;
}

// ---- prompt, settings to try, controls -------------------------------------------------------------------------

/** Numbers in the feedback are core.mjs's, like all others. @param {Model} model */
function ask(model) {
  const { presets: values, steps } = model.get("payload");
  const pulse = model.get("controls").pulse.default;
  const x = Array.from({ length: steps }, (_, k) => Number(k + 1 === pulse));
  const [fading, held] = ["forgets", "holds"].map((name) => unit_states(values[name], x));
  const low = fixed_points(values.holds.w, values.holds.b)[0].h;
  return predict("A pulse lifts h to nearly 1. The recurrent weight w now goes from 0.5 to 2, nothing else changes. After the pulse h …", [
    {
      text: "falls back, only more slowly",
      feedback:
        `With w = 0.5 it falls: three steps after the pulse h is ${value_text(fading[pulse + 3])}. ` +
        `With w = 2 it is ${value_text(held[pulse + 3])}, and ${value_text(held[steps])} at step ${steps}: it stays.`,
    },
    {
      text: "stays high until the end",
      right: true,
      feedback:
        `At step ${steps} h is still ${value_text(held[steps])}. With w above 1 there can be two stable fixed ` +
        `points; before the pulse h rests near the other one, ${value_text(low)}.`,
    },
    {
      text: "grows without bound",
      feedback: `tanh keeps h below 1: it comes to rest at ${value_text(held[steps])}, a fixed point of the map.`,
    },
  ]);
}

/** @param {Model} model @param {(text: string) => void} say */
function preset_buttons(model, say) {
  const values = model.get("payload").presets;
  const says = {
    forgets: "One fixed point, below the threshold: whatever the pulse does, h falls back to it.",
    holds: "Two stable fixed points, one low and one high. Only the pulse carries h across the unstable one between.",
    "stuck on": "The bias carries h to the high fixed point before any pulse came: on, whatever comes.",
    deaf: "Two stable fixed points again, but the pulse is too weak to carry h across the unstable one.",
    "fades slowly": "w = 1 is the border: h sinks towards 0, but ever more slowly. Not one steady level, and no clean bit.",
    alternates: "With w = −2 the one fixed point repels, and h jumps from side to side at every step.",
  };
  const list = Object.keys(values).map((name) => ({ label: name, values: values[name], says: says[name] }));
  return presets(model, "Units to try", list, say);
}

/** @param {Model} model */
const controls = (model) =>
  h("div", { class: "rnn-stack" }, [
    range(model, { label: "recurrent weight w", name: "w" }),
    range(model, { label: "input weight u", name: "u", format: (v) => show(v, 1) }),
    range(model, { label: "bias b", name: "b" }),
    range(model, { label: "pulse at step", name: "pulse", format: String }),
  ]);

// ---- score -----------------------------------------------------------------------------------------------------

/** The verdict, how it is reached, and the score. @param {Model} model */
function verdict(model) {
  const { threshold } = model.get("payload");
  const result = h("p", { class: "hold-verdict" });
  const rule = h(
    "p",
    { class: "rnn-soft" },
    `A step is right if h is below ${threshold} before the pulse, and above ${threshold} from the pulse on. ` +
      "The unit holds the bit if all steps are right.",
  );
  const share = (a, before, after, T) => a.div(a.add(before, after), T);
  const { node, update } = formula(share, ["n_before", "n_after", "T"], { result: "score" });
  node.dataset.name = "score";
  return {
    node: h("div", { class: "hold-score" }, result, rule, node),
    update(view) {
      const good = view.right.every(Boolean);
      result.textContent = good ? "✓ Holds the bit" : `✗ ${fault(view)}`;
      result.classList.toggle("hold-good", good);
      update(view.before, view.after, view.T);
    },
  };
}

/** What goes wrong, in words. @param {View} view */
function fault({ right, pulse, before, after, T }) {
  const first = right.indexOf(false) + 1;
  if (before < pulse - 1) return `On before the pulse: wrong from step ${first} on, ${T - before - after} steps wrong`;
  if (!right[pulse - 1]) return "The pulse does not lift h above the threshold";
  const ever = right.slice(first).some(Boolean) ? "" : " for good";
  return `Lost at step ${first}${ever}, ${first - pulse} ${first - pulse === 1 ? "step" : "steps"} after the pulse`;
}

// ---- h over time -----------------------------------------------------------------------------------------------

const MARGIN = { left: 34, right: 12, top: 24, bottom: 40 };

/** @param {Model} model */
function over_time(model) {
  const image = svg("svg", { role: "img", class: "hold-time" });
  const heading = h("p", { class: "rnn-subtitle" }, "The state h over the steps");
  const legend = h("p", { class: "rnn-soft" }, "Filled circles: right side of the threshold. Crosses: wrong side.");
  const place = h("div", {}, heading, image, legend);
  const node = h("div", { class: "rnn-stack" }, place, range(model, { label: "step t", name: "t", format: String }));
  let view = null;
  let at = null;
  const { draw, stop } = fit(place, (width) => {
    if (!view) return;
    at = axes_of(view, width);
    resize(image, at.width, at.height);
    image.replaceChildren(...time_axes(view, at), ...time_marks(view, at));
  });
  pick_step(image, model, () => at);
  const update = (next) => {
    view = next;
    image.setAttribute("aria-label", `The state over ${view.T} steps. ${summary(view)}`);
    draw();
  };
  return { node, update, stop };
}

/** Pressing or dragging on the plot chooses the step; the range below it does the same for the keyboard. */
function pick_step(image, model, now) {
  const { min, max } = model.get("controls").t;
  const move = (event) => {
    const t = Math.round(now().step_at(event.clientX - image.getBoundingClientRect().left));
    model.set("t", Math.max(min, Math.min(max, t)));
  };
  image.addEventListener("pointerdown", (event) => {
    image.setPointerCapture(event.pointerId);
    move(event);
  });
  image.addEventListener("pointermove", (event) => event.buttons && move(event));
  image.addEventListener("pointerup", () => model.save_changes());
}

/** @param {View} view @param {number} width */
function axes_of({ T }, width) {
  const height = Math.round(Math.min(260, Math.max(200, width * 0.42)));
  const [left, right, base] = [MARGIN.left, width - MARGIN.right, height - MARGIN.bottom];
  return {
    x: linear(0, T, left, right),
    y: linear(-1, 1, base, MARGIN.top),
    step_at: linear(left, right, 0, T),
    left, right, base, width, height,
  };
}

/** @param {View} view @param {ReturnType<typeof axes_of>} at */
function time_axes({ T, threshold, pulse, t }, { x, y, left, right, base, height }) {
  const soft = { class: "rnn-soft" };
  const end = { ...soft, "text-anchor": "end" };
  const steps = ticks(0, T, 4).filter((k) => k > 0);
  const levels = [-1, 0, threshold, 1];
  const pulse_words = Math.abs(x(pulse) - x(t)) < 60 && t !== pulse ? (t > pulse ? "end" : "start") : "middle";
  return [
    ...[-1, 0, 1].map((v) => line(left, y(v), right, y(v), "var(--rnn-line)")),
    ...levels.map((v) => label(left - 6, y(v) + 4, show(v, Number.isInteger(v) ? 0 : 1), end)),
    line(left, y(threshold), right, y(threshold), "var(--rnn-edge)", { "stroke-dasharray": "7 4" }),
    ...steps.map((k) => label(x(k), base + 18, k, { ...soft, "text-anchor": "middle" })),
    label(right, height - 4, "step t", end),
    line(x(pulse), MARGIN.top, x(pulse), base, "var(--rnn-a)", { "stroke-dasharray": "2 3", "stroke-width": 2 }),
    label(x(pulse), MARGIN.top - 9, "pulse", { "text-anchor": pulse_words, style: "fill: var(--rnn-a); font-weight: 600" }),
  ];
}

/** @param {View} view @param {ReturnType<typeof axes_of>} at */
function time_marks({ states, right, t, pulse }, { x, y, base, right: edge }) {
  const points = states.map((v, k) => [x(k), y(v)]);
  const mark = ([cx, cy], good) =>
    good ? svg("circle", { cx, cy, r: 3, fill: "var(--rnn-c)" }) : cross(cx, cy);
  const beside = x(t) > edge - 40 ? "end" : t < pulse && x(pulse) - x(t) < 60 ? "end" : "start";
  const away = t === pulse ? [] : [label(x(t) + (beside === "end" ? -3 : 3), MARGIN.top - 9, `t = ${t}`, { "text-anchor": beside, style: "font-weight: 600" })];
  return [
    svg("path", { d: path_through(points), fill: "none", stroke: "var(--rnn-c)", "stroke-width": 1.75 }),
    line(x(t), MARGIN.top - 4, x(t), base, "var(--rnn-ink)", { "stroke-width": 1.25 }),
    ...right.map((good, k) => mark(points[k + 1], good)),
    svg("circle", { cx: x(t), cy: y(states[t]), r: 6, fill: "none", stroke: "var(--rnn-ink)", "stroke-width": 2 }),
    ...away,
  ];
}

const cross = (x, y) =>
  svg("path", { d: `M${x - 3} ${y - 3}l6 6M${x - 3} ${y + 3}l6 -6`, stroke: "var(--rnn-bad)", "stroke-width": 2 });

// ---- the cobweb ------------------------------------------------------------------------------------------------

/** The map from h to the next h, its fixed points, and the way of the states. */
function cobweb() {
  const image = svg("svg", { role: "img" });
  const heading = h("p", { class: "rnn-subtitle" }, "Next h over h: where the curve crosses the diagonal, h would stay");
  const legend = h(
    "p",
    { class: "rnn-soft" },
    "Full curve: no input, tanh(w h + b). Dashed: at the pulse. Filled circle: stable fixed point; open: unstable; " +
      "square: marginal. Staircase: the states up to step t, the last step thick.",
  );
  const node = h("div", {}, heading, image, legend);
  let view = null;
  const { draw, stop } = fit(node, (width) => view && draw_cobweb(image, view, Math.min(width, 380)));
  const update = (next) => {
    view = next;
    const found = view.points.map(({ h: v, kind }) => `${value_text(v)} ${kind}`).join(", ");
    image.setAttribute("aria-label", `Cobweb of the map tanh(w h + b). Fixed points: ${found}.`);
    draw();
  };
  return { node, update, stop };
}

/** @param {SVGElement} image @param {View} view @param {number} size */
function draw_cobweb(image, { w, u, b, t, x: inputs, states, points }, size) {
  const [left, base, top, right] = [34, size - 20, 24, size - 8];
  const x = linear(-1, 1, left, right);
  const y = linear(-1, 1, base, top);
  const grid = Array.from({ length: 161 }, (_, k) => k / 80 - 1);
  const curve = (shift) => path_through(grid.map((v) => [x(v), y(unit_map(v, w, b + shift))]));
  const soft = { class: "rnn-soft" };
  const stairs = [[x(states[0]), y(states[0])]];
  for (let k = 1; k < t; k++) stairs.push([x(states[k - 1]), y(states[k])], [x(states[k]), y(states[k])]);
  const [from, to] = [states[t - 1], states[t]];
  const last = [[x(from), y(from)], [x(from), y(to)], [x(to), y(to)]];
  const about = { fill: "none", "stroke-linejoin": "round" };
  resize(image, size, size + 16);
  image.replaceChildren(
    svg("rect", { x: left, y: top, width: right - left, height: base - top, fill: "none", stroke: "var(--rnn-line)" }),
    ...[-1, 0, 1].map((v) => label(left - 6, y(v) + 4, show(v, 0), { ...soft, "text-anchor": "end" })),
    ...[-1, 0, 1].map((v) => label(x(v), base + 17, show(v, 0), { ...soft, "text-anchor": "middle" })),
    label(right, base + 32, "h before the step", { ...soft, "text-anchor": "end" }),
    label(left, top - 10, "h after it", soft),
    line(x(-1), y(-1), x(1), y(1), "var(--rnn-edge)"),
    svg("path", { ...about, d: curve(u), stroke: "var(--rnn-a)", "stroke-width": 2, "stroke-dasharray": "7 4" }),
    svg("path", { ...about, d: curve(0), stroke: "var(--rnn-c)", "stroke-width": 2.5 }),
    svg("path", { ...about, d: path_through(stairs), stroke: "var(--rnn-ink)", "stroke-width": 1, "stroke-opacity": 0.75 }),
    svg("path", { ...about, d: path_through(last), stroke: inputs[t - 1] ? "var(--rnn-a)" : "var(--rnn-ink)", "stroke-width": 3 }),
    ...points.map(({ h: v, kind }) => fixed_mark(x(v), y(v), kind)),
    circle(x(to), y(to), "var(--rnn-ink)"),
  );
}

/** A fixed point: each kind has its own shape. */
function fixed_mark(cx, cy, kind) {
  const drawn = { stroke: "var(--rnn-c)", "stroke-width": 2.5 };
  const paper = "var(--rnn-paper)";
  if (kind === "marginal") return svg("rect", { x: cx - 6, y: cy - 6, width: 12, height: 12, fill: paper, ...drawn });
  return svg("circle", { cx, cy, r: 7, fill: kind === "stable" ? "var(--rnn-c)" : paper, ...drawn });
}

// ---- numbers ---------------------------------------------------------------------------------------------------

/** The step shown, written out. */
function step_line() {
  const expression = (a, w, before, u, x, b) => a.tanh(a.add(a.add(a.mul(w, before), a.mul(u, x)), b));
  const { node, update } = formula(expression, ["w", "h_(t−1)", "u", "x_t", "b"], { result: "h_t" });
  node.dataset.name = "h";
  const title = h("p", { class: "rnn-subtitle" });
  return {
    node: h("div", {}, title, node),
    update({ w, u, b, t, x, states }) {
      title.textContent = `Step ${t}, written out`;
      update(w, states[t - 1], u, x[t - 1], b);
    },
  };
}

/** All fixed points, and the slope that decides, written out for the one nearest to the last state. */
function points_table() {
  const { node: listed, fill } = table("Fixed points without input, h = tanh(w h + b)", ["h", "slope w (1 − h²)", "is"]);
  const expression = (a, w, point) => a.mul(w, a.sub(a.number(1), a.pow(point, a.number(2))));
  const options = { result: "slope", label: "At the fixed point nearest to the last state" };
  const { node: worked, update } = formula(expression, ["w", "h"], options);
  worked.dataset.name = "slope";
  return {
    node: h("div", { class: "rnn-stack" }, listed, worked),
    update({ w, points, states }) {
      const row = ({ h: v, slope, kind }, k) => [
        { text: value_text(v), name: `fixed[${k + 1}]`, value: v },
        { text: value_text(slope), name: `slope[${k + 1}]`, value: slope },
        MEANS[kind],
      ];
      fill(points.map(row));
      const distance = ({ h: v }) => Math.abs(v - states.at(-1));
      const nearest = points.reduce((one, other) => (distance(other) < distance(one) ? other : one));
      update(w, nearest.h);
    },
  };
}

/** Every step's numbers, in a closed part. */
function numbers() {
  const { node, fill } = table("Input and state at every step", ["t", "x", "h", "side"]);
  node.classList.add("rnn-tall");
  return {
    node: disclosure("All numbers", node),
    update({ T, x, states, right }) {
      const row = (_, k) => [
        k + 1,
        x[k],
        { text: value_text(states[k + 1]), name: `h[${k + 1}]`, value: states[k + 1] },
        right[k] ? "right" : "wrong",
      ];
      fill(Array.from({ length: T }, row));
    },
  };
}

const STYLES = `
.rnn-live .hold-time { touch-action: pan-y; cursor: crosshair; }
.rnn-live .hold-score { display: grid; gap: 0.25rem; }
.rnn-live .hold-verdict { font-size: 1.0625rem; font-weight: 600; color: var(--rnn-bad); }
.rnn-live .hold-verdict.hold-good { color: var(--rnn-good); }
`;
