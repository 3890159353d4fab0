"""Train the small translator of the widget "bottleneck": `python -m benchmarks.bottleneck [--quick]`.

A GRU reads an English sentence of the Phrasebook, another writes the French from the final state. Only a part
of the Phrasebook is used: short sentences of everyday structures over a few hundred words. What is learnt is
written, a byte a weight, to `rnnlib/widgets/weights/bottleneck.json`, together with its model card, the plane
that the widget projects states on, and sentences to show on it. A few minutes on one core. The number of
updates is fixed, so that held-out sentences have no say in it.
"""

import argparse
import base64
import json
import math
import platform
from collections import Counter
from functools import cache
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

import torch
from torch import Tensor

from rnnlib.data import load_phrasebook, split_sentences
from rnnlib.data.phrasebook import Pair
from rnnlib.data.phrasebook.build import Draw
from rnnlib.data.phrasebook.pairs import clumsy, finished, make_pair
from rnnlib.data.phrasebook.structure import STRUCTURES as GRAMMAR
from rnnlib.data.translation import RESERVED, TranslationBatch, TranslationBatches, make_batch
from rnnlib.data.vocabulary import Vocabulary
from rnnlib.files import atomic_path
from rnnlib.layers import GRU
from rnnlib.models.seq2seq import ContextDecoder, EncoderDecoder, RecurrentEncoder, masked_loss
from rnnlib.modes import evaluating
from rnnlib.search import greedy_search
from rnnlib.training import fit, seed_everything
from rnnlib.widgets.bottleneck import BOS, EOS, KINDS, MOST_WRITTEN, PARAMETERS, words_of

COMMAND = "python -m benchmarks.bottleneck"
FILE = Path(__file__).parents[1] / "rnnlib" / "widgets" / "weights" / "bottleneck.json"
EMBEDDING, HIDDEN_SIZE, DROPOUT = 48, 96, 0.1
BATCH_SIZE, NUM_UPDATES, LR, WARM_UP, SEED = 64, 4000, 4e-3, 200, 0
NUM_WORDS, MIN_FREQ, MOST_TOKENS = 320, 6, 10
DRAWS, MOST_DRAWN = 5000, 800
VALID, TEST = 0.0, 0.1  # nothing is chosen by held-out sentences, so none are kept for choosing
SHOWN = 30  # sentences of each kind on the plane
STRUCTURES = {structure for structures in KINDS.values() for structure in structures}


# ---- sentences -------------------------------------------------------------------------------------------


class Sentence(NamedTuple):
    """A pair as the network reads and writes it."""

    english: tuple[str, ...]
    french: tuple[str, ...]
    pair: Pair


def as_read(pair: Pair) -> Sentence:
    """English in lower case as the widget cuts it; French with a small letter at its start, names apart."""
    first = pair.french_tokens[0] if pair.french_tags[0] == "PROPN" else pair.french_tokens[0].lower()
    return Sentence(tuple(words_of(pair.english)), (first, *pair.french_tokens[1:]), pair)


