"""The benchmarks: what is stored is fresh, complete and as promised; nothing is half stored or hidden."""

from __future__ import annotations

import gzip
import math
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from benchmarks import beam, experiments, language_models, page, speed, stock_book, translation, weight, width
from benchmarks.d2l_peer import load_d2l
from benchmarks.store import Job
from rnnlib import layers, results
from rnnlib.models import NGram

ONCE = (language_models.TOGETHER.label,)  # measured once
MODULES = {
    "language_models": language_models,
    "speed": speed,
    "translation": translation,
    "page": page,
    "weight": weight,
    "width": width,
    "beam": beam,
}
NAMES = (*experiments.GRID, *MODULES)


@pytest.fixture
def store(tmp_path, monkeypatch):
    """An empty store, and no measurement under way."""
    monkeypatch.setattr(results, "FOLDER", tmp_path / "stored")
    monkeypatch.setattr("benchmarks.store.PARTIAL", tmp_path / "partial")
    return tmp_path / "stored"


@pytest.fixture
def one_thread():
    """What a benchmark sets is set back."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


# What is stored.


def test_every_benchmark_is_stored_and_nothing_else():
    assert sorted(path.stem for path in results.FOLDER.glob("*.json")) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_stored_result_is_of_the_code_that_is_here(name):
    result = results.load(name).check()
    assert result.name == name and result.runs
    assert f"benchmarks.{'experiments' if name in experiments.GRID else name}" in result.command
    assert result.files == list(experiments.FILES if name in experiments.GRID else MODULES[name].FILES)
    assert result.machine["cpu"] and result.machine["torch"] and result.date


@pytest.mark.parametrize("name", experiments.GRID)
def test_an_experiment_holds_every_setting_with_three_seeds_or_more(name):
    result, settings = results.load(name), experiments.GRID[name].settings
    assert len(result.runs) == len(settings) * len(experiments.SEEDS)
    for setting in settings:
        runs = result.select(**setting)
        assert len({run["seed"] for run in runs}) == len(runs) >= 3
        for run in runs:
            assert run["updates"] <= setting["num_updates"]
            assert run["sequences"] == experiments.BATCH * run["updates"]
            assert run["solved"] == (run["wrong"] <= experiments.SOLVED)
            # a run ends for one of three reasons
            assert run["solved"] or run["diverged"] or run["updates"] == setting["num_updates"]
            assert len(run["curve"]) == math.ceil(run["updates"] / experiments.EVERY)


def test_every_network_is_trained_from_three_seeds_or_more_under_its_protocol():
    result = results.load("language_models")
    expected = {
        "windows": {"d2l's RNN", "d2l's GRU", "d2l's LSTM", "RNN", "GRU", "LSTM"},
        "continuous": {"RNN", "GRU", "LSTM", *ONCE},
    }
    for protocol, networks in expected.items():
        runs = result.select(protocol=protocol)
        ngrams = {f"{order}-gram" for order in range(1, 8)}
        assert {run["label"] for run in runs} == networks | ngrams
        for label in networks:
            of_label = result.select(protocol=protocol, label=label)
            assert len({run["seed"] for run in of_label}) == len(of_label)
            assert len(of_label) >= 3 or label in ONCE
            for run in of_label:
                seconds = [second for second, _ in run["curve"]]
                assert seconds == sorted(seconds) and run["seconds"] == seconds[-1] > 0
                assert run["perplexity"] == run["curve"][-1][1] > 1


def test_the_language_models_keep_their_thresholds():
    assert language_models.AT_MOST["LSTM", "perplexity"] == 3.4
    assert language_models.missed(results.load("language_models")) == []


def test_the_layers_keep_their_thresholds():
    stored = results.load("speed")
    rows = {(run["kind"], speed.Size(**run["size"])): run for run in stored.runs if "ours_to_torch" in run}
    layers_timed = {(kind, size) for kind in speed.KINDS for size in speed.SIZES}
    assert set(rows) == layers_timed | {(kind, speed.SIZES[0]) for kind in (*speed.CELLS, *speed.FORMED)}
    assert all(run["rounds"] >= 15 for run in stored.runs)
    assert all(rows[key]["d2l_to_torch"] > 0 for key in layers_timed)
    assert speed.THRESHOLDS[("LSTM", speed.SIZES[0])] <= 1.8
    assert speed.THRESHOLDS[("LSTM", speed.SIZES[1])] <= 1.2
    for kind in speed.KINDS:
        assert speed.THRESHOLDS[(f"{kind}, 2 layers", speed.SIZES[0])] <= 1.8
        assert speed.THRESHOLDS[(f"{kind}, bidirectional", speed.SIZES[0])] <= 1.8
    for key, at_most in speed.THRESHOLDS.items():
        assert rows[key]["at_most"] == at_most
        assert rows[key]["ours_to_torch"] <= at_most


def test_what_a_second_direction_costs_is_stored_at_equal_width_and_at_equal_parameters():
    stored = results.load("speed")
    for kind in speed.KINDS:
        same_width, same_parameters = (
            stored.select(kind=f"{kind}, bidirectional, {equal}")[0] for equal in speed.EQUALS
        )
        assert same_width["size"] == same_width["one_size"] == same_parameters["one_size"]
        assert same_width["parameters"] == 2 * same_width["one_parameters"]
        assert same_parameters["parameters"] == pytest.approx(same_parameters["one_parameters"], rel=0.01)
        for run in (same_width, same_parameters):
            assert run["directions"] == 2 and run["rounds"] >= 15
            assert all(run[f"{who}_to_one"] > 0 for who in speed.WHO)


def test_every_page_is_timed_with_all_its_widgets():
    stored = {run["page"]: run for run in results.load("page").runs}
    assert len(stored) > 1  # the built book's pages, not the bare one alone
    for run in stored.values():
        assert run["ready_after_html_ms"] > 0 and len(run["redraw"]) == run["widgets"] > 0
    assert page.missed(stored) == []


def test_beam_search_keeps_its_thresholds():
    timed = [beam.Timed(*(run[field] for field in beam.Timed._fields)) for run in results.load("beam").runs]
    assert [row.version for row in timed] == list(beam.VERSIONS) and not beam.missed(timed)
    assert beam.AT_LEAST >= 5 and {run["width"] for run in results.load("beam").runs} == {5}
    assert width.AT_LEAST >= 0.7 and width.missed(results.load("width").runs) == []
    assert {run["sentences"] for run in results.load("width").runs} == {1000}


def test_every_page_with_widgets_is_weighed_beside_a_stock_one():
    runs = results.load("weight").runs
    ours = {run["page"]: run for run in runs if run["book"] == "ours"}
    [stock] = [run for run in runs if run["book"] == "stock"]
    assert len(ours) > 1 and stock["page"] in ours and stock["widgets_live"] and not stock["unanswered"]
    for run in runs:
        assert run["visits"] >= 5 and run["sliders"] > 0
        assert sum(run["kinds"].values()) == sum(run["hosts"].values()) > 0
    assert weight.missed(runs) == []


@pytest.mark.parametrize("name", experiments.GRID)
def test_a_stored_run_can_be_repeated(name):
    """Its settings are found in the grid: what `repeat` needs."""
    stored = experiments.quickest(results.load(name).runs)
    (setting,) = (s for s in experiments.GRID[name].settings if stored.items() >= s.items())
    assert stored["seed"] in experiments.SEEDS and setting["num_updates"] >= stored["updates"]


def test_a_repeated_run_gives_the_stored_figure():
    """The quickest of all stored runs, on one thread as it was measured."""
    quickest = {name: experiments.quickest(results.load(name).runs) for name in experiments.GRID}
    name = min(quickest, key=lambda name: quickest[name]["seconds"])
    stored, again = quickest[name], experiments.repeat(name, quickest[name])
    assert experiments.same(stored, again), (stored, again)
    assert again["first_loss"] == pytest.approx(stored["first_loss"], rel=1e-4)


# Experiments.


def tiny(num_updates: int = 200) -> experiments.Experiment:
    """Two settings of a task that a network of 64 units learns within some hundred updates."""
    setting = {"init": "default", "lr": 1e-2, "length": 2, "num_updates": num_updates}
    models = ({**setting, "model": "GRU"}, {**setting, "model": "LSTM"})
    return experiments.Experiment("Name a symbol at once.", experiments.RECALL, list(models))


def test_a_run_says_what_was_set_and_what_came_of_it():
    (setting, _) = tiny(500).settings
    run = experiments.run(experiments.RECALL, setting, seed=1)
    assert run.items() >= {**setting, "seed": 1, "solved": True, "diverged": False}.items()
    assert run["wrong"] <= experiments.SOLVED and run["updates"] < 500
    assert run["curve"][-1] == [run["updates"], run["loss"]]
    again, other = (experiments.run(experiments.RECALL, setting, seed=seed) for seed in (1, 2))
    assert experiments.same(run, again) and again["first_loss"] == run["first_loss"]
    assert not experiments.same(run, other)


def test_a_run_whose_updates_are_spent_is_not_solved():
    setting = {"model": "RNN", "init": "default", "lr": 1e-3, "length": 30, "num_updates": 100}
    run = experiments.run(experiments.RECALL, setting, seed=0)
    assert not run["solved"] and run["updates"] == 100 and run["wrong"] > 1000


@pytest.mark.parametrize(
    ("start", "forget", "input_"), [("forget 3", 3.0, None), ("forget 2, input -2", 2.0, -2.0)]
)
def test_starts_set_the_biases_they_name(start, forget, input_):
    torch.manual_seed(0)
    lstm = layers.LSTM(3, 4)
    before = lstm.bias_ih_l0[:4].clone()
    experiments.initialise(lstm, start, 50)
    assert (lstm.bias_ih_l0[4:8] == forget).all()
    assert torch.equal(lstm.bias_ih_l0[:4], before if input_ is None else torch.full((4,), input_))


def test_wrong_is_what_the_papers_call_wrong():
    read = torch.zeros(5, 3, 1)
    read[-1, :, 0] = torch.tensor([1.0, 1.07, 1.09])
    assert experiments.ADDING.wrong(read, torch.ones(3)).tolist() == [False, False, True]
    x, y = experiments.COPYING.draw(4, 2, torch.Generator().manual_seed(0))
    assert x.shape == (24, 2, 10)
    perfect = torch.nn.functional.one_hot(y, 10).float()
    assert experiments.COPYING.wrong(perfect, y).tolist() == [False, False]
    perfect[-1, 1] = perfect[-1, 1].roll(1)
    assert experiments.COPYING.wrong(perfect, y).tolist() == [False, True]


def fake_run(calls: list, stop_after: int | None = None) -> Callable:
    """Stands for `experiments.run`; interrupted from the keyboard once it has been called often enough."""

    def run(task, settings, seed):
        if len(calls) == stop_after:
            raise KeyboardInterrupt
        calls.append((settings["model"], seed))
        return {**settings, "seed": seed, "updates": 100, "sequences": 3200, "loss": 0.5, "wrong": 1,
                "solved": True, "diverged": False, "seconds": 0.1 + seed, "first_loss": 1.25,
                "curve": [[100, 0.5]]}  # fmt: skip

    return run


def test_an_interrupted_measurement_keeps_its_runs_stores_nothing_and_goes_on(store, tmp_path, monkeypatch):
    monkeypatch.setattr(experiments, "GRID", {"tiny": tiny()})
    before, after = [], []
    monkeypatch.setattr(experiments, "run", fake_run(before, stop_after=4))
    with pytest.raises(KeyboardInterrupt):
        experiments.measure("tiny")
    partial = tmp_path / "partial" / "tiny.json"
    assert not store.exists() and list(partial.parent.iterdir()) == [partial]
    assert [(run["model"], run["seed"]) for run in results.read(partial).runs] == before

    monkeypatch.setattr(experiments, "run", fake_run(after))
    finished = experiments.measure("tiny")
    assert after == [("LSTM", 1), ("LSTM", 2)] and len(finished.runs) == 6
    assert results.load("tiny") == finished and not partial.exists()
    assert [path.name for path in store.iterdir()] == ["tiny.json"]


def test_what_is_stored_stays_until_all_runs_are_there(store, monkeypatch):
    monkeypatch.setattr(experiments, "GRID", {"tiny": tiny()})
    monkeypatch.setattr(experiments, "run", fake_run([]))
    old = experiments.measure("tiny")
    monkeypatch.setattr(experiments, "run", fake_run([], stop_after=5))
    with pytest.raises(KeyboardInterrupt):
        experiments.measure("tiny")
    assert results.load("tiny") == old


def test_runs_of_other_code_are_not_taken_over(store, tmp_path, monkeypatch):
    monkeypatch.setattr(experiments, "GRID", {"tiny": tiny()})
    monkeypatch.setattr(experiments, "run", fake_run([], stop_after=4))
    with pytest.raises(KeyboardInterrupt):
        experiments.measure("tiny")
    partial = tmp_path / "partial" / "tiny.json"
    kept = results.read(partial)
    results.save(type(kept)(**{**vars(kept), "code_sha256": "0" * 64}), partial)
    calls = []
    monkeypatch.setattr(experiments, "run", fake_run(calls))
    experiments.measure("tiny")
    assert len(calls) == 6


def test_a_repeated_experiment_that_differs_shows_in_the_status(store, monkeypatch, capsys, one_thread):
    monkeypatch.setattr(experiments, "GRID", {"tiny": tiny()})
    monkeypatch.setattr(experiments, "run", fake_run([]))
    assert experiments.main([]) == 0
    stored = (store / "tiny.json").read_bytes()
    assert "LSTM  default" in capsys.readouterr().out
    assert experiments.main(["--quick"]) == 0 and "the same" in capsys.readouterr().out

    def otherwise(task, settings, seed):
        return fake_run([])(task, settings, seed) | {"first_loss": 1.5}

    monkeypatch.setattr(experiments, "run", otherwise)
    assert experiments.main(["--quick"]) == 1 and "DIFFERENT" in capsys.readouterr().out
    assert (store / "tiny.json").read_bytes() == stored


def test_a_change_of_code_is_confirmed_by_repeated_runs_only(store, monkeypatch, capsys):
    monkeypatch.setattr(experiments, "GRID", {"tiny": tiny()})
    monkeypatch.setattr(experiments, "run", fake_run([]))
    measured = experiments.measure("tiny")
    old = replace(measured, code_sha256="0" * 64)
    results.save(old)
    repeated = []

    def otherwise(task, settings, seed):
        return fake_run(repeated)(task, settings, seed) | {"updates": 900}

    monkeypatch.setattr(experiments, "run", otherwise)
    assert not experiments.confirm("tiny") and results.load("tiny") == old
    assert repeated == [("GRU", 0), ("LSTM", 0)]  # of each network the quickest
    monkeypatch.setattr(experiments, "run", fake_run([]))
    assert experiments.confirm("tiny") and "the same" in capsys.readouterr().out
    assert results.load("tiny") == replace(measured, confirmed=results.today())
    assert not results.load("tiny").stale


# Speed.


def test_a_missed_speed_shows_in_table_and_status(store, monkeypatch, capsys, one_thread):
    size = speed.Size(2, 1, 3, 4)
    monkeypatch.setattr(speed, "SIZES", (size,))
    monkeypatch.setattr(speed, "THREADS", 1)
    for limit, verdict, status in ((1e9, "held", 0), (1e-9, "MISSED", 1)):
        monkeypatch.setattr(speed, "THRESHOLDS", {("GRU", size): limit})
        assert speed.main(["--rounds", "2"]) == status
        assert verdict in capsys.readouterr().out
        stored = results.load("speed")
        costs = [f"{kind}, bidirectional, {equal}" for kind in speed.KINDS for equal in speed.EQUALS]
        assert [run["kind"] for run in stored.runs] == [*speed.KINDS, *speed.CELLS, *speed.FORMED, *costs]
        assert stored.runs[0]["rounds"] == 2 and stored.runs[0]["size"] == size._asdict()
        assert stored.runs[-1]["size"] == speed.equal_width(size)._asdict()
    before = (store / "speed.json").read_bytes()
    assert speed.main(["--quick"]) == 1 and (store / "speed.json").read_bytes() == before


def test_what_is_timed_has_the_form_that_its_name_says():
    size = speed.Size(2, 1, 3, 4)
    for kind in speed.FORMED:
        ours, theirs = speed.peers(kind, size).values()  # and none of d2l's
        assert (ours.num_layers, ours.bidirectional) == (theirs.num_layers, theirs.bidirectional)
        assert (ours.num_layers == 2) == kind.endswith("2 layers")
        assert ours.bidirectional == kind.endswith("bidirectional")
        assert type(ours).__name__ == type(theirs).__name__ == kind.partition(",")[0]
    assert list(speed.peers("LSTM", size)) == ["ours", "torch", "d2l"]


def test_the_cost_of_a_second_direction_compares_ours_with_ours(monkeypatch):
    """With the clock replaced by one that gives each layer its own time."""
    size = speed.Size(2, 1, 8, 12)

    def run_once(layer, x, weighting):
        assert weighting.shape == layer(x)[0].shape
        whose = 1 if type(layer).__module__.startswith("rnnlib") else 10
        return whose * (2.0 if layer.bidirectional else 1.0) * layer.hidden_size

    monkeypatch.setattr(speed, "run_once", run_once)
    same_width, same_parameters = speed.measure_cost("GRU", size, 3, 0)
    assert same_width.size == size and same_width.parameters == 2 * same_width.one_parameters
    assert same_width.ours_to_one == same_width.torch_to_one == 2
    assert (same_width.ours_ms, same_width.torch_ms, same_width.torch_one_ms) == (24e3, 240e3, 120e3)
    width = same_parameters.size.H
    assert same_parameters.torch_to_one == pytest.approx(2 * width / 12)
    two, one = (
        sum(p.numel() for p in torch.nn.GRU(8, H, bidirectional=H < 12).parameters()) for H in (width, 12)
    )
    assert (same_parameters.parameters, same_parameters.one_parameters) == (two, one)
    others = [2 * 3 * H * (8 + H + 2) for H in range(1, 13)]
    assert abs(two - one) == min(abs(other - one) for other in others)


# Language models.


@pytest.fixture
def text(monkeypatch) -> str:
    """A text of words that repeat, longer than what the protocols cut out, in place of the novel."""
    generator = np.random.default_rng(0)
    words = ["time", "machine", "the", "traveller", "weena", "of", "a", "morlock", "and", "sphinx"]
    made = " ".join(generator.choice(words, size=4000))
    monkeypatch.setattr(language_models, "load_time_machine", lambda: made)
    language_models.corpus.cache_clear()
    yield made
    language_models.corpus.cache_clear()


def test_protocols_train_on_what_they_say(text):
    ids, _ = language_models.corpus()
    assert len(ids) > 16_000
    windows, continuous = (language_models.train_part(name) for name in ("windows", "continuous"))
    assert torch.equal(windows, ids[:10_032])
    assert torch.equal(continuous[:10_000], ids[:10_000]) and torch.equal(continuous[10_000:], ids[15_000:])
    setting = language_models.WINDOWS[0]
    assert not language_models.batches("windows", setting, 0).carries_state
    assert language_models.batches("continuous", setting, 0).carries_state


def test_windows_are_d2ls(text):
    """Character by character, d2l's own data set has the same validation windows, and trains on no more."""
    ids, vocab_size = language_models.corpus()
    x, y = language_models.windows(ids)
    assert x.shape == y.shape == (32, 5000)
    data = language_models.d2l_data(load_d2l())
    tokens = dict(zip(ids.tolist(), text, strict=True))

    def ours(block):
        return ["".join(tokens[i] for i in column) for column in block[:, ::500].T.tolist()]

    def theirs(block):
        return ["".join(data.vocab.to_tokens(row)) for row in block[10_000:15_000:500].tolist()]

    assert (data.num_train, data.num_val) == (10_000, 5_000)
    assert ours(x) == theirs(data.X) and ours(y) == theirs(data.Y)
    last_trained = data.Y[9_999].tolist()
    assert "".join(data.vocab.to_tokens(last_trained)) == text[10_000:10_032]


