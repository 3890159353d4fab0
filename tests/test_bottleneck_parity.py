"""Bottleneck: states, places and log-probabilities are torch's; the ends of a mixture are the originals."""

import json
import re
from html import unescape
from typing import Any
from xml.etree import ElementTree

import pytest
import torch
import traitlets
from bottleneck_peer import Peer
from hypothesis import given
from hypothesis import strategies as st
from js_engine import Run, weights_script, widget_runner
from torch import Tensor

from benchmarks import bottleneck as benchmark
from rnnlib.widgets import Bottleneck, loader
from rnnlib.widgets.bottleneck import (
    EOS,
    KINDS,
    MOST_TOKENS,
    MOST_WRITTEN,
    PARAMETERS,
    STORED,
    decode,
    encode,
    load_translator,
    mixed,
    project,
    read,
    spell,
    tidy,
    units_taken,
    unpacked_bytes,
    words_of,
)

EXACT = 1e-9

SENTENCES = (
    "My mother is going to repair the car.",
    "Your brother isn't going to clean the kitchen.",
    "Paul is more careful than Marie.",
    "Does her mother often play the guitar?",
    "she is happy",
    "The old chair isn't in the kitchen anymore.",
    "We",
    "The sofa, <b>Zoë</b> & 😀 is very big, very big, very big, very big!",
)
# 32 settings: pairs of sentences, mixed both ways, after a few words or all.
SETTINGS = [
    {
        "sentence_a": SENTENCES[j % 8],
        "sentence_b": SENTENCES[(3 * j + 1 + j // 8) % 8],
        "k": (14, 1, 4, 14, 7, 2)[j % 6],
        "mix": ("blend", "swap")[j % 2],
        "share": (0.5, 0.25, 0.75, 0.1, 0.0, 0.6, 1.0)[j % 7],
    }
    for j in range(32)
]


@pytest.fixture(scope="module")
def js() -> Run:
    """Evaluate JavaScript beside the widget's modules and weights; keyword values become constants in it."""
    return widget_runner(
        "bottleneck", weights_script(STORED), HELPERS, names="bottleneck_core: core, bottleneck"
    )


HELPERS = """
const translator = $modules.bottleneck.prepared(rnnlib_weights.bottleneck);
const LIMITS = { most: 13, longest: 10, most_written: 16, nearest: 3, steps: 10 };
const read = (text, name = "A") => $modules.bottleneck.read(translator, text, LIMITS, name);
function look({ sentence_a, sentence_b, k, mix, share }) {
  const { bottleneck, bottleneck_core: core } = $modules;
  const [a, b] = [sentence_a, sentence_b].map((text) => {
    const reading = read(text);
    return { ...reading, states: core.encode(translator, reading.ids) };
  });
  const last = [a, b].map(({ ids }) => Math.min(k, ids.length));
  const [first, second] = [a, b].map(({ states }, j) => core.decode(translator, states[last[j]], 16));
  const settings = { ...LIMITS, a, b, last, mix, share };
  const view = bottleneck.look(translator, settings, { a: first, b: second });
  return { ...view, translator: null };
}
"""


@pytest.fixture(scope="module")
def peer() -> Peer:
    return Peer()


def as_tensor(values: Any) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


# ---- states, places, log-probabilities ---------------------------------------------------------------------


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: f"{s['mix']}-{s['k']}-{s['share']}")
def test_all_that_is_shown_is_torchs(js: Run, peer: Peer, setting: dict[str, Any]) -> None:
    """Of the page and of Python: states, mixture, places, what greedy search writes and how likely it is."""
    model = load_translator()
    seen = js("look(setting)", setting=setting)
    states = {}
    for name in ("a", "b"):
        reading = read_as_the_page(setting[f"sentence_{name}"])
        assert (seen["readings"][name]["words"], seen["readings"][name]["ids"]) == reading
        wanted = peer.states(reading[1])
        assert (encode(model, reading[1]) - wanted).abs().max() < EXACT
        assert (as_tensor(seen["readings"][name]["states"]) - wanted).abs().max() < EXACT
        track = wanted[: min(setting["k"], len(reading[1])) + 1]
        assert (
            as_tensor(seen["tracks"][name]) - torch.stack([peer.place(h) for h in track])
        ).abs().max() < EXACT
        states[name] = track[-1]
    states["mixture"] = by_hand(states["a"], states["b"], setting)
    for name, h in states.items():
        assert (as_tensor(seen["states"][name]) - h).abs().max() < EXACT
        assert (as_tensor(seen["places"][name]) - peer.place(h)).abs().max() < EXACT
        assert (project(model.plane, h) - peer.place(h)).abs().max() < EXACT
        greedy, ours, page = peer.greedy(h), decode(model, h), seen["written"][name]
        assert ours.tokens == page["tokens"] == greedy.tokens
        assert ours.finished == page["finished"] == greedy.finished
        assert (
            abs(ours.log_prob - greedy.log_prob) < EXACT and abs(page["log_prob"] - greedy.log_prob) < EXACT
        )
        assert seen["text"][name] == ours.text(model)
    assert abs(seen["apart"] - (states["a"] - states["b"]).norm().item()) < EXACT


def read_as_the_page(sentence: str) -> tuple[list[str], list[int]]:
    """Words and ids; of a sentence that Python refuses for its length, the first words and a mark."""
    model = load_translator()
    try:
        reading = read(model, sentence)
    except ValueError:
        known = tidy([word for word in words_of(sentence) if word in model.ids and word not in (".", "!")])
        reading = read(model, " ".join(known[: MOST_TOKENS - 1]) + ".")
    return reading.words, reading.ids


def by_hand(a: Tensor, b: Tensor, setting: dict[str, Any]) -> Tensor:
    """The mixture, written down once more."""
    if setting["mix"] == "blend":
        return torch.lerp(a, b, setting["share"])
    taken = torch.arange(len(a)) < units_taken(len(a), setting["share"])
    return torch.where(taken, b, a)


def test_log_probabilities_of_every_word_are_torchs(js: Run, peer: Peer) -> None:
    """The whole distribution at each step, words given; also from states that no sentence leaves."""
    model = load_translator()
    for k, setting in enumerate(SETTINGS[:10]):
        ids = read_as_the_page(setting["sentence_a"])[1]
        h = peer.states(ids)[-1] * (1 if k % 2 else -0.5)
        tokens = decode(model, h).tokens or [7, 9]
        seen = js("core.teacher_forced(translator, h, tokens)", h=h.tolist(), tokens=tokens)
        wanted = peer.forced(h, tokens)
        assert wanted.shape == (len(tokens) + 1, len(model.target_words))
        assert (as_tensor(seen) - wanted).abs().max() < EXACT
        assert (wanted.exp().sum(1) - 1).abs().max() < 1e-12


@pytest.mark.parametrize("mix", ["blend", "swap"])
def test_blends_0_and_1_are_the_originals(js: Run, mix: str) -> None:
    """To the last bit, in Python and in the page; and so is what is written."""
    model = load_translator()
    for a, b in zip(SENTENCES[:6], SENTENCES[1:7], strict=True):
        first, second = (encode(model, read(model, one).ids)[-1] for one in (a, b))
        assert torch.equal(mixed(first, second, 0.0, mix), first)
        assert torch.equal(mixed(first, second, 1.0, mix), second)
        for share, name in ((0, "a"), (1, "b")):
            setting = {"sentence_a": a, "sentence_b": b, "k": 14, "mix": mix, "share": share}
            seen = js("look(setting)", setting=setting)
            assert seen["states"]["mixture"] == seen["states"][name]
            assert seen["written"]["mixture"] == seen["written"][name]
            assert seen["places"]["mixture"] == seen["places"][name]


def test_the_way_from_a_to_b_is_decoded_share_by_share(js: Run, peer: Peer) -> None:
    a, b = (peer.states(read(load_translator(), text).ids)[-1] for text in SENTENCES[:2])
    for mix in ("blend", "swap"):
        found = js(
            "bottleneck.stations_of(translator, a, b, mix, 10, 16)", a=a.tolist(), b=b.tolist(), mix=mix
        )
        assert [one["share"] for one in found] == [k / 10 for k in range(11)]
        for one in found:
            greedy = peer.greedy(by_hand(a, b, {"mix": mix, "share": one["share"]}))
            assert one["written"]["tokens"] == greedy.tokens
            assert abs(one["written"]["log_prob"] - greedy.log_prob) < EXACT


@given(share=st.floats(0, 1), size=st.integers(1, 200))
def test_both_languages_take_as_many_units(js: Run, share: float, size: int) -> None:
    assert js("core.units_taken(size, share)", size=size, share=share) == units_taken(size, share)


def test_shared_words_are_counted_as_often_as_both_have_them(js: Run) -> None:
    cases = [([1, 2, 3], [3, 2, 1], 3), ([1, 1, 2], [1, 3], 1), ([], [1], 0), ([4, 4], [4, 4, 4], 2)]
    for a, b, wanted in cases:
        assert js("core.shared_words(a, b)", a=a, b=b) == wanted


# ---- what the presets and the prompt say -------------------------------------------------------------------


def written(**traits: Any) -> str:
    return Bottleneck(**traits).table()[2][1][1]


def test_the_presets_show_what_they_say() -> None:
    paul, marie = "Paul is more careful than Marie.", "Marie is more careful than Paul."
    seen = Bottleneck(sentence_a=paul, sentence_b=marie).look()
    assert sorted(seen.reading_a.words) == sorted(seen.reading_b.words)
    assert (seen.a - seen.b).norm() > 2
    assert not torch.equal(seen.a.sort().values, seen.b.sort().values)
    texts = [written(sentence_a=paul, sentence_b=marie, share=k / 10) for k in range(11)]
    turned = texts.index("Marie est plus prudente que Paul.")
    assert set(texts[:turned]) == {"Paul est plus prudent que Marie."} and len(set(texts[turned:])) == 1
    happy = {"sentence_a": "She is happy.", "sentence_b": "They aren't happy."}
    assert written(**happy, share=0.5) == "Ils sont heureux."
    assert written(**happy, share=0.5, mix="swap") == "Elle n'est pas heureuse."
    far = Bottleneck(
        sentence_a="The old chair isn't in the kitchen anymore.",
        sentence_b="Does her mother often play the guitar?",
    ).look()
    unsure, sure = (decode(load_translator(), h).log_prob for h in (far.mixture, far.a))
    assert unsure < -1 < -0.2 < sure
    early = Bottleneck(sentence_a="The old chair isn't in the kitchen anymore.", k=3, share=0.0)
    assert early.table()[2][0][1].startswith("La vieille chaise est ")


def test_the_first_view_shows_words_that_neither_sentence_has() -> None:
    first, middle, second = (row[1] for row in Bottleneck().table()[2])
    assert "grand-père" in middle and "grand-père" not in first + second


# ---- reading -----------------------------------------------------------------------------------------------


@given(text=st.text(max_size=60))
def test_both_languages_cut_the_same_words(js: Run, text: str) -> None:
    assert js("bottleneck.words_of(text)", text=text) == words_of(text)


word = st.sampled_from(["the", "Paul", "is", "xyzzy", ",", ".", "?", "!", "does", "happy", "😀", "<b>"])


@given(words=st.lists(word, max_size=12))
def test_both_languages_read_the_same(js: Run, words: list[str]) -> None:
    """Or there is nothing to read, which Python refuses and the page says."""
    seen = js("read(text)", text=" ".join(words))
    try:
        reading = read(load_translator(), " ".join(words))
    except ValueError as error:
        assert "expected at least one word" in str(error)
        assert not seen["ids"] and "no known word to read" in seen["notes"][0]
    else:
        assert (seen["words"], seen["ids"]) == (reading.words, reading.ids)
        assert all(f"“{one}”" in " ".join(seen["notes"]) for one in reading.unknown)
        assert seen["ids"][-1] == EOS and seen["words"][-2] in (".", "?")


NOTES = [
    ("", "A: there is no known word to read."),
    ("?!", "A: there is no known word to read."),
    ("xyzzy <b>", "“xyzzy”, “<b>”"),
    ("The gardn is <img src=x> big.", "“gardn” (known: garden), “<img”, “src=x>”"),
    ("😀 is happy.", "left out, since the translator knows 320 words and not these: “😀”."),
    ("Is he happy", "A gets “?” at its end."),
    ("He is happy", "A gets “.” at its end."),
    ("He is happy. She is sad.", "one sentence is read, up to its first mark"),
    ("He is very very very very very very very happy.", "longer than any sentence seen in training (10"),
    ("the " * 20, "A has 21 words and marks: the first 12 are read, and “.”."),
    ("a b c d e f g", "and 2 more"),
]


@pytest.mark.parametrize(("text", "said"), NOTES)
def test_the_page_says_what_it_makes_of_bad_input(js: Run, text: str, said: str) -> None:
    reading = js("read(text)", text=text)
    assert said in " ".join(reading["notes"]), reading["notes"]
    assert len(reading["words"]) <= MOST_TOKENS + 1


def test_nothing_is_said_of_a_good_sentence(js: Run) -> None:
    for text in SENTENCES[:4]:
        assert js("read(text)", text=text)["notes"] == []


def test_words_that_look_alike_are_named(js: Run) -> None:
    """By the number of letters to change; never for a word that is far from all."""
    assert js("bottleneck.alike(translator.ids, 'ktichen')") == ["kitchen"]
    assert js("bottleneck.alike(translator.ids, 'guittar')") == ["guitar"]
    assert js("bottleneck.alike(translator.ids, 'xyzzyxyzzy')") == []
    for a, b, wanted in (("kitten", "sitting", 3), ("", "abc", 3), ("same", "same", 0), ("ab", "ba", 2)):
        assert js("core.edits(a, b)", a=a, b=b) == wanted


def test_french_is_spelled_as_the_phrasebook_spells_it(js: Run) -> None:
    model = load_translator()
    for one in benchmark.load_corpus().test:
        if one.pair.french_tokens[0][-1:] == "-":
            continue
        words = list(one.french)
        assert spell(words) == one.pair.french
        assert js("bottleneck.spell(words)", words=words) == one.pair.french
        assert words_of(one.pair.english) == [token.lower() for token in one.pair.english_tokens]
    assert spell([]) == "" == js("bottleneck.spell([])")
    assert model.target_words[:4] == ["<pad>", "<bos>", "<eos>", "<unk>"]


@pytest.mark.parametrize(
    ("traits", "message"),
    [
        ({"sentence_a": ""}, "sentence_a is '', expected at least one word that the translator knows"),
        ({"sentence_b": " xyzzy, 😀 "}, "expected at least one word that the translator knows"),
        ({"sentence_a": "the " * 13}, "sentence_a has 14 words and marks, expected at most 13"),
        ({"sentence_a": "x" * 161}, "expected a text of at most 160 characters"),
        ({"k": 0}, "k is 0, expected a whole number from 1 to 14"),
        ({"k": 15}, "k is 15, expected a whole number from 1 to 14"),
        ({"share": 1.5}, "share is 1.5, expected a number from 0 to 1"),
        ({"mix": "add"}, "mix is 'add', expected one of 'blend', 'swap'"),
    ],
)
def test_bad_values_are_refused(traits: dict[str, Any], message: str) -> None:
    with pytest.raises(traitlets.TraitError, match=re.escape(message)):
        Bottleneck(**traits)


# ---- weights, card, plane ----------------------------------------------------------------------------------


def test_unpacked_weights_are_pythons(js: Run) -> None:
    seen = js("core.unpack_bytes(rnnlib_weights.bottleneck)")
    for name, values in load_translator().parameters.items():
        assert values.tolist() == seen[name], name
    assert list(seen) == list(PARAMETERS)


@pytest.fixture(scope="module")
def corpus() -> benchmark.Corpus:
    return benchmark.load_corpus()


def test_the_weights_are_small_and_their_card_is_true(corpus: benchmark.Corpus) -> None:
    """Exact match on the held-out sentences, measured anew with the packaged weights."""
    assert len(loader.weight_scripts()[loader.weight_script(STORED)].encode()) <= 250_000
    assert benchmark.FILE.stat().st_size <= 250_000
    stored = load_translator()
    card = stored.card
    model = benchmark.build(corpus)
    model.load_state_dict({key: stored.parameters[name].float() for name, key in PARAMETERS.items()})
    assert benchmark.exact_match(model, corpus, corpus.test) == pytest.approx(card["exact_match"], abs=0.004)
    assert card["exact_match"] > 0.95
    assert card["parameters"] == sum(value.numel() for value in model.parameters())
    assert card["words"] == {"english": len(stored.source_words), "french": len(stored.target_words)}
    assert stored.target_words == corpus.target_vocab.tokens
    assert [word.lower() for word in stored.source_words] == corpus.source_vocab.tokens
    sizes = {"phrasebook": len(corpus.train), "held_out": len(corpus.test)}
    assert sizes.items() <= card["sentences"].items()
    assert card["longest"] == max(len(one.english) for one in corpus.train)
    assert stored.asking == benchmark.asking(corpus.train)


def test_held_out_sentences_are_in_no_training_sentence(corpus: benchmark.Corpus) -> None:
    held = {one.english for one in corpus.test}
    more = benchmark.drawn(corpus.train + corpus.test, 60, 20)
    seen = {one.english for one in corpus.train + more}
    assert held and more and not held & seen
    assert len({one.english for one in more}) == len(more)
    known = {word for one in corpus.train + corpus.test for word in one.english}
    assert all(set(one.english) <= known for one in more)


def test_the_stored_places_are_the_states(js: Run, peer: Peer, corpus: benchmark.Corpus) -> None:
    """Every stored sentence, held out, stands where its state does; the axes are orthogonal, of length 1."""
    model = load_translator()
    held = {one.pair.english: one.pair.structure for one in corpus.test}
    kinds = list(KINDS.values())
    for english, kind, x, y in model.shown:
        assert held[english] in kinds[kind]
        found = project(model.plane, encode(model, read(model, english).ids)[-1])
        assert found.tolist() == pytest.approx([x, y], abs=1e-3)
    assert len(model.shown) == len(KINDS) * benchmark.SHOWN
    axes = model.plane["axes"]
    assert (axes @ axes.T - torch.eye(2)).abs().max() < 1e-5


def test_the_plane_is_the_one_along_which_states_differ_most() -> None:
    torch.manual_seed(0)
    states = torch.randn(400, 5) * torch.tensor([0.1, 3.0, 0.1, 0.2, 1.0]) + 7
    plane, share = benchmark.plane_of(states)
    assert plane["mean"] == pytest.approx(states.double().mean(0).tolist(), abs=1e-6)
    axes = torch.tensor(plane["axes"])
    assert axes.abs().argmax(1).tolist() == [1, 4] and axes[0, 1] > 0.99 and axes[1, 4] > 0.99
    variance = states.var(0)
    assert share == pytest.approx(float((variance[1] + variance[4]) / variance.sum()), abs=0.01)


def test_a_short_training_runs_and_packs_what_the_page_reads() -> None:
    stored = benchmark.train(2, draws=5)
    assert set(stored) == set(loader.read_weights(STORED))
    assert set(stored["card"]) == set(load_translator().card)
    assert list(stored["shapes"]) == list(PARAMETERS)
    assert json.loads(benchmark.as_text(stored)) == stored


def test_rounding_keeps_every_entry_within_half_a_step() -> None:
    """And leaves the model with just the numbers that are stored."""
    torch.manual_seed(0)
    corpus = benchmark.Corpus(
        *[[]] * 2, *[benchmark.Vocabulary(list("abc"), reserved=benchmark.RESERVED)] * 2
    )
    model = benchmark.build(corpus)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    stored = benchmark.packed(model)
    for name, value in unpacked_bytes(stored).items():
        old, now = before[PARAMETERS[name]], model.state_dict()[PARAMETERS[name]]
        assert torch.equal(value.float(), now)
        step = old.abs().amax(dim=1, keepdim=True) / 127 if old.dim() == 2 else old.abs() * 2**-10
        assert ((now - old).abs() <= 0.56 * step + 1e-7).all(), name


# ---- the widget in Python ----------------------------------------------------------------------------------

STATES = [
    {},
    {"mix": "swap", "share": 0.3},
    {"sentence_a": "<b> Paul & she </b> is happy", "k": 2},
    {"sentence_a": "We", "sentence_b": "the " * 12, "share": 1.0},
]


@pytest.mark.parametrize("state", STATES, ids=str)
def test_still_and_table_hold_states_and_texts(state: dict[str, Any], peer: Peer) -> None:
    widget = Bottleneck(**state)
    seen = widget.look()
    _, header, rows = widget.table()
    assert header == ["state", "French", "ln p", "x", "y"] and len(rows) == 3
    for h, (_, french, log_prob, x, y) in zip((seen.a, seen.mixture, seen.b), rows, strict=True):
        greedy = peer.greedy(h)
        words = spell([load_translator().target_words[k] for k in greedy.tokens])
        assert french == (words if greedy.finished else f"{words} …")
        numbers = [float(v.replace("−", "-")) for v in (log_prob, x, y)]
        assert numbers == pytest.approx([greedy.log_prob, *peer.place(h).tolist()], abs=5.1e-3)
        assert french in unescape(widget.still())
    still = ElementTree.fromstring(widget.still())
    _, _, width, height = map(float, still.get("viewBox", "").split())
    squares = [node for node in still.iter("rect") if node.get("fill") != "none"]
    assert len(squares) == 3 * len(seen.a)
    values = torch.cat([seen.a, seen.mixture, seen.b])
    assert [float(node.get("fill-opacity", "")) for node in squares] == pytest.approx(
        values.abs().tolist(), abs=5.1e-3
    )
    assert all(float(node.get("x", "")) <= width and float(node.get("y", "")) <= height for node in squares)
    assert all(0 <= float(node.get("cx", "")) <= width for node in still.iter("circle"))
    assert all(0 <= float(node.get("cy", "")) <= height for node in still.iter("circle"))


def test_a_text_that_does_not_end_says_so(peer: Peer) -> None:
    """A state that no sentence leaves can keep the decoder writing to the last word allowed."""
    model = load_translator()
    states = [torch.randn(96, generator=torch.Generator().manual_seed(k)).double() * 3 for k in range(60)]
    found = [decode(model, h) for h in states]
    assert {one.finished for one in found} == {True, False}
    for h, one in zip(states, found, strict=True):
        greedy = peer.greedy(h)
        assert (one.tokens, one.finished) == (greedy.tokens, greedy.finished)
        assert one.finished or (len(one.tokens) == MOST_WRITTEN and one.text(model).endswith(" …"))


def test_the_figure_holds_no_weights_and_the_kernel_gets_them() -> None:
    widget = Bottleneck()
    stored = loader.read_weights(STORED)
    assert stored["int8"] not in widget.to_html() and len(widget.to_html()) < 60_000
    assert widget.get_state(["weights"])["weights"] == stored
    name, _, version = widget.payload["script"].partition("?v=")
    assert name in loader.weight_scripts() and re.fullmatch("[0-9a-f]{8}", version)
