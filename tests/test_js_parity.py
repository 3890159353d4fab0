"""The browser's numbers are PyTorch's: `js/core.mjs` and the gradient-flow widget, as shipped, run in V8."""

import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from js_engine import Run, widget_runner
from torch import Tensor

from rnnlib.widgets import GradientFlow

EXACT = 1e-9  # against float64; what remains is the order of sums
KINDS = ("rnn", "gru", "lstm")
GATES = {"rnn": 1, "gru": 3, "lstm": 4}
STEP_NAMES = {"rnn": ("h",), "gru": ("h", "r", "z", "n"), "lstm": ("h", "c", "i", "f", "g", "o")}
PARAMETERS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


@pytest.fixture(scope="module")
def js() -> Run:
    """Evaluate JavaScript beside the widget's shipped modules; keyword values become constants in it."""
    return widget_runner("gradient_flow", names="core, flow, ui, svg")


# ---- a reference in PyTorch ------------------------------------------------------------------------------

kinds = st.sampled_from(KINDS)
conventions = st.fixed_dictionaries(
    {
        "nonlinearity": st.sampled_from(["tanh", "relu", "identity"]),
        "reset_after": st.booleans(),
        "z_keeps": st.booleans(),
    }
)
sizes = st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 7))  # I, H, T
seeds = st.integers(0, 10**6)


def tensor(values: Any) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def draw(kind: str, sizes: tuple[int, int, int], seed: int) -> dict[str, Tensor]:
    """Parameters, inputs, first states and the loss's weights, float64."""
    I, H, T = sizes  # noqa: E741
    rows = GATES[kind] * H
    shapes = {"weight_ih": (rows, I), "weight_hh": (rows, H), "bias_ih": (rows,), "bias_hh": (rows,)}
    shapes |= {"x": (T, I), "h": (H,), "c": (H,), "loss": (H,)}
    generator = torch.Generator().manual_seed(seed)
    return {n: torch.randn(s, generator=generator, dtype=torch.float64) for n, s in shapes.items()}


def reference_step(kind: str, p: dict[str, Tensor], x: Tensor, state: tuple, how: dict) -> dict[str, Tensor]:
    """One step, the equations written out."""
    gi, h = p["weight_ih"] @ x + p["bias_ih"], state[0]
    gh = p["weight_hh"] @ h + p["bias_hh"]
    if kind == "rnn":
        f = {"tanh": torch.tanh, "relu": torch.relu, "identity": lambda a: a}[how["nonlinearity"]]
        return {"h": f(gi + gh)}
    if kind == "gru":
        (ir, iz, i_n), (hr, hz, hn) = gi.chunk(3), gh.chunk(3)
        r, z = torch.sigmoid(ir + hr), torch.sigmoid(iz + hz)
        W_n, b_n = p["weight_hh"].chunk(3)[2], p["bias_hh"].chunk(3)[2]
        n = torch.tanh(i_n + (r * hn if how["reset_after"] else W_n @ (r * h) + b_n))
        return {"h": (1 - z) * n + z * h if how["z_keeps"] else z * n + (1 - z) * h, "r": r, "z": z, "n": n}
    i, f, g, o = (gi + gh).chunk(4)
    i, f, g, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
    c = f * state[1] + i * g
    return {"h": o * torch.tanh(c), "c": c, "i": i, "f": f, "g": g, "o": o}


def reference_run(kind: str, p: dict[str, Tensor], how: dict) -> list[dict[str, Tensor]]:
    steps, state = [], (p["h"], p["c"])
    for x_t in p["x"]:
        steps.append(reference_step(kind, p, x_t, state, how))
        state = (steps[-1]["h"], steps[-1].get("c"))
    return steps


def js_cell(kind: str, p: dict[str, Tensor], how: dict) -> dict[str, Any]:
    return {"kind": kind, **{name: p[name].tolist() for name in PARAMETERS}, **how}


def assert_close(found: Any, wanted: Tensor, tolerance: float = EXACT) -> None:
    torch.testing.assert_close(tensor(found), wanted.detach(), rtol=tolerance, atol=tolerance)


# ---- cells, forward and back -----------------------------------------------------------------------------


