"""What all widgets share: traits with ranges, one output for two hosts, a still and a table."""

import json
import math
import re
from html import escape
from numbers import Real
from typing import Any, ClassVar, NoReturn

import anywidget
import traitlets

from rnnlib.environment import in_book
from rnnlib.widgets import loader


class _Control:
    """Mixin for traits that the reader may set: knows what it takes and says so to JavaScript."""

    def describe(self) -> dict[str, Any]:
        """What JavaScript needs to draw and check the control; JSON."""
        raise NotImplementedError

    def refuse(self, value: object, wanted: str) -> NoReturn:
        """Raise the error of a value that is not taken.

        Raises:
            traitlets.TraitError: always; names trait, value and what is wanted.
        """
        raise traitlets.TraitError(f"{self.name} is {value!r}, expected {wanted}")  # type: ignore[attr-defined]


class Number(_Control, traitlets.TraitType[Any, Any]):
    """A number in [low, high]; whole if its default is an int."""

    def __init__(self, default: float, low: float, high: float, step: float) -> None:
        self.low, self.high, self.step = low, high, step
        self.whole = isinstance(default, int)
        super().__init__(default)
        self.tag(sync=True)

    def validate(self, obj: Any, value: Any) -> float:
        kind = "a whole number" if self.whole else "a number"
        if not _within(value, self.low, self.high) or (self.whole and value != int(value)):
            self.refuse(value, f"{kind} from {self.low:g} to {self.high:g}")
        return int(value) if self.whole else float(value)

    def describe(self) -> dict[str, Any]:
        return {"kind": "number", "min": self.low, "max": self.high, "step": self.step, "whole": self.whole}


def _within(value: Any, low: float, high: float) -> bool:
    """Whether a value is a number, not a bool or NaN, in [low, high]."""
    return isinstance(value, Real) and not isinstance(value, bool) and bool(low <= value <= high)  # type: ignore[operator]


class Choice(_Control, traitlets.TraitType[Any, Any]):
    """One of some strings or whole numbers."""

    def __init__(self, default: str | int, options: list[str] | list[int]) -> None:
        self.options: list[Any] = list(options)
        super().__init__(default)
        self.tag(sync=True)

    def validate(self, obj: Any, value: Any) -> Any:
        if isinstance(value, bool) or value not in self.options:
            self.refuse(value, f"one of {', '.join(map(repr, self.options))}")
        return self.options[self.options.index(value)]

    def describe(self) -> dict[str, Any]:
        return {"kind": "choice", "options": self.options}


class Flag(_Control, traitlets.TraitType[Any, Any]):
    """True or False."""

    def __init__(self, default: bool) -> None:
        super().__init__(default)
        self.tag(sync=True)

    def validate(self, obj: Any, value: Any) -> bool:
        if not isinstance(value, bool):
            self.refuse(value, "True or False")
        return value

    def describe(self) -> dict[str, Any]:
        return {"kind": "flag"}


class Numbers(_Control, traitlets.TraitType[Any, Any]):
    """A list of numbers in [low, high], of a given size if there is one."""

    def __init__(self, default: list[float], low: float, high: float, size: int | None, step: float) -> None:
        self.low, self.high, self.size, self.step = low, high, size, step
        super().__init__(list(default))
        self.tag(sync=True)

    def validate(self, obj: Any, value: Any) -> list[float]:
        count = "numbers" if self.size is None else f"{self.size} numbers"
        good = isinstance(value, (list, tuple)) and self.size in (None, len(value))
        if not good or not all(self._takes(v) for v in value):
            self.refuse(value, f"a list of {count} from {self.low:g} to {self.high:g}")
        return [float(v) for v in value]

    def _takes(self, value: object) -> bool:
        return _within(value, self.low, self.high)

    def describe(self) -> dict[str, Any]:
        return {"kind": "numbers", "min": self.low, "max": self.high, "size": self.size, "step": self.step}


class Text(_Control, traitlets.TraitType[Any, Any]):
    """A text of at most so many characters. Typed text is text, never markup."""

    def __init__(self, default: str, longest: int) -> None:
        self.longest = longest
        super().__init__(default)
        self.tag(sync=True)

    def validate(self, obj: Any, value: Any) -> str:
        if not isinstance(value, str) or len(value) > self.longest:
            self.refuse(value, f"a text of at most {self.longest} characters")
        return value

    def describe(self) -> dict[str, Any]:
        return {"kind": "text", "longest": self.longest}


def number(default: float, low: float, high: float, *, step: float = 0.1) -> Number:
    """A trait holding a number in [low, high]; whole numbers only if `default` is an int."""
    return Number(default, low, high, step)


def choice(default: str | int, options: list[str] | list[int]) -> Choice:
    """A trait holding one of `options`."""
    return Choice(default, options)


def flag(default: bool) -> Flag:
    """A trait that is True or False."""
    return Flag(default)


def numbers(
    default: list[float], low: float, high: float, *, size: int | None = None, step: float = 0.1
) -> Numbers:
    """A trait holding a list of numbers in [low, high]; `size` of them unless None."""
    return Numbers(default, low, high, size, step)


def text(default: str, longest: int) -> Text:
    """A trait holding a text of at most `longest` characters."""
    return Text(default, longest)


