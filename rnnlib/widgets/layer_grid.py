"""Layer by time grid: a stacked network, the order in which its cells can be computed, what a nudge changes.

A cell is one layer at one step. It reads the layer below at its own step and its own layer at the step
before, and nothing else: so all cells with the same layer + step can be computed at once, and a change of
one state moves no cell of an earlier step or of a lower layer. The states are computed here layer by layer,
with `rnnlib.cells`, and in the browser wave by wave, with `js/core.mjs`; tests hold both against `torch.nn`.
"""

import math
from functools import cache
from typing import Any, NamedTuple

import torch
from torch import Tensor

from rnnlib.cells import GRUCell, LSTMCell, RecurrentCell, RNNCell
from rnnlib.widgets.base import Widget, choice, decimals, number, svg_image, svg_text

MOST_LAYERS, MOST_STEPS, MOST_UNITS, INPUTS = 4, 12, 6, 2
CELLS: dict[str, type[RecurrentCell]] = {"rnn": RNNCell, "gru": GRUCell, "lstm": LSTMCell}
NAMES = {"rnn": "RNN", "gru": "GRU", "lstm": "LSTM"}


class Run(NamedTuple):
    """States of every cell, float64.

    Attributes:
        h: (L, T, H).
        c: the LSTM's cell states, (L, T, H), else None.
    """

    h: Tensor
    c: Tensor | None


