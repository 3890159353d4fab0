"""Builds the book: `python -m rnnlib.book.build [FOLDER]`, which `make book` calls.

It is `jupyter-book build -n -W --keep-going` with a plain ending: the address of the book, or no more than
what failed.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from jupyter_book.cli.main import main as jupyter_book


def build(folder: Path) -> Path:
    """Build the book in `folder`, warnings being errors, and return its first page.

    Raises:
        RuntimeError, SystemExit: when the book was not built; what failed stands on the terminal.
    """
    jupyter_book(["build", "-n", "-W", "--keep-going", str(folder)], standalone_mode=False)
    return folder.resolve() / "_build" / "html" / "index.html"


def main() -> None:
    """Build the book named on the command line (default: the current folder) and say where it is."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    start = time.perf_counter()
    try:
        page = build(folder)
    except (RuntimeError, SystemExit):  # jupyter-book's two ways of failing
        sys.exit("The book was not built: what failed stands above.")
    seconds = time.perf_counter() - start
    print(f"The book was built in {seconds:.1f} s. Open it by double click or at this address:")
    print(f"  {page.as_uri()}")
    print("To read it from a web server instead: make serve")


if __name__ == "__main__":
    main()
