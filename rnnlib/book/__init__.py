"""The Sphinx extension that turns the chapters into the book.

Each part is a module with a `setup` of its own: mathematics at build time (`katex`), execution that names
the cell that failed (`execution`), a cache that sees changes in `rnnlib` (`cache`), exercises with closed
solutions (`exercises`), questions and predictions (`questions`, `predictions`) in boxes of their own
(`boxes`) and the pages that list them (`listings`), exam questions (`exam`), slides out of the chapters
(`slides`), alternative text and quiet outputs (`outputs`), the claims page (`claims_page`), live widgets and
the pages' own assets (`pages`), links to widgets of other pages (`widget_links`), what a page says of itself
(`facts`), the book's emblem (`emblem`), the search's excerpts (`search_texts`), what the pages may load
(`policy`) and need not (`lean`).
The notebooks beside the chapters are written by `rnnlib.book.twins`.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Register every part; called by Sphinx."""
    from rnnlib import __version__
    from rnnlib.book import (
        api,
        boxes,
        cache,
        citations,
        claims_page,
        emblem,
        exam,
        execution,
        exercises,
        facts,
        katex,
        lean,
        listings,
        outputs,
        pages,
        policy,
        predictions,
        questions,
        search_texts,
        slides,
        widget_links,
    )

    parts = (api, cache, citations, katex, execution, outputs, claims_page, pages, widget_links)
    teaching = (boxes, exercises, questions, predictions, listings, slides, exam)
    for part in (*parts, *teaching, facts, emblem, search_texts, policy, lean):
        part.setup(app)
    for chatty in ("myst_parser.sphinx_ext.main", "myst_nb.sphinx_ext"):  # they print all their settings
        logging.getLogger(f"sphinx.{chatty}").setLevel(logging.WARNING)
    return {"version": __version__, "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
