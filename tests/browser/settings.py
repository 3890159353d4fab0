"""Settings that the browser tests drive each widget to, and the numbers that PyTorch says must then be shown.

A widget has an entry in `WIDGETS`: a table of settings (trait -> value, at least 20), and a function that
computes from the state of the page (JSON: weights, inputs, traits) the value of every number that is shown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from math import exp, inf, prod
from typing import Any, NamedTuple

import torch
from bottleneck_peer import Peer as BottleneckPeer
from fill_in_peer import Torch
from sacrebleu.metrics.bleu import BLEU, BLEUScore
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from rnnlib.bleu import BleuCounts, bleu_of, brevity_penalty
from rnnlib.data import (
    Subwords,
    Vocabulary,
    build_vocabulary,
    learn_merges,
    load_phrasebook,
    load_story,
    split_sentences,
    word_tokens,
)
from rnnlib.models import LanguageModel
from rnnlib.results import load as stored_result
from rnnlib.search import Candidate, Found, beam_search, exhaustive_search, length_penalty
from rnnlib.widgets import LiveTranslator
from rnnlib.widgets.bottleneck import load_translator
from rnnlib.widgets.character_memory import Rememberer
from rnnlib.widgets.character_memory import load_models as load_rememberers
from rnnlib.widgets.left_right import LISTED, MOST_WORDS, load_models, words_of
from rnnlib.widgets.pad_mask_pack import read as read_padded
from rnnlib.widgets.story_writer import load_model, write
from rnnlib.widgets.translator_weights import load_translator as load_page_translator
from rnnlib.widgets.width_lists import Entry, lists_from_text

State = dict[str, Any]


class Case(NamedTuple):
    """How one kind of widget is tested: its settings, what each must show, how exactly."""

    settings: list[State]
    expected: Callable[[State], dict[str, float]]
    tolerance: float  # relative to the larger of 1e-300 and the expected value if `relative`, else absolute
    relative: bool


# ---- gru_stepper ----------------------------------------------------------------------------------------

_GRU_BIASES = [(0, 1), (0, -3), (2.5, 0), (-4, 3), (6, -6), (-1.5, 0.7), (3, 3), (-6, 6)]
_GRU_INPUTS = [None, [0.3, -1.2, 2, 0, 0.7, -3], [3, 3, 3, -3, -3, -3], [0, 0, 0, 0, 0, 1]]

# PyTorch's convention, nothing locked: 24 settings, each compared with torch.nn.GRUCell.
_GRU_PYTORCH: list[State] = [
    {
        "t": 1 + k % 6,
        "unit": 1 + k % 2,
        "bias_r": _GRU_BIASES[k % 8][0],
        "bias_z": _GRU_BIASES[k % 8][1],
        "inputs": _GRU_INPUTS[k // 6],
    }
    for k in range(24)
]
_GRU_OTHERS: list[State] = [
    {"reset_after": False, "t": 4},
    {"reset_after": False, "z_convention": "takes", "t": 5, "bias_r": -1},
    {"z_convention": "takes", "t": 6, "unit": 2},
    {"z_convention": "takes", "negate_z": True, "t": 4},
    {"lock_r": 0, "t": 3},
    {"lock_r": 1, "lock_z": 0, "t": 5},
    {"lock_z": 0.37, "z_convention": "takes", "t": 2},
    {"lock_r": 0.62, "reset_after": False, "t": 6, "bias_z": -0.4, "scope": "all"},
    {"lock_z": 1, "scope": "all", "t": 4},
]


def gru_expected(state: State) -> dict[str, float]:
    """Gates of the chosen unit at all steps, and the state under each convention at the step shown."""
    run = _gru(state)
    j, k = state["unit"] - 1, state["t"] - 1
    free = {"negate_z": False, "lock_r": state["lock_r"], "lock_z": state["lock_z"]}
    named = {
        "pytorch": ("keeps", True),
        "cho2014": ("keeps", False),
        "chung2014": ("takes", False),
        "takes_after": ("takes", True),
    }
    runs = {
        name: _gru({**state, **free, "z_convention": z, "reset_after": after})
        for name, (z, after) in named.items()
    }
    if _is_pytorch(state):
        run["h"] = runs["pytorch"]["h"] = _gru_by_torch(state)
    shown = {f"{name}[{t + 1}][{j + 1}]": run[name][t][j] for name in "rznh" for t in range(len(run["h"]))}
    shown |= {name: run[name][k][j] for name in "rznh"}
    reference = runs["pytorch"]["h"]
    for t, h in enumerate(run["h"]):
        shown[f"difference[{t + 1}][{j + 1}]"] = h[j] - reference[t][j]
    plain = _rnn_by_torch(state)
    for name, other in {**runs, "rnn": {"h": plain}}.items():
        for quantity in ("n", "z", "h"):
            if quantity in other:
                shown[f"{name}.{quantity}"] = other[quantity][k][j]
        shown[f"{name}.difference"] = other["h"][k][j] - reference[k][j]
    old = run["h"][k - 1] if k else [0.0] * len(reference[0])
    shown["rnn_step"] = _rnn_by_torch({**state, "inputs": state["inputs"][k : k + 1]}, old)[0][j]
    return shown


def _is_pytorch(state: State) -> bool:
    locked = any(value is not None for value in state["lock_r"] + state["lock_z"])
    return state["z_convention"] == "keeps" and state["reset_after"] and not state["negate_z"] and not locked


def _weights(state: State) -> dict[str, Tensor]:
    """The page's weights, with what its ranges add to the biases."""
    weights = {name: torch.tensor(value, dtype=torch.float64) for name, value in state["payload"].items()}
    H = weights["weight_hh"].shape[1]
    weights["bias_ih"][:H] += state["bias_r"]
    weights["bias_ih"][H : 2 * H] += state["bias_z"]
    return weights


@torch.no_grad()
def _gru_by_torch(state: State) -> list[list[float]]:
    weights = _weights(state)
    cell = torch.nn.GRUCell(1, weights["weight_hh"].shape[1]).double()
    cell.load_state_dict(weights)
    h = torch.zeros(1, cell.hidden_size, dtype=torch.float64)
    states = []
    for x in state["inputs"]:
        h = cell(torch.tensor([[x]], dtype=torch.float64), h)
        states.append(h[0].tolist())
    return states


@torch.no_grad()
def _rnn_by_torch(state: State, h: list[float] | None = None) -> list[list[float]]:
    weights = _weights(state)
    H = weights["weight_hh"].shape[1]
    cell = torch.nn.RNNCell(1, H).double()
    cell.load_state_dict({name: value[2 * H :] for name, value in weights.items()})
    now = torch.tensor([h or [0.0] * H], dtype=torch.float64)
    states = []
    for x in state["inputs"]:
        now = cell(torch.tensor([[x]], dtype=torch.float64), now)
        states.append(now[0].tolist())
    return states


def _gru(state: State) -> dict[str, list[list[float]]]:
    """The formulas in PyTorch, written out for every convention and for locked gates."""
    W = _weights(state)
    H = W["weight_hh"].shape[1]
    R, Z, N = slice(0, H), slice(H, 2 * H), slice(2 * H, 3 * H)
    sign = -1 if state["negate_z"] else 1
    h = torch.zeros(H, dtype=torch.float64)
    rows: dict[str, list[list[float]]] = {"r": [], "z": [], "n": [], "h": []}
    for k, x in enumerate(state["inputs"]):
        a = W["weight_ih"][:, 0] * x + W["bias_ih"]
        b = W["weight_hh"] @ h + W["bias_hh"]
        r, z = torch.sigmoid(a[R] + b[R]), torch.sigmoid(sign * (a[Z] + b[Z]))
        r = r if state["lock_r"][k] is None else torch.full_like(r, state["lock_r"][k])
        z = z if state["lock_z"][k] is None else torch.full_like(z, state["lock_z"][k])
        before = W["weight_hh"][N] @ (r * h) + W["bias_hh"][N]
        n = torch.tanh(a[N] + (r * b[N] if state["reset_after"] else before))
        h = z * h + (1 - z) * n if state["z_convention"] == "keeps" else (1 - z) * h + z * n
        for name, value in zip("rznh", (r, z, n, h), strict=True):
            rows[name].append(value.tolist())
    return rows


# ---- lstm_stepper ---------------------------------------------------------------------------------------

_LSTM_INPUTS = [
    None,
    [0.3, -1.2, 2, 0, 0.7, -3, 1.1, -0.4],
    [3, 3, 3, 3, -3, -3, -3, -3],
    [0, 0, 0, 0, 0, 0, 0, 1],
]
_LSTM_BIASES = [
    (-4, 5, 0, -4),
    (0, 0, 0, 0),
    (6, 6, 6, 6),
    (-6, -6, -6, -6),
    (1.5, -0.7, 2, 0.3),
    (2, 3, -1, 1),
]

