"""The layer grid's numbers are those of torch.nn's stacks, in Python and in its JavaScript, run in V8."""

import re
from typing import Any
from xml.etree import ElementTree

import pytest
import torch
import traitlets
from hypothesis import given, settings
from hypothesis import strategies as st
from js_engine import Run, widget_runner
from torch import Tensor, nn

from rnnlib.widgets import LayerGrid
from rnnlib.widgets.layer_grid import INPUTS, MOST_LAYERS, MOST_STEPS, MOST_UNITS, draw, short, wave_of

EXACT = 1e-9
LAYERS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
PARAMETERS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")

State = dict[str, Any]


@pytest.fixture(scope="module")
def js() -> Run:
    """Evaluate JavaScript beside the widget's shipped modules; keyword values become constants in it."""
    return widget_runner("layer_grid", names="core, ui, layer_grid: grid")


@st.composite
def states(draw_: st.DrawFn) -> State:
    """Settings anywhere in the controls' ranges; a nudge beyond the grid acts at its edge."""
    return {
        "layers": draw_(st.integers(1, MOST_LAYERS)),
        "width": draw_(st.integers(1, MOST_UNITS)),
        "cell": draw_(st.sampled_from(list(LAYERS))),
        "length": draw_(st.integers(2, MOST_STEPS)),
        "nudge_layer": draw_(st.integers(1, MOST_LAYERS)),
        "nudge_step": draw_(st.integers(1, MOST_STEPS)),
        "nudge": draw_(st.floats(0.1, 2)) * draw_(st.sampled_from([-1, 1])),
    }


