"""Translators trained on Tatoeba's English-French sentences: `python -m benchmarks.translation`.

All sentences of at most ten English tokens. A thousand English sentences, with all their translations, are
held out to judge by, and a thousand to watch the loss by. Four translators of ours and that of d2l 1.0.3
translate the same thousand sentences greedily; sacreBLEU, chrF and the share of outputs that equal a
reference judge them. The first is trained for long, the three others for a short while and all alike: with
the fixed context, with the source read backwards, and with one attention step in the fixed context's place.

`--quick` trains each for a few updates and stores nothing. After a change of the code that should not change
the figures, `--confirm` repeats the first updates of each training, and d2l's whole training, and where all
give the stored figures it stores the new code's digest with them.
"""

import argparse
import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from sacrebleu.metrics import BLEU, CHRF
from torch import Tensor
from tqdm import tqdm

from benchmarks import store
from benchmarks.d2l_translator import train_d2l, translate_d2l
from rnnlib import layers, results
from rnnlib.data.translation import (
    BOS,
    EOS,
    PAD,
    RESERVED,
    UNK,
    Pair,
    Split,
    TranslationBatch,
    TranslationBatches,
    build_vocabulary,
    detokenize,
    load_tatoeba,
    make_batch,
    normalize,
    split_by_source,
    word_tokens,
)
from rnnlib.data.vocabulary import Vocabulary
from rnnlib.models.attention import AttentionDecoder
from rnnlib.models.seq2seq import ContextDecoder, EncoderDecoder, RecurrentEncoder, masked_loss
from rnnlib.search import greedy_search
from rnnlib.training import History, fit, seed_everything

NAME = "translation"
COMMAND = f"python -m benchmarks.{NAME}"
FILES = ("benchmarks/translation.py", "benchmarks/d2l_translator.py", "benchmarks/d2l_peer.py",
         "rnnlib/models/seq2seq.py", "rnnlib/models/attention.py", "rnnlib/training.py", "rnnlib/cells",
         "rnnlib/layers", "rnnlib/data/translation.py", "rnnlib/data/vocabulary.py")  # fmt: skip
WHAT = (
    "Greedy translations of 1,000 held-out English sentences of at most 10 tokens, whose English is in no "
    "training pair, judged by sacreBLEU on written text against all their French translations."
)
MAX_TOKENS, NUM_VALID, NUM_TEST, MIN_FREQ, SEED = 10, 1_000, 1_000, 5, 0
EMBEDDING, BATCH_SIZE, LR, WARM_UP, LAST_LR = 128, 128, 3e-3, 400, 0.01
VALIDATIONS = 2  # in each pass over the training sentences
MAX_WRITTEN = 30  # tokens of a translation
REPEATED = 20  # updates that `--confirm` repeats
D2L, D2L_EPOCHS = "d2l 1.0.3", 30  # its chapter's
AT_LEAST = 40.0  # BLEU of the first translator


class Setting(NamedTuple):
    """A translator and how long it is trained."""

    model: str
    epochs: int
    hidden: int = 384
    dropout: float = 0.25
    attention: bool = False
    reverse: bool = False  # the source is read from its last word to its first


SETTINGS = (
    Setting("fixed context, full training", 18),
    Setting("fixed context", 3, hidden=256, dropout=0.1),
    Setting("fixed context, source reversed", 3, hidden=256, dropout=0.1, reverse=True),
    Setting("one attention step", 3, hidden=256, dropout=0.1, attention=True),
)

# ---- sentences ---------------------------------------------------------------------------------------------


class Corpus(NamedTuple):
    """The split sentences and both vocabularies."""

    split: Split
    source_vocab: Vocabulary
    target_vocab: Vocabulary


@cache
def load_corpus() -> Corpus:
    """Tatoeba's sentences of at most ten English tokens; no English sentence is in two parts."""
    short = [pair for pair in load_tatoeba() if len(word_tokens(pair[0])) <= MAX_TOKENS]
    split = split_by_source(short, NUM_VALID, NUM_TEST, SEED)
    source_vocab = build_vocabulary([word_tokens(source) for source, _ in split.train], MIN_FREQ)
    target_vocab = build_vocabulary([word_tokens(target) for _, target in split.train], MIN_FREQ)
    return Corpus(split, source_vocab, target_vocab)


class TestSet(NamedTuple):
    """The sentences to judge by: each English sentence once, with all its French translations."""

    sources: list[str]
    references: list[list[str]]


def make_test_set(corpus: Corpus) -> TestSet:
    """A thousand held-out sentences."""
    references: dict[str, list[str]] = {}
    for source, target in corpus.split.test:
        references.setdefault(source, []).append(normalize(target))
    sources = list(references)[:NUM_TEST]
    return TestSet(sources, [references[source] for source in sources])


def encode(pairs: Sequence[Pair], corpus: Corpus, reverse: bool) -> tuple[list[Tensor], list[Tensor]]:
    """The ids of both sides."""
    sources = [corpus.source_vocab.encode(word_tokens(source)) for source, _ in pairs]
    targets = [corpus.target_vocab.encode(word_tokens(target)) for _, target in pairs]
    return [ids.flip(0) for ids in sources] if reverse else sources, targets


