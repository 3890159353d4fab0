"""What must hold for any page of the book and any widget on it, as functions that take a page and raise.

Conventions of the widgets' DOM that the checks rely on: a live widget is `figure.rnn-widget.rnn-ready`; its
state as the page started is JSON in the figure's first script; the control of trait `x` is inside
`[data-trait="x"]`; a shown number has `data-name` and, with all its digits, `data-value`; the still for pages
without scripts is `.rnn-still` and holds an svg and a table.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, unquote_plus, urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page

from rnnlib import widgets

LIVE = "figure.rnn-widget.rnn-ready"
LOCAL_SCHEMES = ("file", "data", "blob", "about")
TIME_TRAITS = ("t", "step", "lag")


@dataclass
class Record:
    """What a page asked for and complained of while it was open."""

    requests: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@contextmanager
def open_page(
    browser: Browser,
    path: Path | str,
    *,
    width: int = 1280,
    height: int = 900,
    scheme: str = "light",
    scripts: bool = True,
    tail: str = "",
) -> Iterator[tuple[Page, Record]]:
    """A page opened from its file with the network off, or from an address, and the record of what it does.

    Args:
        path: the HTML file, or an address.
        width, height: CSS pixels.
        scheme: "light" or "dark", as the reader's system prefers.
        scripts: False for a browser with JavaScript switched off.
        tail: what follows the file's name in the address, such as `#gru-stepper?t=3`.
    """
    context = browser.new_context(
        offline=isinstance(path, Path),
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        java_script_enabled=scripts,
        reduced_motion="reduce",
    )
    record = Record()
    context.on("request", lambda request: record.requests.append(request.url))
    if scripts:  # without, the browser itself turns down the preloading of scripts
        context.on("requestfailed", lambda request: record.failed.append(request.url))
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.on(
        "console", lambda m: record.complaints.append(f"{m.type}: {m.text}") if m.type == "error" else None
    )
    page.on("pageerror", lambda error: record.complaints.append(f"uncaught: {error}"))
    try:
        page.goto((path.resolve().as_uri() if isinstance(path, Path) else path) + tail)
        if scripts and page.locator("figure.rnn-widget").count():
            page.locator(LIVE).first.wait_for(state="attached")
        yield page, record
    finally:
        context.close()


def check_stays_local(record: Record, root: Path) -> None:
    """Every request was for a file under `root` or carried its data with it, and was answered."""
    outside = [url for url in record.requests if not _is_local(url, root)]
    assert not outside, f"the page asks for something outside the book: {outside}"
    assert not record.failed, f"the page asks for what is not there: {record.failed}"


def _is_local(url: str, root: Path) -> bool:
    parts = urlsplit(url)
    if parts.scheme != "file":
        return parts.scheme in LOCAL_SCHEMES
    return Path(unquote(parts.path)).resolve().is_relative_to(root.resolve())


def check_quiet(record: Record) -> None:
    """No console error and no uncaught exception."""
    assert not record.complaints, "\n".join(record.complaints)


RULES = {
    "all": {},
    "no glyphs": {},
    "colours": {"runOnly": {"type": "rule", "values": ["color-contrast"]}},
    "structure": {"rules": {"color-contrast": {"enabled": False}}},
}


# As for a reader who has been through the whole page; sections far away are not laid out before.
LAID_OUT = "section { content-visibility: visible !important; }"


def check_accessible(page: Page, scheme: str, within: str | None = None, rules: str = "all") -> None:
    """axe-core finds no violation of any impact, on the page or within what a selector names.

    What depends on the colour scheme are the `rules` "colours"; what depends on the width are all but those,
    the "structure"; "no glyphs" are both. All three leave out the glyphs of formulas, which have the colour
    of the text around them and take most of the time; "all" has them.
    """
    page.evaluate("(s) => { const d = document.documentElement.dataset; d.theme = s; d.mode = s; }", scheme)
    page.add_style_tag(content=LAID_OUT)
    page.wait_for_timeout(100)  # colours may change by a transition, boxes that scroll are found
    # Preloading style sheets fails from file://.
    options = {"resultTypes": ["violations"], "preload": False, **RULES[rules]}
    place = {"include": [[within]]} if within else {}
    glyphs = {} if rules == "all" else {"exclude": [[".katex-html"]]}
    response = Axe().run(page, context={**place, **glyphs} or None, options=options).response
    bad = response["violations"]
    assert not bad, "\n".join(_describe(violation) for violation in bad)


LEAVE_ONE_OF_EACH_KIND = """() => {
  const seen = new Set();
  for (const token of document.querySelectorAll("pre span")) {
    const kind = [];
    for (let e = token; e.parentElement; e = e.parentElement) kind.push(e.className);
    if (seen.has(kind.join())) token.replaceWith(...token.childNodes);
    else seen.add(kind.join());
  }
}"""


def thin_out_code(page: Page) -> None:
    """Of the tokens of code that have the same classes within the same boxes, leave one an element.

    They look alike, and a chapter has up to 17,000, with which axe-core spends most of its time.
    """
    page.evaluate(LEAVE_ONE_OF_EACH_KIND)


def _describe(violation: dict) -> str:
    places = "\n".join(
        f"    {' '.join(map(str, node['target']))}: {node['html'][:160]}\n      {_reason(node)}"
        for node in violation["nodes"][:6]
    )
    title = f"{violation['id']} ({violation['impact']}): {violation['help']}"
    return f"{title}, {len(violation['nodes'])} places\n{places}"


def _reason(node: dict) -> str:
    return "; ".join(item["message"] for kind in ("any", "all", "none") for item in node[kind])[:240]


WIDER_THAN_WINDOW = """() => {
  const width = document.documentElement.clientWidth;
  const scrolls = document.documentElement.scrollWidth > width || document.body.scrollWidth > width;
  if (!scrolls) return [];
  const clipped = (e) => { for (let p = e.parentElement; p && p !== document.body; p = p.parentElement)
    if (getComputedStyle(p).overflowX !== "visible") return true; return false; };
  return [...document.body.querySelectorAll("*")]
    .filter((e) => e.getBoundingClientRect().right > width + 0.5 && !clipped(e))
    .map((e) => `${e.tagName}.${e.className} to ${Math.round(e.getBoundingClientRect().right)}`)
    .concat("page scrolls");
}"""


def check_no_sideways_scroll(page: Page) -> None:
    """The page as a whole does not scroll sideways; the message names what sticks out."""
    assert not (wide := page.evaluate(WIDER_THAN_WINDOW)), f"wider than the window: {wide[:12]}"


UNSPOKEN = """() => [...document.querySelectorAll(".katex")].filter((e) => {
  const math = e.querySelector("math");
  return !math || !math.textContent.trim() || math.closest("[aria-hidden=true], [hidden]")
    || getComputedStyle(math).display === "none";
}).map((e) => e.textContent.slice(0, 60))"""


def check_formulas_speak(page: Page) -> None:
    """Every formula has its MathML, which no screen reader is told to skip."""
    assert not (unspoken := page.evaluate(UNSPOKEN)), f"a screen reader is silent about {unspoken[:5]}"


STILL_MOVING = """() => [...document.querySelectorAll("*")].filter((e) => {
  const style = getComputedStyle(e);
  const lasts = (times) => times.split(",").some((time) => parseFloat(time) > 0);
  return (style.transitionProperty !== "none" && lasts(style.transitionDuration))
    || (style.animationName !== "none" && lasts(style.animationDuration))
    || style.scrollBehavior === "smooth";
}).map((e) => `${e.tagName}.${e.className}`)"""


def check_at_rest(page: Page) -> None:
    """Nothing moves by itself for a reader who asked for that; `open_page` asks."""
    assert not (moving := page.evaluate(STILL_MOVING)), f"moves although the reader wants rest: {moving[:8]}"


def check_served_under(record: Record, root: str) -> None:
    """Every request stayed under the address `root`, and was answered."""
    outside = [url for url in record.requests if not url.startswith((root, "data:", "blob:"))]
    assert not outside, f"the page leaves {root}: {outside}"
    assert not record.failed, f"the page asks for what is not there: {record.failed}"


# ---- widgets --------------------------------------------------------------------------------------------


def widgets_of(page: Page) -> list[Locator]:
    """All live widgets; fails if one of the page's figures did not start."""
    figures = page.locator("figure.rnn-widget")
    live = page.locator(LIVE)
    assert figures.count() == live.count(), f"{figures.count()} widgets on the page, {live.count()} started"
    return live.all()


