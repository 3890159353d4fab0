"""The packaged tagged sentences: what they promise about where the clue stands. And padding."""

import re
import time
from collections import Counter, defaultdict

import pytest
import torch

from rnnlib.data import TAGS, Tagged, Vocabulary, load_tagged, pad, tagging
from rnnlib.data.tagging import SPLITS

PARTS = {split: load_tagged(split) for split in SPLITS}
ALL = [sentence for part in PARTS.values() for sentence in part]


def best_score(data: list[Tagged], reader, clue: str, fold=lambda word: word) -> float:
    """The most that a reader can get right of the focus words with a clue on a side, seeing only a part.

    Whoever sees the same gives the same answer; the best is the commonest tag among the sentences that agree
    in what is seen.
    """
    seen = defaultdict(Counter)
    for s in data:
        seen[tuple(fold(word) for word in reader(s))][s.tags[s.focus]] += s.clue == clue
    return sum(max(tags.values()) for tags in seen.values()) / sum(s.clue == clue for s in data)


def left_to_right(s: Tagged) -> tuple[str, ...]:
    return s.words[: s.focus + 1]


def right_to_left(s: Tagged) -> tuple[str, ...]:
    return s.words[s.focus :]


@pytest.mark.parametrize("fold", [str, str.lower])
@pytest.mark.parametrize("data", [*PARTS.values(), ALL], ids=[*PARTS, "all"])
def test_half_is_the_best_a_reader_can_do_whose_clue_is_still_to_come(data, fold):
    assert best_score(data, left_to_right, "right", fold) == 0.5
    assert best_score(data, right_to_left, "left", fold) == 0.5


@pytest.mark.parametrize("fold", [str, str.lower])
def test_a_clue_already_read_decides(fold):
    for reader, clues in ((left_to_right, ("left", "both")), (right_to_left, ("right", "both"))):
        tags = defaultdict(set)
        for s in ALL:
            if s.clue in clues:
                tags[tuple(map(fold, reader(s)))].add(s.tags[s.focus])
        assert all(len(found) == 1 for found in tags.values())


@pytest.mark.parametrize("split", SPLITS)
def test_sentences_come_in_pairs_that_differ_in_the_focus_tag(split):
    data = PARTS[split]
    assert len(data) % 2 == 0
    for first, second in zip(data[::2], data[1::2], strict=True):
        assert first.clue == second.clue
        assert first.words[first.focus].lower() == second.words[second.focus].lower()
        assert first.tags[first.focus] != second.tags[second.focus]
        if first.clue == "right":
            assert left_to_right(first) == left_to_right(second)
        if first.clue == "left":
            assert right_to_left(first) == right_to_left(second)


def test_many_sentences_and_many_ambiguous_words():
    assert len(ALL) >= 4000 and len({s.words for s in ALL}) == len(ALL)
    assert len({tuple(map(str.lower, s.words)) for s in ALL}) == len(ALL)  # none comes twice
    assert len({s.words[s.focus].lower() for s in ALL}) >= 150
    count = Counter(s.clue for s in ALL)
    assert set(count) == {"left", "right", "both"} and min(count["left"], count["right"]) >= 2000


def test_each_split_holds_its_share_of_every_kind():
    shares = [len(part) / len(ALL) for part in PARTS.values()]
    assert shares == pytest.approx([0.8, 0.1, 0.1], abs=0.01)
    kinds = Counter((s.clue, s.tags[s.focus]) for s in ALL)
    for split, share in zip(SPLITS, (0.8, 0.1, 0.1), strict=True):
        found = Counter((s.clue, s.tags[s.focus]) for s in PARTS[split])
        for kind, count in kinds.items():
            if count >= 100:
                assert 0.7 * share < found[kind] / count < 1.35 * share, (split, kind)


