/** BLEU bench: what one candidate scores by each of the definitions that all go by the name of BLEU. */
import {
  SMOOTHING_VALUES, add_counts, bleu_counts, bleu_of, cut_orders, effective_bleu, has_match, judged_ngrams, lines_of,
  precisions, tokens_of, tutorial_bleu, tutorial_orders,
} from "./bleu.mjs";
import {
  choice, disclosure, formula, frame, h, predict, presets, range, redraw, say_later, show, table, text_field, toggle,
} from "./ui.mjs";

/**
 * @typedef {import("./ui.mjs").Model} Model
 * @typedef {import("./ui.mjs").Algebra} Algebra
 * @typedef {import("./bleu.mjs").BleuCounts} BleuCounts
 * @typedef {import("./bleu.mjs").Smoothing} Smoothing
 * @typedef {{candidate: string, references: string, second: string, second_references: string, max_order: number,
 *   smoothing: Smoothing, definition: "geometric" | "tutorial", tokens: "spaces" | "13a", lowercase: boolean}} Settings
 * @typedef {NonNullable<ReturnType<typeof look>>} View
 */

const TEXTS = ["candidate", "references", "second", "second_references"];
const SETTINGS = [...TEXTS, "max_order", "smoothing", "definition", "tokens", "lowercase"];
const ORDERS = [1, 2, 3, 4];
const MOST_DRAWN = 40; // n-grams of one order; the numbers hold all
const SIGNS = { counted: "✓", clipped: "✂\ufe0e", absent: "✗" };

export default { render };

/** @param {{model: Model, el: HTMLElement}} host @returns {() => void} */
function render({ model, el }) {
  const { body, note, say } = frame(model, el, {
    title: "BLEU bench",
    question: "One translation, one right answer: is there one BLEU?",
  });
  const parts = [orders(), penalty(), score(), board(), other_tokens()];
  const [rows, shortness, result, many, tokens] = parts;
  const corpus = corpus_part(model);
  const notes = h("p", { class: "rnn-soft bleu-notes", role: "status" });
  const shown = h("div", { class: "rnn-stack bleu-shown" }, [
    rows.node,
    h("div", { class: "rnn-pair" }, shortness.node, result.node),
    many.node,
    tokens.node,
  ]);
  body.append(
    h("style", {}, STYLES),
    ask(),
    h("div", { class: "rnn-stack" }, presets(model, "Traps to try", PRESETS, say), note),
    fields(model, notes),
    controls(model),
    shown,
    corpus.node,
  );
  const tell = say_later(say);
  const stop = redraw(model, SETTINGS, () => {
    const settings = settings_of(model);
    const view = look(settings);
    notes.textContent = notes_of(settings, model.get("controls")).join(" ");
    shown.hidden = view === null;
    corpus.update(settings);
    if (view === null) return tell(notes.textContent);
    for (const part of parts) part.update(view);
    tell(summary(view));
  });
  const stop_opening = redraw(model, ["second", "second_references"], corpus.show_changes);
  return () => [stop, stop_opening].forEach((end) => end());
}

/** @param {Model} model @returns {Settings} */
const settings_of = (model) => Object.fromEntries(SETTINGS.map((name) => [name, model.get(name)]));

// ---- what is shown -----------------------------------------------------------------------------------------------

/** A text and its right answers as tokens. @param {Settings} settings @param {string} candidate @param {string} references one a line */
export function read({ tokens, lowercase }, candidate, references) {
  const cut = (text) => tokens_of(text, tokens, lowercase);
  return { candidate: cut(candidate), references: lines_of(references).map(cut) };
}

