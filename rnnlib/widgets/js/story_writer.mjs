/** Story writer: a small trained character model goes on from the reader's own words, in the page. */
import {
  character_model,
  draw_character,
  next_logits,
  probabilities,
  read_character,
  relative_probabilities,
  uniforms,
  zeros,
} from "./core.mjs";
import { line, linear, resize, svg } from "./svg.mjs";
import {
  assign, button, disclosure, fit, formula, frame, h, predict, presets, range, redraw, say_later, show, table, text_field,
} from "./ui.mjs";
import { load_weights, unpack, when_near } from "./weights.mjs";

/**
 * @typedef {import("./ui.mjs").Model} Model
 * @typedef {{characters: string, reader: import("./core.mjs").Reader}} Network
 * @typedef {Object} Run a text in the making
 * @property {string} read what of the prompt was read @property {string[]} unknown what was left out
 * @property {number[]} h the state after all that was read and written
 * @property {number[]} u random numbers, one for each character
 * @property {number[]} ids @property {number[][]} logits @property {number[][]} states of the characters written
 */

const SETTINGS = ["prompt", "temperature", "seed", "length", "t"];
const SLICE_MS = 8; // how long the page waits for a slice of text
const FRAME_MS = 16; // between slices
const REVEAL_MS = 900; // how long a whole text takes to appear, where motion is welcome

export default { render };

/** @param {{model: Model, el: HTMLElement}} host @returns {() => void} */
function render({ model, el }) {
  const { root, body, note, say } = frame(model, el, {
    title: "Story writer",
    question: "What does a network write that has read one short story, character by character, and nothing else?",
  });
  const page = story(model);
  const parts = [page, choices(model), arithmetic(), strip()];
  const [, listed, worked, state] = parts;
  const unknown = h("p", { class: "rnn-soft story-unknown", role: "status" });
  body.append(
    h("style", {}, STYLES),
    ask(),
    h("div", { class: "rnn-stack" }, preset_buttons(model, say), note),
    h("div", { class: "rnn-columns" }, [
      h("div", { class: "rnn-stack" }, h("div", {}, text_field(model, { label: "your prompt", name: "prompt" }), unknown), page.node),
      controls(model, say),
    ]),
    h("div", { class: "rnn-pair" }, listed.node, h("div", { class: "rnn-stack" }, worked.node, state.node)),
    card(model),
  );
  const tell = say_later(say);
  const writing = writer(model, (run) => {
    const view = look(model, run);
    for (const part of parts) part.update(view);
    if (view.done) tell(summary(view));
  });
  const stop_watching = when_near(root, writing.load);
  const stop = redraw(model, SETTINGS, () => {
    unknown.textContent = left_out(model);
    writing.update();
  });
  return () => [stop, stop_watching, writing.stop, state.stop].forEach((end) => end());
}

// ---- writing -----------------------------------------------------------------------------------------------------

/** What of a prompt the model can read, and which characters it cannot. @param {string} characters @param {string} first */
export function readable(prompt, characters, first) {
  const all = [...prompt];
  const known = all.filter((c) => characters.includes(c)).join("");
  return { read: known || first, unknown: [...new Set(all)].filter((c) => !characters.includes(c)) };
}

/** Read the prompt. @param {Network} network @returns {Run} */
export function begin({ characters, reader }, { prompt, seed, first, longest }) {
  const { read, unknown } = readable(prompt, characters, first);
  const start = zeros(reader.cell.weight_hh[0].length);
  const state = [...read].reduce((before, c) => read_character(reader, characters.indexOf(c), before), start);
  return { read, unknown, h: state, u: uniforms(seed, longest), ids: [], logits: [], states: [] };
}

/** Write one more character. @param {Network} network @param {Run} run @param {number} temperature */
export function write_one({ reader }, run, temperature) {
  const logits = next_logits(reader, run.h);
  const id = draw_character(logits, temperature, run.u[run.ids.length]);
  run.states.push(run.h);
  run.logits.push(logits);
  run.ids.push(id);
  run.h = read_character(reader, id, run.h);
}

/** @param {{characters: string, shapes: any, float16: string}} stored @returns {Network} */
export const network_of = (stored) => ({ characters: stored.characters, reader: character_model(unpack(stored)) });

