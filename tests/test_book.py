"""The book machine: mathematics, cells, claims, exercises, caching, pages that ask for nothing outside."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
import yaml
from docutils import nodes
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from PIL import Image
from sphinx.addnodes import pending_xref

import rnnlib
from rnnlib.book import cache, emblem, facts, katex, lean, policy, search_texts
from rnnlib.book.claims_page import claims_in
from rnnlib.book.execution import CellFailed, book_kernels, execute, read_chapter
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
        self.unguarded: list[str] = []  # links out that tell where they come from
        self.handlers: list[str] = []
        self.policy = ""
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
            if is_outside(given["href"]) and given.get("rel") != "noopener noreferrer":
                self.unguarded.append(given["href"])
        if tag == "meta" and given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"]
        self.handlers.extend(name for name in given if name.startswith("on"))
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
    assert first.count("<math ") == first.count('class="katex-html"') == 9
    assert "MathJax" not in first


def test_exercise_and_closed_solution(first: str):
    assert '<p class="admonition-title">Exercise 1: Double it</p>' in first
    solution = re.search(r'<details class="solution">(.*?)</details>', first, re.DOTALL)[1]
    assert "<summary>Solution of Exercise 1: Double it</summary>" in solution
    assert "Twice means times two." in solution
    assert re.search(r"<pre>(<span></span>)?84\n</pre>", solution)  # the executed cell's output
    assert '<p class="admonition-title">Exercise 2</p>' in first
    facts = re.search(r'<p class="exercise-facts">(.*?)</p>', first)[1]
    assert re.sub(r"<[^>]+>", "", facts) == "Recall, 5 minutes. Check: check.double(answer)."


def test_question_has_an_anchor(first: str):
    box = re.search(r'<div class="admonition question" id="first-q-it">(.*?)</div>', first, re.DOTALL)[1]
    assert 'admonition-title">Learners ask: is <a' in box and 'href="#first-update"' in box


def test_each_option_of_a_prediction_opens_by_itself(first: str):
    box = first[first.index('<div class="admonition predict" id="first-predict">') :].partition("</div>")[0]
    options = re.findall(r'<details class="option">(.*?)</details>', box, re.DOTALL)
    assert len(options) == 2 and "<details" not in "".join(options)
    lines, told = (
        [re.search(r"<summary>(.*?)</summary>(.*)", option, re.DOTALL)[k] for option in options]
        for k in (1, 2)
    )
    assert 'class="katex-mathml"' in lines[0] and "<code" in lines[0] and lines[1] == "42"
    assert re.findall(r"<strong>(.*?)</strong>", "".join(told)) == ["No.", "Right."]
    assert '<a class="reference internal" href="#equation-eq-first">(1)</a>' in told[0]
    assert told[0].count("<p>") == 2


def test_questions_and_exercises_are_listed(built_book: Path):
    index = (built_book / "_build/html/index.html").read_text(encoding="utf-8")
    (questions,) = re.findall(r'<ul class="listing-question[^"]*">(.*?)</ul>', index, re.DOTALL)
    assert 'href="chapters/first.html#first-q-it">Is ' in questions
    assert "Shown by the cell above it." in questions and "Learners ask" not in questions
    assert questions.count("<a ") == 1  # a link holds no other link
    (exercises,) = re.findall(r'<ul class="listing-exercise[^"]*">(.*?)</ul>', index, re.DOTALL)
    assert re.sub(r"<[^>]+>", "", exercises).strip() == (
        "Exercise 1: Double it. Recall, 5 minutes. Check: check.double(answer)."
    )


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
    assert re.search(r'<script defer="defer" src="../_static/rnnlib-gradient_flow.js\?v=\w+">', first)
    assert "rnnlib-" not in re.sub(r"href=.*?>", "", index)
    assert 'href="#flow?length=12"' in first
    script = (built_book / "_build/html/_static/rnnlib-gradient_flow.js").read_text(encoding="utf-8")
    assert "$make.gradient_flow" in script and "$make.gru_stepper" not in script


def test_no_kernel_state_is_in_the_page(first: str):
    for word in ("widget-state+json", "widget-view+json", "require.js", "requirejs", "html-manager", "thebe"):
        assert word not in first


def test_notebook_is_offered_for_download(first: str, built_book: Path):
    assert 'href="../_sources/chapters/first.ipynb"' in first
    offered = built_book / "_build/html/_sources/chapters/first.ipynb"
    assert offered.read_bytes() == (built_book / "chapters/first.ipynb").read_bytes()
    assert "colab" not in first.lower()


def test_two_builds_give_the_same_pages(small_book: Path, built_book: Path, run):
    """Apart from the one cell that prints its process's number, and how long the cells took."""
    shutil.copy(built_book / "chapters/first.ipynb", small_book / "chapters")
    assert run(BUILD, folder=small_book).returncode == 0
    first, second = small_book / "_build/html", built_book / "_build/html"
    pages = [path.relative_to(first) for path, _ in pages_of(first)]
    assert pages
    for page in pages:
        texts = [(folder / page).read_text(encoding="utf-8") for folder in (first, second)]
        assert len({re.sub(r"process \d+|runs in about \d+ s", "", text) for text in texts}) == 1, page


