"""The story writer writes the same text in Python and in its JavaScript in V8; its numbers are torch's."""

import base64
import math
import re
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
import traitlets
from hypothesis import given
from hypothesis import strategies as st
from js_engine import Run, widget_runner
from torch import Tensor

from benchmarks.story_writer import ORDERS, VALID_FRACTION, flowing, mean_loss
from rnnlib.data import Vocabulary, load_story, train_valid_split
from rnnlib.decoding import complete, generate
from rnnlib.models import LanguageModel, NGram
from rnnlib.widgets import StoryWriter, loader
from rnnlib.widgets.story_writer import (
    FIRST,
    LONGEST,
    at_temperature,
    draw,
    load_model,
    name_of,
    ranked,
    uniforms,
    wrapped,
    write,
)

EXACT = 1e-9

PROMPTS = (
    "Ada opened the letter",
    "",
    "The lamp ",
    '\n"Where',
    "Zoë paid 7 € for naïve 漢字",
    "<script>alert(1)</script> & <b>bold</b>",
    "x" * 200,
    "!?;:'-",
)
TEMPERATURES = (0.0, 0.05, 0.6, 1.0, 2.0)
# 40 settings: every prompt at every temperature, with seeds and lengths that differ.
SETTINGS = [
    {
        "prompt": prompt,
        "temperature": temperature,
        "seed": (7 * j + 3 * k) % 100,
        "length": 60 + 20 * ((j + k) % 3),
    }
    for j, prompt in enumerate(PROMPTS)
    for k, temperature in enumerate(TEMPERATURES)
]


@pytest.fixture(scope="module")
def js() -> Run:
    """Evaluate JavaScript beside the widget's modules and weights; keyword values become constants in it."""
    return widget_runner(
        "story_writer", *loader.weight_scripts().values(), HELPERS, names="core, story_writer, weights"
    )


HELPERS = """
const network = $modules.story_writer.network_of(rnnlib_weights.story_writer);
function write_all({ prompt, seed, temperature, length }) {
  const run = $modules.story_writer.begin(network, { prompt, seed, first: "\\n", longest: 400 });
  while (run.ids.length < length) $modules.story_writer.write_one(network, run, temperature);
  return { ...run, text: run.ids.map((id) => network.characters[id]).join("") };
}
"""


@pytest.fixture(scope="module")
def network() -> LanguageModel:
    """The packaged weights in a language model of PyTorch's own GRU, float64."""
    stored = load_model()
    V, E = stored.embedding.shape
    model = LanguageModel(torch.nn.GRU(E, stored.weight_hh.shape[1]), V).double()
    model.load_state_dict(
        {
            "embedding.weight": stored.embedding,
            "rnn.weight_ih_l0": stored.weight_ih,
            "rnn.weight_hh_l0": stored.weight_hh,
            "rnn.bias_ih_l0": stored.bias_ih,
            "rnn.bias_hh_l0": stored.bias_hh,
            "output.weight": stored.output_weight,
            "output.bias": stored.output_bias,
        }
    )
    return model


def ids_of(text: str) -> Tensor:
    return torch.tensor([load_model().characters.index(c) for c in text])


# ---- the same text ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: f"{s['prompt'][:12]!r}-{s['temperature']}")
def test_the_page_writes_pythons_text(js: Run, network: LanguageModel, setting: dict[str, Any]) -> None:
    """Character for character; scores and states are those of `torch.nn.GRU` on the same characters."""
    found = write(load_model(), **setting)
    seen = js("write_all(setting)", setting=setting)
    assert seen["ids"] == found.ids and seen["text"] == found.text and len(found.text) == setting["length"]
    assert (seen["read"], seen["unknown"]) == (found.read, found.unknown)
    assert seen["u"][: len(found.uniforms)] == found.uniforms
    with torch.no_grad():
        ids = ids_of(found.read + found.text)[:, None]
        x = network.embedding(ids)
        states = network.rnn(x)[0][len(found.read) - 1 : -1, 0]  # (N, H)
        logits = network.output(states)  # (N, V)
    for ours, torchs in ((found.states, states), (found.logits, logits)):
        assert (ours - torchs).abs().max() < EXACT
    assert np.abs(np.array(seen["states"]) - states.numpy()).max() < EXACT
    assert np.abs(np.array(seen["logits"]) - logits.numpy()).max() < EXACT


@pytest.mark.parametrize("prompt", PROMPTS)
def test_greedy_is_the_librarys(network: LanguageModel, prompt: str) -> None:
    """Temperature 0 is `rnnlib.decoding.generate`'s, and prompts are read as `complete` reads them."""
    found = write(load_model(), prompt, 80, 0.0, seed=0)
    assert generate(network.step, ids_of(found.read), 80, temperature=0).tolist() == found.ids
    told: list[str] = []
    whole = complete(network, vocabulary(), prompt, 80, temperature=0, tell=told.append)
    assert whole == ("" if found.read == FIRST else found.read) + found.text
    assert bool(told) == bool(found.unknown) and all(repr(c) in told[0] for c in found.unknown)


