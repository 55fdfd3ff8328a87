"""Numbers of this installation against simulated images of known truth."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, get_args

import numpy as np

from xrayiq.dicom import read
from xrayiq.metrics import find_collimation, measure_mtf, measure_nps, measure_uniformity
from xrayiq.model import Radiograph
from xrayiq_phantoms import Detector, simulate_edge, simulate_field, simulate_flat, write_dicom
from xrayiq_phantoms.encodings import TransferSyntaxName

_EXACT: Final = Detector(pixel_pitch_mm=0.15, blur_sigma_mm=0.10, quantised=False, electronic_noise_ugy=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One number against its truth.

    Parameters
    ----------
    name : str
        What was checked.
    error : float
        Deviation from the truth, in `unit`.
    tolerance : float
        Greatest deviation allowed.
    unit : str
        Unit of both.
    """

    name: str
    error: float
    tolerance: float
    unit: str

    @property
    def passed(self) -> bool:
        """Whether the error is within the tolerance."""
        return self.error <= self.tolerance

    def row(self) -> dict[str, str | int | float | bool | None]:
        """Cells for printing."""
        return {
            "check": self.name,
            "error": self.error,
            "tolerance": self.tolerance,
            "unit": self.unit,
            "verdict": "pass" if self.passed else "FAIL",
        }


def check_installation() -> tuple[Check, ...]:
    """Every metric and decoder once on simulated images, against exact truth.

    Returns
    -------
    tuple of Check
        In a fixed order; the tolerances are those that the accuracy tests assert, or the sampling noise of the sizes
        used here where that is wider.
    """
    checks: tuple[Callable[[], Check], ...] = (
        _mtf,
        _nps_of_white_noise,
        _nps_integral,
        _uniformity_of_a_ramp,
        _collimation,
        *(_decoding(name) for name in get_args(TransferSyntaxName)),
    )
    return tuple(check() for check in checks)


def _mtf() -> Check:
    phantom = simulate_edge(_EXACT, angle_deg=3.0, noise=False)
    mtf = measure_mtf(phantom.pixels, pixel_pitch_mm=_EXACT.pixel_pitch_mm, mode="iec")
    below_nyquist = mtf.frequencies_per_mm <= 0.5 / _EXACT.pixel_pitch_mm
    error = np.abs(mtf.values - phantom.truth.mtf(mtf.frequencies_per_mm))[below_nyquist].max()
    return Check(name="MTF of a slanted edge up to Nyquist", error=float(error), tolerance=0.002, unit="MTF")


def _nps_of_white_noise() -> Check:
    sharp = Detector(pixel_pitch_mm=0.2, blur_sigma_mm=0.0, quantised=False, electronic_noise_ugy=0.0)
    phantom = simulate_flat(sharp, shape=(1024, 1024), kerma_ugy=2.5, seed=1)
    nps = measure_nps(_linear(phantom.pixels, sharp), pixel_pitch_mm=0.2)
    inner = nps.frequencies_per_mm >= 0.3
    truth = phantom.truth.nps_ugy2_mm2(nps.frequencies_per_mm[inner], 0.0)
    error = abs(float(np.mean(nps.u_values[inner] / truth)) - 1.0)
    # about 2 x 7 lines of 120 bins from 49 half-overlapping regions, some 16 of them independent: 0.7 % standard error
    return Check(name="NPS of white noise from 1 megapixel, mean ratio", error=error, tolerance=0.03, unit="1")


def _nps_integral() -> Check:
    phantom = simulate_flat(_EXACT, shape=(1024, 1024), kerma_ugy=2.5, seed=2)
    nps = measure_nps(_linear(phantom.pixels, _EXACT), pixel_pitch_mm=_EXACT.pixel_pitch_mm)
    cell_per_mm2 = (1.0 / (nps.roi_px * _EXACT.pixel_pitch_mm)) ** 2
    error = abs(float(nps.spectrum.sum()) * cell_per_mm2 / nps.variance - 1.0)
    return Check(name="NPS integral against the variance", error=error, tolerance=0.01, unit="1")


def _uniformity_of_a_ramp() -> Check:
    """A ramp across the columns: the tile means are its values at the tile centres, so their spread is known."""
    rows, columns, pitch_mm, roi_mm, border_mm = 400, 600, 0.2, 10.0, 10.0
    values = 1000.0 + np.broadcast_to(np.arange(columns, dtype=np.float64), (rows, columns))
    noise = np.where(np.indices((rows, columns)).sum(axis=0) % 2, 0.5, -0.5)
    result = measure_uniformity(values + noise, pixel_pitch_mm=pitch_mm, roi_mm=roi_mm, border_mm=border_mm)
    tile_px = round(roi_mm / pitch_mm)
    tiles = (columns - 2 * round(border_mm / pitch_mm)) // tile_px
    first = 1000.0 + result.tile_columns_px[0] + (tile_px - 1) / 2
    expected = (tiles - 1) * tile_px / (first + (tiles - 1) * tile_px / 2)
    error = abs(result.signal_nonuniformity_global - expected)
    return Check(name="Non-uniformity of a linear ramp", error=error, tolerance=1e-9, unit="1")


def _collimation() -> Check:
    detector = Detector(pixel_pitch_mm=0.3)
    phantom = simulate_field(
        detector, shape=(900, 900), kerma_ugy=2.5, seed=1, size_mm=(180.0, 150.0), rotation_deg=7.0
    )
    found = find_collimation(phantom.pixels, pixel_pitch_mm=detector.pixel_pitch_mm)
    distance_px = np.hypot(*(found.corners_px - phantom.truth.corners_px).T)
    error = float(distance_px.max()) * detector.pixel_pitch_mm
    return Check(name="Corners of a rotated collimated field", error=error, tolerance=1.0, unit="mm")


def _decoding(name: TransferSyntaxName) -> Callable[[], Check]:
    def check() -> Check:
        pixels = np.random.default_rng(3).integers(0, 2**14, (128, 96)).astype(np.uint16)
        written = write_dicom(None, pixels, pixel_pitch_mm=0.2, transfer_syntax=name, bits_stored=14)
        content = io.BytesIO()
        written.save_as(content, enforce_file_format=True)
        differing = int(np.count_nonzero(read(content.getvalue()).pixels != pixels))
        return Check(
            name=f"Pixels decoded: {name.replace('_', ' ')}", error=float(differing), tolerance=0.0, unit="pixels"
        )

    return check


def _linear(pixels: np.ndarray[tuple[int, ...], np.dtype[np.float64]], detector: Detector) -> Radiograph:
    """Pixels of an exact linear detector as kerma."""
    return Radiograph.from_array((pixels - detector.offset_dn) / detector.gain_dn_per_ugy)
