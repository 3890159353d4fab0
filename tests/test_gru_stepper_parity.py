"""GRUStepper: browser, Python and PyTorch compute the same; the widget takes and refuses what it should."""

import json
import math

import numpy as np
import pytest
import torch
import traitlets
from js_engine import widget_engine
from py_mini_racer import MiniRacer

from rnnlib.cells import GRUCell
from rnnlib.widgets import GRUStepper

CONVENTIONS = [(z, after) for z in ("keeps", "takes") for after in (True, False)]
SEEDS = range(24)


@pytest.fixture(scope="module")
def javascript() -> MiniRacer:
    """The widget's own module, without a page."""
    typed = "const typed = (key, value) => (ArrayBuffer.isView(value) ? Array.from(value) : value)"
    return widget_engine("gru_stepper", typed)


def in_javascript(engine: MiniRacer, widget: GRUStepper) -> dict:
    """What the page computes from the widget's state: everything that it shows."""
    state = json.dumps({**widget.settings(), "payload": widget.payload})
    return json.loads(
        engine.eval(
            f"(() => {{ const state = {state}; const get = (name) => state[name];"
            "const { compute, gates_of } = $modules.gru_stepper; const view = compute({ get });"
            "return JSON.stringify({ ...view, gates: gates_of(view.run) }, typed); })()"
        )
    )


def drawn(seed: int, dtype: torch.dtype = torch.float64) -> tuple[torch.nn.GRUCell, dict]:
    """A torch cell of 1 to 3 units with large weights, and settings of the widget, both from a seed."""
    generator = torch.Generator().manual_seed(seed)
    cell = torch.nn.GRUCell(1, 1 + seed % 3).to(dtype)
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.copy_(1.5 * torch.randn(parameter.shape, generator=generator))
    steps = 1 + seed % 12
    inputs = (
        (2 * torch.rand(steps, generator=generator, dtype=torch.float64) - 1)
        .mul(3)
        .round(decimals=2)
        .tolist()
    )
    shift = torch.rand(2, generator=generator, dtype=torch.float64).mul(12).sub(6).round(decimals=1).tolist()
    return cell, {"inputs": inputs, "bias_r": shift[0], "bias_z": shift[1], "t": steps}


def by_torch(cell: torch.nn.GRUCell, settings: dict) -> torch.Tensor:
    """States (T, H) of `torch.nn.GRUCell` with the settings' biases added."""
    H = cell.hidden_size
    with torch.no_grad():
        cell.bias_ih[:H] += settings["bias_r"]
        cell.bias_ih[H : 2 * H] += settings["bias_z"]
        h = torch.zeros(1, H, dtype=cell.weight_hh.dtype)
        states = []
        for x in settings["inputs"]:
            h = cell(torch.tensor([[x]], dtype=h.dtype), h)
            states.append(h)
    return torch.cat(states).double()


def by_numpy(weights: dict, settings: dict) -> dict[str, np.ndarray]:
    """The papers' formulas: r and z, the candidate under either reset, the state under either z."""
    H = len(weights["weight_hh"][0])
    W, U = np.array(weights["weight_ih"])[:, 0], np.array(weights["weight_hh"])
    b, c = np.array(weights["bias_ih"]), np.array(weights["bias_hh"])
    h, rows = np.zeros(H), {"r": [], "z": [], "n": [], "h": []}
    for k, x in enumerate(settings["inputs"]):
        a = W * x + b + c
        r = 1 / (1 + np.exp(-(a[:H] + U[:H] @ h + settings["bias_r"])))
        z = 1 / (1 + np.exp(-(a[H : 2 * H] + U[H : 2 * H] @ h + settings["bias_z"])))
        r = np.full(H, settings["lock_r"][k]) if settings["lock_r"][k] is not None else r
        z = np.full(H, settings["lock_z"][k]) if settings["lock_z"][k] is not None else z
        if settings["reset_after"]:
            n = np.tanh(W[2 * H :] * x + b[2 * H :] + r * (U[2 * H :] @ h + c[2 * H :]))
        else:
            n = np.tanh(a[2 * H :] + U[2 * H :] @ (r * h))
        h = z * h + (1 - z) * n if settings["z_convention"] == "keeps" else (1 - z) * h + z * n
        for name, value in zip("rznh", (r, z, n, h), strict=True):
            rows[name].append(value)
    return {name: np.array(values) for name, values in rows.items()}


