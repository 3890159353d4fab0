"""Left and right: states and probabilities are torch's; an edit reaches what it must and no more."""

import math
import re
from typing import Any
from xml.etree import ElementTree

import pytest
import torch
import traitlets
from fill_in_peer import Torch
from hypothesis import given
from hypothesis import strategies as st
from js_engine import Run, weights_script, widget_runner
from torch import Tensor

from benchmarks import fill_in
from rnnlib.data import load_sentences
from rnnlib.widgets import LeftRight, loader
from rnnlib.widgets.left_right import (
    LISTED,
    MOST_WORDS,
    PARAMETERS,
    STORED,
    guess,
    load_models,
    marked,
    read,
    states,
    words_of,
)
from rnnlib.widgets.story_writer import ranked

EXACT = 1e-9

SENTENCES = (
    "i loved the tour, even though the weather was awful",
    "the plot was not dull at all",
    "awful",
    "Ada opened the letter and read it twice",
    "<script>alert(1)</script> & <b>bold</b> Zoë, 漢字 7 €",
    "She said: “don’t!” (and left)",
    " ".join(["the", "lamp"] * 8),
    "the service was slow, the soup was cold, and the bill was",
)
EDITS = ("", "hated", "the", "xyzzy")
READOUTS = ("around", "at", "last", "summary")
# 32 settings: every sentence with every edit, at places from the first word to the last.
SETTINGS = [
    {"sentence": sentence, "edit": edit, "k": 1 + (5 * j + 3 * i) % len(words_of(sentence))}
    for i, sentence in enumerate(SENTENCES)
    for j, edit in enumerate(EDITS)
]


@pytest.fixture(scope="module")
def js() -> Run:
    """Evaluate JavaScript beside the widget's modules and weights; keyword values become constants in it."""
    return widget_runner("left_right", weights_script(STORED), HELPERS, names="core, left_right")


HELPERS = """
const network = $modules.left_right.network_of(rnnlib_weights.fill_in);
const read = (setting) => $modules.left_right.read(network, 16, setting);
function look(setting, readout = "around") {
  const { network: _, ...view } = $modules.left_right.look(network, read(setting), readout);
  return view;
}
"""


@pytest.fixture(scope="module")
def peer() -> Torch:
    return Torch()


def as_tensor(values: Any) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


# ---- states and probabilities ------------------------------------------------------------------------------


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: f"{s['sentence'][:12]!r}-{s['k']}-{s['edit']}")
def test_states_and_probabilities_are_torchs(js: Run, peer: Torch, setting: dict[str, Any]) -> None:
    """Of the page and of Python, before the edit and after it, at every read-out."""
    reading = read(load_models(), **setting)
    seen = js("look(setting)", setting=setting)
    assert (seen["words"], seen["edited"], seen["put"]) == (reading.words, reading.edited, reading.put)
    assert (seen["ids"], seen["edited_ids"]) == (reading.ids, reading.edited_ids)
    assert seen["place"] == reading.place
    for name, ids in {"before": reading.ids, "after": reading.edited_ids}.items():
        output, h_n = peer.outputs("bi", ids)
        ours = states(load_models(), ids)
        assert (torch.cat(ours, dim=1) - output).abs().max() < EXACT
        page = torch.cat([as_tensor(seen[name][lane]) for lane in ("forward", "backward")], dim=1)
        assert (page - output).abs().max() < EXACT
        assert (as_tensor(seen[name]["h_n"]) - h_n).abs().max() < EXACT
    wanted = peer.guess(reading.edited_ids, reading.place)
    found = guess(load_models(), reading.edited_ids, reading.place)
    for name, p in wanted.items():
        assert (found[name] - p).abs().max() < EXACT
        assert (as_tensor(seen["p"][name]) - p).abs().max() < EXACT
        assert p.sum() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_perplexities_are_torchs(js: Run, peer: Torch, sentence: str) -> None:
    """exp of the mean of -ln p over the known words, each asked for with the whole rest there."""
    ids = read(load_models(), sentence, 1).ids
    known = [t for t, k in enumerate(ids) if k]
    seen = js("look(setting).perplexity", setting={"sentence": sentence, "k": 1, "edit": ""})
    for name in ("uni", "around", "at"):
        losses = [-math.log(peer.guess(ids, t)[name][ids[t]].item()) for t in known]
        assert seen[name] == pytest.approx(math.exp(sum(losses) / len(losses)), rel=EXACT)


# ---- what an edit reaches ----------------------------------------------------------------------------------

word = st.sampled_from(["the", "loved", "hated", "tour", "xyzzy", ",", "was", "not", "letter"])


