"""The papers' long-memory experiments, run anew: `python -m benchmarks.experiments [NAME ...] [--quick]`.

Each run trains one network on one task from one seed, on one thread, until it solves the task or the updates
are spent. What is stored are all runs, good and bad. A run that is done is kept at once in `_build/`, so an
interrupted measurement goes on where it stopped; the stored result changes only when all runs are there.

`--quick` runs the first seed of each experiment's quickest setting again and compares with what is stored.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from rnnlib import init, layers, results
from rnnlib.data import adding, copying, recall, temporal_order
from rnnlib.models import ReadOut
from rnnlib.training import TrainingDiverged, fit, seed_everything

PARTIAL = results.ROOT / "_build" / "benchmarks"
FILES = ("benchmarks/experiments.py", "rnnlib/data/tasks.py", "rnnlib/init.py", "rnnlib/training.py",
         "rnnlib/models/readout.py", "rnnlib/cells", "rnnlib/layers")  # fmt: skip
HIDDEN, BATCH = 64, 32
EVERY = 100  # updates between two examinations
NUM_TESTS, TEST_BATCH = 2560, 256
SOLVED = 2  # so few wrong of NUM_TESTS end a run
SEEDS = (0, 1, 2)
FIRST = 50  # updates whose mean loss is stored, to tell early whether a repeated run is the same
Settings = dict[str, Any]
Draw = Callable[[int, torch.Generator], tuple[Tensor, Tensor]]  # (batch_size, generator) -> (x, y)


class Task(NamedTuple):
    """What an experiment asks: numbers in and out, the loss of a read-out, and which sequences are wrong."""

    num_inputs: int
    num_outputs: int
    draw: Callable[[int, int, torch.Generator], tuple[Tensor, Tensor]]  # (length, batch_size, generator)
    loss: Callable[[Tensor, Tensor], Tensor]  # of the read-out (T, B, O) and y
    wrong: Callable[[Tensor, Tensor], Tensor]  # (B,), whether a sequence's answer is wrong


class Experiment(NamedTuple):
    """A grid of runs."""

    what: str
    task: Task
    settings: list[Settings]  # without the seed: model, length, init, lr, num_updates


def one_hot(ids_and_y: tuple[Tensor, Tensor], num_kinds: int) -> tuple[Tensor, Tensor]:
    ids, y = ids_and_y
    return F.one_hot(ids, num_kinds).float(), y


def last_class_loss(read: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(read[-1], y)


def last_class_wrong(read: Tensor, y: Tensor) -> Tensor:
    return read[-1].argmax(-1) != y


ADDING = Task(
    2, 1, adding,
    loss=lambda read, y: F.mse_loss(read[-1, :, 0], y),
    wrong=lambda read, y: (read[-1, :, 0] - y).abs() > 0.08,
)  # fmt: skip
ORDER = Task(
    8, 4, lambda length, size, g: one_hot(temporal_order(size, g), 8), last_class_loss, last_class_wrong
)
COPYING = Task(
    10, 10, lambda length, size, g: one_hot(copying(length, size, g), 10),
    loss=lambda read, y: F.cross_entropy(read.flatten(0, 1), y.flatten()),
    wrong=lambda read, y: (read.argmax(-1) != y).any(0),
)  # fmt: skip
RECALL = Task(
    9, 4, lambda length, size, g: one_hot(recall(length, size, g), 9), last_class_loss, last_class_wrong
)

# Every network has 64 units and starts as PyTorch makes it but for its gates' biases. The learning rate is
# 0.01; the plain network, which cannot take that, has the better of 0.001 and 0.003.
MODELS = (
    {"model": "RNN", "init": "default", "lr": 1e-3},
    {"model": "GRU", "init": "default", "lr": 1e-2},
    {"model": "GRU", "init": "chrono", "lr": 1e-2},
    {"model": "LSTM", "init": "forget 1", "lr": 1e-2},
    {"model": "LSTM", "init": "chrono", "lr": 1e-2},
)
STARTS = ("forget {}", "forget {}, input -{}")  # of the forget bias experiment
GRID = {
    "adding": Experiment(
        "The adding problem: mean squared error, and sequences of 2,560 that are wrong (by more than 0.08, "
        "which is 0.04 on the scale of Hochreiter & Schmidhuber 1997). Always answering 1 costs 1/6.",
        ADDING,
        [{**m, "length": length, "num_updates": 2000} for length, m in product((50, 100, 200, 400), MODELS)],
    ),
    "temporal_order": Experiment(
        "Temporal order, task 6a of Hochreiter & Schmidhuber 1997: sequences of 2,560 that are put in the "
        "wrong one of four classes.",
        ORDER,
        [{**m, "length": 110, "num_updates": 2000} for m in MODELS],
    ),
    "copying": Experiment(
        "Copying ten symbols after a lag: mean loss in nats a step, and sequences of 2,560 with any symbol "
        "wrong. The best answer without memory costs 10 ln 8 / (lag + 20).",
        COPYING,
        [{**m, "length": 20, "num_updates": 2500} for m in MODELS],
    ),
    "forget_bias": Experiment(
        "An LSTM that has to name the first symbol after a lag: sequences of 2,560 that are wrong after at "
        "most 1,000 updates, by the forget bias b it starts with, alone or with an input bias of -b.",
        RECALL,
        [
            {"model": "LSTM", "init": start.format(b, b), "lr": 5e-3, "length": lag, "num_updates": 1000}
            for lag, start, b in product((50, 100), STARTS, range(6))
        ],
    ),
}


def initialise(layer: nn.Module, start: str, length: int) -> None:
    """Sets the gates' biases: `default`, `chrono`, `forget 3` or `forget 3, input -3`."""
    if start == "chrono":
        init.chrono_(layer, length)
    elif start != "default":
        for part in start.split(", "):
            gate, value = part.split()
            {"forget": init.forget_bias_, "input": init.input_bias_}[gate](layer, float(value))