def state_of(figure: Locator) -> dict[str, Any]:
    """The widget's state as the page started: traits, `controls`, `payload`."""
    return json.loads(figure.locator('script[type="application/json"]').first.text_content())


def control(figure: Locator, trait: str) -> Locator:
    """The place of a trait's control."""
    return figure.locator(f'[data-trait="{trait}"]').first


def show_control(figure: Locator, trait: str) -> Locator:
    """The place of a trait's control, with the parts that hide it opened."""
    place = control(figure, trait)
    place.evaluate(
        "(e) => { for (let p = e; p; p = p.parentElement) if (p.tagName === 'DETAILS') p.open = true; }"
    )
    return place


def read_control(figure: Locator, trait: str) -> Any:
    """What a trait's control shows: number, text, bool, or list of numbers; None for an unticked lock."""
    return control(figure, trait).evaluate(
        """(place) => {
          const all = (what) => [...place.querySelectorAll(what)];
          const radios = all("input[type=radio]");
          if (radios.length) return radios.find((r) => r.checked)?.value;
          const box = place.querySelector("input[type=checkbox]");
          const range = place.querySelector("input[type=range]");
          if (box && range) return box.checked ? Number(range.value) : null;
          if (box) return box.checked;
          if (range) return Number(range.value);
          const select = place.querySelector("select");
          if (select) return select.value;
          const area = place.querySelector("textarea");
          if (area) return area.value;
          return all("input[type=number]").map((input) => Number(input.value));
        }"""
    )


