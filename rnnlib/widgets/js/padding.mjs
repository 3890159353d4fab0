/**
 * Numbers of padding, packing and masking, without DOM. Sentences are read from a text, cut into batches and filled up;
 * a GRU reads them padded, packed and alone, and is asked for the token at each cell from the state before it.
 *
 * @typedef {import("./core.mjs").Vector} Vector
 * @typedef {{words: string[], known: Map<string, number>, pad: number, eos: number, unk: number, cell: import("./core.mjs").Cell,
 *   gi: Vector[], zero_gi: Vector, output_weight: Vector[], output_bias: Vector, most: {lines: number, words: number}}} Network
 *   `gi`: the projected input of each word; `zero_gi`: that of a vector of zeros
 * @typedef {{words: string[][], ids: number[][], unknown: string[], blank: number[], long: [number, number][], left_out: number}}
 *   Reading see `read`
 * @typedef {{rows: number[], ids: number[][], lengths: number[], T: number}} Batch `rows`: which sentences, from 0; `ids`: of each
 *   row, T of them; `lengths`: tokens of each, `<eos>` counted
 */
import { dot, gru_step, log_sum_exp, norm, project_input, zeros } from "./core.mjs";

/** The payload with what is looked up often. @returns {Network} */
export function network_of({ words, special, most, embedding, output_weight, output_bias, weight_ih, weight_hh, bias_ih, bias_hh }) {
  const cell = { kind: "gru", weight_ih, weight_hh, bias_ih, bias_hh };
  const project = (x) => project_input(x, weight_ih, bias_ih);
  const marks = new Set(Object.values(special));
  const known = new Map(words.flatMap((word, id) => (marks.has(id) ? [] : [[word, id]]))); // who types <pad> means a word
  return { words, known, ...special, cell, gi: embedding.map(project), zero_gi: project(zeros(embedding[0].length)), output_weight, output_bias, most };
}

// ---- sentences and batches -----------------------------------------------------------------------------------------

const LINE = /\r\n|\r|\n/;
const WORD = /[^ \t\f\v\u00a0\u202f.,?!]+|[.,?!]/g;

/**
 * Cut a text into sentences, one a line, and these into words; take what is within the limits.
 * @param {Network} network @param {string} text @returns {Reading} `words` and `ids` (with `<eos>`) of each sentence; words that
 *   are not known, each once; numbers of empty lines; line number and number of words where a line is too long; sentences left out
 */
export function read({ known, eos, unk, most }, text) {
  const lines = text.split(LINE).map((line) => line.toLowerCase().replaceAll("’", "'").match(WORD) ?? []);
  while (lines.length && !lines.at(-1).length) lines.pop();
  const numbered = lines.map((words, k) => ({ words, line: k + 1 }));
  const full = numbered.filter(({ words }) => words.length);
  const taken = full.slice(0, most.lines);
  const words = taken.map((one) => one.words.slice(0, most.words));
  return {
    words,
    ids: words.map((row) => [...row.map((word) => known.get(word) ?? unk), eos]),
    unknown: [...new Set(words.flat())].filter((word) => !known.has(word)),
    blank: numbered.filter((one) => !one.words.length).map(({ line }) => line),
    long: taken.filter((one) => one.words.length > most.words).map((one) => [one.line, one.words.length]),
    left_out: full.length - taken.length,
  };
}

/** Places of the lengths from the longest to the shortest, equal ones in their order. @param {number[]} lengths */
export const by_length = (lengths) => lengths.map((_, b) => b).sort((a, b) => lengths[b] - lengths[a] || a - b);

/** Which sentences share a batch. @param {number[]} lengths @param {number} size @param {boolean} sort @returns {number[][]} */
export function cut(lengths, size, sort) {
  const order = sort ? by_length(lengths) : lengths.map((_, k) => k);
  return Array.from({ length: Math.ceil(order.length / size) }, (_, k) => order.slice(k * size, (k + 1) * size));
}

/** Sentences side by side, filled up. @param {number[][]} ids @param {number[]} rows @param {number} pad @returns {Batch} */
export function make_batch(ids, rows, pad) {
  const lengths = rows.map((place) => ids[place].length);
  const T = Math.max(...lengths);
  return { rows, lengths, T, ids: rows.map((place) => [...ids[place], ...Array(T - ids[place].length).fill(pad)]) };
}

/**
 * The packed batch: the rows from the longest to the shortest, where each row stands in that order, and how many rows are
 * still running at each step. @param {number[]} lengths
 */
export function pack(lengths) {
  const sorted_indices = by_length(lengths);
  const unsorted_indices = zeros(lengths.length);
  sorted_indices.forEach((b, k) => (unsorted_indices[b] = k));
  const batch_sizes = Array.from({ length: Math.max(...lengths) }, (_, t) => lengths.filter((length) => length > t).length);
  return { sorted_indices, unsorted_indices, batch_sizes };
}

