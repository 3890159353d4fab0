"""Checks the prose of the book's texts against its list of style: part of `make spell`.

Read are the pages, chapters and other Markdown that git knows. What a reader does not read as prose is
blanked out first: code, formulas, addresses, the keys of references, other people's words in quotation marks.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rnnlib.book.myst import CODE, Directive, Text, blocks, strip_front_matter
from rnnlib.book.notebook_text import INLINE, TITLED

ROOT = Path(__file__).resolve().parent.parent
BLANK = "\ufffc"  # stands for what is not prose; no word, no space
ADDRESS = re.compile(r"(?<=\])\([^()\s]*\)|<?https?://[^\s<>()]+>?|<!--.*?-->", re.DOTALL)
SPOKEN_ROLES = ("term",)  # roles whose content is read as it stands
NAMES_ONLY = (*CODE, "eval-rst", "take")  # directives whose body names things
UNTITLED = (*NAMES_ONLY, "figure", "image", "solution-start")  # those whose argument does
PARAGRAPH = re.compile(r"\n\s*\n|\n\s*(?=[-*] |\d+\. |\|)")

QUOTED = re.compile(r'(?<![\w"])"(?:[^"\n]|\n(?!\s*\n))+"(?!\w)')  # somebody's own words and signs

SIZES = r"(?:\w*siz|pri|sei|bapti)"  # words whose z is British too
WORDS = {  # what is refused, and what to write instead; a space stands for a line break too
    # Filler
    r"\b(?:simply|obviously|of course|basically|actually|essentially|needless to say)\b": "nothing",
    r"\b(?:extremely|highly|(?<!\bthe\s)(?<!\bthese\s)very)\b": "nothing, or a number",
    r"\bjust (?=(?:use|call|add|run|do|take|write|set|put|think|remember|make|need|an?)\b)": "nothing",
    r"\b(?:note|keep in mind|it is (?:worth|important)\b[^.]{0,20}) that\b": "only what follows it",
    r"\bin order to\b": "to",
    r"\bdue to the fact that\b": "because",
    r"\b(?:leverag|utili[sz])(?:es?|ed|ing|ation)\b": "use",
    r"\ba (?:wide |large )?(?:variety|number|plethora|myriad) of\b": "many, or the number",
    # Sales talk
    r"\b(?:powerful|state[- ]of[- ]the[- ]art|cutting[- ]edge|revolutionary)\b": "what it does",
    r"\b(?:(?:amazing|stunning|exciting)(?:ly)?|(?:remarkab|incredib)l[ey])\b": "what was measured",
    r"\b(?:seamless|effortless)(?:ly)?\b": "how it is done",
    r"\b(?:crucial|comprehensive|pivotal)(?:ly)?\b": "why it matters, or what it holds",
    r"\b(?:delv(?:es?|ed|ing)|dives? (?:deep|in\b)|unlock(?:s|ed|ing)?)\b": "look into, allow",
    r"\b(?:let us|let's)\b": "the imperative, to the reader",
    # British spelling
    r"\b(?:colo|behavio|favo|flavo|hono|labo|neighbo|humo)r(?:s|ed|ing|ful|hood|able|ite)?\b": "-our",
    r"\b(?:cent|fib|theat)er(?:s|ed)?\b": "-re",
    rf"\b(?!{SIZES})\w+(?:iz|yz)(?:e[sdr]?|ers|ing|able|ations?)\b": "-is- or -ys-",
    r"\b(?:model|label|travel|cancel|channel|signal|tunnel)(?:ed|ing|er)\b": "-ll-",
    r"\b(?:gray|fulfill|artifact|catalog|judgment)s?\b": "grey, fulfil, artefact, catalogue, judgement",
    r"\b(?:learned|burned)\b": "learnt, burnt",
    r"\b(?:toward|afterward)\b": "towards, afterwards",
}
SIGNS = {
    # Short forms and punctuation
    r"\be\.\s?g\.": "for instance",
    r"\bi\.\s?e\.": "that is",
    r"\b(?:etc|resp|cf|viz|vs|w\.r\.t|approx)\.": "the words in full",
    r"[“”„«»]": "the straight double quotation mark",
    r"[‘’](?! \(U\+)": "the straight apostrophe",
    r"[–—]|(?<=\w )--?(?= \w)": "a comma, a colon or two sentences",
    r"…": "three dots",
    r"\d%": "a space before %",
    # Slips
    r"\b(?-i:(?P<word>[^\W\d_]{2,})\s+(?P=word))\b": "the word once",
    r"(?<=\S) {2,}(?=\S)": "one space",
    r"(?<=[a-z]) +[,;:.!?](?=\s|$)": "no space before the sign",
    r"(?<=[a-z]),(?=[a-z])": "a space after the comma",
    r"\ba (?=(?-i:[aeio](?!n(?:e|ce)\b|u|w)\w|hour|LSTM|RNN|MLP|NFC|F1|n-gram|8\b|11\b|18\b))": "an",
    r"\ban (?=(?-i:[bcdfgjkpqtvwyz][a-z]|one\b|GRU|BLEU|JS))": "a",
}
RULES = [
    (re.compile(rule, re.IGNORECASE), instead)
    for rule, instead in ({words.replace(" ", r"\s+"): why for words, why in WORDS.items()} | SIGNS).items()
]


@dataclass(frozen=True)
class Passage:
    """Prose of one block.

    Attributes:
        text: as written.
        said: of the same length, what is not prose blanked out.
        lines: the number of each of its lines in the file, from 1.
        title: whether it heads a box, where no link can stand.
    """

    text: str
    said: str
    lines: list[int]
    title: bool = False

    def line(self, at: int) -> int:
        """The number of the line that holds a position of `text`."""
        return self.lines[self.text.count("\n", 0, at)]


def blank(text: str) -> str:
    """A text of the same length and lines that says nothing."""
    return re.sub(r"[^\n]", BLANK, text)


def said(text: str) -> str:
    """A text of the same length and lines of which only the prose is left."""
    text = INLINE.sub(_said, text)
    for silent in (ADDRESS, QUOTED):
        text = silent.sub(lambda found: blank(found[0]), text)
    return text


def _said(found: re.Match[str]) -> str:
    """What is read of a role, a link, code or a formula, the rest of it blank."""
    group, kept = "text", found["text"] or ""
    if found["role"]:
        titled = TITLED.match(found["content"])
        spoken = found["content"] if found["role"] in SPOKEN_ROLES else ""
        group, kept = "content", titled["title"] if titled else spoken
    start = max(found.start(group) - found.start(), 0)
    return blank(found[0][:start]) + said(kept) + blank(found[0][start + len(kept) :])


def passages(source: str) -> Iterator[Passage]:
    """The prose of a page in its order, boxes' titles and pictures' alternative texts included."""
    lines = [line.strip() for line in source.splitlines()]
    at = 0
    for kind, part in _parts(strip_front_matter(source)):
        numbers = []
        for line in part:
            at = next(i for i in range(at, len(lines)) if lines[i].endswith(line.strip()))
            numbers.append(at + 1)
            at += kind != "title"  # its line may hold a block's beginning too
        text = "\n".join(part)
        if kind != "code":
            yield Passage(text, said(text), numbers, kind == "title")


def _parts(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """The parts of a page in its order, each with its kind: text, title or code."""
    for block in blocks(lines):
        if isinstance(block, Text):
            yield "text", block.lines
        elif isinstance(block, Directive):
            title = "" if block.name in UNTITLED else block.argument
            yield from (("title", [line]) for line in (title, block.options.get("alt", "")) if line)
            if block.name in NAMES_ONLY:
                yield "code", block.body
            else:
                yield from _parts(block.body)


@dataclass(frozen=True)
class Fault:
    """A slip on a line: what stands there, and what to write instead."""

    line: int
    found: str
    instead: str


def faults(source: str) -> list[Fault]:
    """What the list of style refuses in a page, in the page's order."""
    found = [
        Fault(passage.line(hit.start()), " ".join(hit[0].split()) or hit[0], instead)
        for passage in passages(source)
        for rule, instead in RULES
        for hit in rule.finditer(passage.said)
    ]
    for passage in passages(source):
        found += _unclosed(passage)
    return sorted(found, key=lambda fault: fault.line)


def _unclosed(passage: Passage) -> Iterator[Fault]:
    """Brackets that a paragraph opens and never closes, or closes and never opened."""
    start = 0
    for paragraph in PARAGRAPH.split(passage.said):
        start = passage.said.index(paragraph, start)
        open_at: list[int] = []
        for bracket in re.finditer(r"[()\[\]]", paragraph):
            if open_at and paragraph[open_at[-1]] + bracket[0] in ("()", "[]"):
                open_at.pop()
            else:
                open_at.append(bracket.start())
        for at in open_at:
            yield Fault(passage.line(start + at), paragraph[at : at + 20], "both brackets")
        start += len(paragraph)


def texts() -> list[str]:
    """The Markdown files that git knows."""
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
    return listed.stdout.split()


def main() -> None:
    """Print every fault with its file and line; fail where there is one."""
    count = 0
    for name in texts():
        for fault in faults((ROOT / name).read_text(encoding="utf-8")):
            print(f"{name}:{fault.line}: {fault.found!r}: write {fault.instead}")
            count += 1
    print(f"{len(texts())} texts, {count} faults of style")
    sys.exit(count > 0)


if __name__ == "__main__":
    main()
