"""Encoder and decoder: one recurrent network reads a sentence, another writes one from what is left in it."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from rnnlib.errors import check_size
from rnnlib.modes import evaluating

if TYPE_CHECKING:
    from rnnlib.models.recurrent import Recurrent

State = tuple[Tensor, ...]  # every part has the batch on axis 1, so that a search can reorder it


class Encoder(nn.Module, ABC):
    """Anything that reads a batch of padded sequences and leaves what a decoder starts from."""

    @abstractmethod
    def forward(self, source: Tensor, lengths: Tensor) -> tuple[Tensor, State]:
        """Read.

        Args:
            source: token ids (S, B).
            lengths: (B,), the tokens of each sentence that count.

        Returns:
            The output at every step, (S, B, ...), zero past a sentence's end, and the last state, of each
            sentence at its own end.
        """


class Decoder(nn.Module, ABC):
    """Anything that scores the next token, given the tokens before it and a state."""

    @abstractmethod
    def initial_state(self, encoded: tuple[Tensor, State], lengths: Tensor) -> State:
        """What the decoder starts from, out of what an encoder returned."""

    @abstractmethod
    def forward(self, target: Tensor, state: State) -> tuple[Tensor, State]:
        """Score what may follow each token.

        Args:
            target: token ids (T, B). T = 1 is a step of decoding; training gives whole sentences.
            state: the state before the first of them.

        Returns:
            `logits` (T, B, V) and the state after the last token.
        """


class EncoderDecoder(nn.Module):
    """An encoder and a decoder as one model.

    Args:
        encoder: reads the source.
        decoder: writes the target.
    """

    def __init__(self, encoder: Encoder, decoder: Decoder) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, source: Tensor, source_lengths: Tensor, target_in: Tensor) -> Tensor:
        """Score each target token, given the source and the true tokens before it (teacher forcing).

        Args:
            source: ids (S, B), padded.
            source_lengths: (B,).
            target_in: ids (T, B), `<bos>` first.

        Returns:
            `logits` (T, B, V) of the token that follows each of `target_in`.
        """
        return self.decoder(target_in, self.encode(source, source_lengths))[0]  # type: ignore[no-any-return]

    def encode(self, source: Tensor, lengths: Tensor) -> State:
        """The decoder's first state: what it is told of the source."""
        return self.decoder.initial_state(self.encoder(source, lengths), lengths)

    @torch.no_grad()
    def step(self, token_ids: Tensor, state: State) -> tuple[Tensor, State]:
        """One step of decoding, dropout off, by the same code as training.

        Args:
            token_ids: the last token of each sentence (B,).
            state: the state before it.

        Returns:
            `log_probs` (B, V) of the next token, and the new state.
        """
        with evaluating(self):
            logits, state = self.decoder(token_ids[None], state)  # (1, B, V)
        return logits[0].log_softmax(dim=-1), state


class RecurrentEncoder(Encoder):
    """Embedding and a recurrent layer.

    Args:
        rnn: a time-major layer of ours (it is told the lengths, so padding never reaches the state).
        vocab_size: V of the source.
        dropout: share of the embedding's entries set to 0 while training.
    """

    def __init__(self, rnn: "Recurrent", vocab_size: int, dropout: float = 0.0) -> None:
        super().__init__()
        check_size("vocab_size", vocab_size)
        self.embedding = nn.Embedding(vocab_size, rnn.input_size)
        self.dropout = nn.Dropout(dropout)
        self.rnn = rnn

    def forward(self, source: Tensor, lengths: Tensor) -> tuple[Tensor, State]:
        x = self.dropout(self.embedding(source))  # (S, B, E)
        if isinstance(self.rnn, nn.RNNBase):  # torch.nn's layers take lengths as a PackedSequence
            packed = nn.utils.rnn.pack_padded_sequence(x, lengths.cpu(), enforce_sorted=False)
            output, state = self.rnn(packed)
            output, _ = nn.utils.rnn.pad_packed_sequence(output, total_length=len(source))
        else:
            output, state = self.rnn(x, lengths=lengths)  # (S, B, H)
        return output, state if isinstance(state, tuple) else (state,)


class ContextDecoder(Decoder):
    """A recurrent decoder that sees a fixed context, the encoder's last output state, at every step.

    x_t = [embedding of y_{t-1}, c],  s_t = rnn(x_t, s_{t-1}),  logits_t = E P [s_t, c, embedding]: the
    projection P brings the state, the context and the last word to the embedding's width, and the output
    weights are the embedding itself (Press & Wolf 2017), with a bias of their own.

    Args:
        rnn: a time-major recurrent layer whose input size is E + H.
        vocab_size: V of the target.
        embedding_size: E.
        dropout: share of entries set to 0 while training, of the embedding and of the projection.
    """

    def __init__(self, rnn: "Recurrent", vocab_size: int, embedding_size: int, dropout: float = 0.0) -> None:
        super().__init__()
        check_size("vocab_size", vocab_size)
        check_size("embedding_size", embedding_size)
        expected = embedding_size + rnn.hidden_size
        if rnn.input_size != expected:
            raise ValueError(
                f"rnn has input_size={rnn.input_size}, expected embedding_size + hidden_size = {expected}: "
                "it reads the last word beside the context"
            )
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.rnn = rnn
        self.projection = nn.Linear(2 * rnn.hidden_size + embedding_size, embedding_size)
        self.output_bias = nn.Parameter(torch.zeros(vocab_size))
        self.dropout = nn.Dropout(dropout)

    def initial_state(self, encoded: tuple[Tensor, State], lengths: Tensor) -> State:
        """The encoder's state, and once more its topmost h as the context: (h[, c], context)."""
        _, state = encoded
        return (*state, state[0][-1:])

    def forward(self, target: Tensor, state: State) -> tuple[Tensor, State]:
        *before, context = state  # (L, B, H) each, (1, B, H)
        x = self.dropout(self.embedding(target))  # (T, B, E)
        s, after = self.advance(x, context, before)  # (T, B, H)
        return self.read_out(s, context.expand_as(s), x), (*after, context)

    def advance(self, x: Tensor, context: Tensor, before: Sequence[Tensor]) -> tuple[Tensor, State]:
        """The recurrent layer over [x_t, c]: its output (T, B, H) and the state after."""
        c = context.expand(len(x), -1, -1)  # (T, B, H)
        output, after = self.rnn(torch.cat([x, c], dim=-1), before[0] if len(before) == 1 else tuple(before))
        return output, after if isinstance(after, tuple) else (after,)

    def read_out(self, s: Tensor, context: Tensor, x: Tensor) -> Tensor:
        """The logits (T, B, V) out of state, context and last word."""
        features = self.projection(torch.cat([s, context, x], dim=-1))  # (T, B, E)
        return F.linear(self.dropout(features), self.embedding.weight, self.output_bias)


def masked_loss(logits: Tensor, target: Tensor, pad: int = 0) -> Tensor:
    """The mean loss of a real target token, in nats: the sum over those that are no padding, by their number.

    Args:
        logits: (T, B, V).
        target: ids (T, B).
        pad: the id that is no token.
    """
    return F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=pad)
