"""The check of prose finds what the list of style refuses, on its line, and leaves good text alone."""

import pytest
from prose import ROOT, RULES, faults, passages, said, texts

GOOD = """---
jupytext: {text_representation: {extension: .md}}
---

# A title, really one

A gate keeps an hour of $x_{t}  -- very$ in one state, a one-hot vector (see [the very first step](a--b.md)).
It is 30 % of the size of a unit, `just call()`, `color`, {py:func}`rnnlib.color`; {term}`gates <gate>`.

- [ ] 1.5 or ... more,
- [x] as "state-of-the-art  labelings" say.

| A | B |
|---|---|
| 1 | the very states of 1 : 3 |

```{code-cell} ipython3
# very  very, e.g. a color
```

:::{figure} very.svg
:alt: An LSTM beside a GRU.

The caption.
:::
"""
PLANTED = {
    "It is simply a gate.": "simply",
    "Of course it is.": "Of course",
    "A very large state.": "very",
    "You can just use a gate.": "just",
    "Note that it learns.": "Note that",
    "It stops in order\nto learn.": "in order to",
    "It leverages the state.": "leverages",
    "A powerful network.": "powerful",
    "It fails due to the fact that it ends.": "due to the fact that",
    "It has a number of gates.": "a number of",
    "A remarkably flat curve.": "remarkably",
    "A crucial gate.": "crucial",
    "A gray line.": "gray",
    "State-of-the-art results.": "State-of-the-art",
    "A seamless change.": "seamless",
    "We delve into it.": "delve",
    "Let's begin.": "Let's",
    "Its color is red.": "color",
    "The behaviors differ.": "behaviors",
    "The center of it.": "center",
    "We initialize it.": "initialize",
    "Analyzing the state.": "Analyzing",
    "An optimizer step.": "optimizer",
    "A labeled sentence.": "labeled",
    "What it learned.": "learned",
    "It moves toward zero.": "toward",
    "A gate, e.g. the first.": "e.g.",
    "The last, i.e. the third.": "i.e.",
    "Gates, states etc. follow.": "etc.",
    "It said “no to it.": "“",
    "It’s a gate.": "’",
    "A gate – and a state.": "–",
    "A gate -- and a state.": "--",
    "And so on…": "…",
    "It is 30% of all.": "0%",
    "It is the the gate.": "the the",
    "One thing ends\nends here.": "ends ends",
    "Two  spaces.": "  ",
    "A sign , apart.": ",",
    "One,two.": ",",
    "A LSTM reads.": "A",
    "It reads a n-gram.": "a",
    "It is a open gate.": "a",
    "It is an gate.": "an",
    "A gate (open.": "(open.",
    "A gate] open.": "] open.",
    "Crossed (a [b c].": "(a [b c].",
    ":::{note} A very good note\nText.\n:::": "very",
    ":::{figure} a.svg\n:alt: A very good drawing.\n\nText.\n:::": "very",
    ":::{dropdown} Title\nIt is {term}`very <gate>` good.\n:::": "very",
    "It is [very](good.md) good.": "very",
}


def test_good_text_is_left_alone():
    assert faults(GOOD) == []


@pytest.mark.parametrize("text", PLANTED)
def test_a_planted_fault_is_found_on_its_line(text: str):
    found = faults(f"# Title\n\nA good line.\n\n{text}\n\nAnother good line.\n")
    line = 6 if text.startswith((":::{figure}", ":::{dropdown}")) else 5
    assert [(fault.found, fault.line) for fault in found] == [(PLANTED[text], line)]
    assert found[0].instead


def test_every_rule_finds_one_of_the_planted_faults():
    assert not [rule.pattern for rule, _ in RULES if not any(rule.search(said(text)) for text in PLANTED)]


def test_what_is_not_prose_is_blank_at_the_same_place():
    text = 'Read `code` and $x$,\n{ref}`label`, {term}`gates <gate>`, [a `b` link](to.md), "said\nso" <https://a.b>.'
    read = said(text)
    assert len(read) == len(text) and read.count("\n") == text.count("\n")
    words = read.replace("\ufffc", " ").split()
    assert words == ["Read", "and", ",", ",", "gates", ",", "a", "link", ",", "."]
    assert read.index("gates") == text.index("gates")


def test_passages_know_their_lines():
    """Held against the files: each line of each passage stands where it says."""
    for name in texts():
        source = (ROOT / name).read_text(encoding="utf-8")
        lines = source.splitlines()
        for passage in passages(source):
            for number, line in zip(passage.lines, passage.text.split("\n"), strict=True):
                assert lines[number - 1].strip().endswith(line.strip()), f"{name}:{number}"


@pytest.mark.parametrize("name", texts())
def test_the_books_prose_keeps_to_the_list(name: str):
    found = faults((ROOT / name).read_text(encoding="utf-8"))
    assert not found, "\n".join(f"{name}:{at.line}: {at.found!r}: write {at.instead}" for at in found)
