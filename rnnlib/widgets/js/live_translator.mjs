/** Live translator: the reader types English, a network writes French, and shows every choice on its way. */
import { norm } from "./core.mjs";
import { svg } from "./svg.mjs";
import { start_translator } from "./translator_worker.mjs";
import {
  assign, button, disclosure, formula, frame, h, power_of_ten, predict, presets, range, redraw, say_later, show, table, text_field,
} from "./ui.mjs";
import { DIGITS, load_script, load_weights, when_near } from "./weights.mjs";
import { JOINER } from "./word_tokens.mjs";

/**
 * @typedef {import("./ui.mjs").Model} Model
 * @typedef {any} View what `look` of `translator_core.mjs` yields
 */

const WISHED = ["sentence", "forced", "target", "width", "temperature", "seed"]; // what a translation depends on
const SETTINGS = [...WISHED, "step"];
const PAUSE = 250; // ms without a key before a text is translated that nobody sent off by Enter
const [END, UNKNOWN] = ["<eos>", "<unk>"];
const NEVER_WRITTEN = ["<pad>", "<bos>", UNKNOWN];

export default { render };

/** @param {{model: Model, el: HTMLElement}} host @returns {() => void} */
function render({ model, el }) {
  const { root, body, note, say } = frame(model, el, {
    title: "Live translator",
    question: "Type English, Enter: does a network that writes French look your words up, one by one?",
  });
  const force = (tokens, step) => {
    assign(model, { forced: tokens.join(" "), step });
    say(tokens.length ? `“${plain(tokens.at(-1))}” is forced: what stands before it is kept, the rest is translated anew.` : "");
  };
  const french = written(model, force);
  const parts = [french, choices(model, force), encoder(), own_french(), best_ones(), tree(model)];
  const [, top, states, own, nbest, beam] = parts;
  const english = h("p", { class: "rnn-soft live-notes", role: "status" });
  const beginning = h("p", { class: "rnn-soft live-notes", role: "status" });
  const shown = h("div", { class: "rnn-stack live-shown" }, french.node, top.node, states.node);
  const also = h("div", { class: "rnn-stack live-shown" }, nbest.node, beam.node);
  const typed = typing(root);
  const sentence = text_field(model, { label: "your English; Enter translates", name: "sentence" });
  const target = text_field(model, { label: "your own French", name: "target" });
  const forced = text_field(model, { label: "forced beginning, in French", name: "forced", rows: 1 });
  body.append(
    h("style", {}, STYLES),
    ask(),
    h("div", { class: "live-asks" }, sentence, button("Translate", () => typed.send())),
    english,
    h("div", { class: "rnn-stack" }, example_buttons(model, say), note),
    shown,
    h("div", { class: "rnn-stack" }, forced, beginning, sliders(model)),
    h("div", { class: "rnn-stack" }, h("div", {}, h("p", { class: "rnn-subtitle" }, "And your translation?"), target), own.node),
    also,
    card(model),
  );
  const tell = say_later(say);
  const work = working(model, typed, update);
  function update() {
    const { view, busy, waiting, problem } = work.state();
    for (const place of [shown, also, own.node]) place.setAttribute("aria-busy", String(busy && !problem));
    const empty = !view || !view.path;
    shown.hidden = empty;
    also.hidden = empty || !view.n_best;
    own.node.hidden = empty || !view.target;
    english.textContent = notes_of(model, view, { waiting: busy && waiting, problem });
    beginning.textContent = (view?.forced?.notes ?? []).join(" ");
    if (empty) return;
    for (const part of parts) part.update(view);
    if (!busy) tell(summary_of(view));
  }
  const stop_watching = when_near(root, work.load);
  const stop = redraw(model, SETTINGS, () => {
    if (is_anothers(model)) assign(model, { target: "" });
    work.changed();
  });
  return () => [stop, stop_watching, work.stop, typed.stop].forEach((end) => end());
}

// ---- work --------------------------------------------------------------------------------------------------------

/** Whether a text is being typed; Enter sends it off. @param {HTMLElement} root */
function typing(root) {
  let timer = 0;
  let fresh = false; // a key was pressed since the last send
  let act = () => {};
  const send = () => {
    clearTimeout(timer);
    fresh = false;
    act();
  };
  root.addEventListener("input", ({ target }) => {
    if (target.tagName === "TEXTAREA") fresh = true;
  }, { capture: true });
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "TEXTAREA" || event.isComposing) return;
    event.preventDefault();
    send();
  });
  return {
    send,
    stop: () => clearTimeout(timer),
    /** Act now, or once typing pauses. */
    then(next) {
      act = next;
      clearTimeout(timer);
      if (fresh) timer = setTimeout(send, PAUSE);
      else send();
    },
  };
}

