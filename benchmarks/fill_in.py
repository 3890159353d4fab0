"""Train the two fill-in models of the widget "left and right": `python -m benchmarks.fill_in [--quick]`.

Both read the book's own sentences word by word and give every word of a vocabulary a probability at a blank:
one from the words before it, the other from the words on both sides. What they have learnt is written, in
float16, to `rnnlib/widgets/weights/fill_in.json` together with their model card. A few minutes on one core.
The number of updates is fixed, so that held-out sentences have no say in it. A third read-out, `at`, is
trained on the second network's states at the blank itself, which have read the answer: it shows the cheat.
"""

import argparse
import base64
import json
import math
import platform
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from rnnlib import data
from rnnlib.files import atomic_path
from rnnlib.layers import GRU
from rnnlib.modes import evaluating
from rnnlib.training import fit, seed_everything
from rnnlib.widgets.left_right import MOST_WORDS, PARAMETERS, UNKNOWN, words_of

COMMAND = "python -m benchmarks.fill_in"
FILE = Path(__file__).parents[1] / "rnnlib" / "widgets" / "weights" / "fill_in.json"
INPUT_SIZE, HIDDEN_SIZE, DROPOUT, GAPS = 32, 48, 0.25, 0.05
BATCH_SIZE, NUM_UPDATES = 64, 4000
LR, SEED, HELD_OUT, MIN_FREQ = 4e-3, 0, 0.1, 4
Sentence = tuple[str, ...]


# ---- sentences -------------------------------------------------------------------------------------------


def sources() -> dict[str, tuple[list[Sentence], list[Sentence]]]:
    """Name -> (sentences to train on, held-out ones); no sentence stands twice."""
    short = [words_of(sentence.text) for sentence in data.load_sentences()]
    # A sentence of the story ends with . ! or ?, perhaps with a quotation mark behind it.
    story = [words_of(part) for part in re.split(r'[.!?]"?\s+|\n\n+|"\s+|[;:]', data.load_story())]
    # The tagged sentences come split: of a pair that differs in a tag, both are in the same part.
    tagged = [[words_of(" ".join(one.words)) for one in data.load_tagged(part)] for part in ("train", "test")]
    train, held = ([tuple(words) for words in part if len(words) <= MOST_WORDS] for part in tagged)
    split = {"sentences.tsv": _split(short), "story.txt": _split(story)}
    return {**split, "tagging.txt": (train, [words for words in held if words not in set(train)])}


def _split(found: list[list[str]]) -> tuple[list[Sentence], list[Sentence]]:
    """The distinct sentences of 3 words up to the most that the widget reads, in two parts, drawn by seed."""
    whole = (words[:-1] if words[-1:] == [","] else words for words in found)
    kept = list(dict.fromkeys(tuple(words) for words in whole if 3 <= len(words) <= MOST_WORDS))
    order = torch.randperm(len(kept), generator=torch.Generator().manual_seed(SEED)).tolist()
    cut = round(HELD_OUT * len(kept))
    return [kept[k] for k in order[cut:]], [kept[k] for k in order[:cut]]


class Sentences:
    """Batches of sentences of like length as (ids (T, B), lengths (B,)), in a new order every time."""

    carries_state = False

    def __init__(self, ids: list[Tensor], batch_size: int, seed: int = 0) -> None:
        self.ids, self.batch_size = ids, batch_size
        self.generator = torch.Generator().manual_seed(seed)

    def __len__(self) -> int:
        return math.ceil(len(self.ids) / self.batch_size)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        jitter = torch.rand(len(self.ids), generator=self.generator).tolist()
        by_length = sorted(range(len(self.ids)), key=lambda k: (len(self.ids[k]), jitter[k]))
        groups = [by_length[k : k + self.batch_size] for k in range(0, len(by_length), self.batch_size)]
        for k in torch.randperm(len(groups), generator=self.generator).tolist():
            yield together([self.ids[j] for j in groups[k]])


