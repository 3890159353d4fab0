"""Checks of the exercises on backpropagation through time."""

from collections.abc import Callable
from math import log, sqrt

import torch
from torch import Tensor

from rnnlib.check.answers import judge, judge_function, seeded


def bptt_count(terms: int, terms_of_the_last: int, steps: int) -> None:
    """Check the terms of the table for 100 steps, those of the last loss alone, and the loop's steps."""
    judge(
        "terms",
        terms,
        sum(1 for t in range(100) for s in range(t + 1)),
        [
            (100**2, "A loss says nothing about later uses: half of the square is empty."),
            (100 * 99 // 2, "The diagonal counts, too: a loss speaks to the use at its own step."),
            (100, "That is the number of losses. Each speaks to several uses."),
        ],
        "To how many uses of the weight does loss t speak? Add that up.",
    )
    judge(
        "terms_of_the_last",
        terms_of_the_last,
        sum(1 for s in range(100)),
        [(1, "One loss speaks to all uses before it."), (99, "The use at its own step counts, too.")],
        "To how many uses does the last loss speak?",
    )
    judge(
        "steps",
        steps,
        len(range(100, 0, -1)),
        [(terms, "The loop adds by columns: it does not visit the terms one by one.")],
        "How often does the backward loop run, once for each what?",
    )


@seeded
def bptt_relu(delta: Callable[[Tensor, Tensor, Tensor], Tensor]) -> None:
    """Check a function (immediate dL/dh_t (T, B, H), h (T, B, H), weight_hh) to dL/da_t of a ReLU network."""
    own, W = torch.randn(4, 2, 3), torch.randn(3, 3)
    h = torch.relu(torch.randn(4, 2, 3))

    def backwards(
        slope: Callable[[Tensor], Tensor], carry: Callable[[Tensor, Tensor], Tensor]
    ) -> Callable[..., Tensor]:
        def run(own: Tensor, h: Tensor, W: Tensor) -> Tensor:
            found, dh = [], torch.zeros_like(h[0])
            for t in reversed(range(len(h))):
                found.append((dh + own[t]) * slope(h[t]))
                dh = carry(found[-1], W)
            return torch.stack(found[::-1])

        return run

    def on(h: Tensor) -> Tensor:
        return (h > 0).float()

    judge_function(
        "delta",
        delta,
        backwards(on, torch.matmul),
        [(own, h, W)],
        [
            (backwards(lambda h: 1 - h**2, torch.matmul), "1 - h² is tanh's slope. What is ReLU's?"),
            (
                backwards(torch.ones_like, torch.matmul),
                "ReLU's slope is missing: a unit that is off passes nothing.",
            ),
            (
                backwards(on, lambda d, W: 0 * d),
                "Each step hears its own loss only: carry dh to the step before.",
            ),
            (
                backwards(on, lambda d, W: d @ W.T),
                "With rows the way back is `@ weight_hh`, not its transpose.",
            ),
            (
                lambda *given: backwards(on, torch.matmul)(*given).flip(0),
                "The steps come out in reverse order.",
            ),
        ],
        "Check the last step alone first: there nothing comes from later steps.",
        tolerance=1e-5,
    )


@seeded
def bptt_elman(gradient: Callable[[Tensor, Tensor, Tensor], Tensor]) -> None:
    """Check a function (immediate dL/dh_t, h_t, h_{t-1}, each (T, B, H)) to Elman's gradient of W_hh."""
    own, before = torch.randn(2, 5, 2, 3)
    h = torch.randn(5, 2, 3).tanh()

    def outer(delta: Tensor, before: Tensor) -> Tensor:
        return torch.einsum("tbi,tbj->ij", delta, before)

    judge_function(
        "gradient",
        gradient,
        lambda own, h, before: outer(own * (1 - h**2), before),
        [(own, h, before)],
        [
            (lambda own, h, before: outer(own, before), "tanh's slope, 1 - h², is missing."),
            (
                lambda own, h, before: outer(own * (1 - h**2), before).T,
                "It is the transpose: row j belongs to the unit whose argument the weight adds to.",
            ),
            (
                lambda own, h, before: outer(own * (1 - h**2), h),
                "The matrix multiplies the old state, so the old state stands in its gradient.",
            ),
            (
                lambda own, h, before: outer(own * (1 - h**2), before) / 10,
                "That is a mean. The uses add up.",
            ),
        ],
        "Without the term from step t + 1, what is left of delta_t?",
        tolerance=1e-5,
    )


def bptt_peak(peak: Callable[[float], float]) -> None:
    """Check a function from the radius to the number of steps after which the bump is highest."""
    judge_function(
        "peak",
        peak,
        lambda rho: -1 / log(rho),
        [(0.5,), (0.9,), (0.99,)],
        [
            (lambda rho: 1 / (1 - rho), "1 / (1 - rho) is close for rho near 1. Set the derivative to zero."),
            (lambda rho: -log(rho), "That is the decay per step, the reciprocal of what is asked."),
            (lambda rho: log(0.5) / log(rho), "That is a half-life. Where is k times rho^(k - 1) largest?"),
            (lambda rho: round(-1 / log(rho)), "Give k as a real number, not rounded."),
        ],
        "For which k is the derivative of k times rho^(k - 1) zero?",
    )


def bptt_wide(segment: Callable[[float, float, float], float]) -> None:
    """Check a function (T, H, I) to the segment that keeps the fewest numbers."""
    judge_function(
        "segment",
        segment,
        lambda T, H, inputs: sqrt(T * H / (H + inputs)),
        [(400, 16, 48), (1000, 10, 0), (50, 3, 7)],
        [
            (lambda T, H, inputs: sqrt(T), "That leaves the inputs out: a segment's graph keeps them, too."),
            (
                lambda T, H, inputs: sqrt(T * (H + inputs) / H),
                "Upside down: wide inputs make long segments dearer.",
            ),
            (
                lambda T, H, inputs: T * H / (H + inputs),
                "A square root is missing: set the derivative to zero.",
            ),
            (
                lambda T, H, inputs: sqrt(T * H / inputs) if inputs else T,
                "A segment keeps its states besides its inputs.",
            ),
        ],
        "Write down what the borders and what one segment keep, and add them.",
    )
