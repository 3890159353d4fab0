/** Trained weights: where they come from, and back from base64 and float16 to numbers. */

const FOLDER = globalThis.document?.currentScript?.src; // the bundle's own address, known only while it is first run
const waiting = new Map();

/**
 * A widget's stored weights: those that a kernel sent along, else those of the script beside the bundle, which is
 * loaded on first use (scripts load from `file://`, which nothing else does).
 * @param {import("./ui.mjs").Model} model @param {string} name the widget's module
 * @returns {Promise<{characters: string, shapes: Record<string, number[]>, float16: string}>}
 */
export function load_weights(model, name) {
  const sent = model.get("weights");
  if (sent) return Promise.resolve(sent);
  if (!waiting.has(name)) waiting.set(name, load_script(model.get("payload").script, name));
  return waiting.get(name);
}

/** What a script beside the bundle stores under a name. @param {string} file @param {string} name @returns {Promise<any>} */
export function load_script(file, name) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL(file, FOLDER ?? location.href).href;
    const failed = () => reject(new Error(`${file.split("?")[0]} is not where the widgets’ script is`));
    script.addEventListener("error", failed);
    script.addEventListener("load", () => {
      const stored = globalThis.rnnlib_weights?.[name];
      if (stored) resolve(stored);
      else failed();
    });
    document.head.append(script);
  });
}

/** Call `act` once the widget comes near the window, or focus goes into it. @param {HTMLElement} root @returns {() => void} stop */
export function when_near(root, act) {
  const observer = new IntersectionObserver((entries) => entries.some((e) => e.isIntersecting) && act(), { rootMargin: "1600px" });
  observer.observe(root);
  root.addEventListener("focusin", act, { once: true });
  return () => observer.disconnect();
}

export const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const VALUES = new Map([...DIGITS].map((digit, value) => [digit, value]));

/** Bytes of a base64 text. @param {string} text @returns {Uint8Array} */
export function decode_base64(text) {
  const digits = text.replace(/=+$/, "");
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let place = 0;
  for (const digit of digits) {
    held = ((held << 6) | VALUES.get(digit)) & 0xffff;
    bits += 6;
    if (bits >= 8) bytes[place++] = (held >> (bits -= 8)) & 255;
  }
  return bytes;
}

/** The number that 16 bits of IEEE 754 stand for; every one of them is a float64. @param {number} bits */
export function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent ? sign * 2 ** (exponent - 15) * (1 + fraction / 1024) : sign * 2 ** -14 * (fraction / 1024);
}

/**
 * Stored parameters as vectors and matrices, by name. @param {{shapes: Record<string, number[]>, float16: string}} stored
 * @returns {Record<string, number[] | number[][]>}
 */
export function unpack({ shapes, float16 }) {
  const bytes = decode_base64(float16);
  let place = 0;
  const next = () => half(bytes[place++] | (bytes[place++] << 8)); // little end first
  const read = ([size, ...inner]) => Array.from({ length: size }, () => (inner.length ? read(inner) : next()));
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, read(shape)]));
}
