"""Checks links out of the book: `make links` how they are written, `make links-online` what answers to them.

Read are the pages, chapters and other texts that git knows, and the bibliography with its DOIs.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import requests

ROOT = Path(__file__).resolve().parent.parent
KINDS = ("*.md", "*.bib", "*.cff", "*.html", "*.yml")
ELSEWHERE = ("tests/", ".github/")  # examples of links, and addresses of actions
ADDRESS = re.compile(r"""https?://[^\s<>"'`\\^{}|]+""")
DOI = re.compile(r"""^\s*doi\s*=\s*[{"]([^}"]+)[}"]""", re.MULTILINE)
LOCAL = {"localhost", "127.0.0.1"}
REFUSES_PROGRAMS = {401, 403, 405, 406, 418, 429}  # such an address is there, for people
HEADERS = {"User-Agent": "Mozilla/5.0 (link check of a book)"}


def links_in(text: str) -> set[str]:
    """The addresses that a text names, DOIs of a bibliography as their https address."""
    found = {_trimmed(address) for address in ADDRESS.findall(text)}
    return found | {f"https://doi.org/{doi}" for doi in DOI.findall(text)}


def _trimmed(address: str) -> str:
    """An address without the marks that end the sentence or the brackets around it."""
    address = address.rstrip(".,;:!?*]")
    while address.endswith(")") and address.count(")") > address.count("("):
        address = address[:-1].rstrip(".,;:!?")
    return address


def fault(address: str) -> str:
    """What is wrong with how an address is written; empty where nothing is."""
    parts = urlsplit(address)
    if parts.hostname in LOCAL:
        return ""
    if parts.scheme != "https":
        return "is not https"
    if not re.fullmatch(r"(?:[a-z0-9-]+\.)+[a-z]{2,}", parts.hostname or ""):
        return f"has no host but {parts.hostname!r}"
    if parts.username or parts.port:
        return "names a user or a port"
    if parts.hostname == "doi.org" and not re.fullmatch(r"/10\.\d{4,9}/\S+", parts.path):
        return "is no DOI: 10.NUMBER/NAME"
    return ""


def answer(address: str) -> str:
    """What a server says that does not have the page; empty where it has."""
    try:
        with requests.get(address, headers=HEADERS, timeout=30, stream=True) as response:
            status = response.status_code
    except requests.RequestException as error:
        return str(error)
    return "" if status < 400 or status in REFUSES_PROGRAMS else f"answers {status}"


def book_links() -> dict[str, list[str]]:
    """Each address with the files that name it."""
    listed = subprocess.run(
        ["git", "ls-files", *KINDS], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    found: dict[str, list[str]] = {}
    for name in listed:
        if not name.startswith(ELSEWHERE):
            for address in links_in((ROOT / name).read_text(encoding="utf-8")):
                found.setdefault(address, []).append(name)
    return found


def faults(addresses: Iterable[str], online: bool) -> dict[str, str]:
    """Address to what is wrong, those with nothing wrong left out."""
    told = {address: fault(address) for address in addresses}
    if online:
        good = [a for a, wrong in told.items() if not wrong and urlsplit(a).hostname not in LOCAL]
        with ThreadPoolExecutor(8) as pool:
            told |= dict(zip(good, pool.map(answer, good), strict=True))
    return {address: wrong for address, wrong in told.items() if wrong}


def main() -> None:
    """Print every faulty link with the files that hold it; fail where there is one."""
    found = book_links()
    wrong = faults(sorted(found), online="--online" in sys.argv[1:])
    for address, why in wrong.items():
        print(f"{address} {why}  ({', '.join(found[address])})")
    print(f"{len(found)} links, {len(wrong)} wrong")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
