"""The packaged sentences."""

import re
import tomllib
from collections import defaultdict
from pathlib import Path

from rnnlib.data import Sentence, load_sentences, tokenize

SENTENCES = load_sentences()


def test_many_sentences_half_of_them_positive():
    assert len(SENTENCES) >= 800
    assert all(isinstance(s, Sentence) and s.label in (0, 1) for s in SENTENCES)
    assert 0.48 < sum(s.label for s in SENTENCES) / len(SENTENCES) < 0.52


def test_no_sentence_comes_twice():
    assert len({s.text for s in SENTENCES}) == len(SENTENCES)


def test_plain_words_of_the_promised_number():
    for text, _ in SENTENCES:
        assert re.fullmatch(r"[a-z]+(?:,? [a-z]+)*", text), text
        assert 4 <= len(text.split()) <= 16, text


def test_words_alone_leave_some_labels_open():
    """Sentences of the very same words, in another order, with the other label."""
    labels = defaultdict(set)
    for text, label in SENTENCES:
        labels[tuple(sorted(tokenize(text, level="word")))].add(label)
    assert sum(len(found) == 2 for found in labels.values()) >= 20


def test_every_stretch_is_a_fair_sample():
    """The order is shuffled: each fifth of the file holds its share of labels and of negations."""
    size = len(SENTENCES) // 5
    denied = [s for s in SENTENCES if "not" in s.text.split()]
    for start in range(0, 5 * size, size):
        part = SENTENCES[start : start + size]
        assert 0.4 < sum(s.label for s in part) / size < 0.6
        assert 0.1 < sum(s in part for s in denied) / len(denied) < 0.3


def test_each_call_gives_a_list_of_its_own():
    load_sentences().clear()
    assert load_sentences() == SENTENCES


def test_the_file_is_packaged():
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    assert "*.tsv" in project["tool"]["setuptools"]["package-data"]["rnnlib.data"]
