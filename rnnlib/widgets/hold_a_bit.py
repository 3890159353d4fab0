"""Hold a bit: one tanh unit, h_t = tanh(w h_{t-1} + u x_t + b), that is to remember that a pulse came.

The input is 1 at one step and 0 at all others. The unit passes if h is below a threshold before that step and
above it from then on, to the end. Whether it can is read off its fixed points, h = tanh(w h + b): a state
lasts only at a stable one. The numbers are computed here by `rnnlib.cells` and `rnnlib.probes`, in the
browser by `js/core.mjs`; tests hold the two against each other.
"""

from typing import NamedTuple

import torch

from rnnlib.cells import RNNCell
from rnnlib.probes import fixed_points
from rnnlib.widgets.base import Widget, decimals, number, svg_image, svg_text

STEPS, LATEST, THRESHOLD = 40, 30, 0.5

# Values of w, u and b with which the unit does what the key says; the page's buttons are these.
PRESETS = {
    "forgets": {"w": 0.5, "u": 4.0, "b": -0.2},
    "holds": {"w": 2.0, "u": 4.0, "b": -0.2},
    "stuck on": {"w": 2.0, "u": 4.0, "b": 0.5},
    "deaf": {"w": 2.0, "u": 1.0, "b": -0.2},
    "fades slowly": {"w": 1.0, "u": 4.0, "b": 0.0},
    "alternates": {"w": -2.0, "u": 4.0, "b": 0.0},
}


class HoldABit(Widget):
    """What one unit needs to keep one bit, for as long as one likes: a recurrent weight above 1.

    Attributes:
        w: recurrent weight, -3 to 3. Hash: `w=2`.
        u: input weight, -6 to 6. Hash: `u=4`.
        b: bias, -2 to 2. Hash: `b=-0.2`.
        pulse: the step at which the input is 1, 1 to 30. Hash: `pulse=10`.
        t: the step shown, 1 to 40. Hash: `t=11`.
    """

    module = "hold_a_bit"

    w = number(0.5, -3.0, 3.0, step=0.05)
    u = number(4.0, -6.0, 6.0, step=0.1)
    b = number(-0.2, -2.0, 2.0, step=0.05)
    pulse = number(10, 1, LATEST, step=1)
    t = number(11, 1, STEPS, step=1)

    def make_payload(self) -> dict[str, object]:
        return {"steps": STEPS, "threshold": THRESHOLD, "presets": PRESETS}

    def states(self) -> list[float]:
        """h_0 = 0 and h_1 to h_T."""
        return run(self.w, self.u, self.b, self.pulse)

    def score(self) -> "Score":
        """How the unit does with the pulse where it is."""
        return score(self.states(), self.pulse)

    def table(self) -> tuple[str, list[str], list[list[str]]]:
        """Input and state at some steps around the pulse and at the end."""
        h = self.states()
        right = score(h, self.pulse).right
        near = range(self.pulse - 1, self.pulse + 5)
        steps = sorted({1, *(t for t in near if 1 <= t <= STEPS), 20, 30, STEPS})
        rows = [
            [str(t), str(int(t == self.pulse)), decimals(h[t], 4), "right" if right[t - 1] else "wrong"]
            for t in steps
        ]
        return self._verdict(), ["step t", "x", "h", f"side of {THRESHOLD:g}"], rows

    def _verdict(self) -> str:
        found = score(self.states(), self.pulse)
        points = ", ".join(f"{decimals(p.h)} {p.kind}" for p in fixed_points(self.w, self.b))
        verdict = "holds the bit" if found.passes else "does not hold the bit"
        unit = ", ".join(f"{name} = {decimals(getattr(self, name))}" for name in "wub")
        return (
            f"One unit with {unit} {verdict}: "
            f"{found.before + found.after} of {STEPS} steps right; fixed points without input: {points}"
        )

    def still(self) -> str:
        """h over the steps, and the cobweb below, as SVG."""
        parts = [*draw_states(self.states(), self.pulse), *draw_cobweb(self.states(), self.w, self.u, self.b)]
        return svg_image(WIDTH, HEIGHT, self._verdict() + ".", parts, font_size=14)


# ---- numbers ---------------------------------------------------------------------------------------------


class Score(NamedTuple):
    """Which of the steps 1 to T are on the right side of the threshold.

    Attributes:
        right: T flags.
        before: how many are right before the pulse, where h has to be below the threshold.
        after: how many from the pulse on, where h has to be above it.
    """

    right: list[bool]
    before: int
    after: int

    @property
    def share(self) -> float:
        """(before + after) / T: the score, 1 for a unit that holds the bit."""
        return (self.before + self.after) / len(self.right)

    @property
    def passes(self) -> bool:
        """Whether every step is right."""
        return all(self.right)


@torch.no_grad()
def run(w: float, u: float, b: float, pulse: int, num_steps: int = STEPS) -> list[float]:
    """T + 1 states, h_0 = 0 and h_t = tanh(w h_{t-1} + u x_t + b); x_t is 1 at the pulse and 0 elsewhere."""
    cell = RNNCell(1, 1, dtype=torch.float64)
    values = {"weight_ih": [[u]], "weight_hh": [[w]], "bias_ih": [b], "bias_hh": [0.0]}
    cell.load_state_dict({name: torch.tensor(value, dtype=torch.float64) for name, value in values.items()})
    h = torch.zeros(1, dtype=torch.float64)
    states = [0.0]
    for t in range(1, num_steps + 1):
        h = cell(torch.full((1,), float(t == pulse), dtype=torch.float64), h)
        states.append(h.item())
    return states