/** Everything that is shown of the first sentence; null where there is nothing to compare. @param {Settings} settings */
export function look(settings) {
  const { candidate, references } = read(settings, settings.candidate, settings.references);
  if (!candidate.length || !references.length) return null;
  const tutorial = settings.definition === "tutorial";
  const used = tutorial ? references.slice(0, 1) : references;
  const all = bleu_counts(candidate, used, settings.max_order);
  const counts = tutorial ? tutorial_orders(all) : all;
  const smoothing = tutorial ? "none" : settings.smoothing;
  return {
    ...settings,
    candidate,
    references: used,
    given: references.length,
    tutorial,
    counts,
    p: precisions(counts, smoothing),
    smoothing,
    grams: counts.totals.map((_, k) => judged_ngrams(candidate, used, k + 1)),
    scores: scores_of(candidate, references),
    by_tokens: scores_by_tokens(settings),
  };
}

/**
 * The score by each definition, for N = 1 to 4.
 * @param {string[]} candidate @param {string[][]} references @returns {Record<string, number[]>}
 */
export function scores_of(candidate, references) {
  const longest = ORDERS.at(-1);
  const counts = bleu_counts(candidate, references, longest);
  const first = bleu_counts(candidate, references.slice(0, 1), longest);
  const by_order = (judge, from) => ORDERS.map((n) => judge(cut_orders(from, n)));
  const smoothed = Object.keys(SMOOTHING_VALUES).map((name) => [name, by_order((c) => bleu_of(c, name), counts)]);
  return {
    ...Object.fromEntries(smoothed),
    effective: by_order((c) => effective_bleu(c, "exp"), counts),
    tutorial: by_order(tutorial_bleu, first),
  };
}

/** The score by the chosen definition. @param {Settings} settings @param {string[]} candidate @param {string[][]} references */
function score_of({ definition, smoothing, max_order }, candidate, references) {
  if (definition === "tutorial") return tutorial_bleu(bleu_counts(candidate, references.slice(0, 1), max_order));
  return bleu_of(bleu_counts(candidate, references, max_order), smoothing);
}

/** The same texts cut into other tokens. @param {Settings} settings */
export function scores_by_tokens(settings) {
  const score_with = (tokens, lowercase) => {
    const { candidate, references } = read({ tokens, lowercase }, settings.candidate, settings.references);
    return score_of(settings, candidate, references);
  };
  const row = (tokens) => ({ kept: score_with(tokens, false), lower: score_with(tokens, true) });
  return { spaces: row("spaces"), "13a": row("13a") };
}

/** What must be said of the texts. @param {Settings} settings @param {Record<string, {longest: number}>} limits */
export function notes_of(settings, limits) {
  const { candidate, references } = read(settings, settings.candidate, settings.references);
  const full = TEXTS.find((name) => settings[name].length >= limits[name].longest);
  const extra = settings.definition === "tutorial" && references.length > 1;
  return [
    !candidate.length && "The candidate is empty: it has no n-gram, and its score is 0 by any definition. Type a translation.",
    !references.length && "There is no reference to compare with: type a right answer, one a line.",
    extra && `The tutorial’s function takes one reference: the first of your ${references.length} is used for it.`,
    full && `A text is full: ${limits[full].longest} characters are the most there.`,
  ].filter(Boolean);
}

/** Two sentences and their sum, by the geometric mean; null where a sentence has no reference. @param {Settings} settings */
export function corpus_of(settings) {
  const texts = [
    read(settings, settings.candidate, settings.references),
    read(settings, settings.second, settings.second_references),
  ];
  if (!texts.every(({ references }) => references.length)) return null;
  const counts = texts.map(({ candidate, references }) => bleu_counts(candidate, references, settings.max_order));
  const columns = [...counts, add_counts(...counts)];
  const scores = columns.map((one) => bleu_of(one, settings.smoothing));
  return { columns, scores, mean: (scores[0] + scores[1]) / 2 };
}

/** @param {View} view */
function summary({ scores, max_order, counts, tutorial, smoothing }) {
  const found = counts.matches.map((m, k) => `${m} of ${counts.totals[k]} ${k + 1}-grams`).join(", ");
  return `${found} count. ${tutorial ? "The tutorial’s product" : "BLEU"} ${show(chosen(scores, tutorial, smoothing)[max_order - 1], 4)}.`;
}

