"""The unrolled calculator's numbers are PyTorch's, in Python and in its JavaScript as shipped, run in V8."""

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

from rnnlib.widgets import UnrolledCalculator
from rnnlib.widgets.unrolled_calculator import READOUT, WEIGHTS, values_of

EXACT = 1e-9

State = dict[str, Any]


@pytest.fixture(scope="module")
def js() -> Run:
    """Evaluate JavaScript beside the widget's shipped modules; keyword values become constants in it."""
    return widget_runner("unrolled_calculator", names="core, ui, unrolled_calculator: calc")


# ---- a reference in PyTorch ------------------------------------------------------------------------------


@st.composite
def states(draw: st.DrawFn) -> State:
    """Settings anywhere in the controls' ranges, or on their round numbers."""
    size = st.one_of(st.floats(-2, 2), st.integers(-20, 20).map(lambda k: k / 10))
    steps = draw(st.integers(3, 5))
    counts = {"inputs": steps, "weight_ih": 2, "weight_hh": 4, "bias": 2}
    lists = {name: draw(st.lists(size, min_size=n, max_size=n)) for name, n in counts.items()}
    return {
        **lists,
        "target": draw(size),
        "loss_at": draw(st.sampled_from(["last", "every"])),
        "weight": draw(st.sampled_from(list(WEIGHTS))),
    }


SETTINGS: list[State] = [  # 24 settings of their own, drawn once
    {
        "inputs": [round(math.sin(3.1 * k + t) * 2, 1) for t in range(3 + k % 3)],
        "weight_ih": [round(math.cos(k + j), 2) for j in range(2)],
        "weight_hh": [round(1.5 * math.sin(2 * k + 5 * j), 2) for j in range(4)],
        "bias": [0.0, 0.0] if k % 2 else [round(0.3 * math.cos(3 * k + j), 2) for j in range(2)],
        "target": round(math.sin(k), 2),
        "loss_at": "every" if k % 4 == 3 else "last",
    }
    for k in range(24)
]


def tensor(values: Any) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def shared_cell(state: State) -> torch.nn.RNNCell:
    """`torch.nn.RNNCell` with the settings' weights; b is its first bias, the second stays 0."""
    cell = torch.nn.RNNCell(1, 2).double()
    weights = {
        "weight_ih": tensor(state["weight_ih"]).view(2, 1),
        "weight_hh": tensor(state["weight_hh"]).view(2, 2),
        "bias_ih": tensor(state["bias"]),
        "bias_hh": torch.zeros(2, dtype=torch.float64),
    }
    cell.load_state_dict(weights)
    return cell


def unroll(cells: list[torch.nn.RNNCell], state: State) -> tuple[list[Tensor], Tensor, Tensor]:
    """States, read-outs and loss of one cell a step: of the same cell each time, or of copies."""
    h = torch.zeros(1, 2, dtype=torch.float64)
    hidden = []
    for cell, x in zip(cells, state["inputs"], strict=True):
        h = cell(tensor([[x]]), h)
        hidden.append(h)
    y = torch.cat(hidden) @ tensor(READOUT)
    error = (y if state["loss_at"] == "every" else y[-1:]) - state["target"]
    return hidden, y, (error**2).sum() / 2


def reference(state: State) -> dict[str, Tensor]:
    """By autograd with one cell for all steps: states, dL/dh, gradients of the shared weights."""
    cell = shared_cell(state)
    hidden, y, loss = unroll([cell] * len(state["inputs"]), state)
    for h in hidden:
        h.retain_grad()
    loss.backward()
    return {
        "h": torch.cat(hidden).detach(),
        "y": y.detach(),
        "loss": loss.detach(),
        "dh": torch.cat([h.grad for h in hidden]),
        "weight_ih": cell.weight_ih.grad,
        "weight_hh": cell.weight_hh.grad,
        "bias": cell.bias_ih.grad,
    }


def reference_shares(state: State) -> dict[str, Tensor]:
    """By autograd with a cell of its own for every step: the gradient of each copy, (T, ...)."""
    cells = [shared_cell(state) for _ in state["inputs"]]
    *_, loss = unroll(cells, state)
    loss.backward()
    names = {"weight_ih": "weight_ih", "weight_hh": "weight_hh", "bias": "bias_ih"}
    return {name: torch.stack([getattr(cell, own).grad for cell in cells]) for name, own in names.items()}


