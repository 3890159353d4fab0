"""The packaged digits."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import torch

from rnnlib.data import load_digits

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("split", "count"), [("train", 1437), ("test", 360)])
def test_shapes_and_values(split, count):
    x, y = load_digits(split)
    assert x.shape == (count, 8, 8) and x.dtype == torch.float32
    assert y.shape == (count,) and y.dtype == torch.long
    assert x.min() == 0 and x.max() == 1 and torch.equal(x * 16, (x * 16).round())
    assert torch.bincount(y, minlength=10).min() > count / 16 and set(y.tolist()) == set(range(10))


@pytest.mark.parametrize("seed", [0, 3])
def test_the_splits_share_out_the_whole_set(seed):
    from sklearn.datasets import load_digits as packaged

    x, y = (
        torch.cat(parts) for parts in zip(load_digits("train", seed), load_digits("test", seed), strict=True)
    )
    bunch = packaged()
    rows = torch.cat([x.flatten(1) * 16, y[:, None]], dim=1)
    expected = torch.cat(
        [torch.from_numpy(bunch.data).float(), torch.from_numpy(bunch.target)[:, None]], dim=1
    )
    assert sorted(rows.tolist()) == sorted(expected.tolist())


def test_rows_are_rows():
    """A one is a column of ink: its columns differ more than its rows do."""
    x, y = load_digits()
    ones = x[y == 1].mean(0)  # (8 rows, 8 columns)
    assert ones.mean(0).std() > 2 * ones.mean(1).std()


def test_the_seed_decides_the_split():
    first, again, other = load_digits("test"), load_digits("test"), load_digits("test", seed=1)
    assert all(map(torch.equal, first, again)) and not torch.equal(first[0], other[0])
    torch.manual_seed(7)
    state = torch.get_rng_state()
    load_digits()
    assert torch.equal(torch.get_rng_state(), state)


def test_bad_arguments():
    with pytest.raises(ValueError, match="split is 'valid', expected 'train' or 'test'"):
        load_digits("valid")
    with pytest.raises(ValueError, match="seed is -1, expected 0 or more"):
        load_digits(seed=-1)
    for seed in ("1", 1.0, True, None):
        with pytest.raises(TypeError, match=r"seed is .*, expected an int"):
            load_digits(seed=seed)


def test_a_missing_package_is_named(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "sklearn"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(
        ModuleNotFoundError, match="scikit-learn, which is not installed: pip install"
    ) as caught:
        load_digits()
    assert caught.value.name == "sklearn"


def test_importing_the_library_leaves_the_package_alone():
    code = "import sys, rnnlib, rnnlib.data; print('sklearn' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_a_reader_who_installs_the_library_gets_the_package():
    assert any(name.startswith("scikit-learn") for name in PROJECT["project"]["dependencies"])
