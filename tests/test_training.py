"""The training loop: clipping, carried state, history, early stop, checkpoints, divergence."""

import math
import re
from typing import NamedTuple

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from rnnlib.data import RandomBatches, SequentialBatches
from rnnlib.layers import GRU
from rnnlib.metrics import mean_token_loss
from rnnlib.models import LanguageModel
from rnnlib.training import TrainingDiverged, clip_grad_norm, detach, fit, seed_everything

V = 9
IDS = torch.randint(V, (400,), generator=torch.Generator().manual_seed(3))


def build(rnn=nn.GRU, dropout=0.0, seed=0, **kwargs):
    torch.manual_seed(seed)
    return LanguageModel(rnn(6, 8, **kwargs), V, dropout=dropout)


def same_weights(a, b):
    return all(torch.equal(p, q) for p, q in zip(a.parameters(), b.parameters(), strict=True))


# Equal to what the same steps written out give.


@pytest.mark.parametrize("batches", [SequentialBatches(IDS, 4, 10), RandomBatches(IDS, 4, 10)])
def test_equal_to_the_loop_written_out(batches):
    model, by_hand = build(), build()
    history = fit(model, batches, num_updates=25, lr=0.01, clip_norm=0.3)

    if hasattr(batches, "set_epoch"):
        batches.set_epoch(0)
    optimizer = torch.optim.Adam(by_hand.parameters(), lr=0.01)
    losses, norms = [], []
    while len(losses) < 25:
        state = None
        for x, y in batches:
            logits, state = by_hand(
                x, state.detach() if state is not None and batches.carries_state else None
            )
            loss = nn.functional.cross_entropy(logits.reshape(-1, V), y.reshape(-1))
            optimizer.zero_grad()
            loss.backward()
            norms.append(nn.utils.clip_grad_norm_(by_hand.parameters(), 0.3).item())
            optimizer.step()
            losses.append(loss.item())
            if len(losses) == 25:
                break
    assert history.updates == list(range(1, 26)) and history.stopped is None and history.seconds > 0
    assert history.losses == pytest.approx(losses, rel=1e-6)
    assert history.grad_norms == pytest.approx(norms, rel=1e-5)
    assert max(history.grad_norms) > 0.3  # before clipping
    for p, q in zip(model.parameters(), by_hand.parameters(), strict=True):
        torch.testing.assert_close(p, q, rtol=1e-5, atol=1e-6)


def test_from_scratch_and_torch_train_alike_for_100_updates():
    """The same weights, the same batches, float64: losses and weights stay within 1e-8."""
    theirs = build().double()
    ours = build(GRU).double()
    ours.load_state_dict(theirs.state_dict())
    runs = [fit(m, SequentialBatches(IDS, 4, 10), num_updates=100, lr=0.01) for m in (ours, theirs)]
    gap = max(abs(a - b) for a, b in zip(runs[0].losses, runs[1].losses, strict=True))
    assert gap < 1e-8
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert (p - q).abs().max() < 1e-8
    assert runs[0].losses[-1] < runs[0].losses[0] - 0.02  # and it did train


