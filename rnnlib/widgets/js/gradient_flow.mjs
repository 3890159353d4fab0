/** Gradient flow: how much of a loss read at the last step reaches the steps before it, in an RNN, a GRU, an LSTM. */
import { kept_after } from "./core.mjs";
import { CELLS, OWN, SETTINGS, clipping_of, computer, reach_of } from "./flow.mjs";
import {
  circle, diamond, label, line, linear, path_through, resize, spread, square, svg, ticks, triangle,
} from "./svg.mjs";
import {
  choice, disclosure, fit, formula, frame, h, power_of_ten, predict, presets, range, redraw, say_later, select, show,
  superscript, table, toggle,
} from "./ui.mjs";

/**
 * @typedef {import("./flow.mjs").Flow} Flow
 * @typedef {import("./flow.mjs").View} View
 * @typedef {import("./ui.mjs").Model} Model
 */

const NAMES = { rnn: "RNN", gru: "GRU", lstm: "LSTM" };
const COLOURS = { rnn: "var(--rnn-a)", gru: "var(--rnn-b)", lstm: "var(--rnn-c)" };
const CURVES = [
  { cell: "rnn", key: "reach", text: "RNN", name: "rnn", mark: circle },
  { cell: "gru", key: "reach", text: "GRU", name: "gru", mark: square },
  { cell: "lstm", key: "reach", text: "LSTM h", name: "lstm", mark: triangle },
  { cell: "lstm", key: "reach_c", text: "LSTM c", name: "lstm_c", mark: diamond, dash: "8 3" },
];
const VIEW = ["step", "bound", "show_rnn", "show_gru", "show_lstm"];

export default { render };

/** @param {{model: Model, el: HTMLElement}} host @returns {() => void} */
function render({ model, el }) {
  const { body, note, say } = frame(model, el, {
    title: "Gradient flow",
    question: "The loss is read at the last step only. How much of its gradient still reaches the first?",
  });
  const compute = computer(model.get("payload"));
  const parts = [curves(model), readout(), bars(), arithmetic(), numbers()];
  const [plot, at_step, clipped, formulas, all] = parts;
  body.append(
    h("style", {}, STYLES),
    prediction(model),
    h("div", { class: "rnn-stack" }, preset_buttons(model, say), note),
    h("div", { class: "rnn-columns" }, [
      h("div", { class: "rnn-stack" }, plot.node, look_at(model), at_step.node),
      controls(model),
    ]),
    h("div", { class: "rnn-stack" }, clipped.node, clip_controls(model)),
    formulas.node,
    all.node,
  );
  const tell = say_later(say);
  const send = sender(model);
  const stop = redraw(model, [...SETTINGS, ...VIEW], () => {
    const settings = Object.fromEntries([...SETTINGS, ...VIEW].map((name) => [name, model.get(name)]));
    settings.step = Math.min(settings.step, settings.length);
    const view = compute(settings);
    for (const part of parts) part.update(view);
    tell(summary(view));
    send.reach(view.flows);
  });
  return () => [stop, plot.stop, clipped.stop, send.stop].forEach((end) => end());
}

/** Sends the curves to a kernel, if one listens, once changes pause. @param {Model} model */
function sender(model, wait = 150) {
  let timer = 0;
  const reach = (flows) => {
    if (model.get("reach") === undefined) return;
    model.set("reach", reach_of(flows));
    clearTimeout(timer);
    timer = setTimeout(() => model.save_changes(), wait);
  };
  return { reach, stop: () => clearTimeout(timer) };
}

const shown_cells = (settings) => CELLS.filter((kind) => settings[`show_${kind}`]);
const shown_curves = (settings) => CURVES.filter(({ cell }) => settings[`show_${cell}`]);

/** A norm, to about three digits: 0.144, 10.1, 1.4 × 10⁻¹¹, 0. @param {number} value */
function size(value) {
  if (value === 0 || !Number.isFinite(value)) return show(value, 0);
  if (value < 1e-3 || value >= 1e4) return power_of_ten(value, 1);
  return show(value, value < 10 ? 3 : value < 100 ? 2 : 1);
}

/** @param {View} view */
function summary({ settings, flows }) {
  const { step, length } = settings;
  const texts = shown_curves(settings).map(({ cell, key, text }) => `${text} ${size(flows[cell][key][step - 1])}`);
  return `Norm of the gradient at step ${step} of ${length}: ${texts.join(", ") || "no cell chosen"}.`;
}

