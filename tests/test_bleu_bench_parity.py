"""The BLEU bench: its counts and scores are rnnlib.bleu's and sacreBLEU's; its texts say what they show."""

import json
import re
from itertools import product
from typing import Any
from xml.etree import ElementTree

import pytest
import sacrebleu
import traitlets
from hypothesis import given
from hypothesis import strategies as st
from js_engine import Run, widget_runner
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

from rnnlib.bleu import bleu_counts, bleu_of, corpus_counts, precisions, tutorial_bleu
from rnnlib.widgets import BleuBench
from rnnlib.widgets.bleu_bench import (
    DEFINITIONS,
    MOST_ORDERS,
    SMOOTHINGS,
    TOKENS,
    added,
    lines_of,
    scores_of,
    tokens_of,
)

EXACT = 1e-9
ORDERS = range(1, MOST_ORDERS + 1)


@pytest.fixture(scope="module")
def js() -> Run:
    """Evaluate JavaScript beside the widget's modules; keyword values become constants in it."""
    return widget_runner("bleu_bench", names="bleu, bleu_bench")


def sacre(candidates: list[str], references: list[list[str]], **options: Any) -> float:
    """sacreBLEU's corpus score / 100; as many references for each candidate."""
    judge = sacrebleu.BLEU(**{"tokenize": "none", "force": True, **options})
    streams = [list(stream) for stream in zip(*references, strict=True)]
    return judge.corpus_score(candidates, streams).score / 100


WORDS = st.lists(st.sampled_from(["the", "cat", "is", "on", "."]), max_size=9)
SENTENCE = st.tuples(WORDS, st.lists(WORDS.filter(bool), min_size=2, max_size=2))


# ---- counts and scores -----------------------------------------------------------------------------------


@given(sentence=SENTENCE)
def test_all_scores_of_a_sentence_are_pythons_and_sacrebleus(js: Run, sentence: tuple) -> None:
    candidate, references = sentence
    seen = js("bleu_bench.scores_of(candidate, references)", candidate=candidate, references=references)
    ours = scores_of(candidate, references)
    assert set(seen) == set(ours) == {*SMOOTHINGS, "effective", "tutorial"}
    texts = [" ".join(candidate)], [[" ".join(r) for r in references]]
    for n in ORDERS:
        for name in SMOOTHINGS:
            wanted = sacre(*texts, max_ngram_order=n, smooth_method=name)
            assert seen[name][n - 1] == pytest.approx(wanted, abs=EXACT)
            assert ours[name][n - 1] == pytest.approx(wanted, abs=EXACT)
        wanted = sacre(*texts, max_ngram_order=n, effective_order=True)
        assert seen["effective"][n - 1] == pytest.approx(wanted, abs=EXACT)
        assert ours["effective"][n - 1] == pytest.approx(wanted, abs=EXACT)
        assert seen["tutorial"][n - 1] == pytest.approx(tutorial_bleu(candidate, references[0], n), abs=EXACT)


@given(sentence=SENTENCE, max_order=st.integers(1, MOST_ORDERS))
def test_counts_precisions_and_penalty_are_pythons(js: Run, sentence: tuple, max_order: int) -> None:
    candidate, references = sentence
    texts = {"candidate": candidate, "references": references, "max_order": max_order}
    counts = bleu_counts(candidate, references, max_order)
    seen = js("bleu.bleu_counts(candidate, references, max_order)", **texts)
    assert seen == json.loads(json.dumps(counts._asdict()))
    for smoothing in SMOOTHINGS:
        rows = js("bleu.precisions(counts, smoothing)", counts=seen, smoothing=smoothing)
        assert [row["p"] for row in rows] == pytest.approx(precisions(counts, smoothing), abs=EXACT)
        found = js("bleu.bleu_of(counts, smoothing)", counts=seen, smoothing=smoothing)
        assert found == pytest.approx(bleu_of(counts, smoothing), abs=EXACT)
    for n in range(1, max_order + 1):
        grams = js("bleu.judged_ngrams(candidate, references, n)", n=n, **texts)
        states = [gram["state"] for gram in grams]
        assert (states.count("counted"), len(states)) == (counts.matches[n - 1], counts.totals[n - 1])
        for gram in grams:
            held = max(js("bleu.ngrams(tokens, n)", tokens=r, n=n).count(gram["text"]) for r in references)
            assert gram["allowed"] == held and (gram["state"] == "absent") is (held == 0)


