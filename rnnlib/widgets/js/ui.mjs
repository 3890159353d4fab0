/**
 * Controls, texts and styles that all widgets share. Native elements only; what a reader types is text, never markup.
 *
 * @typedef {{get: (name: string) => any, set: (name: string, value: any) => void, save_changes: () => void,
 *   on: (event: string, handler: () => void) => void, off: (event: string, handler?: () => void) => void}} Model
 * @typedef {{kind: "number", default: number, min: number, max: number, step: number} |
 *   {kind: "choice", default: string, options: string[]} | {kind: "flag", default: boolean} |
 *   {kind: "text", default: string, longest: number} |
 *   {kind: "numbers", default: number[], min: number, max: number, size: number}} Control what Python says of a trait
 */

import { kept_after, log_sigmoid, sigmoid } from "./core.mjs";
import { STYLES } from "./style.mjs";

let counter = 0;
const unique = (prefix) => `rnn-${prefix}-${++counter}`;

/**
 * An element. `on...` functions become listeners, `class`, `for`, `aria-*` attributes; children that are not nodes
 * become text. @param {string} tag @param {Record<string, any>} attributes @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, String(value));
  }
  node.append(...children.flat().filter((child) => child != null).map((c) => (c instanceof Node ? c : String(c))));
  return node;
}

/** A number as the widgets print it: `digits` decimals, or powers of ten where those would hide it. Minus is U+2212. */
export function show(value, digits = 3) {
  if (Number.isNaN(value)) return "not a number";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  const plain = size === 0 || (size >= 10 ** -digits && size < 1e5);
  return (plain ? value.toFixed(digits) : power_of_ten(value, 1)).replace("-", "−");
}

const SUPERSCRIPTS = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

/** An integer in superscript digits. @param {number} n */
export const superscript = (n) => [...String(n)].map((digit) => SUPERSCRIPTS[digit]).join("");

/** 3.2 × 10⁻⁷ */
export function power_of_ten(value, digits = 1) {
  const [mantissa, exponent] = value.toExponential(digits).split("e");
  return `${mantissa} × 10${superscript(Number(exponent))}`;
}

/** @typedef {(text: string, options?: {quiet?: boolean}) => void} Say */

/**
 * The root of a widget: title, question, body, a note that is read aloud. Esc inside resets all controls.
 * @param {Model} model @param {HTMLElement} el @param {{title: string, question: string}} texts
 * @returns {{root: HTMLElement, body: HTMLElement, note: HTMLElement, say: Say}}
 *   `say` shows a note and has screen readers read it, with `quiet` only the latter; the note stands last unless the
 *   widget puts it elsewhere, and goes once the reader moves on
 */
export function frame(model, el, { title, question }) {
  add_styles(el);
  const note = h("p", { class: "rnn-say", role: "status" });
  const heard = h("p", { class: "rnn-quiet", role: "status" });
  const body = h("div", { class: "rnn-body" });
  const heading = h("div", { class: "rnn-heading" }, h("p", { class: "rnn-title" }, title), button("Reset", back));
  const root = h("div", { class: "rnn-live", role: "group", "aria-label": title });
  root.append(heading, h("p", { class: "rnn-question" }, question), body, note, heard);
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) back();
  });
  root.addEventListener("input", () => say(""));
  // In JupyterLab and Notebook an arrow key moves to another cell, and d d deletes one, unless the focused element says no.
  root.addEventListener("focusin", (event) => event.target.setAttribute("data-lm-suppress-shortcuts", "true"));
  el.classList.add("rnn-widget");
  el.append(root);
  function say(text, { quiet = false } = {}) {
    (quiet ? heard : note).textContent = text;
  }
  function back() {
    reset(model);
    say("Back to the values that the page started with.");
  }
  return { root, body, note, say };
}

/**
 * Screen readers hear the newest text once changes pause. @param {Say} say @returns {(text: string) => void}
 */
export function say_later(say, wait = 600) {
  let timer = 0;
  let spoken = null;
  return (text) => {
    clearTimeout(timer);
    if (spoken === null) spoken = text; // the first state is on the page already
    if (text !== spoken) timer = setTimeout(() => say((spoken = text), { quiet: true }), wait);
  };
}

/** All controlled traits back to their defaults. @param {Model} model */
export function reset(model) {
  for (const [name, control] of Object.entries(model.get("controls"))) model.set(name, control.default);
  model.save_changes();
}

/** Set some traits at once and save. @param {Model} model @param {Record<string, any>} values */
export function assign(model, values) {
  for (const [name, value] of Object.entries(values)) model.set(name, value);
  model.save_changes();
}

/**
 * Call `draw` now and once after any of the traits changed, however many change together. @returns {() => void} stop
 */
