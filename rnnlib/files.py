"""Writing files so that nobody ever sees half of one."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` to write to, which takes its name only once the block has ended well.

    Where the block raises, an interruption by the keyboard included, the temporary file is removed and what
    stood under `path` before stays.

    Args:
        path: the file's final name; its folder has to exist.
    """
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    part.touch(exist_ok=False)  # with the rights of any new file, which tempfile's don't have
    try:
        yield part
        with open(part, "rb") as file:
            os.fsync(file.fileno())  # on disk before it replaces the older one
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
