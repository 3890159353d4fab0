"""Cells against `torch.nn`, against their formulas written out in numpy, and against central differences."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from rnnlib.cells import (
    GRUCell,
    LSTMCell,
    RecurrentCell,
    RNNCell,
    gru_step,
    lstm_step,
    project_input,
    rnn_step,
)

EXACT = {"rtol": 1e-10, "atol": 1e-10}
VARIANTS = {
    "tanh": (RNNCell, torch.nn.RNNCell, {"nonlinearity": "tanh"}),
    "relu": (RNNCell, torch.nn.RNNCell, {"nonlinearity": "relu"}),
    "gru": (GRUCell, torch.nn.GRUCell, {}),
    "lstm": (LSTMCell, torch.nn.LSTMCell, {}),
}
OURS = [
    (RNNCell, {"nonlinearity": "tanh"}),
    (RNNCell, {"nonlinearity": "identity"}),
    (GRUCell, {"reset_after": True}),
    (GRUCell, {"reset_after": False}),
    (LSTMCell, {}),
]
sizes = st.integers(1, 6)


def pair(variant: str, input_size: int, hidden_size: int, bias: bool, dtype=torch.float64):
    """Our cell and torch's with the same weights."""
    ours, theirs, options = VARIANTS[variant]
    ours = ours(input_size, hidden_size, bias=bias, dtype=dtype, **options)
    theirs = theirs(input_size, hidden_size, bias=bias, dtype=dtype, **options)
    theirs.load_state_dict(ours.state_dict(), strict=True)
    return ours, theirs


def random_state(cell: RecurrentCell, *batch: int, dtype=torch.float64):
    parts = tuple(torch.randn(*batch, cell.hidden_size, dtype=dtype) for _ in cell.state_names)
    return parts if len(parts) > 1 else parts[0]


def parts_of(state) -> tuple[torch.Tensor, ...]:
    return tuple(state) if isinstance(state, tuple) else (state,)


def values_and_gradients(cell, x, state):
    """The new state, and the gradients of a fixed weighting of it by input, state and parameters."""
    x = x.clone().requires_grad_()
    state = None if state is None else tuple(part.clone().requires_grad_() for part in parts_of(state))
    argument = state if state is None or len(state) > 1 else state[0]
    outputs = parts_of(cell(x, argument))
    loss = sum((out * torch.arange(1, out.numel() + 1).view_as(out).cos()).sum() for out in outputs)
    return outputs, torch.autograd.grad(loss, [x, *(state or ()), *cell.parameters()])


@settings(max_examples=40, deadline=None)
@given(
    variant=st.sampled_from(list(VARIANTS)),
    input_size=sizes,
    hidden_size=sizes,
    batch=st.one_of(st.none(), st.integers(1, 4)),
    bias=st.booleans(),
    with_state=st.booleans(),
    seed=st.integers(0, 2**16),
)
def test_equals_torch(variant, input_size, hidden_size, batch, bias, with_state, seed):
    torch.manual_seed(seed)
    ours, theirs = pair(variant, input_size, hidden_size, bias)
    axes = () if batch is None else (batch,)
    x = torch.randn(*axes, input_size, dtype=torch.float64)
    state = random_state(ours, *axes) if with_state else None
    assert_close(values_and_gradients(ours, x, state), values_and_gradients(theirs, x, state), **EXACT)


@pytest.mark.parametrize("variant", VARIANTS)
def test_equals_torch_in_float32(variant):
    torch.manual_seed(0)
    ours, theirs = pair(variant, 24, 32, True, torch.float32)
    x, state = torch.randn(16, 24), random_state(ours, 16, dtype=torch.float32)
    mine, torchs = values_and_gradients(ours, x, state), values_and_gradients(theirs, x, state)
    for got, want in zip((*mine[0], *mine[1]), (*torchs[0], *torchs[1]), strict=True):
        assert (got - want).abs().max() <= 1e-5 * want.abs().max()


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("bias", [True, False])
def test_state_dicts_load_both_ways_and_seeds_draw_the_same(variant, bias):
    torch.manual_seed(3)
    ours, theirs = pair(variant, 3, 4, bias)
    ours.load_state_dict(theirs.state_dict(), strict=True)
    torch.manual_seed(3)
    drawn_by_torch = type(theirs)(3, 4, bias=bias, dtype=torch.float64, **VARIANTS[variant][2])
    assert_close(dict(ours.state_dict()), dict(drawn_by_torch.state_dict()), rtol=0, atol=0)
    assert repr(ours) == repr(theirs)


