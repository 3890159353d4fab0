"""Story writer: a small trained character model that goes on from the reader's own words.

A GRU reads the prompt and then writes: it draws a character, reads it, draws the next. A draw inverts the
cumulative distribution at one uniform random number u, the first character at which the running sum of
probabilities exceeds u. The numbers u come from mulberry32, a generator of a few lines that Python and
JavaScript both have, so that both write the same text. `benchmarks/story_writer.py` trained the model on the
packaged story.
"""

import base64
import hashlib
import json
import math
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import torch
import traitlets
from torch import Tensor
from torch.nn.functional import linear

from rnnlib.cells import gru_step, project_input
from rnnlib.widgets import loader
from rnnlib.widgets.base import Widget, decimals, number, svg_image, svg_text, text

LONGEST, LONGEST_PROMPT, LISTED = 400, 200, 10
FIRST = "\n"  # read where the prompt holds nothing to read: a new paragraph begins


class StoryWriter(Widget):
    """Writes on from a prompt, one character at a time, and shows what it might have written instead.

    Attributes:
        prompt: the reader's own text, at most 200 characters; characters that the model does not know are
            left out, and an empty prompt starts from a line break. Hash: `prompt=The+letter`.
        temperature: 0 (always the likeliest character) to 2. Hash: `temperature=0.5`.
        seed: of the random numbers, 0 to 99. Hash: `seed=3`.
        length: how many characters to write, 10 to 400. Hash: `length=200`.
        t: the written character that is looked at, 1 to 400; the last one if beyond it. Hash: `t=12`.
        weights: the stored weights, for the page in a kernel; a built page loads them from a script.
    """

    module = "story_writer"

    prompt = text("Ada opened the letter", LONGEST_PROMPT)
    temperature = number(0.6, 0.0, 2.0, step=0.05)
    seed = number(1, 0, 99, step=1)
    length = number(200, 10, LONGEST, step=10)
    t = number(1, 1, LONGEST, step=1)
    weights = traitlets.Dict().tag(sync=True)

    @traitlets.default("weights")
    def _default_weights(self) -> dict[str, Any]:
        return loader.read_weights(self.module)

    def make_payload(self) -> dict[str, Any]:
        """The characters, the model card, the default's text, and the script that holds the weights."""
        model = load_model()
        version = hashlib.sha256(json.dumps(loader.read_weights(self.module)).encode()).hexdigest()[:8]
        return {
            "characters": model.characters,
            "card": model.card,
            "example": self.written().text,
            "listed": LISTED,
            "first": FIRST,
            "script": f"{loader.weight_script(self.module)}?v={version}",
        }

    def written(self) -> "Written":
        """What the model writes under the present settings, with every probability and state."""
        return write(load_model(), self.prompt, self.length, self.temperature, self.seed)

    def table(self) -> tuple[str, list[str], list[list[str]]]:
        """The likeliest characters at the place looked at, with their probabilities."""
        found = self.written()
        place = min(self.t, self.length) - 1
        drawn = at_temperature(found.logits[place], self.temperature)  # (V,)
        plain = at_temperature(found.logits[place], 1.0)  # (V,)
        rows = [
            [
                str(rank),
                name_of(load_model().characters[k]),
                *(decimals(float(p[k]), 4) for p in (drawn, plain)),
            ]
            for rank, k in enumerate(ranked(found.logits[place])[:LISTED], start=1)
        ]
        before = (found.read + found.text[:place])[-30:].replace("\n", " ↵ ")
        written = name_of(found.text[place])
        caption = f"What may follow “{before}”, as character {place + 1}; written: {written}"
        header = ["rank", "character", f"p at temperature {self.temperature:g}", "p at temperature 1"]
        return caption, header, rows

    def still(self) -> str:
        """The prompt, what was written after it, and the likeliest characters as bars, as SVG."""
        found = self.written()
        label = f"After “{found.read.strip()}” the model writes: {found.text}"
        return draw_page(found, min(self.t, self.length) - 1, self.temperature, label)


# ---- the model -------------------------------------------------------------------------------------------


class CharacterModel(NamedTuple):
    """A GRU over embedded characters and a linear layer, float64. V characters, E embedding size, H units.

    Attributes:
        characters: the V characters, each at its id's place.
        card: what the model is, how it was made, how well it predicts.
        embedding: (V, E). weight_ih: (3H, E). weight_hh: (3H, H). bias_ih, bias_hh: (3H,).
        output_weight: (V, H). output_bias: (V,).
    """

    characters: str
    card: dict[str, Any]
    embedding: Tensor
    weight_ih: Tensor
    weight_hh: Tensor
    bias_ih: Tensor
    bias_hh: Tensor
    output_weight: Tensor
    output_bias: Tensor


@cache
def load_model() -> CharacterModel:
    """The packaged model: weights of float16, held in float64."""
    stored = loader.read_weights("story_writer")
    return CharacterModel(stored["characters"], stored["card"], **unpacked(stored))


def unpacked(stored: dict[str, Any]) -> dict[str, Tensor]:
    """Stored parameters by name, float64, from their `shapes` and one base64 string of `float16`."""
    values = np.frombuffer(base64.b64decode(stored["float16"]), dtype="<f2").astype(np.float64)
    parameters, place = {}, 0
    for name, shape in stored["shapes"].items():
        size = math.prod(shape)
        parameters[name] = torch.from_numpy(values[place : place + size].reshape(shape))
        place += size
    return parameters