class Widget(anywidget.AnyWidget):
    """A widget of the book. Subclasses name their JavaScript in `module` and give `still` and `table`.

    Args:
        id: the HTML id of the figure in the book, for links and the URL's hash; default: the module's name.
        **traits: first values of the traits that the reader may set.

    Raises:
        traitlets.TraitError: an unknown trait, or a value out of range; it names trait, value and range.
    """

    module: ClassVar[str]

    id = traitlets.Unicode().tag(sync=True)
    controls = traitlets.Dict(help="name -> kind, default and range of each trait to set").tag(sync=True)
    payload = traitlets.Dict(help="constants for JavaScript: weights, inputs").tag(sync=True)
    _esm = traitlets.Unicode().tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        unknown = sorted(set(traits) - {"id"} - set(self._control_traits()))
        if unknown:
            known = ", ".join(self._control_traits())
            raise traitlets.TraitError(
                f"{type(self).__name__} has no trait {unknown[0]!r}; it has id, {known}"
            )
        super().__init__(**traits)
        described = {name: trait.describe() for name, trait in self._control_traits().items()}
        self.controls = {name: {**about, "default": getattr(self, name)} for name, about in described.items()}

    @classmethod
    def _control_traits(cls) -> dict[str, Any]:
        return {name: trait for name, trait in cls.class_traits().items() if isinstance(trait, _Control)}

    @traitlets.default("id")
    def _default_id(self) -> str:
        return self.module.replace("_", "-")

    @traitlets.validate("id")
    def _check_id(self, proposal: Any) -> Any:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", proposal["value"]):
            raise traitlets.TraitError(
                f"id is {proposal['value']!r}, expected a letter, then letters, digits, - or _"
            )
        return proposal["value"]

    @traitlets.default("_esm")
    def _default_esm(self) -> str:
        return loader.inline(self.module)

    @traitlets.default("payload")
    def _default_payload(self) -> dict[str, Any]:
        return self.make_payload()

    def make_payload(self) -> dict[str, Any]:
        """Constants that the JavaScript needs, as JSON can hold them."""
        return {}

    def settings(self) -> dict[str, Any]:
        """The traits that the reader may set, with their present values."""
        return {name: getattr(self, name) for name in self._control_traits()}

    def still(self) -> str:
        """The present state drawn as one `<svg>`, computed in Python."""
        raise NotImplementedError

    def table(self) -> tuple[str, list[str], list[list[str]]]:
        """The present state's numbers, computed in Python: caption, header, rows of text."""
        raise NotImplementedError

    def to_html(self) -> str:
        """The figure that the static page holds: state as JSON, still and table."""
        state = {**self.settings(), "id": self.id, "controls": self.controls, "payload": self.payload}
        return (
            f'<figure class="rnn-widget" id="{escape(self.id)}" data-widget="{escape(self.module)}">'
            f'<script type="application/json">{script_json(state)}</script>'
            f'<div class="rnn-still">{self._picture()}{html_table(*self.table())}</div></figure>'
        )

    def _picture(self) -> str:
        """The still in a frame that scrolls sideways where the page is too narrow for it."""
        return scrolling(f"Picture: {self.table()[0]}", self.still())

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """In the book HTML only, elsewhere anywidget's view; the same `text/plain` in both, run after run."""
        plain = f"{type(self).__name__} widget"
        if in_book():
            return {"text/html": self.to_html(), "text/plain": plain}
        bundle: Any = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        return {**data, "text/plain": plain}, metadata

    def __repr__(self) -> str:
        return f"{type(self).__name__} widget"


def script_json(state: dict[str, Any]) -> str:
    """JSON that may stand inside a `<script>`: nothing in it can end the element.

    Raises:
        ValueError: if a number is not finite.
    """
    text = json.dumps(state, separators=(",", ":"), allow_nan=False)
    return text.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e")


def html_table(caption: str, header: list[str], rows: list[list[str]]) -> str:
    """An HTML table, everything escaped; the first cell of a row is its header."""
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in header)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in rest)}</tr>'
        for first, *rest in rows
    )
    title = f"<caption>{escape(caption)}</caption>"
    return scrolling(caption, f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")


def scrolling(label: str, content: str) -> str:
    """Markup in a frame that scrolls sideways, by keyboard too; `label` says what is in it."""
    frame = 'style="overflow-x:auto" tabindex="0" role="region"'
    return f'<div {frame} aria-label="{escape(label)}">{content}</div>'


# ---- parts of a still ------------------------------------------------------------------------------------

SMALLEST_TEXT = 10  # CSS pixels; a picture whose texts would be smaller stays wider than the page and scrolls


def svg_image(width: float, height: float, label: str, parts: list[str], *, font_size: int = 12) -> str:
    """An `<svg>` in the page's ink that shrinks with the page as far as its texts stay readable.

    Args:
        width, height: its size in CSS pixels, where the page is wide enough.
        label: what the picture shows, in a sentence; escaped.
        parts: the markup inside.
        font_size: of its texts, in units of the picture.
    """
    narrowest = math.ceil(width * min(1.0, SMALLEST_TEXT / font_size))
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{escape(label)}" style="min-width:{narrowest}px;max-width:100%;height:auto" '
        f'font-family="system-ui,sans-serif" font-size="{font_size}" fill="currentColor">'
        f"{''.join(parts)}</svg>"
    )


def svg_text(x: float, y: float, text: str, *, anchor: str = "middle", weight: int = 400) -> str:
    """A text element, its baseline at `y`; `text` is escaped."""
    bold = f' font-weight="{weight}"' if weight != 400 else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{bold}>{escape(text)}</text>'


def decimals(value: float, digits: int = 2) -> str:
    """Fixed decimals with a real minus sign, and no sign on zero."""
    return f"{value:z.{digits}f}".replace("-", "−")


def apart(places: list[float], gap: float, lowest: float) -> list[float]:
    """Labels' places moved down, then up, until neighbours are at least `gap` apart, none below `lowest`."""
    order = sorted(range(len(places)), key=places.__getitem__)
    moved = list(places)
    for before, after in zip(order, order[1:], strict=False):
        moved[after] = max(moved[after], moved[before] + gap)
    for index in reversed(order):
        moved[index] = min(moved[index], lowest)
        lowest = moved[index] - gap
    return moved
