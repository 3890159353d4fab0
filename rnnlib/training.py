"""Training: one loop for every model of the book."""

import copy
import math
import os
import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from rnnlib.environment import someone_waits
from rnnlib.errors import check_size
from rnnlib.files import atomic_path
from rnnlib.metrics import check_targets, device_of, mean_token_loss
from rnnlib.modes import evaluating, keeping_modes

CHECKPOINT_PARTS = frozenset(
    ("model", "optimizer", "history", "position", "state", "best_weights", "bad_validations", "rng")
)
# loss_fn(model, batch, state) -> (loss, state) or (loss, state, number of targets it is the mean of)
LossFn = Callable[[nn.Module, Any, Any], tuple]  # type: ignore[type-arg]


class TrainingDiverged(ArithmeticError):
    """The loss, its gradient or a weight is no longer a finite number."""


@dataclass
class History:
    """What a run did. Two runs that did the same compare equal, however long they took.

    Attributes:
        updates: the number of each update, from 1.
        losses: each update's training loss (nats a token under the default loss).
        grad_norms: the gradient's global norm before clipping.
        valid: `(update, validation loss)`.
        best: the entry of `valid` with the lowest loss.
        stopped: the update at which patience ran out, `None` where training went to its end.
        seconds: wall time, summed over resumed runs.
    """

    updates: list[int] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    grad_norms: list[float] = field(default_factory=list)
    valid: list[tuple[int, float]] = field(default_factory=list)
    best: tuple[int, float] | None = None
    stopped: int | None = None
    seconds: float = field(default=0.0, compare=False)

    def __repr__(self) -> str:
        last = f", last loss {self.losses[-1]:.4g}" if self.losses else ""
        best = f", best validation loss {self.best[1]:.4g} at {self.best[0]}" if self.best else ""
        return f"History({len(self.updates)} updates{last}{best})"


