/**
 * The page's translator as a network: its matrices of six bits an entry, its encoder, its decoder. Float64, no DOM; the
 * names are those of `rnnlib.models`.
 *
 * A matrix holds whole numbers q and a scale for each row, W[r][j] = scale[r] q[r][j]. They lie in one float32 array, which
 * holds them exactly and is half as long to read as float64; all that is computed with them is float64.
 */
import { sigmoid } from "./core.mjs";
import { DIGITS, decode_base64 } from "./weights.mjs";

/**
 * @typedef {{shape: [number, number], entries: string, scales: string}} Packed
 * @typedef {{rows: number, columns: number, levels: Float32Array, scales: Float64Array}} Matrix
 * @typedef {{gi: Float64Array, projected: Float64Array}} Fed what the decoder makes of a word, or of its context
 * @typedef {{matrices: Record<string, Matrix>, vectors: Record<string, Float64Array>, reads: (id: number) => Float64Array, feeds: (id: number) => Fed}} Network
 */

// ---- matrices ----------------------------------------------------------------------------------------------------

const LEVELS = new Float32Array(128); // what a character stands for
[...DIGITS].forEach((digit, place) => (LEVELS[digit.charCodeAt(0)] = place - DIGITS.length / 2));
const AT_ONCE = 32768; // entries between two pauses

/** float32 numbers in base64, little end first, as float64. @param {string} text */
export function floats(text) {
  const view = new DataView(decode_base64(text).buffer);
  return Float64Array.from({ length: view.byteLength / 4 }, (_, k) => view.getFloat32(4 * k, true));
}

/** A matrix out of its characters; it pauses now and then. @param {Packed} packed @returns {Generator<undefined, Matrix>} */
export function* matrix_of({ shape: [rows, columns], entries, scales }) {
  const levels = new Float32Array(rows * columns);
  for (let k = 0; k < levels.length; k++) {
    levels[k] = LEVELS[entries.charCodeAt(k)];
    if (k % AT_ONCE === AT_ONCE - 1) yield;
  }
  return { rows, columns, levels, scales: floats(scales) };
}

/** Row `r` of a matrix. @param {Matrix} W @param {number} r */
export const row_of = ({ columns, levels, scales }, r) => Float64Array.from(levels.subarray(r * columns, (r + 1) * columns), (q) => scales[r] * q);

/**
 * W x, of the columns `first` on, as many as x has. Four rows at a time, so that four sums are under way at once; each
 * of them adds from left to right. @param {Matrix} W @param {Float64Array} x @returns {Float64Array} (rows,)
 */
export function product({ rows, columns, levels, scales }, x, first = 0) {
  const y = new Float64Array(rows);
  const n = x.length;
  let r = 0;
  for (; r + 4 <= rows; r += 4) {
    const a = r * columns + first;
    const b = a + columns;
    const c = b + columns;
    const d = c + columns;
    let [sum_a, sum_b, sum_c, sum_d] = [0, 0, 0, 0];
    for (let j = 0; j < n; j++) {
      const v = x[j];
      sum_a += levels[a + j] * v;
      sum_b += levels[b + j] * v;
      sum_c += levels[c + j] * v;
      sum_d += levels[d + j] * v;
    }
    y[r] = scales[r] * sum_a;
    y[r + 1] = scales[r + 1] * sum_b;
    y[r + 2] = scales[r + 2] * sum_c;
    y[r + 3] = scales[r + 3] * sum_d;
  }
  for (; r < rows; r++) {
    const a = r * columns + first;
    let sum = 0;
    for (let j = 0; j < n; j++) sum += levels[a + j] * x[j];
    y[r] = scales[r] * sum;
  }
  return y;
}

/** a += b. @param {Float64Array} a @param {Float64Array} b */
function add(a, b) {
  for (let k = 0; k < a.length; k++) a[k] += b[k];
  return a;
}

// ---- the network -------------------------------------------------------------------------------------------------