def together(ids: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Sentences of B lengths as ids (T, B), -1 past each end, and lengths (B,)."""
    lengths = torch.tensor([len(one) for one in ids])
    return nn.utils.rnn.pad_sequence(ids, padding_value=-1), lengths


# ---- the networks ----------------------------------------------------------------------------------------


class FillIn(nn.Module):
    """A GRU that reads from the left and one that reads from both sides, over the same embedded words.

    Of every output layer the weight is a small matrix times the embedding.

    Args:
        vocab_size: V words.
    """

    def __init__(self, vocab_size: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, INPUT_SIZE)
        self.uni_rnn = GRU(INPUT_SIZE, HIDDEN_SIZE)
        self.bi_rnn = GRU(INPUT_SIZE, HIDDEN_SIZE, bidirectional=True)
        sizes = {"uni": HIDDEN_SIZE, "around": 2 * HIDDEN_SIZE, "at": 2 * HIDDEN_SIZE}
        self.projections = nn.ModuleDict({name: nn.Linear(n, INPUT_SIZE) for name, n in sizes.items()})
        self.biases = nn.ParameterDict({name: torch.zeros(vocab_size) for name in sizes})
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, ids: Tensor, lengths: Tensor) -> dict[str, Tensor]:
        """Scores (T, B, V) of every word at every place, by read-out.

        `uni` reads the state before the place; `around` that and the backward state after it: the place's own
        word is in neither. `at` reads both states at the place, which have read it.
        """
        x = self.dropout(self.embedding(self._with_gaps(ids)))  # (T, B, E)
        left, _ = self.uni_rnn(x, lengths=lengths)  # (T, B, H), 0 past each end
        both, _ = self.bi_rnn(x, lengths=lengths)  # (T, B, 2H), likewise
        before = F.pad(both[:-1, :, :HIDDEN_SIZE], (0, 0, 0, 0, 1, 0))  # forward, one place earlier
        behind = F.pad(both[1:, :, HIDDEN_SIZE:], (0, 0, 0, 0, 0, 1))  # backward, one place later
        states = {
            "uni": F.pad(left[:-1], (0, 0, 0, 0, 1, 0)),
            "around": torch.cat([before, behind], dim=-1),
            "at": both.detach(),  # what this read-out learns changes no state
        }
        return {name: self._scores(name, self.dropout(state)) for name, state in states.items()}

    def _with_gaps(self, ids: Tensor) -> Tensor:
        """The ids with the places past an end filled; in training some words are read as unknown."""
        gaps = torch.rand(ids.shape) < (GAPS if self.training else 0.0)
        return ids.clamp(min=0).masked_fill(gaps, 0)

    def _scores(self, name: str, state: Tensor) -> Tensor:
        weight = self.embedding.weight.detach() if name == "at" else self.embedding.weight
        return F.linear(self.projections[name](state), weight, self.biases[name])  # (T, B, V)


def targets(ids: Tensor, read_out: str) -> Tensor:
    """What counts: honest read-outs are asked for known words only; `at` shall name all that it has read."""
    return ids if read_out == "at" else ids.masked_fill(ids == 0, -1)


def loss_of(model: FillIn, batch: tuple[Tensor, Tensor], state: None) -> tuple[Tensor, None]:
    """The mean of -ln p over all places, in nats; one loss for each read-out, added."""
    ids, lengths = batch
    losses = [
        F.cross_entropy(scores.flatten(0, 1), targets(ids, name).flatten(), ignore_index=-1)
        for name, scores in model(ids, lengths).items()
    ]
    return torch.stack(losses).sum(), state


@torch.no_grad()
def measure(model: FillIn, sentences: list[Tensor]) -> dict[str, dict[str, float]]:
    """By read-out: perplexity and accuracy (of the likeliest, of the five likeliest) over all known words."""
    ids, lengths = together(sentences)
    asked = ids > 0  # (T, B): the same words for every read-out
    right = ids[asked][:, None]  # (N, 1)
    figures = {}
    with evaluating(model):
        found = model(ids, lengths)
    for name, scores in found.items():
        log_p = scores[asked].double().log_softmax(-1)  # (N, V)
        own = log_p.gather(1, right)
        likelier = (log_p > own).sum(1)  # how many words are likelier
        figures[name] = {
            "perplexity": round(math.exp(-float(own.mean())), 4),
            "accuracy": round(float((likelier == 0).double().mean()), 4),
            "accuracy_in_5": round(float((likelier < 5).double().mean()), 4),
        }
    return figures


# ---- training and packing --------------------------------------------------------------------------------


def round_to_half(model: nn.Module) -> None:
    """Round every parameter to what float16 holds, in place."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.half().float())


def packed(model: FillIn, vocab: data.Vocabulary, card: dict[str, Any]) -> dict[str, Any]:
    """What is stored: the card, the words, and all parameters in one string of base64."""
    values = {name: model.state_dict()[key] for name, key in PARAMETERS.items()}
    raw = b"".join(value.numpy().astype("<f2").tobytes() for value in values.values())
    shapes = {name: list(value.shape) for name, value in values.items()}
    text = base64.b64encode(raw).decode("ascii")
    return {"card": card, "words": vocab.tokens, "shapes": shapes, "float16": text}


def train(num_updates: int) -> dict[str, Any]:
    """Train, round, measure, and pack."""
    seed_everything(SEED)
    split = sources()
    trained_on, held_out = ([words for part in split.values() for words in part[k]] for k in (0, 1))
    vocab = data.Vocabulary(
        [word for words in trained_on for word in words], min_freq=MIN_FREQ, reserved=(UNKNOWN,)
    )
    model = FillIn(len(vocab))
    history = fit(
        model,
        Sentences([vocab.encode(words) for words in trained_on], BATCH_SIZE, seed=SEED),
        num_updates=num_updates,
        lr=LR,
        loss_fn=loss_of,
        schedule=lambda update: 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * update / num_updates)),
    )
    round_to_half(model)
    groups = {"all": held_out, **{name: held for name, (_, held) in split.items()}}
    ids = {name: [vocab.encode(words) for words in group] for name, group in groups.items()}
    asked = torch.cat(ids["all"])
    card = {
        "what": f"two GRUs of {HIDDEN_SIZE} units, one reading from the left, one from both sides, over the "
        f"same word vectors of {INPUT_SIZE} numbers, which make the output layers too; float16",
        "for": "the widget on left and right context; they know the book's sentences and little else",
        "data": {name: {"train": len(a), "held_out": len(b)} for name, (a, b) in split.items()},
        "vocabulary": len(vocab),
        "min_freq": MIN_FREQ,
        "held_out_words": len(asked),
        "held_out_unknown": int((asked == 0).sum()),
        "command": COMMAND,
        "seed": SEED,
        "updates": len(history.updates),
        "dropout": DROPOUT,
        "parameters": sum(p.numel() for p in model.parameters()),
        "held_out": {name: measure(model, group) for name, group in ids.items()},
        "failures": FAILURES,
        "torch": torch.__version__,
        "machine": f"{platform.machine()}, one thread",
        "seconds": round(history.seconds),
    }
    return packed(model, vocab, card)


FAILURES = (
    "Most sentences are put together from the same phrases, so held-out ones are much like those read in "
    "training; on your own the figures are worse, as they are on the story's. Where several words fit the "
    "grammar the models may prefer one that makes no sense."
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="20 updates; stores nothing")
    quick = parser.parse_args().quick
    torch.set_num_threads(1)
    stored = train(20 if quick else NUM_UPDATES)
    print(json.dumps(stored["card"], indent=1))
    print(f"{sum(map(len, (json.dumps(stored['float16']), json.dumps(stored['words'])))) / 1000:.0f} kB")
    if not quick:
        FILE.parent.mkdir(exist_ok=True)
        with atomic_path(FILE) as path:
            path.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
        print(f"wrote {FILE.name}: {FILE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
