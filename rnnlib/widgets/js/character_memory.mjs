/** Character memory: which of the characters read before a prediction it hangs on, by gradient and by replacement. */
import {
  argmax,
  carried_back,
  first_steps,
  follow_path,
  foretold_change,
  input_gradients,
  next_logits,
  norm,
  probabilities,
  project_input,
  read_characters,
  remembering_model,
  replaced_path,
  score_gradient,
  score_of,
  weighted_mean,
  zeros,
} from "./core.mjs";
import { label, line, resize, svg } from "./svg.mjs";
import {
  assign, choice, disclosure, fit, formula, frame, h, power_of_ten, predict, presets, range, redraw, say_later, show, table,
  text_field,
} from "./ui.mjs";
import { load_weights, unpack, when_near } from "./weights.mjs";

/**
 * @typedef {import("./ui.mjs").Model} Model
 * @typedef {import("./core.mjs").Rememberer} Rememberer
 * @typedef {{characters: string, reader: Rememberer, neutral: Record<string, {x: number[], gi: number[]}>}} Network
 *   `neutral`: what is put in a character's place, embedded and projected
 * @typedef {Object} Reading a text that was read
 * @property {string[]} read the characters that are known @property {number[]} ids
 * @property {import("./core.mjs").Trace} trace @property {Record<string, import("./core.mjs").Path[]>} paths
 * @typedef {Object} View one prediction and what it hangs on; lists over the n characters, null where not yet computed
 * @property {number} place how many characters come before @property {number[]} logits @property {number} target
 * @property {boolean} actual @property {number} score @property {number[]} sizes @property {number[]} foretold
 * @property {(number | null)[]} changes
 */

const SETTINGS = ["text", "cell", "t", "target", "measure", "replacement"];
const STORED = "character_models";
const FIRST_MS = 3; // from a move to the end of the first slice of replaced readings, the gradient counted
const SLICE_MS = 8; // how long the page waits for one of the others
const PROGRESS_MS = 120; // between drawings while they go on
const CELLS = { rnn: "RNN", gru: "GRU", lstm: "LSTM" };
const MEASURES = { logit: "logit", log_p: "log-probability" };

export default { render };

/** @param {{model: Model, el: HTMLElement}} host @returns {() => void} */
function render({ model, el }) {
  const { root, body, note, say } = frame(model, el, {
    title: "Character memory",
    question: "How many of the characters that it has read does a network’s next prediction hang on?",
  });
  const parts = [passage(model), rows(model), readout(), arithmetic(), numbers()];
  const [text, bars, told, worked, listed] = parts;
  const unknown = h("p", { class: "rnn-soft memory-unknown", role: "status" });
  body.append(
    h("style", {}, STYLES),
    ask(),
    h("div", { class: "rnn-stack" }, preset_buttons(model, say), note),
    h("div", { class: "rnn-columns" }, [
      h("div", { class: "rnn-stack" }, h("div", {}, text_field(model, { label: "your text", name: "text", rows: 3 }), unknown), text.node),
      controls(model),
    ]),
    bars.node,
    h("div", { class: "rnn-pair" }, told.node, worked.node),
    listed.node,
    card(model),
  );
  const tell = say_later(say);
  const memory = remember(model, (state) => {
    const view = look(model, state);
    root.querySelector(".rnn-body").setAttribute("aria-busy", String(Boolean(view.busy)));
    for (const part of parts) part.update(view);
    if (view.done) tell(summary(view));
  });
  const stop_watching = when_near(root, memory.load);
  const stop = redraw(model, SETTINGS, () => {
    unknown.textContent = left_out(model);
    memory.update();
  });
  return () => [stop, stop_watching, memory.stop, bars.stop].forEach((end) => end());
}

// ---- reading, and reading with one character replaced ------------------------------------------------------------

/** What of a text the models can read, and what they do not know. @param {string} text @param {string} characters */
export function readable(text, characters) {
  const all = [...text];
  const read = all.filter((c) => characters.includes(c));
  return { read, unknown: [...new Set(all)].filter((c) => !characters.includes(c)) };
}