export function redraw(model, names, draw) {
  let waiting = false;
  const later = () => {
    if (waiting) return;
    waiting = true;
    queueMicrotask(() => {
      waiting = false;
      draw();
    });
  };
  for (const name of names) model.on(`change:${name}`, later);
  draw();
  return () => names.forEach((name) => model.off(`change:${name}`, later));
}

/**
 * Labelled range bound to a trait; its value stands beside it. Limits come from Python's `controls`.
 * @param {Model} model
 * @param {{label: string, name: string, format?: (value: number) => string, on?: string[],
 *   min?: number, max?: number | (() => number)}} options `max` and `format` may depend on the traits named in `on`
 */
export function range(model, { label, name, format = (v) => show(v, 2), on = [], ...limits }) {
  const { min, max, step } = { ...model.get("controls")[name], ...limits };
  const id = unique(name);
  const output = h("output", { class: "rnn-value", for: id });
  const input = h("input", { type: "range", id, min, max: typeof max === "function" ? max() : max, step });
  input.addEventListener("input", () => assign(model, { [name]: Number(input.value) }));
  const node = h("div", { class: "rnn-field", "data-trait": name }, h("label", { for: id }, label), output, input);
  redraw(model, [name, ...on], () => {
    const value = model.get(name);
    if (typeof max === "function") input.max = max();
    if (Number(input.value) !== value) input.value = value;
    output.textContent = format(value);
    input.setAttribute("aria-valuetext", format(value));
  });
  return Object.assign(node, { input });
}

/** Labelled select bound to a choice trait. @param {{label: string, name: string, texts?: Record<string, string>}} about */
export function select(model, { label, name, texts = {} }) {
  const id = unique(name);
  const { options } = model.get("controls")[name];
  const input = h("select", { id }, options.map((option) => h("option", { value: option }, texts[option] ?? option)));
  // The option itself, not its text: a kernel takes 1 for a whole number and refuses "1".
  input.addEventListener("change", () => assign(model, { [name]: options[input.selectedIndex] }));
  redraw(model, [name], () => (input.value = String(model.get(name))));
  const node = h("div", { class: "rnn-field", "data-trait": name }, h("label", { for: id }, label), input);
  return Object.assign(node, { input });
}

/** A group of radio buttons drawn as one switch, bound to a choice or a flag. */
export function choice(model, { label, name, texts = {} }) {
  const { options = [true, false] } = model.get("controls")[name]; // a flag has two options and no list of them
  const group = unique(name);
  const inputs = options.map((option) => {
    const input = h("input", { type: "radio", name: group, id: `${group}-${option}`, value: String(option) });
    input.addEventListener("change", () => assign(model, { [name]: option }));
    return input;
  });
  const labels = inputs.map((input) => h("label", { for: input.id }, texts[input.value] ?? input.value));
  redraw(model, [name], () => inputs.forEach((input) => (input.checked = input.value === String(model.get(name)))));
  const pairs = inputs.flatMap((input, j) => [input, labels[j]]);
  const legend = h("legend", {}, label);
  return h("fieldset", { class: "rnn-field rnn-switch", "data-trait": name }, legend, h("div", {}, pairs));
}

/** A check box bound to a boolean trait. */
export function toggle(model, { label, name }) {
  const id = unique(name);
  const input = h("input", { type: "checkbox", id });
  input.addEventListener("change", () => assign(model, { [name]: input.checked }));
  redraw(model, [name], () => (input.checked = Boolean(model.get(name))));
  const node = h("div", { class: "rnn-toggle", "data-trait": name }, input, h("label", { for: id }, label));
  return Object.assign(node, { input });
}

/** Labelled field for the reader's own text, bound to a text trait. @param {{label: string, name: string, rows?: number}} about */
export function text_field(model, { label, name, rows = 2 }) {
  const id = unique(name);
  const { longest } = model.get("controls")[name];
  const input = h("textarea", { id, rows, maxlength: longest, spellcheck: "false", autocomplete: "off" });
  input.addEventListener("input", () => assign(model, { [name]: input.value }));
  redraw(model, [name], () => {
    if (input.value !== model.get(name)) input.value = model.get(name);
  });
  const node = h("div", { class: "rnn-field", "data-trait": name }, h("label", { for: id }, label), input);
  return Object.assign(node, { input });
}

/** A button. @param {string} label @param {() => void} act */
export const button = (label, act) => h("button", { type: "button", class: "rnn-button", onclick: act }, label);

/**
 * Buttons that set several traits at once. @param {{label: string, values: Record<string, any>, says: string}[]} list
 * @param {(text: string) => void} say
 */
