"""Exam questions as notebooks to download, one with their solutions and one without.

Both come from `teaching/exam.md`, a notebook in MyST Markdown; the first leaves out the cells with the tag
`solution`. They stand beside the pages, `{exam}` links to them, and no page holds their text.
"""

from __future__ import annotations

from pathlib import Path

import jupytext
import nbformat
from docutils import nodes
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

SOURCE = "teaching/exam.md"
FILES = {"exam.ipynb": "the questions", "exam-solutions.ipynb": "the questions with their solutions"}
SOLUTION = "solution"


def notebooks(source: Path) -> dict[str, NotebookNode]:
    """Return the two notebooks by their files' names; the same on every run."""
    whole = jupytext.read(source)
    whole.metadata.pop("jupytext", None)
    for number, cell in enumerate(whole.cells):
        cell["id"] = f"exam-{number}"
    asked = nbformat.from_dict(whole)
    asked["cells"] = [cell for cell in whole.cells if SOLUTION not in cell.metadata.get("tags", [])]
    return dict(zip(FILES, (asked, whole), strict=True))


class Exam(SphinxDirective):
    """`{exam}`: a list of links to the two files."""

    def run(self) -> list[nodes.Node]:
        up = "../" * self.env.docname.count("/")
        folder = SOURCE.rpartition("/")[0]
        self.env.note_dependency(str(Path(self.env.srcdir) / SOURCE))
        links = [
            nodes.reference("", text, refuri=f"{up}{folder}/{name}", internal=True)
            for name, text in FILES.items()
        ]
        items = [nodes.list_item("", nodes.paragraph("", "", link)) for link in links]
        return [nodes.bullet_list("", *items)]


def _write(app: Sphinx, error: Exception | None) -> None:
    source = Path(app.srcdir) / SOURCE
    if error is not None or app.builder.format != "html" or not source.is_file():
        return
    folder = Path(app.outdir) / Path(SOURCE).parent
    folder.mkdir(parents=True, exist_ok=True)
    for name, notebook in notebooks(source).items():
        nbformat.write(notebook, folder / name)


def setup(app: Sphinx) -> None:
    """Register the exam; called by `rnnlib.book.setup`."""
    app.add_directive("exam", Exam)
    app.connect("build-finished", _write)
