/** GRU stepper: one cell, step by step, under either reading of z and either place of the reset gate. */
import { candidate_rnn, cell_step, forward, gru_sequence, shifted_gru } from "./core.mjs";
import {
  STEPPER_STYLES,
  arithmetic,
  bias_range,
  each_unit,
  gate_line,
  input_row,
  line,
  lists_of,
  lock,
  locked_at,
  locked_line,
  old_states,
  over_time,
  put,
  scope_switch,
  show_plain,
  sum,
  time_range,
  timed_table,
  tint,
  unit_switch,
  units,
  value_row,
  weight,
} from "./stepper.mjs";
import { linear, svg } from "./svg.mjs";
import { assign, button, choice, fit, frame, h, predict, redraw, say_later, show } from "./ui.mjs";

/**
 * @typedef {import("./ui.mjs").Model} Model
 * @typedef {{name: string, label: string, z_convention: "keeps" | "takes", reset_after: boolean}} Convention
 * @typedef {{cell: import("./core.mjs").Cell, steps: import("./core.mjs").GRUStep[], h: ArrayLike<number>[]}} Run
 */

/** @type {Convention[]} */
const CONVENTIONS = [
  { name: "pytorch", label: "PyTorch", z_convention: "keeps", reset_after: true },
  { name: "cho2014", label: "Cho 2014 (last revised), d2l", z_convention: "keeps", reset_after: false },
  { name: "chung2014", label: "Chung 2014", z_convention: "takes", reset_after: false },
  { name: "takes_after", label: "fourth combination", z_convention: "takes", reset_after: true },
];
const SETTINGS = ["inputs", "bias_r", "bias_z", "z_convention", "reset_after", "negate_z", "lock_r", "lock_z"];
const QUANTITIES = ["r", "z", "n", "h"];
const QUANTITY_NAMES = { r: "reset gate", z: "update gate", n: "candidate", h: "new state" };

export default { render };

/** @param {{model: Model, el: HTMLElement}} host @returns {() => void} */
function render({ model, el }) {
  const { body, say } = frame(model, el, {
    title: "GRU stepper",
    question: "The same weights and the same inputs, yet two GRUs disagree. Which two choices part them?",
  });
  const parts = [time_table(model), bar(), controls(model, say), comparison(), worked_out()];
  const [timed, interpolation, settings, compared, worked] = parts;
  body.append(
    h("style", {}, STEPPER_STYLES + STYLES),
    ask(),
    h("div", { class: "rnn-columns" }, [
      h("div", { class: "rnn-stack step-bench" }, timed.node, interpolation.node, compared.node),
      settings.node,
    ]),
    worked.node,
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
    interpolation.stop();
  };
}

// ---- numbers -------------------------------------------------------------------------------------------------

/** Everything that is shown, computed by core.mjs from the traits. @param {Model} model */
export function compute(model) {
  const get = (name) => model.get(name);
  const cell = { kind: "gru", ...get("payload") };
  const x = get("inputs").map((v) => [v]); // (T, 1)
  const biases = { bias_r: get("bias_r"), bias_z: get("bias_z") };
  /** @returns {Run} */
  const run_as = ({ z_convention, reset_after }, negate_z = false) => {
    const convention = { z_keeps: z_convention === "keeps", reset_after };
    const changed = { ...shifted_gru(cell, { ...biases, negate_z }), ...convention };
    return { cell: changed, ...gru_sequence(changed, x, get("lock_r"), get("lock_z")) };
  };
  const chosen = { z_convention: get("z_convention"), reset_after: get("reset_after") };
  const run = run_as(chosen, get("negate_z"));
  const rnn = candidate_rnn(cell);
  const t = get("t");
  return {
    x: get("inputs"),
    t,
    unit: get("unit"),
    H: cell.weight_hh[0].length,
    lock: { r: get("lock_r"), z: get("lock_z") },
    chosen,
    negate_z: get("negate_z"),
    run,
    conventions: CONVENTIONS.map((convention) => ({ convention, run: run_as(convention) })),
    rnn: forward(rnn, x),
    rnn_step: cell_step(rnn, x[t - 1], run.h[t - 1]).h, // from the GRU's own old state
  };
}

