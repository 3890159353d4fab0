"""Pages follow the theme's switch while they are open, and make sense on paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import checks
import pytest
from conftest import built
from playwright.sync_api import Browser, Page

TEXT_CONTRAST, MARK_CONTRAST = 4.5, 3.0  # WCAG's, for texts and for what is drawn
A4 = 680  # CSS pixels between its margins

# The contrasts of texts with what lies behind them, by WCAG's formula: [contrast, text] of the lowest.
# A drawing's texts are filled; behind them is what is behind the drawing.
LOWEST = """(selector) => {
  const numbers = (colour) => { // rgb(...), rgba(...), or color(srgb ...) of numbers up to 1
    const [r, g, b, a = 1] = colour.match(/[\\d.]+(?=[\\s,/)])/g).map(Number);
    const scale = colour.startsWith("color(") ? 255 : 1;
    return [r * scale, g * scale, b * scale, a];
  };
  const over = (top, below) => top.slice(0, 3).map((v, k) => v * top[3] + below[k] * (1 - top[3]));
  const behind = (e) => {
    if (!e) return [255, 255, 255];
    const own = numbers(getComputedStyle(e).backgroundColor);
    return own[3] === 1 ? own.slice(0, 3) : over(own, behind(e.parentElement));
  };
  const light = (colour) => colour.map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
  let lowest = [21, ""];
  for (const root of document.querySelectorAll(selector)) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const e = walker.currentNode.parentElement;
      if (!walker.currentNode.data.trim() || !e.checkVisibility()) continue;
      const style = getComputedStyle(e);
      const ground = behind(e);
      const ink = over(numbers(e.closest("svg") ? style.fill : style.color), ground);
      const [a, b] = [light(ink), light(ground)].sort((x, y) => y - x);
      const contrast = (a + 0.05) / (b + 0.05);
      if (contrast < lowest[0]) lowest = [contrast, walker.currentNode.data.trim().slice(0, 60)];
    }
  }
  return lowest;
}"""
# Colours of the ground, of each plot's ink and of each widget.
COLOURS = """() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const of = (selector, property) => all(selector).map((e) => getComputedStyle(e)[property]);
  return {
    ground: of("html", "backgroundColor").concat(of("body", "backgroundColor")),
    plots: of("figure.rnn-figure", "color"),
    drawings: of('figure > img[src$=".svg"]', "filter"),
    widgets: of(".rnn-live", "backgroundColor"),
    widget_inks: of(".rnn-live", "color"),
  };
}"""


def switch_to(page: Page, theme: str) -> None:
    """Press the theme's switch until the page is in `theme`; a page without a switch is set."""
    switch = page.locator(".theme-switch-button").first
    if not switch.count():
        page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
    for _ in range(3):
        mode = page.evaluate(
            "() => document.documentElement.dataset.mode ?? document.documentElement.dataset.theme"
        )
        if mode == theme:
            break
        switch.click()
    page.mouse.move(0, 0)
    assert page.evaluate("() => document.documentElement.dataset.theme") == theme
    page.wait_for_timeout(400)  # colours may change by a transition


def test_figures_widgets_and_code_follow_the_switch(browser: Browser, widget_page: Path):
    with checks.open_page(browser, widget_page) as (page, record):
        checks.widgets_of(page)
        seen: dict[str, dict[str, Any]] = {}
        for theme in ("light", "dark"):
            switch_to(page, theme)
            seen[theme] = page.evaluate(COLOURS)
            for selector in (
                "figure.rnn-figure svg",
                "div.highlight pre",
                ".cell_output pre",
                ".rnn-table",
                ".rnn-formula",
            ):
                contrast, text = page.evaluate(LOWEST, selector)
                assert contrast >= TEXT_CONTRAST, (
                    f"{theme}: {text!r} in {selector} has a contrast of {contrast:.2f}"
                )
        for what in ("ground", "plots", "drawings", "widgets", "widget_inks"):
            light, dark = seen["light"][what], seen["dark"][what]
            changed = [a != b for a, b in zip(light, dark, strict=True)]
            assert any(changed) if what == "ground" else all(changed), f"{what}: {light} and then {dark}"
        switch_to(page, "light")
        assert page.evaluate(COLOURS) == seen["light"]
        checks.check_quiet(record)