/** The view of the present settings: an example's until the translator is there. @param {Model} model */
function working(model, typed, done) {
  const examples = new Map();
  const { view: first, views_script } = model.get("payload");
  const remember = ({ sentence, target, view }) => examples.set(key_of({ ...USUAL, sentence, target }), view);
  if (first) remember({ ...started(model), view: first });
  const state = { view: null, busy: false, waiting: false, problem: "" };
  let translator = null;
  let loading = false;
  let count = 0;
  let key = "";
  let settled = false; // whether the answer to `key` is whole
  let shown = false; // whether what is shown is that answer already, an example's
  let of = ""; // the sentence of the example that is shown
  const wish = () => Object.fromEntries(WISHED.map((name) => [name, model.get(name)]));
  function hear({ id, view, problem }) {
    if ((!view && !problem) || (id && id !== count)) return; // it is ready, or the wish is past
    if (shown && view && !view.whole) return; // less than what stands there
    if (problem) state.problem = `The translation stopped: ${problem}.`;
    else take(view);
    settled ||= Boolean(problem || view.whole);
    state.busy = !settled || (!problem && key_of(wish()) !== key); // more may have been typed meanwhile
    done();
  }
  function take(view) {
    state.view = view.whole || !state.view ? view : { ...state.view, ...view };
    const steps = view.path?.steps.length ?? 0;
    if (view.whole && steps && steps !== model.get("steps")) model.set("steps", steps);
  }
  function load() {
    if (loading) return;
    loading = true;
    if (!model.get("weights")) load_examples();
    load_weights(model, "live_translator").then(
      (weights) => {
        translator = start_translator(weights, hear);
        state.waiting = false;
        if (!state.view || state.busy) return changed();
        request(wish(), true); // the same with all its digits
        state.busy = true;
        done();
      },
      (error) => {
        state.problem = `The translator could not be loaded: ${error.message}.`;
        state.busy = false;
        done();
      },
    );
  }
  function load_examples() {
    load_script(views_script, "live_translator_examples").then(
      ({ examples: stored }) => {
        stored.forEach(remember);
        if (!translator && !state.view) changed();
      },
      () => {}, // then they wait for the translator, which says it if it is missing too
    );
  }
  function request(settings, again = false) {
    count += 1;
    shown = again;
    key = key_of(settings);
    settled = false;
    translator.ask({ id: count, settings });
  }
  function changed() {
    const settings = wish();
    if (key_of(settings) === key) {
      state.busy = !settled; // what was typed may have been taken back
      return done();
    }
    const example = translator ? null : examples.get(key_of(settings));
    if (example) {
      key = "";
      state.busy = false;
      of = settings.sentence;
      take(unpacked(example));
      return done();
    }
    if (translator) state.problem = "";
    state.busy = !state.problem;
    state.waiting = !translator;
    if (!translator && settings.sentence !== of) state.view = null; // another sentence's
    done();
    if (!translator) load();
    else typed.then(() => {
      const now = wish();
      if (key_of(now) !== key) request(now);
      else if (!state.busy) done();
    });
  }
  return { load, changed, state: () => state, stop: () => translator?.stop() };
}

/** Whether the French to be judged is an example's, and the English is not that example's any more. @param {Model} model */
function is_anothers(model) {
  const same = model.get("payload").examples.filter(({ target }) => target === model.get("target"));
  return same.length > 0 && same.every(({ sentence }) => sentence !== model.get("sentence"));
}

const USUAL = { forced: "", width: 5, temperature: 0, seed: 1 };

/** Sentence and target as the page began with them. @param {Model} model */
function started(model) {
  const { sentence, target } = model.get("controls");
  return { sentence: sentence.default, target: target.default };
}

const key_of = (settings) => JSON.stringify(WISHED.map((name) => settings[name]));

const HALF = DIGITS.length / 2;

/** An example with its states as numbers; six bits hold a unit, so they are rounded. */
const unpacked = (view) => ({
  ...view,
  states: view.states.map((letters) => (typeof letters === "string" ? [...letters].map((letter) => (DIGITS.indexOf(letter) - HALF) / (HALF - 1)) : letters)),
});

// ---- texts -------------------------------------------------------------------------------------------------------

/** A token as a reader reads it; what it joins is left out. @param {string} token */
const plain = (token) => (token === END ? "end" : token.replaceAll(JOINER, "").replace("\u202f", " ").trim() || token);

const chance = (p) => show(p, 3);

