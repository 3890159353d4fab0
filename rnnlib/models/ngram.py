"""The yardstick: an n-gram model that counts and smooths, and learns nothing else."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from rnnlib.errors import check_size


@dataclass
class _Level:
    """All contexts of one length k, numbered 0 ... C - 1, as branches of the contexts of length k - 1.

    A context is found from its own last k - 1 tokens and the one before those, so shortening a context
    (backing off) means going back to its parent.

    Attributes:
        branch: sorted (C,), `parent * V + older token`; its position is the context's number.
        pairs: sorted, `context * V + next token` of every pair that was seen.
        pair_counts: how often each pair was seen.
        totals: (C,), how often the context was followed by anything, N(h).
        kinds: (C,), by how many different tokens, D(h).
    """

    branch: np.ndarray
    pairs: np.ndarray
    pair_counts: np.ndarray
    totals: np.ndarray
    kinds: np.ndarray


class NGram:
    """Interpolated Witten-Bell n-gram (Witten & Bell 1991; Chen & Goodman 1999, section 2.5).

    With `c(h w)` the count of token w after the history h, `N(h)` their sum over w and `D(h)` the number of
    different tokens seen after h,

        `p(w | h) = (c(h w) + D(h) p(w | h')) / (N(h) + D(h))`

    where h' is h without its oldest token; below the empty history stands 1 / V. An unseen history gives
    `p(w | h')`. No parameter has to be chosen.

    Args:
        order: n, of 1 or more: n - 1 tokens of history are read.
        vocab_size: V.

    Raises:
        ValueError: a size below 1.
    """

    def __init__(self, order: int, vocab_size: int) -> None:
        check_size("order", order)
        check_size("vocab_size", vocab_size)
        self.order = order
        self.vocab_size = vocab_size
        self._levels: list[_Level] = []

    def fit(self, ids: Tensor | Sequence[int]) -> "NGram":
        """Counts a text, replacing what was counted before.

        Args:
            ids: token ids (T,), T of 1 or more.

        Returns:
            The model itself.

        Raises:
            TypeError: the ids are no integers.
            ValueError: no ids, more than one axis, or an id not in 0 ... V - 1.
        """
        tokens = self._check(ids, "ids", at_least=1)
        context = np.zeros(len(tokens), dtype=np.int64)  # the number of each position's context
        self._levels = []
        for k in range(min(self.order, len(tokens))):  # a short text has no longer contexts
            if k == 0:
                branch = np.zeros(1, dtype=np.int64)
            else:
                # Positions from k on have k tokens before them; the one that is new is k places back.
                keys = context[1:] * self.vocab_size + tokens[: len(tokens) - k]
                branch, context = np.unique(keys, return_inverse=True)
            self._levels.append(self._count(branch, context, tokens[k:]))
        return self

    def prob(self, history: Tensor | Sequence[int]) -> np.ndarray:
        """The distribution of the next token.

        Args:
            history: token ids (T,), T of 0 or more, the newest last; the last `order - 1` are read.

        Returns:
            (V,), float64, summing to 1.

        Raises:
            RuntimeError: nothing was fitted.
            TypeError, ValueError: as in `fit`.
        """
        self._check_fitted()
        tokens = self._check(history, "history", at_least=0)
        p = np.full(self.vocab_size, 1 / self.vocab_size)  # (V,)
        context = 0
        for k, level in enumerate(self._levels):
            if k > len(tokens):
                break
            if k > 0:
                key = context * self.vocab_size + tokens[len(tokens) - k]
                context = int(np.searchsorted(level.branch, key))
                if context == len(level.branch) or level.branch[context] != key:
                    break  # this history was never seen
            start, stop = np.searchsorted(
                level.pairs, [context * self.vocab_size, (context + 1) * self.vocab_size]
            )
            counts = np.zeros(self.vocab_size)
            counts[level.pairs[start:stop] % self.vocab_size] = level.pair_counts[start:stop]
            p = (counts + level.kinds[context] * p) / (level.totals[context] + level.kinds[context])
        return p

    def token_probs(self, ids: Tensor | Sequence[int], window: int | None = None) -> np.ndarray:
        """The probability of each token of a text but its first, given the tokens before it.

        Args:
            ids: token ids (T,), T of 2 or more.
            window: `None` reads the text in one pass; k restarts the history every k predictions, so that the
                first of them sees one token, as a recurrent model does on windows of k steps without a
                carried state.

        Returns:
            (T - 1,), float64.

        Raises:
            RuntimeError: nothing was fitted.
            TypeError, ValueError: as in `fit`; or a `window` below 1.
        """
        self._check_fitted()
        tokens = self._check(ids, "ids", at_least=2)
        if window is not None:
            check_size("window", window)
        targets = tokens[1:]
        step = np.arange(len(targets))
        seen = 1 + (step if window is None else step % window)  # tokens of history at each position
        p = np.full(len(targets), 1 / self.vocab_size)
        context = np.zeros(len(targets), dtype=np.int64)
        known = np.ones(len(targets), dtype=bool)
        for k, level in enumerate(self._levels):
            if k > 0:
                known &= seen >= k
                older = tokens[np.maximum(step + 1 - k, 0)]
                context, found = _find(level.branch, context * self.vocab_size + older)
                known &= found
            index, found = _find(level.pairs, context * self.vocab_size + targets)
            counts = np.where(found, level.pair_counts[index], 0)
            kinds, totals = level.kinds[context], level.totals[context]
            p = np.where(known, (counts + kinds * p) / (totals + kinds), p)
        return p

    def mean_loss(self, ids: Tensor | Sequence[int], window: int | None = None) -> float:
        """The mean of -ln p over the tokens of a text but its first, in nats. See `token_probs`."""
        return float(-np.log(self.token_probs(ids, window)).mean())

    def perplexity(self, ids: Tensor | Sequence[int], window: int | None = None) -> float:
        """exp of `mean_loss`: comparable with `rnnlib.metrics.perplexity` on the same tokens."""
        return math.exp(self.mean_loss(ids, window))

    def _count(self, branch: np.ndarray, context: np.ndarray, following: np.ndarray) -> _Level:
        pairs, pair_counts = np.unique(context * self.vocab_size + following, return_counts=True)
        totals = np.bincount(context, minlength=len(branch))
        kinds = np.bincount(pairs // self.vocab_size, minlength=len(branch))
        return _Level(branch, pairs, pair_counts, totals, kinds)

    def _check(self, ids: Tensor | Iterable[int], name: str, at_least: int) -> np.ndarray:
        tokens = ids.detach().cpu().numpy() if isinstance(ids, torch.Tensor) else np.asarray(ids)
        tokens = tokens.astype(np.int64) if tokens.size == 0 else tokens
        if not np.issubdtype(tokens.dtype, np.integer):
            raise TypeError(f"{name} has dtype {tokens.dtype}, expected integer token ids")
        if tokens.ndim != 1 or len(tokens) < at_least:
            raise ValueError(f"{name} has shape {tokens.shape}, expected (T,) with T of {at_least} or more")
        bad = np.flatnonzero((tokens < 0) | (tokens >= self.vocab_size))
        if len(bad):
            raise ValueError(
                f"{name} holds {tokens[bad[0]]} at position {bad[0]}, "
                f"expected 0 to V - 1 = {self.vocab_size - 1}"
            )
        return tokens.astype(np.int64)

    def _check_fitted(self) -> None:
        if not self._levels:
            raise RuntimeError("the n-gram has counted nothing yet: call fit(ids) first")


def _find(table: np.ndarray, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The position of each key in a sorted table (0 where it is not in), and whether it is."""
    index = np.minimum(np.searchsorted(table, keys), len(table) - 1)
    found = table[index] == keys
    return np.where(found, index, 0), found