def test_window_loss_of_an_ngram_is_the_mean_over_all_windows(text):
    ids, vocab_size = language_models.corpus()
    model = NGram(3, vocab_size).fit(language_models.train_part("windows"))
    start, width = language_models.START, language_models.WINDOW
    losses = [-np.log(model.token_probs(ids[first : first + width + 1], window=width))
              for first in range(start, language_models.STOP)]  # fmt: skip
    assert language_models.ngram_window_loss(model) == pytest.approx(np.concatenate(losses).mean(), rel=1e-12)


class Unigram(torch.nn.Module):
    """Says the same at every step, as a language model does."""

    def __init__(self, logits):
        super().__init__()
        self.logits = torch.nn.Parameter(logits)

    def forward(self, ids, state=None):
        return self.logits.expand(*ids.shape, -1), state


def test_network_and_ngram_are_measured_alike(text):
    """A network that says what a 1-gram says has its perplexity under both protocols."""
    ids, vocab_size = language_models.corpus()
    for protocol in ("windows", "continuous"):
        counts = NGram(1, vocab_size).fit(language_models.train_part(protocol))
        model = Unigram(torch.as_tensor(counts.prob([]), dtype=torch.float32).log())
        loss = {"windows": language_models.window_loss, "continuous": language_models.continuous_loss}
        counted = language_models.count(protocol, 1)["perplexity"]
        assert math.exp(loss[protocol](model)) == pytest.approx(counted, rel=1e-4)


