"""A recurrent layer and a linear layer on its state: what any task needs that is not a language model."""

from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from rnnlib.errors import check_size

if TYPE_CHECKING:
    from rnnlib.models.recurrent import Recurrent


class ReadOut(nn.Module):
    """A recurrent layer whose state is read out at every step.

    Args:
        rnn: any module called as `torch.nn.GRU` is: ours or torch.nn's.
        num_outputs: O, numbers (or classes' scores) that are read out.

    Raises:
        ValueError: `num_outputs` is below 1.
    """

    def __init__(self, rnn: "Recurrent", num_outputs: int) -> None:
        super().__init__()
        check_size("num_outputs", num_outputs)
        directions = 2 if getattr(rnn, "bidirectional", False) else 1
        like = next(rnn.parameters())
        self.rnn = rnn
        self.output = nn.Linear(
            directions * rnn.hidden_size, num_outputs, device=like.device, dtype=like.dtype
        )

    def forward(self, x: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Args:
            x: input (T, B, I).
            state: the recurrent layer's state; zeros by default.

        Returns:
            What is read out at each step, (T, B, O), and the layer's new state.
        """
        h, state = self.rnn(x, state)  # (T, B, H)
        return self.output(h), state
