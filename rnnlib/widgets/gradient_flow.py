"""Gradient flow: how far back a loss at the last step reaches, in an RNN, a GRU and an LSTM.

The numbers are computed here by `rnnlib.cells` and `rnnlib.probes`, in the browser by `js/core.mjs`; tests
hold the two against each other. Why gradients vanish or explode: Bengio, Simard and Frasconi 1994; Pascanu,
Mikolov and Bengio 2013.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
import traitlets
from torch import Tensor

from rnnlib.cells import GRUCell, LSTMCell, RecurrentCell, RNNCell
from rnnlib.probes import gate_trace, gradient_reach, reach_bound, state_jacobian
from rnnlib.widgets.base import Widget, apart, choice, flag, number, svg_image, svg_text

HIDDEN, INPUTS, LONGEST = 12, 3, 100
SEEDS = [0, 1, 2]
CELLS = {"rnn": "RNN", "gru": "GRU", "lstm": "LSTM"}
BLOCKS = {"rnn": "n", "gru": "rzn", "lstm": "rzno"}  # the LSTM's i f g o share the GRU's r z n, and add o


@dataclass(frozen=True)
class Flow:
    """One cell's numbers; tensors over t = 1..T. Bounds hold for the norms beside them.

    Attributes:
        reach: the norm of dL/dh_t; dL/dh_T has norm 1.
        bound: what it cannot exceed.
        reach_c, bound_c: the same of dL/dc_t, for the LSTM.
        parameter_norm: the norm of all parameters' gradients together, before clipping.
    """

    reach: Tensor
    bound: Tensor
    reach_c: Tensor | None
    bound_c: Tensor | None
    parameter_norm: float


class GradientFlow(Widget):
    """A loss at the last step only, and the norm of its gradient at every step before, for RNN, GRU and LSTM.

    The three cells have 12 units and share their weights as far as they can: RNN and candidates one recurrent
    matrix, reset and input gate another, update and forget gate a third. The loss is sum(h_T) / sqrt(12).

    Attributes:
        length: number of steps T, 2 to 100.
        radius: spectral radius of every (H, H) block of `weight_hh`, 0 to 2.
        input_scale: factor on the inputs, 0 to 3.
        nonlinearity: the RNN's: "tanh", "relu" or "identity".
        matrix: of RNN and candidates: "random", "orthogonal" or "lopsided" (far from normal).
        forget_bias, update_bias: bias of the LSTM's forget gate and the GRU's update gate, -4 to 8.
        clipping, clip: whether the parameters' gradient is clipped, and to which norm, 0.05 to 10.
        seed: which stored weights and inputs, 0 to 2.
        step: the step looked at, 1 to 100; the last one if beyond it.
        bound: whose upper bound is drawn: "none", "rnn", "gru" or "lstm".
        show_rnn, show_gru, show_lstm: which cells are shown.
        reach: "rnn", "gru" and "lstm" to the norms of dL/dh_t, "lstm_c" to those of dL/dc_t, t = 1..T.
    """

    module = "gradient_flow"

    length = number(40, 2, LONGEST, step=1)
    radius = number(0.6, 0.0, 2.0, step=0.05)
    input_scale = number(1.0, 0.0, 3.0)
    nonlinearity = choice("tanh", ["tanh", "relu", "identity"])
    matrix = choice("random", ["random", "orthogonal", "lopsided"])
    forget_bias = number(3.0, -4.0, 8.0)
    update_bias = number(3.0, -4.0, 8.0)
    clipping = flag(True)
    clip = number(1.0, 0.05, 10.0, step=0.05)
    seed = choice(0, SEEDS)
    step = number(1, 1, LONGEST, step=1)
    bound = choice("lstm", ["none", "rnn", "gru", "lstm"])
    show_rnn = flag(True)
    show_gru = flag(True)
    show_lstm = flag(True)
    reach = traitlets.Dict().tag(sync=True)

    _page_speaks = False  # while a change comes from the browser, which sends `reach` itself

    def make_payload(self) -> dict[str, Any]:
        return {"seeds": {str(seed): draw(seed) for seed in SEEDS}}

    def flow(self, kind: str) -> Flow:
        """All numbers of one cell, "rnn", "gru" or "lstm", under the present settings."""
        cell, x = build_cell(kind, self.settings())
        return measure(cell, x)

    def set_state(self, sync_data: dict[str, Any]) -> None:
        self._page_speaks = True
        try:
            super().set_state(sync_data)
        finally:
            self._page_speaks = False

    @traitlets.default("reach")
    def _default_reach(self) -> dict[str, list[float]]:
        return {name: values.tolist() for name, values in self._norms().items()}

    @traitlets.observe(
        "length", "radius", "input_scale", "nonlinearity", "matrix", "forget_bias", "update_bias", "seed"
    )
    def _follow(self, change: Any) -> None:
        if not self._page_speaks:
            self.reach = self._default_reach()

    def _norms(self) -> dict[str, Tensor]:
        reaches: dict[str, Any] = {}
        for kind in CELLS:
            cell, x = build_cell(kind, self.settings())
            reaches[kind] = gradient_reach(cell, x, loss)
        return {**{kind: reach.h for kind, reach in reaches.items()}, "lstm_c": reaches["lstm"].c}

    def _shown(self) -> list[str]:
        return [kind for kind in CELLS if getattr(self, f"show_{kind}")]

    def table(self) -> tuple[str, list[str], list[list[str]]]:
        """Norms and bounds at about ten steps, the first and the last among them."""
        columns: dict[str, Tensor] = {}
        for kind in self._shown():
            flow = self.flow(kind)
            columns |= {f"{CELLS[kind]} dL/dh": flow.reach, f"{CELLS[kind]} bound": flow.bound}
            if flow.reach_c is not None and flow.bound_c is not None:
                columns |= {"LSTM dL/dc": flow.reach_c, "LSTM bound of dL/dc": flow.bound_c}
        stride = max(1, round(self.length / 8))
        steps = sorted({1, self.length, *range(stride, self.length, stride)})
        rows = [[str(t), *(f"{values[t - 1]:.3g}" for values in columns.values())] for t in steps]
        return f"Norm of the gradient, {self._setting()}", ["step t", *columns], rows

    def _setting(self) -> str:
        return (
            f"length {self.length}, radius {self.radius:g}, forget bias {self.forget_bias:g}, "
            f"update bias {self.update_bias:g}"
        )

    def still(self) -> str:
        """The curves, and the chosen bound, as SVG."""
        flows = {kind: self.flow(kind) for kind in self._shown()}
        curves = [
            Curve(CELLS[kind] if kind != "lstm" else "LSTM h", kind, flow.reach)
            for kind, flow in flows.items()
        ]
        curves += [
            Curve("LSTM c", kind, flow.reach_c, "7 3")
            for kind, flow in flows.items()
            if flow.reach_c is not None
        ]
        if self.bound in flows:
            flow = flows[self.bound]
            values = flow.bound if flow.bound_c is None else flow.bound_c
            curves.append(Curve(f"bound, {CELLS[self.bound]}", self.bound, values, "2 3"))
        ends = ", ".join(f"{curve.name} {curve.values[0]:.2g}" for curve in curves)
        label = f"Norm of the gradient at each step, {self._setting()}. At step 1: {ends or 'nothing shown'}."
        return draw_curves(curves, self.length, label)


# ---- weights and numbers ---------------------------------------------------------------------------------


@cache
def draw(seed: int) -> dict[str, Any]:
    """One seed's weights and inputs, rounded, so that Python and JavaScript hold the same numbers.

    Every recurrent block has spectral radius 1 before the widget multiplies it by its `radius`. Input weights
    come from +-1/sqrt(H), as PyTorch draws them.
    """
    generator = torch.Generator().manual_seed(seed)
    options: dict[str, Any] = {"generator": generator, "dtype": torch.float64}
    gates = {}
    for gate in "nrzo":
        recurrent = torch.randn(HIDDEN, HIDDEN, **options)
        inward = (2 * torch.rand(HIDDEN, INPUTS, **options) - 1) / math.sqrt(HIDDEN)
        gates[gate] = {
            "weight_hh": rounded(recurrent / radius_of(recurrent), 6),
            "weight_ih": rounded(inward, 4),
        }
    turn, _ = torch.linalg.qr(torch.randn(HIDDEN, HIDDEN, **options))
    inputs = rounded(torch.randn(LONGEST, INPUTS, **options), 3)
    return {
        "gates": gates,
        "matrices": {"orthogonal": turn.tolist(), "lopsided": lopsided()},
        "inputs": inputs,
    }


def rounded(matrix: Tensor, decimals: int) -> list[list[float]]:
    """A matrix as lists of short decimals."""
    return [[round(value, decimals) for value in row] for row in matrix.tolist()]


def radius_of(matrix: Tensor) -> float:
    """The spectral radius: the size of the largest eigenvalue."""
    return float(torch.linalg.eigvals(matrix).abs().max())


def lopsided() -> list[list[float]]:
    """Radius 1, yet far from normal: a chain of four units, each handing on more than it keeps."""
    matrix = torch.diag(torch.tensor([1.0] * 4 + [0.5] * (HIDDEN - 4)))
    for unit in range(3):
        matrix[unit, unit + 1] = 1.5
    return matrix.tolist()


def build_cell(kind: str, settings: dict[str, Any]) -> tuple[RecurrentCell, Tensor]:
    """A cell of the widget in float64, and its inputs (T, 1, I)."""
    stored = draw(settings["seed"])
    cells: dict[str, Callable[[], RecurrentCell]] = {
        "rnn": lambda: RNNCell(INPUTS, HIDDEN, nonlinearity=settings["nonlinearity"], dtype=torch.float64),
        "gru": lambda: GRUCell(INPUTS, HIDDEN, dtype=torch.float64),
        "lstm": lambda: LSTMCell(INPUTS, HIDDEN, dtype=torch.float64),
    }
    cell: Any = cells[kind]()
    candidate = stored["matrices"].get(settings["matrix"], stored["gates"]["n"]["weight_hh"])
    recurrent = [candidate if gate == "n" else stored["gates"][gate]["weight_hh"] for gate in BLOCKS[kind]]
    inward = [stored["gates"][gate]["weight_ih"] for gate in BLOCKS[kind]]
    with torch.no_grad():
        cell.weight_hh.copy_(settings["radius"] * torch.tensor(recurrent, dtype=torch.float64).flatten(0, 1))
        cell.weight_ih.copy_(torch.tensor(inward, dtype=torch.float64).flatten(0, 1))
        cell.bias_ih.zero_()
        cell.bias_hh.zero_()
        if kind != "rnn":
            gate_bias = settings["update_bias" if kind == "gru" else "forget_bias"]
            cell.bias_ih[HIDDEN : 2 * HIDDEN] = gate_bias  # z of r z n, f of i f g o
    x = settings["input_scale"] * torch.tensor(stored["inputs"][: settings["length"]], dtype=torch.float64)
    return cell, x.unsqueeze(1)


def loss(last: Tensor) -> Tensor:
    """sum(h_T) / sqrt(H): its gradient dL/dh_T has norm 1. `last` is (1, H)."""
    return last.sum() / math.sqrt(last.shape[-1])


def last_output(cell: RecurrentCell, x: Tensor) -> Tensor:
    """The cell's h (1, H) after the last step of `x` (T, 1, I)."""
    state: Any = None
    for x_t in x:
        state = cell(x_t, state)
    last: Tensor = state[0] if isinstance(state, tuple) else state
    return last


