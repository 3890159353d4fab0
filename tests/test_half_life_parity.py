"""The half-life widget's numbers are PyTorch's, in Python and in its JavaScript as shipped, run in V8."""

import math
import re
from typing import Any
from xml.etree import ElementTree

import pytest
import torch
import traitlets
from hypothesis import given
from hypothesis import strategies as st
from js_engine import Run, widget_runner
from torch import Tensor
from torch.nn.functional import logsigmoid

from rnnlib.probes import half_life
from rnnlib.widgets import HalfLife
from rnnlib.widgets.half_life import bias_for_half_life, kept_after, log_kept_after, share_text

EXACT = 1e-12

biases = st.one_of(st.floats(-2, 8), st.integers(-40, 160).map(lambda step: step / 20))
lags = st.integers(1, 500)


@pytest.fixture(scope="module")
def js() -> Run:
    """Evaluate JavaScript beside the widget's shipped modules; keyword values become constants in it."""
    return widget_runner("half_life", names="core, half_life")


def tensor(value: float) -> Tensor:
    return torch.tensor(value, dtype=torch.float64)


# ---- the numbers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("bias", "steps"), [(0, "1.0000"), (1, "2.2127"), (3, "14.2660")])
def test_half_lives_that_the_chapter_names(js: Run, bias: float, steps: str) -> None:
    assert f"{half_life(torch.sigmoid(tensor(bias))):.4f}" == steps
    assert f"{js('core.half_life_at(b)', b=bias):.4f}" == steps


def test_what_bias_three_leaves_after_forty_steps(js: Run) -> None:
    assert f"{torch.sigmoid(tensor(3)) ** 40:.6f}" == f"{kept_after(3, 40):.6f}" == "0.143203"
    assert f"{js('core.kept_after(3, 40)'):.6f}" == js("half_life.share_text(3, 40)") == "0.143203"


@given(b=biases, k=lags)
def test_numbers_are_torchs(js: Run, b: float, k: int) -> None:
    log_f = logsigmoid(tensor(b))
    found = js("[core.log_sigmoid(b), core.log_kept_after(b, k), core.half_life_at(b)]", b=b, k=k)
    wanted = [log_f.item(), (k * log_f).item(), (math.log(0.5) / log_f).item()]
    assert found == pytest.approx(wanted, rel=EXACT, abs=0)
    assert log_kept_after(b, k) == pytest.approx(wanted[1], rel=EXACT, abs=0)
    left = (torch.sigmoid(tensor(b)) ** k).item()
    tiny = 1e-300  # below, float64 holds fewer digits
    assert js("core.kept_after(b, k)", b=b, k=k) == pytest.approx(left, rel=1e-9, abs=tiny)
    assert kept_after(b, k) == pytest.approx(left, rel=1e-9, abs=tiny)


@given(a=st.floats(-700, 700))
def test_log_sigmoid_at_any_size(js: Run, a: float) -> None:
    assert js("core.log_sigmoid(a)", a=a) == pytest.approx(logsigmoid(tensor(a)).item(), rel=EXACT, abs=0)


@pytest.mark.parametrize("b", [8, 20, 40])
def test_long_half_lives_keep_their_digits(js: Run, b: float) -> None:
    """ln sigmoid(b) is near -e^-b; the logarithm of a rounded sigmoid would be 0 from b = 37 on."""
    series = math.exp(-b) - math.exp(-2 * b) / 2 + math.exp(-3 * b) / 3
    assert js("core.half_life_at(b)", b=b) == pytest.approx(math.log(2) / series, rel=1e-9)
    assert js("core.kept_after(b, 500)", b=b) == pytest.approx(math.exp(-500 * series), rel=1e-9)


@given(k=lags)
def test_the_bias_of_a_half_life_has_that_half_life(js: Run, k: int) -> None:
    b = bias_for_half_life(k)
    p = 2 ** (-1 / k)
    assert b == pytest.approx(math.log(p / (1 - p)), rel=1e-9, abs=1e-12)
    assert HalfLife.forget_bias.low <= b <= HalfLife.forget_bias.high
    assert js("core.half_life_at(b)", b=b) == pytest.approx(k, rel=1e-9)
    assert kept_after(b, k) == pytest.approx(0.5, rel=1e-9)


