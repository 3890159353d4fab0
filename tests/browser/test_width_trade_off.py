"""The width trade-off in the page: what its buttons say, the whole grid, and a winner that changes."""

from __future__ import annotations

from pathlib import Path

import checks
from playwright.sync_api import Browser

from rnnlib.widgets import WidthTradeOff
from rnnlib.widgets.width_lists import ALPHAS, WIDTHS
from rnnlib.widgets.width_trade_off import EXAMPLES, corpus_figures


def test_the_buttons_say_what_the_table_shows(browser: Browser, bench_page: Path):
    with checks.open_page(browser, bench_page) as (page, record):
        figure = page.locator("#width-trade-off")
        for label, width, alpha in (
            ("greedy", 1, 0.0),
            ("wide, no penalty", 100, 0.0),
            ("wide, α = 1", 100, 1.0),
            ("wide, α = 2", 100, 2.0),
        ):
            figure.get_by_role("button", name=label, exact=True).click()
            checks.check_shows(figure, "width", width)
            checks.check_shows(figure, "alpha", alpha)
            shown = checks.shown_numbers(figure)
            said = figure.locator(".rnn-say").text_content()
            assert f"BLEU {shown[f'bleu[{width}]']['text']}" in said
            assert f"length ratio {shown[f'length_ratio[{width}]']['text']}" in said
        checks.check_quiet(record)


def test_the_whole_grid_is_there_once_it_is_opened(browser: Browser, bench_page: Path):
    with checks.open_page(browser, bench_page) as (page, record):
        figure = page.locator("#width-trade-off")
        assert not any(name.startswith("grid") for name in checks.shown_numbers(figure))
        figure.locator("summary").click()
        figure.locator('[data-name="grid[100][2.0]"]').wait_for()
        for penalty in ("power", "gnmt"):
            checks.set_control(figure, "penalty", penalty)
            page.wait_for_timeout(1)
            shown = checks.shown_numbers(figure)
            for alpha in ALPHAS:
                for width, found in corpus_figures(alpha, penalty).items():
                    number = shown[f"grid[{width}][{alpha:.1f}]"]
                    assert abs(number["value"] - found.bleu) < 1e-9
                    checks.check_prints_its_value("grid", number["value"], number["text"])
        checks.check_quiet(record)


def test_a_sentences_winner_changes_with_width_and_alpha(browser: Browser, bench_page: Path):
    with checks.open_page(browser, bench_page) as (page, record):
        figure = page.locator("#width-trade-off")
        for name, source in EXAMPLES.items():
            checks.set_control(figure, "example", name)
            assert figure.locator("option:checked").text_content() == source
            written = set()
            for width, alpha in [(width, 0) for width in WIDTHS] + [(100, 1), (100, 2)]:
                checks.set_control(figure, "width", width)
                checks.set_control(figure, "alpha", alpha)
                page.wait_for_timeout(1)
                text = figure.locator(".width-written strong").text_content()
                assert text == WidthTradeOff(width=width, alpha=alpha, example=name).winner()
                assert figure.locator(".width-example .width-own th").text_content() == f"▸ {text}"
                written.add(text)
            assert len(written) >= 2
        checks.check_quiet(record)
