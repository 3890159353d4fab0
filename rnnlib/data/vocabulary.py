"""The two-way table between tokens and their ids."""

from collections import Counter
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from rnnlib.errors import check_size


class Vocabulary:
    """Tokens numbered from 0: the reserved ones first, then by falling frequency, ties in alphabetical order.

    Args:
        tokens: the tokens to count, for example `rnnlib.data.tokenize`'s result.
        min_freq: tokens seen less often are left out.
        reserved: tokens that always get the first ids, in this order. With `"<unk>"` among them every unknown
            token is read as that; without it an unknown token is an error.

    Attributes:
        tokens (list[str]): the token of each id.
        counts (dict[str, int]): how often each token came, the left-out ones included.
        unk (int | None): the id of `"<unk>"`.

    Raises:
        TypeError: `tokens` is one string, or holds something that is no string.
        ValueError: there are no tokens, `min_freq` is below 1, or `reserved` names a token twice.
    """

    def __init__(
        self, tokens: Iterable[str], min_freq: int = 1, reserved: Sequence[str] = ("<unk>",)
    ) -> None:
        if isinstance(tokens, str):
            raise TypeError("tokens is one str, expected the tokens themselves, such as tokenize(text) gives")
        check_size("min_freq", min_freq)
        reserved = [reserved] if isinstance(reserved, str) else list(reserved)
        if len(set(reserved)) != len(reserved):
            raise ValueError(f"reserved is {reserved}, expected every token once")
        counts = Counter(tokens)
        for token in (*counts, *reserved):
            if not isinstance(token, str):
                raise TypeError(f"tokens holds {token!r} of type {type(token).__name__}, expected only str")
        if not counts:
            raise ValueError("tokens is empty, expected at least one token")
        frequent = [t for t, n in counts.items() if n >= min_freq and t not in reserved]
        self.counts: dict[str, int] = dict(counts)
        self.tokens: list[str] = reserved + sorted(frequent, key=lambda t: (-counts[t], t))
        self._ids = {token: i for i, token in enumerate(self.tokens)}
        self.unk: int | None = self._ids.get("<unk>") if "<unk>" in reserved else None
        self._only_characters = all(len(t) == 1 for t in frequent)

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token: object) -> bool:
        return token in self._ids

    def __getitem__(self, token: str) -> int:
        """The token's id; `unk` for an unknown token.

        Raises:
            TypeError: the token is no string.
            KeyError: the token is unknown and the vocabulary reserves no `"<unk>"`.
        """
        if not isinstance(token, str):
            raise TypeError(f"token is {token!r} ({type(token).__name__}), expected a str")
        if token in self._ids:
            return self._ids[token]
        if self.unk is None:
            raise KeyError(
                f"token {token!r} is not in the vocabulary, which reserves no '<unk>' to read it as"
            )
        return self.unk

    def __repr__(self) -> str:
        return f"Vocabulary({len(self)} tokens: {', '.join(map(repr, self.tokens[:6]))}, ...)"

    def encode(self, tokens: Iterable[str]) -> Tensor:
        """Tokens to ids.

        Args:
            tokens: the tokens; a vocabulary of single characters also takes a plain string.

        Returns:
            LongTensor (T,).

        Raises:
            TypeError: `tokens` is a string but the vocabulary holds whole words.
            KeyError: a token is unknown and there is no `"<unk>"`.
        """
        if isinstance(tokens, str) and not self._only_characters:
            raise TypeError("tokens is one str, but this vocabulary holds words: expected a list of tokens")
        return torch.tensor([self[token] for token in tokens], dtype=torch.long)

    def decode(self, ids: Tensor | Iterable[int]) -> list[str]:
        """Ids to tokens.

        Args:
            ids: integer tensor (T,) or integers.

        Returns:
            The tokens; join them with `""` (characters) or `" "` (words).

        Raises:
            TypeError: `ids` are no integers.
            ValueError: `ids` has more than one axis, or an id out of range.
        """
        ids = check_ids(ids, "ids", len(self))
        return [self.tokens[i] for i in ids.tolist()]


def check_ids(ids: Tensor | Iterable[int], name: str, vocab_size: int | None = None) -> Tensor:
    """Token ids as a LongTensor (T,), checked.

    Args:
        ids: integer tensor, array or iterable of integers with one axis.
        name: the argument's name, for the error.
        vocab_size: with it every id has to lie in 0 ... vocab_size - 1; without it, only to be no negative
            one.

    Raises:
        TypeError: the ids are not integers.
        ValueError: more than one axis, or an id out of range.
    """
    if not isinstance(ids, Tensor):
        try:
            ids = torch.as_tensor(ids if hasattr(ids, "__array__") else list(ids))
        except (TypeError, ValueError, RuntimeError) as error:
            came = f"{type(ids).__name__} {ids!r:.40}"
            raise TypeError(f"{name} is {came}, expected integer token ids, (T,)") from error
        ids = ids.long() if ids.numel() == 0 else ids
    if ids.is_floating_point() or ids.is_complex() or ids.dtype == torch.bool:
        raise TypeError(f"{name} has dtype {ids.dtype}, expected integer token ids (torch.long)")
    if ids.dim() != 1:
        raise ValueError(f"{name} has shape {tuple(ids.shape)}, expected one axis, (T,)")
    bad = ids < 0 if vocab_size is None else (ids < 0) | (ids >= vocab_size)
    if bad.any():
        t = int(bad.nonzero()[0, 0])
        wanted = "0 or more" if vocab_size is None else f"0 to {vocab_size - 1}"
        raise ValueError(f"{name} holds the id {int(ids[t])} at position {t}, expected {wanted}")
    return ids.long()
