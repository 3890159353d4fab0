"""Pad, mask, pack: batches, states and losses are torch's, in Python and in the JavaScript, run in V8."""

import json
import re
from typing import Any
from xml.etree import ElementTree

import pytest
import torch
import traitlets
from hypothesis import given, settings
from hypothesis import strategies as st
from js_engine import Run, widget_runner
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnnlib.data import translation
from rnnlib.widgets import PadMaskPack, loader
from rnnlib.widgets.pad_mask_pack import (
    DEFAULT,
    EMBEDDING,
    EOS,
    LONGEST,
    MOST_LINES,
    MOST_ROWS,
    MOST_WORDS,
    PAD,
    SPECIAL,
    UNITS,
    UNK,
    WORDS,
    Batch,
    batch_sizes,
    by_length,
    cut,
    draw,
    make_batch,
    read,
    run,
    score,
)

EXACT = 1e-9
PARAMETERS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
State = dict[str, Any]

TEXTS = (
    DEFAULT,
    "we swim .\nthank you .\ncome here !",
    "swim",
    "<img src=x onerror=alert(1)>\n\n</script> <pad> & Zoë, 漢字 7 €\r\n“don’t!”",
    "\n".join(["the dog", "", " \t ", "is here"] * 20),
    "word " * 100 + "\n" + "x" * 300,
    "my uncle was writing a letter when the phone rang .\ngo !\ngo !",
)
# 28 settings: each text with batches of four sizes, sorted or not, packed or not.
SETTINGS: list[State] = [
    {
        "sentences": TEXTS[k % 7][:LONGEST],
        "batch_size": (4, 1, 8, 3)[(k + k // 7) % 4],
        "line": 1 + (5 * k) % 9,
        "sort": k % 2 == 1,
        "pack": (k // 2) % 2 == 1,
        "mask": False,
        "padding_idx": (k // 3) % 2 == 1,
        "pad_bias": (3.0, 0.0, 8.0)[k % 3],
    }
    for k in range(28)
]


@pytest.fixture(scope="module")
def js() -> Run:
    """Evaluate JavaScript beside the widget's modules and payload; keyword values become constants in it."""
    network = f"const network = $modules.padding.network_of({json.dumps(PadMaskPack().payload)})"
    return widget_runner("pad_mask_pack", network, names="padding, pad_mask_pack: widget")


# ---- a reference in PyTorch ------------------------------------------------------------------------------


@torch.no_grad()
def layer() -> nn.GRU:
    """torch.nn's layer with the widget's weights."""
    weights = {f"{name}_l0": torch.tensor(draw()[name], dtype=torch.float64) for name in PARAMETERS}
    gru = nn.GRU(EMBEDDING, UNITS, dtype=torch.float64)
    gru.load_state_dict(weights)
    return gru


def vectors(ids: Tensor, padding_idx: bool) -> Tensor:
    """Embedded tokens, by torch.nn; with `padding_idx` its vector is zero."""
    weight = torch.tensor(draw()["embedding"], dtype=torch.float64)
    embedding = nn.Embedding(*weight.shape, padding_idx=PAD if padding_idx else None, dtype=torch.float64)
    with torch.no_grad():
        embedding.weight.copy_(weight)
        if padding_idx:
            embedding.weight[PAD] = 0  # as a fresh nn.Embedding has it
    return embedding(ids).detach()


@torch.no_grad()
def reference(batch: Batch, padding_idx: bool) -> dict[str, Tensor]:
    """Outputs (T, B, H) and final states (B, H): padded, packed, and of each sentence alone."""
    gru, x = layer(), vectors(batch.ids, padding_idx)
    output, padded = gru(x)
    packed_output, packed = gru(pack_padded_sequence(x, batch.lengths, enforce_sorted=False))
    alone = [gru(x[:length, b])[1][0] for b, length in enumerate(batch.lengths)]
    return {
        "output": output,
        "packed_output": pad_packed_sequence(packed_output)[0],
        "padded": padded[0],
        "packed": packed[0],
        "alone": torch.stack(alone),
    }


def losses(batch: Batch, output: Tensor, pad_bias: float) -> dict[str, Tensor]:
    """cross_entropy with and without `ignore_index`, and by autograd their slopes by the bias of `<pad>`."""
    before = torch.cat([torch.zeros_like(output[:1]), output[:-1]])
    weight = torch.tensor(draw()["output_weight"], dtype=torch.float64)
    bias = torch.tensor(draw()["output_bias"], dtype=torch.float64)
    bias[PAD] += pad_bias
    bias.requires_grad_()
    scores, targets = (before @ weight.T + bias).flatten(0, 1), batch.ids.flatten()
    found = {"cells": cross_entropy(scores, targets, reduction="none").view(batch.ids.shape).detach()}
    for name, ignored in (("masked", PAD), ("averaged", -100)):
        loss = cross_entropy(scores, targets, ignore_index=ignored)
        (slope,) = torch.autograd.grad(loss, bias, retain_graph=True)
        found |= {name: loss.detach(), f"{name}_slope": slope[PAD]}
    return found


def assert_close(found: Any, wanted: Tensor) -> None:
    found = torch.as_tensor(found, dtype=torch.float64)
    torch.testing.assert_close(found, wanted.double(), rtol=EXACT, atol=EXACT)


# ---- sentences -------------------------------------------------------------------------------------------


def check_reading(js: Run, text: str) -> None:
    """Python and JavaScript read the same words, and leave out the same."""
    ours = read(text)
    page = js("padding.read(network, text)", text=text)
    assert page == json.loads(json.dumps(ours._asdict()))
    assert all(1 < len(row) <= MOST_WORDS + 1 and row[-1] == EOS and PAD not in row for row in ours.ids)
    assert len(ours.ids) <= MOST_LINES


ODD = ["", "\n\n", "  .", "a\rb\r\nc\n\n", "a\n" * 200]
PIECES = [*"ab .,?!\n\r\t’'<>&ÉıσΣ€漢", "the ", " dog", "\u202f", "<pad>"]


@pytest.mark.parametrize("text", [*TEXTS, *ODD], ids=lambda text: repr(text[:20]))
def test_python_and_javascript_read_the_same(js: Run, text: str) -> None:
    check_reading(js, text)


@given(pieces=st.lists(st.sampled_from(PIECES), max_size=60))
def test_python_and_javascript_read_the_same_anywhere(js: Run, pieces: list[str]) -> None:
    check_reading(js, "".join(pieces))


def test_what_is_left_out_is_known() -> None:
    reading = read("The old DOG!\n\n" + "go " * 12 + "\nxyzzy <pad>, <unk>\n" + "so\n" * 30)
    assert reading.words[0] == ["the", "old", "dog", "!"]
    assert reading.words[1] == ["go"] * MOST_WORDS and reading.long == [(3, 12)]
    assert reading.unknown == ["xyzzy", "<pad>", "<unk>"]
    assert reading.ids[2] == [UNK, UNK, WORDS.index(","), UNK, EOS]  # a typed <pad> is a word, not padding
    assert reading.blank == [2] and reading.left_out == 33 - MOST_LINES
    assert read("\n \n").ids == [] and read("\n \n").blank == []


def test_ids_are_those_of_the_translation_data() -> None:
    assert tuple(SPECIAL) == translation.RESERVED and WORDS[: len(SPECIAL)] == SPECIAL
    assert (SPECIAL[PAD], SPECIAL[EOS], SPECIAL[UNK]) == ("<pad>", "<eos>", "<unk>")
    assert len(set(WORDS)) == len(WORDS) and not read(DEFAULT).unknown
    ids = [torch.tensor(row[:-1]) for row in read(DEFAULT).ids[:4]]
    batch = translation.make_batch(ids, ids)
    ours = make_batch(read(DEFAULT).ids, [0, 1, 2, 3])
    assert torch.equal(batch.source, ours.ids) and torch.equal(batch.target_out, ours.ids)
    assert batch.source_lengths.tolist() == ours.lengths


# ---- batches and packing ---------------------------------------------------------------------------------

lengths_ = st.lists(st.integers(1, MOST_WORDS + 1), min_size=1, max_size=MOST_ROWS)


@given(lengths=lengths_)
def test_packing_is_torchs_and_the_order_a_valid_sort(js: Run, lengths: list[int]) -> None:
    """The column sizes are equal; the order is a sort of the lengths (under ties torch's may be another)."""
    page = js("padding.pack(lengths)", lengths=lengths)
    torchs = pack_padded_sequence(torch.zeros(max(lengths), len(lengths), 1), lengths, enforce_sorted=False)
    assert page["batch_sizes"] == torchs.batch_sizes.tolist() == batch_sizes(lengths)
    order = page["sorted_indices"]
    assert order == by_length(lengths) and sorted(order) == list(range(len(lengths)))
    falling = [lengths[b] for b in order]
    assert falling == sorted(lengths, reverse=True) == [lengths[b] for b in torchs.sorted_indices.tolist()]
    assert [order[k] for k in page["unsorted_indices"]] == list(range(len(lengths)))
    ordered = torch.zeros(max(lengths), len(lengths), 1)
    pack_padded_sequence(ordered, falling, enforce_sorted=True)  # takes the order, or raises


@given(lengths=lengths_)
def test_packed_data_is_torchs_column_after_column(lengths: list[int]) -> None:
    """With our order taken as it is, torch lays out the same columns that the widget draws."""
    order = by_length(lengths)
    x = torch.arange(max(lengths) * len(lengths)).view(max(lengths), len(lengths), 1)
    data = pack_padded_sequence(x[:, order], [lengths[b] for b in order], enforce_sorted=True).data
    drawn = [x[t, b] for t, size in enumerate(batch_sizes(lengths)) for b in order[:size]]
    assert torch.equal(data, torch.stack(drawn)) and len(data) == sum(lengths)


@given(lengths=st.lists(st.integers(1, 12), min_size=1, max_size=MOST_LINES), size=st.integers(1, MOST_ROWS))
@pytest.mark.parametrize("sort", [False, True])
def test_every_sentence_is_in_one_batch(js: Run, sort: bool, lengths: list[int], size: int) -> None:
    batches = cut(lengths, size, sort)
    assert js("padding.cut(lengths, size, sort)", lengths=lengths, size=size, sort=sort) == batches
    order = [k for batch in batches for k in batch]
    assert sorted(order) == list(range(len(lengths))) and all(0 < len(batch) <= size for batch in batches)
    if sort:
        assert [lengths[k] for k in order] == sorted(lengths, reverse=True)
    else:
        assert order == list(range(len(lengths)))


# ---- states and losses -----------------------------------------------------------------------------------


def check_numbers(js: Run, state: State) -> None:
    """States are torch.nn.GRU's, padded, packed and alone; losses and slopes are cross_entropy's."""
    page = js("widget.look(network, padding.read(network, state.sentences), state)", state=state)
    reading = read(state["sentences"])
    groups = cut([len(row) for row in reading.ids], state["batch_size"], state["sort"])
    assert [batch["rows"] for batch in page["batches"]] == groups
    for rows, found in zip(groups, page["batches"], strict=True):
        batch = make_batch(reading.ids, rows)
        wanted, ours = reference(batch, state["padding_idx"]), run(batch, zero_pad=state["padding_idx"])
        assert batch.ids.T.tolist() == found["ids"] and batch.lengths == found["lengths"]
        for name, values in wanted.items():
            assert_close(getattr(ours, name), values)
        states = found["states"]
        for name in ("padded", "packed", "alone"):
            assert_close(states["final"][name], wanted[name])
        assert_close(wanted["packed"], wanted["alone"])  # torch's own packing
        assert torch.equal(torch.tensor(states["final"]["packed"]), torch.tensor(states["final"]["alone"]))
        assert not any(states["off"]["packed"])
        assert_close(states["off"]["padded"], (wanted["padded"] - wanted["alone"]).norm(dim=1))
        assert_close(states["cosine"], torch.cosine_similarity(wanted["padded"], wanted["alone"]))
        for name, key in (("padded", "output"), ("packed", "packed_output")):
            assert_close(states["output"][name], wanted[key].transpose(0, 1))
        check_losses(js, state, batch, found, wanted["packed_output" if state["pack"] else "output"])
    place = min(state["line"], len(reading.ids)) - 1
    assert page["place"] == place == page["batch"]["rows"][page["row"]]


def check_losses(js: Run, state: State, batch: Batch, found: Any, output: Tensor) -> None:
    wanted, ours = losses(batch, output, state["pad_bias"]), score(batch, output, state["pad_bias"])
    for name, value in wanted.items():
        assert_close(getattr(ours, name), value)
    assert_close(torch.tensor(found["scored"]["cells"], dtype=torch.float64).T, wanted["cells"])
    total = js("padding.sums(batch, batch.scored)", batch=found)
    count = found["count"]
    n, m = count["words"], count["padding"]
    assert n == sum(batch.lengths) and n + m == count["cells"] == batch.ids.numel()
    assert_close(total["loss_words"] / n, wanted["masked"])
    assert_close((total["loss_words"] + total["loss_padding"]) / (n + m), wanted["averaged"])
    assert_close(total["pad_words"] / n, wanted["masked_slope"])
    assert_close((total["pad_words"] + total["pad_padding"] - m) / (n + m), wanted["averaged_slope"])


@pytest.mark.parametrize("state", SETTINGS, ids=range(len(SETTINGS)))
def test_states_and_losses_are_torchs(js: Run, state: State) -> None:
    check_numbers(js, state)


sentences_ = st.lists(st.sampled_from([*WORDS[4:], "xyzzy"]), min_size=1, max_size=14).map(" ".join)


@settings(max_examples=25)
@given(
    rows=st.lists(sentences_, min_size=1, max_size=10),
    batch_size=st.integers(1, MOST_ROWS),
    flags=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    pad_bias=st.floats(0, 8),
)
def test_states_and_losses_are_torchs_anywhere(js: Run, rows, batch_size, flags, pad_bias) -> None:
    sort, pack, padding_idx = flags
    text = "\n".join(rows)
    state = {"sentences": text, "batch_size": batch_size, "line": 1, "sort": sort, "pack": pack}
    check_numbers(js, {**state, "padding_idx": padding_idx, "pad_bias": pad_bias})


def test_packing_leaves_the_masked_loss_alone_and_padding_reaches_no_word() -> None:
    """What stands at a padded cell changes no state of a word; packing changes no masked loss."""
    padded, packed = PadMaskPack(), PadMaskPack(pack=True)
    read_on, stopped = (widget.losses(widget.batch()) for widget in (padded, packed))
    assert read_on.masked == pytest.approx(stopped.masked, abs=1e-12)
    assert abs(read_on.averaged - stopped.averaged) > 1e-3
    batch = padded.batch()
    other = batch._replace(ids=torch.where(batch.ids == PAD, UNK, batch.ids))
    first, second = run(batch), run(other)
    words = torch.arange(len(batch.ids))[:, None] < torch.tensor(batch.lengths)  # (T, B)
    assert torch.equal(first.output[words], second.output[words])
    assert torch.equal(first.packed, second.packed) and not torch.equal(first.padded, second.padded)


# ---- the story -------------------------------------------------------------------------------------------


def test_the_default_view_tells_the_story() -> None:
    """Padding takes short sentences far off, a zero vector does not save them, packing does."""
    widget = PadMaskPack()
    batch = widget.batch()
    assert batch.lengths == [4, 12, 5, 11] and batch_sizes(batch.lengths) == [4] * 4 + [3] + [2] * 6 + [1]
    for zero_vector in (False, True):
        states = run(batch, zero_pad=zero_vector)
        off = (states.padded - states.alone).norm(dim=1)
        assert off[1] < 1e-15 and off[0] > 0.5 and off[2] > 0.5
        assert (states.packed - states.alone).abs().max() < 1e-15
    losses = widget.losses(batch)
    assert losses.averaged < losses.masked - 0.5 and losses.averaged_slope < 0 < losses.masked_slope
    pads = [sum(b.ids.eq(PAD).sum().item() for b in PadMaskPack(sort=s).batches()) for s in (False, True)]
    cells = [sum(b.ids.numel() for b in PadMaskPack(sort=s).batches()) for s in (False, True)]
    assert (pads, cells) == ([31, 7], [92, 68])  # what the preset "sort" says


def test_foretelling_padding_lowers_the_mean_and_raises_every_words_loss() -> None:
    """What the preset says of the bias from 3 to 4; from 0 on it holds as well."""
    found = [widget.losses(widget.batch()) for widget in (PadMaskPack(pad_bias=b) for b in (0.0, 3.0, 4.0))]
    real = PadMaskPack().batch().ids != PAD
    for low, high in zip(found, found[1:], strict=False):
        assert high.averaged < low.averaged and high.masked > low.masked
        assert (high.cells[real] > low.cells[real]).all()


def test_presets_say_what_holds(js: Run) -> None:
    source = (loader.FOLDER / "pad_mask_pack.mjs").read_text(encoding="utf-8")
    parts = re.findall(r"const (?:DEFAULT|OUTLIER|TIES) = (\[.*?\])\.join", source, re.DOTALL)
    default, outlier, ties = ("\n".join(re.findall(r'"(.*?)"', part)) for part in parts)
    assert default == DEFAULT
    [one] = PadMaskPack(sentences=outlier, batch_size=5).batches()
    assert len(one.ids) == 12 and sorted(one.lengths)[-1] == 12 and sorted(one.lengths)[-2] <= 4
    [same] = PadMaskPack(sentences=ties).batches()
    assert not same.ids.eq(PAD).any() and len(set(same.lengths)) == 1
    assert not read(outlier).unknown and not read(ties).unknown


# ---- the widget in Python --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"sentences": ""}, "sentences holds no word, expected at least one line with a word"),
        ({"sentences": "\n  \n"}, "sentences holds no word, expected at least one line with a word"),
        ({"sentences": "go\n" * 25}, "sentences has 25 of them, expected at most 24"),
        ({"sentences": "go\n" + "go " * 12}, "sentences has 12 words in line 2, expected at most 11"),
        ({"sentences": "x" * 901}, "expected a text of at most 900 characters"),
        ({"sentences": "go\nso"}, None),
        ({"sentences": "go\nso", "line": 3}, "line is 3, expected one of the 2 sentences"),
        ({"batch_size": 9}, "batch_size is 9, expected a whole number from 1 to 8"),
        ({"pad_bias": -1}, "pad_bias is -1, expected a number from 0 to 8"),
        ({"pack": 1}, "pack is 1, expected True or False"),
        ({"lengths": 1}, "PadMaskPack has no trait 'lengths'; it has id, batch_size, line"),
    ],
)
def test_bad_values_are_refused(state: State, message: str | None) -> None:
    if message is None:
        assert len(PadMaskPack(**state).batches()) == 1
        return
    with pytest.raises(traitlets.TraitError, match=re.escape(message)):
        PadMaskPack(**state)


def test_what_the_page_sets_later_is_taken_as_far_as_it_goes() -> None:
    """In a kernel the page sends what its reader typed, all of it."""
    widget = PadMaskPack(line=8)
    widget.set_state({"sentences": "go\n\n" + "so " * 30})
    assert [len(row) for row in widget.reading().ids] == [2, MOST_WORDS + 1]
    assert widget.batch().rows == [0, 1] and len(widget.table()[2]) == 2 and "go" in widget.still()


STILLS = [{}, {"sort": True, "batch_size": 3}, {"sentences": "<b>go</b>\nso it is"}]


@pytest.mark.parametrize("state", STILLS, ids=str)
def test_still_and_table_hold_what_is_set(state: State) -> None:
    widget = PadMaskPack(**state)
    still = ElementTree.fromstring(widget.still())
    _, _, width, height = map(float, still.get("viewBox", "").split())
    texts = [label.text for label in still.iter("text")]
    for label in still.iter("text"):
        assert 0 <= float(label.get("x", "-1")) <= width and 0 <= float(label.get("y", "-1")) <= height
    batches = widget.batches()
    padding = sum(batch.ids.eq(PAD).sum().item() for batch in batches)
    assert texts.count("<pad>") == padding and texts.count("<eos>") == len(widget.reading().ids)
    cells = sum(batch.ids.numel() for batch in batches)
    assert f"{padding} of {cells} cells are padding" in still.get("aria-label", "")
    _, header, rows = widget.table()
    assert len(rows) == len(widget.reading().ids) and all(len(row) == len(header) for row in rows)
    assert {row[-1] for row in rows} == {"0.0000"}
    longest = [max(batch.lengths) for batch in batches]
    assert [(int(row[2]) + int(row[3])) in longest for row in rows] == [True] * len(rows)


def test_both_hosts_get_the_same_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RNNLIB_BOOK", "1")
    html = PadMaskPack(sentences="<img src=x onerror=alert(1)>")._repr_mimebundle_()
    assert set(html) == {"text/html", "text/plain"} and html["text/plain"] == "PadMaskPack widget"
    assert "<img" not in html["text/html"]
    figure = ElementTree.fromstring(html["text/html"].replace(' tabindex="0"', ""))
    assert figure.get("data-widget") == "pad_mask_pack" and "pad_mask_pack" in loader.WIDGETS
    assert json.loads(next(iter(figure)).text)["payload"] == json.loads(json.dumps(PadMaskPack().payload))


def test_weights_are_drawn_once_and_leave_the_generator_alone() -> None:
    before = torch.random.get_rng_state()
    assert draw.__wrapped__() == draw()
    assert torch.equal(before, torch.random.get_rng_state())
    with torch.random.fork_rng():
        torch.manual_seed(0)
        cell = nn.GRUCell(EMBEDDING, UNITS, dtype=torch.float64)
    for name in PARAMETERS:
        stored = torch.tensor(draw()[name], dtype=torch.float64)
        torch.testing.assert_close(stored, getattr(cell, name).detach(), rtol=0, atol=5.1e-4)
