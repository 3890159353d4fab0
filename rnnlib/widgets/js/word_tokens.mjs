/** English and French sentences cut into words, as `rnnlib.data.word_tokens` cuts them. No DOM. */

export const JOINER = "·"; // on the side on which a token touches its neighbour
const MARKS = "?!;:»";
const CLITICS = "je|tu|il|elle|on|nous|vous|ils|elles|ce|le|la|les|lui|leur|moi|toi|y|en|là|ci";

// Python's classes: \w is letters, numbers and _; \s also the separators U+001C to U+001F and U+0085.
const SPACE = "\\s\\u001c-\\u001f\\u0085";
const W = "[\\p{L}\\p{N}_]";
const LETTERS = "[\\p{L}\\p{Nl}\\p{No}]+";
const END = `(?!${W})`; // of a word
const SHORT = "(?:s|re|ll|ve|d|m)";

/** The kinds of tokens, tried in this order; `after` asks for a word's end before it. */
const KINDS = [
  [`aujourd'hui${END}|o'clock${END}`],
  ["\\p{Nd}+(?:[.,:]\\p{Nd}+)*"],
  [`${LETTERS}(?='${SHORT}${END})`],
  [`'${SHORT}${END}`],
  [`${LETTERS}n't${END}`],
  [`${LETTERS}'(?=${W})`],
  [`-(?:t-)?(?:${CLITICS})${END}`, { after: true }],
  [`${W}+(?:-(?!(?:t-)?(?:${CLITICS})${END})${W}+)*`],
  ["\\.\\.\\."],
  [`\\u202f[${MARKS}]|«\\u202f`],
  [`[^\\p{L}\\p{N}_${SPACE}]`],
].map(([source, { after = false } = {}]) => ({ pattern: new RegExp(source, "iuy"), after }));

const SPACES = new RegExp(`[${SPACE}]+`, "u");
const INVISIBLE = /[\u200b\u00ad\ufeff]/g;
const WORD_AT_END = new RegExp(`${W}$`, "u");
const STARTS_WORD = /^[\p{L}\p{N}]/u;

/** One way to write a sentence: NFC, straight apostrophes, single spaces, French spacing before marks. @param {string} text */
export function normalize(text) {
  const plain = text.normalize("NFC").replace(INVISIBLE, "").replace(/[’‘ʼ]/g, "'").replaceAll("…", "...").replaceAll(JOINER, "‧");
  const spaced = plain.split(SPACES).filter(Boolean).join(" ");
  return spaced.replace(new RegExp(` ([${MARKS}])`, "g"), "\u202f$1").replaceAll("« ", "«\u202f");
}

/** Where the token at a place ends; the place itself where none begins. @param {string} text @param {number} at */
function token_end(text, at) {
  for (const { pattern, after } of KINDS) {
    if (after && !WORD_AT_END.test(text.slice(Math.max(0, at - 2), at))) continue;
    pattern.lastIndex = at;
    if (pattern.test(text)) return pattern.lastIndex;
  }
  return at;
}

/** @param {string} text normalized @returns {[number, number][]} from, to */
function places(text) {
  const found = [];
  for (let at = 0; at < text.length; ) {
    const end = token_end(text, at);
    if (end > at) found.push([at, end]);
    at = end > at ? end : at + 1;
  }
  return found;
}

/**
 * The tokens of a sentence; one that touches its neighbour carries `·` on that side: "I'm here." is I ·'m here ·.
 * @param {string} sentence @returns {string[]}
 */
export function word_tokens(sentence) {
  const text = normalize(sentence);
  const found = places(text);
  const tokens = found.map(([from, to]) => text.slice(from, to));
  for (let k = 1; k < tokens.length; k++) {
    if (found[k - 1][1] < found[k][0]) continue; // a space between them
    if (STARTS_WORD.test(tokens[k])) tokens[k - 1] += JOINER; // the weaker of both carries the mark
    else tokens[k] = JOINER + tokens[k];
  }
  return tokens;
}

/**
 * The sentence that tokens were cut from, as `rnnlib.data.translation.detokenize`; a mark that joins nothing is dropped.
 * @param {string[]} tokens
 */
export const detokenize = (tokens) => tokens.join(" ").replaceAll(` ${JOINER}`, "").replaceAll(`${JOINER} `, "").replaceAll(JOINER, "");
