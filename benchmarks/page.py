"""How fast a page's widgets come alive and answer: `python -m benchmarks.page`.

Figures for each page of the built book that holds widgets, and for a bare page that holds one of each:

- *ready*: from the moment the page's HTML is read (`domInteractive`) until its last widget is live, and from
  the start of the navigation, both in ms; median of the loads. The threshold is on the first, for the
  book's pages; nobody reads the bare one.
- *redraw*: from a move of a control until the widget has changed everything that depends on it and the
  browser has laid the page out anew, in ms, for every enabled range and switch; median and 95th percentile.
- *translator*, where there is one: from Enter until the first word stands there and until beam search of
  width 5 is done with a sentence of ten words, in ms, medians of five sentences; and the longest task of the
  page's own thread meanwhile, of which the browser tells if it takes 50 ms or more.

Prints a table, stores the figures, and exits with 1 if a threshold is missed; with `--quick` it loads each
page fewer times and stores nothing.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from rnnlib import results, widgets
from rnnlib.widgets import loader

sys.path.insert(0, str(results.ROOT / "tests" / "browser"))
from browser import open_browser  # noqa: E402
from translator_times import translator_times  # noqa: E402

NAME = "page"
FILES = ("benchmarks/page.py", "rnnlib/widgets", "rnnlib/widgets/js")
WHAT = (
    "Widgets of a page, from file://: ms from the page's HTML being read until the last one is live, "
    "and ms from a move of a control until everything that depends on it has changed; of the translator ms "
    "from Enter to its first word and to the end of its beam search, and the page's longest task meanwhile."
)
READY_MS = 300.0
REDRAW_MS = 16.0
TRANSLATOR_MS = {"first_word_ms": 50.0, "whole_search_ms": 500.0, "longest_task_ms": 50.0}
TRANSLATOR = 'figure[data-widget="live_translator"]'
BARE = "one of each widget, bare"

# Runs before the page's own scripts: notes when the last figure becomes live.
WATCH = """
window.benchReady = null;
new MutationObserver(() => {
  const all = document.querySelectorAll("figure.rnn-widget");
  const live = document.querySelectorAll("figure.rnn-widget.rnn-ready");
  if (all.length && live.length === all.length) window.benchReady ??= performance.now();
}).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["class"] });
"""
READY = """() => {
  const [entry] = performance.getEntriesByType("navigation");
  return { from_html: window.benchReady - entry.domInteractive, from_start: window.benchReady };
}"""
# Moves every range up and down and every switch on and back; each time until the widget has redrawn in its
# microtask and the layout that follows is done.
MOVES = """async (figure) => {
  const times = {};
  const timed = async (name, event, change, field) => {
    const start = performance.now();
    change();
    field.dispatchEvent(new Event(event, { bubbles: true }));
    await null; await null; await null;
    figure.getBoundingClientRect();
    (times[name] ??= []).push(performance.now() - start);
  };
  const rest = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
  const name_of = (field) => field.closest("[data-trait]")?.dataset.trait ?? field.ariaLabel ?? field.type;
  for (let round = 0; round < 6; round++) {
    for (const field of figure.querySelectorAll("input[type=range]:enabled")) {
      const before = field.value;
      await timed(name_of(field), "input", () => field.stepUp(), field);
      if (field.value === before) await timed(name_of(field), "input", () => field.stepDown(), field);
      await timed(name_of(field), "input", () => { field.value = before; }, field);
      await rest();
    }
    for (const field of figure.querySelectorAll("input[type=checkbox]")) {
      await timed(name_of(field), "change", () => { field.checked = !field.checked; }, field);
      await timed(name_of(field), "change", () => { field.checked = !field.checked; }, field);
      await rest();
    }
    for (const field of figure.querySelectorAll("input[type=radio]:not(:checked)")) {
      const chosen = figure.querySelector(`input[name="${field.name}"]:checked`);
      await timed(name_of(field), "change", () => { field.checked = true; }, field);
      await timed(name_of(field), "change", () => { chosen.checked = true; }, chosen);
      await rest();
    }
  }
  return times;
}"""


def bare_page(folder: Path) -> Path:
    """A page with one of each widget and nothing else."""
    figures = "".join(getattr(widgets, name)().to_html() for name in widgets.__all__)
    for name, source in {"widgets.js": loader.bundle(), **loader.weight_scripts()}.items():
        (folder / name).write_text(source, encoding="utf-8")
    page = folder / "index.html"
    head = '<!doctype html><meta charset="utf-8"><title>Bench</title><script defer src="widgets.js"></script>'
    page.write_text(head + figures, encoding="utf-8")
    return page


def pages(book: Path, bare: Path) -> dict[str, Path]:
    """The bare page, and the pages of the built book that hold a widget."""
    found = {BARE: bare}
    for page in sorted(book.rglob("*.html")):
        if 'class="rnn-widget"' in page.read_text(encoding="utf-8"):
            found[str(page.relative_to(book))] = page
    return found


def load(browser: Browser, path: Path) -> tuple[Page, dict[str, float]]:
    """The page in a fresh context with the network off, and how long its widgets took."""
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto(path.resolve().as_uri())
    page.wait_for_function("() => window.benchReady !== null")
    return page, page.evaluate(READY)


def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def measure(browser: Browser, path: Path, loads: int) -> dict[str, Any]:
    """Ready and redraw times of one page."""
    ready = []
    for _ in range(loads + 1):
        page, times = load(browser, path)
        ready.append(times)
        page.context.close()
    ready = ready[1:]  # the first load fills the browser's caches
    page, _ = load(browser, path)
    redraw = {}
    for figure in page.locator("figure.rnn-widget").all():
        moves = figure.evaluate(MOVES)
        every = [time for times in moves.values() for time in times]
        slowest = max(moves, key=lambda name: statistics.median(moves[name]))
        redraw[figure.get_attribute("id")] = {
            "moves": len(every),
            "median_ms": statistics.median(every),
            "p95_ms": percentile(every, 0.95),
            "slowest_control": slowest,
            "slowest_control_median_ms": statistics.median(moves[slowest]),
        }
    page.context.close()
    translating = measure_translator(browser, path)
    return {
        "widgets": len(redraw),
        "loads": loads,
        "ready_after_html_ms": statistics.median(times["from_html"] for times in ready),
        "ready_after_start_ms": statistics.median(times["from_start"] for times in ready),
        "redraw": redraw,
    } | ({"translator": translating} if translating else {})


def measure_translator(browser: Browser, path: Path) -> dict[str, float]:
    """Medians of what the page's translator takes, and its longest task; nothing where there is none."""
    page, _ = load(browser, path)
    figure = page.locator(TRANSLATOR)
    times = translator_times(figure) if figure.count() else []
    page.context.close()
    if not times:
        return {}
    medians = {name: statistics.median(one[name] for one in times) for name in times[0]}
    return medians | {"longest_task_ms": max(one["longest_task_ms"] for one in times)}


