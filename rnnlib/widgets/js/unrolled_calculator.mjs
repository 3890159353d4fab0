/** Unrolled calculator: a tanh RNN, the same weights at every step, and what each step adds to a weight's gradient. */
import { bptt_terms, central_difference, forward, read_out_loss, totals_from_last } from "./core.mjs";
import { put, show_plain, subscripted } from "./stepper.mjs";
import { label, line, linear, resize, svg } from "./svg.mjs";
import {
  assign, button, choice, disclosure, fit, formula, frame, h, predict, presets, range, redraw, say_later, select, show,
  table,
} from "./ui.mjs";

/**
 * @typedef {import("./ui.mjs").Model} Model
 * @typedef {import("./ui.mjs").Algebra} Algebra
 * @typedef {{name: string, parameter: "weight_hh" | "weight_ih" | "bias", row: number, column: number, from: string}} Weight
 *   `w12`: weight_hh[0][1]; `from`: the node that it multiplies, `h2`, `x`, or "" for a bias
 * @typedef {ReturnType<typeof look>} View
 */

const H = 2;
const SETTINGS = ["inputs", "weight_ih", "weight_hh", "bias", "target", "loss_at", "weight", "step", "value"];
const UNITS = [1, 2];

export default { render };

/** @param {{model: Model, el: HTMLElement}} host @returns {() => void} */
function render({ model, el }) {
  const { body, note, say } = frame(model, el, {
    title: "Unrolled calculator",
    question: "Does each step have weights of its own?",
  });
  const [states, chart, panel] = [graph(model), shares_chart(model), weights_panel(model)];
  const [value, share, list] = [value_lines(), share_lines(), numbers(model)];
  const parts = [states, chart, panel, value, share, list];
  body.append(
    h("style", {}, STYLES),
    ask(model.get("inputs").length),
    h("div", { class: "rnn-stack" }, preset_buttons(model, say), note),
    h("div", { class: "rnn-columns calc-bench" }, [h("div", {}, states.node, chart.node), panel.node]),
    h("div", { class: "rnn-pair calc-lines" }, value.node, share.node),
    list.node,
  );
  const tell = say_later(say);
  const stop = redraw(model, SETTINGS, () => {
    const view = look(model);
    for (const part of parts) part.draw(view);
    tell(summary(view));
  });
  return () => [stop, states.stop, chart.stop].forEach((end) => end());
}

// ---- names ---------------------------------------------------------------------------------------------------

const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";

/** `w12` as w₁₂, `h1` as h₁. @param {string} name */
const symbol = (name) => name.replace(/\d/g, (digit) => SUBSCRIPTS[digit]);

/** `h1_3` as h₁(3), `y_3` as y(3), `L` as L. @param {string} value */
const value_symbol = (value) => {
  const [name, t] = value.split("_");
  return t === undefined ? symbol(name) : `${symbol(name)}(${t})`;
};

/** `w12` as a formula writes it, w_12. @param {string} name */
const written = (name) => `${name[0]}_${name.slice(1)}`;

/** All weights. @type {Weight[]} */
export const WEIGHTS = [
  ...UNITS.flatMap((j) =>
    UNITS.map((k) => ({ name: `w${j}${k}`, parameter: "weight_hh", row: j - 1, column: k - 1, from: `h${k}` })),
  ),
  ...UNITS.map((j) => ({ name: `u${j}`, parameter: "weight_ih", row: j - 1, column: 0, from: "x" })),
  ...UNITS.map((j) => ({ name: `b${j}`, parameter: "bias", row: j - 1, column: 0, from: "" })),
];

/** @param {string} name @returns {Weight} */
const weight_of = (name) => WEIGHTS.find((weight) => weight.name === name);

/** Where a weight stands in its trait's list. @param {Weight} weight */
const place = ({ parameter, row, column }) => (parameter === "weight_hh" ? row * H + column : row);

/** What a weight does, in words. @param {Weight} weight */
function role({ from, row }) {
  const unit = symbol(`h${row + 1}`);
  return from ? `from ${symbol(from)} to ${unit}` : `bias of ${unit}`;
}

/** @param {number} T */
const steps_text = (T) => `${T} steps`;

// ---- the network ---------------------------------------------------------------------------------------------

/** The settings as core.mjs's cell: one bias, PyTorch's two together. @returns {import("./core.mjs").Cell} */
export const make_cell = (weight_ih, weight_hh, bias) => ({
  kind: "rnn",
  weight_ih: weight_ih.map((u) => [u]),
  weight_hh: UNITS.map((j) => weight_hh.slice((j - 1) * H, j * H)),
  bias_ih: bias,
  bias_hh: bias.map(() => 0),
});

/**
 * Forward and back under some settings.
 * @param {Record<string, any>} settings the traits, and `readout` @returns states, read-out, loss, gradients and shares
 */
export function run({ inputs, weight_ih, weight_hh, bias, target, loss_at, readout }) {
  const cell = make_cell(weight_ih, weight_hh, bias);
  const trace = forward(cell, inputs.map((x) => [x]));
  const { y, dy, loss } = read_out_loss(trace.h.slice(1), readout, target, loss_at === "every");
  const { h: dh, terms } = bptt_terms(cell, trace, dy.map((d) => readout.map((v) => v * d)));
  return { cell, h: trace.h, y, dy, loss, dh, terms };
}

/** What each step adds to one weight's gradient. @param {ReturnType<typeof run>} run @param {Weight} weight */
export const shares_of = ({ terms }, { parameter, row, column }) =>
  terms.map((term) => (parameter === "bias" ? term.bias_ih[row] : term[parameter][row][column]));

/** The settings with one weight changed, at every step at once. @param {Weight} weight @param {number} value */
const with_weight = (settings, weight, value) => ({
  ...settings,
  [weight.parameter]: settings[weight.parameter].with(place(weight), value),
});

