"""Patients' images of a simulated quarter: bodies in fields are computed once, kerma and noise for each image."""

from __future__ import annotations

from typing import Final

import numpy as np

from xrayiq_phantoms.archive_images import SimulatedImage, patient_image, simulate_image
from xrayiq_phantoms.clinical import ClinicalBeam, simulate_clinical_beam
from xrayiq_phantoms.hospital import Projection
from xrayiq_phantoms.planned import ClinicalExposure, PlannedObject
from xrayiq_phantoms.rooms import Room

#: bodies that come again, and fields about each
BODIES: Final = 8
FIELDS: Final = 2
#: spread of bodies' thickness, of the field's rotation and of its centre (as parts of the image's sides)
_THICKNESS: Final = 0.12
_ROTATION_DEG: Final = 1.0
_SHIFT: Final = 0.01


class QuarterImages:
    """Images of patients and of tests; what the beam is behind a body is kept for the next image of it."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._beams: dict[tuple[object, ...], ClinicalBeam] = {}

    def simulate(self, planned: PlannedObject) -> SimulatedImage:
        """Image of a planned exposure."""
        exposure = planned.exposure
        if not isinstance(exposure, ClinicalExposure):
            return simulate_image(planned)
        beam = self._beam(planned.room, exposure)
        phantom = beam.expose(exposure.kerma_ugy, seed=planned.noise_seed)
        return patient_image(planned.room, exposure, phantom)

    def _beam(self, room: Room, exposure: ClinicalExposure) -> ClinicalBeam:
        view, detector = exposure.projection, room.clinical.detector
        key = (
            *(detector, view.anatomy, view.shape, view.field_size_fraction, exposure.irradiated_mm),
            *(exposure.rotation_deg, exposure.centre_shift_fraction, exposure.body_seed),
        )
        if key not in self._beams:
            rows, columns = view.shape
            down, right = exposure.centre_shift_fraction
            self._beams[key] = simulate_clinical_beam(
                detector,
                anatomy=view.anatomy,
                shape=view.shape,
                seed=int(np.random.default_rng([self._seed, 7, exposure.body_seed]).integers(1 << 31)),
                field_size_fraction=_field_size(view, exposure, detector.pixel_pitch_mm),
                field_centre_px=((rows - 1) / 2 + down * rows, (columns - 1) / 2 + right * columns),
                rotation_deg=exposure.rotation_deg,
                thickness_factor=exposure.thickness_factor,
            )
        return self._beams[key]


def body_in_field(seed: int, body: int, field: int) -> dict[str, object]:
    """Fields of a `ClinicalExposure` that tell a body and how the field lies on it.

    Parameters
    ----------
    seed : int
        Of the quarter.
    body, field : int
        Numbers below `BODIES` and `FIELDS`.

    Returns
    -------
    dict
        `body_seed`, `thickness_factor` (equally many of each), `rotation_deg` and `centre_shift_fraction`.
    """
    rng = np.random.default_rng([seed, 8, body, field])
    shift = rng.normal(0.0, _SHIFT, 2)
    return {
        "body_seed": body,
        "thickness_factor": 1.0 + _THICKNESS * (2.0 * (body + 0.5) / BODIES - 1.0) * float(np.sqrt(3.0)),
        "rotation_deg": round(float(rng.normal(0.0, _ROTATION_DEG)), 2),
        "centre_shift_fraction": (float(shift[0]), float(shift[1])),
    }


def _field_size(view: Projection, exposure: ClinicalExposure, pitch_mm: float) -> tuple[float, float]:
    """Sides of the field as parts of those of the stored image."""
    if exposure.irradiated_mm is None:
        return view.field_size_fraction
    height, width = (side / (pitch_mm * count) for side, count in zip(exposure.irradiated_mm, view.shape, strict=True))
    return height, width
