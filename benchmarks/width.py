"""What a wider beam and a length penalty do to translations: `python -m benchmarks.width`.

The packaged translator (`load_translator`) translates the thousand held-out sentences of
`benchmarks.translation` with beams of eight widths. Of all that a beam found, those translations are stored
that win by some length penalty, as counts (see `rnnlib.widgets.width_lists`). Ranked by every alpha and
penalty they give mean log p, length ratio and BLEU. It ends with status 1 where a beam of 5 is not at least
0.7 BLEU better than greedy search.

`--quick` translates the first sentences and stores nothing. After a change of the code that should not change
the lists, `--confirm` does the same and, where all lists are the stored ones, stores the new code's digest.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from sacrebleu.metrics import BLEU
from tqdm import tqdm

from benchmarks import store
from benchmarks.translation import TestSet, load_corpus, make_test_set, reference_streams
from rnnlib import results
from rnnlib.bleu import BleuCounts, add_counts, bleu_counts, bleu_of
from rnnlib.data.translation import detokenize
from rnnlib.search import PENALTIES, Candidate, Found
from rnnlib.translator import Translator
from rnnlib.widgets.bleu_bench import tokens_of
from rnnlib.widgets.translator_weights import load_translator
from rnnlib.widgets.width_lists import (
    ALPHAS,
    SMALLEST,
    WIDTHS,
    Entry,
    best,
    contenders,
    figures,
    lists_from_text,
    lists_to_text,
)

NAME = "width"
COMMAND = f"python -m benchmarks.{NAME}"
FILES = ("benchmarks/width.py", "rnnlib/widgets/width_lists.py", "rnnlib/widgets/translator_weights.py",
         "rnnlib/search.py", "rnnlib/translator.py", "rnnlib/models/seq2seq.py",
         "rnnlib/bleu.py")  # fmt: skip
WHAT = (
    "Beam search by the packaged translator on 1,000 held-out Tatoeba sentences: what beams of eight widths "
    "find, ranked anew for length penalties of two kinds; BLEU on written text, tokens 13a, all references."
)
ROWS = 256  # hypotheses that take a step together, more or less
RESAMPLED, SEED = 1000, 0
QUICK = 32  # sentences
BEAM, AT_LEAST = 5, 0.7  # BLEU over greedy search
EXAMPLES = (  # whose translations are stored as texts too
    "We never lose.",
    "All we need is a little patience.",
    "She had a headache from lack of sleep.",
    "The tower is fifteen metres tall.",
)


class Written(NamedTuple):
    """A translation as a beam found it."""

    text: str
    log_prob: float
    length: int


# ---- searching ---------------------------------------------------------------------------------------------


def search(translator: Translator, sentences: Sequence[str], width: int) -> list[list[Written]]:
    """All translations that a beam finds for each sentence, up to where none can win any more.

    The search may stop by the rule of one alpha, the greatest, and one penalty, L^alpha. It stops when the
    best finished f and live l have |log p_f| / |log p_l| <= (L_f / M)^alpha; the right side is greater for
    every smaller alpha, and for the base (5 + L_f) / (5 + M), so no penalty lets anything live win.
    """
    readings = [translator.read(sentence) for sentence in sentences]
    order = sorted(range(len(readings)), key=lambda k: len(readings[k].ids))
    batch = max(1, ROWS // width)
    found: dict[int, list[Written]] = {}
    for start in tqdm(range(0, len(order), batch), desc=f"width {width}", leave=False):
        chosen = order[start : start + batch]
        part = [readings[k] for k in chosen]
        limits = translator.begin(part)[2].tolist()
        searched = translator.search(part, width=width, alpha=max(ALPHAS), trace=width)
        for k, one, limit in zip(chosen, searched, limits, strict=True):
            found[k] = written(translator, one, limit)
    return [found[k] for k in range(len(sentences))]


def written(translator: Translator, found: Found, limit: int) -> list[Written]:
    """The translations that ended, in the order in which they did; if none did, those cut at the limit."""
    before: dict[int, list[int]] = {0: []}  # rank in the last step -> tokens
    ended: list[tuple[list[int], float, int]] = []
    for t, step in enumerate(found.steps, start=1):
        ended += [(before[c.parent], c.log_prob, t) for c in step if c.fate == "finished"]
        before = {c.rank: [*before[c.parent], c.token] for c in step if c.fate == "kept"}
        last: list[Candidate] = step
    if not ended:
        assert len(found.steps) == limit
        ended = [(before[c.rank], c.log_prob, limit) for c in last if c.fate == "kept"]
    return [
        Written(detokenize(translator.target_vocab.decode(torch.tensor(tokens, dtype=torch.long))), p, length)
        for tokens, p, length in ended
    ]


# ---- judging -----------------------------------------------------------------------------------------------


class Judged(NamedTuple):
    """Those translations of a sentence that win by some penalty, as entries and as texts."""

    entries: list[Entry]
    texts: list[str]


def judge(found: Sequence[Written], references: Sequence[str]) -> Judged:
    """Count, and leave out what wins by no penalty."""
    right = [tokens_of(text, "13a") for text in references]
    texts: dict[Entry, str] = {}
    for text, log_prob, length in found:
        rounded = round(log_prob / SMALLEST) * SMALLEST
        texts.setdefault(Entry(rounded, length, bleu_counts(tokens_of(text, "13a"), right)), text)
    kept = contenders(list(texts))
    return Judged(kept, [texts[entry] for entry in kept])


def find(translator: Translator, test: TestSet, width: int) -> list[Judged]:
    """Search and judge."""
    found = search(translator, test.sources, width)
    return [judge(one, right) for one, right in zip(found, test.references, strict=True)]


def winners(judged: Sequence[Judged], alpha: float = 0.0, penalty: str = "power") -> list[tuple[Entry, str]]:
    """The best of each list and its text."""
    places = [best(one.entries, alpha, penalty) for one in judged]
    return [(one.entries[k], one.texts[k]) for one, k in zip(judged, places, strict=True)]


def resampled(counts: Sequence[BleuCounts], seed: int = SEED) -> np.ndarray:
    """BLEU of corpora of as many sentences, drawn with replacement; the same ones for every translator."""
    rows = np.array([[*one.matches, *one.totals, *one[2:]] for one in counts])  # (N, 10)
    drawn = np.random.default_rng(seed).integers(len(rows), size=(RESAMPLED, len(rows)))
    scores = []
    for places in drawn:
        *sums, written_, reference = rows[places].sum(axis=0).tolist()
        scores.append(100 * bleu_of(BleuCounts(tuple(sums[:4]), tuple(sums[4:]), written_, reference)))
    return np.array(scores)


def run(width: int, num_sentences: int | None = None) -> dict[str, Any]:
    """One width: its lists, and what they give for every alpha and penalty."""
    translator, test = load_translator(), make_test_set(load_corpus())
    test = TestSet(*(part[:num_sentences] for part in test))
    judged, plain = (find(translator, test, one) for one in (width, 1))
    lists = [one.entries for one in judged]
    chosen, greedy = ([entry.counts for entry, _ in winners(one)] for one in (judged, plain))
    scores, greedy_scores = resampled(chosen), resampled(greedy)
    metric = BLEU()
    texts = [text for _, text in winners(judged)]
    confirmed = metric.corpus_score(texts, reference_streams(test.references)).score
    return {
        **key_of(width),
        "sentences": len(lists),
        "bleu": 100 * bleu_of(add_counts(chosen)),
        "bleu_low": float(np.quantile(scores, 0.025)),
        "bleu_high": float(np.quantile(scores, 0.975)),
        "gain": 100 * (bleu_of(add_counts(chosen)) - bleu_of(add_counts(greedy))),  # over greedy search
        "gain_low": float(np.quantile(scores - greedy_scores, 0.025)),
        "gain_high": float(np.quantile(scores - greedy_scores, 0.975)),
        "sacrebleu": confirmed,
        "bleu_signature": str(metric.get_signature()),
        "grid": {
            penalty: [[alpha, *figures(lists, alpha, penalty)] for alpha in ALPHAS] for penalty in PENALTIES
        },
        "lists": lists_to_text(lists),
        "examples": [
            {"place": k, "source": source, "references": right, "texts": one.texts}
            for k, (source, right, one) in enumerate(zip(*test, judged, strict=True))
            if source in EXAMPLES
        ],
    }


# ---- runs --------------------------------------------------------------------------------------------------


def key_of(width: int) -> dict[str, Any]:
    """What tells a run from the others."""
    return {"width": width, "seed": SEED}


def missed(runs: Sequence[dict[str, Any]]) -> list[str]:
    """Which threshold is not kept, in words."""
    [gain] = [run["gain"] for run in runs if run["width"] == BEAM]
    return [] if gain >= AT_LEAST else [f"beam {BEAM} gains {gain:.2f} BLEU, wanted at least {AT_LEAST}"]


def table(runs: Sequence[dict[str, Any]]) -> str:
    """One line a width: without a penalty, and with that of its best alpha."""
    lines = [
        f"{'width':>5}{'log p':>9}{'length':>8}{'BLEU':>7}{'95 %':>14}{'over greedy':>13}{'95 %':>15}"
        f"{'best L^alpha':>18}"
    ]
    for row in runs:
        _, log_prob, ratio, _ = row["grid"]["power"][0]
        alpha, _, _, most = max(row["grid"]["power"], key=lambda point: point[-1])
        lines.append(
            f"{row['width']:>5}{log_prob:>9.3f}{ratio:>8.3f}{row['bleu']:>7.2f}"
            f"{row['bleu_low']:>7.1f} to {row['bleu_high']:.1f}{row['gain']:>+10.2f}"
            f"{row['gain_low']:>+10.2f} to {row['gain_high']:+.2f}{most:>9.2f} at {alpha:.1f}"
        )
    return "\n".join([*lines, f"signature: {runs[0]['bleu_signature']}"])


def sample() -> list[dict[str, Any]]:
    """All widths on the first sentences; prints what came of them."""
    runs = [run(width, QUICK) for width in tqdm(WIDTHS, desc=NAME)]
    print(table(runs))
    return runs


def confirm() -> bool:
    """Stores the present code's digest if it finds the stored lists for the first sentences."""
    stored = results.load(NAME)
    fresh = results.new_result(NAME, WHAT, COMMAND, FILES, sample())
    different = 0
    for row in fresh.runs:
        [before] = stored.select(**key_of(row["width"]))
        lists = lists_from_text(before["lists"])[:QUICK]
        different += sum(a != b for a, b in zip(lists, lists_from_text(row["lists"]), strict=True))
    print(f"{different} of {QUICK * len(WIDTHS)} lists differ from the stored ones")
    if not different:
        digest = fresh.code_sha256
        results.save(replace(stored, files=fresh.files, code_sha256=digest, confirmed=fresh.date))
    return not different


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, store; 1 where a threshold is missed, or `--confirm` finds other lists."""
    parser = argparse.ArgumentParser(description="Measure what beam width and length penalty do to BLEU.")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--quick", action="store_true", help=f"{QUICK} sentences; stores nothing")
    mode.add_argument("--confirm", action="store_true", help=f"repeat {QUICK} sentences, store the digest")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    if options.confirm:
        return 0 if confirm() else 1
    if options.quick:
        sample()
        return 0
    jobs = [store.Job(key_of(width), partial(run, width)) for width in WIDTHS]
    result = store.collect(NAME, WHAT, COMMAND, FILES, jobs)
    print(table(result.runs))
    print("\n".join(missed(result.runs)) or "all thresholds kept")
    return 1 if missed(result.runs) else 0


if __name__ == "__main__":
    sys.exit(main())
