"""Width trade-off: every figure is `rnnlib.bleu`'s, in Python, in the page and as stored."""

import json
import math
import re
from dataclasses import replace
from itertools import pairwise, product
from typing import Any
from xml.etree import ElementTree

import pytest
import torch
import traitlets
from hypothesis import given
from hypothesis import strategies as st
from js_engine import Run, constant, widget_runner

from benchmarks import translation, width
from rnnlib import results
from rnnlib.bleu import BleuCounts, bleu_counts, bleu_of
from rnnlib.data import build_vocabulary, load_phrasebook, word_tokens
from rnnlib.layers import GRU
from rnnlib.models.seq2seq import ContextDecoder, EncoderDecoder, RecurrentEncoder
from rnnlib.search import PENALTIES, Hypothesis, length_penalty
from rnnlib.translator import Translator
from rnnlib.widgets import WidthTradeOff
from rnnlib.widgets.bleu_bench import tokens_of
from rnnlib.widgets.width_lists import (
    ALPHAS,
    SIZE,
    SMALLEST,
    WIDTHS,
    Entry,
    best,
    contenders,
    figures,
    lists_from_text,
    lists_to_text,
    to_text,
)
from rnnlib.widgets.width_trade_off import EXAMPLES, PUBLISHED, distinct, load_stored

EXACT = 1e-9
GRID = list(product(PENALTIES, ALPHAS))


@pytest.fixture(scope="module")
def stored() -> results.Result:
    return results.load("width")


@pytest.fixture(scope="module")
def js() -> Run:
    """Evaluate JavaScript beside the widget's modules and corpus; keyword values become constants."""
    return widget_runner("width_trade_off", constant("payload", WidthTradeOff().payload), HELPERS)


HELPERS = """
const { width_lists, width_trade_off } = $modules;
const corpus = width_lists.corpus_of(payload.lists, payload.widths);
const look = (settings) => width_trade_off.look(corpus, payload, settings);
const values = (e) => [e.log_prob, e.length, e.matches, e.written, e.reference];
"""


def counts_of(matches: list[int], written: int, reference: int) -> BleuCounts:
    return BleuCounts(tuple(matches), tuple(max(0, written - n) for n in range(4)), written, reference)


ENTRY = st.builds(
    Entry,
    st.integers(0, 40_000).map(lambda steps: -steps * SMALLEST),
    st.integers(1, 30),
    st.builds(
        counts_of,
        st.lists(st.integers(0, 35), min_size=4, max_size=4),
        st.integers(0, 35),
        st.integers(1, 35),
    ),
)


# ---- lists -----------------------------------------------------------------------------------------------


@given(entries=st.lists(ENTRY, min_size=1, max_size=40))
def test_contenders_hold_the_winner_of_every_penalty(entries: list[Entry]) -> None:
    kept = contenders(entries)
    assert set(kept) <= set(entries) and len(set(kept)) == len(kept)
    for penalty, alpha in GRID:
        most = max(e.log_prob / length_penalty(e.length, alpha, penalty) for e in entries)
        winner = kept[best(kept, alpha, penalty)]
        assert winner.log_prob / length_penalty(winner.length, alpha, penalty) == most
    for short, long in pairwise(kept):
        assert short.length < long.length and short.log_prob > long.log_prob


@given(lists=st.lists(st.lists(ENTRY, min_size=1, max_size=4), min_size=1, max_size=5))
def test_lists_survive_as_text(lists: list[list[Entry]]) -> None:
    text = lists_to_text(lists)
    assert lists_from_text(text) == lists
    assert len(text) == SIZE * sum(map(len, lists)) + len(lists) - 1


@pytest.mark.parametrize(
    "entry", [Entry(-1.0, 36, counts_of([0] * 4, 3, 3)), Entry(-168.0, 3, counts_of([0] * 4, 3, 3))]
)
def test_a_number_that_does_not_fit_is_refused(entry: Entry) -> None:
    with pytest.raises(ValueError, match=r"value is \d+, expected 0 to (35|1679615)"):
        to_text(entry)


def test_an_entry_is_ranked_as_a_hypothesis_is() -> None:
    entries = [Entry(-3.5, 6, counts_of([1] * 4, 5, 5)), Entry(-4.0, 9, counts_of([2] * 4, 8, 8))]
    for penalty, alpha in GRID:
        found = [
            Hypothesis(torch.zeros(e.length - 1), e.log_prob, True).score(alpha, penalty) for e in entries
        ]
        assert best(entries, alpha, penalty) == found.index(max(found))


