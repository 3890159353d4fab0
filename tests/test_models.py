"""The recurrent language model, and the tagger."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.testing import assert_close

from rnnlib.layers import GRU, LSTM, RNN
from rnnlib.models import LanguageModel, Tagger, tagging_loss

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


# --- the tagger --------------------------------------------------------------------------------------------

K, PAD = 5, V - 1  # tags; a word that stands for padding alone
PAIRS = {"RNN": (RNN, nn.RNN), "GRU": (GRU, nn.GRU), "LSTM": (LSTM, nn.LSTM)}
EXACT = {"rtol": 1e-10, "atol": 1e-10}

tagged = {
    "kind": st.sampled_from(list(PAIRS)),
    "num_layers": st.integers(1, 2),
    "bidirectional": st.booleans(),
    "lengths": st.lists(st.integers(1, 6), min_size=1, max_size=4),
    "spare": st.integers(0, 2),  # steps of padding behind the longest sentence
    "seed": st.integers(0, 2**16),
}


def taggers(kind: str, seed: int, **options) -> tuple[Tagger, Tagger]:
    """Taggers on our layer and on torch.nn's, with the same weights, in float64."""
    torch.manual_seed(seed)
    ours, theirs = (Tagger(layer(4, 6, **options).double(), V, K) for layer in PAIRS[kind])
    theirs.load_state_dict(ours.state_dict(), strict=True)
    return ours, theirs