def in_page(js: Run, state: State) -> dict[str, Any]:
    """What the widget's JavaScript makes of the settings."""
    run = js("calc.run(state)", state={**state, "readout": READOUT})
    shares = {"weight_ih": "weight_ih", "weight_hh": "weight_hh", "bias": "bias_ih"}
    return {
        "h": run["h"][1:],
        "dh": run["dh"][1:],
        "y": run["y"],
        "loss": run["loss"],
        "shares": {name: [term[own] for term in run["terms"]] for name, own in shares.items()},
    }


def assert_close(found: Any, wanted: Tensor, tolerance: float = EXACT) -> None:
    torch.testing.assert_close(tensor(found), wanted, rtol=tolerance, atol=tolerance)


# ---- the numbers -----------------------------------------------------------------------------------------


def check_against_torch(js: Run, state: State) -> None:
    """States, gradients and shares, in the page and in Python, are those of torch.nn.RNNCell."""
    found, wanted, shares = in_page(js, state), reference(state), reference_shares(state)
    ours = UnrolledCalculator(**state).run()
    for name in ("h", "y", "loss", "dh"):
        assert_close(found[name], wanted[name])
        torch.testing.assert_close(getattr(ours, name), wanted[name], rtol=EXACT, atol=EXACT)
    for name, share in shares.items():
        assert_close(found["shares"][name], share)
        assert_close(tensor(found["shares"][name]).sum(0).tolist(), wanted[name])
        torch.testing.assert_close(ours.shares[name], share, rtol=EXACT, atol=EXACT)


@pytest.mark.parametrize("state", SETTINGS, ids=lambda state: str(state["inputs"]))
def test_states_gradients_and_shares_are_torchs(js: Run, state: State) -> None:
    check_against_torch(js, state)


@given(state=states())
def test_states_gradients_and_shares_are_torchs_anywhere(js: Run, state: State) -> None:
    check_against_torch(js, state)


@given(state=states())
def test_a_nudge_of_the_weight_at_every_step_gives_the_sum_of_the_shares(js: Run, state: State) -> None:
    page = """(() => {
      const weight = calc.WEIGHTS.find((w) => w.name === state.weight);
      return [calc.nudged(state, weight), core.totals_from_last(calc.shares_of(calc.run(state), weight))];
    })()"""
    by_nudge, totals = js(page, state={**state, "readout": READOUT})
    parameter, place = WEIGHTS[state["weight"]]
    wanted = reference(state)[parameter][place].item()
    assert by_nudge == pytest.approx(wanted, abs=1e-6, rel=1e-6)
    assert totals[0] == pytest.approx(wanted, abs=EXACT, rel=EXACT)
    share = reference_shares(state)[parameter][(slice(None), *place)]
    assert_close(totals, share.flip(0).cumsum(0).flip(0))


@given(seed=st.integers(0, 10**6), kind=st.sampled_from(["rnn", "gru", "lstm"]), T=st.integers(1, 6))
def test_terms_add_up_to_backward_for_any_cell(js: Run, seed: int, kind: str, T: int) -> None:
    """The loss on the last state alone: `bptt_terms` is `backward` taken apart."""
    rows = {"rnn": 1, "gru": 3, "lstm": 4}[kind] * 3
    generator = torch.Generator().manual_seed(seed)
    shapes = {"weight_ih": (rows, 2), "weight_hh": (rows, 3), "bias_ih": (rows,), "bias_hh": (rows,)}
    cell = {n: torch.randn(s, generator=generator, dtype=torch.float64).tolist() for n, s in shapes.items()}
    x = torch.randn(T, 2, generator=generator, dtype=torch.float64).tolist()
    page = """(() => {
      const trace = core.forward(cell, x);
      const dh = x.map((_, k) => (k === x.length - 1 ? [1, -2, 0.5] : [0, 0, 0]));
      return [core.backward(cell, trace, [1, -2, 0.5]), core.bptt_terms(cell, trace, dh)];
    })()"""
    whole, apart = js(page, cell={"kind": kind, **cell}, x=x)
    assert_close(apart["h"], tensor(whole["h"]))
    for name in shapes:
        added = tensor([term[name] for term in apart["terms"]]).sum(0)
        assert_close(added.tolist(), tensor(whole["parameters"][name]))