# What a page carries, and what it leaves out


def test_each_page_has_the_policy_and_nothing_that_it_forbids(built_book: Path):
    html = built_book / "_build/html"
    published = (html / policy.POLICY_FILE).read_text(encoding="utf-8").strip()
    for path, page in pages_of(html):
        text = path.read_text(encoding="utf-8")
        assert page.policy == policy.policy(policy.inline_scripts(text)) == published, path
        assert text.index("Content-Security-Policy") < text.index("<script"), path
        assert not page.handlers and not page.unguarded, (path, page.handlers, page.unguarded)
    assert re.match(r"default-src 'none'; script-src 'self' 'sha256-[\w+/]{43}='; style-src", published)


def test_a_script_of_a_page_is_hashed_and_data_are_not():
    """The digest is RFC 6234's of `abc`."""
    scripts = '<script>abc</script><script type="application/json">{}</script><script src="a.js"></script>'
    html = f'<meta charset="utf-8" />{scripts}'
    assert policy.inline_scripts(html) == ["abc"]
    guarded = policy.guarded(f'{html}<a class="x" href="https://example.org">out</a><a href="in.html">in</a>')
    assert "'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='" in guarded
    assert guarded.count("sha256-") == 1
    assert '<a rel="noopener noreferrer" class="x" href="https://example.org">out' in guarded
    assert '<a href="in.html">' in guarded


def test_style_sheets_keep_what_applies():
    css = """/*! licence */ @import "a.css"; /* note */ .seen, .gone{color:red} .gone b{top:0}
    #here .seen:not(.gone)>a{x:y} @media print{.gone{x:y}}
    @media screen{.seen:is(.gone, b){x:url("a{b}.png")}} .fa-bars{x:y} a[class="fa"]{x:y}
    @font-face{font-family:"Font Awesome";src:url(f.woff2)} @font-face{font-family:Own}"""
    assert lean.trimmed(css, {"seen", "here", "fa-bars"}).splitlines() == [
        "/*! licence */",
        '@import "a.css";',
        ".seen{color:red}",
        "#here .seen:not(.gone)>a{x:y}",
        '@media screen{.seen:is(.gone, b){x:url("a{b}.png")}}',
        'a[class="fa"]{x:y}',
        "@font-face{font-family:Own}",
    ]


def test_nothing_unused_is_in_the_book(built_book: Path, first: str):
    static = built_book / "_build/html/_static"
    names = {path.name for path in static.rglob("*") if path.is_file()}
    assert not names & {"fontawesome.js", "bootstrap.js", "design-tabs.js", "thebe.js"}
    assert not [name for name in names if re.search(r"\.(map|po|mo|ttf)$|^fa-", name)]
    assert not [name for name in names if name.startswith("rnnlib-weights")]  # the one widget has none
    theme = (static / "styles/pydata-sphinx-theme.css").read_text(encoding="utf-8")
    assert len(theme) < 130_000 and "Awesome" not in theme and ".admonition" in theme
    assert len(set(re.findall(r"pydata-sphinx-theme\.css\?v=(\w+)", first))) == 1
    assert all("defer" in script for script in re.findall(r"<script [^>]*src=[^>]*>", first))


def test_every_icon_is_drawn(built_book: Path):
    """Each icon that a template names has a drawing of ours."""
    drawn = (built_book / "_build/html/_static/rnn-icons.css").read_text(encoding="utf-8")
    for path, _ in pages_of(built_book / "_build/html"):
        for classes in re.findall(r'<(?:i|span) class="([^"]*\bfa-[^"]*)"', path.read_text(encoding="utf-8")):
            named = [name for name in classes.split() if name.startswith("fa-")]
            assert [name for name in named if f".{name} {{ --rnn-icon" in drawn], (path, classes)