def seed_everything(seed: int) -> None:
    """Seeds the generators of torch (all devices), numpy and Python's `random`."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def clip_grad_norm(parameters: Iterable[Tensor], max_norm: float) -> float:
    """Scales all gradients together so that their global norm is at most `max_norm`.

    `g <- min(1, max_norm / (||g|| + 1e-6)) g` (Pascanu, Mikolov & Bengio 2013), in place, as
    `torch.nn.utils.clip_grad_norm_` does.

    Args:
        parameters: tensors with a `grad` (those without one are passed over).
        max_norm: the largest norm allowed, above 0; infinity only measures.

    Returns:
        The norm before clipping.

    Raises:
        ValueError: `max_norm` is not above 0.
    """
    if not max_norm > 0:
        raise ValueError(f"max_norm is {max_norm}, expected a number above 0")
    grads = [p.grad for p in parameters if p.grad is not None]
    if not grads:
        return 0.0
    norm = torch.stack([g.norm() for g in grads]).norm()  # ||g|| over all entries of all gradients
    factor = (max_norm / (norm + 1e-6)).clamp(max=1.0)
    for g in grads:
        g.mul_(factor)
    return norm.item()  # type: ignore[no-any-return]


def detach(state: Any) -> Any:
    """The same state, cut off from the graph that made it: any nesting of tuples, lists, dicts, tensors."""
    return _map_tensors(state, Tensor.detach)


def fit(
    model: nn.Module,
    batches: Iterable[Any],
    *,
    num_updates: int,
    lr: float = 1e-3,
    optimizer: torch.optim.Optimizer | Callable[..., torch.optim.Optimizer] | None = None,
    loss_fn: LossFn | None = None,
    clip_norm: float | None = 1.0,
    carry_state: bool | None = None,
    device: torch.device | str | None = None,
    valid: Iterable[Any] | Callable[[nn.Module], float] | None = None,
    valid_every: int | None = None,
    patience: int | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
    checkpoint_every: int | None = None,
    progress: bool = True,
    schedule: Callable[[int], float] | None = None,
    seed: int | None = None,
) -> History:
    """Trains a model for a fixed number of updates, never by the clock, cycling over the batches.

    With a carried state this is truncated backpropagation through time: each batch starts from the last one's
    final state, as a value; no gradient flows further back. The state starts anew with every pass.

    Args:
        model: trained in place; its training mode is what it was before, afterwards.
        batches: what to iterate over, again and again. `set_epoch(number)` is called before each pass where
            the iterable has it.
        num_updates: optimizer steps in all, those before a resumed checkpoint included.
        lr: learning rate of the default optimizer, Adam, and of an optimizer class.
        optimizer: an optimizer; or a class of `torch.optim`, made as `optimizer(parameters, lr=lr)`; or any
            other callable, made as `optimizer(parameters)`.
        loss_fn: `loss_fn(model, batch, state) -> (loss, state)`; a third result, the number of targets the
            loss is the mean of, weighs the batch in validation. By default the token cross entropy in nats of
            `logits, state = model(x, state)` on batches `(x, y)`.
        clip_norm: bound on the gradient's global norm; `None` measures it without clipping.
        carry_state: hand the state from batch to batch; by default `batches.carries_state`.
        device: where to train; by default where the model is.
        valid: batches to validate on, or a function `valid(model) -> loss`.
        valid_every: updates between validations; by default a tenth of `num_updates`.
        patience: stop when so many validations in a row bring no improvement. With it, the best validated
            weights are in the model at the end.
        checkpoint: file that the run is saved to, atomically: at the end and every `checkpoint_every`
            updates.
        resume: go on from `checkpoint` where that file exists. The result is the uninterrupted run's, bit for
            bit (on one kind of machine, given the same arguments).
        checkpoint_every: updates between checkpoints; by default a tenth of `num_updates`.
        progress: show a bar while a person waits. It leaves nothing behind and stays away from logs, built
            pages, tests, and wherever `RNNLIB_QUIET` or `RNNLIB_BOOK` is set.
        schedule: `schedule(update) -> factor` of the learning rate, finite, 0 or more; updates count from 1.
        seed: passed to `seed_everything` at the start of a new run.

    Returns:
        The history, the resumed part included.

    Raises:
        TrainingDiverged: the loss, the gradient, or a weight at the end or before a checkpoint is NaN or
            infinite. The checkpoint from before stays.
        ValueError: an argument that cannot be, empty batches, or a checkpoint of something else.
    """
    _check_arguments(
        num_updates, clip_norm, valid, valid_every, patience, checkpoint, resume, checkpoint_every
    )
    if device is not None:
        model.to(device)
    run = _Run(
        model=model,
        optimizer=_make_optimizer(optimizer, model, lr),
        position=_Position(batches),
        carry_state=getattr(batches, "carries_state", False) if carry_state is None else carry_state,
        loss_fn=loss_fn or token_loss,
        clip_norm=clip_norm,
        schedule=schedule,
    )
    path = None if checkpoint is None else Path(checkpoint)
    if resume and path is not None and path.exists():
        run.load(path)
        if run.done > num_updates:
            raise ValueError(
                f"num_updates is {num_updates}, expected at least {run.done}, the updates that {path} holds"
            )
    elif seed is not None:
        seed_everything(seed)
    validate = _validation(valid, loss_fn)
    tenth = max(1, num_updates // 10)
    valid_every, checkpoint_every = valid_every or tenth, checkpoint_every or tenth
    history, before, started = run.history, run.history.seconds, time.perf_counter()
    with keeping_modes(model), _progress_bar(num_updates, run.done, progress) as bar:
        while run.done < num_updates and history.stopped is None:
            model.train()
            run.update()
            bar.update()
            if validate is not None and run.done % valid_every == 0:
                run.record_validation(validate(model), patience)
            history.seconds = before + time.perf_counter() - started
            last = run.done == num_updates or history.stopped is not None
            if last or (path is not None and run.done % checkpoint_every == 0):
                run.check_weights()
                if path is not None:
                    run.save(path)
            bar.set_postfix_str(f"loss {history.losses[-1]:.3f}", refresh=False)
    if patience is not None and run.best_weights is not None:
        model.load_state_dict(run.best_weights)
    return history


def token_loss(model: nn.Module, batch: tuple[Tensor, Tensor], state: Any) -> tuple[Tensor, Any, int]:
    """The default loss: mean of -ln p over the tokens of `batch` = (x, y), LongTensors (T, B).

    Returns:
        The loss in nats, the model's new state, and the number of tokens.
    """
    x, y = batch
    logits, state = model(x, state)  # (T, B, V)
    check_targets(y, logits)
    return F.cross_entropy(logits.flatten(0, 1), y.flatten()), state, y.numel()


@dataclass
class _Run:
    """Everything that a run is made of and that a checkpoint has to hold."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    position: "_Position"
    carry_state: bool
    loss_fn: LossFn
    clip_norm: float | None
    schedule: Callable[[int], float] | None
    history: History = field(default_factory=History)
    state: Any = None
    best_weights: dict[str, Tensor] | None = None
    bad_validations: int = 0

    @property
    def done(self) -> int:
        """Updates made."""
        return len(self.history.updates)

    def update(self) -> None:
        """One batch, one step of the optimizer."""
        batch, restarted = self.position.next_batch()
        if restarted or not self.carry_state:
            self.state = None
        batch = _map_tensors(batch, lambda t: t.to(device_of(self.model)))
        loss, state, *_ = self.loss_fn(self.model, batch, self.state)
        value = loss.item()
        self._check_finite(value, "loss", self.done + 1)
        self.optimizer.zero_grad()
        loss.backward()
        norm = clip_grad_norm(self.model.parameters(), self.clip_norm or math.inf)
        self._check_finite(norm, "gradient norm", self.done + 1)
        self._set_learning_rate()
        self.optimizer.step()
        self.state = detach(state) if self.carry_state else None
        self.history.updates.append(self.done + 1)
        self.history.losses.append(value)
        self.history.grad_norms.append(norm)

    def record_validation(self, loss: float, patience: int | None) -> None:
        history, loss = self.history, float(loss)
        self._check_finite(loss, "validation loss", self.done)
        history.valid.append((self.done, loss))
        if history.best is None or loss < history.best[1]:
            history.best = (self.done, loss)
            self.bad_validations = 0
            if patience is not None:
                self.best_weights = {k: v.detach().clone() for k, v in self.model.state_dict().items()}
            return
        self.bad_validations += 1
        if patience is not None and self.bad_validations >= patience:
            history.stopped = self.done

    def check_weights(self) -> None:
        """A broken weight shows in the next update's loss; the last update has no next."""
        for name, weight in self.model.named_parameters():
            if weight.requires_grad and not weight.isfinite().all():
                raise self._diverged(f"the weight {name} is no longer finite after update {self.done}")

    def save(self, path: Path) -> None:
        """Writes the checkpoint beside its name first, then puts it in place in one go."""
        content = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "history": asdict(self.history),
            "position": self.position.state_dict(),
            "state": _plain(self.state),
            "best_weights": self.best_weights,
            "bad_validations": self.bad_validations,
            "rng": _rng_state(),
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as part:
            torch.save(content, part)

    def load(self, path: Path) -> None:
        device = device_of(self.model)
        weights = copy.deepcopy(self.model.state_dict())
        try:
            content = torch.load(path, map_location="cpu", weights_only=True)
            if missing := sorted(CHECKPOINT_PARTS - set(content)):
                raise KeyError(f"it has no {missing[0]!r}")
            self.position.load_state_dict(content["position"])
            self.model.load_state_dict(content["model"])
            self.optimizer.load_state_dict(content["optimizer"])
        except Exception as error:
            self.model.load_state_dict(weights)  # nothing is lost by a checkpoint of something else
            raise ValueError(
                f"checkpoint {path} cannot be resumed with this model and optimizer: {error}. "
                "Delete it, or pass resume=False to start anew."
            ) from error
        history = content["history"]
        self.history = History(**{**history, "valid": [tuple(v) for v in history["valid"]]})
        self.state = _map_tensors(content["state"], lambda t: t.to(device))
        self.best_weights = content["best_weights"]
        self.bad_validations = content["bad_validations"]
        _set_rng_state(content["rng"])

    def _set_learning_rate(self) -> None:
        if self.schedule is None:
            return
        factor = self.schedule(self.done + 1)
        if not 0 <= factor < math.inf:
            raise ValueError(
                f"schedule({self.done + 1}) is {factor}, expected a finite factor of 0 or more for the lr"
            )
        for group in self.optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])  # the name that torch's own schedulers use
            group["lr"] = group["initial_lr"] * factor

    def _check_finite(self, value: float, what: str, update: int) -> None:
        if not math.isfinite(value):
            raise self._diverged(f"the {what} is {value} at update {update}")

    def _diverged(self, what: str) -> TrainingDiverged:
        losses = self.history.losses
        last = f"the last finite loss was {losses[-1]:.6g}" if losses else "no update had a finite loss"
        return TrainingDiverged(f"{what}; {last}. A smaller lr or clip_norm may help.")


