"""What comes from outside is data, never code. Eval, exec and pickle are forbidden by ruff's `S` rules."""

import ast
from pathlib import Path

import pytest
import torch
from torch import nn

from rnnlib.training import fit

PACKAGE = Path(__file__).resolve().parent.parent / "rnnlib"


class RunsWhenLoaded:
    """Writes a file as soon as pickle makes it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_a_checkpoint_that_holds_code_is_refused_and_nothing_of_it_runs(tmp_path):
    checkpoint, trace = tmp_path / "run.pt", tmp_path / "it-ran"
    torch.save({"model": RunsWhenLoaded(trace)}, checkpoint)
    with pytest.raises(ValueError, match="run.pt cannot be resumed.*[Ww]eights"):
        fit(
            nn.Linear(1, 1),
            [torch.ones(1, 1)],
            num_updates=1,
            loss_fn=lambda model, batch, state: (model(batch).sum(), None),
            checkpoint=checkpoint,
            resume=True,
        )
    assert not trace.exists()
    torch.load(checkpoint, weights_only=False)  # as the test means it
    assert trace.exists()


def test_every_load_of_tensors_takes_weights_only():
    calls = [
        (path.name, ast.unparse(node))
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load"
    ]
    assert calls and all("weights_only=True" in call for _, call in calls), calls
