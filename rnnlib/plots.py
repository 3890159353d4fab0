"""Figures that read on a light and on a dark page, and without colour.

Every function draws, shows and returns None. `alt`, the figure's text for those who don't see it, is
required. In a notebook the figure is a PNG with a transparent ground and mid-grey ink. In the built book it
is an inline SVG whose ink is the page's own text colour. Either way its plain text is `<figure: alt>`, the
same on every run.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from rnnlib.figure_output import INK, show, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from rnnlib.training import History

# Each has a contrast of 3 or more with white and with the dark theme's grounds, #121212 and #14181e.
PALETTE = {
    "blue": "#2f7fd1",
    "orange": "#cf6a12",
    "green": "#1d9a6c",
    "purple": "#9a6ad6",
    "red": "#d9484f",
    "olive": "#8a8420",
}
_DASHES = ("solid", (0, (5, 1.6)), (0, (1.2, 1.4)), (0, (6, 1.5, 1.2, 1.5)), (0, (9, 2)), (0, (2.5, 1.2)))
_MARKERS = ("o", "s", "^", "D", "v", "P")
_GATES = frozenset("rzifo")  # values in (0, 1); the others lie around 0
_VISIBLE = {" ": "␣", "\n": "↵", "\t": "⇥"}


def loss_curve(
    history: "History | Mapping[str, History]",
    *,
    alt: str,
    baselines: Mapping[str, float] | None = None,
    perplexity: bool = False,
    smooth: int | None = None,
    title: str = "",
    save: str | Path | None = None,
) -> None:
    """Training loss over updates, with the validation losses as marks and yardsticks as dotted lines.

    Args:
        history: of `rnnlib.training.fit`; or several by name, each with a colour and a line style of its own.
        alt: the figure's text.
        baselines: yardsticks by name, in nats a token.
        perplexity: show exp(loss) instead of the loss in nats.
        smooth: updates that the running mean is taken over; by default a fiftieth of them.
        title: above the figure.
        save: also write it there, as .svg or .png.
    """
    histories = history if isinstance(history, Mapping) else {"training": history}
    show(_loss_figure(histories, baselines or {}, perplexity, smooth, title), alt, save)


def lines(
    x: Sequence[float] | Any,
    ys: Mapping[str, Any],
    xlabel: str,
    ylabel: str,
    *,
    alt: str,
    logx: bool = False,
    logy: bool = False,
    markers: bool = False,
    title: str = "",
    save: str | Path | None = None,
) -> None:
    """One line for each label, labelled at its end.

    Args:
        x: (N,), or a mapping from label to its own x.
        ys: label to (N,); what is not finite (or not above 0 on a logarithmic axis) is left out.
        xlabel: what x is, with its unit.
        ylabel: what y is, with its unit.
        alt: the figure's text.
        logx: logarithmic x axis.
        logy: logarithmic y axis.
        markers: mark every point.
        title: above the figure.
        save: also write it there, as .svg or .png.

    Raises:
        ValueError: nothing to draw, or a line whose length is not x's.
    """
    show(_lines_figure(x, ys, xlabel, ylabel, logx, logy, markers, title), alt, save)


def reach(
    reaches: Mapping[str, Any],
    *,
    alt: str,
    relative: bool = False,
    title: str = "",
    save: str | Path | None = None,
) -> None:
    """How far the gradient reaches: the norm of dL/dh_t against the distance of t from the loss, log scale.

    Args:
        reaches: label to what `rnnlib.probes.gradient_reach` returns (its `c`, where there is one, is drawn
            besides), or to norms (T,), t = 1 ... T.
        alt: the figure's text.
        relative: divide each by its value at distance 0.
        title: above the figure.
        save: also write it there, as .svg or .png.
    """
    show(_reach_figure(reaches, relative, title), alt, save)


def bars(
    values: Mapping[str, float],
    xlabel: str = "",
    *,
    alt: str,
    errors: Mapping[str, float] | None = None,
    baselines: Mapping[str, float] | None = None,
    logx: bool = False,
    title: str = "",
    save: str | Path | None = None,
) -> None:
    """Horizontal bars, each with its value beside it.

    Args:
        values: label to length of the bar.
        xlabel: what is compared, with its unit.
        alt: the figure's text.
        errors: label to half the width of an interval around the value.
        baselines: yardsticks by name, as dotted lines across the bars.
        logx: logarithmic axis.
        title: above the figure.
        save: also write it there, as .svg or .png.
    """
    show(_bars_figure(values, xlabel, errors or {}, baselines or {}, logx, title), alt, save)


def scatter(
    groups: Mapping[str, Sequence[tuple[Any, ...]]],
    xlabel: str,
    ylabel: str,
    *,
    alt: str,
    paths: Mapping[str, Sequence[tuple[float, float]]] | None = None,
    hollow: Mapping[str, str] | None = None,
    logx: bool = False,
    logy: bool = False,
    title: str = "",
    save: str | Path | None = None,
) -> None:
    """Points in groups, each group with a marker and a colour of its own, named beside the figure.

    Args:
        groups: name to points, each (x, y) or (x, y, text), whose text stands beside it.
        xlabel: what x is, with its unit.
        ylabel: what y is, with its unit.
        alt: the figure's text.
        paths: of some of the groups, by name, the (x, y) on the way to their points, as a thin line.
        hollow: the groups, by name, that are drawn as another one, but hollow and dashed.
        logx: logarithmic x axis.
        logy: logarithmic y axis.
        title: above the figure.
        save: also write it there, as .svg or .png.

    Raises:
        ValueError: nothing to draw, a path or a look of an unknown group, or more groups than looks.
    """
    show(_scatter_figure(groups, xlabel, ylabel, paths or {}, hollow or {}, logx, logy, title), alt, save)


def gates(
    trace: Mapping[str, Any],
    tokens: Sequence[str],
    *,
    alt: str,
    names: Mapping[str, str] | Sequence[str] | None = None,
    units: Sequence[int] | None = None,
    batch: int = 0,
    title: str = "",
    save: str | Path | None = None,
) -> None:
    """A heat map for each gate: tokens along x, units along y.

    Args:
        trace: gate to (T, B, H) or (T, H), as `rnnlib.probes.gate_trace` gives. `r z i f o` are drawn on a
            scale from 0 to 1, the others on one that is symmetric around 0.
        tokens: the T tokens that were read.
        alt: the figure's text.
        names: the gates to draw, in this order; a mapping also gives their titles. By default all.
        units: the units to draw, in this order. By default all.
        batch: which sequence of the batch.
        title: above the figure.
        save: also write it there, as .svg or .png.

    Raises:
        ValueError: an unknown gate, or the trace has not one step for each token.
    """
    show(_gates_figure(trace, tokens, names, units, batch, title), alt, save)


# Each figure is made by a function of its own, which shows nothing, so that tests can read what is drawn.


def _loss_figure(
    histories: "Mapping[str, History]",
    baselines: Mapping[str, float],
    perplexity: bool,
    smooth: int | None,
    title: str,
) -> "Figure":
    scale = np.exp if perplexity else np.asarray
    figure, ax = _canvas(title)
    labels = []
    single = len(histories) == 1
    for k, (name, history) in enumerate(histories.items()):
        if not history.losses:
            raise ValueError(f"history {name!r} holds no update, expected at least one")
        look = _look(k)
        x, y = _running_mean(history.updates, history.losses, smooth or max(1, len(history.losses) // 50))
        if single:
            ax.plot(history.updates, scale(history.losses), color=look.color, lw=0.7, alpha=0.35)
        ax.plot(x, scale(y), color=look.color, lw=1.8, ls=look.dash, gid=f"train {name}")
        labels.append(_Label(float(scale(y)[-1]), name, look.color))
        if history.valid:
            marks = _look(1) if single else look
            vx, vy = np.array(history.valid, dtype=float).T
            shape: dict[str, Any] = {"marker": marks.marker, "ms": 4.5, "ls": "none"}
            ax.plot(vx, scale(vy), color=marks.color, gid=f"valid {name}", **shape)
            labels += [_Label(float(scale(vy)[-1]), "validation", marks.color)] if single else []
    if not single and any(history.valid for history in histories.values()):
        ax.text(0.99, 0.97, "marks: validation", transform=ax.transAxes, ha="right", va="top", color=INK)
    for name, value in baselines.items():
        height = float(scale(value))
        ax.axhline(height, color=INK, lw=1, ls=(0, (1, 2)), alpha=0.8)
        labels.append(_Label(height, name, INK))
    ax.set_xlabel("update")
    ax.set_ylabel("perplexity" if perplexity else "loss (nats a token)")
    _trim_start(ax, histories, scale)
    _label_ends(ax, labels)
    return figure


def _lines_figure(
    x: Any, ys: Mapping[str, Any], xlabel: str, ylabel: str, logx: bool, logy: bool, markers: bool, title: str
) -> "Figure":
    if not ys:
        raise ValueError("ys is empty, expected at least one line")
    figure, ax = _canvas(title)
    labels, whole = [], True
    for k, (name, y) in enumerate(ys.items()):
        own_x, y = _array(x[name] if isinstance(x, Mapping) else x), _array(y)
        if own_x.shape != y.shape or y.ndim != 1:
            raise ValueError(f"ys[{name!r}] has shape {y.shape}, expected that of x, {own_x.shape}")
        look = _look(k)
        shown = np.isfinite(y) & ((y > 0) if logy else True)
        y = np.where(shown, y, np.nan)
        marker = look.marker if markers else None
        ax.plot(own_x, y, color=look.color, ls=look.dash, lw=1.8, marker=marker, ms=4.5, gid=name)
        whole &= bool((own_x == own_x.round()).all())
        if shown.any():
            labels.append(_Label(y[shown][-1], name, look.color))
    _scales(ax, logx, logy)
    if whole and not logx:
        ax.xaxis.get_major_locator().set_params(integer=True)  # type: ignore[call-arg]
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    _label_ends(ax, labels)
    return figure


def _reach_figure(reaches: Mapping[str, Any], relative: bool, title: str) -> "Figure":
    norms: dict[str, np.ndarray] = {}
    for name, value in reaches.items():
        has_cell = getattr(value, "c", None) is not None
        norms[f"{name}, h" if has_cell else name] = _array(getattr(value, "h", value))
        if has_cell:
            norms[f"{name}, c"] = _array(value.c)
    if relative:
        norms = {name: y / y[-1] for name, y in norms.items()}
    distances = {name: np.arange(len(y)) for name, y in norms.items()}  # T - t = 0 ... T - 1
    ylabel = "gradient norm" + (" over that at 0" if relative else "")
    backwards = {name: y[::-1] for name, y in norms.items()}
    return _lines_figure(distances, backwards, "steps back from the loss", ylabel, False, True, False, title)


def _bars_figure(
    values: Mapping[str, float],
    xlabel: str,
    errors: Mapping[str, float],
    baselines: Mapping[str, float],
    logx: bool,
    title: str,
) -> "Figure":
    from rnnlib.claims import format_number

    if not values:
        raise ValueError("values is empty, expected at least one bar")
    figure, ax = _canvas(title, height=0.75 + 0.36 * len(values))
    rows = np.arange(len(values))
    for row, (name, value) in zip(rows, values.items(), strict=True):
        error = float(errors.get(name, 0.0))
        ax.barh(row, float(value), height=0.62, color=PALETTE["blue"], gid=name)
        if error:
            ax.errorbar(float(value), row, xerr=error, color=INK, lw=1.2, capsize=3)
        text = format_number(float(value)) + (f" ± {format_number(error, 2)}" if error else "")
        ax.annotate(
            text, (float(value) + error, row), (5, 0), textcoords="offset points", va="center", color=INK
        )
    for name, value in baselines.items():
        ax.axvline(float(value), color=INK, lw=1, ls=(0, (1, 2)))
        ax.annotate(name, (float(value), 1), (0, 3), xycoords=("data", "axes fraction"),
                    textcoords="offset points", ha="center", va="bottom", color=INK)  # fmt: skip
    _scales(ax, logx, False)
    ax.set_yticks(rows, list(values))
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(not logx and min(values.values()) >= 0)
    ax.grid(False, axis="y")
    ax.margins(x=0.12)
    ax.set_xlabel(xlabel)
    return figure


def _scatter_figure(
    groups: Mapping[str, Sequence[tuple[Any, ...]]],
    xlabel: str,
    ylabel: str,
    paths: Mapping[str, Sequence[tuple[float, float]]],
    hollow: Mapping[str, str],
    logx: bool,
    logy: bool,
    title: str,
) -> "Figure":
    if not groups or not all(len(points) for points in groups.values()):
        raise ValueError("groups holds no points, expected at least one in each group")
    for what, names in (("paths", paths), ("hollow", [*hollow, *hollow.values()])):
        unknown = [name for name in names if name not in groups]
        if unknown:
            raise ValueError(f"{what} holds {unknown[0]!r}, expected some of {list(groups)}")
    filled = [name for name in groups if name not in hollow]
    if len(filled) > len(_MARKERS):
        raise ValueError(f"groups holds {len(filled)} filled ones, expected at most {len(_MARKERS)}")

    figure, ax = _canvas(title, width=6.4, height=3.6)
    looks = {name: _look(k) for k, name in enumerate(filled)}
    for name, points in groups.items():
        look = looks[hollow.get(name, name)]
        if name in paths:
            x, y = np.array(paths[name], dtype=float).T
            dash = _DASHES[2] if name in hollow else "solid"
            ax.plot(x, y, color=look.color, lw=1.1, ls=dash, alpha=0.8, gid=f"path {name}")
        x, y = np.array([point[:2] for point in points], dtype=float).T
        face = "none" if name in hollow else look.color
        ax.plot(x, y, ls="none", marker=look.marker, ms=6, color=look.color, mfc=face, gid=name, label=name)
        for px, py, *text in points:
            ax.annotate("".join(text), (px, py), (5, 2), textcoords="offset points", color=look.color)
    ax.margins(x=0.05, y=0.07)
    _scales(ax, logx, logy)
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    legend = ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, handletextpad=0.3)
    for entry in legend.get_texts():
        entry.set_color(INK)
    return figure


def _gates_figure(
    trace: Mapping[str, Any],
    tokens: Sequence[str],
    names: Mapping[str, str] | Sequence[str] | None,
    units: Sequence[int] | None,
    batch: int,
    title: str,
) -> "Figure":
    names = list(trace) if names is None else names
    titles = dict(names) if isinstance(names, Mapping) else {name: name for name in names}
    panels = {name: _panel(trace, name, len(tokens), units, batch) for name in titles}
    height = 0.5 + sum(0.42 + np.clip(0.055 * len(p), 0.75, 2.2) for p in panels.values())
    with style():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(5.8, height), layout="constrained")
        axes = figure.subplots(len(panels), 1, squeeze=False, sharex=True)[:, 0]
        for ax, (name, panel) in zip(axes, panels.items(), strict=True):
            _heat(figure, ax, panel, titles[name], name in _GATES, units)
        # More labels than fit turn into a smear: at most about 70 single characters, or 24 words.
        longest = max((len(t) for t in tokens), default=1)
        axes[-1].set_xticks(range(len(tokens)), [_visible(t) for t in tokens])
        if longest > 1:
            axes[-1].tick_params(axis="x", labelrotation=90)
        axes[-1].tick_params(axis="x", labelsize=min(9.5, 380 / max(len(tokens), 1)))
        if title:
            figure.suptitle(title, fontsize=11, color=INK, x=0.01, ha="left")
    return figure


def _panel(
    trace: Mapping[str, Any], name: str, steps: int, units: Sequence[int] | None, batch: int
) -> np.ndarray:
    """One gate as (H, T): units along y, tokens along x."""
    if name not in trace:
        raise ValueError(f"names holds {name!r}, expected some of {sorted(trace)}")
    values = _array(trace[name])
    if values.ndim == 3:
        values = values[:, batch]  # (T, H)
    if values.ndim != 2 or len(values) != steps:
        raise ValueError(
            f"trace[{name!r}] has shape {values.shape}, expected (T={steps}, H), a step for each token"
        )
    return values.T if units is None else values.T[list(units)]


def _heat(
    figure: "Figure", ax: "Axes", panel: np.ndarray, title: str, is_gate: bool, units: Sequence[int] | None
) -> None:
    limit = 1.0 if np.abs(panel).max(initial=0) <= 1 else float(np.abs(panel).max())
    low = 0.0 if is_gate else -limit
    image = ax.imshow(
        panel, aspect="auto", interpolation="none", vmin=low, vmax=limit, cmap=_colours(is_gate)
    )
    ax.set_title(title, loc="left", fontsize=10, color=INK)
    ax.set_ylabel("unit")
    ax.grid(False)
    if units is not None and len(units) <= 16:
        ax.set_yticks(range(len(units)), [str(u) for u in units])
    ax.tick_params(axis="both", length=0)
    ax.spines[:].set_visible(False)
    bar = figure.colorbar(image, ax=ax, ticks=[low, (low + limit) / 2, limit], pad=0.015, aspect=12)
    bar.ax.set_yticklabels([f"{v:.3g}".replace("-", "−") for v in (low, (low + limit) / 2, limit)])
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0)


def _colours(is_gate: bool) -> Any:
    """Dark to bright for gates (0 closed, 1 open); blue, near-white, orange for values around 0."""
    from matplotlib.colors import LinearSegmentedColormap

    if is_gate:
        return LinearSegmentedColormap.from_list(
            "gate", ["#12233f", "#1f5b8f", "#2c9a97", "#9fcf6b", "#fdf6b4"]
        )
    return LinearSegmentedColormap.from_list("value", ["#12407f", "#5b9bd5", "#f3f1ea", "#e8974a", "#8a3206"])


def _canvas(title: str, width: float = 5.8, height: float = 3.2) -> "tuple[Figure, Axes]":
    with style():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(width, height), layout="constrained")
        ax = figure.subplots()
        ax.set_axisbelow(True)
        ax.margins(x=0.015)
        if title:
            ax.set_title(title, loc="left", fontsize=11, color=INK)
    return figure, ax


class _Look(NamedTuple):
    color: str
    dash: Any
    marker: str


class _Label(NamedTuple):
    """What is written at a line's right end: the end's height, the text, the line's colour."""

    y: float
    text: str
    color: str