def set_control(figure: Locator, trait: str, value: Any) -> None:
    """Move a trait's control as a reader would."""
    place = show_control(figure, trait)
    box, slider = place.locator("input[type=checkbox]"), place.locator("input[type=range]")
    if place.locator("input[type=radio]").count():
        chosen = place.locator(f'input[type=radio][value="{_as_text(value)}"]')
        place.locator(f'label[for="{chosen.get_attribute("id")}"]').click()
    elif box.count() and slider.count():  # a lock
        box.set_checked(value is not None)
        if value is not None:
            slider.fill(str(value))
    elif box.count():
        box.set_checked(value)
    elif slider.count():
        slider.fill(str(value))
    elif place.locator("select").count():
        place.locator("select").select_option(str(value))
    elif place.locator("textarea").count():
        place.locator("textarea").fill(value)
    else:
        for number, item in zip(place.locator("input[type=number]").all(), value, strict=True):
            number.fill(str(item))


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def shown_numbers(figure: Locator) -> dict[str, dict[str, Any]]:
    """Every named number, once the widget is done: name -> `value` (all digits) and `text` (as printed)."""
    figure.locator('[aria-busy="true"]').first.wait_for(state="detached", timeout=30_000)
    return figure.evaluate(
        """(figure) => Object.fromEntries([...figure.querySelectorAll("[data-name][data-value]")].map((e) =>
          [e.dataset.name, { value: Number(e.dataset.value), text: e.textContent }]))"""
    )


def printed(figure: Locator) -> dict[str, str]:
    """Every named number as it is printed; a translator that is still loading has no further digits."""
    return {name: number["text"] for name, number in shown_numbers(figure).items()}


NUMBER = re.compile(r"[−-]?\d+(?:\.(\d+))?(?: × 10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?")
SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def check_prints_its_value(name: str, value: float, text: str) -> None:
    """The last number printed in `text` is `value`, rounded to the decimals that it is printed with."""
    matches = list(NUMBER.finditer(text))
    assert matches, f"{name} prints {text!r}, expected a number near {value}"
    decimals = len(matches[-1][1] or "")
    exponent = int((matches[-1][2] or "0").translate(SUPERSCRIPTS))
    mantissa = matches[-1][0].split(" ×")[0].replace("−", "-")
    printed = float(mantissa) * 10.0**exponent
    limit = 0.5000001 * 10.0 ** (exponent - decimals)
    assert abs(printed - value) <= limit, f"{name} prints {printed}, its value is {value}"


