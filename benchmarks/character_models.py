"""Train the three models of the character memory: `python -m benchmarks.character_models [--quick]`.

An RNN, a GRU and an LSTM of the same width read the packaged story character by character, all for the same
number of updates. What they have learnt is written, in float16, together with their model card to
`rnnlib/widgets/weights/character_models.json`. Some minutes on one core. Of each, the network with the lowest
validation loss is kept. The perplexities on the card are of the rounded weights, the validation's on
characters that were not trained on; beside them stands that of the best n-gram, which counted the same ones.
"""

import argparse
import base64
import json
import math
import platform
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.story_writer import ORDERS, PARAMETERS, flowing, mean_loss, round_to_half
from rnnlib.data import RandomBatches, Vocabulary, load_story, tokenize, train_valid_split
from rnnlib.files import atomic_path
from rnnlib.init import forget_bias_
from rnnlib.layers import GRU, LSTM, RNN
from rnnlib.models import LanguageModel, NGram
from rnnlib.training import fit, seed_everything

COMMAND = "python -m benchmarks.character_models"
FILE = Path(__file__).parents[1] / "rnnlib" / "widgets" / "weights" / "character_models.json"
LAYERS = {"rnn": RNN, "gru": GRU, "lstm": LSTM}
INPUT_SIZE, HIDDEN_SIZE, DROPOUT, FORGET_BIAS = 24, 80, 0.3, 1.0
BATCH_SIZE, NUM_STEPS, NUM_UPDATES, VALID_EVERY = 16, 192, 1600, 50
LR, SEED, VALID_FRACTION = {"rnn": 2e-3, "gru": 4e-3, "lstm": 6e-3}, 0, 0.1

FAILURES = (
    "some ten characters on, the RNN and the LSTM no longer know whether a quotation mark is open, and the "
    "GRU, which does, seldom dares to close it; the best n-gram predicts unread text better than all three"
)


def falling(update: int) -> float:
    """The learning rate's factor: 1, falling along a cosine to a hundredth at the last update."""
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * update / NUM_UPDATES))


def story_ids() -> tuple[Vocabulary, Tensor, Tensor]:
    """The story's characters, and the ids to train on and to validate on."""
    tokens = tokenize(flowing(load_story()))
    vocab = Vocabulary(tokens, reserved=())
    return vocab, *train_valid_split(vocab.encode(tokens), VALID_FRACTION)


def train(kind: str, vocab: Vocabulary, num_updates: int) -> tuple[LanguageModel, dict[str, Any]]:
    """Train and round one model; it, and its own part of the card."""
    _, train_ids, valid_ids = story_ids()
    seed_everything(SEED)
    model = LanguageModel(LAYERS[kind](INPUT_SIZE, HIDDEN_SIZE), len(vocab), DROPOUT)
    if kind == "lstm":
        forget_bias_(model.rnn, FORGET_BIAS)
    history = fit(
        model,
        RandomBatches(train_ids, BATCH_SIZE, NUM_STEPS, seed=SEED),
        num_updates=num_updates,
        lr=LR[kind],
        valid=lambda network: mean_loss(network, valid_ids),
        valid_every=min(VALID_EVERY, num_updates),
        patience=NUM_UPDATES,
        schedule=falling,
    )
    round_to_half(model)
    return model, {
        "parameters": sum(p.numel() for p in model.parameters()),
        "learning_rate": LR[kind],
        "updates": len(history.updates),
        "best_update": history.best[0] if history.best else len(history.updates),
        "train_perplexity": round(math.exp(mean_loss(model, train_ids)), 4),
        "valid_perplexity": round(math.exp(mean_loss(model, valid_ids)), 4),
        "seconds": round(history.seconds),
    }


def packed(model: nn.Module) -> dict[str, Any]:
    """A model's parameters, in one string of base64, and their shapes."""
    state = model.state_dict()
    values = {name: state[key] for name, key in PARAMETERS.items()}
    data = b"".join(value.numpy().astype("<f2").tobytes() for value in values.values())
    shapes = {name: list(value.shape) for name, value in values.items()}
    return {"shapes": shapes, "float16": base64.b64encode(data).decode("ascii")}


def train_all(num_updates: int) -> dict[str, Any]:
    """All three, and the card that they share."""
    vocab, train_ids, valid_ids = story_ids()
    orders = {n: NGram(n, len(vocab)).fit(train_ids).perplexity(valid_ids) for n in ORDERS}
    best = min(orders, key=orders.__getitem__)
    trained = {kind: train(kind, vocab, num_updates) for kind in LAYERS}
    card = {
        "what": f"RNN (tanh), GRU and LSTM of {HIDDEN_SIZE} units over embeddings of {INPUT_SIZE}, float16",
        "for": "the character memory of the book; they have read one story and know nothing else",
        "data": "rnnlib/data/story.txt (CC BY 4.0), one line for each paragraph",
        "characters_trained_on": len(train_ids),
        "characters_validated_on": len(valid_ids),
        "window": NUM_STEPS,
        "command": COMMAND,
        "seed": SEED,
        "dropout": DROPOUT,
        "forget_bias": FORGET_BIAS,
        "best_ngram": best,
        "best_ngram_valid_perplexity": round(orders[best], 4),
        "failures": FAILURES,
        "torch": torch.__version__,
        "machine": f"{platform.machine()}, one thread",
        "models": {kind: about for kind, (_, about) in trained.items()},
    }
    models = {kind: packed(model) for kind, (model, _) in trained.items()}
    characters = "".join(vocab.tokens)
    counts = torch.bincount(train_ids, minlength=len(vocab)).tolist()
    return {"card": card, "characters": characters, "counts": counts, "models": models}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="20 updates each; stores nothing")
    quick = parser.parse_args().quick
    torch.set_num_threads(1)
    stored = train_all(20 if quick else NUM_UPDATES)
    print(json.dumps(stored["card"], indent=1))
    if not quick:
        FILE.parent.mkdir(exist_ok=True)
        with atomic_path(FILE) as path:
            path.write_text(json.dumps(stored) + "\n", encoding="utf-8")
        print(f"wrote {FILE.name}: {FILE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
