"""The simulated market, and its exact filter against a sum over all courses the regime can take."""

import itertools
import math
from statistics import NormalDist

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rnnlib.data import Market, regime_posterior, regime_series


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def brute_force(moves: list[float], market: Market) -> float:
    """P(bull on the last day | moves), summed over all 2^T courses of the regime."""
    total = bull = 0.0
    for course in itertools.product((0, 1), repeat=len(moves)):
        p = 0.5
        for today, tomorrow in itertools.pairwise(course):
            p *= market.stay if today == tomorrow else 1 - market.stay
        for move, regime in zip(moves, course, strict=True):
            p *= NormalDist(market.drift[regime], market.volatility[regime]).pdf(move)
        total += p
        bull += p * (course[-1] == 1)
    return bull / total


markets = st.builds(
    Market,
    stay=st.floats(0.02, 0.98),
    drift=st.tuples(st.floats(-1, 1), st.floats(-1, 1)),
    volatility=st.tuples(st.floats(0.3, 2), st.floats(0.3, 2)),
)


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=8), markets)
def test_the_filter_is_bayes_rule_over_all_courses(moves, market):
    posterior = regime_posterior(torch.tensor(moves, dtype=torch.float64)[:, None], market=market)[:, 0]
    for t in range(len(moves)):
        assert posterior[t].item() == pytest.approx(brute_force(moves[: t + 1], market), abs=1e-10)


def test_the_filter_of_the_default_market_on_drawn_series():
    moves, _ = regime_series(10, 3, seeded())
    posterior = regime_posterior(moves)
    assert posterior.shape == (10, 3) and posterior.dtype == moves.dtype == torch.float32
    for b in range(3):
        expected = brute_force([float(move) for move in moves[:, b]], Market())
        assert posterior[-1, b].item() == pytest.approx(expected, abs=1e-6)


def test_a_day_hangs_on_no_later_move():
    moves, _ = regime_series(30, 2, seeded())
    changed = moves.clone()
    changed[20:] += 1.0
    before, after = regime_posterior(moves), regime_posterior(changed)
    assert torch.equal(before[:20], after[:20]) and not torch.equal(before[20:], after[20:])


def test_the_probability_says_how_often_the_bull_is_there():
    """Calibrated, and better than the moves of the day alone."""
    moves, regime = regime_series(500, 200, seeded())
    p, bull = regime_posterior(moves), regime == 1
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        within = (p >= low) & (p < low + 0.2)
        assert bull[within].float().mean() == pytest.approx(p[within].mean().item(), abs=0.03)
    days = regime_posterior(moves.reshape(1, -1)).reshape(moves.shape)
    right, right_by_day = ((q > 0.5) == bull for q in (p, days))
    assert right.float().mean() > 0.82 and right_by_day.float().mean() < 0.68


def test_moves_have_the_drift_and_volatility_of_their_regime():
    market = Market(stay=0.9, drift=(-0.5, 0.7), volatility=(1.5, 0.5))
    moves, regime = regime_series(300, 300, seeded(), market=market)
    assert moves.shape == regime.shape == (300, 300) and regime.dtype == torch.long
    for which in (0, 1):
        drawn = moves[regime == which].double()
        assert drawn.mean().item() == pytest.approx(market.drift[which], abs=0.03)
        assert drawn.std().item() == pytest.approx(market.volatility[which], abs=0.03)
    stayed = (regime[1:] == regime[:-1]).float().mean().item()
    assert stayed == pytest.approx(0.9, abs=0.005)
    assert regime[0].float().mean().item() == pytest.approx(0.5, abs=0.1)


def test_extreme_moves_leave_a_probability():
    posterior = regime_posterior(torch.tensor([[1e6], [0.0], [-1e6], [0.0]]))
    assert ((posterior >= 0) & (posterior <= 1)).all()
    assert posterior[0] == 0 and posterior[1] > 0  # a bear, then perhaps not any more


def test_draws_hang_on_the_generator_alone():
    first = regime_series(20, 3, seeded(1))
    torch.manual_seed(5)
    again, other = regime_series(20, 3, seeded(1)), regime_series(20, 3, seeded(2))
    assert all(map(torch.equal, first, again)) and not torch.equal(first[0], other[0])
    assert regime_series(1)[0].shape == (1, 1)


@pytest.mark.parametrize(
    ("market", "message"),
    [
        (Market(stay=1.0), "market.stay is 1.0, expected a number between 0 and 1"),
        (Market(stay=-0.1), "market.stay is -0.1, expected a number between 0 and 1"),
        (Market(stay=math.nan), "market.stay is nan"),
        (Market(drift=(0.1,)), r"market.drift is \(0.1,\), expected two finite numbers"),
        (Market(drift=(0.1, math.inf)), r"market.drift is \(0.1, inf\), expected two finite numbers"),
        (Market(volatility=(1.0, 0.0)), r"market.volatility is \(1.0, 0.0\), expected two numbers above 0"),
    ],
)
def test_markets_that_cannot_be(market, message):
    with pytest.raises(ValueError, match=message):
        regime_series(5, market=market)
    with pytest.raises(ValueError, match=message):
        regime_posterior(torch.zeros(5, 1), market=market)


def test_bad_arguments():
    with pytest.raises(ValueError, match="num_steps is 0, expected at least 1"):
        regime_series(0)
    with pytest.raises(ValueError, match="batch_size is 0, expected at least 1"):
        regime_series(5, 0)
    with pytest.raises(TypeError, match=r"market is 0.98 \(float\), expected a Market"):
        regime_series(5, market=0.98)
    with pytest.raises(TypeError, match="moves is a list, expected a tensor"):
        regime_posterior([[0.1]])
    with pytest.raises(TypeError, match="moves has dtype torch.int64, expected a floating point one"):
        regime_posterior(torch.zeros(3, 1, dtype=torch.long))
    for shape in ((3,), (0, 2), (3, 1, 1)):
        with pytest.raises(ValueError, match=r"moves has shape .*, expected \(num_steps, batch_size\)"):
            regime_posterior(torch.zeros(shape))
    bad = torch.zeros(3, 2)
    bad[2, 1] = math.nan
    with pytest.raises(ValueError, match="moves holds nan at step 2 of series 1, expected finite numbers"):
        regime_posterior(bad)
