"""Writes a page's MyST as plain notebook Markdown, which Jupyter, VS Code, GitHub and Colab all show."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass

from rnnlib.book.exercises import exercise_facts, exercise_title
from rnnlib.book.myst import (
    Book,
    Directive,
    Math,
    Place,
    Target,
    Text,
    UnknownMyST,
    Verbatim,
    address,
    blocks,
    citation,
)
from rnnlib.book.predictions import prediction_title, split_options
from rnnlib.book.questions import question_title

BOXES = ("attention", "caution", "danger", "error", "hint", "important", "note", "seealso", "tip", "warning")
BOX_TITLES = {"seealso": "See also"}
INLINE = re.compile(
    r"\{(?P<role>[\w:.-]+)\}(?P<ticks>`+)(?P<content>.+?)(?P=ticks)"
    r"|(?P<code>(?P<code_ticks>`+)[^`].*?(?P=code_ticks))"
    r"|(?P<math>\$[^$]+?\$)"
    r"|(?<!!)\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<link>[^()\s]*)\)",
    re.DOTALL,
)
TITLED = re.compile(r"^(?P<title>.+?)\s*<(?P<target>[^<>]+)>$", re.DOTALL)
LEFT_OVER = re.compile(r"\{[\w:.-]+\}`|^\s*(?:`{3,}|~{3,}|:{3,})\s*\{|^\([^()\s]+\)=", re.MULTILINE)


@dataclass
class Piece:
    """Part of a page as a notebook shows it: some Markdown, inside an exercise's solution or not."""

    text: str
    solution: str = ""  # the solution's heading, empty outside


