/**
 * Greedy, beam and exhaustive search of one sentence, over any step function; no DOM. The rules are those of
 * `rnnlib.search`, and so are the names: sums in float64, the end token counts in the length, candidates that end leave
 * the beam and are not replaced, equal ones rank by their parent's rank and then by their token's id.
 *
 * @typedef {(token: number, state: any) => {log_probs: ArrayLike<number>, state: any}} Step log-probabilities (V,) of the
 *   next token; it must not change the state it gets, which other hypotheses may share
 * @typedef {"power" | "gnmt"} Penalty
 * @typedef {Object} Hypothesis a sequence that a search found
 * @property {number[]} tokens without the first token and without the end token
 * @property {number} log_prob the sum over all its tokens, the end token's included
 * @property {boolean} finished whether it ended by itself; else it was cut at the greatest length
 * @property {number} length L, the tokens that have a probability: the end token counts
 * @property {number} score log p / lp(L)
 * @typedef {Object} Candidate a continuation that was weighed, by one token
 * @property {number} rank its place among all of its step, from 1
 * @property {number} parent the rank, a step earlier, of what it continues; 0 at the first step
 * @property {number} token
 * @property {number} log_prob of the whole sequence
 * @property {number} score log p / lp(length so far)
 * @property {"kept" | "finished" | "pruned"} fate
 * @typedef {Object} Options
 * @property {number} first the token that the sentence starts from
 * @property {number | null} eos the token that ends it; null where there is none
 * @property {number} max_length M, the most tokens, the end token included
 * @property {number} [width] how many are kept, 5
 * @property {number} [alpha] of the length penalty, 0
 * @property {Penalty} [penalty] "power" for L^alpha, "gnmt" for ((5 + L) / 6)^alpha
 * @property {number[]} [banned] tokens that are never written
 * @property {number} [n_best] how many hypotheses to return, 1
 * @property {boolean} [early_stop] stop once nothing live can come among them, true
 * @property {boolean} [finished_first] rank those that were cut behind all that ended, false
 * @property {boolean | number} [trace] record each step's candidates: all that have a probability, or the best so many
 * @typedef {{hypotheses: Hypothesis[], steps: Candidate[][]}} Found the best first
 */

export const PENALTIES = ["power", "gnmt"];

/** lp(L), which a log-probability is divided by. @param {number} length @param {number} alpha @param {Penalty} penalty */
export const length_penalty = (length, alpha, penalty = "power") => (penalty === "power" ? length : (5 + length) / 6) ** alpha;

/** @param {number[]} tokens @param {number} log_prob @param {boolean} finished @returns {Hypothesis} */
function hypothesis_of(tokens, log_prob, finished, { alpha = 0, penalty = "power" }) {
  const length = tokens.length + Number(finished);
  return { tokens, log_prob, finished, length, score: log_prob / length_penalty(length, alpha, penalty) };
}

// ---- greedy ------------------------------------------------------------------------------------------------------

/** Take the likeliest token again and again. @param {Step} step @param {Options} options @returns {Hypothesis} */
export function greedy_search(step, state, options) {
  const { first, eos, max_length, banned = [] } = options;
  check_options(options);
  const tokens = [];
  let [token, log_prob] = [first, 0];
  while (tokens.length < max_length) {
    const after = step(token, state);
    const log_probs = without(checked(after.log_probs), banned);
    [token] = likeliest(log_probs, 1);
    if (log_probs[token] === -Infinity) throw new RangeError(NOTHING);
    log_prob += log_probs[token];
    if (token === eos) return hypothesis_of(tokens, log_prob, true, options);
    tokens.push(token);
    state = after.state;
  }
  return hypothesis_of(tokens, log_prob, false, options);
}

/** The log-probabilities with those of some tokens at minus infinity. @param {ArrayLike<number>} log_probs @param {number[]} banned */
function without(log_probs, banned) {
  if (!banned.length) return log_probs;
  const left = Float64Array.from(log_probs);
  for (const token of banned) left[token] = -Infinity;
  return left;
}

