"""Vocabulary cut: every integer is Counter's, `build_vocabulary`'s or torch's, in Python and in the page."""

import json
import re
from collections import Counter
from typing import Any
from xml.etree import ElementTree

import pytest
import torch
import traitlets
from hypothesis import given
from hypothesis import strategies as st
from js_engine import Run, constant, widget_runner

from rnnlib.data import (
    Subwords,
    build_vocabulary,
    learn_merges,
    load_phrasebook,
    load_story,
    normalize,
    split_sentences,
    word_tokens,
)
from rnnlib.data.translation import RESERVED
from rnnlib.widgets import VocabularyCut, loader
from rnnlib.widgets.vocabulary_cut import (
    CORPORA,
    LONGEST,
    MOST_ENTRIES,
    MOST_MERGES,
    NAMES,
    RARE,
    SENTENCE,
    cut,
    load_corpus,
    parameters,
    runs,
    units,
)

Texts = tuple[list[list[str]], list[list[str]]]

# Minimum frequency and largest size, from nothing cut to nearly everything cut.
CUTS = [(1, 2140), (2, 2140), (3, 1000), (5, 500), (1, 10), (1, 200), (20, 2140), (100, 2140), (100, 60)]
SENTENCES = [
    SENTENCE,
    "Les filles heureuses répareront la voiture : où est-ce qu'il y va-t-il ?",
    "I'm here, aren't I? “So” it’s 10:30 o'clock… aujourd'hui!",
    "<script>alert(1)</script> & <b>bold</b> Zoë, 漢字 7 € 🙂🙂",
    "",
    "   \t\n",
    "peut-être·d'« non » L'ÉTÉ J'Y VAIS-JE ?",
]


@pytest.fixture(scope="module")
def payload() -> dict[str, Any]:
    return VocabularyCut().payload


@pytest.fixture(scope="module")
def js(payload: dict[str, Any]) -> Run:
    """Evaluate JavaScript beside the widget's modules; keyword values become constants in it."""
    return widget_runner("vocabulary_cut", constant("corpora", payload["corpora"]), HELPERS)


HELPERS = """
const { vocabulary, vocabulary_cut, word_tokens } = $modules;
const unpacked = {};
for (const [name, packed] of Object.entries(corpora)) unpacked[name] = vocabulary.unpack_corpus(packed);
const cut_of = (name, min_freq, largest) => vocabulary.cut(unpacked[name], min_freq, largest, 4);
function look(settings) {
  const corpus = unpacked[settings.corpus];
  const judge = (limit) => vocabulary.pieced(corpus, limit, 4);
  const others = { subwords: judge(settings.merges), characters: judge(0) };
  const view = vocabulary_cut.look(corpus, settings, 4, 5, others);
  const notes = vocabulary_cut.notes_of(view, 200);
  const { corpus: _, ...rest } = view;
  return { ...rest, notes };
}
"""


@pytest.fixture(scope="module")
def texts() -> dict[str, Texts]:
    """Sentences of words of the counted and of the held-out part, without the widget's own code."""
    split = split_sentences(load_phrasebook())
    found: dict[str, Texts] = {
        side: tuple([word_tokens(getattr(pair, side)) for pair in part] for part in (split.train, split.test))
        for side in ("english", "french")
    }
    tokens = word_tokens(load_story())
    end = len(tokens) - round(len(tokens) * 0.1)
    return found | {"story": ([tokens[:end]], [tokens[end:]])}


def flat(sentences: list[list[str]]) -> list[str]:
    return [token for tokens in sentences for token in tokens]


# ---- counts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CORPORA)
def test_counts_are_counters_in_the_vocabularys_order(js: Run, texts: dict[str, Texts], name: str) -> None:
    """In Python and, unpacked, in the page; held-out words that were not counted are there too."""
    train, held_out = (Counter(flat(part)) for part in texts[name])
    corpus = load_corpus(name)
    assert (corpus.train, corpus.held_out) == (train, held_out)
    vocabulary = build_vocabulary(texts[name][0])
    assert corpus.words == vocabulary.tokens[4:]
    seen = js("unpacked[name]", name=name)
    assert seen["words"] == corpus.words and seen["counts"] == [train[word] for word in corpus.words]
    assert seen["held_out"] == [held_out[word] for word in corpus.words]
    unseen = dict(zip(seen["unseen"], seen["unseen_counts"], strict=True))
    assert unseen == {word: count for word, count in held_out.items() if word not in train}


