"""What a reader types is text: markup in any text field of any widget makes no element and runs nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import checks
from playwright.sync_api import Browser, Locator, Page

from rnnlib import widgets
from rnnlib.widgets import loader
from rnnlib.widgets.base import Text

# With blanks, which some widgets split at, and without; some aim at attributes, some at templates.
PAYLOADS = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    '"><script>alert(1)</script>',
    "</textarea><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img/src=x/onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg/onload=alert(1)><animate onbegin=alert(1)>",
    '<iframe src="javascript:alert(1)"></iframe>',
    '<a href="javascript:alert(1)">go</a>',
    "<details open ontoggle=alert(1)>",
    '" autofocus onfocus="alert(1)',
    "&lt;img src=x onerror=alert(1)&gt;",
    "<math><mtext><style><img src=x onerror=alert(1)>",
    "<link rel=stylesheet href=//x.example/x.css>",
    "{{constructor.constructor('alert(1)')()}} ${alert(1)}",
)
ALLOWED = ("index.html", "widgets.js", *loader.weight_scripts())

# Before the page's own scripts: notes every element that becomes part of the page and could run or fetch
# something, and every attribute that is a handler, even if it goes again at once.
WATCH = """
window.added = [];
const risky = "script, iframe, object, embed, img, image, video, source, link, base, meta, style, form";
const note = (e) => {
  const weights = e.matches('script[src*="rnnlib-weights-"]');
  const own = e.closest("head") && e.matches("style") || weights;
  const runs = (a) => /^on|^srcdoc$|^autofocus$/i.test(a.name) || /^\\s*javascript:/i.test(a.value);
  if ((e.matches(risky) && !own) || [...e.attributes].some(runs)) added.push(e.outerHTML.slice(0, 200));
};
addEventListener("DOMContentLoaded", () => new MutationObserver((changes) => {
  for (const { target, addedNodes, type } of changes) {
    if (type === "attributes") note(target);
    for (const node of addedNodes)
      if (node.nodeType === 1) [node, ...node.querySelectorAll("*")].forEach(note);
  }
}).observe(document, { subtree: true, childList: true, attributes: true }));
"""


def text_traits(page: Page) -> dict[Locator, dict[str, int]]:
    """Widget to its traits that hold what a reader types, with their longest text."""
    found = {}
    for figure in checks.widgets_of(page):
        controls = checks.state_of(figure)["controls"]
        found[figure] = {
            name: about["longest"] for name, about in controls.items() if about["kind"] == "text"
        }
    return {figure: traits for figure, traits in found.items() if traits}


FIELDS = "textarea, input[type=text], input[type=search], input:not([type]), [contenteditable]"


def fields_of(page: Page) -> list[tuple[Locator, int]]:
    """Every field of the page with its longest text; each belongs to such a trait, and all can be seen."""
    found = [
        (checks.show_control(figure, trait).locator("textarea"), longest)
        for figure, traits in text_traits(page).items()
        for trait, longest in traits.items()
    ]
    assert page.locator(FIELDS).count() == len(found) >= 14
    return found


def check_nothing_ran(page: Page, dialogs: list[str], record: checks.Record, payload: str) -> None:
    """No dialog, no new element that could run or fetch, no request, no way to another page."""
    page.locator('[aria-busy="true"]').first.wait_for(state="detached")
    assert not dialogs, f"{payload!r} opened a dialog"
    assert not (added := page.evaluate("() => added")), f"{payload!r} became markup: {added}"
    asked = [urlsplit(url) for url in record.requests]
    other = [url.geturl() for url in asked if url.scheme != "blob" and Path(url.path).name not in ALLOWED]
    assert not other, f"{payload!r} asked for {other}"
    checks.check_quiet(record)


def watched(page: Page) -> list[str]:
    """Start the watch on a page opened before; the list to which dialogs' texts are added."""
    dialogs: list[str] = []

    def dismiss(dialog: Any) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    page.context.add_init_script(WATCH)
    page.reload()
    page.locator(checks.LIVE).first.wait_for(state="attached")
    return dialogs


def test_markup_typed_into_any_field_stays_text(browser: Browser, bench_page: Path):
    with checks.open_page(browser, bench_page) as (page, record):
        dialogs, address = watched(page), page.url
        fields = fields_of(page)
        for payload in PAYLOADS:
            for field, longest in fields:
                field.fill(payload[:longest])
                field.press("Enter")  # in two widgets it acts, elsewhere it is one character more
            for field, longest in fields:
                assert field.input_value()[: len(payload)] == payload[:longest]
            check_nothing_ran(page, dialogs, record, payload)
        assert page.url.partition("#")[0] == address.partition("#")[0]


def test_markup_in_the_address_stays_text(browser: Browser, bench_page: Path):
    with checks.open_page(browser, bench_page) as (page, record):
        dialogs = watched(page)
        widgets_typed_into = text_traits(page)
        for payload in PAYLOADS:
            text = quote(payload, safe="")
            for figure, traits in widgets_typed_into.items():
                checks.go_to_hash(figure, "&".join(f"{name}={text}" for name in (*traits, text)))
            check_nothing_ran(page, dialogs, record, payload)


def test_markup_that_a_chapter_starts_with_stays_text(browser: Browser, tmp_path: Path):
    """The first values stand in the page's HTML: in the state, in the still and in the table."""
    payload = "the <img src=x onerror=alert(1)></script>"  # the first word is one that every widget knows
    word = "<img>"  # for the field that takes one word
    started = []
    for kind in (getattr(widgets, name) for name in widgets.__all__):
        traits = {name: trait for name, trait in kind.class_traits().items() if isinstance(trait, Text)}
        if traits:
            fit = {name: payload if trait.longest > 40 else word for name, trait in traits.items()}
            started.append(kind(**fit))
    figures = "".join(one.to_html() for one in started)
    html = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Texts</title>{figures}</html>'
    (tmp_path / "index.html").write_text(html, encoding="utf-8")
    assert len(started) >= 8
    with checks.open_page(browser, tmp_path / "index.html", scripts=False) as (page, record):
        assert page.locator("img, iframe, :not(figure) > script").count() == 0
        assert page.locator("figure.rnn-widget > .rnn-still").count() == len(started)
        assert len(record.requests) == 1
