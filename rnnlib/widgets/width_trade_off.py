"""Width trade-off: what a wider beam and a length penalty do to the model's score, and to translations.

The packaged translator translated a thousand held-out sentences with beams of eight widths, and
`benchmarks/width.py` stored, for each width and sentence, the translations that win by some length penalty.
The reader chooses width, alpha and penalty; the lists are ranked anew, and mean log p, length ratio and BLEU
of the winners are shown against the width, beside the curve that Britz et al. 2017 published. Four sentences
show their winners. The page repeats `rnnlib.widgets.width_lists` and `rnnlib.bleu`; tests hold the two
together.
"""

import math
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import traitlets

from rnnlib import results
from rnnlib.search import PENALTIES
from rnnlib.widgets.base import Widget, choice, decimals, number, svg_image, svg_text
from rnnlib.widgets.width_lists import (
    ALPHAS,
    WIDTHS,
    Entry,
    Figures,
    best,
    figures,
    lists_from_text,
    to_text,
)

STORED = "width"
# Britz et al. 2017, English to German: BLEU by width, and for one width with a length penalty of 1.0.
PUBLISHED = {1: 20.66, 3: 21.55, 5: 21.60, 10: 21.57, 25: 21.47, 100: 21.10}
PUBLISHED_WITH_PENALTY = (10, 1.0, 21.80)
# What the reader chooses -> the sentence of which the benchmark stored the texts.
EXAMPLES = {
    "patience": "All we need is a little patience.",
    "lose": "We never lose.",
    "headache": "She had a headache from lack of sleep.",
    "tower": "The tower is fifteen metres tall.",
}


class WidthTradeOff(Widget):
    """Mean log p, length ratio and BLEU against beam width, for a length penalty; winners of some sentences.

    Attributes:
        width: of the beam that is looked at: 1, 2, 3, 5, 10, 25, 50 or 100. Hash: `width=100`.
        alpha: of the length penalty, 0 to 2, rounded to tenths. Hash: `alpha=0`.
        penalty: "power" for L^alpha, "gnmt" for ((5 + L) / 6)^alpha. Hash: `penalty=gnmt`.
        example: whose translations are listed: "patience", "lose", "headache" or "tower". Hash:
            `example=lose`.
    """

    module = "width_trade_off"

    width = choice(10, list(WIDTHS))
    alpha = number(1.0, min(ALPHAS), max(ALPHAS), step=0.1)
    penalty = choice("power", list(PENALTIES))
    example = choice("patience", list(EXAMPLES))

    @traitlets.validate("alpha")
    def _in_tenths(self, proposal: Any) -> Any:
        """The lists hold the winners of whole tenths only."""
        return math.floor(10 * proposal["value"] + 0.5) / 10

    def make_payload(self) -> dict[str, Any]:
        """Lists, examples and the published curve."""
        stored = load_stored()
        return {
            "widths": list(WIDTHS),
            "alphas": list(ALPHAS),
            "lists": pack(stored.lists),
            "examples": {
                name: {
                    "source": example.source,
                    "references": example.references,
                    "place": example.place,
                    "texts": [example.texts[entry] for entry in distinct(stored.lists, example.place)],
                }
                for name, example in stored.examples.items()
            },
            "published": [[width, bleu] for width, bleu in PUBLISHED.items()],
            "published_with_penalty": list(PUBLISHED_WITH_PENALTY),
            "interval": stored.interval,
        }

    def figures(self) -> dict[int, Figures]:
        """Of every width, by the present penalty."""
        return corpus_figures(self.alpha, self.penalty)

    def winner(self) -> str:
        """What the chosen width writes for the chosen sentence."""
        stored = load_stored()
        example = stored.examples[self.example]
        entries = stored.lists[self.width][example.place]
        return example.texts[entries[best(entries, self.alpha, self.penalty)]]

    def table(self) -> tuple[str, list[str], list[list[str]]]:
        """The figures of every width, and the published BLEU."""
        plain = corpus_figures(0.0, self.penalty)
        rows = [
            [
                str(width),
                decimals(now.log_prob, 3),
                decimals(now.length_ratio, 3),
                decimals(now.bleu, 2),
                decimals(plain[width].bleu, 2),
                decimals(PUBLISHED[width], 2) if width in PUBLISHED else "–",
            ]
            for width, now in self.figures().items()
        ]
        header = ["width", "mean log p", "length ratio", "BLEU", "BLEU, α = 0", "Britz et al. 2017"]
        return f"{load_stored().num_sentences} sentences, {self._penalty_text()}", header, rows

    def _penalty_text(self) -> str:
        return f"length penalty {PENALTY_TEXTS[self.penalty]}, α = {decimals(self.alpha, 1)}"

    def still(self) -> str:
        """Log p, length ratio and BLEU against the width, with and without the penalty, as SVG."""
        now, plain = self.figures(), corpus_figures(0.0, self.penalty)
        first, last = (now[width] for width in (WIDTHS[0], WIDTHS[-1]))
        label = (
            f"Against the beam's width, 1 to 100, {self._penalty_text()}: mean log p from "
            f"{decimals(first.log_prob, 2)} to {decimals(last.log_prob, 2)}, length ratio from "
            f"{decimals(first.length_ratio, 3)} to {decimals(last.length_ratio, 3)}, BLEU from "
            f"{decimals(first.bleu, 2)} to {decimals(last.bleu, 2)}. "
            f"Width {self.width} writes “{self.winner()}”"
        )
        return draw_figures(now, plain, self.width, f"— {self._penalty_text()}, - - α = 0", label)


