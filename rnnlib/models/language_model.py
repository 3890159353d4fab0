"""A recurrent language model: the probability of the next token given all before."""

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from rnnlib.errors import check_size
from rnnlib.modes import evaluating

if TYPE_CHECKING:
    from rnnlib.models.recurrent import Recurrent


class LanguageModel(nn.Module):
    """Embedding, recurrent layer, dropout, linear layer onto the vocabulary.

    Args:
        rnn: any module called as `torch.nn.GRU` is, time-major: ours or torch.nn's.
        vocab_size: V, the number of different tokens.
        dropout: share of the recurrent layer's outputs set to 0 while training.

    Raises:
        ValueError: `vocab_size` is below 1, `dropout` not in [0, 1), or `rnn` puts the batch first.
    """

    def __init__(self, rnn: "Recurrent", vocab_size: int, dropout: float = 0.0) -> None:
        super().__init__()
        check_size("vocab_size", vocab_size)
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout is {dropout}, expected a number from 0 to 1, 1 excluded")
        if getattr(rnn, "batch_first", False):
            raise ValueError("rnn has batch_first=True, expected a time-major one (batch_first=False)")
        directions = 2 if getattr(rnn, "bidirectional", False) else 1
        like = next(rnn.parameters())
        where: dict[str, Any] = {"device": like.device, "dtype": like.dtype}
        self.vocab_size = vocab_size
        self.embedding = nn.Embedding(vocab_size, rnn.input_size, **where)
        self.rnn = rnn
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(directions * rnn.hidden_size, vocab_size, **where)

    def forward(self, ids: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Reads tokens and scores what may follow each of them.

        Args:
            ids: token ids (T, B).
            state: the recurrent layer's state; zeros by default.

        Returns:
            `logits` (T, B, V), of the token after each one read, and the layer's new state.

        Raises:
            TypeError: `ids` are no integers.
            ValueError: `ids` is not (T, B) with T, B of 1 or more, or an id is not in 0 ... V - 1.
        """
        self._check(ids)
        x = self.embedding(ids)  # (T, B, I)
        hidden, state = self.rnn(x, state)  # (T, B, H)
        return self.output(self.dropout(hidden)), state  # (T, B, V)

    @torch.no_grad()
    def step(self, token_ids: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """One step of decoding, dropout off: what `rnnlib.decoding.generate` calls.

        Args:
            token_ids: (B,).
            state: the state after the tokens before; `None` at the start.

        Returns:
            `log_probs` (B, V) of the next token, and the new state.
        """
        with evaluating(self):
            logits, state = self(token_ids.to(self.embedding.weight.device)[None], state)  # (1, B, V)
        return logits[0].log_softmax(dim=-1), state

    def _check(self, ids: Tensor) -> None:
        if not isinstance(ids, Tensor) or ids.dtype not in (torch.long, torch.int):
            came = f"dtype {ids.dtype}" if isinstance(ids, Tensor) else f"type {type(ids).__name__}"
            raise TypeError(f"ids has {came}, expected a tensor of integer token ids (torch.long)")
        if ids.dim() != 2 or ids.numel() == 0:
            raise ValueError(f"ids has shape {tuple(ids.shape)}, expected (T, B) with T and B of 1 or more")
        low, high = ids.aminmax()
        if low < 0 or high >= self.vocab_size:
            t, b = ((ids < 0) | (ids >= self.vocab_size)).nonzero()[0].tolist()
            raise ValueError(
                f"ids holds {int(ids[t, b])} at (t={t}, b={b}), expected 0 to V - 1 = {self.vocab_size - 1}"
            )