_END = object()  # what an iterator gives after its last batch


class _Position:
    """Cycles over an iterable and knows where it is, so that a run can be taken up again at that place."""

    def __init__(self, batches: Iterable[Any]) -> None:
        self.batches = batches
        self.epoch = -1  # number of the pass under way
        self.index = 0  # batches of it already given
        self._epoch_rng: dict[str, Any] | None = None
        self._iterator: Iterator[Any] = iter(())  # of the pass under way

    def next_batch(self) -> tuple[Any, bool]:
        """The next batch, and whether it is the first one of a pass."""
        batch = next(self._iterator, _END)
        restarted = batch is _END
        if restarted:
            if isinstance(self.batches, Iterator) and self.epoch >= 0:  # it can be read only once
                raise ValueError(
                    f"batches is an iterator that ended after {self.index} batches; expected something "
                    "to iterate over again (a list, SequentialBatches, a DataLoader) or more batches"
                )
            self._start(self.epoch + 1)
            batch = next(self._iterator, _END)
            if batch is _END:
                raise ValueError("batches is empty, expected at least one batch")
        self.index += 1
        return batch, restarted

    def _start(self, epoch: int) -> None:
        self.epoch, self.index = epoch, 0
        self._epoch_rng = _rng_state()  # a DataLoader that shuffles draws its order from it
        if hasattr(self.batches, "set_epoch"):
            self.batches.set_epoch(epoch)
        self._iterator = iter(self.batches)

    def state_dict(self) -> dict[str, Any]:
        return {"epoch": self.epoch, "index": self.index, "epoch_rng": self._epoch_rng}

    def load_state_dict(self, content: dict[str, Any]) -> None:
        """Starts the saved pass as it was started then and skips what it had given."""
        _set_rng_state(content["epoch_rng"])
        self._start(content["epoch"])
        for _ in range(content["index"]):
            if next(self._iterator, _END) is _END:
                raise ValueError(
                    f"batches ended before batch {content['index']}, where the checkpoint was written"
                )
        self.index = content["index"]


