"""Widgets that run in a kernel (anywidget) and, from the same JavaScript, in the static page.

Nothing here is imported before it is used, so `import rnnlib.widgets` needs neither anywidget nor Jupyter.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "BeamTree": "beam_tree",
    "BleuBench": "bleu_bench",
    "Bottleneck": "bottleneck",
    "CharacterMemory": "character_memory",
    "GRUStepper": "gru_stepper",
    "GradientFlow": "gradient_flow",
    "HalfLife": "half_life",
    "HoldABit": "hold_a_bit",
    "LSTMStepper": "lstm_stepper",
    "LayerGrid": "layer_grid",
    "LeftRight": "left_right",
    "LiveTranslator": "live_translator",
    "PadMaskPack": "pad_mask_pack",
    "StoryWriter": "story_writer",
    "UnrolledCalculator": "unrolled_calculator",
    "VocabularyCut": "vocabulary_cut",
    "WidthTradeOff": "width_trade_off",
}

__all__ = [
    "BeamTree",
    "BleuBench",
    "Bottleneck",
    "CharacterMemory",
    "GRUStepper",
    "GradientFlow",
    "HalfLife",
    "HoldABit",
    "LSTMStepper",
    "LayerGrid",
    "LeftRight",
    "LiveTranslator",
    "PadMaskPack",
    "StoryWriter",
    "UnrolledCalculator",
    "VocabularyCut",
    "WidthTradeOff",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(_HOMES)}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
