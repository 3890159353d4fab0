/** Vocabulary cut: which words get a row of their own, what that covers, and what it costs. */
import { circle, line, linear, path_through, resize, square, svg, triangle } from "./svg.mjs";
import {
  choice, fit, formula, frame, h, predict, presets, range, redraw, say_later, show, table, text_field,
} from "./ui.mjs";
import { cut, pieced, pieces, rare_words, unpack_corpus } from "./vocabulary.mjs";
import { word_tokens } from "./word_tokens.mjs";

/**
 * @typedef {import("./ui.mjs").Model} Model @typedef {import("./vocabulary.mjs").Corpus} Corpus
 * @typedef {{token: string, rank: number, count: number, known: boolean, pieces: string[]}} Mark a word of a sentence;
 *   rank from 1, 0 for a word that was never seen
 */

const SETTINGS = ["corpus", "min_freq", "largest", "embedding_size", "hidden_size", "merges", "sentence"];
const CORPORA = { story: "story", english: "English", french: "French" };
const SOURCES = {
  story: "The Late Letters, the story that comes with the book",
  english: "The English side of the Phrasebook’s pairs",
  french: "The French side of the Phrasebook’s pairs",
};
const PARTS = {
  training_tokens: "counted, tokens",
  training_types: "counted, types",
  held_out_tokens: "held-out, tokens",
  held_out_types: "held-out, types",
};
const UNK = "<unk>";

export default { render };

/** @param {{model: Model, el: HTMLElement}} host @returns {() => void} */
function render({ model, el }) {
  const { body, note, say } = frame(model, el, {
    title: "Vocabulary cut",
    question: "How large should a vocabulary be, and what do its last words buy?",
  });
  const parts = [zipf(), coverage(), shares(model), own_words(model), samples(), costs(model), compared(model)];
  const [ranked, covered, known, own, held, cost, cut_up] = parts;
  const source = h("p", { class: "rnn-soft cut-source" });
  body.append(
    h("style", {}, STYLES),
    ask(),
    h("div", { class: "rnn-stack" }, preset_buttons(model, say), note),
    h("div", { class: "rnn-pair" }, h("div", {}, choice(model, { label: "text", name: "corpus", texts: CORPORA }), source), cut_controls(model)),
    h("div", { class: "rnn-pair" }, ranked.node, covered.node),
    known.node,
    h("div", { class: "rnn-stack" }, own.node, held.node),
    cost.node,
    cut_up.node,
  );
  const tell = say_later(say);
  const see = viewer(model);
  const stop = redraw(model, SETTINGS, () => {
    const view = see();
    const { words, training, held: text } = view.corpus;
    source.textContent = `${SOURCES[view.name]}: ${training.all} tokens (running words and marks), ${words.length} types (different ones); ${text.all} tokens are held out.`;
    for (const part of parts) part.update(view);
    tell(summary_of(view));
  });
  return () => [stop, ranked.stop, covered.stop, cost.stop].forEach((end) => end());
}

// ---- what is shown -----------------------------------------------------------------------------------------------

/** What the page shows now; texts are unpacked and subwords judged once. @param {Model} model */
function viewer(model) {
  const { corpora, reserved, rare } = model.get("payload");
  const unpacked = new Map();
  const judged = new Map();
  const kept = (map, key, make) => map.get(key) ?? map.set(key, make()).get(key);
  return () => {
    const settings = Object.fromEntries(SETTINGS.map((name) => [name, model.get(name)]));
    const { corpus: name, merges } = settings;
    const corpus = kept(unpacked, name, () => unpack_corpus(corpora[name]));
    const judge = (limit) => kept(judged, `${name} ${limit}`, () => pieced(corpus, limit, reserved.length));
    return look(corpus, settings, reserved.length, rare, { subwords: judge(merges), characters: judge(0) });
  };
}

/** @param {Corpus} corpus @param {Record<string, any>} settings @param {{subwords: any, characters: any}} others */
export function look(corpus, settings, reserved, few, others) {
  const { corpus: name, min_freq, largest, embedding_size: E, hidden_size: H, merges, sentence } = settings;
  const now = cut(corpus, min_freq, largest, reserved);
  const { known, all } = now.held_out_tokens;
  const mark = (text) => marks_of(corpus, text, now.kept, merges);
  const whole = { size: now.size, unknown: all - known, pieces: all };
  return {
    name, corpus, now, E, H, merges, sentence,
    rare: rare_words(corpus, now.kept, few),
    few,
    full: corpus.words.length + reserved,
    own: mark(sentence),
    samples: corpus.samples.map(mark),
    units: { words: whole, ...others },
  };
}

