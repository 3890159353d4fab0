"""The n-gram against the formula, written another way, and against figures measured elsewhere."""

import math
import time
from collections import Counter, defaultdict

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from local_data import corpus

from rnnlib.data import Vocabulary, letters_only
from rnnlib.models import NGram


class CountedByHand:
    """Witten-Bell by its recursive definition, over one dictionary of followers for each history."""

    def __init__(self, order, vocab_size, ids):
        self.order, self.vocab_size = order, vocab_size
        self.followers = defaultdict(Counter)
        for end, token in enumerate(ids):
            for length in range(min(order - 1, end) + 1):
                self.followers[tuple(ids[end - length : end])][token] += 1

    def prob(self, token, history):
        history = tuple(history)[max(0, len(history) - self.order + 1) :]
        shorter = self.prob(token, history[1:]) if history else 1 / self.vocab_size
        seen = self.followers.get(history)
        if seen is None:
            return shorter
        total, kinds = sum(seen.values()), len(seen)
        weight = total / (total + kinds)  # lambda(h), the share of what was counted
        return weight * seen[token] / total + (1 - weight) * shorter

    def perplexity(self, ids, window=None):
        loss = 0.0
        for t in range(1, len(ids)):
            start = 0 if window is None else (t - 1) // window * window
            loss -= math.log(self.prob(ids[t], ids[start:t]))
        return math.exp(loss / (len(ids) - 1))


texts = st.integers(1, 5).flatmap(
    lambda v: st.tuples(
        st.just(v),
        st.integers(1, 5),
        st.lists(st.integers(0, v - 1), min_size=1, max_size=40),
        st.lists(st.integers(0, v - 1), max_size=12),
    )
)


@settings(max_examples=200)
@given(texts)
def test_probabilities_equal_the_definition_and_sum_to_one(case):
    vocab_size, order, ids, history = case
    p = NGram(order, vocab_size).fit(ids).prob(history)
    by_hand = CountedByHand(order, vocab_size, ids)
    assert p.shape == (vocab_size,) and (p > 0).all()
    assert p.sum() == pytest.approx(1, abs=1e-12)
    assert p.tolist() == pytest.approx([by_hand.prob(w, history) for w in range(vocab_size)], rel=1e-12)


@settings(max_examples=100)
@given(texts, st.lists(st.integers(0, 4), min_size=2, max_size=30), st.none() | st.integers(1, 8))
def test_scoring_a_text_equals_the_definition(case, other, window):
    vocab_size, order, ids, _ = case
    other = [min(token, vocab_size - 1) for token in other]
    model = NGram(order, vocab_size).fit(torch.tensor(ids))
    wanted = CountedByHand(order, vocab_size, ids).perplexity(other, window)
    assert model.perplexity(torch.tensor(other), window) == pytest.approx(wanted, rel=1e-12)
    starts = [0 if window is None else (t - 1) // window * window for t in range(1, len(other))]
    one_by_one = [model.prob(other[s:t])[other[t]] for t, s in enumerate(starts, start=1)]
    assert model.token_probs(other, window).tolist() == pytest.approx(one_by_one, rel=1e-12)


def test_by_pencil():
    """abab: after a, b twice (N 2, D 1); a 2, b 2 in all (N 4, D 2); V 3."""
    model = NGram(2, 3).fit([0, 1, 0, 1])
    p_unigram_b = (2 + 2 * (1 / 3)) / (4 + 2)
    assert model.prob([])[1] == pytest.approx(p_unigram_b)
    assert model.prob([0])[1] == pytest.approx((2 + 1 * p_unigram_b) / (2 + 1))
    assert model.prob([2])[1] == pytest.approx(p_unigram_b)  # a history never seen


def test_the_book_at_every_order(tmp_path, monkeypatch):
    """On the whole corpus: equal to the definition at orders 4 and 6, in both protocols, in seconds."""
    with corpus(tmp_path, monkeypatch) as book:
        text = letters_only(book.text)
    vocab = Vocabulary(list(text))
    ids = vocab.encode(text)
    cut = min(10_000, len(ids) // 2)
    valid = ids[cut : cut + 5_000]
    rest = torch.cat([ids[:cut], ids[cut + 5_000 :]])
    started = time.perf_counter()
    continuous = {n: NGram(n, len(vocab)).fit(rest).perplexity(valid) for n in range(1, 8)}
    assert time.perf_counter() - started < 10
    assert min(continuous, key=continuous.get) in (5, 6, 7)
    six = CountedByHand(6, len(vocab), rest.tolist())
    assert continuous[6] == pytest.approx(six.perplexity(valid.tolist()), rel=1e-9)
    few = NGram(4, len(vocab)).fit(ids[: cut + 32])
    windowed = few.perplexity(ids[cut + 32 : cut + 5_032], window=32)
    by_hand = CountedByHand(4, len(vocab), ids[: cut + 32].tolist())
    assert windowed == pytest.approx(by_hand.perplexity(ids[cut + 32 : cut + 5_032].tolist(), 32), rel=1e-9)
    assert windowed > few.perplexity(ids[cut + 32 : cut + 5_032])  # a shorter history tells less
    if book.real:  # measured by somebody else's program: 3.54, 5.31 and 5.45
        assert continuous[6] == pytest.approx(3.54, abs=0.01)
        assert few.perplexity(ids[cut : cut + 5_032]) == pytest.approx(5.31, abs=0.01)
        assert windowed == pytest.approx(5.45, abs=0.03)


def test_fitting_again_forgets():
    model = NGram(3, 4).fit([0, 1, 2, 3])
    assert np.array_equal(model.fit([1, 1, 1]).prob([1]), NGram(3, 4).fit([1, 1, 1]).prob([1]))


def test_large_orders_and_vocabularies_do_not_overflow():
    ids = torch.randint(50_000, (300,), generator=torch.Generator().manual_seed(0))
    model = NGram(12, 50_000).fit(ids)
    assert model.prob(ids[:-1]).sum() == pytest.approx(1)
    assert model.perplexity(ids) < 4  # it has seen this text
    assert NGram(9, 2).fit([1]).prob([0, 1, 1]).sum() == pytest.approx(1)  # a text shorter than the order


def test_bad_arguments():
    with pytest.raises(ValueError, match="order is 0, expected at least 1"):
        NGram(0, 3)
    with pytest.raises(ValueError, match="vocab_size is -1, expected at least 1"):
        NGram(2, -1)
    model = NGram(2, 3)
    for call in (lambda: model.prob([0]), lambda: model.perplexity([0, 1])):
        with pytest.raises(RuntimeError, match="counted nothing yet: call fit"):
            call()
    with pytest.raises(ValueError, match=r"ids has shape \(0,\), expected \(T,\) with T of 1 or more"):
        model.fit([])
    with pytest.raises(ValueError, match="ids holds 3 at position 1, expected 0 to V - 1 = 2"):
        model.fit([0, 3])
    with pytest.raises(TypeError, match="ids has dtype float32, expected integer token ids"):
        model.fit(torch.zeros(3))
    model.fit([0, 1])
    with pytest.raises(ValueError, match="history holds -1 at position 0"):
        model.prob([-1])
    with pytest.raises(ValueError, match=r"ids has shape \(1,\), expected \(T,\) with T of 2 or more"):
        model.perplexity([0])
    with pytest.raises(ValueError, match="window is 0, expected at least 1"):
        model.perplexity([0, 1], window=0)
