"""Figures: what they draw, and that it can be read on light and dark pages and without colour."""

import re
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest
import torch

from rnnlib import figure_output, plots
from rnnlib.training import History


def history(losses=(3.0, 2.0, 1.0), valid=((2, 2.5), (3, 1.5))):
    return History(list(range(1, len(losses) + 1)), list(losses), [1.0] * len(losses), list(valid))


def drawn(figure, gid):
    """The points of the line called `gid`."""
    lines = [line for line in figure.axes[0].lines if line.get_gid() == gid]
    assert len(lines) == 1, [line.get_gid() for line in figure.axes[0].lines]
    return np.asarray(lines[0].get_xdata(), float), np.asarray(lines[0].get_ydata(), float)


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


# What is drawn.


def test_loss_curve_draws_the_history():
    figure = plots._loss_figure({"training": history()}, {"4-gram": 1.25}, False, None, "")
    x, y = drawn(figure, "train training")
    assert x.tolist() == [1, 2, 3] and y.tolist() == [3, 2, 1]
    x, y = drawn(figure, "valid training")
    assert x.tolist() == [2, 3] and y.tolist() == [2.5, 1.5]
    assert texts(figure) == ["training", "validation", "4-gram"]
    assert any(np.allclose(line.get_ydata(), 1.25) for line in figure.axes[0].lines)
    assert figure.axes[0].get_ylabel() == "loss (nats a token)"


def test_loss_curve_in_perplexity_and_smoothed():
    figure = plots._loss_figure({"training": history([3.0, 1.0, 2.0, 4.0], ())}, {}, True, 2, "")
    x, y = drawn(figure, "train training")
    assert x.tolist() == [2, 3, 4] and y == pytest.approx(np.exp([2.0, 1.5, 3.0]))
    assert figure.axes[0].get_ylabel() == "perplexity"


def test_loss_curve_of_several_runs():
    figure = plots._loss_figure({"GRU": history(), "RNN": history((3, 2.5, 2.2))}, {}, False, None, "")
    assert drawn(figure, "train RNN")[1].tolist() == [3, 2.5, 2.2]
    assert drawn(figure, "valid GRU")[0].tolist() == [2, 3]
    assert texts(figure) == ["marks: validation", "GRU", "RNN"]
    with pytest.raises(ValueError, match="history 'LSTM' holds no update, expected at least one"):
        plots.loss_curve({"LSTM": History()}, alt="Nothing.")


def test_lines_draws_its_values_and_leaves_out_what_a_log_axis_cannot_show():
    ys = {"a": [1.0, 0.0, 100.0], "b": torch.tensor([1.0, 2.0, np.nan])}
    figure = plots._lines_figure([1, 2, 3], ys, "steps", "norm", False, True, False, "Title")
    x, y = drawn(figure, "a")
    assert x.tolist() == [1, 2, 3] and y[[0, 2]].tolist() == [1, 100] and np.isnan(y[1])
    ax = figure.axes[0]
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title(loc="left")) == ("steps", "norm", "Title")
    assert ax.get_yscale() == "log" and texts(figure) == ["a", "b"]
    with pytest.raises(ValueError, match=r"ys\['a'\] has shape \(2,\), expected that of x, \(3,\)"):
        plots.lines([1, 2, 3], {"a": [1, 2]}, "x", "y", alt="Lines.")
    with pytest.raises(ValueError, match="ys is empty"):
        plots.lines([1], {}, "x", "y", alt="Lines.")


def test_reach_counts_back_from_the_loss():
    gru = SimpleNamespace(h=torch.tensor([0.01, 0.1, 1.0]), c=None)  # t = 1, 2, 3
    lstm = SimpleNamespace(h=torch.tensor([0.2, 2.0]), c=torch.tensor([0.5, 1.0]))
    figure = plots._reach_figure({"GRU": gru, "LSTM": lstm, "bound": [4.0, 8.0]}, False, "")
    x, y = drawn(figure, "GRU")
    assert x.tolist() == [0, 1, 2] and y == pytest.approx([1.0, 0.1, 0.01])
    assert drawn(figure, "LSTM, h")[1] == pytest.approx([2.0, 0.2])
    assert drawn(figure, "LSTM, c")[1] == pytest.approx([1.0, 0.5])
    relative = plots._reach_figure({"bound": [4.0, 8.0]}, True, "")
    assert drawn(relative, "bound")[1].tolist() == [1.0, 0.5]


