"""Lists of translations that a beam found, as counts, and what re-ranking them gives.

A list keeps, of all that a beam of one width found for a sentence, the translations that win by some alpha of
`ALPHAS` and some penalty. Of each it holds log p, the length and the counts that BLEU is made of, so that a
corpus can be ranked and judged anew without its texts.
"""

from collections.abc import Sequence
from typing import NamedTuple

from rnnlib.bleu import BleuCounts, add_counts, bleu_of
from rnnlib.search import PENALTIES, length_penalty

WIDTHS = (1, 2, 3, 5, 10, 25, 50, 100)  # of the beams
ALPHAS = tuple(k / 10 for k in range(21))  # of the length penalties, 0 to 2
ORDERS = 4  # n-grams of up to so many tokens
SMALLEST = 1e-4  # nats; log p is stored as a whole number of these
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_LOG_PROB_DIGITS = 4
SIZE = ORDERS + 3 + _LOG_PROB_DIGITS  # characters of an entry


class Entry(NamedTuple):
    """A translation of a list.

    Attributes:
        log_prob: in nats, a multiple of `SMALLEST`.
        length: L, tokens of the model, the end token counted.
        counts: the sentence's, in tokens of sacreBLEU's 13a.
    """

    log_prob: float
    length: int
    counts: BleuCounts


class Figures(NamedTuple):
    """A corpus, each sentence translated by the first of its list.

    Attributes:
        log_prob: the mean over the sentences, in nats.
        length_ratio: tokens written to tokens of the references, of each sentence the one nearest in length.
        bleu: from 0 to 100, smoothed as sacreBLEU does by default.
    """

    log_prob: float
    length_ratio: float
    bleu: float


def contenders(entries: Sequence[Entry]) -> list[Entry]:
    """Those that win by some alpha and penalty, by rising length, so by falling log p."""
    rivals = likelier_than_longer(entries)
    places = {best(rivals, alpha, penalty) for alpha in ALPHAS for penalty in PENALTIES}
    return [rivals[k] for k in sorted(places)]


def likelier_than_longer(entries: Sequence[Entry]) -> list[Entry]:
    """Those that are likelier than all longer ones, by rising length; of equal ones the first.

    No other can win: log p is negative and lp(L) grows with L for every alpha >= 0, so log p / lp(L) of a
    translation is at most that of another which is as likely and as long.
    """
    kept: list[Entry] = []
    for entry in sorted(entries, key=lambda entry: (-entry.length, -entry.log_prob)):
        if not kept or entry.log_prob > kept[-1].log_prob:
            kept.append(entry)
    return kept[::-1]


def best(entries: Sequence[Entry], alpha: float, penalty: str) -> int:
    """The place of the winner by log p / lp(L), of equal ones the first."""
    scores = [entry.log_prob / length_penalty(entry.length, alpha, penalty) for entry in entries]
    return scores.index(max(scores))


def figures(lists: Sequence[Sequence[Entry]], alpha: float, penalty: str) -> Figures:
    """The corpus of the winners."""
    winners = [entries[best(entries, alpha, penalty)] for entries in lists]
    total = add_counts([entry.counts for entry in winners])
    return Figures(
        sum(entry.log_prob for entry in winners) / len(winners),
        total.candidate_length / total.reference_length,
        100 * bleu_of(total),
    )


# ---- as text ---------------------------------------------------------------------------------------------


def to_text(entry: Entry) -> str:
    """An entry in `SIZE` digits of base 36.

    One digit each for the matches of 1 to 4 tokens, the tokens written, those of the reference and L; four
    for -log p / `SMALLEST`. The totals follow from the tokens written.

    Raises:
        ValueError: a number that its digits do not hold.
    """
    matches, _, written, reference = entry.counts
    small = [_digits(value, 1) for value in (*matches, written, reference, entry.length)]
    return "".join(small) + _digits(round(-entry.log_prob / SMALLEST), _LOG_PROB_DIGITS)


def _digits(value: int, size: int) -> str:
    if not 0 <= value < 36**size:
        raise ValueError(f"value is {value}, expected 0 to {36**size - 1}")
    return "".join(_DIGITS[value // 36**place % 36] for place in reversed(range(size)))


def from_text(text: str) -> Entry:
    """What `to_text` wrote."""
    *matches, written, reference, length = (int(digit, 36) for digit in text[: ORDERS + 3])
    totals = tuple(max(0, written - n) for n in range(ORDERS))
    log_prob = -int(text[ORDERS + 3 :], 36) * SMALLEST
    return Entry(log_prob, length, BleuCounts(tuple(matches), totals, written, reference))


def lists_to_text(lists: Sequence[Sequence[Entry]]) -> str:
    """A corpus: the entries of a sentence one after the other, sentences apart by a space."""
    return " ".join("".join(map(to_text, entries)) for entries in lists)


def lists_from_text(text: str) -> list[list[Entry]]:
    """What `lists_to_text` wrote."""
    return [[from_text(item) for item in parts(sentence)] for sentence in text.split()]


def parts(sentence: str) -> list[str]:
    """The entries of a sentence, each as text."""
    return [sentence[k : k + SIZE] for k in range(0, len(sentence), SIZE)]
