"""What a chapter costs whoever opens it, built our way and the stock way: `python -m benchmarks.weight`.

Our pages with widgets, and a chapter built by Jupyter Book without our extension from the same notebook. Its
cells are executed on both sides. A local server sends both books compressed. What the stock page takes from
CDNs comes from the same server, as packed for npm, so its times hold no way through the internet. Chromium's
processor is slowed fourfold; each visit starts with an empty cache.

- *weight*: bytes that came over the line, by kind and by host, until half a second passes without a request.
- *first paint*: the first text or picture on the screen.
- *interactive*: every widget is live and the browser is free to answer.
- *longest task*: of the browser's main thread, while each slider in turn is dragged from end to end; 0 where
  none took the 50 ms from which on Chromium tells of them.
- *shift*: Chromium's layout shift, summed from the start of the visit to its end at the foot of the page.

Medians over the visits; the last goes to the foot and drags the sliders. Prints a table, stores the figures,
and exits with 1 if our pages miss a threshold. `--quick` visits one chapter twice and stores nothing.
"""

from __future__ import annotations

import argparse
import gzip
import mimetypes
import os
import re
import statistics
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from playwright.sync_api import Browser, CDPSession, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from benchmarks import stock_book
from rnnlib import results

sys.path.insert(0, str(results.ROOT / "tests" / "browser"))
from browser import open_browser  # noqa: E402

NAME = "weight"
FILES = ("benchmarks/weight.py", "benchmarks/stock_book.py", "rnnlib/book/pages.py", "rnnlib/book/lean.py",
         "rnnlib/book/static", "rnnlib/widgets", "rnnlib/widgets/js")  # fmt: skip
CHAPTER = "gru"
THROTTLE = 4
WHAT = (
    "A chapter's page, ours and as stock Jupyter Book builds it: compressed bytes by kind and host, "
    "requests, ms to first paint and until all widgets answer, longest task while sliders move, layout "
    f"shift. Local server, gzip level 6, empty cache, processor slowed {THROTTLE}-fold. What CDNs would send "
    "comes from npm packages on the same server."
)
# What our pages are held to. Weight is without the translator's weights, which load when its widget is near.
# Times depend on the machine, so they are held to the stock page's in the same run.
AT_MOST = {"kilobytes": 450.0, "longest_task_ms": 500.0, "shift": 0.02}
AT_MOST_OF_STOCK = {"first_paint_ms": 0.8, "interactive_ms": 0.5}
SHOWN = ("kilobytes", "first_paint_ms", "interactive_ms", "longest_task_ms", "shift")
LATER = "rnnlib-weights-live_translator.js"
COMPRESSED = ("text/", "application/javascript", "application/json", "image/svg+xml")
CDN_PATH = "/cdn/"  # before a host's name: its files, on our server
PATIENCE_MS = 60_000

# Runs before the page's own scripts. A widget is live once its `.rnn-live` stands in the page, in both books.
WATCH = """
window.bench = { live: null, shift: 0, tasks: [] };
const declared = 'figure.rnn-widget[data-widget], script[type="application/vnd.jupyter.widget-view+json"]';
const live = document.getElementsByClassName("rnn-live");
const look = () => {
  if (bench.live !== null || document.readyState === "loading" || !live.length) return;
  if (live.length >= document.querySelectorAll(declared).length)
    setTimeout(() => { bench.live ??= performance.now(); });
};
new MutationObserver(look).observe(document, { subtree: true, childList: true });
addEventListener("DOMContentLoaded", look);
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) bench.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
new PerformanceObserver((list) => bench.tasks.push(...list.getEntries())).observe({ type: "longtask" });
"""
TIMES = """() => ({
  first_paint_ms: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null,
  interactive_ms: bench.live,
})"""
SLIDERS = """() => [...document.querySelectorAll(".rnn-live input[type=range]:enabled")]
  .map((slider, k) => { slider.dataset.bench = k; return slider.checkVisibility() ? k : -1; })
  .filter((k) => k >= 0)"""

