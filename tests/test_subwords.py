"""Byte-pair merges against the tokenizers library."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_data import translation_pairs
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from rnnlib.data.subwords import Subwords, learn_merges, merge


def theirs(counts, num_merges):
    """A tokenizer of the library's, trained on the same words, and its merges."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    alphabet = {c for word in counts for c in word}
    trainer = trainers.BpeTrainer(vocab_size=len(alphabet) + num_merges, show_progress=False, min_frequency=0)
    tokenizer.train_from_iterator((word for word, n in counts.items() for _ in range(n)), trainer)
    return tokenizer


WORDS = st.dictionaries(st.text("abcd", min_size=1, max_size=8), st.integers(1, 5), min_size=1, max_size=12)


@given(WORDS, st.integers(1, 12), st.text("abcd", min_size=1, max_size=12))
def test_small_corpora_are_cut_as_the_library_cuts_them(counts, num_merges, unseen):
    subwords, other = Subwords(learn_merges(counts, num_merges)), theirs(counts, num_merges)
    alphabet = {c for word in counts for c in word}
    for word in [*counts, "".join(c for c in unseen if c in alphabet) or next(iter(counts))]:
        assert list(subwords.pieces(word)) == other.encode(word).tokens


def test_a_real_corpus_is_cut_as_the_library_cuts_it():
    pairs, _ = translation_pairs()
    counts = Counter(word for _, french in pairs[:20_000] for word in french.split())
    merges = learn_merges(counts, 500)
    subwords, other = Subwords(merges), theirs(counts, 500)
    assert len(merges) == 500 or len(counts) < 100
    for word in counts:
        assert list(subwords.pieces(word)) == other.encode(word).tokens


def test_merges_by_hand():
    assert merge(list("aaab"), ("a", "a")) == ["aa", "a", "b"]
    assert merge(list("aaaa"), ("a", "a")) == ["aa", "aa"]
    assert learn_merges({"low": 5, "lower": 2, "new": 6}, 3) == [("l", "o"), ("lo", "w"), ("e", "w")]
    assert learn_merges({"a": 3}, 5) == []


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="counts is empty"):
        learn_merges({}, 3)
    with pytest.raises(ValueError, match="num_merges"):
        learn_merges({"a": 1}, 0)