def test_repr_names_what_torch_has_not():
    assert repr(GRUCell(2, 3, reset_after=False)) == "GRUCell(2, 3, reset_after=False)"
    assert repr(RNNCell(2, 3, nonlinearity="identity")) == "RNNCell(2, 3, nonlinearity=identity)"


@pytest.mark.parametrize(("cell", "options"), OURS)
def test_gradcheck(cell, options):
    torch.manual_seed(1)
    cell = cell(3, 4, dtype=torch.float64, **options)
    x = torch.randn(2, 3, dtype=torch.float64, requires_grad=True)
    state = tuple(part.requires_grad_() for part in parts_of(random_state(cell, 2)))
    names = [name for name, _ in cell.named_parameters()]

    def run(x, *rest):
        state, weights = rest[: len(cell.state_names)], rest[len(cell.state_names) :]
        argument = state if len(state) > 1 else state[0]
        weights = dict(zip(names, weights, strict=True))
        return parts_of(torch.func.functional_call(cell, weights, (x, argument)))

    assert torch.autograd.gradcheck(run, (x, *state, *cell.parameters()))


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def random_step(num_gates: int, seed: int = 0):
    """Random gi (B, G*H), h and c (B, H), weight_hh, bias_hh as numpy arrays."""
    rng = np.random.default_rng(seed)
    B, H = 3, 5
    shapes = [(B, num_gates * H), (B, H), (B, H), (num_gates * H, H), (num_gates * H,)]
    return [rng.normal(size=shape) for shape in shapes]


def as_numpy(step) -> dict[str, np.ndarray]:
    return {name: value.numpy() for name, value in step._asdict().items()}


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu", "identity"])
def test_rnn_step_is_its_formula(nonlinearity):
    gi, h, _, weight, bias = random_step(1)
    phi = {"tanh": np.tanh, "relu": lambda a: np.maximum(a, 0), "identity": lambda a: a}[nonlinearity]
    got = rnn_step(*map(torch.from_numpy, (gi, h, weight, bias)), nonlinearity=nonlinearity)
    np.testing.assert_allclose(got.h, phi(gi + h @ weight.T + bias), rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("reset_after", [True, False])
def test_gru_step_is_its_formula(reset_after):
    gi, h, _, weight, bias = random_step(3)
    (gi_r, gi_z, gi_n), (b_r, b_z, b_n) = np.split(gi, 3, axis=1), np.split(bias, 3)
    w_r, w_z, w_n = np.split(weight, 3)
    r = sigmoid(gi_r + h @ w_r.T + b_r)
    z = sigmoid(gi_z + h @ w_z.T + b_z)
    n = np.tanh(gi_n + (r * (h @ w_n.T + b_n) if reset_after else (r * h) @ w_n.T + b_n))
    want = {"h": (1 - z) * n + z * h, "r": r, "z": z, "n": n}
    got = as_numpy(gru_step(*map(torch.from_numpy, (gi, h, weight, bias)), reset_after=reset_after))
    for name in want:
        np.testing.assert_allclose(got[name], want[name], rtol=1e-13, atol=1e-13, err_msg=name)


def test_lstm_step_is_its_formula():
    gi, h, c, weight, bias = random_step(4)
    a = gi + h @ weight.T + bias
    i, f, g, o = (
        phi(part) for phi, part in zip((sigmoid, sigmoid, np.tanh, sigmoid), np.split(a, 4, 1), strict=True)
    )
    want = {"h": o * np.tanh(f * c + i * g), "c": f * c + i * g, "i": i, "f": f, "g": g, "o": o}
    got = as_numpy(lstm_step(*map(torch.from_numpy, (gi, h, c, weight, bias))))
    for name in want:
        np.testing.assert_allclose(got[name], want[name], rtol=1e-13, atol=1e-13, err_msg=name)


def test_a_cell_is_its_projection_and_its_step():
    torch.manual_seed(0)
    cell, x, h = GRUCell(3, 4), torch.randn(2, 3), torch.randn(2, 4)
    gi = project_input(x, cell.weight_ih, cell.bias_ih)
    assert_close(gi, x @ cell.weight_ih.T + cell.bias_ih)
    assert_close(cell(x, h), gru_step(gi, h, cell.weight_hh, cell.bias_hh).h)
    assert_close(cell.step(gi, h), gru_step(gi, h, cell.weight_hh, cell.bias_hh))


def test_the_two_resets_differ_unless_the_gate_is_open():
    torch.manual_seed(0)
    after, before = GRUCell(3, 4), GRUCell(3, 4, reset_after=False)
    before.load_state_dict(after.state_dict())
    x, h = torch.randn(2, 3), torch.randn(2, 4)
    assert (after(x, h) - before(x, h)).abs().max() > 1e-3
    for cell in (after, before):
        cell.bias_ih.data[:4] = 100  # r = 1
    assert_close(after(x, h), before(x, h))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: GRUCell(0, 3), ValueError, "input_size is 0, expected at least 1"),
        (lambda: LSTMCell(3, -1), ValueError, "hidden_size is -1, expected at least 1"),
        (lambda: RNNCell(3.0, 2), TypeError, r"input_size is 3.0 \(float\), expected an int"),
        (lambda: RNNCell(3, True), TypeError, r"hidden_size is True \(bool\), expected an int"),
        (
            lambda: RNNCell(3, 2, nonlinearity="sin"),
            ValueError,
            "nonlinearity is 'sin', expected one of tanh, relu, identity",
        ),
    ],
)
def test_bad_options(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    ("x", "state", "error", "message"),
    [
        (torch.zeros(2, 4), None, ValueError, r"x_t has shape \(2, 4\), expected \(batch, input_size=3\)"),
        (torch.zeros(4), None, ValueError, r"x_t has shape \(4,\), expected \(input_size=3\)"),
        (
            torch.zeros(1, 2, 3),
            None,
            ValueError,
            r"x_t has shape \(1, 2, 3\), expected \(batch, input_size=3\)",
        ),
        (torch.zeros(2, 3).long(), None, TypeError, r"x_t has dtype torch.int64, expected torch.float32"),
        (torch.zeros(2, 3).double(), None, TypeError, r"x_t has dtype torch.float64, expected torch.float32"),
        ([[0.0, 0, 0]], None, TypeError, "x_t is a list, expected a tensor"),
        (
            torch.zeros(2, 3),
            torch.zeros(3, 5),
            ValueError,
            r"hidden state has shape \(3, 5\), expected \(batch=2, hidden_size=5\)",
        ),
        (
            torch.zeros(3),
            torch.zeros(1, 5),
            ValueError,
            r"hidden state has shape \(1, 5\), expected \(hidden_size=5\)",
        ),
        (torch.zeros(2, 3), torch.zeros(2, 5).double(), TypeError, "hidden state has dtype torch.float64"),
        (
            torch.zeros(2, 3),
            (torch.zeros(2, 5),) * 2,
            TypeError,
            "hidden state is a tuple, expected a tensor",
        ),
    ],
)
def test_bad_input(x, state, error, message):
    with pytest.raises(error, match=message):
        GRUCell(3, 5)(x, state)


