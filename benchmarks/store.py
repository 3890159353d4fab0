"""Measuring many things one after the other so that an interruption loses nothing and stores nothing half."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from tqdm import tqdm

from rnnlib import results

PARTIAL = results.ROOT / "_build" / "benchmarks"  # what is done of a measurement under way


class Job(NamedTuple):
    """One run: what tells it apart from the others, which is part of what it returns, and how to do it."""

    key: dict[str, Any]
    run: Callable[[], dict[str, Any]]


def collect(name: str, what: str, command: str, files: Sequence[str], jobs: Sequence[Job]) -> results.Result:
    """Does all jobs and stores what came of them under `name`.

    A run that is done is kept in `PARTIAL` at once. A measurement that was interrupted goes on from there if
    the code is still the same. The stored result changes only when all runs are there.

    Args:
        name, what, command, files: as in `rnnlib.results.Result`.
        jobs: what to do, in this order.

    Returns:
        What is stored. Its digest is that of the code at the start.
    """
    partial = PARTIAL / f"{name}.json"
    result = results.new_result(name, what, command, files, [])
    if partial.exists() and results.read(partial).code_sha256 == result.code_sha256:
        result = replace(result, runs=results.read(partial).runs)
    for job in tqdm(jobs, desc=name):
        if not any(run.items() >= job.key.items() for run in result.runs):
            result.runs.append(job.run())
            results.save(result, partial)
    results.save(result)
    partial.unlink(missing_ok=True)
    return result
