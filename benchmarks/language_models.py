"""Language models on the characters of *The Time Machine*: `python -m benchmarks.language_models`.

Perplexity against seconds of training, under two protocols that are never mixed:

- *windows*, that of d2l 1.0.3's chapters: trained on the text's first 10,032 characters and validated on the
  5,000 windows of 32 that follow, one character apart, each read from an empty state.
- *continuous*: trained on all of the text but the characters 10,000 to 15,000, which are then read in one
  pass with the state carried along.

`--quick` repeats the n-grams and one LSTM and stores nothing. After a change of the code that should not
change the figures, `--confirm` repeats the n-grams and the first eighth of a run of each network of ours, and
where all give the stored figures it stores the new code's digest with them.

Every run has a fixed number of updates. Its seconds are those that one core spends on training, without
validation. The n-grams count the same characters as the networks train on.
"""

import argparse
import math
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from benchmarks.d2l_peer import GRUScratch, LSTMScratch, load_d2l
from benchmarks.store import Job, collect
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
FILES = ("benchmarks/language_models.py", "benchmarks/d2l_peer.py", "rnnlib/models/language_model.py",
         "rnnlib/models/ngram.py", "rnnlib/training.py", "rnnlib/init.py", "rnnlib/cells", "rnnlib/layers",
         "rnnlib/data/batching.py")  # fmt: skip
WHAT = (
    "Perplexity a character on The Time Machine (letters and spaces) against seconds of training, under two "
    "protocols: `windows` and `continuous`."
)
START, STOP, WINDOW = 10_000, 15_000, 32  # the validation part, and the length of d2l's windows
ORDERS = range(1, 8)
EPOCHS = 50  # of d2l's chapters
MIX = 0.3
THREADS = 1  # as in the book's own cells
SEEDS = (0, 1, 2)
AT_MOST = {("LSTM", "perplexity"): 3.4, ("three LSTMs", "mixture"): 3.2}  # continuous: median perplexity


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
    members: int = 1  # networks that predict together
    mixed_with: int = 0  # order of an n-gram that gets MIX of the probability in a second figure


CONTINUOUS = (
    Setting("RNN", 48, 403, 0.25, 2800, lr=1e-3),
    Setting("GRU", 48, 224, 0.25, 2800, lr=4e-3),
    Setting("LSTM", 64, 256, 0.3, 2200, lr=4e-3),
)
TOGETHER = CONTINUOUS[-1]._replace(members=3, mixed_with=6, label="three LSTMs")
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


def train(
    protocol: str,
    setting: Setting,
    seed: int,
    clock: "Stopwatch",
    examine: Callable[[nn.Module], float] | None,
) -> LanguageModel:
    """A network, trained while the clock runs, and examined eight times on the way."""
    seed_everything(seed)
    layer = getattr(layers, setting.model)(setting.embedding, setting.hidden)
    if setting.model == "LSTM":
        init.forget_bias_(layer, 1.0)
    model = LanguageModel(layer, corpus()[1], dropout=setting.dropout)
    optimizer = torch.optim.AdamW(model.parameters(), lr=setting.lr, weight_decay=setting.weight_decay)
    clock.start()
    fit(
        model,
        batches(protocol, setting, seed),
        num_updates=setting.num_updates,
        optimizer=optimizer,
        schedule=lambda update: 0.5 * (1 + math.cos(math.pi * (update - 1) / setting.num_updates)),
        valid=examine,
        valid_every=setting.num_updates // 8 if examine else None,
        progress=False,
    )
    clock.stop()
    return model


class Enough(Exception):
    """A repeated run has been examined."""


def run(protocol: str, setting: Setting, seed: int) -> dict[str, Any]:
    """Train one network and examine it on the way."""
    curve: list[list[float]] = []
    model = examined(protocol, setting, seed, curve)
    return as_run(protocol, setting, seed, [model], curve)


def first_perplexity(protocol: str, setting: Setting, seed: int) -> float:
    """The perplexity at a run's first examination."""
    curve: list[list[float]] = []
    with suppress(Enough):
        examined(protocol, setting, seed, curve, examinations=1)
    return curve[0][1]


def examined(
    protocol: str, setting: Setting, seed: int, curve: list[list[float]], examinations: int | None = None
) -> LanguageModel:
    """A network, trained and examined; adds [seconds, perplexity] to the curve, `Enough` after so many."""
    loss = window_loss if protocol == "windows" else continuous_loss
    clock = Stopwatch()

    def examine(model: nn.Module) -> float:
        clock.stop()
        value = loss(model)
        curve.append([round(clock.seconds, 2), math.exp(value)])
        if len(curve) == examinations:
            raise Enough
        clock.start()
        return value

    return train(protocol, setting, seed, clock, examine)


def run_together(setting: Setting, seed: int) -> dict[str, Any]:
    """Train several networks on the continuous protocol, one after the other, and let them predict together.

    The curve is of the mean of the probabilities of those trained so far. The mixture gives an n-gram's
    probability the weight MIX besides.
    """
    ids, vocab_size = corpus()
    clock, curve, models = Stopwatch(), [], []
    total = np.zeros(STOP - START)  # sum of the models' probabilities of each character
    for member in range(setting.members):
        models.append(train("continuous", setting, seed + member, clock, None))
        total += target_probs(models[-1])
        curve.append([round(clock.seconds, 2), perplexity_of(total / len(models))])
    counted = NGram(setting.mixed_with, vocab_size).fit(train_part("continuous"))
    mixed = MIX * counted.token_probs(ids[START : STOP + 1]) + (1 - MIX) * total / len(models)
    return as_run("continuous", setting, seed, models, curve) | {"mixture": perplexity_of(mixed)}


