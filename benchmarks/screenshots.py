"""Pictures of the built book for README: `python -m benchmarks.screenshots`, after `make book`.

Writes `images/landing.png`, `chapter-dark.png`, `widget-phone.png` and `printed.png`. Look at each before you
commit it.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image
from playwright.sync_api import Browser, Page

from rnnlib import results

sys.path.insert(0, str(results.ROOT / "tests" / "browser"))
from browser import open_browser  # noqa: E402

IMAGES = results.ROOT / "images"
COLOURS = 256  # of a picture's palette, chosen to reach far: the colours of code are rare
PAPER = {"width": 794, "height": 1123}  # A4 in CSS pixels
MARGIN = 57  # 15 mm
TO_TOP = "(e) => scrollTo(0, e.getBoundingClientRect().top + scrollY - 80)"


def top_of(selector: str) -> Callable[[Page], bytes]:
    """The window, with the top of an element a little below its own."""

    def take(page: Page) -> bytes:
        for _ in range(2):  # what is above it may be laid out only once it is near
            page.locator(selector).first.evaluate(TO_TOP)
            settled(page)
        return page.screenshot()

    return take


def printed(selector: str) -> Callable[[Page], bytes]:
    """A sheet of paper that begins with an element, as the page's print style lays it out."""

    def take(page: Page) -> bytes:
        page.emulate_media(media="print")
        page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
        page.add_style_tag(content=f"body {{ padding: 0 {MARGIN}px; }}")
        place = page.locator(selector).first
        top = place.evaluate("(e) => e.getBoundingClientRect().top + scrollY") - MARGIN
        return settled(page).screenshot(full_page=True, clip={"x": 0, "y": top, **PAPER})

    return take


def settled(page: Page) -> Page:
    """The page, once fonts are there and what fades has faded."""
    page.evaluate("() => document.fonts.ready")
    page.wait_for_timeout(500)
    return page


class Shot(NamedTuple):
    """A picture: its page, how that is opened, and what is taken of it."""

    page: str
    opened: dict[str, Any]
    take: Callable[[Page], bytes]


DESK = {"viewport": {"width": 1280, "height": 860}, "device_scale_factor": 1.5}
PHONE = {
    "viewport": {"width": 360, "height": 780},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}
SHEET = {"viewport": PAPER, "device_scale_factor": 1.5}
SHOTS = {
    "landing": Shot("index.html", DESK, top_of("body")),
    "chapter-dark": Shot("chapters/gru.html", DESK | {"color_scheme": "dark"}, top_of("#four-limits")),
    "widget-phone": Shot("chapters/gru.html", PHONE, top_of("#gru-stepper")),
    "printed": Shot("chapters/gru.html", SHEET, printed("#which-gru-is-it")),
}


def take(browser: Browser, shot: Shot, book: Path) -> Image.Image:
    """One picture, in few colours."""
    context = browser.new_context(offline=True, reduced_motion="reduce", **shot.opened)
    try:
        page = context.new_page()
        page.goto((book / shot.page).resolve().as_uri())
        page.locator("figure.rnn-widget.rnn-ready").first.wait_for(state="attached")
        picture = Image.open(io.BytesIO(shot.take(page))).convert("RGB")
    finally:
        context.close()
    return picture.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)


def main() -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description="take pictures of the built book for README")
    book = Path(os.environ.get("RNNLIB_HTML", results.ROOT / "_build" / "html"))
    parser.add_argument("--book", type=Path, default=book, help="folder of the built book")
    parser.add_argument("--to", type=Path, default=IMAGES, help="folder of the pictures (default images)")
    options = parser.parse_args()
    if not (options.book / "index.html").is_file():
        parser.error(f"no built book in {options.book}: type `make book` first")
    options.to.mkdir(parents=True, exist_ok=True)
    with open_browser() as browser:
        for name, shot in SHOTS.items():
            file = options.to / f"{name}.png"
            take(browser, shot, options.book).save(file, optimize=True)
            print(f"{file.name}: {file.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
