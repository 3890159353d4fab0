"""Looking for the likeliest sequence, over any step function: greedy, beam and exhaustive search.

The score of a sequence of length L is log p / lp(L), with the length penalty lp of `length_penalty`. The end
token has a probability, which counts in log p, so it counts in L too.
"""

import math
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from rnnlib.decoding import Step
from rnnlib.errors import check_size

PENALTIES = ("power", "gnmt")

# ---- what a search finds --------------------------------------------------------------------------------


class Hypothesis(NamedTuple):
    """A sequence that a search found.

    Attributes:
        tokens: its ids (n,), without the first token and without the end token.
        log_prob: the sum of the log-probabilities of all its tokens, the end token's included.
        finished: whether it ended by itself; False where it was cut at the greatest length.
    """

    tokens: Tensor
    log_prob: float
    finished: bool

    @property
    def length(self) -> int:
        """How many tokens have a probability. This is L; the end token counts where there is one."""
        return len(self.tokens) + self.finished

    def score(self, alpha: float = 0.0, penalty: str = "power") -> float:
        """log p / lp(L); the greater, the better."""
        return self.log_prob / length_penalty(self.length, alpha, penalty)


class Candidate(NamedTuple):
    """A continuation that beam search weighed, by one token, of a hypothesis that it had kept.

    Attributes:
        rank: its place among all candidates of its sentence and step, from 1.
        parent: the rank, a step earlier, of the hypothesis that it continues; 0 at the first step.
        token: the id it adds.
        log_prob: of the whole sequence, this token included. Candidates are ranked by it.
        score: log p / lp(length so far).
        fate: "kept" (goes on), "finished" (ends here and is set aside) or "pruned" (ranked below the width).
    """

    rank: int
    parent: int
    token: int
    log_prob: float
    score: float
    fate: str


class Found(NamedTuple):
    """What a search found for one sentence.

    Attributes:
        hypotheses: the best first.
        steps: the candidates of each step, best first, where a trace was asked for.
    """

    hypotheses: list[Hypothesis]
    steps: list[list[Candidate]]

    @property
    def best(self) -> Hypothesis:
        """The first of the hypotheses."""
        return self.hypotheses[0]


def length_penalty(length: int, alpha: float, penalty: str = "power") -> float:
    """lp(L), which a log-probability is divided by.

    Log-probabilities are negative, so a greater divisor raises them: a larger alpha favours longer sequences.

    Args:
        length: L, the end token counted.
        alpha: 0 leaves the log-probability as it is.
        penalty: "power" for L^alpha, "gnmt" for ((5 + L) / 6)^alpha (Wu et al. 2016, eq. 14).

    Raises:
        TypeError, ValueError: `length` is no whole number of at least 1, `alpha` is negative or not finite,
            or `penalty` is neither.
    """
    check_size("length", length)
    _check_penalty(alpha, penalty)
    base = length if penalty == "power" else (5 + length) / 6
    return float(base) ** alpha  # type: ignore[no-any-return]


# ---- greedy ---------------------------------------------------------------------------------------------


@torch.no_grad()
def greedy_search(
    step: Step,
    state: Any,
    first: Tensor,
    eos: int,
    max_length: int | Tensor,
    banned: Collection[int] = (),
) -> list[Hypothesis]:
    """Take the likeliest token again and again, for a batch of sentences at once.

    Args:
        step: `step(token_ids (B,), state) -> (log_probs (B, V), state)`.
        state: the state before the first token.
        first: the token that each sentence starts from (B,), `<bos>`.
        eos: the token that ends a sentence.
        max_length: the most tokens a sentence may have, the end token included; a tensor (B,) gives each
            sentence its own.
        banned: tokens that are never written; the other probabilities stay what they are.

    Returns:
        For each sentence what was written.

    Raises:
        TypeError, ValueError: `max_length` is no whole number of at least 1.
    """
    limits = _limits(max_length, first)  # (B,)
    token_ids, written = first, []
    log_prob = torch.zeros(len(first), device=first.device)
    alive = torch.ones(len(first), dtype=torch.bool, device=first.device)
    cut = torch.zeros_like(alive)
    for t in range(1, int(limits.max()) + 1):
        log_probs, state = step(token_ids, state)  # (B, V)
        best, token_ids = without(log_probs, banned).max(dim=-1)  # (B,)
        log_prob = torch.where(alive, log_prob + best, log_prob)
        written.append(token_ids.masked_fill(~alive, eos))
        alive = alive & (token_ids != eos)
        cut = cut | (alive & (limits == t))
        alive = alive & ~cut
        if not alive.any():
            break
    tokens = torch.stack(written).cpu()  # (T, B)
    lengths = (tokens != eos).sum(dim=0)
    return [
        Hypothesis(tokens[:n, k], p, not c)
        for k, (n, p, c) in enumerate(zip(lengths, log_prob.tolist(), cut.tolist(), strict=True))
    ]


