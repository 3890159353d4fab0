"""Compares a reader's answer with the right one, and names the mistake where it recognises one."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

Mistakes = Sequence[tuple[Any, str]]  # what a mistake leads to, and what is wrong, in words


class WrongAnswer(AssertionError):
    """An answer that is not right. The message says what is wrong with it, never what would be right."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows: the message alone, without the way through this package."""
        return [f"✗ Not yet: {self}"]


def seeded(check: Callable[..., None]) -> Callable[..., None]:
    """Let a check draw its examples from a seed of its own and leave the reader's random numbers alone."""

    @functools.wraps(check)
    def run(*answers: Any) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            check(*answers)

    return run


def accept(name: str) -> None:
    """Tell the reader that the answer to `name` is right."""
    print(f"✓ {name}: right")


def refuse(wrong: bool, message: str) -> None:
    """Raise `WrongAnswer` with `message` if `wrong`."""
    if wrong:
        raise WrongAnswer(message)


def judge(
    name: str, answer: Any, right: Any, mistakes: Mistakes, otherwise: str, tolerance: float = 1e-6
) -> None:
    """Accept a value, or say what is wrong with it.

    Args:
        name: what the answer is called in messages.
        answer: a number, a truth value, a string, a tensor, or a (nested) sequence of numbers.
        right: the right value; an answer must have its shape.
        mistakes: for each plausible mistake the value that it leads to, and what is wrong.
        otherwise: a hint for answers of no known mistake.
        tolerance: the largest difference allowed, relative to the right value where that exceeds 1.

    Raises:
        WrongAnswer: the answer is not the right value.
    """
    if _same(answer, right, tolerance):
        return accept(name)
    for value, message in mistakes:
        refuse(_same(answer, value, tolerance), message)
    _check_form(name, answer, right)
    shown = f" is {answer}" if not isinstance(answer, Tensor) or answer.numel() <= 8 else ""
    raise WrongAnswer(f"{name}{shown or ' has wrong values'}. {otherwise}")


def judge_function(
    name: str,
    function: Callable[..., Any],
    right: Callable[..., Any],
    cases: Sequence[tuple[Any, ...]],
    mistakes: Mistakes,
    otherwise: str,
    tolerance: float = 1e-6,
) -> None:
    """Accept a function that gives the right value in every case, or say what is wrong with it.

    Args:
        name: what the function is called in messages.
        function: the reader's.
        right: a function that is right.
        cases: arguments to try.
        mistakes: for each plausible mistake a function that makes it, and what is wrong.
        otherwise: a hint for functions of no known mistake.
        tolerance: as for `judge`.

    Raises:
        WrongAnswer: some value is not the right one.
    """
    refuse(
        not callable(function),
        f"{name} is {function!r}, expected a function: hand it over without calling it",
    )
    given = [function(*case) for case in cases]
    wanted = [right(*case) for case in cases]
    wrong = [k for k in range(len(cases)) if not _same(given[k], wanted[k], tolerance)]
    if not wrong:
        return accept(name)
    for mistake, message in mistakes:
        made = [mistake(*case) for case in cases]
        refuse(all(map(lambda a, b: _same(a, b, tolerance), given, made)), message)
    first = wrong[0]
    call = f"{name}({', '.join(map(_shown, cases[first]))})"
    _check_form(call, given[first], wanted[first])
    raise WrongAnswer(f"{call} gives {_shown(given[first])}. {otherwise}")


def _same(a: Any, b: Any, tolerance: float) -> bool:
    """Whether two answers are equal: strings exactly, numbers within the tolerance, sequences by entry."""
    if isinstance(a, str) or isinstance(b, str):
        return bool(a == b)
    if _is_mixed(a) or _is_mixed(b):
        both = isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)) and len(a) == len(b)
        return both and all(_same(x, y, tolerance) for x, y in zip(a, b, strict=True))
    x, y = _as_tensor(a), _as_tensor(b)
    if x is None or y is None or x.shape != y.shape:
        return False
    return bool(torch.isclose(x, y, rtol=tolerance, atol=tolerance, equal_nan=False).all())


def _is_mixed(value: Any) -> bool:
    """Whether a value is a sequence that makes no tensor: of tensors, strings or unequal parts."""
    return isinstance(value, (list, tuple)) and _as_tensor(value) is None


def _as_tensor(value: Any) -> Tensor | None:
    """Return a value as a float64 tensor, or None where it is not made of numbers."""
    if isinstance(value, Tensor):
        return value.detach().double()
    try:
        return torch.tensor(value, dtype=torch.float64)
    except (TypeError, ValueError):
        return None


def _check_form(name: str, answer: Any, right: Any) -> None:
    """Refuse an answer of another type or shape than the right one, saying which form is wanted."""
    refuse(answer is None, f"{name} is None: does the function return its result?")
    given, wanted = _as_tensor(answer), _as_tensor(right)
    if wanted is None:
        return
    if given is None:
        raise WrongAnswer(f"{name} is {answer!r} ({type(answer).__name__}), expected {_form(wanted)}")
    refuse(given.shape != wanted.shape, f"{name} is {_form(given)}, expected {_form(wanted)}")
    refuse(not given.isfinite().all().item(), f"{name} is {_shown(answer)}: it is not finite")


def _form(value: Tensor) -> str:
    return f"a tensor of shape {tuple(value.shape)}" if value.dim() else "one number"


def _shown(value: Any) -> str:
    """Write an argument or a result on a line: large tensors by their shape, numbers with four digits."""
    if isinstance(value, Tensor):
        return _form(value) if value.numel() > 8 else str(value.tolist())
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, (list, tuple)) and any(isinstance(part, Tensor) for part in value):
        return "(" + ", ".join(map(_shown, value)) + ")"
    return repr(value) if isinstance(value, (int, str, list, tuple)) else f"a {type(value).__name__}"