SETTINGS: list[State] = [  # 24 settings of their own
    {
        "layers": 1 + k % 4,
        "width": 1 + (5 * k) % 6,
        "cell": ("rnn", "gru", "lstm")[(k + k // 3) % 3],
        "length": 2 + (7 * k) % 11,
        "nudge_layer": 1 + (k // 4) % 4,
        "nudge_step": 1 + (3 * k) % 12,
        "nudge": (0.5, -1.5, 2.0, 0.1, -0.3)[k % 5],
    }
    for k in range(24)
]


# ---- a reference in PyTorch ------------------------------------------------------------------------------


@torch.no_grad()
def stacked(widget: LayerGrid, layers: slice = slice(None)) -> nn.RNNBase:
    """torch.nn's stacked module with the widget's weights, or with some of its layers."""
    cells = widget.cells()[layers]
    network = LAYERS[widget.cell](cells[0].input_size, widget.width, len(cells)).double()
    weights = {f"{name}_l{k}": getattr(cell, name) for k, cell in enumerate(cells) for name in PARAMETERS}
    network.load_state_dict(weights)
    return network


def inputs(widget: LayerGrid) -> Tensor:
    return torch.tensor(widget.payload["inputs"][: widget.length], dtype=torch.float64)


@torch.no_grad()
def hidden(widget: LayerGrid) -> Tensor:
    """h of every layer, (L, T, H): `output` of the stack cut above each layer."""
    return torch.stack([stacked(widget, slice(k + 1))(inputs(widget))[0] for k in range(widget.layers)])


@torch.no_grad()
def nudged(widget: LayerGrid) -> Tensor:
    """h of every layer with the nudge, by single layers of torch.nn: the nudged one is stopped at its step,
    its state raised, and started again."""
    layer, step = widget.place
    x, rows = inputs(widget), []
    for k in range(widget.layers):
        one = stacked(widget, slice(k, k + 1))
        if k + 1 == layer:
            before, state = one(x[:step])
            h = (state[0] if isinstance(state, tuple) else state) + widget.nudge
            again = (h, state[1]) if isinstance(state, tuple) else h
            after = one(x[step:], again)[0] if step < len(x) else before[:0]
            x = torch.cat([before[:-1], h, after])
        else:
            x = one(x)[0]
        rows.append(x)
    return torch.stack(rows)


def assert_close(found: Any, wanted: Tensor) -> None:
    found = torch.as_tensor(found, dtype=torch.float64)
    torch.testing.assert_close(found, wanted, rtol=EXACT, atol=EXACT)


def in_page(js: Run, widget: LayerGrid) -> dict[str, Any]:
    """What the widget's JavaScript makes of the settings."""
    return js("grid.run(state, payload)", state=widget.settings(), payload=widget.payload)


# ---- states, the result, the count -----------------------------------------------------------------------


def check_states(js: Run, state: State) -> None:
    """All states are torch.nn's; `output` is the top row, `h_n` and `c_n` the last column, bit for bit."""
    widget = LayerGrid(**state)
    page, ours = in_page(js, widget), widget.run()
    with torch.no_grad():
        output, last = stacked(widget)(inputs(widget))
    h_n, c_n = last if widget.cell == "lstm" else (last, None)
    for h, c in ((torch.tensor(page["h"], dtype=torch.float64), page["c"]), ours):
        assert_close(h, hidden(widget))
        assert_close(h[-1], output)
        assert_close(h[:, -1], h_n)
        assert torch.equal(h[-1][-1], h[:, -1][-1])
        assert (c is None) == (c_n is None)
        if c is not None:
            assert_close(torch.as_tensor(c, dtype=torch.float64)[:, -1], c_n)
    assert torch.equal(output[-1], h_n[-1])


def check_nudge(js: Run, state: State) -> None:
    """Inside the cone the change is torch.nn's; outside no bit differs, though all is computed anew."""
    widget = LayerGrid(**state)
    page, ours = in_page(js, widget), widget.change()
    wanted = (nudged(widget) - hidden(widget)).abs().amax(-1)
    assert_close(page["change"], wanted)
    assert_close(ours, wanted)
    layer, step = widget.place
    assert (page["place"]["layer"], page["place"]["step"]) == (layer, step)
    for k in range(widget.layers):
        for t in range(widget.length):
            if k + 1 < layer or t + 1 < step:
                assert page["nudged"]["h"][k][t] == page["h"][k][t]
                assert page["change"][k][t] == 0 == ours[k, t]


def check_count(js: Run, state: State) -> None:
    widget = LayerGrid(**state)
    wanted = sum(p.numel() for p in stacked(widget).parameters())
    page = js(
        "grid.run(state, payload).cells.map(core.count_parameters)",
        state=widget.settings(),
        payload=widget.payload,
    )
    assert sum(page) == widget.num_parameters() == wanted


@pytest.mark.parametrize("state", SETTINGS, ids=lambda state: "-".join(map(str, state.values())))
def test_states_nudge_and_count_are_torchs(js: Run, state: State) -> None:
    check_states(js, state)
    check_nudge(js, state)
    check_count(js, state)


@settings(max_examples=40)
@given(state=states())
def test_states_nudge_and_count_are_torchs_anywhere(js: Run, state: State) -> None:
    check_states(js, state)
    check_nudge(js, state)
    check_count(js, state)


@settings(max_examples=20)
@given(state=states())
def test_a_nudge_of_0_changes_no_bit(js: Run, state: State) -> None:
    widget = LayerGrid(**{**state, "nudge": 0.0})
    page = in_page(js, widget)
    assert page["nudged"]["h"] == page["h"] and not any(map(any, page["change"]))
    assert not widget.change().any()


@pytest.mark.parametrize("cell", LAYERS)
@pytest.mark.parametrize("width", [2, 4, 6])
def test_the_whole_cone_changes(js: Run, cell: str, width: int) -> None:
    """Every cell that the cone reaches moves, where units and nudge are not too small for float64."""
    for layer in (1, 2, 3):
        for step in (1, 4, 8):
            widget = LayerGrid(cell=cell, width=width, nudge_layer=layer, nudge_step=step)
            moved = torch.tensor(in_page(js, widget)["change"]) > 0
            cone = torch.zeros(3, 8, dtype=torch.bool)
            cone[layer - 1 :, step - 1 :] = True
            assert torch.equal(moved, cone) and torch.equal(widget.change() > 0, cone)


# ---- waves -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layers", range(1, MOST_LAYERS + 1))
@pytest.mark.parametrize("length", range(2, MOST_STEPS + 1))
def test_waves_compute_each_cell_once_and_after_what_it_reads(js: Run, layers: int, length: int) -> None:
    count = layers + length - 1
    waves = js(
        "waves.map((w) => core.cells_of_wave(L, T, w))", waves=[*range(1, count + 1)], L=layers, T=length
    )
    places = {(cell["layer"], cell["step"]): w for w, cells in enumerate(waves, start=1) for cell in cells}
    assert len(places) == sum(map(len, waves)) == layers * length and all(waves)
    for (layer, step), wave in places.items():
        assert wave == wave_of(layer, step)
        for read in ((layer - 1, step), (layer, step - 1)):
            assert places.get(read, 0) < wave
    beyond = js("[0, w].flatMap((w) => core.cells_of_wave(L, T, w))", L=layers, T=length, w=count + 1)
    assert beyond == []


def test_no_cell_reads_another_of_its_wave_or_of_a_later_one() -> None:
    """By autograd on torch.nn: a state's gradient by each input reaches no step after its own."""
    widget = LayerGrid(layers=2, cell="gru")
    x = inputs(widget).requires_grad_()
    output, _ = stacked(widget)(x)
    for t in range(widget.length):
        (slope,) = torch.autograd.grad(output[t].sum(), x, retain_graph=True)
        assert slope[: t + 1].abs().amin(0).all() and not slope[t + 1 :].any()


# ---- weights ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", LAYERS)
@pytest.mark.parametrize("width", range(1, MOST_UNITS + 1))
def test_javascript_and_python_cut_the_same_weights(js: Run, cell: str, width: int) -> None:
    widget = LayerGrid(layers=4, cell=cell, width=width)
    page = in_page(js, widget)["cells"]
    for ours, theirs in zip(widget.cells(), page, strict=True):
        assert theirs["kind"] == cell
        for name in PARAMETERS:
            assert getattr(ours, name).tolist() == theirs[name]  # to the last bit
    shapes = {name: p.shape for name, p in stacked(widget).named_parameters()}
    fresh = LAYERS[cell](INPUTS, width, 4).named_parameters()
    assert shapes == {name: p.shape for name, p in fresh}


def test_weights_are_drawn_as_pytorch_draws_them() -> None:
    """Times sqrt(H) evenly from -1 to 1; of a seed always the same, of another seed others."""
    numbers = torch.cat([torch.tensor(v).flatten() for layer in draw(0)["layers"] for v in layer.values()])
    assert numbers.abs().max() <= 1 and numbers.min() < -0.99 and numbers.max() > 0.99
    assert abs(numbers.mean()) < 0.05 and abs(numbers.std() - 3**-0.5) < 0.03
    with torch.random.fork_rng():
        torch.manual_seed(0)
        first = nn.LSTM(INPUTS, MOST_UNITS, dtype=torch.float64)
    stored = torch.tensor(draw(0)["layers"][0]["weight_ih"], dtype=torch.float64)
    torch.testing.assert_close(stored / MOST_UNITS**0.5, first.weight_ih_l0.detach(), rtol=0, atol=3e-4)
    before = torch.random.get_rng_state()
    assert draw.__wrapped__(0) == draw(0) != draw(1)
    assert torch.equal(before, torch.random.get_rng_state())
    assert LayerGrid(seed=1).payload == draw(1) and not LayerGrid(seed=1).run().h.equal(LayerGrid().run().h)


# ---- the widget in Python --------------------------------------------------------------------------------


def test_the_default_view_tells_the_story() -> None:
    """Wave 4 of 10 is under way in all three layers; half of the cells keep every bit."""
    widget = LayerGrid()
    assert (widget.num_waves, widget.step, widget.place) == (10, 4, (2, 3))
    change = widget.change()
    assert (change == 0).sum() == 12 and (change[1:, 2:] > 0.001).all()
    caption, header, rows = widget.table()
    assert "24 cells in 10 waves, 448 parameters" in caption and "0.5 at layer 2, step 3" in caption
    assert header[1] == "wave, layer 1" and header[-1] == "change, layer 3"
    assert [row[0] for row in rows] == [str(t) for t in range(1, 9)]
    assert rows[2][1:5] == ["3", "4", "5", "0"] and rows[2][5] == "0.5000"


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"layers": 5}, "layers is 5, expected a whole number from 1 to 4"),
        ({"width": 0}, "width is 0, expected a whole number from 1 to 6"),
        ({"cell": "mlp"}, "cell is 'mlp', expected one of 'rnn', 'gru', 'lstm'"),
        ({"length": 1}, "length is 1, expected a whole number from 2 to 12"),
        ({"step": 16}, "step is 16, expected a whole number from 1 to 15"),
        ({"nudge_layer": 0}, "nudge_layer is 0, expected one of 1, 2, 3, 4"),
        ({"nudge_step": 13}, "nudge_step is 13, expected a whole number from 1 to 12"),
        ({"nudge": 3.0}, "nudge is 3.0, expected a number from -2 to 2"),
        ({"result": "hn"}, "result is 'hn', expected one of 'output', 'h_n', 'c_n'"),
        ({"depth": 2}, "LayerGrid has no trait 'depth'; it has id, cell, layers"),
    ],
)
def test_bad_values_are_refused(state: State, message: str) -> None:
    with pytest.raises(traitlets.TraitError, match=re.escape(message)):
        LayerGrid(**state)


