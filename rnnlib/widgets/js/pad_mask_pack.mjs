/** Pad, mask, pack: what padding does to a batch's states and to its loss, and what keeps it out. */
import { count_cells, cut, distance, make_batch, network_of, pack, read, score, states_of, sums } from "./padding.mjs";
import { resize, svg } from "./svg.mjs";
import { assign, fit, formula, frame, h, predict, presets, range, redraw, say_later, show, table, text_field, toggle } from "./ui.mjs";

/**
 * @typedef {import("./ui.mjs").Model} Model
 * @typedef {import("./padding.mjs").Network} Network
 * @typedef {import("./padding.mjs").Batch} Batch
 * @typedef {Batch & {states: ReturnType<typeof states_of>, scored: ReturnType<typeof score>, count: {cells: number, words: number,
 *   padding: number}}} Done a batch with all that was computed of it
 * @typedef {Object} View what is shown @property {import("./padding.mjs").Reading} reading @property {Done[]} batches
 * @property {number} place the chosen sentence, from 0 @property {Done} batch the one that holds it @property {number} at the
 *   batch's place among the batches @property {number} row the sentence's place in the batch @property {Record<string, any>} set
 */

// What decides the batches, what the states, and all that can be set: a part is drawn anew when its own change.
const BATCHES = ["sentences", "batch_size", "sort", "line"];
const STATES = [...BATCHES, "pack", "padding_idx"];
const SETTINGS = [...STATES, "mask", "pad_bias"];

export default { render };

/** @param {{model: Model, el: HTMLElement}} host @returns {() => void} */
function render({ model, el }) {
  const { body, note, say } = frame(model, el, {
    title: "Pad, mask, pack",
    question: "Sentences of different lengths share a batch. Is the padding harmless?",
  });
  const network = network_of(model.get("payload"));
  const parts = [
    { ...grids(network, (place) => assign(model, { line: place + 1 })), on: SETTINGS },
    { ...columns(network), on: BATCHES },
    { ...final_states(), on: STATES },
    { ...drift(network), on: STATES },
    { ...losses(), on: SETTINGS },
  ];
  const drawn = new Map(); // part -> the settings that it shows
  const shown = h("div", { class: "rnn-stack pad-shown" }, parts.map(({ node }) => node));
  const notes = h("p", { class: "rnn-soft pad-notes", role: "status" });
  body.append(
    h("style", {}, STYLES),
    ask(),
    h("div", { class: "rnn-stack" }, presets(model, "Settings to try", PRESETS, say), note),
    h("div", { class: "pad-text" }, text_field(model, { label: "sentences, one a line", name: "sentences", rows: 8 }), notes),
    controls(model),
    shown,
  );
  const tell = say_later(say);
  const stop = redraw(model, SETTINGS, () => {
    const set = Object.fromEntries(SETTINGS.map((name) => [name, model.get(name)]));
    const reading = read(network, set.sentences);
    notes.textContent = notes_of(reading, set, network, model.get("controls").sentences.longest).join(" ");
    shown.hidden = !reading.ids.length;
    if (shown.hidden) return;
    const view = look(network, reading, set);
    for (const part of parts) {
      const now = JSON.stringify(part.on.map((name) => set[name]));
      if (drawn.get(part) !== now) part.update(view);
      drawn.set(part, now);
    }
    tell(summary(view));
  });
  return () => [stop, ...parts.map((part) => part.stop)].forEach((end) => end?.());
}

/** Everything that is shown. @param {Network} network @param {ReturnType<typeof read>} reading @returns {View} */
export function look(network, reading, set) {
  const lengths = reading.ids.map((row) => row.length);
  const batches = cut(lengths, set.batch_size, set.sort).map((rows) => {
    const batch = make_batch(reading.ids, rows, network.pad);
    const states = states_of(network, batch, set.padding_idx);
    const scored = score(network, batch, states.output[set.pack ? "packed" : "padded"], set.pad_bias);
    return { ...batch, states, scored, count: count_cells(batch) };
  });
  const place = Math.min(set.line, lengths.length) - 1;
  const at = batches.findIndex(({ rows }) => rows.includes(place));
  return { reading, batches, place, at, batch: batches[at], row: batches[at].rows.indexOf(place), set };
}

/** @param {View} view */
function summary({ batch, at, place, row, set }) {
  const { cells, padding } = batch.count;
  const { loss_words, loss_padding } = sums(batch, batch.scored);
  const off = (how) => show(batch.states.off[how][row], 2);
  return (
    `Batch ${at + 1}: ${padding} of ${cells} cells are padding. Final state of sentence ${place + 1}: off by ${off("padded")} padded, ` +
    `${off("packed")} packed; ${set.pack ? "packed" : "padded"} is set. Loss ${show(loss_words / (cells - padding), 2)} over words, ` +
    `${show((loss_words + loss_padding) / cells, 2)} over all cells; ${set.mask ? "words alone count" : "all cells count"}.`
  );
}

