"""Models made of cells and layers, and the n-gram that they are measured against."""

from rnnlib.models.language_model import LanguageModel
from rnnlib.models.ngram import NGram

__all__ = ["LanguageModel", "NGram"]
