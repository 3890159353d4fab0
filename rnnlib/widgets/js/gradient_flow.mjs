/** Gradient flow: how much of a loss read at the last step reaches the steps before it, in an RNN, a GRU, an LSTM. */
import {
  backward, clip_factor, forward, global_norm, hidden_size, largest_singular_value, norm, reach_bound, scaled,
  spectral_norms, with_forget_bias, with_update_bias, zeros,
} from "./core.mjs";
import { circle, diamond, linear, path_through, spread, square, svg, ticks, triangle } from "./svg.mjs";
import {
  choice, disclosure, fit, formula, frame, h, power_of_ten, predict, presets, range, redraw, say_later, select, show,
  superscript, table, toggle,
} from "./ui.mjs";

/**
 * @typedef {import("./core.mjs").Cell} Cell
 * @typedef {import("./core.mjs").Trace} Trace
 * @typedef {import("./ui.mjs").Model} Model
 * @typedef {"rnn" | "gru" | "lstm"} Kind
 * @typedef {Record<string, any>} Settings values of the traits, see `GradientFlow` in Python
 * @typedef {{gates: Record<string, {weight_ih: number[][], weight_hh: number[][]}>, matrices: Record<string, number[][]>,
 *   inputs: number[][]}} Draw one seed's weights: gate blocks `n r z o` of radius 1, other matrices for the candidate
 * @typedef {{seeds: Record<string, Draw>}} Payload
 * @typedef {{reach: number[], reach_c?: number[], bound: number[], bound_c?: number[], sigma?: number,
 *   parameter_norm: number, clip: number}} Flow arrays over t = 1..T at index t - 1; `clip`: factor, 1 if not clipped
 * @typedef {{settings: Settings, flows: Record<Kind, Flow>, closed: Record<string, number[] | null>}} View
 */

/** @type {Kind[]} */
const CELLS = ["rnn", "gru", "lstm"];
const NAMES = { rnn: "RNN", gru: "GRU", lstm: "LSTM" };
const COLOURS = { rnn: "var(--rnn-a)", gru: "var(--rnn-b)", lstm: "var(--rnn-c)" };
const BLOCKS = { rnn: ["n"], gru: ["r", "z", "n"], lstm: ["r", "z", "n", "o"] }; // the LSTM's i f g o
const LINES = [
  { cell: "rnn", key: "reach", text: "RNN", name: "rnn", dash: "none", mark: circle },
  { cell: "gru", key: "reach", text: "GRU", name: "gru", dash: "none", mark: square },
  { cell: "lstm", key: "reach", text: "LSTM h", name: "lstm", dash: "none", mark: triangle },
  { cell: "lstm", key: "reach_c", text: "LSTM c", name: "lstm_c", dash: "8 3", mark: diamond },
];
const GATE_BIAS = { gru: "update_bias", lstm: "forget_bias" };
const SETTINGS = [
  "length", "radius", "input_scale", "nonlinearity", "matrix", "forget_bias", "update_bias", "clipping", "clip", "seed",
];
const VIEW = ["step", "bound", "show_rnn", "show_gru", "show_lstm"];

export default { render };

// ---- numbers -------------------------------------------------------------------------------------------------

/**
 * A cell of the widget: gate blocks stacked, the recurrent ones times the radius, biases zero but for one gate's.
 * RNN and candidates share one matrix; so do reset and input gate, and update and forget gate.
 * @param {Kind} kind @param {Draw} draw @param {Settings} settings @returns {Cell}
 */
export function build_cell(kind, draw, settings) {
  const candidate = draw.matrices[settings.matrix] ?? draw.gates.n.weight_hh;
  const blocks = BLOCKS[kind];
  const recurrent = blocks.flatMap((gate) => (gate === "n" ? candidate : draw.gates[gate].weight_hh));
  const cell = {
    kind,
    weight_ih: blocks.flatMap((gate) => draw.gates[gate].weight_ih),
    weight_hh: scaled(recurrent, settings.radius),
    bias_ih: zeros(recurrent.length),
    bias_hh: zeros(recurrent.length),
    nonlinearity: settings.nonlinearity,
  };
  if (kind === "gru") return with_update_bias(cell, settings.update_bias);
  return kind === "lstm" ? with_forget_bias(cell, settings.forget_bias) : cell;
}

