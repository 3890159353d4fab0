"""From one long sequence of ids to batches (x, y), y being x one token later."""

from collections.abc import Iterator

import torch
from torch import Tensor

from rnnlib.data.vocabulary import check_ids
from rnnlib.errors import check_size


def train_valid_split(ids: Tensor, valid_fraction: float = 0.1) -> tuple[Tensor, Tensor]:
    """Cut ids in two: the first part to train on, the last to validate on. They share no token.

    Args:
        ids: integer tensor (T,).
        valid_fraction: the last part's share, between 0 and 1 (both excluded).

    Returns:
        `train` (T - n,) and `valid` (n,) with n = round(T * valid_fraction).

    Raises:
        ValueError: `valid_fraction` is not between 0 and 1, or one part would be empty.
    """
    ids = check_ids(ids, "ids")
    if not 0 < valid_fraction < 1:
        raise ValueError(
            f"valid_fraction is {valid_fraction}, expected a number between 0 and 1, both excluded"
        )
    num_valid = round(len(ids) * valid_fraction)
    if not 0 < num_valid < len(ids):
        raise ValueError(
            f"ids holds {len(ids)} tokens, of which valid_fraction={valid_fraction} takes {num_valid}: "
            "expected at least one token on either side"
        )
    return ids[:-num_valid], ids[-num_valid:]


class _Batches:
    """What both partitions share: the checked arguments."""

    carries_state: bool

    def __init__(self, ids: Tensor, batch_size: int, num_steps: int) -> None:
        check_size("batch_size", batch_size)
        check_size("num_steps", num_steps)
        self.ids = check_ids(ids, "ids")
        self.batch_size = batch_size
        self.num_steps = num_steps
        wanted = batch_size * num_steps + 1
        if len(self.ids) < wanted:
            raise ValueError(
                f"ids holds {len(self.ids)} tokens, expected at least batch_size * num_steps + 1 = {wanted} "
                f"(batch_size={batch_size}, num_steps={num_steps})"
            )


class SequentialBatches(_Batches):
    """B parallel readings of the text: batch after batch continues where the last one stopped.

    The ids are cut into B streams of equal length; batch k holds steps `k * num_steps` ... of each. A state
    may therefore be carried from one batch to the next (`carries_state`), which is what truncated
    backpropagation through time wants. Every target is given once; of the text's end fewer than B tokens are
    left out.

    Args:
        ids: integer tensor (T,).
        batch_size: B, the number of streams.
        num_steps: time steps of a batch; the last batch is shorter where the streams' length is no multiple.
        drop_last: leave that shorter batch out.

    Yields:
        `x`, `y`: LongTensors (num_steps, B).

    Raises:
        TypeError: `ids` are no integers.
        ValueError: a size below 1, or fewer than `batch_size * num_steps + 1` ids.
    """

    carries_state = True

    def __init__(self, ids: Tensor, batch_size: int, num_steps: int, drop_last: bool = False) -> None:
        super().__init__(ids, batch_size, num_steps)
        length = (len(self.ids) - 1) // batch_size  # steps of one stream
        used = length * batch_size
        self._x = self.ids[:used].reshape(batch_size, length).T.contiguous()  # (length, B)
        self._y = self.ids[1 : used + 1].reshape(batch_size, length).T.contiguous()  # (length, B)
        full, rest = divmod(length, num_steps)
        self._num_batches = full + (rest > 0 and not drop_last)

    def __len__(self) -> int:
        return self._num_batches

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        for k in range(len(self)):
            steps = slice(k * self.num_steps, (k + 1) * self.num_steps)
            yield self._x[steps], self._y[steps]  # (num_steps, B) each


class RandomBatches(_Batches):
    """Windows of the text in random order, drawn anew on every pass; no state carries over.

    A pass starts at a random offset below `num_steps`, cuts the rest into windows that don't overlap and
    shuffles them. The order depends on `seed` and on the number of the pass only, so two runs see the same.

    Args:
        ids: integer tensor (T,).
        batch_size: B, windows in a batch; the windows that don't fill a batch are left out.
        num_steps: time steps of a window.
        seed: of the order.

    Attributes:
        epoch (int): number of the next pass, from 0; `set_epoch` sets it.

    Yields:
        `x`, `y`: LongTensors (num_steps, B).

    Raises:
        TypeError: `ids` are no integers.
        ValueError: a size below 1, or fewer than `batch_size * num_steps + 1` ids.
    """

    carries_state = False

    def __init__(self, ids: Tensor, batch_size: int, num_steps: int, seed: int = 0) -> None:
        super().__init__(ids, batch_size, num_steps)
        self.seed = seed
        self.epoch = 0
        # The offset may take no window from the last batch: every pass has the same number of batches.
        self._num_batches = (len(self.ids) - 1) // (batch_size * num_steps)
        spare = len(self.ids) - 1 - self._num_batches * batch_size * num_steps
        self._num_offsets = min(num_steps, spare + 1)

    def __len__(self) -> int:
        return self._num_batches

    def set_epoch(self, epoch: int) -> None:
        """Makes the next pass the one numbered `epoch`."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        generator = torch.Generator().manual_seed(1_000_003 * self.seed + self.epoch)
        self.epoch += 1
        offset = int(torch.randint(self._num_offsets, (), generator=generator))
        num_windows = (len(self.ids) - 1 - offset) // self.num_steps
        starts = offset + self.num_steps * torch.randperm(num_windows, generator=generator)  # (windows,)
        steps = torch.arange(self.num_steps)[:, None]  # (num_steps, 1)
        for k in range(len(self)):
            where = steps + starts[k * self.batch_size : (k + 1) * self.batch_size]  # (num_steps, B)
            yield self.ids[where], self.ids[where + 1]
