"""Which objects are of one exposure, and which of them statistics count."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol, TypeVar

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
TUBE_VOLTAGE_KV: Final = 1.0
VALUE_FRACTION: Final = 0.05
#: values of technique that must be known for time and technique to tell an exposure
FEWEST_VALUES: Final = 2

Grouped = TypeVar("Grouped")


class Exposed(Protocol):
    """Time and technique of an exposure, None where they are not stated."""

    @property
    def exposed_at_s(self) -> float | None:
        """Seconds from any common origin."""

    @property
    def tube_voltage_kv(self) -> float | None:
        """Tube voltage."""

    @property
    def exposure_mas(self) -> float | None:
        """Product of current and time."""


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
    if acquisition.exposed_at is None or len(technique) - technique.count(None) < FEWEST_VALUES:
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
    for images in grouped([one for one in members if one.population == "clinical"], is_same_exposure):
        exposure = min(image.subject for image in images)
        principal = min(images, key=lambda image: (image.intent != "FOR PROCESSING", image.subject))
        for image in images:
            beside: Population = "copy" if image.intent == principal.intent else "twin"
            roles[image.subject] = ExposureRole(
                exposure=exposure, population="clinical" if image is principal else beside
            )
    return roles


def grouped(members: Sequence[Grouped], is_same: Callable[[Grouped, Grouped], bool]) -> list[list[Grouped]]:
    """Members in groups that a relation ties together, directly or by others.

    Parameters
    ----------
    members : sequence
        What is grouped; each stands for itself, whatever it equals.
    is_same : callable
        Whether two of them are of one group.
    """
    group = {number: [number] for number in range(len(members))}
    for first, second in itertools.combinations(range(len(members)), 2):
        ours, theirs = group[first], group[second]
        if ours is not theirs and is_same(members[first], members[second]):
            ours.extend(theirs)
            group.update(dict.fromkeys(theirs, ours))
    return [[members[number] for number in numbers] for numbers in {id(each): each for each in group.values()}.values()]


def is_same_exposure(first: ExposureMember, second: ExposureMember) -> bool:
    """Whether two images are of one exposure; the rules are those of `exposure_roles`."""
    if None not in (first.event_uid, second.event_uid) and first.event_uid != second.event_uid:
        return False
    if first.technique_key is not None and first.technique_key == second.technique_key:
        return True
    return first.event_uid is not None and first.event_uid == second.event_uid and agree(first, second)


def agree(first: Exposed, second: Exposed, *, span_s: float = EVENT_SPAN_S) -> bool:
    """Whether two objects agree in time, tube voltage (1 kV) and mAs (5 %); what is not stated contradicts nothing.

    Parameters
    ----------
    first, second : Exposed
        Images, events or exposures of a step.
    span_s : float
        Greatest time between them.
    """
    return (
        _within(first.exposed_at_s, second.exposed_at_s, span_s)
        and _within(first.tube_voltage_kv, second.tube_voltage_kv, TUBE_VOLTAGE_KV)
        and _within(
            first.exposure_mas,
            second.exposure_mas,
            VALUE_FRACTION * max(first.exposure_mas or 0, second.exposure_mas or 0),
        )
    )


def _within(first: float | None, second: float | None, span: float) -> bool:
    return first is None or second is None or abs(first - second) <= span
