"""How well a model predicts: mean token loss, perplexity, bits."""

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from rnnlib.modes import evaluating


@torch.no_grad()
def mean_token_loss(
    model: nn.Module, batches: Iterable[tuple[Tensor, Tensor]], *, name: str = "batches"
) -> float:
    """The mean over all tokens of -ln p(token), dropout off.

    A longer batch weighs more than a shorter one, token for token. Where `batches.carries_state` is true the
    state is handed from batch to batch, otherwise each batch starts from the model's own initial state.

    Args:
        model: `model(x, state) -> (logits (T, B, V), state)`.
        batches: pairs `(x, y)` of LongTensors (T, B).
        name: what errors call `batches`.

    Returns:
        The loss in nats a token.

    Raises:
        ValueError: `batches` is empty, or targets don't fit the logits.
    """
    carries = getattr(batches, "carries_state", False)
    total, count, state = 0.0, 0, None
    with evaluating(model):
        device = device_of(model)
        for x, y in batches:
            y = y.to(device)
            logits, state = model(x.to(device), state if carries else None)
            check_targets(y, logits)
            losses = F.cross_entropy(
                logits.flatten(0, 1), y.flatten(), reduction="sum"
            )  # () over T * B tokens
            total, count = total + losses.item(), count + y.numel()
    if count == 0:
        raise ValueError(f"{name} is empty, expected at least one batch (x, y)")
    return total / count


def perplexity(model: nn.Module, batches: Iterable[tuple[Tensor, Tensor]]) -> float:
    """exp of the mean token loss over the whole set: 1 for a seer, V for a model that knows nothing.

    Not the mean of each batch's exp, which is larger (Jensen) and depends on how the set is cut.
    A mean loss above 709 nats, where exp leaves the range of floats, gives infinity.
    Arguments and errors are those of `mean_token_loss`.
    """
    try:
        return math.exp(mean_token_loss(model, batches))
    except OverflowError:
        return math.inf


def bits_per_token(model: nn.Module, batches: Iterable[tuple[Tensor, Tensor]]) -> float:
    """The mean token loss in bits: nats / ln 2. Arguments and errors are `mean_token_loss`'s."""
    return mean_token_loss(model, batches) / math.log(2)


def check_targets(y: Tensor, logits: Tensor) -> None:
    """Require one target in 0..V-1 for each of the logits (T, B, V): every one of them counts in the mean.

    Raises:
        ValueError: another shape, or a target out of range.
    """
    if y.shape != logits.shape[:-1]:
        raise ValueError(
            f"y has shape {tuple(y.shape)}, expected {tuple(logits.shape[:-1])}, as the logits have"
        )
    low, high = (int(bound) for bound in y.aminmax())
    if low < 0 or high >= logits.shape[-1]:
        wrong = low if low < 0 else high
        raise ValueError(f"y holds the target {wrong}, expected 0 to {logits.shape[-1] - 1}")


def device_of(model: nn.Module) -> torch.device:
    """The device of the model's first parameter; the CPU for a model without any."""
    first: Any = next(model.parameters(), None)
    return torch.device("cpu") if first is None else first.device
