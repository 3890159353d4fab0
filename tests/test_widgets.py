"""The Python side of the widgets: traits, outputs for both hosts, stills and tables."""

import json
import math
import re
import subprocess
import sys
from typing import Any
from xml.etree import ElementTree

import pytest
import torch
import traitlets

import rnnlib.widgets
from rnnlib.probes import gradient_reach
from rnnlib.widgets import (
    BleuBench,
    CharacterMemory,
    GradientFlow,
    GRUStepper,
    HalfLife,
    HoldABit,
    LayerGrid,
    LSTMStepper,
    PadMaskPack,
    StoryWriter,
    UnrolledCalculator,
    loader,
)
from rnnlib.widgets.base import (
    Widget,
    apart,
    choice,
    decimals,
    flag,
    html_table,
    number,
    numbers,
    script_json,
    svg_image,
    svg_text,
    text,
)
from rnnlib.widgets.gradient_flow import SEEDS, build_cell, draw, loss

WIDGETS = [
    BleuBench,
    CharacterMemory,
    GradientFlow,
    GRUStepper,
    HalfLife,
    HoldABit,
    LayerGrid,
    LSTMStepper,
    PadMaskPack,
    StoryWriter,
    UnrolledCalculator,
]
VIEW = "application/vnd.jupyter.widget-view+json"


class Sample(Widget):
    """One trait of each kind; its texts would break a page that did not escape them."""

    module = "gradient_flow"

    width = number(1.5, -2, 2, step=0.5)
    count = number(3, 1, 9, step=1)
    mode = choice("one", ["one", "two"])
    pick = choice(0, [0, 1, 2])
    on = flag(True)
    row = numbers([0.5, -1.0], -3, 3, size=2)
    any_row = numbers([], -3, 3)
    words = text("</script><b>", 20)

    def make_payload(self) -> dict[str, Any]:
        return {"text": "</script><script>alert(1)</script> & <!--"}

    def still(self) -> str:
        return "<svg></svg>"

    def table(self) -> tuple[str, list[str], list[list[str]]]:
        return "<b>caption</b>", ["<i>", "a & b"], [['"><script>', "<img src=x onerror=alert(1)>"]]


# ---- imports ---------------------------------------------------------------------------------------------