def uniforms(seed: int, count: int) -> list[float]:
    """The first `count` numbers in [0, 1) of the generator mulberry32, as `uniforms` in `js/core.mjs`.

    Its state, 32 bits, starts as the seed and grows by 0x6D2B79F5 each time; two multiplications and some
    shifts mix it. 2^32 numbers come before it repeats itself: good for drawing letters, not for secrets.
    """
    mask, state, numbers = 0xFFFFFFFF, seed & 0xFFFFFFFF, []
    for _ in range(count):
        state = (state + 0x6D2B79F5) & mask
        mixed = ((state ^ (state >> 15)) * (state | 1)) & mask
        mixed ^= (mixed + (mixed ^ (mixed >> 7)) * (mixed | 61)) & mask
        numbers.append((mixed ^ (mixed >> 14)) / 2**32)
    return numbers


class Written(NamedTuple):
    """A text of N characters, and where each came from.

    Attributes:
        read: the characters of the prompt that the model knows, or the line break read in their place.
        unknown: the others, each once.
        text: what the model wrote.
        ids: N ids, those of `text`.
        logits: (N, V), the scores from which each character was drawn.
        states: (N, H), the hidden state that gave these scores.
        uniforms: N random numbers, one for each draw.
    """

    read: str
    unknown: list[str]
    text: str
    ids: list[int]
    logits: Tensor
    states: Tensor
    uniforms: list[float]


@torch.no_grad()
def write(model: CharacterModel, prompt: str, length: int, temperature: float, seed: int) -> Written:
    """Reads a prompt and writes on.

    Args:
        model: the reader and writer.
        prompt: any text; unknown characters are left out; if nothing is left, a line break is read.
        length: how many characters to write.
        temperature: 0 takes the likeliest character, 1 draws from the model's distribution.
        seed: of the random numbers.
    """
    known = "".join(c for c in prompt if c in model.characters)
    unknown = [c for c in dict.fromkeys(prompt) if c not in model.characters]
    h = torch.zeros(model.weight_hh.shape[1], dtype=torch.float64)  # (H,)
    for character in known or FIRST:
        h = _read(model, model.characters.index(character), h)
    ids, logits, states, numbers = [], [], [], uniforms(seed, length)
    for u in numbers:
        states.append(h)
        logits.append(linear(h, model.output_weight, model.output_bias))  # (V,)
        ids.append(draw(logits[-1], temperature, u))
        h = _read(model, ids[-1], h)
    written = "".join(model.characters[k] for k in ids)
    return Written(known or FIRST, unknown, written, ids, torch.stack(logits), torch.stack(states), numbers)


def _read(model: CharacterModel, character_id: int, h: Tensor) -> Tensor:
    """The state (H,) after one more character."""
    gi = project_input(model.embedding[character_id], model.weight_ih, model.bias_ih)  # (3H,)
    return gru_step(gi, h, model.weight_hh, model.bias_hh).h


def relative(logits: Tensor, temperature: float) -> Tensor:
    """Probabilities relative to the likeliest one's, exp((l - max l) / T), (V,); at T = 0 it has all."""
    if temperature == 0:
        return torch.nn.functional.one_hot(logits.argmax(), len(logits)).double()
    return torch.exp((logits - logits.max()) / temperature)


def at_temperature(logits: Tensor, temperature: float) -> Tensor:
    """softmax(logits / T), (V,)."""
    shares = relative(logits, temperature)
    return shares / shares.sum()


def draw(logits: Tensor, temperature: float, u: float) -> int:
    """The id at which the running sum of probabilities first exceeds u."""
    sums = relative(logits, temperature).cumsum(0)  # (V,)
    beyond = (sums > u * sums[-1]).nonzero()
    return int(beyond[0]) if len(beyond) else int(logits.argmax())


def ranked(logits: Tensor) -> list[int]:
    """All ids, the likeliest first, equal ones by their number."""
    return torch.sort(logits, descending=True, stable=True).indices.tolist()


def name_of(character: str) -> str:
    """A character as it is printed: the invisible ones by name."""
    return {" ": "space", "\n": "line break"}.get(character, character)


# ---- the still -------------------------------------------------------------------------------------------

WIDTH, LINE, COLUMNS = 460, 20, 54


def draw_page(found: Written, place: int, temperature: float, label: str) -> str:
    """The text on lines of at most `COLUMNS` characters, and bars of the likeliest characters below."""
    lines = wrapped(found.read.strip() + found.text, COLUMNS)[:8]
    parts = [svg_text(0, LINE * (k + 1), part, anchor="start") for k, part in enumerate(lines)]
    top = LINE * (len(lines) + 2)
    parts.append(svg_text(0, top, f"Likeliest at character {place + 1}", anchor="start", weight=600))
    probabilities = at_temperature(found.logits[place], temperature)
    for row, k in enumerate(ranked(found.logits[place])[:LISTED]):
        y = top + LINE * (row + 1)
        p = float(probabilities[k])
        chosen = k == found.ids[place]
        name = name_of(load_model().characters[k]) + (" ◂" if chosen else "")
        parts.append(svg_text(92, y, name, anchor="end", weight=600 if chosen else 400))
        size = f'width="{max(1.0, 290 * p):.1f}" height="13"'
        parts.append(f'<rect x="100" y="{y - 11}" {size} fill="#8a63d2"/>')
        parts.append(svg_text(WIDTH, y, decimals(p, 3), anchor="end"))
    return svg_image(WIDTH, top + LINE * (LISTED + 1), label, parts, font_size=14)


def wrapped(story: str, columns: int) -> list[str]:
    """Lines of at most so many characters, cut at spaces and where a word is longer than a line."""
    lines: list[str] = []
    for paragraph in story.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            while len(word) > columns:
                lines, line, word = [*lines, *([line] if line else []), word[:columns]], "", word[columns:]
            if line and len(line) + 1 + len(word) > columns:
                lines, line = [*lines, line], word
            else:
                line = f"{line} {word}" if line else word
        lines.append(line)
    return lines