def _look(k: int) -> _Look:
    """How the k-th line looks: no two of the first six share colour, dashes or marker."""
    colors = list(PALETTE.values())
    return _Look(colors[k % len(colors)], _DASHES[k % len(_DASHES)], _MARKERS[k % len(_MARKERS)])


def _label_ends(ax: "Axes", labels: list[_Label]) -> None:
    """Names each line at its right end, in its colour. Labels that would overlap are pushed apart."""
    low, high = ax.get_ylim()
    left, _ = ax.get_xlim()
    to_fraction = ax.transData + ax.transAxes.inverted()
    ends = [float(to_fraction.transform((left, np.clip(label.y, low, high)))[1]) for label in labels]
    gap = 12.5 / (72 * 0.8 * ax.figure.get_size_inches()[1])  # type: ignore[union-attr]  # a line of text as a share of the axes
    for end, place, label in zip(ends, _spread(ends, gap), labels, strict=True):
        style: dict[str, Any] = {"transform": ax.transAxes, "color": label.color, "clip_on": False}
        ax.plot([1.005, 1.03], [end, place], lw=0.8, alpha=0.7, scalex=False, scaley=False, **style)
        ax.text(1.04, place, label.text, va="center", **style)
    ax.set_ylim(low, high)


def _spread(places: Sequence[float], gap: float) -> list[float]:
    """The same places in the same order, moved as little as needed to stand `gap` apart."""
    order = np.argsort(places, kind="stable")
    steps = gap * np.arange(len(places))
    # Less the steps, places have only to be non-decreasing: those that aren't are pooled into their mean.
    blocks: list[list[float]] = []
    for value in np.asarray(places)[order] - steps:
        blocks.append([float(value), 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (a, m), (b, n) = blocks[-2:]
            blocks[-2:] = [[(a * m + b * n) / (m + n), m + n]]
    pooled = np.concatenate([np.full(int(n), value) for value, n in blocks]) if blocks else np.zeros(0)
    spread = np.empty(len(places))
    spread[order] = pooled + steps
    return spread.tolist()


def _trim_start(ax: "Axes", histories: "Mapping[str, History]", scale: Any) -> None:
    """The first updates' losses would squeeze the rest: the axis ends at the 98th percentile and a bit."""
    losses = np.concatenate([scale(np.asarray(h.losses)) for h in histories.values()])
    low, high = ax.get_ylim()
    top = np.quantile(losses, 0.98) + 0.08 * (losses.max() - losses.min())
    ax.set_ylim(low, min(high, float(top)) if len(losses) > 50 else high)


def _running_mean(
    updates: Sequence[int], losses: Sequence[float], width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Mean of each `width` consecutive losses, placed at the last of them."""
    sums = np.cumsum(np.concatenate([[0.0], losses]))
    return np.asarray(updates)[width - 1 :], (sums[width:] - sums[:-width]) / width


def _scales(ax: "Axes", logx: bool, logy: bool) -> None:
    """Makes axes logarithmic, marked at powers of ten, and between them where those are few."""
    from matplotlib.ticker import LogLocator, NullFormatter

    for wanted, axis, set_scale in ((logx, ax.xaxis, ax.set_xscale), (logy, ax.yaxis, ax.set_yscale)):
        if not wanted:
            continue
        set_scale("log")
        axis.set_minor_formatter(NullFormatter())
        low, high = axis.get_view_interval()
        decades = np.log10(high / low)
        subs = {0: (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0), 1: (1.0, 2.0, 5.0)}.get(int(decades), (1.0,))
        axis.set_major_locator(LogLocator(subs=subs))
        axis.set_major_formatter(lambda value, _, plain=decades < 4: f"{value:g}" if plain else _power(value))  # type: ignore[misc]


def _power(value: float) -> str:
    """10⁻³ in plain characters, since mathematics would be cut into single glyphs."""
    exponent = round(np.log10(value))
    return "10" + str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")) if exponent else "1"


def _visible(token: str) -> str:
    return _VISIBLE.get(token, token)


def _array(values: Any) -> np.ndarray:
    values = values.detach().cpu() if hasattr(values, "detach") else values
    return np.asarray(values, dtype=float)