@given(words=st.lists(word, min_size=1, max_size=MOST_WORDS), put=word, data=st.data())
def test_an_edit_leaves_forward_states_before_it_and_backward_states_after_it(
    js: Run, words: list[str], put: str, data: st.DataObject
) -> None:
    """Bit for bit, in Python and in the page; and the honest read-outs with them."""
    place = data.draw(st.integers(0, len(words) - 1))
    setting = {"sentence": " ".join(words), "k": place + 1, "edit": put}
    reading = read(load_models(), **setting)
    before, after = (states(load_models(), ids) for ids in (reading.ids, reading.edited_ids))
    seen = js("look(setting)", setting=setting)
    assert torch.equal(before.forward[:place], after.forward[:place])
    assert torch.equal(before.backward[place + 1 :], after.backward[place + 1 :])
    assert seen["before"]["forward"][:place] == seen["after"]["forward"][:place]
    assert seen["before"]["backward"][place + 1 :] == seen["after"]["backward"][place + 1 :]
    assert all(seen["same"]["forward"][:place]) and all(seen["same"]["backward"][place + 1 :])
    changed = reading.ids[place] != reading.edited_ids[place]
    assert seen["same"]["forward"][place] is seen["same"]["backward"][place] is (not changed)
    assert seen["unread"] == 0
    old, new = (guess(load_models(), ids, place) for ids in (reading.ids, reading.edited_ids))
    assert torch.equal(old["uni"], new["uni"]) and torch.equal(old["around"], new["around"])
    assert torch.equal(old["at"], new["at"]) is (not changed)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_the_summary_is_output_0_backward_and_output_last_forward(
    js: Run, peer: Torch, sentence: str
) -> None:
    """`output[0, H:]` = `h_n[-1]`, `output[-1, :H]` = `h_n[0]`; `output[-1, H:]` has read one word."""
    reading = read(load_models(), sentence, 1)
    seen = js("look(setting, 'summary')", setting={"sentence": sentence, "k": 1, "edit": ""})
    output, h_n = peer.outputs("bi", reading.edited_ids)
    H = h_n.shape[1]
    assert torch.equal(output[0, H:], h_n[-1]) and torch.equal(output[-1, :H], h_n[0])
    after = seen["after"]
    assert after["backward"][0] == after["h_n"][1] and after["forward"][-1] == after["h_n"][0]
    only = peer.outputs("bi", reading.edited_ids[-1:])[0][0, H:]
    assert (as_tensor(after["backward"][-1]) - only).abs().max() < EXACT


@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize(("T", "place"), [(1, 0), (2, 0), (2, 1), (9, 0), (9, 4), (9, 8)])
def test_slices_are_named_as_torch_names_them(js: Run, peer: Torch, readout: str, T: int, place: int) -> None:
    """The name printed, evaluated on torch's output, is the state that is marked; so are the words read."""
    cells = js("left_right.cells_of(readout, place, T)", readout=readout, place=place, T=T)
    assert tuple(cell["t"] for cell in cells) == marked(readout, place, T)
    ids = list(range(1, T + 1))
    output, h_n = peer.outputs("bi", ids)
    found = states(load_models(), ids)
    H = h_n.shape[1]
    for cell in cells:
        read_ = js("left_right.words_read(lane, t, T)", lane=cell["lane"], t=cell["t"], T=T)
        if not 0 <= cell["t"] < T:
            assert read_ == "no word: zeros"
            continue
        for name in cell["name"].split(" = "):
            value = eval(name, {"output": output, "h_n": h_n, "H": H})
            assert (getattr(found, cell["lane"])[cell["t"]] - value).abs().max() < EXACT
        first, last = (1, cell["t"] + 1) if cell["lane"] == "forward" else (cell["t"] + 1, T)
        assert read_ == (f"word {first}" if first == last else f"words {first} to {last}")


def test_the_presets_show_what_they_say() -> None:
    """Where the clue stands right, only the model that reads it knows; the cheat names the edit."""

    def own(sentence: str, k: int, edit: str = "") -> tuple[dict[str, float], dict[str, str], str]:
        reading = read(load_models(), sentence, k, edit)
        found = guess(load_models(), reading.edited_ids, reading.place)
        wanted = reading.ids[reading.place]
        best = {name: load_models().words[ranked(p)[0]] for name, p in found.items()}
        return {name: p[wanted].item() for name, p in found.items()}, best, reading.words[reading.place]

    default = LeftRight()
    for sentence, k in (
        (default.sentence, default.k),
        ("everybody agreed that the hotel was clean", 1),
    ):
        p, best, word = own(sentence, k)
        assert p["uni"] < 0.02 and p["around"] > 0.4 and best["around"] == word, (sentence, p)
    p, best, word = own("i did not like the tour at all", 3)
    assert best["uni"] == best["around"] == word and p["uni"] > 0.8
    p, best, _ = own(default.sentence, default.k, "bus")
    assert best["at"] == "bus" and p["at"] < 0.05
    assert own(default.sentence, default.k)[1]["at"] != "cooking"  # a blank leaves it nothing to read


