"""Exercises, numbered on their page, and solutions: closed until opened, made of text and executed cells.

A directive can't hold code cells, so a solution stands between two marks, `{solution-start} LABEL` and
`{solution-end}`.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from rnnlib.book.boxes import details, summary, titled_box

LEVELS = ("recall", "apply", "extend", "research")  # exercises.md says what each means

logger = logging.getLogger(__name__)


class solution_mark(nodes.General, nodes.Element):
    """Where a solution starts (it holds the exercise's label) or ends (it does not)."""


def exercise_title(number: int, title: str) -> str:
    """Return an exercise's heading, the same in the book and in its notebook."""
    return f"Exercise {number}: {title}" if title else f"Exercise {number}"


def exercise_facts(options: dict[str, str]) -> str:
    """Return the line under an exercise's heading, in Markdown: level, minutes and how to check the answer.

    Empty for an exercise without a level.
    """
    if "level" not in options:
        return ""
    facts = f"{options['level'].capitalize()}, {options['minutes']} minutes."
    return f"*{facts}* Check: `check.{options['check']}`." if "check" in options else f"*{facts}*"


def _level(argument: str) -> str:
    return directives.choice(argument, LEVELS)


class Exercise(SphinxDirective):
    """`{exercise} Title` with the options `label`, `level` with `minutes`, and `check`, a check's call."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = {
        "label": directives.unchanged_required,
        "level": _level,
        "minutes": directives.positive_int,
        "check": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        number = self.env.temp_data["rnnlib_exercises"] = self.env.temp_data.get("rnnlib_exercises", 0) + 1
        title = exercise_title(number, self.arguments[0] if self.arguments else "")
        box = titled_box(self, title, "exercise")
        box["facts"] = exercise_facts(self.options)
        if box["facts"]:
            parsed, messages = self.state.inline_text(box["facts"], self.lineno)
            box += [nodes.paragraph(box["facts"], "", *parsed, classes=["exercise-facts"]), *messages]
        self.state.nested_parse(self.content, self.content_offset, box)
        return [box]


class SolutionStart(SphinxDirective):
    """`{solution-start} LABEL`: what follows, cells included, is the hidden solution of that exercise."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        mark = solution_mark(exercise=self.arguments[0])
        self.set_source_info(mark)
        return [mark]


class SolutionEnd(SphinxDirective):
    """`{solution-end}`."""

    def run(self) -> list[nodes.Node]:
        mark = solution_mark()
        self.set_source_info(mark)
        return [mark]


class CloseSolutions(SphinxTransform):
    """Move what stands between two marks into a closed `<details>`."""

    default_priority = 400

    def apply(self, **kwargs: object) -> None:
        titles = {
            box["exercise"]: next(box.findall(nodes.title)).astext()
            for box in self.document.findall(nodes.admonition)
            if "exercise" in box
        }
        for mark in list(self.document.findall(solution_mark)):
            if mark.parent is None:
                continue
            if "exercise" not in mark:
                self._refuse(mark, "a solution ends that has not started on the same level")
            else:
                self._close(mark, titles)

    def _close(self, start: solution_mark, titles: dict[str, str]) -> None:
        parent, first = start.parent, start.parent.index(start)
        followers: list[Any] = parent.children[first + 1 :]
        ends = [i for i, node in enumerate(followers) if isinstance(node, solution_mark)]
        label = start["exercise"]
        if label not in titles:
            return self._refuse(start, f"no exercise on this page has the label {label!r}")
        if not ends or "exercise" in followers[ends[0]]:
            return self._refuse(
                start, f"the solution of {label!r} does not end before the next heading or solution"
            )
        inside = followers[: ends[0]]
        line = "Solution of " + titles[label]
        closed = details("", summary(line, line), *inside, classes=["solution"])
        parent.children[first : first + ends[0] + 2] = []
        parent.insert(first, closed)
        start.parent = followers[ends[0]].parent = None
        return None

    def _refuse(self, mark: solution_mark, why: str) -> None:
        logger.warning(why, location=mark)
        mark.parent.remove(mark)


def setup(app: Sphinx) -> None:
    """Register exercises and solutions; called by `rnnlib.book.setup`."""
    app.add_directive("exercise", Exercise)
    app.add_directive("solution-start", SolutionStart)
    app.add_directive("solution-end", SolutionEnd)
    app.add_transform(CloseSolutions)
