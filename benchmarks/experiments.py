"""The papers' long-memory experiments, run anew: `python -m benchmarks.experiments [NAME ...] [--quick]`.

Each run trains one network on one task from one seed, on one thread, until it solves the task or the updates
are spent. What is stored are all runs, good and bad. A run that is done is kept at once in `_build/`, so an
interrupted measurement goes on where it stopped; the stored result changes only when all runs are there.

`--quick` repeats the quickest run of each experiment and compares it with what is stored. After a change of
the code that should not change the figures, `--confirm` repeats the quickest run of each network, and where
all give the stored figures it stores the new code's digest with them.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.store import Job, collect
from rnnlib import init, layers, results
from rnnlib.data import adding, copying, recall, temporal_order
from rnnlib.models import ReadOut
from rnnlib.training import TrainingDiverged, fit, seed_everything

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
    """All runs of an experiment, stored."""
    experiment = GRID[name]
    jobs = [
        Job({**settings, "seed": seed}, partial(run, experiment.task, settings, seed))
        for settings, seed in product(experiment.settings, SEEDS)
    ]
    return collect(name, experiment.what, f"python -m benchmarks.experiments {name}", FILES, jobs)


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


def quickest(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The run that took the least time to its end."""
    return min((run for run in runs if not run["diverged"]), key=lambda run: run["seconds"])


def quickest_of_each_network(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each cell and start, its quickest run."""
    networks = dict.fromkeys((run["model"], run["init"]) for run in runs)
    return [quickest([run for run in runs if (run["model"], run["init"]) == key]) for key in networks]


def repeat(name: str, stored: dict[str, Any]) -> dict[str, Any]:
    """A stored run, made anew."""
    (settings,) = (s for s in GRID[name].settings if stored.items() >= s.items())
    return run(GRID[name].task, settings, stored["seed"])


def same(stored: dict[str, Any], again: dict[str, Any]) -> bool:
    """Whether a repeated run gives the stored figures, rounding apart: early loss, verdict, about as fast."""
    early = abs(stored["first_loss"] - again["first_loss"]) <= 1e-4 * abs(stored["first_loss"])
    as_soon = abs(stored["updates"] - again["updates"]) <= 2 * EVERY
    return early and as_soon and stored["solved"] == again["solved"]


def repeats_alike(name: str, runs: list[dict[str, Any]]) -> bool:
    """Repeats runs, prints a line for each, and says whether all give the stored figures."""
    verdicts = []
    for stored in runs:
        again = repeat(name, stored)
        verdicts.append(same(stored, again))
        print(
            f"{name}, {stored['model']}, {stored['init']}, length {stored['length']}, seed {stored['seed']}: "
            f"first losses {stored['first_loss']:.6f} and {again['first_loss']:.6f}, updates "
            f"{stored['updates']} and {again['updates']}: {'the same' if verdicts[-1] else 'DIFFERENT'}"
        )
    return all(verdicts)


def confirm(name: str) -> bool:
    """Stores the present code's digest with a result whose quickest runs it repeats; whether it does."""
    stored = results.load(name)
    digest = results.code_digest([results.ROOT / file for file in FILES])
    alike = repeats_alike(name, quickest_of_each_network(stored.runs))
    if alike:
        results.save(replace(stored, files=list(FILES), code_sha256=digest, confirmed=results.today()))
    return alike


def main(arguments: list[str] | None = None) -> int:
    """Measure and store, or compare with what is stored; 1 where a repeated run differs."""
    parser = argparse.ArgumentParser(description="Run the published long-memory experiments.")
    parser.add_argument("names", nargs="*", choices=[*GRID, []], help="which (default: all)")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--quick", action="store_true", help="repeat one stored run of each, store nothing")
    mode.add_argument("--confirm", action="store_true", help="repeat a run of each network, store the digest")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    alike = True
    for name in options.names or GRID:
        if options.quick:
            alike &= repeats_alike(name, [quickest(results.load(name).runs)])
        elif options.confirm:
            alike &= confirm(name)
        else:
            print(table(measure(name)))
    return 0 if alike else 1


if __name__ == "__main__":
    sys.exit(main())
