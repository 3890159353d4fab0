"""Matrices in six bits an entry: one character for each, and one scale for each row.

An entry w of row r is stored as the whole number q = round(w / s_r) between -31 and 31, with the row's scale
s_r = max |w| / 31; what is read back is s_r q. A character of base64 holds six bits, so a script file carries
the matrix with nothing lost to encoding. JavaScript reads it by the same product of two float64 numbers.
"""

import base64
import string
from typing import TypedDict

import numpy as np
import torch
from torch import Tensor

LEVELS = 31  # q lies between -31 and 31
ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"  # base64's
MIDDLE = 32  # the place of q = 0


class Packed(TypedDict):
    """A matrix as it is stored: its shape, a character an entry, and float32 scales in base64."""

    shape: list[int]
    entries: str
    scales: str


def pack(matrix: Tensor) -> Packed:
    """Round a matrix to six bits an entry.

    Args:
        matrix: (R, C), finite.

    Raises:
        ValueError: it is no matrix, or holds a number that is not finite.
    """
    values = matrix.detach().double().numpy()
    if values.ndim != 2:
        raise ValueError(f"matrix has shape {tuple(values.shape)}, expected two axes")
    if not np.isfinite(values).all():
        raise ValueError("matrix holds a number that is not finite")
    scales = (np.abs(values).max(axis=1) / LEVELS).astype("<f4")  # (R,)
    divisors = np.where(scales > 0, scales, 1).astype(float)[:, None]
    levels = np.clip(np.rint(values / divisors), -LEVELS, LEVELS).astype(int)
    letters = np.frombuffer(ALPHABET.encode(), np.uint8)
    return {
        "shape": list(values.shape),
        "entries": letters[levels + MIDDLE].tobytes().decode(),
        "scales": pack_floats(scales),
    }


def unpack(packed: Packed) -> Tensor:
    """The matrix that is stored (R, C), float64.

    Raises:
        ValueError: more or fewer entries or scales than the shape says, or a character that is none.
    """
    rows, columns = packed["shape"]
    scales = unpack_floats(packed["scales"])
    places = np.full(256, -1)
    places[np.frombuffer(ALPHABET.encode(), np.uint8)] = np.arange(len(ALPHABET))
    levels = places[np.frombuffer(packed["entries"].encode("latin-1"), np.uint8)]
    if len(levels) != rows * columns or len(scales) != rows:
        raise ValueError(
            f"packed holds {len(levels)} entries and {len(scales)} scales, "
            f"expected {rows * columns} and {rows}"
        )
    if (levels < 0).any():
        raise ValueError("packed holds a character that is none of base64's")
    return torch.from_numpy(scales[:, None] * (levels.reshape(rows, columns) - MIDDLE))


def pack_floats(values: np.ndarray) -> str:
    """Numbers as float32 in base64, little end first."""
    return base64.b64encode(values.astype("<f4").tobytes()).decode()


def unpack_floats(text: str) -> np.ndarray:
    """What `pack_floats` wrote, as float64."""
    return np.frombuffer(base64.b64decode(text), "<f4").astype(float)
