"""Checks of the exercises on sequence to sequence."""

from collections.abc import Callable, Sequence
from math import exp, sqrt

from rnnlib.bleu import bleu, bleu_counts, brevity_penalty
from rnnlib.check.answers import accept, judge, judge_function, refuse
from rnnlib.check.encoder_decoder import judge_size

SAID, REFERENCE = ["le", "chat", "le", "chat", "dort"], ["le", "chat", "noir", "dort"]


def seq2seq_count(count: Callable[[int, int, int, int], int]) -> None:
    """Check a function (V source, V target, E, H) to the number of the translator's parameters."""
    judge_size(count)


def seq2seq_accumulate(weights: Callable[[Sequence[int]], Sequence[float]]) -> None:
    """Check a function from the parts' numbers of tokens to the weights of their mean losses."""
    judge_function(
        "weights",
        lambda tokens: [float(weight) for weight in weights(tokens)],
        lambda tokens: [n / sum(tokens) for n in tokens],
        [([300, 500],), ([10, 20, 70],), ([7],)],
        [
            (
                lambda tokens: [1 / len(tokens)] * len(tokens),
                "Equal weights give a word in a short part more weight than one in a long part.",
            ),
            (
                lambda tokens: [1.0] * len(tokens),
                "The weights add up to more than 1: the step would be too long.",
            ),
            (
                lambda tokens: [sum(tokens) / n / len(tokens) for n in tokens],
                "Upside down: the part with more tokens has to weigh more.",
            ),
            (
                lambda tokens: [float(n) for n in tokens],
                "Those weigh the means into a sum: divide by all tokens.",
            ),
        ],
        "Each mean is a sum divided by its own number of tokens. By what must the whole be divided?",
    )


def seq2seq_hand(p_1: float, p_2: float, penalty: float, score: float) -> None:
    """Check both precisions, the brevity penalty and BLEU of the exercise's sentence with N = 2."""
    (one, two), (all_1, all_2), *lengths = bleu_counts(SAID, [REFERENCE], max_order=2)
    judge(
        "p_1",
        p_1,
        one / all_1,
        [
            (1.0, "Clip: a word counts at most as often as the reference has it."),
            (3 / 4, "The number of the *output's* words stands below."),
            (4 / 5, "Clip both: how often does the reference have each of the two repeated words?"),
        ],
        "Count the output's words that the reference has, each at most as often as it has them.",
    )
    judge(
        "p_2",
        p_2,
        two / all_2,
        [
            (2 / 4, "Clip: the reference has that pair once."),
            (1 / 3, "The number of the *output's* pairs stands below."),
            (1 / 5, "Five words make four pairs."),
        ],
        "List the output's pairs of neighbours, then look for them in the reference.",
    )
    judge(
        "penalty",
        penalty,
        brevity_penalty(*lengths),
        [
            (exp(1 - 5 / 4), "Output and reference have changed places: only short outputs are punished."),
            (exp(1 - 4 / 5), "It is never above 1."),
        ],
        "Is the output shorter than the reference?",
    )
    judge(
        "score",
        score,
        bleu([SAID], [[REFERENCE]], max_order=2),
        [
            ((3 / 5 + 1 / 4) / 2, "BLEU takes the geometric mean of the precisions, not the arithmetic one."),
            (3 / 5 * 1 / 4, "The root is missing: with N = 2 it is the square root."),
            (sqrt(3 / 5) * (1 / 4) ** 0.25, "That is a tutorial's formula, p_n to the power of 1/2^n."),
            (sqrt(1 / 2), "That is the score without clipping."),
        ],
        "Multiply the precisions, take the root, multiply by the penalty.",
        tolerance=1e-3,
    )


def seq2seq_references(said: Sequence[str], references: Sequence[Sequence[str]]) -> None:
    """Check an output and two references of which the second makes its BLEU (N = 2) lower."""
    refuse(
        isinstance(said, str) or any(isinstance(ref, str) for ref in references),
        "a sentence is a list of tokens: cut it first.",
    )
    refuse(len(references) != 2, f"{len(references)} references, expected two: the one and the one more.")
    fewer, more = (bleu([said], [references[:n]], max_order=2) for n in (1, 2))
    refuse(fewer == 0, "BLEU is 0 already with one reference, so it cannot fall.")
    lengths = [len(reference) for reference in references]
    refuse(
        more > fewer,
        f"BLEU rises from {fewer:.3f} to {more:.3f}: the new matches outweigh the new length.",
    )
    refuse(
        more == fewer,
        f"BLEU stays at {fewer:.3f}: the output has {len(said)} tokens, the references {lengths[0]} and "
        f"{lengths[1]}. Which of them does the brevity penalty look at?",
    )
    accept("references")
