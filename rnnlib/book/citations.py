"""How the book cites: `Cho et al. (2014)` in a sentence, `(Cho et al., 2014)` behind it, a list to match."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pybtex.database import Entry
from pybtex.plugin import register_plugin as register_pybtex_plugin
from pybtex.style.formatting.plain import Style as PlainStyle
from pybtex.style.labels import BaseLabelStyle
from sphinx.application import Sphinx
from sphinxcontrib.bibtex.plugin import register_plugin as register_sphinx_plugin
from sphinxcontrib.bibtex.style.referencing import BracketStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle

from rnnlib.book.myst import citation

STYLE = "rnnlib"


def _round() -> BracketStyle:
    return BracketStyle(left="(", right=")")


@dataclass
class RoundReferenceStyle(AuthorYearReferenceStyle):
    """Author and year, in round brackets."""

    bracket_parenthetical: BracketStyle = field(default_factory=_round)
    bracket_textual: BracketStyle = field(default_factory=_round)
    bracket_author: BracketStyle = field(default_factory=_round)
    bracket_label: BracketStyle = field(default_factory=_round)
    bracket_year: BracketStyle = field(default_factory=_round)


class AuthorYearLabels(BaseLabelStyle):  # type: ignore[misc]
    """Labels of the list: what the text says in parentheses."""

    def format_labels(self, sorted_entries: Iterable[Entry]) -> Iterator[str]:
        """Return each entry's label."""
        return (citation(entry, textual=False) for entry in sorted_entries)


class BookStyle(PlainStyle):  # type: ignore[misc]
    """Pybtex's plain style, sorted by author, with labels of author and year."""

    default_label_style = AuthorYearLabels


def _as_list_items(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Give a bibliography's entries the role of list items, which the list around them needs."""
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def setup(app: Sphinx) -> None:
    """Register the styles under the name `rnnlib`; called by `rnnlib.book.setup`."""
    register_sphinx_plugin("sphinxcontrib.bibtex.style.referencing", STYLE, RoundReferenceStyle, force=True)
    register_pybtex_plugin("pybtex.style.formatting", STYLE, BookStyle, force=True)
    app.connect("html-page-context", _as_list_items)