class PageWriter:
    """Writes the Markdown cells of one page, in order.

    Args:
        book: what pages may refer to.
        page: the page's name, such as `chapters/gru`.
    """

    def __init__(self, book: Book, page: str) -> None:
        self.book = book
        self.page = page
        self.solution = ""  # the heading of the solution that is open
        self._exercises = 0

    def pieces(self, source: str, line: int = 1) -> list[Piece]:
        """Write one Markdown cell; a solution's start or end within it splits it.

        Args:
            source: the cell's MyST.
            line: where it starts on the page.

        Raises:
            UnknownMyST: for a construct or a reference that a notebook can't show, naming it and the page.
        """
        where = f"{self.page}.md, in the text from line {line} on"
        try:
            written = self._pieces(source.splitlines())
        except UnknownMyST as error:
            raise UnknownMyST(f"{where}: {error}") from error
        for piece in written:
            if left := LEFT_OVER.search(_without_code(piece.text)):
                raise UnknownMyST(f"{where}: {left.group().strip()!r} would be left in the notebook")
        return written

    def _pieces(self, lines: list[str]) -> list[Piece]:
        pieces = [Piece("", self.solution)]
        for block in blocks(lines):
            if isinstance(block, Directive) and block.name in ("solution-start", "solution-end"):
                self._gate(block)
                pieces.append(Piece("", self.solution))
            else:
                pieces[-1].text += self._block(block) + "\n"
        stripped = [
            Piece(re.sub(r"\n{3,}", "\n\n", piece.text).strip("\n"), piece.solution) for piece in pieces
        ]
        return [piece for piece in stripped if piece.text.strip()]

    def _gate(self, block: Directive) -> None:
        if block.name == "solution-end":
            self.solution = ""
            return
        self.solution = f"Solution of {self._place(block.argument).title}"

    def _block(self, block: object) -> str:
        if isinstance(block, Text):
            return self.inline("\n".join(block.lines))
        if isinstance(block, Verbatim):
            return "\n".join(block.lines)
        if isinstance(block, Target):
            return f'<a id="{block.label}"></a>\n'
        if isinstance(block, Math):
            return self._math(block)
        assert isinstance(block, Directive)
        return self._directive(block)

    def _math(self, block: Math) -> str:
        tag = f" \\tag{{{self.book.equations[block.label].number}}}" if block.label else ""
        return f"$$\n{block.tex}{tag}\n$$"

    def _directive(self, block: Directive) -> str:
        if block.name in BOXES:
            title = BOX_TITLES.get(block.name, block.name.capitalize())
            body = [block.argument, *block.body] if block.argument else block.body
            return self._quoted(title, body)
        if block.name == "admonition":
            return self._quoted(self.inline(block.argument), block.body)
        if block.name == "exercise":
            return self._exercise(block)
        if block.name == "question":
            return _mark(block) + self._quoted(question_title(self.inline(block.argument)), block.body)
        if block.name == "predict":
            return self._prediction(block)
        if block.name == "dropdown":
            return closed(self.inline(block.argument), self._body(block.body))
        if block.name in ("figure", "image"):
            return self._picture(block)
        raise UnknownMyST(f"a notebook can't show the directive {{{block.name}}}")

    def _exercise(self, block: Directive) -> str:
        self._exercises += 1
        title = exercise_title(self._exercises, self.inline(block.argument))
        facts = exercise_facts(block.options)
        return _mark(block) + self._quoted(title, [facts, "", *block.body] if facts else block.body)

    def _prediction(self, block: Directive) -> str:
        try:
            question, options = split_options(block.body)
        except ValueError as error:
            raise UnknownMyST(str(error)) from error
        parts = [f"**{prediction_title(self.inline(block.argument))}**", self._body(question)]
        for option in options:
            told = self._body(option.told.splitlines())
            parts.append(closed(_code_as_html(self.inline(option.text)), told))
        return _mark(block) + "\n\n".join(parts) + "\n"

    def _picture(self, block: Directive) -> str:
        caption = self._body(block.body).strip()
        shown = f"![{block.options.get('alt', '')}]({block.argument})"
        return f"{shown}\n\n{caption}" if caption else shown

    def _quoted(self, title: str, body: list[str]) -> str:
        lines = [f"**{title}**", "", *self._body(body).strip("\n").splitlines()]
        return "\n".join(f"> {line}".rstrip() for line in lines)

    def _body(self, lines: list[str]) -> str:
        inner = list(blocks(lines))
        for block in inner:
            if isinstance(block, Directive) and block.name.startswith("solution-"):
                raise UnknownMyST("a solution stands inside another directive")
        return "\n".join(self._block(block) for block in inner)

    def inline(self, text: str) -> str:
        """Write roles and links of some Markdown."""
        return INLINE.sub(self._inline, text)

    def _inline(self, found: re.Match[str]) -> str:
        if found["role"]:
            write = self._roles().get(found["role"]) or self._roles().get(found["role"].split(":")[0] + ":")
            if write is None:
                raise UnknownMyST(f"a notebook can't show the role {{{found['role']}}}")
            return write(" ".join(found["content"].split()))
        if found["link"] is not None:
            return self._link(self.inline(found["text"]), found["link"])
        return found.group()

    def _roles(self) -> dict[str, Callable[[str], str]]:
        return {
            "ref": self._ref,
            "eq": self._eq,
            "doc": self._doc,
            "term": lambda text: _split_title(text)[0],
            "cite:t": lambda keys: self._cite(keys, textual=True),
            "cite:p": lambda keys: self._cite(keys, textual=False),
            "py:": lambda name: (
                f"`{name.rpartition('.')[2] if name.startswith('~') else _split_title(name)[0]}`"
            ),
            "math": lambda tex: f"${tex}$",
            "code": lambda code: f"`{code}`",
            "kbd": lambda key: f"<kbd>{key}</kbd>",
            "sub": lambda text: f"<sub>{text}</sub>",
            "sup": lambda text: f"<sup>{text}</sup>",
        }

    def _ref(self, content: str) -> str:
        title, label = _split_title(content)
        place = self._place(label)
        return f"[{title if title != label else place.title}]({self._to(place.page, label)})"

    def _eq(self, label: str) -> str:
        if label not in self.book.equations:
            raise UnknownMyST(f"no equation has the label {label!r}")
        place = self.book.equations[label]
        return place.title if place.page == self.page else f"[{place.title}]({self._to(place.page)})"

    def _doc(self, content: str) -> str:
        title, target = _split_title(content)
        page = self._page(target)
        return f"[{title if title != target else self.book.titles[page]}]({self._to(page)})"

    def _cite(self, keys: str, textual: bool) -> str:
        links = [self._citation(key.strip(), textual) for key in keys.split(",")]
        return ", ".join(links) if textual else f"({'; '.join(links)})"

    def _citation(self, key: str, textual: bool) -> str:
        if key not in self.book.entries:
            raise UnknownMyST(f"the bibliography has no entry {key!r}")
        entry = self.book.entries[key]
        where = address(entry)
        text = citation(entry, textual)
        return f"[{text}]({where})" if where else text

    def _link(self, text: str, target: str) -> str:
        if target.startswith("#") and "?" in target:  # sets a widget in the book's page
            settings = target.partition("?")[2].replace("&", ", ")
            return f"{text} (`{settings}`)"
        path, _, label = target.partition("#")
        if re.match(r"[a-z]+:", target) or (path and not path.endswith(".md")):
            return f"[{text}]({target})"
        place = self._place(label) if label else None
        page = self._page(path.removesuffix(".md")) if path else place.page  # type: ignore[union-attr]
        title = text or (place.title if place else self.book.titles[page])
        return f"[{title}]({self._to(page, label)})"

    def _place(self, label: str) -> Place:
        if label not in self.book.places:
            raise UnknownMyST(f"nothing has the label {label!r}")
        return self.book.places[label]

    def _page(self, target: str) -> str:
        """Return the page that a path leads to; it starts at the book's folder (`/`) or at this page's."""
        folder = "" if target.startswith("/") else os.path.dirname(self.page)
        page = os.path.normpath(os.path.join(folder, target.lstrip("/"))).replace(os.sep, "/")
        if page not in self.book.titles:
            raise UnknownMyST(f"the book has no page {page}.md")
        return page

    def _to(self, page: str, label: str = "") -> str:
        """Return a link from this page's notebook to a page, or to a label on it."""
        anchor = f"#{label}" if label else ""
        if page == self.page and anchor:
            return anchor
        suffix = ".ipynb" if page in self.book.notebooks else ".md"
        return os.path.relpath(page + suffix, os.path.dirname(self.page) or ".").replace(os.sep, "/") + anchor


def closed(title: str, body: str) -> str:
    """Return Markdown that stays closed until it is opened."""
    return f"<details>\n<summary>{title}</summary>\n\n{body.strip()}\n\n</details>"


def _mark(block: Directive) -> str:
    """Return the anchor of a labelled box."""
    label = block.options.get("label")
    return f'<a id="{label}"></a>\n\n' if label else ""


def _code_as_html(markdown: str) -> str:
    """Write inline code as HTML: a notebook reads no Markdown in a `<summary>`."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", markdown)


def _split_title(content: str) -> tuple[str, str]:
    titled = TITLED.match(content)
    return (titled["title"], titled["target"]) if titled else (content, content)


def _without_code(text: str) -> str:
    """Drop fenced code: an example may show MyST itself."""
    return re.sub(r"^(`{3,}|~{3,})(?!\s*\{).*?^\1\s*$", "", text, flags=re.DOTALL | re.MULTILINE)