@pytest.mark.parametrize("name", CORPORA)
@pytest.mark.parametrize(("min_freq", "largest"), CUTS)
def test_the_cut_is_build_vocabularys(
    js: Run, texts: dict[str, Texts], name: str, min_freq: int, largest: int
) -> None:
    train, held_out = texts[name]
    vocabulary = build_vocabulary(train, min_freq)
    kept = set(vocabulary.tokens[4:largest])
    shares = {
        f"{part}_{kind}": {"known": sum(token in kept for token in counted), "all": len(counted)}
        for part, sentences in (("training", train), ("held_out", held_out))
        for kind, counted in (("tokens", flat(sentences)), ("types", set(flat(sentences))))
    }
    ours = cut(load_corpus(name), min_freq, largest)
    assert ours.words == vocabulary.tokens[4:largest] and ours.size == len(vocabulary.tokens[:largest])
    assert {key.replace(".", "_"): share._asdict() for key, share in ours.shares().items()} == shares
    seen = js("cut_of(name, min_freq, largest)", name=name, min_freq=min_freq, largest=largest)
    assert seen == {"kept": len(kept), "size": ours.size, **shares}
    if largest >= len(vocabulary):
        ids = vocabulary.encode(flat(held_out))  # what a translator would read
        assert int((ids == vocabulary.unk).sum()) == shares["held_out_tokens"]["all"] - seen[
            "held_out_tokens"
        ].pop("known")


@given(name=st.sampled_from(CORPORA), min_freq=st.integers(1, 100), steps=st.integers(1, 214))
def test_a_larger_vocabulary_never_knows_less(js: Run, name: str, min_freq: int, steps: int) -> None:
    corpus = load_corpus(name)
    now = cut(corpus, min_freq, 10 * steps)
    assert 4 <= now.size <= 10 * steps
    assert all(corpus.train[word] >= min_freq for word in now.words)
    seen = js("cut_of(name, min_freq, largest)", name=name, min_freq=min_freq, largest=10 * steps)
    assert (seen["kept"], seen["held_out_tokens"]["known"]) == (len(now.words), now.held_out_tokens.known)
    if min_freq > 1:
        more = cut(corpus, min_freq - 1, 10 * steps)
        assert all(a.known <= b.known for a, b in zip(now[2:], more[2:], strict=True))


def test_at_its_largest_the_size_cuts_nothing() -> None:
    for name in CORPORA:
        assert cut(load_corpus(name), 1, MOST_ENTRIES).size == len(load_corpus(name).words) + 4


# ---- words and pieces --------------------------------------------------------------------------------------


@pytest.mark.parametrize("sentence", SENTENCES)
def test_both_languages_cut_the_same_words(js: Run, sentence: str) -> None:
    assert js("word_tokens.normalize(text)", text=sentence) == normalize(sentence)
    assert js("word_tokens.word_tokens(text)", text=sentence) == word_tokens(sentence)


signs = st.sampled_from(
    list("aAé'’-.…?!:;«»· \u202f\u00a0\n_9²n't🙂漢") + ["n't", "-t-il", "'ll", "o'clock", "j'"]
)


@given(text=st.one_of(st.text(max_size=40), st.lists(signs, max_size=14).map("".join)))
def test_both_languages_cut_the_same_words_of_any_text(js: Run, text: str) -> None:
    assert js("word_tokens.normalize(text)", text=text) == normalize(text)
    assert js("word_tokens.word_tokens(text)", text=text) == word_tokens(text)


def test_all_sentences_of_both_languages_are_cut_the_same(js: Run) -> None:
    """A tenth of the Phrasebook, and the story, line by line."""
    lines = load_story().splitlines()
    lines += [text for pair in load_phrasebook()[::10] for text in (pair.english, pair.french)]
    assert js("lines.map(word_tokens.word_tokens)", lines=lines) == [word_tokens(line) for line in lines]


@pytest.mark.parametrize("name", CORPORA)
@pytest.mark.parametrize("merges", [0, 20, 140, MOST_MERGES])
def test_pieces_are_subwords(js: Run, texts: dict[str, Texts], name: str, merges: int) -> None:
    train, held_out = texts[name]
    learnt = learn_merges(Counter(flat(train)), MOST_MERGES)[:merges]
    cutter = Subwords(learnt)
    words = [*load_corpus(name).words[::3], "harpoon", "·漢🙂", "aaaa", ""]
    seen = js(
        "words.map((word) => vocabulary.pieces(unpacked[name], word, n))", words=words, name=name, n=merges
    )
    assert [tuple(pieces) for pieces in seen] == [cutter.pieces(word) for word in words]
    known = {c for word in flat(train) for c in word} | {"".join(merge) for merge in learnt}
    pieces = [piece for token in flat(held_out) for piece in cutter.pieces(token)]
    wanted = {
        "size": len(known) + 4,
        "unknown": sum(piece not in known for piece in pieces),
        "pieces": len(pieces),
    }
    assert js("vocabulary.pieced(unpacked[name], n, 4)", name=name, n=merges) == wanted
    ours = units(load_corpus(name), cut(load_corpus(name), 1, MOST_ENTRIES), merges)
    assert ours["subwords"]._asdict() == wanted