def _validation(
    valid: Iterable[Any] | Callable[[nn.Module], float] | None, loss_fn: LossFn | None
) -> Callable[[nn.Module], float] | None:
    if valid is None or callable(valid):
        return valid
    if loss_fn is None:
        return lambda model: mean_token_loss(model, valid, name="valid")
    return lambda model: _mean_loss(model, valid, loss_fn)


@torch.no_grad()
def _mean_loss(model: nn.Module, batches: Iterable[Any], loss_fn: LossFn) -> float:
    """The mean loss over batches, each weighed by the third result of `loss_fn` (1 where it has none)."""
    carries = getattr(batches, "carries_state", False)
    total, count, state = 0.0, 0.0, None
    with evaluating(model):
        for batch in batches:
            batch = _map_tensors(batch, lambda t: t.to(device_of(model)))
            loss, state, *rest = loss_fn(model, batch, state if carries else None)
            weight = float(rest[0]) if rest else 1.0
            total, count = total + weight * loss.item(), count + weight
    if count == 0:
        raise ValueError("valid is empty, expected at least one batch")
    return total / count


def _make_optimizer(
    optimizer: torch.optim.Optimizer | Callable[..., torch.optim.Optimizer] | None,
    model: nn.Module,
    lr: float,
) -> torch.optim.Optimizer:
    if isinstance(optimizer, torch.optim.Optimizer):
        return optimizer
    if not 0 < lr < math.inf:
        raise ValueError(f"lr is {lr}, expected a finite number above 0")
    parameters = [p for p in model.parameters() if p.requires_grad]
    if optimizer is None:
        return torch.optim.Adam(parameters, lr=lr)
    if isinstance(optimizer, type):
        return optimizer(parameters, lr=lr)  # type: ignore[no-any-return]
    return optimizer(parameters)


