"""The translators' benchmark: what it trains on, how it judges, what is stored."""

from __future__ import annotations

import pytest
import torch
from local_data import translation_pairs
from sacrebleu.metrics import BLEU

from benchmarks import d2l_translator, translation
from rnnlib import results
from rnnlib.bleu import bleu
from rnnlib.data import load_phrasebook, word_tokens


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Some sentences of the Phrasebook in place of Tatoeba's, small networks, and an empty store."""
    pairs = [(pair.english, pair.french) for pair in load_phrasebook()[::40]]
    pairs.append((pairs[0][0], "Une autre traduction."))
    monkeypatch.setattr(translation, "load_tatoeba", lambda: pairs)
    for name, value in {
        "NUM_VALID": 30,
        "NUM_TEST": 40,
        "MIN_FREQ": 2,
        "EMBEDDING": 8,
        "REPEATED": 3,
        "D2L_EPOCHS": 1,
    }.items():
        monkeypatch.setattr(translation, name, value)
    settings = tuple(setting._replace(epochs=2, hidden=12) for setting in translation.SETTINGS)
    monkeypatch.setattr(translation, "SETTINGS", settings)
    monkeypatch.setattr(results, "FOLDER", tmp_path / "stored")
    monkeypatch.setattr("benchmarks.store.PARTIAL", tmp_path / "partial")
    translation.load_corpus.cache_clear()
    threads = torch.get_num_threads()
    yield pairs
    torch.set_num_threads(threads)
    translation.load_corpus.cache_clear()


def test_no_english_sentence_is_in_two_parts_and_each_has_all_its_translations(small):
    corpus = translation.load_corpus()
    parts = [{source.casefold().rstrip(" .!?") for source, _ in part} for part in corpus.split]
    assert not parts[0] & parts[1] and not parts[0] & parts[2] and not parts[1] & parts[2]
    assert max(len(word_tokens(source)) for part in corpus.split for source, _ in part) <= 10
    test = translation.make_test_set(corpus)
    assert len(test.sources) == len(set(test.sources)) == 40
    for source, references in zip(test.sources, test.references, strict=True):
        assert len(references) == sum(source == english for english, _ in small)


def test_the_first_words_of_a_reversed_source_are_its_last(small):
    corpus = translation.load_corpus()
    pairs = corpus.split.test[:5]
    forwards, targets = translation.encode(pairs, corpus, reverse=False)
    backwards, same = translation.encode(pairs, corpus, reverse=True)
    assert all(torch.equal(a.flip(0), b) for a, b in zip(forwards, backwards, strict=True))
    assert all(torch.equal(a, b) for a, b in zip(targets, same, strict=True))


def test_an_attention_step_takes_no_parameter_more(small):
    corpus = translation.load_corpus()
    fixed, backwards, attention = (
        sum(p.numel() for p in translation.build(setting, corpus).parameters())
        for setting in translation.SETTINGS[1:]
    )
    assert fixed == backwards == attention


def test_right_outputs_have_the_full_score_and_every_reference_counts(small):
    test = translation.TestSet(
        ["One.", "Two and three are five."] * 20,
        [["Un, tout simplement."], ["Deux et trois font cinq.", "Cinq est deux et trois."]] * 20,
    )
    right = ["Un, tout simplement.", "Cinq est deux et trois."] * 20
    judged = translation.judge(right, test)
    assert judged["bleu"] == pytest.approx(100) and judged["exact"] == judged["length_ratio"] == 1
    assert judged["chrf"] == pytest.approx(100) and "nrefs:var" in judged["bleu_signature"]
    assert [row[:2] for row in judged["by_length"]] == [[2, 20], [6, 20]]
    half = translation.judge(["Un, tout simplement.", "Rien."] * 20, test)
    assert half["exact"] == 0.5 and half["bleu_low"] < half["bleu_high"] < 100
    assert half["by_length"][0][2] == pytest.approx(100) and half["by_length"][1][2] < 50


