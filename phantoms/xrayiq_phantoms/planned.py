"""An object of a simulated archive before its pixels are made."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Final

from xrayiq_phantoms.dicom_values import Examination, Identifiers
from xrayiq_phantoms.edge import Across
from xrayiq_phantoms.encodings import TransferSyntaxName
from xrayiq_phantoms.hospital import Projection
from xrayiq_phantoms.manifest import FileKind
from xrayiq_phantoms.rooms import Room

#: rows and columns of a test image
TEST_SHAPE: Final = (1024, 1024)


@dataclass(frozen=True, slots=True, kw_only=True)
class TestExposure:
    """Quality control: what stands in the beam and how.

    Parameters
    ----------
    kind : {"flat_field", "edge", "collimated_field"}
        Which test.
    kerma_ugy : float
        Kerma of the open beam at the detector.
    across : {"columns", "rows"}
        Of an edge.
    angle_deg : float
        Of an edge, or the rotation of a field.
    size_mm : (float, float)
        Of a field.
    gain_nonuniformity_fraction : float
        Fault of the flat-field correction.
    shape : (int, int)
        Rows and columns.
    """

    __test__ = False  # no test class, though it is named like one

    kind: FileKind
    kerma_ugy: float
    across: Across = "columns"
    angle_deg: float = 3.0
    size_mm: tuple[float, float] = (100.0, 100.0)
    gain_nonuniformity_fraction: float = 0.0
    shape: tuple[int, int] = TEST_SHAPE


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicalExposure:
    """A patient's exposure.

    Parameters
    ----------
    projection : Projection
        View.
    kerma_ugy : float
        Median kerma aimed at in the anatomy.
    laterality : str or None
        L or R.
    rotation_deg, centre_shift_fraction, thickness_factor
        Of the field and the body.
    body_seed : int
        Equal for the views of one patient.
    deviation_index_error : float
        Added to the stated deviation index only.
    irradiated_mm : (float, float) or None
        Height and width of a field that is set larger than the view's, of which the view's part alone is stored.
    """

    projection: Projection
    kerma_ugy: float
    laterality: str | None = None
    rotation_deg: float = 0.0
    centre_shift_fraction: tuple[float, float] = (0.0, 0.0)
    thickness_factor: float = 1.0
    body_seed: int = 0
    deviation_index_error: float = 0.0
    irradiated_mm: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedObject:
    """One object of the archive: an image, the dose report of a study, or a note that rejects an image.

    Parameters
    ----------
    path : str
        Relative to the archive.
    room : Room
        Unit that makes it.
    exposure : TestExposure, ClinicalExposure or None
        What is exposed; None for a dose report or a note.
    identifiers, examination : Identifiers, Examination
        Identity.
    acquired_at : datetime
        Moment.
    operator : int
        Number of the operator.
    transfer_syntax : str
        Encoding.
    noise_seed : int
        Of the exposure; a presentation image has that of its original.
    repeat_of, presentation_of, rejects : str or None
        Path of the earlier file: repeated, processed, or rejected by this note.
    reason : str
        Why it is rejected, as a reject log tells it.
    """

    path: str
    room: Room
    exposure: TestExposure | ClinicalExposure | None
    identifiers: Identifiers
    examination: Examination
    acquired_at: datetime.datetime
    operator: int
    transfer_syntax: TransferSyntaxName
    noise_seed: int
    repeat_of: str | None = None
    presentation_of: str | None = None
    rejects: str | None = None
    reason: str = ""