const chosen = (scores, tutorial, smoothing) => scores[tutorial ? "tutorial" : smoothing];

// ---- prompt, traps, controls -------------------------------------------------------------------------------------

const ask = () =>
  predict("“the cat sat on the mat” for “the cat is on the mat”: one word of six is wrong. What is its BLEU?", [
    {
      text: "0.83: five of six words are right",
      feedback: "That is p₁, BLEU with N = 1. Longer n-grams are usually asked for too, and one wrong word breaks up to N of them.",
    },
    {
      text: "0: no run of four words is right",
      feedback: "So says the geometric mean for N = 4 without smoothing. sacreBLEU’s default gives the same text 0.38.",
    },
    {
      text: "it depends on which BLEU",
      right: true,
      feedback: "From 0 to 0.91, by N, smoothing and formula: see the table of 24 scores. A BLEU without its definition says nothing.",
    },
  ]);

const USUAL = {
  candidate: "the cat sat on the mat",
  references: "the cat is on the mat",
  max_order: 4,
  smoothing: "exp",
  definition: "geometric",
  tokens: "spaces",
  lowercase: false,
};
const ACCIDENT = "there were no injuries in the crash";

/** @type {{label: string, values: Partial<Settings>, says: string}[]} */
export const PRESETS = [
  {
    label: "the the the",
    values: { ...USUAL, candidate: "the the the the the the the", max_order: 1 },
    says: "All 7 words stand in the reference, but “the” only twice. Clipped, 2 of 7 count: 0.2857 and not 1.",
  },
  {
    label: "too short",
    values: { ...USUAL, candidate: "the cat", max_order: 2 },
    says: "All that is said is right: p₁ = p₂ = 1. The brevity penalty of 2 tokens against 6, exp(1 − 6/2), makes it 0.1353.",
  },
  {
    label: "one synonym, last",
    values: { ...USUAL, candidate: "the cat is on the rug" },
    says: "A good synonym costs what any wrong word costs: type nonsense for “rug”, it is 0.7598 again. BLEU knows no meaning.",
  },
  {
    label: "one synonym, inside",
    values: { ...USUAL, candidate: "the cat lies on the mat" },
    says: "One word again, but inside the sentence it breaks every 4-gram: 0.3799, half of the 0.7598 where the last word is wrong.",
  },
  {
    label: "word order",
    values: { ...USUAL, candidate: "on the mat is the cat" },
    says: "The same six words, so p₁ = 1, and BLEU with N = 1 calls it perfect. Only longer n-grams see the order: 0.3976.",
  },
  {
    label: "identical",
    values: { ...USUAL, candidate: USUAL.references },
    says: "Identical and at least N tokens long: 1 by every definition. Only here do all agree.",
  },
  {
    label: "identical but short",
    values: { ...USUAL, candidate: "go on !", references: "go on !" },
    says: "Three tokens hold no 4-gram, so p₄ is 0, and BLEU with it. add-k and the two rows that leave such orders out give 1.",
  },
  {
    label: "right, worded otherwise",
    values: { ...USUAL, candidate: "nobody was hurt in the crash", references: ACCIDENT },
    says: "A right translation gets 0.2558. Type it below the reference too, on a line of its own, and it gets 1.",
  },
  {
    label: "wrong, same words",
    values: { ...USUAL, candidate: "there were many injuries in the crash", references: ACCIDENT },
    says: "It says the opposite and gets 0.4889, where the right translation of the preset before got 0.2558: it shares more words.",
  },
  {
    label: "marks and capitals",
    values: { ...USUAL, candidate: "The cat is on the mat.", references: "the cat is on the mat ." },
    says: "A capital and a missing space leave 0.4301. Marks set apart and in lower case, the same text gets 1: say how it was cut.",
  },
];

const SMOOTHINGS = { none: "none", floor: "floor", "add-k": "add-k", exp: "exp" };
const DEFINITIONS = { geometric: "geometric mean", tutorial: "tutorial’s product" };
const CUTS = { spaces: "at spaces", "13a": "marks apart (13a)" };

