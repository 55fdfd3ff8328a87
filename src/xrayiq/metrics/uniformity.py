"""Uniformity of a flat field: AAPM TG-150 tiles and the five-ROI test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xrayiq.model import Measurement, Provenance, Result


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Uniformity(Result):
    """Signal, noise and SNR of a flat field over tiles, and their non-uniformity (AAPM TG-150).

    Parameters
    ----------
    tile_means, tile_sds, tile_snrs : 2-D arrays, one value per tile
        Mean, standard deviation (ddof 1) and their ratio in each tile.
    tile_detrended_sds : 2-D array, one value per tile
        Standard deviation about the tile's least-squares plane.
    tile_rows_px, tile_columns_px : 1-D arrays of int
        First pixel row of each row of tiles, first pixel column of each column of tiles.
    tile_size_px : tuple of (int, int)
        Rows and columns of a tile.
    roi_mm, border_mm : float
        Nominal side of a tile and width of the border that is left out.
    signal_nonuniformity_global, noise_nonuniformity_global, snr_nonuniformity_global : float
        (max − min) / mean over the tiles, as a fraction.
    signal_nonuniformity_local, noise_nonuniformity_local, snr_nonuniformity_local : float
        Greatest deviation of a tile from the mean of its neighbours, as a fraction.
    snr_mean, snr_minimum : float
        Over the tiles.
    mean_signal : float
        Mean of the tile means.
    signal_unit : str
        UCUM unit of means and standard deviations.
    five_roi_means : array of shape (5,)
        Centre, then the centres of the quadrants: upper left, upper right, lower left, lower right.
    five_roi_size_px : tuple of (int, int)
        Rows and columns of each of the five ROIs.
    five_roi_deviation : float
        Greatest deviation of the five from their mean, over their mean.
    five_roi_variation : float
        Standard deviation (ddof 1) of the five over their mean.
    provenance : Provenance
        Where the numbers come from.
    """

    tile_means: NDArray[np.float64]
    tile_sds: NDArray[np.float64]
    tile_snrs: NDArray[np.float64]
    tile_detrended_sds: NDArray[np.float64]
    tile_rows_px: NDArray[np.int64]
    tile_columns_px: NDArray[np.int64]
    tile_size_px: tuple[int, int]
    roi_mm: float
    border_mm: float
    signal_nonuniformity_global: float
    signal_nonuniformity_local: float
    noise_nonuniformity_global: float
    noise_nonuniformity_local: float
    snr_nonuniformity_global: float
    snr_nonuniformity_local: float
    snr_mean: float
    snr_minimum: float
    mean_signal: float
    signal_unit: str
    five_roi_means: NDArray[np.float64]
    five_roi_size_px: tuple[int, int]
    five_roi_deviation: float
    five_roi_variation: float
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """Non-uniformities, SNR and the five-ROI figures."""
        return tuple(
            Measurement(quantity=name, value=getattr(self, name))
            for name in (
                "signal_nonuniformity_global",
                "signal_nonuniformity_local",
                "noise_nonuniformity_global",
                "noise_nonuniformity_local",
                "snr_nonuniformity_global",
                "snr_nonuniformity_local",
                "snr_minimum",
                "snr_mean",
                "five_roi_deviation",
                "five_roi_variation",
            )
        )