/** A number in a formula: small probabilities keep four digits. */
const exactly = (v, digits) => (v > 0 && v < 0.1 ? power_of_ten(v, 3) : show(v, digits));

/** What has to be said of the text that was read. @param {Model} model */
function notes_of(model, view, { waiting, problem }) {
  const { longest } = model.get("controls").sentence;
  const full = model.get("sentence").length >= longest ? [`The field is full: it takes ${longest} characters.`] : [];
  if (problem) return problem;
  if (waiting) return "The translator is being loaded.";
  return [...(view?.reading.notes ?? []), ...full].join(" ");
}

const NOTHING = "(nothing)"; // where the end comes first

const HOW = {
  greedy: "Written by the likeliest word each time",
  beam: "Written by beam search",
  drawn: "Drawn at random, word by word",
  begun: "Being written",
};

function summary_of({ path }) {
  return `${path.text} ${HOW[path.how]}, ln p ${show(path.log_prob, 2)}.`;
}

const ask = () =>
  predict("The first sentence becomes “Vous devriez rester au lit …”. You force “Tu” as the first French word. What happens to the second, “devriez”?", [
    {
      text: "nothing: “should” is looked up as before",
      feedback: "So it would be if every English word had its French one. Press “Tu” among the choices of place 1.",
    },
    {
      text: "it becomes “devrais”",
      right: true,
      feedback: "The decoder reads what it has written itself, so the verb agrees with the word that you forced. Press “Tu” among the choices of place 1, then force others.",
    },
    {
      text: "it stays, and only its probability falls",
      feedback: "A forced word is fed to the decoder like one of its own: what follows is computed anew. Press “Tu” among the choices of place 1.",
    },
  ]);

/** @param {Model} model */
function example_buttons(model, say) {
  const list = model.get("payload").examples.map(({ sentence, target }) => ({
    label: sentence,
    values: { sentence, target, forced: "", step: 1 },
    says: `Our own French for it stands below: “${target}”`,
  }));
  return disclosure("Ten sentences to try", presets(model, "Sentences to try", list, say));
}

/** @param {Model} model */
function sliders(model) {
  const cold = () => model.get("temperature") === 0;
  return h("div", { class: "live-sliders" }, [
    range(model, { label: "beam width", name: "width", format: (v) => (v === 1 ? "1: greedy" : String(v)) }),
    range(model, { label: "temperature", name: "temperature", format: (v) => (v === 0 ? "0: best found" : `${show(v, 2)}: drawn`) }),
    range(model, { label: "seed of the draws", name: "seed", on: ["temperature"], format: (v) => (cold() ? `${v}: unused` : String(v)) }),
  ]);
}

// ---- the translation ---------------------------------------------------------------------------------------------

const named = (name, value, text) => h("span", { "data-name": name, "data-value": String(value) }, text);

/** The French, its words to choose from, and what the log-probabilities add up to. @param {Model} model */
function written(model, force) {
  const text = h("p", { class: "live-french", lang: "fr" });
  const words = h("div", { class: "live-words", role: "group", "aria-label": "Places of the translation" });
  const about = h("p", { class: "rnn-soft" });
  const release = button("Release the forced words", () => {
    force([], 1);
    at.input.focus(); // the button goes
  });
  const sum = formula((a, before, p) => a.add(before, a.ln(p)), ["ln p_before", "p_word"], { result: "ln p", number: exactly });
  sum.node.dataset.name = "so_far";
  const at = range(model, {
    label: "place looked at", name: "step", max: () => Math.max(2, model.get("steps") || 2), on: ["steps"],
    format: (v) => `${Math.min(v, model.get("steps") || v)} of ${model.get("steps") || "…"}`,
  });
  words.addEventListener("click", (event) => {
    const place = [...words.children].indexOf(event.target.closest("button"));
    if (place >= 0) assign(model, { step: place + 1 });
  });
  const update = (view) => {
    const { path, greedy } = view;
    const now = path.text || NOTHING;
    if (text.textContent !== now) text.textContent = now;
    const chosen = Math.min(model.get("step"), path.steps.length) - 1;
    let so_far = 0;
    const sums = path.steps.map((step) => (so_far += step.log_p));
    fill_words(words, path, sums, chosen);
    about.replaceChildren(...told(path, greedy, model.get("width")));
    release.hidden = !path.forced;
    const step = path.steps[chosen];
    sum.update(chosen ? sums[chosen - 1] : 0, Math.exp(step.log_p));
  };
  const node = h("div", { class: "rnn-stack" }, text, about, words, at, h("div", { class: "rnn-row" }, sum.node, release));
  return { node, update };
}

