"""Left and right context: which words a state of a bidirectional layer has read, and what that is good for.

The reader types a sentence and blanks or edits word k. Two lanes of states show what the edit changes:
forward states from word k on, backward states up to word k, and no other. Two trained models fill the blank:
one from the words on the left, one from both sides, out of the two states that stand beside the place and
have not read it. A third read-out takes the states at the place, which have read the answer: the cheat.
`benchmarks/fill_in.py` trained the models on the sentences that come with the package.
"""

import hashlib
import json
import math
import re
from functools import cache
from typing import Any, NamedTuple

import torch
import traitlets
from torch import Tensor
from torch.nn.functional import linear

from rnnlib.cells import gru_step, project_input
from rnnlib.widgets import loader
from rnnlib.widgets.base import Widget, choice, decimals, number, svg_image, svg_text, text
from rnnlib.widgets.story_writer import ranked, unpacked

LONGEST, LONGEST_EDIT, MOST_WORDS, LISTED = 160, 24, 16, 6
UNKNOWN, BLANK = "<unk>", "____"
STORED = "fill_in"  # the weights' name
READOUTS = ["around", "at", "last", "summary"]
# Stored name -> name in `benchmarks.fill_in.FillIn`, in the order in which they are stored.
PARAMETERS = {
    "embedding": "embedding.weight",
    **{
        f"{model}_{part}{end}": f"{model}_rnn.{part}_l0{end}"
        for model, ends in {"uni": [""], "bi": ["", "_reverse"]}.items()
        for end in ends
        for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    },
    **{
        f"{read_out}_{ours}": name.format(read_out)
        for read_out in ("uni", "around", "at")
        for ours, name in {
            "projection": "projections.{}.weight",
            "projection_bias": "projections.{}.bias",
            "bias": "biases.{}",
        }.items()
    },
}
_WORD = re.compile("""[^ \\t\\n\\r,.;:!?"“”()]+|,""")


class LeftRight(Widget):
    """Two lanes of states over the reader's sentence; one word is blanked or edited, and what changed is lit.

    Attributes:
        sentence: the reader's sentence, at most 160 characters and 16 words. Hash: `sentence=she+sold+it`.
        k: the word that is blanked or edited, counted from 1, at most 16. Hash: `k=3`.
        edit: the word put in its place, at most 24 characters; empty for a blank. Hash: `edit=river`.
        readout: `"around"` (the states before and after word k), `"at"` (those at word k, which have read
            it), `"last"` (`output[-1]`) or `"summary"` (`h_n`). Hash: `readout=at`.
        weights: the stored weights, for the page in a kernel; a built page loads them from a script.

    Raises:
        traitlets.TraitError: a sentence without a word or with more than 16, a `k` beyond its words, an edit
            of more than one word. (The page takes what it can of them and says so.)
    """

    module = "left_right"

    sentence = text("the cooking course was good from the first minute", LONGEST)
    k = number(2, 1, MOST_WORDS, step=1)
    edit = text("", LONGEST_EDIT)
    readout = choice("around", READOUTS)
    weights = traitlets.Dict().tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        try:
            self.reading()
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from error

    @traitlets.default("weights")
    def _default_weights(self) -> dict[str, Any]:
        return loader.read_weights(STORED)

    def make_payload(self) -> dict[str, Any]:
        """The model card, limits, and the script that holds the weights."""
        version = hashlib.sha256(json.dumps(loader.read_weights(STORED)).encode()).hexdigest()[:8]
        return {
            "card": load_models().card,
            "listed": LISTED,
            "most": MOST_WORDS,
            "stored": STORED,
            "script": f"{loader.weight_script(STORED)}?v={version}",
        }

    def reading(self) -> "Reading":
        """The sentence before and after the edit.

        Raises:
            ValueError: see `read`.
        """
        return read(load_models(), self.sentence, self.k, self.edit)

    def guesses(self) -> dict[str, Tensor]:
        """Probabilities (V,) of every word at place k after the edit: `uni`, `around` and `at`."""
        reading = self.reading()
        return guess(load_models(), reading.edited_ids, reading.place)

    def table(self) -> tuple[str, list[str], list[list[str]]]:
        """The likeliest words at place k, from the left and from both sides, with their probabilities."""
        reading, found = self.reading(), self.guesses()
        right = "at" if self.readout == "at" else "around"
        names = {"uni": "from the left", right: AT if right == "at" else "from both sides"}
        lists = {name: ranked(found[name])[:LISTED] for name in names}
        rows = [[str(rank + 1), *self._cells(found, lists, rank)] for rank in range(LISTED)]
        caption = f"What may stand at word {reading.place + 1} of “{reading.blanked()}”"
        return caption, ["rank", *(head for label in names.values() for head in (label, "p"))], rows

    @staticmethod
    def _cells(found: dict[str, Tensor], lists: dict[str, list[int]], rank: int) -> list[str]:
        words = load_models().words
        return [
            cell
            for name, ids in lists.items()
            for cell in (words[ids[rank]], decimals(float(found[name][ids[rank]]), 4))
        ]

    def still(self) -> str:
        """Both lanes of states after the edit, each marked as changed or the same, as SVG."""
        reading = self.reading()
        before, after = (states(load_models(), ids) for ids in (reading.ids, reading.edited_ids))
        same = [
            [torch.equal(old, new) for old, new in zip(*lane, strict=True)]
            for lane in zip(before, after, strict=True)
        ]
        changed = [[str(t + 1) for t, kept in enumerate(lane) if not kept] for lane in same]
        label = (
            f"Word {reading.place + 1} of “{' '.join(reading.words)}” becomes “{reading.put or BLANK}”. "
            f"Changed forward states: at words {', '.join(changed[0]) or 'none'}. "
            f"Changed backward states: at words {', '.join(changed[1]) or 'none'}."
        )
        marks = marked(self.readout, reading.place, len(reading.words))
        return draw_lanes(reading, after, same, marks, label)


