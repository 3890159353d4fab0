"""Our layers against d2l 1.0.3's from scratch, same weights, under its own convention."""

import sys

import pytest
import torch
from torch.testing import assert_close

from benchmarks.d2l_peer import load_d2l, scratch_like
from rnnlib.layers import GRU, LSTM, RNN

EXACT = {"rtol": 1e-10, "atol": 1e-10}
LAYERS = {"RNN": RNN, "GRU": lambda *sizes, **kw: GRU(*sizes, reset_after=False, **kw), "LSTM": LSTM}


def pair(kind: str):
    torch.manual_seed(0)
    ours = LAYERS[kind](3, 5, dtype=torch.float64)
    return ours, scratch_like(ours)


def run(layer, x, state=None):
    """Output (T, B, H), the last state's parts, and the gradient of a function of the output by x."""
    x = x.clone().requires_grad_()
    output, last = layer(x, state)
    output = torch.stack(output) if isinstance(output, list) else output
    last = last if isinstance(last, tuple) else (last,)
    gradient = torch.autograd.grad((3 * output).sin().sum(), x)
    return output, tuple(part.reshape(x.shape[1], -1) for part in last), gradient


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize(("time", "batch"), [(7, 4), (1, 1)])
def test_scratch_layers_agree(kind, time, batch):
    ours, scratch = pair(kind)
    x = torch.randn(time, batch, 3, dtype=torch.float64)
    # its plain network's own zero state is float32 whatever the weights, so it is given one
    zeros = (torch.zeros(batch, 5, dtype=torch.float64),) if kind == "RNN" else None
    assert_close(run(ours, x), run(scratch, x, zeros), **EXACT)


@pytest.mark.parametrize("kind", LAYERS)
def test_scratch_layers_agree_from_a_given_state(kind):
    ours, scratch = pair(kind)
    x, h, c = (torch.randn(*shape, dtype=torch.float64) for shape in [(6, 4, 3), (4, 5), (4, 5)])
    ours_state = (h[None], c[None]) if kind == "LSTM" else h[None]
    its_state = {"RNN": (h,), "GRU": h, "LSTM": (h, c)}[kind]
    assert_close(run(ours, x, ours_state), run(scratch, x, its_state), **EXACT)


def test_pytorchs_reset_is_another_network_on_the_same_weights():
    ours, scratch = pair("GRU")
    after = GRU(3, 5, dtype=torch.float64)
    after.load_state_dict(ours.state_dict())
    x = torch.randn(7, 4, 3, dtype=torch.float64)
    assert (run(after, x)[0] - run(scratch, x)[0]).abs().max() > 1e-3


def test_its_layer_around_pytorchs_takes_our_weights():
    torch.manual_seed(0)
    ours, theirs = GRU(3, 5, num_layers=2), load_d2l().GRU(3, 5, num_layers=2)
    theirs.rnn.load_state_dict(ours.state_dict(), strict=True)
    x = torch.randn(7, 4, 3)
    assert_close(ours(x), theirs(x))


def test_the_package_holds_the_plain_network_alone():
    d2l = load_d2l()
    assert hasattr(d2l, "RNNScratch")
    assert not hasattr(d2l, "GRUScratch")
    assert not hasattr(d2l, "LSTMScratch")
    assert "torchvision" not in sys.modules  # the stub does not stay behind
