"""The Content-Security-Policy: what a page of the book may load and run, and nothing else.

Each page carries the policy with the hashes of its own inline scripts, computed as the page is written. A
server can send the same as a header: the book's inline scripts are alike on all pages, so that one line, the
file `POLICY_FILE` beside the first page, fits them all. Links that lead out of the book give away nothing.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.jinja2glue import BuiltinTemplateLoader

POLICY_FILE = "content-security-policy.txt"
DIRECTIVES = {
    "default-src": ("'none'",),
    "script-src": ("'self'",),  # and the hashes of inline scripts
    "style-src": ("'self'", "'unsafe-inline'"),  # KaTeX places each glyph by a style of its own
    "img-src": ("'self'", "data:"),
    "font-src": ("'self'",),
    "connect-src": ("'self'",),
    "worker-src": ("blob:",),  # the translator computes in a worker made of the page's own script
    "base-uri": ("'none'",),
}
CHARSET = '<meta charset="utf-8" />'
_SCRIPT = re.compile(r"<script([^>]*)>(.*?)</script>", re.DOTALL | re.IGNORECASE)
_OUTWARD = re.compile(r'<a\s(?=[^>]*\bhref="(?:https?:)?//)(?![^>]*\brel=)', re.IGNORECASE)
_IS_DATA = re.compile(r'\btype="(?!module|text/javascript)', re.IGNORECASE)


def inline_scripts(html: str) -> list[str]:
    """Return the scripts that stand in a page itself, data that only look like one left out."""
    return [
        body
        for attributes, body in _SCRIPT.findall(html)
        if "src=" not in attributes and not _IS_DATA.search(attributes)
    ]


def policy(scripts: Iterable[str] = ()) -> str:
    """Return the policy that lets these inline scripts run, as the value of the header."""
    digests = {base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts}
    hashes = [f"'sha256-{digest}'" for digest in sorted(digests)]
    return "; ".join(
        " ".join((name, *sources, *(hashes if name == "script-src" else ())))
        for name, sources in DIRECTIVES.items()
    )


def guarded(html: str) -> str:
    """Return a page with its policy in its head, and with links out that do not say where they come from."""
    html = _OUTWARD.sub('<a rel="noopener noreferrer" ', html)
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy(inline_scripts(html))}" />'
    return html.replace(CHARSET, f"{CHARSET}\n    {meta}", 1)


class GuardedTemplates(BuiltinTemplateLoader):
    """Sphinx's templates, each page guarded before it is written."""

    def render(self, template: str, context: dict[str, Any]) -> str:  # type: ignore[override]
        html = super().render(template, context)
        return guarded(html) if CHARSET in html else html


def _configure(app: Sphinx, config: Config) -> None:
    config.template_bridge = f"{__name__}.{GuardedTemplates.__name__}"


def _publish(app: Sphinx, error: Exception | None) -> None:
    """Write the one policy that fits every page, for a server to send."""
    if error is not None or app.builder.format != "html":
        return
    pages = (page.read_text(encoding="utf-8") for page in Path(app.outdir).rglob("*.html"))
    scripts = {script for page in pages for script in inline_scripts(page)}
    (Path(app.outdir) / POLICY_FILE).write_text(f"{policy(scripts)}\n", encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register the policy; called by `rnnlib.book.setup`."""
    app.connect("config-inited", _configure)
    app.connect("build-finished", _publish)
