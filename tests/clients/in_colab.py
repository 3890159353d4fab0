"""Every notebook in an environment shaped like Colab's, from its first cell on.

`make colab` makes the environment and runs this, two notebooks at a time; `make test` does not. The first
cell installs rnnlib from a git repository made from the working tree. Each notebook starts without rnnlib: an
empty environment of its own stands before the shared one, as each session in Colab has a machine of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import venv
from pathlib import Path

import pytest
from environments import COLAB, ROOT, make, python_of
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from notebooks import SETUP, chapters, read, shows_widget

from rnnlib.book.myst import Book
from rnnlib.book.twins import setup_source, without_outputs

TAG = "v0.0.0"
SHIPPED = ("ipywidgets", "ipykernel", "ipython", "matplotlib", "numpy", "torch", "traitlets")
VIEW = "application/vnd.jupyter.widget-view+json"
LONGEST = 600  # seconds for one cell
VERSIONS = f"""
import json
from importlib.metadata import version
print(json.dumps({{name: version(name) for name in {SHIPPED}}}))
"""
IN_COLAB = {
    "COLAB_RELEASE_TAG": "release-colab",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "OMP_NUM_THREADS": "1",
    "PYTHONPATH": "",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # else the kernel's debugger comments on Python 3.11
}
NO_NETWORK = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "GIT_CONFIG_GLOBAL": os.devnull}


@pytest.fixture(scope="session")
def shipped() -> Path:
    """The site-packages that every notebook finds."""
    return next(make(COLAB).glob("lib/python*/site-packages"))


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a git repository with the files of the working tree, tagged."""
    folder = tmp_path_factory.mktemp("repository")
    listed = subprocess.check_output(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, text=True)
    for name in listed.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    author = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "all"], ["tag", TAG]):
        subprocess.run(["git", *author, *command], cwd=folder, check=True)
    return folder.as_uri()


@pytest.fixture
def session(tmp_path: Path, shipped: Path) -> Path:
    """The interpreter of a fresh session: what is installed in it is seen by nobody else."""
    folder = tmp_path / "session"
    venv.create(folder, with_pip=False)
    own = next(folder.glob("lib/python*/site-packages"))
    (own / "shipped.pth").write_text(f"{shipped}\n", encoding="utf-8")
    return python_of(folder)


def opened_in_colab(chapter: str, repository: str) -> NotebookNode:
    """A chapter's notebook whose first cell installs from a repository."""
    notebook = without_outputs(read(chapter))
    config = {"repository": {"url": repository, "branch": TAG}}
    notebook.cells[SETUP].source = setup_source(Book(ROOT, config=config))
    return notebook


def run(notebook: NotebookNode, session: Path, folder: Path, **environment: str) -> NotebookNode:
    """Run a notebook's cells with a session's interpreter in an otherwise empty folder."""
    kernel = folder / "kernels" / "session"
    kernel.mkdir(parents=True)
    argv = [str(session), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    about = {"argv": argv, "display_name": "Session", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(about), encoding="utf-8")
    content = folder / "content"
    content.mkdir()
    client = NotebookClient(
        notebook, kernel_name="session", timeout=LONGEST, resources={"metadata": {"path": str(content)}}
    )
    hidden = {"RNNLIB_DATA", "RNNLIB_BOOK", "PYTEST_VERSION", "VIRTUAL_ENV"}
    inherited = {name: value for name, value in os.environ.items() if name not in hidden}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(folder))  # where the kernel is found
        client.execute(env={**inherited, **IN_COLAB, **environment})
    return notebook


def versions(session: Path) -> dict[str, str]:
    """The versions of what Colab ships, as a session finds them."""
    return json.loads(subprocess.check_output([session, "-I", "-c", VERSIONS], text=True))


@pytest.mark.parametrize("chapter", chapters())
def test_notebook_runs(chapter: str, repository: str, session: Path, tmp_path: Path):
    """No cell fails, what is shipped keeps its version, and every widget has a view."""
    before = versions(session)
    notebook = run(opened_in_colab(chapter, repository), session, tmp_path)
    assert versions(session) == before
    assert notebook.cells[SETUP].outputs == []
    stored = read(chapter)
    for cell, as_stored in zip(notebook.cells, stored.cells, strict=True):
        if shows_widget(as_stored):
            assert any(VIEW in output.get("data", {}) for output in cell.outputs), cell.source
        errors = [output.text for output in cell.get("outputs", []) if output.get("name") == "stderr"]
        assert not errors, (cell.source, errors)
    where = "import rnnlib, sys; sys.exit(sys.prefix not in rnnlib.__file__)"
    subprocess.run([session, "-I", "-c", where], check=True)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("https://127.0.0.1:9/nowhere", "unable to access"),
        ("", "No matching distribution found for setuptools"),
    ],
    ids=["nothing is reached", "the repository only"],
)
def test_without_a_network_the_first_cell_says_what_is_missing(
    address: str, told: str, repository: str, session: Path, tmp_path: Path
):
    """It fails with what pip could not get; no other cell runs."""
    notebook = opened_in_colab(chapters()[0], address or repository)
    with pytest.raises(CellExecutionError) as failed:
        run(notebook, session, tmp_path, **NO_NETWORK)
    assert failed.value.ename == "ModuleNotFoundError"
    library = f"git+{address or repository}@{TAG}"
    assert failed.value.evalue.startswith(f"rnnlib is missing, and pip could not install '{library}'")
    assert told in failed.value.evalue
    ran = [cell.source for cell in notebook.cells if cell.get("outputs")]
    assert ran == [notebook.cells[SETUP].source]
