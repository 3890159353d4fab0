"""Unrolled calculator: a tanh RNN of two units over a few steps, forward and back, every number in sight.

Each step uses the same weights. Backpropagation through time asks each step what its use of a weight did to
the loss, and adds the answers up. Here that is computed as it is said: every step gets a copy of the weights,
and autograd (`rnnlib.cells`) gives the gradient of each copy. The browser computes the same numbers by
`js/core.mjs`; tests hold the two, and `torch.nn.RNNCell`, against each other.
"""

from typing import Any, NamedTuple

import torch
import traitlets
from torch import Tensor

from rnnlib.cells import project_input, rnn_step
from rnnlib.widgets.base import Widget, choice, decimals, number, numbers, svg_image, svg_text

FEWEST_STEPS, MOST_STEPS, UNITS = 3, 5, 2
READOUT = [1.0, -0.5]  # y = h_1 - h_2 / 2
WEIGHTS: dict[str, tuple[str, tuple[int, ...]]] = {  # name -> parameter, place in it
    **{f"w{j}{k}": ("weight_hh", (j - 1, k - 1)) for j in (1, 2) for k in (1, 2)},
    **{f"u{j}": ("weight_ih", (j - 1, 0)) for j in (1, 2)},
    **{f"b{j}": ("bias", (j - 1,)) for j in (1, 2)},
}


def values_of(steps: int) -> list[str]:
    """Names of the values: `h1_3` is unit 1 after step 3, `y_3` the read-out there, `L` the loss."""
    names = [[*(f"h{unit}_{t}" for unit in range(1, UNITS + 1)), f"y_{t}"] for t in range(1, steps + 1)]
    return [*sum(names, []), "L"]


class Run(NamedTuple):
    """Every number of the present settings, float64; T steps.

    Attributes:
        h: states after each step, (T, 2).
        y: the read-out of each, (T,).
        loss: ().
        dh: dL/dh_t, (T, 2).
        shares: parameter -> what each step adds to its gradient: `weight_ih` (T, 2, 1), `weight_hh`
            (T, 2, 2), `bias` (T, 2).
    """

    h: Tensor
    y: Tensor
    loss: Tensor
    dh: Tensor
    shares: dict[str, Tensor]