def test_nothing_is_imported_before_it_is_used() -> None:
    code = (
        "import sys, rnnlib.widgets; heavy = {'anywidget', 'ipywidgets', 'IPython', 'matplotlib'};"
        "before = heavy & set(sys.modules); name = rnnlib.widgets.GradientFlow.__name__;"
        "print(sorted(before), name, 'anywidget' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] GradientFlow True"


def test_an_unknown_name_is_an_error_that_lists_the_known() -> None:
    with pytest.raises(AttributeError, match="GRUStepper, GradientFlow"):
        rnnlib.widgets.NoSuchWidget  # noqa: B018
    assert set(rnnlib.widgets.__all__) <= set(dir(rnnlib.widgets))


# ---- outputs ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("widget", WIDGETS)
def test_in_a_kernel_the_view_and_constant_text(widget: type[Widget], monkeypatch) -> None:
    monkeypatch.delenv("RNNLIB_BOOK", raising=False)
    data, _ = widget()._repr_mimebundle_()
    assert set(data) == {VIEW, "text/plain"}
    assert data["text/plain"] == f"{widget.__name__} widget" == repr(widget())


@pytest.mark.parametrize("widget", WIDGETS)
def test_in_the_book_html_and_the_same_text(widget: type[Widget], monkeypatch) -> None:
    monkeypatch.setenv("RNNLIB_BOOK", "1")
    first, second = widget(id="here")._repr_mimebundle_(), widget(id="here")._repr_mimebundle_()
    assert first == second
    assert set(first) == {"text/html", "text/plain"}
    assert first["text/plain"] == f"{widget.__name__} widget"
    html = first["text/html"]
    assert html.startswith(f'<figure class="rnn-widget" id="here" data-widget="{widget.module}">')
    assert widget.module in loader.WIDGETS


@pytest.mark.parametrize("widget", [*WIDGETS, Sample])
def test_the_figure_is_well_formed_and_holds_state_still_and_table(widget: type[Widget]) -> None:
    made = widget()
    figure = ElementTree.fromstring(made.to_html().replace(' tabindex="0"', ""))
    script, still = list(figure)
    state = json.loads(script.text)
    assert script.get("type") == "application/json"
    assert {name: state[name] for name in made.settings()} == made.settings()
    assert state["payload"] == json.loads(json.dumps(made.payload))
    assert state["controls"] == json.loads(json.dumps(made.controls))
    assert state["id"] == made.id == widget.module.replace("_", "-")
    assert "reach" not in state and "_esm" not in state
    assert still.get("class") == "rnn-still"
    assert still.find(".//svg") is not None and still.find(".//table/caption") is not None
    caption, header, rows = made.table()
    assert [cell.text for cell in still.findall(".//thead/tr/th")] == header
    assert len(still.findall(".//tbody/tr")) == len(rows) and caption in "".join(still.itertext())
    assert all(row[0].get("scope") == "row" for row in still.findall(".//tbody/tr"))


def test_text_cannot_become_markup() -> None:
    html = Sample().to_html()
    assert html.lower().count("<script") == html.lower().count("</script") == 1
    assert "<img" not in html and "<b>" not in html and "<!--" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
    assert html_table("a", ["<"], [["&"]]).count("&lt;") == 1


def test_numbers_that_are_not_finite_are_refused_in_the_page() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        script_json({"x": math.nan})


@pytest.mark.parametrize("widget", WIDGETS)
def test_esm_is_the_inlined_module(widget: type[Widget]) -> None:
    assert widget()._esm == loader.inline(widget.module)


def test_parts_of_a_still() -> None:
    assert svg_text(1, 2.25, "<b>") == '<text x="1.0" y="2.2" text-anchor="middle">&lt;b&gt;</text>'
    assert 'text-anchor="end" font-weight="600"' in svg_text(0, 0, "a", anchor="end", weight=600)
    assert (decimals(-0.001), decimals(-1.005, 1), decimals(2, 0)) == ("0.00", "−1.0", "2")
    assert apart([5.0, 0.0, 4.0, 20.0], 3, 21) == [7.0, 0.0, 4.0, 20.0]
    assert apart([9.0, 9.0, 9.0], 4, 10) == [2.0, 6.0, 10.0]
    image = svg_image(400, 100, 'a "label"', ["<path/>"], font_size=16)
    picture = ElementTree.fromstring(image)
    assert picture.get("aria-label") == 'a "label"' and picture.find("path") is not None
    assert "min-width:250px" in picture.get("style", "")  # 16 / 400 * 250 = 10 pixels


# ---- traits ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("width", 2.5, "width is 2.5, expected a number from -2 to 2"),
        ("width", math.nan, "width is nan, expected a number from -2 to 2"),
        ("width", "1", "width is '1', expected a number from -2 to 2"),
        ("width", True, "width is True, expected a number from -2 to 2"),
        ("width", None, "width is None, expected a number from -2 to 2"),
        ("count", 2.5, "count is 2.5, expected a whole number from 1 to 9"),
        ("count", 0, "count is 0, expected a whole number from 1 to 9"),
        ("mode", "three", "mode is 'three', expected one of 'one', 'two'"),
        ("pick", 3, "pick is 3, expected one of 0, 1, 2"),
        ("pick", True, "pick is True, expected one of 0, 1, 2"),
        ("on", 1, "on is 1, expected True or False"),
        ("row", [1.0], "row is [1.0], expected a list of 2 numbers from -3 to 3"),
        ("row", [1.0, 4.0], "row is [1.0, 4.0], expected a list of 2 numbers from -3 to 3"),
        ("row", [1.0, "x"], "row is [1.0, 'x'], expected a list of 2 numbers from -3 to 3"),
        ("any_row", 1, "any_row is 1, expected a list of numbers from -3 to 3"),
        ("words", "x" * 21, "expected a text of at most 20 characters"),
        ("words", 1, "words is 1, expected a text of at most 20 characters"),
        ("id", "1st", "id is '1st', expected a letter, then letters, digits, - or _"),
        ("id", 'a"b', "id is 'a\"b', expected a letter, then letters, digits, - or _"),
    ],
)
def test_bad_values_are_refused_by_name(name: str, value: object, message: str) -> None:
    with pytest.raises(traitlets.TraitError, match=re.escape(message)):
        Sample(**{name: value})
    made = Sample()
    before = getattr(made, name)
    with pytest.raises(traitlets.TraitError, match=re.escape(message)):
        setattr(made, name, value)
    assert getattr(made, name) == before


def test_unknown_traits_are_refused() -> None:
    with pytest.raises(traitlets.TraitError, match="GradientFlow has no trait 'speed'; it has id, .*radius"):
        GradientFlow(speed=3)


def test_values_are_made_plain() -> None:
    made = Sample(width=1, count=4.0, pick=1.0, row=(1, 2))
    assert (made.width, made.count, made.pick, made.row) == (1.0, 4, 1, [1.0, 2.0])
    assert [type(v) for v in (made.width, made.count, made.pick)] == [float, int, int]
    assert Sample(count=torch.tensor(4).numpy()[()]).count == 4


def test_controls_describe_ranges_and_first_values() -> None:
    controls = Sample(width=-0.5, mode="two").controls
    assert controls["width"] == {
        "kind": "number", "min": -2, "max": 2, "step": 0.5, "whole": False, "default": -0.5,
    }  # fmt: skip
    assert controls["count"]["whole"] and controls["mode"] == {
        "kind": "choice", "options": ["one", "two"], "default": "two",
    }  # fmt: skip
    assert controls["on"] == {"kind": "flag", "default": True}
    assert controls["words"] == {"kind": "text", "longest": 20, "default": "</script><b>"}
    assert controls["row"]["size"] == 2 and controls["any_row"]["size"] is None
    assert list(controls) == sorted(controls)


