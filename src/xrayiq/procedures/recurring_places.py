"""What recurs at one place of a detector over a store's clinical images, by the candidates that were found in each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, cast

import pandas as pd

from xrayiq.audit import ImageQualityRules
from xrayiq.audit.image_quality_rules import UNIT
from xrayiq.metrics import ArtefactCandidates, RecurringArtefacts, RecurringPlace, find_recurring_artefacts
from xrayiq.model import Result
from xrayiq.records import Records

_PROCEDURE: Final = "artefact_candidates"
#: subjects of one query
_SUBJECTS: Final = 100
_DETECTOR: Final = (*UNIT, "detector")
_PLACE: Final = tuple(one.name for one in fields(RecurringPlace))
RECURRING_COLUMNS: Final = (*_DETECTOR, *_PLACE)
DETECTOR_COLUMNS: Final = (*_DETECTOR, "images", "compared", "needed", "places", "first_day", "last_day")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DetectorsCompared:
    """Detectors whose clinical images were compared.

    Parameters
    ----------
    detectors : DataFrame
        `DETECTOR_COLUMNS` of each: images with candidates, those of different patients that were compared (the newest),
        how many are lacking before it is judged, and the number of places that recur.
    recurring : DataFrame
        `RECURRING_COLUMNS`: these places, as in `RecurringPlace`.
    maps : mapping of (site, room, unit, detector) to RecurringArtefacts
        Those of each detector that was judged.
    """

    detectors: pd.DataFrame
    recurring: pd.DataFrame
    maps: Mapping[tuple[str, ...], RecurringArtefacts]


def compared_detectors(
    records: Records, exposures: pd.DataFrame, equipment: pd.DataFrame, rules: ImageQualityRules
) -> DetectorsCompared:
    """Compare the newest images of each detector, one of each patient.

    Parameters
    ----------
    records : Records
        The store.
    exposures : DataFrame
        From `with_image_quality`, with `artefact_candidates`, `patient_key` and `equipment_id`.
    equipment : DataFrame
        Identity by `equipment_id`.
    rules : ImageQualityRules
        Fewest and most images of a detector.

    Returns
    -------
    DetectorsCompared
        A detector is told by its unit and the identifier that headers give it, if any. Images without a patient's key
        count as those of different patients.
    """
    least, most = (int(rules["recurring"][name]) for name in ("least_images", "most_images"))
    own = exposures.loc[exposures["artefact_candidates"].notna(), [*UNIT, "subject", "exposed_at", "patient_key"]]
    identities = equipment["detector_id"].fillna("").astype(str)
    own = own.assign(detector=exposures["equipment_id"].reindex(own.index).map(identities).fillna(""))
    own = own.sort_values("exposed_at", ascending=False, kind="stable", na_position="last")
    detectors = max(1, len(own[list(_DETECTOR)].drop_duplicates()))
    most = max(least, min(most, int(rules["recurring"]["most_images_in_all"]) // detectors))
    rows: list[dict[str, Any]] = []
    places: list[dict[str, Any]] = []
    maps: dict[tuple[str, ...], RecurringArtefacts] = {}
    for key, images in own.groupby(list(_DETECTOR), observed=True, sort=True):
        names = tuple(map(str, cast(tuple[Any, ...], key)))
        named: dict[str, Any] = dict(zip(_DETECTOR, names, strict=True))
        is_again = images["patient_key"].notna() & images.duplicated("patient_key")
        chosen = images[~is_again].head(most)
        days = {"first_day": chosen["exposed_at"].min(), "last_day": chosen["exposed_at"].max()}
        compared = len(chosen)
        if compared >= least:
            stored = _stored(records, chosen["subject"].tolist())
            compared = len(stored)
            if compared >= least:
                maps[names] = find_recurring_artefacts(stored)
        found = maps[names].places if names in maps else ()
        places += [named | {field: getattr(one, field) for field in _PLACE} for one in found]
        counts = {"images": len(images), "compared": compared, "needed": max(0, least - compared)}
        rows.append(named | counts | {"places": len(found)} | days)
    return DetectorsCompared(
        detectors=pd.DataFrame(rows, columns=list(DETECTOR_COLUMNS)),
        recurring=pd.DataFrame(places, columns=list(RECURRING_COLUMNS)),
        maps=maps,
    )


def _stored(records: Records, subjects: list[str]) -> list[ArtefactCandidates]:
    """Candidates of some images."""
    types: dict[str, type[Result]] = {ArtefactCandidates.__name__: ArtefactCandidates}
    found: list[ArtefactCandidates] = []
    for start in range(0, len(subjects), _SUBJECTS):
        part = subjects[start : start + _SUBJECTS]
        results = (one.result for one in records.results(types, procedure=_PROCEDURE, subjects=part))
        found += [one for one in results if isinstance(one, ArtefactCandidates)]
    return found
