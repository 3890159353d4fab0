"""Sentence pairs: where they come from, their words and back again, and batches of them."""

import os
import re
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from rnnlib.data.corpora import Source, fetch
from rnnlib.data.padding import pad
from rnnlib.data.vocabulary import Vocabulary
from rnnlib.errors import check_size

Pair = tuple[str, str]  # source sentence, target sentence

TATOEBA = Source(
    name="fra-eng.zip",
    url="https://d2l-data.s3-accelerate.amazonaws.com/fra-eng.zip",
    sha256="fa96382b2c8b609e1662654c1e6e6baeb8d30b3bf63dfb4a5a261cc36347df13",
)
PAD, BOS, EOS, UNK = "<pad>", "<bos>", "<eos>", "<unk>"
RESERVED = (PAD, BOS, EOS, UNK)  # ids 0 to 3

# ---- sentences ------------------------------------------------------------------------------------------


def load_tatoeba(
    root: str | os.PathLike[str] | None = None, download: bool = True, source: Source = TATOEBA
) -> list[Pair]:
    """English sentences with a French translation, of the Tatoeba project (CC BY 2.0 FR): 167,130 pairs.

    Args:
        root: folder that keeps the download; by default the user's cache folder.
        download: fetch the file where it is not yet on disk.
        source: another place to take it from.

    Returns:
        `(english, french)` in the published order, from short to long. An English sentence with several
        translations comes several times.

    Raises:
        DataUnavailable: no copy, and no network (or `download=False`), or `root` cannot be written.
        DigestMismatch: the copy or the download is not the published file.
    """
    with zipfile.ZipFile(fetch(source, root, download)) as archive:
        text = archive.read("fra-eng/fra.txt")
    return parse_pairs(text, "fra-eng/fra.txt")


def load_pairs(path: str | os.PathLike[str]) -> list[Pair]:
    """The reader's own pairs: a UTF-8 file with one pair a line, source and target parted by a tab.

    Further columns are left out, and so are empty lines.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: a line without a tab, with an empty side or that is not UTF-8 (the message has its
            number), or a file without a pair.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"path is {path}, which is no file; expected a tab-separated file in UTF-8")
    return parse_pairs(path.read_bytes(), str(path))


def parse_pairs(data: bytes, name: str) -> list[Pair]:
    """The pairs of a tab-separated file's bytes; `name` is what errors call it."""
    pairs = []
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), start=1):
        try:
            columns = line.decode("utf-8").split("\t")
        except UnicodeDecodeError as error:
            raise ValueError(f"{name}, line {number}: byte {error.start} is not UTF-8") from error
        if not line.strip():
            continue
        if len(columns) < 2:
            raise ValueError(
                f"{name}, line {number}: no tab in {columns[0][:60]!r}, expected source, tab, target"
            )
        if not (columns[0].strip() and columns[1].strip()):
            raise ValueError(
                f"{name}, line {number}: the {'target' if columns[0].strip() else 'source'} is empty"
            )
        pairs.append((columns[0].strip(), columns[1].strip()))
    if not pairs:
        raise ValueError(f"{name} holds no pair, expected at least one line with a tab")
    return pairs


class Split(NamedTuple):
    """Pairs to train on, to choose by and to judge by."""

    train: list[Pair]
    valid: list[Pair]
    test: list[Pair]