/** Gates, candidate and state as lists (T, H), for Python. @param {Run} run */
export const gates_of = (run) => lists_of(run, QUANTITIES);

/** @param {ReturnType<typeof compute>} view */
function summary({ t, x, unit, run }) {
  const step = run.steps[t - 1];
  const value = (name) => show(step[name][unit - 1], 2);
  const state = `r ${value("r")}, z ${value("z")}, candidate ${value("n")}, new state ${value("h")}`;
  return `Step ${t} of ${x.length}, unit ${unit}: ${state}.`;
}

// ---- predict first -------------------------------------------------------------------------------------------

const ask = () =>
  predict("One of the two switches is only notation: with other weights you can get every state back. Which one?", [
    {
      text: "z keeps / z takes",
      right: true,
      feedback:
        "σ(−a) = 1 − σ(a), so negating the weights and biases of z undoes the swap. " +
        "Try it: choose “z takes”, then tick “negate z’s weights”. The last row of the table goes to 0.",
    },
    {
      text: "reset after / before the product",
      feedback:
        "After the product, r scales the finished sum of its own unit. Before it, each unit’s r scales that " +
        "unit’s old state, and then the sum mixes them. With two units or more, no other weights turn the one " +
        "into the other in general.",
    },
    {
      text: "both",
      feedback: "z is, the reset is not: after and before the product it makes two functions of the old state.",
    },
    {
      text: "neither",
      feedback: "One is. Ask what 1 − σ(a) is, written as a σ again.",
    },
  ]);

// ---- gates over time -----------------------------------------------------------------------------------------

/** Time's range above a table of input, gates, candidate, state, and distance from PyTorch's. @param {Model} model */
function time_table(model) {
  const T = model.get("inputs").length;
  const inputs = input_row(model, T);
  const rows = QUANTITIES.map((name) => ({ name, ...value_row(name, QUANTITY_NAMES[name], T) }));
  const difference = value_row("Δh", "to PyTorch", T);
  const table = timed_table(model, T, [inputs, ...rows, difference]);

  function draw({ x, t, unit, lock: locks, run, conventions }) {
    table.draw(t, `Unit ${unit} at each step`);
    inputs.draw(x);
    const at = (steps, name) => steps.map((step) => step[name][unit - 1]);
    for (const { name, draw: draw_row } of rows) {
      const background = (value) => tint(hue(name, value), value);
      draw_row(at(run.steps, name), (k) => `${name}[${k + 1}][${unit}]`, { locks: locks[name], background });
    }
    const reference = at(conventions[0].run.steps, "h");
    const differences = at(run.steps, "h").map((value, k) => value - reference[k]);
    difference.draw(differences, (k) => `difference[${k + 1}][${unit}]`);
  }
  return { node: over_time(T, time_range(model, T), table.node), draw };
}

/** A gate's own hue; of n and h that of their sign. */
const hue = (name, value) => ({ r: "c", z: "b" })[name] ?? (value < 0 ? "a" : "accent");

// ---- from the old state to the candidate ---------------------------------------------------------------------

/** The bar on which h lies between candidate and old state, and a sentence that says where. */
function bar() {
  const drawing = h("div");
  const title = h("p", { class: "rnn-subtitle" });
  const words = h("p", { class: "rnn-soft" });
  const [plain_value, plain_end] = [h("b"), h("span")];
  const plain_start = "From the same old state, a plain RNN with the candidate’s weights goes to ";
  const plain = h("p", { class: "rnn-soft" }, plain_start, plain_value, plain_end);
  const node = h("div", {}, title, drawing, words, plain);
  let view = null;
  const fitted = fit(drawing, (width) => view && drawing.replaceChildren(draw_bar(view, Math.max(260, width))));
  function draw(next) {
    view = next;
    const { t, unit, run, chosen, rnn_step } = view;
    const keeps = chosen.z_convention === "keeps";
    const step = run.steps[t - 1];
    const z = show_plain(step.z[unit - 1], 2);
    title.textContent = `Step ${t}, unit ${unit}: the new state lies between old state and candidate`;
    words.textContent = keeps
      ? `z keeps: h stands ${z} of the way from the candidate to the old state.`
      : `z takes: h stands ${z} of the way from the old state to the candidate.`;
    put(plain_value, "rnn_step", rnn_step[unit - 1]);
    plain_end.textContent = same_as_rnn(step, rnn_step, unit - 1);
    fitted.draw();
  }
  return { node, draw, stop: fitted.stop };
}

