/** What the steppers share: numbers on cells over time, locks, and arithmetic with the numbers put in. */
import { summed_bias } from "./core.mjs";
import { assign, choice, formula, h, range } from "./ui.mjs";

/**
 * @typedef {import("./ui.mjs").Model} Model
 * @typedef {{t: number, unit: number, H: number, x: number[], lock: Record<string, (number | null)[]>,
 *   run: {cell: import("./core.mjs").Cell, steps: Record<string, number[]>[], h: number[][]}}} View what a stepper shows
 * @typedef {{node: HTMLElement, draw: (view: View) => void}} Part
 */

// ---- numbers -------------------------------------------------------------------------------------------------

/** Some quantities of a run as lists (T, H), for Python. @param {View["run"]} run @param {string[]} names */
export const lists_of = (run, names) =>
  Object.fromEntries(names.map((name) => [name, run.steps.map((step) => Array.from(step[name]))]));

/** Fixed decimals: in these cells nothing is so small that its powers of ten matter. */
export function show_plain(value, digits = 2) {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

/**
 * Print a number in a node, with its name and all its digits for tests and scripts to read.
 * @param {HTMLElement} node @param {string} name @param {number} value
 */
export function put(node, name, value, digits = 2) {
  const text = show_plain(value, digits);
  if (node.textContent !== text) node.textContent = text;
  node.dataset.name = name;
  node.dataset.value = String(value);
}

// ---- over time -----------------------------------------------------------------------------------------------

/** Time's range, to stand over the columns of a `timed_table`. @param {Model} model @param {number} T */
export function time_range(model, T) {
  const time = range(model, { name: "t", label: "time step t", format: (t) => `${t} of ${T}`, max: T });
  time.classList.add("step-time");
  return time;
}

/** What stands one column a step: it scrolls where there is no room. @param {number} T @param {...Node} children */
export const over_time = (T, ...children) =>
  h("div", { class: "step-scroll" }, h("div", { class: "step-wide", style: `--step-count: ${T}` }, children));

/**
 * A table with one column for each step, under a row of the steps' numbers; a click on a column chooses its step.
 * @param {Model} model @param {number} T @param {{node: HTMLElement, cells: HTMLElement[]}[]} rows
 * @returns {{node: HTMLElement, draw: (t: number, caption: string) => void}}
 */
export function timed_table(model, T, rows) {
  const caption = h("caption");
  const head = Array.from({ length: T }, (_, k) => h("th", { scope: "col" }, k + 1));
  const columns = [head, ...rows.map((row) => row.cells)];
  columns.forEach((cells) => cells.forEach((cell, k) => (cell.dataset.step = k + 1)));
  const node = h("table", { class: "step-grid" }, [
    caption,
    h("colgroup", {}, h("col"), h("col", { span: T })),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "t"), head)),
    h("tbody", {}, rows.map((row) => row.node)),
  ]);
  node.addEventListener("click", (event) => {
    const step = event.target.closest("[data-step]")?.dataset.step;
    if (step && event.target.tagName !== "INPUT") assign(model, { t: Number(step) });
  });
  function draw(t, text) {
    caption.textContent = text;
    columns.forEach((cells) => cells.forEach((cell, k) => cell.classList.toggle("step-now", k === t - 1)));
  }
  return { node, draw };
}

/**
 * A row of T numbers; a locked one says so. @param {string} short its name @param {string} long in words
 * @param {number} T @param {string} mark what a locked number says of itself
 * @returns {{node: HTMLElement, cells: HTMLElement[], draw: (numbers: number[], name: (k: number) => string,
 *   options?: {locks?: (number | null)[], background?: (value: number) => string}) => void}}
 */
export function value_row(short, long, T, mark = "locked") {
  const values = Array.from({ length: T }, () => h("span"));
  const marks = values.map(() => h("span", { class: "step-locked", hidden: true }, mark));
  const cells = values.map((value, k) => h("td", {}, value, marks[k]));
  const node = h("tr", {}, row_header(short, long), cells);
  function draw(numbers, name, { locks, background } = {}) {
    numbers.forEach((number, k) => {
      put(values[k], name(k), number);
      marks[k].hidden = locks?.[k] == null;
      if (background) cells[k].style.background = background(number);
    });
  }
  return { node, cells, draw };
}

