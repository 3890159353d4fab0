"""Links of the teacher's page and of the slides: each opens its widget in the state that it names."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import checks
import pytest
from conftest import book_folder, built
from playwright.sync_api import Browser

STATE = re.compile(r'href="((?:\.\./)?chapters/[\w-]+\.html)#([\w-]+)\?([^"]+)"')
ROOT = Path(__file__).parents[2]


def chapters_linked() -> list[str]:
    """The chapters to whose widgets the sources link."""
    files = [ROOT / "teaching.md", *(ROOT / "slides").glob("*.md")]
    texts = [file.read_text(encoding="utf-8") for file in files]
    return sorted({name for text in texts for name in re.findall(r"chapters/([\w-]+)\.md#[\w-]+\?", text)})


def links_to(chapter: str) -> set[tuple[str, str]]:
    """(widget, query) of every link to a chapter's widgets on the built pages."""
    pages = [built("teaching.html"), *sorted((book_folder() / "slides").glob("*.html"))]
    found = set()
    for page in pages:
        for address, widget, query in STATE.findall(page.read_text(encoding="utf-8")):
            if Path(address).stem == chapter:
                found.add((widget, unescape(query)))
    return found


def test_plans_link_to_many_states():
    assert len(chapters_linked()) >= 10
    assert sum(len(links_to(chapter)) for chapter in chapters_linked()) >= 35


@pytest.mark.parametrize("chapter", chapters_linked())
def test_each_link_opens_the_state_it_names(browser: Browser, chapter: str):
    """The first as a reader comes from elsewhere, the others in the page that is open."""
    first, *others = sorted(links_to(chapter))
    tail = f"#{first[0]}?{first[1]}"
    with checks.open_page(browser, built(f"chapters/{chapter}.html"), tail=tail) as (page, record):
        checks.check_shows_state(page.locator(f'figure[id="{first[0]}"]'), first[1])
        for widget, query in others:
            figure = page.locator(f'figure[id="{widget}"]')
            checks.go_to_hash(figure, query)
            checks.check_shows_state(figure, query)
        checks.check_quiet(record)
