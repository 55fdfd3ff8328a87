"""Figures of generator tests and of the check of a dose-area product meter."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from xrayiq.dose import GeneratorTests, assess_dap_meter, assess_generator, read_meter_readings
from xrayiq.model import Limit
from xrayiq.plots import generator_size, plot, plot_dap_meter, plot_generator, to_svg
from xrayiq.plots.style import GREEN, ORANGE
from xrayiq_phantoms import Generator, meter_table, simulate_meter_rows

VOLTAGE = Limit(
    id="voltage",
    quantity="tube_voltage_error",
    document="a document",
    edition="",
    confidence="C",
    fail_low=-0.1,
    fail_high=0.1,
)
DAP = Limit(
    id="dap",
    quantity="dap_meter_ratio_worst",
    document="a document",
    edition="",
    confidence="C",
    fail_low=0.65,
    fail_high=1.35,
)


def whole(**deviations: float) -> GeneratorTests:
    return assess_generator(read_meter_readings(meter_table(simulate_meter_rows(Generator(**deviations))).encode()))


def axes() -> Axes:
    return Figure(layout="constrained").add_subplot()


def panels(drawn: Axes) -> dict[str, Axes]:
    return {panel.get_title(loc="left"): panel for panel in drawn.child_axes}


def test_each_measured_test_has_a_panel_with_units() -> None:
    ax = axes()
    assert plot(whole(), ax=ax) is ax
    drawn = panels(ax)
    assert len(drawn) == 12
    assert (drawn["Tube voltage"].get_xlabel(), drawn["Tube voltage"].get_ylabel()) == (
        "Set tube voltage / kV",
        "Error / %",
    )
    assert drawn["Half-value layer"].get_ylabel() == "HVL / mm Al"
    assert to_svg(lambda given: plot_generator(whole(), ax=given), name="g", title="t").startswith("<svg ")
    assert generator_size(whole())[1] == 4 * generator_size(assess_generator(few()))[1]


def few():
    return read_meter_readings(b"set kVp,measured kVp\n80,83.2\n100,104\n")


def test_values_and_minimum_are_drawn_where_they_are() -> None:
    drawn = panels(plot_generator(whole(voltage_error_fraction=0.04), ax=axes()))
    points = np.asarray(drawn["Tube voltage"].get_lines()[0].get_xydata())
    np.testing.assert_allclose(points[:, 1], 4.0, atol=1e-6)  # nine decimals of the table
    least = {str(line.get_label()): line for line in drawn["Half-value layer"].get_lines()}["minimum from 2006"]
    voltages, layers = np.asarray(least.get_xydata()).T
    assert np.interp(90.0, voltages, layers) == np.float64(3.2)


def test_limits_bound_the_values_and_colour_the_headline() -> None:
    for error, colour in ((0.04, GREEN), (0.12, ORANGE)):
        panel = panels(plot_generator(whole(voltage_error_fraction=error), ax=axes(), limits=[VOLTAGE]))["Tube voltage"]
        bounds = {round(float(np.asarray(line.get_ydata())[0]), 9) for line in panel.get_lines()}
        assert {-10.0, 10.0} <= bounds
        assert to_hex(panel._right_title.get_color()).lower() == colour.lower()  # type: ignore[attr-defined]


def test_dap_ratios_are_drawn_with_the_source_of_their_limit() -> None:
    found = assess_dap_meter([2.2e-5, 1.8e-5], kerma_mgy=2.0, field_area_mm2=1e4)
    ax = plot_dap_meter(found, ax=axes(), limit=DAP)
    np.testing.assert_allclose(ax.get_lines()[0].get_xydata(), [[0.2, 1.1], [0.2, 0.9]], rtol=1e-12)  # rounding
    assert "not verified against the document" in " ".join(ax.get_xlabel().split())
    assert ax.get_ylabel() == "Displayed / measured"
    assert {0.65, 1.35} <= {float(np.asarray(line.get_ydata())[0]) for line in ax.get_lines()}
    assert plot(found, ax=axes()).get_xlabel() == "Measured dose-area product / Gy·cm²"
