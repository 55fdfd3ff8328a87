"""A simulated flat-panel or CR detector whose sharpness, noise and response are closed formulas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from xrayiq_phantoms.defects import Defect
from xrayiq_phantoms.spectra import aliased_spectrum, aperture_covariance, gaussian_covariance

DetectorResponse = Literal["linear", "log", "sqrt"]

#: least kerma that a logarithmic detector tells from nothing
KERMA_FLOOR_UGY = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """Detector with a known presampled MTF, noise power spectrum and response.

    Parameters
    ----------
    pixel_pitch_mm : float
        Distance of pixels in both directions; the aperture is a square of this size.
    blur_sigma_mm : float
        Standard deviation of the Gaussian blur ahead of the pixels.
    response : {"linear", "log", "sqrt"}
        Stored value v of the kerma K in µGy: offset + gain·K, offset + gain·ln K or offset + gain·√K.
    gain_dn_per_ugy, offset_dn : float
        Its coefficients; the gain counts stored values per µGy, per unit of ln K or per √µGy.
    bits_stored : int
        10 to 16.
    signed : bool
        Stored values run from −2^(bits−1) instead of 0.
    quantised : bool
        Round and clip to the stored range; without it images are float64, neither rounded nor clipped.
    quanta_per_mm2_per_ugy : float
        Effective number of absorbed quanta: the quantum noise before the blur has the white spectrum K/q.
    electronic_noise_ugy : float
        White noise per pixel (standard deviation).
    structured_noise_fraction : float
        Standard deviation of the fixed pattern, as a part of the kerma.
    structured_length_mm : float
        Its correlation length ℓ: the autocorrelation is exp(−r²/2ℓ²); 0 is white.
    pattern_seed : int
        Seed of the fixed pattern, which belongs to the detector and repeats in each of its images.
    gain_nonuniformity_fraction : float
        Amplitude of the smooth gain map, see `gain_map`.
    heel_fraction : float
        Fall of the kerma from the first to the last line, as a part of the middle value.
    heel_axis : {"rows", "columns"}
        Direction of the fall: ``rows`` falls from the top down, ``columns`` from left to right.
    lag_fraction : float
        Part of the previous frame's kerma that is added to a frame.
    column_noise_ugy, row_noise_ugy : float
        Standard deviation of white noise that all pixels of a column, or of a row, have in common, new in each image.
        It lies on the axes of the noise power spectrum and is left out of `nps_ugy2_mm2` and `noise_variance_ugy2`.
    defects : tuple of Defect
        Wrong pixels.
    """

    pixel_pitch_mm: float = 0.15
    blur_sigma_mm: float = 0.10
    response: DetectorResponse = "linear"
    gain_dn_per_ugy: float = 500.0
    offset_dn: float = 0.0
    bits_stored: int = 14
    signed: bool = False
    quantised: bool = True
    quanta_per_mm2_per_ugy: float = 19000.0
    electronic_noise_ugy: float = 0.005
    structured_noise_fraction: float = 0.0
    structured_length_mm: float = 0.2
    pattern_seed: int = 0
    gain_nonuniformity_fraction: float = 0.0
    heel_fraction: float = 0.0
    heel_axis: Literal["rows", "columns"] = "rows"
    lag_fraction: float = 0.0
    column_noise_ugy: float = 0.0
    row_noise_ugy: float = 0.0
    defects: tuple[Defect, ...] = ()

    def __post_init__(self) -> None:
        if not self.pixel_pitch_mm > 0 or not self.blur_sigma_mm >= 0:
            raise ValueError(f"pitch {self.pixel_pitch_mm} mm, blur {self.blur_sigma_mm} mm; needed lengths above 0")
        if self.response not in ("linear", "log", "sqrt"):
            raise ValueError(f"response {self.response!r}; needed linear, log or sqrt")
        if not 10 <= self.bits_stored <= 16:
            raise ValueError(f"{self.bits_stored} bits stored; needed 10 to 16")
        if self.gain_dn_per_ugy == 0 or not self.quanta_per_mm2_per_ugy > 0:
            raise ValueError("gain or number of quanta is zero; needed a gain and a positive number of quanta")

    # ------------------------------------------------------------------ sharpness

    def presampled_mtf(
        self, frequencies_per_mm: NDArray[Any] | float, *, angle_deg: float = 0.0
    ) -> NDArray[np.float64]:
        """Presampled MTF along a direction: exp(−2π²σ²f²)·|sinc(fp·cos α)·sinc(fp·sin α)|.

        Parameters
        ----------
        frequencies_per_mm : array or float
            Frequencies f along the direction.
        angle_deg : float
            Angle α of the direction to an axis of the pixel matrix.

        Returns
        -------
        array of float64
            Of the frequencies' shape.
        """
        f = np.asarray(frequencies_per_mm, dtype=np.float64)
        alpha = np.deg2rad(angle_deg)
        blur = np.exp(-2.0 * (np.pi * self.blur_sigma_mm * f) ** 2)
        along = np.sinc(f * self.pixel_pitch_mm * np.cos(alpha))
        across = np.sinc(f * self.pixel_pitch_mm * np.sin(alpha))
        return np.asarray(blur * np.abs(along * across), dtype=np.float64)

    # ------------------------------------------------------------------ noise

    def nps_ugy2_mm2(
        self, u_per_mm: NDArray[Any] | float, v_per_mm: NDArray[Any] | float, kerma_ugy: float
    ) -> NDArray[np.float64]:
        """Noise power spectrum of a uniform exposure, in µGy²·mm².

        Parameters
        ----------
        u_per_mm, v_per_mm : array or float
            Frequencies along columns (horizontal) and along rows (vertical); they broadcast.
        kerma_ugy : float
            Kerma K of the exposure.

        Returns
        -------
        array of float64
            Quantum part (K/q)·Σ_m Σ_n T²(u + m/p, v + n/p) with all aliases of the blurred noise, electronic part e²p²,
            structured part, and rounding as white noise of 1/12 stored value squared where the detector rounds.
        """
        pitch = self.pixel_pitch_mm
        u, v = np.broadcast_arrays(np.asarray(u_per_mm, dtype=np.float64), np.asarray(v_per_mm, dtype=np.float64))
        aperture = aperture_covariance(pitch_mm=pitch, sigma_mm=self.blur_sigma_mm)
        quantum = aliased_spectrum(u, aperture, pitch_mm=pitch) * aliased_spectrum(v, aperture, pitch_mm=pitch)
        total = kerma_ugy / self.quanta_per_mm2_per_ugy * quantum
        total += (self.electronic_noise_ugy**2 + self.rounding_variance_ugy2(kerma_ugy)) * pitch**2
        if self.structured_noise_fraction > 0:
            pattern = gaussian_covariance(pitch_mm=pitch, length_mm=self.structured_length_mm)
            shape = aliased_spectrum(u, pattern, pitch_mm=pitch) * aliased_spectrum(v, pattern, pitch_mm=pitch)
            total += (self.structured_noise_fraction * kerma_ugy) ** 2 * shape
        return np.asarray(total, dtype=np.float64)

    def noise_variance_ugy2(self, kerma_ugy: NDArray[Any] | float) -> NDArray[np.float64]:
        """Variance of a pixel at given kerma (µGy²): the integral of the noise power spectrum."""
        kerma = np.maximum(np.asarray(kerma_ugy, dtype=np.float64), 0.0)
        peak = aperture_covariance(pitch_mm=self.pixel_pitch_mm, sigma_mm=self.blur_sigma_mm)[0]
        return np.asarray(
            kerma / self.quanta_per_mm2_per_ugy * peak**2
            + self.electronic_noise_ugy**2
            + (self.structured_noise_fraction * kerma) ** 2
            + self.rounding_variance_ugy2(kerma),
            dtype=np.float64,
        )

    def rounding_variance_ugy2(self, kerma_ugy: NDArray[Any] | float) -> NDArray[np.float64]:
        """Variance of rounding to whole stored values, seen as white noise (µGy²); 0 without rounding."""
        kerma = np.maximum(np.asarray(kerma_ugy, dtype=np.float64), KERMA_FLOOR_UGY)
        if not self.quantised:
            return np.zeros(kerma.shape)
        slope = {"linear": np.ones_like(kerma), "log": 1.0 / kerma, "sqrt": 0.5 / np.sqrt(kerma)}[self.response]
        return np.asarray(1.0 / (12.0 * (self.gain_dn_per_ugy * slope) ** 2), dtype=np.float64)

    # ------------------------------------------------------------------ maps

    def heel_map(self, shape: tuple[int, int]) -> NDArray[np.float64]:
        """Relative kerma of the beam over the image: 1 + h·(½ − t), t from 0 on the first to 1 on the last line."""
        fall = 1.0 + self.heel_fraction * (0.5 - _unit_axis(shape[0 if self.heel_axis == "rows" else 1]))
        return np.broadcast_to(fall[:, None] if self.heel_axis == "rows" else fall[None, :], shape)

    def gain_map(self, shape: tuple[int, int]) -> NDArray[np.float64]:
        """Relative gain of the pixels: 1 + g·cos(2πt)·cos(2πs) with t, s from 0 to 1 over rows and columns."""
        if self.gain_nonuniformity_fraction == 0:
            return np.broadcast_to(np.float64(1.0), shape)
        waves = [np.cos(2.0 * np.pi * _unit_axis(count)) for count in shape]
        return np.asarray(1.0 + self.gain_nonuniformity_fraction * np.outer(*waves), dtype=np.float64)

    # ------------------------------------------------------------------ stored values

    @property
    def stored_range(self) -> tuple[int, int]:
        """Least and greatest stored value."""
        if self.signed:
            return -(1 << (self.bits_stored - 1)), (1 << (self.bits_stored - 1)) - 1
        return 0, (1 << self.bits_stored) - 1

    @property
    def response_coefficients(self) -> tuple[Literal["linear", "log", "power"], float, float, float]:
        """Response as (model, a, b, c): v = a + b·K, a + b·ln K or a + b·K^c."""
        if self.response == "sqrt":
            return "power", self.offset_dn, self.gain_dn_per_ugy, 0.5
        return self.response, self.offset_dn, self.gain_dn_per_ugy, 1.0

    def stored_values(self, kerma_ugy: NDArray[Any]) -> NDArray[Any]:
        """Stored values of a kerma map: response, rounding and clipping.

        Parameters
        ----------
        kerma_ugy : array
            Kerma; below 0 the square root gives its value at 0, the logarithm stops at `KERMA_FLOOR_UGY`.

        Returns
        -------
        array
            uint16 or int16; float64 where the detector does not round.
        """
        kerma = np.asarray(kerma_ugy)
        if self.response == "log":
            kerma = np.log(np.maximum(kerma, KERMA_FLOOR_UGY))
        elif self.response == "sqrt":
            kerma = np.sqrt(np.maximum(kerma, 0.0))
        values = self.offset_dn + self.gain_dn_per_ugy * kerma
        if not self.quantised:
            return np.asarray(values, dtype=np.float64)
        low, high = self.stored_range
        return np.clip(np.rint(values), low, high).astype(np.int16 if self.signed else np.uint16)


def _unit_axis(count: int) -> NDArray[np.float64]:
    """Positions of lines from 0 (first) to 1 (last)."""
    return np.linspace(0.0, 1.0, count) if count > 1 else np.full(1, 0.5)
