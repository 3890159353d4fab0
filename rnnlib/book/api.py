"""Which names the API page leaves out."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx


def _is_bare_field(app: Sphinx, what: str, name: str, member: Any, skip: bool, options: Any) -> bool | None:
    """Skip a NamedTuple's fields without a docstring of their own: the class's describes them."""
    doc = getattr(member, "__doc__", None) or ""
    return True if doc.startswith("Alias for field number") else None


def setup(app: Sphinx) -> None:
    """Register what is left out; called by `rnnlib.book.setup`."""
    if "sphinx.ext.autodoc" in app.extensions:
        app.connect("autodoc-skip-member", _is_bare_field)