@given(kind=kinds, sizes=sizes, seed=seeds, how=conventions)
def test_gates_states_and_gradients_equal_autograd(js: Run, kind, sizes, seed, how) -> None:
    p = draw(kind, sizes, seed)
    leaves = {name: value.requires_grad_() for name, value in p.items() if name != "loss"}
    steps = reference_run(kind, p, how)
    states = [step[name] for step in steps for name in ("h", "c") if name in step]
    for state in states:
        state.retain_grad()
    (p["loss"] * steps[-1]["h"]).sum().backward()

    trace, gradients = js(
        "(() => { const trace = core.forward(cell, x, { h, c });"
        " return [trace, core.backward(cell, trace, loss)]; })()",
        cell=js_cell(kind, p, how),
        **{name: p[name].tolist() for name in ("x", "h", "c", "loss")},
    )
    for t, step in enumerate(steps):
        for name in STEP_NAMES[kind]:
            assert_close(trace["steps"][t][name], step[name])
        assert_close(gradients["h"][t + 1], gradient(step["h"]))
        if kind == "lstm":
            assert_close(gradients["c"][t + 1], gradient(step["c"]))
    assert_close(gradients["h"][0], gradient(leaves["h"]))
    if kind == "lstm":
        assert_close(gradients["c"][0], gradient(leaves["c"]))
    assert_close(gradients["x"], gradient(leaves["x"]))
    for name in PARAMETERS:
        assert_close(gradients["parameters"][name], gradient(leaves[name]))


def gradient(value: Tensor) -> Tensor:
    return torch.zeros_like(value) if value.grad is None else value.grad


@given(kind=kinds, sizes=sizes, seed=seeds, nonlinearity=st.sampled_from(["tanh", "relu"]))
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, EXACT), (torch.float32, 1e-6)])
def test_states_equal_torch_modules(js: Run, dtype, tolerance, kind, sizes, seed, nonlinearity) -> None:
    p = {name: (value / 2).to(dtype) for name, value in draw(kind, sizes, seed).items()}
    I, H, _ = sizes  # noqa: E741
    options = {"nonlinearity": nonlinearity} if kind == "rnn" else {}
    module = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[kind](I, H, **options).to(
        dtype
    )
    module.load_state_dict({f"{name}_l0": p[name] for name in PARAMETERS})
    first = (p["h"][None], p["c"][None]) if kind == "lstm" else p["h"][None]
    with torch.no_grad():
        output, last = module(p["x"], first)
    trace = js(
        "core.forward(cell, x, { h, c })",
        cell=js_cell(kind, p, options),
        **{name: p[name].tolist() for name in ("x", "h", "c")},
    )
    # Large states of a relu network carry float32's relative error.
    assert_close(trace["h"][1:], output.double(), tolerance)
    if kind == "lstm":
        assert_close(trace["c"][-1], last[1][0].double(), tolerance)


@given(seed=seeds, sizes=sizes)
def test_torch_float32_gates(js: Run, seed, sizes) -> None:
    """Every gate against what float32 arithmetic of the same cell gives."""
    for kind in ("gru", "lstm"):
        p = {name: (value / 2).float() for name, value in draw(kind, sizes, seed).items()}
        how = {"reset_after": True, "z_keeps": True}
        steps = reference_run(kind, p, how)
        trace = js(
            "core.forward(cell, x, { h, c })",
            cell=js_cell(kind, p, how),
            **{name: p[name].tolist() for name in ("x", "h", "c")},
        )
        for t, step in enumerate(steps):
            for name in STEP_NAMES[kind]:
                assert_close(trace["steps"][t][name], step[name].double(), 1e-6)


# ---- Jacobians, singular values, bounds ------------------------------------------------------------------


