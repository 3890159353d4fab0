"""Where texts come from: the packaged story, a checked download, the reader's own file."""

import hashlib
import os
import stat
import tempfile
import time
import zipfile
from dataclasses import dataclass
from importlib import resources
from pathlib import Path, PureWindowsPath

from rnnlib.files import atomic_path


class DataUnavailable(OSError):
    """A corpus is neither here nor can it be downloaded."""


class DigestMismatch(ValueError):
    """A file's bytes are not the ones that were published."""


class UnsafeArchive(ValueError):
    """An archive names a file outside the folder that it is unpacked in."""


@dataclass(frozen=True)
class Source:
    """A published file.

    Attributes:
        name: its name on disk.
        url: where it is downloaded from.
        sha256: the digest of its bytes.
    """

    name: str
    url: str
    sha256: str


ABANDONED = 600.0  # seconds without a write after which a download's writer must be gone

TIME_MACHINE = Source(
    name="timemachine.txt",
    url="https://d2l-data.s3-accelerate.amazonaws.com/timemachine.txt",
    sha256="8424dbd9532ac81f7e5f0b6add90e6952baea29158309d7d1bf3884f4e12c516",
)


def load_story() -> str:
    """The story that comes with the package, an original text written for this book (no network needed)."""
    return resources.files("rnnlib.data").joinpath("story.txt").read_text(encoding="utf-8")


def load_time_machine(
    root: str | os.PathLike[str] | None = None, download: bool = True, source: Source = TIME_MACHINE
) -> str:
    """H. G. Wells, *The Time Machine* (1895): 178,979 characters, in the public domain.

    Args:
        root: folder that keeps the download; by default the user's cache folder.
        download: fetch the file where it is not yet on disk.
        source: another place to take it from.

    Returns:
        The text as published; `rnnlib.data.letters_only` reduces it to a-z and spaces.

    Raises:
        DataUnavailable: no copy, and no network (or `download=False`), or `root` cannot be written.
        DigestMismatch: the copy or the download is not the published file.
    """
    return load_text(fetch(source, root, download))


def load_text(path: str | os.PathLike[str]) -> str:
    """The reader's own text.

    Args:
        path: a UTF-8 file.

    Returns:
        Its text, line ends as `\\n`, without a byte order mark.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is empty or is not UTF-8.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"path is {path}, which is no file; expected a text file in UTF-8")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"path is {path}, whose byte {error.start} is not UTF-8; expected a text file in UTF-8"
        ) from error
    if not text.strip():
        raise ValueError(f"path is {path}, which holds no text ({path.stat().st_size} bytes); expected some")
    return text


def fetch(source: Source, root: str | os.PathLike[str] | None = None, download: bool = True) -> Path:
    """The path of a published file whose digest is right, downloaded where needed.

    Looked for in the folder that the environment variable `RNNLIB_DATA` names, then in `root`. A download
    goes to a temporary file first and takes its name only once its digest is right. What a killed process
    left of one is removed by the next download that comes ten minutes later or more.

    Args:
        source: the file.
        root: folder that keeps the download; by default the user's cache folder.
        download: fetch the file where it is not yet on disk.

    Raises:
        DataUnavailable: no copy, and no network (or `download=False`), or `root` cannot be written.
        DigestMismatch: the copy or the download is not the published file.
        UnsafeArchive: it is a zip file with a path out of its folder, or with a link.
    """
    import pooch

    local = _local_copy(source)
    if local is not None:
        return local
    root = Path(pooch.os_cache("rnnlib") if root is None else root).expanduser()
    cached = root / source.name
    if cached.is_file() and (not download or _sha256(cached) == source.sha256):
        return _checked(cached, source)
    if not download:
        raise DataUnavailable(f"{source.name} is not in root={root} and download=False. {_remedy(source)}")
    _download(source, root)
    return cached


def _local_copy(source: Source) -> Path | None:
    folder = os.environ.get("RNNLIB_DATA")
    if not folder:
        return None
    if not Path(folder).is_dir():
        raise DataUnavailable(
            f"RNNLIB_DATA is {folder!r}, which is no folder; expected one that holds {source.name}"
        )
    path = Path(folder) / source.name
    return _checked(path, source) if path.is_file() else None


def _checked(path: Path, source: Source) -> Path:
    came = _sha256(path)
    if came != source.sha256:
        raise DigestMismatch(
            f"{path} is not the published {source.name}: expected SHA-256 {source.sha256}, got {came} "
            f"({path.stat().st_size} bytes). Delete it, or put the right file there."
        )
    check_archive(path, source.name)
    return path


def check_archive(path: Path, name: str) -> None:
    """Require of a zip file, by its name, that everything in it stays in the folder where it is unpacked.

    Raises:
        UnsafeArchive: a member with an absolute path, a drive, `..`, or a link.
    """
    if not name.endswith(".zip"):
        return
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            place = PureWindowsPath(member.orig_filename)  # knows both separators, and drives
            if place.anchor or ".." in place.parts or stat.S_ISLNK(member.external_attr >> 16):
                raise UnsafeArchive(
                    f"{name} holds {member.orig_filename!r}, expected paths below its folder and no links; "
                    "nothing was unpacked"
                )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _download(source: Source, root: Path) -> None:
    """Fetches into a temporary file beside the target and renames it once the digest is right."""
    import pooch
    import requests

    _make_writable(source, root)
    _remove_abandoned(source, root)
    pooch.get_logger().setLevel("WARNING")  # pages show no log of what was fetched
    downloader = pooch.HTTPDownloader(timeout=30)
    try:
        with atomic_path(root / source.name) as part:
            downloader(source.url, str(part), None)
            came = _sha256(part)
            if came != source.sha256:
                raise DigestMismatch(
                    f"the download of {source.name} from {source.url} is broken or not the published file: "
                    f"expected SHA-256 {source.sha256}, got {came} ({part.stat().st_size} bytes). "
                    "Nothing was kept; try again."
                )
            check_archive(part, source.name)
    except requests.exceptions.RequestException as error:
        raise DataUnavailable(f"could not download {source.url} ({error}). {_remedy(source)}") from error


def _make_writable(source: Source, root: Path) -> None:
    """Finds out before anything is fetched whether `root` can be written to."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=root).close()
    except OSError as error:
        raise DataUnavailable(
            f"root is {root}, where nothing can be written ({error.strerror}); expected a folder of your "
            f"own: pass root=, or see to it that it can be written. {_remedy(source)}"
        ) from error


def _remove_abandoned(source: Source, root: Path) -> None:
    """Takes away what downloads have left that were killed: no running one pauses so long (30 s end it)."""
    for part in root.glob(f"{source.name}.*.part"):
        if time.time() - part.stat().st_mtime > ABANDONED:
            part.unlink(missing_ok=True)


def _remedy(source: Source) -> str:
    return (
        f"Without a network: put {source.name} into a folder and set RNNLIB_DATA=/that/folder, "
        "or use load_story(), which comes with the package."
    )