/**
 * Writes in slices, so that the page never waits; begins anew where prompt, temperature or seed changed.
 * @param {Model} model @param {(run: Run | {loading: boolean, changed: boolean} | {problem: string}) => void} draw
 */
function writer(model, draw) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const initial = key_of(model) + model.get("length");
  let network = null;
  let loading = false;
  let run = null;
  let key = "";
  let timer = 0;
  const changed = () => key_of(model) + model.get("length") !== initial;
  function load() {
    if (loading) return;
    loading = true;
    load_weights(model, "story_writer").then(
      (stored) => {
        network = network_of(stored);
        update();
      },
      (error) => draw({ problem: error.message }),
    );
    update();
  }
  function update() {
    clearTimeout(timer);
    if (!network && changed()) load();
    if (!network) return draw({ loading, changed: changed() });
    if (key !== key_of(model)) {
      key = key_of(model);
      const longest = model.get("controls").length.max;
      const { first } = model.get("payload");
      run = begin(network, { prompt: model.get("prompt"), seed: model.get("seed"), first, longest });
    }
    slice(calm || !changed() || run.ids.length > 0);
  }
  /** @param {boolean} at_once as fast as slices allow, instead of letting the text appear */
  function slice(at_once) {
    const length = model.get("length");
    const most = at_once ? length : Math.ceil((length * FRAME_MS) / REVEAL_MS);
    const end = performance.now() + SLICE_MS;
    for (let k = 0; k < most && run.ids.length < length && performance.now() < end; k++) {
      write_one(network, run, model.get("temperature"));
    }
    if (run.ids.length < length) timer = setTimeout(slice, at_once ? 0 : FRAME_MS, at_once);
    draw(run);
  }
  return { update, load, stop: () => clearTimeout(timer) };
}

const key_of = (model) => JSON.stringify(["prompt", "temperature", "seed"].map((name) => model.get(name)));

// ---- what is shown -----------------------------------------------------------------------------------------------

/** Everything that is shown of a run; before there is one, the example that the page came with. @param {Model} model */
function look(model, run) {
  const { characters, example, first, listed } = model.get("payload");
  const [prompt, temperature, seed, length, t] = SETTINGS.map((name) => model.get(name));
  const { read } = readable(prompt, characters, first);
  const basic = { characters, prompt: read, temperature, seed, length, t: Math.min(t, length), listed };
  if (run.problem) return { ...basic, text: "", problem: run.problem, done: true };
  if (!run.ids) return { ...basic, text: run.changed ? "" : example, waiting: run.changed, busy: run.loading, done: false };
  const ids = run.ids.slice(0, length);
  const done = ids.length === length;
  const view = { ...basic, text: ids.map((id) => characters[id]).join(""), done, busy: !done };
  return basic.t > ids.length ? view : { ...view, chosen: choose(run, basic.t - 1, temperature) };
}

/** The distribution from which one character was drawn. @param {Run} run @param {number} place */
export function choose(run, place, temperature) {
  const logits = run.logits[place];
  const id = run.ids[place];
  const order = logits.map((_, k) => k).sort((a, b) => logits[b] - logits[a] || a - b);
  const plain = probabilities(logits);
  const relative = relative_probabilities(logits, 1);
  const tempered = relative_probabilities(logits, temperature).reduce((sum, v) => sum + v, 0);
  return {
    id, order, plain,
    drawn: probabilities(logits, temperature),
    best: plain[order[0]],
    ratio: relative[id],
    total: tempered,
    u: run.u[place],
    state: run.states[place],
  };
}

/** A character as it is printed: the invisible ones by name. @param {string} c */
export const name_of = (c) => ({ " ": "space", "\n": "line break" })[c] ?? c;

const temperature_text = (v) => (v === 0 ? "0, greedy" : show(v, 2));

function summary({ problem, length, temperature, seed, t, chosen, characters }) {
  if (problem) return `The model could not be loaded: ${problem}.`;
  const at = `Character ${t} is “${name_of(characters[chosen.id])}”, probability ${show(chosen.drawn[chosen.id], 3)}`;
  return `Done: ${length} characters at temperature ${temperature_text(temperature)}, seed ${seed}. ${at}.`;
}