def vocabulary() -> Vocabulary:
    """A vocabulary whose ids are the packaged model's: the more often, the earlier."""
    characters = load_model().characters
    counts = [c for k, c in enumerate(characters) for _ in range(len(characters) - k)]
    made = Vocabulary(counts, reserved=())
    assert "".join(made.tokens) == characters
    return made


def test_a_longer_text_starts_like_a_shorter_one() -> None:
    short, long = (write(load_model(), "The", length, 0.8, 5).text for length in (50, LONGEST))
    assert long.startswith(short) and len(long) == LONGEST


def test_seeds_differ_except_at_temperature_zero() -> None:
    texts = {T: {write(load_model(), "The", 60, T, seed).text for seed in range(8)} for T in (0.0, 0.8)}
    assert len(texts[0.0]) == 1 and len(texts[0.8]) == 8


def test_greedy_goes_round_in_circles() -> None:
    """What the prompt's answer says, at the default's prompt and length 400."""
    text = StoryWriter(temperature=0.0, length=400).written().text
    tail = text[-60:]
    assert text.count(tail[:20]) >= 3


# ---- random numbers and drawing --------------------------------------------------------------------------


@given(seed=st.integers(0, 2**32 - 1))
def test_random_numbers_are_the_same_in_both_languages(js: Run, seed: int) -> None:
    assert js("core.uniforms(seed, 40)", seed=seed) == uniforms(seed, 40)


def test_random_numbers_are_evenly_spread() -> None:
    numbers = np.array([uniforms(seed, LONGEST) for seed in range(100)])
    assert numbers.min() >= 0 and numbers.max() < 1
    counts, _ = np.histogram(numbers, bins=20, range=(0, 1))
    expected = numbers.size / 20
    assert ((counts - expected) ** 2 / expected).sum() < 45  # chi-squared, 19 degrees: 0.999 quantile 43.8
    assert abs(np.corrcoef(numbers[:, :-1].ravel(), numbers[:, 1:].ravel())[0, 1]) < 0.02
    assert len(set(numbers[:, 0])) == 100


logits_ = st.lists(st.floats(-30, 30), min_size=1, max_size=12)


@given(logits=logits_, temperature=st.sampled_from(TEMPERATURES), u=st.floats(0, 1, exclude_max=True))
def test_a_draw_inverts_the_cumulative_distribution(
    js: Run, logits: list[float], temperature: float, u: float
) -> None:
    scores = torch.tensor(logits, dtype=torch.float64)
    p = at_temperature(scores, temperature)
    seen = js("core.probabilities(logits, T)", logits=logits, T=temperature)
    assert seen == pytest.approx(p.tolist(), abs=1e-12)
    if temperature:
        assert p.tolist() == pytest.approx((scores / temperature).softmax(0).tolist(), abs=1e-12)
    k = draw(scores, temperature, u)
    sums = p.cumsum(0)
    assert sums[k] >= u - 1e-12 and (k == 0 or sums[k - 1] <= u + 1e-12)
    edges = (sums - u).abs().min()
    if edges > 1e-12:
        assert js("core.draw_character(logits, T, u)", logits=logits, T=temperature, u=u) == k


def test_drawn_characters_come_as_often_as_they_should() -> None:
    scores = torch.tensor([0.0, 1.0, -1.0, 0.5], dtype=torch.float64)
    numbers = [u for seed in range(25) for u in uniforms(seed, LONGEST)]
    for temperature in (0.5, 1.0, 2.0):
        counts = np.bincount([draw(scores, temperature, u) for u in numbers[:4000]], minlength=4)
        p = (scores / temperature).softmax(0).numpy()
        assert ((counts - 4000 * p) ** 2 / (4000 * p)).sum() < 16.3  # chi-squared, 3 degrees, 0.999


@pytest.mark.parametrize("place", [0, 11])
@pytest.mark.parametrize("temperature", [0.0, 0.6, 1.3])
def test_what_is_shown_of_a_character_is_torchs(js: Run, place: int, temperature: float) -> None:
    setting = {"prompt": "The lamp", "temperature": temperature, "seed": 3, "length": 20}
    found = write(load_model(), **setting)
    code = "story_writer.choose(write_all(setting), place, setting.temperature)"
    seen = js(code, setting=setting, place=place)
    scores = found.logits[place]
    p = scores.softmax(0)
    assert seen["id"] == found.ids[place] and seen["order"] == ranked(scores)
    assert seen["plain"] == pytest.approx(p.tolist(), abs=EXACT)
    assert seen["drawn"] == pytest.approx(at_temperature(scores, temperature).tolist(), abs=EXACT)
    assert seen["best"] == pytest.approx(p.max().item(), abs=EXACT)
    if temperature:
        shares = (p / p.max()) ** (1 / temperature)
        assert seen["total"] == pytest.approx(shares.sum().item(), rel=EXACT)
        assert seen["ratio"] ** (1 / temperature) / seen["total"] == pytest.approx(seen["drawn"][seen["id"]])


