"""Text, vocabularies, batches and corpora; sentence pairs; labelled sets; tasks drawn at random."""

from rnnlib.data.batching import RandomBatches, SequentialBatches, train_valid_split
from rnnlib.data.corpora import (
    TIME_MACHINE,
    DataUnavailable,
    DigestMismatch,
    Source,
    UnsafeArchive,
    fetch,
    load_story,
    load_text,
    load_time_machine,
)
from rnnlib.data.digits import load_digits
from rnnlib.data.padding import pad
from rnnlib.data.phrasebook import load_phrasebook, split_constructions, split_sentences
from rnnlib.data.regimes import Market, regime_posterior, regime_series
from rnnlib.data.sentences import Sentence, load_sentences
from rnnlib.data.subwords import Subwords, learn_merges
from rnnlib.data.tagging import TAGS, Tagged, load_tagged
from rnnlib.data.tasks import adding, copying, copying_baseline, recall, temporal_order
from rnnlib.data.text import letters_only, tokenize
from rnnlib.data.translation import (
    TATOEBA,
    TranslationBatch,
    TranslationBatches,
    build_vocabulary,
    detokenize,
    load_pairs,
    load_tatoeba,
    make_batch,
    normalize,
    split_by_source,
    word_tokens,
)
from rnnlib.data.vocabulary import Vocabulary

__all__ = [
    "TAGS",
    "TATOEBA",
    "TIME_MACHINE",
    "DataUnavailable",
    "DigestMismatch",
    "Market",
    "RandomBatches",
    "Sentence",
    "SequentialBatches",
    "Source",
    "Subwords",
    "Tagged",
    "TranslationBatch",
    "TranslationBatches",
    "UnsafeArchive",
    "Vocabulary",
    "adding",
    "build_vocabulary",
    "copying",
    "copying_baseline",
    "detokenize",
    "fetch",
    "learn_merges",
    "letters_only",
    "load_digits",
    "load_pairs",
    "load_phrasebook",
    "load_sentences",
    "load_story",
    "load_tagged",
    "load_tatoeba",
    "load_text",
    "load_time_machine",
    "make_batch",
    "normalize",
    "pad",
    "recall",
    "regime_posterior",
    "regime_series",
    "split_by_source",
    "split_constructions",
    "split_sentences",
    "temporal_order",
    "tokenize",
    "train_valid_split",
    "word_tokens",
]
