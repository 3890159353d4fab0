"""Two ways to hold out pairs: sentences at random, and whole constructions."""

import hashlib
from collections.abc import Collection, Iterable
from typing import NamedTuple

from rnnlib.data.phrasebook.pairs import Pair

HELD_OUT = tuple(
    frozenset(parts.split())
    for parts in (
        "negation clitic passe_compose_avoir",  # je ne l'ai pas vue
        "negation clitic imperative",  # ne la ferme pas
        "negation reflexive passe_compose_etre",  # elle ne s'est pas levée
        "question relative_qui",  # est-ce que tu connais la femme qui chante
        "reflexive wh_question",  # où est-ce que tu te promènes
        "clitic_indirect futur_proche",  # nous allons lui parler
    )
)
"""The constructions that `split_constructions` holds out unless told otherwise: about 4 % of the pairs."""


class Split(NamedTuple):
    """Three lists of pairs; no English sentence is in two of them."""

    train: list[Pair]
    valid: list[Pair]
    test: list[Pair]


def place_of(text: str, seed: int) -> bytes:
    """Where a sentence comes in an order shuffled by `seed`, the same on every machine."""
    return hashlib.blake2b(f"{seed}\n{text}".encode(), digest_size=8).digest()


def check_share(name: str, value: float) -> None:
    """A share is at least 0 and below 1."""
    if not 0 <= value < 1:
        raise ValueError(f"{name} is {value}, expected at least 0 and below 1")


def split_sentences(pairs: Iterable[Pair], valid: float = 0.05, test: float = 0.05, seed: int = 0) -> Split:
    """Hold out sentences at random.

    The order depends on the English sentence and the seed alone: a sentence keeps its place whatever other
    pairs there are, and pairs with the same English stay together.

    Args:
        pairs: what to split.
        valid, test: the shares held out, each at least 0, together below 1.
        seed: another seed holds out other sentences.

    Raises:
        ValueError: shares out of range.
    """
    check_share("valid", valid)
    check_share("test", test)
    check_share("valid + test", valid + test)
    pairs = list(pairs)
    order = sorted({pair.english for pair in pairs}, key=lambda text: place_of(text, seed))
    ends = round(test * len(order)), round((test + valid) * len(order))
    tested, validated = set(order[: ends[0]]), set(order[ends[0] : ends[1]])
    split = Split([], [], [])
    for pair in pairs:
        part = (
            split.test
            if pair.english in tested
            else split.valid
            if pair.english in validated
            else split.train
        )
        part.append(pair)
    return split


def split_constructions(
    pairs: Iterable[Pair],
    held_out: Collection[Collection[str]] = HELD_OUT,
    valid: float = 0.05,
    seed: int = 0,
) -> Split:
    """Hold out constructions: every pair that shows all phenomena of one of `held_out` goes to the test part.

    Each phenomenon of a construction occurs in training, only never all of them together: the test asks
    whether a translator can put together what it knows.

    Args:
        pairs: what to split.
        held_out: constructions, each a collection of two or more phenomena.
        valid: the share of the other pairs that goes to `valid`, at random, as `split_sentences` does.
        seed: for that share.

    Raises:
        ValueError: a construction of fewer than two phenomena, or that no pair shows, or with a phenomenon
            that no training pair shows.
    """
    pairs = list(pairs)
    constructions = [frozenset(construction) for construction in held_out]
    test = [pair for pair in pairs if any(parts <= pair.phenomena for parts in constructions)]
    tested = {pair.english for pair in test}
    rest = split_sentences([pair for pair in pairs if pair.english not in tested], valid, 0, seed)
    trained = frozenset().union(*(pair.phenomena for pair in rest.train))
    for parts in constructions:
        if len(parts) < 2:
            raise ValueError(f"held_out has {sorted(parts)}, expected at least two phenomena")
        if not any(parts <= pair.phenomena for pair in test):
            raise ValueError(f"held_out has {sorted(parts)}, which no pair shows together")
        if missing := sorted(parts - trained):
            raise ValueError(f"held_out leaves no training pair that shows {missing}")
    return Split(rest.train, rest.valid, test)
