"""Checks of the exercises on gated recurrent units."""

from collections.abc import Callable
from math import exp, log

import torch
from torch import Tensor, nn

from rnnlib.cells import gru_step
from rnnlib.check.answers import accept, judge_function, refuse, seeded
from rnnlib.layers import GRU
from rnnlib.probes import gate_trace

Weights = dict[str, Tensor]


@seeded
def gru_parameters(count: Callable[[int, int], int]) -> None:
    """Check a function from input size and hidden size to the number of a GRU's parameters."""
    judge_function(
        "count",
        count,
        lambda i, h: sum(p.numel() for p in nn.GRU(i, h).parameters()),
        [(1, 1), (3, 4), (32, 128)],
        [
            (
                lambda i, h: 3 * h * (i + h),
                "3·H·(I + H) counts weights only: each block also has two biases in PyTorch.",
            ),
            (
                lambda i, h: 3 * (i * h + h * h + h),
                "One bias to a block is how most texts count; PyTorch has two, bias_ih and bias_hh.",
            ),
            (
                lambda i, h: 2 * (i * h + h * h + 2 * h),
                "Two blocks are the two gates. The candidate has weights of its own as well.",
            ),
            (
                lambda i, h: 4 * (i * h + h * h + 2 * h),
                "Four blocks are an LSTM's. How many does a GRU compute at each step?",
            ),
        ],
        "Count one block first: a matrix for the input, a matrix for the state, the biases.",
    )


@seeded
def gru_halflife(bias_for: Callable[[float], float]) -> None:
    """Check a function from a half-life in steps to the update bias that gives it."""

    def right(k: float) -> float:
        z = 2 ** (-1 / k)
        return log(z / (1 - z))

    judge_function(
        "bias_for",
        bias_for,
        right,
        [(1,), (2,), (10,), (100,)],
        [
            (
                lambda k: 2 ** (-1 / k),
                "That is z itself, the gate's value. The bias is the number whose sigmoid is z.",
            ),
            (
                lambda k: -right(k),
                "The sign is that of Chung's convention, in which z is the share of the candidate.",
            ),
            (
                lambda k: log(k / log(2)),
                "ln(k / ln 2) is the limit for long half-lives. Solve it exactly.",
            ),
            (
                lambda k: -log(exp(1 / k) - 1),
                "After k steps this gate leaves 1/e, not one half.",
            ),
        ],
        "Which z leaves one half after k steps, and of which number is it the sigmoid?",
    )


@seeded
def gru_as_rnn(build: Callable[[nn.RNN], nn.GRU]) -> None:
    """Check a function that makes of a one-layer `torch.nn.RNN` a GRU with the same outputs."""
    plain = nn.RNN(3, 5, dtype=torch.float64)
    x = torch.randn(12, 2, 3, dtype=torch.float64)
    built = build(plain)
    refuse(not isinstance(built, nn.GRU), f"build(rnn) is a {type(built).__name__}, expected a torch.nn.GRU")
    ours = GRU(3, 5, dtype=torch.float64)
    ours.load_state_dict(built.state_dict())
    gates = gate_trace(ours, x)
    z, r = gates["z"].max().item(), gates["r"].min().item()
    refuse(z > 0.99, f"update gates reach {z:.2f}: at 1 they keep the old state, and PyTorch's z keeps.")
    refuse(z > 1e-6, f"update gates reach {z:.2f}: the plain network keeps nothing past its tanh.")
    refuse(r < 1 - 1e-6, f"a reset gate is at {r:.2f}: it keeps part of the past from the candidate.")
    with torch.no_grad():
        difference = (built(x)[0] - plain(x)[0]).abs().max().item()
    refuse(
        difference > 1e-6,
        f"the gates are right, and outputs differ by {difference:.2g}: look at the candidate's block, "
        "the last third of each weight and bias.",
    )
    accept("build")


@seeded
def gru_by_hand(model: Callable[[Tensor], tuple[Tensor, object]]) -> None:
    """Check a model of the hold task: from numbers and markers (T, B, 2) to answers (T, B, 1) and a state."""
    numbers = torch.tensor([0.5, -0.8, 0.9, 0.3, -0.6, 0.7, -0.2])
    markers = torch.tensor([1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0])
    with torch.no_grad():
        answer = model(torch.stack([numbers, markers], dim=-1)[:, None])[0].flatten()
    refuse(answer.numel() != 7, f"{answer.numel()} answers to 7 steps: the read-out gives one number a step.")
    moved = (answer[1] - answer[0]).abs().item()
    refuse(moved > 1e-2, f"a step without a marker moves the answer by {moved:.2f}: there z has to keep.")
    first = (answer[0] - 0.5).abs().item()
    refuse(first > 1e-2, f"the first answer, to 0.5, is off by {first:.2f}: mind tanh and the scale.")
    old = (answer[3] - 0.3).abs().item()
    refuse(
        old > 1e-2,
        f"at the second marker the answer is off by {old:.2f}: the old number gets in.",
    )
    rest = (answer[5:] - 0.7).abs().max().item()
    refuse(rest > 1e-2, f"at the third marker and after it the answer is off by up to {rest:.2f}.")
    accept("model")


def _negated(weights: Weights, rows: Callable[[int], slice], kinds: tuple[str, ...] = ("",)) -> Weights:
    """Return weights with the sign of some rows changed, in those tensors whose name holds one of `kinds`."""
    H = weights["weight_hh"].shape[1]
    copies = {name: w.clone() for name, w in weights.items()}
    for name, w in copies.items():
        if any(kind in name for kind in kinds):
            w[rows(H)] *= -1
    return copies


