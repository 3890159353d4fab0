"""The book machine: mathematics, cells, claims, exercises, caching, pages that ask for nothing outside."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

import rnnlib
from rnnlib.book import cache, katex
from rnnlib.book.claims_page import claims_in
from rnnlib.book.execution import CellFailed, execute, read_chapter
from rnnlib.book.myst import read_book

ROOT = Path(__file__).resolve().parent.parent
BUILD = "rnnlib.book.build"
LOADS = {
    ("script", "src"),
    ("link", "href"),
    ("img", "src"),
    ("img", "srcset"),
    ("iframe", "src"),
    ("source", "src"),
    ("video", "src"),
    ("object", "data"),
    ("embed", "src"),
    ("image", "href"),
    ("use", "href"),
}
NOT_LOADED = {"canonical", "license", "author", "next", "prev", "search", "index"}


class Page(HTMLParser):
    """What a page loads, links to and is called inside."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.styles: list[str] = []
        self.scripts: list[str] = []
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._inside = tag
        self.styles.append(given.get("style", ""))
        if "id" in given:
            self.ids.add(given["id"])
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "link" and given.get("rel") in NOT_LOADED:
            return
        self.loaded.extend(value for name, value in given.items() if (tag, name) in LOADS)

    def handle_data(self, data: str) -> None:
        if self._inside == "style":
            self.styles.append(data)
        elif self._inside == "script":
            self.scripts.append(data)


def outside(text: str) -> list[str]:
    """What a style sheet would fetch from elsewhere."""
    return re.findall(r"""(?:url\(\s*["']?|@import\s+["'])((?:https?:)?//[^"')\s]+)""", text)


def is_outside(address: str) -> bool:
    return re.match(r"(?:[a-z]+:)?//", address) is not None


def pages_of(folder: Path) -> Iterator[tuple[Path, Page]]:
    for path in sorted(folder.rglob("*.html")):
        if "_static" not in path.parts:
            yield path, Page(path.read_text(encoding="utf-8"))


# Mathematics


def test_formula_becomes_html_and_mathml():
    html = katex.render(r"h_t = \tanh(W x_t)", display=True)
    assert '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block">' in html
    assert 'class="katex-html" aria-hidden="true"' in html
    assert "display" not in katex.render("x").split("<semantics>")[0].replace("katex-display", "")


def test_macros_are_expanded():
    assert 'mathvariant="double-struck">R' in katex.render(r"\R^n", macros=r'{"\\R": "\\mathbb{R}"}')


@pytest.mark.parametrize("tex", [r"\frac{1}{", r"\nosuchcommand", r"a_b_c", r"\begin{aligned} a"])
def test_bad_tex_is_refused(tex: str):
    with pytest.raises(katex.TeXError, match="KaTeX parse error"):
        katex.render(tex)


def test_only_woff2_fonts_are_asked_for(built_book: Path):
    static = built_book / "_build" / "html" / "_static"
    css = (static / "katex.css").read_text(encoding="utf-8")
    fonts = re.findall(r"url\(([^)]+)\)", css)
    assert len(fonts) == 20 and all(font.endswith(".woff2") for font in fonts)
    assert all((static / font).is_file() for font in fonts)
    assert {path.suffix for path in (static / "fonts").iterdir()} == {".woff2"}


# A small book, built


@pytest.fixture(scope="module")
def first(built_book: Path) -> str:
    return (built_book / "_build/html/chapters/first.html").read_text(encoding="utf-8")


def test_equations_are_numbered_and_linked(first: str):
    assert re.search(r'id="equation-eq-first">\s*<span class="eqno">\(1\)<a class="headerlink"', first)
    assert '<a class="reference internal" href="#equation-eq-first">(1)</a> is the whole network' in first
    assert first.count("<math ") == first.count('class="katex-html"') == 6
    assert "MathJax" not in first


def test_exercise_and_closed_solution(first: str):
    assert '<p class="admonition-title">Exercise 1: Double it</p>' in first
    solution = re.search(r'<details class="solution">(.*?)</details>', first, re.DOTALL)[1]
    assert "<summary>Solution of Exercise 1: Double it</summary>" in solution
    assert "Twice means times two." in solution
    assert re.search(r"<pre>(<span></span>)?84\n</pre>", solution)  # the executed cell's output
    assert '<p class="admonition-title">Exercise 2</p>' in first


