"""Tokens, vocabulary, splits and batches."""

import re
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rnnlib.data import (
    RandomBatches,
    SequentialBatches,
    Vocabulary,
    letters_only,
    load_story,
    load_text,
    tokenize,
    train_valid_split,
)


def test_characters_and_words():
    assert tokenize("Ah, no!") == ["A", "h", ",", " ", "n", "o", "!"]
    assert tokenize("“Don't,” said the time-traveller.\n", level="word") == [
        "“", "Don't", ",", "”", "said", "the", "time-traveller", ".",
    ]  # fmt: skip


def test_letters_only_leaves_letters_and_single_spaces():
    assert letters_only("  H. G. Wells [1898]\n\nThe Time-Machine! ") == "h g wells the time machine"


@given(st.text(max_size=80))
def test_letters_only_is_a_projection(text):
    reduced = letters_only(text)
    assert re.fullmatch(r"(?:[a-z]+(?: [a-z]+)*)?", reduced)
    assert letters_only(reduced) == reduced


@pytest.mark.parametrize("text, level", [("", "char"), ("", "word"), (" \n\t", "word")])
def test_text_without_tokens_is_an_error(text, level):
    with pytest.raises(ValueError, match=f"text holds no {level} token.*expected at least one"):
        tokenize(text, level)


def test_unknown_level_and_wrong_type_are_errors():
    with pytest.raises(ValueError, match="level is 'letter', expected 'char' or 'word'"):
        tokenize("text", level="letter")
    with pytest.raises(TypeError, match="text is a bytes, expected a str"):
        tokenize(b"text")


def test_vocabulary_orders_by_frequency_then_alphabet():
    vocab = Vocabulary(list("banana"))
    assert vocab.tokens == ["<unk>", "a", "n", "b"]
    assert vocab.counts == {"b": 1, "a": 3, "n": 2}
    assert len(vocab) == 4 and vocab["n"] == 2 and "b" in vocab and "x" not in vocab
    assert Vocabulary(list("dcba")).tokens == ["<unk>", "a", "b", "c", "d"]


def test_rare_and_unknown_tokens_are_read_as_unk():
    vocab = Vocabulary(["a", "a", "b"], min_freq=2)
    assert vocab.tokens == ["<unk>", "a"] and vocab.unk == 0
    assert vocab.encode(["a", "b", "zebra"]).tolist() == [1, 0, 0]
    assert vocab.counts["b"] == 1


def test_reserved_tokens_come_first_and_only_once():
    vocab = Vocabulary(["b", "<eos>", "b"], reserved=("<pad>", "<unk>", "<eos>"))
    assert vocab.tokens == ["<pad>", "<unk>", "<eos>", "b"] and vocab.unk == 1 and vocab["<eos>"] == 2


def test_without_unk_the_unknown_token_is_named():
    vocab = Vocabulary(list("abc"), reserved=())
    assert vocab.unk is None
    with pytest.raises(KeyError, match="token 'x' is not in the vocabulary"):
        vocab.encode("ax")


@given(st.text(min_size=1, max_size=60))
def test_encode_then_decode_gives_the_text_back(text):
    vocab = Vocabulary(tokenize(text))
    ids = vocab.encode(text)
    assert ids.dtype == torch.long and ids.shape == (len(text),)
    assert "".join(vocab.decode(ids)) == text


def test_bad_vocabulary_arguments():
    with pytest.raises(TypeError, match="tokens is one str, expected the tokens themselves"):
        Vocabulary("a text")
    with pytest.raises(TypeError, match="tokens holds 3 of type int, expected only str"):
        Vocabulary(["a", 3])
    with pytest.raises(ValueError, match="tokens is empty, expected at least one"):
        Vocabulary([])
    with pytest.raises(ValueError, match="min_freq is 0, expected at least 1"):
        Vocabulary(["a"], min_freq=0)
    with pytest.raises(ValueError, match=r"reserved is \['<unk>', '<unk>'\], expected every token once"):
        Vocabulary(["a"], reserved=("<unk>", "<unk>"))


def test_bad_encode_and_decode_arguments():
    words = Vocabulary(["the", "a", "river"])
    with pytest.raises(TypeError, match="tokens is one str, but this vocabulary holds words"):
        words.encode("the river")
    with pytest.raises(ValueError, match="ids holds the id 4 at position 1, expected 0 to 3"):
        words.decode([0, 4])
    with pytest.raises(ValueError, match="ids holds the id -1 at position 0"):
        words.decode([-1])
    with pytest.raises(TypeError, match="ids has dtype torch.float32, expected integer token ids"):
        words.decode(torch.zeros(2))
    with pytest.raises(ValueError, match=r"ids has shape \(1, 2\), expected one axis"):
        words.decode(torch.zeros(1, 2, dtype=torch.long))
    assert words.decode([]) == []


def test_split_shares_no_token():
    ids = torch.arange(101)
    train, valid = train_valid_split(ids, 0.2)
    assert torch.equal(torch.cat([train, valid]), ids) and len(valid) == 20


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1, 1.5, float("nan")])
def test_split_outside_0_and_1_is_an_error(fraction):
    with pytest.raises(ValueError, match="valid_fraction is .*, expected a number between 0 and 1"):
        train_valid_split(torch.arange(10), fraction)