def test_no_character_of_the_held_out_texts_is_unknown() -> None:
    """So subwords and characters read none of it as `<unk>`, while words do."""
    for name in CORPORA:
        found = units(load_corpus(name), cut(load_corpus(name), 2, MOST_ENTRIES), 200)
        assert found["subwords"].unknown == found["characters"].unknown == 0 < found["words"].unknown
        assert found["words"].pieces < found["subwords"].pieces < found["characters"].pieces


@pytest.mark.parametrize("sentence", SENTENCES)
@pytest.mark.parametrize("name", CORPORA)
def test_marks_are_the_vocabularys_ids(js: Run, texts: dict[str, Texts], name: str, sentence: str) -> None:
    vocabulary = build_vocabulary(texts[name][0], 2)
    traits = {**VocabularyCut(corpus=name, sentence=sentence, min_freq=2).settings()}
    seen = js("look(settings)", settings=traits)
    tokens = word_tokens(sentence)
    assert [mark["token"] for mark in seen["own"]] == tokens
    ids = vocabulary.encode(tokens).tolist()
    assert [mark["rank"] + 3 if mark["known"] else vocabulary.unk for mark in seen["own"]] == ids
    assert [mark["count"] for mark in seen["own"]] == [vocabulary.counts.get(token, 0) for token in tokens]
    cutter = Subwords(load_corpus(name).merges[:200])
    for mark in seen["own"]:
        assert tuple(mark["pieces"]) == (() if mark["known"] else cutter.pieces(mark["token"]))


@pytest.mark.parametrize("name", CORPORA)
def test_sample_sentences_are_held_out(texts: dict[str, Texts], name: str) -> None:
    held_out = "\n".join(" ".join(tokens) for tokens in texts[name][1])
    train = Counter(flat(texts[name][0]))
    rarest = []
    for sample in load_corpus(name).samples:
        assert " ".join(word_tokens(sample)) in held_out
        rarest.append(min(train[token] for token in word_tokens(sample)))
    assert rarest[0] < rarest[1] < rarest[2]


# ---- what is said ------------------------------------------------------------------------------------------


def look_at(js: Run, **traits: Any) -> dict[str, Any]:
    return js("look(settings)", settings=VocabularyCut(**traits).settings())


NOTES = [
    ({"sentence": ""}, ["There is no word to read"]),
    ({"sentence": " \n"}, ["There is no word to read"]),
    ({"sentence": "the keeper"}, ["Read as <unk>: “keeper” (seen once)."]),
    ({"sentence": "the keeper", "min_freq": 1}, ["The vocabulary has every word of it."]),
    ({"sentence": "the rest", "min_freq": 5}, ["“rest” (seen 3 times)"]),
    ({"sentence": "<b>the</b>"}, ["“<·” (never seen)", "Not even as characters", "“<”, “>”, “/”"]),
    ({"sentence": "漢字 🙂"}, ["“漢字” (never seen), “🙂” (never seen)", "“漢”, “字”, “🙂”"]),
    ({"sentence": "a" * LONGEST}, ["200 characters are the most that are read."]),
    ({"sentence": "le chat", "corpus": "english"}, ["“le” (never seen), “chat” (never seen)"]),
]


@pytest.mark.parametrize(("traits", "said"), NOTES)
def test_the_page_says_what_it_makes_of_a_sentence(js: Run, traits: dict[str, Any], said: list[str]) -> None:
    notes = " ".join(look_at(js, **traits)["notes"])
    assert all(text in notes for text in said), notes