# ---- reading -----------------------------------------------------------------------------------------------


@given(text=st.text(max_size=60))
def test_both_languages_cut_the_same_words(js: Run, text: str) -> None:
    assert js("left_right.words_of(text)", text=text) == words_of(text)


def test_words_are_lower_case_and_commas_count() -> None:
    assert words_of("Don’t go, Ada! (Not yet.)") == ["don't", "go", ",", "ada", "not", "yet"]


NOTES = [
    ({"sentence": "", "k": 1, "edit": ""}, "There is no word to read"),
    ({"sentence": "?!", "k": 1, "edit": ""}, "There is no word to read"),
    ({"sentence": "the xyzzy <b>", "k": 1, "edit": ""}, "“xyzzy”, “<b>”"),
    ({"sentence": "the " * 20, "k": 1, "edit": ""}, "Of your 20 words the first 16 are read"),
    ({"sentence": "the tour", "k": 9, "edit": ""}, "no word 9, so its last one is taken: word 2"),
    ({"sentence": "the tour", "k": 1, "edit": "one two"}, "“one” is put there"),
    ({"sentence": "the tour", "k": 1, "edit": "The"}, "nothing changes"),
]


@pytest.mark.parametrize(("setting", "said"), NOTES)
def test_the_page_says_what_it_makes_of_bad_input(js: Run, setting: dict[str, Any], said: str) -> None:
    reading = js("read(setting)", setting=setting)
    assert said in " ".join(reading["notes"])
    assert len(reading["words"]) <= MOST_WORDS
    assert not reading["words"] or 0 <= reading["place"] < len(reading["words"])


@pytest.mark.parametrize(
    ("traits", "message"),
    [
        ({"sentence": ""}, "sentence is '', expected at least one word"),
        ({"sentence": " !? "}, "expected at least one word"),
        ({"sentence": "the " * 17}, "sentence has 17 words, expected at most 16"),
        ({"sentence": "x" * 161}, "expected a text of at most 160 characters"),
        ({"sentence": "the tour", "k": 3}, "k is 3, expected a position in the sentence, which has 2 words"),
        ({"k": 0}, "k is 0, expected a whole number from 1 to 16"),
        ({"k": 17}, "k is 17, expected a whole number from 1 to 16"),
        ({"edit": "one two"}, "edit is 'one two', expected one word, or nothing for a blank"),
        ({"edit": "x" * 25}, "expected a text of at most 24 characters"),
        ({"readout": "middle"}, "expected one of 'around', 'at', 'last', 'summary'"),
    ],
)
def test_bad_values_are_refused(traits: dict[str, Any], message: str) -> None:
    with pytest.raises(traitlets.TraitError, match=re.escape(message)):
        LeftRight(**traits)


def test_a_position_that_the_sentence_no_longer_has_is_named() -> None:
    widget = LeftRight(sentence="the tour was long", k=4)
    widget.sentence = "the tour"
    with pytest.raises(ValueError, match="k is 4, expected a position in the sentence, which has 2 words"):
        widget.table()


# ---- weights and card --------------------------------------------------------------------------------------


def test_unpacked_weights_are_pythons(js: Run) -> None:
    seen = js("$modules.weights.unpack(rnnlib_weights.fill_in)")
    for name, values in load_models().parameters.items():
        assert values.tolist() == seen[name], name
    assert set(seen) == set(load_models().parameters)


@pytest.fixture(scope="module")
def held_out() -> dict[str, list[list[int]]]:
    """Ids of the held-out sentences by source, and all of them."""
    ids = {
        name: [[load_models().ids.get(word, 0) for word in words] for words in held]
        for name, (_, held) in fill_in.sources().items()
    }
    return {"all": [sentence for part in ids.values() for sentence in part], **ids}