/** dL/dw found by nudging the weight, without any backward pass. @param {Weight} weight */
export const nudged = (settings, weight) =>
  central_difference((w) => run(with_weight(settings, weight, w)).loss, settings[weight.parameter][place(weight)]);

/** Everything that is shown. @param {Model} model */
function look(model) {
  const settings = Object.fromEntries(SETTINGS.map((name) => [name, model.get(name)]));
  const { readout } = model.get("payload");
  const weight = weight_of(settings.weight);
  const result = run({ ...settings, readout });
  const share = shares_of(result, weight);
  const every = settings.loss_at === "every";
  const edges = edges_of(settings.inputs.length, every);
  return {
    ...settings,
    ...result,
    weight,
    readout,
    every,
    edges,
    T: settings.inputs.length,
    own: settings[weight.parameter][place(weight)],
    share,
    so_far: totals_from_last(share),
    nudged: nudged({ ...settings, readout }, weight),
    ancestors: ancestors_of(settings.value, edges),
  };
}

/** @param {View} view */
function summary({ value, weight, step, T, so_far, ...view }) {
  const sum = `${symbol(weight.name)} ${show(so_far[step - 1], 3)}`;
  const steps = step === T ? `step ${T}` : `steps ${T} back to ${step}`;
  return `${value_symbol(value)} is ${show(number_of(value, view), 3)}. ${steps} add to the gradient of ${sum}.`;
}

/** The number of a named value. @param {string} value such as `h1_3` */
function number_of(value, { h: states, y, loss }) {
  if (value === "L") return loss;
  const [name, t] = value.split("_");
  return name === "y" ? y[t - 1] : states[t][name.slice(1) - 1];
}

// ---- what depends on what ------------------------------------------------------------------------------------

/**
 * Connections of the unrolled graph: from, to, and the weight that stands on them, "" for the read-out and the loss.
 * @param {number} T @param {boolean} every whether the loss reads every step @returns {{from: string, to: string, weight: string}[]}
 */
export function edges_of(T, every) {
  const steps = Array.from({ length: T }, (_, k) => k + 1);
  return steps.flatMap((t) => [
    ...UNITS.flatMap((j) => [
      { from: `x_${t}`, to: `h${j}_${t}`, weight: `u${j}` },
      ...UNITS.map((k) => ({ from: `h${k}_${t - 1}`, to: `h${j}_${t}`, weight: `w${j}${k}` })),
      { from: `h${j}_${t}`, to: `y_${t}`, weight: "" },
    ]),
    ...(every || t === T ? [{ from: `y_${t}`, to: "L", weight: "" }] : []),
  ]);
}

/** Every value that a value is computed from. @param {string} value @returns {Set<string>} */
export function ancestors_of(value, edges) {
  const found = new Set();
  const visit = (node) => {
    for (const { from, to } of edges) {
      if (to !== node || found.has(from)) continue;
      found.add(from);
      visit(from);
    }
  };
  visit(value);
  return found;
}

/** At how many places a value's computation reads a weight: a bias once in each of its unit's states. */
function uses({ weight, value, ancestors, edges }) {
  const reached = (node) => node === value || ancestors.has(node);
  if (weight.from) return edges.filter((edge) => edge.weight === weight.name && reached(edge.to)).length;
  const unit = `h${weight.row + 1}_`;
  return [value, ...ancestors].filter((node) => node.startsWith(unit) && node !== `${unit}0`).length;
}

// ---- prompt, settings to try ---------------------------------------------------------------------------------

/** @param {number} T */
const ask = (T) =>
  predict(`The network runs for ${steps_text(T)}; then the loss is known. What does gradient descent do to w₁₁?`, [
    {
      text: `${T} changes, one to each step’s own w₁₁`,
      feedback:
        "There is one w₁₁, read again at every step: move its range, and the states of all steps move, but for step 1, " +
        "where it multiplies h(0) = 0. " +
        "The steps’ shares are added up before anything is changed.",
    },
    {
      text: "one change, by the last step’s share: the loss is there",
      feedback: "The loss is read there, but it depends on the earlier states too. Their shares are the other bars.",
    },
    {
      text: "one change, by the sum of all steps’ shares",
      right: true,
      feedback:
        "One number, one gradient: the last sum, at the left of the bars. It is what a nudge of w₁₁ does to the loss.",
    },
  ]);

const FIRST_WEIGHTS = { weight_ih: [0.5, -0.5], weight_hh: [0.8, 0.4, -0.4, 0.6], bias: [0, 0] };
const USUAL = { ...FIRST_WEIGHTS, target: -0.5, loss_at: "last", step: 1 };
const CANCELLING = { 3: [0.4, 0.9, 0.9], 4: [1, 0.5, -0.5, 1], 5: [0.5, 1, 0.5, -0.5, 1] }; // u₂'s shares: about 0 in all

/** @param {Model} model @param {(text: string) => void} say */
function preset_buttons(model, say) {
  const T = model.get("inputs").length;
  const all = (x) => Array(T).fill(x);
  const list = [
    {
      label: "one step matters",
      values: { ...USUAL, inputs: all(0).with(1, 1), weight: "u1", value: "h1_2" },
      says:
        "x is 0 but at step 2. u₁ is still read at every step, but elsewhere it multiplies 0: one share, " +
        "and the sum is that share.",
    },
    {
      label: "early steps vanish",
      values: { ...USUAL, inputs: all(1), weight_hh: [0.2, 0, 0, 0.2], weight: "u1", value: `h1_${T}` },
      says:
        "Every step reads the same input with the same u₁. But W is small, and on the way back each step " +
        "multiplies by it: the earlier the step, the smaller its share.",
    },
    {
      label: "shares cancel",
      values: { ...USUAL, inputs: CANCELLING[T], weight: "u2", value: "L" },
      says:
        "Each step says something else of u₂, and the sum is next to nothing: a small gradient need not mean " +
        "small shares.",
    },
    {
      label: "loss at every step",
      values: { ...USUAL, inputs: CANCELLING[T], loss_at: "every", weight: "w11", value: "L" },
      says:
        "Now y is compared at every step. The gradient that arrives at a state comes down from its own y and " +
        "back from the next step.",
    },
  ];
  return presets(model, "Settings to try", list, say);
}