@given(kind=kinds, sizes=sizes, seed=seeds, how=conventions)
def test_state_jacobians_equal_autograd(js: Run, kind, sizes, seed, how) -> None:
    p = draw(kind, sizes, seed)
    names = ("h", "c") if kind == "lstm" else ("h",)
    H = sizes[1]

    def joint_step(s: Tensor, x: Tensor) -> Tensor:
        step = reference_step(kind, p, x, tuple(s.split(H)), how)
        return torch.cat([step[name] for name in names])

    found = js(
        "(() => { const t = core.forward(cell, x, { h, c }); "
        "return t.steps.map((_, k) => core.state_jacobian(cell, t, k + 1)); })()",
        cell=js_cell(kind, p, how),
        **{name: p[name].tolist() for name in ("x", "h", "c")},
    )
    s = torch.cat([p[name] for name in names])
    for t, x_t in enumerate(p["x"]):
        assert_close(found[t], torch.autograd.functional.jacobian(lambda v, x=x_t: joint_step(v, x), s))
        s = joint_step(s, x_t)


@given(
    rows=st.integers(1, 12),
    columns=st.integers(1, 12),
    rank=st.integers(0, 12),
    seed=seeds,
    power=st.integers(-150, 150),
)
def test_largest_singular_value(js: Run, rows, columns, rank, seed, power) -> None:
    generator = torch.Generator().manual_seed(seed)
    left = torch.randn(rows, rank, generator=generator, dtype=torch.float64)
    matrix = left @ torch.randn(rank, columns, generator=generator, dtype=torch.float64)
    wanted = torch.linalg.svdvals(matrix)[0].item()
    found = js("core.largest_singular_value(matrix)", matrix=(matrix * 10.0**power).tolist())
    assert found == pytest.approx(wanted * 10.0**power, rel=1e-12, abs=0)


@pytest.mark.parametrize("size", [1, 2, 5, 24, 40])
def test_largest_singular_value_where_many_are_equal(js: Run, size: int) -> None:
    turn, _ = torch.linalg.qr(
        torch.randn(size, size, dtype=torch.float64, generator=torch.Generator().manual_seed(size))
    )
    for matrix, wanted in [
        (turn, 1.0),
        (torch.eye(size).double() * 3, 3.0),
        (torch.ones(size, size), float(size)),
    ]:
        assert js("core.largest_singular_value(m)", m=matrix.tolist()) == pytest.approx(wanted, rel=1e-13)


def test_largest_singular_value_of_what_is_not_a_number(js: Run) -> None:
    assert js("Number.isNaN(core.largest_singular_value([[1, NaN], [0, 1]]))")
    assert js("core.largest_singular_value([[0, 0], [0, 0]])") == 0


@given(values=st.lists(st.floats(-1, 1), min_size=1, max_size=8), power=st.integers(-300, 300))
def test_norm_neither_overflows_nor_underflows(js: Run, values, power) -> None:
    scale = 10.0**power
    found = js("core.norm(v)", v=[value * scale for value in values])
    assert found == pytest.approx(math.hypot(*(value * scale for value in values)), rel=1e-14, abs=0)


@pytest.mark.parametrize(
    ("vector", "text"),
    [("[NaN]", "NaN"), ("[1, NaN]", "NaN"), ("[NaN, 1]", "NaN"), ("[1, -Infinity]", "Infinity"), ("[]", "0")],
)
def test_norm_shows_what_is_not_a_number(js: Run, vector: str, text: str) -> None:
    assert js(f"String(core.norm({vector}))") == text


# ---- what the chapters say of it -------------------------------------------------------------------------


def settings(**changes: Any) -> dict[str, Any]:
    return {**GradientFlow().settings(), **changes}


SETTINGS = [
    {},
    {"forget_bias": 0.0, "update_bias": 0.0},
    {"length": 2},
    {"length": 3, "seed": 1},
    {"length": 100, "seed": 2},
    {"radius": 0.0},
    {"radius": 2.0, "seed": 1},
    {"radius": 1.3, "nonlinearity": "identity"},
    {"radius": 1.6, "nonlinearity": "relu", "seed": 2},
    {"nonlinearity": "relu", "input_scale": 3.0},
    {"matrix": "orthogonal", "nonlinearity": "identity", "radius": 1.0},
    {"matrix": "orthogonal", "radius": 1.0, "seed": 1},
    {"matrix": "lopsided", "nonlinearity": "identity", "radius": 0.8, "length": 80},
    {"matrix": "lopsided", "radius": 1.0, "seed": 2},
    {"forget_bias": 8.0, "update_bias": 8.0},
    {"forget_bias": -4.0, "update_bias": -4.0, "length": 60},
    {"forget_bias": 1.0, "update_bias": -1.0, "seed": 1},
    {"input_scale": 0.0},
    {"input_scale": 3.0, "seed": 2},
    {"input_scale": 0.1, "radius": 1.1, "length": 70},
    {"radius": 0.9, "forget_bias": 5.0, "length": 90, "seed": 1},
    {"radius": 1.95, "update_bias": 2.5, "seed": 2, "length": 25},
    {"clip": 0.05},
    {"clipping": False, "radius": 1.5},
]


