"""Small images of the rooms that store them: bodies and fields are computed once, noise and kerma for each image."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from xrayiq_phantoms.clinical import simulate_clinical
from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.dicom_values import Examination, Identifiers, Technique
from xrayiq_phantoms.dicom_writer import write_dicom
from xrayiq_phantoms.dose_hospital_rooms import DoseRoom
from xrayiq_phantoms.dose_hospital_truth import DoseExposure
from xrayiq_phantoms.dose_hospital_views import DoseView
from xrayiq_phantoms.exposure import expose

SHAPE: Final = (160, 160)
#: 4 pixels are 1 cm: fields of whole centimetres begin and end on whole pixels
DETECTOR: Final = Detector(
    pixel_pitch_mm=2.5,
    blur_sigma_mm=0.4,
    gain_dn_per_ugy=300.0,
    bits_stored=14,
    electronic_noise_ugy=0.01,
)
_MIDDLE_PX: Final = 80


class DoseImages:
    """Images of a simulated dose hospital; bodies in fields are kept for the next image that needs them."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._maps: dict[tuple[str, int, int], NDArray[np.float64]] = {}

    def write(
        self,
        path: Path,
        *,
        room: DoseRoom,
        view: DoseView,
        exposure: DoseExposure,
        identifiers: Identifiers,
        examination: Examination,
        number: int,
    ) -> tuple[Dataset, Technique]:
        """Write the image of an exposure.

        Parameters
        ----------
        path : Path
            File to write.
        room, view, exposure : DoseRoom, DoseView, DoseExposure
            What was exposed.
        identifiers, examination : Identifiers, Examination
            Identity.
        number : int
            Of the image, for its noise.

        Returns
        -------
        tuple of Dataset and Technique
            The object, and what its header states; its area is that of the field to a pixel.
        """
        kerma = exposure.exposure_index / 100.0 * self._relative_kerma(view, exposure)
        pixels = expose(
            DETECTOR, kerma, None, seed=int(np.random.default_rng([self._seed, 9, number]).integers(1 << 31))
        )
        technique = image_technique(view, exposure)
        dataset = write_dicom(
            path,
            pixels.pixels,
            pixel_pitch_mm=DETECTOR.pixel_pitch_mm,
            bits_stored=DETECTOR.bits_stored,
            technique=technique,
            equipment=room.equipment,
            examination=examination,
            identifiers=identifiers,
            acquired_at=exposure.exposed_at,
        )
        return dataset, technique

    def _relative_kerma(self, view: DoseView, exposure: DoseExposure) -> NDArray[np.float64]:
        """Kerma at the detector by its median in the body."""
        key = (view.anatomy, exposure.field_height_mm, exposure.field_width_mm)
        if key not in self._maps:
            sides = (
                exposure.field_height_mm / DETECTOR.pixel_pitch_mm,
                exposure.field_width_mm / DETECTOR.pixel_pitch_mm,
            )
            phantom = simulate_clinical(
                DETECTOR,
                anatomy=view.anatomy,
                shape=SHAPE,
                kerma_ugy=1.0,
                seed=self._seed,
                field_size_fraction=(sides[0] / SHAPE[0], sides[1] / SHAPE[1]),
                field_centre_px=(_MIDDLE_PX, _MIDDLE_PX),
                noise=False,
            )
            self._maps[key] = np.asarray(phantom.kerma_ugy, dtype=np.float64)
        return self._maps[key]


def image_technique(view: DoseView, exposure: DoseExposure) -> Technique:
    """What the header of an exposure's image states.

    Parameters
    ----------
    view : DoseView
        View.
    exposure : DoseExposure
        Exposure; its stated dose-area product is what a reader gets, right or wrong.
    """
    half_height, half_width = (
        round(side / DETECTOR.pixel_pitch_mm / 2) for side in (exposure.field_height_mm, exposure.field_width_mm)
    )
    top, bottom = _MIDDLE_PX - half_height, _MIDDLE_PX + half_height
    left, right = _MIDDLE_PX - half_width, _MIDDLE_PX + half_width
    return Technique(
        tube_voltage_kv=exposure.tube_voltage_kv,
        exposure_mas=exposure.exposure_mas,
        exposure_time_ms=exposure.exposure_time_ms,
        tube_current_ma=exposure.tube_current_ma,
        focal_spot_mm=0.6 if view.sided else 1.2,
        grid=view.grid,
        source_detector_distance_mm=float(exposure.source_detector_distance_mm),
        source_patient_distance_mm=float(exposure.source_patient_distance_mm),
        dap_gy_m2=exposure.stated_dap_gy_m2,
        entrance_dose_mgy=exposure.stated_entrance_dose_mgy,
        exposure_index=exposure.exposure_index,
        target_exposure_index=exposure.target_exposure_index,
        deviation_index=exposure.deviation_index,
        body_part=exposure.body_part,
        view_position=exposure.view_position,
        laterality="L" if view.sided else None,
        protocol_name=exposure.protocol_name,
        collimator_corners_px=((top, left), (top, right), (bottom, right), (bottom, left)),
    )
