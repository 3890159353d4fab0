"""Slides out of a chapter, and links to widgets of other pages, in the book of two pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from books import copy_fixture_book, run_module

from rnnlib.book import policy, slides, widget_links
from rnnlib.book.claims_page import claims_in

BUILD = "rnnlib.book.build"
DECK = """---
orphan: true
nosearch: true
---

# First, shown

:::{take} chapters/first
question
:::

## The update

- One formula, {cite:t}`elman1990`, and [the widget at 12](../chapters/first.md#flow?length=12):

:::{take} chapters/first
formula: eq-first
:::

## Its cell

:::{take} chapters/first
code: answer = 6
output: answer = 6
claim: the-answer
output: "squares"
:::

## To do

:::{take} chapters/first
exercise: ex-double
table: first-update
goals: 2
:::
"""


def with_deck(folder: Path, deck: str) -> Path:
    """The book of two pages with one deck."""
    book = copy_fixture_book(folder)
    (book / "slides").mkdir()
    (book / "slides" / "first.md").write_text(deck, encoding="utf-8")
    return book


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = with_deck(tmp_path_factory.mktemp("slides"), DECK)
    done = run_module(BUILD, ".", folder=folder)
    assert done.returncode == 0, done.stdout
    return folder / "_build" / "html"


@pytest.fixture(scope="module")
def deck(book: Path) -> str:
    return (book / "slides" / "first.html").read_text(encoding="utf-8")


def slide(deck: str, heading: str) -> str:
    """The slide with a heading."""
    return next(part for part in deck.split("<section")[1:] if f">{heading}<" in part)


def test_each_heading_is_a_slide_beside_the_others(deck: str):
    inside = deck[deck.index('class="slides"') :]
    depth, deepest = 0, 0
    for tag in re.findall(r"</?section", inside):
        depth += 1 if tag == "<section" else -1
        deepest = max(deepest, depth)
    assert depth == 0 and deepest == 1
    assert re.findall(r"<h[12]>([^<]+)", inside) == ["First, shown", "The update", "Its cell", "To do"]


def test_parts_are_the_chapters_own(deck: str):
    assert "katex-html" in slide(deck, "The update") and "Elman" in slide(deck, "The update")
    cell = slide(deck, "Its cell")
    assert cell.count('class="highlight') >= 2 and re.search(r"the answer is 42\n", cell)
    assert re.sub("<[^>]+>", "", cell).count("import rnnlib") == 1
    assert "The answer is what it was." in cell and "The squares of 0, 1 and 2" in cell
    assert 'class="rnn-claim"' in cell and not claims_in(cell) and "claim-the-answer" not in cell
    todo = slide(deck, "To do")
    assert "What is twice the answer?" in todo and "Twice means times two" not in todo
    assert "resets" in todo and 'href="../index.html#term-hidden-state"' in todo
    assert "<li><p>two</p></li>" in todo and "one " not in todo


def test_links_lead_where_they_lead_from_the_chapter(deck: str, book: Path):
    assert 'href="../chapters/first.html#flow?length=12"' in deck
    for address in re.findall(r'href="([^"#?]+)', deck):
        if "//" not in address:
            assert (book / "slides" / address).is_file(), address


def test_a_deck_has_the_books_policy_and_its_own_assets(deck: str, book: Path):
    published = (book / policy.POLICY_FILE).read_text(encoding="utf-8").strip()
    assert f'content="{published}"' in deck
    for name in (*slides.SCRIPTS, *slides.SHEETS):
        assert f"_static/{name}" in deck and (book / "_static" / name).is_file()
    script = (book / "_static" / "reveal.js").read_text(encoding="utf-8")
    assert "reveal.js" in script[:60] and "MIT" in script[:120] and "sourceMappingURL" not in script


def test_a_deck_is_no_page_of_the_book(book: Path):
    index = (book / "index.html").read_text(encoding="utf-8")
    assert "slides/" not in index and "First, shown" not in (book / "searchindex.js").read_text()


def test_without_decks_there_is_no_reveal(built_book: Path):
    assert not list((built_book / "_build/html/_static").glob("reveal*"))


REFUSED = {
    "formula: eq-gone": "chapters/first has no formula 'eq-gone'",
    "claim: nobody-said": "chapters/first has no claim 'nobody-said'",
    "output: from rnnlib.widgets import Nothing": "chapters/first has no output",
    "remember: 1-2": "chapters/first has no remember '1-2'",
    "story: one": "'story' is no kind of part",
}
WRONG_STATES = {
    "gone?length=3": "there is no widget 'gone'",
    "flow?colour=3": "the widget 'flow' has no control 'colour'",
    "flow?matrix=round": "the control 'matrix' of 'flow' has no option 'round'",
    "flow?length=99999": "the control 'length' of 'flow' goes from",
    "flow?length=long": "the control 'length' of 'flow' goes from",
}


def test_what_is_not_there_stops_the_build_and_is_named(tmp_path: Path):
    takes = "\n\n".join(f":::{{take}} chapters/first\n{line}\n:::" for line in REFUSED)
    links = "\n".join(f"- [set](../chapters/first.md#{target})" for target in WRONG_STATES)
    book = with_deck(tmp_path, f"---\norphan: true\n---\n\n# Wrong\n\n{takes}\n\n{links}\n")
    done = run_module(BUILD, ".", folder=book)
    assert done.returncode == 1
    for why in (*REFUSED.values(), *WRONG_STATES.values()):
        assert why in done.stdout, why


def test_a_state_that_fits_is_not_refused():
    number, text = {"kind": "number", "min": 0, "max": 5}, {"kind": "text"}
    controls = {"w": {"t": number, "cell": {"kind": "choice", "options": [1, "gru"]}, "text": text}}
    for target in ("w", "w?t=5", "w?t=0.5&cell=gru", "w?cell=1&text=a,%20b"):
        assert widget_links.refusal(target, controls) is None
    assert widget_links.refusal("w?t=5.1", controls)
