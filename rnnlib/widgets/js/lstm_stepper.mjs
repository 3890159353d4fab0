/** LSTM stepper: one cell, step by step, with gates that can be locked at any step or at all. */
import { lstm_parts, lstm_sequence, shifted_lstm } from "./core.mjs";
import {
  STEPPER_STYLES,
  arithmetic,
  bias_range,
  gate_line,
  input_row,
  line as formula_line,
  lists_of,
  lock,
  locked_line,
  old_states,
  over_time,
  scope_switch,
  show_plain,
  time_range,
  timed_table,
  tint,
  unit_switch,
  units,
  value_row,
} from "./stepper.mjs";
import { circle, diamond, label, line, linear, path_through, spread, svg, ticks } from "./svg.mjs";
import { assign, button, disclosure, fit, frame, h, predict, presets, redraw, say_later, table } from "./ui.mjs";

/**
 * @typedef {import("./ui.mjs").Model} Model
 * @typedef {{cell: import("./core.mjs").Cell, steps: import("./core.mjs").LSTMStep[], h: number[][], c: number[][]}} Run
 */

const LOCKABLE = ["i", "f", "o"];
const BIASES = ["bias_i", "bias_f", "bias_g", "bias_o"];
const LOCKS = ["lock_i", "lock_f", "lock_o"];
const SETTINGS = ["inputs", ...BIASES, ...LOCKS];
const QUANTITIES = ["i", "f", "g", "o", "c", "h"];
const DOES = { i: "writes", f: "keeps", o: "shows" };
const FULL = { i: "input gate", f: "forget gate", o: "output gate" };
const HUES = { i: "b", f: "accent", o: "a" }; // f keeps c and o shows h: each pair has one hue

export default { render };

/** @param {{model: Model, el: HTMLElement}} host @returns {() => void} */
function render({ model, el }) {
  const { body, note, say } = frame(model, el, {
    title: "LSTM stepper",
    question: "A value sits in c for steps on end while h is near 0. Which gate keeps it there, and which one hides it?",
  });
  const parts = [cases(model, say), time_table(model), controls(model), picture(), worked_out(), numbers()];
  const [named, timed, settings, drawn, worked, all] = parts;
  body.append(
    h("style", {}, STEPPER_STYLES + STYLES),
    ask(),
    h("div", { class: "lstm-cases" }, named.node, note),
    h("div", { class: "rnn-columns" }, timed.node, settings.node),
    h("div", { class: "lstm-worked" }, drawn.node, worked.node),
    all.node,
  );
  const tell = say_later(say);
  const stop = redraw(model, [...SETTINGS, "t", "unit", "scope"], () => {
    const view = compute(model);
    for (const part of parts) part.draw(view);
    tell(summary(view));
    if (model.get("gates") !== undefined) assign(model, { gates: gates_of(view.run) }); // a kernel listens
  });
  return () => {
    stop();
    timed.stop();
    drawn.stop();
  };
}

// ---- numbers -------------------------------------------------------------------------------------------------

/** Everything that is shown, computed by core.mjs from the traits. @param {Model} model */
export function compute(model) {
  const get = (name) => model.get(name);
  const biases = Object.fromEntries(BIASES.map((name) => [name, get(name)]));
  const cell = shifted_lstm({ kind: "lstm", ...get("payload") }, biases);
  const lock_of = Object.fromEntries(LOCKABLE.map((gate) => [gate, get(`lock_${gate}`)]));
  const run = { cell, ...lstm_sequence(cell, get("inputs").map((v) => [v]), lock_of) };
  const t = get("t");
  return {
    x: get("inputs"),
    t,
    unit: get("unit"),
    H: cell.weight_hh[0].length,
    lock: lock_of,
    run,
    parts: lstm_parts(run.steps[t - 1], run.c[t - 1]),
  };
}

/** Gates, input node and both states as lists (T, H), for Python. @param {Run} run */
export const gates_of = (run) => lists_of(run, QUANTITIES);

/** @param {ReturnType<typeof compute>} view */
function summary({ t, x, unit, run }) {
  const value = (name) => `${name} ${show_plain(run.steps[t - 1][name][unit - 1])}`;
  return `Step ${t} of ${x.length}, unit ${unit}: ${QUANTITIES.map(value).join(", ")}.`;
}

