"""The loader: many ES modules in, one script out, and clear refusals."""

import re
from pathlib import Path

import pytest
from py_mini_racer import MiniRacer

from rnnlib.widgets import loader


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small set of modules with clashing private names, a rename, a multi-line import and a class."""
    write(
        tmp_path,
        "base",
        "const secret = 1;\nexport const one = secret;\nexport function twice(x) { return 2 * x; }",
    )
    write(
        tmp_path,
        "middle",
        'import {\n  one,\n  twice as double,\n} from "./base.mjs";\n'
        "const secret = 2;\nexport class Pair { sum() { return double(one) + secret; } }",
    )
    write(
        tmp_path,
        "top",
        'import { Pair } from "./middle.mjs";\nimport { one } from "./base.mjs";\n'
        "const secret = 3;\nfunction render() { return new Pair().sum() + secret + one; }\n"
        "export default { render };",
    )
    write(tmp_path, "host", "export function start(widgets) { globalThis.started = widgets; }")
    return tmp_path


def write(folder: Path, name: str, source: str) -> None:
    (folder / f"{name}.mjs").write_text(source, encoding="utf-8")


def run_bundle(source: str, expression: str) -> object:
    engine = MiniRacer()
    engine.eval(source + ";0")
    return engine.eval(expression)


def test_private_names_do_not_collide(folder: Path) -> None:
    bundle = loader.bundle(("top",), folder)
    assert run_bundle(bundle, "started.top.render()") == 2 + 2 + 3 + 1


def test_inline_is_one_module_without_imports(folder: Path) -> None:
    source = loader.inline("top", folder)
    assert not re.search(r"^\s*import\b", source, re.MULTILINE)
    assert source.count("export") == 1
    assert source.endswith("export default $modules.top.default;\n")
    body = source.rpartition("export default ")[0]
    assert run_bundle(body, "$modules.top.default.render()") == 8


def test_each_module_comes_once_after_what_it_imports(folder: Path) -> None:
    names = [module.name for module in loader.ordered(("top", "middle"), folder)]
    assert names == ["base", "middle", "top"]


def test_output_never_varies(folder: Path) -> None:
    first = loader.bundle(("top",), folder)
    loader.bundle.cache_clear()
    assert loader.bundle(("top",), folder) == first
    assert str(folder) not in first


def test_jsdoc_stays_behind() -> None:
    module = loader.parse("a", '/** @type {import("./b.mjs").B} */\nexport const x = 1; // kept\n')
    assert module.body == "const x = 1; // kept"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('import { nothing } from "./base.mjs";', "'nothing' from base.mjs, which exports one, twice"),
        ('import { x } from "./missing.mjs";', "missing.mjs: no such module in"),
        ('import everything from "./base.mjs";', "cannot inline"),
        ('import * as base from "./base.mjs";', "cannot inline"),
        ('import { h } from "https://example.org/preact.mjs";', "cannot inline"),
        ('import { h } from "preact";', "cannot inline"),
        ('import "./base.mjs";', "cannot inline"),
        ('import { one } from "./base.mjs"', "cannot inline"),
        ('import { one two } from "./base.mjs";', "cannot read the import 'one two'"),
        ('const base = await import("./base.mjs");', "cannot inline"),
        ("const here = import.meta.url;", "cannot inline"),
        ('export { one } from "./base.mjs";', "cannot inline"),
        ('export * from "./base.mjs";', "cannot inline"),
        ("export let counter = 0;", "cannot inline"),
        ('const end = "</SCRIPT>";', "'</script'"),
        ('const open = "<!--";', "'</script' or '<!--'"),
    ],
)
def test_what_cannot_be_inlined_is_refused(folder: Path, source: str, message: str) -> None:
    write(folder, "odd", source)
    with pytest.raises(loader.LoaderError, match=re.escape(message)):
        loader.ordered(("odd",), folder)


def test_a_circle_is_refused_and_named(folder: Path) -> None:
    write(folder, "a", 'import { b } from "./b.mjs";\nexport const a = 1;')
    write(folder, "b", 'import { a } from "./a.mjs";\nexport const b = 1;')
    with pytest.raises(loader.LoaderError, match=re.escape("a -> b -> a")):
        loader.ordered(("a",), folder)


def test_a_widget_needs_a_default_export(folder: Path) -> None:
    for build in (lambda: loader.inline("base", folder), lambda: loader.bundle(("base",), folder)):
        with pytest.raises(loader.LoaderError, match=r"base\.mjs: has no default export"):
            build()


# ---- what ships ------------------------------------------------------------------------------------------

PAGE = """
var document = { readyState: "complete", querySelectorAll: () => [], addEventListener() {} };
var location = { hash: "" }; var addEventListener = () => {};
"""


def test_the_shipped_bundle_starts_without_widgets_on_the_page() -> None:
    assert run_bundle(PAGE + loader.bundle(), "1") == 1


def test_every_shipped_module_is_used_and_every_widget_bundled() -> None:
    bundled = {module.name for module in loader.ordered((*loader.WIDGETS, "host"))}
    assert bundled == {path.stem for path in loader.FOLDER.glob("*.mjs")}
    for name in loader.WIDGETS:
        assert f'"{name}": $modules.{name}.default' in loader.bundle()


@pytest.mark.parametrize("name", loader.WIDGETS)
def test_shipped_modules_are_the_same_in_both_hosts(name: str) -> None:
    for module in loader.ordered((name,)):
        scope = f"$make.{module.name} = () => {{"
        body = loader.inline(name).split(scope)[1].split(f"\n}};\n$modules.{module.name} = ")[0]
        assert scope + body in loader.bundle()


def test_nothing_shipped_loads_anything_from_elsewhere() -> None:
    bundle = loader.bundle()
    addresses = set(re.findall(r"https?://[^\s\"'`]+", bundle))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert not re.search(
        r"\bfetch\(|XMLHttpRequest|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", bundle
    )
    assert "</script" not in bundle.lower()