// ---- the unrolled graph --------------------------------------------------------------------------------------

const ROWS = { L: 56, y: 56, h1: 72, h2: 72 }; // heights; the inputs and the steps' numbers stand below
const INPUT = 44;
const MIDDLE = { L: 24, y: 24 + 56, h1: 25 + 112, h2: 25 + 184, x: 256 + 22 }; // of each row's boxes

/** @param {Model} model */
function graph(model) {
  const T = model.get("inputs").length;
  const picture = svg("svg", { class: "calc-edges", "aria-hidden": "true" });
  const { options } = model.get("controls").value;
  const group = `calc-${Math.random().toString(36).slice(2)}`;
  const nodes = options.map((value) => node_of(model, value, T, group));
  const legend = h("legend", { class: "rnn-quiet" }, "value written out");
  const names = { L: "loss", y: "read-out" };
  const name_of_row = ([row, text]) => h("span", { class: "rnn-soft", style: at(0, row) }, text);
  const row_names = Object.entries(names).map(name_of_row);
  const zeros = UNITS.map((j) => h("span", { class: "calc-zero", style: at(0, `h${j}`) }, "0"));
  const fields = h("fieldset", { class: "calc-nodes", "data-trait": "value" }, [
    legend, ...row_names, ...zeros, ...nodes.map((node) => node.cell),
  ]);
  const inputs = input_row(model, T);
  const heads = h("div", { class: "calc-steps", "aria-hidden": "true" }, [
    h("span", { class: "rnn-soft" }, "step"),
    ...Array.from({ length: T }, (_, k) => h("span", {}, k + 1)),
  ]);
  const words = h("p", { class: "rnn-soft calc-words" });
  const columns = { class: T > 4 ? "calc-graph calc-many" : "calc-graph", style: `--calc-columns: ${T + 1}` };
  const place_of = h("div", columns, picture, fields, inputs.node, heads);
  let view = null;
  const fitted = fit(place_of, (width) => view && draw_edges(picture, view, width));
  function draw(next) {
    view = next;
    for (const node of nodes) node.draw(view);
    inputs.draw(view.inputs);
    [...heads.children].slice(1).forEach((head, k) => head.classList.toggle("calc-now", k + 1 === view.step));
    words.replaceChildren(...subscripted(trace_text(view)));
    fitted.draw();
  }
  return { node: h("div", {}, place_of, words), draw, stop: fitted.stop };
}

/** The grid's place. @param {number} column @param {string} row */
const at = (column, row) => `grid-column: ${column + 1}; grid-row: ${Object.keys(ROWS).indexOf(row) + 1}`;

/** Text for screen readers alone. @param {string} text */
const quiet = (text) => h("span", { class: "rnn-quiet" }, text);

/** A value as a radio button that shows its number and, once the backward pass has come so far, its gradient. */
function node_of(model, value, T, group) {
  const [name, t = String(T)] = value.split("_");
  const input = h("input", { type: "radio", name: group, id: `${group}-${value}`, value });
  const number = h("b", { id: `${input.id}-number` });
  input.setAttribute("aria-describedby", number.id);
  const text = h("label", { for: input.id }, symbol(name), name === "L" ? null : quiet(`(${t})`));
  const gradient = h("span");
  const sign = [h("span", { "aria-hidden": "true" }, "∂ "), quiet("its gradient ")];
  const mark = h("span", { class: "calc-gradient", hidden: true }, sign, gradient);
  const cell = h("span", { class: "calc-cell", style: at(Number(t), name) }, input, text, number, mark);
  const name_of = name === "L" ? "loss" : name === "y" ? `y[${t}]` : `h[${t}][${name.slice(1)}]`;
  input.addEventListener("change", () => assign(model, { value }));

  function draw(view) {
    input.checked = view.value === value;
    put(number, name_of, number_of(value, view));
    cell.classList.toggle("calc-ancestor", view.ancestors.has(value));
    cell.classList.toggle("calc-unread", name === "y" && !view.every && Number(t) < T);
    const own_bias = view.weight.from === "" && name === `h${view.weight.row + 1}`;
    cell.classList.toggle("calc-biased", own_bias);
    mark.hidden = !name.startsWith("h") || Number(t) < view.step;
    if (mark.hidden) delete gradient.dataset.value;
    else put(gradient, `dh[${t}][${name.slice(1)}]`, view.dh[t][name.slice(1) - 1]);
  }
  return { cell, draw };
}

/** One number field for each step's input. @param {Model} model @param {number} T */
function input_row(model, T) {
  const fields = Array.from({ length: T }, (_, k) => number_field(model, "inputs", k, `input x at step ${k + 1}`));
  const about = { class: "calc-inputs", role: "group", "aria-label": "inputs x", "data-trait": "inputs" };
  const node = h("div", about, [
    h("span", { class: "rnn-soft" }, "input x"),
    ...fields.map((field) => field.node),
  ]);
  return { node, draw: (values) => fields.forEach((field, k) => field.draw(values[k])) };
}

/** A field for one number of a list. @param {Model} model @param {string} name @param {number} k @param {string} text */
function number_field(model, name, k, text) {
  const { min, max, step } = model.get("controls")[name];
  const node = h("input", { type: "number", min, max, step, "aria-label": text });
  node.addEventListener("input", () => {
    const value = Number(node.value);
    if (node.value !== "" && value >= min && value <= max) assign(model, { [name]: model.get(name).with(k, value) });
  });
  node.addEventListener("change", () => (node.value = model.get(name)[k])); // what was no number in range goes
  const draw = (value) => {
    if (node.value === "" || Number(node.value) !== value) node.value = value;
  };
  return { node, draw };
}

