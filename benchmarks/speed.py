"""How fast our layers and cells are beside `torch.nn`'s, and d2l's layers from scratch beside both.

`python -m benchmarks.speed` prints the ratios, stores them, and ends with status 1 where a ratio lies above
its threshold; with `--quick` it takes fewer rounds and stores nothing. One round runs forward and backward
once through each of them, from the same input (its gradient is asked for, as above an embedding) and the
same weights. Reported is the median of the ratios to torch.nn within a round, so that a load that comes and
goes weighs on all alike.

Measured besides: what a second direction costs, as the ratio of a bidirectional layer's time to that of a
layer in one direction, at equal width and at equal parameters; ours to ours, torch.nn's to torch.nn's.
"""

import argparse
import statistics
import sys
import time
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from benchmarks.d2l_peer import scratch_like
from rnnlib import cells, layers, results

NAME = "speed"
FILES = ("benchmarks/speed.py", "benchmarks/d2l_peer.py", "rnnlib/cells", "rnnlib/layers")
WHAT = "Forward and backward pass, medians over interleaved rounds; ratios to torch.nn within a round."
THREADS = 2
WHO = ("ours", "torch")


class Size(NamedTuple):
    """Axes of the input and the layer."""

    T: int
    B: int
    I: int  # noqa: E741
    H: int


SIZES = (Size(35, 32, 128, 256), Size(100, 64, 256, 512))
KINDS = ("GRU", "LSTM", "RNN")
CELLS = ("GRUCell", "LSTMCell", "RNNCell")  # stepped through time by a loop; d2l has none
FORMS: dict[str, dict[str, Any]] = {"2 layers": {"num_layers": 2}, "bidirectional": {"bidirectional": True}}
FORMED = tuple(f"{kind}, {form}" for form in FORMS for kind in KINDS)  # d2l's package has none from scratch
EQUALS = ("equal width", "equal parameters")  # at which both directions are compared with one
THRESHOLDS = {  # ours to torch.nn, at most
    ("GRU", SIZES[0]): 1.3,
    ("GRU", SIZES[1]): 1.2,
    ("LSTM", SIZES[0]): 1.8,
    ("LSTM", SIZES[1]): 1.2,
} | {(kind, SIZES[0]): 1.8 for kind in FORMED}


class Row(NamedTuple):
    """One kind of layer at one size: medians, in milliseconds and as ratios within a round."""

    kind: str
    size: Size
    ours_ms: float
    torch_ms: float
    d2l_ms: float | None
    ours_to_torch: float
    d2l_to_torch: float | None
    at_most: float | None

    @property
    def missed(self) -> bool:
        """Whether our ratio lies above its threshold."""
        return self.at_most is not None and self.ours_to_torch > self.at_most


class Cost(NamedTuple):
    """What a second direction costs: two directions of the width in `size`, beside one of width H.

    Times are medians in milliseconds, ratios are medians of the ratios within a round.
    """

    kind: str
    directions: int
    size: Size
    parameters: int
    ours_ms: float
    torch_ms: float
    ours_to_one: float
    torch_to_one: float
    one_size: Size
    one_parameters: int
    ours_one_ms: float
    torch_one_ms: float


def run_once(layer: nn.Module, x: Tensor, weighting: Tensor) -> float:
    """Seconds for one forward and backward pass."""
    layer.zero_grad(set_to_none=True)
    x.grad = None
    start = time.perf_counter()
    output = layer(x)[0]
    output = torch.stack(output) if isinstance(output, list) else output  # d2l's scratch layers give a list
    (output * weighting).sum().backward()
    return time.perf_counter() - start


class Stepped(nn.Module):
    """A cell, ours or torch.nn's, called step by step: `(x (T, B, I)) -> (outputs (T, B, H), state)`."""

    def __init__(self, cell: nn.Module) -> None:
        super().__init__()
        self.cell = cell

    def forward(self, x: Tensor) -> tuple[Tensor, Any]:
        state, outputs = None, []
        for x_t in x:  # (B, I)
            state = self.cell(x_t, state)
            outputs.append(state[0] if isinstance(state, tuple) else state)
        return torch.stack(outputs), state


def pair(kind: str, size: Size, **options: Any) -> tuple[nn.Module, nn.Module]:
    """Our layer or cell and torch.nn's, with the same weights."""
    home = cells if kind in CELLS else layers
    ours, theirs = (getattr(whose, kind)(size.I, size.H, **options) for whose in (home, nn))
    theirs.load_state_dict(ours.state_dict())
    return ours, theirs


def peers(kind: str, size: Size) -> dict[str, nn.Module]:
    """Ours, torch.nn's and, of single layers, d2l's, with the same weights."""
    name, _, form = kind.partition(", ")
    ours, theirs = pair(name, size, **FORMS.get(form, {}))
    if kind in CELLS:
        return {"ours": Stepped(ours), "torch": Stepped(theirs)}
    alone = {"d2l": scratch_like(ours)} if kind in KINDS else {}
    return {"ours": ours, "torch": theirs} | alone


def time_in_turn(timed: dict[str, nn.Module], x: Tensor, rounds: int) -> dict[str, list[float]]:
    """Seconds of each in every round, after a warm-up round."""
    weightings = {}
    for name, layer in timed.items():
        output = layer(x)[0]
        weightings[name] = torch.randn(len(x), *output[0].shape)  # (T, B, D*H)
    seconds = {name: [] for name in timed}
    for _ in range(rounds + 1):
        for name, layer in timed.items():
            seconds[name].append(run_once(layer, x, weightings[name]))
    return {name: values[1:] for name, values in seconds.items()}


