/** Left and right context: which words the states of a bidirectional layer have read, and what that is good for. */
import {
  both_directions, forward, largest_change, perplexity_of, probabilities, same_bits, state_around, word_scores,
} from "./core.mjs";
import { line, resize, svg } from "./svg.mjs";
import {
  assign, choice, disclosure, fit, formula, frame, h, power_of_ten, predict, presets, range, redraw, say_later, show, table, text_field,
} from "./ui.mjs";
import { load_weights, unpack, when_near } from "./weights.mjs";

/**
 * @typedef {import("./ui.mjs").Model} Model
 * @typedef {import("./core.mjs").Cell} Cell
 * @typedef {{words: string[], ids: Map<string, number>, embedding: number[][], uni: Cell, bi: [Cell, Cell],
 *   heads: {uni: Head, around: Head, at: Head}}} Network
 * @typedef {{projection: {weight: number[][], bias: number[]}, bias: number[]}} Head
 * @typedef {Object} Reading what is read @property {string[]} words T words @property {string[]} edited with the edit
 * @property {number[]} ids @property {number[]} edited_ids @property {number} place of the edited word, from 0
 * @property {string} put what stands there now, "" for a blank @property {string[]} notes what was left out or changed
 */

const SETTINGS = ["sentence", "k", "edit", "readout"];
const UNKNOWN = 0; // its id
const BLANK = "____";

export default { render };

/** @param {{model: Model, el: HTMLElement}} host @returns {() => void} */
function render({ model, el }) {
  const { root, body, note, say } = frame(model, el, {
    title: "Left and right context",
    question: "Which words has a state of a bidirectional layer read?",
  });
  const parts = [lanes(model), halves(), guesses(model), arithmetic(), slices(), perplexities()];
  const [picture, read_out, guessed, worth, summary, whole] = parts;
  const notes = h("p", { class: "rnn-soft left-notes", role: "status" });
  const shown = h("div", { class: "rnn-stack left-shown" }, [
    picture.node,
    read_out.node,
    guessed.node,
    worth.node,
    h("div", { class: "rnn-pair" }, summary.node, whole.node),
  ]);
  body.append(
    h("style", {}, STYLES),
    ask(),
    h("div", { class: "rnn-stack" }, preset_buttons(model, say), note),
    h("div", { class: "rnn-pair" }, [
      h("div", { class: "rnn-stack" }, h("div", {}, text_field(model, { label: "your sentence", name: "sentence" }), notes)),
      controls(model),
    ]),
    choice(model, { label: "read-out: states A and B", name: "readout", texts: READOUTS }),
    shown,
    card(model),
  );
  const tell = say_later(say);
  const network = when_loaded(model, update);
  function update() {
    const { ready, problem, loading } = network.state();
    shown.setAttribute("aria-busy", String(loading && !problem));
    const reading = ready && read(ready, model.get("payload").most, settings_of(model));
    shown.hidden = !reading || !reading.words.length;
    notes.textContent = problem ? `The models could not be loaded: ${problem}.` : reading ? reading.notes.join(" ") : loading ? "The models are being loaded." : "";
    if (shown.hidden) return;
    const view = look(ready, reading, model.get("readout"));
    for (const part of parts) part.update(view);
    tell(summary_of(view));
  }
  const stop_watching = when_near(root, network.load);
  const stop = redraw(model, SETTINGS, () => network.needed() && update());
  return () => [stop, stop_watching, picture.stop].forEach((end) => end());
}

const READOUTS = { around: "around k", at: "at k", last: "output[-1]", summary: "h_n" };

const settings_of = (model) => Object.fromEntries(SETTINGS.map((name) => [name, model.get(name)]));

/** The two networks, loaded when the widget comes near or a setting changes. @param {Model} model */
function when_loaded(model, done) {
  const started = JSON.stringify(settings_of(model));
  const state = { ready: null, problem: "", loading: false };
  function load() {
    if (state.loading || state.ready || state.problem) return;
    state.loading = true;
    load_weights(model, model.get("payload").stored)
      .then((stored) => (state.ready = network_of(stored)), (error) => (state.problem = error.message))
      .then(() => {
        state.loading = false;
        done();
      });
    done();
  }
  function needed() {
    if (JSON.stringify(settings_of(model)) !== started) load();
    return true;
  }
  return { load, needed, state: () => state };
}

// ---- reading -----------------------------------------------------------------------------------------------------

