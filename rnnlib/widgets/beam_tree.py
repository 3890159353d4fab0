"""Beam tree: which beginnings a search keeps, which it throws away, and which sentence it finds.

The reader chooses a search problem (small tables of probabilities, or sentences of ours under the packaged
translator), the beam's width, the length penalty and the greatest length, and steps through the search. Each
step's candidates are ranked; those below the width are pruned, those that end are set aside. Greedy search,
other widths, other alphas and, for the small tables, every sequence there is stand beside it. Python searches
with `rnnlib.search`; the page repeats it with `js/beam.mjs`, and tests compare whole traces.
"""

import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import torch
from torch import Tensor

from rnnlib.data.translation import EOS, detokenize
from rnnlib.search import Candidate, Found, Hypothesis, beam_search, greedy_search, likeliest
from rnnlib.widgets.base import Widget, choice, decimals, number, svg_image, svg_text
from rnnlib.widgets.translator_weights import load_translator

WIDEST, LONGEST, DRAWN = 6, 10, 8  # drawn: candidates of a step
ALPHAS = [0.0, 0.5, 1.0, 1.5, 2.0]  # those that stand beside the chosen one
DIGITS = 5  # of the translator's stored log-probabilities
END = "<eos>"
SENTENCES = {
    "watch": "My watch has stopped.",
    "winter": "It was a long winter.",
    "tea": "Would you like some tea?",
}
PROBLEMS = [*SENTENCES, "worked", "garden", "crowded"]


class BeamTree(Widget):
    """A search drawn as a tree, step by step: survivors, pruned candidates, finished hypotheses.

    Attributes:
        problem: what is searched: `"watch"`, `"winter"`, `"tea"` (a sentence under the packaged translator),
            `"worked"` (the worked example: greedy 0.048, beam 0.054), `"garden"` (a likely first word that
            leads nowhere) or `"crowded"` (greedy is right and width 2 is not). Hash: `problem=worked`.
        width: how many candidates are kept, 1 (greedy search) to 6. Hash: `width=3`.
        alpha: of the length penalty, 0 to 2. Hash: `alpha=1`.
        penalty: `"power"` for L^alpha, `"gnmt"` for ((5 + L) / 6)^alpha. Hash: `penalty=gnmt`.
        max_length: the most tokens, the end token included, 1 to 10; 0 for the problem's own. Hash:
            `max_length=3`.
        step: the step up to which the tree is drawn, 1 to 10; beyond the last, the last. Hash: `step=2`.

    Raises:
        traitlets.TraitError: a trait out of its range.
    """

    module = "beam_tree"

    problem = choice("watch", PROBLEMS)
    width = number(2, 1, WIDEST, step=1)
    alpha = number(0.0, 0, 2, step=0.1)
    penalty = choice("power", ["power", "gnmt"])
    max_length = number(0, 0, LONGEST, step=1)
    step = number(6, 1, LONGEST, step=1)

    def make_payload(self) -> dict[str, Any]:
        """All problems, packed, and the limits of what is shown."""
        packed = {name: pack(problem) for name, problem in load_problems().items()}
        return {"problems": packed, "drawn": DRAWN, "widest": WIDEST, "alphas": ALPHAS}

    def limit(self) -> int:
        """M, the greatest length in force."""
        return self.max_length or load_problems()[self.problem].max_length

    def found(self, **changed: Any) -> Found:
        """The best that the beam finds, and its trace; `width` or `alpha` may differ from the present one."""
        how = {"width": self.width, "alpha": self.alpha, "penalty": self.penalty} | changed
        return search(load_problems()[self.problem], self.limit(), **how)

    def greedy(self) -> Hypothesis:
        """What greedy search finds."""
        problem = load_problems()[self.problem]
        return greedy_search(problem.step, None, torch.tensor([problem.eos]), problem.eos, self.limit())[0]

    def table(self) -> tuple[str, list[str], list[list[str]]]:
        """What the search finds at each width."""
        rows = [self._row(str(width), self.found(width=width).best) for width in range(1, WIDEST + 1)]
        caption = (
            f"What is found for {load_problems()[self.problem].title}, alpha = {self.alpha:g}; "
            "width 1 is greedy search"
        )
        return caption, ["width", "sentence found", "length L", "log p", "p", "score"], rows

    def _row(self, name: str, best: Hypothesis) -> list[str]:
        score = best.score(self.alpha, self.penalty)
        text = load_problems()[self.problem].spell(best)
        p = f"{math.exp(best.log_prob):.2g}"
        return [name, text, str(best.length), decimals(best.log_prob, 3), p, decimals(score, 3)]

    def still(self) -> str:
        """The tree after its last step, as SVG."""
        problem, found = load_problems()[self.problem], self.found()
        label = (
            f"Tree of a beam search of width {self.width} over {len(found.steps)} steps. "
            f"It finds “{problem.spell(found.best)}”, log p {decimals(found.best.log_prob, 3)}; "
            f"greedy search finds “{problem.spell(self.greedy())}”, "
            f"log p {decimals(self.greedy().log_prob, 3)}."
        )
        return draw_tree(problem, found, path_of(found, found.best, problem.eos), label)