def test_a_widget_moved_after_the_switch_is_drawn_in_the_new_colours(browser: Browser, bench_page: Path):
    """What a widget draws looks the same whether the theme changed before or after it was drawn."""
    drawn = {}
    for first in ("light", "dark"):
        with checks.open_page(browser, bench_page, scheme=first) as (page, _):
            switch_to(page, "dark")
            for figure in checks.widgets_of(page):
                colours = figure.evaluate(
                    """(figure) => [...figure.querySelectorAll(".rnn-live svg *")]
                      .map((e) => getComputedStyle(e)).map((s) => [s.fill, s.stroke, s.color].join())"""
                )
                drawn.setdefault(figure.get_attribute("id"), []).append(colours)
    assert len(drawn) >= 14
    for name, (switched, started) in drawn.items():
        assert switched == started, f"{name} keeps colours of the light theme"


HIDDEN_ON_PAPER = (
    ".rnn-live",
    ".bd-header-article",
    ".bd-sidebar-primary",
    ".bd-sidebar-secondary",
    ".prev-next-area",
    ".headerlink",
    ".copybtn",
    "details.hide.above-input",
)
UNBROKEN = (".cell_input", "figure.rnn-widget", "figure.rnn-figure", "div.rnn-math", "div.exercise")
VISIBLE = "(selector) => [...document.querySelectorAll(selector)].filter((e) => e.checkVisibility()).length"
LOOSE = """(selector) => [...document.querySelectorAll(selector)]
  .filter((e) => e.checkVisibility() && getComputedStyle(e).breakInside !== "avoid").length"""
WIDER = """() => [...document.querySelectorAll("pre, .rnn-still table, .rnn-still svg")]
  .map((e) => [e, e.getBoundingClientRect()])
  .filter(([e, { left, right }]) => e.checkVisibility() && Math.max(right, left + e.scrollWidth) > innerWidth)
  .map(([e]) => e.textContent.slice(0, 80))"""


def test_paper_shows_stills_whole_code_and_solutions(browser: Browser, widget_page: Path):
    with checks.open_page(browser, widget_page, width=A4) as (page, record):
        figures = checks.widgets_of(page)
        page.emulate_media(media="print")
        page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
        for selector in HIDDEN_ON_PAPER:
            assert page.evaluate(VISIBLE, selector) == 0, f"{selector} is on paper"
        for figure in figures:
            for part in (".rnn-still svg", ".rnn-still table"):
                assert figure.locator(part).first.is_visible(), (
                    f"{figure.get_attribute('id')}: no {part} on paper"
                )
        if page.locator("article").count():
            for selector in UNBROKEN:
                assert page.evaluate(LOOSE, selector) == 0, f"a page may break within {selector}"
            assert not (wide := page.evaluate(WIDER)), f"cut off at the paper's edge: {wide}"
            assert (
                page.evaluate(VISIBLE, "details.solution[open]") == page.locator("details.solution").count()
            )
            checks.check_no_sideways_scroll(page)
        checks.check_quiet(record)


def test_links_on_paper_are_underlined_and_those_out_tell_where_to(browser: Browser):
    with checks.open_page(browser, built("chapters/gru.html")) as (page, _):
        page.emulate_media(media="print")
        lines = page.locator("article a.reference").evaluate_all(
            """(links) => links.filter((a) => a.checkVisibility())
              .map((a) => getComputedStyle(a).textDecorationLine)"""
        )
        assert lines and set(lines) == {"underline"}
        out = page.locator('article a.external[href^="http"]').first
        told = out.evaluate("(a) => getComputedStyle(a, '::after').content")
        assert out.get_attribute("href") in told


STATE = "() => [document.documentElement.dataset.theme, document.querySelectorAll('details[open]').length]"
LISTEN = f"() => addEventListener('beforeprint', () => {{ window.printed = ({STATE})(); }})"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_printing_opens_what_is_closed_and_is_light(browser: Browser, scheme: str):
    """And all is as before afterwards."""
    with checks.open_page(browser, built("chapters/gru.html"), scheme=scheme) as (page, _):
        page.evaluate(LISTEN)  # after the page's own
        before = page.evaluate(STATE)
        assert before[0] == scheme
        paper = page.pdf(format="A4")
        theme, opened = page.evaluate("() => printed")
        assert theme == "light" and opened > before[1]
        assert page.evaluate(STATE) == before
        assert paper.startswith(b"%PDF") and len(paper) > 50_000
