"""Chapters are laid out section by section; who follows a link lands where it leads all the same."""

from __future__ import annotations

from pathlib import Path

import checks
from playwright.sync_api import Browser, Page

# How far below the window's top an element is, and how far the page can still go down.
TOP = """(id) => [document.getElementById(id).getBoundingClientRect().top,
  document.documentElement.scrollHeight - innerHeight - scrollY]"""


def check_in_view(page: Page, name: str) -> None:
    """The element stands in the upper half of the window, unless the page ends below it, and stays there."""
    for wait in (300, 700):
        page.wait_for_timeout(wait)
        top, left = page.evaluate(TOP, name)
        assert -5 <= top <= (450 if left > 2 else 900), f"#{name} is {top:.0f} px below the window's top"


def test_an_address_leads_to_its_place(browser: Browser, widget_page: Path):
    with checks.open_page(browser, widget_page) as (page, _):
        headings = page.locator("article section section[id]").evaluate_all("(all) => all.map((e) => e.id)")
        widgets = [figure.get_attribute("id") for figure in checks.widgets_of(page)]
    for name in [*headings[len(headings) // 2 :][:1], widgets[-1]]:
        tail = f"#{name}?" if name in widgets else f"#{name}"
        with checks.open_page(browser, widget_page, tail=tail) as (page, record):
            check_in_view(page, name)
            checks.check_quiet(record)


def test_a_link_in_the_page_leads_to_its_place(browser: Browser, widget_page: Path):
    with checks.open_page(browser, widget_page) as (page, record):
        for link in page.locator(".bd-sidebar-secondary a[href^='#']").all()[2:9:3]:
            name = link.get_attribute("href").removeprefix("#")
            link.click()
            check_in_view(page, name)
        checks.check_quiet(record)