def test_a_network_is_trained_and_examined_on_the_way(text):
    setting = language_models.Setting("LSTM", 4, 6, 0.0, 60, num_steps=16, batch_size=4, label="small")
    run = language_models.run("continuous", setting, seed=3)
    assert (run["label"], run["seed"], run["protocol"]) == ("small", 3, "continuous")
    assert len(run["curve"]) >= 8 and run["curve"][-1] == [run["seconds"], run["perplexity"]]
    assert run["perplexity"] < language_models.corpus()[1]


def test_d2ls_models_run_under_their_own_trainer(text):
    run = language_models.run_d2l("GRU", seed=0, epochs=2)
    assert run["label"] == "d2l's GRU" and run["protocol"] == "windows" and len(run["curve"]) == 2
    assert 1 < run["perplexity"] < language_models.corpus()[1] + 1


def test_jobs_cover_both_protocols_and_all_seeds():
    keys = [job.key for job in language_models.jobs()]
    assert len({tuple(key.items()) for key in keys}) == len(keys)
    assert sum("gram" in key["label"] for key in keys) == 14
    assert sum(key["label"].startswith("d2l") for key in keys) == 9
    assert sum(key["protocol"] == "windows" for key in keys) == 7 + 9 + 9
    assert sum(key["protocol"] == "continuous" for key in keys) == 7 + 9 + 1