/** @param {Model} model @param {HTMLElement} notes */
const fields = (model, notes) =>
  h("div", {}, [
    h("div", { class: "rnn-pair" }, [
      text_field(model, { label: "candidate", name: "candidate" }),
      text_field(model, { label: "references, one a line", name: "references" }),
    ]),
    notes,
  ]);

/** @param {Model} model */
const controls = (model) =>
  h("div", { class: "bleu-controls" }, [
    range(model, { label: "longest n-grams N", name: "max_order", format: String }),
    choice(model, { label: "definition", name: "definition", texts: DEFINITIONS }),
    choice(model, { label: "smoothing where nothing matches", name: "smoothing", texts: SMOOTHINGS }),
    choice(model, { label: "cut into tokens", name: "tokens", texts: CUTS }),
    toggle(model, { label: "all in lower case", name: "lowercase" }),
  ]);

// ---- n-grams and their precisions --------------------------------------------------------------------------------

/** How p_n comes about, by rule: the formula and the names of its operands. */
const RULES = {
  plain: { names: ["counted", "n-grams"], expression: (/** @type {Algebra} */ a, m, t) => a.div(m, t) },
  floor: { names: ["floor", "n-grams"], expression: (a, v, t) => a.div(v, t) },
  "add-k": { names: ["counted", "n-grams", "k"], expression: (a, m, t, v) => a.div(a.add(m, v), a.add(t, v)) },
  exp: { names: ["j", "n-grams"], expression: (a, j, t) => a.div(a.number(1), a.mul(a.pow(a.number(2), j), t)) },
};

const WHY = {
  plain: "",
  floor: "Nothing matches: floor counts 0.1 n-gram instead.",
  "add-k": "add-k adds 1 to both, for n > 1, match or no match.",
  exp: "Nothing matches: exp halves once more for each such order; j counts them.",
};

/** For each n the candidate's n-grams with their marks, and p_n. */
function orders() {
  const rows = ORDERS.map(order_row);
  const legend = h("p", { class: "rnn-soft" }, [
    `${SIGNS.counted} counts · ${SIGNS.clipped} clipped: the reference has it, but not once more · ${SIGNS.absent} in no reference`,
  ]);
  const heading = h("p", { class: "rnn-subtitle" }, "The candidate’s n-grams");
  const node = h("div", { class: "bleu-orders" }, h("div", {}, heading, legend), rows.map((row) => row.node));
  const update = (view) => rows.forEach((row, k) => row.update(view, k));
  return { node, update };
}

/** @param {number} n */
function order_row(n) {
  const formulas = new Map();
  const formula_of = (rule) => {
    if (!formulas.has(rule)) formulas.set(rule, formula(RULES[rule].expression, RULES[rule].names, { result: `p_${n}` }));
    return formulas.get(rule);
  };
  const [found, total] = [h("span", { "data-name": `matches[${n}]` }), h("span", { "data-name": `totals[${n}]` })];
  const head = h("p", { class: "bleu-count" }, h("strong", {}, `n = ${n}`), ": ", found, " of ", total, " count");
  const worked = h("div");
  const list = h("ul", { class: "bleu-grams", "aria-label": `${n}-grams of the candidate` });
  const remark = h("p", { class: "rnn-soft" });
  const node = h("div", { class: "bleu-order" }, h("div", { class: "bleu-arithmetic" }, head, worked), h("div", { class: "bleu-marked" }, list, remark));
  let drawn = null;
  function update({ counts, p, grams }, k) {
    node.hidden = k >= p.length;
    if (node.hidden) {
      worked.replaceChildren(); // no number stays that is not shown
      [found, total].forEach((span) => delete span.dataset.value);
      return;
    }
    write_number(found, counts.matches[k], 0);
    write_number(total, counts.totals[k], 0);
    const { rule, operands } = p[k];
    if (rule === "missing") worked.replaceChildren(missing(n, counts.totals[k]));
    else {
      const made = formula_of(rule);
      made.node.dataset.name = `p[${n}]`;
      made.update(...operands);
      worked.replaceChildren(made.node);
      if (WHY[rule]) worked.append(h("p", { class: "rnn-soft" }, WHY[rule]));
    }
    const key = JSON.stringify(grams[k]);
    if (key === drawn) return;
    drawn = key;
    list.replaceChildren(...grams[k].slice(0, MOST_DRAWN).map(mark));
    remark.textContent = remarks(grams[k]);
  }
  return { node, update };
}

