"""Output of a tube over its voltage, and where a computed table stands beside it."""

from __future__ import annotations

import textwrap
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from xrayiq.dose.tube_output import TubeOutputTable, tube_output_at
from xrayiq.plots.style import CYCLE, MUTED, canvas, plain_log, soft_grid

_POINTS: Final = 80


def plot_tube_output(table: TubeOutputTable, *, ax: Axes | None = None) -> Axes:
    """Points of a table of outputs, and the power laws between them.

    Parameters
    ----------
    table : TubeOutputTable
        A tube's own, or `computed_tube_output`.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Tube voltage in kV against output in µGy/mAs at 1 m, both logarithmic, with the standard uncertainty of any one
        tube as a band.
    """
    voltages = np.geomspace(table.voltages_kv[0], table.voltages_kv[-1], _POINTS)
    voltages[[0, -1]] = table.voltages_kv[0], table.voltages_kv[-1]
    with canvas(ax) as axes:
        axes.set_xscale("log")
        axes.set_yscale("log")
        for colour, filtration, row in zip(CYCLE, table.filtrations_mm_al, table.outputs_ugy_per_mas, strict=False):
            between = np.array(
                [
                    tube_output_at(table, tube_voltage_kv=float(kv), filtration_mm_al=filtration).output_ugy_per_mas
                    for kv in voltages
                ]
            )
            spread = table.relative_uncertainty
            axes.fill_between(
                voltages, (1 - spread) * between, (1 + spread) * between, color=colour, alpha=0.12, linewidth=0
            )
            axes.plot(voltages, between, color=colour, linewidth=1.2)
            axes.plot(
                table.voltages_kv,
                row,
                marker="o",
                markersize=4,
                linestyle="none",
                color=colour,
                label=f"{filtration:g} mm Al",
            )
        axes.set_xticks(_ticks(table.voltages_kv))
        axes.xaxis.set_major_formatter(FuncFormatter(plain_log))
        axes.xaxis.set_minor_formatter("")
        axes.yaxis.set_major_formatter(FuncFormatter(plain_log))
        axes.yaxis.set_minor_formatter("")
        low, high = axes.get_ylim()
        axes.set_yticks([each for each in (5, 10, 20, 50, 100, 200, 500) if low <= each <= high])
        axes.set_ylabel("Output at 1 m / (µGy/mAs)")
        band = f"band ± {100 * table.relative_uncertainty:.0f} % (k = 1); {table.source.text}"
        axes.set_xlabel("Tube voltage / kV")
        axes.annotate(
            textwrap.fill(band, 66),
            (0.0, 0.0),
            xycoords="axes fraction",
            xytext=(0, -34),
            textcoords="offset points",
            va="top",
            fontsize=7,
            color=MUTED,
            annotation_clip=False,
        )
        axes.set_title("Tube output, measured" if table.measured else "Tube output, computed")
        axes.legend(title="Total filtration", title_fontsize=8)
        soft_grid(axes)
    return axes


def _ticks(voltages_kv: tuple[float, ...]) -> list[float]:
    """Round voltages within the table."""
    return [each for each in (20, 30, 40, 50, 60, 70, 80, 100, 120, 150) if voltages_kv[0] <= each <= voltages_kv[-1]]