// ---- prompt, settings to try, controls -----------------------------------------------------------------------

/** About closing the gate where the page starts with an open one, else about opening it. @param {Model} model */
function prediction(model) {
  const start = (name) => model.get("controls")[name].default;
  const kind = start("show_gru") && !start("show_lstm") ? "gru" : "lstm";
  const about = { cell: NAMES[kind], gate: kind === "gru" ? "update" : "forget", k: start("length") - 1 };
  return start(OWN[kind]) > 0 ? closing_prompt(about) : opening_prompt(about);
}

function closing_prompt({ cell, gate, k }) {
  const kept = size(kept_after(0, k));
  const half = `At bias 0 the ${gate} gate is half open, and a half a step is ${kept} after ${k} steps`;
  const question = `Set the ${cell}’s ${gate} bias back to 0, as in a fresh network. At step 1 its gradient will be …`;
  return predict(question, [
    {
      text: "still far larger than the RNN’s",
      feedback: `${half}: the dotted lines. It is the open gate that carries the gradient, not the ${cell} as such.`,
    },
    {
      text: "about as small as the RNN’s",
      right: true,
      feedback: `${half}: the dotted lines. Press “Untrained: all vanish”.`,
    },
    {
      text: "exactly 0",
      feedback: `${half}: small, but not 0. Press “Untrained: all vanish”.`,
    },
  ]);
}

function opening_prompt({ cell, gate, k }) {
  const kept = `which alone keeps ${size(kept_after(3, k))} over ${k} steps`;
  const share = `At bias 3 the ${gate} gate is ${show(kept_after(3, 1), 2)}, ${kept}`;
  const half = `${share}; at bias 0 it would be ${size(kept_after(0, k))}`;
  const press = `Press “${cell}: ${gate} bias 3”.`;
  return predict(`Raise the ${cell}’s ${gate} bias from 0 to 3. Going back from the loss, its curve will …`, [
    { text: "stay at 1: it no longer vanishes", feedback: `${share}. Below 1 it fades still, only later. ${press}` },
    { text: "fall far more slowly", right: true, feedback: `${half}. ${press}` },
    { text: "fall faster", feedback: `${half}. ${press}` },
  ]);
}

/** @param {Model} model @param {(text: string) => void} say */
function preset_buttons(model, say) {
  const plain = { length: 40, radius: 0.6, input_scale: 1, nonlinearity: "tanh", matrix: "random", step: 1 };
  const closed = { ...plain, forget_bias: 0, update_bias: 0 };
  const rnn = { ...plain, show_rnn: true, bound: "rnn" };
  const list = [
    {
      label: "Untrained: all vanish",
      values: { ...rnn, ...closed },
      says:
        "Gates half open, weights as small as PyTorch draws them: each step about halves the gradient, " +
        "in the LSTM as well.",
    },
    {
      label: "LSTM: forget bias 3",
      values: { ...closed, forget_bias: 3, bound: "lstm", show_lstm: true },
      says:
        "Forget gate at 0.95. Alone it would leave 0.15 of the gradient after 39 steps; " +
        "what comes back through the gates adds to it.",
    },
    {
      label: "GRU: update bias 3",
      values: { ...closed, update_bias: 3, bound: "gru", show_gru: true },
      says:
        "In PyTorch’s GRU z keeps the old state. With z near 0.95 about 0.15 of the gradient is left after 39 steps.",
    },
    {
      label: "Radius 0.8, yet it grows",
      values: { ...rnn, length: 80, radius: 0.8, nonlinearity: "identity", matrix: "lopsided" },
      says:
        "A linear RNN of radius 0.8: its gradient first grows and shrinks only in the long run. " +
        "The radius promises nothing for a single step.",
    },
    {
      label: "Explode and clip",
      values: { ...rnn, radius: 1.3, nonlinearity: "identity", clipping: true, clip: 1 },
      says:
        "A linear RNN of radius 1.3: its gradient grows on its way back. Clipping cuts the bar of the parameters’ " +
        "gradient and leaves every curve where it was.",
    },
    {
      label: "Orthogonal, linear: flat",
      values: { ...rnn, radius: 1, nonlinearity: "identity", matrix: "orthogonal" },
      says:
        "An orthogonal matrix only turns the RNN’s gradient. With no nonlinearity its norm is 1 at every step.",
    },
  ];
  return presets(model, "Settings to try", list, say);
}

