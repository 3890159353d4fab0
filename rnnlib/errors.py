"""Checks of arguments whose messages name the argument, what came and what was wanted."""

from collections.abc import Mapping

import torch


def check_size(name: str, value: int) -> None:
    """Require a whole number of at least 1.

    Raises:
        TypeError: `value` is not an int.
        ValueError: `value` is below 1.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} is {value!r} ({type(value).__name__}), expected an int")
    if value < 1:
        raise ValueError(f"{name} is {value}, expected at least 1")


def check_shape(what: str, tensor: torch.Tensor, expected: Mapping[str, int | None]) -> None:
    """Require a shape, given as axis names with their sizes; `None` allows any size.

    Raises:
        TypeError: `tensor` is not a tensor.
        ValueError: the shape differs, for example `hidden state has shape (2, 4, 32),
            expected (num_layers=1, batch=4, hidden_size=32)`.
    """
    if not isinstance(tensor, torch.Tensor):
        raise TypeError(f"{what} is a {type(tensor).__name__}, expected a tensor")
    sizes = tuple(expected.values())
    if tensor.shape == sizes:
        return
    same_rank = tensor.dim() == len(sizes)
    if same_rank and all(want in (None, got) for got, want in zip(tensor.shape, sizes, strict=True)):
        return
    raise ValueError(f"{what} has shape {tuple(tensor.shape)}, expected {describe_shape(expected)}")


def describe_shape(axes: Mapping[str, int | None]) -> str:
    """Write axes as `(time, batch=4, input_size=8)`."""
    return "(" + ", ".join(name if size is None else f"{name}={size}" for name, size in axes.items()) + ")"


def check_dtype(what: str, tensor: torch.Tensor, dtype: torch.dtype) -> None:
    """Require a dtype.

    Raises:
        TypeError: `tensor` is not a tensor or has another dtype.
    """
    if not isinstance(tensor, torch.Tensor):
        raise TypeError(f"{what} is a {type(tensor).__name__}, expected a tensor")
    if tensor.dtype != dtype:
        raise TypeError(f"{what} has dtype {tensor.dtype}, expected {dtype}, the dtype of the weights")
