"""Models made of cells and layers, and the n-gram that they are measured against."""

from rnnlib.models.attention import AttentionDecoder, attention_weights
from rnnlib.models.language_model import LanguageModel
from rnnlib.models.ngram import NGram
from rnnlib.models.readout import ReadOut
from rnnlib.models.recurrent import Recurrent
from rnnlib.models.seq2seq import (
    ContextDecoder,
    Decoder,
    Encoder,
    EncoderDecoder,
    RecurrentEncoder,
    masked_loss,
)
from rnnlib.models.tagger import Tagger, tagging_loss

__all__ = [
    "AttentionDecoder",
    "ContextDecoder",
    "Decoder",
    "Encoder",
    "EncoderDecoder",
    "LanguageModel",
    "NGram",
    "ReadOut",
    "Recurrent",
    "RecurrentEncoder",
    "Tagger",
    "attention_weights",
    "masked_loss",
    "tagging_loss",
]