/** A sentence's tokens with their ranks, counts and pieces. @returns {Mark[]} */
export function marks_of(corpus, sentence, kept, merges) {
  return word_tokens(sentence).map((token) => {
    const place = corpus.ranks.get(token) ?? -1;
    const known = place >= 0 && place < kept;
    const count = place < 0 ? 0 : corpus.counts[place];
    return { token, rank: place + 1, count, known, pieces: known ? [] : pieces(corpus, token, merges) };
  });
}

/** Numbers that are trained, of `nn.Embedding(V, E)`, `nn.Linear(H, V)` and `nn.GRU(E, H)`. */
export const parameters = (V, E, H) => ({ embedding: V * E, output: H * V + V, recurrent: 3 * H * (E + H) + 6 * H });

const percent = ({ known, all }) => (100 * known) / all;
const unknown_of = (marks) => marks.filter(({ known }) => !known);
const once = (words) => [...new Set(words)];
const quoted = (words) => words.map((word) => `“${word}”`).join(", ");
const times = (count) => (count === 0 ? "never seen" : count === 1 ? "seen once" : `seen ${count} times`);

function summary_of({ now, E, H, own }) {
  const { embedding, output } = parameters(now.size, E, H);
  const { known, all } = now.held_out_tokens;
  return (
    `${now.size} entries: ${show(percent(now.held_out_tokens), 2)} % of the held-out tokens are known, ${all - known} are read as unknown. ` +
    `Embedding and output layer have ${embedding + output} parameters. In your sentence ${unknown_of(own).length} of ${own.length} tokens are unknown.`
  );
}

/** What must be said of the reader's sentence. @param {any} view @param {number} longest */
export function notes_of({ own, sentence, corpus }, longest) {
  const words = once(unknown_of(own).map(({ token }) => token));
  const about = new Map(own.map((mark) => [mark.token, mark]));
  const strange = once([...words.join("")]).filter((c) => !corpus.alphabet.has(c));
  return [
    !own.length && "There is no word to read: type a sentence.",
    words.length && `Read as ${UNK}: ${words.map((word) => `“${word}” (${times(about.get(word).count)})`).join(", ")}.`,
    own.length && !words.length && "The vocabulary has every word of it.",
    strange.length && `Not even as characters does the counted text have ${quoted(strange)}: characters and subwords read these as ${UNK} too.`,
    [...sentence].length >= longest && `${longest} characters are the most that are read.`,
  ].filter(Boolean);
}

// ---- prompt, settings to try, controls ---------------------------------------------------------------------------

const ask = () =>
  predict(
    "The story’s 1650 words are kept if they came at least twice: 1010 of them. 104 of the 2001 held-out tokens are then unknown. " +
      "You keep all 1650. What happens to the held-out text?",
    [
      {
        text: "nothing in it is unknown any more",
        feedback: "Text that was not counted has words of its own. Press “every word”: 57 of its tokens are still unknown, whatever you keep.",
      },
      {
        text: "57 tokens stay unknown, and now <unk> is never trained",
        right: true,
        feedback:
          "640 more rows know 47 more tokens. And the counted text no longer holds a single <unk>, so no update reaches the row " +
          "that the other 57 are read as. Press “every word”.",
      },
      {
        text: "more of it is unknown than before",
        feedback: "A larger vocabulary never knows fewer words. But what it adds gets less and less, at the same price a row. Press “every word”.",
      },
    ],
  );

/** @param {Model} model @param {(text: string) => void} say */
const preset_buttons = (model, say) => presets(model, "Settings to try", PRESETS, say);

