"""Which objects are of one exposure, and which of them statistics count."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from xrayiq.model.acquisition import ObjectHeader

Population = Literal[
    "clinical", "twin", "copy", "quality_control", "test_patient", "imported", "no_image", "not_classed"
]

POPULATIONS: Final[tuple[Population, ...]] = (
    "clinical",
    "twin",
    "copy",
    "quality_control",
    "test_patient",
    "imported",
    "no_image",
    "not_classed",
)
#: images of patients on equipment of the site; of each exposure one is "clinical"
OF_PATIENTS: Final[tuple[Population, ...]] = ("clinical", "twin", "copy")

#: images that name one irradiation event were exposed at most this far apart: their times may be those of a later step
EVENT_SPAN_S: Final = 60.0
#: agreement of what two images of one event say of it: rounding by 1 kV, and of the mAs in an integer attribute
_TUBE_VOLTAGE_KV: Final = 1.0
_EXPOSURE_FRACTION: Final = 0.05
#: values of technique that must be known for time and technique to tell an exposure
_FEWEST_VALUES: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureMember:
    """What tells the exposure that an image is of.

    Parameters
    ----------
    subject : str
        The image.
    population : str
        What it is by itself.
    intent : str or None
        FOR PROCESSING or FOR PRESENTATION.
    event_uid : str or None
        Irradiation event that its header names.
    technique_key : str or None
        From `technique_key`.
    exposed_at_s : float or None
        Time of the exposure in seconds from any common origin.
    tube_voltage_kv, exposure_mas : float or None
        Technique.
    """

    subject: str
    population: Population = "clinical"
    intent: str | None = None
    event_uid: str | None = None
    technique_key: str | None = None
    exposed_at_s: float | None = None
    tube_voltage_kv: float | None = None
    exposure_mas: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureRole:
    """Place of an image in its exposure.

    Parameters
    ----------
    exposure : str
        What stands for the exposure: the smallest of its subjects.
    population : str
        What the image counts as beside the others of its exposure.
    """

    exposure: str
    population: Population


def technique_key(header: ObjectHeader) -> str | None:
    """What images of one exposure have in common where no irradiation event is named.

    Parameters
    ----------
    header : ObjectHeader
        Of an image.

    Returns
    -------
    str or None
        Digest of unit, patient, time (to 1 ms) and technique; None without time, or with fewer than two of tube
        voltage, mAs, exposure time and DAP.
    """
    acquisition = header.acquisition
    technique = [
        None if value is None else f"{value:.6g}"
        for value in (
            acquisition.tube_voltage_kv,
            acquisition.exposure_mas,
            acquisition.exposure_time_ms,
            acquisition.dap_gy_m2,
        )
    ]
    if acquisition.exposed_at is None or len(technique) - technique.count(None) < _FEWEST_VALUES:
        return None
    unit = (acquisition.manufacturer, acquisition.model, acquisition.station_name, acquisition.serial_number)
    moment = acquisition.exposed_at.replace(tzinfo=None).isoformat(timespec="milliseconds")
    text = json.dumps([*unit, header.patient_key, moment, *technique])
    return hashlib.sha256(text.encode()).hexdigest()


def exposure_roles(members: Sequence[ExposureMember]) -> dict[str, ExposureRole]:
    """Exposure of each image and what it counts as.

    Parameters
    ----------
    members : sequence of ExposureMember
        All images that may share an exposure with each other; each subject once.

    Returns
    -------
    dict of str to ExposureRole
        By subject; the order of `members` does not matter. Of each exposure of a patient one image is ``"clinical"``,
        the image FOR PROCESSING if there is one; others of its intent are ``"copy"``, the rest ``"twin"``. What is no
        image of a patient is an exposure of its own and stays what it is.

    Notes
    -----
    Two images are of one exposure if they name the same irradiation event and agree in time (60 s), tube voltage
    (1 kV) and mAs (5 %) as far as both state them, since some units name one event for a whole day; or if their
    technique keys are equal and they do not name different events.
    """
    roles = {member.subject: ExposureRole(exposure=member.subject, population=member.population) for member in members}
    for images in _together([member for member in members if member.population == "clinical"]):
        exposure = min(image.subject for image in images)
        principal = min(images, key=lambda image: (image.intent != "FOR PROCESSING", image.subject))
        for image in images:
            beside: Population = "copy" if image.intent == principal.intent else "twin"
            roles[image.subject] = ExposureRole(
                exposure=exposure, population="clinical" if image is principal else beside
            )
    return roles


def _together(images: Sequence[ExposureMember]) -> Iterable[list[ExposureMember]]:
    """Images in groups of one exposure."""
    group = {image.subject: [image] for image in images}
    for first, second in itertools.combinations(images, 2):
        ours, theirs = group[first.subject], group[second.subject]
        if ours is not theirs and _is_same(first, second):
            ours.extend(theirs)
            group.update(dict.fromkeys((image.subject for image in theirs), ours))
    return {id(each): each for each in group.values()}.values()


def _is_same(first: ExposureMember, second: ExposureMember) -> bool:
    if None not in (first.event_uid, second.event_uid) and first.event_uid != second.event_uid:
        return False
    if first.technique_key is not None and first.technique_key == second.technique_key:
        return True
    return (
        first.event_uid is not None
        and first.event_uid == second.event_uid
        and _within(first.exposed_at_s, second.exposed_at_s, EVENT_SPAN_S)
        and _within(first.tube_voltage_kv, second.tube_voltage_kv, _TUBE_VOLTAGE_KV)
        and _within(
            first.exposure_mas,
            second.exposure_mas,
            _EXPOSURE_FRACTION * max(first.exposure_mas or 0, second.exposure_mas or 0),
        )
    )


def _within(first: float | None, second: float | None, span: float) -> bool:
    """Whether two values are no farther apart than a span; what is not stated contradicts nothing."""
    return first is None or second is None or abs(first - second) <= span
