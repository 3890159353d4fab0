"""Probes against derivatives computed in other ways, and against what theory says of them."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from rnnlib.cells import GRUCell, LSTMCell, RNNCell
from rnnlib.layers import GRU, LSTM, RNN
from rnnlib.probes import (
    Reach,
    gate_trace,
    gradient_reach,
    half_life,
    reach_bound,
    spectral_norms,
    state_jacobian,
)

CLOSE = {"rtol": 1e-9, "atol": 0}
LAYERS = {
    "RNN": RNN,
    "GRU": GRU,
    "GRU before": lambda *sizes, **options: GRU(*sizes, reset_after=False, **options),
    "LSTM": LSTM,
}
TORCH_CELLS = {"RNN": torch.nn.RNNCell, "GRU": torch.nn.GRUCell, "LSTM": torch.nn.LSTMCell}


def made(kind: str, *sizes: int, seed: int = 0, **options):
    torch.manual_seed(seed)
    return LAYERS[kind](*sizes, dtype=torch.float64, **options)


def inputs(time: int, batch: int, size: int) -> torch.Tensor:
    return torch.randn(time, batch, size, dtype=torch.float64)


def torch_cell(layer):
    """torch.nn's cell with a layer's weights."""
    cell = TORCH_CELLS[type(layer).__name__](layer.input_size, layer.hidden_size, dtype=torch.float64)
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in layer.state_dict().items()})
    return cell


def reach_by_torch(layer, x, loss) -> list[torch.Tensor]:
    """Norms of the gradient by every state, from torch.nn's cell unrolled by hand: [h] or [h, c]."""
    cell, state, states = torch_cell(layer), None, []
    for x_t in x:
        state = cell(x_t, state)
        states.append(state if isinstance(state, tuple) else (state,))
    flat = [part for parts in states for part in parts]
    found = torch.autograd.grad(loss(states[-1][0]), flat)
    norms = torch.stack([gradient.norm() for gradient in found])
    return list(norms.view(len(x), -1).T)


@settings(max_examples=30)
@given(
    kind=st.sampled_from(list(TORCH_CELLS)),
    time=st.integers(1, 8),
    batch=st.integers(1, 3),
    hidden=st.integers(1, 6),
    seed=st.integers(0, 2**16),
)
def test_reach_is_autograds_through_torchs_cell(kind, time, batch, hidden, seed):
    layer = made(kind, 3, hidden, seed=seed)
    x = inputs(time, batch, 3)
    for loss in (torch.sum, lambda h: (3 * h).sin().sum()):
        reach = gradient_reach(layer, x, loss=None if loss is torch.sum else loss)
        want = reach_by_torch(layer, x, loss)
        assert_close(reach.h, want[0], **CLOSE)
        assert (reach.c is None) == (len(want) == 1)
        if reach.c is not None:
            assert_close(reach.c, want[1], **CLOSE)


@pytest.mark.parametrize("kind", LAYERS)
def test_reach_is_the_product_of_jacobians(kind):
    layer, x = made(kind, 3, 4), inputs(9, 1, 3)
    jacobians, reach = state_jacobian(layer, x), gradient_reach(layer, x)
    gradient = torch.zeros(jacobians.shape[-1], dtype=torch.float64)
    gradient[:4] = 1  # the loss is the sum of h_T
    want = [gradient.norm()]
    for jacobian in jacobians[1:].flip(0):
        gradient = jacobian.T @ gradient
        want.append(gradient.norm())
    assert_close(reach.state, torch.stack(want).flip(0), **CLOSE)


def test_reach_of_a_cell_is_that_of_its_layer():
    cells = {"RNN": RNNCell, "GRU": GRUCell, "LSTM": LSTMCell}
    for kind, cell in cells.items():
        layer = made(kind, 3, 4)
        cell = cell(3, 4, dtype=torch.float64)
        cell.load_state_dict({name.removesuffix("_l0"): value for name, value in layer.state_dict().items()})
        x, h = inputs(6, 1, 3), inputs(1, 1, 4)
        of_layer, of_cell = ((h, 2 * h), (h[0], 2 * h[0])) if kind == "LSTM" else (h, h[0])
        assert_close(
            gradient_reach(cell, x, state=of_cell), gradient_reach(layer, x, state=of_layer), **CLOSE
        )
        assert_close(state_jacobian(cell, x, of_cell), state_jacobian(layer, x, of_layer), **CLOSE)
        assert_close(gate_trace(cell, x, of_cell), gate_trace(layer, x, of_layer), **CLOSE)
        assert_close(gate_trace(cell, x[:, 0]), gate_trace(layer, x[:, 0]), **CLOSE)


def test_reach_starts_from_the_given_state():
    layer, x = made("GRU", 3, 4), inputs(6, 2, 3)
    state = inputs(1, 2, 4)
    assert (gradient_reach(layer, x).h - gradient_reach(layer, x, state=state).h).abs().max() > 1e-6
    assert_close(gradient_reach(layer, x, state=torch.zeros_like(state)), gradient_reach(layer, x), **CLOSE)


