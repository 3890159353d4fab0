"""The recurrent language model."""

import pytest
import torch
from torch import nn

from rnnlib.layers import GRU, LSTM, RNN
from rnnlib.models import LanguageModel

V = 11
LAYERS = [RNN, GRU, LSTM, nn.RNN, nn.GRU, nn.LSTM]


def build(rnn=None, **kwargs):
    torch.manual_seed(0)
    return LanguageModel(rnn or nn.GRU(4, 6), V, **kwargs)


@pytest.mark.parametrize("layer", LAYERS)
def test_any_layer_fits(layer):
    model = build(layer(4, 6))
    ids = torch.randint(V, (5, 3))
    logits, state = model(ids)
    assert logits.shape == (5, 3, V)
    again, _ = model(ids[3:], model(ids[:3])[1])  # the state carries over
    torch.testing.assert_close(again, logits[3:])


def test_stacked_and_both_directions():
    assert build(nn.GRU(4, 6, num_layers=2))(torch.zeros(2, 3, dtype=torch.long))[0].shape == (2, 3, V)
    both = build(GRU(4, 6, bidirectional=True))
    assert both.output.in_features == 12
    assert both(torch.zeros(2, 3, dtype=torch.long))[0].shape == (2, 3, V)


def test_equal_weights_give_equal_logits_with_ours_and_torchs():
    ours, theirs = build(GRU(4, 6).double()), build(nn.GRU(4, 6).double())
    ours.load_state_dict(theirs.state_dict())
    ids = torch.randint(V, (9, 2))
    torch.testing.assert_close(ours(ids)[0], theirs(ids)[0], rtol=1e-12, atol=1e-12)
    assert ours(ids)[0].dtype == torch.float64  # the embedding follows the layer's dtype


@pytest.mark.parametrize("layer", LAYERS)
def test_steps_equal_the_whole(layer):
    """Token by token, with dropout off, as one forward pass in evaluation mode."""
    model = build(layer(4, 6), dropout=0.5)
    ids = torch.randint(V, (7, 2))
    state, rows = None, []
    for token_ids in ids:
        log_probs, state = model.step(token_ids, state)
        rows.append(log_probs)
    assert model.training
    wanted = model.eval()(ids)[0].log_softmax(-1)
    torch.testing.assert_close(torch.stack(rows), wanted)
    torch.testing.assert_close(torch.stack(rows).exp().sum(-1), torch.ones(7, 2))
    assert not rows[0].requires_grad


def test_a_step_leaves_every_part_its_own_mode():
    model = build(dropout=0.5).train()
    model.embedding.eval()
    model.step(torch.tensor([1]))
    assert model.training and model.rnn.training and model.dropout.training and not model.embedding.training
    with pytest.raises(ValueError, match="ids holds"):
        model.step(torch.tensor([V]))
    assert model.dropout.training and not model.embedding.training


def test_dropout_acts_while_training_only():
    model = build(dropout=0.5)
    ids = torch.zeros(4, 2, dtype=torch.long)
    assert not torch.equal(model(ids)[0], model(ids)[0])
    model.eval()
    assert torch.equal(model(ids)[0], model(ids)[0])


@pytest.mark.parametrize("bad, where", [(V, r"\(t=2, b=1\)"), (-1, r"\(t=2, b=1\)")])
def test_ids_out_of_range_are_an_error(bad, where):
    ids = torch.zeros(4, 3, dtype=torch.long)
    ids[2, 1] = bad
    with pytest.raises(ValueError, match=f"ids holds {bad} at {where}, expected 0 to V - 1 = 10"):
        build()(ids)
    with pytest.raises(ValueError, match=f"ids holds {bad}"):
        build().step(ids[2])


@pytest.mark.parametrize(
    "ids, error, message",
    [
        (torch.zeros(3, 2), TypeError, "ids has dtype torch.float32, expected a tensor of integer"),
        (torch.zeros(3, 2, dtype=torch.bool), TypeError, "ids has dtype torch.bool"),
        ([[1, 2]], TypeError, "ids has type list, expected a tensor"),
        (torch.zeros(3, dtype=torch.long), ValueError, r"ids has shape \(3,\), expected \(T, B\)"),
        (torch.zeros(0, 2, dtype=torch.long), ValueError, r"ids has shape \(0, 2\), expected \(T, B\)"),
    ],
)
def test_bad_ids_are_errors(ids, error, message):
    with pytest.raises(error, match=message):
        build()(ids)


def test_bad_construction():
    with pytest.raises(ValueError, match="vocab_size is 0, expected at least 1"):
        LanguageModel(nn.GRU(4, 6), 0)
    with pytest.raises(TypeError, match="vocab_size is 2.5"):
        LanguageModel(nn.GRU(4, 6), 2.5)
    with pytest.raises(ValueError, match="dropout is 1.0, expected a number from 0 to 1, 1 excluded"):
        LanguageModel(nn.GRU(4, 6), V, dropout=1.0)
    with pytest.raises(ValueError, match="rnn has batch_first=True, expected a time-major one"):
        LanguageModel(nn.GRU(4, 6, batch_first=True), V)
