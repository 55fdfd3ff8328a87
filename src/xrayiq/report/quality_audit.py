"""Section on clinical image quality: noise beside the exposure, and images with faults."""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np
import pandas as pd

from xrayiq import plots
from xrayiq.audit import ImageQualityAudit
from xrayiq.audit.image_quality_findings import NOISE_KINDS, RECURRING
from xrayiq.audit.image_quality_rules import FAULTS, GROUP
from xrayiq.audit.levels_over_time import LEAST_A_POINT, LEAST_POINTS, key_of
from xrayiq.model import AuditFinding
from xrayiq.procedures import Site, audit_image_quality
from xrayiq.records import Records
from xrayiq.report.audit_section import AuditSection, ShownFinding, rows_of, section, shown
from xrayiq.report.chapter import Chapter
from xrayiq.report.dose_answers import Answer
from xrayiq.report.evidence import Evidence
from xrayiq.report.tables import Picture, figure
from xrayiq.report.wording import clean, counted, grouped, value_text

_MOST_PICTURES: Final = 4
_UNIT: Final = {"room": "Room", "unit": "Unit"}
_KEY: Final = ("site", "room", "unit", "detector")
_PLACE: Final = {**_UNIT, "body_part": "Body part", "view": "View", "patients": "Patients"}
_MEASURED: Final = (
    *("clinical_noise", "clipping", "grid_lines", "detector_area", "clinical_seam"),
    "artefact_candidates",
)
_TITLES: Final = {
    "noise_step": "Noise that stepped up",
    "noise_drift": "Noise that drifts up",
    "noisier_than_rooms": "More noise than the other rooms",
    "saturation": "Saturated anatomy",
    "clipping": "Clipped images",
    "grid_lines": "Visible grid lines",
    "beyond_detector": "Field beside the detector",
    "seams": "Visible seams",
    RECURRING: "Artefacts that recur on the detector",
}
_QUESTIONS: Final = {
    "saturation": "Anatomy not saturated",
    "clipping": "Within the range of values",
    "grid_lines": "No lines of the grid",
    "beyond_detector": "Field on the detector",
    "seams": "No seams in stitched images",
}


def quality_audit(
    evidence: Evidence, records: Records, *, site: Site | None = None, only_site: str = ""
) -> AuditSection | None:
    """Section; None where nothing of it was measured on clinical images, and nothing is audited then."""
    values = evidence.measurements
    if not ((values["object_kind"] == "clinical") & values["procedure"].isin(_MEASURED)).any():
        return None
    audit = audit_image_quality(records, site=site, only_site=only_site)
    return None if audit.exposures.empty else of_audit(audit)


def of_audit(audit: ImageQualityAudit) -> AuditSection:
    """Section of an audit."""
    return section(
        audit,
        name="quality",
        title="Clinical image quality",
        answers=(_noise(audit), _rooms(audit), *(_fault(audit, name) for name in FAULTS), _detectors(audit)),
        chapters=(
            _noise_over_time(audit),
            _fault_chapter(audit),
            _detector_chapter(audit),
            _room_chapter(audit),
            _noise_chapter(audit),
            _measured_chapter(audit),
        ),
        finding=_finding,
    )


def _noise(audit: ImageQualityAudit) -> Answer:
    question = "Noise as the exposure explains"
    if not audit.levels:
        needed = LEAST_A_POINT * LEAST_POINTS
        text = f"not judged: no unit's examination has {needed} images with noise and a time"
        return Answer(status="indeterminate", question=question, text=text)
    series = counted(len(audit.levels), "series", "series")
    untold = int(audit.noise["against"].eq("exposure not told").sum())
    tail = f"; {counted(untold, 'group')} without any exposure told" if untold else ""
    found = [one for one in audit.findings if one.kind in NOISE_KINDS[:2]]
    if not found:
        return Answer(status="pass", question=question, text=f"no rise of the noise in {series} over time{tail}")
    return _told(question, found, counted(len(found), "rise of noise", "rises of noise"), tail)