/** What a gated step has in common with the plain one; 1e-12 is far above rounding and far below what is shown. */
function same_as_rnn(step, rnn_step, j) {
  const same = (value) => Math.abs(value - rnn_step[j]) < 1e-12;
  if (same(step.h[j])) return ": this cell’s new state.";
  return same(step.n[j]) ? ": this cell’s candidate." : ".";
}

const BAR = { y: 58, axis: 102, height: 128, margin: 14 };

/** @param {ReturnType<typeof compute>} view @param {number} width in CSS pixels */
function draw_bar({ t, unit, run, chosen }, width) {
  const of = (vector) => vector[unit - 1];
  const { n, z, h: next } = run.steps[t - 1];
  const numbers = { old: of(run.h[t - 1]), n: of(n), z: of(z), next: of(next) };
  const at = linear(-1, 1, BAR.margin, width - BAR.margin);
  const x = { old: at(numbers.old), n: at(numbers.n), next: at(numbers.next) };
  const size = { width, height: BAR.height, viewBox: `0 0 ${width} ${BAR.height}` };
  const [from, to, now] = [numbers.n, numbers.old, numbers.next].map((v) => show_plain(v, 2));
  const described = `Bar from the candidate ${from} to the old state ${to}; the new state stands at ${now}.`;
  return svg(
    "svg",
    { ...size, role: "img", "aria-label": described },
    ...axis(at),
    ...shares(x, numbers.z, chosen.z_convention === "keeps"),
    ...marks(x),
    ...labels(x, numbers, width),
  );
}

/** @param {(value: number) => number} at */
function axis(at) {
  const line = (x1, x2, y2) => svg("line", { x1, x2, y1: BAR.axis, y2, stroke: "var(--rnn-edge)" });
  const ticks = [-1, -0.5, 0, 0.5, 1].flatMap((tick) => {
    const text = { x: at(tick), y: BAR.axis + 19, "text-anchor": "middle", class: "rnn-soft" };
    const digits = Number.isInteger(tick) ? 0 : 1;
    return [line(at(tick), at(tick), BAR.axis + 5), svg("text", text, show(tick, digits))];
  });
  return [line(at(-1), at(1), BAR.axis), ...ticks];
}

/** The bar's two parts: z's runs from h to the candidate if z keeps, to the old state if z takes. */
function shares(x, z, keeps) {
  const part = (end, name, value, fill, stroke) => {
    const [left, length] = [Math.min(end, x.next), Math.abs(end - x.next)];
    const box = svg("rect", { x: left, y: BAR.y - 8, width: length, height: 16, fill, stroke });
    if (length < 66) return [box];
    const middle = { x: left + length / 2, y: BAR.y + 4, "text-anchor": "middle" };
    return [box, svg("text", middle, `${name} ${show_plain(value, 2)}`)];
  };
  const tinted = "color-mix(in srgb, var(--rnn-b) 32%, var(--rnn-paper))";
  return [
    ...part(keeps ? x.old : x.n, "1 − z", 1 - z, "var(--rnn-panel)", "var(--rnn-edge)"),
    ...part(keeps ? x.n : x.old, "z", z, tinted, "var(--rnn-b)"),
  ];
}

/** Ring: old state; diamond: candidate; dot: new state. */
function marks(x) {
  const { y } = BAR;
  const outline = { fill: "var(--rnn-paper)", stroke: "var(--rnn-ink)", "stroke-width": 2 };
  const filled = { fill: "var(--rnn-accent)", stroke: "var(--rnn-paper)", "stroke-width": 1.5 };
  const stem = (at, from, to) => svg("line", { x1: at, x2: at, y1: from, y2: to, stroke: "var(--rnn-edge)" });
  return [
    stem(x.old, 18, y),
    stem(x.n, crowded(x) ? 36 : 18, y),
    stem(x.next, y, BAR.axis),
    svg("circle", { cx: x.old, cy: y, r: 6.5, ...outline }),
    svg("path", { d: `M${x.n} ${y - 8}l8 8l-8 8l-8 -8z`, ...outline }),
    svg("circle", { cx: x.next, cy: y, r: 5.5, ...filled }),
  ];
}