def furthest(a: object, b: object) -> float:
    return float(np.abs(np.asarray(a, dtype=float) - np.asarray(b, dtype=float)).max())


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-9), (torch.float32, 1e-6)])
def test_pytorch_mode_is_torch_grucell(javascript, seed, dtype, tolerance):
    cell, settings = drawn(seed, dtype)
    widget = GRUStepper(weights=cell, **settings)
    expected = by_torch(cell, settings)
    assert furthest(in_javascript(javascript, widget)["gates"]["h"], expected) < tolerance
    assert furthest(widget.gates["h"], expected) < tolerance


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(("z_convention", "reset_after"), CONVENTIONS)
def test_each_convention_is_its_paper_formula(javascript, seed, z_convention, reset_after):
    cell, settings = drawn(seed)
    steps = len(settings["inputs"])
    locks = {"lock_r": [None, 0.3][seed % 2], "lock_z": [None] * (steps - 1) + [seed / 11]}
    widget = GRUStepper(weights=cell, z_convention=z_convention, reset_after=reset_after, **settings, **locks)
    expected = by_numpy(widget.payload, widget.settings())
    gates = in_javascript(javascript, widget)["gates"]
    for name in "rznh":
        assert furthest(gates[name], expected[name]) < 1e-12
        assert furthest(widget.gates[name], expected[name]) < 1e-12


@pytest.mark.parametrize("seed", SEEDS)
def test_negating_z_undoes_the_convention_switch(javascript, seed):
    cell, settings = drawn(seed)
    keeps = in_javascript(javascript, GRUStepper(weights=cell, **settings))["gates"]
    changed = GRUStepper(weights=cell, z_convention="takes", negate_z=True, **settings)
    takes = in_javascript(javascript, changed)["gates"]
    assert furthest(takes["h"], keeps["h"]) < 1e-14
    assert furthest(takes["z"], 1 - np.array(keeps["z"])) < 1e-14
    assert furthest(changed.gates["h"], keeps["h"]) < 1e-14


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("z_convention", "reset_after"), CONVENTIONS)
def test_state_lies_between_candidate_and_old_state(javascript, seed, z_convention, reset_after):
    cell, settings = drawn(seed)
    widget = GRUStepper(weights=cell, z_convention=z_convention, reset_after=reset_after, **settings)
    gates = in_javascript(javascript, widget)["gates"]
    h, n = np.array(gates["h"]), np.array(gates["n"])
    old = np.vstack([np.zeros(h.shape[1]), h[:-1]])
    assert (h >= np.minimum(old, n) - 1e-15).all()
    assert (h <= np.maximum(old, n) + 1e-15).all()


@pytest.mark.parametrize("reset_after", [True, False])
def test_limiting_cases(javascript, reset_after):
    cell, settings = drawn(5)
    H = cell.hidden_size

    def gates(**locks: float) -> dict:
        widget = GRUStepper(weights=cell, reset_after=reset_after, **settings, **locks)
        return in_javascript(javascript, widget)["gates"]

    x = torch.tensor(settings["inputs"], dtype=torch.float64)
    with torch.no_grad():
        part = x[:, None] * cell.weight_ih[2 * H :, 0] + cell.bias_ih[2 * H :]
        alone = torch.tanh(part if reset_after else part + cell.bias_hh[2 * H :])
    assert furthest(gates(lock_r=0)["n"], alone) < 1e-15  # R = 0: the candidate ignores the state

    kept = gates(lock_z=[None, *[1.0] * (len(x) - 1)])["h"]
    assert kept == [kept[0]] * len(x)  # Z = 1 keeps, to the last bit
    taken = gates(lock_z=0)
    assert taken["h"] == taken["n"]  # Z = 0 takes the candidate

    rnn = torch.nn.RNN(1, H).double()
    with torch.no_grad():
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            getattr(rnn, f"{name}_l0").copy_(getattr(cell, name)[2 * H :])
        plain = rnn(x[:, None])[0]
    both = in_javascript(
        javascript, GRUStepper(weights=cell, reset_after=reset_after, lock_r=1, lock_z=0, **settings)
    )
    assert furthest(both["gates"]["h"], plain) < 1e-12  # R = 1 and Z = 0: the plain RNN
    assert furthest([step["h"] for step in both["rnn"]["steps"]], plain) < 1e-12

    one = GRUStepper(weights=cell, reset_after=reset_after, lock_r=1, **settings)
    view = in_javascript(javascript, one)
    assert (
        furthest(view["rnn_step"], view["gates"]["n"][-1]) < 1e-15
    )  # R = 1: the candidate of the plain RNN ...
    assert furthest(view["rnn_step"], view["gates"]["h"][-1]) > 1e-3  # ... but not its state