const WORD = /[^ \t\n\r,.;:!?"“”()]+|,/g;

/** The words in lower case, each comma a word; other punctuation only separates. @param {string} text */
export const words_of = (text) => text.toLowerCase().replaceAll("’", "'").match(WORD) ?? [];

/** @param {{words: string[], shapes: any, float16: string}} stored @returns {Network} */
export function network_of(stored) {
  const all = unpack(stored);
  const cell = (name, end) => ({
    kind: "gru",
    ...Object.fromEntries(["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map((part) => [part, all[`${name}_${part}${end}`]])),
  });
  const head = (name) => ({
    projection: { weight: all[`${name}_projection`], bias: all[`${name}_projection_bias`] },
    bias: all[`${name}_bias`],
  });
  return {
    words: stored.words,
    ids: new Map(stored.words.map((word, id) => [word, id])),
    embedding: all.embedding,
    uni: cell("uni", ""),
    bi: [cell("bi", ""), cell("bi", "_reverse")],
    heads: { uni: head("uni"), around: head("around"), at: head("at") },
  };
}

/**
 * The sentence before and after the edit, and what must be said of it.
 * @param {Network} network @param {number} most words that are read @param {{sentence: string, k: number, edit: string}} settings
 * @returns {Reading}
 */
export function read({ words: known, ids: places }, most, { sentence, k, edit }) {
  const all = words_of(sentence);
  const words = all.slice(0, most);
  const puts = words_of(edit);
  const put = puts[0] ?? "";
  const place = Math.min(k, words.length) - 1;
  const edited = words.map((word, t) => (t === place ? put : word));
  const id = (word) => places.get(word) ?? UNKNOWN;
  const unknown = [...new Set([...words, put])].filter((word) => word && !places.has(word));
  const notes = [
    !words.length && "There is no word to read: type a sentence.",
    unknown.length && `Not among the ${known.length - 1} words that the models know, so read as <unk>: ${unknown.map((word) => `“${word}”`).join(", ")}.`,
    all.length > most && `Of your ${all.length} words the first ${most} are read.`,
    words.length && k > words.length && `The sentence has no word ${k}, so its last one is taken: word ${words.length}.`,
    puts.length > 1 && `One word fits the place: “${put}” is put there.`,
    words.length && put === words[place] && "The edit is the word that stands there already: nothing changes.",
  ];
  return { words, edited, place, put, ids: words.map(id), edited_ids: edited.map(id), notes: notes.filter(Boolean) };
}

/** States of the bidirectional layer. @param {Network} network @param {number[]} ids */
export const states_of = ({ bi, embedding }, ids) => both_directions(bi, ids.map((id) => embedding[id]));

/** The three read-outs that name a word: probabilities of all words at a place. @param {Network} network @param {number[]} ids */
function guessers({ uni, embedding, heads }, ids, states) {
  const before = forward(uni, ids.map((id) => embedding[id])).h; // before[t] has read words 0 to t - 1
  const guess = ({ projection, bias }, state) => probabilities(word_scores(embedding, projection, bias, state));
  return {
    uni: (t) => guess(heads.uni, before[t]),
    around: (t) => guess(heads.around, state_around(states, t)),
    at: (t) => guess(heads.at, [...states.forward[t], ...states.backward[t]]),
  };
}

const judged = new WeakMap(); // the last sentence of each network, and its perplexities

/** The sentence's perplexity by each read-out; kept while only the place, the edit or the read-out change. */
function perplexities_of(network, ids, known, guess) {
  const sentence = ids.join();
  if (judged.get(network)?.sentence !== sentence) {
    const perplexity = Object.fromEntries(
      Object.entries(guess).map(([name, at]) => [name, known.length ? perplexity_of(known.map((t) => at(t)[ids[t]])) : NaN]),
    );
    judged.set(network, { sentence, perplexity });
  }
  return judged.get(network).perplexity;
}

/** Everything that is shown. @param {Network} network @param {Reading} reading @param {string} readout */
export function look(network, reading, readout) {
  const { ids, edited_ids, place, words } = reading;
  const before = states_of(network, ids);
  const after = states_of(network, edited_ids);
  const [plain, changed] = [guessers(network, ids, before), guessers(network, edited_ids, after)];
  const p = { uni: changed.uni(place), around: changed.around(place), at: changed.at(place) };
  const unread = Math.max(largest_change(p.uni, plain.uni(place)), largest_change(p.around, plain.around(place)));
  const known = ids.flatMap((id, t) => (id === UNKNOWN ? [] : [t]));
  const perplexity = perplexities_of(network, ids, known, plain);
  const same = {
    forward: words.map((_, t) => same_bits(before.forward[t], after.forward[t])),
    backward: words.map((_, t) => same_bits(before.backward[t], after.backward[t])),
  };
  const stands = readout === "at" && edited_ids[place] !== UNKNOWN ? edited_ids[place] : ids[place];
  const asked = stands === UNKNOWN ? likeliest(p.around) : stands;
  const cells = cells_of(readout, place, words.length);
  return { ...reading, network, readout, before, after, same, p, unread, perplexity, known: known.length, asked, cells };
}

/** The id of the likeliest word, the first of equal ones. @param {number[]} p */
const likeliest = (p) => p.indexOf(Math.max(...p));

/** All ids, the likeliest first, equal ones by their number. @param {number[]} p */
export const ranked = (p) => p.map((_, id) => id).sort((a, b) => p[b] - p[a] || a - b);

/**
 * The two states that a read-out takes: lane, place, and torch's name for the slice; a place beyond the sentence is the
 * zero state. @returns {{mark: string, lane: "forward" | "backward", t: number, name: string}[]}
 */
export function cells_of(readout, place, T) {
  const [a, b] = { around: [place - 1, place + 1], at: [place, place], last: [T - 1, T - 1], summary: [T - 1, 0] }[readout];
  const row = (t) => (readout === "last" || (readout === "summary" && t) ? -1 : t);
  const names = readout === "summary" ? ["h_n[0] = output[-1, :H]", "h_n[1] = output[0, H:]"] : [`output[${row(a)}, :H]`, `output[${row(b)}, H:]`];
  return [
    { mark: "A", lane: "forward", t: a, name: names[0] },
    { mark: "B", lane: "backward", t: b, name: names[1] },
  ];
}

/** "words 2 to 5": what a state has read. @param {string} lane @param {number} t place, from 0 @param {number} T */
export function words_read(lane, t, T) {
  const [first, last] = lane === "forward" ? [1, t + 1] : [t + 1, T];
  if (first > last) return "no word: zeros";
  return first === last ? `word ${first}` : `words ${first} to ${last}`;
}

function summary_of({ words, put, place, same, p, asked, network, readout }) {
  const lit = (lane) => same[lane].filter((good) => !good).length;
  const name = readout === "at" ? "at" : "around";
  const best = (which) => `“${network.words[likeliest(p[which])]}”, ${show(Math.max(...p[which]), 2)}`;
  const edit = put ? `“${words[place]}” became “${put}”` : `“${words[place]}” blanked`;
  return (
    `Word ${place + 1}, ${edit}: ${lit("forward")} of ${words.length} forward and ${lit("backward")} backward states changed. ` +
    `From the left ${best("uni")}; ${name === "at" ? "read at the word itself" : "from both sides"} ${best(name)}; ` +
    `“${network.words[asked]}” has ${show(p.uni[asked], 3)} and ${show(p[name][asked], 3)}.`
  );
}

// ---- prompt, settings to try, controls ---------------------------------------------------------------------------

const ask = () =>
  predict("You edit word 2 of a sentence of nine. What changes in output[-1], the layer’s output at the last word?", [
    {
      text: "both halves: it sums up the sentence",
      feedback: "Only the forward half has read word 2. Press “output[-1]” and look at B: its state has read the last word and no other.",
    },
    {
      text: "the forward half alone",
      right: true,
      feedback:
        "The backward lane starts at the last word: there it has read one word. Its summary stands at the other end, " +
        "output[0, H:]. Press “output[-1]”, then “h_n”.",
    },
    {
      text: "the backward half alone",
      feedback: "The other way round: at the last word the forward state has read all, the backward state only the last word. Press “output[-1]”.",
    },
  ]);

/** @param {Model} model @param {(text: string) => void} say */
const preset_buttons = (model, say) => presets(model, "Settings to try", PRESETS, say);

const COURSE = { sentence: "the cooking course was good from the first minute", k: 2 };
const PRESETS = [
  {
    label: "clue on the right",
    values: { ...COURSE, edit: "", readout: "around" },
    says: "“Course” stands on the right and tells what kind of word goes before it. From the left nobody can know.",
  },
  {
    label: "nothing on the left",
    values: { sentence: "everybody agreed that the hotel was clean", k: 1, edit: "", readout: "around" },
    says: "Before word 1 the forward state is zero: the unidirectional model only knows how sentences begin.",
  },
  {
    label: "clue on the left",
    values: { sentence: "i did not like the tour at all", k: 3, edit: "", readout: "around" },
    says: "“I did” asks for a “not” already: here the right side adds little.",
  },
  {
    label: "the cheat",
    values: { ...COURSE, edit: "bus", readout: "at" },
    says: "Read out at the edited word itself, the model names the edit. Empty the field: it has nothing left to read.",
  },
  {
    label: "output[-1]",
    values: { ...COURSE, edit: "bus", readout: "last" },
    says: "Word 2 was edited. B, the backward half of output[-1], is the same to the last bit: it has read the last word only.",
  },
  {
    label: "h_n",
    values: { ...COURSE, edit: "bus", readout: "summary" },
    says: "Both halves changed: output[-1, :H] and output[0, H:] have read the whole sentence.",
  },
];

/** @param {Model} model */
function controls(model) {
  const count = () => Math.max(1, Math.min(words_of(model.get("sentence")).length, model.get("payload").most));
  const word = (v) => words_of(model.get("sentence"))[v - 1] ?? "no word";
  const shown = (v) => {
    const k = Math.min(v, count());
    return `${k} of ${count()}: ${word(k)}`;
  };
  return h("div", { class: "rnn-stack" }, [
    range(model, { label: "word k", name: "k", max: count, on: ["sentence"], format: shown }),
    text_field(model, { label: "put in its place (empty: a blank)", name: "edit", rows: 1 }),
  ]);
}

// ---- the lanes ---------------------------------------------------------------------------------------------------

const ACROSS = { column: 56, widest: 96, tall: 40, tag: 18, word: 44 };
const DOWN = { row: 46, tall: 36, tag: 30, word: 78, widest: 200 };

/** Two lanes of states: one above the other where there is room for every word, else both down the page. @param {Model} model */
function lanes(model) {
  const image = svg("svg", { role: "img" });
  const title = h("p", { class: "rnn-subtitle" }, "The states of the bidirectional layer, after the edit");
  const legend = h("p", { class: "rnn-soft" });
  const node = h("div", {}, title, image, legend);
  let view = null;
  const { draw, stop } = fit(node, (width) => view && draw_lanes(image, view, width, (t) => assign(model, { k: t + 1 })));
  const update = (now) => {
    view = now;
    const { words, same, after } = now;
    const which = (lane) => words.flatMap((_, t) => (same[lane][t] ? [] : [t + 1])).join(", ") || "none";
    image.setAttribute("aria-label", `Changed forward states at words: ${which("forward")}. Changed backward states at words: ${which("backward")}.`);
    legend.textContent =
      `Each box is a state of ${after.forward[0].length} units, a bar for each, up where it is positive. ` +
      "= the same as before the edit, to the last bit; ≠ and lit: changed.";
    draw();
  };
  return { node, update, stop };
}

/** @param {SVGElement} image @param {number} width @param {(t: number) => void} choose */
function draw_lanes(image, view, width, choose) {
  const T = view.words.length;
  const across = width / T >= ACROSS.column;
  const plan = across ? plan_across(width, T) : plan_down(width, T);
  resize(image, width, plan.height);
  const states = ["forward", "backward"].flatMap((lane) => view.words.map((_, t) => cell(view, lane, t, plan.place(lane, t), plan.size, plan.tags(lane, t))));
  const words = view.words.map((word, t) => word_node(view, t, plan.word(t), choose));
  const band = plan.band(view.place);
  image.replaceChildren(
    svg("rect", { ...band, rx: 6, fill: "var(--rnn-tint)" }),
    ...plan.titles().map(({ text, ...place }) => svg("text", { ...place, "font-weight": 600 }, text)),
    ...view.words.flatMap((_, t) => (t < T - 1 ? ["forward", "backward"].map((lane) => arrow(plan.between(lane, t))) : [])),
    ...words,
    ...states,
  );
}

/** Time runs to the right: forward lane, words, backward lane. */
function plan_across(width, T) {
  const step = width / T;
  const [w, tall] = [Math.min(ACROSS.widest, step - 8), ACROSS.tall];
  const first = 20; // below the lane's title
  const forward_y = first + ACROSS.tag;
  const words_y = forward_y + tall;
  const backward_y = words_y + ACROSS.word;
  const end = backward_y + tall + ACROSS.tag;
  const left = (t) => step * (t + 0.5) - w / 2;
  const y = { forward: forward_y, backward: backward_y };
  return {
    height: end + 20,
    size: [w, tall],
    place: (lane, t) => [left(t), y[lane]],
    tags: (lane, t) => {
      const tag_y = lane === "forward" ? y.forward - 5 : y.backward + tall + 14;
      return { sign: { x: left(t), y: tag_y }, mark: { x: left(t) + 14, y: tag_y }, end: { x: left(t) + w, y: tag_y, "text-anchor": "end" } };
    },
    word: (t) => ({ x: step * (t + 0.5), y: words_y + ACROSS.word / 2, room: step, anchor: "middle" }),
    band: (t) => ({ x: step * t + 1, y: first, width: step - 2, height: end - first }),
    titles: () => [
      { x: 0, y: 12, text: "forward: reads from the left →" },
      { x: width, y: end + 14, text: "← backward: reads from the right", "text-anchor": "end" },
    ],
    between: (lane, t) => {
      const middle = y[lane] + tall / 2;
      const ends = [left(t) + w, left(t + 1)];
      return lane === "forward" ? [ends[0], middle, ends[1], middle] : [ends[1], middle, ends[0], middle];
    },
  };
}

/** Time runs down: word, forward lane, backward lane; the signs stand beside the states. */
function plan_down(width, T) {
  const lane_width = (width - DOWN.word) / 2;
  const [w, tall] = [Math.min(DOWN.widest, lane_width - DOWN.tag - 2), DOWN.tall];
  const first = 24;
  const x = { forward: DOWN.word + DOWN.tag, backward: DOWN.word + lane_width + DOWN.tag };
  const top = (t) => first + DOWN.row * t + 4;
  return {
    height: first + DOWN.row * T,
    size: [w, tall],
    place: (lane, t) => [x[lane], top(t)],
    tags: (lane, t) => {
      const left = x[lane] - DOWN.tag + 2;
      return { sign: { x: left, y: top(t) + 14 }, mark: { x: left + 13, y: top(t) + 14 }, end: { x: left, y: top(t) + 31 } };
    },
    word: (t) => ({ x: 4, y: top(t) + tall / 2, room: DOWN.word - 6, anchor: "start" }),
    band: (t) => ({ x: 0, y: first + DOWN.row * t, width, height: DOWN.row - 2 }),
    titles: () => [
      { x: x.forward, y: 14, text: "forward ↓" },
      { x: x.backward, y: 14, text: "backward ↑" },
    ],
    between: (lane, t) => {
      const at = x[lane] + w / 2;
      const ends = [top(t) + tall, top(t + 1)];
      return lane === "forward" ? [at, ends[0], at, ends[1]] : [at, ends[1], at, ends[0]];
    },
  };
}

/** @param {[number, number, number, number]} ends from, to */
function arrow([x1, y1, x2, y2]) {
  const [dx, dy] = [Math.sign(x2 - x1), Math.sign(y2 - y1)];
  const tip = `M${x2} ${y2}L${x2 - 5 * dx - 3 * dy} ${y2 - 5 * dy - 3 * dx}L${x2 - 5 * dx + 3 * dy} ${y2 - 5 * dy + 3 * dx}Z`;
  return svg("g", { stroke: "var(--rnn-edge)", fill: "var(--rnn-edge)", "stroke-width": 1 }, line(x1, y1, x2, y2, "var(--rnn-edge)"), svg("path", { d: tip }));
}

/** A word; at the place of the edit what was there and what is there. Pressing it moves the edit there. */
function word_node({ words, put, place }, t, { x, y, room, anchor }, choose) {
  const text = (y_, content, attributes = {}) => svg("text", { x, y: y_, "text-anchor": anchor, ...attributes }, cut(content, room));
  const lines =
    t === place
      ? [text(y - 4, words[t], { class: "rnn-soft", "text-decoration": "line-through" }), text(y + 12, put || BLANK, { "font-weight": 700 })]
      : [text(y + 4, words[t])];
  const node = svg("g", { class: "left-word" }, svg("title", {}, `word ${t + 1}: ${words[t]}`), ...lines);
  node.addEventListener("click", () => choose(t));
  return node;
}

/** What of a word fits into so many pixels. */
function cut(word, room) {
  const most = Math.max(3, Math.floor((room - 4) / 7));
  const signs = [...word];
  return signs.length > most ? `${signs.slice(0, most - 1).join("")}…` : word;
}

/** A state as bars, with its sign of change and, where the read-out takes it, its mark. */
function cell({ after, same, cells, words }, lane, t, [x, y], [w, tall], places) {
  const state = after[lane][t];
  const kept = same[lane][t];
  const marked = cells.find((one) => one.lane === lane && one.t === t);
  const summary = t === (lane === "forward" ? words.length - 1 : 0);
  const frame_ = { x, y, width: w, height: tall, rx: 3, fill: kept ? "var(--rnn-paper)" : "var(--rnn-flash)" };
  const border = marked ? { stroke: "var(--rnn-ink)", "stroke-width": 3 } : { stroke: "var(--rnn-edge)", "stroke-width": 1 };
  const tags = [svg("text", { ...places.sign, "font-weight": kept ? 400 : 700 }, kept ? "=" : "≠")];
  if (marked) tags.push(svg("text", { ...places.mark, "font-weight": 700 }, marked.mark));
  if (summary) tags.push(svg("text", { ...places.end, class: "rnn-soft" }, "h_n"));
  return svg("g", {}, svg("rect", { ...frame_, ...border }), ...bars(state, x + 3, y + 2, w - 6, tall - 4), ...tags);
}

/** One bar for each unit, in two rows: one path for the bars above zero, one for those below. */
function bars(state, x, y, w, tall) {
  const columns = Math.ceil(state.length / 2);
  const [step, half] = [w / columns, tall / 4];
  const width = Math.max(0.75, step - 0.5);
  const bar = (v, k) => {
    const middle = y + half * (k < columns ? 1 : 3);
    const size = Math.max(0.5, half * Math.min(1, Math.abs(v)));
    const top = v > 0 ? middle - size : middle;
    return `M${(x + (k % columns) * step).toFixed(2)} ${top.toFixed(2)}h${width.toFixed(2)}v${size.toFixed(2)}h${(-width).toFixed(2)}z`;
  };
  const side = (above) => state.map((v, k) => (v > 0 === above ? bar(v, k) : "")).join("");
  return [true, false].map((above) => svg("path", { d: side(above), fill: above ? "var(--rnn-c)" : "var(--rnn-a)" }));
}

// ---- the read-out ------------------------------------------------------------------------------------------------

const changed_text = (same, change) => (same ? "no, to the last bit" : `yes, by up to ${show(change, 3)}`);

/** The two states that are read out: which words each has read, and whether the edit reached it. */
function halves() {
  const { node, fill } = table("The read-out", ["slice", "has read", "edit changed it"]);
  const text = h("p", { class: "left-words" });
  const update = (view) => {
    const T = view.words.length;
    fill(
      view.cells.map(({ mark, lane, t, name }) => {
        const beyond = t < 0 || t >= T;
        const change = beyond ? 0 : largest_change(view.before[lane][t], view.after[lane][t]);
        const same = beyond || view.same[lane][t];
        const answer = { text: changed_text(same, change), ...(same ? {} : { name: `changed.${mark}`, value: change }) };
        return [`${mark}  ${beyond ? "zeros" : name}`, words_read(lane, t, T), answer];
      }),
    );
    text.textContent = words_about(view);
  };
  return { node: h("div", { class: "rnn-stack left-halves" }, node, text), update };
}

/** What the chosen read-out is good for. */
function words_about({ readout, place, words, put }) {
  const k = place + 1;
  if (readout === "around") {
    return `Honest: A stands before word ${k} and B behind it, so neither has read it. Put any word there: both lists below stay as they are.`;
  }
  if (readout === "at") {
    const names = put ? `so it names the edit, “${put}”` : "so it names the blank, which is read as <unk>";
    return (
      `The cheat: A and B have both read word ${k}, ${names}. It just reads the answer. Its perplexity is splendid, and it can’t write: ` +
      "B needs the words that are still to be written."
    );
  }
  if (readout === "last") {
    const only = words.length === 1 ? "The sentence has one word, so both halves have read all of it." : `A has read the whole sentence, B its last word, “${words.at(-1)}”, and nothing else.`;
    return `${only} output[-1] does not sum up both directions.`;
  }
  return "Each direction where it ends: A at the last word, B at the first. Both have read every word: this is the summary of both directions.";
}

// ---- what may stand at word k ------------------------------------------------------------------------------------

/** The likeliest words at the place, from the left and from both sides. @param {Model} model */
function guesses(model) {
  const { listed } = model.get("payload");
  const lists = ["uni", "both"].map(() => table("", ["word", "p", "p as a bar"]));
  const checked = h("p", { class: "rnn-soft" });
  for (const { node } of lists) node.classList.add("left-guesses");
  const pair = h("div", { class: "rnn-pair" }, lists.map(({ node }) => node));
  const update = (view) => {
    const { readout, place, words, p, unread } = view;
    const T = words.length;
    const k = place + 1;
    const span = (lane, t) => words_read(lane, t, T).replace(": zeros", "");
    const [before, behind] = [span("forward", place - 1), span("backward", place + 1)];
    fill_list(lists[0], view, "uni", `Word ${k} by the unidirectional model, which has read ${before}`, listed);
    const both = readout === "at" ? "at" : "around";
    const has_read = both === "at" ? `all words, word ${k} too` : `${before} and ${behind}`;
    const caption = `Word ${k} by the bidirectional model, which has read ${has_read}`;
    fill_list(lists[1], view, both, caption, listed);
    checked.replaceChildren(
      "Edit or no edit at word k, the probabilities of the two honest read-outs differ by at most ",
      h("span", { "data-name": "unread", "data-value": String(unread) }, show(unread, unread ? 3 : 0)),
      ".",
    );
  };
  return { node: h("div", { class: "rnn-stack" }, pair, checked), update };
}

/** One list: the likeliest words, and the sentence's own below if it is not among them. */
function fill_list({ node, fill }, { p, ids, put, edited_ids, place, network }, name, caption, listed) {
  const order = ranked(p[name]);
  const own = ids[place];
  const rank = order.indexOf(own);
  const rows = own === UNKNOWN || rank < listed ? order.slice(0, listed) : [...order.slice(0, listed), own];
  const remark = (id, j) => {
    const signs = [id === own && own !== UNKNOWN ? (j < listed ? "◂ yours" : `◂ yours, rank ${rank + 1}`) : "", put && id === edited_ids[place] && id !== own ? "◂ edit" : ""];
    return signs.filter(Boolean).join(" ");
  };
  node.querySelector("caption").textContent = caption;
  node.setAttribute("aria-label", caption);
  fill(
    rows.map((id, j) => [
      `${network.words[id]} ${remark(id, j)}`.trim(),
      { text: show(p[name][id], 4), name: j < listed ? `${name}[${j + 1}]` : `${name}.own`, value: p[name][id] },
      "",
    ]),
  );
  node.querySelectorAll("tbody tr").forEach((tr, j) => {
    tr.classList.toggle("left-own", rows[j] === own && own !== UNKNOWN);
    tr.style.setProperty("--share", p[name][rows[j]]);
  });
}

/** What the other side is worth: the difference of two logarithms. */
function arithmetic() {
  const number = (v, digits) => (v > 0 && v < 0.01 ? power_of_ten(v, 4) : show(v, Math.max(digits, 6)));
  const gain = (a, p, q) => a.sub(a.ln(p), a.ln(q));
  const make = (name) => {
    const made = formula(gain, [name, "p_uni"], { result: "gain", digits: 3, number });
    made.node.dataset.name = "gain";
    return made;
  };
  const formulas = { around: make("p_bi"), at: make("p_at") };
  const node = h("div", { class: "rnn-stack left-gain" });
  const update = ({ readout, p, asked, network, place, ids, edited_ids }) => {
    const name = readout === "at" ? "at" : "around";
    const word = network.words[asked];
    const own = asked === ids[place] ? "your word" : asked === edited_ids[place] ? "the edit" : "the likeliest from both sides (yours is unknown)";
    const which = `${own}, “${word}”`;
    const why = name === "at" ? "What having read the answer is worth" : "What the words on the right are worth";
    const words = h("span", { class: "rnn-words" }, `${why} for ${which}, in nats`);
    formulas[name].update(p[name][asked], p.uni[asked]);
    node.replaceChildren(words, formulas[name].node);
  };
  return { node, update };
}

// ---- summaries ---------------------------------------------------------------------------------------------------

/** Four slices that people take for a summary, beside `h_n`. */
function slices() {
  const { node, fill } = table("Which slice is the summary?", ["slice", "has read", "off h_n by"]);
  node.classList.add("left-slices");
  const rows = [
    ["output[-1, :H]", "forward", -1, 0],
    ["output[0, H:]", "backward", 0, 1],
    ["output[-1, H:]", "backward", -1, 1],
    ["output[0, :H]", "forward", 0, 0],
  ];
  const update = ({ after, words }) =>
    fill(
      rows.map(([name, lane, row, direction]) => {
        const t = row < 0 ? words.length - 1 : row;
        const off = largest_change(after[lane][t], after.h_n[direction]);
        return [name, words_read(lane, t, words.length), { text: off ? show(off, 3) : "0", name: `off.${name}`, value: off }];
      }),
    );
  return { node, update };
}

/** The perplexity of the sentence as it stands, by read-out. */
function perplexities() {
  const { node, fill } = table("", ["read-out", "perplexity"]);
  const caption = node.querySelector("caption");
  const update = ({ perplexity, known }) => {
    caption.textContent = `Your sentence before the edit, each of its ${known} known words asked for in turn`;
    node.setAttribute("aria-label", caption.textContent);
    const named = { uni: "unidirectional", around: "bidirectional, around the word", at: "bidirectional, at the word: the cheat" };
    fill(known ? Object.entries(named).map(([name, text]) => [text, { text: show(perplexity[name], 3), name: `perplexity.${name}`, value: perplexity[name] }]) : []);
  };
  node.classList.add("left-perplexities");
  return { node, update };
}

// ---- the model card ----------------------------------------------------------------------------------------------

/** What the models are, how they were made and how well they fill in. @param {Model} model */
function card(model) {
  const about = model.get("payload").card;
  const { uni, around, at } = about.held_out.all;
  const figures = ({ perplexity, accuracy }) => `perplexity ${show(perplexity, 2)}, right ${show(100 * accuracy, 1)} %`;
  const sets = Object.entries(about.data).map(([name, { train }]) => `${train} of ${name}`);
  const rows = [
    ["networks", about.what],
    ["parameters", `${about.parameters}; ${about.vocabulary - 1} words`],
    ["read", `sentences: ${sets.join(", ")}`],
    ["training", `${about.updates} updates; seed ${about.seed}; ${about.command}`],
    [`unidirectional, on ${about.held_out_words - about.held_out_unknown} words of held-out sentences`, figures(uni)],
    ["bidirectional, around the word", figures(around)],
    ["bidirectional, at the word: the cheat", figures(at)],
    ["use", about.for],
    ["known failures", about.failures],
  ];
  const entries = rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]);
  return disclosure("What these models are, and how good", h("dl", { class: "left-card" }, entries));
}

const STYLES = `
.rnn-live .left-notes:not(:empty) { margin-top: 0.375rem; overflow-wrap: anywhere; }
.rnn-live .left-shown { gap: 1.25rem; }
.rnn-live .left-shown[hidden] { display: none; }
.rnn-live .left-word { cursor: pointer; }
.rnn-live .left-halves { gap: 0.5rem; }
.rnn-live .left-halves :is(th, td) { text-align: left; }
.rnn-live .left-guesses :is(th, td):last-child { width: 30%; text-align: left; }
.rnn-live .left-guesses thead th:last-child { white-space: normal; }
.rnn-live .left-guesses td:last-child::before {
  content: ""; display: block; height: 0.875rem; min-width: 1px; width: calc(100% * var(--share)); background: var(--rnn-c);
}
.rnn-live .left-guesses .left-own { background: var(--rnn-tint); font-weight: 700; }
.rnn-live .left-guesses th:first-child { padding-left: 0.5rem; }
.rnn-live :is(.left-guesses, .left-perplexities) tbody th { white-space: normal; font-weight: inherit; overflow-wrap: anywhere; }
.rnn-live :is(.left-halves td, .left-halves thead th, .left-slices thead th) { white-space: normal; }
.rnn-live .left-gain { gap: 0; }
.rnn-live .left-card { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 2fr); gap: 0.375rem 1rem; margin: 0; font-size: 0.875rem; }
.rnn-live .left-card dt { color: var(--rnn-soft); font-weight: 400; }
.rnn-live .left-card dd { margin: 0; }
`;
