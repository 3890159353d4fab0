"""The environments of the other clients, each a virtual environment of its own with pinned packages.

`python tests/clients/environments.py jupyterlab` makes one, as `make lab-test` does, unless one is there
with the same pins.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "_build" / "clients"
JUPYTERLAB, COLAB = "jupyterlab", "colab"
OTHER_PINS = {JUPYTERLAB: ("binder/notebooks.txt", "constraints.txt"), COLAB: ()}


def requirements(name: str) -> Path:
    """The file that names an environment's packages."""
    return Path(__file__).parent / f"requirements-{name}.txt"


def python_of(folder: Path) -> Path:
    """The interpreter of a virtual environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def make(name: str) -> Path:
    """Return the folder of an environment, which is made unless it is there with the same pins.

    Raises:
        subprocess.CalledProcessError: if pip fails.
    """
    files = [requirements(name), *(ROOT / other for other in OTHER_PINS[name])]
    pins = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
    folder = FOLDER / f"{name}-{pins}"
    done = folder / "complete"
    if not done.is_file():
        for old in FOLDER.glob(f"{name}-*"):
            shutil.rmtree(old)
        venv.create(folder, with_pip=True)
        pip = [python_of(folder), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", requirements(name)], cwd=ROOT, check=True)  # `-e .` is the repository
        done.touch()
    return folder


if __name__ == "__main__":
    print(make(sys.argv[1]))