// ---- what is read ------------------------------------------------------------------------------------------------

const NAMED = 8; // unknown words that are listed

/** What was left out or changed. @param {ReturnType<typeof read>} reading @param {Network} network @returns {string[]} */
function notes_of({ ids, unknown, blank, long, left_out }, { sentences, line }, { most }, longest) {
  const more = unknown.length - NAMED;
  const named = unknown.slice(0, NAMED).map((word) => `“${shortened(word, 20)}”`);
  const cuts = long.slice(0, 3).map(([at, words]) => `of the ${words} words in line ${at} the first ${most.words}`);
  return [
    !ids.length && "There is no word to read: type a sentence.",
    unknown.length && `Not among the words that the GRU knows, so read as <unk>: ${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}.`,
    blank.length && ids.length && `${lines_text(blank)} empty and left out: pack_padded_sequence takes no sequence of length 0.`,
    cuts.length && `Cut: ${cuts.join(", ")}${long.length > 3 ? `, and ${long.length - 3} more lines,` : ""} are read.`,
    left_out && `Of your ${ids.length + left_out} sentences the first ${ids.length} are read; the last ${left_out} ${left_out === 1 ? "is" : "are"} left out.`,
    sentences.length >= longest && `The field is full: it takes ${longest} characters.`,
    ids.length && line > ids.length && `There is no sentence ${line}, so the last one is taken: ${ids.length}.`,
  ].filter(Boolean);
}

/** "Line 3 is", "Lines 3, 5 and 2 more are". @param {number[]} numbers */
function lines_text(numbers) {
  if (numbers.length === 1) return `Line ${numbers[0]} is`;
  const more = numbers.length - 6;
  return `Lines ${numbers.slice(0, 6).join(", ")}${more > 0 ? ` and ${more} more` : ""} are`;
}

/** A text cut to so many characters, with … where something is missing. */
function shortened(text, most) {
  const signs = [...text];
  return signs.length > most ? `${signs.slice(0, most - 1).join("")}…` : text;
}

// ---- prompt, settings to try, controls ---------------------------------------------------------------------------

const ask = () =>
  predict("“we swim .” shares a batch with a sentence of eleven words, and the GRU reads both to the last column. Is its final state the one that it has when it is read alone?", [
    {
      text: "yes: <pad> says nothing",
      feedback: "<pad> is an id like any other. It has a vector, and each one is a step of the GRU. See “off by” below, then press “pack”.",
    },
    {
      text: "yes, if <pad> has a vector of zeros",
      feedback: "That removes the input, not the step: the recurrent weights and both biases act all the same. Press “zero vector”.",
    },
    {
      text: "no: it has gone eight steps further",
      right: true,
      feedback: "Each <pad> is one more step. Packed, the sentence stops at its own end. Press “pack” and look at “off by”.",
    },
  ]);

const AS_TYPED = { batch_size: 4, line: 1, sort: false, pack: false, mask: false, padding_idx: false, pad_bias: 3 };
const DEFAULT = [
  "we swim .",
  "my uncle was writing a letter when the phone rang .",
  "he never works .",
  "the old chair is not in the kitchen anymore .",
  "they bought a new car and an old house .",
  "come here !",
  "where did you see his dog this morning ?",
  "thank you .",
].join("\n");
const OUTLIER = ["go !", "read !", "my uncle was writing a letter when the phone rang .", "come !", "thank you ."].join("\n");
const TIES = ["we swim .", "come here !", "thank you .", "they play ."].join("\n");
const PRESETS = [
  { label: "as typed", values: { ...AS_TYPED, sentences: DEFAULT }, says: "Batches in the order typed: a third of all cells are padding, and the GRU reads them." },
  {
    label: "zero vector",
    values: { ...AS_TYPED, sentences: DEFAULT, padding_idx: true },
    says: "The vector of <pad> is zero and its states still move: the recurrent weights and both biases act at every step.",
  },
  {
    label: "pack",
    values: { ...AS_TYPED, sentences: DEFAULT, pack: true },
    says: "Packed, a sentence stops at its own end: each final state is the one of the sentence alone.",
  },
  {
    label: "sort",
    values: { ...AS_TYPED, sentences: DEFAULT, sort: true },
    says: "Sentences of like length share a batch: 7 of 68 cells are padding, not 31 of 92. There is less of it; what there is does what it did.",
  },
  {
    label: "mask",
    values: { ...AS_TYPED, sentences: DEFAULT, mask: true },
    says: "Only words count in the loss. That says nothing of the final states: they are as far off as before.",
  },
  {
    label: "<pad> foretold",
    values: { ...AS_TYPED, sentences: DEFAULT, pad_bias: 4 },
    says: "From bias 3 to 4 the mean over all cells falls, and every word is foretold worse.",
  },
  {
    label: "one long sentence",
    values: { ...AS_TYPED, sentences: OUTLIER, batch_size: 5 },
    says: "One sentence of eleven words makes four short ones twelve steps long.",
  },
  {
    label: "equal lengths",
    values: { ...AS_TYPED, sentences: TIES, pack: false },
    says: "No padding, nothing to mask, nothing to pack: all three ways give the same.",
  },
];

