"""Checks of the exercises' answers: each says what is wrong with an answer and does not tell the right one.

The check of the exercise `ex-gru-by-hand` is `check.gru_by_hand`. It prints a line when the answer is right
and raises `WrongAnswer` when it is not.
"""

from rnnlib.check.answers import WrongAnswer
from rnnlib.check.beam_search import beam_alpha, beam_count, beam_no_repeats, beam_underflow
from rnnlib.check.bi_rnn import bi_count, bi_leak, bi_reverse, bi_spans, bi_uneven
from rnnlib.check.bptt import bptt_count, bptt_elman, bptt_peak, bptt_relu, bptt_wide
from rnnlib.check.deep_rnn import deep_cut, deep_equal, deep_mask, deep_paths, deep_workers
from rnnlib.check.encoder_decoder import (
    encdec_bidirectional,
    encdec_bits,
    encdec_count,
    encdec_last,
    encdec_position,
)
from rnnlib.check.gru import (
    gru_as_rnn,
    gru_backward,
    gru_by_hand,
    gru_chung,
    gru_halflife,
    gru_lengths,
    gru_parameters,
)
from rnnlib.check.lstm import lstm_backward, lstm_count, lstm_half_life, lstm_latch, lstm_layout
from rnnlib.check.rnn import rnn_count, rnn_embedding, rnn_latch, rnn_parity, rnn_register, rnn_sums
from rnnlib.check.seq2seq import seq2seq_accumulate, seq2seq_count, seq2seq_hand, seq2seq_references
from rnnlib.check.translation_data import mt_budget, mt_pieces, mt_sizes

__all__ = [
    "WrongAnswer",
    "beam_alpha",
    "beam_count",
    "beam_no_repeats",
    "beam_underflow",
    "bi_count",
    "bi_leak",
    "bi_reverse",
    "bi_spans",
    "bi_uneven",
    "bptt_count",
    "bptt_elman",
    "bptt_peak",
    "bptt_relu",
    "bptt_wide",
    "deep_cut",
    "deep_equal",
    "deep_mask",
    "deep_paths",
    "deep_workers",
    "encdec_bidirectional",
    "encdec_bits",
    "encdec_count",
    "encdec_last",
    "encdec_position",
    "gru_as_rnn",
    "gru_backward",
    "gru_by_hand",
    "gru_chung",
    "gru_halflife",
    "gru_lengths",
    "gru_parameters",
    "lstm_backward",
    "lstm_count",
    "lstm_half_life",
    "lstm_latch",
    "lstm_layout",
    "rnn_count",
    "rnn_embedding",
    "rnn_latch",
    "rnn_parity",
    "rnn_register",
    "rnn_sums",
    "seq2seq_accumulate",
    "seq2seq_count",
    "seq2seq_hand",
    "seq2seq_references",
    "mt_budget",
    "mt_pieces",
    "mt_sizes",
]
