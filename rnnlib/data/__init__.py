"""Text, vocabularies, batches and corpora; tasks drawn at random."""

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
from rnnlib.data.sentences import Sentence, load_sentences
from rnnlib.data.tasks import adding, copying, copying_baseline, recall, temporal_order
from rnnlib.data.text import letters_only, tokenize
from rnnlib.data.vocabulary import Vocabulary

__all__ = [
    "TIME_MACHINE",
    "DataUnavailable",
    "DigestMismatch",
    "RandomBatches",
    "Sentence",
    "SequentialBatches",
    "Source",
    "Vocabulary",
    "adding",
    "copying",
    "copying_baseline",
    "fetch",
    "letters_only",
    "load_sentences",
    "load_story",
    "load_text",
    "load_time_machine",
    "recall",
    "temporal_order",
    "tokenize",
    "train_valid_split",
]