/** @param {Model} model */
function controls(model) {
  const sentences = () => read({ known: new Map(), most: model.get("payload").most }, model.get("sentences")).words;
  const chosen = (v) => {
    const all = sentences();
    if (!all.length) return "none";
    const k = Math.min(v, all.length);
    return `${k} of ${all.length}: ${shortened(all[k - 1].join(" "), 18)}`;
  };
  const ranges = [
    range(model, { label: "batch size B", name: "batch_size", format: String }),
    range(model, { label: "sentence", name: "line", max: () => Math.max(1, sentences().length), on: ["sentences"], format: chosen }),
    range(model, { label: "bias of <pad> in the output layer", name: "pad_bias", format: (v) => show(v, 1) }),
  ];
  const toggles = [
    toggle(model, { label: "sort by length, then cut into batches", name: "sort" }),
    toggle(model, { label: "pack: the GRU skips padding", name: "pack" }),
    toggle(model, { label: "zero vector for <pad> (padding_idx)", name: "padding_idx" }),
    toggle(model, { label: "mask: padding is left out of the loss", name: "mask" }),
  ];
  return h("div", { class: "rnn-pair" }, h("div", { class: "rnn-stack" }, ranges), h("div", { class: "pad-toggles" }, toggles));
}

// ---- the batches -------------------------------------------------------------------------------------------------

const NARROW = 480;
const HEAD = 24;

/** Sizes of a drawing of cells. @param {number} width @param {number} steps */
function plan(width, steps) {
  const narrow = width < NARROW;
  const left = narrow ? 22 : 32;
  const column = Math.min(76, (width - left) / steps);
  const font = narrow ? 10 : column < 62 ? 11 : 12;
  return { narrow, left, column, gap: narrow ? 2 : 4, font, letters: Math.max(2, Math.floor((column - 4) / (0.58 * font))) };
}

/**
 * What stands at a step of a sentence: its word, or `<eos>` and `<pad>` behind its end, without brackets where there is no
 * room. @param {Network} network @param {string[]} words @param {number} t @param {number} most characters
 */
function token_text({ words: known, eos, pad }, words, t, most) {
  const own = t < words.length;
  const text = own ? words[t] : known[t === words.length ? eos : pad];
  if (most >= 6) return shortened(text, most);
  return [...(own ? text : text.slice(1, -1))].slice(0, most).join("");
}

/** All batches as grids of cells, padding marked. @param {Network} network @param {(place: number) => void} choose */
function grids(network, choose) {
  const image = svg("svg", { role: "img", class: "pad-grid" });
  const legend = h("p", { class: "rnn-soft" });
  const waste = formula((a, padding, rows, steps) => a.div(a.mul(a.number(100, 0), padding), a.mul(rows, steps)), ["padding", "B", "T"], {
    label: "Waste in the chosen sentence’s batch, in percent",
    result: "waste",
    print: (v) => `${show(v, 1)} %`,
  });
  waste.node.dataset.name = "waste";
  const whole = h("p", { class: "rnn-soft" });
  const title = h("p", { class: "rnn-subtitle" }, "The batches: a row for each sentence, a column for each step");
  const node = h("div", { class: "rnn-stack pad-part" }, h("div", {}, title, image, legend), h("div", {}, waste.node, whole));
  image.addEventListener("click", (event) => {
    const place = event.target.closest("[data-place]")?.dataset.place;
    if (place !== undefined) choose(Number(place));
  });
  let view = null;
  let fill = null;
  const kept = new Map(); // rows drawn before
  let drawn = ""; // what the grids were drawn for
  const { draw, stop } = fit(node, (width) => {
    if (!view) return;
    const now = JSON.stringify([width, view.reading.words, view.batches.map(({ rows }) => rows)]);
    if (now !== drawn) fill = draw_grids(image, view, network, width, kept);
    drawn = now;
    fill(view);
  });
  const update = (now) => {
    view = now;
    const { batch, batches, set } = now;
    image.setAttribute("aria-label", batches.map(batch_text).join(" "));
    legend.textContent = legend_text(set);
    waste.update(batch.count.padding, batch.rows.length, batch.T);
    const all = batches.map(({ count }) => count);
    const [padding, cells] = ["padding", "cells"].map((name) => all.reduce((sum, count) => sum + count[name], 0));
    const share = (100 * padding) / cells;
    whole.replaceChildren(
      `In all batches: ${padding} of ${cells} cells, `,
      number("waste.all", share, `${show(share, 1)} %`),
      ". Cells of this batch that the GRU computes: ",
      number("computed", set.pack ? batch.count.words : batch.count.cells),
      `; that count in the loss: `,
      number("counted", set.mask ? batch.count.words : batch.count.cells),
      ".",
    );
    draw();
  };
  return { node, update, stop };
}

