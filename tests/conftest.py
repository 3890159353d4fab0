"""What every test may count on: one thread, the same examples on every run, and the book's folders."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
HTML = ROOT / "_build" / "html"

settings.register_profile("rnnlib", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("rnnlib")
torch.set_num_threads(1)


@pytest.fixture(scope="session")
def book() -> Path:
    """The folder of the book's sources."""
    return ROOT


@pytest.fixture(scope="session")
def html() -> Path:
    """The folder of the built book."""
    assert (HTML / "index.html").is_file(), "the book is not built: run make book first (make test does)"
    return HTML


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


@pytest.fixture(scope="session")
def run() -> Callable[..., subprocess.CompletedProcess[str]]:
    """`run_module`."""
    return run_module


def copy_fixture_book(folder: Path) -> Path:
    """Copy the book of two pages into a folder and return its folder there."""
    return Path(shutil.copytree(ROOT / "tests" / "fixture_book", folder / "book"))


@pytest.fixture
def small_book(tmp_path: Path) -> Path:
    """A copy of the book of two pages, not yet built."""
    return copy_fixture_book(tmp_path)


@pytest.fixture(scope="session")
def built_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the book of two pages, built with its notebook beside the chapter; tests only read it."""
    folder = copy_fixture_book(tmp_path_factory.mktemp("built"))
    for module in ("rnnlib.book.twins", "rnnlib.book.build"):
        done = run_module(module, ".", folder=folder)
        assert done.returncode == 0, done.stdout
    return folder
