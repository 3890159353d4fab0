/** Layer by time grid: a stacked network, the order in which its cells can be computed, what a nudge changes. */
import {
  cells_of_wave, count_parameters, cut_stack, largest_difference, stacked_forward, wave_of,
} from "./core.mjs";
import { put, show_plain } from "./stepper.mjs";
import { label, resize, svg } from "./svg.mjs";
import {
  assign, choice, disclosure, fit, formula, frame, h, predict, presets, range, redraw, say_later, show, superscript, table,
} from "./ui.mjs";

/**
 * @typedef {import("./ui.mjs").Model} Model
 * @typedef {import("./ui.mjs").Algebra} Algebra
 * @typedef {ReturnType<typeof look>} View
 * @typedef {{left: number, top: number, column: number, row: number, gap: number, width: number, height: number}} Layout
 */

const SETTINGS = ["layers", "width", "cell", "length", "step", "nudge_layer", "nudge_step", "nudge", "result"];
const KINDS = { rnn: "RNN", gru: "GRU", lstm: "LSTM" };
const GATES = { rnn: 1, gru: 3, lstm: 4 };
const BLOCKS = { rnn: "1, the state alone", gru: "3, two gates and the candidate", lstm: "4, three gates and the candidate" };

export default { render };

/** @param {{model: Model, el: HTMLElement}} host @returns {() => void} */
function render({ model, el }) {
  const { body, note, say } = frame(model, el, {
    title: "Layer by time grid",
    question: "Does layer 2 wait until layer 1 has read the whole sequence?",
  });
  const [order, effect] = [order_part(model), effect_part(model)];
  const [result, count, list] = [result_part(model), count_part(), numbers_part()];
  const parts = [order, effect, result, count, list];
  body.append(
    h("style", {}, STYLES),
    ask(),
    h("div", { class: "rnn-stack" }, presets(model, "Settings to try", PRESETS, say), note),
    order.node,
    effect.node,
    h("div", { class: "rnn-columns" }, result.node, count.node),
    list.node,
  );
  const tell = say_later(say);
  const stop = redraw(model, SETTINGS, () => {
    const view = look(model);
    for (const part of parts) part.draw(view);
    tell(summary(view));
  });
  return () => [stop, order.stop, effect.stop].forEach((end) => end());
}

// ---- the network ---------------------------------------------------------------------------------------------

/**
 * The network under some settings, once as it is and once with the nudge. All cells are computed in both.
 * @param {Record<string, any>} settings the traits @param {{layers: object[], inputs: number[][], units: number}} payload
 */
export function run({ layers, width, cell, length, nudge_layer, nudge_step, nudge }, payload) {
  const cells = cut_stack(payload.layers, cell, layers, width, payload.units);
  const x = payload.inputs.slice(0, length);
  const place = { layer: Math.min(nudge_layer, layers), step: Math.min(nudge_step, length), size: nudge };
  const [plain, nudged] = [stacked_forward(cells, x), stacked_forward(cells, x, place)];
  const change = plain.h.map((states, l) => states.map((state, t) => largest_difference(nudged.h[l][t], state)));
  return { ...plain, nudged, cells, place, change };
}

/** Everything that is shown. @param {Model} model */
function look(model) {
  const settings = Object.fromEntries(SETTINGS.map((name) => [name, model.get(name)]));
  const payload = model.get("payload");
  const { layers: L, length: T, width: H } = settings;
  const waves = wave_of(L, T);
  const wave = Math.min(settings.step, waves);
  const found = run(settings, payload);
  const moved = found.change.map((row) => row.map((value) => value !== 0));
  return {
    ...settings,
    ...found,
    moved,
    L,
    T,
    H,
    I: payload.inputs[0].length,
    kind: KINDS[settings.cell],
    waves,
    wave,
    ready: cells_of_wave(L, T, wave),
    changed: moved.flat().filter(Boolean).length,
  };
}

/** @param {View} view */
function summary({ wave, waves, ready, changed, L, T }) {
  return `Wave ${wave} of ${waves} computes ${cells_text(ready.length)}. The nudge changes ${changed} of ${L * T} cells.`;
}

/** Draw only where what a part shows has changed. @param {(view: View) => any} shown @param {(view: View) => void} draw */
function when_changed(shown, draw) {
  let before = "";
  return (view) => {
    const now = JSON.stringify(shown(view));
    if (now !== before) draw(view);
    before = now;
  };
}

