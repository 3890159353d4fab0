"""What the three cells share: parameters, their initialisation, and checks of what comes in."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from rnnlib.errors import check_dtype, check_shape, check_size


def project_input(x: Tensor, weight_ih: Tensor, bias_ih: Tensor | None = None) -> Tensor:
    """The input's share of every gate, `gi = x W_ih^T + b_ih`.

    No step's share depends on the state, so a layer computes all of them in this one product.

    Args:
        x: inputs, (..., I).
        weight_ih: (G*H, I), the G gates stacked.
        bias_ih: (G*H,) or None.

    Returns:
        (..., G*H).
    """
    return nn.functional.linear(x, weight_ih, bias_ih)


def check_recurrent(weight_hh: Tensor, num_gates: int, h: Tensor) -> None:
    """Require (G*H, H): each of its G blocks is square, because it takes a state of width H to another.

    Raises:
        ValueError: any other shape.
    """
    H = h.shape[-1]
    if weight_hh.shape != (num_gates * H, H):  # asked at every step, so the message's parts wait
        check_shape("weight_hh", weight_hh, {"num_gates * hidden_size": num_gates * H, "hidden_size": H})


def init_uniform(parameters: list[nn.Parameter], hidden_size: int) -> None:
    """Draw every entry from U(-k, k) with k = 1/sqrt(H), in order, as `torch.nn` does."""
    bound = 1 / math.sqrt(hidden_size)
    for parameter in parameters:
        nn.init.uniform_(parameter, -bound, bound)


State = Tensor | tuple[Tensor, Tensor]  # h, or the LSTM's (h, c)
STATE_LABELS = {"h": "hidden state", "c": "cell state"}


def check_state(
    state: object, names: tuple[str, ...], axes: Mapping[str, int], dtype: torch.dtype
) -> tuple[Tensor, ...]:
    """The parts of a state, checked: `h` alone for RNN and GRU, `(h, c)` for the LSTM.

    Args:
        state: a tensor, or a pair of tensors where there are two names.
        names: what the parts are called, ("h",) or ("h", "c").
        axes: the shape of each part, as names and sizes.
        dtype: the weights'.

    Raises:
        TypeError: a tensor where a pair was wanted, or the reverse; a dtype that is not the weights'.
        ValueError: a wrong shape.
    """
    parts = (state,) if len(names) == 1 else state
    if not isinstance(parts, tuple | list):
        raise TypeError(f"state is a {type(state).__name__}, expected a pair of tensors ({', '.join(names)})")
    if len(parts) != len(names):
        raise TypeError(f"state holds {len(parts)} values, expected a pair of tensors ({', '.join(names)})")
    for name, part in zip(names, parts, strict=True):
        check_shape(STATE_LABELS[name], part, axes)
        check_dtype(STATE_LABELS[name], part, dtype)
    return tuple(parts)


class RecurrentCell(nn.Module, ABC):
    """Base of the cells. A subclass names its gates and its state, and gives the step's equations.

    Parameters: `weight_ih` (G*H, I), `weight_hh` (G*H, H), `bias_ih` and `bias_hh` (G*H,).
    """

    num_gates: int
    state_names: tuple[str, ...] = ("h",)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        check_size("input_size", input_size)
        check_size("hidden_size", hidden_size)
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        rows = self.num_gates * hidden_size

        def new(*shape: int) -> nn.Parameter:
            return nn.Parameter(torch.empty(*shape, device=device, dtype=dtype))

        self.weight_ih, self.weight_hh = new(rows, input_size), new(rows, hidden_size)
        self.bias_ih: nn.Parameter | None
        self.bias_hh: nn.Parameter | None
        self.bias_ih, self.bias_hh = (new(rows), new(rows)) if bias else (None, None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all parameters anew from U(-1/sqrt(H), 1/sqrt(H))."""
        init_uniform(list(self.parameters()), self.hidden_size)

    @abstractmethod
    def step(self, gi: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        """One step, from the projected input `gi` (B, G*H) and the state, each (B, H): a named tuple."""

    def forward(self, x_t: Tensor, state: State | None = None) -> State:
        """One time step.

        Args:
            x_t: input, (B, I) or unbatched (I,).
            state: the state before it, `h` (the LSTM's: the pair `(h, c)`), each (B, H) or unbatched (H,);
                zeros if None.

        Returns:
            The new state in the form it has as an argument.

        Raises:
            TypeError: a dtype that is not the weights', or a state of the wrong form.
            ValueError: a wrong shape, also of `weight_hh` where it was replaced.
        """
        parts = self.initial_state(state, x_t)
        step = self.step(project_input(x_t, self.weight_ih, self.bias_ih), *parts)
        return step[0] if len(parts) == 1 else step[: len(parts)]  # type: ignore[return-value]

    def initial_state(self, state: object, x_t: Tensor) -> tuple[Tensor, ...]:
        """Check the input; the parts of the state before the step."""
        check_dtype("x_t", x_t, self.weight_ih.dtype)
        batch = {} if x_t.dim() == 1 else {"batch": None}
        check_shape("x_t", x_t, batch | {"input_size": self.input_size})
        if state is None:
            return (x_t.new_zeros(*x_t.shape[:-1], self.hidden_size),) * len(self.state_names)
        axes = dict(zip(batch, x_t.shape, strict=False)) | {"hidden_size": self.hidden_size}
        return check_state(state, self.state_names, axes, x_t.dtype)

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias else ", bias=False")
