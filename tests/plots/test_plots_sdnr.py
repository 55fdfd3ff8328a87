"""The figure of SDNR over thickness draws the result's own numbers."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xrayiq.metrics.sdnr import SdnrOverThickness
from xrayiq.model import Provenance
from xrayiq.plots import plot, to_svg

THICKNESS = np.array([20.0, 30.0, 50.0, 70.0])


def make_sdnr() -> SdnrOverThickness:
    sdnr = 8.0 * np.exp(-0.006 * (THICKNESS - 50.0))
    return SdnrOverThickness(
        thickness_mm=THICKNESS,
        sdnr=sdnr,
        sdnr_uncertainties=0.01 * sdnr,
        relative_sdnr=sdnr / 8.0,
        relative_sdnr_uncertainties=0.014 * sdnr / 8.0,
        contrasts=np.full(4, 0.1),
        background_means=np.full(4, 60.0),
        background_sds=np.full(4, 0.7),
        image_counts=np.ones(4, dtype=np.int64),
        reference_mm=50.0,
        sdnr_fall_per_mm=0.006,
        sdnr_fall_uncertainty_per_mm=0.0004,
        noise_power=None,
        background_deviation=0.01,
        background_repeatability=None,
        square_centres_px=None,
        signal_unit="1",
        provenance=Provenance(algorithm="sdnr_over_thickness", algorithm_version=1),
    )


def axes() -> Axes:
    return Figure(layout="constrained").add_subplot()


def test_axes_name_quantity_and_unit() -> None:
    ax = axes()
    assert plot(make_sdnr(), ax=ax) is ax
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Thickness of the phantom / mm", "SDNR")
    assert to_svg(lambda given: plot(make_sdnr(), ax=given), name="one", title="t").startswith("<svg ")


def test_points_ratios_and_fit_are_those_of_the_result() -> None:
    result = make_sdnr()
    ax = plot(result, ax=axes())
    points = np.asarray(ax.containers[0][0].get_xydata())  # type: ignore[index]  # an errorbar container
    np.testing.assert_array_equal(points, np.column_stack([result.thickness_mm, result.sdnr]))
    assert [text.get_text() for text in ax.texts] == ["120 %", "113 %", "100 %", "89 %"]
    fit = next(line for line in ax.get_lines() if str(line.get_label()).startswith("fit"))
    assert fit.get_label() == "fit, −5.8 % per 10 mm"  # exp(−0.06) − 1
    thickness, drawn = np.asarray(fit.get_xydata()).T
    np.testing.assert_allclose(drawn, 8.0 * np.exp(-0.006 * (thickness - 50.0)), rtol=1e-9)


@pytest.mark.parametrize("field", ["relative_sdnr", "sdnr_fall_per_mm"])
def test_what_there_is_not_is_not_drawn(field: str) -> None:
    ax = plot(dataclasses.replace(make_sdnr(), **{field: None}), ax=axes())
    assert (len(ax.texts) == 0) == (field == "relative_sdnr")
    assert any(str(line.get_label()).startswith("fit") for line in ax.get_lines()) == (field == "relative_sdnr")
