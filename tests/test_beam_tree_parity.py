"""Beam tree: the page's searches are `rnnlib.search`'s, trace and all; stored steps are the translator's."""

import json
import math
import re
from collections.abc import Mapping
from itertools import product
from typing import Any
from xml.etree import ElementTree

import pytest
import torch
import traitlets
from hypothesis import given, settings
from hypothesis import strategies as st
from js_engine import Run, constant, widget_runner
from torch import Tensor

from rnnlib.data.translation import detokenize
from rnnlib.search import (
    Candidate,
    Found,
    Hypothesis,
    beam_search,
    exhaustive_search,
    greedy_search,
    length_penalty,
    likeliest,
)
from rnnlib.widgets import BeamTree
from rnnlib.widgets.beam_tree import (
    ALPHAS,
    DRAWN,
    PROBLEMS,
    SENTENCES,
    WIDEST,
    load_problems,
    path_of,
    search,
)
from rnnlib.widgets.translator_weights import load_translator

EXACT = 1e-9

HELPERS = """
const { beam, beam_tree } = $modules;
const problems = {};
for (const [name, one] of Object.entries(payload.problems)) problems[name] = beam_tree.open_problem(one);
const tables = ({ rows, otherwise }) => (token, state) => {
  const read = state === null ? [] : [...state, token];
  const row = rows[read.join(" ")] ?? otherwise;
  return { log_probs: row.map((value) => value ?? -Infinity), state: read };
};
const tried = (act) => {
  try { return act(); } catch (error) { return { error: `${error.name}: ${error.message}` }; }
};
const look = (settings) => {
  const { problem, ...view } = beam_tree.look(problems[settings.problem], settings, payload);
  return view;
};
"""


@pytest.fixture(scope="module")
def js() -> Run:
    """Evaluate JavaScript beside the widget's modules; keyword values become constants in it."""
    return widget_runner("beam_tree", constant("payload", BeamTree().payload), HELPERS)