def test_words_and_tags():
    for s in ALL:
        assert isinstance(s, Tagged) and len(s.words) == len(s.tags) and 0 <= s.focus < len(s.words)
        assert set(s.tags) <= set(TAGS)
        assert all(re.fullmatch(r"[A-Za-z]+", word) for word in s.words), s.words
        assert s.words[0][0].isupper() and 2 <= len(s.words) <= 12
    assert {tag for s in ALL for tag in s.tags} == set(TAGS)
    assert len(set(TAGS)) == len(TAGS)


def test_capitals_stand_at_the_start_and_in_names_alone():
    proper = {
        word for s in ALL for word, tag in zip(s.words, s.tags, strict=True) if tag in ("PERSON", "PLACE")
    }
    proper |= {"I", "Christmas", "Easter", "English", "French", "Danish", "Spanish", "Roman"}
    proper |= {"German", "Italian", "American", "Russian"}
    proper |= {"January", "March", "April", "May", "June", "July", "August", "September", "October"}
    days = re.compile("(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?")
    for s in ALL:
        for word in s.words[1:]:
            assert word.islower() or word in proper or days.fullmatch(word), s.words


def test_names_are_tagged_as_names():
    for s in ALL:
        for word, tag in zip(s.words[1:], s.tags[1:], strict=True):
            if tag in ("PERSON", "PLACE"):
                assert word[0].isupper(), s.words


def test_a_focus_word_is_known_under_both_tags():
    """Its form alone, learned by heart from train, leaves the tag open."""
    seen = defaultdict(set)
    for s in PARTS["train"]:
        seen[s.words[s.focus].lower()].add(s.tags[s.focus])
    assert all(len(tags) >= 2 for tags in seen.values())
    assert {s.words[s.focus].lower() for s in ALL} == set(seen)


def test_words_of_valid_and_test_are_known_and_their_combinations_new():
    known = {word for s in PARTS["train"] for word in s.words}
    for split in ("valid", "test"):
        assert {word for s in PARTS[split] for word in s.words} <= known
        assert not {s.words for s in PARTS[split]} & {s.words for s in PARTS["train"]}


@pytest.mark.parametrize(
    ("sentence", "tags", "clue"),
    [
        ("Water is scarce in the desert", "NOUN AUX ADJ ADP DET NOUN", "right"),
        ("Water the plants before lunch", "VERB DET NOUN ADP NOUN", "right"),
        ("The old man tells long stories", "DET ADJ NOUN VERB ADJ NOUN", "right"),
        ("The old man the lifeboats", "DET ADJ VERB DET NOUN", "right"),
        ("Jordan scored two goals", "PERSON VERB NUM NOUN", "right"),
        ("Jordan held elections", "PLACE VERB NOUN", "right"),
        ("Will helps me with maths", "PERSON VERB PRON ADP NOUN", "right"),
        ("Will you help me with maths", "AUX PRON VERB PRON ADP NOUN", "right"),
        ("They enjoyed the walk in the park", "PRON VERB DET NOUN ADP DET NOUN", "left"),
        ("They wanted to walk in the park", "PRON VERB PART VERB ADP DET NOUN", "left"),
        ("I spoke to the patient on the train", "PRON VERB ADP DET NOUN ADP DET NOUN", "left"),
        ("The union demands were turned down", "DET NOUN NOUN AUX VERB ADV", "right"),
        ("The study surprised doctors", "DET NOUN VERB NOUN", "both"),
    ],
)
def test_examples(sentence, tags, clue):
    found = {" ".join(s.words): s for s in ALL}[sentence]
    assert " ".join(found.tags) == tags and found.clue == clue