// ---- beam --------------------------------------------------------------------------------------------------------

/**
 * Go on with the `width` likeliest beginnings at once; see `rnnlib.search.beam_search`.
 * @param {Step} step @param {any} state before the first token @param {Options} options @returns {Found}
 */
export function beam_search(step, state, options) {
  const { first, max_length, width = 5, early_stop = true, trace = false } = options;
  check_options(options);
  const [hypotheses, steps] = [[], []];
  let live = [{ tokens: [], log_prob: 0, rank: 0, token: first, state }];
  for (let t = 1; live.length; t++) {
    const ahead = live.map((parent) => continued(step, parent, options));
    const shown = trace === true ? ahead[0].log_probs.length * live.length : Number(trace);
    const candidates = ranked(live, ahead, Math.max(width, shown));
    if (trace) steps.push(candidates.slice(0, shown).map((candidate, k) => recorded(candidate, k + 1, t, options)));
    live = advance(candidates.slice(0, width), live, ahead, hypotheses, options);
    if (t === max_length) {
      hypotheses.push(...live.map(({ tokens, log_prob }) => hypothesis_of(tokens, log_prob, false, options)));
      live = [];
    } else if (early_stop && live.length && settled(hypotheses, live[0].log_prob, options)) live = [];
  }
  return { hypotheses: best_of(hypotheses, options), steps };
}

/** What may follow a live hypothesis. @param {Step} step */
function continued(step, { token, state }, { banned = [] }) {
  const after = step(token, state);
  return { log_probs: without(checked(after.log_probs), banned), state: after.state };
}

/** The `count` best continuations of all that live, best first: log p, place of the parent, token. */
function ranked(live, ahead, count) {
  const candidates = live.flatMap((parent, place) => {
    const { log_probs } = ahead[place];
    // log p(y_1 ... y_t) = log p(y_1 ... y_t-1) + log p(y_t | y_1 ... y_t-1)
    return likeliest(log_probs, count).map((token) => ({ log_prob: parent.log_prob + log_probs[token], place, token, parent: parent.rank }));
  });
  const possible = candidates.filter(({ log_prob }) => log_prob > -Infinity); // by parent, then by token
  return possible.sort((a, b) => b.log_prob - a.log_prob).slice(0, count); // a stable sort: that order stays among equals
}

/**
 * The places of the `count` greatest entries, of equal ones the first.
 * @param {ArrayLike<number>} log_probs @param {number} count @returns {number[]} rising
 */
export function likeliest(log_probs, count) {
  const V = log_probs.length;
  if (count >= V) return Array.from({ length: V }, (_, v) => v);
  const best = []; // the greatest first
  for (let v = 0; v < V; v++) {
    const value = log_probs[v];
    if (best.length === count && value <= log_probs[best[count - 1]]) continue;
    let place = Math.min(best.length, count - 1);
    for (; place > 0 && value > log_probs[best[place - 1]]; place--) best[place] = best[place - 1];
    best[place] = v;
  }
  return best.sort((a, b) => a - b);
}

/** Those that are kept and go on; those that end are set aside. */
function advance(kept, live, ahead, hypotheses, options) {
  const next = [];
  kept.forEach(({ log_prob, place, token }, k) => {
    const { tokens } = live[place];
    if (token === options.eos) hypotheses.push(hypothesis_of(tokens, log_prob, true, options));
    else next.push({ tokens: [...tokens, token], log_prob, rank: k + 1, token, state: ahead[place].state });
  });
  return next;
}

/** @returns {Candidate} */
function recorded({ log_prob, parent, token }, rank, t, { eos, width = 5, alpha = 0, penalty = "power" }) {
  const fate = rank > width ? "pruned" : token === eos ? "finished" : "kept";
  return { rank, parent, token, log_prob, score: log_prob / length_penalty(t, alpha, penalty), fate };
}

