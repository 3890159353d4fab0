"""Checks of the exercises on long short-term memory."""

from collections.abc import Callable
from math import log

import torch
from torch import Tensor, nn

from rnnlib.cells import lstm_step
from rnnlib.check.answers import accept, judge_function, refuse, seeded


def _parameters(inputs: int, hidden: int, num_layers: int = 1, directions: int = 1, biases: int = 2) -> int:
    layers = nn.LSTM(
        inputs, hidden, num_layers, bias=biases > 0, bidirectional=directions == 2, device="meta"
    )
    shapes = [p.shape for p in layers.parameters()]
    left_out = sum(shape[0] for shape in shapes if len(shape) == 1) // 2 if biases == 1 else 0
    return sum(shape.numel() for shape in shapes) - left_out


def lstm_count(count: Callable[..., int]) -> None:
    """Check a function (I, H, num_layers, directions, biases) to the number of an LSTM's parameters."""

    def narrow(inputs: int, hidden: int, num_layers: int, directions: int, biases: int) -> int:
        first = _parameters(inputs, hidden, 1, directions, biases)
        return first + (num_layers - 1) * _parameters(hidden, hidden, 1, directions, biases)

    judge_function(
        "count",
        count,
        _parameters,
        [(3, 4, 1, 1, 2), (3, 4, 1, 1, 1), (5, 7, 3, 1, 2), (5, 7, 2, 2, 2), (5, 7, 3, 2, 1)],
        [
            (lambda *sizes: _parameters(*sizes) * 3 // 4, "Three blocks are a GRU's. Count the LSTM's."),
            (
                lambda i, h, n, d, b: _parameters(i, h, n, d, 0),
                "These are the weights alone: blocks have biases, too.",
            ),
            (narrow, "An upper layer reads the outputs of all directions below it, not of one."),
            (
                lambda i, h, n, d, b: _parameters(i, h, n, d),
                "The number of biases to a block is not always two.",
            ),
            (lambda i, h, n, d, b: _parameters(i, h, n, 1, b), "Each direction has weights of its own."),
            (
                lambda inputs, hidden, num_layers, directions, biases: (
                    num_layers * _parameters(inputs, hidden, 1, directions, biases)
                ),
                "Layers above the first do not read I numbers.",
            ),
        ],
        "Count one block of one direction of the first layer, then ask what changes above it.",
    )


def lstm_half_life(bias_for: Callable[[float, float], float]) -> None:
    """Check a function from steps k and a share p to the forget bias that keeps p over k steps."""

    def right(k: float, p: float) -> float:
        return -log(p ** (-1 / k) - 1)

    judge_function(
        "bias_for",
        bias_for,
        right,
        [(1, 0.5), (3, 0.2), (100, 0.5), (100, 0.99)],
        [
            (
                lambda k, p: p ** (1 / k),
                "That is f, the gate's value. The bias is the number whose sigmoid is f.",
            ),
            (lambda k, p: -right(k, p), "The sign is wrong: a large bias must keep."),
            (lambda k, p: right(k, 0.5), "That is right for a half-life. The share p is given."),
            (lambda k, p: right(k, 1 - p), "That keeps 1 - p: p is the share that stays."),
            (lambda k, p: log(k / -log(p)), "That is the limit for many steps. Solve for the bias exactly."),
        ],
        "Which f leaves p after k steps, and of which number is it the sigmoid?",
    )


ROW_ORDER = "ifoc"  # as texts for row vectors list the blocks; c is the input node


def _to_torch(weights: dict[str, Tensor], order: str = "ifco", biases: int = 1) -> list[Tensor]:
    """Weights for row vectors as `nn.LSTM`'s: W_ih, W_hh, and the sum of the two biases times `biases`."""
    W_ih = torch.cat([weights[f"W_x{k}"].T for k in order])
    W_hh = torch.cat([weights[f"W_h{k}"].T for k in order])
    return [W_ih, W_hh, biases * torch.cat([weights[f"b_{k}"] for k in order])]


@seeded
def lstm_layout(convert: Callable[[dict[str, Tensor]], dict[str, Tensor]]) -> None:
    """Check a function from weights for row vectors, `W_xi` to `b_c`, to the state dict of an `nn.LSTM`."""
    shapes = {"W_x": (3, 4), "W_h": (4, 4), "b_": (4,)}
    weights = {
        name + k: torch.randn(shape, dtype=torch.float64) for name, shape in shapes.items() for k in ROW_ORDER
    }

    def converted(weights: dict[str, Tensor]) -> list[Tensor]:
        made = convert(weights)
        wanted = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]
        refuse(sorted(made) != sorted(wanted), f"the names are {sorted(made)}, expected {wanted}")
        W_ih, W_hh, b_ih, b_hh = (made[name] for name in wanted)
        refuse(W_ih.shape == (3, 16), "weight_ih_l0 is (I, 4H): PyTorch's matrices are (4H, I), transposed.")
        return [W_ih, W_hh, b_ih + b_hh]

    upright = {name: w.T if name.startswith("W_h") else w for name, w in weights.items()}
    judge_function(
        "convert",
        converted,
        _to_torch,
        [(weights,)],
        [
            (
                lambda w: _to_torch(w, "ifoc"),
                "The blocks stand in the texts' order, not in PyTorch's.",
            ),
            (
                lambda w: _to_torch(w, biases=2),
                "The bias is in there twice: bias_ih and bias_hh are added.",
            ),
            (
                lambda w: _to_torch(upright),
                "W_h is not transposed; being square, it does not show it.",
            ),
        ],
        "Compare block by block: which rows of weight_ih_l0 belong to the input node?",
    )