class Recorder(nn.Module):
    """Notes the states it is given; its state, a nest of tuples, is the number of batches since the start."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))
        self.given = []

    def forward(self, batch, state):
        self.given.append(None if state is None else [float(state[0]), float(state[1][0]["count"])])
        count = torch.zeros(()) if state is None else state[0]
        assert state is None or not (state[0].requires_grad or state[1][0]["count"].requires_grad)
        count = count + self.weight / self.weight
        return batch.sum() * self.weight, (count, [{"count": count * 10}])


def record(carry_state=None, batches=None, **kwargs):
    model = Recorder()
    batches = batches or [torch.ones(2)] * 3
    fit(
        model,
        batches,
        num_updates=5,
        loss_fn=lambda m, batch, state: m(batch, state),
        carry_state=carry_state,
        **kwargs,
    )
    return model.given


def test_state_is_carried_detached_and_restarts_with_the_pass():
    assert record(carry_state=True) == [None, [1, 10], [2, 20], None, [1, 10]]
    assert record() == [None] * 5

    class Carrying(list):
        carries_state = True

    assert record(batches=Carrying([torch.ones(2)] * 4)) == [None, [1, 10], [2, 20], [3, 30], None]
    assert record(False, batches=Carrying([torch.ones(2)] * 4)) == [None] * 5


class Pair(NamedTuple):
    h: torch.Tensor
    c: torch.Tensor


def test_detach_keeps_the_nesting():
    x = torch.ones(2, requires_grad=True) * 2
    state = detach({"a": (x, [x, None]), "b": Pair(x, x), "n": 3})
    assert isinstance(state["b"], Pair) and isinstance(state["a"], tuple) and state["n"] == 3
    assert not any(t.requires_grad for t in (state["a"][0], state["a"][1][0], state["b"].c))
    assert state["a"][1][1] is None and torch.equal(state["b"].h, x)


def test_carrying_the_state_matters():
    """A text whose next token shows only across the seam of two batches is learnt with a carried state."""
    ids = torch.arange(3).repeat_interleave(2).repeat(120)  # 0 0 1 1 2 2 ...: one step doesn't tell which
    batches = SequentialBatches(ids, 1, 1)
    losses = {}
    for carry in (True, False):
        model = LanguageModel(nn.GRU(8, 16), 3)
        seed_everything(0)
        for p in model.parameters():
            nn.init.normal_(p, std=0.4)
        history = fit(model, batches, num_updates=600, lr=0.02, carry_state=carry)
        losses[carry] = sum(history.losses[-60:]) / 60
    assert losses[True] < 0.3 < math.log(2) - 0.1 < losses[False]


# Clipping.


@given(
    st.lists(st.lists(st.floats(-1e3, 1e3, width=32), min_size=1, max_size=4), min_size=1, max_size=4),
    st.floats(1e-3, 1e4),
)
def test_clipping_equals_torchs(entries, max_norm):
    ours = [nn.Parameter(torch.zeros(len(e))) for e in entries] + [nn.Parameter(torch.zeros(2))]
    theirs = [nn.Parameter(torch.zeros(len(e))) for e in entries]
    for p, q, e in zip(ours, theirs, entries, strict=False):
        p.grad, q.grad = torch.tensor(e), torch.tensor(e)
    norm = clip_grad_norm(ours, max_norm)
    assert norm == pytest.approx(nn.utils.clip_grad_norm_(theirs, max_norm).item(), rel=1e-6)
    assert ours[-1].grad is None
    for p, q in zip(ours, theirs, strict=False):
        torch.testing.assert_close(p.grad, q.grad)


def test_clipping_without_gradients_and_with_a_bad_norm():
    assert clip_grad_norm([nn.Parameter(torch.zeros(2))], 1.0) == 0.0
    for bad in (0, -1.0, math.nan):
        with pytest.raises(ValueError, match="max_norm is .*, expected a number above 0"):
            clip_grad_norm([], bad)


def test_without_clipping_the_norm_is_still_recorded():
    clipped, free = build(), build()
    batches = SequentialBatches(IDS, 4, 10)
    a = fit(clipped, batches, num_updates=3, clip_norm=1e-3, optimizer=torch.optim.SGD, lr=1.0)
    b = fit(free, batches, num_updates=3, clip_norm=None, optimizer=torch.optim.SGD, lr=1.0)
    assert a.grad_norms[0] == b.grad_norms[0] > 1e-3
    assert not same_weights(clipped, free)


# Optimizer, schedule, device, seed.


def test_optimizer_as_class_factory_or_instance():
    models = [build() for _ in range(3)]
    batches = SequentialBatches(IDS, 4, 10)
    fit(models[0], batches, num_updates=5, optimizer=torch.optim.SGD, lr=0.5)
    fit(models[1], batches, num_updates=5, optimizer=lambda p: torch.optim.SGD(p, lr=0.5), lr=99)
    fit(models[2], batches, num_updates=5, optimizer=torch.optim.SGD(models[2].parameters(), lr=0.5))
    assert same_weights(models[0], models[1]) and same_weights(models[0], models[2])
    assert not same_weights(models[0], build())


def test_schedule_scales_the_learning_rate():
    seen = []

    class Noting(torch.optim.SGD):
        def step(self):
            seen.append(self.param_groups[0]["lr"])
            super().step()

    fit(
        build(),
        SequentialBatches(IDS, 4, 10),
        num_updates=4,
        optimizer=Noting,
        lr=0.5,
        schedule=lambda update: 1 / update,
    )
    assert seen == pytest.approx([0.5, 0.25, 0.5 / 3, 0.125])


def test_device_moves_model_and_batches():
    model = build()
    seen = []

    def loss_fn(model, batch, state):
        seen.append((batch["x"][0].device.type, next(model.parameters()).device.type))
        return next(model.parameters()).sum(), None

    with pytest.raises(TrainingDiverged, match="loss is nan|gradient norm is nan"):
        # The meta device holds no values: enough to see that everything is moved there.
        fit(model, [{"x": [torch.ones(2)]}], num_updates=1, loss_fn=_nan_after(loss_fn), device="meta")
    assert seen == [("meta", "meta")]


def _nan_after(loss_fn):
    def call(model, batch, state):
        loss_fn(model, batch, state)
        return torch.tensor(math.nan), None

    return call


def test_seed_makes_a_run_repeatable():
    runs = []
    for noise in range(2):
        model = build(dropout=0.5)
        torch.rand(noise + 1)
        runs.append((fit(model, RandomBatches(IDS, 4, 10), num_updates=12, seed=5), model))
    assert runs[0][0] == runs[1][0] and same_weights(runs[0][1], runs[1][1])


def test_the_mode_of_the_model_is_what_it_was():
    model = build(dropout=0.5).eval()
    model.rnn.train()
    fit(model, SequentialBatches(IDS, 4, 10), num_updates=2)
    assert not model.training and model.rnn.training and not model.dropout.training


def test_dropout_acts_in_training_whatever_the_mode_before():
    histories = []
    for training in (True, False):
        model = build(dropout=0.5).train(training)
        histories.append(fit(model, SequentialBatches(IDS, 4, 10), num_updates=3, seed=1))
    without = fit(build(), SequentialBatches(IDS, 4, 10), num_updates=3, seed=1)
    assert histories[0] == histories[1] != without


# Validation and early stop.


def test_validation_every_so_many_updates():
    model = build(dropout=0.3)
    valid = SequentialBatches(IDS[300:], 1, 7)
    history = fit(model, SequentialBatches(IDS[:300], 4, 10), num_updates=20, valid=valid, valid_every=6)
    assert [update for update, _ in history.valid] == [6, 12, 18]
    assert history.best == min(history.valid, key=lambda entry: entry[1])
    default = fit(model, SequentialBatches(IDS[:300], 4, 10), num_updates=20, valid=valid)
    assert [update for update, _ in default.valid] == list(range(2, 21, 2))
    assert default.valid[-1][1] == mean_token_loss(model, valid)


def test_validation_of_another_loss_weighs_batches_by_their_targets():
    values = [torch.tensor([1.0, 2.0, 3.0]), torch.tensor([10.0])]
    history = fit(
        nn.Linear(1, 1),
        values,
        num_updates=1,
        loss_fn=lambda m, b, s: (b.mean() + 0 * m.weight.sum(), None, len(b)),
        valid=values,
    )
    assert history.valid == [(1, 4.0)]  # (1 + 2 + 3 + 10) / 4, not the mean of 2 and 10
    plain = fit(
        nn.Linear(1, 1),
        values,
        num_updates=1,
        loss_fn=lambda m, b, s: (b.mean() + 0 * m.weight.sum(), None),
        valid=values,
    )
    assert plain.valid == [(1, 6.0)]


def test_early_stop_restores_the_best_weights():
    """Validation losses 5 4 3 3.5 3.2 3.9 ...: patience 3 stops at the sixth and goes back to the third."""
    scripted = iter([5, 4, 3, 3.5, 3.2, 3.9, 0, 0])
    kept = []

    def valid(model):
        kept.append({k: v.clone() for k, v in model.state_dict().items()})
        return next(scripted)

    model = build()
    history = fit(
        model, SequentialBatches(IDS, 4, 10), num_updates=100, valid=valid, valid_every=2, patience=3, lr=0.05
    )
    assert history.stopped == 12 and history.updates[-1] == 12 and history.best == (6, 3)
    assert all(torch.equal(v, kept[2][k]) for k, v in model.state_dict().items())
    assert not torch.equal(kept[2]["output.bias"], kept[5]["output.bias"])


def test_without_patience_the_last_weights_stay():
    scripted = iter([1, 2, 3, 4, 5])
    kept = []

    def valid(model):
        kept.append(model.output.bias.detach().clone())
        return next(scripted)

    model = build()
    history = fit(model, SequentialBatches(IDS, 4, 10), num_updates=5, valid=valid, valid_every=1)
    assert history.stopped is None and history.best == (1, 1)
    assert torch.equal(model.output.bias, kept[-1])


# Checkpoints: a resumed run equals an uninterrupted one, bit for bit.

DATA = {
    "sequential": lambda: SequentialBatches(
        IDS[:330], 4, 10
    ),  # 8 full batches and a short one, state carried
    "random": lambda: RandomBatches(IDS[:330], 4, 10, seed=2),
    "loader": lambda: torch.utils.data.DataLoader(
        list(RandomBatches(IDS[:330], 4, 10)), batch_size=None, shuffle=True
    ),
}


def run_with(data, path=None, num_updates=40, interrupt_at=None, rnn=nn.LSTM, **kwargs):
    """A run with everything that a checkpoint has to hold: dropout, momentum, schedule, state, patience."""
    model = build(rnn, dropout=0.4, num_layers=2)
    batches = DATA[data]()

    def valid(m):
        return mean_token_loss(m, SequentialBatches(IDS[330:], 1, 9))

    def schedule(update):
        if update == interrupt_at:
            raise KeyboardInterrupt
        return 1 / math.sqrt(update)

    history = fit(
        model,
        batches,
        num_updates=num_updates,
        lr=0.05,
        valid=valid,
        valid_every=5,
        patience=50,
        schedule=schedule,
        seed=11,
        checkpoint=path,
        checkpoint_every=7 if path else None,
        **kwargs,
    )
    return model, history


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("interrupt_at", [16, 20, 22, 38])
def test_resumed_equals_uninterrupted(tmp_path, data, interrupt_at):
    """Interrupted in the middle of a pass, of two checkpoints, at a checkpoint, near the end."""
    model, history = run_with(data)
    path = tmp_path / "runs" / "run.pt"
    with pytest.raises(KeyboardInterrupt):
        run_with(data, path, interrupt_at=interrupt_at)
    assert [p.name for p in path.parent.iterdir()] == ["run.pt"]
    torch.manual_seed(1234)  # another process, another state of the generators
    resumed, resumed_history = run_with(data, path, resume=True)
    assert resumed_history == history
    assert same_weights(resumed, model)


def test_resume_goes_on_past_the_end_of_a_shorter_run(tmp_path):
    model, history = run_with("sequential", num_updates=40)
    run_with("sequential", tmp_path / "run.pt", num_updates=13)
    resumed, resumed_history = run_with("sequential", tmp_path / "run.pt", num_updates=40, resume=True)
    assert resumed_history == history and same_weights(resumed, model)
    done, done_history = run_with("sequential", tmp_path / "run.pt", num_updates=40, resume=True)
    assert done_history == history and same_weights(done, model)
    assert done_history.seconds > 0


def test_resume_without_a_file_starts_anew(tmp_path):
    model, history = run_with("random", num_updates=9)
    resumed, resumed_history = run_with("random", tmp_path / "run.pt", num_updates=9, resume=True)
    assert resumed_history == history and same_weights(resumed, model)


def test_resume_goes_on_counting_validations_without_improvement(tmp_path):
    """Best at update 2; patience 3 runs out at 8 also when the run was taken up again at 6."""
    losses = {2: 1.0, 4: 2.0, 6: 3.0, 8: 4.0, 10: 5.0}
    for num_updates in (6, 20):
        updates = iter(range(2 if num_updates == 6 else 8, 12, 2))
        history = fit(
            build(),
            SequentialBatches(IDS, 4, 10),
            num_updates=num_updates,
            valid=lambda m, updates=updates: losses[next(updates)],
            valid_every=2,
            patience=3,
            checkpoint=tmp_path / "run.pt",
            resume=True,
        )
    assert history.stopped == 8 and history.best == (2, 1.0)


def test_resume_of_a_run_that_stopped_early(tmp_path):
    def go():
        scripted = iter([1.0, 2.0, 3.0])
        model = build()
        history = fit(
            model,
            SequentialBatches(IDS, 4, 10),
            num_updates=50,
            valid=lambda m: next(scripted),
            valid_every=4,
            patience=2,
            checkpoint=tmp_path / "run.pt",
            resume=True,
        )
        return model, history

    (model, history), (again, same) = go(), go()
    assert history.stopped == 12 and same == history and same_weights(model, again)


def test_interrupted_while_writing_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "run.pt"
    run_with("random", path, num_updates=7)
    before = path.read_bytes()
    save = torch.save

    def half(content, part):
        save(content, part)
        part.write_bytes(part.read_bytes()[:500])
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", half)
    with pytest.raises(KeyboardInterrupt):
        run_with("random", path, num_updates=30, resume=True)
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["run.pt"]


def test_checkpoint_that_cannot_be_resumed_is_named(tmp_path):
    path = tmp_path / "run.pt"
    path.write_bytes(b"half of a checkpo")
    with pytest.raises(ValueError, match=f"checkpoint {re.escape(str(path))} cannot be resumed"):
        run_with("random", path, resume=True)
    path.unlink()
    run_with("random", path, num_updates=7)
    with pytest.raises(ValueError, match="cannot be resumed with this model and optimizer"):
        run_with("random", path, resume=True, rnn=nn.GRU)
    with pytest.raises(ValueError, match="num_updates is 3, expected at least 7"):
        run_with("random", path, num_updates=3, resume=True)


def test_checkpoint_of_something_else_leaves_the_model_as_it_was(tmp_path):
    path = tmp_path / "run.pt"
    model = nn.Linear(2, 2)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    torch.save({"model": nn.Linear(2, 2).state_dict()}, path)
    with pytest.raises(ValueError, match="it has no 'bad_validations'"):
        fit(model, [torch.zeros(1)], num_updates=1, checkpoint=path, resume=True)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_checkpoint_is_plain_data(tmp_path):
    run_with("random", tmp_path / "run.pt", num_updates=7)
    content = torch.load(tmp_path / "run.pt", weights_only=True)
    assert content["history"]["updates"] == list(range(1, 8))


def test_state_that_a_checkpoint_cannot_give_back_is_named(tmp_path):
    def loss_fn(model, batch, state):
        return model(batch).sum(), Pair(batch, batch)

    with pytest.raises(TypeError, match="the carried state holds a Pair, expected tensors"):
        fit(
            nn.Linear(1, 1),
            [torch.ones(1)] * 2,
            num_updates=1,
            loss_fn=loss_fn,
            carry_state=True,
            checkpoint=tmp_path / "run.pt",
        )
    assert list(tmp_path.iterdir()) == []


# What cannot go on.


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_divergence_names_update_and_last_finite_loss(tmp_path, value):
    path = tmp_path / "run.pt"
    values = [2.0, 1.5, 1.25, value, 1.0]

    def loss_fn(model, batch, state):
        return model.weight.sum() * 0 + batch, None

    with pytest.raises(
        TrainingDiverged, match=f"the loss is {value} at update 4; the last finite loss was 1.25"
    ):
        fit(
            nn.Linear(1, 1),
            [torch.tensor(v) for v in values],
            num_updates=5,
            loss_fn=loss_fn,
            checkpoint=path,
            checkpoint_every=2,
        )
    assert torch.load(path, weights_only=True)["history"]["losses"] == [2.0, 1.5]


def test_divergence_at_the_first_update_and_in_the_gradient():
    with pytest.raises(TrainingDiverged, match="the loss is nan at update 1; no update had a finite loss"):
        fit(nn.Linear(1, 1), [torch.tensor(math.nan)], num_updates=1, loss_fn=lambda m, b, s: (b, None))
    model = nn.Linear(1, 1)
    before = model.weight.detach().clone()

    def square_root_at_zero(model, batch, state):
        return (model.weight * 0).sum().sqrt(), None  # 0, but its slope is infinite

    with pytest.raises(TrainingDiverged, match="the gradient norm is (nan|inf) at update 1"):
        fit(model, [0], num_updates=1, loss_fn=square_root_at_zero)
    assert torch.equal(model.weight, before)  # no step was taken with it
    with pytest.raises(TrainingDiverged, match="the validation loss is nan at update 2"):
        fit(build(), SequentialBatches(IDS, 4, 10), num_updates=4, valid=lambda m: math.nan, valid_every=2)


class Breaking(torch.optim.SGD):
    """Its third step makes a weight infinite while the loss, which does not read it, stays finite."""

    def step(self):
        super().step()
        self.steps = getattr(self, "steps", 0) + 1
        if self.steps == 3:
            self.param_groups[0]["params"][0].data.fill_(math.inf)


@pytest.mark.parametrize("num_updates, noticed", [(3, 3), (9, 4)])  # at the end, before a checkpoint
def test_weights_that_broke_are_neither_returned_nor_stored(tmp_path, num_updates, noticed):
    path, model = tmp_path / "run.pt", nn.Linear(1, 1)
    with pytest.raises(
        TrainingDiverged, match=f"the weight weight is no longer finite after update {noticed}; the last"
    ):
        fit(
            model,
            [torch.ones(1)],
            num_updates=num_updates,
            optimizer=Breaking,
            loss_fn=lambda m, b, s: (m.bias.sum(), None),
            checkpoint=path,
            checkpoint_every=2,
        )
    content = torch.load(path, weights_only=True)
    assert len(content["history"]["updates"]) == 2 and content["model"]["weight"].isfinite().all()


def test_a_text_really_diverges():
    with pytest.raises(
        TrainingDiverged, match=r"the (loss|gradient norm) is (nan|inf) at update \d+; the last"
    ):
        fit(
            build(nn.RNN, nonlinearity="relu"),
            SequentialBatches(IDS, 4, 10),
            num_updates=200,
            optimizer=torch.optim.SGD,
            lr=1e4,
            clip_norm=None,
        )


def test_batches_that_end():
    pairs = list(SequentialBatches(IDS, 4, 10))
    with pytest.raises(ValueError, match="batches is an iterator that ended after 9 batches"):
        fit(build(), iter(pairs[:9]), num_updates=10)
    assert len(fit(build(), iter(pairs[:9]), num_updates=9).updates) == 9
    with pytest.raises(ValueError, match="batches is empty, expected at least one batch"):
        fit(build(), [], num_updates=1)
    with pytest.raises(ValueError, match="valid is empty, expected at least one batch"):
        fit(build(), pairs, num_updates=1, valid=[])


@pytest.mark.parametrize(
    "kwargs, message",
    [
        ({"num_updates": 0}, "num_updates is 0, expected at least 1"),
        ({"num_updates": 5, "valid_every": -1, "valid": []}, "valid_every is -1, expected at least 1"),
        ({"num_updates": 5, "patience": 0, "valid": []}, "patience is 0, expected at least 1"),
        ({"num_updates": 5, "patience": 3}, "given without valid"),
        ({"num_updates": 5, "resume": True}, "given without checkpoint"),
        ({"num_updates": 5, "clip_norm": 0.0}, "clip_norm is 0.0, expected a number above 0, or None"),
        ({"num_updates": 5, "lr": -0.1}, "lr is -0.1, expected a finite number above 0"),
        ({"num_updates": 5, "lr": math.inf}, "lr is inf, expected a finite number above 0"),
        ({"num_updates": 5, "lr": math.nan}, "lr is nan, expected a finite number above 0"),
        (
            {"num_updates": 5, "schedule": lambda update: 1.0 if update < 3 else math.inf},
            r"schedule\(3\) is inf, expected a finite factor of 0 or more",
        ),
        ({"num_updates": 5, "schedule": lambda update: math.nan}, r"schedule\(1\) is nan, expected"),
    ],
)
def test_bad_arguments(kwargs, message):
    with pytest.raises(ValueError, match=message):
        fit(build(), SequentialBatches(IDS, 4, 10), **kwargs)


# Quiet.


def test_nothing_is_printed(capfd):
    fit(build(), SequentialBatches(IDS, 4, 10), num_updates=3, progress=True)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("quiet", ["RNNLIB_QUIET", "RNNLIB_BOOK", "PYTEST_VERSION", None])
def test_the_bar_shows_on_a_terminal_only_where_a_person_waits(monkeypatch, quiet):
    from rnnlib.training import _progress_bar

    for name in ("RNNLIB_QUIET", "RNNLIB_BOOK", "PYTEST_VERSION"):
        monkeypatch.delenv(name, raising=False)
    if quiet:
        monkeypatch.setenv(quiet, "1")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    shown = []
    for progress in (True, False):
        with _progress_bar(3, 0, progress) as bar:
            shown.append(not bar.disable)
            assert not bar.leave or bar.disable
    assert shown == [quiet is None, False]


def test_history_prints_in_a_line():
    history = fit(build(), SequentialBatches(IDS, 4, 10), num_updates=2, valid=lambda m: 1.5, valid_every=1)
    assert re.fullmatch(
        r"History\(2 updates, last loss 2\.\d+, best validation loss 1.5 at 1\)", repr(history)
    )
