"""Quality of clinical images: noise beside the exposure and over time, and shares of images with faults."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from xrayiq.audit import ImageQualityAudit, NoiseLevel
from xrayiq.audit.image_quality_noise import INDEX, KERMA
from xrayiq.audit.image_quality_rules import FAULTS, GROUP
from xrayiq.audit.levels_over_time import key_of
from xrayiq.audit.shares import OVER
from xrayiq.errors import InputError
from xrayiq.plots._doses import log_ticks, names_of_rows, nothing_to_draw
from xrayiq.plots._levels import draw_level
from xrayiq.plots.style import BLUE, INK, MUTED, ORANGE, canvas, soft_grid
from xrayiq.plots.trend_labels import legend_below, wrapped_title

#: width and height in inches
NOISE_LEVEL: Final = (5.6, 4.0)
NOISE_AND_EXPOSURE: Final = (5.6, 4.0)
_WIDE, _NARROW, _ROW, _AROUND = 5.6, 3.9, 0.26, 1.7
#: most units and faults that are drawn, the worst first
_MOST_ROWS: Final = 24
_MOST_DOTS: Final = 800


def image_faults_size(result: ImageQualityAudit, *, narrow: bool = False) -> tuple[float, float]:
    """Width and height in inches that every unit's fault drawn has its line in.

    Parameters
    ----------
    result : ImageQualityAudit
        What `assess_image_quality` gave.
    narrow : bool
        For a phone.
    """
    return _NARROW if narrow else _WIDE, _AROUND + _ROW * max(3, min(len(_units(result)), _MOST_ROWS))


def plot_image_faults(result: ImageQualityAudit, *, ax: Axes | None = None) -> Axes:
    """Shares of each unit's images with a fault, with their intervals, beside what is permitted.

    Parameters
    ----------
    result : ImageQualityAudit
        What `assess_image_quality` gave.
    ax : Axes, optional
        Where to draw; a new figure of `image_faults_size` without.

    Returns
    -------
    Axes
        A line for each fault of a unit with enough images (at most 24, the farthest above what is permitted first):
        percent of the images with Wilson's interval (95 %); the short line is the permitted share.
    """
    shown = _units(result).head(_MOST_ROWS)
    with canvas(ax, image_faults_size(result)) as axes:
        if shown.empty:
            nothing_to_draw(axes, "no unit has enough measured images")
            return axes
        for place, row in enumerate(shown.to_dict("records")):
            colour = ORANGE if row["verdict"] == OVER else BLUE
            axes.plot(
                [100.0 * row["low"], 100.0 * row["high"]], [place, place], color=colour, linewidth=2.2, zorder=2.0
            )
            axes.plot([100.0 * row["share"]], [place], marker="o", markersize=4.5, color=colour, zorder=3.0)
        permitted = 100.0 * shown["permitted"].to_numpy(dtype=np.float64)
        places = np.arange(len(shown))
        axes.vlines(permitted, places - 0.32, places + 0.32, color=INK, linewidth=1.3, label="permitted", zorder=2.5)
        words = (f"{row['unit'] or row['room']}: {_fault(row['measure'])}" for row in shown.to_dict("records"))
        names, inches = names_of_rows(axes, words)
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(max(len(names), 3) - 0.5, -0.6)
        axes.set_xlim(0.0, min(1.08 * max(100.0 * float(shown["high"].max()), float(permitted.max())), 100.0))
        axes.set_xlabel("Share of images / %")
        over = int((_units(result)["verdict"] == OVER).sum())
        axes.set_title(wrapped_title(axes, f"{over} of {len(_units(result))} shares above what is permitted"))
        soft_grid(axes, "x")
        legend_below(axes, names_inches=inches)
    return axes


def plot_noise_level(result: NoiseLevel, *, ax: Axes | None = None) -> Axes:
    """Noise over what the exposure explains, over time: medians, their moving average and its limits.

    Parameters
    ----------
    result : NoiseLevel
        One of `ImageQualityAudit.levels`.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Time against the noise over that which the first images have at the same exposure; vertical lines stand where a
        step or a drift begins.
    """
    factor = float(np.exp(result.change))
    told = f"{result.signal} to {factor:.2f} times" if result.signal else "no change"
    title = f"{result.unit or result.room}, {result.body_part} {result.view}, {result.patients}: {told}"
    with canvas(ax, NOISE_LEVEL) as axes:
        draw_level(
            axes,
            result,
            label="Noise over expected",
            title=title,
            scale=lambda values: np.exp(values - result.first_level),
        )
    return axes


def plot_noise_and_exposure(result: ImageQualityAudit, *, group: tuple[str, ...], ax: Axes | None = None) -> Axes:
    """Noise in the anatomy of a group's images against their exposure, with the line that is expected.

    Parameters
    ----------
    result : ImageQualityAudit
        What `assess_image_quality` gave.
    group : tuple of str
        Site, room, unit, body part, view and patients.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Receptor kerma in µGy (or deviation index) against noise in percent, both logarithmic; images from the last
        change of the group's level on are in another colour. Of many images every n-th is drawn.

    Raises
    ------
    InputError
        There is no such group.
    """
    row = next((one for one in result.noise.to_dict("records") if key_of(one, GROUP) == tuple(group)), None)
    if row is None:
        raise InputError(f"group {group!r}", needed="site, room, unit, body part, view and patients of a row of noise")
    with canvas(ax, NOISE_AND_EXPOSURE) as axes:
        column, label = {
            KERMA: ("receptor_kerma_ugy", "Receptor kerma / µGy"),
            INDEX: ("deviation_index", "Deviation index DI"),
        }.get(row["against"], ("", ""))
        own = _of_group(result.exposures, group)
        own = own[own["unexplained_noise"].notna()]
        if not column or own.empty:
            nothing_to_draw(axes, "no exposure is told of enough images")
            return axes
        level = next((one for one in result.levels if key_of(one, GROUP) == tuple(group)), None)
        changed = level.changed_on if level is not None and level.signal else ()
        began = pd.Timestamp(changed[-1]) if changed else pd.Timestamp.max
        drawn = own.iloc[:: max(1, -(-len(own) // _MOST_DOTS))]
        is_after = drawn["exposed_at"] >= began
        dots: dict[str, Any] = {"marker": "o", "markersize": 3.0, "linestyle": "none", "alpha": 0.6, "zorder": 2.0}
        for chosen, colour, words in ((~is_after, BLUE, "images"), (is_after, ORANGE, f"from {began:%Y-%m-%d} on")):
            part = drawn[chosen]
            if len(part):
                axes.plot(part[column], 100.0 * part["noise"], color=colour, label=words, **dots)
        _expected(axes, own, own["exposed_at"] < began, column, row["slope_used"])
        axes.set_yscale("log")
        log_ticks(axes.yaxis, float(drawn["noise"].max() / drawn["noise"].min()))
        if column == "receptor_kerma_ugy":
            axes.set_xscale("log")
            log_ticks(axes.xaxis, float(drawn[column].max() / drawn[column].min()))
        axes.set_xlabel(label)
        axes.set_ylabel("Relative noise in the anatomy / %")
        axes.set_title(wrapped_title(axes, f"{row['unit'] or row['room']}, {row['body_part']} {row['view']}"))
        soft_grid(axes)
        legend_below(axes)
    return axes


def _expected(axes: Axes, own: pd.DataFrame, is_before: pd.Series, column: str, slope: float) -> None:
    """Line through the middle of the images, of those before the change where there is one."""
    exposure = own[column].to_numpy(dtype=np.float64)
    logarithm = np.log(exposure) if column == "receptor_kerma_ugy" else exposure * np.log(10.0) / 10.0
    left = np.log(own["noise"].to_numpy(dtype=np.float64)) - slope * logarithm
    level = np.median(left[is_before.to_numpy(dtype=bool)]) if is_before.any() else np.median(left)
    order = np.argsort(exposure)[[0, -1]]
    label = f"expected, slope {slope:.2f}".replace("-", "−")
    axes.plot(exposure[order], 100.0 * np.exp(level + slope * logarithm[order]), color=MUTED, label=label, zorder=3.0)


def _of_group(exposures: pd.DataFrame, group: tuple[str, ...]) -> pd.DataFrame:
    for name, value in zip(GROUP, group, strict=True):
        exposures = exposures[exposures[name] == value]
    return exposures


def _units(result: ImageQualityAudit) -> pd.DataFrame:
    """Faults of whole units with enough images, the farthest above what is permitted first."""
    rows = result.shares
    rows = rows[(rows["body_part"] == "") & (rows["needed"] == 0) & rows["measure"].isin(list(FAULTS))]
    worst = rows["low"] / rows["permitted"]
    return rows.assign(worst=worst).sort_values(["worst", "share"], ascending=False, kind="stable")


def _fault(name: str) -> str:
    return {
        "saturation": "anatomy saturated",
        "clipping": "clipped",
        "grid_lines": "grid lines",
        "beyond_detector": "beside detector",
        "seams": "seams",
    }[name]
