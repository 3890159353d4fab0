"""A chapter as Jupyter Book builds it without our extension, and the scripts that its page takes from CDNs.

The notebooks beside the chapters hold nothing that is ours, so they are a book by themselves: stock settings,
the same pages in the sidebar and in the search index. One chapter is executed, and its widgets are what
anywidget makes of them. The other notebooks are shown as they are stored.

What such a page takes from CDNs is npm packages. `CDN` fetches these once through the npm client and gives
their files, so that the page can be measured alive without asking anybody else. Where there is no npm it
gives nothing.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import threading
from pathlib import Path

from benchmarks.store import PARTIAL
from rnnlib import results

FOLDER = PARTIAL / "stock"
CHAPTERS = results.ROOT / "chapters"
CONFIG = """\
title: Modern Recurrent Networks
author: The Modern Recurrent Networks authors
execute:
  execute_notebooks: cache
  timeout: -1
  exclude_patterns: [{others}]
"""
# Host to the form of its paths. The first two put a package's specifier and a file in it; the third minifies
# itself what npm holds as it was written.
SPECIFIER = r"((?:@[^/]+/)?[^/@]+@[^/]+)/(.+)"
HOSTS = {
    "cdn.jsdelivr.net": re.compile("/npm/" + SPECIFIER),
    "unpkg.com": re.compile("/" + SPECIFIER),
    "cdnjs.cloudflare.com": re.compile(r"/ajax/libs/(require)\.js/([\d.]+)/require\.min\.js"),
}


def digest() -> str:
    """Of what the stock pages' weight comes from: notebooks and widgets."""
    widgets = results.ROOT / "rnnlib" / "widgets"
    return results.code_digest([Path(__file__), *CHAPTERS.glob("*.ipynb"), widgets, widgets / "js"])


def build(chapter: str, folder: Path = FOLDER) -> Path:
    """Build the stock book with one executed chapter; what was built from the same files is kept.

    Args:
        chapter: its name, such as `gru`.
        folder: where to.

    Returns:
        The folder of the HTML.

    Raises:
        RuntimeError: jupyter-book failed; what it said is in the message.
    """
    html, mark = folder / "_build" / "html", folder / "made-of.txt"
    made_of = f"{chapter} {digest()}"
    if mark.is_file() and mark.read_text() == made_of:
        return html
    shutil.rmtree(folder, ignore_errors=True)
    write_sources(chapter, folder)
    environment = {name: value for name, value in os.environ.items() if name != "RNNLIB_BOOK"}
    paths = [str(results.ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    # Quiet: progress bars are widgets, too, which stock pages keep.
    settings = {"PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1", "RNNLIB_QUIET": "1"}
    done = subprocess.run(
        [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", str(folder)],
        env=environment | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode or not (html / "chapters" / f"{chapter}.html").is_file():
        raise RuntimeError(f"jupyter-book could not build the stock book:\n{done.stdout[-4000:]}")
    mark.write_text(made_of)
    return html


def write_sources(chapter: str, folder: Path) -> None:
    """Notebooks, pictures, settings and table of contents of the stock book.

    Raises:
        FileNotFoundError: there is no notebook of that name.
    """
    notebooks = sorted(CHAPTERS.glob("*.ipynb"))
    if chapter not in [path.stem for path in notebooks]:
        known = ", ".join(path.stem for path in notebooks)
        raise FileNotFoundError(f"chapter is {chapter!r}, expected one of {known}")
    shutil.copytree(CHAPTERS, folder / "chapters", ignore=shutil.ignore_patterns("*.md", ".*"))
    others = ", ".join(f"chapters/{path.name}" for path in notebooks if path.stem != chapter)
    (folder / "_config.yml").write_text(CONFIG.format(others=others), encoding="utf-8")
    files = "".join(f"- file: chapters/{path.stem}\n" for path in notebooks)
    (folder / "_toc.yml").write_text(f"format: jb-book\nroot: index\nchapters:\n{files}", encoding="utf-8")
    (folder / "index.md").write_text("# Modern Recurrent Networks\n", encoding="utf-8")


class CDN:
    """Files of npm packages under the addresses that CDNs give them.

    Args:
        folder: where the packages are kept.
    """

    def __init__(self, folder: Path = PARTIAL / "npm") -> None:
        self.folder = folder
        self.lock = threading.Lock()  # a page asks for several files of a package at once
        self.missing: set[str] = set()  # addresses that were asked for in vain

    def read(self, host: str, path: str) -> bytes | None:
        """What `https://HOST/PATH` would give; None where npm cannot say."""
        place = package_file(host, path)
        found = None
        if place:
            with self.lock:
                package = self._package(place[0])
            file = package / place[1] if package else None
            found = file.read_bytes() if file and file.is_file() else None
        if found is None:
            self.missing.add(f"https://{host}{path}")
        return found

    def _package(self, specifier: str) -> Path | None:
        """The unpacked package; None where there is no npm or no such package."""
        place = self.folder / re.sub(r"[^\w.@-]", "_", specifier)
        if not (place / "package").is_dir():
            npm = shutil.which("npm")
            if npm is None:
                return None
            place.mkdir(parents=True, exist_ok=True)
            packed = subprocess.run([npm, "pack", specifier], cwd=place, capture_output=True)
            archive = next(place.glob("*.tgz"), None)
            if packed.returncode or archive is None:
                return None
            with tarfile.open(archive) as tar:
                tar.extractall(place, filter="data")
        return place / "package"


def package_file(host: str, path: str) -> tuple[str, str] | None:
    """The npm specifier and the file in it that a CDN's address stands for; None for any other address."""
    found = HOSTS[host].fullmatch(path) if host in HOSTS else None
    if found is None:
        return None
    if host == "cdnjs.cloudflare.com":
        return f"{found[1]}js@{found[2]}", "require.js"
    file = found[2]
    return found[1], file if file.endswith((".js", ".css", ".woff", ".woff2", ".map")) else f"{file}.js"
