"""Switching a model between training and evaluation, and back to just what it was."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def keeping_modes(model: nn.Module) -> Iterator[None]:
    """Gives every part of a model its own mode back afterwards, where `model.train()` gives all the same."""
    modes = [(module, module.training) for module in model.modules()]
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Switches a model to evaluation (dropout off) and every part of it back to its own mode afterwards."""
    with keeping_modes(model):
        model.eval()
        yield
