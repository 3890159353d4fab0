/** A beam search drawn as a tree, from left to right: a column of ranked candidates for each step. */
import { label, resize, svg } from "./svg.mjs";
import { fit, h, show } from "./ui.mjs";

/**
 * @typedef {import("./beam.mjs").Candidate} Candidate
 * @typedef {Object} Tree
 * @property {Candidate[][]} columns the candidates to draw, of the steps so far, best first
 * @property {number} steps for how many there is room
 * @property {(token: number) => string} word
 * @property {number} longest letters of the longest word there may be
 * @property {Set<string>} best the winner's candidates, see `place_of`; empty while there is none
 * @property {string} winner the last of them, "" while there is none
 * @property {Set<string>} greedy those on greedy search's way
 * @property {boolean} cut whether those kept at the last step are cut there
 * @property {number[]} more how many candidates of each step are not drawn
 */

const TOP = 24;
const ROW = 40;
const HEIGHT = 33;
const GAPS = [13, 30]; // between columns: as much as there is room for
const ROOT = 44;

/** A candidate's key: its step, from 1, and its rank. @param {number} t @param {number} rank */
export const place_of = (t, rank) => `${t} ${rank}`;

/**
 * A picture in a frame that scrolls sideways and keeps the last step drawn in sight.
 * @param {string} name
 */
export function tree_picture(name) {
  const layers = ["heads", "edges", "over", "boxes"].map((part) => svg("g", { class: `beam-${part}` }));
  const image = svg("svg", { role: "img", class: "beam-picture" }, ...layers);
  const node = h("div", { class: "rnn-table beam-frame", tabindex: "0", role: "region", "aria-label": name }, image);
  let tree = null;
  let drawn = "";
  let [room, known] = [640, false]; // the frame's width, and whether it is more than a guess
  let scrolled = 0;
  const paint = () => {
    const sizes = sizes_of(tree, room);
    const rows = Math.max(...tree.columns.map((column) => column.length));
    const more = tree.more.some(Boolean) ? 18 : 0;
    resize(image, sizes.left + sizes.column * tree.steps + 2, TOP + ROW * rows + more);
    parts_of(tree, sizes, TOP + ROW * rows).forEach((parts, k) => lay(layers[k], parts));
  };
  /** Scrolls only where it must: that asks the browser for the layout. */
  const look_at_end = () => {
    if (!known) return;
    const { left, column } = sizes_of(tree, room);
    const wanted = Math.max(0, left + column * tree.columns.length + 2 - room);
    if (wanted || scrolled) node.scrollLeft = wanted;
    scrolled = wanted;
  };
  const fitted = fit(node, (width) => {
    [room, known] = [width, true];
    if (!tree) return;
    paint();
    look_at_end();
  }, 0);
  function draw(next, text) {
    const columns = next.columns.map((column) => column.map(({ log_prob, token, parent, fate }) => [log_prob, next.word(token), parent, fate]));
    const key = JSON.stringify([columns, [...next.best], [...next.greedy], next.cut, next.steps, next.more]);
    if (key === drawn) return;
    drawn = key;
    tree = next;
    image.setAttribute("aria-label", text);
    paint();
    look_at_end();
  }
  return { node, draw, stop: fitted.stop };
}

/** @param {Tree} tree @param {number} room the frame's width */
function sizes_of({ longest, steps }, room) {
  const within = (value, least, most) => Math.max(least, Math.min(most, value));
  const width = within(6.8 * (longest + 2) + 12, 66, 132);
  const gap = within(Math.floor((room - ROOT - 2) / steps - width), ...GAPS);
  return { width, gap, column: width + gap, left: ROOT };
}

const middle_of = (rank) => TOP + ROW * (rank - 1) + HEIGHT / 2;

/**
 * A part of the picture: what makes it, and what it depends on, its place not counted.
 * @typedef {{key: string, make: () => SVGElement, x: number, y: number}} Part
 */