/** @param {Model} model */
function controls(model) {
  const cells = CELLS.map((kind) => toggle(model, { label: NAMES[kind], name: `show_${kind}` }));
  const one = (v) => show(v, 1);
  const draws = { 0: "draw 1", 1: "draw 2", 2: "draw 3" };
  return h("div", { class: "rnn-stack" }, [
    h("div", { class: "rnn-row", role: "group", "aria-label": "Cells shown" }, cells),
    range(model, { label: "Length T", name: "length", format: String }),
    range(model, { label: "LSTM’s forget bias", name: "forget_bias", format: one }),
    range(model, { label: "GRU’s update bias", name: "update_bias", format: one }),
    range(model, { label: "Spectral radius", name: "radius" }),
    range(model, { label: "Input scale", name: "input_scale", format: one }),
    choice(model, { label: "RNN’s nonlinearity", name: "nonlinearity", texts: { identity: "none" } }),
    choice(model, { label: "Upper bound of", name: "bound", texts: NAMES }),
    select(model, { label: "Matrix of RNN and candidates", name: "matrix", texts: { lopsided: "lopsided (a chain)" } }),
    select(model, { label: "Weights and inputs", name: "seed", texts: draws }),
  ]);
}

/** The step to look at: a range of its own, as long as the sequence. @param {Model} model */
function look_at(model) {
  const format = (step) => `${Math.min(step, model.get("length"))} of ${model.get("length")}`;
  const max = () => model.get("length");
  return range(model, { label: "Look at step t", name: "step", format, max, on: ["length"] });
}

// ---- curves --------------------------------------------------------------------------------------------------

const MARGIN = { left: 66, right: 44, top: 10, bottom: 44 };

/** @param {Model} model */
function curves(model) {
  const image = svg("svg", { role: "img", class: "flow-plot" });
  const note = h("p", { class: "rnn-soft" });
  const heading = h("p", { class: "rnn-subtitle" });
  const node = h("div", {}, heading, image, note);
  let view = null;
  const { draw, stop } = fit(node, (width) => view && draw_curves(image, view, width));
  pick_step(image, model, () => view.settings.length);
  const update = (next) => {
    view = next;
    const too = view.settings.show_lstm ? ", for the LSTM of dL/dc too" : "";
    heading.textContent = `Norm of dL/dh at each step${too}`;
    image.setAttribute("aria-label", summary(view));
    note.textContent = legend(view);
    draw();
  };
  return { node, update, stop };
}

/** Pressing or dragging on the plot chooses the step; the range below it does the same for the keyboard. */
function pick_step(image, model, length) {
  const move = (event) => {
    const box = image.getBoundingClientRect();
    const at = linear(MARGIN.left, box.width - MARGIN.right, 1, length())(event.clientX - box.left);
    model.set("step", Math.max(1, Math.min(length(), Math.round(at))));
  };
  image.addEventListener("pointerdown", (event) => {
    image.setPointerCapture(event.pointerId);
    move(event);
  });
  image.addEventListener("pointermove", (event) => event.buttons && move(event));
  image.addEventListener("pointerup", () => model.save_changes());
}

/** @param {View} view */
function legend({ settings, closed }) {
  const { bound } = settings;
  const dotted = Object.keys(closed).filter((kind) => closed[kind] && settings[`show_${kind}`]);
  const texts = dotted.map((kind) => (kind === "gru" ? "GRU" : "LSTM c"));
  const parts = [];
  if (texts.length) parts.push(`Dotted: ${texts.join(" and ")} with the gate’s bias at 0.`);
  if (settings[`show_${bound}`]) parts.push(`Thin dashes: what the ${NAMES[bound]}’s gradient cannot exceed.`);
  return parts.join(" ");
}

/** All lines to draw, in powers of ten, background first. @param {View} view */
function strokes({ settings, flows, closed }) {
  const stroke = (cell, kind, values, curve) => ({ cell, kind, curve, values: values.map(Math.log10) });
  const kinds = shown_cells(settings);
  const bounded = kinds.filter((cell) => cell === settings.bound);
  return [
    ...kinds.filter((cell) => closed[cell]).map((cell) => stroke(cell, "closed", closed[cell])),
    ...bounded.map((cell) => stroke(cell, "bound", flows[cell].bound_c ?? flows[cell].bound)),
    ...shown_curves(settings).map((curve) => stroke(curve.cell, "curve", flows[curve.cell][curve.key], curve)),
  ];
}