def test_what_lies_beyond_the_grid_is_taken_at_its_edge() -> None:
    widget = LayerGrid(layers=2, length=3, step=15, nudge_layer=4, nudge_step=12)
    assert widget.place == (2, 3) and widget.num_waves == 4
    assert widget.change().nonzero().tolist() == [[1, 2]]


@pytest.mark.parametrize("state", [{}, *SETTINGS[:8], {"layers": 4, "length": 12, "step": 15}], ids=str)
def test_the_still_draws_what_is_set(state: State) -> None:
    widget = LayerGrid(**state)
    still = ElementTree.fromstring(widget.still())
    _, _, width, height = map(float, still.get("viewBox", "").split())
    for label in still.iter("text"):
        assert 0 <= float(label.get("x", "-1")) <= width and 0 <= float(label.get("y", "-1")) <= height
    for box in still.iter("rect"):
        x, y, w, h = (float(box.get(name, "-1")) for name in ("x", "y", "width", "height"))
        assert 0 <= x <= x + w <= width and 0 <= y <= y + h <= height
    texts = [label.text for label in still.iter("text")]
    assert texts.count("output") == 1 and ("h_n, c_n" if widget.cell == "lstm" else "h_n") in texts
    cells = widget.layers * widget.length
    moved = int(widget.change().count_nonzero())
    assert f"changes {moved} of {cells} cells" in still.get("aria-label", "")
    assert texts.count("0") == cells - moved
    assert texts.count(str(widget.num_waves)) >= 1


@pytest.mark.parametrize("value", [0, 1.234, 0.5, 0.0123, 0.00987, 0.001, 9e-4, 2.4e-7, 1.1e-16])
def test_a_change_is_written_alike_in_python_and_javascript(js: Run, value: float) -> None:
    text, share = js("[grid.size_text(value), grid.share_of(value)]", value=value)
    assert text == short(value)
    assert (share == 0) == (value == 0) and 0 <= share <= 1
