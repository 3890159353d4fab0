"""Layers against `torch.nn`: values and gradients, all forms of input; the fast path against the loop."""

import copy
import warnings

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.utils.parametrize import register_parametrization
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from torch.testing import assert_close

from rnnlib.cells import GRUCell, LSTMCell, RNNCell, gru_step, lstm_step
from rnnlib.layers import GRU, LSTM, RNN, last_states
from rnnlib.layers.bidirectional import read_backwards, read_layer, reverse
from rnnlib.layers.stacked import run_stack

EXACT = {"rtol": 1e-10, "atol": 1e-10}
PAIRS = {"RNN": (RNN, torch.nn.RNN), "GRU": (GRU, torch.nn.GRU), "LSTM": (LSTM, torch.nn.LSTM)}
OURS = [
    (RNN, {}),
    (RNN, {"nonlinearity": "relu"}),
    (RNN, {"nonlinearity": "identity"}),
    (GRU, {}),
    (GRU, {"reset_after": False}),
    (LSTM, {}),
]


def pair(kind: str, input_size: int, hidden_size: int, dtype=torch.float64, **options):
    """Our layer and torch's with the same weights."""
    ours, theirs = (layer(input_size, hidden_size, dtype=dtype, **options) for layer in PAIRS[kind])
    theirs.load_state_dict(ours.state_dict(), strict=True)
    return ours, theirs


def parts_of(state) -> tuple[torch.Tensor, ...]:
    return tuple(state) if isinstance(state, tuple) else (state,)


def random_state(layer, batch: int | None):
    depth = layer.num_layers * (2 if layer.bidirectional else 1)
    shape = (depth, *(() if batch is None else (batch,)), layer.hidden_size)
    parts = tuple(
        torch.randn(shape, dtype=layer.weight_ih_l0.dtype) for _ in parts_of(layer(example(layer))[1])
    )
    return parts if len(parts) > 1 else parts[0]


def example(layer, time: int = 2, batch: int = 1):
    axes = (batch, time) if layer.batch_first else (time, batch)
    return torch.randn(*axes, layer.input_size, dtype=layer.weight_ih_l0.dtype)


def values_and_gradients(layer, x, state=None, **options):
    """Output and state, and the gradients of a function of both by input, state and parameters."""
    data = (x.data if isinstance(x, torch.nn.utils.rnn.PackedSequence) else x).clone().requires_grad_()
    x = x._replace(data=data) if isinstance(x, torch.nn.utils.rnn.PackedSequence) else data
    state = None if state is None else tuple(part.clone().requires_grad_() for part in parts_of(state))
    argument = state if state is None or len(state) > 1 else state[0]
    output, last = layer(x, argument, **options)
    if isinstance(output, torch.nn.utils.rnn.PackedSequence):
        output = output.data
    values = (output, *parts_of(last))
    loss = sum((3 * value).sin().sum() for value in values)
    return values, torch.autograd.grad(loss, [data, *(state or ()), *layer.parameters()])


shapes = {
    "kind": st.sampled_from(list(PAIRS)),
    "input_size": st.integers(1, 5),
    "hidden_size": st.integers(1, 5),
    "num_layers": st.integers(1, 3),
    "bidirectional": st.booleans(),
    "bias": st.booleans(),
    "batch_first": st.booleans(),
    "fused": st.booleans(),
    "with_state": st.booleans(),
    "seed": st.integers(0, 2**16),
}


def drawn(kind, fused, seed, with_state, batch, **options):
    """A pair of layers and a state for them, from a drawn case."""
    torch.manual_seed(seed)
    ours, theirs = pair(kind, options.pop("input_size"), options.pop("hidden_size"), **options)
    ours.fused = fused
    return ours, theirs, random_state(ours, batch) if with_state else None


@settings(max_examples=80, deadline=None)
@given(time=st.integers(1, 7), batch=st.one_of(st.none(), st.integers(1, 4)), **shapes)
def test_equals_torch(time, batch, **case):
    ours, theirs, state = drawn(batch=batch, **case)
    x = example(ours, time, batch or 1)
    if batch is None:
        x = torch.randn(time, ours.input_size, dtype=torch.float64)
    assert_close(values_and_gradients(ours, x, state), values_and_gradients(theirs, x, state), **EXACT)


