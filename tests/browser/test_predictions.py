"""Predictions: answers that open from the keyboard, large enough for a thumb, with scripts or without."""

from __future__ import annotations

import checks
import pytest
from conftest import book_folder, book_pages, built
from playwright.sync_api import Browser

OPTIONS = "details.option"
SMALLEST = 44  # CSS pixels


def pages_with_predictions() -> list[str]:
    holds = 'class="option"'
    return [name for name in book_pages() if holds in (book_folder() / name).read_text(encoding="utf-8")]


PAGES = pages_with_predictions() or ["(not built)"]


@pytest.mark.parametrize("name", PAGES)
def test_answers_open_by_keyboard_and_say_what_they_get_wrong(browser: Browser, name: str):
    with checks.open_page(browser, built(name)) as (page, record):
        page.add_style_tag(content=checks.LAID_OUT)
        for option in page.locator(OPTIONS).all():
            line = option.locator("summary")
            line.focus()
            assert not option.locator("p").first.is_visible()
            page.keyboard.press("Enter")
            assert option.locator("strong").first.inner_text() in ("Right.", "No.")
            assert option.locator("p").first.is_visible()
            assert line.evaluate("(e) => e === document.activeElement")
        for box in page.locator(".admonition.predict").all():
            verdicts = box.locator(f"{OPTIONS} > p:first-of-type > strong:first-child").all_inner_texts()
            assert verdicts.count("Right.") == 1 and len(verdicts) == box.locator(OPTIONS).count()
        checks.check_accessible(page, "light", within=".admonition.predict")
        checks.check_accessible(page, "dark", within=".admonition.predict", rules="colours")
        checks.check_quiet(record)


@pytest.mark.parametrize("name", PAGES)
def test_answers_are_for_thumbs_and_need_no_script(browser: Browser, name: str):
    with checks.open_page(browser, built(name), width=360, scripts=False) as (page, _):
        for option in page.locator(OPTIONS).all():
            line = option.locator("summary")
            assert line.bounding_box()["height"] >= SMALLEST
            line.click()
            assert option.locator("p").first.is_visible()