/** Do the two upper labels need a line each? */
const crowded = (x) => Math.abs(x.old - x.n) < 190;

function labels(x, { old, n, next }, width) {
  const above = (at, y, text) => {
    const half = text.length * 3.2; // half the text's width, near enough to keep it inside
    return svg("text", { x: Math.min(Math.max(at, half), width - half), y, "text-anchor": "middle" }, text);
  };
  const beside = x.next + 72 > width ? { x: x.next - 7, "text-anchor": "end" } : { x: x.next + 7 };
  const strong = { y: 93, "font-weight": 700, style: "fill: var(--rnn-accent)" };
  return [
    above(x.old, 13, `old state ${show_plain(old, 2)}`),
    above(x.n, crowded(x) ? 31 : 13, `candidate ${show_plain(n, 2)}`),
    svg("text", { ...beside, ...strong }, `h = ${show_plain(next, 2)}`),
  ];
}

// ---- switches, biases, locks ---------------------------------------------------------------------------------

const PLACES = { true: "after the product", false: "before" };

/** @param {Model} model @param {(text: string) => void} say */
function controls(model, say) {
  const named = CONVENTIONS.slice(0, 3).map(({ label, z_convention, reset_after }) => ({
    label,
    values: { z_convention, reset_after, negate_z: false },
  }));
  const presets = named.map(({ label, values }) => button(label, () => assign(model, values)));
  const negate = flag_box(model, "negate_z", "negate z’s weights");
  const locks = [lock(model, "r"), lock(model, "z")];
  const node = h(
    "div",
    { class: "rnn-stack" },
    unit_switch(model),
    h("div", { class: "rnn-stack step-tight" }, [
      h("p", { class: "rnn-subtitle" }, "Convention"),
      h("div", { class: "rnn-presets", role: "group", "aria-label": "Conventions by name" }, presets),
      choice(model, { name: "z_convention", label: "update gate", texts: { keeps: "z keeps", takes: "z takes" } }),
      choice(model, { name: "reset_after", label: "reset gate", texts: PLACES }),
      negate.node,
    ]),
    h("div", { class: "rnn-stack step-tight" }, [
      bias_range(model, "r", "reset bias", 0),
      bias_range(model, "z", "update bias", 1),
    ]),
    h("div", { class: "rnn-stack step-tight" }, [
      scope_switch(model),
      ...locks.map((part) => part.node),
      limits(model, say),
    ]),
  );
  function draw(view) {
    const same = (values) => Object.entries(values).every(([name, value]) => model.get(name) === value);
    presets.forEach((preset, k) => preset.setAttribute("aria-pressed", String(same(named[k].values))));
    negate.draw();
    locks.forEach((part) => part.draw(view));
  }
  return { node, draw };
}

/** A check box bound to a flag. */
function flag_box(model, name, label) {
  const input = h("input", { type: "checkbox" });
  input.addEventListener("change", () => assign(model, { [name]: input.checked }));
  const node = h("div", { class: "rnn-toggle", "data-trait": name }, h("label", { class: "step-check" }, input, label));
  return { node, draw: () => (input.checked = model.get(name)) };
}

