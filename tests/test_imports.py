"""Dependencies run one way, and importing the library pulls in neither Jupyter nor matplotlib."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "rnnlib"
PARTS = sorted(
    path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
)
LEAVES = {
    "errors",
    "environment",
    "files",
    "modes",
}  # helpers that any part may read and that read none but each other
MAY_READ = {
    "cells": set(),
    "layers": {"cells"},
    "models": {"cells", "layers"},
    "data": set(),
    "claims": set(),
    "decoding": {"data", "metrics"},
    "metrics": {"data"},
    "search": {"decoding"},
    "translator": {"data", "models", "search"},
    "training": {"data", "metrics"},
    "probes": {"cells", "layers"},
    "check": {"bleu", "cells", "layers", "models", "probes"},
    "widgets": {"bleu", "cells", "data", "layers", "models", "probes", "results", "search", "translator"},
}
MODEL_FREE = {"data", "training", "decoding", "metrics", "claims"}


def imported_modules(path: Path) -> set[str]:
    """Full names of all modules that a file imports, anywhere in it, relative imports resolved."""
    found = set()
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join((*package[: len(package) - node.level + 1], *(node.module or "").split(".")))
            base = (base if node.level else node.module).strip(".")
            found |= {f"{base}.{alias.name}" for alias in node.names} | {base}
    return found


def sources(part: str) -> list[Path]:
    """The Python files of one part of the package."""
    return sorted((PACKAGE / part).rglob("*.py")) or [PACKAGE / f"{part}.py"]


def parts_read_by(part: str) -> set[str]:
    """The other parts of rnnlib that a part imports."""
    names = set().union(*(imported_modules(path) for path in sources(part)))
    read = {name.split(".")[1] for name in names if name.startswith("rnnlib.")}
    return (read & set(PARTS)) - {part}


@pytest.mark.parametrize("part", MAY_READ)
def test_a_part_reads_only_what_lies_below_it(part):
    assert parts_read_by(part) <= MAY_READ[part] | LEAVES


@pytest.mark.parametrize("part", sorted(MODEL_FREE))
def test_what_trains_and_measures_knows_no_model(part):
    assert not parts_read_by(part) & {"cells", "layers", "models", "probes"}


@pytest.mark.parametrize("leaf", sorted(LEAVES & set(PARTS)))
def test_leaves_read_none_but_each_other(leaf):
    assert parts_read_by(leaf) <= LEAVES


def test_nothing_but_the_book_reads_the_widgets_and_nothing_reads_the_book():
    assert {part for part in PARTS if "widgets" in parts_read_by(part)} <= {"book"}
    assert {part for part in PARTS if "book" in parts_read_by(part)} == set()


def test_there_are_no_cycles():
    reads = {part: parts_read_by(part) for part in PARTS if part != "__init__"}
    while reads:
        free = {part for part, below in reads.items() if not below & set(reads)}
        assert free, f"a cycle among {sorted(reads)}"
        reads = {part: below for part, below in reads.items() if part not in free}


def test_nothing_imports_the_peer():
    for path in PACKAGE.rglob("*.py"):
        assert not {name for name in imported_modules(path) if name.split(".")[0] == "d2l"}, path


def test_the_network_is_built_without_torchs_recurrent_modules():
    forbidden = {"RNN", "GRU", "LSTM", "RNNCell", "GRUCell", "LSTMCell", "RNNBase", "_VF", "gru", "lstm"}
    for part in ("cells", "layers"):
        for path in sources(part):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                is_use = isinstance(node, ast.Attribute) and ast.unparse(node.value) in (
                    "nn",
                    "torch.nn",
                    "torch",
                )
                assert not (is_use and node.attr in forbidden), f"{path}:{node.lineno}"


def test_importing_pulls_in_neither_jupyter_nor_matplotlib():
    code = (
        "import sys, rnnlib, " + ", ".join(f"rnnlib.{part}" for part in MAY_READ) + "\n"
        "print(' '.join(sorted({name.split('.')[0] for name in sys.modules})))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    heavy = {"IPython", "ipykernel", "ipywidgets", "anywidget", "traitlets", "jupyter_client", "jupyter_core"}
    heavy |= {"matplotlib", "sphinx", "myst_nb", "pandas", "d2l", "sklearn"}
    assert not heavy & set(run.stdout.split())


def test_every_pattern_of_package_data_names_files():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for package, patterns in settings["tool"]["setuptools"]["package-data"].items():
        for pattern in patterns:
            assert any((ROOT / package.replace(".", "/")).glob(pattern)), f"{package}: nothing is {pattern}"


def test_the_walk_sees_what_it_should():
    assert "rnnlib.cells.gru.gru_step" in imported_modules(PACKAGE / "layers" / "gru.py")
    assert parts_read_by("layers") == {"cells", "errors"}
    assert "probes" in PARTS and "cells" in PARTS
