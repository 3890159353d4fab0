"""Tasks that ask for memory: what they show, what they ask, and what an answer without memory costs."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from rnnlib.data import adding, copying, copying_baseline, recall, temporal_order
from rnnlib.data.tasks import BLANK, COPY_LENGTH, COPY_SYMBOLS, ORDER_SYMBOLS, RECALL


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


DRAWS = {
    "adding": lambda g: adding(30, 4, g),
    "temporal_order": lambda g: temporal_order(4, g),
    "copying": lambda g: copying(7, 4, g),
    "recall": lambda g: recall(7, 4, g),
}


@given(st.integers(2, 40), st.integers(1, 6), st.integers(0, 2**40))
def test_adding_marks_one_number_in_each_half_and_asks_for_their_sum(num_steps, batch_size, seed):
    x, y = adding(num_steps, batch_size, seeded(seed))
    assert x.shape == (num_steps, batch_size, 2) and y.shape == (batch_size,)
    numbers, marks = x.unbind(-1)
    assert ((numbers >= 0) & (numbers < 1)).all() and ((marks == 0) | (marks == 1)).all()
    half = num_steps // 2
    assert (marks[:half].sum(0) == 1).all() and (marks[half:].sum(0) == 1).all()
    for b in range(batch_size):
        first, second = numbers[marks[:, b] == 1, b]
        assert y[b] == first + second


def test_adding_marks_reach_every_place_of_their_half():
    x, _ = adding(9, 2000, seeded())
    counts = x[..., 1].sum(1)  # (T,)
    assert (counts[:4] > 400).all() and (counts[4:] > 300).all() and counts.sum() == 4000


def test_adding_has_torchs_default_dtype():
    torch.set_default_dtype(torch.float64)
    try:
        x, y = adding(5, 2)
    finally:
        torch.set_default_dtype(torch.float32)
    assert x.dtype == y.dtype == torch.float64
    assert adding(5, 2)[0].dtype == torch.float32


def test_always_answering_1_to_adding_costs_a_sixth():
    """The sum of two numbers even on [0, 1] has mean 1, variance 2/12 and, about 1, fourth moment 1/15."""
    count = 200_000
    _, y = adding(4, count, seeded())
    errors = (y.double() - 1) ** 2
    four_sigma = 4 * math.sqrt((1 / 15 - 1 / 36) / count)
    assert abs(errors.mean().item() - 1 / 6) < four_sigma
    for other in (0.9, 1.1):  # no other constant is better
        assert ((y.double() - other) ** 2).mean() > errors.mean()

    # The same by the exact integral of (u + v - 1)^2 over the unit square, midpoints of n intervals: the
    # midpoint rule misses a twelfth of 1/n^2 for each variable.
    n = 500
    u = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    integral = ((u[:, None] + u - 1) ** 2).mean().item()
    assert integral == pytest.approx(1 / 6 - 2 / (12 * n**2), rel=1e-12)


def test_adding_is_twice_the_papers_scale():
    """The target of 1997, 0.5 + (x1 + x2)/4 with x = 2u - 1 on [-1, 1], is half of ours."""
    x, y = adding(20, 500, seeded())
    numbers, marks = x.double().unbind(-1)
    papers = 0.5 + ((2 * numbers - 1) * marks).sum(0) / 4
    torch.testing.assert_close(2 * papers, y.double(), rtol=0, atol=1e-6)


def test_temporal_order_places_and_classes():
    X, Y = ORDER_SYMBOLS.index("X"), ORDER_SYMBOLS.index("Y")
    generator, lengths, places, classes = seeded(), set(), [set(), set()], set()
    for _ in range(150):
        ids, y = temporal_order(8, generator)
        assert ids.shape[1:] == y.shape == (8,) and ids.dtype == y.dtype == torch.long
        lengths.add(len(ids))
        assert (ids[0] == ORDER_SYMBOLS.index("E")).all() and (ids[-1] == ORDER_SYMBOLS.index("B")).all()
        for column, label in zip(ids.T, y.tolist(), strict=True):
            where = ((column == X) | (column == Y)).nonzero().flatten().tolist()
            assert len(where) == 2
            assert label == 2 * (column[where[0]] == Y) + (column[where[1]] == Y)
            places[0].add(where[0])
            places[1].add(where[1])
            classes.add(label)
            noise = [symbol for t, symbol in enumerate(column.tolist()) if t not in (0, *where, len(ids) - 1)]
            assert set(noise) <= set(range(4))
    assert lengths == set(range(100, 111)) and classes == {0, 1, 2, 3}
    assert places == [set(range(10, 21)), set(range(50, 61))]


@given(st.integers(1, 60), st.integers(1, 5))
def test_copying_layout(lag, batch_size):
    ids, y = copying(lag, batch_size, seeded())
    assert ids.shape == y.shape == (lag + 2 * COPY_LENGTH, batch_size)
    symbols, rest = ids[:COPY_LENGTH], ids[COPY_LENGTH:]
    assert ((symbols >= 0) & (symbols < COPY_SYMBOLS)).all()
    assert (y[-COPY_LENGTH:] == symbols).all() and (y[:-COPY_LENGTH] == BLANK).all()
    sign = COPY_LENGTH + lag - 1
    assert (ids[sign] == RECALL).all() and (rest == BLANK).sum() == (lag + COPY_LENGTH - 1) * batch_size
    assert len(ids) - 1 - sign == COPY_LENGTH  # blanks during which the symbols are said


@pytest.mark.parametrize("lag", [1, 20, 50, 500])
def test_copying_baseline_is_the_loss_of_the_answer_without_memory(lag):
    """Sure of the blanks, the eight symbols equally probable: cross entropy as the experiment computes it."""
    _, y = copying(lag, 16, seeded())
    logits = torch.full((*y.shape, COPY_SYMBOLS + 2), -torch.inf, dtype=torch.float64)  # (T, B, 10)
    logits[:-COPY_LENGTH, :, BLANK] = 0.0
    logits[-COPY_LENGTH:, :, :COPY_SYMBOLS] = 0.0
    loss = F.cross_entropy(logits.flatten(0, 1), y.flatten()).item()
    assert loss == pytest.approx(copying_baseline(lag), rel=1e-12)
    assert copying_baseline(lag) == pytest.approx(10 * math.log(8) / (lag + 20), rel=1e-15)


def test_without_memory_no_other_answer_to_copying_is_better():
    _, y = copying(20, 4000, seeded())
    said = y[-COPY_LENGTH:].flatten()
    shares = torch.bincount(said, minlength=COPY_SYMBOLS).double() / len(said)
    entropy = -(shares * shares.log()).sum().item()  # that of the best fixed answer in hindsight
    assert entropy == pytest.approx(math.log(8), abs=1e-3) and entropy < math.log(8)


@given(st.integers(1, 60), st.integers(1, 5))
def test_recall_layout(lag, batch_size):
    ids, y = recall(lag, batch_size, seeded())
    assert ids.shape == (lag + 1, batch_size) and (ids[0] == y).all() and (ids[-1] == 8).all()
    assert ((y >= 0) & (y < 4)).all() and ((ids[1:-1] >= 4) & (ids[1:-1] < 8)).all()
    before = ids.clone()
    y += 1  # the answers are not a view of the input
    assert torch.equal(ids, before)


@pytest.mark.parametrize("name", DRAWS)
def test_draws_hang_on_the_generator_alone(name):
    draw = DRAWS[name]
    first = draw(seeded(3))
    torch.manual_seed(99)
    again, other = draw(seeded(3)), draw(seeded(4))
    assert all(map(torch.equal, first, again))
    assert not all(a.shape == b.shape and torch.equal(a, b) for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize("name", DRAWS)
def test_without_a_generator_torchs_global_one_is_used(name):
    draws = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        draws.append(DRAWS[name](None))
    assert all(map(torch.equal, draws[0], draws[1]))
    assert not all(a.shape == b.shape and torch.equal(a, b) for a, b in zip(draws[0], draws[2], strict=True))


def test_bad_sizes():
    with pytest.raises(ValueError, match="num_steps is 1, expected at least 2"):
        adding(1, 3)
    with pytest.raises(ValueError, match="num_steps is 0, expected at least 1"):
        adding(0, 3)
    with pytest.raises(TypeError, match=r"num_steps is 10.0 \(float\), expected an int"):
        adding(10.0, 3)
    for draw in (copying, recall):
        with pytest.raises(ValueError, match="lag is 0, expected at least 1"):
            draw(0, 3)
        with pytest.raises(TypeError, match=r"lag is '5' \(str\), expected an int"):
            draw("5", 3)
    for draw in (lambda size: adding(5, size), lambda size: copying(5, size), lambda size: recall(5, size),
                 temporal_order):  # fmt: skip
        with pytest.raises(ValueError, match="batch_size is 0, expected at least 1"):
            draw(0)
    with pytest.raises(ValueError, match="lag is -1, expected at least 1"):
        copying_baseline(-1)