@given(b=biases, k=lags)
def test_texts_are_the_same_in_both_languages_and_print_their_value(js: Run, b: float, k: int) -> None:
    text = share_text(b, k)
    assert js("half_life.share_text(b, k)", b=b, k=k) == text
    mantissa, _, exponent = text.partition(" × 10")
    exponent = int(exponent.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")) or 0)
    decimals = len(mantissa.partition(".")[2])
    log10 = log_kept_after(b, k) / math.log(10)
    assert float(mantissa) == pytest.approx(10 ** (log10 - exponent), abs=0.5001 * 10**-decimals)


def test_a_share_too_small_for_float64_is_not_printed_as_zero(js: Run) -> None:
    assert kept_after(-2, 500) == js("core.kept_after(-2, 500)") == 0
    assert share_text(-2, 500) == js("half_life.share_text(-2, 500)") == "1.39 × 10⁻⁴⁶²"


# ---- the claim of the note: exact for a constant gate, a start for a real cell ----------------------------


def cell_state_after(cell: torch.nn.LSTMCell, steps: int) -> float:
    h, c = torch.zeros(1, 1, dtype=torch.float64), torch.ones(1, 1, dtype=torch.float64)
    for t in range(steps):
        h, c = cell(torch.full((1, 1), math.sin(t), dtype=torch.float64), (h, c))
    return c.item()


@torch.no_grad()
@pytest.mark.parametrize("b", [-1.0, 0.0, 1.0, 3.0])
def test_an_lstm_cell_with_a_constant_gate_loses_what_is_shown(b: float) -> None:
    cell = torch.nn.LSTMCell(1, 1).double()
    for parameter in cell.parameters():
        parameter.zero_()
    cell.bias_ih[1] = b  # i f g o; the candidate is tanh(0) = 0, so nothing is written
    assert cell_state_after(cell, 40) == pytest.approx(kept_after(b, 40), rel=1e-12, abs=0)
    cell.weight_ih[1] = 2.0  # now the gate follows the input
    assert abs(cell_state_after(cell, 40) / kept_after(b, 40) - 1) > 0.1


# ---- the widget in Python --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trait", "value", "message"),
    [
        ("forget_bias", 8.5, "forget_bias is 8.5, expected a number from -2 to 8"),
        ("compare_bias", -3, "compare_bias is -3, expected a number from -2 to 8"),
        ("lag", 0, "lag is 0, expected a whole number from 1 to 500"),
        ("lag", 1.5, "lag is 1.5, expected a whole number from 1 to 500"),
        ("axes", "log", "axes is 'log', expected one of 'linear', 'log_steps', 'log_share'"),
    ],
)
def test_bad_values_are_refused(trait: str, value: object, message: str) -> None:
    with pytest.raises(traitlets.TraitError, match=re.escape(message)):
        HalfLife(**{trait: value})


def test_the_default_table_tells_the_story() -> None:
    caption, header, rows = HalfLife().table()
    assert header[-1] == "left after 40" and "bias 4.0467 leaves half after 40 steps" in caption
    assert [row[0] for row in rows] == list("012345")
    assert rows[0] == ["0", "0.5000", "1.0000", "9.09 × 10⁻¹³"]
    assert rows[1] == ["1", "0.7311", "2.2127", "3.61 × 10⁻⁶"]
    assert rows[3] == ["3", "0.9526", "14.2660", "0.143203"]


STATES = [
    {},
    {"lag": 1},
    {"lag": 500, "forget_bias": 8.0},
    {"forget_bias": 0.0},
    {"forget_bias": 1.0, "compare_bias": 1.0},
    {"forget_bias": -2.0, "lag": 500, "axes": "log_share"},
    {"forget_bias": 8.0, "compare_bias": 7.95, "axes": "log_share"},
    {"forget_bias": -2.0, "compare_bias": 8.0, "axes": "log_steps"},
]


@pytest.mark.parametrize("state", STATES, ids=str)
def test_the_still_draws_what_is_set(state: dict[str, Any]) -> None:
    widget = HalfLife(**state)
    still = ElementTree.fromstring(widget.still())
    text = ElementTree.tostring(still, encoding="unicode")
    assert "nan" not in text and not re.search(r"\binf\b", text)
    _, _, width, height = map(float, still.get("viewBox", "").split())
    lines = list(still.iter("polyline"))
    assert len(lines) == len({widget.forget_bias, widget.compare_bias, 0.0})
    for line in lines:
        points = [tuple(map(float, point.split(","))) for point in line.get("points", "").split()]
        assert all(0 <= x <= width and 0 <= y <= height for x, y in points)
        assert all(after >= before for (_, before), (_, after) in zip(points, points[1:], strict=False))
    for label in still.iter("text"):
        assert 0 <= float(label.get("x", "-1")) <= width and 0 <= float(label.get("y", "-1")) <= height
    shown = still.get("aria-label", "")
    assert share_text(widget.forget_bias, widget.lag) in shown


def test_the_still_puts_the_ring_at_the_half_life() -> None:
    """On the linear axes, against the ticks' own places."""
    still = ElementTree.fromstring(HalfLife().still())
    ticks = {node.text: node for node in still.iter("text")}
    [left, right] = [float(ticks[name].get("x", "")) for name in ("10", "20")]
    rings = [float(ring.get("cx", "")) for ring in still.iter("circle")]
    steps = [10 + 10 * (x - left) / (right - left) for x in rings]
    assert steps == pytest.approx([14.2660, 2.2127, 1.0], abs=0.05)
