"""BLEU of a corpus (Papineni et al. 2002) with the smoothings of sacreBLEU, and the tutorial's variant."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

from rnnlib.errors import check_size

Tokens = Sequence[str]
Smoothing = Literal["none", "floor", "add-k", "exp"]
SMOOTHING_VALUES: dict[Smoothing, float] = {"none": 0.0, "floor": 0.1, "add-k": 1.0, "exp": 0.0}


class BleuCounts(NamedTuple):
    """What BLEU is computed from; the counts of two corpora may be added.

    Attributes:
        matches: n-grams of the candidates that a reference holds, for n = 1, 2, ...; clipped.
        totals: n-grams of the candidates.
        candidate_length: tokens of the candidates.
        reference_length: tokens of the references, of each candidate the one nearest in length.
    """

    matches: tuple[int, ...]
    totals: tuple[int, ...]
    candidate_length: int
    reference_length: int


def ngrams(tokens: Tokens, n: int) -> Counter[tuple[str, ...]]:
    """How often each run of n tokens occurs."""
    return Counter(tuple(tokens[k : k + n]) for k in range(len(tokens) - n + 1))


def bleu_counts(candidate: Tokens, references: Sequence[Tokens], max_order: int = 4) -> BleuCounts:
    """The counts of one sentence.

    An n-gram counts as a match at most as often as the reference has it that holds it most often: that is the
    clipping. Of the references' lengths the one nearest to the candidate's counts, the shorter of two.

    Args:
        candidate: tokens to judge, may be empty.
        references: tokens of each right answer, at least one.
        max_order: the longest n-grams.

    Raises:
        ValueError: no reference, or an order below 1.
    """
    check_size("max_order", max_order)
    if not references:
        raise ValueError("references is empty, expected at least one right answer")
    matches, totals = [], []
    for n in range(1, max_order + 1):
        found = ngrams(candidate, n)
        allowed: Counter[tuple[str, ...]] = Counter()
        for reference in references:
            allowed |= ngrams(reference, n)  # the larger count of each
        matches.append((found & allowed).total())  # the smaller one
        totals.append(found.total())
    nearest = min((abs(len(r) - len(candidate)), len(r)) for r in references)[1]
    return BleuCounts(tuple(matches), tuple(totals), len(candidate), nearest)


def corpus_counts(
    candidates: Sequence[Tokens], references: Sequence[Sequence[Tokens]], max_order: int = 4
) -> BleuCounts:
    """The counts of all sentences, added up."""
    if not candidates or len(candidates) != len(references):
        raise ValueError(
            f"candidates holds {len(candidates)} sentences, references those of {len(references)}; "
            "expected equally many, at least 1"
        )
    return add_counts([bleu_counts(c, r, max_order) for c, r in zip(candidates, references, strict=True)])


def add_counts(counts: Sequence[BleuCounts]) -> BleuCounts:
    """The counts of several sentences, at least one, together."""
    matches, totals, lengths, nearest = zip(*counts, strict=True)
    return BleuCounts(
        tuple(map(sum, zip(*matches, strict=True))),
        tuple(map(sum, zip(*totals, strict=True))),
        sum(lengths),
        sum(nearest),
    )


def brevity_penalty(candidate_length: int, reference_length: int) -> float:
    """exp(1 - r / c) for candidates that are shorter than the references, else 1; 0 for empty ones."""
    if candidate_length >= reference_length:
        return 1.0
    return math.exp(1 - reference_length / candidate_length) if candidate_length else 0.0


def precisions(counts: BleuCounts, smoothing: Smoothing = "exp", value: float | None = None) -> list[float]:
    """p_n = matches / totals, n = 1, 2, ..., smoothed where nothing matches; 0 where there is no n-gram.

    Args:
        counts: of a corpus, or of a sentence.
        smoothing: what becomes of p_n without a match. `none`: 0. `floor`: `value` / totals. `add-k`: for
            n > 1 both counts grow by `value`. `exp`: 1 / (2 totals) the first time, 1 / (4 totals) the
            second, ...
        value: 0.1 for `floor`, 1 for `add-k` if None.

    Raises:
        ValueError: an unknown smoothing.
    """
    if smoothing not in SMOOTHING_VALUES:
        raise ValueError(f"smoothing is {smoothing!r}, expected one of {', '.join(SMOOTHING_VALUES)}")
    value = SMOOTHING_VALUES[smoothing] if value is None else value
    found: list[float]
    found, halved = [], 1.0
    for n, (matches, total) in enumerate(zip(counts.matches, counts.totals, strict=True), start=1):
        extra = value if smoothing == "add-k" and n > 1 else 0.0
        if total + extra == 0:
            return found + [0.0] * (len(counts.totals) - len(found))
        if matches + extra > 0:
            found.append((matches + extra) / (total + extra))
        elif smoothing == "exp":
            halved *= 2
            found.append(1 / (halved * total))
        else:
            found.append(value / total if smoothing == "floor" else 0.0)
    return found


def bleu(
    candidates: Sequence[Tokens],
    references: Sequence[Sequence[Tokens]],
    max_order: int = 4,
    smoothing: Smoothing = "exp",
    value: float | None = None,
) -> float:
    """Corpus BLEU: brevity penalty times the geometric mean of p_1 ... p_N, from 0 to 1.

    Equal to sacreBLEU's score / 100 on the same tokens (`tokenize="none"`, `force=True`).

    Args:
        candidates: tokens of each sentence to judge.
        references: for each candidate the tokens of one right answer or more.
        max_order: N.
        smoothing, value: as in `precisions`.
    """
    return bleu_of(corpus_counts(candidates, references, max_order), smoothing, value)


def bleu_of(counts: BleuCounts, smoothing: Smoothing = "exp", value: float | None = None) -> float:
    """Corpus BLEU from its counts; 0 where no token matches."""
    p = precisions(counts, smoothing, value)
    if not any(counts.matches) or min(p) == 0:
        return 0.0
    penalty = brevity_penalty(counts.candidate_length, counts.reference_length)
    return penalty * math.exp(sum(map(math.log, p)) / len(p))


def tutorial_bleu(candidate: Tokens, reference: Tokens, max_order: int) -> float:
    """What d2l calls BLEU: brevity penalty times the *product* of p_n^(1 / 2^n), of one sentence.

    Short candidates and one reference only; not Papineni's geometric mean, and not comparable with it.
    """
    counts = bleu_counts(candidate, [reference], min(max_order, len(candidate)) or 1)
    score = math.exp(min(0.0, 1 - len(reference) / len(candidate))) if candidate else 0.0
    for n, p in enumerate(precisions(counts, "none"), start=1):
        score *= p ** (0.5**n)
    return score
