"""BLEU against sacreBLEU, the tutorial's formula against d2l's function."""

import math

import pytest
import sacrebleu
from hypothesis import given
from hypothesis import strategies as st

from rnnlib.bleu import (
    SMOOTHING_VALUES,
    bleu,
    bleu_counts,
    bleu_of,
    brevity_penalty,
    corpus_counts,
    precisions,
    tutorial_bleu,
)

SENTENCE = st.lists(st.sampled_from("abcd"), max_size=9)
CORPUS = st.lists(
    st.tuples(SENTENCE, st.lists(SENTENCE.filter(bool), min_size=2, max_size=2)), min_size=1, max_size=4
)


@pytest.mark.parametrize("smoothing", SMOOTHING_VALUES)
@given(corpus=CORPUS, max_order=st.integers(1, 5))
def test_a_corpus_scores_as_with_sacrebleu(smoothing, corpus, max_order):
    judge = sacrebleu.BLEU(tokenize="none", force=True, max_ngram_order=max_order, smooth_method=smoothing)
    candidates, references = zip(*corpus, strict=True)
    streams = [[" ".join(r[k]) for r in references] for k in range(2)]
    expected = judge.corpus_score([" ".join(c) for c in candidates], streams)
    found = bleu(candidates, references, max_order, smoothing)
    assert found == pytest.approx(expected.score / 100, abs=1e-9)
    counts = corpus_counts(candidates, references, max_order)
    assert (counts.candidate_length, counts.reference_length) == (expected.sys_len, expected.ref_len)
    assert brevity_penalty(counts.candidate_length, counts.reference_length) == pytest.approx(expected.bp)


def test_identical_text_scores_one_and_two_tokens_against_six_are_penalised():
    text = ["the", "cat", "is", "on", "the", "mat"]
    assert bleu([text], [[text]]) == 1.0
    assert brevity_penalty(2, 6) == pytest.approx(0.135335, abs=1e-6) == math.exp(-2)


def test_matches_are_clipped_and_the_nearest_length_counts():
    counts = bleu_counts(["the"] * 4, [["the", "cat"], ["the", "dog", "and", "the"]], 2)
    assert counts == ((2, 0), (4, 3), 4, 4)
    assert bleu_counts(list("abc"), [list("ab"), list("abcd")], 1).reference_length == 2  # the shorter of two
    assert precisions(counts, "none") == [0.5, 0.0] and bleu_of(counts, "none") == 0.0
    assert precisions(counts, "exp") == [0.5, 1 / 6]


@given(SENTENCE.filter(bool), SENTENCE.filter(bool), st.integers(1, 4))
def test_the_tutorials_formula_is_d2ls(candidate, reference, max_order):
    from benchmarks.d2l_peer import load_d2l

    max_order = min(max_order, len(candidate), len(reference))
    expected = load_d2l().bleu(" ".join(candidate), " ".join(reference), max_order)
    assert tutorial_bleu(candidate, reference, max_order) == pytest.approx(expected, abs=1e-12)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="references is empty"):
        bleu_counts(["a"], [])
    with pytest.raises(ValueError, match="candidates holds 1 sentences, references those of 2"):
        bleu([["a"]], [[["a"]], [["b"]]])
    with pytest.raises(ValueError, match="smoothing is 'more', expected one of none, floor, add-k, exp"):
        bleu([["a"]], [[["a"]]], smoothing="more")
    with pytest.raises(ValueError, match="max_order"):
        bleu([["a"]], [[["a"]]], max_order=0)
