"""Pad, mask, pack: what padding does to a batch's states and to its loss, and what keeps it out.

Sentences of different lengths share a batch of B rows and T steps; the shorter ones are filled up with
`<pad>`. A small GRU reads the batch, and before each cell it is asked for the token there. The state of a
padded sentence moves on with each `<pad>`; packed, it stops at the sentence's own end. The loss averaged
over all cells rewards a network that foretells padding; the masked one counts the words alone. All is
computed here with `rnnlib.cells` and in the browser by `js/padding.mjs`; tests hold both against
`torch.nn`.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import torch
import traitlets
from torch import Tensor
from torch.nn.functional import cosine_similarity, linear

from rnnlib.cells import GRUCell
from rnnlib.widgets.base import Widget, decimals, flag, number, svg_image, svg_text, text

LONGEST, MOST_LINES, MOST_WORDS, MOST_ROWS = 900, 24, 11, 8
EMBEDDING, UNITS, SEED = 6, 8, 0
SPECIAL = ["<pad>", "<bos>", "<eos>", "<unk>"]  # ids 0 to 3, as in rnnlib.data.translation
PAD, EOS, UNK = 0, 2, 3
_KNOWN = """
. , ? ! the a an this that my your his her our their i you he she it we they to in on at for with of and
but because when if not no never is are was were have has had do does did isn't don't didn't will go going
come came see saw read write wrote writing swim play open buy bought like know want live work working
works thank hello old new small big beautiful long short good bad green white early late here there where
what who how very today tomorrow yesterday morning evening always already again anymore so than only too
out up all by mother father sister brother uncle aunt grandmother friend friends children dog cat house
garden kitchen window door chair table book letter car train phone rang rain town school doctor song
"""
WORDS = [*SPECIAL, *_KNOWN.split()]
DEFAULT = """we swim .
my uncle was writing a letter when the phone rang .
he never works .
the old chair is not in the kitchen anymore .
they bought a new car and an old house .
come here !
where did you see his dog this morning ?
thank you ."""
_LINE = re.compile("\r\n|\r|\n")
_WORD = re.compile("[^ \t\f\v\u00a0\u202f.,?!]+|[.,?!]")


class PadMaskPack(Widget):
    """The reader's sentences, cut into batches and padded; what sorting, packing and masking change.

    Attributes:
        sentences: one a line, at most 900 characters; at most 24 sentences of 11 words are read. Hash:
            `sentences=we+swim+.%0Athank+you+.`.
        batch_size: sentences in a batch, 1 to 8. Hash: `batch_size=2`.
        line: the sentence whose states are shown, from 1, empty lines not counted. Hash: `line=3`.
        sort: whether sentences are sorted by length, the longest first, before they are cut into batches.
            Hash: `sort=true`.
        pack: whether the GRU is given the batch packed. Hash: `pack=true`.
        mask: whether padding is left out of the loss. Hash: `mask=true`.
        padding_idx: whether the vector of `<pad>` is zero. Hash: `padding_idx=true`.
        pad_bias: what is added to the score of `<pad>` in the output layer, 0 to 8. Hash: `pad_bias=4`.

    Raises:
        traitlets.TraitError: sentences of which something would be cut or that hold no word, a `line` beyond
            them. (The page takes what it can and says what it left out.)
    """

    module = "pad_mask_pack"

    sentences = text(DEFAULT, LONGEST)
    batch_size = number(4, 1, MOST_ROWS, step=1)
    line = number(1, 1, MOST_LINES, step=1)
    sort = flag(False)
    pack = flag(False)
    mask = flag(False)
    padding_idx = flag(False)
    pad_bias = number(3.0, 0, 8, step=0.5)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        try:
            check(read(self.sentences), self.line)
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from error

    def make_payload(self) -> dict[str, Any]:
        """Weights of the GRU and the output layer, words, limits."""
        most = {"lines": MOST_LINES, "words": MOST_WORDS}
        special = {word[1:-1]: k for k, word in enumerate(SPECIAL)}
        return {**draw(), "words": WORDS, "special": special, "most": most}

    def reading(self) -> "Reading":
        """The sentences as words and ids, and what was left out of them."""
        return read(self.sentences)

    def batches(self) -> list["Batch"]:
        """All batches of the present sentences."""
        ids = self.reading().ids
        return [make_batch(ids, rows) for rows in cut([len(row) for row in ids], self.batch_size, self.sort)]

    def batch(self) -> "Batch":
        """The batch that holds the sentence at `line`; the last sentence if there are fewer."""
        place = min(self.line, len(self.reading().ids)) - 1
        return next(batch for batch in self.batches() if place in batch.rows)

    def states(self, batch: "Batch") -> "States":
        """The GRU's states over a batch, padded and packed, and over each of its sentences alone."""
        return run(batch, zero_pad=self.padding_idx)

    def losses(self, batch: "Batch") -> "Losses":
        """The batch's loss over its words and over all its cells, from outputs packed or not, as set."""
        states = self.states(batch)
        return score(batch, states.packed_output if self.pack else states.output, self.pad_bias)

    def table(self) -> tuple[str, list[str], list[list[str]]]:
        """Sentence by sentence: tokens, padding, how far its final state is off."""
        header = ["sentence", "batch", "tokens", "padding", "off, padded", "cosine, padded", "off, packed"]
        rows = {}
        for k, batch in enumerate(self.batches(), start=1):
            states = self.states(batch)
            padded, packed = (distances(h, states.alone) for h in (states.padded, states.packed))
            cosine = cosine_similarity(states.padded, states.alone)
            for b, place in enumerate(batch.rows):
                numbers = [decimals(float(v[b]), 4) for v in (padded, cosine, packed)]
                counts = [k, batch.lengths[b], len(batch.ids) - batch.lengths[b]]
                rows[place] = [self._name(place), *map(str, counts), *numbers]
        losses = self.losses(self.batch())
        caption = (
            f"Final encoder states beside the unbatched sentence’s. Loss of sentence {self.line}’s batch: "
            f"{decimals(losses.masked, 4)} over its words, {decimals(losses.averaged, 4)} over all its cells"
        )
        return caption, header, [rows[place] for place in sorted(rows)]

    def _name(self, place: int) -> str:
        return f"{place + 1}: {shortened(' '.join(self.reading().words[place]), 40)}"

    def still(self) -> str:
        """All batches as grids of words and padding, with how far padding takes each final state, as SVG."""
        batches = self.batches()
        words = self.reading().words
        cells = sum(len(batch.ids) * len(batch.rows) for batch in batches)
        waste = cells - sum(sum(batch.lengths) for batch in batches)
        label = (
            f"{len(words)} sentences in {len(batches)} batches: {waste} of {cells} cells are padding. "
            "At the right how far each sentence’s final state is from that of the sentence alone, if the GRU "
            "reads the padding; packed, the distance is 0."
        )
        width = LEFT + COLUMN * max(len(batch.ids) for batch in batches) + OFF
        parts, y = [svg_text(width, 14, "off by", anchor="end", weight=600)], 0.0
        for k, batch in enumerate(batches, start=1):
            T, B = batch.ids.shape
            part = T * B - sum(batch.lengths)
            title = f"batch {k}: {part} of {T * B} cells are padding, {decimals(100 * part / (T * B), 1)} %"
            parts.append(svg_text(0, y + 14, title, anchor="start", weight=600))
            off = distances(self.states(batch).padded, self.states(batch).alone).tolist()
            for b, place in enumerate(batch.rows):
                top = y + HEAD + ROW * b
                tokens = [*words[place], *SPECIAL[EOS : EOS + 1]] + [SPECIAL[PAD]] * (T - batch.lengths[b])
                parts.append(svg_text(0, top + 18, str(place + 1), anchor="start"))
                parts += [
                    part
                    for t, token in enumerate(tokens)
                    for part in draw_cell(LEFT + COLUMN * t, top, token, padding=t >= batch.lengths[b])
                ]
                parts.append(svg_text(width, top + 18, decimals(off[b]), anchor="end"))
            y += HEAD + ROW * B + GAP
        return svg_image(width, y, label, parts, font_size=FONT)