@pytest.mark.parametrize("changes", SETTINGS, ids=str)
def test_gradient_flow_equals_the_probes(js: Run, changes: dict[str, Any]) -> None:
    widget = GradientFlow(**changes)
    found = js("flow.flows_of(settings, payload)", settings=widget.settings(), payload=widget.payload)
    for kind in KINDS:
        flow = widget.flow(kind)
        for name in ("reach", "bound") + (("reach_c", "bound_c") if kind == "lstm" else ()):
            torch.testing.assert_close(tensor(found[kind][name]), getattr(flow, name), rtol=EXACT, atol=0)
        assert found[kind]["parameter_norm"] == pytest.approx(flow.parameter_norm, rel=EXACT)
        for reach, bound in [("reach", "bound"), ("reach_c", "bound_c")][: 1 + (kind == "lstm")]:
            assert (tensor(found[kind][reach]) <= tensor(found[kind][bound]) * (1 + 1e-12)).all()
    reach = js("flow.reach_of(flows)", flows=found)
    assert list(reach) == list(widget.reach) == ["rnn", "gru", "lstm", "lstm_c"]
    for name, values in widget.reach.items():
        torch.testing.assert_close(tensor(reach[name]), tensor(values), rtol=EXACT, atol=0)


def test_clipping_is_torchs_and_leaves_the_curves_alone(js: Run) -> None:
    widget = GradientFlow(radius=1.3, nonlinearity="identity", clip=0.5)
    payload = widget.payload
    clipped, free = (
        js("flow.flow('rnn', settings, payload)", settings=settings, payload=payload)
        for settings in (widget.settings(), {**widget.settings(), "clipping": False})
    )
    assert clipped == free
    total = free["parameter_norm"]
    parameter = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    parameter.grad = torch.full((1,), total, dtype=torch.float64)
    torch.nn.utils.clip_grad_norm_([parameter], 0.5)
    factor = js("flow.clipping_of(settings, found)", settings=widget.settings(), found=clipped)
    assert total * factor == pytest.approx(parameter.grad.item(), rel=1e-12)
    assert total > 100 and js("core.clip_factor(0.3, 0.5)") == 1


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_an_orthogonal_linear_recurrence_is_flat(js: Run, seed: int) -> None:
    values = settings(matrix="orthogonal", nonlinearity="identity", radius=1.0, length=100, seed=seed)
    flow = js("flow.flow('rnn', settings, payload)", settings=values, payload=GradientFlow().payload)
    assert (tensor(flow["reach"]) - 1).abs().max() < 1e-12
    assert (tensor(flow["bound"]) - 1).abs().max() < 1e-12


def test_a_radius_below_one_does_not_shrink_every_step(js: Run) -> None:
    """The preset's claim: radius 0.8, and yet the gradient grows before it fades."""
    values = settings(matrix="lopsided", nonlinearity="identity", radius=0.8, length=80)
    flow = js("flow.flow('rnn', settings, payload)", settings=values, payload=GradientFlow().payload)
    reach = tensor(flow["reach"])
    assert reach.max() > 10 and reach[0] < 0.01 and reach[-1] == pytest.approx(1)


