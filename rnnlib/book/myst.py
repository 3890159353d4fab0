"""Reads the book's MyST pages: their blocks, and what other pages may refer to.

Only the constructs that the book uses are known (CONTRIBUTING.md lists them). Anything else is refused by
name, so that a notebook never shows raw MyST.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from myst_nb.core.read import is_myst_markdown_notebook
from pybtex.database import BibliographyData, Entry, Person, parse_file

from rnnlib.book.exercises import exercise_title

CODE = ("code-cell", "code-block", "raw-cell")  # directives whose body is not MyST
LABELLED = ("exercise", "question", "predict")  # directives with an option `label`
CHAPTERS = "chapters/"  # only here are executable pages notebooks too
FENCE = re.compile(r"^(?P<indent>\s*)(?P<fence>`{3,}|~{3,}|:{3,})\s*(?P<info>.*)$")
DIRECTIVE = re.compile(r"^\{(?P<name>[\w:-]+)\}\s*(?P<argument>.*)$")
TARGET = re.compile(r"^\((?P<label>[^()\s]+)\)=\s*$")
MATH_END = re.compile(r"^(?P<tex>.*?)\$\$\s*(?:\((?P<label>[^()\s]+)\))?\s*$")
OPTION = re.compile(r"^:(?P<name>[\w-]+):\s*(?P<value>.*)$")
HEADING = re.compile(r"^#{1,6}\s+(?P<title>.*?)\s*$")


class UnknownMyST(ValueError):
    """A page uses MyST that the notebooks can't show, or refers to what the book does not have."""


@dataclass
class Text:
    """Lines of ordinary Markdown."""

    lines: list[str]


@dataclass
class Verbatim:
    """A fenced block that is shown as it stands, fences included."""

    lines: list[str]


@dataclass
class Target:
    """`(label)=`: what stands next can be linked to."""

    label: str


@dataclass
class Math:
    """A displayed formula."""

    tex: str
    label: str | None


@dataclass
class Directive:
    """A fenced block that does something."""

    name: str
    argument: str
    options: dict[str, str]
    body: list[str]


Block = Text | Verbatim | Target | Math | Directive


def blocks(lines: list[str]) -> Iterator[Block]:
    """Split a page's lines into blocks; a directive's body is left for another call.

    Raises:
        UnknownMyST: for a fence or a formula that never ends.
    """
    text: list[str] = []
    at = 0
    while at < len(lines):
        block, after = _special(lines, at)
        if block is None:
            if not lines[at].startswith("%"):  # a comment
                text.append(lines[at])
            at += 1
            continue
        if text:
            yield Text(text)
            text = []
        yield block
        at = after
    if text:
        yield Text(text)


def every_block(lines: list[str]) -> Iterator[Block]:
    """Yield a page's blocks, a directive before the blocks inside it."""
    for block in blocks(lines):
        yield block
        if isinstance(block, Directive) and block.name not in CODE:
            yield from every_block(block.body)


def _special(lines: list[str], at: int) -> tuple[Block | None, int]:
    """Return the block other than text that starts at a line, and the line after it."""
    line = lines[at]
    if target := TARGET.match(line):
        return Target(target["label"]), at + 1
    if line.lstrip().startswith("$$"):
        return _math(lines, at)
    if (fence := FENCE.match(line)) and not (fence["fence"][0] == ":" and not fence["info"]):
        return _fenced(lines, at, fence)
    return None, at


def _math(lines: list[str], at: int) -> tuple[Math, int]:
    body = [lines[at].lstrip()[2:]]
    for after in range(at + 1, len(lines) + 1):
        if end := MATH_END.match(body[-1]):
            body[-1] = end["tex"]
            return Math("\n".join(part for part in body if part.strip()), end["label"]), after
        if after < len(lines):
            body.append(lines[after])
    raise UnknownMyST(f"a formula never ends: {lines[at]}")


def _fenced(lines: list[str], at: int, fence: re.Match[str]) -> tuple[Block, int]:
    closing = re.compile(rf"^\s*{re.escape(fence['fence'][0])}{{{len(fence['fence'])},}}\s*$")
    ends = [i for i in range(at + 1, len(lines)) if closing.match(lines[i])]
    if not ends:
        raise UnknownMyST(f"a fence never ends: {lines[at]}")
    named = DIRECTIVE.match(fence["info"])
    if named is None:
        return Verbatim(lines[at : ends[0] + 1]), ends[0] + 1
    indent = len(fence["indent"])
    options, body = _options([line[indent:] for line in lines[at + 1 : ends[0]]])
    return Directive(named["name"], named["argument"].strip(), options, body), ends[0] + 1


def _options(body: list[str]) -> tuple[dict[str, str], list[str]]:
    options = {}
    while body and (option := OPTION.match(body[0])):
        options[option["name"]] = option["value"]
        body = body[1:]
    return options, body


def strip_front_matter(text: str) -> list[str]:
    """Return a page's lines without its header."""
    lines = text.splitlines()
    if lines and lines[0].strip() == "---":
        return lines[lines.index("---", 1) + 1 :]
    return lines


@dataclass(frozen=True)
class Place:
    """Where a label leads: its page, what a reader reads, and its number if it has one."""

    page: str
    title: str
    number: int = 0