/** One button for each word, with the running sum below it; forced ones are marked. */
function fill_words(words, { steps, forced }, sums, chosen) {
  while (words.children.length > steps.length) words.lastChild.remove();
  while (words.children.length < steps.length) {
    words.append(h("button", { type: "button", class: "rnn-button" }, h("span", { lang: "fr" }), h("small", {}, "")));
  }
  steps.forEach((step, k) => {
    const place = words.children[k];
    const [word, sum] = place.children;
    word.textContent = `${plain(step.token)}${k < forced ? " (forced)" : ""}`;
    sum.textContent = show(sums[k], 2);
    Object.assign(sum.dataset, { name: `running[${k + 1}]`, value: String(sums[k]) });
    place.setAttribute("aria-pressed", String(k === chosen));
  });
}

function told(path, greedy, width) {
  const how = HOW[path.how] + (path.how === "beam" ? ` of width ${width}` : "");
  const start = [`${how}: ln p = `, named("log_p", path.log_prob, show(path.log_prob, 3))];
  if (!path.finished && path.how !== "begun") start.push(`; it did not end and was cut after ${path.steps.length} tokens`);
  if (!greedy || greedy.text === path.text) return [...start, greedy && path.how === "beam" ? "; the likeliest word each time gives the same." : "."];
  const lost = path.how === "beam" && greedy.finished && greedy.log_prob > path.log_prob; // else the beam would have found it
  const other = [h("span", { lang: "fr" }, greedy.text), "”, ln p = ", named("greedy", greedy.log_prob, show(greedy.log_prob, 3))];
  return [...start, "; the likeliest word each time would give “", ...other, lost ? ": likelier, but the beam threw its beginning away." : "."];
}

// ---- choices of a step -------------------------------------------------------------------------------------------

/** The ten likeliest words at the place looked at, each a button that forces it. @param {Model} model */
function choices(model, force) {
  const heads = ["press to force it", "p", "", "ln p so far"].map((text) => h("th", { scope: "col" }, text));
  const caption = h("caption");
  const rows = h("tbody");
  const inner = h("table", {}, caption, h("thead", {}, h("tr", {}, heads)), rows);
  const node = h("div", { class: "rnn-table live-top" }, inner);
  const soft = h("p", { class: "rnn-soft" }, `${JOINER} marks the side on which a token touches its neighbour.`);
  let now = { path: { steps: [] }, chosen: 0 };
  rows.addEventListener("click", (event) => {
    const row = event.target.closest("button")?.closest("tr");
    if (!row) return;
    const { path, chosen } = now;
    const before = path.steps.slice(0, chosen).map((step) => step.token);
    force([...before, path.steps[chosen].top[[...rows.children].indexOf(row)][0]], Math.min(chosen + 1, 70));
  });
  const update = ({ path }) => {
    const chosen = Math.min(model.get("step"), path.steps.length) - 1;
    now = { path, chosen };
    const step = path.steps[chosen];
    const before = path.steps.slice(0, chosen).reduce((sum, one) => sum + one.log_p, 0);
    const beginning = path.steps.slice(0, chosen).map((one) => plain(one.token)).join(" ");
    caption.textContent = `Place ${chosen + 1}${beginning ? `, after “${beginning}”` : ""}: the ten likeliest words`;
    heads[2].textContent = step.drawn ? "p at the temperature" : "p as a bar";
    while (rows.children.length < step.top.length) rows.append(choice_row());
    step.top.forEach(([token, log_p], j) => fill_choice(rows.children[j], { token, log_p, j, step, before }));
  };
  return { node: h("div", {}, node, soft), update };
}

const choice_row = () =>
  h("tr", {}, h("th", { scope: "row" }, h("button", { type: "button", class: "rnn-button", lang: "fr" })), h("td"), h("td", { class: "live-bar" }, h("span")), h("td"));

function fill_choice(row, { token, log_p, j, step, before }) {
  const [head, p, bar, sum] = row.children;
  const choose = head.firstChild;
  const mine = token === step.token;
  const banned = NEVER_WRITTEN.includes(token);
  choose.textContent = `${token === END ? "end" : token}${mine ? " ◂" : ""}`;
  choose.disabled = banned;
  choose.title = banned ? "never written" : "";
  row.classList.toggle("live-own", mine);
  set_cell(p, `top[${j + 1}]`, Math.exp(log_p), chance(Math.exp(log_p)));
  const drawn = step.drawn?.[j];
  set_cell(bar.firstChild, drawn === undefined ? undefined : `drawn[${j + 1}]`, drawn, drawn === undefined ? "" : chance(drawn));
  bar.style.setProperty("--share", String(drawn ?? Math.exp(log_p)));
  set_cell(sum, `so_far[${j + 1}]`, before + log_p, show(before + log_p, 2));
}

