"""Greedy, beam and exhaustive search: what each must find, over random models and real ones."""

import math
from itertools import product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from rnnlib import layers
from rnnlib.data.translation import make_batch
from rnnlib.models import LanguageModel
from rnnlib.models.attention import AttentionDecoder
from rnnlib.models.seq2seq import ContextDecoder, EncoderDecoder, RecurrentEncoder
from rnnlib.search import (
    Found,
    Hypothesis,
    beam_search,
    exhaustive_search,
    greedy_search,
    length_penalty,
    likeliest,
    reorder_state,
    sequence_log_prob,
    without,
)

EOS = 0


class SmallModel:
    """A random recurrent model in float64; its state is a nesting of tuples."""

    def __init__(self, vocab_size, seed, sharpness=3.0):
        self.generator = torch.Generator().manual_seed(seed)
        self.vocab_size, self.hidden = vocab_size, 4
        self.embedding, self.recurrent, self.output = (
            self.draw(*shape) for shape in ((vocab_size, 4), (4, 4), (4, vocab_size))
        )
        self.sharpness = sharpness

    def draw(self, *shape):
        return torch.randn(*shape, generator=self.generator, dtype=torch.double)

    def start(self, batch):
        """A state and a first token for each sentence."""
        first = torch.randint(0, self.vocab_size, (batch,), generator=self.generator)
        return ((self.draw(1, batch, 4),), torch.zeros(1, batch)), first

    def step(self, token_ids, state):
        (h,), count = state  # (1, B, 4), (1, B)
        h = torch.tanh(h @ self.recurrent + self.embedding[token_ids])
        return (self.sharpness * h[0] @ self.output).log_softmax(-1), ((h,), count + 1)


class Table:
    """Probabilities of the next token by what was written; its state is what was read."""

    def __init__(self, rows, otherwise):
        self.rows, self.otherwise = rows, otherwise
        self.asked = []

    def step(self, token_ids, state):
        read = torch.cat([token_ids[None]] if state is None else [state, token_ids[None]])  # (t, B)
        written = [tuple(column[1:]) for column in read.T.tolist()]
        self.asked += written
        return torch.tensor([self.rows.get(w, self.otherwise) for w in written]).double().log(), read


def models(batch=3):
    """Random models, and a random number of sentences to start from."""
    return st.builds(
        lambda v, seed, sharpness: (model := SmallModel(v, seed, sharpness), *model.start(batch)),
        st.integers(2, 4),
        st.integers(0, 10**6),
        st.sampled_from([0.5, 2.0, 6.0]),
    )


alphas = st.sampled_from([0.0, 0.3, 0.6, 1.0, 1.7])
penalties = st.sampled_from(["power", "gnmt"])
two_hundred = settings(max_examples=200)


def same(a: Hypothesis, b: Hypothesis):
    return (
        a.tokens.tolist() == b.tokens.tolist()
        and a.finished == b.finished
        and (a.log_prob == pytest.approx(b.log_prob, abs=1e-9))
    )


def scores(found: Found, alpha, penalty):
    return [hypothesis.score(alpha, penalty) for hypothesis in found.hypotheses]


def spelled(hypothesis, eos=EOS):
    """The tokens with the end token."""
    return torch.cat([hypothesis.tokens, torch.tensor([eos] * hypothesis.finished, dtype=torch.long)])


def plain_beam(model, state, first, max_length, width):
    """The same search of one sentence once more, in plain Python: sorted lists, nothing batched.

    Returns the hypotheses and, for each step, (parent's rank, token, log p) of all candidates, best first.
    """
    live, hypotheses, steps = [(0, (), 0.0, first, state)], [], []
    for t in range(1, max_length + 1):
        candidates = []
        for rank, tokens, log_prob, token, its_state in live:
            log_probs, after = model.step(token, its_state)
            for v, p in enumerate(log_probs[0].tolist()):
                candidates.append((-(log_prob + p), rank, v, tokens, after))
        candidates.sort(key=lambda candidate: candidate[:3])
        steps.append([(rank, v, -p) for p, rank, v, _, _ in candidates])
        live = []
        for rank, (p, _, v, tokens, after) in enumerate(candidates[:width], start=1):
            if v == EOS:
                hypotheses.append((tokens, -p, True))
            elif t == max_length:
                hypotheses.append(((*tokens, v), -p, False))
            else:
                live.append((rank, (*tokens, v), -p, torch.tensor([v]), after))
    return hypotheses, steps