/**
 * Forward, and back from L = (sum of h_T) / sqrt(H): dL/dh_T then has norm 1.
 * @param {Kind} kind @param {Settings} settings @param {Payload} payload
 */
function run(kind, settings, payload) {
  const draw = payload.seeds[settings.seed];
  const cell = build_cell(kind, draw, settings);
  const H = hidden_size(cell);
  const trace = forward(cell, scaled(draw.inputs.slice(0, settings.length), settings.input_scale));
  const gradients = backward(cell, trace, zeros(H).fill(1 / Math.sqrt(H)));
  const norms = (of) => of.slice(1).map(norm); // t = 1..T
  return { cell, trace, gradients, reach: norms(gradients.h), reach_c: gradients.c ? norms(gradients.c) : undefined };
}

/** Everything that the widget shows of one cell. @param {Kind} kind @returns {Flow} */
export function flow(kind, settings, payload) {
  const { cell, trace, gradients, reach, reach_c } = run(kind, settings, payload);
  const parameter_norm = global_norm(gradients.parameters);
  const clip = settings.clipping ? clip_factor(parameter_norm, settings.clip) : 1;
  const sigma = kind === "rnn" ? largest_singular_value(cell.weight_hh) : undefined;
  const norms = kind === "rnn" ? zeros(settings.length).fill(sigma) : spectral_norms(cell, trace);
  const bound = reach_bound(norms).slice(1);
  const bound_c = kind === "lstm" ? cell_state_bound(bound, trace) : undefined;
  return { reach, reach_c, bound, bound_c, sigma, parameter_norm, clip };
}

/**
 * dL/dc_t counts what c_t does through h_t: c_t moves the joint state by [o (1 - tanh^2 c_t), 1], a matrix with norm
 * sqrt(1 + max (o (1 - tanh^2 c_t))^2). @param {number[]} bound @param {Trace} trace
 */
function cell_state_bound(bound, trace) {
  return bound.map((value, t) => {
    const { o, c } = trace.steps[t];
    const slopes = c.map((c_t, j) => o[j] * (1 - Math.tanh(c_t) ** 2));
    return value * Math.sqrt(1 + Math.max(...slopes) ** 2);
  });
}

/** All cells' flows. @param {Settings} settings @param {Payload} payload @returns {Record<Kind, Flow>} */
export const flows_of = (settings, payload) =>
  Object.fromEntries(CELLS.map((kind) => [kind, flow(kind, settings, payload)]));

/** The gated cells' main curves with the gate's bias at 0, where it is not 0 anyway. */
const closed_of = (settings, payload) => ({
  gru: settings.update_bias === 0 ? null : run("gru", { ...settings, update_bias: 0 }, payload).reach,
  lstm: settings.forget_bias === 0 ? null : run("lstm", { ...settings, forget_bias: 0 }, payload).reach_c,
});

/** What Python reads as `w.reach`. @param {Record<Kind, Flow>} flows @returns {Record<string, number[]>} */
export const reach_of = (flows) => Object.fromEntries(LINES.map(({ cell, key, name }) => [name, [...flows[cell][key]]]));

// ---- the widget ----------------------------------------------------------------------------------------------

