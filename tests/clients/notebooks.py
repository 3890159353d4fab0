"""The notebooks as a client opens them: whole, or the cells that the widgets need."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ROOT = Path(__file__).resolve().parents[2]
SETUP = 0  # the position of the cell that makes rnnlib available
VIEW = " widget"  # how the stored output of a cell that shows a widget ends


def chapters() -> list[str]:
    """The names of all chapters that have a notebook, such as `gru`."""
    return sorted(path.stem for path in (ROOT / "chapters").glob("*.ipynb"))


def read(chapter: str) -> NotebookNode:
    """The notebook of a chapter as it is stored."""
    return nbformat.read(ROOT / "chapters" / f"{chapter}.ipynb", as_version=4)


def shows_widget(cell: NotebookNode) -> bool:
    """Whether the last expression of a cell is a widget."""
    outputs = [output.get("data", {}).get("text/plain", "") for output in cell.get("outputs", [])]
    return any(plain.endswith(VIEW) and plain.count(" ") == 1 for plain in outputs)


def bound_and_read(source: str) -> tuple[set[str], set[str]]:
    """The names that a cell binds, and those that it reads; an imported module binds its first name."""
    bound, read_names = set(), set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name):
            (read_names if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).partition(".")[0])
    return bound, read_names


def needed(cells: list[NotebookNode], last: int) -> set[int]:
    """The positions of `last` and of all code cells before it that bind a name which a needed cell reads."""
    wanted, found = bound_and_read(cells[last].source)[1], {last}
    for position in range(last - 1, SETUP, -1):
        if cells[position].cell_type != "code":
            continue
        bound, read_names = bound_and_read(cells[position].source)
        if bound & wanted:
            found.add(position)
            wanted |= read_names
    return found | {SETUP}


def with_widgets_only(notebook: NotebookNode) -> NotebookNode:
    """A notebook with its prose up to its last widget, its widgets, and of the code what these need.

    Behind each widget a cell keeps it under the name `widget_1`, `widget_2` and so on.
    """
    cells = notebook.cells
    shown = [at for at, cell in enumerate(cells) if cell.cell_type == "code" and shows_widget(cell)]
    kept = set().union(*(needed(cells, at) for at in shown))
    chosen = []
    for position, cell in enumerate(cells[: shown[-1] + 1]):
        if cell.cell_type == "markdown":
            chosen.append(new_markdown_cell(cell.source))
        elif position in kept:
            chosen.append(new_code_cell(cell.source))
        if position in shown:
            chosen.append(new_code_cell(f"widget_{shown.index(position) + 1} = _"))
    return new_notebook(cells=chosen, metadata=notebook.metadata)
