/** Beam tree: which beginnings a search keeps, which it throws away, and which sentence it finds. */
import { beam_search, exhaustive_search, greedy_search, length_penalty } from "./beam.mjs";
import { TREE_STYLES, place_of, tree_legend, tree_picture } from "./beam_picture.mjs";
import {
  assign, button, choice, disclosure, formula, frame, h, predict, presets, range, redraw, say_later, select, show, table,
} from "./ui.mjs";
import { detokenize } from "./word_tokens.mjs";

/**
 * @typedef {import("./ui.mjs").Model} Model
 * @typedef {import("./ui.mjs").Algebra} Algebra
 * @typedef {import("./beam.mjs").Candidate} Candidate
 * @typedef {import("./beam.mjs").Hypothesis} Hypothesis
 * @typedef {ReturnType<typeof look>} View
 * @typedef {ReturnType<typeof open_problem>} Problem
 */

const SETTINGS = ["problem", "width", "alpha", "penalty", "max_length", "step"];
const PROBLEMS = {
  watch: "translate “My watch has stopped.”",
  winter: "translate “It was a long winter.”",
  tea: "translate “Would you like some tea?”",
  worked: "the worked example, 3 words",
  garden: "a garden path, 5 words",
  crowded: "a crowded beam, 3 words",
};
const PENALTIES = { power: "L^α", gnmt: "((5 + L) / 6)^α" };
const MOST_SEQUENCES = 20000; // that exhaustive search looks at

export default { render };

/** @param {{model: Model, el: HTMLElement}} host @returns {() => void} */
function render({ model, el }) {
  const { body, note, say } = frame(model, el, {
    title: "Beam tree",
    question: "The likeliest word at each step: does that make the likeliest sentence?",
  });
  const parts = [words_part(), found_part(), arithmetic_part(), widths_part(), alphas_part(), numbers_part(), tree_part(model)];
  const [words, found, arithmetic, widths, alphas, numbers, tree] = parts; // the tree last, as it asks for the layout
  body.append(
    h("style", {}, TREE_STYLES + STYLES),
    ask(),
    h("div", { class: "rnn-stack" }, presets(model, "Searches to try", PRESETS, say), note),
    controls(model),
    h("div", { class: "rnn-stack beam-search" }, tree.node, words.node),
    found.node,
    arithmetic.node,
    widths.node,
    alphas.node,
    numbers.node,
  );
  const tell = say_later(say);
  const see = viewer(model);
  const stop = redraw(model, SETTINGS, () => {
    const view = see();
    for (const part of parts) part.update(view);
    tell(summary(view));
  });
  return () => [stop, tree.stop].forEach((end) => end());
}

// ---- problems ----------------------------------------------------------------------------------------------------

/**
 * A packed problem with its step over what was written; the state is the ids read, the first token not counted.
 * @param {{title: string, words: string[], eos: number, rows: Record<string, any>, otherwise: any, size: number,
 *   max_length: number, unit: number}} packed see `rnnlib.widgets.beam_tree.pack`
 */
export function open_problem(packed) {
  const { words, eos, rows, otherwise, unit } = packed;
  const stored = otherwise === null;
  const all = (row) => Float64Array.from(row, (value) => value ?? -Infinity);
  const few = (row) => {
    const log_probs = new Float64Array(words.length).fill(-Infinity);
    for (let k = 0; k < row.length; k += 2) log_probs[row[k]] = row[k + 1] / unit;
    return log_probs;
  };
  const opened = new Map();
  const row_of = (key) => {
    if (!opened.has(key)) opened.set(key, stored ? few(rows[key]) : all(rows[key] ?? otherwise));
    return opened.get(key);
  };
  const step = (token, state) => {
    const read = state === null ? [] : [...state, token];
    return { log_probs: row_of(read.join(" ")), state: read };
  };
  const longest = Math.max(...words.map((word) => word.length));
  return { ...packed, stored, step, row_of, longest };
}

/** A hypothesis as text, and what it ends with. @param {Problem} problem @param {{tokens: number[], finished: boolean}} hypothesis */
export const spell = ({ words }, { tokens, finished }) =>
  `${detokenize(tokens.map((token) => words[token]))} ${finished ? "<eos>" : "…"}`.trim();