# ---- the proofs of the issue ----------------------------------------------------------------------------


@given(models(), st.integers(1, 7), alphas, penalties)
@two_hundred
def test_width_1_is_greedy_search(drawn, max_length, alpha, penalty):
    model, state, first = drawn
    greedy = greedy_search(model.step, state, first, EOS, max_length)
    beam = beam_search(model.step, state, first, EOS, max_length, 1, alpha, penalty)
    assert all(same(a, b.best) for a, b in zip(greedy, beam, strict=True))


@given(models(batch=2), st.integers(1, 4), alphas, penalties, st.integers(1, 3))
@two_hundred
def test_a_beam_that_is_wide_enough_is_exhaustive_search(drawn, max_length, alpha, penalty, n_best):
    model, state, first = drawn
    width = model.vocab_size ** (max_length - 1)
    beam = beam_search(model.step, state, first, EOS, max_length, width, alpha, penalty)
    best = exhaustive_search(model.step, state, first, EOS, max_length, alpha, penalty)
    for a, b in zip(beam, best, strict=True):
        assert scores(a, alpha, penalty) == pytest.approx(scores(b, alpha, penalty), abs=1e-12)
    width *= model.vocab_size  # nothing is ever pruned: all of them are found
    beam = beam_search(
        model.step, state, first, EOS, max_length, width, alpha, penalty, (), n_best, finished_first=True
    )
    best = exhaustive_search(
        model.step, state, first, EOS, max_length, alpha, penalty, (), n_best, finished_first=True
    )
    for a, b in zip(beam, best, strict=True):
        assert scores(a, alpha, penalty) == pytest.approx(scores(b, alpha, penalty), abs=1e-12)
        assert [h.finished for h in a.hypotheses] == [h.finished for h in b.hypotheses]


@given(models(batch=1), st.integers(1, 4), alphas, penalties)
@settings(max_examples=50)
def test_exhaustive_search_sees_every_sequence(drawn, max_length, alpha, penalty):
    model, state, first = drawn
    V = model.vocab_size
    others = range(1, V)
    ended = [(*words, EOS) for n in range(max_length) for words in product(others, repeat=n)]
    every = ended + list(product(others, repeat=max_length))
    (found,) = exhaustive_search(model.step, state, first, EOS, max_length, alpha, penalty, n_best=10**6)
    assert sorted(tuple(spelled(h).tolist()) for h in found.hypotheses) == sorted(every)
    n = len(every)
    log_probs = sequence_log_prob(
        model.step,
        reorder_state(state, torch.zeros(n, dtype=torch.long)),
        first.expand(n),
        [torch.tensor(s) for s in every],
    )
    assert float(log_probs.exp().sum()) == pytest.approx(1, abs=1e-12)  # no two of them overlap
    by_hand = [
        p / length_penalty(len(s), alpha, penalty) for p, s in zip(log_probs.tolist(), every, strict=True)
    ]
    assert found.best.score(alpha, penalty) == pytest.approx(max(by_hand), abs=1e-12)


@given(models(), st.integers(1, 6), st.integers(1, 6))
@two_hundred
def test_every_log_probability_is_the_teacher_forced_sum(drawn, max_length, width):
    model, state, first = drawn
    found = beam_search(model.step, state, first, EOS, max_length, width, n_best=width)
    for b, result in enumerate(found):
        for hypothesis in result.hypotheses:
            its_state, token, total = reorder_state(state, torch.tensor([b])), first[b : b + 1], 0.0
            for v in spelled(hypothesis):
                log_probs, its_state = model.step(token, its_state)
                total += float(log_probs[0, v])
                token = v[None]
            assert hypothesis.log_prob == pytest.approx(total, abs=1e-10)
    best = [spelled(result.best) for result in found]
    again = sequence_log_prob(model.step, state, first, best)
    assert again.tolist() == pytest.approx([result.best.log_prob for result in found], abs=1e-10)