/** @param {{model: Model, el: HTMLElement}} host @returns {() => void} */
function render({ model, el }) {
  const { body, note, say } = frame(model, el, {
    title: "Gradient flow",
    question: "The loss is read at the last step only. How much of its gradient still reaches the first?",
  });
  const payload = model.get("payload");
  const parts = [curves(model), readout(), bars(), arithmetic(), numbers()];
  const [plot, at_step, clipped, formulas, all] = parts;
  const bench = h("div", { class: "rnn-stack" }, plot.node, look_at(model), at_step.node);
  body.append(
    h("style", {}, STYLES),
    prediction(),
    h("div", { class: "rnn-stack" }, preset_buttons(model, say), note),
    h("div", { class: "rnn-columns" }, bench, controls(model)),
    h("div", { class: "rnn-stack" }, clipped.node, clip_controls(model)),
    formulas.node,
    all.node,
  );
  const tell = say_later(say);
  const send = sender(model);
  const stop = redraw(model, [...SETTINGS, ...VIEW], () => {
    const settings = Object.fromEntries([...SETTINGS, ...VIEW].map((name) => [name, model.get(name)]));
    settings.step = Math.min(settings.step, settings.length);
    const view = { settings, flows: flows_of(settings, payload), closed: closed_of(settings, payload) };
    for (const part of parts) part.update(view);
    tell(summary(view));
    send.reach(view.flows);
  });
  return () => [stop, plot.stop, clipped.stop, send.stop].forEach((end) => end());
}

/** Sends the numbers to a kernel, if one listens, once changes pause. @param {Model} model */
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
const shown_lines = (settings) => LINES.filter(({ cell }) => settings[`show_${cell}`]);

/** A norm, to about three digits: 0.144, 10.1, 1.4 × 10⁻¹¹, 0. @param {number} value */
function size(value) {
  if (value === 0 || !Number.isFinite(value)) return show(value, 0);
  if (value < 1e-3 || value >= 1e4) return power_of_ten(value, 1);
  return show(value, value < 10 ? 3 : value < 100 ? 2 : 1);
}

/** @param {View} view */
function summary({ settings, flows }) {
  const { step, length } = settings;
  const texts = shown_lines(settings).map(({ cell, key, text }) => `${text} ${size(flows[cell][key][step - 1])}`);
  return `Norm of the gradient at step ${step} of ${length}: ${texts.join(", ") || "no cell chosen"}.`;
}

const prediction = () =>
  predict("Set both gate biases back to 0, as in a network fresh from its initialisation. At step 1 the LSTM’s gradient will be …", [
    {
      text: "still far larger than the RNN’s",
      feedback:
        "At bias 0 a forget gate is half open, and a half a step is 2 × 10⁻¹² after 39 of them. It is the open gate that " +
        "carries the gradient, not the LSTM as such. Press “Untrained: all vanish”.",
    },
    {
      text: "about as small as the RNN’s",
      right: true,
      feedback:
        "At bias 0 a forget gate is half open, and a half a step is 2 × 10⁻¹² after 39 of them: the dotted lines. " +
        "Press “Untrained: all vanish”.",
    },
    {
      text: "exactly 0",
      feedback: "Small, but never exactly 0: every step multiplies it by about a half. Press “Untrained: all vanish”.",
    },
  ]);

/** @param {Model} model @param {(text: string) => void} say */
function preset_buttons(model, say) {
  const plain = { length: 40, radius: 0.6, input_scale: 1, nonlinearity: "tanh", matrix: "random", step: 1 };
  const closed = { forget_bias: 0, update_bias: 0 };
  const list = [
    {
      label: "Untrained: all vanish",
      values: { ...plain, ...closed, bound: "rnn" },
      says: "Gates half open, weights as small as PyTorch draws them: each step about halves the gradient, in the LSTM as well.",
    },
    {
      label: "LSTM: forget bias 3",
      values: { ...plain, ...closed, forget_bias: 3, bound: "lstm" },
      says: "Forget gate at 0.95. Alone it would leave 0.15 of the gradient after 39 steps; what comes back through the gates adds to it.",
    },
    {
      label: "GRU: update bias 3",
      values: { ...plain, ...closed, update_bias: 3, bound: "gru" },
      says: "In PyTorch’s GRU z keeps the old state. With z near 0.95 about 0.15 of the gradient is left after 39 steps.",
    },
    {
      label: "Radius 0.8, yet it grows",
      values: { ...plain, length: 80, radius: 0.8, nonlinearity: "identity", matrix: "lopsided", bound: "rnn" },
      says: "A linear RNN of radius 0.8: its gradient first grows and shrinks only in the long run. The radius promises nothing for a single step.",
    },
    {
      label: "Explode and clip",
      values: { ...plain, radius: 1.3, nonlinearity: "identity", clipping: true, clip: 1, bound: "rnn" },
      says: "A linear RNN of radius 1.3: its gradient grows on its way back. Clipping cuts the bar of the parameters’ gradient and leaves every curve where it was.",
    },
    {
      label: "Orthogonal, linear: flat",
      values: { ...plain, radius: 1, nonlinearity: "identity", matrix: "orthogonal", bound: "rnn" },
      says: "An orthogonal matrix only turns the RNN’s gradient. With no nonlinearity its norm is 1 at every step.",
    },
  ];
  return presets(model, "Settings to try", list, say);
}