def test_bars_draw_and_write_their_values():
    figure = plots._bars_figure(
        {"GRU": 4.981, "RNN": 7.0}, "perplexity", {"GRU": 0.12}, {"4-gram": 5.45}, False, ""
    )
    patches = {patch.get_gid(): patch.get_width() for patch in figure.axes[0].patches}
    assert patches == {"GRU": 4.981, "RNN": 7.0}
    assert texts(figure) == ["4.98 ± 0.12", "7", "4-gram"]
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == ["GRU", "RNN"]
    with pytest.raises(ValueError, match="values is empty"):
        plots.bars({}, alt="No bars.")


def test_scatter_draws_groups_with_a_look_each():
    groups = {
        "n-gram": [(0.1, 9.0, "2"), (0.2, 6.0, "3")],
        "LSTM": [(40.0, 3.4), (41.0, 3.3)],
        "d2l's LSTM": [(60.0, 7.3)],
    }
    paths = {"LSTM": [(5.0, 5.0), (40.0, 3.4)], "d2l's LSTM": [(8.0, 16.0), (60.0, 7.3)]}
    figure = plots._scatter_figure(
        groups, "seconds", "perplexity", paths, {"d2l's LSTM": "LSTM"}, True, True, ""
    )
    ax = figure.axes[0]
    x, y = drawn(figure, "n-gram")
    assert x.tolist() == [0.1, 0.2] and y.tolist() == [9.0, 6.0]
    assert drawn(figure, "path LSTM")[1].tolist() == [5.0, 3.4]
    lines = {line.get_gid(): line for line in ax.lines}
    ours, theirs = lines["LSTM"], lines["d2l's LSTM"]
    assert ours.get_marker() == theirs.get_marker() != lines["n-gram"].get_marker()
    assert theirs.get_markerfacecolor() == "none" and ours.get_markerfacecolor() == ours.get_color()
    assert lines["path LSTM"].get_linestyle() == "-" != lines["path d2l's LSTM"].get_linestyle()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(groups)
    assert [text for text in texts(figure) if text] == ["2", "3"]
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")


def test_scatter_bad_arguments():
    points = {f"group {k}": [(1.0, 2.0)] for k in range(7)}
    with pytest.raises(ValueError, match="groups holds no points"):
        plots.scatter({"a": []}, "x", "y", alt="Points.")
    with pytest.raises(ValueError, match="groups holds no points"):
        plots.scatter({}, "x", "y", alt="Points.")
    with pytest.raises(ValueError, match="groups holds 7 filled ones, expected at most 6"):
        plots.scatter(points, "x", "y", alt="Points.")
    with pytest.raises(ValueError, match=r"paths holds 'b', expected some of \['a'\]"):
        plots.scatter({"a": [(1, 2)]}, "x", "y", paths={"b": [(1, 2)]}, alt="Points.")
    with pytest.raises(ValueError, match=r"hollow holds 'b', expected some of \['a'\]"):
        plots.scatter({"a": [(1, 2)]}, "x", "y", hollow={"a": "b"}, alt="Points.")


def test_logarithmic_axes_of_any_range_have_marks():
    for high, marks in ((4.0, {"1", "2", "3"}), (30.0, {"1", "2", "5", "10"}), (1e3, {"1", "10", "100"})):
        figure = plots._lines_figure([1, 2], {"a": [1, high]}, "x", "y", False, True, False, "")
        ax = figure.axes[0]
        low, top = ax.get_ylim()
        ticks = zip(ax.get_yticks(), ax.get_yticklabels(), strict=True)
        assert marks <= {label.get_text() for value, label in ticks if low <= value <= top}


def test_gates_draw_units_by_tokens():
    torch.manual_seed(0)
    z, n = torch.rand(4, 2, 3), torch.randn(4, 2, 3)
    figure = plots._gates_figure(
        {"z": z, "n": n}, list("ab \n"), {"n": "candidate", "z": "update"}, [2, 0], 1, ""
    )
    panels = [ax for ax in figure.axes if ax.images]
    assert [ax.get_title(loc="left") for ax in panels] == ["candidate", "update"]
    np.testing.assert_allclose(panels[1].images[0].get_array(), z[:, 1, [2, 0]].T)
    np.testing.assert_allclose(panels[0].images[0].get_array(), n[:, 1, [2, 0]].T)
    limit = n[:, 1, [2, 0]].abs().max().item()
    assert panels[1].images[0].get_clim() == (0, 1)
    assert panels[0].images[0].get_clim() == pytest.approx((-max(limit, 1), max(limit, 1)))
    assert [t.get_text() for t in panels[1].get_xticklabels()] == ["a", "b", "␣", "↵"]
    assert [t.get_text() for t in panels[1].get_yticklabels()] == ["2", "0"]