@given(models(batch=5), st.integers(1, 6), st.integers(1, 6), alphas, penalties)
@two_hundred
def test_batched_is_one_by_one_and_is_the_plain_search(drawn, max_length, width, alpha, penalty):
    model, state, first = drawn
    together = beam_search(
        model.step, state, first, EOS, max_length, width, alpha, penalty, (), 3, early_stop=False, trace=True
    )
    for b, result in enumerate(together):
        its_state, its_first = reorder_state(state, torch.tensor([b])), first[b : b + 1]
        (alone,) = beam_search(
            model.step, its_state, its_first, EOS, max_length, width, alpha, penalty, (), 3
        )
        assert len(alone.hypotheses) == len(result.hypotheses)
        assert all(same(x, y) for x, y in zip(alone.hypotheses, result.hypotheses, strict=True))
        plain, steps = plain_beam(model, its_state, its_first, max_length, width)
        plain = [Hypothesis(torch.tensor(words), p, ended) for words, p, ended in plain]
        plain.sort(key=lambda h: -h.score(alpha, penalty))
        assert all(same(x, y) for x, y in zip(result.hypotheses, plain[:3], strict=True))
        assert len(steps[: len(result.steps)]) == len(result.steps)
        for traced, expected in zip(result.steps, steps, strict=False):
            assert [(c.parent, c.token) for c in traced] == [(rank, v) for rank, v, _ in expected]
            assert [c.log_prob for c in traced] == pytest.approx([p for _, _, p in expected], abs=1e-10)


@given(models(), st.integers(1, 8), st.integers(1, 5), alphas, penalties, st.integers(1, 4), st.booleans())
@two_hundred
def test_stopping_early_loses_nothing(drawn, max_length, width, alpha, penalty, n_best, finished_first):
    model, state, first = drawn
    early, late = (
        beam_search(
            model.step, state, first, EOS, max_length, width, alpha, penalty, (), n_best, stop, finished_first
        )
        for stop in (True, False)
    )
    for a, b in zip(early, late, strict=True):
        assert len(a.hypotheses) == len(b.hypotheses)
        assert all(same(x, y) for x, y in zip(a.hypotheses, b.hypotheses, strict=True))


def test_stopping_early_saves_steps():
    """The end has 0.6 at once: nothing longer can be likelier, whatever comes."""
    steps = {}
    for stop in (True, False):
        table = Table({(): [0.6, 0.4]}, [0.1, 0.9])
        beam_search(table.step, None, torch.tensor([1]), EOS, 9, 2, early_stop=stop)
        steps[stop] = max(map(len, table.asked)) + 1
    assert steps == {True: 1, False: 9}


def test_the_bound_is_that_of_the_greatest_length():
    """With alpha 1, 'end' scores log .5 and nine certain words more cost nothing: the search must wait."""
    rows = {(): [0.5, 0.5]} | {(1,) * n: [1e-9, 1 - 1e-9] for n in range(1, 9)} | {(1,) * 9: [1.0, 0.0]}
    table = Table(rows, [0.5, 0.5])
    (found,) = beam_search(table.step, None, torch.tensor([1]), EOS, 10, 2, alpha=1.0)
    assert found.best.length == 10 and found.best.finished
    assert found.best.score(1.0) == pytest.approx(math.log(0.5) / 10, abs=1e-6)
    (found,) = beam_search(table.step, None, torch.tensor([1]), EOS, 10, 2, alpha=0.0)
    assert found.best.length == 1  # of equally likely ones the one found first


@given(models(), st.integers(1, 8), st.integers(1, 6), penalties, st.booleans())
@settings(max_examples=100)
def test_a_larger_alpha_never_shortens_the_chosen_output(drawn, max_length, width, penalty, early_stop):
    model, state, first = drawn
    lengths = []
    for alpha in (0.0, 0.2, 0.5, 1.0, 1.5, 3.0):
        found = beam_search(
            model.step, state, first, EOS, max_length, width, alpha, penalty, early_stop=early_stop
        )
        lengths.append([result.best.length for result in found])
    for smaller, larger in zip(lengths, lengths[1:], strict=False):
        assert all(a <= b for a, b in zip(smaller, larger, strict=True))


