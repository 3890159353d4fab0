"""Long short-term memory (Hochreiter & Schmidhuber 1997) with the forget gate of Gers et al. (2000)."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import linear

from rnnlib.cells.base import RecurrentCell, check_recurrent


class LSTMStep(NamedTuple):
    """What one step computes, each (B, H): the state h and c, and the gates i, f, g, o."""

    h: Tensor
    c: Tensor
    i: Tensor
    f: Tensor
    g: Tensor
    o: Tensor


def lstm_step(gi: Tensor, h: Tensor, c: Tensor, weight_hh: Tensor, bias_hh: Tensor | None = None) -> LSTMStep:
    """One step of the LSTM.

    Args:
        gi: projected input W_ih x_t + b_ih, (B, 4H), blocks i f g o.
        h: previous hidden state h_{t-1}, (B, H).
        c: previous cell state c_{t-1}, (B, H).
        weight_hh: (4H, H), blocks i f g o.
        bias_hh: (4H,) or None.

    Raises:
        ValueError: `weight_hh` of another shape.
    """
    check_recurrent(weight_hh, 4, h)
    a_i, a_f, a_g, a_o = (gi + linear(h, weight_hh, bias_hh)).chunk(4, dim=-1)  # one product for all gates
    i = torch.sigmoid(a_i)  # i_t = sigmoid(W_ii x_t + b_ii + W_hi h_{t-1} + b_hi)
    f = torch.sigmoid(a_f)  # f_t = sigmoid(W_if x_t + b_if + W_hf h_{t-1} + b_hf)
    g = torch.tanh(a_g)  # g_t = tanh(W_ig x_t + b_ig + W_hg h_{t-1} + b_hg)
    o = torch.sigmoid(a_o)  # o_t = sigmoid(W_io x_t + b_io + W_ho h_{t-1} + b_ho)
    c = f * c + i * g  # c_t = f_t * c_{t-1} + i_t * g_t
    h = o * torch.tanh(c)  # h_t = o_t * tanh(c_t)
    return LSTMStep(h, c, i, f, g, o)


class LSTMCell(RecurrentCell):
    """One step of the LSTM, equal to `torch.nn.LSTMCell`; its state is the pair `(h, c)`.

    Raises:
        ValueError: a size below 1.
    """

    num_gates = 4
    state_names = ("h", "c")

    def step(self, gi: Tensor, h: Tensor, c: Tensor) -> LSTMStep:  # type: ignore[override]
        return lstm_step(gi, h, c, self.weight_hh, self.bias_hh)
