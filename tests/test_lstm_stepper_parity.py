"""LSTMStepper: browser, Python and PyTorch compute the same; the widget takes and refuses what it should."""

import json
import math
import re
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
import traitlets
from js_engine import widget_engine
from py_mini_racer import MiniRacer

from rnnlib.cells import LSTMCell
from rnnlib.widgets import LSTMStepper

SEEDS = range(24)
QUANTITIES = ("i", "f", "g", "o", "c", "h")
LOCKS = ("lock_i", "lock_f", "lock_o")


@pytest.fixture(scope="module")
def javascript() -> MiniRacer:
    """The widget's own module, without a page."""
    return widget_engine("lstm_stepper")


def in_javascript(engine: MiniRacer, widget: LSTMStepper) -> dict:
    """What the page computes from the widget's state: everything that it shows."""
    state = json.dumps({**widget.settings(), "payload": widget.payload})
    return json.loads(
        engine.eval(
            f"(() => {{ const state = {state}; const get = (name) => state[name];"
            "const { compute, gates_of } = $modules.lstm_stepper; const view = compute({ get });"
            "return JSON.stringify({ ...view, gates: gates_of(view.run) }); })()"
        )
    )


def drawn(seed: int, dtype: torch.dtype = torch.float64) -> tuple[torch.nn.LSTMCell, dict]:
    """A torch cell of 1 to 3 units with large weights, and settings of the widget, both from a seed."""
    generator = torch.Generator().manual_seed(seed)
    cell = torch.nn.LSTMCell(1, 1 + seed % 3).to(dtype)
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.copy_(1.5 * torch.randn(parameter.shape, generator=generator))
    steps = 1 + seed % 12

    def uniform(count: int, size: float, decimals: int) -> list[float]:
        values = torch.rand(count, generator=generator, dtype=torch.float64)
        return (2 * values - 1).mul(size).round(decimals=decimals).tolist()

    biases = dict(zip(("bias_i", "bias_f", "bias_g", "bias_o"), uniform(4, 6, 1), strict=True))
    return cell, {"inputs": uniform(steps, 3, 2), "t": steps, **biases}


def locks_of(seed: int, steps: int) -> dict[str, list[float | None]]:
    """Some gates locked at some steps, at 0, at 1 and between."""
    generator = torch.Generator().manual_seed(seed)
    levels = (None, None, 0.0, 1.0, 0.37)
    return {
        name: [levels[k] for k in torch.randint(5, (steps,), generator=generator).tolist()] for name in LOCKS
    }


def by_torch(cell: torch.nn.LSTMCell, settings: dict) -> tuple[torch.Tensor, torch.Tensor]:
    """h and c (T, H) of `torch.nn.LSTMCell` with the settings' biases added."""
    H = cell.hidden_size
    with torch.no_grad():
        for block, gate in enumerate("ifgo"):
            cell.bias_ih[block * H : (block + 1) * H] += settings[f"bias_{gate}"]
        h = c = torch.zeros(1, H, dtype=cell.weight_hh.dtype)
        hidden, memory = [], []
        for x in settings["inputs"]:
            h, c = cell(torch.tensor([[x]], dtype=h.dtype), (h, c))
            hidden.append(h)
            memory.append(c)
    return torch.cat(hidden).double(), torch.cat(memory).double()


def by_numpy(weights: dict, settings: dict) -> dict[str, np.ndarray]:
    """The equations written out, gate by gate, with what is locked put in."""
    H = len(weights["weight_hh"][0])
    W, U = np.array(weights["weight_ih"])[:, 0], np.array(weights["weight_hh"])
    b = np.array(weights["bias_ih"]) + np.array(weights["bias_hh"])
    h = c = np.zeros(H)
    rows = {name: [] for name in QUANTITIES}
    for k, x in enumerate(settings["inputs"]):
        gate = {}
        for block, name in enumerate("ifgo"):
            part = slice(block * H, (block + 1) * H)
            a = W[part] * x + U[part] @ h + b[part] + settings[f"bias_{name}"]
            gate[name] = np.tanh(a) if name == "g" else 1 / (1 + np.exp(-a))
            value = settings[f"lock_{name}"][k] if name != "g" else None
            gate[name] = gate[name] if value is None else np.full(H, value)
        c = gate["f"] * c + gate["i"] * gate["g"]
        h = gate["o"] * np.tanh(c)
        for name, value in {**gate, "c": c, "h": h}.items():
            rows[name].append(value)
    return {name: np.array(values) for name, values in rows.items()}