def _rooms(audit: ImageQualityAudit) -> Answer:
    question = "Noise as in the other rooms"
    if audit.rooms.empty:
        text = "not judged: no examination has enough images with noise and receptor kerma in two rooms"
        return Answer(status="indeterminate", question=question, text=text)
    found = [one for one in audit.findings if one.kind == NOISE_KINDS[2]]
    if not found:
        text = f"no room apart in {counted(len(audit.rooms), 'comparison')} at equal receptor kerma"
        return Answer(status="pass", question=question, text=text)
    return _told(question, found, counted(len({one.room for one in found}), "noisier room"))


def _fault(audit: ImageQualityAudit, name: str) -> Answer:
    question, (column, words) = _QUESTIONS[name], FAULTS[name]
    known = int(audit.exposures[column].notna().sum())
    if not known:
        return Answer(status="indeterminate", question=question, text="not measured on any of these images")
    rows = audit.shares[(audit.shares["measure"] == name) & (audit.shares["body_part"] == "")]
    judged = rows[rows["needed"] == 0]
    if judged.empty:
        least = int(audit.rules["judging"]["least_exposures"])
        text = f"not judged: measured on {counted(known, 'image')}, on fewer than {least} of each unit"
        return Answer(status="indeterminate", question=question, text=text)
    found = [one for one in audit.findings if one.kind == name]
    events = int(audit.exposures[column].sum())
    told = f"{words} in {grouped(events)} of {counted(known, 'image')}"
    if not found:
        alike = int((judged["verdict"] == "over").sum())
        tail = f"; {counted(alike, 'unit')} above what is permitted, as the other rooms are" if alike else ""
        return Answer(status="pass", question=question, text=f"{told}, on {counted(len(judged), 'unit')}{tail}")
    return _told(question, found, f"{words} on {counted(len({one.unit for one in found}), 'unit')}")


def _detectors(audit: ImageQualityAudit) -> Answer:
    question = "Nothing recurs on a detector"
    least = int(audit.rules["recurring"]["least_images"])
    judged = audit.detectors[audit.detectors["needed"] == 0]
    if audit.detectors.empty:
        return Answer(status="indeterminate", question=question, text="not measured on any of these images")
    if judged.empty:
        text = f"not judged: fewer than {least} images of different patients of each detector"
        return Answer(status="indeterminate", question=question, text=text)
    found = [one for one in audit.findings if one.kind == RECURRING]
    if not found:
        compared = counted(int(judged["compared"].sum()), "image")
        text = f"no place recurs over {compared} of different patients, on {counted(len(judged), 'detector')}"
        return Answer(status="pass", question=question, text=text)
    return _told(question, found, f"artefacts recur on {counted(len(found), 'detector')}")


def _told(question: str, found: list[AuditFinding], short: str, tail: str = "") -> Answer:
    more = f"; {counted(len(found) - 1, 'further one')}" if len(found) > 1 else ""
    text = clean(found[0].sentence, longest=300) + more + tail
    return Answer(status="warning", question=question, text=text, short=short)


def _finding(one: AuditFinding) -> ShownFinding:
    is_noise = one.quantity == "noise_over_expected"
    return dataclasses.replace(
        shown(one),
        status="fail" if one.kind == "saturation" else "warning",
        title=f"{_TITLES.get(one.kind, one.kind)}: {clean(one.about)}",
        worst=f"{one.value:.2f} times" if is_noise else f"{value_text(one.quantity, one.value)} of the images",
    )


