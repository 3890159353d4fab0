"""Language models on the characters of *The Time Machine*: `python -m benchmarks.language_models [--quick]`.

Perplexity against seconds of training, under two protocols that are never mixed:

- *windows*, that of d2l 1.0.3's chapters: trained on the text's first 10,032 characters and validated on the
  5,000 windows of 32 that follow, one character apart, each read from an empty state.
- *continuous*: trained on all of the text but the characters 10,000 to 15,000, which are then read in one
  pass with the state carried along.

Every run has a fixed number of updates. Its seconds are those of training, without validation, on two
threads. The n-grams count the same characters as the networks train on.
"""

import argparse
import math
import sys
import time
from collections.abc import Callable, Iterable
from functools import cache, partial
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from benchmarks.d2l_peer import GRUScratch, LSTMScratch, load_d2l
from rnnlib import init, layers, results
from rnnlib.data import (
    RandomBatches,
    SequentialBatches,
    Vocabulary,
    letters_only,
    load_time_machine,
    tokenize,
)
from rnnlib.metrics import evaluating, mean_token_loss
from rnnlib.models import LanguageModel, NGram
from rnnlib.training import fit, seed_everything

NAME = "language_models"
COMMAND = f"python -m benchmarks.{NAME}"
FILES = ("benchmarks/language_models.py", "benchmarks/d2l_peer.py", "rnnlib/models", "rnnlib/training.py",
         "rnnlib/init.py", "rnnlib/cells", "rnnlib/layers", "rnnlib/data/batching.py")  # fmt: skip
WHAT = (
    "Perplexity a character on The Time Machine (letters and spaces) against seconds of training, under two "
    "protocols: `windows` and `continuous`."
)
START, STOP, WINDOW = 10_000, 15_000, 32  # the validation part, and the length of d2l's windows
ORDERS = range(1, 8)
EPOCHS = 50  # of d2l's chapters
THREADS = 2
SEEDS = (0, 1, 2)
AT_MOST = {"LSTM": 3.4, "LSTM, ten minutes": 3.1}  # continuous: median perplexity


class Setting(NamedTuple):
    """A network and how it is trained."""

    model: str
    embedding: int
    hidden: int
    dropout: float
    num_updates: int
    lr: float = 5e-3
    num_steps: int = 64
    batch_size: int = 16
    weight_decay: float = 0.01
    label: str = ""


# About 190,000 parameters each; the last one is as large as ten minutes allow.
CONTINUOUS = (
    Setting("RNN", 48, 403, 0.1, 2800, lr=1e-3),
    Setting("GRU", 48, 224, 0.1, 2800),
    Setting("LSTM", 48, 192, 0.1, 2800),
    Setting("LSTM", 64, 384, 0.4, 6000, lr=3e-3, label="LSTM, ten minutes"),
)
# About 30,000 parameters each.
WINDOWS = (
    Setting("RNN", 28, 150, 0.4, 400, lr=3e-3, num_steps=32, batch_size=32),
    Setting("GRU", 28, 86, 0.4, 400, lr=1e-2, num_steps=32, batch_size=32),
    Setting("LSTM", 28, 72, 0.4, 400, lr=1e-2, num_steps=32, batch_size=32),
)


@cache
def corpus() -> tuple[Tensor, int]:
    """The text's ids, and the size of its alphabet, 27."""
    tokens = tokenize(letters_only(load_time_machine()), "char")
    vocab = Vocabulary(tokens, reserved=())
    return vocab.encode(tokens), len(vocab)


def windows(ids: Tensor) -> tuple[Tensor, Tensor]:
    """d2l's validation windows, x and y of (32, 5000)."""
    all_windows = ids[START : STOP + WINDOW].unfold(0, WINDOW + 1, 1).T  # (33, 5000)
    return all_windows[:-1], all_windows[1:]


@torch.no_grad()
def window_loss(model: nn.Module) -> float:
    """Mean loss over all tokens of the validation windows, each read from an empty state."""
    x, y = windows(corpus()[0])
    with evaluating(model):
        losses = [
            F.cross_entropy(model(x_b)[0].flatten(0, 1), y_b.flatten(), reduction="sum")
            for x_b, y_b in zip(x.split(1000, 1), y.split(1000, 1), strict=True)
        ]
    return float(sum(losses)) / y.numel()


