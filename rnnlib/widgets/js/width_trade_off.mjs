/** Width trade-off: what a wider beam and a length penalty do to the model's score, and to translations. */
import { length_penalty } from "./beam.mjs";
import { brevity_penalty, precisions } from "./bleu.mjs";
import { circle, diamond, label, line, linear, path_through, resize, square, svg, ticks } from "./svg.mjs";
import {
  choice, disclosure, fit, formula, frame, h, predict, presets, range, redraw, say_later, select, show, table,
} from "./ui.mjs";
import { corpus_of } from "./width_lists.mjs";

/**
 * @typedef {import("./ui.mjs").Model} Model
 * @typedef {import("./width_lists.mjs").Figures} Figures
 * @typedef {import("./width_lists.mjs").Entry} Entry
 * @typedef {{width: number, alpha: number, penalty: "power" | "gnmt", example: string}} Settings
 * @typedef {Entry & {text: string, score: number, listed: boolean, wins: boolean}} Row
 * @typedef {ReturnType<typeof look>} View
 */

const SETTINGS = ["width", "alpha", "penalty", "example"];
const PENALTIES = { power: "L^α", gnmt: "((5 + L) / 6)^α" };

export default { render };

/** @param {{model: Model, el: HTMLElement}} host @returns {() => void} */
function render({ model, el }) {
  const { body, note, say } = frame(model, el, {
    title: "Width trade-off",
    question: "A wider beam finds what the model scores higher. Are those better translations?",
  });
  const payload = model.get("payload");
  const corpus = corpus_of(payload.lists, payload.widths);
  const curves = PANELS.map((about) => panel(about, payload));
  const [marks, listing, sentence] = [legend(), numbers(payload), example(model, payload)];
  const [worked, grid] = [arithmetic(), whole_grid(payload)];
  body.append(
    h("style", {}, STYLES),
    ask(corpus, payload),
    h("div", { class: "rnn-stack" }, presets(model, "Settings to try", to_try(corpus, payload), say), note),
    controls(model),
    h("div", {}, h("div", { class: "rnn-pair width-panels" }, curves.map(({ node }) => node)), marks.node),
    listing.node,
    sentence.node,
    worked.node,
    grid.node,
    h("p", { class: "rnn-soft" }, caveat(payload, corpus)),
  );
  const parts = [...curves, marks, listing, sentence, worked, grid];
  const tell = say_later(say);
  const stop = redraw(model, SETTINGS, () => {
    const view = look(corpus, payload, Object.fromEntries(SETTINGS.map((name) => [name, model.get(name)])));
    for (const part of parts) part.update(view);
    tell(summary(view));
  });
  return () => [stop, ...curves.map((curve) => curve.stop)].forEach((end) => end());
}

// ---- what is shown -----------------------------------------------------------------------------------------------

/**
 * The figures of all widths by the present penalty, and the translations of the chosen sentence.
 * @param {ReturnType<typeof corpus_of>} corpus @param {any} payload @param {Settings} settings
 */
export function look(corpus, payload, settings) {
  const { width, penalty, example: name } = settings;
  const alpha = Math.round(settings.alpha * 10) / 10; // the lists hold the winners of whole tenths only
  const at = payload.widths.indexOf(width);
  return {
    width, alpha, penalty, at, corpus,
    widths: payload.widths,
    now: corpus.judged(alpha, penalty),
    plain: corpus.judged(0, penalty),
    usual: corpus.judged(1, "power"),
    example: { ...payload.examples[name], rows: rows_of(corpus, payload.examples[name], at, alpha, penalty) },
  };
}

/** A sentence's translations, the best score first. @returns {Row[]} */
function rows_of({ sentences }, { place, texts }, at, alpha, penalty) {
  const rows = sentences[place].map((entry, k) => ({
    ...entry,
    text: texts[k],
    score: entry.log_prob / length_penalty(entry.length, alpha, penalty),
    listed: Boolean((entry.mask >> at) & 1),
    wins: false,
  }));
  rows.sort((a, b) => b.score - a.score); // stable, so of equal scores the shorter comes first, as in `best`
  rows.find(({ listed }) => listed).wins = true;
  return rows;
}

const penalty_text = ({ alpha, penalty }) => (alpha === 0 ? "no penalty" : `${PENALTIES[penalty]}, α = ${show(alpha, 1)}`);
const winner_of = ({ example: { rows } }) => rows.find(({ wins }) => wins);
const figures_text = ({ log_prob, length_ratio, bleu }) => `mean log p ${show(log_prob, 2)}, length ratio ${show(length_ratio, 3)}, BLEU ${show(bleu, 2)}`;