def furthest(a: object, b: object) -> float:
    return float(np.abs(np.asarray(a, dtype=float) - np.asarray(b, dtype=float)).max())


# ---- against PyTorch ------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-9), (torch.float32, 1e-6)])
def test_unlocked_it_is_torch_lstmcell(javascript, seed, dtype, tolerance):
    cell, settings = drawn(seed, dtype)
    widget = LSTMStepper(weights=cell, **settings)
    hidden, memory = by_torch(cell, settings)
    shown = in_javascript(javascript, widget)["gates"]
    scale = max(1.0, float(memory.abs().max()))  # float32 has 7 digits, and c may be 12
    for found in (shown, widget.gates):
        assert furthest(found["h"], hidden) < tolerance
        assert furthest(found["c"], memory) < tolerance * scale


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("locked", [False, True])
def test_every_gate_and_state_is_its_equation(javascript, seed, locked):
    cell, settings = drawn(seed)
    locks = locks_of(seed, len(settings["inputs"])) if locked else {}
    widget = LSTMStepper(weights=cell, **settings, **locks)
    expected = by_numpy(widget.payload, widget.settings())
    shown = in_javascript(javascript, widget)["gates"]
    for name in QUANTITIES:
        assert furthest(shown[name], expected[name]) < 1e-11
        assert furthest(widget.gates[name], expected[name]) < 1e-11


@pytest.mark.parametrize("seed", SEEDS)
def test_h_is_o_times_tanh_c(javascript, seed):
    cell, settings = drawn(seed)
    widget = LSTMStepper(weights=cell, **settings, **locks_of(seed + 100, len(settings["inputs"])))
    for gates in (in_javascript(javascript, widget)["gates"], widget.gates):
        o, c, h = (np.array(gates[name]) for name in "och")
        assert furthest(h, o * np.tanh(c)) < 1e-15
        assert (np.abs(h) <= 1).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_f_1_and_i_0_leave_c_exactly_constant(javascript, seed):
    """Whatever x and h do; also when only the later steps are locked."""
    cell, settings = drawn(seed)
    steps = len(settings["inputs"])
    later = {"lock_f": [None, *[1.0] * (steps - 1)], "lock_i": [None, *[0.0] * (steps - 1)]}
    widget = LSTMStepper(weights=cell, **settings, **later)
    for gates in (in_javascript(javascript, widget)["gates"], widget.gates):
        assert gates["c"] == [gates["c"][0]] * steps
    whole = LSTMStepper(weights=cell, **settings, lock_f=1, lock_i=0)
    assert in_javascript(javascript, whole)["gates"]["c"] == [[0.0] * cell.hidden_size] * steps


def test_limiting_cases(javascript):
    cell, settings = drawn(7)  # two units, eight steps

    def gates(**locks: object) -> dict[str, np.ndarray]:
        found = in_javascript(javascript, LSTMStepper(weights=cell, **settings, **locks))["gates"]
        return {name: np.array(values) for name, values in found.items()}

    forgets = gates(lock_f=0)
    assert furthest(forgets["c"], forgets["i"] * forgets["g"]) == 0  # f = 0 forgets everything
    counts = gates(lock_f=1, lock_i=1)
    assert furthest(counts["c"], np.cumsum(counts["g"], axis=0)) < 1e-14  # c adds up the input node
    shut, open_ = gates(lock_o=0), gates(lock_o=1)
    assert not shut["h"].any() and np.abs(shut["c"]).max() > 0.1  # c is there, h is not
    assert furthest(open_["h"], np.tanh(open_["c"])) < 1e-15
    leak = gates(lock_f=0.9, lock_i=[1, *[0] * 7])
    share = leak["c"] / leak["c"][0]
    assert furthest(share[:, 0], 0.9 ** np.arange(8)) < 1e-15


def test_a_lock_at_one_step_leaves_the_steps_before_it():
    free, locked = LSTMStepper(), LSTMStepper(lock_f=[None] * 4 + [0.0] + [None] * 3)
    assert locked.gates["c"][:4] == free.gates["c"][:4]
    assert abs(locked.gates["c"][4][0]) < 0.01 < 0.9 < free.gates["c"][4][0]


