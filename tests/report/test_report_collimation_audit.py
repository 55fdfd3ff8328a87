"""Section and figures of the audit of collimation: answers in plain words, findings, pictures, values on artists."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from xrayiq.audit import CollimationAudit, assess_collimation
from xrayiq.metrics import find_collimation
from xrayiq.plots import plot, plot_field_centres
from xrayiq.report.audit_section import AuditSection
from xrayiq.report.collimation_audit import of_audit
from xrayiq_phantoms import Detector, simulate_field
from xrayiq_phantoms.collimation_quarter import FAULTS, CollimationFault, simulate_collimation


def audited(*faults: CollimationFault, **planted: object) -> CollimationAudit:
    rows = simulate_collimation(faults=faults, **{"exposures": 200, **planted})  # type: ignore[arg-type]  # of a test each
    return assess_collimation(pd.DataFrame(rows))


def axes() -> Axes:
    return Figure(figsize=(5.6, 4.6), layout="compressed").add_subplot()


@pytest.fixture(scope="module")
def audit() -> CollimationAudit:
    return audited(*FAULTS, exposures=400)


@pytest.fixture(scope="module")
def section(audit: CollimationAudit) -> AuditSection:
    phantom = simulate_field(
        Detector(pixel_pitch_mm=1.0), shape=(200, 200), kerma_ugy=3.0, seed=1, size_mm=(120.0, 140.0)
    )
    field = find_collimation(phantom.pixels, pixel_pitch_mm=1.0)
    return of_audit(audit, drawn=lambda subject: field if subject in audit.findings[0].subjects[1:] else None)


def test_rooms_that_collimate_well_are_all_right() -> None:
    made = of_audit(audited(rooms=("R1", "R2")))
    assert [one.status for one in made.answers] == ["pass"] * 5
    assert (made.headline, made.findings) == ("nothing to look into", ())


def test_each_fault_is_told_in_its_line_and_as_a_finding(section: AuditSection) -> None:
    opened, cropped, wide, told, centred = (one.text for one in section.answers)
    assert {one.status for one in section.answers} == {"warning"}
    assert "unit of R5, HAND PA" in opened
    assert "unit of R2, KNEE AP" in cropped
    assert "unit of R1, LSPINE AP: in the middle" in wide
    assert "unit of R4: the header's collimator edges" in told
    assert "unit of R3: centre of the field" in centred
    assert len(section.findings) == 5
    assert all(one.suggestion and one.source.startswith("Rule: ") for one in section.findings)


def test_a_finding_has_the_picture_of_an_exposure_that_the_store_holds(
    audit: CollimationAudit, section: AuditSection
) -> None:
    first = section.chapters[0]
    assert [one.subject for one in first.pictures] == [audit.findings[0].subjects[1]]
    assert len(first.tables[0][1].rows) == 5


def test_too_little_is_not_judged() -> None:
    made = of_audit(audited(rooms=("R1",), exposures=8))
    assert {one.status for one in made.answers} == {"indeterminate"}


def test_shares_stand_in_percent_beside_what_is_permitted(audit: CollimationAudit) -> None:
    drawn = plot(audit, ax=axes())
    labels = [label.get_text() for label in drawn.get_yticklabels()]
    (points,) = [one for one in drawn.containers if one.get_label() == "cropped afterwards"]
    line = points.lines[0]
    row = audit.shares[
        (audit.shares["unit"] == "unit of R2")
        & (audit.shares["body_part"] == "KNEE")
        & (audit.shares["measure"] == "cropped")
    ].iloc[0]
    place = next(number for number, label in enumerate(labels) if label.startswith("unit of R2, KNEE"))
    values = dict(zip((round(float(y)) for y in line.get_ydata()), map(float, line.get_xdata()), strict=True))
    assert values[place] == pytest.approx(100.0 * row["events"] / row["exposures"])
    assert drawn.get_xlabel() == "Share of exposures / %"


def test_unit_off_centre_has_its_name_outside_the_box(audit: CollimationAudit) -> None:
    drawn = plot_field_centres(audit, ax=axes())
    assert [text.get_text() for text in drawn.texts] == ["unit of R3"]
    (box,) = [one for one in drawn.patches if isinstance(one, Rectangle)]
    assert (box.get_x(), box.get_width()) == (-2.0, 4.0)  # 2 % of the distance, 21 CFR 1020.31
    assert drawn.texts[0].xy[0] > 2.0  # type: ignore[attr-defined]  # an annotation


def test_nothing_to_draw_is_said() -> None:
    empty = audited(rooms=("R1",), exposures=8)
    assert "enough" in plot(empty, ax=axes()).texts[0].get_text()
    assert "enough" in plot_field_centres(empty, ax=axes()).texts[0].get_text()