/** @param {View} view */
function trace_text(view) {
  const { value, ancestors, weight, own } = view;
  const states = [...ancestors].filter((node) => node.startsWith("h") && !node.endsWith("_0")).length;
  const places = uses(view);
  const times = places === 1 ? "once" : `${places} times`;
  const earlier = states ? `${states} state${states === 1 ? "" : "s"} (tinted)` : "no state but h(0) = 0";
  const read = places ? `reads ${symbol(weight.name)} ${times}` : `never reads ${symbol(weight.name)}`;
  const same = `, each time the same ${show_plain(own)}`;
  const own_words = places > 1 ? `${same} (${weight.from ? "thick lines" : "marked at the left edge"})` : "";
  const gradients =
    "Choose any value to see what it comes from. ∂ is the gradient ∂L/∂h, as far as the backward pass has come.";
  return `${value_symbol(value)} is computed from ${earlier} and ${read}${own_words}. ${gradients}`;
}

/** @param {SVGElement} image @param {View} view @param {number} width in CSS pixels */
function draw_edges(image, view, width) {
  const { T, edges, ancestors, value, weight } = view;
  resize(image, width, MIDDLE.x + INPUT / 2);
  const column = width / (T + 1);
  const half = Math.max(38, Math.min(64, column - 12)) / 2;
  const reached = (node) => node === value || ancestors.has(node);
  const drawn = edges.map((edge) => {
    const chosen = edge.weight === weight.name;
    const lit = reached(edge.from) && reached(edge.to);
    const stroke = chosen ? "var(--rnn-a)" : lit ? "var(--rnn-accent)" : "var(--rnn-edge)";
    const thick = chosen ? 4 : lit ? 2 : 1;
    const about = { fill: "none", stroke, "stroke-width": thick, "stroke-opacity": lit ? 1 : 0.5 };
    return { order: chosen ? 2 : Number(lit), path: svg("path", { d: way(edge, T, column, half), ...about }) };
  });
  drawn.sort((one, other) => one.order - other.order);
  image.replaceChildren(...drawn.map(({ path }) => path));
}

/** The course of a connection. @param {number} T @param {number} column its width @param {number} half half a box's width */
function way({ from, to }, T, column, half) {
  const spot = (node) => {
    const [name, t] = node.split("_");
    return { name, x: column * (Number(t) + 0.5), y: MIDDLE[name] };
  };
  const one = spot(from);
  const other = spot(to);
  const side = (one.name === "x" ? -1 : 1) * Math.min(half + 12, column / 2) * 1.3; // where it passes another box
  const edge = one.x + Math.sign(side) * (half - 6);
  const around = (first, last) =>
    `C${one.x + side} ${one.y - first} ${one.x + side} ${other.y + last} ${edge} ${other.y + 18}`;
  if (to === "L") return `M${one.x} ${one.y}V${MIDDLE.L}H${column * (T + 0.5)}`;
  if (one.x < other.x) return `M${one.x + (from.endsWith("_0") ? 10 : half)} ${one.y}L${other.x - half} ${other.y}`;
  if (one.name === "x" && other.name === "h1") return `M${one.x} ${one.y}${around(30, 50)}`;
  if (one.name === "h2" && other.name === "y") return `M${edge} ${one.y - 18}${around(50, 40)}`;
  return `M${one.x} ${one.y}L${other.x} ${other.y}`;
}

// ---- one weight, and what each step adds to its gradient -----------------------------------------------------

const CHART = { rail: 34, top: 62, bottom: 162, written: 182, height: 190 };

/** @param {Model} model */
function shares_chart(model) {
  const T = model.get("inputs").length;
  const image = svg("svg", { role: "img", class: "calc-chart" });
  const format = (t) => (t === T ? `${T}, its start` : t === 1 ? "1, all is added" : `${t}`);
  const time = range(model, { name: "step", label: "backward pass has come to step", format, max: T });
  time.classList.add("calc-time");
  const back = button("one step back", () => assign(model, { step: Math.max(1, model.get("step") - 1) }));
  const start = button(`start at step ${T}`, () => assign(model, { step: T }));
  const heading = h("p", { class: "rnn-subtitle calc-heading" });
  const words = h("p", { class: "rnn-soft" });
  const [total, other] = [h("b"), h("b")];
  const by_nudge = ". By nudging the weight, at every step at once, and seeing what L does: ";
  const check = h("p", { class: "rnn-soft" }, "All shares together: ", total, by_nudge, other, ".");
  const drawing = h("div", {}, heading, image);
  const node = h("div", { style: `--calc-columns: ${T + 1}` }, [
    drawing, time, h("div", { class: "rnn-presets calc-buttons" }, start, back), words, check,
  ]);
  image.addEventListener("click", (event) => {
    const box = image.getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * (T + 1));
    if (column >= 1) assign(model, { step: Math.min(T, column) });
  });
  let view = null;
  const fitted = fit(drawing, (width) => view && draw_shares(image, view, width));
  function draw(next) {
    view = next;
    const { weight, step, so_far } = view;
    heading.textContent = `One ${symbol(weight.name)}, and what each step adds to ∂L/∂${symbol(weight.name)}`;
    image.setAttribute("aria-label", chart_text(view));
    words.textContent = words_of(view);
    put(total, "total", so_far[0], 5);
    put(other, "nudged", view.nudged, 5);
    back.disabled = step === 1;
    start.disabled = step === T;
    fitted.draw();
  }
  return { node, draw, stop: fitted.stop };
}