def _map_tensors(value: Any, fn: Callable[[Tensor], Tensor]) -> Any:
    """`fn` of every tensor in a nesting of tuples (named ones too), lists and dicts; the rest as it is."""
    if isinstance(value, Tensor):
        return fn(value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(_map_tensors(v, fn) for v in value))
    if isinstance(value, (tuple, list)):
        return type(value)(_map_tensors(v, fn) for v in value)
    if isinstance(value, dict):
        return {k: _map_tensors(v, fn) for k, v in value.items()}
    return value


def _plain(state: Any) -> Any:
    """The state, checked to be made of what a checkpoint can hold and give back."""
    if type(state) in (tuple, list):
        return type(state)(_plain(v) for v in state)
    if type(state) is dict:
        return {k: _plain(v) for k, v in state.items()}
    if state is None or isinstance(state, (Tensor, int, float, str)):
        return state
    raise TypeError(
        f"the carried state holds a {type(state).__name__}, expected tensors, numbers, None and plain "
        "tuples, lists or dicts of them, which is what a checkpoint can give back"
    )


def _rng_state() -> dict[str, Any]:
    """The state of every generator that `seed_everything` seeds, as plain data and tensors."""
    generator = np.random.get_state(legacy=False)
    return {
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        "numpy": {**generator, "state": {**generator["state"], "key": generator["state"]["key"].tolist()}},
        "python": random.getstate(),
    }


def _set_rng_state(content: dict[str, Any]) -> None:
    torch.set_rng_state(content["torch"])
    if content["cuda"] and len(content["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(content["cuda"])
    np.random.set_state(content["numpy"])
    random.setstate(content["python"])


def _progress_bar(num_updates: int, done: int, progress: bool) -> Any:
    from tqdm.auto import tqdm

    return tqdm(total=num_updates, initial=done, leave=False, disable=not (progress and someone_waits()))


def _check_arguments(
    num_updates: int,
    clip_norm: float | None,
    valid: Any,
    valid_every: int | None,
    patience: int | None,
    checkpoint: Any,
    resume: bool,
    checkpoint_every: int | None,
) -> None:
    check_size("num_updates", num_updates)
    optional = {"valid_every": valid_every, "patience": patience, "checkpoint_every": checkpoint_every}
    for name, value in optional.items():
        if value is not None:
            check_size(name, value)
    if clip_norm is not None and not clip_norm > 0:
        raise ValueError(f"clip_norm is {clip_norm}, expected a number above 0, or None for no clipping")
    if valid is None and (patience is not None or valid_every is not None):
        raise ValueError(
            "patience and valid_every were given without valid, expected something to validate on"
        )
    if checkpoint is None and (resume or checkpoint_every is not None):
        raise ValueError(
            "resume and checkpoint_every were given without checkpoint, expected the file to use"
        )
