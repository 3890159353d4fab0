"""Checks of exercises: each accepts the right answer, and says of wrong ones what is wrong with them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from math import ceil, comb, exp, log
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from rnnlib import check
from rnnlib.book.myst import Directive, every_block, read_book, strip_front_matter
from rnnlib.layers import GRU as OurGRU
from rnnlib.layers import RNN
from rnnlib.models import Decoder, Encoder, RecurrentEncoder

ROOT = Path(__file__).resolve().parent.parent
BOOK = read_book(ROOT)
CHAPTERS = sorted(BOOK.notebooks - {"chapters/modern-rnn", "chapters/translator"})
CHECKS = sorted(set(check.__all__) - {"WrongAnswer"})


def exercises(page: str) -> list[Directive]:
    lines = strip_front_matter((ROOT / f"{page}.md").read_text(encoding="utf-8"))
    return [
        block for block in every_block(lines) if isinstance(block, Directive) and block.name == "exercise"
    ]


def solution(page: str, label: str) -> str:
    text = (ROOT / f"{page}.md").read_text(encoding="utf-8")
    return re.search(rf":::{{solution-start}} {label}\n:::\n(.*?):::{{solution-end}}", text, re.DOTALL)[1]


# GRU


def as_gru(r: float = 40.0, z: float = -40.0, block: int = 2) -> Callable[[nn.RNN], nn.GRU]:
    def build(rnn: nn.RNN) -> nn.GRU:
        H = rnn.hidden_size
        gru = nn.GRU(rnn.input_size, H, dtype=torch.float64)
        with torch.no_grad():
            for name, p in gru.named_parameters():
                p.zero_()
                p[block * H : (block + 1) * H] = rnn.get_parameter(name)
            gru.bias_ih_l0[:H] += r
            gru.bias_ih_l0[H : 2 * H] += z
        return gru

    return build


def hold(
    keep: float = 20.0, scale: float = 100.0, old: float = 0.0
) -> Callable[[Tensor], tuple[Tensor, Any]]:
    gru, output = nn.GRU(2, 1), nn.Linear(1, 1)
    with torch.no_grad():
        for p in (*gru.parameters(), *output.parameters()):
            p.zero_()
        gru.weight_ih_l0[1, 1], gru.bias_ih_l0[1] = -2 * keep, keep
        gru.weight_ih_l0[2, 0], gru.weight_hh_l0[2, 0] = 1 / scale, old
        output.weight.fill_(scale)
    return lambda x: (output(gru(x)[0]), None)


def negate(*rows: int, names: str = "") -> Callable[[dict], dict]:
    def convert(weights: dict) -> dict:
        copies = {name: w.clone() for name, w in weights.items()}
        for name, w in copies.items():
            if names in name:
                for block in rows:
                    w.chunk(3)[block].mul_(-1)
        return copies

    return convert


def negate_in_place(weights: dict) -> dict:
    for w in weights.values():
        w.chunk(3)[1].mul_(-1)
    return weights


def packed(gru: nn.GRU, x: Tensor, lengths: Tensor, unsorted: bool = True) -> Tensor:
    pack = nn.utils.rnn.pack_padded_sequence
    if unsorted:
        return gru(pack(x, lengths, enforce_sorted=False))[1][-1]
    order = lengths.argsort(descending=True)
    return gru(pack(x[:, order], lengths[order]))[1][-1]


def gru_backward(*left_out: str) -> Callable[..., tuple[Tensor, Tensor]]:
    def backward(g, gi, h, weight_hh, bias_hh):
        a_r, a_z, a_n = (h @ weight_hh.T + bias_hh).chunk(3, dim=-1)
        i_r, i_z, i_n = gi.chunk(3, dim=-1)
        r, z = torch.sigmoid(i_r + a_r), torch.sigmoid(i_z + a_z)
        n = torch.tanh(i_n + r * a_n)
        d_n = g * (1 - z) * (1 if "slope" in left_out else 1 - n**2)
        d_z = g * (h - n) * z * (1 - z)
        d_r = 0 * g if "r" in left_out else d_n * a_n * r * (1 - r)
        direct = 0 if "direct" in left_out else g * z
        dh = direct + torch.cat([d_r, d_z, d_n * r], dim=-1) @ weight_hh
        blocks = [d_z, d_r, d_n] if "order" in left_out else [d_r, d_z, d_n]
        return torch.cat(blocks, dim=-1), dh

    return backward


GRU = {
    "gru_parameters": (
        lambda i, h: sum(p.numel() for p in nn.GRU(i, h).parameters()),
        [
            (lambda i, h: 3 * h * (i + h), "weights only"),
            (lambda i, h: 3 * h * (i + h + 1), "One bias to a block"),
            (lambda i, h: 4 * h * (i + h + 2), "an LSTM's"),
            (lambda i, h: 2 * h * (i + h + 2), "The candidate has weights of its own"),
            (lambda i, h: 3 * (i + h), r"gives 6\. Count one block first"),
            (lambda i, h: None, "does the function return"),
            (108, "expected a function"),
        ],
    ),
    "gru_halflife": (
        lambda k: -log(2 ** (1 / k) - 1),
        [
            (lambda k: 2 ** (-1 / k), "z itself"),
            (lambda k: log(2 ** (1 / k) - 1), "Chung's convention"),
            (lambda k: log(k / log(2)), "the limit"),
            (lambda k: -log(exp(1 / k) - 1), "1/e"),
            (lambda k: float(k), "Which z leaves one half"),
            (lambda k: [0.0, 1.0], "expected one number"),
        ],
    ),
    "gru_as_rnn": (
        as_gru(),
        [
            (as_gru(z=40.0), "at 1 they keep"),
            (as_gru(z=0.0), "keeps nothing past"),
            (as_gru(r=0.0), "it keeps part of the past"),
            (as_gru(block=0, r=80.0), "look at the candidate's block"),
            (lambda rnn: rnn, "is a RNN, expected a torch.nn.GRU"),
        ],
    ),
    "gru_by_hand": (
        hold(),
        [
            (hold(keep=-20.0), "there z has to keep"),
            (hold(scale=1.0), "mind tanh and the scale"),
            (hold(old=0.5), "the old number gets in"),
            (hold(keep=2.0), "there z has to keep"),
        ],
    ),
    "gru_chung": (
        negate(1),
        [
            (negate(), "come back as they were"),
            (negate(1, names="weight"), "The biases kept their sign"),
            (negate(0), "The reset gate's rows"),
            (negate(0, 1, 2), "Every row"),
            (negate(2), "whose argument must change sign"),
            (negate_in_place, "work on a copy"),
        ],
    ),
    "gru_lengths": (
        packed,
        [
            (lambda gru, x, lengths: gru(x)[0][-1], "have read padding"),
            (lambda gru, x, lengths: gru(x)[1][-1], "have read padding"),
            (
                lambda gru, x, lengths: packed(gru, x, lengths, unsorted=False),
                "sorting by length has to be undone",
            ),
            (lambda gru, x, lengths: gru(x)[0][lengths.clamp(max=5), torch.arange(3)], "One step too late"),
            (lambda gru, x, lengths: gru(x)[1], r"shape \(1, 3, 4\), expected a tensor of shape \(3, 4\)"),
        ],
    ),
    "gru_backward": (
        gru_backward(),
        [
            (gru_backward("direct"), "The direct way is missing"),
            (gru_backward("r"), "treated as a constant"),
            (gru_backward("slope"), "The slope of tanh"),
            (gru_backward("order"), "Compare block by block"),
        ],
    ),
}
# LSTM


def lstm_count(blocks: int = 4, upper: int | None = None, double: bool = True, biases_given: bool = True):
    def count(inputs: int, hidden: int, num_layers: int, directions: int, biases: int) -> int:
        reads = [inputs] + [(upper or directions) * hidden] * (num_layers - 1)
        n = biases if biases_given else 2
        block = sum(read * hidden + hidden**2 + n * hidden for read in reads)
        return blocks * block * (directions if double else 1)

    return count


def to_torch(order: str = "ifco", transpose: bool = True, biases: int = 1) -> Callable[[dict], dict]:
    def convert(weights: dict) -> dict:
        made = {name: torch.cat([weights[name + k].T for k in order]) for name in ("W_x", "W_h")}
        if not transpose:
            made["W_x"] = torch.cat([weights["W_x" + k] for k in order], dim=1)
        bias = torch.cat([weights["b_" + k] for k in order])
        return {
            "weight_ih_l0": made["W_x"],
            "weight_hh_l0": made["W_h"],
            "bias_ih_l0": bias,
            "bias_hh_l0": bias * (biases - 1),
        }

    return convert


def flipflop(set_f: float = -40.0, reset_f: float = -40.0, keep: float = 20.0, o: float = 20.0) -> nn.LSTM:
    lstm = nn.LSTM(2, 1)
    with torch.no_grad():
        for w in lstm.parameters():
            w.zero_()
        lstm.weight_ih_l0[0] = torch.tensor([40.0, 0.0])
        lstm.weight_ih_l0[1] = torch.tensor([set_f, reset_f])
        lstm.bias_ih_l0[:] = torch.tensor([-20.0, keep, 20.0, o])
    return lstm


def lstm_backward(*left_out: str) -> Callable[..., tuple[Tensor, ...]]:
    def backward(u, v, gi, h, c, W, b):
        i, f, g, o = (gi + h @ W.T + b).chunk(4, dim=-1)
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        new = f * c + i * g
        arrives = (0 if "v" in left_out else v) + (0 if "u" in left_out else u * o * (1 - new.tanh() ** 2))
        d_o = u * new.tanh() * o * (1 - o)
        blocks = [arrives * g * i * (1 - i), arrives * c * f * (1 - f), arrives * i * (1 - g**2), d_o]
        d = torch.cat(blocks[::-1] if "order" in left_out else blocks, dim=-1)
        return d, d @ W, arrives * (1 if "belt" in left_out else f), d.T @ h

    return backward


LSTM = {
    "lstm_count": (
        lstm_count(),
        [
            (lstm_count(blocks=3), "a GRU's"),
            (lstm_count(upper=1), "outputs of all directions"),
            (lstm_count(biases_given=False), "not always two"),
            (lambda i, h, n, d, b: lstm_count()(i, h, n, 1, b), "Each direction has weights"),
            (lambda i, h, n, d, b: 4 * d * n * (i * h + h * h + b * h), "do not read I numbers"),
            (lambda i, h, n, d, b: i * h, "Count one block"),
        ],
    ),
    "lstm_half_life": (
        lambda k, p: -log(p ** (-1 / k) - 1),
        [
            (lambda k, p: p ** (1 / k), "the gate's value"),
            (lambda k, p: log(p ** (-1 / k) - 1), "a large bias must keep"),
            (lambda k, p: -log(0.5 ** (-1 / k) - 1), "right for a half-life"),
            (lambda k, p: -log((1 - p) ** (-1 / k) - 1), "keeps 1 - p"),
            (lambda k, p: log(k / -log(p)), "the limit"),
        ],
    ),
    "lstm_layout": (
        to_torch(),
        [
            (to_torch("ifoc"), "the texts' order"),
            (to_torch(transpose=False), "transposed"),
            (to_torch(biases=2), "in there twice"),
            (lambda weights: weights, "the names are"),
            (to_torch("fico"), "Compare block by block"),
        ],
    ),
    "lstm_latch": (
        flipflop(),
        [
            (flipflop(o=-20.0), "does the output gate show it"),
            (flipflop(keep=0.0), "nothing keeps it"),
            (flipflop(reset_f=0.0), "which gate has to shut"),
            (flipflop(set_f=0.0), "must replace, not add"),
            (nn.LSTM(3, 1), r"expected a torch.nn.LSTM\(2, 1\)"),
        ],
    ),
    "lstm_backward": (
        lstm_backward(),
        [
            (lstm_backward("u"), "What comes through h_t"),
            (lstm_backward("v"), "the next step's belt"),
            (lstm_backward("belt"), "lacks the forget gate"),
            (lstm_backward("order"), "Check what arrives"),
        ],
    ),
}


# Plain networks


def designed(weight_ih: list, weight_hh: list, bias: list) -> nn.Module:
    layer = RNN(1, 2)
    with torch.no_grad():
        layer.weight_ih_l0.copy_(torch.tensor(weight_ih))
        layer.weight_hh_l0.copy_(torch.tensor(weight_hh))
        layer.bias_ih_l0.copy_(torch.tensor(bias))
        layer.bias_hh_l0.zero_()
    return layer


def register(first: tuple[float, float] = (1.0, 0.0), moves: tuple = ((0.0, 0.0), (1.0, 0.0)), V: int = 5):
    layer = RNN(V, 2 * V, bias=False, nonlinearity="identity")
    eye = torch.eye(V)
    with torch.no_grad():
        layer.weight_ih_l0.copy_(torch.cat([f * eye for f in first]))
        layer.weight_hh_l0.copy_(torch.cat([torch.cat([m * eye for m in row], 1) for row in moves]))
    return layer


PLAIN = {
    "rnn_count": (
        [63 * 32, 160 * 32 + 160**2 + 320, 63 * 160 + 63],
        [
            ([2016, 30720, 10080], "matrices alone"),
            ([2016, 31040, 10080], "The read-out has a bias"),
            ([2016, 30880, 10143], "two biases"),
            ([2016, 5440, 10143], "from the old state"),
            ([2016, 36000, 10143], "what the embedding gives"),
            (43199, "Give the three parts"),
            ([1, 2, 3], "Write down the shape"),
        ],
    ),
    "rnn_sums": (
        ((1, 1, 0), (0.1, 0.9, 0)),
        [
            (((1, 0, 0), (0.1, 0.9, 0)), "nothing is carried along"),
            (((0.5, 0.5, 0), (0.1, 0.9, 0)), "not a sum"),
            (((1, 1, 0), (1, 0.9, 0)), "no average yet"),
            (((1, 1, 0), (0.9, 0.1, 0)), "Exchanged"),
            (((2, 1, 0), (0.1, 0.9, 0)), "Which multiple"),
        ],
    ),
    "rnn_latch": (
        (3.0, 6.0, 0.0),
        [
            ((0.5, 6.0, 0.0), "it does not hold at all"),
            ((3.0, 9.0, 0.0), "too large for this w"),
            ((3.0, 1.0, 0.0), "the pulse is too weak"),
            ((2.0, 2.6, 0.0), "the pulse is too weak|noise of 0.2 pulls it down"),
        ],
    ),
    "rnn_parity": (
        designed([[10.0], [10.0]], [[5.0, -5.0], [5.0, -5.0]], [-5.0, -15.0]),
        [
            (designed([[10.0], [10.0]], [[5.0, -5.0], [5.0, -5.0]], [-5.0, -5.0]), "they are one unit"),
            (designed([[10.0], [10.0]], [[0.0, 0.0], [0.0, 0.0]], [-5.0, -15.0]), "no weighted sum"),
            (RNN(1, 3), r"expected \(2, 2\)"),
            ([1.0, 2.0], "expected a layer"),
        ],
    ),
    "rnn_register": (
        register(),
        [
            (register(moves=((0.0, 0.0), (0.0, 0.0))), "the input before the last is lost"),
            (register(moves=((0.0, 0.0), (1.0, 1.0))), "what is older than two steps"),
            (register(first=(1.0, 1.0), moves=((0.0, 0.0), (0.0, 0.0))), "both halves hold the last input"),
            (RNN(5, 5), "two one-hot vectors take 10"),
        ],
    ),
    "rnn_embedding": (
        lambda E, W, b: nn.functional.linear(E, W, b),
        [
            (lambda E, W, b: E @ W.T, "The bias"),
            (lambda E, W, b: (E @ W.T + b).T, "lying on its side"),
            (lambda E, W, b: E, "the embedding alone"),
            (lambda E, W, b: E @ W.T - b, "Row v is what"),
        ],
    ),
}


# Backpropagation through time


def relu_delta(slope=lambda h: (h > 0).float(), carry=torch.matmul) -> Callable[..., Tensor]:
    def delta(own: Tensor, h: Tensor, W: Tensor) -> Tensor:
        found, dh = torch.empty_like(h), torch.zeros_like(h[0])
        for t in reversed(range(len(h))):
            found[t] = (dh + own[t]) * slope(h[t])
            dh = carry(found[t], W)
        return found

    return delta


def elman(own: Tensor, h: Tensor, before: Tensor) -> Tensor:
    return (own * (1 - h**2)).flatten(0, 1).T @ before.flatten(0, 1)


BPTT = {
    "bptt_count": (
        (5050, 100, 100),
        [
            ((10_000, 100, 100), "half of the square is empty"),
            ((4950, 100, 100), "The diagonal counts"),
            ((5050, 1, 100), "One loss speaks to all"),
            ((5050, 100, 5050), "adds by columns"),
            ((7, 100, 100), "To how many uses"),
        ],
    ),
    "bptt_relu": (
        relu_delta(),
        [
            (relu_delta(slope=lambda h: 1 - h**2), "tanh's slope"),
            (relu_delta(slope=torch.ones_like), "ReLU's slope is missing"),
            (relu_delta(carry=lambda d, W: d @ W.T), "not its transpose"),
            (relu_delta(carry=lambda d, W: torch.zeros_like(d)), "its own loss only"),
            (relu_delta(slope=lambda h: (h >= 0.5).float()), "Check the last step alone"),
        ],
    ),
    "bptt_elman": (
        elman,
        [
            (lambda own, h, before: elman(own, torch.zeros_like(h), before), "tanh's slope"),
            (lambda own, h, before: elman(own, h, before).T, "the transpose"),
            (lambda own, h, before: elman(own, h, h), "multiplies the old state"),
            (lambda own, h, before: elman(own, h, before) / 10, "The uses add up"),
            (lambda own, h, before: elman(own, h, before) * 2, "what is left of delta_t"),
        ],
    ),
    "bptt_peak": (
        lambda rho: -1 / log(rho),
        [
            (lambda rho: 1 / (1 - rho), "close for rho near 1"),
            (lambda rho: -log(rho), "the reciprocal"),
            (lambda rho: log(0.5) / log(rho), "a half-life"),
            (lambda rho: round(-1 / log(rho)), "not rounded"),
        ],
    ),
    "bptt_wide": (
        lambda T, H, I: (T * H / (H + I)) ** 0.5,  # noqa: E741
        [
            (lambda T, H, I: T**0.5, "leaves the inputs out"),  # noqa: E741
            (lambda T, H, I: (T * (H + I) / H) ** 0.5, "Upside down"),  # noqa: E741
            (lambda T, H, I: T * H / (H + I), "A square root is missing"),  # noqa: E741
            (lambda T, H, I: 20.0, "Write down what the borders"),  # noqa: E741
        ],
    ),
}


# Deep networks


def cut_in_two(top: str = "l2", bottom: tuple[str, str] = ("l0", "l1"), layers: int = 2):
    def cut(gru: nn.GRU) -> tuple[nn.GRU, nn.GRU]:
        inputs, H = gru.input_size, gru.hidden_size
        lower = nn.GRU(inputs, H, num_layers=layers)
        if layers == 2:
            for name in lower.state_dict():
                which = bottom[int(name[-1])]
                if gru.get_parameter(name[:-2] + which).shape == lower.get_parameter(name).shape:
                    lower.get_parameter(name).data.copy_(gru.get_parameter(name[:-2] + which))
        upper = nn.GRU(H, H)
        upper.load_state_dict({name: gru.get_parameter(name[:-2] + top) for name in upper.state_dict()})
        return lower, upper

    return cut


def rounds(L: int, T: int, P: int) -> int:
    done: set[tuple[int, int]] = set()
    cells = sorted(((k, t) for k in range(L) for t in range(T)), key=sum)
    count = 0
    while len(done) < len(cells):
        ready = [c for c in cells if c not in done and needs(c) <= done]
        done |= set(ready[:P])
        count += 1
    return count


def needs(cell: tuple[int, int]) -> set[tuple[int, int]]:
    k, t = cell
    return {(a, b) for a, b in ((k - 1, t), (k, t - 1)) if a >= 0 and b >= 0}


def dropping(steps: int = 1, batch: int = 0, units: int = 0, scale: bool = True, flip: bool = False):
    def one_mask(x: Tensor, p: float) -> Tensor:
        shape = [steps or len(x), batch or x.shape[1], units or x.shape[2]]
        kept = (torch.rand(shape) >= (1 - p if flip else p)).float()
        return x * kept / (1 - p if scale else 1)

    return one_mask


DEEP = {
    "deep_equal": (
        lambda i, h, n: 4 * (i * h + h * h + 2 * h) + (n - 1) * 4 * (2 * h * h + 2 * h),
        [
            (lambda i, h, n: n * 4 * (i * h + h * h + 2 * h), "read H numbers, not I"),
            (lambda i, h, n: 3 * (i * h + h * h + 2 * h) + (n - 1) * 3 * (2 * h * h + 2 * h), "a GRU's"),
            (lambda i, h, n: 4 * (i * h + h * h + h) + (n - 1) * 4 * (2 * h * h + h), "two biases"),
            (lambda i, h, n: n * 4 * (2 * h * h + 2 * h), "reads I numbers, not H"),
            (lambda i, h, n: i * h * n, "Count the first layer"),
        ],
    ),
    "deep_cut": (
        cut_in_two(),
        [
            (cut_in_two(top="l1"), "which layer's weights has it"),
            (cut_in_two(bottom=("l0", "l2")), "the weights of l0 and l1"),
            (cut_in_two(layers=1), "bottom has 1 layers, expected 2"),
            (lambda gru: (gru, gru), "bottom has 3 layers"),
        ],
    ),
    "deep_paths": (
        lambda T, L: comb(T + L - 2, L - 1),
        [
            (lambda T, L: comb(T + L, L), "T - 1 steps to the right"),
            (lambda T, L: comb(T + L - 1, L), "the same in all paths"),
            (lambda T, L: T * L, "the number of cells"),
            (lambda T, L: T + L - 1, "one path passes"),
            (lambda T, L: 1, "How many steps to the right"),
        ],
    ),
    "deep_workers": (
        rounds,
        [
            (lambda L, T, P: ceil(L * T / P), "Workers may have to wait"),
            (lambda L, T, P: L + T - 1, "the number of waves"),
            (lambda L, T, P: L * T, "one worker's time"),
            (lambda L, T, P: max(ceil(L * T / P), L + T - 1), "a lower bound"),
            (lambda L, T, P: P, "In each round"),
        ],
    ),
    "deep_mask": (
        dropping(),
        [
            (dropping(steps=0), "changes from step to step"),
            (dropping(batch=1), "all sequences share one mask"),
            (dropping(units=1), "dropped together"),
            (dropping(scale=False), "so the mean falls"),
            (dropping(flip=True), "the probability of being dropped"),
        ],
    ),
}


# Both directions


def turn(x: Tensor, lengths: Tensor, more: int = 0) -> Tensor:
    turned = x.clone()
    for b, n in enumerate((lengths + more).clamp(max=len(x)).tolist()):
        turned[:n, b] = x[:n, b].flip(0)
    return turned


def cleared(x: Tensor, lengths: Tensor) -> Tensor:
    turned = turn(x, lengths)
    for b, n in enumerate(lengths.tolist()):
        turned[n:, b] = 0
    return turned


def spans(
    tags: list[str], inclusive: int = 0, closing: bool = True, strict: bool = False, kinds: bool = True
):
    found, start, kind = set(), None, None
    for k, tag in enumerate([*tags, "O"] if closing else tags):
        mark, _, what = tag.partition("-")
        if start is not None and not (mark == "I" and (what == kind or not kinds)):
            found.add((start, k - inclusive, kind))
            start = None
        if mark == "B" or (mark == "I" and start is None and not strict):
            start, kind = k, what
    return found


def stacks(leak: bool = False, forwards: bool = True, width: int = 40) -> Callable[[Tensor], Tensor]:
    here, there = nn.GRU(32, width, num_layers=2), nn.GRU(32, width, num_layers=2)
    both = nn.GRU(32, width, num_layers=2, bidirectional=True)

    def read(x: Tensor) -> Tensor:
        if leak:
            return both(x)[0]
        behind = there(x.flip(0))[0].flip(0)
        return torch.cat([here(x)[0] if forwards else torch.relu(0 * behind + x.mean()), behind], dim=-1)

    return read


def blind(x: Tensor) -> Tensor:
    """A forward half that knows the first step alone."""
    read = nn.GRU(32, 40)(x.flip(0))[0].flip(0)
    return torch.cat([x[:1, :, :1].expand(len(x), -1, 40), read], dim=-1)


BOTH = {
    "bi_count": (
        lambda g, i, h, n: 2 * g * (i * h + h * h + 2 * h) + (n - 1) * 2 * g * (3 * h * h + 2 * h),
        [
            (
                lambda g, i, h, n: g * (i * h + h * h + 2 * h) + (n - 1) * g * (2 * h * h + 2 * h),
                "one direction",
            ),
            (
                lambda g, i, h, n: 2 * g * (i * h + h * h + 2 * h) + (n - 1) * 2 * g * (2 * h * h + 2 * h),
                "the outputs of both directions",
            ),
            (lambda g, i, h, n: n * 2 * g * (i * h + h * h + 2 * h), "do not read I numbers"),
            (
                lambda g, i, h, n: 2 * g * (i * h + h * h + h) + (n - 1) * 2 * g * (3 * h * h + h),
                "two biases",
            ),
            (lambda g, i, h, n: 0, "Count one block"),
        ],
    ),
    "bi_reverse": (
        turn,
        [
            (lambda x, lengths: x.flip(0), "padding first"),
            (lambda x, lengths: x, "Nothing has moved"),
            (cleared, "set to zero"),
            (lambda x, lengths: turn(x, lengths, more=1), "Off by one"),
            (lambda x, lengths: turn(x, lengths, more=-1), "Follow one sequence"),
        ],
    ),
    "bi_spans": (
        spans,
        [
            (lambda tags: spans(tags, inclusive=1), "behind the last word"),
            (lambda tags: spans(tags, closing=False), "ends with the sentence"),
            (lambda tags: spans(tags, strict=True), "An I without its B"),
            (lambda tags: spans(tags, kinds=False), "An I of another kind"),
            (lambda tags: set(), "Go through the words"),
        ],
    ),
    "bi_leak": (
        stacks(),
        [
            (stacks(leak=True), "along which path"),
            (blind, "the forward half does not know"),
            (stacks(width=20), r"expected \(15, 80\)"),
        ],
    ),
    "bi_uneven": (
        lambda t, b, m, n, o: [(t, b, m + n), (o, m + n), (m, m), (n, n)],
        [
            (lambda t, b, m, n, o: [(t, b, 2 * m), (o, 2 * m), (m, m), (m, m)], "its own width"),
            (lambda t, b, m, n, o: [(t, b, m + n), (m + n, o), (m, m), (n, n)], "answers first"),
            (lambda t, b, m, n, o: [(t, b, m + n), (o, m + n), (m + n, m + n), (m + n, m + n)], "do not see"),
            (lambda t, b, m, n, o: [(t, b, m + n), (o, m + n), (m, n), (n, m)], "own next state"),
            (lambda t, b, m, n, o: [(t,), (o,), (m,), (n,)], "Write down both readers' states"),
        ],
    ),
}


# The data of translation


def in_batches(
    size: int = 0, ordered: bool = True, tokens: bool = False, lose: bool = False, twice: bool = False
):
    def cut(lengths: list[int], budget: int) -> list[list[int]]:
        order = (
            sorted(range(len(lengths)), key=lambda k: lengths[k]) if ordered else list(range(len(lengths)))
        )
        batches: list[list[int]] = [[]]
        for k in order:
            cells = sum(lengths[j] for j in batches[-1]) + lengths[k]
            if not tokens:
                cells = max(lengths[j] for j in [*batches[-1], k]) * (len(batches[-1]) + 1)
            full = len(batches[-1]) == size if size else cells > budget
            if full:
                batches.append([])
            batches[-1].append(k)
        if twice:
            batches[-1].append(0)
        return batches[:-1] if lose else batches

    return cut


DATA = {
    "mt_sizes": (
        lambda lengths: [sum(n > t for n in lengths) for t in range(max(lengths))],
        [
            (lambda lengths: [sum(n >= t for n in lengths) for t in range(max(lengths))], "Off by one"),
            (lambda lengths: [lengths.count(t + 1) for t in range(max(lengths))], "that end at a step"),
            (lambda lengths: [len(lengths)] * max(lengths), "no longer count"),
            (lambda lengths: lengths, "How many sentences have a first token"),
        ],
    ),
    "mt_pieces": (
        lambda marked: " ".join(marked).replace("@@ ", "").split(" "),
        [
            (lambda marked: [piece.removesuffix("@@") for piece in marked], "still apart"),
            (lambda marked: ["".join(marked).replace("@@", "")], "run together"),
            (lambda marked: "".join(marked).split("@@"), "goes on, not that it ends"),
            (lambda marked: marked, "Nothing has been joined"),
            (lambda marked: marked[::-1], "Which pieces are followed"),
        ],
    ),
    "mt_budget": (
        in_batches(),
        [
            (in_batches(size=4), "over the budget"),
            (in_batches(tokens=True), "not tokens"),
            (in_batches(ordered=False), "like length together"),
            (in_batches(lose=True), "is the last batch handed back"),
            (in_batches(twice=True), "in two batches"),
            (in_batches(size=1), "as far as the budget allows"),
        ],
    ),
}


# Encoder and decoder


def own_last(outputs: Tensor, lengths: Tensor) -> Tensor:
    return torch.stack([outputs[n - 1, b] for b, n in enumerate(lengths.tolist())])


def reader_size(reads: int = 1, untied: int = 0, biases: int = 2, project: int = 1, bias: int = 1):
    def count(sources: int, targets: int, E: int, H: int) -> int:
        encoder = 3 * (E * H + H * H + biases * H)
        decoder = 3 * ((E + reads * H) * H + H * H + biases * H)
        read_out = project * ((2 * H + E) * E + bias * E) + targets * (1 + untied * E)
        return sources * E + targets * E + encoder + decoder + read_out

    return count


class BothWays(Encoder):
    """An encoder with a bidirectional GRU; options make it wrong."""

    def __init__(self, V: int, E: int, H: int, told: bool = True, halves: tuple = (0, 1), deep: bool = True):
        super().__init__()
        self.embedding, self.join = nn.Embedding(V, E), nn.Linear(2 * H, H)
        self.rnn = OurGRU(E, H, bidirectional=True)
        self.told, self.halves, self.deep = told, halves, deep

    def forward(self, source: Tensor, lengths: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        outputs, h_n = self.rnn(self.embedding(source), lengths=lengths if self.told else None)
        both = torch.tanh(self.join(torch.cat([h_n[k] for k in self.halves], dim=-1)))
        return outputs, (both[None] if self.deep else both,)


class ByPosition(Decoder):
    """A decoder that knows its step's number; options make it wrong."""

    def __init__(self, H: int, V: int, counts: bool = True, reads: bool = False, advance: int = 0):
        super().__init__()
        self.position, self.output = nn.Embedding(40, H), nn.Linear(H, V)
        self.word = nn.Embedding(V, H)
        self.counts, self.reads, self.advance = counts, reads, advance

    def initial_state(self, encoded: tuple, lengths: Tensor) -> tuple[Tensor, ...]:
        context = encoded[1][0][-1:]
        return context, torch.zeros(1, context.shape[1], 1, dtype=torch.long)

    def forward(self, target: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        context, step = state
        steps = step[..., 0] + self.counts * torch.arange(len(target))[:, None]
        features = context + self.position(steps) + self.reads * self.word(target)
        return self.output(torch.tanh(features)), (context, step + (self.advance or len(target)))


READER = (
    reader_size(),
    [
        (reader_size(reads=0), "reads the context beside the token"),
        (reader_size(untied=1), "count it once"),
        (reader_size(biases=1), "two biases"),
        (reader_size(project=0), "The projection of state"),
        (reader_size(bias=0), "has a bias of E numbers"),
        (lambda *sizes: 0, "List the parts"),
    ],
)
CODERS = {
    "encdec_bits": (
        lambda length, kinds: length * log(kinds, 2),
        [
            (lambda length, kinds: length * log(kinds), "These are nats"),
            (lambda length, kinds: log(length * kinds, 2), "not kinds"),
            (lambda length, kinds: kinds * log(length, 2), "changed places"),
            (lambda length, kinds: length * kinds, "is not V bits"),
            (lambda length, kinds: 0.0, "How many different sequences"),
        ],
    ),
    "encdec_count": READER,
    "encdec_last": (
        own_last,
        [
            (lambda outputs, lengths: outputs[-1], "zero for every sequence but the longest"),
            (lambda outputs, lengths: outputs[lengths - 1], "of its own column"),
            (lambda outputs, lengths: outputs.sum(0), "the sum over all steps"),
            (lambda outputs, lengths: own_last(outputs, lengths - 1), "One step too early"),
            (lambda outputs, lengths: outputs[0], "Which step is the last"),
        ],
    ),
    "encdec_bidirectional": (
        BothWays,
        [
            (lambda *sizes: BothWays(*sizes, told=False), "padding moves a state"),
            (lambda *sizes: BothWays(*sizes, halves=(0, 0)), "only one of the readers"),
            (lambda *sizes: BothWays(*sizes, deep=False), r"expected \(1, B, H\)"),
            (lambda V, E, H: nn.GRU(E, H), "expected an Encoder"),
            (lambda V, E, H: RecurrentEncoder(nn.GRU(E, H), V), "no layer of it is bidirectional"),
        ],
    ),
    "encdec_position": (
        ByPosition,
        [
            (lambda *sizes: ByPosition(*sizes, reads=True), "looks at what was written"),
            (lambda *sizes: ByPosition(*sizes, counts=False), "the state does not count"),
            (lambda *sizes: ByPosition(*sizes, advance=2), "how far does a call move the count"),
        ],
    ),
}


# Sequence to sequence

SEQ2SEQ = {
    "seq2seq_count": READER,
    "seq2seq_accumulate": (
        lambda tokens: [n / sum(tokens) for n in tokens],
        [
            (lambda tokens: [1 / len(tokens)] * len(tokens), "Equal weights"),
            (lambda tokens: [1.0] * len(tokens), "add up to more than 1"),
            (lambda tokens: [sum(tokens) / n / len(tokens) for n in tokens], "Upside down"),
            (lambda tokens: tokens, "divide by all tokens"),
            (lambda tokens: [0.0] * len(tokens), "By what must the whole be divided"),
        ],
    ),
    "seq2seq_hand": (
        (0.6, 0.25, 1.0, 0.15**0.5),
        [
            ((1.0, 0.25, 1.0, 0.387), "at most as often"),
            ((0.75, 0.25, 1.0, 0.387), r"\*output's\* words stands below"),
            ((0.6, 0.5, 1.0, 0.387), "has that pair once"),
            ((0.6, 0.25, exp(-0.25), 0.387), "changed places"),
            ((0.6, 0.25, 1.0, 0.425), "geometric mean"),
            ((0.6, 0.25, 1.0, 0.15), "The root is missing"),
            ((0.6, 0.25, 1.0, 0.5), "Multiply the precisions"),
        ],
    ),
    "seq2seq_references": (
        (["a", "b", "c", "d", "e"], [["a", "b", "c"], ["a", "b", "c", "x", "y", "z"]]),
        [
            ((["a", "b", "c", "d", "e"], [["a", "b", "c"], ["a", "b", "c", "d"]]), "BLEU rises"),
            ((["a", "b", "c", "d", "e"], [["a", "b", "c"], ["x", "y"]]), "BLEU stays"),
            ((["a", "b", "c"], [["x", "y", "z"], ["a", "b", "c"]]), "already with one reference"),
            ((["a", "b", "c"], [["a", "b", "c"]]), "expected two"),
            (("a b c", ["a b", "c d"]), "a list of tokens"),
        ],
    ),
}


# Beam search


def no_repeats(shift: int = 0, shared: bool = False, outside: bool = False) -> Callable:
    def wrap(step: Callable, n: int) -> Callable:
        kept: dict[str, Tensor] = {}

        def careful(token_ids: Tensor, state: tuple) -> tuple[Tensor, tuple]:
            inner, past = state
            if outside and len(past):
                past = kept["past"]
            past = kept["past"] = torch.cat([past, token_ids[None]])
            log_probs, inner = step(token_ids, inner)
            log_probs = log_probs.clone()
            for row in range(len(token_ids)):
                text = past[:, 0 if shared else row].tolist()
                run = n + shift
                begin = text[len(text) - run + 1 :]
                for k in range(len(text) - run + 1):
                    if text[k : k + run - 1] == begin:
                        log_probs[row, text[k + run - 1]] = -torch.inf
            return log_probs, (inner, past)

        return careful

    return wrap


def underflow(dtype: torch.dtype) -> int:
    """After how many factors of 0.3 a product is 0."""
    products = torch.full((200,), 0.3, dtype=dtype)
    value = torch.ones((), dtype=dtype)
    for n, factor in enumerate(products, start=1):
        value = value * factor
        if value == 0:
            return n
    raise AssertionError("it never is")


BEAM = {
    "beam_alpha": (
        lambda p, m, q, n: log(log(q) / log(p)) / log(n / m),
        [
            (lambda p, m, q, n: log(log(p) / log(q)) / log(n / m), "The sign is wrong"),
            (lambda p, m, q, n: log(q / p) / log(n / m), "not p"),
            (lambda p, m, q, n: log(log(q) / log(p)) * m / n, "on the side of the lengths"),
            (lambda p, m, q, n: log(log(q) / log(p)) / log((5 + n) / (5 + m)), r"\(5 \+ L\) / 6"),
            (lambda p, m, q, n: 1.0, "Set both scores equal"),
        ],
    ),
    "beam_count": (
        lambda k, V, M: sum(V * min(k, (V - 1) ** t) for t in range(M)),
        [
            (lambda k, V, M: V + (M - 1) * k * V, "fewer than k parents"),
            (lambda k, V, M: M * k * V, "one parent, not k"),
            (lambda k, V, M: sum(V * min(k, V**t) for t in range(M)), "is not continued"),
            (lambda k, V, M: sum(V * (V - 1) ** t for t in range(M)), "exhaustive search"),
            (lambda k, V, M: sum(min(k, (V - 1) ** t) for t in range(M)), "Those are the parents"),
            (lambda k, V, M: k, "How many hypotheses can be live"),
        ],
    ),
    "beam_underflow": (
        tuple(underflow(dtype) for dtype in (torch.float32, torch.float16)),
        [
            ((underflow(torch.float32) - 1, underflow(torch.float16)), "One too few"),
            ((73, underflow(torch.float16)), "subnormal"),
            ((37, underflow(torch.float16)), "the exponent of ten"),
            ((underflow(torch.float32), 100), "Multiply in that type"),
        ],
    ),
    "beam_no_repeats": (
        no_repeats(),
        [
            (no_repeats(shift=1), "is still allowed"),
            (no_repeats(shift=-1), "forbidden already"),
            (no_repeats(shared=True), "each has its own past"),
            (no_repeats(outside=True), "keep it in the state"),
        ],
    ),
}
ANSWERS: dict[str, tuple[Any, list[tuple[Any, str]]]] = {
    **GRU,
    **LSTM,
    **PLAIN,
    **BPTT,
    **DEEP,
    **BOTH,
    **DATA,
    **CODERS,
    **SEQ2SEQ,
    **BEAM,
}
WRONG = [(name, k) for name, (_, wrong) in ANSWERS.items() for k in range(len(wrong))]


def ask(name: str, answer: Any) -> None:
    """Call a check; the answer of one with several is a tuple."""
    several = len(inspect.signature(getattr(check, name)).parameters) > 1
    getattr(check, name)(*(answer if several else (answer,)))


def test_every_check_has_answers():
    assert sorted(ANSWERS) == CHECKS
    assert all(len(wrong) >= 3 for _, wrong in ANSWERS.values())


@pytest.mark.parametrize("name", CHECKS)
def test_right_answer_is_accepted(name: str, capsys: pytest.CaptureFixture[str]):
    ask(name, ANSWERS[name][0])
    assert re.fullmatch(r"(✓ .+: right\n)+", capsys.readouterr().out)


@pytest.mark.parametrize(("name", "k"), WRONG)
def test_wrong_answer_is_refused_with_what_is_wrong(name: str, k: int):
    answer, message = ANSWERS[name][1][k]
    with pytest.raises(check.WrongAnswer, match=message):
        ask(name, answer)


@pytest.mark.parametrize("name", CHECKS)
def test_random_numbers_of_the_reader_are_left_alone(name: str):
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    ask(name, ANSWERS[name][0])
    assert torch.equal(torch.rand(1), expected)


def test_a_notebook_shows_the_message_alone():
    with pytest.raises(check.WrongAnswer) as caught:
        check.gru_parameters(108)
    assert caught.value._render_traceback_() == [f"✗ Not yet: {caught.value}"]


def test_each_check_belongs_to_an_exercise():
    named = {
        block.options["check"].partition("(")[0]
        for page in CHAPTERS
        for block in exercises(page)
        if "check" in block.options
    }
    assert named == set(CHECKS)


@pytest.mark.parametrize("page", CHAPTERS)
def test_checks_bear_their_exercises_names_and_run_in_the_solutions(page: str):
    checked = [block for block in exercises(page) if "check" in block.options]
    assert len(checked) >= 3
    for block in checked:
        label, call = block.options["label"], block.options["check"]
        assert call.partition("(")[0] == label.removeprefix("ex-").replace("-", "_")
        assert f"check.{call}" in solution(page, label)
        for name in call.partition("(")[2].rstrip(")").split(", "):
            assert f"`{name}" in " ".join(block.body), f"the text does not say what {name} is"
