// Excerpts under the search's results, out of `rnn-texts.js`: nothing is fetched, and they show from a folder, too.
(() => {
  "use strict";
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false; // Sphinx would fetch every page that it found

  const phrase = (new URLSearchParams(location.search).get("q") ?? "").toLowerCase().trim();
  const words = [...new Set(phrase.split(/[^\p{L}\p{N}_]+/u).filter(Boolean))];
  const LENGTH = 240; // of an excerpt, in characters

  /** Where in a text each word begins, as [place, word], in the text's order. */
  const places = (text) => {
    const found = [];
    for (const word of words)
      for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1))
        if (!/[\p{L}\p{N}]/u.test(text[at - 1] ?? " ")) found.push([at, word]);
    return found.sort((a, b) => a[0] - b[0]);
  };

  /** The stretch of a text with most of the words, the whole phrase counting as one more. */
  const best = (text) => {
    const low = text.toLowerCase();
    const found = places(low);
    const stretches = found.map(([start]) => {
      const within = found.filter(([at]) => at >= start && at < start + LENGTH / 2).map(([, word]) => word);
      return { text, start, score: new Set(within).size + low.startsWith(phrase, start) };
    });
    return stretches.reduce((a, b) => (b.score > a.score ? b : a), { text, start: 0, score: 0 });
  };

  /** A stretch with some words before it, cut at spaces. */
  const excerpt = ({ text, start }) => {
    const from = start > 80 ? text.indexOf(" ", start - 80) : 0;
    const end = text.indexOf(" ", from + LENGTH);
    return (from ? "… " : "") + text.slice(from, end < 0 ? undefined : end).trim() + (end < 0 ? "" : " …");
  };

  /** What to show of the place that a result leads to: of its section, else of the page's best. */
  const shownOf = (link) => {
    const root = new URL(document.documentElement.dataset.content_root, location.href);
    const place = new URL(link.href);
    const page = globalThis.rnnTexts[place.pathname.slice(root.pathname.length).replace(/\.html$/, "")] ?? {};
    const section = page[decodeURIComponent(place.hash.slice(1))];
    const stretches = (section ? [section] : Object.values(page)).map(best);
    return stretches.length ? excerpt(stretches.reduce((a, b) => (b.score > a.score ? b : a))) : "";
  };

  const add = (item) => {
    const link = item.querySelector?.("a");
    const text = link && shownOf(link);
    if (!text || item.querySelector(".context")) return;
    const shown = document.createElement("p");
    shown.className = "context";
    shown.textContent = text;
    item.append(shown);
  };

  addEventListener("DOMContentLoaded", () => {
    const results = document.querySelector("#search-results");
    for (const item of results.querySelectorAll("li")) add(item);
    new MutationObserver((changes) => changes.forEach((change) => change.addedNodes.forEach(add)))
      .observe(results, { childList: true, subtree: true });
    document.querySelector(".bd-search-container input").focus();
  });
})();
