/** The page's stand-in for a kernel: gives every `figure.rnn-widget` a model made of the JSON that it holds. */
import { read_hash, write_hash } from "./hash.mjs";

/**
 * anywidget's model interface over a plain object.
 * @param {Record<string, any>} state @returns {import("./ui.mjs").Model}
 */
export function make_model(state) {
  const handlers = new Map();
  const of = (event) => handlers.get(event) ?? handlers.set(event, new Set()).get(event);
  return {
    get: (name) => state[name],
    set(name, value) {
      if (JSON.stringify(state[name]) === JSON.stringify(value)) return;
      state[name] = value;
      for (const handler of [...of(`change:${name}`)]) handler();
    },
    save_changes: () => [...of("save")].forEach((handler) => handler()),
    on: (event, handler) => void of(event).add(handler),
    off: (event, handler) => void (handler ? of(event).delete(handler) : of(event).clear()),
  };
}

/** Render one figure; only then hide its still. A figure without an id of its own leaves the address alone. */
function mount(figure, widgets, addressed) {
  const model = make_model(JSON.parse(figure.querySelector('script[type="application/json"]').textContent));
  const el = document.createElement("div");
  widgets[figure.dataset.widget].render({ model, el });
  figure.append(el);
  figure.classList.add("rnn-ready");
  if (addressed) model.on("save", () => write_hash(figure.id, model));
  return model;
}

/** Start all widgets of the page once it is read. @param {Record<string, {render: Function}>} widgets by module name */
export function start(widgets) {
  const models = new Map();
  const follow = (hash = location.hash) => read_hash(hash, models);
  const begin = () => {
    for (const figure of document.querySelectorAll("figure.rnn-widget")) {
      const addressed = !models.has(figure.id);
      if (!addressed) console.error(`two widgets have the id '${figure.id}'; links and the address drive the first.`);
      try {
        const model = mount(figure, widgets, addressed);
        if (addressed) models.set(figure.id, model);
      } catch (error) {
        console.error(`widget '${figure.id}' did not start; its still stays.`, error);
      }
    }
    follow();
    addEventListener("hashchange", (event) => follow(new URL(event.newURL).hash)); // the address may have changed again
    // A link to the hash that is already there raises no hashchange.
    document.addEventListener("click", (event) => {
      const link = event.target.closest?.('a[href^="#"]');
      if (link && link.hash === location.hash) follow();
    });
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
}