function set_cell(cell, name, value, text) {
  cell.textContent = text;
  if (name === undefined) {
    delete cell.dataset.name;
    delete cell.dataset.value;
  } else Object.assign(cell.dataset, { name, value: String(value) });
}

// ---- the encoder -------------------------------------------------------------------------------------------------

const COLUMNS = 24;
const SHADES = 8; // on either side of zero

/** The state after each English word as a heat map, how far each word moved it, and all numbers. */
function encoder() {
  const tiles = h("ol", { class: "live-tiles" });
  const list = table("", ["unit"]);
  list.node.classList.add("rnn-tall");
  const all = disclosure("All numbers of the states", list.node);
  const title = h("p", { class: "rnn-subtitle" }, "What the encoder holds after each English word");
  const told = h("p", { class: "rnn-soft" }, "A square is one of 384 units: deep for far from 0, orange below, purple above. The last state is all that the decoder is told.");
  const node = h("div", { class: "rnn-stack" }, h("div", {}, title, tiles, told), all);
  let seen = null;
  let numbers = null;
  const fill = () => {
    if (!all.open || !seen || numbers?.dataset.of === key(seen)) return;
    numbers = state_table(seen);
    numbers.dataset.of = key(seen);
    all.replaceChild(numbers, all.lastChild);
  };
  const key = ({ reading, states }) => `${reading.read_as.join(" ")} ${states[0][0]}`;
  all.addEventListener("toggle", fill);
  let drawn = "";
  const update = (view) => {
    seen = view;
    if (drawn === key(view)) return;
    drawn = key(view);
    fill_tiles(tiles, view);
    fill();
  };
  return { node, update };
}

function fill_tiles(tiles, { reading, states }) {
  const names = [...reading.read_as, END];
  while (tiles.children.length > states.length) tiles.lastChild.remove();
  while (tiles.children.length < states.length) tiles.append(tile());
  states.forEach((state, k) => {
    const [word, image, moved] = tiles.children[k].children;
    word.textContent = plain(names[k]);
    draw_state(image, state);
    const far = norm(k ? state.map((v, j) => v - states[k - 1][j]) : state);
    moved.replaceChildren("moved by ", named(`moved[${k + 1}]`, far, show(far, 2)));
  });
}

const tile = () =>
  h("li", {}, h("b", {}), svg("svg", { "aria-hidden": "true", viewBox: `0 0 ${COLUMNS} 16`, "shape-rendering": "crispEdges" }, ...shades()), h("span", { class: "rnn-soft" }));

const shades = () =>
  [false, true].flatMap((above) =>
    Array.from({ length: SHADES }, (_, level) => svg("path", { fill: above ? "var(--rnn-c)" : "var(--rnn-a)", "fill-opacity": (level + 0.5) / SHADES })),
  );

/** @param {SVGElement} image @param {number[]} state */
function draw_state(image, state) {
  const paths = Array.from({ length: 2 * SHADES }, () => "");
  state.forEach((v, k) => {
    const level = Math.min(SHADES - 1, Math.floor(Math.abs(v) * SHADES));
    paths[level + (v > 0 ? SHADES : 0)] += `M${k % COLUMNS} ${Math.floor(k / COLUMNS)}h1v1h-1z`;
  });
  paths.forEach((d, k) => image.children[k].setAttribute("d", d));
}

/** A row for each unit, a column for each word. */
function state_table({ reading, states }) {
  const { node, fill } = table("Every unit of each state", ["unit", ...reading.read_as.map(plain), "end"]);
  node.classList.add("rnn-tall");
  const rows = states[0].map((_, j) => [String(j + 1), ...states.map((state, k) => ({ text: show(state[j], 3), name: `h[${k + 1}][${j + 1}]`, value: state[j] }))]);
  const slice = (count) => {
    fill(rows.slice(0, count));
    if (count < rows.length && node.isConnected) requestAnimationFrame(() => slice(count + 48));
  };
  requestAnimationFrame(() => slice(48));
  return node;
}

// ---- the reader's own French -------------------------------------------------------------------------------------