def perplexities(plain: float, long: float) -> list[Job]:
    """Jobs that are done at once."""

    def job(label, perplexity):
        key = {"protocol": "continuous", "label": label, "seed": 0}
        found = {**key, "parameters": 1, "seconds": 1.0, "perplexity": perplexity, "mixture": perplexity,
                 "curve": [[1.0, perplexity]]}  # fmt: skip
        return Job(key, lambda: found)

    return [job("LSTM", plain), job("three LSTMs", long)]


def test_a_missed_perplexity_shows_in_the_status(store, monkeypatch, capsys, one_thread):
    monkeypatch.setattr(language_models, "THREADS", 1)
    for plain, long, status in ((3.39, 3.19, 0), (3.41, 3.19, 1), (3.39, 3.21, 1)):
        monkeypatch.setattr(language_models, "jobs", lambda p=plain, q=long: perplexities(p, q))
        assert language_models.main([]) == status
        assert ("wanted at most" in capsys.readouterr().out) == bool(status)
        assert results.load("language_models").runs[0]["perplexity"] == plain
    before = (store / "language_models.json").read_bytes()
    language_models.main(["--quick"])
    assert (store / "language_models.json").read_bytes() == before


def test_interrupted_language_models_store_nothing(store, monkeypatch, one_thread):
    def interrupted():
        raise KeyboardInterrupt

    done = perplexities(3.39, 3.09)
    monkeypatch.setattr(language_models, "jobs", lambda: [*done, Job({"label": "GRU"}, interrupted)])
    with pytest.raises(KeyboardInterrupt):
        language_models.main([])
    assert not store.exists()


