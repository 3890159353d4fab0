"""The widget on padding in the browser: what it takes of a reader's text, and what its controls change."""

from __future__ import annotations

from pathlib import Path

import checks
from playwright.sync_api import Browser, Locator

TEXTS = [
    ("the dog\n<img src=x onerror=alert(1)> <b>bold</b>", "“<img”, “src=x”, “onerror=alert(1)>”"),
    ("we swim .\n\nthank you .", "Line 2 is empty and left out: pack_padded_sequence takes no sequence of"),
    ("the dog " * 20 + "\ngo .", "of the 40 words in line 1 the first 11 are read"),
    ("a\n" * 200, "Of your 200 sentences the first 24 are read; the last 176 are left out"),
    ("go\n" + "x" * 897, "The field is full: it takes 900 characters."),
    ("the <pad> is here", "“<pad>”"),
]


def values(figure: Locator) -> dict[str, float]:
    return {name: number["value"] for name, number in checks.shown_numbers(figure).items()}


def test_it_takes_what_it_can_of_a_text_and_says_what_it_left_out(browser: Browser, bench_page: Path):
    with checks.open_page(browser, bench_page) as (page, record):
        figure = page.locator("#pad-mask-pack")
        notes, shown = figure.locator(".pad-notes"), figure.locator(".pad-shown")
        assert not notes.text_content()
        for text, said in TEXTS:
            checks.set_control(figure, "sentences", text)
            assert said in notes.text_content()
            assert shown.is_visible() and not figure.locator("img, b").count()
        for text in ("", " \n\n"):
            checks.set_control(figure, "sentences", text)
            assert notes.text_content() == "There is no word to read: type a sentence."
            assert not shown.is_visible()
        checks.set_control(figure, "sentences", "go .\nthank you .")
        assert "loss[2][4]" in values(figure) and not notes.text_content()
        checks.go_to_hash(figure, "line=7")
        assert "There is no sentence 7, so the last one is taken: 2." in notes.text_content()
        checks.check_quiet(record)


def test_packing_masking_and_sorting_change_what_they_should(browser: Browser, bench_page: Path):
    with checks.open_page(browser, bench_page) as (page, record):
        figure = page.locator("#pad-mask-pack")
        padded = values(figure)
        assert padded["off.padded[1]"] > 0.5 and padded["off.packed[1]"] == 0
        assert (padded["computed"], padded["counted"]) == (48, 48)
        assert [padded[f"batch_sizes[{t}]"] for t in range(12)] == [4, 4, 4, 4, 3, 2, 2, 2, 2, 2, 2, 1]
        assert padded["drift[8]"] == padded["off.padded[1]"] and "drift[9]" not in padded
        checks.set_control(figure, "mask", True)
        masked = values(figure)
        assert masked["counted"] == 32 and "loss[1][4]" in masked and "loss[1][5]" not in masked
        assert masked["off.padded[1]"] == padded["off.padded[1]"]  # the loss is one thing, the state another
        checks.set_control(figure, "pack", True)
        packed = values(figure)
        assert packed["computed"] == 32 and packed["loss.masked"] == padded["loss.masked"]
        checks.set_control(figure, "sort", True)
        assert values(figure)["waste.all"] < packed["waste.all"]
        for button in figure.get_by_role("group", name="Settings to try").get_by_role("button").all():
            button.click()
            assert (
                figure.locator(".rnn-say").text_content() and not figure.locator(".pad-notes").text_content()
            )
        figure.get_by_role("button", name="Reset", exact=True).click()
        assert values(figure) == padded
        row = figure.locator('g.pad-row[data-place="5"]')
        row.scroll_into_view_if_needed()
        row.locator("tspan").first.click()
        assert checks.read_control(figure, "line") == 6
        checks.check_quiet(record)
