"""The recurrences of RNN, GRU and LSTM with gradients derived by hand: `unroll`'s numbers in less time.

`unroll` with a cell's step function *is* the definition: read that first, nothing is added to it here.
Autograd notes some ten small operations per time step and allocates a result for each. Here a step works in
place on the buffer that the input projection left, and the backward pass is written out by hand:

- da is dL/da for a = W_ih x + b_ih + W_hh h + b_hh, the argument of the gates' sigmoid or tanh, (T, B, G*H);
- one step back goes from dL/dh_t to da_t, and from there to dL/dh_{t-1} = da_t W_hh + (what bypasses a);
- gradients of parameters are sums over time: one product over all T*B rows after the loop.

Tests hold values and gradients against `unroll`, `torch.nn` and central differences. Second derivatives are
right too: where they are asked for (`create_graph=True`), the backward pass is autograd's, through `unroll`.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import FunctionCtx

from rnnlib.cells import gru_step, lstm_step, project_input, rnn_step
from rnnlib.layers.unroll import unroll

if TYPE_CHECKING:

    class Context(FunctionCtx):
        """What torch's own types leave out of what a forward pass keeps for the backward pass."""

        nonlinearity: str
        saved_tensors: tuple[Any, ...]
        needs_input_grad: tuple[bool, ...]

        def save_for_backward(self, *tensors: Tensor | None) -> None: ...


Gradients = tuple[Tensor | None, ...]


def by_time(*values: Tensor) -> list[tuple[Tensor, ...]]:
    """Each (T, ...) tensor as the tuple of its T slices, which are views and cheap to index."""
    return [value.unbind(0) for value in values]


def preceding(h: Tensor, h_0: Tensor) -> Tensor:
    """h_0..h_{T-1}, from h_1..h_T (T, B, H) and h_0 (B, H)."""
    return torch.cat((h_0.unsqueeze(0), h[:-1]))


def d_sigmoid(ds: Tensor, s: Tensor, out: Tensor) -> Tensor:
    """dL/da from dL/ds where s = sigmoid(a): ds * s * (1 - s)."""
    return torch.ops.aten.sigmoid_backward.grad_input(ds, s, grad_input=out)  # type: ignore[no-any-return]


def d_tanh(dy: Tensor, y: Tensor, out: Tensor) -> Tensor:
    """dL/da from dL/dy where y = tanh(a): dy * (1 - y * y)."""
    return torch.ops.aten.tanh_backward.grad_input(dy, y, grad_input=out)  # type: ignore[no-any-return]


def d_linear(da: Tensor, x: Tensor, bias: Tensor | None) -> tuple[Tensor, Tensor | None]:
    """dL/dW and dL/db from dL/da where a = W x + b: sums over time and batch of da_t x_t^T and of da_t."""
    da, x = da.flatten(0, 1), x.flatten(0, 1)  # (T*B, G*H), (T*B, I)
    return da.T @ x, None if bias is None else da.sum(0)


def by_autograd(
    step: Callable[..., tuple[Tensor, ...]], inputs: Sequence[Any], grads: Sequence[Tensor | None]
) -> Gradients:
    """The gradients by autograd through `unroll`, which can be differentiated again.

    Args:
        step: `step(gi_t, *state, weight_hh, bias_hh)`.
        inputs: x, the parts of the initial state, weight_ih, weight_hh, bias_ih, bias_hh.
        grads: dL/dh and, for the LSTM, dL/dc at all times, (T, B, H) or None.
    """
    x, *state, weight_ih, weight_hh, bias_ih, bias_hh = inputs
    gi = project_input(x, weight_ih, bias_ih)
    steps = unroll(lambda *now: step(*now, weight_hh, bias_hh), gi, state)
    given = [(torch.stack([s[k] for s in steps]), grad) for k, grad in enumerate(grads) if grad is not None]
    outputs, grads = zip(*given, strict=True)
    wanted = [value is not None and value.requires_grad for value in inputs]
    sources = [value for value, is_wanted in zip(inputs, wanted, strict=True) if is_wanted]
    found = iter(torch.autograd.grad(outputs, sources, grads, create_graph=True, materialize_grads=True))
    return tuple(next(found) if is_wanted else None for is_wanted in wanted)