# ---- what is computed from what --------------------------------------------------------------------------


@pytest.mark.parametrize("loss_at", ["last", "every"])
@pytest.mark.parametrize("T", [3, 5])
def test_ancestors_are_what_has_a_gradient(js: Run, T: int, loss_at: str) -> None:
    """With no weight 0, a state or input moves a value exactly if it is marked as its ancestor."""
    x = tensor([0.3, -0.7, 0.5, 0.9, -0.4][:T]).requires_grad_()
    W, U, b = tensor([[0.7, 0.3], [-0.4, 0.9]]), tensor([0.6, -0.8]), tensor([0.1, -0.2])
    nodes: dict[str, Tensor] = {}
    h = [torch.zeros((), dtype=torch.float64, requires_grad=True) for _ in range(2)]
    for t in range(T):
        nodes[f"x_{t + 1}"] = x_t = x[t]
        h = [torch.tanh(U[j] * x_t + b[j] + W[j, 0] * h[0] + W[j, 1] * h[1]) for j in range(2)]
        nodes |= {f"h1_{t + 1}": h[0], f"h2_{t + 1}": h[1]}
        nodes[f"y_{t + 1}"] = READOUT[0] * h[0] + READOUT[1] * h[1]
    compared = range(1, T + 1) if loss_at == "every" else [T]
    nodes["L"] = sum((nodes[f"y_{t}"] - 0.17) ** 2 for t in compared) / 2
    for value in values_of(T):
        others = {name: node for name, node in nodes.items() if name != value}
        slopes = torch.autograd.grad(nodes[value], [*others.values()], retain_graph=True, allow_unused=True)
        moving = {name for name, slope in zip(others, slopes, strict=True) if slope}
        page = "[...calc.ancestors_of(value, calc.edges_of(T, every))]"
        marked = js(page, value=value, T=T, every=loss_at == "every")
        assert {name for name in marked if not name.endswith("_0")} == moving


# ---- the formulas that stand on the page -----------------------------------------------------------------

VIEW = """(() => {
  const weight = calc.WEIGHTS.find((w) => w.name === state.weight);
  const result = calc.run(state);
  const view = { ...state, ...result, weight, every: state.loss_at === "every", T: state.inputs.length,
    share: calc.shares_of(result, weight) };
  const of = ({ name, expression, names, operands }) =>
    [name, ui.evaluate(expression, operands), operands.length - names.length];
  return [of(calc.value_line(view)), ...calc.share_steps(view).map(of)];
})()"""


@given(state=states(), data=st.data())
def test_formulas_give_the_numbers_of_the_core(js: Run, state: State, data: st.DataObject) -> None:
    T = len(state["inputs"])
    step = data.draw(st.integers(1, T))
    value = data.draw(st.sampled_from(values_of(T)))
    lines = js(VIEW, state={**state, "readout": READOUT, "step": step, "value": value})
    assert all(unnamed == 0 for _, _, unnamed in lines)
    found = {name: number for name, number, _ in lines}
    wanted, shares = reference(state), reference_shares(state)
    parameter, place = WEIGHTS[state["weight"]]
    share = shares[parameter][(slice(None), *place)]
    unit, t = place[0], step - 1
    name, _, at = value.partition("_")
    number = {"L": wanted["loss"], "y": wanted["y"], "h1": wanted["h"][:, 0], "h2": wanted["h"][:, 1]}[name]
    expected = {
        "value": number.item() if name == "L" else number[int(at) - 1].item(),
        "arriving": wanted["dh"][t, unit].item(),
        "delta": shares["bias"][t, unit].item(),
        "share": share[t].item(),
        "sum": share[t:].sum().item(),
    }
    assert found == pytest.approx(expected, rel=EXACT, abs=EXACT)


# ---- the claims of the settings to try -------------------------------------------------------------------

CANCELLING = {3: [0.4, 0.9, 0.9], 4: [1.0, 0.5, -0.5, 1.0], 5: [0.5, 1.0, 0.5, -0.5, 1.0]}


def share(**state: Any) -> Tensor:
    widget = UnrolledCalculator(**state)
    parameter, place = WEIGHTS[widget.weight]
    return widget.run().shares[parameter][(slice(None), *place)]


@pytest.mark.parametrize("T", [3, 4, 5])
def test_one_step_matters(T: int) -> None:
    found = share(inputs=[0, 1, *[0] * (T - 2)], weight="u1")
    assert found[1].abs() > 0.1 and found.count_nonzero() == 1