def score(states: list[float], pulse: int, threshold: float = THRESHOLD) -> Score:
    """Judge the states of `run`: below the threshold before the pulse, above it from the pulse on.

    Args:
        states: h_0 to h_T; h_0 does not count.
        pulse: the pulse's step, from 1.
        threshold: what h has to be below or above, never equal to.
    """
    right = [(h < threshold) if t < pulse else (h > threshold) for t, h in enumerate(states[1:], start=1)]
    return Score(right, sum(right[: pulse - 1]), sum(right[pulse - 1 :]))


# ---- the still -------------------------------------------------------------------------------------------

WIDTH, HEIGHT = 420, 520
LEFT, RIGHT, TOP, BASE = 40, 408, 30, 190  # the curve over the steps
SQUARE_LEFT, SQUARE_TOP, SIDE = 90, 252, 230  # the cobweb


def draw_states(states: list[float], pulse: int) -> list[str]:
    """h over the steps with the threshold and the pulse."""

    def x(t: float) -> float:
        return LEFT + (RIGHT - LEFT) * t / STEPS

    def y(h: float) -> float:
        return BASE - (BASE - TOP) * (h + 1) / 2

    faint = 'stroke="currentColor" stroke-opacity="0.25"'
    parts = [f'<path d="M{LEFT} {y(v):.1f}H{RIGHT}" {faint}/>' for v in (-1, 0, 1)]
    parts += [svg_text(LEFT - 6, y(v) + 5, decimals(v, 0), anchor="end") for v in (-1, 0, 1)]
    parts += [svg_text(x(t), BASE + 20, str(t)) for t in (10, 20, 30, 40)]
    parts.append(svg_text(LEFT, BASE + 20, "step t", anchor="start"))
    parts.append(svg_text(LEFT - 6, y(THRESHOLD) + 5, f"{THRESHOLD:g}", anchor="end"))
    parts.append(
        f'<path d="M{LEFT} {y(THRESHOLD):.1f}H{RIGHT}" stroke="currentColor" stroke-dasharray="6 4"/>'
    )
    parts.append(f'<path d="M{x(pulse):.1f} {TOP}V{BASE}" stroke="#c8601a" stroke-dasharray="2 3"/>')
    parts.append(svg_text(x(pulse), TOP - 8, "pulse"))
    line = " ".join(f"{x(t):.1f},{y(h):.1f}" for t, h in enumerate(states))
    parts.append(f'<polyline points="{line}" stroke="#8a63d2" fill="none" stroke-width="2.5"/>')
    return parts


def draw_cobweb(states: list[float], w: float, u: float, b: float) -> list[str]:
    """The map tanh(w h + b), the diagonal, the fixed points and the way the states take."""

    def x(h: float) -> float:
        return SQUARE_LEFT + SIDE * (h + 1) / 2

    def y(h: float) -> float:
        return SQUARE_TOP + SIDE * (1 - h) / 2

    def curve(shift: float) -> str:
        grid = torch.linspace(-1, 1, 101, dtype=torch.float64)
        after = torch.tanh(w * grid + b + shift)
        return " ".join(f"{x(p):.1f},{y(q):.1f}" for p, q in zip(grid.tolist(), after.tolist(), strict=True))

    way = [(states[0], states[0])]
    for before, after in zip(states, states[1:], strict=False):
        way += [(before, after), (after, after)]
    steps = " ".join(f"{x(p):.1f},{y(q):.1f}" for p, q in way)
    dashed = 'stroke="#c8601a" stroke-width="2" stroke-dasharray="6 4"'
    box = f'x="{SQUARE_LEFT}" y="{SQUARE_TOP}" width="{SIDE}" height="{SIDE}"'
    parts = [
        f'<rect {box} fill="none" stroke="currentColor" stroke-opacity="0.25"/>',
        f'<path d="M{x(-1)} {y(-1)}L{x(1)} {y(1)}" stroke="currentColor" stroke-opacity="0.5"/>',
        f'<polyline points="{curve(u)}" {dashed} fill="none"/>',
        f'<polyline points="{curve(0)}" stroke="#8a63d2" fill="none" stroke-width="2.5"/>',
        f'<polyline points="{steps}" stroke="currentColor" stroke-opacity="0.6" fill="none"/>',
    ]
    for point in fixed_points(w, b):
        inside = "#8a63d2" if point.kind == "stable" else "none"
        place = f'cx="{x(point.h):.1f}" cy="{y(point.h):.1f}" r="5.5"'
        parts.append(f'<circle {place} fill="{inside}" stroke="#8a63d2" stroke-width="2"/>')
    for value in (-1, 0, 1):
        parts.append(svg_text(SQUARE_LEFT - 6, y(value) + 5, decimals(value, 0), anchor="end"))
        parts.append(svg_text(x(value), SQUARE_TOP + SIDE + 18, decimals(value, 0)))
    parts.append(svg_text(WIDTH / 2, SQUARE_TOP - 10, "next h over h: no input (full), pulse (dashed)"))
    parts.append(svg_text(SQUARE_LEFT + SIDE / 2, HEIGHT - 4, "filled: stable; open: unstable"))
    return parts