def test_a_larger_alpha_does_lengthen_some():
    longer = 0
    for seed in range(30):
        model = SmallModel(4, seed)
        state, first = model.start(1)
        short, long = (
            beam_search(model.step, state, first, EOS, 8, 5, alpha)[0].best.length for alpha in (0.0, 1.0)
        )
        longer += long > short
    assert longer > 5


A, B, C, END = range(4)
# A table of four steps in which the likeliest second token leads to the less likely sentence.
SENTENCES = Table(
    {
        (): [0.5, 0.2, 0.2, 0.1],
        (A,): [0.1, 0.4, 0.3, 0.2],
        (A, B): [0.2, 0.2, 0.4, 0.2],
        (A, B, C): [0.0, 0.2, 0.2, 0.6],
        (A, C): [0.1, 0.6, 0.2, 0.1],
        (A, C, B): [0.1, 0.2, 0.1, 0.6],
    },
    [0.25, 0.25, 0.25, 0.25],
)


def test_the_worked_examples():
    first = torch.tensor([END])
    (greedy,) = greedy_search(SENTENCES.step, None, first, END, 4)
    assert greedy.tokens.tolist() == [A, B, C] and greedy.finished
    assert math.exp(greedy.log_prob) == pytest.approx(0.5 * 0.4 * 0.4 * 0.6) == pytest.approx(0.048)
    (beam,) = beam_search(SENTENCES.step, None, first, END, 4, width=2)
    assert beam.best.tokens.tolist() == [A, C, B] and beam.best.finished
    assert math.exp(beam.best.log_prob) == pytest.approx(0.5 * 0.3 * 0.6 * 0.6) == pytest.approx(0.054)
    both = [torch.tensor([A, B, C, END]), torch.tensor([A, C, B, END])]
    sums = sequence_log_prob(SENTENCES.step, None, first.expand(2), both).exp()
    assert sums.tolist() == pytest.approx([0.048, 0.054])


# ---- rules ----------------------------------------------------------------------------------------------


def test_length_penalties():
    assert length_penalty(7, 0.0) == length_penalty(7, 0.0, "gnmt") == 1
    assert length_penalty(9, 0.5) == 3 and length_penalty(9, 2) == 81
    assert length_penalty(7, 2.0, "gnmt") == 4 and length_penalty(1, 0.6, "gnmt") == 1
    ended = Hypothesis(torch.tensor([5, 6, 7]), -8.0, True)
    assert ended.length == 4 and ended.score(1.0) == -2.0  # the end token counts
    cut = Hypothesis(torch.tensor([5, 6, 7, 8]), -8.0, False)
    assert cut.length == 4 and cut.score(0.5) == -4.0 and cut.score() == -8.0


def test_candidates_are_recorded():
    first = torch.tensor([END])
    (found,) = beam_search(SENTENCES.step, None, first, END, 4, width=3, trace=True, early_stop=False)
    assert [len(step) for step in found.steps] == [4, 12, 8, 11]  # live x V, less what is impossible
    top = found.steps[1][:4]
    assert [(c.rank, c.parent, c.token, c.fate) for c in top] == [
        (1, 1, B, "kept"),
        (2, 1, C, "kept"),
        (3, 1, END, "finished"),
        (4, 1, A, "pruned"),
    ]
    assert top[1].log_prob == pytest.approx(math.log(0.5 * 0.3), abs=1e-6) and top[1].score == top[1].log_prob
    assert [c.fate for c in found.steps[3]][:2] == ["finished"] * 2
    assert [(c.parent, c.token) for c in found.steps[3]][:2] == [(1, END), (2, END)]
    (short,) = beam_search(SENTENCES.step, None, first, END, 4, width=3, trace=5, early_stop=False, alpha=1.0)
    assert [len(step) for step in short.steps] == [4, 5, 5, 5]
    for t, (all_, some) in enumerate(zip(found.steps, short.steps, strict=True), start=1):
        for a, b in zip(all_, some, strict=False):
            assert a._replace(score=0) == b._replace(score=0) and b.score == b.log_prob / t
    assert beam_search(SENTENCES.step, None, first, END, 4)[0].steps == []


