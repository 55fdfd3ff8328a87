"""Uniformity map of a stored result."""

from __future__ import annotations

from xrayiq import plots
from xrayiq.metrics.uniformity import Uniformity
from xrayiq.plots.style import PICTURE
from xrayiq.records import Records
from xrayiq.report.evidence import load
from xrayiq.report.tables import Picture, picture_svg


def uniformity_map(records: Records, outcome_id: int, name: str, title: str) -> Picture:
    """Map of a stored uniformity result; `name` tells it from other figures of the page."""
    result = load(records, outcome_id, Uniformity)
    return Picture(
        svg=picture_svg(lambda ax: plots.plot_uniformity(result, ax=ax), name, "Uniformity map", PICTURE),
        title=title,
        note=f"Tiles of {result.roi_mm:g} mm, {result.border_mm:g} mm border left out; signal in "
        f"{'µGy' if result.signal_unit == 'uGy' else 'relative units'}.",
    )
