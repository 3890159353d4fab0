/** Counted words, cuts, coverage and byte-pair pieces: integers, and no DOM. */

/**
 * @typedef {Object} Corpus a counted text; the words by falling frequency, ties in alphabetical order
 * @property {string[]} words @property {number[]} counts in the text that was counted
 * @property {number[]} held_out of the same words in held-out text
 * @property {string[]} unseen words of held-out text that were not counted @property {number[]} unseen_counts
 * @property {Map<string, number>} ranks word -> place in `words`, from 0
 * @property {{all: number, known: number[]}} training @property {{all: number, known: number[]}} held how many tokens
 *   there are, and how many are known with the first 0, 1, ... words
 * @property {number[]} held_types types of held-out text known with the first 0, 1, ... words
 * @property {Map<string, number>} merges "left right" -> its place, from 0
 * @property {string[]} symbols what each merge makes @property {Set<string>} alphabet @property {string[]} samples
 *
 * @typedef {{known: number, all: number}} Share
 * @typedef {{kept: number, size: number, training_tokens: Share, training_types: Share, held_out_tokens: Share,
 *   held_out_types: Share}} Cut `kept` words and V = `size` entries
 */

/** Numbers from text in which equal neighbours stand once, `5 0*3 2`. @param {string} text @returns {number[]} */
export const numbers_of = (text) =>
  text.split(" ").filter(Boolean).flatMap((run) => {
    const [value, times = 1] = run.split("*").map(Number);
    return Array(times).fill(value);
  });

const words_in = (text) => text.split(" ").filter(Boolean);

/** 0 and the sums of the first 1, 2, ... values. @param {number[]} values @returns {number[]} */
export function sums(values) {
  const result = [0];
  for (const value of values) result.push(result[result.length - 1] + value);
  return result;
}

/** @param {Record<string, any>} packed as Python's `pack` makes it @returns {Corpus} */
export function unpack_corpus(packed) {
  const words = words_in(packed.words);
  const counts = sums(numbers_of(packed.falls)).slice(1).map((fall) => packed.most - fall);
  const held_out = numbers_of(packed.held_out);
  const unseen_counts = numbers_of(packed.unseen_counts);
  const known = sums(held_out);
  const parts = words_in(packed.merges);
  const pairs = Array.from({ length: parts.length / 2 }, (_, k) => [parts[2 * k], parts[2 * k + 1]]);
  return {
    words, counts, held_out, unseen_counts,
    unseen: words_in(packed.unseen),
    ranks: new Map(words.map((word, rank) => [word, rank])),
    training: { all: sums(counts)[words.length], known: sums(counts) },
    held: { all: known[words.length] + sums(unseen_counts)[unseen_counts.length], known },
    held_types: sums(held_out.map((count) => Math.sign(count))),
    merges: new Map(pairs.map((pair, k) => [pair.join(" "), k])),
    symbols: pairs.map((pair) => pair.join("")),
    alphabet: new Set(words.flatMap((word) => [...word])),
    samples: packed.samples,
  };
}

/**
 * The vocabulary: words seen at least `min_freq` times, the most frequent first, up to `largest` entries.
 * @param {Corpus} corpus @param {number} min_freq @param {number} largest @param {number} reserved tokens beside the words
 * @returns {Cut}
 */
export function cut(corpus, min_freq, largest, reserved) {
  const { words, counts, training, held, held_types, unseen } = corpus;
  const rarer = counts.findIndex((count) => count < min_freq);
  const kept = Math.min(rarer < 0 ? words.length : rarer, largest - reserved);
  return {
    kept,
    size: kept + reserved,
    training_tokens: { known: training.known[kept], all: training.all },
    training_types: { known: kept, all: words.length },
    held_out_tokens: { known: held.known[kept], all: held.all },
    held_out_types: { known: held_types[kept], all: held_types[words.length] + unseen.length },
  };
}

/** How many of the words kept were seen fewer than so many times. @param {Corpus} corpus @param {number} kept @param {number} few */
export const rare_words = ({ counts }, kept, few) => counts.slice(0, kept).filter((count) => count < few).length;

/**
 * The pieces of a word: of the first `limit` merges that apply, the oldest is made first.
 * @param {Corpus} corpus @param {string} word @param {number} limit @returns {string[]}
 */
export function pieces({ merges }, word, limit) {
  let symbols = [...word];
  while (symbols.length > 1) {
    let best = limit;
    for (let k = 1; k < symbols.length; k++) {
      const place = merges.get(`${symbols[k - 1]} ${symbols[k]}`);
      if (place < best) best = place;
    }
    if (best === limit) break;
    symbols = merged(symbols, merges, best);
  }
  return symbols;
}

/** One symbol of each such pair of neighbours, from left to right. */
function merged(symbols, merges, place) {
  const result = [];
  for (let k = 0; k < symbols.length; k++) {
    const pair = k + 1 < symbols.length && merges.get(`${symbols[k]} ${symbols[k + 1]}`) === place;
    result.push(pair ? symbols[k] + symbols[k + 1] : symbols[k]);
    if (pair) k++;
  }
  return result;
}

/**
 * Subwords judged on held-out text: entries V, those read as <unk>, and how many entries the text is cut into.
 * @param {Corpus} corpus @param {number} limit merges, 0 for characters @param {number} reserved
 * @returns {{size: number, unknown: number, pieces: number}}
 */
export function pieced(corpus, limit, reserved) {
  const known = new Set([...corpus.alphabet, ...corpus.symbols.slice(0, limit)]);
  const found = { size: reserved + known.size, unknown: 0, pieces: 0 };
  const judge = (word, count) => {
    const cut_up = pieces(corpus, word, limit);
    found.pieces += count * cut_up.length;
    found.unknown += count * cut_up.filter((piece) => !known.has(piece)).length;
  };
  corpus.words.forEach((word, rank) => corpus.held_out[rank] && judge(word, corpus.held_out[rank]));
  corpus.unseen.forEach((word, k) => judge(word, corpus.unseen_counts[k]));
  return found;
}