@settings(max_examples=80, deadline=None)
@given(lengths=st.lists(st.integers(1, 6), min_size=1, max_size=5), **shapes)
def test_uneven_lengths_equal_torchs_packed_sequences(lengths, **case):
    ours, theirs, state = drawn(batch=len(lengths), **case)
    x = example(ours, max(lengths), len(lengths))
    pack = {"batch_first": ours.batch_first, "enforce_sorted": False}
    packed = pack_padded_sequence(x, torch.tensor(lengths), **pack)

    want = values_and_gradients(theirs, packed, state)
    assert_close(values_and_gradients(ours, packed, state), want, **EXACT)

    # the same with padding, which may hold anything
    is_padding = torch.arange(max(lengths)) >= torch.tensor(lengths)[:, None]  # (B, T)
    is_padding = is_padding if ours.batch_first else is_padding.T
    x[is_padding] = torch.nan
    (output, *last), (of_x, *gradients) = values_and_gradients(ours, x, state, lengths=lengths)
    padded, padded_of_x = (
        pad_packed_sequence(packed._replace(data=data), batch_first=ours.batch_first)[0]
        for data in (want[0][0], want[1][0])
    )
    assert_close((output, *last), (padded, *want[0][1:]), **EXACT)
    assert_close([of_x, *gradients], [padded_of_x, *want[1][1:]], **EXACT)
    assert of_x[is_padding].eq(0).all() and output[is_padding].eq(0).all()  # exactly


def test_packed_output_is_packed_as_the_input_was():
    torch.manual_seed(0)
    ours, theirs = pair("GRU", 3, 4)
    for options in ({"enforce_sorted": False}, {"enforce_sorted": True}):
        lengths = [5, 5, 2, 1] if options["enforce_sorted"] else [2, 5, 1, 5]
        packed = pack_padded_sequence(
            torch.randn(5, 4, 3, dtype=torch.float64), torch.tensor(lengths), **options
        )
        got, want = ours(packed)[0], theirs(packed)[0]
        assert_close(tuple(got), tuple(want), **EXACT)


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_equals_torch_in_float32(kind, bidirectional):
    torch.manual_seed(0)
    ours, theirs = pair(kind, 16, 32, torch.float32, num_layers=2, bidirectional=bidirectional)
    x, state = torch.randn(20, 8, 16), random_state(ours, 8)
    mine, torchs = values_and_gradients(ours, x, state), values_and_gradients(theirs, x, state)
    for got, want in zip((*mine[0], *mine[1]), (*torchs[0], *torchs[1]), strict=True):
        assert (got - want).abs().max() <= 1e-5 * want.abs().max()


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize("num_layers", [1, 3])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_state_dicts_load_both_ways_and_seeds_draw_the_same(kind, num_layers, bidirectional, bias):
    options = {"num_layers": num_layers, "bidirectional": bidirectional, "bias": bias}
    torch.manual_seed(3)
    ours, theirs = pair(kind, 3, 4, **options)
    ours.load_state_dict(theirs.state_dict(), strict=True)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    torch.manual_seed(3)
    drawn_by_torch = PAIRS[kind][1](3, 4, dtype=torch.float64, **options)
    assert_close(dict(ours.state_dict()), dict(drawn_by_torch.state_dict()), rtol=0, atol=0)


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"num_layers": 2, "dropout": 0.5},
        {"bias": False, "batch_first": True},
        {"bidirectional": True},
        {"num_layers": 3, "bias": False, "batch_first": True, "dropout": 0.25, "bidirectional": True},
    ],
)
def test_repr_is_torchs(kind, options):
    ours, theirs = (layer(3, 4, **options) for layer in PAIRS[kind])
    assert repr(ours) == repr(theirs)


def test_repr_names_what_torch_has_not():
    assert repr(GRU(2, 3, reset_after=False)) == "GRU(2, 3, reset_after=False)"
    assert repr(RNN(2, 3, nonlinearity="relu")) == "RNN(2, 3, nonlinearity=relu)"
    assert repr(RNN(2, 3, nonlinearity="identity")) == "RNN(2, 3, nonlinearity=identity)"