def sentences(lengths: list[int], spare: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Random words and tags, (T, B) each, padded."""
    time = max(lengths) + spare
    ids, tags = torch.randint(PAD, (time, len(lengths))), torch.randint(K, (time, len(lengths)))
    is_padding = torch.arange(time)[:, None] >= torch.tensor(lengths)
    return ids.masked_fill(is_padding, PAD), tags.masked_fill(is_padding, -100)


def gradients(model: nn.Module, loss: torch.Tensor) -> list[torch.Tensor]:
    return list(torch.autograd.grad(loss, list(model.parameters())))


@settings(max_examples=30, deadline=None)
@given(**tagged)
def test_a_tagger_is_the_same_on_ours_and_torchs(kind, num_layers, bidirectional, lengths, spare, seed):
    ours, theirs = taggers(kind, seed, num_layers=num_layers, bidirectional=bidirectional)
    ids, tags = sentences(lengths, spare)
    for given_lengths in (lengths, None):
        got, want = ours(ids, given_lengths), theirs(ids, given_lengths)
        assert got.shape == (*ids.shape, K)
        assert_close(got, want, **EXACT)
        got, want = tagging_loss(got, tags), tagging_loss(want, tags)
        assert_close(gradients(ours, got), gradients(theirs, want), **EXACT)


@settings(max_examples=30, deadline=None)
@given(whose=st.integers(0, 1), **tagged)
def test_a_padded_batch_is_its_sentences(whose, kind, num_layers, bidirectional, lengths, spare, seed):
    model = taggers(kind, seed, num_layers=num_layers, bidirectional=bidirectional)[whose]
    ids, tags = sentences(lengths, spare)
    read = []
    model.embedding.register_forward_hook(lambda module, ids, x: x.requires_grad and read.append(x))
    logits = model(ids, torch.tensor(lengths))
    loss = tagging_loss(logits, tags)
    together = gradients(model, tagging_loss(model(ids, lengths), tags))

    total = 0.0
    for b, length in enumerate(lengths):
        alone = model(ids[:length, b : b + 1])
        assert_close(logits[:length, b], alone[:, 0], **EXACT)
        total = total + length * tagging_loss(alone, tags[:length, b : b + 1])
    assert_close(loss, total / sum(lengths), **EXACT)
    assert_close(together, gradients(model, total / sum(lengths)), **EXACT)

    of_words, of_logits = torch.autograd.grad(loss, [read[0], logits])
    is_padding = ids == PAD
    assert of_words[is_padding].eq(0).all() and of_logits[is_padding].eq(0).all()  # exactly
    assert of_words[~is_padding].ne(0).any() and of_logits[~is_padding].ne(0).all()
    assert together[0][PAD].eq(0).all()  # the embedding of padding


@pytest.mark.parametrize("whose", [0, 1])
def test_only_both_directions_read_what_follows(whose):
    ids, _ = sentences([6, 6])
    other = ids.clone()
    other[4] = (other[4] + 1) % PAD
    for bidirectional in (False, True):
        model = taggers("GRU", 0, bidirectional=bidirectional)[whose]
        moved = (model(ids) - model(other)).abs().amax(-1)  # (T, B)
        assert moved[4:].gt(0).all()
        assert moved[:4].gt(0).all() if bidirectional else moved[:4].eq(0).all()


def test_predictions_are_the_likeliest_tags_without_dropout():
    torch.manual_seed(0)
    model = Tagger(GRU(4, 6, bidirectional=True), V, K, dropout=0.9)
    ids, _ = sentences([5, 2])
    assert not model(ids).equal(model(ids))
    got = model.predict(ids, [5, 2])
    assert model.training and got.shape == ids.shape and not got.requires_grad
    assert got.equal(model.eval()(ids, [5, 2]).argmax(-1))


def test_a_tagger_learns_what_needs_the_right_context():
    """Each word's tag is the next word: out of reach in one direction, easy in two."""
    share = {}
    for bidirectional in (False, True):
        torch.manual_seed(0)
        model = Tagger(GRU(8, 16, bidirectional=bidirectional), K, K)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
        for _ in range(80):
            ids = torch.randint(K, (8, 16))
            optimizer.zero_grad()
            tagging_loss(model(ids), torch.cat((ids[1:], torch.full((1, 16), -100)))).backward()
            optimizer.step()
        ids = torch.randint(K, (8, 100))
        share[bidirectional] = (model.predict(ids)[:-1] == ids[1:]).double().mean().item()
    assert share[True] > 0.99 and share[False] < 0.3  # by chance 0.2


def test_the_loss_counts_tokens_and_names_what_is_wrong():
    torch.manual_seed(0)
    logits, tags = torch.randn(4, 2, K), torch.randint(K, (4, 2))
    by_hand = -logits.log_softmax(-1).gather(-1, tags[..., None]).squeeze(-1)  # (T, B)
    assert_close(tagging_loss(logits, tags), by_hand.mean())
    tags[2:, 1] = -1
    assert_close(
        tagging_loss(logits, tags.int(), ignore_index=-1), (by_hand.sum() - by_hand[2:, 1].sum()) / 6
    )
    with pytest.raises(
        ValueError, match=r"tags holds -1 at \(t=2, b=1\), expected 0 to 4, or -100 for padding"
    ):
        tagging_loss(logits, tags)
    tags[3, 0] = K
    with pytest.raises(ValueError, match=r"tags holds 5 at \(t=3, b=0\), expected 0 to 4, or -1 for padding"):
        tagging_loss(logits, tags, ignore_index=-1)
    with pytest.raises(ValueError, match="tags holds -100 everywhere, expected at least one tag"):
        tagging_loss(logits, torch.full((4, 2), -100))
    with pytest.raises(ValueError, match=r"tags has shape \(3, 2\), expected \(time=4, batch=2\)"):
        tagging_loss(logits, tags[:3])
    with pytest.raises(ValueError, match=r"logits has shape \(4, 2\), expected \(time, batch, num_tags\)"):
        tagging_loss(logits[..., 0], tags)
    with pytest.raises(TypeError, match="tags has dtype torch.float32, expected a tensor of integers"):
        tagging_loss(logits, tags.float())


@pytest.mark.parametrize("layer", [GRU, nn.GRU])
@pytest.mark.parametrize(
    ("lengths", "error", "message"),
    [
        ([4, 4], ValueError, r"lengths has shape \(2,\), expected \(batch=3\)"),
        ([4, 0, 4], ValueError, "lengths holds 0, expected 1 to 4"),
        ([4, 5, 4], ValueError, "lengths holds 5, expected 1 to 4"),
        ([4.0, 1, 1], TypeError, "lengths has dtype torch.float32, expected whole numbers"),
    ],
)
def test_a_tagger_names_bad_lengths(layer, lengths, error, message):
    with pytest.raises(error, match=message):
        Tagger(layer(4, 6), V, K)(torch.zeros(4, 3, dtype=torch.long), lengths)


def test_a_tagger_names_bad_words_and_options():
    ids = torch.zeros(4, 3, dtype=torch.long)
    ids[2, 1] = V
    with pytest.raises(ValueError, match=r"ids holds 11 at \(t=2, b=1\), expected 0 to 10$"):
        Tagger(GRU(4, 6), V, K)(ids)
    with pytest.raises(ValueError, match=r"ids has shape \(4,\), expected \(T, B\)"):
        Tagger(GRU(4, 6), V, K)(ids[:, 0])
    with pytest.raises(TypeError, match="ids has type list, expected a tensor of integers"):
        Tagger(GRU(4, 6), V, K).predict([[1, 2]])
    with pytest.raises(ValueError, match="num_tags is 0, expected at least 1"):
        Tagger(GRU(4, 6), V, 0)
    with pytest.raises(ValueError, match=r"dropout is 1.0, expected a number in \[0, 1\)"):
        Tagger(GRU(4, 6), V, K, dropout=1.0)
    with pytest.raises(ValueError, match="rnn has batch_first=True, expected a time-major one"):
        Tagger(nn.LSTM(4, 6, batch_first=True), V, K)