def median_ratio(a: list[float], b: list[float]) -> float:
    """The median over the rounds of a's time over b's."""
    return statistics.median(x / y for x, y in zip(a, b, strict=True))


def median_ms(seconds: list[float]) -> float:
    """The median over the rounds, in milliseconds."""
    return 1000 * statistics.median(seconds)


def measure(kind: str, size: Size, rounds: int, seed: int) -> Row:
    """Time the layers or cells of a kind in turn."""
    torch.manual_seed(seed)
    timed = peers(kind, size)
    x = torch.randn(size.T, size.B, size.I, requires_grad=True)
    # The same work is timed.
    torch.testing.assert_close(timed["ours"](x)[0], timed["torch"](x)[0], rtol=1e-4, atol=1e-5)

    seconds = time_in_turn(timed, x, rounds)
    ms = {name: median_ms(values) for name, values in seconds.items()}
    ratios = {name: median_ratio(values, seconds["torch"]) for name, values in seconds.items()}
    at_most = THRESHOLDS.get((kind, size))
    return Row(kind, size, ms["ours"], ms["torch"], ms.get("d2l"), ratios["ours"], ratios.get("d2l"), at_most)


def equal_width(size: Size) -> Size:
    """The size at which two directions have as many parameters as one has at `size`, as nearly as can be."""

    def rows(H: int) -> int:
        return H * (
            size.I + H + 2
        )  # a gate's parameters in one direction: weights from x, from h, two biases

    return size._replace(H=min(range(1, size.H + 1), key=lambda H: abs(2 * rows(H) - rows(size.H))))


def measure_cost(kind: str, size: Size, rounds: int, seed: int) -> list[Cost]:
    """Time one direction and both in turn: both at the width of the one, and with as many parameters."""
    torch.manual_seed(seed)
    sizes = dict(zip(EQUALS, (size, equal_width(size)), strict=True))
    layers_of = {"one": pair(kind, size)}
    layers_of |= {equal: pair(kind, sizes[equal], bidirectional=True) for equal in EQUALS}
    timed = {
        (equal, who): layer for equal, two in layers_of.items() for who, layer in zip(WHO, two, strict=True)
    }
    x = torch.randn(size.T, size.B, size.I, requires_grad=True)
    seconds = time_in_turn(timed, x, rounds)
    ms = {name: median_ms(values) for name, values in seconds.items()}
    parameters = {equal: sum(p.numel() for p in two[0].parameters()) for equal, two in layers_of.items()}
    return [
        Cost(
            f"{kind}, bidirectional, {equal}",
            2,
            sizes[equal],
            parameters[equal],
            *(ms[equal, who] for who in WHO),
            *(median_ratio(seconds[equal, who], seconds["one", who]) for who in WHO),
            size,
            parameters["one"],
            *(ms["one", who] for who in WHO),
        )
        for equal in EQUALS
    ]


def table(rows: list[Row]) -> str:
    """The figures as lines of text."""
    lines = [
        f"{'':20}{'T':>5}{'B':>4}{'I':>5}{'H':>5}{'torch.nn':>12}{'ours':>8}{'d2l':>8}  (times torch.nn)"
    ]
    for row in rows:
        axes = "".join(f"{size:{width}}" for size, width in zip(row.size, (5, 4, 5, 5), strict=True))
        d2l = "" if row.d2l_to_torch is None else f"{row.d2l_to_torch:.2f}"
        figures = f"{row.torch_ms:9.1f} ms{row.ours_to_torch:8.2f}{d2l:>8}"
        verdict = "MISSED" if row.missed else "held"
        limit = "" if row.at_most is None else f"  ours at most {row.at_most}: {verdict}"
        lines.append(f"{row.kind:20}{axes}{figures}{limit}")
    return "\n".join(lines)


def cost_table(costs: list[Cost]) -> str:
    """What a second direction costs, as lines of text."""
    lines = [f"{'':38}{'H':>5}{'parameters':>12}{'torch.nn':>12}{'ours':>8}  (times one direction's)"]
    for cost in costs:
        figures = f"{cost.size.H:5}{cost.parameters:12,}{cost.torch_to_one:12.2f}{cost.ours_to_one:8.2f}"
        lines.append(f"{cost.kind:38}{figures}")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, write; 1 where a threshold is missed, else 0."""
    parser = argparse.ArgumentParser(description="Time our layers beside torch.nn's and d2l's.")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="five rounds, nothing stored")
    options = parser.parse_args(arguments)
    torch.set_num_threads(THREADS)
    rounds = 5 if options.quick else options.rounds
    rows = [measure(kind, size, rounds, options.seed) for size in SIZES for kind in KINDS]
    rows += [measure(kind, SIZES[0], rounds, options.seed) for kind in (*CELLS, *FORMED)]
    costs = [cost for kind in KINDS for cost in measure_cost(kind, SIZES[0], rounds, options.seed)]
    print(table(rows), cost_table(costs), sep="\n\n")
    if not options.quick:
        runs = [as_run(row, rounds, options.seed) for row in (*rows, *costs)]
        results.save(results.new_result(NAME, WHAT, f"python -m benchmarks.{NAME}", FILES, runs))
    return 1 if any(row.missed for row in rows) else 0


def as_run(row: Row | Cost, rounds: int, seed: int) -> dict[str, Any]:
    """A row as it is stored."""
    named = {key: value._asdict() for key, value in row._asdict().items() if isinstance(value, Size)}
    return row._asdict() | named | {"rounds": rounds, "seed": seed}


if __name__ == "__main__":
    sys.exit(main())