# Nothing locked: 24 settings, each compared with torch.nn.LSTMCell.
_LSTM_PYTORCH: list[State] = [
    {
        "t": 1 + k % 8,
        "unit": 1 + k % 2,
        **dict(zip(("bias_i", "bias_f", "bias_g", "bias_o"), _LSTM_BIASES[k % 6], strict=True)),
        "inputs": _LSTM_INPUTS[k // 6],
    }
    for k in range(24)
]
_LSTM_LOCKED: list[State] = [
    {"lock_f": 1, "lock_i": 0, "t": 3},
    {"lock_f": 1, "lock_i": 1, "scope": "all", "t": 8},
    {"lock_f": 0.9, "scope": "all", "t": 7, "inputs": _LSTM_INPUTS[1]},
    {"lock_o": 0.02, "scope": "all", "t": 6},
    {"lock_o": 1, "t": 4, "unit": 2, "inputs": _LSTM_INPUTS[2]},
    {"lock_i": 0.37, "lock_f": 0.62, "lock_o": 0.81, "scope": "all", "t": 5, "bias_g": 1.4},
    {"lock_f": 0, "t": 5},
]


def lstm_expected(state: State) -> dict[str, float]:
    """Gates and states of every unit at all steps; at the step shown what is kept, written and squashed."""
    run = _lstm(state)
    if not any(value is not None for gate in "ifo" for value in state[f"lock_{gate}"]):
        run["h"], run["c"] = _lstm_by_torch(state)
    steps, H = run["h"].shape
    j, k = state["unit"] - 1, state["t"] - 1
    shown = {}
    for name, values in run.items():
        shown[name] = float(values[k, j])
        for t in range(steps):
            for u in range(H):
                value = float(values[t, u])
                shown[f"{name}[{t + 1}][{u + 1}]"] = shown[f"table.{name}[{t + 1}][{u + 1}]"] = value
    old = float(run["c"][k - 1, j]) if k else 0.0
    cell = {name: shown[name] for name in "ifgo"}
    cell |= {"old_c": old, "new_c": shown["c"], "new_h": shown["h"], "kept": shown["f"] * old}
    cell |= {"written": shown["i"] * shown["g"], "squashed": float(torch.tanh(run["c"][k, j]))}
    return shown | {f"cell.{name}": value for name, value in cell.items()}


def _lstm_weights(state: State) -> dict[str, Tensor]:
    """The page's weights, with what its ranges add to the biases."""
    weights = {name: torch.tensor(value, dtype=torch.float64) for name, value in state["payload"].items()}
    shift = torch.tensor([state[f"bias_{gate}"] for gate in "ifgo"], dtype=torch.float64)
    weights["bias_ih"] += shift.repeat_interleave(weights["weight_hh"].shape[1])
    return weights


@torch.no_grad()
def _lstm_by_torch(state: State) -> tuple[Tensor, Tensor]:
    """h and c (T, H) of `torch.nn.LSTMCell`."""
    weights = _lstm_weights(state)
    cell = torch.nn.LSTMCell(1, weights["weight_hh"].shape[1]).double()
    cell.load_state_dict(weights)
    h = c = torch.zeros(1, cell.hidden_size, dtype=torch.float64)
    hidden, memory = [], []
    for x in state["inputs"]:
        h, c = cell(torch.tensor([[x]], dtype=torch.float64), (h, c))
        hidden.append(h)
        memory.append(c)
    return torch.cat(hidden), torch.cat(memory)


def _lstm(state: State) -> dict[str, Tensor]:
    """The equations in PyTorch, written out, with locked gates put in: each (T, H)."""
    W = _lstm_weights(state)
    h = c = torch.zeros(W["weight_hh"].shape[1], dtype=torch.float64)
    rows: dict[str, list[Tensor]] = {name: [] for name in "ifgoch"}
    for k, x in enumerate(state["inputs"]):
        sums = W["weight_ih"][:, 0] * x + W["bias_ih"] + W["weight_hh"] @ h + W["bias_hh"]
        gates = dict(zip("ifgo", sums.chunk(4), strict=True))
        for name, a in gates.items():
            gates[name] = torch.tanh(a) if name == "g" else torch.sigmoid(a)
            if name != "g" and state[f"lock_{name}"][k] is not None:
                gates[name] = torch.full_like(a, state[f"lock_{name}"][k])
        c = gates["f"] * c + gates["i"] * gates["g"]
        h = gates["o"] * torch.tanh(c)
        for name, value in {**gates, "c": c, "h": h}.items():
            rows[name].append(value)
    return {name: torch.stack(values) for name, values in rows.items()}


# ---- gradient_flow --------------------------------------------------------------------------------------

_FLOW: list[State] = [
    {},
    {"step": 40},
    {"step": 39, "forget_bias": 3},
    {"step": 1, "forget_bias": 3, "update_bias": 3},
    {"length": 2, "step": 1},
    {"length": 10, "step": 5, "seed": 1},
    {"length": 25, "step": 3, "radius": 1.5},
    {"length": 25, "step": 13, "radius": 2, "nonlinearity": "relu"},
    {"length": 60, "step": 2, "radius": 0.9, "forget_bias": 8, "update_bias": 8},
    {"length": 100, "step": 1, "radius": 0.6},
    {"length": 100, "step": 50, "radius": 1, "matrix": "orthogonal", "nonlinearity": "identity"},
    {"length": 80, "step": 70, "radius": 0.8, "matrix": "lopsided", "nonlinearity": "identity"},
    {"length": 30, "step": 7, "matrix": "lopsided", "seed": 2},
    {"length": 30, "step": 7, "matrix": "orthogonal", "radius": 1.2, "seed": 2},
    {"length": 30, "step": 29, "input_scale": 3},
    {"length": 30, "step": 4, "input_scale": 0},
    {"length": 30, "step": 4, "radius": 0},
    {"length": 20, "step": 20, "radius": 1.75, "update_bias": -4, "forget_bias": -4},
    {"length": 20, "step": 6, "clipping": False, "radius": 1.6, "nonlinearity": "relu"},
    {"length": 20, "step": 6, "clip": 0.05, "radius": 1.6},
    {"length": 12, "step": 9, "seed": 1, "update_bias": 1.5, "bound": "gru"},
    {"length": 12, "step": 2, "seed": 2, "forget_bias": 1, "bound": "lstm"},
    {"length": 15, "step": 8, "show_rnn": False, "bound": "none"},
    {"length": 15, "step": 8, "show_gru": False, "show_lstm": False},
]
_FLOW_BLOCKS = {"rnn": ("n",), "gru": ("r", "z", "n"), "lstm": ("r", "z", "n", "o")}


def flow_expected(state: State) -> dict[str, float]:
    """By autograd, L = sum(h_T) / sqrt(H): norms of dL/dh_t and dL/dc_t at all steps, and of the parameters'
    gradient before and after clipping; the plain RNN's bound, a power of the largest singular value."""
    shown = {}
    T = state["length"]
    for kind in ("rnn", "gru", "lstm"):
        cell = _flow_cell(kind, state)
        for name, values in _reach_by_torch(kind, cell, state).items():
            shown |= {f"norm.{name}[{t + 1}]": value for t, value in enumerate(values)}
        total = float(torch.nn.utils.get_total_norm([p.grad for p in cell.parameters()]))
        shown[f"parameter_norm.{kind}"] = total
        shown[f"clipped.{kind}"] = (
            total * min(1.0, state["clip"] / (total + 1e-6)) if state["clipping"] else total
        )
        if kind == "rnn":
            sigma = float(torch.linalg.matrix_norm(cell.weight_hh.detach(), 2))
            shown |= {f"bound.rnn[{t}]": sigma ** (T - t) for t in range(1, T + 1)}
    return shown


def _flow_cell(kind: str, state: State) -> torch.nn.Module:
    draw = state["payload"]["seeds"][str(state["seed"])]
    gates = draw["gates"]
    candidate = draw["matrices"].get(state["matrix"], gates["n"]["weight_hh"])
    recurrent = [candidate if gate == "n" else gates[gate]["weight_hh"] for gate in _FLOW_BLOCKS[kind]]
    weight_hh = torch.tensor(recurrent, dtype=torch.float64).flatten(0, 1) * state["radius"]
    inward = [gates[gate]["weight_ih"] for gate in _FLOW_BLOCKS[kind]]
    weight_ih = torch.tensor(inward, dtype=torch.float64).flatten(0, 1)
    H, size = weight_hh.shape[1], weight_ih.shape[1]
    cell = {"rnn": torch.nn.RNNCell, "gru": torch.nn.GRUCell, "lstm": torch.nn.LSTMCell}[kind](
        size, H
    ).double()
    bias = torch.zeros(len(weight_hh), dtype=torch.float64)
    if kind != "rnn":  # update and forget gate are second
        bias[H : 2 * H] = state["update_bias"] if kind == "gru" else state["forget_bias"]
    zero = torch.zeros_like(bias)
    cell.load_state_dict({"weight_ih": weight_ih, "weight_hh": weight_hh, "bias_ih": bias, "bias_hh": zero})
    return cell


_NONLINEAR = {"tanh": torch.tanh, "relu": torch.relu, "identity": lambda a: a}


def _reach_by_torch(kind: str, cell: torch.nn.Module, state: State) -> dict[str, list[float]]:
    """Norms of the gradient at every state; leaves the parameters' own gradients in the cell."""
    H = cell.hidden_size
    inputs = state["payload"]["seeds"][str(state["seed"])]["inputs"][: state["length"]]
    x = torch.tensor(inputs, dtype=torch.float64) * state["input_scale"]
    h = c = torch.zeros(1, H, dtype=torch.float64)
    hidden, memory = [], []
    for x_t in x:
        if kind == "lstm":
            h, c = cell(x_t[None], (h, c))
            memory.append(c)
        elif kind == "rnn":  # torch.nn.RNNCell has no linear units
            sum_ = x_t[None] @ cell.weight_ih.T + cell.bias_ih + h @ cell.weight_hh.T + cell.bias_hh
            h = _NONLINEAR[state["nonlinearity"]](sum_)
        else:
            h = cell(x_t[None], h)
        hidden.append(h)
    for kept in hidden + memory:
        kept.retain_grad()
    (h.sum() / H**0.5).backward()
    norms = [
        0.0 if kept.grad is None else float(torch.linalg.vector_norm(kept.grad)) for kept in hidden + memory
    ]
    return {kind: norms[: len(x)]} | ({"lstm_c": norms[len(x) :]} if memory else {})


# ---- half_life ------------------------------------------------------------------------------------------

_HALF: list[State] = [
    {},
    {"forget_bias": 0},
    {"forget_bias": 1},
    {"forget_bias": 3, "compare_bias": 3},
    {"forget_bias": 8, "lag": 500},
    {"forget_bias": 8, "lag": 1},
    {"forget_bias": -2, "lag": 1},
    {"forget_bias": -2, "lag": 40, "axes": "log_share"},
    {"forget_bias": -2, "lag": 500, "axes": "log_share"},  # nothing left that float64 could hold
    {"forget_bias": -0.05, "lag": 7},
    {"forget_bias": 0.05, "lag": 13, "compare_bias": -0.05},
    {"forget_bias": 2.95, "lag": 39},
    {"forget_bias": 3.05, "lag": 41, "axes": "log_steps"},
    {"forget_bias": 4.05, "lag": 40},
    {"forget_bias": 5, "lag": 100, "axes": "log_share"},
    {"forget_bias": 6, "lag": 280, "axes": "log_steps"},
    {"forget_bias": 6.6, "lag": 500},
    {"forget_bias": 7.35, "lag": 2, "compare_bias": 0},
    {"forget_bias": 7.95, "lag": 499, "compare_bias": 8},
    {"forget_bias": 1.5, "lag": 60, "compare_bias": -2},
    {"forget_bias": -1, "lag": 10, "compare_bias": 7.2, "axes": "log_steps"},
    {"forget_bias": 2.2, "lag": 200, "compare_bias": 4.4},
]


def half_life_expected(state: State) -> dict[str, float]:
    """By torch: sigmoid(b), ln(1/2) / ln(sigmoid(b)), sigmoid(b)^k of the biases listed; the bias that leaves
    half after k steps."""
    k = state["lag"]
    biases = sorted({0, 1, 2, 3, 4, 5, state["forget_bias"], state["compare_bias"]})
    b = torch.tensor(biases, dtype=torch.float64)
    f, log_f = torch.sigmoid(b), torch.nn.functional.logsigmoid(b)
    columns = {"f": f, "half_life": torch.tensor(0.5, dtype=torch.float64).log() / log_f, "left": f**k}
    shown = {}
    for name, column in columns.items():
        shown |= {f"{name}[{bias:g}]": v for bias, v in zip(biases, column.tolist(), strict=True)}
        shown[name] = shown[f"{name}[{state['forget_bias']:g}]"]
    p = torch.tensor(0.5, dtype=torch.float64) ** (1 / k)
    return shown | {"bias_for_lag": torch.logit(p).item()}


# ---- unrolled_calculator --------------------------------------------------------------------------------

_UNROLLED_INPUTS = [None, [0.3, -1.2, 2, -0.7], [-2, 2, -2, 2], [0, 1, 0, 0], [1, 1, 1, 1]]
_UNROLLED_WEIGHTS = ["w11", "w12", "w21", "w22", "u1", "u2", "b1", "b2"]
_UNROLLED_VALUES = ["h1_3", "h2_1", "y_4", "L", "h1_4", "y_2"]
_UNROLLED: list[State] = [
    {
        "inputs": _UNROLLED_INPUTS[k % 5],
        "weight": _UNROLLED_WEIGHTS[k % 8],
        "value": _UNROLLED_VALUES[k % 6],
        "step": 1 + (k // 2) % 4,
        "loss_at": "every" if k % 3 == 2 else "last",
    }
    for k in range(15)
]
_UNROLLED += [
    {},
    {"weight_hh": [0.2, 0, 0, 0.2], "weight": "u1", "inputs": [1, 1, 1, 1]},
    {"weight_hh": [0, 0, 0, 0], "weight": "w21", "step": 2},
    {"weight_hh": [2, -2, 2, 2], "weight": "w22", "step": 3, "value": "h2_4"},
    {"weight_ih": [0, 0], "weight": "u2", "value": "L"},
    {"weight_ih": [-1.55, 2], "bias": [0.35, -0.9], "weight": "b1", "step": 2, "value": "y_3"},
    {"bias": [-2, 2], "target": 2, "weight": "b2", "loss_at": "every", "value": "L"},
    {"target": 0.5, "weight": "w12", "step": 4, "value": "h2_2"},
    {"target": -2, "weight": "u2", "inputs": [1, 0.5, -0.5, 1], "value": "y_1", "loss_at": "every"},
]


def unrolled_expected(state: State) -> dict[str, float]:
    """By torch.nn.RNNCell, a copy of the cell for each step: its gradient is the step's share."""
    h = torch.zeros(1, 2, dtype=torch.float64)
    cells, states = [], []
    for x in state["inputs"]:
        cells.append(_unrolled_cell(state))
        h = cells[-1](torch.tensor([[x]], dtype=torch.float64), h)
        h.retain_grad()
        states.append(h)
    y, loss = _unrolled_loss(torch.cat(states), state)
    loss.backward()
    t = state["step"]
    shown = {"loss": loss.item(), "L": loss.item()}
    for k, own in enumerate(states, 1):
        shown[f"y[{k}]"] = shown[f"table.y[{k}]"] = y[k - 1].item()
        for j in range(2):
            shown[f"h[{k}][{j + 1}]"] = shown[f"table.h[{k}][{j + 1}]"] = own[0, j].item()
            shown[f"dh[{k}][{j + 1}]"] = shown[f"table.dh[{k}][{j + 1}]"] = own.grad[0, j].item()
    shares = {name: [_unrolled_gradient(cell, name) for cell in cells] for name in _UNROLLED_WEIGHTS}
    for name, values in shares.items():
        shown |= {f"{name}[{k}]": value for k, value in enumerate(values, 1)}
        shown[f"gradient.{name}"] = sum(values)
    followed = shares[state["weight"]]
    unit = int(state["weight"][1])
    shown |= {f"share[{k}]": value for k, value in enumerate(followed, 1)}
    shown |= {"share": followed[t - 1], "sum": sum(followed[t - 1 :]), "so_far": sum(followed[t - 1 :])}
    shown |= {"total": sum(followed), "nudged": sum(followed)}
    shown |= {"arriving": shown[f"dh[{t}][{unit}]"], "delta": shares[f"b{unit}"][t - 1]}
    name, _, step = state["value"].partition("_")
    place = {"L": "loss", "y": f"y[{step}]", "h1": f"h[{step}][1]", "h2": f"h[{step}][2]"}[name]
    return shown | {"value": shown[place]}


def _unrolled_cell(state: State) -> torch.nn.RNNCell:
    cell = torch.nn.RNNCell(1, 2).double()
    weights = {name: state[name] for name in ("weight_ih", "weight_hh")} | {"bias_ih": state["bias"]}
    shapes = {"weight_ih": (2, 1), "weight_hh": (2, 2), "bias_ih": (2,)}
    loaded = {name: torch.tensor(v, dtype=torch.float64).view(shapes[name]) for name, v in weights.items()}
    cell.load_state_dict({**loaded, "bias_hh": torch.zeros(2, dtype=torch.float64)})
    return cell


def _unrolled_loss(hidden: Tensor, state: State) -> tuple[Tensor, Tensor]:
    """Read-outs (T,) and the loss."""
    y = hidden @ torch.tensor(state["payload"]["readout"], dtype=torch.float64)
    error = (y if state["loss_at"] == "every" else y[-1:]) - state["target"]
    return y, (error**2).sum() / 2


def _unrolled_gradient(cell: torch.nn.RNNCell, name: str) -> float:
    """The gradient of `w12`, `u1` or `b2` in a copy of the cell."""
    parameter = {"w": cell.weight_hh, "u": cell.weight_ih, "b": cell.bias_ih}[name[0]]
    at = tuple(int(digit) - 1 for digit in name[1:])
    return parameter.grad[at].sum().item()


# ---- hold_a_bit -----------------------------------------------------------------------------------------

_HOLD: list[State] = [
    {},
    {"w": 2},
    {"w": 2, "t": 9},
    {"w": 2, "t": 10, "pulse": 10},
    {"w": 2, "b": 0.5},
    {"w": 2, "u": 1},
    {"w": 1, "b": 0, "t": 40},
    {"w": -2, "b": 0, "t": 21},
    {"w": 3, "u": 6, "b": -2, "pulse": 30, "t": 30},
    {"w": 3, "u": -6, "b": 2, "pulse": 1, "t": 1},
    {"w": -3, "u": 6, "b": 1, "t": 40},
    {"w": 0, "b": 0.3, "t": 12},
    {"w": 0, "u": 0, "b": 0, "t": 2},
    {"w": 1.05, "b": 0, "u": 2.5, "pulse": 5, "t": 6},
    {"w": 1.5, "b": -0.1, "u": 3, "pulse": 20, "t": 25},
    {"w": 1.2, "b": 0.05, "u": -3, "pulse": 7, "t": 39},
    {"w": 2.5, "b": -0.4, "u": 4.2, "pulse": 12, "t": 13},
    {"w": 2.5, "b": -1, "u": 4.2, "pulse": 12, "t": 14},
    {"w": 0.95, "b": 0, "u": 5, "pulse": 3, "t": 30},
    {"w": -1, "b": -0.55, "u": 3.3, "pulse": 15, "t": 17},
    {"w": -0.6, "b": 1.25, "u": -1.7, "pulse": 29, "t": 31},
    {"w": 1.75, "b": -0.15, "u": 3.1, "pulse": 2, "t": 4},
]


@torch.no_grad()
def hold_expected(state: State) -> dict[str, float]:
    """States by torch.nn.RNN; the score; fixed points by following the map (or, where it repels, its inverse)
    from many starts, and the slope there."""
    w, u, b, pulse = (state[name] for name in ("w", "u", "b", "pulse"))
    T, threshold = state["payload"]["steps"], state["payload"]["threshold"]
    network = torch.nn.RNN(1, 1).double()
    for parameter, value in zip(network.parameters(), (u, w, b, 0), strict=True):
        parameter.fill_(value)
    x = torch.zeros(T, 1, dtype=torch.float64)
    x[pulse - 1] = 1
    states = network(x)[0][:, 0].tolist()
    shown = {f"h[{t}]": h for t, h in enumerate(states, start=1)}
    right = [h < threshold if t < pulse else h > threshold for t, h in enumerate(states, start=1)]
    shown |= {"h": states[state["t"] - 1], "score": sum(right) / T}
    points = _fixed_points(w, b)
    for k, h in enumerate(points, start=1):
        shown |= {f"fixed[{k}]": h, f"slope[{k}]": w * (1 - h * h)}
    nearest = min(points, key=lambda h: abs(h - states[-1]))
    return shown | {"slope": w * (1 - nearest**2)}


def _fixed_points(w: float, b: float) -> list[float]:
    """Newton's method on tanh(w h + b) - h from 401 starts; what it finds, rising."""
    h = torch.linspace(-1, 1, 401, dtype=torch.float64)
    for _ in range(200):
        after = torch.tanh(w * h + b)
        turn = w * (1 - after**2) - 1
        h = (h - (after - h) / torch.where(turn.abs() < 1e-12, torch.ones_like(turn), turn)).clamp(-1, 1)
    found = h[(torch.tanh(w * h + b) - h).abs() < 1e-14].sort().values.tolist()
    if b == 0:  # then 0 is one of them, which Newton only comes near to where the slope there is 1
        found = [v if abs(v) > 1e-4 else 0.0 for v in found]
    return [v for before, v in pairwise([-2.0, *found]) if v - before > 1e-7]


# ---- story_writer ---------------------------------------------------------------------------------------

_PROMPTS = ["Ada opened the letter", "", "The lamp", "Zoë paid 7 €", "<b>bold</b> & co.", '"Where is', "I"]

# 24 settings. The first changes something, so that the page needs its weights.
_STORY: list[State] = [
    {
        "prompt": _PROMPTS[k % 7],
        "temperature": (1, 0.6, 0, 0.05, 2, 1.35)[k % 6],
        "seed": (11 * k + 2) % 100,
        "length": (40, 100, 400)[k % 3],
        "t": (1, 5, 33, 40)[k % 4],
    }
    for k in range(24)
]


@cache
def _story_network() -> LanguageModel:
    """The packaged weights in a language model of torch.nn.GRU, float64."""
    model = load_model()
    V, E = model.embedding.shape
    network = LanguageModel(torch.nn.GRU(E, model.weight_hh.shape[1]), V).double()
    values = (model.embedding, model.weight_ih, model.weight_hh, model.bias_ih, model.bias_hh)
    with torch.no_grad():
        for parameter, value in zip(
            network.parameters(), (*values, model.output_weight, model.output_bias), strict=True
        ):
            parameter.copy_(value)
    return network


@torch.no_grad()
def story_expected(state: State) -> dict[str, float]:
    """Python writes the text; of the character looked at, torch.nn.GRU says state and probabilities."""
    T = state["temperature"]
    found = write(load_model(), state["prompt"], state["length"], T, state["seed"])
    place = min(state["t"], state["length"]) - 1
    network = _story_network()
    ids = torch.tensor([load_model().characters.index(c) for c in found.read + found.text[:place]])
    h = network.rnn(network.embedding(ids[:, None]))[0][-1, 0]
    plain = network.output(h).softmax(0)
    order = plain.argsort(descending=True)
    relative = plain / plain.max()
    tempered = relative ** (1 / T) if T else (relative == 1).double()
    drawn = tempered / tempered.sum()
    chosen = found.ids[place]
    shown = {f"h[{k + 1}]": v for k, v in enumerate(h.tolist())}
    for rank, k in enumerate(order[:10].tolist(), start=1):
        shown |= {f"p[{rank}]": drawn[k].item(), f"plain[{rank}]": plain[k].item()}
    shown |= {"p_written": drawn[chosen].item(), "plain_written": plain[chosen].item()}
    shown |= {"p_T": drawn[chosen].item(), "ratio": relative[chosen].item()}
    return shown | {"u": found.uniforms[place]}


# ---- layer_grid -----------------------------------------------------------------------------------------

_GRID_SIZES = [(3, 8, 4), (1, 5, 3), (2, 12, 6), (4, 7, 2), (4, 12, 5), (3, 2, 6)]  # layers, length, width

# 24 settings; each setting's wave must be on the range before the layers are set.
_GRID: list[State] = [
    {
        "length": _GRID_SIZES[k % 6][1],
        "step": 1 + (3 * k) % (_GRID_SIZES[k % 6][1] + 2),
        "layers": _GRID_SIZES[k % 6][0],
        "width": _GRID_SIZES[k % 6][2],
        "cell": ("rnn", "gru", "lstm")[(k + k // 6) % 3],
        "nudge_layer": 1 + k % _GRID_SIZES[k % 6][0],
        "nudge_step": 1 + (5 * k) % _GRID_SIZES[k % 6][1],
        "nudge": (0.5, -2, 0.1, 0, 1.3)[k % 5],
        "result": ("output", "h_n", "c_n")[(k // 3) % 3],
    }
    for k in range(24)
]


@torch.no_grad()
def grid_expected(state: State) -> dict[str, float]:
    """By torch.nn's stacked module: states, `output`, `h_n`, `c_n` and the number of parameters; the nudge's
    changes by torch.nn's cells."""
    L, T = state["layers"], state["length"]
    network = _grid_network(state)
    x = torch.tensor(state["payload"]["inputs"][:T], dtype=torch.float64)
    output, last = network(x)
    h_n, c_n = last if state["cell"] == "lstm" else (last, last[:0])
    results = {"output": output, "h_n": h_n, "c_n": c_n}
    plain, nudged = _grid_states(network, x, state, 0.0), _grid_states(network, x, state, state["nudge"])
    change = (nudged["h"] - plain["h"]).abs().amax(-1)
    shown: dict[str, float] = {}
    for name, rows in results.items():
        shown |= {f"{name}[{k}][{j}]": v for k, row in enumerate(rows.tolist()) for j, v in enumerate(row)}
    for layer in range(1, L + 1):
        for step in range(1, T + 1):
            at = f"[{layer}][{step}]"
            value = change[layer - 1, step - 1].item()
            shown |= {f"wave{at}": layer + step - 1, f"change{at}": value, f"table.change{at}": value}
            for name, values in plain.items():
                own = values[layer - 1, step - 1].tolist()
                shown |= {f"{name}{at}[{j}]": v for j, v in enumerate(own, start=1)}
    wave = min(state["step"], L + T - 1)
    layer, step = min(state["nudge_layer"], L), min(state["nudge_step"], T)
    sizes = [sum(p.numel() for name, p in network.named_parameters() if f"_l{k}" in name) for k in range(L)]
    return shown | {
        "ready": sum(1 <= wave - k + 1 <= T for k in range(1, L + 1)),
        "waves": L + T - 1,
        "cells": L * T,
        "in_reach": (L - layer + 1) * (T - step + 1),
        "changed": change.count_nonzero().item(),
        "unchanged": (change == 0).sum().item(),
        "output_rows": change[-1].count_nonzero().item(),
        "h_n_rows": change[:, -1].count_nonzero().item(),
        "first": sizes[0],
        "above": sizes[-1] if L > 1 else network.weight_hh_l0.numel() * 2 + network.bias_hh_l0.numel() * 2,
        "total": sum(sizes),
        "parameters": sum(sizes),
    }


def _grid_network(state: State) -> torch.nn.RNNBase:
    """torch.nn's stacked module with the page's weights, cut to its size."""
    payload, H = state["payload"], state["width"]
    kinds = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}
    network = kinds[state["cell"]](len(payload["inputs"][0]), H, state["layers"]).double()
    for name, parameter in network.named_parameters():
        kind, _, layer = name.rpartition("_l")
        stored = torch.tensor(payload["layers"][int(layer)][kind], dtype=torch.float64)
        blocks = stored.reshape(4, payload["units"], -1)[: len(parameter) // H, :H]
        columns = parameter.shape[1] if parameter.dim() > 1 else 1
        parameter.copy_(blocks[..., :columns].reshape(parameter.shape) / H**0.5)
    return network


def _grid_states(network: torch.nn.RNNBase, x: Tensor, state: State, size: float) -> dict[str, Tensor]:
    """h, and c of the LSTM, (L, T, H) each, by torch.nn's cells; `size` is added at the nudge's place."""
    cells = {"rnn": torch.nn.RNNCell, "gru": torch.nn.GRUCell, "lstm": torch.nn.LSTMCell}
    place = min(state["nudge_layer"], state["layers"]), min(state["nudge_step"], state["length"])
    found: dict[str, list[Tensor]] = {"h": [], "c": []}
    for k in range(state["layers"]):
        cell = cells[state["cell"]](x.shape[1], state["width"]).double()
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        cell.load_state_dict({name: getattr(network, f"{name}_l{k}") for name in names})
        h = c = torch.zeros(state["width"], dtype=torch.float64)
        rows: dict[str, list[Tensor]] = {"h": [], "c": []}
        for t, x_t in enumerate(x):
            h, c = cell(x_t, (h, c)) if state["cell"] == "lstm" else (cell(x_t, h), c)
            h = h + size if (k + 1, t + 1) == place else h
            rows["h"].append(h)
            rows["c"].append(c)
        x = torch.stack(rows["h"])
        found["h"].append(x)
        found["c"].append(torch.stack(rows["c"]))
    return {name: torch.stack(found[name]) for name in ("hc" if state["cell"] == "lstm" else "h")}


# ---- left_right -----------------------------------------------------------------------------------------

_SENTENCES = [
    "i loved the tour, even though the weather was awful",
    "awful",
    "The lamp was not bright at all",
    "<b>bold</b> & the xyzzy, Zoë",
    "she said that the soup was cold, and the bill was",
    " ".join(["the", "lamp"] * 10),
    "the tour",
]

# 28 settings: the sentence comes first, since the positions are its own.
_LEFT_RIGHT: list[State] = [
    {
        "sentence": _SENTENCES[j % 7],
        "k": min(1 + (5 * j) % 11, (11, 1, 7, 6, 11, 16, 2)[j % 7]),
        "edit": ("", "hated", "the", "xyzzy", "one two")[j % 5],
        "readout": ("around", "at", "last", "summary")[(j + j // 4) % 4],
    }
    for j in range(28)
]


@cache
def _fill_in() -> Torch:
    return Torch()


def left_right_expected(state: State) -> dict[str, float]:
    """States and the slices' distances by torch.nn.GRU; probabilities, gain and perplexities by its heads."""
    peer, models = _fill_in(), load_models()
    words = words_of(state["sentence"])[:MOST_WORDS]
    put = (words_of(state["edit"]) or [""])[0]
    place = min(state["k"], len(words)) - 1
    ids = [models.ids.get(word, 0) for word in words]
    edited = [*ids[:place], models.ids.get(put, 0), *ids[place + 1 :]]
    (old, _), (output, h_n) = peer.outputs("bi", ids), peer.outputs("bi", edited)
    lanes = {"forward": output[:, : h_n.shape[1]], "backward": output[:, h_n.shape[1] :]}
    shown = {
        f"{lane}[{t}][{j}]": v
        for lane, rows in lanes.items()
        for t, row in enumerate(rows.tolist(), start=1)
        for j, v in enumerate(row, start=1)
    }
    for name, lane, t, direction in (
        ("output[-1, :H]", "forward", -1, 0),
        ("output[0, H:]", "backward", 0, 1),
        ("output[-1, H:]", "backward", -1, 1),
        ("output[0, :H]", "forward", 0, 0),
    ):
        shown[f"off.{name}"] = (lanes[lane][t] - h_n[direction]).abs().max().item()
    change = (output - old).abs()
    T, H = len(words), h_n.shape[1]
    ends = {
        "around": (place - 1, place + 1),
        "at": (place, place),
        "last": (T - 1, T - 1),
        "summary": (T - 1, 0),
    }
    for mark, t, half in zip("AB", ends[state["readout"]], (slice(H), slice(H, None)), strict=True):
        if 0 <= t < T:
            shown[f"changed.{mark}"] = change[t, half].max().item()
    found = peer.guess(edited, place)
    for name, p in found.items():
        order = p.argsort(descending=True, stable=True)
        shown |= {f"{name}[{rank}]": p[k].item() for rank, k in enumerate(order[:LISTED].tolist(), start=1)}
        shown[f"{name}.own"] = p[ids[place]].item()
    right = "at" if state["readout"] == "at" else "around"
    stands = edited[place] if right == "at" and edited[place] else ids[place]
    asked = stands or int(found["around"].argmax())
    shown["gain"] = (found[right][asked] / found["uni"][asked]).log().item()
    for name in found:
        losses = [-peer.guess(ids, t)[name][k].log().item() for t, k in enumerate(ids) if k]
        shown[f"perplexity.{name}"] = exp(sum(losses) / len(losses))
    return shown | {"unread": 0.0}


# ---- character_memory -----------------------------------------------------------------------------------

_REMEMBERED = [
    None,
    "The lamp",
    'Zoë said: "pay 7 €, <b>Ada</b> & co."',
    "qqqq  QQ\n\n!?;:'-",
    ("Captain Garrow took the wheel and looked at the Teeth. " * 3)[:160],
    "I",
]

# 24 settings: texts, networks, places and ways of measuring. The first changes something, so that the page
# needs its weights; places are chosen after the text is typed.
_MEMORY: list[State] = [
    {
        "text": _REMEMBERED[k % 6],
        "cell": ("rnn", "gru", "lstm")[(k + k // 6) % 3],
        "t": (2, 5, 22, 9, 161, 2)[k % 6] if k < 12 else (33, 9, 2, 17, 88, 2)[k % 6],
        "target": ("likeliest", "actual")[(k + k // 12) % 2],
        "measure": ("log_p", "logit")[(k // 2) % 2],
        "replacement": ("space", "mean")[(k // 3) % 2],
    }
    for k in range(24)
]


def memory_expected(state: State) -> dict[str, float]:
    """By torch.nn and autograd; each changed text is read by itself."""
    model = load_rememberers()[state["cell"]]
    layer = _memory_layer(model)
    ids = torch.tensor([model.characters.index(c) for c in state["text"] if c in model.characters])
    place = min(state["t"] - 1, len(ids))

    def logits(x: Tensor) -> Tensor:  # (T, B, E) -> (B, V)
        return layer(x)[0][-1] @ model.output_weight.T + model.output_bias

    x = model.embedding[ids[:place]].requires_grad_()  # (T, E)
    read = logits(x[:, None])[0]
    actual = state["target"] == "actual" and place < len(ids)
    target = int(ids[place]) if actual else int(read.argmax())

    def scores(values: Tensor) -> Tensor:
        return values if state["measure"] == "logit" else values.log_softmax(-1)

    score = scores(read)[target]
    score.backward()
    space = model.embedding[model.characters.index(" ")]
    mean = (model.embedding * (model.counts / model.counts.sum())[:, None]).sum(0)
    neutral = space if state["replacement"] == "space" else mean
    replaced = x.detach()[:, None].repeat(1, place, 1)  # (T, T, E)
    replaced[range(place), range(place)] = neutral
    rest = [0.0] * (len(ids) - place)
    rows = {
        "gradient": x.grad.norm(dim=1).tolist() + rest,
        "foretold": (x.grad * (neutral - x.detach())).sum(1).tolist() + rest,
        "change": (scores(logits(replaced))[:, target] - score).tolist() + rest,
    }
    shown = {f"{name}[{j}]": v for name, values in rows.items() for j, v in enumerate(values, 1)}
    shown |= {f"table.{name}": v for name, v in shown.items()}
    for name in ("gradient", "change"):
        sizes = [abs(v) for v in rows[name][:place]]
        reached = [k for k in range(1, place + 1) if sum(sizes[place - k :]) >= 0.9 * sum(sizes)]
        shown[f"carried.{name}"] = reached[0] if sum(sizes) else 0
        shown[f"share.{name}"] = sum(sizes[place - shown[f"carried.{name}"] :]) / (sum(sizes) or 1.0)
    shown["most"] = max(rows["change"][:place], key=abs)
    return shown | {"p": read.softmax(0)[target].item(), "score": score.item()}


@torch.no_grad()
def _memory_layer(model: Rememberer) -> torch.nn.RNNBase:
    """The packaged weights in PyTorch's own layer, float64."""
    layer = getattr(torch.nn, model.kind.upper())(model.embedding.shape[1], model.weight_hh.shape[1]).double()
    values = (model.weight_ih, model.weight_hh, model.bias_ih, model.bias_hh)
    for parameter, value in zip(layer.parameters(), values, strict=True):
        parameter.copy_(value)
    return layer


# ---- pad_mask_pack --------------------------------------------------------------------------------------

_PADDED = [
    None,
    "we swim .\nthank you .\ncome here !\nthey play .\nhe works .",
    "my uncle was writing a letter when the phone rang .\ngo !",
    "<b>bold</b> & the xyzzy, Zoë\n\n  \nthe dog",
    "\n".join(f"{'the old dog ' * (k % 5)}is here" for k in range(40)),
    "word " * 40 + "\nshort .",
    "swim",
    "go\ngo on\ngo on .\ngo on and on .\nso\nso so\nso so .",
]

# 32 settings: the sentences come first, since the line is one of them.
_PADDING: list[State] = [
    {
        "sentences": _PADDED[k % 8],
        "batch_size": (4, 3, 2, 8, 5, 1, 2, 4)[(k + k // 8) % 8],
        "line": 1 + (3 * k + k // 8) % (8, 5, 2, 2, 24, 2, 1, 7)[k % 8],
        "sort": k % 3 == 1,
        "pack": (k + k // 4) % 2 == 1,
        "mask": (k + k // 5) % 2 == 1,
        "padding_idx": (k + k // 7) % 2 == 1,
        "pad_bias": (3, 0, 8, 4.5, 1)[k % 5],
    }
    for k in range(32)
]


def padding_expected(state: State) -> dict[str, float]:
    """By torch.nn.GRU on the padded and on the packed batch, by cross_entropy and by autograd."""
    payload = {
        name: torch.tensor(value, dtype=torch.float64)
        for name, value in state["payload"].items()
        if name not in ("words", "special", "most")
    }
    gru, embedding = _padding_gru(payload), payload["embedding"].clone()
    if state["padding_idx"]:
        embedding[0] = 0
    sentences = [torch.tensor(ids) for ids in read_padded(state["sentences"]).ids]
    order = range(len(sentences))
    if state["sort"]:
        order = sorted(order, key=lambda k: len(sentences[k]), reverse=True)  # stable all the same
    batches = [order[k : k + state["batch_size"]] for k in range(0, len(order), state["batch_size"])]
    place, shown, cells = min(state["line"], len(sentences)) - 1, {}, 0
    for batch in batches:
        found = _padded_batch(state, payload, gru, embedding, [sentences[k] for k in batch])
        T, B = found["loss"].shape
        cells += T * B
        for b, k in enumerate(batch):
            shown |= {f"loss[{k + 1}][{t + 1}]": v for t, v in enumerate(found["loss"][:, b].tolist())}
            if place in batch:
                for name in ("off.padded", "off.packed", "cosine"):
                    shown[f"{name}[{k + 1}]"] = found[name][b].item()
            if k == place:
                for name in ("alone", "padded", "packed"):
                    shown |= {f"{name}[{j + 1}]": v for j, v in enumerate(found[name][b].tolist())}
                after = found["output"][len(sentences[k]) :, b] - found["alone"][b]
                shown |= {f"drift[{j + 1}]": v for j, v in enumerate(after.norm(dim=1).tolist())}
        if place in batch:
            shown |= {name: found[name].item() for name in found if name.startswith(("loss.", "slope."))}
            sizes = found["batch_sizes"].tolist()
            shown |= {f"batch_sizes[{t}]": float(size) for t, size in enumerate(sizes)}
            shown["waste"] = 100 * (1 - sum(sizes) / (T * B))
            shown["computed"] = float(sum(sizes) if state["pack"] else T * B)
            shown["counted"] = float(sum(sizes) if state["mask"] else T * B)
    return shown | {"waste.all": 100 * (1 - sum(map(len, sentences)) / cells)}


@torch.no_grad()
def _padding_gru(payload: dict[str, Tensor]) -> torch.nn.GRU:
    """The page's weights in PyTorch's own layer."""
    size, width = payload["weight_ih"].shape[1], payload["weight_hh"].shape[1]
    gru = torch.nn.GRU(size, width, dtype=torch.float64)
    for name, parameter in gru.named_parameters():
        parameter.copy_(payload[name.removesuffix("_l0")])
    return gru.requires_grad_(False)


def _padded_batch(
    state: State, payload: dict[str, Tensor], gru: torch.nn.GRU, embedding: Tensor, sentences: list[Tensor]
) -> dict[str, Tensor]:
    """States of a batch, padded, packed and alone; losses and their slopes by the bias of `<pad>`."""
    ids = pad_sequence(sentences)  # (T, B), filled up with 0
    lengths = torch.tensor([len(sentence) for sentence in sentences])
    x = embedding[ids]
    output, padded = gru(x)
    packed = pack_padded_sequence(x, lengths, enforce_sorted=False)
    packed_output, packed_state = gru(packed)
    alone = torch.cat([gru(embedding[sentence][:, None])[1][0] for sentence in sentences])
    read_out = pad_packed_sequence(packed_output)[0] if state["pack"] else output
    bias = torch.tensor(float(state["pad_bias"]), dtype=torch.float64, requires_grad=True)
    before = torch.cat([torch.zeros_like(read_out[:1]), read_out[:-1]])
    scores = before @ payload["output_weight"].T + payload["output_bias"]
    scores = torch.cat([scores[..., :1] + bias, scores[..., 1:]], dim=-1).flatten(0, 1)
    masked = cross_entropy(scores, ids.flatten(), ignore_index=0)
    averaged = cross_entropy(scores, ids.flatten())
    [slope_masked], [slope_averaged] = (
        torch.autograd.grad(loss, bias, retain_graph=True) for loss in (masked, averaged)
    )
    return {
        "output": output,
        "alone": alone,
        "padded": padded[0],
        "packed": packed_state[0],
        "off.padded": (padded[0] - alone).norm(dim=1),
        "off.packed": (packed_state[0] - alone).norm(dim=1),
        "cosine": torch.cosine_similarity(padded[0], alone),
        "batch_sizes": packed.batch_sizes,
        "loss": cross_entropy(scores, ids.flatten(), reduction="none").view(ids.shape).detach(),
        "loss.masked": masked,
        "loss.averaged": averaged,
        "slope.masked": slope_masked,
        "slope.averaged": slope_averaged,
    }


# ---- bleu_bench -----------------------------------------------------------------------------------------

_JUDGED = [
    (None, None),
    ("the the the the the the the", "the cat is on the mat\nthere is a cat on the mat"),
    ("the cat", "the cat is on the mat"),
    ("The cat is on the mat.", "the cat is on the mat ."),
    ('<b>Il</b> est "parti", 1,5 h & 7-8 🙂', "Il est parti, 1,5 h &amp; 7 - 8 🙂\n<b>Il</b> est parti"),
    ("nobody was hurt in the crash", "there were no injuries in the accident"),
    ("xyzzy", "the cat is on the mat"),
]
_SMOOTHINGS = ("none", "floor", "add-k", "exp")

# 28 settings: every text with every smoothing; N, formula, tokens and case go round at other speeds.
_BLEU: list[State] = [
    {
        "candidate": _JUDGED[k % 7][0],
        "references": _JUDGED[k % 7][1],
        "smoothing": _SMOOTHINGS[k // 7],
        "max_order": (4, 3, 4, 2, 1)[k % 5],
        "definition": ("geometric", "tutorial", "geometric")[k % 3],
        "tokens": ("spaces", "13a")[(k // 2) % 2],
        "lowercase": k % 4 == 3,
        "second": (None, "the dog", None, "")[k % 4],
    }
    for k in range(28)
]


def bleu_expected(state: State) -> dict[str, float]:
    """Counts, penalty and scores by sacreBLEU; the tutorial's product written out from its counts."""
    cut = {"tokenize": state["tokens"], "lowercase": state["lowercase"]}
    N, smoothing, lines = state["max_order"], state["smoothing"], state["references"].split("\n")
    tutorial = state["definition"] == "tutorial"

    def product(n: int, **cut: Any) -> float:
        parts = _sacrebleu([state["candidate"]], [lines[:1]], n, "none", **cut)
        shares = [m / t for m, t in zip(parts.counts, parts.totals, strict=True) if t]
        return parts.bp * prod(p ** (0.5**k) for k, p in enumerate(shares, start=1))

    def score(n: int, smoothing: str, **cut: Any) -> float:
        return _sacrebleu([state["candidate"]], [lines], n, smoothing, **cut).score / 100

    def chosen(**cut: Any) -> float:
        return product(N, **cut) if tutorial else score(N, smoothing, **cut)

    own = _sacrebleu([state["candidate"]], [lines[:1] if tutorial else lines], N, "none", **cut)
    shown = {"bp": own.bp, "score": chosen(**cut), "percent": 100 * chosen(**cut)}
    for n, (matches, total) in enumerate(zip(own.counts, own.totals, strict=True), start=1):
        shown |= {f"matches[{n}]": matches, f"totals[{n}]": total}
    if any(own.counts):  # without a match sacreBLEU gives no p_n
        judged = own if tutorial else _sacrebleu([state["candidate"]], [lines], N, smoothing, **cut)
        shown |= {f"p[{n}]": p / 100 for n, p in enumerate(judged.precisions, start=1)}
    for n in range(1, 5):
        shown |= {f"score.{name}[{n}]": score(n, name, **cut) for name in _SMOOTHINGS}
        shown[f"score.effective[{n}]"] = score(n, "exp", effective_order=True, **cut)
        shown[f"score.tutorial[{n}]"] = product(n, **cut)
    for tokens in ("spaces", "13a"):
        shown[f"tokens.{tokens}.kept"] = chosen(tokenize=tokens, lowercase=False)
        shown[f"tokens.{tokens}.lower"] = chosen(tokenize=tokens, lowercase=True)
    first = ([state["candidate"]], [lines])
    second = ([state["second"]], [state["second_references"].split("\n")])
    texts = {"first": first, "second": second, "corpus": (first[0] + second[0], first[1] + second[1])}
    parts = {name: _sacrebleu(*text, N, smoothing, **cut) for name, text in texts.items()}
    for name, found in parts.items():
        shown |= {f"{name}.bleu": found.score / 100, f"{name}.c": found.sys_len, f"{name}.r": found.ref_len}
        plain = _sacrebleu(*texts[name], N, "none", **cut).totals  # add-k changes them
        shown |= {f"{name}.totals[{n}]": total for n, total in enumerate(plain, start=1)}
    shown["corpus"] = parts["corpus"].score / 100
    return shown | {"mean": (parts["first"].score + parts["second"].score) / 200}


def _sacrebleu(
    texts: list[str], references: list[list[str]], n: int, smoothing: str, tokenize: str, **options: Any
) -> BLEUScore:
    """sacreBLEU of a corpus; a sentence with fewer references than another gets its first once more."""
    most = max(map(len, references))
    streams = [[r[k] if k < len(r) else r[0] for r in references] for k in range(most)]
    cut = "none" if tokenize == "spaces" else tokenize
    judge = BLEU(tokenize=cut, max_ngram_order=n, smooth_method=smoothing, force=True, **options)
    return judge.corpus_score(texts, streams)


# ---- vocabulary_cut -------------------------------------------------------------------------------------

_TYPED = [
    "The keeper counted the unopened letters and found a rusty harpoon.",
    "Où est-ce qu'il y va-t-il ? Les filles heureuses répareront la voiture…",
    "<b>Zoë</b> & 漢字 🙂, o'clock “it’s”",
    "",
    "Ada",
]

# 27 settings: every text with minimum frequencies, sizes, merges and sentences of all kinds.
_CUT: list[State] = [
    {
        "corpus": ("story", "english", "french")[j % 3],
        "min_freq": (1, 2, 5, 100, 3, 20, 1)[j % 7],
        "largest": (2140, 500, 10, 1000, 200)[j % 5],
        "embedding_size": (64, 8, 512, 136)[j % 4],
        "hidden_size": (192, 512, 8)[(j // 2) % 3],
        "merges": (200, 0, 300, 20)[(j // 3) % 4],
        "sentence": _TYPED[(j + j // 5) % 5],
    }
    for j in range(27)
]


@cache
def _counted(corpus: str) -> tuple[Vocabulary, Counter[str]]:
    """Every word of the counted part, and the held-out part's counts."""
    if corpus == "story":
        tokens = word_tokens(load_story())
        end = len(tokens) - round(len(tokens) * 0.1)
        return build_vocabulary([tokens[:end]]), Counter(tokens[end:])
    split = split_sentences(load_phrasebook())
    train, test = (
        [word_tokens(getattr(pair, corpus)) for pair in part] for part in (split.train, split.test)
    )
    return build_vocabulary(train), Counter(token for tokens in test for token in tokens)


@cache
def _pieces(corpus: str, merges: int) -> dict[str, int]:
    """Entries, unknown pieces and pieces of the held-out part; no merge leaves characters."""
    vocabulary, held_out = _counted(corpus)
    learnt = learn_merges(vocabulary.counts, 300)[:merges]
    known = {c for word in vocabulary.counts for c in word} | {left + right for left, right in learnt}
    cut_up = {word: Subwords(learnt).pieces(word) for word in held_out}
    unknown = sum(count * sum(p not in known for p in cut_up[word]) for word, count in held_out.items())
    pieces = sum(count * len(cut_up[word]) for word, count in held_out.items())
    return {"size": len(known) + 4, "unknown": unknown, "pieces": pieces}


def cut_expected(state: State) -> dict[str, float]:
    """Known words by `build_vocabulary`'s order and Counter, parameters by torch.nn."""
    vocabulary, held_out = _counted(state["corpus"])
    counts = vocabulary.counts
    frequent = [word for word in vocabulary.tokens[4:] if counts[word] >= state["min_freq"]]
    kept = set(frequent[: state["largest"] - 4])
    V, E, H = len(kept) + 4, state["embedding_size"], state["hidden_size"]
    shown: dict[str, float] = {}
    for part, words in (("training", counts), ("held_out", held_out)):
        for kind, numbers in (("tokens", words), ("types", dict.fromkeys(words, 1))):
            known, total = sum(n for word, n in numbers.items() if word in kept), sum(numbers.values())
            values = {"known": known, "all": total, "percent": 100 * known / total, "unknown": total - known}
            shown |= {f"{part}_{kind}.{name}": value for name, value in values.items()}
        shown[f"unk.{part}"] = shown[f"{part}_tokens.unknown"]

    def numel(module: torch.nn.Module) -> int:
        return sum(parameter.numel() for parameter in module.parameters())

    def tables(size: int) -> int:
        return numel(torch.nn.Embedding(size, E)) + numel(torch.nn.Linear(H, size))

    layers = (torch.nn.Embedding(V, E), torch.nn.Linear(H, V), torch.nn.GRU(E, H))
    names = ("embedding", "output", "recurrent")
    shown |= {f"parameters.{name}": numel(layer) for name, layer in zip(names, layers, strict=True)}
    rare = sum(counts[word] < 5 for word in kept)
    shown |= {"kept": len(kept), "rare": rare, "rare.parameters": rare * (E + H + 1)}
    shown |= {"c": shown["held_out_tokens.percent"], "N": tables(V)}
    tokens = held_out.total()
    whole = {"size": V, "unknown": shown["held_out_tokens.unknown"], "pieces": tokens}
    merged = {"subwords": state["merges"], "characters": 0}
    units = {name: _pieces(state["corpus"], merges) for name, merges in merged.items()}
    for name, unit in {"words": whole, **units}.items():
        more = {"ratio": unit["pieces"] / tokens, "parameters": tables(unit["size"])}
        shown |= {f"{name}.{key}": value for key, value in (unit | more).items()}
    for name, text in {
        "own": state["sentence"],
        **{
            f"sample[{k}]": text
            for k, text in enumerate(state["payload"]["corpora"][state["corpus"]]["samples"], 1)
        },
    }.items():
        found = word_tokens(text)
        shown |= {f"{name}.tokens": len(found), f"{name}.unknown": sum(token not in kept for token in found)}
    return shown


# ---- bottleneck -----------------------------------------------------------------------------------------

_TOLD = [
    "My mother is going to repair the car.",
    "Your brother isn't going to clean the kitchen.",
    "Paul is more careful than Marie",
    "Marie is more careful than Paul.",
    "does her mother often play the guitar",
    "The <b>sofa</b> & 😀 is very big! She is happy.",
    "we, we, we, we, we, we, we, we, we, we",
]

# 28 settings: every sentence, first words and all, both ways of mixing, from A itself to B itself.
_MIXED: list[State] = [
    {
        "sentence_a": _TOLD[j % 7],
        "sentence_b": _TOLD[(2 * j + 1 + j // 7) % 7],
        "k": (14, 1, 3, 14, 6)[j % 5],
        "mix": ("blend", "swap")[j % 2],
        "share": (0.5, 0.25, 0.0, 0.85, 1.0, 0.4)[j % 6],
    }
    for j in range(28)
]


@cache
def _bottleneck() -> BottleneckPeer:
    return BottleneckPeer()


def bottleneck_expected(state: State) -> dict[str, float]:
    """States by torch.nn.GRU, what is written by `greedy_search` over `rnnlib.models`, places by `linear`."""
    peer, model = _bottleneck(), load_translator()
    ids = [_ids_read(state[f"sentence_{name}"]) for name in "ab"]
    ids = [one[: state["k"]] for one in ids]
    a, b = (peer.states(one)[-1] for one in ids)

    def mixed(share: float) -> Tensor:
        if state["mix"] == "blend":
            return torch.lerp(a, b, share)
        return torch.where(torch.arange(len(a)) < round(share * len(a) + 1e-9), b, a)

    h = {"a": a, "mixture": mixed(state["share"]), "b": b}
    found = {name: peer.greedy(one) for name, one in h.items()}
    places = {name: peer.place(one) for name, one in h.items()}
    shown = {f"{name}[{j}]": v for name, one in h.items() for j, v in enumerate(one.tolist(), 1)}
    shown |= {f"log_p.{name}": one.log_prob for name, one in found.items()}
    for name, place in places.items():
        shown |= {f"{axis}.{name}": v for axis, v in zip("xy", place.tolist(), strict=True)}
    shown |= {f"way[{k}]": peer.greedy(mixed(k / 10)).log_prob for k in range(11)}
    stored = torch.tensor([[x, y] for _, _, x, y in model.shown], dtype=torch.float64)
    near = (stored - places["mixture"]).norm(dim=1).sort().values
    shown |= {f"near[{j}]": v for j, v in enumerate(near[:3].tolist(), 1)}
    others = {*found["a"].tokens, *found["b"].tokens}
    unit = int((a - b).abs().argmax())
    return shown | {
        "neither": len(set(found["mixture"].tokens) - others),
        "common": (Counter(ids[0]) & Counter(ids[1])).total(),
        "size.a": len(ids[0]),
        "size.b": len(ids[1]),
        "distance": (a - b).norm().item(),
        "h": h["mixture"][unit].item(),
    }


def _ids_read(sentence: str) -> list[int]:
    """Known words up to the first mark, at most twelve, then a mark and the end sign."""
    model = load_translator()
    body, mark, _ = re.match(r"([^.?!]*)([.?!]?)(.*)", sentence.lower()).groups()
    words = [word for word in re.findall(r"[\w'<>/&😀]+|,", body) if word in model.ids][:12]
    while words[-1] == ",":
        words.pop()
    asks = mark == "?" or (mark != "." and words[0] in model.asking)
    return [*(model.ids[word] for word in words), model.ids["?" if asks else "."], 2]


# ---- beam_tree ------------------------------------------------------------------------------------------

# 28 settings: every problem, width and penalty, from the first step to the last. `step` is set first, where
# the search has 6 steps.
_SEARCHED: list[State] = [
    {
        "step": 1 + (5 * k + 4) % 6,
        "problem": ("worked", "watch", "crowded", "winter", "garden", "tea")[k % 6],
        "width": 1 + (k + k // 6) % 6,
        "alpha": (0, 1, 0.6, 2)[k // 2 % 4],
        "penalty": ("power", "gnmt")[k // 3 % 2],
        "max_length": (0, 0, 4, 0, 7, 2, 0)[k % 7],
    }
    for k in range(28)
]


class _Written(NamedTuple):
    """A packed problem as a step over what was written."""

    rows: dict[tuple[int, ...], list[float]]
    otherwise: list[float] | None

    def step(self, token_ids: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        read = token_ids[None] if state is None else torch.cat([state, token_ids[None]])
        rows = [self.rows.get(tuple(column[1:]), self.otherwise) for column in read.T.tolist()]
        return torch.tensor(rows, dtype=torch.float64), read


def _unpacked(problem: State) -> _Written:
    """Rows of a table are whole; of the translator they hold pairs of token and log-probability."""
    whole = problem["otherwise"] is not None

    def row(packed: list[Any]) -> list[float]:
        if whole:
            return [-inf if value is None else value for value in packed]
        logs = [-inf] * len(problem["words"])
        for token, value in zip(packed[::2], packed[1::2], strict=True):
            logs[token] = value / problem["unit"]
        return logs

    rows = {tuple(map(int, key.split())): row(values) for key, values in problem["rows"].items()}
    return _Written(rows, row(problem["otherwise"]) if whole else None)


def beam_expected(state: State) -> dict[str, float]:
    """Everything by `rnnlib.search` over the page's own tables."""
    problem = state["payload"]["problems"][state["problem"]]
    model, eos, first = _unpacked(problem), problem["eos"], torch.tensor([problem["eos"]])
    alpha, penalty = state["alpha"], state["penalty"]
    limit = state["max_length"] or problem["max_length"]

    def search(M: int = limit, **changed: Any) -> Found:
        how = {"width": state["width"], "alpha": alpha, "penalty": penalty, "finished_first": True} | changed
        return beam_search(model.step, None, first, eos, M, **how)[0]

    whole = problem["otherwise"] is not None
    drawn = state["payload"]["drawn"]
    found = search(trace=True if whole else drawn)
    T = len(found.steps)
    t = min(state["step"], T)
    shown = _step_shown(found.steps, t, drawn, problem["size"])
    ended = search(t, n_best=10**6, early_stop=False).hypotheses
    for k, one in enumerate((h for h in ended if h.finished or t == limit), start=1):
        numbers = {"length": one.length, "log_p": one.log_prob, "score": one.score(alpha, penalty)}
        numbers["lp"] = length_penalty(one.length, alpha, penalty)
        shown |= {f"found.{name}[{k}]": value for name, value in numbers.items()}
    others = {f"width[{w}]": (search(width=w).best, alpha) for w in range(1, 7)}
    others |= {f"alpha[{a:g}]": (search(alpha=a).best, a) for a in state["payload"]["alphas"]}
    if whole and problem["size"] * (problem["size"] - 1) ** (limit - 1) <= 20_000:
        how = {"alpha": alpha, "penalty": penalty, "finished_first": True}
        others["all"] = exhaustive_search(model.step, None, first, eos, limit, **how)[0].best, alpha
    for name, (best, its_alpha) in others.items():
        score = best.score(its_alpha, penalty)
        shown |= {f"{name}.length": best.length, f"{name}.log_p": best.log_prob, f"{name}.score": score}
    live = next((c.log_prob for c in found.steps[-1] if c.fate == "kept"), 0.0)
    score = found.best.score(alpha, penalty)
    return shown | {
        "p.best": exp(found.best.log_prob),
        "p.greedy": exp(search(width=1).best.log_prob),
        "score": score,
        "end.best": score,
        "end.bound": live / length_penalty(limit, alpha, penalty),
    }


def _step_shown(steps: list[list[Candidate]], t: int, drawn: int, V: int) -> dict[str, float]:
    """The candidates of the steps so far, and how many there are at the last of them."""
    shown: dict[str, float] = {
        f"log_p[{k}][{c.rank}]": c.log_prob for k, step in enumerate(steps[:t], 1) for c in step[:drawn]
    }
    for c in steps[t - 1]:
        shown |= {f"candidate.log_p[{c.rank}]": c.log_prob, f"candidate.score[{c.rank}]": c.score}
    live = sum(c.fate == "kept" for c in steps[t - 2]) if t > 1 else 1
    fates = Counter(c.fate for c in steps[t - 1])
    shown |= {"live": live, "V": V, "candidates": live * V}
    impossible = live * V - len(steps[t - 1]) if V <= 6 else 0
    pruned = live * V - impossible - fates["kept"] - fates["finished"]
    return shown | {"kept": fates["kept"], "finished": fates["finished"], "pruned": pruned}


# ---- width_trade_off ------------------------------------------------------------------------------------

# 28 settings: every width, sentence and penalty, alpha from 0 to 2.
_RANKED: list[State] = [
    {
        "width": (10, 1, 100, 2, 50, 3, 25, 5)[k % 8],
        "alpha": (0, 1, 0.6, 2, 1.3, 0.1, 1.7)[k % 7],
        "penalty": ("power", "gnmt")[k // 2 % 2],
        "example": ("patience", "lose", "headache", "tower")[k // 3 % 4],
    }
    for k in range(28)
]


@cache
def _lists() -> dict[int, list[list[Entry]]]:
    return {run["width"]: lists_from_text(run["lists"]) for run in stored_result("width").runs}


@cache
def _corpus(width: int, alpha: float, penalty: str) -> tuple[float, BleuCounts]:
    """Mean log p and summed counts of the winners by log p / lp(L)."""
    sums, log_prob = [0] * 10, 0.0
    for entries in _lists()[width]:
        best = max(entries, key=lambda e: e.log_prob / length_penalty(e.length, alpha, penalty))
        log_prob += best.log_prob
        matches, totals, *lengths = best.counts
        sums = [a + b for a, b in zip(sums, (*matches, *totals, *lengths), strict=True)]
    return log_prob / len(_lists()[width]), BleuCounts(tuple(sums[:4]), tuple(sums[4:8]), *sums[8:])


def width_expected(state: State) -> dict[str, float]:
    """Corpus BLEU by `rnnlib.bleu`, scores by `rnnlib.search`, from the stored lists."""
    alpha, penalty, width = state["alpha"], state["penalty"], state["width"]
    shown: dict[str, float] = {
        f"published[{of_width}]": bleu for of_width, bleu in state["payload"]["published"]
    }
    for of_width in _lists():
        log_prob, counts = _corpus(of_width, alpha, penalty)
        shown |= {
            f"log_prob[{of_width}]": log_prob,
            f"length_ratio[{of_width}]": counts.candidate_length / counts.reference_length,
            f"bleu[{of_width}]": 100 * bleu_of(counts),
            f"plain[{of_width}]": 100 * bleu_of(_corpus(of_width, 0.0, penalty)[1]),
        }
    counts = _corpus(width, alpha, penalty)[1]
    shown |= {"BP": brevity_penalty(*counts[2:]), "bleu": shown[f"bleu[{width}]"]}
    place = state["payload"]["examples"][state["example"]]["place"]

    def score(entry: Entry) -> float:
        return entry.log_prob / length_penalty(entry.length, alpha, penalty)

    found = {entry for of_width in _lists().values() for entry in of_width[place]}
    for k, entry in enumerate(sorted(found, key=score, reverse=True), start=1):
        numbers = {"log_prob": entry.log_prob, "length": entry.length, "score": score(entry)}
        shown |= {f"example.{name}[{k}]": value for name, value in numbers.items()}
    return shown | {"score": max(map(score, _lists()[width][place]))}


# ---- live_translator ------------------------------------------------------------------------------------

_ENGLISH = [
    "You should stay in bed until tomorrow.",
    "My dog is old.",
    "Where do you want to go?",
    "<b>Tom</b> sleeps 😀.",
]
_FRENCH = ["Tu devrais rester au lit.", "Mon chien est <i>vieux</i>.", "", "Tom dort."]

# 24 settings: every sentence and target, greedy, beam and drawn, free and from a forced beginning.
_TYPED: list[State] = [
    {
        "step": 1 + k % 3,
        "sentence": _ENGLISH[k // 2 % 4],
        "target": _FRENCH[k % 4],
        "forced": ("", "", "Je", "", "Il n'est pas", "Oui ·. <eos>")[k % 6],
        "width": (5, 1, 3, 10)[k // 3 % 4],
        "temperature": (0, 0, 0.8, 0, 0)[k % 5],
        "seed": k,
    }
    for k in range(24)
]


def live_expected(state: State) -> dict[str, float]:
    """What is written as Python writes it; its numbers by one forward pass over the whole sentence."""
    translator = load_page_translator()
    names = ("sentence", "target", "forced", "width", "temperature", "seed")
    seen = LiveTranslator(**{name: state[name] for name in names}).look()
    vocab, model = translator.target_vocab, translator.model
    source = torch.tensor([*seen.reading.ids.tolist(), 2])[:, None]

    def forced(tokens: list[str]) -> tuple[Tensor, list[int]]:
        ids = vocab.encode(tokens).tolist()
        with torch.no_grad():
            logits = model(source, torch.tensor([len(source)]), torch.tensor([1, *ids[:-1]])[:, None])
        return logits[:, 0].log_softmax(-1), ids

    log_probs, ids = forced([step.token for step in seen.path.steps])
    chosen = [float(row[token]) for row, token in zip(log_probs, ids, strict=True)]
    sums = torch.tensor(chosen, dtype=torch.float64).cumsum(0).tolist()
    place = min(state["step"], len(ids)) - 1
    before = sums[place - 1] if place else 0.0
    best = log_probs[place].topk(10).values.tolist()
    shown = {f"running[{k}]": v for k, v in enumerate(sums, 1)} | {"log_p": sums[-1], "so_far": sums[place]}
    shown |= {f"top[{j}]": exp(v) for j, v in enumerate(best, 1)}
    shown |= {f"so_far[{j}]": before + v for j, v in enumerate(best, 1)}
    shown |= {f"drawn[{j}]": v for j, v in enumerate(seen.path.steps[place].drawn, 1)}
    greedy = translator.translate(state["sentence"]).log_prob if not state["forced"] else None
    shown["greedy"] = seen.greedy.log_prob if greedy is None else greedy
    for k, (_, length, log_prob, _) in enumerate(seen.n_best, 1):
        shown |= {f"n_best[{k}]": log_prob, f"length[{k}]": length}
    with torch.no_grad():
        states = model.encoder(source, torch.tensor([len(source)]))[0][:, 0]
    moves = torch.diff(states, dim=0, prepend=torch.zeros_like(states[:1])).norm(dim=1)
    shown |= {f"moved[{k}]": v for k, v in enumerate(moves.tolist(), 1)}
    if not seen.target:
        return shown
    log_probs, ids = forced([row.read_as for row in seen.target])
    own = [float(row[token]) for row, token in zip(log_probs, ids, strict=True)]
    for k, (row, token, v) in enumerate(zip(log_probs, ids, own, strict=True), 1):
        rank = 1 + int((row > row[token]).sum())
        writable = row.clone()
        writable[list(translator.banned)] = -inf
        shown |= {f"own_p[{k}]": exp(v), f"own_log_p[{k}]": v, f"rank[{k}]": rank}
        shown[f"choice_p[{k}]"] = exp(float(writable.max()))
    agreed = sum(row.own == row.read_as for row in seen.target)
    return shown | {"own": sum(own), "agreed": agreed}


WIDGETS = {
    "beam_tree": Case(_SEARCHED, beam_expected, 1e-9, relative=False),
    "bleu_bench": Case(_BLEU, bleu_expected, 1e-9, relative=False),
    "bottleneck": Case(_MIXED, bottleneck_expected, 1e-9, relative=False),
    "gru_stepper": Case(_GRU_PYTORCH + _GRU_OTHERS, gru_expected, 1e-9, relative=False),
    "lstm_stepper": Case(_LSTM_PYTORCH + _LSTM_LOCKED, lstm_expected, 1e-9, relative=False),
    "gradient_flow": Case(_FLOW, flow_expected, 1e-9, relative=True),
    "left_right": Case(_LEFT_RIGHT, left_right_expected, 1e-9, relative=False),
    "live_translator": Case(_TYPED, live_expected, 1e-6, relative=False),
    "layer_grid": Case(_GRID, grid_expected, 1e-9, relative=False),
    "half_life": Case(_HALF, half_life_expected, 1e-9, relative=True),
    "unrolled_calculator": Case(_UNROLLED, unrolled_expected, 1e-9, relative=False),
    "hold_a_bit": Case(_HOLD, hold_expected, 1e-9, relative=False),
    "character_memory": Case(_MEMORY, memory_expected, 1e-9, relative=False),
    "pad_mask_pack": Case(_PADDING, padding_expected, 1e-9, relative=False),
    "story_writer": Case(_STORY, story_expected, 1e-9, relative=False),
    "vocabulary_cut": Case(_CUT, cut_expected, 1e-9, relative=True),
    "width_trade_off": Case(_RANKED, width_expected, 1e-9, relative=False),
}
