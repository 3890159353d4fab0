"""What the chapters teach with: exercises of a level with a hint and a solution, questions, predictions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rnnlib.book.exercises import LEVELS
from rnnlib.book.myst import Block, Directive, Text, blocks, every_block, read_book, strip_front_matter
from rnnlib.book.predictions import split_options

ROOT = Path(__file__).resolve().parent.parent
BOOK = read_book(ROOT)
CHAPTERS = sorted(BOOK.notebooks - {"chapters/modern-rnn", "chapters/translator"})
WIDGET_LINK = re.compile(r"\]\(#([\w-]+)\?[^)\s]+\)")


def lines(page: str) -> list[str]:
    return strip_front_matter((ROOT / f"{page}.md").read_text(encoding="utf-8"))


def top(page: str) -> list[Block]:
    """A page's blocks, empty lines between them left out."""
    return [
        block
        for block in blocks(lines(page))
        if not isinstance(block, Text) or any(line.strip() for line in block.lines)
    ]


def boxes(page: str, name: str) -> list[Directive]:
    return [b for b in every_block(lines(page)) if isinstance(b, Directive) and b.name == name]


def is_cell(block: Block) -> bool:
    return isinstance(block, Directive) and block.name == "code-cell"


def starts_section(block: Block) -> bool:
    return isinstance(block, Text) and any(line.startswith("#") for line in block.lines)


def has_cell_in_section(around: list[Block]) -> bool:
    """Whether a cell stands among blocks, taken in their order, before a heading does."""
    for block in around:
        if is_cell(block):
            return True
        if starts_section(block):
            return False
    return False


@pytest.mark.parametrize("page", CHAPTERS)
def test_chapter_has_exercises_of_several_levels(page: str):
    exercises = boxes(page, "exercise")
    assert len(exercises) >= 8
    assert {"label", "level", "minutes"} <= set.intersection(*(set(box.options) for box in exercises))
    levels = [box.options["level"] for box in exercises]
    assert set(levels) <= set(LEVELS) and len(set(levels)) >= 3
    assert "recall" in levels


@pytest.mark.parametrize("page", CHAPTERS)
def test_exercise_is_followed_by_hint_and_solution(page: str):
    found = top(page)
    for k, block in enumerate(found):
        if isinstance(block, Directive) and block.name == "exercise":
            hint, start = found[k + 1 : k + 3]
            assert (hint.name, hint.argument) == ("dropdown", "Hint") and hint.body, block.argument
            assert (start.name, start.argument) == ("solution-start", block.options["label"])


def test_levels_are_explained_once():
    page = (ROOT / "exercises.md").read_text(encoding="utf-8")
    explained = re.findall(r"^\| (\w+) \| \S.*\|$", page, re.MULTILINE)
    assert [level.lower() for level in explained if level.lower() in LEVELS] == list(LEVELS)
    for chapter in CHAPTERS:
        assert "<exercise-levels>`" in "\n".join(lines(chapter))


def test_all_themes_of_the_reference_are_worked_out():
    page = (ROOT / "exercises.md").read_text(encoding="utf-8")
    table = page.partition("| Section there |")[2].partition("\n\n")[0]
    rows = [row for row in table.splitlines() if row.startswith("| ") and "---" not in row]
    assert len(rows) == 28
    for row in rows:
        labels = re.findall(r"\{ref\}`([\w-]+)`", row)
        assert labels, row
        for label in labels:
            assert BOOK.places[label].page in CHAPTERS, label


def test_there_are_fifty_questions_and_more():
    questions = [box for page in CHAPTERS for box in boxes(page, "question")]
    assert len(questions) >= 50
    assert all("?" in box.argument and box.options["label"] for box in questions)


@pytest.mark.parametrize("page", CHAPTERS)
def test_question_is_shown_by_a_cell_or_a_widget(page: str):
    found = top(page)
    widgets = set(re.findall(r'\bid="([\w-]+)"', "\n".join(lines(page))))
    for k, block in enumerate(found):
        if not isinstance(block, Directive) or block.name != "question":
            continue
        shown = block.options["shown"]
        if shown == "widget":
            linked = WIDGET_LINK.findall("\n".join(block.body))
            assert linked and set(linked) <= widgets, block.argument
        else:
            around = found[k + 1 :] if shown == "below" else found[:k][::-1]
            assert has_cell_in_section(around), f"{block.argument}: no cell {shown} it in its section"


@pytest.mark.parametrize("page", CHAPTERS)
def test_chapter_has_predictions_with_feedback_on_each_option(page: str):
    predictions = boxes(page, "predict")
    assert 1 <= len(predictions) <= 3
    for box in predictions:
        question, options = split_options(box.body)
        assert box.options["label"] and any(map(str.strip, question))
        assert len(options) >= 3


def test_options_are_split_from_their_question():
    question, options = split_options(
        ["How many?", "", "- [ ] One, `1`", "  Too few.", "", "  By far.", "- [x] Two", "  It is."]
    )
    assert question == ["How many?", ""]
    assert [(option.text, option.right) for option in options] == [("One, `1`", False), ("Two", True)]
    assert options[0].told == "**No.** Too few.\n\nBy far."
    assert options[1].told == "**Right.** It is."


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (["Why?"], "a prediction has 0 options"),
        (["- [x] Yes", "  So."], "has 1 options, expected two or more"),
        (["- [ ] Yes", "  So.", "- [ ] No", "  So."], "one of them right"),
        (["- [x] Yes", "  So.", "- [x] No", "  So."], "one of them right"),
        (["- [x] Yes", "- [ ] No", "  So."], "no feedback on 'Yes'"),
    ],
)
def test_bad_predictions_are_refused(body: list[str], complaint: str):
    with pytest.raises(ValueError, match=complaint):
        split_options(body)
