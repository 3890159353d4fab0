"""Stored benchmarks: figures that take too long for a build, with all it takes to judge and to repeat them.

Each is a JSON file beside this module, written by a module of `benchmarks/`, and holds what was measured, its
date, the machine, the files whose code made it and a digest of that code.
"""

import ast
import datetime
import hashlib
import json
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from rnnlib.files import atomic_path

FOLDER = Path(str(resources.files("rnnlib.results")))
ROOT = FOLDER.parents[
    1
]  # of a checkout; where rnnlib is installed by itself the benchmarks' code is not there


class StaleResult(ValueError):
    """A stored result was made by other code than what is here."""


@dataclass(frozen=True)
class Result:
    """A stored benchmark.

    Attributes:
        name: of the benchmark and its file.
        what: what was measured and how, in a sentence or two.
        command: what measures it again.
        date: the day it was measured, ISO.
        machine: processor, cores, threads, versions.
        files: of which code, relative to the checkout.
        code_sha256: the digest of that code, see `code_digest`.
        runs: one dict for each run: its settings, the seed among them, and what came of it.
        confirmed: the day on which changed code gave the figures of repeated runs again, ISO; else empty.
    """

    name: str
    what: str
    command: str
    date: str
    machine: dict[str, Any]
    files: list[str]
    code_sha256: str
    runs: list[dict[str, Any]]
    confirmed: str = ""

    @property
    def measured(self) -> str:
        """By what, as `rnnlib.claims.claim` takes it."""
        return f"the benchmark on {self.date}"

    @property
    def stale(self) -> bool:
        """Whether the code has changed since. Where the code is not here, nothing is known and it has not."""
        paths = [ROOT / name for name in self.files]
        return all(path.exists() for path in paths) and code_digest(paths) != self.code_sha256

    def check(self) -> "Result":
        """Itself.

        Raises:
            StaleResult: it was made by other code than what is here.
        """
        if self.stale:
            raise StaleResult(
                f"results/{self.name}.json was measured on {self.date} by other code than what is now in "
                f"{', '.join(self.files)}. Measure it again: {self.command}"
            )
        return self

    def select(self, **where: Any) -> list[dict[str, Any]]:
        """The runs with these settings, such as `select(model="LSTM", length=100)`.

        Raises:
            KeyError: there is none.
        """
        found = [run for run in self.runs if all(run.get(key) == value for key, value in where.items())]
        if not found:
            raise KeyError(f"results/{self.name}.json has no run with {where}")
        return found

    def median(self, value: str, **where: Any) -> tuple[float, float, float]:
        """Median, lowest and highest of a value over the runs with these settings, one for each seed."""
        values = [run[value] for run in self.select(**where)]
        return statistics.median(values), min(values), max(values)


def load(name: str) -> Result:
    """A stored benchmark, such as `load("adding")`.

    Raises:
        FileNotFoundError: there is none of that name.
    """
    path = FOLDER / f"{name}.json"
    if not path.exists():
        there = ", ".join(sorted(file.stem for file in FOLDER.glob("*.json"))) or "none"
        raise FileNotFoundError(f"no stored result is named {name!r}; there are: {there}")
    return read(path)


def read(path: Path) -> Result:
    """The result in a file."""
    return Result(**json.loads(path.read_text(encoding="utf-8")))


def save(result: Result, path: Path | None = None) -> Path:
    """Writes a result under its name, whole or not at all.

    Args:
        result: what to write.
        path: another file than the one that `load` reads.

    Returns:
        The file.
    """
    path = path or FOLDER / f"{result.name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as part:
        part.write_text(json.dumps(asdict(result), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def new_result(
    name: str, what: str, command: str, files: Sequence[str], runs: list[dict[str, Any]]
) -> Result:
    """A result of today, of this machine and of the code that is here."""
    digest = code_digest([ROOT / file for file in files])
    return Result(name, what, command, today(), machine(), list(files), digest, runs)


def today() -> str:
    """The date as ISO text."""
    return datetime.date.today().isoformat()


def machine() -> dict[str, Any]:
    """What a figure is measured on."""
    import torch

    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cpu": models[0] if models else platform.processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def code_digest(paths: Sequence[Path]) -> str:
    """SHA-256 over what runs of Python files (see `code_of`); over other files as they are.

    A folder stands for the Python files, scripts and style sheets in it.
    """
    digest = hashlib.sha256()
    files = [file for path in paths for file in (sources(path) if path.is_dir() else [path])]
    for path in sorted(files):
        content = path.read_bytes()
        code = code_of(content.decode("utf-8")).encode() if path.suffix == ".py" else content
        digest.update(path.name.encode() + b"\0" + code + b"\0")
    return digest.hexdigest()


def sources(folder: Path) -> list[Path]:
    """The code in a folder, not below."""
    return [path for path in folder.iterdir() if path.suffix in (".py", ".mjs", ".js", ".css")]


def code_of(source: str) -> str:
    """What runs of Python source, as a syntax tree: no comments, docstrings, layout, types, imports for them.

    The annotated names of a class stay, since a dataclass or a named tuple is made of them.
    """
    return _dump(_WhatRuns().visit(ast.parse(source)))


def _dump(node: object) -> str:
    """A syntax tree as text, the same under every version of Python, which `ast.dump`'s is not."""
    if isinstance(node, list):
        return f"[{', '.join(map(_dump, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = [f"{name}={_dump(value)}" for name, value in ast.iter_fields(node) if value not in (None, [])]
    return f"{type(node).__name__}({', '.join(fields)})"


class _WhatRuns(ast.NodeTransformer):
    """Takes out of a syntax tree what does not run."""

    def __init__(self) -> None:
        self.fields: set[ast.stmt] = set()

    def generic_visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = node.body[ast.get_docstring(node) is not None :]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
        return super().generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.fields.update(child for child in node.body if isinstance(child, ast.AnnAssign))
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node in self.fields:
            return node
        return None if node.value is None else ast.Assign([node.target], node.value, lineno=node.lineno)

    def visit_If(self, node: ast.If) -> ast.AST | None:
        return None if ast.unparse(node.test) == "TYPE_CHECKING" else self.generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        return None if node.module in ("typing", "collections.abc") else node
