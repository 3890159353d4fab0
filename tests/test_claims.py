"""Claims: verdict, text, card; and what a notebook stores of claims and figures."""

import html
import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from nbclient import NotebookClient

from rnnlib.claims import Claim, ClaimFailed, claim, format_number


def test_a_claim_that_holds_shows_value_and_threshold(monkeypatch):
    monkeypatch.delenv("RNNLIB_BOOK", raising=False)
    shown = claim(
        "gru-beats-four-gram", "The GRU beats the 4-gram.", 4.98765, at_most=5.45, unit="perplexity"
    )
    text = "✓ The GRU beats the 4-gram.\n  4.99 perplexity (at most 5.45 perplexity)"
    assert isinstance(shown, Claim) and shown._repr_mimebundle_() == {"text/plain": text}
    assert repr(shown) == str(shown) == text


@pytest.mark.parametrize(
    "value, thresholds, condition",
    [
        (3, {"at_least": 3}, "at least 3"),
        (3, {"at_most": 3}, "at most 3"),
        (0.5, {"at_least": 0.25, "at_most": 0.75}, "at least 0.25 and at most 0.75"),
        (2.2127, {"near": 2.2, "tolerance": 0.0127001}, "within 0.0127001 of 2.2"),
        (torch.tensor([4.0]), {"at_least": 1}, "at least 1"),
        (np.float32(4), {"at_least": 1}, "at least 1"),
        (True, {"at_least": 1}, "at least 1"),
        (178_979, {"near": 178_979, "tolerance": 0}, "within 0 of 178,979"),
    ],
)
def test_thresholds_include_their_bound(value, thresholds, condition):
    assert claim("a", "A.", value, **thresholds).condition == condition


@pytest.mark.parametrize(
    "value, thresholds",
    [
        (2.9999, {"at_least": 3}),
        (3.0001, {"at_most": 3}),
        (2.22, {"near": 2.2, "tolerance": 0.01}),
        (0.8, {"at_least": 0.25, "at_most": 0.75}),
        (math.nan, {"at_least": 3}),
        (math.nan, {"at_most": 3}),
        (math.nan, {"near": 3, "tolerance": 1}),
    ],
)
def test_a_claim_that_fails_names_claim_value_and_threshold(value, thresholds):
    with pytest.raises(ClaimFailed) as caught:
        claim("half-life", "It halves in three steps.", value, **thresholds, unit="steps")
    assert isinstance(caught.value, AssertionError)
    message = str(caught.value)
    assert "claim 'half-life' does not hold: It halves in three steps." in message
    assert f"measured {float(value)!r}, wanted " in message and message.endswith(" steps")


def test_bad_arguments():
    with pytest.raises(ValueError, match="claim 'a' has no threshold, expected at_least, at_most, or near"):
        claim("a", "A.", 1)
    with pytest.raises(ValueError, match="claim 'a' has near=1 and tolerance=None, expected both or neither"):
        claim("a", "A.", 1, near=1)
    with pytest.raises(ValueError, match="name is 'Half life', expected lower-case words joined by hyphens"):
        claim("Half life", "A.", 1, at_least=0)
    with pytest.raises(ValueError, match="statement is ' ', expected a sentence"):
        claim("a", " ", 1, at_least=0)
    for bad in ("many", torch.ones(2), None):
        with pytest.raises(TypeError, match="the value of claim 'a' is .*, expected one number"):
            claim("a", "A.", bad, at_least=0)


@pytest.mark.parametrize(
    "value, text",
    [
        (3.54428, "3.54"), (3.5, "3.50"), (0.166667, "0.167"), (0.00123456, "0.00123"), (12.345, "12.3"),
        (123.456, "123"), (178979.4, "178,979"), (178979, "178,979"), (7, "7"), (0, "0"), (-2.5, "-2.50"),
        (1.234e-9, "1.23e-09"), (6.02e23, "6.02e+23"), (999.96, "1,000"), (0.9999, "1.00"), (math.inf, "inf"),
    ],
)  # fmt: skip
def test_numbers_have_a_sensible_number_of_digits(value, text):
    assert format_number(value) == text


def test_units_and_digits():
    assert claim("a", "A.", 0.9512, at_least=0.9, digits=2).shown == "0.95"
    assert claim("a", "A.", 95.12, at_least=90, unit="%").shown == "95.1%"
    assert claim("a", "A.", 1.25, at_most=1.3, unit="×").condition == "at most 1.3×"


