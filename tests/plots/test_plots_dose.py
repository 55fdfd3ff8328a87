"""Figures of tube output, skin dose and unit suspicion."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xrayiq.dose import (
    SkinExposure,
    SkinPhantom,
    computed_tube_output,
    estimate_skin_dose,
    find_unit_suspicions,
    tube_output_of_row,
)
from xrayiq.plots import plot, plot_skin_dose, plot_tube_output, plot_unit_suspicions, to_svg, unit_suspicion_size

BEAM = SkinExposure(
    primary_angle_deg=0.0,
    secondary_angle_deg=0.0,
    source_isocentre_distance_mm=750.0,
    reference_point_kerma_mgy=2.0,
    source_reference_point_distance_mm=600.0,
    field_width_at_1_m_mm=150.0,
    field_height_at_1_m_mm=100.0,
)


def axes() -> Axes:
    return Figure(layout="constrained").add_subplot()


def test_a_table_of_outputs_is_drawn_with_its_source_and_spread() -> None:
    drawn = plot_tube_output(computed_tube_output(), ax=axes())
    assert (drawn.get_xlabel(), drawn.get_ylabel()) == ("Tube voltage / kV", "Output at 1 m / (µGy/mAs)")
    assert "± 30 %" in drawn.texts[0].get_text()
    assert "SpekPy" in drawn.texts[0].get_text()
    points = [line for line in drawn.get_lines() if line.get_marker() == "o"]
    np.testing.assert_allclose(points[0].get_ydata(), computed_tube_output().outputs_ugy_per_mas[0])
    own = tube_output_of_row(
        {
            "filtration_mm_al": 3.0,
            "voltages_kv": [60, 80],
            "outputs_ugy_per_mas": [30, 50],
            "uncertainty_fraction": 0.05,
        }
    )
    assert plot_tube_output(own, ax=axes()).get_title(loc="left") == "Tube output, measured"
    assert to_svg(lambda ax: plot_tube_output(own, ax=ax), name="o", title="t").startswith("<svg ")


def test_a_skin_map_names_its_peak_unit_and_assumptions() -> None:
    result = estimate_skin_dose([BEAM, SkinExposure()])
    drawn = plot(result, ax=axes())
    told = " ".join(" ".join(each.get_text() for each in drawn.texts).split())
    assert f"Peak skin dose {result.text}" == drawn.get_title(loc="left")
    assert "collimator not turned" in told
    assert "1 exposures in the map; 1 left out" in told
    np.testing.assert_array_equal(drawn.get_images()[0].get_array(), result.dose_mgy)
    assert to_svg(lambda ax: plot_skin_dose(result, ax=ax), name="s", title="t").startswith("<svg ")


def test_a_slab_has_no_sides_named() -> None:
    slab = SkinPhantom(shape="slab", width_mm=400.0, thickness_mm=200.0, length_mm=600.0, cell_mm=10.0)
    drawn = plot_skin_dose(estimate_skin_dose([BEAM], phantom=slab), ax=axes())
    assert not any("side" in each.get_text() for each in drawn.texts)


def test_units_have_a_line_each_and_the_suspected_are_counted() -> None:
    result = find_unit_suspicions(
        ["A"] * 12 + ["B"] * 12, [1.0] * 12 + [10.0] * 12, [1.0] * 24, quantity="dose_area_product"
    )
    drawn = plot(result, ax=axes())
    assert [label.get_text() for label in drawn.get_yticklabels()] == ["A  (n = 12)", "B  (n = 12)"]
    assert drawn.get_title(loc="left") == "Wrong unit suspected of 1"
    assert "read as dGy.cm2" in drawn.get_xlabel()
    alone = find_unit_suspicions(["A"] * 12, [1.0] * 12, [1.0] * 12, quantity="average_glandular_dose")
    assert plot_unit_suspicions(alone, ax=axes()).get_title(loc="left") == "No wrong unit suspected"
    assert unit_suspicion_size(result)[1] == unit_suspicion_size(alone)[1]
    assert to_svg(lambda ax: plot_unit_suspicions(result, ax=ax), name="u", title="t").startswith("<svg ")
