// What every page does, widgets or not: search quietly from a folder, keep wide formulas reachable by keyboard, show
// closed parts on paper.
(() => {
  "use strict";

  // The search page shows excerpts by fetching pages, which browsers refuse to pages opened by double click.
  if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
    DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
  }

  /** Give the keyboard a way to scroll what is wider than its column, and only that. */
  const markScrollable = () => {
    for (const box of document.querySelectorAll(".rnn-formula, .cell_output, .pst-scrollable-table-container")) {
      const wide = box.scrollWidth > box.clientWidth + 1;
      if (wide) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  };

  addEventListener("load", markScrollable);
  addEventListener("resize", markScrollable);

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("article details:not([open])")];
    for (const part of opened) part.open = true;
  });
  addEventListener("afterprint", () => {
    for (const part of opened) part.open = false;
  });
})();