const STROKES = {
  closed: { "stroke-width": 2, "stroke-dasharray": "0.1 4.5", "stroke-linecap": "round" },
  bound: { "stroke-width": 1.25, "stroke-dasharray": "4 4" },
  curve: { "stroke-width": 2.5, "stroke-linejoin": "round" },
};

/** Powers of ten from bottom to top: all curves; of the bound only the next four, so that it cannot flatten them. */
function limits(drawn) {
  const values_of = (some) => drawn.filter(some).flatMap(({ values }) => values.filter(Number.isFinite));
  const lines = values_of(({ kind }) => kind !== "bound");
  const bound = values_of(({ kind }) => kind === "bound");
  const top = Math.max(0, ...lines);
  return [Math.min(-3, ...lines), Math.max(0.5, top + 0.5, Math.min(Math.max(0, ...bound), top + 4))];
}

/** @param {SVGElement} image @param {View} view @param {number} width */
function draw_curves(image, view, width) {
  const height = Math.round(Math.min(400, Math.max(270, width * 0.56)));
  const drawn = strokes(view);
  const [low, high] = limits(drawn);
  const x = linear(1, view.settings.length, MARGIN.left, width - MARGIN.right);
  const y = linear(low, high, height - MARGIN.bottom, MARGIN.top);
  const place = { x, y, low, high, width, height };
  // An inner svg cuts off what lies above the plot.
  const cut = { width, height: height - MARGIN.bottom + 4, style: "overflow: hidden" };
  resize(image, width, height);
  image.replaceChildren(
    ...axes(view, place),
    svg("svg", cut, ...drawn.map((stroke) => draw_stroke(stroke, place))),
    ...cursor(view, place),
    ...curve_names(drawn, place),
  );
}

function draw_stroke({ cell, kind, curve, values }, { x, y, high }) {
  const points = values.map((v, t) => [x(t + 1), y(Math.min(v, high + 20))]);
  const dash = curve?.dash ? { "stroke-dasharray": curve.dash } : {};
  const about = { fill: "none", stroke: COLOURS[cell], "data-line": `${kind} ${curve ? curve.name : cell}` };
  return svg("path", { d: path_through(points), ...about, ...STROKES[kind], ...dash });
}

const ten_to = (k) => (k === 0 ? "1" : `10${superscript(k)}`);

function axes({ settings }, { x, y, low, high, width, height }) {
  const [left, right, base] = [x(1), x(settings.length), height - MARGIN.bottom];
  const soft = { class: "rnn-soft" };
  const levels = ticks(low, high, 7).filter(Number.isInteger);
  const clear = (t) => Number.isInteger(t) && x(t) - left > 24 && right - x(t) > 24;
  const steps = [1, ...ticks(0, settings.length, width / 90).filter(clear), settings.length];
  const wide = width > 440;
  return [
    ...levels.map((k) => line(left, y(k), right, y(k), k === 0 ? "var(--rnn-edge)" : "var(--rnn-line)")),
    ...levels.map((k) => label(right + 8, y(k) + 4, ten_to(k), soft)),
    ...steps.map((t) => line(x(t), base, x(t), base + 5, "var(--rnn-edge)")),
    ...steps.map((t) => label(x(t), base + 19, t, { ...soft, "text-anchor": "middle" })),
    line(left, base, right, base, "var(--rnn-edge)"),
    label(left, base + 38, wide ? "← the gradient flows back" : "← gradient", soft),
    label(right + 8, base + 38, wide ? "step t, loss at the last" : "step, loss", { ...soft, "text-anchor": "end" }),
  ];
}

/** The chosen step's line and, on every curve, a mark of its own shape. */
function cursor({ settings, flows }, { x, y, height }) {
  const at = x(settings.step);
  const marks = shown_curves(settings)
    .map(({ cell, key, mark }) => ({ cell, mark, level: Math.log10(flows[cell][key][settings.step - 1]) }))
    .filter(({ level }) => Number.isFinite(level));
  return [
    line(at, MARGIN.top, at, height - MARGIN.bottom, "var(--rnn-edge)", { "stroke-dasharray": "2 3" }),
    ...marks.map(({ cell, mark, level }) => mark(at, y(level), COLOURS[cell])),
  ];
}

