/** A widget's state in the page's address: `#widget-id?trait=value&trait=value`. Links in the prose use the same. */
import { flash } from "./ui.mjs";

/** @typedef {import("./ui.mjs").Model} Model @typedef {import("./ui.mjs").Control} Control */

/** Parts of a hash, or null. @param {string} hash @returns {{id: string, entries: [string, string][]} | null} */
export function parse_hash(hash) {
  const [id, query] = hash.replace(/^#/, "").split(/\?(.*)/s);
  return query === undefined ? null : { id, entries: [...new URLSearchParams(query)] };
}

/** The hash of a state: what differs from the values the page started with. @returns {string} */
export function format_hash(id, model) {
  const query = new URLSearchParams();
  for (const [name, control] of Object.entries(model.get("controls"))) {
    const value = model.get(name);
    if (JSON.stringify(value) !== JSON.stringify(control.default)) query.set(name, format_value(value));
  }
  const text = query.toString().replaceAll("%2C", ",");
  return text ? `#${id}?${text}` : `#${id}`;
}

/** A value as the hash holds it: lists by commas, "-" where there is no value. @param {any} value */
const format_value = (value) => (Array.isArray(value) ? value.map((v) => v ?? "-").join(",") : String(value));

/** Text as a value of the control's kind; undefined if it is none. @param {Control} control @param {string} text */
export function parse_value(control, text) {
  if (control.kind === "choice") return control.options.find((option) => String(option) === text);
  if (control.kind === "flag") return { true: true, false: false }[text];
  if (control.kind === "text") return [...text].length <= control.longest ? text : undefined;
  const read = (part) => (control.optional && part === "-" ? null : part.trim() === "" ? NaN : Number(part));
  const values = text.split(",").map(read);
  const fits = (v) => v === null || (v >= control.min && v <= control.max);
  if (!values.every(fits)) return undefined;
  if (control.kind === "numbers") {
    if (control.size === null || values.length === control.size) return values;
    return values.length === 1 ? Array(control.size).fill(values[0]) : undefined; // one value stands for all
  }
  return values.length === 1 && (!control.whole || Number.isInteger(values[0])) ? values[0] : undefined;
}

/** What a control takes, in words. @param {Control | undefined} control */
function wanted(control) {
  if (!control) return "no such setting";
  if (control.kind === "choice") return `one of ${control.options.join(", ")}`;
  if (control.kind === "flag") return "true or false";
  if (control.kind === "text") return `a text of at most ${control.longest} characters`;
  const one = control.whole ? "a whole number" : "a number";
  const count = control.kind === "numbers" ? `${control.size ?? "any number of"} numbers` : one;
  return `${count} from ${control.min} to ${control.max}`;
}

/** What a link did, in the control's own words: "update bias to 3", "reset gate to before", "negate: on". */
function describe(figure, name, value) {
  const place = figure.querySelector(`[data-trait="${name}"]`);
  const label = place?.querySelector("label, legend")?.textContent ?? name;
  const radios = [...(place?.querySelectorAll('input[type="radio"]') ?? [])];
  const radio = radios.find((input) => input.value === String(value));
  if (radio) return `${label} to ${place.querySelector(`label[for="${radio.id}"]`).textContent}`;
  if (typeof value === "boolean") return `${label}: ${value ? "on" : "off"}`;
  if (!Array.isArray(value)) return `${label} to ${value}`;
  const same = value.every((v) => v === value[0]);
  return same ? `${label} to ${format_value(value[0] ?? "none")} everywhere` : `${label} to ${format_value(value)}`;
}

/**
 * Apply a hash to the widget that it names, light up what changed, say what was ignored.
 * @param {string} hash @param {Map<string, Model>} models by id
 */
export function read_hash(hash, models) {
  const parsed = parse_hash(hash);
  const model = parsed && models.get(parsed.id);
  if (!model) return;
  const figure = document.getElementById(parsed.id);
  const controls = model.get("controls");
  const ignored = [];
  const changed = [];
  for (const [name, text] of parsed.entries) {
    const control = Object.hasOwn(controls, name) ? controls[name] : undefined;
    const value = control && parse_value(control, text);
    if (value === undefined) ignored.push(`${name} = ${text} (${wanted(control)})`);
    else {
      model.set(name, value);
      changed.push(name);
    }
  }
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  figure.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
  flash(figure, changed);
  const set = changed.map((name) => describe(figure, name, model.get(name)));
  const notes = set.length ? [`The link set ${set.join(", ")}.`] : [];
  if (ignored.length) notes.push(`Ignored: ${ignored.join("; ")}.`);
  const live = figure.querySelector(".rnn-say");
  live.textContent = notes.join(" ");
}

let timer = 0;

/**
 * Write a state to the address once changes pause, without a new entry in the history.
 * @param {string} id @param {Model} model
 */
export function write_hash(id, model, wait = 250) {
  clearTimeout(timer);
  timer = setTimeout(() => history.replaceState(history.state, "", format_hash(id, model)), wait);
}