def test_gate_biases_decide_the_reach(js: Run) -> None:
    """What the default view and its prompt say: open gates carry the gradient, half-open ones lose it."""
    open_, closed = (
        js("flow.flows_of(settings, payload)", settings=values, payload=GradientFlow().payload)
        for values in (settings(), settings(forget_bias=0.0, update_bias=0.0))
    )
    first = {
        name: (open_[kind][key][0], closed[kind][key][0])
        for name, kind, key in (
            ("rnn", "rnn", "reach"),
            ("gru", "gru", "reach"),
            ("lstm_c", "lstm", "reach_c"),
        )
    }
    assert first["rnn"][0] < 1e-10
    assert first["gru"][0] > 0.1 and first["lstm_c"][0] > 0.1
    assert first["gru"][1] < 1e-8 and first["lstm_c"][1] < 1e-8


@given(biases=st.lists(st.floats(-4, 8), min_size=1, max_size=4), k=st.integers(1, 60))
def test_with_no_recurrent_weights_the_cell_state_gradient_falls_as_f_to_the_k(js: Run, biases, k) -> None:
    H = len(biases)
    cell = {
        "kind": "lstm",
        "weight_ih": [[0.3 * (j % 3 - 1) * (j < H or j >= 2 * H)] for j in range(4 * H)],  # none into f
        "weight_hh": [[0.0] * H] * 4 * H,
        "bias_ih": [0.0] * H + biases + [0.2] * 2 * H,
        "bias_hh": [0.0] * 4 * H,
    }
    found = js(
        "core.backward(cell, core.forward(cell, x), loss).c",
        cell=cell,
        x=[[math.sin(t)] for t in range(k + 1)],
        loss=[1.0] * H,
    )
    kept = js("biases.map((b) => core.kept_after(b, k))", biases=biases, k=k)
    for unit, bias in enumerate(biases):
        assert kept[unit] == pytest.approx(torch.sigmoid(tensor(bias)).item() ** k, rel=1e-12)
        assert found[1][unit] == pytest.approx(found[k + 1][unit] * kept[unit], rel=1e-12, abs=0)


@pytest.mark.parametrize(("bias", "steps"), [(0, 1), (1, 2.2127), (3, 14.2660)])
def test_half_life(js: Run, bias: float, steps: float) -> None:
    assert js("core.half_life_at(b)", b=bias) == pytest.approx(steps, abs=5e-5)


def test_what_forget_bias_three_leaves_after_forty_steps(js: Run) -> None:
    assert js("core.kept_after(3, 40)") == pytest.approx(0.143203, abs=5e-7)


@given(a=st.floats(-800, 800))
def test_sigmoid(js: Run, a: float) -> None:
    assert js("core.sigmoid(a)", a=a) == pytest.approx(torch.sigmoid(tensor(a)).item(), rel=1e-13, abs=1e-300)


def test_gate_biases_are_applied_to_their_gate(js: Run) -> None:
    cell = {"kind": "lstm", "weight_hh": [[0.0, 0.0]] * 8, "bias_ih": [1.0] * 8, "bias_hh": [2.0] * 8}
    found = js("core.with_forget_bias(cell, 3)", cell=cell)
    summed = [a + b for a, b in zip(found["bias_ih"], found["bias_hh"], strict=True)]
    assert (
        summed == [3, 3, 3, 3, 3, 3, 3, 3]
        and found["bias_ih"][2:4] == [3, 3]
        and found["bias_hh"][2:4] == [0, 0]
    )
    gru = {**cell, "kind": "gru", "weight_hh": [[0.0, 0.0]] * 6, "bias_ih": [1.0] * 6, "bias_hh": [2.0] * 6}
    found = js("core.with_update_bias(cell, -1)", cell=gru)
    assert found["bias_ih"] == [1, 1, -1, -1, 1, 1] and found["bias_hh"] == [2, 2, 0, 0, 2, 2]


# ---- text: a formula prints what it computes -------------------------------------------------------------