class UnrolledCalculator(Widget):
    """A tanh RNN of two units, h_t = tanh(U x_t + b + W h_{t-1}), unrolled over three to five steps.

    The read-out is y_t = h_1 - h_2 / 2, and L = (y_T - target)^2 / 2, or the sum of that over all steps.

    Attributes:
        inputs: T numbers in [-2, 2]; T is fixed by the first value, 3 to 5. Hash: `inputs=1,0.5,-0.5,1`.
        weight_ih: U, 2 numbers in [-2, 2]. Hash: `weight_ih=0.5,-0.5`.
        weight_hh: W, its rows in turn, 4 numbers in [-2, 2]. Hash: `weight_hh=0.8,0.4,-0.4,0.6`.
        bias: b (PyTorch's two biases together), 2 numbers in [-2, 2]. Hash: `bias=0,0`.
        target: what y should be, -2 to 2. Hash: `target=-0.5`.
        loss_at: "last" or "every": the steps at which y is compared with the target. Hash: `loss_at=every`.
        weight: the weight followed back: `w11`, `w12` (from unit 2 to unit 1), `w21`, `w22`, `u1`, `u2`,
            `b1`, `b2`. Hash: `weight=u2`.
        step: how far back the backward pass has come, 1 to T; T is its start. Hash: `step=3`.
        value: the value written out, its ancestors marked: `h1_3` (unit 1 after step 3), `y_3` or `L`. Hash:
            `value=h1_3`.

    Raises:
        traitlets.TraitError: a trait out of its range, or inputs of another length than at first.
    """

    module = "unrolled_calculator"

    inputs = numbers([1.0, 0.5, -0.5, 1.0], -2, 2, step=0.1)
    weight_ih = numbers([0.5, -0.5], -2, 2, size=UNITS, step=0.05)
    weight_hh = numbers([0.8, 0.4, -0.4, 0.6], -2, 2, size=UNITS**2, step=0.05)
    bias = numbers([0.0, 0.0], -2, 2, size=UNITS, step=0.05)
    target = number(-0.5, -2, 2, step=0.05)
    loss_at = choice("last", ["last", "every"])
    weight = choice("w11", list(WEIGHTS))
    step = number(1, 1, MOST_STEPS, step=1)
    value = choice("h1_3", values_of(MOST_STEPS))

    def __init__(self, **traits: Any) -> None:
        self.num_steps: int | None = None  # fixed once the first inputs are there
        super().__init__(**traits)
        self.num_steps = len(self.inputs)
        limits: dict[str, dict[str, Any]] = {
            "inputs": {"size": self.num_steps},
            "step": {"max": self.num_steps},
            "value": {"options": values_of(self.num_steps)},
        }
        self.controls = {name: {**about, **limits.get(name, {})} for name, about in self.controls.items()}

    @traitlets.validate("inputs")
    def _check_inputs(self, proposal: Any) -> Any:
        count = len(proposal["value"])
        if self.num_steps is not None and count != self.num_steps:
            raise traitlets.TraitError(
                f"inputs has {count} numbers, expected {self.num_steps}, as at the start"
            )
        if not FEWEST_STEPS <= count <= MOST_STEPS:
            raise traitlets.TraitError(f"inputs has {count} numbers, expected {FEWEST_STEPS} to {MOST_STEPS}")
        return proposal["value"]

    @traitlets.validate("step")
    def _check_step(self, proposal: Any) -> Any:
        if proposal["value"] > len(self.inputs):
            raise traitlets.TraitError(
                f"step is {proposal['value']}, expected a whole number from 1 to {len(self.inputs)}"
            )
        return proposal["value"]

    @traitlets.validate("value")
    def _check_value(self, proposal: Any) -> Any:
        known = values_of(len(self.inputs))
        if proposal["value"] not in known:
            raise traitlets.TraitError(f"value is {proposal['value']!r}, expected one of {', '.join(known)}")
        return proposal["value"]

    def make_payload(self) -> dict[str, Any]:
        return {"readout": READOUT}

    def run(self) -> Run:
        """Forward and back by `rnnlib.cells` and autograd, each step with its own copy of the weights."""
        return run_unrolled(
            torch.tensor(self.inputs, dtype=torch.float64),
            {
                "weight_ih": torch.tensor(self.weight_ih, dtype=torch.float64).unsqueeze(-1),
                "weight_hh": torch.tensor(self.weight_hh, dtype=torch.float64).view(UNITS, UNITS),
                "bias": torch.tensor(self.bias, dtype=torch.float64),
            },
            self.target,
            every=self.loss_at == "every",
        )

    def table(self) -> tuple[str, list[str], list[list[str]]]:
        """States, read-out, gradients, and each step's share of the followed weight's gradient."""
        run, name = self.run(), symbol(self.weight)
        share = self._share(run)
        so_far = share.flip(0).cumsum(0).flip(0)
        header = ["step t", "x", "h₁", "h₂", "y", "∂L/∂h₁", "∂L/∂h₂"]
        header += [f"share of ∂L/∂{name}", f"from t to {len(share)}"]
        columns = [*run.h.T, run.y, *run.dh.T, share, so_far]
        rows = [
            [str(k + 1), decimals(x, 2), *(decimals(float(column[k]), 4) for column in columns)]
            for k, x in enumerate(self.inputs)
        ]
        total = decimals(float(so_far[0]), 4)
        return f"One {name} at every step: the shares add up to ∂L/∂{name} = {total}", header, rows

    def still(self) -> str:
        """The unrolled states above, each step's share of the followed weight's gradient as bars below."""
        run, name = self.run(), symbol(self.weight)
        share = self._share(run)
        shares = ", ".join(f"step {k + 1} {decimals(v, 3)}" for k, v in enumerate(share.tolist()))
        total = decimals(float(share.sum()), 3)
        label = (
            f"A recurrent network of two units unrolled over {len(share)} steps, the same weights at each. "
            f"What each step adds to the gradient of {name}: {shares}; in all {total}."
        )
        width = LEFT + COLUMN * len(share)
        parts = [*draw_graph(run, self.inputs), *draw_shares(share.tolist(), name)]
        return svg_image(width, HEIGHT, label, parts, font_size=14)

    def _share(self, run: Run) -> Tensor:
        """What each step adds to the followed weight's gradient, (T,)."""
        parameter, place = WEIGHTS[self.weight]
        return torch.stack([share[place] for share in run.shares[parameter]])


def run_unrolled(x: Tensor, weights: dict[str, Tensor], target: float, *, every: bool = False) -> Run:
    """The network over T scalar inputs, each step with a copy of the weights whose gradient is its share.

    Args:
        x: (T,), float64.
        weights: `weight_ih` (2, 1), `weight_hh` (2, 2), `bias` (2,).
        target: what the read-out should be.
        every: compare at every step, not only at the last.
    """
    copies = {
        name: value.detach().expand(len(x), *value.shape).clone().requires_grad_()
        for name, value in weights.items()
    }
    h = torch.zeros(1, UNITS, dtype=torch.float64)
    states = []
    for t, x_t in enumerate(x):
        gi = project_input(x_t.view(1, 1), copies["weight_ih"][t], copies["bias"][t])  # (1, 2)
        h = rnn_step(gi, h, copies["weight_hh"][t]).h
        states.append(h)
    hidden = torch.cat(states)  # (T, 2)
    y = hidden @ torch.tensor(READOUT, dtype=torch.float64)
    error = y - target if every else y[-1:] - target
    loss = (error**2).sum() / 2
    gradients = torch.autograd.grad(loss, [*states, *copies.values()])
    dh, shares = torch.cat(gradients[: len(x)]), dict(zip(copies, gradients[len(x) :], strict=True))
    return Run(hidden.detach(), y.detach(), loss.detach(), dh, shares)


