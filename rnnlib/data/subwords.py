"""Subwords: byte-pair merges, learnt from the words of a corpus (Sennrich et al. 2016)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from rnnlib.errors import check_size

Merge = tuple[str, str]


def learn_merges(counts: Mapping[str, int], num_merges: int) -> list[Merge]:
    """The merges of a corpus, in the order in which they are learnt.

    Every word starts as its characters. Again and again the most frequent pair of neighbours becomes one
    symbol; of equally frequent pairs it is the one whose symbols are older, characters being as old as their
    code points. It ends early where no pair is left.

    Args:
        counts: how often each word occurs.
        num_merges: at least 1.

    Returns:
        (left, right) of each merge: the same as the `tokenizers` library's `BpeTrainer` learns.

    Raises:
        ValueError: no word, or a number of merges below 1.
    """
    check_size("num_merges", num_merges)
    if not counts:
        raise ValueError("counts is empty, expected at least one word")
    words = {word: list(word) for word in counts}
    age = {symbol: k for k, symbol in enumerate(sorted({c for word in words for c in word}))}
    pairs: Counter[Merge] = Counter()  # how often each pair occurs
    places: dict[Merge, set[str]] = {}  # the words that hold it
    for word in words:
        _count(words[word], word, counts[word], pairs, places)
    merges: list[Merge] = []
    while len(merges) < num_merges and pairs:
        best = min(pairs, key=lambda pair: (-pairs[pair], age[pair[0]], age[pair[1]]))
        if pairs[best] < 1:
            break
        merges.append(best)
        age.setdefault("".join(best), len(age))
        for word in list(places[best]):
            _count(words[word], word, -counts[word], pairs, places)
            words[word] = merge(words[word], best)
            _count(words[word], word, counts[word], pairs, places)
    return merges


def _count(
    symbols: list[str], word: str, count: int, pairs: Counter[Merge], places: dict[Merge, set[str]]
) -> None:
    """Enter a word's pairs, or with a negative count take them out."""
    for pair in pairwise(symbols):
        pairs[pair] += count
        places.setdefault(pair, set()).add(word)
        if count < 0:
            places[pair].discard(word)
            if pairs[pair] <= 0:
                del pairs[pair]


def merge(symbols: Sequence[str], pair: Merge) -> list[str]:
    """Make one symbol of each such pair of neighbours, from left to right."""
    merged: list[str] = []
    joined = False  # whether the last one was made just now
    for symbol in symbols:
        if merged and (merged[-1], symbol) == pair and not joined:
            merged[-1] += symbol
            joined = True
        else:
            merged.append(symbol)
            joined = False
    return merged


class Subwords:
    """Cuts words into the pieces that merges build.

    Args:
        merges: as `learn_merges` returns them.
    """

    def __init__(self, merges: Iterable[Merge]) -> None:
        self.merges = list(merges)
        self._rank = {pair: k for k, pair in enumerate(self.merges)}
        self.pieces = lru_cache(maxsize=100_000)(self._pieces)

    def _pieces(self, word: str) -> tuple[str, ...]:
        """The pieces of a word: of the merges that apply the oldest is made first."""
        symbols = list(word)
        while len(symbols) > 1:
            best = min(pairwise(symbols), key=lambda pair: self._rank.get(pair, len(self._rank)))
            if best not in self._rank:
                break
            symbols = merge(symbols, best)
        return tuple(symbols)
