"""Fixtures of the browser tests: the browser, the pages of the built book, a page that holds every widget."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from browser import open_browser
from playwright.sync_api import Browser

from rnnlib import widgets
from rnnlib.widgets import loader

ROOT = Path(__file__).parents[2]
NOT_CONTENT = {"_static", "_sources", "_modules", "slides"}  # slides have tests of their own
BENCH = "bench page"


def book_folder() -> Path:
    """Where the built book is: `RNNLIB_HTML`, else `_build/html`."""
    return Path(os.environ.get("RNNLIB_HTML", ROOT / "_build" / "html"))


@cache
def book_pages() -> tuple[str, ...]:
    """All pages of the built book, by their path in it; none if it is not built."""
    folder = book_folder()
    found = (page.relative_to(folder) for page in folder.rglob("*.html"))
    return tuple(sorted(str(page) for page in found if not NOT_CONTENT & set(page.parts)))


@cache
def pages_with_widgets() -> tuple[str, ...]:
    """Those pages of the built book that hold a widget."""
    holds = 'class="rnn-widget"'
    return tuple(page for page in book_pages() if holds in (book_folder() / page).read_text(encoding="utf-8"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each page. Where the book is not built, one test that says so and fails."""
    if "book_page" in metafunc.fixturenames:
        metafunc.parametrize("book_page", book_pages() or ["(not built)"], indirect=True)
    if "widget_page" in metafunc.fixturenames:
        found = pages_with_widgets() or ["(not built)"]
        metafunc.parametrize("widget_page", [BENCH, *found], indirect=True)
    if "host_page" in metafunc.fixturenames:
        found = pages_with_widgets() or ["(not built)"]
        metafunc.parametrize("host_page", found, indirect=True)


def built(name: str) -> Path:
    """A page of the built book; fails, with what to do, where there is none."""
    folder = book_folder()
    if not (folder / "index.html").is_file():
        pytest.fail(
            f"no built book in {folder}: type `make book`, or name its folder in RNNLIB_HTML", pytrace=False
        )
    page = folder / name
    if not page.is_file():
        pytest.fail(f"no page of the built book in {folder} holds a widget", pytrace=False)
    return page


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    with open_browser() as started:
        yield started


@pytest.fixture
def book_page(request: pytest.FixtureRequest) -> Path:
    """A page of the built book."""
    return built(request.param)


@pytest.fixture
def widget_page(request: pytest.FixtureRequest, bench_page: Path) -> Path:
    """A page with widgets: the bench page, or one of the built book."""
    return bench_page if request.param == BENCH else built(request.param)


@pytest.fixture
def host_page(request: pytest.FixtureRequest) -> Path:
    """A page of the built book that holds widgets."""
    return built(request.param)


PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>All widgets</title><link rel="icon" href="data:,">
<style>body {{ font-family: sans-serif; margin: 0 auto; max-width: 46rem; padding: 0.75rem }}
html {{ background: #fff; color: #111 }} figure {{ margin: 0 }}
html[data-theme="dark"] {{ background: #14181e; color: #eee }} a {{ color: inherit }}</style>
<script defer src="widgets.js"></script></head>
<body><main><h1>All widgets</h1>{figures}
<p>Drive them: <a href="#gru-stepper?bias_z=3">set the update bias to 3</a>,
<a href="#gru-stepper?z_convention=takes&amp;reset_after=false&amp;t=5">Chung’s reading at step 5</a>,
<a href="#gru-stepper?lock_r=0">reset gate shut</a>,
<a href="#gru-stepper?scope=step&amp;lock_z=-,-,-,1,-,-">keep at step 4</a>,
<a href="#lstm-stepper?bias_f=0">forget bias 0</a>,
<a href="#lstm-stepper?lock_f=1&amp;lock_i=-,-,0,0,0,0,0,0&amp;t=8">hold from step 3</a>,
<a href="#lstm-stepper?scope=all&amp;lock_o=0&amp;t=6&amp;unit=2">nobody sees</a>,
<a href="#gradient-flow?forget_bias=3">set the forget bias to 3</a>,
<a href="#hold-a-bit?w=2">raise w to 2</a>,
<a href="#story-writer?prompt=The%20lamp&amp;temperature=0&amp;t=7">what the lamp does</a>,
<a href="#layer-grid?step=2">layer 2 starts</a>,
<a href="#layer-grid?layers=2&amp;cell=gru&amp;nudge_layer=1&amp;nudge_step=8">nudge the last step</a>,
<a href="#left-right?sentence=the%20tour%20was%20awful&amp;k=3&amp;edit=&amp;readout=at">the cheat</a>,
<a href="#left-right?readout=last&amp;edit=hated">what output[-1] has read</a>,
<a href="#character-memory?cell=rnn&amp;t=40">the plain RNN at character 40</a>,
<a href="#character-memory?text=The%20lamp&amp;t=9&amp;measure=log_p">after the lamp</a>,
<a href="#beam-tree?problem=worked&amp;step=3">the worked example at step 3</a>,
<a href="#beam-tree?problem=crowded&amp;width=1&amp;max_length=4">greedy is right</a>,
<a href="#bottleneck?share=1">B’s state</a>,
<a href="#bottleneck?sentence_a=She%20is%20happy.&amp;mix=swap&amp;share=0.3&amp;k=4">30 units</a>,
<a href="#live-translator?forced=Tu&amp;step=2">force Tu</a>,
<a
href="#live-translator?sentence=My%20dog%20is%20old.&amp;target=Mon%20chien%20est%20vieux.&amp;width=1">my
dog</a>,
<a href="#half-life?forget_bias=6&amp;lag=280&amp;axes=log_steps">the half-life at bias 6</a>,
<a href="#vocabulary-cut?corpus=french&amp;min_freq=1&amp;largest=1000">a thousand French entries</a>,
<a href="#vocabulary-cut?sentence=the%20rusty%20harpoon&amp;merges=0">its characters</a>,
<a href="#width-trade-off?width=100&amp;alpha=2&amp;example=tower">too long</a>,
<a href="#width-trade-off?alpha=0.6&amp;penalty=gnmt">the other penalty</a>,
<a href="#unrolled-calculator?weight=u2&amp;value=L&amp;step=3">step 3 of u₂</a>,
<a href="#unrolled-calculator?weight_hh=0.2,0,0,0.2&amp;inputs=1&amp;loss_at=every">a small W</a>.</p></main>
</body></html>
"""


@pytest.fixture(scope="session")
def bench_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of our own with one of each widget, as the book would hold them."""
    folder = tmp_path_factory.mktemp("bench")
    figures = "\n".join(getattr(widgets, name)().to_html() for name in widgets.__all__)
    (folder / "index.html").write_text(PAGE.format(figures=figures), encoding="utf-8")
    for name, source in {"widgets.js": loader.bundle(), **loader.weight_scripts()}.items():
        (folder / name).write_text(source, encoding="utf-8")
    return folder / "index.html"
