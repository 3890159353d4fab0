"""Every page of the built book, opened from its file with the network off."""

from __future__ import annotations

import checks
import pytest
from conftest import book_folder


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_is_quiet_local_and_accessible(browser, book_page, scheme):
    with checks.open_page(browser, book_page, scheme=scheme) as (page, record):
        page.mouse.wheel(0, 20_000)  # what loads on the way down, loads
        page.wait_for_load_state("load")
        checks.widgets_of(page)
        checks.check_quiet(record)
        checks.check_stays_local(record, book_folder())
        checks.check_accessible(page, scheme)


@pytest.mark.parametrize("width", [360, 1280])
def test_page_does_not_scroll_sideways(browser, book_page, width):
    with checks.open_page(browser, book_page, width=width) as (page, record):
        checks.check_no_sideways_scroll(page)
        checks.check_quiet(record)


def test_page_reads_without_scripts(browser, book_page):
    with checks.open_page(browser, book_page, scripts=False) as (page, record):
        assert page.locator("h1:visible").count() == 1
        checks.check_stays_local(record, book_folder())
        if page.locator("figure.rnn-widget").count():
            checks.check_still_without_scripts(page)


@pytest.mark.parametrize("word", ["gate", "perplexity"])
def test_search_works_offline(browser, word):
    from conftest import built

    with checks.open_page(browser, built("search.html"), tail=f"?q={word}") as (page, record):
        page.locator("#search-results li").first.wait_for()
        checks.check_quiet(record)
        checks.check_stays_local(record, book_folder())
