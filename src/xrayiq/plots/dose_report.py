"""Dose report: what each irradiation event contributed to the dose that its kind of report accumulates."""

from __future__ import annotations

from typing import Final

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from xrayiq.model import DoseEvent, DoseReport
from xrayiq.plots.style import BLUE, canvas, soft_grid

#: Gy·m² to Gy·cm²
DAP_FACTOR: Final = 1e4


def plot_dose_report(result: DoseReport, *, ax: Axes | None = None) -> Axes:
    """Dose of the events of a report, in their order.

    Parameters
    ----------
    result : DoseReport
        What `read_dose_report` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Number of the event against dose-area product in Gy·cm², in mammography average glandular dose in mGy, in
        computed tomography dose-length product in mGy·cm; an event that states none has no bar.
    """
    name, unit = _QUANTITIES[result.kind]
    values = ((number, _dose(event, result.kind)) for number, event in enumerate(result.events, start=1))
    known = [(number, value) for number, value in values if value is not None]
    with canvas(ax) as axes:
        axes.bar([number for number, _ in known], [value for _, value in known], width=0.7, color=BLUE)
        total = _total(result)
        stated = "no total stated" if total is None else f"total stated {total:.3g} {unit}"
        axes.set_title(f"{len(result.events)} events, {stated}")
        axes.set_xlabel("Irradiation event")
        axes.set_ylabel(f"{name} / {unit}")
        axes.set_xlim(0.3, max(len(result.events), 1) + 0.7)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True))
        soft_grid(axes, "y")
    return axes


_QUANTITIES: Final = {
    "projection": ("Dose-area product", "Gy·cm²"),
    "mammography": ("Average glandular dose", "mGy"),
    "computed_tomography": ("Dose-length product", "mGy·cm"),
}


def _dose(event: DoseEvent, kind: str) -> float | None:
    if kind == "mammography":
        return event.average_glandular_dose_mgy
    if kind == "computed_tomography":
        return None if event.tomography is None else event.tomography.dose_length_product_mgy_cm
    return None if event.dap_gy_m2 is None else event.dap_gy_m2 * DAP_FACTOR


def _total(result: DoseReport) -> float | None:
    if result.kind == "mammography":
        return result.total_average_glandular_dose_mgy
    if result.kind == "computed_tomography":
        return result.total_dose_length_product_mgy_cm
    return None if result.total_dap_gy_m2 is None else result.total_dap_gy_m2 * DAP_FACTOR