/** A number with its name and all its digits, for scripts and tests. */
const number = (name, value, text = String(value)) => h("span", { class: "pad-number", "data-name": name, "data-value": String(value) }, text);

/** @param {Done} batch @param {number} k */
const batch_text = ({ rows, lengths, count }, k) =>
  `Batch ${k + 1}: sentences ${rows.map((place) => place + 1).join(", ")} with ${lengths.join(", ")} tokens; ${count.padding} of ${count.cells} cells are padding.`;

function legend_text({ pack: packs, mask }) {
  const zeros_count = mask ? "" : "; its outputs are zeros, and the loss still counts them";
  const padding = packs ? `Dashed and empty: padding that packing leaves out${zeros_count}. ` : "Dashed and hatched: padding, which the GRU reads. ";
  const counted = mask ? "; – where it does not count" : ", padding too";
  return `${padding}Italic: a word it does not know, read as <unk>. Under each word its loss in nats, −ln p from the state before${counted}. Press a row to choose it.`;
}

/**
 * Draw the grids, where the batches or the width have changed; rows that look as before are moved, not drawn anew.
 * @param {SVGElement} image @param {View} view @param {Network} network @param {number} width @param {Map<string, Row>} kept
 * @returns {(view: View) => void} writes the losses, and marks the chosen sentence and its batch
 */
function draw_grids(image, { batches, reading }, network, width, kept) {
  const size = plan(width, Math.max(...batches.map(({ T }) => T)));
  const { narrow, left, column, gap } = size;
  const tall = narrow ? 32 : 38;
  const titles = [];
  const rows_ = [];
  const paths = { words: "", padding: "", hatch: "" };
  let top = 0;
  for (const { rows, ids, lengths, T } of batches) {
    titles.push(svg("text", { x: 0, y: top + 15 }));
    rows.forEach((sentence, b) => {
      const y = top + HEAD + tall * b;
      const words = reading.words[sentence];
      const key = JSON.stringify([sentence, T, column, words]);
      const row = kept.get(key) ?? draw_row(network, words, sentence, ids[b], size, tall);
      for (const node of [row.band, row.node]) node.setAttribute("transform", `translate(0 ${y})`);
      rows_.push({ ...row, key, sentence });
      for (let t = 0; t < T; t++) {
        const [x, part] = [left + column * t, t < lengths[b] ? "words" : "padding"];
        paths[part] += box(x, y + 2, column - gap, tall - 6);
        if (part === "padding") paths.hatch += hatch(x, y + 2, column - gap, tall - 6);
      }
    });
    top += HEAD + tall * rows.length + 8;
  }
  kept.clear();
  for (const row of rows_) kept.set(row.key, row);
  resize(image, width, top);
  image.replaceChildren(
    ...rows_.map(({ band }) => band),
    svg("path", { d: paths.hatch, class: "pad-read pad-frame", stroke: "var(--rnn-line)", "stroke-width": 2, fill: "none" }),
    ...titles,
    ...rows_.map(({ node }) => node),
    svg("path", { d: paths.words, class: "pad-frame", stroke: "var(--rnn-edge)", fill: "none" }),
    svg("path", { d: paths.padding, class: "pad-frame", stroke: "var(--rnn-edge)", fill: "none", "stroke-dasharray": "3 3" }),
  );
  return (view) => {
    image.classList.toggle("pad-packed", view.set.pack); // padding is then left empty
    view.batches.forEach(({ count }, k) => {
      write(titles[k], `batch ${k + 1}: ${count.padding} of ${count.cells} cells are padding`);
      titles[k].setAttribute("font-weight", k === view.at ? 700 : 400);
    });
    const scored = view.batches.flatMap(({ scored: { cells }, lengths }) => cells.map((values, b) => ({ values, length: lengths[b] })));
    rows_.forEach(({ sentence, band, name, losses: texts }, k) => {
      const chosen = sentence === view.place;
      write(name, `${chosen ? "▸" : ""}${sentence + 1}`);
      name.setAttribute("font-weight", chosen ? 700 : 400);
      band.setAttribute("fill", chosen ? "var(--rnn-tint)" : "transparent");
      texts.forEach((text, t) => write_loss(text, scored[k].values[t], `loss[${sentence + 1}][${t + 1}]`, t >= scored[k].length && view.set.mask, narrow));
    });
  };
}