/** Which characters of the prompt the model does not know, or what it starts from without any. @param {Model} model */
function left_out(model) {
  const { characters, first } = model.get("payload");
  const { read, unknown } = readable(model.get("prompt"), characters, first);
  const count = `the ${[...characters].length} characters that the model knows`;
  const names = unknown.map((c) => `“${c}”`).join(", ");
  const missing = unknown.length ? `Not among ${count}, so left out: ${names}. ` : "";
  return missing + (read === first ? "Nothing to read: it starts from a line break, at the head of a paragraph." : "");
}

// ---- prompt, settings to try, controls ---------------------------------------------------------------------------

const ask = () =>
  predict("You set the temperature to 0 and then try other seeds. The text …", [
    {
      text: "changes with every seed",
      feedback: "At temperature 0 nothing is drawn: the likeliest character is taken every time, whatever the seed.",
    },
    {
      text: "stays the same, and soon goes round in circles",
      right: true,
      feedback:
        "Nothing is drawn, so the seed has no say; and once the state comes near to where it was, the same words follow " +
        "again. Press “greedy” and read on to the end.",
    },
    {
      text: "stays the same, and is the likeliest text of all",
      feedback:
        "It stays the same. But the likeliest character now can lead to unlikely ones later: the best text is not made " +
        "of the best single steps.",
    },
  ]);

/** @param {Model} model @param {(text: string) => void} say */
const preset_buttons = (model, say) =>
  presets(model, "Settings to try", [
    { label: "greedy", values: { temperature: 0, length: 400 }, says: "Temperature 0: always the likeliest character. See how it repeats itself." },
    { label: "careful", values: { temperature: 0.4 }, says: "Temperature 0.4: likely characters become likelier. Mostly words, few surprises." },
    { label: "as it learnt", values: { temperature: 1 }, says: "Temperature 1: drawn from the model’s own probabilities." },
    { label: "wild", values: { temperature: 1.7 }, says: "Temperature 1.7: unlikely characters get their turn, and words fall apart." },
    { label: "no prompt", values: { prompt: "" }, says: "Nothing to read: the model starts from a line break." },
    { label: "strange signs", values: { prompt: "Zoë paid 7 €" }, says: "What the model has never seen is named below the prompt and left out." },
  ], say);

/** @param {Model} model @param {(text: string) => void} say */
function controls(model, say) {
  const { max } = model.get("controls").seed;
  const again = button("Another seed", () => {
    assign(model, { seed: (model.get("seed") + 1) % (max + 1) });
    say(`Written again with seed ${model.get("seed")}.`);
  });
  return h("div", { class: "rnn-stack story-controls" }, [
    range(model, { label: "temperature", name: "temperature", format: temperature_text }),
    range(model, { label: "seed", name: "seed", format: String }),
    again,
    range(model, { label: "characters to write", name: "length", format: String }),
  ]);
}

// ---- the text ----------------------------------------------------------------------------------------------------

/** Prompt and text; a character is chosen by pressing it, or with the range below. @param {Model} model */
function story(model) {
  const begun = h("span", { class: "story-prompt" });
  const written = h("span", { class: "story-written" });
  const text = h("div", { class: "story-text", tabindex: "0", role: "region", "aria-label": "Prompt and written text" }, begun, written);
  const shown = h("p", { class: "rnn-soft" });
  written.addEventListener("click", (event) => {
    const place = [...written.childNodes].indexOf(event.target);
    if (place >= 0) assign(model, { t: place + 1 });
  });
  const at = range(model, {
    label: "character looked at", name: "t", max: () => model.get("length"), on: ["length"],
    format: (v) => `${Math.min(v, model.get("length"))} of ${model.get("length")}`,
  });
  const spans = (characters) => characters.map((c) => h("span", {}, c));
  const update = ({ prompt, text: now, t, busy, waiting, problem }) => {
    begun.textContent = prompt.replace(/^\n$/, "");
    const before = written.textContent;
    const kept = now.startsWith(before) ? before.length : 0;
    if (!kept) written.replaceChildren();
    written.append(...spans([...now.slice(kept)]));
    const marked = written.querySelector("mark");
    marked?.replaceWith(...spans([marked.textContent]));
    const node = written.childNodes[t - 1];
    node?.replaceWith(h("mark", {}, node.textContent));
    text.setAttribute("aria-busy", String(Boolean(busy)));
    shown.textContent = problem ? `The model could not be loaded: ${problem}.` : waiting ? "The model is being loaded." : "";
  };
  return { node: h("div", { class: "rnn-stack" }, h("div", {}, text, shown), at), update };
}

