"""Normalised noise power spectrum over frequency: cuts of one measurement, or several measurements."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from xrayiq.metrics.fixed_pattern import FixedPatternNps
from xrayiq.metrics.nps import Nps
from xrayiq.plots.style import BLUE, CYCLE, INK, ORANGE, canvas, plain_log, soft_grid

#: NNPS on paper: 10⁻⁵ mm²
NNPS_FACTOR: Final = 1e5
#: range of the axis below which 2 and 5 are labelled beside 1
_FEW_DECADES: Final = 300.0
#: unit of the squared signal on an axis
SQUARED_SIGNAL: Final = MappingProxyType({"uGy": "µGy²", "1": "relative²"})


def plot_nps(result: Nps, *, ax: Axes | None = None) -> Axes:
    """NNPS over spatial frequency: horizontal cut, vertical cut and radial mean.

    Parameters
    ----------
    result : Nps
        What `measure_nps` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Spatial frequency in mm⁻¹ against NNPS in 10⁻⁵ mm², logarithmic. Without a positive mean signal the spectrum
        that is not normalised is drawn, in signal² mm².
    """
    normalised = result.mean_signal > 0
    factor = NNPS_FACTOR / result.mean_signal**2 if normalised else 1.0
    with canvas(ax) as axes:
        for frequencies, values, colour, line, label in (
            (result.frequencies_per_mm, result.u_values, BLUE, "-", "u"),
            (result.v_frequencies_per_mm, result.v_values, ORANGE, "-", "v"),
            (result.radial_frequencies_per_mm, result.radial_values, INK, "--", "radial"),
        ):
            axes.plot(frequencies, values * factor, color=colour, linestyle=line, linewidth=1.2, label=label)
        _label(axes, float(result.frequencies_per_mm[-1]))
        if not normalised:
            axes.set_ylabel(f"NPS / {SQUARED_SIGNAL.get(result.signal_unit, result.signal_unit)} mm²")
        axes.set_title(f"{'NNPS' if normalised else 'NPS'} from {result.roi_count} regions")
        axes.legend(loc="upper right")
    return axes


def plot_nnps_group(results: Sequence[tuple[str, Nps]], *, ax: Axes | None = None) -> Axes:
    """NNPS of several measurements, radial mean, on one pair of axes.

    Parameters
    ----------
    results : sequence of (label, Nps)
        Curves of positive mean signal with their names in the legend.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Spatial frequency in mm⁻¹ against NNPS in 10⁻⁵ mm², logarithmic.
    """
    with canvas(ax) as axes:
        for number, (label, result) in enumerate(results):
            axes.plot(
                result.radial_frequencies_per_mm,
                result.nnps_radial * NNPS_FACTOR,
                label=label,
                color=CYCLE[number % len(CYCLE)],
                linewidth=1.3,
            )
        _label(axes, max((float(result.frequencies_per_mm[-1]) for _, result in results), default=1.0))
        if results:
            axes.legend(loc="upper right")
    return axes


def plot_fixed_pattern_nps(result: FixedPatternNps, *, ax: Axes | None = None) -> Axes:
    """Radial NNPS of all noise and of its parts: what repeats from image to image, and what does not.

    Parameters
    ----------
    result : FixedPatternNps
        What `measure_fixed_pattern_nps` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Spatial frequency in mm⁻¹ against NNPS in 10⁻⁵ mm², logarithmic. Values of 0 and less are gaps.
    """
    normalised = result.mean_signal > 0
    factor = NNPS_FACTOR / result.mean_signal**2 if normalised else 1.0
    with canvas(ax) as axes:
        for values, colour, line, label in (
            (result.radial_values, INK, "--", "all noise"),
            (result.radial_values - result.radial_fixed_values, BLUE, "-", "random"),
            (result.radial_fixed_values, ORANGE, "-", "fixed pattern"),
        ):
            drawn = np.where(values > 0, values * factor, np.nan)
            axes.plot(result.radial_frequencies_per_mm, drawn, color=colour, linestyle=line, linewidth=1.2, label=label)
        _label(axes, float(result.radial_frequencies_per_mm[-1]))
        if not normalised:
            axes.set_ylabel(f"NPS / {SQUARED_SIGNAL.get(result.signal_unit, result.signal_unit)} mm²")
        axes.set_title(f"Fixed pattern: {100.0 * result.fixed_fraction:.1f} % of the variance")
        axes.legend(loc="upper right")
    return axes


def _label(axes: Axes, last_frequency: float) -> None:
    axes.set_yscale("log")
    axes.set_xlim(0.0, last_frequency)
    axes.set_xlabel("Spatial frequency / mm⁻¹")
    axes.set_ylabel("NNPS / 10⁻⁵ mm²")
    low, high = axes.get_ylim()
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high < _FEW_DECADES * low else (1.0,)))
    axes.yaxis.set_major_formatter(FuncFormatter(plain_log))
    axes.yaxis.set_minor_formatter(NullFormatter())
    soft_grid(axes)