/** The reader's words, each judged after the reader's words, beside what the network writes after its own. */
function own_french() {
  const list = table("Each word after your words before it (teacher forcing), and what the network wrote after its own (free-running)", ["place", "your word", "p", "ln p", "rank", "it would write", "its p", "it wrote"]);
  list.node.classList.add("live-judged");
  const notes = h("p", { class: "rnn-soft live-notes" });
  const total = h("p", {});
  const node = h("div", { class: "rnn-stack" }, notes, total, list.node);
  const update = ({ target, path }) => {
    if (!target) return;
    const { rows } = target;
    notes.textContent = target.notes.join(" ");
    notes.hidden = !target.notes.length;
    list.node.hidden = !rows.length;
    total.replaceChildren(...(rows.length ? verdict(target, path) : ["Type a translation of your own: each of its words gets its probability."]));
    list.fill(
      rows.map((row, k) => [
        String(k + 1),
        plain(row.token) + (row.read_as === UNKNOWN ? ` as ${UNKNOWN}` : ""),
        { text: chance(Math.exp(row.log_p)), name: `own_p[${k + 1}]`, value: Math.exp(row.log_p) },
        { text: show(row.log_p, 2), name: `own_log_p[${k + 1}]`, value: row.log_p },
        { text: String(row.rank), name: `rank[${k + 1}]`, value: row.rank },
        plain(row.own) + (row.own === row.read_as ? " =" : ""),
        { text: chance(Math.exp(row.own_log_p)), name: `choice_p[${k + 1}]`, value: Math.exp(row.own_log_p) },
        path.steps[k] ? plain(path.steps[k].token) : "–",
      ]),
    );
    list.node.querySelectorAll("tbody tr").forEach((tr, k) => tr.classList.toggle("live-agrees", rows[k].own === rows[k].read_as));
  };
  return { node, update };
}

/** How likely the reader's translation is, beside the network's. */
function verdict({ log_prob, rows }, path) {
  const agreed = rows.filter((row) => row.own === row.read_as).length;
  const times = Math.exp(path.log_prob - log_prob);
  const beside = times >= 1.005 ? `: the network’s own is ${show(times, times < 100 ? 1 : 0)} times as likely` : times <= 0.995 ? ": likelier than what it found itself" : ": as likely as what it found";
  return ["Your translation has ln p = ", named("own", log_prob, show(log_prob, 3)), `${beside}. After your words it would write the next one of yours in `, named("agreed", agreed, String(agreed)), ` of ${rows.length} places.`];
}

// ---- what the beam found -----------------------------------------------------------------------------------------

/** The n best. */
function best_ones() {
  const list = table("The best that beam search found", ["", "French", "ln p", "tokens"]);
  list.node.classList.add("live-best");
  const update = ({ n_best }) => {
    if (!n_best) return;
    list.fill(
      n_best.map(({ text, log_prob, length, finished }, k) => [
        String(k + 1),
        (text || NOTHING) + (finished ? "" : " … (cut)"),
        { text: show(log_prob, 3), name: `n_best[${k + 1}]`, value: log_prob },
        { text: String(length), name: `length[${k + 1}]`, value: length },
      ]),
    );
  };
  return { node: list.node, update };
}

const [TREE_COLUMN, TREE_ROW, TREE_TOP] = [118, 34, 30];
const FATES = { kept: "kept", finished: "ended", pruned: "thrown away" };
const MOST_DRAWN = 40; // steps; a beam that goes in circles is shown so far

/** The whole beam: a picture, and the same as a list; drawn while it is open. @param {Model} model */
function tree(model) {
  const image = svg("svg", { role: "img" });
  const frame_ = h("div", { class: "rnn-table", tabindex: "0", role: "region", "aria-label": "Beam tree" }, image);
  const list = table("Candidates step by step, best first", ["step and rank", "continues", "word", "ln p", "what became of it"]);
  list.node.classList.add("rnn-tall", "live-list");
  const told = h("p", { class: "rnn-soft" });
  const node = disclosure("The whole beam tree of your sentence", told, frame_, disclosure("The same as a list", list.node));
  const inner = node.lastChild;
  let seen = null;
  let drawn = null;
  let listed = null;
  const draw = () => {
    if (!node.open || !seen?.trace) return;
    if (drawn !== seen.trace) {
      drawn = seen.trace;
      draw_tree(image, seen);
      const count = drawn.reduce((n, step) => n + step.length, 0);
      told.replaceChildren(
        drawn.length ? `Width ${model.get("width")}: at each step the best candidates of all continuations. ✓ kept, ■ ended, ✗ thrown away; the thick line leads to the best. Shown: ` : "The forced words end the sentence: there is nothing to search.",
        ...(drawn.length ? [named("candidates", count, String(count)), ` candidates in ${drawn.length} steps.`] : []),
      );
    }
    if (inner.open && listed !== drawn) {
      listed = drawn;
      list.fill(rows_of(drawn));
    }
  };
  node.addEventListener("toggle", draw);
  inner.addEventListener("toggle", draw);
  const update = (view) => {
    seen = view;
    draw();
  };
  return { node, update };
}