def without(log_probs: Tensor, banned: Collection[int]) -> Tensor:
    """The log-probabilities (B, V) with those of some tokens at minus infinity."""
    if not banned:
        return log_probs
    return log_probs.index_fill(-1, torch.tensor(list(banned), device=log_probs.device), -torch.inf)


# ---- beam -----------------------------------------------------------------------------------------------


class _Rules(NamedTuple):
    """How a search ranks and when it stops."""

    eos: int | None
    alpha: float
    penalty: str
    n_best: int
    finished_first: bool

    def choose(self, hypotheses: list[Hypothesis]) -> list[Hypothesis]:
        """The n best; of equal ones that which stands first.

        Raises:
            ValueError: nothing was found.
        """
        if not hypotheses:
            raise ValueError("no sequence has a probability above 0, expected banned to leave some token")

        def order(hypothesis: Hypothesis) -> tuple[bool, float]:
            cut = self.finished_first and not hypothesis.finished
            return cut, -hypothesis.score(self.alpha, self.penalty)

        return sorted(hypotheses, key=order)[: self.n_best]

    def settled(self, hypotheses: list[Hypothesis], best_live: float, max_length: int) -> bool:
        """Whether nothing that is still live can come among the n best (see `beam_search`)."""
        if len(hypotheses) < self.n_best:
            return False
        worst = self.choose(hypotheses)[-1].score(self.alpha, self.penalty)
        return worst >= best_live / length_penalty(max_length, self.alpha, self.penalty)


class _Live(NamedTuple):
    """The hypotheses under way of A sentences, W each, best first.

    Attributes:
        log_prob: (A, W), float64; minus infinity where a sentence has fewer than W.
        written: their tokens (A, W, t).
        rank: (A, W), their ranks among the candidates of the last step.
    """

    log_prob: Tensor
    written: Tensor
    rank: Tensor


class _Candidates(NamedTuple):
    """The best continuations, best first: log-probability, place of the parent in its row of `_Live`, token.

    All are (A, N); the log-probability is minus infinity where there are fewer.
    """

    log_prob: Tensor
    parent: Tensor
    token: Tensor