// ---- predict first -------------------------------------------------------------------------------------------

const ask = () =>
  predict("You lock the forget gate at f = 1 and the input gate at i = 0. What becomes of the value in c?", [
    {
      text: "It is forgotten at once",
      feedback:
        "f is the share that is kept: new c = f · c + i · g. With f = 1 and i = 0 that is 1 · c + 0 · g, " +
        "all of c. A forget gate at 1 forgets nothing; at 0 it forgets everything.",
    },
    {
      text: "It leaks away slowly",
      feedback: "That is f a little below 1, say 0.9: press “leak”. With f = 1 nothing leaks, not even the last bit.",
    },
    {
      text: "It stays exactly as it is",
      right: true,
      feedback:
        "new c = 1 · c + 0 · g = c, whatever x and h are. Press “latch” to see it held while other inputs " +
        "come, and h flicker.",
    },
    {
      text: "It depends on o",
      feedback: "o does not occur in new c = f · c + i · g. It decides what h shows of c: press “hidden”.",
    },
  ]);

// ---- named cases ---------------------------------------------------------------------------------------------

const NOISE = [0.5, 1, -1, 2, -0.5, 0.8, -2, 1.5];
const PULSES = [1, 0, 1, 1, 0, 1, 0, 1];
const WRITES = 2; // the step at which latch and leak write

/** What each case sets, and says of it. @param {Model} model */
function named_cases(model) {
  const controls = model.get("controls");
  const T = model.get("inputs").length;
  const fill = (value) => Array(T).fill(value);
  const repeat = (pattern) => Array.from({ length: T }, (_, k) => pattern[k % pattern.length]);
  const write = Math.min(WRITES, T);
  const once = (value, otherwise) => fill(otherwise).with(write - 1, value);
  const usual = Object.fromEntries([...BIASES, "inputs"].map((name) => [name, controls[name].default]));
  const free = Object.fromEntries(LOCKS.map((name) => [name, fill(null)]));
  const held = { ...usual, ...free, inputs: repeat(NOISE), lock_i: once(1, 0) };
  return [
    {
      label: "PyTorch",
      values: { ...usual, ...free },
      says: "Nothing is locked: every number is torch.nn.LSTMCell’s.",
    },
    {
      label: "latch",
      values: { ...held, lock_f: once(0, 1) },
      at: T,
      says:
        `Step ${write} writes: i = 1 and f = 0. From then on f = 1 and i = 0, and c stays the same to the last ` +
        "bit, whatever x is. f = 1 forgets nothing.",
    },
    {
      label: "leak",
      values: { ...held, lock_f: once(0, 0.9) },
      at: T,
      says: `As latch, with f = 0.9 after step ${write}: each step keeps nine tenths of c. Half is left after 6.6 steps.`,
    },
    {
      label: "counter",
      values: { ...usual, inputs: repeat(PULSES), lock_i: fill(1), lock_f: fill(1), lock_o: fill(1) },
      at: T,
      says: "f = 1 and i = 1 at every step: c adds up the input node g and runs past 1. h = tanh(c) levels off at 1.",
    },
    {
      label: "hidden",
      values: { ...usual, ...free, lock_o: fill(0.02) },
      at: Math.min(6, T),
      says:
        "o = 0.02 at every step: c is there, h is not. The gates, the other units and the next layer read h, " +
        "so to them the value does not exist until o opens.",
    },
  ].map(({ at = controls.t.default, values, ...about }) => ({ ...about, values: { ...values, unit: 1, t: at } }));
}

/** Buttons of the named cases; that which the settings are is pressed, wherever time stands. @param {Model} model */
function cases(model, say) {
  const list = named_cases(model);
  const node = presets(model, "Named cases", list, say);
  const same = (values) =>
    SETTINGS.every((name) => !(name in values) || JSON.stringify(model.get(name)) === JSON.stringify(values[name]));
  const draw = () =>
    [...node.children].forEach((preset, k) => preset.setAttribute("aria-pressed", String(same(list[k].values))));
  return { node, draw };
}