def test_the_card_in_the_book_carries_the_data(monkeypatch):
    monkeypatch.setenv("RNNLIB_BOOK", "1")
    shown = claim("reach-over-40", 'Without a "leak", c < h & all is <b>kept</b>.', 0.143203, at_least=0.1)
    bundle = shown._repr_mimebundle_()
    assert bundle["text/plain"] == str(shown)
    card = bundle["text/html"]
    assert "<b>" not in card and 'id="claim-reach-over-40"' in card and "0.143" in card
    data = json.loads(html.unescape(re.search(r'data-claim="([^"]*)"', card).group(1)))
    assert data == {
        "name": "reach-over-40",
        "statement": 'Without a "leak", c < h & all is <b>kept</b>.',
        "value": 0.143203,
        "shown": "0.143",
        "condition": "at least 0.1",
        "measured": "this build",
    }


def test_measured_elsewhere_is_said():
    shown = claim("speed", "Fast.", 1.2, at_most=1.3, unit="×", measured="the benchmark on 2026-11-20")
    assert str(shown) == "✓ Fast.\n  1.20× (at most 1.3×, measured by the benchmark on 2026-11-20)"
    assert "measured by the benchmark on 2026-11-20" in shown._card()


NOTEBOOK = [
    "from rnnlib import plots\nfrom rnnlib.claims import claim\nfrom rnnlib.training import History",
    "plots.bars({'GRU': 4.98, '4-gram': 5.45}, 'perplexity', alt='The GRU stands below the 4-gram.')",
    "plots.loss_curve(History([1, 2], [2.0, 1.5], [1.0, 1.0], [(2, 1.7)]), alt='The loss falls.')",
    "claim('gru-beats-four-gram', 'The GRU beats the 4-gram.', 4.98, at_most=5.45)",
    "print('done')",
]


def notebook():
    cells = [nbformat.v4.new_code_cell(source, id=f"cell-{k}") for k, source in enumerate(NOTEBOOK)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=kernel)


def environment(**extra):
    root = str(Path(__file__).resolve().parents[1])
    kept = {k: v for k, v in os.environ.items() if k not in ("RNNLIB_BOOK", "PYTEST_VERSION")}
    return kept | {"PYTHONPATH": root, "PYTHONDONTWRITEBYTECODE": "1"} | extra


def executed(monkeypatch, **extra):
    """The notebook run in a kernel of its own, twice as far from this process as a reader's."""
    for name in ("RNNLIB_BOOK", "PYTEST_VERSION"):
        monkeypatch.delenv(name, raising=False)
    book = notebook()
    NotebookClient(book, timeout=120).execute(env=environment(**extra))
    return book


def test_a_notebook_stores_text_that_nbval_accepts_and_compares(tmp_path, monkeypatch):
    """What a twin keeps (text only, images dropped) passes strict nbval; one changed figure fails it."""
    book = executed(monkeypatch)
    outputs = [output for cell in book.cells for output in cell.outputs]
    for output in outputs:
        assert output.output_type != "stream" or output.name == "stdout"  # no log, no bar
        output.get("data", {}).pop("image/png", None)
        output.get("metadata", {}).clear()
    texts = [output.data["text/plain"] for output in outputs if "data" in output]
    assert texts == [
        "<figure: The GRU stands below the 4-gram.>",
        "<figure: The loss falls.>",
        "✓ The GRU beats the 4-gram.\n  4.98 (at most 5.45)",
    ]
    assert all(set(output.get("data", {"text/plain": ""})) == {"text/plain"} for output in outputs)
    twin = tmp_path / "twin.ipynb"
    nbformat.write(book, twin)
    changed = tmp_path / "changed.ipynb"
    changed.write_text(twin.read_text().replace("4.98 (at most", "4.97 (at most"))
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider", twin, changed],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment(),
    )
    assert "1 failed, 9 passed" in result.stdout, result.stdout
    assert "changed.ipynb::Cell 3" in result.stdout


def test_in_the_book_claims_are_cards_and_figures_inline_svg(monkeypatch):
    first, second = (executed(monkeypatch, RNNLIB_BOOK="1") for _ in range(2))
    shown = [output.data for cell in first.cells for output in cell.outputs if "data" in output]
    assert [set(data) for data in shown] == [{"text/html", "text/plain"}] * 3
    assert shown[0]["text/html"].startswith(
        '<figure class="rnn-figure" role="img" aria-label="The GRU stands'
    )
    assert shown[2]["text/html"].startswith('<div class="rnn-claim" id="claim-gru-beats-four-gram"')
    assert shown == [output.data for cell in second.cells for output in cell.outputs if "data" in output]


def test_an_infinite_value_proves_nothing():
    with pytest.raises(ClaimFailed):
        claim("endless", "It is large.", math.inf, at_least=1)