const PRESETS = [
  {
    label: "every word",
    values: { corpus: "story", min_freq: 1, largest: 2140 },
    says: "All 1650 words of the story. 57 held-out tokens are unknown all the same, and training never meets <unk>.",
  },
  {
    label: "200 entries",
    values: { corpus: "story", min_freq: 1, largest: 200 },
    says: "An eighth of the entries, and still three held-out tokens in four: the first words do nearly all the work. But look at which ones are missing.",
  },
  {
    label: "English",
    values: { corpus: "english", min_freq: 2, largest: 1000, sentence: "The girls repaired the car of our neighbour, didn't they?" },
    says: "The Phrasebook has no long tail: a grammar made it from a list of words, each used many times. Real text looks like the story.",
  },
  {
    label: "French",
    values: { corpus: "french", min_freq: 2, largest: 1000, sentence: "Les filles heureuses répareront la voiture de notre voisin." },
    says: "The same sentences in French have nearly twice the words, since every verb and adjective has more forms: 1000 entries know less of it.",
  },
  {
    label: "strange signs",
    values: { sentence: "<b>Zoë</b> wrote 漢字 and 🙂 to the keeper, twice." },
    says: "Typed signs are text like any other: what the vocabulary lacks is named, mark by mark.",
  },
];

/** @param {Model} model */
function cut_controls(model) {
  const seen = (v) => (v === 1 ? "1: nothing cut" : `${v} times`);
  const entries = (v) => (v === model.get("controls").largest.max ? `${v}: nothing cut` : `${v} entries`);
  return h("div", { class: "rnn-stack" }, [
    range(model, { label: "minimum frequency", name: "min_freq", format: seen }),
    range(model, { label: "largest size V", name: "largest", format: entries }),
  ]);
}

// ---- the curves --------------------------------------------------------------------------------------------------

const PLOT = { height: 244, left: 42, right: 8, top: 22, bottom: 38 };
const DECADES = [1, 10, 100, 1000, 10000];

/** The place inside a plot's axes. @param {number} width */
const plan_of = (width) => ({
  x: [PLOT.left, width - PLOT.right],
  y: [PLOT.height - PLOT.bottom, PLOT.top],
  inner: { x: PLOT.left, y: PLOT.top, width: width - PLOT.left - PLOT.right, height: PLOT.height - PLOT.top - PLOT.bottom },
});

/** Axes with numbers and names. @param {[number, string][]} xs place and text @param {[number, string][]} ys */
function axes(plan, xs, ys, x_name, y_name) {
  const [bottom] = plan.y;
  return [
    ...xs.map(([x, text]) => svg("text", { x, y: bottom + 16, "text-anchor": "middle", class: "rnn-soft" }, text)),
    ...ys.flatMap(([y, text]) => [
      line(plan.x[0], y, plan.x[1], y, "var(--rnn-line)"),
      svg("text", { x: plan.x[0] - 6, y: y + 4, "text-anchor": "end", class: "rnn-soft" }, text),
    ]),
    svg("rect", { ...plan.inner, fill: "none", stroke: "var(--rnn-edge)" }),
    svg("text", { x: (plan.x[0] + plan.x[1]) / 2, y: PLOT.height - 4, "text-anchor": "middle" }, x_name),
    svg("text", { x: 0, y: 11 }, y_name),
  ];
}

/** What lies beyond the cut, and the cut itself. @param {number} x where it is */
function beyond(plan, x) {
  const rest = Math.max(0, plan.x[1] - x);
  const shade = svg("rect", { ...plan.inner, x, width: rest, fill: "var(--rnn-edge)", "fill-opacity": 0.18 });
  const name = rest > 44 ? [svg("text", { x: x + rest / 2, y: plan.y[0] - 8, "text-anchor": "middle" }, UNK)] : [];
  return [shade, line(x, plan.y[0], x, plan.y[1], "var(--rnn-ink)", { "stroke-width": 1.5 }), ...name];
}

/**
 * A plot whose curves are drawn once for a text and a width, and whose cut moves.
 * @param {(view: any, width: number) => Node[]} curves @param {(view: any, width: number) => Node[]} moving
 * @param {(view: any) => {title: string, label: string}} words
 */
function plot(curves, moving, words, ...below) {
  const still = svg("g");
  const over = svg("g");
  const image = svg("svg", { role: "img" }, over, still);
  const title = h("p", { class: "rnn-subtitle" });
  const node = h("div", { class: "cut-plot" }, title, image, below);
  let view = null;
  let drawn = "";
  const { draw, stop } = fit(
    node,
    (width) => {
      if (!view) return;
      const key = `${view.name} ${width}`;
      if (key !== drawn) {
        resize(image, width, PLOT.height);
        still.replaceChildren(...curves(view, width));
        drawn = key;
      }
      over.replaceChildren(...moving(view, width));
    },
    340,
  );
  const update = (now) => {
    view = now;
    const { title: heading, label } = words(now);
    title.textContent = heading;
    image.setAttribute("aria-label", label);
    draw();
  };
  return { node, update, stop };
}

