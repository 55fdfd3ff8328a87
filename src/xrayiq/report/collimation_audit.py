"""Section on collimation: whether fields are set, kept, told and centred as they should be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pandas as pd

from xrayiq import plots
from xrayiq.audit import CollimationAudit
from xrayiq.errors import RecordsError
from xrayiq.metrics.collimation import Collimation
from xrayiq.model import AuditFinding
from xrayiq.plots.style import OVERLAY
from xrayiq.procedures import Site, audit_collimation
from xrayiq.records import Records
from xrayiq.report.audit_section import AuditSection, rows_of, section
from xrayiq.report.chapter import Chapter
from xrayiq.report.dose_answers import Answer
from xrayiq.report.evidence import Evidence, load
from xrayiq.report.tables import Picture, picture_svg
from xrayiq.report.wording import clean, counted

_MOST_PICTURES: Final = 8
_UNIT: Final = {"room": "Room", "unit": "Unit"}
_GROUP: Final = {**_UNIT, "body_part": "Body part", "view": "View"}
_SHARE: Final = {"exposures": "#Exposures", "share": "#Share", "low": "#Low", "high": "#High", "needed": "#Needed"}
#: field of an exposure by its subject; None where the store holds none
Drawn = Callable[[str], Collimation | None]


def collimation_audit(
    evidence: Evidence, records: Records, *, site: Site | None = None, only_site: str = ""
) -> AuditSection | None:
    """Section; None where no field was measured, and nothing is audited then."""
    values = evidence.measurements[evidence.measurements["procedure"] == "collimation"]
    if values.empty:
        return None
    outcomes = values.drop_duplicates("subject", keep="last").set_index("subject")["outcome_id"]

    def drawn(subject: str) -> Collimation | None:
        if subject not in outcomes.index:
            return None
        try:
            return load(records, int(outcomes[subject]), Collimation)
        except RecordsError:  # values without their result: there is nothing to draw
            return None

    audit = audit_collimation(records, site=site, only_site=only_site)
    return None if audit.exposures.empty else of_audit(audit, drawn=drawn)


def of_audit(audit: CollimationAudit, *, drawn: Drawn = lambda _: None) -> AuditSection:
    """Section of an audit; `drawn` gives the field of an exposure for its picture."""
    return section(
        audit,
        name="collimation",
        title="Collimation",
        answers=(
            _answer(audit, "open_collimation", "Set before the exposure", audit.shares, "open", "open collimation"),
            _answer(audit, "cropped_afterwards", "Not cropped afterwards", audit.shares, "cropped", "cropping"),
            _answer(audit, "beside_anatomy", "Close to the anatomy", audit.excess, "", "wide field"),
            _answer(audit, "field_disagrees", "Told as it is", audit.agreement, "", "disagreement about the field"),
            _answer(audit, "off_centre", "In the middle", audit.centring, "", "unit off centre"),
        ),
        chapters=(
            _pictures(audit, drawn),
            _shares(audit),
            _excess(audit),
            _agreement(audit),
            _centring(audit),
            _medians(audit),
        ),
    )


def _answer(audit: CollimationAudit, kind: str, question: str, table: pd.DataFrame, measure: str, word: str) -> Answer:
    """One line: what was judged, and what of it is not all right."""
    own = table[table["measure"] == measure] if measure else table
    judged = own[own["needed"] == 0]
    if judged.empty:
        least = int(audit.rules["judging"]["least_exposures"])
        text = f"nothing has the {least} exposures with a known field that it takes"
        return Answer(status="indeterminate", question=question, text=text)
    judged_units = counted(len(judged[["site", *_UNIT]].drop_duplicates()), "unit")
    of = counted(len(judged), "view") + f" of {judged_units}" if "body_part" in own else judged_units
    found = [one for one in audit.findings if one.kind == kind]
    if not found:
        text = f"nothing to look into among {of} with enough exposures"
        return Answer(status="pass", question=question, text=text)
    first = clean(found[0].sentence, longest=240)
    more = f"; {counted(len(found) - 1, 'further one')}" if len(found) > 1 else ""
    short = counted(len(found), word) if kind == "off_centre" else f"{word} in {len(found)}"
    return Answer(status="warning", question=question, text=first + more, short=short)


def _pictures(audit: CollimationAudit, drawn: Drawn) -> Chapter:
    pictures = [picture for one in audit.findings if (picture := _picture(one, drawn)) is not None]
    rows = pd.DataFrame(
        [(one.kind.replace("_", " "), one.room, one.unit, one.about, *one.subjects[:1]) for one in audit.findings],
        columns=["kind", "room", "unit", "about", "subject"][: 5 if audit.findings else None],
    )
    columns = {"kind": "What", **_UNIT, "about": "Of", "subject": "SOP Instance UID of an example"}
    return Chapter(
        title="A picture of each finding",
        told=counted(len(audit.findings), "finding"),
        explanation=(
            "One of the exposures that it rests on, with the field found in the image. What was irradiated and not "
            "stored is not in the picture."
        ),
        pictures=tuple(pictures[:_MOST_PICTURES]),
        tables=(("", rows_of(rows, columns)),),
    )


def _picture(one: AuditFinding, drawn: Drawn) -> Picture | None:
    for subject in one.subjects:
        if (result := drawn(subject)) is not None:
            svg = picture_svg(
                lambda ax, result=result: plots.plot_field_picture(result, ax=ax),
                f"{one.kind} {subject}",
                "Collimated field over the image",
                OVERLAY,
            )
            title = f"{one.kind.replace('_', ' ').capitalize()}: {clean(one.unit or one.room)}, {clean(one.about)}"
            return Picture(svg=svg, title=title, subject=clean(subject))
    return None


def _shares(audit: CollimationAudit) -> Chapter:
    wide, narrow = plots.field_shares_size(audit), plots.field_shares_size(audit, narrow=True)
    words = "Shares of open and cropped fields"

    def draw(ax: object) -> object:
        return plots.plot_field_shares(audit, ax=ax)  # type: ignore[arg-type]  # axes of the drawing

    picture = Picture(
        svg=picture_svg(draw, "field shares", words, wide),
        narrow=picture_svg(draw, "field shares narrow", words, narrow),
        title="",
    )
    columns = {**_GROUP, "measure": "Share of", **_SHARE, "permitted": "#Permitted", "verdict": "Verdict"}
    return Chapter(
        title="Open and cropped fields",
        explanation=(
            "Shares of exposures with Wilson intervals (95 %); needed: exposures that are missing before anything is "
            "said. Evident: three borders or more are seen. Open: "
            + audit.rules.sources["open"]
            + ". Cropped: "
            + audit.rules.sources["cropping"]
            + "."
        ),
        pictures=(picture,),
        tables=(("", rows_of(audit.shares, columns)),),
    )


def _excess(audit: CollimationAudit) -> Chapter:
    columns = {**_GROUP, "exposures": "#Exposures", "median": "#Median", "robust_sd": "#Robust SD", "needed": "#Needed"}
    columns |= {"others_median": "#Other rooms", "difference": "#Difference", "difference_low": "#Low"}
    columns |= {"difference_high": "#High", "verdict": "Verdict"}
    return Chapter(
        title="Fields beside the anatomy",
        explanation=(
            "Part of the field that is direct exposure beside the anatomy, as images with linear values tell it: "
            "median and robust standard deviation, and the difference of the median from that of other rooms in the "
            "same view with its interval (95 %). Told where all of that interval is above "
            f"{audit.rules['excess']['over_others']:.2f}: {audit.rules.sources['excess']}."
        ),
        tables=(("", rows_of(audit.excess, columns)),),
    )


def _agreement(audit: CollimationAudit) -> Chapter:
    columns = {**_UNIT, "measure": "Between", "median_deviation_mm": "#Median deviation / mm"}
    columns |= {"median_area_ratio": "#Median ratio of areas", **_SHARE, "verdict": "Verdict"}
    return Chapter(
        title="Image, header and dose report",
        explanation=f"Share of exposures that are farther apart than {audit.rules.sources['agreement']}.",
        tables=(("", rows_of(audit.agreement, columns)),),
    )


def _centring(audit: CollimationAudit) -> Chapter:
    def draw(ax: object) -> object:
        return plots.plot_field_centres(audit, ax=ax)  # type: ignore[arg-type]  # axes of the drawing

    svg = picture_svg(draw, "field centres", "Middles of the fields of each unit", plots.FIELD_CENTRES)
    columns = {**_UNIT, "axis": "Along", "exposures": "#Exposures", "median_mm": "#Median / mm"}
    columns |= {"median_fraction": "#Of the distance", "low": "#Low", "high": "#High", "bound": "#Bound"}
    columns |= {"median_rotation_deg": "#Rotation / °", "needed": "#Needed", "verdict": "Verdict"}
    return Chapter(
        title="Centring",
        explanation=f"Of fields with all four borders. Bound: {audit.rules.sources['centring']}.",
        pictures=(Picture(svg=svg, title=""),),
        tables=(("", rows_of(audit.centring, columns)),),
    )


def _medians(audit: CollimationAudit) -> Chapter:
    columns = {**_GROUP, "measure": "Median of", "exposures": "#Exposures", "median": "#Median", "low": "#Low"}
    return Chapter(
        title="Medians by unit and view",
        explanation="With their 95 % intervals; areas in mm² at the detector.",
        tables=(("", rows_of(audit.groups, columns | {"high": "#High", "needed": "#Needed"})),),
    )
