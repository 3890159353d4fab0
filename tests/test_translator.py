"""The translator: any text in, text out, and what it could not read is said."""

from copy import deepcopy
from functools import lru_cache
from itertools import count

import pytest
import torch

from benchmarks import beam
from rnnlib import layers
from rnnlib.data.translation import RESERVED, build_vocabulary, make_batch, word_tokens
from rnnlib.data.vocabulary import Vocabulary
from rnnlib.models.seq2seq import ContextDecoder, EncoderDecoder, RecurrentEncoder, masked_loss
from rnnlib.search import Hypothesis, greedy_search
from rnnlib.translator import Translation, Translator

WORDS = {"go": "va", "come": "viens", "run": "cours", "eat": "mange", "sleep": "dors", "Paris": "Paris"}
PAIRS = [(f"{a}.", f"{b}.") for a, b in WORDS.items()]
PAIRS += [(f"{a}, {c}.", f"{b}, {d}.") for a, b in WORDS.items() for c, d in WORDS.items()]


@lru_cache
def train(reverse=False, updates=150):
    """A translator that knows the few sentences above by heart; after fewer updates, an uncertain one."""
    torch.manual_seed(0)
    sides = [[word_tokens(pair[k]) for pair in PAIRS] for k in (0, 1)]
    vocabs = [build_vocabulary(side) for side in sides]
    sources, targets = (
        [vocab.encode(tokens) for tokens in side] for vocab, side in zip(vocabs, sides, strict=True)
    )
    batch = make_batch([ids.flip(0) for ids in sources] if reverse else sources, targets)
    encoder = RecurrentEncoder(layers.GRU(16, 32), len(vocabs[0]), dropout=0.1)
    decoder = ContextDecoder(layers.GRU(48, 32), len(vocabs[1]), 16, dropout=0.1)
    model = EncoderDecoder(encoder, decoder)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(updates):
        optimizer.zero_grad()
        logits = model(batch.source, batch.source_lengths, batch.target_in)
        masked_loss(logits, batch.target_out).backward()
        optimizer.step()
    return Translator(model, *vocabs, longest=4, reverse=reverse)


@pytest.fixture(scope="module", params=[False, True], ids=["forward", "reversed"])
def translator(request):
    return train(request.param)


@pytest.fixture
def uncertain():
    """One that has seen the sentences a few times only."""
    return deepcopy(train(updates=25))


MANY = [
    "go.",
    "come, eat.",
    "run run run, go",
    "Paris",
    "eat, zebra.",
    "sleep. sleep. sleep, come",
    "",
    "run.",
]


@pytest.mark.parametrize("width", [1, 3])
def test_what_it_learnt_comes_back(translator, width):
    answers = translator.translate([source for source, _ in PAIRS], width=width)
    assert [answer.text for answer in answers] == [target for _, target in PAIRS]
    for answer, (_, target) in zip(answers, PAIRS, strict=True):
        assert answer.tokens == word_tokens(target) and answer.finished and answer.notes == []
        assert -1 < answer.log_prob < 0


@pytest.mark.parametrize("width", [1, 4])
def test_one_alone_and_any_batch_give_the_same(uncertain, width):
    alone = [uncertain.translate(sentence, width, alpha=0.7) for sentence in MANY]
    assert all(isinstance(answer, Translation) for answer in alone)
    for batch_size in (1, 3, 64):
        together = uncertain.translate(MANY, width, alpha=0.7, batch_size=batch_size)
        for one, other in zip(alone, together, strict=True):
            assert one._replace(log_prob=0.0) == other._replace(log_prob=0.0)
            assert one.log_prob == pytest.approx(other.log_prob, abs=1e-4)
    assert len({answer.text for answer in alone}) > 3


@pytest.mark.parametrize("max_length", [None, 2])
def test_the_log_probability_is_that_of_the_tokens(uncertain, max_length):
    answer = uncertain.translate("come, eat.", max_length=max_length)
    assert answer.finished == (max_length is None)
    ids = [
        vocab.encode(tokens)
        for vocab, tokens in (
            (uncertain.source_vocab, word_tokens("come, eat.")),
            (uncertain.target_vocab, answer.tokens),
        )
    ]
    batch = make_batch(ids[:1], ids[1:])
    model = uncertain.model.eval()
    log_probs = model(batch.source, batch.source_lengths, batch.target_in)[:, 0].log_softmax(-1)
    chosen = log_probs.gather(1, batch.target_out)[:, 0]  # of the tokens, and of the end
    expected = chosen.sum() if answer.finished else chosen[:-1].sum()
    assert answer.log_prob == pytest.approx(expected.item(), abs=1e-5)


