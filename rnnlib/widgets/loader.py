"""Make one script out of the widgets' ES modules.

Modules import each other by plain named imports, each on one statement at the start of a line::

    import { forward, backward as back } from "./core.mjs";

Each module becomes a function `$make.NAME` that returns what it exports, so that private names never
collide. Such a function's own text is a module's source, of which a page can make a worker
(`js/translator_worker.mjs`). From these come the ES module string that anywidget wants (`inline`) and the
classic script that the book loads (`bundle`): module scripts do not load from `file://`, classic ones do.
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "js"
WEIGHTS = Path(__file__).parent / "weights"
WIDGETS = (
    "beam_tree",
    "bleu_bench",
    "bottleneck",
    "character_memory",
    "gradient_flow",
    "gru_stepper",
    "half_life",
    "hold_a_bit",
    "layer_grid",
    "left_right",
    "live_translator",
    "lstm_stepper",
    "pad_mask_pack",
    "story_writer",
    "unrolled_calculator",
    "vocabulary_cut",
    "width_trade_off",
)

_IMPORT = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*"\./([\w-]+)\.mjs";[^\S\n]*$', re.MULTILINE)
_DEFAULT = re.compile(r"^export\s+default\s+", re.MULTILINE)
_EXPORT = re.compile(
    r"^export\s+((?:async\s+)?function\s*\*?|class|const)\s+([A-Za-z_$][\w$]*)", re.MULTILINE
)
_JSDOC = re.compile(r"^[^\S\n]*/\*\*.*?\*/[^\S\n]*\n?", re.MULTILINE | re.DOTALL)
_LEFT_OVER = re.compile(r"^(?:import\b|export\b).*$|\bimport\s*\(.*$|\bimport\.meta\b.*$", re.MULTILINE)
_SPECIFIER = re.compile(r"([A-Za-z_$][\w$]*)(?:\s+as\s+([A-Za-z_$][\w$]*))?")


class LoaderError(ValueError):
    """A module cannot be inlined; the message names the module and what is wrong."""


@dataclass(frozen=True)
class Module:
    """One source file: its imports as (module, imported name, local name), exported names, and body."""

    name: str
    imports: tuple[tuple[str, str, str], ...]
    exports: tuple[str, ...]
    body: str


def parse(name: str, source: str) -> Module:
    """Split a module's source into imports, exports and a body without either, and without JSDoc.

    Raises:
        LoaderError: for an import or export in a form that this loader does not take.
    """
    source = _JSDOC.sub("", source)
    imports = [
        (other, *_specifier(name, item)) for names, other in _IMPORT.findall(source) for item in _split(names)
    ]
    exports = [found[1] for found in _EXPORT.findall(source)]
    body = _EXPORT.sub(r"\1 \2", _IMPORT.sub("", source))
    if _DEFAULT.search(body):
        exports.append("default")
        body = _DEFAULT.sub("const $default = ", body)
    if left := _LEFT_OVER.search(body):
        raise LoaderError(
            f"{name}.mjs: cannot inline {left.group(0).strip()!r}; write a named local import or export"
        )
    if "</script" in body.lower() or "<!--" in body:
        raise LoaderError(
            f"{name}.mjs: contains '</script' or '<!--', which would end the page's script early"
        )
    return Module(name, tuple(imports), tuple(exports), body.strip())


def _split(names: str) -> list[str]:
    return [item.strip() for item in names.split(",") if item.strip()]


def _specifier(name: str, item: str) -> tuple[str, str]:
    match = _SPECIFIER.fullmatch(item)
    if match is None:
        raise LoaderError(f"{name}.mjs: cannot read the import {item!r}")
    return match.group(1), match.group(2) or match.group(1)


def read(name: str, folder: Path = FOLDER) -> Module:
    """Read and parse `folder/name.mjs`.

    Raises:
        LoaderError: if there is no such file.
    """
    path = folder / f"{name}.mjs"
    if not path.is_file():
        raise LoaderError(f"{name}.mjs: no such module in {folder.name}/")
    return parse(name, path.read_text(encoding="utf-8"))


def ordered(names: tuple[str, ...], folder: Path = FOLDER) -> list[Module]:
    """The named modules and all that they import, each after what it imports, in an order that never varies.

    Raises:
        LoaderError: for an unknown module, a name that the other module does not export, or a cycle.
    """
    done: dict[str, Module] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise LoaderError(f"modules import each other in a circle: {' -> '.join((*path, name))}")
        if name in done:
            return
        module = read(name, folder)
        for other in dict.fromkeys(other for other, _, _ in module.imports):
            visit(other, (*path, name))
        for other, imported, _ in module.imports:
            if imported not in done[other].exports:
                known = ", ".join(done[other].exports)
                raise LoaderError(f"{name}.mjs imports {imported!r} from {other}.mjs, which exports {known}")
        done[name] = module

    for name in names:
        visit(name, ())
    return list(done.values())


def _scope(module: Module) -> str:
    """A module as a function that returns its exports, and what that returned."""
    wanted: dict[str, list[str]] = {}
    for other, imported, local in module.imports:
        wanted.setdefault(other, []).append(imported if imported == local else f"{imported}: {local}")
    lines = [f"  const {{ {', '.join(items)} }} = $modules.{other};" for other, items in wanted.items()]
    shown = ", ".join("default: $default" if name == "default" else name for name in module.exports)
    return "\n".join(
        [
            f"$make.{module.name} = () => {{",
            *lines,
            module.body,
            f"  return {{ {shown} }};",
            "};",
            f"$modules.{module.name} = $make.{module.name}();",
        ]
    )


def _scopes(modules: list[Module]) -> str:
    return "\n".join(["const [$make, $modules] = [{}, {}];", *map(_scope, modules)])


def _with_widgets(widgets: tuple[str, ...], names: tuple[str, ...], folder: Path) -> list[Module]:
    modules = ordered(names, folder)
    for module in modules:
        if module.name in widgets and "default" not in module.exports:
            raise LoaderError(
                f"{module.name}.mjs: has no default export, expected `export default {{ render }};`"
            )
    return modules


@cache
def inline(name: str, folder: Path = FOLDER) -> str:
    """One ES module that holds `name.mjs` and all it imports, with its default export: anywidget's `_esm`.

    Raises:
        LoaderError: see `ordered`; also if the module has no default export.
    """
    modules = _with_widgets((name,), (name,), folder)
    return f"{_scopes(modules)}\nexport default $modules.{name}.default;\n"


@cache
def bundle(widgets: tuple[str, ...] = WIDGETS, folder: Path = FOLDER) -> str:
    """The classic script of the book: all widgets by name, and the host that starts them in the page.

    Raises:
        LoaderError: see `inline`.
    """
    modules = _with_widgets(widgets, (*widgets, "host"), folder)
    table = ", ".join(f"{json.dumps(name)}: $modules.{name}.default" for name in widgets)
    return f'(() => {{\n"use strict";\n{_scopes(modules)}\n$modules.host.start({{ {table} }});\n}})();\n'


def weight_script(name: str) -> str:
    """The file name of the script that holds the weights of widget `name`; it stands beside the bundle."""
    return f"rnnlib-weights-{name}.js"


def read_weights(name: str) -> dict[str, Any]:
    """The trained weights that are packaged for widget `name`, as stored: card, shapes, base64."""
    stored: dict[str, Any] = json.loads((WEIGHTS / f"{name}.json").read_text(encoding="utf-8"))
    return stored


def weight_scripts() -> dict[str, str]:
    """File name to source of every script of weights: what a page loads once a widget needs it.

    Classic scripts, as the bundle is: `fetch` does not work from `file://`.
    """
    scripts = {}
    for path in sorted(WEIGHTS.glob("*.json")):
        data = json.dumps(read_weights(path.stem), separators=(",", ":"))
        place = f"(globalThis.rnnlib_weights ??= {{}})[{json.dumps(path.stem)}]"
        scripts[weight_script(path.stem)] = f"{place} = {data};\n"
    return scripts