def test_a_training_that_was_interrupted_goes_on_to_the_same_end(small, tmp_path):
    setting, corpus = translation.SETTINGS[0], translation.load_corpus()
    whole, history = translation.train(setting, corpus, None)
    translation.train(setting, corpus, tmp_path / "t.pt", num_updates=len(history.updates) // 2)
    again, resumed = translation.train(setting, corpus, tmp_path / "t.pt")
    assert resumed == history and history.valid
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), again.parameters(), strict=True))
    assert torch.backends.mkldnn.matmul.fp32_precision != "bf16"  # for the training only


def test_a_quick_run_prints_all_translators_and_stores_nothing(small, tmp_path, capsys):
    assert translation.main(["--quick"]) == 0
    shown = capsys.readouterr().out
    assert all(setting.model in shown for setting in translation.SETTINGS)
    assert translation.D2L in shown and "tok:13a" in shown
    assert not (tmp_path / "stored").exists() and not (tmp_path / "partial").exists()


def test_a_full_run_is_stored_and_its_code_confirmed_by_repetition(small, tmp_path, monkeypatch, capsys):
    (tmp_path / "stored").mkdir()
    assert translation.main([]) == 1  # trained for so short a while none reaches the wanted score
    assert "wanted at least 40" in capsys.readouterr().out
    models = [run["model"] for run in results.load(translation.NAME).runs]
    assert models == [setting.model for setting in translation.SETTINGS] + [translation.D2L]
    assert translation.main(["--confirm"]) == 0 and results.load(translation.NAME).confirmed
    monkeypatch.setattr(translation, "LR", 1e-2)
    assert translation.main(["--confirm"]) == 1 and "different" in capsys.readouterr().out


def test_d2l_is_trained_on_512_pairs_and_writes_french(small):
    data, model = d2l_translator.train_d2l(small, seed=0, epochs=1)
    assert data.num_train == 512 and model.tgt_pad == data.tgt_vocab["<pad>"]
    found = d2l_translator.translate_d2l(data, model, ["Hello.", "I see a very, very small boat."])
    assert len(found) == 2 and all(isinstance(text, str) for text in found)
    assert d2l_translator.written(["tu", "vas", "bien", "?", "<eos>", "bien"]) == "Tu vas bien\u202f?"
    assert d2l_translator.written(["<eos>", "va"]) == "" and d2l_translator.written(["oui", "."]) == "Oui."


# What is stored.


def test_the_stored_translators_keep_the_threshold_and_stand_beside_the_peer():
    stored = results.load(translation.NAME)
    assert translation.AT_LEAST == 40.0 and translation.missed(stored) == []
    models = [setting.model for setting in translation.SETTINGS]
    assert [run["model"] for run in stored.runs] == [*models, translation.D2L]
    for run in stored.runs:
        assert run["bleu_low"] < run["bleu"] < run["bleu_high"] and len(run["outputs"]) == 1000
    fixed, backwards, attention = (stored.select(model=model)[0] for model in models[1:])
    assert fixed["parameters"] == backwards["parameters"] == attention["parameters"]
    assert fixed["updates"] == backwards["updates"] == attention["updates"]


def test_stored_scores_follow_from_the_stored_outputs():
    runs = results.load(translation.NAME).runs
    references = runs[0]["references"]
    streams = translation.reference_streams(references)
    for run in runs:
        assert BLEU().corpus_score(run["outputs"], streams).score == pytest.approx(run["bleu"], abs=1e-9)
        tokenize = BLEU().tokenizer
        candidates = [tokenize(output).split() for output in run["outputs"]]
        right = [[tokenize(text).split() for text in texts] for texts in references]
        assert 100 * bleu(candidates, right) == pytest.approx(run["bleu"], abs=1e-9)


def test_the_stored_sentences_are_those_that_the_split_holds_out():
    pairs, real = translation_pairs()
    first = results.load(translation.NAME).runs[0]
    assert len(first["sources"]) == len(set(first["sources"])) == 1000
    assert max(len(word_tokens(source)) for source in first["sources"]) <= 10
    if real:
        translation.load_corpus.cache_clear()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(translation, "load_tatoeba", lambda: pairs)
            corpus = translation.load_corpus()
        translation.load_corpus.cache_clear()
        assert translation.make_test_set(corpus).sources == first["sources"]
        assert not {source for source, _ in corpus.split.train} & set(first["sources"])
        assert len(corpus.split.train) == first["train_pairs"]
