"""Questions that learners ask, in boxes where they arise, each beside what shows its answer."""

from __future__ import annotations

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from rnnlib.book.boxes import titled_box

SHOWN = {
    "above": "the cell above it",
    "below": "the cell below it",
    "widget": "a widget's state",
}


def question_title(question: str) -> str:
    """Return a question's heading, the same in the book and in its notebook."""
    return f"Learners ask: {question}"


def _shown(argument: str) -> str:
    return directives.choice(argument, tuple(SHOWN))


class Question(SphinxDirective):
    """`{question} is it so?` with the options `label` and `shown`: where the answer shows.

    `shown` is `above` or `below`, for the cell before or after the box, or `widget`, for a link in the box.
    """

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = {"label": directives.unchanged_required, "shown": _shown}

    def run(self) -> list[nodes.Node]:
        box = titled_box(self, question_title(self.arguments[0]), "question")
        box["shown"] = self.options.get("shown", "")
        self.state.nested_parse(self.content, self.content_offset, box)
        return [box]


def setup(app: Sphinx) -> None:
    """Register the box; called by `rnnlib.book.setup`."""
    app.add_directive("question", Question)
