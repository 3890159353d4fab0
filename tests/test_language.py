"""Every symbol is on the notation page, every term of the glossary linked from its first use."""

import re
from pathlib import Path

import pytest
import yaml
from language import Use, formulas, glossary_terms, symbols, uses

from rnnlib.book.myst import pages

ROOT = Path(__file__).resolve().parent.parent
PAGES = pages(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")))
READ = [page for page in PAGES if page not in ("notation", "glossary")]  # from first to last
# Symbols that a page has for itself, each with the words by which it introduces them.
LOCAL = {
    "chapters/rnn": {"q": "$hq$ from the hidden state to the output"},
    "chapters/bptt": {
        "W_{jk}": "Weight $W_{jk}$ of $W_{hh}$ multiplies entry $k$",
        r"\gamma": r"matrix has spectral radius about $\gamma$",
    },
    "chapters/gru": {r"\mathit{gi}": r"the three blocks of $\mathit{gi} = W_{ih}\, x_t + b_{ih}$"},
    "chapters/lstm": {
        "W_{xi}": r"the input gate is $\sigma(X W_{xi} + H W_{hi} + b_i)$, with $W_{xi}$ of shape $(I, H)$",
        "b_{i}": r"the input gate is $\sigma(X W_{xi} + H W_{hi} + b_i)$",
        "b_{f}": "With $b_i = -b_f$ a unit that keeps for $k$ steps",
        r"\dot{s}": r"The Mackey-Glass series follows $\dot{s}(t) =",
    },
    "chapters/deep-rnn": {
        "b_{t}": "At each step two numbers $a_t$ and $b_t$ between -1 and 1 arrive",
        r"\bar{h}": r"With $\bar h$ for the mean over all steps and sequences",
    },
    "chapters/bi-rnn": {"q": "with $q$ outputs"},
    "chapters/machine-translation-and-dataset": {
        r"\bar{n}": r"A sentence of $\bar{n}$ words, the mean length"
    },
    "chapters/encoder-decoder": {
        "encode": r"c = \operatorname{encode}(x_1, \dots, x_n)",
        "W_{e}": "where $W_e$ is the embedding table itself",
    },
    "chapters/seq2seq": {
        "b_{P}": "($b_P$ and $b_V$ are biases)",
    },
}
# Words of everyday language until the page from which on they are terms.
TERM_FROM = {
    "context": "chapters/encoder-decoder",
    "gradient reach": "chapters/gru",
    "stack": "chapters/deep-rnn",
}


def source(page: str) -> str:
    return (ROOT / f"{page}.md").read_text(encoding="utf-8")


def symbols_of(page: str) -> set[str]:
    return set().union(*map(symbols, formulas(source(page))))


NOTATION = symbols_of("notation")
TERMS = glossary_terms(source("glossary"))
USES = {page: uses(source(page), TERMS) for page in READ}


# The readers themselves


@pytest.mark.parametrize(
    "tex, wanted",
    [
        (r"\mathbf{H}_t = 1", {r"\mathbf{H}", "t"}),
        (r"h_t = \sigma(W_{xh}\, x_t + b_q)", {"h", "t", r"\sigma", "W_{xh}", "x", "b_{q}"}),
        (r"\tilde h_{t-1} \odot \bar{c}^2", {r"\tilde{h}", "t", r"\odot", r"\bar{c}", "c"} - {"c"}),
        (r"\overrightarrow{W}_{ih}", {r"\overrightarrow{W}", "i", "h"}),
        (r"\begin{aligned} a &\le \dots \\ \end{aligned} \text{where it ends}", {"a"}),
        (r"\operatorname{lp}(L) = \texttt{<bos>} \cdot \frac{1}{2}", {"lp", "L"}),
        (r"\mathcal{L} + \dot s", {r"\mathcal{L}", r"\dot{s}"}),
    ],
)
def test_symbols_are_read_with_what_marks_them(tex: str, wanted: set[str]):
    assert symbols(tex) == wanted


def test_formulas_are_found_in_lines_boxes_links_and_displays_and_not_in_code():
    page = """# A title of $a$

See `$b$`, [the $c$](to.md#a) and {term}`the $d$ <gate>`, $e
+ f$.

:::{note} On $g$
$$
h = i
$$ (eq-x)
:::

```{code-cell} ipython3
# $j$
```
"""
    assert list(formulas(page)) == ["a", "c", "d", "e\n+ f", "g", "h = i"]


GLOSSARY = """:::{glossary}
update gate
  A {term}`gate`.

gate
  A hypothesis.

GRU
  A cell.
:::
"""
PAGE = """# A gate

An {term}`update
gate`, `gate`, [a gate](to.md), "a gate", irrigate, gru. Update
gates and {term}`openings <gate>` of GRUs.

:::{note} A gate
One gate.
:::
"""


def test_terms_are_found_whole_in_prose_and_links():
    terms = glossary_terms(GLOSSARY)
    assert terms == ["update gate", "gate", "GRU"]
    assert uses(PAGE, terms) == [
        Use("update gate", 3, True),
        Use("update gate", 4, False),
        Use("gate", 5, True),
        Use("GRU", 5, False),
        Use("gate", 8, False),
    ]


def test_a_plural_is_a_use():
    terms = ["hypothesis", "vocabulary", "state", "GRU"]
    assert [use.term for use in uses("Two hypotheses, vocabularies, states, GRUs.", terms)] == terms


# The book


@pytest.mark.parametrize("page", PAGES)
def test_every_symbol_is_on_the_notation_page_or_introduced(page: str):
    assert symbols_of(page) - NOTATION == set(LOCAL.get(page, {}))


@pytest.mark.parametrize("page", LOCAL)
def test_a_page_introduces_its_own_symbols(page: str):
    text = source(page)
    for symbol, words in LOCAL[page].items():
        assert words in text, f"{page} does not say of {symbol}: {words}"
        named = set().union(*map(symbols, re.findall(r"\$([^$]+)", words) or [words]))
        assert symbol in named, f"{words!r} does not have {symbol}"


def test_the_notation_page_names_nothing_that_the_book_does_not_use():
    table = source("notation")
    rows = re.findall(r"^\| (\$[^|]+?) \|", table.partition("## What other texts write")[0], re.MULTILINE)
    named = set().union(*(symbols(tex) for row in rows for tex in re.findall(r"\$([^$]+)\$", row)))
    assert len(rows) > 40
    assert named <= set().union(*map(symbols_of, READ))


@pytest.mark.parametrize("term", TERMS)
def test_a_term_is_linked_from_its_first_use(term: str):
    start = READ.index(TERM_FROM.get(term, READ[0]))
    found = [(page, use) for page in READ[start:] for use in USES[page] if use.term == term]
    assert found, f"no page uses the term {term!r}"
    page, first = found[0]
    assert first.linked, f"{page}.md:{first.line} uses {term!r} first: write {{term}}`{term}` there"


def test_everyday_words_are_used_before_they_are_terms():
    for term, page in TERM_FROM.items():
        assert any(use.term == term for before in READ[: READ.index(page)] for use in USES[before]), term


def test_the_glossary_is_in_alphabetical_order_and_defines_each_term_once():
    assert sorted({term.lower() for term in TERMS}) == [term.lower() for term in TERMS]
