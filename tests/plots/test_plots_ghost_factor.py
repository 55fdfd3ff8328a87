"""The figure of the ghost factor draws the result's own numbers."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xrayiq.metrics.ghost_factor import GhostFactor
from xrayiq.model import Provenance
from xrayiq.plots import plot, to_svg


def make_ghost_factor() -> GhostFactor:
    return GhostFactor(
        ghost_factor=0.2,
        ghost_factor_uncertainty=0.008,
        ghost_fraction=-0.02,
        ghost_fraction_uncertainty=0.0008,
        contrast=0.1,
        means=np.array([90.0, 100.0, 98.0]),
        mean_uncertainties=np.array([0.05, 0.06, 0.06]),
        sds=np.array([0.9, 1.0, 1.0]),
        boxes_px=np.arange(12).reshape(3, 4),
        border_px=220.0,
        border_axis="columns",
        signal_unit="1",
        provenance=Provenance(algorithm="ghost_factor", algorithm_version=1),
    )


def axes() -> Axes:
    return Figure(layout="constrained").add_subplot()


def test_axes_name_quantity_and_unit() -> None:
    ax = axes()
    assert plot(make_ghost_factor(), ax=ax) is ax
    assert ax.get_ylabel() == "Signal against the reference / %"
    assert [label.get_text() for label in ax.get_xticklabels()] == ["aluminium", "reference", "ghost"]
    assert to_svg(lambda given: plot(make_ghost_factor(), ax=given), name="one", title="t").startswith("<svg ")


def test_differences_from_the_reference_are_drawn() -> None:
    ax = plot(make_ghost_factor(), ax=axes())
    assert [text.get_text() for text in ax.texts] == ["−10.00 %", "−2.00 %"]
    points = [np.asarray(container[0].get_xydata())[0] for container in ax.containers]  # type: ignore[index]  # errorbars
    np.testing.assert_allclose(points, [[0, -10], [1, 0], [2, -2]], atol=1e-12)
    assert ax.get_title(loc="left") == "Ghost factor +0.200 ± 0.008"
