"""The page *Coming from d2l*, row by row, against the installed package itself."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import jupytext
import matplotlib
import pytest

from benchmarks.d2l_peer import load_d2l
from rnnlib.book.myst import read_book

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "coming-from-d2l.md"
SECTIONS = {  # d2l's labels of the sections of its two recurrent chapters
    "9.1": ("sequence",),
    "9.2": ("text-sequence",),
    "9.3": ("language-model", "partitioning-seqs"),
    "9.4": ("rnn",),
    "9.5": ("rnn-scratch",),
    "9.6": ("rnn-concise",),
    "9.7": ("bptt",),
    "10.1": ("lstm",),
    "10.2": ("gru",),
    "10.3": ("deep_rnn",),
    "10.4": ("bi_rnn",),
    "10.5": ("machine_translation", "loading-seq-fixed-len"),
    "10.6": ("encoder-decoder",),
    "10.7": ("seq2seq", "seq2seq_decoder", "seq2seq_training"),
    "10.8": ("beam-search",),
}
LABELS = {label: number for number, labels in SECTIONS.items() for label in labels}
DEFINED_IN = re.compile(r"Defined in :numref:`(?:sub)?sec_([\w-]+)`")


@pytest.fixture(scope="module")
def d2l() -> ModuleType:
    return load_d2l()


@pytest.fixture(scope="module")
def page() -> dict[str, Any]:
    """What the page's cells leave behind; a proof that fails fails here."""
    matplotlib.use("Agg")
    names: dict[str, Any] = {"__name__": "__main__"}
    cells = [cell for cell in jupytext.read(PAGE).cells if cell.cell_type == "code"]
    for number, cell in enumerate(cells, start=1):
        exec(compile(cell.source, f"{PAGE.name}, cell {number}", "exec"), names)
    return names


def attribute(module: Any, path: str) -> Any:
    """What a dotted name leads to, None where nothing has that name."""
    for name in path.split("."):
        module = getattr(module, name, None)
    return module


def of_the_chapters(doc: str | None) -> str | None:
    """The section of the two chapters that a docstring says it is defined in."""
    label = DEFINED_IN.search(doc or "")
    return LABELS.get(label[1]) if label else None


def defined_names(d2l: ModuleType) -> Iterator[tuple[str, str]]:
    """(name, section) of all that the package says it has from the two chapters; a class's methods too."""
    for name, thing in vars(d2l).items():
        if getattr(thing, "__module__", "") != d2l.__name__:
            continue
        if section := of_the_chapters(thing.__doc__):
            yield name, section
        if inspect.isclass(thing):
            for method, function in vars(thing).items():
                section = of_the_chapters(getattr(function, "__doc__", None))
                if section and not method.startswith("__"):
                    yield f"{name}.{method}", section


def test_every_name_and_section_of_the_two_chapters_has_its_row(page, d2l):
    rows = page["ROWS"]
    assert {row.section for row in rows if row.what == "section"} == set(SECTIONS)
    named = {row.d2l for row in rows if row.what == "name"}
    found = dict(defined_names(d2l))
    assert len(found) > 30 and {"RNNScratch", "bleu", "Trainer.clip_gradients"} <= set(found)
    # a network's `forward` is what the row of its class is about
    assert not {name for name in found if not {name, name.removesuffix(".forward")} & named}


def test_names_are_in_the_package_where_the_page_says_so(page, d2l):
    for row in page["ROWS"]:
        if row.what in ("name", "text"):
            assert (attribute(d2l, row.d2l) is not None) == (row.what == "name"), row
        section = dict(defined_names(d2l)).get(row.d2l)
        assert row.section in ("other", section) or section is None, row


def test_our_names_and_places_exist(page):
    places = read_book(ROOT).places
    for row in page["ROWS"]:
        assert row.read in places, row
        for name in row.ours:
            module, _, last = name.rpartition(".")
            while module not in ("torch.nn",) and not importlib.util.find_spec(module):
                module, _, head = module.rpartition(".")
                last = f"{head}.{last}"
            assert attribute(importlib.import_module(module), last) is not None, row


def test_every_row_says_what_differs_and_what_was_shown(page):
    rows = page["ROWS"]
    assert len({(row.section, row.d2l) for row in rows}) == len(rows) >= 60
    for row in rows:
        assert row.kind in ("equal", "convention", "mended", "wider", "other"), row
        assert len(row.differs) > 10 and row.shown, row
        assert "|" not in row.differs + row.shown, f"a bar would cut the table's cell: {row}"


def test_a_proof_that_fails_stops_the_page(page):
    """`row` runs its function at once, so that a wrong row cannot be listed."""
    before = len(page["ROWS"])
    with pytest.raises(AssertionError, match="not equal"):

        @page["row"]("9.5", "RNNScratch", "rnnlib.layers.RNN", "rnn-scratch", "equal")
        def _() -> str:
            """Says that it is."""
            raise AssertionError("not equal")

    assert len(page["ROWS"]) == before