class Batches:
    """Freshly drawn batches without end."""

    def __init__(self, task: Task, length: int, seed: int) -> None:
        self.task, self.length = task, length
        self.generator = torch.Generator().manual_seed(seed)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        while True:
            yield self.task.draw(self.length, BATCH, self.generator)


def run(task: Task, settings: Settings, seed: int) -> dict[str, Any]:
    """One network from one seed: what was set, and what came of it."""
    length = settings["length"]
    seed_everything(seed)
    layer = getattr(layers, settings["model"])(task.num_inputs, HIDDEN)
    initialise(layer, settings["init"], length)
    model = ReadOut(layer, task.num_outputs)
    optimizer = torch.optim.Adam(model.parameters(), lr=settings["lr"])
    batches = Batches(task, length, seed=seed + 1)
    generator = torch.Generator().manual_seed(10**6)
    tests = [task.draw(length, TEST_BATCH, generator) for _ in range(NUM_TESTS // TEST_BATCH)]

    def loss_fn(model: nn.Module, batch: tuple[Tensor, Tensor], state: Any) -> tuple[Tensor, Any]:
        read, state = model(batch[0])
        return task.loss(read, batch[1]), state

    losses, curve, seconds, diverged = [], [], 0.0, False
    loss, wrong = examine(task, model, tests)
    while len(losses) < settings["num_updates"] and wrong > SOLVED and not diverged:
        start = time.process_time()
        try:
            history = fit(
                model, batches, num_updates=EVERY, optimizer=optimizer, loss_fn=loss_fn, progress=False
            )
        except TrainingDiverged:
            diverged = True
        else:
            losses += history.losses
            seconds += time.process_time() - start
            loss, wrong = examine(task, model, tests)
            curve.append([len(losses), loss])
    return {
        **settings,
        "seed": seed,
        "updates": len(losses),
        "sequences": BATCH * len(losses),
        "loss": loss,
        "wrong": wrong,
        "solved": wrong <= SOLVED,
        "diverged": diverged,
        "seconds": round(seconds, 2),
        "first_loss": statistics.fmean(losses[:FIRST]) if losses else None,
        "curve": curve,
    }


@torch.no_grad()
def examine(task: Task, model: nn.Module, tests: list[tuple[Tensor, Tensor]]) -> tuple[float, int]:
    """Mean loss and number of wrong sequences, on sequences that training has not seen."""
    reads = [(model(x)[0], y) for x, y in tests]
    loss = statistics.fmean(task.loss(read, y).item() for read, y in reads)
    return loss, sum(int(task.wrong(read, y).sum()) for read, y in reads)


def measure(name: str) -> results.Result:
    """All runs of an experiment; those of an interrupted measurement by the same code are taken over."""
    experiment, partial = GRID[name], PARTIAL / f"{name}.json"
    command = f"python -m benchmarks.experiments {name}"

    def result() -> results.Result:
        return results.new_result(name, experiment.what, command, FILES, runs)

    kept = results.read(partial) if partial.exists() else None
    runs = kept.runs if kept is not None and not kept.stale else []
    for settings, seed in tqdm(list(product(experiment.settings, SEEDS)), desc=name):
        if not any(run.items() >= {**settings, "seed": seed}.items() for run in runs):
            runs.append(run(experiment.task, settings, seed))
            partial.parent.mkdir(parents=True, exist_ok=True)
            results.save(result(), partial)
    finished = result()
    results.save(finished)
    partial.unlink(missing_ok=True)
    return finished


def table(result: results.Result) -> str:
    """Median and range over the seeds, one line for each setting."""
    lines = [result.what]
    seen: list[Settings] = []
    for entry in result.runs:
        settings = {key: entry[key] for key in ("model", "init", "length")}
        if settings in seen:
            continue
        seen.append(settings)
        wrong, loss, updates = (result.median(key, **settings) for key in ("wrong", "loss", "updates"))
        lines.append(
            f"{settings['model']:5} {settings['init']:18} {settings['length']:4}  "
            f"wrong {wrong[0]:6.0f} ({wrong[1]:.0f} to {wrong[2]:.0f})  "
            f"loss {loss[0]:.4f} ({loss[1]:.4f} to {loss[2]:.4f})  updates {updates[0]:.0f}"
        )
    return "\n".join(lines)


def quickest(result: results.Result) -> dict[str, Any]:
    """The stored run that took the least time."""
    return min(result.runs, key=lambda run: run["seconds"])


def repeat(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The stored run that took the least time, and the same run made anew."""
    stored = quickest(results.load(name))
    (settings,) = (s for s in GRID[name].settings if stored.items() >= s.items())
    return stored, run(GRID[name].task, settings, stored["seed"])


def same(stored: dict[str, Any], again: dict[str, Any]) -> bool:
    """Whether a repeated run gives the stored figures, rounding apart: early loss, verdict, about as fast."""
    early = abs(stored["first_loss"] - again["first_loss"]) <= 1e-4 * abs(stored["first_loss"])
    as_soon = abs(stored["updates"] - again["updates"]) <= 2 * EVERY
    return early and as_soon and stored["solved"] == again["solved"]


def main(arguments: list[str] | None = None) -> int:
    """Measure and store, or compare with what is stored; 1 where a repeated run differs."""
    parser = argparse.ArgumentParser(description="Run the published long-memory experiments.")
    parser.add_argument("names", nargs="*", choices=[*GRID, []], help="which (default: all)")
    parser.add_argument("--quick", action="store_true", help="repeat one stored run of each, store nothing")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    status = 0
    for name in options.names or GRID:
        if not options.quick:
            print(table(measure(name)))
            continue
        stored, again = repeat(name)
        verdict = "the same" if same(stored, again) else "DIFFERENT"
        status |= verdict == "DIFFERENT"
        print(
            f"{name}, {stored['model']}, {stored['init']}, length {stored['length']}, seed {stored['seed']}: "
            f"first losses {stored['first_loss']:.6f} and {again['first_loss']:.6f}, "
            f"updates {stored['updates']} and {again['updates']}: {verdict}"
        )
    return status


if __name__ == "__main__":
    sys.exit(main())