def test_networks_predict_together_by_the_mean_of_their_probabilities(text):
    setting = language_models.Setting(
        "LSTM",
        4,
        6,
        0.2,
        20,
        num_steps=16,
        batch_size=4,
        members=2,
        mixed_with=3,
        label="two",
    )
    run = language_models.run_together(setting, seed=3)
    alone = [
        language_models.train("continuous", setting, seed, language_models.Stopwatch(), None)
        for seed in (3, 4)
    ]
    probs = [language_models.target_probs(model) for model in alone]
    assert [point[1] for point in run["curve"]] == [
        language_models.perplexity_of(probs[0]),
        language_models.perplexity_of(sum(probs) / 2),
    ]
    counted = language_models.count("continuous", 3)["perplexity"]
    weight = language_models.MIX  # -ln is convex: a mixture costs at most the weighted mean
    assert run["mixture"] < counted**weight * run["perplexity"] ** (1 - weight)
    assert run["parameters"] == 2 * sum(p.numel() for p in alone[0].parameters())
    loss = language_models.continuous_loss(alone[0])
    assert language_models.perplexity_of(probs[0]) == pytest.approx(math.exp(loss), rel=1e-5)


# Pages.


def timed(ready: float, redraw: float) -> dict:
    times = {"moves": 4, "median_ms": 2.0, "p95_ms": 3.0, "slowest_control": "unit",
             "slowest_control_median_ms": redraw}  # fmt: skip
    return {"widgets": 1, "loads": 7, "ready_after_html_ms": ready, "ready_after_start_ms": ready + 50,
            "redraw": {"gru-stepper": times}}  # fmt: skip