/** All options of a search, those of `rnnlib.widgets.beam_tree.search`. @param {Problem} problem @param {Record<string, any>} settings */
const options_of = ({ eos, stored, max_length: own }, { width, alpha, penalty, max_length }, drawn) => ({
  first: eos, eos, width, alpha, penalty, max_length: max_length || own, finished_first: true, trace: stored ? drawn : true,
});

// ---- what is shown -----------------------------------------------------------------------------------------------

/** What the page shows now; problems are opened and searched once. @param {Model} model */
function viewer(model) {
  const { problems, ...limits } = model.get("payload");
  const kept = new Map();
  const once = (key, make) => {
    if (kept.size > 400) kept.clear();
    if (!kept.has(key)) kept.set(key, make());
    return kept.get(key);
  };
  return () => {
    const settings = Object.fromEntries(SETTINGS.map((name) => [name, model.get(name)]));
    const problem = once(settings.problem, () => open_problem(problems[settings.problem]));
    return look(problem, settings, limits, once);
  };
}

/**
 * @param {Problem} problem @param {Record<string, any>} settings
 * @param {{drawn: number, widest: number, alphas: number[]}} limits
 * @param {(key: string, make: () => any) => any} once keeps what was computed
 */
export function look(problem, settings, { drawn, widest, alphas }, once = (_, make) => make()) {
  const options = options_of(problem, settings, drawn);
  const { width, alpha, penalty, max_length: M } = options;
  const search = (changed) => {
    const now = { ...options, ...changed };
    return once(JSON.stringify([settings.problem, now]), () => beam_search(problem.step, null, now));
  };
  const { hypotheses: [best], steps } = search({});
  const greedy = greedy_search(problem.step, null, options);
  const T = steps.length;
  const t = Math.min(settings.step, T);
  const over = t === T;
  const paths = { best: path_of(steps, best, problem.eos), greedy: path_of(steps, greedy, problem.eos) };
  const aside = set_aside(steps.slice(0, t), problem, over && T === M, options);
  return {
    ...settings, problem, M, T, t, over, best, greedy, steps, paths, aside,
    counts: counts_of(steps, t, problem),
    drawn,
    end: over ? end_of(steps, aside, options) : null,
    by_width: Array.from({ length: widest }, (_, k) => ({ width: k + 1, best: search({ width: k + 1 }).hypotheses[0] })),
    by_alpha: alphas.map((value) => ({ alpha: value, best: search({ alpha: value }).hypotheses[0] })),
    every: countable(problem, M)
      ? once(JSON.stringify([settings.problem, "every", alpha, penalty, M]), () => exhaustive_search(problem.step, null, options, Infinity))
      : null,
    scored: { width, alpha, penalty },
  };
}

/** Whether exhaustive search can look at every sequence. @param {Problem} problem */
const countable = ({ stored, size }, M) => !stored && (size - 1) ** (M - 1) * size <= MOST_SEQUENCES;

/** A hypothesis's candidates, step by step, up to where it was pruned or not recorded. @returns {Candidate[]} */
export function path_of(steps, { tokens, finished }, eos) {
  const path = [];
  for (const [k, token] of (finished ? [...tokens, eos] : tokens).entries()) {
    const parent = path.at(-1)?.rank ?? 0;
    const next = steps[k]?.find((candidate) => candidate.parent === parent && candidate.token === token);
    if (!next) break;
    path.push(next);
    if (next.fate === "pruned") break;
  }
  return path;
}

/** The tokens of a candidate, its own the last. @param {Candidate[][]} steps @param {number} t */
function tokens_of(steps, t, candidate) {
  const tokens = [];
  for (let k = t; candidate; k--) {
    tokens.unshift(candidate.token);
    candidate = k > 1 ? steps[k - 2][candidate.parent - 1] : undefined;
  }
  return tokens;
}

/**
 * The hypotheses that are set aside by the end of some steps, best first, and at the greatest length what is cut there.
 * @returns {(Hypothesis & {t: number, lp: number})[]}
 */
