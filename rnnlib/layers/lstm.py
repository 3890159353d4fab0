"""The LSTM over time."""

from torch import Tensor

from rnnlib.cells.lstm import LSTMStep, lstm_step
from rnnlib.layers.base import RecurrentLayer, Weights
from rnnlib.layers.fused import FusedLSTM


class LSTM(RecurrentLayer):
    """The LSTM over time, equal to `torch.nn.LSTM` (without projections); its state is the pair `(h, c)`.

    Arguments as in `RecurrentLayer`.
    """

    num_gates = 4
    state_names = ("h", "c")

    def step(self, weights: Weights, gi: Tensor, h: Tensor, c: Tensor) -> LSTMStep:  # type: ignore[override]
        return lstm_step(gi, h, c, weights.weight_hh, weights.bias_hh)

    def fused_states(self, x: Tensor, state: tuple[Tensor, ...], weights: Weights) -> tuple[Tensor, ...]:
        return FusedLSTM.apply(x, *state, *weights)  # type: ignore[no-any-return, no-untyped-call]
