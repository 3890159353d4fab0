"""Where the code runs: in the book's build, or in front of a person."""

import os
import sys


def in_book() -> bool:
    """Whether the book is being built: `RNNLIB_BOOK=1`, set by the Sphinx extension for that time."""
    return os.environ.get("RNNLIB_BOOK", "") not in ("", "0")


def shell_name() -> str | None:
    """The class of the running IPython shell (`ZMQInteractiveShell` in a notebook), `None` without one."""
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", None)
    shell = get_ipython() if get_ipython else None
    return type(shell).__name__ if shell is not None else None


def someone_waits() -> bool:
    """Whether a person looks on while code runs: a notebook or a terminal, no build, no test."""
    if in_book() or any(os.environ.get(name) for name in ("RNNLIB_QUIET", "PYTEST_VERSION")):
        return False
    return shell_name() in ("ZMQInteractiveShell", "Shell") or sys.stderr.isatty()