export function set_aside(steps, { eos }, cut, { alpha, penalty }) {
  const found = [];
  const add = (k, candidate, finished) => {
    const tokens = tokens_of(steps, k + 1, candidate);
    const { log_prob, score } = candidate;
    found.push({ tokens: finished ? tokens.slice(0, -1) : tokens, finished, log_prob, score, length: k + 1, t: k + 1, lp: length_penalty(k + 1, alpha, penalty) });
  };
  steps.forEach((step, k) => step.filter(({ fate, token }) => fate === "finished" && token === eos).forEach((candidate) => add(k, candidate, true)));
  if (cut) steps.at(-1).filter(({ fate }) => fate === "kept").forEach((candidate) => add(steps.length - 1, candidate, false));
  return found.sort((a, b) => Number(b.finished) - Number(a.finished) || b.score - a.score);
}

/** How many candidates step t weighs, and what becomes of them. @param {Candidate[][]} steps @param {Problem} problem */
function counts_of(steps, t, { size, stored }) {
  const count = (fate) => steps[t - 1].filter((candidate) => candidate.fate === fate).length;
  const live = t === 1 ? 1 : steps[t - 2].filter(({ fate }) => fate === "kept").length;
  const [kept, finished] = [count("kept"), count("finished")];
  const all = live * size;
  const impossible = stored ? 0 : all - steps[t - 1].length;
  return { live, V: size, all, kept, finished, impossible, pruned: all - impossible - kept - finished };
}

/** Why the search is over. @returns {{why: "limit" | "empty" | "settled", live?: number, bound?: number}} */
function end_of(steps, aside, { max_length: M, alpha, penalty }) {
  const live = steps.at(-1).find(({ fate }) => fate === "kept");
  if (!live) return { why: "empty" };
  if (steps.length === M) return { why: "limit" };
  return { why: "settled", live: live.log_prob, bound: live.log_prob / length_penalty(M, alpha, penalty), best: aside[0].score };
}

/** @param {View} view */
function summary({ t, T, counts, over, best, problem }) {
  const step = `Step ${t} of ${T}: ${counts.kept} kept, ${counts.finished} finished, ${counts.pruned} pruned.`;
  return over ? `${step} The search finds “${spell(problem, best)}”, log p ${show(best.log_prob, 3)}.` : step;
}

// ---- prompt, searches to try, controls ---------------------------------------------------------------------------

const ask = () =>
  predict("Width 2 found a likelier sentence here than greedy search, which is width 1. You widen a beam once more. What becomes of the log-probability of the sentence that is found?", [
    {
      text: "it can only rise: more is looked at",
      feedback: "More candidates are kept, but they are others. Press “wider, and worse”: two children of B push out the beginning that leads to the best sentence.",
    },
    {
      text: "it can rise, stay or fall",
      right: true,
      feedback: "A wider beam is not the same beam with more in it: what it keeps crowds out other beginnings. See “wider, and worse”. Only where every beginning is kept is the best sure to be found.",
    },
    {
      text: "it stays: width 2 found the best",
      feedback: "Nothing says so. Press “a garden path”: width 2 misses there what width 3 finds.",
    },
  ]);

const LAST = 10;
const START = { alpha: 0, penalty: "power", max_length: 0, step: LAST };