/**
 * A row of the grid at the origin: a band behind it, its number, its words, and room for their losses.
 * @typedef {{node: SVGElement, band: SVGElement, name: SVGElement, losses: SVGElement[]}} Row
 * @param {Network} network @param {string[]} words @param {number} sentence @param {number[]} ids
 * @param {ReturnType<typeof plan>} size @param {number} tall @returns {Row}
 */
function draw_row(network, words, sentence, ids, { left, column, gap, font, letters }, tall) {
  const band = svg("rect", { class: "pad-row", "data-place": sentence, x: 0, y: 0, width: left + column * ids.length, height: tall - 2, rx: 4 });
  const name = svg("text", { x: 2, y: tall / 2 + 4 });
  const place = (t) => ({ x: (left + column * t + (column - gap) / 2).toFixed(1) });
  const texts = ids.map((id, t) => {
    const kind = t < words.length ? {} : { class: t > words.length ? "pad-faint pad-read" : "pad-faint" };
    const unknown = id === network.unk ? { "font-style": "italic" } : {};
    return svg("tspan", { ...place(t), ...kind, ...unknown }, token_text(network, words, t, letters));
  });
  const losses_ = ids.map((_, t) => svg("tspan", place(t)));
  const lines = [
    svg("text", { y: tall / 2 - 3, "text-anchor": "middle", "font-size": font }, ...texts), // one text a line: quicker to lay out
    svg("text", { y: tall - 7, "text-anchor": "middle", class: "pad-loss" }, ...losses_),
  ];
  return { node: svg("g", { class: "pad-row", "data-place": sentence }, name, ...lines), band, name, losses: losses_ };
}

/** @param {Element} node @param {string} text */
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** What a cell costs; – where it does not count. */
function write_loss(node, value, name, left_out, narrow) {
  write(node, left_out ? "–" : show(value, narrow ? 1 : 2));
  if (left_out) {
    delete node.dataset.name;
    delete node.dataset.value;
  } else Object.assign(node.dataset, { name, value });
}

const box = (x, y, w, tall) => `M${x.toFixed(1)} ${y.toFixed(1)}h${w.toFixed(1)}v${tall.toFixed(1)}h${(-w).toFixed(1)}z`;

/** Diagonal strokes inside a box. */
function hatch(x, y, w, tall) {
  let d = "";
  for (let k = 6; k < w + tall; k += 8) {
    const [x1, y1] = [Math.min(k, w), Math.max(0, k - w)];
    const [x2, y2] = [Math.max(0, k - tall), Math.min(k, tall)];
    d += `M${(x + x1).toFixed(1)} ${(y + y1).toFixed(1)}L${(x + x2).toFixed(1)} ${(y + y2).toFixed(1)}`;
  }
  return d;
}

// ---- the packed batch --------------------------------------------------------------------------------------------

/** The chosen batch packed: its columns, and what torch calls their sizes. @param {Network} network */
function columns(network) {
  const image = svg("svg", { role: "img", class: "pad-columns" });
  const title = h("p", { class: "rnn-subtitle" });
  const call = h("code", {});
  const text = h("p", { class: "rnn-soft" });
  const node = h("div", { class: "pad-part" }, title, image, h("p", { class: "pad-call" }, call), text);
  let view = null;
  const { draw, stop } = fit(node, (width) => view && draw_columns(image, view, network, width));
  const update = (now) => {
    view = now;
    const { lengths, count } = now.batch;
    const { sorted_indices, unsorted_indices, batch_sizes } = pack(lengths);
    const falls = sorted_indices.every((b, k) => b === k);
    title.textContent = `Batch ${now.at + 1} packed: at each step only the sentences that are still running`;
    call.textContent = `pack_padded_sequence(x, lengths=[${lengths.join(", ")}], enforce_sorted=${falls ? "True" : "False"})`;
    text.textContent =
      `batch_sizes = [${batch_sizes.join(", ")}], sorted_indices = [${sorted_indices.join(", ")}], unsorted_indices = [${unsorted_indices.join(", ")}]; ` +
      `data holds ${count.words} rows of x, column after column. ` +
      (falls
        ? "The lengths never rise from row to row, so enforce_sorted=True takes them as they are."
        : "The lengths rise somewhere, so enforce_sorted=True would raise an error; False sorts them, and puts h_n back into your order.");
    image.setAttribute("aria-label", `Sentences from the longest: ${sorted_indices.map((b) => now.batch.rows[b] + 1).join(", ")}. Still running at each step: ${batch_sizes.join(", ")}.`);
    draw();
  };
  return { node, update, stop };
}

