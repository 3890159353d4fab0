"""Short sentences that praise or complain: a packaged set for many-to-one classification."""

from importlib import resources
from typing import NamedTuple


class Sentence(NamedTuple):
    """A sentence and what it says.

    Attributes:
        text: 4 to 16 words of a-z, separated by single spaces, some followed by a comma.
        label: 1 where it praises (positive), 0 where it complains (negative).
    """

    text: str
    label: int


def load_sentences() -> list[Sentence]:
    """The sentences that come with the package, written for this book (no network needed).

    In four of ten the words alone do not tell the label: "the plot was not dull at all", "we won the first
    game and lost the last". Where a sentence weighs two sides, its main clause decides, and of two joined by
    "but" the last one. Many have a counterpart of nearly the same words and the other label. The order is
    shuffled once and for all, so that a cut anywhere makes a fair split.

    Returns:
        All sentences, in the file's order.
    """
    text = resources.files("rnnlib.data").joinpath("sentences.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines())  # label, sentence
    return [Sentence(sentence, int(label)) for label, sentence in rows]
