"""Writes the notebook beside each chapter: `python -m rnnlib.book.twins`, which `make notebooks` calls.

The Markdown is the record. Its twin is the same chapter for Jupyter, VS Code and Colab: Markdown without
MyST, code with the text outputs that nbval compares. Pictures, HTML and widget state are left out. The same
sources give the same bytes.
"""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from rnnlib.book.cache import cache_path
from rnnlib.book.execution import CellFailed, book_kernels, execute, read_chapter
from rnnlib.book.myst import Book, UnknownMyST, read_book
from rnnlib.book.notebook_text import PageWriter, closed
from rnnlib.files import atomic_path

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
# JupyterLab's words for a hidden source or output, and Colab's.
HIDDEN_SOURCE = {"jupyter": {"source_hidden": True}, "cellView": "form"}
HIDDEN_CELL = {
    "jupyter": {"source_hidden": True, "outputs_hidden": True},
    "cellView": "form",
    "collapsed": True,
}
SETUP_HEAD = """\
# Does nothing where rnnlib is installed. Elsewhere, as in Colab, it installs the
# book's library and what that needs and lacks; what is there keeps its version.
import importlib.util

if importlib.util.find_spec("rnnlib") is None:
"""
# pip takes what is there for constraints: it fails rather than change one of them.
INSTALL = """\
    import pathlib
    import subprocess
    import sys
    import tempfile

    library = "git+{url}@{tag}"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    with tempfile.TemporaryDirectory() as folder:
        there = pathlib.Path(folder, "there.txt")
        there.write_bytes(subprocess.check_output([*pip, "list", "--format=freeze"]))
        install = [*pip, "install", "--constraint", str(there), library]
        done = subprocess.run(install, capture_output=True, text=True)
    if done.returncode:
        raise ModuleNotFoundError(
            f"rnnlib is missing, and pip could not install '{{library}}', which "
            f"needs the network. pip said:\\n{{done.stdout}}{{done.stderr}}"
        )
    importlib.invalidate_caches()"""
NO_REPOSITORY = """\
    raise ModuleNotFoundError(
        "rnnlib is missing, and this notebook does not know where to get it: its book "
        "has no address under 'repository: url' in _config.yml. With the book's folder "
        "at hand, run 'pip install -e .' there."
    )"""


def setup_source(book: Book) -> str:
    """Return the source of a twin's first cell, which makes `rnnlib` available."""
    repository = book.config.get("repository", {})
    if not repository.get("url"):
        return SETUP_HEAD + NO_REPOSITORY
    url = repository["url"].rstrip("/").removesuffix(".git")
    return SETUP_HEAD + INSTALL.format(url=url, tag=repository.get("branch") or "main")


def macros_source(book: Book) -> str:
    r"""Return `\newcommand`s for the book's macros as a formula that shows nothing; empty when there are
    none."""
    macros = book.sphinx.get("rnnlib_katex_macros", {})
    definitions = []
    for name, meaning in sorted(macros.items()):
        count = max((int(digit) for digit in re.findall(r"#(\d)", meaning)), default=0)
        definitions.append(f"\\newcommand{{{name}}}{f'[{count}]' if count else ''}{{{meaning}}}")
    return f"${''.join(definitions)}$" if definitions else ""


def make_twin(book: Book, page: str, executed: NotebookNode) -> NotebookNode:
    """Return a chapter's notebook.

    Args:
        book: what pages may refer to.
        page: the chapter's name, such as `chapters/gru`.
        executed: the chapter as `read_chapter` reads it, with outputs or without.

    Raises:
        UnknownMyST: for a construct that a notebook can't show.
    """
    writer = PageWriter(book, page)
    cells = [new_code_cell(setup_source(book), metadata=HIDDEN_SOURCE)]
    if macros := macros_source(book):
        cells.append(new_markdown_cell(macros))
    for cell, line in zip(executed.cells, executed.metadata["source_map"], strict=True):
        if cell.cell_type == "markdown":
            cells.extend(_markdown_cells(writer, cell.source, line + 1))
        elif cell.source.strip():
            cells.append(_code_cell(cell, in_solution=bool(writer.solution)))
    for count, cell in enumerate((cell for cell in cells if cell.cell_type == "code"), start=1):
        _number(cell, count)
    for position, cell in enumerate(cells):
        cell.id = hashlib.sha256(f"{page}\n{position}\n{cell.source}".encode()).hexdigest()[:12]
    twin: NotebookNode = new_notebook(cells=cells, metadata=METADATA)
    return twin


