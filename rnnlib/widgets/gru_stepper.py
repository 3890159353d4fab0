"""GRU stepper: one small cell, step by step, under either reading of z and either place of the reset gate.

Two conventions part one author's GRU from another's: which of old state and candidate z multiplies, and
whether the reset gate acts before or after the recurrent product. The first is notation (negate the weights
and biases of z and all states come back), the second is another function. The numbers here are computed by
`rnnlib.cells`; the same numbers in the browser by `js/core.mjs`; tests hold the two, and
`torch.nn.GRUCell`, against each other.
"""

from collections.abc import Mapping
from html import escape
from typing import Any, NamedTuple

import torch
import traitlets
from torch import Tensor, nn

from rnnlib.cells import GRUCell, gru_step, project_input
from rnnlib.errors import check_size
from rnnlib.widgets.base import Numbers, Widget, choice, flag, number, numbers

PARAMETERS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
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


class Locks(Numbers):
    """One value in [0, 1] or None (free) for each step. A single value, or None, stands for all steps."""

    def __init__(self) -> None:
        super().__init__([], 0, 1, None, 0.01)

    def validate(self, obj: Any, value: Any) -> Any:
        if value is None or self._takes(value):
            return value  # made a list once the number of steps is known
        if not isinstance(value, list | tuple) or not all(v is None or self._takes(v) for v in value):
            self.refuse(value, "None, a number from 0 to 1, or a list with one of these for each step")
        return [None if v is None else float(v) for v in value]

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "optional": True}


class GRUStepper(Widget):
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

    t = number(4, 1, 12, step=1)
    unit = choice(1, [1, 2, 3])
    inputs = numbers([1.0, 0.0, 0.5, -0.5, 0.0, 0.0], -3, 3, step=0.1)
    bias_r = number(0.0, -6, 6, step=0.1)
    bias_z = number(1.0, -6, 6, step=0.1)
    z_convention = choice("keeps", ["keeps", "takes"])
    reset_after = flag(True)
    negate_z = flag(False)
    lock_r = Locks()
    lock_z = Locks()
    scope = choice("step", ["step", "all"])
    gates = traitlets.Dict(help="r, z, n, h of the present settings, each T x H").tag(sync=True)

    def __init__(
        self,
        *,
        hidden_size: int = 2,
        weights: nn.Module | Mapping[str, Any] | None = None,
        seed: int | None = None,
        **traits: Any,
    ) -> None:
        self.parameters = choose_parameters(hidden_size, weights, seed)
        self.hidden_size = self.parameters["weight_hh"].shape[1]
        self.num_steps: int | None = None  # fixed once the first inputs are there
        traits.setdefault("lock_r", None)
        traits.setdefault("lock_z", None)
        given = traits.get("inputs")
        if given and "t" not in traits and isinstance(given, list | tuple):
            traits["t"] = min(4, len(given))
        super().__init__(**traits)
        self.num_steps = len(self.inputs)
        self.controls = self._controls_of_this_size(self.controls)
        self._compute_gates()
        self.observe(self._compute_gates, names=[*RUN_TRAITS, "inputs"])

    def _controls_of_this_size(self, controls: dict[str, Any]) -> dict[str, Any]:
        """The controls with the limits that the number of steps and units sets."""
        limits = {"t": {"max": self.num_steps}, "unit": {"options": list(range(1, self.hidden_size + 1))}}
        sizes = {name: {"size": self.num_steps} for name in ("inputs", "lock_r", "lock_z")}
        return {
            name: {**about, **limits.get(name, {}), **sizes.get(name, {})} for name, about in controls.items()
        }

    @traitlets.validate("inputs")
    def _check_inputs(self, proposal: Any) -> list[float]:
        count = len(proposal["value"])
        if self.num_steps is not None and count != self.num_steps:
            raise traitlets.TraitError(
                f"inputs has {count} numbers, expected {self.num_steps}, as at the start"
            )
        if not 1 <= count <= 12:
            raise traitlets.TraitError(f"inputs has {count} numbers, expected 1 to 12")
        return proposal["value"]

    @traitlets.validate("t")
    def _check_t(self, proposal: Any) -> int:
        if proposal["value"] > len(self.inputs):
            raise traitlets.TraitError(
                f"t is {proposal['value']}, expected a whole number from 1 to {len(self.inputs)}"
            )
        return proposal["value"]

    @traitlets.validate("unit")
    def _check_unit(self, proposal: Any) -> int:
        if proposal["value"] > self.hidden_size:
            raise traitlets.TraitError(
                f"unit is {proposal['value']}, expected a whole number from 1 to {self.hidden_size}"
            )
        return proposal["value"]

    @traitlets.validate("lock_r", "lock_z")
    def _spread_lock(self, proposal: Any) -> list[float | None]:
        value, steps = proposal["value"], len(self.inputs)
        if not isinstance(value, list):
            return [None if value is None else float(value)] * steps
        if len(value) != steps:
            raise traitlets.TraitError(
                f"{proposal['trait'].name} has {len(value)} values, expected {steps}, one a step"
            )
        return value

    def make_payload(self) -> dict[str, Any]:
        """The weights, as JavaScript's core takes them."""
        return {name: value.tolist() for name, value in self.parameters.items()}

    def run(self, **changes: Any) -> dict[str, Tensor]:
        """Gates, candidate and state by `rnnlib.cells`, under the present settings with `changes`.

        Args:
            **changes: other values for bias_r, bias_z, z_convention, reset_after, negate_z, lock_r, lock_z.

        Returns:
            dict of `r`, `z`, `n`, `h`, each (T, H), float64.
        """
        return run_gru(
            self.parameters, self.inputs, **{name: getattr(self, name) for name in RUN_TRAITS} | changes
        )

    def _compute_gates(self, change: Any = None) -> None:
        self.gates = {name: value.tolist() for name, value in self.run().items()}

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
        height = GRID_TOP + 5 * ROW + 122
        return (
            f'<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" '
            f'aria-label="{escape(label)}" style="max-width:100%;height:auto" font-size="14" '
            f'font-family="system-ui,sans-serif" fill="currentColor">{draw_grid(self.inputs, run, self.t)}'
            f"{draw_bar(now, self.z_convention, GRID_TOP + 5 * ROW + 52)}</svg>"
        )