export function presets(model, label, list, say) {
  const buttons = list.map(({ label: text, values, says }) =>
    button(text, () => {
      assign(model, values);
      say(says);
    }),
  );
  return h("div", { class: "rnn-presets", role: "group", "aria-label": label }, buttons);
}

/**
 * Predict first: a question with options, each with its own feedback.
 * @param {string} question @param {{text: string, feedback: string, right?: boolean}[]} options
 */
export function predict(question, options) {
  const feedback = h("p", { class: "rnn-feedback", role: "status" });
  const buttons = options.map((option) =>
    h("button", { type: "button", class: "rnn-button", "aria-pressed": "false", onclick: choose(option) }, option.text),
  );
  function choose(option) {
    return (event) => {
      buttons.forEach((b) => b.setAttribute("aria-pressed", String(b === event.currentTarget)));
      feedback.textContent = `${option.right ? "✓ Yes. " : "✗ Not quite. "}${option.feedback}`;
    };
  }
  const heading = h("p", { class: "rnn-predict-question" }, h("strong", {}, "Predict first. "), question);
  const group = h("div", { class: "rnn-options", role: "group", "aria-label": question }, buttons);
  return h("div", { class: "rnn-predict" }, heading, group, feedback);
}

/**
 * A formula, the same formula with numbers put in, and its value: one function writes and computes all three.
 * `expression(a, ...operands)` builds it from the operations of `a` (see Algebra); it runs once on names, once on
 * printed numbers and once on the numbers themselves.
 * @param {(a: Algebra, ...operands: any[]) => any} expression @param {string[]} names `b_f` prints with a subscript
 * @param {{label?: string, result?: string, digits?: number, print?: (value: number, ...operands: number[]) => string}} options `label`: words
 *   before it; `result`: a name for the left-hand side; `print`: the value as text, else `digits` decimals;
 *   `number`: how operands are printed
 * @returns {{node: HTMLElement, update: (...operands: number[]) => number}}
 */
export function formula(expression, names, { label = "", result = "", digits = 4, print, number = show } = {}) {
  const written = write(expression, names);
  const symbols = h("span", { class: "rnn-symbols" }, typeset(result ? `${result} = ${written}` : written));
  const numbers = h("span", { class: "rnn-numbers" });
  const words = label ? h("span", { class: "rnn-words" }, label, " ") : null;
  const node = h("p", { class: "rnn-formula" }, words, symbols, " ", numbers);
  const update = (...operands) => {
    const value = evaluate(expression, operands);
    numbers.replaceChildren(...typeset(`= ${write(expression, operands, digits, number)} =\u00a0${print ? print(value, ...operands) : show(value, digits)}`));
    node.dataset.operands = JSON.stringify(operands);
    node.dataset.value = String(value);
    return value;
  };
  return { node, update };
}

/** The formula's value. @param {Function} expression @param {number[]} operands @returns {number} */
export const evaluate = (expression, operands) => expression(NUMBERS, ...operands);

/** The formula as text, in names or in numbers. @param {Function} expression @param {(string | number)[]} operands */
export function write(expression, operands, digits = 4, number = show) {
  const atom = (v) => (typeof v === "string" ? { text: v, level: 9 } : TEXT.number(v, digits, number));
  return expression(TEXT, ...operands.map(atom)).text;
}

/**
 * `x_t` with a subscript, `^39` with an exponent, single letters in italics. The signs stay in the text, for screen
 * readers and copies. @param {string} text @returns {Node[]}
 */
function typeset(text) {
  return text.split(/([_^](?:[A-Za-z0-9.′α]+|\([^()]*\))|\b[A-Za-z](?![A-Za-z]))/).map((part) => {
    if (/^[A-Za-z]$/.test(part)) return h("i", {}, part);
    if (!/^[_^]./.test(part)) return document.createTextNode(part);
    const sign = h("span", { class: "rnn-quiet" }, part[0]);
    if (part[0] === "_") return h("sub", {}, sign, part.slice(1));
    return h("sup", {}, sign, typeset(part.slice(1)));
  });
}

/**
 * The operations of a formula, on numbers and on text.
 * @typedef {{number: Function, add: Function, sub: Function, mul: Function, div: Function, pow: Function,
 *   sigmoid: Function, tanh: Function, ln: Function, exp: Function, least: Function, log_sigmoid: Function, sigmoid_power: Function}} Algebra
 *   `log_sigmoid` and `sigmoid_power` are ln(σ(x)) and σ(x)^y, exact also where σ(x) is near 1
 */

/** @type {Algebra} */
const NUMBERS = {
  number: (v) => v,
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  pow: (x, y) => x ** y,
  sigmoid,
  tanh: Math.tanh,
  ln: Math.log,
  exp: Math.exp,
  least: (x, y) => Math.min(x, y),
  log_sigmoid,
  sigmoid_power: kept_after,
};