/** A function of a word's id that is computed once for each word. @template T @param {(id: number) => T} compute */
function remembered(compute) {
  const known = new Map();
  return (id) => {
    if (!known.has(id)) known.set(id, compute(id));
    return known.get(id);
  };
}

/**
 * Ready to read and write with, made in small steps. What the decoder makes of a word is computed apart from what it makes
 * of its context: the product with [word, context] is the sum of two products.
 * @param {{matrices: Record<string, Packed>, vectors: Record<string, string>}} stored @returns {Generator<undefined, Network>}
 */
export function* network_of(stored) {
  const m = {};
  for (const [name, packed] of Object.entries(stored.matrices)) m[name] = yield* matrix_of(packed);
  const v = Object.fromEntries(Object.entries(stored.vectors).map(([name, text]) => [name, floats(text)]));
  const H = m.encoder_hh.columns;
  return {
    matrices: m,
    vectors: v,
    reads: remembered((id) => add(product(m.encoder_ih, row_of(m.source_embedding, id)), v.encoder_ih_bias)),
    feeds: remembered((id) => {
      const word = row_of(m.target_embedding, id);
      const gi = add(product(m.decoder_ih, word), v.decoder_ih_bias); // it sees [word, context]
      return { gi, projected: add(product(m.projection, word, 2 * H), v.projection_bias) }; // and this [state, context, word]
    }),
  };
}

/**
 * One step of a GRU: r = s(gi_r + gh_r), z likewise, n = tanh(gi_n + r gh_n), h' = (1 - z) n + z h, with
 * gh = W_hh h + b_hh. @param {Float64Array} gi (3H,) @param {Float64Array} h (H,)
 */
function gru_step(gi, h, weight_hh, bias_hh) {
  const H = h.length;
  const gh = add(product(weight_hh, h), bias_hh);
  const next = new Float64Array(H);
  for (let j = 0; j < H; j++) {
    const r = sigmoid(gi[j] + gh[j]);
    const z = sigmoid(gi[H + j] + gh[H + j]);
    const n = Math.tanh(gi[2 * H + j] + r * gh[2 * H + j]);
    next[j] = (1 - z) * n + z * h[j];
  }
  return next;
}

/** The encoder's states, the first zero, then one after each word. @param {Network} network @param {number[]} ids */
export function encode({ matrices: m, vectors: v, reads }, ids) {
  const states = [new Float64Array(m.encoder_hh.columns)];
  for (const id of ids) states.push(gru_step(reads(id), states.at(-1), m.encoder_hh, v.encoder_hh_bias));
  return states;
}

/** What the decoder makes of its context, the same at every step. @param {Network} network @param {Float64Array} h @returns {Fed} */
export const context_of = ({ matrices: m }, h) => ({
  gi: product(m.decoder_ih, h, m.target_embedding.columns),
  projected: product(m.projection, h, h.length),
});

/**
 * Log-probabilities of every next word, and the state after: s' = GRU([word, context], s), logits = E P [s', context, word].
 * @param {Network} network @param {Float64Array} s @param {Fed} context @param {number} id last word
 */
export function decode_step({ matrices: m, vectors: v, feeds }, s, context, id) {
  const word = feeds(id);
  const after = gru_step(add(word.gi.slice(), context.gi), s, m.decoder_hh, v.decoder_hh_bias);
  const features = add(add(product(m.projection, after), context.projected), word.projected); // (E,)
  const log_p = add(product(m.target_embedding, features), v.output_bias); // (V,) logits so far
  return { s: after, log_p: log_softmax(log_p) };
}

/** l - ln sum exp l, in place. @param {Float64Array} l */
function log_softmax(l) {
  let most = -Infinity;
  for (let k = 0; k < l.length; k++) if (l[k] > most) most = l[k];
  let sum = 0;
  for (let k = 0; k < l.length; k++) sum += Math.exp(l[k] - most);
  const total = most + Math.log(sum);
  for (let k = 0; k < l.length; k++) l[k] -= total;
  return l;
}
