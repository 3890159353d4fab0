"""What rnnlib does where it alone is installed: run by `check.py`, from an empty folder, with that Python.

Nothing of the repository is importable there, nor is any part of Jupyter but the widgets' protocol.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import sys
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path
from threading import Thread

ABSENT = ("jupyter_client", "jupyter_server", "jupyterlab", "notebook", "ipykernel", "nbformat", "sphinx")
OURS = ("benchmarks", "tests", "conftest")  # of the repository, not of the package
LATE = ("IPython", "ipywidgets", "anywidget", "traitlets", "matplotlib", "sklearn", "sacrebleu")
PARTS = ("bleu", "cells", "claims", "data", "decoding", "init", "layers", "metrics", "models", "plots",
         "probes", "results", "search", "training", "translator", "widgets")  # fmt: skip
VIEW = "application/vnd.jupyter.widget-view+json"


def check_import() -> None:
    """The package comes from this environment, bears its version, and loads nothing that it may not need."""
    there = [name for name in (*ABSENT, *OURS) if importlib.util.find_spec(name)]
    assert not there, f"{there} can be imported, expected an environment without them"
    import rnnlib

    for part in PARTS:
        importlib.import_module(f"rnnlib.{part}")
    loaded = sorted({name.partition(".")[0] for name in sys.modules} & {*LATE})
    assert not loaded, f"importing rnnlib loads {loaded}"
    assert Path(rnnlib.__file__).is_relative_to(sys.prefix), (
        f"rnnlib is {rnnlib.__file__}, not in {sys.prefix}"
    )
    stated = importlib.metadata.version("rnnlib")
    assert rnnlib.__version__ == stated, f"__version__ is {rnnlib.__version__}, metadata say {stated}"
    print(f"import: version {stated}, with none of {', '.join(LATE)}")


def check_layers() -> None:
    """A layer gives what torch.nn's gives."""
    import torch

    from rnnlib.layers import GRU

    ours, theirs = GRU(3, 5).double(), torch.nn.GRU(3, 5).double()
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(7, 2, 3, dtype=torch.float64)
    assert torch.allclose(ours(x)[0], theirs(x)[0]), "GRU differs from torch.nn.GRU"
    print(f"layers: equal to torch.nn of torch {torch.__version__}")


def check_data() -> None:
    """Packaged texts and stored results are there, and what other packages lend."""
    from rnnlib import results
    from rnnlib.data import load_digits, load_phrasebook, load_sentences, load_story, load_tagged

    assert len(load_story()) > 80_000 and len(load_sentences()) > 1_800 and len(load_tagged()) > 5_000
    assert len(load_phrasebook()) > 39_000 and len(load_digits()[0]) > 1_000
    stored = sorted(path.stem for path in results.FOLDER.glob("*.json"))
    assert stored and all(results.load(name).runs for name in stored)
    print(f"data: story, sentences, tags, phrasebook, digits; results: {', '.join(stored)}")


def check_weights() -> None:
    """The translator's weights of six bits an entry are read, and translate."""
    from sacrebleu import corpus_bleu

    from rnnlib.widgets.translator_weights import load_translator

    translator = load_translator()
    count = sum(parameter.numel() for parameter in translator.model.parameters())
    french = translator.translate("I am tired.").text
    assert french.endswith(".") and corpus_bleu([french], [[french]]).score > 99.9
    print(f"weights: {count:,} numbers; I am tired. -> {french}")


def check_download(folder: Path) -> None:
    """A file is fetched from a server, here a local one."""
    from rnnlib.data import Source, fetch

    (folder / "served.txt").write_text("A line.\n")
    handler = partial(SimpleHTTPRequestHandler, directory=folder)
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.handle_request).start()
        digest = hashlib.sha256(b"A line.\n").hexdigest()
        source = Source("served.txt", f"http://127.0.0.1:{server.server_port}/served.txt", digest)
        assert fetch(source, folder / "kept").read_text() == "A line.\n"
    print("download: checked and kept")


def check_figures(folder: Path) -> None:
    """A figure is drawn without a notebook."""
    from rnnlib import plots

    plots.bars({"one": 1.0, "two": 2.0}, "length", alt="Two bars.", save=folder / "bars.svg")
    assert "<svg" in (folder / "bars.svg").read_text(encoding="utf-8")
    print("figures: written as SVG")


def check_widgets() -> None:
    """Every widget shows itself, to a kernel's front end and to the book."""
    import rnnlib.widgets

    for name in rnnlib.widgets.__all__:
        widget = getattr(rnnlib.widgets, name)()
        bundle = widget._repr_mimebundle_()[0]
        assert {VIEW, "text/plain"} <= set(bundle) and bundle["text/plain"] == f"{name} widget", (
            name,
            [*bundle],
        )
        assert "export default" in widget._esm, f"{name} has no module of JavaScript"
        os.environ["RNNLIB_BOOK"] = "1"
        bundle = widget._repr_mimebundle_()
        del os.environ["RNNLIB_BOOK"]
        assert set(bundle) == {"text/html", "text/plain"} and "<figure" in bundle["text/html"], name
    print(f"widgets: {len(rnnlib.widgets.__all__)}, each with view, script, text and, for the book, HTML")


def main() -> None:
    """Run every check; the first that fails ends the program."""
    check_import()
    check_layers()
    check_data()
    check_weights()
    check_download(Path.cwd())
    check_figures(Path.cwd())
    check_widgets()


if __name__ == "__main__":
    main()