@given(
    st.lists(st.lists(st.integers(-4, 0), min_size=6, max_size=6), min_size=1, max_size=4), st.integers(1, 6)
)
@settings(max_examples=200)
def test_of_equal_tokens_the_lower_ids_are_taken(rows, count):
    log_probs = torch.tensor(rows).float()
    log_probs[log_probs == -4] = -torch.inf
    values, ids = likeliest(log_probs, count)
    for row, value, chosen in zip(log_probs.tolist(), values.tolist(), ids.tolist(), strict=True):
        expected = sorted(sorted(range(6), key=lambda v: (-row[v], v))[:count])
        real = [v for v in expected if row[v] > -math.inf]
        assert [v for v in chosen if row[v] > -math.inf] == real and len(set(chosen)) == count
        assert value == [row[v] for v in chosen]


def test_of_equal_candidates_the_better_parents_and_then_the_lower_token_go_first():
    table = Table({}, [0.25] * 4)
    (found,) = beam_search(table.step, None, torch.tensor([3]), 3, 3, width=4, trace=True, n_best=9)
    assert [(c.parent, c.token) for c in found.steps[0]] == [(0, v) for v in range(4)]
    assert [(c.parent, c.token) for c in found.steps[1]] == [(p, v) for p in (1, 2, 3) for v in range(4)]
    assert [h.tokens.tolist() for h in found.hypotheses] == [[], [0], [0, 0], [0, 0, 0], [0, 0, 1], [0, 0, 2]]


def test_a_width_over_the_vocabulary_keeps_all_of_it_at_first():
    (found,) = beam_search(SENTENCES.step, None, torch.tensor([END]), END, 4, width=1000, trace=True)
    assert [c.fate for c in found.steps[0]] == ["kept"] * 3 + ["finished"]
    assert "pruned" not in {c.fate for step in found.steps for c in step}


@pytest.mark.parametrize("width", [1, 3])
def test_where_nothing_can_end_what_was_written_is_returned_and_flagged(width):
    table = Table({}, [0.0, 0.6, 0.4])
    (found,) = beam_search(table.step, None, torch.tensor([1]), EOS, 3, width, n_best=width)
    assert len(found.hypotheses) == width and not any(h.finished for h in found.hypotheses)
    assert found.best.tokens.tolist() == [1, 1, 1]
    assert found.best.log_prob == pytest.approx(3 * math.log(0.6))
    # the same where the length does not suffice, and where there is no end token
    (short,) = beam_search(SENTENCES.step, None, torch.tensor([END]), END, 2, width=2)
    assert short.best.tokens.tolist() == [A, B] and not short.best.finished
    (endless,) = beam_search(table.step, None, torch.tensor([1]), None, 3, width)
    assert same(endless.best, found.best)


def test_those_that_ended_can_go_first():
    table = Table({(): [0.2, 0.8]}, [0.1, 0.9])
    for search in (beam_search, exhaustive_search):
        runs = [
            search(table.step, None, torch.tensor([1]), EOS, 2, n_best=3, finished_first=first)[0]
            for first in (False, True)
        ]
        assert [h.tokens.tolist() for h in runs[0].hypotheses] == [[1, 1], [], [1]]
        assert [h.tokens.tolist() for h in runs[1].hypotheses] == [[], [1], [1, 1]]


@given(models(batch=3), st.lists(st.integers(1, 6), min_size=3, max_size=3), st.integers(1, 4), alphas)
@settings(max_examples=60)
def test_each_sentence_can_have_its_own_greatest_length(drawn, limits, width, alpha):
    model, state, first = drawn
    together = beam_search(model.step, state, first, EOS, torch.tensor(limits), width, alpha)
    greedy = greedy_search(model.step, state, first, EOS, torch.tensor(limits))
    for b, limit in enumerate(limits):
        alone = reorder_state(state, torch.tensor([b])), first[b : b + 1], EOS, limit
        assert same(beam_search(model.step, *alone, width, alpha)[0].best, together[b].best)
        assert same(greedy_search(model.step, *alone)[0], greedy[b])