/** One of the stored models, ready to read. @param {"rnn" | "gru" | "lstm"} kind @returns {Network} */
export function network_of({ characters, counts, models }, kind) {
  const reader = remembering_model(kind, unpack(models[kind]));
  const projected = (x) => ({ x, gi: project_input(x, reader.cell.weight_ih, reader.cell.bias_ih) });
  const space = reader.embedding[characters.indexOf(" ")];
  return { characters, reader, neutral: { mean: projected(weighted_mean(reader.embedding, counts)), space: projected(space) } };
}

/** Read a text once. @param {Network} network @returns {Reading} */
export function read_text({ characters, reader }, text) {
  const { read } = readable(text, characters);
  const ids = read.map((c) => characters.indexOf(c));
  return { read, ids, trace: read_characters(reader, ids), paths: { mean: [], space: [] } };
}

/**
 * The prediction of character t, and its gradient by every character's embedding; characters from the predicted one
 * on have not been read, so theirs is 0. @param {Network} network @param {Reading} reading @returns {View}
 */
export function look_back({ reader, neutral }, { ids, trace }, { t, target, measure, replacement }) {
  const place = Math.min(t - 1, ids.length);
  const logits = next_logits(reader, trace.h[place]);
  const actual = target === "actual" && place < ids.length;
  const id = actual ? ids[place] : argmax(logits);
  const log_p = measure === "log_p";
  const dh = score_gradient(reader, logits, id, log_p);
  const gradients = input_gradients(reader.cell, first_steps(trace, place), dh);
  const { x } = neutral[replacement];
  const rest = zeros(ids.length - place);
  return {
    place, logits, actual, log_p, gradients, target: id, score: score_of(logits, id, log_p), replacement,
    sizes: [...gradients.map(norm), ...rest],
    foretold: [...gradients.map((g, j) => foretold_change(g, trace.x[j], x)), ...rest],
    changes: [...Array(place).fill(null), ...rest],
  };
}

/**
 * The change of the score when character j, before the predicted one, is replaced. What was read on before is kept.
 * @param {Network} network @param {Reading} reading @param {View} view @param {number} j from 0
 */
export function change_at({ reader, neutral }, { ids, trace, paths }, { replacement, place, target, log_p, score }, j) {
  const known = paths[replacement];
  known[j] ??= replaced_path(reader, trace, j, neutral[replacement].gi);
  return score_of(next_logits(reader, follow_path(reader, known[j], ids, place)), target, log_p) - score;
}

/**
 * Keeps the view up to date: the gradient at once, the changes in slices, so that the page never waits.
 * @param {Model} model @param {(state: {reading?: Reading, view?: View, loading?: boolean, problem?: string}) => void} draw
 */
function remember(model, draw) {
  const initial = key_of(model, SETTINGS);
  const networks = {};
  let stored = null;
  let loading = false;
  let reading = null;
  let key = "";
  let timer = 0;
  function load() {
    if (loading) return;
    loading = true;
    load_weights(model, STORED).then(
      (weights) => {
        stored = weights;
        update();
      },
      (error) => draw({ problem: error.message }),
    );
    update();
  }
  function update() {
    const end = performance.now() + FIRST_MS;
    clearTimeout(timer);
    const changed = key_of(model, SETTINGS) !== initial;
    if (!stored && changed) load();
    if (!stored) return draw({ loading, changed });
    const kind = model.get("cell");
    const network = (networks[kind] ??= network_of(stored, kind));
    const now = key_of(model, ["text", "cell"]);
    if (key !== now) [key, reading] = [now, read_text(network, model.get("text"))];
    if (!reading.ids.length) return draw({ reading });
    const view = look_back(network, reading, settings_of(model));
    replace_some(network, view, view.place, 0, end);
  }
  /** @param {number} last the characters before this one are still to be replaced, the nearest first */
  function replace_some(network, view, last, drawn, end = performance.now() + SLICE_MS) {
    let j = last;
    while (j > 0 && performance.now() < end) view.changes[--j] = change_at(network, reading, view, j);
    const time = performance.now();
    const due = j === 0 || time - drawn > PROGRESS_MS;
    if (due) draw({ reading, view });
    if (j > 0) timer = setTimeout(replace_some, 0, network, view, j, due ? time : drawn);
  }
  return { update, load, stop: () => clearTimeout(timer) };
}

