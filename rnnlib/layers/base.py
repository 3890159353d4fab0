"""The base of the layers: parameters, and the forms in which sequences come and go.

Depth is in `rnnlib.layers.stacked`, both directions in `rnnlib.layers.bidirectional`.
"""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import partial
from itertools import product
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from rnnlib.cells.base import State, check_state, init_uniform, project_input
from rnnlib.errors import check_dtype, check_shape, check_size
from rnnlib.layers.bidirectional import Trace, read_layer
from rnnlib.layers.packed import at_end, check_lengths, clear_padding, repack, unpack
from rnnlib.layers.stacked import run_stack
from rnnlib.layers.unroll import unroll


class Weights(NamedTuple):
    """The parameters of one direction of one layer: (G*H, I), (G*H, H) and, or None, (G*H,) twice."""

    weight_ih: Tensor
    weight_hh: Tensor
    bias_ih: Tensor | None
    bias_hh: Tensor | None


class RecurrentLayer(nn.Module, ABC):
    """Base of `RNN`, `GRU` and `LSTM`: what `torch.nn`'s layers do, and the gates' values on request.

    A subclass names its state, counts its gates, and gives one step (`step`) and all of them at once
    (`fused_states`). Parameters of layer k: `weight_ih_l{k}` (G*H, I or D*H), `weight_hh_l{k}` (G*H, H),
    `bias_ih_l{k}` and `bias_hh_l{k}` (G*H,), and the same with `_reverse` for the second direction.

    Args:
        input_size: I, at least 1.
        hidden_size: H, at least 1.
        num_layers: L, layers stacked: each reads the output of the one below.
        bias: whether there are bias vectors.
        batch_first: whether inputs and outputs are (B, T, ...) rather than (T, B, ...). States never are.
        dropout: probability of dropping an entry of a layer's output on its way to the next, in training.
        bidirectional: whether every layer also reads the sequence backwards; outputs are then (T, B, 2H).
        fused: whether to take the fast path (`rnnlib.layers.fused`) where no gates are asked for. The numbers
            are the same; the transforms of `torch.func` need False.

    Raises:
        TypeError: a size that is not an int, a dropout that is not a number.
        ValueError: a size below 1, a dropout outside [0, 1).
    """

    num_gates: int
    state_names: tuple[str, ...] = ("h",)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        fused: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        self.weight_ih_l0: nn.Parameter
        super().__init__()
        check_size("input_size", input_size)
        check_size("hidden_size", hidden_size)
        check_size("num_layers", num_layers)
        check_dropout(dropout, num_layers)
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, float(dropout)
        self.bidirectional, self.fused = bidirectional, fused
        for layer, reverse in self._directions():
            for name, axes in self._parameter_axes(layer).items():
                parameter = nn.Parameter(torch.empty(*axes.values(), device=device, dtype=dtype))
                self.register_parameter(name + suffix(layer, reverse), parameter)
        self.reset_parameters()

    @property
    def num_directions(self) -> int:
        """The number of directions D, 2 when bidirectional, else 1."""
        return 2 if self.bidirectional else 1

    def _directions(self) -> list[tuple[int, bool]]:
        """(layer, reverse) of l0, l0_reverse, l1, ..., the order of states and parameters."""
        return list(product(range(self.num_layers), (False, True)[: self.num_directions]))

    def _parameter_axes(self, layer: int) -> dict[str, dict[str, int]]:
        H, D = self.hidden_size, self.num_directions
        rows = {"num_gates * hidden_size": self.num_gates * H}
        read = {"input_size": self.input_size} if layer == 0 else {"num_directions * hidden_size": D * H}
        weights = {"weight_ih": rows | read, "weight_hh": rows | {"hidden_size": H}}
        return weights | ({"bias_ih": rows, "bias_hh": rows} if self.bias else {})

    def reset_parameters(self) -> None:
        """Draw all parameters anew from U(-1/sqrt(H), 1/sqrt(H))."""
        init_uniform(list(self.parameters()), self.hidden_size)

    def weights(self, layer: int = 0, reverse: bool = False) -> Weights:
        """The parameters of one direction of one layer.

        Raises:
            ValueError: one was replaced by a tensor of another shape.
        """
        own = suffix(layer, reverse)
        weights = Weights(*(getattr(self, name + own, None) for name in Weights._fields))  # type: ignore[arg-type]
        for name, axes in self._parameter_axes(layer).items():
            if getattr(weights, name) is not None:
                check_shape(name + own, getattr(weights, name), axes)
        return weights

    @abstractmethod
    def step(self, weights: Weights, gi: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        """One step, from the projected input `gi` (B, G*H) and the state, each (B, H): a named tuple."""

    @abstractmethod
    def fused_states(self, x: Tensor, state: tuple[Tensor, ...], weights: Weights) -> tuple[Tensor, ...]:
        """All states by the fast path, (T, B, H) each, from x (T, B, I) and the first state, each (B, H)."""

    def can_fuse(self, x: Tensor) -> bool:
        """Whether the fast path may be taken: when `fused` is set, and not under autocast."""
        device = x.device.type
        is_autocast = torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device)
        return self.fused and not is_autocast

    def forward(
        self,
        x: Tensor | PackedSequence,
        state: State | None = None,
        lengths: Tensor | Sequence[int] | None = None,
        return_gates: bool = False,
    ) -> tuple[Tensor | PackedSequence, State] | tuple[Tensor | PackedSequence, State, list[Trace]]:
        """Run the layers over time.

        Args:
            x: inputs (T, B, I), or (B, T, I) with `batch_first`, or unbatched (T, I), or a PackedSequence.
            state: the state before the first step, (L*D, B, H) or unbatched (L*D, H); the LSTM's is a pair
                `(h, c)` of these; zeros if None.
            lengths: (B,) whole numbers in 1..T, for padded sequences of uneven length.
            return_gates: whether to return the value of every gate at every step as well.

        Returns:
            `(output, state)`, or `(output, state, gates)`. `output` is the last layer's h_t, (T, B, D*H), in
            the form `x` came in, zero past a sequence's length. `state` is that of each sequence's own last
            step, in the form it has as an argument. `gates` is a list over l0, l0_reverse, l1, ... of dicts
            from name to (T, B, H), always time-major.

        Raises:
            TypeError: a dtype that is not the weights', a state of the wrong form.
            ValueError: a wrong shape, an empty sequence, lengths that don't fit.
        """
        if isinstance(x, PackedSequence):
            if lengths is not None:
                raise ValueError("lengths came with a PackedSequence, which has its own; expected None")
            padded, lengths = unpack(x)
            output, *rest = self._forward_padded(padded, state, lengths, return_gates, batch_first=False)
            return repack(output, x), *rest
        return self._forward_padded(x, state, lengths, return_gates, self.batch_first)

    def _forward_padded(
        self,
        x: Tensor,
        state: State | None,
        lengths: Tensor | Sequence[int] | None,
        return_gates: bool,
        batch_first: bool,
    ) -> tuple[Any, ...]:
        """`forward` of a tensor: brings it into the form (T, B, I) and the results back out of it."""
        x, batch_axis = self.time_major(x, batch_first)
        parts = self.initial_state(state, x, batch_axis)
        lengths = None if lengths is None else check_lengths(lengths, x)

        output, gates = self._run_layers(clear_padding(x, lengths), parts, lengths, return_gates)
        parts = self._last_state(gates, lengths)

        if batch_axis is None:  # unbatched: take the axis of one out again
            output, parts = output.squeeze(1), tuple(part.squeeze(1) for part in parts)
            gates = [{name: value.squeeze(1) for name, value in trace.items()} for trace in gates]
        elif batch_axis == 0:
            output = output.transpose(0, 1)
        result = (output, parts[0] if len(parts) == 1 else parts)
        return (*result, gates) if return_gates else result

    def time_major(self, x: Tensor, batch_first: bool) -> tuple[Tensor, int | None]:
        """Check the input and bring it into the form (T, B, I); the axis where its batch was, or None."""
        check_dtype("x", x, self.weight_ih_l0.dtype)
        axes = ("time",) if x.dim() == 2 else ("batch", "time") if batch_first else ("time", "batch")
        check_shape("x", x, dict.fromkeys(axes) | {"input_size": self.input_size})
        if x.shape[axes.index("time")] == 0:
            raise ValueError(f"x has shape {tuple(x.shape)}, expected at least one time step")
        if x.dim() == 2:
            return x.unsqueeze(1), None
        return (x.transpose(0, 1), 0) if batch_first else (x, 1)

    def initial_state(self, state: object, x: Tensor, batch_axis: int | None) -> tuple[Tensor, ...]:
        """The parts of the state before the first step, each (L*D, B, H)."""
        depth = self.num_layers * self.num_directions
        if state is None:
            return (x.new_zeros(depth, x.shape[1], self.hidden_size),) * len(self.state_names)
        axes = {"num_layers * 2" if self.bidirectional else "num_layers": depth}
        axes |= {} if batch_axis is None else {"batch": x.shape[1]}
        parts = check_state(state, self.state_names, axes | {"hidden_size": self.hidden_size}, x.dtype)
        return tuple(part.unsqueeze(1) for part in parts) if batch_axis is None else parts

    def _run_layers(
        self, x: Tensor, state: tuple[Tensor, ...], lengths: Tensor | None, return_gates: bool
    ) -> tuple[Tensor, list[Trace]]:
        """The last layer's output, and the values at all times of l0, l0_reverse, l1, ..."""
        D = self.num_directions
        before = zip(*state, strict=True)  # the first state of each, (B, H) or a pair of them
        runs = [
            partial(self._run, self.weights(*direction), first, return_gates)
            for direction, first in zip(self._directions(), before, strict=True)
        ]
        layers = [partial(read_layer, runs[k : k + D], lengths=lengths) for k in range(0, len(runs), D)]
        return run_stack(layers, x, self.dropout, self.training)

    def _last_state(self, traces: list[Trace], lengths: Tensor | None) -> tuple[Tensor, ...]:
        """The parts of the state where each direction has read everything, (L*D, B, H) each."""
        read = [(trace, reverse) for trace, (_, reverse) in zip(traces, self._directions(), strict=True)]
        return tuple(
            torch.stack([at_end(trace[name], lengths, reverse) for trace, reverse in read])
            for name in self.state_names
        )

    def _run(self, weights: Weights, state: tuple[Tensor, ...], return_gates: bool, x: Tensor) -> Trace:
        """One direction of one layer, from left to right: its values at all times, (T, B, H) each."""
        if self.can_fuse(x) and not return_gates:
            return dict(zip(self.state_names, self.fused_states(x, state, weights), strict=True))
        return self._unrolled(x, state, weights, return_gates)

    def _unrolled(self, x: Tensor, state: tuple[Tensor, ...], weights: Weights, return_gates: bool) -> Trace:
        """The values at all times by the loop that defines them: state and gates, or the state alone."""
        gi = project_input(x, weights.weight_ih, weights.bias_ih)  # (T, B, G*H), all steps in one product
        steps = unroll(lambda *now: self.step(weights, *now), gi, state)
        names = steps[0]._fields if return_gates else self.state_names
        return {name: torch.stack([getattr(step, name) for step in steps]) for name in names}

    def extra_repr(self) -> str:
        defaults = {"num_layers": 1, "bias": True, "batch_first": False, "dropout": 0, "bidirectional": False}
        options = {name: getattr(self, name) for name in defaults if getattr(self, name) != defaults[name]}
        shown = [str(self.input_size), str(self.hidden_size), *(f"{k}={v}" for k, v in options.items())]
        return ", ".join(shown)


def suffix(layer: int, reverse: bool) -> str:
    """How `torch.nn` ends the names of one direction's parameters: "_l0", "_l0_reverse", "_l1" ..."""
    return f"_l{layer}" + ("_reverse" if reverse else "")


def check_dropout(dropout: float, num_layers: int) -> None:
    """Require a probability; warn, as `torch.nn` does, where a single layer leaves nothing to drop between.

    Raises:
        TypeError: `dropout` is not a number.
        ValueError: it lies outside [0, 1): dropping everything would leave the next layer nothing to read.
    """
    if not isinstance(dropout, int | float) or isinstance(dropout, bool):
        raise TypeError(f"dropout is {dropout!r} ({type(dropout).__name__}), expected a number in [0, 1)")
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout is {dropout}, expected a number in [0, 1)")
    if dropout > 0 and num_layers == 1:
        warnings.warn(
            "dropout acts between layers, so it expects num_layers greater than 1, "
            f"but got dropout={dropout} and num_layers=1",
            stacklevel=4,
        )