/** @param {Model} model */
function controls(model) {
  const cells = CELLS.map((kind) => toggle(model, { label: NAMES[kind], name: `show_${kind}` }));
  const one = (v) => show(v, 1);
  return h("div", { class: "rnn-stack" },
    h("div", { class: "rnn-row", role: "group", "aria-label": "Cells shown" }, cells),
    range(model, { label: "Length T", name: "length", format: String }),
    range(model, { label: "LSTM’s forget bias", name: "forget_bias", format: one }),
    range(model, { label: "GRU’s update bias", name: "update_bias", format: one }),
    range(model, { label: "Spectral radius", name: "radius" }),
    range(model, { label: "Input scale", name: "input_scale", format: one }),
    choice(model, { label: "RNN’s nonlinearity", name: "nonlinearity", texts: { identity: "none" } }),
    choice(model, { label: "Upper bound of", name: "bound", texts: NAMES }),
    select(model, { label: "Matrix of RNN and candidates", name: "matrix", texts: { lopsided: "lopsided (a chain)" } }),
    select(model, { label: "Weights and inputs", name: "seed", texts: { 0: "draw 1", 1: "draw 2", 2: "draw 3" } }),
  );
}

/** The step to look at: a range of its own, as long as the sequence. @param {Model} model */
function look_at(model) {
  const format = (step) => `${Math.min(step, model.get("length"))} of ${model.get("length")}`;
  const control = range(model, { label: "Look at step t", name: "step", format });
  redraw(model, ["length"], () => (control.input.max = model.get("length")));
  return control;
}

// ---- curves --------------------------------------------------------------------------------------------------

const MARGIN = { left: 66, right: 44, top: 10, bottom: 44 };

/** @param {Model} model */
function curves(model) {
  const image = svg("svg", { role: "img", class: "flow-plot" });
  const note = h("p", { class: "rnn-soft" });
  const heading = h("p", { class: "rnn-subtitle" }, "Norm of dL/dh at each step, for the LSTM of dL/dc too");
  const node = h("div", {}, heading, image, note);
  let view = null;
  const { draw, stop } = fit(node, (width) => view && draw_curves(image, view, width));
  pick_step(image, model, () => view.settings.length);
  const update = (next) => {
    view = next;
    image.setAttribute("aria-label", summary(view));
    note.textContent = legend(view);
    draw();
  };
  return { node, update, stop };
}

/** Pressing or dragging on the plot chooses the step; the range below does the same for the keyboard. */
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
  const ghosts = Object.keys(closed).filter((kind) => closed[kind] && settings[`show_${kind}`]);
  const parts = [];
  if (ghosts.length) parts.push(`Dotted: ${ghosts.map((kind) => (kind === "gru" ? "GRU" : "LSTM c")).join(" and ")} with the gate’s bias at 0.`);
  if (bound !== "none" && settings[`show_${bound}`]) parts.push(`Thin dashes: what the ${NAMES[bound]}’s gradient cannot exceed.`);
  return parts.join(" ");
}

/** All lines to draw, in powers of ten, background first. @param {View} view */
function strokes({ settings, flows, closed }) {
  const kinds = shown_cells(settings);
  const stroke = (cell, kind, values, line) => ({ cell, kind, line, values: Array.from(values, (v) => Math.log10(v)) });
  const ghosts = kinds.filter((cell) => closed[cell]).map((cell) => stroke(cell, "ghost", closed[cell]));
  const bounds = kinds.filter((cell) => cell === settings.bound);
  return [
    ...ghosts,
    ...bounds.map((cell) => stroke(cell, "bound", flows[cell].bound_c ?? flows[cell].bound)),
    ...shown_lines(settings).map((line) => stroke(line.cell, "curve", flows[line.cell][line.key], line)),
  ];
}

