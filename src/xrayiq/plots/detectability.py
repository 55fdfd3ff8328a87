"""Which frequencies make a detectability index."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from matplotlib.axes import Axes

from xrayiq.metrics.detectability import Detectability
from xrayiq.plots.style import BLUE, ORANGE, canvas, soft_grid

_OBSERVER: Final = MappingProxyType({"ideal": "ideal observer", "npw": "NPW observer", "npwe": "NPWE observer"})


def plot_detectability(result: Detectability, *, ax: Axes | None = None) -> Axes:
    """Shares of the frequencies in what the observer sees of signal and of noise.

    Parameters
    ----------
    result : Detectability
        What `compute_detectability` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Spatial frequency in mm⁻¹ against share per mm⁻¹; the area under each curve is 1.
    """
    with canvas(ax) as axes:
        axes.plot(result.frequencies_per_mm, result.signal_density_mm, color=BLUE, label="signal")
        axes.plot(
            result.frequencies_per_mm,
            result.noise_density_mm,
            color=ORANGE,
            linestyle="--",
            linewidth=1.2,
            label="noise",
        )
        axes.set_xlim(0.0, float(result.frequencies_per_mm[-1]))
        axes.set_ylim(bottom=0.0)
        axes.set_xlabel("Spatial frequency / mm⁻¹")
        axes.set_ylabel("Share of the frequency / mm")
        contrast = f"{100.0 * result.contrast:.3g} %"
        axes.set_title(
            f"d′ = {result.detectability:.2f}, {_OBSERVER[result.observer]}, disc {result.diameter_mm:g} mm, {contrast}"
        )
        axes.legend(loc="upper right")
        soft_grid(axes)
    return axes
