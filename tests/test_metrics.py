"""Mean token loss, perplexity, bits."""

import math

import pytest
import torch
from torch import nn

from rnnlib.data import RandomBatches, SequentialBatches
from rnnlib.metrics import bits_per_token, check_targets, mean_token_loss, perplexity
from rnnlib.models import LanguageModel
from rnnlib.modes import evaluating

V = 7


@pytest.fixture
def model():
    torch.manual_seed(0)
    return LanguageModel(nn.GRU(5, 8), V, dropout=0.5)


@pytest.fixture
def ids():
    return torch.randint(V, (41,), generator=torch.Generator().manual_seed(1))


def log_probs_by_hand(model, x, y, state=None):
    """-ln p of each target, from the softmax written out."""
    model.eval()
    with torch.no_grad():
        logits, state = model(x, state)
    p = logits.double().exp() / logits.double().exp().sum(-1, keepdim=True)
    return -p.gather(-1, y[..., None])[..., 0].log(), state


def test_mean_is_over_tokens_not_batches(model, ids):
    """Batches of 3 and of 14 tokens: the longer one weighs more."""
    batches = [(ids[:3, None], ids[1:4, None]), (ids[10:24, None], ids[11:25, None])]
    losses = [log_probs_by_hand(model, x, y)[0].flatten() for x, y in batches]
    wanted = torch.cat(losses).mean().item()
    assert mean_token_loss(model, batches) == pytest.approx(wanted, rel=1e-6)
    assert perplexity(model, batches) == pytest.approx(math.exp(wanted), rel=1e-6)
    assert bits_per_token(model, batches) == pytest.approx(wanted / math.log(2), rel=1e-6)
    mean_of_exps = sum(part.mean().exp().item() for part in losses) / 2
    assert abs(perplexity(model, batches) - mean_of_exps) > 1e-3


def test_sequential_batches_carry_the_state(model, ids):
    """One stream in pieces of 6 (the last of 4) costs what it costs in one piece."""
    whole, _ = log_probs_by_hand(model, ids[:-1, None], ids[1:, None])
    assert mean_token_loss(model, SequentialBatches(ids, 1, 6)) == pytest.approx(
        whole.mean().item(), rel=1e-6
    )


def test_random_batches_start_anew(model, ids):
    batches = RandomBatches(ids, 2, 5)
    wanted = torch.cat([log_probs_by_hand(model, x, y)[0].flatten() for x, y in batches]).mean().item()
    batches.set_epoch(0)
    assert mean_token_loss(model, batches) == pytest.approx(wanted, rel=1e-6)


def test_a_model_that_knows_nothing_has_perplexity_v(model, ids):
    nn.init.zeros_(model.output.weight)
    nn.init.zeros_(model.output.bias)
    assert perplexity(model, SequentialBatches(ids, 2, 4)) == pytest.approx(V, rel=1e-6)


def test_a_loss_beyond_the_range_of_floats_has_infinite_perplexity(model, ids):
    nn.init.zeros_(model.output.weight)
    with torch.no_grad():
        model.output.bias.copy_(torch.arange(V) * 1000.0)
    assert mean_token_loss(model, SequentialBatches(ids, 2, 4)) > 710
    assert perplexity(model, SequentialBatches(ids, 2, 4)) == math.inf


def test_dropout_is_off_and_every_part_returns_to_its_own_mode(model, ids):
    model.train()
    model.rnn.eval()
    assert mean_token_loss(model, SequentialBatches(ids, 2, 4)) == mean_token_loss(
        model, SequentialBatches(ids, 2, 4)
    )
    assert model.training and model.dropout.training and not model.rnn.training
    with pytest.raises(RuntimeError, match="inside"), evaluating(model):
        assert not model.dropout.training
        raise RuntimeError("inside")
    assert model.dropout.training


def test_no_gradient_is_kept(model, ids):
    mean_token_loss(model, SequentialBatches(ids, 2, 4))
    assert all(p.grad is None for p in model.parameters())


def test_empty_batches_are_an_error(model):
    with pytest.raises(ValueError, match="batches is empty, expected at least one batch"):
        perplexity(model, [])


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (torch.full((3, 2), 5), r"y holds the target 5, expected 0 to 4"),
        (torch.full((3, 2), -100), r"y holds the target -100, expected 0 to 4"),
        (torch.zeros(2, 2, dtype=torch.long), r"y has shape \(2, 2\), expected \(3, 2\)"),
    ],
)
def test_targets_that_do_not_fit_are_named(y, message):
    with pytest.raises(ValueError, match=message):
        check_targets(y, torch.zeros(3, 2, 5))