# ---- training ----------------------------------------------------------------------------------------------


def build(setting: Setting, corpus: Corpus) -> EncoderDecoder:
    """The network, with fresh weights."""
    hidden, dropout = setting.hidden, setting.dropout
    make_decoder = AttentionDecoder if setting.attention else ContextDecoder
    encoder = RecurrentEncoder(layers.GRU(EMBEDDING, hidden), len(corpus.source_vocab), dropout=dropout)
    rnn = layers.GRU(EMBEDDING + hidden, hidden)
    return EncoderDecoder(encoder, make_decoder(rnn, len(corpus.target_vocab), EMBEDDING, dropout=dropout))


def token_loss(model: EncoderDecoder, batch: TranslationBatch, state: None) -> tuple[Tensor, None, int]:
    """The loss of a batch, for `fit`."""
    logits = model(batch.source, batch.source_lengths, batch.target_in)
    return masked_loss(logits, batch.target_out), None, int(batch.target_lengths.sum())


@contextmanager
def fast_products() -> Iterator[None]:
    """Matrix products of factors rounded to bfloat16, summed in float32, where the processor has them."""
    precision = torch.backends.mkldnn.matmul.fp32_precision
    torch.backends.mkldnn.matmul.fp32_precision = "bf16"
    try:
        yield
    finally:
        torch.backends.mkldnn.matmul.fp32_precision = precision


def train(
    setting: Setting, corpus: Corpus, checkpoint: Path | None, num_updates: int | None = None
) -> tuple[EncoderDecoder, History]:
    """Train; with a checkpoint, a run that was interrupted goes on from there."""
    seed_everything(SEED)
    model = build(setting, corpus)
    batches = TranslationBatches(*encode(corpus.split.train, corpus, setting.reverse), BATCH_SIZE, seed=SEED)
    valid = TranslationBatches(*encode(corpus.split.valid, corpus, setting.reverse), BATCH_SIZE)
    total = setting.epochs * len(batches)
    every = len(batches) // VALIDATIONS

    def schedule(update: int) -> float:
        cosine = 0.5 * (1 + math.cos(math.pi * update / total))
        return min(1.0, update / WARM_UP) * (LAST_LR + (1 - LAST_LR) * cosine)

    kept = {} if checkpoint is None else {"checkpoint": checkpoint, "resume": True, "checkpoint_every": every}
    with fast_products():
        history = fit(
            model,
            batches,
            num_updates=num_updates or total,
            lr=LR,
            loss_fn=token_loss,
            valid=valid,
            valid_every=every,
            schedule=schedule,
            **kept,
        )
    return model, history


# ---- judging -----------------------------------------------------------------------------------------------


@torch.no_grad()
def translate(model: EncoderDecoder, corpus: Corpus, sentences: Sequence[str], reverse: bool) -> list[str]:
    """Greedy translations; no special token is written."""
    sources, _ = encode([(sentence, "") for sentence in sentences], corpus, reverse)
    model.eval()
    found = []
    for start in range(0, len(sources), BATCH_SIZE):
        part = sources[start : start + BATCH_SIZE]
        batch = make_batch(part, part)
        found += greedy_search(
            model.step,
            model.encode(batch.source, batch.source_lengths),
            torch.full((len(part),), RESERVED.index(BOS)),
            RESERVED.index(EOS),
            MAX_WRITTEN,
            banned=[RESERVED.index(token) for token in (PAD, BOS, UNK)],
        )
    return [detokenize(corpus.target_vocab.decode(hypothesis.tokens)) for hypothesis in found]


def judge(outputs: Sequence[str], test: TestSet) -> dict[str, Any]:
    """The measures of a translator, on written text."""
    streams = reference_streams(test.references)
    metric = BLEU()
    score = metric.corpus_score(outputs, streams)
    signature = str(metric.get_signature())
    drawn = metric.corpus_score(outputs, streams, n_bootstrap=1000)
    exact = [output in right for output, right in zip(outputs, test.references, strict=True)]
    return {
        "bleu": score.score,
        "bleu_low": drawn._mean - drawn._ci,
        "bleu_high": drawn._mean + drawn._ci,
        "bleu_signature": signature,
        "chrf": CHRF().corpus_score(outputs, streams).score,
        "exact": sum(exact) / len(exact),
        "length_ratio": score.sys_len / score.ref_len,
        "by_length": by_length(outputs, test),
    }


def reference_streams(references: Sequence[Sequence[str]]) -> list[list[str | None]]:
    """As sacreBLEU wants them: the first reference of each sentence, the second of each that has one, ..."""
    most = max(map(len, references))
    return [[right[k] if k < len(right) else None for right in references] for k in range(most)]


def by_length(outputs: Sequence[str], test: TestSet) -> list[list[float]]:
    """[English tokens, sentences, BLEU] for each length that at least twenty sentences have."""
    groups: dict[int, list[int]] = {}
    for k, source in enumerate(test.sources):
        groups.setdefault(len(word_tokens(source)), []).append(k)
    found = []
    for length, places in sorted(groups.items()):
        if len(places) >= 20:
            streams = reference_streams([test.references[k] for k in places])
            score = BLEU().corpus_score([outputs[k] for k in places], streams).score
            found.append([length, len(places), score])
    return found


