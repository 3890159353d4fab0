"""Pack the page's translator: `python -m benchmarks.page_translator`.

It wants what `python -m benchmarks.translation` left: takes the translator of the full training, rounds its
matrices to six bits an entry, measures on the same thousand held-out sentences what that costs, and writes it
with its vocabularies and a model card to `rnnlib/widgets/weights/live_translator.json`, from which the page
and `load_translator` read it. Beside it goes what it makes of the widget's examples, which the page shows
before the translator is loaded; with `--examples` only that is written anew.
"""

import argparse
import json
import platform
from typing import Any

import torch

from benchmarks import store
from benchmarks.translation import (
    EMBEDDING,
    MAX_TOKENS,
    SEED,
    SETTINGS,
    judge,
    load_corpus,
    make_test_set,
    train,
    translate,
)
from rnnlib.files import atomic_path
from rnnlib.training import History
from rnnlib.widgets.live_translator import EXAMPLES_FILE, make_examples
from rnnlib.widgets.translator_weights import FILE, as_stored, from_stored

COMMAND = "python -m benchmarks.page_translator"
WIDTH = 5
DIGITS = 2  # of a score on the card


def make_card(model: torch.nn.Module, history: History, scores: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What a reader should know of the model."""
    setting, corpus = SETTINGS[0], load_corpus()
    return {
        "what": f"English to French; GRU encoder and decoder of {setting.hidden} units, one layer each, the "
        f"fixed context at every step, embeddings of {EMBEDDING}, six bits an entry",
        "for": "the book's page: everyday sentences of at most ten tokens. It is wrong often, and "
        "sounds sure",
        "data": f"Tatoeba's English-French sentences (CC BY 2.0 FR), {len(corpus.split.train):,} pairs",
        "split": "by English sentence: the 1,000 that it is judged on are in no training pair",
        "command": f"python -m benchmarks.translation, then {COMMAND}",
        "seed": SEED,
        "epochs": setting.epochs,
        "updates": len(history.updates),
        "minutes": round(history.seconds / 60),
        "parameters": sum(p.numel() for p in model.parameters()),
        "scores": {
            name: {key: round(score[key], DIGITS) for key in ("bleu", "bleu_low", "bleu_high", "chrf")}
            | {"exact": round(score["exact"], 3)}
            for name, score in scores.items()
        },
        "signature": scores["greedy, float32"]["bleu_signature"],
        "known failures": [
            "words that the training sentences hold fewer than five times are unknown to it",
            "numbers and rare names come out as other ones",
            "sentences of more than ten tokens lose their ends, as one state must hold them",
            "tu and vous change within a sentence",
        ],
        "torch": torch.__version__,
        "machine": f"{platform.machine()}, one thread",
    }


def write_examples() -> None:
    """Store what the packed translator makes of the examples."""
    stored = {"examples": make_examples()}
    with atomic_path(EXAMPLES_FILE) as path:
        text = json.dumps(stored, ensure_ascii=False, separators=(",", ":"))
        path.write_text(text + "\n", encoding="utf-8")
    print(f"wrote {EXAMPLES_FILE.name}: {EXAMPLES_FILE.stat().st_size / 1e3:.0f} KB")


def pack_translator() -> None:
    """Round the trained translator, measure it, store it."""
    corpus, setting = load_corpus(), SETTINGS[0]
    test = make_test_set(corpus)
    model, history = train(setting, corpus, store.PARTIAL / "translation-0.pt")
    full = judge(translate(model, corpus, test.sources, reverse=False), test)
    stored = as_stored(model, corpus.source_vocab, corpus.target_vocab, MAX_TOKENS)
    packed = from_stored(stored)
    scores = {
        "greedy, float32": full,
        "greedy, six bits": judge([found.text for found in packed.translate(test.sources)], test),
        f"beam {WIDTH}, six bits": judge(
            [found.text for found in packed.translate(test.sources, width=WIDTH)], test
        ),
    }
    stored = {"card": make_card(model, history, scores), **stored}
    with atomic_path(FILE) as path:
        path.write_text(json.dumps(stored, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    print(json.dumps(stored["card"], indent=1, ensure_ascii=False))
    print(f"wrote {FILE.name}: {FILE.stat().st_size / 1e6:.2f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description="pack the page's translator, measure it, store its examples")
    parser.add_argument("--examples", action="store_true", help="store the examples only")
    torch.set_num_threads(1)
    if not parser.parse_args().examples:
        pack_translator()
    write_examples()


if __name__ == "__main__":
    main()