const row_header = (short, long) =>
  h("th", { scope: "row" }, subscripted(short), h("span", { class: "step-long" }, ` ${long}`));

/** One number field for each step's input. @param {Model} model @param {number} T */
export function input_row(model, T) {
  const { min, max, step } = model.get("controls").inputs;
  const fields = Array.from({ length: T }, (_, k) => {
    const field = h("input", { type: "number", min, max, step, "aria-label": `input x at step ${k + 1}` });
    field.addEventListener("input", () => {
      if (field.value === "" || !field.validity.valid) return;
      assign(model, { inputs: model.get("inputs").with(k, Number(field.value)) });
    });
    field.addEventListener("change", () => (field.value = model.get("inputs")[k])); // what was no number goes
    return field;
  });
  const cells = fields.map((field) => h("td", {}, field));
  const node = h("tr", { class: "step-inputs", "data-trait": "inputs" }, row_header("x", "input"), cells);
  const draw = (x) =>
    x.forEach((value, k) => {
      if (fields[k].value === "" || Number(fields[k].value) !== value) fields[k].value = value;
    });
  return { node, cells, draw };
}

/** A hue as strong as a number is large; the number itself is always there. @param {string} hue a, b, c or accent */
export const tint = (hue, value) =>
  `color-mix(in srgb, var(--rnn-${hue}) ${Math.round(36 * Math.min(1, Math.abs(value)))}%, var(--rnn-paper))`;

// ---- biases and locks ----------------------------------------------------------------------------------------

/** Switch between the units; none where there is one. @param {Model} model */
export const unit_switch = (model) =>
  model.get("controls").unit.options.length > 1 ? choice(model, { name: "unit", label: "unit shown" }) : null;

/**
 * Range that adds to a gate's biases; where the weights' own are 0, it is the bias.
 * @param {Model} model @param {string} gate @param {string} text such as "update bias" @param {number} block of the gate
 */
export function bias_range(model, gate, text, block) {
  const { bias_ih, bias_hh, weight_hh } = model.get("payload");
  const H = weight_hh[0].length;
  const own = [bias_ih, bias_hh].flatMap((bias) => bias.slice(block * H, (block + 1) * H));
  const label = own.every((b) => b === 0) ? `${text} b_${gate}` : `added to the ${text}`;
  return range(model, { name: `bias_${gate}`, label });
}

/** Switch between locks at this step and locks at every step. @param {Model} model */
export const scope_switch = (model) =>
  choice(model, { name: "scope", label: "locks act on", texts: { step: "this step", all: "every step" } });

/** A gate's lock: list with `value` (null: free) at this step, or at all. @param {Model} model */
export function locked_at(model, gate, value) {
  const locks = model.get(`lock_${gate}`);
  return model.get("scope") === "all" ? locks.map(() => value) : locks.with(model.get("t") - 1, value);
}

/** Check box and range that hold a gate at a value. @param {Model} model @param {string} gate @param {string} long */
export function lock(model, gate, long = "") {
  const name = `lock_${gate}`;
  const box = h("input", { type: "checkbox" });
  const slider = h("input", { type: "range", min: 0, max: 1, step: 0.01, "aria-label": `value of the locked ${gate}` });
  const output = h("output", { class: "rnn-value" });
  const hold = () => assign(model, { [name]: locked_at(model, gate, box.checked ? Number(slider.value) : null) });
  box.addEventListener("change", hold);
  slider.addEventListener("input", hold);
  const words = long ? h("span", { class: "step-soft" }, long) : null;
  const label = h("label", { class: "step-check" }, box, `lock ${gate}`, words);
  const node = h("div", { class: "rnn-field", "data-trait": name }, label, output, slider);
  function draw({ t, unit, run }) {
    const value = model.get(name)[t - 1];
    const locked = value != null;
    box.checked = locked;
    slider.disabled = !locked;
    slider.value = locked ? value : run.steps[t - 1][gate][unit - 1];
    output.textContent = locked ? show_plain(value) : "free";
  }
  return { node, draw };
}

// ---- arithmetic with the numbers put in ----------------------------------------------------------------------

