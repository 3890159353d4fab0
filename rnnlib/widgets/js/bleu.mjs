/**
 * The arithmetic of BLEU, float64 and no DOM; names are those of `rnnlib.bleu`.
 *
 * @typedef {string[]} Tokens
 * @typedef {"none" | "floor" | "add-k" | "exp"} Smoothing
 * @typedef {Object} BleuCounts what BLEU is computed from; the counts of sentences may be added
 * @property {number[]} matches n-grams that a reference holds, clipped; n = 1, 2, ...
 * @property {number[]} totals n-grams of the candidate
 * @property {number} candidate_length tokens
 * @property {number} reference_length tokens of the reference that is nearest in length
 * @typedef {{text: string, state: "counted" | "clipped" | "absent", allowed: number}} Gram an n-gram of the candidate
 */

// What Python's `str.split` takes for a space; JavaScript's \s has others.
const SPACES = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u;
const SPACES_AT_END = new RegExp(`${SPACES.source}$`, "u");

/** The lines of a text that hold more than spaces. @param {string} text */
export const lines_of = (text) => text.split(/\r\n|\r|\n/).filter((line) => split(line).length);

/** @param {string} text @returns {Tokens} */
const split = (text) => text.split(SPACES).filter(Boolean);

/**
 * The tokens of a text: split at spaces, or with marks apart as sacreBLEU's `13a` does it, after mteval-v13a.
 * @param {string} text @param {"spaces" | "13a"} tokens @param {boolean} lowercase @returns {Tokens}
 */
export function tokens_of(text, tokens, lowercase) {
  const trimmed = (lowercase ? text.toLowerCase() : text).replace(SPACES_AT_END, "");
  return split(tokens === "13a" ? marks_apart(trimmed) : trimmed);
}

const ENTITIES = [["&quot;", '"'], ["&amp;", "&"], ["&lt;", "<"], ["&gt;", ">"]];

