"""Checks of the exercises on bidirectional recurrent networks."""

from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor, nn

from rnnlib.check.answers import accept, judge_function, refuse, seeded
from rnnlib.layers.bidirectional import reverse

Name = tuple[int, int, str]  # start, end and kind

KINDS = {1: nn.RNN, 3: nn.GRU, 4: nn.LSTM}  # by the number of blocks


def bi_count(count: Callable[[int, int, int, int], int]) -> None:
    """Check a function (G, I, H, L) to the number of parameters of a bidirectional network of G blocks."""

    def right(blocks: int, inputs: int, hidden: int, layers: int, *, both: bool = True) -> int:
        made = KINDS[blocks](inputs, hidden, layers, bidirectional=both, device="meta")
        return sum(p.numel() for p in made.parameters())

    judge_function(
        "count",
        count,
        right,
        [(1, 3, 4, 1), (3, 128, 256, 2), (4, 5, 6, 3)],
        [
            (lambda *sizes: right(*sizes, both=False), "That is one direction."),
            (
                lambda *sizes: 2 * right(*sizes, both=False),
                "An upper layer reads the outputs of both directions, 2H numbers.",
            ),
            (lambda g, i, h, n: n * right(g, i, h, 1), "Layers above the first do not read I numbers."),
            (lambda g, i, h, n: right(g, i, h, n) - 2 * n * g * h, "PyTorch has two biases in each block."),
        ],
        "Count one block of one direction of the first layer, then ask what changes above it.",
    )


@seeded
def bi_reverse(turn: Callable[[Tensor, Tensor], Tensor]) -> None:
    """Check a function (x, lengths) that reverses each sequence of (T, B) or (T, B, I) within its length."""
    lengths = torch.tensor([5, 3, 1])
    flat, deep = torch.arange(1, 16).view(5, 3), torch.randn(5, 3, 2)

    def cleared(x: Tensor, lengths: Tensor) -> Tensor:
        outside = torch.arange(len(x))[:, None] >= lengths
        return reverse(x, lengths).masked_fill(outside.view(*outside.shape, *[1] * (x.dim() - 2)), 0)

    judge_function(
        "turn",
        turn,
        reverse,
        [(flat, lengths), (deep, lengths)],
        [
            (lambda x, lengths: x.flip(0), "That turns the whole column round, padding first."),
            (lambda x, lengths: x, "Nothing has moved."),
            (cleared, "The padding has been set to zero: behind the end everything stays as it is."),
            (
                lambda x, lengths: reverse(x, (lengths + 1).clamp(max=5)),
                "Off by one: step t of a sequence of length n goes to n + 1 - t, counted from 1.",
            ),
            (
                lambda x, lengths: reverse(x, lengths.flip(0)),
                "Each sequence is turned within another's length.",
            ),
        ],
        "Follow one sequence: where does its first step go, and where does its padding stay?",
    )


def _spans(tags: Sequence[str], end: int = 0, last: bool = True, kinds: bool = True) -> list[Name]:
    """Names as sorted (start, end, kind): `end` is added to the end, `last` finds a name at the very end."""
    found, start, kind = [], None, ""
    for k, tag in enumerate([*tags, "O"] if last else tags):
        going_on = tag.startswith("I-") and (tag[2:] == kind or not kinds)
        if start is not None and not going_on:
            found.append((start, k + end, kind))
            start = None
        if tag != "O" and start is None:
            start, kind = k, tag[2:]
    return found


def bi_spans(spans: Callable[[Sequence[str]], set[Name]]) -> None:
    """Check a function from tags such as B-PER, I-PER, O to the set of names (start, end, kind)."""
    cases = [
        "B-PER I-PER O B-LOC O",
        "O B-LOC I-LOC",
        "B-PER B-PER O",
        "O I-LOC O",
        "B-PER I-LOC O",
        "O O",
    ]

    def as_rows(find: Callable[[Sequence[str]], Iterable[Name]]) -> Callable[[str], list[str]]:
        return lambda text: sorted(str(tuple(name)) for name in find(text.split()))

    judge_function(
        "spans",
        as_rows(spans),
        as_rows(_spans),
        [(case,) for case in cases],
        [
            (
                as_rows(lambda tags: _spans(tags, end=-1)),
                "The end is the index behind the last word of the name.",
            ),
            (as_rows(lambda tags: _spans(tags, last=False)), "A name that ends with the sentence is lost."),
            (
                as_rows(lambda tags: _spans(tags, kinds=False)),
                "An I of another kind does not go on with a name.",
            ),
            (
                as_rows(lambda tags: [s for s in _spans(tags) if tags[s[0]][0] == "B"]),
                "An I without its B begins a name, too.",
            ),
        ],
        "Go through the words: which tag begins a name, and which tags end the one that is open?",
    )


@seeded
def bi_leak(read: Callable[[Tensor], Tensor]) -> None:
    """Check two stacks, from x (T, B, 32) to both readers' states (T, B, 80), for a leak of the input."""
    x = torch.randn(15, 1, 32, requires_grad=True)
    output = read(x)[:, 0]
    refuse(
        output.shape != (15, 80), f"the states are {tuple(output.shape)}, expected (15, 80) for one sequence"
    )
    before, behind = output[6, :40], output[8, 40:]

    def reached(part: Tensor) -> Tensor:
        sizes: Tensor = torch.autograd.grad(part.sum(), x, retain_graph=True)[0][:, 0].norm(dim=-1)
        return sizes > 0

    at_place = bool(reached(torch.cat([before, behind]))[7])
    refuse(at_place, "the states beside step 8 have read step 8: along which path does it come in?")
    refuse(not reached(before)[:7].all(), "the forward half does not know all steps before it.")
    refuse(not reached(behind)[8:].all(), "the backward half does not know all steps behind it.")
    accept("read")


@seeded
def bi_uneven(shapes: Callable[..., Sequence[tuple[int, ...]]]) -> None:
    """Check a function (T, B, H_1, H_2, O) to the shapes of outputs, read-out and recurrent matrices."""

    def right(steps: int, batch: int, one: int, two: int, answers: int) -> list[list[int]]:
        x = torch.zeros(steps, batch, 3)
        first, second = nn.RNN(3, one), nn.RNN(3, two)
        output = torch.cat([first(x)[0], second(x)[0]], dim=-1)
        read_out = nn.Linear(output.shape[-1], answers)
        recurrent = [layer.get_parameter("weight_hh_l0") for layer in (first, second)]
        return [list(part.shape) for part in (output, read_out.weight, *recurrent)]

    judge_function(
        "shapes",
        lambda *sizes: [[float(n) for n in shape] for shape in shapes(*sizes)],
        right,
        [(7, 2, 6, 3, 5), (4, 1, 2, 8, 3)],
        [
            (lambda t, b, m, n, o: right(t, b, m, m, o), "The backward reader has its own width."),
            (
                lambda t, b, m, n, o: [[t, b, m + n], [m + n, o], [m, m], [n, n]],
                "nn.Linear(n, m).weight has the shape (m, n): answers first.",
            ),
            (
                lambda t, b, m, n, o: [[t, b, m + n], [o, m + n], [m + n, m + n], [m + n, m + n]],
                "Within a layer the readers do not see each other: each matrix has its reader's size.",
            ),
            (
                lambda t, b, m, n, o: [[t, b, m + n], [o, m + n], [m, n], [n, m]],
                "A recurrent matrix leads from a reader's own state to its own next state.",
            ),
        ],
        "Write down both readers' states at one step, then put them side by side.",
    )
