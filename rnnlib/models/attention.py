"""A decoder that looks back at the encoder's outputs: one attention step more than `ContextDecoder`."""

import torch
from torch import Tensor
from torch.nn import functional as F

from rnnlib.models.seq2seq import ContextDecoder, State


class AttentionDecoder(ContextDecoder):
    """`ContextDecoder` whose read-out sees, in the fixed context's place, a mean of the encoder's outputs.

    The new state s_t scores every position k of the source by s_t . e_k; the softmax of the scores over the
    real positions weighs the outputs e_k (Luong, Pham & Manning 2015, "dot"). There are exactly as many
    parameters as without. The recurrent layer still reads the fixed context.

    Args:
        rnn, vocab_size, embedding_size, dropout: as in `ContextDecoder`.
    """

    def initial_state(self, encoded: tuple[Tensor, State], lengths: Tensor) -> State:
        """`(h[, c], context, outputs (S, B, H), padding (S, B))`."""
        outputs, _ = encoded
        positions = torch.arange(len(outputs), device=outputs.device)
        padding = positions[:, None] >= lengths.to(outputs.device)  # (S, B)
        return (*super().initial_state(encoded, lengths), outputs, padding)

    def forward(self, target: Tensor, state: State) -> tuple[Tensor, State]:
        *before, context, outputs, padding = state
        x = self.dropout(self.embedding(target))  # (T, B, E)
        s, after = self.advance(x, context, before)  # (T, B, H)
        weights = attention_weights(s, outputs, padding)  # (B, T, S)
        attended = (weights @ outputs.transpose(0, 1)).transpose(0, 1)  # (T, B, H)
        return self.read_out(s, attended, x), (*after, context, outputs, padding)


def attention_weights(s: Tensor, outputs: Tensor, padding: Tensor) -> Tensor:
    """How much each state looks at each source position.

    Args:
        s: the decoder's states (T, B, H).
        outputs: the encoder's outputs (S, B, H).
        padding: (S, B), true where the source has ended.

    Returns:
        (B, T, S): each row sums to 1 and is 0 at padding.
    """
    scores = s.transpose(0, 1) @ outputs.permute(1, 2, 0)  # (B, T, S)
    return F.softmax(scores.masked_fill(padding.T[:, None], -torch.inf), dim=-1)