@pytest.mark.parametrize("T", [3, 4, 5])
def test_early_steps_vanish(T: int) -> None:
    found = share(inputs=[1] * T, weight_hh=[0.2, 0, 0, 0.2], weight="u1").abs()
    assert found[-1] > 0.9 and (found[:-1] < 0.2 * found[1:]).all()


@pytest.mark.parametrize("T", [3, 4, 5])
def test_shares_cancel(T: int) -> None:
    found = share(inputs=CANCELLING[T], weight="u2")
    assert found.abs().max() > 0.2 and found.sum().abs() < 0.005 and (found.abs() > 0.05).all()


def test_the_default_view_tells_the_story() -> None:
    """Three shares of one weight, of both signs; none at step 1, where w multiplies h_0 = 0."""
    found = share()
    assert [round(v, 4) for v in found.tolist()] == [0.0, 0.2489, 0.3621, -0.1583]
    caption, header, rows = UnrolledCalculator().table()
    assert "∂L/∂w₁₁ = 0.4527" in caption and header[-2:] == ["share of ∂L/∂w₁₁", "from t to 4"]
    assert [row[-2:] for row in rows] == [
        ["0.0000", "0.4527"], ["0.2489", "0.4527"], ["0.3621", "0.2038"], ["−0.1583", "−0.1583"],
    ]  # fmt: skip


# ---- the widget in Python --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"inputs": [1, 2]}, "inputs has 2 numbers, expected 3 to 5"),
        ({"inputs": [1] * 6}, "inputs has 6 numbers, expected 3 to 5"),
        ({"inputs": [1, 2, 3]}, "inputs is [1, 2, 3], expected a list of numbers from -2 to 2"),
        ({"weight_hh": [1, 2]}, "weight_hh is [1, 2], expected a list of 4 numbers from -2 to 2"),
        ({"step": 5}, "step is 5, expected a whole number from 1 to 4"),
        ({"value": "h1_5"}, "value is 'h1_5', expected one of h1_1, h2_1, y_1, h1_2"),
        ({"value": "h3_1"}, "value is 'h3_1', expected one of 'h1_1'"),
        ({"weight": "w13"}, "weight is 'w13', expected one of 'w11', 'w12'"),
    ],
)
def test_bad_values_are_refused(state: State, message: str) -> None:
    with pytest.raises(traitlets.TraitError, match=re.escape(message)):
        UnrolledCalculator(**state)


def test_the_number_of_steps_is_fixed_at_the_start() -> None:
    widget = UnrolledCalculator(inputs=[1, 0, 1, 0, 1], step=5, value="y_5")
    controls = widget.controls
    assert (controls["step"]["max"], controls["inputs"]["size"]) == (5, 5)
    assert controls["value"]["options"] == values_of(5) and len(values_of(5)) == 16
    with pytest.raises(traitlets.TraitError, match="inputs has 4 numbers, expected 5, as at the start"):
        widget.inputs = [1, 0, 1, 0]
    assert UnrolledCalculator().controls["value"]["options"] == values_of(4)


STATES: list[State] = [{}, *SETTINGS[:6], {"weight_ih": [0, 0], "weight": "b2"}, {"target": 2.0, "step": 4}]


@pytest.mark.parametrize("state", STATES, ids=str)
def test_the_still_draws_what_is_set(state: State) -> None:
    widget = UnrolledCalculator(**state)
    still = ElementTree.fromstring(widget.still())
    text = ElementTree.tostring(still, encoding="unicode")
    assert "nan" not in text and not re.search(r"\binf\b", text)
    _, _, width, height = map(float, still.get("viewBox", "").split())
    for label in still.iter("text"):
        assert 0 <= float(label.get("x", "-1")) <= width and 0 <= float(label.get("y", "-1")) <= height
    for box in still.iter("rect"):
        x, y, w, h = (float(box.get(name, "-1")) for name in ("x", "y", "width", "height"))
        assert 0 <= x <= x + w <= width and 0 <= y <= y + h <= height
    said = still.get("aria-label", "")
    parameter, place = WEIGHTS[widget.weight]
    total = widget.run().shares[parameter].sum(0)[place].item()
    assert f"in all {total:z.3f}".replace("-", "−") in said
