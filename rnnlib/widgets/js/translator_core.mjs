/**
 * The page's translator without DOM: what it reads of a text, how it writes, and everything that is shown of a
 * translation. The rules and the names are those of `rnnlib.translator`, `rnnlib.search` and
 * `rnnlib.widgets.live_translator`; all numbers are float64.
 */
import { beam_search, likeliest } from "./beam.mjs";
import { draw_character, relative_probabilities, uniforms } from "./core.mjs";
import { context_of, decode_step, encode, network_of } from "./translator_network.mjs";
import { JOINER, detokenize, word_tokens } from "./word_tokens.mjs";

/**
 * @typedef {{tokens: string[], ids: number[], read_as: string[], notes: string[]}} Reading `tokens` as typed
 * @typedef {{s: Float64Array, log_p: Float64Array, after: Map<number, Node>}} Node what the decoder knows after some words:
 *   its state, the log-probabilities (V,) of the next word, and the nodes one word further that were visited
 * @typedef {{sentence: string, target: string, forced: string, width: number, temperature: number, seed: number}} Settings
 */

const [PAD, BOS, EOS, UNK] = [0, 1, 2, 3];
const BANNED = [PAD, BOS, UNK]; // never written
const END = "<eos>";
const UNKNOWN = "<unk>";
const LISTED = 10; // choices of a step
const MORE = 5; // candidates of a step shown beyond the beam's width
const MOST_READ = 30; // tokens of a source
const MOST_GIVEN = 40; // tokens of a target
const MOST_REMEMBERED = 1000; // nodes of a sentence, of 63 KB each

/** A translator ready to work, made in small steps. @param {any} stored what `benchmarks/page_translator.py` wrote */
export function* prepared(stored) {
  const network = yield* network_of(stored);
  const { source_tokens, target_tokens, longest } = stored;
  const ids = (tokens) => new Map(tokens.map((token, id) => [token, id]));
  return { source_tokens, target_tokens, longest, source_ids: ids(source_tokens), target_ids: ids(target_tokens), ...network };
}

/** The same at once. @param {any} stored */
export function translator_of(stored) {
  const making = prepared(stored);
  let turn = making.next();
  while (!turn.done) turn = making.next();
  return turn.value;
}

// ---- reading -----------------------------------------------------------------------------------------------------

/** What the translator reads of an English text: `rnnlib.translator.Translator.read`. @returns {Reading} */
export function read({ source_ids, longest }, sentence, most = MOST_READ) {
  const all = word_tokens(sentence);
  const reading = looked_up(source_ids, all.slice(0, most));
  if (!all.length) return { ...reading, notes: ["The text is empty: there is nothing to translate."] };
  if (all.length > longest) {
    reading.notes.push(
      `The sentence has ${all.length} tokens, more than any in training (${longest}): do not trust the translation.`,
    );
  }
  return { ...reading, notes: [...reading.notes, ...cut_note(all, most)] };
}

const cut_note = (all, most) => (all.length > most ? [`It has ${all.length} tokens; the first ${most} are read.`] : []);

/**
 * What is read of a French text, the reader's own or the beginning that was forced. Words stand as one writes them, or
 * as tokens of the vocabulary, which carry a `·`; `<eos>` may stand last.
 * @param {string} text @returns {Reading & {ended: boolean}}
 */
export function read_target({ target_ids }, text, most = MOST_GIVEN) {
  const parts = text.split(/[ \t\n\r]+/).filter(Boolean);
  const ended = parts.at(-1) === END;
  const all = [];
  let plain = [];
  const flush = () => {
    all.push(...word_tokens(plain.join(" ")));
    plain = [];
  };
  for (const part of ended ? parts.slice(0, -1) : parts) {
    if (!part.includes(JOINER) || !target_ids.has(part)) plain.push(part);
    else {
      flush();
      all.push(part);
    }
  }
  flush();
  const reading = looked_up(target_ids, all.slice(0, most));
  return { ...reading, ended: ended && all.length <= most, notes: [...reading.notes, ...cut_note(all, most)] };
}

