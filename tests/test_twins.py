"""The notebooks beside the chapters: plain notebook Markdown, fresh, the same bytes every time."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import nbformat
import pytest

import rnnlib
from rnnlib.book import twins
from rnnlib.book.execution import read_chapter
from rnnlib.book.myst import Book, UnknownMyST, read_book
from rnnlib.book.notebook_text import PageWriter
from rnnlib.book.twins import as_text, make_twin, setup_source, without_outputs

ROOT = Path(__file__).resolve().parent.parent
BOOK = read_book(ROOT)
CHAPTERS = sorted(BOOK.notebooks)
MYST = {
    "role": re.compile(r"\{[\w:.-]+\}`"),
    "directive": re.compile(r"^\s*(?:`{3,}|~{3,}|:{3,})\s*\{|^:{3,}", re.MULTILINE),
    "target": re.compile(r"^\([^()\s]+\)=", re.MULTILINE),
    "equation label": re.compile(r"\$\$\s*\("),
    "comment": re.compile(r"^%", re.MULTILINE),
}


def twin(page: str) -> nbformat.NotebookNode:
    return nbformat.read(ROOT / f"{page}.ipynb", as_version=4)


def prose(notebook: nbformat.NotebookNode) -> str:
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


@pytest.fixture(scope="module")
def small_twin(built_book: Path) -> nbformat.NotebookNode:
    return nbformat.read(built_book / "chapters" / "first.ipynb", as_version=4)


def test_each_chapter_has_a_twin_and_each_twin_a_chapter():
    assert (
        sorted(str(path.with_suffix("").relative_to(ROOT)) for path in ROOT.glob("chapters/*.ipynb"))
        == CHAPTERS
    )
    assert CHAPTERS


@pytest.mark.parametrize("page", CHAPTERS)
def test_twin_is_fresh(page: str):
    """Made anew from its source, outputs apart, it is what is stored."""
    chapter = read_chapter(ROOT / f"{page}.md", BOOK.syntax)
    stored = without_outputs(twin(page))
    assert as_text(make_twin(BOOK, page, chapter)) == as_text(stored), (
        f"{page}.ipynb is stale: run make notebooks"
    )


@pytest.mark.parametrize("page", CHAPTERS)
@pytest.mark.parametrize("construct", MYST)
def test_no_myst_is_left(page: str, construct: str):
    assert not MYST[construct].search(prose(twin(page)))


@pytest.mark.parametrize("page", CHAPTERS)
def test_links_lead_somewhere(page: str):
    """Relative links name files of the repository, and anchors stand in the notebook that they lead to."""
    source = ROOT / f"{page}.ipynb"
    for target in re.findall(r"\]\(([^()\s]+)\)", prose(twin(page))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        leads_to = (source.parent / path).resolve() if path else source
        assert leads_to.is_file(), target
        if anchor and leads_to.suffix == ".ipynb":
            there = nbformat.read(leads_to, as_version=4)
            assert f'<a id="{anchor}"></a>' in prose(there), target


@pytest.mark.parametrize("page", CHAPTERS)
def test_outputs_are_text(page: str):
    for cell in twin(page).cells:
        for output in cell.get("outputs", []):
            assert output.output_type in ("stream", "execute_result", "display_data", "error")
            assert set(output.get("data", {})) <= {"text/plain"}


@pytest.mark.parametrize("page", CHAPTERS)
def test_cells_are_numbered_and_named(page: str):
    """nbval compares nothing in a cell without an execution count."""
    notebook = twin(page)
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    names = [cell.id for cell in notebook.cells]
    assert len(set(names)) == len(names)
    assert notebook.metadata == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }


@pytest.mark.parametrize("construct", MYST)
def test_every_construct_is_written_out(small_twin: nbformat.NotebookNode, construct: str):
    source = (ROOT / "tests/fixture_book/chapters/first.md").read_text(encoding="utf-8")
    assert MYST[construct].search(source), "the fixture has none"
    assert not MYST[construct].search(prose(small_twin).replace("`{not a role}`", ""))


@pytest.mark.parametrize(
    "written",
    [
        "A hidden state $h_t$ is explained by [Elman (1990)](https://doi.org/10.1207/s15516709cog1402_1)",
        "([Elman, 1990](https://doi.org/10.1207/s15516709cog1402_1); [Werbos, 1990](https://example.o",
        "see [Start](../index.md),\nthe [start](../index.md), [the page](../index.md) and `{not a role}`.",
        "$$\nh_t = \\tanh(W x_t + U h_{t-1}) \\tag{1}\n$$",
        "\\end{aligned} \\tag{2}\n$$",
        "Equation (1) is the whole network, (2) is nothing. [The update](#first-update) is this",
        "[this one](#first-update), [The update](#first-update) and [that one](#first-update)",
        "`rnnlib.cells.rnn_step`, and `GRUCell` besides. An [address](https://example.org/a).",
        "> **Note**\n>\n> A note with $x$ in it, and [a link](#first).",
        "> **Predict before [you run](#first)**\n>\n> - one hidden state\n> - two",
        "> $$\n> x = y \\tag{3}\n> $$",
        "<details>\n<summary>Closed</summary>\n\nText that waits, with **strong** words and (3).\n\n</det",
        '<a id="first-q-it"></a>\n\n> **Learners ask: is it $x$ or `y`?**\n>\n> It is 42, and [the',
        '<a id="first-predict"></a>\n\n**Predict, then run: how large is `answer`?**\n\nIt is computed',
        "<details>\n<summary>Below $40$, as <code>answer</code> is small.</summary>\n\n**No.** See (1), or",
        "And once more.\n\n</details>\n\n<details>\n<summary>42</summary>\n\n**Right.** Six times",
        '<a id="ex-double"></a>\n\n> **Exercise 1: Double it**\n>\n> *Recall, 5 minutes.* Check: `check.do',
        "`check.double(answer)`.\n>\n> What is twice the answer?",
        "<summary>Solution of Exercise 1: Double it</summary>\n\nTwice means times two.",
        "That was [Exercise 1: Double it](#ex-double).",
        "> **Exercise 2**\n>\n> Nothing to do.",
        "| $r$ | resets |",
        '```python\nnot_run = {"a": "`b`"}  # $$\n```',
        "  ```sh\n  make book\n  ```",
        "Now make it longer (`length=12`).",
        "$\\newcommand{\\half}{\\tfrac12}$",
    ],
)
def test_what_becomes_of_a_construct(small_twin: nbformat.NotebookNode, written: str):
    assert written in prose(small_twin)


def test_solutions_are_closed(small_twin: nbformat.NotebookNode):
    cell = next(cell for cell in small_twin.cells if cell.source.startswith("assert 2 * answer"))
    assert cell.metadata["jupyter"] == {"source_hidden": True, "outputs_hidden": True}
    assert cell.metadata["cellView"] == "form"
    after = next(cell for cell in small_twin.cells if "claim(" in cell.source)
    assert after.metadata["jupyter"] == {"source_hidden": True}  # hide-input: the output stays


def test_printed_pieces_are_joined(small_twin: nbformat.NotebookNode):
    cell = next(cell for cell in small_twin.cells if "answer = 6" in cell.source)
    assert [output.text for output in cell.outputs] == ["the answer is 42\n"]


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        ("claim(", "✓ The answer is what it was.\n  42 (within 0 of 42)"),
        ("lines(", "<figure: The squares of 0, 1 and 2 rise ever faster.>"),
        ("GradientFlow(", "GradientFlow widget"),
    ],
)
def test_rich_outputs_keep_their_text(small_twin: nbformat.NotebookNode, source: str, plain: str):
    cell = next(cell for cell in small_twin.cells if source in cell.source and cell.cell_type == "code")
    assert [output.data for output in cell.outputs] == [{"text/plain": plain}]


def test_same_bytes_when_everything_runs_again(small_book: Path, built_book: Path, run):
    """The cell that prints its process's number is the one difference that nbval is told to ignore."""
    assert run("rnnlib.book.twins", folder=small_book).returncode == 0
    first, second = ((book / "chapters" / "first.ipynb").read_text() for book in (small_book, built_book))
    assert re.sub(r"process \d+", "process", first) == re.sub(r"process \d+", "process", second)