// ---- over time: inputs, states as curves and numbers, heat map of the gates ----------------------------------

/** @param {Model} model */
function time_table(model) {
  const T = model.get("inputs").length;
  const H = model.get("payload").weight_hh[0].length;
  const inputs = input_row(model, T);
  const above = timed_table(model, T, [inputs]);
  const curves = chart(model, T);
  const states = [
    { name: "c", ...value_row("c", "cell", T) },
    { name: "h", ...value_row("h", "hidden", T) },
  ];
  const gates = units(H).flatMap((unit) =>
    LOCKABLE.map((name) => ({ name, unit, ...value_row(`${name}_${unit}`, DOES[name], T, "lock") })),
  );
  for (const { name, node } of gates) node.classList.toggle("lstm-first", name === "i");
  const below = timed_table(model, T, [...states, ...gates]);
  below.node.classList.add("lstm-map");

  function draw(view) {
    const { t, x, unit, run, lock: locks } = view;
    above.draw(t, "Input at each step");
    inputs.draw(x);
    curves.draw(view);
    below.draw(t, `States of unit ${unit} and gates of every unit at each step`);
    const show_in = (row, name, j, options) =>
      row.draw(run.steps.map((step) => step[name][j - 1]), (k) => `${name}[${k + 1}][${j}]`, options);
    for (const row of states) show_in(row, row.name, unit);
    for (const row of gates) {
      show_in(row, row.name, row.unit, { locks: locks[row.name], background: (value) => level(HUES[row.name], value) });
      row.node.classList.toggle("lstm-shown", row.unit === unit);
    }
  }
  const legend = h("p", { class: "rnn-soft" }, [
    "Gates of every unit, 0 shut, 1 open; the bar under a number is as long as the gate is open. ",
    "i writes g into c, f keeps the old c, o shows c as h.",
  ]);
  const node = h("div", { class: "lstm-time" }, over_time(T, time_range(model, T), above.node, curves.node, below.node), legend);
  return { node, draw, stop: curves.stop };
}

/** A gate's cell: tint and bar both stand for its value. @param {string} hue @param {number} value from 0 to 1 */
const level = (hue, value) =>
  `linear-gradient(var(--rnn-${hue}), var(--rnn-${hue})) 0 100% / ${(100 * value).toFixed(1)}% 4px no-repeat, ${tint(hue, value)}`;

const CHART = { height: 168, top: 14, bottom: 150 };

/** c and h of the unit shown, each point over its step's column. @param {Model} model @param {number} T */
function chart(model, T) {
  const node = h("div", { class: "lstm-chart" });
  let view = null;
  const fitted = fit(node, (width) => view && node.replaceChildren(draw_chart(view, width)), 320);
  node.addEventListener("click", (event) => {
    const { left } = node.getBoundingClientRect();
    const share = (event.clientX - left - parseFloat(getComputedStyle(node).paddingLeft)) / node.firstChild.clientWidth;
    if (share > 0) assign(model, { t: Math.min(T, 1 + Math.floor(share * T)) });
  });
  function draw(next) {
    view = next;
    fitted.draw();
  }
  return { node, draw, stop: fitted.stop };
}

/** @param {ReturnType<typeof compute>} view @param {number} width in CSS pixels, of all columns together */
function draw_chart({ t, x, unit, run }, width) {
  const of = (name) => run.steps.map((step) => step[name][unit - 1]);
  const [c, hidden] = [of("c"), of("h")];
  const lowest = Math.min(...c, ...hidden);
  const low = lowest < -0.05 ? Math.min(-1, lowest) : -0.05; // the lower half only where something is there
  const high = Math.max(1, ...c);
  const column = width / x.length;
  const at = (k) => column * (k + 0.5);
  const y = linear(low, high, CHART.bottom, CHART.top);
  const list = (values) => values.map((value) => show_plain(value)).join(", ");
  const described = `Unit ${unit} over ${x.length} steps. Cell state c: ${list(c)}. Hidden state h: ${list(hidden)}.`;
  const size = { width, height: CHART.height, viewBox: `0 0 ${width} ${CHART.height}` };
  return svg(
    "svg",
    { ...size, role: "img", "aria-label": described },
    ...now_band(column, t),
    ...grid_lines(low, high, y, width),
    ...curve(hidden, at, y, "var(--rnn-a)", diamond, { "stroke-dasharray": "6 4" }),
    ...curve(c, at, y, "var(--rnn-accent)", circle),
    ...end_labels(at(x.length - 1) + 9, y(c.at(-1)), y(hidden.at(-1))),
  );
}

