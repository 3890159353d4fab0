"""What a build may keep: executed cells while all they can see is the same, pages while their machinery is.

The notebook cache compares cells' source only. Here two hashes join Sphinx's configuration, so that an edit
in `rnnlib` or its data makes a new cache (every chapter runs again), and an edit in the book's machinery or
in the widgets' JavaScript makes the pages anew from the cells already executed.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

PACKAGE = Path(__file__).resolve().parent.parent
MACHINERY = (PACKAGE / "book", PACKAGE / "widgets" / "js")
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
    """Hash the book's machinery: this package and the widgets' JavaScript."""
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


def _configure(app: Sphinx, config: Config) -> None:
    current = cache_path(Path(app.outdir).parent)
    remove_stale(current)
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
