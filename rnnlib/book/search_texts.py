"""The text behind the search's results: what each section says, in a script that works from a folder, too.

Sphinx's search fetches every page that it finds to show an excerpt, which is slow, and which browsers refuse
to pages opened by double click. Here the sections' prose lies in one file that only the search page loads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import document, pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

FILE = "rnn-texts.js"
SILENT = ("cite", "math")  # domains whose references read as keys until they are resolved


SIGNS = {"odot": "⊙", "times": "×", "cdot": "·", "le": "≤", "ge": "≥", "ne": "≠", "approx": "≈", "to": "→"}
LETTERS = {"sigma": "σ", "alpha": "α", "gamma": "γ", "partial": "∂", "rho": "ρ", "infty": "∞", "sum": "Σ"}
SPOKEN = {name: name for name in ("tanh", "ln", "log", "exp", "max", "min")}


def plain(tex: str) -> str:
    """Return a formula as it would be typed: signs for their names, no braces, no other commands."""
    names = SIGNS | LETTERS | SPOKEN
    words = re.sub(r"\\([a-zA-Z]+)", lambda found: names.get(found[1], ""), tex)
    return re.sub(r"[{}\\]", "", words)


def _said(node: nodes.Node) -> str:
    """Return a node's words, without the keys of references that stand for a number or a name."""
    if isinstance(node, nodes.Text):
        return node.astext()
    if isinstance(node, pending_xref) and node.get("refdomain") in SILENT:
        return ""
    if isinstance(node, nodes.math):
        return plain(node.astext())
    return "".join(map(_said, node.children))


def _line(node: nodes.Node) -> str:
    """Return what a node says on one line, without the gaps that left-out references leave."""
    return re.sub(r"\s+([.,;:)])", r"\1", " ".join(_said(node).split()))


def texts_of(tree: nodes.Node) -> dict[str, str]:
    """Return the prose of a page's sections by their anchors, that of the page's beginning by its title's."""
    found: dict[str, list[str]] = {}
    for paragraph in tree.findall(lambda node: isinstance(node, (nodes.paragraph, nodes.term))):
        section = paragraph.parent
        if isinstance(section, nodes.system_message):
            continue
        while section.parent is not None and not isinstance(section, nodes.section):
            section = section.parent
        anchor = section["ids"][0] if isinstance(section, nodes.section) and section["ids"] else ""
        colon = ":" if isinstance(paragraph, nodes.term) else ""
        found.setdefault(anchor, []).append(_line(paragraph) + colon)
    return {anchor: " ".join(texts) for anchor, texts in found.items()}


def _store(env: Any) -> dict[str, dict[str, str]]:
    if not hasattr(env, "rnnlib_texts"):
        env.rnnlib_texts = {}
    texts: dict[str, dict[str, str]] = env.rnnlib_texts
    return texts


def _collect(app: Sphinx, tree: document) -> None:
    _store(app.env)[app.env.docname] = texts_of(tree)


def _forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    _store(env).pop(docname, None)


def _merge(app: Sphinx, env: BuildEnvironment, docnames: Iterable[str], other: BuildEnvironment) -> None:
    _store(env).update({name: found for name, found in _store(other).items() if name in docnames})


def _write(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    data = json.dumps(_store(app.env), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    (Path(app.outdir) / "_static" / FILE).write_text(f"globalThis.rnnTexts = {data};\n", encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register the texts; called by `rnnlib.book.setup`."""
    app.connect("doctree-read", _collect)
    app.connect("env-purge-doc", _forget)
    app.connect("env-merge-info", _merge)
    app.connect("build-finished", _write)