# ---- sentences -------------------------------------------------------------------------------------------


class Reading(NamedTuple):
    """Sentences as they are read, N of them.

    Attributes:
        words: the words of each, in lower case, marks as words of their own.
        ids: their ids with `<eos>` behind; unknown words have `<unk>`'s.
        unknown: words that are not in the vocabulary, each once.
        blank: numbers of empty lines, from 1; those at the end do not count.
        long: line numbers and number of words of lines with more than are read.
        left_out: how many sentences beyond the last that is read.
    """

    words: list[list[str]]
    ids: list[list[int]]
    unknown: list[str]
    blank: list[int]
    long: list[tuple[int, int]]
    left_out: int


def read(sentences: str) -> Reading:
    """Cut a text into sentences, one a line, and these into words; take what is within the limits."""
    lines = [_WORD.findall(line.lower().replace("’", "'")) for line in _LINE.split(sentences)]
    while lines and not lines[-1]:
        lines.pop()
    blank = [k for k, words in enumerate(lines, start=1) if not words]
    full = [(k, words) for k, words in enumerate(lines, start=1) if words]
    taken = full[:MOST_LINES]
    words = [words[:MOST_WORDS] for _, words in taken]
    known = {word: k for k, word in enumerate(WORDS) if word not in SPECIAL}  # who types <pad> means a word
    ids = [[*(known.get(word, UNK) for word in row), EOS] for row in words]
    unknown = [word for word in dict.fromkeys(word for row in words for word in row) if word not in known]
    long = [(k, len(row)) for k, row in taken if len(row) > MOST_WORDS]
    return Reading(words, ids, unknown, blank, long, len(full) - len(taken))