@pytest.mark.parametrize("width", [1, 2])
def test_reserved_tokens_are_never_written(uncertain, width):
    with torch.no_grad():  # they would be the likeliest
        uncertain.model.decoder.output_bias[[0, 1, 3]] = 50.0
    for answer in uncertain.translate(MANY, width):
        assert not set(RESERVED) & set(answer.tokens)
        assert "<" not in answer.text


def test_the_models_mode_stays_as_it_was(translator):
    model = translator.model
    model.train()
    model.encoder.dropout.eval()
    modes = [module.training for module in model.modules()]
    first, second = (translator.translate("go, run.", width) for width in (1, 1))
    assert [module.training for module in model.modules()] == modes
    assert first.log_prob == second.log_prob  # no dropout


@pytest.mark.parametrize("text", ["", "   ", "\t\n", "\u200b"])
def test_an_empty_text_gives_an_empty_one_and_says_so(translator, text):
    answer = translator.translate(text)
    assert answer == Translation("", [], 0.0, True, ["The text is empty: there is nothing to translate."])
    assert translator.translate([text, text], width=3) == [answer, answer]
    mixed = translator.translate([text, "go.", text], width=3)
    assert [one.text for one in mixed] == ["", "va.", ""]


def test_no_sentence_at_all(translator):
    assert translator.translate([]) == []


def test_unknown_words_are_named(translator):
    answer = translator.translate("go, zebra.")
    assert answer.notes == ["Unknown, so read as <unk>: 'zebra'."]
    assert answer.text
    ids = translator.read("go, zebra.").ids.tolist()
    assert ids == translator.source_vocab.encode(["go", "·,", "<unk>", "·."]).tolist()
    twice = translator.translate("zebra zebra gnu")
    assert twice.notes == ["Unknown, so read as <unk>: 'zebra', 'gnu'."]


def test_case_alone_makes_no_word_unknown(translator):
    answer = translator.translate("Go, RUN.")
    assert answer.text == "va, cours." and answer.notes == ["Read 'Go' as 'go', 'RUN' as 'run'."]
    assert translator.translate("paris.").notes == ["Read 'paris' as 'Paris'."]
    assert translator.translate("Paris.").notes == []  # known as it is
    both = translator.translate("Sleep, Zebra.").notes
    assert both == ["Read 'Sleep' as 'sleep'.", "Unknown, so read as <unk>: 'Zebra'."]


@pytest.mark.parametrize(
    "text, unknown",
    [
        ("\x00go\x07.", "'\\x00', '\\x07'"),
        ("你好.", "'你好'"),
        ("go \U0001f600.", "'\U0001f600'"),
        (
            "<img src=x onerror=alert(1)>",
            "'<', 'img', 'src', '=', 'x', 'onerror', 'alert', '(', '1', ')', '>'",
        ),
        ("<bos> <pad>", "'<', 'bos', '>', 'pad'"),
        ("\ud800", "'\\ud800'"),
        ("it's", "'it', \"'s\""),
    ],
)
def test_whatever_is_typed_is_only_unknown_words(translator, text, unknown):
    for width in (1, 2):
        answer = translator.translate(text, width)
        assert f"Unknown, so read as <unk>: {unknown}." in answer.notes
        assert not set(answer.tokens) & set(RESERVED)


def test_a_sentence_longer_than_any_seen_is_said(translator):
    told = "The sentence has 5 tokens, more than any in training (4): do not trust the translation."
    assert translator.translate("go, run, come").notes == [told]
    assert translator.translate("go, run.").notes == []
    translator = Translator(translator.model, translator.source_vocab, translator.target_vocab)
    assert translator.translate("go, run, come").notes == []  # nothing is known of training


def test_a_translation_that_does_not_end_is_cut_and_said(uncertain):
    with torch.no_grad():
        uncertain.model.decoder.output_bias[2] = -100.0
    for width in (1, 3):
        short, long = uncertain.translate(["go", "go come run"], width)
        assert (len(short.tokens), len(long.tokens)) == (12, 16)  # 2 S + 10, whatever the batch
        assert not short.finished
        assert short.notes == ["The translation did not end; it was cut after 12 tokens."]
        assert len(uncertain.translate("go", width, max_length=3).tokens) == 3