NOW = "() => performance.now()"
LONGEST = """(moved) => Math.max(0, ...bench.tasks.map(({ startTime, duration }) =>
  moved.some(([from, to]) => startTime <= to && startTime + duration >= from) ? duration : 0))"""


# The server.


class Site(ThreadingHTTPServer):
    """A folder of pages, compressed, and under `CDN_PATH` what CDNs would send."""

    daemon_threads = True

    def __init__(self, folder: Path, cdn: stock_book.CDN) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.folder, self.cdn = folder.resolve(), cdn
        self.response = cache(self._response)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that closes while it is being answered is no error of ours."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def _response(self, path: str) -> tuple[str, str, bytes] | None:
        """Type, encoding and body of what lies under a path; None where nothing does."""
        body = self._read(path)
        if body is None:
            return None
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        if kind == "text/html":
            body = through_here(body.decode("utf-8")).encode("utf-8")
        if kind.startswith(COMPRESSED):
            return kind, "gzip", gzip.compress(body, 6, mtime=0)
        return kind, "identity", body

    def _read(self, path: str) -> bytes | None:
        if path.startswith(CDN_PATH):
            host, _, rest = path.removeprefix(CDN_PATH).partition("/")
            return self.cdn.read(host, f"/{rest}")
        file = (self.folder / path.lstrip("/")).resolve()
        return file.read_bytes() if file.is_relative_to(self.folder) and file.is_file() else None


class Answer(BaseHTTPRequestHandler):
    """One request to a `Site`."""

    protocol_version = "HTTP/1.1"  # connections stay open
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave together
    server: Site

    def do_GET(self) -> None:
        found = self.server.response(unquote(urlsplit(self.path).path))
        kind, encoding, body = found or ("text/plain", "identity", b"")
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Encoding", encoding)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *parts: object) -> None:
        """Quiet."""


def through_here(html: str) -> str:
    """A page whose CDN addresses lead to our server. The digests go: npm's require.js is not minified."""
    hosts = "|".join(map(re.escape, stock_book.HOSTS))
    return re.sub(r'\s+integrity="[^"]*"', "", re.sub(f"https://({hosts})/", rf"{CDN_PATH}\1/", html))


@contextmanager
def serve(folder: Path, cdn: stock_book.CDN) -> Iterator[Site]:
    """A server for the length of a block."""
    with Site(folder, cdn) as site:
        thread = threading.Thread(target=site.serve_forever, daemon=True)
        thread.start()
        try:
            yield site
        finally:
            site.shutdown()
            thread.join()


# One visit.


class Line:
    """What came over the line, from Chromium's own account; `events` counts what happened on it."""

    def __init__(self, session: CDPSession, own: str) -> None:
        self.own = urlsplit(own).netloc
        self.requests: dict[str, dict[str, Any]] = {}
        self.events = 0
        session.on("Network.requestWillBeSent", self._asked)
        session.on("Network.loadingFinished", self._came)
        session.on("Network.loadingFailed", self._moved)
        session.send("Network.enable")

        session.on("Network.dataReceived", self._moved)

    def _asked(self, event: dict[str, Any]) -> None:
        address = event["request"]["url"]
        url = urlsplit(address)
        self._moved(event)
        if url.scheme in ("http", "https"):
            kind, host = event.get("type", "Other").lower(), self._host(url.netloc, url.path)
            self.requests[event["requestId"]] = {"url": address, "host": host, "kind": kind, "bytes": 0}

    def _host(self, netloc: str, path: str) -> str:
        if netloc != self.own:
            return netloc
        return path.removeprefix(CDN_PATH).partition("/")[0] if path.startswith(CDN_PATH) else "own"

    def _came(self, event: dict[str, Any]) -> None:
        self._moved(event)
        if event["requestId"] in self.requests:
            self.requests[event["requestId"]]["bytes"] = round(event["encodedDataLength"])

    def _moved(self, event: dict[str, Any]) -> None:
        self.events += 1

    def account(self) -> dict[str, Any]:
        """All requests so far; the translator's weights apart."""
        counted = [request for request in self.requests.values() if LATER not in request["url"]]
        kinds, hosts = Counter(), Counter()
        for request in counted:
            kinds[request["kind"]] += request["bytes"]
            hosts[request["host"]] += request["bytes"]
        return {
            "bytes": sum(kinds.values()),
            "requests": len(counted),
            "kinds": dict(sorted(kinds.items())),
            "hosts": dict(sorted(hosts.items())),
            "unanswered": sorted(
                {one["url"] for one in counted if one["host"] != "own" and not one["bytes"]}
            ),
        }