/** Tokens by their ids, with notes on those that are read as others. @param {Map<string, number>} ids @param {string[]} tokens */
function looked_up(ids, tokens) {
  const known = tokens.map((token) => spelling(ids, token));
  const list = (texts) => [...new Set(texts)].join(", ");
  const respelt = list(tokens.map((token, k) => [token, known[k]]).filter(([a, b]) => a !== b).map(([a, b]) => `${plain(a)} as ${plain(b)}`));
  const unknown = list(known.filter((token) => !ids.has(token)).map(plain));
  const notes = [respelt && `Read ${respelt}.`, unknown && `Unknown, so read as ${UNKNOWN}: ${unknown}.`].filter(Boolean);
  const read_as = known.map((token) => (ids.has(token) ? token : UNKNOWN));
  return { tokens, ids: read_as.map((token) => ids.get(token)), read_as, notes };
}

/** The token as the vocabulary has it, where only a capital keeps it from being known. */
function spelling(ids, token) {
  const [first = "", ...rest] = token;
  const capital = first.toUpperCase() + rest.join("").toLowerCase();
  return [token, token.toLowerCase(), capital].find((spelt) => ids.has(spelt)) ?? token;
}

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Zs}]/u;
const SHORT = { "\t": "\\t", "\n": "\\n", "\r": "\\r", "\\": "\\\\" };

/** A token in quotes, without its joining marks, as Python's `repr` writes it. @param {string} token */
export function plain(token) {
  const text = detokenize([token]);
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = (sign) => {
    if (SHORT[sign]) return SHORT[sign];
    if (sign === quote) return `\\${sign}`;
    if (sign === " " || !INVISIBLE.test(sign)) return sign;
    const code = sign.codePointAt(0);
    const [letter, digits] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
    return `\\${letter}${code.toString(16).padStart(digits, "0")}`;
  };
  return quote + [...text].map(escaped).join("") + quote;
}

// ---- a sentence under way ----------------------------------------------------------------------------------------

const PAUSE = { pause: true };

/**
 * One sentence that was read, and what its decoder was asked so far: a word that follows the same words is never
 * computed twice, so that another search, or one that was interrupted, soon is where the last one was.
 * @param {any} translator @param {number[]} ids of the source @param {() => boolean} late whether to pause before the next word
 */
export function session_of(translator, ids, late = () => false) {
  const states = encode(translator, [...ids, EOS]);
  const context = context_of(translator, states.at(-1));
  const origin = { s: states.at(-1), log_p: [], after: new Map() };
  let visited = 0;
  const turn = { begun: false }; // whether something new was computed since the last pause
  /** The node after one more word. @param {Node} node @param {number} id @returns {Node} */
  const follow = (node, id) => {
    if (!node.after.has(id)) {
      if (turn.begun && late()) throw PAUSE;
      turn.begun = true;
      node.after.set(id, { ...decode_step(translator, node.s, context, id), after: new Map() });
      visited += 1;
    }
    return node.after.get(id);
  };
  const limit = 2 * ids.length + 10;
  return { translator, states: states.slice(1).map((state) => [...state]), origin, follow, limit, turn, visited: () => visited };
}

/** Call again whenever it had to pause; every call gets one word further at least. @template T @param {() => T} compute @returns {Generator<undefined, T>} */
function* patient({ turn }, compute) {
  for (;;) {
    turn.begun = false;
    try {
      return compute();
    } catch (reason) {
      if (reason !== PAUSE) throw reason;
    }
    yield;
  }
}

/** The node after some words. @returns {Node} */
const node_after = ({ origin, follow }, ids) => ids.reduce(follow, follow(origin, BOS));

