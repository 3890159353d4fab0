"""Character memory: which of the characters read before a prediction it hangs on, measured in two ways.

A small model reads the reader's text up to a character and predicts that character. Beside each earlier
character stand the norm of the prediction's gradient by that character's embedding, one pass of
backpropagation through time, and the *occlusion change*: by how much the prediction changes when that
character alone is replaced and all others are read again. The gradient says what a tiny step would do; the
change says what the character does. `benchmarks/character_models.py` trained the models on the packaged
story.
"""

import hashlib
import json
from functools import cache
from typing import Any, NamedTuple

import torch
import traitlets
from torch import Tensor
from torch.nn.functional import linear

from rnnlib.cells import gru_step, lstm_step, project_input, rnn_step
from rnnlib.widgets import loader
from rnnlib.widgets.base import Widget, choice, decimals, number, svg_image, svg_text, text
from rnnlib.widgets.story_writer import name_of, unpacked

LONGEST, LISTED, SHARE = 160, 16, 0.9
STORED = "character_models"
CELLS = ["rnn", "gru", "lstm"]
CELL_NAMES = {"rnn": "RNN", "gru": "GRU", "lstm": "LSTM"}
EXAMPLE = '"My father said he would write before the first frost," said Ada.'


class CharacterMemory(Widget):
    """Gradient and occlusion change of one prediction, by every character before it.

    Attributes:
        text: the reader's own text, at most 160 characters; characters that the models do not know are left
            out. Hash: `text=The+lamp`.
        cell: `"rnn"`, `"gru"` or `"lstm"`. Hash: `cell=gru`.
        t: the character that is predicted, 2 to 161, from the t - 1 before it; one more than the text has if
            beyond that. Hash: `t=40`.
        target: whose score: `"actual"`, the character that stands there, or `"likeliest"`. Hash:
            `target=likeliest`.
        measure: the score: `"logit"` or `"log_p"`, the log-probability. Hash: `measure=log_p`.
        replacement: what is put in a character's place: `"mean"`, the mean embedding of the story's
            characters, or `"space"`. Hash: `replacement=space`.
        weights: the stored weights, for the page in a kernel; a built page loads them from a script.
    """

    module = "character_memory"

    text = text(EXAMPLE, LONGEST)
    cell = choice("gru", CELLS)
    t = number(55, 2, LONGEST + 1, step=1)
    target = choice("actual", ["actual", "likeliest"])
    measure = choice("logit", ["logit", "log_p"])
    replacement = choice("mean", ["mean", "space"])
    weights = traitlets.Dict().tag(sync=True)

    @traitlets.default("weights")
    def _default_weights(self) -> dict[str, Any]:
        return loader.read_weights(STORED)

    def make_payload(self) -> dict[str, Any]:
        """The characters, the model card, the default's numbers, and the script that holds the weights."""
        stored = loader.read_weights(STORED)
        version = hashlib.sha256(json.dumps(stored).encode()).hexdigest()[:8]
        return {
            "characters": stored["characters"],
            "card": stored["card"],
            "example": self._example(),
            "share": SHARE,
            "script": f"{loader.weight_script(STORED)}?v={version}",
        }

    def _example(self) -> dict[str, Any] | None:
        """What the page draws before the weights are there, to four digits."""
        found = self.recalled()
        if found is None:
            return None
        rows = {"sizes": found.sizes, "changes": found.changes, "foretold": found.foretold}
        return {name: [float(f"{v:.4g}") for v in values.tolist()] for name, values in rows.items()}

    def recalled(self) -> "Recalled | None":
        """The present state's prediction and what it hangs on; None where nothing can be read."""
        return recall(
            load_models()[self.cell], self.text, self.t, self.target, self.measure, self.replacement
        )

    def table(self) -> tuple[str, list[str], list[list[str]]]:
        """The earlier characters that change the prediction most, in the order of the text."""
        header = ["characters back", "character", "gradient norm", "foretold change", "change when replaced"]
        found = self.recalled()
        if found is None:
            return "The text holds no character that the models know.", header, []
        strongest = found.changes[: found.place].abs().argsort(descending=True)[:LISTED].tolist()
        rows = [
            [
                str(found.place - j),
                name_of(found.read[j]),
                *(decimals(float(values[j]), 4) for values in (found.sizes, found.foretold, found.changes)),
            ]
            for j in sorted(strongest)
        ]
        caption = (
            f"{CELL_NAMES[self.cell]}, before character {found.place + 1}: what changes the {found.wanted} "
            f"most. {found.carries()}"
        )
        return caption, header, rows

    def still(self) -> str:
        """The text with the two rows of bars, as SVG."""
        found = self.recalled()
        if found is None:
            label = "The text holds no character that the models know."
            return svg_image(WIDTH, 40, label, [svg_text(0, 24, label, anchor="start")])
        label = f"{CELL_NAMES[self.cell]}, {found.wanted}. {found.carries()}"
        return draw_rows(found, label)


# ---- the models and what they keep -----------------------------------------------------------------------