/** What decides the network's states. @param {View} view */
const network_of = ({ L, T, H, cell }) => [L, T, H, cell];

/** All cells of the grid, layer by layer. @param {View} view @returns {{layer: number, step: number}[]} */
const all_cells = ({ L, T }) => Array.from({ length: L * T }, (_, k) => ({ layer: Math.floor(k / T) + 1, step: (k % T) + 1 }));

const cells_text = (count) => (count === 1 ? "1 cell" : `${count} cells at once`);

/** A formula of whole numbers, its value named for tests and scripts. @returns {ReturnType<typeof formula>} */
function whole(name, expression, names, about) {
  const made = formula(expression, names, { ...about, print: String });
  made.node.dataset.name = name;
  return made;
}

/** A list in words. @param {string[]} items */
const listed = (items) => (items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`);

// ---- prompt, settings to try ---------------------------------------------------------------------------------

const ask = () =>
  predict(
    "Three layers read eight steps: 24 cells. Cells that need nothing from one another can be computed at the same " +
      "time. How many rounds does it take?",
    [
      {
        text: "3, one for each layer",
        feedback: "A layer can’t be done in one round: each of its steps needs the state of the step before.",
      },
      {
        text: "10, one for each diagonal",
        right: true,
        feedback:
          "A cell needs its left and its lower neighbour. So all cells with the same layer + step are ready together, " +
          "and there are 3 + 8 − 1 such diagonals. Move the wave to see them.",
      },
      {
        text: "24, one for each cell",
        feedback: "That is one cell after the other. Layer 2 at step 1 and layer 1 at step 2 need nothing from each other.",
      },
    ],
  );

const USUAL = { layers: 3, length: 8, nudge_layer: 2, nudge_step: 3, nudge: 0.5 };
const PRESETS = [
  {
    label: "layer 2 starts",
    values: { ...USUAL, step: 2 },
    says: "Layer 2 starts in wave 2. It has waited for one cell of layer 1; the other seven are still to come.",
  },
  {
    label: "the last wave",
    values: { ...USUAL, step: 10, result: "output" },
    says: "Wave 10 computes one cell, the top layer at the last step: output[−1], and h_n[−1] as well.",
  },
  {
    label: "nudge the first state",
    values: { ...USUAL, nudge_layer: 1, nudge_step: 1 },
    says: "Layer 1 at step 1 reaches every cell. Each step and each layer passes on only a part of the change.",
  },
  {
    label: "nudge the last step",
    values: { ...USUAL, nudge_layer: 1, nudge_step: 8, result: "output" },
    says: "Only the last column moves. Of output that is one row, the last; of h_n it is every row.",
  },
  {
    label: "nudge the top layer",
    values: { ...USUAL, nudge_layer: 3, nudge_step: 3, result: "h_n" },
    says: "Nothing goes down. Of h_n only the last row moves; the rows of the lower layers keep every bit.",
  },
  {
    label: "one layer",
    values: { ...USUAL, layers: 1, nudge_layer: 1, step: 4, result: "h_n" },
    says: "With one layer, h_n is output’s last row and nothing else. With more layers it also holds rows that output never shows.",
  },
];

// ---- the grid's geometry -------------------------------------------------------------------------------------

const FOOT = 34;

/**
 * @param {View} view @param {number} width in CSS pixels @param {number} top room above the cells @returns {Layout}
 */
function layout({ L, T }, width, top) {
  const left = width < 420 ? 24 : 62;
  const column = Math.min(72, (width - left - 3) / T);
  const row = Math.max(32, Math.min(46, column));
  const gap = column < 34 ? 5 : 12;
  return { left, top, column, row, gap, width, height: top + row * L + FOOT };
}

/** A cell's box. @param {Layout} grid @param {number} L @param {number} layer @param {number} step */
const box_of = ({ left, top, column, row, gap }, L, layer, step) => ({
  x: left + column * (step - 1) + gap / 2,
  y: top + row * (L - layer) + gap / 2,
  width: column - gap,
  height: row - gap,
});

/** The layers' names, the steps' numbers, and the arrows along which cells read. @param {Layout} grid @param {View} view */
function scaffold(grid, view) {
  const { L, T } = view;
  const { left, top, column, row, gap } = grid;
  const bottom = top + row * L;
  const middle = { "text-anchor": "middle" };
  const arrows = all_cells(view).map(({ layer, step }) => {
    const { x, y, width, height } = box_of(grid, L, layer, step);
    const up = arrow(x + width / 2, y + height + gap, 0, -gap);
    return step > 1 ? up + arrow(x - gap, y + height / 2, gap, 0) : up;
  });
  return [
    ...Array.from({ length: L }, (_, k) =>
      label(0, bottom - row * (k + 0.5) + 4, left > 30 ? `layer ${k + 1}` : k + 1, { "font-weight": 600 }),
    ),
    label(0, bottom + FOOT - 8, left > 30 ? "step t" : "t", { class: "rnn-soft" }),
    ...Array.from({ length: T }, (_, k) => label(left + column * (k + 0.5), bottom + FOOT - 8, k + 1, middle)),
    svg("path", { d: arrows.join(""), class: "grid-arrow" }),
  ];
}

/** A short arrow as a path. @param {number} x @param {number} y where it starts @param {number} dx @param {number} dy */
function arrow(x, y, dx, dy) {
  const [ex, ey] = [x + dx, y + dy];
  const [bx, by] = [-Math.min(3, dx / 2), -Math.max(-3, dy / 2)]; // back from the tip
  const side = `M${ex + bx + by} ${ey + by + bx}L${ex} ${ey}L${ex + bx - by} ${ey + by - bx}`;
  return `M${x} ${y}L${ex} ${ey}${side}`;
}

/** A picture of the grid that redraws at its place's width; a click on a cell acts. */
function picture(name, top, paint, act) {
  const image = svg("svg", { role: "img", class: "grid-picture", "data-picture": name });
  const node = h("div", {}, image);
  let view = null;
  let grid = null;
  const fitted = fit(node, (width) => {
    if (!view) return;
    grid = layout(view, width, top);
    resize(image, grid.left + grid.column * view.T + 3, grid.height);
    image.replaceChildren(...scaffold(grid, view), ...paint(grid, view));
  });
  image.addEventListener("click", (event) => {
    const box = image.getBoundingClientRect();
    const step = Math.ceil((event.clientX - box.left - grid.left) / grid.column);
    const layer = view.L - Math.floor((event.clientY - box.top - top) / grid.row);
    if (step >= 1 && step <= view.T && layer >= 1 && layer <= view.L) act(layer, step);
  });
  function draw(next, text) {
    view = next;
    image.setAttribute("aria-label", text);
    fitted.draw();
  }
  return { node, draw, stop: fitted.stop };
}

// ---- the order of computation --------------------------------------------------------------------------------

const HEAD = 26;

/** @param {Model} model */
function order_part(model) {
  const last = () => wave_of(model.get("layers"), model.get("length"));
  const time = range(model, {
    name: "step",
    label: "wave",
    max: last,
    on: ["layers", "length"],
    format: (wave) => `${Math.min(wave, last())} of ${last()}`,
  });
  const image = picture("order", HEAD, paint_order, (layer, step) => assign(model, { step: wave_of(layer, step) }));
  const words = h("p", { class: "rnn-soft grid-words" });
  const waves = whole("waves", (a, L, T) => a.sub(a.add(L, T), a.number(1)), ["L", "T"], { result: "waves" });
  const cells = whole("cells", (a, L, T) => a.mul(L, T), ["L", "T"], { result: "cells" });
  const panel = h("div", { class: "rnn-stack" }, [
    choice(model, { name: "cell", label: "cell", texts: KINDS }),
    range(model, { name: "layers", label: "layers L", format: String }),
    range(model, { name: "length", label: "length T", format: (T) => `${T} steps` }),
    range(model, { name: "width", label: "width H", format: (H) => (H === 1 ? "1 unit" : `${H} units`) }),
    h("div", { class: "grid-sums" }, cells.node, waves.node),
  ]);
  const title = h("p", { class: "rnn-subtitle" }, "Which cells can be computed when");
  const node = h("div", { class: "rnn-columns" }, h("div", {}, title, time, image.node, words), panel);
  const shown = ({ L, T, wave, result, cell }) => [L, T, wave, result, cell];
  const draw = when_changed(shown, (view) => {
    image.draw(view, order_label(view));
    words.replaceChildren(...order_words(view));
    waves.update(view.L, view.T);
    cells.update(view.L, view.T);
  });
  return { node, draw, stop: image.stop };
}

/** @param {View} view */
function order_label({ L, T, wave, waves, ready }) {
  const places = listed(ready.map(({ layer, step }) => `layer ${layer} at step ${step}`));
  return (
    `A grid of ${L} layers by ${T} steps. Wave ${wave} of ${waves} computes ${places}. ` +
    `Cells of earlier waves are done, cells of later waves wait. The top layer is output, the last step is h_n.`
  );
}

/** @param {View} view @returns {(string | Node)[]} */
function order_words({ L, T, wave, ready }) {
  const count = h("b");
  put(count, "ready", ready.length, 0);
  const cells = ready.length === 1 ? " cell: " : " cells at once: ";
  const places = listed(ready.map(({ layer, step }) => `layer ${layer} at step ${step}`));
  const done = (layer) => Math.max(0, Math.min(T, wave - layer + 1));
  const two = L > 1 ? ` Then layer 1 has done ${done(1)} of its ${T} steps, and layer 2 has done ${done(2)}.` : "";
  const read = L > 1 ? "its left and its lower neighbour’s, which are all that it reads" : "its left neighbour’s";
  return [
    `Wave ${wave} computes `, count, `${cells}${places}.${two} A cell’s number is its wave, layer + step − 1: one more ` +
      `than ${read}. Filled: this wave; tinted: done; dashed: waiting.`,
  ];
}

/** @param {Layout} grid @param {View} view */
function paint_order(grid, view) {
  const { L, wave } = view;
  return [
    ...all_cells(view).flatMap(({ layer, step }) => {
      const own = wave_of(layer, step);
      const state = own < wave ? "done" : own === wave ? "now" : "later";
      const box = box_of(grid, L, layer, step);
      return [
        svg("rect", { ...box, rx: 5, class: `grid-cell grid-${state}` }),
        label(box.x + box.width / 2, box.y + box.height / 2 + 4, own, {
          "text-anchor": "middle", class: `grid-number ${grid.column < 28 ? "grid-tight" : ""} grid-${state}`, "data-name": `wave[${layer}][${step}]`, "data-value": own,
        }),
      ];
    }),
    ...result_frames(grid, view),
  ];
}

/** Frames around what torch.nn hands back: `output` is the top row, `h_n` the last column. @param {View} view */
function result_frames({ left, top, column, row }, { L, T, cell, result }) {
  const right = left + column * T;
  const strong = (chosen) => ({ "stroke-width": chosen ? 3 : 1.5, fill: "none", rx: 8 });
  const last = cell === "lstm" ? "h_n, c_n" : "h_n";
  return [
    svg("rect", { x: left, y: top, width: column * T, height: row, class: "grid-output", ...strong(result === "output") }),
    svg("rect", {
      x: right - column, y: top - 3, width: column + 2, height: row * L + 6, class: "grid-last", ...strong(result !== "output"),
    }),
    label(left, top - 10, "output", { class: "grid-output", "font-weight": 700 }),
    label(right, top - 10, last, { class: "grid-last", "font-weight": 700, "text-anchor": "end" }),
  ];
}

// ---- what a nudge changes ------------------------------------------------------------------------------------

/** @param {Model} model */
function effect_part(model) {
  const [L, T] = [() => model.get("layers"), () => model.get("length")];
  const act = (layer, step) => assign(model, { nudge_layer: layer, nudge_step: step });
  const image = picture("effect", HEAD, paint_effect, act);
  const layer = choice(model, { name: "nudge_layer", label: "nudge layer" });
  layer.classList.add("grid-layers");
  const step = range(model, {
    name: "nudge_step", label: "nudge at step", max: T, on: ["length"], format: (t) => `${Math.min(t, T())} of ${T()}`,
  });
  const words = h("p", { class: "rnn-soft grid-words" });
  const cone = whole(
    "in_reach",
    (a, L, T, l, t) => a.mul(a.add(a.sub(L, l), a.number(1)), a.add(a.sub(T, t), a.number(1))),
    ["L", "T", "layer", "step"],
    { result: "in reach" },
  );
  const legend =
    "A full bar is a change of 1 or more, half a bar 0.01, the lowest 0.0001 or less. 0: no bit has changed.";
  const panel = h("div", { class: "rnn-stack" }, [
    layer,
    step,
    range(model, { name: "nudge", label: "added to each unit of h", format: (v) => show_plain(v, 1) }),
    cone.node,
    h("p", { class: "rnn-soft" }, "A tap on a cell moves the nudge there."),
  ]);
  const title = h("p", { class: "rnn-subtitle" }, "What a nudge of one state changes");
  const node = h("div", { class: "rnn-columns" }, [
    h("div", {}, title, image.node, h("p", { class: "rnn-soft" }, legend), words), panel,
  ]);
  const shown = (view) => [...network_of(view), view.place, view.nudge_layer, view.result];
  const draw = when_changed(shown, (view) => {
    for (const input of layer.querySelectorAll("input")) {
      input.disabled = Number(input.value) > L();
      input.checked = Number(input.value) === view.place.layer;
    }
    image.draw(view, effect_label(view));
    words.replaceChildren(...effect_words(view));
    cone.update(view.L, view.T, view.place.layer, view.place.step);
  });
  return { node, draw, stop: image.stop };
}

/** @param {View} view */
function effect_label({ place, changed, L, T }) {
  return (
    `A nudge of ${show_plain(place.size, 1)} at layer ${place.layer}, step ${place.step} changes ${changed} of ${L * T} ` +
    `cells: of that layer and those above, from that step on. The others keep every bit.`
  );
}

/** @param {View} view @returns {(string | Node)[]} */
function effect_words({ place, moved, changed, change, L, T }) {
  if (place.size === 0) return ["A nudge of 0 changes nothing."];
  const number = (name, value, digits = 0) => {
    const node = h("b");
    put(node, name, value, digits);
    return node;
  };
  const rows = (of, name) => ` of ${of} ${of === 1 ? "row" : "rows"} of ${name}`;
  const output = moved[L - 1].filter(Boolean).length;
  const last = moved.filter((row) => row[T - 1]).length;
  const lost = changed < (L - place.layer + 1) * (T - place.step + 1);
  const small = lost ? " In reach, yet 0: a change too small for float64." : "";
  return [
    number("changed", changed), ` of ${L * T} cells change: `,
    number("output_rows", output), rows(T, "output"), " and ",
    number("h_n_rows", last), rows(L, "h_n"), ". Cells that keep every bit: ", number("unchanged", L * T - changed),
    `. output[−1] moves by ${show(change[L - 1][T - 1], 4)}.${small}`,
  ];
}

/** A change in a few characters: decimals, as there is room, or about which power of ten it is. @param {number} value */
export function size_text(value, roomy = true) {
  if (value === 0) return "0";
  if (value >= (roomy ? 0.001 : 0.01)) return value.toFixed(value >= 0.01 ? 2 : 3);
  return `10${superscript(Math.round(Math.log10(value)))}`;
}

/** How full the bar of a change is: empty at 10^-4, full at 1, by powers of ten; any change shows. @param {number} value */
export const share_of = (value) => (value === 0 ? 0 : Math.min(1, Math.max(0.06, 1 + Math.log10(value) / 4)));

/** @param {Layout} grid @param {View} view */
function paint_effect(grid, view) {
  const { L, change, place } = view;
  const drawn = all_cells(view).flatMap(({ layer, step }) => {
    const value = change[layer - 1][step - 1];
    const box = box_of(grid, L, layer, step);
    const full = share_of(value) * box.height;
    const here = layer === place.layer && step === place.step;
    const inside = layer >= place.layer && step >= place.step;
    const name = here ? "grid-here" : inside ? "grid-inside" : "grid-outside";
    const text = value === 0 || grid.column >= 40 ? size_text(value, grid.column >= 54) : "";
    const bar = { ...box, y: box.y + box.height - full, height: full, rx: Math.min(5, full / 2), class: "grid-bar" };
    return [
      ...(full ? [svg("rect", bar)] : []),
      svg("rect", { ...box, rx: 5, class: `grid-frame ${name}`, "data-name": `change[${layer}][${step}]`, "data-value": value }),
      label(box.x + box.width / 2, box.y + box.height / 2 + 4, text, {
        "text-anchor": "middle", class: inside ? "grid-size" : "rnn-soft", "font-weight": here ? 700 : 400,
      }),
    ];
  });
  return [...drawn, ...result_frames(grid, view)];
}

// ---- what torch.nn hands back --------------------------------------------------------------------------------

/** @param {Model} model */
function result_part(model) {
  const texts = { output: "output", h_n: "h_n", c_n: "c_n" };
  const words = h("p", { class: "rnn-soft" });
  const place = h("div");
  const node = h("div", { class: "rnn-stack" }, [
    choice(model, { name: "result", label: "result of torch.nn", texts }), words, place,
  ]);
  let form = "";
  let shown = null;
  const draw = when_changed((view) => [...network_of(view), view.result], (view) => {
    const { result, H, cell } = view;
    const absent = result === "c_n" && cell !== "lstm";
    const now = `${result} ${H} ${absent}`;
    if (now !== form) {
      form = now;
      shown = absent ? null : table(`${result}, row by row`, ["row", "cell", ...units(H, result === "c_n" ? "c" : "h")]);
      shown?.node.classList.toggle("grid-shared", result !== "c_n");
      place.replaceChildren(...(shown ? [shown.node] : []));
    }
    words.textContent = result_words(view, absent);
    shown?.fill(result_rows(view));
  });
  return { node, draw };
}

const SUBSCRIPTS = "₀₁₂₃₄₅₆";

/** h₁, h₂, ... @param {number} H @param {string} letter */
const units = (H, letter) => Array.from({ length: H }, (_, j) => `${letter}${SUBSCRIPTS[j + 1]}`);

/** @param {View} view @param {boolean} absent */
function result_words({ result, kind, L, T, H }, absent) {
  if (absent) return `There is no c_n: ${kind === "RNN" ? "an RNN" : "a GRU"} has no cell state. Only the LSTM has one.`;
  const shape = `${result} has shape (${result === "output" ? T : L}, ${H}), for one sequence: `;
  const shared = `layer ${L} at step ${T}`;
  if (result === "output") {
    return `${shape}h of the top layer, at every step. Its last row is also h_n[${L - 1}]; the rest is nowhere in h_n.`;
  }
  const what = `${result === "h_n" ? "h" : "c"} of every layer, at the last step. `;
  if (result === "c_n") return `${shape}${what}No row of it is in output, which holds h alone.`;
  return `${shape}${what}Only its last row, ${shared}, is also in output.`;
}

/** @param {View} view */
function result_rows({ result, h: hidden, c, L, T }) {
  const output = result === "output";
  const rows = output ? hidden[L - 1] : (result === "h_n" ? hidden : c).map((states) => states[T - 1]);
  return rows.map((row, k) => {
    const end = k === rows.length - 1;
    const also = end && result !== "c_n" ? `, also ${output ? `h_n[${L - 1}]` : `output[${T - 1}]`}` : "";
    const cell = output ? `step ${k + 1}` : `layer ${k + 1}`;
    const number = (value, j) => ({ text: show_plain(value, 4), name: `${result}[${k}][${j}]`, value });
    return [`${result}[${k}]`, `${cell}${also}`, ...row.map(number)];
  });
}

// ---- parameters ----------------------------------------------------------------------------------------------

/** One layer's parameters: both weights and both biases of every block. @param {Algebra} a */
const layer_count = (a, G, H, read) =>
  a.mul(G, a.add(a.add(a.mul(H, read), a.mul(H, H)), a.mul(a.number(2), H)));

function count_part() {
  const lines = [
    whole("first", layer_count, ["G", "H", "I"], { label: "Layer 1 reads I inputs", result: "first" }),
    whole("above", (a, G, H) => layer_count(a, G, H, H), ["G", "H"], {
      label: "A layer above reads H states", result: "above",
    }),
    whole("total", (a, first, L, above) => a.add(first, a.mul(a.sub(L, a.number(1)), above)), ["first", "L", "above"], {
      label: "All layers", result: "parameters",
    }),
  ];
  const words = h("p", { class: "rnn-soft" });
  const counted = h("b");
  const check = h("p", { class: "rnn-soft" }, "Counted one by one in the network’s arrays: ", counted, ".");
  const node = h("div", { class: "rnn-stack grid-count" }, [
    h("p", { class: "rnn-subtitle" }, "How many parameters"), ...lines.map((line) => line.node), check, words,
  ]);
  const draw = when_changed(network_of, ({ cell, kind, cells, H, I, L }) => {
    const G = GATES[cell];
    const first = lines[0].update(G, H, I);
    const above = lines[1].update(G, H);
    lines[1].node.hidden = L === 1;
    lines[2].update(first, L, above);
    const total = cells.reduce((sum, layer) => sum + count_parameters(layer), 0);
    put(counted, "parameters", total, 0);
    words.textContent =
      `${kind}: G is ${BLOCKS[cell]}. 2 · H: PyTorch keeps two biases, bias_ih and bias_hh. ` +
      "T stands nowhere: every step reads the same parameters.";
  });
  return { node, draw };
}

// ---- all numbers ---------------------------------------------------------------------------------------------

/** A closed table of every cell: its wave, its change, its states. */
function numbers_part() {
  const place = h("div");
  const node = disclosure("All numbers: every cell’s wave, change and states", place);
  let form = "";
  let shown = null;
  let latest = null;
  const number = (name, value) => ({ text: value === 0 ? "0" : show(value, 4), name, value });
  function draw(view) {
    latest = view;
    if (node.open) fill(view);
  }
  function fill(view) {
    const { cell, c, h: hidden, change, H } = view;
    if (form !== `${H} ${cell === "lstm"}`) {
      form = `${H} ${cell === "lstm"}`;
      const columns = [...units(H, "h"), ...(c ? units(H, "c") : [])];
      shown = table("Every cell: its wave, what the nudge changes, its states without the nudge", [
        "layer", "step", "wave", "change", ...columns,
      ]);
      shown.node.classList.add("rnn-tall");
      place.replaceChildren(shown.node);
    }
    shown.fill(
      all_cells(view).map(({ layer, step }) => {
        const at = `[${layer}][${step}]`;
        const of = (values) => values[layer - 1][step - 1];
        const states = (name, values) => of(values).map((v, j) => number(`${name}${at}[${j + 1}]`, v));
        const all = [...states("h", hidden), ...(c ? states("c", c) : [])];
        return [layer, step, wave_of(layer, step), number(`table.change${at}`, of(change)), ...all];
      }),
    );
  }
  node.addEventListener("toggle", () => latest && node.open && fill(latest));
  return { node, draw };
}

const STYLES = `
.rnn-live .grid-picture { cursor: pointer; margin: 0.375rem 0; }
.rnn-live .grid-arrow { fill: none; stroke: var(--rnn-edge); stroke-width: 1.25px; }
.rnn-live rect.grid-cell { stroke: var(--rnn-accent); stroke-width: 1.5px; }
.rnn-live rect.grid-done { fill: var(--rnn-tint); }
.rnn-live rect.grid-now { fill: var(--rnn-accent); }
.rnn-live rect.grid-later { fill: var(--rnn-paper); stroke: var(--rnn-edge); stroke-width: 1px; stroke-dasharray: 3 3; }
.rnn-live svg text.grid-number { font-size: 12px; }
.rnn-live svg text.grid-tight { font-size: 10.5px; }
.rnn-live svg text.grid-now { fill: var(--rnn-on-accent); font-weight: 700; }
.rnn-live svg text.grid-later { fill: var(--rnn-soft); }
.rnn-live rect.grid-output { stroke: var(--rnn-b); }
.rnn-live svg text.grid-output { fill: var(--rnn-b); }
.rnn-live rect.grid-last { stroke: var(--rnn-c); stroke-dasharray: 7 4; }
.rnn-live svg text.grid-last { fill: var(--rnn-c); }
.rnn-live .grid-bar { fill: var(--rnn-a); fill-opacity: 0.45; }
.rnn-live .grid-frame { fill: none; stroke: var(--rnn-a); stroke-width: 1.5px; }
.rnn-live .grid-here { stroke: var(--rnn-ink); stroke-width: 3px; }
.rnn-live .grid-outside { stroke: var(--rnn-edge); stroke-width: 1px; stroke-dasharray: 3 3; }
.rnn-live svg text.grid-size { font-size: 11.5px; }
.rnn-live .grid-words { margin-top: 0.375rem; }
.rnn-live .grid-layers input:disabled + label { opacity: 0.45; cursor: default; }
.rnn-live .grid-shared tbody tr:last-child > * { background: var(--rnn-tint); }
.rnn-live .grid-count .rnn-numbers { display: block; }
`;