# ---- problems --------------------------------------------------------------------------------------------


class Problem(NamedTuple):
    """A search problem as a table: the log-probabilities of the next token, by what was written.

    Attributes:
        title: what it is, in words.
        words: the tokens.
        eos: the end token's id.
        rows: log-probabilities (V,) by the ids written so far.
        otherwise: those of every other beginning; None where all that can be reached is in `rows`.
        size: how many tokens can follow; more than `words` for the translator, of whose vocabulary only the
            likeliest few are stored.
        max_length: M, unless the reader sets another.
    """

    title: str
    words: list[str]
    eos: int
    rows: dict[tuple[int, ...], list[float]]
    otherwise: list[float] | None
    size: int
    max_length: int

    def step(self, token_ids: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        """`rnnlib.search`'s step; the state is what was read (t, B)."""
        read = token_ids[None] if state is None else torch.cat([state, token_ids[None]])
        written = [tuple(column[1:]) for column in read.T.tolist()]
        rows = [self.rows.get(ids, self.otherwise) for ids in written]
        return torch.tensor(rows, dtype=torch.float64), read

    def spell(self, hypothesis: Hypothesis) -> str:
        """The text, with the end token or the sign that it was cut."""
        text = detokenize([self.words[v] for v in hypothesis.tokens.tolist()])
        return f"{text} {END if hypothesis.finished else '…'}".strip()

    @property
    def stored(self) -> bool:
        """Whether this is the translator's, of which only the likeliest tokens are known."""
        return self.otherwise is None


@cache
def load_problems() -> dict[str, Problem]:
    """All problems by name."""
    return {**stored_problems(SENTENCES), "worked": worked(), "garden": garden(), "crowded": crowded()}


def search(problem: Problem, limit: int, **how: Any) -> Found:
    """The best that a beam finds, with its trace; what ended goes before what was cut."""
    first = torch.tensor([problem.eos])
    how = {"finished_first": True, "trace": True} | how
    found = beam_search(problem.step, None, first, problem.eos, limit, **how)[0]
    return found._replace(steps=[step[:DRAWN] for step in found.steps]) if problem.stored else found


def table_of(
    title: str, words: str, rows: Mapping[str, Sequence[float]], otherwise: Sequence[float], max_length: int
) -> Problem:
    """A problem from probabilities; rows are named by the words written before."""
    names = [*words.split(), END]
    ids = {name: k for k, name in enumerate(names)}
    logs = {tuple(ids[word] for word in key.split()): _logs(row) for key, row in rows.items()}
    return Problem(title, names, ids[END], logs, _logs(otherwise), len(names), max_length)


def _logs(probabilities: Sequence[float]) -> list[float]:
    return [math.log(p) if p else -math.inf for p in probabilities]


def worked() -> Problem:
    """The worked example: greedy search finds A B C <eos> with 0.048; A C B <eos> has 0.054."""
    rows = {
        "": [0.5, 0.2, 0.2, 0.1],
        "A": [0.1, 0.4, 0.3, 0.2],
        "A B": [0.2, 0.2, 0.4, 0.2],
        "A B C": [0.0, 0.2, 0.2, 0.6],
        "A C": [0.1, 0.6, 0.2, 0.1],
        "A C B": [0.1, 0.2, 0.1, 0.6],
    }
    return table_of("the worked example", "A B C", rows, [0.25] * 4, 4)


def garden() -> Problem:
    """“he” begins most sentences, but only “it is raining” goes on surely: found from width 3 on."""
    rows = {
        "": [0.5, 0.25, 0.05, 0.05, 0.05, 0.1],
        "he": [0.01, 0.02, 0.48, 0.45, 0.02, 0.02],
        "it": [0.02, 0.02, 0.86, 0.04, 0.02, 0.04],
        "he is": [0.2, 0.15, 0.1, 0.2, 0.05, 0.3],
        "he sings": [0.15, 0.15, 0.15, 0.1, 0.15, 0.3],
        "it is": [0.02, 0.02, 0.02, 0.02, 0.9, 0.02],
        "it is raining": [0.01, 0.01, 0.01, 0.01, 0.01, 0.95],
    }
    return table_of("the garden path", "he it is sings raining", rows, [1 / 6] * 6, 5)


def crowded() -> Problem:
    """Two children of B crowd A B out of a beam of 2; greedy search and width 3 keep it."""
    rows = {
        "": [0.4, 0.35, 0.2, 0.05],
        "A": [0.1, 0.35, 0.3, 0.25],
        "B": [0.46, 0.05, 0.44, 0.05],
        "A B": [0.03, 0.03, 0.9, 0.04],
        "A B C": [0.03, 0.03, 0.04, 0.9],
        "B A": [0.2, 0.2, 0.2, 0.4],
    }
    return table_of("the crowded beam", "A B C", rows, [0.25] * 4, 4)


# ---- the translator's steps ------------------------------------------------------------------------------


def stored_problems(sentences: Mapping[str, str]) -> dict[str, Problem]:
    """The translator's likeliest next tokens after every beginning that a beam of 1 to `WIDEST` keeps.

    Of a beam of W the W best continuations of each hypothesis are enough, so the search over what is stored
    is the search over the whole vocabulary.
    """
    translator = load_translator()
    readings = [translator.read(sentence) for sentence in sentences.values()]
    rows: list[dict[tuple[int, ...], list[tuple[int, float]]]] = [{} for _ in readings]

    def remembering(token_ids: Tensor, state: Any) -> tuple[Tensor, Any]:
        """The translator's step; its state also holds the sentence's number and what was read."""
        inner, number_, read = state  # (1, N), (t, N)
        log_probs, inner = translator.model.step(token_ids, inner)
        read = torch.cat([read, token_ids[None]])  # (t + 1, N)
        allowed = log_probs.index_fill(-1, torch.tensor(translator.banned), -torch.inf)
        values, ids = likeliest(allowed, DRAWN)
        columns = zip(number_[0].tolist(), read.T.tolist(), ids.tolist(), values.tolist(), strict=True)
        for sentence, beginning, row, logs in columns:
            rounded = [round(value, DIGITS) for value in logs]
            rows[sentence].setdefault(tuple(beginning[1:]), list(zip(row, rounded, strict=True)))
        return log_probs, (inner, number_, read)

    encoded, first, _ = translator.begin(readings)
    state = (encoded, torch.arange(len(readings))[None], torch.zeros(0, len(readings), dtype=torch.long))
    for width in range(1, WIDEST + 1):
        how: dict[str, Any] = {"width": width, "banned": translator.banned, "early_stop": False}
        beam_search(remembering, state, first, translator.eos, LONGEST, **how)
    V = len(translator.target_vocab) - len(translator.banned)
    return {
        name: _renumbered(f"“{sentence}”", row, translator.target_vocab.tokens, V)
        for (name, sentence), row in zip(sentences.items(), rows, strict=True)
    }


def _renumbered(
    title: str, rows: Mapping[tuple[int, ...], list[tuple[int, float]]], tokens: Sequence[str], V: int
) -> Problem:
    """A problem over the tokens that occur in it alone, in the vocabulary's order, which decides ties."""
    used = sorted({v for row in rows.values() for v, _ in row})
    place = {v: k for k, v in enumerate(used)}
    dense = {}
    for ids, row in rows.items():
        logs = [-math.inf] * len(used)
        for v, value in row:
            logs[place[v]] = value
        dense[tuple(place[v] for v in ids)] = logs
    words = [tokens[v] for v in used]
    return Problem(title, words, words.index(EOS), dense, None, V, LONGEST)


def pack(problem: Problem) -> dict[str, Any]:
    """A problem as JSON: rows by the ids written, joined by spaces.

    A table's row is its log-probabilities, null for those of probability 0. A row of the translator's is
    token, log-probability, token, ... with the log-probabilities in units of 10^-5.
    """
    pack_row = _pack_few if problem.stored else _pack_all
    rows = {" ".join(map(str, ids)): pack_row(row) for ids, row in problem.rows.items()}
    otherwise = None if problem.otherwise is None else _pack_all(problem.otherwise)
    return {**problem._asdict(), "rows": rows, "otherwise": otherwise, "unit": 10**DIGITS}


def _pack_all(row: Sequence[float]) -> list[float | None]:
    return [value if value > -math.inf else None for value in row]


def _pack_few(row: Sequence[float]) -> list[int]:
    known = [(v, value) for v, value in enumerate(row) if value > -math.inf]
    return [part for v, value in known for part in (v, round(value * 10**DIGITS))]


# ---- the still -------------------------------------------------------------------------------------------

COLUMN, ROW, BOX, TOP, ROOT = 110, 38, (92, 31), 24, 44
SIGNS = {"kept": "", "finished": "■ ", "pruned": "✗ "}
FRAMES = {
    "kept": 'stroke="#2f7fd1" stroke-width="1.5"',
    "finished": 'stroke="#1a7a36" stroke-width="3"',
    "pruned": 'stroke="currentColor" stroke-opacity="0.6" stroke-dasharray="3 3"',
}


def path_of(found: Found, hypothesis: Hypothesis, eos: int) -> list[Candidate]:
    """A hypothesis's candidates in the trace, step by step, up to where it was pruned or not recorded."""
    tokens = [*hypothesis.tokens.tolist(), *([eos] if hypothesis.finished else [])]
    path: list[Candidate] = []
    for token, step in zip(tokens, found.steps, strict=False):
        place = (path[-1].rank if path else 0, token)
        path += [candidate for candidate in step if (candidate.parent, candidate.token) == place]
        if not path or path[-1].fate == "pruned" or (path[-1].parent, path[-1].token) != place:
            break
    return path


def draw_tree(problem: Problem, found: Found, best: list[Candidate], label: str) -> str:
    """A column of ranked candidates for each step, joined to what they continue."""
    columns = [step[:DRAWN] for step in found.steps]
    parts = [_box(2, 1, ROOT - 4, FRAMES["kept"]), _words(ROOT / 2, 1, ["start"], bold=False)]
    for t, step in enumerate(columns):
        x = ROOT + COLUMN * (t + 1) - BOX[0]
        parts.append(svg_text(x + BOX[0] / 2, 14, f"step {t + 1}"))
        for c in step:
            chosen = t < len(best) and c == best[t]
            sign = "★ " if chosen and t + 1 == len(best) else SIGNS[c.fate]
            lines = [f"{sign}{problem.words[c.token]}", f"{c.rank}: {decimals(c.log_prob)}"]
            parts += [
                _edge(x - COLUMN + BOX[0] - 2, max(c.parent, 1), x, c.rank, c.fate, chosen=chosen),
                _box(x, c.rank, BOX[0], FRAMES[c.fate]),
                _words(x + BOX[0] / 2, c.rank, lines, bold=chosen),
            ]
    height = TOP + ROW * max(map(len, columns)) + 4
    return svg_image(ROOT + COLUMN * len(columns) + 4, height, label, parts)


def _edge(x: float, rank: int, to_x: float, to_rank: int, fate: str, *, chosen: bool) -> str:
    y, to_y = (TOP + ROW * (row - 1) + BOX[1] / 2 for row in (rank, to_rank))
    style = 'stroke="#2f7fd1" stroke-width="3.5"' if chosen else 'stroke="currentColor" stroke-opacity="0.5"'
    dash = ' stroke-dasharray="3 3"' if fate == "pruned" else ""
    middle = (x + to_x) / 2
    return f'<path d="M{x} {y}C{middle} {y} {middle} {to_y} {to_x} {to_y}" fill="none" {style}{dash}/>'


def _box(x: float, rank: int, width: float, frame: str) -> str:
    y = TOP + ROW * (rank - 1)
    return f'<rect x="{x}" y="{y}" width="{width}" height="{BOX[1]}" rx="5" fill="none" {frame}/>'


def _words(x: float, rank: int, lines: list[str], *, bold: bool) -> str:
    """One line in the middle of the box of a rank, or two."""
    y = TOP + ROW * (rank - 1) + (13 if len(lines) == 2 else 20)
    return "".join(svg_text(x, y + 13 * k, line, weight=700 if bold else 400) for k, line in enumerate(lines))