export const PRESETS = [
  {
    label: "the worked example",
    values: { ...START, problem: "worked", width: 2 },
    says: "Greedy search writes A B C <eos>, 0.5 · 0.4 · 0.4 · 0.6 = 0.048. Width 2 also keeps A C, the second at its step, and finds A C B <eos> with 0.054.",
  },
  {
    label: "wider, and shorter",
    values: { ...START, problem: "worked", width: 3 },
    says: "Width 3 keeps A <eos> too: two factors instead of four, 0.1. The likeliest sentence is short. With width 4 even the empty one is as likely.",
  },
  {
    label: "a larger alpha",
    values: { ...START, problem: "worked", width: 3, alpha: 1 },
    says: "log p is negative. Divided by L it rises more for a long sentence than for a short one: a larger alpha lengthens, and A C B <eos> wins again.",
  },
  {
    label: "a garden path",
    values: { ...START, problem: "garden", width: 2 },
    says: "“it is” is third at step 2 and pruned; but only there a sure sentence begins. Set the width to 3: “it is raining” has 0.18, more than twice what is found now.",
  },
  {
    label: "wider, and worse",
    values: { ...START, problem: "crowded", width: 2 },
    says: "Greedy search finds the best of all 121 sequences, 0.11. Width 2 drops A B, since two children of B are likelier at step 2, and ends at 0.064.",
  },
  {
    label: "French: a better gender",
    values: { ...START, problem: "watch", width: 2 },
    says: "“Mon” is first, 0.57 to 0.36. But “montre” is feminine: after “Mon” it has 0.07, after “Ma” 0.84. Width 2 keeps “Ma” one step longer, and that is enough.",
  },
  {
    label: "French: alpha 2",
    values: { ...START, problem: "watch", width: 6, alpha: 2 },
    says: "“Ma montre s’est arrêtée.” is less likely than “Ma montre a cessé.”, but longer, and the better French. Alpha = 2 puts it first.",
  },
  {
    label: "French: likelier, not better",
    values: { ...START, problem: "winter", width: 3 },
    says: "“hiver” is masculine: greedy’s “C’était un long hiver.” is right. Width 3 finds a sentence twice as likely, and wrong. A search finds what the network likes.",
  },
];

/** @param {Model} model */
function controls(model) {
  const own = () => model.get("payload").problems[model.get("problem")].max_length;
  return h("div", { class: "beam-controls" }, [
    select(model, { label: "what is searched", name: "problem", texts: PROBLEMS }),
    range(model, { label: "width", name: "width", format: (v) => (v === 1 ? "1: greedy search" : String(v)) }),
    range(model, { label: "alpha α of the length penalty", name: "alpha", format: (v) => (v ? show(v, 1) : "0: none") }),
    range(model, { label: "greatest length M", name: "max_length", on: ["problem"], format: (v) => (v ? `${v} tokens` : `its own, ${own()} tokens`) }),
    choice(model, { label: "length penalty", name: "penalty", texts: PENALTIES }),
  ]);
}

// ---- the tree ----------------------------------------------------------------------------------------------------

/** @param {Model} model */
function tree_part(model) {
  const title = h("p", { class: "rnn-subtitle" });
  const last = { steps: LAST };
  const time = range(model, { label: "step", name: "step", max: () => last.steps, format: (v) => `${Math.min(v, last.steps)} of ${last.steps}` });
  const go = (by) => assign(model, { step: Math.max(1, Math.min(last.steps, Math.min(model.get("step"), last.steps) + by)) });
  const buttons = h("div", { class: "rnn-presets" }, button("◂ one step back", () => go(-1)), button("one step on ▸", () => go(1)));
  const picture = tree_picture("Tree of the search");
  const output = time.querySelector("output");
  const update = (view) => {
    if (last.steps !== view.T) {
      last.steps = view.T;
      time.input.max = view.T;
    }
    if (Number(time.input.value) !== view.t) time.input.value = view.t;
    const text = `${view.t} of ${view.T}`;
    output.textContent = text;
    time.input.setAttribute("aria-valuetext", text);
    title.textContent = `The search over ${view.problem.title}, width ${view.width}`;
    picture.draw(tree_of(view), tree_label(view));
  };
  return { node: h("div", { class: "rnn-stack beam-tree" }, h("div", {}, title, time, buttons), picture.node, tree_legend()), update, stop: picture.stop };
}

/** @param {View} view @returns {import("./beam_picture.mjs").Tree} */
function tree_of({ steps, t, T, M, over, problem, paths, drawn }) {
  const places = (path) => path.slice(0, t).map(({ rank }, k) => place_of(k + 1, rank));
  const best = over ? places(paths.best) : [];
  const counted = Array.from({ length: t }, (_, k) => counts_of(steps, k + 1, problem));
  return {
    columns: steps.slice(0, t).map((step) => step.slice(0, drawn)),
    steps: T,
    word: (token) => problem.words[token],
    longest: Math.max(...steps.flatMap((step) => step.slice(0, drawn).map(({ token }) => problem.words[token].length))),
    best: new Set(best),
    winner: best.at(-1) ?? "",
    greedy: new Set(places(paths.greedy)),
    cut: over && T === M,
    more: counted.map(({ all, impossible }, k) => all - impossible - Math.min(drawn, steps[k].length)),
  };
}

