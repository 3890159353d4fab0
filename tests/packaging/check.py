"""Builds wheel and sdist into `dist/`, and tries the wheel alone in its own environment: `make package`.

The environment holds what pip would put there and nothing else: the wheel, installed by pip, and the packages
that its metadata ask for, and those that these ask for, linked from where they are installed already, because
torch alone takes minutes to unpack. `--lowest` installs the lowest version that is allowed of each instead
(torch's stays: older ones are not built for every Python); `--fresh` has pip fetch everything.
"""

import argparse
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import venv
import zipfile
from collections.abc import Iterable
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "dist"
INSTALLED = Path(__file__).with_name("installed.py")


def run(*arguments: str | Path, folder: Path = ROOT, quiet: bool = False) -> None:
    """Run a program; its failure is ours. A quiet one speaks only when it fails.

    Raises:
        SystemExit: with its status.
    """
    command = [str(part) for part in arguments]
    done = subprocess.run(command, cwd=folder, capture_output=quiet, text=True, check=False)
    if done.returncode:
        if quiet:
            print(done.stdout, done.stderr, sep="\n", file=sys.stderr)
        sys.exit(done.returncode)


def build() -> tuple[Path, Path]:
    """The wheel and the sdist, built anew, their metadata checked, their sizes printed."""
    shutil.rmtree(DIST, ignore_errors=True)
    run(sys.executable, "-m", "build", "--outdir", DIST, ROOT, quiet=True)
    wheel, sdist = next(DIST.glob("*.whl")), next(DIST.glob("*.tar.gz"))
    run(sys.executable, "-m", "twine", "check", "--strict", wheel, sdist)
    for archive in (wheel, sdist):
        print(f"{archive.name}: {archive.stat().st_size / 1e6:.2f} MB")
    return wheel, sdist


def check_contents(wheel: Path, sdist: Path) -> None:
    """Both hold every file of the package that git knows: code, data, scripts, weights, results.

    Raises:
        SystemExit: one is missing, or there is something else.
    """
    listed = subprocess.run(
        ["git", "ls-files", "rnnlib"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    wanted = set(listed.stdout.split())
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = {name for name in archive.namelist() if name.startswith("rnnlib/")}
    with tarfile.open(sdist) as archive:
        paths = [name.partition("/")[2] for name in archive.getnames()]
        in_sdist = {name for name in paths if name.startswith("rnnlib/")}
    if in_wheel != wanted:
        sys.exit(f"wheel and repository differ in {sorted(in_wheel ^ wanted)}")
    if missing := wanted - in_sdist:
        sys.exit(f"the sdist lacks {sorted(missing)}")
    print(f"contents: {len(wanted)} files of rnnlib, all in both")


def closure(requirements: Iterable[Requirement]) -> dict[str, Distribution]:
    """The installed packages that these requirements lead to, by name."""
    found: dict[str, Distribution] = {}
    waiting = list(requirements)
    while waiting:
        requirement = waiting.pop()
        extras = requirement.extras or {""}
        if requirement.marker and not any(requirement.marker.evaluate({"extra": extra}) for extra in extras):
            continue
        package = distribution(requirement.name)
        if package.metadata["Name"] in found:
            continue
        found[package.metadata["Name"]] = package
        for text in package.requires or []:
            needed = Requirement(text)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(needed)
    return found


def link(packages: Iterable[Distribution], site: Path) -> None:
    """Puts installed packages into another environment by links to their folders and files."""
    for package in packages:
        for top in {file.parts[0] for file in package.files or () if file.parts[0] != ".."}:
            source = Path(str(package.locate_file(top)))
            if source.exists() and not (site / top).exists() and top != "__pycache__":
                (site / top).symlink_to(source)


def lowest(requirements: Iterable[Requirement]) -> list[str]:
    """Pins at the lower ends of ranges such as `numpy>=1.26`, torch's left out."""
    return [f"{r.name}=={next(iter(r.specifier)).version}" for r in requirements if r.name != "torch"]


def try_alone(wheel: Path, how: str) -> None:
    """Install the wheel in an environment of its own and run `installed.py` there, in an empty folder."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    requirements = [Requirement(text) for text in project["dependencies"]]
    with tempfile.TemporaryDirectory() as place:
        environment, empty = Path(place, "environment"), Path(place, "empty")
        empty.mkdir()
        venv.create(environment, with_pip=False, symlinks=True)
        python = environment / "bin" / "python"
        site = next((environment / "lib").glob("python*/site-packages"))
        pip = (
            sys.executable,
            "-m",
            "pip",
            "--disable-pip-version-check",
            "--python",
            python,
            "install",
            "-q",
        )
        if how == "fresh":
            run(*pip, wheel, quiet=True)
        else:
            linked = requirements if how == "here" else [r for r in requirements if r.name == "torch"]
            if how == "lowest":
                run(*pip, *lowest(requirements), quiet=True)
                print("lowest:", *lowest(requirements))
            link(closure(linked).values(), site)
            run(*pip, "--no-deps", "--no-index", wheel, quiet=True)
        run(python, "-I", INSTALLED, folder=empty)


def main() -> None:
    """Build, look inside, and try the wheel alone."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument(
        "--lowest", dest="how", action="store_const", const="lowest", help="with the oldest packages"
    )
    mode.add_argument(
        "--fresh", dest="how", action="store_const", const="fresh", help="with all fetched by pip"
    )
    parser.set_defaults(how="here")
    options = parser.parse_args()
    wheel, sdist = build()
    check_contents(wheel, sdist)
    try_alone(wheel, options.how)


if __name__ == "__main__":
    main()