class Table:
    """Log-probabilities of the next token by what was written."""

    def __init__(self, rows: Mapping[tuple[int, ...], list[float]], otherwise: list[float]) -> None:
        self.rows, self.otherwise = rows, otherwise

    def step(self, token_ids: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        read = token_ids[None] if state is None else torch.cat([state, token_ids[None]])
        written = [tuple(column[1:]) for column in read.T.tolist()]
        rows = [self.rows.get(ids, self.otherwise) for ids in written]
        return torch.tensor(rows, dtype=torch.float64), read

    def packed(self) -> dict[str, Any]:
        def known(row: list[float]) -> list[float | None]:
            return [value if value > -math.inf else None for value in row]

        rows = {" ".join(map(str, ids)): known(row) for ids, row in self.rows.items()}
        return {"rows": rows, "otherwise": known(self.otherwise)}


@st.composite
def tables(draw: Any) -> tuple[Table, int]:
    """A random table over 2 to 5 tokens, with ties and impossible tokens, and V."""
    V = draw(st.integers(2, 5))
    weights = st.lists(st.sampled_from([0, 1, 1, 2, 3, 7.3, 20]), min_size=V, max_size=V).filter(any)

    def row() -> list[float]:
        chosen = draw(weights)
        return [math.log(w / sum(chosen)) if w else -math.inf for w in chosen]

    beginnings = [ids for n in range(3) for ids in product(range(V), repeat=n)]
    kept = draw(st.lists(st.sampled_from(beginnings), max_size=12, unique=True))
    return Table({ids: row() for ids in kept}, row()), V


alphas = st.sampled_from([0.0, 0.3, 0.6, 1.0, 1.7])
penalties = st.sampled_from(["power", "gnmt"])


def as_steps(steps: list[list[Candidate]]) -> list[list[dict[str, Any]]]:
    return [[candidate._asdict() for candidate in step] for step in steps]


def assert_same_steps(seen: list[Any], expected: list[list[Candidate]]) -> None:
    """Every candidate of every step: rank, parent, token, fate; log p and score to 1e-9."""
    assert len(seen) == len(expected)
    for ours, theirs in zip(seen, as_steps(expected), strict=True):
        for a, b in zip(ours, theirs, strict=True):
            assert a == b | {name: pytest.approx(b[name], abs=EXACT) for name in ("log_prob", "score")}


def assert_same_hypothesis(seen: Mapping[str, Any], h: Hypothesis, alpha: float, penalty: str) -> None:
    assert (seen["tokens"], seen["finished"], seen["length"]) == (h.tokens.tolist(), h.finished, h.length)
    assert seen["log_prob"] == pytest.approx(h.log_prob, abs=EXACT)
    assert seen["score"] == pytest.approx(h.score(alpha, penalty), abs=EXACT)


def assert_same(seen: Mapping[str, Any], found: Found, alpha: float, penalty: str) -> None:
    assert_same_steps(seen["steps"], found.steps)
    for ours, theirs in zip(seen["hypotheses"], found.hypotheses, strict=True):
        assert_same_hypothesis(ours, theirs, alpha, penalty)


# ---- the search core ---------------------------------------------------------------------------------------


@given(
    tables(),
    st.data(),
    st.integers(1, 6),
    st.integers(1, 7),
    alphas,
    penalties,
    st.tuples(st.integers(1, 4), st.booleans(), st.booleans()),
    st.sampled_from([True, 1, 4, 30, False]),
)
@settings(max_examples=300)
def test_the_whole_trace_is_the_librarys(
    js: Run,
    table: tuple[Table, int],
    data: Any,
    max_length: int,
    width: int,
    alpha: float,
    penalty: str,
    rules: tuple[int, bool, bool],
    trace: bool | int,
) -> None:
    model, V = table
    eos = data.draw(st.sampled_from([None, *range(V)]))
    banned = data.draw(st.lists(st.integers(0, V - 1), max_size=2, unique=True))
    n_best, early_stop, finished_first = rules
    how = {
        "width": width,
        "alpha": alpha,
        "penalty": penalty,
        "banned": banned,
        "n_best": n_best,
        "early_stop": early_stop,
        "finished_first": finished_first,
        "trace": trace,
    }
    seen = js(
        "tried(() => beam.beam_search(tables(table), null, options))",
        table=model.packed(),
        options={**how, "first": 0, "eos": eos, "max_length": max_length},
    )
    try:
        (found,) = beam_search(model.step, None, torch.tensor([0]), eos, max_length, **how)
    except ValueError as error:
        assert seen == {"error": f"RangeError: {error}"}
    else:
        assert_same(seen, found, alpha, penalty)


@given(tables(), st.integers(1, 6), alphas, penalties)
@settings(max_examples=200)
def test_width_1_is_greedy_search(
    js: Run, table: tuple[Table, int], max_length: int, alpha: float, penalty: str
) -> None:
    model, _ = table
    options = {
        "first": 0,
        "eos": 0,
        "max_length": max_length,
        "width": 1,
        "alpha": alpha,
        "penalty": penalty,
    }
    code = (
        "[beam.greedy_search(tables(table), null, o), beam.beam_search(tables(table), null, o).hypotheses[0]]"
    )
    greedy, beam = js(code, table=model.packed(), o=options)
    assert greedy == beam
    (expected,) = greedy_search(model.step, None, torch.tensor([0]), 0, max_length)
    assert (greedy["tokens"], greedy["finished"]) == (expected.tokens.tolist(), expected.finished)
    assert greedy["log_prob"] == pytest.approx(expected.log_prob, abs=1e-5)  # summed in float32 there


@given(tables(), st.integers(1, 4), alphas, penalties)
@settings(max_examples=200)
def test_a_beam_that_is_wide_enough_is_exhaustive_search(
    js: Run, table: tuple[Table, int], max_length: int, alpha: float, penalty: str
) -> None:
    """Scores are compared: of equal ones either may win. Exhaustive search is Python's too."""
    model, V = table
    width = V ** (max_length - 1)
    options = {"first": 0, "eos": 0, "max_length": max_length, "alpha": alpha, "penalty": penalty}
    found, every = js(
        "[beam.beam_search(tables(table), null, { ...o, width }),"
        " beam.exhaustive_search(tables(table), null, o)]",
        table=model.packed(),
        o=options,
        width=width,
    )
    (best,) = exhaustive_search(model.step, None, torch.tensor([0]), 0, max_length, alpha, penalty)
    score = pytest.approx(best.best.score(alpha, penalty), abs=EXACT)
    assert found["hypotheses"][0]["score"] == score == every["hypotheses"][0]["score"]


@given(tables(), st.integers(1, 6), st.integers(1, 5), penalties)
@settings(max_examples=100)
def test_a_larger_alpha_never_shortens(
    js: Run, table: tuple[Table, int], max_length: int, width: int, penalty: str
) -> None:
    model, _ = table
    options = {"first": 0, "eos": 0, "max_length": max_length, "width": width, "penalty": penalty}
    lengths = js(
        "[0, 0.2, 0.5, 1, 1.5, 3].map((alpha) => "
        "beam.beam_search(tables(table), null, { ...o, alpha, finished_first: true }).hypotheses[0])",
        table=model.packed(),
        o=options,
    )
    ended = [h["length"] for h in lengths if h["finished"]]
    assert ended == sorted(ended) and len(ended) in (0, 6)


@given(
    st.lists(st.sampled_from([-4, -3, -2, -1, 0]), min_size=1, max_size=9),
    st.integers(1, 10),
)
@settings(max_examples=200)
def test_of_equal_tokens_the_lower_ids_are_taken(js: Run, row: list[int], count: int) -> None:
    _, ids = likeliest(torch.tensor([row]).float(), min(count, len(row)))
    assert js("beam.likeliest(row, count)", row=row, count=count) == ids[0].tolist()


BAD = [
    ({"width": 0}, "width is 0, expected a whole number of at least 1"),
    ({"width": 1.5}, "width is 1.5, expected a whole number of at least 1"),
    ({"max_length": 0}, "max_length is 0, expected a whole number of at least 1"),
    ({"n_best": -1}, "n_best is -1, expected a whole number of at least 1"),
    ({"alpha": -0.1}, "alpha is -0.1, expected a finite number of 0 or more"),
    ({"alpha": "one"}, "alpha is one, expected a finite number of 0 or more"),
    ({"penalty": "mean"}, "penalty is mean, expected one of power, gnmt"),
    ({"trace": -1}, "trace is -1, expected true, false or a number of candidates"),
    ({"banned": [0, 1]}, "no sequence has a probability above 0, expected banned to leave some token"),
]


@pytest.mark.parametrize(("changed", "message"), BAD)
def test_bad_options_are_refused(js: Run, changed: dict[str, Any], message: str) -> None:
    options = {"first": 0, "eos": 0, "max_length": 3, **changed}
    table = Table({}, [math.log(0.5)] * 2).packed()
    seen = js("tried(() => beam.beam_search(tables(table), null, options))", table=table, options=options)
    assert seen == {"error": f"RangeError: {message}"}


@pytest.mark.parametrize(("row", "highest"), [("[NaN, -1]", "NaN"), ("[-1, 0.3]", "0.3")])
def test_what_is_no_log_probability_is_refused(js: Run, row: str, highest: str) -> None:
    options = {"first": 0, "eos": 0, "max_length": 3}
    for name in ("beam_search", "greedy_search", "exhaustive_search"):
        code = f"tried(() => beam.{name}(() => ({{ log_probs: {row}, state: null }}), null, options))"
        error = f"step returned log_probs as high as {highest}, expected log-probabilities, at most 0"
        assert js(code, options=options) == {"error": f"RangeError: {error}"}


def test_exhaustive_search_refuses_what_would_take_for_ever(js: Run) -> None:
    options = {"first": 0, "eos": 0, "max_length": 30}
    table = Table({}, [math.log(0.2)] * 5).packed()
    code = "tried(() => beam.exhaustive_search(tables(table), null, options, 300))"
    assert js(code, table=table, options=options) == {"error": "RangeError: more than 300 sequences to score"}


# ---- what the widget shows ---------------------------------------------------------------------------------

# 48 settings: every problem, widths, alphas, penalties and lengths, from cut at once to all it may take.
SETTINGS = [
    {
        "problem": PROBLEMS[k % 6],
        "width": 1 + (k + k // 6) % WIDEST,
        "alpha": (0.0, 0.6, 1.0, 2.0)[k // 6 % 4],
        "penalty": ("power", "gnmt")[k // 3 % 2],
        "max_length": (0, 0, 3, 10, 1, 6, 0)[k % 7],
        "step": 1 + k % 10,
    }
    for k in range(48)
]


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: "-".join(map(str, s.values())))
def test_all_that_is_shown_is_the_librarys(js: Run, setting: dict[str, Any]) -> None:
    widget, seen = BeamTree(**setting), js("look(setting)", setting=setting)
    problem, alpha, penalty = load_problems()[widget.problem], widget.alpha, widget.penalty
    found = widget.found()
    M, T = widget.limit(), len(found.steps)
    assert_same_steps(seen["steps"], found.steps)
    assert (seen["M"], seen["T"], seen["t"]) == (M, T, min(widget.step, T))
    assert_same_hypothesis(seen["best"], found.best, alpha, penalty)
    greedy = widget.greedy()
    assert seen["greedy"]["tokens"] == greedy.tokens.tolist()
    assert seen["greedy"]["log_prob"] == pytest.approx(greedy.log_prob, abs=1e-5)
    for name, hypothesis in (("best", found.best), ("greedy", greedy)):
        path = path_of(found, hypothesis, problem.eos)
        assert [c["rank"] for c in seen["paths"][name]] == [c.rank for c in path]
    for row in seen["by_width"]:
        assert_same_hypothesis(row["best"], widget.found(width=row["width"]).best, alpha, penalty)
    for row in seen["by_alpha"]:
        assert_same_hypothesis(row["best"], widget.found(alpha=row["alpha"]).best, row["alpha"], penalty)
    assert [row["width"] for row in seen["by_width"]] == list(range(1, WIDEST + 1))
    assert [row["alpha"] for row in seen["by_alpha"]] == ALPHAS
    assert_aside(seen, widget, found)
    assert_counts(seen["counts"], found, seen["t"], problem.size, problem.stored, widget.width)
    if seen["every"]:
        first = torch.tensor([problem.eos])
        how = {"n_best": 10**6, "finished_first": True}
        (every,) = exhaustive_search(problem.step, None, first, problem.eos, M, alpha, penalty, **how)
        assert seen["every"]["count"] == len(every.hypotheses)
        score = every.best.score(alpha, penalty)
        assert seen["every"]["hypotheses"][0]["score"] == pytest.approx(score, abs=EXACT)
        assert score >= found.best.score(alpha, penalty) - EXACT or not found.best.finished
    else:
        assert problem.stored or M > 5


def assert_aside(seen: dict[str, Any], widget: BeamTree, found: Found) -> None:
    """What is set aside by the step shown is what a search ends with that goes on for so many steps."""
    problem, t = load_problems()[widget.problem], seen["t"]
    at_end = t == widget.limit()
    (so_far,) = beam_search(
        problem.step,
        None,
        torch.tensor([problem.eos]),
        problem.eos,
        t,
        widget.width,
        widget.alpha,
        widget.penalty,
        n_best=10**6,
        early_stop=False,
        finished_first=True,
    )
    expected = [h for h in so_far.hypotheses if h.finished or at_end]
    assert len(seen["aside"]) == len(expected)
    for ours, theirs in zip(seen["aside"], expected, strict=True):
        assert_same_hypothesis(ours, theirs, widget.alpha, widget.penalty)
        lp = length_penalty(theirs.length, widget.alpha, widget.penalty)
        assert ours["lp"] == pytest.approx(lp, rel=EXACT)
    if t == len(found.steps):
        assert_same_hypothesis(seen["aside"][0], found.best, widget.alpha, widget.penalty)


def assert_counts(seen: dict[str, int], found: Found, t: int, V: int, stored: bool, width: int) -> None:
    live = sum(c.fate == "kept" for c in found.steps[t - 2]) if t > 1 else 1
    fates = [c.fate for c in found.steps[t - 1]]
    assert (seen["live"], seen["V"], seen["all"]) == (live, V, live * V)
    assert seen["all"] <= width * V and live <= width
    assert (seen["kept"], seen["finished"]) == (fates.count("kept"), fates.count("finished"))
    assert seen["kept"] + seen["finished"] == min(width, len(fates))
    assert seen["pruned"] + seen["impossible"] + seen["kept"] + seen["finished"] == live * V
    if not stored:
        assert seen["pruned"] == fates.count("pruned")


def test_the_search_stops_for_the_reason_that_it_gives(js: Run) -> None:
    reasons = set()
    for setting in SETTINGS:
        seen = js("look({ ...setting, step: 10 })", setting=setting)
        kept = [c for c in seen["steps"][-1] if c["fate"] == "kept"]
        end = seen["end"]
        reasons.add(end["why"])
        if end["why"] == "empty":
            assert not kept
        elif end["why"] == "limit":
            assert kept and seen["T"] == seen["M"]
        else:
            bound = kept[0]["log_prob"] / length_penalty(seen["M"], setting["alpha"], setting["penalty"])
            assert end["bound"] == pytest.approx(bound, abs=EXACT)
            assert kept and seen["T"] < seen["M"] and end["best"] == seen["best"]["score"] >= end["bound"]
    assert reasons == {"empty", "limit", "settled"}


# ---- the problems ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SENTENCES)
def test_stored_steps_are_the_translators(name: str) -> None:
    """The search over what is stored is the search over the whole vocabulary, for every width."""
    translator, problem = load_translator(), load_problems()[name]
    reading = translator.read(SENTENCES[name])
    assert not reading.notes  # every word is known
    for width in range(1, WIDEST + 1):
        for alpha, penalty, M in ((0.0, "power", 10), (1.0, "power", 7), (2.0, "gnmt", 10)):
            how = {"width": width, "alpha": alpha, "penalty": penalty}
            (whole,) = translator.search([reading], M, trace=DRAWN, **how)
            stored = search(problem, M, **how)
            for ours, theirs in zip(stored.steps, whole.steps, strict=True):
                for a, b in zip(ours, theirs, strict=True):
                    assert (a.rank, a.parent, a.fate) == (b.rank, b.parent, b.fate)
                    assert problem.words[a.token] == translator.target_vocab.tokens[b.token]
                    assert a.log_prob == pytest.approx(b.log_prob, abs=1e-4)
            words = [problem.words[v] for v in stored.best.tokens]
            assert words == translator.target_vocab.decode(whole.best.tokens)
    assert problem.size == len(translator.target_vocab) - len(translator.banned)


@pytest.mark.parametrize("name", ["worked", "garden", "crowded"])
def test_rows_are_probabilities(name: str) -> None:
    problem = load_problems()[name]
    for row in [*problem.rows.values(), problem.otherwise]:
        assert sum(map(math.exp, row)) == pytest.approx(1, abs=1e-12) and len(row) == problem.size
    assert len(problem.words) == problem.size <= 6 and problem.words[problem.eos] == "<eos>"


def best_of(**traits: Any) -> tuple[str, float, int]:
    """Text, probability and length of what a widget's search finds."""
    widget = BeamTree(**traits)
    best = widget.found().best
    text = detokenize([load_problems()[widget.problem].words[v] for v in best.tokens])
    return text, math.exp(best.log_prob), best.length


def test_the_prompt_and_the_presets_say_what_is_so() -> None:
    assert best_of(problem="worked", width=1)[:2] == ("A B C", pytest.approx(0.048))
    assert best_of(problem="worked", width=2)[:2] == ("A C B", pytest.approx(0.054))
    assert best_of(problem="worked", width=3) == ("A", pytest.approx(0.1), 2)
    assert best_of(problem="worked", width=4)[1:] == (pytest.approx(0.1), 1)
    assert best_of(problem="worked", width=3, alpha=1.0)[0] == "A C B"
    garden = [best_of(problem="garden", width=width) for width in (1, 2, 3)]
    assert [text for text, _, _ in garden] == ["he is", "he is", "it is raining"]
    assert garden[2][1] == pytest.approx(0.18, abs=0.005) and garden[2][1] > 2 * garden[1][1]
    third = BeamTree(problem="garden", width=2).found().steps[1][2]
    assert (third.rank, third.fate) == (3, "pruned")
    crowded = [best_of(problem="crowded", width=width) for width in (1, 2, 3)]
    assert [text for text, _, _ in crowded] == ["A B C", "B A", "A B C"]
    assert [round(p, 3) for _, p, _ in crowded] == [0.113, 0.064, 0.113]
    crowd = load_problems()["crowded"]
    how = {"n_best": 10**6, "finished_first": True}
    (every,) = exhaustive_search(crowd.step, None, torch.tensor([crowd.eos]), crowd.eos, 4, **how)
    assert len(every.hypotheses) == 121 and crowd.spell(every.best) == "A B C <eos>"
    watch = [best_of(width=width) for width in (1, 2, 6)]
    assert [text for text, _, _ in watch] == ["Mon montre a cessé.", *["Ma montre a cessé."] * 2]
    problem = load_problems()["watch"]
    mon, ma, montre = map(problem.words.index, ("Mon", "Ma", "montre"))
    odds = [problem.rows[()][mon], problem.rows[()][ma], *(problem.rows[(v,)][montre] for v in (mon, ma))]
    assert [round(math.exp(p), 2) for p in odds] == [0.57, 0.36, 0.07, 0.84]
    longer = best_of(width=6, alpha=2.0)
    assert longer[0] == "Ma montre s'est arrêtée." and longer[1] < watch[2][1] and longer[2] > watch[2][2]
    winter = [best_of(problem="winter", width=width) for width in (1, 3)]
    assert [text for text, _, _ in winter] == ["C'était un long hiver.", "Ce fut une longue hiver."]
    assert winter[1][1] / winter[0][1] == pytest.approx(2.2, abs=0.1)
    tea = [best_of(problem="tea", width=6, alpha=alpha) for alpha in (0.0, 1.0)]
    assert [text for text, _, _ in tea] == ["Voudrais-tu du thé\u202f?", "Voudriez-vous un peu de thé\u202f?"]


def test_the_default_view_ends_at_its_last_step() -> None:
    widget = BeamTree()
    assert widget.step == len(widget.found().steps) == 6
    path = path_of(widget.found(), widget.greedy(), load_problems()[widget.problem].eos)
    assert (len(path), path[-1].rank, path[-1].fate) == (3, 4, "pruned")


# ---- the widget --------------------------------------------------------------------------------------------


def test_the_payload_is_small() -> None:
    assert len(json.dumps(BeamTree().payload, separators=(",", ":"))) < 40_000


@pytest.mark.parametrize(
    ("traits", "message"),
    [
        ({"problem": "maze"}, "problem is 'maze', expected one of 'watch', 'winter'"),
        ({"width": 0}, "width is 0, expected a whole number from 1 to 6"),
        ({"width": 2.5}, "width is 2.5, expected a whole number"),
        ({"alpha": -0.5}, "alpha is -0.5, expected a number from 0 to 2"),
        ({"alpha": math.nan}, "alpha is nan, expected a number from 0 to 2"),
        ({"penalty": "mean"}, "penalty is 'mean', expected one of 'power', 'gnmt'"),
        ({"max_length": 11}, "max_length is 11, expected a whole number from 0 to 10"),
        ({"step": 0}, "step is 0, expected a whole number from 1 to 10"),
    ],
)
def test_bad_values_are_refused(traits: dict[str, Any], message: str) -> None:
    with pytest.raises(traitlets.TraitError, match=re.escape(message)):
        BeamTree(**traits)


@pytest.mark.parametrize(
    "traits", [{}, {"problem": "worked", "width": 3, "alpha": 1.0}, {"problem": "tea", "max_length": 2}]
)
def test_still_and_table_show_the_search(traits: dict[str, Any]) -> None:
    widget = BeamTree(**traits)
    found, problem = widget.found(), load_problems()[widget.problem]
    caption, header, rows = widget.table()
    assert problem.title in caption and len(rows) == WIDEST
    for width, row in enumerate(rows, start=1):
        best = widget.found(width=width).best
        assert row[:3] == [str(width), problem.spell(best), str(best.length)] and len(row) == len(header)
        assert float(row[3].replace("−", "-")) == pytest.approx(best.log_prob, abs=0.00051)
        score = best.score(widget.alpha, widget.penalty)
        assert float(row[5].replace("−", "-")) == pytest.approx(score, abs=0.00051)
    picture = ElementTree.fromstring(widget.still())
    assert problem.spell(found.best) in picture.attrib["aria-label"]
    boxes = list(picture.iter("rect"))
    assert len(boxes) == 1 + sum(len(step[:DRAWN]) for step in found.steps)
    width, height = (float(picture.attrib[side]) for side in ("width", "height"))
    for box in boxes:
        x, y, w, h = (float(box.attrib[side]) for side in ("x", "y", "width", "height"))
        assert min(x, y) >= 0 and x + w <= width and y + h <= height
    pruned = sum(c.fate == "pruned" for step in found.steps for c in step[:DRAWN])
    assert sum("stroke-dasharray" in box.attrib for box in boxes) == pruned


def test_words_stay_text_in_the_page() -> None:
    html = BeamTree().to_html()
    assert html.count("</script>") == 1 and "&lt;eos&gt;" in html
