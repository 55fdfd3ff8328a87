"""Figures of the section on doses: each for a page and for a phone."""

from __future__ import annotations

from typing import Final

from xrayiq import plots
from xrayiq.audit import DoseAudit
from xrayiq.audit.dose import QUANTITIES
from xrayiq.audit.excursions import LIKE
from xrayiq.audit.typical_doses import EXAMINATION, LEAST_PATIENTS
from xrayiq.model import quantity
from xrayiq.report.dose_wording import examination_text, place_text
from xrayiq.report.tables import NARROW_INCHES, Picture, figure
from xrayiq.report.wording import minute

#: most groups with excursions, creeping doses and examinations that are drawn
MOST_PICTURES: Final = 8
#: most maps of the skin
MOST_MAPS: Final = 3


def typical_pictures(audit: DoseAudit) -> tuple[Picture, ...]:
    """Typical doses of all rooms beside reference levels, one figure for each quantity."""
    return tuple(
        figure(
            f"dose typical {name}",
            f"{quantity(name).label}: typical doses of rooms beside reference levels",
            lambda ax, name=name: plots.plot_typical_doses(audit, quantity=name, ax=ax),  # type: ignore[misc]  # bound
            plots.typical_doses_size(audit, quantity=name),
            plots.typical_doses_size(audit, quantity=name, narrow=True),
        )
        for name in stated(audit)
    )


def unit_pictures(audit: DoseAudit) -> tuple[Picture, ...]:
    """Stated dose-area products against expected ones."""
    return (
        figure(
            "dose units",
            "Stated dose-area products against those that technique and field give",
            lambda ax: plots.plot_stated_and_expected(audit, ax=ax),
            plots.STATED_AND_EXPECTED,
        ),
    )


def skin_pictures(audit: DoseAudit) -> tuple[tuple[Picture, ...], int]:
    """Maps of the skin of the examinations nearest to a level, and how many are not drawn."""
    skin = audit.skin_dose[audit.skin_dose["study_uid"].isin(list(audit.skin_maps))]
    drawn = tuple(
        figure(
            f"dose skin {number}",
            "Dose to the skin of a simple phantom in one examination",
            lambda ax, row=row: plots.plot(audit.skin_maps[row["study_uid"]], ax=ax),  # type: ignore[misc]  # bound
            plots.SKIN_MAP,
            (NARROW_INCHES, plots.SKIN_MAP[1] + 0.9),
            title=f"{place_text(audit, row['site'], row['room'])}, {minute(row['exposed_at']) or 'undated'}",
        )
        for number, row in enumerate(skin.head(MOST_MAPS).to_dict("records"))
    )
    return drawn, len(skin) - len(drawn)


def local_pictures(audit: DoseAudit) -> tuple[Picture, ...]:
    """Rooms in the order of their medians, for the examinations that most rooms do: three or more give an interval."""
    own = audit.local[audit.local["rooms"] > 2]
    chosen = own.sort_values(["rooms", "level"], ascending=[False, False], kind="stable").head(MOST_PICTURES)
    return tuple(
        figure(
            f"dose local {number}",
            f"{examination_text(row)}: local level of {quantity(row['quantity']).label.lower()}",
            lambda ax, row=row: plots.plot_local_levels(  # type: ignore[misc]  # bound
                audit, examination=tuple(row[key] for key in EXAMINATION), quantity=row["quantity"], ax=ax
            ),
            plots.LOCAL_LEVELS,
        )
        for number, row in enumerate(chosen.to_dict("records"))
    )


def excursion_pictures(audit: DoseAudit) -> tuple[tuple[Picture, ...], int]:
    """Doses over time of every group with a finding, the greatest first, and how many are not drawn."""
    found = audit.excursions[audit.excursions["finding"].astype(bool)]
    found = found.sort_values("ratio", ascending=False, kind="stable").drop_duplicates([*LIKE, "quantity"])
    drawn = tuple(
        figure(
            f"dose excursions {number}",
            f"{examination_text(row)}: doses over time with excursions",
            lambda ax, row=row: plots.plot_excursions(  # type: ignore[misc]  # bound
                audit, like=tuple(row[key] for key in LIKE), quantity=row["quantity"], ax=ax
            ),
            plots.EXCURSIONS,
        )
        for number, row in enumerate(found.head(MOST_PICTURES).to_dict("records"))
    )
    return drawn, len(found) - len(drawn)


def creep_pictures(audit: DoseAudit) -> tuple[tuple[Picture, ...], int]:
    """Weekly doses: those that creep first, then other changes, and how many are not drawn."""
    every = sorted(audit.creep, key=lambda one: (not one.is_finding, one.signal == "", -abs(one.change)))
    drawn = tuple(
        figure(
            f"dose creep {number}",
            f"{one.body_part} {one.view}, {one.band}: weekly doses of {one.room or 'a room'}",
            lambda ax, one=one: plots.plot_dose_creep(one, ax=ax),  # type: ignore[misc]  # bound
            plots.DOSE_CREEP,
        )
        for number, one in enumerate(every[:MOST_PICTURES])
    )
    return drawn, len(every) - len(drawn)


def workload_pictures(audit: DoseAudit) -> tuple[Picture, ...]:
    """Charge by room and week, and by tube voltage."""
    if audit.workload.empty:
        return ()
    drawn = [
        figure(
            "dose workload",
            "Workload of rooms by week",
            lambda ax: plots.plot_workload(audit, ax=ax),
            plots.workload_size(audit),
            plots.workload_size(audit, narrow=True),
        )
    ]
    if not audit.workload_by_voltage.empty:
        drawn.append(
            figure(
                "dose workload by voltage",
                "Mean weekly workload of rooms by tube voltage",
                lambda ax: plots.plot_workload_by_voltage(audit, ax=ax),
                plots.workload_by_voltage_size(audit),
                plots.workload_by_voltage_size(audit, narrow=True),
            )
        )
    return tuple(drawn)


def quality_pictures(audit: DoseAudit) -> tuple[Picture, ...]:
    """Dose against image quality of rooms, for the examinations that most rooms do."""
    keys = [*EXAMINATION, "quantity"]
    frame = audit.optimisation
    known = frame[
        frame[["deviation_index", "snr"]].notna().any(axis="columns") & (frame["exposures"] >= LEAST_PATIENTS)
    ]
    rooms = known.groupby(keys, observed=True, sort=True)["exposures"].agg(["size", "sum"]).reset_index()
    rooms = rooms[rooms["size"] > 1].sort_values(["size", "sum"], ascending=False, kind="stable").head(MOST_PICTURES)
    return tuple(
        figure(
            f"dose quality {number}",
            f"{examination_text(row)}: dose against image quality",
            lambda ax, row=row: plots.plot_dose_and_quality(  # type: ignore[misc]  # bound
                audit, examination=tuple(row[key] for key in EXAMINATION), quantity=row["quantity"], ax=ax
            ),
            plots.DOSE_AND_QUALITY,
        )
        for number, row in enumerate(rooms.to_dict("records"))
    )


def stated(audit: DoseAudit) -> list[str]:
    """Quantities that have typical values."""
    told = set(audit.typical["quantity"])
    return [name for name in QUANTITIES if name in told]
