"""One version everywhere: the package, its metadata, the citation, the changelog."""

import importlib.metadata
import re
from pathlib import Path

import yaml

import rnnlib

ROOT = Path(__file__).resolve().parent.parent


def test_package_metadata_citation_and_changelog_agree():
    assert re.fullmatch(r"\d+\.\d+\.\d+", rnnlib.__version__)
    assert importlib.metadata.version("rnnlib") == rnnlib.__version__
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == rnnlib.__version__
    heads = re.findall(r"^## (\S+),", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert heads[0] == rnnlib.__version__
