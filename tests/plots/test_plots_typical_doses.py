"""Figures of typical doses and local levels: medians, quartiles and levels with their source."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from simulated_doses import CHEST, DAP, LEVELS, LSPINE, dose_audit, empty_audit, room_rows

from xrayiq.audit import DoseAudit
from xrayiq.errors import InputError
from xrayiq.plots import plot, plot_local_levels, plot_typical_doses, to_svg, typical_doses_size

PER_GY_CM2 = 1.0e4
ROOMS = {"A": 1.0, "B": 1.45, "C": 2.0}


@pytest.fixture(scope="module")
def audit() -> DoseAudit:
    """Room A below both levels of chest, B over the lower, C over both, D with few exposures; a spine."""
    rows = [row for room, ratio in ROOMS.items() for row in room_rows(room, ratio, spread=0.1)]
    rows += room_rows("D", 3.0, count=5)
    rows += room_rows("A", 1.0, examination=LSPINE)
    return dose_audit(rows)


def axes(*, width: float = 6.4) -> Axes:
    return Figure(figsize=(width, 5.0), layout="compressed").add_subplot()


def legend_texts(drawn: Axes) -> str:
    legends = [child for child in drawn.get_children() if hasattr(child, "get_texts")]
    return " ".join(" ".join(text.get_text() for text in legend.get_texts()) for legend in legends).replace("\n", " ")


def points(drawn: Axes, marker: str = "o") -> list[Line2D]:
    return [line for line in drawn.get_lines() if line.get_marker() == marker and len(line.get_xdata()) > 0]


def values_of(audit: DoseAudit, room: str, body_part: str = "CHEST") -> np.ndarray:
    rows = audit.exposures
    return PER_GY_CM2 * rows.loc[(rows["room"] == room) & (rows["body_part"] == body_part), DAP].to_numpy()


def test_each_room_has_its_median_quartiles_and_count(audit: DoseAudit) -> None:
    drawn = plot(audit, ax=axes())
    assert drawn.get_xlabel() == "Dose-area product / Gy·cm²"
    assert drawn.get_xscale() == "log"  # chest to spine is a factor of 20
    names = [label.get_text() for label in drawn.get_yticklabels()]
    assert names == ["D", "C", "B", "A", "A"]  # by median; the examination that is farthest over its level first
    medians = [float(line.get_xdata()[0]) for line in points(drawn)]
    expected = [np.median(values_of(audit, room)) for room in "DCBA"] + [np.median(values_of(audit, "A", "LSPINE"))]
    np.testing.assert_allclose(medians, expected, rtol=1e-12)
    drawn_spans = {tuple(np.round(line.get_xdata(), 9)) for line in drawn.get_lines() if len(line.get_xdata()) == 2}
    for room in "ABC":
        assert tuple(np.round(np.quantile(values_of(audit, room), (0.25, 0.75)), 9)) in drawn_spans
    written = [text.get_text() for text in drawn.texts]
    assert [written.count(count) for count in ("60", "5")] == [4, 1]
    assert f"{expected[1]:.3f}" in written


def test_levels_are_lines_with_their_documents_and_numbers(audit: DoseAudit) -> None:
    drawn = plot_typical_doses(audit, examination=CHEST, ax=axes())
    upright = {float(line.get_xdata()[0]) for line in drawn.get_lines() if len(set(line.get_xdata())) == 1}
    assert {0.13, 0.16} <= {round(x, 9) for x in upright}
    assert {"0.130", "0.160", "CHEST PA, adult"} <= {text.get_text() for text in drawn.texts}
    told = legend_texts(drawn)
    assert "reference level: Document A (2022)" in told
    assert "reference level: Document B (2016)" in told


def test_rooms_over_a_level_are_coloured_and_few_exposures_are_hollow(audit: DoseAudit) -> None:
    drawn = plot_typical_doses(audit, examination=CHEST, ax=axes())
    few, over, over_lower, below = points(drawn)
    assert few.get_markerfacecolor() == "white"
    assert over.get_color() == over_lower.get_color()
    assert len({over.get_color(), below.get_color(), few.get_color()}) == 3
    assert drawn.get_title(loc="left") == "Dose-area product: 2 of 3 medians over a reference level"
    assert "median of fewer than 20 exposures" in legend_texts(drawn)


def test_without_levels_nothing_is_judged(audit: DoseAudit) -> None:
    drawn = plot(dose_audit(room_rows("A", 1.0), levels=LEVELS.iloc[:0]), ax=axes())
    assert drawn.get_title(loc="left") == "Dose-area product: no level to compare"
    assert drawn.get_xscale() == "linear"
    assert "no level known" in legend_texts(drawn)
    assert drawn.get_xlim()[0] == 0.0


def test_long_names_stay_apart_and_sites_are_told() -> None:
    long = "Radiology in the main building, room {} (chest stand and table)"
    rows = room_rows(long.format(14), 1.0) + room_rows(long.format(16), 1.0) + room_rows("R", 1.0, site="South")
    drawn = plot(dose_audit(rows), ax=axes(width=3.9))
    names = [label.get_text() for label in drawn.get_yticklabels()]
    assert len(set(names)) == 3
    assert max(map(len, names)) <= 23
    assert "South · R" in names
    assert {"14", "16"} == {number for number in ("14", "16") for name in names if number in name}


def test_what_does_not_fit_is_counted() -> None:
    rows = [row for number in range(61) for row in room_rows(f"R{number}", 1.0, count=2, seed=number)]
    drawn = plot(dose_audit(rows + room_rows("R0", 1.0, examination=LSPINE, count=2)), ax=axes())
    assert len(drawn.get_yticklabels()) in (1, 61)
    assert "not shown: 1 further examinations" in legend_texts(drawn)


def test_size_grows_with_the_rooms_and_svg_holds_the_text(audit: DoseAudit) -> None:
    assert typical_doses_size(audit)[1] > typical_doses_size(audit, examination=CHEST)[1]
    assert typical_doses_size(audit, narrow=True)[0] < 4.0
    assert "CHEST PA, adult" in to_svg(lambda ax: plot_typical_doses(audit, ax=ax), name="t", title="t")


def test_another_examination_or_quantity_is_refused(audit: DoseAudit) -> None:
    with pytest.raises(InputError, match="LSPINE"):
        plot_typical_doses(audit, examination=("SKULL", "AP", "adult"), ax=axes())
    with pytest.raises(InputError, match="average_glandular_dose"):
        plot_typical_doses(audit, quantity="dose", ax=axes())


def test_an_empty_audit_says_so() -> None:
    for draw in (plot_typical_doses, plot_local_levels):
        assert "dose-area product" in draw(empty_audit(), ax=axes()).texts[0].get_text()


def test_the_line_of_the_rooms_meets_75_percent_at_the_local_level() -> None:
    ratios = np.geomspace(0.7, 1.9, 12)
    found = dose_audit([row for n, ratio in enumerate(ratios) for row in room_rows(f"R{n}", ratio, spread=0.05)])
    drawn = plot_local_levels(found, ax=axes())
    medians, ranks = next((np.array(line.get_xdata()), np.array(line.get_ydata())) for line in points(drawn))
    expected = sorted(np.median(values_of(found, f"R{n}")) for n in range(12))
    np.testing.assert_allclose(medians, expected, rtol=1e-12)
    level = float(np.quantile(expected, 0.75))
    assert np.interp(75.0, ranks, medians) == pytest.approx(level, rel=1e-12)
    assert any(set(np.round(line.get_xdata(), 9)) == {round(level, 9)} for line in drawn.get_lines())
    told = legend_texts(drawn)
    assert f"local level {level:.3f} Gy·cm² (95 % bootstrap interval" in told
    assert "reference level 0.130 Gy·cm²: Document A (2022)" in told
    assert (drawn.get_xlabel(), drawn.get_ylabel()) == ("Dose-area product / Gy·cm²", "Percentile of the rooms / %")
    assert drawn.get_title(loc="left") == "CHEST PA, adult: local level of 12 rooms"
    forest = legend_texts(plot_typical_doses(found, ax=axes()))
    assert "local level: 75th percentile of the rooms' medians (ICRP 135)" in forest


def test_few_rooms_give_no_local_level(audit: DoseAudit) -> None:
    told = legend_texts(plot_local_levels(audit, examination=CHEST, ax=axes()))
    assert "a local level needs 10 rooms (ICRP 135)" in told
    alone = plot_local_levels(audit, examination=LSPINE, ax=axes())
    assert "too few rooms for an interval" in legend_texts(alone)
    assert [text.get_text() for text in alone.texts] == ["A"]
