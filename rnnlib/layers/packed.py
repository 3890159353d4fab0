"""Sequences of uneven length: padded with their lengths, or as PyTorch's PackedSequence.

Padding comes after a sequence's end, so it can't reach back into it: the recurrence runs on over zeros, and
only what is handed out has to be put right.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from rnnlib.errors import check_shape


def check_lengths(lengths: Tensor | Sequence[int], x: Tensor) -> Tensor:
    """The lengths of the sequences in `x` (T, B, I), as an int64 tensor (B,) where `x` is.

    Raises:
        TypeError: lengths that are not whole numbers.
        ValueError: not one length per sequence, or a length outside 1..T.
    """
    lengths = torch.as_tensor(lengths)
    if lengths.is_floating_point() or lengths.is_complex() or lengths.dtype == torch.bool:
        raise TypeError(f"lengths has dtype {lengths.dtype}, expected whole numbers")
    check_shape("lengths", lengths, {"batch": x.shape[1]})
    wrong = lengths[(lengths < 1) | (lengths > len(x))]
    if len(wrong):
        raise ValueError(f"lengths holds {wrong[0].item()}, expected 1 to {len(x)}, the number of time steps")
    return lengths.to(x.device, torch.int64)


def clear_padding(x: Tensor, lengths: Tensor | None) -> Tensor:
    """`x` (T, B, ...) with zeros past each sequence's length."""
    if lengths is None:
        return x
    is_padding = torch.arange(len(x), device=x.device)[:, None] >= lengths  # (T, B)
    return x.masked_fill(is_padding.unsqueeze(-1), 0)


def at_end(x: Tensor, lengths: Tensor | None, reverse: bool = False) -> Tensor:
    """The entry of `x` (T, B, H) at the step that a direction reads last, (B, H)."""
    if reverse:
        return x[0]
    if lengths is None:
        return x[-1]
    return x[lengths - 1, torch.arange(x.shape[1], device=x.device)]


def unpack(packed: PackedSequence) -> tuple[Tensor, Tensor]:
    """Padded sequences (T, B, I) in their original order, and their lengths (B,)."""
    return pad_packed_sequence(packed)


def repack(output: Tensor, like: PackedSequence) -> PackedSequence:
    """`output` (T, B, H), in the original order, packed exactly as `like` is."""
    if like.sorted_indices is not None:
        output = output[:, like.sorted_indices]
    is_present = torch.arange(output.shape[1]) < like.batch_sizes[:, None]  # (T, B), longest sequence first
    data = output[is_present.to(output.device)]
    return PackedSequence(data, like.batch_sizes, like.sorted_indices, like.unsorted_indices)
