"""What goes on inside a recurrent network: gate values, how far gradients reach, one-step Jacobians.

Every probe takes a cell or a layer of rnnlib (of one direction) and an input `x` of shape (T, B, I), or
(B, T, I) for a layer with `batch_first`, or unbatched (T, I). A cell is run over time, like a layer. Dropout
between layers is left out. Nothing is plotted here.
"""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor

from rnnlib.cells import RecurrentCell, project_input
from rnnlib.cells.base import State
from rnnlib.errors import check_dtype, check_shape
from rnnlib.layers import RecurrentLayer

Step = Any  # a named tuple of tensors: the new state first, then the gates
StepFunction = Callable[..., Step]


class Reach(NamedTuple):
    """How much a loss at the end still depends on the state at each time t = 1..T, all (T,).

    Attributes:
        h: the norm of dL/dh_t.
        c: the norm of dL/dc_t (with h_t = o_t tanh(c_t) depending on c_t), for the LSTM; else None.
        state: the norm of dL/ds_t for the joint state s_t: for the LSTM [h_t, c_t], with h_t held fixed while
            c_t varies; for the others h_t alone. This is what `reach_bound` bounds.
    """

    h: Tensor
    c: Tensor | None
    state: Tensor


def gate_trace(
    module: RecurrentLayer | RecurrentCell, x: Tensor, state: State | None = None, layer: int = -1
) -> dict[str, Tensor]:
    """Every gate and state at every time.

    Args:
        module: a cell or a layer.
        x: inputs, (T, B, I) or unbatched (T, I).
        state: the state before the first step, in the module's own form; zeros if None.
        layer: which of stacked layers to look at, the last by default.

    Returns:
        Name to (T, B, H), or (T, H) for an unbatched input: `r z n h` for a GRU, `i f g o c h` for an LSTM,
        `h` for a plain RNN.
    """
    with torch.no_grad():
        steps = _run(module, x, state)[layer].steps
    trace = {name: torch.stack([getattr(step, name) for step in steps]) for name in steps[0]._fields}
    return {name: value.squeeze(1) for name, value in trace.items()} if x.dim() == 2 else trace


def gradient_reach(
    module: RecurrentLayer | RecurrentCell,
    x: Tensor,
    loss: Callable[[Tensor], Tensor] | None = None,
    state: State | None = None,
    layer: int = -1,
) -> Reach:
    """The norm of the gradient of a loss on the last output only, by the state's time.

    Args:
        module: a cell or a layer.
        x: inputs, (T, B, I) or unbatched (T, I).
        loss: from the last output (B, H) to a scalar; the sum of its entries if None.
        state: the state before the first step, in the module's own form; zeros if None.
        layer: which of stacked layers to look at, the last by default. The loss is always on the last.

    Returns:
        `Reach` of norms over batch and units, at t = 1..T: entry T - 1 - k is lag k.

    Raises:
        ValueError: the loss is not a scalar.
    """
    with torch.enable_grad():
        runs = _run(module, x, state)
        last = runs[-1].steps[-1].h  # (B, H)
        value = last.sum() if loss is None else loss(last)
        check_shape("the value of loss", value, {})
        run, num_parts = runs[layer], len(module.state_names)
        at_time = [part for step in run.steps for part in step[:num_parts]]
        handed_on = [part for parts in run.handed_on for part in parts]
        found = torch.autograd.grad(value, at_time + handed_on, allow_unused=True, materialize_grads=True)
    total, onward = torch.stack(found).unflatten(0, (2, -1, num_parts))  # (T, parts, B, H) each
    h = _norm(total[:, 0])
    if num_parts == 1:
        return Reach(h, None, h)
    return Reach(h, _norm(total[:, 1]), torch.hypot(h, _norm(onward[:, 1])))


