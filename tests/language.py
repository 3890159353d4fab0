"""Reads the symbols of formulas and the glossary's terms in prose, for the tests of notation and glossary."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from prose import blank, passages

from rnnlib.book.myst import Directive, Math, Text, every_block, strip_front_matter
from rnnlib.book.notebook_text import INLINE, TITLED

# What every reader of formulas knows, and what only sets them.
STANDARD = set(
    re.findall(
        r"\\\w+",
        r"""
        \le \leq \ge \geq \ne \approx \propto \in \to \pm \cdot \times \mid \dots \ldots \cdots \infty \pi
        \sum \prod \frac \dfrac \tfrac \sqrt \binom \max \min \arg \exp \log \bmod \lfloor \rfloor
        \Longleftrightarrow \left \right \bigl \bigr \Bigl \Bigr \quad \qquad \textstyle \underbrace \square
        """,
    )
)
WORDS = re.compile(r"\\(?:text|texttt|begin|end)\{[^{}]*\}")
SYMBOL = re.compile(
    r"\\operatorname\{(?P<name>\w+)\}"
    r"|\\(?P<mark>mathcal|mathbf|mathit|tilde|bar|dot|hat|overrightarrow|overleftarrow)(?![a-zA-Z])"
    r"\s*(?:\{(?P<under>[^{}]+)\}|(?P<letter>\w))"
    r"|(?P<weight>[Wb]_(?:\{\w+\}|\w))"
    r"|(?P<command>\\[a-zA-Z]+)"
    r"|(?P<base>[a-zA-Z])"
)


def formulas(source: str) -> Iterator[str]:
    """Every formula of a page, displayed or in a line, boxes' titles included."""
    for block in every_block(strip_front_matter(source)):
        if isinstance(block, Math):
            yield block.tex
        elif isinstance(block, Text):
            yield from _inline("\n".join(block.lines))
        elif isinstance(block, Directive):
            yield from _inline(block.argument)


def _inline(text: str) -> Iterator[str]:
    """The formulas in lines of text, those in links and roles included."""
    for found in INLINE.finditer(text):
        if found["math"]:
            yield found["math"].strip("$")
        elif inner := found["text"] or found["content"]:
            yield from _inline(inner)


def symbols(tex: str) -> set[str]:
    r"""The symbols of a formula: letters, marked letters and signs, without indices but with them as symbols.

    `\tilde{h}_{t-1} = W_{hh}` has `\tilde{h}`, `t` and `W_{hh}`: a weight or bias is named by what it joins.
    """
    found = set()
    for hit in SYMBOL.finditer(WORDS.sub(" ", tex)):
        if hit["name"]:
            found.add(hit["name"])
        elif hit["mark"]:
            found.add(rf"\{hit['mark']}{{{hit['under'] or hit['letter']}}}")
        elif hit["weight"]:
            found.add(hit["weight"][0] + "_{" + hit["weight"][2:].strip("{}") + "}")
        else:
            found.add(hit["command"] or hit["base"])
    return found - STANDARD


def glossary_terms(source: str) -> list[str]:
    """The terms that a page's glossary defines."""
    found = [block for block in every_block(strip_front_matter(source)) if isinstance(block, Directive)]
    return [line for block in found if block.name == "glossary" for line in block.body if line[:1].strip()]


@dataclass(frozen=True)
class Use:
    """A term in a page's prose: on which line, and whether it is a link to the glossary."""

    term: str
    line: int
    linked: bool


def uses(source: str, terms: list[str]) -> list[Use]:
    """Where a page's prose uses terms, in its order; what stands where no link can stand is left out.

    A plural counts; a term inside a longer one (`gate` in `update gate`) or inside another link does not.
    """
    names = {term.lower(): term for term in terms}
    words = _pattern(terms)
    found = []
    for passage in passages(source):
        text = re.sub(r"^\s*#.*$", lambda heading: blank(heading[0]), passage.said, flags=re.MULTILINE)
        here = []
        for link in INLINE.finditer(passage.text):
            if link["role"] == "term":
                titled = TITLED.match(link["content"])
                target = " ".join((titled["target"] if titled else link["content"]).split()).lower()
                here.append((link.start(), Use(names[target], passage.line(link.start()), True)))
            text = text[: link.start()] + blank(link[0]) + text[link.end() :]
        for hit in words.finditer("" if passage.title else text):
            here.append((hit.start(), Use(_named(hit, terms), passage.line(hit.start()), False)))
        found += [use for _, use in sorted(here, key=lambda pair: pair[0])]
    return found


def _pattern(terms: list[str]) -> re.Pattern[str]:
    """Any of the terms, the longest first, each a group of its own; short forms in capitals only."""
    longest = sorted(range(len(terms)), key=lambda number: -len(terms[number]))
    return re.compile("|".join(rf"(?P<t{number}>{_forms(terms[number])})" for number in longest))


def _forms(term: str) -> str:
    """A term in one or several, its words on one line or two."""
    plural = re.sub(r"y$", "(?:y|ies)", re.sub(r"is$", "[ie]s", term)).replace(" ", r"\s+")
    return rf"(?<![\w-]){plural if term.isupper() else f'(?i:{plural})'}(?:e?s)?(?![\w-])"


def _named(hit: re.Match[str], terms: list[str]) -> str:
    """The term whose group has matched."""
    return terms[int((hit.lastgroup or "")[1:])]
