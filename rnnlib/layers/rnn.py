"""The plain RNN over time."""

import torch
from torch import Tensor

from rnnlib.cells.rnn import RNNStep, check_nonlinearity, rnn_step
from rnnlib.layers.base import RecurrentLayer, Weights
from rnnlib.layers.fused import FusedRNN


class RNN(RecurrentLayer):
    """The plain RNN over time; `torch.nn.RNN` with the further nonlinearity "identity".

    Arguments as in `RecurrentLayer`, and `nonlinearity`: "tanh", "relu" or "identity".

    Raises:
        ValueError: an unknown nonlinearity, and what `RecurrentLayer` raises.
    """

    num_gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        nonlinearity: str = "tanh",
        fused: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        check_nonlinearity(nonlinearity)
        super().__init__(
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            fused,
            device,
            dtype,
        )
        self.nonlinearity = nonlinearity

    def step(self, weights: Weights, gi: Tensor, h: Tensor) -> RNNStep:  # type: ignore[override]
        return rnn_step(gi, h, weights.weight_hh, weights.bias_hh, self.nonlinearity)

    def fused_states(self, x: Tensor, state: tuple[Tensor, ...], weights: Weights) -> tuple[Tensor, ...]:
        return (FusedRNN.apply(self.nonlinearity, x, *state, *weights),)  # type: ignore[no-untyped-call]

    def extra_repr(self) -> str:
        extra = "" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity}"
        return super().extra_repr() + extra
