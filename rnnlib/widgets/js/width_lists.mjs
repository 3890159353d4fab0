/**
 * Lists of translations that beams found, as counts: unpacked, ranked by a length penalty, judged. float64 and no DOM;
 * names are those of `rnnlib.widgets.width_lists`.
 *
 * @typedef {Object} Entry a translation
 * @property {number} log_prob in nats
 * @property {number} length L, tokens of the model, the end token counted
 * @property {number[]} matches n-grams that a reference holds, n = 1 to 4
 * @property {number} written tokens, as BLEU counts them
 * @property {number} reference tokens of the reference that is nearest in length
 * @property {number} mask which widths' lists have it, the first width in the lowest bit
 * @typedef {{log_prob: number, length_ratio: number, bleu: number, counts: import("./bleu.mjs").BleuCounts}} Figures
 *   of a corpus, each sentence translated by the first of its list; BLEU from 0 to 100
 */
import { length_penalty } from "./beam.mjs";
import { bleu_of } from "./bleu.mjs";

const ORDERS = 4;
const SMALLEST = 1e-4; // nats; log p is stored as a whole number of these
const LOG_PROB = 4; // digits of it
const SIZE = ORDERS + 3 + LOG_PROB; // digits of an entry
const MASK = 2; // and as many for the mask
const LONGEST = 35; // what one digit holds

/** A digit of base 36, or of a smaller one. */
const digit = (text, place) => {
  const code = text.charCodeAt(place);
  return code < 58 ? code - 48 : code - 87; // 0 to 9, then a to z
};

/** The whole number that `size` digits from a place on make. */
function number_at(text, place, size, base) {
  let number = 0;
  for (let k = place; k < place + size; k++) number = base * number + digit(text, k);
  return number;
}

/** The entry that begins at a place. @param {string} text @returns {Entry} */
function entry_at(text, place) {
  const matches = [0, 0, 0, 0];
  for (let n = 0; n < ORDERS; n++) matches[n] = digit(text, place + n);
  return {
    matches,
    written: digit(text, place + ORDERS),
    reference: digit(text, place + ORDERS + 1),
    length: digit(text, place + ORDERS + 2),
    log_prob: -number_at(text, place + ORDERS + 3, LOG_PROB, 36) * SMALLEST,
    mask: number_at(text, place + SIZE, MASK, 16),
  };
}

/** Each sentence's entries, by rising length. @param {string} packed @returns {Entry[][]} */
const unpack = (packed) =>
  packed.split(" ").map((sentence) => Array.from({ length: sentence.length / (SIZE + MASK) }, (_, k) => entry_at(sentence, k * (SIZE + MASK))));

/** The list of one width. @param {Entry[]} entries @param {number} bit the width's place */
export const list_of = (entries, bit) => entries.filter(({ mask }) => (mask >> bit) & 1);

/** lp(L) of every length. @returns {Float64Array} */
const penalties_of = (alpha, penalty) =>
  Float64Array.from({ length: LONGEST + 1 }, (_, length) => length_penalty(length, alpha, penalty));

/** The place of the winner by log p / lp(L), of equal ones the first. @param {Entry[]} entries @param {Float64Array} penalties */
function best(entries, penalties) {
  let place = 0;
  let most = -Infinity;
  for (let k = 0; k < entries.length; k++) {
    const score = entries[k].log_prob / penalties[entries[k].length];
    if (score > most) [place, most] = [k, score];
  }
  return place;
}

/**
 * The corpus of one width with what no penalty changes added up: the sentences that have one entry.
 * @typedef {{size: number, settled: Float64Array, contested: Entry[][]}} Prepared
 * @param {Entry[][]} sentences @param {number} bit the width's place @returns {Prepared}
 */
function prepare(sentences, bit) {
  const settled = new Float64Array(3 + 2 * ORDERS); // log p, tokens written, of the references, matches, totals
  const contested = [];
  for (const sentence of sentences) {
    const entries = list_of(sentence, bit);
    if (entries.length > 1) contested.push(entries);
    else add(settled, entries[0]);
  }
  return { size: sentences.length, settled, contested };
}

/** @param {Float64Array} sums @param {Entry} entry */
function add(sums, { log_prob, written, reference, matches }) {
  sums[0] += log_prob;
  sums[1] += written;
  sums[2] += reference;
  for (let n = 0; n < ORDERS; n++) {
    sums[3 + n] += matches[n];
    sums[3 + ORDERS + n] += Math.max(0, written - n);
  }
}

/** The corpus of the winners. @param {Prepared} corpus @param {Float64Array} penalties @returns {Figures} */
function figures({ size, settled, contested }, penalties) {
  const sums = settled.slice();
  for (const entries of contested) add(sums, entries[best(entries, penalties)]);
  const [log_prob, candidate_length, reference_length, ...grams] = sums;
  const counts = { matches: grams.slice(0, ORDERS), totals: grams.slice(ORDERS), candidate_length, reference_length };
  return {
    log_prob: log_prob / size,
    length_ratio: candidate_length / reference_length,
    bleu: 100 * bleu_of(counts, "exp"),
    counts,
  };
}

/**
 * All lists of a corpus, judged by any penalty, each penalty once.
 * @param {string} packed @param {number[]} widths
 * @returns {{sentences: Entry[][], judged: (alpha: number, penalty: string) => Figures[]}} by width
 */
export function corpus_of(packed, widths) {
  const sentences = unpack(packed);
  const prepared = widths.map((_, bit) => prepare(sentences, bit));
  const known = new Map();
  const judged = (alpha, penalty) => {
    const key = alpha === 0 ? "0" : `${penalty} ${alpha}`;
    if (!known.has(key)) {
      const by_length = penalties_of(alpha, penalty);
      known.set(key, prepared.map((of_width) => figures(of_width, by_length)));
    }
    return known.get(key);
  };
  return { sentences, judged };
}
