"""How fast beam search is in batches, beside the same search of one sentence and one hypothesis at a time.

`python -m benchmarks.beam` trains a translator on the Phrasebook, lets three versions of one search translate
held-out sentences, and stores sentences a second; it ends with status 1 where the batched one is less than
five times as fast as the plain one or finds anything else. With `--quick` it trains for a moment, takes one
round and stores nothing. In a round each version translates every sentence once, and the ratios are taken
within rounds, so that a load that comes and goes weighs on all alike.
"""

import argparse
import math
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from rnnlib import layers, results
from rnnlib.data.phrasebook import load_phrasebook, split_sentences
from rnnlib.data.translation import TranslationBatches, build_vocabulary, word_tokens
from rnnlib.decoding import Step
from rnnlib.models.seq2seq import ContextDecoder, EncoderDecoder, RecurrentEncoder, masked_loss
from rnnlib.search import Hypothesis, length_penalty
from rnnlib.training import fit, seed_everything
from rnnlib.translator import Reading, Translator

NAME = "beam"
FILES = (
    "benchmarks/beam.py",
    "rnnlib/search.py",
    "rnnlib/translator.py",
    "rnnlib/models/seq2seq.py",
    "rnnlib/layers",
)
WHAT = (
    "Beam search of held-out Phrasebook sentences, encoder included: sentences a second, medians over "
    "interleaved rounds; ratios to the plain version within a round."
)
EMBEDDING, HIDDEN, TRAIN_BATCH, LR, NUM_UPDATES, SEED = 64, 192, 128, 3e-3, 500, 0
WIDTH, BATCH, NUM_SENTENCES, ALPHA = 5, 64, 256, 1.0
THREADS = 2
AT_LEAST = 5.0  # batched to plain
VERSIONS = ("batched", "one sentence at a time", "one hypothesis at a time")
SAME = 1e-3  # nats by which rounding may move a log-probability


def train_translator(num_updates: int, seed: int) -> tuple[Translator, list[str]]:
    """A translator of the Phrasebook, and sentences held out from its training."""
    seed_everything(seed)
    split = split_sentences(load_phrasebook())
    pairs = [(pair.english, pair.french) for pair in split.train]
    sides = [[word_tokens(sentence) for sentence in side] for side in zip(*pairs, strict=True)]
    source_vocab, target_vocab = (build_vocabulary(side) for side in sides)
    sources = [source_vocab.encode(tokens) for tokens in sides[0]]
    targets = [target_vocab.encode(tokens) for tokens in sides[1]]
    model = EncoderDecoder(
        RecurrentEncoder(layers.GRU(EMBEDDING, HIDDEN), len(source_vocab)),
        ContextDecoder(layers.GRU(EMBEDDING + HIDDEN, HIDDEN), len(target_vocab), EMBEDDING),
    )
    fit(
        model,
        TranslationBatches(sources, targets, TRAIN_BATCH, seed=seed),
        num_updates=num_updates,
        lr=LR,
        loss_fn=lambda model, batch, state: (
            masked_loss(model(batch.source, batch.source_lengths, batch.target_in), batch.target_out),
            None,
            int(batch.target_lengths.sum()),
        ),
        schedule=lambda update: 0.5 * (1 + math.cos(math.pi * update / num_updates)),
    )
    held_out = sorted({pair.english for pair in split.test})
    return Translator(model, source_vocab, target_vocab, max(map(len, sides[0]))), held_out


def plain_beam_search(
    step: Step,
    state: Any,
    first: Tensor,
    eos: int,
    max_length: int,
    width: int,
    alpha: float,
    banned: Sequence[int] = (),
) -> Hypothesis:
    """The best hypothesis of one sentence, by the rules of `rnnlib.search.beam_search`, in plain code.

    A list of hypotheses, a step of batch size 1 for each of them, a sorted list of candidates.

    Args:
        step, state, first, eos, max_length, width, alpha, banned: as there, for a batch of one; hypotheses
            that ended go first.
    """
    live: list[tuple[list[int], float, Any]] = [([], 0.0, state)]
    ended: list[Hypothesis] = []
    for _ in range(max_length):
        candidates = []
        for tokens, log_prob, state in live:
            token_ids = torch.tensor(tokens[-1:]) if tokens else first  # (1,)
            log_probs, after = step(token_ids, state)  # (1, V)
            log_probs[:, list(banned)] = -torch.inf
            values, ids = log_probs[0].topk(width)
            for value, token in zip(values.tolist(), ids.tolist(), strict=True):
                candidates.append((log_prob + value, [*tokens, token], after))
        candidates.sort(key=lambda candidate: -candidate[0])
        live = []
        for log_prob, tokens, after in candidates[:width]:
            if tokens[-1] == eos:
                ended.append(Hypothesis(torch.tensor(tokens[:-1]), log_prob, True))
            else:
                live.append((tokens, log_prob, after))
        best = max((hypothesis.score(alpha) for hypothesis in ended), default=-math.inf)
        if not live or best >= live[0][1] / length_penalty(max_length, alpha):
            break
    cut = [Hypothesis(torch.tensor(tokens), log_prob, False) for tokens, log_prob, _ in live]
    return max(ended or cut, key=lambda hypothesis: hypothesis.score(alpha))