# ---- GradientFlow ----------------------------------------------------------------------------------------


def test_reach_follows_python() -> None:
    widget = GradientFlow(length=7, seed=1)
    before = widget.reach
    assert {name: len(values) for name, values in before.items()} == dict.fromkeys(before, 7)
    seen = []
    widget.observe(lambda change: seen.append(change["new"]), "reach")
    widget.radius = 1.5
    cell, x = build_cell("lstm", widget.settings())
    reach = gradient_reach(cell, x, loss)
    assert widget.reach["lstm"] == pytest.approx(reach.h.tolist())
    assert widget.reach["lstm_c"] == pytest.approx(reach.c.tolist())
    assert widget.reach["rnn"] != before["rnn"] and len(seen) == 1


def test_reach_comes_from_the_page_when_the_page_changes() -> None:
    widget = GradientFlow(length=3)
    widget.set_state({"radius": 0.5})
    assert widget.radius == 0.5
    page = dict.fromkeys(("rnn", "gru", "lstm", "lstm_c"), [0.1, 0.2, 1.0])
    widget.set_state({"forget_bias": 1.0, "reach": page})
    assert widget.reach == page and widget.forget_bias == 1.0
    with pytest.raises(traitlets.TraitError, match="radius is 9"):
        widget.set_state({"radius": 9})
    widget.length = 4
    assert len(widget.reach["rnn"]) == 4


@pytest.mark.parametrize("seed", SEEDS)
def test_weights_are_short_decimals_of_radius_one(seed: int) -> None:
    stored = draw(seed)
    assert json.loads(json.dumps(stored)) == stored
    for gate in stored["gates"].values():
        recurrent = torch.tensor(gate["weight_hh"], dtype=torch.float64)
        assert torch.linalg.eigvals(recurrent).abs().max().item() == pytest.approx(1, abs=2e-5)
        assert all(round(v, 6) == v for row in gate["weight_hh"] for v in row)
    turn = torch.tensor(stored["matrices"]["orthogonal"], dtype=torch.float64)
    assert (turn @ turn.T - torch.eye(len(turn))).abs().max() < 1e-14
    assert torch.linalg.eigvals(torch.tensor(stored["matrices"]["lopsided"])).abs().max() == 1


def test_radius_is_the_sliders() -> None:
    for kind in ("rnn", "gru", "lstm"):
        cell, _ = build_cell(kind, GradientFlow(radius=1.25).settings())
        for block in cell.weight_hh.detach().chunk(cell.num_gates):
            assert torch.linalg.eigvals(block).abs().max().item() == pytest.approx(1.25, abs=5e-5)


STATES = [
    {},
    {"length": 2},
    {"length": 100, "radius": 2.0},
    {"radius": 0.0},
    {"bound": "none"},
    {"bound": "rnn", "radius": 2.0, "nonlinearity": "identity", "length": 60},
    {"show_rnn": False, "show_gru": False, "show_lstm": False},
    {"show_lstm": False, "bound": "gru"},
]


@pytest.mark.parametrize("state", STATES, ids=str)
def test_the_still_draws_only_what_is_a_number(state: dict[str, Any]) -> None:
    widget = GradientFlow(**state)
    still = ElementTree.fromstring(widget.still())
    assert still.get("role") == "img" and len(still.get("aria-label", "")) > 20
    text = ElementTree.tostring(still, encoding="unicode")
    assert "nan" not in text and not re.search(r"\binf\b", text)
    _, _, width, height = map(float, still.get("viewBox", "").split())
    for line in still.iter("polyline"):
        points = [tuple(map(float, point.split(","))) for point in line.get("points", "").split()]
        assert all(0 <= x <= width and 0 <= y <= height for x, y in points)
    named = " ".join(node.text or "" for node in still.iter("text"))
    for kind, name in (("rnn", "RNN"), ("gru", "GRU"), ("lstm", "LSTM c")):
        assert (name in named) == getattr(widget, f"show_{kind}")


@pytest.mark.parametrize("state", STATES, ids=str)
def test_the_table_holds_the_numbers(state: dict[str, Any]) -> None:
    widget = GradientFlow(**state)
    _, header, rows = widget.table()
    steps = [int(row[0]) for row in rows]
    assert steps[0] == 1 and steps[-1] == widget.length and len(steps) <= 12
    columns = {"RNN dL/dh": "rnn", "GRU dL/dh": "gru", "LSTM dL/dh": "lstm", "LSTM dL/dc": "lstm_c"}
    for title, name in columns.items():
        if title in header:
            place = header.index(title)
            for row in rows:
                assert float(row[place]) == pytest.approx(widget.reach[name][int(row[0]) - 1], rel=6e-3)
    assert ("RNN dL/dh" in header) == widget.show_rnn