def test_gates_bad_arguments():
    trace = {"z": torch.rand(4, 1, 3)}
    with pytest.raises(ValueError, match=r"names holds 'q', expected some of \['z'\]"):
        plots.gates(trace, list("abcd"), names=["q"], alt="Gates.")
    with pytest.raises(ValueError, match=r"trace\['z'\] has shape \(4, 3\), expected \(T=3, H\)"):
        plots.gates(trace, list("abc"), alt="Gates.")


def test_labels_are_spread_in_order_and_as_little_as_needed():
    assert plots._spread([0.1, 0.5, 0.9], 0.1) == pytest.approx([0.1, 0.5, 0.9])
    assert plots._spread([0.5, 0.5], 0.1) == pytest.approx([0.45, 0.55])
    assert plots._spread([0.52, 0.5, 0.1], 0.1) == pytest.approx([0.56, 0.46, 0.1])
    assert plots._spread([], 0.1) == []
    places = np.random.default_rng(0).random(12)
    spread = np.asarray(plots._spread(places, 0.05))
    assert (np.argsort(spread) == np.argsort(places)).all()
    assert np.diff(np.sort(spread)).min() >= 0.05 - 1e-12


def test_powers_of_ten_are_plain_characters():
    assert [plots._power(v) for v in (1e-12, 1.0, 1e5)] == ["10⁻¹²", "1", "10⁵"]


# How it can be read.


def luminance(color):
    """Relative luminance of #rrggbb, WCAG 2."""
    channels = [int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("color", [*plots.PALETTE.values(), figure_output.GREY])
@pytest.mark.parametrize("ground", ["#ffffff", "#121212", "#14181e"])
def test_the_palette_reads_on_light_and_dark(color, ground):
    assert contrast(color, ground) >= 3


def test_lines_differ_without_colour():
    looks = [plots._look(k) for k in range(6)]
    for a, b in combinations(looks, 2):
        assert a.color != b.color and a.dash != b.dash and a.marker != b.marker


# How it is shown.


def some_figure():
    return plots._loss_figure({"training": history()}, {"4-gram": 1.25}, False, None, "A title")


@pytest.fixture
def displayed(monkeypatch):
    """What the functions hand to IPython, in a notebook that isn't there."""
    import IPython.display

    shown = []
    monkeypatch.setattr(figure_output, "shell_name", lambda: "ZMQInteractiveShell")
    monkeypatch.setattr(IPython.display, "display", lambda data, **kwargs: shown.append(data))
    monkeypatch.delenv("RNNLIB_BOOK", raising=False)
    return shown


def draw_each():
    plots.loss_curve(history(), alt="Loss.")
    plots.lines([1, 2], {"a": [1, 2]}, "x", "y", alt="Lines.")
    plots.reach({"GRU": [0.1, 1.0]}, alt="Reach.")
    plots.bars({"GRU": 5.0}, alt="Bars.")
    plots.scatter({"GRU": [(1.0, 5.0, "a")]}, "x", "y", alt="Points.")
    plots.gates({"z": torch.rand(3, 1, 4)}, list("abc"), alt="Gates.")


def test_in_a_notebook_a_png_with_a_constant_text(displayed):
    draw_each()
    assert [data["text/plain"] for data in displayed] == [
        f"<figure: {name}.>" for name in ("Loss", "Lines", "Reach", "Bars", "Points", "Gates")
    ]
    assert all(set(data) == {"image/png", "text/plain"} for data in displayed)


def test_in_the_book_an_inline_svg(displayed, monkeypatch):
    monkeypatch.setenv("RNNLIB_BOOK", "1")
    draw_each()
    draw_each()  # the same figures again: their ids must not meet
    page = "".join(data["text/html"] for data in displayed)
    root = ElementTree.fromstring(f"<body>{page}</body>")
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids)) > 0
    references = set(re.findall(r"url\(#([^)]+)\)", page)) | set(re.findall(r'href="#([^"]+)"', page))
    assert references == set(ids)
    for name in ("Loss.", "Gates."):
        assert page.count(f'<figure class="rnn-figure" role="img" aria-label="{name}">') == 2
    for foreign in (
        "<style",
        "<metadata",
        "<?xml",
        "<!DOCTYPE",
        "xlink",
        "DejaVu",
        figure_output.INK,
        "<use xl",
    ):
        assert foreign not in page
    assert "currentColor" in page and page.count("<svg") == page.count("</svg>") == 12
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", page)  # nothing is fetched