/** @param {SVGElement} image @param {View} view @param {Network} network @param {number} width */
function draw_columns(image, { batch, batches, reading, place }, network, width) {
  const { narrow, left, column, gap, font, letters } = plan(width, Math.max(...batches.map(({ T }) => T)));
  const { sorted_indices, batch_sizes } = pack(batch.lengths);
  const row = 24;
  const foot = row * batch.rows.length + 4;
  const texts = [];
  const tint = sorted_indices.indexOf(batch.rows.indexOf(place));
  let d = "";
  sorted_indices.forEach((b, k) => {
    const sentence = batch.rows[b];
    const chosen = sentence === place;
    texts.push(svg("text", { x: 2, y: row * k + 18, "font-weight": chosen ? 700 : 400 }, `${chosen ? "▸" : ""}${sentence + 1}`));
    const words = Array.from({ length: batch.lengths[b] }, (_, t) => {
      const unknown = batch.ids[b][t] === network.unk ? { "font-style": "italic" } : {};
      const soft = batch.ids[b][t] === network.eos ? { class: "pad-faint" } : {};
      return svg("tspan", { x: (left + column * t + (column - gap) / 2).toFixed(1), ...soft, ...unknown }, token_text(network, reading.words[sentence], t, letters));
    });
    texts.push(svg("text", { y: row * k + 17, "text-anchor": "middle", "font-size": font }, ...words));
  });
  batch_sizes.forEach((size, t) => {
    const x = left + column * t;
    d += box(x, 2, column - gap, row * size);
    for (let k = 1; k < size; k++) d += `M${x.toFixed(1)} ${2 + row * k}h${(column - gap).toFixed(1)}`;
    texts.push(svg("text", { x: x + (column - gap) / 2, y: foot + 14, "text-anchor": "middle", "font-weight": 700, "data-name": `batch_sizes[${t}]`, "data-value": size }, size));
  });
  texts.push(svg("text", { x: 0, y: foot + 30, class: "rnn-soft" }, `↑ batch_sizes${narrow ? "" : ": how many are still running at each step"}`));
  resize(image, width, foot + 38);
  const length = batch.lengths[batch.rows.indexOf(place)];
  const band = { x: 0, y: row * tint + 2, width: left + column * length - gap, height: row, fill: "var(--rnn-tint)" };
  image.replaceChildren(svg("rect", band), svg("path", { d, stroke: "var(--rnn-edge)", fill: "none" }), ...texts);
}

// ---- final states ------------------------------------------------------------------------------------------------

/** Final states of the chosen batch: how far each is from the state of its sentence alone. */
function final_states() {
  const { node: list, fill } = table("", ["sentence", "<pad>", "off by, padded", "cosine, padded", "off by, packed"]);
  const text = h("p", {});
  const node = h("div", { class: "rnn-stack pad-part pad-final" }, h("div", {}, h("p", { class: "rnn-subtitle" }, "Final encoder states"), list), text);
  const caption = list.querySelector("caption");
  const update = ({ batch, at, row, place, set, reading }) => {
    const { off, cosine } = batch.states;
    caption.textContent = `Batch ${at + 1}: distance of each final state from that of the sentence read alone. As set, h_n is ${set.pack ? "packed" : "padded"}.`;
    list.setAttribute("aria-label", caption.textContent);
    fill(
      batch.rows.map((sentence, b) => [
        `${sentence === place ? "▸" : ""}${sentence + 1}: ${shortened(reading.words[sentence].join(" "), 24)}`,
        String(batch.T - batch.lengths[b]),
        { text: show(off.padded[b], 4), name: `off.padded[${sentence + 1}]`, value: off.padded[b] },
        { text: show(cosine[b], 3), name: `cosine[${sentence + 1}]`, value: cosine[b] },
        { text: off.packed[b] ? show(off.packed[b], 4) : "0", name: `off.packed[${sentence + 1}]`, value: off.packed[b] },
      ]),
    );
    list.querySelectorAll("tbody tr").forEach((tr, b) => tr.classList.toggle("pad-own", b === row));
    list.querySelectorAll("tr").forEach((tr) => [...tr.cells].forEach((cell, j) => cell.classList.toggle("pad-set", set.pack ? j === 4 : j === 2 || j === 3)));
    const padding = batch.T - batch.lengths[row];
    text.textContent = padding
      ? set.pack
        ? `Packed, sentence ${place + 1} stops at its <eos>: its ${padding} <pad> ${padding === 1 ? "is" : "are"} not computed, and h_n is the state of the sentence alone.`
        : `Padded, h_n of sentence ${place + 1} is taken ${padding} ${padding === 1 ? "step" : "steps"} after its <eos>. The sentence is the same, so is the network; only its neighbours in the batch decide how far.`
      : `No padding stands behind sentence ${place + 1}: nothing to spoil.`;
  };
  return { node, update };
}