def test_default_view_tells_the_story():
    """At the step shown, one change of convention moves the state, the other turns the candidate's sign."""
    widget = GRUStepper()
    k = widget.t - 1
    pytorch, before = widget.run(), widget.run(reset_after=False)
    takes = widget.run(reset_after=False, z_convention="takes")
    assert pytorch["z"][k, 0] > 0.9
    assert pytorch["n"][k, 0] < -0.4 and before["n"][k, 0] > 0.3
    assert abs(before["h"][k, 0] - pytorch["h"][k, 0]) > 0.1
    assert takes["h"][k, 0] < -0.3 < 0.7 < pytorch["h"][k, 0]


def test_convention_seen_by_one_unit():
    """With a single unit and no candidate bias the reset's place makes no difference: r w h is r w h."""
    weights = {"weight_ih": [[0.5], [1.0], [2.0]], "weight_hh": [[1.0], [-1.0], [1.5]]}
    widget = GRUStepper(weights=weights)
    torch.testing.assert_close(widget.run(reset_after=False), widget.run(), rtol=0, atol=1e-15)


# ---- the widget in Python -------------------------------------------------------------------------------


def test_gates_follow_every_trait():
    widget = GRUStepper()
    for trait, value in {
        "inputs": [0.5] * 6,
        "bias_r": -2,
        "bias_z": 3,
        "z_convention": "takes",
        "reset_after": False,
        "negate_z": True,
        "lock_r": 0.25,
        "lock_z": [None, None, 1.0, None, None, 0.0],
    }.items():
        earlier = widget.gates
        setattr(widget, trait, value)
        assert widget.gates != earlier, trait
    assert list(widget.gates) == ["r", "z", "n", "h"]
    assert np.array(widget.gates["h"]).shape == (6, 2)
    assert widget.lock_r == [0.25] * 6
    assert widget.gates["z"][2] == [1.0, 1.0] and widget.gates["z"][5] == [0.0, 0.0]
    widget.lock_r = None
    assert widget.lock_r == [None] * 6


def test_weights_come_from_cells_state_dicts_lists_and_seeds():
    cell = torch.nn.GRUCell(1, 3)
    by_module = GRUStepper(weights=cell)
    assert by_module.payload == GRUStepper(weights=cell.state_dict()).payload
    assert by_module.payload == GRUStepper(weights=by_module.payload).payload
    ours = GRUCell(1, 3, dtype=torch.float32)
    ours.load_state_dict(cell.state_dict())
    assert by_module.payload == GRUStepper(weights=ours).payload
    torch.manual_seed(7)
    expected = torch.nn.GRUCell(1, 2)
    state = torch.random.get_rng_state()
    seeded = GRUStepper(seed=7)
    assert torch.equal(torch.random.get_rng_state(), state)
    for name, value in expected.state_dict().items():
        assert seeded.payload[name] == value.double().tolist()
    assert GRUStepper(hidden_size=1).hidden_size == 1


