"""Runs the cells of a chapter, keeps what they gave, and says which cell failed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.executors.utils import single_nb_execution
from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import SphinxError
from sphinx.util import logging

BOOK_VARIABLE = "RNNLIB_BOOK"
QUIET_KERNEL = ["--IPKernelApp.log_level=40"]  # errors only, not advice about sockets
ANSI_CODES = re.compile(r"\x1b\[[0-9;]*m")
MOST_AT_ONCE = 4  # kernels; one that trains a network takes up to a gigabyte

logger = logging.getLogger(__name__)


class CellFailed(SphinxError):
    """A chapter's cell raised an error, took too long or lost its kernel."""

    category = "A cell failed"


@contextmanager
def book_kernels() -> Iterator[None]:
    """Tell the kernels started meanwhile that they run for the book (`RNNLIB_BOOK=1`), on one thread.

    The book's networks are small: a second thread does not help them, makes sums depend on the machine, and
    waits by spinning, which takes ten times as long as soon as another process wants that core.
    """
    settings = {BOOK_VARIABLE: "1", "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")}
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def read_chapter(path: Path, syntax: set[str]) -> NotebookNode | None:
    """Read a MyST page as a notebook without outputs.

    Args:
        path: the page.
        syntax: MyST's optional syntax that the book switches on (`myst_enable_extensions`).

    Returns:
        the notebook, whose metadata's `source_map` holds each cell's first line, or None when the page has
        no cells to run (no `jupytext` header).
    """
    text = path.read_text(encoding="utf-8")
    if not is_myst_markdown_notebook(text):
        return None
    config = MdParserConfig(enable_extensions=set(syntax))
    notebook: NotebookNode = read_myst_markdown_notebook(text, config=config, add_source_map=True, path=path)
    return notebook


def execute(
    folder: Path, page: str, notebook: NotebookNode, cache_path: Path, timeout: int
) -> tuple[NotebookNode, float]:
    """Return a chapter's notebook with outputs, from the cache when its cells have run before.

    Call it within `book_kernels()`.

    Args:
        folder: the book's.
        page: the chapter's source in it, such as `chapters/gru.md`; the cells run in the folder of that file.
        notebook: what `read_chapter` returned.
        cache_path: the folder of executed notebooks.
        timeout: seconds that one cell may take.

    Returns:
        the notebook, and the seconds that running it took just now (0 when it came from the cache).

    Raises:
        CellFailed: naming the chapter, the cell, its line, its source and the traceback.
    """
    cache = get_cache(str(cache_path))
    try:
        return cache.merge_match_into_notebook(notebook)[1], 0.0
    except KeyError:
        pass
    path = folder / page
    begun: list[int] = []  # cells sent to the kernel; the one that fails is the last
    try:
        result = single_nb_execution(
            notebook,
            cwd=str(path.parent),
            allow_errors=False,
            timeout=timeout,
            extra_arguments=QUIET_KERNEL,
            on_cell_execute=lambda cell, cell_index: begun.append(cell_index),
            coalesce_streams=True,  # one text, however many pieces it was printed in
        )
    except (DeadKernelError, RuntimeError) as error:
        raise CellFailed(_failure(page, notebook, begun, f"the kernel was lost: {error}")) from error
    if result.err is not None:
        raise CellFailed(_failure(page, notebook, begun, str(result.err)))
    notebook.metadata.pop("widgets", None)  # the pages host widgets without ipywidgets' saved state
    bundle = CacheBundleIn(notebook, str(path), data={"execution_seconds": result.time})
    cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
    return notebook, result.time


def _failure(page: str, notebook: NotebookNode, begun: list[int], trace: str) -> str:
    """Say which cell failed: chapter, number among the code cells, line, source, traceback."""
    if not begun:
        return f"{page}: {trace}"
    line = notebook.metadata["source_map"][begun[-1]] + 1
    return f"{page}: cell {len(begun)} (line {line})\n\n{ANSI_CODES.sub('', trace).strip()}\n"


def cores() -> int:
    """Return how many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _execute_changed(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Run the chapters about to be read whose cells are not in the cache, as many at once as there are cores.

    A failing cell stops the build; chapters that run meanwhile come to their end and are kept.
    """
    folder, cache_folder = Path(env.srcdir), Path(app.config.nb_execution_cache_path)
    with book_kernels(), ThreadPoolExecutor(min(cores(), MOST_AT_ONCE)) as pool:
        runs = {}
        for docname in docnames:
            page = str(env.doc2path(docname, base=False))
            notebook = read_chapter(folder / page, app.config.myst_enable_extensions)
            if notebook is not None:
                timeout = app.config.nb_execution_timeout
                runs[pool.submit(execute, folder, page, notebook, cache_folder, timeout)] = docname
        try:
            for run in as_completed(runs):
                _, seconds = run.result()
                how = f"run in {seconds:.1f} s" if seconds else "unchanged, taken from the cache"
                logger.info("cells of %s ... %s", runs[run], how)
        except CellFailed:
            pool.shutdown(cancel_futures=True)
            raise


def setup(app: Sphinx) -> None:
    """Register execution; called by `rnnlib.book.setup`."""
    app.connect("env-before-read-docs", _execute_changed)
