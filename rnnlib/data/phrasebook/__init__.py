"""The Phrasebook: everyday English sentences and their French translations, made by a grammar of both
languages.

Since the grammar makes each pair, it knows what the pair shows: the parts of speech and the French
phenomena. So a translator's accuracy can be told apart by phenomenon, and whole constructions can be held
out.
"""

from rnnlib.data.phrasebook.pairs import Pair, load_phrasebook
from rnnlib.data.phrasebook.splits import HELD_OUT, Split, split_constructions, split_sentences

__all__ = ["HELD_OUT", "Pair", "Split", "load_phrasebook", "split_constructions", "split_sentences"]
