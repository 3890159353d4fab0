"""BLEU bench: what one candidate scores by each of the definitions that all go by the name of BLEU.

The reader types a translation and its right answers. Shown are the n-grams that count, clipped by the
references, each p_n, the brevity penalty and the score, with the numbers put in; beside it the scores of the
same text by the other definitions, with other longest n-grams and cut into other tokens. The numbers are
those of `rnnlib.bleu`; tests hold the page's against it and against sacreBLEU.
"""

import re
from typing import Any, NamedTuple

import traitlets

from rnnlib.bleu import (
    SMOOTHING_VALUES,
    BleuCounts,
    Smoothing,
    Tokens,
    bleu_counts,
    bleu_of,
    brevity_penalty,
    precisions,
    tutorial_bleu,
)
from rnnlib.widgets.base import Widget, choice, decimals, flag, number, svg_image, svg_text, text

LONGEST, LONGEST_REFERENCES, MOST_ORDERS = 200, 600, 4
SMOOTHINGS: list[Smoothing] = list(SMOOTHING_VALUES)
DEFINITIONS = ["geometric", "tutorial"]
TOKENS = ["spaces", "13a"]
NAMES = {
    "none": "no smoothing",
    "floor": "floor, 0.1",
    "add-k": "add-k, 1",
    "exp": "exp",
    "effective": "exp, sentence",
    "tutorial": "tutorial",
}


class Reading(NamedTuple):
    """A candidate and its references as tokens."""

    candidate: list[str]
    references: list[list[str]]


class BleuBench(Widget):
    """One candidate against its references: n-grams that count, precisions, brevity penalty, many scores.

    Attributes:
        candidate: the text that is judged, at most 200 characters. Hash: `candidate=the+cat`.
        references: right answers, one a line, at most 600 characters. Hash: `references=one%0Aanother`.
        second, second_references: another sentence, which is added up with the first to a corpus.
        max_order: the longest n-grams N, 1 to 4. Hash: `max_order=2`.
        smoothing: "none", "floor" (0.1), "add-k" (1) or "exp". Hash: `smoothing=none`.
        definition: "geometric" (Papineni 2002 and sacreBLEU) or "tutorial", brevity penalty times the product
            of p_n^(1 / 2^n), of the first reference and never smoothed. Hash: `definition=tutorial`.
        tokens: "spaces", or "13a": marks apart, as sacreBLEU's tokeniser of that name. Hash: `tokens=13a`.
        lowercase: whether all is put into lower case first. Hash: `lowercase=true`.

    Raises:
        traitlets.TraitError: no reference. (The page says so instead.)
    """

    module = "bleu_bench"

    candidate = text("the cat sat on the mat", LONGEST)
    references = text("the cat is on the mat", LONGEST_REFERENCES)
    second = text("the dog sleeps in the garden behind the house", LONGEST)
    second_references = text("the dog sleeps in the garden behind the house", LONGEST_REFERENCES)
    max_order = number(4, 1, MOST_ORDERS, step=1)
    smoothing = choice("exp", list[str](SMOOTHINGS))
    definition = choice("geometric", DEFINITIONS)
    tokens = choice("spaces", TOKENS)
    lowercase = flag(False)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        for name in ("references", "second_references"):
            if not lines_of(getattr(self, name)):
                raise traitlets.TraitError(f"{name} is {getattr(self, name)!r}, expected at least one line")

    def reading(self) -> Reading:
        """The first sentence as tokens."""
        return self._read(self.candidate, self.references)

    def _read(self, candidate: str, references: str) -> Reading:
        def cut(text: str) -> list[str]:
            return tokens_of(text, self.tokens, self.lowercase)

        return Reading(cut(candidate), [cut(line) for line in lines_of(references)])

    def counts(self) -> BleuCounts:
        """What the chosen definition counts in the first sentence; the tutorial's against one reference."""
        candidate, references = self.reading()
        if self.definition == "geometric":
            return bleu_counts(candidate, references, self.max_order)
        return bleu_counts(candidate, references[:1], max(1, min(self.max_order, len(candidate))))

    def precisions(self) -> list[float]:
        """p_n of the chosen definition."""
        return precisions(self.counts(), self.smoothing if self.definition == "geometric" else "none")

    def scores(self) -> dict[str, list[float]]:
        """The first sentence's score by each definition, for N = 1 to 4."""
        return scores_of(*self.reading())

    def score(self) -> float:
        """The first sentence's score by the chosen definition."""
        return float(self.scores()[self.chosen()][self.max_order - 1])

    def chosen(self) -> str:
        """The chosen definition's name in `scores`."""
        return "tutorial" if self.definition == "tutorial" else self.smoothing

    def corpus(self) -> tuple[float, float, float]:
        """BLEU of both sentences, and of the corpus of both, by the geometric mean."""
        texts = (self.reading(), self._read(self.second, self.second_references))
        counts = [bleu_counts(*one, self.max_order) for one in texts]
        one, two, both = (bleu_of(c, self.smoothing) for c in (*counts, added(*counts)))
        return one, two, both

    def table(self) -> tuple[str, list[str], list[list[str]]]:
        """The scores by definition and N."""
        rows = [
            [NAMES[name], *(decimals(value, 4) for value in values)] for name, values in self.scores().items()
        ]
        answers = " or ".join(f"“{line.strip()}”" for line in lines_of(self.references))
        caption = f"Scores of “{' '.join(self.candidate.split())}” against {answers}"
        return caption, ["definition", *(f"N = {n}" for n in range(1, MOST_ORDERS + 1))], rows

    def still(self) -> str:
        """What counts for each n, and a bar for the score by each definition, as SVG."""
        counts, p = self.counts(), self.precisions()
        penalty = brevity_penalty(counts.candidate_length, counts.reference_length)
        scores = {name: values[self.max_order - 1] for name, values in self.scores().items()}
        parts = [svg_text(0, 16, "N-grams that count", anchor="start", weight=600)]
        for n, (matches, total, value) in enumerate(zip(counts.matches, counts.totals, p, strict=True), 1):
            line = f"{n}-grams: {matches} of {total}, p = {decimals(value, 4)}"
            parts.append(svg_text(0, 16 + ROW * n, line, anchor="start"))
        y = 16 + ROW * (len(p) + 1)
        lengths = f"{counts.candidate_length} tokens, the reference {counts.reference_length}"
        parts.append(svg_text(0, y, f"Brevity penalty {decimals(penalty, 6)}: {lengths}", anchor="start"))
        y += 2 * ROW
        parts.append(svg_text(0, y, f"Scores for N = {self.max_order}", anchor="start", weight=600))
        for name, value in scores.items():
            y += ROW
            parts += bar(y, NAMES[name], value, chosen=name == self.chosen())
        label = (
            f"Of {counts.totals[0]} tokens {counts.matches[0]} count. The score by the chosen definition, "
            f"{NAMES[self.chosen()]}, is {decimals(self.score(), 4)}; by the others for N = {self.max_order} "
            f"it goes from {decimals(min(scores.values()), 4)} to {decimals(max(scores.values()), 4)}."
        )
        return svg_image(WIDTH, y + 10, label, parts, font_size=FONT)


