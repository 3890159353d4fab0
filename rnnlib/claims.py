"""A claim of the book: one sentence, the value that the page measured, and the threshold it has to meet."""

import html
import json
import math
import re
from dataclasses import asdict, dataclass
from typing import Any

from rnnlib.environment import in_book

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class ClaimFailed(AssertionError):
    """The measured value does not meet the claim's threshold."""


@dataclass(frozen=True)
class Claim:
    """A claim that held. As the last expression of a cell it shows itself.

    Attributes:
        name: lower-case words joined by hyphens, unique in the book; the card's anchor is `claim-<name>`.
        statement: the claim as a sentence.
        value: what was measured.
        shown: the value as text, with its unit.
        condition: the threshold as text, such as `at most 4 nats`.
        measured: by what: `this build`, or for example `the benchmark on 2026-11-20`.
    """

    name: str
    statement: str
    value: float
    shown: str
    condition: str
    measured: str = "this build"

    def __str__(self) -> str:
        by = "" if self.measured == "this build" else f", measured by {self.measured}"
        return f"✓ {self.statement}\n  {self.shown} ({self.condition}{by})"

    __repr__ = __str__

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        bundle = {"text/plain": str(self)}
        if in_book():
            bundle["text/html"] = self._card()
        return bundle

    def _card(self) -> str:
        """The claim in a built page; the extension collects `data-claim` from it."""
        data = html.escape(json.dumps(asdict(self), ensure_ascii=False, sort_keys=True), quote=True)
        by = "" if self.measured == "this build" else f" · measured by {html.escape(self.measured)}"
        return (
            f'<div class="rnn-claim" id="claim-{self.name}" data-claim="{data}">'
            f'<p class="rnn-claim-statement"><span class="rnn-claim-mark" aria-hidden="true">✓</span> '
            f"{html.escape(self.statement)}</p>"
            f'<p class="rnn-claim-value"><strong>{html.escape(self.shown)}</strong> '
            f"<span>({html.escape(self.condition)}){by}</span></p></div>"
        )


def claim(
    name: str,
    statement: str,
    value: Any,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    near: float | None = None,
    tolerance: float | None = None,
    unit: str = "",
    digits: int = 3,
    measured: str = "this build",
) -> Claim:
    """Holds a measured value against a claim.

    Args:
        name: lower-case words joined by hyphens, unique in the book.
        statement: the claim as a sentence.
        value: a number, or a tensor or array of one entry.
        at_least: the value must not be below it.
        at_most: the value must not be above it.
        near: the value must not be further from it than `tolerance`.
        tolerance: goes with `near`.
        unit: follows the value, such as `"nats"`; `"%"` and `"×"` follow it without a space.
        digits: significant digits shown.
        measured: by what, where it is not this build.

    Returns:
        The claim, to be a cell's last expression.

    Raises:
        ClaimFailed: the value does not meet a threshold, or is no number (NaN).
        TypeError: `value` is no number.
        ValueError: no threshold, `near` without `tolerance` or the other way round, or an odd name.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(
            f"name is {name!r}, expected lower-case words joined by hyphens, such as 'gru-equals-torch'"
        )
    if not isinstance(statement, str) or not statement.strip():
        raise ValueError(f"statement is {statement!r}, expected a sentence")
    value = _number(value, name)
    if (near is None) != (tolerance is None):
        raise ValueError(
            f"claim {name!r} has near={near} and tolerance={tolerance}, expected both or neither"
        )
    if at_least is None and at_most is None and near is None:
        raise ValueError(
            f"claim {name!r} has no threshold, expected at_least, at_most, or near with tolerance"
        )
    condition = _condition(at_least, at_most, near, tolerance, unit)
    shown = _with_unit(format_number(value, digits), unit)
    holds = (
        math.isfinite(value)
        and (at_least is None or value >= at_least)
        and (at_most is None or value <= at_most)
        and (near is None or abs(value - near) <= tolerance)
    )
    if not holds:
        raise ClaimFailed(
            f"claim {name!r} does not hold: {statement}\n  measured {value!r}, wanted {condition}"
        )
    return Claim(name, statement.strip(), value, shown, condition, measured)


def format_number(value: float, digits: int = 3) -> str:
    """A number for readers: `digits` significant ones, whole numbers in full, extremes as 1.2e-09.

    >>> format_number(3.54428), format_number(178979), format_number(0.000000001234)
    ('3.54', '178,979', '1.23e-09')
    """
    if not math.isfinite(value):
        return str(value)
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    if 1e-3 <= abs(value) < 10**digits - 0.5:
        return f"{value:#.{digits}g}".rstrip(".")
    if 10**digits - 0.5 <= abs(value) < 1e9:
        return f"{value:,.0f}"
    return f"{value:.{digits - 1}e}"


def _condition(
    at_least: float | None, at_most: float | None, near: float | None, tolerance: float | None, unit: str
) -> str:
    """The thresholds in words, as exact as their author wrote them."""

    def exact(bound: float) -> str:
        return _with_unit(f"{float(bound):,.12g}", unit)

    parts = [f"at least {exact(at_least)}"] if at_least is not None else []
    parts += [f"at most {exact(at_most)}"] if at_most is not None else []
    if near is not None and tolerance is not None:
        parts.append(f"within {exact(tolerance)} of {exact(near)}")
    return " and ".join(parts)


def _with_unit(number: str, unit: str) -> str:
    return number + unit if unit in ("", "%", "×") else f"{number} {unit}"


def _number(value: Any, name: str) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(f"the value of claim {name!r} is {value!r}, expected one number") from error