@given(models(batch=2), st.integers(1, 5), st.integers(1, 4))
@settings(max_examples=60)
def test_banned_tokens_are_never_written_and_the_others_keep_their_probability(drawn, max_length, width):
    model, state, first = drawn
    banned = [1]
    for found in beam_search(model.step, state, first, EOS, max_length, width, banned=banned, n_best=9):
        assert all(1 not in h.tokens for h in found.hypotheses)
    best = [f.best for f in beam_search(model.step, state, first, EOS, max_length, width, banned=banned)]
    sums = sequence_log_prob(model.step, state, first, [spelled(h) for h in best])
    assert sums.tolist() == pytest.approx([h.log_prob for h in best], abs=1e-10)
    greedy = greedy_search(model.step, state, first, EOS, max_length, banned)
    beam = beam_search(model.step, state, first, EOS, max_length, 1, banned=banned)
    assert all(same(a, b.best) for a, b in zip(greedy, beam, strict=True))
    assert without(torch.zeros(1, 3), ()).tolist() == [[0, 0, 0]]


def test_a_prefix_that_ended_is_never_asked_for_again():
    table = Table({}, [0.5, 0.3, 0.2])
    beam_search(table.step, None, torch.tensor([1, 2]), EOS, 4, 3, n_best=5)
    assert table.asked and not any(EOS in written for written in table.asked)


# ---- real models ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
@pytest.mark.parametrize("home", [layers, nn], ids=["ours", "torch"])
def test_language_models_after_a_prompt(home, kind):
    torch.manual_seed(0)
    model = LanguageModel(getattr(home, kind)(5, 7, 2), 6).double()
    for p in model.parameters():
        p.data *= 3
    prompt = torch.tensor([[1, 2], [3, 0]])  # (P, B)
    with torch.no_grad():
        _, state = model(prompt[:-1])
    found = beam_search(model.step, state, prompt[-1], None, 4, 6**3)
    best = exhaustive_search(model.step, state, prompt[-1], None, 4)
    narrow = beam_search(model.step, state, prompt[-1], None, 4, 2, n_best=2)
    for b in range(2):
        assert same(found[b].best, best[b].best) and not best[b].best.finished
        assert narrow[b].best.log_prob <= best[b].best.log_prob + 1e-12
        for hypothesis in narrow[b].hypotheses:  # read from the prompt's start, in one pass
            ids = torch.cat([prompt[:, b], hypothesis.tokens])
            log_probs = model(ids[:-1, None])[0][1:, 0].log_softmax(-1)
            expected = log_probs.gather(1, ids[2:, None]).sum().item()
            assert hypothesis.log_prob == pytest.approx(expected, abs=1e-10)
    alone = beam_search(model.step, None, prompt[0], None, 3, 4)  # without a state it starts from zeros
    again = beam_search(model.step, None, prompt[0, :1], None, 3, 4)
    assert same(alone[0].best, again[0].best)


@pytest.mark.parametrize("decoder", [ContextDecoder, AttentionDecoder])
@pytest.mark.parametrize("kind", ["GRU", "LSTM"])
def test_translators(decoder, kind):
    torch.manual_seed(1)
    make, V = getattr(layers, kind), 7
    model = EncoderDecoder(RecurrentEncoder(make(4, 6, 2), V), decoder(make(10, 6, 2), V, 4)).double()
    for p in model.parameters():
        p.data *= 3
    sources = [torch.tensor(ids) for ids in ([4, 5, 6], [5], [6, 6, 4, 5, 5])]
    batch = make_batch(sources, sources)
    with torch.no_grad():
        state = model.encode(batch.source, batch.source_lengths)
    found = beam_search(model.step, state, batch.target_in[0], 2, 6, 4, banned=(0, 1, 3), n_best=4)
    for source, result in zip(sources, found, strict=True):
        for hypothesis in result.hypotheses:
            one = make_batch([source], [hypothesis.tokens])
            log_probs = model(one.source, one.source_lengths, one.target_in)[:, 0].log_softmax(-1)
            chosen = log_probs.gather(1, one.target_out)[: hypothesis.length, 0]
            assert hypothesis.log_prob == pytest.approx(chosen.sum().item(), abs=1e-10)
    wide = beam_search(model.step, state, batch.target_in[0], 2, 3, V**2, banned=(0, 1, 3))
    best = exhaustive_search(model.step, state, batch.target_in[0], 2, 3, banned=(0, 1, 3))
    assert all(same(a.best, b.best) for a, b in zip(wide, best, strict=True))