/** The limiting cases as buttons; what each makes of the cell is said at once. @param {Model} model */
function limits(model, say) {
  const keeps = () => model.get("z_convention") === "keeps";
  const copies = "The new state is the old one: nothing is taken.";
  const replaces = "The new state is the candidate: nothing of the old state is kept.";
  const plain = () => `R = 1 and Z = ${keeps() ? 0 : 1}: the step is a plain RNN’s.`;
  const cases = [
    ["R near 0", { r: () => 0 }, () => "The candidate ignores the old state: only the input and the biases make it."],
    ["R near 1", { r: () => 1 }, () => "The candidate is a plain RNN’s; z still mixes it with the old state."],
    ["Z near 0", { z: () => 0 }, () => (keeps() ? replaces : copies)],
    ["Z near 1", { z: () => 1 }, () => (keeps() ? copies : replaces)],
    ["plain RNN", { r: () => 1, z: () => (keeps() ? 0 : 1) }, plain],
    ["all free", { r: () => null, z: () => null }, () => "The gates follow their equations again."],
  ];
  const buttons = cases.map(([label, values, says]) =>
    button(label, () => {
      const locks = Object.entries(values).map(([gate, value]) => [`lock_${gate}`, locked_at(model, gate, value())]);
      assign(model, Object.fromEntries(locks));
      say(says());
    }),
  );
  return h("div", { class: "rnn-presets", role: "group", "aria-label": "Limiting cases" }, buttons);
}

// ---- the same weights under each convention ------------------------------------------------------------------

function comparison() {
  const caption = h("caption");
  const named = CONVENTIONS.map((convention) => {
    const { name, label, z_convention, reset_after } = convention;
    return compared_row(name, label, `z ${z_convention}, reset ${reset_after ? "after" : "before"}`);
  });
  const plain = compared_row("rnn", "plain RNN", "candidate’s weights, no gates");
  const header = ["convention", "n", "z", "h", "Δh"].map((text) => h("th", { scope: "col" }, text));
  const body = h("tbody", {}, named.map((row) => row.node), plain.node);
  const grid = h("table", { class: "gru-compare" }, caption, h("thead", {}, h("tr", {}, header)), body);
  const title = h("p", { class: "rnn-subtitle" }, "The same weights and inputs under each convention");

  function draw({ t, unit, chosen, negate_z, conventions, rnn }) {
    const same_else = "each run from step 1, same biases and locks";
    caption.textContent = `Unit ${unit} at step ${t}, ${same_else}. Δh: h less PyTorch’s h.`;
    const at = (run, name) => run.steps[t - 1][name][unit - 1];
    const reference = at(conventions[0].run, "h");
    conventions.forEach(({ convention, run }, k) => {
      const same = convention.z_convention === chosen.z_convention && convention.reset_after === chosen.reset_after;
      const state = at(run, "h");
      named[k].draw({ n: at(run, "n"), z: at(run, "z"), h: state, difference: state - reference }, same && !negate_z);
    });
    const state = at(rnn, "h");
    plain.draw({ h: state, difference: state - reference }, false);
  }
  return { node: h("div", {}, title, grid), draw };
}

/** A row of the comparison; a quantity that the cell has not is a dash. */
function compared_row(key, label, detail) {
  const cells = Object.fromEntries(["n", "z", "h", "difference"].map((name) => [name, h("td", {}, "–")]));
  const tag = h("span", { class: "gru-tag", hidden: true }, "shown above");
  const first = h("th", { scope: "row" }, label, tag, h("span", { class: "gru-detail" }, detail));
  const node = h("tr", {}, first, Object.values(cells));
  const draw = (values, shown) => {
    for (const [name, value] of Object.entries(values)) put(cells[name], `${key}.${name}`, value);
    node.classList.toggle("gru-shown", shown);
    tag.hidden = !shown;
  };
  return { node, draw };
}

// ---- arithmetic with the numbers put in ----------------------------------------------------------------------

function worked_out() {
  const is_locked = ({ t, lock: locks }, gate) => locks[gate][t - 1] != null;
  const gate = (view, name, block) =>
    is_locked(view, name)
      ? locked_line(name, view.unit)
      : gate_line(name, "sigmoid", block, view.unit, view.H);
  return arithmetic(
    (view) => [view.chosen, is_locked(view, "r"), is_locked(view, "z")],
    (view) => [
      gate(view, "r", 0),
      gate(view, "z", 1),
      view.chosen.reset_after ? candidate_after(view.unit, view.H) : candidate_before(view.unit, view.H),
      state_line(view.unit, view.chosen.z_convention === "keeps"),
    ],
    ({ H }) => `x is the input; ${old_states(H)}; b_r and b_z are PyTorch’s two biases b_i and b_h added together.`,
  );
}

