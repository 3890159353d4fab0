/** Forget-bias half-life: what a forget gate with nothing but a bias leaves after k steps. */
import { half_life_at, kept_after, log_kept_after, sigmoid } from "./core.mjs";
import { circle, label, line, linear, path_through, resize, spread, square, svg, ticks, triangle } from "./svg.mjs";
import {
  assign, button, choice, fit, formula, frame, h, predict, presets, range, redraw, say_later, show, superscript, table,
} from "./ui.mjs";

/**
 * @typedef {import("./ui.mjs").Model} Model
 * @typedef {{name: string, bias: number, colour: string, mark: Function, width: number, dash?: string}} Curve
 * @typedef {{b: number, compared: number, k: number, axes: "linear" | "log_steps" | "log_share", curves: Curve[]}} View
 */

const SETTINGS = ["forget_bias", "compare_bias", "lag", "axes"];
const REFERENCE = [0, 1, 2, 3, 4, 5]; // biases that the table always holds
const LN10 = Math.log(10);

export default { render };

/** @param {{model: Model, el: HTMLElement}} host @returns {() => void} */
function render({ model, el }) {
  const { body, note, say } = frame(model, el, {
    title: "Forget-bias half-life",
    question: "Does it matter where the forget gate’s bias starts?",
  });
  const parts = [plot(model), listing(), arithmetic(), inverse(model, say)];
  const [curves, list, worked, asked] = parts;
  body.append(
    h("style", {}, STYLES),
    ask(),
    h("div", { class: "rnn-stack" }, preset_buttons(model, say), note),
    h("div", { class: "rnn-columns" }, [
      h("div", { class: "rnn-stack" }, curves.node, range(model, { label: "lag k", name: "lag", format: steps_text })),
      controls(model, asked.node),
    ]),
    list.node,
    worked.node,
    h("p", { class: "rnn-soft" }, CAVEAT),
  );
  const tell = say_later(say);
  const stop = redraw(model, SETTINGS, () => {
    const view = look(model);
    for (const part of parts) part.update(view);
    tell(summary(view));
  });
  return () => [stop, curves.stop].forEach((end) => end());
}

const CAVEAT =
  "Exact while the gate is constant: with its weights at zero, f is σ(b) at every step. In a trained cell f also " +
  "depends on the input and on h, so the bias only says where the gate starts.";

/** @param {Model} model @returns {View} */
function look(model) {
  const [b, compared, k, axes] = SETTINGS.map((name) => model.get(name));
  const curves = [{ name: "yours", bias: b, colour: "var(--rnn-c)", mark: circle, width: 3 }];
  const beside = { mark: square, width: 2.25, dash: "8 4" };
  if (compared !== b) curves.push({ name: "compared", bias: compared, colour: "var(--rnn-a)", ...beside });
  const zero = { mark: triangle, width: 2, dash: "2 3" };
  if (b !== 0 && compared !== 0) curves.push({ name: "zero", bias: 0, colour: "var(--rnn-edge)", ...zero });
  return { b, compared, k, axes, curves };
}

/** @param {View} view */
function summary({ b, compared, k }) {
  const left = b === compared ? "" : `; bias ${bias_text(compared)} leaves ${share_text(compared, k)}`;
  const life = show(half_life_at(b), 2);
  return `Bias ${bias_text(b)}: half-life ${life} steps, ${share_text(b, k)} left after ${steps_text(k)}${left}.`;
}

// ---- numbers as text -----------------------------------------------------------------------------------------

/** A bias with as many decimals as it has, at most two. @param {number} b */
const bias_text = (b) => show(b, Number.isInteger(b) ? 0 : 2);

/** @param {number} k */
const steps_text = (k) => (k === 1 ? "1 step" : `${k} steps`);