/** @param {HTMLElement} node @param {number} value */
function write_number(node, value, digits) {
  node.textContent = show(value, digits);
  node.dataset.value = String(value);
}

const missing = (n, total) => {
  const why = total ? "a shorter order had no n-gram at all" : `the candidate has no ${n}-gram`;
  return h("p", { class: "bleu-count", "data-name": `p[${n}]`, "data-value": "0" }, `${why}: `, h("i", {}, "p"), h("sub", {}, String(n)), " = 0");
};

const mark = ({ text, state }) => h("li", { class: `bleu-gram bleu-${state}` }, `${SIGNS[state]}\u00a0${text}`);

/** What was clipped and what is not drawn. @param {import("./bleu.mjs").Gram[]} grams */
export function remarks(grams) {
  const clipped = [...new Map(grams.filter(({ state }) => state === "clipped").map((gram) => [gram.text, gram.allowed]))];
  const times = (text) => grams.filter((gram) => gram.text === text).length;
  const often = (allowed) => (allowed === 1 ? "once" : `${allowed} times`);
  const told = ([text, allowed]) => `“${text}” stands here ${times(text)} times, in a reference ${often(allowed)} at most.`;
  const words = clipped.slice(0, 3).map(told);
  const hidden = grams.slice(MOST_DRAWN);
  const counted = hidden.filter(({ state }) => state === "counted").length;
  if (hidden.length) words.push(`And ${hidden.length} more, of which ${counted} count.`);
  return words.join(" ");
}

// ---- brevity penalty and score -----------------------------------------------------------------------------------

/** exp(min(0, 1 - r / c)). */
function penalty() {
  const expression = (/** @type {Algebra} */ a, r, c) => a.exp(a.least(a.number(0), a.sub(a.number(1), a.div(r, c))));
  const made = formula(expression, ["r", "c"], { result: "BP", digits: 6 });
  made.node.dataset.name = "bp";
  const words = h("p", { class: "rnn-soft" });
  const node = h("div", { class: "bleu-part" }, h("p", { class: "rnn-subtitle" }, "Brevity penalty"), words, made.node);
  const update = ({ counts: { candidate_length: c, reference_length: r }, given, tutorial }) => {
    const which = tutorial || given === 1 ? "the reference" : "the reference nearest in length";
    const verdict = c < r ? "Too short: it is punished." : "Not too short: nothing is taken off.";
    words.textContent = `The candidate has c\u00a0=\u00a0${c} tokens, ${which} r\u00a0=\u00a0${r}. ${verdict}`;
    made.update(r, c);
  };
  return { node, update };
}

const product = (a, factors) => factors.reduce((all, one) => a.mul(all, one));
/** BP · (p_1 · ... · p_N)^(1 / N) @param {Algebra} a */
const geometric = (a, bp, ...p) => a.mul(bp, p.length === 1 ? p[0] : a.pow(product(a, p), a.div(a.number(1), a.number(p.length))));
/** BP · p_1^(1 / 2) · p_2^(1 / 4) · ... @param {Algebra} a */
const tutorials = (a, bp, ...p) => {
  const weighted = p.map((one, k) => a.pow(one, a.div(a.number(1), a.number(2 ** (k + 1)))));
  return product(a, [bp, ...weighted]);
};

