"""The weight benchmark reads the browser right: on a page whose bytes, tasks and shifts are known."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser

from benchmarks import stock_book, weight

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Known</title>
<link rel="icon" href="data:,"><script defer src="known.js"></script></head><body><h1>Known</h1>
<figure class="rnn-widget" data-widget="known"></figure><p style="height: 3000px">long</p>
<script src="https://nowhere.invalid/x.js"></script></body></html>"""
# A widget whose slider keeps the browser busy for 200 ms; later the heading moves everything down by 100 px.
SCRIPT = """
const slider = Object.assign(document.createElement("input"), { type: "range" });
slider.addEventListener("input", () => {
  const end = performance.now() + 200;
  while (performance.now() < end);
});
const live = document.createElement("div");
live.className = "rnn-live";
live.append(slider);
document.querySelector("figure").append(live);
setTimeout(() => { document.querySelector("h1").style.marginTop = "100px"; }, 300);
"""


def test_a_visit_counts_bytes_requests_tasks_and_shifts(browser: Browser, tmp_path: Path):
    (tmp_path / "index.html").write_text(PAGE, encoding="utf-8")
    (tmp_path / "known.js").write_text(SCRIPT + "//" + "x" * 5000, encoding="utf-8")
    with weight.serve(tmp_path, stock_book.CDN(tmp_path)) as site:
        found = weight.visit(browser, site.address + "index.html", sliders=True)
        sent = {name: len(site.response(f"/{name}")[2]) for name in ("index.html", "known.js")}
    assert found["widgets_live"] and found["sliders"] == 1 and found["requests"] == 3
    for kind, name in (("document", "index.html"), ("script", "known.js")):
        assert sent[name] < found["kinds"][kind] < sent[name] + 400  # with the answer's head
    assert found["hosts"]["nowhere.invalid"] == 0
    assert found["unanswered"] == ["https://nowhere.invalid/x.js"]
    assert found["first_paint_ms"] > 0 and found["interactive_ms"] > 0
    assert 200 <= found["longest_task_ms"] < 2000
    assert found["shift"] > 0.02
