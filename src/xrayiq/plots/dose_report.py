"""Dose report: what each irradiation event contributed to the dose-area product."""

from __future__ import annotations

from typing import Final

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from xrayiq.model import DoseReport
from xrayiq.plots.style import BLUE, canvas, soft_grid

#: Gy·m² to Gy·cm²
DAP_FACTOR: Final = 1e4


def plot_dose_report(result: DoseReport, *, ax: Axes | None = None) -> Axes:
    """Dose-area product of the events of a report, in their order.

    Parameters
    ----------
    result : DoseReport
        What `read_dose_report` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Number of the event against dose-area product in Gy·cm²; an event that states none has no bar.
    """
    known = [
        (number, event.dap_gy_m2 * DAP_FACTOR)
        for number, event in enumerate(result.events, start=1)
        if event.dap_gy_m2 is not None
    ]
    with canvas(ax) as axes:
        axes.bar([number for number, _ in known], [value for _, value in known], width=0.7, color=BLUE)
        total = result.total_dap_gy_m2
        stated = "no total stated" if total is None else f"total stated {total * DAP_FACTOR:.3g} Gy·cm²"
        axes.set_title(f"{len(result.events)} events, {stated}")
        axes.set_xlabel("Irradiation event")
        axes.set_ylabel("Dose-area product / Gy·cm²")
        axes.set_xlim(0.3, max(len(result.events), 1) + 0.7)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True))
        soft_grid(axes, "y")
    return axes