def test_the_prompt_and_the_presets_say_what_is_so() -> None:
    """Every number in the prompt, its answers and the presets, counted anew."""
    story, english, french = (load_corpus(name) for name in CORPORA)
    every, twice = (cut(story, n, MOST_ENTRIES) for n in (1, 2))
    unknown = [now.held_out_tokens.all - now.held_out_tokens.known for now in (twice, every)]
    assert (len(every.words), len(twice.words), twice.held_out_tokens.all) == (1650, 1010, 2001)
    assert unknown == [104, 57] and len(every.words) - len(twice.words) == 640 and 104 - 57 == 47
    assert every.training_tokens.known == every.training_tokens.all  # so <unk> is never trained
    small = cut(story, 1, 200)
    assert small.held_out_tokens.known / small.held_out_tokens.all == pytest.approx(3 / 4, abs=0.01)
    assert every.size / small.size == pytest.approx(8, abs=0.5)
    assert 1.8 < len(french.words) / len(english.words) < 2
    shares = [now.known / now.all for now in (cut(c, 2, 1000).held_out_tokens for c in (english, french))]
    assert shares[0] > 0.99 > shares[1]
    singles = [sum(n == 1 for n in c.train.values()) / len(c.words) for c in (story, english)]
    assert singles[0] > 0.35 and singles[1] < 0.02  # the long tail, and none
    source = (loader.FOLDER / "vocabulary_cut.mjs").read_text(encoding="utf-8")
    for text in (
        "1650 words",
        "1010 of them",
        "104 of the 2001",
        "57 tokens stay",
        "640 more rows",
        "47 more",
    ):
        assert text in source


def test_parameters_are_torchs(js: Run) -> None:
    for V, E, H in ((10, 8, 16), (1014, 64, 192), (2131, 512, 8)):
        modules = torch.nn.Embedding(V, E), torch.nn.Linear(H, V), torch.nn.GRU(E, H)
        wanted = tuple(sum(p.numel() for p in module.parameters()) for module in modules)
        assert tuple(parameters(V, E, H)) == wanted
        assert tuple(js("Object.values(vocabulary_cut.parameters(...sizes))", sizes=[V, E, H])) == wanted


def test_rare_words_are_those_kept_and_seen_fewer_than_five_times(js: Run) -> None:
    for min_freq, largest in CUTS:
        seen = look_at(js, min_freq=min_freq, largest=largest)
        now = cut(load_corpus("story"), min_freq, largest)
        assert seen["rare"] == sum(load_corpus("story").train[word] < RARE for word in now.words)


# ---- the widget --------------------------------------------------------------------------------------------


def test_the_payload_is_small_and_runs_give_every_number(payload: dict[str, Any]) -> None:
    assert len(json.dumps(payload, separators=(",", ":"))) < 60_000
    assert payload["reserved"] == list(RESERVED) and payload["rare"] == RARE
    assert runs([5, 0, 0, 0, 2, 2]) == "5 0*3 2*2" and runs([]) == ""


@pytest.mark.parametrize(
    ("traits", "message"),
    [
        ({"corpus": "german"}, "corpus is 'german', expected one of 'story', 'english', 'french'"),
        ({"min_freq": 0}, "min_freq is 0, expected a whole number from 1 to 100"),
        ({"min_freq": 1.5}, "min_freq is 1.5, expected a whole number"),
        ({"largest": 9}, "largest is 9, expected a whole number from 10 to 2140"),
        ({"embedding_size": 0}, "embedding_size is 0, expected a whole number from 8 to 512"),
        ({"hidden_size": 1024}, "hidden_size is 1024, expected a whole number from 8 to 512"),
        ({"merges": -1}, "merges is -1, expected a whole number from 0 to 300"),
        ({"sentence": "a" * 201}, "expected a text of at most 200 characters"),
        ({"sentence": 3}, "expected a text of at most 200 characters"),
    ],
)
def test_bad_values_are_refused(traits: dict[str, Any], message: str) -> None:
    with pytest.raises(traitlets.TraitError, match=re.escape(message)):
        VocabularyCut(**traits)


@pytest.mark.parametrize(
    "traits", [{}, {"corpus": "french", "largest": 500}, {"min_freq": 100, "largest": 10}]
)
def test_still_and_table_show_the_present_cut(traits: dict[str, Any]) -> None:
    widget = VocabularyCut(**traits)
    now = widget.cut()
    caption, header, rows = widget.table()
    assert NAMES[widget.corpus] in caption and f"V = {now.size} entries" in caption
    assert str(widget.parameters().output) in caption
    for row, share in zip(rows, now.shares().values(), strict=True):
        assert row[1:3] == [str(share.known), str(share.all)] and len(row) == len(header)
        assert float(row[3]) == pytest.approx(100 * share.known / share.all, abs=0.0051)
        assert row[4] == str(share.all - share.known)
    picture = ElementTree.fromstring(widget.still())
    assert f"The first {len(now.words)} are kept" in picture.attrib["aria-label"]
    width, height = (float(picture.attrib[side]) for side in ("width", "height"))
    for line in picture.iter("polyline"):
        points = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
        assert len(points) > 20 and all(0 <= x <= width and 0 <= y <= height for x, y in points)


def test_the_sentence_stays_text_in_the_page() -> None:
    html = VocabularyCut(sentence="</script><img src=x onerror=alert(1)>").to_html()
    assert "<img" not in html and html.count("</script>") == 1