class LayerGrid(Widget):
    """A stacked RNN, GRU or LSTM over some steps, drawn as a grid of layers and steps.

    The weights are drawn as PyTorch draws them. The nudge adds its size to every unit of one state h; what
    then differs anywhere is the largest change of a unit there.

    Args:
        seed: of the weights and inputs.
        **traits: `id`, and first values of the traits.

    Attributes:
        layers: L, 1 to 4. Hash: `layers=2`.
        width: units H in each layer, 1 to 6. Hash: `width=6`.
        cell: "rnn", "gru" or "lstm". Hash: `cell=gru`.
        length: steps T, 2 to 12. Hash: `length=12`.
        step: the wave shown, 1 to L + T - 1; the last one if beyond it. Hash: `step=2`.
        nudge_layer, nudge_step: the state that is nudged; the last layer or step if beyond it. Hash:
            `nudge_layer=1&nudge_step=1`.
        nudge: what is added to it, -2 to 2. Hash: `nudge=-1`.
        result: whose numbers are listed, "output", "h_n" or "c_n". Hash: `result=h_n`.

    Raises:
        traitlets.TraitError: a trait out of its range.
    """

    module = "layer_grid"

    layers = number(3, 1, MOST_LAYERS, step=1)
    width = number(4, 1, MOST_UNITS, step=1)
    cell = choice("lstm", list(CELLS))
    length = number(8, 2, MOST_STEPS, step=1)
    step = number(4, 1, MOST_LAYERS + MOST_STEPS - 1, step=1)
    nudge_layer = choice(2, list(range(1, MOST_LAYERS + 1)))
    nudge_step = number(3, 1, MOST_STEPS, step=1)
    nudge = number(0.5, -2, 2, step=0.1)
    result = choice("output", ["output", "h_n", "c_n"])

    def __init__(self, *, seed: int = 0, **traits: Any) -> None:
        self.seed = seed
        super().__init__(**traits)

    def make_payload(self) -> dict[str, Any]:
        return draw(self.seed)

    @property
    def place(self) -> tuple[int, int]:
        """Layer and step of the nudge, both counted from 1, inside the present grid."""
        return min(self.nudge_layer, self.layers), min(self.nudge_step, self.length)

    @property
    def num_waves(self) -> int:
        """How many waves compute the whole grid, L + T - 1."""
        return wave_of(self.layers, self.length)

    def cells(self) -> list[RecurrentCell]:
        """The network's layers as cells of `rnnlib.cells`, from the bottom."""
        return build_cells(self.seed, self.cell, self.layers, self.width)

    def run(self, nudge: float = 0.0) -> Run:
        """All states, with `nudge` added to the state at `place`."""
        x = torch.tensor(draw(self.seed)["inputs"][: self.length], dtype=torch.float64)
        return run_stack(self.cells(), x, self.place, nudge)

    def change(self) -> Tensor:
        """The largest change of a unit in each cell, by the nudge, (L, T)."""
        return (self.run(self.nudge).h - self.run().h).abs().amax(-1)

    def num_parameters(self) -> int:
        """The sum of `numel` over all parameters."""
        return sum(p.numel() for cell in self.cells() for p in cell.parameters())

    def table(self) -> tuple[str, list[str], list[list[str]]]:
        """Step by step: the wave that computes each layer's cell, and what the nudge does to it."""
        layer, step = self.place
        levels = range(1, self.layers + 1)
        header = ["step t", *(f"wave, layer {k}" for k in levels), *(f"change, layer {k}" for k in levels)]
        change = self.change().T.tolist()
        rows = [
            [str(t), *(str(wave_of(k, t)) for k in levels), *map(written, change[t - 1])]
            for t in range(1, self.length + 1)
        ]
        caption = (
            f"{NAMES[self.cell]}, {self.width} units: {self.layers * self.length} cells in {self.num_waves} "
            f"waves, {self.num_parameters()} parameters. A nudge of {decimals(self.nudge, 1)} at layer "
            f"{layer}, step {step}"
        )
        return caption, header, rows

    def still(self) -> str:
        """The waves above, with `output` and `h_n` framed; below what the nudge changes."""
        layer, step = self.place
        wave = min(self.step, self.num_waves)
        change = self.change()
        moved = int(change.count_nonzero())
        top = HEAD + ROW * self.layers + GAP  # of the lower grid
        height = top + ROW * self.layers + FOOT
        label = (
            f"A grid of {self.layers} layers by {self.length} steps. Cells with the same layer + step are "
            f"computed in the same wave, {self.num_waves} in all; at wave {wave} a diagonal is at work. "
            f"The top layer's cells are output, the last step's h_n. Below: a nudge of layer {layer} at step "
            f"{step} changes {moved} of {change.numel()} cells, none earlier and none in a lower layer."
        )
        parts = [*self._draw_waves(wave), *self._draw_changes(change.tolist(), top)]
        parts.append(svg_text(0, height - 6, "step t", anchor="start"))
        for t in range(1, self.length + 1):
            parts.append(svg_text(LEFT + COLUMN * (t - 0.5), height - 6, str(t), weight=600))
        return svg_image(LEFT + COLUMN * self.length + 4, height, label, parts, font_size=14)

    def _draw_waves(self, wave: int) -> list[str]:
        """The upper grid: each cell with its wave's number, the tensors of the result framed."""
        parts = []
        for layer in range(1, self.layers + 1):
            for step in range(1, self.length + 1):
                own = wave_of(layer, step)
                fill = (own < wave) * 0.14 + (own == wave) * 0.9
                parts.append(box(layer, step, HEAD, self.layers, ACCENT, fill, dashed=own > wave))
                parts.append(cell_text(layer, step, HEAD, self.layers, str(own), bold=own == wave))
        width, height = COLUMN * self.length, ROW * self.layers
        top_row = f'x="{LEFT}" y="{HEAD}" width="{width}" height="{ROW}"'
        last = f'x="{LEFT + width - COLUMN}" y="{HEAD - 3}" width="{COLUMN + 3}" height="{height + 6}"'
        parts.append(f'<rect {top_row} rx="8" fill="none" stroke="{OUTPUT}" stroke-width="2.5"/>')
        dash = 'stroke-width="2.5" stroke-dasharray="6 4"'
        parts.append(f'<rect {last} rx="8" fill="none" stroke="{LAST}" {dash}/>')
        parts.append(svg_text(LEFT, 16, "output", anchor="start", weight=600))
        states = "h_n, c_n" if self.cell == "lstm" else "h_n"
        parts.append(svg_text(LEFT + width, 16, states, anchor="end", weight=600))
        return [*parts, *layer_names(self.layers, HEAD)]

    def _draw_changes(self, change: list[list[float]], top: float) -> list[str]:
        """The lower grid: each cell with the size of its change, and a bar for its power of ten."""
        layer, step = self.place
        title = f"change by {decimals(self.nudge, 1)} at layer {layer}, step {step}"
        parts = [svg_text(0, top - 10, title, anchor="start", weight=600)]
        for k in range(1, self.layers + 1):
            for t in range(1, self.length + 1):
                value = change[k - 1][t - 1]
                inside = k >= layer and t >= step
                parts.append(box(k, t, top, self.layers, NUDGE, 0.0, dashed=not inside))
                parts.append(bar(k, t, top, self.layers, share_of(value)))
                parts.append(cell_text(k, t, top, self.layers, short(value), bold=(k, t) == (layer, step)))
        return [*parts, *layer_names(self.layers, top)]


# ---- weights and numbers ---------------------------------------------------------------------------------


def wave_of(layer: int, step: int) -> int:
    """The wave that can compute a cell, layer + step - 1; all three are counted from 1."""
    return layer + step - 1


@cache
def draw(seed: int) -> dict[str, Any]:
    """A seed's weights in [-1, 1] and inputs, rounded, so that Python and JavaScript hold the same numbers.

    The weights are those of LSTMs of the largest width as initialised, times sqrt(H). Divided by the square
    root of a smaller width, and cut to its size, they are a smaller network as initialised. A GRU takes the
    first three of the four blocks, an RNN the first.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        sizes = [INPUTS, *[MOST_UNITS] * (MOST_LAYERS - 1)]
        cells = [LSTMCell(size, MOST_UNITS, dtype=torch.float64) for size in sizes]
        inputs = torch.randn(MOST_STEPS, INPUTS, dtype=torch.float64)
    unit = [
        {name: rounded(p * math.sqrt(MOST_UNITS)) for name, p in cell.named_parameters()} for cell in cells
    ]
    return {"layers": unit, "inputs": rounded(inputs), "units": MOST_UNITS}


def rounded(values: Tensor) -> Any:
    """A tensor as lists of numbers with three decimals."""
    return [rounded(value) if value.dim() else round(value.item(), 3) for value in values.detach().unbind()]


@torch.no_grad()
def build_cells(seed: int, kind: str, layers: int, width: int) -> list[RecurrentCell]:
    """The layers of a network of `kind`, from the bottom, with a seed's weights cut to its size."""
    cells = []
    for k, stored in enumerate(draw(seed)["layers"][:layers]):
        cell = CELLS[kind](width if k else INPUTS, width, dtype=torch.float64)
        for name, parameter in cell.named_parameters():
            whole = torch.tensor(stored[name], dtype=torch.float64)
            blocks = whole.view(4, MOST_UNITS, *whole.shape[1:])[: cell.num_gates, :width]
            cut = blocks if whole.dim() == 1 else blocks[..., : parameter.shape[-1]]
            parameter.copy_(cut.flatten(0, 1) / math.sqrt(width))
        cells.append(cell)
    return cells