class Rememberer(NamedTuple):
    """A cell over embedded characters and a linear layer, float64. V characters, E embedding size, H units.

    Attributes:
        kind: `"rnn"`, `"gru"` or `"lstm"`, of G = 1, 3 or 4 gates.
        characters: the V characters, each at its id's place.
        counts: (V,), how often each stands in the training text.
        embedding: (V, E). weight_ih: (G*H, E). weight_hh: (G*H, H). bias_ih, bias_hh: (G*H,).
        output_weight: (V, H). output_bias: (V,).
    """

    kind: str
    characters: str
    counts: Tensor
    embedding: Tensor
    weight_ih: Tensor
    weight_hh: Tensor
    bias_ih: Tensor
    bias_hh: Tensor
    output_weight: Tensor
    output_bias: Tensor

    def logits(self, x: Tensor) -> Tensor:
        """Scores (B, V) after reading the embeddings x, (T, B, E), from a state of zeros."""
        h = c = x.new_zeros(x.shape[1], self.weight_hh.shape[1])  # (B, H)
        for gi in project_input(x, self.weight_ih, self.bias_ih):  # (B, G*H)
            if self.kind == "rnn":
                h = rnn_step(gi, h, self.weight_hh, self.bias_hh).h
            elif self.kind == "gru":
                h = gru_step(gi, h, self.weight_hh, self.bias_hh).h
            else:
                h, c, *_ = lstm_step(gi, h, c, self.weight_hh, self.bias_hh)
        return linear(h, self.output_weight, self.output_bias)

    def mean_embedding(self) -> Tensor:
        """(E,): the mean of the embeddings, each counted as often as its character stands in the story."""
        return self.counts @ self.embedding / self.counts.sum()


@cache
def load_models() -> dict[str, Rememberer]:
    """The packaged models by their cell."""
    stored = loader.read_weights(STORED)
    counts = torch.tensor(stored["counts"], dtype=torch.float64)
    return {
        kind: Rememberer(kind, stored["characters"], counts, **unpacked(stored["models"][kind]))
        for kind in CELLS
    }


class Recalled(NamedTuple):
    """A prediction after `place` characters of the n that were read, and what it hangs on.

    Attributes:
        read: the characters that the model knows. unknown: the others, each once.
        place: how many characters come before the one that is predicted.
        logits: (V,). target: the id whose score is looked at. measure: "logit" or "log_p".
        actual: whether the target is the character that stands there.
        score: its logit or log-probability.
        gradients: (n, E), the score's gradient by each character's embedding; 0 from `place` on.
        sizes: (n,), their Euclidean norms.
        foretold: (n,), what the gradient says of the change: its inner product with the step to the
            replacement's embedding.
        changes: (n,), the score with this character replaced less the score as it is; 0 from `place` on.
    """

    read: str
    unknown: list[str]
    place: int
    logits: Tensor
    target: int
    measure: str
    actual: bool
    score: float
    gradients: Tensor
    sizes: Tensor
    foretold: Tensor
    changes: Tensor

    @property
    def wanted(self) -> str:
        """The score in words."""
        measure = {"logit": "logit", "log_p": "log-probability"}[self.measure]
        return f"{measure} of “{name_of(load_models()['rnn'].characters[self.target])}”"

    def carried(self) -> tuple[int, int]:
        """How many characters back carry 90 % of the gradients' norms, and of the changes' sizes."""
        return carried_back(self.sizes[: self.place]), carried_back(self.changes[: self.place].abs())

    def carries(self) -> str:
        """The same in words."""
        gradient, change = self.carried()
        return (
            f"The last {gradient} of {self.place} characters carry 90 % of the gradient, "
            f"the last {change} 90 % of the changes."
        )


def recall(
    model: Rememberer,
    prompt: str,
    t: int,
    target: str = "actual",
    measure: str = "logit",
    replacement: str = "mean",
) -> Recalled | None:
    """Predicts character t of a text from those before it, and measures what each of them does to that.

    Args:
        model: the reader.
        prompt: any text; unknown characters are left out.
        t: the predicted character's number, from 1; if beyond the text, the one after its end.
        target: `"actual"` or `"likeliest"`; after the end of the text the likeliest in any case.
        measure: `"logit"` or `"log_p"`.
        replacement: `"mean"` or `"space"`.

    Returns:
        None if there is no known character.
    """
    read = "".join(c for c in prompt if c in model.characters)
    unknown = [c for c in dict.fromkeys(prompt) if c not in model.characters]
    if not read:
        return None
    ids = torch.tensor([model.characters.index(c) for c in read])  # (n,)
    place = min(t - 1, len(read))
    x = model.embedding[ids[:place]].requires_grad_()  # (T, E)
    logits = model.logits(x[:, None])[0]  # (V,)
    actual = target == "actual" and place < len(read)
    chosen = int(ids[place]) if actual else int(logits.argmax())
    score = _score(logits, measure)[chosen]
    (gradient,) = torch.autograd.grad(score, x)  # (T, E)
    neutral = (
        model.mean_embedding() if replacement == "mean" else model.embedding[model.characters.index(" ")]
    )
    steps = neutral - x.detach()  # (T, E)
    with torch.no_grad():
        replaced = x[:, None].repeat(1, place, 1)  # (T, T, E): text j with character j replaced
        replaced[range(place), range(place)] = neutral
        changes = _score(model.logits(replaced), measure)[:, chosen] - score  # (T,)
    rest = len(read) - place
    return Recalled(
        read=read,
        unknown=unknown,
        place=place,
        logits=logits.detach(),
        target=chosen,
        measure=measure,
        actual=actual,
        score=score.item(),
        gradients=torch.cat([gradient, gradient.new_zeros(rest, gradient.shape[1])]),
        sizes=torch.cat([gradient.norm(dim=1), gradient.new_zeros(rest)]),
        foretold=torch.cat([(gradient * steps).sum(1), gradient.new_zeros(rest)]),
        changes=torch.cat([changes, changes.new_zeros(rest)]),
    )