RUN_TRAITS = ("bias_r", "bias_z", "z_convention", "reset_after", "negate_z", "lock_r", "lock_z")


def choose_parameters(
    hidden_size: int, weights: nn.Module | Mapping[str, Any] | None, seed: int | None
) -> dict[str, Tensor]:
    """The cell's four parameters in float64: given, drawn, or the designed ones.

    Raises:
        TypeError, ValueError: `hidden_size`, `weights` or `seed` make no cell of 1 to 3 units and one input.
    """
    if weights is not None:
        if seed is not None:
            raise ValueError(f"seed is {seed} and weights are given too, expected one of the two")
        return read_parameters(weights)
    check_size("hidden_size", hidden_size)
    if hidden_size > 3:
        raise ValueError(f"hidden_size is {hidden_size}, expected 1 to 3")
    if hidden_size == 2 and seed is None:
        return {name: torch.tensor(values, dtype=torch.float64) for name, values in DESIGNED.items()}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0 if seed is None else seed)
        return read_parameters(GRUCell(1, hidden_size, dtype=torch.float32))


def read_parameters(weights: nn.Module | Mapping[str, Any]) -> dict[str, Tensor]:
    """Check and convert the parameters of a GRU cell with one input and one to three units.

    Raises:
        TypeError: `weights` is neither a module nor a mapping.
        ValueError: a parameter is missing, unknown, not finite or of a wrong shape.
    """
    if isinstance(weights, nn.Module):
        weights = weights.state_dict()
    if not isinstance(weights, Mapping):
        raise TypeError(f"weights is a {type(weights).__name__}, expected a GRUCell or a mapping")
    missing = {"weight_ih", "weight_hh"} - set(weights)
    unknown = set(weights) - set(PARAMETERS)
    if missing or unknown:
        raise ValueError(f"weights has {', '.join(map(str, weights))}, expected {', '.join(PARAMETERS)}")
    given = {
        name: torch.as_tensor(value).detach().to("cpu", torch.float64) for name, value in weights.items()
    }
    H = given["weight_hh"].shape[-1] if given["weight_hh"].dim() else 0
    shapes = {"weight_ih": (3 * H, 1), "weight_hh": (3 * H, H), "bias_ih": (3 * H,), "bias_hh": (3 * H,)}
    if not 1 <= H <= 3:
        raise ValueError(
            f"weight_hh has shape {tuple(given['weight_hh'].shape)}, expected (3H, H) with H from 1 to 3"
        )
    for name, value in given.items():
        if tuple(value.shape) != shapes[name]:
            raise ValueError(
                f"{name} has shape {tuple(value.shape)}, expected {shapes[name]} for {H} units and one input"
            )
        if not value.isfinite().all():
            raise ValueError(f"{name} holds a number that is not finite")
    return {name: given.get(name, torch.zeros(shapes[name], dtype=torch.float64)) for name in PARAMETERS}


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


