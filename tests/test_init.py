"""Initialisations: which entries they set, in ours and torch.nn's, in every layer and direction."""

import copy
import math

import pytest
import torch
from torch import nn

from rnnlib import cells, init, layers

H = 5
SHAPES = {
    "one layer": {},
    "deep": {"num_layers": 3},
    "both ways": {"bidirectional": True},
    "deep, both ways": {"num_layers": 2, "bidirectional": True},
}
ROWS = {"i": slice(0, H), "f": slice(H, 2 * H), "r": slice(0, H), "z": slice(H, 2 * H)}


def modules(kind: str) -> dict[str, nn.Module]:
    """Ours and torch.nn's layers of every shape, and the cells."""
    found: dict[str, nn.Module] = {}
    for whose, home, cell_home in (("ours", layers, cells), ("torch", nn, nn)):
        for shape, options in SHAPES.items():
            found[f"{whose}, {shape}"] = getattr(home, kind)(3, H, **options)
        found[f"{whose}, cell"] = getattr(cell_home, f"{kind}Cell")(3, H)
    return found


def biases(module: nn.Module) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """The pairs of `bias_ih` and `bias_hh`."""
    named = dict(module.named_parameters())
    return [(named[name], named[name.replace("_ih", "_hh")]) for name in named if name.startswith("bias_ih")]


def num_pairs(name: str) -> int:
    return {"cell": 1, **{shape: o.get("num_layers", 1) * (2 if "bidirectional" in o else 1)
                          for shape, o in SHAPES.items()}}[name.partition(", ")[2]]  # fmt: skip


CASES = [
    (setter, kind, gate, name)
    for setter, kind, gate in (
        (init.forget_bias_, "LSTM", "f"),
        (init.input_bias_, "LSTM", "i"),
        (init.update_bias_, "GRU", "z"),
    )
    for name in modules(kind)
]


@pytest.mark.parametrize(("setter", "kind", "gate", "name"), CASES)
def test_the_two_biases_of_a_gate_add_up_to_the_value_and_nothing_else_changes(setter, kind, gate, name):
    torch.manual_seed(0)
    module = modules(kind)[name]
    before = copy.deepcopy(module)
    assert setter(module, 1.5) is module
    pairs = biases(module)
    assert len(pairs) == num_pairs(name)
    for bias_ih, bias_hh in pairs:
        assert (bias_ih[ROWS[gate]] == 1.5).all() and (bias_hh[ROWS[gate]] == 0).all()
    for bias_ih, bias_hh in biases(before):  # put the same rows into the copy: then all must be equal
        with torch.no_grad():
            bias_ih[ROWS[gate]], bias_hh[ROWS[gate]] = 1.5, 0.0
    for (parameter, now), then in zip(module.named_parameters(), before.parameters(), strict=True):
        assert torch.equal(now, then), parameter
        assert now.requires_grad and now.grad_fn is None


def test_the_gates_then_open_as_far_as_the_value_says():
    """With no input and no state, forget and update gate are sigmoid(value), read off by the gates' trace."""
    x = torch.zeros(1, 1, 3)
    lstm, gru = layers.LSTM(3, H), layers.GRU(3, H)
    init.input_bias_(init.forget_bias_(lstm, 3.0), -2.0)
    init.update_bias_(gru, 3.0)
    gates = lstm(x, return_gates=True)[2][0]
    assert gates["f"].flatten().tolist() == pytest.approx([1 / (1 + math.exp(-3))] * H)
    assert gates["i"].flatten().tolist() == pytest.approx([1 / (1 + math.exp(2))] * H)
    z = gru(x, return_gates=True)[2][0]["z"]
    assert z.flatten().tolist() == pytest.approx([1 / (1 + math.exp(-3))] * H)


