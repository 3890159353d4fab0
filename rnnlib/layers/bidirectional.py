"""Both directions: one network reads from left to right, one from right to left, and neither sees the other.

    forwards    hf_t = cell(x_t, hf_{t-1})
    backwards   hb_t = cell'(x_t, hb_{t+1})
    output       h_t = [hf_t, hb_t]         2H wide: x_1..x_t is in the first half, x_t..x_T in the second

Reading backwards is reading forwards between two reversals. Both reverse each sequence within its own length:
over padding, the second network would start on padding and reach the sequence in a state of its making.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from rnnlib.layers.packed import at_end, check_lengths, clear_padding

Trace = dict[str, Tensor]  # name of a gate or a part of the state -> its values at all steps, (T, B, H)
Run = Callable[[Tensor], Trace]  # one network over time, from left to right, from x (T, B, I)


def reverse(x: Tensor, lengths: Tensor | Sequence[int] | None = None) -> Tensor:
    """Every sequence back to front within its own length; padding stays where it is.

    Args:
        x: (T, B, ...).
        lengths: (B,) whole numbers in 1..T; all T if None.

    Returns:
        (T, B, ...). Reversing twice gives `x`.

    Raises:
        TypeError: lengths that are not whole numbers.
        ValueError: not one length per sequence, or a length outside 1..T.
    """
    if lengths is None:
        return x.flip(0)
    lengths = check_lengths(lengths, x)
    t = torch.arange(len(x), device=x.device)[:, None]  # (T, 1)
    mirrored = torch.where(t < lengths, lengths - 1 - t, t)  # 0, 1, .., n - 1 become n - 1, .., 1, 0  (T, B)
    return x[mirrored, torch.arange(x.shape[1], device=x.device)]


def read_forwards(run: Run, x: Tensor, lengths: Tensor | None = None) -> Trace:
    """What `run` computes at every step, zero past each sequence's length."""
    return {name: clear_padding(value, lengths) for name, value in run(x).items()}


def read_backwards(run: Run, x: Tensor, lengths: Tensor | None = None) -> Trace:
    """The same from right to left; what belongs to x_t stands at t."""
    trace = read_forwards(run, reverse(x, lengths), lengths)
    return {name: reverse(value, lengths) for name, value in trace.items()}


def read_layer(runs: Sequence[Run], x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, list[Trace]]:
    """One layer in its D directions.

    Args:
        runs: the network that reads forwards and, with D = 2, the one that reads backwards.
        x: (T, B, I), the same for both.
        lengths: (B,) or None.

    Returns:
        The output, (T, B, D*H), and what each direction computed.
    """
    traces = [read(run, x, lengths) for read, run in zip((read_forwards, read_backwards), runs, strict=False)]
    outputs = [trace["h"] for trace in traces]
    return torch.cat(outputs, dim=-1) if len(outputs) > 1 else outputs[0], traces  # h_t = [hf_t, hb_t]


def last_states(
    output: Tensor, lengths: Tensor | Sequence[int] | None = None, bidirectional: bool = False
) -> Tensor:
    """Each direction's state when it has read everything, the last layer's h_n: a summary of the sequence.

    Forwards that is at each sequence's own end, backwards at the first step. `output[-1]` is something else:
    its second half has read one token.

    Args:
        output: of a layer of ours or torch.nn's, (T, B, D*H).
        lengths: (B,) whole numbers in 1..T; all T if None.
        bidirectional: whether D = 2.

    Returns:
        (B, D*H).

    Raises:
        TypeError: lengths that are not whole numbers.
        ValueError: not one length per sequence, or a length outside 1..T; two directions in an odd width.
    """
    lengths = None if lengths is None else check_lengths(lengths, output)
    if not bidirectional:
        return at_end(output, lengths)
    if output.shape[-1] % 2:
        raise ValueError(f"output has shape {tuple(output.shape)}, expected (time, batch, 2 * hidden_size)")
    forwards, backwards = output.chunk(2, dim=-1)  # output[:, :, :H], output[:, :, H:]
    return torch.cat((at_end(forwards, lengths), at_end(backwards, lengths, reverse=True)), dim=-1)