// ---- the next character ------------------------------------------------------------------------------------------

/** The ten likeliest next characters; the one written among them, or below. @param {Model} model */
function choices(model) {
  const { listed } = model.get("payload");
  const { node, fill } = table("", ["next", "p", "p at T = 1", "p as a bar"]);
  node.classList.add("story-choices");
  const caption = node.querySelector("caption");
  const update = ({ chosen, characters, t, temperature }) => {
    if (!chosen) return fill([]);
    caption.textContent = `Character ${t}: the ${listed} likeliest at temperature ${temperature_text(temperature)}`;
    node.setAttribute("aria-label", caption.textContent);
    const { order, drawn, plain, id } = chosen;
    const rank = order.indexOf(id);
    const places = rank < listed ? order.slice(0, listed) : [...order.slice(0, listed), id];
    const row = (k, j) => [
      name_of(characters[k]) + (k === id ? (j < listed ? " ◂ written" : ` ◂ written, rank ${rank + 1}`) : ""),
      { text: show(drawn[k], 4), name: j < listed ? `p[${j + 1}]` : "p_written", value: drawn[k] },
      { text: show(plain[k], 4), name: j < listed ? `plain[${j + 1}]` : "plain_written", value: plain[k] },
      "",
    ];
    fill(places.map(row));
    node.querySelectorAll("tbody tr").forEach((tr, j) => {
      tr.classList.toggle("story-own", places[j] === id);
      tr.style.setProperty("--share", drawn[places[j]]);
    });
  };
  return { node, update };
}

/** How the written character's probability comes about, and the random number that chose it. */
function arithmetic() {
  const ratio = formula((a, p, best) => a.div(p, best), ["p_1", "p_best"], { result: "r", label: "Its probability at temperature 1, over the likeliest one’s" });
  const power = (a, r, T, Z) => a.div(a.pow(r, a.div(a.number(1), T)), Z);
  const tempered = formula(power, ["r", "T", "Z"], { result: "p_T", label: "At temperature T; Z is the sum of all characters’ r, each to the power 1 / T" });
  ratio.node.dataset.name = "ratio";
  tempered.node.dataset.name = "p_T";
  const title = h("p", { class: "rnn-subtitle" });
  const place = h("div", { class: "rnn-stack story-lines" });
  const random = h("span", { "data-name": "u" });
  const drawn = h("p", {}, "Drawn with the random number u = ", random, ": the first character, in the order of the vocabulary, at which the sum of p exceeds u.");
  const greedy = h("p", {}, "Temperature 0: the likeliest character has p = 1, all others 0. No random number is needed.");
  const update = ({ chosen, t, temperature, characters }) => {
    place.hidden = !chosen;
    if (!chosen) return;
    const { id, plain, best, ratio: r, total, u } = chosen;
    title.textContent = `Why “${name_of(characters[id])}”?`;
    ratio.update(plain[id], best);
    if (temperature > 0) tempered.update(r, temperature, total);
    random.textContent = show(u, 4);
    random.dataset.value = String(u);
    place.replaceChildren(title, ratio.node, ...(temperature > 0 ? [tempered.node, drawn] : [greedy]));
  };
  return { node: place, update };
}

// ---- the state ---------------------------------------------------------------------------------------------------

const ROW = 34;

/** The hidden state, a bar for each unit: up and filled where it is positive, down where negative. */
function strip() {
  const image = svg("svg", { role: "img" });
  const title = h("p", { class: "rnn-subtitle" });
  const legend = h("p", { class: "rnn-soft" }, "One bar for each unit, from −1 (down) to 1 (up).");
  const node = h("div", {}, title, image, legend);
  let state = null;
  const { draw, stop } = fit(node, (width) => state && draw_state(image, state, width));
  const update = ({ chosen, t }) => {
    node.hidden = !chosen;
    if (!chosen) return image.replaceChildren();
    state = chosen.state;
    title.textContent = `The state from which character ${t} was written`;
    const strong = state.filter((v) => Math.abs(v) > 0.9).length;
    image.setAttribute("aria-label", `Hidden state of ${state.length} units; ${strong} of them beyond 0.9 or −0.9.`);
    draw();
  };
  return { node, update, stop };
}

