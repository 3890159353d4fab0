"""What a page says of itself: how long it takes to read and to run, where its files are, what it is about.

The first stands under the title of each page with executed cells; the last goes into the page's head, for
search engines and for the card that a shared link shows.
"""

from __future__ import annotations

import math
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from rnnlib.book.boxes import details

WORDS_A_MINUTE = 200
LINE_OF_CODE = 5  # words' worth of time
FORMULA = 20  # one on lines of its own
STEPS = (1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600)
LONGEST_DESCRIPTION = 200
TITLE_END = "</h1>"


def _words(node: nodes.Node) -> int:
    """Return what a node holds to read, in words; nothing for outputs of cells and for closed solutions."""
    if isinstance(node, nodes.Text):
        return len(node.astext().split())
    if isinstance(node, nodes.literal_block):
        return LINE_OF_CODE * (node.astext().strip().count("\n") + 1)
    if isinstance(node, nodes.math_block):
        return FORMULA
    if isinstance(node, (nodes.raw, nodes.comment, details)) or "cell_output" in node.get("classes", ()):  # type: ignore[attr-defined]
        return 0
    return sum(map(_words, node.children))


def reading_minutes(tree: nodes.Node) -> int:
    """Return the minutes that reading a page takes: its words, its formulas, its lines of code."""
    return max(1, round(_words(tree) / WORDS_A_MINUTE))


def rounded_seconds(seconds: float) -> int:
    """Round a duration up to a step of a scale, so that the same page built twice says the same."""
    return next((step for step in STEPS if seconds <= step), math.ceil(seconds / 60) * 60)


def run_seconds(app: Sphinx, page: str) -> float | None:
    """Return how long a page's cells took when they last ran, or None when it has no cells."""
    pages: Any = app.env.nb_metadata  # type: ignore[attr-defined]  # myst_nb's
    data = pages[page].get("exec_data") if page in pages else None
    return float(data["runtime"]) if data else None


def description(tree: nodes.Node) -> str:
    """Return the beginning of a page: sentences of its first paragraph, as many as fit."""
    for paragraph in tree.findall(nodes.paragraph):
        text = " ".join(paragraph.astext().split())
        if len(text) < 40:
            continue
        if len(text) <= LONGEST_DESCRIPTION:
            return text
        cut = text[:LONGEST_DESCRIPTION]
        end = max(cut.rfind(mark) for mark in (". ", "? ", "! "))
        return cut[: end + 1] if end > 40 else f"{cut[: cut.rfind(' ')]} …"
    return ""


def _facts(context: dict[str, Any], tree: nodes.Node, seconds: float) -> str:
    """Return the line under a title."""
    sources = context["pathto"]("_sources/", 1)
    facts = [f"{reading_minutes(tree)} min to read", f"runs in about {rounded_seconds(seconds)} s"]
    if context.get("ipynb_source"):
        facts.append(f'<a href="{sources}{context["ipynb_source"]}" download>notebook</a>')
    if context.get("sourcename"):
        facts.append(f'<a href="{sources}{context["sourcename"]}" download>source</a>')
    return f'<p class="rnn-facts">{" · ".join(facts)}</p>'


def _metas(app: Sphinx, page: str, context: dict[str, Any], tree: nodes.Node | None) -> list[tuple[str, str]]:
    """Return what the page's head says of it: names of `meta` elements and their contents."""
    book = app.config.html_title
    base = app.config.html_baseurl.rstrip("/")
    picture = f"{base}/_static/preview.png" if base else context["pathto"]("_static/preview.png", 1)
    is_first = page == app.config.root_doc
    title = app.env.titles[page].astext() if page in app.env.titles and not is_first else book
    about = description(tree) if tree is not None else ""
    found = [
        ("description", about),
        ("og:type", "website" if is_first else "article"),
        ("og:site_name", book),
        ("og:title", title),
        ("og:description", about),
        ("og:url", f"{base}/{app.builder.get_target_uri(page)}" if base else ""),
        ("og:image", picture),
        ("og:image:alt", f"{book}: an interactive book"),
        ("twitter:card", "summary_large_image"),
    ]
    return [(name, content) for name, content in found if content]


def _tell(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.Node | None) -> None:
    context["rnn_metas"] = _metas(app, page, context, tree)
    seconds = run_seconds(app, page)
    if tree is not None and seconds is not None and page != app.config.root_doc:
        line = _facts(context, tree, seconds)
        context["body"] = context["body"].replace(TITLE_END, f"{TITLE_END}\n{line}", 1)


def setup(app: Sphinx) -> None:
    """Register what a page says of itself; called by `rnnlib.book.setup`."""
    app.connect("html-page-context", _tell, priority=600)