/** Frequency against rank, both logarithmic, with the reader's words on it. */
function zipf() {
  const legend = h("p", { class: "rnn-soft" });
  const scales = ({ corpus }, width) => {
    const plan = plan_of(width);
    return { plan, x: linear(0, Math.log(corpus.words.length), ...plan.x), y: linear(0, Math.log(corpus.counts[0]), ...plan.y) };
  };
  const curves = (view, width) => {
    const { counts, words } = view.corpus;
    const { plan, x, y } = scales(view, width);
    const inside = (low, high) => DECADES.filter((v) => v >= low && v <= high);
    const at = (scale) => (v) => [scale(Math.log(v)), String(v)];
    const points = counts.map((count, k) => [x(Math.log(k + 1)), y(Math.log(count))]);
    const last = Math.min(words.length, counts[0]); // Zipf's line: the k-th word comes 1/k as often as the first
    const law = path_through([[x(0), y(Math.log(counts[0]))], [x(Math.log(last)), y(Math.log(counts[0] / last))]]);
    return [
      ...axes(plan, inside(1, words.length).map(at(x)), inside(1, counts[0]).map(at(y)), "rank of the word", "times seen"),
      svg("path", { d: law, stroke: "var(--rnn-edge)", "stroke-dasharray": "4 4", fill: "none" }),
      svg("path", { d: path_through(points), stroke: "var(--rnn-c)", "stroke-width": 2.5, fill: "none" }),
    ];
  };
  const moving = (view, width) => {
    const { plan, x, y } = scales(view, width);
    const seen = once(view.own.filter(({ rank }) => rank)).map(({ rank, count, known }) => {
      const place = [x(Math.log(rank)), y(Math.log(count))];
      const mark = known ? circle(...place, "var(--rnn-accent)") : circle(...place, "var(--rnn-paper)");
      mark.setAttribute("stroke", "var(--rnn-accent)");
      return mark;
    });
    return [...beyond(plan, x(Math.log(view.now.kept + 0.5))), ...seen];
  };
  const words = ({ now, corpus, own }) => {
    const rest = corpus.words.length - now.kept;
    const never = own.filter(({ rank }) => !rank).length;
    legend.textContent =
      "The line of dashes is Zipf’s: the word of rank k comes a k-th as often as the first. Dots are words of your sentence, hollow where cut" +
      (never ? `; ${never} of them ${never === 1 ? "was" : "were"} never seen and ${never === 1 ? "has" : "have"} no rank.` : ".");
    return {
      title: `${now.kept} words kept, ${rest} cut`,
      label: `Frequency against rank of ${corpus.words.length} words, both axes logarithmic, from ${corpus.counts[0]} down to ${corpus.counts[corpus.words.length - 1]}. The cut stands behind rank ${now.kept}.`,
    };
  };
  return plot(curves, moving, words, legend);
}

const LINES = [
  { name: "training_tokens", mark: circle, colour: "var(--rnn-c)", dash: "", sign: "●", text: "tokens of the counted text" },
  { name: "held_out_tokens", mark: square, colour: "var(--rnn-a)", dash: "7 4", sign: "■", text: "tokens of held-out text" },
  { name: "held_out_types", mark: triangle, colour: "var(--rnn-b)", dash: "2 3", sign: "▲", text: "types of held-out text" },
];