def batched(translator: Translator, readings: Sequence[Reading], width: int, batch: int) -> list[Hypothesis]:
    """`batch` sentences at once, those of like length together as `Translator.translate` puts them."""
    order = sorted(range(len(readings)), key=lambda k: len(readings[k].ids))
    found: dict[int, Hypothesis] = {}
    for start in range(0, len(order), batch):
        chosen = order[start : start + batch]
        searched = translator.search([readings[k] for k in chosen], width=width, alpha=ALPHA)
        found |= {k: result.best for k, result in zip(chosen, searched, strict=True)}
    return [found[k] for k in range(len(readings))]


def one_sentence_at_a_time(
    translator: Translator, readings: Sequence[Reading], width: int
) -> list[Hypothesis]:
    """The same code with batches of one sentence: its hypotheses still take their step together."""
    return [translator.search([reading], width=width, alpha=ALPHA)[0].best for reading in readings]


def one_hypothesis_at_a_time(
    translator: Translator, readings: Sequence[Reading], width: int
) -> list[Hypothesis]:
    """The plain version."""
    found = []
    for reading in readings:
        state, first, limits = translator.begin([reading])
        search = (translator.model.step, state, first, translator.eos, int(limits), width, ALPHA)
        found.append(plain_beam_search(*search, translator.banned))
    return found


class Timed(NamedTuple):
    """One version of the search."""

    version: str
    sentences_a_second: float  # the median over the rounds
    to_plain: float  # as many times as many as the plain version, the median over the rounds
    different: int  # sentences for which it found something else than the plain version


def measure(
    translator: Translator,
    sentences: Sequence[str],
    width: int = WIDTH,
    batch: int = BATCH,
    rounds: int = 5,
    clock: Callable[[], float] = time.perf_counter,
) -> list[Timed]:
    """Let every version translate the sentences in each round."""
    readings = [translator.read(sentence) for sentence in sentences]
    searches = dict(
        zip(
            VERSIONS,
            (
                lambda: batched(translator, readings, width, batch),
                lambda: one_sentence_at_a_time(translator, readings, width),
                lambda: one_hypothesis_at_a_time(translator, readings, width),
            ),
            strict=True,
        )
    )
    rates: dict[str, list[float]] = {version: [] for version in VERSIONS}
    found = {}
    for _ in range(rounds):
        for version, search in searches.items():
            start = clock()
            found[version] = search()
            rates[version].append(len(readings) / (clock() - start))
    plain = VERSIONS[-1]
    return [
        Timed(
            version,
            statistics.median(rates[version]),
            statistics.median(a / b for a, b in zip(rates[version], rates[plain], strict=True)),
            sum(not same(a, b) for a, b in zip(found[version], found[plain], strict=True)),
        )
        for version in VERSIONS
    ]


def same(a: Hypothesis, b: Hypothesis) -> bool:
    """Whether two hypotheses are one."""
    return (
        a.tokens.tolist() == b.tokens.tolist()
        and a.finished == b.finished
        and abs(a.log_prob - b.log_prob) < SAME
    )


def missed(timed: Sequence[Timed]) -> bool:
    """Whether the batched search is too slow, or one found something else."""
    return timed[0].to_plain < AT_LEAST or any(version.different for version in timed)


def table(timed: Sequence[Timed]) -> str:
    """The figures as lines of text."""
    lines = [f"{'':28}{'sentences/s':>12}{'times plain':>13}{'different':>11}"]
    for row in timed:
        lines.append(f"{row.version:28}{row.sentences_a_second:12.1f}{row.to_plain:13.2f}{row.different:11}")
    return "\n".join([*lines, f"batched at least {AT_LEAST} times: {'MISSED' if missed(timed) else 'held'}"])


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, store; 1 where a threshold is missed, else 0."""
    parser = argparse.ArgumentParser(description="Time beam search in batches and one by one.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="little training, one round, nothing stored")
    options = parser.parse_args(arguments)
    torch.set_num_threads(THREADS)
    translator, held_out = train_translator(60 if options.quick else NUM_UPDATES, SEED)
    sentences = held_out[:: max(1, len(held_out) // NUM_SENTENCES)][
        : BATCH if options.quick else NUM_SENTENCES
    ]
    rounds = 1 if options.quick else options.rounds
    timed = measure(translator, sentences, rounds=rounds)
    print(table(timed))
    if not options.quick:
        setting = {
            "seed": SEED,
            "width": WIDTH,
            "batch": BATCH,
            "sentences": len(sentences),
            "rounds": rounds,
        }
        runs = [row._asdict() | setting for row in timed]
        results.save(results.new_result(NAME, WHAT, f"python -m benchmarks.{NAME}", FILES, runs))
    return 1 if missed(timed) else 0


if __name__ == "__main__":
    sys.exit(main())