/**
 * Formulas of one unit at one step. Lines stay while their form stays, else they are written anew.
 * @param {(view: View) => any} form what the lines' form depends on beside the unit, as JSON can hold it
 * @param {(view: View) => Part[]} write the lines @param {(view: View) => string} legend
 */
export function arithmetic(form, write, legend) {
  const title = h("p", { class: "rnn-subtitle" });
  const place = h("div", { class: "rnn-stack step-tight step-lines" });
  const words = h("p", { class: "rnn-soft" });
  let written = "";
  let lines = [];

  function draw(view) {
    title.textContent = `The arithmetic of unit ${view.unit} at step ${view.t}`;
    const now = JSON.stringify([view.unit, form(view)]);
    if (now !== written) {
      written = now;
      lines = write(view);
      place.replaceChildren(...lines.map((part) => part.node));
      words.replaceChildren(...subscripted(legend(view)));
    }
    for (const part of lines) part.draw(view);
  }
  return { node: h("div", {}, title, place, words), draw };
}

/** 1 to H. @param {number} H */
export const units = (H) => Array.from({ length: H }, (_, k) => k + 1);

/** `h_1`, `h_2` ... @param {string} name @param {number} H */
export const each_unit = (name, H) => units(H).map((k) => `${name}_${k}`);

/** Several terms added up. @param {import("./ui.mjs").Algebra} a @param {any[]} terms */
export const sum = (a, terms) => terms.reduce((left, right) => a.add(left, right));

/** Name of a weight: indices only where there is more than one. @param {string} gate such as "hn" */
export const weight = (gate, H, ...indices) => (H > 1 ? `W_${gate},${indices.join("")}` : `W_${gate}`);

/** What "h_1" and so on mean in a legend. @param {number} H */
export const old_states = (H) =>
  H > 1 ? "h_1, h_2 and so on are the units’ old states" : "h_1 is the old state";

/**
 * f(W x + b + W_h h), the old states' sum. @param {string} gate @param {"sigmoid" | "tanh"} squash
 * @param {number} block of the gate among the weights' rows @param {number} unit @param {number} H @returns {Part}
 */
export function gate_line(gate, squash, block, unit, H) {
  const expression = (a, w, input, b, ...rest) => {
    const products = rest.slice(0, H).map((u, k) => a.mul(u, rest[H + k]));
    return a[squash](sum(a, [a.mul(w, input), b, ...products]));
  };
  const recurrent = units(H).map((k) => weight(`h${gate}`, H, unit, k));
  const names = [weight(`i${gate}`, H, unit), "x", `b_${gate}`, ...recurrent, ...each_unit("h", H)];
  const row = block * H + unit - 1;
  return line(gate, `${gate}_${unit}`, expression, names, ({ t, x, run: { cell, h: states } }) => [
    cell.weight_ih[row][0],
    x[t - 1],
    summed_bias(cell)[row],
    ...cell.weight_hh[row],
    ...states[t - 1],
  ]);
}

/**
 * Formula, formula with numbers, value.
 * @param {string} name of the value @param {string} result its name in the formula
 * @param {(a: import("./ui.mjs").Algebra, ...operands: any[]) => any} expression @param {string[]} names
 * @param {(view: View) => number[]} operands of `expression` @returns {Part}
 */
export function line(name, result, expression, names, operands) {
  const { node, update } = formula(expression, names, { result, digits: 3, number: show_plain, print: (value) => show_plain(value, 3) });
  node.dataset.name = name;
  const [symbols, numbers] = node.querySelectorAll(".rnn-symbols, .rnn-numbers");
  symbols.replaceChildren(...subscripted(unbroken(symbols.textContent)));
  const draw = (view) => {
    update(...operands(view));
    numbers.textContent = unbroken(numbers.textContent);
  };
  return { node, draw };
}

/** Lines break at sums, never inside a product or before the result. @param {string} text */
const unbroken = (text) => text.replaceAll(" · ", "\u00a0·\u00a0").replace(/ = (?=[^=]*$)/, " =\u00a0");