/** Operands that both candidates share. @param {ReturnType<typeof compute>} view */
function candidate_input({ t, x, run: { cell } }, row) {
  return [cell.weight_ih[row][0], x[t - 1], cell.bias_ih[row], cell.bias_hh[row]];
}
const candidate_names = (unit, H) => [weight("in", H, unit), "x", "b_in", "b_hn"];

/** n = tanh(W x + b_in + r (W_h h + b_hn)). */
function candidate_after(unit, H) {
  const expression = (a, w, input, b_in, b_hn, r, ...rest) => {
    const recurrent = sum(a, [...rest.slice(0, H).map((u, k) => a.mul(u, rest[H + k])), b_hn]);
    return a.tanh(sum(a, [a.mul(w, input), b_in, a.mul(r, recurrent)]));
  };
  const recurrent = units(H).map((k) => weight("hn", H, unit, k));
  const names = [...candidate_names(unit, H), `r_${unit}`, ...recurrent, ...each_unit("h", H)];
  const row = 2 * H + unit - 1;
  return line("n", `n_${unit}`, expression, names, (view) => {
    const { cell, steps, h: states } = view.run;
    const r = steps[view.t - 1].r[unit - 1];
    return [...candidate_input(view, row), r, ...cell.weight_hh[row], ...states[view.t - 1]];
  });
}

/** n = tanh(W x + b_in + W_h (r h) + b_hn). */
function candidate_before(unit, H) {
  const expression = (a, w, input, b_in, b_hn, ...rest) => {
    const [u, r, old] = [0, 1, 2].map((part) => rest.slice(part * H, (part + 1) * H));
    return a.tanh(sum(a, [a.mul(w, input), b_in, ...u.map((v, k) => a.mul(v, a.mul(r[k], old[k]))), b_hn]));
  };
  const recurrent = units(H).map((k) => weight("hn", H, unit, k));
  const names = [...candidate_names(unit, H), ...recurrent, ...each_unit("r", H), ...each_unit("h", H)];
  const row = 2 * H + unit - 1;
  return line("n", `n_${unit}`, expression, names, (view) => {
    const { cell, steps, h: states } = view.run;
    return [...candidate_input(view, row), ...cell.weight_hh[row], ...steps[view.t - 1].r, ...states[view.t - 1]];
  });
}

/** The new state, with z on the old one or on the candidate. */
function state_line(unit, keeps) {
  const blend = (a, z, first, second) => a.add(a.mul(a.sub(a.number(1), z), first), a.mul(z, second));
  const expression = (a, z, n, old) => (keeps ? blend(a, z, n, old) : blend(a, z, old, n));
  const names = [`z_${unit}`, `n_${unit}`, `h_${unit}`];
  return line("h", `new h_${unit}`, expression, names, ({ t, run: { steps, h: states } }) =>
    [steps[t - 1].z, steps[t - 1].n, states[t - 1]].map((vector) => vector[unit - 1]),
  );
}

const STYLES = `
.rnn-live .gru-compare { table-layout: fixed; }
.rnn-live .gru-compare th + th { width: 3.5rem; }
.rnn-live .gru-compare :is(th, td) { padding: 0.3125rem 0.375rem; }
.rnn-live .gru-compare :is(th, td):first-child { padding-left: 0.5rem; }
.rnn-live .gru-compare th:first-child { white-space: normal; font-weight: 500; }
.rnn-live .gru-detail { display: block; font-weight: 400; color: var(--rnn-soft); }
.rnn-live .gru-shown { background: var(--rnn-tint); font-weight: 700; }
.rnn-live .gru-tag {
  margin-left: 0.5rem; white-space: nowrap; font-size: 0.75rem; font-weight: 600; color: var(--rnn-accent);
}
@container (max-width: 30rem) {
  .rnn-live .gru-compare th + th { width: 2.875rem; }
  .rnn-live .gru-compare :is(th, td) { padding-inline: 0.125rem; }
  .rnn-live .gru-compare td { font-size: 0.75rem; }
  .rnn-live .gru-tag:not([hidden]) { display: block; margin: 0; }
}
`;
