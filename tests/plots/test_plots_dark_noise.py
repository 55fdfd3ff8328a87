"""The figure of dark noise draws the result's own numbers."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xrayiq.metrics.dark_noise import DarkNoise
from xrayiq.model import Provenance
from xrayiq.plots import plot, to_svg


def make_dark_noise() -> DarkNoise:
    return DarkNoise(
        level_dn=120.0,
        noise_dn=4.2,
        temporal_noise_dn=4.0,
        pattern_noise_dn=1.1,
        row_noise_dn=0.6,
        column_noise_dn=1.1,
        hottest_dn=30.0,
        hottest_px=(3, 4),
        drift_dn=0.2,
        frame_levels_dn=np.array([119.9, 120.1]),
        row_levels_dn=120.0 + np.sin(np.arange(40.0)),
        column_levels_dn=120.0 + np.cos(np.arange(50.0)),
        image_count=2,
        pixel_count=2000,
        provenance=Provenance(algorithm="dark_noise", algorithm_version=1),
    )


def axes() -> Axes:
    return Figure(layout="constrained").add_subplot()


def test_axes_name_quantity_and_unit() -> None:
    ax = axes()
    assert plot(make_dark_noise(), ax=ax) is ax
    assert ax.get_xlabel() == "Mean of a line against the dark level / stored values"
    assert ax.get_ylabel() == "Share of the lines / %"
    assert to_svg(lambda given: plot(make_dark_noise(), ax=given), name="one", title="t").startswith("<svg ")


def test_levels_of_rows_and_columns_are_drawn() -> None:
    result = make_dark_noise()
    ax = plot(result, ax=axes())
    white, rows, columns = (patch.get_data() for patch in ax.patches)  # type: ignore[attr-defined]  # stairs
    for drawn, levels in ((rows, result.row_levels_dn), (columns, result.column_levels_dn)):
        expected = np.histogram(levels - 120.0, drawn.edges)[0] / levels.size
        np.testing.assert_allclose(drawn.values, 100.0 * expected)
        assert drawn.values.sum() == pytest.approx(100.0)
    # mean of 40 pixels in two frames with a noise of 4: standard deviation of 4 / √80
    middle = 0.5 * (white.edges[1:] + white.edges[:-1])
    spread = np.sqrt(np.sum(white.values * middle**2) / white.values.sum())
    assert spread == pytest.approx(4.0 / np.sqrt(80), rel=0.03)  # cut at 3 standard deviations
    assert ax.get_title(loc="left") == "Dark noise 4.2: in time 4, pattern 1.1"
    single = plot(dataclasses.replace(result, temporal_noise_dn=None, pattern_noise_dn=None), ax=axes())
    assert single.get_title(loc="left") == "Dark noise 4.2"
