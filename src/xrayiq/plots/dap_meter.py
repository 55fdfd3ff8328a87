"""Displayed over measured dose-area product."""

from __future__ import annotations

import textwrap

from matplotlib.axes import Axes

from xrayiq.dose.dap_meter import DapMeterCheck
from xrayiq.model import Limit
from xrayiq.plots.style import BLUE, MUTED, ORANGE, SAND, canvas, soft_grid

#: Gy·cm² in a Gy·m²
_GY_CM2 = 1e4


def plot_dap_meter(result: DapMeterCheck, *, ax: Axes | None = None, limit: Limit | None = None) -> Axes:
    """Displayed over measured dose-area product of each exposure.

    Parameters
    ----------
    result : DapMeterCheck
        What `assess_dap_meter` gave.
    ax : Axes, optional
        Where to draw; a new figure without.
    limit : Limit, optional
        Limit of the ratio whose bounds are drawn and whose source is named.

    Returns
    -------
    Axes
        Measured dose-area product in Gy·cm² against the ratio (no unit).
    """
    with canvas(ax) as axes:
        axes.plot(
            _GY_CM2 * result.measured_gy_m2,
            result.ratios,
            marker="o",
            markersize=5,
            linestyle="none",
            color=BLUE,
            zorder=3,
        )
        axes.axhline(1.0, color=MUTED, linewidth=0.8)
        axes.axhline(result.mean_ratio, color=BLUE, linewidth=1.2)
        reach = 1.3 * max(0.1, float(abs(result.ratios - 1.0).max()))
        axes.set_xlabel("Measured dose-area product / Gy·cm²")
        if limit is not None:
            for low, high, colour in (
                (limit.warning_low, limit.warning_high, SAND),
                (limit.fail_low, limit.fail_high, ORANGE),
            ):
                for bound in (low, high):
                    if bound is not None:
                        axes.axhline(bound, color=colour, linewidth=1.0, linestyle=(0, (4, 2)))
                        reach = max(reach, 1.15 * abs(bound - 1.0))
            source = textwrap.fill(f"limits: {limit.source}", 56)
            axes.set_xlabel(f"Measured dose-area product / Gy·cm²\n{source}")
        axes.set_ylim(1.0 - reach, 1.0 + reach)
        axes.margins(x=0.1)
        axes.set_ylabel("Displayed / measured")
        axes.set_title(f"DAP meter: mean ratio {result.mean_ratio:.3f}")
        soft_grid(axes)
    return axes
