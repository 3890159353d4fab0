"""Checks of the exercises on plain recurrent networks."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from rnnlib.check.answers import accept, judge, judge_function, refuse, seeded


def _sizes(*modules: nn.Module) -> list[int]:
    return [sum(p.numel() for p in module.parameters()) for module in modules]


@seeded
def rnn_count(parts: Sequence[int]) -> None:
    """Check the numbers of weights of embedding, recurrent layer and read-out: V = 63, I = 32, H = 160."""
    table, layer, output = _sizes(nn.Embedding(63, 32), nn.RNN(32, 160), nn.Linear(160, 63))
    judge(
        "parts",
        parts,
        [table, layer, output],
        [
            (
                [table, layer - 2 * 160, output - 63],
                "These are matrices alone: layer and read-out also have biases.",
            ),
            ([table, layer, output - 63], "The read-out has a bias, too: one number for each character."),
            ([table, layer - 160, output], "PyTorch's layer has two biases, each of H numbers."),
            (
                [table, layer - 160**2, output],
                "The layer also has a matrix from the old state to the new one.",
            ),
            ([table, layer + 31 * 160, output], "The layer reads what the embedding gives, not characters."),
            (table + layer + output, "That is the sum. Give the three parts, as a list."),
        ],
        "Write down the shape of every matrix and bias first.",
    )


def rnn_sums(summing: Sequence[float], averaging: Sequence[float]) -> None:
    """Check (u, w, b) for a running sum, and for an average that counts a step back nine tenths as much."""

    def states(weights: Sequence[float]) -> list[float]:
        u, w, b = weights
        h, found = 0.0, []
        for x_t in (1.0, 0.0, 0.5, -2.0, 3.0):
            h = u * x_t + w * h + b
            found.append(h)
        return found

    judge(
        "summing's states",
        states(summing),
        states((1, 1, 0)),
        [
            (states((1, 0, 0)), "With w = 0 nothing is carried along: the state is the input."),
            (states((0, 1, 0)), "With u = 0 no input gets in."),
            (states((1, 1, 1)), "The bias is added at every step, inputs or not."),
            (states((0.5, 0.5, 0)), "That is an average of new and old, not a sum."),
        ],
        "Which multiple of the old sum and which of the input make the new sum?",
    )
    judge(
        "averaging's states",
        states(averaging),
        states((0.1, 0.9, 0)),
        [
            (states((1, 0.9, 0)), "The weights of all steps add up to 10, so it is no average yet."),
            (states((0.9, 0.1, 0)), "Exchanged: each step back would count one tenth as much."),
            (states((0.5, 0.5, 0)), "Here each step back counts half as much."),
        ],
        "By what is an input multiplied after one more step? And what must all those weights add up to?",
    )


def rnn_latch(w: float, u: float, b: float) -> None:
    """Check the weights of a unit that a single 1 switches on for good, and noise of 0.2 never."""
    weights = torch.tensor([w, u, b], dtype=torch.float64)
    w, u, b = weights.tolist()

    def settle(h: float, x: float, steps: int = 2000) -> float:
        for _ in range(steps):
            h = torch.tanh(torch.tensor(w * h + u * x + b, dtype=torch.float64)).item()
        return h

    quiet = settle(-1.0, 0.0)
    refuse(quiet > -0.5, f"without any input it goes from -1 to {quiet:.2f}: it does not hold at all.")
    noisy = settle(-1.0, 0.2 if u > 0 else -0.2)
    refuse(noisy > -0.5, f"steady noise of 0.2 lifts it from -1 to {noisy:.2f}: u is too large for this w.")
    pulse = settle(quiet, 1.0, steps=1)
    back = settle(pulse, 0.0)
    refuse(back < 0.5, f"a 1 lifts it to {pulse:.2f}, and then it goes to {back:.2f}: the pulse is too weak.")
    tired = min(settle(settle(settle(-1.0, -0.2), 1.0, steps=1), x) for x in (-0.2, 0.2))
    refuse(tired < 0.5, f"after the pulse, noise of 0.2 pulls it down to {tired:.2f}.")
    accept("latch")


def rnn_parity(layer: nn.Module) -> None:
    """Check a recurrent layer of two units from whose states a linear read-out gets the running parity."""
    refuse(not isinstance(layer, nn.Module), f"the answer is a {type(layer).__name__}, expected a layer")
    W_hh = layer.get_parameter("weight_hh_l0")
    refuse(W_hh.shape != (2, 2), f"weight_hh_l0 has shape {tuple(W_hh.shape)}, expected (2, 2)")
    bits = torch.tensor([0, 1, 0, 0, 1, 1, 1, 0, 1, 1, 0, 1] * 20)
    with torch.no_grad():
        states = layer(bits.to(W_hh)[:, None, None])[0][:, 0].double()
    odd = bits.cumsum(0) % 2
    X = torch.cat([states, torch.ones(len(bits), 1, dtype=torch.float64)], dim=1)
    fitted = X @ torch.linalg.pinv(X) @ odd.double()
    wrong = ((fitted > 0.5).long() != odd).nonzero()
    if len(wrong):
        t = wrong[0].item()
        read = "".join(map(str, bits[: t + 1].tolist()))
        shown = read if t < 12 else f"{t + 1} bits"
        held = (states[:, 0] - states[:, 1]).abs().max().item()
        refuse(held < 1e-3, "both units always hold the same, so they are one unit.")
        refuse(True, f"after {shown} no weighted sum of the two states gives the parity.")
    accept("parity")


@seeded
def rnn_register(register: nn.Module) -> None:
    """Check a layer of 2V units whose state holds the one-hot vectors of exactly the last two inputs."""
    W_ih = register.get_parameter("weight_ih_l0")
    H, V = W_ih.shape
    refuse(H != 2 * V, f"it reads {V} numbers and has {H} units: two one-hot vectors take {2 * V}.")
    ids = torch.randint(V, (40,))
    with torch.no_grad():
        states = register(nn.functional.one_hot(ids, V).to(W_ih)[:, None])[0][:, 0]
    halves = states.view(40, 2, V)
    totals = states[2:].sum(-1)
    refuse(
        (totals > 2.5).any().item(),
        "the state holds more than two ones: what is older than two steps has to go.",
    )
    refuse(
        (totals < 1.5).any().item(), "the state holds fewer than two ones: the input before the last is lost."
    )
    last = [k for k in (0, 1) if torch.equal(halves[2:, k].argmax(-1), ids[2:])]
    refuse(not last, "neither half of the state is the last input's one-hot vector.")
    other = halves[2:, 1 - last[0]].argmax(-1)
    refuse(torch.equal(other, ids[2:]), "both halves hold the last input.")
    refuse(not torch.equal(other, ids[1:-1]), "the other half is not the input before the last.")
    accept("register")


@seeded
def rnn_embedding(one_table: Callable[[Tensor, Tensor, Tensor], Tensor]) -> None:
    """Check a function (embedding (V, I), weight_ih (H, I), bias_ih (H,)) to the one table (V, H)."""
    E, W, b = torch.randn(7, 4), torch.randn(5, 4), torch.randn(5)
    judge_function(
        "one_table",
        one_table,
        lambda E, W, b: E @ W.T + b,
        [(E, W, b)],
        [
            (lambda E, W, b: E @ W.T, "The bias belongs to every row."),
            (
                lambda E, W, b: W @ E.T + b[:, None],
                "That is the table lying on its side: a row for each character.",
            ),
            (lambda E, W, b: E, "That is the embedding alone. What comes of a row when W_ih reads it?"),
        ],
        "Row v is what the layer gets when it reads character v.",
        tolerance=1e-5,
    )