/** Every curve's name beside its first point, and the bound's, moved apart where they would touch. */
function curve_names(drawn, { x, y, high, height }) {
  const named = drawn.filter(({ kind, values }) => kind !== "closed" && Number.isFinite(values[0]));
  const wanted = named.map(({ values }) => y(Math.min(values[0], high)));
  const placed = spread(wanted, 15, MARGIN.top + 2, height - MARGIN.bottom);
  return named.flatMap(({ cell, kind, curve, values }, j) => {
    const text = curve ? curve.text : values[0] > high ? "bound ↑" : "bound";
    const style = `fill: ${COLOURS[cell]}; font-weight: ${kind === "bound" ? 400 : 600}`;
    return [
      line(x(1) - 4, wanted[j], x(1) - 11, placed[j], COLOURS[cell]),
      label(x(1) - 14, placed[j] + 4, text, { "text-anchor": "end", style }),
    ];
  });
}

// ---- numbers as text -----------------------------------------------------------------------------------------

/** A number as a table's cell holds it. @param {string} name @param {number} value */
const named = (name, value) => ({ text: size(value), name, value });

function readout() {
  const { node, fill } = table("", ["", "‖dL/dh‖", "‖dL/dc‖", "bound"]);
  const caption = node.querySelector("caption");
  const update = ({ settings, flows }) => {
    const { step, length } = settings;
    const at = (name, values) => (values ? named(`${name}[${step}]`, values[step - 1]) : "–");
    caption.textContent = `At step ${step}, ${length - step} before the loss`;
    node.setAttribute("aria-label", caption.textContent);
    fill(shown_cells(settings).map((kind) => {
      const { reach, reach_c, bound, bound_c } = flows[kind];
      const limit = bound_c ? at("bound.lstm_c", bound_c) : at(`bound.${kind}`, bound);
      return [NAMES[kind], at(`norm.${kind}`, reach), at("norm.lstm_c", reach_c), limit];
    }));
  };
  return { node, update };
}

const COLUMNS = [
  ["RNN dL/dh", "norm.rnn", ({ rnn }) => rnn.reach],
  ["its bound", "bound.rnn", ({ rnn }) => rnn.bound],
  ["GRU dL/dh", "norm.gru", ({ gru }) => gru.reach],
  ["its bound", "bound.gru", ({ gru }) => gru.bound],
  ["LSTM dL/dh", "norm.lstm", ({ lstm }) => lstm.reach],
  ["its bound", "bound.lstm", ({ lstm }) => lstm.bound],
  ["LSTM dL/dc", "norm.lstm_c", ({ lstm }) => lstm.reach_c],
  ["its bound", "bound.lstm_c", ({ lstm }) => lstm.bound_c],
];

/** All numbers, in a frame of their own after the curves, and only while the table is open. */
function numbers() {
  const header = ["step", ...COLUMNS.map(([text]) => text)];
  const { node: inner, fill } = table("Norm of the gradient at every step, and what it cannot exceed", header);
  inner.classList.add("rnn-tall");
  const node = disclosure("All numbers as a table", inner);
  let view = null;
  let waiting = 0;
  const draw = () => {
    if (!node.open || !view) return;
    const columns = COLUMNS.map(([, name, of]) => [name, of(view.flows)]);
    const row = (t) => [t, ...columns.map(([name, values]) => named(`${name}[${t}]`, values[t - 1]))];
    fill(Array.from({ length: view.settings.length }, (_, t) => row(t + 1)));
  };
  const update = (next) => {
    view = next;
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(draw);
  };
  node.addEventListener("toggle", draw);
  return { node, update };
}

/** What a gate alone keeps, its half-life, and the RNN's bound, each written out with its numbers. */
function arithmetic() {
  const power = (a, b, k) => a.sigmoid_power(b, k);
  const life = (a, b) => a.div(a.ln(a.number(0.5, 1)), a.log_sigmoid(b));
  const bound = (a, s, k) => a.pow(s, k);
  const row = (kind, words, expression, names) => ({ kind, ...formula(expression, names, { label: words }) });
  const rows = {
    forget: row("lstm", "The LSTM’s forget gate keeps, over k steps", power, ["b_f", "k"]),
    forget_life: row("lstm", "and halves the gradient along c in, steps", life, ["b_f"]),
    update: row("gru", "The GRU’s update gate keeps, over k steps", power, ["b_z", "k"]),
    update_life: row("gru", "and halves the gradient in, steps", life, ["b_z"]),
    bound: row("rnn", "The RNN’s bound, s: largest singular value of weight_hh", bound, ["s", "k"]),
  };
  const list = Object.values(rows);
  const heading = h("p", { class: "rnn-subtitle" }, "What the gates alone would keep, k steps before the loss");
  const node = h("div", {}, heading, h("div", { class: "rnn-pair" }, list.map((part) => part.node)));
  const update = ({ settings, flows }) => {
    const k = settings.length - settings.step;
    rows.forget.update(settings.forget_bias, k);
    rows.forget_life.update(settings.forget_bias);
    rows.update.update(settings.update_bias, k);
    rows.update_life.update(settings.update_bias);
    rows.bound.update(flows.rnn.sigma, k);
    for (const part of list) part.node.hidden = !settings[`show_${part.kind}`];
    node.hidden = shown_cells(settings).length === 0;
  };
  return { node, update };
}