def symbol(weight: str) -> str:
    """`w12` as w₁₂."""
    return weight.translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


# ---- the still -------------------------------------------------------------------------------------------

LEFT, COLUMN, HEIGHT = 84, 84, 396
Y, H1, H2, X, STEPS = 20, 78, 142, 196, 224  # rows of the graph, of their middles
BARS, FLOOR, WRITTEN = 246, 346, 370  # between these the bars; below them their numbers


def draw_graph(run: Run, inputs: list[float]) -> list[str]:
    """States with their values, arrows from x and from the states before, the read-out of the last."""
    names = {Y: "read-out y", H1: "h₁", H2: "h₂", X: "input x", STEPS: "step t"}
    parts = [svg_text(0, y + 5, text, anchor="start") for y, text in names.items()]
    last = len(inputs) - 1
    for k, x in enumerate(inputs):
        middle = LEFT + COLUMN * (k + 0.5)
        for row in (H1, H2):
            parts += [wire(middle - COLUMN + 27, other, middle - 27, row) for other in (H1, H2) if k]
        parts.append(wire(middle, X - 12, middle, H2 + 17))
        around = f"C{middle - 56} {X - 30} {middle - 46} {H1 + 30} {middle} {H1 + 17}"  # past the other unit
        parts.append(f'<path d="M{middle} {X - 12}{around}" {WIRE}/>')
        parts += [node(middle, row, value) for row, value in zip((H1, H2), run.h[k].tolist(), strict=True)]
        parts.append(svg_text(middle, X + 5, decimals(x, 1)))
        parts.append(svg_text(middle, STEPS + 5, str(k + 1), weight=600))
        if k == last:
            parts.append(wire(middle, H1 - 17, middle, Y + 10))
            parts.append(svg_text(middle, Y + 5, decimals(float(run.y[k])), weight=600))
    return parts


WIRE = 'fill="none" stroke="currentColor" stroke-opacity="0.45"'


def wire(x1: float, y1: float, x2: float, y2: float) -> str:
    """A straight connection."""
    return f'<path d="M{x1} {y1}L{x2} {y2}" {WIRE}/>'


def node(x: float, y: float, value: float) -> str:
    """A state with its value."""
    box = f'x="{x - 27}" y="{y - 17}" width="54" height="34" rx="8"'
    frame = f'<rect {box} fill="none" stroke="currentColor" stroke-width="1.5"/>'
    return frame + svg_text(x, y + 5, decimals(value))


def draw_shares(share: list[float], name: str) -> list[str]:
    """From the last step back each share starts where the one before ended; at the left their sum."""
    ends = [0.0]
    for value in reversed(share):
        ends.append(ends[-1] + value)
    low, high = min(ends), max(ends)

    def y(value: float) -> float:
        return FLOOR - (value - low) / ((high - low) or 1.0) * (FLOOR - BARS)

    def bar(left: float, start: float, end: float, fill: str) -> str:
        top, size = min(y(start), y(end)), max(1.5, abs(y(end) - y(start)))
        return f'<rect x="{left:.1f}" y="{top:.1f}" width="34" height="{size:.1f}" fill="{fill}"/>'

    faint = 'stroke="currentColor" stroke-opacity="0.45"'
    parts = [f'<path d="M0 {y(0):.1f}H{LEFT + COLUMN * len(share)}" {faint}/>']
    for k, (start, end) in enumerate(zip(ends, ends[1:], strict=False)):
        left = LEFT + COLUMN * (len(share) - k - 0.5) - 17
        parts.append(bar(left, start, end, "#8a63d2"))
        onward = f"M{left - COLUMN + 34:.1f} {y(end):.1f}H{left:.1f}"
        parts.append(f'<path d="{onward}" {faint} stroke-dasharray="3 3"/>')
        parts.append(svg_text(left + 17, WRITTEN, decimals(share[-1 - k], 3)))
    parts.append(bar(LEFT / 2 - 17, 0.0, ends[-1], "currentColor"))
    parts.append(svg_text(LEFT / 2, WRITTEN, decimals(ends[-1], 3), weight=600))
    parts.append(svg_text(LEFT / 2, WRITTEN + 18, f"∂L/∂{name}", weight=600))
    parts.append(svg_text(LEFT + COLUMN * len(share) / 2, WRITTEN + 18, f"what each step adds to ∂L/∂{name}"))
    return parts
