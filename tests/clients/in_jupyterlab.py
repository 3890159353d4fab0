"""The notebooks in a real JupyterLab and Notebook 7: cells run, widgets are live, traits travel both ways.

`make lab-test` makes the environment and runs this; `make test` does not.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import nbformat
import pytest
from environments import JUPYTERLAB, ROOT, make, python_of
from jupyter_page import PATIENCE, NotebookPage, Server, opened, started
from nbformat.v4 import new_code_cell
from notebooks import chapters, read, shows_widget, with_widgets_only
from playwright.sync_api import Browser, Locator, Page

from tests.browser.browser import open_browser

WHOLE = "modern-rnn"  # the notebook that runs from its first cell to its last
IN_NOTEBOOK_7 = "gru"  # the notebook whose widgets are tried there as well
LONGEST = 300  # seconds that a whole notebook may take
FIELDS = """(root) => [...root.querySelectorAll("[data-trait]")].map((field) => {
  const inputs = [...field.querySelectorAll("input, select, textarea")];
  const chosen = inputs.find((input) => input.type !== "radio" || input.checked) ?? inputs[0];
  const value = chosen.type === "checkbox" ? chosen.checked : chosen.value;
  const free = !chosen.disabled && chosen.checkVisibility();
  return { trait: field.dataset.trait, kind: chosen.type, value, most: chosen.max, free };
})"""
DRAWN = """(root) => [...root.querySelectorAll("svg, table, output")].map((e) => e.textContent).join()"""

Fields = dict[str, dict[str, Any]]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    with open_browser() as started_browser:
        yield started_browser


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """JupyterLab on the notebooks: one whole, of the others the widgets and what they need."""
    folder = tmp_path_factory.mktemp("notebooks")
    for drawing in (ROOT / "chapters").glob("*.svg"):
        shutil.copy(drawing, folder)
    for name, notebook in {
        "whole": read(WHOLE),
        **{chapter: with_widgets_only(read(chapter)) for chapter in chapters()},
    }.items():
        notebook.cells.append(new_code_cell(""))
        nbformat.write(notebook, folder / f"{name}.ipynb")
    with started(python_of(make(JUPYTERLAB)), folder, tmp_path_factory.mktemp("home")) as running:
        yield running


def fields(widget: Locator) -> Fields:
    """The controls that a widget shows, by trait: their kind, their value, whether they can be moved."""
    return {about["trait"]: about for about in reversed(widget.evaluate(FIELDS))}


def move(widget: Locator, trait: str, kind: str) -> bool:
    """Move a control by keyboard or mouse, as a reader does; False where others leave it a single value."""
    place = widget.locator(f'[data-trait="{trait}"]').first
    control = place.locator("input, select, textarea").first
    before = control.input_value()
    if kind == "radio":
        place.locator("input:not(:checked) + label").first.click()
    elif kind == "checkbox":
        control.click()
    elif kind == "select-one":
        options = control.locator("option").evaluate_all("(all) => all.map((option) => option.value)")
        control.select_option(options[(options.index(before) + 1) % len(options)])
    elif kind == "textarea":
        control.press("ControlOrMeta+End")
        control.page.keyboard.insert_text(" the")
    elif control.get_attribute("min") == control.get_attribute("max"):
        return False  # such as the steps of a search that another control has made one step long
    else:
        control.press("ArrowUp")
        if control.input_value() == before:
            control.press("ArrowDown")
    return True


def settings(notebook: NotebookPage, number: int) -> dict[str, Any]:
    """The traits of a widget as Python has them."""
    return json.loads(notebook.run(f"import json; print(json.dumps(widget_{number}.settings()))"))


def shows(about: dict[str, Any], value: Any) -> bool:
    """Whether a control shows a trait's value: one that has it whole, no list of which it has a part.

    A slider that other traits make shorter shows its end.
    """
    if isinstance(value, list):
        return True
    if about["kind"] == "range":
        return float(about["value"]) == min(value, float(about["most"]))
    return about["value"] == (
        value if isinstance(value, str) or about["kind"] == "checkbox" else json.dumps(value)
    )


def eventually(page: Page, holds: Callable[[], bool]) -> bool:
    """Whether something holds within the time that a busy machine may take."""
    for _ in range(10 * PATIENCE):
        if holds():
            return True
        page.wait_for_timeout(100)
    return False


def check_widget(notebook: NotebookPage, number: int) -> None:
    """Every control that is free moves its trait in Python, and traits set in Python move the widget back."""
    widget = notebook.page.locator(".rnn-live").nth(number - 1)
    before, controls, drawn = settings(notebook, number), fields(widget), widget.evaluate(DRAWN)
    free = [trait for trait, about in reversed(controls.items()) if about["free"]]
    assert free
    moved = [trait for trait in free if move(widget, trait, controls[trait]["kind"])]
    assert len(moved) >= len(free) - 1
    after = settings(notebook, number)
    assert [trait for trait in moved if after[trait] == before[trait]] == []
    wrong = {trait: about for trait, about in fields(widget).items() if not shows(about, after[trait])}
    assert not wrong, {trait: (about, after[trait]) for trait, about in wrong.items()}
    assert widget.evaluate(DRAWN) != drawn

    set_all = f"    for name, value in {before!r}.items():\n        setattr(widget_{number}, name, value)"
    notebook.run(f"with widget_{number}.hold_trait_notifications():\n{set_all}")
    assert eventually(notebook.page, lambda: fields(widget) == controls)
    assert eventually(notebook.page, lambda: widget.evaluate(DRAWN) == drawn)


def check_widgets(notebook: NotebookPage, server: Server, chapter: str) -> None:
    """Run a notebook that `with_widgets_only` made, and try each of its widgets."""
    notebook.run_all(PATIENCE)
    count = sum(map(shows_widget, read(chapter).cells))
    assert notebook.page.locator(".rnn-live").count() == count
    for number in range(1, count + 1):
        check_widget(notebook, number)
    assert not notebook.complaints
    assert not server.complaints()


@pytest.mark.parametrize("chapter", chapters())
def test_widgets_answer_in_jupyterlab(browser: Browser, server: Server, chapter: str):
    with opened(browser, server, "jupyterlab", chapter) as notebook:
        check_widgets(notebook, server, chapter)


def test_widgets_answer_in_notebook_7(browser: Browser, server: Server):
    with opened(browser, server, "notebook", IN_NOTEBOOK_7) as notebook:
        check_widgets(notebook, server, IN_NOTEBOOK_7)


def test_a_whole_notebook_prints_in_jupyterlab_what_is_stored(browser: Browser, server: Server):
    with opened(browser, server, "jupyterlab", "whole") as notebook:
        notebook.run_all(LONGEST)
        shown = notebook.page.locator(".jp-CodeCell .jp-OutputArea").all_text_contents()
        cells = [cell for cell in read(WHOLE).cells if cell.cell_type == "code"]
        printed = 0
        for cell, text in zip(cells, shown, strict=False):
            if "nbval-ignore-output" not in cell.metadata.get("tags", []):
                for output in cell.outputs:
                    assert output.get("text", "") in text, cell.source
                    printed += output.output_type == "stream"
        assert printed
        assert notebook.page.locator(".rnn-live").count() == sum(map(shows_widget, cells))
        assert not notebook.complaints