/** log p of each given word, given those before it: teacher forcing. @param {number[]} ids */
export function given_log_probs(session, ids) {
  let node = node_after(session, []);
  return ids.map((id) => {
    const log_p = node.log_p[id];
    if (id !== EOS) node = session.follow(node, id);
    return log_p;
  });
}

const sum = (values) => values.reduce((total, v) => total + v, 0);

/** log p with the words that are never written at minus infinity. */
function writable({ log_p }) {
  const left = Float64Array.from(log_p);
  for (const id of BANNED) left[id] = -Infinity;
  return left;
}

/**
 * Write on from a beginning, a word at a time: the likeliest, or one drawn at a temperature above 0.
 * @param {number[]} prefix @param {{temperature?: number, seed?: number, most?: number}} how
 * @returns {{ids: number[], finished: boolean}} the beginning included
 */
export function write_on(session, prefix, { temperature = 0, seed = 0, most = room(session, prefix) } = {}) {
  const u = uniforms(seed, prefix.length + most);
  const ids = [...prefix];
  let node = node_after(session, prefix);
  while (ids.length < prefix.length + most) {
    const log_p = writable(node);
    const id = temperature > 0 ? draw_character(log_p, temperature, u[ids.length]) : likeliest(log_p, 1)[0];
    if (id === EOS) return { ids, finished: true };
    ids.push(id);
    if (ids.length < prefix.length + most) node = session.follow(node, id);
  }
  return { ids, finished: false };
}

/** How many words, the end included, may still be written. */
const room = ({ limit }, prefix) => Math.max(1, limit - prefix.length);

/**
 * Beam search from a beginning, by `rnnlib.search.beam_search`'s rules; its log-probabilities are of what it adds.
 * @returns {import("./beam.mjs").Found}
 */
export function search_on(session, prefix, width, n_best = width, trace = width + MORE) {
  const [first, before] = prefix.length
    ? [prefix.at(-1), node_after(session, prefix.slice(0, -1))]
    : [BOS, session.origin];
  const step = (token, node) => {
    const state = session.follow(node, token);
    return { log_probs: state.log_p, state };
  };
  const how = { first, eos: EOS, max_length: room(session, prefix), width, n_best, banned: BANNED, finished_first: true, trace };
  return beam_search(step, before, how);
}

// ---- what is shown -----------------------------------------------------------------------------------------------

/** The likeliest next words, best first; of equal ones that with the lower id. @param {number[]} log_p */
export const ranked = (log_p, count = LISTED) => likeliest(log_p, count).sort((a, b) => log_p[b] - log_p[a] || a - b);

/** How many words are likelier, plus one. @param {number[]} log_p @param {number} id */
function rank_of(log_p, id) {
  let rank = 1;
  for (let k = 0; k < log_p.length; k++) if (log_p[k] > log_p[id] || (log_p[k] === log_p[id] && k < id)) rank += 1;
  return rank;
}

/** A path step by step: the word chosen, its rank, and the ten likeliest. */
export function path_of(session, { ids, finished }, how, forced, temperature) {
  const { target_tokens } = session.translator;
  const chosen = finished ? [...ids, EOS] : ids;
  let node = node_after(session, []);
  const steps = chosen.map((id, k) => {
    const { log_p } = node;
    const best = ranked(log_p);
    const step = { token: target_tokens[id], log_p: log_p[id], rank: rank_of(log_p, id), top: best.map((v) => [target_tokens[v], log_p[v]]) };
    if (temperature > 0) {
      const relative = relative_probabilities(writable(node), temperature);
      const total = sum(relative);
      step.drawn = best.map((v) => relative[v] / total);
    }
    if (k < chosen.length - 1) node = session.follow(node, id);
    return step;
  });
  return { how, forced, finished, text: text_of(session, ids), log_prob: sum(steps.map((step) => step.log_p)), steps };
}

const text_of = ({ translator: { target_tokens } }, ids) => detokenize(ids.map((id) => target_tokens[id]));

