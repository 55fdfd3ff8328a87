"""Detective quantum efficiency over frequency with its uncertainty: one curve, or several of one detector."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from matplotlib.axes import Axes

from xrayiq.metrics.dqe import Dqe
from xrayiq.plots.style import BLUE, CYCLE, canvas, soft_grid, vertical_mark

#: name of the curve, by the axis that the profile of its MTF runs along
_DIRECTION: Final = MappingProxyType({"columns": "DQE u", "rows": "DQE v"})


def plot_dqe(result: Dqe, *, ax: Axes | None = None) -> Axes:
    """DQE over spatial frequency with a band of one standard uncertainty on either side.

    Parameters
    ----------
    result : Dqe
        What `compute_dqe` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Spatial frequency in mm⁻¹ against DQE.
    """
    with canvas(ax) as axes:
        _curve(axes, result, _DIRECTION[result.across], BLUE, band="± standard uncertainty")
        _label(axes, [result])
        beam = result.beam or f"{result.fluence_per_mm2_ugy:.0f} quanta per mm² µGy"
        axes.set_title(f"{_DIRECTION[result.across]}, {beam}, {result.kerma_ugy:.3g} µGy")
        axes.legend(loc="lower left")
    return axes


def plot_dqes(results: Sequence[tuple[str, Dqe]], *, ax: Axes | None = None) -> Axes:
    """Several DQE curves on one pair of axes, each with its band of uncertainty.

    Parameters
    ----------
    results : sequence of (label, Dqe)
        Curves with their names in the legend. Dashed along rows.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Spatial frequency in mm⁻¹ against DQE.
    """
    with canvas(ax) as axes:
        for number, (label, result) in enumerate(results):
            _curve(axes, result, label, CYCLE[number % len(CYCLE)])
        _label(axes, [result for _, result in results])
        if results:
            axes.legend(loc="upper right")
    return axes


def _curve(axes: Axes, result: Dqe, label: str, colour: str, *, band: str | None = None) -> None:
    axes.fill_between(
        result.frequencies_per_mm,
        result.values - result.uncertainty,
        result.values + result.uncertainty,
        color=colour,
        alpha=0.18,
        linewidth=0.0,
        label=band,
    )
    axes.plot(
        result.frequencies_per_mm,
        result.values,
        color=colour,
        linestyle="--" if result.across == "rows" else "-",
        marker="o",
        markersize=3.5,
        label=label,
    )


def _label(axes: Axes, results: Sequence[Dqe]) -> None:
    axes.set_xlabel("Spatial frequency / mm⁻¹")
    axes.set_ylabel("DQE")
    nyquists = sorted({round(result.nyquist_per_mm, 6) for result in results})
    axes.set_xlim(0.0, 1.05 * nyquists[-1] if nyquists else 1.0)
    tops = [float((result.values + result.uncertainty).max()) for result in results]
    axes.set_ylim(0.0, max([1.0, *tops]) * 1.05)
    for nyquist in nyquists:
        vertical_mark(axes, nyquist, "Nyquist")
    soft_grid(axes)