PENALTY_TEXTS = {"power": "L^α", "gnmt": "((5 + L) / 6)^α"}

# ---- what is stored --------------------------------------------------------------------------------------


class Example(NamedTuple):
    """A sentence whose translations are stored as texts.

    Attributes:
        place: its place in the corpus.
        texts: of the entries of all its lists.
    """

    source: str
    references: list[str]
    place: int
    texts: dict[Entry, str]


class Stored(NamedTuple):
    """What `benchmarks/width.py` found.

    Attributes:
        lists: width -> for each sentence its entries.
        interval: of the widest beam's BLEU without a penalty, lowest and highest of 95 % of the corpora that
            were drawn from these sentences.
    """

    num_sentences: int
    lists: dict[int, list[list[Entry]]]
    examples: dict[str, Example]
    interval: tuple[float, float]


@cache
def load_stored() -> Stored:
    """The stored lists and examples."""
    stored = results.load(STORED)
    runs = [stored.select(width=width)[0] for width in WIDTHS]
    lists = {run["width"]: lists_from_text(run["lists"]) for run in runs}
    texts: dict[str, dict[Entry, str]] = {source: {} for source in EXAMPLES.values()}
    about = {example["source"]: example for example in runs[0]["examples"]}
    for run in runs:
        for example in run["examples"]:
            entries = lists[run["width"]][example["place"]]
            texts[example["source"]] |= dict(zip(entries, example["texts"], strict=True))
    examples = {
        name: Example(source, about[source]["references"], about[source]["place"], texts[source])
        for name, source in EXAMPLES.items()
    }
    interval = (runs[-1]["bleu_low"], runs[-1]["bleu_high"])
    return Stored(len(lists[WIDTHS[0]]), lists, examples, interval)


@cache
def corpus_figures(alpha: float, penalty: str) -> dict[int, Figures]:
    """The figures of every width."""
    return {width: figures(lists, alpha, penalty) for width, lists in load_stored().lists.items()}


def distinct(lists: dict[int, list[list[Entry]]], place: int) -> list[Entry]:
    """A sentence's entries in the lists of all widths, each once, by rising length and falling log p."""
    found = {entry for of_width in lists.values() for entry in of_width[place]}
    return sorted(found, key=lambda entry: (entry.length, -entry.log_prob, entry.counts))


def pack(lists: dict[int, list[list[Entry]]]) -> str:
    """All lists in one text, each entry once: its digits, and two of base 16 for the widths that have it.

    The first width is the lowest bit. Sentences stand apart by a space.
    """
    sentences = []
    for place in range(len(lists[WIDTHS[0]])):
        items = []
        for entry in distinct(lists, place):
            having = [entry in lists[width][place] for width in WIDTHS]
            items.append(f"{to_text(entry)}{sum(has << bit for bit, has in enumerate(having)):02x}")
        sentences.append("".join(items))
    return " ".join(sentences)


# ---- the still -------------------------------------------------------------------------------------------

PANEL, GAP, HEIGHT, TOP, BOTTOM, FONT = 170, 52, 210, 44, 40, 13
PANELS: tuple[tuple[str, Callable[[Figures], float], int], ...] = (
    ("mean log p", lambda found: found.log_prob, 2),
    ("length ratio", lambda found: found.length_ratio, 3),
    ("BLEU", lambda found: found.bleu, 1),
)


def draw_figures(
    now: dict[int, Figures], plain: dict[int, Figures], width: int, legend: str, label: str
) -> str:
    """Three panels over a logarithmic axis of widths; a ring at the chosen one."""
    drawn = []
    for k, (title, read, digits) in enumerate(PANELS):
        lines = [[read(found) for found in corpus.values()] for corpus in (now, plain)]
        panel = draw_panel(lines, WIDTHS.index(width), digits)
        drawn.append(f'<g transform="translate({GAP + k * (PANEL + GAP)} 0)">{panel}</g>')
        drawn.append(svg_text(GAP + k * (PANEL + GAP), 16, title, anchor="start", weight=600))
    whole = len(PANELS) * (PANEL + GAP) + 16
    drawn.append(svg_text(whole / 2, HEIGHT + 18, f"against the width of the beam: {legend}"))
    return svg_image(whole, HEIGHT + 26, label, drawn, font_size=FONT)


def draw_panel(lines: list[list[float]], chosen: int, digits: int) -> str:
    """The chosen penalty's line, and that of alpha 0, dashed."""
    low, high = min(map(min, lines)), max(map(max, lines))
    base = HEIGHT - BOTTOM
    places = [PANEL * math.log(width) / math.log(WIDTHS[-1]) for width in WIDTHS]

    def y(value: float) -> float:
        return base - (base - TOP) * (value - low) / (high - low or 1)

    parts = [f'<path d="M0 {base + 8}H{PANEL}" stroke="currentColor" stroke-opacity="0.4"/>']
    parts += [svg_text(place, base + 24, str(WIDTHS[k])) for k, place in enumerate(places) if k % 2 or not k]
    parts += [svg_text(-6, y(value) + 4, decimals(value, digits), anchor="end") for value in (low, high)]
    for values, colour, dash in zip(lines, ("#8a63d2", "currentColor"), ("", "5 4"), strict=True):
        points = " ".join(f"{x:.1f},{y(value):.1f}" for x, value in zip(places, values, strict=True))
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2" '
            f'stroke-dasharray="{dash}"/>'
        )
    ring = f'cx="{places[chosen]:.1f}" cy="{y(lines[0][chosen]):.1f}" r="5"'
    return "".join([*parts, f'<circle {ring} fill="none" stroke="#8a63d2" stroke-width="2"/>'])