# ---- bad input ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ({"width": 0}, ValueError, "width is 0, expected at least 1"),
        ({"width": 1.5}, TypeError, r"width is 1.5 \(float\), expected an int"),
        ({"n_best": 0}, ValueError, "n_best is 0, expected at least 1"),
        ({"max_length": 0}, ValueError, "max_length is 0, expected at least 1"),
        ({"max_length": 2.0}, TypeError, r"max_length is 2.0 \(float\), expected an int"),
        ({"max_length": torch.tensor([3, 0])}, ValueError, "max_length is 0, expected at least 1"),
        (
            {"max_length": torch.tensor([3])},
            ValueError,
            r"max_length has shape \(1,\) .* expected integers \(2,\)",
        ),
        ({"alpha": -0.1}, ValueError, "alpha is -0.1, expected a finite number of 0 or more"),
        ({"alpha": math.nan}, ValueError, "alpha is nan, expected a finite number"),
        ({"alpha": "1"}, TypeError, r"alpha is '1' \(str\), expected a number"),
        ({"penalty": "mean"}, ValueError, r"penalty is 'mean', expected one of \('power', 'gnmt'\)"),
        ({"trace": -1}, ValueError, "trace is -1, expected True, False or a number of candidates"),
        ({"first": torch.tensor(1)}, ValueError, r"first has shape \(\), expected \(B,\)"),
        ({"first": torch.zeros(0, dtype=torch.long)}, ValueError, r"first has shape \(0,\), expected \(B,\)"),
        ({"banned": range(3)}, ValueError, "no sequence has a probability above 0, expected banned to leave"),
        (
            {"state": [torch.zeros(1, 2)]},
            TypeError,
            "state holds a list, expected tensors, tuples of them, or",
        ),
        ({"state": (torch.zeros(2),)}, ValueError, r"state has shape \(2,\), expected the batch on axis 1"),
        (
            {"step": lambda ids, state: (torch.zeros(1, 3), state)},
            ValueError,
            r"step returned log_probs of shape \(1, 3\), expected \(batch=2, V\)",
        ),
        (
            {"step": lambda ids, state: (torch.full((2, 3), math.nan), state)},
            ValueError,
            "step returned log_probs as high as nan, expected log-probabilities, at most 0",
        ),
        (
            {"step": lambda ids, state: (torch.full((2, 3), 0.3), state)},
            ValueError,
            "step returned log_probs as high as 0.3",
        ),
    ],
)
def test_bad_arguments(arguments, error, message):
    def step(token_ids, state):
        return torch.tensor([0.1, 0.5, 0.4]).log().expand(len(token_ids), 3), state

    first = torch.tensor([1, 1])
    with pytest.raises(error, match=message):
        beam_search(**{"step": step, "state": None, "first": first, "eos": 0, "max_length": 3} | arguments)


def test_exhaustive_search_refuses_what_would_take_for_ever():
    model = SmallModel(4, 0)
    state, first = model.start(1)
    message = "there are 324 or more sequences to score, expected at most at_most = 300"
    with pytest.raises(ValueError, match=message):
        exhaustive_search(model.step, state, first, EOS, 30, at_most=300)
    with pytest.raises(ValueError, match="no sequence has a probability above 0"):
        exhaustive_search(model.step, state, first, EOS, 3, banned=range(4))


def test_scoring_wants_a_sequence_for_each_sentence():
    model = SmallModel(3, 0)
    state, first = model.start(2)
    with pytest.raises(ValueError, match="sequences holds 1, expected first's 2"):
        sequence_log_prob(model.step, state, first, [torch.tensor([1])])
    empty = torch.zeros(0, dtype=torch.long)
    with pytest.raises(ValueError, match="at least one of them not empty"):
        sequence_log_prob(model.step, state, first, [empty, empty])
    assert sequence_log_prob(model.step, state, first, [empty, torch.tensor([1])])[0] == 0
