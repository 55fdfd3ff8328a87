"""Figures of excursions, creep, workload and optimisation: numbers on the artists, limits with their source."""

from __future__ import annotations

import datetime
import math

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from simulated_doses import CHEST, DAP, LEVELS, START, audit_of, dose_audit, empty_audit, room_rows
from test_plots_typical_doses import legend_texts, points

from xrayiq.audit import DoseAudit
from xrayiq.errors import InputError
from xrayiq.plots import (
    EXCURSIONS,
    plot,
    plot_dose_and_quality,
    plot_excursions,
    plot_workload,
    plot_workload_by_voltage,
    to_svg,
    workload_by_voltage_size,
    workload_size,
)

PER_GY_CM2 = 1.0e4


def axes() -> Axes:
    return Figure(figsize=(5.6, 5.0), layout="compressed").add_subplot()


def heights(drawn: Axes) -> set[float]:
    """Heights of the lines across the axes."""
    return {round(float(line.get_ydata()[0]), 9) for line in drawn.get_lines() if list(line.get_xdata()) == [0, 1]}


@pytest.fixture(scope="module")
def planted() -> DoseAudit:
    """A room of 60 with one exposure of 15 times its usual dose and one of a tenth."""
    rows = room_rows("A", 1.0, spread=0.2, seed=4) + room_rows("B", 1.0, spread=0.2, seed=2)
    rows[30] |= {DAP: 1.5e-4, "field_area_mm2": 1.5e6}
    rows[40] |= {DAP: 1.0e-6}
    return dose_audit(rows)


def test_an_excursion_is_marked_with_its_ratio_and_its_cause(planted: DoseAudit) -> None:
    drawn = plot_excursions(planted, ax=axes())
    own = planted.exposures.query("room == 'A'")[DAP].to_numpy()
    ratio = 1.5e-4 / math.exp(np.median(np.log(own)))
    (mark,) = points(drawn, "D")
    assert float(mark.get_ydata()[0]) == pytest.approx(1.5, rel=1e-12)
    assert float(mark.get_xdata()[0]) == pytest.approx(date2num(START + datetime.timedelta(days=30)))
    assert [text.get_text() for text in drawn.texts] == [f"{ratio:.1f}×"]
    assert f"{ratio:.1f}× (2026-02-04) no collimation: field 15.0 times that of its like" in legend_texts(drawn)
    assert (drawn.get_yscale(), drawn.get_ylabel()) == ("log", "Dose-area product / Gy·cm²")
    assert drawn.get_title(loc="left") == "UA, CHEST PA, adult: 1 finding in 60 exposures"
    plain, told = points(drawn)
    assert (len(plain.get_xdata()), [round(float(y), 9) for y in told.get_ydata()]) == (58, [0.01])


def test_median_and_limits_of_excursions_stand_at_their_formulas(planted: DoseAudit) -> None:
    drawn = plot_excursions(planted, like=("North", "UA", *CHEST), ax=axes())
    logarithms = np.log(PER_GY_CM2 * planted.exposures.query("room == 'A'")[DAP].to_numpy())
    middle = np.median(logarithms)
    sigma = 1.4826 * np.median(np.abs(logarithms - middle))
    expected = [math.exp(middle + score * sigma) for score in (-3.0, 0.0, 3.0, 4.0)]
    assert heights(drawn) == {*(round(value, 9) for value in expected), round(3.0 * expected[1], 9), 0.13}
    told = legend_texts(drawn)
    assert "reference level 0.130 Gy·cm²: Document A (2022)" in told
    assert f"finding above {expected[3]:.3f} Gy·cm²: 4 robust standard deviations" in told
    assert f"finding above {3.0 * expected[1]:.3f} Gy·cm²: 3 times the median" in told


def test_doses_in_a_suspected_unit_are_not_drawn(planted: DoseAudit) -> None:
    wrong = dict.fromkeys(planted.units.columns, "") | {"site": "North", "unit": "UA", "quantity": DAP, "exposures": 60}
    found = audit_of(planted.exposures, units=[wrong | {"suspected_power": 1, "median_ratio": 10.0}])
    assert plot_excursions(found, ax=axes()).get_title(loc="left").startswith("UB, ")
    with pytest.raises(InputError, match="exposures like"):
        plot_excursions(found, like=("North", "UA", *CHEST), ax=axes())


