"""Checks of the exercises on beam search."""

from collections.abc import Callable
from math import log, log2, log10
from typing import Any

import torch
from torch import Tensor

from rnnlib.check.answers import accept, judge, judge_function, refuse

Step = Callable[[Tensor, Any], tuple[Tensor, Any]]


def beam_alpha(alpha_for: Callable[[float, int, float, int], float]) -> None:
    """Check a function (p_1, L_1, p_2, L_2), L_1 < L_2, to the alpha at which both score the same."""

    def right(p_1: float, L_1: int, p_2: float, L_2: int) -> float:
        return log(log(p_2) / log(p_1)) / log(L_2 / L_1)

    judge_function(
        "alpha_for",
        alpha_for,
        right,
        [(0.1, 1, 0.054, 4), (0.1, 2, 0.054, 4), (0.3, 5, 0.1, 9)],
        [
            (lambda p, m, q, n: -right(p, m, q, n), "The sign is wrong: turn both ratios the same way."),
            (lambda p, m, q, n: log(q / p) / log(n / m), "What is divided by the length is ln p, not p."),
            (
                lambda p, m, q, n: log(q) / log(p) / (n / m),
                "Alpha is an exponent: take logarithms to get it down.",
            ),
            (
                lambda p, m, q, n: log(log(q) / log(p)) / (n / m),
                "The logarithm is missing on the side of the lengths.",
            ),
            (
                lambda p, m, q, n: log(log(q) / log(p)) / log((5 + n) / (5 + m)),
                "That is for the divisor (5 + L) / 6. Here it is L.",
            ),
        ],
        "Set both scores equal, then solve for alpha.",
    )


def beam_count(bound: Callable[[int, int, int], int]) -> None:
    """Check a function (k, V, M) to the number of candidates that a beam weighs at most."""

    def right(k: int, V: int, M: int) -> int:
        live, total = 1, 0
        for _ in range(M):
            total, live = total + V * min(k, live), live * (V - 1)
        return total

    judge_function(
        "bound",
        bound,
        right,
        [(1, 4, 5), (2, 4, 5), (20, 4, 5), (500, 4, 5), (7, 3, 6)],
        [
            (
                lambda k, V, M: V + (M - 1) * k * V,
                "For k above V - 1 the second step has fewer than k parents.",
            ),
            (lambda k, V, M: M * k * V, "The first step has one parent, not k."),
            (
                lambda k, V, M: sum(V * min(k, V**t) for t in range(M)),
                "A hypothesis that has ended is not continued: of V children at most V - 1 stay live.",
            ),
            (
                lambda k, V, M: sum(V * (V - 1) ** t for t in range(M)),
                "That is exhaustive search: at most k of them are kept.",
            ),
            (lambda k, V, M: right(k, V, M) // V, "Those are the parents. Each has V children."),
        ],
        "How many hypotheses can be live before step t, and how many children has each?",
    )


def beam_underflow(n_32: int, n_16: int) -> None:
    """Check after how many factors of 0.3 a product is 0, in float32 and in float16."""

    def right(dtype: torch.dtype) -> int:
        product, n = torch.ones((), dtype=dtype), 0
        while product > 0:
            product, n = product * torch.tensor(0.3, dtype=dtype), n + 1
        return n

    for name, answer, dtype in (("n_32", n_32, torch.float32), ("n_16", n_16, torch.float16)):
        smallest = torch.finfo(dtype).tiny
        normal = int(log(smallest) / log(0.3)) + 1
        judge(
            name,
            answer,
            right(dtype),
            [
                (right(dtype) - 1, "One too few: at that length it is still a little above 0."),
                (normal, "Below the smallest normal number there are subnormal ones, with fewer digits."),
                (
                    int(-log10(smallest)),
                    "That is the exponent of ten. By which factor does each token shrink it?",
                ),
                (
                    int(-log2(smallest)),
                    "That is the exponent of two. By which factor does each token shrink it?",
                ),
            ],
            "Multiply in that type, one factor at a time, until the product is 0.",
        )


def beam_no_repeats(wrap: Callable[[Step, int], Step]) -> None:
    """Check a function (step, n) to a step that forbids every token that would repeat a run of n."""

    def step(token_ids: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        return torch.full((len(token_ids), 4), -log(4)), state

    careful = wrap(step, 2)
    state: Any = torch.zeros(1, 2, 1), torch.zeros(0, 2, dtype=torch.long)
    for t, tokens in enumerate(([0, 0], [1, 2], [3, 3], [0, 1])):
        log_probs, state = careful(torch.tensor(tokens), state)
        gone = [set((row == -torch.inf).nonzero().flatten().tolist()) for row in log_probs]
        if t < 3:
            refuse(any(gone), f"after {t + 1} tokens, all different, a token is forbidden already.")
    refuse(gone == [set(), set()], "0 1 was written, and after another 0 the token 1 is still allowed.")
    refuse(gone[0] != {1}, f"after 0 1 3 0, forbidden is {gone[0]}: only what would repeat a run of two.")
    refuse(
        bool(gone[1]), "the second hypothesis is forbidden what the first has written: each has its own past."
    )
    log_probs, _ = careful(torch.tensor([0, 0]), _swapped(state))
    refuse(
        bool(log_probs[1, 1] != -torch.inf),
        "after the search has exchanged the hypotheses, the past has not moved along: keep it in the state.",
    )
    accept("wrap")


def _swapped(state: Any) -> Any:
    """The state with its two hypotheses, on axis 1, exchanged."""
    return state.flip(1) if isinstance(state, Tensor) else tuple(_swapped(part) for part in state)