/** @param {View} view */
const summary = (view) =>
  `Width ${view.width}, ${penalty_text(view)}: ${figures_text(view.now[view.at])}. “${view.example.source}” becomes “${winner_of(view).text}”`;

// ---- prompt, settings to try, controls ---------------------------------------------------------------------------

/** Numbers in the feedback are those of the lists. */
function ask(corpus, { widths }) {
  const plain = corpus.judged(0, "power");
  const [first, last] = [plain[0], plain.at(-1)];
  const five = plain[widths.indexOf(5)];
  const score = `Mean log p goes from ${show(first.log_prob, 2)} to ${show(five.log_prob, 2)} at width 5 and ${show(last.log_prob, 2)} at width 100`;
  const quality = `BLEU from ${show(first.bleu, 1)} to ${show(five.bleu, 1)} and ${show(last.bleu, 1)}`;
  return predict("Without a penalty, the beam goes from width 1 over 5 to 100, and the model’s own score of what it writes keeps rising. BLEU …", [
    { text: "rises all the way with it", feedback: `${score}; ${quality}. The last gain in score buys no quality.` },
    { text: "rises at first, then no longer", right: true, feedback: `${score}; ${quality}. What the model likes better is not always better.` },
    { text: "does not change", feedback: `${quality}: the first hypotheses beside the greedy one are worth much.` },
  ]);
}

/** Buttons whose words give what the lists give. */
function to_try(corpus, { widths }) {
  const about = (label_text, values, words) => {
    const found = corpus.judged(values.alpha, values.penalty)[widths.indexOf(values.width)];
    return { label: label_text, values, says: `${words}: ${figures_text(found)}.` };
  };
  return [
    about("greedy", { width: 1, alpha: 0, penalty: "power" }, "Width 1 keeps one hypothesis, so no penalty changes anything"),
    about("wide, no penalty", { width: 100, alpha: 0, penalty: "power" }, "What the model scores highest is short"),
    about("wide, α = 1", { width: 100, alpha: 1, penalty: "power" }, "Log p for each token decides: the winners are less likely and longer"),
    about("wide, α = 2", { width: 100, alpha: 2, penalty: "power" }, "Length beats likelihood, and the widest beam has most to offer"),
  ];
}

/** @param {Model} model */
const controls = (model) =>
  h("div", { class: "rnn-stack width-controls" }, [
    choice(model, { label: "width of the beam", name: "width" }),
    h("div", { class: "rnn-pair" }, [
      range(model, { label: "alpha α", name: "alpha", format: (v) => show(v, 1) }),
      choice(model, { label: "length penalty", name: "penalty", texts: PENALTIES }),
    ]),
  ]);

/** What the figures hold for. */
function caveat({ interval: [low, high] }, { sentences }) {
  return (
    `${sentences.length} held-out sentences of Tatoeba (CC BY 2.0 FR) of at most ten English words; the translator is the book’s own. ` +
    `Other sentences would give other figures: 95 % of corpora drawn anew from these have a BLEU from ${show(low, 1)} to ${show(high, 1)} at width 100 ` +
    "without a penalty. So read small steps of the curve with care, and do not report the best α of a test set that it was chosen on. " +
    "Britz et al. 2017 translated English to German with larger networks and other tokens: compare the shape, not the height."
  );
}

// ---- curves ------------------------------------------------------------------------------------------------------

const MARGIN = { left: 44, right: 14, top: 22, bottom: 26 };
const HEIGHT = 176;

/**
 * A quantity against the width: by the present penalty and, dashed, without. The published panel has a curve of its own.
 * @typedef {{name: string, title: string, digits: number}} Panel
 */
const PANELS = [
  { name: "log_prob", title: "The model’s score: mean log p", digits: 2 },
  { name: "bleu", title: "Quality: BLEU", digits: 1 },
  { name: "length_ratio", title: "Length ratio to the references", digits: 3 },
  { name: "published", title: "Published BLEU: Britz et al. 2017", digits: 1 },
];

/** @param {Panel} about */
function panel(about, payload) {
  const image = svg("svg", { role: "img", class: "width-plot" });
  const node = h("div", {}, h("p", { class: "rnn-subtitle" }, about.title), image);
  let view = null;
  const { draw, stop } = fit(node, (width) => view && draw_panel(image, about, lines_of(about, payload, view), view, width), 320);
  const update = (next) => {
    view = next;
    image.setAttribute("aria-label", panel_text(about, lines_of(about, payload, view)));
    draw();
  };
  return { node, update, stop };
}