const settings_of = (model) => Object.fromEntries(SETTINGS.map((name) => [name, model.get(name)]));
const key_of = (model, names) => JSON.stringify(names.map((name) => model.get(name)));

// ---- what is shown -----------------------------------------------------------------------------------------------

/** Everything that is shown; before the weights are there, the numbers that the page came with. @param {Model} model */
function look(model, { reading, view, loading, changed, problem }) {
  const { characters, example, share } = model.get("payload");
  const settings = settings_of(model);
  const { read } = readable(settings.text, characters);
  const place = Math.min(settings.t - 1, read.length);
  const ended = settings.target === "actual" && place === read.length;
  const basic = { ...settings, characters, read, share, place, ended };
  if (problem) return { ...basic, problem, done: true };
  if (!read.length) return { ...basic, done: true };
  if (!reading && (changed || !example)) return { ...basic, waiting: true, busy: true };
  if (!reading) return { ...basic, ...example, example: true, busy: loading };
  const done = view.changes.every((v) => v !== null);
  const p = probabilities(view.logits);
  const order = p.map((_, k) => k).sort((a, b) => p[b] - p[a] || a - b);
  return { ...basic, ...view, ...strongest(view, share), p, order, done, busy: !done };
}

/** How far back either measure reaches, and which character changes the score most. @param {View} view */
export function strongest({ sizes, changes, place }, share) {
  const amounts = changes.slice(0, place).map(Math.abs); // null counts 0
  const carried = { gradient: carried_back(sizes.slice(0, place), share), change: carried_back(amounts, share) };
  return { carried, most: argmax(amounts) };
}

/** A character as it is printed: the invisible ones by name. @param {string} c */
const name_of = (c) => ({ " ": "space", "\n": "line break" })[c] ?? c;
const quoted = (c) => (name_of(c) === c ? `“${c}”` : `the ${name_of(c)}`);
/** The same where each has one column. @param {string} c */
const sign_of = (c) => ({ " ": "␣", "\n": "↵" })[c] ?? c;

const exact = (v, digits = 4) => (v !== 0 && Math.abs(v) < 0.01 ? power_of_ten(v, 3).replace("-", "−") : show(v, digits));

function summary({ problem, read, cell, place, carried, p, target, characters }) {
  if (problem) return `The models could not be loaded: ${problem}.`;
  if (!read.length) return "Nothing to read.";
  const { gradient, change } = carried;
  const scope = `The last ${gradient.count} of ${place} characters carry 90 % of the gradient, the last ${change.count} 90 % of the changes`;
  return `${CELLS[cell]}, character ${place + 1}: ${quoted(characters[target])} has p = ${show(p[target], 3)}. ${scope}.`;
}

/** Which characters of the text the models do not know. @param {Model} model */
function left_out(model) {
  const { characters } = model.get("payload");
  const { read, unknown } = readable(model.get("text"), characters);
  const count = `the ${[...characters].length} characters that the models know`;
  const names = unknown.map((c) => `“${c}”`).join(", ");
  const missing = unknown.length ? `Not among ${count}, so left out: ${names}. ` : "";
  const { longest } = model.get("controls").text;
  const full = [...model.get("text")].length >= longest ? `The text is full: ${longest} characters are the most. ` : "";
  return missing + full + (read.length ? "" : "There is nothing to read: type at least one letter.");
}

// ---- prompt, settings to try, controls ---------------------------------------------------------------------------

const ask = () =>
  predict("You replace each of the earlier characters in turn. Is the one with the largest gradient also the one that changes the prediction most?", [
    { text: "always", feedback: "A gradient tells what a tiny step does. A replaced character is a large step, and gates bend and close on the way. Compare the two rows." },
    { text: "often, but far from always", right: true, feedback: "In text that these models had not read, both name the same character in some three to five of ten places. A replaced character is a large step, and on its way slopes change. Press “steep, but idle”." },
    { text: "never", feedback: "For the character just before the prediction both are often large. Move along the text and see how often they agree." },
  ]);

const AS_IS = { target: "actual", measure: "logit", replacement: "mean" };
const SPEECH = { ...AS_IS, text: '"My father said he would write before the first frost," said Ada.', t: 55 };