def test_a_chapter_says_how_long_it_takes(first: str, built_book: Path):
    line = re.search(r'</h1>\s*<p class="rnn-facts">(.*?)</p>', first)[1]
    assert re.match(r"\d+ min to read · runs in about \d+ s · ", line)
    links = dict(re.findall(r'<a href="([^"]+)" download>(\w+)</a>', line))
    sources = "../_sources/chapters/first"
    assert links == {f"{sources}.ipynb": "notebook", f"{sources}.md": "source"}
    assert "rnn-facts" not in (built_book / "_build/html/index.html").read_text(encoding="utf-8")


def test_time_to_read_and_to_run():
    words = nodes.paragraph("", "word " * 400)
    assert facts.reading_minutes(nodes.section("", words)) == 2
    code = nodes.literal_block("", "\n".join(["x = 1"] * 80))
    assert facts.reading_minutes(nodes.section("", words.deepcopy(), code)) == 4
    assert [facts.rounded_seconds(t) for t in (0.2, 4, 16, 61, 700)] == [1, 5, 20, 90, 720]


def test_description_is_the_beginning():
    text = "What is this? It is a page about states, and about what they carry. " + "More of it. " * 20
    tree = nodes.section("", nodes.paragraph("", "Short."), nodes.paragraph("", text))
    about = facts.description(tree)
    assert about.startswith("What is this?") and about.endswith("More of it.") and len(about) <= 200


def test_search_reads_sections_without_keys():
    cited = pending_xref("", nodes.inline("", "elman1990"), refdomain="cite")
    part = nodes.section("", nodes.paragraph("", "", nodes.Text("As shown by "), cited), ids=["part"])
    page = nodes.section("", nodes.paragraph("", "The start."), part, ids=["page"])
    assert search_texts.texts_of(page) == {"page": "The start.", "part": "As shown by"}
    formula = r"c_t = f_t \odot c_{t-1} + \operatorname{diag}(\tanh x)"
    assert search_texts.plain(formula) == "c_t = f_t ⊙ c_t-1 + diag(tanh x)"


def test_index_lists_the_glossarys_words(built_book: Path):
    index = (built_book / "_build/html/genindex.html").read_text(encoding="utf-8")
    assert re.search(r'<a href="index.html#term-hidden-state">(<strong>)?hidden state', index)


def test_emblem_is_a_square_and_the_preview_a_card(built_book: Path, first: str):
    static = built_book / "_build/html/_static"
    assert (static / "favicon.svg").read_text(encoding="utf-8") == emblem.favicon()
    assert ElementTree.fromstring(emblem.favicon()).get("viewBox") == "0 0 100 100"
    for name, size in {"touch-icon.png": (180, 180), "preview.png": emblem.PREVIEW}.items():
        with Image.open(static / name) as picture:
            assert picture.size == size
    assert '<link rel="icon" type="image/svg+xml" href="../_static/favicon.svg" />' in first
    assert '<meta property="og:title" content="First" />' in first
    assert '<meta property="og:site_name" content="A book of two pages" />' in first


def test_empty_heads_of_tables_are_no_headings(built_book: Path):
    for path, _ in pages_of(built_book / "_build/html"):
        assert not re.search(r"<th[^>]*>\s*(<p>\s*</p>)?\s*</th>", path.read_text(encoding="utf-8")), path


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
    told = rf"\Apage\.md: cell 2 \(line {line}\)\n\nthe kernel was lost"
    with book_kernels(), pytest.raises(CellFailed, match=told):
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
    ":::{predict} odd?\n- [ ] Yes\n  So.\n- [ ] No\n  So.\n:::": "a prediction has 2 options, expected",
    ":::{exercise} odd\n:level: hard\n:minutes: 5\nText.\n:::": "'exercise': Invalid option value.*hard",
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


def test_what_was_measured_on_pages_runs_the_page_again_that_shows_it(tmp_path: Path, monkeypatch):
    """And no other: the benchmark of pages would otherwise void the pages that it measured."""
    measured = tmp_path / "page.json"
    monkeypatch.setattr(cache, "MEASURED_ON_PAGES", (measured, tmp_path / "absent.json"))
    kept = tmp_path / "executed"
    pages = {f"{cache.SHOWN_ON}.md": "1", "chapters/gru.md": "2"}

    def left() -> set[str]:
        cache.forget_if_measured_again(kept)
        return {Path(record.uri).stem for record in get_cache(kept).list_cache_records()}

    measured.write_text("1")
    assert left() == set()
    for page, source in pages.items():
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source, execution_count=1)])
        bundle = CacheBundleIn(notebook, str(tmp_path / page))
        get_cache(kept).cache_notebook_bundle(bundle, check_validity=False)
    assert left() == {cache.SHOWN_ON, "gru"}
    measured.write_text("2")
    assert left() == {"gru"}