def continuous_loss(model: nn.Module) -> float:
    """Mean loss over the validation part, in one pass with carried state."""
    ids, _ = corpus()
    return mean_token_loss(model, SequentialBatches(ids[START : STOP + 1], 1, 500))


def train_part(protocol: str) -> Tensor:
    """The ids that a protocol trains on."""
    ids, _ = corpus()
    return ids[: START + WINDOW] if protocol == "windows" else torch.cat([ids[:START], ids[STOP:]])


def batches(protocol: str, setting: Setting, seed: int) -> Iterable[tuple[Tensor, Tensor]]:
    """Windows in random order where validation knows no more; else the text in order, state carried."""
    ids, sizes = train_part(protocol), (setting.batch_size, setting.num_steps)
    return RandomBatches(ids, *sizes, seed=seed) if protocol == "windows" else SequentialBatches(ids, *sizes)


def run(protocol: str, setting: Setting, seed: int, points: int = 8) -> dict[str, Any]:
    """Train one network and examine it `points` times on the way."""
    _, vocab_size = corpus()
    seed_everything(seed)
    layer = getattr(layers, setting.model)(setting.embedding, setting.hidden)
    if setting.model == "LSTM":
        init.forget_bias_(layer, 1.0)
    model = LanguageModel(layer, vocab_size, dropout=setting.dropout)
    optimizer = torch.optim.AdamW(model.parameters(), lr=setting.lr, weight_decay=setting.weight_decay)
    loss = window_loss if protocol == "windows" else continuous_loss
    curve: list[list[float]] = []
    clock = Stopwatch()

    def examine(model: nn.Module) -> float:
        clock.stop()
        curve.append([round(clock.seconds, 2), math.exp(loss(model))])
        clock.start()
        return math.log(curve[-1][1])

    clock.start()
    fit(
        model,
        batches(protocol, setting, seed),
        num_updates=setting.num_updates,
        optimizer=optimizer,
        schedule=lambda update: 0.5 * (1 + math.cos(math.pi * (update - 1) / setting.num_updates)),
        valid=examine,
        valid_every=setting.num_updates // points,
        progress=False,
    )
    return {
        "protocol": protocol,
        "label": setting.label or setting.model,
        **setting._asdict(),
        "seed": seed,
        "parameters": sum(p.numel() for p in model.parameters()),
        "seconds": curve[-1][0],
        "perplexity": curve[-1][1],
        "curve": curve,
    }


class Stopwatch:
    """Wall seconds between `start` and `stop`, added up."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def start(self) -> None:
        self._since = time.perf_counter()

    def stop(self) -> None:
        self.seconds += time.perf_counter() - self._since


def count(protocol: str, order: int) -> dict[str, Any]:
    """An n-gram on the characters that the networks train on."""
    ids, vocab_size = corpus()
    start = time.perf_counter()
    model = NGram(order, vocab_size).fit(train_part(protocol))
    seconds = time.perf_counter() - start
    windowed = protocol == "windows"
    loss = ngram_window_loss(model) if windowed else model.mean_loss(ids[START : STOP + 1])
    return {
        "protocol": protocol,
        "label": f"{order}-gram",
        "model": "n-gram",
        "order": order,
        "seconds": round(seconds, 3),
        "perplexity": math.exp(loss),
    }


def ngram_window_loss(model: NGram) -> float:
    """Mean loss over d2l's windows, whose histories start anew."""
    ids, losses = corpus()[0][START:], []
    for first in range(WINDOW):  # windows that start at first, first + 32, ... don't overlap
        number = len(range(first, STOP - START, WINDOW))
        part = ids[first : first + number * WINDOW + 1]
        losses.append(-np.log(model.token_probs(part, window=WINDOW)))
    return float(np.concatenate(losses).mean())


def d2l_data(d2l: ModuleType) -> Any:
    """d2l's data set, made of the book's copy of the text."""

    class Local(d2l.TimeMachine):
        def _download(self) -> str:
            return load_time_machine()

    return Local(batch_size=1024, num_steps=WINDOW)