# ---- the corpus, at every grid point ---------------------------------------------------------------------


def by_hand(lists: list[list[Entry]], alpha: float, penalty: str) -> tuple[float, float, float]:
    """Mean log p, length ratio and BLEU, without the functions that are tested."""
    sums = [0] * 10
    log_prob = 0.0
    for entries in lists:
        scores = [e.log_prob / length_penalty(e.length, alpha, penalty) for e in entries]
        winner = entries[max(range(len(entries)), key=lambda k: (scores[k], -k))]
        log_prob += winner.log_prob
        sums = [
            a + b
            for a, b in zip(
                sums, (*winner.counts.matches, *winner.counts.totals, *winner.counts[2:]), strict=True
            )
        ]
    counts = BleuCounts(tuple(sums[:4]), tuple(sums[4:8]), *sums[8:])
    return log_prob / len(lists), sums[8] / sums[9], 100 * bleu_of(counts)


@pytest.mark.parametrize("of_width", WIDTHS)
def test_every_grid_point_is_the_same_by_hand_in_python_in_the_page_and_stored(
    js: Run, stored: results.Result, of_width: int
) -> None:
    lists = load_stored().lists[of_width]
    [run] = stored.select(width=of_width)
    keys = "({ log_prob, length_ratio, bleu }) => [log_prob, length_ratio, bleu]"
    for penalty in PENALTIES:
        seen = js(
            f"payload.alphas.map((alpha) => corpus.judged(alpha, penalty)[at]).map({keys})",
            penalty=penalty,
            at=WIDTHS.index(of_width),
        )
        assert len(seen) == len(run["grid"][penalty]) == len(ALPHAS)
        for alpha, page, (stored_alpha, *before) in zip(ALPHAS, seen, run["grid"][penalty], strict=True):
            wanted = by_hand(lists, alpha, penalty)
            assert stored_alpha == alpha and before == pytest.approx(wanted, abs=EXACT)
            assert page == pytest.approx(wanted, abs=EXACT)
            assert tuple(figures(lists, alpha, penalty)) == pytest.approx(wanted, abs=EXACT)


def test_without_a_penalty_the_stored_bleu_is_sacrebleus(stored: results.Result) -> None:
    for run in stored.runs:
        assert run["bleu"] == pytest.approx(run["sacrebleu"], abs=EXACT)
        assert run["bleu"] == pytest.approx(run["grid"]["power"][0][-1], abs=EXACT)
        assert "tok:13a" in run["bleu_signature"] and run["bleu_low"] < run["bleu"] < run["bleu_high"]


def test_the_page_has_every_widths_list(js: Run) -> None:
    for bit, of_width in enumerate(WIDTHS):
        seen = js("corpus.sentences.map((entries) => width_lists.list_of(entries, bit).map(values))", bit=bit)
        wanted = [
            [
                [
                    e.log_prob,
                    e.length,
                    list(e.counts.matches),
                    e.counts.candidate_length,
                    e.counts.reference_length,
                ]
                for e in entries
            ]
            for entries in load_stored().lists[of_width]
        ]
        assert seen == wanted


def test_a_single_hypothesis_leaves_a_penalty_nothing_to_choose() -> None:
    greedy = load_stored().lists[1]
    assert {len(entries) for entries in greedy} == {1}
    assert len({figures(greedy, alpha, penalty) for penalty, alpha in GRID}) == 1


# ---- what is said of it ----------------------------------------------------------------------------------


def test_beam_5_gains_what_was_wanted_over_greedy_search(stored: results.Result) -> None:
    assert width.AT_LEAST == 0.7 and width.missed(stored.runs) == []
    assert {run["sentences"] for run in stored.runs} == {load_stored().num_sentences}


def test_the_prompt_and_the_presets_say_what_is_so() -> None:
    """The score keeps rising with the width and BLEU does not; the four presets' words."""
    of = {
        (w, alpha): figures(load_stored().lists[w], alpha, "power")
        for w in WIDTHS
        for alpha in (0.0, 1.0, 2.0)
    }
    plain = [of[w, 0.0] for w in WIDTHS]
    assert all(a.log_prob < b.log_prob for a, b in pairwise(plain))
    five = of[5, 0.0]
    assert five.bleu - plain[0].bleu > 0.7 and abs(plain[-1].bleu - five.bleu) < 0.5
    assert plain[-1].length_ratio < plain[0].length_ratio
    wide, one, two = (of[100, alpha] for alpha in (0.0, 1.0, 2.0))
    assert wide.log_prob > one.log_prob > two.log_prob
    assert wide.length_ratio < one.length_ratio < two.length_ratio
    assert two.bleu < wide.bleu < one.bleu and two.bleu == min(of[w, 2.0].bleu for w in WIDTHS)


