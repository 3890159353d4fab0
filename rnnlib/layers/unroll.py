"""The loop over time."""

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor


def unroll(step: Callable[..., Any], gi: Tensor, state: Sequence[Tensor]) -> list[Any]:
    """Apply `step` at every time, handing each step's new state to the next.

    This loop is the definition of what a recurrent layer computes.

    Args:
        step: `step(gi_t, *state)` gives a named tuple whose first entries are the new state.
        gi: projected inputs of all steps, (T, B, G*H).
        state: the parts of the state before the first step, each (B, H).

    Returns:
        What `step` gave at t = 1..T.
    """
    steps = []
    for gi_t in gi.unbind(0):  # (B, G*H)
        steps.append(step(gi_t, *state))
        state = steps[-1][: len(state)]
    return steps
