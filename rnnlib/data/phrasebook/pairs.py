"""The pairs: what a pair is, how sentences are spelled, and the whole Phrasebook."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import NamedTuple

from rnnlib.data.phrasebook import clauses, english, french, pronouns, questions, statements
from rnnlib.data.phrasebook.build import Draw
from rnnlib.data.phrasebook.structure import STRUCTURES, Structure
from rnnlib.data.phrasebook.words import Both, Phrase, both, listed

CHAPTERS = (statements, questions, pronouns, clauses)  # each enters its structures when it is imported
CHILDREN = set(listed("children girls boys boy girl"))
GROWN_UP = set(
    listed(
        "work smoking married jobs job drive wine beer coffee car cars flat house university bank report sofa"
    )
)
NARROW_SPACE = "\u202f"
FULL_STOP = both("./PUNCT = ./PUNCT")
TRIES = 6  # draws for each sentence that a structure is asked for


class Pair(NamedTuple):
    """An English sentence, its French translation, and what is known about them.

    Attributes:
        english, french: the sentences as one prints them, in NFC: the apostrophe is ', and a narrow
        no-break space
            (U+202F) stands before the French ? and !.
        english_tokens, french_tokens: their words and punctuation marks. "l'" and "-le" (donne-le) are
        tokens of their
            own, contractions such as "au" and "don't" are one; the first word keeps its capital.
        english_tags, french_tags: a part of speech for each token, with the names of Universal
        Dependencies: ADJ ADP ADV
            AUX CCONJ DET NOUN NUM PART PRON PROPN PUNCT SCONJ VERB.
        structure: the name of the structure that the pair comes from.
        phenomena: what the French shows, such as "negation", "clitic", "passe_compose_etre", "elision".
    """

    english: str
    french: str
    english_tokens: tuple[str, ...]
    french_tokens: tuple[str, ...]
    english_tags: tuple[str, ...]
    french_tags: tuple[str, ...]
    structure: str
    phenomena: frozenset[str]


def capital(phrase: Phrase) -> tuple[str, ...]:
    """The words, sentences (each but the last ends in a mark) beginning with a capital letter."""
    texts, begins = [], True
    for word in phrase:
        text = "I" if word.text == "I" else word.text
        texts.append(text[0].upper() + text[1:] if begins else text)
        begins = word.text in (".", "?", "!")
    return tuple(texts)


def spell_english(tokens: tuple[str, ...]) -> str:
    """The sentence, with a space before every word."""
    parts = [token if token in (",", ".", "?", "!", "'s") else " " + token for token in tokens]
    return "".join(parts)[1:]


def spell_french(tokens: tuple[str, ...]) -> str:
    """The sentence; no space follows an apostrophe, a narrow one stands before ? and !."""
    text = ""
    for token in tokens:
        if token in ("?", "!"):
            text += NARROW_SPACE + token
        elif token in (",", ".") or token.startswith("-") or not text or text.endswith("'"):
            text += token
        else:
            text += " " + token
    return text


def finished(drawn: Both) -> Both:
    """The sentence with its last mark, a or an, elision and contraction."""
    if drawn.english[-1].tag != "PUNCT":
        drawn += FULL_STOP
    return Both(english.articles(drawn.english), french.join_sounds(drawn.french))


def clumsy(sentence: Phrase) -> bool:
    """Whether the chance of drawing made something that nobody says.

    A name, noun or adjective that comes twice (Her aunt meets her aunt), `going to go`, children who drive
    to work.
    """
    texts = {word.text for word in sentence}
    if "going" in texts and "go" in texts or texts & CHILDREN and texts & GROWN_UP:
        return True
    telling = [word.text.rstrip("s") for word in sentence if word.tag in ("PROPN", "NOUN", "ADJ")]
    return len(set(telling)) < len(telling)


def make_pair(structure: Structure, drawn: Both) -> Pair:
    """The sentence of a structure as a pair, spelled."""
    english_tokens, french_tokens = capital(drawn.english), capital(drawn.french)
    phenomena = {word.mark for word in drawn.french if word.mark}
    if any(token[-1] == "'" for token in french_tokens):
        phenomena.add("elision")
    return Pair(
        spell_english(english_tokens),
        spell_french(french_tokens),
        english_tokens,
        french_tokens,
        tuple([word.tag for word in drawn.english]),
        tuple([word.tag for word in drawn.french]),
        structure.name,
        frozenset(phenomena),
    )


def draw_structure(structure: Structure, known: set[str]) -> list[Pair]:
    """As many new sentences as the structure is asked for, or as it has."""
    draw, found = Draw(structure.name), []
    for _ in range(TRIES * structure.size):
        drawn = structure.make(draw)
        text = " ".join([word.text for word in drawn.english])
        if text in known or clumsy(drawn.english):
            continue
        known.add(text)
        found.append(make_pair(structure, finished(drawn)))
        if len(found) == structure.size:
            break
    return found


@contextmanager
def no_collection() -> Iterator[None]:
    """Without garbage collection: it would go through all pairs made so far again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@cache
def _pairs() -> tuple[Pair, ...]:
    known: set[str] = set()
    with no_collection():
        found = [pair for structure in STRUCTURES.values() for pair in draw_structure(structure, known)]
    return tuple(sorted(found))


def load_phrasebook() -> list[Pair]:
    """All pairs, made from the grammar in this package: no file, no network.

    Every English sentence occurs once. `you` is tu (masculine), unless a name or a title at the end says
    otherwise: "..., Marie?" is tu and feminine, "..., sir?" is vous. `I` and `we` agree as masculine,
    `they` is ils unless only women are meant. Yes/no questions use est-ce que. Negative auxiliaries are
    contracted in English, nothing else is.

    Returns:
        The pairs in the order of their English sentences, the same on every machine.
    """
    return list(_pairs())