def as_run(
    protocol: str, setting: Setting, seed: int, models: list[LanguageModel], curve: list[list[float]]
) -> dict[str, Any]:
    """A run as it is stored."""
    return {
        **setting._asdict(),
        "protocol": protocol,
        "label": setting.label or setting.model,
        "seed": seed,
        "parameters": sum(p.numel() for model in models for p in model.parameters()),
        "seconds": curve[-1][0],
        "perplexity": curve[-1][1],
        "curve": curve,
    }


@torch.no_grad()
def target_probs(model: nn.Module) -> np.ndarray:
    """The probability of each character of the validation part, in one pass, (5000,)."""
    ids, _ = corpus()
    valid = ids[START : STOP + 1]
    with evaluating(model):
        probs = model(valid[:-1, None])[0][:, 0].double().softmax(-1)  # (5000, V)
    return probs.gather(1, valid[1:, None])[:, 0].numpy()


def perplexity_of(probs: np.ndarray) -> float:
    """exp of the mean of -ln p."""
    return float(np.exp(-np.log(probs).mean()))


class Stopwatch:
    """Seconds of computing between `start` and `stop`, added up; with one thread, those of one core."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def start(self) -> None:
        self._since = time.process_time()

    def stop(self) -> None:
        self.seconds += time.process_time() - self._since


def count(protocol: str, order: int) -> dict[str, Any]:
    """An n-gram on the characters that the networks train on."""
    ids, vocab_size = corpus()
    start = time.process_time()
    model = NGram(order, vocab_size).fit(train_part(protocol))
    seconds = time.process_time() - start
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


def jobs() -> list[Job]:
    """Everything that is measured."""
    found = [
        Job({"protocol": protocol, "label": f"{order}-gram"}, partial(count, protocol, order))
        for protocol in ("windows", "continuous")
        for order in ORDERS
    ]
    for seed in SEEDS:
        for kind in ("RNN", "GRU", "LSTM"):
            key = {"protocol": "windows", "label": f"d2l's {kind}", "seed": seed}
            found.append(Job(key, partial(run_d2l, kind, seed, 2 * EPOCHS if kind == "RNN" else EPOCHS)))
        for protocol, settings in (("windows", WINDOWS), ("continuous", CONTINUOUS)):
            for setting in settings:
                key = {"protocol": protocol, "label": setting.label or setting.model, "seed": seed}
                found.append(Job(key, partial(run, protocol, setting, seed)))
    together = {"protocol": "continuous", "label": TOGETHER.label, "seed": 0}
    return [*found, Job(together, partial(run_together, TOGETHER, 0))]


def confirm() -> bool:
    """Stores the present code's digest if n-grams and the start of each network's run repeat the figures."""
    stored = results.load(NAME)
    digest = results.code_digest([results.ROOT / file for file in FILES])
    alike = True
    for protocol, settings in (("windows", WINDOWS), ("continuous", CONTINUOUS)):
        for order in ORDERS:
            [before] = stored.select(protocol=protocol, label=f"{order}-gram")
            alike &= is_same(before, before["perplexity"], count(protocol, order)["perplexity"])
        for setting in settings:
            [before] = stored.select(protocol=protocol, label=setting.label or setting.model, seed=SEEDS[0])
            alike &= is_same(before, before["curve"][0][1], first_perplexity(protocol, setting, SEEDS[0]))
    if alike:
        results.save(replace(stored, files=list(FILES), code_sha256=digest, confirmed=results.today()))
    return alike


def is_same(before: dict[str, Any], stored: float, repeated: float) -> bool:
    """Whether a repeated perplexity is the stored one; prints both."""
    same = repeated == stored
    verdict = "the same" if same else "different"
    print(f"{before['protocol']:12}{before['label']:12}{stored!r} {repeated!r} {verdict}")
    return same


def missed(result: results.Result) -> list[str]:
    """Which thresholds are not kept, in words."""
    found = []
    for (label, value), at_most in AT_MOST.items():
        perplexity = result.median(value, protocol="continuous", label=label)[0]
        if perplexity > at_most:
            found.append(f"{label}, {value}: {perplexity:.3f}, wanted at most {at_most}")
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
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--quick", action="store_true", help="n-grams and one LSTM; stores nothing")
    mode.add_argument("--confirm", action="store_true", help="repeat the start of each run, store the digest")
    options = parser.parse_args(arguments)
    torch.set_num_threads(THREADS)
    if options.confirm:
        return 0 if confirm() else 1
    if options.quick:
        quick = [job for job in jobs() if is_quick(job.key)]
        print(table([job.run() for job in tqdm(quick, desc=NAME)]))
        return 0
    result = collect(NAME, WHAT, COMMAND, FILES, jobs())
    print(table(result.runs))
    print("\n".join(missed(result)) or "all thresholds kept")
    return 1 if missed(result) else 0


def is_quick(key: dict[str, Any]) -> bool:
    """What a few minutes allow: all counting, and the LSTM that a minute of training is promised for."""
    return "gram" in key["label"] or key == {"protocol": "continuous", "label": "LSTM", "seed": 0}


if __name__ == "__main__":
    sys.exit(main())