def _markdown_cells(writer: PageWriter, source: str, line: int) -> list[NotebookNode]:
    return [
        new_markdown_cell(closed(piece.solution, piece.text) if piece.solution else piece.text)
        for piece in writer.pieces(source, line)
    ]


def _code_cell(cell: NotebookNode, in_solution: bool) -> Any:
    outputs = [kept for output in cell.get("outputs", []) if (kept := _text_output(output))]
    metadata = _code_metadata(cell.metadata.get("tags", []), in_solution)
    return new_code_cell(cell.source, metadata=metadata, outputs=outputs)


def _code_metadata(tags: list[str], in_solution: bool) -> dict[str, Any]:
    """Return a code cell's tags, and what hides its source or, for a solution, its output too."""
    metadata: dict[str, Any] = {"tags": tags} if tags else {}
    if in_solution or "hide-cell" in tags:
        return {**metadata, **HIDDEN_CELL}
    return {**metadata, **HIDDEN_SOURCE} if "hide-input" in tags else metadata


def _text_output(output: NotebookNode) -> Any:
    """Return an output reduced to its text, or None when it has none."""
    if output.output_type == "stream":
        return new_output("stream", name=output.name, text=output.text)
    if output.output_type == "error":
        return new_output("error", ename=output.ename, evalue=output.evalue, traceback=[])
    if "text/plain" not in output.data:
        return None
    return new_output(output.output_type, data={"text/plain": output.data["text/plain"]})


def _number(cell: NotebookNode, count: int) -> None:
    """Give a code cell its execution count: without one nbval compares nothing."""
    cell.execution_count = count
    for output in cell.outputs:
        if output.output_type == "execute_result":
            output.execution_count = count


def as_text(notebook: NotebookNode) -> str:
    """Return a notebook as the text of its file."""
    nbformat.validate(notebook)
    text: str = nbformat.writes(notebook, version=4, indent=1, sort_keys=True, ensure_ascii=False)
    return text.rstrip("\n") + "\n"


def without_outputs(notebook: NotebookNode) -> NotebookNode:
    """Return a copy of a notebook without outputs: what its chapter's source alone determines."""
    bare: NotebookNode = nbformat.from_dict(notebook)
    for cell in bare.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    return bare


def write_twins(folder: Path) -> list[Path]:
    """Write the notebook of every chapter of the book in `folder`; cells run unless the book ran them.

    Returns:
        the notebooks' paths.

    Raises:
        UnknownMyST: for a construct that a notebook can't show.
        CellFailed: for a cell that failed.
    """
    book = read_book(folder)
    timeout = book.config.get("execute", {}).get("timeout", 300)
    chapters: dict[str, Any] = {
        page: read_chapter(folder / f"{page}.md", book.syntax) for page in sorted(book.notebooks)
    }
    for page, chapter in chapters.items():
        make_twin(book, page, chapter)  # what can't be shown is told before anything runs
    written = []
    for page, chapter in chapters.items():
        with book_kernels():
            executed, _ = execute(folder, f"{page}.md", chapter, cache_path(folder / "_build"), timeout)
        twin = folder / f"{page}.ipynb"
        with atomic_path(twin) as part:
            part.write_text(as_text(make_twin(book, page, executed)), encoding="utf-8")
        written.append(twin)
    return written


def main() -> None:
    """Write the notebooks of the book named on the command line (default: the current folder)."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    try:
        for twin in write_twins(folder):
            print(f"wrote {twin.relative_to(folder)}")
    except (CellFailed, UnknownMyST) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