/** Brackets where the operand binds less tightly than `level`. */
const inside = (operand, level) => (operand.level < level ? `(${operand.text})` : operand.text);
const infix = (sign, level, right) => (x, y) => ({
  text: `${inside(x, level)} ${sign} ${inside(y, level + right)}`,
  level,
});
const call = (name) => (x) => ({ text: `${name}(${x.text})`, level: 9 });

const sigmoid_of = call("σ");
const ln_of = call("ln");
const power = (x, y) => ({ text: `${inside(x, 4)}^${inside(y, 4)}`, level: 3 });

/** Levels: 1 sum, 2 product, 3 power, 9 atom. A negative number stands in brackets. @type {Algebra} */
const TEXT = {
  number: (v, digits, number = show) => ({ text: number(v, Number.isInteger(v) ? 0 : digits), level: v < 0 ? 0 : 9 }),
  add: infix("+", 1, 0),
  sub: infix("−", 1, 1),
  mul: infix("·", 2, 0),
  div: infix("/", 2, 1),
  pow: power,
  sigmoid: sigmoid_of,
  tanh: call("tanh"),
  ln: ln_of,
  exp: call("exp"),
  least: (x, y) => ({ text: `min(${x.text}, ${y.text})`, level: 9 }),
  log_sigmoid: (x) => ln_of(sigmoid_of(x)),
  sigmoid_power: (x, y) => power(sigmoid_of(x), y),
};

/**
 * A table that can be filled anew. A cell is text, or a number with its text, its name and all its digits, for scripts
 * to read as `data-name` and `data-value`.
 * @typedef {string | number | {text: string, name: string, value: number}} Content
 * @param {string} caption @param {string[]} header
 * @returns {{node: HTMLElement, fill: (rows: Content[][]) => void}}
 */
export function table(caption, header) {
  const body = h("tbody");
  const head = h("thead", {}, h("tr", {}, header.map((text) => (text ? h("th", { scope: "col" }, text) : h("td")))));
  const inner = h("table", {}, h("caption", {}, caption), head, body);
  const node = h("div", { class: "rnn-table", tabindex: "0", role: "region", "aria-label": caption }, inner);
  const make_row = () => h("tr", {}, header.map((_, j) => h(j ? "td" : "th", j ? {} : { scope: "row" })));
  const fill = (rows) => {
    while (body.rows.length > rows.length) body.lastChild.remove();
    while (body.rows.length < rows.length) body.append(make_row());
    rows.forEach((row, k) => row.forEach((content, j) => fill_cell(body.rows[k].cells[j], content)));
  };
  return { node, fill };
}

/** @param {HTMLElement} cell @param {Content} content */
function fill_cell(cell, content) {
  const { text, name, value } = typeof content === "object" ? content : { text: String(content) };
  if (cell.textContent !== text) cell.textContent = text;
  if (name === undefined) {
    delete cell.dataset.name;
    delete cell.dataset.value;
    return;
  }
  cell.dataset.name = name;
  cell.dataset.value = String(value);
}

/** Light up the controls of some traits for a moment. @param {HTMLElement} root @param {string[]} names */
export function flash(root, names) {
  for (const name of names) {
    for (const node of root.querySelectorAll(`[data-trait="${name}"]`)) {
      node.classList.remove("rnn-flash");
      void node.offsetWidth; // restart the animation
      node.classList.add("rnn-flash");
      setTimeout(() => node.classList.remove("rnn-flash"), 1600);
    }
  }
}

/**
 * Call `draw(width)` whenever the node's width changes, and by hand through the function returned.
 * @param {HTMLElement} node @param {(width: number) => void} draw @returns {{draw: () => void, stop: () => void}}
 */
export function fit(node, draw, fallback = 640) {
  let width = fallback;
  const observer = new ResizeObserver(([entry]) => {
    const now = Math.round(entry.contentRect.width);
    if (now > 0 && now !== width) draw((width = now));
  });
  observer.observe(node);
  return { draw: () => draw(width), stop: () => observer.disconnect() };
}

/** Closed part that opens on request. @param {string} summary @param {...Node} children */
export const disclosure = (summary, ...children) =>
  h("details", { class: "rnn-details" }, h("summary", {}, summary), children);

/** Styles go once into the document, or into the shadow root that holds the widget. @param {HTMLElement} el */
export function add_styles(el) {
  const place = el.getRootNode() instanceof ShadowRoot ? el.getRootNode() : document.head;
  if (!place.querySelector("style[data-rnn-widgets]")) place.append(h("style", { "data-rnn-widgets": true }, STYLES));
}