/** Spaces around marks, but not around the apostrophe, the hyphen in a word, and , or . in a number. @param {string} line */
function marks_apart(line) {
  const plain = line.replaceAll("<skipped>", "").replaceAll("-\n", "").replaceAll("\n", " ");
  const decoded = ENTITIES.reduce((text, [name, sign]) => text.replaceAll(name, sign), plain);
  return ` ${decoded} `
    .replace(/([{-~[-` -&(-+:-@/])/gu, " $1 ")
    .replace(/([^0-9])([.,])/gu, "$1 $2 ") // unless a digit stands before
    .replace(/([.,])([^0-9])/gu, " $1 $2") // unless a digit follows
    .replace(/([0-9])(-)/gu, "$1 $2 ");
}

/** All runs of n tokens, in their order, each as one text: no token holds a space. @param {Tokens} tokens */
export const ngrams = (tokens, n) =>
  Array.from({ length: Math.max(0, tokens.length - n + 1) }, (_, k) => tokens.slice(k, k + n).join(" "));

/** How often each occurs. @param {string[]} grams @returns {Map<string, number>} */
export function count(grams) {
  const found = new Map();
  for (const gram of grams) found.set(gram, (found.get(gram) ?? 0) + 1);
  return found;
}

/** How often each n-gram may count: as often as it stands in the reference that has it most often. @param {Tokens[]} references */
export function allowance(references, n) {
  const most = new Map();
  for (const reference of references) {
    for (const [gram, times] of count(ngrams(reference, n))) most.set(gram, Math.max(times, most.get(gram) ?? 0));
  }
  return most;
}

/**
 * The candidate's n-grams in their order: the first ones count, as far as the references go; the rest is clipped.
 * @param {Tokens} candidate @param {Tokens[]} references @returns {Gram[]}
 */
export function judged_ngrams(candidate, references, n) {
  const most = allowance(references, n);
  const seen = new Map();
  return ngrams(candidate, n).map((text) => {
    const allowed = most.get(text) ?? 0;
    const before = seen.get(text) ?? 0;
    seen.set(text, before + 1);
    return { text, allowed, state: before < allowed ? "counted" : allowed ? "clipped" : "absent" };
  });
}

/** Of the references' lengths the one nearest to the candidate's, the shorter of two. @param {Tokens[]} references */
export function nearest_length(length, references) {
  const order = (a, b) => Math.abs(a - length) - Math.abs(b - length) || a - b;
  return references.map((reference) => reference.length).sort(order)[0];
}

/** The counts of one sentence. @param {Tokens} candidate @param {Tokens[]} references @returns {BleuCounts} */
export function bleu_counts(candidate, references, max_order = 4) {
  const orders = Array.from({ length: max_order }, (_, k) => k + 1);
  const matches = orders.map((n) => {
    const most = allowance(references, n);
    let sum = 0;
    for (const [gram, times] of count(ngrams(candidate, n))) sum += Math.min(times, most.get(gram) ?? 0);
    return sum;
  });
  const totals = orders.map((n) => Math.max(0, candidate.length - n + 1));
  return { matches, totals, candidate_length: candidate.length, reference_length: nearest_length(candidate.length, references) };
}

/** The first orders of some counts. @param {BleuCounts} counts @param {number} max_order @returns {BleuCounts} */
export const cut_orders = (counts, max_order) => ({
  ...counts,
  matches: counts.matches.slice(0, max_order),
  totals: counts.totals.slice(0, max_order),
});

/** The counts of two sentences or corpora together. @param {BleuCounts} a @param {BleuCounts} b @returns {BleuCounts} */
export const add_counts = (a, b) => ({
  matches: a.matches.map((m, k) => m + b.matches[k]),
  totals: a.totals.map((t, k) => t + b.totals[k]),
  candidate_length: a.candidate_length + b.candidate_length,
  reference_length: a.reference_length + b.reference_length,
});

/** exp(1 - r / c) for a candidate shorter than its reference, else 1; 0 for an empty one. */
export function brevity_penalty(candidate_length, reference_length) {
  if (candidate_length >= reference_length) return 1;
  return candidate_length ? Math.exp(1 - reference_length / candidate_length) : 0;
}

export const SMOOTHING_VALUES = { none: 0, floor: 0.1, "add-k": 1, exp: 0 };

/**
 * How each p_n comes about, smoothed where nothing matches.
 * @typedef {{rule: "plain" | "floor" | "add-k" | "exp" | "missing", operands: number[], p: number}} Precision
 *   `missing`: the candidate has no such n-gram, or had none before. `operands`: of the rule's fraction
 * @param {BleuCounts} counts @param {Smoothing} smoothing @returns {Precision[]}
 */
export function precisions(counts, smoothing) {
  const value = SMOOTHING_VALUES[smoothing];
  let halved = 0; // how often
  let ended = false;
  return counts.matches.map((matches, k) => {
    const total = counts.totals[k];
    const added = smoothing === "add-k" && k > 0;
    ended ||= total === 0 && !added;
    if (ended) return { rule: "missing", operands: [], p: 0 };
    if (added) return { rule: "add-k", operands: [matches, total, value], p: (matches + value) / (total + value) };
    if (matches > 0 || smoothing === "none" || smoothing === "add-k") return { rule: "plain", operands: [matches, total], p: matches / total };
    if (smoothing === "floor") return { rule: "floor", operands: [value, total], p: value / total };
    halved += 1;
    return { rule: "exp", operands: [halved, total], p: 1 / (2 ** halved * total) };
  });
}

/** Whether a corpus has a match at all; without one its BLEU is 0, however it is smoothed. @param {BleuCounts} counts */
export const has_match = (counts) => counts.matches.some((m) => m > 0);

/** Brevity penalty times the geometric mean of p_1 ... p_N; 0 where nothing matches. @param {BleuCounts} counts @param {Smoothing} smoothing */
export function bleu_of(counts, smoothing) {
  if (!has_match(counts)) return 0;
  const product = precisions(counts, smoothing).reduce((all, { p }) => all * p, 1);
  return brevity_penalty(counts.candidate_length, counts.reference_length) * product ** (1 / counts.matches.length);
}

/** sacreBLEU's `effective_order`: n-grams longer than the candidate are left out. @param {BleuCounts} counts @param {Smoothing} smoothing */
export const effective_bleu = (counts, smoothing) =>
  bleu_of(cut_orders(counts, Math.max(1, counts.totals.filter((t) => t > 0).length)), smoothing);

/**
 * What d2l calls BLEU: brevity penalty times the product of p_n^(1 / 2^n), of one sentence and one reference.
 * @param {BleuCounts} counts of one reference; orders longer than the candidate are left out
 */
export function tutorial_bleu(counts) {
  const cut = tutorial_orders(counts);
  const penalty = brevity_penalty(cut.candidate_length, cut.reference_length);
  return precisions(cut, "none").reduce((score, { p }, k) => score * p ** (1 / 2 ** (k + 1)), penalty);
}

/** The orders that the tutorial's function goes through. @param {BleuCounts} counts */
export const tutorial_orders = (counts) => cut_orders(counts, Math.max(1, Math.min(counts.matches.length, counts.candidate_length)));
