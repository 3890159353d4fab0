"""Checks of the exercises on deep recurrent networks."""

from collections.abc import Callable
from math import ceil, comb

import torch
from torch import Tensor, nn

from rnnlib.check.answers import accept, judge_function, refuse, seeded


def _lstm(inputs: int, hidden: int, layers: int = 1) -> int:
    return sum(p.numel() for p in nn.LSTM(inputs, hidden, layers, device="meta").parameters())


def deep_equal(count: Callable[[int, int, int], int]) -> None:
    """Check a function (I, H, L) to the number of parameters of an LSTM of L layers."""
    judge_function(
        "count",
        count,
        _lstm,
        [(3, 4, 1), (3, 4, 2), (32, 50, 4)],
        [
            (lambda i, h, n: n * _lstm(i, h), "Layers above the first read H numbers, not I."),
            (lambda i, h, n: n * _lstm(h, h), "The first layer reads I numbers, not H."),
            (lambda i, h, n: _lstm(i, h, n) * 3 // 4, "Three blocks are a GRU's."),
            (lambda i, h, n: _lstm(i, h, n) - 4 * h * n, "PyTorch has two biases in each block."),
            (lambda i, h, n: _lstm(i, h), "That is one layer."),
        ],
        "Count the first layer, then what each further layer adds.",
    )


@seeded
def deep_cut(cut: Callable[[nn.GRU], tuple[nn.GRU, nn.GRU]]) -> None:
    """Check a function that takes a three-layer GRU apart: its lower two layers, and its top layer."""
    gru, x = nn.GRU(3, 4, num_layers=3), torch.randn(6, 2, 3)
    bottom, top = cut(gru)
    for name, part, layers in (("bottom", bottom, 2), ("top", top, 1)):
        refuse(part.num_layers != layers, f"{name} has {part.num_layers} layers, expected {layers}")
    refuse(top.input_size != 4, f"top reads {top.input_size} numbers, but the layer below hands up 4.")
    with torch.no_grad():
        middle, whole = bottom(x)[0], gru(x)[0]
        below = nn.GRU(3, 4, num_layers=2)
        below.load_state_dict({n: w for n, w in gru.state_dict().items() if "l2" not in n})
        refuse(
            not torch.allclose(middle, below(x)[0], atol=1e-6),
            "bottom does not give the states of layer 2: are these the weights of l0 and l1?",
        )
        refuse(
            not torch.allclose(top(middle)[0], whole, atol=1e-6),
            "bottom is right, and top on its output is not the stack: which layer's weights has it?",
        )
    accept("cut")


def deep_paths(paths: Callable[[int, int], int]) -> None:
    """Check a function (T, L) to the number of paths from the first input to the top of the last step."""

    def right(T: int, L: int) -> int:
        row = torch.ones(T, dtype=torch.long)
        for _ in range(L - 1):
            row = row.cumsum(0)
        return int(row[-1])

    judge_function(
        "paths",
        paths,
        right,
        [(6, 3), (10, 1), (1, 5), (9, 5)],
        [
            (
                lambda T, L: comb(T + L, L),
                "A path makes T - 1 steps to the right, not T, and none into layer 0.",
            ),
            (
                lambda T, L: comb(T + L - 1, L),
                "The step from the input into layer 1 is the same in all paths.",
            ),
            (lambda T, L: T * L, "That is the number of cells."),
            (lambda T, L: T + L - 1, "That is how many cells one path passes."),
            (lambda T, L: L**T, "A path cannot go down again."),
        ],
        "How many steps to the right, how many up, and in how many orders?",
    )


def deep_workers(rounds: Callable[[int, int, int], int]) -> None:
    """Check a function (L, T, P): rounds that P workers take for L layers and T steps, lowest waves first."""

    def right(L: int, T: int, P: int) -> int:
        waiting, count = {(layer, t) for layer in range(L) for t in range(T)}, 0
        while waiting:
            ready = [(k, t) for k, t in waiting if not {(k - 1, t), (k, t - 1)} & waiting]
            waiting -= set(sorted(ready, key=sum)[:P])
            count += 1
        return count

    judge_function(
        "rounds",
        rounds,
        right,
        [(4, 20, 1), (4, 20, 2), (4, 20, 3), (4, 20, 8), (1, 7, 3)],
        [
            (
                lambda L, T, P: ceil(L * T / P),
                "Workers may have to wait: a cell needs what is below and before it.",
            ),
            (lambda L, T, P: L + T - 1, "That is the number of waves, with as many workers as you like."),
            (lambda L, T, P: L * T, "That is one worker's time."),
            (
                lambda L, T, P: max(ceil(L * T / P), L + T - 1),
                "That is a lower bound. The first and the last waves are short, and cost a worker time.",
            ),
        ],
        "In each round, which cells are ready, and how many of them are taken?",
    )


@seeded
def deep_mask(one_mask: Callable[[Tensor, float], Tensor]) -> None:
    """Check a function (x (T, B, H), p) that drops units with one mask for all steps of a sequence."""
    x = torch.ones(5, 400, 50)
    y = one_mask(x, 0.3)
    refuse(y.shape != x.shape, f"the result has shape {tuple(y.shape)}, expected {tuple(x.shape)}")
    refuse(
        not torch.equal(y, y[:1].expand_as(y)),
        "the mask changes from step to step: draw one for all of them.",
    )
    dropped = (y[0] == 0).float()
    refuse(
        bool((dropped.std(0) == 0).all()),
        "all sequences share one mask: each sequence of the batch has its own.",
    )
    refuse(
        bool((dropped.std(1) == 0).all()),
        "all units of a sequence are dropped together: each unit is drawn by itself.",
    )
    share, kept = dropped.mean().item(), y[0][y[0] != 0].mean().item()
    refuse(
        abs(share - 0.7) < 0.05, f"{share:.0%} are dropped at p = 0.3: p is the probability of being dropped."
    )
    refuse(abs(share - 0.3) > 0.05, f"{share:.0%} of the entries are dropped at p = 0.3.")
    refuse(
        abs(kept - 1) < 1e-3,
        "what is kept stays as it was, so the mean falls: divide by the probability of being kept.",
    )
    refuse(
        abs(kept - 1 / 0.7) > 1e-3,
        f"what is kept is multiplied by {kept:.2f}, and the mean is not the input.",
    )
    accept("one_mask")
