"""The page's translator: weights in six bits an entry, vocabularies and model card, in one packaged file.

`benchmarks/page_translator.py` trained and measured it. Python and the page read the same file, so both
translate alike.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import torch

from rnnlib.data.vocabulary import Vocabulary
from rnnlib.layers import GRU
from rnnlib.models.seq2seq import ContextDecoder, EncoderDecoder, RecurrentEncoder
from rnnlib.translator import Translator
from rnnlib.widgets import loader
from rnnlib.widgets.six_bits import pack, pack_floats, unpack, unpack_floats

NAME = "live_translator"
FILE = loader.WEIGHTS / f"{NAME}.json"
# What the file and the page call the parameters.
MATRICES = {
    "source_embedding": "encoder.embedding.weight",
    "encoder_ih": "encoder.rnn.weight_ih_l0",
    "encoder_hh": "encoder.rnn.weight_hh_l0",
    "target_embedding": "decoder.embedding.weight",
    "decoder_ih": "decoder.rnn.weight_ih_l0",
    "decoder_hh": "decoder.rnn.weight_hh_l0",
    "projection": "decoder.projection.weight",
}
VECTORS = {
    "encoder_ih_bias": "encoder.rnn.bias_ih_l0",
    "encoder_hh_bias": "encoder.rnn.bias_hh_l0",
    "decoder_ih_bias": "decoder.rnn.bias_ih_l0",
    "decoder_hh_bias": "decoder.rnn.bias_hh_l0",
    "projection_bias": "decoder.projection.bias",
    "output_bias": "decoder.output_bias",
}


@cache
def load_translator() -> Translator:
    """The packaged English-French translator, trained on Tatoeba's sentences of at most ten tokens.

    Its parameters are float64, the numbers that the page computes with.
    """
    return from_stored(loader.read_weights(NAME))


def as_stored(
    model: EncoderDecoder, source_vocab: Vocabulary, target_vocab: Vocabulary, longest: int
) -> dict[str, Any]:
    """A one-layer GRU encoder and decoder, rounded, as the file holds them."""
    state = model.state_dict()
    return {
        "longest": longest,
        "source_tokens": source_vocab.tokens,
        "target_tokens": target_vocab.tokens,
        "matrices": {name: pack(state[key]) for name, key in MATRICES.items()},
        "vectors": {name: pack_floats(state[key].numpy()) for name, key in VECTORS.items()},
    }


def from_stored(stored: Mapping[str, Any]) -> Translator:
    """The translator that a file holds."""
    parameters = {MATRICES[name]: unpack(packed) for name, packed in stored["matrices"].items()}
    parameters |= {
        VECTORS[name]: torch.from_numpy(unpack_floats(text)) for name, text in stored["vectors"].items()
    }
    gates, embedding_size = parameters["encoder.rnn.weight_ih_l0"].shape
    hidden_size = gates // 3
    source, target = (_vocabulary(stored[f"{side}_tokens"]) for side in ("source", "target"))
    model = EncoderDecoder(
        RecurrentEncoder(GRU(embedding_size, hidden_size), len(source)),
        ContextDecoder(GRU(embedding_size + hidden_size, hidden_size), len(target), embedding_size),
    ).double()
    model.load_state_dict(parameters)
    return Translator(model.eval(), source, target, longest=stored["longest"])


def _vocabulary(tokens: list[str]) -> Vocabulary:
    return Vocabulary(tokens, reserved=tokens)