@pytest.mark.parametrize("kind", ["GRU", "LSTM"])
def test_reach_within_a_stack(kind):
    layer, x = made(kind, 3, 4, num_layers=2), inputs(5, 2, 3)
    top, low = gradient_reach(layer, x), gradient_reach(layer, x, layer=0)
    assert_close(gradient_reach(layer, x, layer=1), top, **CLOSE)
    lower, upper = torch_stack(layer)
    states, above, now, now_above = [], None, None, None
    for x_t in x:
        now = lower(x_t, now)
        below = now[0] if isinstance(now, tuple) else now
        now_above = upper(below, now_above)
        above = now_above[0] if isinstance(now_above, tuple) else now_above
        states.append(below)
    want = torch.stack([gradient.norm() for gradient in torch.autograd.grad(above.sum(), states)])
    assert_close(low.h, want, **CLOSE)


def torch_stack(layer):
    """torch.nn's cells with the weights of a layer's two layers."""
    cells = []
    for k in range(2):
        cell = TORCH_CELLS[type(layer).__name__](
            layer.input_size if k == 0 else layer.hidden_size, layer.hidden_size, dtype=torch.float64
        )
        ending = f"_l{k}"
        own = {name: value for name, value in layer.state_dict().items() if name.endswith(ending)}
        cell.load_state_dict({name.removesuffix(ending): value for name, value in own.items()})
        cells.append(cell)
    return cells


@settings(max_examples=40)
@given(
    kind=st.sampled_from(list(LAYERS)),
    num_layers=st.integers(1, 2),
    gain=st.sampled_from([0.3, 1.0, 3.0]),
    time=st.integers(1, 10),
    seed=st.integers(0, 2**16),
)
def test_reach_never_exceeds_its_bound(kind, num_layers, gain, time, seed):
    layer = made(kind, 3, 4, seed=seed, num_layers=num_layers)
    for k in range(num_layers):
        getattr(layer, f"weight_hh_l{k}").data.mul_(gain)
    x = inputs(time, 1, 3)
    bound, reach = reach_bound(state_jacobian(layer, x)), gradient_reach(layer, x)
    assert bound[-1] == 1
    assert (reach.h <= reach.h[-1] * bound * (1 + 1e-12)).all()
    if num_layers == 1:
        assert (reach.state <= reach.state[-1] * bound * (1 + 1e-12)).all()
        assert (reach.h <= reach.state).all()


def test_an_orthogonal_linear_recurrence_is_flat():
    layer = made("RNN", 3, 16, nonlinearity="identity")
    torch.nn.init.orthogonal_(layer.weight_hh_l0)
    x = inputs(200, 1, 3)
    reach = gradient_reach(layer, x)
    assert (reach.h / reach.h[-1] - 1).abs().max() < 1e-12
    assert (reach_bound(state_jacobian(layer, x)) - 1).abs().max() < 1e-12


def test_without_recurrent_weights_the_cell_states_gradient_falls_as_the_forget_gate():
    layer, x = made("LSTM", 3, 5), inputs(30, 1, 3)
    layer.weight_hh_l0.data.zero_()
    layer.weight_ih_l0.data[5:10] = 0  # f_t = sigmoid(b_f), the same at all times
    for unit in range(5):
        f = torch.sigmoid(layer.bias_ih_l0[5 + unit] + layer.bias_hh_l0[5 + unit]).item()
        reach = gradient_reach(layer, x, loss=lambda h, unit=unit: h[0, unit])
        lag = torch.arange(29, -1, -1, dtype=torch.float64)
        assert_close(reach.c / reach.c[-1], f**lag, rtol=1e-12, atol=0)
        assert reach.h[:-1].eq(0).all()


def test_without_recurrent_weights_the_grus_gradient_falls_as_the_update_gate():
    layer, x = made("GRU", 3, 5), inputs(30, 1, 3)
    layer.weight_hh_l0.data.zero_()
    layer.weight_ih_l0.data[5:10] = 0
    z = torch.sigmoid(layer.bias_ih_l0 + layer.bias_hh_l0)[5 + 2].item()
    reach = gradient_reach(layer, x, loss=lambda h: h[0, 2])
    assert_close(reach.h, z ** torch.arange(29, -1, -1, dtype=torch.float64), rtol=1e-12, atol=0)


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("num_layers", [1, 2])
def test_jacobians_are_differences(kind, num_layers):
    layer, x = made(kind, 3, 4, num_layers=num_layers), inputs(3, 1, 3)
    jacobians = state_jacobian(layer, x)
    parts = len(layer.state_names)
    S = parts * num_layers * 4
    assert jacobians.shape == (3, S, S)
    assert torch.all(spectral_norms(jacobians) == torch.linalg.svdvals(jacobians)[:, 0])

    def joint_step(s, x_t):
        state = tuple(s.view(parts, num_layers, 1, 4))
        after = layer(x_t[None], state if parts > 1 else state[0])[1]
        return torch.cat([part.flatten() for part in (after if parts > 1 else (after,))])

    s, step = torch.zeros(S, dtype=torch.float64), 1e-6
    for t in range(3):
        with torch.no_grad():
            columns = [
                (joint_step(s + step * e, x[t]) - joint_step(s - step * e, x[t])) / (2 * step)
                for e in torch.eye(S, dtype=torch.float64)
            ]
            assert_close(jacobians[t], torch.stack(columns, 1), rtol=0, atol=1e-8)
            s = joint_step(s, x[t])