def test_citations_are_author_and_year(first: str, built_book: Path):
    text = re.sub(r"<[^>]+>", "", first)
    assert "Elman (1990) (Elman, 1990, Werbos, 1990)" in text
    assert "Finding structure in time" in (built_book / "_build/html/index.html").read_text(encoding="utf-8")


def test_claims_are_collected_with_a_link_to_their_cell(built_book: Path, first: str):
    index = (built_book / "_build/html/index.html").read_text(encoding="utf-8")
    table = re.search(r'<table class="claims.*?</table>', index, re.DOTALL)[0]
    cells = [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<td>(.*?)</td>", table, re.DOTALL)]
    assert cells == ["The answer is what it was.", "42", "within 0 of 42", "✓ holds", "First"]
    assert 'href="chapters/first.html#claim-the-answer"' in table
    assert 'id="claim-the-answer"' in first
    assert [claim["name"] for claim in claims_in(first)] == ["the-answer"]


def test_pictures_have_alternative_text(first: str):
    assert 'role="img" aria-label="The squares of 0, 1 and 2 rise ever faster."' in first


def test_widget_script_is_loaded_where_a_widget_is(first: str, built_book: Path):
    index = (built_book / "_build/html/index.html").read_text(encoding="utf-8")
    assert re.search(r'<script defer="defer" src="../_static/rnnlib-widgets.js\?v=\w+"></script>', first)
    assert "rnnlib-widgets.js" not in index
    assert 'href="#flow?length=12"' in first
    assert (built_book / "_build/html/_static/rnnlib-widgets.js").stat().st_size > 10_000


def test_no_kernel_state_is_in_the_page(first: str):
    for word in ("widget-state+json", "widget-view+json", "require.js", "requirejs", "html-manager", "thebe"):
        assert word not in first


def test_notebook_is_offered_for_download(first: str, built_book: Path):
    assert 'href="../_sources/chapters/first.ipynb"' in first
    offered = built_book / "_build/html/_sources/chapters/first.ipynb"
    assert offered.read_bytes() == (built_book / "chapters/first.ipynb").read_bytes()
    assert "colab" not in first.lower()


def test_two_builds_give_the_same_pages(small_book: Path, built_book: Path, run):
    """Apart from the one cell that prints its process's number."""
    shutil.copy(built_book / "chapters/first.ipynb", small_book / "chapters")
    assert run(BUILD, folder=small_book).returncode == 0
    first, second = small_book / "_build/html", built_book / "_build/html"
    pages = [path.relative_to(first) for path, _ in pages_of(first)]
    assert pages
    for page in pages:
        texts = [(folder / page).read_text(encoding="utf-8") for folder in (first, second)]
        assert len({re.sub(r"process \d+", "process", text) for text in texts}) == 1, page


# What stops a build


def append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


FAILURES = {
    "an error": (
        "answer = 1 / 0",
        [
            r"chapters/first.md: cell 7 \(line 1\d\d\)",
            "answer = 1 / 0",
            "ZeroDivisionError: division by zero",
        ],
    ),
    "a claim that does not hold": (
        "claim('too-much', 'Answers are small.', answer, at_most=41)",
        [r"chapters/first.md: cell 7 \(line 1\d\d\)", "claim 'too-much' does not hold", "wanted at most 41"],
    ),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_failing_cell_stops_the_build_and_is_named(small_book: Path, run, failure: str):
    code, expected = FAILURES[failure]
    append(small_book / "chapters/first.md", f"\n{cell(code)}\n")
    done = run(BUILD, folder=small_book)
    assert done.returncode == 1
    for pattern in expected:
        assert re.search(pattern, done.stdout), done.stdout
    assert done.stdout.rstrip().endswith("The book was not built: what failed stands above.")
    assert not (small_book / "_build/html/index.html").exists()


def test_a_lost_kernel_is_told_with_the_cell_that_lost_it(small_book: Path, tmp_path: Path):
    """On a page at the book's root, in the midst of its cells."""
    header = (small_book / "chapters/first.md").read_text(encoding="utf-8").partition("(first)=")[0]
    codes = ("fine = 1", "import os\n\nos._exit(1)", "fine = 2", "fine = 3")
    page = header + "\n".join(cell(code) for code in codes)
    (small_book / "page.md").write_text(page, encoding="utf-8")
    line = page[: page.index("import os")].count("\n") + 1
    chapter = read_chapter(small_book / "page.md", set())
    with pytest.raises(CellFailed, match=rf"\Apage\.md: cell 2 \(line {line}\)\n\nthe kernel was lost"):
        execute(small_book, "page.md", chapter, tmp_path / "cache", timeout=60)


def cell(code: str) -> str:
    return f"```{{code-cell}} ipython3\n{code}\n```"


WARNINGS = {
    "Look: $\\frac{1}{$ here.": r"bad TeX: .*Unexpected end of input.*: \\frac\{1\}\{",
    "[gone](#nowhere)": "'myst' cross-reference target not found: 'nowhere'",
    "{eq}`nowhere`": "equation not found: nowhere",
    "{cite:t}`nobody`": 'could not find bibtex key "nobody"',
    "[set](#absent?length=3)": "a link sets a widget 'absent' that this page does not have",
    ":::{solution-start} ex-none\n:::\nText.\n\n:::{solution-end}\n:::": "no exercise .* the label 'ex-none'",
    ":::{solution-start} ex-double\n:::\nText.": "the solution of 'ex-double' does not end",
    cell("claim('the-answer', 'Again.', 42, at_least=0)"): "two claims are called 'the-answer'",
    cell("GradientFlow(id='flow', length=3)"): "two widgets of the page chapters/first have the id 'flow'",
    cell("import sys\n\n_ = sys.stderr.write('hm')"): "stderr was found in the cell outputs",
    cell("import matplotlib.pyplot as plt\n\n_ = plt.plot([1])"): "no alternative text",
}


def test_every_warning_stops_the_build(small_book: Path, run):
    """Each is told with its page, and told again by the next build."""
    append(small_book / "chapters/first.md", "\n" + "\n\n".join(WARNINGS) + "\n")
    for _ in range(2):
        done = run(BUILD, folder=small_book)
        assert done.returncode == 1
        told = [line for line in done.stdout.splitlines() if "WARNING" in line]
        for warning in WARNINGS.values():
            assert any(
                re.search(rf"chapters/first\.md(:\d+)?: WARNING: .*{warning}", line) for line in told
            ), warning
        assert done.stdout.rstrip().endswith("The book was not built: what failed stands above.")
    assert any(re.search(r"first\.md:1\d\d: WARNING: bad TeX", line) for line in told)


# What a build keeps


@pytest.fixture
def own_rnnlib(small_book: Path) -> Path:
    """A copy of rnnlib beside the small book, which its kernels import instead of the installed one."""
    return Path(shutil.copytree(cache.PACKAGE, small_book.parent / "path" / "rnnlib"))


def test_what_an_edit_makes_anew(small_book: Path, own_rnnlib: Path, run):
    """Cells run again after an edit of the library, only pages after one of their machinery."""

    def build() -> tuple[list[str], bool, bool]:
        done = run(BUILD, folder=small_book, PYTHONPATH=str(own_rnnlib.parent))
        assert done.returncode == 0, done.stdout
        caches = [path.name for path in (small_book / "_build" / "executed").iterdir()]
        read = re.search(r"(\d+) added, (\d+) changed", done.stdout)
        return caches, "run in" in done.stdout, read.groups() != ("0", "0")

    first, executed, read = build()
    assert len(first) == 1 and executed and read

    assert build() == (first, False, False)

    append(own_rnnlib / "book/static/rnn-book.css", "\n/* an edit */\n")
    assert build() == (first, False, True)
    assert "an edit" in (small_book / "_build/html/_static/rnn-book.css").read_text(encoding="utf-8")

    append(own_rnnlib / "widgets/js/core.mjs", "\n// an edit\n")
    assert build() == (first, False, True)

    append(own_rnnlib / "data/story.txt", "More.\n")
    second, executed, read = build()
    assert len(second) == 1 and second != first and executed and read

    append(small_book / "index.md", "\nNew words.\n")
    assert build() == (second, False, True)
    assert "New words." in (small_book / "_build/html/index.html").read_text(encoding="utf-8")

    append(small_book / "chapters/first.md", "\nMore words.\n")
    assert build() == (second, False, True)  # a chapter's prose changed, its cells did not


def test_claims_page_follows_an_edited_chapter(small_book: Path, run):
    assert run(BUILD, folder=small_book).returncode == 0
    later = cell("claim('later', 'It came later.', 1, at_least=0)")
    append(small_book / "chapters/first.md", f"\n{later}\n")
    assert run(BUILD, folder=small_book).returncode == 0
    assert "It came later." in (small_book / "_build/html/index.html").read_text(encoding="utf-8")


def test_stored_results_are_part_of_the_hash(monkeypatch):
    before = cache.outputs_hash()
    rest = [file for file in cache._package_files() if file.suffix != ".json"]
    monkeypatch.setattr(cache, "_package_files", lambda: rest)
    assert cache.outputs_hash() != before


def test_colab_is_offered_once_the_repository_is_known(small_book: Path, built_book: Path, run):
    config = small_book / "_config.yml"
    config.write_text(
        config.read_text(encoding="utf-8").replace(
            'repository: {url: ""}', "repository: {url: https://github.com/someone/recurrent, branch: trunk}"
        ),
        encoding="utf-8",
    )
    shutil.copy(built_book / "chapters/first.ipynb", small_book / "chapters")
    done = run(BUILD, folder=small_book)
    assert done.returncode == 0, done.stdout
    page = (small_book / "_build/html/chapters/first.html").read_text(encoding="utf-8")
    address = "https://colab.research.google.com/github/someone/recurrent/blob/trunk/chapters/first.ipynb"
    assert f'href="{address}"' in page
    offered = small_book / "_build/html/_sources/chapters/first.ipynb"
    assert offered.read_bytes() == (built_book / "chapters/first.ipynb").read_bytes()


# The book itself, as built by `make book`


def test_every_page_is_there(html: Path):
    for page in read_book(ROOT).titles:
        assert (html / f"{page}.html").is_file()


def test_nothing_is_loaded_from_outside(html: Path):
    for path, page in pages_of(html):
        assert [address for address in page.loaded if is_outside(address)] == [], path
        assert [found for style in page.styles for found in outside(style)] == [], path
        named = [found for script in page.scripts for found in re.findall(r"https?://[^\s\"']+", script)]
        assert [address for address in named if not address.startswith("http://www.w3.org/")] == [], path
    for path in html.rglob("*.css"):
        assert outside(path.read_text(encoding="utf-8")) == [], path


def test_loaded_files_and_links_exist(html: Path):
    pages = dict(pages_of(html))
    for path, page in pages.items():
        for address in [*page.loaded, *page.links]:
            if is_outside(address) or re.match(r"[a-z]+:", address) or not address:
                continue
            name, _, anchor = address.partition("#")
            leads_to = (path.parent / name.partition("?")[0]).resolve() if name else path
            assert leads_to.is_file(), (path, address)
            if anchor and leads_to in pages:
                assert anchor.partition("?")[0] in pages[leads_to].ids, (path, address)


def test_each_chapter_offers_its_notebook(html: Path):
    for page in read_book(ROOT).notebooks:
        assert (html / "_sources" / f"{page}.ipynb").read_bytes() == (ROOT / f"{page}.ipynb").read_bytes()


def test_every_claim_is_on_the_claims_page(html: Path):
    listed = (html / "claims.html").read_text(encoding="utf-8")
    made = [
        (path.relative_to(html).as_posix(), claim["name"])
        for path, _ in pages_of(html)
        for claim in claims_in(path.read_text(encoding="utf-8"))
    ]
    sources = [(ROOT / f"{page}.md").read_text(encoding="utf-8") for page in read_book(ROOT).titles]
    assert len(made) == sum(len(re.findall(r"^claim\(", source, re.MULTILINE)) for source in sources) > 0
    assert sorted(re.findall(r'href="([^"#]+)#claim-([^"]+)"', listed)) == sorted(made)


def test_index_has_a_widget_and_chapters_their_outputs(html: Path):
    assert 'class="rnn-widget"' in (html / "index.html").read_text(encoding="utf-8")
    for page in read_book(ROOT).notebooks:
        assert 'class="cell_output' in (html / f"{page}.html").read_text(encoding="utf-8")


def test_citation_and_changelog_agree():
    """On the version, and on its day: a version that is not released has none."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    version, day = re.search(r"^## (\S+), (\S+)$", changelog, re.MULTILINE).groups()
    assert version == citation["version"] == rnnlib.__version__
    assert day == citation.get("date-released", "unreleased")


def test_configuration_sends_nothing_out():
    """No analytics, no comments, and no address that does not exist yet."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    assert not {"analytics", "comments"} & set(config.get("html", {}))
    assert "sphinx_thebe" not in config["sphinx"]["config"]["extensions"]
