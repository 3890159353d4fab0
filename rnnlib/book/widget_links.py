"""Links from one page to a widget of another in a state that the link names.

`[shut the gate](chapters/gru.md#gru-stepper?lock_z=0)` opens that page with its widget set. Within a page the
same is done by `rnnlib.book.pages`. A widget that the page does not have, or a control or an option that the
widget does not have, is a warning, which fails the build.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

STATE = re.compile(
    r'<figure class="rnn-widget" id="([^"]+)".*?<script type="application/json">(.*?)</script>', re.DOTALL
)

logger = logging.getLogger(__name__)


def widgets_in(tree: nodes.Node) -> dict[str, dict[str, Any]]:
    """Return the controls of each widget of a page, by its id; each control by its trait's name."""
    found = {}
    for raw in tree.findall(nodes.raw):
        for widget, state in STATE.findall(raw.astext()):
            found[widget] = json.loads(state)["controls"]
    return found


def refusal(target: str, widgets: dict[str, dict[str, Any]]) -> str | None:
    """Return why a page with these widgets can't be opened at `ID?trait=value&...`, None if it can."""
    widget, _, query = target.partition("?")
    if widget not in widgets:
        return f"there is no widget {widget!r}"
    for trait, value in parse_qsl(query, keep_blank_values=True):
        about = widgets[widget].get(trait)
        if about is None:
            return f"the widget {widget!r} has no control {trait!r}"
        if about["kind"] == "choice" and value not in map(str, about["options"]):
            return f"the control {trait!r} of {widget!r} has no option {value!r}"
        if about["kind"] == "number" and not _within(value, about):
            return f"the control {trait!r} of {widget!r} goes from {about['min']} to {about['max']}"
    return None


def _within(value: str, about: dict[str, Any]) -> bool:
    try:
        return bool(about["min"] <= float(value) <= about["max"])
    except ValueError:
        return False


def _sets_a_widget(link: pending_xref) -> bool:
    to_a_page = link["reftype"] == "myst" and link["refdomain"] == "doc"
    return to_a_page and "?" in (link.get("reftargetid") or "")


class WidgetLinksAcross(SphinxPostTransform):
    """Resolves links to widgets on other pages before MyST looks for their targets among headings."""

    default_priority = 5

    def run(self, **kwargs: Any) -> None:
        links = [link for link in self.document.findall(pending_xref) if _sets_a_widget(link)]
        pages = {link["reftarget"] for link in links}
        widgets = {page: widgets_in(self.env.get_doctree(page)) for page in pages}
        for link in links:
            page, target = link["reftarget"], link["reftargetid"]
            why = refusal(target, widgets[page])
            if why:
                logger.warning("a link sets what the page %s does not have: %s", page, why, location=link)
            uri = self.app.builder.get_relative_uri(self.env.docname, page)
            [text] = link.children
            link.replace_self(
                nodes.reference("", "", *text.children, refuri=f"{uri}#{target}", internal=True)
            )


def setup(app: Sphinx) -> None:
    """Register the links; called by `rnnlib.book.setup`."""
    app.add_post_transform(WidgetLinksAcross)
