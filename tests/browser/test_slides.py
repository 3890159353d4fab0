"""Every deck of slides: from its file with the network off, by keyboard, slide by slide."""

from __future__ import annotations

from pathlib import Path

import checks
import pytest
from conftest import book_folder
from playwright.sync_api import Browser, Page

DECKS = sorted(path.stem for path in (Path(__file__).parents[2] / "slides").glob("*.md"))
PRESENT = "section.present"
UNSPOKEN = checks.UNSPOKEN.replace('(".katex")', f'("{PRESENT} .katex")')

# What of the slide sticks out of the 1280 x 720 that it is laid out in, or of a box that cuts it off.
STICKS_OUT = """() => {
  const slide = document.querySelector("section.present");
  const frame = document.querySelector(".slides").getBoundingClientRect();
  const scale = Reveal.getScale();
  const parts = [...slide.querySelectorAll("*")].filter((e) => !e.closest(".katex-mathml, svg"));
  const [right, bottom] = [frame.left + 1280 * scale + 1, frame.top + 720 * scale + 1];
  const over = (box) => box.width && (box.right > right || box.bottom > bottom);
  const cut = (e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== "visible";
  return parts.filter((e) => over(e.getBoundingClientRect()) || cut(e))
    .map((e) => `${e.tagName}.${e.className} at ${Math.round(e.getBoundingClientRect().bottom / scale)}`);
}"""


def deck(name: str) -> Path:
    """A built deck; fails where there is none."""
    path = book_folder() / "slides" / f"{name}.html"
    assert path.is_file(), f"{path} is not built: run make book first (make test does)"
    return path


def title(page: Page) -> str:
    """The heading of the slide that is shown."""
    return page.locator(f"{PRESENT} :is(h1, h2)").inner_text()


def test_there_are_decks():
    assert len(DECKS) >= 10


@pytest.mark.parametrize("name", DECKS)
def test_each_slide_by_keyboard_fits_and_is_quiet(browser: Browser, name: str):
    with checks.open_page(browser, deck(name), width=1280, height=720) as (page, record):
        page.locator(PRESENT).wait_for()
        count = page.evaluate("() => Reveal.getTotalSlides()")
        seen, sticking = [], {}
        for number in range(1, count + 1):
            assert page.locator(PRESENT).count() == 1
            seen.append(title(page))
            if found := page.evaluate(STICKS_OUT):
                sticking[f"{number} {seen[-1]}"] = found[:4]
            assert not page.evaluate(UNSPOKEN), f"a formula of {seen[-1]} is silent"
            page.keyboard.press("ArrowRight")
        assert not sticking, "\n".join(f"{slide}: {found}" for slide, found in sticking.items())
        assert count == len(set(seen)) >= 10
        assert page.evaluate("() => Reveal.isLastSlide()")
        page.keyboard.press("Home")
        assert title(page) == seen[0]
        checks.check_quiet(record)
        checks.check_stays_local(record, book_folder())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_slides_are_accessible(browser: Browser, scheme: str):
    with checks.open_page(browser, deck("gru"), width=1280, height=720, scheme=scheme) as (page, _):
        for _ in range(page.evaluate("() => Reveal.getTotalSlides()")):
            checks.check_accessible(page, scheme, within=PRESENT)
            page.keyboard.press("ArrowRight")


def test_a_slide_has_an_address(browser: Browser):
    with checks.open_page(browser, deck("gru"), width=1280, height=720, tail="#/two-gates") as (page, _):
        page.locator(PRESENT).wait_for()
        assert title(page) == "Two gates"
        page.keyboard.press("ArrowRight")
        page.wait_for_function("() => location.hash === '#/the-candidate'")
        assert title(page) == "The candidate"


def test_slides_read_without_scripts(browser: Browser):
    with checks.open_page(browser, deck("gru"), scripts=False) as (page, record):
        assert page.locator("h2:visible").count() >= 10
        checks.check_stays_local(record, book_folder())


def test_slides_print_one_to_a_page(browser: Browser):
    with checks.open_page(browser, deck("gru"), tail="?print-pdf") as (page, record):
        page.locator(".pdf-page").first.wait_for()
        assert page.locator(".pdf-page").count() == page.evaluate("() => Reveal.getTotalSlides()")
        checks.check_quiet(record)