@torch.no_grad()
def beam_search(
    step: Step,
    state: Any,
    first: Tensor,
    eos: int | None,
    max_length: int | Tensor,
    width: int = 5,
    alpha: float = 0.0,
    penalty: str = "power",
    banned: Collection[int] = (),
    n_best: int = 1,
    early_stop: bool = True,
    finished_first: bool = False,
    trace: bool | int = False,
) -> list[Found]:
    """Go on with the `width` likeliest beginnings at once, for a batch of sentences at once.

    At each step every live hypothesis is continued by every token, and of these candidates the `width` with
    the greatest cumulative log-probability, summed in float64, are kept, fewer where there are fewer. Those
    that end are set aside, the others go on, each with its own state. Equal candidates rank by the rank of
    their parent, then by their token's id. In the end all hypotheses are ranked by score; of equal ones the
    one that ended first wins, and those that were cut come last. With `width=1` this is greedy search.

    A sentence is left as soon as its `n_best`-th best finished score is at least
    (the best live log p) / lp(M), M the greatest length. That loses nothing: log p only falls as a sequence
    grows, lp(L) <= lp(M), and log p <= 0, so no live hypothesis can get a score above that bound.

    Args:
        step: `step(token_ids (N,), state) -> (log_probs (N, V), state)`, for any N.
        state: the state before the first token: a tensor, or tuples of them to any depth, each with the batch
            on axis 1; or None.
        first: the token that each sentence starts from (B,), `<bos>`.
        eos: the token that ends a sentence; None where there is none, as in many a language model.
        max_length: M, the most tokens a sentence may have, the end token included; a tensor (B,) gives each
            sentence its own.
        width: how many hypotheses are kept; more than V is fine, the first step then keeps all V.
        alpha, penalty: of the length penalty, see `length_penalty`. They rank what is found and do not prune.
        banned: tokens that are never written; the other probabilities stay what they are.
        n_best: how many hypotheses to return for each sentence; fewer if fewer were found.
        early_stop: False goes on until nothing is live.
        finished_first: rank those that were cut at M behind all that ended, whatever their scores.
        trace: record the candidates of each step: True all that have a probability, a number the best so
            many.

    Returns:
        For each sentence what was found; a hypothesis cut at M has `finished` False.

    Raises:
        TypeError: an argument of the wrong type, or a state that cannot be reordered.
        ValueError: `max_length`, `width` or `n_best` below 1, `alpha` negative, an unknown `penalty`, or
            `step` returning something that is no log-probability.
    """
    for name, value in {"width": width, "n_best": n_best}.items():
        check_size(name, value)
    if not isinstance(trace, int) or trace < 0:
        raise ValueError(f"trace is {trace!r}, expected True, False or a number of candidates")
    _check_penalty(alpha, penalty)
    limits = _limits(max_length, first).cpu()  # (B,)
    rules = _Rules(eos, alpha, penalty, n_best, finished_first)
    found = [Found([], []) for _ in first]
    active = torch.arange(len(first))  # (A,), the sentences under way
    live = _start(len(first))
    token_ids, t = first, 0
    while len(active):
        t += 1
        log_probs, state = step(token_ids, state)  # (A * W, V)
        log_probs = without(_checked(log_probs, len(token_ids)), banned)
        shown = log_probs.shape[1] * live.log_prob.shape[1] if trace is True else int(trace)
        candidates = _rank(live.log_prob, log_probs, max(width, shown))  # (A, N)
        if trace:
            _record([found[a].steps for a in active], candidates, live.rank, t, (width, shown), rules)
        live, rows = _advance(found, active, live, candidates, width, eos)
        stay = ~_done(found, active, live, limits, t, rules if early_stop else None)
        active, live, rows = _keep(stay, active, live, rows)
        if len(active):
            state = reorder_state(state, rows.flatten().to(first.device))
            token_ids = live.written[:, :, -1].flatten().to(first.device)  # (A * W,)
    return [Found(rules.choose(hypotheses), steps) for hypotheses, steps in found]


def _start(batch: int) -> _Live:
    """One empty hypothesis for each sentence, of probability 1."""
    return _Live(
        torch.zeros(batch, 1, dtype=torch.float64),
        torch.zeros(batch, 1, 0, dtype=torch.long),
        torch.zeros(batch, 1, dtype=torch.long),
    )