/** @param {View} view */
function chart_text({ weight, share, so_far, step, T }) {
  const list = share.slice(step - 1).map((value, k) => `step ${step + k} adds ${show_plain(value, 3)}`).reverse();
  const name = symbol(weight.name);
  return `Backward from step ${T}: ${list.join(", ")}; so far the gradient of ${name} is ${show_plain(so_far[step - 1], 3)}.`;
}

/** What is to be said of the step that the backward pass has come to. @param {View} view */
function words_of({ weight, step, inputs }) {
  const name = symbol(weight.name);
  const nothing = (what) => `At step ${step} ${name} multiplies ${what} = 0, so this step adds nothing.`;
  if (weight.parameter === "weight_hh" && step === 1) return nothing("h(0)");
  if (weight.parameter === "weight_ih" && inputs[step - 1] === 0) return nothing("x");
  return "Each bar starts where the one to its right ends; at the left is the sum so far.";
}

/** @param {SVGElement} image @param {View} view @param {number} width in CSS pixels */
function draw_shares(image, view, width) {
  const { T, step, weight, own, share, so_far } = view;
  resize(image, width, CHART.height);
  const column = width / (T + 1);
  const x = (t) => column * (t + 0.5);
  const ends = [0, ...so_far];
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const room = 1e-12 + high - low;
  const y = linear(low, low + room, CHART.bottom, CHART.top);
  const steps = Array.from({ length: T }, (_, k) => k + 1);
  const half = Math.min(22, column / 2 - 6);
  image.replaceChildren(
    ...rail(weight, own, steps, x),
    line(0, y(0), width, y(0), "var(--rnn-edge)"),
    ...steps.flatMap((t) => (t < step ? waiting(x(t)) : bar(x, t, half, y, share[t - 1], so_far, t === step))),
    ...sum_bar(x(0), half, y, so_far[step - 1], step === 1),
  );
}

/** The weight as one line that every step hangs on, with the same number at each. @param {Weight} weight */
function rail(weight, own, steps, x) {
  const colour = "var(--rnn-a)";
  const name = { "text-anchor": "middle", "font-weight": 700, style: `fill: ${colour}` };
  const middle = { "text-anchor": "middle" };
  return [
    line(x(0), CHART.rail, x(steps.length), CHART.rail, colour, { "stroke-width": 4 }),
    label(x(0), CHART.rail - 12, symbol(weight.name), name),
    ...steps.flatMap((t) => [
      svg("circle", { cx: x(t), cy: CHART.rail, r: 5, fill: "var(--rnn-paper)", stroke: colour, "stroke-width": 3 }),
      label(x(t), CHART.rail - 12, show_plain(own), middle),
    ]),
  ];
}

const waiting = (x) => [label(x, CHART.written, "not yet", { "text-anchor": "middle", class: "rnn-soft" })];

/** A step's share: from the sum of the later ones to the sum with it. */
function bar(x, t, half, y, share, so_far, now) {
  const before = so_far[t] ?? 0;
  const [from, to] = [y(before), y(so_far[t - 1])];
  const [top, size] = [Math.min(from, to), Math.max(2, Math.abs(from - to))];
  const edge = now ? { stroke: "var(--rnn-ink)", "stroke-width": 2 } : {};
  const tip = share === 0 ? [] : [arrow(x(t), to, share > 0 ? 6 : -6)];
  const face = { fill: "var(--rnn-c)", "fill-opacity": 0.55, ...edge };
  return [
    svg("rect", { x: x(t) - half, y: top, width: 2 * half, height: size, ...face }),
    line(x(t - 1) - half, to, x(t) + half, to, "var(--rnn-c)", { "stroke-dasharray": "3 3" }),
    ...tip,
    label(x(t), CHART.written, show_plain(share, 3), {
      "text-anchor": "middle", "data-name": `share[${t}]`, "data-value": share, "font-weight": now ? 700 : 500,
    }),
  ];
}

/** A head that points the way the sum went. */
const arrow = (x, y, back) =>
  svg("path", { d: `M${x - 5} ${y + back}L${x} ${y}L${x + 5} ${y + back}`, class: "calc-tip" });

/** The sum so far at the left; once step 1 is in, it is the gradient. */
function sum_bar(x, half, y, sum, done) {
  const [top, size] = [Math.min(y(0), y(sum)), Math.max(2, Math.abs(y(0) - y(sum)))];
  const edge = { stroke: "var(--rnn-c)", "stroke-width": 2, ...(done ? {} : { "stroke-dasharray": "4 3" }) };
  const fill = { fill: "var(--rnn-c)", "fill-opacity": done ? 1 : 0.15 };
  const middle = { "text-anchor": "middle" };
  return [
    svg("rect", { x: x - half, y: top, width: 2 * half, height: size, ...fill, ...edge }),
    label(x, CHART.written, show_plain(sum, 3), { ...middle, "font-weight": 700, "data-name": "so_far", "data-value": sum }),
    label(x, CHART.top - 10, done ? "sum" : "so far", { ...middle, class: "rnn-soft" }),
  ];
}

// ---- weights and target --------------------------------------------------------------------------------------

/** @param {Model} model */
function weights_panel(model) {
  const T = model.get("inputs").length;
  const lists = [
    matrix(model, "weight_ih", "U", 1),
    matrix(model, "weight_hh", "W", H),
    matrix(model, "bias", "b", 1),
  ];
  const texts = Object.fromEntries(WEIGHTS.map((weight) => [weight.name, `${symbol(weight.name)}: ${role(weight)}`]));
  const slider = weight_range(model, T);
  const node = h("div", { class: "rnn-stack calc-panel" }, [
    select(model, { name: "weight", label: "weight to follow", texts }),
    slider.node,
    h("div", {}, [
      h("p", { class: "rnn-subtitle" }, "All weights, read at every step"),
      h("div", { class: "calc-matrices" }, lists.map((list) => list.node)),
    ]),
    range(model, { name: "target", label: "target for y" }),
    choice(model, { name: "loss_at", label: "loss at", texts: { last: "last step", every: "every step" } }),
    h("p", { class: "rnn-soft" }, `y = ${readout_text(model.get("payload").readout)} is fixed.`),
  ]);
  const draw = (view) => {
    slider.draw(view);
    for (const list of lists) list.draw(view);
  };
  return { node, draw };
}