@given(
    corpus=st.lists(SENTENCE, min_size=2, max_size=2),
    max_order=st.integers(1, MOST_ORDERS),
    smoothing=st.sampled_from(SMOOTHINGS),
)
def test_two_sentences_add_up_to_sacrebleus_corpus(
    js: Run, corpus: list, max_order: int, smoothing: str
) -> None:
    texts = [(" ".join(c), [" ".join(r) for r in references]) for c, references in corpus]
    (one, one_refs), (two, two_refs) = texts
    settings = {
        "candidate": one,
        "references": "\n".join(one_refs),
        "second": two,
        "second_references": "\n".join(two_refs),
        "max_order": max_order,
        "smoothing": smoothing,
    }
    wanted = sacre([one, two], [one_refs, two_refs], max_ngram_order=max_order, smooth_method=smoothing)
    seen = js("bleu_bench.corpus_of({ ...settings, tokens: 'spaces', lowercase: false })", settings=settings)
    ours = BleuBench(**settings).corpus()
    assert seen["scores"][2] == pytest.approx(wanted, abs=EXACT)
    assert ours == pytest.approx(seen["scores"], abs=EXACT)
    singles = [sacre([c], [r], max_ngram_order=max_order, smooth_method=smoothing) for c, r in texts]
    assert seen["scores"][:2] == pytest.approx(singles, abs=EXACT)
    assert seen["mean"] == pytest.approx(sum(singles) / 2, abs=EXACT)
    counts = corpus_counts(*zip(*corpus, strict=True), max_order)
    assert seen["columns"][2] == json.loads(json.dumps(counts._asdict()))
    assert added(*(bleu_counts(c, r, max_order) for c, r in corpus)) == counts


def test_corpus_bleu_is_not_the_mean_of_the_first_view(js: Run) -> None:
    one, two, both = BleuBench().corpus()
    assert (one, two) == (pytest.approx(0.379918, abs=1e-6), 1.0)
    assert both == pytest.approx(0.786635, abs=1e-6) and both - (one + two) / 2 > 0.09


@pytest.mark.parametrize("text", ["the cat is on", "un deux trois quatre cinq", "x y z x y z"])
def test_identical_text_of_at_least_n_tokens_gives_1(js: Run, text: str) -> None:
    for scores in (
        js("bleu_bench.scores_of(t, [t])", t=text.split()),
        scores_of(text.split(), [text.split()]),
    ):
        assert all(values == [1.0] * MOST_ORDERS for values in scores.values())


def test_two_tokens_against_six_have_their_penalty(js: Run) -> None:
    assert js("bleu.brevity_penalty(2, 6)") == pytest.approx(0.135335, abs=1e-6)
    assert js("[bleu.brevity_penalty(0, 6), bleu.brevity_penalty(6, 6), bleu.brevity_penalty(7, 6)]") == [
        0,
        1,
        1,
    ]
    assert BleuBench(candidate="the cat", max_order=2).score() == pytest.approx(0.135335, abs=1e-6)


# ---- tokens ----------------------------------------------------------------------------------------------

CLUMSY = st.text(
    st.one_of(
        st.sampled_from("aB9.,-'&<>;:!?()[]{}/\\ \n\t\u202f\x85\x1c\ufeff«éß€"), st.characters(codec="utf-8")
    ),
    max_size=30,
)


@given(text=CLUMSY)
def test_tokens_are_sacrebleus(js: Run, text: str) -> None:
    """Both cuts, in both languages, and in lower case where both know the same letters."""
    trimmed = text.rstrip()
    wanted = {"spaces": trimmed.split(), "13a": Tokenizer13a()(trimmed).split()}
    for tokens, expected in wanted.items():
        assert tokens_of(text, tokens) == expected
        assert js("bleu.tokens_of(text, tokens, false)", text=text, tokens=tokens) == expected
    assert js("bleu.lines_of(text)", text=text) == lines_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "The U.S.A. paid 1,234.56 dollars, 7-8 times - or 3. Yes.",
        "It's <b>bold</b> &amp; &lt;script&gt; &quot;x&quot; <skipped> 😀. 漢字",
        "ÉCOLE, Où est-ce ? «\u202fICI\u202f»\u00a0!",
        "line-\nbreak and\nmore",
        "-\n",
    ],
)
def test_tokens_in_lower_case_are_sacrebleus(js: Run, text: str) -> None:
    for tokens, lowercase in product(TOKENS, (False, True)):
        judge = sacrebleu.BLEU(tokenize={"spaces": "none"}.get(tokens, tokens), lowercase=lowercase)
        wanted = judge._preprocess_segment(text).split()
        assert tokens_of(text, tokens, lowercase) == wanted
        assert js("bleu.tokens_of(text, tokens, low)", text=text, tokens=tokens, low=lowercase) == wanted


