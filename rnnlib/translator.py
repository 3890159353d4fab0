"""A trained translator that takes whatever a person types, and says what it could not read."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from rnnlib.data.translation import BOS, EOS, PAD, UNK, detokenize, make_batch, word_tokens
from rnnlib.data.vocabulary import Vocabulary
from rnnlib.errors import check_size
from rnnlib.models.seq2seq import EncoderDecoder, State
from rnnlib.modes import evaluating
from rnnlib.search import Found, Hypothesis, beam_search, greedy_search, length_penalty

NEVER_WRITTEN = (PAD, BOS, UNK)


class Reading(NamedTuple):
    """A sentence as the translator reads it.

    Attributes:
        tokens: the source's tokens, as typed.
        ids: what they are read as (S,), without special tokens.
        notes: what was not plain about it, a sentence each.
    """

    tokens: list[str]
    ids: Tensor
    notes: list[str]


class Translation(NamedTuple):
    """A sentence as it was translated.

    Attributes:
        text: the translation; "" for an empty text.
        tokens: its tokens, without special ones.
        log_prob: of the whole translation, its end included, in nats.
        finished: whether the network ended it; False where it was cut at the greatest length.
        notes: what the reader should know, a sentence each: unknown words, a sentence longer than any in
            training, a translation that was cut.
    """

    text: str
    tokens: list[str]
    log_prob: float
    finished: bool
    notes: list[str]


class Translator:
    """A model with its vocabularies: text in, text out.

    Any text can be translated. It is normalised and cut into tokens by `word_tokens`. A token that the
    vocabulary does not hold is read in lower case if that is known ("The" as "the"), else with a capital
    ("paris" as "Paris"), else as `<unk>`; the notes say so. Signs, other scripts and control characters are
    unknown words like others.

    Args:
        model: the trained network.
        source_vocab, target_vocab: of both sides, `<pad> <bos> <eos> <unk>` first, as `build_vocabulary`
            makes them of `word_tokens`' tokens.
        longest: the most tokens of a source sentence in training; a longer one is noted. None notes nothing.
        reverse: whether the model was trained on sources from their last word to their first.

    Raises:
        ValueError: `longest` is below 1, or a vocabulary misses a reserved token.
    """

    def __init__(
        self,
        model: EncoderDecoder,
        source_vocab: Vocabulary,
        target_vocab: Vocabulary,
        longest: int | None = None,
        reverse: bool = False,
    ) -> None:
        if longest is not None:
            check_size("longest", longest)
        for name, vocab in {"source_vocab": source_vocab, "target_vocab": target_vocab}.items():
            if vocab.tokens[:4] != [PAD, BOS, EOS, UNK]:
                raise ValueError(
                    f"{name} begins with {vocab.tokens[:4]}, expected {[PAD, BOS, EOS, UNK]}, "
                    "as build_vocabulary makes it"
                )
        self.model, self.longest, self.reverse = model, longest, reverse
        self.source_vocab, self.target_vocab = source_vocab, target_vocab
        self.eos = target_vocab[EOS]
        self.banned = tuple(target_vocab[token] for token in NEVER_WRITTEN)

    def translate(
        self,
        sentences: str | Sequence[str],
        width: int = 1,
        alpha: float = 0.0,
        penalty: str = "power",
        max_length: int | None = None,
        batch_size: int = 64,
    ) -> Translation | list[Translation]:
        """Translate a sentence, or many of them in batches.

        Args:
            sentences: one text, or several.
            width: 1 for greedy search, more for beam search.
            alpha, penalty: of the beam's length penalty, see `rnnlib.search.length_penalty`. Among what the
                beam found, a translation that ended goes before one that was cut.
            max_length: the most tokens of a translation, its end included; by default 2 S + 10 for a source
                of S tokens.
            batch_size: how many sentences are translated at once, those of like length together; it changes
                the time and nothing else.

        Returns:
            One translation for one text, a list for several.

        Raises:
            TypeError: something that is no text.
            ValueError: `width`, `max_length` or `batch_size` below 1, `alpha` negative, `penalty` unknown.
        """
        if isinstance(sentences, str):
            return self.translate([sentences], width, alpha, penalty, max_length, batch_size)[0]  # type: ignore[return-value]
        if isinstance(sentences, bytes) or not isinstance(sentences, Iterable):
            raise TypeError(
                f"sentences is {sentences!r} ({type(sentences).__name__}), expected a str or several"
            )
        sizes = {"width": width, "batch_size": batch_size, "max_length": max_length}
        for name, size in sizes.items():
            if name != "max_length" or size is not None:
                check_size(name, size)  # type: ignore[arg-type]
        length_penalty(1, alpha, penalty)  # greedy search has no use for them; wrong ones are refused
        readings = [self.read(sentence) for sentence in sentences]
        translations = [self._nothing(reading) for reading in readings]
        order = sorted((k for k, r in enumerate(readings) if r.tokens), key=lambda k: len(readings[k].ids))
        for start in range(0, len(order), batch_size):
            chosen = order[start : start + batch_size]
            part = [readings[k] for k in chosen]
            if width == 1:
                found = self._greedy(part, max_length)
            else:
                searched = self.search(part, max_length, width=width, alpha=alpha, penalty=penalty)
                found = [result.best for result in searched]
            for k, hypothesis in zip(chosen, found, strict=True):
                translations[k] = self._write(hypothesis, readings[k])
        return translations

    def read(self, sentence: str) -> Reading:
        """The tokens and ids of a text, and notes about what it holds.

        Raises:
            TypeError: it is no text.
        """
        if not isinstance(sentence, str):
            raise TypeError(f"sentences holds {sentence!r} ({type(sentence).__name__}), expected str")
        tokens = word_tokens(sentence)
        known = [self._spelling(token) for token in tokens]
        ids = self.source_vocab.encode(known)  # (S,)
        return Reading(tokens, ids, self._notes(tokens, known))

    def search(self, readings: Sequence[Reading], max_length: int | None = None, **how: Any) -> list[Found]:
        """Beam search over sentences that were read, all at once.

        Args:
            readings: one or more, none of them empty.
            max_length: as in `translate`.
            how: further arguments of `rnnlib.search.beam_search`, such as `width`, `n_best` and `trace`.
        """
        state, first, limits = self.begin(readings, max_length)
        how = {"banned": self.banned, "finished_first": True} | how
        return beam_search(self.model.step, state, first, self.eos, limits, **how)  # type: ignore[arg-type]

    @torch.no_grad()
    def begin(
        self, readings: Sequence[Reading], max_length: int | None = None
    ) -> tuple[State, Tensor, Tensor]:
        """What a search starts from: the decoder's first state, and (B,) each `<bos>` and greatest length."""
        if max_length is not None:
            check_size("max_length", max_length)
        device = next(self.model.parameters()).device
        sources = [reading.ids.flip(0) if self.reverse else reading.ids for reading in readings]
        batch = make_batch(sources, [torch.zeros(0, dtype=torch.long)] * len(sources))
        with evaluating(self.model):
            state = self.model.encode(batch.source.to(device), batch.source_lengths)
        limits = torch.tensor([max_length or 2 * len(ids) + 10 for ids in sources])
        return state, batch.target_in[0].to(device), limits

    def _greedy(self, readings: Sequence[Reading], max_length: int | None) -> list[Hypothesis]:
        state, first, limits = self.begin(readings, max_length)
        return greedy_search(self.model.step, state, first, self.eos, limits, self.banned)

    def _spelling(self, token: str) -> str:
        """The token as the vocabulary has it, where only a capital keeps it from being known."""
        for spelling in (token, token.lower(), token[:1].upper() + token[1:].lower()):
            if spelling in self.source_vocab:
                return spelling
        return token

    def _notes(self, tokens: list[str], known: list[str]) -> list[str]:
        """What to tell about a source."""
        if not tokens:
            return ["The text is empty: there is nothing to translate."]
        notes = []
        pairs = zip(tokens, known, strict=True)
        respelt = dict.fromkeys(f"{_plain(a)} as {_plain(b)}" for a, b in pairs if a != b)
        if respelt:
            notes.append(f"Read {', '.join(respelt)}.")
        unknown = dict.fromkeys(_plain(token) for token in known if token not in self.source_vocab)
        if unknown:
            notes.append(f"Unknown, so read as {UNK}: {', '.join(unknown)}.")
        if self.longest is not None and len(tokens) > self.longest:
            notes.append(
                f"The sentence has {len(tokens)} tokens, more than any in training ({self.longest}): "
                "do not trust the translation."
            )
        return notes

    def _write(self, hypothesis: Hypothesis, reading: Reading) -> Translation:
        """The text of what was found."""
        tokens = self.target_vocab.decode(hypothesis.tokens)
        notes = list(reading.notes)
        if not hypothesis.finished:
            notes.append(f"The translation did not end; it was cut after {len(tokens)} tokens.")
        return Translation(detokenize(tokens), tokens, hypothesis.log_prob, hypothesis.finished, notes)

    def _nothing(self, reading: Reading) -> Translation:
        """The translation of an empty text."""
        return Translation("", [], 0.0, True, reading.notes)


def _plain(token: str) -> str:
    """A token in quotes, without its joining marks, control characters written as escapes."""
    return repr(detokenize([token]))