/** @param {Model} model @param {(text: string) => void} say */
const preset_buttons = (model, say) =>
  presets(model, "Texts to try", [
    {
      label: "an open quotation mark", values: { ...SPEECH, cell: "gru" },
      says: "The GRU is to close the speech. The mark that opened it, 54 characters back, still counts: replaced, it takes 0.87 off the logit.",
    },
    {
      label: "the same, RNN", values: { ...SPEECH, cell: "rnn" },
      says: "The plain RNN has forgotten that a speech was opened: replacing that mark changes its logit by less than 0.0001.",
    },
    {
      label: "the same, LSTM", values: { ...SPEECH, cell: "lstm" },
      says: "This LSTM forgot it too. Gates can store for long; whether they do, training decides.",
    },
    {
      label: "steep, but idle", values: { ...AS_IS, text: "In the tower stood Mr. Crake.", cell: "rnn", t: 26 },
      says: "RNN, after “Mr. Cr”: the largest gradient is that of “r”, whose replacement changes 0.02. The space before the name changes 3.",
    },
    {
      label: "inside a word", values: { ...AS_IS, text: "She went up into the lighthouse.", cell: "gru", t: 31 },
      says: "The last letter of “lighthouse”: nearly all that counts is the word itself.",
    },
    {
      label: "strange signs", values: { ...AS_IS, text: "Zoë paid 7 € to Captain Garrow.", cell: "gru", t: 26 },
      says: "What the models have never seen is named below the text and left out.",
    },
  ], say);

/** @param {Model} model */
function controls(model) {
  return h("div", { class: "rnn-stack memory-controls" }, [
    choice(model, { label: "network", name: "cell", texts: CELLS }),
    choice(model, { label: "whose score", name: "target", texts: { actual: "in the text", likeliest: "the likeliest" } }),
    choice(model, { label: "score", name: "measure", texts: MEASURES }),
    choice(model, { label: "replaced by", name: "replacement", texts: { mean: "mean embedding", space: "a space" } }),
  ]);
}

// ---- the text ----------------------------------------------------------------------------------------------------

/** The text that was read, each character shaded by its change; one is chosen by pressing it, or with the range. */
function passage(model) {
  const text = h("div", { class: "memory-text", tabindex: "0", role: "region", "aria-label": "The text as it was read" });
  const message = h("p", { class: "rnn-soft" });
  const key = h("p", { class: "rnn-soft" }, "The darker a character, the more its replacement changes the score of the framed one. Characters in grey have not been read.");
  text.addEventListener("click", (event) => {
    const place = [...text.childNodes].indexOf(event.target);
    if (place >= 0) assign(model, { t: Math.max(2, place + 1) });
  });
  const count = () => readable(model.get("text"), model.get("payload").characters).read.length;
  const at = range(model, {
    label: "character to predict", name: "t", max: () => Math.max(2, count() + 1), on: ["text"],
    format: (v) => (v > count() ? `${Math.max(2, count() + 1)}, after the end` : `${v} of ${count()}`),
  });
  const update = ({ read, place, changes, problem, waiting }) => {
    const most = changes ? Math.max(...changes.map(Math.abs)) || 1 : 1;
    const nodes = read.map((c, j) => {
      if (j === place) return h("mark", {}, c);
      if (j > place) return h("span", { class: "memory-later" }, c);
      return h("span", { style: `--share: ${changes ? Math.round(100 * Math.sqrt(Math.abs(changes[j] ?? 0) / most)) : 0}%` }, c);
    });
    const end = place === read.length && read.length ? [h("mark", { "aria-label": "the next character" }, "\u00a0")] : [];
    text.replaceChildren(...nodes, ...end);
    message.textContent = problem ? `The models could not be loaded: ${problem}.` : waiting ? "The models are being loaded." : "";
  };
  return { node: h("div", { class: "rnn-stack" }, h("div", {}, text, message, key), at), update };
}

// ---- two rows of bars --------------------------------------------------------------------------------------------

const [CELL, UP, LETTERS, DOWN, GAP] = [12, 36, 26, 44, 18];