/** The chosen sentence's states as bars, and how far the state goes with each padding. @param {Network} network */
function drift(network) {
  const image = svg("svg", { role: "img", class: "pad-states" });
  const steps = svg("svg", { role: "img", class: "pad-drift" });
  const title = h("p", { class: "rnn-subtitle" });
  const text = h("p", { class: "rnn-subtitle" });
  const left = h("div", {}, title, image);
  const right = h("div", {}, text, steps);
  const node = h("div", { class: "rnn-pair pad-part" }, left, right);
  let view = null;
  const fits = [fit(left, (width) => view && draw_states(image, view, width), 320), fit(right, (width) => view && draw_drift(steps, view, width), 320)];
  const update = (now) => {
    view = now;
    const { place, batch, row } = now;
    title.textContent = `Sentence ${place + 1}: final state, ${network.cell.weight_hh[0].length} units`;
    const padding = batch.T - batch.lengths[row];
    text.textContent = padding ? `How far it is off after each <pad>` : `No <pad> behind this sentence`;
    right.hidden = !padding;
    for (const { draw } of fits) draw();
  };
  return { node, update, stop: () => fits.forEach(({ stop }) => stop()) };
}

const WAYS = ["alone", "padded", "packed"];

/** One strip of bars for each way of reading. @param {SVGElement} image @param {View} view @param {number} width */
function draw_states(image, { batch, row, set }, width) {
  const [tall, first] = [40, 62];
  const strips = WAYS.map((way, k) => {
    const state = batch.states.final[way][row];
    const y = tall * k;
    const step_ = (width - first) / state.length;
    const middle = y + tall / 2;
    const marks = state.map((v, j) => svg("rect", { x: first + step_ * (j + 0.15), y: v > 0 ? middle - v * 16 : middle, width: step_ * 0.7, height: Math.max(0.5, Math.abs(v) * 16), fill: v > 0 ? "var(--rnn-c)" : "var(--rnn-a)", "data-name": `${way}[${j + 1}]`, "data-value": v }));
    const chosen = way === (set.pack ? "packed" : "padded");
    return svg(
      "g",
      {},
      svg("text", { x: 0, y: middle + 4, "font-weight": chosen ? 700 : 400 }, `${chosen ? "▸" : ""}${way}`),
      svg("path", { d: `M${first} ${middle}H${width}`, stroke: "var(--rnn-edge)" }),
      ...marks,
    );
  });
  resize(image, width, tall * 3);
  const text = WAYS.map((way) => `${way}: ${batch.states.final[way][row].map((v) => show(v, 2)).join(", ")}`).join("; ");
  image.setAttribute("aria-label", `Units of the final state, bars up where positive. ${text}.`);
  image.replaceChildren(...strips);
}

/** A bar for each padding: the state's distance from the one at the sentence's end. @param {SVGElement} image @param {View} view */
function draw_drift(image, { batch, row }, width) {
  const length = batch.lengths[row];
  const own = batch.states.final.alone[row];
  const off = batch.states.output.padded[row].slice(length).map((state) => distance(state, own));
  const tall = 120;
  const most = Math.max(...off, 1e-9);
  const step_ = Math.min(48, width / Math.max(1, off.length));
  const [base, room] = [tall - 18, tall - 36];
  const bars = off.map((v, k) => {
    const size = (room * v) / most;
    const x = step_ * (k + 0.5);
    return svg(
      "g",
      {},
      svg("rect", { x: x - step_ * 0.35, y: base - size, width: step_ * 0.7, height: Math.max(0.5, size), fill: "var(--rnn-b)" }),
      svg("text", { x, y: base - size - 4, "text-anchor": "middle", "data-name": `drift[${k + 1}]`, "data-value": v, class: "pad-small" }, show(v, 2)),
      svg("text", { x, y: tall - 4, "text-anchor": "middle", class: "rnn-soft" }, k + 1),
    );
  });
  resize(image, width, tall);
  image.setAttribute("aria-label", `Distance from the sentence’s own final state after each padding: ${off.map((v) => show(v, 2)).join(", ")}.`);
  image.replaceChildren(svg("path", { d: `M0 ${base}H${step_ * off.length}`, stroke: "var(--rnn-edge)" }), ...bars);
}

// ---- the loss ----------------------------------------------------------------------------------------------------