/** What share is known with the first 0, 1, ... words. */
function coverage() {
  const legend = h("p", { class: "rnn-soft" }, LINES.map(({ sign, colour, text }, k) => [k ? ", " : "", h("span", { style: `color:${colour}`, "aria-hidden": "true" }, sign), ` ${text}`]).flat());
  const scales = ({ corpus }, width) => {
    const plan = plan_of(width);
    return { plan, x: linear(0, corpus.words.length, ...plan.x), y: linear(0, 100, ...plan.y) };
  };
  const curves = (view, width) => {
    const { corpus, now } = view;
    const N = corpus.words.length;
    const { plan, x, y } = scales(view, width);
    const step = Math.max(1, Math.floor(N / (plan.x[1] - plan.x[0]))); // no more points than pixels
    const places = [...Array(Math.ceil(N / step)).keys()].map((k) => k * step).concat(N);
    const known = { training_tokens: corpus.training.known, held_out_tokens: corpus.held.known, held_out_types: corpus.held_types };
    const paths = LINES.map(({ name, colour, dash }) => {
      const points = places.map((k) => [x(k), y((100 * known[name][k]) / now[name].all)]);
      return svg("path", { d: path_through(points), stroke: colour, "stroke-width": 2, "stroke-dasharray": dash, fill: "none" });
    });
    const xs = [0, 500, 1000, 1500, 2000].filter((v) => v <= N).map((v) => [x(v), String(v)]);
    const ys = [0, 50, 100].map((v) => [y(v), String(v)]);
    return [...axes(plan, xs, ys, "words kept", "% known"), ...paths];
  };
  const moving = (view, width) => {
    const { plan, x, y } = scales(view, width);
    const at = x(view.now.kept);
    return [...beyond(plan, at), ...LINES.map(({ name, mark, colour }) => mark(at, y(percent(view.now[name])), colour))];
  };
  const words = ({ now, corpus }) => ({
    title: `${show(percent(now.held_out_tokens), 2)} % of held-out tokens known`,
    label:
      `Share known against the number of words kept, 0 to ${corpus.words.length}. At ${now.kept}: ` +
      `${LINES.map(({ name, text }) => `${show(percent(now[name]), 2)} % of the ${text}`).join(", ")}.`,
  });
  return plot(curves, moving, words, legend);
}

// ---- shares in numbers -------------------------------------------------------------------------------------------

/** A number in a sentence, with all its digits for scripts. */
function figure_of(name) {
  const node = h("span", { "data-name": name });
  const set = (value) => {
    node.textContent = String(value);
    node.dataset.value = String(value);
  };
  return { node, set };
}

/** The four shares, the formula of one, and what is trained of `<unk>`. @param {Model} model */
function shares(model) {
  const { node, fill } = table("What the vocabulary knows", ["text", "known", "all", "% known", UNK]);
  const worked = formula((a, k, n) => a.div(a.mul(a.number(100), k), n), ["k", "n"], {
    label: "Held-out tokens that the vocabulary knows, in %", result: "c", digits: 4, number: String,
  });
  worked.node.dataset.name = "c";
  const trained = h("p");
  const [met, unread] = ["unk.training", "unk.held_out"].map(figure_of);
  const update = ({ now }) => {
    fill(Object.entries(PARTS).map(([name, text]) => {
      const { known, all } = now[name];
      const cell = (end, value, digits = 0) => ({ text: show_whole(value, digits), name: `${name}.${end}`, value });
      return [text, cell("known", known), cell("all", all), cell("percent", percent(now[name]), 2), cell("unknown", all - known)];
    }));
    worked.update(now.held_out_tokens.known, now.held_out_tokens.all);
    met.set(now.training_tokens.all - now.training_tokens.known);
    unread.set(now.held_out_tokens.all - now.held_out_tokens.known);
    const never = now.training_tokens.known === now.training_tokens.all;
    trained.replaceChildren(
      ...(never
        ? [`The counted text holds ${UNK} `, met.node, " times: no update ever reaches its row, which stays as it was drawn. Held-out tokens read as it: ", unread.node, "."]
        : [`Training meets ${UNK} `, met.node, " times and learns what an unknown word does. Held-out tokens read as it: ", unread.node, "."]),
    );
  };
  return { node: h("div", { class: "rnn-stack" }, node, worked.node, trained), update };
}

const show_whole = (value, digits) => (digits ? show(value, digits) : String(value));

// ---- sentences ---------------------------------------------------------------------------------------------------

/** A sentence's tokens; one that is cut shows what it is read as, and its pieces. @param {Corpus} corpus @param {Mark[]} marks */
function chips(corpus, marks) {
  const piece = (text) => ([...text].length > 1 || corpus.alphabet.has(text) ? text : UNK);
  return marks.map(({ token, count, known, pieces: parts }) =>
    h("li", { class: known ? "" : "cut-unknown" }, [
      h("span", {}, token),
      known ? null : h("strong", {}, UNK),
      known ? null : h("span", { class: "cut-pieces" }, parts.map(piece).join(" | ")),
      h("span", { class: "rnn-soft" }, `${count}×`),
    ]),
  );
}

/** A list of tokens that is drawn anew only where it changed. @param {string} label */
function token_list(label) {
  const list = h("ul", { class: "cut-tokens", "aria-label": label });
  let drawn = "";
  const update = (corpus, marks) => {
    const key = JSON.stringify(marks);
    if (key === drawn) return;
    drawn = key;
    list.replaceChildren(...chips(corpus, marks));
  };
  return { node: list, update };
}