/** Gradient above and change below, aligned with the characters, on as many lines as it takes. */
function rows() {
  const image = svg("svg", { role: "img" });
  const largest = h("span");
  const widest = h("span");
  const legend = h("div", { class: "rnn-soft memory-legend" }, [
    h("p", {}, h("i", { class: "memory-key-a" }), "above each character: norm of the gradient by its embedding; ", largest),
    h("p", {}, h("i", { class: "memory-key-c" }), "below: change of the score when it is replaced, a bar downwards where the score falls; ", widest),
    h("p", {}, "The line along the characters, over and under them, marks the last ones that together carry 90 %."),
  ]);
  const node = h("div", {}, h("p", { class: "rnn-subtitle" }, "What a tiny step would do, and what each character does"), legend, image);
  let view = null;
  const { draw, stop } = fit(node, (width) => view && draw_rows(image, view, width));
  const update = (now) => {
    view = now.sizes ? now : null;
    node.hidden = !view;
    if (!view) return image.replaceChildren();
    const { sizes, changes, place, read } = view;
    const most = changes.reduce((best, v, j) => (Math.abs(v) > Math.abs(changes[best]) ? j : best), 0);
    const steepest = argmax(sizes);
    largest.textContent = `the tallest bar is ${exact(sizes[steepest], 3)}`;
    widest.textContent = `the longest bar is ${exact(changes[most] ?? 0, 3)}`;
    const named = (j) => `${quoted(read[j])}, ${place - j} back`;
    image.setAttribute("aria-label", `Two rows of bars over ${read.length} characters. Largest gradient: ${named(steepest)}. Largest change: ${named(most)}. All numbers stand in the table below.`);
    draw();
  };
  return { node, update, stop };
}

/**
 * Lines of at most so many characters, cut after spaces and, where a word is longer than a line, in it; a line break
 * ends one. One column is kept for what follows the end. @param {string[]} read @returns {[number, number][]} from, to
 */
export function lines_of(read, columns) {
  const lines = [];
  let [start, cut] = [0, 0];
  for (const [j, c] of [...read, "end"].entries()) {
    if (j - start >= columns) {
      const end = cut > start ? cut : j;
      lines.push([start, end]);
      start = end;
    }
    if (c === " " || c === "\n") cut = j + 1;
    if (c === "\n") {
      lines.push([start, cut]);
      start = cut;
    }
  }
  return [...lines, [start, read.length]];
}

/** @param {SVGElement} image @param {View} view @param {number} width */
function draw_rows(image, view, width) {
  const { read, sizes, changes, place, carried, example } = view;
  const lines = lines_of(read, Math.max(10, Math.floor(width / CELL)));
  const height = UP + LETTERS + DOWN + GAP;
  const largest = Math.max(...sizes) || 1;
  const [low, high] = [Math.min(0, ...changes), Math.max(0, ...changes)];
  const scale = DOWN / (high - low || 1);
  resize(image, width, lines.length * height - GAP);
  const named = (name, value) => (example || value === null ? {} : { "data-name": name, "data-value": value });
  const draw_character = (j, x, top) => {
    const size = (UP - 2) * (sizes[j] / largest);
    const change = (changes[j] ?? 0) * scale;
    const bar = { x: x + 2, width: CELL - 4 };
    const zero = top + UP + LETTERS + high * scale;
    const faint = j > place || read[j] === " " || read[j] === "\n" ? " rnn-soft" : "";
    return [
      svg("rect", { ...bar, y: top + UP - 2 - size, height: size, fill: "var(--rnn-a)", ...named(`gradient[${j + 1}]`, sizes[j]) }),
      svg("rect", { ...bar, y: zero - Math.max(0, change), height: Math.abs(change), fill: "var(--rnn-c)", ...named(`change[${j + 1}]`, changes[j]) }),
      label(x + CELL / 2, top + UP + 17, sign_of(read[j]), { "text-anchor": "middle", class: `memory-letter${faint}` }),
    ];
  };
  const draw_line = ([from, to], k) => {
    const top = k * height;
    const zero = top + UP + LETTERS + high * scale;
    const column = (j) => (j - from) * CELL;
    const nodes = [line(0, zero, column(to), zero, "var(--rnn-edge)")];
    for (let j = from; j < to; j++) nodes.push(...draw_character(j, column(j), top));
    if (place >= from && (place < to || k === lines.length - 1)) nodes.push(frame_at(column(place), top + UP + 3));
    const reach = (count, y, colour) => {
      const [first, last] = [Math.max(from, place - count), Math.min(to, place)];
      return first < last ? [line(column(first) + 1, y, column(last) - 1, y, colour, { "stroke-width": 2 })] : [];
    };
    if (carried) nodes.push(...reach(carried.gradient.count, top + UP + 1, "var(--rnn-a)"), ...reach(carried.change.count, top + UP + LETTERS - 3, "var(--rnn-c)"));
    return nodes;
  };
  image.replaceChildren(...lines.flatMap(draw_line));
}

