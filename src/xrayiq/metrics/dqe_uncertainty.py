"""Standard uncertainties of an MTF and of a noise power spectrum at the frequencies of a DQE."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xrayiq.errors import InputError
from xrayiq.metrics._spectrum_lines import CUT_LINES
from xrayiq.metrics.mtf import Mtf
from xrayiq.metrics.nps import Nps

Floats = NDArray[np.float64]

#: noise behind the window of the constancy mode over that behind a Hann window of its width
_WINDOW_NOISE: Final = 1.05


def nnps_uncertainty_fraction(nps: Nps, weights: Floats) -> Floats:
    """Relative standard uncertainty of weighted means over bins of a cut, from the number of independent samples.

    Parameters
    ----------
    nps : Nps
        Noise power spectrum.
    weights : 2-D array
        Weights of the bins (columns) in each mean (row).

    Returns
    -------
    1-D array
        1 / √n with n = bins · lines of the cut · ROIs that the pixels would fill without overlap, since a periodogram
        sample scatters by its own size; bins count as 1 / Σ weights². What overlapping ROIs add is not counted: the
        uncertainty is up to a third too large for a single bin; nor is that they weigh pixels inside twice, which makes
        it up to a tenth too small for means over several bins of a small area.
    """
    samples = 2 * CUT_LINES * nps.pixel_count / nps.roi_px**2
    return np.asarray(np.sqrt(np.sum(weights**2, axis=1) / samples), dtype=np.float64)


def edge_noise_uncertainty(mtf: Mtf, weights: Floats, *, pitch_mm: tuple[float, float], noise_shape: Floats) -> Floats:
    """Standard uncertainty of weighted means of an MTF, from the noise beside the edge.

    Parameters
    ----------
    mtf : Mtf
        MTF of one edge.
    weights : 2-D array
        Weights of the MTF's frequencies (columns) in each mean (row).
    pitch_mm : tuple of float
        Distance of rows and of columns.
    noise_shape : 1-D array
        For each mean, noise power at its frequency over that of white noise of the same variance.

    Returns
    -------
    1-D array
        Absolute. 0 for an edge without noise.

    Notes
    -----
    With E the edge spread function of step C and T the MTF, the estimate is a linear function of E to first order in
    the noise: its error is (1/C) Σ wᵢ (cos 2πfxᵢ − T) (nᵢ₊₁ − nᵢ), where w is the window of the line spread function
    and the term T comes from dividing by its area. A bin of width δ holds length · δ / (Δx Δy) pixels, so that the
    noise n of a bin has the variance of a pixel, C² / contrast_to_noise², over that. Correlated noise enters by its
    power at f. Uncertainty of the edge's angle and the shift of |T + noise| above T are of second order and left out.
    """
    positions = mtf.lsf_positions_mm
    spacing = float(positions[1] - positions[0])
    first, stop = mtf.roi_px[:2] if mtf.across == "columns" else mtf.roi_px[2:]
    length = (stop - first) * pitch_mm[0 if mtf.across == "columns" else 1]
    pixels_per_bin = length * spacing / (pitch_mm[0] * pitch_mm[1])
    bin_noise = 1.0 / (mtf.contrast_to_noise * np.sqrt(pixels_per_bin))
    used = np.flatnonzero(weights.any(axis=0))
    waves = weights[:, used] @ np.cos(2.0 * np.pi * np.outer(mtf.frequencies_per_mm[used], positions))
    factors = np.diff(_window(mtf) * (waves - (weights @ mtf.values)[:, None]), prepend=0.0, append=0.0)
    return np.asarray(bin_noise * np.sqrt(np.sum(factors**2, axis=1) * noise_shape), dtype=np.float64)


def given_uncertainty(given: ArrayLike, shape: tuple[int, ...]) -> Floats:
    """A standard uncertainty of the MTF as the caller has it, one number or one for each frequency.

    Raises
    ------
    InputError
        It is below 0, not finite or of another length.
    """
    uncertainty = np.asarray(given, dtype=np.float64)
    if uncertainty.shape not in ((), shape) or not (np.isfinite(uncertainty) & (uncertainty >= 0)).all():
        raise InputError(
            f"mtf_uncertainty of shape {uncertainty.shape}",
            needed=f"one number of 0 or more, or {shape[0]} of them for 0.5, 1.0 … mm⁻¹",
        )
    return np.broadcast_to(uncertainty, shape)


def _window(mtf: Mtf) -> Floats:
    """Window of the line spread function: all of it, or a Hann window that passes as much noise as the one used."""
    positions = mtf.lsf_positions_mm
    if mtf.mode == "iec":
        return np.ones(positions.shape)
    half_width = float(np.abs(positions).max())
    return np.asarray(_WINDOW_NOISE * np.cos(0.5 * np.pi * positions / half_width) ** 2, dtype=np.float64)