const STROKES = {
  ghost: { "stroke-width": 2, "stroke-dasharray": "0.1 4.5", "stroke-linecap": "round" },
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
  const { length } = view.settings;
  const height = Math.round(Math.min(400, Math.max(270, width * 0.56)));
  const drawn = strokes(view);
  const [low, high] = limits(drawn);
  const x = linear(1, length, MARGIN.left, width - MARGIN.right);
  const y = linear(low, high, height - MARGIN.bottom, MARGIN.top);
  const frame_ = { x, y, low, high, width, height };
  const lines = drawn.map(({ cell, kind, line, values }) => {
    const points = values.map((v, t) => [x(t + 1), y(Math.min(v, high + 20))]);
    const dash = line && line.dash !== "none" ? { "stroke-dasharray": line.dash } : {};
    const about = { d: path_through(points), fill: "none", stroke: COLOURS[cell], "data-line": `${kind} ${line ? line.name : cell}` };
    return svg("path", { ...about, ...STROKES[kind], ...dash });
  });
  image.setAttribute("viewBox", `0 0 ${width} ${height}`);
  image.setAttribute("width", width);
  image.setAttribute("height", height);
  // An inner svg clips what lies above the plot.
  const inner = svg("svg", { x: 0, y: 0, width, height: height - MARGIN.bottom + 4, style: "overflow: hidden" }, ...lines);
  image.replaceChildren(...axes(view, frame_), inner, ...cursor(view, frame_), ...line_names(drawn, frame_));
}

function axes({ settings }, { x, y, low, high, width, height }) {
  const [left, right, base] = [x(1), x(settings.length), height - MARGIN.bottom];
  const text = (about, content) => svg("text", { class: "rnn-soft", ...about }, content);
  const levels = ticks(low, high, 7).filter(Number.isInteger).flatMap((k) => [
    svg("line", { x1: left, x2: right, y1: y(k), y2: y(k), stroke: k === 0 ? "var(--rnn-edge)" : "var(--rnn-line)" }),
    text({ x: right + 8, y: y(k) + 4 }, k === 0 ? "1" : `10${superscript(k)}`),
  ]);
  const inside = ticks(0, settings.length, width / 90).filter((t) => Number.isInteger(t) && x(t) - left > 24 && right - x(t) > 24);
  const steps = [1, ...inside, settings.length].flatMap((t) => [
    svg("line", { x1: x(t), x2: x(t), y1: base, y2: base + 5, stroke: "var(--rnn-edge)" }),
    text({ x: x(t), y: base + 19, "text-anchor": "middle" }, t),
  ]);
  const wide = width > 440;
  return [
    ...levels,
    ...steps,
    svg("line", { x1: left, x2: right, y1: base, y2: base, stroke: "var(--rnn-edge)" }),
    text({ x: left, y: base + 38 }, wide ? "← the gradient flows back" : "← gradient"),
    text({ x: right + 8, y: base + 38, "text-anchor": "end" }, wide ? "step t, loss at the last" : "step, loss"),
  ];
}

/** The chosen step's line and a mark of its own shape on every curve. */
function cursor({ settings, flows }, { x, y, height }) {
  const at = x(settings.step);
  const line = svg("line", { x1: at, x2: at, y1: MARGIN.top, y2: height - MARGIN.bottom, stroke: "var(--rnn-edge)", "stroke-dasharray": "2 3" });
  const marks = shown_lines(settings)
    .map(({ cell, key, mark }) => ({ cell, mark, level: Math.log10(flows[cell][key][settings.step - 1]) }))
    .filter(({ level }) => Number.isFinite(level));
  return [line, ...marks.map(({ cell, mark, level }) => mark(at, y(level), COLOURS[cell]))];
}

