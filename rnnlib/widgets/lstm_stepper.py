"""LSTM stepper: one small cell, step by step, with gates that can be locked.

The cell state c is kept, written and shown by three gates of its own: c' = f c + i g, h' = o tanh(c'). With
f = 1 and i = 0 it stays the same to the last bit; with o = 0 nobody sees it. The numbers here are computed by
`rnnlib.cells`; the same numbers in the browser by `js/core.mjs`; tests hold the two, and
`torch.nn.LSTMCell`, against each other.
"""

import math
from collections.abc import Mapping
from typing import Any

import torch
import traitlets
from torch import Tensor

from rnnlib.cells import LSTMCell, lstm_step, project_input
from rnnlib.widgets.base import decimals, number, numbers, svg_image, svg_text
from rnnlib.widgets.stepper import (
    HEADER,
    LABEL,
    PARAMETERS,
    ROW,
    WIDTH,
    Locks,
    Stepper,
    draw_grid,
    locked,
)

GATES = ("i", "f", "g", "o")  # PyTorch's order of the blocks
QUANTITIES = (*GATES, "c", "h")

# Unit 1 writes where x = 1 (i opens, f drops the old value) and shows where x = -1 (o opens). Unit 2 reads
# h of unit 1 alone: it hears of the value only once unit 1 shows it.
DESIGNED = {
    "weight_ih": [[8.0], [0.0], [-8.0], [0.0], [3.0], [0.0], [-8.0], [0.0]],  # (4H, 1), blocks i f g o
    "weight_hh": [  # (4H, H)
        *([0.0, 0.0], [8.0, 0.0]),
        *([0.0, 0.0], [-8.0, 0.0]),
        *([0.0, 0.0], [3.0, 0.0]),
        *([0.0, 0.0], [8.0, 0.0]),
    ],
    "bias_ih": [0.0] * 8,
    "bias_hh": [0.0] * 8,
}


class LSTMStepper(Stepper):
    """An LSTM of one to three units over a short input, with lockable gates.

    Attributes can be read, set and linked to (`#lstm-stepper?t=3&lock_o=0`); Esc returns to the first values.

    Args:
        hidden_size: number of units, 1 to 3.
        weights: a `torch.nn.LSTMCell` or `rnnlib.cells.LSTMCell` of input size 1, its state dict, or a
            mapping with `weight_ih` (4H, 1), `weight_hh` (4H, H) and, unless zero, `bias_ih` and `bias_hh`
            (4H,). Default: weights made for this widget if `hidden_size` is 2, else what PyTorch draws under
            `seed`.
        seed: draw the weights as `torch.nn.LSTMCell(1, hidden_size)` does after `torch.manual_seed(seed)`.
        **traits: `id`, and first values of the attributes below.

    Attributes:
        t: step shown, 1 to T. Hash: `t=3`.
        unit: unit shown, 1 to H. Hash: `unit=2`.
        inputs: T numbers in [-3, 3]; T is fixed by the first value, 1 to 12.
            Hash: `inputs=0,1,0,0,0,-1,0,0`; one number stands for all.
        bias_i, bias_f, bias_g, bias_o: added to every unit's bias of the input gate, forget gate, input node
            or output gate, in [-6, 6]. Hash: `bias_f=0`.
        lock_i, lock_f, lock_o: for each step a value in [0, 1] that the gate takes in every unit, or None.
            One value, or None, stands for all steps. Hash: `lock_f=1` (all), `lock_o=-,-,1,-,-,-,-,-` (step
            3 of 8).
        scope: whether the page's locks act on "step" or "all". Hash: `scope=all`.
        gates: `i`, `f`, `g`, `o`, `c`, `h` of the present settings, each T x H.

    Raises:
        traitlets.TraitError: a trait out of its range, or of another length than the inputs.
        TypeError, ValueError: sizes or weights that make no such cell.
    """

    module = "lstm_stepper"
    cell_type = LSTMCell
    designed = DESIGNED
    run_traits = ("bias_i", "bias_f", "bias_g", "bias_o", "lock_i", "lock_f", "lock_o")

    inputs = numbers([0.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0], -3, 3, step=0.1)
    bias_i = number(-4.0, -6, 6, step=0.1)
    bias_f = number(5.0, -6, 6, step=0.1)
    bias_g = number(0.0, -6, 6, step=0.1)
    bias_o = number(-4.0, -6, 6, step=0.1)
    lock_i = Locks()
    lock_f = Locks()
    lock_o = Locks()

    @traitlets.validate("lock_i", "lock_f", "lock_o")
    def _check_locks(self, proposal: Any) -> list[float | None]:
        return self.spread_lock(proposal)

    def run(self, **changes: Any) -> dict[str, Tensor]:
        """Gates, input node and both states by `rnnlib.cells`, under the present settings with `changes`.

        Args:
            **changes: other values for bias_i, bias_f, bias_g, bias_o, lock_i, lock_f, lock_o.

        Returns:
            dict of `i`, `f`, `g`, `o`, `c`, `h`, each (T, H), float64.
        """
        return run_lstm(self.parameters, self.inputs, **self._run_settings(changes))

    def table(self) -> tuple[str, list[str], list[list[str]]]:
        """The numbers of the unit shown, step by step."""
        u = self.unit - 1
        run = self.run()
        header = ["step", "input x", "input gate i", "forget gate f", "input node g", "output gate o"]
        header += ["cell state c", "hidden state h"]
        rows = [
            [str(k + 1), decimals(x, 1), *(decimals(float(run[name][k, u]), 3) for name in QUANTITIES)]
            for k, x in enumerate(self.inputs)
        ]
        return f"LSTM over {len(self.inputs)} steps, unit {self.unit}", header, rows

    def still(self) -> str:
        """Cell state and hidden state of the unit shown over time, below them its gates as numbers."""
        run = {name: value[:, self.unit - 1].tolist() for name, value in self.run().items()}
        c, h = run["c"][self.t - 1], run["h"][self.t - 1]
        label = (
            f"Unit {self.unit} of an LSTM over {len(self.inputs)} steps: cell state and hidden state as "
            f"curves, then input, gates and states as numbers. At step {self.t} the cell state is "
            f"{decimals(c)} and the hidden state {decimals(h)}."
        )
        rows = {"x input": self.inputs} | {LABELS[name]: run[name] for name in LABELS}
        width = max(WIDTH, LABEL + 44 * len(self.inputs))
        parts = [draw_states(run["c"], run["h"], width), draw_grid(rows, self.t, CHART, width)]
        height = CHART + HEADER + len(rows) * ROW + 2
        return svg_image(width, height, label, parts, font_size=14)