def _states(weights: Weights) -> Tensor:
    """Five states (5, 2, H) of a GRU in PyTorch's direction of z, with the reset before the product."""
    x = torch.linspace(-2, 2, 5 * 2 * 3, dtype=torch.float64).view(5, 2, 3)
    h, states = torch.zeros(2, weights["weight_hh"].shape[1], dtype=torch.float64), []
    for gi in x @ weights["weight_ih"].T + weights["bias_ih"]:
        h = gru_step(gi, h, weights["weight_hh"], weights["bias_hh"], reset_after=False).h
        states.append(h)
    return torch.stack(states)


@seeded
def gru_chung(convert: Callable[[Weights], Weights]) -> None:
    """Check a function that turns a cell's weights in which z takes into weights in which z keeps."""
    weights = dict(nn.GRUCell(3, 4, dtype=torch.float64).state_dict())
    before = {name: w.clone() for name, w in weights.items()}

    def update(H: int) -> slice:
        return slice(H, 2 * H)

    _states(convert(weights))
    changed = any(not torch.equal(weights[name], before[name]) for name in weights)
    refuse(changed, "convert changed the weights that it was given: work on a copy.")
    judge_function(
        "convert",
        lambda w: _states(convert(w)),
        lambda w: _states(_negated(w, update)),
        [(weights,)],
        [
            (_states, "The weights come back as they were."),
            (
                lambda w: _states(_negated(w, update, ("weight",))),
                "The biases kept their sign: the gate's whole argument has to change it.",
            ),
            (
                lambda w: _states(_negated(w, lambda H: slice(0, H))),
                "The reset gate's rows have changed sign. PyTorch stacks r, z, n.",
            ),
            (
                lambda w: _states(_negated(w, lambda H: slice(0, 3 * H))),
                "Every row has changed sign. Only the direction of z differs.",
            ),
        ],
        "Its states are not the original's. 1 - σ(a) = σ(-a): whose argument must change sign?",
    )


@seeded
def gru_lengths(last_states: Callable[[nn.GRU, Tensor, Tensor], Tensor]) -> None:
    """Check a function from a `torch.nn.GRU`, padded (T, B, I) and lengths (B,) to last states (B, H)."""
    layer = nn.GRU(3, 4, dtype=torch.float64)
    x, lengths = torch.randn(6, 3, 3, dtype=torch.float64), torch.tensor([2, 6, 4])

    def at(ends: Tensor) -> Callable[..., Tensor]:
        return lambda layer, x, lengths: layer(x)[0][ends, torch.arange(3)]

    judge_function(
        "last_states",
        last_states,
        at(lengths - 1),
        [(layer, x, lengths)],
        [
            (
                at(torch.tensor([5, 5, 5])),
                "That is output[-1], or the padded batch's h_n: the shorter sequences have read padding.",
            ),
            (
                at(torch.tensor([2, 5, 4])),
                "One step too late: the last step of a sequence of length n has the index n - 1.",
            ),
            (
                lambda *given: at(lengths - 1)(*given)[[1, 2, 0]],
                "The rows are right and their order is not: sorting by length has to be undone.",
            ),
        ],
        "Take each row's state after its own last step.",
    )


@seeded
def gru_backward(backward: Callable[..., tuple[Tensor, Tensor]]) -> None:
    """Check a function (g, gi, h, weight_hh, bias_hh) to the derivatives by gi (B, 3H) and by h (B, H)."""
    cell = nn.GRUCell(3, 4, dtype=torch.float64)
    weight_hh, bias_hh = cell.weight_hh.detach(), cell.bias_hh.detach()
    g, h = torch.randn(2, 2, 4, dtype=torch.float64)
    gi = torch.randn(2, 12, dtype=torch.float64)

    def derivatives(g: Tensor, gi: Tensor, h: Tensor, *, cut: str = "") -> tuple[Tensor, ...]:
        """By autograd; `cut` names a path that is left out: `direct`, `r` or `slope`."""
        gi, h = gi.clone().requires_grad_(), h.clone().requires_grad_()
        _, r, z, n = gru_step(gi, h, weight_hh, bias_hh)
        r = r.detach() if cut == "r" else r
        a = gi[:, 8:] + r * (h @ weight_hh[8:].T + bias_hh[8:])
        n = a + (n - a).detach() if cut == "slope" else torch.tanh(a)
        new = (1 - z) * n + z * (h.detach() if cut == "direct" else h)
        return torch.autograd.grad((g * new).sum(), [gi, h])

    judge_function(
        "backward",
        lambda *given: tuple(backward(*given, weight_hh, bias_hh)),
        derivatives,
        [(g, gi, h)],
        [
            (
                lambda *given: derivatives(*given, cut="direct"),
                "The direct way is missing: z_t ⊙ h_{t-1} hands g on without any matrix.",
            ),
            (
                lambda *given: derivatives(*given, cut="r"),
                "The reset gate is treated as a constant: it depends on gi and on h_{t-1}, too.",
            ),
            (
                lambda *given: derivatives(*given, cut="slope"),
                "The slope of tanh, 1 - n², is missing on the candidate's way.",
            ),
        ],
        "Compare block by block: r, z, n of gi first, then the four contributions to h_{t-1}.",
    )
