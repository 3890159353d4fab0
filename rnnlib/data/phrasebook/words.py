"""Words with their tags, phrases, and phrases in both languages."""

from functools import cache
from typing import NamedTuple


class Word(NamedTuple):
    """A token before spelling.

    Attributes:
        text: the word in lower case (names keep their capital).
        tag: its part of speech (Universal Dependencies' names); OWN is a possessive that follows the subject.
        mark: the grammatical phenomenon that this word shows, or "".
    """

    text: str
    tag: str
    mark: str = ""


Phrase = tuple[Word, ...]


@cache
def tagged(text: str) -> Phrase:
    """The phrase written as `word/TAG` or `word/TAG/mark`, separated by spaces."""
    return tuple(Word(*word.split("/")) for word in text.split())


class Both(NamedTuple):
    """A phrase in both languages."""

    english: Phrase = ()
    french: Phrase = ()

    def __add__(self, other: "Both") -> "Both":  # type: ignore[override]
        """One after the other, in both languages."""
        return Both(self.english + other.english, self.french + other.french)


@cache
def both(text: str) -> Both:
    """The phrase pair written as `english = french`, each side as `tagged` reads it."""
    english, french = text.split("=")
    return Both(tagged(english), tagged(french))


def listed(text: str) -> list[str]:
    """The words of a text: a short list is easier to read so."""
    return text.split()


def rows(table: str, separator: str = "|") -> list[list[str]]:
    """The cells of a table written one row a line; empty lines do not count."""
    lines = (line for line in table.splitlines() if line.strip())
    return [[cell.strip() for cell in line.split(separator)] for line in lines]


class Subject(NamedTuple):
    """Who does it.

    Attributes:
        english, french: the phrase in either language.
        form: 0 to 5 for I, you (tu), he or she, we, you (vous), they: what verbs agree with.
        feminine, plural: what adjectives and participles agree with ('vous' said to one person is singular).
        call: how 'you' is addressed at the sentence's end, or nothing.
    """

    english: Phrase
    french: Phrase
    form: int
    feminine: bool = False
    plural: bool = False
    call: Both = Both()