def locked(gi: Tensor, gh: Tensor, value: float | None) -> Tensor:
    """The input's share of a gate, (1, H); with a value, the share that makes sigmoid(gi + gh) that value."""
    if value is None:
        return gi
    return torch.logit(torch.full_like(gi, value)) - gh


# ---- the still -------------------------------------------------------------------------------------------

WIDTH, LABEL, GRID_TOP, ROW = 440, 104, 30, 30
LABELS = {"x": "x input", "r": "r reset", "z": "z update", "n": "n candidate", "h": "h new state"}


class Instant(NamedTuple):
    """One unit at one step: old state, candidate, update gate, new state."""

    t: int
    old: float
    candidate: float
    z: float
    new: float


def decimals(value: float, digits: int = 2) -> str:
    """Fixed decimals with a real minus sign, and no sign on zero."""
    return f"{value:z.{digits}f}".replace("-", "−")


def svg_text(x: float, y: float, text: str, *, anchor: str = "middle", weight: int = 400) -> str:
    """A text element; `text` is escaped."""
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}"'
    return f"<text {place}>{escape(text)}</text>"


def draw_grid(inputs: list[float], run: dict[str, list[float]], t: int) -> str:
    """Numbers over time on cells whose shade is the number's size; the step shown is framed."""
    column = (WIDTH - LABEL) / len(inputs)
    parts = [svg_text(LABEL + column * (k + 0.5), 18, str(k + 1), weight=600) for k in range(len(inputs))]
    parts.append(svg_text(0, 18, "step t", anchor="start"))
    for row, (name, values) in enumerate({"x": inputs, **run}.items()):
        top = GRID_TOP + row * ROW
        parts.append(svg_text(0, top + 19, LABELS[name], anchor="start"))
        for k, value in enumerate(values):
            left = LABEL + column * k
            shade, digits = (0.0, 1) if name == "x" else (0.3 * abs(value), 2)
            box = f'x="{left + 1:.1f}" y="{top}" width="{column - 2:.1f}" height="{ROW - 2}"'
            parts.append(f'<rect {box} fill="currentColor" fill-opacity="{shade:.3f}"/>')
            parts.append(svg_text(left + column / 2, top + 19, decimals(value, digits)))
    box = f'x="{LABEL + column * (t - 1):.1f}" y="2" width="{column:.1f}" height="{GRID_TOP + 5 * ROW - 2}"'
    parts.append(f'<rect {box} rx="4" fill="none" stroke="currentColor" stroke-width="2"/>')
    return "".join(parts)


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
