"""The character memory's gradients and changes are torch's, in Python and in its JavaScript in V8."""

import math
import re
from functools import cache
from typing import Any
from xml.etree import ElementTree

import pytest
import torch
import traitlets
from hypothesis import given
from hypothesis import strategies as st
from js_engine import Run, weights_script, widget_runner
from torch import Tensor

from benchmarks.character_models import FAILURES, story_ids
from benchmarks.story_writer import ORDERS, mean_loss
from rnnlib.models import LanguageModel, NGram
from rnnlib.widgets import CharacterMemory, loader
from rnnlib.widgets.character_memory import (
    CELLS,
    EXAMPLE,
    LISTED,
    LONGEST,
    SHARE,
    STORED,
    carried_back,
    lines_of,
    load_models,
    name_of,
    recall,
)

EXACT = 1e-9

TEXTS = (
    EXAMPLE,
    "The lamp",
    'Zoë said: "pay 7 €, <b>Ada</b> & co."',
    "qqqq  QQ\n\n!?;:'-",
    ("Captain Garrow took the wheel and looked at the Teeth. " * 3)[:LONGEST],
)
WAYS = [
    {"target": target, "measure": measure, "replacement": replacement}
    for target in ("actual", "likeliest")
    for measure in ("logit", "log_p")
    for replacement in ("mean", "space")
]
# 5 texts, 3 cells, 4 places: 60 settings, every way of measuring among them.
SETTINGS = [
    {"text": text, "cell": cell, "t": t, **WAYS[(3 * i + 5 * j + k) % len(WAYS)]}
    for i, text in enumerate(TEXTS)
    for j, cell in enumerate(CELLS)
    for k, t in enumerate((2, 6, len(text) // 2 + 2, LONGEST + 1))
]


@pytest.fixture(scope="module")
def js() -> Run:
    """Evaluate JavaScript beside the widget's modules and weights; keyword values become constants in it."""
    return widget_runner(
        "character_memory", weights_script(STORED), HELPERS, names="core, character_memory, weights"
    )


HELPERS = """
const memory = $modules.character_memory;
const networks = Object.fromEntries(
  ["rnn", "gru", "lstm"].map((kind) => [kind, memory.network_of(rnnlib_weights.character_models, kind)]));
function measure(setting) {
  const network = networks[setting.cell];
  const reading = memory.read_text(network, setting.text);
  const view = memory.look_back(network, reading, setting);
  for (let j = view.place - 1; j >= 0; j--) view.changes[j] = memory.change_at(network, reading, view, j);
  const { read, ids } = reading;
  return { ...view, ...memory.strongest(view, 0.9), read: read.join(""), ids };
}
function move(setting, places) {
  const network = networks[setting.cell];
  const reading = memory.read_text(network, setting.text);
  return places.map((t) => {
    const view = memory.look_back(network, reading, { ...setting, t });
    return view.changes.map((_, j) => (j < view.place ? memory.change_at(network, reading, view, j) : 0));
  });
}
"""


@cache
def network_of(kind: str) -> LanguageModel:
    """The packaged weights in a language model of PyTorch's own cell, float64."""
    stored = load_models()[kind]
    V, E = stored.embedding.shape
    layer = getattr(torch.nn, kind.upper())(E, stored.weight_hh.shape[1])
    model = LanguageModel(layer, V).double()
    names = {"embedding": "embedding.weight", "output_weight": "output.weight", "output_bias": "output.bias"}
    names |= {name: f"rnn.{name}_l0" for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
    model.load_state_dict({key: getattr(stored, name) for name, key in names.items()})
    return model.requires_grad_(False)


def by_torch(setting: dict[str, Any]) -> dict[str, Any]:
    """Score, gradients and changes by torch.nn and autograd, one reading for each replaced character."""
    stored, network = load_models()[setting["cell"]], network_of(setting["cell"])
    read = [c for c in setting["text"] if c in stored.characters]
    ids = torch.tensor([stored.characters.index(c) for c in read])
    place = min(setting["t"] - 1, len(read))

    def score(x: Tensor, target: int | None) -> tuple[Tensor, int]:
        logits = network.output(network.rnn(x[:, None])[0][-1, 0])  # (V,)
        chosen = int(logits.argmax()) if target is None else target
        return (logits if setting["measure"] == "logit" else logits.log_softmax(0))[chosen], chosen

    wanted = int(ids[place]) if setting["target"] == "actual" and place < len(read) else None
    x = network.embedding(ids[:place]).requires_grad_()
    before, chosen = score(x, wanted)
    before.backward()
    if setting["replacement"] == "space":
        neutral = stored.embedding[stored.characters.index(" ")]
    else:
        neutral = (stored.embedding * (stored.counts / stored.counts.sum())[:, None]).sum(0)
    changes = []
    for j in range(place):
        other = x.detach().clone()
        other[j] = neutral
        changes.append(score(other, chosen)[0].item() - before.item())
    foretold = (x.grad * (neutral - x.detach())).sum(1)
    return {"place": place, "target": chosen, "score": before.item(), "gradients": x.grad} | {
        "changes": torch.tensor(changes, dtype=torch.float64),
        "foretold": foretold,
    }


# ---- gradients and changes -------------------------------------------------------------------------------


def identity(setting: dict[str, Any]) -> str:
    return f"{setting['text'][:8]!r}-{setting['cell']}-{setting['t']}"


@pytest.mark.parametrize("setting", SETTINGS, ids=identity)
def test_gradients_and_changes_are_torchs(js: Run, setting: dict[str, Any]) -> None:
    """To 1e-9, in Python and in JavaScript; exactly 0 from the predicted character on."""
    wanted, seen = by_torch(setting), js("measure(setting)", setting=setting)
    found = recall(
        load_models()[setting["cell"]], *(setting[name] for name in ("text", "t")), **ways(setting)
    )
    place, n = wanted["place"], len(found.read)
    assert (found.place, found.target, found.read) == (place, wanted["target"], seen["read"])
    assert (seen["place"], seen["target"]) == (place, wanted["target"])
    assert found.score == pytest.approx(wanted["score"], abs=EXACT)
    assert seen["score"] == pytest.approx(wanted["score"], abs=EXACT)
    close(found.gradients[:place], wanted["gradients"])
    close(torch.tensor(seen["gradients"], dtype=torch.float64), wanted["gradients"])
    rows = {"sizes": wanted["gradients"].norm(dim=1)} | {k: wanted[k] for k in ("foretold", "changes")}
    for name, values in rows.items():
        for ours in (getattr(found, name).tolist(), seen[name]):
            assert len(ours) == n and ours[place:] == [0.0] * (n - place), name
            close(torch.tensor(ours[:place], dtype=torch.float64), values)
    assert [seen["carried"][name]["count"] for name in ("gradient", "change")] == list(found.carried())
    assert seen["most"] == found.changes[:place].abs().argmax()


def ways(setting: dict[str, Any]) -> dict[str, str]:
    return {name: setting[name] for name in ("target", "measure", "replacement")}


def close(ours: Tensor, wanted: Tensor) -> None:
    assert ours.shape == wanted.shape and (ours - wanted).abs().max() < EXACT


@pytest.mark.parametrize("cell", CELLS)
def test_moving_along_gives_what_a_new_reading_gives(js: Run, cell: str) -> None:
    """States that were kept from other places change nothing, to the last bit."""
    setting = {"text": EXAMPLE, "cell": cell, **WAYS[0]}
    places = [40, 12, 41, 60, 3, 60]
    seen = js("move(setting, places)", setting=setting, places=places)
    fresh = [js("measure(setting)", setting={**setting, "t": t})["changes"] for t in places]
    assert seen == fresh


@pytest.mark.parametrize("cell", CELLS)
def test_input_gradients_are_those_of_the_whole_backward_pass(js: Run, cell: str) -> None:
    seen = js(
        """(() => {
          const { reader } = networks[cell];
          const trace = core.read_characters(reader, [3, 1, 4, 1, 5, 9, 2, 6]);
          const dh = core.uniforms(1, reader.output_weight[0].length);
          return [core.input_gradients(reader.cell, trace, dh), core.backward(reader.cell, trace, dh).x];
        })()""",
        cell=cell,
    )
    assert seen[0] == seen[1] and any(v != 0 for v in seen[0][0])


@pytest.mark.parametrize("cell", CELLS)
def test_a_small_step_does_what_the_gradient_foretells(cell: str) -> None:
    """A thousandth of the way to the replacement, read by the network, against the inner product."""
    model = load_models()[cell]
    found = recall(model, EXAMPLE, 60)
    ids = torch.tensor([model.characters.index(c) for c in found.read])
    for j in (10, 40, 58):
        scores = []
        for sign in (1, -1):
            x = model.embedding[ids[: found.place]].clone()
            x[j] += sign * 1e-3 * (model.mean_embedding() - x[j])
            scores.append(model.logits(x[:, None])[0, found.target].item())
        assert (scores[0] - scores[1]) / 2e-3 == pytest.approx(found.foretold[j].item(), abs=1e-5)


sizes_ = st.lists(st.floats(0, 1e3), min_size=1, max_size=30)


@given(sizes=sizes_)
def test_the_last_ones_carry_ninety_percent(js: Run, sizes: list[float]) -> None:
    """And one fewer does not; both languages count alike, but where rounding decides."""
    seen = js("core.carried_back(sizes)", sizes=sizes)
    count = carried_back(torch.tensor(sizes, dtype=torch.float64))
    total = math.fsum(sizes)
    assert seen["total"] == pytest.approx(total) and (count == 0) == (total == 0)
    edge = any(abs(math.fsum(sizes[k:]) - SHARE * total) <= 1e-9 * total for k in range(len(sizes)))
    if total and not edge:
        assert seen["count"] == count
        assert math.fsum(sizes[-count:]) > SHARE * total
        assert count == 1 or math.fsum(sizes[len(sizes) - count + 1 :]) < SHARE * total


@given(logits=st.lists(st.floats(-700, 700), min_size=1, max_size=12))
def test_log_probabilities_are_torchs(js: Run, logits: list[float]) -> None:
    wanted = torch.tensor(logits, dtype=torch.float64).log_softmax(0)
    seen = js("logits.map((_, k) => core.score_of(logits, k, true))", logits=logits)
    assert seen == pytest.approx(wanted.tolist(), abs=1e-9, rel=1e-12)


def test_a_space_replaced_by_a_space_changes_nothing(js: Run) -> None:
    setting = {"text": "The lamp is lit", "cell": "gru", "t": 12, **WAYS[1]}
    assert setting["replacement"] == "space"
    seen = js("measure(setting)", setting=setting)
    assert [seen["changes"][k] for k in (3, 8)] == [0, 0] and seen["foretold"][3] == 0
    assert recall(load_models()["gru"], "The lamp is lit", 12, replacement="space").changes[3] == 0


def test_gradient_and_change_name_the_same_character_in_three_to_five_of_ten_places() -> None:
    """What the prompt's right answer says, at 100 places of text that the models were not trained on."""
    vocab, _, valid = story_ids()
    text = "".join(vocab.decode(valid.tolist()))
    for kind, model in load_models().items():
        places = [recall(model, text[start : start + 42], 42) for start in range(0, 8000, 80)]
        same = [bool(found.sizes.argmax() == found.changes.abs().argmax()) for found in places]
        assert 0.25 <= sum(same) / len(same) <= 0.57, kind


def test_presets_are_what_they_say() -> None:
    """The numbers in the notes of the buttons; their texts and places are those of the JavaScript."""
    models, source = load_models(), (loader.FOLDER / "character_memory.mjs").read_text(encoding="utf-8")
    crake, house = "In the tower stood Mr. Crake.", "She went up into the lighthouse."
    for text, t in ((EXAMPLE, 55), (crake, 26), (house, 31)):
        assert re.search(rf"text: ['\"]{re.escape(text)}['\"],[^}}]* t: {t} ", source), text
    quote = {kind: recall(model, EXAMPLE, 55) for kind, model in models.items()}
    assert quote["gru"].read[54] == quote["gru"].read[0] == '"' and quote["gru"].place == 54
    assert quote["gru"].changes[0] == pytest.approx(-0.87, abs=0.005)
    assert abs(quote["rnn"].changes[0]) < 1e-4 and abs(quote["lstm"].changes[0]) < 1e-2
    name = recall(models["rnn"], crake, 26)
    steepest, strongest = name.sizes.argmax(), name.changes.abs().argmax()
    assert (name.read[:25][-3:], name.read[25]) == (" Cr", "a") and steepest == 24 and strongest == 22
    assert abs(name.changes[24]) == pytest.approx(0.02, abs=0.005)
    assert abs(name.changes[22]) == pytest.approx(3, abs=0.1)
    word = recall(models["gru"], house, 31)
    assert word.read[30] == "e" and word.carried()[1] <= len("lighthous")


# ---- weights ---------------------------------------------------------------------------------------------


def test_unpacked_weights_are_pythons(js: Run) -> None:
    for kind, model in load_models().items():
        seen = js("weights.unpack(rnnlib_weights.character_models.models[kind])", kind=kind)
        for name, values in seen.items():
            assert values == getattr(model, name).tolist(), name
        mean = js("networks[kind].neutral.mean.x", kind=kind)
        assert mean == pytest.approx(model.mean_embedding().tolist(), abs=1e-14)


def test_the_weights_are_small_and_their_card_is_true() -> None:
    """The validation perplexities, measured anew on the last tenth of the story."""
    assert len(loader.weight_scripts()[loader.weight_script(STORED)]) <= 300_000
    stored = loader.read_weights(STORED)
    card = stored["card"]
    vocab, train, valid = story_ids()
    assert "".join(vocab.tokens) == stored["characters"]
    assert torch.bincount(train, minlength=len(vocab)).tolist() == stored["counts"]
    assert card["failures"] == FAILURES
    assert (len(train), len(valid)) == (card["characters_trained_on"], card["characters_validated_on"])
    for kind, about in card["models"].items():
        network = network_of(kind)
        assert math.exp(mean_loss(network, valid)) == pytest.approx(about["valid_perplexity"], abs=2e-4)
        assert about["parameters"] == sum(p.numel() for p in network.parameters())
    grams = {n: NGram(n, len(vocab)).fit(train).perplexity(valid) for n in ORDERS}
    best = min(grams, key=grams.__getitem__)
    assert all(grams[best] < about["valid_perplexity"] for about in card["models"].values())
    assert (best, round(grams[best], 4)) == (card["best_ngram"], card["best_ngram_valid_perplexity"])


# ---- the widget in Python --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trait", "value", "message"),
    [
        ("text", "x" * 161, "expected a text of at most 160 characters"),
        ("text", 7, "text is 7, expected a text of at most 160 characters"),
        ("cell", "mlp", "cell is 'mlp', expected one of 'rnn', 'gru', 'lstm'"),
        ("t", 1, "t is 1, expected a whole number from 2 to 161"),
        ("target", "other", "target is 'other', expected one of 'actual', 'likeliest'"),
        ("measure", "p", "measure is 'p', expected one of 'logit', 'log_p'"),
        ("replacement", "x", "replacement is 'x', expected one of 'mean', 'space'"),
    ],
)
def test_bad_values_are_refused(trait: str, value: object, message: str) -> None:
    with pytest.raises(traitlets.TraitError, match=re.escape(message)):
        CharacterMemory(**{trait: value})


STATES = [
    {},
    {"text": "<b>&lamp"},
    {"text": "x" * 160, "t": 161, "cell": "rnn"},
    {"measure": "log_p", "t": 5},
]


@pytest.mark.parametrize("state", STATES, ids=str)
def test_still_and_table_hold_the_measured_numbers(state: dict[str, Any]) -> None:
    widget = CharacterMemory(**state)
    found = widget.recalled()
    caption, header, rows = widget.table()
    assert str(found.carried()[0]) in caption and len(rows) == min(LISTED, found.place)
    assert all(len(row) == len(header) for row in rows)
    for back, name, size, foretold, change in rows:
        j = found.place - int(back)
        assert name == name_of(found.read[j])
        for text, values in ((size, found.sizes), (foretold, found.foretold), (change, found.changes)):
            assert float(text.replace("−", "-")) == pytest.approx(values[j].item(), abs=5.1e-5)
    shown = {found.place - int(row[0]) for row in rows}
    left = [abs(v) for j, v in enumerate(found.changes.tolist()) if j not in shown]
    assert max(left, default=0) <= min(abs(found.changes[j].item()) for j in shown)
    still = ElementTree.fromstring(widget.still())
    _, _, width, height = map(float, still.get("viewBox", "").split())
    for box in still.iter("rect"):
        assert float(box.get("x", "")) + float(box.get("width", "")) <= width
        y = float(box.get("y", ""))
        assert y >= 0 and y + float(box.get("height", "")) <= height


@given(read=st.text(alphabet="ab \n", max_size=60), columns=st.integers(2, 12))
def test_lines_hold_all_and_fit(js: Run, read: str, columns: int) -> None:
    """The same lines in both languages; the last leaves a column for what follows the end."""
    lines = lines_of(read, columns)
    seen = js("memory.lines_of([...read], columns)", read=read, columns=columns)
    assert [list(line) for line in lines] == seen
    assert "".join(read[start:end] for start, end in lines) == read
    assert all(end - start <= columns for start, end in lines) and lines[-1][1] - lines[-1][0] < columns
    assert all("\n" not in read[start : end - 1] for start, end in lines)


@pytest.mark.parametrize("text", ["", "€€"])
def test_where_nothing_can_be_read_it_says_so(text: str) -> None:
    widget = CharacterMemory(text=text)
    assert widget.recalled() is None and "no character that the models know" in widget.still()
    assert widget.table()[2] == [] and widget.payload["example"] is None


def test_the_figure_holds_no_weights_and_the_kernel_gets_them() -> None:
    widget = CharacterMemory()
    stored = loader.read_weights(STORED)
    assert stored["models"]["rnn"]["float16"] not in widget.to_html() and len(widget.to_html()) < 60_000
    assert widget.get_state(["weights"])["weights"] == stored
    name, _, version = widget.payload["script"].partition("?v=")
    assert name in loader.weight_scripts() and re.fullmatch("[0-9a-f]{8}", version)
    changes = widget.recalled().changes.tolist()
    assert widget.payload["example"]["changes"] == pytest.approx(changes, rel=1e-3)
