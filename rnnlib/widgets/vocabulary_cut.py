"""Vocabulary cut: which words get a row of their own, what that covers, and what it costs.

The words of a packaged text are counted, sorted by frequency and cut at a minimum frequency and a largest
size; the rest is read as `<unk>`. The page shows the rank-frequency curve with the cut, the share of running
words (tokens) and of different words (types) that the vocabulary covers, on the text that was counted and on
text that was not, and the parameters that an embedding and an output layer then have. Beside it stand
byte-pair subwords and characters, which know nearly every word. Python counts with `collections.Counter`,
`rnnlib.data.build_vocabulary` and `rnnlib.data.learn_merges`; the page repeats the sums and the cuts.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import torch

from rnnlib.data import (
    Subwords,
    build_vocabulary,
    learn_merges,
    load_phrasebook,
    load_story,
    split_sentences,
    train_valid_split,
    word_tokens,
)
from rnnlib.data.subwords import Merge
from rnnlib.data.translation import RESERVED
from rnnlib.widgets.base import Widget, choice, decimals, number, svg_image, svg_text, text

CORPORA = ["story", "english", "french"]
NAMES = {
    "story": "The Late Letters",
    "english": "the Phrasebook’s English",
    "french": "the Phrasebook’s French",
}
LONGEST, MOST_MERGES, MOST_ENTRIES = 200, 300, 2140
RARE = 5  # a word seen less often than this has hardly been trained
SENTENCE = "The keeper counted the unopened letters and found a rusty harpoon."


class VocabularyCut(Widget):
    """Words sorted by frequency and cut; what the cut covers and what it costs.

    Attributes:
        corpus: whose words are counted: `"story"` (the packaged story, a natural text), `"english"` or
            `"french"` (the sides of the Phrasebook's training pairs). Hash: `corpus=french`.
        min_freq: words seen less often are left out, 1 to 100. Hash: `min_freq=1`.
        largest: entries that the vocabulary may have, the 4 reserved tokens included, 10 to 2,140; at 2,140
            it cuts none of the three texts. Hash: `largest=500`.
        embedding_size: E, 8 to 512. Hash: `embedding_size=128`.
        hidden_size: H, 8 to 512. Hash: `hidden_size=384`.
        merges: byte-pair merges of the subwords beside, 0 (characters) to 300. Hash: `merges=0`.
        sentence: the reader's own, at most 200 characters. Hash: `sentence=the+rusty+harpoon`.

    Raises:
        traitlets.TraitError: a trait out of its range.
    """

    module = "vocabulary_cut"

    corpus = choice("story", CORPORA)
    min_freq = number(2, 1, 100, step=1)
    largest = number(MOST_ENTRIES, 10, MOST_ENTRIES, step=10)
    embedding_size = number(64, 8, 512, step=8)
    hidden_size = number(192, 8, 512, step=8)
    merges = number(200, 0, MOST_MERGES, step=20)
    sentence = text(SENTENCE, LONGEST)

    def make_payload(self) -> dict[str, Any]:
        """Every text's words with both counts, its merges and some held-out sentences, packed."""
        packed = {name: pack(load_corpus(name)) for name in CORPORA}
        return {"corpora": packed, "reserved": list(RESERVED), "rare": RARE}

    def cut(self) -> "Cut":
        """The present vocabulary."""
        return cut(load_corpus(self.corpus), self.min_freq, self.largest)

    def parameters(self) -> "Parameters":
        """What the present vocabulary costs."""
        return parameters(self.cut().size, self.embedding_size, self.hidden_size)

    def table(self) -> tuple[str, list[str], list[list[str]]]:
        """Known and unknown words, tokens and types, of both parts of the text."""
        now, cost = self.cut(), self.parameters()
        rows = [
            [
                name.replace("_", "-").replace(".", ", "),
                str(part.known),
                str(part.all),
                decimals(100 * part.known / part.all),
                str(part.all - part.known),
            ]
            for name, part in now.shares().items()
        ]
        caption = (
            f"{NAMES[self.corpus]}, words seen at least {self.min_freq} times: V = {now.size} entries. "
            f"Embedding {cost.embedding} and output layer {cost.output} parameters"
        )
        return caption, ["part of the text", "known", "all", "% known", "read as <unk>"], rows

    def still(self) -> str:
        """Rank-frequency curve with the cut, and coverage against the number of words, as SVG."""
        corpus, now = load_corpus(self.corpus), self.cut()
        part = now.held_out_tokens
        label = (
            f"Frequency against rank of the {len(corpus.words)} words of {NAMES[self.corpus]}, both axes "
            f"logarithmic. The first {len(now.words)} are kept and cover "
            f"{decimals(100 * part.known / part.all)} % of the running words of held-out text."
        )
        return draw_curves(corpus, now, label)


# ---- counting --------------------------------------------------------------------------------------------


class Corpus(NamedTuple):
    """A text cut into words, counted in two parts.

    Attributes:
        train: how often each word occurs in what is counted for the vocabulary.
        held_out: and in the part that is not.
        words: the words of `train` by falling frequency, ties in alphabetical order: `Vocabulary`'s order.
        merges: byte-pair merges learnt from `train`, in their order.
        samples: sentences of the held-out part, with the rarest words first.
    """

    train: Counter[str]
    held_out: Counter[str]
    words: list[str]
    merges: list[Merge]
    samples: list[str]


@cache
def load_corpus(name: str) -> Corpus:
    """A packaged text, counted.

    The story's last tenth is held out, of the Phrasebook the test sentences of `split_sentences`.
    """
    train, held_out, sentences = _story() if name == "story" else _phrasebook(name)
    counts = Counter(train)
    words = build_vocabulary([train]).tokens[len(RESERVED) :]
    merges = learn_merges(counts, MOST_MERGES)
    return Corpus(counts, Counter(held_out), words, merges, chosen(sentences, counts))


def _story() -> tuple[list[str], list[str], list[str]]:
    """Tokens of both parts of the story, and the sentences of the second."""
    story = load_story()
    tokens = word_tokens(story)
    train, _ = train_valid_split(torch.arange(len(tokens)))  # the book's split: the last tenth is held out
    held_out = tokens[len(train) :]
    sentences = re.findall(r'[A-Z][^.?!"]*[.?!]', story)
    places = range(math.ceil(0.92 * len(sentences)), len(sentences))
    return tokens[: len(train)], held_out, [" ".join(sentences[k].split()) for k in places]


def _phrasebook(side: str) -> tuple[list[str], list[str], list[str]]:
    split = split_sentences(load_phrasebook())
    train, held_out = (
        [token for pair in part for token in word_tokens(getattr(pair, side))]
        for part in (split.train, split.test)
    )
    return train, held_out, [getattr(pair, side) for pair in split.test]


def chosen(sentences: Sequence[str], counts: Mapping[str, int]) -> list[str]:
    """Three sentences of 7 to 12 tokens: with the rarest word of all, with a rare one, with a usual one."""
    rarest = {
        sentence: min(counts.get(token, 0) for token in word_tokens(sentence))
        for sentence in sentences
        if 7 <= len(word_tokens(sentence)) <= 12
    }
    order = sorted(rarest, key=lambda sentence: (rarest[sentence], sentence))
    return [order[0], order[len(order) // 2], order[9 * len(order) // 10]]


# ---- the cut ---------------------------------------------------------------------------------------------


class Share(NamedTuple):
    """So many of so many."""

    known: int
    all: int


class Cut(NamedTuple):
    """A vocabulary and what it covers.

    Attributes:
        words: the words that have an entry of their own.
        size: V, entries with the 4 reserved tokens.
        training_tokens, training_types: known running words and different words of the counted text.
        held_out_tokens, held_out_types: the same of the text that was not counted.
    """

    words: list[str]
    size: int
    training_tokens: Share
    training_types: Share
    held_out_tokens: Share
    held_out_types: Share

    def shares(self) -> dict[str, Share]:
        """The four shares by name."""
        return {
            "training.tokens": self.training_tokens,
            "training.types": self.training_types,
            "held_out.tokens": self.held_out_tokens,
            "held_out.types": self.held_out_types,
        }


def cut(corpus: Corpus, min_freq: int, largest: int) -> Cut:
    """Keep the words seen at least `min_freq` times, the most frequent first, up to `largest` entries.

    Without the limit the result is `build_vocabulary(sentences, min_freq)`.
    """
    frequent = sum(count >= min_freq for count in corpus.train.values())
    kept = corpus.words[: min(frequent, largest - len(RESERVED))]
    shares = (share for counts in (corpus.train, corpus.held_out) for share in covered(counts, kept))
    return Cut(kept, len(RESERVED) + len(kept), *shares)


def covered(counts: Mapping[str, int], kept: Iterable[str]) -> tuple[Share, Share]:
    """How many of the counted tokens, and how many of the types, are among the words kept."""
    known = [word for word in kept if word in counts]
    return (
        Share(sum(counts[word] for word in known), sum(counts.values())),
        Share(len(known), len(counts)),
    )


class Parameters(NamedTuple):
    """Numbers that are trained: of the two layers that grow with the vocabulary, and of the GRU between."""

    embedding: int
    output: int
    recurrent: int


def parameters(V: int, E: int, H: int) -> Parameters:
    """`nn.Embedding(V, E)`, `nn.Linear(H, V)` and `nn.GRU(E, H)`."""
    return Parameters(V * E, H * V + V, 3 * H * (E + H) + 6 * H)


class Unit(NamedTuple):
    """A way to cut text into entries, judged on held-out text.

    Attributes:
        size: V, entries with the 4 reserved tokens.
        unknown: held-out entries that are read as `<unk>`.
        pieces: held-out entries in all.
    """

    size: int
    unknown: int
    pieces: int


def units(corpus: Corpus, now: Cut, merges: int) -> dict[str, Unit]:
    """Whole words, subwords with so many merges, and characters."""
    tokens = now.held_out_tokens
    whole = Unit(now.size, tokens.all - tokens.known, tokens.all)
    return {"words": whole, "subwords": _pieced(corpus, merges), "characters": _pieced(corpus, 0)}


def _pieced(corpus: Corpus, merges: int) -> Unit:
    """Entries are the characters of the counted text and what the merges make of them."""
    learnt = corpus.merges[:merges]
    known = {c for word in corpus.train for c in word} | {left + right for left, right in learnt}
    cutter = Subwords(learnt)
    found = [(cutter.pieces(word), count) for word, count in corpus.held_out.items()]
    unknown = sum(count * sum(piece not in known for piece in pieces) for pieces, count in found)
    return Unit(len(RESERVED) + len(known), unknown, sum(count * len(pieces) for pieces, count in found))


# ---- packing ---------------------------------------------------------------------------------------------


def pack(corpus: Corpus) -> dict[str, Any]:
    """A corpus as short strings; `js/vocabulary.mjs` unpacks them."""
    counts = [corpus.train[word] for word in corpus.words]
    falls = [before - after for before, after in zip([counts[0], *counts], counts, strict=False)]
    unseen = sorted(word for word in corpus.held_out if word not in corpus.train)
    return {
        "words": " ".join(corpus.words),
        "most": counts[0],
        "falls": runs(falls),
        "held_out": runs([corpus.held_out[word] for word in corpus.words]),
        "unseen": " ".join(unseen),
        "unseen_counts": runs([corpus.held_out[word] for word in unseen]),
        "merges": " ".join(part for merge in corpus.merges for part in merge),
        "samples": corpus.samples,
    }


def runs(values: Sequence[int]) -> str:
    """Numbers as text, equal neighbours once: 5 0 0 0 2 is `5 0*3 2`."""
    parts: list[list[int]] = []
    for value in values:
        if parts and parts[-1][0] == value:
            parts[-1][1] += 1
        else:
            parts.append([value, 1])
    return " ".join(f"{value}*{times}" if times > 1 else str(value) for value, times in parts)


# ---- the still -------------------------------------------------------------------------------------------

WIDTH, HEIGHT, LEFT, TOP, GAP = 620, 230, 46, 30, 60
PLOT = (WIDTH - GAP) / 2 - LEFT, HEIGHT - TOP - 40


def draw_curves(corpus: Corpus, now: Cut, label: str) -> str:
    """Two plots side by side."""
    wide, tall = PLOT
    counts = [corpus.train[word] for word in corpus.words]
    N, top = len(counts), math.log(counts[0])
    ranked = [(math.log(r + 1) / math.log(N), math.log(n) / top) for r, n in enumerate(counts)]
    kept = len(now.words)
    zipf = [
        _path(ranked, "#8a63d2", ""),
        _upright(math.log(max(kept, 1)) / math.log(N)),
        svg_text(wide / 2, tall + 32, "rank of the word"),
        *(
            svg_text(wide * math.log(r) / math.log(N), tall + 15, str(r))
            for r in (1, 10, 100, 1000)
            if r <= N
        ),
        *(
            svg_text(-4, tall * (1 - math.log(n) / top) + 4, str(n), anchor="end")
            for n in (1, 10, 100, 1000, 10_000)
            if n <= counts[0]
        ),
    ]
    lines = [_coverage(corpus, part) for part in (corpus.train, corpus.held_out)]
    cover = [
        _path(lines[0], "#8a63d2", ""),
        _path(lines[1], "#d2571e", "5 3"),
        _upright(kept / N),
        svg_text(wide / 2, tall + 32, "words kept"),
        *(svg_text(wide * v / N, tall + 15, str(v)) for v in (0, N // 2, N)),
        *(svg_text(-4, tall * (1 - v / 100) + 4, str(v), anchor="end") for v in (0, 50, 100)),
    ]
    parts = []
    for left, title, marks in (
        (LEFT, "How often each word was seen", zipf),
        (LEFT * 2 + wide + GAP - LEFT / 2, "% of running words known", cover),
    ):
        parts.append(svg_text(left, 16, title, anchor="start", weight=600))
        frame = f'<rect width="{wide}" height="{tall}" fill="none" stroke="#888" stroke-opacity="0.6"/>'
        parts.append(f'<g transform="translate({left} {TOP})">{frame}{"".join(marks)}</g>')
    legend = "— the counted text, - - held-out text; the upright line is the cut"
    parts.append(svg_text(WIDTH / 2, HEIGHT + 22, legend))
    return svg_image(WIDTH, HEIGHT + 28, label, parts, font_size=12)


def _coverage(corpus: Corpus, counts: Mapping[str, int]) -> list[tuple[float, float]]:
    """The share of tokens known with 0, 1, ... words, against the share of words."""
    total, known, points = sum(counts.values()), 0, [(0.0, 0.0)]
    for rank, word in enumerate(corpus.words, start=1):
        known += counts[word]
        points.append((rank / len(corpus.words), known / total))
    return points


def _path(points: list[tuple[float, float]], stroke: str, dashes: str) -> str:
    """A curve through points of the unit square, at most 200 of them."""
    wide, tall = PLOT
    thinned = [*points[:: math.ceil(len(points) / 200)], points[-1]]
    d = " ".join(f"{wide * x:.1f},{tall * (1 - y):.1f}" for x, y in thinned)
    style = f'fill="none" stroke="{stroke}" stroke-width="2" stroke-dasharray="{dashes}"'
    return f'<polyline points="{d}" {style}/>'


def _upright(x: float) -> str:
    wide, tall = PLOT
    return f'<path d="M{wide * x:.1f} 0V{tall}" stroke="currentColor" stroke-dasharray="2 2"/>'
