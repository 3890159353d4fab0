"""Stored results: read as written, never half written, and known to be stale when their code has changed."""

import json
from pathlib import Path

import pytest

from rnnlib import results
from rnnlib.results import StaleResult, code_digest, load, new_result, read, save

RUNS = [
    {"model": "LSTM", "length": 50, "seed": seed, "wrong": wrong, "solved": wrong < 3}
    for seed, wrong in enumerate((4, 0, 1, 2000))
] + [{"model": "RNN", "length": 50, "seed": 0, "wrong": 2000, "solved": False}]
CODE = '''"""What it is."""

import math  # for pi


def area(radius):
    """Of a disc."""
    # squared
    return math.pi * radius**2  # exact
'''


@pytest.fixture
def checkout(tmp_path, monkeypatch) -> Path:
    """A checkout with one file of code; results are stored in it."""
    monkeypatch.setattr(results, "ROOT", tmp_path)
    monkeypatch.setattr(results, "FOLDER", tmp_path / "stored")
    (tmp_path / "code.py").write_text(CODE)
    return tmp_path


def measured(**changes):
    result = new_result("disc", "The area of a disc.", "python -m disc", ["code.py"], RUNS)
    return result if not changes else type(result)(**{**vars(result), **changes})


def test_a_result_comes_back_as_it_was_saved(checkout):
    result = measured()
    path = save(result)
    assert path == checkout / "stored" / "disc.json" and load("disc") == read(path) == result
    stored = json.loads(path.read_text(encoding="utf-8"))
    assert set(stored) == set(vars(result)) and path.read_text(encoding="utf-8").endswith("}\n")
    assert result.date == results.today() and result.measured == f"the benchmark on {result.date}"
    assert set(result.machine) == {"system", "cpu", "cores", "threads", "python", "torch"}
    assert len(result.code_sha256) == 64
    other = save(measured(date="2026-01-02"), checkout / "elsewhere" / "kept.json")
    assert read(other).measured == "the benchmark on 2026-01-02" and load("disc") == result


def test_numbers_keep_all_their_digits(checkout):
    runs = [{"loss": 0.1 + 0.2, "tiny": 1e-300, "words": "naïve × 2", "none": None, "curve": [[1, 0.5]]}]
    save(measured(runs=runs))
    assert load("disc").runs == runs


def test_select_and_median(checkout):
    result = measured()
    assert [run["seed"] for run in result.select(model="LSTM", length=50)] == [0, 1, 2, 3]
    assert result.select() == RUNS
    assert result.median("wrong", model="LSTM") == (2.5, 0, 2000)
    assert result.median("wrong", model="LSTM", solved=True) == (0.5, 0, 1)
    assert result.median("wrong", model="RNN") == (2000, 2000, 2000)
    for nothing in ({"model": "GRU"}, {"length": 51}, {"width": 3}):
        with pytest.raises(KeyError, match=rf"results/disc.json has no run with .*{next(iter(nothing))}"):
            result.median("wrong", **nothing)


def test_an_unknown_name_lists_what_is_there(checkout):
    with pytest.raises(FileNotFoundError, match="no stored result is named 'disk'; there are: none"):
        load("disk")
    save(measured())
    save(measured(name="ball"))
    with pytest.raises(FileNotFoundError, match="no stored result is named 'disk'; there are: ball, disc"):
        load("disk")


def test_changed_code_makes_a_result_stale(checkout):
    save(measured(date="2026-01-02"))
    assert not load("disc").stale and load("disc").check() == load("disc")
    code = checkout / "code.py"
    code.write_text(CODE.replace("radius**2", "radius**3"))
    assert load("disc").stale
    with pytest.raises(StaleResult) as caught:
        load("disc").check()
    message = str(caught.value)
    for part in ("results/disc.json", "2026-01-02", "code.py", "Measure it again: python -m disc"):
        assert part in message
    code.write_text(CODE)
    assert not load("disc").stale