def test_default_view_tells_the_story():
    """Unit 1 writes at step 2, keeps, shows at step 6 only; unit 2 hears of it only then."""
    run = {name: value.numpy() for name, value in LSTMStepper().run().items()}
    assert run["i"][1, 0] > 0.95 and (np.delete(run["i"][:, 0], 1) < 0.05).all()
    assert (run["c"][1:, 0] > 0.9).all()
    assert (np.abs(np.delete(run["h"][:, 0], 5)) < 0.02).all() and run["h"][5, 0] > 0.7
    assert (np.abs(run["c"][:6, 1]) < 0.01).all() and (run["c"][6:, 1] > 0.8).all()


# ---- what stands on screen ------------------------------------------------------------------------------


def test_the_cells_drawing_adds_up(javascript):
    for seed in SEEDS:
        cell, settings = drawn(seed)
        widget = LSTMStepper(weights=cell, **settings)
        view = in_javascript(javascript, widget)
        step = view["run"]["steps"][-1]
        parts = {name: np.array(values) for name, values in view["parts"].items()}
        assert (parts["kept"] + parts["written"] == np.array(step["c"])).all()
        assert (np.array(step["o"]) * parts["squashed"] == np.array(step["h"])).all()


def test_the_core_takes_locks_one_by_one(javascript):
    """`lstm_step` alone, as the sequence calls it; nothing locked is the step that the other widgets use."""
    code = (
        "(() => {{ const {{ lstm_step }} = $modules.core; const W = [[0.5], [-1], [2], [0.25]];"
        "return JSON.stringify(lstm_step([1, -1, 0.5, 2], [0.3], [-0.7], W, [0.1, 0.2, 0.3, 0.4]{})); }})()"
    )
    free = json.loads(javascript.eval(code.format("")))
    cell = torch.nn.LSTMCell(1, 1).double()
    cell.load_state_dict(
        {
            "weight_ih": torch.zeros(4, 1),
            "weight_hh": torch.tensor([[0.5], [-1], [2], [0.25]]),
            "bias_ih": torch.tensor([1, -1, 0.5, 2]),
            "bias_hh": torch.tensor([0.1, 0.2, 0.3, 0.4], dtype=torch.float64),
        }
    )
    with torch.no_grad():
        state = (torch.tensor([[0.3]]).double(), torch.tensor([[-0.7]]).double())
        h, c = cell(torch.zeros(1, 1, dtype=torch.float64), state)
    assert free["h"][0] == pytest.approx(h.item(), abs=1e-7) and free["c"][0] == pytest.approx(
        c.item(), abs=1e-7
    )
    assert json.loads(javascript.eval(code.format(", { lock_i: null }"))) == free
    for gate in "ifo":
        held = json.loads(javascript.eval(code.format(f", {{ lock_{gate}: 0.25 }}")))
        assert held[gate] == [0.25]
        assert {name: held[name] for name in "ifgo" if name != gate} == {
            name: free[name] for name in "ifgo" if name != gate
        }


# ---- the widget in Python -------------------------------------------------------------------------------


def test_gates_follow_every_trait():
    widget = LSTMStepper()
    for trait, value in {
        "inputs": [0.5] * 8,
        "bias_i": -2,
        "bias_f": 3,
        "bias_g": 0.5,
        "bias_o": 1,
        "lock_i": 0.25,
        "lock_f": [None, None, 1.0, None, None, 0.0, None, None],
        "lock_o": 0.5,
    }.items():
        earlier = widget.gates
        setattr(widget, trait, value)
        assert widget.gates != earlier, trait
    assert list(widget.gates) == list(QUANTITIES)
    assert np.array(widget.gates["h"]).shape == (8, 2)
    assert widget.lock_i == [0.25] * 8
    assert widget.gates["f"][2] == [1.0, 1.0] and widget.gates["f"][5] == [0.0, 0.0]
    widget.lock_f = None
    assert widget.lock_f == [None] * 8


def test_weights_come_from_cells_state_dicts_lists_and_seeds():
    cell = torch.nn.LSTMCell(1, 3)
    by_module = LSTMStepper(weights=cell)
    assert by_module.payload == LSTMStepper(weights=cell.state_dict()).payload
    assert by_module.payload == LSTMStepper(weights=by_module.payload).payload
    ours = LSTMCell(1, 3, dtype=torch.float32)
    ours.load_state_dict(cell.state_dict())
    assert by_module.payload == LSTMStepper(weights=ours).payload
    torch.manual_seed(7)
    expected = torch.nn.LSTMCell(1, 2)
    state = torch.random.get_rng_state()
    seeded = LSTMStepper(seed=7)
    assert torch.equal(torch.random.get_rng_state(), state)
    for name, value in expected.state_dict().items():
        assert seeded.payload[name] == value.double().tolist()
    assert LSTMStepper(hidden_size=1).hidden_size == 1