FOCUSABLE = """(figure) => {
  const stops = "input, select, textarea, button, summary, a[href], [tabindex='0']";
  const reachable = [...figure.querySelectorAll(stops)].filter((e) => !e.disabled && e.tabIndex >= 0
    && e.checkVisibility({ visibilityProperty: true }) && !(e.type === "radio" && !e.checked));
  reachable.forEach((e, k) => (e.dataset.tabStop = k));
  return reachable.length;
}"""
FOCUSED = """(figure) => {
  const e = document.activeElement;
  if (!figure.contains(e)) return null;
  const drawn = e.type === "radio" ? figure.querySelector(`label[for="${e.id}"]`) : e;
  const style = getComputedStyle(drawn);
  const outline = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  const ring = outline || style.boxShadow !== "none";
  return { stop: e.dataset.tabStop, ring, what: e.outerHTML.slice(0, 120) };
}"""


def settled_count(page: Page, figure: Locator) -> int:
    """How many places Tab stops at, once what opened has been drawn: a table that scrolls is one, too."""
    count = -1
    while (found := figure.evaluate(FOCUSABLE)) != count:
        count = found
        page.wait_for_timeout(200)
    return count


def check_every_control_by_tab(page: Page, figure: Locator) -> None:
    """Tab walks through every control of a widget, each with a visible ring, and out again."""
    figure.evaluate("(f) => { for (const d of f.querySelectorAll('details')) d.open = true; }")
    count = settled_count(page, figure)
    figure.evaluate("(f) => { f.tabIndex = -1; f.focus(); f.removeAttribute('tabindex'); }")
    seen = []
    for _ in range(count + 1):
        page.keyboard.press("Tab")
        at = figure.evaluate(FOCUSED)
        if at is None:
            break
        assert at["ring"], f"no visible focus on {at['what']}"
        seen.append(at["stop"])
    missing = sorted(set(map(str, range(count))) - set(seen), key=int)
    names = [
        figure.locator(f'[data-tab-stop="{k}"]').evaluate("(e) => e.outerHTML.slice(0, 120)") for k in missing
    ]
    assert not missing, f"Tab does not reach {names}"
    assert figure.evaluate(FOCUSED) is None or len(seen) == count, "Tab does not leave the widget"


def time_range(figure: Locator) -> Locator:
    """The range that moves time."""
    for trait in TIME_TRAITS:
        if control(figure, trait).count():
            return control(figure, trait).locator("input[type=range]")
    return figure.locator("input[type=range]").first


def check_time_by_arrows(page: Page, figure: Locator) -> None:
    """Arrows step through time, Home and End jump, the value is said, Esc goes back."""
    time = time_range(figure)
    started = time.input_value()
    low, high, step = (float(time.get_attribute(name) or 1) for name in ("min", "max", "step"))
    assert time.evaluate("(e) => e.labels.length === 1 && e.labels[0].textContent.trim() !== ''"), (
        "time has no label"
    )
    moves = {"Home": low, "ArrowRight": low + step, "End": high, "ArrowLeft": high - step}
    for key, expected in moves.items():
        time.focus()
        page.keyboard.press(key)
        assert float(time.input_value()) == round(expected, 6), (
            f"{key} takes time to {time.input_value()}, expected {expected:g}"
        )
        assert f"{expected:g}" in time.get_attribute("aria-valuetext")
    page.keyboard.press("Escape")
    assert time.input_value() == started, f"Esc leaves time at {time.input_value()}, expected {started}"
    assert figure.locator(".rnn-say[role=status]").text_content().strip(), "the live region says nothing"


def check_every_range_by_arrows(page: Page, figure: Locator) -> None:
    """Each enabled range and number answers to the arrow keys; one Esc sets all of them back."""
    fields = figure.locator("input[type=range]:enabled, input[type=number]:enabled").all()
    started = [entry.input_value() for entry in fields]
    for entry, before in zip(fields, started, strict=True):
        if not entry.is_visible():
            continue
        entry.focus()
        page.keyboard.press("ArrowUp")
        if entry.input_value() == before:  # it stood at its upper end
            page.keyboard.press("ArrowDown")
        assert entry.input_value() != before, f"arrows do not move {entry.evaluate('(e) => e.outerHTML')}"
    page.keyboard.press("Escape")
    assert [entry.input_value() for entry in fields] == started, "Esc does not set every field back"


