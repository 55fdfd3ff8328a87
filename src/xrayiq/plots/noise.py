"""Noise of a detector over kerma, with its electronic, quantum and structured parts."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from xrayiq.metrics.noise import Noise
from xrayiq.plots.nps import SQUARED_SIGNAL
from xrayiq.plots.style import BLUE, GREEN, INK, ORANGE, WITHIN, canvas, plain_log, soft_grid

#: decades of variance below the least measured one that are shown of a part
_SHOWN_BELOW: Final = 100.0
#: standard errors on either side of a level's variance
_ERRORS: Final = 1.96


def plot_noise(result: Noise, *, ax: Axes | None = None) -> Axes:
    """Variance over air kerma with the fitted curve and its three parts, each within its 95 % interval.

    Parameters
    ----------
    result : Noise
        What `measure_noise` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Air kerma at the detector in µGy against variance, both logarithmic; the quantum-limited range is shaded.
    """
    low, high = 0.7 * float(result.kerma_ugy[0]), 1.4 * float(result.kerma_ugy[-1])
    kerma = np.geomspace(low, high, 101)
    floor = float(result.variances.min()) / _SHOWN_BELOW
    total = result.electronic + result.quantum * kerma + result.structured * kerma**2
    with canvas(ax) as axes:
        axes.set_xscale("log")
        axes.set_yscale("log")
        for name, power, value, interval, colour, line in (
            ("electronic", 0, result.electronic, result.electronic_interval, GREEN, "--"),
            ("quantum", 1, result.quantum, result.quantum_interval, BLUE, "-."),
            ("structured", 2, result.structured, result.structured_interval, ORANGE, ":"),
        ):
            shape = kerma**power
            axes.fill_between(
                kerma,
                np.maximum(interval[0] * shape, floor / _SHOWN_BELOW),
                np.maximum(interval[1] * shape, floor / _SHOWN_BELOW),
                color=colour,
                alpha=0.2,
                linewidth=0,
            )
            if value > 0:
                axes.plot(kerma, value * shape, color=colour, linestyle=line, linewidth=1.2, label=name)
        axes.plot(kerma, total, color=INK, linewidth=1.4, label="fit")
        axes.errorbar(
            result.kerma_ugy,
            result.variances,
            yerr=_ERRORS * result.variance_errors,
            color=INK,
            marker="o",
            markersize=4,
            linestyle="none",
            capsize=2,
            label="measured",
        )
        if result.quantum_limited_from_ugy is not None:
            start = max(result.quantum_limited_from_ugy, low)
            stop = high if result.quantum_limited_to_ugy is None else min(result.quantum_limited_to_ugy, high)
            if stop > start:
                axes.axvspan(start, stop, color=WITHIN, linewidth=0, zorder=0, label="quantum-limited")
        axes.set_xlim(low, high)
        axes.set_ylim(floor, 2.0 * float(total.max()))
        axes.set_xlabel("Air kerma at the detector / µGy")
        axes.set_ylabel(f"Variance / {SQUARED_SIGNAL.get(result.signal_unit, result.signal_unit)}")
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_major_formatter(FuncFormatter(plain_log))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.yaxis.set_major_formatter(FuncFormatter(plain_log))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.set_title(f"Noise from {result.tile_count} tiles at {result.kerma_ugy.size} levels")
        axes.legend(loc="upper left", ncols=2, columnspacing=1.0)
        soft_grid(axes)
    return axes