def measure(cell: RecurrentCell, x: Tensor) -> Flow:
    """How far a loss on a cell's last output reaches, and how far it could. `x` is (T, 1, I)."""
    reach = gradient_reach(cell, x, loss)
    if isinstance(cell, RNNCell):
        largest = torch.linalg.matrix_norm(cell.weight_hh.detach(), ord=2)
        bound = largest ** torch.arange(len(x) - 1, -1, -1)
    else:
        bound = reach_bound(state_jacobian(cell, x))
    bound_c = None
    if isinstance(cell, LSTMCell):
        trace = gate_trace(cell, x)  # (T, 1, H) each
        slopes = trace["o"] * (1 - trace["c"].tanh() ** 2)  # dh_t / dc_t
        bound_c = bound * (1 + slopes.amax(dim=(1, 2)) ** 2).sqrt()  # c_t moves [h_t, c_t] by [slope, 1]
    gradients = torch.autograd.grad(loss(last_output(cell, x)), list(cell.parameters()))
    parameter_norm = torch.linalg.vector_norm(torch.cat([g.flatten() for g in gradients])).item()
    return Flow(reach.h, bound, reach.c, bound_c, parameter_norm)


# ---- the still -------------------------------------------------------------------------------------------

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 360, 124, 56, 12, 44
COLOURS = {"rnn": "#c8601a", "gru": "#16857b", "lstm": "#8a63d2"}  # contrast 3 on white and on dark