def split_by_source(pairs: Sequence[Pair], num_valid: int, num_test: int, seed: int = 0) -> Split:
    """Hold out sentences: all translations of a source sentence go to the same part.

    Without this the English of a held-out pair would stand in training beside another translation, and a
    network could recall it. Sources that differ only in case, spaces or a final mark count as one.

    Args:
        pairs: (source, target).
        num_valid, num_test: how many source sentences are held out in each part.
        seed: of the draw.

    Raises:
        ValueError: fewer source sentences than are to be held out, with one left to train on.
    """
    by_source: dict[str, list[Pair]] = {}
    for pair in pairs:
        by_source.setdefault(_same_sentence(pair[0]), []).append(pair)
    held_out = num_valid + num_test
    if not 0 <= held_out < len(by_source):
        raise ValueError(
            f"num_valid + num_test is {held_out}, expected fewer than the {len(by_source)} source sentences"
        )
    order = torch.randperm(len(by_source), generator=torch.Generator().manual_seed(seed)).tolist()
    groups = list(by_source.values())
    chosen = [groups[k] for k in order]

    def part(start: int, stop: int | None) -> list[Pair]:
        return [pair for group in chosen[start:stop] for pair in group]

    return Split(part(held_out, None), part(0, num_valid), part(num_valid, held_out))


def _same_sentence(sentence: str) -> str:
    return normalize(sentence).casefold().rstrip("\u202f .!?")


# ---- words and back ---------------------------------------------------------------------------------------

JOINER = "·"  # marks the side on which a token touches its neighbour: "j'·" "ai" "·."
_MARKS = "?!;:»"
_CLITICS = "je|tu|il|elle|on|nous|vous|ils|elles|ce|le|la|les|lui|leur|moi|toi|y|en|là|ci"
_TOKEN = re.compile(
    rf"""
      aujourd'hui\b | o'clock\b
    | \d+(?:[.,:]\d+)*                            # 3  1,000  10:30
    | [^\W\d_]+(?='(?:s|re|ll|ve|d|m)\b)            # it's: it + 's
    | '(?:s|re|ll|ve|d|m)\b
    | [^\W\d_]+n't\b                              # don't
    | [^\W\d_]+'(?=\w)                            # j'ai: j' + ai
    | (?<=\w)-(?:t-)?(?:{_CLITICS})\b             # a-t-il: a + -t-il
    | \w+(?:-(?!(?:t-)?(?:{_CLITICS})\b)\w+)*     # peut-être
    | \.\.\.
    | \u202f[{_MARKS}] | «\u202f
    | [^\w\s]
    """,
    re.VERBOSE | re.IGNORECASE,
)


def normalize(text: str) -> str:
    """One way to write a sentence: NFC, straight apostrophes, single spaces, French spacing before marks.

    French puts a narrow no-break space (U+202F) before `? ! ; : »` and behind `«`. Corpora have all kinds of
    spaces there, or none: where there is any, it becomes that one.

    Args:
        text: any text.
    """
    text = unicodedata.normalize("NFC", text)
    text = re.sub(r"[\u200b\u00ad\ufeff]", "", text)  # invisible signs
    text = re.sub(r"[’‘ʼ]", "'", text).replace("…", "...").replace(JOINER, "‧")
    text = " ".join(text.split())
    text = re.sub(rf"\s([{_MARKS}])", "\u202f\\1", text)
    return re.sub(r"«\s", "«\u202f", text)


def word_tokens(sentence: str) -> list[str]:
    """Cut an English or French sentence into tokens from which `detokenize` makes the sentence again.

    A token that touches its neighbour without a space carries `·` on that side: `"I'm here."` becomes
    `I ·'m here ·.`, and `"J'y vais-je ?"` becomes `J'· y vais ·-je ·\u202f?`.

    Args:
        sentence: any text; it is normalised first.

    Returns:
        The tokens; none for an empty text.
    """
    text = normalize(sentence)
    found = list(_TOKEN.finditer(text))
    tokens = [match[0] for match in found]
    for k, (before, after) in enumerate(pairwise(found)):
        if before.end() < after.start():
            continue  # a space between them
        if tokens[k + 1][0].isalnum():  # the weaker of both carries the mark
            tokens[k] += JOINER
        else:
            tokens[k + 1] = JOINER + tokens[k + 1]
    return tokens


def detokenize(tokens: Sequence[str]) -> str:
    """The sentence that tokens were cut from: `detokenize(word_tokens(text)) == normalize(text)`.

    Also of tokens that a network wrote: a mark that joins nothing is dropped.
    """
    text = " ".join(tokens).replace(f" {JOINER}", "").replace(f"{JOINER} ", "")
    return text.replace(JOINER, "")