/** The n best and the beam's trace, the beginning's log-probability included. */
function searched(session, prefix, width) {
  const { target_tokens } = session.translator;
  const before = sum(given_log_probs(session, prefix));
  const { hypotheses, steps } = search_on(session, prefix, width);
  const n_best = hypotheses.map(({ tokens, log_prob, finished }) => {
    const ids = [...prefix, ...tokens];
    return { ids, text: text_of(session, ids), length: ids.length + Number(finished), log_prob: before + log_prob, finished };
  });
  const trace = steps.map((step) =>
    step.map(({ rank, parent, token, log_prob, fate }) => [rank, parent, target_tokens[token], before + log_prob, fate]),
  );
  return { n_best, trace };
}

/** A beginning that ends the sentence leaves nothing to look for. */
function given_whole(session, ids) {
  const log_prob = sum(given_log_probs(session, [...ids, EOS]));
  return { n_best: [{ ids, text: text_of(session, ids), length: ids.length + 1, log_prob, finished: true }], trace: [] };
}

/** The reader's own translation: log p, rank and the network's own choice at each place, given the reader's words. */
export function judged(session, { ids, tokens, read_as, notes }) {
  const { target_tokens } = session.translator;
  let node = node_after(session, []);
  const rows = [...ids, EOS].map((id, k) => {
    const { log_p } = node;
    const own = likeliest(writable(node), 1)[0];
    if (id !== EOS) node = session.follow(node, id);
    return { token: tokens[k] ?? END, read_as: read_as[k] ?? END, log_p: log_p[id], rank: rank_of(log_p, id), own: target_tokens[own], own_log_p: log_p[own] };
  });
  return { rows, notes, log_prob: sum(rows.map((row) => row.log_p)) };
}

/**
 * Everything that is shown, in parts: it yields what there is so far whenever there is more to show, and nothing where
 * it only pauses. @param {any} translator @param {Settings} settings @param {{key?: string, session?: any}} memory of the
 * last sentence @param {() => boolean} late
 */
export function* look(translator, settings, memory = {}, late = () => false) {
  const reading = read(translator, settings.sentence);
  if (!reading.tokens.length) return yield { reading, whole: true };
  const key = reading.ids.join();
  if (memory.key !== key || memory.session.visited() > MOST_REMEMBERED) Object.assign(memory, { key, session: session_of(translator, reading.ids, late) });
  const { session } = memory;
  const { temperature, seed, width } = settings;
  const forced = read_target(translator, settings.forced);
  const view = { reading, states: session.states, forced, whole: false };
  const show = (found, how) => path_of(session, found, how, forced.ids.length, temperature);
  const whole = { ids: forced.ids, finished: true };
  const first = yield* patient(session, () => show(forced.ended ? whole : write_on(session, forced.ids, { temperature, seed, most: 1 }), "begun"));
  yield { ...view, path: first, greedy: null };
  const greedy = yield* patient(session, () => show(forced.ended ? whole : write_on(session, forced.ids), "greedy"));
  view.greedy = { text: greedy.text, log_prob: greedy.log_prob, finished: greedy.finished };
  view.path = greedy;
  if (temperature > 0) {
    view.path = yield* patient(session, () => show(forced.ended ? whole : write_on(session, forced.ids, { temperature, seed }), "drawn"));
  }
  yield { ...view };
  Object.assign(view, yield* patient(session, () => (forced.ended ? given_whole(session, forced.ids) : searched(session, forced.ids, width))));
  const [best] = view.n_best;
  if (temperature === 0 && width > 1) view.path = yield* patient(session, () => show(best, "beam"));
  const target = read_target(translator, settings.target);
  view.target = target.ids.length ? yield* patient(session, () => judged(session, target)) : { rows: [], notes: target.notes, log_prob: 0 };
  yield { ...view, whole: true };
}

/** The last and whole view. @param {any} translator @param {Settings} settings */
export const look_at_once = (translator, settings, memory = {}) => [...look(translator, settings, memory)].at(-1);