/** h₁ − 0.5 h₂. @param {number[]} readout */
function readout_text(readout) {
  return readout
    .map((v, k) => {
      const sign = v < 0 ? (k ? " − " : "−") : k ? " + " : "";
      const size = Math.abs(v) === 1 ? "" : `${Math.abs(v)} `;
      return `${sign}${size}${symbol(`h${k + 1}`)}`;
    })
    .join("");
}

/** A parameter as number fields, laid out as the matrix that it is. */
function matrix(model, name, text, columns) {
  const weights = WEIGHTS.filter((weight) => weight.parameter === name);
  const field_of = (weight) => number_field(model, name, place(weight), `${symbol(weight.name)}, ${role(weight)}`);
  const fields = weights.map(field_of);
  const layout = { style: `grid-template-columns: repeat(${columns}, minmax(0, 1fr))` };
  const grid = h("div", layout, fields.map((field) => field.node));
  const about = { class: "calc-matrix", "data-trait": name, style: `flex: ${columns}` };
  const node = h("fieldset", about, h("legend", {}, text), grid);
  const draw = (view) =>
    weights.forEach((weight, k) => {
      fields[k].draw(view[name][place(weight)]);
      fields[k].node.classList.toggle("calc-chosen", weight.name === view.weight.name);
    });
  return { node, draw };
}

/** Range that moves the chosen weight. @param {Model} model @param {number} T */
function weight_range(model, T) {
  const { min, max, step } = model.get("controls").weight_hh;
  const id = `calc-weight-${Math.random().toString(36).slice(2)}`;
  const output = h("output", { class: "rnn-value", for: id });
  const text = h("label", { for: id });
  const input = h("input", { type: "range", id, min, max, step });
  const node = h("div", { class: "rnn-field calc-slider" }, text, output, input);
  input.addEventListener("input", () => {
    const weight = weight_of(model.get("weight"));
    assign(model, { [weight.parameter]: model.get(weight.parameter).with(place(weight), Number(input.value)) });
  });
  const draw = ({ weight, own }) => {
    text.textContent = `${symbol(weight.name)}, in all ${steps_text(T)} at once`;
    if (Number(input.value) !== own) input.value = own;
    output.textContent = show_plain(own);
    input.setAttribute("aria-valuetext", show_plain(own));
  };
  return { node, draw };
}

// ---- arithmetic with the numbers put in ----------------------------------------------------------------------

/** Several terms added up. @param {Algebra} a @param {any[]} terms */
const sum = (a, terms) => terms.reduce((left, right) => a.add(left, right));

/** Products of pairs, added up: the first half of the operands times the second. @param {Algebra} a */
const sum_of_products = (a, operands) => {
  const half = operands.length / 2;
  return sum(a, operands.slice(0, half).map((v, k) => a.mul(v, operands[half + k])));
};

/**
 * A line of arithmetic. @param {string} name of its value @param {string} words before it @param {string} result
 * @param {(a: Algebra, ...operands: any[]) => any} expression @param {string[]} names @param {number[]} operands
 */
const make_line = (name, words, result, expression, names, operands) => ({
  name, words, result, expression, names, operands,
});

/** How the chosen value comes about. @param {View} view */
export function value_line(view) {
  const { value, every, T, y, target, h: states, cell, inputs, readout } = view;
  if (value === "L") {
    const read = every ? y.map((_, k) => k + 1) : [T];
    const expression = (a, goal, ...ys) =>
      sum(a, ys.map((v) => a.mul(a.number(0.5, 1), a.pow(a.sub(v, goal), a.number(2)))));
    const words = every ? "Half of each squared error, added up" : "Half the squared error";
    const names = ["target", ...read.map((t) => `y(${t})`)];
    return make_line("value", words, "L", expression, names, [target, ...read.map((t) => y[t - 1])]);
  }
  const [name, step] = value.split("_");
  const t = Number(step);
  if (name === "y") {
    const names = [...UNITS.map((j) => `v_${j}`), ...UNITS.map((j) => `h_${j}(${t})`)];
    const expression = (a, ...all) => sum_of_products(a, all);
    return make_line("value", "The read-out, with fixed v", `y(${t})`, expression, names, [...readout, ...states[t]]);
  }
  const j = Number(name.slice(1));
  const expression = (a, u, x, b, ...rest) => a.tanh(a.add(a.add(a.mul(u, x), b), sum_of_products(a, rest)));
  const names = [`u_${j}`, `x(${t})`, `b_${j}`, ...UNITS.map((k) => `w_${j}${k}`), ...UNITS.map((k) => `h_${k}(${t - 1})`)];
  const from_input = [cell.weight_ih[j - 1][0], inputs[t - 1], cell.bias_ih[j - 1]];
  const operands = [...from_input, ...cell.weight_hh[j - 1], ...states[t - 1]];
  return make_line("value", "From the input and both old states", `h_${j}(${t})`, expression, names, operands);
}