def _noise_over_time(audit: ImageQualityAudit) -> Chapter:
    changed = sorted((one for one in audit.levels if one.signal), key=lambda one: (-one.change, -int(one.counts.sum())))
    rows = pd.DataFrame(
        [
            {name: getattr(one, name) for name in GROUP}
            | {"images": grouped(int(one.counts.sum())), "signal": one.signal, "factor": f"{np.exp(one.change):.2f}"}
            | {"from": ", ".join(map(str, one.changed_on)) or "–"}
            for one in changed
        ],
        columns=[*GROUP, "images", "signal", "factor", "from"],
    )
    columns = {**_PLACE, "images": "#Images", "signal": "What", "from": "=From", "factor": "#Noise over expected"}
    pictures: list[Picture] = []
    for one in changed[: _MOST_PICTURES // 2]:
        group = key_of(one, GROUP)
        where = f"{clean(one.unit) or clean(one.room)}, {clean(one.body_part)} {clean(one.view)}"
        pictures += [
            figure(
                f"quality level {group}",
                f"Noise over expected over time, {where}",
                lambda ax, one=one: plots.plot_noise_level(one, ax=ax),  # type: ignore[misc]  # bound
                plots.NOISE_LEVEL,
            ),
            figure(
                f"quality exposure {group}",
                f"Noise against exposure, {where}",
                lambda ax, group=group: plots.plot_noise_and_exposure(audit, group=group, ax=ax),  # type: ignore[misc]
                plots.NOISE_AND_EXPOSURE,
            ),
        ]
    more = len(changed) - len(pictures) // 2
    return Chapter(
        title="Noise over time",
        told=counted(len(changed), "change"),
        explanation=(
            "What is left of the noise when the exposure of each image is taken into account, as medians of images "
            "that follow each other with their exponentially weighted average. A change is told where that leaves its "
            f"limits and the level goes {audit.rules['noise']['least_rise']:g} times or more from the first; a fall is "
            "no finding. Noise that rises while the exposure stays is made by the detector, grid, filter or processing."
        ),
        pictures=tuple(pictures),
        not_drawn=f"{counted(more, 'further change')} not drawn." if pictures and more > 0 else "",
        tables=(("", rows_of(rows, columns)),),
    )


def _fault_chapter(audit: ImageQualityAudit) -> Chapter:
    rows = audit.shares[audit.shares["measure"].isin(list(FAULTS))]
    rows = rows.assign(over=rows["low"] / rows["permitted"]).sort_values("over", ascending=False, kind="stable")
    rows = rows.assign(measure=[FAULTS[name][1] for name in rows["measure"]])
    columns = {**_PLACE, "measure": "What", "exposures": "#Images", "events": "#With it", "share": "#Share"}
    columns |= {"low": "#Low", "high": "#High", "permitted": "#Permitted", "others_share": "#Other rooms"}
    changes = audit.changes.assign(measure=[FAULTS[name][1] for name in audit.changes["measure"]])
    of_changes = {**_PLACE, "measure": "What", "changed_on": "=From", "before": "#Before", "after": "#Since"}
    of_changes |= {"after_low": "#Low", "after_high": "#High", "exposures_after": "#Images since"}
    return Chapter(
        title="Images with faults",
        told=counted(int((rows["verdict"] == "over").sum()), "share") + " above what is permitted",
        explanation=(
            "Shares of images with Wilson intervals (95 %); rows without body part are of whole units. Above what is "
            "permitted is a share whose whole interval is. Pixels that all rooms clip alike are those of direct "
            "exposure and none to look into; a share that changed is told with its day."
        ),
        pictures=(
            figure(
                "quality faults",
                "Shares of images with faults by unit",
                lambda ax: plots.plot_image_faults(audit, ax=ax),
                plots.image_faults_size(audit),
                plots.image_faults_size(audit, narrow=True),
            ),
        )
        if len(rows)
        else (),
        tables=(("", rows_of(rows, columns | {"verdict": "Verdict"})), ("Changes", rows_of(changes, of_changes))),
    )


def _detector_chapter(audit: ImageQualityAudit) -> Chapter:
    place = {**_UNIT, "detector": "Detector"}
    most = int(audit.rules["recurring"]["most_images"])
    least = int(audit.rules["recurring"]["least_images"])
    rows = audit.recurring
    if len(rows):
        percents = [None if pd.isna(one) else 100.0 * one for one in rows["contrast"]]
        rows = rows.assign(contrast=pd.Series(percents, index=rows.index, dtype="float64"))
    columns = {**place, "kind": "What", "row_mm": "#Row / mm", "column_mm": "#Column / mm", "image_count": "#Images"}
    columns |= {"of_images": "#Of", "expected_count": "#Expected", "contrast": "#Contrast / %"}
    compared = {**place, "images": "#Images", "compared": "#Compared", "needed": "#Lacking", "places": "#Places"}
    named = {key: one for key, one in audit.detector_maps.items() if (rows[list(_KEY)] == list(key)).all(axis=1).any()}
    pictures = tuple(
        figure(
            f"quality detector {key}",
            f"Places that recur on the detector, {clean(key[2]) or clean(key[1])} {clean(key[3])}".rstrip(),
            lambda ax, one=one: plots.plot(one, ax=ax),  # type: ignore[misc]  # bound
            plots.RECURRING_ARTEFACTS,
        )
        for key, one in list(named.items())[:_MOST_PICTURES]
    )
    more = len(named) - len(pictures)
    return Chapter(
        title="Places that recur on detectors",
        told=counted(len(rows), "place"),
        explanation=(
            "Small spots and pieces of lines that show at one place of a detector in more images than chance and the "
            "places around it explain, which anatomy does not do: a defect map from clinical images alone. Compared "
            f"are the newest {most} images of different patients at most; fewer than {least} are not judged. Rows and "
            "columns count down and to the right from the upper left corner of the detector, or of the image where the "
            "header does not tell its place on the detector. Blue on the map is less signal, orange more. A flat field "
            "tells what it is."
        ),
        pictures=pictures,
        not_drawn=f"{counted(more, 'further detector')} not drawn." if more > 0 else "",
        tables=(("", rows_of(rows, columns)), ("What was compared", rows_of(audit.detectors, compared))),
    )


def _room_chapter(audit: ImageQualityAudit) -> Chapter:
    rows = audit.rooms.sort_values("ratio", ascending=False, kind="stable")
    columns = {**_PLACE, "exposures": "#Images", "others": "#Others", "ratio": "#Noise by theirs", "low": "#Low"}
    return Chapter(
        title="Rooms beside each other",
        told=counted(len(rows), "comparison"),
        explanation=(
            "Median noise at equal receptor kerma (by the law of quanta) over that of the other rooms for the same "
            "examination, with 95 % intervals; p-values adjusted for their number (Benjamini and Hochberg)."
        ),
        tables=(("", rows_of(rows, columns | {"high": "#High", "adjusted_p_value": "#Adjusted p"})),),
    )


def _noise_chapter(audit: ImageQualityAudit) -> Chapter:
    percents = {name: 100.0 * audit.noise[name] for name in ("noise", "noise_low", "noise_high")}
    columns = {**_PLACE, "exposures": "#Images", "noise": "#Noise / %", "noise_low": "#Low", "noise_high": "#High"}
    columns |= {"snr": "#SNR", "against": "Exposure by", "slope": "#Slope", "slope_low": "#Least slope"}
    columns |= {"slope_high": "#Greatest slope", "slope_used": "#Used", "unexplained_sd": "#Unexplained SD"}
    return Chapter(
        title="Noise and exposure",
        told=counted(len(audit.noise), "group"),
        explanation=(
            "Medians with 95 % intervals. Slope: of the logarithm of noise over that of the exposure, −0.5 for quanta "
            "alone, −1 for electronic noise alone, 0 for structure; that of quanta is used where the fitted one is not "
            "sure. Unexplained: robust standard deviation of the natural logarithm of what is left."
        ),
        tables=(("", rows_of(audit.noise.assign(**percents), columns)),),
    )


def _measured_chapter(audit: ImageQualityAudit) -> Chapter:
    columns = {**_UNIT, "images": "#Images", "noise": "#Noise", "receptor_kerma": "#Receptor kerma"}
    columns |= {"saturation": "#Saturation", "clipping": "#Clipping", "grid_lines": "#Grid lines"}
    return Chapter(
        title="What was measured",
        told=counted(len(audit.measured), "unit"),
        explanation="Images of which each is known. Of images FOR PRESENTATION the noise is not: they are not linear.",
        tables=(
            (
                "",
                rows_of(
                    audit.measured,
                    columns | {"beyond_detector": "#Field", "seams": "#Seams", "artefacts": "#Artefacts"},
                ),
            ),
        ),
    )
