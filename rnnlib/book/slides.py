"""Slides out of the chapters, to be opened in a browser: reveal.js without a network.

A deck is a MyST page in `slides/`. Its title is the first slide, each heading below it another. What is on a
slide is written there or taken from a chapter, as the chapter has it:

    ## Two gates

    :::{take} chapters/gru
    formula: eq-gru-gates
    code: r_t = torch.sigmoid
    :::

Kinds of parts, each with what finds it: `question`, `goals` and `predict` of a chapter's beginning;
`formula` and `exercise` by label; `code` and `output` by a piece of the cell's source; `claim` by name;
`drawing` by its file's name; `table` by the label of its section; `remember`, the chapter's last list. Two
lists, `goals` and `remember`, take a range, such as `1-4`. A part that is not there is a warning, which fails
the build.

reveal.js comes from the installed distribution `sphinx-revealjs`, of which only its two files are used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any, TypeVar

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

FOLDER = "slides/"
DISTRIBUTION = "sphinx-revealjs"
ASSETS = ("reveal.js", "reveal.css")
SHEETS = ("reveal.css", "pygments.css", "katex.css", "rnn-slides.css")
SCRIPTS = ("reveal.js", "rnn-slides.js")
_SOURCE_MAP = re.compile(r"\n?//# sourceMappingURL=\S+\s*$")
_CLAIM_KEYS = re.compile(r' (?:id|data-claim)="[^"]*"(?=[^<]*>\s*<p class="rnn-claim-statement")')
_FIRST_SLIDE = re.compile(r"\s*(<section.*?)(?=<section)(.*)</section>\s*\Z", re.DOTALL)

N = TypeVar("N", bound=nodes.Node)

logger = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def reveal_folder() -> Path:
    """Return the folder that holds `reveal.js` and `reveal.css`.

    Raises:
        RuntimeError: when the distribution that carries them is not installed.
    """
    try:
        listed = files(DISTRIBUTION) or []
    except PackageNotFoundError:
        listed = []
    for entry in listed:
        if entry.parts[-2:] == ("dist", ASSETS[0]):
            return Path(str(entry.locate())).resolve().parent
    raise RuntimeError(
        f"reveal.js was not found: {DISTRIBUTION} is not installed; "
        "run: pip install --no-deps -r requirements-nodeps.txt"
    )


# ---- parts of a chapter ---------------------------------------------------------------------------------


class NotThere(LookupError):
    """A chapter does not have what a slide wants to take from it."""


def _first(tree: nodes.Node, kind: type[N], fits: Callable[[N], bool] = lambda node: True) -> N:
    """Return the first node of a kind that fits.

    Raises:
        NotThere: when there is none.
    """
    found = next((node for node in tree.findall(kind) if fits(node)), None)
    if found is None:
        raise NotThere
    return found


def _question(tree: nodes.Node, what: str) -> nodes.Node:
    return _first(tree, nodes.paragraph, lambda p: next(p.findall(nodes.strong), None) is not None)


def _goals(tree: nodes.Node, what: str) -> nodes.Node:
    return _items(_first(tree, nodes.bullet_list), what)


def _remember(tree: nodes.Node, what: str) -> nodes.Node:
    section = _first(tree, nodes.section, lambda s: "what-to-remember" in s["ids"])
    return _items(_first(section, nodes.bullet_list), what)


def _items(found: nodes.bullet_list, which: str) -> nodes.bullet_list:
    """Return a list, or those of its items that a range such as `2-4` names."""
    copy = found.deepcopy()
    if which:
        first, _, last = which.partition("-")
        copy.children = copy.children[int(first) - 1 : int(last or first)]
    return copy


def _predict(tree: nodes.Node, what: str) -> nodes.Node:
    box = _first(tree, nodes.admonition, lambda a: a.astext().startswith("Predict before you run"))
    return nodes.container("", *(child.deepcopy() for child in box.children[1:]))  # the slide has the title


def _formula(tree: nodes.Node, what: str) -> nodes.Node:
    return _first(tree, nodes.math_block, lambda m: f"equation-{what}" in m["ids"])


def _exercise(tree: nodes.Node, what: str) -> nodes.Node:
    return _first(tree, nodes.admonition, lambda a: a.get("exercise") == what)


def _drawing(tree: nodes.Node, what: str) -> nodes.Node:
    return _first(tree, nodes.figure, lambda f: _first(f, nodes.image)["uri"].endswith(what))


def _table(tree: nodes.Node, what: str) -> nodes.Node:
    return _first(_first(tree, nodes.section, lambda s: what in s["ids"]), nodes.table)


def _cell(tree: nodes.Node, what: str, part: str) -> nodes.Node:
    """Return one part of the cell whose source holds a text."""

    def holds(cell: nodes.container) -> bool:
        classes = cell["classes"]
        return "cell" in classes and any(what in code.astext() for code in _parts(cell, "cell_input"))

    cell = _first(tree, nodes.container, holds)
    parts = list(_parts(cell, part))
    if not parts:
        raise NotThere
    return nodes.container("", *(each.deepcopy() for each in parts), classes=["cell"])


def _parts(cell: nodes.container, name: str) -> Iterator[nodes.container]:
    return (part for part in cell.children if isinstance(part, nodes.container) and name in part["classes"])


KINDS: dict[str, Callable[[nodes.Node, str], nodes.Node]] = {
    "question": _question,
    "goals": _goals,
    "predict": _predict,
    "formula": _formula,
    "exercise": _exercise,
    "drawing": _drawing,
    "table": _table,
    "remember": _remember,
    "code": lambda tree, what: _cell(tree, what, "cell_input"),
    "output": lambda tree, what: _cell(tree, what, "cell_output"),
    "claim": lambda tree, what: _cell(tree, f'"{what}"', "cell_output"),
}


# ---- the deck's pages -----------------------------------------------------------------------------------


class taken(nodes.General, nodes.Element):
    """Where a part of a chapter goes."""


class Take(SphinxDirective):
    """`{take} CHAPTER`: parts of a chapter, one a line, as `kind` or `kind: what finds it`."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        chapter = self.arguments[0]
        self.env.note_dependency(self.env.doc2path(chapter))  # a changed chapter makes its slides anew
        places: list[nodes.Node] = []
        for line in self.content:
            kind, _, what = (part.strip() for part in line.partition(":"))
            if kind not in KINDS:
                raise self.error(f"take: {kind!r} is no kind of part; there are: {', '.join(KINDS)}")
            place = taken("", chapter=chapter, kind=kind, what=what)
            self.set_source_info(place)
            places.append(place)
        return places