def _score(logits: Tensor, measure: str) -> Tensor:
    """Logits, or log-probabilities, (..., V)."""
    return logits if measure == "logit" else logits.log_softmax(-1)


def carried_back(sizes: Tensor, share: float = SHARE) -> int:
    """How many values, counted from the last, carry a share of the whole; 0 where that is 0."""
    sums = sizes.flip(0).cumsum(0)  # (T,)
    total = float(sums[-1])
    return 1 + int((sums < share * total).sum()) if total > 0 else 0


# ---- the still -------------------------------------------------------------------------------------------

COLUMNS, CELL = 40, 12
WIDTH = COLUMNS * CELL
HEAD, UP, LETTERS, DOWN, GAP = 44, 34, 22, 40, 16
SIGNS = {" ": "␣", "\n": "↵"}


def draw_rows(found: Recalled, label: str) -> str:
    """The gradient's bars stand on the characters, the changes' hang below, on as many lines as it takes."""
    parts = [svg_text(0, 14, "above: norm of the gradient", anchor="start", weight=600)]
    parts.append(
        svg_text(0, 30, "below: change when replaced, from its zero line", anchor="start", weight=600)
    )
    lowest, highest = min(0.0, float(found.changes.min())), max(0.0, float(found.changes.max()))
    scale = Scale(UP / (float(found.sizes.max()) or 1.0), DOWN / (highest - lowest or 1.0), highest)
    lines = lines_of(found.read, COLUMNS)
    for row, (start, end) in enumerate(lines):
        top = HEAD + row * (UP + LETTERS + DOWN + GAP)
        zero = top + UP + LETTERS + scale.highest * scale.change
        parts.append(f'<path d="M0 {zero:.1f}H{CELL * (end - start)}" stroke="currentColor"/>')
        for j in range(start, end):
            parts += _column(found, j, CELL * (j - start), top, scale)
        if start <= found.place < end or (row == len(lines) - 1 and found.place == end):
            box = (
                f'x="{CELL * (found.place - start)}" y="{top + UP + 2}" width="{CELL}" height="{LETTERS - 4}"'
            )
            parts.append(f'<rect {box} fill="none" stroke="currentColor" stroke-width="1.5"/>')
    return svg_image(WIDTH, HEAD + len(lines) * (UP + LETTERS + DOWN + GAP), label, parts, font_size=13)


class Scale(NamedTuple):
    """Pixels for each unit of the gradient's norm and of the change; the largest rise."""

    size: float
    change: float
    highest: float


def _column(found: Recalled, j: int, x: float, top: float, scale: Scale) -> list[str]:
    """One character with its two bars."""
    size = scale.size * float(found.sizes[j])
    change = scale.change * float(found.changes[j])
    zero = top + UP + LETTERS + scale.highest * scale.change
    bars = ((top + UP - size, size, "#c2460a"), (zero - max(change, 0.0), abs(change), "#8a63d2"))
    letter = SIGNS.get(found.read[j], found.read[j])
    return [
        *(
            f'<rect x="{x + 2}" y="{y:.1f}" width="{CELL - 4}" height="{bar:.1f}" fill="{colour}"/>'
            for y, bar, colour in bars
        ),
        svg_text(x + CELL / 2, top + UP + 16, letter, weight=700 if j == found.place else 400),
    ]


def lines_of(read: str, columns: int) -> list[tuple[int, int]]:
    """Lines (from, to) of at most so many characters, cut after spaces and, if need be, in a word; a line
    break ends one. One column is kept for what follows the end."""
    lines, start, cut = [], 0, 0
    for j in range(len(read) + 1):
        if j - start >= columns:
            end = cut if cut > start else j
            lines.append((start, end))
            start = end
        if read[j : j + 1] in (" ", "\n"):
            cut = j + 1
        if read[j : j + 1] == "\n":
            lines.append((start, cut))
            start = cut
    return [*lines, (start, len(read))]