# --- the fast path -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("layer", "options"), OURS)
@pytest.mark.parametrize("bias", [True, False])
def test_first_and_second_derivatives_against_central_differences(layer, options, bias):
    torch.manual_seed(1)
    layer = layer(2, 3, bias=bias, dtype=torch.float64, **options)
    names = [name for name, _ in layer.named_parameters()]
    state = tuple(part.requires_grad_() for part in parts_of(random_state(layer, 2)))
    x = torch.randn(3, 2, 2, dtype=torch.float64, requires_grad=True)

    def run(x, *rest):
        state, weights = (
            rest[: len(layer.state_names)],
            dict(zip(names, rest[len(layer.state_names) :], strict=True)),
        )
        output, last = torch.func.functional_call(layer, weights, (x, state if len(state) > 1 else state[0]))
        return output, *parts_of(last)

    arguments = (x, *state, *layer.parameters())
    assert torch.autograd.gradcheck(run, arguments)
    assert torch.autograd.gradgradcheck(run, arguments)


@pytest.mark.parametrize(("layer", "options"), OURS)
def test_the_fast_path_is_the_loop(layer, options):
    torch.manual_seed(2)
    fast = layer(3, 5, num_layers=2, bidirectional=True, dtype=torch.float64, **options)
    slow = copy.deepcopy(fast)
    slow.fused = False
    x, state = example(fast, 9, 4), random_state(fast, 4)
    for arguments in ({}, {"lengths": [9, 1, 4, 4]}):
        got = values_and_gradients(fast, x, state, **arguments)
        assert_close(got, values_and_gradients(slow, x, state, **arguments), **EXACT)


def test_the_fast_path_runs_unless_gates_are_asked_for():
    x = torch.randn(4, 2, 3)
    for layer in (RNN(3, 4), GRU(3, 4), LSTM(3, 4)):
        h = layer(x)[0]
        assert h.grad_fn.name().startswith("Fused")
        assert not layer(x, return_gates=True)[0].grad_fn.name().startswith("Fused")
    assert not GRU(3, 4, fused=False)(x)[0].grad_fn.name().startswith("Fused")
    assert not GRU(3, 4, reset_after=False)(x)[0].grad_fn.name().startswith("Fused")


@pytest.mark.parametrize("layer", [RNN, GRU, LSTM])
def test_backward_may_run_twice_and_with_frozen_weights(layer):
    torch.manual_seed(0)
    layer = layer(3, 4, dtype=torch.float64)
    x = torch.randn(5, 2, 3, dtype=torch.float64, requires_grad=True)
    loss = layer(x)[0].square().sum()
    first = torch.autograd.grad(loss, x, retain_graph=True)
    assert_close(torch.autograd.grad(loss, x), first, rtol=0, atol=0)
    layer.requires_grad_(False)
    assert_close(torch.autograd.grad(layer(x)[0].square().sum(), x), first, rtol=0, atol=0)
    assert_close(torch.autograd.grad(layer(x)[0].square().sum(), x, create_graph=True), first, **EXACT)


def test_a_changed_output_is_noticed_before_a_wrong_gradient():
    layer, x = GRU(3, 4), torch.randn(5, 2, 3)
    output, _ = layer(x)
    output.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        output.sum().backward()


def test_a_gradient_of_the_cell_state_alone():
    torch.manual_seed(0)
    ours, theirs = pair("LSTM", 3, 4)
    x = torch.randn(5, 2, 3, dtype=torch.float64)
    for create_graph in (False, True):
        got, want = (
            torch.autograd.grad(
                layer(x)[1][1].square().sum(), list(layer.parameters()), create_graph=create_graph
            )
            for layer in (ours, theirs)
        )
        assert_close(got, want, **EXACT)


# --- gates -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("layer", "options"), OURS)
def test_gates_are_the_cells(layer, options):
    torch.manual_seed(0)
    cell = {RNN: RNNCell, GRU: GRUCell, LSTM: LSTMCell}[layer]
    layer, cell = layer(3, 4, dtype=torch.float64, **options), cell(3, 4, dtype=torch.float64, **options)
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in layer.state_dict().items()})
    x, state = example(layer, 6, 2), random_state(layer, 2)
    output, last, [trace] = layer(x, state, return_gates=True)
    now = tuple(part[0] for part in parts_of(state))
    for t in range(6):
        step = cell.step(x[t] @ cell.weight_ih.T + cell.bias_ih, *now)
        now = step[: len(now)]
        assert set(trace) == set(step._fields)
        for name, value in step._asdict().items():
            assert_close(trace[name][t], value, **EXACT)
    assert_close(output, trace["h"])
    assert_close(tuple(part[0] for part in parts_of(last)), tuple(now), **EXACT)