class NoBrowser:
    """Stands for the browser, which a test of the status does not need."""

    version = "0"

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None


def test_a_missed_page_time_shows_in_the_status(store, monkeypatch, capsys):
    monkeypatch.setattr(page, "open_browser", NoBrowser)
    monkeypatch.setattr(sys, "argv", ["page"])
    monkeypatch.setattr(page, "bare_page", lambda folder: folder / "index.html")
    monkeypatch.setattr(page, "pages", lambda book, bare: {"index.html": bare})
    for ready, redraw, status in ((299.0, 15.9, 0), (301.0, 15.9, 1), (299.0, 16.1, 1)):
        monkeypatch.setattr(page, "measure", lambda browser, path, loads, r=ready, m=redraw: timed(r, m))
        assert page.main() == status
        assert ("wanted" in capsys.readouterr().out) == bool(status)
        assert results.load("page").runs[0]["ready_after_html_ms"] == ready
    before = (store / "page.json").read_bytes()
    monkeypatch.setattr(sys, "argv", ["page", "--quick"])
    assert page.main() == 1 and (store / "page.json").read_bytes() == before


# The weight of a page.


def weighed(book: str = "ours", **changed) -> dict:
    return {"book": book, "page": "chapters/gru.html", "requests": 20, "widgets_live": True, "sliders": 4,
            "kinds": {"document": 90_000}, "hosts": {"own": 90_000}, "unanswered": [], "visits": 2,
            "kilobytes": 449.0, "first_paint_ms": 799.0, "interactive_ms": 999.0, "longest_task_ms": 499.0,
            "shift": 0.019} | changed  # fmt: skip


