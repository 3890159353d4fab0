"""Bottleneck: what an encoder leaves of a sentence, and what a decoder makes of a mixture of two.

The reader types two English sentences. A GRU reads each; what it leaves is one state of 96 numbers, whether
the sentence is short or long. The page shows both states as heat maps and as points on a fixed plane, and
the French that a second GRU writes from each. Then it mixes them: a weighted mean of all units, or the first
units of one and the others of the other. Were the state a list of words, a mixture would hold words of both.
`benchmarks/bottleneck.py` trained the translator on a part of the Phrasebook.
"""

import base64
import hashlib
import json
import re
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import torch
import traitlets
from torch import Tensor
from torch.nn.functional import linear

from rnnlib.cells import gru_step, project_input
from rnnlib.widgets import loader
from rnnlib.widgets.base import Widget, apart, choice, decimals, number, svg_image, svg_text, text

BOS, EOS, RESERVED = 1, 2, 4  # ids 0 to 3 are no words
LONGEST, MOST_TOKENS, MOST_WRITTEN = 160, 13, 16
STEPS = 10  # the way from one state to the other is shown at shares 0, 1/10, ... 1
NEAREST = 3
STORED = "bottleneck"  # the weights' name
END = "<eos>"
# Kind of sentence on the plane -> the Phrasebook's structures of that kind.
KINDS = {
    "is": ("mood", "thing_is", "compared", "profession", "feeling", "where_it_is", "there_is"),
    "does, did": (
        "person_direct",
        "thing_in_progress",
        "in_progress",
        "habit",
        "tastes",
        "partitive",
        "past_thing",
        "past_event",
    ),
    "will, wants, can": ("going_to", "wish", "future_event"),
    "question": ("asks_mood", "asks_habit", "asks_past", "where_is"),
}
# Stored name -> name in the EncoderDecoder of `rnnlib.models`, in the order in which they are stored.
PARAMETERS = {
    f"{part}_{ours}": f"{part}.{theirs}"
    for part in ("encoder", "decoder")
    for ours, theirs in {
        "embedding": "embedding.weight",
        **{name: f"rnn.{name}_l0" for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")},
    }.items()
} | {
    "projection": "decoder.projection.weight",
    "projection_bias": "decoder.projection.bias",
    "output_bias": "decoder.output_bias",
}
_WORD = re.compile("""[^ \\t\\n\\r,.;:!?"“”()]+|[,.?!]""")
_NARROW = "\u202f"


class Bottleneck(Widget):
    """Two sentences, the state that an encoder leaves of each, and what a decoder writes from a mixture.

    Attributes:
        sentence_a, sentence_b: the reader's sentences, at most 160 characters; words that the translator
            does not know are left out. Hash: `sentence_a=The+cat+is+in+the+garden.`
        k: how many words of each the encoder has read, the mark at the end and the end sign counted; 14
            (any number that the sentences do not have) for all. Hash: `k=3`.
        mix: `"blend"` takes of every unit a weighted mean, `"swap"` the first units from B and the others
            from A. Hash: `mix=swap`.
        share: how much of B is in the mixture, 0 (A itself) to 1 (B itself). Hash: `share=0.5`.
        weights: the stored weights, for the page in a kernel; a built page loads them from a script.

    Raises:
        traitlets.TraitError: a sentence without a known word, or of more than 13 words. (The page takes what
            it can of them and says so.)
    """

    module = "bottleneck"

    sentence_a = text("My mother is going to repair the car.", LONGEST)
    sentence_b = text("Your brother isn't going to clean the kitchen.", LONGEST)
    k = number(MOST_TOKENS + 1, 1, MOST_TOKENS + 1, step=1)
    mix = choice("blend", ["blend", "swap"])
    share = number(0.5, 0.0, 1.0, step=0.05)
    weights = traitlets.Dict().tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        try:
            self.look()
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from error

    @traitlets.default("weights")
    def _default_weights(self) -> dict[str, Any]:
        return loader.read_weights(STORED)

    def make_payload(self) -> dict[str, Any]:
        """The model card, limits, and the script that holds the weights."""
        version = hashlib.sha256(json.dumps(loader.read_weights(STORED)).encode()).hexdigest()[:8]
        return {
            "card": load_translator().card,
            "most": MOST_TOKENS,
            "most_written": MOST_WRITTEN,
            "steps": STEPS,
            "nearest": NEAREST,
            "stored": STORED,
            "script": f"{loader.weight_script(STORED)}?v={version}",
        }

    def look(self) -> "Look":
        """Everything that is shown.

        Raises:
            ValueError: see `read`.
        """
        model = load_translator()
        readings = [
            read(model, sentence, name)
            for name, sentence in (("sentence_a", self.sentence_a), ("sentence_b", self.sentence_b))
        ]
        a, b = (encode(model, reading.ids)[min(self.k, len(reading.ids))] for reading in readings)
        reading_a, reading_b = readings
        return Look(reading_a, reading_b, a, b, mixed(a, b, self.share, self.mix))

    def table(self) -> tuple[str, list[str], list[list[str]]]:
        """Sentence, what is written from its state, and the state's place on the plane."""
        model, seen = load_translator(), self.look()
        rows = []
        for name, state in zip(self._names(seen), (seen.a, seen.mixture, seen.b), strict=True):
            written = decode(model, state)
            place = [decimals(v, 2) for v in project(model.plane, state).tolist()]
            rows.append([name, written.text(model), decimals(written.log_prob, 2), *place])
        return "What the decoder writes from each state", ["state", "French", "ln p", "x", "y"], rows

    def _names(self, seen: "Look") -> list[str]:
        read_ = [
            " ".join(word for word in one.words[: self.k] if word != END)
            for one in (seen.reading_a, seen.reading_b)
        ]
        part = f"{units_taken(len(seen.a), self.share)} units of B" if self.mix == "swap" else "blend"
        return [f"A: {read_[0]}", f"{part}, share of B {decimals(self.share, 2)}", f"B: {read_[1]}"]

    def still(self) -> str:
        """The three states as heat maps and on the plane, with what is written from each, as SVG."""
        seen, model = self.look(), load_translator()
        texts = [decode(model, state).text(model) for state in (seen.a, seen.mixture, seen.b)]
        names = self._names(seen)
        told = "; ".join(f"{name}: “{text_}”" for name, text_ in zip(names, texts, strict=True))
        label = f"The encoder's states of two sentences and a mixture. The decoder writes: {told}."
        return draw(seen, texts, names, label)


class Look(NamedTuple):
    """Both sentences, the state of each after the words read, and their mixture, (H,)."""

    reading_a: "Reading"
    reading_b: "Reading"
    a: Tensor
    b: Tensor
    mixture: Tensor


# ---- sentences -------------------------------------------------------------------------------------------


def words_of(sentence: str) -> list[str]:
    """The words of a text in lower case, and `, . ? !` as words; other punctuation only separates."""
    return _WORD.findall(sentence.lower().replace("’", "'"))


class Reading(NamedTuple):
    """What the encoder reads of a sentence.

    Attributes:
        words: the known words, the mark at the end and `<eos>`. ids: their ids.
        unknown: words that were left out, each once.
    """

    words: list[str]
    ids: list[int]
    unknown: list[str]


def read(model: "Translator", sentence: str, name: str = "sentence") -> Reading:
    """Cut a sentence into words; one mark stands at its end, a full stop or, after a question's word, `?`.

    Args:
        model: whose words they are looked up in.
        sentence: any text; what follows its first `. ? !` is not read.
        name: what an error calls it.

    Raises:
        ValueError: no known word, or too many.
    """
    tokens = words_of(sentence)
    end = next((k for k, token in enumerate(tokens) if token in (".", "?", "!")), len(tokens))
    found = tidy([token for token in tokens[:end] if token in model.ids])
    unknown = [token for token in dict.fromkeys(tokens[:end]) if token not in model.ids]
    if not found:
        raise ValueError(f"{name} is {sentence!r}, expected at least one word that the translator knows")
    mark = tokens[end] if tokens[end : end + 1] in (["."], ["?"]) else mark_for(model, found)
    words = [*found, mark]
    if len(words) > MOST_TOKENS:
        raise ValueError(f"{name} has {len(words)} words and marks, expected at most {MOST_TOKENS}")
    return Reading([*words, END], [*(model.ids[word] for word in words), EOS], unknown)


def tidy(tokens: list[str]) -> list[str]:
    """The tokens with commas only between words."""
    return [
        token
        for k, token in enumerate(tokens)
        if token != "," or (k > 0 and tokens[k - 1] != "," and any(other != "," for other in tokens[k:]))
    ]


def mark_for(model: "Translator", words: list[str]) -> str:
    """The mark that a sentence without one gets: `?` where its first word begins questions only."""
    return "?" if words[0] in model.asking else "."


def spell(words: list[str]) -> str:
    """French words as a sentence: its first letter large, no space after an apostrophe, a narrow one
    before ?."""
    sentence = ""
    for word in words:
        if word in ("?", "!"):
            sentence += _NARROW + word
        elif word in (",", ".") or word.startswith("-") or not sentence or sentence.endswith("'"):
            sentence += word
        else:
            sentence += f" {word}"
    return sentence[:1].upper() + sentence[1:]


# ---- the translator --------------------------------------------------------------------------------------


class Translator(NamedTuple):
    """Encoder and decoder, float64. V words a side, E embedding size, H units.

    Attributes:
        source_words, target_words: each at its id's place; the first four are no words.
        ids: source word in lower case -> id.
        asking: words that begin questions only.
        card: what the model is, how it was made, how well it translates.
        parameters: by stored name, see `PARAMETERS`.
        plane: `mean` (H,) and `axes` (2, H): where a state stands.
        shown: held-out sentences: English, the place of its kind in `KINDS`, x, y.
    """

    source_words: list[str]
    target_words: list[str]
    ids: dict[str, int]
    asking: list[str]
    card: dict[str, Any]
    parameters: dict[str, Tensor]
    plane: dict[str, Tensor]
    shown: list[tuple[str, int, float, float]]


@cache
def load_translator() -> Translator:
    """The packaged translator: weights of a byte each, held in float64."""
    stored = loader.read_weights(STORED)
    ids = {word.lower(): k for k, word in enumerate(stored["source_words"]) if k >= RESERVED}
    plane = {name: torch.tensor(values, dtype=torch.float64) for name, values in stored["plane"].items()}
    return Translator(
        stored["source_words"],
        stored["target_words"],
        ids,
        stored["asking"],
        stored["card"],
        unpacked_bytes(stored),
        plane,
        [tuple(one) for one in stored["shown"]],
    )


def unpacked_bytes(stored: dict[str, Any]) -> dict[str, Tensor]:
    """Stored parameters by name, float64: a matrix is a byte for each entry times a float16 for each row."""
    entries = np.frombuffer(base64.b64decode(stored["int8"]), dtype=np.int8).astype(np.float64)
    halves = np.frombuffer(base64.b64decode(stored["float16"]), dtype="<f2").astype(np.float64)
    parameters = {}
    for name, (rows, *columns) in stored["shapes"].items():
        value, halves = halves[:rows], halves[rows:]
        for size in columns:
            block, entries = entries[: rows * size], entries[rows * size :]
            value = block.reshape(rows, size) * value[:, None]
        parameters[name] = torch.from_numpy(value.copy())
    return parameters


@torch.no_grad()
def encode(model: Translator, ids: list[int]) -> Tensor:
    """The encoder's states (S + 1, H), the first zero, then one after each word."""
    p = model.parameters
    gi = project_input(p["encoder_embedding"][ids], p["encoder_weight_ih"], p["encoder_bias_ih"])  # (S, 3H)
    states = [torch.zeros(p["encoder_weight_hh"].shape[1], dtype=torch.float64)]
    for gi_t in gi:
        states.append(gru_step(gi_t, states[-1], p["encoder_weight_hh"], p["encoder_bias_hh"]).h)
    return torch.stack(states)


class Written(NamedTuple):
    """What was written from a state.

    Attributes:
        tokens: ids, without the end's. log_probs: of each, the end's included. finished: whether it ended.
    """

    tokens: list[int]
    log_probs: list[float]
    finished: bool

    @property
    def log_prob(self) -> float:
        """The logarithm of the probability of the whole."""
        return sum(self.log_probs)

    def text(self, model: Translator) -> str:
        """The sentence, with … where it did not end."""
        words = spell([model.target_words[k] for k in self.tokens])
        return words if self.finished else f"{words} …"


@torch.no_grad()
def decode(model: Translator, h: Tensor) -> Written:
    """The likeliest word again and again; h (H,) is the decoder's first state and its context."""
    p = model.parameters
    s, token = h, BOS
    tokens: list[int] = []
    log_probs: list[float] = []
    while len(log_probs) < MOST_WRITTEN:
        word = p["decoder_embedding"][token]
        gi = project_input(torch.cat([word, h]), p["decoder_weight_ih"], p["decoder_bias_ih"])
        s = gru_step(gi, s, p["decoder_weight_hh"], p["decoder_bias_hh"]).h
        features = linear(torch.cat([s, h, word]), p["projection"], p["projection_bias"])  # (E,)
        log_p = linear(features, p["decoder_embedding"], p["output_bias"]).log_softmax(0)  # (V,)
        token = int(log_p.argmax())
        log_probs.append(float(log_p[token]))
        if token == EOS:
            break
        tokens.append(token)
    return Written(tokens, log_probs, token == EOS)


def mixed(a: Tensor, b: Tensor, share: float, mix: str) -> Tensor:
    """A state (H,) between two: a itself at share 0, b itself at 1."""
    if mix == "swap":
        taken = units_taken(len(a), share)
        return torch.cat([b[:taken], a[taken:]])
    return (1 - share) * a + share * b


def units_taken(size: int, share: float) -> int:
    """How many units a share of them is; halves are rounded up, as JavaScript does."""
    return int(share * size + 0.5)


def project(plane: dict[str, Tensor], h: Tensor) -> Tensor:
    """The places (..., 2) of states (..., H) on the plane."""
    return (h - plane["mean"]) @ plane["axes"].T


# ---- the still -------------------------------------------------------------------------------------------

COLUMNS, SQUARE, FONT = 12, 11, 13
WIDTH, TOP, PLANE = 640, 34, 250
BELOW, ABOVE = "#d2571e", "#8a63d2"


def draw(seen: Look, texts: list[str], names: list[str], label: str) -> str:
    """Three heat maps in a row, the texts under them, the plane below."""
    states = (seen.a, seen.mixture, seen.b)
    rows = -(-len(seen.a) // COLUMNS)
    bottom = TOP + rows * SQUARE
    parts = []
    for k, (state, mark) in enumerate(zip(states, ("A", "mixture", "B"), strict=True)):
        x = k * (WIDTH - COLUMNS * SQUARE) / 2
        parts.append(svg_text(x, TOP - 10, mark, anchor="start", weight=600))
        parts.append(heat_map(x, TOP, state.tolist()))
    for k, (name, written) in enumerate(zip(names, texts, strict=True)):
        y = bottom + 24 + 40 * k
        parts.append(svg_text(0, y, name, anchor="start", weight=600))
        parts.append(svg_text(14, y + 17, f"→ {written}", anchor="start"))
    top = bottom + 24 + 40 * len(names)
    parts.append(draw_plane(states, top, PLANE))
    return svg_image(WIDTH, round(top + PLANE + 8), label, parts, font_size=FONT)


def heat_map(x: float, y: float, values: list[float]) -> str:
    """A square for each unit, the deeper the larger the number; those below zero hold a minus."""
    squares, minus = [], ""
    for k, v in enumerate(values):
        left, top = x + k % COLUMNS * SQUARE, y + k // COLUMNS * SQUARE
        fill = f'fill="{ABOVE if v > 0 else BELOW}" fill-opacity="{min(1.0, abs(v)):.2f}"'
        squares.append(f'<rect x="{left:.1f}" y="{top:.1f}" width="{SQUARE}" height="{SQUARE}" {fill}/>')
        if v <= 0:
            minus += f"M{left + 3:.1f} {top + SQUARE / 2:.1f}h{SQUARE - 6}"
    rows = -(-len(values) // COLUMNS)
    frame = f'x="{x:.1f}" y="{y:.1f}" width="{COLUMNS * SQUARE}" height="{rows * SQUARE}"'
    return (
        f'{"".join(squares)}<path d="{minus}" stroke="currentColor" stroke-width="1"/>'
        f'<rect {frame} fill="none" stroke="currentColor"/>'
    )


def draw_plane(states: tuple[Tensor, ...], top: float, height: float) -> str:
    """Stored sentences as small dots, the way from A to B as a line, its ends and the mixture by letters."""
    model = load_translator()
    cloud = [(x, y) for _, _, x, y in model.shown]
    own = [tuple(project(model.plane, state).tolist()) for state in states]
    xs, ys = zip(*cloud, *own, strict=True)
    across = (WIDTH - 40) / (max(xs) - min(xs))
    up = (height - 20) / (max(ys) - min(ys))

    def place(x: float, y: float) -> tuple[float, float]:
        return 20 + (x - min(xs)) * across, top + 10 + (max(ys) - y) * up

    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2" fill="currentColor" fill-opacity="0.35"/>'
        for x, y in (place(*one) for one in cloud)
    )
    points = [place(*one) for one in own]
    heights = apart([y for _, y in points], 16, top + height)
    line = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    marks = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{ABOVE}"/>'
        + svg_text(x + 9, label + 4, mark, anchor="start", weight=700)
        for (x, y), label, mark in zip(points, heights, ("A", "mixture", "B"), strict=True)
    )
    return f'{dots}<path d="M{line}" fill="none" stroke="{ABOVE}" stroke-width="2"/>{marks}'