/** @param {SVGElement} image @param {number[]} state @param {number} width */
function draw_state(image, state, width) {
  const columns = Math.ceil(state.length / Math.max(2, Math.ceil((state.length * 4) / width)));
  const rows = Math.ceil(state.length / columns);
  const step = width / columns;
  const height = linear(0, 1, 0, ROW / 2 - 2);
  resize(image, width, rows * ROW);
  const bar = (v, k) => {
    const middle = ROW * (Math.floor(k / columns) + 0.5);
    const size = Math.max(0.5, height(Math.abs(v)));
    const place = { x: (k % columns) * step + 0.5, y: v > 0 ? middle - size : middle, width: Math.max(1, step - 1), height: size };
    return svg("rect", { ...place, fill: v > 0 ? "var(--rnn-c)" : "var(--rnn-a)", "data-name": `h[${k + 1}]`, "data-value": v });
  };
  const middles = Array.from({ length: rows }, (_, k) => ROW * (k + 0.5));
  image.replaceChildren(...middles.map((y) => line(0, y, width, y, "var(--rnn-line)")), ...state.map(bar));
}

// ---- the model card ----------------------------------------------------------------------------------------------

/** What the model is, how it was made and how well it predicts. @param {Model} model */
function card(model) {
  const about = model.get("payload").card;
  const beside = `best n-gram (order ${about.best_ngram}) on the same characters`;
  const rows = [
    ["network", about.what],
    ["parameters", about.parameters],
    ["read", `${about.characters_trained_on} characters of ${about.data}`],
    ["training", `${about.updates} updates, best kept: ${about.best_update}; seed ${about.seed}; ${about.command}`],
    ["perplexity on what it read", show(about.train_perplexity, 2)],
    [`perplexity on ${about.characters_validated_on} characters that it did not read`, show(about.valid_perplexity, 2)],
    [beside, show(about.best_ngram_valid_perplexity, 2)],
    ["use", about.for],
  ];
  const entries = rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]);
  return disclosure("What this model is, and how good", h("dl", { class: "story-card" }, entries));
}

const STYLES = `
.rnn-live .story-text {
  white-space: pre-wrap; overflow-wrap: anywhere; min-height: 9rem; max-height: 20rem; overflow-y: auto; padding: 0.75rem 0.875rem;
  background: var(--rnn-panel); border-radius: 8px; font: 400 1rem/1.6 Georgia, "Times New Roman", serif;
}
.rnn-live .story-prompt { color: var(--rnn-soft); }
.rnn-live .story-written > * { cursor: pointer; }
.rnn-live .story-text mark { background: var(--rnn-accent); color: var(--rnn-on-accent); border-radius: 2px; }
.rnn-live .story-unknown:not(:empty) { margin-top: 0.375rem; }
.rnn-live .story-controls { justify-items: stretch; }
.rnn-live .story-controls > .rnn-button { justify-self: start; }
.rnn-live .story-choices :is(th, td):last-child { width: 35%; text-align: left; }
.rnn-live .story-text:focus-visible { outline: 3px solid var(--rnn-accent); outline-offset: 2px; }
@container (max-width: 30rem) { .rnn-live .story-choices th:last-child { white-space: normal; } }
.rnn-live .story-choices td:last-child::before {
  content: ""; display: block; height: 0.875rem; min-width: 1px; width: calc(100% * var(--share)); background: var(--rnn-c);
}
.rnn-live .story-choices .story-own { background: var(--rnn-tint); font-weight: 700; }
.rnn-live .story-choices th:first-child { padding-left: 0.5rem; }
.rnn-live .story-choices tbody th { white-space: normal; font-weight: inherit; }
.rnn-live .story-lines { gap: 0.5rem; }
.rnn-live .story-card { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 2fr); gap: 0.375rem 1rem; margin: 0; font-size: 0.875rem; }
.rnn-live .story-card dt { color: var(--rnn-soft); font-weight: 400; }
.rnn-live .story-card dd { margin: 0; }
`;