/** What is left, to six decimals, or in powers of ten, even those that float64 does not hold. @param {number} b */
export function share_text(b, k) {
  const log = log_kept_after(b, k);
  if (log >= Math.log(1e-3)) return show(Math.exp(log), 6);
  const exponent = Math.floor(log / LN10);
  const mantissa = Math.exp(log - exponent * LN10).toFixed(2);
  return mantissa === "10.00" ? `1.00 × 10${superscript(exponent + 1)}` : `${mantissa} × 10${superscript(exponent)}`;
}

// ---- prompt, settings to try, controls -----------------------------------------------------------------------

/** Numbers in the feedback are core.mjs's, like all others. */
function ask() {
  const [at_3, at_6] = [3, 6].map((b) => show(half_life_at(b), 1));
  const gates = `The gate goes from ${show(sigmoid(3), 4)} to ${show(sigmoid(6), 4)}`;
  return predict("The bias goes from 3 to 6. The half-life, about 14 steps at 3, becomes …", [
    {
      text: "hardly longer: the gate is nearly 1 anyway",
      feedback: `${gates}, a small change for one step. But it acts at every step: ${at_3} steps become ${at_6}.`,
    },
    {
      text: "twice as long, about 29 steps",
      feedback: `It becomes ${at_6} steps. For large b the half-life grows like e^b, not like b.`,
    },
    {
      text: "about 20 times as long, 280 steps",
      right: true,
      feedback:
        `From ${at_3} to ${at_6} steps: for large b each further unit of bias makes it about e = 2.7 times as long.`,
    },
  ]);
}

/** @param {Model} model @param {(text: string) => void} say */
function preset_buttons(model, say) {
  const at = (b) => `Bias ${b}: the gate keeps ${show(sigmoid(b), 3)} a step`;
  const lasts = (b) => (b === 0 ? steps_text(1) : steps_text(show(half_life_at(b), 1)));
  const gone = (b) => `half is left after ${lasts(b)}, ${share_text(b, 40)} after 40.`;
  const list = [
    {
      label: "Bias 0, a fresh LSTM",
      values: { forget_bias: 0, lag: 40 },
      says: `PyTorch starts the bias near 0, the gate half open: ${gone(0)}`,
    },
    { label: "Bias 1", values: { forget_bias: 1, lag: 40 }, says: `${at(1)}; ${gone(1)}` },
    { label: "Bias 3", values: { forget_bias: 3, lag: 40 }, says: `${at(3)}; ${gone(3)}` },
    {
      label: "Bias 6, all half-lives",
      values: { forget_bias: 6, lag: 280, axes: "log_steps" },
      says: `${at(6)}; half is left after ${lasts(6)}. On this axis the curves stand side by side.`,
    },
  ];
  return presets(model, "Settings to try", list, say);
}

const AXES = { linear: "linear", log_steps: "log steps", log_share: "log share" };

/** @param {Model} model @param {HTMLElement} asked the inverse question */
const controls = (model, asked) =>
  h("div", { class: "rnn-stack" }, [
    range(model, { label: "forget bias b", name: "forget_bias" }),
    range(model, { label: "other bias to compare", name: "compare_bias" }),
    choice(model, { label: "axes", name: "axes", texts: AXES }),
    asked,
  ]);

/**
 * Which bias leaves half after k steps, and a button that sets it.
 * @param {Model} model @param {(text: string) => void} say
 */
function inverse(model, say) {
  const expression = (a, k) => {
    const kept = a.pow(a.number(0.5, 1), a.div(a.number(1), k));
    return a.ln(a.div(kept, a.sub(a.number(1), kept)));
  };
  const { node: line_of, update: compute } = formula(expression, ["k"], { result: "b" });
  line_of.dataset.name = "bias_for_lag";
  const title = h("p", { class: "rnn-subtitle" });
  const { step } = model.get("controls").forget_bias;
  let needed = 0;
  const rounded = () => Number((Math.round(needed / step) * step).toFixed(2));
  const set = button("", () => {
    const b = rounded();
    assign(model, { forget_bias: b });
    say(`At bias ${bias_text(b)} the half-life is ${show(half_life_at(b), 2)} steps.`);
  });
  const update = ({ k }) => {
    needed = compute(k);
    title.textContent = `Half left after ${steps_text(k)}: which bias?`;
    set.textContent = `Set the bias to ${bias_text(rounded())}`;
  };
  return { node: h("div", { class: "rnn-stack half-tight" }, title, line_of, set), update };
}

