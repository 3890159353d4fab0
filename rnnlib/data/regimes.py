"""A simulated market: daily moves whose drift and unrest hang on a regime that nobody sees."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from rnnlib.errors import check_size

BEAR, BULL = 0, 1


class Market(NamedTuple):
    """How the moves come about. Pairs are (bear, bull).

    Attributes:
        stay: the probability that tomorrow's regime is today's; a regime lasts 1 / (1 - stay) days on
            average.
        drift: the mean of a day's move, in per cent.
        volatility: the standard deviation of a day's move, in per cent.
    """

    stay: float = 0.98
    drift: tuple[float, float] = (-0.2, 0.1)
    volatility: tuple[float, float] = (1.4, 0.8)


def regime_series(
    num_steps: int,
    batch_size: int = 1,
    generator: torch.Generator | None = None,
    *,
    market: Market = Market(),  # noqa: B008 (immutable)
) -> tuple[Tensor, Tensor]:
    """Daily moves of a simulated market with bear and bull regimes.

    The regime is a Markov chain: bear or bull with equal odds on the first day, then the same as the day
    before with probability `market.stay`. The move of a day is normal with the regime's drift and
    volatility: a hidden Markov model, as Hamilton (1989) used for the business cycle, in its simplest form.

    Args:
        num_steps: T, days.
        batch_size: B, series drawn independently.
        generator: where the randomness comes from; torch's global one by default.
        market: the probabilities.

    Returns:
        `moves` (T, B) in per cent, in torch's default dtype, and `regime` (T, B), 0 bear and 1 bull.

    Raises:
        ValueError: a size below 1, or a market that cannot be.
    """
    check_size("num_steps", num_steps)
    check_size("batch_size", batch_size)
    _check_market(market)
    first = torch.randint(2, (1, batch_size), generator=generator)
    switches = torch.rand(num_steps - 1, batch_size, generator=generator) >= market.stay
    regime = (torch.cat([first, switches.long()]).cumsum(0)) % 2  # (T, B)
    noise = torch.randn(num_steps, batch_size, generator=generator)
    drift, volatility = torch.tensor(market.drift), torch.tensor(market.volatility)
    return drift[regime] + volatility[regime] * noise, regime


def regime_posterior(moves: Tensor, *, market: Market = Market()) -> Tensor:  # noqa: B008 (immutable)
    """The probability of the bull regime on each day, given the moves up to and including that day.

    This is Bayes' rule done exactly (the forward algorithm, or Hamilton's filter). Whoever reads only the
    past cannot know the regime better: no probe of a network that reads from left to right has a lower
    expected log loss.

        p(t given moves before t) = stay * p_(t-1) + (1 - stay) * (1 - p_(t-1))
        log odds of p_t           = log odds of that + log N(x_t; bull) - log N(x_t; bear)

    Args:
        moves: (T, B), in per cent.
        market: the probabilities under which the moves were drawn.

    Returns:
        (T, B), the dtype of `moves`; computed in float64.

    Raises:
        TypeError: `moves` is not a floating point tensor.
        ValueError: `moves` has other than two axes, no step, or a value that is not finite; or a market that
            cannot be.
    """
    _check_market(market)
    _check_moves(moves)
    x = moves.double()
    evidence = _log_normal(x, market, BULL) - _log_normal(x, market, BEAR)  # (T, B)
    before = torch.full_like(x[0], 0.5)  # (B,)
    steps = []
    for step in evidence:
        posterior = torch.sigmoid(torch.logit(before) + step)
        steps.append(posterior)
        before = market.stay * posterior + (1 - market.stay) * (1 - posterior)
    return torch.stack(steps).to(moves.dtype)


def _log_normal(x: Tensor, market: Market, regime: int) -> Tensor:
    mean, deviation = market.drift[regime], market.volatility[regime]
    return -0.5 * ((x - mean) / deviation) ** 2 - math.log(deviation * math.sqrt(2 * math.pi))


def _check_market(market: Market) -> None:
    if not isinstance(market, Market):
        raise TypeError(f"market is {market!r} ({type(market).__name__}), expected a Market")
    if not 0 < market.stay < 1:
        raise ValueError(f"market.stay is {market.stay}, expected a number between 0 and 1, both excluded")
    for name in ("drift", "volatility"):
        pair = getattr(market, name)
        if len(pair) != 2 or not all(math.isfinite(value) for value in pair):
            raise ValueError(f"market.{name} is {pair}, expected two finite numbers, (bear, bull)")
    if min(market.volatility) <= 0:
        raise ValueError(
            f"market.volatility is {market.volatility}, expected two numbers above 0, (bear, bull)"
        )


def _check_moves(moves: Tensor) -> None:
    if not isinstance(moves, Tensor):
        raise TypeError(f"moves is a {type(moves).__name__}, expected a tensor")
    if not moves.is_floating_point():
        raise TypeError(f"moves has dtype {moves.dtype}, expected a floating point one")
    if moves.dim() != 2 or len(moves) == 0:
        raise ValueError(
            f"moves has shape {tuple(moves.shape)}, expected (num_steps, batch_size), num_steps of 1 or more"
        )
    finite = moves.isfinite()
    if not finite.all():
        t, b = (~finite).nonzero()[0].tolist()
        raise ValueError(
            f"moves holds {moves[t, b].item()} at step {t} of series {b}, expected finite numbers"
        )