/** Put parts into a layer; those that are there already stay, so that the browser need not lay their texts out anew. */
function lay(layer, parts) {
  parts.forEach(({ key, make, x, y }, k) => {
    let node = layer.children[k];
    if (node?.dataset.key !== key) {
      const made = make();
      made.dataset.key = key;
      if (node) node.replaceWith(made);
      else layer.append(made);
      node = made;
    }
    const place = `translate(${x} ${y})`;
    if (node.getAttribute("transform") !== place) node.setAttribute("transform", place);
  });
  while (layer.children.length > parts.length) layer.lastChild.remove();
}

/** @param {Tree} tree @param {ReturnType<typeof sizes_of>} sizes @param {number} bottom @returns {Part[][]} by layer */
function parts_of(tree, sizes, bottom) {
  const { columns, steps, more } = tree;
  const x_of = (t) => sizes.left + sizes.column * (t - 1) + sizes.gap;
  const centre = (t) => x_of(t) + sizes.width / 2;
  const part = (key, x, y, make) => ({ key: JSON.stringify(key), x, y, make });
  const text = (words, x, y, class_) => part([words, class_], x, y, () => svg("g", {}, label(0, 0, words, { "text-anchor": "middle", class: class_ })));
  const path = (d, class_) => part([d, class_], 0, 0, () => svg("path", { d, class: class_ }));
  const heads = Array.from({ length: steps }, (_, k) => text(`step ${k + 1}`, centre(k + 1), 13, k < columns.length ? "" : "rnn-soft"));
  const rest = more.flatMap((count, k) => (count ? [text(`+ ${count} ✗`, centre(k + 1), bottom + 12, "rnn-soft")] : []));
  const boxes = [part("root", 1, TOP, root_box)];
  const [edges, over] = [[], []];
  columns.forEach((column, k) => {
    const t = k + 1;
    for (const candidate of column) {
      const { rank, parent, token, log_prob } = candidate;
      const about = style_of(tree, candidate, t);
      const word = tree.word(token);
      const d = curve(t === 1 ? ROOT - 1 : x_of(t - 1) + sizes.width, middle_of(Math.max(1, parent)), x_of(t), middle_of(rank));
      edges.push(path(d, `beam-edge beam-${about.fate}`));
      if (about.best) over.push(path(d, "beam-edge beam-best"));
      if (about.greedy) over.push(path(d, "beam-edge beam-greedy"));
      boxes.push(part([t, rank, word, log_prob, about, sizes.width], x_of(t), TOP + ROW * (rank - 1), () => box_of(candidate, t, sizes.width, about, word)));
    }
  });
  return [[...heads, ...rest], edges, over, boxes];
}

const root_box = () =>
  svg("g", {}, svg("rect", { width: ROOT - 2, height: HEIGHT, rx: 6, class: "beam-box beam-kept" }), label(ROOT / 2 - 1, HEIGHT / 2 + 4, "start", { "text-anchor": "middle" }));

/** @param {number} x @param {number} y @param {number} to_x @param {number} to_y */
function curve(x, y, to_x, to_y) {
  const middle = (x + to_x) / 2;
  return `M${x} ${y}C${middle} ${y} ${middle} ${to_y} ${to_x} ${to_y}`;
}

/** @param {Tree} tree @param {Candidate} candidate @param {number} t */
function style_of({ best, winner, greedy, cut, columns, steps }, { rank, fate }, t) {
  const place = place_of(t, rank);
  const ends = cut && fate === "kept" && t === columns.length && t === steps;
  return { fate: ends ? "cut" : fate, best: best.has(place), greedy: greedy.has(place), won: place === winner };
}

const SIGNS = { kept: "", finished: "■ ", pruned: "✗ ", cut: "✂\ufe0e " };