STOCK = weighed("stock", kilobytes=3000.0, first_paint_ms=1000.0, interactive_ms=2000.0)


MISSES = [
    {"kilobytes": 450.1},
    {"first_paint_ms": 801.0},
    {"interactive_ms": 1001.0},
    {"interactive_ms": None},
    {"longest_task_ms": 501.0},
    {"shift": 0.021},
    {"widgets_live": False},
    {"hosts": {"own": 1, "cdn.example": 2}},
]


@pytest.mark.parametrize("changed", [{}, *MISSES], ids=lambda changed: "".join(changed) or "kept")
def test_a_missed_weight_shows_in_the_status(store, tmp_path, monkeypatch, capsys, changed):
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "gru.html").write_text('<figure class="rnn-widget"></figure>')
    monkeypatch.setattr(weight, "open_browser", lambda *_: NoBrowser())
    monkeypatch.setattr(stock_book, "build", lambda chapter: tmp_path)
    sides = iter([weighed(**changed), STOCK] * 2)
    monkeypatch.setattr(weight, "measure", lambda browser, address, visits: next(sides))
    monkeypatch.setattr(sys, "argv", ["weight", "--book", str(tmp_path)])
    assert weight.main() == bool(changed)
    out = capsys.readouterr().out
    assert ("all thresholds kept" in out) == (not changed) and "stock: chapters/gru.html" in out
    assert [run["book"] for run in results.load("weight").runs] == ["ours", "stock"]
    before = (store / "weight.json").read_bytes()
    monkeypatch.setattr(sys, "argv", ["weight", "--quick", "--book", str(tmp_path)])
    assert weight.main() == bool(changed) and (store / "weight.json").read_bytes() == before