class TakeParts(SphinxPostTransform):
    """Puts the parts in their places, before their outputs are chosen and their links resolved."""

    default_priority = 1

    def run(self, **kwargs: Any) -> None:
        places = list(self.document.findall(taken))
        trees = {chapter: self.env.get_doctree(chapter) for chapter in {place["chapter"] for place in places}}
        for place in places:
            chapter, kind, what = place["chapter"], place["kind"], place["what"]
            try:
                part = KINDS[kind](trees[chapter], what).deepcopy()
            except NotThere:
                logger.warning("slides: %s has no %s %r", chapter, kind, what, location=place)
                part = nodes.comment()
            self._settle(part, chapter)
            place.replace_self(part)

    def _settle(self, part: nodes.Node, chapter: str) -> None:
        """Take ids away, which the chapter's page has, and let links lead from here to where they led."""
        page = self.app.builder.get_relative_uri(self.env.docname, chapter)
        for raw in part.findall(nodes.raw):  # a claim is counted where it is measured
            raw[:] = [nodes.Text(_CLAIM_KEYS.sub("", raw.astext()))]
        for node in part.findall(nodes.Element):
            if not isinstance(node, nodes.figure):  # a figure without one is a warning
                node["ids"], node["names"] = [], []
            if isinstance(node, pending_xref):
                node["refdoc"] = self.env.docname
            elif isinstance(node, nodes.reference):
                anchor = f"#{node['refid']}" if "refid" in node else node.get("refuri", "")
                if anchor.startswith("#"):
                    node.attributes.pop("refid", None)
                    node["refuri"] = page + anchor


def _decks(app: Sphinx) -> list[str]:
    """Return the names of the pages that are decks."""
    return sorted(page for page in app.env.found_docs if page.startswith(FOLDER))


def _find_decks(app: Sphinx, config: Config) -> None:
    """Read the decks although no table of contents names them."""
    config.exclude_patterns = [name for name in config.exclude_patterns if not name.startswith(FOLDER)]


def _is_deck(app: Sphinx, page: str) -> bool:
    return page.startswith(FOLDER) and page in app.env.found_docs


def _as_deck(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Any) -> str | None:
    """Give a deck the template of slides, its title in a slide of its own."""
    if not _is_deck(app, page):
        return None
    context["body"] = _FIRST_SLIDE.sub(r"\1</section>\2", context["body"])
    context["sheets"], context["scripts"] = SHEETS, SCRIPTS
    return "slides.html"


def _copy_assets(app: Sphinx, env: Any, names: list[str]) -> None:
    """Put reveal.js beside the pages where there are decks."""
    if app.builder.format != "html" or not _decks(app):
        return
    static = Path(app.outdir) / "_static"
    for name in ASSETS:
        text = (reveal_folder() / name).read_text(encoding="utf-8")
        (static / name).write_text(_SOURCE_MAP.sub("\n", text), encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register the slides; called by `rnnlib.book.setup`."""
    app.add_node(taken)
    app.add_directive("take", Take)
    app.add_post_transform(TakeParts)
    app.connect("config-inited", _find_decks, priority=950)  # after the table of contents has excluded them
    app.connect("env-before-read-docs", _copy_assets)
    app.connect("html-page-context", _as_deck, priority=950)