def test_bad_lstm_state():
    cell, x = LSTMCell(3, 5), torch.zeros(2, 3)
    h = torch.zeros(2, 5)
    with pytest.raises(TypeError, match=r"state is a Tensor, expected a pair of tensors \(h, c\)"):
        cell(x, h)
    with pytest.raises(TypeError, match=r"state holds 3 values, expected a pair of tensors \(h, c\)"):
        cell(x, (h, h, h))
    with pytest.raises(
        ValueError, match=r"cell state has shape \(2, 4\), expected \(batch=2, hidden_size=5\)"
    ):
        cell(x, (h, torch.zeros(2, 4)))
    assert_close(cell(x, [h, h]), cell(x))


@pytest.mark.parametrize(("cell", "options"), OURS)
def test_a_recurrent_matrix_that_is_not_square(cell, options):
    """In the cell and in its step function: each gate's block takes a state to one of the same width."""
    cell = cell(3, 4, **options)
    rows = cell.num_gates * 4
    gi, state = torch.zeros(2, rows), (torch.zeros(2, 4),) * len(cell.state_names)
    step = {RNNCell: rnn_step, GRUCell: gru_step, LSTMCell: lstm_step}[type(cell)]
    expected = rf"expected \(num_gates \* hidden_size={rows}, hidden_size=4\)$"
    for shape in ((rows, 5), (rows + cell.num_gates, 4), (4 * rows,)):
        came = str(shape).replace("(", r"\(").replace(")", r"\)")
        cell.weight_hh = torch.nn.Parameter(torch.zeros(shape))
        with pytest.raises(ValueError, match=f"^weight_hh has shape {came}, {expected}"):
            cell(torch.zeros(2, 3))
        with pytest.raises(ValueError, match=f"^weight_hh has shape {came}, {expected}"):
            step(gi, *state, torch.zeros(shape))