def check_radios_by_arrows(page: Page, figure: Locator) -> None:
    """Arrow keys move every switch made of radio buttons; Esc sets it back."""
    for group in figure.locator("fieldset:has(input[type=radio])").all():
        if not group.is_visible() or group.locator("input").count() < 2:
            continue
        chosen = "(g) => g.querySelector('input:checked').value"
        before = group.evaluate(chosen)
        group.locator("input:checked").focus()
        page.keyboard.press("ArrowRight")
        assert group.evaluate(chosen) != before, f"arrows do not move {group.text_content()}"
        page.keyboard.press("Escape")
        assert group.evaluate(chosen) == before, f"Esc does not set back {group.text_content()}"


def check_predict_first(figure: Locator) -> None:
    """One question above; one prompt to predict, each of whose answers gets its own feedback."""
    assert figure.locator(".rnn-question").text_content().strip().endswith("?")
    prompt = figure.locator(".rnn-predict")
    assert prompt.count() == 1
    said = []
    for answer in prompt.locator("button").all():
        answer.press("Enter")
        said.append(prompt.locator(".rnn-feedback").text_content())
    assert len(set(said)) == len(said) >= 2 and all(said)
    assert sum(text.startswith("✓") for text in said) >= 1


def other_value(about: dict[str, Any]) -> Any:
    """A value of a control that is not the one it starts with."""
    started = about["default"]
    if about["kind"] == "flag":
        return not started
    if about["kind"] == "choice":
        return next((option for option in about["options"] if option != started), started)
    if about["kind"] == "text":
        return 'Noon, "so" & <b>?'
    if about["kind"] == "number":
        return _other_number(about, started)
    if about.get("optional"):
        return [about["max"]] * len(started)
    return [_other_number(about, v) for v in started]


def _other_number(about: dict[str, Any], started: float) -> float:
    """Up to three steps away, on the side where there is more room."""
    up, down = about["max"] - started, started - about["min"]
    moved = min(3 * about["step"], max(up, down))
    return round(started + moved if up >= down else started - moved, 6)


def fitted(figure: Locator, settings: dict[str, Any]) -> dict[str, Any]:
    """Settings as this widget can take them: a shorter list, a smaller range; what its page hid is shown."""
    controls = state_of(figure)["controls"]
    classes = {kind.module: kind for kind in (getattr(widgets, name) for name in widgets.__all__)}
    kind = classes[figure.get_attribute("data-widget")]

    def fit(about: dict[str, Any], value: Any) -> Any:
        if isinstance(value, list) and about["size"]:
            return (value * about["size"])[: about["size"]]
        if about["kind"] == "choice" and value not in about["options"]:
            return about["options"][-1]
        if about["kind"] == "number" and value is not None:
            return min(max(value, about["min"]), about["max"])
        return value

    usual = {
        trait: kind.class_traits()[trait].default()
        for trait, about in controls.items()
        if about["kind"] == "flag"
    }
    changed = {trait: flag for trait, flag in usual.items() if flag != controls[trait]["default"]}
    return {trait: fit(controls[trait], value) for trait, value in (changed | settings).items()}


def in_hash(value: Any) -> str:
    """A value as the address holds it."""
    if isinstance(value, list):
        return ",".join("-" if v is None else _as_text(v) for v in value)
    return _as_text(value)


def check_shows(figure: Locator, trait: str, value: Any) -> None:
    """A trait's control shows `value`."""
    seen = read_control(figure, trait)
    if isinstance(value, list) and not isinstance(seen, list):
        value = value[int(time_range(figure).input_value()) - 1]  # a lock shows the step that is shown
    expected = _as_text(value) if isinstance(seen, str) else value
    assert seen == expected, f"{trait} shows {seen!r}, expected {expected!r}"


def said_after(figure: Locator, act: Callable[[], object]) -> str:
    """What the widget says of a link or an address, once it has followed it."""
    figure.evaluate("(f) => { f.querySelector('.rnn-say').textContent = ''; }")
    act()
    said = figure.locator(".rnn-say:not(:empty)")
    said.wait_for(state="attached")
    return said.text_content()


