"""Forget-bias half-life: what a forget gate with nothing but a bias leaves after k steps.

With weights of zero the gate is f = sigmoid(b) at every step, and f^k of the cell state is left after k
steps. The numbers are computed here by PyTorch and `rnnlib.probes`, in the browser by `js/core.mjs`; tests
hold the two against each other. A forget bias of 1 was recommended by Jozefowicz, Zaremba and Sutskever 2015.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch.nn.functional import logsigmoid

from rnnlib.probes import half_life
from rnnlib.widgets.base import Widget, apart, choice, decimals, number, svg_image, svg_text

LOWEST, HIGHEST, LONGEST = -2.0, 8.0, 500
STEPS = (10, 20, 50, 100, 200, 600)  # where the axis of steps may end
LONG_STEPS = 3000  # where the logarithmic one ends: past the half-life at the highest bias
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class HalfLife(Widget):
    """How the forget gate's bias alone decides for how long the cell state lasts.

    Attributes:
        forget_bias: the bias b_f, -2 to 8. Hash: `forget_bias=3`.
        compare_bias: a second bias, drawn and listed beside it, -2 to 8. Hash: `compare_bias=1`.
        lag: number of steps k, 1 to 500. Hash: `lag=40`.
        axes: "linear", "log_steps" or "log_share": which axis of the curves is logarithmic. Hash:
            `axes=log_steps`.
    """

    module = "half_life"

    forget_bias = number(3.0, LOWEST, HIGHEST, step=0.05)
    compare_bias = number(1.0, LOWEST, HIGHEST, step=0.05)
    lag = number(40, 1, LONGEST, step=1)
    axes = choice("linear", ["linear", "log_steps", "log_share"])

    def biases(self) -> list[float]:
        """The biases in the table: 0 to 5 and the two that are set."""
        return sorted({*map(float, range(6)), self.forget_bias, self.compare_bias})

    def table(self) -> tuple[str, list[str], list[list[str]]]:
        """Gate, half-life and what is left after the lag, for each bias."""
        rows = [
            [bias_text(b), decimals(gate(b), 4), decimals(life_of(b), 4), share_text(b, self.lag)]
            for b in self.biases()
        ]
        needed = decimals(bias_for_half_life(self.lag), 4)
        caption = f"A forget gate of constant bias; bias {needed} leaves half after {steps_text(self.lag)}"
        return caption, ["bias b", "f = σ(b)", "half-life in steps", f"left after {self.lag}"], rows

    def still(self) -> str:
        """What is left over the steps, for both biases and for bias 0, as SVG."""
        curves = [Curve("yours", self.forget_bias, "#8a63d2", "")]
        if self.compare_bias != self.forget_bias:
            curves.append(Curve("compared", self.compare_bias, "#c8601a", "8 4"))
        if 0 not in (self.forget_bias, self.compare_bias):
            curves.append(Curve("zero", 0.0, "currentColor", "2 3"))
        life = decimals(life_of(self.forget_bias), 2)
        left = "; ".join(f"bias {bias_text(c.bias)}: {share_text(c.bias, self.lag)}" for c in curves)
        label = (
            "Share of the cell state that a constant forget gate leaves over the steps. "
            f"Bias {bias_text(self.forget_bias)} has a half-life of {life} steps. "
            f"After {steps_text(self.lag)}: {left}."
        )
        return draw_curves(curves, self.lag, self.axes, label)


# ---- numbers ---------------------------------------------------------------------------------------------


def log_kept_after(bias: float, lag: float) -> float:
    """ln(sigmoid(bias)^lag), finite also where the share itself is 0 in float64."""
    return lag * logsigmoid(torch.tensor(bias, dtype=torch.float64)).item()


def kept_after(bias: float, lag: float) -> float:
    """The share sigmoid(bias)^lag that a gate of constant bias leaves after `lag` steps."""
    return math.exp(log_kept_after(bias, lag))


def gate(bias: float) -> float:
    """f = sigmoid(bias)."""
    return torch.sigmoid(torch.tensor(bias, dtype=torch.float64)).item()


def life_of(bias: float) -> float:
    """The half-life, in steps, of a gate of constant bias."""
    return float(half_life(gate(bias)))


def bias_for_half_life(steps: float) -> float:
    """The bias b = ln(p / (1 - p)), p = 2^(-1/steps), that leaves half after so many steps."""
    return torch.logit(torch.tensor(0.5, dtype=torch.float64) ** (1 / steps)).item()


# ---- text ------------------------------------------------------------------------------------------------


def bias_text(bias: float) -> str:
    """A bias with as many decimals as it has, at most two."""
    return decimals(bias, 0 if bias == int(bias) else 2)


def steps_text(lag: int) -> str:
    """`1 step`, `40 steps`."""
    return "1 step" if lag == 1 else f"{lag} steps"


def share_text(bias: float, lag: float) -> str:
    """What is left, to six decimals, or in powers of ten, even those that float64 does not hold."""
    log = log_kept_after(bias, lag)
    if log >= math.log(1e-3):
        return decimals(math.exp(log), 6)
    exponent = math.floor(log / math.log(10))
    mantissa = f"{math.exp(log - exponent * math.log(10)):.2f}"
    if mantissa == "10.00":
        mantissa, exponent = "1.00", exponent + 1
    return f"{mantissa} × 10{str(exponent).translate(SUPERSCRIPTS)}"


# ---- the still -------------------------------------------------------------------------------------------

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 360, 260, 38, 76, 24, 48


class Curve(NamedTuple):
    """A line of the still."""

    name: str
    bias: float
    colour: str
    dash: str


class Place(NamedTuple):
    """Where things stand: `x` of a number of steps, `y` of the logarithm of a share; the axes' ticks.

    Attributes:
        span: the first and the last number of steps.
        points: numbers of steps at which a curve is drawn, evenly spaced along the axis.
        steps: numbers of steps that the axis names.
        shares: what the other axis names: text, and the logarithm of the share.
    """

    x: Callable[[float], float]
    y: Callable[[float], float]
    span: tuple[float, float]
    points: Sequence[float]
    steps: Sequence[float]
    shares: list[tuple[str, float]]


def place_axes(curves: list[Curve], lag: int, axes: str) -> Place:
    """The axes as the widget's switch has them."""
    parts = [part / 100 for part in range(101)]
    if axes == "log_steps":
        first, last = 1, LONG_STEPS
        points, steps = [last**part for part in parts], [1.0, 10.0, 100.0, 1000.0]
    else:
        first, last = 0, next(end for end in STEPS if end >= 1.2 * lag)
        points, steps = [last * part for part in parts], [last * part / 5 for part in range(6)]

    def x(k: float) -> float:
        part = math.log(k) / math.log(last) if axes == "log_steps" else k / last
        return LEFT + (WIDTH - LEFT - RIGHT) * part

    lowest = min(log_kept_after(curve.bias, last) for curve in curves) / math.log(10)
    floor = max(-15, min(-1, math.floor(lowest))) * math.log(10)

    def y(log: float) -> float:
        part = 1 - max(log, floor) / floor if axes == "log_share" else math.exp(log)
        return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * part

    if axes == "log_share":
        powers = range(0, round(floor / math.log(10)) - 1, -max(1, round(-floor / 12)))
        shares = [(f"1e{power}" if power else "1", power * math.log(10)) for power in powers]
    else:
        shares = [
            (f"{share:g}", math.log(share) if share else -math.inf) for share in (0, 0.25, 0.5, 0.75, 1)
        ]
    return Place(x, y, (first, last), points, steps, shares)