def test_order_is_the_same_every_time_and_shuffled():
    tagging._splits.cache_clear()
    assert {split: load_tagged(split) for split in SPLITS} == PARTS
    train = PARTS["train"]
    for start in range(0, 1000 * (len(train) // 1000), 1000):
        share = sum(s.clue == "right" for s in train[start : start + 1000]) / 1000
        assert 0.42 < share < 0.6
    neighbours = zip(train[::2], train[2::2], strict=False)
    same = sum(a.words[a.focus] == b.words[b.focus] for a, b in neighbours)
    assert same < len(train) / 20


def test_each_call_gives_a_list_of_its_own():
    load_tagged("test").clear()
    assert load_tagged("test") == PARTS["test"]


def test_loading_takes_little_time():
    tagging._splits.cache_clear()
    start = time.process_time()
    load_tagged()
    assert time.process_time() - start < 3


def test_an_unknown_split():
    for split in ("dev", None, "Train"):
        with pytest.raises(ValueError, match=f"split is {split!r}, expected 'train', 'valid' or 'test'"):
            load_tagged(split)


def test_a_word_without_a_tag_is_named():
    text = "DET: the\n\nright stops NOUN VERB\nThe bus\nare full | here\n"
    with pytest.raises(ValueError, match="'bus' in 'The bus _ are full' has no tag"):
        list(tagging._blocks(text))


def test_what_the_file_can_say():
    text = "\n".join(
        [
            "# a remark",
            "NOUN: bus town May",
            "DET: the",
            "VERB: grow",
            "",
            "right stops NOUN VERB",
            "~ | The bus",
            "[grow/grow_ADJ] May | [grow/left_VERB]",
            "left_VERB the town | right_ADV",
            "",
            "both grow NOUN VERB",
            "The _ | _ the bus",
        ]
    )
    blocks = list(tagging._blocks(text))
    assert [len(block) for block in blocks] == [6, 1]
    first, second = blocks[0][0]
    assert first == Tagged(("Stops", "grow", "May"), ("NOUN", "VERB", "NOUN"), 0, "right")
    assert second == Tagged(("Stops", "grow"), ("VERB", "VERB"), 0, "right")
    assert blocks[0][1][0].words == ("The", "bus", "stops", "grow", "May")
    assert blocks[0][2][0].tags == ("NOUN", "ADJ", "NOUN")
    assert blocks[0][4][0].words == ("Stops", "left", "the", "town")
    assert blocks[1][0][1] == Tagged(("Grow", "the", "bus"), ("VERB", "DET", "NOUN"), 0, "both")


def test_pad():
    ids, lengths = pad([[3, 1, 2], torch.tensor([5]), (7, 8)], 0)
    assert ids.tolist() == [[3, 5, 7], [1, 0, 8], [2, 0, 0]] and lengths.tolist() == [3, 1, 2]
    assert ids.dtype == lengths.dtype == torch.long
    assert pad([[4]], -100)[0].tolist() == [[4]] and pad([[4], [1, 2]], -100)[0][1, 0] == -100


def test_pad_the_sentences():
    vocab = Vocabulary([word for s in PARTS["train"] for word in s.words])
    ids, lengths = pad([vocab.encode(s.words) for s in PARTS["valid"]], 0)
    tags, same = pad([[TAGS.index(tag) for tag in s.tags] for s in PARTS["valid"]], -100)
    assert torch.equal(lengths, same) and ids.shape == tags.shape
    assert (ids != vocab.unk).logical_or(tags == -100).all()
    for b, s in enumerate(PARTS["valid"]):
        assert tuple(vocab.decode(ids[: lengths[b], b])) == s.words


def test_pad_bad_input():
    with pytest.raises(ValueError, match="sequences is empty, expected at least one sequence"):
        pad([], 0)
    with pytest.raises(ValueError, match=r"sequences\[1\] has length 0, expected at least 1"):
        pad([[1], []], 0)
    with pytest.raises(TypeError, match=r"sequences\[1\] has dtype torch.float32, expected integer"):
        pad([[1], [0.5]], 0)
    with pytest.raises(TypeError, match=r"sequences\[0\] is str 'ab', expected integer"):
        pad(["ab"], 0)
    for value in (0.0, "0", None, True):
        with pytest.raises(TypeError, match=r"value is .*, expected an int"):
            pad([[1]], value)