# ---- texts -----------------------------------------------------------------------------------------------


def lines_of(text: str) -> list[str]:
    """The lines of a text that hold more than spaces."""
    return [line for line in re.split(r"\r\n|\r|\n", text) if line.split()]


def tokens_of(text: str, tokens: str = "spaces", lowercase: bool = False) -> list[str]:
    """The tokens of a text, as sacreBLEU cuts it.

    Args:
        text: any text.
        tokens: "spaces" (sacreBLEU's `none`), or "13a": marks stand apart, but not the apostrophe, the hyphen
            in a word, and , or . in a number.
        lowercase: whether it is put into lower case first.
    """
    trimmed = (text.lower() if lowercase else text).rstrip()
    return (_marks_apart(trimmed) if tokens == "13a" else trimmed).split()


_ENTITIES = {"&quot;": '"', "&amp;": "&", "&lt;": "<", "&gt;": ">"}
_APART = [
    (r"([{-~\[-` -&(-+:-@/])", r" \1 "),
    (r"([^0-9])([.,])", r"\1 \2 "),  # unless a digit stands before
    (r"([.,])([^0-9])", r" \1 \2"),  # unless a digit follows
    (r"([0-9])(-)", r"\1 \2 "),
]


def _marks_apart(line: str) -> str:
    line = line.replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    for name, sign in _ENTITIES.items():
        line = line.replace(name, sign)
    line = f" {line} "
    for pattern, spaced in _APART:
        line = re.sub(pattern, spaced, line)
    return line


# ---- scores ----------------------------------------------------------------------------------------------


def scores_of(candidate: Tokens, references: list[list[str]]) -> dict[str, list[float]]:
    """The score by each definition, for N = 1 to 4.

    Returns:
        By smoothing the geometric mean; `effective`: with `exp`, without orders of which the candidate has no
        n-gram; `tutorial`: d2l's product against the first reference.
    """
    orders = range(1, MOST_ORDERS + 1)
    counts = {n: bleu_counts(candidate, references, n) for n in orders}
    existing = {n: counts[max(1, min(n, len(candidate)))] for n in orders}
    return {
        **{name: [bleu_of(counts[n], name) for n in orders] for name in SMOOTHINGS},
        "effective": [bleu_of(existing[n], "exp") for n in orders],
        "tutorial": [tutorial_bleu(candidate, references[0], n) for n in orders],
    }


def added(one: BleuCounts, other: BleuCounts) -> BleuCounts:
    """The counts of two sentences together."""
    return BleuCounts(
        tuple(a + b for a, b in zip(one.matches, other.matches, strict=True)),
        tuple(a + b for a, b in zip(one.totals, other.totals, strict=True)),
        one.candidate_length + other.candidate_length,
        one.reference_length + other.reference_length,
    )


# ---- the still -------------------------------------------------------------------------------------------

WIDTH, ROW, FONT, LEFT, ROOM = 440, 22, 13, 110, 220


def bar(y: float, name: str, value: float, *, chosen: bool) -> list[str]:
    """A definition's name, its score as a bar and as a number; the chosen one is bold and marked."""
    weight = 700 if chosen else 400
    mark = " ◂ chosen" if chosen else ""
    place = f'x="{LEFT}" y="{y - 11}" height="13"'
    frame = 'fill="none" stroke="currentColor" stroke-opacity="0.4"'
    return [
        svg_text(0, y, name, anchor="start", weight=weight),
        f'<rect {place} width="{ROOM}" {frame}/>',
        f'<rect {place} width="{ROOM * value:.1f}" fill="#2f7fd1"/>',
        svg_text(LEFT + ROOM + 6, y, f"{decimals(value, 3)}{mark}", anchor="start", weight=weight),
    ]
