"""Text, vocabularies, batches and corpora."""

from rnnlib.data.batching import RandomBatches, SequentialBatches, train_valid_split
from rnnlib.data.corpora import (
    TIME_MACHINE,
    DataUnavailable,
    DigestMismatch,
    Source,
    fetch,
    load_story,
    load_text,
    load_time_machine,
)
from rnnlib.data.text import letters_only, tokenize
from rnnlib.data.vocabulary import Vocabulary

__all__ = [
    "TIME_MACHINE",
    "DataUnavailable",
    "DigestMismatch",
    "RandomBatches",
    "SequentialBatches",
    "Source",
    "Vocabulary",
    "fetch",
    "letters_only",
    "load_story",
    "load_text",
    "load_time_machine",
    "tokenize",
    "train_valid_split",
]