// ---- curves --------------------------------------------------------------------------------------------------

const MARGIN = { left: 44, right: 80, top: 26, bottom: 44 };
const STEPS = [10, 20, 50, 100, 200, 600]; // where the axis of steps may end
const LONG_STEPS = 3000; // where the logarithmic one ends: past the half-life at the highest bias

/** @param {Model} model */
function plot(model) {
  const image = svg("svg", { role: "img", class: "half-plot" });
  const heading = h("p", { class: "rnn-subtitle" }, "Share of the cell state that is left over the steps");
  const note = h("p", { class: "rnn-soft" });
  const node = h("div", {}, heading, image, note);
  let view = null;
  let at = null;
  const { draw, stop } = fit(node, (width) => {
    if (!view) return;
    at = place(view, width);
    draw_plot(image, view, at);
  });
  pick_lag(image, model, () => at);
  const update = (next) => {
    view = next;
    image.setAttribute("aria-label", summary(view));
    draw();
    note.textContent = legend(view, at);
  };
  return { node, update, stop };
}

/** Pressing or dragging on the plot chooses the lag; the range below it does the same for the keyboard. */
function pick_lag(image, model, now) {
  const { min, max } = model.get("controls").lag;
  const move = (event) => {
    const k = now().steps_at(event.clientX - image.getBoundingClientRect().left);
    model.set("lag", Math.max(min, Math.min(max, Math.round(k))));
  };
  image.addEventListener("pointerdown", (event) => {
    image.setPointerCapture(event.pointerId);
    move(event);
  });
  image.addEventListener("pointermove", (event) => event.buttons && move(event));
  image.addEventListener("pointerup", () => model.save_changes());
}

/** Where things stand: x of a number of steps and back, y of the logarithm of a share. @param {View} view */
function place({ axes, k, curves }, width) {
  const height = Math.round(Math.min(360, Math.max(250, width * 0.56)));
  const far = axes === "log_steps";
  const [first, last] = far ? [1, LONG_STEPS] : [0, STEPS.find((end) => end >= 1.2 * k)];
  const [left, right, base] = [MARGIN.left, width - MARGIN.right, height - MARGIN.bottom];
  const lowest = Math.min(...curves.map(({ bias }) => log_kept_after(bias, last))) / LN10;
  const floor = Math.max(-15, Math.min(-1, Math.floor(lowest)));
  const along = far ? linear(0, Math.log(last), left, right) : linear(0, last, left, right);
  const up = axes === "log_share" ? linear(floor * LN10, 0, base, MARGIN.top) : linear(0, 1, base, MARGIN.top);
  const back = far ? linear(left, right, 0, Math.log(last)) : linear(left, right, 0, last);
  return {
    x: (steps) => along(far ? Math.log(steps) : steps),
    y: (log) => up(axes === "log_share" ? log : Math.exp(log)),
    steps_at: (pixel) => (far ? Math.exp(back(pixel)) : back(pixel)),
    first, last, floor, left, right, base, width, height,
  };
}

/** @param {View} view @param {ReturnType<typeof place>} at */
function legend({ b, k }, { last }) {
  const life = half_life_at(b);
  const beyond = `The half-life at bias ${bias_text(b)}, ${show(life, 1)} steps, lies beyond the axis. `;
  return `${life > last ? beyond : ""}Rings: half is left. Filled marks: what is left after ${steps_text(k)}.`;
}

