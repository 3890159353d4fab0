"""The GRU over time."""

import torch
from torch import Tensor

from rnnlib.cells.gru import GRUStep, gru_step
from rnnlib.layers.base import RecurrentLayer, Weights
from rnnlib.layers.fused import FusedGRU


class GRU(RecurrentLayer):
    """The GRU over time, equal to `torch.nn.GRU` when `reset_after` is True.

    Arguments as in `RecurrentLayer`, and `reset_after`: True resets after the recurrent product, as PyTorch
    does, False before it, as the 2014 paper does.
    """

    num_gates = 3

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        reset_after: bool = True,
        fused: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
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
        self.reset_after = reset_after

    def step(self, weights: Weights, gi: Tensor, h: Tensor) -> GRUStep:  # type: ignore[override]
        return gru_step(gi, h, weights.weight_hh, weights.bias_hh, self.reset_after)

    def fused_states(self, x: Tensor, state: tuple[Tensor, ...], weights: Weights) -> tuple[Tensor, ...]:
        return (FusedGRU.apply(x, *state, *weights),)  # type: ignore[no-untyped-call]

    def can_fuse(self, x: Tensor) -> bool:
        """As in `RecurrentLayer`; the fast path resets after the product only."""
        return self.reset_after and super().can_fuse(x)

    def extra_repr(self) -> str:
        return super().extra_repr() + ("" if self.reset_after else ", reset_after=False")