def draw_curves(curves: list[Curve], lag: int, axes: str, label: str) -> str:
    """Curves over the steps, each named at its end, half-lives ringed, the lag as a line."""
    at = place_axes(curves, lag, axes)
    base, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    faint = 'stroke="currentColor" stroke-opacity="0.2"'
    parts = [f'<path d="M{LEFT} {at.y(log):.1f}H{right}" {faint}/>' for _, log in at.shares]
    parts += [svg_text(LEFT - 6, at.y(log) + 5, text, anchor="end") for text, log in at.shares]
    parts += [svg_text(at.x(k), base + 18, f"{k:g}") for k in at.steps]
    parts.append(svg_text(right, HEIGHT - 8, "steps", anchor="end"))
    parts.append(f'<path d="M{at.x(lag):.1f} {TOP}V{base}" stroke="currentColor" stroke-dasharray="2 3"/>')
    parts.append(svg_text(at.x(lag), TOP - 8, f"k = {lag}"))
    places = apart([at.y(log_kept_after(curve.bias, at.span[1])) for curve in curves], 17, base)
    for curve, place in zip(curves, places, strict=True):
        parts += draw_curve(curve, at)
        parts.append(svg_text(right + 8, place + 5, f"b = {bias_text(curve.bias)}", anchor="start"))
    return svg_image(WIDTH, HEIGHT, label, parts, font_size=14)


def draw_curve(curve: Curve, at: Place) -> list[str]:
    """One curve and, if it is within the axes, a ring where half is left."""
    points = " ".join(f"{at.x(k):.1f},{at.y(log_kept_after(curve.bias, k)):.1f}" for k in at.points)
    dash = f' stroke-dasharray="{curve.dash}"' if curve.dash else ""
    drawn = [f'<polyline points="{points}" stroke="{curve.colour}" fill="none" stroke-width="2.5"{dash}/>']
    life = life_of(curve.bias)
    if at.span[0] <= life <= at.span[1]:
        ring = f'cx="{at.x(life):.1f}" cy="{at.y(math.log(0.5)):.1f}" r="5" stroke-width="2"'
        drawn.append(f'<circle {ring} fill="none" stroke="{curve.colour}"/>')
    return drawn