def test_a_group_without_excursions_has_no_finding() -> None:
    drawn = plot_excursions(dose_audit(room_rows("A", 1.0, spread=0.01), levels=LEVELS.iloc[:0]), ax=axes())
    assert "no finding in 60 exposures" in drawn.get_title(loc="left")
    assert len(heights(drawn)) == 4


def creeping(change: float) -> DoseAudit:
    """Five exposures a week over 40 weeks, from the 20th on higher."""
    rows = room_rows("A", 1.0, count=200, spread=0.02)
    for number, row in enumerate(rows):
        row["exposed_at"] = START + datetime.timedelta(days=7 * (number // 5) + number % 5)
        row[DAP] = float(str(row[DAP])) * (1.0 + change * (number // 5 >= 20))
    return dose_audit(rows)


def test_creep_draws_the_weekly_medians_the_level_and_its_limits() -> None:
    found = creeping(0.4)
    (creep,) = found.creep
    drawn = plot(creep, ax=axes())
    by_week = found.exposures.groupby(np.arange(200) // 5)[DAP].median().to_numpy() * PER_GY_CM2
    first, later = points(drawn)
    np.testing.assert_allclose(np.concatenate([first.get_ydata(), later.get_ydata()]), by_week, rtol=1e-12)
    assert len(first.get_xdata()) == 10
    baseline = math.exp(np.log(by_week[:10]).mean())
    assert heights(drawn) == {round(baseline, 9), round(1.15 * baseline, 9)}
    level = np.log(baseline)
    for logarithm in np.log(by_week):
        level += 0.2 * (logarithm - level)
    assert any(
        float(line.get_ydata()[-1]) == pytest.approx(math.exp(level))
        for line in drawn.get_lines()
        if len(line.get_xdata()) == 40
    )
    change = 100.0 * (math.exp(level) / baseline - 1.0)
    assert drawn.get_title(loc="left") == f"A, CHEST PA, adult: rising, +{change:.0f} %"
    assert (drawn.get_xlabel(), drawn.get_ylabel()) == ("Week, 2026", "Dose-area product / Gy·cm²")
    assert "finding: level 15 % above the first weeks', and out of limits" in legend_texts(drawn)


def test_a_steady_dose_does_not_creep() -> None:
    (creep,) = creeping(0.0).creep
    assert plot(creep, ax=axes()).get_title(loc="left") == "A, CHEST PA, adult: no creep"


def test_workload_of_few_rooms_is_a_line_each_with_empty_weeks_at_zero() -> None:
    rows = [
        room_rows("A", 1.0, count=1, exposure_mas=60.0 * n, exposed_at=START + datetime.timedelta(weeks=n))[0]
        for n in (1, 3)
    ]
    rows += room_rows("B", 1.0, count=1, exposure_mas=math.nan)
    drawn = plot_workload(dose_audit(rows), ax=axes())
    first, second = points(drawn)
    np.testing.assert_allclose(first.get_ydata(), [1.0, 0.0, 3.0])
    np.testing.assert_allclose(np.diff(first.get_xdata()), [7.0, 7.0])
    assert list(second.get_ydata()) == [0.0]
    assert drawn.get_ylabel() == "Workload / (mA·min per week)"
    told = legend_texts(drawn)
    assert "A: median 1 mA·min and 1 patients a week" in told
    assert "1 exposures of no known charge are not in it" in told


def test_workload_of_many_rooms_is_a_map_in_the_order_of_medians() -> None:
    rows = [row for n in range(6) for row in room_rows(f"R{n}", 1.0, count=7, exposure_mas=60.0 * (n + 1))]
    rows += room_rows("R5", 1.0, count=1, exposed_at=START + datetime.timedelta(weeks=2))
    found = dose_audit(rows)
    drawn = plot_workload(found, ax=axes())
    assert [label.get_text() for label in drawn.get_yticklabels()] == ["R4", "R3", "R2", "R1", "R0", "R5"]
    (mesh,) = drawn.collections
    values = mesh.get_array().reshape(6, 3)
    np.testing.assert_allclose(values[:5, 0], [35.0, 28.0, 21.0, 14.0, 7.0])
    np.testing.assert_allclose(values[5].filled(-1.0), [42.0, 0.0, 2.0 / 60.0])
    assert values.mask[:5, 1:].all()
    assert [other.get_ylabel() for other in drawn.figure.axes if other is not drawn] == ["Workload / (mA·min per week)"]
    assert workload_size(found)[1] > workload_size(dose_audit(rows[:7]))[1] - 1.5


def test_workload_by_voltage_stacks_the_classes_of_each_room() -> None:
    rows = room_rows("A", 1.0, count=2, exposure_mas=120.0, tube_voltage_kv=75.0)
    rows += room_rows("A", 1.0, count=1, exposure_mas=60.0, tube_voltage_kv=125.0)
    rows += room_rows("B", 1.0, count=1, exposure_mas=90.0, tube_voltage_kv=80.0)
    found = dose_audit(rows)
    drawn = plot_workload_by_voltage(found, ax=axes())
    bars = {(round(bar.get_y() + 0.36), round(bar.get_x(), 9), round(bar.get_width(), 9)) for bar in drawn.patches}
    assert {(0, 0.0, 4.0), (0, 4.0, 1.0), (1, 0.0, 1.5)} <= bars
    assert [text.get_text() for text in drawn.texts] == ["5", "1.5"]
    assert drawn.get_xlabel() == "Workload / (mA·min per week)"
    told = legend_texts(drawn)
    assert all(f"{low} to {low + 10} kV" in told for low in (70, 80, 120))
    assert workload_by_voltage_size(found, narrow=True)[0] < 4.0


def quality_audit() -> DoseAudit:
    """Three rooms: high with the receptor over target, in the middle, and low."""
    rows = room_rows("A", 2.0, spread=0.0, deviation_index=1.5, snr=40.0)
    rows += room_rows("B", 1.0, spread=0.0, deviation_index=0.1, snr=30.0)
    rows += room_rows("C", 0.5, spread=0.0, deviation_index=-1.0, snr=15.0)
    return dose_audit(rows)


def test_dose_and_quality_puts_rooms_into_named_quadrants() -> None:
    drawn = plot_dose_and_quality(quality_audit(), ax=axes())
    places = {
        (float(line.get_xdata()[n]), round(float(line.get_ydata()[n]), 6))
        for line in points(drawn)
        for n in range(len(line.get_xdata()))
    }
    assert places == {(1.5, 200.0), (0.1, 100.0), (-1.0, 50.0)}
    texts = [text.get_text() for text in drawn.texts]
    assert texts[:4] == [
        "dose high\nreceptor over target",
        "dose high\nreceptor under target",
        "dose low\nreceptor under target",
        "dose low\nreceptor over target",
    ]
    assert set(texts[4:]) == {"A", "B", "C"}
    assert drawn.get_xlabel() == "Median deviation index DI"
    assert drawn.get_ylabel() == "Dose-area product / % of the rooms' median"
    told = legend_texts(drawn)
    assert "DI ±0.5 (AAPM TG-116)" in told
    assert "100 % is 0.100 Gy·cm²" in told
    assert "dose looked at beyond 125 % and 80 %" in told
    assert len({line.get_color() for line in points(drawn)}) == 3


def test_dose_and_quality_goes_by_snr_where_asked() -> None:
    drawn = plot_dose_and_quality(quality_audit(), quality="snr", ax=axes())
    assert drawn.get_xlabel() == "Median signal-to-noise ratio"
    assert sum(drawn.get_xlim()) / 2.0 == pytest.approx(30.0)
    with pytest.raises(InputError, match="deviation_index, snr"):
        plot_dose_and_quality(quality_audit(), quality="contrast", ax=axes())


def test_one_room_has_nothing_to_compare() -> None:
    drawn = plot_dose_and_quality(dose_audit(room_rows("A", 1.0)), ax=axes())
    assert drawn.get_title(loc="left") == "CHEST PA, adult: one room, nothing to compare"


def test_an_empty_audit_is_told_in_words() -> None:
    nothing = empty_audit()
    for draw in (plot_excursions, plot_workload, plot_workload_by_voltage, plot_dose_and_quality):
        drawn = draw(nothing, ax=axes())
        assert drawn.texts[0].get_text().startswith("no ")


def test_exposures_without_a_date_are_not_drawn() -> None:
    rows = room_rows("A", 1.0, spread=0.01)
    rows[0]["exposed_at"] = pd.NaT
    assert "in 59 exposures" in plot_excursions(dose_audit(rows), ax=axes()).get_title(loc="left")


def test_a_figure_of_very_many_exposures_stays_small_enough_for_a_page() -> None:
    audit = dose_audit([*room_rows("A", 1.0, count=6000), *room_rows("A", 40.0, count=1)])
    drawing = to_svg(lambda ax: plot_excursions(audit, ax=ax), name="many", title="many", size=EXCURSIONS)
    assert "<image" in drawing
    assert len(drawing) < 300_000