def _rank(log_prob: Tensor, log_probs: Tensor, count: int) -> _Candidates:
    """The `count` best continuations of each sentence's hypotheses.

    Args:
        log_prob: of the hypotheses (A, W).
        log_probs: of the next token (A * W, V).
        count: N or more, where there are fewer.
    """
    values, ids = likeliest(log_probs, min(count, log_probs.shape[1]))  # (A * W, n), ids ascending
    # log p(y_1 ... y_t) = log p(y_1 ... y_t-1) + log p(y_t | y_1 ... y_t-1)
    total = log_prob.flatten()[:, None] + values.double().cpu()  # (A * W, n)
    total = total.view(len(log_prob), -1)  # (A, W * n): by parent, then by token, which a stable sort keeps
    order = total.argsort(dim=1, descending=True, stable=True)[:, :count]  # (A, N)
    token = ids.cpu().view(len(log_prob), -1).gather(1, order)
    return _Candidates(total.gather(1, order), order // values.shape[1], token)


def likeliest(log_probs: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The `count` greatest entries of each row of (N, V), of equal ones those with the lower ids.

    Returns:
        Values and ids (N, count), by rising id.
    """
    values, ids = log_probs.topk(count, dim=-1)
    smallest = values[:, -1:]
    tied = ((log_probs >= smallest).sum(dim=-1) > count) & (smallest[:, 0] > -torch.inf)  # (N,)
    if tied.any():  # topk takes any of equal ones
        ids[tied] = log_probs[tied].argsort(dim=-1, descending=True, stable=True)[:, :count]
    ids = ids.sort(dim=-1).values
    return log_probs.gather(-1, ids), ids


def _advance(
    found: list[Found], active: Tensor, live: _Live, candidates: _Candidates, width: int, eos: int | None
) -> tuple[_Live, Tensor]:
    """Keep the best candidates; set aside those that end.

    Returns:
        What is live now, and the row of the step's batch that each of them continues (A, W).
    """
    log_prob, parent, token = (part[:, :width] for part in candidates)  # (A, K)
    possible = log_prob > -torch.inf
    ends = possible & (token == (-1 if eos is None else eos))
    for a, k in ends.nonzero().tolist():
        tokens = live.written[a, parent[a, k]].clone()
        found[active[a]].hypotheses.append(Hypothesis(tokens, float(log_prob[a, k]), True))
    goes_on = possible & ~ends
    order = goes_on.int().argsort(dim=1, descending=True, stable=True)  # those that go on to the left
    going = goes_on.gather(1, order)
    order = torch.where(going, order, order[:, :1])  # a copy of the best, of probability 0, fills the row
    log_prob = log_prob.gather(1, order).masked_fill(~going, -torch.inf)
    parent, token = parent.gather(1, order), token.gather(1, order)
    before = live.written.gather(1, parent[..., None].expand(-1, -1, live.written.shape[2]))
    written = torch.cat([before, token[..., None]], dim=2)  # (A, W, t)
    first_rows = torch.arange(len(active))[:, None] * live.log_prob.shape[1]
    return _Live(log_prob, written, order + 1), first_rows + parent


def _done(
    found: list[Found], active: Tensor, live: _Live, limits: Tensor, t: int, rules: _Rules | None
) -> Tensor:
    """Which sentences are done (A,); what is still live of those at their greatest length is cut."""
    done = torch.zeros(len(active), dtype=torch.bool)
    for a, sentence in enumerate(active.tolist()):
        hypotheses, limit = found[sentence].hypotheses, int(limits[sentence])
        going = live.log_prob[a] > -torch.inf  # (W,)
        if t == limit:
            hypotheses += [
                Hypothesis(tokens.clone(), p, False)
                for tokens, p in zip(live.written[a, going], live.log_prob[a, going].tolist(), strict=True)
            ]
        done[a] = t == limit or not going.any()
        if rules is not None and not done[a]:
            done[a] = rules.settled(hypotheses, float(live.log_prob[a, 0]), limit)
    return done


def _keep(stay: Tensor, active: Tensor, live: _Live, rows: Tensor) -> tuple[Tensor, _Live, Tensor]:
    """Leave the sentences that are done, and the columns in which nothing is live any more."""
    going = (live.log_prob[stay] > -torch.inf).sum(dim=1)  # (A',)
    width = int(going.max()) if len(going) else 0
    return active[stay], _Live(*(part[stay, :width] for part in live)), rows[stay, :width]


def _record(
    steps: list[list[list[Candidate]]],
    candidates: _Candidates,
    rank: Tensor,
    t: int,
    kept: tuple[int, int],
    rules: _Rules,
) -> None:
    """Append this step's candidates to each sentence's steps; `kept` is the width and how many to record."""
    width, shown = kept
    penalty = length_penalty(t, rules.alpha, rules.penalty)
    parents = rank.gather(1, candidates.parent)  # (A, N)
    columns = (candidates.log_prob, parents, candidates.token)
    for a, step in enumerate(steps):
        rows = zip(*(part[a, :shown].tolist() for part in columns), strict=True)
        step.append(
            [
                Candidate(n, parent, token, p, p / penalty, _fate(n, token, width, rules.eos))
                for n, (p, parent, token) in enumerate(rows, start=1)
                if p > -math.inf
            ]
        )


def _fate(rank: int, token: int, width: int, eos: int | None) -> str:
    if rank > width:
        return "pruned"
    return "finished" if token == eos else "kept"


def reorder_state(state: Any, rows: Tensor) -> Any:
    """The state of other rows of its batch, one row as often as it is named.

    Args:
        state: a tensor, or tuples of them to any depth, each with the batch on axis 1; or None.
        rows: which rows of the batch (N,).

    Raises:
        TypeError: something else.
        ValueError: a tensor with fewer than two axes.
    """
    if state is None:
        return None
    if isinstance(state, Tensor):
        if state.dim() < 2:
            raise ValueError(f"state has shape {tuple(state.shape)}, expected the batch on axis 1")
        return state.index_select(1, rows)
    if isinstance(state, tuple):
        parts = [reorder_state(part, rows) for part in state]
        return type(state)(*parts) if hasattr(state, "_fields") else tuple(parts)
    raise TypeError(f"state holds a {type(state).__name__}, expected tensors, tuples of them, or None")


# ---- exhaustive -----------------------------------------------------------------------------------------


@torch.no_grad()
def exhaustive_search(
    step: Step,
    state: Any,
    first: Tensor,
    eos: int | None,
    max_length: int | Tensor,
    alpha: float = 0.0,
    penalty: str = "power",
    banned: Collection[int] = (),
    n_best: int = 1,
    finished_first: bool = False,
    at_most: int = 200_000,
) -> list[Found]:
    """Score every sequence of up to M tokens, one sentence after the other: for small V and M only.

    There are (V - 1)^(L - 1) sequences that end at length L, and (V - 1)^M that do not end.

    Args:
        step, state, first, eos, max_length, alpha, penalty, banned, n_best, finished_first: as in
            `beam_search`.
        at_most: how many sequences of one length to look at before giving up.

    Returns:
        For each sentence the best of all sequences.

    Raises:
        TypeError, ValueError: as `beam_search`, or more sequences than `at_most`.
    """
    check_size("n_best", n_best)
    _check_penalty(alpha, penalty)
    rules = _Rules(eos, alpha, penalty, n_best, finished_first)
    found = []
    for b, limit in enumerate(_limits(max_length, first).tolist()):
        row = torch.tensor([b], device=first.device)
        start = reorder_state(state, row), first[row]
        found.append(Found(rules.choose(_all_sequences(step, *start, eos, limit, banned, at_most)), []))
    return found


def _all_sequences(
    step: Step, state: Any, first: Tensor, eos: int | None, limit: int, banned: Collection[int], at_most: int
) -> list[Hypothesis]:
    """Every sequence of one sentence that has a probability."""
    hypotheses = []
    prefixes = torch.zeros(1, 0, dtype=torch.long)  # (N, t)
    log_prob = torch.zeros(1, dtype=torch.float64)
    token_ids = first
    for t in range(1, limit + 1):
        log_probs, state = step(token_ids, state)  # (N, V)
        _refuse_many(log_probs.numel(), at_most)
        log_probs = without(_checked(log_probs, len(token_ids)), banned).double().cpu()
        total = log_prob[:, None] + log_probs
        parent, token = (total > -torch.inf).nonzero().T
        log_prob, longer = total[parent, token], torch.cat([prefixes[parent], token[:, None]], dim=1)
        ends = token == (-1 if eos is None else eos)
        hypotheses += _as_hypotheses(longer[ends, :-1], log_prob[ends], True)
        prefixes, log_prob, parent = longer[~ends], log_prob[~ends], parent[~ends]
        if t < limit and len(prefixes):
            state = reorder_state(state, parent.to(first.device))
            token_ids = prefixes[:, -1].to(first.device)
        else:
            break
    return hypotheses + _as_hypotheses(prefixes, log_prob, False)


def _as_hypotheses(tokens: Tensor, log_prob: Tensor, finished: bool) -> list[Hypothesis]:
    return [Hypothesis(row.clone(), p, finished) for row, p in zip(tokens, log_prob.tolist(), strict=True)]


def _refuse_many(count: int, at_most: int) -> None:
    if count > at_most:
        raise ValueError(
            f"there are {count:,} or more sequences to score, expected at most at_most = {at_most:,}: "
            "take a smaller vocabulary or max_length, or beam_search"
        )


# ---- scoring --------------------------------------------------------------------------------------------


@torch.no_grad()
def sequence_log_prob(step: Step, state: Any, first: Tensor, sequences: Sequence[Tensor]) -> Tensor:
    """log p of given sequences, the sum over their tokens, each given the true ones before it.

    Args:
        step, state, first: as in `beam_search`.
        sequences: B tensors of ids (n,), as long as they like; with the end token at the end of those that
            end.

    Returns:
        (B,), float64.

    Raises:
        ValueError: not as many sequences as first tokens, or only empty ones.
    """
    if len(sequences) != len(first) or not any(len(ids) for ids in sequences):
        raise ValueError(
            f"sequences holds {len(sequences)}, expected first's {len(first)}, at least one of them not empty"
        )
    lengths = torch.tensor([len(ids) for ids in sequences])
    tokens = torch.nn.utils.rnn.pad_sequence(list(sequences)).to(first.device)  # (T, B)
    log_prob = torch.zeros(len(first), dtype=torch.float64)
    token_ids = first
    for t, token in enumerate(tokens):
        log_probs, state = step(token_ids, state)  # (B, V)
        chosen = log_probs.gather(1, token[:, None])[:, 0].double().cpu()  # log p(y_t | y_1 ... y_t-1)
        log_prob = torch.where(t < lengths, log_prob + chosen, log_prob)
        token_ids = token
    return log_prob


# ---- checks ---------------------------------------------------------------------------------------------


def _check_penalty(alpha: float, penalty: str) -> None:
    if not isinstance(alpha, int | float) or isinstance(alpha, bool):
        raise TypeError(f"alpha is {alpha!r} ({type(alpha).__name__}), expected a number")
    if not 0 <= alpha < math.inf:
        raise ValueError(f"alpha is {alpha}, expected a finite number of 0 or more")
    if penalty not in PENALTIES:
        raise ValueError(f"penalty is {penalty!r}, expected one of {PENALTIES}")


def _limits(max_length: int | Tensor, first: Tensor) -> Tensor:
    """The greatest length of each sentence (B,)."""
    if first.dim() != 1 or not len(first):
        raise ValueError(f"first has shape {tuple(first.shape)}, expected (B,) with B of 1 or more")
    if not isinstance(max_length, Tensor):
        check_size("max_length", max_length)
        return torch.full_like(first, max_length)
    if max_length.shape != first.shape or max_length.is_floating_point():
        raise ValueError(
            f"max_length has shape {tuple(max_length.shape)} and dtype {max_length.dtype}, "
            f"expected integers ({len(first)},), one for each sentence"
        )
    check_size("max_length", int(max_length.min()))
    return max_length.to(first.device)


def _checked(log_probs: Tensor, batch: int) -> Tensor:
    """What `step` returned, if these are log-probabilities."""
    if log_probs.dim() != 2 or log_probs.shape[0] != batch:
        raise ValueError(
            f"step returned log_probs of shape {tuple(log_probs.shape)}, expected (batch={batch}, V)"
        )
    highest = float(log_probs.max())  # nan if any entry is
    if not highest <= 1e-3:  # a little above 0 is rounding
        raise ValueError(
            f"step returned log_probs as high as {highest}, expected log-probabilities, at most 0"
        )
    return log_probs