def test_controls_carry_the_limits_of_this_cell():
    widget = GRUStepper(hidden_size=3, inputs=[0.5, -0.5], t=1)
    assert widget.controls["t"]["max"] == 2
    assert widget.controls["unit"]["options"] == [1, 2, 3]
    assert widget.controls["lock_r"] == {
        "kind": "numbers",
        "min": 0,
        "max": 1,
        "size": 2,
        "step": 0.01,
        "optional": True,
        "default": [None, None],
    }


REFUSED = {
    "t past the inputs": ({"t": 7}, "t is 7, expected a whole number from 1 to 6"),
    "t of no step": ({"t": 0}, "t is 0, expected a whole number from 1 to 12"),
    "unit past the cell": ({"unit": 3}, "unit is 3, expected a whole number from 1 to 2"),
    "no inputs": ({"inputs": []}, "inputs has 0 numbers, expected 1 to 12"),
    "too many inputs": ({"inputs": [0.0] * 13}, "inputs has 13 numbers, expected 1 to 12"),
    "input not a number": (
        {"inputs": [math.nan]},
        "inputs is .*nan.*, expected a list of numbers from -3 to 3",
    ),
    "bias out of range": ({"bias_z": 9}, "bias_z is 9, expected a number from -6 to 6"),
    "unknown convention": (
        {"z_convention": "holds"},
        "z_convention is 'holds', expected one of 'keeps', 'takes'",
    ),
    "lock above one": ({"lock_r": 1.5}, "lock_r is 1.5, expected None, a number from 0 to 1"),
    "lock of another length": ({"lock_z": [0, 1]}, "lock_z has 2 values, expected 6"),
    "unknown trait": ({"bias": 1}, "GRUStepper has no trait 'bias'"),
    "four units": ({"hidden_size": 4}, "hidden_size is 4, expected 1 to 3"),
    "no unit": ({"hidden_size": 0}, "hidden_size is 0, expected at least 1"),
    "weights and seed": ({"weights": {}, "seed": 1}, "seed is 1 and weights are given too"),
    "weights missing": (
        {"weights": {"weight_ih": [[1.0]] * 3}},
        "weights has weight_ih, expected weight_ih, weight_hh",
    ),
    "two inputs": ({"weights": torch.nn.GRUCell(2, 1)}, r"weight_ih has shape \(3, 2\), expected \(3, 1\)"),
    "a wide cell": (
        {"weights": torch.nn.GRUCell(1, 4)},
        r"weight_hh has shape \(12, 4\), expected \(3H, H\)",
    ),
    "an LSTM": ({"weights": torch.nn.LSTMCell(1, 2)}, r"weight_ih has shape \(8, 1\), expected \(6, 1\)"),
    "weights not finite": (
        {"weights": {"weight_ih": [[math.inf]] * 3, "weight_hh": [[0.0]] * 3}},
        "weight_ih holds a number that is not finite",
    ),
    "weights of another kind": ({"weights": 3}, "weights is a int, expected a GRUCell or a mapping"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_bad_input(case):
    arguments, message = REFUSED[case]
    with pytest.raises((traitlets.TraitError, ValueError, TypeError), match=message):
        GRUStepper(**arguments)


def test_refuses_another_number_of_steps_later():
    widget = GRUStepper()
    with pytest.raises(traitlets.TraitError, match="inputs has 1 numbers, expected 6, as at the start"):
        widget.inputs = [1.0]
    assert len(widget.inputs) == 6
    with pytest.raises(traitlets.TraitError, match="t is 9, expected a whole number from 1 to 6"):
        widget.t = 9
    assert widget.t == 4


def test_still_and_table_show_the_cells_numbers():
    widget = GRUStepper(t=4, unit=2)
    caption, header, rows = widget.table()
    assert caption == "GRU over 6 steps, unit 2, z keeps, reset after the product"
    assert len(rows) == 6 and all(len(row) == len(header) for row in rows)
    shown = [float(row[5].replace("−", "-")) for row in rows]
    assert furthest(shown, np.array(widget.gates["h"])[:, 1]) <= 0.005 + 1e-12
    drawing = widget.still()
    assert drawing.startswith("<svg") and drawing.endswith("</svg>") and "new state 0.61" in drawing
    assert widget.to_html().count("<table") == 1
