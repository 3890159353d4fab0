"""What the steppers share: a small cell over scalar inputs, step by step, with gates that can be locked.

A stepper adds its gates' biases and locks as traits, names them in `run_traits`, and computes in `run`.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
import traitlets
from torch import Tensor, nn

from rnnlib.cells.base import RecurrentCell
from rnnlib.errors import check_size
from rnnlib.widgets.base import Numbers, Widget, choice, decimals, number, numbers, svg_text

PARAMETERS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
MOST_STEPS, MOST_UNITS = 12, 3


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


class Stepper(Widget):
    """A cell of one to three units over T scalar inputs, with what every stepper's reader can set.

    Args:
        hidden_size, weights, seed: see `choose_parameters`.
        **traits: `id`, and first values of the traits.

    Attributes:
        t: step shown, 1 to T.
        unit: unit shown, 1 to H.
        inputs: T numbers in [-3, 3]; T is fixed by the first value, 1 to 12.
        scope: whether the page's locks act on "step" or "all".
        gates: quantity -> T x H numbers, computed from the present settings.
    """

    cell_type: ClassVar[type[RecurrentCell]]
    designed: ClassVar[Mapping[str, Any]]  # weights made for two units
    run_traits: ClassVar[tuple[str, ...]]  # what `run` depends on beside the inputs

    t = number(4, 1, MOST_STEPS, step=1)
    unit = choice(1, list(range(1, MOST_UNITS + 1)))
    inputs = numbers([0.0], -3, 3, step=0.1)
    scope = choice("step", ["step", "all"])
    gates = traitlets.Dict(help="quantities of the present settings, each T x H").tag(sync=True)

    def __init__(
        self,
        *,
        hidden_size: int = 2,
        weights: nn.Module | Mapping[str, Any] | None = None,
        seed: int | None = None,
        **traits: Any,
    ) -> None:
        self.parameters = choose_parameters(self.cell_type, self.designed, hidden_size, weights, seed)
        self.hidden_size = self.parameters["weight_hh"].shape[1]
        self.num_steps: int | None = None  # fixed once the first inputs are there
        for name in self._locks():
            traits.setdefault(name, None)
        given = traits.get("inputs")
        if given and "t" not in traits and isinstance(given, list | tuple):
            traits["t"] = min(type(self).t.default_value, len(given))
        super().__init__(**traits)
        self.num_steps = len(self.inputs)
        self.controls = self._controls_of_this_size(self.controls)
        self._compute_gates()
        self.observe(self._compute_gates, names=[*self.run_traits, "inputs"])

    @classmethod
    def _locks(cls) -> list[str]:
        return [name for name, trait in cls.class_traits().items() if isinstance(trait, Locks)]

    def _controls_of_this_size(self, controls: dict[str, Any]) -> dict[str, Any]:
        """The controls with the limits that the number of steps and units sets."""
        limits: dict[str, dict[str, Any]] = {
            "t": {"max": self.num_steps},
            "unit": {"options": list(range(1, self.hidden_size + 1))},
        }
        sizes = {name: {"size": self.num_steps} for name in ("inputs", *self._locks())}
        return {
            name: {**about, **limits.get(name, {}), **sizes.get(name, {})} for name, about in controls.items()
        }

    @traitlets.validate("inputs")
    def _check_inputs(self, proposal: Any) -> Any:
        count = len(proposal["value"])
        if self.num_steps is not None and count != self.num_steps:
            raise traitlets.TraitError(
                f"inputs has {count} numbers, expected {self.num_steps}, as at the start"
            )
        if not 1 <= count <= MOST_STEPS:
            raise traitlets.TraitError(f"inputs has {count} numbers, expected 1 to {MOST_STEPS}")
        return proposal["value"]

    @traitlets.validate("t")
    def _check_t(self, proposal: Any) -> Any:
        if proposal["value"] > len(self.inputs):
            raise traitlets.TraitError(
                f"t is {proposal['value']}, expected a whole number from 1 to {len(self.inputs)}"
            )
        return proposal["value"]

    @traitlets.validate("unit")
    def _check_unit(self, proposal: Any) -> Any:
        if proposal["value"] > self.hidden_size:
            raise traitlets.TraitError(
                f"unit is {proposal['value']}, expected a whole number from 1 to {self.hidden_size}"
            )
        return proposal["value"]

    def spread_lock(self, proposal: Any) -> list[float | None]:
        """A lock's value, one for each step; for subclasses to call where they validate their locks.

        Raises:
            traitlets.TraitError: a list of another length than the inputs.
        """
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
        """Every quantity (T, H), float64, under the present settings with `changes` to `run_traits`."""
        raise NotImplementedError

    def _run_settings(self, changes: dict[str, Any]) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.run_traits} | changes

    def _compute_gates(self, change: Any = None) -> None:
        self.gates = {name: value.tolist() for name, value in self.run().items()}


# ---- weights ---------------------------------------------------------------------------------------------


def choose_parameters(
    cell_type: type[RecurrentCell],
    designed: Mapping[str, Any],
    hidden_size: int,
    weights: nn.Module | Mapping[str, Any] | None,
    seed: int | None,
) -> dict[str, Tensor]:
    """The cell's four parameters in float64: given, drawn, or the designed ones.

    Args:
        cell_type: the cell of `rnnlib.cells` whose weights these are.
        designed: weights for two units, taken if `hidden_size` is 2 and no `weights` or `seed` are given.
        hidden_size: number of units, 1 to 3.
        weights: a cell of input size 1, its state dict, or a mapping; see `read_parameters`.
        seed: draw the weights as PyTorch's cell does after `torch.manual_seed(seed)`.

    Raises:
        TypeError, ValueError: `hidden_size`, `weights` or `seed` make no cell of 1 to 3 units and one input.
    """
    if weights is not None:
        if seed is not None:
            raise ValueError(f"seed is {seed} and weights are given too, expected one of the two")
        return read_parameters(cell_type, weights)
    check_size("hidden_size", hidden_size)
    if hidden_size > MOST_UNITS:
        raise ValueError(f"hidden_size is {hidden_size}, expected 1 to {MOST_UNITS}")
    if hidden_size == 2 and seed is None:
        return {name: torch.tensor(values, dtype=torch.float64) for name, values in designed.items()}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0 if seed is None else seed)
        return read_parameters(cell_type, cell_type(1, hidden_size, dtype=torch.float32))


def read_parameters(
    cell_type: type[RecurrentCell], weights: nn.Module | Mapping[str, Any]
) -> dict[str, Tensor]:
    """Check and convert the parameters of a cell with one input and one to three units.

    Args:
        cell_type: the cell of `rnnlib.cells` whose weights these are; it has G gates.
        weights: a module or mapping with `weight_ih` (G*H, 1), `weight_hh` (G*H, H) and, unless zero,
            `bias_ih` and `bias_hh` (G*H,).

    Raises:
        TypeError: `weights` is neither a module nor a mapping.
        ValueError: a parameter is missing, unknown, not finite or of a wrong shape.
    """
    if isinstance(weights, nn.Module):
        weights = weights.state_dict()
    if not isinstance(weights, Mapping):
        raise TypeError(
            f"weights is a {type(weights).__name__}, expected a {cell_type.__name__} or a mapping"
        )
    missing = {"weight_ih", "weight_hh"} - set(weights)
    unknown = set(weights) - set(PARAMETERS)
    if missing or unknown:
        raise ValueError(f"weights has {', '.join(map(str, weights))}, expected {', '.join(PARAMETERS)}")
    given = {
        name: torch.as_tensor(value).detach().to("cpu", torch.float64) for name, value in weights.items()
    }
    G = cell_type.num_gates
    H = given["weight_hh"].shape[-1] if given["weight_hh"].dim() else 0
    if not 1 <= H <= MOST_UNITS:
        raise ValueError(
            f"weight_hh has shape {tuple(given['weight_hh'].shape)}, "
            f"expected ({G}H, H) with H from 1 to {MOST_UNITS}"
        )
    shapes = {"weight_ih": (G * H, 1), "weight_hh": (G * H, H), "bias_ih": (G * H,), "bias_hh": (G * H,)}
    for name, value in given.items():
        if tuple(value.shape) != shapes[name]:
            raise ValueError(
                f"{name} has shape {tuple(value.shape)}, expected {shapes[name]} for {H} units and one input"
            )
        if not value.isfinite().all():
            raise ValueError(f"{name} holds a number that is not finite")
    return {name: given.get(name, torch.zeros(shapes[name], dtype=torch.float64)) for name in PARAMETERS}


def locked(gi: Tensor, gh: Tensor, value: float | None) -> Tensor:
    """The input's share of a gate, (1, H); with a value, the share that makes sigmoid(gi + gh) that value."""
    if value is None:
        return gi
    return torch.logit(torch.full_like(gi, value)) - gh