@pytest.mark.parametrize("smoothing", SMOOTHINGS)
@pytest.mark.parametrize(("tokens", "lowercase"), list(product(TOKENS, (False, True))))
def test_the_signature_is_sacrebleus(js: Run, smoothing: str, tokens: str, lowercase: bool) -> None:
    judge = sacrebleu.BLEU(
        tokenize={"spaces": "none"}.get(tokens, tokens),
        lowercase=lowercase,
        smooth_method=smoothing,
        force=True,
    )
    judge.corpus_score(["a b c"], [["a b"], ["b c"]])
    view = {"given": 2, "lowercase": lowercase, "tokens": tokens, "smoothing": smoothing}
    seen = js("bleu_bench.signature(view)", view=view)
    assert str(judge.get_signature()).rpartition("|version:")[0] == seen


# ---- what the page says ----------------------------------------------------------------------------------


def settings(**changes: Any) -> dict[str, Any]:
    return {**BleuBench().settings(), **changes}


def test_the_presets_say_what_they_show(js: Run) -> None:
    """Scores with four decimals in a preset's words are its own and its neighbours'; the rest is as told."""
    presets = js("bleu_bench.PRESETS")
    shown = {p["label"]: BleuBench(**p["values"]) for p in presets}
    for preset in presets:
        widget = shown[preset["label"]]
        assert js("bleu_bench.look(s)", s=settings(**preset["values"])) is not None
        figures = re.findall(r"0\.\d{4}", preset["says"])
        everywhere = {f"{w.score():.4f}" for w in shown.values()}
        assert set(figures) <= everywhere, preset["label"]
        assert not figures or f"{widget.score():.4f}" in figures, preset["label"]
    assert (shown["the the the"].counts().matches, shown["the the the"].counts().totals) == ((2,), (7,))
    assert shown["too short"].precisions() == [1.0, 1.0]
    order = shown["word order"]
    assert order.precisions()[0] == 1.0 == order.scores()["exp"][0] and len(order.counts().matches) == 4
    same = shown["identical"].scores()
    assert all(values == [1.0] * 4 for values in same.values())
    short = {name: values[3] for name, values in shown["identical but short"].scores().items()}
    ones = {"add-k", "effective", "tutorial"}
    assert short == {name: float(name in ones) for name in short}
    right, wrong = shown["right, worded otherwise"], shown["wrong, same words"]
    assert wrong.score() > 1.9 * right.score()
    assert (
        BleuBench(candidate=right.candidate, references=f"{right.references}\n{right.candidate}").score() == 1
    )
    synonym = shown["one synonym, last"]
    assert BleuBench(candidate=synonym.candidate.replace("rug", "xyzzy")).score() == synonym.score()
    cut = {**presets[-1]["values"], "tokens": "13a", "lowercase": True}
    assert BleuBench(**cut).score() == 1


def test_the_prompt_and_the_first_view_agree() -> None:
    widget = BleuBench()
    assert f"{widget.score():.2f}" == "0.38" and widget.scores()["none"][3] == 0
    every = [value for values in widget.scores().values() for value in values]
    assert (f"{min(every):.2f}", f"{max(every):.2f}", len(every)) == ("0.00", "0.91", 24)


LIMITS = {
    name: {"longest": about["longest"]} for name, about in BleuBench().controls.items() if "longest" in about
}
NOTES = [
    ({}, ""),
    ({"candidate": ""}, "The candidate is empty"),
    ({"candidate": " \n\u202f"}, "The candidate is empty"),
    ({"references": "\n \n"}, "There is no reference"),
    ({"references": "one\ntwo", "definition": "tutorial"}, "the first of your 2 is used"),
    ({"candidate": "x" * 200}, "200 characters are the most"),
]


@pytest.mark.parametrize(("changes", "said"), NOTES)
def test_the_page_says_what_it_makes_of_bad_input(js: Run, changes: dict[str, Any], said: str) -> None:
    notes = js("bleu_bench.notes_of(s, limits)", s=settings(**changes), limits=LIMITS)
    assert said in " ".join(notes) if said else notes == []
    nothing = "candidate" in changes and not changes["candidate"].split() or said.startswith("There is no")
    assert (js("bleu_bench.look(s)", s=settings(**changes)) is None) is bool(nothing)


def test_names_of_objects_and_markup_are_words_like_others(js: Run) -> None:
    for text in ("__proto__ constructor toString", "<img src=x onerror=alert(1)>", "😀 👍🏽 €"):
        view = js("bleu_bench.look(s)", s=settings(candidate=text, references=text))
        assert view["counts"]["matches"][0] == len(text.split()) == view["counts"]["totals"][0]
        assert [gram["text"] for gram in view["grams"][0]] == text.split()