/** Cells of a batch, and how many of them are padding. @param {Batch} batch */
export function count_cells({ lengths, T }) {
  const cells = T * lengths.length;
  const words = lengths.reduce((sum, length) => sum + length, 0);
  return { cells, words, padding: cells - words };
}

// ---- states --------------------------------------------------------------------------------------------------------

/** One step of the GRU on a token. @param {Network} network @param {boolean} zero_pad whether `<pad>` has a vector of zeros */
const step = ({ cell, gi, zero_gi, pad }, id, h, zero_pad) =>
  gru_step(zero_pad && id === pad ? zero_gi : gi[id], h, cell.weight_hh, cell.bias_hh).h;

/** The states (T, H) over some tokens, from zero. @param {Network} network @param {number[]} ids @returns {Vector[]} */
export function read_tokens(network, ids, zero_pad) {
  let h = zeros(network.cell.weight_hh[0].length);
  return ids.map((id) => (h = step(network, id, h, zero_pad)));
}

/**
 * Read a packed batch column by column, as it lies in memory: at each step only the rows that are still running.
 * @param {Network} network @param {Batch} batch
 * @returns {{output: Vector[][], h_n: Vector[]}} row by row, zeros past a sentence's end
 */
export function read_packed(network, { ids, lengths, T }, zero_pad) {
  const { sorted_indices, unsorted_indices, batch_sizes } = pack(lengths);
  const none = zeros(network.cell.weight_hh[0].length);
  const sorted_states = ids.map(() => none);
  const output = ids.map(() => Array(T).fill(none));
  batch_sizes.forEach((size, t) => {
    for (let k = 0; k < size; k++) {
      const b = sorted_indices[k];
      sorted_states[k] = output[b][t] = step(network, ids[b][t], sorted_states[k], zero_pad);
    }
  });
  return { output, h_n: unsorted_indices.map((k) => sorted_states[k]) };
}

/** @param {Vector} a @param {Vector} b */
export const distance = (a, b) => norm(a.map((v, j) => v - b[j]));

/** @param {Vector} a @param {Vector} b */
export const cosine = (a, b) => dot(a, b) / (norm(a) * norm(b));

/**
 * A batch read padded, packed and sentence by sentence: outputs, final states, and how far these are from the state of the
 * sentence alone. @param {Network} network @param {Batch} batch @param {boolean} zero_pad
 */
export function states_of(network, batch, zero_pad) {
  const output = batch.ids.map((row) => read_tokens(network, row, zero_pad));
  const packed = read_packed(network, batch, zero_pad);
  const final = {
    alone: batch.ids.map((row, b) => read_tokens(network, row.slice(0, batch.lengths[b]), zero_pad).at(-1)),
    padded: output.map((row) => row.at(-1)),
    packed: packed.h_n,
  };
  const off = (states) => states.map((h, b) => distance(h, final.alone[b]));
  return {
    output: { padded: output, packed: packed.output },
    final,
    off: { padded: off(final.padded), packed: off(final.packed) },
    cosine: final.padded.map((h, b) => cosine(h, final.alone[b])),
  };
}

// ---- the loss ------------------------------------------------------------------------------------------------------

/**
 * What each cell costs: −ln of the token's probability, from the state before it; the first state is zero.
 * @param {Network} network @param {Batch} batch @param {Vector[][]} output states (B, T, H) @param {number} pad_bias
 * @returns {{cells: number[][], pad: number[][]}} losses in nats, and the probability of `<pad>`
 */
export function score({ output_weight, output_bias, pad }, { ids }, output, pad_bias) {
  const none = zeros(output_weight[0].length);
  const both = ids.map((row, b) =>
    row.map((id, t) => {
      const scores = project_input(t ? output[b][t - 1] : none, output_weight, output_bias);
      scores[pad] += pad_bias;
      const whole = log_sum_exp(scores);
      return { loss: whole - scores[id], p: Math.exp(scores[pad] - whole) };
    }),
  );
  return { cells: both.map((row) => row.map(({ loss }) => loss)), pad: both.map((row) => row.map(({ p }) => p)) };
}

/**
 * Sums over the words and over the padding of a batch: losses, and probabilities of `<pad>`.
 * @param {Batch} batch @param {{cells: number[][], pad: number[][]}} scored
 */
export function sums({ lengths }, { cells, pad }) {
  const over = (rows, counts) => rows.reduce((sum, row, b) => row.reduce((part, v, t) => (counts(t, lengths[b]) ? part + v : part), sum), 0);
  const word = (t, length) => t < length;
  const padding = (t, length) => t >= length;
  return { loss_words: over(cells, word), loss_padding: over(cells, padding), pad_words: over(pad, word), pad_padding: over(pad, padding) };
}
