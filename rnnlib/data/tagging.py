"""Sentences with a tag for each word, made so that one known word asks for the context on a known side."""

import hashlib
import itertools
import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any, Literal, NamedTuple

Side = Literal["left", "right", "both"]
SPLITS = ("train", "valid", "test")

TAGS = (
    "DET", "NOUN", "VERB", "AUX", "ADJ", "ADV", "ADP", "PRON", "NUM", "CONJ", "PART", "PERSON", "PLACE",
)  # fmt: skip
"""Universal part-of-speech tags, with proper names parted into people and places.

`DET` determiner (the, my), `NOUN` noun, days and months included, `VERB` verb, `AUX` be, do before another
verb, and the modals, `ADJ` adjective, standing for a noun too (the old), `ADV` adverb, a verb's particle too
(run out), `ADP` preposition, `PRON` pronoun, `NUM` number word, `CONJ` conjunction, `PART` to before a verb,
and not, `PERSON` and `PLACE` names.
"""


class Tagged(NamedTuple):
    """A sentence, a tag for each of its words, and the word whose form alone leaves the tag open.

    Attributes:
        words: the words as they are written, without punctuation.
        tags: a tag of `TAGS` for each.
        focus: the index of the ambiguous word.
        clue: the side of the focus on which stands what decides its tag: `"left"`, `"right"` or `"both"`
            (each side alone would do).
    """

    words: tuple[str, ...]
    tags: tuple[str, ...]
    focus: int
    clue: Side


def load_tagged(split: Literal["train", "valid", "test"] = "train") -> list[Tagged]:
    """Tagged sentences that come with the package, written for this book (no network needed).

    Sentences come in pairs, 2k and 2k + 1, that share the focus word and differ in its tag. Of a pair whose
    clue stands right, all words up to and including the focus are the same, so no reader from left to right
    is right about more than one of the two; of a pair whose clue stands left, all words from the focus on.
    A pair never parts, no sentence comes twice, and the words of `"valid"` and `"test"` all occur in
    `"train"`, in other combinations.

    Args:
        split: `"train"` (eight pairs of ten), `"valid"` or `"test"` (one of ten each).

    Returns:
        The sentences of the split, pairs in an order shuffled once and for all.

    Raises:
        ValueError: an unknown split.
    """
    if split not in SPLITS:
        raise ValueError(f"split is {split!r}, expected 'train', 'valid' or 'test'")
    return [sentence for pair in _splits()[split] for sentence in pair]


Pair = tuple[Tagged, Tagged]


@cache
def _splits() -> dict[str, tuple[Pair, ...]]:
    """The pairs of each split: one of ten to valid, one to test, unless train lacks a word of theirs."""
    text = resources.files("rnnlib.data").joinpath("tagging.txt").read_text(encoding="utf-8")
    shuffled = [pair for block in _blocks(text) for pair in sorted(block, key=_digest)]
    parts: dict[str, list[Pair]] = {split: [] for split in SPLITS}
    for place, pair in enumerate(shuffled):
        parts[{3: "valid", 8: "test"}.get(place % 10, "train")].append(pair)
    known = _words(parts["train"])
    for split in ("valid", "test"):
        strange = [pair for pair in parts[split] if not _words([pair]) <= known]
        parts[split] = [pair for pair in parts[split] if pair not in strange]
        parts["train"] += strange
    return {split: tuple(sorted(pairs, key=_digest)) for split, pairs in parts.items()}


def _words(pairs: list[Pair]) -> set[str]:
    return {word for pair in pairs for sentence in pair for word in sentence.words}


def _digest(pair: Pair) -> bytes:
    """Something to shuffle by that is the same on every machine."""
    return hashlib.sha256(" ".join(pair[0].words).encode()).digest()


# How the file is read; its head says what it means.
_HEAD = re.compile(r"(left|right|both) ([A-Za-z]+) ([A-Z]+) ([A-Z]+)")


def _blocks(text: str) -> Iterator[list[Pair]]:
    """Read the file: the pairs of each block."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    lexicon: dict[str, str] = {}
    block: list[str] = []
    for line in [*lines, ""]:
        entry = re.match(r"([A-Z]+): (.*)", line)
        if entry:
            lexicon |= dict.fromkeys(entry[2].split(), entry[1])
        elif block and (not line or _HEAD.fullmatch(line)):
            yield _read_block(block, lexicon)
            block = [line]
        else:
            block.append(line)


def _read_block(lines: list[str], lexicon: dict[str, str]) -> list[Pair]:
    head: Any = _HEAD.fullmatch(lines[0])
    clue, focus, *tags = head.groups()
    shared, rows = ("_", lines[1:]) if clue == "both" else (lines[1], lines[2:])
    sides = [side for part in shared.split(" | ") for side in _expand(part)]
    pairs: list[Any] = []
    for row in rows:
        first, second = map(_expand, row.split(" | "))
        for texts, side in itertools.product(zip(first, second, strict=True), sides):
            frames = [_frame(clue, side, text) for text in texts]
            pairs.append(
                tuple(_tag(f, focus, tag, clue, lexicon) for f, tag in zip(frames, tags, strict=True))
            )
    return pairs


def _frame(clue: str, shared: str, text: str) -> str:
    """The sentence with `_` in place of the focus."""
    if clue == "both":
        return text
    return f"{shared} _ {text}" if clue == "right" else f"{text} _ {shared}"


def _expand(part: str) -> list[str]:
    """All readings of the alternatives in brackets, in the order of an odometer."""
    pieces = [piece.split("/") for piece in re.split(r"\[(.*?)\]", part.strip())]
    return ["".join(chosen) for chosen in itertools.product(*pieces)]


def _tag(frame: str, focus: str, tag: str, clue: Side, lexicon: dict[str, str]) -> Tagged:
    tokens = [token for token in frame.split() if token != "~"]
    place = tokens.index("_")
    words, tags = [], []
    for token in tokens:
        word, _, told = token.partition("_")
        if token == "_":
            word, told = (focus[0].upper() + focus[1:] if place == 0 else focus), tag
        told = told or lexicon.get(word) or lexicon.get(word.lower(), "")
        if not told:
            raise ValueError(f"{word!r} in {frame!r} has no tag, expected it in the lexicon")
        words.append(word)
        tags.append(told)
    return Tagged(tuple(words), tuple(tags), place, clue)