def state_jacobian(module: RecurrentLayer | RecurrentCell, x: Tensor, state: State | None = None) -> Tensor:
    """The one-step Jacobians ds_t / ds_{t-1} along the trajectory that `x` drives, for a single sequence.

    The joint state s has S entries: h of every layer, then, for the LSTM, c of every layer. With one layer
    S = H for RNN and GRU and 2H, ordered [h, c], for the LSTM.

    Args:
        module: a cell or a layer.
        x: inputs, (T, 1, I) or unbatched (T, I).
        state: the state before the first step, in the module's own form; zeros if None.

    Returns:
        (T, S, S), entry [t - 1, i, j] = d s_t[i] / d s_{t-1}[j].

    Raises:
        ValueError: a batch of more than one sequence.
    """
    x, parts = _prepared(module, x, state)
    if x.shape[1] != 1:
        raise ValueError(f"x holds {x.shape[1]} sequences, expected 1: Jacobians are for a single trajectory")
    functions = _functions(module)

    def joint_step(s: Tensor, x_t: Tensor) -> tuple[Tensor, Tensor]:
        before = s.view(len(parts), len(functions), -1)  # (parts, L, H)
        after = []
        for k, (project, step) in enumerate(functions):
            after.append(step(project(x_t), *before[:, k])[: len(parts)])
            x_t = after[-1][0]  # h_t, which the layer above reads
        s = torch.stack([torch.stack(part) for part in zip(*after, strict=True)]).flatten()
        return s, s

    s, jacobians = torch.stack(parts).flatten(), []
    with torch.no_grad():
        for x_t in x[:, 0]:
            jacobian, s = torch.func.jacrev(joint_step, has_aux=True)(s, x_t)
            jacobians.append(jacobian)
    return torch.stack(jacobians)


def spectral_norms(jacobians: Tensor) -> Tensor:
    """The largest singular value of each matrix: (T, S, S) to (T,)."""
    norms: Tensor = torch.linalg.matrix_norm(jacobians, ord=2)
    return norms


def reach_bound(jacobians: Tensor) -> Tensor:
    """An upper bound on how the gradient changes from the last time back to t, norm over norm.

    dL/ds_t = J_{t+1}^T ... J_T^T dL/ds_T, so ||dL/ds_t|| is at most ||dL/ds_T|| times the product of the
    largest singular values of J_{t+1}..J_T.

    Args:
        jacobians: J_1..J_T, (T, S, S), from `state_jacobian`.

    Returns:
        (T,), for t = 1..T; the last entry is 1. For a `Reach` of the same single layer and sequence,
        `reach_bound(jacobians) * reach.state[-1] >= reach.state >= reach.h`.
    """
    norms = spectral_norms(jacobians)
    after = torch.cat((norms[1:], norms.new_ones(1)))  # the factor between t and t + 1
    return after.flip(0).cumprod(0).flip(0)


def half_life(p: float | Tensor) -> float | Tensor:
    """The number of steps k after which p^k = 1/2, k = ln(1/2) / ln(p): how long a constant gate p remembers.

    Args:
        p: what is kept at each step, in (0, 1]: a number, or a tensor of them; 1 keeps for ever.

    Returns:
        Steps, a float or a tensor like `p`; infinity at 1.

    Raises:
        ValueError: p outside (0, 1].
    """
    values = torch.as_tensor(p, dtype=None if isinstance(p, Tensor) else torch.float64)
    if not bool(((values > 0) & (values <= 1)).all()):
        raise ValueError(f"p is {p}, expected a value in (0, 1]")
    steps = (math.log(0.5) / values.log()).abs()  # abs: -0 in the denominator, for p = 1
    return steps if isinstance(p, Tensor) else steps.item()


class FixedPoint(NamedTuple):
    """A state that one unit's map takes to itself, h = tanh(w h + b).

    Attributes:
        h: the state.
        slope: of the map there, w (1 - h^2).
        kind: "stable" if the slope's size is below 1: states nearby come closer step by step; "unstable" if
            it is above 1; "marginal" within 1e-9 of 1, where the slope alone does not decide.
    """

    h: float
    slope: float
    kind: str