def part() -> list[Sentence]:
    """Short sentences of everyday structures, without those that hold a rare word.

    The rarest English words go, with all their sentences, until few enough are left; then the sentences with
    a French word that hardly occurs any more.
    """
    chosen = (pair for pair in load_phrasebook() if pair.structure in STRUCTURES)
    found = [as_read(pair) for pair in chosen if len(pair.english_tokens) <= MOST_TOKENS]
    while len(counts := counted(found, "english")) > NUM_WORDS:
        rarest_first = sorted(counts, key=lambda word: (counts[word], word))
        gone = set(rarest_first[: max(1, (len(counts) - NUM_WORDS) // 10)])
        found = [one for one in found if not gone & set(one.english)]
    while True:
        counts = counted(found, "french")
        kept = [one for one in found if all(counts[word] >= MIN_FREQ for word in one.french)]
        if len(kept) == len(found):
            return kept
        found = kept


def counted(sentences: list[Sentence], side: str) -> Counter[str]:
    """In how many sentences each word of a side stands."""
    return Counter(word for one in sentences for word in set(getattr(one, side)))


def drawn(known: list[Sentence], draws: int, most: int) -> list[Sentence]:
    """More sentences of the same grammar over the same words.

    Args:
        known: the part: its words may be used, its sentences may not come again.
        draws: how often each structure is drawn.
        most: the most new sentences of a structure that are kept.
    """
    words = {side: counted(known, side).keys() for side in ("english", "french")}
    seen, found = {one.english for one in known}, []
    for name in sorted(STRUCTURES):
        draw, wanted = Draw(f"{name}, once more"), len(found) + most
        for _ in range(draws):
            phrase = GRAMMAR[name].make(draw)
            if clumsy(phrase.english):
                continue
            one = as_read(make_pair(GRAMMAR[name], finished(phrase)))
            fits = len(one.english) <= MOST_TOKENS and all(
                words[side] >= set(getattr(one, side)) for side in words
            )
            if fits and one.english not in seen and len(found) < wanted:
                seen.add(one.english)
                found.append(one)
    return found


class Corpus(NamedTuple):
    """Sentences to train on, held-out ones, both vocabularies (`<pad> <bos> <eos> <unk>` first)."""

    train: list[Sentence]
    test: list[Sentence]
    source_vocab: Vocabulary
    target_vocab: Vocabulary

    def encode(self, sentences: list[Sentence]) -> tuple[list[Tensor], list[Tensor]]:
        """The ids of both sides."""
        return (
            [self.source_vocab.encode(list(one.english)) for one in sentences],
            [self.target_vocab.encode(list(one.french)) for one in sentences],
        )


@cache
def load_corpus() -> Corpus:
    """The part, split by its English sentences."""
    sentences = {one.pair: one for one in part()}
    split = split_sentences(sentences, VALID, TEST, SEED)
    train, test = ([sentences[pair] for pair in pairs] for pairs in (split.train, split.test))
    return Corpus(
        train,
        test,
        Vocabulary([word for one in train for word in one.english], reserved=RESERVED),
        Vocabulary([word for one in train for word in one.french], reserved=RESERVED),
    )


# ---- training --------------------------------------------------------------------------------------------


def build(corpus: Corpus) -> EncoderDecoder:
    """The network, with fresh weights."""
    return EncoderDecoder(
        RecurrentEncoder(GRU(EMBEDDING, HIDDEN_SIZE), len(corpus.source_vocab), dropout=DROPOUT),
        ContextDecoder(
            GRU(EMBEDDING + HIDDEN_SIZE, HIDDEN_SIZE), len(corpus.target_vocab), EMBEDDING, dropout=DROPOUT
        ),
    )


def token_loss(model: EncoderDecoder, batch: TranslationBatch, state: None) -> tuple[Tensor, None, int]:
    """The loss of a batch, for `fit`."""
    logits = model(batch.source, batch.source_lengths, batch.target_in)
    return masked_loss(logits, batch.target_out), None, int(batch.target_lengths.sum())


@torch.no_grad()
def final_states(model: EncoderDecoder, corpus: Corpus, sentences: list[Sentence]) -> Tensor:
    """The encoder's final state of each sentence, (N, H)."""
    batch = make_batch(*corpus.encode(sentences))
    with evaluating(model):
        return model.encode(batch.source, batch.source_lengths)[-1][0]


def translate(model: EncoderDecoder, corpus: Corpus, sentences: list[Sentence]) -> list[tuple[str, ...]]:
    """What the model writes for each sentence, greedily."""
    states = final_states(model, corpus, sentences)[None]
    first = torch.full((len(sentences),), BOS)
    found = greedy_search(model.step, (states, states), first, EOS, MOST_WRITTEN)
    return [tuple(corpus.target_vocab.decode(one.tokens)) for one in found]


def exact_match(model: EncoderDecoder, corpus: Corpus, sentences: list[Sentence]) -> float:
    """The share of sentences that are translated word for word as the Phrasebook does."""
    written = translate(model, corpus, sentences)
    right = sum(found == one.french for found, one in zip(written, sentences, strict=True))
    return round(right / len(sentences), 4)


def train(num_updates: int, draws: int = DRAWS) -> dict[str, Any]:
    """Train, round, measure, and pack."""
    started = process_time()
    seed_everything(SEED)
    corpus = load_corpus()
    more = drawn(corpus.train + corpus.test, draws, MOST_DRAWN)
    model = build(corpus)

    def schedule(update: int) -> float:
        falling = 0.005 + 0.995 * 0.5 * (1 + math.cos(math.pi * update / num_updates))
        return min(1.0, update / WARM_UP) * falling

    history = fit(
        model,
        TranslationBatches(*corpus.encode(corpus.train + more), BATCH_SIZE, seed=SEED),
        num_updates=num_updates,
        lr=LR,
        loss_fn=token_loss,
        schedule=schedule,
    )
    unrounded = exact_match(model, corpus, corpus.test)
    weights = packed(model)
    plane, share = plane_of(final_states(model, corpus, corpus.train))
    card = {
        "what": f"a GRU of {HIDDEN_SIZE} units reads, another writes; word vectors of {EMBEDDING} numbers, "
        "which make the output layer too; the final state is the decoder's first state and its context; a "
        "byte a weight",
        "for": "the widget on the bottleneck; it knows a few kinds of short sentences and no others",
        "data": "the Phrasebook of this package, made by a grammar (CC BY 4.0): short sentences of "
        f"{len(STRUCTURES)} structures without rare words, and more that the same grammar draws from the "
        "same words",
        "sentences": {"phrasebook": len(corpus.train), "drawn": len(more), "held_out": len(corpus.test)},
        "split": "a tenth of the Phrasebook's part is held out by its English sentences",
        "words": {"english": len(corpus.source_vocab), "french": len(corpus.target_vocab)},
        "longest": max(len(one.english) for one in corpus.train + more),
        "command": COMMAND,
        "seed": SEED,
        "updates": len(history.updates),
        "dropout": DROPOUT,
        "parameters": sum(p.numel() for p in model.parameters()),
        "exact_match": exact_match(model, corpus, corpus.test),
        "exact_match_before_rounding": unrounded,
        "plane_share": round(share, 4),
        "failures": FAILURES,
        "torch": torch.__version__,
        "machine": f"{platform.machine()}, one thread",
        "cpu_seconds": round(process_time() - started),
    }
    return {
        "card": card,
        "source_words": as_displayed(corpus),
        "target_words": corpus.target_vocab.tokens,
        "asking": asking(corpus.train),
        "plane": plane,
        "shown": shown(model, corpus, plane),
        **weights,
    }


FAILURES = (
    "Held-out sentences come from the grammar that made the others, so they are like those seen in training. "
    "On sentences of another form the model writes something that it knows, fluent and wrong, and gives no "
    "warning. A word that no sentence of its kind had in training is often taken for another."
)


def as_displayed(corpus: Corpus) -> list[str]:
    """The English words by id as one writes them inside a sentence: names and I with a capital."""
    capitals = {
        token.lower(): token
        for one in corpus.train
        for token, tag in zip(one.pair.english_tokens, one.pair.english_tags, strict=True)
        if tag == "PROPN" or token == "I"
    }
    return [capitals.get(word, word) for word in corpus.source_vocab.tokens]


def asking(sentences: list[Sentence]) -> list[str]:
    """The words that begin questions and nothing else."""
    first = {mark: {one.english[0] for one in sentences if one.english[-1] == mark} for mark in ".?"}
    return sorted(first["?"] - first["."])


# ---- the plane -------------------------------------------------------------------------------------------


def plane_of(states: Tensor) -> tuple[dict[str, list], float]:
    """The plane through the mean of states (N, H) along which they differ most.

    Returns:
        `mean` (H,) and `axes` (2, H), orthogonal, each of length 1 but for six decimals; the largest entry of
        an axis is positive. And the share of the variance that the plane keeps, 0 to 1.
    """
    states = states.double()
    mean = states.mean(dim=0)
    _, sizes, axes = torch.linalg.svd(states - mean, full_matrices=False)
    axes = axes[:2]
    axes = axes * axes.gather(1, axes.abs().argmax(dim=1, keepdim=True)).sign()
    share = float((sizes[:2] ** 2).sum() / (sizes**2).sum())
    return {"mean": rounded(mean, 6), "axes": rounded(axes, 6)}, share


def rounded(values: Tensor, digits: int) -> list:
    """Numbers as stored."""
    return [
        round(value, digits) if isinstance(value, float) else [round(v, digits) for v in value]
        for value in values.tolist()
    ]


def shown(model: EncoderDecoder, corpus: Corpus, plane: dict[str, list]) -> list[list]:
    """Held-out sentences of every kind, drawn by seed: English, kind, x, y."""
    generator = torch.Generator().manual_seed(SEED)
    order = torch.randperm(len(corpus.test), generator=generator).tolist()
    chosen = []
    for kind, structures in enumerate(KINDS.values()):
        found = [corpus.test[k] for k in order if corpus.test[k].pair.structure in structures][:SHOWN]
        mean, axes = (torch.tensor(plane[name], dtype=torch.float64) for name in ("mean", "axes"))
        places = (final_states(model, corpus, found).double() - mean) @ axes.T  # (N, 2)
        rows = zip(found, rounded(places, 3), strict=True)
        chosen += [[one.pair.english, kind, *place] for one, place in rows]
    return chosen


# ---- packing ---------------------------------------------------------------------------------------------


def packed(model: EncoderDecoder) -> dict[str, Any]:
    """All parameters in two strings of base64; the model's own become what those hold.

    A matrix is stored as a byte for each entry and a factor of float16 for each row; a vector as float16.
    """
    state = model.state_dict()
    whole, halves, shapes = [], [], {}
    for name, key in PARAMETERS.items():
        value = state[key]
        if value.dim() == 2:
            factor = (value.abs().amax(dim=1, keepdim=True) / 127).half().float()  # (rows, 1)
            entries = (value / factor).round().clamp(-127, 127)
            whole.append(entries.to(torch.int8).numpy().tobytes())
            halves.append(factor.half().numpy().astype("<f2").tobytes())
            value.copy_(entries * factor)
        else:
            halves.append(value.half().numpy().astype("<f2").tobytes())
            value.copy_(value.half().float())
        shapes[name] = list(value.shape)
    texts = (base64.b64encode(b"".join(parts)).decode("ascii") for parts in (whole, halves))
    return dict(zip(("int8", "float16"), texts, strict=True)) | {"shapes": shapes}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="20 updates; stores nothing")
    quick = parser.parse_args().quick
    torch.set_num_threads(1)
    stored = train(20 if quick else NUM_UPDATES, 50 if quick else DRAWS)
    print(json.dumps(stored["card"], indent=1))
    if not quick:
        FILE.parent.mkdir(exist_ok=True)
        with atomic_path(FILE) as path:
            path.write_text(as_text(stored), encoding="utf-8")
        print(f"wrote {FILE.name}: {FILE.stat().st_size / 1000:.0f} kB")


def as_text(stored: dict[str, Any]) -> str:
    """JSON with an entry a line."""
    entries = (f"{json.dumps(name)}: {json.dumps(value)}" for name, value in stored.items())
    return "{\n" + ",\n".join(entries) + "\n}\n"


if __name__ == "__main__":
    main()
