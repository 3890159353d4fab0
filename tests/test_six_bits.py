"""Matrices in six bits: how far an entry may move, and what is refused."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rnnlib.widgets.six_bits import LEVELS, pack, unpack


@given(st.integers(0, 10**6), st.integers(1, 7), st.integers(1, 9), st.floats(1e-6, 1e6))
def test_no_entry_moves_by_more_than_half_a_step_of_its_row(seed, rows, columns, size):
    torch.manual_seed(seed)
    matrix = size * torch.randn(rows, columns, dtype=torch.float64)
    step = matrix.abs().amax(dim=1, keepdim=True) / LEVELS
    assert ((unpack(pack(matrix)) - matrix).abs() <= step * (0.5 + 1e-5)).all()


@given(st.integers(0, 10**6))
def test_what_was_rounded_once_is_not_rounded_again(seed):
    torch.manual_seed(seed)
    once = unpack(pack(torch.randn(5, 8)))
    assert torch.equal(unpack(pack(once)), once)


def test_a_row_of_zeros_stays_zero():
    matrix = torch.tensor([[0.0, 0.0], [1.0, -31.0]])
    assert torch.equal(unpack(pack(matrix)), matrix.double())
    assert pack(matrix)["entries"] == "gghB"


@pytest.mark.parametrize("wrong", [torch.zeros(3), torch.tensor([[1.0, float("nan")]])])
def test_what_is_no_finite_matrix_is_refused(wrong):
    with pytest.raises(ValueError, match="matrix"):
        pack(wrong)


@pytest.mark.parametrize("change", [{"entries": "ggh"}, {"entries": "ggh!"}, {"scales": ""}])
def test_a_damaged_matrix_is_refused(change):
    with pytest.raises(ValueError, match="packed holds"):
        unpack({**pack(torch.ones(2, 2)), **change})
