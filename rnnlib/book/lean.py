"""What no page uses is not sent: rules of style sheets for classes that none has, files that none names.

The theme brings all of Bootstrap and Font Awesome, forty languages and source maps. Which of it the book
needs is known once its pages are written: the classes and ids in them, and every word of their scripts.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from pathlib import Path

from sphinx.application import Sphinx

OWN = ("rnn-", "katex")  # style sheets that hold what is needed already
WEIGHTS = "rnnlib-weights-"
DATA = (WEIGHTS, "rnn-texts")  # scripts whose words are no classes
ICON_FONT = re.compile(r"fa[bsrl]?|fa-.*")  # replaced by `rnn-icons.css`
_TOKEN = re.compile(
    r"""/\*.*?\*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|url\([^"')]*\)|[{};]|[^{};"'/u]+|.""", re.DOTALL
)
_ATTRIBUTE = re.compile(r'\b(?:class|id)="([^"]*)"')
_FUNCTION = re.compile(r":(?:not|is|where|has)\((?:[^()]|\([^()]*\))*\)")
_NAME = re.compile(r"[.#]((?:[\w-]|\\.)+)")
_CODE = re.compile(r'<div class="highlight">.*?</pre>', re.DOTALL)
_TOKEN_SPAN = re.compile(r'<span class="(\w+)">([^<]*)</span>')
_CODE_RULE = re.compile(
    r'data-theme="(\w+)"\] \.highlight(?: \.(\w+))? *\{(?:background: #\w+; *)?([^}]*?);? *\}'
)
_SOURCE_MAP = re.compile(r"\n?//# sourceMappingURL=\S+\s*$")
# The theme lays the page out for each block that may scroll; `rnn-book.js` looks once a block is laid out.
_MEASURES_EACH = re.compile(r"(\w)\.tabIndex=\1\.scrollWidth>\1\.clientWidth\|\|[^?]*\?0:-1")


def rules(css: str) -> Iterator[tuple[str, str | None]]:
    """Split a style sheet at its first level into (prelude, block), the block None for a statement.

    Comments are left out, but for licences (`/*!`), which come as statements.
    """
    prelude, block, depth = "", "", 0
    for token in _TOKEN.findall(css):
        if token.startswith("/*"):
            if token.startswith("/*!") and depth == 0:
                yield token, None
        elif token == "{":
            depth += 1
            block += token if depth > 1 else ""
        elif token == "}":
            depth -= 1
            if depth == 0:
                yield prelude.strip(), block.strip()
                prelude = block = ""
            else:
                block += token
        elif depth:
            block += token
        elif token == ";":
            yield f"{prelude.strip()};", None
            prelude = ""
        else:
            prelude += token


def selectors(prelude: str) -> list[str]:
    """Split a list of selectors at its commas, those within brackets left alone."""
    parts, depth = [""], 0
    for character in prelude:
        depth += (character in "([") - (character in ")]")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def applies(selector: str, names: set[str]) -> bool:
    """Whether every class and id that a selector asks for is among `names`."""
    asked = _NAME.findall(_FUNCTION.sub("", re.sub(r"\[[^]]*\]", "", selector)))
    return all(name in names and not ICON_FONT.fullmatch(name) for name in asked)


def trimmed(css: str, names: set[str]) -> str:
    """Return a style sheet without the rules that match nothing where only `names` are classes and ids."""
    kept = []
    for prelude, block in rules(css):
        if prelude.startswith(("@media", "@supports")):
            inner = trimmed(block or "", names)
            kept += [f"{prelude}{{{inner}}}"] if inner else []
        elif "Font Awesome" in (block or prelude):
            continue
        elif block is None:
            kept.append(prelude)
        elif prelude.startswith("@"):
            kept.append(f"{prelude}{{{block}}}")
        elif used := [selector for selector in selectors(prelude) if applies(selector, names)]:
            kept.append(f"{','.join(used)}{{{block}}}")
    return "\n".join(kept)


def names_in(pages: list[str], scripts: list[str]) -> set[str]:
    """Return the classes and ids of pages, and every word of scripts, which may set them."""
    found = {name for page in pages for value in _ATTRIBUTE.findall(page) for name in value.split()}
    return found.union(*(re.findall(r"[\w-]+", script) for script in scripts))


def _trim_sheets(static: Path, pages: dict[Path, str]) -> None:
    """Trim the style sheets of theme and extensions; pages then ask for them by their new checksums."""
    scripts = [
        path.read_text(encoding="utf-8") for path in static.rglob("*.js") if not path.name.startswith(DATA)
    ]
    names = names_in(list(pages.values()), scripts)
    for sheet in static.rglob("*.css"):
        if sheet.name.startswith(OWN):
            continue
        css = trimmed(sheet.read_text(encoding="utf-8"), names)
        sheet.write_text(css, encoding="utf-8")
        asked = re.compile(rf"(/{re.escape(sheet.name)}\?v=)\w+")
        for path, page in pages.items():
            pages[path] = asked.sub(rf"\g<1>{zlib.crc32(css.encode()):08x}", page)


def _named_as(path: Path) -> str:
    """Return what asks for a file: its name; of weights, which widgets name without the rest, that word."""
    return f'"{path.stem.removeprefix(WEIGHTS)}"' if path.name.startswith(WEIGHTS) else path.name


def _remove_unused(static: Path, pages: dict[Path, str]) -> None:
    """Remove the files that neither a page names nor a style sheet or script that is used."""
    left = [path for path in static.rglob("*") if path.is_file()]
    texts = list(pages.values())
    while texts:
        text = "\n".join(texts)
        used = {path for path in left if _named_as(path) in text and path.suffix != ".map"}
        left = [path for path in left if path not in used]
        texts = [
            path.read_text(encoding="utf-8")
            for path in used
            if path.suffix in (".css", ".js") and not path.name.startswith(DATA)
        ]
    for path in left:
        path.unlink()
    for folder in sorted((path for path in static.rglob("*") if path.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()


def coloured(pygments: str) -> set[str]:
    """Return the kinds of tokens that a style sheet of Pygments sets off from other code, in any scheme."""
    styles = {(scheme, kind): style for scheme, kind, style in _CODE_RULE.findall(pygments)}
    own = {scheme: style.partition("color: ")[2] for (scheme, kind), style in styles.items() if not kind}
    return {kind for (scheme, kind), style in styles.items() if kind and style != f"color: {own[scheme]}"}


def plain_tokens(page: str, kinds: set[str]) -> str:
    """Return a page whose code has elements for tokens of these kinds, and bare text for the others."""

    def token(found: re.Match[str]) -> str:
        return found[0] if found[1] in kinds else found[2]

    return _CODE.sub(lambda code: _TOKEN_SPAN.sub(token, code[0]), page)


def _make_lean(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    book = Path(app.outdir)
    static = book / "_static"
    for script in (static / "scripts").glob("*.js"):
        text = script.read_text(encoding="utf-8")
        script.write_text(_MEASURES_EACH.sub("", _SOURCE_MAP.sub("\n", text)), encoding="utf-8")
    before = {
        path: path.read_text(encoding="utf-8") for path in book.rglob("*.html") if static not in path.parents
    }
    kinds = coloured((static / "pygments.css").read_text(encoding="utf-8"))
    pages = {path: plain_tokens(page, kinds) for path, page in before.items()}
    _remove_unused(static, pages)  # first the scripts, whose words would keep rules
    _trim_sheets(static, pages)
    for path, page in pages.items():
        if page != before[path]:
            path.write_text(page, encoding="utf-8")
    _remove_unused(static, pages)  # then what only rules named that are gone


def setup(app: Sphinx) -> None:
    """Register the clearing up; called by `rnnlib.book.setup`."""
    app.connect("build-finished", _make_lean, priority=900)