AT = "at the word itself (the cheat)"


# ---- sentences -------------------------------------------------------------------------------------------


def words_of(sentence: str) -> list[str]:
    """The words of a text in lower case, each comma a word of its own; other punctuation only separates."""
    return _WORD.findall(sentence.lower().replace("’", "'"))


class Reading(NamedTuple):
    """A sentence of T words before and after the edit.

    Attributes:
        words: T words. edited: the same with the edit, "" for a blank.
        ids, edited_ids: their ids; unknown words and the blank have `<unk>`'s, 0.
        place: where the edit stands, from 0.
        put: the word put there, "" for a blank.
        unknown: words that the models do not know, each once.
    """

    words: list[str]
    edited: list[str]
    ids: list[int]
    edited_ids: list[int]
    place: int
    put: str
    unknown: list[str]

    def blanked(self) -> str:
        """The sentence with a blank at the place."""
        return " ".join(BLANK if t == self.place else word for t, word in enumerate(self.words))


def read(models: "FillInModels", sentence: str, k: int, edit: str = "") -> Reading:
    """Cut a sentence into words and put an edit in its place.

    Args:
        models: whose words they are looked up in.
        sentence: any text with 1 to 16 words.
        k: the word that is edited, from 1.
        edit: the word put there; empty for a blank.

    Raises:
        ValueError: no word or too many, a position beyond the sentence, an edit of several words.
    """
    words, puts = words_of(sentence), words_of(edit)
    if not words:
        raise ValueError(f"sentence is {sentence!r}, expected at least one word")
    if len(words) > MOST_WORDS:
        raise ValueError(f"sentence has {len(words)} words, expected at most {MOST_WORDS}")
    if not 1 <= k <= len(words):
        raise ValueError(f"k is {k}, expected a position in the sentence, which has {len(words)} words")
    if len(puts) > 1:
        raise ValueError(f"edit is {edit!r}, expected one word, or nothing for a blank")
    put = puts[0] if puts else ""
    edited = [*words[: k - 1], put, *words[k:]]
    ids, edited_ids = ([models.ids.get(word, 0) for word in text] for text in (words, edited))
    unknown = [word for word in dict.fromkeys([*words, put]) if word and word not in models.ids]
    return Reading(words, edited, ids, edited_ids, k - 1, put, unknown)


# ---- the models ------------------------------------------------------------------------------------------


class FillInModels(NamedTuple):
    """Two GRUs over embedded words and their output layers, float64. V words, E embedding size, H units.

    Attributes:
        words: the V words, each at its id's place; the first is `<unk>`. ids: word -> id.
        card: what the models are, how they were made, how well they fill in.
        parameters: by stored name: `embedding` (V, E), `bi_weight_ih_reverse` (3H, E), `around_projection`
            (E, 2H), `around_bias` (V,) and so on, see `PARAMETERS`.
    """

    words: list[str]
    ids: dict[str, int]
    card: dict[str, Any]
    parameters: dict[str, Tensor]


@cache
def load_models() -> FillInModels:
    """The packaged models: weights of float16, held in float64."""
    stored = loader.read_weights(STORED)
    ids = {word: k for k, word in enumerate(stored["words"])}
    return FillInModels(stored["words"], ids, stored["card"], unpacked(stored))


class States(NamedTuple):
    """States (T, H) of both directions, each at its word: `forward[t]` has read words 0 to t, `backward[t]`
    words t to T - 1."""

    forward: Tensor
    backward: Tensor


@torch.no_grad()
def states(models: FillInModels, ids: list[int]) -> States:
    """The states of the bidirectional layer; beside each other they are torch's `output` (T, 2H)."""
    rightwards = _run(models.parameters, "bi", "", ids)[1:]  # (T, H)
    leftwards = _run(models.parameters, "bi", "_reverse", ids[::-1])[1:]  # (T, H), the last word's first
    return States(rightwards, leftwards.flip(0))