/** Both means, and where each pushes the bias of `<pad>`. */
function losses() {
  const make = (name, expression, names, about) => {
    const made = formula(expression, names, about);
    made.node.dataset.name = name;
    return made;
  };
  const share = (a, sum, count) => a.div(sum, count);
  const mean = (a, words, padding, n, m) => a.div(a.add(words, padding), a.add(n, m));
  const slope = (a, words, padding, n, m) => a.div(a.sub(a.add(words, padding), m), a.add(n, m));
  const parts = {
    masked: make("loss.masked", share, ["S_words", "N_words"], { result: "L_masked", label: "masked: over the words (ignore_index)" }),
    averaged: make("loss.averaged", mean, ["S_words", "S_pad", "N_words", "N_pad"], { result: "L_all", label: "averaged over padding too" }),
    masked_slope: make("slope.masked", share, ["P_words", "N_words"], { result: "dL_masked / db_pad" }),
    averaged_slope: make("slope.averaged", slope, ["P_words", "P_pad", "N_words", "N_pad"], { result: "dL_all / db_pad" }),
  };
  const pushes = h("p", {});
  const node = h("div", { class: "rnn-stack pad-part pad-losses" }, [
    h("p", { class: "rnn-subtitle" }, "The loss of this batch, in nats"),
    h("div", { class: "pad-means" }, parts.masked.node, parts.averaged.node),
    h("div", {}, h("p", { class: "rnn-soft" }, "S sums losses, N counts cells. Their derivative by the bias of <pad>; P sums the probabilities of <pad>:"), parts.masked_slope.node, parts.averaged_slope.node),
    pushes,
  ]);
  const update = ({ batch, set }) => {
    const { words: n, padding: m } = batch.count;
    const { loss_words, loss_padding, pad_words, pad_padding } = sums(batch, batch.scored);
    parts.masked.update(loss_words, n);
    parts.averaged.update(loss_words, loss_padding, n, m);
    parts.masked_slope.update(pad_words, n);
    const up = parts.averaged_slope.update(pad_words, pad_padding, n, m) < 0;
    parts.masked.node.classList.toggle("pad-set", set.mask);
    parts.averaged.node.classList.toggle("pad-set", !set.mask);
    const moves = up ? "up: the network learns to say <pad>, and each word pays for it" : "down, for <pad> is foretold more often than it comes";
    pushes.textContent =
      (m ? `Gradient descent goes against the sign. Averaged over padding, it moves the bias of <pad> ${moves}. Masked, it moves it down. ` : "No padding in this batch: both means are the same. ") +
      `${set.mask ? "Masked" : "Averaged over padding"} is set.`;
  };
  return { node, update };
}

const STYLES = `
.rnn-live .pad-notes:not(:empty) { margin-top: 0.375rem; overflow-wrap: anywhere; }
.rnn-live .pad-shown { gap: 1.5rem; }
.rnn-live .pad-shown[hidden], .rnn-live .pad-part [hidden] { display: none; }
.rnn-live .pad-toggles { display: grid; gap: 0.125rem; align-content: start; }
.rnn-live .pad-text textarea { line-height: 1.45; }
.rnn-live .pad-row { cursor: pointer; }
.rnn-live .pad-frame { pointer-events: none; }
.rnn-live .pad-packed .pad-read { display: none; }
.rnn-live .pad-part svg text[font-size="10"] { font-size: 10px; }
.rnn-live .pad-part svg text[font-size="11"] { font-size: 11px; }
.rnn-live .pad-part svg text.pad-loss { font-size: 10px; fill: var(--rnn-soft); }
.rnn-live .pad-part svg .pad-faint { fill: var(--rnn-soft); }
.rnn-live .pad-part svg text.pad-small { font-size: 11px; }
.rnn-live .pad-call { margin-top: 0.5rem; overflow-wrap: anywhere; }
.rnn-live .pad-call code { color: inherit; background: var(--rnn-panel); border: 0; border-radius: 4px; padding: 0.125rem 0.375rem; font-size: 0.8125rem; }
.rnn-live .pad-final { gap: 0.5rem; }
.rnn-live .pad-final :is(thead th, caption) { white-space: normal; }
.rnn-live .pad-final tbody th { font-weight: inherit; white-space: normal; overflow-wrap: anywhere; min-width: 4rem; }
.rnn-live .pad-final :is(th, td) { padding-right: 0.375rem; }
.rnn-live .pad-own { background: var(--rnn-tint); font-weight: 700; }
.rnn-live .pad-final :is(td, th).pad-set { text-decoration: underline; text-underline-offset: 3px; }
.rnn-live .pad-losses { gap: 0.625rem; }
.rnn-live .pad-means .pad-set { border-left: 3px solid var(--rnn-accent); padding-left: 0.625rem; }
.rnn-live .pad-number { color: var(--rnn-ink); font-weight: 600; }
`;