def lstm_latch(lstm: nn.LSTM) -> None:
    """Check an `nn.LSTM` of one unit, with inputs set and reset, that is on from a set to the next reset."""
    refuse(
        not isinstance(lstm, nn.LSTM) or (lstm.input_size, lstm.hidden_size) != (2, 1),
        f"the answer is {lstm}, expected a torch.nn.LSTM(2, 1)",
    )
    steps = [(1, 0), *[(0, 0)] * 30, (0, 1), (0, 0), (1, 0), (1, 0), (0, 1), (0, 0), (1, 1), (0, 0)]
    x = torch.tensor(steps, dtype=lstm.get_parameter("weight_hh_l0").dtype)
    with torch.no_grad():
        h = lstm(x)[0][:, 0].tolist()
    refuse(h[0] < 0.3, f"after a set h is {h[0]:.2f}: is it written, and does the output gate show it?")
    refuse(
        abs(h[30] - h[0]) > 0.05,
        f"thirty steps later h is {h[30]:.2f}, not {h[0]:.2f}: nothing keeps it.",
    )
    refuse(abs(h[31]) > 0.05, f"after a reset h is {h[31]:.2f}, still on: which gate has to shut?")
    refuse(abs(h[32]) > 0.05, f"a step after the reset h is {h[32]:.2f}: something is written without a set.")
    refuse(
        abs(h[34] - h[33]) > 0.05,
        f"a second set takes h from {h[33]:.2f} to {h[34]:.2f}: it must replace, not add.",
    )
    refuse(h[37] < 0.3, f"after set and reset together h is {h[37]:.2f}: then it is to be on.")
    accept("latch")


@seeded
def lstm_backward(backward: Callable[..., tuple[Tensor, ...]]) -> None:
    """Check a function (u, v, gi, h, c, weight_hh, bias_hh) to the derivatives by gi, h, c and weight_hh."""
    H = 4
    u, v, h, c = torch.randn(4, 3, H, dtype=torch.float64)
    gi = torch.randn(3, 4 * H, dtype=torch.float64)
    weight_hh, bias_hh = torch.randn(4 * H, H, dtype=torch.float64), torch.randn(4 * H, dtype=torch.float64)

    def derivatives(*given: Tensor, without: str = "") -> tuple[Tensor, ...]:
        """By autograd; `without` names what is left out: `u`'s way through c, `v`, or a `transpose`."""
        u, v, *rest = given
        gi, h, c, W = (part.clone().requires_grad_() for part in rest[:4])
        step = lstm_step(gi, h, c, W, rest[4])
        shown = step.o * torch.tanh(step.c.detach() if without == "u" else step.c)
        kept = 0 if without == "v" else (v * step.c).sum()
        d_gi, d_h, d_c, d_W = torch.autograd.grad((u * shown).sum() + kept, [gi, h, c, W])
        if without == "belt":
            d_c = d_c / step.f.detach()
        return d_gi, d_h, d_c, d_W

    judge_function(
        "backward",
        lambda *given: tuple(backward(*given)),
        derivatives,
        [(u, v, gi, h, c, weight_hh, bias_hh)],
        [
            (
                lambda *given: derivatives(*given, without="u"),
                "What comes through h_t does not reach c_t: add u ⊙ o ⊙ (1 - tanh²(c_t)) to v.",
            ),
            (
                lambda *given: derivatives(*given, without="v"),
                "v, what the next step's belt sends back, is missing.",
            ),
            (
                lambda *given: derivatives(*given, without="belt"),
                "The derivative by c_{t-1} lacks the forget gate.",
            ),
        ],
        "Check what arrives at c_t first, then the four blocks, then what they send on.",
    )
