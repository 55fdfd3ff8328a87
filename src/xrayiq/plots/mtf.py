"""Presampled MTF over frequency: one curve, or several of one detector."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from matplotlib.axes import Axes

from xrayiq.metrics.mtf import Mtf
from xrayiq.plots.style import BLUE, CYCLE, MUTED, ORANGE, canvas, soft_grid, vertical_mark

#: name of the curve, by the axis that the profile runs along
DIRECTION: Final = MappingProxyType({"columns": "MTF u, across columns", "rows": "MTF v, across rows"})


def plot_mtf(result: Mtf, *, ax: Axes | None = None) -> Axes:
    """MTF over spatial frequency, with the frequencies where it falls to 50 % and 10 %.

    Parameters
    ----------
    result : Mtf
        What `measure_mtf` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Spatial frequency in mm⁻¹ against MTF (1 at frequency 0).
    """
    with canvas(ax) as axes:
        axes.plot(result.frequencies_per_mm, result.values, color=BLUE, label=DIRECTION[result.across])
        for level, frequency in ((0.5, result.f50_per_mm), (0.1, result.f10_per_mm)):
            if frequency is not None:
                _mark(axes, frequency, level)
        if result.low_frequency_drop is not None:
            _mark_drop(axes, result.low_frequency_drop)
        _label(axes, [result])
        axes.set_title(f"{DIRECTION[result.across]}, edge at {result.edge_angle_deg:.2f}°")
    return axes


def plot_mtfs(results: Sequence[tuple[str, Mtf]], *, ax: Axes | None = None) -> Axes:
    """Several MTF curves on one pair of axes.

    Parameters
    ----------
    results : sequence of (label, Mtf)
        Curves with their names in the legend. Dashed where the profile runs along rows.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Spatial frequency in mm⁻¹ against MTF.
    """
    with canvas(ax) as axes:
        for number, (label, result) in enumerate(results):
            axes.plot(
                result.frequencies_per_mm,
                result.values,
                label=label,
                color=CYCLE[number % len(CYCLE)],
                linestyle="--" if result.across == "rows" else "-",
            )
        _label(axes, [result for _, result in results])
        if results:
            axes.legend(loc="upper right")
    return axes


def _mark(axes: Axes, frequency: float, level: float) -> None:
    axes.plot([0.0, frequency, frequency], [level, level, 0.0], color=MUTED, linewidth=0.8, linestyle=":")
    axes.plot([frequency], [level], marker="o", markersize=4, color=BLUE, linestyle="none")
    axes.annotate(
        f"{level * 100:.0f} % at {frequency:.2f} mm⁻¹",
        (frequency, level),
        xytext=(7, 5),
        textcoords="offset points",
        fontsize=8.5,
        bbox={"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.85},
    )


def _mark_drop(axes: Axes, drop: float) -> None:
    """Where the MTF would start without glare, and what is missing there."""
    axes.plot([0.0], [1.0 - drop], marker="_", markersize=12, color=ORANGE, linestyle="none", clip_on=False)
    axes.annotate(
        f"low-frequency drop {drop * 100:.1f} %",
        (0.0, 1.0 - drop),
        xytext=(24, -2),
        textcoords="offset points",
        fontsize=8.5,
        bbox={"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.85},
        arrowprops={"arrowstyle": "-", "color": ORANGE, "linewidth": 0.8},
    )


def _label(axes: Axes, results: Sequence[Mtf]) -> None:
    axes.set_xlabel("Spatial frequency / mm⁻¹")
    axes.set_ylabel("MTF")
    axes.set_xlim(0.0, max((float(result.frequencies_per_mm[-1]) for result in results), default=1.0))
    axes.set_ylim(0.0, 1.08)
    axes.set_yticks([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
    for nyquist in sorted({round(result.nyquist_per_mm, 6) for result in results}):
        vertical_mark(axes, nyquist, "Nyquist")
    soft_grid(axes)