@dataclass(frozen=True)
class Curve:
    """A named line of the still; `values` (T,) are norms, drawn by their logarithm."""

    name: str
    colour: str
    values: Tensor
    dash: str = ""


def draw_curves(curves: list[Curve], length: int, label: str) -> str:
    """Curves against t in powers of ten, each named at its first step."""
    logs = [[log10(value) for value in curve.values.tolist()] for curve in curves]
    drawn = [
        value for line, curve in zip(logs, curves, strict=True) for value in line if "bound" not in curve.name
    ]
    low = min([-3.0, *(value for value in drawn if value > -math.inf)])
    high = max([0.5, *drawn]) + 3 * any("bound" in curve.name for curve in curves)

    def x(t: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (t - 1) / (length - 1)

    def y(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - min(max(value, low), high)) / (high - low)

    parts = [_axes(x, y, low, high, length)]
    places = apart([y(line[0]) for line in logs], 16, HEIGHT - BOTTOM)
    for curve, line, place in zip(curves, logs, places, strict=True):
        inside = [(t, value) for t, value in enumerate(line, start=1) if low <= value <= high]
        points = " ".join(f"{x(t):.1f},{y(value):.1f}" for t, value in inside)
        dash = f' stroke-dasharray="{curve.dash}"' if curve.dash else ""
        colour = f'stroke="{COLOURS[curve.colour]}" fill="none"'
        parts.append(f'<polyline points="{points}" {colour} stroke-width="2.5"{dash}/>')
        parts.append(f'<path d="M{LEFT - 23} {place:.1f}h14" {colour} stroke-width="2.5"{dash}/>')
        parts.append(f'<path d="M{LEFT - 8} {place:.1f}L{LEFT - 2} {y(line[0]):.1f}" {colour}/>')
        parts.append(svg_text(LEFT - 28, place + 4, curve.name, anchor="end"))
    return svg_image(WIDTH, HEIGHT, label, parts)


def log10(value: float) -> float:
    """log10, minus infinity at 0."""
    return math.log10(value) if value > 0 else -math.inf


def _axes(x: Any, y: Any, low: float, high: float, length: int) -> str:
    stride = max(1, math.ceil((high - low) / 7))
    parts = []
    for power in range(math.ceil(low / stride) * stride, math.floor(high) + 1, stride):
        place = y(power)
        parts.append(
            f'<path d="M{LEFT} {place:.1f}H{WIDTH - RIGHT}" stroke="currentColor" stroke-opacity="0.2"/>'
        )
        parts.append(svg_text(WIDTH - RIGHT + 8, place + 4, f"1e{power}" if power else "1", anchor="start"))
    parts.append(f'<path d="M{LEFT} {HEIGHT - BOTTOM}H{WIDTH - RIGHT}" stroke="currentColor"/>')
    for t in sorted({1, length, *(round(length * share / 4) for share in (1, 2, 3))} - {0}):
        parts.append(svg_text(x(t), HEIGHT - BOTTOM + 18, str(t), anchor="middle"))
    parts.append(svg_text(WIDTH - RIGHT, HEIGHT - 6, "step t; the loss is read at the last", anchor="end"))
    return "".join(parts)