/** The column of the step shown, as it goes on above and below. */
function now_band(column, t) {
  const [left, right] = [column * (t - 1) + 1, column * t - 1];
  const fill = "color-mix(in srgb, var(--rnn-accent) 8%, transparent)";
  const side = (x) => line(x, 0, x, CHART.height, "var(--rnn-accent)", { "stroke-width": 2 });
  return [svg("rect", { x: left, y: 0, width: right - left, height: CHART.height, fill }), side(left), side(right)];
}

function grid_lines(low, high, y, width) {
  return ticks(low, high, 4).flatMap((tick) => [
    line(0, y(tick), width, y(tick), tick === 0 ? "var(--rnn-edge)" : "var(--rnn-line)"),
    label(-6, y(tick) + 4, show_plain(tick, Number.isInteger(tick) ? 0 : 1), { "text-anchor": "end", class: "rnn-soft" }),
  ]);
}

function curve(values, at, y, colour, mark, attributes = {}) {
  const points = values.map((value, k) => [at(k), y(value)]);
  const stroke = { fill: "none", stroke: colour, "stroke-width": 2.5, ...attributes };
  return [svg("path", { d: path_through(points), ...stroke }), ...points.map(([px, py]) => mark(px, py, colour))];
}

function end_labels(x, ...ys) {
  const placed = spread(ys, 14, CHART.top, CHART.bottom);
  const colours = ["var(--rnn-accent)", "var(--rnn-a)"];
  return ["c", "h"].map((name, k) =>
    label(x, placed[k] + 4, name, { "font-weight": 700, class: "rnn-halo", style: `fill: ${colours[k]}` }),
  );
}

// ---- biases and locks ----------------------------------------------------------------------------------------

/** @param {Model} model */
function controls(model) {
  const locks = LOCKABLE.map((gate) => lock(model, gate, FULL[gate]));
  const all_free = () => Object.fromEntries(LOCKS.map((name) => [name, model.get(name).map(() => null)]));
  const node = h(
    "div",
    { class: "rnn-stack" },
    unit_switch(model),
    h("div", { class: "rnn-stack step-tight" }, [
      scope_switch(model),
      ...locks.map((part) => part.node),
      h("div", {}, button("free all gates", () => assign(model, all_free()))),
    ]),
    h("div", { class: "rnn-stack step-tight" }, [
      bias_range(model, "i", "input bias", 0),
      bias_range(model, "f", "forget bias", 1),
      bias_range(model, "g", "input node’s bias", 2),
      bias_range(model, "o", "output bias", 3),
    ]),
  );
  return { node, draw: (view) => locks.forEach((part) => part.draw(view)) };
}

// ---- the cell as a picture -----------------------------------------------------------------------------------

/** How a value runs through the cell at the step shown. */
function picture() {
  const drawing = h("div", { class: "lstm-cell" });
  const title = h("p", { class: "rnn-subtitle" });
  const words = h("p", { class: "rnn-soft" }, "Behind a gate the line is as thick as the gate is open, dashed where it is shut.");
  let view = null;
  const fitted = fit(drawing, (width) => view && drawing.replaceChildren(draw_cell(view, Math.max(264, Math.min(480, width)))));
  function draw(next) {
    view = next;
    title.textContent = `The cell of unit ${view.unit} at step ${view.t}`;
    fitted.draw();
  }
  return { node: h("div", {}, title, drawing, words), draw, stop: fitted.stop };
}

const CELL = { rail: 58, squash: 106, write: 134, show: 164, bottom: 204, height: 226 };

