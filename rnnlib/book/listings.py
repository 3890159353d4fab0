"""Pages that list what stands in the chapters: `{listing} questions` and `{listing} exercises`."""

from __future__ import annotations

from collections.abc import Iterator

from docutils import nodes
from docutils.nodes import document
from docutils.parsers.rst import directives
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

from rnnlib.book.questions import SHOWN, question_title

KINDS = {"questions": "question", "exercises": "exercise"}  # what is listed: the class of its boxes


class listing(nodes.General, nodes.Element):
    """Where the list goes."""


class Listing(SphinxDirective):
    """`{listing} questions` or `{listing} exercises`: all of them, by chapter, with links."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        return [listing(kind=KINDS[directives.choice(self.arguments[0], tuple(KINDS))])]


def _boxes(tree: nodes.Node, kind: str) -> Iterator[nodes.admonition]:
    return (box for box in tree.findall(nodes.admonition) if kind in box)


def _pages_with_listing(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Write the pages that show a list again whenever a page changed."""
    return sorted(name for name in env.found_docs if next(env.get_doctree(name).findall(listing), None))


def _fill(app: Sphinx, tree: document, docname: str) -> None:
    for place in list(tree.findall(listing)):
        place.replace_self(list(_chapters(app, docname, place["kind"])))


def _chapters(app: Sphinx, docname: str, kind: str) -> Iterator[nodes.Node]:
    """Yield, for each page that holds such boxes, its title and the list of them, in the book's order."""
    for page in app.env.toctree_includes.get(app.env.config.root_doc, []):
        boxes = list(_boxes(app.env.get_doctree(page), kind))
        if not boxes:
            continue
        uri = app.builder.get_relative_uri(docname, page)
        title = nodes.reference("", app.env.titles[page].astext(), refuri=uri, internal=True)
        yield nodes.paragraph("", "", nodes.strong("", "", title), classes=["listing-page"])
        items = [nodes.list_item("", _entry(box, f"{uri}#{box['ids'][0]}", kind)) for box in boxes]
        yield nodes.bullet_list("", *items, classes=[f"listing-{kind}"])


def _entry(box: nodes.admonition, uri: str, kind: str) -> nodes.paragraph:
    """Return a link that reads as the box's title, and what is to be known of the box."""
    link = nodes.reference("", "", *_title(box, kind), refuri=uri, internal=True)
    if kind == "question":
        return nodes.paragraph("", "", link, nodes.Text(f" Shown by {SHOWN[box['shown']]}."))
    facts = next(
        (p.deepcopy() for p in box.findall(nodes.paragraph) if "exercise-facts" in p["classes"]), None
    )
    return nodes.paragraph("", "", link, nodes.Text(". "), *(facts.children if facts else ()))


def _title(box: nodes.admonition, kind: str) -> list[nodes.Node]:
    """Return a copy of a box's title without its links; a question's without what all of them begin with."""
    title = next(box.findall(nodes.title)).deepcopy()
    for link in list(title.findall(lambda node: isinstance(node, (pending_xref, nodes.reference)))):
        link.parent[link.parent.index(link) : link.parent.index(link) + 1] = link.children
    if kind == "question":
        said = title[0].astext().removeprefix(question_title("").rstrip()).lstrip()
        title[0] = nodes.Text(said[:1].upper() + said[1:])
    return title.children


def setup(app: Sphinx) -> None:
    """Register the lists; called by `rnnlib.book.setup`."""
    app.add_node(listing)
    app.add_directive("listing", Listing)
    app.connect("env-updated", _pages_with_listing)
    app.connect("doctree-resolved", _fill)
