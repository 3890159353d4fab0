"""The hold-a-bit widget's numbers are PyTorch's, in Python and in its JavaScript as shipped, run in V8."""

import math
import re
from typing import Any
from xml.etree import ElementTree

import pytest
import torch
import traitlets
from hypothesis import assume, given
from hypothesis import strategies as st
from js_engine import Run, widget_runner

from rnnlib.probes import fixed_points
from rnnlib.widgets import HoldABit
from rnnlib.widgets.hold_a_bit import LATEST, PRESETS, STEPS, THRESHOLD, run, score

EXACT = 1e-12

recurrent = st.one_of(st.floats(-3, 3), st.integers(-60, 60).map(lambda step: step / 20))
biases = st.one_of(st.floats(-2, 2), st.integers(-40, 40).map(lambda step: step / 20))
units = st.fixed_dictionaries({"w": recurrent, "u": st.floats(-6, 6), "b": biases})
pulses = st.integers(1, LATEST)


@pytest.fixture(scope="module")
def js() -> Run:
    """Evaluate JavaScript beside the widget's shipped modules; keyword values become constants in it."""
    return widget_runner("hold_a_bit", names="core, hold_a_bit")


def page(js: Run, widget: HoldABit) -> dict[str, Any]:
    """Everything that the page computes from a widget's traits."""
    state = {**widget.settings(), "payload": widget.payload}
    return js("hold_a_bit.compute({ get: (name) => state[name] })", state=state)


@torch.no_grad()
def by_torch(unit: dict[str, float], pulse: int) -> list[float]:
    """h_0 to h_T of `torch.nn.RNN` with one unit."""
    network = torch.nn.RNN(1, 1).double()
    for parameter, value in zip(network.parameters(), (unit["u"], unit["w"], unit["b"], 0), strict=True):
        parameter.fill_(value)
    x = torch.zeros(STEPS, 1, dtype=torch.float64)
    x[pulse - 1] = 1
    return [0.0, *network(x)[0][:, 0].tolist()]


def sensitivity(unit: dict[str, float], pulse: int) -> float:
    """By how much a last-bit error may have grown at most: the product of the map's slopes above 1."""
    grown = worst = 1.0
    for h in by_torch(unit, pulse)[1:]:
        grown = max(1.0, grown * abs(unit["w"]) * (1 - h * h))
        worst = max(worst, grown)
    return worst


# ---- states and score ------------------------------------------------------------------------------------


@given(unit=units, pulse=pulses)
def test_states_and_score_are_torchs(js: Run, unit: dict[str, float], pulse: int) -> None:
    wanted = by_torch(unit, pulse)
    limit = 1e-14 * sensitivity(unit, pulse)
    assume(limit < 1e-9)  # else the last bit of tanh decides on which side of an unstable point h stays
    x = [float(t == pulse) for t in range(1, STEPS + 1)]
    found = js("core.unit_states(unit, x)", unit=unit, x=x)
    assert found == pytest.approx(wanted, abs=limit)
    assert run(**unit, pulse=pulse) == pytest.approx(wanted, abs=limit)
    judged = score(wanted, pulse)
    seen = js("core.hold_score(h, pulse, threshold)", h=wanted, pulse=pulse, threshold=THRESHOLD)
    assert seen == {
        "right": judged.right, "before": judged.before, "after": judged.after, "score": judged.share,
    }  # fmt: skip


def test_the_score_counts_what_is_below_before_and_above_after() -> None:
    states = [0.9, 0.1, 0.5, 0.4, 0.6, 0.5, 0.7]  # h_0 does not count; the threshold itself is no side
    judged = score(states, pulse=4)
    assert judged.right == [True, False, True, True, False, True]
    assert (judged.before, judged.after, judged.share, judged.passes) == (2, 2, 4 / 6, False)
    assert score([0.0, 1.0, 1.0], pulse=1).passes and not score([0.0, 0.0, 1.0], pulse=1).passes


# ---- fixed points ----------------------------------------------------------------------------------------


@given(w=recurrent, b=biases)
def test_fixed_points_are_the_same_in_both_languages_and_fixed(js: Run, w: float, b: float) -> None:
    points = fixed_points(w, b)
    assert 1 <= len(points) <= 3
    slopes = [abs(point.slope - 1) for point in points]
    assume(min(slopes) > 1e-4)  # at a double root the last bit of tanh decides whether there is a root
    for point in points:
        after = torch.tanh(torch.tensor(w * point.h + b, dtype=torch.float64))
        assert after.item() == pytest.approx(point.h, abs=1e-15 * (2 + abs(w)))
        assert point.slope == w * (1 - point.h**2)
    seen = js("core.fixed_points(w, b)", w=w, b=b)
    assert [p["kind"] for p in seen] == [p.kind for p in points]
    for name in ("h", "slope"):
        wanted = [getattr(p, name) for p in points]
        assert [p[name] for p in seen] == pytest.approx(wanted, abs=1e-15 / min(slopes) + EXACT)


@given(w=st.floats(-40, 40), b=st.floats(-40, 40))
def test_no_fixed_point_is_missed(w: float, b: float) -> None:
    """Where the gap changes sign on a fine grid there is a fixed point."""
    grid = torch.linspace(-1, 1, 4001, dtype=torch.float64)
    gap = torch.tanh(w * grid + b) - grid
    found = [point.h for point in fixed_points(w, b)]
    assert found == sorted(found) and len(set(found)) == len(found)
    for k in ((gap[:-1] * gap[1:]) < 0).nonzero().flatten().tolist():
        low, high = grid[k].item(), grid[k + 1].item()
        assert sum(low <= h <= high for h in found) >= 1