@torch.no_grad()
def run_stack(cells: list[RecurrentCell], x: Tensor, place: tuple[int, int], nudge: float) -> Run:
    """All states of stacked cells, layer by layer, from zeros.

    Args:
        cells: from the bottom.
        x: (T, I).
        place: layer and step, from 1, of the state to which `nudge` is added as soon as it is computed.
        nudge: added to each of its units.
    """
    hidden, memory = [], []
    for layer, cell in enumerate(cells, start=1):
        states, own, state = [], [], None
        for step, x_t in enumerate(x, start=1):
            after = cell(x_t, state)
            h = after[0] if isinstance(after, tuple) else after
            if (layer, step) == place:
                h = h + nudge
            state = (h, after[1]) if isinstance(after, tuple) else h
            states.append(h)
            own.append(after[1] if isinstance(after, tuple) else h)
        x = torch.stack(states)  # what the layer above reads
        hidden.append(x)
        memory.append(torch.stack(own))
    return Run(torch.stack(hidden), torch.stack(memory) if isinstance(cells[0], LSTMCell) else None)


# ---- numbers as text -------------------------------------------------------------------------------------

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
LEAST = -4  # bars start at 10^-4


def written(change: float) -> str:
    """A change as a table prints it."""
    return "0" if change == 0 else f"{change:.4f}" if change >= 1e-3 else f"{change:.1e}"


def short(change: float) -> str:
    """A change as a small cell prints it: two or three decimals, or about which power of ten it is."""
    if change == 0:
        return "0"
    if change >= 0.001:
        return decimals(change, 2 if change >= 0.01 else 3)
    return "10" + str(round(math.log10(change))).translate(SUPERSCRIPTS)


def share_of(change: float) -> float:
    """How full a change's bar is: empty at 10^-4, full at 1, by powers of ten; any change shows."""
    return 0.0 if change == 0 else min(1.0, max(0.06, 1 - math.log10(change) / LEAST))


# ---- the still -------------------------------------------------------------------------------------------

LEFT, COLUMN, ROW, HEAD, GAP, FOOT = 64, 52, 38, 26, 40, 26
ACCENT, OUTPUT, LAST, NUDGE = "#2f7fd1", "#16857b", "#8a63d2", "#c8601a"  # contrast 3 on white and on dark


def corner(layer: int, step: int, top: float, layers: int) -> tuple[float, float]:
    """A cell's upper left corner: the first layer is the lowest row."""
    return LEFT + COLUMN * (step - 1) + 4, top + ROW * (layers - layer) + 4


def box(layer: int, step: int, top: float, layers: int, colour: str, fill: float, *, dashed: bool) -> str:
    """A cell's frame, filled as far as `fill` says."""
    x, y = corner(layer, step, top, layers)
    dash = ' stroke-dasharray="3 3" stroke-opacity="0.6"' if dashed else ""
    return (
        f'<rect x="{x}" y="{y}" width="{COLUMN - 8}" height="{ROW - 8}" rx="5" fill="{colour}" '
        f'fill-opacity="{fill:.2f}" stroke="{colour}"{dash}/>'
    )


def bar(layer: int, step: int, top: float, layers: int, share: float) -> str:
    """A bar that fills a share of a cell from below."""
    x, y = corner(layer, step, top, layers)
    size = (ROW - 8) * share
    place = f'x="{x}" y="{y + ROW - 8 - size:.1f}" width="{COLUMN - 8}" height="{size:.1f}"'
    return f'<rect {place} rx="5" fill="{NUDGE}" fill-opacity="0.4"/>' if share else ""


def cell_text(layer: int, step: int, top: float, layers: int, text: str, *, bold: bool) -> str:
    """A text in the middle of a cell."""
    x, y = corner(layer, step, top, layers)
    return svg_text(x + (COLUMN - 8) / 2, y + (ROW - 8) / 2 + 5, text, weight=700 if bold else 400)


def layer_names(layers: int, top: float) -> list[str]:
    """The layers' names at the left of their rows."""
    return [
        svg_text(0, corner(layer, 1, top, layers)[1] + 20, f"layer {layer}", anchor="start")
        for layer in range(1, layers + 1)
    ]