def check(reading: Reading, line: int) -> None:
    """Raise where something of the sentences is not read.

    Raises:
        ValueError: no sentence, too many of them, one too long, a line beyond them.
    """
    count = len(reading.ids)
    if not count:
        raise ValueError("sentences holds no word, expected at least one line with a word")
    if reading.left_out:
        raise ValueError(f"sentences has {count + reading.left_out} of them, expected at most {MOST_LINES}")
    if reading.long:
        place, size = reading.long[0]
        raise ValueError(f"sentences has {size} words in line {place}, expected at most {MOST_WORDS}")
    if line > count:
        raise ValueError(f"line is {line}, expected one of the {count} sentences")


# ---- batches ---------------------------------------------------------------------------------------------


class Batch(NamedTuple):
    """B sentences side by side.

    Attributes:
        rows: which sentences, counted from 0.
        ids: (T, B), `<pad>` behind the shorter ones.
        lengths: tokens of each, `<eos>` counted.
    """

    rows: list[int]
    ids: Tensor
    lengths: list[int]


def cut(lengths: Sequence[int], batch_size: int, sort: bool) -> list[list[int]]:
    """Which sentences share a batch: in their order, or sorted by length, the longest first."""
    order = by_length(lengths) if sort else list(range(len(lengths)))
    return [order[k : k + batch_size] for k in range(0, len(order), batch_size)]


def by_length(lengths: Sequence[int]) -> list[int]:
    """The places of the lengths from the longest to the shortest; equal ones stay in their order.

    `pack_padded_sequence` sorts so too, but leaves open how it orders equal lengths.
    """
    return sorted(range(len(lengths)), key=lambda b: -lengths[b])


def make_batch(ids: Sequence[Sequence[int]], rows: list[int]) -> Batch:
    """Put sentences side by side and fill up with `<pad>`."""
    lengths = [len(ids[place]) for place in rows]
    grid = torch.full((max(lengths), len(rows)), PAD)  # (T, B)
    for b, place in enumerate(rows):
        grid[: lengths[b], b] = torch.tensor(ids[place])
    return Batch(rows, grid, lengths)


def batch_sizes(lengths: Sequence[int]) -> list[int]:
    """How many sentences are still running at each step: the columns of the packed batch."""
    return [sum(length > t for length in lengths) for t in range(max(lengths))]


# ---- states ----------------------------------------------------------------------------------------------


class States(NamedTuple):
    """What the GRU makes of a batch, float64.

    Attributes:
        output: the state at every cell, padding read too, (T, B, H).
        packed_output: the same of the packed batch, zeros past a sentence's end, (T, B, H).
        padded, packed, alone: final states (B, H): after the batch's last step; of the packed batch; of each
            sentence read by itself.
    """

    output: Tensor
    packed_output: Tensor
    padded: Tensor
    packed: Tensor
    alone: Tensor