const rows_of = (trace) =>
  trace.slice(0, MOST_DRAWN).flatMap((step, t) =>
    step.map(([rank, parent, token, log_p, fate]) => [
      `${t + 1}.${rank}`,
      parent ? `${t}.${parent}` : "start",
      token === END ? "end" : token,
      { text: show(log_p, 3), name: `trace[${t + 1}][${rank}]`, value: log_p },
      FATES[fate],
    ]),
  );

const SIGNS = { kept: "✓", finished: "■", pruned: "✗" };

/** @param {SVGElement} image @param {View} view */
function draw_tree(image, { trace, n_best }) {
  const steps = trace.slice(0, MOST_DRAWN);
  const ranks = Math.max(1, ...steps.map((step) => step.length));
  const [width, height] = [(steps.length + 1) * TREE_COLUMN, TREE_TOP + ranks * TREE_ROW];
  for (const [name, value] of Object.entries({ viewBox: `0 0 ${width} ${height}`, width, height, style: "max-width:none" })) image.setAttribute(name, value);
  const at = (t, rank) => [8 + t * TREE_COLUMN, TREE_TOP + (rank - 1) * TREE_ROW + 6];
  const best = best_path(steps, n_best[0]);
  const edges = [[], [], []];
  const texts = [];
  steps.forEach((step, t) => {
    texts.push(svg("text", { x: at(t + 1, 1)[0], y: 14, class: "rnn-soft" }, `step ${t + 1}`));
    for (const [rank, parent, token, log_p, fate] of step) {
      const [x, y] = at(t + 1, rank);
      const [from, level] = parent ? at(t, parent) : [8, TREE_TOP + 6];
      const kind = best.has(`${t}.${rank}`) ? 2 : fate === "pruned" ? 0 : 1;
      const left = parent ? from + TREE_COLUMN - 34 : from + 24;
      edges[kind].push(`M${left} ${level}C${left + 16} ${level} ${x - 20} ${y} ${x - 4} ${y}`);
      texts.push(tree_text(x, y, { token, log_p, fate, bold: kind === 2 }));
    }
  });
  const looks = [["var(--rnn-line)", 1], ["var(--rnn-edge)", 1.25], ["var(--rnn-c)", 3]];
  const lines = edges.map((paths, k) => svg("path", { d: paths.join(""), fill: "none", stroke: looks[k][0], "stroke-width": looks[k][1] }));
  image.setAttribute("aria-label", `Beam tree of ${steps.length} steps. Best: ${n_best[0].text}`);
  image.replaceChildren(...lines, svg("text", { x: 0, y: TREE_TOP + 10 }, "start"), ...texts);
}

function tree_text(x, y, { token, log_p, fate, bold }) {
  const word = token === END ? "end" : token;
  const short = word.length > 10 ? `${word.slice(0, 9)}…` : word;
  const soft = fate === "pruned" ? { class: "rnn-soft" } : {};
  return svg("text", { x, y: y + 1, "font-weight": bold ? 700 : fate === "pruned" ? 400 : 500, ...soft }, svg("tspan", {}, `${SIGNS[fate]} ${short}`), svg("tspan", { x, dy: 13, class: "live-small" }, show(log_p, 2)));
}

/** The places `t.rank` on the way to the best hypothesis. */
function best_path(steps, best) {
  for (let t = 0; t < steps.length; t++) {
    for (const [rank, , token, log_p] of steps[t]) {
      const ends = best.finished ? token === END : t === steps.length - 1;
      if (ends && Math.abs(log_p - best.log_prob) < 1e-9) return way_back(steps, t, rank);
    }
  }
  return new Set();
}

function way_back(steps, t, rank) {
  const places = new Set();
  for (; t >= 0 && rank; t--) {
    places.add(`${t}.${rank}`);
    [, rank] = steps[t][rank - 1];
  }
  return places;
}

// ---- the model card ----------------------------------------------------------------------------------------------

