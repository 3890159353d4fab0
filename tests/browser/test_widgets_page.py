"""Every widget by keyboard, by links, without scripts, and number for number.

Each is tried in all its settings on the bench page, which holds one of each. The book's pages hold the same
widgets; what the page itself has a part in is tried on every one of them.
"""

from __future__ import annotations

import re
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import checks
import pytest
from playwright.sync_api import Browser, Locator
from settings import WIDGETS, State

from rnnlib.widgets import GRUStepper, HalfLife, LSTMStepper, StoryWriter, loader

FIRST = ("text", "length", "t", "step", "unit", "scope")  # what the meaning of other settings depends on


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_widgets_fit_and_are_accessible(browser: Browser, bench_page: Path, width: int, scheme: str):
    with checks.open_page(browser, bench_page, width=width, scheme=scheme) as (page, record):
        assert checks.widgets_of(page)
        checks.check_no_sideways_scroll(page)
        page.evaluate("() => document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        checks.check_no_sideways_scroll(page)
        checks.check_accessible(page, scheme, within=checks.LIVE)
        checks.check_quiet(record)


def test_widgets_fit_their_page(browser: Browser, host_page: Path):
    with checks.open_page(browser, host_page, width=360) as (page, record):
        for width, scheme in ((360, "dark"), (1280, "light")):
            page.set_viewport_size({"width": width, "height": 900})
            assert checks.widgets_of(page)
            page.evaluate("() => document.querySelectorAll('details').forEach((d) => { d.open = true; })")
            page.wait_for_timeout(500)  # what scrolls by itself is found 300 ms after a change of the width
            checks.check_no_sideways_scroll(page)
            checks.check_accessible(page, scheme, within=checks.LIVE)
        checks.check_quiet(record)


def test_widgets_answer_on_their_page(browser: Browser, host_page: Path):
    """By keyboard, and in two settings with PyTorch's numbers and formulas that give what they print."""
    with checks.open_page(browser, host_page) as (page, record):
        for figure in checks.widgets_of(page):
            case = WIDGETS[figure.get_attribute("data-widget")]
            checks.check_predict_first(figure)
            checks.check_time_by_arrows(page, figure)
            checks.check_every_control_by_tab(page, figure)
            figure.get_by_role("button", name="Reset", exact=True).click()
            started = checks.state_of(figure)
            for settings in (*sample(case)[:1], *sample(case)[-1:]):
                check_setting(figure, started, checks.fitted(figure, settings), case)
                check_formulas(figure)
                figure.get_by_role("button", name="Reset", exact=True).click()
        checks.check_quiet(record)


def test_widgets_work_by_keyboard(browser: Browser, bench_page: Path):
    with checks.open_page(browser, bench_page) as (page, record):
        for figure in checks.widgets_of(page):
            checks.check_predict_first(figure)
            checks.check_time_by_arrows(page, figure)
            checks.check_every_range_by_arrows(page, figure)
            checks.check_radios_by_arrows(page, figure)
            checks.check_every_control_by_tab(page, figure)
        checks.check_quiet(record)


def test_address_and_prose_drive_widgets(browser: Browser, widget_page: Path, bench_page: Path):
    with checks.open_page(browser, widget_page) as (page, record):
        for figure in checks.widgets_of(page):
            if widget_page == bench_page:
                checks.check_hash_sets_state(figure)
                checks.check_bad_hash_is_refused(figure)
            checks.check_links_set_state(page, figure)
        checks.check_quiet(record)


def test_an_address_opens_in_its_state_and_is_kept_up_to_date(browser: Browser, widget_page: Path):
    with checks.open_page(browser, widget_page) as (page, _):
        states = [(f.get_attribute("id"), checks.state_of(f)["controls"]) for f in checks.widgets_of(page)]
    for name, controls in states:
        trait, about = next((trait, about) for trait, about in controls.items() if about["kind"] == "number")
        value = checks.other_value(about)
        with checks.open_page(browser, widget_page, tail=f"#{name}?{trait}={value}") as (page, record):
            figure = page.locator(f"#{name}")
            checks.check_shows(figure, trait, value)
            first = checks.control(figure, trait).locator("input[type=range]")
            first.focus()
            key, end = ("Home", "min") if about["default"] == about["max"] else ("End", "max")
            page.keyboard.press(key)
            page.wait_for_url(re.compile(rf"#{name}\?{trait}={first.get_attribute(end)}(\.0)?$"))
            page.keyboard.press("Escape")
            page.wait_for_url(re.compile(rf"#{name}$"))
            checks.check_quiet(record)


def test_still_and_table_without_scripts(browser: Browser, widget_page: Path):
    for width in (360, 1280):
        with checks.open_page(browser, widget_page, scripts=False, width=width) as (page, _):
            checks.check_still_without_scripts(page)


def test_every_shown_number_is_pytorchs(browser: Browser, bench_page: Path):
    with checks.open_page(browser, bench_page) as (page, record):
        for figure in checks.widgets_of(page):
            case = WIDGETS[figure.get_attribute("data-widget")]
            assert len(case.settings) >= 20
            started = checks.state_of(figure)
            for settings in case.settings:
                check_setting(figure, started, checks.fitted(figure, settings), case)
                figure.get_by_role("button", name="Reset", exact=True).click()
        checks.check_quiet(record)


def sample(case: Any) -> list[State]:
    """About ten of a widget's settings."""
    return case.settings[:: max(1, len(case.settings) // 10)]


def check_setting(figure: Locator, started: State, settings: State, case: Any) -> None:
    """Drive the widget to `settings`; what it then shows is PyTorch's, printed as it should be."""
    state = {**started}
    for trait in sorted(
        settings, key=lambda name: (name not in FIRST, FIRST.index(name) if name in FIRST else 0)
    ):
        value = settings[trait]
        if value is None:
            continue
        checks.set_control(figure, trait, value)
        state[trait] = spread(state, trait, value)
    figure.page.wait_for_timeout(1)  # the widget draws once for all changes
    shown = checks.shown_numbers(figure)
    expected = case.expected(state)
    compared = shown.keys() & expected.keys()
    assert len(compared) >= 3, f"{settings}: shows {sorted(shown)}, expected some of {sorted(expected)}"
    for name in sorted(compared):
        value, wanted = shown[name]["value"], expected[name]
        scale = abs(wanted) if case.relative else 1.0
        assert abs(value - wanted) <= case.tolerance * scale, (
            f"{settings}: {name} is {value}, PyTorch has {wanted}"
        )
    for name, number in shown.items():
        if number["text"]:  # else it is a mark in a drawing
            checks.check_prints_its_value(name, number["value"], number["text"])


def spread(state: State, trait: str, value: Any) -> Any:
    """What a setting makes of the trait: a lock acts on the step shown or on all."""
    if not trait.startswith("lock_"):
        return value
    if state["scope"] == "all":
        return [value] * len(state[trait])
    return [value if k == state["t"] - 1 else old for k, old in enumerate(state[trait])]


PRINTED_AND_VALUE = """(formula) => [
  formula.querySelector(".rnn-numbers").textContent.replaceAll("\\xa0", " "), Number(formula.dataset.value),
]"""
FUNCTIONS = "from math import tanh, log as ln, exp\nsigma = lambda a: 1 / (1 + exp(-a))\n"


def test_printed_formulas_give_the_printed_numbers(browser: Browser, bench_page: Path):
    with checks.open_page(browser, bench_page) as (page, _):
        for figure in checks.widgets_of(page):
            case = WIDGETS[figure.get_attribute("data-widget")]
            for chosen in sample(case):
                settings = checks.fitted(figure, chosen)
                for trait in sorted(settings, key=lambda name: name not in FIRST):
                    if settings[trait] is not None:
                        checks.set_control(figure, trait, settings[trait])
                figure.page.wait_for_timeout(1)
                check_formulas(figure)
                figure.get_by_role("button", name="Reset", exact=True).click()


def check_formulas(figure: Locator) -> None:
    """What stands on screen, evaluated as it stands, is the result that stands beside it."""
    names: dict[str, Any] = {}
    exec(FUNCTIONS, names)
    formulas = figure.locator(".rnn-formula[data-operands]").all()
    assert formulas
    for formula in formulas:
        check_formula(formula, names)


def check_formula(formula: Locator, names: dict[str, Any]) -> None:
    """`= 0.5 · 0.25 = 0.125`: the middle, read by Python, is the right, as far as printed digits go."""
    text, shown = formula.evaluate(PRINTED_AND_VALUE)
    _, middle, result = text.split("=")
    power = re.compile(r" × 10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
    source = power.sub(lambda found: f"e{found[1].translate(checks.SUPERSCRIPTS)}", middle)
    for sign, operator in {"·": "*", "−": "-", "σ": "sigma", "^": "**", "²": "**2"}.items():
        source = source.replace(sign, operator)
    value = eval(source, names)
    assert abs(value - shown) <= 0.004 * max(1.0, abs(shown)), f"{text}: the formula gives {value}"
    checks.check_prints_its_value("result", shown, result)


TWINS = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Twins</title>
<link rel="icon" href="data:,"><script defer src="widgets.js"></script></head><body>{figures}</body></html>"""


def test_two_widgets_of_one_id_are_told_of_and_the_address_drives_the_first(browser: Browser, tmp_path: Path):
    figures = HalfLife(id="same", lag=7).to_html() + HalfLife(id="same", lag=9).to_html()
    (tmp_path / "index.html").write_text(TWINS.format(figures=figures), encoding="utf-8")
    (tmp_path / "widgets.js").write_text(loader.bundle(), encoding="utf-8")
    with checks.open_page(browser, tmp_path / "index.html", tail="#same?lag=12") as (page, record):
        first, second = checks.widgets_of(page)
        assert [checks.read_control(figure, "lag") for figure in (first, second)] == [12, 9]
        second.locator('[data-trait="lag"] input').fill("30")
        page.wait_for_timeout(400)  # longer than the address waits
        assert page.url.endswith("#same?lag=12") and checks.read_control(second, "lag") == 30
        [complaint] = record.complaints
        assert "two widgets have the id 'same'" in complaint


def test_half_life_says_which_bias_holds_for_how_long(browser: Browser, bench_page: Path):
    """The default view's facts, the inverse question, and the lag chosen on the picture."""
    with checks.open_page(browser, bench_page) as (page, record):
        figure = page.locator("#half-life")
        shown = checks.shown_numbers(figure)
        texts = {name: number["text"] for name, number in shown.items()}
        assert [texts[f"half_life[{b}]"] for b in (0, 1, 3)] == ["1.0000", "2.2127", "14.2660"]
        assert texts["left[3]"] == "0.143203" and texts["left"].endswith("= 0.143203".replace("= ", "=\xa0"))
        for name in ("f", "half_life", "left"):
            assert shown[name]["value"] == shown[f"{name}[3]"]["value"]  # to the last bit
        figure.get_by_role("button", name="Set the bias to 4.05", exact=True).click()
        checks.check_shows(figure, "forget_bias", 4.05)
        assert abs(checks.shown_numbers(figure)["half_life"]["value"] - 40) < 0.2
        assert "40.13 steps" in figure.locator(".rnn-say").text_content()
        for axes in ("linear", "log_steps", "log_share"):
            checks.set_control(figure, "axes", axes)
            for lag in (1, 500):  # at either end all that is drawn stays inside
                checks.set_control(figure, "lag", lag)
                assert not page.evaluate(OUTSIDE)
        picture = figure.locator("svg.half-plot")
        picture.scroll_into_view_if_needed()
        box = picture.bounding_box()
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        assert 1 < checks.read_control(figure, "lag") < 500
        checks.check_quiet(record)


OUTSIDE = """() => {
  const picture = document.querySelector("svg.half-plot");
  const box = picture.getBoundingClientRect();
  return [...picture.querySelectorAll("text, circle, rect, line")].filter((e) => {
    const { left, right, top, bottom } = e.getBoundingClientRect();
    return left < box.left - 1 || right > box.right + 1 || top < box.top - 1 || bottom > box.bottom + 1;
  }).map((e) => e.outerHTML);
}"""


def test_limiting_cases_say_what_they_make_of_the_cell(browser: Browser, bench_page: Path):
    """The buttons of the GRU stepper's limiting cases, at the step shown."""
    with checks.open_page(browser, bench_page) as (page, _):
        figure = page.locator("#gru-stepper")

        def press(label: str) -> dict[str, float]:
            figure.get_by_role("button", name=label, exact=True).click()
            assert figure.locator(".rnn-say").text_content()
            return {name: number["value"] for name, number in checks.shown_numbers(figure).items()}

        free = {name: number["value"] for name, number in checks.shown_numbers(figure).items()}
        old = free["h[3][1]"]
        assert press("Z near 1")["h"] == old
        near_0 = press("Z near 0")
        assert near_0["h"] == near_0["n"]
        press("all free")
        assert abs(press("R near 1")["n"] - free["rnn_step"]) < 1e-15
        press("all free")
        assert abs(press("plain RNN")["h"] - free["rnn_step"]) < 1e-15
        press("all free")
        shut = press("R near 0")["n"]
        figure.locator('input[aria-label="input x at step 1"]').fill("-3")  # another past
        assert checks.shown_numbers(figure)["n"]["value"] == shut
        figure.get_by_role("button", name="Reset", exact=True).click()
        figure.get_by_role("button", name="Chung 2014", exact=True).click()
        assert press("Z near 0")["h"] == pytest.approx(
            checks.shown_numbers(figure)["h[3][1]"]["value"], abs=0
        )


def test_named_cases_show_what_they_say(browser: Browser, bench_page: Path):
    """The buttons of the LSTM stepper: what c and h of unit 1 then do, step by step."""
    with checks.open_page(browser, bench_page) as (page, record):
        figure = page.locator("#lstm-stepper")

        def press(label: str) -> dict[str, list[float]]:
            button = figure.get_by_role("button", name=label, exact=True)
            button.click()
            assert figure.locator(".rnn-say").text_content()
            assert button.get_attribute("aria-pressed") == "true"
            shown = checks.shown_numbers(figure)
            steps = range(1, 9)
            return {
                name: [shown[f"table.{name}[{t}][1]"]["value"] for t in steps]
                for name in ("c", "h", "g", "i")
            }

        free = press("PyTorch")
        assert min(free["c"][1:]) > 0.9 and max(free["h"][:5]) < 0.02 < 0.7 < free["h"][5]
        latch = press("latch")
        assert latch["c"] == [0, *[latch["g"][1]] * 7]  # to the last bit, while h moves
        assert max(latch["h"]) > 0.7 and min(latch["h"]) < 0.01
        leak = press("leak")
        for before, after in pairwise(leak["c"][1:]):
            assert after == 0.9 * before
        counter = press("counter")
        assert (
            counter["c"] == list(accumulate(counter["g"])) and counter["c"][-1] > 4 and max(counter["h"]) < 1
        )
        hidden = press("hidden")
        assert hidden["c"] == free["c"] and max(map(abs, hidden["h"])) < 0.02
        assert free["i"] == hidden["i"]
        checks.set_control(figure, "lock_o", 0.5)
        pressed = figure.get_by_role("button", name="hidden", exact=True).get_attribute("aria-pressed")
        assert pressed == "false"
        figure.get_by_role("button", name="free all gates", exact=True).click()
        assert checks.read_control(figure, "lock_o") is None
        checks.check_quiet(record)


STORIES = [
    {"prompt": "The lamp", "temperature": 0, "length": 400},
    {"prompt": "<img src=x onerror=alert(1)> Zoë", "temperature": 1, "seed": 7},
    {"prompt": "", "temperature": 2, "seed": 99, "length": 60},
]


def test_the_story_writer_writes_pythons_text_and_says_when_done(browser: Browser, bench_page: Path):
    """From the reader's own prompt, which stays text; what is unknown is named."""
    with checks.open_page(browser, bench_page) as (page, record):
        figure = page.locator("#story-writer")
        for settings in STORIES:
            for trait, value in settings.items():
                checks.set_control(figure, trait, value)
            wanted = StoryWriter(**settings).written()
            checks.shown_numbers(figure)  # waits until all is written
            assert figure.locator(".story-written").text_content() == wanted.text
            assert figure.locator(".story-prompt").text_content() == wanted.read.strip("\n")
            named = figure.locator(".story-unknown").text_content()
            assert all(f"“{character}”" in named for character in wanted.unknown)
            assert ("line break" in named) == (wanted.read == "\n")
            heard = figure.locator(".rnn-quiet[role=status]")
            heard.filter(has_text=f"Done: {len(wanted.text)} characters").wait_for(state="attached")
            assert not figure.locator("img").count()
            figure.get_by_role("button", name="Reset", exact=True).click()
        figure.locator(".story-written > *").nth(11).click()
        assert checks.read_control(figure, "t") == 12
        checks.check_quiet(record)


def test_the_story_writer_says_where_its_weights_are_missing(browser: Browser, tmp_path: Path):
    (tmp_path / "index.html").write_text(TWINS.format(figures=StoryWriter().to_html()), encoding="utf-8")
    (tmp_path / "widgets.js").write_text(loader.bundle(), encoding="utf-8")
    with checks.open_page(browser, tmp_path / "index.html") as (page, _):
        said = page.locator("#story-writer .rnn-soft").filter(has_text="is not where the widgets’ script is")
        said.first.wait_for()


LEFT_RIGHT = [
    ({"sentence": "the <b>tour</b> <img src=x onerror=alert(1)>"}, "“<b>tour<"),
    ({"sentence": "the tour was long " * 6}, "the first 16 are read"),
    ({"sentence": "the tour", "edit": "one two"}, "One word fits the place: “one”"),
]


def test_left_right_takes_what_it_can_and_says_so(browser: Browser, bench_page: Path):
    """Markup stays text, long texts are cut, a place beyond the sentence is its last, no word is told of."""
    with checks.open_page(browser, bench_page) as (page, record):
        figure = page.locator("#left-right")
        notes, shown = figure.locator(".left-notes"), figure.locator(".left-shown")
        for settings, said in LEFT_RIGHT:
            for trait, value in settings.items():
                checks.set_control(figure, trait, value)
            checks.shown_numbers(figure)  # waits for the models
            assert said in notes.text_content()
            assert not figure.locator("img, b").count()
            figure.get_by_role("button", name="Reset", exact=True).click()
        checks.go_to_hash(figure, "sentence=the%20tour&k=9")
        assert "no word 9, so its last one is taken: word 2" in notes.text_content()
        assert checks.read_control(figure, "k") == 2
        checks.set_control(figure, "sentence", "?")
        assert "There is no word to read" in notes.text_content() and not shown.is_visible()
        figure.get_by_role("button", name="Reset", exact=True).click()
        assert shown.is_visible() and not notes.text_content()
        checks.check_quiet(record)


def test_left_right_shows_what_an_edit_reaches_and_how_the_cheat_reads_it(browser: Browser, bench_page: Path):
    with checks.open_page(browser, bench_page) as (page, record):
        figure = page.locator("#left-right")
        figure.scroll_into_view_if_needed()  # the models are loaded when the widget comes near
        figure.locator(".left-word").nth(2).click()
        assert checks.read_control(figure, "k") == 3
        checks.set_control(figure, "edit", "the")
        before = checks.shown_numbers(figure)
        assert before["unread"]["value"] == 0 and before["unread"]["text"] == "0"
        signs = (
            figure.locator(".left-shown svg text").filter(has_text=re.compile("^[=≠]$")).all_text_contents()
        )
        T = len(signs) // 2
        assert signs == ["="] * 2 + ["≠"] * (T - 2) + ["≠"] * 3 + ["="] * (T - 3)
        checks.set_control(figure, "readout", "at")
        cheat = checks.shown_numbers(figure)
        first = figure.locator(".left-guesses").nth(1).locator("tbody th").first.text_content()
        assert first == "the ◂ edit" and cheat["at[1]"]["value"] > 0.8
        checks.set_control(figure, "readout", "last")
        assert checks.shown_numbers(figure)["off.output[-1, H:]"]["value"] > 0
        answers = figure.locator(".left-halves tbody td:last-child").all_text_contents()
        assert answers[0].startswith("yes, by up to") and answers[1] == "no, to the last bit"
        for button in figure.get_by_role("group", name="Settings to try").get_by_role("button").all():
            button.click()
            assert (
                figure.locator(".rnn-say").text_content() and not figure.locator(".left-notes").text_content()
            )
        checks.check_quiet(record)


BOTTLENECK = [
    ("The <b>sofa</b> <img src=x onerror=alert(1)> is big 😀.", "“<b>sofa<"),
    ("the gardn is big.", "“gardn” (known: garden)"),
    ("He is very very very very very very very happy.", "A is longer than any sentence seen in training"),
    ("the cat, " * 12, "the first 12 are read"),
    ("She is happy. He is sad.", "one sentence is read"),
]


def test_the_bottleneck_takes_what_it_can_and_says_so(browser: Browser, bench_page: Path):
    """Markup stays text, unknown words are left out by name, long sentences are cut, no word is told of."""
    with checks.open_page(browser, bench_page) as (page, record):
        figure = page.locator("#bottleneck")
        notes, shown = figure.locator(".neck-notes"), figure.locator(".neck-shown")
        for sentence, said in BOTTLENECK:
            checks.set_control(figure, "sentence_a", sentence)
            checks.shown_numbers(figure)  # waits for the translator
            assert said in notes.text_content()
            assert shown.is_visible() and not figure.locator("img, .neck-notes b").count()
        for nothing in ("", "?!", "😀 xyzzy"):
            checks.set_control(figure, "sentence_a", nothing)
            assert "A: there is no known word to read" in notes.text_content() and not shown.is_visible()
        figure.get_by_role("button", name="Reset", exact=True).click()
        assert shown.is_visible() and not notes.text_content()
        checks.check_quiet(record)


def test_the_bottlenecks_ends_are_the_originals_and_its_middle_is_neither(browser: Browser, bench_page: Path):
    with checks.open_page(browser, bench_page) as (page, record):
        figure = page.locator("#bottleneck")
        figure.scroll_into_view_if_needed()  # the translator is loaded when the widget comes near
        texts = figure.locator(".neck-french")
        texts.nth(1).filter(has_text=re.compile(r"\S")).wait_for(timeout=30_000)
        checks.shown_numbers(figure)
        first, middle, second = texts.all_text_contents()
        assert "grand-père" in middle and "grand-père" not in first + second
        for mix in ("blend", "swap"):
            checks.set_control(figure, "mix", mix)
            for share, end in ((0, "a"), (1, "b")):
                checks.set_control(figure, "share", share)
                seen = {name: one["value"] for name, one in checks.shown_numbers(figure).items()}
                assert texts.all_text_contents() == [first, first if end == "a" else second, second]
                for name in ("log_p", "x", "y"):
                    assert seen[f"{name}.mixture"] == seen[f"{name}.{end}"]
                assert seen["way[0]"] == seen["log_p.a"] and seen["way[10]"] == seen["log_p.b"]
        for button in figure.get_by_role("group", name="Settings to try").get_by_role("button").all():
            button.click()
            checks.shown_numbers(figure)
            said, notes = (figure.locator(one).text_content() for one in (".rnn-say", ".neck-notes"))
            assert said and not notes
        figure.locator("summary").first.click()
        checks.set_control(figure, "share", 0)
        seen = {name: one["value"] for name, one in checks.shown_numbers(figure).items()}
        assert all(seen[f"mixture[{j}]"] == seen[f"a[{j}]"] for j in range(1, 97))
        checks.check_quiet(record)


def test_the_layer_grid_keeps_every_bit_outside_the_nudges_cone(browser: Browser, bench_page: Path):
    """Exact zeros outside; `output[-1]` is `h_n[-1]`; the list of all states; the nudge placed by a click."""
    with checks.open_page(browser, bench_page) as (page, record):
        figure = page.locator("#layer-grid")

        def values() -> dict[str, float]:
            return {name: number["value"] for name, number in checks.shown_numbers(figure).items()}

        output = values()
        for layer in range(1, 4):
            for step in range(1, 9):
                assert (output[f"change[{layer}][{step}]"] > 0) == (layer >= 2 and step >= 3)
        checks.set_control(figure, "result", "h_n")
        h_n = values()
        assert [output[f"output[7][{j}]"] for j in range(4)] == [h_n[f"h_n[2][{j}]"] for j in range(4)]
        checks.set_control(figure, "cell", "gru")
        checks.set_control(figure, "result", "c_n")
        assert "a GRU has no cell state" in figure.text_content()
        figure.locator("details").evaluate("(d) => { d.open = true; }")
        figure.locator("details tbody tr").nth(23).wait_for()
        expected = WIDGETS["layer_grid"].expected({**checks.state_of(figure), "cell": "gru"})
        shown = values()
        names = [name for name in expected if name.startswith(("h[", "table.change["))]
        assert len(names) == 24 * 5
        for name in names:
            assert shown[name] == pytest.approx(expected[name], abs=1e-9)
        for button in figure.get_by_role("group", name="Settings to try").get_by_role("button").all():
            button.click()
            assert figure.locator(".rnn-say").text_content()
        figure.get_by_role("button", name="Reset", exact=True).click()
        frame = figure.locator('rect[data-name="change[3][5]"]')
        frame.scroll_into_view_if_needed()
        box = frame.bounding_box()
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        checks.check_shows(figure, "nudge_layer", 3)
        checks.check_shows(figure, "nudge_step", 5)
        assert values()["changed"] == 4
        checks.check_quiet(record)


def test_the_character_memory_reads_what_is_typed_and_says_what_it_leaves_out(
    browser: Browser, bench_page: Path
):
    """Markup stays text, what is unknown is named, nothing to read is said; a press chooses a character."""
    with checks.open_page(browser, bench_page) as (page, record):
        figure = page.locator("#character-memory")
        named, text = figure.locator(".memory-unknown"), figure.locator(".memory-text")
        checks.set_control(figure, "text", "<img src=x onerror=alert(1)> Zoë")
        checks.shown_numbers(figure)  # waits until all is measured
        assert not figure.locator("img").count()
        assert text.text_content() == "img srcx onerroralert o\xa0"  # and what follows its end
        assert all(f"“{character}”" in named.text_content() for character in "<>=()1Zë")
        text.locator("> *").nth(4).click()
        assert checks.read_control(figure, "t") == 5
        heard = figure.locator(".rnn-quiet[role=status]")
        heard.filter(has_text="GRU, character 5").wait_for(state="attached")
        for empty in ("", "€€"):
            checks.set_control(figure, "text", empty)
            assert "nothing to read" in named.text_content()
            assert not {"p", "gradient[1]", "table.change[1]"} & set(checks.shown_numbers(figure))
        checks.set_control(figure, "text", "x" * 160)
        assert "160 characters are the most" in named.text_content()
        checks.check_quiet(record)


def test_the_beam_tree_draws_what_is_kept_and_what_is_pruned(browser: Browser, bench_page: Path):
    """Frames and signs by fate, greedy's way, the winner at the end; step by step, by link and by preset."""
    with checks.open_page(browser, bench_page, width=360) as (page, record):
        figure = page.locator("#beam-tree")

        def boxes(fate: str) -> int:
            return figure.locator(f"svg rect.beam-box.beam-{fate}").count()

        def signs(sign: str) -> int:
            texts = figure.locator(".beam-picture text").all_text_contents()
            return sum(text.startswith(sign) for text in texts)

        assert (boxes("pruned"), boxes("finished"), boxes("best")) == (36, 2, 6)
        assert (
            signs("✗ ") == 36
            and signs("■ ") == 1
            and signs("★") == 1
            and figure.locator(".beam-badge").count() == 3
        )
        assert "pruned at step 3: it is 4th there" in figure.locator(".beam-said").text_content()
        frame = figure.locator(".beam-frame")
        end = frame.evaluate("(f) => [f.scrollLeft + f.clientWidth, f.scrollWidth]")
        assert end[0] == pytest.approx(end[1], abs=2)  # the last step is in sight
        time = figure.locator('[data-trait="step"] input')
        time.focus()
        for step in (5, 4, 3, 2, 1):
            page.keyboard.press("ArrowLeft")
            assert figure.locator(".beam-box").count() == 1 + 8 * step and not signs("★")
        assert "Nothing has ended yet" in figure.text_content() and frame.evaluate("(f) => f.scrollLeft") == 0
        for button, step in (("one step on ▸", 2), ("◂ one step back", 1), ("◂ one step back", 1)):
            figure.get_by_role("button", name=button).click()
            assert checks.read_control(figure, "step") == step
        checks.go_to_hash(figure, "problem=worked&width=3&max_length=2&step=10")
        assert checks.read_control(figure, "step") == 2 and boxes("cut") == 2
        assert figure.locator(".beam-found tbody th").all_text_contents()[0] == "★ A <eos>"
        assert "greatest length M = 2" in figure.locator(".beam-said").text_content()
        checks.go_to_hash(figure, "max_length=1&width=1")
        assert figure.locator(".beam-found tbody th").all_text_contents() == ["★ A …"]
        for width in (3, 1):  # what changes is the candidates' fate alone
            checks.go_to_hash(figure, f"max_length=1&width={width}")
            assert boxes("cut") == width
        for button in figure.get_by_role("group", name="Searches to try").get_by_role("button").all():
            button.click()
            assert figure.locator(".rnn-say").text_content() and signs("★") == 1
            assert figure.locator(".beam-found tbody tr").count() >= 1
            checks.check_no_sideways_scroll(page)
        assert not figure.locator("eos").count()  # a token is text
        checks.check_quiet(record)


BLEU_NOTES = [
    ({"candidate": "  "}, "The candidate is empty", False),
    ({"references": "\n"}, "There is no reference", False),
    ({"references": "a cat\nthe cat", "definition": "tutorial"}, "the first of your 2 is used", True),
    ({"candidate": "z" * 200}, "200 characters are the most", True),
]


def test_the_bleu_bench_says_what_it_makes_of_bad_input(browser: Browser, bench_page: Path):
    """Nothing to compare hides the numbers and is said; markup and emoji are tokens; long words wrap."""
    with checks.open_page(browser, bench_page, width=360) as (page, record):
        figure = page.locator("#bleu-bench")
        notes, shown = figure.locator(".bleu-notes"), figure.locator(".bleu-shown")
        for settings, said, judged in BLEU_NOTES:
            for trait, value in settings.items():
                checks.set_control(figure, trait, value)
            assert said in notes.text_content()
            assert shown.is_visible() is judged
            checks.check_no_sideways_scroll(page)
            figure.get_by_role("button", name="Reset", exact=True).click()
            assert shown.is_visible() and not notes.text_content()
        for tokens, count in (("spaces", 4), ("13a", 14)):
            checks.set_control(figure, "candidate", "<b>x</b> 😀 <i>the cat")
            checks.set_control(figure, "tokens", tokens)
            assert figure.locator(".bleu-grams").first.locator("li").count() == count
        assert not figure.locator(".bleu-gram *").count()
        checks.check_quiet(record)


def test_the_bleu_bench_marks_what_counts_and_adds_two_sentences_up(browser: Browser, bench_page: Path):
    with checks.open_page(browser, bench_page) as (page, record):
        figure = page.locator("#bleu-bench")
        presets = figure.get_by_role("group", name="Traps to try")

        def press(label: str) -> dict[str, str]:
            presets.get_by_role("button", name=label, exact=True).click()
            said = figure.locator(".rnn-say").text_content()
            shown = {name: number["text"] for name, number in checks.shown_numbers(figure).items()}
            return {**shown, "said": said}

        for label in presets.get_by_role("button").all_text_contents():
            assert press(label)["said"] and not figure.locator(".bleu-notes").text_content()
        shown = press("the the the")
        signs = [text[0] for text in figure.locator(".bleu-gram:visible").all_text_contents()]
        assert signs == ["✓"] * 2 + ["✂"] * 5 and shown["matches[1]"] == "2"
        shown = press("too short")
        assert shown["bp"].endswith("=\xa00.135335") and "p[3]" not in shown
        shown = press("identical but short")
        assert shown["p[4]"].endswith("= 0") and shown["score.tutorial[4]"] == "1.000"
        shown = press("wrong, same words")
        assert shown["score"].endswith("=\xa00.488923") and shown["tokens.spaces.kept"] in shown["said"]
        figure.get_by_role("button", name="Reset", exact=True).click()
        framed = figure.locator(".bleu-board [aria-current=true]")
        assert framed.get_attribute("data-name") == "score.exp[4]" and framed.text_content() == "0.380"
        checks.set_control(figure, "definition", "tutorial")
        assert framed.get_attribute("data-name") == "score.tutorial[4]" and framed.text_content() == "0.000"
        assert "corpus" not in checks.shown_numbers(figure)
        checks.go_to_hash(figure, "second=the%20dog")
        figure.locator('[data-name="corpus"]').wait_for()  # a link opens what it changes
        shown = checks.shown_numbers(figure)
        assert shown["mean"]["value"] != pytest.approx(shown["corpus"]["value"], abs=0.01)
        assert shown["corpus.c"]["value"] == 8
        checks.check_quiet(record)


def test_the_vocabulary_cut_marks_what_it_reads_as_unk(browser: Browser, bench_page: Path):
    """Markup stays text, strange signs are named, nothing to read is said; <unk> may go untrained."""
    with checks.open_page(browser, bench_page) as (page, record):
        figure = page.locator("#vocabulary-cut")
        notes, own = figure.locator(".cut-notes"), figure.locator(".cut-tokens").first

        def values() -> dict[str, float]:
            return {name: number["value"] for name, number in checks.shown_numbers(figure).items()}

        assert own.locator(".cut-unknown > :first-child").all_text_contents() == [
            "keeper",
            "unopened",
            "rusty",
            "harpoon",
        ]
        checks.set_control(figure, "min_freq", 1)
        assert "keeper" not in notes.text_content() and own.locator(".cut-unknown").count() == 3
        shown = values()
        assert shown["unk.training"] == 0 < shown["unk.held_out"]
        assert "no update ever reaches its row" in figure.text_content()
        checks.set_control(figure, "sentence", "<img src=x onerror=alert(1)> 漢字 🙂")
        assert not figure.locator("img").count()
        assert all(f"“{sign}”" in notes.text_content() for sign in ("漢字", "<", "漢", "🙂"))
        assert shown["own.tokens"] != values()["own.tokens"] == own.locator("li").count()
        checks.set_control(figure, "sentence", " ")
        assert "There is no word to read" in notes.text_content() and not own.locator("li").count()
        for button in figure.get_by_role("group", name="Settings to try").get_by_role("button").all():
            button.click()
            assert figure.locator(".rnn-say").text_content()
        checks.check_quiet(record)


KERNEL_HOST = """async ([esm, state, changes]) => {
  const module = await import(URL.createObjectURL(new Blob([esm], { type: "text/javascript" })));
  const handlers = {};
  const sent = [];
  const model = {
    get: (name) => state[name],
    set(name, value) {
      state[name] = value;
      (handlers[`change:${name}`] ?? []).forEach((handler) => handler());
    },
    save_changes: () => sent.push(structuredClone(state)),
    on: (event, handler) => (handlers[event] ??= []).push(handler),
    off: (event, handler) => { handlers[event] = (handlers[event] ?? []).filter((h) => h !== handler); },
  };
  const el = document.body.appendChild(document.createElement("div"));
  const stop = module.default.render({ model, el });
  for (const [name, value] of Object.entries(changes)) model.set(name, value);
  await null; await null; await null;
  const shown = el.querySelector(".rnn-live") !== null;
  stop();
  return { shown, gates: sent.at(-1).gates };
}"""


GRU_CHANGES = {"bias_z": 2.5, "z_convention": "takes", "lock_r": [None, 0.5, None, None, 1.0, None]}
LSTM_CHANGES = {"bias_f": 2.5, "lock_o": [None, 0.5, None, None, 1.0, None, None, 0.0], "lock_f": [1.0] * 8}


@pytest.mark.parametrize(("kind", "changes"), [(GRUStepper, GRU_CHANGES), (LSTMStepper, LSTM_CHANGES)])
def test_the_same_module_runs_under_a_kernel_and_sends_gates_back(
    browser: Browser, kind: Any, changes: State
):
    """anywidget's convention: the default export's `render`, a model with a kernel behind it."""
    widget = kind(seed=3, hidden_size=3)
    state = {
        name: getattr(widget, name) for name in widget.keys if name not in ("layout", "tabbable", "tooltip")
    }
    page = browser.new_page()
    try:
        answer = page.evaluate(KERNEL_HOST, [widget._esm, {**state, "_esm": ""}, changes])
    finally:
        page.close()
    for name, value in changes.items():
        setattr(widget, name, value)
    assert answer["shown"]
    for name, rows in widget.gates.items():
        for ours, theirs in zip(rows, answer["gates"][name], strict=True):
            assert theirs == pytest.approx(ours, abs=1e-14)
