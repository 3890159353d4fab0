"""Checks of the exercises on the data of machine translation."""

from collections.abc import Callable, Sequence

from rnnlib.check.answers import accept, judge_function, refuse


def mt_sizes(turned: Callable[[Sequence[int]], list[int]]) -> None:
    """Check a function from sorted lengths to batch sizes."""

    def right(lengths: Sequence[int]) -> list[int]:
        return [sum(n > t for n in lengths) for t in range(max(lengths))]

    judge_function(
        "turned",
        lambda lengths: list(turned(lengths)),
        right,
        [([3, 2, 2],), ([6, 5, 3, 3, 2],), ([4],), ([1, 1, 1],)],
        [
            (
                lambda n: [sum(m >= t for m in n) for t in range(max(n))],
                "Off by one: a sentence of length n has n steps.",
            ),
            (
                lambda n: [sum(m == t + 1 for m in n) for t in range(max(n))],
                "That counts the sentences that end at a step.",
            ),
            (lambda n: [len(n)] * max(n), "Sentences that have ended no longer count."),
            (lambda n: right(n)[::-1], "The first step comes first: all sentences have it."),
        ],
        "How many sentences have a first token, how many a second?",
    )


def mt_pieces(join: Callable[[Sequence[str]], list[str]]) -> None:
    """Check a function from marked pieces, `his@@ toi@@ re`, to words."""

    def right(pieces: Sequence[str]) -> list[str]:
        return " ".join(pieces).replace("@@ ", "").split(" ")

    judge_function(
        "join",
        lambda text: list(join(text.split())),
        lambda text: right(text.split()),
        [("l'·",), ("h@@ is@@ toi@@ re",), ("la h@@ is@@ toi@@ re ·.",), ("re@@ re re re@@ re",)],
        [
            (
                lambda text: text.replace("@@", "").split(),
                "The marks are gone, and the pieces are still apart.",
            ),
            (lambda text: ["".join(text.replace("@@", "").split())], "All words have run together."),
            (
                lambda text: "".join(text.split()).split("@@"),
                "A mark says that the word goes on, not that it ends.",
            ),
            (lambda text: text.split(), "Nothing has been joined."),
        ],
        "Which pieces are followed by a border between words?",
    )


def mt_budget(cut: Callable[[Sequence[int], int], list[list[int]]]) -> None:
    """Check a function (lengths, budget of cells) to batches of sentence numbers."""
    lengths = [3, 9, 4, 9, 1, 7, 4, 2, 8, 5, 5, 3, 6, 10, 2, 4]
    batches = [list(batch) for batch in cut(lengths, 20) if len(batch)]
    numbers = sorted(k for batch in batches for k in batch)
    refuse(len(set(numbers)) < len(numbers), "a sentence is in two batches.")
    lost = sorted(set(range(len(lengths))) - set(numbers))
    refuse(bool(lost), f"{len(lost)} sentences are in no batch: is the last batch handed back, too?")
    cells = [max(lengths[k] for k in batch) * len(batch) for batch in batches]
    tokens = [sum(lengths[k] for k in batch) for batch in batches]
    refuse(
        max(cells) > 20 and max(tokens) <= 20,
        f"a batch has {max(cells)} cells: the budget counts cells, padding included, not tokens.",
    )
    refuse(max(cells) > 20, f"a batch has {max(cells)} cells, over the budget of 20.")
    waste = 1 - sum(tokens) / sum(cells)
    refuse(waste > 0.2, f"{waste:.0%} of the cells are padding: put sentences of like length together.")
    refuse(len(batches) > 8, f"{len(batches)} batches: fill each as far as the budget allows.")
    accept("cut")
