"""Checks of the exercises on encoders and decoders."""

from collections.abc import Callable
from math import log, log2

import torch
from torch import Tensor

from rnnlib.check.answers import accept, judge_function, refuse, seeded
from rnnlib.layers import GRU
from rnnlib.models import ContextDecoder, Decoder, Encoder, EncoderDecoder, RecurrentEncoder


def encdec_bits(bits: Callable[[int, int], float]) -> None:
    """Check a function from a length and a number of kinds to the bits of such a sequence at most."""
    judge_function(
        "bits",
        bits,
        lambda length, kinds: length * log2(kinds),
        [(30, 30_000), (8, 8), (5, 2)],
        [
            (lambda length, kinds: length * log(kinds), "These are nats: a bit is the logarithm to base 2."),
            (
                lambda length, kinds: log2(length * kinds),
                "There are kinds ** length sequences, not kinds * length.",
            ),
            (lambda length, kinds: kinds * log2(length), "Length and kinds have changed places."),
            (lambda length, kinds: length * kinds, "A token of V kinds is not V bits."),
            (
                lambda length, kinds: kinds**length,
                "That is the number of sequences. How many bits tell them apart?",
            ),
        ],
        "How many different sequences are there, and how often must you halve that number?",
    )


def encdec_count(count: Callable[[int, int, int, int], int]) -> None:
    """Check a function (V source, V target, E, H) to the parameters of a GRU reader with `ContextDecoder`."""
    judge_size(count)


def judge_size(count: Callable[[int, int, int, int], int]) -> None:
    """Compare a function (V source, V target, E, H) with the parameters of encoder and `ContextDecoder`."""

    def right(sources: int, targets: int, E: int, H: int) -> int:
        with torch.device("meta"):
            encoder = RecurrentEncoder(GRU(E, H), sources)
            decoder = ContextDecoder(GRU(E + H, H), targets, E)
        return sum(p.numel() for p in EncoderDecoder(encoder, decoder).parameters())

    judge_function(
        "count",
        count,
        right,
        [(40, 15, 16, 64), (7, 5, 2, 3)],
        [
            (
                lambda s, t, E, H: right(s, t, E, H) - 3 * H * H,
                "The decoder's GRU reads the context beside the token: E + H numbers.",
            ),
            (
                lambda s, t, E, H: right(s, t, E, H) + t * E,
                "The output uses the embedding table a second time: count it once.",
            ),
            (lambda s, t, E, H: right(s, t, E, H) - 6 * H, "PyTorch's GRU has two biases in each block."),
            (
                lambda s, t, E, H: right(s, t, E, H) - (2 * H + E) * E - E,
                "The projection of state, context and token is missing.",
            ),
            (lambda s, t, E, H: right(s, t, E, H) - E, "The projection has a bias of E numbers."),
            (lambda s, t, E, H: right(s, t, E, H) - t, "The output has a bias for each target token."),
        ],
        "List the parts: two embeddings, two GRUs, the projection, the output's bias.",
    )


@seeded
def encdec_last(own_last: Callable[[Tensor, Tensor], Tensor]) -> None:
    """Check a function (outputs (S, B, H), lengths (B,)) to each sequence's own last output, (B, H)."""
    lengths = torch.tensor([4, 6, 2])
    outputs = torch.randn(6, 3, 5) * (torch.arange(6)[:, None] < lengths)[..., None]

    def at(steps: Tensor) -> Callable[[Tensor, Tensor], Tensor]:
        return lambda outputs, lengths: outputs[steps, torch.arange(3)]

    judge_function(
        "own_last",
        own_last,
        at(lengths - 1),
        [(outputs, lengths)],
        [
            (at(torch.tensor([5, 5, 5])), "That is outputs[-1]: zero for every sequence but the longest."),
            (at(lengths - 2), "One step too early: the last of n steps has the index n - 1."),
            (lambda outputs, lengths: outputs.sum(0), "That is the sum over all steps."),
            (
                lambda outputs, lengths: outputs[lengths - 1],
                "That takes three whole steps. Pick step n - 1 *of its own column* for each sequence.",
            ),
        ],
        "Which step is the last of sequence b, and in which column does it stand?",
    )


@seeded
def encdec_bidirectional(build: Callable[[int, int, int], Encoder]) -> None:
    """Check a class of encoders, made of (vocab_size, embedding_size, hidden_size), that read both ways."""
    encoder = build(12, 4, 6)
    refuse(not isinstance(encoder, Encoder), f"it is a {type(encoder).__name__}, expected an Encoder")
    source = torch.tensor([[4, 5, 6, 2, 0, 0], [7, 8, 9, 10, 11, 2]]).T
    lengths = torch.tensor([4, 6])

    def state(source: Tensor, lengths: Tensor) -> Tensor:
        with torch.no_grad():
            _, parts = encoder(source, lengths)
        refuse(not isinstance(parts, tuple), "the state is to be a tuple of tensors.")
        first: Tensor = parts[0]
        return first

    both = state(source, lengths)
    refuse(
        both.shape != (1, 2, 6), f"the state has shape {tuple(both.shape)}, expected (1, B, H) = (1, 2, 6)"
    )
    alone = state(source[:4, :1], lengths[:1])
    off = (both[:, :1] - alone).abs().max().item()
    refuse(
        off > 1e-5,
        f"padding moves a state by {off:.2f}: the reader from the end has to start at the sentence's end.",
    )
    refuse(bool((both.abs() >= 1).any()), "the state leaves the range of tanh.")
    readers = [m for m in encoder.modules() if getattr(m, "bidirectional", False)]
    refuse(not readers, "no layer of it is bidirectional.")
    for name in ("weight_hh_l0", "weight_hh_l0_reverse"):
        encoder.zero_grad()
        encoder(source, lengths)[1][0].sum().backward()
        grad = getattr(readers[0], name).grad
        refuse(
            grad is None or not grad.any(),
            "only one of the readers has read on: which slices of h_n are the two last states?",
        )
    accept("encoder")


@seeded
def encdec_position(build: Callable[[int, int], Decoder]) -> None:
    """Check a class of decoders, made of (hidden_size, vocab_size), that know only the step's number."""
    decoder = build(6, 9)
    encoded = (torch.zeros(3, 2, 6), (torch.randn(1, 2, 6),))
    tokens = torch.tensor([[1, 1], [4, 7], [5, 8], [6, 4]])
    with torch.no_grad():
        start = decoder.initial_state(encoded, torch.tensor([3, 3]))
        refuse(
            any(part.shape[1] != 2 for part in start),
            "a part of the state does not have the batch on axis 1, so a search could not reorder it.",
        )
        logits, _ = decoder(tokens, start)
        refuse(
            logits.shape != (4, 2, 9),
            f"logits have shape {tuple(logits.shape)}, expected (T, B, V) = (4, 2, 9)",
        )
        other, _ = decoder(tokens.flip(0), start)
        refuse(
            not torch.allclose(logits, other), "other tokens give other logits: it looks at what was written."
        )
        refuse(
            torch.allclose(logits[0], logits[1]), "all steps get the same logits: the state does not count."
        )
        steps, state = [], start
        for row in tokens:
            step, state = decoder(row[None], state)
            steps.append(step[0])
    difference = (torch.stack(steps) - logits).abs().max().item()
    refuse(
        difference > 1e-5,
        f"step by step it differs from one call by {difference:.2g}: how far does a call move the count on?",
    )
    accept("decoder")
