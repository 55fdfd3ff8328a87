"""Rooms of the simulated hospital: three units of different makers, their detectors and their habits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.dicom_values import Equipment
from xrayiq_phantoms.encodings import TransferSyntaxName


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFormat:
    """How a unit stores one sort of image.

    Parameters
    ----------
    detector : Detector
        Response, bits and sign of the stored values, sharpness and noise.
    intent, photometric, relationship, sign, rescale_intercept
        As `write_dicom` takes them.
    transfer_syntaxes : tuple of str
        One is drawn for each image.
    """

    detector: Detector
    intent: str | None = "FOR PROCESSING"
    photometric: str = "MONOCHROME2"
    relationship: str | None = "LIN"
    sign: int = 1
    rescale_intercept: float = 0.0
    transfer_syntaxes: tuple[TransferSyntaxName, ...] = ("explicit",)

    @property
    def is_linear(self) -> bool:
        """Whether the header alone says that values are linear in kerma."""
        return self.relationship == "LIN"

    def header(self) -> dict[str, Any]:
        """Keyword arguments of `write_dicom`."""
        return {
            "intent": self.intent,
            "photometric": self.photometric,
            "relationship": self.relationship,
            "sign": self.sign,
            "bits_stored": self.detector.bits_stored,
            "signed": self.detector.signed,
            "rescale_intercept": self.rescale_intercept,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One X-ray unit.

    Parameters
    ----------
    equipment : Equipment
        Identity.
    sop_class : {"DX", "CR"}
        Objects it writes.
    test, clinical : ImageFormat
        Of quality control and of patients; clinical images are read with larger pixels.
    exposure_index_factor : float
        Stated exposure index by the true one; 1 in a calibrated room.
    flags_quality_control : bool or None
        Whether test images carry QualityControlImage; None leaves the attribute out everywhere.
    names_tests : bool
        Whether test images carry a protocol name.
    reports_dap : bool
        Whether it has a DAP meter, states it in headers and writes dose reports.
    states_collimation : bool
        Whether clinical headers hold the field's corners.
    """

    equipment: Equipment
    sop_class: str
    test: ImageFormat
    clinical: ImageFormat
    exposure_index_factor: float = 1.0
    flags_quality_control: bool | None = None
    names_tests: bool = True
    reports_dap: bool = True
    states_collimation: bool = False

    @property
    def name(self) -> str:
        """Station name."""
        return self.equipment.station_name


_DIRECT: Final = Detector(
    pixel_pitch_mm=0.15,
    blur_sigma_mm=0.10,
    gain_dn_per_ugy=160.0,
    bits_stored=14,
    heel_fraction=0.03,
    electronic_noise_ugy=0.01,
    structured_noise_fraction=0.002,
    pattern_seed=101,
)
_LOGARITHMIC: Final = Detector(
    pixel_pitch_mm=0.2,
    blur_sigma_mm=0.14,
    response="log",
    gain_dn_per_ugy=-1200.0,
    offset_dn=8000.0,
    bits_stored=14,
    heel_fraction=0.04,
    heel_axis="columns",
    electronic_noise_ugy=0.012,
    quanta_per_mm2_per_ugy=16000.0,
    pattern_seed=102,
)
_PLATE: Final = Detector(
    pixel_pitch_mm=0.175,
    blur_sigma_mm=0.20,
    gain_dn_per_ugy=160.0,
    offset_dn=-8192.0,
    bits_stored=14,
    signed=True,
    heel_fraction=0.02,
    electronic_noise_ugy=0.02,
    quanta_per_mm2_per_ugy=7000.0,
    structured_noise_fraction=0.004,
    pattern_seed=103,
)
_CLINICAL_PITCH_MM: Final = 0.4

ROOMS: Final = (
    Room(
        equipment=Equipment(),
        sop_class="DX",
        test=ImageFormat(detector=_DIRECT, transfer_syntaxes=("explicit", "implicit", "deflated")),
        clinical=ImageFormat(
            detector=replace(_DIRECT, pixel_pitch_mm=_CLINICAL_PITCH_MM),
            photometric="MONOCHROME1",
            transfer_syntaxes=("explicit", "jpeg_2000", "rle", "big_endian"),
        ),
        flags_quality_control=True,
        states_collimation=True,
    ),
    Room(
        equipment=Equipment(
            manufacturer="Imaginary Imaging",
            model="Logarithma 2",
            station_name="SIMROOM2",
            serial_number="SIM-0002",
            software_versions=("2.3", "b17"),
            detector_id="SIMDET-0002",
        ),
        sop_class="DX",
        test=ImageFormat(
            detector=_LOGARITHMIC, relationship="LOG", sign=-1, transfer_syntaxes=("implicit", "jpeg_lossless")
        ),
        clinical=ImageFormat(
            detector=replace(_LOGARITHMIC, pixel_pitch_mm=_CLINICAL_PITCH_MM),
            relationship="LOG",
            sign=-1,
            transfer_syntaxes=("jpeg_lossless", "implicit", "jpeg_2000"),
        ),
        exposure_index_factor=10.0**0.25,  # states a deviation index 2.5 too high
    ),
    Room(
        equipment=Equipment(
            manufacturer="Nowhere Plates",
            model="Reader 3",
            station_name="SIMROOM3",
            serial_number="SIM-0003",
            software_versions=("0.9",),
            detector_id="SIMPLATE-0003",
            detector_type="STORAGE",
        ),
        sop_class="CR",
        test=ImageFormat(detector=_PLATE, rescale_intercept=8192.0, transfer_syntaxes=("rle", "jpeg_ls", "explicit")),
        clinical=ImageFormat(
            detector=replace(
                _PLATE,
                pixel_pitch_mm=_CLINICAL_PITCH_MM,
                response="log",
                gain_dn_per_ugy=100.0,
                offset_dn=380.0,
                bits_stored=10,
                signed=False,
            ),
            intent=None,
            photometric="MONOCHROME1",
            relationship=None,
            transfer_syntaxes=("jpeg_ls", "rle", "implicit"),
        ),
        names_tests=False,
        reports_dap=False,
    ),
)
