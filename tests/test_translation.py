"""Sentence pairs: reading, splitting, words and back, batches."""

import zipfile
from collections import Counter

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from local_data import serve, source_of, translation_pairs

from rnnlib.data.translation import (
    JOINER,
    RESERVED,
    TranslationBatches,
    build_vocabulary,
    detokenize,
    load_pairs,
    load_tatoeba,
    make_batch,
    normalize,
    split_by_source,
    word_tokens,
)


def test_the_archive_is_downloaded_and_read(tmp_path, monkeypatch):
    monkeypatch.delenv("RNNLIB_DATA", raising=False)
    made = tmp_path / "made.zip"
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("fra-eng/fra.txt", "Go.\tVa !\nGo.\tBouge !\n")
    body = made.read_bytes()
    with serve(body) as server:
        pairs = load_tatoeba(tmp_path / "kept", source=source_of(server, body))
    assert pairs == [("Go.", "Va !"), ("Go.", "Bouge !")]


def test_own_pairs_are_read_and_bad_lines_named(tmp_path):
    path = tmp_path / "own.tsv"
    path.write_bytes("\ufeffI see.\tJe vois.\tCC-BY\n\n  Hi. \t Salut. \n".encode())
    assert load_pairs(path) == [("I see.", "Je vois."), ("Hi.", "Salut.")]
    for body, complaint in {
        b"a\tb\nno tab here\n": r"own\.tsv, line 2: no tab in 'no tab here'",
        b"a\tb\n\t\xc3\xa9\n": r"line 2: the source is empty",
        b"a\t \n": r"line 1: the target is empty",
        b"a\tb\nc\t\xe9t\xe9\n": r"line 2: byte 2 is not UTF-8",
        b"\n\n": r"own\.tsv holds no pair",
    }.items():
        path.write_bytes(body)
        with pytest.raises(ValueError, match=complaint):
            load_pairs(path)
    with pytest.raises(FileNotFoundError, match="which is no file"):
        load_pairs(tmp_path / "none.tsv")


@pytest.mark.parametrize(
    "text, tokens",
    [
        ("I'm here.", ["I", "·'m", "here", "·."]),
        ("J'y vais-je ?", ["J'·", "y", "vais", "·-je", "·\u202f?"]),
        ("Qu’est-ce que c’est ?", ["Qu'·", "est", "·-ce", "que", "c'·", "est", "·\u202f?"]),
        ("A-t-il « Va ! »", ["A", "·-t-il", "«\u202f·", "Va", "·\u202f!", "·\u202f»"]),
        ("Tom's isn't 3.5, at 10:30...", ["Tom", "·'s", "isn't", "3.5", "·,", "at", "10:30", "·..."]),
        ("Donne-le-moi peut-être aujourd'hui.", ["Donne", "·-le", "·-moi", "peut-être", "aujourd'hui", "·."]),
        ('"Yes," he said.', ['"·', "Yes", "·,", '·"', "he", "said", "·."]),
        ("", []),
    ],
)  # fmt: skip
def test_words_of_a_sentence(text, tokens):
    assert word_tokens(text) == tokens
    assert detokenize(tokens) == normalize(text)


@given(st.text(alphabet="aé 'bZ-.,?!:;«»\"·’\u202f\u00a0\u20091\u0301\u00ad…_", max_size=30))
def test_any_text_comes_back(text):
    assert detokenize(word_tokens(text)) == normalize(text)
    assert normalize(normalize(text)) == normalize(text)


def test_every_real_sentence_comes_back():
    pairs, real = translation_pairs()
    sentences = {sentence for pair in pairs for sentence in pair}
    assert len(sentences) > (200_000 if real else 10)
    for sentence in sentences:
        assert detokenize(word_tokens(sentence)) == normalize(sentence)


def test_a_network_may_write_what_joins_nothing():
    assert detokenize(["·.", "a", "j'·"]) == ". a j'"
    assert detokenize([]) == ""


def test_no_sentence_crosses_the_split():
    pairs, _ = translation_pairs()
    pairs = pairs[:5000]
    train, valid, test = split_by_source(pairs, 10, 5, seed=1)
    assert Counter(train + valid + test) == Counter(pairs)
    sources = [{english.casefold().rstrip(" .!?") for english, _ in part} for part in (train, valid, test)]
    assert len(sources[1]) == 10 and len(sources[2]) == 5
    assert not sources[0] & sources[1] and not sources[0] & sources[2] and not sources[1] & sources[2]
    assert split_by_source(pairs, 10, 5, seed=1) == (train, valid, test)
    assert split_by_source(pairs, 10, 5, seed=2).test != test
    with pytest.raises(ValueError, match="num_valid \\+ num_test is 3, expected fewer than the 2 source"):
        split_by_source([("Go.", "Va !"), ("go!", "Va."), ("Hi.", "Salut.")], 1, 2)


def ids(*lengths):
    """Sentences of these lengths, their ids telling them apart."""
    return [torch.arange(4, 4 + n) + 10 * k for k, n in enumerate(lengths)]


def test_a_batch_is_shifted_and_padded():
    batch = make_batch(ids(2, 3), ids(1, 2))
    assert batch.source.T.tolist() == [[4, 5, 2, 0], [14, 15, 16, 2]]
    assert batch.source_lengths.tolist() == [3, 4]
    assert batch.target_in.T.tolist() == [[1, 4, 0], [1, 14, 15]]
    assert batch.target_out.T.tolist() == [[4, 2, 0], [14, 15, 2]]
    assert batch.target_lengths.tolist() == [2, 3]
    with pytest.raises(ValueError, match="sources holds 0 sentences and targets 0"):
        make_batch([], [])


def test_batches_hold_every_pair_once_and_waste_less_by_length():
    generator = torch.Generator().manual_seed(0)
    lengths = torch.randint(1, 12, (50,), generator=generator).tolist()

    def waste(by_length):
        batches = TranslationBatches(ids(*lengths), ids(*lengths), 8, by_length=by_length)
        seen, padded = [], 0
        for batch in batches:
            seen += [
                column[: n - 1].tolist()
                for column, n in zip(batch.source.T, batch.source_lengths, strict=True)
            ]
            padded += int((batch.source == 0).sum())
        assert sorted(seen) == sorted(s.tolist() for s in ids(*lengths)) and len(batches) == 7
        return padded

    assert waste(True) < waste(False) / 3
    batches = TranslationBatches(ids(*lengths), ids(*lengths), 8, seed=3)
    first, second = list(batches), list(batches)
    assert any(not torch.equal(a.source, b.source) for a, b in zip(first, second, strict=True))
    again = list(TranslationBatches(ids(*lengths), ids(*lengths), 8, seed=3))
    assert all(torch.equal(a.source, b.source) for a, b in zip(first, again, strict=True))
    with pytest.raises(ValueError, match="sources holds 1 sentences and targets 2"):
        TranslationBatches(ids(1), ids(1, 1), 2)


def test_the_vocabulary_reserves_what_the_batches_need():
    vocab = build_vocabulary([["a", "b", "a"], ["c"]], min_freq=2)
    assert vocab.tokens == [*RESERVED, "a"] and vocab.encode(["a", "b"]).tolist() == [4, 3]
    assert JOINER not in RESERVED