/** The score by the chosen definition, and how to report it. */
function score() {
  const made = new Map();
  const formula_of = (tutorial, orders_) => {
    const key = `${tutorial}${orders_}`;
    const names = ["BP", ...ORDERS.slice(0, orders_).map((n) => `p_${n}`)];
    const result = tutorial ? "tutorial" : "BLEU";
    if (!made.has(key)) made.set(key, formula(tutorial ? tutorials : geometric, names, { result, print: (v) => show(v, 6) }));
    return made.get(key);
  };
  const [heading, worked, report] = [h("p", { class: "rnn-subtitle" }), h("div", { class: "bleu-score" }), h("p", { class: "rnn-soft bleu-report" })];
  const update = (view) => {
    const { tutorial, counts, p, scores, max_order, smoothing } = view;
    heading.textContent = tutorial ? "What the tutorial calls BLEU" : "BLEU, the geometric mean";
    const value = chosen(scores, tutorial, smoothing)[max_order - 1];
    if (!tutorial && !has_match(counts)) {
      const words_ = "No token of the candidate is in a reference. Then, however it is smoothed, BLEU = 0";
      worked.replaceChildren(h("p", { "data-name": "score", "data-value": String(value) }, words_));
    } else {
      const { node, update: put } = formula_of(tutorial, p.length);
      node.dataset.name = "score";
      put(Math.exp(Math.min(0, 1 - counts.reference_length / counts.candidate_length)), ...p.map((one) => one.p));
      worked.replaceChildren(node);
    }
    report.replaceChildren(...reported(view, value));
  };
  return { node: h("div", { class: "bleu-part" }, heading, worked, report), update };
}

/** @param {View} view @param {number} value */
function reported(view, value) {
  const { tutorial, max_order, p } = view;
  if (tutorial) {
    const tokens = p.length === 1 ? "1 token" : `${p.length} tokens`;
    const left = max_order > p.length ? ` Orders over ${p.length} are left out, since the candidate has ${tokens}.` : "";
    return [`Never smoothed; the longest n-grams weigh least.${left} Not comparable with BLEU as others report it.`];
  }
  const percent = h("span", { "data-name": "percent", "data-value": String(100 * value) }, show(100 * value, 2));
  const order = max_order === 4 ? "" : `, max_ngram_order=${max_order}`;
  return ["sacreBLEU prints 100 times that, ", percent, ", and what it stands for: ", h("code", {}, signature(view)), order];
}

/** sacreBLEU's signature, but for its version. @param {{given: number, lowercase: boolean, tokens: string, smoothing: Smoothing}} view */
export function signature({ given, lowercase, tokens, smoothing }) {
  const value = SMOOTHING_VALUES[smoothing] ? `[${SMOOTHING_VALUES[smoothing].toFixed(2)}]` : "";
  return `nrefs:${given}|case:${lowercase ? "lc" : "mixed"}|eff:no|tok:${tokens === "13a" ? "13a" : "none"}|smooth:${smoothing}${value}`;
}

// ---- the other scores --------------------------------------------------------------------------------------------

const NAMES = {
  none: "no smoothing",
  floor: "floor, 0.1",
  "add-k": "add-k, 1",
  exp: "exp",
  effective: "exp, sentence",
  tutorial: "tutorial",
};

const ABOUT =
  "Geometric means in the first five rows: unsmoothed as Papineni et al. (2002) define it; exp as sacreBLEU judges a " +
  "corpus, and, without orders longer than the candidate, a sentence. The tutorial’s is a product: ";

/** · p_n^(1/2^n) @param {number} n */
const factor = (n) => [" · ", h("i", {}, "p"), h("sub", {}, String(n)), h("sup", {}, `1/${2 ** n}`)];

/** Mark one cell of a table as the chosen one. @param {HTMLElement} node @param {number} row @param {number} column */
function choose(node, row, column) {
  node.querySelectorAll(".bleu-chosen").forEach((cell) => {
    cell.classList.remove("bleu-chosen");
    cell.removeAttribute("aria-current");
  });
  const cell = node.querySelectorAll("tbody tr")[row].cells[column];
  cell.classList.add("bleu-chosen");
  cell.setAttribute("aria-current", "true");
}