def run_d2l(kind: str, seed: int, epochs: int = EPOCHS) -> dict[str, Any]:
    """d2l's model, data, trainer and settings, without its live plot."""
    d2l = load_d2l()
    torch.manual_seed(seed)
    data = d2l_data(d2l)
    scratch = {"RNN": d2l.RNNScratch, "GRU": GRUScratch, "LSTM": LSTMScratch}[kind]
    rnn = scratch(num_inputs=len(data.vocab), num_hiddens=32)
    rnn.sigma = 0.01
    model = d2l.RNNLMScratch(rnn, vocab_size=len(data.vocab), lr=1 if kind == "RNN" else 4)
    model.plot = lambda *arguments, **options: None
    trainer = d2l.Trainer(max_epochs=epochs, gradient_clip_val=1)
    trainer.prepare_data(data)
    trainer.prepare_model(model)
    trainer.val_dataloader, trainer.optim, trainer.train_batch_idx = None, model.configure_optimizers(), 0
    clock, curve = Stopwatch(), []
    for trainer.epoch in range(1, epochs + 1):
        clock.start()
        trainer.fit_epoch()
        clock.stop()
        if trainer.epoch % max(1, epochs // 8) == 0 or trainer.epoch == epochs:
            curve.append([round(clock.seconds, 2), math.exp(d2l_window_loss(model, data))])
    return {
        "protocol": "windows",
        "label": f"d2l's {kind}",
        "model": kind,
        "hidden": 32,
        "epochs": epochs,
        "seed": seed,
        "parameters": sum(p.numel() for p in model.parameters()),
        "seconds": curve[-1][0],
        "perplexity": curve[-1][1],
        "curve": curve,
    }


@torch.no_grad()
def d2l_window_loss(model: Any, data: Any) -> float:
    """Mean loss of a model of d2l's over the validation windows."""
    held_out = slice(data.num_train, data.num_train + data.num_val)
    x, y = data.X[held_out], data.Y[held_out]  # (5000, 32)
    return float(F.cross_entropy(model(x).flatten(0, 1), y.flatten()))


def jobs(seeds: Iterable[int]) -> dict[str, Callable[[], dict[str, Any]]]:
    """Everything that is measured, by name."""
    found: dict[str, Callable[[], dict[str, Any]]] = {}
    for protocol in ("windows", "continuous"):
        for order in ORDERS:
            found[f"{protocol} {order}-gram"] = partial(count, protocol, order)
    for seed in seeds:
        for kind in ("RNN", "GRU", "LSTM"):
            epochs = 2 * EPOCHS if kind == "RNN" else EPOCHS
            found[f"d2l {kind} {seed}"] = partial(run_d2l, kind, seed, epochs)
        for setting in WINDOWS:
            found[f"windows {setting.model} {seed}"] = partial(run, "windows", setting, seed)
        for setting in CONTINUOUS:
            label = setting.label or setting.model
            found[f"continuous {label} {seed}"] = partial(run, "continuous", setting, seed)
    return found


def missed(result: results.Result) -> list[str]:
    """Which thresholds are not kept, in words."""
    found = []
    for label, at_most in AT_MOST.items():
        perplexity = result.median("perplexity", protocol="continuous", label=label)[0]
        if perplexity > at_most:
            found.append(f"{label}: perplexity {perplexity:.3f}, wanted at most {at_most}")
    return found


def table(runs: list[dict[str, Any]]) -> str:
    """One line a run."""
    lines = [f"{'protocol':12}{'model':20}{'seed':>5}{'parameters':>12}{'seconds':>9}{'perplexity':>12}"]
    for row in runs:
        seed, parameters = row.get("seed", ""), row.get("parameters", "")
        lines.append(
            f"{row['protocol']:12}{row['label']:20}{seed:>5}{parameters:>12}"
            f"{row['seconds']:>9.1f}{row['perplexity']:>12.3f}"
        )
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, store; 1 where a threshold is missed."""
    parser = argparse.ArgumentParser(description="Train language models on The Time Machine.")
    parser.add_argument("--only", default="", help="the jobs whose name holds this text; stores nothing")
    parser.add_argument("--quick", action="store_true", help="n-grams, and one seed of the one-layer LSTM")
    options = parser.parse_args(arguments)
    torch.set_num_threads(THREADS)
    chosen = {name: job for name, job in jobs(SEEDS).items() if options.only in name}
    if options.quick:
        chosen = {name: job for name, job in chosen.items() if "gram" in name or name == "continuous LSTM 0"}
    runs = [job() for job in tqdm(chosen.values(), desc=NAME)]
    print(table(runs))
    if options.only or options.quick:
        return 0
    result = results.new_result(NAME, WHAT, COMMAND, FILES, runs)
    results.save(result)
    print("\n".join(missed(result)) or "all thresholds kept")
    return 1 if missed(result) else 0


if __name__ == "__main__":
    sys.exit(main())