class FusedRNN(Function):
    """h_1..h_T of `rnn_step`, (T, B, H)."""

    @staticmethod
    def forward(
        ctx: "Context",
        nonlinearity: str,
        x: Tensor,
        h_0: Tensor,
        weight_ih: Tensor,
        weight_hh: Tensor,
        bias_ih: Tensor | None,
        bias_hh: Tensor | None,
    ) -> Tensor:
        phi_: Any = {"tanh": torch.tanh_, "relu": torch.relu_, "identity": lambda a: a}[nonlinearity]
        h = project_input(x, weight_ih, bias_ih)  # gi now, h in the end
        if bias_hh is not None:
            h += bias_hh
        h_t, weight = h_0, weight_hh.T
        for a_t in h.unbind(0):
            h_t = phi_(a_t.addmm_(h_t, weight))  # h_t = phi(gi_t + W_hh h_{t-1} + b_hh)
        ctx.nonlinearity = nonlinearity
        ctx.save_for_backward(x, h_0, weight_ih, weight_hh, bias_ih, bias_hh, h)
        return h

    @staticmethod
    def backward(ctx: "Context", dy: Tensor) -> Gradients:
        *inputs, h = ctx.saved_tensors
        if torch.is_grad_enabled():
            return None, *by_autograd(lambda *now: rnn_step(*now, ctx.nonlinearity), inputs, [dy])  # type: ignore[call-arg]
        x, h_0, weight_ih, weight_hh, bias_ih, bias_hh = inputs
        da, dh = torch.empty_like(h), torch.zeros_like(h_0)
        for dy_t, h_t, da_t in zip(*(slices[::-1] for slices in by_time(dy, h, da)), strict=True):
            dh += dy_t
            if ctx.nonlinearity == "tanh":
                d_tanh(dh, h_t, out=da_t)
            else:
                torch.mul(dh, h_t > 0 if ctx.nonlinearity == "relu" else 1, out=da_t)
            dh = da_t @ weight_hh
        dw_ih, db_ih = d_linear(da, x, bias_ih)
        dw_hh, db_hh = d_linear(da, preceding(h, h_0), bias_hh)
        dx = da @ weight_ih if ctx.needs_input_grad[1] else None
        return None, dx, dh, dw_ih, dw_hh, db_ih, db_hh


class FusedGRU(Function):
    """h_1..h_T of `gru_step` with the reset after the product, (T, B, H)."""

    @staticmethod
    def forward(
        ctx: "Context",
        x: Tensor,
        h_0: Tensor,
        weight_ih: Tensor,
        weight_hh: Tensor,
        bias_ih: Tensor | None,
        bias_hh: Tensor | None,
    ) -> Tensor:
        H = h_0.shape[-1]
        gates = project_input(x, weight_ih, bias_ih)  # gi now; r, z, n in the end
        h, gh_n = (gates.new_empty(*gates.shape[:-1], H) for _ in range(2))
        gh = h_0.new_empty(len(h_0), 3 * H)
        bias = gh.new_zeros(()) if bias_hh is None else bias_hh
        h_t, weight = h_0, weight_hh.T

        r, z, n = by_time(*gates.chunk(3, dim=-1))
        r_and_z, gh_n_out, h_out = by_time(gates[..., : 2 * H], gh_n, h)
        for t in range(len(h)):
            torch.addmm(bias, h_t, weight, out=gh)  # W_hh h_{t-1} + b_hh
            r_and_z[t].add_(gh[:, : 2 * H]).sigmoid_()
            gh_n_t = gh_n_out[t].copy_(gh[:, 2 * H :])
            n[t].addcmul_(r[t], gh_n_t).tanh_()  # n_t = tanh(gi_n + r_t * gh_n)
            h_t = torch.lerp(n[t], h_t, z[t], out=h_out[t])  # h_t = n_t + z_t * (h_{t-1} - n_t)
        ctx.save_for_backward(x, h_0, weight_ih, weight_hh, bias_ih, bias_hh, gates, gh_n, h)
        return h

    @staticmethod
    def backward(ctx: "Context", dy: Tensor) -> Gradients:
        *inputs, gates, gh_n, h = ctx.saved_tensors
        if torch.is_grad_enabled():
            return by_autograd(gru_step, inputs, [dy])
        x, h_0, weight_ih, weight_hh, bias_ih, bias_hh = inputs
        h_prev = preceding(h, h_0)
        da, da_n, dh = torch.empty_like(gates), torch.empty_like(h), torch.zeros_like(h_0)

        r, z, n = by_time(*gates.chunk(3, dim=-1))
        da_r, da_z, dgh_n = by_time(*da.chunk(3, dim=-1))
        slices = by_time(dy, h_prev, gh_n, da, da_n)
        for t in reversed(range(len(h))):
            dy_t, h_prev_t, gh_n_t, da_t, da_n_t = (value[t] for value in slices)
            dh += dy_t
            kept = dh * z[t]  # h_t = (1 - z_t) * n_t + z_t * h_{t-1}
            d_tanh(dh - kept, n[t], out=da_n_t)
            d_sigmoid((h_prev_t - n[t]).mul_(dh), z[t], out=da_z[t])
            d_sigmoid(da_n_t * gh_n_t, r[t], out=da_r[t])  # n_t = tanh(gi_n + r_t * gh_n)
            torch.mul(da_n_t, r[t], out=dgh_n[t])
            dh = kept.addmm_(da_t, weight_hh)
        dw_hh, db_hh = d_linear(da, h_prev, bias_hh)
        da[..., -h.shape[-1] :] = da_n  # gi_n stands outside the product with r_t, gh_n inside
        dw_ih, db_ih = d_linear(da, x, bias_ih)
        dx = da @ weight_ih if ctx.needs_input_grad[0] else None
        return dx, dh, dw_ih, dw_hh, db_ih, db_hh


