"""The book's emblem: a state and the arrow that leads from it back to it; as an icon and as a preview.

Drawn here in code, so that the repository holds no picture whose source nobody has.
"""

from __future__ import annotations

from importlib.util import find_spec
from math import cos, pi, sin
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from sphinx.application import Sphinx

GROUND, INK, STATE = "#14395b", "#f4f7fa", "#ffb347"
RADIUS, STROKE = 0.27, 0.085  # of the loop and of its line, in parts of the emblem's side
START, END = 140, 400  # degrees, clockwise from three o'clock: where the arrow leaves, and where it ends
PREVIEW = (1200, 630)
SMOOTH = 4  # drawn this many times as large, then made smaller


def _on_loop(degrees: float) -> tuple[float, float]:
    """Return a point of the loop, in parts of the emblem's side."""
    angle = degrees * pi / 180
    return 0.5 + RADIUS * cos(angle), 0.5 + RADIUS * sin(angle)


def _arrow_head() -> list[tuple[float, float]]:
    """Return the corners of the arrow's head, pointing along the loop."""
    (x, y), angle = _on_loop(END), END * pi / 180
    along, across = (-sin(angle), cos(angle)), (cos(angle), sin(angle))
    size = 1.55 * STROKE
    tip = (x + 1.5 * size * along[0], y + 1.5 * size * along[1])
    return [tip, *((x + side * size * across[0], y + side * size * across[1]) for side in (-1, 1))]


def favicon() -> str:
    """Return the emblem as SVG."""
    start, end, *head = (
        f"{100 * x:.1f} {100 * y:.1f}" for x, y in (_on_loop(START), _on_loop(END), *_arrow_head())
    )
    x, y = start.split()
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">'
        f'<rect width="100" height="100" rx="22" fill="{GROUND}"/>'
        f'<path d="M{start}A{100 * RADIUS:g} {100 * RADIUS:g} 0 1 1 {end}" fill="none" stroke="{INK}" '
        f'stroke-width="{100 * STROKE:g}"/><path d="M{" ".join(head)}z" fill="{INK}"/>'
        f'<circle cx="{x}" cy="{y}" r="12" fill="{STATE}"/></svg>\n'
    )


def emblem(side: int) -> Image.Image:
    """Return the emblem as a picture, without the round corners that a screen gives it."""
    large = SMOOTH * side
    picture = Image.new("RGB", (large, large), GROUND)
    draw = ImageDraw.Draw(picture)
    reach = RADIUS + STROKE / 2
    box = [large * (0.5 - reach)] * 2 + [large * (0.5 + reach)] * 2
    draw.arc(box, START, END, fill=INK, width=round(large * STROKE))
    draw.polygon([(large * x, large * y) for x, y in _arrow_head()], fill=INK)
    x, y = _on_loop(START)
    draw.ellipse([large * (x - 0.12), large * (y - 0.12), large * (x + 0.12), large * (y + 0.12)], fill=STATE)
    return picture.resize((side, side), Image.Resampling.LANCZOS)


def _font(size: int, weight: str = "") -> ImageFont.FreeTypeFont:
    """Return DejaVu Sans, which comes with matplotlib."""
    spec = find_spec("matplotlib")
    if spec is None or spec.origin is None:
        raise RuntimeError("the preview's font was not found: matplotlib is not installed; run: make setup")
    fonts = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"
    return ImageFont.truetype(fonts / f"DejaVuSans{weight}.ttf", size)


def preview(title: str, line: str) -> Image.Image:
    """Return the card that a shared link shows: the emblem, the book's title and a line."""
    picture = Image.new("RGB", PREVIEW, GROUND)
    picture.paste(emblem(330), (40, (PREVIEW[1] - 330) // 2))
    draw = ImageDraw.Draw(picture)
    words, rows = title.split(), [""]
    for word in words:
        longer = f"{rows[-1]} {word}".strip()
        rows = [*rows[:-1], longer] if draw.textlength(longer, _font(76, "-Bold")) < 780 else [*rows, word]
    top = PREVIEW[1] // 2 - 46 * len(rows) - 30
    for k, row in enumerate(rows):
        draw.text((400, top + 92 * k), row, fill=INK, font=_font(76, "-Bold"))
    draw.text((400, top + 92 * len(rows) + 24), line, fill=STATE, font=_font(36))
    return picture


def _draw(app: Sphinx) -> None:
    if app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    static.mkdir(parents=True, exist_ok=True)
    (static / "favicon.svg").write_text(favicon(), encoding="utf-8")
    emblem(180).save(static / "touch-icon.png", optimize=True)
    card = preview(app.config.html_title, "an interactive book: read, run, check")
    card.save(static / "preview.png", optimize=True)


def setup(app: Sphinx) -> None:
    """Register the drawing; called by `rnnlib.book.setup`."""
    app.connect("builder-inited", _draw)