@dataclass
class Book:
    """What pages may refer to.

    Attributes:
        folder: where `_toc.yml` is.
        titles: a page's title, by the page's name (its path without `.md`).
        notebooks: the chapters with cells, which are notebooks too.
        places: labels of headings, paragraphs and exercises.
        equations: labels of equations.
        entries: the bibliography, by key.
        config: `_config.yml`.
    """

    folder: Path
    titles: dict[str, str] = field(default_factory=dict)
    notebooks: set[str] = field(default_factory=set)
    places: dict[str, Place] = field(default_factory=dict)
    equations: dict[str, Place] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)

    @property
    def syntax(self) -> set[str]:
        """MyST's optional syntax that the book switches on."""
        return set(self.config.get("parse", {}).get("myst_enable_extensions", []))

    @property
    def sphinx(self) -> dict[str, Any]:
        """The settings that `_config.yml` hands to Sphinx as they are."""
        settings: dict[str, Any] = self.config.get("sphinx", {}).get("config", {})
        return settings


def read_book(folder: Path) -> Book:
    """Read what the pages of the book in `folder` may refer to.

    Raises:
        UnknownMyST: for a page that can't be read, or a label that stands twice.
        FileNotFoundError: for a page that `_toc.yml` names and that is not there.
    """
    config = yaml.safe_load((folder / "_config.yml").read_text(encoding="utf-8"))
    book = Book(folder, config=config)
    for name in config.get("bibtex_bibfiles", []):
        data: BibliographyData = parse_file(str(folder / name))
        book.entries.update(data.entries)
    for page in pages(yaml.safe_load((folder / "_toc.yml").read_text(encoding="utf-8"))):
        text = (folder / f"{page}.md").read_text(encoding="utf-8")
        if page.startswith(CHAPTERS) and is_myst_markdown_notebook(text):
            book.notebooks.add(page)
        _read_page(book, page, strip_front_matter(text))
    return book


def pages(toc: dict[str, Any] | list[Any]) -> list[str]:
    """Return the names of the pages in a table of contents, in the book's order."""
    if isinstance(toc, list):
        return [page for item in toc for page in pages(item)]
    own = [toc[key].removesuffix(".md") for key in ("root", "file") if key in toc]
    nested = [
        pages(toc[key]) for key in ("parts", "chapters", "sections", "entries", "subtrees") if key in toc
    ]
    return own + [page for part in nested for page in part]


def _read_page(book: Book, page: str, lines: list[str]) -> None:
    counts = {"equation": 0, "exercise": 0}
    waiting: list[str] = []
    for block in every_block(lines):
        title = ""
        if isinstance(block, Target):
            waiting.append(block.label)
            continue
        if isinstance(block, Text):
            title = _read_headings(book, page, block.lines)
        elif isinstance(block, Math) and block.label:
            counts["equation"] += 1
            _add(book.equations, block.label, Place(page, f"({counts['equation']})", counts["equation"]))
        elif isinstance(block, Directive) and block.name == "exercise":
            counts["exercise"] += 1
            title = exercise_title(counts["exercise"], plain(block.argument))
        elif isinstance(block, Directive) and block.name in ("question", "predict"):
            title = plain(block.argument)
        if isinstance(block, Directive) and block.name in LABELLED and "label" in block.options:
            _add(book.places, block.options["label"], Place(page, title, counts["exercise"]))
        for label in waiting:
            _add(book.places, label, Place(page, title))
        if not isinstance(block, Text) or any(line.strip() for line in block.lines):
            waiting = []


def _read_headings(book: Book, page: str, lines: list[str]) -> str:
    """Note the page's title, and return the heading that a text begins with, if it does."""
    for line in lines:
        heading = HEADING.match(line)
        if heading and page not in book.titles:
            book.titles[page] = plain(heading["title"])
    first = next((line for line in lines if line.strip()), "")
    heading = HEADING.match(first)
    return plain(heading["title"]) if heading else ""


def _add(store: dict[str, Place], label: str, place: Place) -> None:
    if label in store:
        raise UnknownMyST(f"the label {label!r} stands in {store[label].page}.md and in {place.page}.md")
    store[label] = place


def plain(markdown: str) -> str:
    """Return a line of Markdown without roles, links and emphasis; formulas stay."""
    text = re.sub(r"\{[\w:]+\}`([^`<]+?)(?:\s*<[^`]*>)?`", r"\1", markdown)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"[*`]", "", text)


def citation(entry: Entry, textual: bool) -> str:
    """Return how a text cites an entry: `Cho et al. (2014)`, or `Cho et al., 2014` inside parentheses."""
    people: list[Person] = entry.persons.get("author") or entry.persons.get("editor") or []
    names = [" ".join([*person.prelast_names, *person.last_names]).strip("{}") for person in people]
    if len(names) > 2:
        who = f"{names[0]} et al."
    else:
        who = " and ".join(names) or entry.fields.get("title", entry.key).strip("{}")
    year = entry.fields.get("year", "no date")
    return f"{who} ({year})" if textual else f"{who}, {year}"


def address(entry: Entry) -> str | None:
    """Return where an entry can be read, if it says so."""
    if "doi" in entry.fields:
        return f"https://doi.org/{entry.fields['doi']}"
    url: str | None = entry.fields.get("url")
    return url
