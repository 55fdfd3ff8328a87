"""Uniformity of a flat field: AAPM TG-150 tiles and the five-ROI test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import InputError
from xrayiq.metrics._arguments import as_length_mm
from xrayiq.metrics._image import Image, Pitch, as_signal, provenance_of
from xrayiq.metrics._range_ends import check_saturation, saturation_warnings
from xrayiq.metrics._tiles import (
    Connectivity,
    Denominator,
    five_rois,
    global_nonuniformity,
    in_pixels,
    local_nonuniformity,
    tile_starts,
    tile_statistics,
)
from xrayiq.model import Measurement, Provenance, Result

ALGORITHM_VERSION: Final = 1
#: least side of a tile: a plane must leave noise to measure
_LEAST_TILE_PX: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Uniformity(Result):
    """Signal, noise and SNR of a flat field over tiles, and their non-uniformity (AAPM TG-150).

    Parameters
    ----------
    tile_means, tile_sds, tile_snrs : 2-D arrays, one value per tile
        Mean, standard deviation (ddof 1) and their ratio in each tile; NaN where half of the tile or more is masked.
    tile_detrended_sds : 2-D array, one value per tile
        Standard deviation about the tile's least-squares plane (ddof 3).
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


def measure_uniformity(
    image: Image,
    *,
    pixel_pitch_mm: Pitch | None = None,
    roi_mm: float = 10.0,
    border_mm: float = 10.0,
    connectivity: Connectivity = 4,
    denominator: Denominator = "global",
) -> Uniformity:
    """Uniformity of signal, noise and SNR of a flat field over 10 mm tiles (AAPM TG-150), and the five-ROI test.

    Parameters
    ----------
    image : Radiograph or 2-D array
        Flat field; a bare array is taken as linear, its pixels that are not finite are masked, as is padding.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Needed for an array; wins over the header's.
    roi_mm : float
        Side of a tile; in pixels it is rounded to the nearest whole number.
    border_mm : float
        Width of the border that is left out on each side, rounded to whole pixels.
    connectivity : {4, 8}
        Neighbours of a tile that enter the local non-uniformity; at the border of the grid those that exist.
    denominator : {"global", "neighbours"}
        What the local deviation is divided by: the mean of all tiles, or the mean of the tile's neighbours.

    Returns
    -------
    Uniformity
        Maps of the tiles and their non-uniformity.

    Raises
    ------
    InputError
        A length, `connectivity` or `denominator` cannot be used.
    NotMeasurableError
        ``smaller_than_roi``; ``partly_saturated`` where more than 1 % of the pixels inside the border stand at a stored
        limit or at a plateau that ends their range; ``signal_not_positive``; ``no_noise`` where a tile holds a single
        value, so that it has no SNR; or as any image without linear signal, pixel pitch or content.

    Notes
    -----
    Tiles do not overlap. The first begins at the inner end of the border in the upper left; what is left of less than a
    tile at the right and at the bottom is not used. Tiles with half or more of their pixels masked are NaN in the maps
    and enter nothing else.

    The five ROIs have sides of 100 mm, or of a quarter of the side of the field inside the border where that is less.
    No trend is removed from means; heel effect and distance enter the non-uniformity. From 0.01 to 1 % of pixels at an
    end of the range the provenance warns.

    Source: AAPM TG-150; IPEM Report 32 VII.
    """
    roi_mm = as_length_mm("roi_mm", roi_mm)
    border_mm = as_length_mm("border_mm", border_mm, zero_allowed=True)
    _check_choices(connectivity, denominator)
    signal = as_signal(image, procedure="uniformity", pixel_pitch_mm=pixel_pitch_mm)
    size = in_pixels(roi_mm, signal.pitch)
    if min(size) < _LEAST_TILE_PX:
        raise InputError(
            f"roi_mm={roi_mm:g}, which is {size[0]} × {size[1]} pixels",
            needed=f"tiles of {_LEAST_TILE_PX} × {_LEAST_TILE_PX} pixels or more",
            remedy="give a larger roi_mm",
        )
    border = in_pixels(border_mm, signal.pitch)
    rows, columns = tile_starts(signal, size, border, roi_mm)
    inside = tuple(slice(border[axis], signal.values.shape[axis] - border[axis]) for axis in (0, 1))
    ends = check_saturation(signal, (inside[0], inside[1]), procedure="uniformity")
    means, sds, plane_sds = tile_statistics(signal, rows, columns, size)
    snrs = means / sds
    five_means, five_size = five_rois(signal, border)
    five_mean = float(five_means.mean())
    return Uniformity(
        tile_means=means,
        tile_sds=sds,
        tile_snrs=snrs,
        tile_detrended_sds=plane_sds,
        tile_rows_px=rows,
        tile_columns_px=columns,
        tile_size_px=size,
        roi_mm=roi_mm,
        border_mm=border_mm,
        signal_nonuniformity_global=global_nonuniformity(means),
        signal_nonuniformity_local=local_nonuniformity(means, connectivity, denominator),
        noise_nonuniformity_global=global_nonuniformity(sds),
        noise_nonuniformity_local=local_nonuniformity(sds, connectivity, denominator),
        snr_nonuniformity_global=global_nonuniformity(snrs),
        snr_nonuniformity_local=local_nonuniformity(snrs, connectivity, denominator),
        snr_mean=float(np.nanmean(snrs)),
        snr_minimum=float(np.nanmin(snrs)),
        mean_signal=float(np.nanmean(means)),
        signal_unit=signal.unit,
        five_roi_means=five_means,
        five_roi_size_px=five_size,
        five_roi_deviation=float(np.abs(five_means - five_mean).max()) / five_mean,
        five_roi_variation=float(five_means.std(ddof=1)) / five_mean,
        provenance=provenance_of(
            signal,
            algorithm="uniformity",
            version=ALGORITHM_VERSION,
            parameters={
                "roi_mm": roi_mm,
                "border_mm": border_mm,
                "connectivity": connectivity,
                "denominator": denominator,
                "pixel_pitch_rows_mm": signal.pitch[0],
                "pixel_pitch_columns_mm": signal.pitch[1],
            },
            warnings=saturation_warnings(ends),
        ),
    )


def _check_choices(connectivity: object, denominator: object) -> None:
    if connectivity not in (4, 8):
        raise InputError(
            f"connectivity={connectivity!r}",
            needed="4 or 8",
            remedy="give 4 for neighbours that share a side, 8 for those that share a corner too",
        )
    if denominator not in ("global", "neighbours"):
        raise InputError(
            f"denominator={denominator!r}",
            needed="'global' or 'neighbours'",
            remedy="give 'global' to divide by the mean of all tiles, as AAPM TG-150 does",
        )
