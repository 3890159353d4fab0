"""What the pages load and offer: their style sheet and scripts, live widgets, the notebook to download."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

from rnnlib.widgets import loader

WIDGET_CLASS = "rnn-widget"
WIDGET_ID = re.compile(rf'<figure class="{WIDGET_CLASS}" id="([^"]*)"')
WIDGET_KIND = re.compile(rf'<figure class="{WIDGET_CLASS}"[^>]*\bdata-widget="(\w+)"')
STATIC = Path(__file__).parent / "static"
TEMPLATES = Path(__file__).parent / "templates"
THEME_SCRIPT = "scripts/pydata-sphinx-theme.js"
ONLY_WITH = {  # what an extension's script works on
    "design-tabs.js": "sd-tab-set",
    "clipboard.min.js": 'class="highlight',
    "copybutton.js": 'class="highlight',
}
EMPTY_HEAD = re.compile(r"<th\b[^>]*>\s*(?:<p>\s*</p>)?\s*</th>")
COLAB = "https://colab.research.google.com"  # opens what is on GitHub
BINDER = "https://mybinder.org"

logger = logging.getLogger(__name__)


def _configure(app: Sphinx, config: Config) -> None:
    config.html_math_renderer = "katex"
    config.math_numfig = False  # equations count per page, as in the notebooks
    config.html_last_updated_fmt = None
    config.templates_path = [str(TEMPLATES), *config.templates_path]
    options = config.html_theme_options
    if repository := options.get("repository_url"):
        launch = options.setdefault("launch_buttons", {})
        launch |= {"binderhub_url": BINDER, "notebook_interface": "jupyterlab"}
        if urlsplit(repository).hostname == "github.com":
            launch["colab_url"] = COLAB


def _write_assets(app: Sphinx) -> None:
    if app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    static.mkdir(parents=True, exist_ok=True)
    for asset in STATIC.iterdir():
        shutil.copyfile(asset, static / asset.name)
    for name, source in loader.weight_scripts().items():
        (static / name).write_text(source, encoding="utf-8")


def widgets_of(tree: nodes.Node) -> tuple[str, ...]:
    """Return the kinds of widgets that a page holds, sorted."""
    raws = tree.findall(nodes.raw)
    return tuple(sorted({kind for raw in raws for kind in WIDGET_KIND.findall(raw.astext())}))


def _widget_script(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Load one script on a page with widgets: the kinds that it holds, and no others."""
    kinds = widgets_of(tree) if tree is not None else ()
    if kinds:
        name = f"rnnlib-{'-'.join(kinds)}.js"
        (Path(app.outdir) / "_static" / name).write_text(loader.bundle(kinds), encoding="utf-8")
        app.add_js_file(name, loading_method="defer", priority=100)  # before the theme's: readers wait for it


def _settle_scripts(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Let no script hold up the first paint, and load none that finds nothing to do.

    Scripts within the page are left out: they only set options of the theme that the book does not use.
    """
    body = context.get("body", "")
    context["script_files"] = [
        script
        for script in context["script_files"]
        if script.filename and ONLY_WITH.get(str(script.filename).rpartition("/")[2], "") in body
    ]
    for script in context["script_files"]:
        script.attributes["defer"] = "defer"


def _empty_heads(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Make an empty cell of a table's head no heading: a screen reader would announce it as one."""
    if "body" in context:
        context["body"] = EMPTY_HEAD.sub("<td></td>", context["body"])


def twin_of(app: Sphinx, page: str) -> Path | None:
    """Return the notebook beside a page's source, if there is one."""
    if page not in app.env.found_docs:
        return None
    twin = Path(app.env.doc2path(page)).with_suffix(".ipynb")
    return twin if twin.is_file() else None


def _offer_twin(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Tell the theme's buttons of the notebook; without one they would open the Markdown in Colab."""
    if twin_of(app, page):
        context["ipynb_source"] = f"{page}.ipynb"
    else:
        app.env.metadata[page].pop("kernelspec", None)


def _copy_twins(app: Sphinx, error: Exception | None) -> None:
    """Put the notebooks where the theme's download button looks for them."""
    if error is not None or app.builder.format != "html":
        return
    for page in app.env.found_docs:
        twin = twin_of(app, page)
        if twin:
            copy = Path(app.outdir) / "_sources" / f"{page}.ipynb"
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(twin, copy)


class WidgetIds(SphinxTransform):
    """Every widget of a page has an id of its own; without, a link or the address could mean either."""

    default_priority = 869

    def apply(self, **kwargs: object) -> None:
        seen = set()
        for raw in self.document.findall(nodes.raw):
            for widget in WIDGET_ID.findall(raw.astext()):
                if widget in seen:
                    page = self.env.docname
                    logger.warning("two widgets of the page %s have the id %r", page, widget, location=raw)
                seen.add(widget)


class WidgetLinks(SphinxTransform):
    """`[text](#widget?trait=value)` stays a link within the page, which the page's script acts on."""

    default_priority = 870  # before MyST looks for the target among headings and labels

    def apply(self, **kwargs: object) -> None:
        raws = "".join(raw.astext() for raw in self.document.findall(nodes.raw))
        for link in self.document.findall(nodes.reference):
            uri = link.get("refuri", "")
            if not link.get("id_link") or "?" not in uri:
                continue
            widget = unquote(uri[1:].partition("?")[0])
            if f'id="{widget}"' not in raws:
                logger.warning("a link sets a widget %r that this page does not have", widget, location=link)
            del link["id_link"]
            link["internal"] = True
            link["classes"].append("rnn-set")


def setup(app: Sphinx) -> None:
    """Register the pages' assets; called by `rnnlib.book.setup`."""
    app.add_css_file("rnn-icons.css", priority=800)
    app.add_css_file("rnn-book.css", priority=900)
    app.add_js_file(THEME_SCRIPT, priority=800)
    app.add_js_file("rnn-book.js", loading_method="defer", priority=900)
    app.add_transform(WidgetIds)
    app.add_transform(WidgetLinks)
    app.connect("config-inited", _configure)
    app.connect("builder-inited", _write_assets)
    app.connect("html-page-context", _widget_script)
    app.connect("html-page-context", _offer_twin, priority=100)
    app.connect("html-page-context", _empty_heads)
    app.connect("html-page-context", _settle_scripts, priority=900)
    app.connect("build-finished", _copy_twins)
