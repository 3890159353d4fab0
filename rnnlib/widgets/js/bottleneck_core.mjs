/**
 * Arithmetic of the bottleneck: a translator's weights from bytes, its encoder, its decoder, mixtures of two states,
 * and their place on a fixed plane. Float64, no DOM; the names are those of rnnlib.models.
 */
import { argmax, dot, gru_step, log_sum_exp, matvec, project_input, zeros } from "./core.mjs";
import { decode_base64, unpack } from "./weights.mjs";

/**
 * @typedef {number[]} Vector @typedef {number[][]} Matrix
 * @typedef {{tokens: number[], log_probs: number[], log_prob: number, finished: boolean}} Written `tokens` without the end
 * @typedef {{source_words: string[], target_words: string[], parameters: Record<string, any>, reads: (id: number) => Vector,
 *   feeds: (id: number) => {gi: Vector, projected: Vector}, context_ih: Matrix, context_projection: Matrix,
 *   state_projection: Matrix, plane: {mean: Vector, axes: Matrix}}} Translator
 */

const [BOS, EOS] = [1, 2];

/**
 * Parameters from bytes: a matrix is a signed byte for each entry times a float16 for each row, a vector float16.
 * @param {{shapes: Record<string, number[]>, int8: string, float16: string}} stored @returns {Record<string, Vector | Matrix>}
 */
export function unpack_bytes({ shapes, int8, float16 }) {
  const names = Object.keys(shapes);
  const halves = unpack({ shapes: Object.fromEntries(names.map((name) => [name, shapes[name].slice(0, 1)])), float16 });
  const bytes = new Int8Array(decode_base64(int8).buffer);
  let place = 0;
  const row = (size, factor) => Array.from({ length: size }, () => bytes[place++] * factor);
  const value = (name) => (shapes[name].length === 1 ? halves[name] : halves[name].map((factor) => row(shapes[name][1], factor)));
  return Object.fromEntries(names.map((name) => [name, value(name)]));
}

/** A function of a word's id that is computed once for each word. @template T @param {(id: number) => T} compute */
function remembered(compute) {
  const known = new Map();
  return (id) => {
    if (!known.has(id)) known.set(id, compute(id));
    return known.get(id);
  };
}

const columns = (W, first, last) => W.map((row) => row.slice(first, last));

/**
 * A translator ready to read and write. What the decoder makes of a word, and of its context, is computed apart: the
 * product with [word, context] is the sum of two products.
 * @param {any} stored what `benchmarks/bottleneck.py` wrote @returns {Translator}
 */
export function translator_of(stored) {
  const p = unpack_bytes(stored);
  const H = p.encoder_weight_hh[0].length;
  const E = p.decoder_embedding[0].length;
  const word_ih = columns(p.decoder_weight_ih, 0, E);
  const word_projection = columns(p.projection, 2 * H, 2 * H + E); // read-out sees [state, context, word]
  return {
    source_words: stored.source_words,
    target_words: stored.target_words,
    plane: stored.plane,
    parameters: p,
    reads: remembered((id) => project_input(p.encoder_embedding[id], p.encoder_weight_ih, p.encoder_bias_ih)),
    feeds: remembered((id) => ({
      gi: project_input(p.decoder_embedding[id], word_ih, p.decoder_bias_ih),
      projected: project_input(p.decoder_embedding[id], word_projection, p.projection_bias),
    })),
    context_ih: columns(p.decoder_weight_ih, E, E + H),
    context_projection: columns(p.projection, H, 2 * H),
    state_projection: columns(p.projection, 0, H),
  };
}

/** The encoder's states, the first zero, then one after each word. @param {Translator} translator @param {number[]} ids */
export function encode({ parameters: p, reads }, ids) {
  const states = [zeros(p.encoder_weight_hh[0].length)];
  for (const id of ids) states.push(gru_step(reads(id), states.at(-1), p.encoder_weight_hh, p.encoder_bias_hh).h);
  return states;
}

/**
 * Log-probabilities of every next word, and the state after: s' = GRU([word, context], s), logits = E P [s', context, word].
 * @param {Translator} translator @param {Vector} s @param {{gi: Vector, projected: Vector}} context @param {number} id last word
 */
function decode_step({ parameters: p, feeds, state_projection }, s, context, id) {
  const word = feeds(id);
  const after = gru_step(word.gi.map((v, j) => v + context.gi[j]), s, p.decoder_weight_hh, p.decoder_bias_hh).h;
  const features = state_projection.map((row, j) => dot(row, after) + context.projected[j] + word.projected[j]); // (E,)
  const logits = project_input(features, p.decoder_embedding, p.output_bias); // (V,)
  const total = log_sum_exp(logits);
  return { s: after, log_p: logits.map((v) => v - total) };
}

/** What the decoder makes of its context, the same at every step. @param {Translator} translator @param {Vector} h */
const context_of = ({ context_ih, context_projection }, h) => ({ gi: matvec(context_ih, h), projected: matvec(context_projection, h) });

/**
 * The likeliest word again and again, from a state that is both the decoder's first state and its context.
 * @param {Translator} translator @param {Vector} h (H,) @param {number} most words written, the end included
 * @returns {Written}
 */
export function decode(translator, h, most) {
  const context = context_of(translator, h);
  const tokens = [];
  const log_probs = [];
  let s = h;
  let id = BOS;
  while (log_probs.length < most) {
    const step = decode_step(translator, s, context, id);
    id = argmax(step.log_p);
    s = step.s;
    log_probs.push(step.log_p[id]);
    if (id === EOS) break;
    tokens.push(id);
  }
  return { tokens, log_probs, log_prob: log_probs.reduce((sum, v) => sum + v, 0), finished: id === EOS };
}

/** Log-probabilities (n + 1, V) before and after each of n given words: teacher forcing. @returns {Matrix} */
export function teacher_forced(translator, h, tokens) {
  const context = context_of(translator, h);
  let s = h;
  return [BOS, ...tokens].map((id) => {
    const step = decode_step(translator, s, context, id);
    s = step.s;
    return step.log_p;
  });
}

/**
 * A state between two: every unit a weighted mean, or the first units of B and the others of A. At 0 it is A, at 1 it
 * is B, to the last bit. @param {Vector} a @param {Vector} b @param {number} share of B @param {"blend" | "swap"} mix
 */
export function mixed(a, b, share, mix) {
  if (mix === "swap") {
    const taken = units_taken(a.length, share);
    return a.map((v, j) => (j < taken ? b[j] : v));
  }
  return a.map((v, j) => (1 - share) * v + share * b[j]);
}

/** How many of H units a share of them is. @param {number} H @param {number} share */
export const units_taken = (H, share) => Math.round(share * H);

/** The place of a state on the plane. @param {{mean: Vector, axes: Matrix}} plane @param {Vector} h @returns {Vector} (2,) */
export const project = ({ mean, axes }, h) => axes.map((axis) => axis.reduce((sum, v, j) => sum + v * (h[j] - mean[j]), 0));

/** Euclidean distance. @param {Vector} a @param {Vector} b */
export const distance = (a, b) => Math.sqrt(a.reduce((sum, v, j) => sum + (v - b[j]) ** 2, 0));

/** How many words two lists share, each as often as it stands in both. @param {number[]} a @param {number[]} b */
export function shared_words(a, b) {
  const left = [...b];
  return a.filter((id) => {
    const at = left.indexOf(id);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  }).length;
}

/** How many letters must be put in, left out or changed to make one word of the other. @param {string} a @param {string} b */
export function edits(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + Number(a[i - 1] !== b[j - 1])));
    }
    row = next;
  }
  return row[b.length];
}