/** A candidate: its word over its rank and log p. */
function box_of({ rank, log_prob }, t, width, { fate, best, greedy, won }, word) {
  const soft = fate === "pruned" ? "rnn-soft" : "";
  const sign = won ? "★ " : SIGNS[fate];
  const number = label(width - 6, 28, show(log_prob, 2), { "text-anchor": "end", class: soft, "data-name": `log_p[${t}][${rank}]`, "data-value": log_prob });
  const badge = () => [svg("circle", { cx: width, r: 7, class: "beam-badge" }), label(width, 4, "G", { "text-anchor": "middle", class: "beam-letter" })];
  return svg(
    "g", {},
    svg("rect", { width, height: HEIGHT, rx: 6, class: `beam-box beam-${fate}${best ? " beam-best" : ""}` }),
    label(6, 14, `${sign}${word}`, { class: soft, "font-weight": best ? 700 : 400 }),
    label(6, 28, `${rank}.`, { class: soft }),
    number,
    ...(greedy ? badge() : []),
  );
}

/** What the drawing's signs say. */
export const tree_legend = () =>
  h("ul", { class: "beam-legend" }, [
    item("kept", "", "kept, goes on"),
    item("finished", "■", "finished, set aside"),
    item("pruned", "✗", "pruned"),
    item("cut", "✂\ufe0e", "cut at the greatest length"),
    item("best", "★", "the winner, thick line"),
    h("li", {}, h("span", { class: "beam-key beam-letter-key", "aria-hidden": "true" }, "G"), "greedy’s way, dotted line"),
    h("li", {}, "In each box: rank and log p of all up to there"),
  ]);

const item = (fate, sign, text) => h("li", {}, h("span", { class: `beam-key beam-${fate}`, "aria-hidden": "true" }, sign), text);

export const TREE_STYLES = `
.rnn-live .beam-picture { max-width: none; }
.rnn-live .beam-box { fill: var(--rnn-paper); stroke: var(--rnn-accent); stroke-width: 1.5; }
.rnn-live .beam-box.beam-kept { fill: var(--rnn-tint); }
.rnn-live .beam-box.beam-finished { stroke: var(--rnn-good); stroke-width: 2.5; }
.rnn-live .beam-box.beam-pruned { stroke: var(--rnn-edge); stroke-width: 1; stroke-dasharray: 4 3; }
.rnn-live .beam-box.beam-cut { stroke: var(--rnn-bad); stroke-dasharray: 7 3; stroke-width: 2; }
.rnn-live .beam-box.beam-best { stroke-width: 3.5; }
.rnn-live .beam-edge { fill: none; stroke: var(--rnn-edge); stroke-width: 1.5; }
.rnn-live .beam-edge.beam-pruned { stroke-width: 1; stroke-dasharray: 4 3; }
.rnn-live .beam-edge.beam-best { stroke: var(--rnn-accent); stroke-width: 4; }
.rnn-live .beam-edge.beam-greedy { stroke: var(--rnn-a); stroke-width: 3; stroke-dasharray: 1 5; stroke-linecap: round; }
.rnn-live .beam-badge { fill: var(--rnn-paper); stroke: var(--rnn-a); stroke-width: 1.5; }
.rnn-live svg text.beam-letter { fill: var(--rnn-a); font-size: 10px; font-weight: 700; }
.rnn-live .beam-legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; margin: 0; padding: 0; font-size: 0.8125rem; color: var(--rnn-soft); }
.rnn-live .beam-legend li { margin: 0; display: inline-flex; align-items: center; gap: 0.375rem; }
.rnn-live .beam-key { display: inline-grid; place-items: center; min-width: 1.375rem; height: 1.125rem; border-radius: 4px; border: 1.5px solid var(--rnn-accent); font-size: 0.75rem; line-height: 1; color: var(--rnn-ink); }
.rnn-live .beam-key.beam-kept { background: var(--rnn-tint); }
.rnn-live .beam-key.beam-finished { border: 2.5px solid var(--rnn-good); }
.rnn-live .beam-key.beam-pruned { border: 1px dashed var(--rnn-edge); color: var(--rnn-soft); }
.rnn-live .beam-key.beam-cut { border: 2px dashed var(--rnn-bad); }
.rnn-live .beam-key.beam-best { border-width: 3px; }
.rnn-live .beam-key.beam-letter-key { border-color: var(--rnn-a); color: var(--rnn-a); border-radius: 999px; font-weight: 700; }
`;