FORMULAS = {
    "(a, z, n, h) => a.add(a.mul(a.sub(a.number(1), z), n), a.mul(z, h))": (
        ["z", "n", "h"],
        "(1 − z) · n + z · h",
        lambda z, n, h: (1 - z) * n + z * h,
    ),
    "(a, b, k) => a.sigmoid_power(b, k)": (
        ["b_f", "k"],
        "σ(b_f)^k",
        lambda b, k: (1 / (1 + math.exp(-b))) ** k,
    ),
    "(a, x, y) => a.sub(x, a.sub(y, a.add(x, y)))": (["x", "y"], "x − (y − (x + y))", lambda x, y: 2 * x),
    "(a, x, y) => a.div(x, a.div(y, a.mul(x, y)))": (["x", "y"], "x / (y / (x · y))", lambda x, y: x * x),
    "(a, x, y) => a.mul(a.add(x, y), a.tanh(a.sub(x, y)))": (
        ["x", "y"],
        "(x + y) · tanh(x − y)",
        lambda x, y: (x + y) * math.tanh(x - y),
    ),
    "(a, x, y) => a.pow(a.add(x, y), a.number(2))": (["x", "y"], "(x + y)^2", lambda x, y: (x + y) ** 2),
    "(a, b) => a.div(a.ln(a.number(0.5, 1)), a.log_sigmoid(b))": (
        ["b"],
        "ln(0.5) / ln(σ(b))",
        lambda b: math.log(0.5) / math.log(1 / (1 + math.exp(-b))),
    ),
}
NAMES = {"σ": lambda a: 1 / (1 + math.exp(-a)), "tanh": math.tanh, "ln": math.log}


@pytest.mark.parametrize("source", FORMULAS)
@given(data=st.data())
def test_formula_text_and_value_agree(js: Run, source: str, data: st.DataObject) -> None:
    names, symbols, f = FORMULAS[source]
    operands = [data.draw(st.integers(-30000, 30000).filter(bool)) / 10000 for _ in names]
    values = {"operands": operands, "names": names}
    written, printed, value = js(
        f"(() => {{ const f = {source};"
        " return [ui.write(f, names), ui.write(f, operands, 4), ui.evaluate(f, operands)]; })()",
        **values,
    )
    assert written == symbols
    assert value == pytest.approx(f(*operands), rel=1e-12)
    readable = printed.replace("−", "-").replace("·", "*").replace("^", "**")
    assert eval(readable, {"__builtins__": {}}, NAMES) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0.000"),
        (0.12345, "0.123"),
        (-0.5, "−0.500"),
        (1.4e-11, "1.4 × 10⁻¹¹"),
        (-2.5e7, "−2.5 × 10⁷"),
        (99999, "99999.000"),
    ],
)
def test_numbers_as_text(js: Run, value: float, text: str) -> None:
    assert js("ui.show(value)", value=value) == text


def test_numbers_that_are_none_as_text(js: Run) -> None:
    assert js("[NaN, Infinity, -Infinity].map((v) => ui.show(v))") == ["not a number", "∞", "−∞"]


# ---- scales ----------------------------------------------------------------------------------------------


@given(low=st.floats(-1e6, 1e6), span=st.floats(1e-3, 1e6), count=st.integers(1, 12))
def test_ticks_are_round_and_inside(js: Run, low, span, count) -> None:
    found = js("svg.ticks(low, high, count)", low=low, high=low + span, count=count)
    slack = 1e-6 * span
    assert all(low - slack <= tick <= low + span + slack for tick in found)
    assert len(found) <= count + 1
    if len(found) > 1:
        mantissa = f"{found[1] - found[0]:.0e}"[0]
        assert mantissa in "125"


@given(ys=st.lists(st.floats(0, 300), min_size=1, max_size=8))
def test_spread_keeps_labels_apart(js: Run, ys) -> None:
    placed = js("svg.spread(ys, 15, 0, 300)", ys=ys)
    gaps = [b - a for a, b in zip(sorted(placed), sorted(placed)[1:], strict=False)]
    assert all(gap >= 15 - 1e-9 for gap in gaps) and max(placed) <= 300
    order = sorted(range(len(ys)), key=ys.__getitem__)
    assert [placed[j] for j in order] == sorted(placed)


@pytest.mark.parametrize(
    ("points", "path"),
    [
        ([[0, 1], [2, 3]], "M0.00 1.00L2.00 3.00"),
        ([[0, 1], [1, None], [2, 3]], "M0.00 1.00M2.00 3.00"),
        ([], ""),
    ],
)
def test_a_path_breaks_where_there_is_no_number(js: Run, points, path) -> None:
    assert js("svg.path_through(points.map(([x, y]) => [x, y ?? NaN]))", points=points) == path