/** What one step adds to the followed weight's gradient, from the loss to the share. @param {View} view */
export function share_steps(view) {
  const { weight, step: t, T, h: states, dh, terms, share } = view;
  const j = weight.row + 1;
  const [name, read] = source(view);
  const through = (a, g, v) => a.mul(g, a.sub(a.number(1), a.pow(v, a.number(2))));
  const [arrived, delta] = [`∂L/∂h_${j}(${t})`, `δ_${j}(${t})`];
  const slope = terms[t - 1].bias_ih[j - 1]; // a bias is multiplied by 1, so its share is δ itself
  const times = `Times what ${written(weight.name)} multiplied`;
  const added = share.slice(t - 1).reverse();
  const [words, result] = t > 1 ? ["The sum so far", "sum"] : ["The sum: the gradient", `∂L/∂${written(weight.name)}`];
  const all_shares = added.map((_, k) => `share(${T - k})`);
  return [
    arriving_line(view, arrived),
    make_line("delta", "Back through tanh", delta, through, [arrived, `h_${j}(${t})`], [dh[t][j - 1], states[t][j - 1]]),
    make_line("share", times, `share(${t})`, (a, d, v) => a.mul(d, v), [delta, name], [slope, read]),
    make_line("sum", words, result, (a, ...all) => sum(a, all), all_shares, added),
  ];
}

/** What the followed weight multiplies at the step shown: name and number. @param {View} view */
function source({ weight, step: t, h: states, inputs }) {
  if (weight.from === "") return ["1", 1];
  if (weight.from === "x") return [`x(${t})`, inputs[t - 1]];
  return [`${written(weight.from)}(${t - 1})`, states[t - 1][weight.column]];
}

/** The gradient that arrives at a state, from the next step and, where the loss reads it, from y. @param {View} view */
function arriving_line({ weight, step: t, T, every, y, target, terms, readout, cell }, result) {
  const j = weight.row + 1;
  const later = t < T;
  const reads = every || !later;
  const count = later ? 2 * H : 0; // operands of the way through the next step
  const expression = (a, ...all) => {
    const parts = later ? [sum_of_products(a, all.slice(0, count))] : [];
    const [v, output, goal] = all.slice(count);
    return sum(a, reads ? [...parts, a.mul(v, a.sub(output, goal))] : parts);
  };
  const names = [
    ...(later ? [...UNITS.map((i) => `w_${i}${j}`), ...UNITS.map((i) => `δ_${i}(${t + 1})`)] : []),
    ...(reads ? [`v_${j}`, `y(${t})`, "target"] : []),
  ];
  const operands = [
    ...(later ? [...cell.weight_hh.map((row) => row[j - 1]), ...terms[t].bias_ih] : []),
    ...(reads ? [readout[j - 1], y[t - 1], target] : []),
  ];
  const from = later ? (reads ? "the next step and from y" : "the next step, through the same W") : "y";
  return make_line("arriving", `What arrives from ${from}`, result, expression, names, operands);
}

/** Formulas of lines whose form may change; they are written anew where it does. @param {(view: View) => object[]} lines_of */
function arithmetic(lines_of, title_of, legend) {
  const title = h("p", { class: "rnn-subtitle" });
  const place_of = h("div", { class: "rnn-stack calc-tight" });
  let form = "";
  let shown = [];
  function draw(view) {
    title.replaceChildren(...subscripted(title_of(view)));
    const lines = lines_of(view);
    const now = JSON.stringify(lines.map(({ result, names }) => [result, names]));
    if (now !== form) {
      form = now;
      shown = lines.map(({ name, words, result, expression, names }) => {
        const made = formula(expression, names, { result });
        made.node.prepend(h("span", { class: "rnn-words" }, subscripted(words), " "));
        made.node.dataset.name = name;
        return made;
      });
      place_of.replaceChildren(...shown.map((made) => made.node));
    }
    lines.forEach(({ operands }, k) => shown[k].update(...operands));
  }
  return { node: h("div", {}, title, place_of, h("p", { class: "rnn-soft" }, subscripted(legend))), draw };
}

const value_lines = () =>
  arithmetic(
    (view) => [value_line(view)],
    ({ value }) => `The arithmetic of ${value_symbol(value)}`,
    "h_1(3) is unit 1 after step 3; w_12 goes from unit 2 to unit 1. The weights have no step: there is one of each.",
  );

const share_lines = () =>
  arithmetic(
    share_steps,
    ({ weight, step }) => `Step ${step}’s share of ∂L/∂${written(weight.name)}`,
    "δ_1(3) is the gradient by what goes into the tanh of h_1(3).",
  );

// ---- all numbers ---------------------------------------------------------------------------------------------

/** Closed tables: every step's states and gradients, every weight's shares. @param {Model} model */
function numbers(model) {
  const T = model.get("inputs").length;
  const steps = Array.from({ length: T }, (_, k) => k + 1);
  const states = table("States and gradients at each step", ["step", "x", "h₁", "h₂", "y", "∂L/∂h₁", "∂L/∂h₂"]);
  const columns = ["weight", "value", ...steps.map((t) => `step ${t}`), "sum"];
  const shares = table("What each step adds to each weight’s gradient", columns);
  const number = (name, value) => ({ text: show(value, 4), name, value });
  function draw(view) {
    states.fill(
      steps.map((t) => [
        t,
        show_plain(view.inputs[t - 1], 2),
        ...UNITS.map((j) => number(`table.h[${t}][${j}]`, view.h[t][j - 1])),
        number(`table.y[${t}]`, view.y[t - 1]),
        ...UNITS.map((j) => number(`table.dh[${t}][${j}]`, view.dh[t][j - 1])),
      ]),
    );
    shares.fill(
      WEIGHTS.map((weight) => {
        const values = shares_of(view, weight);
        const name = symbol(weight.name);
        return [
          name,
          show_plain(view[weight.parameter][place(weight)], 2),
          ...values.map((value, k) => number(`${weight.name}[${k + 1}]`, value)),
          number(`gradient.${weight.name}`, totals_from_last(values)[0]),
        ];
      }),
    );
  }
  const both = h("div", { class: "rnn-stack" }, states.node, shares.node);
  return { node: disclosure("All numbers: states, gradients, every weight’s shares", both), draw };
}