def test_gates_of_all_layers_and_directions():
    torch.manual_seed(0)
    layer = LSTM(3, 4, num_layers=2, bidirectional=True, dtype=torch.float64)
    x = torch.randn(5, 2, 3, dtype=torch.float64)
    output, (h_n, c_n), gates = layer(x, return_gates=True)
    assert [set(trace) for trace in gates] == [set("ifgoch")] * 4
    assert all(value.shape == (5, 2, 4) for trace in gates for value in trace.values())
    assert_close(output, torch.cat((gates[2]["h"], gates[3]["h"]), -1))
    assert_close(h_n, torch.stack([gates[0]["h"][-1], gates[1]["h"][0], gates[2]["h"][-1], gates[3]["h"][0]]))
    assert_close(c_n, torch.stack([gates[0]["c"][-1], gates[1]["c"][0], gates[2]["c"][-1], gates[3]["c"][0]]))
    # a reverse direction's values stand at the time they belong to: h_t comes from x_t and h_{t+1}
    weights, below = layer.weights(1, reverse=True), torch.cat((gates[0]["h"], gates[1]["h"]), -1)
    gi = below[2] @ weights.weight_ih.T + weights.bias_ih
    step = lstm_step(gi, gates[3]["h"][3], gates[3]["c"][3], weights.weight_hh, weights.bias_hh)
    assert_close(step._asdict(), {name: value[2] for name, value in gates[3].items()}, **EXACT)


def test_gates_past_a_length_are_zero_and_always_time_major():
    torch.manual_seed(0)
    layer = GRU(3, 4, batch_first=True, dtype=torch.float64)
    x = torch.randn(2, 5, 3, dtype=torch.float64)
    output, _, [trace] = layer(x, lengths=[2, 5], return_gates=True)
    assert output.shape == (2, 5, 4)
    assert all(value.shape == (5, 2, 4) for value in trace.values())
    assert all(value[2:, 0].eq(0).all() and value[:, 1].ne(0).all() for value in trace.values())
    unbatched, _, [single] = layer(x[0, :2], return_gates=True)
    for name, value in single.items():
        assert_close(value, trace[name][:2, 0], **EXACT)
    assert_close(unbatched, output[0, :2], **EXACT)
    packed = pack_padded_sequence(x, torch.tensor([2, 5]), batch_first=True, enforce_sorted=False)
    _, _, [of_packed] = layer(packed, return_gates=True)
    assert_close(of_packed, trace, **EXACT)


def test_gates_carry_gradients():
    layer, x = GRU(3, 4), torch.randn(5, 2, 3, requires_grad=True)
    layer(x, return_gates=True)[2][0]["z"].sum().backward()
    assert x.grad.ne(0).any()


def test_a_sequence_in_two_pieces_is_the_sequence():
    torch.manual_seed(0)
    for layer in (RNN(3, 4, 2), GRU(3, 4, 2), LSTM(3, 4, 2)):
        x = torch.randn(7, 2, 3)
        whole, last = layer(x)
        first, state = layer(x[:4])
        second, end = layer(x[4:], state)
        assert_close(torch.cat((first, second)), whole)
        assert_close(end, last)


def test_weights_name_one_direction_of_one_layer():
    layer = GRU(3, 4, num_layers=2, bidirectional=True)
    assert layer.weights(1, reverse=True).weight_hh is layer.weight_hh_l1_reverse
    assert GRU(3, 4, bias=False).weights().bias_hh is None
    gi = torch.randn(2, 12)
    h = torch.zeros(2, 4)
    weights = layer.weights()
    assert_close(layer.step(weights, gi, h), gru_step(gi, h, weights.weight_hh, weights.bias_hh))


def test_modules_copy_save_and_move():
    layer, x = LSTM(3, 4, num_layers=2), torch.randn(5, 2, 3)
    assert_close(copy.deepcopy(layer)(x), layer(x))
    assert layer.double()(x.double())[0].dtype == torch.float64


def test_autocast_takes_the_loop():
    layer, x = GRU(3, 4), torch.randn(5, 2, 3)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert_close(layer(x)[0].float(), layer(x, return_gates=True)[0].float())


# --- depth and both directions, part by part ---------------------------------------------------------------

