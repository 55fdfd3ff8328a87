"""Radiation dose reports as several makers write them, with the doses that they state as truth."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Final

import numpy as np

from xrayiq_phantoms.dicom_values import SIMULATED_START, Equipment, Examination, Identifiers, simulated_uid
from xrayiq_phantoms.dicom_writer import file_meta
from xrayiq_phantoms.dose_report import report_document
from xrayiq_phantoms.mammography_reports import mammography_content, tomography_content
from xrayiq_phantoms.projection_reports import radiography_content, shutters_content, two_planes_content
from xrayiq_phantoms.report_items import coded_item
from xrayiq_phantoms.stated_doses import Built, DoseDialect, SimulatedReport

_BUILDERS: Final[dict[str, Callable[..., Built]]] = {
    "radiography": radiography_content,
    "angiography_two_planes": two_planes_content,
    "angiography_shutters": shutters_content,
    "mammography": mammography_content,
    "computed_tomography": tomography_content,
}
#: what a study may have
DIALECTS: Final = tuple(_BUILDERS)


def simulate_dose_report(
    dialect: DoseDialect, *, seed: int = 0, events: int = 5, started_at: datetime.datetime = SIMULATED_START
) -> SimulatedReport:
    """Dose report in the way of one kind of unit.

    Parameters
    ----------
    dialect : str
        ``"radiography"``: one plane, doses in Gy·m² and Gy with exposure indices and filters.
        ``"angiography_two_planes"``: planes A and B, units ``Gym2`` and ``uAs``, calibration, nominal field size in a
        comment, pulses. ``"angiography_shutters"``: field as openings of shutters in items of the maker, reference
        point as a text. ``"mammography"``: glandular doses of two breasts, anode, compression.
        ``"computed_tomography"``: dose-length products and dose indices.
    seed : int
        Of the doses and identifiers.
    events : int
        Number of events.
    started_at : datetime
        Beginning of the first event; the others follow each 30 s.

    Raises
    ------
    ValueError
        There is no event.
    """
    if events < 1:
        raise ValueError("dose report without events; needed at least one")
    build = _BUILDERS[dialect]
    generator = np.random.default_rng([seed, len(dialect), events])
    identifiers = Identifiers(seed=f"{dialect}{seed}", instance="dose report")
    dataset = report_document(Equipment(model=f"Simulated {dialect}"), Examination(), identifiers, started_at)
    moments = [started_at + datetime.timedelta(seconds=30 * index) for index in range(events)]
    uids = [str(simulated_uid(dialect, seed, "event", index)) for index in range(events)]
    content, stated, by_plane = build(generator, uids, moments)
    names = {name for totals in by_plane.values() for name in totals}
    totals = {name: float(sum(Decimal(repr(own.get(name, 0.0))) for own in by_plane.values())) for name in names}
    dataset.ContentSequence = [
        coded_item("HAS OBS CONTEXT", ("121005", "Observer Type"), ("121007", "Device")),
        *content,
        coded_item("CONTAINS", ("113854", "Source of Dose Information"), ("113856", "Automated Data Collection")),
    ]
    dataset.file_meta = file_meta(dataset, "explicit")
    return SimulatedReport(dataset=dataset, dialect=dialect, events=tuple(stated), totals=totals, plane_totals=by_plane)
