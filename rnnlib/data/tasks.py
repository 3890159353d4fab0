"""Tasks made to ask for memory: sequences drawn at random whose answer lies far back."""

import math

import torch
from torch import Tensor

from rnnlib.errors import check_size

COPY_SYMBOLS, COPY_LENGTH = 8, 10  # of the copying task: what is remembered, and how many of it
BLANK, RECALL = COPY_SYMBOLS, COPY_SYMBOLS + 1  # ids of the copying task's two signs
ORDER_SYMBOLS = "abcdXYEB"  # of the temporal order task: four that mean nothing, two that count, start, end


def adding(
    num_steps: int, batch_size: int, generator: torch.Generator | None = None
) -> tuple[Tensor, Tensor]:
    """The adding problem: add the two marked numbers of a long sequence.

    Each step gives a number, even on [0, 1], and a mark, which is 1 at two steps and else 0: one of the first
    half, one of the second. The target is the sum of the two numbers; always answering 1 costs 1/6 in squared
    error. After Hochreiter & Schmidhuber (1997, section 5.4), whose numbers lie in [-1, 1], whose target is
    0.5 + (x1 + x2) / 4 and whose marks stand nearer the start; an error of 0.04 there is 0.08 here.

    Args:
        num_steps: T, of 2 or more.
        batch_size: B.
        generator: where the randomness comes from; torch's global one by default.

    Returns:
        `x` (T, B, 2), numbers and marks, and `y` (B,), the sums, in torch's default dtype.

    Raises:
        ValueError: a size that is too small.
    """
    _check_length("num_steps", num_steps, 2)
    check_size("batch_size", batch_size)
    numbers = torch.rand(num_steps, batch_size, generator=generator)
    half = num_steps // 2
    first = torch.randint(half, (batch_size,), generator=generator)
    second = torch.randint(half, num_steps, (batch_size,), generator=generator)
    marks, sequence = torch.zeros_like(numbers), torch.arange(batch_size)
    marks[first, sequence] = marks[second, sequence] = 1.0
    return torch.stack([numbers, marks], dim=-1), (numbers * marks).sum(0)


def temporal_order(batch_size: int, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
    """In which order did two symbols come, among a hundred that mean nothing?

    A sequence starts with E, ends with B and is otherwise drawn from a b c d, but for two places, among steps
    10 to 20 and 50 to 60, that hold X or Y. The class is 0 for X X, 1 for X Y, 2 for Y X, 3 for Y Y. It is
    task 6a of Hochreiter & Schmidhuber (1997), of length 100 to 110; here a batch shares one length.

    Args:
        batch_size: B.
        generator: where the randomness comes from; torch's global one by default.

    Returns:
        `ids` (T, B), indices into `ORDER_SYMBOLS`, and the classes `y` (B,).

    Raises:
        ValueError: `batch_size` is below 1.
    """
    check_size("batch_size", batch_size)
    num_steps = int(torch.randint(100, 111, (), generator=generator))
    ids = torch.randint(4, (num_steps, batch_size), generator=generator)
    ids[0], ids[-1] = ORDER_SYMBOLS.index("E"), ORDER_SYMBOLS.index("B")
    bits = torch.randint(2, (2, batch_size), generator=generator)  # X or Y, first and second
    places = torch.randint(10, 21, (2, batch_size), generator=generator) + torch.tensor([[0], [40]])
    ids[places, torch.arange(batch_size)] = ORDER_SYMBOLS.index("X") + bits
    return ids, 2 * bits[0] + bits[1]


def copying(lag: int, batch_size: int, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
    """Read ten symbols, wait, say them again (Arjovsky, Shah & Bengio 2016).

    Ten symbols of eight kinds, then blanks, then a sign, and ten blanks during which the symbols have to be
    said in their order. All targets before that are blanks.

    Args:
        lag: T of the papers: `lag - 1` blanks stand between the last symbol and the sign.
        batch_size: B.
        generator: where the randomness comes from; torch's global one by default.

    Returns:
        `ids` (lag + 20, B), of ten kinds, and the targets `y` of that shape.

    Raises:
        ValueError: a size below 1.
    """
    check_size("lag", lag)
    check_size("batch_size", batch_size)
    symbols = torch.randint(COPY_SYMBOLS, (COPY_LENGTH, batch_size), generator=generator)
    ids = torch.full((lag + 2 * COPY_LENGTH, batch_size), BLANK)
    y = ids.clone()
    ids[:COPY_LENGTH] = y[-COPY_LENGTH:] = symbols
    ids[COPY_LENGTH + lag - 1] = RECALL
    return ids, y


def copying_baseline(lag: int) -> float:
    """The mean loss, in nats a step, of the best answer to `copying` that remembers nothing.

    It is sure of the blanks and knows nothing of the ten symbols: `10 ln 8 / (lag + 20)`.
    """
    check_size("lag", lag)
    return COPY_LENGTH * math.log(COPY_SYMBOLS) / (lag + 2 * COPY_LENGTH)


def recall(lag: int, batch_size: int, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
    """Name the first symbol when asked, `lag` steps later.

    Args:
        lag: steps from the symbol to the question.
        batch_size: B.
        generator: where the randomness comes from; torch's global one by default.

    Returns:
        `ids` (lag + 1, B): a symbol of 0 to 3, then noise of 4 to 7, then the question, 8; and the symbols
        `y` (B,).

    Raises:
        ValueError: a size below 1.
    """
    check_size("lag", lag)
    check_size("batch_size", batch_size)
    ids = torch.randint(4, 8, (lag + 1, batch_size), generator=generator)
    ids[0] -= 4
    ids[-1] = 8
    return ids, ids[0].clone()


def _check_length(name: str, value: int, least: int) -> None:
    check_size(name, value)
    if value < least:
        raise ValueError(f"{name} is {value}, expected at least {least}")
