"""Every stored output is compared: nbval itself runs beside these tests (`pytest --nbval chapters`)."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

from rnnlib.book.myst import read_book

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = sorted(read_book(ROOT).notebooks)
IGNORED = "nbval-ignore-output"
CHECKS = re.compile(r"^\s*(?:assert\b|claim\()", re.MULTILINE)
PRINTS = re.compile(r"^print\(", re.MULTILINE)


def code_cells(page: str) -> list[nbformat.NotebookNode]:
    notebook = nbformat.read(ROOT / f"{page}.ipynb", as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def text_of(output: nbformat.NotebookNode) -> str:
    return output.get("text", "") or output.get("data", {}).get("text/plain", "")


def text(cell: nbformat.NotebookNode) -> str:
    return "".join(map(text_of, cell.outputs))


@pytest.mark.parametrize("page", CHAPTERS)
def test_every_cell_that_prints_has_a_stored_output(page: str):
    for cell in code_cells(page):
        if PRINTS.search(cell.source):
            assert text(cell).strip(), cell.source


@pytest.mark.parametrize("page", CHAPTERS)
def test_what_is_not_compared_is_asserted(page: str):
    """A cell whose output nbval ignores asserts something, or one of the next three cells does."""
    cells = code_cells(page)
    for at, cell in enumerate(cells):
        tags = cell.metadata.get("tags", [])
        assert not {"nbval-skip", "nbval-raises-exception"} & set(tags)
        if IGNORED in tags:
            assert any(CHECKS.search(near.source) for near in cells[at : at + 4]), cell.source


@pytest.mark.parametrize("page", CHAPTERS)
def test_no_cell_prints_how_long_it_took(page: str):
    """Two runs give the same text, cells that nbval ignores included; times belong in the benchmarks."""
    for cell in code_cells(page):
        assert not re.search(r"\b\d+(?:\.\d+)? ?(?:s|ms|sec|seconds|min|minutes)\b", text(cell)), cell.source


def shortened(page: str) -> nbformat.NotebookNode:
    """A chapter's notebook up to its first cell with a figure in a stored output that is compared."""
    notebook = nbformat.read(ROOT / f"{page}.ipynb", as_version=4)
    for at, cell in enumerate(notebook.cells):
        if (
            cell.cell_type == "code"
            and IGNORED not in cell.metadata.get("tags", [])
            and re.search(r"\d", text(cell))
        ):
            notebook.cells = notebook.cells[: at + 1]
            return notebook
    raise AssertionError(f"{page}.ipynb stores no figure that is compared")


def another_digit(stored: str) -> str:
    """The text with its last digit changed."""
    return re.sub(r"\d(?=\D*$)", lambda digit: str((int(digit[0]) + 1) % 10), stored)


@pytest.mark.parametrize("page", CHAPTERS)
def test_a_changed_figure_fails(page: str, tmp_path: Path, run):
    """nbval passes a copy of the notebook, and fails it after one stored figure has changed."""
    notebook = shortened(page)
    copy = tmp_path / "copy.ipynb"
    nbformat.write(notebook, copy)
    arguments = ("--nbval", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(copy))
    untouched = run("pytest", *arguments, folder=tmp_path)
    assert untouched.returncode == 0, untouched.stdout

    output = next(output for output in notebook.cells[-1].outputs if re.search(r"\d", text_of(output)))
    if "text" in output:
        output.text = another_digit(output.text)
    else:
        output.data["text/plain"] = another_digit(output.data["text/plain"])
    nbformat.write(notebook, copy)
    changed = run("pytest", *arguments, folder=tmp_path)
    assert changed.returncode == 1 and "1 failed" in changed.stdout, changed.stdout
