"""The claims page: every claim of the chapters, collected from the outputs of the cells that checked it.

In a page's HTML output a claim carries its data as JSON in a `data-claim` attribute (see `rnnlib.claims`).
The data are kept with the page's environment, so that the table is right after an incremental build too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.addnodes import document
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

THIS_BUILD = "this build"
HEADINGS = ("Claim", "Measured", "Wanted", "Verdict", "Where")
BENCHMARK_HEADINGS = ("Claim", "Measured", "Wanted", "By", "Where")

logger = logging.getLogger(__name__)


class claims_table(nodes.General, nodes.Element):
    """Where the table of claims goes."""


class Claims(SphinxDirective):
    """`{claims}`: what this build measured; with the option `benchmarks`, what the benchmarks did."""

    option_spec = {"benchmarks": directives.flag}

    def run(self) -> list[nodes.Node]:
        return [claims_table(benchmarks="benchmarks" in self.options)]


class _ClaimReader(HTMLParser):
    """Gathers the `data-claim` attributes of a piece of HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, Any]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "data-claim" and value:
                self.found.append(json.loads(value))


def claims_in(html: str) -> list[dict[str, Any]]:
    """Return the claims that a cell's HTML output carries, in their order."""
    reader = _ClaimReader()
    reader.feed(html)
    return reader.found


def _raw_html(tree: nodes.Node) -> Iterator[nodes.raw]:
    return (raw for raw in tree.findall(nodes.raw) if "html" in raw.get("format", "").split())


def _collect(app: Sphinx, tree: document) -> None:
    """Keep a page's claims with the page's environment."""
    collected = {}
    for raw in _raw_html(tree):
        if "data-claim" not in raw.astext():
            continue
        for claim in claims_in(raw.astext()):
            if claim["name"] in collected:
                logger.warning("two claims are called %r", claim["name"], location=raw)
            collected[claim["name"]] = claim
    _store(app.env)[app.env.docname] = list(collected.values())


def _store(env: Any) -> dict[str, list[dict[str, Any]]]:
    if not hasattr(env, "rnnlib_claims"):
        env.rnnlib_claims = {}
    claims: dict[str, list[dict[str, Any]]] = env.rnnlib_claims
    return claims


def _forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    _store(env).pop(docname, None)


def _merge(app: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment) -> None:
    _store(env).update({name: found for name, found in _store(other).items() if name in docnames})


def _pages_with_table(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Write the pages that show the table again whenever a page changed."""
    return sorted(name for name in env.found_docs if next(env.get_doctree(name).findall(claims_table), None))


def _fill(app: Sphinx, tree: document, docname: str) -> None:
    for place in list(tree.findall(claims_table)):
        place.replace_self(_tables(app, docname, place["benchmarks"]))


def _tables(app: Sphinx, docname: str, benchmarks: bool) -> nodes.Node:
    """Build the table as seen from the page `docname`: pages in the book's order, claims in their page's."""
    rows: list[list[nodes.Node]] = [
        [
            nodes.paragraph("", claim["statement"]),
            nodes.paragraph("", claim["shown"]),
            nodes.paragraph("", claim["condition"]),
            nodes.paragraph("", claim["measured"] if benchmarks else "✓ holds"),
            nodes.paragraph("", "", _link(app, docname, page, claim["name"])),
        ]
        for page in _in_book_order(app.env)
        for claim in _store(app.env)[page]
        if benchmarks == (claim["measured"] != THIS_BUILD)
    ]
    if not rows:
        return nodes.paragraph("", "There are none yet.")
    return _as_table(BENCHMARK_HEADINGS if benchmarks else HEADINGS, rows)


def _in_book_order(env: BuildEnvironment) -> list[str]:
    order = list(env.toctree_includes.get(env.config.root_doc, []))
    return sorted(_store(env), key=lambda page: (order.index(page) if page in order else len(order), page))


def _link(app: Sphinx, docname: str, page: str, name: str) -> nodes.reference:
    title = app.env.titles[page].astext()
    uri = app.builder.get_relative_uri(docname, page) + f"#claim-{name}"
    return nodes.reference("", title, refuri=uri, internal=True)


def _as_table(headings: Iterable[str], rows: list[list[nodes.Node]]) -> nodes.table:
    head = nodes.row("", *(nodes.entry("", nodes.paragraph("", text)) for text in headings))
    body = [nodes.row("", *(nodes.entry("", cell) for cell in row)) for row in rows]
    columns = [nodes.colspec(colwidth=1) for _ in head]
    group = nodes.tgroup("", *columns, nodes.thead("", head), nodes.tbody("", *body), cols=len(columns))
    return nodes.table("", group, classes=["claims"])


def setup(app: Sphinx) -> None:
    """Register the claims page; called by `rnnlib.book.setup`."""
    app.add_node(claims_table)
    app.add_directive("claims", Claims)
    app.connect("doctree-read", _collect)
    app.connect("env-purge-doc", _forget)
    app.connect("env-merge-info", _merge)
    app.connect("env-updated", _pages_with_table)
    app.connect("doctree-resolved", _fill)
