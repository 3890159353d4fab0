/** Bottleneck: what an encoder leaves of a sentence, and what a decoder makes of a mixture of two. */
import {
  decode, distance, edits, encode, mixed, project, shared_words, translator_of, units_taken,
} from "./bottleneck_core.mjs";
import { linear, resize, spread, svg } from "./svg.mjs";
import {
  choice, disclosure, fit, formula, frame, h, predict, presets, range, redraw, say_later, show, table, text_field,
} from "./ui.mjs";
import { load_weights, when_near } from "./weights.mjs";

/**
 * @typedef {import("./ui.mjs").Model} Model @typedef {import("./bottleneck_core.mjs").Translator} Translator
 * @typedef {{words: string[], ids: number[], notes: string[]}} Reading known words, the mark and the end sign
 */

const SETTINGS = ["sentence_a", "sentence_b", "k", "mix", "share"];
const NAMES = { a: "A", mixture: "mixture", b: "B" };
const [RESERVED, EOS] = [4, 2]; // the first ids are no words
const END = "<eos>";
const NARROW = "\u202f";

export default { render };

/** @param {{model: Model, el: HTMLElement}} host @returns {() => void} */
function render({ model, el }) {
  const { root, body, note, say } = frame(model, el, {
    title: "Bottleneck",
    question: "An encoder leaves one state of a sentence. Is it a list of the words?",
  });
  const parts = [written_texts(), heat_maps(), plane(model), way(model), arithmetic(), numbers()];
  const [texts, maps, place, stations, sum, every] = parts;
  const notes = h("p", { class: "rnn-soft neck-notes", role: "status" });
  const known = known_words();
  const shown = h("div", { class: "rnn-stack neck-shown" }, [
    texts.node,
    maps.node,
    sum.node,
    stations.node,
    place.node,
    every.node,
  ]);
  body.append(
    h("style", {}, STYLES),
    ask(),
    h("div", { class: "rnn-stack" }, preset_buttons(model, say), note),
    h("div", {}, h("div", { class: "rnn-pair" }, [
      text_field(model, { label: "sentence A, in English", name: "sentence_a" }),
      text_field(model, { label: "sentence B", name: "sentence_b" }),
    ]), notes),
    controls(model),
    shown,
    known.node,
    card(model),
  );
  const tell = say_later(say);
  const loaded = when_loaded(model, update);
  const seen = looker(model);
  function update() {
    const { ready, problem, loading } = loaded.state();
    shown.setAttribute("aria-busy", String(loading && !problem));
    const view = ready && seen(ready);
    shown.hidden = !view || !view.whole;
    notes.textContent = problem ? `The translator could not be loaded: ${problem}.` : view ? view.notes.join(" ") : loading ? "The translator is being loaded." : "";
    if (ready) known.update(ready);
    if (shown.hidden) return;
    for (const part of parts) part.update(view);
    tell(summary_of(view));
  }
  const stop_watching = when_near(root, loaded.load);
  const stop = redraw(model, SETTINGS, () => loaded.needed() && update());
  return () => [stop, stop_watching, maps.stop, place.stop, stations.stop].forEach((end) => end());
}

const settings_of = (model) => Object.fromEntries(SETTINGS.map((name) => [name, model.get(name)]));

