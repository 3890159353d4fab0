"""A widget's shipped JavaScript, run without a page."""

import json
from collections.abc import Callable
from typing import Any

from py_mini_racer import MiniRacer

from rnnlib.widgets import loader

Run = Callable[..., Any]


def widget_engine(widget: str, *scripts: str) -> MiniRacer:
    """An engine with the widget's modules as `$modules`, and then the scripts, one after the other."""
    engine = MiniRacer()
    for script in (loader.inline(widget).rpartition("export default")[0], *scripts):
        engine.eval(script + ";0")
    return engine


def widget_runner(widget: str, *scripts: str, names: str = "") -> Run:
    """`run(expression, **values)`: what an expression gives beside the widget's modules.

    Args:
        widget: the module's name.
        *scripts: what stands there besides, such as `weights_script` and a test's own helpers.
        names: the modules that an expression may name, as JavaScript takes them out of `$modules`.

    Returns:
        A function of an expression; its keyword values become constants beside it, through JSON both ways.
    """
    engine = widget_engine(widget, *scripts)
    taken = f"const {{ {names} }} = $modules; " if names else ""

    def run(expression: str, **values: Any) -> Any:
        constants = "".join(f"const {name} = {json.dumps(value)};" for name, value in values.items())
        code = f"{taken}{constants} return {expression};"
        return json.loads(engine.eval(f"JSON.stringify((() => {{ {code} }})())"))

    return run


def weights_script(name: str) -> str:
    """The script of packaged weights: it puts them into `rnnlib_weights`."""
    return loader.weight_scripts()[loader.weight_script(name)]


def constant(name: str, value: Any) -> str:
    """A script that names a value."""
    return f"const {name} = {json.dumps(value)}"
