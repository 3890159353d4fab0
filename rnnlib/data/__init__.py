"""Text, vocabularies, batches and corpora; labelled sets; tasks and series drawn at random."""

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
from rnnlib.data.digits import load_digits
from rnnlib.data.padding import pad
from rnnlib.data.regimes import Market, regime_posterior, regime_series
from rnnlib.data.sentences import Sentence, load_sentences
from rnnlib.data.tagging import TAGS, Tagged, load_tagged
from rnnlib.data.tasks import adding, copying, copying_baseline, recall, temporal_order
from rnnlib.data.text import letters_only, tokenize
from rnnlib.data.vocabulary import Vocabulary

__all__ = [
    "TAGS",
    "TIME_MACHINE",
    "DataUnavailable",
    "DigestMismatch",
    "Market",
    "RandomBatches",
    "Sentence",
    "SequentialBatches",
    "Source",
    "Tagged",
    "Vocabulary",
    "adding",
    "copying",
    "copying_baseline",
    "fetch",
    "letters_only",
    "load_digits",
    "load_sentences",
    "load_story",
    "load_tagged",
    "load_text",
    "load_time_machine",
    "pad",
    "recall",
    "regime_posterior",
    "regime_series",
    "temporal_order",
    "tokenize",
    "train_valid_split",
]
