"""How fast our layers and cells are beside `torch.nn`'s, and d2l's layers from scratch beside both.

`python -m benchmarks.speed` prints the ratios, stores them, and ends with status 1 where a ratio lies above
its threshold; with `--quick` it takes fewer rounds and stores nothing. One round runs forward and backward
once through each of them, from the same input (its gradient is asked for, as above an embedding) and the
same weights. Reported is the median of the ratios to torch.nn within a round, so that a load that comes and
goes weighs on all alike.
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


class Size(NamedTuple):
    """Axes of the input and the layer."""

    T: int
    B: int
    I: int  # noqa: E741
    H: int


SIZES = (Size(35, 32, 128, 256), Size(100, 64, 256, 512))
KINDS = ("GRU", "LSTM", "RNN")
CELLS = ("GRUCell", "LSTMCell", "RNNCell")  # stepped through time by a loop; d2l has none
THRESHOLDS = {  # ours to torch.nn, at most
    ("GRU", SIZES[0]): 1.3,
    ("GRU", SIZES[1]): 1.2,
    ("LSTM", SIZES[0]): 1.8,
    ("LSTM", SIZES[1]): 1.2,
}


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


def peers(kind: str, size: Size) -> dict[str, nn.Module]:
    """Ours, torch.nn's and, of layers, d2l's, with the same weights."""
    if kind in CELLS:
        ours, theirs = (getattr(home, kind)(size.I, size.H) for home in (cells, nn))
        theirs.load_state_dict(ours.state_dict())
        return {"ours": Stepped(ours), "torch": Stepped(theirs)}
    ours, theirs = (getattr(home, kind)(size.I, size.H) for home in (layers, nn))
    theirs.load_state_dict(ours.state_dict())
    return {"ours": ours, "torch": theirs, "d2l": scratch_like(ours)}


def measure(kind: str, size: Size, rounds: int, seed: int) -> Row:
    """Time the layers or cells of a kind in turn, after a warm-up round."""
    torch.manual_seed(seed)
    timed = peers(kind, size)
    x = torch.randn(size.T, size.B, size.I, requires_grad=True)
    weighting = torch.randn(size.T, size.B, size.H)
    # The same work is timed.
    torch.testing.assert_close(timed["ours"](x)[0], timed["torch"](x)[0], rtol=1e-4, atol=1e-5)

    seconds = {name: [] for name in timed}
    for _ in range(rounds + 1):
        for name, layer in timed.items():
            seconds[name].append(run_once(layer, x, weighting))
    seconds = {name: values[1:] for name, values in seconds.items()}

    def milliseconds(name: str) -> float | None:
        return 1000 * statistics.median(seconds[name]) if name in seconds else None

    def ratio(name: str) -> float | None:
        if name not in seconds:
            return None
        return statistics.median(a / b for a, b in zip(seconds[name], seconds["torch"], strict=True))

    times = (milliseconds(name) for name in ("ours", "torch", "d2l"))
    return Row(kind, size, *times, ratio("ours"), ratio("d2l"), THRESHOLDS.get((kind, size)))


def table(rows: list[Row]) -> str:
    """The figures as lines of text."""
    lines = [f"{'':9}{'T':>5}{'B':>4}{'I':>5}{'H':>5}{'torch.nn':>12}{'ours':>8}{'d2l':>8}  (times torch.nn)"]
    for row in rows:
        axes = "".join(f"{size:{width}}" for size, width in zip(row.size, (5, 4, 5, 5), strict=True))
        d2l = "" if row.d2l_to_torch is None else f"{row.d2l_to_torch:.2f}"
        figures = f"{row.torch_ms:9.1f} ms{row.ours_to_torch:8.2f}{d2l:>8}"
        verdict = "MISSED" if row.missed else "held"
        limit = "" if row.at_most is None else f"  ours at most {row.at_most}: {verdict}"
        lines.append(f"{row.kind:9}{axes}{figures}{limit}")
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
    rows += [measure(kind, SIZES[0], rounds, options.seed) for kind in CELLS]
    print(table(rows))
    if not options.quick:
        runs = [as_run(row, rounds, options.seed) for row in rows]
        results.save(results.new_result(NAME, WHAT, f"python -m benchmarks.{NAME}", FILES, runs))
    return 1 if any(row.missed for row in rows) else 0


def as_run(row: Row, rounds: int, seed: int) -> dict[str, Any]:
    """A row as it is stored."""
    return row._asdict() | {"size": row.size._asdict(), "rounds": rounds, "seed": seed}


if __name__ == "__main__":
    sys.exit(main())