/** What the translator is, how it was made, how good it is, and where it fails. @param {Model} model */
function card(model) {
  const about = model.get("payload").card;
  const count = (n) => n.toLocaleString("en");
  const score = ([name, { bleu, bleu_low, bleu_high, chrf, exact }]) => [
    `BLEU, ${name}`,
    `${show(bleu, 1)} (95 % interval ${show(bleu_low, 1)} to ${show(bleu_high, 1)}), chrF ${show(chrf, 1)}, word for word right ${show(100 * exact, 1)} %`,
  ];
  const rows = [
    ["networks", about.what],
    ["parameters", count(about.parameters)],
    ["data", about.data],
    ["held out", about.split],
    ["training", `${about.epochs} epochs, ${count(about.updates)} updates, ${about.minutes} minutes on ${about.machine}; seed ${about.seed}; ${about.command}; torch ${about.torch}`],
    ...Object.entries(about.scores).map(score),
    ["signature", about.signature],
    ["use", about.for],
    ["known failures", `${about["known failures"].join("; ")}.`],
  ];
  const entries = rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]);
  return disclosure("What this translator is, how good, and where it fails", h("dl", { class: "live-card" }, entries));
}

const STYLES = `
.rnn-live .live-asks { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0.75rem; align-items: end; }
.rnn-live .live-asks textarea { font-size: 1.125rem; }
.rnn-live .live-notes:empty { display: none; }
.rnn-live .live-notes { overflow-wrap: anywhere; }
.rnn-body > .live-notes { margin-top: -0.75rem; }
.rnn-live .live-shown[hidden], .rnn-live .rnn-stack[hidden], .rnn-live [hidden] { display: none; }
.rnn-live .live-shown { gap: 1.25rem; }
.rnn-live .live-french { font-size: clamp(1.25rem, 4cqi, 1.875rem); font-weight: 650; line-height: 1.3; overflow-wrap: anywhere; }
.rnn-live .live-words { display: flex; flex-wrap: wrap; gap: 0.375rem; }
.rnn-live .live-words button { border-radius: 8px; display: grid; gap: 0.125rem; text-align: center; max-width: 100%; overflow-wrap: anywhere; }
.rnn-live .live-words small { color: var(--rnn-soft); font-size: 0.75rem; font-weight: 400; }
.rnn-live .live-top { max-width: 44rem; }
.rnn-live .live-top th:first-child { padding-left: 0.25rem; }
.rnn-live .live-top th .rnn-button { min-height: 28px; padding: 0 0.75rem; }
.rnn-live .live-top th, .rnn-live .live-top td { padding-top: 0.125rem; padding-bottom: 0.125rem; }
.rnn-live .live-top .live-bar { width: 45%; text-align: left; }
.rnn-live .live-top thead th:nth-child(3) { text-align: left; }
.rnn-live .live-bar::before { content: ""; display: block; height: 0.875rem; min-width: 1px; width: calc(100% * var(--share)); background: var(--rnn-c); }
@container (max-width: 30rem) {
  .rnn-live .live-asks { grid-template-columns: minmax(0, 1fr); justify-items: start; }
  .rnn-live .live-asks > :first-child { justify-self: stretch; }
  .rnn-live .live-top .live-bar { width: 22%; }
  .rnn-live .live-top th .rnn-button { padding: 0 0.5rem; }
  .rnn-live .live-top :is(th, td) { padding-right: 0.5rem; }
  .rnn-live .live-top thead th { white-space: normal; }
}
.rnn-live .live-bar span { font-size: 0.75rem; }
.rnn-live .live-own { background: var(--rnn-tint); font-weight: 700; }
.rnn-live .live-tiles { list-style: none; margin: 0; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(6rem, 1fr)); gap: 0.75rem; }
.rnn-live .live-tiles li { display: grid; gap: 0.25rem; margin: 0; }
.rnn-live .live-tiles b, .rnn-live .live-tiles span { font-size: 0.8125rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.rnn-live .live-tiles svg { width: 100%; max-width: 9rem; height: auto; outline: 1px solid var(--rnn-edge); }
.rnn-live .live-sliders { display: grid; align-items: end; gap: 0.75rem 1.5rem; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); }
.rnn-live .live-judged :is(th, td):is(:nth-child(2), :nth-child(6), :nth-child(8)) { text-align: left; }
.rnn-live .live-agrees { background: var(--rnn-tint); }
.rnn-live .live-best td:nth-child(2), .rnn-live .live-best th:nth-child(2) { text-align: left; white-space: normal; width: 70%; }
.rnn-live .live-list :is(th, td):nth-child(3) { text-align: left; }
.rnn-live .live-list td:last-child, .rnn-live .live-list th:last-child { text-align: left; }
.rnn-live svg .live-small { font-size: 11px; }
.rnn-live .live-card { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 2fr); gap: 0.375rem 1rem; margin: 0; font-size: 0.875rem; }
.rnn-live .live-card dt { color: var(--rnn-soft); font-weight: 400; }
.rnn-live .live-card dd { margin: 0; overflow-wrap: anywhere; }
`;