def go_to_hash(figure: Locator, query: str) -> str:
    """Put `#id?query` into the address; what the widget says of it."""
    hash_ = f"{figure.get_attribute('id')}?{query}"
    return said_after(figure, lambda: figure.page.evaluate("(hash) => { location.hash = hash; }", hash_))


def check_hash_sets_state(figure: Locator) -> None:
    """`#id?trait=value` sets each trait; so does the hash that the page writes itself."""
    for trait, about in state_of(figure)["controls"].items():
        value = other_value(about)
        go_to_hash(figure, f"{trait}={quote(in_hash(value), safe=',')}")
        check_shows(figure, trait, value)
        figure.get_by_role("button", name="Reset", exact=True).click()
        check_shows(figure, trait, about["default"])


def check_links_set_state(page: Page, figure: Locator) -> None:
    """Each link of the prose that names this widget sets what it says, those in solutions too."""
    name = figure.get_attribute("id")
    page.evaluate("() => { for (const d of document.querySelectorAll('details')) d.open = true; }")
    for link in page.locator(f'a[href^="#{name}?"]').all():
        query = urlsplit("x://" + link.get_attribute("href")[1:]).query
        said_after(figure, lambda: link.press("Enter"))  # noqa: B023, called at once
        check_shows_state(figure, query)
        figure.get_by_role("button", name="Reset", exact=True).click()


def check_shows_state(figure: Locator, query: str) -> None:
    """Each control that `trait=value&trait=value` names shows that value."""
    for pair in query.split("&"):
        trait, _, text = pair.partition("=")
        expected = _from_hash(state_of(figure)["controls"][trait], unquote_plus(text))
        check_shows(figure, trait, expected)


def _from_hash(about: dict[str, Any], text: str) -> Any:
    if about["kind"] == "flag":
        return text == "true"
    if about["kind"] == "choice":
        return next(option for option in about["options"] if str(option) == text)
    if about["kind"] == "text":
        return text
    if about["kind"] == "number":
        return float(text)
    values = [None if part == "-" else float(part) for part in text.split(",")]
    return values * about["size"] if len(values) == 1 else values


def check_bad_hash_is_refused(figure: Locator) -> None:
    """Nonsense in the address changes nothing and is said."""
    before = printed(figure)
    nonsense = {"number": "9e9", "numbers": "9e9", "choice": "x", "flag": "x", "text": "x" * 1000}
    tries = {"no-such-trait": "1"}
    tries |= {trait: nonsense[about["kind"]] for trait, about in state_of(figure)["controls"].items()}
    for trait, text in tries.items():
        said = go_to_hash(figure, f"{trait}={text}")
        assert trait in said, f"{trait}={text} in the address: the widget says {said!r}"
    assert printed(figure) == before
    for trait, about in state_of(figure)["controls"].items():
        check_shows(figure, trait, about["default"])


def check_still_without_scripts(page: Page) -> None:
    """Without scripts every widget is a drawing and a table of numbers that can be seen."""
    figures = page.locator("figure.rnn-widget").all()
    assert figures
    for figure in figures:
        for what in (".rnn-still svg", ".rnn-still table"):
            box = figure.locator(what).first.bounding_box()
            assert box and box["width"] > 100 and box["height"] > 60, (
                f"{what} of {figure.get_attribute('id')}: {box}"
            )
        check_still_is_readable(figure)
        rows = figure.locator(".rnn-still tbody tr").all_text_contents()
        assert len(rows) >= 2 and all(re.search(r"\d", row) for row in rows)
        assert figure.locator(".rnn-still svg").get_attribute("aria-label")


def check_still_is_readable(figure: Locator) -> None:
    """No text in the still is drawn smaller than 10 px, however narrow the page."""
    still = figure.locator(".rnn-still svg")
    scale = still.bounding_box()["width"] / float(still.get_attribute("width"))
    sizes = [float(node.get_attribute("font-size") or 0) for node in still.locator("[font-size]").all()]
    smallest = scale * min([float(still.get_attribute("font-size")), *sizes])
    assert smallest >= 9.99, f"the still of {figure.get_attribute('id')} has texts of {smallest:.1f} px"
