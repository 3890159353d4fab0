"""Recurrent layers over time: stacked, in both directions, with uneven lengths; equal to `torch.nn`'s."""

from rnnlib.layers.base import RecurrentLayer, Weights
from rnnlib.layers.bidirectional import last_states
from rnnlib.layers.gru import GRU
from rnnlib.layers.lstm import LSTM
from rnnlib.layers.rnn import RNN
from rnnlib.layers.unroll import unroll

__all__ = ["GRU", "LSTM", "RNN", "RecurrentLayer", "Weights", "last_states", "unroll"]
