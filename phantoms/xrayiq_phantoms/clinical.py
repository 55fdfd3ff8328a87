"""Anatomy-like clinical exposures: a body in a collimated field, with air around it and scatter."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, zoom

from xrayiq_phantoms.anatomy import AnatomyKind, simulate_transmission
from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.exposure import expose
from xrayiq_phantoms.field import FieldTruth, beam_map, field_truth
from xrayiq_phantoms.phantom import Phantom
from xrayiq_phantoms.polygon import rectangle

#: scatter is computed on pixels about this many times larger
_SCATTER_STEP = 16
#: part of the direct beam above which the body is no body
_BESIDE = 0.9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClinicalTruth:
    """Truth of a clinical exposure.

    Parameters
    ----------
    anatomy : {"chest", "hand", "abdomen", "knee", "skull"}
        What was exposed.
    field : FieldTruth
        The collimated field.
    anatomy_mask : 2-D array of bool
        True on body (without metal) inside the field.
    median_kerma_ugy : float
        Median of the noise-free kerma in that mask, heel, lag and gain included.
    beside_anatomy_fraction : float
        Part of the field's pixels at which the body absorbs less than a tenth of the direct beam.
    direct_kerma_ugy : float
        Kerma of the direct beam beside the body, without scatter, stray radiation, heel and gain.
    median_snr : float
        Median over the mask of kerma by its true noise.
    clipped_low_fraction, clipped_high_fraction : float
        Part of the image's pixels at the least and greatest stored value.
    detector : Detector
        Gives the noise.
    """

    anatomy: AnatomyKind
    field: FieldTruth
    anatomy_mask: NDArray[np.bool_]
    median_kerma_ugy: float
    beside_anatomy_fraction: float
    direct_kerma_ugy: float
    median_snr: float
    clipped_low_fraction: float
    clipped_high_fraction: float
    detector: Detector

    @property
    def corners_px(self) -> NDArray[np.float64]:
        """Corners of the field, see `FieldTruth`."""
        return self.field.corners_px

    def relative_noise(self, kerma_ugy: NDArray[Any]) -> NDArray[np.float64]:
        """True noise by kerma for a map of noise-free kerma above 0."""
        return np.asarray(np.sqrt(self.detector.noise_variance_ugy2(kerma_ugy)) / kerma_ugy, dtype=np.float64)


def simulate_clinical(
    detector: Detector,
    *,
    anatomy: AnatomyKind,
    shape: tuple[int, int],
    kerma_ugy: float,
    seed: int,
    field_size_fraction: tuple[float, float] = (0.85, 0.85),
    field_centre_px: tuple[float, float] | None = None,
    rotation_deg: float = 0.0,
    thickness_factor: float = 1.0,
    scatter_fraction: float = 0.03,
    scatter_length_mm: float = 15.0,
    stray_fraction: float = 0.005,
    penumbra_sigma_mm: float = 0.3,
    metal: bool = False,
    marker: bool = False,
    noise: bool = True,
) -> Phantom[ClinicalTruth]:
    """Image of an anatomy in a collimated field.

    Parameters
    ----------
    detector : Detector
        What sees it.
    anatomy : {"chest", "hand", "abdomen", "knee", "skull"}
        Which body; it scales with the field.
    shape : (int, int)
        Rows and columns.
    kerma_ugy : float
        Median kerma in the body inside the field, before heel, lag and gain.
    seed : int
        Of body and noise.
    field_size_fraction : (float, float)
        Height and width of the field as parts of the image; above 1 it runs beyond.
    field_centre_px : (float, float), optional
        Its centre (row, column); the middle of the image if not given.
    rotation_deg : float
        Rotation of field and body, clockwise as seen on screen.
    thickness_factor : float
        Thin (< 1) and stout (> 1) bodies.
    scatter_fraction : float
        Scatter of a thick body that fills the beam, as a part of the direct kerma.
    scatter_length_mm : float
        Standard deviation of the scatter's Gaussian spread.
    stray_fraction : float
        Uniform stray radiation everywhere, as a part of the direct kerma.
    penumbra_sigma_mm : float
        Of the beam's penumbra.
    metal : bool
        With an implant in the body.
    marker : bool
        With a lead letter in the air beside the body.
    noise : bool
        With or without noise and fixed pattern.

    Returns
    -------
    Phantom
        With a `ClinicalTruth`.
    """
    beam = simulate_clinical_beam(
        detector,
        anatomy=anatomy,
        shape=shape,
        seed=seed,
        field_size_fraction=field_size_fraction,
        field_centre_px=field_centre_px,
        rotation_deg=rotation_deg,
        thickness_factor=thickness_factor,
        scatter_fraction=scatter_fraction,
        scatter_length_mm=scatter_length_mm,
        stray_fraction=stray_fraction,
        penumbra_sigma_mm=penumbra_sigma_mm,
        metal=metal,
        marker=marker,
    )
    return beam.expose(kerma_ugy, seed=seed, noise=noise)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClinicalBeam:
    """What reaches the detector behind an anatomy, to be exposed as often as wanted.

    Parameters
    ----------
    relative : 2-D array
        Kerma as a part of that of the direct beam, scatter and stray radiation included.
    truth : ClinicalTruth
        Of a median kerma of 1 µGy, before noise and heel.
    """

    relative: NDArray[np.float64]
    truth: ClinicalTruth

    def expose(self, kerma_ugy: float, *, seed: int, noise: bool = True) -> Phantom[ClinicalTruth]:
        """Image of a median kerma in the body, with the noise of a seed.

        Raises
        ------
        ValueError
            The kerma is not above 0.
        """
        if not kerma_ugy > 0:
            raise ValueError(f"median kerma of {kerma_ugy} µGy; needed a value above 0")
        direct = kerma_ugy / float(np.median(self.relative[self.truth.anatomy_mask]))
        truth = replace(self.truth, median_kerma_ugy=kerma_ugy, direct_kerma_ugy=direct)
        phantom = expose(self.truth.detector, direct * self.relative, truth, seed=seed, noise=noise)
        return replace(phantom, truth=_measured_truth(phantom))


def simulate_clinical_beam(
    detector: Detector,
    *,
    anatomy: AnatomyKind,
    shape: tuple[int, int],
    seed: int,
    field_size_fraction: tuple[float, float] = (0.85, 0.85),
    field_centre_px: tuple[float, float] | None = None,
    rotation_deg: float = 0.0,
    thickness_factor: float = 1.0,
    scatter_fraction: float = 0.03,
    scatter_length_mm: float = 15.0,
    stray_fraction: float = 0.005,
    penumbra_sigma_mm: float = 0.3,
    metal: bool = False,
    marker: bool = False,
) -> ClinicalBeam:
    """Beam behind an anatomy in a collimated field; its parameters are those of `simulate_clinical`."""
    middle = ((shape[0] - 1) / 2, (shape[1] - 1) / 2)
    size = (field_size_fraction[0] * shape[0], field_size_fraction[1] * shape[1])
    corners = rectangle(centre_px=field_centre_px or middle, size_px=size, rotation_deg=rotation_deg)
    field = field_truth(corners, shape, pixel_pitch_mm=detector.pixel_pitch_mm)
    body = simulate_transmission(
        detector,
        anatomy,
        shape=shape,
        beam_corners_px=field.beam_corners_px,
        seed=seed,
        thickness_factor=thickness_factor,
        metal=metal,
        marker=marker,
    )
    beam = beam_map(detector, field.beam_corners_px, shape, penumbra_sigma_mm=penumbra_sigma_mm)
    relative = beam * body.transmission
    relative += scatter_fraction * _spread(beam - relative, scatter_length_mm / detector.pixel_pitch_mm)
    relative += stray_fraction
    mask = body.mask & field.mask
    if not mask.any():
        raise ValueError(
            f"no {anatomy} inside the field of {size[0]:.0f} x {size[1]:.0f} pixels; needed a larger field"
        )
    truth = ClinicalTruth(
        anatomy=anatomy,
        field=field,
        anatomy_mask=mask,
        median_kerma_ugy=1.0,
        beside_anatomy_fraction=float(np.mean(body.transmission[field.mask] > _BESIDE)),
        direct_kerma_ugy=1.0 / float(np.median(relative[mask])),
        median_snr=float("nan"),
        clipped_low_fraction=0.0,
        clipped_high_fraction=0.0,
        detector=detector,
    )
    return ClinicalBeam(relative=relative, truth=truth)


def _measured_truth(phantom: Phantom[ClinicalTruth]) -> ClinicalTruth:
    """Truth completed by what heel, gain and clipping did."""
    detector, truth = phantom.detector, phantom.truth
    body = phantom.kerma_ugy[truth.anatomy_mask]
    low, high = detector.stored_range
    return replace(
        truth,
        median_kerma_ugy=float(np.median(body)),
        median_snr=float(np.median(body / np.sqrt(detector.noise_variance_ugy2(body)))),
        clipped_low_fraction=float(np.mean(phantom.pixels <= low)) if detector.quantised else 0.0,
        clipped_high_fraction=float(np.mean(phantom.pixels >= high)) if detector.quantised else 0.0,
    )


def _spread(source: NDArray[np.float64], sigma_px: float) -> NDArray[np.float64]:
    """Broad Gaussian spread, computed on coarse pixels and interpolated."""
    step = max(1, min(_SCATTER_STEP, int(sigma_px / 4), *(count // 8 for count in source.shape)))
    if step == 1:
        return np.asarray(gaussian_filter(source, sigma_px, mode="constant"), dtype=np.float64)
    rows, columns = (-(-count // step) for count in source.shape)
    padded = np.pad(source, ((0, rows * step - source.shape[0]), (0, columns * step - source.shape[1])), mode="edge")
    coarse = padded.reshape(rows, step, columns, step).mean(axis=(1, 3))
    coarse = gaussian_filter(coarse, sigma_px / step, mode="constant")
    fine = zoom(coarse.astype(np.float32), step, order=1, mode="nearest", grid_mode=True)
    return np.asarray(fine[: source.shape[0], : source.shape[1]], dtype=np.float64)
