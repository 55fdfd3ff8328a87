"""What an audit of a store starts from: the settings in force, and the exposures that it counts."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence

from xrayiq.procedures.exposure_frame import OF_DOSES, CountedExposures, exposures_of_store
from xrayiq.procedures.judging import register_of
from xrayiq.procedures.names import find_place
from xrayiq.procedures.site import Site
from xrayiq.procedures.site_events import settings_in_force
from xrayiq.records import Records


def audited_place(records: Records, site: Site | None, only_site: str) -> tuple[Site, str]:
    """Settings in force, and the name of the one site that is audited as the register has it; empty for all."""
    settings = settings_in_force(records, site)
    return settings, find_place(register_of(records, settings), site=only_site).site if only_site else ""


def counted_exposures(
    records: Records,
    site: Site | None,
    first: datetime.date | None,
    last: datetime.date | None,
    only_site: str,
    populations: Collection[str],
    measured: Sequence[str] = OF_DOSES,
) -> tuple[Site, CountedExposures]:
    """Settings in force, and the exposures that an audit counts."""
    settings, known = audited_place(records, site, only_site)
    counted = exposures_of_store(
        records, settings, first=first, last=last, only_site=known, populations=populations, measured=measured
    )
    return settings, counted