def _run(parameters: dict[str, Tensor], model: str, end: str, ids: list[int]) -> Tensor:
    """States (T + 1, H) of one direction over the ids in the order given, the first zero."""
    weight_ih, weight_hh, bias_ih, bias_hh = (
        parameters[f"{model}_{name}{end}"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    gi = project_input(parameters["embedding"][ids], weight_ih, bias_ih)  # (T, 3H)
    h = [torch.zeros(weight_hh.shape[1], dtype=torch.float64)]
    for gi_t in gi:
        h.append(gru_step(gi_t, h[-1], weight_hh, bias_hh).h)
    return torch.stack(h)


@torch.no_grad()
def guess(models: FillInModels, ids: list[int], place: int) -> dict[str, Tensor]:
    """Probabilities (V,) of every word at a place, from 0, by read-out.

    Returns:
        `uni`: the unidirectional model, from the state before the place. `around`: the bidirectional one,
        from the forward state before the place and the backward state after it. Neither has read the place's
        own word. `at`: from both states at the place, which have.
    """
    H = models.parameters["bi_weight_hh"].shape[1]
    forward, backward = states(models, ids)
    none = forward.new_zeros(1, H)
    before, after = torch.cat([none, forward[:-1]])[place], torch.cat([backward[1:], none])[place]  # (H,)
    return {
        "uni": _softmax(models, "uni", _run(models.parameters, "uni", "", ids)[place]),
        "around": _softmax(models, "around", torch.cat([before, after])),
        "at": _softmax(models, "at", torch.cat([forward[place], backward[place]])),
    }


def _softmax(models: FillInModels, read_out: str, state: Tensor) -> Tensor:
    """softmax(W_e (W_p s + b_p) + b), (V,): the embedding W_e is every output layer too."""
    p = models.parameters
    projected = linear(state, p[f"{read_out}_projection"], p[f"{read_out}_projection_bias"])  # (E,)
    return linear(projected, p["embedding"], p[f"{read_out}_bias"]).softmax(0)


def marked(readout: str, place: int, size: int) -> tuple[int, int]:
    """Places of the forward and the backward state that a read-out takes in a sentence of `size` words.

    A place before the first or after the last word stands for the zero state.
    """
    return {
        "around": (place - 1, place + 1),
        "at": (place, place),
        "last": (size - 1, size - 1),
        "summary": (size - 1, 0),
    }[readout]


# ---- the still -------------------------------------------------------------------------------------------

COLUMN, CELL, FONT = 74, (62, 40), 13
FORWARD, WORDS, BACKWARD, HEIGHT = 44, 104, 128, 212


def draw_lanes(
    reading: Reading, after: States, same: list[list[bool]], marks: tuple[int, int], label: str
) -> str:
    """Forward lane, words, backward lane; = or ≠ at every state, A and B where the read-out takes one."""
    T = len(reading.words)
    width = max(COLUMN * T, 460)
    parts = [
        svg_text(0, 14, "forward: reads from the left →", anchor="start", weight=600),
        svg_text(width, HEIGHT - 4, "← backward: reads from the right", anchor="end", weight=600),
    ]
    for t, word in enumerate(reading.words):
        x = COLUMN * t + 4
        middle = x + CELL[0] / 2
        if t == reading.place:
            parts.append(_struck(middle, WORDS - 2, word))
            parts.append(svg_text(middle, WORDS + 14, shortened(reading.put or BLANK), weight=700))
        else:
            parts.append(svg_text(middle, WORDS + 6, shortened(word)))
        for lane, (y, tag_y) in enumerate(((FORWARD, FORWARD - 5), (BACKWARD, BACKWARD + CELL[1] + 15))):
            tags = ["=" if same[lane][t] else "≠", *("AB"[lane] for _ in range(marks[lane] == t))]
            if t == (0 if lane else T - 1):
                tags.append("h_n")
            parts.append(svg_text(x, tag_y, "  ".join(tags), anchor="start", weight=600))
            parts.append(_box(x, y, after[lane][t].tolist(), same[lane][t], marks[lane] == t))
    return svg_image(width, HEIGHT, label, parts, font_size=FONT)


def _struck(x: float, y: float, word: str) -> str:
    return f'<g text-decoration="line-through" opacity="0.8">{svg_text(x, y, shortened(word))}</g>'


def _box(x: float, y: float, state: list[float], kept: bool, mark: bool) -> str:
    """A state: a bar for each unit in two rows, up where positive; lit where the edit changed it."""
    columns, half = math.ceil(len(state) / 2), CELL[1] / 4
    strokes = {"#8a63d2": "", "#d2571e": ""}
    for k, v in enumerate(state):
        at = x + 1 + (k % columns + 0.5) * (CELL[0] - 2) / columns
        middle = y + half * (1 if k < columns else 3)
        strokes["#8a63d2" if v > 0 else "#d2571e"] += f"M{at:.1f} {middle:.1f}v{-v * half:.1f}"
    fill = 'fill="none"' if kept else 'fill="#f2c230" fill-opacity="0.35"'
    frame = f'x="{x}" y="{y}" width="{CELL[0]}" height="{CELL[1]}" rx="3" {fill} stroke="currentColor"'
    lines = "".join(f'<path d="{d}" stroke="{colour}" stroke-width="2"/>' for colour, d in strokes.items())
    return f'<rect {frame} stroke-width="{3 if mark else 1}"/>{lines}'


def shortened(word: str, most: int = 10) -> str:
    """A word cut to so many characters, with … where something is missing."""
    return word if len(word) <= most else f"{word[: most - 1]}…"