/** @param {ReturnType<typeof compute>} view @param {number} width in CSS pixels */
function draw_cell({ t, unit, run, parts }, width) {
  const j = unit - 1;
  const { i, f, g, o, c, h: hidden } = Object.fromEntries(QUANTITIES.map((name) => [name, run.steps[t - 1][name][j]]));
  const old = run.c[t - 1][j];
  const x = { old: 30, keep: width * 0.3, add: width * 0.56, now: width - 40 };
  const { rail, squash, write, show: reveal, bottom, height } = CELL;
  const described =
    `Old c ${show_plain(old)} times f ${show_plain(f)}, plus i ${show_plain(i)} times g ${show_plain(g)}, ` +
    `gives new c ${show_plain(c)}; its tanh times o ${show_plain(o)} gives new h ${show_plain(hidden)}.`;
  return svg(
    "svg",
    { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": described },
    pipe(x.old, rail, x.keep, rail),
    pipe(x.keep, rail, x.add, rail, f, HUES.f),
    pipe(x.add, rail, x.now, rail),
    pipe(x.add, write, x.add, rail, i, HUES.i),
    pipe(x.now, rail, x.now, reveal),
    pipe(x.now, reveal, x.now, bottom - 12, o, HUES.o),
    ...node_of(x.keep, rail, "×"),
    ...node_of(x.add, rail, "+"),
    ...node_of(x.add, write, "×"),
    ...node_of(x.now, reveal, "×"),
    ...node_of(x.now, squash, "tanh", 21),
    circle(x.old, rail, "var(--rnn-accent)"),
    circle(x.now, rail, "var(--rnn-accent)"),
    diamond(x.now, bottom - 10, "var(--rnn-a)"),
    ...named_value(x.old, rail - 30, "old c", "old_c", old),
    ...named_value(x.now, rail - 30, "new c", "new_c", c),
    ...named_value(x.keep, rail - 36, "f keeps", "f", f),
    beside(x.add - 18, write + 4, "i", "i", i, "end"),
    beside(x.add + 18, write + 4, "g", "g", g, "start"),
    beside(x.now - 18, reveal + 4, "o", "o", o, "end"),
    beside((x.keep + x.add) / 2, rail + 20, "f · c", "kept", parts.kept[j], "middle"),
    beside(x.add + 7, (rail + write) / 2 + 6, "i · g", "written", parts.written[j], "start"),
    beside(x.now + 6, (squash + reveal) / 2 + 4, "", "squashed", parts.squashed[j], "start"),
    beside(x.now - 12, bottom - 5, "new h", "new_h", hidden, "end", 700),
  );
}

/** A line, behind a gate as thick as the gate is open. */
function pipe(x1, y1, x2, y2, gate = null, hue = "edge") {
  if (gate === null) return line(x1, y1, x2, y2, "var(--rnn-edge)", { "stroke-width": 2 });
  const shut = gate < 0.1 ? { "stroke-dasharray": "2 4" } : {};
  return line(x1, y1, x2, y2, `var(--rnn-${hue})`, { "stroke-width": 1.5 + 6 * gate, ...shut });
}

/** A round operation with its sign. */
function node_of(x, y, sign, half = 11) {
  const box = { x: x - half, y: y - 11, width: 2 * half, height: 22, rx: 11 };
  const face = { fill: "var(--rnn-paper)", stroke: "var(--rnn-ink)", "stroke-width": 1.5 };
  return [svg("rect", { ...box, ...face }), label(x, y + 4, sign, { "text-anchor": "middle", "font-weight": 600 })];
}

/** A name and under it its number. */
const named_value = (x, y, text, name, value) => [
  label(x, y, text, { "text-anchor": "middle", class: "rnn-soft" }),
  beside(x, y + 15, "", name, value, "middle", 700),
];

/** A name and its number on one line. */
function beside(x, y, text, name, value, anchor, weight = 500) {
  const attributes = { "text-anchor": anchor, "font-weight": weight, class: "rnn-halo" };
  const named = { "data-name": `cell.${name}`, "data-value": value };
  return label(x, y, `${text} ${show_plain(value)}`.trim(), { ...attributes, ...named });
}

// ---- arithmetic with the numbers put in ----------------------------------------------------------------------

function worked_out() {
  const is_locked = ({ t, lock: locks }, gate) => locks[gate][t - 1] != null;
  const gate = (view, name, block) =>
    is_locked(view, name) ? locked_line(name, view.unit) : gate_line(name, "sigmoid", block, view.unit, view.H);
  return arithmetic(
    (view) => LOCKABLE.map((name) => is_locked(view, name)),
    (view) => [
      gate(view, "i", 0),
      gate(view, "f", 1),
      gate_line("g", "tanh", 2, view.unit, view.H),
      gate(view, "o", 3),
      cell_line(view.unit),
      hidden_line(view.unit),
    ],
    ({ H, unit }) =>
      `x is the input; ${old_states(H)}, c_${unit} is this unit’s old cell state; each b is the sum of ` +
      "PyTorch’s two biases.",
  );
}

/** c' = f c + i g. */
function cell_line(unit) {
  const expression = (a, f, c, i, g) => a.add(a.mul(f, c), a.mul(i, g));
  const names = ["f", "c", "i", "g"].map((name) => `${name}_${unit}`);
  return formula_line("c", `new c_${unit}`, expression, names, ({ t, run: { steps, c } }) => {
    const { f, i, g } = steps[t - 1];
    return [f, c[t - 1], i, g].map((vector) => vector[unit - 1]);
  });
}

/** h' = o tanh(c'). */
function hidden_line(unit) {
  const expression = (a, o, c) => a.mul(o, a.tanh(c));
  return formula_line("h", `new h_${unit}`, expression, [`o_${unit}`, `new c_${unit}`], ({ t, run: { steps } }) =>
    [steps[t - 1].o, steps[t - 1].c].map((vector) => vector[unit - 1]),
  );
}

// ---- all numbers ---------------------------------------------------------------------------------------------

/** Closed table of every number of every unit. */
function numbers() {
  const grid = table("Every number, at every step and of every unit", ["step", "unit", "x", ...QUANTITIES]);
  grid.node.classList.add("rnn-tall");
  const content = (name, value) => ({ text: show_plain(value, 4), name, value });
  function draw({ x, H, run }) {
    const row = (step, k, unit) => [
      String(k + 1),
      String(unit),
      show_plain(x[k], 1),
      ...QUANTITIES.map((name) => content(`table.${name}[${k + 1}][${unit}]`, step[name][unit - 1])),
    ];
    grid.fill(run.steps.flatMap((step, k) => units(H).map((unit) => row(step, k, unit))));
  }
  return { node: disclosure("All numbers as a table", grid.node), draw };
}

const STYLES = `
.rnn-live .lstm-time { --step-label: 4.5rem; --step-column: 2.25rem; }
.rnn-live .lstm-time .step-scroll + p { margin-top: 0.5rem; }
.rnn-live .lstm-cases .rnn-say:not(:empty) { margin-top: 0.75rem; }
.rnn-live .lstm-time .step-grid:not(.lstm-map) td.step-now { box-shadow: var(--step-sides); }
.rnn-live .lstm-chart { padding-left: var(--step-label); cursor: pointer; }
.rnn-live .lstm-map { border-spacing: 0 1px; }
.rnn-live .lstm-map thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.rnn-live .lstm-map :is(th, td) { padding-block: 0.25rem 0.375rem; font-size: 0.8125rem; }
.rnn-live .lstm-map .lstm-first :is(th, td) { border-top: 6px solid var(--rnn-paper); }
.rnn-live .lstm-map tr:not(.lstm-shown):is(.lstm-first, .lstm-first ~ tr) th { font-weight: 400; }
.rnn-live .lstm-cell svg text { font-size: 13px; }
.rnn-live .lstm-worked { display: grid; gap: 1.5rem; grid-template-columns: minmax(0, 1fr); }
@container (min-width: 52rem) { .rnn-live .lstm-worked { grid-template-columns: minmax(0, 24rem) minmax(0, 1fr); } }
@container (max-width: 30rem) {
  .rnn-live .lstm-time { --step-column: 2.125rem; }
  .rnn-live .lstm-map :is(th, td) { font-size: 0.75rem; }
  .rnn-live .lstm-time .step-inputs input[type="number"] { width: calc(100% - 4px); font-size: 0.75rem; }
  .rnn-live .lstm-cell svg text { font-size: 12px; }
}
`;
