"""How soon the live translator answers in a page: for its test and for `benchmarks/page.py`."""

from __future__ import annotations

from playwright.sync_api import Locator

# Sentences of ten words, each of which starts another way.
TEN_WORDS = (
    "We never go to the beach in the cold winter.",
    "My sister wants to buy a new red car tomorrow.",
    "He told me that he was going to leave today.",
    "They do not want to work with us any more.",
    "You can stay here as long as you want to.",
)
# From Enter until the French changes first, and until all is there; and the longest task of the page's own
# thread meanwhile, which the browser tells of if it takes 50 ms or more. All in ms.
MEASURE = """async (figure, text) => {
  const area = figure.querySelector('[data-trait="sentence"] textarea');
  const [french, shown] = [".live-french", ".live-shown"].map((name) => figure.querySelector(name));
  const long = [];
  const note = (list) => long.push(...list.getEntries().map((entry) => entry.duration));
  area.value = text;
  area.dispatchEvent(new Event("input", { bubbles: true }));
  await new Promise((done) => setTimeout(done, 60));
  const tasks = new PerformanceObserver(note);
  tasks.observe({ type: "longtask" });
  const [start, before] = [performance.now(), french.textContent];
  let first = null;
  let changes = null;
  const finished = new Promise((done) => {
    changes = new MutationObserver(() => {
      if (first === null && french.textContent !== before) first = performance.now() - start;
      if (first !== null && shown.getAttribute("aria-busy") === "false") done(performance.now() - start);
    });
    changes.observe(figure, { subtree: true, childList: true, attributes: true, characterData: true });
  });
  area.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
  const whole = await finished;
  await new Promise((done) => setTimeout(done, 100));
  for (const observer of [tasks, changes]) observer.disconnect();
  return { first_word_ms: first, whole_search_ms: whole, longest_task_ms: Math.max(0, ...long) };
}"""


def translator_times(figure: Locator) -> list[dict[str, float]]:
    """Times of each sentence with a beam of five, once the translator is there and has written something."""
    figure.scroll_into_view_if_needed()
    area = figure.locator('[data-trait="sentence"] textarea')
    area.fill("Good morning.")
    area.press("Enter")
    figure.locator(".live-french").filter(has_text="Bonjour").wait_for()
    figure.locator('[aria-busy="true"]').first.wait_for(state="detached")
    return [figure.evaluate(MEASURE, sentence) for sentence in TEN_WORDS]