class OneFile(stock_book.CDN):
    """Stands for the npm registry."""

    def read(self, host, path):
        return b"var thebe;" if (host, path) == ("unpkg.com", "/thebe@0.8.2/lib/index.js") else None


def test_the_server_compresses_and_stands_for_cdns(tmp_path):
    html = '<script src="https://unpkg.com/thebe@0.8.2/lib/index.js" integrity="sha256-x"></script>' * 50
    (tmp_path / "index.html").write_text(html)
    (tmp_path / "font.woff2").write_bytes(b"font")
    with weight.serve(tmp_path, OneFile(tmp_path)) as site:

        def get(path):
            with urllib.request.urlopen(site.address + path) as answer:
                return answer.headers["Content-Encoding"], answer.read()

        encoding, body = get("index.html?v=1")
        assert encoding == "gzip" and len(body) < 200
        page_sent = gzip.decompress(body).decode()
        assert page_sent.count('<script src="/cdn/unpkg.com/thebe@0.8.2/lib/index.js"></script>') == 50
        assert get("font.woff2") == ("identity", b"font")
        assert gzip.decompress(get("cdn/unpkg.com/thebe@0.8.2/lib/index.js")[1]) == b"var thebe;"
        for nowhere in ("none.html", "../secret", "cdn/unpkg.com/other@1/x.js"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                get(nowhere)


@pytest.mark.parametrize(
    ("host", "path", "found"),
    [
        ("cdn.jsdelivr.net", "/npm/mathjax@3/es5/tex-mml-chtml.js", ("mathjax@3", "es5/tex-mml-chtml.js")),
        ("cdn.jsdelivr.net", "/npm/@a/b@1.0.6/dist/x-amd.js", ("@a/b@1.0.6", "dist/x-amd.js")),
        ("cdn.jsdelivr.net", "/npm/anywidget@~0.11.*/dist/index", ("anywidget@~0.11.*", "dist/index.js")),
        ("unpkg.com", "/thebe@0.8.2/lib/index.js", ("thebe@0.8.2", "lib/index.js")),
        (
            "cdnjs.cloudflare.com",
            "/ajax/libs/require.js/2.3.4/require.min.js",
            ("requirejs@2.3.4", "require.js"),
        ),
        ("cdnjs.cloudflare.com", "/ajax/libs/other.js/1/other.js", None),
        ("example.org", "/mathjax@3/x.js", None),
    ],
)
def test_a_cdn_address_names_a_file_of_a_package(host, path, found):
    assert stock_book.package_file(host, path) == found


def test_without_npm_a_cdn_has_nothing_and_says_what_was_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(stock_book.shutil, "which", lambda name: None)
    cdn = stock_book.CDN(tmp_path)
    assert cdn.read("unpkg.com", "/thebe@0.8.2/lib/index.js") is None
    assert cdn.missing == {"https://unpkg.com/thebe@0.8.2/lib/index.js"} and not list(tmp_path.iterdir())


def test_the_stock_book_is_the_notebooks_with_stock_settings(tmp_path):
    stock_book.write_sources("gru", tmp_path / "stock")
    files = {path.name for path in (tmp_path / "stock" / "chapters").iterdir()}
    assert {"gru.ipynb", "lstm.ipynb", "gru-cell.svg"} <= files
    assert not [name for name in files if name.endswith(".md")]
    config = (tmp_path / "stock" / "_config.yml").read_text()
    assert "chapters/lstm.ipynb" in config and "chapters/gru.ipynb" not in config
    assert "rnnlib" not in config and "sphinx" not in config
    with pytest.raises(FileNotFoundError, match="chapter is 'gruu', expected one of .*gru, lstm"):
        stock_book.write_sources("gruu", tmp_path / "other")