# ---- ids and batches --------------------------------------------------------------------------------------


def build_vocabulary(sentences: Sequence[Sequence[str]], min_freq: int = 1) -> Vocabulary:
    """The vocabulary of tokenised sentences; `<pad>` is 0, `<bos>` 1, `<eos>` 2, `<unk>` 3."""
    return Vocabulary((token for tokens in sentences for token in tokens), min_freq, RESERVED)


class TranslationBatch(NamedTuple):
    """Sentences side by side, padded with `<pad>`; time-major.

    Attributes:
        source: (S, B), each sentence ends with `<eos>`.
        source_lengths: (B,), `<eos>` counted.
        target_in: (T, B), what the decoder is fed: `<bos>`, then the target.
        target_out: (T, B), what it should answer: the target, then `<eos>`.
        target_lengths: (B,), of either.
    """

    source: Tensor
    source_lengths: Tensor
    target_in: Tensor
    target_out: Tensor
    target_lengths: Tensor


def make_batch(sources: Sequence[Tensor], targets: Sequence[Tensor]) -> TranslationBatch:
    """Put sentences side by side.

    Args:
        sources, targets: ids (n,) of each sentence without special tokens, as `Vocabulary.encode` gives them.

    Raises:
        ValueError: no sentence, or not as many sources as targets.
    """
    _check_sides(sources, targets)
    bos, eos = torch.tensor([RESERVED.index(BOS)]), torch.tensor([RESERVED.index(EOS)])
    source, source_lengths = pad([torch.cat([ids, eos]) for ids in sources], 0)
    target_in, target_lengths = pad([torch.cat([bos, ids]) for ids in targets], 0)
    target_out, _ = pad([torch.cat([ids, eos]) for ids in targets], 0)
    return TranslationBatch(source, source_lengths, target_in, target_out, target_lengths)


def _check_sides(sources: Sequence[Tensor], targets: Sequence[Tensor]) -> None:
    if not sources or len(sources) != len(targets):
        raise ValueError(
            f"sources holds {len(sources)} sentences and targets {len(targets)}, "
            "expected equally many, at least 1"
        )


class TranslationBatches:
    """Batches of sentence pairs, anew in another order at each pass.

    Args:
        sources, targets: ids (n,) of each sentence without special tokens.
        batch_size: B, at least 1; the last batch of a pass may hold fewer.
        by_length: whether sentences of like length go into a batch, so that little is padded. The order of
            the batches stays random.
        seed: of the first pass's order.

    Raises:
        ValueError: no sentence, not as many sources as targets, or a batch size below 1.
    """

    carries_state = False

    def __init__(
        self,
        sources: Sequence[Tensor],
        targets: Sequence[Tensor],
        batch_size: int,
        by_length: bool = True,
        seed: int = 0,
    ) -> None:
        check_size("batch_size", batch_size)
        _check_sides(sources, targets)
        self.sources, self.targets = list(sources), list(targets)
        self.batch_size, self.by_length = batch_size, by_length
        self._generator = torch.Generator().manual_seed(seed)

    def __len__(self) -> int:
        """Batches in a pass."""
        return -(-len(self.sources) // self.batch_size)

    def __iter__(self) -> Iterator[TranslationBatch]:
        order = torch.randperm(len(self.sources), generator=self._generator).tolist()
        if self.by_length:  # the sort is stable: sentences of the same lengths stay in random order
            order.sort(key=lambda k: (len(self.targets[k]), len(self.sources[k])))
        starts = torch.randperm(len(self), generator=self._generator).tolist()
        for start in (k * self.batch_size for k in starts):
            chosen = order[start : start + self.batch_size]
            yield make_batch([self.sources[k] for k in chosen], [self.targets[k] for k in chosen])
