"""Sequence labelling: a tag for every token of a sentence."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnnlib.errors import check_shape, check_size
from rnnlib.layers.packed import check_lengths
from rnnlib.modes import evaluating

if TYPE_CHECKING:
    from rnnlib.models.recurrent import Recurrent


class Tagger(nn.Module):
    """Embedding, recurrent layers, dropout, linear layer onto the tags, the same one at every step.

    In one direction the tag of a word is decided by that word and those before it; in two, by the sentence.

    Args:
        rnn: any module called as `torch.nn.GRU` is, time-major: ours or torch.nn's, of any depth, in one or
            two directions.
        vocab_size: V, the number of different tokens.
        num_tags: K, the number of different tags.
        dropout: share of the recurrent layer's outputs set to 0 while training.

    Raises:
        ValueError: a size below 1, `dropout` not in [0, 1), or `rnn` puts the batch first.
    """

    def __init__(self, rnn: "Recurrent", vocab_size: int, num_tags: int, dropout: float = 0.0) -> None:
        super().__init__()
        check_size("vocab_size", vocab_size)
        check_size("num_tags", num_tags)
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout is {dropout}, expected a number in [0, 1)")
        if getattr(rnn, "batch_first", False):
            raise ValueError("rnn has batch_first=True, expected a time-major one (batch_first=False)")
        directions = 2 if getattr(rnn, "bidirectional", False) else 1
        like = next(rnn.parameters())
        where: dict[str, Any] = {"device": like.device, "dtype": like.dtype}
        self.embedding = nn.Embedding(vocab_size, rnn.input_size, **where)
        self.rnn = rnn
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(directions * rnn.hidden_size, num_tags, **where)  # W_hq, (D*H, K) transposed

    def forward(self, ids: Tensor, lengths: Tensor | Sequence[int] | None = None) -> Tensor:
        """The scores of all tags for every token.

        Args:
            ids: token ids (T, B); past a length any id of the vocabulary, which is not read.
            lengths: (B,) whole numbers in 1..T, for sentences of uneven length.

        Returns:
            (T, B, K). Past a length they mean nothing.

        Raises:
            TypeError: `ids` or `lengths` are no integers.
            ValueError: `ids` is not (T, B) with T, B of 1 or more, an id is not in 0 ... V - 1, or lengths
                don't fit.
        """
        check_labels("ids", ids, self.embedding.num_embeddings)
        x = self.embedding(ids)  # (T, B, I)
        h = self._read(x, lengths)  # (T, B, D*H)
        scores: Tensor = self.output(self.dropout(h))  # (T, B, K)
        return scores

    @torch.no_grad()
    def predict(self, ids: Tensor, lengths: Tensor | Sequence[int] | None = None) -> Tensor:
        """The likeliest tag of every token, (T, B), dropout off; arguments as in `forward`."""
        with evaluating(self):
            return self(ids, lengths).argmax(dim=-1)  # type: ignore[no-any-return]

    def _read(self, x: Tensor, lengths: Tensor | Sequence[int] | None) -> Tensor:
        """The recurrent layers' outputs; packed, no direction sees padding, whoever's layers they are."""
        if lengths is None:
            output: Tensor = self.rnn(x)[0]
            return output
        lengths = check_lengths(lengths, x).cpu()
        packed, _ = self.rnn(pack_padded_sequence(x, lengths, enforce_sorted=False))
        return pad_packed_sequence(packed, total_length=len(x))[0]


def tagging_loss(logits: Tensor, tags: Tensor, ignore_index: int = -100) -> Tensor:
    """The mean cross entropy over the tokens, in nats; padding does not count.

    Args:
        logits: (T, B, K).
        tags: (T, B) in 0 ... K - 1, and `ignore_index` where there is no token.
        ignore_index: what stands for padding.

    Raises:
        TypeError: `tags` are no integers.
        ValueError: shapes that don't fit, a tag outside the set, or padding alone.
    """
    check_shape("logits", logits, dict.fromkeys(("time", "batch", "num_tags")))
    time, batch, num_tags = logits.shape
    check_shape("tags", tags, {"time": time, "batch": batch})
    check_labels("tags", tags, num_tags, ignore_index)
    if (tags == ignore_index).all():
        raise ValueError(f"tags holds {ignore_index} everywhere, expected at least one tag to learn from")
    return F.cross_entropy(logits.flatten(0, 1), tags.flatten().long(), ignore_index=ignore_index)


def check_labels(name: str, labels: Tensor, num_labels: int, ignore_index: int | None = None) -> None:
    """Require (T, B) whole numbers in 0 ... num_labels - 1, or `ignore_index`.

    Raises:
        TypeError: no tensor of integers.
        ValueError: no axes or empty ones, or a label outside the set.
    """
    if not isinstance(labels, Tensor) or labels.dtype not in (torch.long, torch.int):
        came = f"dtype {labels.dtype}" if isinstance(labels, Tensor) else f"type {type(labels).__name__}"
        raise TypeError(f"{name} has {came}, expected a tensor of integers (torch.long)")
    if labels.dim() != 2 or labels.numel() == 0:
        raise ValueError(f"{name} has shape {tuple(labels.shape)}, expected (T, B) with T and B of 1 or more")
    is_wrong = (labels < 0) | (labels >= num_labels)
    if ignore_index is not None:
        is_wrong &= labels != ignore_index
    if is_wrong.any():
        t, b = is_wrong.nonzero()[0].tolist()
        also = "" if ignore_index is None else f", or {ignore_index} for padding"
        raise ValueError(
            f"{name} holds {int(labels[t, b])} at (t={t}, b={b}), expected 0 to {num_labels - 1}{also}"
        )