def run_lstm(
    parameters: Mapping[str, Tensor],
    inputs: list[float],
    *,
    bias_i: float = 0.0,
    bias_f: float = 0.0,
    bias_g: float = 0.0,
    bias_o: float = 0.0,
    lock_i: list[float | None] | None = None,
    lock_f: list[float | None] | None = None,
    lock_o: list[float | None] | None = None,
) -> dict[str, Tensor]:
    """An LSTM over scalar inputs by `rnnlib.cells.lstm_step`, with any gate locked at any step.

    Args:
        parameters: `weight_ih` (4H, 1), `weight_hh` (4H, H), `bias_ih` and `bias_hh` (4H,), float64.
        inputs: T numbers.
        bias_i, bias_f, bias_g, bias_o, lock_i, lock_f, lock_o: see `LSTMStepper`.

    Returns:
        dict of `i`, `f`, `g`, `o`, `c`, `h`, each (T, H), float64.
    """
    weight_ih, weight_hh, bias_ih, bias_hh = (parameters[name] for name in PARAMETERS)
    H = weight_hh.shape[1]
    shift = torch.tensor([bias_i, bias_f, bias_g, bias_o], dtype=torch.float64).repeat_interleave(H)  # (4H,)
    free = [None] * len(inputs)
    locks = zip(
        lock_i or free, lock_f or free, free, lock_o or free, strict=True
    )  # of i, f, g, o at each step
    x = torch.tensor(inputs, dtype=torch.float64).unsqueeze(-1)  # (T, 1)
    h = c = torch.zeros(1, H, dtype=torch.float64)
    steps = []
    for gi, values in zip(project_input(x, weight_ih, bias_ih + shift).split(1), locks, strict=True):
        gh = project_input(h, weight_hh, bias_hh)  # (1, 4H), as gi
        blocks = zip(gi.chunk(4, dim=-1), gh.chunk(4, dim=-1), values, strict=True)
        gi = torch.cat([locked(*block) for block in blocks], dim=-1)
        steps.append(lstm_step(gi, h, c, weight_hh, bias_hh))
        h, c = steps[-1].h, steps[-1].c
    return {name: torch.cat([getattr(step, name) for step in steps]) for name in QUANTITIES}


# ---- the still -------------------------------------------------------------------------------------------

LABELS = {
    "i": "i input gate",
    "f": "f forget gate",
    "g": "g input node",
    "o": "o output gate",
    "c": "c cell state",
    "h": "h hidden state",
}
CHART, TOP, BOTTOM = 164, 36, 152  # height of the chart with its space; its curves' upper and lower limit


def draw_states(c: list[float], h: list[float], width: float) -> str:
    """Cell state (dots, solid) and hidden state (diamonds, dashed) over the columns of the grid below."""
    column = (width - LABEL) / len(c)
    lowest = min(*c, *h)
    low = math.floor(lowest) if lowest < -0.05 else 0  # the lower half only where something is there
    high = math.ceil(max(1.0, *c))

    def x(k: int) -> float:
        return LABEL + column * (k + 0.5)

    def y(value: float) -> float:
        return BOTTOM - (value - low) / (high - low) * (BOTTOM - TOP)

    parts = []
    for tick in sorted({low, 0, 1, high}):
        parts.append(
            f'<path d="M{LABEL} {y(tick):.1f}H{width}" stroke="currentColor" stroke-opacity="0.25"/>'
        )
        if high - low < 6 or tick != 1:
            parts.append(svg_text(LABEL - 6, y(tick) + 5, decimals(tick, 0), anchor="end"))
    for values, dash in ((c, ""), (h, ' stroke-dasharray="5 4"')):
        points = " ".join(f"{x(k):.1f},{y(value):.1f}" for k, value in enumerate(values))
        line = 'fill="none" stroke="currentColor" stroke-width="2"'
        parts.append(f'<polyline points="{points}" {line}{dash}/>')
    parts += [draw_dot(x(k), y(value)) for k, value in enumerate(c)]
    parts += [draw_diamond(x(k), y(value)) for k, value in enumerate(h)]
    parts += [draw_dot(LABEL + 8, 10), svg_text(LABEL + 20, 15, "c cell state", anchor="start")]
    parts += [draw_diamond(LABEL + 138, 10), svg_text(LABEL + 150, 15, "h hidden state", anchor="start")]
    return "".join(parts)


def draw_dot(x: float, y: float) -> str:
    """A point of c."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5"/>'


def draw_diamond(x: float, y: float) -> str:
    """A point of h."""
    shape = 'fill="var(--rnn-paper, Canvas)" stroke="currentColor" stroke-width="2"'
    return f'<path d="M{x:.1f} {y - 6:.1f}l6 6l-6 6l-6 -6z" {shape}/>'
