"""Section and figures of the audit of image quality: answers in plain words, findings, values on artists."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xrayiq.audit import ImageQualityAudit, assess_image_quality
from xrayiq.errors import InputError
from xrayiq.metrics import RecurringArtefacts, RecurringPlace
from xrayiq.model import Provenance
from xrayiq.plots import plot, plot_noise_and_exposure
from xrayiq.report.audit_section import AuditSection
from xrayiq.report.quality_audit import of_audit
from xrayiq_phantoms.quality_quarter import PLANTS, simulate_quality

CHEST = ("North", "R2", "unit of R2", "CHEST", "PA", "adult")


def audited(**planted: object) -> ImageQualityAudit:
    return assess_image_quality(pd.DataFrame(simulate_quality(**planted)))  # type: ignore[arg-type]  # of a test each


def axes() -> Axes:
    return Figure(figsize=(5.6, 4.6), layout="compressed").add_subplot()


@pytest.fixture(scope="module")
def audit() -> ImageQualityAudit:
    return audited(plants=PLANTS, exposures=400)


@pytest.fixture(scope="module")
def section(audit: ImageQualityAudit) -> AuditSection:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("xrayiq.report.tables.picture_svg", lambda *_: Markup("<svg></svg>"))
        return of_audit(audit)


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xrayiq.report.tables.picture_svg", lambda *_: Markup("<svg></svg>"))


@pytest.mark.usefixtures("undrawn")
def test_rooms_without_faults_are_all_right() -> None:
    made = of_audit(audited(rooms=("R1", "R2"), exposures=330, seed=3))
    assert [one.status for one in made.answers] == ["pass"] * 7 + ["indeterminate"]
    assert (made.headline, made.findings) == ("nothing to look into", ())


@pytest.mark.usefixtures("undrawn")
def test_too_little_is_not_judged_and_nothing_measured_is_said() -> None:
    rows = pd.DataFrame(simulate_quality(rooms=("R1",), exposures=20)).assign(seam_contrast=np.nan)
    made = of_audit(assess_image_quality(rows))
    assert {one.status for one in made.answers} == {"indeterminate"}
    assert [one.text.split()[1] for one in made.answers] == ["judged:"] * 6 + ["measured"] * 2


def test_each_fault_is_told_in_its_line_and_as_a_finding(section: AuditSection) -> None:
    assert {one.status for one in section.answers[:-1]} == {"warning"}
    rooms = ("R2", "R8", "R6", "R3", "R4", "R5", "R7")
    assert [f"unit of {room}" in one.text for room, one in zip(rooms, section.answers[:-1], strict=True)] == [True] * 7
    assert len(section.findings) == len(PLANTS)
    assert all(one.suggestion and one.source.startswith("Rule: ") for one in section.findings)
    assert [one.status for one in section.findings if one.title.startswith("Saturated")] == ["fail"]


def test_chapters_hold_their_tables_and_figures(section: AuditSection) -> None:
    titles = [one.title for one in section.chapters]
    assert titles[:2] == ["Noise over time", "Images with faults"]
    assert len(section.chapters[0].pictures) == 4  # level and exposure of two groups
    assert [name for name, _ in section.chapters[1].tables] == ["", "Changes"]


def test_shares_stand_in_percent_with_the_worst_first(audit: ImageQualityAudit) -> None:
    drawn = plot(audit, ax=axes())
    first = drawn.get_yticklabels()[0].get_text()
    rows = audit.shares[(audit.shares["body_part"] == "") & (audit.shares["measure"] != "noisy")]
    worst = rows.loc[(rows["low"] / rows["permitted"]).idxmax()]
    assert first.startswith(str(worst["unit"]))
    dots = [line for line in drawn.get_lines() if line.get_marker() == "o"]
    assert float(dots[0].get_xdata()[0]) == pytest.approx(100.0 * worst["events"] / worst["exposures"])
    assert drawn.get_xlabel() == "Share of images / %"


def test_level_begins_at_one_and_ends_at_what_was_planted(audit: ImageQualityAudit) -> None:
    (one,) = (level for level in audit.levels if (level.unit, level.body_part, level.view) == CHEST[2:5])
    drawn = plot(one, ax=axes())
    levels = {line.get_label(): np.asarray(line.get_ydata(), dtype=np.float64) for line in drawn.get_lines()}
    assert levels["first level"].tolist() == [1.0, 1.0]
    medians = next(values for label, values in levels.items() if str(label).startswith("median of"))
    # medians of five images that spread by 0.12: 0.07 each, of five 0.03
    assert np.median(medians[-5:]) == pytest.approx(1.4, rel=0.12)
    assert drawn.get_ylabel() == "Noise over expected"


def test_noise_stands_against_kerma_with_the_images_after_the_change_apart(audit: ImageQualityAudit) -> None:
    drawn = plot_noise_and_exposure(audit, group=CHEST, ax=axes())
    own = audit.exposures[(audit.exposures["unit"] == CHEST[2]) & (audit.exposures["view"] == "PA")]
    own = own[own["body_part"] == "CHEST"]
    counts = [len(line.get_xdata()) for line in drawn.get_lines() if line.get_marker() == "o"]
    assert (len(counts), sum(counts)) == (2, int(own["noise"].notna().sum()))
    line = drawn.get_lines()[-1]
    x, y = (np.log(np.asarray(values, dtype=np.float64)) for values in (line.get_xdata(), line.get_ydata()))
    of_group = (audit.noise[["unit", "body_part", "view"]] == list(CHEST[2:5])).all(axis=1)
    assert (y[1] - y[0]) / (x[1] - x[0]) == pytest.approx(audit.noise.loc[of_group, "slope_used"].iloc[0])


def test_group_that_is_not_there_is_an_error_and_nothing_to_draw_is_said(audit: ImageQualityAudit) -> None:
    with pytest.raises(InputError, match="group"):
        plot_noise_and_exposure(audit, group=("", "", "", "", "", ""), ax=axes())
    empty = audited(rooms=("R1",), exposures=8)
    assert "enough" in plot(empty, ax=axes()).texts[0].get_text()


def compared(places: int) -> ImageQualityAudit:
    """Audit of one room in whose detector so many places recur."""
    rows = pd.DataFrame(simulate_quality(rooms=("R1",), exposures=330, seed=3))
    spot = RecurringPlace(
        kind="spot",
        row_mm=104.25,
        column_mm=118.0,
        height_mm=1.0,
        width_mm=1.0,
        image_count=41,
        of_images=58,
        expected_count=0.4,
        contrast=-0.032,
        probability=1e-12,
    )
    key = {"site": "North", "room": "R1", "unit": "unit of R1", "detector": "D1"}
    days = {"first_day": rows["exposed_at"].min(), "last_day": rows["exposed_at"].max()}
    detector = key | {"images": 330, "compared": 60, "needed": 0, "places": places} | days
    place = key | {name: getattr(spot, name) for name in RecurringPlace.__slots__}
    result = RecurringArtefacts(
        places=(spot,) * places,
        image_count=60,
        cell_mm=0.5,
        covered_counts=np.full((64, 64), 60),
        frame_is_known=True,
        provenance=Provenance(algorithm="recurring_artefacts", algorithm_version=1),
    )
    return assess_image_quality(
        rows,
        detectors=pd.DataFrame([detector]),
        recurring=pd.DataFrame([place] * places, columns=list(place)),
        detector_maps={tuple(key.values()): result},
    )


@pytest.mark.usefixtures("undrawn")
def test_a_place_that_recurs_is_told_with_its_place_and_drawn() -> None:
    made = of_audit(compared(1))
    answer = made.answers[-1]
    assert (answer.status, answer.short) == ("warning", "artefacts recur on 1 detector")
    (found,) = made.findings
    for words in ("row 104.2 mm, column 118.0 mm", "in 41 of 58 images", "detector D1", "-3.2 %"):
        assert words in found.evidence.replace("−", "-")
    (chapter,) = (one for one in made.chapters if one.title == "Places that recur on detectors")
    assert (chapter.told, len(chapter.pictures)) == ("1 place", 1)


@pytest.mark.usefixtures("undrawn")
def test_a_detector_on_which_nothing_recurs_is_all_right() -> None:
    made = of_audit(compared(0))
    assert made.answers[-1].status == "pass"
    assert "over 60 images of different patients, on 1 detector" in made.answers[-1].text
    assert made.findings == ()