# ---- examples --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_examples_texts_have_the_counts_of_its_entries(name: str) -> None:
    example = load_stored().examples[name]
    right = [tokens_of(text, "13a") for text in example.references]
    entries = distinct(load_stored().lists, example.place)
    assert set(entries) == set(example.texts) and len(entries) >= 2
    for entry in entries:
        assert bleu_counts(tokens_of(example.texts[entry], "13a"), right) == entry.counts


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_page_writes_pythons_winner(js: Run, name: str) -> None:
    winners = set()
    for of_width, (penalty, alpha) in product(WIDTHS, GRID):
        settings = {"width": of_width, "alpha": alpha, "penalty": penalty, "example": name}
        rows = js("look(settings).example.rows", settings=settings)
        [winner] = [row["text"] for row in rows if row["wins"]]
        assert winner == WidthTradeOff(**settings).winner()
        winners.add(winner)
        for row in rows:
            assert row["score"] == pytest.approx(
                row["log_prob"] / length_penalty(row["length"], alpha, penalty), abs=EXACT
            )
    assert len(winners) >= 2  # it changes


def test_widths_are_told_as_stretches(js: Run) -> None:
    told = {0b1: "1", 0b11111111: "1–100", 0b10000100: "3, 100", 0b11110001: "1, 10–100", 0b110: "2–3"}
    for mask, text in told.items():
        assert js("width_trade_off.widths_text(mask, payload.widths)", mask=mask) == text


