"""What models ask of a recurrent layer."""

from collections.abc import Iterator
from typing import Any, Protocol

from torch import nn


class Recurrent(Protocol):
    """A module called as `torch.nn.GRU` is: a layer of ours, of `torch.nn`'s, or of your own.

    Attributes:
        input_size: I.
        hidden_size: H.
    """

    input_size: int
    hidden_size: int

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """From inputs (T, B, I) and, if given, the state: the output at every step, and the last state."""

    def parameters(self) -> Iterator[nn.Parameter]:
        """All weights."""