def test_same_bytes_from_the_cache(built_book: Path, run):
    stored = (built_book / "chapters" / "first.ipynb").read_bytes()
    assert run("rnnlib.book.twins", folder=built_book).returncode == 0
    assert (built_book / "chapters" / "first.ipynb").read_bytes() == stored


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("```{raw} html\n<b>\n```", r"the directive \{raw\}"),
        ("Some {abbr}`GRU (gated)`.", r"the role \{abbr\}"),
        ("See {ref}`nowhere`.", "nothing has the label 'nowhere'"),
        ("See {eq}`nowhere`.", "no equation has the label 'nowhere'"),
        ("See [it](#nowhere).", "nothing has the label 'nowhere'"),
        ("See [it](nowhere.md).", "no page chapters/nowhere.md"),
        ("See {cite:t}`nobody`.", "no entry 'nobody'"),
        ("```{note}\nwithout an end", "never ends"),
        ("$$\nx = 1\n", "never ends"),
        (":::{note}\n```{solution-start} ex-double\n```\n:::", "inside another directive"),
    ],
)
def test_what_a_notebook_cannot_show_is_refused(source: str, complaint: str):
    book = read_book(ROOT / "tests" / "fixture_book")
    with pytest.raises(UnknownMyST, match=f"chapters/first.md, in the text from line 7 on: .*{complaint}"):
        PageWriter(book, "chapters/first").pieces(source, line=7)