const NOTHING = "no sequence has a probability above 0, expected banned to leave some token";

/** The n best; of equal ones that which was found first. @param {Hypothesis[]} hypotheses @param {Options} options */
function best_of(hypotheses, { n_best = 1, finished_first = false }) {
  if (!hypotheses.length) throw new RangeError(NOTHING);
  const cut = ({ finished }) => Number(finished_first && !finished);
  return [...hypotheses].sort((a, b) => cut(a) - cut(b) || b.score - a.score).slice(0, n_best);
}

/**
 * Whether nothing that is live can come among the n best: log p only falls, lp(L) <= lp(M) and log p <= 0, so no score
 * gets above (the best live log p) / lp(M). @param {Hypothesis[]} hypotheses @param {number} best_live @param {Options} options
 */
function settled(hypotheses, best_live, options) {
  const { n_best = 1, max_length, alpha = 0, penalty = "power" } = options;
  if (hypotheses.length < n_best) return false;
  return best_of(hypotheses, options).at(-1).score >= best_live / length_penalty(max_length, alpha, penalty);
}

// ---- exhaustive --------------------------------------------------------------------------------------------------

/**
 * Score every sequence of up to M tokens: for small V and M only.
 * @param {Step} step @param {any} state @param {Options} options `width`, `early_stop` and `trace` play no part
 * @returns {{hypotheses: Hypothesis[], count: number}} the best, and how many there are
 */
export function exhaustive_search(step, state, options, at_most = 200000) {
  const { first, eos, max_length } = options;
  check_options(options);
  const hypotheses = [];
  let prefixes = [{ tokens: [], log_prob: 0, token: first, state }];
  for (let t = 1; t <= max_length && prefixes.length; t++) {
    const longer = [];
    for (const prefix of prefixes) {
      const { log_probs, state: after } = continued(step, prefix, options);
      if (prefixes.length * log_probs.length > at_most) throw new RangeError(`more than ${at_most} sequences to score`);
      for (let token = 0; token < log_probs.length; token++) {
        const log_prob = prefix.log_prob + log_probs[token];
        if (log_prob === -Infinity) continue;
        if (token === eos) hypotheses.push(hypothesis_of(prefix.tokens, log_prob, true, options));
        else longer.push({ tokens: [...prefix.tokens, token], log_prob, token, state: after });
      }
    }
    prefixes = longer;
  }
  hypotheses.push(...prefixes.map(({ tokens, log_prob }) => hypothesis_of(tokens, log_prob, false, options)));
  return { hypotheses: best_of(hypotheses, options), count: hypotheses.length };
}

// ---- checks ------------------------------------------------------------------------------------------------------

/** @param {Options} options */
function check_options({ max_length, width = 1, n_best = 1, alpha = 0, penalty = "power", trace = false }) {
  for (const [name, value] of Object.entries({ max_length, width, n_best })) {
    if (!Number.isInteger(value) || value < 1) throw new RangeError(`${name} is ${value}, expected a whole number of at least 1`);
  }
  if (!(alpha >= 0 && alpha < Infinity)) throw new RangeError(`alpha is ${alpha}, expected a finite number of 0 or more`);
  if (!PENALTIES.includes(penalty)) throw new RangeError(`penalty is ${penalty}, expected one of ${PENALTIES.join(", ")}`);
  if (!(Number(trace) >= 0)) throw new RangeError(`trace is ${trace}, expected true, false or a number of candidates`);
}

/** What `step` returned, if these are log-probabilities. @param {ArrayLike<number>} log_probs */
function checked(log_probs) {
  let highest = -Infinity;
  for (let v = 0; v < log_probs.length; v++) highest = Math.max(highest, log_probs[v]); // NaN if any entry is
  if (!(highest <= 1e-3)) throw new RangeError(`step returned log_probs as high as ${highest}, expected log-probabilities, at most 0`);
  return log_probs;
}
