"""Initialisations that matter to recurrent networks, in place as those of `torch.nn.init`."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from rnnlib.errors import check_size

GATES = {"LSTM": "ifgo", "GRU": "rzn"}  # in the order in which PyTorch stacks them


def forget_bias_(module: nn.Module, value: float) -> nn.Module:
    """Gives every forget gate of an LSTM one bias, so that untrained it keeps about sigmoid(value) a step.

    The gates are stacked in the order i f g o, so the forget gate's biases are rows H to 2H. There are two:
    `bias_ih` gets `value` there and `bias_hh` gets 0. Setting both to `value` would double it. (Gers,
    Schmidhuber & Cummins 2000; Jozefowicz, Zaremba & Sutskever 2015.)

    Args:
        module: an `LSTM` or `LSTMCell`, ours or torch.nn's, of any depth, in one direction or both.
        value: the bias; 0 is a gate half open, 3 one that keeps 95 %.

    Returns:
        The module.

    Raises:
        TypeError: `module` is no LSTM.
        ValueError: it has no biases.
    """
    for set_gate in _gates(module, "LSTM"):
        set_gate("f", value)
    return module


def input_bias_(module: nn.Module, value: float) -> nn.Module:
    """Gives every input gate of an LSTM one bias. As `forget_bias_`, for the rows 0 to H."""
    for set_gate in _gates(module, "LSTM"):
        set_gate("i", value)
    return module


def update_bias_(module: nn.Module, value: float) -> nn.Module:
    """Gives every update gate of a GRU one bias, so that untrained it keeps about sigmoid(value) a step.

    As `forget_bias_`, in PyTorch's convention, where z keeps: rows H to 2H of r z n.

    Raises:
        TypeError: `module` is no GRU.
        ValueError: it has no biases.
    """
    for set_gate in _gates(module, "GRU"):
        set_gate("z", value)
    return module


def chrono_(module: nn.Module, longest: int, generator: torch.Generator | None = None) -> nn.Module:
    """Spreads the units' time scales over a range of lags (Tallec & Ollivier 2018, section 2).

    Each unit's forget bias is `ln u` with u even on [1, longest - 1], and its input bias minus that: a unit
    that keeps for long takes in little. In a GRU the update bias does both at once.

    Args:
        module: an `LSTM`, `LSTMCell`, `GRU` or `GRUCell`, ours or torch.nn's.
        longest: the longest lag to be bridged, in steps, of 2 or more.
        generator: where the randomness comes from; torch's global one by default.

    Returns:
        The module.

    Raises:
        TypeError: `module` is neither.
        ValueError: `longest` is below 2, or there are no biases.
    """
    check_size("longest", longest)
    if longest < 2:
        raise ValueError(f"longest is {longest}, expected at least 2")

    for set_gate in _gates(module, "LSTM", "GRU"):
        scales = torch.empty(module.hidden_size).uniform_(1, longest - 1, generator=generator).log()  # type: ignore[call-overload]
        if _kind(module) == "GRU":
            set_gate("z", scales)
        else:
            set_gate("f", scales)
            set_gate("i", -scales)
    return module


def _kind(module: nn.Module) -> str:
    return type(module).__name__.removesuffix("Cell")


def _gates(module: nn.Module, *kinds: str) -> Iterator[Callable[[str, Tensor | float], None]]:
    """For each layer and direction, a function that sets a gate's bias."""
    if _kind(module) not in kinds:
        wanted = " or ".join(f"{kind} or {kind}Cell" for kind in kinds)
        raise TypeError(f"module is a {type(module).__name__}, expected {wanted}")
    biases = dict(module.named_parameters())
    names = [name for name in biases if name.startswith("bias_ih")]
    if not names:
        raise ValueError("module was made with bias=False, expected one with biases")
    for name in names:

        def set_gate(gate: str, value: Tensor | float, name: str = name) -> None:
            k = GATES[_kind(module)].index(gate)
            rows = slice(k * module.hidden_size, (k + 1) * module.hidden_size)  # type: ignore[operator]
            with torch.no_grad():
                biases[name][rows] = value
                biases[name.replace("_ih", "_hh", 1)][rows] = 0.0

        yield set_gate