/**
 * The lines of a panel, the one that counts first, and what its axis must hold besides.
 * @typedef {{name: string, points: [number, number][], colour: string, mark: Function, dash: string}} Line
 * @returns {{lines: Line[], others: number[]}}
 */
function lines_of({ name }, { published, published_with_penalty: [width, , bleu] }, { widths, now, plain, usual, alpha }) {
  const solid = { colour: "var(--rnn-c)", mark: circle, dash: "" };
  if (name === "published") {
    const one = { name: "penalty 1.0", points: [[width, bleu]], colour: "var(--rnn-a)", mark: diamond, dash: "" };
    return { lines: [{ ...solid, name: "no penalty", points: published, colour: "var(--rnn-b)" }, one], others: [] };
  }
  const points = (figures) => figures.map((found, k) => [widths[k], found[name]]);
  const without = { name: "no penalty", points: points(plain), colour: "var(--rnn-edge)", mark: square, dash: "5 4" };
  const lines = [{ ...solid, name: "yours", points: points(now) }, ...(alpha === 0 ? [] : [without])];
  return { lines, others: [...plain, ...usual].map((found) => found[name]) };
}

/** @param {Panel} about */
function panel_text({ title, digits }, { lines }) {
  const text = ({ name, points }) => `${name}: ${points.map(([width, value]) => `${show(value, digits)} at width ${width}`).join(", ")}`;
  return `${title}. ${lines.map(text).join("; ")}.`;
}

/** @param {SVGElement} image @param {Panel} about @param {View} view */
function draw_panel(image, { digits }, { lines, others }, { width: chosen, widths }, width) {
  const values = [...lines.flatMap(({ points }) => points.map(([, value]) => value)), ...others];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const [left, right, base] = [MARGIN.left, width - MARGIN.right, HEIGHT - MARGIN.bottom];
  const along = linear(0, Math.log(widths.at(-1)), left + 6, right);
  const x = (of_width) => along(Math.log(of_width));
  const room = 0.12 * (high - low);
  const y = linear(low - room, high + room, base, MARGIN.top);
  resize(image, width, HEIGHT);
  image.replaceChildren(
    ...ticks(low - room, high + room, 5).flatMap((value) => [
      line(left, y(value), right, y(value), "var(--rnn-line)"),
      label(left - 6, y(value) + 4, show(value, digits), { class: "rnn-soft", "text-anchor": "end" }),
    ]),
    line(left, base, right, base, "var(--rnn-edge)"),
    ...widths.map((of_width) => label(x(of_width), base + 17, of_width, { class: "rnn-soft", "text-anchor": "middle" })),
    ...[...lines].reverse().flatMap((one) => draw_line(one, x, y)),
    ...at_chosen(lines, chosen, digits, x, y, { right, base }),
  );
}

/** @param {Line} one */
function draw_line({ points, colour, mark, dash }, x, y) {
  const places = points.map(([of_width, value]) => [x(of_width), y(value)]);
  const path = svg("path", { d: path_through(places), fill: "none", stroke: colour, "stroke-width": 2.25, "stroke-dasharray": dash });
  return [path, ...places.map(([px, py]) => mark(px, py, colour))];
}

/** A plumb line at the chosen width; a ring with its number above it, or below where fewer lines are in the way. @param {Line[]} lines */
function at_chosen(lines, chosen, digits, x, y, { right, base }) {
  const [{ points, colour }] = lines;
  const plumb = (top) => line(x(chosen), top, x(chosen), base, "var(--rnn-ink)", { "stroke-dasharray": "2 3" });
  const value = points.find(([of_width]) => of_width === chosen)?.[1];
  if (value === undefined) return [plumb(MARGIN.top)];
  const [px, py] = [x(chosen), y(value)];
  const text = show(value, Math.min(3, digits + 1));
  const half = 4 * text.length;
  const middle = Math.max(MARGIN.left + half, Math.min(right + MARGIN.right - half, px));
  const drawn = lines.flatMap((one) => places_along(one.points.map(([of_width, v]) => [x(of_width), y(v)])));
  const in_the_way = (top) => drawn.filter(([at, height]) => Math.abs(at - middle) < half + 2 && height > top && height < top + 17).length;
  const below = py + 27 < base && in_the_way(py + 10) < in_the_way(py - 26);
  const ring = svg("circle", { cx: px, cy: py, r: 7.5, fill: "none", stroke: colour, "stroke-width": 2 });
  const about = { class: "rnn-halo", "text-anchor": "middle", style: `fill: ${colour}; font-weight: 700` };
  return [plumb(py + (below ? 28 : 8)), ring, label(middle, py + (below ? 23 : -13), text, about)];
}