const STYLES = `
.rnn-live .calc-graph { position: relative; }
.rnn-live .calc-edges { position: absolute; left: 0; top: 0; pointer-events: none; }
.rnn-live :is(.calc-nodes, .calc-inputs, .calc-steps) {
  position: relative; display: grid; grid-template-columns: repeat(var(--calc-columns), minmax(0, 1fr)); justify-items: center;
  border: 0; margin: 0; padding: 0; min-width: 0;
}
.rnn-live .calc-nodes { grid-template-rows: ${Object.values(ROWS).map((height) => `${height}px`).join(" ")}; }
.rnn-live .calc-nodes > .rnn-soft { justify-self: start; align-self: start; line-height: 48px; font-size: 0.8125rem; white-space: nowrap; }
.rnn-live .calc-zero {
  width: 24px; height: 24px; margin-top: 13px; border-radius: 50%; text-align: center; line-height: 22px; font-size: 0.8125rem;
  border: 1px solid var(--rnn-edge); background: var(--rnn-paper);
}
.rnn-live .calc-cell { width: max(38px, min(64px, 100% - 12px)); position: relative; text-align: center; }
.rnn-live .calc-cell > input { position: absolute; opacity: 0; width: 1px; height: 1px; margin: 0; }
.rnn-live .calc-cell > label {
  display: block; height: 48px; margin: 0; padding-top: 3px; border-radius: 10px; cursor: pointer; line-height: 1.3; font-size: 0.75rem;
  border: 1.5px solid var(--rnn-edge); background: var(--rnn-paper); color: var(--rnn-soft);
}
.rnn-live .calc-cell > b { position: absolute; inset: 21px 0 auto; line-height: 1.3; font-size: 0.875rem; white-space: nowrap; pointer-events: none; }
.rnn-live .calc-cell > label:hover { border-color: var(--rnn-accent); }
.rnn-live .calc-ancestor > label { background: var(--rnn-tint); border-color: var(--rnn-accent); }
.rnn-live .calc-unread > label { border-style: dashed; }
.rnn-live .calc-biased > label { box-shadow: inset 5px 0 var(--rnn-a); }
.rnn-live .calc-cell > input:checked + label { background: var(--rnn-accent); border-color: var(--rnn-accent); color: var(--rnn-on-accent); }
.rnn-live .calc-cell > input:checked ~ b { color: var(--rnn-on-accent); }
.rnn-live .calc-cell > input:focus-visible + label { outline: 3px solid var(--rnn-accent); outline-offset: 2px; }
.rnn-live .calc-gradient {
  font-size: 0.75rem; line-height: 18px; color: var(--rnn-c); white-space: nowrap; background: var(--rnn-paper);
  border-radius: 4px; padding: 0 1px;
}
.rnn-live .calc-inputs { height: ${INPUT}px; align-items: center; }
.rnn-live .calc-inputs > .rnn-soft, .rnn-live .calc-steps > .rnn-soft { justify-self: start; font-size: 0.8125rem; font-weight: 400; }
.rnn-live .calc-inputs input[type="number"] { width: max(38px, min(64px, 100% - 12px)); }
.rnn-live :is(.calc-inputs, .calc-matrix) input[type="number"] {
  padding: 0; text-align: center; font-size: 0.8125rem; appearance: textfield; min-width: 0;
}
.rnn-live :is(.calc-inputs, .calc-matrix) input::-webkit-inner-spin-button { appearance: none; margin: 0; }
.rnn-live .calc-steps { font-weight: 600; font-size: 0.8125rem; border-top: 1px solid var(--rnn-line); padding-top: 2px; }
.rnn-live .calc-steps .calc-now { color: var(--rnn-accent); box-shadow: inset 0 -2px var(--rnn-accent); padding: 0 0.5rem; }
.rnn-live .calc-words { margin-top: 0.5rem; min-height: 3.9em; }
.rnn-live .calc-heading { margin-top: 0.75rem; }
.rnn-live .calc-chart { cursor: pointer; }
.rnn-live .calc-tip { fill: none; stroke: var(--rnn-ink); stroke-width: 2px; }
.rnn-live .calc-time > input[type="range"] {
  --calc-share: calc(100% / var(--calc-columns)); grid-column: 1 / -1; justify-self: start;
  margin-left: calc(var(--calc-share) * 1.5 - 8px); width: calc(var(--calc-share) * (var(--calc-columns) - 2) + 16px);
}
.rnn-live .calc-buttons { margin: 0.25rem 0 0.75rem; }
.rnn-live .calc-panel .rnn-value { font-variant-numeric: tabular-nums; }
.rnn-live .calc-slider > input { accent-color: var(--rnn-a); }
.rnn-live .calc-matrices { display: flex; gap: 0.75rem; }
.rnn-live .calc-matrix { border: 0; margin: 0; padding: 0; min-width: 0; border-radius: 6px; }
.rnn-live .calc-matrix legend { float: none; width: auto; padding: 0; margin: 0; font-weight: 600; font-size: 0.875rem; }
.rnn-live .calc-matrix > div { display: grid; gap: 0.25rem; }
.rnn-live .calc-matrix input.calc-chosen { border: 2px solid var(--rnn-a); font-weight: 700; }
.rnn-live .calc-tight { gap: 0.625rem; }
.rnn-live .calc-tight > p { border-left: 3px solid var(--rnn-line); padding-left: 0.75rem; }
.rnn-live .calc-tight .rnn-numbers { display: block; }
.rnn-live .calc-lines .rnn-soft { margin-top: 0.625rem; }
@container (max-width: 30rem) {
  .rnn-live .calc-cell > b { font-size: 0.8125rem; }
  .rnn-live .calc-many .calc-cell > b { font-size: 0.75rem; }
  .rnn-live .calc-gradient { font-size: 0.6875rem; }
}
`;