/** The reader's own sentence. @param {Model} model */
function own_words(model) {
  const { longest } = model.get("controls").sentence;
  const notes = h("p", { class: "rnn-soft cut-notes", role: "status" });
  const list = token_list("Your sentence as the vocabulary reads it");
  const count = figure_of("own.unknown");
  const all = figure_of("own.tokens");
  const line_ = h("p", { class: "rnn-subtitle" }, "Your sentence: ", count.node, " of ", all.node, " tokens unknown");
  const update = (view) => {
    count.set(unknown_of(view.own).length);
    all.set(view.own.length);
    list.update(view.corpus, view.own);
    const text = notes_of(view, longest).join(" ");
    if (notes.textContent !== text) notes.textContent = text;
  };
  const node = h("div", { class: "rnn-stack" }, h("div", {}, text_field(model, { label: "your sentence", name: "sentence" }), notes), h("div", {}, line_, list.node));
  return { node, update };
}

/** Some sentences of held-out text. */
function samples() {
  const lists = ["a rare word", "a less rare one", "usual words"].map((kind, k) => ({
    list: token_list(`Held-out sentence ${k + 1}, with ${kind}`),
    count: figure_of(`sample[${k + 1}].unknown`),
  }));
  const rows = lists.map(({ list, count }, k) => h("div", {}, h("p", { class: "rnn-soft" }, `Held-out sentence ${k + 1}, unknown: `, count.node), list.node));
  const legend = h(
    "p",
    { class: "rnn-soft" },
    `Under each token: how often the counted text has it; · joins a mark to its word. A word that is cut shows what it is read as, and the subwords that would spell it.`,
  );
  const update = ({ samples: sentences, corpus }) =>
    sentences.forEach((marks, k) => {
      lists[k].list.update(corpus, marks);
      lists[k].count.set(unknown_of(marks).length);
    });
  return { node: h("div", { class: "rnn-stack" }, rows, legend), update };
}

// ---- parameters --------------------------------------------------------------------------------------------------

const BAR = 30;
const LAYERS = [
  { name: "embedding", text: "embedding", colour: "var(--rnn-c)" },
  { name: "output", text: "output layer", colour: "var(--rnn-a)" },
  { name: "recurrent", text: "GRU", colour: "var(--rnn-b)" },
];

/** What the vocabulary costs: the formula, and a bar beside the network that reads it. @param {Model} model */
function costs(model) {
  const worked = formula((a, V, E, H) => a.add(a.add(a.mul(V, E), a.mul(H, V)), V), ["V", "E", "H"], {
    label: "Parameters of nn.Embedding(V, E) and nn.Linear(H, V), which the decoder has (an encoder only has the first)", result: "N", number: String, print: String,
  });
  worked.node.dataset.name = "N";
  const image = svg("svg", { role: "img" });
  const layers = LAYERS.map(({ name }) => figure_of(`parameters.${name}`));
  const legend = h("ul", { class: "cut-legend" }, LAYERS.map(({ text, colour }, k) => h("li", {}, h("span", { class: "cut-swatch", style: `background:${colour}`, "aria-hidden": "true" }), `${text} `, layers[k].node)));
  const [rows, rare, spent] = ["kept", "rare", "rare.parameters"].map(figure_of);
  const few = h("span");
  const waste = h("p", {}, "Of the ", rows.node, " words kept, ", rare.node, " were seen fewer than ", few, " times: ", spent.node, " numbers in rows that hardly any example trains.");
  let view = null;
  const place = h("div", {}, h("p", { class: "rnn-subtitle" }, "What it costs"), image, legend);
  const fitted = fit(place, (width) => view && draw_bar(image, view, width));
  const update = (now) => {
    view = now;
    const { now: { size, kept }, E, H } = now;
    const found = parameters(size, E, H);
    worked.update(size, E, H);
    LAYERS.forEach(({ name }, k) => layers[k].set(found[name]));
    rows.set(kept);
    few.textContent = String(now.few);
    rare.set(now.rare);
    spent.set(now.rare * (E + H + 1));
    image.setAttribute("aria-label", `Bars: embedding ${found.embedding}, output layer ${found.output}, GRU ${found.recurrent} parameters.`);
    fitted.draw();
  };
  const sizes = h("div", { class: "rnn-pair" }, [
    range(model, { label: "embedding size E", name: "embedding_size", format: String }),
    range(model, { label: "hidden size H", name: "hidden_size", format: String }),
  ]);
  return { node: h("div", { class: "rnn-stack" }, place, sizes, worked.node, waste), update, stop: fitted.stop };
}

