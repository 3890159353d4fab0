/** Scales and SVG elements. No arithmetic of networks here: that is core.mjs's. */

const NAMESPACE = "http://www.w3.org/2000/svg";

/**
 * An SVG element. Children that are strings or numbers become text nodes, never markup.
 * @param {string} tag @param {Record<string, string | number>} attributes
 * @param {...(Node | string | number)} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children.map((child) => (child instanceof Node ? child : String(child))));
  return node;
}

/** A straight line. @returns {SVGElement} */
export const line = (x1, y1, x2, y2, stroke, attributes = {}) => svg("line", { x1, y1, x2, y2, stroke, ...attributes });

/** Text at a place. @returns {SVGElement} */
export const label = (x, y, text, attributes = {}) => svg("text", { x, y, ...attributes }, text);

/** Give an svg a size in CSS pixels, one unit each. @param {SVGElement} image */
export function resize(image, width, height) {
  image.setAttribute("viewBox", `0 0 ${width} ${height}`);
  image.setAttribute("width", width);
  image.setAttribute("height", height);
}

/** Linear map from [d0, d1] to [r0, r1]. @returns {(value: number) => number} */
export const linear = (d0, d1, r0, r1) => (value) => r0 + ((value - d0) / (d1 - d0 || 1)) * (r1 - r0);

/** About `count` round numbers from `low` to `high`, steps of 1, 2 or 5 times a power of ten. @returns {number[]} */
export function ticks(low, high, count = 5) {
  const raw = (high - low) / Math.max(1, count);
  if (!(raw > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= raw * (1 - 1e-9));
  const result = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) result.push(k * step);
  return result;
}

/** A path through points; a point that is not finite breaks the line. @param {[number, number][]} points */
export function path_through(points) {
  let d = "";
  let pen = "M";
  for (const [x, y] of points) {
    if (!Number.isFinite(x) || !Number.isFinite(y)) pen = "M";
    else {
      d += `${pen}${x.toFixed(2)} ${y.toFixed(2)}`;
      pen = "L";
    }
  }
  return d;
}

/**
 * Labels' y positions moved apart to at least `gap` and, if there is room, inside [low, high].
 * @param {number[]} ys @returns {number[]}
 */
export function spread(ys, gap, low, high) {
  const order = ys.map((_, j) => j).sort((a, b) => ys[a] - ys[b]);
  const placed = ys.slice();
  for (let k = 0; k < order.length; k++) {
    const floor = k === 0 ? low : placed[order[k - 1]] + gap;
    placed[order[k]] = Math.max(ys[order[k]], floor);
  }
  for (let k = order.length - 1; k >= 0; k--) {
    const ceiling = k === order.length - 1 ? high : placed[order[k + 1]] - gap;
    placed[order[k]] = Math.min(placed[order[k]], ceiling);
  }
  return placed;
}

// ---- marks: one shape for each series, so that colour is not its only sign ----------------------------------------

/** @param {number} x @param {number} y @param {string} fill */
export const circle = (x, y, fill) => svg("circle", { cx: x, cy: y, r: 4.5, fill });

/** @param {number} x @param {number} y @param {string} fill */
export const square = (x, y, fill) => svg("rect", { x: x - 4, y: y - 4, width: 8, height: 8, fill });

/** @param {number} x @param {number} y @param {string} fill */
export const triangle = (x, y, fill) =>
  svg("path", { d: `M${x} ${y - 5.5}L${x + 5} ${y + 3.5}L${x - 5} ${y + 3.5}Z`, fill });

/** @param {number} x @param {number} y @param {string} fill */
export const diamond = (x, y, fill) =>
  svg("path", { d: `M${x} ${y - 6}L${x + 5} ${y}L${x} ${y + 6}L${x - 5} ${y}Z`, fill });
