"""Makes sure that the browser tests have a browser; `make test` calls it.

One that is installed is taken; else Playwright fetches its own; else the system's package manager installs
one when that needs no password (for root). Otherwise this says what to type and fails. It never
calls sudo.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "browser"))

from browser import BrowserNotFound, open_browser  # noqa: E402
from playwright.sync_api import Error as PlaywrightError  # noqa: E402

PLAYWRIGHT = [sys.executable, "-m", "playwright", "install", "chromium"]
MANAGERS = {
    "apt-get": [
        ["apt-get", "update", "-q"],
        ["apt-get", "install", "-yq", "--no-install-recommends", "chromium"],
    ],
    "dnf": [["dnf", "install", "-y", "chromium"]],
    "pacman": [["pacman", "-S", "--noconfirm", "chromium"]],
    "apk": [["apk", "add", "chromium"]],
}


def trouble() -> str:
    """Start a browser and stop it; return what went wrong, or nothing."""
    try:
        with open_browser() as browser:
            return "" if browser.version else "the browser does not tell its version"
    except (BrowserNotFound, PlaywrightError) as error:
        return str(error)


def run(commands: list[list[str]]) -> None:
    """Run commands until one fails."""
    for command in commands:
        print("  " + " ".join(command), flush=True)
        if subprocess.run(command, check=False).returncode:
            return


def main() -> None:
    """Find, fetch or install a browser, or say what to type and exit with an error."""
    why = trouble()
    if not why:
        return
    if os.environ.get("RNNLIB_BROWSER"):
        sys.exit(why)
    print(f"No browser for the tests yet ({why.splitlines()[0]}). Fetching one:", flush=True)
    run([PLAYWRIGHT])
    manager = next((name for name in MANAGERS if shutil.which(name)), None)
    if trouble() and manager and hasattr(os, "geteuid") and os.geteuid() == 0:
        run(MANAGERS[manager])
    why = trouble()
    if why:
        install = " && ".join(" ".join(command) for command in MANAGERS.get(manager or "", [PLAYWRIGHT]))
        print(f"\nThe browser tests need Chromium, Chrome or Edge: {why}", file=sys.stderr)
        sys.exit(f"Install one, for example (as administrator): {install}\nThen run make test again.")


if __name__ == "__main__":
    main()