@cache
def draw() -> dict[str, Any]:
    """The weights, drawn as PyTorch draws them and rounded, so that JavaScript holds the same numbers."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        drawn: dict[str, Tensor] = dict(GRUCell(EMBEDDING, UNITS, dtype=torch.float64).named_parameters())
        drawn["embedding"] = torch.randn(len(WORDS), EMBEDDING, dtype=torch.float64)
        output = torch.nn.Linear(UNITS, len(WORDS), dtype=torch.float64)
    drawn |= {f"output_{name}": parameter for name, parameter in output.named_parameters()}
    return {name: rounded(values) for name, values in drawn.items()}


def rounded(values: Tensor) -> Any:
    """A tensor as lists of numbers with three decimals."""
    return [rounded(value) if value.dim() else round(value.item(), 3) for value in values.detach().unbind()]


@cache
def _weights() -> dict[str, Tensor]:
    return {name: torch.tensor(values, dtype=torch.float64) for name, values in draw().items()}


@torch.no_grad()
def run(batch: Batch, *, zero_pad: bool = False) -> States:
    """Read a batch padded, packed, and each of its sentences alone.

    Args:
        batch: B sentences, T steps.
        zero_pad: whether `<pad>` has a vector of zeros, as with `padding_idx=0`.
    """
    weights = _weights()
    cell = GRUCell(EMBEDDING, UNITS, dtype=torch.float64)
    cell.load_state_dict({name: weights[name] for name, _ in cell.named_parameters()})
    embedding = weights["embedding"].clone()
    if zero_pad:
        embedding[PAD] = 0
    x = embedding[batch.ids]  # (T, B, E)
    T, B = batch.ids.shape
    output, packed_output = x.new_zeros(2, T, B, UNITS)
    h = x.new_zeros(B, UNITS)
    for t in range(T):
        h = output[t] = cell(x[t], h)
    packed = x.new_zeros(B, UNITS)
    order = by_length(batch.lengths)
    for t, size in enumerate(batch_sizes(batch.lengths)):
        running = order[:size]  # the others have ended and keep their states
        packed[running] = packed_output[t, running] = cell(x[t, running], packed[running])
    alone = x.new_zeros(B, UNITS)
    for b, length in enumerate(batch.lengths):
        for t in range(length):
            alone[b] = cell(x[t, b], alone[b])
    return States(output, packed_output, h, packed, alone)


def distances(states: Tensor, others: Tensor) -> Tensor:
    """Euclidean distance of each row from the other's, (B,)."""
    lengths: Tensor = torch.linalg.vector_norm(states - others, dim=-1)
    return lengths


# ---- the loss --------------------------------------------------------------------------------------------


class Losses(NamedTuple):
    """What a batch's cells cost, in nats.

    Attributes:
        cells: the loss at each cell, (T, B).
        masked: mean over the words. averaged: mean over all cells.
        pad: probability of `<pad>` at each cell, (T, B).
        masked_slope, averaged_slope: derivative of each mean by the bias of `<pad>`.
    """

    cells: Tensor
    masked: float
    averaged: float
    pad: Tensor
    masked_slope: float
    averaged_slope: float


@torch.no_grad()
def score(batch: Batch, output: Tensor, pad_bias: float) -> Losses:
    """Ask for the token at each cell, from the state before it.

    Args:
        batch: B sentences, T steps.
        output: states (T, B, H); the state before the first step is zero.
        pad_bias: added to the score of `<pad>`.
    """
    weights = _weights()
    before = torch.cat([torch.zeros_like(output[:1]), output[:-1]])  # (T, B, H)
    scores = linear(before, weights["output_weight"], weights["output_bias"])  # (T, B, V)
    scores[..., PAD] += pad_bias
    log_p = scores.log_softmax(-1)
    cells = -log_p.gather(-1, batch.ids[..., None])[..., 0]  # (T, B)
    pad = log_p[..., PAD].exp()
    real = batch.ids != PAD
    slope = pad - (~real).double()  # of each cell's loss
    return Losses(
        cells,
        masked=cells[real].mean().item(),
        averaged=cells.mean().item(),
        pad=pad,
        masked_slope=slope[real].mean().item(),
        averaged_slope=slope.mean().item(),
    )


# ---- the still -------------------------------------------------------------------------------------------

LEFT, COLUMN, ROW, HEAD, GAP, OFF, FONT = 24, 62, 28, 22, 14, 56, 13


def draw_cell(x: float, y: float, token: str, *, padding: bool) -> list[str]:
    """A cell with its token; padding is dashed and hatched."""
    w, tall = COLUMN - 4, ROW - 4
    dash = ' stroke-dasharray="3 3"' if padding else ""
    frame = f'x="{x}" y="{y}" width="{w}" height="{tall}" rx="3" fill="none" stroke="currentColor"{dash}'
    parts = [f'<rect {frame} stroke-opacity="0.6"/>']
    if padding:
        lines = "".join(f"M{x + at} {y + tall}l{tall} {-tall}" for at in range(2, w - tall, 8))
        parts.append(f'<path d="{lines}" stroke="currentColor" stroke-opacity="0.2"/>')
    return [*parts, svg_text(x + w / 2, y + 17, shortened(token, 8))]


def shortened(word: str, most: int) -> str:
    """A text cut to so many characters, with … where something is missing."""
    return word if len(word) <= most else f"{word[: most - 1]}…"