def test_coloured_texts_of_the_book_take_some_of_the_pages_ink(displayed, monkeypatch):
    """The palette's contrasts are made for lines; texts need more."""
    monkeypatch.setenv("RNNLIB_BOOK", "1")
    plots.lines([1, 2], {"a": [1, 2], "b": [2, 3]}, "x", "y", alt="Two lines.")
    [page] = [data["text/html"] for data in displayed]
    styles = dict(re.findall(r'<text style="([^"]*)"[^>]*>([ab])<', page))
    assert sorted(styles.values()) == ["a", "b"]
    for style in styles:
        [plain] = re.findall(r"fill: (#[0-9a-f]{6});", style)  # for browsers that do not know the other
        assert f"fill: color-mix(in srgb, {plain} 70%, currentColor)" in style
    assert "color-mix" not in re.sub(r"<text[^>]*>", "", page)


def test_alt_is_escaped_and_made_one_line(displayed, monkeypatch):
    monkeypatch.setenv("RNNLIB_BOOK", "1")
    plots.bars({"a": 1.0}, alt='x < 3 &\n "y" > 2')
    assert displayed[0]["text/plain"] == '<figure: x < 3 & "y" > 2>'
    assert 'aria-label="x &lt; 3 &amp; &quot;y&quot; &gt; 2"' in displayed[0]["text/html"]


def test_alt_is_required():
    with pytest.raises(TypeError, match="alt"):
        plots.bars({"a": 1.0})
    with pytest.raises(ValueError, match="alt is ' ', expected a sentence that says what the figure shows"):
        plots.bars({"a": 1.0}, alt=" ")


def test_outside_a_notebook_the_text_is_printed(capsys):
    assert plots.bars({"a": 1.0}, alt="One bar.") is None
    assert capsys.readouterr().out == "<figure: One bar.>\n"


def test_png_ink_is_grey_on_nothing():
    from io import BytesIO

    from matplotlib.image import imread

    pixels = (imread(BytesIO(figure_output._png(some_figure()))) * 255).round().astype(int)
    assert pixels[0, 0, 3] == 0 and (pixels[..., 3] == 0).mean() > 0.8  # transparent ground
    opaque = pixels[pixels[..., 3] == 255][:, :3]
    grey = tuple(int(figure_output.GREY[k : k + 2], 16) for k in (1, 3, 5))
    assert (opaque == grey).all(axis=1).sum() > 500
    assert opaque.max(axis=1).min() > 60  # no black ink, which a dark page would swallow


def test_the_same_figure_twice_is_the_same_to_the_byte():
    code = (
        "from rnnlib import figure_output, plots; import hashlib, numpy as np;"
        "z = np.linspace(0, 1, 24).reshape(4, 1, 6);"
        "f = lambda: plots._gates_figure({'z': z}, list('abcd'), None, None, 0, '');"
        "g = lambda: plots._lines_figure([1, 2], {'a': [1, 2]}, 'x', 'y', False, False, True, '');"
        "s = figure_output._html(f(), 'F') + figure_output._html(g(), 'G');"
        "p = figure_output._png(f()) + figure_output._png(g());"
        "print(hashlib.sha256(s.encode() + p).hexdigest())"
    )
    runs = {subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
            for _ in range(2)}  # fmt: skip
    assert len(runs) == 1


def test_save_writes_svg_and_png(tmp_path, capsys):
    for name in ("figure.svg", "figure.png"):
        plots.bars({"a": 1.0}, alt="One bar.", save=tmp_path / name)
    assert ElementTree.parse(tmp_path / "figure.svg").getroot().tag.endswith("svg")
    assert (tmp_path / "figure.png").read_bytes()[:4] == b"\x89PNG"
    with pytest.raises(ValueError, match="figure.jpg, expected a name that ends in .svg or .png"):
        plots.bars({"a": 1.0}, alt="One bar.", save=tmp_path / "figure.jpg")


def test_interrupted_while_saving_leaves_the_old_figure(tmp_path, monkeypatch, capsys):
    path = tmp_path / "figure.svg"
    plots.bars({"a": 1.0}, alt="One bar.", save=path)
    before, write = path.read_bytes(), Path.write_bytes

    def half(part, content):
        write(part, content[:99])
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(KeyboardInterrupt):
        plots.bars({"a": 2.0}, alt="Another bar.", save=path)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_importing_plots_loads_neither_matplotlib_nor_jupyter():
    code = (
        "import sys, rnnlib.plots, rnnlib.claims, rnnlib.training, rnnlib.data, rnnlib.models;"
        "print({'matplotlib', 'IPython', 'pooch'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"
