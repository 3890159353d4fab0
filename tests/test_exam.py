"""The exam: every solution is computed, and the file with the questions gives none of them away."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

from rnnlib.book.exam import FILES, SOURCE, notebooks

ROOT = Path(__file__).resolve().parent.parent
ASKED, SOLVED = FILES
QUESTION = re.compile(r"^\*\*Question (\d+)\*\* \((\d+) points, \d+ minutes\)")


@pytest.fixture(scope="module")
def files() -> dict[str, nbformat.NotebookNode]:
    return notebooks(ROOT / SOURCE)


def numbers(notebook: nbformat.NotebookNode) -> list[int]:
    found = (QUESTION.match(cell.source) for cell in notebook.cells)
    return [int(match[1]) for match in found if match]


def test_both_are_notebooks_and_the_same_on_every_run(files):
    for name, notebook in notebooks(ROOT / SOURCE).items():
        nbformat.validate(notebook)
        assert notebook == files[name]


def test_questions_stand_alone(files):
    asked = files[ASKED]
    assert numbers(asked) == list(range(1, 16))
    assert all(cell.cell_type == "markdown" for cell in asked.cells)
    assert not [cell for cell in asked.cells if "solution" in cell.metadata.get("tags", [])]
    assert len(asked.cells) == 16  # the title and one cell a question


def test_points_add_up_and_every_question_has_a_solution(files):
    solved = files[SOLVED]
    points = [int(QUESTION.match(cell.source)[2]) for cell in files[ASKED].cells[1:]]
    assert f"{sum(points)} points" in solved.cells[0].source
    following = zip(solved.cells, solved.cells[1:], strict=False)
    for cell, after in following:
        if QUESTION.match(cell.source):
            assert after.metadata["tags"] == ["solution"] and "point" in after.source, cell.source


def test_solutions_hold(files):
    names: dict = {}
    checks = 0
    for cell in files[SOLVED].cells:
        if cell.cell_type == "code":
            exec(compile(cell.source, SOURCE, "exec"), names)
            checks += len(re.findall(r"\bassert|assert_close", cell.source))
    assert checks >= 14


def test_pages_offer_them(html: Path):
    page = (html / "teaching.html").read_text(encoding="utf-8")
    for name in FILES:
        assert f'href="teaching/{name}"' in page
        assert nbformat.read(html / "teaching" / name, as_version=4).cells
    assert "Question 1" not in page