def test_beam_search_finds_at_least_what_greedy_finds(uncertain):
    sentences = [source for source, _ in PAIRS]
    gained = []
    for greedy, wide in zip(
        uncertain.translate(sentences), uncertain.translate(sentences, width=8), strict=True
    ):
        assert wide.finished
        if greedy.finished:
            gained.append(wide.log_prob - greedy.log_prob)
    assert min(gained) >= -1e-5 and max(gained) > 0.1


def test_the_search_takes_the_steps_of_the_library(translator):
    readings = [translator.read("go."), translator.read("come, eat.")]
    state, first, limits = translator.begin(readings)
    assert first.tolist() == [1, 1] and limits.tolist() == [14, 18]
    found = greedy_search(translator.model.step, state, first, 2, limits, translator.banned)
    beam = translator.search(readings, width=3, n_best=3, trace=4)
    for hypothesis, result in zip(found, beam, strict=True):
        assert hypothesis.tokens.tolist() == result.best.tokens.tolist()
        assert len(result.hypotheses) == 3 and len(result.steps[1]) == 4


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ({"sentences": 7}, TypeError, "sentences is 7 \\(int\\), expected a str or several"),
        ({"sentences": ["go.", None]}, TypeError, "sentences holds None \\(NoneType\\), expected str"),
        ({"sentences": b"go."}, TypeError, "sentences is b'go.' \\(bytes\\), expected a str or several"),
        ({"width": 0}, ValueError, "width is 0, expected at least 1"),
        ({"width": 2.0}, TypeError, "width is 2.0 \\(float\\), expected an int"),
        ({"alpha": -1}, ValueError, "alpha is -1, expected a finite number of 0 or more"),
        ({"alpha": -1, "sentences": ""}, ValueError, "alpha is -1"),
        ({"penalty": "none"}, ValueError, "penalty is 'none', expected one of"),
        ({"max_length": 0}, ValueError, "max_length is 0, expected at least 1"),
        ({"max_length": 0, "sentences": ""}, ValueError, "max_length is 0, expected at least 1"),
        ({"batch_size": 0}, ValueError, "batch_size is 0, expected at least 1"),
    ],
)
def test_bad_arguments(translator, arguments, error, message):
    with pytest.raises(error, match=message):
        translator.translate(**{"sentences": "go."} | arguments)


def test_a_translator_that_cannot_be(translator):
    model, source, target = translator.model, translator.source_vocab, translator.target_vocab
    with pytest.raises(ValueError, match="longest is 0, expected at least 1"):
        Translator(model, source, target, longest=0)
    plain = Vocabulary(["a", "b"])
    with pytest.raises(
        ValueError, match=r"target_vocab begins with \['<unk>', 'a', 'b'\], expected \['<pad>'"
    ):
        Translator(model, source, plain)


def test_the_benchmark_compares_three_versions_of_one_search(uncertain):
    sentences = [text for text in MANY if text] + [source for source, _ in PAIRS[:12]]
    ticks = count()
    timed = beam.measure(uncertain, sentences, width=3, batch=4, rounds=2, clock=lambda: next(ticks))
    assert [row.version for row in timed] == list(beam.VERSIONS)
    for row in timed:
        assert row.different == 0 and row.to_plain == 1 and row.sentences_a_second == len(sentences)
    fast, slow, plain = timed[0]._replace(to_plain=9.0), timed[0]._replace(to_plain=4.9), timed[-1]
    assert not beam.missed([fast, plain]) and beam.missed([slow, plain])
    assert beam.missed([fast._replace(different=1), plain])
    assert "held" in beam.table([fast, plain]) and "MISSED" in beam.table([slow, plain])


def test_the_benchmark_notices_other_outputs(uncertain, monkeypatch):
    monkeypatch.setattr(beam, "plain_beam_search", lambda *_: Hypothesis(torch.tensor([4]), -1.0, True))
    timed = beam.measure(uncertain, ["go.", "come, eat."], width=2, rounds=1)
    assert [row.different for row in timed] == [2, 2, 0]


def test_the_benchmark_trains_a_translator_of_the_phrasebook():
    translator, held_out = beam.train_translator(2, seed=0)
    assert len(held_out) > 500 and held_out == sorted(set(held_out))
    notes = [note for sentence in held_out[::20] for note in translator.read(sentence).notes]
    assert not any(note.startswith("Unknown") for note in notes)