def test_split_that_leaves_nothing_is_an_error():
    with pytest.raises(ValueError, match="ids holds 3 tokens, of which valid_fraction=0.1 takes 0"):
        train_valid_split(torch.arange(3), 0.1)


sizes = st.tuples(st.integers(1, 5), st.integers(1, 7), st.integers(0, 60))


@given(sizes)
def test_sequential_batches_continue_each_other(size):
    batch_size, num_steps, extra = size
    ids = torch.arange(batch_size * num_steps + 1 + extra)
    batches = SequentialBatches(ids, batch_size, num_steps)
    pairs = list(batches)
    assert len(pairs) == len(batches) and batches.carries_state
    x, y = (torch.cat(parts) for parts in zip(*pairs, strict=True))  # (streams' length, B)
    assert torch.equal(y, x + 1)
    for stream in x.T.tolist():  # within a stream, across all batches, nothing is left out or repeated
        assert all(b == a + 1 for a, b in pairwise(stream))
    targets = y.T.flatten()
    assert targets.unique().numel() == targets.numel()  # each target once
    assert len(ids) - 1 - targets.numel() < batch_size  # of the end, fewer than B are left out
    assert all(part.shape == (num_steps, batch_size) for part, _ in pairs[:-1])


def test_sequential_last_batch_is_short_or_dropped():
    ids = torch.arange(1 + 2 * 7)
    assert [x.shape[0] for x, _ in SequentialBatches(ids, 2, 3)] == [3, 3, 1]
    assert [x.shape[0] for x, _ in SequentialBatches(ids, 2, 3, drop_last=True)] == [3, 3]
    assert len(SequentialBatches(ids, 2, 3, drop_last=True)) == 2


@given(sizes, st.integers(0, 2**40))
def test_random_batches_are_disjoint_windows(size, seed):
    batch_size, num_steps, extra = size
    ids = torch.arange(batch_size * num_steps + 1 + extra)
    batches = RandomBatches(ids, batch_size, num_steps, seed=seed)
    for _ in range(3):
        pairs = list(batches)
        assert len(pairs) == len(batches) >= 1 and not batches.carries_state
        seen = []
        for x, y in pairs:
            assert x.shape == (num_steps, batch_size) and torch.equal(y, x + 1)
            assert torch.equal(x, x[0] + torch.arange(num_steps)[:, None])  # each column is a stretch of text
            seen += x.flatten().tolist()
        assert len(set(seen)) == len(seen)


def test_random_order_depends_on_seed_and_pass_only():
    ids = torch.arange(400)

    def order(batches):
        return torch.cat([x[0] for x, _ in batches]).tolist()

    one, same, other = (RandomBatches(ids, 4, 5, seed=s) for s in (1, 1, 2))
    first, second = order(one), order(one)
    assert first != second and first != order(other)
    assert [first, second] == [order(same), order(same)]
    one.set_epoch(0)
    torch.manual_seed(99)  # the global generator plays no part
    assert order(one) == first
    starts = {order(RandomBatches(ids, 4, 5, seed=s))[0] % 5 for s in range(40)}
    assert starts == set(range(5))  # every offset occurs


@pytest.mark.parametrize("batches", [SequentialBatches, RandomBatches])
def test_bad_batch_arguments(batches):
    ids = torch.arange(100)
    with pytest.raises(ValueError, match=r"ids holds 100 tokens, expected at least .* = 101 \(batch_size=10"):
        batches(ids, 10, 10)
    with pytest.raises(ValueError, match="batch_size is 0, expected at least 1"):
        batches(ids, 0, 5)
    with pytest.raises(ValueError, match="num_steps is -3, expected at least 1"):
        batches(ids, 2, -3)
    with pytest.raises(TypeError, match=r"num_steps is 2.5 \(float\), expected an int"):
        batches(ids, 2, 2.5)
    with pytest.raises(TypeError, match="ids has dtype torch.float32, expected integer token ids"):
        batches(ids.float(), 2, 5)
    with pytest.raises(ValueError, match="ids holds the id -1 at position 0"):
        batches(ids - 1, 2, 5)
    assert len(list(batches(torch.arange(101), 10, 10))) == 1


def test_story_is_long_enough_and_plain():
    story = load_story()
    assert len(story.encode()) >= 40_000
    assert len(set(story)) < 100 and "�" not in story


def test_own_text(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_bytes("\ufeffÉtude\r\nfor two".encode())
    assert load_text(path) == "Étude\nfor two"


def test_bad_own_text(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent.txt, which is no file; expected a text file"):
        load_text(tmp_path / "absent.txt")
    with pytest.raises(FileNotFoundError, match="which is no file"):
        load_text(tmp_path)
    empty, latin = tmp_path / "empty.txt", tmp_path / "latin.txt"
    empty.write_text(" \n")
    latin.write_bytes("café".encode("latin-1"))
    with pytest.raises(ValueError, match=r"empty.txt, which holds no text \(2 bytes\)"):
        load_text(empty)
    with pytest.raises(ValueError, match="latin.txt, whose byte 3 is not UTF-8"):
        load_text(latin)


def test_text_where_ids_are_wanted_is_named():
    with pytest.raises(TypeError, match="ids is str 'hello', expected integer token ids"):
        train_valid_split("hello")
    with pytest.raises(TypeError, match=r"token is 1 \(int\), expected a str"):
        Vocabulary(["a", "b"]).encode([1])