/** Three bars in a row; the frame is as long as all words would make it. @param {SVGElement} image @param {any} view */
function draw_bar(image, { now, E, H, full }, width) {
  const found = parameters(now.size, E, H);
  const most = Object.values(parameters(full, E, H)).reduce((sum, v) => sum + v, 0);
  const scale = linear(0, most, 0, width - 2);
  resize(image, width, BAR + 2);
  let x = 1;
  const bars = LAYERS.map(({ name, colour }) => {
    const bar = svg("rect", { x, y: 1, width: scale(found[name]), height: BAR, fill: colour, stroke: "var(--rnn-paper)" });
    x += scale(found[name]);
    return bar;
  });
  const rest = width - 1 - x;
  const words = rest > 150 ? [svg("text", { x: x + rest / 2, y: BAR / 2 + 5, "text-anchor": "middle", class: "rnn-soft" }, "more with all words")] : [];
  image.replaceChildren(svg("rect", { x: 1, y: 1, width: width - 2, height: BAR, fill: "none", stroke: "var(--rnn-edge)", "stroke-dasharray": "4 3" }), ...bars, ...words);
}

// ---- words, subwords, characters ---------------------------------------------------------------------------------

/** The same held-out text cut in three ways. @param {Model} model */
function compared(model) {
  const { node, fill } = table("Held-out text, cut in three ways", ["cut into", "entries V", `read as ${UNK}`, "pieces in all", "per word", "parameters"]);
  const update = ({ units, E, H, merges }) => {
    const texts = { words: "words", subwords: `subwords, ${merges} merges`, characters: "characters" };
    fill(Object.entries(units).map(([name, { size, unknown, pieces: count }]) => {
      const { embedding, output } = parameters(size, E, H);
      const cell = (end, value, digits = 0) => ({ text: show_whole(value, digits), name: `${name}.${end}`, value });
      const values = [cell("size", size), cell("unknown", unknown), cell("pieces", count), cell("ratio", count / units.words.pieces, 2), cell("parameters", embedding + output)];
      return [texts[name], ...values];
    }));
  };
  const pay = h("p", { class: "rnn-soft" }, "Subwords spell every word whose characters were counted, with a small table. They pay in length: the network takes one step for each piece, and an influence has further to travel.");
  const merges = range(model, { label: "byte-pair merges", name: "merges", format: (v) => (v ? String(v) : "0: characters") });
  return { node: h("div", { class: "rnn-stack" }, node, merges, pay), update };
}

const STYLES = `
.rnn-live .cut-tokens, .rnn-live .cut-legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0.375rem; margin: 0.25rem 0 0; padding: 0; }
.rnn-live .cut-legend { gap: 0.25rem 1.25rem; font-size: 0.875rem; }
.rnn-live .cut-tokens > li {
  display: grid; justify-items: center; align-content: start; margin: 0; padding: 0.25rem 0.5rem; border: 1px solid var(--rnn-line); border-radius: 6px; line-height: 1.35;
  max-width: 100%; overflow-wrap: anywhere; background: var(--rnn-paper); white-space: pre-wrap;
}
.rnn-live .cut-tokens > .cut-unknown { border: 2px dashed var(--rnn-bad); background: var(--rnn-panel); }
.rnn-live .cut-tokens strong { color: var(--rnn-bad); font-family: ui-monospace, monospace; font-size: 0.875rem; }
.rnn-live .cut-tokens .rnn-soft { font-size: 0.75rem; }
.rnn-live .cut-pieces { font-size: 0.8125rem; color: var(--rnn-ink); }
.rnn-live .cut-notes:not(:empty) { margin-top: 0.375rem; overflow-wrap: anywhere; }
.rnn-live .cut-swatch { display: inline-block; width: 0.75rem; height: 0.75rem; border-radius: 2px; margin-right: 0.375rem; }
.rnn-live .cut-source { margin-top: 0.5rem; }
.rnn-live .cut-plot .rnn-soft { margin-top: 0.25rem; }
`;
