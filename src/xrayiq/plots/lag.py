"""Lag over the frames after an exposure, and ghosting."""

from __future__ import annotations

import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from xrayiq.metrics.ghosting import Ghosting
from xrayiq.metrics.lag import Lag
from xrayiq.metrics.lag_decay import LagDecay
from xrayiq.model import Limit
from xrayiq.plots.style import BAND, BLUE, MUTED, ORANGE, SAND, canvas, plain_log, signed, soft_grid

#: ratio of the greatest to the least lag from which on the axis is logarithmic
_DECADE = 10.0


def plot_lag(result: Lag, *, ax: Axes | None = None, limits: tuple[Limit, ...] = ()) -> Axes:
    """Lag over the frames or times after the exposure, with its uncertainty and the fitted decay.

    Parameters
    ----------
    result : Lag
        What `measure_lag` gave.
    ax : Axes, optional
        Where to draw; a new figure without.
    limits : tuple of Limit, optional
        Limits of the lag whose bounds are drawn and whose sources are named.

    Returns
    -------
    Axes
        Frame after the exposure (or time in s) against lag in percent of the exposed frame's signal; logarithmic where
        all values are positive and span a decade.
    """
    times, values, errors = result.positions, 100.0 * result.values, 100.0 * result.uncertainties
    logarithmic = bool(np.all(values > errors) and values.max() > _DECADE * values.min())
    with canvas(ax) as axes:
        axes.errorbar(times, values, yerr=errors, fmt="o", markersize=4.5, color=BLUE, elinewidth=1.0, zorder=3)
        if result.decay is not None:
            fine = np.linspace(float(times[0]), float(times[-1]), 201)
            axes.plot(
                fine, 100.0 * result.decay.values(fine), color=BLUE, linewidth=1.2, label=_decay_text(result.decay)
            )
        _bounds(axes, limits, logarithmic)
        if logarithmic:
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter(FuncFormatter(plain_log))
        else:
            axes.axhline(0.0, color=MUTED, linewidth=0.8, zorder=1)
        in_frames = result.times_s is None
        along = "Frame after the exposure" if in_frames else "Time after the exposure / s"
        axes.set_xlabel(f"{along}\n{textwrap.fill(_sources(limits), 56)}" if limits else along)
        axes.set_ylabel("Lag / %")
        if in_frames:
            axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
            axes.set_xlim(0.5, times[-1] + 0.5)
        axes.set_title(f"Lag {signed(float(values[0]), 3)} % in the first frame")
        soft_grid(axes)
        if axes.get_legend_handles_labels()[1]:
            axes.legend(loc="upper right", frameon=True, edgecolor="white", framealpha=0.9)
    return axes


def _decay_text(decay: LagDecay) -> str:
    unit = "s" if decay.time_unit == "s" else "frames"
    constants = " and ".join(f"{constant:.3g}" for constant in decay.time_constants)
    return f"decay, τ = {constants} {unit}"


def _bounds(axes: Axes, limits: tuple[Limit, ...], logarithmic: bool) -> None:
    """Lines at the bounds."""
    for limit in limits:
        bounds = (
            (limit.warning_low, SAND),
            (limit.warning_high, SAND),
            (limit.fail_low, ORANGE),
            (limit.fail_high, ORANGE),
        )
        for bound, colour in bounds:
            if bound is not None and (bound > 0 or not logarithmic):
                axes.axhline(100.0 * bound, color=colour, linewidth=1.0, linestyle=(0, (4, 2)), zorder=2)


def _sources(limits: tuple[Limit, ...]) -> str:
    """Documents of the limits, with one warning where nobody has verified one."""
    documents = "; ".join(f"{limit.document} {limit.edition}".strip() for limit in limits)
    unverified = any(limit.confidence == "C" for limit in limits)
    return f"limits: {documents}" + (" (limit not verified against the document)" if unverified else "")


def plot_ghosting(result: Ghosting, *, ax: Axes | None = None) -> Axes:
    """Ghosting with twice its standard uncertainty, about zero.

    Parameters
    ----------
    result : Ghosting
        What `measure_ghosting` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Signal of the former shadow over that around it, less 1, in percent.
    """
    value, reach = 100.0 * result.ghosting, 200.0 * result.uncertainty
    with canvas(ax, BAND) as axes:
        axes.axvline(0.0, color=MUTED, linewidth=0.8)
        axes.errorbar([value], [0.5], xerr=[reach], fmt="o", markersize=6, color=BLUE, capsize=4, elinewidth=1.6)
        half = 1.25 * max(abs(value) + reach, 0.1)
        axes.set_xlim(-half, half)
        axes.set_ylim(0.0, 1.0)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("Shadow against its surroundings / %\nbar: ± 2 standard uncertainties")
        axes.set_title(f"Ghosting {signed(value, 3)} %")
        soft_grid(axes, "x")
    return axes