uneven = st.lists(st.integers(1, 6), min_size=1, max_size=5)


@settings(max_examples=40, deadline=None)
@given(lengths=uneven, trailing=st.sampled_from([(), (2,), (2, 3)]), seed=st.integers(0, 2**16))
def test_reverse_turns_each_sequence_round_and_leaves_padding(lengths, trailing, seed):
    torch.manual_seed(seed)
    x = torch.randn(max(lengths) + 1, len(lengths), *trailing)
    got = reverse(x, lengths)
    for b, length in enumerate(lengths):
        assert got[:length, b].equal(x[:length, b].flip(0))
        assert got[length:, b].equal(x[length:, b])
    assert reverse(got, torch.tensor(lengths)).equal(x)
    assert reverse(x).equal(reverse(x, [len(x)] * len(lengths))) and reverse(x)[0].equal(x[-1])


def test_both_directions_are_two_layers_one_of_which_reads_a_reversed_sequence():
    """Each sequence by itself, read by layers of one direction, which need none of the code under test."""
    torch.manual_seed(0)
    for kind, lengths in (("RNN", None), ("GRU", [2, 5, 1]), ("LSTM", [5, 5, 3])):
        both, _ = pair(kind, 3, 4, bidirectional=True)
        one, other = (PAIRS[kind][0](3, 4, dtype=torch.float64) for _ in range(2))
        one.load_state_dict({name: both.state_dict()[name] for name in one.state_dict()})
        other.load_state_dict({name: both.state_dict()[f"{name}_reverse"] for name in other.state_dict()})
        x = example(both, 5, 3)
        output, _ = both(x, lengths=lengths)
        for b, length in enumerate(lengths or [5] * 3):
            alone = x[:length, b]
            forwards, backwards = one(alone)[0], other(alone.flip(0))[0].flip(0)
            assert_close(output[:length, b], torch.cat((forwards, backwards), -1), **EXACT)


def test_a_stack_is_one_layer_upon_another():
    torch.manual_seed(0)
    stack, _ = pair("GRU", 3, 4, num_layers=3)
    layers = []
    for k in range(3):
        layers.append(GRU(3 if k == 0 else 4, 4, dtype=torch.float64))
        named = {name: stack.state_dict()[name.replace("_l0", f"_l{k}")] for name in layers[k].state_dict()}
        layers[k].load_state_dict(named)
    x = example(stack, 5, 2)
    output, h_n = stack(x)
    for k, layer in enumerate(layers):
        x, last = layer(x)
        assert_close(h_n[k], last[0], **EXACT)
    assert_close(output, x, **EXACT)


def test_the_parts_serve_any_network():
    """`run_stack` and `read_layer` know of a network only that it maps x to values at all times."""
    x = torch.arange(1.0, 5.0).view(4, 1, 1)

    def adding_up(x):
        return {"h": x.cumsum(0)}

    output, [ahead, back] = read_layer([adding_up, adding_up], x, torch.tensor([3]))
    assert output[:, 0].tolist() == [[1, 6], [3, 5], [6, 3], [0, 0]]
    assert ahead["h"].equal(output[..., :1]) and back["h"].equal(output[..., 1:])
    assert read_backwards(adding_up, x)["h"].flatten().tolist() == [10, 9, 7, 4]
    one_way, [only] = read_layer([adding_up], x)
    assert one_way is only["h"]

    def layer(x):
        return x + 1, [{"h": x}]  # notes what it has read

    x = torch.ones(50, 4, 5)
    torch.manual_seed(0)
    output, read = run_stack([layer] * 3, x, dropout=0.5, training=True)
    kept = [trace["h"] for trace in read]
    assert kept[0].equal(x) and output.equal(kept[2] + 1)  # no dropout below the first nor above the last
    assert set(kept[1].unique().tolist()) == {0.0, 4.0}  # (1 + 1) / 0.5
    assert not (kept[1] == 0).equal(kept[2] == 0)  # each its own mask
    assert run_stack([layer] * 3, x, dropout=0.5)[0].eq(4).all()


