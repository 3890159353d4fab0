"""The speed benchmark: its stored figures are of the code that is here, and hold what is promised."""

import json

from benchmarks import speed


def test_stored_figures_are_of_this_code_and_hold():
    stored = json.loads(speed.RESULT.read_text())
    assert stored["code_sha256"] == speed.code_hash(), (
        "rnnlib/cells or layers changed: run python -m benchmarks.speed"
    )
    assert stored["rounds"] >= 15
    rows = {(row["kind"], speed.Size(**row["size"])): row for row in stored["rows"]}
    assert set(rows) == {(kind, size) for kind in speed.KINDS for size in speed.SIZES}
    for key, at_most in speed.THRESHOLDS.items():
        assert rows[key]["at_most"] == at_most
        assert rows[key]["ours_to_torch"] <= at_most


def test_a_missed_threshold_shows_in_table_and_status(monkeypatch, tmp_path, capsys):
    size = speed.Size(2, 1, 3, 4)
    monkeypatch.setattr(speed, "SIZES", (size,))
    monkeypatch.setattr(speed, "THREADS", 1)
    for limit, verdict, status in ((1e9, "held", 0), (1e-9, "MISSED", 1)):
        monkeypatch.setattr(speed, "THRESHOLDS", {("GRU", size): limit})
        output = tmp_path / "speed.json"
        assert speed.main(["--rounds", "2", "--output", str(output)]) == status
        assert verdict in capsys.readouterr().out
        stored = json.loads(output.read_text())
        assert [row["kind"] for row in stored["rows"]] == list(speed.KINDS)
        assert stored["machine"]["cpu"] and stored["date"] and stored["seed"] == 0