/** @param {View} view */
function tree_label({ t, T, width, steps, over, best, problem }) {
  const kept = steps[t - 1].filter(({ fate }) => fate !== "pruned").map((candidate) => `${candidate.rank}. ${detokenize(tokens_of(steps, t, candidate).map((token) => problem.words[token]))}, log p ${show(candidate.log_prob, 2)}`);
  const end = over ? ` The winner is ${spell(problem, best)}.` : "";
  return `Tree of a beam search of width ${width}, drawn up to step ${t} of ${T}. Not pruned there: ${kept.join("; ")}.${end}`;
}

// ---- the step in words -------------------------------------------------------------------------------------------

/** A number in a sentence, with all its digits for scripts. */
const number = (name, value, text = String(value)) => h("b", { "data-name": name, "data-value": String(value) }, text);

function words_part() {
  const node = h("p", { class: "beam-words" });
  const way = h("p", { class: "rnn-soft" });
  const end = h("p", { class: "rnn-soft" });
  const update = (view) => {
    const { t, width, counts: { live, V, all, kept, finished, pruned, impossible } } = view;
    node.replaceChildren(
      `Step ${t}: `, number("live", live), ` live × `, number("V", V), ` tokens = `, number("candidates", all), ` candidates, at most width × V = ${width * V}. `,
      number("kept", kept), ` kept, `, number("finished", finished), ` finished, `, number("pruned", pruned), ` pruned`,
      impossible ? `, ${impossible} impossible.` : ".",
    );
    way.textContent = greedy_words(view);
    end.replaceChildren(...end_words(view));
  };
  return { node: h("div", { class: "beam-said" }, node, way, end), update };
}

/** Where greedy search's way goes. @param {View} view */
function greedy_words({ paths: { greedy: path }, greedy, best, problem, steps, T, width, t }) {
  const length = greedy.tokens.length + Number(greedy.finished);
  const last = path.at(-1);
  if (width === 1) return "With width 1 the beam is greedy search.";
  if (path.length === length && last.fate !== "pruned") {
    return String(best.tokens) === String(greedy.tokens) ? "The beam finds greedy search’s sentence." : "Greedy search’s sentence is in the beam to its end, and another beats it.";
  }
  if (last?.fate === "pruned") return `Greedy search’s beginning “${detokenize(greedy.tokens.slice(0, path.length).map((token) => problem.words[token])) || "<eos>"}” is pruned at step ${path.length}: it is ${last.rank}${ordinal(last.rank)} there.`;
  if (path.length === T) return `Greedy search’s way is in the beam when the search stops, at step ${T}.`;
  return `Greedy search’s beginning is pruned at step ${path.length + 1}, ranked below those drawn.`;
}

const ordinal = (n) => ["th", "st", "nd", "rd"][n % 10 < 4 && Math.floor(n / 10) !== 1 ? n % 10 : 0];

/** Why the search stops. @param {View} view @returns {(string | Node)[]} */
function end_words({ end, M, t, T }) {
  if (!end) return [`The search goes on: ${T - t} more ${T - t === 1 ? "step" : "steps"}.`];
  if (end.why === "empty") return ["It stops here: nothing is live any more."];
  if (end.why === "limit") return [`It stops here, at the greatest length M = ${M}; what is still live is cut and ranked behind all that ended.`];
  return [
    "It stops here and loses nothing: the best score so far is ", number("end.best", end.best, show(end.best, 3)),
    ", and no live hypothesis can get above the best live log p / lp(M) = ", number("end.bound", end.bound, show(end.bound, 3)), ".",
  ];
}

// ---- what was found ----------------------------------------------------------------------------------------------

const LISTED = 8;