def fixed_points(w: float, b: float) -> list[FixedPoint]:
    """All fixed points of one tanh unit without input, h = tanh(w h + b): one, two or three.

    Where w > 1 the gap tanh(w h + b) - h turns twice, at w (1 - tanh^2) = 1; between the turns it rises or
    falls throughout, so that each stretch holds at most one root, which bisection finds to the last bit.

    Args:
        w: recurrent weight, finite.
        b: bias, finite.

    Returns:
        The points, h rising.

    Raises:
        ValueError: w or b is not finite.
    """
    for name, value in {"w": w, "b": b}.items():
        if not math.isfinite(value):
            raise ValueError(f"{name} is {value}, expected a finite number")

    def gap(h: float) -> float:
        return math.tanh(w * h + b) - h

    turn = math.atanh(math.sqrt(1 - 1 / w)) if w > 1 else 0.0
    turns = [(-turn - b) / w, (turn - b) / w] if w > 1 else []
    edges = [-1.0, *(h for h in turns if -1 < h < 1), 1.0]
    roots = [h for h in edges if gap(h) == 0]
    roots += [_bisect(gap, low, high) for low, high in pairwise(edges) if gap(low) * gap(high) < 0]
    return [_fixed_point(h, w * (1 - h * h)) for h in sorted(roots)]


def _fixed_point(h: float, slope: float) -> FixedPoint:
    size = abs(slope)
    return FixedPoint(h, slope, "marginal" if abs(size - 1) < 1e-9 else "stable" if size < 1 else "unstable")


def _bisect(f: Callable[[float], float], low: float, high: float) -> float:
    """A root of f, which has opposite signs at `low` and `high`."""
    rises = f(low) < 0
    while low < (middle := (low + high) / 2) < high:
        value = f(middle)
        if value == 0:
            return middle
        low, high = (middle, high) if (value < 0) == rises else (low, middle)
    return middle


class _Run(NamedTuple):
    """One layer over time: its steps, and the states as the following steps read them."""

    steps: list[Step]
    handed_on: list[tuple[Tensor, ...]]


def _run(module: RecurrentLayer | RecurrentCell, x: Tensor, state: State | None) -> list[_Run]:
    """Run every layer over time, keeping each step's values as nodes of the graph of derivatives."""
    x, parts = _prepared(module, x, state)
    parts = tuple(part.detach().requires_grad_() for part in parts)  # so that there is a graph at all
    runs = []
    for k, (project, step) in enumerate(_functions(module)):
        run, now = _Run([], []), tuple(part[k] for part in parts)
        for gi_t in project(x).unbind(0):
            run.steps.append(step(gi_t, *now))
            now = tuple(part.view_as(part) for part in run.steps[-1][: len(parts)])
            run.handed_on.append(now)
        runs.append(run)
        x = torch.stack([step.h for step in run.steps])  # (T, B, H)
    return runs


def _prepared(
    module: RecurrentLayer | RecurrentCell, x: Tensor, state: State | None
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """The input as (T, B, I) and the parts of the state before the first step as (L, B, H)."""
    if isinstance(module, RecurrentCell):
        check_dtype("x", x, module.weight_ih.dtype)
        axes = dict.fromkeys(("time", "batch")[: max(x.dim() - 1, 1)])
        check_shape("x", x, axes | {"input_size": module.input_size})
        parts = module.initial_state(state, x[0])
        return x.view(len(x), -1, x.shape[-1]), tuple(part.view(1, -1, part.shape[-1]) for part in parts)
    if not isinstance(module, RecurrentLayer):
        raise TypeError(
            f"module is a {type(module).__module__}.{type(module).__name__}, expected one of rnnlib's"
        )
    if module.bidirectional:
        raise ValueError("module has bidirectional=True, expected a layer that reads in one direction")
    x, batch_axis = module.time_major(x, module.batch_first)
    return x, module.initial_state(state, x, batch_axis)


def _norm(gradients: Tensor) -> Tensor:
    """The norm over batch and units, (T, B, H) to (T,), in float64 so that tiny squares survive."""
    norms: Tensor = torch.linalg.vector_norm(gradients.double(), dim=(1, 2))
    return norms


def _functions(
    module: RecurrentLayer | RecurrentCell,
) -> list[tuple[Callable[[Tensor], Tensor], StepFunction]]:
    """For every layer: its input projection, and its step from projected input and state."""
    if isinstance(module, RecurrentCell):
        return [(lambda x: project_input(x, module.weight_ih, module.bias_ih), module.step)]
    return [_layer_functions(module, layer) for layer in range(module.num_layers)]


def _layer_functions(module: RecurrentLayer, layer: int) -> tuple[Callable[[Tensor], Tensor], StepFunction]:
    weights = module.weights(layer)
    return (
        lambda x: project_input(x, weights.weight_ih, weights.bias_ih),
        lambda gi, *state: module.step(weights, gi, *state),
    )
