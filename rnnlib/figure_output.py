"""How a figure gets onto the page: inline SVG in the book, PNG in a notebook, the same plain text in both."""

import base64
import html
import io
import itertools
import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from rnnlib.environment import in_book, shell_name
from rnnlib.files import atomic_path

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GREY = "#7b7b7b"  # ink where the page's own text colour cannot be had: 4.2 on white, 4.4 on #121212
INK = "#010203"  # stands for the page's text colour until the figure is written
_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_CSS_DPI = 112  # a figure inch on the page: text of 9.5 points comes out at the size of small print
_TEXT_COLOUR = re.compile(r"fill: (#[0-9a-f]{6})")
_figure_numbers = itertools.count(1)


def style() -> Any:
    # A first run builds a font cache and would log so into the notebook.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    import matplotlib

    return matplotlib.rc_context(
        {
            "figure.facecolor": "none",
            "axes.facecolor": "none",
            "savefig.facecolor": "none",
            "savefig.transparent": True,
            "text.color": INK,
            "axes.labelcolor": INK,
            "axes.edgecolor": INK,
            "xtick.color": INK,
            "ytick.color": INK,
            "axes.linewidth": 0.7,
            "xtick.major.width": 0.7,
            "ytick.major.width": 0.7,
            "xtick.major.size": 3,
            "ytick.major.size": 3,
            "xtick.minor.size": 0,
            "ytick.minor.size": 0,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "grid.color": INK,
            "grid.alpha": 0.16,
            "grid.linewidth": 0.6,
            "font.family": ["DejaVu Sans"],
            "font.size": 9.5,
            "axes.titlesize": 10,
            "axes.labelsize": 9.5,
            "svg.fonttype": "none",
            "svg.hashsalt": "rnnlib",
        }
    )


def show(figure: "Figure", alt: str, save: str | Path | None = None) -> None:
    """Puts a figure onto the page, and into a file where asked. Without a page its text is printed.

    Args:
        figure: drawn under `style` in colours of its own and in `INK`.
        alt: what it shows, in a sentence or more.
        save: also write it there, as .svg or .png, with grey ink.

    Raises:
        ValueError: `alt` is empty, or `save` ends otherwise.
    """
    alt = _check_alt(alt)
    plain = f"<figure: {alt}>"
    if shell_name() is None:
        print(plain)
    elif in_book():
        _display({"text/html": _html(figure, alt), "text/plain": plain}, {})
    else:
        png = base64.b64encode(_png(figure)).decode("ascii")
        width = round(figure.get_size_inches()[0] * _CSS_DPI)  # the PNG has more pixels than it takes up
        _display({"image/png": png, "text/plain": plain}, {"image/png": {"width": width}})
    if save is not None:
        _save(figure, Path(save))


def _display(bundle: dict[str, str], metadata: dict[str, dict[str, int]]) -> None:
    from IPython.display import display

    display(bundle, raw=True, metadata=metadata)


def _check_alt(alt: str) -> str:
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError(f"alt is {alt!r}, expected a sentence that says what the figure shows")
    return " ".join(alt.split())


def _save(figure: "Figure", path: Path) -> None:
    if path.suffix == ".svg":
        content = _svg(figure, "figure-", GREY, font="sans-serif").encode()
    elif path.suffix == ".png":
        content = _png(figure)
    else:
        raise ValueError(f"save is {path}, expected a name that ends in .svg or .png")
    with atomic_path(path) as part:
        part.write_bytes(content)


def _html(figure: "Figure", alt: str) -> str:
    svg = _svg(figure, f"fig{next(_figure_numbers)}-", "currentColor", font="inherit")
    return f'<figure class="rnn-figure" role="img" aria-label="{html.escape(alt, quote=True)}">{svg}</figure>'


def _png(figure: "Figure") -> bytes:
    """The figure at twice the screen's resolution, with grey ink on a transparent ground."""
    for artist in figure.findobj():
        _recolour(artist)
    buffer = io.BytesIO()
    with style():
        figure.savefig(buffer, format="png", dpi=2 * _CSS_DPI, metadata={"Software": None})
    return buffer.getvalue()


def _recolour(artist: Any) -> None:
    """Grey instead of the stand-in, in whatever colours an artist has."""
    from matplotlib.colors import same_color, to_rgba

    for part in ("color", "edgecolor", "facecolor", "markeredgecolor", "markerfacecolor"):
        get, put = getattr(artist, f"get_{part}", None), getattr(artist, f"set_{part}", None)
        if get is None or put is None:
            continue
        value = get()
        if isinstance(value, (str, tuple)) and len(value) and same_color(to_rgba(value)[:3], INK):
            put((*to_rgba(GREY)[:3], to_rgba(value)[3]))


def _svg(figure: "Figure", prefix: str, ink: str, font: str) -> str:
    """The figure as an SVG element that can stand in a page: its ids start with `prefix`."""
    buffer = io.StringIO()
    with style():
        figure.savefig(
            buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
        )
    ElementTree.register_namespace("", _SVG)
    root = ElementTree.fromstring(buffer.getvalue())
    _drop(root, "metadata")
    _drop(root, "style")  # its rule for `*` would reach everything on the page
    used = set(re.findall(r"(?:url\(#|href=\"#)([^)\"]+)", buffer.getvalue()))
    changes = {INK: ink, "'DejaVu Sans'": font, "url(#": f"url(#{prefix}"}
    for element in root.iter():
        _adapt(element, used, prefix, changes)
    view = root.get("viewBox", "")
    width = round(float(view.split()[2]) / 72 * _CSS_DPI)
    root.attrib = {
        "viewBox": view,
        "style": f"width:100%;max-width:{width}px;height:auto;stroke-linejoin:round;stroke-linecap:butt",
        "aria-hidden": "true",
        "focusable": "false",
    }
    text = ElementTree.tostring(root, encoding="unicode")
    return re.sub(r">\s+<", "><", text)


def _drop(root: ElementTree.Element, tag: str) -> None:
    for parent in list(root.iter()):
        for child in [c for c in parent if c.tag.rpartition("}")[2] == tag]:
            parent.remove(child)


def _adapt(element: ElementTree.Element, used: set[str], prefix: str, changes: dict[str, str]) -> None:
    """Renames or drops the id, follows the renaming in references, makes the other changes to attributes."""
    name = element.attrib.pop("id", None)
    if name in used:
        element.set("id", prefix + name)
    link = element.attrib.pop(f"{{{_XLINK}}}href", None)
    if link is not None:
        element.set("href", f"#{prefix}{link[1:]}" if link.startswith("#") else link)
    for key, value in element.attrib.items():
        for old, new in changes.items():
            value = value.replace(old, new)
        if changes[INK] == "currentColor" and element.tag == f"{{{_SVG}}}text":
            value = _TEXT_COLOUR.sub(_readable, value)
        element.set(key, value)


def _readable(fill: re.Match[str]) -> str:
    """A text's colour with as much of the page's ink as makes its contrast 4.5, on light and on dark."""
    return f"{fill[0]}; fill: color-mix(in srgb, {fill[1]} 70%, currentColor)"