function found_part() {
  const { node, fill } = table("Set aside so far, the best score first", ["sentence", "L", "log p", "lp", "score"]);
  const none = h("p", { class: "rnn-soft" });
  const update = ({ aside, problem, over }) => {
    fill(aside.slice(0, LISTED).map((hypothesis, k) => {
      const cell = (name, value, digits) => ({ text: digits === undefined ? String(value) : show(value, digits), name: `found.${name}[${k + 1}]`, value });
      const { length, log_prob, lp, score } = hypothesis;
      const sign = over && k === 0 ? "★ " : hypothesis.finished ? "" : "✂\ufe0e ";
      return [sign + spell(problem, hypothesis), cell("length", length), cell("log_p", log_prob, 3), cell("lp", lp, 3), cell("score", score, 3)];
    }));
    node.hidden = !aside.length;
    none.textContent = aside.length ? (aside.length > LISTED ? `And ${aside.length - LISTED} more.` : "") : "Nothing has ended yet.";
  };
  const title = h("p", { class: "rnn-subtitle" }, "Hypotheses that ended");
  return { node: h("div", { class: "beam-found" }, title, node, none), update };
}

/** The winner's probability and score and greedy's probability, with the numbers put in. */
function arithmetic_part() {
  const [winner, greedy] = ["best", "greedy"].map(product_part);
  const score = score_part();
  const update = (view) => {
    winner.update(view, view.best);
    greedy.update(view, view.greedy);
    score.update(view);
  };
  const title = h("p", { class: "rnn-subtitle" }, "In numbers");
  const sums = h("div", { class: "rnn-pair" }, h("div", { class: "beam-sum" }, winner.node, score.node), greedy.node);
  return { node: h("div", {}, title, sums), update };
}

/** p = p_1 · p_2 · ... of a sentence. @param {"best" | "greedy"} name */
function product_part(name) {
  const formulas = new Map();
  const words = h("p", { class: "rnn-words" });
  const place = h("div");
  const of_length = (length) => {
    const names = Array.from({ length }, (_, k) => `p_${k + 1}`);
    const multiply = (/** @type {Algebra} */ a, first, ...rest) => rest.reduce((product, p) => a.mul(product, p), first);
    const made = formula(multiply, names, { result: "p", digits: 4 });
    made.node.dataset.name = `p.${name}`;
    return made;
  };
  const update = ({ problem }, hypothesis) => {
    const { tokens, finished, length } = hypothesis;
    const written = finished ? [...tokens, problem.eos] : tokens;
    const factors = written.map((token, k) => Math.exp(problem.row_of(written.slice(0, k).join(" "))[token]));
    if (!formulas.has(length)) formulas.set(length, of_length(length));
    const worked = formulas.get(length);
    worked.update(...factors);
    if (place.firstChild !== worked.node) place.replaceChildren(worked.node);
    words.textContent = `${name === "best" ? "★ The beam" : "Greedy search"}: ${spell(problem, hypothesis)}`;
  };
  return { node: h("div", {}, words, place), update };
}

const SCORES = {
  power: (/** @type {Algebra} */ a, p, L, alpha) => a.div(p, a.pow(L, alpha)),
  gnmt: (/** @type {Algebra} */ a, p, L, alpha) => a.div(p, a.pow(a.div(a.add(a.number(5), L), a.number(6)), alpha)),
};

function score_part() {
  const place = h("div");
  const formulas = Object.fromEntries(Object.entries(SCORES).map(([penalty, expression]) => {
    const made = formula(expression, ["log p", "L", "α"], { result: "score", digits: 4 });
    made.node.dataset.name = "score";
    return [penalty, made];
  }));
  const update = ({ best, alpha, penalty }) => {
    formulas[penalty].update(best.log_prob, best.length, alpha);
    if (place.firstChild !== formulas[penalty].node) place.replaceChildren(formulas[penalty].node);
  };
  return { node: place, update };
}

// ---- other widths and alphas -------------------------------------------------------------------------------------

/** Cells of a sentence found. @param {string} name @param {Problem} problem @param {Hypothesis} best */
function cells_of(name, problem, best) {
  const cell = (what, value, text) => ({ text, name: `${name}.${what}`, value });
  return [
    spell(problem, best),
    cell("length", best.length, String(best.length)),
    cell("log_p", best.log_prob, show(best.log_prob, 3)),
    cell("score", best.score, show(best.score, 3)),
  ];
}