/** The translator, loaded when the widget comes near or a setting changes. @param {Model} model */
function when_loaded(model, done) {
  const started = JSON.stringify(settings_of(model));
  const state = { ready: null, problem: "", loading: false };
  function load() {
    if (state.loading || state.ready || state.problem) return;
    state.loading = true;
    load_weights(model, model.get("payload").stored)
      .then((stored) => (state.ready = prepared(stored)), (error) => (state.problem = error.message))
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

/** The translator with what reading and the plane need. @param {any} stored @returns {Translator} */
export function prepared(stored) {
  const words = stored.source_words.map((word) => word.toLowerCase());
  const ids = new Map(words.map((word, id) => [word, id]).slice(RESERVED));
  const shown = stored.shown.map(([text, kind, x, y]) => ({ text, kind, x, y }));
  return { ...translator_of(stored), ids, asking: new Set(stored.asking), shown };
}

// ---- reading -----------------------------------------------------------------------------------------------------

const WORD = /[^ \t\n\r,.;:!?"“”()]+|[,.?!]/g;

/** The words in lower case, and `, . ? !` as words; other punctuation only separates. @param {string} text */
export const words_of = (text) => text.toLowerCase().replaceAll("’", "'").match(WORD) ?? [];

const quoted = (words) => words.map((word) => `“${word}”`).join(", ");

/**
 * What the encoder reads of a sentence, and what must be said of it. One mark stands at its end.
 * @param {any} translator @param {string} text @param {{most: number, longest: number}} limits @param {string} name A or B
 * @returns {Reading}
 */
export function read({ ids, asking }, text, { most, longest }, name) {
  const tokens = words_of(text);
  const stop = tokens.findIndex((token) => ".?!".includes(token));
  const end = stop < 0 ? tokens.length : stop;
  const before = tokens.slice(0, end);
  const found = tidy(before.filter((token) => ids.has(token)));
  const unknown = [...new Set(before.filter((token) => !ids.has(token)))];
  if (!found.length) {
    return { words: [], ids: [], notes: [`${name}: there is no known word to read.`, ...unknown_words(ids, unknown, name)] };
  }
  const given = tokens[end];
  const mark = given === "." || given === "?" ? given : asking.has(found[0]) ? "?" : ".";
  const words = [...tidy(found.slice(0, most - 1)), mark];
  const rest = tokens.slice(end).some((token) => !".?!".includes(token));
  const notes = [
    ...unknown_words(ids, unknown, name),
    given === mark ? "" : `${name} gets “${mark}” at its end.`,
    rest ? `${name}: one sentence is read, up to its first mark.` : "",
    found.length + 1 > most
      ? `${name} has ${found.length + 1} words and marks: the first ${most - 1} are read, and “${mark}”.`
      : "",
    words.length > longest
      ? `${name} is longer than any sentence seen in training (${longest} words and marks): expect the end to suffer.`
      : "",
  ];
  return { words: [...words, END], ids: [...words.map((word) => ids.get(word)), EOS], notes: notes.filter(Boolean) };
}

/** Commas only between words. @param {string[]} tokens */
const tidy = (tokens) => tokens.filter((token, k) => is_word(token) || (k > 0 && is_word(tokens[k - 1]) && tokens.slice(k).some(is_word)));

const is_word = (token) => token !== ",";

/** The words that are left out, with known ones that look alike. */
function unknown_words(ids, unknown, name) {
  if (!unknown.length) return [];
  const told = unknown.slice(0, 4).map((word) => {
    const near = alike(ids, word);
    return near.length ? `“${word}” (known: ${near.join(", ")})` : `“${word}”`;
  });
  const more = unknown.length > 4 ? ` and ${unknown.length - 4} more` : "";
  return [`${name}: left out, since the translator knows ${ids.size} words and not these: ${told.join(", ")}${more}.`];
}

/** Up to three known words that come nearest, by one or two letters. @param {Map<string, number>} ids @param {string} word */
export function alike(ids, word) {
  const letters = word.replace(/[^\p{L}'-]/gu, "");
  if (!letters || letters.length > 20) return [];
  const close = [...ids.keys()].map((other) => [edits(letters, other), other]);
  const nearest = Math.min(...close.map(([far]) => far));
  if (nearest > (letters.length < 4 ? 1 : 2)) return [];
  const found = close.filter(([far]) => far === nearest).map(([, other]) => other);
  return found.sort().slice(0, 3);
}

/** French words as a sentence. @param {string[]} words */
export function spell(words) {
  let text = "";
  for (const word of words) {
    if (word === "?" || word === "!") text += NARROW + word;
    else if (word === "," || word === "." || word.startsWith("-") || !text || text.endsWith("'")) text += word;
    else text += ` ${word}`;
  }
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

// ---- everything that is shown ------------------------------------------------------------------------------------

/** A function of the translator that gives the view of the present settings; it keeps what the last move left alone. */
function looker(model) {
  const { most, most_written, steps, nearest, card: about } = model.get("payload");
  const limits = { most, longest: about.longest };
  const reading = kept((translator, text, name) => {
    const found = read(translator, text, limits, name);
    return { ...found, states: encode(translator, found.ids) };
  }, 2);
  const write = kept((translator, state) => decode(translator, state, most_written), 2);
  return (translator) => {
    const settings = settings_of(model);
    const a = reading(translator, settings.sentence_a, "A");
    const b = reading(translator, settings.sentence_b, "B");
    const notes = [...a.notes, ...b.notes];
    if (!a.ids.length || !b.ids.length) return { whole: false, notes };
    const last = [a, b].map(({ ids }) => Math.min(settings.k, ids.length));
    const ends = { a: write(translator, a.states[last[0]]), b: write(translator, b.states[last[1]]) };
    return { whole: true, notes, ...look(translator, { ...settings, a, b, last, nearest, most_written, steps }, ends) };
  };
}

/** A function that remembers its last few results. */
function kept(compute, count) {
  const last = [];
  return (...given) => {
    const found = last.find((entry) => entry.given.every((value, j) => value === given[j]));
    if (found) return found.result;
    const result = compute(...given);
    last.unshift({ given, result });
    last.length = Math.min(last.length, count);
    return result;
  };
}

/**
 * Shares from 0 to 1 and what is written at each. @param {Translator} translator @param {number} steps
 * @returns {{share: number, written: import("./bottleneck_core.mjs").Written}[]}
 */
export const stations_of = (translator, a, b, mix, steps, most_written) =>
  shares_of(steps).map((share) => ({ share, written: decode(translator, mixed(a, b, share, mix), most_written) }));

const shares_of = (steps) => Array.from({ length: steps + 1 }, (_, k) => k / steps);

/** Everything that is shown. @param {Translator} translator */
export function look(translator, { a, b, last, share, mix, nearest, most_written, steps }, ends) {
  const states = { a: a.states[last[0]], b: b.states[last[1]] };
  states.mixture = mixed(states.a, states.b, share, mix);
  const written = { ...ends, mixture: decode(translator, states.mixture, most_written) };
  const places = Object.fromEntries(Object.entries(states).map(([name, state]) => [name, project(translator.plane, state)]));
  const tracks = { a: a.states.slice(0, last[0] + 1), b: b.states.slice(0, last[1] + 1) };
  for (const name of ["a", "b"]) tracks[name] = tracks[name].map((state) => project(translator.plane, state));
  const text = Object.fromEntries(Object.entries(written).map(([name, one]) => [name, text_of(translator, one)]));
  const near = closest(translator.shown, places.mixture, nearest);
  const common = shared_words(a.ids.slice(0, last[0]), b.ids.slice(0, last[1]));
  const between = shares_of(steps).map((part) => project(translator.plane, mixed(states.a, states.b, part, mix)));
  const apart = distance(states.a, states.b);
  return { translator, readings: { a, b }, last, share, mix, states, written, text, places, tracks, between, near, common, apart };
}

/** @param {Translator} translator @param {import("./bottleneck_core.mjs").Written} written */
const text_of = ({ target_words }, { tokens, finished }) => spell(tokens.map((id) => target_words[id])) + (finished ? "" : " …");

/** The stored sentences whose places are nearest. */
export function closest(shown, place, count) {
  const far = shown.map((one) => ({ ...one, far: distance([one.x, one.y], place) }));
  return far.sort((p, q) => p.far - q.far).slice(0, count);
}

const read_so_far = ({ words }, last) => words.slice(0, last).filter((word) => word !== END).join(" ");

function mixture_name({ mix, share, states }) {
  if (mix === "swap") return `${units_taken(states.a.length, share)} units of B, ${states.a.length - units_taken(states.a.length, share)} of A`;
  return `${show(1 - share, 2)} · A + ${show(share, 2)} · B`;
}

function summary_of(view) {
  return `A: ${view.text.a} B: ${view.text.b} Mixture, ${mixture_name(view)}: ${view.text.mixture}`;
}

// ---- prompt, settings to try, controls ---------------------------------------------------------------------------

const ask = () =>
  predict("“Paul is more careful than Marie.” and “Marie is more careful than Paul.” hold the same words. What are their final states?", [
    {
      text: "equal: the same words went in",
      feedback: "So it would be if the encoder added up its words. Press “same words, other order”: the states lie apart, and the decoder tells who is the careful one.",
    },
    {
      text: "the same numbers, in another order",
      feedback:
        "So it would be if the state were a list with a place for each word. Press “same words, other order” and look at the heat maps, then try “half the units of each”.",
    },
    {
      text: "two other states, each of its own sentence",
      right: true,
      feedback:
        "Each word moves all 96 numbers, from where the words before it have left them. Press “same words, other order” and move the share: somewhere the two change places, all at once.",
    },
  ]);

/** @param {Model} model @param {(text: string) => void} say */
const preset_buttons = (model, say) => presets(model, "Settings to try", PRESETS, say);

const ALL = 14; // more words than a sentence has: all are read
const PRESETS = [
  {
    label: "same words, other order",
    values: { sentence_a: "Paul is more careful than Marie.", sentence_b: "Marie is more careful than Paul.", k: ALL, mix: "blend", share: 0 },
    says: "Both sentences hold the same words, and the states lie apart: order is in the state. Move the share: somewhere the two change places, all at once.",
  },
  {
    label: "they, and not",
    values: { sentence_a: "She is happy.", sentence_b: "They aren't happy.", k: ALL, mix: "blend", share: 0.5 },
    says: "Half-way the subject is B’s already and the negation is not there yet: “They are happy”, which is neither sentence. No list of words has half a “not”.",
  },
  {
    label: "far apart",
    values: { sentence_a: "The old chair isn't in the kitchen anymore.", sentence_b: "Does her mother often play the guitar?", k: ALL, mix: "blend", share: 0.5 },
    says: "A statement and a question: in the middle the decoder is unsure (ln p is low) and may write nonsense.",
  },
  {
    label: "half the units of each",
    values: { sentence_a: "She is happy.", sentence_b: "They aren't happy.", k: ALL, mix: "swap", share: 0.5 },
    says: "The first 48 units come from B, the others from A. Were words kept in places of their own, half of the words would change. Move the share.",
  },
  {
    label: "after three words",
    values: { sentence_a: "The old chair isn't in the kitchen anymore.", sentence_b: "He will wait for her tomorrow.", k: 3, mix: "blend", share: 0 },
    says: "The encoder has read three words, and the decoder writes a whole sentence all the same. Move the words read, one by one: it corrects itself.",
  },
];

/** @param {Model} model */
function controls(model) {
  const { most } = model.get("payload");
  const count = (v) => (v > most ? `${v}: all of both` : `${v} of each, at most`);
  const swap = () => model.get("mix") === "swap";
  return h("div", { class: "rnn-stack" }, [
    range(model, { label: "words read by the encoder", name: "k", format: count }),
    h("div", { class: "rnn-pair" }, [
      choice(model, { label: "mixture", name: "mix", texts: { blend: "blend all units", swap: "swap units" } }),
      range(model, { label: "share of B in the mixture", name: "share", on: ["mix"], format: (v) => (swap() ? `${show(v, 2)}: the first ${units_taken(UNITS, v)} units` : show(v, 2)) }),
    ]),
  ]);
}

const UNITS = 96;

// ---- what is written ---------------------------------------------------------------------------------------------

/** A named number that stands in a text. */
const named = (name, value, text) => h("span", { "data-name": name, "data-value": String(value) }, text);

/** Three states and the French that is written from each; words of neither sentence are named. */
function written_texts() {
  const rows = Object.fromEntries(
    ["a", "mixture", "b"].map((name) => {
      const [title, french, more] = [h("p", { class: "rnn-soft" }), h("p", { class: "neck-french", lang: "fr" }), h("p", { class: "rnn-soft" })];
      return [name, { title, french, more, node: h("li", { class: `neck-${name}` }, title, french, more) }];
    }),
  );
  const node = h("ul", { class: "neck-texts", "aria-label": "What the decoder writes from each state" }, Object.values(rows).map((row) => row.node));
  const update = (view) => {
    const { readings, last, text, written } = view;
    for (const name of ["a", "b"]) {
      const reading = readings[name];
      const left = reading.ids.length - last[name === "a" ? 0 : 1];
      const read_ = left ? `has read “${read_so_far(reading, last[name === "a" ? 0 : 1])}”` : `“${read_so_far(reading, last[name === "a" ? 0 : 1])}”`;
      rows[name].title.replaceChildren(h("b", {}, NAMES[name]), ` ${read_}`);
    }
    rows.mixture.title.replaceChildren(h("b", {}, "mixture"), ` ${mixture_name(view)}`);
    for (const [name, row] of Object.entries(rows)) {
      if (row.french.textContent !== text[name]) row.french.textContent = text[name];
      row.more.replaceChildren("ln p = ", named(`log_p.${name}`, written[name].log_prob, show(written[name].log_prob, 3)), cut_short(written[name]));
    }
    const others = new Set([...written.a.tokens, ...written.b.tokens]);
    const own = [...new Set(written.mixture.tokens.filter((id) => !others.has(id)))].map((id) => view.translator.target_words[id]);
    rows.mixture.more.append("; words that neither has: ", named("neither", own.length, String(own.length)), own.length ? ` (${quoted(own)})` : "");
  };
  return { node, update };
}

const cut_short = ({ finished, log_probs }) => (finished ? "" : `, cut after ${log_probs.length} words`);

// ---- heat maps ---------------------------------------------------------------------------------------------------

const COLUMNS = 12;
const LEVELS = 8; // shades on either side of zero

/** Three states as heat maps: shade for the size, a minus in the cells below zero. @param {Model} model */
function heat_maps() {
  const image = svg("svg", { role: "img" });
  const node = h("div", {}, image, h("p", { class: "rnn-soft" }, "A square is a unit: deep for far from 0, with a minus where it is below. There are as many for three words as for twelve."));
  const maps = Object.fromEntries(["a", "mixture", "b"].map((name) => [name, heat_map(NAMES[name])]));
  image.append(...Object.values(maps).map((map) => map.node));
  let view = null;
  const { draw, stop } = fit(node, (width) => {
    if (!view) return;
    const gap = width < 420 ? 10 : 28;
    const size = Math.min(15, (width - 2 * gap) / (3 * COLUMNS));
    const rows = Math.ceil(view.states.a.length / COLUMNS);
    resize(image, width, 22 + rows * size + 2);
    Object.entries(maps).forEach(([name, map], k) => {
      const taken = name === "mixture" && view.mix === "swap" ? units_taken(UNITS, view.share) : 0;
      map.update(view.states[name], k * (COLUMNS * size + gap), 22, size, taken);
    });
    image.setAttribute("aria-label", `Heat maps of three states of ${view.states.a.length} units: A, the mixture (${mixture_name(view)}), B.`);
  });
  const update = (now) => {
    view = now;
    draw();
  };
  return { node, update, stop };
}

/** One map; a path for each shade. @param {string} title */
function heat_map(title) {
  const fill = (level, above) => ({ fill: above ? "var(--rnn-c)" : "var(--rnn-a)", "fill-opacity": (level + 0.5) / LEVELS });
  const paths = [false, true].map((above) => Array.from({ length: LEVELS }, (_, level) => svg("path", fill(level, above))));
  const minus = svg("path", { stroke: "var(--rnn-ink)", "stroke-width": 1, fill: "none" });
  const frame_ = svg("rect", { fill: "none", stroke: "var(--rnn-edge)" });
  const from_b = svg("path", { stroke: "var(--rnn-ink)", "stroke-width": 2.5, fill: "none" });
  const name = svg("text", { "font-weight": 600 }, title);
  const node = svg("g", {}, name, ...paths.flat(), minus, frame_, from_b);
  const update = (state, x, y, size, taken) => {
    const cells = paths.map((side) => side.map(() => ""));
    let signs = "";
    state.forEach((v, k) => {
      const [left, top] = [x + (k % COLUMNS) * size, y + Math.floor(k / COLUMNS) * size];
      const level = Math.min(LEVELS - 1, Math.floor(Math.abs(v) * LEVELS));
      cells[Number(v > 0)][level] += `M${left.toFixed(1)} ${top.toFixed(1)}h${size.toFixed(2)}v${size.toFixed(2)}h${(-size).toFixed(2)}z`;
      if (v <= 0) signs += `M${(left + size * 0.28).toFixed(1)} ${(top + size / 2).toFixed(1)}h${(size * 0.44).toFixed(1)}`;
    });
    paths.forEach((side, above) => side.forEach((path, level) => path.setAttribute("d", cells[above][level])));
    minus.setAttribute("d", signs);
    const rows = Math.ceil(state.length / COLUMNS);
    for (const [key, value] of Object.entries({ x, y, width: COLUMNS * size, height: rows * size })) frame_.setAttribute(key, value);
    name.setAttribute("x", x);
    name.setAttribute("y", 14);
    from_b.setAttribute("d", outline(taken, x, y, size));
  };
  return { node, update };
}

/** The edge of the first units of a map, as a path. */
function outline(count, x, y, size) {
  if (!count) return "";
  const [rows, rest] = [Math.floor(count / COLUMNS), count % COLUMNS];
  const right = x + COLUMNS * size;
  const [low, end] = [y + rows * size, x + rest * size];
  if (!rest) return `M${x} ${y}H${right}V${low}H${x}Z`;
  if (!rows) return `M${x} ${y}H${end}V${y + size}H${x}Z`;
  return `M${x} ${y}H${right}V${low}H${end}V${low + size}H${x}Z`;
}

// ---- the plane ---------------------------------------------------------------------------------------------------

const KINDS = [
  { sign: "●", text: "is", mark: (x, y) => `M${x - 3} ${y}a3 3 0 1 0 6 0a3 3 0 1 0 -6 0` },
  { sign: "▲", text: "does, did", mark: (x, y) => `M${x} ${y - 4}l4 7h-8z` },
  { sign: "■", text: "will, wants, can", mark: (x, y) => `M${x - 3} ${y - 3}h6v6h-6z` },
  { sign: "◆", text: "question", mark: (x, y) => `M${x} ${y - 4.5}l4 4.5l-4 4.5l-4 -4.5z` },
];

/** Where the states stand among those of stored sentences. @param {Model} model */
function plane(model) {
  const { plane_share } = model.get("payload").card;
  const image = svg("svg", { role: "img", class: "neck-plane" });
  const legend = KINDS.map(({ sign, text }) => `${sign} ${text}`).join("  ");
  const near = table("Stored sentences nearest to the mixture on the plane", ["sentence", "distance"]);
  near.node.classList.add("neck-near");
  const places = table("Places on the plane", ["state", "x", "y"]);
  const told = `Held-out sentences: ${legend}. Thin lines: A and B after each word, from the zero state O. The plane keeps ${show(100 * plane_share, 0)} % of the variance: what is apart here is apart, what is close need not be.`;
  const node = h("div", { class: "rnn-stack" }, [
    h("div", {}, h("p", { class: "rnn-subtitle" }, "The states on a fixed plane"), image, h("p", { class: "rnn-soft" }, told)),
    h("div", { class: "rnn-pair" }, near.node, places.node),
  ]);
  const cloud = svg("g");
  const moving = svg("g");
  image.append(cloud, moving);
  let view = null;
  let drawn = "";
  const { draw, stop } = fit(node, (width) => {
    if (!view) return;
    const scale = scales(view, width);
    const key = `${width} ${scale.key}`;
    if (key !== drawn) {
      resize(image, width, scale.height);
      cloud.replaceChildren(...cloud_paths(view.translator.shown, scale));
      drawn = key;
    }
    moving.replaceChildren(...own_marks(view, scale));
    image.setAttribute("aria-label", plane_label(view));
  });
  const update = (now) => {
    view = now;
    draw();
    near.fill(now.near.map(({ text, far }, j) => [text, { text: show(far, 3), name: `near[${j + 1}]`, value: far }]));
    places.fill(
      Object.entries(NAMES).map(([name, label]) => [
        label,
        ...now.places[name].map((v, j) => ({ text: show(v, 3), name: `${"xy"[j]}.${name}`, value: v })),
      ]),
    );
  };
  return { node, update, stop };
}

/** Scales that hold the stored sentences and all that is drawn beside them, the same for both axes. */
function scales({ translator, places, tracks }, width) {
  const all = [...translator.shown.map(({ x, y }) => [x, y]), ...Object.values(places), ...tracks.a, ...tracks.b];
  const range_ = (j) => [Math.min(...all.map((p) => p[j])), Math.max(...all.map((p) => p[j]))].map((v, k) => (k ? Math.ceil(2 * v) : Math.floor(2 * v)) / 2);
  const [[x0, x1], [y0, y1]] = [range_(0), range_(1)];
  const unit = Math.min((width - 24) / (x1 - x0), width < 420 ? 60 : 84);
  const middle = (width - unit * (x1 - x0)) / 2;
  const height = Math.round(unit * (y1 - y0) + 16);
  return { x: linear(x0, x1, middle, width - middle), y: linear(y0, y1, height - 8, 8), height, width, key: [x0, x1, y0, y1].join() };
}

/** A path for each kind of sentence. */
const cloud_paths = (shown, { x, y }) =>
  KINDS.map(({ mark }, kind) => {
    const d = shown.filter((one) => one.kind === kind).map((one) => mark(x(one.x), y(one.y)));
    return svg("path", { d: d.join(""), fill: "var(--rnn-edge)", "fill-opacity": 0.55 });
  });

/** Tracks of both encoders, the way between their ends, and three letters. */
function own_marks({ tracks, places, between }, { x, y, height, width }) {
  const at = (p) => [x(p[0]), y(p[1])];
  const path = (points) => points.map((p, k) => `${k ? "L" : "M"}${at(p).map((v) => v.toFixed(1)).join(" ")}`).join("");
  const dots = (points) => points.map((p) => at(p)).map(([u, v]) => `M${(u - 2).toFixed(1)} ${v.toFixed(1)}a2 2 0 1 0 4 0a2 2 0 1 0 -4 0`).join("");
  const colours = { a: "var(--rnn-a)", b: "var(--rnn-b)", mixture: "var(--rnn-c)" };
  const nodes = [
    ...["a", "b"].flatMap((name) => [
      svg("path", { d: path(tracks[name]), fill: "none", stroke: colours[name], "stroke-width": 1.25 }),
      svg("path", { d: dots(tracks[name].slice(1, -1)), fill: colours[name] }),
    ]),
    svg("path", { d: path(between), fill: "none", stroke: colours.mixture, "stroke-width": 2.5, "stroke-dasharray": "5 4" }),
  ];
  const points = { ...places, zero: tracks.a[0] };
  const names = { ...NAMES, zero: "O" };
  const order = Object.keys(points);
  const heights = spread(order.map((name) => at(points[name])[1]), 15, 8, height - 4);
  order.forEach((name, k) => {
    const [u, v] = at(points[name]);
    const right = u < width - 70;
    nodes.push(svg("circle", { cx: u.toFixed(1), cy: v.toFixed(1), r: name === "zero" ? 3 : 5.5, fill: colours[name] ?? "var(--rnn-ink)", stroke: "var(--rnn-paper)" }));
    nodes.push(svg("text", { x: (u + (right ? 9 : -9)).toFixed(1), y: (heights[k] + 4).toFixed(1), "text-anchor": right ? "start" : "end", class: "rnn-halo", "font-weight": 700 }, names[name]));
  });
  return nodes;
}

const plane_label = ({ places, near }) =>
  `States on a fixed plane among ${KINDS.length} kinds of stored sentences. ` +
  Object.entries(NAMES).map(([name, text]) => `${text} at ${places[name].map((v) => show(v, 2)).join(", ")}`).join("; ") +
  `. Nearest to the mixture: ${near[0].text}`;

// ---- the way from A to B -----------------------------------------------------------------------------------------

const PAUSE = 40; // ms without a move before the way is written anew: it is eleven sentences

/** How far A and B are apart, and what is written at eleven shares. @param {Model} model */
function way(model) {
  const { steps, most_written } = model.get("payload");
  const list = table("From A to B: what the decoder writes at each share of B", ["share", "French", "ln p"]);
  list.node.classList.add("neck-way");
  const apart = h("p");
  const node = h("div", { class: "rnn-stack" }, apart, list.node);
  let stations = { of: [], list: [] };
  let view = null;
  let timer = 0;
  const write = () => {
    const { translator, states, mix } = view;
    stations = { of: given(), list: stations_of(translator, states.a, states.b, mix, steps, most_written) };
    fill();
    list.node.removeAttribute("aria-busy");
  };
  const given = () => [view.translator, view.states.a, view.states.b, view.mix];
  const fill = () => {
    const texts = stations.list.map(({ written }) => text_of(view.translator, written));
    list.fill(
      stations.list.map(({ share, written }, k) => [
        `${show(share, 1)}${share === view.share ? " ◂" : ""}`,
        k && texts[k] === texts[k - 1] ? "the same" : texts[k],
        { text: show(written.log_prob, 2), name: `way[${k}]`, value: written.log_prob },
      ]),
    );
    list.node.querySelectorAll("tbody tr").forEach((row, k) => row.classList.toggle("neck-here", stations.list[k].share === view.share));
  };
  const update = (now) => {
    view = now;
    apart.replaceChildren(...apart_text(view));
    if (given().every((value, j) => value === stations.of[j])) {
      fill();
      return;
    }
    list.node.setAttribute("aria-busy", "true");
    clearTimeout(timer);
    timer = setTimeout(write, PAUSE);
  };
  return { node, update, stop: () => clearTimeout(timer) };
}

/** What two sentences have in common, and how far their states are apart. */
function apart_text({ common, readings, last, apart }) {
  const same = common === last[0] && common === last[1];
  const ordered = same && readings.a.ids.slice(0, last[0]).every((id, j) => id === readings.b.ids[j]);
  return [
    "A and B have ",
    named("common", common, String(common)),
    " words and signs in common, of ",
    named("size.a", last[0], String(last[0])),
    " and ",
    named("size.b", last[1], String(last[1])),
    ". Their states are ",
    named("distance", apart, show(apart, 3)),
    " apart.",
    same && !ordered ? " Lists of words without order would be equal." : "",
  ];
}

// ---- arithmetic, numbers -----------------------------------------------------------------------------------------

/** The mixture in the unit where A and B differ most. */
function arithmetic() {
  const blend = formula((a, s, u, v) => a.add(a.mul(a.sub(a.number(1, 0), s), u), a.mul(s, v)), ["s", "h_A", "h_B"], { result: "h", digits: 4 });
  blend.node.dataset.name = "h";
  const words = h("span", { class: "rnn-words" });
  const node = h("div", { class: "neck-sum" });
  const update = ({ states, share, mix }) => {
    const size = states.a.map((v, j) => Math.abs(v - states.b[j]));
    const unit = size.indexOf(Math.max(...size));
    const where = `Unit ${unit + 1}, in which A and B differ most`;
    if (mix === "swap") {
      const taken = units_taken(states.a.length, share);
      words.textContent = `${where}: the mixture takes it from ${unit < taken ? "B" : "A"}. Units 1 to ${taken} are B’s.`;
      if (!taken) words.textContent = `${where}: the mixture takes it from A, as all units.`;
      node.replaceChildren(words);
      return;
    }
    words.textContent = where;
    blend.update(share, states.a[unit], states.b[unit]);
    if (blend.node.parentNode !== node) node.replaceChildren(words, blend.node);
  };
  return { node, update };
}

/** All units of all three states, filled while it is open. */
function numbers() {
  const list = table("Every unit of each state", ["unit", "A", "mixture", "B"]);
  list.node.classList.add("rnn-tall");
  const node = disclosure("All numbers of the states", list.node);
  let view = null;
  const fill = () => {
    if (!node.open || !view) return;
    const { states } = view;
    const cell = (name, j) => ({ text: show(states[name][j], 4), name: `${name}[${j + 1}]`, value: states[name][j] });
    list.fill(states.a.map((_, j) => [String(j + 1), cell("a", j), cell("mixture", j), cell("b", j)]));
  };
  node.addEventListener("toggle", fill);
  const update = (now) => {
    view = now;
    fill();
  };
  return { node, update };
}

// ---- what the translator knows -----------------------------------------------------------------------------------

/** All English words, for the reader to choose from. */
function known_words() {
  const text = h("p", { class: "rnn-soft" }, "The translator is being loaded.");
  const node = disclosure("Words that the translator knows", text);
  let done = false;
  const update = ({ source_words }) => {
    if (done) return;
    done = true;
    const words = source_words.slice(RESERVED).filter((word) => /\p{L}/u.test(word));
    text.textContent = `${words.sort((x, y) => x.localeCompare(y, "en")).join(" · ")}. And “,” “.” “?”.`;
  };
  return { node, update };
}

/** What the translator is, how it was made and how well it translates. @param {Model} model */
function card(model) {
  const about = model.get("payload").card;
  const { phrasebook, drawn, held_out } = about.sentences;
  const rows = [
    ["networks", about.what],
    ["parameters", `${about.parameters}; ${about.words.english - RESERVED} English and ${about.words.french - RESERVED} French words and marks`],
    ["data", about.data],
    ["sentences", `${phrasebook} of the Phrasebook and ${drawn} drawn, of at most ${about.longest} words and marks; ${about.split}: ${held_out}`],
    ["training", `${about.updates} updates, ${about.cpu_seconds} s of one core; seed ${about.seed}; ${about.command}`],
    ["held-out sentences translated word for word as the Phrasebook does", `${show(100 * about.exact_match, 1)} % of ${held_out}`],
    ["use", about.for],
    ["known failures", about.failures],
  ];
  const entries = rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]);
  return disclosure("What this translator is, and how good", h("dl", { class: "neck-card" }, entries));
}

const STYLES = `
.rnn-live .neck-notes:not(:empty) { margin-top: 0.375rem; overflow-wrap: anywhere; }
.rnn-live .neck-shown { gap: 1.25rem; }
.rnn-live .neck-shown[hidden] { display: none; }
.rnn-live .neck-texts { list-style: none; margin: 0; padding: 0; display: grid; gap: 0.625rem; }
.rnn-live .neck-texts li { margin: 0; padding: 0 0 0 0.75rem; border-left: 4px solid var(--rnn-a); overflow-wrap: anywhere; }
.rnn-live .neck-texts .neck-mixture { border-left-color: var(--rnn-c); border-left-style: dashed; }
.rnn-live .neck-texts .neck-b { border-left-color: var(--rnn-b); }
.rnn-live .neck-french { font-size: 1.0625rem; font-weight: 600; }
.rnn-live .neck-way :is(th, td):nth-child(2) { text-align: left; white-space: normal; }
.rnn-live .neck-near tbody th { white-space: normal; font-weight: inherit; overflow-wrap: anywhere; }
.rnn-live .neck-here { background: var(--rnn-tint); font-weight: 700; }
.rnn-live .neck-card { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 2fr); gap: 0.375rem 1rem; margin: 0; font-size: 0.875rem; }
.rnn-live .neck-card dt { color: var(--rnn-soft); font-weight: 400; }
.rnn-live .neck-card dd { margin: 0; }
`;