def test_a_label_stands_once(small_book: Path):
    with (small_book / "index.md").open("a", encoding="utf-8") as index:
        index.write("\n(first)=\nAgain.\n")
    with pytest.raises(UnknownMyST, match="label 'first' stands in index.md and in chapters/first.md"):
        read_book(small_book)


def test_interrupted_while_writing_leaves_the_old_notebook(small_book: Path, monkeypatch):
    folder = small_book / "chapters"
    (folder / "first.ipynb").write_text("the old one", encoding="utf-8")

    def half(part: Path, content: str, **_):
        part.write_bytes(content[:99].encode())
        raise KeyboardInterrupt

    monkeypatch.setattr(twins, "execute", lambda folder, page, chapter, *_: (chapter, 0.0))
    monkeypatch.setattr(Path, "write_text", half)
    with pytest.raises(KeyboardInterrupt):
        twins.write_twins(small_book)
    assert (folder / "first.ipynb").read_bytes() == b"the old one"
    assert sorted(path.name for path in folder.iterdir()) == ["first.ipynb", "first.md"]


def test_failures_are_told_without_a_traceback(small_book: Path, run):
    with (small_book / "chapters" / "first.md").open("a", encoding="utf-8") as chapter:
        chapter.write("\nSome {abbr}`GRU (gated)`.\n")
    done = run("rnnlib.book.twins", folder=small_book)
    assert done.returncode == 1
    assert "first.md, in the text from line 151 on: a notebook can't show the role {abbr}" in done.stdout
    assert "Traceback" not in done.stdout


NAMED = {"url": "https://github.com/someone/recurrent.git", "branch": "v9.8.7"}


@pytest.mark.parametrize(
    ("repository", "told"),
    [
        ({"url": ""}, "has no address under 'repository: url' in _config.yml"),
        (NAMED, "pip could not install 'git+https://github.com/someone/recurrent@v9.8.7'"),
    ],
)
def test_first_cell_tells_what_is_missing(repository: dict, told: str, monkeypatch):
    """Without rnnlib, and with a pip that reaches nothing, as without a network."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("subprocess.check_output", lambda command: b"")
    failed = subprocess.CompletedProcess([], 1, "Collecting", "fatal: unable to access the repository")
    monkeypatch.setattr("subprocess.run", lambda *_, **__: failed)
    source = setup_source(Book(ROOT, config={"repository": repository}))
    with pytest.raises(ModuleNotFoundError, match=re.escape(told)) as missing:
        exec(source, {})
    assert ("unable to access" in str(missing.value)) == (repository is NAMED)


def test_first_cell_lets_pip_change_nothing(monkeypatch):
    """What is installed goes to pip as constraints."""
    commands = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess:
        there = Path(command[command.index("--constraint") + 1])
        commands.append((command[-1], there.read_text()))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("subprocess.check_output", lambda command: b"ipywidgets==7.7.1\nnumpy==2.4.6\n")
    monkeypatch.setattr("subprocess.run", run)
    exec(setup_source(Book(ROOT, config={"repository": NAMED})), {})
    library = "git+https://github.com/someone/recurrent@v9.8.7"
    assert commands == [(library, "ipywidgets==7.7.1\nnumpy==2.4.6\n")]


@pytest.mark.parametrize("repository", [{"url": ""}, NAMED])
def test_first_cell_fits_the_page(repository: dict):
    source = setup_source(Book(ROOT, config={"repository": repository}))
    assert max(map(len, source.splitlines())) <= 88


def test_notebooks_pin_the_version_at_hand():
    assert BOOK.config["repository"]["branch"] == f"v{rnnlib.__version__}"


def test_first_cell_does_nothing_here(small_twin: nbformat.NotebookNode):
    first = small_twin.cells[0]
    assert first.cell_type == "code" and first.outputs == []
    exec(first.source, {})


def test_stored_file_is_valid(built_book: Path):
    stored = json.loads((built_book / "chapters" / "first.ipynb").read_text(encoding="utf-8"))
    assert (stored["nbformat"], stored["nbformat_minor"]) == (4, 5)