# ---- runs --------------------------------------------------------------------------------------------------


def run(setting: Setting, num_updates: int | None = None, keep: bool = True) -> dict[str, Any]:
    """Train a translator and judge it."""
    corpus = load_corpus()
    test = make_test_set(corpus)
    checkpoint = store.PARTIAL / f"{NAME}-{SETTINGS.index(setting)}.pt" if keep else None
    model, history = train(setting, corpus, checkpoint, num_updates)
    outputs = translate(model, corpus, test.sources, setting.reverse)
    return {
        **key_of(setting.model),
        "epochs": setting.epochs,
        "hidden": setting.hidden,
        "dropout": setting.dropout,
        "train_pairs": len(corpus.split.train),
        "updates": len(history.updates),
        "parameters": sum(p.numel() for p in model.parameters()),
        "seconds": round(history.seconds, 1),
        "curve": [[update, round(loss, 4)] for update, loss in history.valid],
        "first_losses": history.losses[:REPEATED],
        **judge(outputs, test),
        "outputs": outputs,
        **(test._asdict() if setting is SETTINGS[0] else {}),
    }


def run_d2l() -> dict[str, Any]:
    """Train the peer's translator as published and judge it on the same sentences."""
    test = make_test_set(load_corpus())
    data, model = train_d2l(load_tatoeba(), SEED, D2L_EPOCHS)
    outputs = translate_d2l(data, model, test.sources)
    return {
        **key_of(D2L),
        "train_pairs": data.num_train,
        "parameters": sum(p.numel() for p in model.parameters()),
        **judge(outputs, test),
        "outputs": outputs,
    }


def key_of(model: str) -> dict[str, Any]:
    """What tells a run from the others."""
    return {"model": model, "seed": SEED}


def jobs() -> list[store.Job]:
    """All runs."""
    ours = [store.Job(key_of(setting.model), partial(run, setting)) for setting in SETTINGS]
    return [*ours, store.Job(key_of(D2L), run_d2l)]


def confirm() -> bool:
    """Stores the present code's digest if the start of each training, and d2l's figure, come out the same."""
    stored = results.load(NAME)
    digest = results.code_digest([results.ROOT / file for file in FILES])
    alike = True
    for setting in SETTINGS:
        [before] = stored.select(**key_of(setting.model))
        _, history = train(setting, load_corpus(), None, REPEATED)
        alike &= is_same(setting.model, before["first_losses"], history.losses)
    [before] = stored.select(**key_of(D2L))
    alike &= is_same(D2L, before["bleu"], run_d2l()["bleu"])
    if alike:
        results.save(replace(stored, files=list(FILES), code_sha256=digest, confirmed=results.today()))
    return alike


def is_same(what: str, stored: Any, repeated: Any) -> bool:
    """Whether repeated figures are the stored ones; prints the verdict."""
    print(f"{what:32}{'the same' if stored == repeated else f'different: {stored} {repeated}'}")
    return stored == repeated


def missed(result: results.Result) -> list[str]:
    """Which thresholds are not kept, in words."""
    [first] = result.select(**key_of(SETTINGS[0].model))
    return [] if first["bleu"] >= AT_LEAST else [f"BLEU {first['bleu']:.1f}, wanted at least {AT_LEAST}"]


def table(runs: Sequence[dict[str, Any]]) -> str:
    """One line a translator."""
    lines = [f"{'translator':32}{'updates':>9}{'seconds':>9}{'BLEU':>7}{'95 %':>14}{'chrF':>7}{'exact':>8}"]
    for row in runs:
        interval = f"{row['bleu_low']:.1f} to {row['bleu_high']:.1f}"
        lines.append(
            f"{row['model']:32}{row.get('updates', ''):>9}{row.get('seconds', ''):>9}{row['bleu']:>7.1f}"
            f"{interval:>14}{row['chrf']:>7.1f}{row['exact']:>8.1%}"
        )
    return "\n".join([*lines, f"signature: {runs[0]['bleu_signature']}"])


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, store; 1 where a threshold is missed."""
    parser = argparse.ArgumentParser(description="Train translators on Tatoeba's English-French sentences.")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--quick", action="store_true", help="a few updates each, and d2l; stores nothing")
    mode.add_argument("--confirm", action="store_true", help="repeat the start of each run, store the digest")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    if options.confirm:
        return 0 if confirm() else 1
    if options.quick:
        quick = [*(partial(run, setting, REPEATED, keep=False) for setting in SETTINGS), run_d2l]
        print(table([job() for job in tqdm(quick, desc=NAME)]))
        return 0
    result = store.collect(NAME, WHAT, COMMAND, FILES, jobs())
    print(table(result.runs))
    print("\n".join(missed(result)) or "all thresholds kept")
    return 1 if missed(result) else 0


if __name__ == "__main__":
    sys.exit(main())