def test_the_packaged_translator_finds_the_stored_lists_of_the_examples(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    examples = load_stored().examples.values()
    test = translation.TestSet([e.source for e in examples], [e.references for e in examples])
    monkeypatch.setattr(width, "load_corpus", lambda: None)
    monkeypatch.setattr(width, "make_test_set", lambda corpus: test)
    for of_width in (1, 3, 10):
        run = width.run(of_width)
        found = lists_from_text(run["lists"])
        assert found == [load_stored().lists[of_width][e.place] for e in examples]
        for told, entries, example in zip(run["examples"], found, examples, strict=True):
            assert told["texts"] == [example.texts[entry] for entry in entries]


# ---- the benchmark ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def untrained() -> Translator:
    """A small translator that has learnt nothing, so that its searches go far."""
    torch.manual_seed(0)
    pairs = load_phrasebook()[::200]
    source, target = (
        build_vocabulary([word_tokens(getattr(p, side)) for p in pairs]) for side in ("english", "french")
    )
    model = EncoderDecoder(
        RecurrentEncoder(GRU(8, 12), len(source)), ContextDecoder(GRU(20, 12), len(target), 8)
    ).double()
    with torch.no_grad():
        model.decoder.output_bias[target["<eos>"]] = 2.0  # else nothing ends
    return Translator(model.eval(), source, target)


def test_the_search_that_stops_early_finds_the_winner_of_every_penalty(untrained: Translator) -> None:
    sentences = [pair.english for pair in load_phrasebook()[::900]]
    for beam in (1, 2, 7):
        found = width.search(untrained, sentences, beam)
        readings = [untrained.read(sentence) for sentence in sentences]
        everything = untrained.search(readings, width=beam, early_stop=False, n_best=100_000)
        for some, of_all in zip(found, everything, strict=True):
            ended = [h for h in of_all.hypotheses if h.finished] or of_all.hypotheses
            for penalty, alpha in GRID:
                most = max(h.score(alpha, penalty) for h in ended)
                assert max(
                    w.log_prob / length_penalty(w.length, alpha, penalty) for w in some
                ) == pytest.approx(most, abs=EXACT)


def test_a_beam_in_which_nothing_ends_gives_what_was_cut(untrained: Translator) -> None:
    bias = untrained.model.decoder.output_bias
    with torch.no_grad():
        before, bias[untrained.eos] = bias[untrained.eos].item(), -100.0
    [found] = width.search(untrained, [load_phrasebook()[0].english], 3)
    limit = int(untrained.begin([untrained.read(load_phrasebook()[0].english)])[2])
    with torch.no_grad():
        bias[untrained.eos] = before
    assert [one.length for one in found] == [limit] * 3 and all(one.text for one in found)


def test_a_run_is_stored_repeated_and_confirmed(tmp_path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    examples = load_stored().examples.values()
    test = translation.TestSet([e.source for e in examples], [e.references for e in examples])
    for name, value in {
        "load_corpus": lambda: None,
        "make_test_set": lambda corpus: test,
        "WIDTHS": (1, 5),
        "RESAMPLED": 20,
    }.items():
        monkeypatch.setattr(width, name, value)
    (tmp_path / "stored").mkdir()
    monkeypatch.setattr(results, "FOLDER", tmp_path / "stored")
    monkeypatch.setattr("benchmarks.store.PARTIAL", tmp_path / "partial")
    assert width.main(["--quick"]) == 0 and "over greedy" in capsys.readouterr().out
    assert not list((tmp_path / "stored").iterdir())
    width.main([])
    stored = results.load("width").check()
    assert [run["width"] for run in stored.runs] == [1, 5] and not stored.confirmed
    assert stored.runs[0]["gain"] == 0
    assert width.main(["--confirm"]) == 0 and results.load("width").confirmed
    first = stored.runs[1]
    tampered = {**first, "lists": lists_to_text([e[:1] for e in lists_from_text(first["lists"])][::-1])}
    results.save(replace(stored, runs=[stored.runs[0], tampered]))
    capsys.readouterr()
    assert width.main(["--confirm"]) == 1 and "lists differ" in capsys.readouterr().out


def test_the_same_corpora_are_drawn_for_every_translator() -> None:
    counts = [counts_of([k % 5, k % 4, 1, 1], 6, 6 + k % 3) for k in range(50)]
    a, b = width.resampled(counts), width.resampled(counts)
    assert (a == b).all() and a.std() > 0 and len(a) == width.RESAMPLED


# ---- the widget ------------------------------------------------------------------------------------------


def test_the_payload_is_small() -> None:
    assert len(json.dumps(WidthTradeOff().payload, separators=(",", ":"))) <= 80_000


def test_alpha_is_rounded_to_tenths_as_in_the_page(js: Run) -> None:
    for alpha in (0.0, 0.04, 0.05, 0.25, 0.55, 1.15, 1.96, 2.0):
        settings = {"width": 10, "alpha": alpha, "penalty": "power", "example": "lose"}
        assert js("look(settings).alpha", settings=settings) == WidthTradeOff(alpha=alpha).alpha in ALPHAS


@pytest.mark.parametrize(
    ("traits", "message"),
    [
        ({"width": 4}, "width is 4, expected one of 1, 2, 3, 5, 10, 25, 50, 100"),
        ({"width": 0}, "width is 0, expected one of 1, 2"),
        ({"alpha": 2.1}, "alpha is 2.1, expected a number from 0 to 2"),
        ({"alpha": -0.1}, "alpha is -0.1, expected a number from 0 to 2"),
        ({"alpha": math.nan}, "alpha is nan, expected a number from 0 to 2"),
        ({"penalty": "wu"}, "penalty is 'wu', expected one of 'power', 'gnmt'"),
        ({"example": "other"}, "example is 'other', expected one of"),
    ],
)
def test_bad_values_are_refused(traits: dict[str, Any], message: str) -> None:
    with pytest.raises(traitlets.TraitError, match=re.escape(message)):
        WidthTradeOff(**traits)


@pytest.mark.parametrize(
    "traits", [{}, {"alpha": 0.0, "width": 100}, {"alpha": 2.0, "penalty": "gnmt", "example": "tower"}]
)
def test_still_and_table_show_the_present_figures(traits: dict[str, Any]) -> None:
    widget = WidthTradeOff(**traits)
    caption, header, rows = widget.table()
    assert f"{load_stored().num_sentences} sentences" in caption and f"α = {widget.alpha}" in caption
    for row, (of_width, lists) in zip(rows, load_stored().lists.items(), strict=True):
        assert len(row) == len(header) and row[0] == str(of_width)
        shown = [float(cell.replace("−", "-")) for cell in row[1:5]]
        wanted = by_hand(lists, widget.alpha, widget.penalty)
        assert shown[:3] == pytest.approx(wanted, abs=0.00501)
        assert shown[3] == pytest.approx(by_hand(lists, 0.0, "power")[2], abs=0.00501)
        assert row[5] == (f"{PUBLISHED[of_width]:.2f}" if of_width in PUBLISHED else "–")
    picture = ElementTree.fromstring(widget.still())
    assert widget.winner() in picture.attrib["aria-label"]
    for line in picture.iter("polyline"):
        points = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
        assert len(points) == len(WIDTHS) and all(0 <= x <= 170.1 and 0 <= y <= 210 for x, y in points)
