"""Find a browser of the Chromium family and start it so that it talks to nobody."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Playwright, sync_playwright

COMMANDS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "microsoft-edge-stable",
    "msedge",
)
USUAL_PLACES = (
    "/usr/bin/chromium",
    "/usr/bin/google-chrome",
    "/opt/google/chrome/chrome",
    "/opt/microsoft/msedge/msedge",
    "/snap/bin/chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class BrowserNotFound(RuntimeError):
    """No browser was found; the message says where we looked and what to type."""


def find_browser(playwright: Playwright) -> Path:
    """The browser's path: `RNNLIB_BROWSER`, else one on PATH or in a usual place, else Playwright's own.

    Raises BrowserNotFound when there is none, or when `RNNLIB_BROWSER` names no file.
    """
    named = os.environ.get("RNNLIB_BROWSER")
    if named:
        found = shutil.which(named)
        if found is None:
            raise BrowserNotFound(f"RNNLIB_BROWSER is {named!r}, expected the path of an executable browser")
        return Path(found)
    candidates = [shutil.which(command) for command in COMMANDS]
    candidates += [*USUAL_PLACES, playwright.chromium.executable_path]
    for candidate in candidates:
        if candidate and os.access(candidate, os.X_OK):
            return Path(candidate)
    raise BrowserNotFound(
        "no Chromium, Chrome or Edge on PATH, in the usual places or in Playwright's own folder; type "
        "`playwright install chromium` in the project's environment, or name a browser in RNNLIB_BROWSER"
    )


@contextmanager
def open_browser(*more: str) -> Iterator[Browser]:
    """A headless browser, closed at the end; as root without the sandbox, which refuses to run as root.

    Args:
        more: arguments for its command line besides `QUIET`.
    """
    arguments = [*QUIET, *more]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--no-sandbox")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(playwright), args=arguments, headless=True
        )
        try:
            yield browser
        finally:
            browser.close()