# ---- stills ----------------------------------------------------------------------------------------------

WIDTH, LABEL, ROW = 440, 104, 30
HEADER = 30  # height of the steps' numbers above a grid's rows


def draw_grid(rows: Mapping[str, list[float]], t: int, y: float = 0, width: float = WIDTH) -> str:
    """Numbers over time on cells whose shade is the number's size; the step shown is framed.

    Args:
        rows: label -> T numbers. The first row is the input: one decimal, no shade.
        t: the step shown, from 1.
        y: where the grid starts; it is `HEADER` and `ROW` for each row high.
        width: of the grid, labels and all.
    """
    steps = len(next(iter(rows.values())))
    column = (width - LABEL) / steps
    parts = [svg_text(LABEL + column * (k + 0.5), y + 18, str(k + 1), weight=600) for k in range(steps)]
    parts.append(svg_text(0, y + 18, "step t", anchor="start"))
    for row, (name, values) in enumerate(rows.items()):
        top = y + HEADER + row * ROW
        parts.append(svg_text(0, top + 19, name, anchor="start"))
        for k, value in enumerate(values):
            left = LABEL + column * k
            shade, digits = (0.0, 1) if row == 0 else (0.3 * min(1.0, abs(value)), 2)
            box = f'x="{left + 1:.1f}" y="{top}" width="{column - 2:.1f}" height="{ROW - 2}"'
            parts.append(f'<rect {box} fill="currentColor" fill-opacity="{shade:.3f}"/>')
            parts.append(svg_text(left + column / 2, top + 19, decimals(value, digits)))
    height = HEADER + len(rows) * ROW - 2
    box = f'x="{LABEL + column * (t - 1):.1f}" y="{y + 2}" width="{column:.1f}" height="{height}"'
    parts.append(f'<rect {box} rx="4" fill="none" stroke="currentColor" stroke-width="2"/>')
    return "".join(parts)