/** The frame of the predicted character. */
const frame_at = (x, y) =>
  svg("rect", { x, y, width: CELL, height: LETTERS - 7, rx: 2, fill: "none", stroke: "var(--rnn-accent)", "stroke-width": 2 });

// ---- numbers -----------------------------------------------------------------------------------------------------

/** What is predicted, and how far back either measure reaches. */
function readout() {
  const node = h("div", { class: "rnn-stack memory-readout" });
  const value = (name, v, text) => h("strong", { "data-name": name, "data-value": String(v) }, text);
  const update = (view) => {
    node.hidden = !view.p;
    if (!view.p) return node.replaceChildren();
    const { place, p, target, ended, order, characters, carried, score, measure } = view;
    const rank = order.indexOf(target) + 1;
    const after = ended ? "After the end of the text nothing stands, so this is the likeliest. " : "";
    node.replaceChildren(
      h("p", { class: "rnn-subtitle" }, `Character ${place + 1}: ${quoted(characters[target])}`),
      h("p", {}, after, "p = ", value("p", p[target], show(p[target], 4)), `, rank ${rank}`, rank > 1 ? `; the likeliest is ${quoted(characters[order[0]])} with ${show(p[order[0]], 3)}` : "", "."),
      h("p", {}, `Its ${MEASURES[measure]}: `, value("score", score, show(score, 4)), "."),
      h("p", {}, "The last ", value("carried.gradient", carried.gradient.count, String(carried.gradient.count)), ` of ${place} characters carry 90 % of the gradient,`),
      h("p", {}, "the last ", value("carried.change", carried.change.count, String(carried.change.count)), ` of ${place} carry 90 % of the changes.`),
    );
  };
  return { node, update };
}

/** How a change and the shares come about. */
function arithmetic() {
  const one = formula((a, after, before) => a.sub(after, before), ["y′", "y"], { result: "Δ", number: exact });
  const shares = {
    gradient: formula((a, last, all) => a.div(last, all), ["G_last", "G"], { result: "share", number: exact, label: "Of the gradients’ norms" }),
    change: formula((a, last, all) => a.div(last, all), ["D_last", "D"], { result: "share", number: exact, label: "Of the changes’ sizes" }),
  };
  one.node.dataset.name = "most";
  for (const [name, { node }] of Object.entries(shares)) node.dataset.name = `share.${name}`;
  const title = h("p", { class: "rnn-subtitle" }, "The largest change");
  const words = h("p", { class: "rnn-soft" });
  const nothing = h("p", {}, "No replacement changes anything here.");
  const node = h("div", { class: "rnn-stack memory-lines" }, title, words, one.node, shares.gradient.node, shares.change.node, nothing);
  const update = (view) => {
    node.hidden = !view.p;
    if (!view.p) return;
    const { carried, most, place, read, score, changes, replacement, measure, characters, target } = view;
    const by = replacement === "mean" ? "the mean embedding" : "a space";
    words.textContent = `y is the ${MEASURES[measure]} of ${quoted(characters[target])}; y′ is the same after ${quoted(read[most])}, ${place - most} back, is replaced by ${by}.`;
    one.update(score + (changes[most] ?? 0), score);
    for (const [name, { node: own, update: fill }] of Object.entries(shares)) {
      const { sum, total } = carried[name];
      own.hidden = total === 0;
      if (total > 0) fill(sum, total);
      if (total === 0) own.remove();
      else if (!own.isConnected) nothing.before(own);
    }
    nothing.hidden = carried.change.total > 0;
  };
  return { node, update };
}

