"""Boxes with a title that can be linked to, and parts that stay closed until they are opened."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator


class details(nodes.General, nodes.Element):
    """A native `<details>`: opens without scripts and from the keyboard."""


class summary(nodes.General, nodes.TextElement):
    """The line of a `<details>` that shows while it is closed."""


def titled_box(directive: SphinxDirective, title: str, kind: str) -> nodes.admonition:
    """Return a box, empty but for its title; with the directive's option `label` it can be linked to.

    Args:
        directive: the one that makes the box.
        title: the box's title, in Markdown.
        kind: the box's class. The attribute of that name holds the label.
    """
    box = nodes.admonition(classes=["admonition", kind])
    directive.set_source_info(box)
    parsed, messages = directive.state.inline_text(title, directive.lineno)
    box += [nodes.title(title, "", *parsed), *messages]
    if label := directive.options.get("label"):
        box["ids"].append(nodes.make_id(label))
        box[kind] = label
        standard: Any = directive.env.get_domain("std")
        standard.note_hyperlink_target(label, directive.env.docname, nodes.make_id(label), title)
    return box


def _visit_details(translator: HTML5Translator, node: details) -> None:
    translator.body.append(translator.starttag(node, "details"))


def _depart_details(translator: HTML5Translator, node: details) -> None:
    translator.body.append("</details>\n")


def _visit_summary(translator: HTML5Translator, node: summary) -> None:
    translator.body.append(translator.starttag(node, "summary", ""))


def _depart_summary(translator: HTML5Translator, node: summary) -> None:
    translator.body.append("</summary>\n")


def setup(app: Sphinx) -> None:
    """Register what closes; called by `rnnlib.book.setup`."""
    app.add_node(details, html=(_visit_details, _depart_details))
    app.add_node(summary, html=(_visit_summary, _depart_summary))