def test_controls_carry_the_limits_of_this_cell():
    widget = LSTMStepper(hidden_size=3, inputs=[0.5, -0.5])
    assert widget.t == 2 and widget.controls["t"]["max"] == 2
    assert widget.controls["unit"]["options"] == [1, 2, 3]
    for name in LOCKS:
        assert widget.controls[name] == {
            "kind": "numbers",
            "min": 0,
            "max": 1,
            "size": 2,
            "step": 0.01,
            "optional": True,
            "default": [None, None],
        }


REFUSED = {
    "t past the inputs": ({"t": 9}, "t is 9, expected a whole number from 1 to 8"),
    "unit past the cell": ({"unit": 3}, "unit is 3, expected a whole number from 1 to 2"),
    "no inputs": ({"inputs": []}, "inputs has 0 numbers, expected 1 to 12"),
    "input not a number": (
        {"inputs": [math.nan]},
        "inputs is .*nan.*, expected a list of numbers from -3 to 3",
    ),
    "bias out of range": ({"bias_f": 9}, "bias_f is 9, expected a number from -6 to 6"),
    "lock above one": ({"lock_f": 1.5}, "lock_f is 1.5, expected None, a number from 0 to 1"),
    "lock of another length": ({"lock_o": [0, 1]}, "lock_o has 2 values, expected 8"),
    "the input node has no lock": ({"lock_g": 1}, "LSTMStepper has no trait 'lock_g'"),
    "four units": ({"hidden_size": 4}, "hidden_size is 4, expected 1 to 3"),
    "weights and seed": ({"weights": {}, "seed": 1}, "seed is 1 and weights are given too"),
    "a wide cell": (
        {"weights": torch.nn.LSTMCell(1, 4)},
        r"weight_hh has shape \(16, 4\), expected \(4H, H\)",
    ),
    "a GRU": ({"weights": torch.nn.GRUCell(1, 2)}, r"weight_ih has shape \(6, 1\), expected \(8, 1\)"),
    "weights of another kind": ({"weights": 3}, "weights is a int, expected a LSTMCell or a mapping"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_bad_input(case):
    arguments, message = REFUSED[case]
    with pytest.raises((traitlets.TraitError, ValueError, TypeError), match=message):
        LSTMStepper(**arguments)


def test_refuses_another_number_of_steps_later():
    widget = LSTMStepper()
    with pytest.raises(traitlets.TraitError, match="inputs has 1 numbers, expected 8, as at the start"):
        widget.inputs = [1.0]
    with pytest.raises(traitlets.TraitError, match="t is 9, expected a whole number from 1 to 8"):
        widget.t = 9
    assert len(widget.inputs) == 8 and widget.t == 4


STATES = [{}, {"unit": 2}, {"lock_f": 1, "lock_i": 1}, {"lock_f": 1, "lock_i": 1, "inputs": [-3.0] * 12}]


@pytest.mark.parametrize("state", STATES, ids=str)
def test_still_and_table_show_the_cells_numbers(state):
    widget = LSTMStepper(**state)
    caption, header, rows = widget.table()
    steps = len(widget.inputs)
    assert caption == f"LSTM over {steps} steps, unit {widget.unit}"
    assert len(rows) == steps and all(len(row) == len(header) for row in rows)
    for column, name in enumerate(QUANTITIES, start=2):
        shown = [float(row[column].replace("−", "-")) for row in rows]
        assert furthest(shown, np.array(widget.gates[name])[:, widget.unit - 1]) <= 0.0005 + 1e-12
    drawing = ElementTree.fromstring(widget.still())
    c = widget.gates["c"][widget.t - 1][widget.unit - 1]
    assert f"cell state is {c:z.2f}".replace("-", "−") in drawing.get("aria-label", "")
    _, _, width, height = map(float, drawing.get("viewBox", "").split())
    for curve in drawing.iter("polyline"):
        points = [tuple(map(float, point.split(","))) for point in curve.get("points", "").split()]
        assert len(points) == steps
        assert all(0 <= x <= width and 0 <= y <= height for x, y in points)
    assert not re.search(r"\b(nan|inf)\b", widget.still())
    assert widget.to_html().count("<table") == 1