def test_the_weights_are_small_and_their_card_is_true(held_out: dict[str, list[list[int]]]) -> None:
    """The figures on held-out sentences, measured anew with the packaged weights."""
    assert len(loader.weight_scripts()[loader.weight_script(STORED)].encode()) < 300_000
    card, p = load_models().card, load_models().parameters
    assert card["data"] == {
        name: {"train": len(a), "held_out": len(b)} for name, (a, b) in fill_in.sources().items()
    }
    assert card["vocabulary"] == len(load_models().words)
    model = fill_in.FillIn(len(load_models().words))
    model.load_state_dict({key: p[name] for name, key in PARAMETERS.items()})
    assert card["parameters"] == sum(v.numel() for v in model.parameters())
    for source, sentences in held_out.items():
        found = fill_in.measure(model, [torch.tensor(ids) for ids in sentences])
        for read_out, figures in found.items():
            assert figures == pytest.approx(card["held_out"][source][read_out], rel=1e-3), (source, read_out)


def test_both_sides_fill_blanks_better_and_the_cheat_knows_nearly_all() -> None:
    for source, figures in load_models().card["held_out"].items():
        uni, around, at = (figures[name] for name in ("uni", "around", "at"))
        assert uni["perplexity"] > 1.5 * around["perplexity"] > 1.5 * 1.5 * at["perplexity"], source
        assert uni["accuracy"] < around["accuracy"] < at["accuracy"] and at["perplexity"] < 1.3, source


def test_training_and_held_out_sentences_are_apart() -> None:
    parts = fill_in.sources().values()
    held = {words for _, part in parts for words in part}
    for train, _ in parts:
        assert not held & set(train)


def test_a_blank_in_training_is_never_read_by_the_honest_read_out() -> None:
    """The scores around a place don't change with its word; those at it do."""
    torch.manual_seed(0)
    model = fill_in.FillIn(20).eval()
    ids = torch.randint(1, 20, (7, 1))
    other = ids.clone()
    other[3] = (ids[3] + 1) % 20
    with torch.no_grad():
        old, new = (model(one, torch.tensor([7])) for one in (ids, other))
    assert torch.equal(old["around"][3], new["around"][3])
    assert not torch.equal(old["at"][3], new["at"][3])
    assert not any(torch.equal(old["around"][t], new["around"][t]) for t in range(7) if t != 3)


def test_a_short_training_runs_and_packs_what_the_page_reads() -> None:
    stored = fill_in.train(2)
    assert set(stored["shapes"]) == set(load_models().parameters)
    assert stored["words"] == load_models().words
    assert set(stored["card"]) == set(load_models().card)


# ---- the widget in Python ----------------------------------------------------------------------------------

STATES = [
    {},
    {"readout": "at", "edit": "hated"},
    {"sentence": "the <b> & tour", "k": 2, "readout": "last"},
    {"sentence": " ".join(["lamp"] * 16), "k": 16, "readout": "summary"},
    {"sentence": "awful", "k": 1},
]


@pytest.mark.parametrize("state", STATES, ids=str)
def test_still_and_table_hold_states_and_probabilities(state: dict[str, Any]) -> None:
    widget = LeftRight(**state)
    reading, found = widget.reading(), widget.guesses()
    caption, header, rows = widget.table()
    assert f"at word {reading.place + 1} of" in caption and len(rows) == LISTED and len(header) == 5
    right = "at" if widget.readout == "at" else "around"
    words = load_models().words
    for rank, left, p_left, both, p_both in rows:
        for name, shown, p in (("uni", left, p_left), (right, both, p_both)):
            k = ranked(found[name])[int(rank) - 1]
            assert (shown, float(p)) == (words[k], pytest.approx(found[name][k].item(), abs=5e-5))
    still = ElementTree.fromstring(widget.still())
    _, _, width, height = map(float, still.get("viewBox", "").split())
    boxes, T = list(still.iter("rect")), len(reading.words)
    assert len(boxes) == 2 * T
    assert all(float(b.get("x", "")) + float(b.get("width", "")) <= width for b in boxes)
    assert all(float(node.get("y", "")) <= height for node in still.iter("text"))
    signs = [node.text or "" for node in still.iter("text")]
    changed = sum(sign.startswith("≠") for sign in signs)
    assert changed == ((T + 1) if reading.ids != reading.edited_ids else 0)
    assert sum(sign.startswith("=") for sign in signs) == 2 * T - changed


def test_the_figure_holds_no_weights_and_the_kernel_gets_them() -> None:
    widget = LeftRight()
    stored = loader.read_weights(STORED)
    assert stored["float16"] not in widget.to_html() and len(widget.to_html()) < 60_000
    assert widget.get_state(["weights"])["weights"] == stored
    name, _, version = widget.payload["script"].partition("?v=")
    assert name in loader.weight_scripts() and re.fullmatch("[0-9a-f]{8}", version)


def test_sentences_of_the_package_are_cut_as_they_are_written() -> None:
    for sentence in load_sentences()[:200]:
        assert " ".join(words_of(sentence.text)).replace(" ,", ",") == sentence.text