def test_only_one_page_shows_what_was_measured_on_pages():
    names = "|".join(path.stem for path in cache.MEASURED_ON_PAGES)
    for page in [*ROOT.glob("*.md"), *ROOT.glob("chapters/*.md")]:
        loads = re.search(rf"""\bload\(["']({names})["']\)""", page.read_text(encoding="utf-8"))
        assert not loads or page.stem == cache.SHOWN_ON, page


def launched(page: Path) -> dict[str, str]:
    """What a page's launch buttons open: the service's name, and the notebook's path in the repository."""
    tag = "someone/recurrent/{}v1.2.3"
    starts = {
        "Colab": "https://colab.research.google.com/github/" + tag.format("blob/") + "/",
        "Binder": "https://mybinder.org/v2/gh/" + tag.format("") + "?urlpath=lab/tree/",
    }
    links = Page(page.read_text(encoding="utf-8")).links
    return {
        name: link.removeprefix(start)
        for name, start in starts.items()
        for link in links
        if link.startswith(start)
    }


def with_address(small_book: Path, built_book: Path, url: str) -> Path:
    """A book with a repository's address: a chapter beside its notebook, and a page with cells and none."""
    config = small_book / "_config.yml"
    config.write_text(
        config.read_text(encoding="utf-8").replace(
            'repository: {url: ""}',
            f"repository: {{url: {url}, branch: v1.2.3}}\nhtml: {{baseurl: https://someone.example/book/}}",
        ),
        encoding="utf-8",
    )
    shutil.copy(built_book / "chapters/first.ipynb", small_book / "chapters")
    start = small_book / "index.md"
    head = (small_book / "chapters/first.md").read_text(encoding="utf-8").partition("\n---\n")[0]
    start.write_text(f"{head}\n---\n\n{start.read_text(encoding='utf-8')}", encoding="utf-8")
    append(start, f"\n{cell('print(1)')}\n")
    return small_book


def test_launch_buttons_and_preview_once_the_addresses_are_known(small_book: Path, built_book: Path, run):
    """Every launch button opens a notebook that is in the repository; a page without one has no button."""
    book = with_address(small_book, built_book, "https://github.com/someone/recurrent")
    done = run(BUILD, folder=book)
    assert done.returncode == 0, done.stdout
    html = book / "_build/html"
    opened = launched(html / "chapters/first.html")
    assert opened == dict.fromkeys(("Colab", "Binder"), "chapters/first.ipynb")
    assert all((book / path).is_file() for path in opened.values())
    assert launched(html / "index.html") == {}
    page = (html / "chapters/first.html").read_text(encoding="utf-8")
    assert '<meta property="og:url" content="https://someone.example/book/chapters/first.html" />' in page
    assert '<meta property="og:image" content="https://someone.example/book/_static/preview.png" />' in page
    offered = html / "_sources/chapters/first.ipynb"
    assert offered.read_bytes() == (built_book / "chapters/first.ipynb").read_bytes()


def test_colab_is_not_offered_for_what_it_cannot_open(small_book: Path, built_book: Path, run):
    book = with_address(small_book, built_book, "https://gitlab.com/someone/recurrent")
    done = run(BUILD, folder=book)
    assert done.returncode == 0, done.stdout
    html = (book / "_build/html/chapters/first.html").read_text(encoding="utf-8")
    links = Page(html).links
    start = "https://mybinder.org/v2/gl/someone%2Frecurrent/v1.2.3?urlpath=lab/tree/"
    assert f"{start}chapters/first.ipynb" in links
    assert not [link for link in links if "colab" in link]


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


def test_published_policy_is_the_one_in_the_readme_and_fits_every_page(html: Path):
    published = (html / policy.POLICY_FILE).read_text(encoding="utf-8").strip()
    assert published in (ROOT / "README.md").read_text(encoding="utf-8")
    for path, page in pages_of(html):
        assert page.policy == published, path
        assert not page.handlers and not page.unguarded, (path, page.handlers, page.unguarded)


def test_previous_and_next_follow_the_table_of_contents(html: Path):
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    order = [toc["root"], *(entry["file"] for part in toc["parts"] for entry in part["chapters"])]
    for page, following in pairwise(order):
        here, there = (html / f"{name}.html" for name in (page, following))
        onward = re.search(r'class="right-next"\s+href="([^"]+)"', here.read_text(encoding="utf-8"))[1]
        assert (here.parent / onward).resolve() == there.resolve(), page
        back = re.search(r'class="left-prev"\s+href="([^"]+)"', there.read_text(encoding="utf-8"))[1]
        assert (there.parent / back).resolve() == here.resolve(), following


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