/** A gate that does not follow its equation. @param {string} gate @param {number} unit @returns {Part} */
export function locked_line(gate, unit) {
  const node = h("p", { class: "rnn-formula", "data-name": gate });
  const draw = ({ t, lock }) => {
    const value = lock[gate][t - 1];
    node.dataset.value = String(value);
    node.replaceChildren(...subscripted(`${gate}_${unit}, locked = ${show_plain(value, 3)}`));
  };
  return { node, draw };
}

/** Text in which `_abc` becomes a subscript. @param {string} text @returns {Node[]} */
export function subscripted(text) {
  const pieces = text.split(/_(\w+(?:,\w+)*)/);
  return pieces.map((piece, k) => (k % 2 ? h("sub", {}, piece) : document.createTextNode(piece)));
}

// ---- styles --------------------------------------------------------------------------------------------------

/** @type {string} */
export const STEPPER_STYLES = `
.rnn-live { --step-label: 6.5rem; --step-column: 2.5rem; }
.rnn-live .step-tight { gap: 0.625rem; }
.rnn-live .step-bench { gap: 1.75rem; }
.rnn-live .rnn-stack > .rnn-subtitle { margin: 0; }
.rnn-live .rnn-field:has(> .step-check) { align-items: center; }
.rnn-live .step-scroll { overflow-x: auto; padding: 2px; margin: -2px; }
.rnn-live .step-wide { min-width: calc(var(--step-label) + var(--step-count) * var(--step-column)); }
.rnn-live .step-time { margin-bottom: 0.375rem; }
.rnn-live .step-time > input[type="range"] {
  --step-share: calc((100% - var(--step-label)) / var(--step-count));
  grid-column: 1 / -1; justify-self: start;
  margin-left: calc(var(--step-label) + var(--step-share) / 2 - 8px);
  width: calc(var(--step-share) * (var(--step-count) - 1) + 16px);
}
.rnn-live .step-grid { table-layout: fixed; border-collapse: separate; border-spacing: 0 2px; }
.rnn-live .step-grid caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.rnn-live .step-grid :is(th, td) {
  border: 0; text-align: center; padding: 0.3125rem 0; cursor: pointer; line-height: 1.3;
}
.rnn-live .step-grid col:first-child { width: var(--step-label); }
.rnn-live .step-grid th:first-child { text-align: left; cursor: default; font-weight: 700; }
.rnn-live .step-long, .rnn-live .step-soft { font-weight: 400; color: var(--rnn-soft); }
.rnn-live .step-grid .step-now {
  --step-sides: inset 2px 0 var(--rnn-accent), inset -2px 0 var(--rnn-accent);
  box-shadow: var(--step-sides); font-weight: 700;
}
.rnn-live .step-grid thead .step-now {
  color: var(--rnn-accent); box-shadow: var(--step-sides), inset 0 2px var(--rnn-accent);
}
.rnn-live .step-grid tr:last-child > td.step-now { box-shadow: var(--step-sides), inset 0 -2px var(--rnn-accent); }
.rnn-live .step-inputs td { padding: 0.125rem 0; }
.rnn-live .step-inputs input[type="number"] {
  width: calc(100% - 8px); min-height: 30px; padding: 0; text-align: center; font-size: 0.8125rem;
  appearance: textfield;
}
.rnn-live .step-inputs input::-webkit-inner-spin-button { appearance: none; margin: 0; }
.rnn-live .step-locked:not([hidden]) { display: block; font-size: 0.6875rem; font-weight: 600; line-height: 1.1; }
.rnn-live .step-check {
  display: inline-flex; align-items: center; gap: 0.5rem; margin: 0; cursor: pointer; font-size: 0.875rem;
}
.rnn-live .step-check input { width: 18px; height: 18px; margin: 2px; accent-color: var(--rnn-accent); cursor: pointer; }
.rnn-live .step-lines p { border-left: 3px solid var(--rnn-line); padding-left: 0.75rem; }
.rnn-live .step-lines .rnn-numbers { display: block; }
.rnn-live .step-lines + p { margin-top: 0.625rem; }
.rnn-live :is(.step-lines, .step-lines + p, .step-grid) sub { font-size: 0.72em; line-height: 0; }
@container (max-width: 30rem) {
  .rnn-live .step-long { display: none; }
  .rnn-live .step-wide { --step-label: 1.75rem; }
  .rnn-live .step-grid td { font-size: 0.75rem; }
}
`;
