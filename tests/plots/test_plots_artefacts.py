"""The figures of artefacts draw the result's own numbers."""

from __future__ import annotations

import dataclasses

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from xrayiq.metrics import Artefacts, Blob, GridPeak, RecurringArtefacts, RecurringPlace, Seam
from xrayiq.metrics.artefact_peaks import AveragePower
from xrayiq.model import Provenance
from xrayiq.plots import plot, plot_artefact_power, to_svg

FREQUENCIES = np.linspace(0.0, 3.3, 200)
POWER = AveragePower(
    frequencies_per_mm=FREQUENCIES, values_mm=np.exp(-FREQUENCIES), medians_mm=0.5 * np.exp(-FREQUENCIES)
)


def make_artefacts() -> Artefacts:
    return Artefacts(
        seams=(
            Seam(orientation="column", index_px=100, start_px=0, length_px=160, step_fraction=0.012, step_sd=9.0),
            Seam(orientation="row", index_px=40, start_px=20, length_px=120, step_fraction=-0.008, step_sd=7.0),
        ),
        blobs=(Blob(row_px=80.0, column_px=50.0, diameter_mm=6.0, contrast_fraction=-0.03, response_sd=-8.0),),
        peaks=(GridPeak(frequency_per_mm=2.67, angle_deg=-3.0, amplitude_fraction=0.01, power_ratio=50.0),),
        deviation_map=np.linspace(-0.02, 0.02, 20 * 25, dtype=np.float32).reshape(20, 25),
        deviating_fraction=0.0,
        largest_deviation_fraction=0.02,
        along_rows=POWER,
        along_columns=POWER,
        slope_rows_fraction=0.0,
        slope_columns_fraction=0.0,
        side_ratio_rows=1.0,
        side_ratio_columns=1.0,
        grid_line_density_per_mm=4.0,
        expected_alias_per_mm=2.667,
        image_count=1,
        image_shape_px=(160, 203),
        pixel_pitch_mm=(0.15, 0.15),
        provenance=Provenance(algorithm="artefacts", algorithm_version=1),
    )


def axes() -> Axes:
    return Figure(layout="constrained").add_subplot()


def test_axes_name_quantity_and_unit() -> None:
    ax = axes()
    assert plot(make_artefacts(), ax=ax) is ax
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Column / px", "Row / px")
    assert [each.get_ylabel() for each in ax.figure.axes[1:]] == ["Deviation from the fit / %"]
    assert ax.get_title(loc="left") == "Wave of 2.67 mm⁻¹ at −3.0°: 1.00 %"
    assert to_svg(lambda given: plot(make_artefacts(), ax=given), name="one", title="t").startswith("<svg ")


def test_map_seams_and_spots_are_drawn_where_they_are() -> None:
    result = make_artefacts()
    ax = plot(result, ax=axes())
    np.testing.assert_allclose(ax.images[0].get_array(), 100.0 * result.deviation_map)
    # 25 blocks of 8 pixels from the border of the first pixel on; three columns are left over
    assert ax.images[0].get_extent() == [-0.5, 199.5, 159.5, -0.5]
    paths = [np.asarray(line.get_xydata()).tolist() for line in ax.get_lines()]
    assert paths == [[[99.5, -0.5], [99.5, 159.5]], [[19.5, 39.5], [139.5, 39.5]]]
    circles = [patch for patch in ax.patches if isinstance(patch, Circle)]
    assert [circle.get_center() for circle in circles] == [(50.0, 80.0)]
    words = {text.get_text() for text in ax.texts}
    assert words == {"+1.20 %", "−0.80 %", "6.0 mm, −3.0 %"}


def test_a_clean_detector_is_called_so() -> None:
    clean = dataclasses.replace(make_artefacts(), seams=(), blobs=(), peaks=())
    ax = plot(clean, ax=axes())
    assert ax.get_title(loc="left") == "No artefact"
    assert ax.get_legend() is None


def test_power_names_its_peaks_and_the_expected_alias() -> None:
    ax = plot_artefact_power(make_artefacts(), ax=axes())
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_yscale()) == ("Frequency / mm⁻¹", "Power density / mm", "log")
    lines = {str(line.get_label()): np.asarray(line.get_xydata()) for line in ax.get_lines()}
    np.testing.assert_allclose(lines["along rows"][:, 1], POWER.values_mm[1:])
    np.testing.assert_allclose(lines["grid of 4 lines per mm"][:, 0], 2.667)
    assert [text.get_text() for text in ax.texts] == ["2.67 mm⁻¹\n−3.0°\n1.00 %"]
    # the limit of a peak is 6 times the median
    np.testing.assert_allclose(np.asarray(ax.get_lines()[1].get_ydata()), 6.0 * POWER.medians_mm[1:])


def test_places_that_recur_are_drawn_where_they_lie_on_the_detector() -> None:
    about = {"image_count": 20, "of_images": 30, "expected_count": 0.5, "probability": 1e-9}
    spot = RecurringPlace(
        kind="spot", row_mm=40.0, column_mm=70.0, height_mm=1.0, width_mm=1.0, contrast=-0.03, **about
    )
    line = RecurringPlace(
        kind="column", row_mm=60.0, column_mm=20.0, height_mm=16.0, width_mm=0.5, contrast=0.02, **about
    )
    result = RecurringArtefacts(
        places=(spot, line),
        image_count=30,
        cell_mm=0.5,
        covered_counts=np.full((200, 300), 30),
        frame_is_known=True,
        provenance=Provenance(algorithm="recurring_artefacts", algorithm_version=1),
    )
    ax = plot(result, ax=axes())
    (drawn,) = ax.lines
    assert (drawn.get_xdata()[0], drawn.get_ydata()[0]) == (70.0, 40.0)
    (bar,) = ax.patches
    assert tuple(bar.get_center()) == (20.0, 60.0)
    assert ax.get_xlim() == (0.0, 150.0)
    assert ax.get_ylim() == (100.0, 0.0)  # rows run down
    assert ax.get_title(loc="left") == "2 places recur in 30 images"
