"""Test exposures that belong together: flat fields and edges of one detector, beam and day."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from xrayiq.model import ObjectHeader
from xrayiq.procedures.beams import beam_of
from xrayiq.procedures.header_rules import Kind
from xrayiq.procedures.kerma import KERMA_UNCERTAINTY, Kerma

#: fewest levels of kerma that tell a response
RESPONSE_LEVELS: Final = 3
#: kinds of object that sets are made of
SET_KINDS: Final[tuple[Kind, ...]] = ("flat_field", "edge")
#: images of a level differ by no more in their kerma (or charge, where the kerma is not known)
LEVEL_TOLERANCE: Final = 0.01
PRESENTATION: Final = "FOR PRESENTATION"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMember:
    """One image of a set.

    Parameters
    ----------
    header : ObjectHeader
        Its header.
    kind : str
        ``flat_field`` or ``edge``.
    relative_path : str
        Its file below the archive's root.
    kerma : Kerma or None
        Air kerma at the detector (of an edge: beside the absorber); None where no source gives it.
    """

    header: ObjectHeader
    kind: Kind
    relative_path: str
    kerma: Kerma | None = None

    @property
    def subject(self) -> str:
        """Identity of the object."""
        return self.header.subject


@dataclass(frozen=True, slots=True, kw_only=True)
class AcquisitionSet:
    """Flat fields and edges of one detector, beam and day, unprocessed and of one size.

    Parameters
    ----------
    group : str
        Digest of what the members have in common; a later set of the same group supersedes this one.
    day : date
        Day of the exposures by the modality's clock.
    flats, edges : tuple of SetMember
        In the order of exposure.
    beam : str
        Standard beam with its edition; empty where it is not known.
    left_out : tuple of SetMember
        Flat fields that are in no level: the kerma of the others is known from a better source.
    """

    group: str
    day: datetime.date
    flats: tuple[SetMember, ...]
    edges: tuple[SetMember, ...]
    beam: str
    left_out: tuple[SetMember, ...] = ()

    @property
    def members(self) -> tuple[SetMember, ...]:
        """Flat fields, then edges."""
        return self.flats + self.edges

    @property
    def subject(self) -> str:
        """Identity of the whole set."""
        return subject_of(self.members + self.left_out)

    def without(self, member: SetMember) -> AcquisitionSet:
        """The set without one of its members."""
        flats, edges = (tuple(each for each in kind if each is not member) for kind in (self.flats, self.edges))
        return replace(self, flats=flats, edges=edges)

    @property
    def tells_response(self) -> bool:
        """Whether the detector's response can be told from it."""
        return len(self.levels) >= RESPONSE_LEVELS and all(flat.kerma is not None for flat in self.flats)

    @property
    def levels(self) -> tuple[tuple[SetMember, ...], ...]:
        """Flat fields of equal kerma together, or of equal charge where not all kermas are known; rising.

        Without a charge either, each is a level of its own.
        """
        if all(flat.kerma is not None for flat in self.flats):
            return _grouped(self.flats, _kerma_ugy)
        return _grouped(self.flats, lambda flat: flat.header.acquisition.exposure_mas or 0.0)


def subject_of(members: Iterable[SetMember]) -> str:
    """Identity of some images together with the kerma that is taken for each: ``set:`` and 64 hexadecimal digits."""
    rows = sorted((member.subject, None if member.kerma is None else repr(member.kerma)) for member in members)
    return "set:" + hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def find_sets(members: Iterable[SetMember], *, beam_edition: str) -> tuple[AcquisitionSet, ...]:
    """Sets that can tell more than their images alone.

    Parameters
    ----------
    members : iterable of SetMember
        Flat fields and edges of an archive, in any order.
    beam_edition : str
        Edition of the beam tables.

    Returns
    -------
    tuple of AcquisitionSet
        By day. Images belong together if detector, software, beam, grid, size, pixel pitch, encoding and day agree. A
        set has two flat fields or more, or a flat field and an edge. Images for presentation, without a time, or
        without a serial number, detector or station are in none.
    """
    groups: dict[str, list[SetMember]] = {}
    for member in members:
        key = _group_key(member.header)
        if key is not None and member.kind in SET_KINDS:
            groups.setdefault(key, []).append(member)
    found = [_set(key, group, beam_edition) for key, group in groups.items()]
    useful = [each for each in found if each.flats and len(each.members) > 1]
    return tuple(sorted(useful, key=lambda each: (each.day, each.group)))


