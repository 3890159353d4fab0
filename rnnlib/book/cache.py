"""What a build may keep: executed cells while all they can see is the same, pages while their machinery is.

The notebook cache compares cells' source only. Here two hashes join Sphinx's configuration, so that an edit
in `rnnlib` or its data makes a new cache (every chapter runs again), and an edit in the book's machinery or
in the widgets' JavaScript makes the pages anew from the cells already executed. What was measured on the
built pages themselves counts as machinery, and makes the one page run again that shows it.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

from jupyter_cache import get_cache
from sphinx.application import Sphinx
from sphinx.config import Config

PACKAGE = Path(__file__).resolve().parent.parent
MEASURED_ON_PAGES = tuple(PACKAGE / "results" / f"{name}.json" for name in ("page", "weight"))
SHOWN_ON = "benchmarks"
MACHINERY = (PACKAGE / "book", PACKAGE / "widgets" / "js", *MEASURED_ON_PAGES)
CACHE_FOLDER = "executed"
NUMERICAL = ("torch", "numpy", "matplotlib")


def files_hash(files: Iterable[Path], *notes: str) -> str:
    """Return 16 hex digits over the files' paths and contents, and over `notes`."""
    digest = hashlib.sha256("\n".join(notes).encode())
    for file in sorted(files):
        digest.update(f"\n{file.as_posix()}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _package_files() -> list[Path]:
    return [file for file in PACKAGE.rglob("*") if file.is_file() and "__pycache__" not in file.parts]


def outputs_hash() -> str:
    """Hash what a cell's output may depend on besides its source.

    That is `rnnlib` with its data and stored results, and the versions of Python and of the packages that
    compute and draw.
    """
    seen = [file for file in _package_files() if not any(file.is_relative_to(part) for part in MACHINERY)]
    return files_hash(seen, platform.python_version(), *(version(name) for name in NUMERICAL))


def pages_hash() -> str:
    """Hash the book's machinery: this package, the widgets' JavaScript, and what was measured on pages."""
    return files_hash(
        file for file in _package_files() if any(file.is_relative_to(part) for part in MACHINERY)
    )


def cache_path(build: Path) -> Path:
    """Return the folder of executed notebooks that belongs to `rnnlib` as it is now."""
    return build / CACHE_FOLDER / outputs_hash()


def remove_stale(current: Path) -> None:
    """Remove the caches of earlier states of `rnnlib`."""
    if current.parent.is_dir():
        for old in current.parent.iterdir():
            if old != current and old.is_dir():
                shutil.rmtree(old)


def forget_if_measured_again(current: Path) -> None:
    """Remove the executed Benchmarks page from a cache when measures of pages are not those it shows."""
    note, measured = current / "measured-on-pages", files_hash(filter(Path.is_file, MEASURED_ON_PAGES))
    if note.is_file() and note.read_text() == measured:
        return
    cache = get_cache(current)
    for record in cache.list_cache_records():
        if Path(record.uri).stem == SHOWN_ON:
            cache.remove_cache(record.pk)
    note.write_text(measured)


def _configure(app: Sphinx, config: Config) -> None:
    current = cache_path(Path(app.outdir).parent)
    remove_stale(current)
    forget_if_measured_again(current)
    config.nb_execution_cache_path = str(current)
    config.rnnlib_pages_hash = pages_hash()


def _forget_failed_build(app: Sphinx, error: Exception | None) -> None:
    """Make the next build read every page again when this one failed, or its warnings would be lost."""
    strict = app.warningiserror or app.keep_going
    if error is not None or (strict and app._warncount):
        (Path(app.doctreedir) / "environment.pickle").unlink(missing_ok=True)


def setup(app: Sphinx) -> None:
    """Register the hashes; called by `rnnlib.book.setup`."""
    app.add_config_value("rnnlib_pages_hash", "", "env", str)
    app.connect("config-inited", _configure)
    app.connect("build-finished", _forget_failed_build)
