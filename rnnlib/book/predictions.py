"""Predict, then run: a question whose answers are chosen in the page, each with what it gets right or wrong.

An answer is a native `<details>`, which opens from the keyboard, is announced by a screen reader and needs
no script.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from rnnlib.book.boxes import details, summary, titled_box

OPTION = re.compile(r"^- \[(?P<mark>[ x])\] (?P<text>.+)$")

logger = logging.getLogger(__name__)


@dataclass
class Option:
    """One of the answers to choose from: what it says, and what the reader is told who chooses it."""

    text: str
    right: bool
    feedback: list[str] = field(default_factory=list)

    @property
    def told(self) -> str:
        """The feedback with its verdict in front, in Markdown."""
        verdict = "**Right.** " if self.right else "**No.** "
        return verdict + "\n".join(self.feedback)


def prediction_title(title: str) -> str:
    """Return a prediction's heading, the same in the book and in its notebook."""
    return f"Predict, then run: {title}"


def split_options(lines: list[str]) -> tuple[list[str], list[Option]]:
    """Split a prediction into its question and its options.

    An option is a line `- [ ] text`, or `- [x] text` where it is right; the lines after it, indented by two,
    are its feedback.

    Raises:
        ValueError: fewer than two options, not exactly one of them right, or one without feedback.
    """
    question: list[str] = []
    options: list[Option] = []
    for line in lines:
        if found := OPTION.match(line):
            options.append(Option(found["text"], found["mark"] == "x"))
        elif options:
            options[-1].feedback.append(line.removeprefix("  "))
        else:
            question.append(line)
    if len(options) < 2 or sum(option.right for option in options) != 1:
        raise ValueError(f"a prediction has {len(options)} options, expected two or more, one of them right")
    if silent := [option.text for option in options if not any(map(str.strip, option.feedback))]:
        raise ValueError(f"no feedback on {silent[0]!r}")
    return question, options


class Prediction(SphinxDirective):
    """`{predict} Title`, a question and its options; with an option `label`."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = {"label": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        box = titled_box(self, prediction_title(self.arguments[0]), "predict")
        try:
            question, options = split_options(list(self.content))
        except ValueError as error:
            logger.warning(str(error), location=self.get_location())
            return []
        self._parse(question, box)
        box += [self._closed(option) for option in options]
        return [box]

    def _closed(self, option: Option) -> details:
        parsed, messages = self.state.inline_text(option.text, self.lineno)
        closed = details("", summary(option.text, "", *parsed), *messages, classes=["option"])
        self._parse(option.told.splitlines(), closed)
        return closed

    def _parse(self, lines: list[str], into: nodes.Element) -> None:
        self.state.nested_parse(StringList(lines, self.env.docname), self.content_offset, into)


def setup(app: Sphinx) -> None:
    """Register predictions; called by `rnnlib.book.setup`."""
    app.add_directive("predict", Prediction)
