"""Recurrent cells, one time step each, from scratch and equal to `torch.nn`'s."""

from rnnlib.cells.base import RecurrentCell, project_input
from rnnlib.cells.gru import GRUCell, GRUStep, gru_step
from rnnlib.cells.lstm import LSTMCell, LSTMStep, lstm_step
from rnnlib.cells.rnn import NONLINEARITIES, RNNCell, RNNStep, rnn_step

__all__ = [
    "NONLINEARITIES",
    "GRUCell",
    "GRUStep",
    "LSTMCell",
    "LSTMStep",
    "RNNCell",
    "RNNStep",
    "RecurrentCell",
    "gru_step",
    "lstm_step",
    "project_input",
    "rnn_step",
]
