"""Depth: layers stacked, each of which reads, at every step, what the layer below it has written.

    h_t^(l) = cell^(l)(x_t^(l), h_{t-1}^(l))
    x_t^(1) = x_t,   x_t^(l) = dropout(h_t^(l-1)) for l > 1

A state depends on the one to its left and on the one below, so a whole layer can be run over time before the
next one starts. In two directions it has to be: the reading from the right needs the last step below.
"""

from collections.abc import Callable, Sequence

from torch import Tensor
from torch.nn import functional as F

from rnnlib.layers.bidirectional import Trace

Layer = Callable[
    [Tensor], tuple[Tensor, list[Trace]]
]  # x (T, B, I) -> output (T, B, D*H), its directions' values


def run_stack(
    layers: Sequence[Layer], x: Tensor, dropout: float = 0.0, training: bool = False
) -> tuple[Tensor, list[Trace]]:
    """Run the layers from the lowest to the highest.

    Args:
        layers: l = 1..L.
        x: (T, B, I).
        dropout: probability of dropping an entry between two layers: not below the first, not above the last.
        training: whether to drop at all.

    Returns:
        The last layer's output, (T, B, D*H), and what each layer computed, in each of its directions.
    """
    traces = []
    for depth, layer in enumerate(layers):
        if depth > 0:
            x = F.dropout(x, dropout, training)  # x_t^(l) = dropout(h_t^(l-1))
        x, found = layer(x)  # h_t^(l), for all t                                     (T, B, D*H)
        traces += found
    return x, traces
