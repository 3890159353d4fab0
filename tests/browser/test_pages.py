"""Every page of the built book: from its file with the network off, and served under the published policy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import checks
import pytest
from conftest import book_folder, built
from playwright.sync_api import Browser
from serving import serve

from rnnlib.book.policy import POLICY_FILE, policy
from rnnlib.widgets import LiveTranslator, loader

NARROWER = (768, 360)
HEADER = ".bd-header-article"  # what is seen only where the page is narrow stands here
FIRST_SCREENS = {360: 740, 768: 1024, 1280: 720}


def test_page_is_quiet_local_and_accessible(browser: Browser, book_page: Path):
    """In both colour schemes and at three widths, from its file."""
    with checks.open_page(browser, book_page) as (page, record):
        page.mouse.wheel(0, 20_000)  # what loads on the way down, loads
        page.wait_for_load_state("load")
        checks.widgets_of(page)
        checks.check_no_sideways_scroll(page)
        checks.check_formulas_speak(page)
        checks.thin_out_code(page)
        checks.check_accessible(page, "dark", rules="colours")
        checks.check_accessible(page, "light", rules="no glyphs")
        for width in NARROWER:
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(500)  # what scrolls by itself is found 300 ms after a change of the width
            checks.check_no_sideways_scroll(page)
            checks.check_accessible(page, "dark", within=HEADER, rules="colours")
            checks.check_accessible(page, "light", rules="structure")
        checks.check_accessible(page, "light", within=HEADER, rules="colours")
        checks.check_quiet(record)
        checks.check_stays_local(record, book_folder())


def test_glyphs_of_formulas_have_contrast(browser: Browser):
    with checks.open_page(browser, built("notation.html")) as (page, _):
        for scheme in ("light", "dark"):
            checks.check_accessible(page, scheme)


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    """The address of the book, under a path and the policy that it publishes."""
    with serve(book_folder(), built(POLICY_FILE).read_text(encoding="utf-8").strip()) as address:
        yield address


def test_page_is_quiet_when_served_under_the_policy(browser: Browser, book_page: Path, served: str):
    """A violation of the policy is an error on the console."""
    address = served + book_page.relative_to(book_folder()).as_posix()
    with checks.open_page(browser, address) as (page, record):
        page.mouse.wheel(0, 20_000)
        page.wait_for_load_state("load")
        checks.widgets_of(page)
        checks.check_quiet(record)
        checks.check_served_under(record, served)


def test_page_reads_without_scripts(browser: Browser, book_page: Path):
    with checks.open_page(browser, book_page, scripts=False) as (page, record):
        assert page.locator("h1:visible").count() == 1
        checks.check_stays_local(record, book_folder())
        if page.locator("figure.rnn-widget").count():
            checks.check_still_without_scripts(page)


@pytest.mark.parametrize("width", FIRST_SCREENS)
def test_first_screen_has_something_to_touch(browser: Browser, width: int):
    height = FIRST_SCREENS[width]
    with checks.open_page(browser, built("index.html"), width=width, height=height) as (page, _):
        bottoms = page.locator(f"{checks.LIVE} :is(button, input):not([disabled])").evaluate_all(
            "(all) => all.map((e) => e.getBoundingClientRect().bottom)"
        )
        seen = sum(0 < bottom <= height for bottom in bottoms)
        assert seen >= 2, f"{seen} controls of a widget in the first screen at {width} px"


def test_keyboard_goes_through_the_page_visibly_and_nothing_moves(browser: Browser):
    with checks.open_page(browser, built("index.html")) as (page, record):
        checks.check_at_rest(page)
        stops = []
        for _ in range(30):
            page.keyboard.press("Tab")
            stops.append(page.evaluate(f"() => ({checks.FOCUSED})(document.body)"))
        assert stops[0] and "main-content" in stops[0]["what"], "the first stop does not skip to the content"
        assert len({stop["what"] for stop in stops if stop}) > 15
        hidden = [stop["what"] for stop in stops if stop and not stop["ring"]]
        assert not hidden, f"no ring around {hidden}"
        checks.check_quiet(record)


def test_menu_of_files_by_keyboard(browser: Browser):
    with checks.open_page(browser, built("chapters/gru.html")) as (page, record):
        menu = page.locator(".rnn-menu").first
        menu.locator("summary").press("Enter")
        links = menu.locator("a[download]")
        addresses = links.evaluate_all("(all) => all.map((e) => e.getAttribute('href'))")
        assert [address.rpartition(".")[2] for address in addresses] == ["ipynb", "md"]
        assert links.first.is_visible()
        page.keyboard.press("Tab")
        page.keyboard.press("Escape")
        assert not links.first.is_visible()
        assert menu.locator("summary").evaluate("(e) => e === document.activeElement")
        page.evaluate("() => { window.print = () => { window.printed = true; }; }")
        menu.locator("summary").click()
        menu.locator("[data-act=print]").click()
        assert page.evaluate("() => window.printed") and not links.first.is_visible()
        checks.check_quiet(record)


@pytest.mark.parametrize("word", ["gate", "perplexity"])
def test_search_works_offline_and_shows_excerpts(browser: Browser, word: str):
    with checks.open_page(browser, built("search.html"), tail=f"?q={word}") as (page, record):
        results = page.locator("#search-results li")
        results.first.wait_for()
        excerpts = page.locator("#search-results li .context").all_text_contents()
        assert sum(word in excerpt.lower() for excerpt in excerpts) >= min(3, results.count())
        checks.check_quiet(record)
        checks.check_stays_local(record, book_folder())


def test_what_is_searched_for_stays_text(browser: Browser):
    markup = "<img src=x onerror=alert(1)> gatexyz"
    with checks.open_page(browser, built("search.html"), tail=f"?q={markup}") as (page, record):
        page.locator("#search-results").get_by_text(re.compile("Search finished|did not match")).wait_for()
        assert not page.locator("#search-results img").count()
        assert page.locator(".bd-search-container input").input_value() == markup
        checks.check_quiet(record)


PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}"><title>Translator</title>
<link rel="icon" href="data:,"><script defer src="widgets.js"></script></head><body>{figure}</body></html>"""


@pytest.mark.parametrize("from_file", [True, False])
def test_the_translators_worker_runs_under_the_policy(browser: Browser, tmp_path: Path, from_file: bool):
    """It computes in a worker, with weights that it loads: what a policy forbids first."""
    page = tmp_path / "index.html"
    page.write_text(PAGE.format(policy=policy(), figure=LiveTranslator().to_html()), encoding="utf-8")
    for name, script in loader.weight_scripts().items():
        (tmp_path / name).write_text(script, encoding="utf-8")
    (tmp_path / "widgets.js").write_text(loader.bundle(("live_translator",)), encoding="utf-8")
    with (
        serve(tmp_path, policy()) as address,
        checks.open_page(browser, page if from_file else f"{address}index.html") as (tab, record),
    ):
        figure = tab.locator("#live-translator")
        area = figure.locator('[data-trait="sentence"] textarea')
        area.fill("The old house is empty today.")
        area.press("Enter")
        assert checks.shown_numbers(figure)
        assert figure.locator(".live-french").text_content()
        assert tab.workers, "it does not compute in a worker"
        checks.check_quiet(record)