/** Places on a path, close together. @param {[number, number][]} path */
const places_along = (path) =>
  path.flatMap(([ax, ay], k) => {
    const [bx, by] = path[k + 1] ?? [ax, ay];
    return Array.from({ length: 12 }, (_, s) => [ax + ((bx - ax) * s) / 12, ay + ((by - ay) * s) / 12]);
  });

/** What the marks mean; it stands below all panels. */
function legend() {
  const node = h("p", { class: "rnn-soft width-legend" });
  const update = (view) => {
    const yours = view.alpha === 0 ? "● no penalty" : `● ${penalty_text(view)}; ■ and dashed: no penalty`;
    node.textContent = `Against the width of the beam, on a logarithmic axis. ${yours}; ring: width ${view.width}. Published: ● no penalty, ◆ penalty 1.0.`;
  };
  return { node, update };
}

// ---- numbers -----------------------------------------------------------------------------------------------------

const number_cell = (name, value, digits) => ({ text: show(value, digits), name, value });

/** The figures of every width; the chosen one stands out. */
function numbers({ published }) {
  const { node, fill } = table("", ["width", "mean log p", "length ratio", "BLEU", "BLEU, α = 0", "Britz et al."]);
  node.classList.add("width-list");
  const known = new Map(published);
  const update = (view) => {
    name_table(node, `The corpus ranked by log p / lp(L), ${penalty_text(view)}`);
    fill(view.widths.map((width, k) => {
      const { log_prob, length_ratio, bleu } = view.now[k];
      return [
        `${width}`,
        number_cell(`log_prob[${width}]`, log_prob, 3),
        number_cell(`length_ratio[${width}]`, length_ratio, 3),
        number_cell(`bleu[${width}]`, bleu, 2),
        number_cell(`plain[${width}]`, view.plain[k].bleu, 2),
        known.has(width) ? number_cell(`published[${width}]`, known.get(width), 2) : "–",
      ];
    }));
    mark_row(node, view.at);
  };
  return { node, update };
}

function name_table(node, text) {
  node.querySelector("caption").textContent = text;
  node.setAttribute("aria-label", text);
}

const mark_row = (node, chosen) => [...node.querySelectorAll("tbody tr")].forEach((row, k) => row.classList.toggle("width-own", k === chosen));

/** BLEU of every width and alpha; it is computed once it is looked at. */
function whole_grid({ widths, alphas }) {
  const title = "BLEU of every width and every α";
  const { node: listing, fill } = table(title, ["α", ...widths.map((width) => `width ${width}`)]);
  listing.classList.add("rnn-tall");
  const node = disclosure(title, listing);
  let view = null;
  const fill_open = () => {
    if (!node.open || !view) return;
    name_table(listing, `BLEU, penalty ${PENALTIES[view.penalty]}`);
    fill(alphas.map((alpha) => [show(alpha, 1), ...view.corpus.judged(alpha, view.penalty).map(({ bleu }, k) => number_cell(`grid[${widths[k]}][${show(alpha, 1)}]`, bleu, 2))]));
    mark_row(listing, alphas.indexOf(view.alpha));
  };
  node.addEventListener("toggle", fill_open);
  const update = (next) => {
    view = next;
    fill_open();
  };
  return { node, update };
}

// ---- a sentence --------------------------------------------------------------------------------------------------

/** The translations of a sentence that win at some width and penalty. @param {Model} model */
function example(model, { examples, widths }) {
  const texts = Object.fromEntries(Object.entries(examples).map(([name, { source }]) => [name, source]));
  const right = h("p", { class: "rnn-soft" });
  const { node: listing, fill } = table("", ["translation", "log p", "L", "score", "words right", "widths"]);
  listing.classList.add("width-example");
  const written = h("p", { class: "width-written" });
  const update = (view) => {
    const { references, rows } = view.example;
    right.textContent = `Right: ${references.map((text) => `“${text}”`).join(" or ")}`;
    const winner = winner_of(view);
    written.replaceChildren(`Width ${view.width}, ${penalty_text(view)}, writes: `, h("strong", {}, winner.text));
    name_table(listing, "Its translations that win at some width and α, by score");
    fill(rows.map((row, k) => [
      `${row.wins ? "▸ " : ""}${row.text}`,
      number_cell(`example.log_prob[${k + 1}]`, row.log_prob, 2),
      number_cell(`example.length[${k + 1}]`, row.length, 0),
      number_cell(`example.score[${k + 1}]`, row.score, 3),
      `${row.matches[0]} of ${row.written}`,
      widths_text(row.mask, widths),
    ]));
    mark_row(listing, rows.indexOf(winner));
    [...listing.querySelectorAll("tbody tr")].forEach((tr, k) => tr.classList.toggle("rnn-soft", !rows[k].listed));
  };
  const choose = select(model, { label: "sentence", name: "example", texts });
  const about = h("p", { class: "rnn-soft" }, "▸ wins. Pale: not in the chosen width’s list, so it cannot win there, whatever its score. Words right: tokens that a reference has. Widths: whose lists have it.");
  return { node: h("div", { class: "rnn-stack width-tight" }, choose, right, written, listing, about), update };
}