def visit(browser: Browser, address: str, *, sliders: bool) -> dict[str, Any]:
    """Open a page with an empty cache, wait for its widgets; if asked go to its foot and drag its sliders."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    try:
        context.add_init_script(WATCH)
        page = context.new_page()
        session = context.new_cdp_session(page)
        line = Line(session, address)
        session.send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})
        page.goto(address)
        found = {"widgets_live": is_live(page)}
        settle(page, line)
        found |= line.account() | page.evaluate(TIMES)
        if sliders:
            scroll_down(page)
            found["shift"] = page.evaluate("() => bench.shift")
            found["sliders"], found["longest_task_ms"] = drag_all(page)
        return found
    finally:
        context.close()


def is_live(page: Page) -> bool:
    """Wait for the last widget; False if it does not come."""
    try:
        page.wait_for_function("() => bench.live !== null", timeout=PATIENCE_MS)
    except PlaywrightTimeout:
        return False
    return True


def settle(page: Page, line: Line) -> None:
    """Wait until half a second has passed without a request or an answer."""
    for _ in range(100):
        before = line.events
        page.wait_for_timeout(500)
        if line.events == before:
            return


def scroll_down(page: Page) -> None:
    """Turn the wheel until the page's foot is there."""
    page.mouse.move(640, 400)
    for _ in range(200):
        page.mouse.wheel(0, 700)
        page.wait_for_timeout(60)
        if page.evaluate("() => scrollY + innerHeight >= document.documentElement.scrollHeight - 2"):
            return


def drag_all(page: Page) -> tuple[int, float]:
    """Drag every slider that can be seen from end to end; how many there are, and the longest task in ms."""
    seen, moved = page.evaluate(SLIDERS), []
    for k in seen:
        slider = page.locator(f'[data-bench="{k}"]')
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        left, right, y = box["x"] + 8, box["x"] + box["width"] - 8, box["y"] + box["height"] / 2
        page.mouse.move(left, y)
        page.wait_for_timeout(800)  # what the way there shows is drawn, at a quarter of the speed
        start = page.evaluate(NOW)
        page.mouse.down()
        for step in range(1, 25):
            page.mouse.move(left + (right - left) * step / 24, y)
            page.wait_for_timeout(16)
        page.mouse.up()
        moved.append((start, page.evaluate(NOW)))
    page.wait_for_timeout(300)  # Chromium tells of long tasks when it finds time
    return len(seen), page.evaluate(LONGEST, moved)


# All visits.


def measure(browser: Browser, address: str, visits: int) -> dict[str, Any]:
    """Medians over the visits after a first one, which only fills the server's memory."""
    visit(browser, address, sliders=False)
    seen = [visit(browser, address, sliders=number == visits - 1) for number in range(visits)]
    last = seen[-1]
    found = {
        name: last[name] for name in ("widgets_live", "requests", "kinds", "hosts", "unanswered", "sliders")
    }
    found["kilobytes"] = statistics.median(one["bytes"] for one in seen) / 1000
    for name in ("first_paint_ms", "interactive_ms", "longest_task_ms", "shift"):
        values = [one[name] for one in seen if name in one]
        found[name] = None if None in values else statistics.median(values)
    return {"visits": visits, **found}


def pages_with_widgets(book: Path) -> list[str]:
    """Those pages of a built book, by their path in it."""
    found = [path for path in sorted(book.rglob("*.html")) if "_static" not in path.parts]
    return [
        path.relative_to(book).as_posix()
        for path in found
        if 'class="rnn-widget"' in path.read_text(encoding="utf-8")
    ]


