"""What every test may count on: one thread, the same examples on every run, and the book's folders."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from books import ROOT, copy_fixture_book, run_module
from hypothesis import settings

HTML = ROOT / "_build" / "html"

settings.register_profile("rnnlib", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("rnnlib")
torch.set_num_threads(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs the built book, so that `make unit` can leave it out."""
    for item in items:
        if "html" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.built)


@pytest.fixture(scope="session")
def book() -> Path:
    """The folder of the book's sources."""
    return ROOT


@pytest.fixture(scope="session")
def html() -> Path:
    """The folder of the built book."""
    assert (HTML / "index.html").is_file(), "the book is not built: run make book first (make test does)"
    return HTML


@pytest.fixture(scope="session")
def run() -> Callable[..., subprocess.CompletedProcess[str]]:
    """`run_module`."""
    return run_module


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
