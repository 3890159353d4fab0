"""GRU stepper: one small cell, step by step, under either reading of z and either place of the reset gate.

Two conventions part one author's GRU from another's: which of old state and candidate z multiplies, and
whether the reset gate acts before or after the recurrent product. The first is notation (negate the weights
and biases of z and all states come back), the second is another function. The numbers here are computed by
`rnnlib.cells`; the same numbers in the browser by `js/core.mjs`; tests hold the two, and
`torch.nn.GRUCell`, against each other.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
import traitlets
from torch import Tensor

from rnnlib.cells import GRUCell, gru_step, project_input
from rnnlib.widgets.base import choice, decimals, flag, number, numbers, svg_image, svg_text
from rnnlib.widgets.stepper import (
    HEADER,
    PARAMETERS,
    ROW,
    WIDTH,
    Locks,
    Stepper,
    draw_grid,
    locked,
)

GATES = ("r", "z", "n", "h")

# Two units made so that one view shows both effects: at step 4 unit 1 keeps (z = 0.93) what the candidate
# would undo, and the candidate's sign depends on where the reset acts.
DESIGNED = {
    "weight_ih": [[0.0], [-1.0], [-2.5], [-3.0], [2.0], [1.5]],  # (3H, 1), blocks r z n
    "weight_hh": [[0.0, -1.5], [2.0, 0.5], [0.5, 0.0], [0.0, -0.5], [0.5, 2.0], [0.5, 0.0]],  # (3H, H)
    "bias_ih": [0.0] * 6,
    "bias_hh": [0.0] * 6,
}


class Convention(NamedTuple):
    """A reading of the GRU: which end of z keeps the past, where the reset acts."""

    label: str
    z_convention: str
    reset_after: bool


CONVENTIONS = (
    Convention("PyTorch", "keeps", True),
    Convention("Cho 2014 (last revised), d2l", "keeps", False),
    Convention("Chung 2014", "takes", False),
)


class GRUStepper(Stepper):
    """A GRU of one to three units over a short input, with lockable gates and a switch for each convention.

    Attributes can be read, set and linked to (`#gru-stepper?t=3&bias_z=3`); Esc returns to the first values.

    Args:
        hidden_size: number of units, 1 to 3.
        weights: a `torch.nn.GRUCell` or `rnnlib.cells.GRUCell` of input size 1, its state dict, or a mapping
            with `weight_ih` (3H, 1), `weight_hh` (3H, H) and, unless zero, `bias_ih` and `bias_hh` (3H,).
            Default: weights made for this widget if `hidden_size` is 2, else what PyTorch draws under `seed`.
        seed: draw the weights as `torch.nn.GRUCell(1, hidden_size)` does after `torch.manual_seed(seed)`.
        **traits: `id`, and first values of the attributes below.

    Attributes:
        t: step shown, 1 to T. Hash: `t=3`.
        unit: unit shown, 1 to H. Hash: `unit=2`.
        inputs: T numbers in [-3, 3]; T is fixed by the first value, 1 to 12.
            Hash: `inputs=1,0,0.5,-0.5,0,0`; one number stands for all.
        bias_r, bias_z: added to every unit's reset or update bias, in [-6, 6]. Hash: `bias_z=3`.
        z_convention: "keeps", h = (1 - z) n + z h_old, or "takes", h = z n + (1 - z) h_old.
            Hash: `z_convention=takes`.
        reset_after: whether the reset gate acts after the recurrent product. Hash: `reset_after=false`.
        negate_z: negate the weights and biases of z, which turns z into 1 - z. Hash: `negate_z=true`.
        lock_r, lock_z: for each step a value in [0, 1] that the gate takes in every unit, or None. One value,
            or None, stands for all steps. Hash: `lock_r=0` (all), `lock_z=-,-,1,-,-,-` (step 3 of 6).
        scope: whether the page's locks act on "step" or "all". Hash: `scope=all`.

    Raises:
        traitlets.TraitError: a trait out of its range, or of another length than the inputs.
        TypeError, ValueError: sizes or weights that make no such cell.
    """

    module = "gru_stepper"

    cell_type = GRUCell
    designed = DESIGNED
    run_traits = ("bias_r", "bias_z", "z_convention", "reset_after", "negate_z", "lock_r", "lock_z")

    inputs = numbers([1.0, 0.0, 0.5, -0.5, 0.0, 0.0], -3, 3, step=0.1)
    bias_r = number(0.0, -6, 6, step=0.1)
    bias_z = number(1.0, -6, 6, step=0.1)
    z_convention = choice("keeps", ["keeps", "takes"])
    reset_after = flag(True)
    negate_z = flag(False)
    lock_r = Locks()
    lock_z = Locks()

    @traitlets.validate("lock_r", "lock_z")
    def _check_locks(self, proposal: Any) -> list[float | None]:
        return self.spread_lock(proposal)

    def run(self, **changes: Any) -> dict[str, Tensor]:
        """Gates, candidate and state by `rnnlib.cells`, under the present settings with `changes`.

        Args:
            **changes: other values for bias_r, bias_z, z_convention, reset_after, negate_z, lock_r, lock_z.

        Returns:
            dict of `r`, `z`, `n`, `h`, each (T, H), float64.
        """
        return run_gru(self.parameters, self.inputs, **self._run_settings(changes))

    def table(self) -> tuple[str, list[str], list[list[str]]]:
        """The numbers of the unit shown, and its state under each named convention."""
        u = self.unit - 1
        shown = self.run()
        others = [
            self.run(z_convention=c.z_convention, reset_after=c.reset_after, negate_z=False)
            for c in CONVENTIONS
        ]
        header = ["step", "input x", "reset r", "update z", "candidate n", "state h"]
        header += [f"h, {convention.label}" for convention in CONVENTIONS]
        rows = []
        for k, x in enumerate(self.inputs):
            values = [shown[name][k, u] for name in GATES] + [other["h"][k, u] for other in others]
            rows.append([str(k + 1), decimals(x, 1), *(decimals(float(v)) for v in values)])
        return f"GRU over {len(self.inputs)} steps, unit {self.unit}, {self._convention()}", header, rows

    def _convention(self) -> str:
        return f"z {self.z_convention}, reset {'after' if self.reset_after else 'before'} the product"

    def still(self) -> str:
        """Gates of the unit shown over time, below them the bar from candidate to old state at step t."""
        run = {name: value[:, self.unit - 1].tolist() for name, value in self.run().items()}
        k = self.t - 1
        now = Instant(self.t, run["h"][k - 1] if k else 0.0, run["n"][k], run["z"][k], run["h"][k])
        label = (
            f"Unit {self.unit} of a GRU over {len(self.inputs)} steps: input, reset gate, update gate, "
            f"candidate and state; at step {self.t} the new state {decimals(now.new)} lies between the old "
            f"state {decimals(now.old)} and the candidate {decimals(now.candidate)}."
        )
        rows = {LABELS[name]: values for name, values in {"x": self.inputs, **run}.items()}
        bar = HEADER + len(rows) * ROW + 52
        parts = [draw_grid(rows, self.t), draw_bar(now, self.z_convention, bar)]
        return svg_image(WIDTH, bar + 70, label, parts, font_size=14)


def run_gru(
    parameters: Mapping[str, Tensor],
    inputs: list[float],
    *,
    bias_r: float = 0.0,
    bias_z: float = 0.0,
    z_convention: str = "keeps",
    reset_after: bool = True,
    negate_z: bool = False,
    lock_r: list[float | None] | None = None,
    lock_z: list[float | None] | None = None,
) -> dict[str, Tensor]:
    """A GRU over scalar inputs by `rnnlib.cells.gru_step`, under any convention, with any gate locked.

    `gru_step` knows one convention of z. The other follows from sigmoid(-a) = 1 - sigmoid(a): where z takes,
    the step is given -a, so that its own gate is 1 - z and keeps what z does not take.

    Args:
        parameters: `weight_ih` (3H, 1), `weight_hh` (3H, H), `bias_ih` and `bias_hh` (3H,), float64.
        inputs: T numbers.
        bias_r, bias_z, z_convention, reset_after, negate_z, lock_r, lock_z: see `GRUStepper`.

    Returns:
        dict of `r`, `z`, `n`, `h`, each (T, H), float64.
    """
    weight_ih, weight_hh, bias_ih, bias_hh = (parameters[name].clone() for name in PARAMETERS)
    H = weight_hh.shape[1]
    R, Z = slice(0, H), slice(H, 2 * H)
    bias_ih[R] += bias_r
    bias_ih[Z] += bias_z
    takes = z_convention == "takes"
    if negate_z != takes:  # twice negated is not negated
        for parameter in (weight_ih, weight_hh, bias_ih, bias_hh):
            parameter[Z] *= -1
    free = [None] * len(inputs)
    locks_r = lock_r or free
    locks_z = [None if p is None else 1 - p if takes else p for p in lock_z or free]  # of the step's own gate
    x = torch.tensor(inputs, dtype=torch.float64).unsqueeze(-1)  # (T, 1)
    h = torch.zeros(1, H, dtype=torch.float64)
    steps = []
    for gi, r, z in zip(
        project_input(x, weight_ih, bias_ih).split(1), locks_r, locks_z, strict=True
    ):  # gi (1, 3H)
        gh = project_input(h, weight_hh, bias_hh)  # (1, 3H)
        gi = torch.cat([locked(gi[:, R], gh[:, R], r), locked(gi[:, Z], gh[:, Z], z), gi[:, 2 * H :]], dim=-1)
        steps.append(gru_step(gi, h, weight_hh, bias_hh, reset_after))
        h = steps[-1].h
    run = {name: torch.cat([getattr(step, name) for step in steps]) for name in GATES}
    return run | {"z": 1 - run["z"]} if takes else run


# ---- the still -------------------------------------------------------------------------------------------

LABELS = {"x": "x input", "r": "r reset", "z": "z update", "n": "n candidate", "h": "h new state"}


class Instant(NamedTuple):
    """One unit at one step: old state, candidate, update gate, new state."""

    t: int
    old: float
    candidate: float
    z: float
    new: float


def draw_bar(now: Instant, z_convention: str, y: float) -> str:
    """Old state, candidate and new state on an axis from -1 to 1, and where the last stands in words."""

    def at(value: float) -> float:
        return 16 + (WIDTH - 32) * (value + 1) / 2

    def label(value: float, row: float, text: str, weight: int = 400) -> str:
        half = 4 * len(text)
        return svg_text(min(max(at(value), half), WIDTH - half), row, text, weight=weight)

    old_x, n_x, new_x = at(now.old), at(now.candidate), at(now.new)
    lift = 16 if abs(old_x - n_x) < 170 else 0  # of one label above the other
    left, right = sorted((old_x, n_x))
    ends = [now.candidate, now.old] if z_convention == "keeps" else [now.old, now.candidate]
    names = ["candidate", "old state"] if z_convention == "keeps" else ["old state", "candidate"]
    way = f"from {names[0]} {decimals(ends[0])} to {names[1]} {decimals(ends[1])}."
    outline = 'fill="none" stroke="currentColor" stroke-width="2"'
    return "".join(
        [
            f'<path d="M{at(-1)} {y}H{at(1)}" stroke="currentColor" stroke-opacity="0.4"/>',
            f'<rect x="{left:.1f}" y="{y - 7}" width="{right - left:.1f}" height="14" fill-opacity="0.2"/>',
            f'<circle cx="{old_x:.1f}" cy="{y}" r="6" {outline}/>',
            f'<path d="M{n_x:.1f} {y - 7}l7 7l-7 7l-7 -7z" {outline}/>',
            f'<circle cx="{new_x:.1f}" cy="{y}" r="5"/>',
            label(now.old, y - 14, "old state"),
            label(now.candidate, y - 14 - lift, "candidate"),
            label(now.new, y + 24, f"new state {decimals(now.new)}", 700),
            svg_text(WIDTH / 2, y + 46, f"Step {now.t}: h stands z = {decimals(now.z)} of the way"),
            svg_text(WIDTH / 2, y + 64, way),
        ]
    )
