"""Air kerma at the detector of a test exposure: from a table beside the images, a site's table, or the header."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final, Literal

from xrayiq.errors import InputError
from xrayiq.metrics import beam_qualities
from xrayiq.model import ObjectHeader

KermaSource = Literal["table", "site", "header"]

#: relative standard uncertainty of the kerma by where it comes from, the best source first: a dosemeter's 5 %; a stated
#: exposure index may be off by 20 % (IEC 62494-1, not verified against the document), which as a rectangular
#: distribution is 0.2/√3
KERMA_UNCERTAINTY: Final[Mapping[KermaSource, float]] = {"table": 0.05, "site": 0.05, "header": 0.12}
#: name of the table that may lie beside the images
TABLE_NAME: Final = "kerma.csv"
#: kerma of an exposure index of 1 (IEC 62494-1: EI = 100 µGy⁻¹ · K)
_UGY_PER_EXPOSURE_INDEX: Final = 0.01
_KEYS: Final = ("file", "sop_instance_uid", "exposure_mas")
_COLUMNS: Final = (*_KEYS, "tube_voltage_kv", "kerma_ugy", "beam")
#: charges and voltages that differ by no more are the same setting
_SAME: Final = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class Kerma:
    """Air kerma at the detector of one exposure.

    Parameters
    ----------
    kerma_ugy : float
        In µGy, above zero.
    source : {"table", "site", "header"}
        A ``kerma.csv`` beside the images, the site's table, or the exposure index of the header.
    beam : str
        Beam with its edition that the source names; empty where it names none.
    """

    kerma_ugy: float
    source: KermaSource
    beam: str = ""

    @property
    def uncertainty_fraction(self) -> float:
        """Relative standard uncertainty."""
        return KERMA_UNCERTAINTY[self.source]


@dataclass(frozen=True, slots=True, kw_only=True)
class KermaRow:
    """One row of a ``kerma.csv``: what it applies to, and the kerma.

    Parameters
    ----------
    file, sop_instance_uid : str
        Name of the file, whose folders do not count, or the object's UID; empty where the row does not name one.
    exposure_mas, tube_voltage_kv : float or None
        Setting that the row applies to.
    kerma_ugy : float
        Air kerma at the detector.
    beam : str
        Beam with its edition, or empty.
    """

    kerma_ugy: float
    file: str = ""
    sop_instance_uid: str = ""
    exposure_mas: float | None = None
    tube_voltage_kv: float | None = None
    beam: str = ""

    def applies(self, header: ObjectHeader, file: str) -> bool:
        """Whether the row is about this object."""
        acquisition = header.acquisition
        return (
            (not self.file or PurePath(self.file.replace("\\", "/")).name == file)
            and (not self.sop_instance_uid or self.sop_instance_uid == header.subject)
            and (self.exposure_mas is None or _same(acquisition.exposure_mas, self.exposure_mas))
            and (self.tube_voltage_kv is None or _same(acquisition.tube_voltage_kv, self.tube_voltage_kv))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteKerma:
    """One row of a site's kerma table: the kerma per charge of one unit's test beam.

    Parameters
    ----------
    kerma_per_mas_ugy : float
        Air kerma at the detector per mAs, without the object.
    source_detector_distance_mm : float
        Distance it holds for; another distance is allowed for by the inverse square.
    beam : str
        Beam with its edition; may be empty.
    station_name, serial_number, detector_id : str
        What the header must state; empty where any will do.
    tube_voltage_kv : float or None
        Tube voltage it holds for; None for any.
    """

    kerma_per_mas_ugy: float
    source_detector_distance_mm: float
    beam: str = ""
    station_name: str = ""
    serial_number: str = ""
    detector_id: str = ""
    tube_voltage_kv: float | None = None

    def __post_init__(self) -> None:
        for name in ("kerma_per_mas_ugy", "source_detector_distance_mm"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
                raise InputError(f"{name} is {value!r}", needed="a number above zero")
        _check_beam(self.beam)

    def kerma_of(self, header: ObjectHeader) -> float | None:
        """Kerma of an exposure (µGy); None where the row does not apply or the header lacks charge or distance."""
        acquisition = header.acquisition
        for name in ("station_name", "serial_number", "detector_id"):
            if getattr(self, name) and getattr(acquisition, name) != getattr(self, name):
                return None
        if self.tube_voltage_kv is not None and not _same(acquisition.tube_voltage_kv, self.tube_voltage_kv):
            return None
        charge, distance = acquisition.exposure_mas, acquisition.source_detector_distance_mm
        if not charge or not distance:
            return None
        return self.kerma_per_mas_ugy * charge * (self.source_detector_distance_mm / distance) ** 2


def kerma_of(
    header: ObjectHeader, *, file: str, table: Sequence[KermaRow], site_table: Sequence[SiteKerma]
) -> Kerma | None:
    """Air kerma at the detector of one exposure, from the best source there is.

    Parameters
    ----------
    header : ObjectHeader
        Header of the exposure.
    file : str
        Name of its file, without folders.
    table : sequence of KermaRow
        Rows of the ``kerma.csv`` beside it; the first that applies wins over all other sources.
    site_table : sequence of SiteKerma
        The site's rows; the first that applies wins over the header.

    Returns
    -------
    Kerma or None
        None where no source says anything.
    """
    for row in table:
        if row.applies(header, file):
            return Kerma(kerma_ugy=row.kerma_ugy, source="table", beam=row.beam)
    for site_row in site_table:
        kerma = site_row.kerma_of(header)
        if kerma is not None:
            return Kerma(kerma_ugy=kerma, source="site", beam=site_row.beam)
    index = header.acquisition.exposure_index
    if index is not None and math.isfinite(index) and index > 0:
        return Kerma(kerma_ugy=_UGY_PER_EXPOSURE_INDEX * index, source="header")
    return None


def read_kerma_table(text: str) -> tuple[KermaRow, ...]:
    """Rows of a ``kerma.csv``.

    Parameters
    ----------
    text : str
        First line: names of columns, one of ``file``, ``sop_instance_uid`` or ``exposure_mas``, and ``kerma_ugy``;
        ``tube_voltage_kv`` and ``beam`` (with its edition, for example ``RQA5/2015``) may follow. Separated by commas,
        semicolons or tabs; with the latter two, decimal commas will do.

    Returns
    -------
    tuple of KermaRow
        In the order of the lines.

    Raises
    ------
    InputError
        An unknown or missing column, or a value that is none, named by line and column.
    """
    lines = [line for line in text.lstrip("\ufeff").splitlines() if line.strip()]
    if not lines:
        raise InputError(f"empty {TABLE_NAME}", needed="a first line with the names of the columns")
    separator = next((mark for mark in (";", "\t") if mark in lines[0]), ",")
    names = [name.strip().lower() for name in next(csv.reader([lines[0]], delimiter=separator))]
    unknown = sorted(set(names) - set(_COLUMNS))
    if unknown or "kerma_ugy" not in names or not set(names) & set(_KEYS):
        place = names.index(unknown[0]) + 1 if unknown else 0  # its text may be a person's name
        found = f"column {place} of unknown name" if unknown else "columns " + ", ".join(names)
        needed = "kerma_ugy and one of " + ", ".join(_KEYS) + "; tube_voltage_kv and beam may follow"
        raise InputError(f"{TABLE_NAME}: {found}", needed=needed)
    rows = csv.reader(io.StringIO("\n".join(lines[1:])), delimiter=separator)
    return tuple(_row(dict(zip(names, cells, strict=False)), number) for number, cells in enumerate(rows, start=2))


def _row(cells: Mapping[str, str], line: int) -> KermaRow:
    kerma = _number(cells, "kerma_ugy", line)
    beam = cells.get("beam", "").strip()
    try:
        _check_beam(beam)
    except InputError as error:
        raise InputError(f"{TABLE_NAME}, line {line}, column beam: unknown beam", needed=error.needed) from None
    row = KermaRow(
        kerma_ugy=0.0 if kerma is None else kerma,
        file=cells.get("file", "").strip(),
        sop_instance_uid=cells.get("sop_instance_uid", "").strip(),
        exposure_mas=_number(cells, "exposure_mas", line),
        tube_voltage_kv=_number(cells, "tube_voltage_kv", line),
        beam=beam,
    )
    if kerma is None or not (row.file or row.sop_instance_uid or row.exposure_mas is not None):
        missing = "kerma_ugy" if kerma is None else " or ".join(_KEYS)
        raise InputError(f"{TABLE_NAME}, line {line}: no {missing}", needed="a value in every line")
    return row


def _number(cells: Mapping[str, str], column: str, line: int) -> float | None:
    text = cells.get(column, "").strip()
    if not text:
        return None
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        found = "no number" if math.isnan(value) else f"{value:g}"  # other text may be a person's name
        raise InputError(f"{TABLE_NAME}, line {line}, column {column}: {found}", needed="a number above zero")
    return value


def _check_beam(beam: str) -> None:
    if beam and beam not in beam_qualities():
        raise InputError(f"beam {beam[:40]!r}", needed="one of " + ", ".join(beam_qualities()))


def _same(stated: float | None, wanted: float) -> bool:
    return stated is not None and abs(stated - wanted) <= _SAME * wanted