/** @param {SVGElement} image @param {View} view @param {ReturnType<typeof place>} at */
function draw_plot(image, view, at) {
  resize(image, at.width, at.height);
  // An inner svg cuts off what lies below the axis.
  const cut = { width: at.width, height: at.base + 1, style: "overflow: hidden" };
  const lines = [...view.curves].reverse().map((curve) => draw_curve(curve, at));
  image.replaceChildren(
    ...draw_axes(view, at),
    svg("svg", cut, ...lines),
    ...view.curves.flatMap((curve) => half_mark(curve, at)),
    ...lag_marks(view, at),
    ...names(view, at),
  );
}

function draw_curve({ name, bias, colour, width, dash }, { x, y, first, last }) {
  const part = (j) => (first ? last ** (j / 200) : (last * j) / 200); // evenly along the axis
  const points = Array.from({ length: 201 }, (_, j) => [x(part(j)), y(log_kept_after(bias, part(j)))]);
  const dashed = dash ? { "stroke-dasharray": dash } : {};
  const about = { fill: "none", stroke: colour, "stroke-width": width, "data-line": name };
  return svg("path", { d: path_through(points), ...about, ...dashed });
}

/** A ring where half is left, with a line down to its number of steps; the number at the reader's own. */
function half_mark({ name, bias, colour }, { x, y, first, last, base, width }) {
  const life = half_life_at(bias);
  if (life < first || life > last) return [];
  const [cx, cy] = [x(life), y(Math.log(0.5))];
  const drop = line(cx, cy, cx, base, colour, { "stroke-dasharray": "3 3", "stroke-opacity": 0.7 });
  const ring = svg("circle", { cx, cy, r: 5.5, fill: "var(--rnn-paper)", stroke: colour, "stroke-width": 2.5 });
  if (name !== "yours") return [drop, ring];
  const text = `half after ${show(life, 2)}`;
  const beside = cx + 110 > width ? { "text-anchor": "end", x: cx - 9 } : { x: cx + 9 };
  const level = cy < MARGIN.top + 20 ? cy + 20 : cy - 9; // below the ring where the lag's name stands above
  const style = `fill: ${colour}; font-weight: 600`;
  return [drop, ring, svg("text", { ...beside, y: level, class: "rnn-halo", style }, text)];
}

/** The lag as a line and, on every curve, a mark of its own shape. @param {View} view */
function lag_marks({ k, curves }, { x, y, base }) {
  const at = x(k);
  const seen = curves.filter(({ bias }) => y(log_kept_after(bias, k)) <= base + 1);
  const marks = seen.map(({ bias, colour, mark }) => mark(at, y(log_kept_after(bias, k)), colour));
  return [
    line(at, MARGIN.top - 6, at, base, "var(--rnn-ink)", { "stroke-dasharray": "2 3" }),
    label(at, MARGIN.top - 11, `k = ${k}`, { "text-anchor": "middle", style: "font-weight: 600" }),
    ...marks,
  ];
}

/** Every curve's bias beside its end, moved apart where they would touch. @param {View} view */
function names({ curves }, { x, y, last, base, right }) {
  const wanted = curves.map(({ bias }) => Math.min(base, y(log_kept_after(bias, last))));
  const placed = spread(wanted, 15, MARGIN.top, base);
  return curves.flatMap(({ bias, colour, name }, j) => [
    line(x(last) + 2, wanted[j], right + 9, placed[j], colour),
    label(right + 12, placed[j] + 4, `b = ${bias_text(bias)}`, {
      style: name === "zero" ? "" : `fill: ${colour}; font-weight: 600`,
    }),
  ]);
}

