// What every page does, widgets or not: its buttons and menus, wide formulas that the keyboard reaches, closed parts shown
// on paper.
(() => {
  "use strict";

  /** What the buttons above the page do. */
  const acts = {
    print: () => print(),
    fullscreen: () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()),
  };
  document.addEventListener("click", (event) => {
    acts[event.target.closest("[data-act]")?.dataset.act]?.();
    for (const menu of document.querySelectorAll(".rnn-menu[open]")) menu.open = menu.contains(event.target.closest("summary"));
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector(".rnn-menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  // Give the keyboard a way to scroll what is wider than its column, and only that. A box is looked at when it has been laid
  // out, which it is once the reader comes near: asking before would lay out the whole page.
  const scrollable = new ResizeObserver((entries) => {
    const wide = entries.map(({ target }) => target.scrollWidth > target.clientWidth + 1);
    entries.forEach(({ target }, k) => {
      if (wide[k]) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    });
  });
  for (const box of document.querySelectorAll("pre, .rnn-formula, .cell_output, .cell_output > .output, .pst-scrollable-table-container"))
    scrollable.observe(box);

  let opened = [];
  let theme = "light";
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("article details:not([open])")];
    for (const part of opened) part.open = true;
    theme = document.documentElement.dataset.theme ?? "light";
    document.documentElement.dataset.theme = "light"; // paper is white
  });
  addEventListener("afterprint", () => {
    for (const part of opened) part.open = false;
    document.documentElement.dataset.theme = theme;
  });
})();