def test_the_plain_networks_jacobian_is_its_formula():
    layer, x = made("RNN", 3, 4), inputs(5, 1, 3)
    h = gate_trace(layer, x)["h"][:, 0]
    assert_close(state_jacobian(layer, x), (1 - h * h)[:, :, None] * layer.weight_hh_l0.detach(), **CLOSE)


@pytest.mark.parametrize("kind", LAYERS)
def test_gate_trace_is_what_the_layer_returns(kind):
    layer, x = made(kind, 3, 4, num_layers=2), inputs(6, 2, 3)
    for k in range(2):
        assert_close(gate_trace(layer, x, layer=k), layer(x, return_gates=True)[2][k], **CLOSE)
    assert not any(value.requires_grad for value in gate_trace(layer, x).values())
    assert_close(
        gate_trace(layer, x[:, 0]), {k: v[:, 0] for k, v in gate_trace(layer, x[:, :1]).items()}, **CLOSE
    )


def test_batch_first_layers_are_read_as_they_are():
    layer, x = made("GRU", 3, 4), inputs(6, 1, 3)
    other = made("GRU", 3, 4, batch_first=True)
    assert_close(gradient_reach(other, x.transpose(0, 1)), gradient_reach(layer, x), **CLOSE)
    assert_close(state_jacobian(other, x.transpose(0, 1)), state_jacobian(layer, x), **CLOSE)


def test_reach_works_frozen_without_grad_and_in_float32():
    layer, x = made("LSTM", 3, 4), inputs(40, 1, 3)
    want = gradient_reach(layer, x)
    layer.requires_grad_(False)
    with torch.no_grad():
        assert_close(gradient_reach(layer, x), want, **CLOSE)
    single = gradient_reach(layer.float(), x.float())
    assert_close(single, want, rtol=1e-3, atol=0)
    assert isinstance(single, Reach)


def test_tiny_norms_do_not_vanish_in_their_squares():
    layer = RNN(1, 2, nonlinearity="identity", bias=False)
    layer.weight_hh_l0.data = 1e-3 * torch.eye(2)
    reach = gradient_reach(layer, torch.zeros(12, 1, 1))
    assert_close(
        reach.h, math.sqrt(2) * 1e-3 ** torch.arange(11, -1, -1, dtype=torch.float64), rtol=1e-4, atol=0
    )


def test_half_life():
    assert half_life(0.5) == 1
    assert half_life(1) == math.inf
    biases = torch.tensor([0.0, 1.0, 3.0], dtype=torch.float64)
    assert_close(half_life(torch.sigmoid(biases)), biases.new_tensor([1, 2.2127, 14.2660]), rtol=0, atol=5e-5)
    kept = torch.sigmoid(biases)
    assert_close(kept ** half_life(kept), torch.full_like(kept, 0.5))
    assert isinstance(half_life(0.9), float)
    for p in (0, -0.5, 1.5, math.nan, torch.tensor([0.5, 2.0])):
        with pytest.raises(ValueError, match=r"p is .*, expected a value in \(0, 1\]"):
            half_life(p)


def test_bad_input():
    x = inputs(5, 2, 3)
    with pytest.raises(ValueError, match="x holds 2 sequences, expected 1"):
        state_jacobian(made("GRU", 3, 4), x)
    with pytest.raises(ValueError, match=r"the value of loss has shape \(2, 4\), expected \(\)"):
        gradient_reach(made("GRU", 3, 4), x, loss=lambda h: h)
    with pytest.raises(ValueError, match="module has bidirectional=True"):
        gate_trace(made("GRU", 3, 4, bidirectional=True), x)
    with pytest.raises(TypeError, match="module is a torch.nn.modules.rnn.GRU, expected one of rnnlib's"):
        gate_trace(torch.nn.GRU(3, 4), x)
    with pytest.raises(TypeError, match="x has dtype torch.float64, expected torch.float32"):
        gate_trace(GRUCell(3, 4), x)
    with pytest.raises(ValueError, match=r"x has shape \(5, 2, 2\), expected \(time, batch, input_size=3\)"):
        gradient_reach(GRUCell(3, 4, dtype=torch.float64), x[..., :2])
    with pytest.raises(
        ValueError, match=r"hidden state has shape \(1, 4\), expected \(batch=2, hidden_size=4\)"
    ):
        gradient_reach(GRUCell(3, 4, dtype=torch.float64), x, state=x.new_zeros(1, 4))