def _set(key: str, group: list[SetMember], beam_edition: str) -> AcquisitionSet:
    ordered = sorted(group, key=lambda member: (str(member.header.acquisition.exposed_at), member.subject))
    named = {member.kerma.beam for member in ordered if member.kerma is not None and member.kerma.beam}
    known = named or {beam_of(member.header.acquisition, edition=beam_edition) for member in ordered}
    exposed_at = ordered[0].header.acquisition.exposed_at
    flats, left_out = _of_one_source(tuple(member for member in ordered if member.kind == "flat_field"))
    return AcquisitionSet(
        group=hashlib.sha256(key.encode()).hexdigest()[:16],
        day=datetime.date.min if exposed_at is None else exposed_at.date(),
        flats=flats,
        left_out=left_out,
        edges=tuple(member for member in ordered if member.kind == "edge"),
        beam=known.pop() if len(known) == 1 else "",
    )


def _of_one_source(flats: tuple[SetMember, ...]) -> tuple[tuple[SetMember, ...], tuple[SetMember, ...]]:
    """Flat fields with the kerma of the best source alone, and those left out: sources may differ by their scale.

    Where the best source knows too few levels for a response, the others stay, without a kerma.
    """
    sources = {flat.kerma.source for flat in flats if flat.kerma is not None}
    best = next((source for source in KERMA_UNCERTAINTY if source in sources), None)
    known = tuple(flat for flat in flats if flat.kerma is not None and flat.kerma.source == best)
    if len(known) == len(flats):
        return flats, ()
    if len(_grouped(known, _kerma_ugy)) >= RESPONSE_LEVELS:
        return known, tuple(flat for flat in flats if flat not in known)
    return tuple(flat if flat in known else replace(flat, kerma=None) for flat in flats), ()


def _kerma_ugy(flat: SetMember) -> float:
    return 0.0 if flat.kerma is None else flat.kerma.kerma_ugy


def _group_key(header: ObjectHeader) -> str | None:
    acquisition = header.acquisition
    if acquisition.exposed_at is None or (acquisition.intent or "").strip().upper() == PRESENTATION:
        return None
    mode = response_mode(header)
    if mode is None:
        return None
    common: list[Any] = [
        mode,
        acquisition.exposed_at.date().isoformat(),
        header.rows,
        header.columns,
        # some units state the voltage as measured
        None if acquisition.tube_voltage_kv is None else round(acquisition.tube_voltage_kv),
        acquisition.filter_material,
        acquisition.filter_thickness_max_mm,
        acquisition.grid,
    ]
    return json.dumps(common)


def response_mode(header: ObjectHeader) -> str | None:
    """Digest of the detector and of the way it stores its values: equal where one response holds.

    Parameters
    ----------
    header : ObjectHeader
        Header of an image.

    Returns
    -------
    str or None
        None where neither a serial number, a detector nor a station is stated, or where the image is processed for
        presentation. Another software version, pixel pitch (binning), number of bits or encoding is another mode.
    """
    acquisition = header.acquisition
    identity = (acquisition.serial_number, acquisition.detector_id, acquisition.station_name)
    if not any(identity) or (acquisition.intent or "").strip().upper() == PRESENTATION:
        return None
    mode = [
        acquisition.manufacturer,
        acquisition.model,
        *identity,
        list(acquisition.software_versions),
        acquisition.intent,
        acquisition.photometric_interpretation,
        acquisition.pixel_intensity_relationship,
        acquisition.pixel_intensity_sign,
        None if acquisition.pixel_pitch_mm is None else list(acquisition.pixel_pitch_mm),
        header.bits_stored,
    ]
    return hashlib.sha256(json.dumps(mode).encode()).hexdigest()[:16]


def _grouped(flats: Sequence[SetMember], level_of: Callable[[SetMember], float]) -> tuple[tuple[SetMember, ...], ...]:
    levels: list[list[SetMember]] = []
    for flat in sorted(flats, key=level_of):
        if levels and 0 < level_of(flat) <= (1.0 + LEVEL_TOLERANCE) * level_of(levels[-1][0]):
            levels[-1].append(flat)
        else:
            levels.append([flat])
    return tuple(tuple(level) for level in levels)
