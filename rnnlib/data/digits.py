"""Handwritten digits, 8 x 8 pixels each: a set that scikit-learn brings along."""

from typing import Literal

import torch
from torch import Tensor

NUM_TEST = 360  # of 1,797: one in five


def load_digits(split: Literal["train", "test"] = "train", seed: int = 0) -> tuple[Tensor, Tensor]:
    """1,797 handwritten digits of 13 people, cut into 1,437 to train on and 360 to test on.

    `x.permute(2, 0, 1)` makes the columns the steps of a sequence read from left to right, (T=8, N, 8); the
    rows of a column are then the features of a step. No network is needed: scikit-learn packages the set,
    which is the test part of Alpaydin & Kaynak's Optical Recognition of Handwritten Digits (UCI, 1998,
    doi 10.24432/C50P49, CC BY 4.0). Images are dealt out one by one, so both parts hold digits of the same
    people: figures on the test part say nothing about a new person's hand.

    Args:
        split: `"train"` or `"test"`.
        seed: which images go to which part, and in what order they come.

    Returns:
        `x` (N, 8 rows, 8 columns), float32, from 0 (paper) to 1 (ink), and the digits `y` (N,), 0 to 9.

    Raises:
        ValueError: an unknown split, or a negative seed.
        TypeError: `seed` is not an int.
        ModuleNotFoundError: scikit-learn is not installed.
    """
    if split not in ("train", "test"):
        raise ValueError(f"split is {split!r}, expected 'train' or 'test'")
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise TypeError(f"seed is {seed!r} ({type(seed).__name__}), expected an int")
    if seed < 0:
        raise ValueError(f"seed is {seed}, expected 0 or more")
    try:
        from sklearn.datasets import load_digits as packaged
    except ImportError as error:
        message = (
            "load_digits needs the package scikit-learn, which is not installed: pip install scikit-learn"
        )
        raise ModuleNotFoundError(message, name="sklearn") from error
    bunch = packaged()
    x = torch.from_numpy(bunch.images).float() / 16  # (N, 8, 8)
    y = torch.from_numpy(bunch.target).long()  # (N,)
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(seed))
    chosen = order[:NUM_TEST] if split == "test" else order[NUM_TEST:]
    return x[chosen], y[chosen]