/** Every curve's name beside its first point, and the bound's, moved apart where they would touch. */
function line_names(drawn, { x, y, high, height }) {
  const named = drawn.filter(({ kind, values }) => kind !== "ghost" && Number.isFinite(values[0]));
  const wanted = named.map(({ values }) => y(Math.min(values[0], high)));
  const placed = spread(wanted, 15, MARGIN.top + 2, height - MARGIN.bottom);
  return named.flatMap(({ cell, kind, line, values }, j) => {
    const text = kind === "bound" ? (values[0] > high ? "bound ↑" : "bound") : line.text;
    const style = `fill: ${COLOURS[cell]}; font-weight: ${kind === "bound" ? 400 : 600}`;
    return [
      svg("path", { d: `M${x(1) - 4} ${wanted[j]}L${x(1) - 11} ${placed[j]}`, stroke: COLOURS[cell], fill: "none" }),
      svg("text", { x: x(1) - 14, y: placed[j] + 4, "text-anchor": "end", style }, text),
    ];
  });
}

// ---- numbers as text -----------------------------------------------------------------------------------------

/** A number with its name and all its digits, for scripts to read. @param {string} name @param {number} value */
const named = (name, value) => h("span", { "data-name": name, "data-value": String(value) }, size(value));

function readout() {
  const { node, fill } = table("", ["", "‖dL/dh‖", "‖dL/dc‖", "bound"]);
  const caption = node.querySelector("caption");
  const update = ({ settings, flows }) => {
    const { step, length } = settings;
    caption.textContent = `At step ${step}, ${length - step} before the loss`;
    node.setAttribute("aria-label", caption.textContent);
    fill(shown_cells(settings).map((kind) => {
      const { reach, reach_c, bound, bound_c } = flows[kind];
      const at = (name, values) => named(`${name}[${step}]`, values[step - 1]);
      const of_c = reach_c ? at("norm.lstm_c", reach_c) : "–";
      return [NAMES[kind], at(`norm.${kind}`, reach), of_c, bound_c ? at("bound.lstm_c", bound_c) : at(`bound.${kind}`, bound)];
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

/** All numbers; rows are made only while the table is open. */
function numbers() {
  const header = ["step", ...COLUMNS.map(([text]) => text)];
  const { node: inner, fill } = table("Norm of the gradient at every step, and what it cannot exceed", header);
  inner.classList.add("rnn-tall");
  const node = disclosure("All numbers as a table", inner);
  let view = null;
  const draw = () => {
    if (!node.open || !view) return;
    const columns = COLUMNS.map(([, name, of]) => [name, of(view.flows)]);
    const row = (t) => [t, ...columns.map(([name, values]) => named(`${name}[${t}]`, values[t - 1]))];
    fill(Array.from({ length: view.settings.length }, (_, t) => row(t + 1)));
  };
  node.addEventListener("toggle", draw);
  const update = (next) => {
    view = next;
    draw();
  };
  return { node, update };
}

function arithmetic() {
  const power = (a, b, k) => a.pow(a.sigmoid(b), k);
  const life = (a, b) => a.div(a.ln(a.number(0.5, 1)), a.ln(a.sigmoid(b)));
  const rows = {
    forget: formula(power, ["b_f", "k"], { label: "The LSTM’s forget gate keeps, over k steps" }),
    forget_life: formula(life, ["b_f"], { label: "and halves the gradient along c in, steps" }),
    update: formula(power, ["b_z", "k"], { label: "The GRU’s update gate keeps, over k steps" }),
    update_life: formula(life, ["b_z"], { label: "and halves the gradient in, steps" }),
    bound: formula((a, s, k) => a.pow(s, k), ["s", "k"], { label: "The RNN’s bound, s: largest singular value of weight_hh" }),
  };
  for (const [name, { node }] of Object.entries(rows)) node.dataset.formula = name;
  const node = h("div", { class: "rnn-pair flow-formulas" }, Object.values(rows).map((row) => row.node));
  const update = ({ settings, flows }) => {
    const k = settings.length - settings.step;
    rows.forget.update(settings.forget_bias, k);
    rows.forget_life.update(settings.forget_bias);
    rows.update.update(settings.update_bias, k);
    rows.update_life.update(settings.update_bias);
    rows.bound.update(flows.rnn.sigma, k);
  };
  const heading = h("p", { class: "rnn-subtitle" }, "What the gates alone would keep, k steps before the loss");
  return { node: h("div", {}, heading, node), update };
}

// ---- clipping ------------------------------------------------------------------------------------------------

/** @param {Model} model */
const clip_controls = (model) =>
  h("div", { class: "rnn-pair" },
    toggle(model, { label: "Clip by global norm", name: "clipping" }),
    range(model, { label: "Clipping threshold", name: "clip" }));

function bars() {
  const image = svg("svg", { role: "img" });
  const heading = h("p", { class: "rnn-subtitle" }, "Norm of the parameters’ gradient: what clipping acts on");
  const note = h("p", { class: "rnn-soft" }, "Clipping moves no curve above: it scales the sum over all steps, and brings back nothing that has vanished.");
  const node = h("div", {}, heading, image, note);
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
  const kinds = shown_cells(settings);
  const base = kinds.length * BAR.row;
  const levels = kinds.map((kind) => Math.log10(flows[kind].parameter_norm)).filter(Number.isFinite);
  const [low, high] = [Math.min(-2, ...levels.map((v) => Math.floor(v) - 1)), Math.max(2, ...levels.map(Math.ceil))];
  const x = linear(low, high, 1, width - 20);
  const marks = ticks(low, high, Math.min(8, width / 60)).filter(Number.isInteger).flatMap((k) => [
    svg("line", { x1: x(k), x2: x(k), y1: BAR.top - 4, y2: base + 4, stroke: "var(--rnn-line)" }),
    svg("text", { x: x(k), y: base + 19, "text-anchor": k === low ? "start" : "middle", class: "rnn-soft" }, k === 0 ? "1" : `10${superscript(k)}`),
  ]);
  const threshold = x(Math.log10(settings.clip));
  const clip_line = (top) => svg("path", { d: `M${threshold} ${top + BAR.top - 4}v${BAR.thick + 8}`, stroke: "var(--rnn-ink)", "stroke-width": 2.5 });
  image.setAttribute("viewBox", `0 0 ${width} ${base + BAR.foot}`);
  image.setAttribute("width", width);
  image.setAttribute("height", base + BAR.foot);
  image.setAttribute("aria-label", kinds.map((kind) => `${NAMES[kind]}: ${bar_text(flows[kind])}`).join("; "));
  const drawn = kinds.flatMap((kind, j) => bar(kind, flows[kind], x, low, j * BAR.row));
  image.replaceChildren(...marks, ...drawn, ...(settings.clipping ? kinds.map((_, j) => clip_line(j * BAR.row)) : []));
}

/** @param {Flow} flow */
const bar_text = ({ parameter_norm, clip }) =>
  clip < 1 ? `${size(parameter_norm)}, clipped to ${size(parameter_norm * clip)}` : size(parameter_norm);

/** Dashed: before clipping. Filled: what is left of it. */
function bar(kind, { parameter_norm, clip }, x, low, top) {
  const colour = COLOURS[kind];
  const end = (value) => x(Math.max(low, Math.log10(value)));
  const box = (value, about) => svg("rect", { x: x(low), y: top + BAR.top, width: end(value) - x(low), height: BAR.thick, rx: 2, stroke: colour, ...about });
  const about = { "data-name": `parameter_norm.${kind}`, "data-value": String(parameter_norm) };
  const clipped = { "data-name": `clipped.${kind}`, "data-value": String(parameter_norm * clip) };
  return [
    svg("text", { x: x(low), y: top + BAR.text, class: "rnn-halo" }, svg("tspan", { style: `fill: ${colour}; font-weight: 600` }, NAMES[kind]), `  ${bar_text({ parameter_norm, clip })}`),
    box(parameter_norm, { fill: "none", "stroke-dasharray": "3 3", ...about }),
    box(parameter_norm * clip, { fill: colour, ...clipped }),
  ];
}

const STYLES = `
.rnn-live .flow-plot { touch-action: pan-y; cursor: crosshair; }
.rnn-live .flow-formulas { row-gap: 0.75rem; }
`;