@pytest.mark.parametrize("name", modules("LSTM"))
@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_chrono_spreads_the_time_scales(kind, name):
    torch.manual_seed(0)
    module = modules(kind)[name]
    assert init.chrono_(module, 20) is module
    keep = "f" if kind == "LSTM" else "z"
    seen = []
    for bias_ih, bias_hh in biases(module):
        scales = (bias_ih + bias_hh)[ROWS[keep]]
        assert ((scales >= 0) & (scales <= math.log(19))).all()
        if kind == "LSTM":
            assert torch.equal((bias_ih + bias_hh)[ROWS["i"]], -scales)
        seen.append(scales)
    drawn = torch.cat(seen)
    assert drawn.unique().numel() == drawn.numel() == H * num_pairs(name)  # each unit its own


def test_chrono_is_even_in_the_time_scale_itself():
    lstm = init.chrono_(nn.LSTM(1, 20_000), 101, torch.Generator().manual_seed(0))
    scales = (lstm.bias_ih_l0 + lstm.bias_hh_l0)[20_000:40_000].exp()  # even on [1, 100]
    assert scales.mean().item() == pytest.approx(50.5, abs=1)
    assert scales.quantile(0.1).item() == pytest.approx(10.9, abs=1)
    assert scales.min() >= 1 and scales.max() <= 100.001


def test_chrono_at_the_shortest_lag_sets_no_bias():
    lstm = init.chrono_(layers.LSTM(3, H), 2)
    assert (lstm.bias_ih_l0[: 2 * H] == 0).all() and (lstm.bias_hh_l0[: 2 * H] == 0).all()


def test_chrono_draws_from_its_generator():
    def drawn(seed):
        return init.chrono_(layers.GRU(3, H), 50, torch.Generator().manual_seed(seed)).bias_ih_l0[ROWS["z"]]

    assert torch.equal(drawn(1), drawn(1)) and not torch.equal(drawn(1), drawn(2))
    torch.manual_seed(7)
    one = init.chrono_(layers.GRU(3, H), 50).bias_ih_l0[ROWS["z"]].clone()
    torch.manual_seed(7)
    assert torch.equal(init.chrono_(layers.GRU(3, H), 50).bias_ih_l0[ROWS["z"]], one)


@pytest.mark.parametrize("home", [layers, nn])
def test_other_modules_are_named(home):
    with pytest.raises(TypeError, match="module is a GRU, expected LSTM or LSTMCell"):
        init.forget_bias_(home.GRU(3, H), 1.0)
    with pytest.raises(TypeError, match="module is a RNN, expected LSTM or LSTMCell"):
        init.input_bias_(home.RNN(3, H), 1.0)
    with pytest.raises(TypeError, match="module is a LSTM, expected GRU or GRUCell"):
        init.update_bias_(home.LSTM(3, H), 1.0)
    with pytest.raises(TypeError, match="module is a RNN, expected LSTM or LSTMCell or GRU or GRUCell"):
        init.chrono_(home.RNN(3, H), 10)
    with pytest.raises(TypeError, match="module is a Linear, expected LSTM or LSTMCell"):
        init.forget_bias_(nn.Linear(3, H), 1.0)


@pytest.mark.parametrize("home", [layers, nn])
def test_without_biases_there_is_nothing_to_set(home):
    for setter, kind in ((init.forget_bias_, "LSTM"), (init.input_bias_, "LSTM"), (init.update_bias_, "GRU")):
        with pytest.raises(ValueError, match="module was made with bias=False, expected one with biases"):
            setter(getattr(home, kind)(3, H, bias=False), 1.0)
    with pytest.raises(ValueError, match="bias=False"):
        init.chrono_(home.GRU(3, H, bias=False), 10)


def test_chrono_wants_a_lag_of_two_or_more():
    lstm = layers.LSTM(3, H)
    before = lstm.bias_ih_l0.clone()
    with pytest.raises(ValueError, match="longest is 1, expected at least 2"):
        init.chrono_(lstm, 1)
    with pytest.raises(TypeError, match=r"longest is 10.5 \(float\), expected an int"):
        init.chrono_(lstm, 10.5)
    assert torch.equal(lstm.bias_ih_l0, before)
