"""Sequences of different lengths in one tensor."""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from rnnlib.data.vocabulary import check_ids


def pad(sequences: Sequence[Tensor | Iterable[int]], value: int) -> tuple[Tensor, Tensor]:
    """Stand sequences side by side, each from step 0 on, and fill up the shorter ones.

    Args:
        sequences: B sequences of ids (or labels), each a tensor (T_b,) or an iterable of integers.
        value: what stands behind a sequence's end; for labels the loss's `ignore_index`, -100.

    Returns:
        `ids` (T, B), LongTensor, T the longest length, and `lengths` (B,).

    Raises:
        TypeError: `sequences` or `value` are no integers.
        ValueError: there is no sequence, or one of them is empty.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"value is {value!r} ({type(value).__name__}), expected an int")
    rows = [check_ids(row, f"sequences[{b}]") for b, row in enumerate(sequences)]
    if not rows:
        raise ValueError("sequences is empty, expected at least one sequence")
    for b, row in enumerate(rows):
        if len(row) == 0:
            raise ValueError(f"sequences[{b}] has length 0, expected at least 1")
    lengths = torch.tensor([len(row) for row in rows])  # (B,)
    ids = torch.full((int(lengths.max()), len(rows)), value)  # (T, B)
    for b, row in enumerate(rows):
        ids[: len(row), b] = row
    return ids, lengths