@settings(max_examples=40, deadline=None)
@given(lengths=st.one_of(st.none(), uneven), case=st.fixed_dictionaries(shapes))
def test_last_states_is_h_n_of_the_last_layer(lengths, case):
    case |= {"batch_first": False}
    ours, theirs, state = drawn(batch=len(lengths or [3] * 3), **case)
    H, D = ours.hidden_size, ours.num_directions
    x = example(ours, max(lengths or [4]), len(lengths or [3] * 3))
    output, last = ours(x, state, lengths=lengths)
    h_n = parts_of(last)[0]
    want = torch.cat([*h_n[-D:]], -1)
    assert last_states(output, lengths, ours.bidirectional).equal(want)
    for b, length in enumerate(lengths or [len(x)] * 3):
        assert output[length - 1, b, :H].equal(h_n[-D, b])
        assert D == 1 or output[0, b, H:].equal(h_n[-1, b])
    if lengths is None:
        output, last = theirs(x, state)
    else:
        packed = pack_padded_sequence(x, torch.tensor(lengths), enforce_sorted=False)
        output, last = theirs(packed, state)
        output = pad_packed_sequence(output)[0]
    got = last_states(output, lengths, theirs.bidirectional)
    assert_close(got, torch.cat([*parts_of(last)[0][-D:]], -1), rtol=0, atol=0)
    assert_close(got, want, **EXACT)


def test_a_weight_is_asked_for_once_in_a_forward_pass():
    """A parametrization at random, such as dropped recurrent weights, gives one matrix for all steps."""
    asked = []

    class Noting(torch.nn.Module):
        def forward(self, weight):
            asked.append(weight)
            return weight

    layer = GRU(3, 4, num_layers=2)
    register_parametrization(layer, "weight_hh_l1", Noting())
    asked.clear()
    layer(torch.randn(5, 2, 3))
    assert len(asked) == 1


# --- dropout -----------------------------------------------------------------------------------------------


def copies_its_input_above(layer, hidden_size: int):
    """Set a two-layer RNN so that its second layer hands on, unchanged, what dropout leaves of the first."""
    layer.weight_ih_l1.data = torch.eye(hidden_size)
    for name in ("weight_hh_l0", "weight_hh_l1", "bias_ih_l1", "bias_hh_l1"):
        getattr(layer, name).data.zero_()
    layer.bias_ih_l0.data.fill_(5.0)  # the first layer's entries are above 0
    return layer


@pytest.mark.parametrize("layer", [RNN, torch.nn.RNN])
def test_dropout_between_layers_is_torchs(layer):
    torch.manual_seed(0)
    layer = copies_its_input_above(layer(4, 64, num_layers=2, dropout=0.4, nonlinearity="relu"), 64)
    x = torch.randn(20, 64, 4)
    kept = layer.eval()(x)[0]
    dropped = layer.train()(x)[0]
    assert (kept > 0).all()
    is_zero = dropped == 0
    sigma = (0.4 * 0.6 / is_zero.numel()) ** 0.5
    assert abs(is_zero.double().mean() - 0.4) < 5 * sigma
    assert_close(dropped[~is_zero], kept[~is_zero] / 0.6)


def test_dropout_spares_evaluation_and_the_last_layer():
    torch.manual_seed(0)
    ours, theirs = pair("LSTM", 4, 8, num_layers=3, dropout=0.5)
    x = torch.randn(6, 3, 4, dtype=torch.float64)
    assert_close(ours.eval()(x), theirs.eval()(x), **EXACT)
    ours.train()
    output, _, gates = ours(x, return_gates=True)
    assert_close(output, gates[-1]["h"], rtol=0, atol=0)
    assert (output - ours(x)[0]).abs().max() > 1e-3
    first = ours.eval()(x, return_gates=True)[2][0]
    assert_close(gates[0], first, **EXACT)  # nothing is dropped on the way into the first layer


def test_dropout_on_one_layer_warns_as_torch_does():
    for layer in PAIRS["GRU"]:
        with pytest.warns(
            UserWarning, match="num_layers greater than 1, but got dropout=0.5 and num_layers=1"
        ) as got:
            layer(3, 4, dropout=0.5)
        assert got[0].filename == __file__ or layer is torch.nn.GRU
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        GRU(3, 4, num_layers=2, dropout=0.5)
        GRU(3, 4, dropout=0.0)


