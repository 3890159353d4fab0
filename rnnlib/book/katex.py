"""Mathematics rendered while the book is built: KaTeX, run in V8 inside this process.

The page then holds HTML for the eye and MathML for screen readers, and needs no script. KaTeX's script,
style sheet and fonts come from the installed distribution `wagtail-katex`, of which only these files are
used; nothing of it is imported.
"""

from __future__ import annotations

import json
import re
import shutil
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any

from docutils import nodes
from py_mini_racer import JSEvalException, MiniRacer
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

DISTRIBUTION = "wagtail-katex"
CSS_NAME = "katex.css"

logger = logging.getLogger(__name__)


class TeXError(ValueError):
    """A formula that KaTeX can't read."""


@lru_cache(maxsize=1)
def katex_folder() -> Path:
    """Return the folder that holds `katex.min.js`, `katex.min.css` and `fonts/`.

    Raises:
        RuntimeError: when the distribution that carries them is not installed.
    """
    try:
        listed = files(DISTRIBUTION) or []
    except PackageNotFoundError:
        listed = []
    for entry in listed:
        if entry.name == "katex.min.js":
            return Path(str(entry.locate())).resolve().parent
    raise RuntimeError(
        f"KaTeX's files were not found: {DISTRIBUTION} is not installed; "
        "run: pip install --no-deps -r requirements-nodeps.txt"
    )


@lru_cache(maxsize=1)
def _engine() -> MiniRacer:
    """Return this process's one V8 context, with KaTeX loaded."""
    engine = MiniRacer()
    engine.eval((katex_folder() / "katex.min.js").read_text(encoding="utf-8"))
    engine.eval(
        "function renderTeX(tex, display, macros) {"
        "  try {"
        "    return {html: katex.renderToString(tex, {displayMode: display, output: 'htmlAndMathml',"
        "            throwOnError: true, strict: 'error', trust: false, macros: JSON.parse(macros)})};"
        "  } catch (error) { return {error: String(error.message || error)}; }"
        "}"
    )
    return engine


@lru_cache(maxsize=4096)
def render(tex: str, display: bool = False, macros: str = "{}") -> str:
    r"""Render one formula.

    Args:
        tex: the formula, without its dollars.
        display: displayed on a line of its own instead of within one.
        macros: a JSON object, from `\name` to what it stands for.

    Returns:
        HTML that holds the formula twice, for the eye (hidden from screen readers) and as MathML.

    Raises:
        TeXError: when KaTeX refuses the formula; the message is KaTeX's.
    """
    try:
        arguments = f"{json.dumps(tex)}, {json.dumps(display)}, {json.dumps(macros)}"
        answer: dict[str, str] = json.loads(str(_engine().eval(f"JSON.stringify(renderTeX({arguments}))")))
    except JSEvalException as error:
        raise TeXError(str(error)) from error
    if "error" in answer:
        raise TeXError(answer["error"])
    return answer["html"]


def _rendered(translator: Any, node: nodes.Element, display: bool) -> str:
    """Render a node's formula; a bad one is a warning at its line, which fails a build run with `-W`."""
    macros = json.dumps(translator.config.rnnlib_katex_macros, sort_keys=True)
    try:
        return render(node.astext().strip(), display, macros)
    except TeXError as error:
        logger.warning("bad TeX: %s: %s", error, node.astext().strip(), location=_located(node))
        return f"<code>{translator.encode(node.astext())}</code>"


def _located(node: nodes.Node) -> nodes.Node:
    """Return the nearest node around this one that knows its line."""
    while node.line is None and node.parent is not None:
        node = node.parent
    return node


def visit_inline(translator: Any, node: nodes.math) -> None:
    translator.body.append(f'<span class="rnn-math">{_rendered(translator, node, display=False)}</span>')
    raise nodes.SkipNode


def visit_display(translator: Any, node: nodes.math_block) -> None:
    translator.body.append(translator.starttag(node, "div", CLASS="rnn-math"))
    if node["number"]:
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append(
        f'<div class="rnn-formula">{_rendered(translator, node, display=True)}</div></div>\n'
    )
    raise nodes.SkipNode


def woff2_only(css: str) -> str:
    """Drop the older font formats from KaTeX's style sheet: every browser reads woff2."""
    return re.sub(r'(format\("woff2"\)),[^;}]*', r"\1", css)


def copy_assets(app: Sphinx) -> None:
    """Put KaTeX's style sheet and its woff2 fonts beside the pages."""
    if app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    fonts = static / "fonts"
    fonts.mkdir(parents=True, exist_ok=True)
    for font in sorted((katex_folder() / "fonts").glob("*.woff2")):
        shutil.copyfile(font, fonts / font.name)
    css = (katex_folder() / "katex.min.css").read_text(encoding="utf-8")
    (static / CSS_NAME).write_text(woff2_only(css), encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register the renderer; called by `rnnlib.book.setup`."""
    app.add_config_value("rnnlib_katex_macros", {}, "env", dict)
    app.add_html_math_renderer(
        "katex", inline_renderers=(visit_inline, None), block_renderers=(visit_display, None)
    )
    app.connect("builder-inited", copy_assets)
    app.add_css_file(CSS_NAME)
