"""The workflows of a public copy: every step is a target of the Makefile, which runs here too."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def steps(workflow: Path) -> list[dict]:
    """All steps of a workflow's jobs."""
    jobs = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"].values()
    return [step for job in jobs for step in job["steps"]]


def targets(workflow: Path) -> set[str]:
    """The targets of make that a workflow runs, those of its matrices included."""
    jobs = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"].values()
    listed = {name for job in jobs for name in job.get("strategy", {}).get("matrix", {}).get("target", [])}
    run = {step["run"].removeprefix("make ") for step in steps(workflow) if "run" in step}
    return (run - {'"$TARGET"'}) | listed


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_every_step_is_a_target_of_the_makefile(workflow):
    assert all(step["run"].startswith("make ") for step in steps(workflow) if "run" in step)
    assert targets(workflow) <= TARGETS


def test_together_they_run_every_check():
    wanted = {"lint", "spell", "types", "unit", "test", "book", "links", "links-online", "package", "audit"}
    wanted |= {"lab-test", "colab"}
    assert wanted <= set().union(*(targets(workflow) for workflow in WORKFLOWS))


def test_actions_are_pinned_by_major_version():
    used = [step["uses"] for workflow in WORKFLOWS for step in steps(workflow) if "uses" in step]
    assert used and all(re.fullmatch(r"[\w-]+/[\w-]+@v\d+", name) for name in used)


def test_unit_tests_run_on_three_systems_and_three_pythons():
    jobs = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text(encoding="utf-8"))["jobs"]
    matrix = jobs["unit"]["strategy"]["matrix"]
    assert {name.partition("-")[0] for name in matrix["os"]} == {"ubuntu", "macos", "windows"}
    assert matrix["python"] == ["3.11", "3.12", "3.13"]