/** Definitions by N. */
function board() {
  const { node, fill } = table("The same candidate and references by definition and N; yours is framed", ["definition", ...ORDERS.map((n) => `N = ${n}`)]);
  node.classList.add("bleu-board");
  const span = h("p", {});
  const about = h("p", { class: "rnn-soft" }, ABOUT, h("span", { class: "bleu-product" }, "BP", factor(1), factor(2), " · …"));
  const kinds = Object.keys(NAMES);
  const update = ({ scores, tutorial, smoothing, max_order, given }) => {
    const cell = (kind, n) => ({ text: show(scores[kind][n - 1], 3), name: `score.${kind}[${n}]`, value: scores[kind][n - 1] });
    const label = (kind) => (kind === "tutorial" && given > 1 ? `${NAMES[kind]}, 1st line` : NAMES[kind]);
    fill(kinds.map((kind) => [label(kind), ...ORDERS.map((n) => cell(kind, n))]));
    choose(node, kinds.indexOf(tutorial ? "tutorial" : smoothing), max_order);
    const all = kinds.flatMap((kind) => scores[kind]);
    const [low, high] = [Math.min(...all), Math.max(...all)];
    const same = show(low, 3) === show(high, 3);
    span.replaceChildren(
      same ? "All 24 scores are " : `24 scores of one text, from ${show(low, 3)} to `,
      h("strong", {}, show(high, 3)),
      same ? "." : ". A figure without its definition says nothing.",
    );
  };
  return { node: h("div", { class: "rnn-stack bleu-many" }, node, span, about), update };
}

/** The chosen definition on other tokens. */
function other_tokens() {
  const { node, fill } = table("Your definition on other tokens", ["tokens", "case kept", "lower case"]);
  node.classList.add("bleu-tokens");
  const cuts = Object.keys(CUTS);
  const update = ({ by_tokens, tokens, lowercase }) => {
    const cell = (cut, letters) => ({ text: show(by_tokens[cut][letters], 4), name: `tokens.${cut}.${letters}`, value: by_tokens[cut][letters] });
    fill(cuts.map((cut) => [CUTS[cut], cell(cut, "kept"), cell(cut, "lower")]));
    choose(node, cuts.indexOf(tokens), lowercase ? 2 : 1);
  };
  return { node, update };
}

// ---- a corpus of two sentences -----------------------------------------------------------------------------------

/** Corpus BLEU from counts added up, beside the mean of the sentences' scores. @param {Model} model */
function corpus_part(model) {
  const { node, fill } = table("N-grams that count, tokens, BLEU: of each sentence and of both", ["", "first", "second", "added"]);
  node.classList.add("bleu-corpus");
  const words = h("p", {});
  const inputs = h("div", { class: "rnn-pair" }, [
    text_field(model, { label: "second candidate", name: "second" }),
    text_field(model, { label: "its references, one a line", name: "second_references" }),
  ]);
  const inside = h("div", { class: "rnn-stack" }, inputs, words, node);
  const details = disclosure("Two sentences: corpus BLEU is not the mean of theirs", inside);
  let settings = null;
  function draw() {
    if (!details.open) return;
    const found = corpus_of(settings);
    node.hidden = found === null;
    fill(found ? rows_of(found) : []);
    words.replaceChildren(...(found ? compared(found, settings) : ["Each of the two sentences needs a reference."]));
  }
  details.addEventListener("toggle", draw);
  return {
    node: details,
    update(now) {
      settings = now;
      draw();
    },
    show_changes() {
      const { second, second_references } = model.get("controls");
      if (model.get("second") !== second.default || model.get("second_references") !== second_references.default) details.open = true;
    },
  };
}

const COLUMNS = ["first", "second", "corpus"];