# ---- weights ---------------------------------------------------------------------------------------------


@given(data=st.binary(max_size=40))
def test_base64_comes_back(js: Run, data: bytes) -> None:
    text = base64.b64encode(data).decode()
    assert js("[...weights.decode_base64(text)]", text=text) == list(data)


def test_every_finite_half_is_read_as_numpy_reads_it(js: Run) -> None:
    bits = np.arange(2**16, dtype=np.uint16)
    values = bits.view(np.float16).astype(np.float64)
    seen = js("Array.from({ length: 65536 }, (_, k) => weights.half(k))")
    finite = np.isfinite(values)
    assert [v for v, good in zip(seen, finite, strict=True) if good] == values[finite].tolist()
    assert js("[weights.half(0x7c00) === Infinity, Number.isNaN(weights.half(0x7e00))]") == [True, True]


def test_unpacked_weights_are_pythons(js: Run) -> None:
    seen = js("weights.unpack(rnnlib_weights.story_writer)")
    model = load_model()
    for name, values in seen.items():
        assert values == getattr(model, name).tolist(), name
    assert set(seen) == set(loader.read_weights("story_writer")["shapes"])


def test_the_weights_are_small_and_their_card_is_true(network: LanguageModel) -> None:
    """The validation perplexity, measured anew on the last tenth of the story."""
    script = loader.weight_scripts()[loader.weight_script("story_writer")]
    assert len(script) <= 200_000
    text, card = flowing(load_story()), load_model().card
    assert set(text) == set(load_model().characters)
    train, valid = train_valid_split(ids_of(text), VALID_FRACTION)
    assert (len(train), len(valid)) == (card["characters_trained_on"], card["characters_validated_on"])
    assert math.exp(mean_loss(network, valid)) == pytest.approx(card["valid_perplexity"], abs=2e-4)
    grams = {n: NGram(n, len(load_model().characters)).fit(train).perplexity(valid) for n in ORDERS}
    best = min(grams, key=grams.__getitem__)
    assert (best, round(grams[best], 4)) == (card["best_ngram"], card["best_ngram_valid_perplexity"])
    assert card["parameters"] == sum(p.numel() for p in network.parameters())


# ---- the widget in Python --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trait", "value", "message"),
    [
        ("prompt", "x" * 201, "expected a text of at most 200 characters"),
        ("prompt", 7, "prompt is 7, expected a text of at most 200 characters"),
        ("temperature", 2.5, "temperature is 2.5, expected a number from 0 to 2"),
        ("seed", 100, "seed is 100, expected a whole number from 0 to 99"),
        ("length", 5, "length is 5, expected a whole number from 10 to 400"),
        ("t", 0, "t is 0, expected a whole number from 1 to 400"),
    ],
)
def test_bad_values_are_refused(trait: str, value: object, message: str) -> None:
    with pytest.raises(traitlets.TraitError, match=re.escape(message)):
        StoryWriter(**{trait: value})


STATES = [{}, {"prompt": ""}, {"temperature": 0.0, "length": 400, "t": 400}, {"prompt": "<b>&", "t": 300}]


@pytest.mark.parametrize("state", STATES, ids=str)
def test_still_and_table_hold_the_distribution(state: dict[str, Any]) -> None:
    widget = StoryWriter(**state)
    found = widget.written()
    place = min(widget.t, widget.length) - 1
    p = at_temperature(found.logits[place], widget.temperature)
    caption, _, rows = widget.table()
    assert f"as character {place + 1}" in caption and len(rows) == 10
    for rank, name, drawn, plain in rows:
        k = ranked(found.logits[place])[int(rank) - 1]
        assert name == name_of(load_model().characters[k])
        assert float(drawn) == pytest.approx(p[k].item(), abs=5e-5)
        assert float(plain) == pytest.approx(found.logits[place].softmax(0)[k].item(), abs=5e-5)
    still = ElementTree.fromstring(widget.still())
    _, _, width, height = map(float, still.get("viewBox", "").split())
    assert len(list(still.iter("rect"))) == 10
    for box in still.iter("rect"):
        assert float(box.get("x", "")) + float(box.get("width", "")) <= width
    assert all(float(node.get("y", "")) <= height for node in still.iter("text"))


def test_the_figure_holds_no_weights_and_the_kernel_gets_them() -> None:
    widget = StoryWriter()
    stored = loader.read_weights("story_writer")
    assert stored["float16"] not in widget.to_html() and len(widget.to_html()) < 20_000
    assert widget.get_state(["weights"])["weights"] == stored
    name, _, version = widget.payload["script"].partition("?v=")
    assert name in loader.weight_scripts() and re.fullmatch("[0-9a-f]{8}", version)
    assert widget.payload["example"] == widget.written().text


def test_lines_are_wrapped_without_losing_anything() -> None:
    story = "one two three\n" + "y" * 25 + " four"
    lines = wrapped(story, 10)
    assert max(map(len, lines)) <= 10
    assert "".join(lines).replace(" ", "") == story.replace(" ", "").replace("\n", "")
