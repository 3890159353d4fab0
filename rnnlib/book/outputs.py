"""How cells' outputs get onto a page: pictures with alternative text, widgets without a kernel's state."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from myst_nb.core.render import MimeData, NbElementRenderer
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging

logger = logging.getLogger(__name__)


class BookRenderer(NbElementRenderer):  # type: ignore[misc]
    """MyST-NB's renderer; `alt` and `width` in an output's metadata describe its picture."""

    def render_image(self, data: MimeData) -> list[nodes.Element]:
        """Render a picture; one without alternative text is a warning, which fails the build."""
        rendered: list[nodes.Element] = super().render_image(data)
        described = {**data.output_metadata, **data.output_metadata.get(data.mime_type, {})}
        for image in rendered:
            if described.get("alt"):
                image["alt"] = str(described["alt"])
            if not image.get("alt") and data.mime_type != "application/pdf":
                logger.warning(
                    "a figure has no alternative text (pass alt=... to rnnlib.plots)",
                    location=(self.renderer.sphinx_env.docname, data.line),
                )
        return rendered

    def render_nb_finalise(self, metadata: dict[str, Any]) -> None:
        """Leave out the kernel's widget state: the page's own host shows the widgets."""


def _configure(app: Sphinx, config: Config) -> None:
    config.nb_render_plugin = "rnnlib"
    config.nb_ipywidgets_js = {}


def setup(app: Sphinx) -> None:
    """Register the renderer; called by `rnnlib.book.setup`."""
    app.connect("config-inited", _configure)