COMMENTS = CODE.replace("# squared", "# the radius, squared").replace("  # for pi", "")
DOCSTRINGS = CODE.replace("What it is.", "What it is.\n\nAnd more.\n").replace("Of a disc", "Of one")
BLANKS = CODE.replace("\n\n\n", "\n\n\n\n\n").replace("radius**2", "radius**2  ")
LAYOUT = CODE.replace("math.pi * radius**2", "(\n        math.pi * radius ** 2\n    )")
TYPES = (
    CODE.replace("(radius)", "(radius: Real) -> float")
    .replace("import math", "import math\nfrom typing import TYPE_CHECKING")
    .replace("\n\n\ndef", "\n\nif TYPE_CHECKING:\n    from numbers import Real\n\n\ndef")
)
FIELD = "\nclass Disc:\n    radius: float = 1.0\n"  # what a dataclass would be made of


@pytest.mark.parametrize("same", [COMMENTS, DOCSTRINGS, BLANKS, LAYOUT, TYPES])
def test_what_does_not_run_makes_nothing_stale(checkout, same):
    save(measured())
    assert same != CODE
    (checkout / "code.py").write_text(same)
    assert not load("disc").stale


@pytest.mark.parametrize(
    "other",
    [
        CODE.replace("import math", "import cmath as math"),
        CODE + "\nTEXT = 'not # a comment'\n",
        CODE + '\nTEXT = """not a docstring"""\n',
        CODE.replace("    return", "    if radius:\n        return"),
        CODE.replace("radius)", "radius=1)"),
        CODE.replace("    return", "    radius: float = 1\n    return"),
    ],
)
def test_what_runs_counts(checkout, other):
    save(measured())
    (checkout / "code.py").write_text(other)
    assert load("disc").stale


def test_the_types_of_a_class_count_and_of_a_variable_do_not(tmp_path):
    def digest(code: str) -> str:
        (tmp_path / "code.py").write_text(code)
        return code_digest([tmp_path / "code.py"])

    assert digest(FIELD) != digest(FIELD.replace(": float", ""))
    assert digest("unit: float = 1.0\n") == digest("unit = 1.0\n")


def test_hashes_in_strings_are_code(tmp_path):
    path, digests = tmp_path / "code.py", set()
    for text in ('colour = "#fff"  # white', 'colour = "#000"  # white', 'colour = "#fff"  # black'):
        path.write_text(text)
        digests.add(code_digest([path]))
    assert len(digests) == 2


def test_a_folder_stands_for_its_code(tmp_path):
    folder = tmp_path / "package"
    (folder / "below").mkdir(parents=True)
    (folder / "one.py").write_text("x = 1\n")
    (folder / "two.mjs").write_text("// a remark\nexport const x = 1;\n")
    before = code_digest([folder])

    def changed(name, text):
        """Whether the digest changes with a file's text."""
        path = folder / name
        old = path.read_text() if path.exists() else None
        path.write_text(text)
        differs = code_digest([folder]) != before
        path.unlink() if old is None else path.write_text(old)
        return differs

    assert changed("one.py", "x = 2\n") and not changed("one.py", "x = 1  # one\n")
    assert changed("two.mjs", "// a remark\nexport const x = 2;\n")
    assert changed("three.py", "y = 1\n")
    assert not changed("notes.txt", "Not code.") and not changed("below/deep.py", "z = 1\n")
    assert code_digest([folder]) == before


def test_where_the_code_is_not_here_nothing_is_stale(checkout):
    """Installed by itself, rnnlib comes without the benchmarks."""
    save(measured(files=["code.py", "benchmarks/absent.py"], code_sha256="0" * 64))
    assert not load("disc").stale and load("disc").check()


def test_an_interrupted_save_leaves_the_old_file_whole(checkout, monkeypatch):
    old = measured()
    path = save(old)
    write = Path.write_text

    def half(part, text, **options):
        write(part, text[: len(text) // 2], **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_text", half)
    with pytest.raises(KeyboardInterrupt):
        save(measured(runs=RUNS[:1]))
    with pytest.raises(KeyboardInterrupt):
        save(measured(name="ball"))
    assert load("disc") == old and list(path.parent.iterdir()) == [path]


def test_what_json_cannot_hold_leaves_the_old_file_whole(checkout):
    old = measured()
    path = save(old)
    with pytest.raises(TypeError):
        save(measured(runs=[{"model": object()}]))
    assert load("disc") == old and list(path.parent.iterdir()) == [path]