def missed(measured: dict[str, dict[str, Any]]) -> list[str]:
    """Which thresholds are not kept, in words. A redraw is held to its slowest control's median."""
    found = []
    for name, result in measured.items():
        if name != BARE and result["ready_after_html_ms"] > READY_MS:
            ready = f"ready after {result['ready_after_html_ms']:.0f} ms"
            found.append(f"{name}: {ready}, wanted {READY_MS:.0f}")
        for widget, times in result["redraw"].items():
            if times["slowest_control_median_ms"] > REDRAW_MS:
                slow = f"{times['slowest_control']} redraws in {times['slowest_control_median_ms']:.1f} ms"
                found.append(f"{name}, {widget}: {slow}, wanted {REDRAW_MS:.0f}")
        for what, time in result.get("translator", {}).items():
            if time > TRANSLATOR_MS[what]:
                words = what.removesuffix("_ms").replace("_", " ")
                found.append(f"{name}, translator: {words} {time:.0f} ms, wanted {TRANSLATOR_MS[what]:.0f}")
    return found


def rounded(value: Any) -> Any:
    """All floats in nested dicts to 2 decimals."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return round(value, 2) if isinstance(value, float) else value


def report(measured: dict[str, dict[str, Any]]) -> None:
    """Print the table."""
    print(f"{'page':44} {'ready after HTML':>17} {'after start':>12}")
    for name, result in measured.items():
        print(
            f"{name:44} {result['ready_after_html_ms']:>14.0f} ms {result['ready_after_start_ms']:>9.0f} ms"
        )
        for widget, times in result["redraw"].items():
            print(
                f"  {widget}: redraw median {times['median_ms']:.1f} ms, 95 % in {times['p95_ms']:.1f} ms "
                f"({times['moves']} moves); slowest control {times['slowest_control']}, "
                f"median {times['slowest_control_median_ms']:.1f} ms"
            )
        if times := result.get("translator"):
            print(
                f"  translator: first word after {times['first_word_ms']:.0f} ms, whole beam search after "
                f"{times['whole_search_ms']:.0f} ms, longest task {times['longest_task_ms']:.0f} ms"
            )


def main() -> int:
    """Measure, print, store; 1 if a threshold is missed."""
    parser = argparse.ArgumentParser(
        description="time widgets until they are ready, and until they have redrawn"
    )
    parser.add_argument("--loads", type=int, default=7, help="loads of each page (default 7)")
    parser.add_argument("--quick", action="store_true", help="two loads of each page, nothing stored")
    book = Path(os.environ.get("RNNLIB_HTML", results.ROOT / "_build" / "html"))
    parser.add_argument("--book", type=Path, default=book, help="folder of the built book")
    options = parser.parse_args()
    loads = 2 if options.quick else options.loads
    with tempfile.TemporaryDirectory() as folder, open_browser() as browser:
        found = pages(options.book, bare_page(Path(folder)))
        measured = {name: measure(browser, path, loads) for name, path in found.items()}
        version = browser.version
    report(measured)
    if len(measured) == 1:
        print(f"no built book in {options.book.name}/: only the bare page was measured")
    if not options.quick:
        runs = [{"page": name, "chromium": version, **rounded(result)} for name, result in measured.items()]
        results.save(results.new_result(NAME, WHAT, f"python -m benchmarks.{NAME}", FILES, runs))
    problems = missed(measured)
    print("\n".join(problems) or "all thresholds kept")
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