# --- bad input ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: GRU(0, 3), ValueError, "input_size is 0, expected at least 1"),
        (lambda: GRU(3, 0), ValueError, "hidden_size is 0, expected at least 1"),
        (lambda: LSTM(3, 4, num_layers=0), ValueError, "num_layers is 0, expected at least 1"),
        (lambda: LSTM(3, "4"), TypeError, r"hidden_size is '4' \(str\), expected an int"),
        (lambda: GRU(3, 4, 2, dropout=1.5), ValueError, r"dropout is 1.5, expected a number in \[0, 1\)"),
        (lambda: GRU(3, 4, 2, dropout=1.0), ValueError, r"dropout is 1.0, expected a number in \[0, 1\)"),
        (lambda: GRU(3, 4, 2, dropout=-0.1), ValueError, r"dropout is -0.1, expected a number in \[0, 1\)"),
        (lambda: GRU(3, 4, 2, dropout=float("nan")), ValueError, "dropout is nan, expected a number"),
        (lambda: GRU(3, 4, 2, dropout=True), TypeError, r"dropout is True \(bool\), expected a number"),
        (
            lambda: RNN(3, 4, nonlinearity="gelu"),
            ValueError,
            "nonlinearity is 'gelu', expected one of tanh, relu, identity",
        ),
    ],
)
def test_bad_options(make, error, message):
    with pytest.raises(error, match=message):
        make()


X = torch.zeros(5, 4, 3)


@pytest.mark.parametrize(
    ("options", "x", "error", "message"),
    [
        (
            {},
            torch.zeros(5, 4, 2),
            ValueError,
            r"x has shape \(5, 4, 2\), expected \(time, batch, input_size=3\)",
        ),
        (
            {"batch_first": True},
            torch.zeros(5, 4, 2),
            ValueError,
            r"x has shape \(5, 4, 2\), expected \(batch, time, input_size=3\)",
        ),
        ({}, torch.zeros(5, 2), ValueError, r"x has shape \(5, 2\), expected \(time, input_size=3\)"),
        ({}, torch.zeros(3), ValueError, r"x has shape \(3,\), expected \(time, batch, input_size=3\)"),
        ({}, torch.zeros(0, 4, 3), ValueError, r"x has shape \(0, 4, 3\), expected at least one time step"),
        ({"batch_first": True}, torch.zeros(4, 0, 3), ValueError, "expected at least one time step"),
        ({}, torch.zeros(0, 3), ValueError, "expected at least one time step"),
        ({}, X.double(), TypeError, "x has dtype torch.float64, expected torch.float32"),
        ({"dtype": torch.float64}, X, TypeError, "x has dtype torch.float32, expected torch.float64"),
        ({}, X.long(), TypeError, "x has dtype torch.int64, expected torch.float32"),
        ({}, X.tolist(), TypeError, "x is a list, expected a tensor"),
    ],
)
def test_bad_input(options, x, error, message):
    with pytest.raises(error, match=message):
        GRU(3, 32, **options)(x)


@pytest.mark.parametrize(
    ("layer", "x", "state", "error", "message"),
    [
        (
            GRU(3, 32),
            X,
            torch.zeros(2, 4, 32),
            ValueError,
            r"hidden state has shape \(2, 4, 32\), expected \(num_layers=1, batch=4, hidden_size=32\)",
        ),
        (
            GRU(3, 32, num_layers=2, bidirectional=True),
            X,
            torch.zeros(2, 4, 32),
            ValueError,
            r"expected \(num_layers \* 2=4, batch=4, hidden_size=32\)",
        ),
        (
            GRU(3, 32),
            X[:, 0],
            torch.zeros(1, 1, 32),
            ValueError,
            r"hidden state has shape \(1, 1, 32\), expected \(num_layers=1, hidden_size=32\)",
        ),
        (
            GRU(3, 32, batch_first=True),
            X,
            torch.zeros(1, 4, 32),
            ValueError,
            r"hidden state has shape \(1, 4, 32\), expected \(num_layers=1, batch=5, hidden_size=32\)",
        ),
        (GRU(3, 32), X, torch.zeros(1, 4, 32).double(), TypeError, "hidden state has dtype torch.float64"),
        (
            GRU(3, 32),
            X,
            (torch.zeros(1, 4, 32),) * 2,
            TypeError,
            "hidden state is a tuple, expected a tensor",
        ),
        (
            LSTM(3, 32),
            X,
            torch.zeros(1, 4, 32),
            TypeError,
            r"state is a Tensor, expected a pair of tensors \(h, c\)",
        ),
        (LSTM(3, 32), X, (torch.zeros(1, 4, 32),), TypeError, r"state holds 1 values, expected a pair"),
        (
            LSTM(3, 32),
            X,
            (torch.zeros(1, 4, 32), torch.zeros(1, 4, 31)),
            ValueError,
            r"cell state has shape \(1, 4, 31\), expected \(num_layers=1, batch=4, hidden_size=32\)",
        ),
    ],
)
def test_bad_state(layer, x, state, error, message):
    with pytest.raises(error, match=message):
        layer(x, state)