def missed(runs: list[dict[str, Any]]) -> list[str]:
    """Which of our pages miss which threshold, in words."""
    found = []
    by_book = {run["book"]: run for run in runs if run["page"] == f"chapters/{CHAPTER}.html"}
    for name, share in AT_MOST_OF_STOCK.items():
        ours, stock = (by_book[book][name] for book in ("ours", "stock"))
        if None in (ours, stock) or ours > share * stock:
            wanted = f"at most {share:g} of the stock page's {shown(stock)}"
            found.append(f"chapters/{CHAPTER}.html: {name} is {shown(ours)}, wanted {wanted}")
    for run in runs:
        if run["book"] != "ours":
            continue
        if outside := [host for host in run["hosts"] if host != "own"]:
            found.append(f"{run['page']}: asks {', '.join(outside)}")
        if not run["widgets_live"]:
            found.append(f"{run['page']}: not all of its widgets came alive")
        for name, limit in AT_MOST.items():
            if run[name] is None or run[name] > limit:
                found.append(f"{run['page']}: {name} is {shown(run[name])}, wanted at most {limit:g}")
    return found


def shown(value: float | None) -> str:
    """A figure of the table."""
    if value is None:
        return "none"
    return f"{value:.3f}" if value < 1 else f"{value:,.0f}"


def report(runs: list[dict[str, Any]]) -> None:
    """Print the table, and of the chapter that both books hold what its weight is made of."""
    print(f"{'page':48} {'requests':>9}" + "".join(f"{name:>17}" for name in SHOWN))
    for run in runs:
        values = "".join(f"{shown(run[name]):>17}" for name in SHOWN)
        print(f"{run['book'] + ': ' + run['page']:48} {run['requests']:>9}{values}")
    for run in runs:
        if run["page"] == f"chapters/{CHAPTER}.html":
            for what in ("kinds", "hosts"):
                parts = ", ".join(f"{name} {size / 1000:.1f}" for name, size in run[what].items())
                print(f"{run['book']}, kilobytes by {what}: {parts}")
            print(f"{run['book']}, not answered and not weighed: {', '.join(run['unanswered']) or 'none'}")


def rounded(value: Any) -> Any:
    """All floats in nested dicts to 3 decimals."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return round(value, 3) if isinstance(value, float) else value


def all_runs(
    browser: Browser, book: Path, stock: Path, pages: list[str], visits: int
) -> list[dict[str, Any]]:
    """Every page of ours, and the chapter of the stock book."""
    runs = []
    jobs = [("ours", book, page) for page in pages] + [("stock", stock, f"chapters/{CHAPTER}.html")]
    for name, folder, page in jobs:
        with serve(folder, stock_book.CDN()) as site:
            found = measure(browser, site.address + page, visits)
        runs.append({"book": name, "page": page, "chromium": browser.version, **rounded(found)})
        print(f"{name}: {page}: {shown(found['interactive_ms'])} ms to interactive", flush=True)
    return runs


def main() -> int:
    """Measure, print, store; 1 if a threshold is missed."""
    parser = argparse.ArgumentParser(description="weigh and time pages with widgets, ours and a stock one")
    parser.add_argument("--visits", type=int, default=5, help="visits to each page (default 5)")
    parser.add_argument("--quick", action="store_true", help="two visits to one chapter, nothing stored")
    book = Path(os.environ.get("RNNLIB_HTML", results.ROOT / "_build" / "html"))
    parser.add_argument("--book", type=Path, default=book, help="folder of the built book")
    options = parser.parse_args()
    pages = pages_with_widgets(options.book)
    chapter = f"chapters/{CHAPTER}.html"
    if chapter not in pages:
        parser.error(f"{options.book} holds no {chapter} with widgets: build the book first")
    stock = stock_book.build(CHAPTER)
    # Nothing but our own server can be reached: a request that leaves is seen and fails.
    with open_browser("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1") as browser:
        few = ([chapter], 2) if options.quick else (pages, options.visits)
        runs = all_runs(browser, options.book, stock, *few)
    report(runs)
    if not options.quick:
        results.save(results.new_result(NAME, WHAT, f"python -m benchmarks.{NAME}", FILES, runs))
    problems = missed(runs)
    print("\n".join(problems) or "all thresholds kept")
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