class FusedLSTM(Function):
    """h_1..h_T and c_1..c_T of `lstm_step`, (T, B, H) each."""

    @staticmethod
    def forward(
        ctx: "Context",
        x: Tensor,
        h_0: Tensor,
        c_0: Tensor,
        weight_ih: Tensor,
        weight_hh: Tensor,
        bias_ih: Tensor | None,
        bias_hh: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        H = h_0.shape[-1]
        gates = project_input(x, weight_ih, bias_ih)  # gi now; i, f, g, o in the end
        if bias_hh is not None:
            gates += bias_hh
        h, c = (gates.new_empty(*gates.shape[:-1], H) for _ in range(2))
        h_t, c_t, weight = h_0, c_0, weight_hh.T

        i, f, g, o = by_time(*gates.chunk(4, dim=-1))
        all_gates, i_and_f, h_out, c_out = by_time(gates, gates[..., : 2 * H], h, c)
        for t in range(len(h)):
            all_gates[t].addmm_(h_t, weight)  # gi_t + W_hh h_{t-1} + b_hh
            i_and_f[t].sigmoid_()
            g[t].tanh_()
            o[t].sigmoid_()
            c_t = torch.mul(f[t], c_t, out=c_out[t]).addcmul_(i[t], g[t])  # c_t = f_t * c_{t-1} + i_t * g_t
            h_t = torch.tanh(c_t, out=h_out[t]).mul_(o[t])  # h_t = o_t * tanh(c_t)
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(x, h_0, c_0, weight_ih, weight_hh, bias_ih, bias_hh, gates, h, c)
        return h, c

    @staticmethod
    def backward(ctx: "Context", dy: Tensor | None, dy_c: Tensor | None) -> Gradients:
        *inputs, gates, h, c = ctx.saved_tensors
        if torch.is_grad_enabled():
            return by_autograd(lstm_step, inputs, [dy, dy_c])
        x, h_0, c_0, weight_ih, weight_hh, bias_ih, bias_hh = inputs
        dy, dy_c = (h.new_zeros(()).expand_as(h) if given is None else given for given in (dy, dy_c))
        da, dh, dc = torch.empty_like(gates), torch.zeros_like(h_0), torch.zeros_like(c_0)

        i, f, g, o = by_time(*gates.chunk(4, dim=-1))
        da_i, da_f, da_g, da_o = by_time(*da.chunk(4, dim=-1))
        slices = by_time(dy, dy_c, c, preceding(c, c_0), da)
        for t in reversed(range(len(h))):
            dy_t, dy_c_t, c_t, c_prev_t, da_t = (value[t] for value in slices)
            dh += dy_t
            tanh_c = torch.tanh(c_t)  # h_t = o_t * tanh(c_t)
            d_sigmoid(dh * tanh_c, o[t], out=da_o[t])
            dc += dy_c_t
            dc += d_tanh(dh * o[t], tanh_c, out=tanh_c)
            d_sigmoid(dc * g[t], i[t], out=da_i[t])  # c_t = f_t * c_{t-1} + i_t * g_t
            d_sigmoid(dc * c_prev_t, f[t], out=da_f[t])
            d_tanh(dc * i[t], g[t], out=da_g[t])
            dc *= f[t]
            dh = da_t @ weight_hh
        dw_ih, db_ih = d_linear(da, x, bias_ih)
        dw_hh, db_hh = d_linear(da, preceding(h, h_0), bias_hh)
        dx = da @ weight_ih if ctx.needs_input_grad[0] else None
        return dx, dh, dc, dw_ih, dw_hh, db_ih, db_hh
