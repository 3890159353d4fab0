"""Train the small character model of the story writer: `python -m benchmarks.story_writer [--quick]`.

A GRU reads the packaged story character by character; what it has learnt is written, in float16, to
`rnnlib/widgets/weights/story_writer.json` together with its model card. A few minutes on one core. The
network with the lowest validation loss is kept. The perplexities on the card are of the rounded weights; the
validation's, on characters that were not trained on, stands beside that of the best n-gram, which counted the
same training characters.
"""

import argparse
import base64
import json
import math
import platform
import re
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from rnnlib.data import RandomBatches, Vocabulary, load_story, tokenize, train_valid_split
from rnnlib.files import atomic_path
from rnnlib.layers import GRU
from rnnlib.models import LanguageModel, NGram
from rnnlib.modes import evaluating
from rnnlib.training import fit, seed_everything

COMMAND = "python -m benchmarks.story_writer"
FILE = Path(__file__).parents[1] / "rnnlib" / "widgets" / "weights" / "story_writer.json"
INPUT_SIZE, HIDDEN_SIZE, DROPOUT = 24, 128, 0.4
BATCH_SIZE, NUM_STEPS, NUM_UPDATES, VALID_EVERY, PATIENCE = 24, 96, 2400, 50, 10
LR, SEED, VALID_FRACTION = 4e-3, 0, 0.1
ORDERS = range(1, 9)
# What `rnnlib.widgets.story_writer` and the page call the parameters, in the order in which they are stored.
PARAMETERS = {
    "embedding": "embedding.weight",
    "weight_ih": "rnn.weight_ih_l0",
    "weight_hh": "rnn.weight_hh_l0",
    "bias_ih": "rnn.bias_ih_l0",
    "bias_hh": "rnn.bias_hh_l0",
    "output_weight": "output.weight",
    "output_bias": "output.bias",
}


def flowing(story: str) -> str:
    """The story with one line for each paragraph: a line break ends a paragraph and nothing else."""
    return re.sub(r"\n\n+", "\n", re.sub(r"(?<!\n)\n(?!\n)", " ", story))


@torch.no_grad()
def mean_loss(model: LanguageModel, ids: Tensor) -> float:
    """The mean of -ln p over the characters but the first, in nats, read in one pass from an empty state."""
    with evaluating(model):
        logits, _ = model(ids[:-1, None])  # (T - 1, 1, V)
    return float(F.cross_entropy(logits[:, 0], ids[1:]))


def round_to_half(model: nn.Module) -> None:
    """Round every parameter to what float16 holds, in place."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.half().float())


def halving(update: int) -> float:
    """The learning rate's factor: 1, falling along a cosine to a hundredth at the last update."""
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * update / NUM_UPDATES))


def packed(model: LanguageModel, vocab: Vocabulary, card: dict[str, Any]) -> dict[str, Any]:
    """What is stored: the card, the characters, and all parameters in one string of base64."""
    state = model.state_dict()
    values = {name: state[key] for name, key in PARAMETERS.items()}
    data = b"".join(value.numpy().astype("<f2").tobytes() for value in values.values())
    shapes = {name: list(value.shape) for name, value in values.items()}
    text = base64.b64encode(data).decode("ascii")
    return {"card": card, "characters": "".join(vocab.tokens), "shapes": shapes, "float16": text}


def train(num_updates: int) -> dict[str, Any]:
    """Train, round, measure, and pack."""
    seed_everything(SEED)
    text = flowing(load_story())
    vocab = Vocabulary(tokenize(text), reserved=())
    train_ids, valid_ids = train_valid_split(vocab.encode(tokenize(text)), VALID_FRACTION)
    model = LanguageModel(GRU(INPUT_SIZE, HIDDEN_SIZE), len(vocab), DROPOUT)
    history = fit(
        model,
        RandomBatches(train_ids, BATCH_SIZE, NUM_STEPS, seed=SEED),
        num_updates=num_updates,
        lr=LR,
        valid=lambda network: mean_loss(network, valid_ids),
        valid_every=min(VALID_EVERY, num_updates),
        patience=PATIENCE,
        schedule=halving,
    )
    round_to_half(model)
    orders = {n: NGram(n, len(vocab)).fit(train_ids).perplexity(valid_ids) for n in ORDERS}
    best = min(orders, key=orders.__getitem__)
    card = {
        "what": f"GRU of {HIDDEN_SIZE} units over embeddings of {INPUT_SIZE}, one layer, float16",
        "for": "the story writer of the book; it writes in the manner of one story and knows nothing else",
        "data": "rnnlib/data/story.txt (CC BY 4.0), one line for each paragraph",
        "characters_trained_on": len(train_ids),
        "characters_validated_on": len(valid_ids),
        "command": COMMAND,
        "seed": SEED,
        "updates": len(history.updates),
        "best_update": history.best[0] if history.best else len(history.updates),
        "dropout": DROPOUT,
        "parameters": sum(p.numel() for p in model.parameters()),
        "train_perplexity": round(math.exp(mean_loss(model, train_ids)), 4),
        "valid_perplexity": round(math.exp(mean_loss(model, valid_ids)), 4),
        "best_ngram": best,
        "best_ngram_valid_perplexity": round(orders[best], 4),
        "torch": torch.__version__,
        "machine": f"{platform.machine()}, one thread",
        "seconds": round(history.seconds),
    }
    return packed(model, vocab, card)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="20 updates; stores nothing")
    quick = parser.parse_args().quick
    torch.set_num_threads(1)
    stored = train(20 if quick else NUM_UPDATES)
    print(json.dumps(stored["card"], indent=1))
    if not quick:
        FILE.parent.mkdir(exist_ok=True)
        with atomic_path(FILE) as path:
            path.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
        print(f"wrote {FILE.name}: {FILE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