@given(sentence=SENTENCE)
def test_remarks_name_what_is_clipped(js: Run, sentence: tuple) -> None:
    candidate, references = sentence
    grams = js("bleu.judged_ngrams(c, r, 1)", c=candidate, r=references)
    said = js("bleu_bench.remarks(grams)", grams=grams)
    assert bool(said) is any(gram["state"] == "clipped" for gram in grams)


def test_what_is_too_long_to_draw_is_counted(js: Run) -> None:
    view = js("bleu_bench.look(s)", s=settings(candidate="a " * 99, references="a " * 70))
    said = js("bleu_bench.remarks(grams)", grams=view["grams"][0])
    assert "And 59 more, of which 30 count." in said
    assert "“a” stands here 99 times, in a reference 70 times at most." in said


@pytest.mark.parametrize("definition", DEFINITIONS)
@given(
    text=WORDS.filter(bool), references=st.lists(WORDS.filter(bool), min_size=1, max_size=3), data=st.data()
)
def test_the_page_shows_what_python_has(
    js: Run, definition: str, text: list[str], references: list[list[str]], data: st.DataObject
) -> None:
    chosen = {
        "candidate": " ".join(text),
        "references": "\n".join(map(" ".join, references)),
        "definition": definition,
        "smoothing": data.draw(st.sampled_from(SMOOTHINGS)),
        "max_order": data.draw(st.integers(1, MOST_ORDERS)),
        "tokens": data.draw(st.sampled_from(TOKENS)),
    }
    widget, view = BleuBench(**chosen), js("bleu_bench.look(s)", s=settings(**chosen))
    assert view["counts"] == json.loads(json.dumps(widget.counts()._asdict()))
    assert [row["p"] for row in view["p"]] == pytest.approx(widget.precisions(), abs=EXACT)
    seen = view["scores"]["tutorial" if definition == "tutorial" else chosen["smoothing"]]
    assert seen[chosen["max_order"] - 1] == pytest.approx(widget.score(), abs=EXACT)
    for tokens, lowercase in product(TOKENS, (False, True)):
        other = BleuBench(**{**chosen, "tokens": tokens, "lowercase": lowercase}).score()
        assert view["by_tokens"][tokens]["lower" if lowercase else "kept"] == pytest.approx(other, abs=EXACT)


# ---- the widget in Python --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("traits", "message"),
    [
        ({"references": ""}, "references is '', expected at least one line"),
        ({"references": " \n\t"}, "expected at least one line"),
        ({"second_references": ""}, "second_references is '', expected at least one line"),
        ({"candidate": "x" * 201}, "expected a text of at most 200 characters"),
        ({"max_order": 5}, "max_order is 5, expected a whole number from 1 to 4"),
        ({"max_order": 0}, "max_order is 0, expected a whole number from 1 to 4"),
        ({"smoothing": "more"}, "expected one of 'none', 'floor', 'add-k', 'exp'"),
        ({"definition": "one"}, "expected one of 'geometric', 'tutorial'"),
        ({"tokens": "intl"}, "expected one of 'spaces', '13a'"),
        ({"lowercase": 1}, "lowercase is 1, expected True or False"),
    ],
)
def test_bad_values_are_refused(traits: dict[str, Any], message: str) -> None:
    with pytest.raises(traitlets.TraitError, match=re.escape(message)):
        BleuBench(**traits)


STATES = [
    {},
    {"definition": "tutorial", "references": "a b\nc d", "max_order": 2},
    {"candidate": "", "smoothing": "none"},
    {"candidate": '<b> & "x"', "references": "</script>", "tokens": "13a"},
    {"candidate": "the cat is on the mat"},
]


@pytest.mark.parametrize("state", STATES, ids=str)
def test_still_and_table_hold_the_scores(state: dict[str, Any]) -> None:
    widget = BleuBench(**state)
    _, header, rows = widget.table()
    scores = widget.scores()
    assert len(header) == 5 and len(rows) == len(scores) == 6
    for row, values in zip(rows, scores.values(), strict=True):
        assert [float(cell) for cell in row[1:]] == pytest.approx(values, abs=5e-5)
    still = ElementTree.fromstring(widget.still())
    _, _, width, height = map(float, still.get("viewBox", "").split())
    for box in still.iter("rect"):
        assert float(box.get("x", "")) + float(box.get("width", "")) <= width
    assert all(float(node.get("y", "")) <= height for node in still.iter("text"))
    texts = [node.text or "" for node in still.iter("text")]
    [chosen] = [text for text in texts if text.endswith("◂ chosen")]
    assert float(chosen.split()[0]) == pytest.approx(widget.score(), abs=5e-4)
    figure = ElementTree.fromstring(widget.to_html().replace(' tabindex="0"', ""))
    assert json.loads(figure[0].text or "")["candidate"] == widget.candidate
