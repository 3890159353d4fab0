"""The gated recurrent unit (Cho et al., *Learning Phrase Representations using RNN Encoder-Decoder*, 2014).

Two conventions differ between texts, and both are stated here:

- *Which end of z keeps the past.* Here, as in PyTorch, z keeps: h_t = (1 - z_t) n_t + z_t h_{t-1}.
- *Where the reset gate acts.* PyTorch resets after the recurrent product, r * (W_hn h), the 2014 paper before
  it, W_hn (r * h). The two are different networks: `reset_after` chooses.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import linear

from rnnlib.cells.base import RecurrentCell, check_recurrent


class GRUStep(NamedTuple):
    """What one step computes, each (B, H): new state, reset gate, update gate, candidate."""

    h: Tensor
    r: Tensor
    z: Tensor
    n: Tensor


def gru_step(
    gi: Tensor, h: Tensor, weight_hh: Tensor, bias_hh: Tensor | None = None, reset_after: bool = True
) -> GRUStep:
    """One step of the GRU.

    Args:
        gi: projected input W_ih x_t + b_ih, (B, 3H), blocks r z n.
        h: previous hidden state h_{t-1}, (B, H).
        weight_hh: (3H, H), blocks r z n.
        bias_hh: (3H,) or None.
        reset_after: True for PyTorch's convention, False for the paper's.

    Raises:
        ValueError: `weight_hh` of another shape.
    """
    check_recurrent(weight_hh, 3, h)
    gi_r, gi_z, gi_n = gi.chunk(3, dim=-1)  # each (B, H)
    if reset_after:
        gh_r, gh_z, gh_n = linear(h, weight_hh, bias_hh).chunk(3, dim=-1)  # one product for all gates
        r = torch.sigmoid(gi_r + gh_r)  # r_t = sigmoid(W_ir x_t + b_ir + W_hr h_{t-1} + b_hr)
        z = torch.sigmoid(gi_z + gh_z)  # z_t = sigmoid(W_iz x_t + b_iz + W_hz h_{t-1} + b_hz)
        n = torch.tanh(gi_n + r * gh_n)  # n_t = tanh(W_in x_t + b_in + r_t * (W_hn h_{t-1} + b_hn))
    else:
        H = h.shape[-1]
        bias_rz, bias_n = (None, None) if bias_hh is None else bias_hh.split((2 * H, H))
        weight_rz, weight_n = weight_hh.split((2 * H, H))
        gh_r, gh_z = linear(h, weight_rz, bias_rz).chunk(2, dim=-1)
        r = torch.sigmoid(gi_r + gh_r)  # as above
        z = torch.sigmoid(gi_z + gh_z)  # as above
        gh_n = linear(r * h, weight_n, bias_n)  # W_hn (r_t * h_{t-1}) + b_hn
        n = torch.tanh(gi_n + gh_n)  # n_t = tanh(W_in x_t + b_in + W_hn (r_t * h_{t-1}) + b_hn)
    h = (1 - z) * n + z * h  # h_t = (1 - z_t) * n_t + z_t * h_{t-1}
    return GRUStep(h, r, z, n)


class GRUCell(RecurrentCell):
    """One step of the GRU; `torch.nn.GRUCell` when `reset_after` is True.

    Raises:
        ValueError: a size below 1.
    """

    num_gates = 3

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        reset_after: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, device, dtype)
        self.reset_after = reset_after

    def step(self, gi: Tensor, h: Tensor) -> GRUStep:  # type: ignore[override]
        return gru_step(gi, h, self.weight_hh, self.bias_hh, self.reset_after)

    def extra_repr(self) -> str:
        return super().extra_repr() + ("" if self.reset_after else ", reset_after=False")