/** All numbers of the characters before the predicted one, the nearest first. */
function numbers() {
  const { node, fill } = table("Before the prediction, nearest first", ["back", "character", "gradient norm", "foretold change", "change"]);
  node.classList.add("rnn-tall");
  const about = h("p", { class: "rnn-soft" },
    "Gradient norm: the Euclidean norm of the score’s derivative by the character’s embedding. Foretold change: that derivative times the step to " +
    "the replacement’s embedding, what a straight line would give. Change: what the network gives when it reads the text with the replacement.");
  const details = disclosure("All numbers", about, node);
  let view = null;
  const write = () => {
    if (!view) return fill([]);
    if (!details.open) return;
    const row = (_, k) => {
      const j = view.place - 1 - k;
      const cell = (name, v) => (v === null ? "…" : { text: show(v, 4), name: `table.${name}[${j + 1}]`, value: v });
      return [String(k + 1), name_of(view.read[j]), cell("gradient", view.sizes[j]), cell("foretold", view.foretold[j]), cell("change", view.changes[j])];
    };
    fill(Array.from({ length: view.place }, row));
  };
  details.addEventListener("toggle", write);
  const update = (now) => {
    details.hidden = !now.p;
    view = now.p ? now : null;
    write();
  };
  return { node: details, update };
}

// ---- the model card ----------------------------------------------------------------------------------------------

/** What the models are, how they were made and how well they predict. @param {Model} model */
function card(model) {
  const about = model.get("payload").card;
  const each = (name) => Object.entries(about.models).map(([kind, own]) => `${CELLS[kind]} ${name(own)}`).join(", ");
  const rows = [
    ["networks", about.what],
    ["parameters", each(({ parameters }) => parameters)],
    ["read", `${about.characters_trained_on} characters of ${about.data}, in windows of ${about.window}`],
    ["training", `${each((own) => own.best_update)} updates; seed ${about.seed}; ${about.command}`],
    ["perplexity on what they read", each((own) => show(own.train_perplexity, 2))],
    [`perplexity on ${about.characters_validated_on} characters that they did not read`, each((own) => show(own.valid_perplexity, 2))],
    [`best n-gram (order ${about.best_ngram}) on the same characters`, show(about.best_ngram_valid_perplexity, 2)],
    ["known failures", about.failures],
    ["use", about.for],
  ];
  const entries = rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]);
  return disclosure("What these models are, and how good", h("dl", { class: "memory-card" }, entries));
}

const STYLES = `
.rnn-live .memory-text {
  white-space: pre-wrap; overflow-wrap: anywhere; padding: 0.75rem 0.875rem; min-height: 3rem;
  background: var(--rnn-panel); border-radius: 8px; font: 400 1.0625rem/1.7 Georgia, "Times New Roman", serif;
}
.rnn-live .memory-text:focus-visible { outline: 3px solid var(--rnn-accent); outline-offset: 2px; }
.rnn-live .memory-text > * { cursor: pointer; border-radius: 2px; }
.rnn-live .memory-text > span { background: color-mix(in srgb, var(--rnn-c) calc(var(--share, 0%) * 0.4), transparent); }
.rnn-live .memory-text > .memory-later { color: var(--rnn-soft); background: none; }
.rnn-live .memory-text > mark { background: none; color: inherit; outline: 2px solid var(--rnn-accent); font-weight: 700; }
.rnn-live .memory-text + .rnn-soft:empty { display: none; }
.rnn-live .memory-text ~ .rnn-soft { margin-top: 0.375rem; }
.rnn-live .memory-unknown:not(:empty) { margin-top: 0.375rem; }
.rnn-live .memory-legend { display: grid; gap: 0.25rem; margin-bottom: 0.75rem; }
.rnn-live .memory-legend i { display: inline-block; width: 0.75rem; height: 0.75rem; border-radius: 2px; margin-right: 0.5rem; vertical-align: -0.0625rem; }
.rnn-live .memory-key-a { background: var(--rnn-a); }
.rnn-live .memory-key-c { background: var(--rnn-c); }
.rnn-live svg text.memory-letter { font: 400 14px/1 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
.rnn-live .memory-readout, .rnn-live .memory-lines { gap: 0.5rem; }
.rnn-live .memory-readout .rnn-subtitle { margin: 0; }
.rnn-live .memory-card { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 2fr); gap: 0.375rem 1rem; margin: 0; font-size: 0.875rem; }
.rnn-live .memory-card dt { color: var(--rnn-soft); font-weight: 400; }
.rnn-live .memory-card dd { margin: 0; }
`;
