"""The plain recurrent cell (Elman, *Finding Structure in Time*, 1990)."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import linear

from rnnlib.cells.base import RecurrentCell, check_recurrent


def identity(a: Tensor) -> Tensor:
    """`a` itself: makes the recurrence linear."""
    return a


NONLINEARITIES: dict[str, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "identity": identity,
}


def check_nonlinearity(nonlinearity: str) -> None:
    """Require one of `NONLINEARITIES`.

    Raises:
        ValueError: any other name.
    """
    if nonlinearity not in NONLINEARITIES:
        raise ValueError(f"nonlinearity is {nonlinearity!r}, expected one of {', '.join(NONLINEARITIES)}")


class RNNStep(NamedTuple):
    """What one step computes: the new hidden state, (B, H)."""

    h: Tensor


def rnn_step(
    gi: Tensor, h: Tensor, weight_hh: Tensor, bias_hh: Tensor | None = None, nonlinearity: str = "tanh"
) -> RNNStep:
    """One step of the plain RNN, h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh).

    Args:
        gi: projected input W_ih x_t + b_ih, (B, H).
        h: previous hidden state, (B, H).
        weight_hh: (H, H).
        bias_hh: (H,) or None.
        nonlinearity: "tanh", "relu" or "identity".

    Raises:
        ValueError: `weight_hh` of another shape.
    """
    check_recurrent(weight_hh, 1, h)
    gh = linear(h, weight_hh, bias_hh)  # W_hh h_{t-1} + b_hh                  (B, H)
    return RNNStep(NONLINEARITIES[nonlinearity](gi + gh))  # h_t               (B, H)


class RNNCell(RecurrentCell):
    """One step of the plain RNN; `torch.nn.RNNCell` with the further nonlinearity "identity".

    Raises:
        ValueError: a size below 1 or an unknown nonlinearity.
    """

    num_gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        check_nonlinearity(nonlinearity)
        super().__init__(input_size, hidden_size, bias, device, dtype)
        self.nonlinearity = nonlinearity

    def step(self, gi: Tensor, h: Tensor) -> RNNStep:  # type: ignore[override]
        return rnn_step(gi, h, self.weight_hh, self.bias_hh, self.nonlinearity)

    def extra_repr(self) -> str:
        extra = "" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity}"
        return super().extra_repr() + extra