/** Neighbouring widths as a stretch: `1, 5–100`. @param {number} mask @param {number[]} widths */
export function widths_text(mask, widths) {
  const stretches = [];
  widths.forEach((width, bit) => {
    if (!((mask >> bit) & 1)) return;
    if (bit && (mask >> (bit - 1)) & 1) stretches.at(-1)[1] = width;
    else stretches.push([width, width]);
  });
  return stretches.map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`)).join(", ");
}

// ---- arithmetic --------------------------------------------------------------------------------------------------

/** Digits as far as there are any. */
const trimmed = (v) => (Number.isInteger(v) ? show(v, 0) : show(v, 4).replace(/0+$/, ""));

const SCORES = {
  power: (a, p, L, alpha) => a.div(p, a.pow(L, alpha)),
  gnmt: (a, p, L, alpha) => a.div(p, a.pow(a.div(a.add(a.number(5), L), a.number(6)), alpha)),
};

/** The winner's score, and the corpus BLEU of the chosen width, with the numbers put in. */
function arithmetic() {
  const scores = Object.fromEntries(Object.entries(SCORES).map(([penalty, expression]) => {
    const made = formula(expression, ["log p", "L", "α"], { label: "The winner’s score", result: "score", number: trimmed });
    made.node.dataset.name = "score";
    return [penalty, made];
  }));
  const shortness = formula((a, c, r) => a.exp(a.least(a.number(0), a.sub(a.number(1), a.div(r, c)))), ["c", "r"], {
    label: "Brevity penalty: tokens written c, tokens of the references r", result: "BP",
  });
  shortness.node.dataset.name = "BP";
  const product = (a, bp, ...p) => a.mul(a.mul(a.number(100), bp), a.pow(p.reduce((x, y) => a.mul(x, y)), a.number(0.25, 2)));
  const quality = formula(product, ["BP", "p_1", "p_2", "p_3", "p_4"], {
    label: "Corpus BLEU at the chosen width, from the shares p₁ to p₄ of n-grams that a reference has", result: "BLEU", print: (v) => show(v, 2),
  });
  quality.node.dataset.name = "bleu";
  const place = h("div");
  const heading = h("p", { class: "rnn-subtitle" }, "The arithmetic");
  const update = (view) => {
    const { log_prob, length } = winner_of(view);
    const score = scores[view.penalty];
    place.replaceChildren(score.node);
    score.update(log_prob, length, view.alpha);
    const { counts } = view.now[view.at];
    shortness.update(counts.candidate_length, counts.reference_length);
    quality.update(brevity_penalty(counts.candidate_length, counts.reference_length), ...precisions(counts, "exp").map(({ p }) => p));
  };
  return { node: h("div", {}, heading, place, shortness.node, quality.node), update };
}

const STYLES = `
.rnn-live .width-panels { gap: 1rem 1.5rem; }
.rnn-live .width-legend { margin-top: 0.5rem; }
.rnn-live .width-tight { gap: 0.625rem; }
.rnn-live .width-own { background: var(--rnn-tint); font-weight: 700; }
.rnn-live .width-list th:first-child { padding-left: 0.5rem; }
.rnn-live .width-example tbody th { white-space: normal; min-width: 13rem; padding-left: 0.5rem; font-weight: inherit; }
.rnn-live .width-example thead th { white-space: normal; vertical-align: bottom; }
.rnn-live .width-example tr.rnn-soft { font-size: inherit; }
@container (max-width: 30rem) {
  .rnn-live .width-controls .rnn-switch label { padding: 0.125rem 0.5rem; }
  .rnn-live .width-example table { font-size: 0.75rem; }
  .rnn-live .width-example tbody th { min-width: 5rem; padding-left: 0.25rem; }
  .rnn-live .width-example :is(th, td) { padding-right: 0.375rem; }
  .rnn-live .width-example td:nth-child(n + 5) { white-space: normal; }
  .rnn-live .width-list :is(th, td) { padding-right: 0.375rem; }
  .rnn-live .width-list th { white-space: normal; }
}
`;