@pytest.mark.parametrize(
    ("w", "b", "kinds"),
    [
        (0.5, 0, ["stable"]),
        (1, 0, ["marginal"]),
        (2, 0, ["stable", "unstable", "stable"]),
        (-2, 0, ["unstable"]),
        (-1, 0, ["marginal"]),
        (2, 1, ["stable"]),
        (0, 0.3, ["stable"]),
    ],
)
def test_kinds_of_fixed_points(w: float, b: float, kinds: list[str]) -> None:
    assert [point.kind for point in fixed_points(w, b)] == kinds


def test_fixed_points_at_zero_are_exact_and_mirror_each_other() -> None:
    low, middle, high = fixed_points(2, 0)
    assert middle.h == 0 and middle.slope == 2 and low.h == -high.h
    assert high.h == pytest.approx(0.957504024, abs=1e-9)


def test_between_two_stable_points_there_is_an_unstable_one() -> None:
    for w in (1.1, 1.5, 2.0, 3.0):
        for b in (-0.3, -0.1, 0.0, 0.2):
            kinds = [point.kind for point in fixed_points(w, b)]
            assert kinds in (["stable"], ["stable", "unstable", "stable"])


@pytest.mark.parametrize(("w", "b", "name"), [(math.nan, 0, "w is nan"), (1, math.inf, "b is inf")])
def test_fixed_points_of_what_is_no_number_are_refused(w: float, b: float, name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}, expected a finite number"):
        fixed_points(w, b)


# ---- presets ---------------------------------------------------------------------------------------------


def test_the_solvers_preset_passes_wherever_the_pulse_is(js: Run) -> None:
    for pulse in range(1, LATEST + 1):
        widget = HoldABit(**PRESETS["holds"], pulse=pulse)
        assert widget.score().passes and widget.score().share == 1
        shown = page(js, widget)
        assert shown["score"] == 1 and all(shown["right"])
    assert "holds the bit: 40 of 40 steps right" in widget.still()


def test_the_other_presets_fail_as_they_say(js: Run) -> None:
    found = {name: HoldABit(**values) for name, values in PRESETS.items()}
    judged = {name: widget.score() for name, widget in found.items()}
    assert [name for name, result in judged.items() if result.passes] == ["holds"]
    before = found["holds"].pulse - 1
    for name, widget in found.items():
        shown = page(js, widget)
        assert (shown["before"], shown["after"]) == (judged[name].before, judged[name].after)
        assert shown["states"] == pytest.approx(widget.states(), abs=EXACT)
    assert (judged["forgets"].before, judged["forgets"].after) == (before, 1)  # gone one step after the pulse
    assert judged["stuck on"].before < before and judged["stuck on"].after == STEPS - before
    assert (judged["deaf"].before, judged["deaf"].after) == (before, 0)
    fading = found["fades slowly"].states()[before + 1 :]
    assert all(0 < after < now for now, after in zip(fading, fading[1:], strict=False)) and fading[-1] > 0.2
    jumping = found["alternates"].states()[before + 1 :]
    assert all(now * after < 0 for now, after in zip(jumping, jumping[1:], strict=False))


def test_raising_only_w_from_the_default_passes() -> None:
    """What the prompt asks to predict."""
    assert not HoldABit().score().passes
    assert HoldABit().settings() | {"w": 2.0} == HoldABit(**PRESETS["holds"]).settings()


def test_a_weight_of_one_or_less_never_holds_the_bit_for_ever() -> None:
    """One fixed point only: what came before is forgotten, if slowly."""
    for w in (-3.0, -1.0, 0.0, 0.5, 0.9, 1.0):
        for b in (-1.0, -0.2, 0.0, 0.2, 1.0):
            assert len(fixed_points(w, b)) == 1


# ---- the widget in Python --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trait", "value", "message"),
    [
        ("w", 3.5, "w is 3.5, expected a number from -3 to 3"),
        ("u", -7, "u is -7, expected a number from -6 to 6"),
        ("b", 2.1, "b is 2.1, expected a number from -2 to 2"),
        ("pulse", 31, "pulse is 31, expected a whole number from 1 to 30"),
        ("t", 0, "t is 0, expected a whole number from 1 to 40"),
    ],
)
def test_bad_values_are_refused(trait: str, value: object, message: str) -> None:
    with pytest.raises(traitlets.TraitError, match=re.escape(message)):
        HoldABit(**{trait: value})


@pytest.mark.parametrize("state", [{}, *PRESETS.values(), {"pulse": 1}, {"pulse": 30, "w": 3.0}], ids=str)
def test_still_and_table_hold_the_states(state: dict[str, Any]) -> None:
    widget = HoldABit(**state)
    states = by_torch({name: getattr(widget, name) for name in "wub"}, widget.pulse)
    caption, header, rows = widget.table()
    assert f"{widget.score().before + widget.score().after} of 40 steps right" in caption
    assert header[0] == "step t" and len(rows) >= 6
    for step, x, h, side in rows:
        assert float(h.replace("−", "-")) == pytest.approx(states[int(step)], abs=5e-5)
        assert x == str(int(int(step) == widget.pulse))
        assert side == ("right" if widget.score().right[int(step) - 1] else "wrong")
    still = ElementTree.fromstring(widget.still())
    _, _, width, height = map(float, still.get("viewBox", "").split())
    for line in still.iter("polyline"):
        for point in line.get("points", "").split():
            x, y = map(float, point.split(","))
            assert 0 <= x <= width and 0 <= y <= height
    assert len(list(still.iter("circle"))) == len(fixed_points(widget.w, widget.b))