// ---- clipping ------------------------------------------------------------------------------------------------

/** @param {Model} model */
function clip_controls(model) {
  return h("div", { class: "rnn-pair" }, [
    toggle(model, { label: "Clip by global norm", name: "clipping" }),
    range(model, { label: "Clipping threshold", name: "clip" }),
  ]);
}

function bars() {
  const image = svg("svg", { role: "img" });
  const heading = h("p", { class: "rnn-subtitle" }, "Norm of the parameters’ gradient: what clipping acts on");
  const text = "Clipping moves no curve above: it scales the sum over all steps, and brings back nothing that has vanished.";
  const node = h("div", {}, heading, image, h("p", { class: "rnn-soft" }, text));
  let view = null;
  const { draw, stop } = fit(node, (width) => view && draw_bars(image, view, width));
  const update = (next) => {
    view = next;
    draw();
  };
  return { node, update, stop };
}

const BAR = { row: 44, text: 17, top: 23, thick: 12, foot: 24 };

/** @param {SVGElement} image @param {View} view @param {number} width */
function draw_bars(image, { settings, flows }, width) {
  const list = shown_cells(settings).map((kind) => ({
    kind,
    before: flows[kind].parameter_norm,
    after: flows[kind].parameter_norm * clipping_of(settings, flows[kind]),
  }));
  const base = list.length * BAR.row;
  const levels = list.map(({ before }) => Math.log10(before)).filter(Number.isFinite);
  const low = Math.min(-2, ...levels.map((v) => Math.floor(v) - 1));
  const high = Math.max(2, ...levels.map(Math.ceil));
  const x = linear(low, high, 1, width - 20);
  const marks = ticks(low, high, Math.min(8, width / 60)).filter(Number.isInteger);
  const anchor = (k) => ({ class: "rnn-soft", "text-anchor": k === low ? "start" : "middle" });
  resize(image, width, base + BAR.foot);
  image.setAttribute("aria-label", list.map((bar) => `${NAMES[bar.kind]}: ${bar_text(bar)}`).join("; "));
  image.replaceChildren(
    ...marks.map((k) => line(x(k), BAR.top - 4, x(k), base + 4, "var(--rnn-line)")),
    ...marks.map((k) => label(x(k), base + 19, ten_to(k), anchor(k))),
    ...list.flatMap((bar, j) => draw_bar(bar, { x, low, top: j * BAR.row })),
    ...(settings.clipping ? list.map((_, j) => clip_mark(x(Math.log10(settings.clip)), j * BAR.row)) : []),
  );
}

const bar_text = ({ before, after }) => (after < before ? `${size(before)}, clipped to ${size(after)}` : size(before));

const clip_mark = (at, top) =>
  line(at, top + BAR.top - 4, at, top + BAR.top + BAR.thick + 4, "var(--rnn-ink)", { "stroke-width": 2.5 });

/** Dashed: before clipping. Filled: what clipping leaves of it. */
function draw_bar(bar, { x, low, top }) {
  const colour = COLOURS[bar.kind];
  const width = (value) => x(Math.max(low, Math.log10(value))) - x(low);
  const box = { x: x(low), y: top + BAR.top, height: BAR.thick, rx: 2, stroke: colour };
  const data = (name, value) => ({ width: width(value), "data-name": `${name}.${bar.kind}`, "data-value": value });
  const name = svg("tspan", { style: `fill: ${colour}; font-weight: 600` }, NAMES[bar.kind]);
  return [
    svg("text", { x: x(low), y: top + BAR.text }, name, `  ${bar_text(bar)}`),
    svg("rect", { ...box, fill: "none", "stroke-dasharray": "3 3", ...data("parameter_norm", bar.before) }),
    svg("rect", { ...box, fill: colour, ...data("clipped", bar.after) }),
  ];
}

const STYLES = ".rnn-live .flow-plot { touch-action: pan-y; cursor: crosshair; }";
