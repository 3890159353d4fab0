"""Encoder and decoder: padding changes nothing, training and decoding are one, ours equals torch.nn's."""

import pytest
import torch
from torch import nn

from rnnlib import layers
from rnnlib.data.translation import make_batch
from rnnlib.models.seq2seq import ContextDecoder, EncoderDecoder, RecurrentEncoder, masked_loss

V, E, H = 11, 5, 6
KINDS = ("RNN", "GRU", "LSTM")


def translator(kind, home=layers, num_layers=1, dropout=0.0):
    """A small translator in float64."""
    torch.manual_seed(0)
    make = getattr(home, kind)
    encoder = RecurrentEncoder(make(E, H, num_layers), V, dropout)
    decoder = ContextDecoder(make(E + H, H, num_layers), V, E, dropout)
    return EncoderDecoder(encoder, decoder).double()


def sentences(lengths, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randint(4, V, (n,), generator=generator) for n in lengths]


def batch_of(sources, targets):
    return make_batch(sentences(sources), sentences(targets, seed=1))


@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("home", [layers, nn], ids=["ours", "torch"])
@pytest.mark.parametrize("kind", KINDS)
def test_padded_and_unpadded_batched_and_single_give_the_same(kind, home, num_layers):
    model = translator(kind, home, num_layers)
    batch = batch_of([5, 2, 7, 1], [3, 6, 1, 2])
    states = model.encode(batch.source, batch.source_lengths)
    logits = model(batch.source, batch.source_lengths, batch.target_in)
    for b in range(4):
        one = make_batch([batch.source[: batch.source_lengths[b] - 1, b]], [sentences([3, 6, 1, 2], 1)[b]])
        alone = model.encode(one.source, one.source_lengths)
        for state, expected in zip(states, alone, strict=True):
            torch.testing.assert_close(state[:, b : b + 1], expected, rtol=0, atol=1e-12)
        single = model(one.source, one.source_lengths, one.target_in)
        torch.testing.assert_close(logits[: len(single), b : b + 1], single, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_at_padding_is_zero_and_the_rest_is_that_of_single_sentences(kind):
    model = translator(kind)
    batch = batch_of([5, 2, 7], [3, 6, 1])
    embedded = model.encoder.embedding(batch.source).detach().requires_grad_()
    model.encoder.embedding.forward = lambda ids: embedded
    logits = model(batch.source, batch.source_lengths, batch.target_in)
    logits.retain_grad()
    masked_loss(logits, batch.target_out).backward()
    at_padding = torch.arange(len(batch.source))[:, None] >= batch.source_lengths
    assert (embedded.grad[at_padding] == 0).all() and (embedded.grad[~at_padding] != 0).any(-1).all()
    assert (logits.grad[batch.target_out == 0] == 0).all()


def test_the_masked_loss_is_the_sum_over_real_tokens_by_their_number():
    model, batch = translator("GRU"), batch_of([5, 2, 7], [3, 6, 1])
    logits = model(batch.source, batch.source_lengths, batch.target_in)
    total = 0.0
    for b, n in enumerate(batch.target_lengths):
        log_probs = logits[:n, b].log_softmax(-1)
        total -= log_probs.gather(1, batch.target_out[:n, b, None]).sum()
    expected = total / batch.target_lengths.sum()
    torch.testing.assert_close(masked_loss(logits, batch.target_out), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_decoding_step_by_step_is_training(kind, num_layers):
    model = translator(kind, num_layers=num_layers, dropout=0.3).eval()
    batch = batch_of([5, 2, 7], [6, 6, 6])
    trained = model(batch.source, batch.source_lengths, batch.target_in).log_softmax(-1)
    state = model.encode(batch.source, batch.source_lengths)
    context = state[-1]
    for t, token in enumerate(batch.target_in):
        log_probs, state = model.step(token, state)
        torch.testing.assert_close(log_probs, trained[t], rtol=0, atol=1e-12)
        assert torch.equal(state[-1], context)  # the context is fixed for the whole sentence


def test_a_state_can_be_reordered_along_its_batch():
    model, batch = translator("LSTM", num_layers=2), batch_of([5, 2, 7], [2, 2, 2])
    order = torch.tensor([2, 0, 0, 1])
    state = model.encode(batch.source, batch.source_lengths)
    moved = tuple(part.index_select(1, order) for part in state)
    log_probs, _ = model.step(batch.target_in[0][order], moved)
    torch.testing.assert_close(log_probs, model.step(batch.target_in[0], state)[0][order], rtol=0, atol=1e-14)


@pytest.mark.parametrize("kind", KINDS)
def test_ours_and_torchs_cells_agree_with_gradients(kind):
    ours, theirs = translator(kind, layers, 2), translator(kind, nn, 2)
    theirs.load_state_dict(ours.state_dict())
    batch = batch_of([5, 2, 7], [3, 6, 1])
    for model in (ours, theirs):
        masked_loss(model(batch.source, batch.source_lengths, batch.target_in), batch.target_out).backward()
    for (name, p), q in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(
            p.grad, q.grad, rtol=0, atol=1e-10, msg=lambda text, n=name: f"{n}: {text}"
        )


def test_a_decoder_whose_layer_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="input_size=5, expected embedding_size \\+ hidden_size = 11"):
        ContextDecoder(layers.GRU(E, H), V, E)
    with pytest.raises(ValueError, match="vocab_size"):
        RecurrentEncoder(layers.GRU(E, H), 0)