const HEADER = ["sentence found", "L", "log p", "score"];

function widths_part() {
  const { node, fill } = table("The same search with other widths", ["width", ...HEADER]);
  const words = h("p", { class: "rnn-soft" });
  const update = ({ by_width, every, problem, width, M }) => {
    const rows = by_width.map(({ width: w, best }) => [w === width ? `${w} ◂ now` : String(w), ...cells_of(`width[${w}]`, problem, best)]);
    const all = every ? [[`all ${every.count}`, ...cells_of("all", problem, every.hypotheses[0])]] : [];
    fill([...rows, ...all]);
    words.textContent = every
      ? `“All” is exhaustive search: it looks at every sequence of at most ${M} tokens. A beam of V^(M − 1) = ${problem.size ** (M - 1)} is sure to find as good a one.`
      : `Of ${problem.size} tokens there are too many sequences to look at all of them.`;
  };
  const title = h("p", { class: "rnn-subtitle" }, "Does a wider beam help?");
  return { node: h("div", { class: "beam-many" }, title, node, words), update };
}

function alphas_part() {
  const { node, fill } = table("The same width with other alphas", ["alpha α", ...HEADER]);
  const words = h("p", { class: "rnn-soft" }, "The beam keeps by log p; alpha only ranks what was found. A larger alpha never shortens the winner.");
  const update = ({ by_alpha, problem, alpha }) =>
    fill(by_alpha.map(({ alpha: a, best }) => [a === alpha ? `${show(a, 1)} ◂ now` : show(a, 1), ...cells_of(`alpha[${a}]`, problem, best)]));
  const title = h("p", { class: "rnn-subtitle" }, "Does a larger alpha shorten?");
  return { node: h("div", { class: "beam-many" }, title, node, words), update };
}

// ---- the step's candidates in numbers ----------------------------------------------------------------------------

function numbers_part() {
  const { node, fill } = table("Candidates of the step, the likeliest first", ["rank", "so far", "log p", "score", "fate"]);
  node.classList.add("rnn-tall");
  const details = disclosure("All numbers of the step", node);
  let view = null;
  const draw = () => {
    if (!view || !details.open) return;
    const { steps, t, problem } = view;
    fill(steps[t - 1].map((candidate) => {
      const { rank, log_prob, score, fate } = candidate;
      const text = tokens_of(steps, t, candidate).map((token) => problem.words[token]).join(" ");
      const cell = (name, value) => ({ text: show(value, 4), name: `candidate.${name}[${rank}]`, value });
      return [String(rank), text, cell("log_p", log_prob), cell("score", score), fate];
    }));
  };
  details.addEventListener("toggle", draw);
  return {
    node: details,
    update(now) {
      view = now;
      draw();
    },
  };
}

const STYLES = `
.rnn-live .beam-controls { display: grid; gap: 0.75rem 1.5rem; grid-template-columns: minmax(0, 1fr); align-items: end; }
@container (min-width: 30rem) { .rnn-live .beam-controls { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
@container (min-width: 44rem) { .rnn-live .beam-controls { grid-template-columns: repeat(3, minmax(0, 1fr)); } }
.rnn-live .beam-controls > :first-child { grid-column: 1 / -1; max-width: 26rem; }
.rnn-live .beam-many :is(th, td):nth-child(2) { text-align: left; }
.rnn-live .beam-tree { gap: 0.5rem; }
.rnn-live .beam-said { display: grid; gap: 0.25rem; }
.rnn-live .beam-found .rnn-table[hidden] { display: none; }
.rnn-live .beam-sum { display: grid; gap: 0.5rem; align-content: start; grid-template-columns: minmax(0, 1fr); }
@container (max-width: 30rem) {
  .rnn-live .beam-found tbody th, .rnn-live .beam-many tbody td:nth-child(2) { white-space: normal; }
  .rnn-live :is(.beam-found, .beam-many) :is(th, td) { padding-right: 0.375rem; }
}
.rnn-live .rnn-table + .rnn-soft { margin-top: 0.375rem; }
`;