@pytest.mark.parametrize(
    ("lengths", "error", "message"),
    [
        ([5, 5, 5, 0], ValueError, "lengths holds 0, expected 1 to 5, the number of time steps"),
        ([5, -2, 5, 1], ValueError, "lengths holds -2, expected 1 to 5"),
        ([5, 6, 5, 1], ValueError, "lengths holds 6, expected 1 to 5"),
        ([5, 5, 5], ValueError, r"lengths has shape \(3,\), expected \(batch=4\)"),
        (torch.ones(4, 1).long(), ValueError, r"lengths has shape \(4, 1\), expected \(batch=4\)"),
        (torch.ones(4), TypeError, "lengths has dtype torch.float32, expected whole numbers"),
        ([True] * 4, TypeError, "lengths has dtype torch.bool, expected whole numbers"),
    ],
)
def test_bad_lengths(lengths, error, message):
    with pytest.raises(error, match=message):
        GRU(3, 4)(X, lengths=lengths)


def test_lengths_beside_a_packed_sequence():
    packed = pack_padded_sequence(X, torch.tensor([5, 5, 5, 5]))
    with pytest.raises(
        ValueError, match="lengths came with a PackedSequence, which has its own; expected None"
    ):
        GRU(3, 4)(packed, lengths=[5, 5, 5, 5])


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("kind", PAIRS)
def test_a_parameter_of_another_shape_put_in_by_hand(kind, fused):
    gates = PAIRS[kind][0].num_gates
    rows = gates * 4
    wrong = {
        "weight_hh_l0": ((rows, 5), rf"\(num_gates \* hidden_size={rows}, hidden_size=4\)"),
        "weight_hh_l1_reverse": ((rows + gates, 4), rf"\(num_gates \* hidden_size={rows}, hidden_size=4\)"),
        "weight_ih_l0_reverse": ((rows, 4), rf"\(num_gates \* hidden_size={rows}, input_size=3\)"),
        "weight_ih_l1": ((rows, 4), rf"\(num_gates \* hidden_size={rows}, num_directions \* hidden_size=8\)"),
        "bias_hh_l1": ((rows - 1,), rf"\(num_gates \* hidden_size={rows}\)"),
    }
    for name, (shape, expected) in wrong.items():
        layer = PAIRS[kind][0](3, 4, num_layers=2, bidirectional=True, fused=fused)
        setattr(layer, name, torch.nn.Parameter(torch.zeros(shape)))
        came = str(shape).replace("(", r"\(").replace(")", r"\)")
        with pytest.raises(ValueError, match=f"^{name} has shape {came}, expected {expected}$"):
            layer(X)


def test_a_parameter_of_the_right_shape_put_in_by_hand():
    layer = GRU(3, 4)
    layer.weight_hh_l0 = torch.nn.Parameter(torch.zeros(12, 4))
    layer.bias_hh_l0 = None
    gi = X @ layer.weight_ih_l0.T + layer.bias_ih_l0
    assert_close(layer(X)[0][0], gru_step(gi[0], torch.zeros(4, 4), torch.zeros(12, 4)).h)


@pytest.mark.parametrize("use", [reverse, last_states])
def test_bad_lengths_beside_a_layer(use):
    with pytest.raises(ValueError, match=r"lengths has shape \(3,\), expected \(batch=4\)"):
        use(X, [5, 5, 5])
    with pytest.raises(ValueError, match="lengths holds 0, expected 1 to 5"):
        use(X, [5, 0, 5, 5])
    with pytest.raises(ValueError, match="lengths holds 6, expected 1 to 5"):
        use(X, torch.tensor([5, 6, 5, 5]))


def test_last_states_of_an_odd_width():
    with pytest.raises(ValueError, match=r"output has shape \(5, 4, 3\), expected \(time, batch, 2 \* hid"):
        last_states(X, bidirectional=True)
