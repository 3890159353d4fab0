"""What Binder and development containers read: it parses, names what is there, and its commands run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DEVCONTAINER = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text(encoding="utf-8"))
NOTEBOOKS = ROOT / "binder" / "notebooks.txt"
JUPYTERLAB = ROOT / "tests/clients/requirements-jupyterlab.txt"
COLAB = ROOT / "tests/clients/requirements-colab.txt"
PIN = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)


def pins(*files: Path) -> dict[str, str]:
    """The versions that requirement files pin, by normalised name."""
    found = [pin for file in files for pin in PIN.findall(file.read_text(encoding="utf-8"))]
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in found}


BOOK = pins(*(ROOT / f"{name}.txt" for name in ("requirements", "requirements-nodeps", "constraints")))


def test_notebooks_run_on_the_packages_of_the_book():
    """What readers install and what the JupyterLab tests install has the versions that made the outputs."""
    here = pins(NOTEBOOKS)
    assert {"torch", "numpy", "anywidget", "ipywidgets"} <= set(here)
    assert here == {name: BOOK[name] for name in here}
    assert {n: v for n, v in pins(JUPYTERLAB).items() if BOOK.get(n, v) != v} == {}


def test_every_dependency_of_rnnlib_is_pinned_for_notebooks():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed = re.search(r"^dependencies = \[(.*?)^\]", project, re.MULTILINE | re.DOTALL)
    wanted = set(re.findall(r'^\s*"([\w-]+)', listed[1], re.MULTILINE))
    assert wanted and wanted <= set(pins(NOTEBOOKS))


def test_colab_lacks_what_colab_lacks():
    shipped = pins(COLAB)
    assert not {"rnnlib", "anywidget", "sacrebleu"} & set(shipped)
    assert (shipped["ipywidgets"], shipped["ipykernel"]) == ("7.7.1", "6.17.1")
    assert shipped["numpy"] == BOOK["numpy"] and shipped["torch"] == BOOK["torch"]


@pytest.mark.parametrize("file", [ROOT / "binder/requirements.txt", NOTEBOOKS, JUPYTERLAB])
def test_requirement_files_name_files(file: Path):
    named = re.findall(r"^-[rc] (\S+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    assert named and all((file.parent / name).is_file() for name in named)


def test_binder_has_the_python_that_is_proven():
    assert (ROOT / "binder/runtime.txt").read_text(encoding="utf-8").strip() == "python-3.11"
    assert DEVCONTAINER["image"].split(":")[1].startswith("3.11")


def test_binder_post_build_runs():
    script = ROOT / "binder" / "postBuild"
    assert os.access(script, os.X_OK)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [script], env={**os.environ, "PATH": path}, capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"rnnlib \S+ torch \S+\n", done.stdout)


def test_container_runs_targets_that_exist_and_opens_what_they_make():
    """`make` knows the target, and the interpreter that VS Code is told of is where it puts one."""
    program, target = DEVCONTAINER["postCreateCommand"].split()
    assert program == "make"
    bare = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    told = subprocess.run(["make", "-n", target], cwd=ROOT, env=bare, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    interpreter = DEVCONTAINER["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"]
    relative = interpreter.removeprefix("${containerWorkspaceFolder}/")
    listed = subprocess.run(["make", "-pn", target], cwd=ROOT, env=bare, capture_output=True, text=True)
    assert f"{relative}:" in listed.stdout
    served = re.search(r"^PORT \?= (\d+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert DEVCONTAINER["forwardPorts"] == [int(served[1])]