/** @param {NonNullable<ReturnType<typeof corpus_of>>} found */
function rows_of({ columns, scores }) {
  const cells = (text, name, value) => columns.map((counts, j) => ({ text: text(counts, j), name: `${COLUMNS[j]}.${name}`, value: value(counts, j) }));
  return [
    ...columns[0].matches.map((_, k) => [
      `${k + 1}-grams`,
      ...cells((c) => `${c.matches[k]} of ${c.totals[k]}`, `totals[${k + 1}]`, (c) => c.totals[k]),
    ]),
    ["tokens c", ...cells((c) => String(c.candidate_length), "c", (c) => c.candidate_length)],
    ["reference r", ...cells((c) => String(c.reference_length), "r", (c) => c.reference_length)],
    ["BLEU", ...cells((_, j) => show(scores[j], 4), "bleu", (_, j) => scores[j])],
  ];
}

function compared({ scores, mean }, { definition }) {
  const number = (name, value) => h("strong", { "data-name": name, "data-value": String(value) }, show(value, 4));
  return [
    definition === "tutorial" ? "The tutorial’s function judges single sentences, so this is the geometric mean. " : "",
    "The mean of both sentences’ scores is ",
    number("mean", mean),
    ". Corpus BLEU adds the counts first: ",
    number("corpus", scores[2]),
    ". Long sentences weigh more, and an order without a match in one sentence is made up for by another.",
  ];
}

const STYLES = `
.rnn-live .bleu-notes:not(:empty) { margin-top: 0.375rem; }
.rnn-live .bleu-shown { gap: 1.25rem; }
.rnn-live .bleu-shown[hidden], .rnn-live .bleu-order[hidden] { display: none; }
.rnn-live .bleu-controls { display: flex; flex-wrap: wrap; gap: 1rem 1.5rem; align-items: end; }
.rnn-live .bleu-controls > :first-child { flex: 1 1 11rem; max-width: 20rem; }
.rnn-live .bleu-part { display: grid; gap: 0.25rem; align-content: start; grid-template-columns: minmax(0, 1fr); }
.rnn-live .bleu-orders { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0.75rem; }
.rnn-live .bleu-order { display: grid; gap: 0.375rem 1.5rem; grid-template-columns: minmax(0, 1fr); border-top: 1px solid var(--rnn-line); padding-top: 0.75rem; }
@container (min-width: 40rem) { .rnn-live .bleu-order { grid-template-columns: 17rem minmax(0, 1fr); } }
.rnn-live .bleu-grams { display: flex; flex-wrap: wrap; gap: 0.375rem; list-style: none; margin: 0; padding: 0; }
.rnn-live .bleu-gram { margin: 0; padding: 0.0625rem 0.5rem; border-radius: 6px; border: 2px solid transparent; font-size: 0.875rem; max-width: 100%; overflow-wrap: anywhere; }
.rnn-live .bleu-counted { border-color: var(--rnn-good); font-weight: 600; }
.rnn-live .bleu-clipped { border: 2px dashed var(--rnn-a); }
.rnn-live .bleu-absent { border: 1px dotted var(--rnn-edge); color: var(--rnn-soft); }
.rnn-live .bleu-marked .rnn-soft:not(:empty) { margin-top: 0.375rem; }
.rnn-live .bleu-score { overflow-wrap: anywhere; }
.rnn-live .bleu-report code { background: none; border: 0; padding: 0; color: inherit; font-size: 0.8125rem; overflow-wrap: anywhere; }
.rnn-live .bleu-product { white-space: nowrap; }
.rnn-live .bleu-many { gap: 0.5rem; }
.rnn-live :is(.bleu-board, .bleu-tokens) tbody th { white-space: normal; font-weight: inherit; }
.rnn-live :is(.bleu-board, .bleu-corpus) :is(th, td) { padding-right: 0.375rem; padding-left: 0.375rem; }
.rnn-live :is(.bleu-board, .bleu-corpus) :is(th, td):first-child { padding-left: 0; }
.rnn-live .bleu-chosen { outline: 2px solid var(--rnn-accent); outline-offset: -2px; border-radius: 4px; font-weight: 700; }
`;