/** @param {View} view @param {ReturnType<typeof place>} at */
function draw_axes({ axes }, { x, y, first, last, floor, left, right, base, width, height }) {
  const soft = { class: "rnn-soft" };
  const powers = ticks(floor, 0, 6).filter(Number.isInteger);
  const shares =
    axes === "log_share"
      ? powers.map((n) => [n === 0 ? "1" : `10${superscript(n)}`, n * LN10])
      : [0, 0.25, 0.5, 0.75, 1].map((v) => [String(v), Math.log(v)]);
  const thirds = width > 440 ? [3, 30, 300, 3000] : [];
  const steps = first ? [1, 10, 100, 1000, ...thirds] : ticks(0, last, Math.min(6, width / 80));
  const end = { ...soft, "text-anchor": "end" };
  const strong = (log) => log === Math.log(0.5);
  return [
    ...shares.map(([, log]) => line(left, y(log), right, y(log), strong(log) ? "var(--rnn-edge)" : "var(--rnn-line)")),
    ...shares.map(([text, log]) => label(left - 7, y(log) + 4, text, end)),
    ...steps.map((k) => line(x(k), base, x(k), base + 5, "var(--rnn-edge)")),
    ...steps.map((k) => label(x(k), base + 19, k, { ...soft, "text-anchor": "middle" })),
    line(left, base, right, base, "var(--rnn-edge)"),
    label(right, height - 6, "steps", end),
  ];
}

// ---- numbers -------------------------------------------------------------------------------------------------

/** Gate, half-life and what is left, for biases 0 to 5 and the two that are set; the reader's own stands out. */
function listing() {
  const { node, fill } = table("", ["b", "f = σ(b)", "half-life", "left"]);
  node.classList.add("half-list");
  const caption = node.querySelector("caption");
  const left = node.querySelector("th:last-child");
  const update = ({ b, compared, k }) => {
    caption.textContent = `A constant gate: half-life in steps, and what is left after ${steps_text(k)}`;
    node.setAttribute("aria-label", caption.textContent);
    left.textContent = `left after ${k}`;
    const biases = [...new Set([...REFERENCE, b, compared])].sort((one, other) => one - other);
    const row = (bias) => [
      bias_text(bias) + (bias === b ? ", yours" : bias === compared ? ", other" : ""),
      { text: show(sigmoid(bias), 4), name: `f[${bias}]`, value: sigmoid(bias) },
      { text: show(half_life_at(bias), 4), name: `half_life[${bias}]`, value: half_life_at(bias) },
      { text: share_text(bias, k), name: `left[${bias}]`, value: kept_after(bias, k) },
    ];
    fill(biases.map(row));
    [...node.querySelectorAll("tbody tr")].forEach((tr, j) => tr.classList.toggle("half-own", biases[j] === b));
  };
  return { node, update };
}

/** Gate, half-life and what is left, each written out with the reader's numbers. */
function arithmetic() {
  const line_of = (name, label_text, expression, names_of, options) => {
    const { node, update } = formula(expression, names_of, { label: label_text, digits: 4, ...options });
    node.dataset.name = name;
    return { node, update };
  };
  const life = (a, b) => a.div(a.ln(a.number(0.5, 1)), a.log_sigmoid(b));
  const printed = { result: "left", print: (value, b, k) => share_text(b, k) };
  const gate = line_of("f", "The gate keeps, each step", (a, b) => a.sigmoid(b), ["b"], { result: "f" });
  const left = line_of("left", "and leaves, after k steps", (a, b, k) => a.sigmoid_power(b, k), ["b", "k"], printed);
  const half = line_of("half_life", "Half is left after this many steps", life, ["b"], { result: "half-life" });
  const lines = [gate, left, half];
  const heading = h("p", { class: "rnn-subtitle" }, "The arithmetic of your bias");
  const node = h("div", {}, heading, h("div", { class: "rnn-pair half-lines" }, lines.map((part) => part.node)));
  const update = ({ b, k }) => {
    gate.update(b);
    left.update(b, k);
    half.update(b);
  };
  return { node, update };
}

const STYLES = `
.rnn-live .half-plot { touch-action: pan-y; cursor: crosshair; }
.rnn-live .half-tight { gap: 0.5rem; justify-items: start; }
.rnn-live .half-list .half-own { background: var(--rnn-tint); font-weight: 700; }
.rnn-live .half-list th:first-child { padding-left: 0.5rem; }
@container (max-width: 30rem) {
  .rnn-live .half-list :is(th, td) { padding-right: 0.375rem; }
  .rnn-live .half-list th { white-space: normal; }
}
`;
