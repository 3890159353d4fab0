"""Models made of cells and layers, and the n-gram that they are measured against."""

from rnnlib.models.language_model import LanguageModel
from rnnlib.models.ngram import NGram
from rnnlib.models.readout import ReadOut
from rnnlib.models.tagger import Tagger, tagging_loss

__all__ = ["LanguageModel", "NGram", "ReadOut", "Tagger", "tagging_loss"]
