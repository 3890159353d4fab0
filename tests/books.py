"""The book of two pages that tests build, and how they run a module in its folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run_module(
    module: str, *arguments: str, folder: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run `python -m module` in a folder, with both of its outputs as one text in `stdout`."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def copy_fixture_book(folder: Path) -> Path:
    """Copy the book of two pages into a folder and return its folder there."""
    return Path(shutil.copytree(ROOT / "tests" / "fixture_book", folder / "book"))
