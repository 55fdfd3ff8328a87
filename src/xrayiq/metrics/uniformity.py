"""Uniformity of a flat field: AAPM TG-150 tiles and the five-ROI test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xrayiq.metrics._arguments import as_length_mm, as_positive
from xrayiq.metrics._flat_geometry import Geometry, read_flat_fields, without_geometry
from xrayiq.metrics._image import Pitch, provenance_of
from xrayiq.metrics._image_sequence import Images
from xrayiq.metrics._range_ends import check_saturation, saturation_warnings
from xrayiq.metrics._tiles import (
    Connectivity,
    Denominator,
    anomalous_pixels,
    check_neighbours,
    global_nonuniformity,
    local_nonuniformity,
    measure_tiles,
    tile_grid,
)
from xrayiq.metrics.five_roi import five_roi_scheme, measure_five_rois
from xrayiq.metrics.signal_per_charge import signal_per_charge
from xrayiq.model import Measurement, Provenance, Result

ALGORITHM_VERSION: Final = 1
#: least side of a tile: a plane must leave noise to measure
_LEAST_TILE_PX: Final = 3
#: fields that are quantities of the record, headline numbers first
_QUANTITIES: Final = (
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
    "detrended_noise_nonuniformity_global",
    "detrended_noise_nonuniformity_local",
    "noise_mean_fraction",
    "detrended_noise_mean_fraction",
    "anomalous_pixels",
    "anomalous_pixels_in_a_tile",
    "signal_per_charge",
)


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
        Centre, then upper left, upper right, lower left, lower right, as the scheme places them.
    five_roi_size_px : tuple of (int, int)
        Rows and columns of each of the five ROIs.
    five_roi_deviation : float
        Greatest deviation of the five from their mean, over their mean; in other schemes from the ROI in the middle or
        from the baseline.
    five_roi_variation : float
        Standard deviation (ddof 1) of the five over their mean.
    five_roi_scheme : str
        Its name.
    geometry : {"none", "quadratic", "pair"}
        How the geometry of the beam was removed before all figures.
    geometry_removed_fraction : float
        (max − min) / mean of what was removed, over the field inside the border.
    detrended_noise_nonuniformity_global, detrended_noise_nonuniformity_local : float or None
        As for the noise, of `tile_detrended_sds`.
    noise_mean_fraction, detrended_noise_mean_fraction : float or None
        Mean of the tile standard deviations over the mean signal, without and with the planes removed.
    tile_anomalous_pixels : 2-D array of int or None
        Pixels of each tile that stand out of their surroundings; 0 in tiles that are left out.
    signal_per_charge : float or None
        Mean signal per mA·s at 1 m from the source, in the detector's own linear values.
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
    five_roi_scheme: str = "ipem_32"
    geometry: Geometry = "none"
    geometry_removed_fraction: float = 0.0
    detrended_noise_nonuniformity_global: float | None = None
    detrended_noise_nonuniformity_local: float | None = None
    noise_mean_fraction: float | None = None
    detrended_noise_mean_fraction: float | None = None
    tile_anomalous_pixels: NDArray[np.int64] | None = None
    signal_per_charge: float | None = None
    provenance: Provenance

    @property
    def anomalous_pixels(self) -> int | None:
        """Anomalous pixels of all tiles."""
        return None if self.tile_anomalous_pixels is None else int(self.tile_anomalous_pixels.sum())

    @property
    def anomalous_pixels_in_a_tile(self) -> int | None:
        """Greatest number of anomalous pixels in one tile."""
        return None if self.tile_anomalous_pixels is None else int(self.tile_anomalous_pixels.max())

    def measurements(self) -> tuple[Measurement, ...]:
        """Non-uniformities, SNR, the five-ROI figures, mean noise, anomalous pixels and signal per charge."""
        values = ((name, getattr(self, name)) for name in _QUANTITIES)
        return tuple(Measurement(quantity=name, value=float(value)) for name, value in values if value is not None)


def measure_uniformity(
    image: Images,
    *,
    pixel_pitch_mm: Pitch | None = None,
    roi_mm: float = 10.0,
    border_mm: float = 10.0,
    connectivity: Connectivity = 4,
    denominator: Denominator = "global",
    geometry: Geometry = "none",
    five_roi: str = "ipem_32",
    five_roi_baseline: ArrayLike | None = None,
    anomaly_sd: float = 5.0,
) -> Uniformity:
    """Uniformity of signal, noise and SNR of a flat field over 10 mm tiles (AAPM TG-150), and the five-ROI test.

    Parameters
    ----------
    image : Radiograph or 2-D array, or two of them
        Flat field; a pair of flat fields for ``geometry="pair"``. A bare array is taken as linear, its pixels that are
        not finite are masked, as is padding.
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
    geometry : {"none", "quadratic", "pair"}
        How heel effect and distance are removed: not at all; by division by the polynomial of second degree in row and
        column that fits the field inside the border best; or by a second exposure, with detector or tube turned by 180
        degrees and both images as the detector reads them, in whose mean with the first the fall of the beam cancels.
    five_roi : str
        Scheme of the five-ROI test: ``"ipem_32"``, ``"kcare_100_px"``, ``"kcare_10_percent"``, ``"ipem_91"`` (against a
        baseline) or ``"din_6868_corners"`` (corners against the middle).
    five_roi_baseline : five numbers, optional
        `five_roi_means` of an earlier image, for the scheme that compares with a baseline.
    anomaly_sd : float
        Standard deviations of its surroundings by which an anomalous pixel deviates from their mean.

    Returns
    -------
    Uniformity
        Maps of the tiles and their non-uniformity.

    Raises
    ------
    InputError
        An argument that cannot be used; another number of images than the geometry needs; images that differ.
    NotMeasurableError
        ``smaller_than_roi``; ``partly_saturated`` where more than 1 % of the pixels inside the border stand at a stored
        limit or at a plateau that ends their range; ``signal_not_positive``; ``no_noise`` where a tile holds a single
        value, so that it has no SNR; or as any image without linear signal, pixel pitch or content.

    Notes
    -----
    Tiles do not overlap. The first begins at the inner end of the border in the upper left; what is left of less than a
    tile at the right and at the bottom is not used. Tiles with half or more of their pixels masked are NaN in the maps
    and enter nothing else. An anomalous pixel is compared with the window of a tile's size about it, cut at the border
    of the image; in 10⁶ pixels of normal noise 0.6 are beyond 5 standard deviations.

    Division by a surface scales signal and noise alike and leaves the SNR. A pair takes out what is opposite at
    opposite places (the fall of heel and oblique distance), not what is the same there (their curvature); its signal is
    that of the mean on the first one's level, its noise that of a single exposure. If the fall stays, which it does
    when the second exposure was not turned, the provenance warns.

    Sides of five ROIs are those of the scheme, in ``ipem_32`` 100 mm, at most a quarter of the side of the field inside
    the border. From 0.01 to 1 % of pixels at an end of the range the provenance warns.

    Source: AAPM TG-150; IPEM Report 32 VII; the other schemes as `five_roi_schemes` names them.
    """
    roi_mm = as_length_mm("roi_mm", roi_mm)
    border_mm = as_length_mm("border_mm", border_mm, zero_allowed=True)
    anomaly_sd = as_positive("anomaly_sd", anomaly_sd)
    check_neighbours(connectivity, denominator)
    scheme, baseline = five_roi_scheme(five_roi, five_roi_baseline)
    signals = read_flat_fields(image, geometry, pixel_pitch_mm)
    first = signals[0]
    grid = tile_grid(first, roi_mm, border_mm, least_px=_LEAST_TILE_PX)
    rows, columns, size, border = grid.rows, grid.columns, grid.size, grid.border
    inside = tuple(slice(border[axis], first.values.shape[axis] - border[axis]) for axis in (0, 1))
    area = (inside[0], inside[1])
    ends = [check_saturation(signal, area, procedure="uniformity") for signal in signals]
    field = without_geometry(signals, geometry, area)
    mean_image = field.mean()
    tiles = measure_tiles(field.exposures, rows, columns, size)
    five = measure_five_rois(mean_image, border, scheme, baseline)
    anomalous = anomalous_pixels(mean_image, rows, columns, size, anomaly_sd)
    anomalous[np.isnan(tiles.means)] = 0
    mean_signal = float(np.nanmean(tiles.means))
    return Uniformity(
        tile_means=tiles.means,
        tile_sds=tiles.sds,
        tile_snrs=tiles.snrs,
        tile_detrended_sds=tiles.detrended_sds,
        tile_rows_px=rows,
        tile_columns_px=columns,
        tile_size_px=size,
        roi_mm=roi_mm,
        border_mm=border_mm,
        signal_nonuniformity_global=global_nonuniformity(tiles.means),
        signal_nonuniformity_local=local_nonuniformity(tiles.means, connectivity, denominator),
        noise_nonuniformity_global=global_nonuniformity(tiles.sds),
        noise_nonuniformity_local=local_nonuniformity(tiles.sds, connectivity, denominator),
        snr_nonuniformity_global=global_nonuniformity(tiles.snrs),
        snr_nonuniformity_local=local_nonuniformity(tiles.snrs, connectivity, denominator),
        snr_mean=float(np.nanmean(tiles.snrs)),
        snr_minimum=float(np.nanmin(tiles.snrs)),
        mean_signal=mean_signal,
        signal_unit=first.unit,
        five_roi_means=five.means,
        five_roi_size_px=five.size_px,
        five_roi_deviation=five.deviation,
        five_roi_variation=five.variation,
        five_roi_scheme=scheme.name,
        geometry=geometry,
        geometry_removed_fraction=field.removed_fraction,
        detrended_noise_nonuniformity_global=global_nonuniformity(tiles.detrended_sds),
        detrended_noise_nonuniformity_local=local_nonuniformity(tiles.detrended_sds, connectivity, denominator),
        noise_mean_fraction=float(np.nanmean(tiles.sds)) / mean_signal,
        detrended_noise_mean_fraction=float(np.nanmean(tiles.detrended_sds)) / mean_signal,
        tile_anomalous_pixels=anomalous,
        signal_per_charge=signal_per_charge(image, mean_signal),
        provenance=provenance_of(
            first,
            algorithm="uniformity",
            version=ALGORITHM_VERSION,
            parameters={
                "roi_mm": roi_mm,
                "border_mm": border_mm,
                "connectivity": connectivity,
                "denominator": denominator,
                "geometry": geometry,
                "five_roi": scheme.name,
                "anomaly_sd": anomaly_sd,
                "pixel_pitch_rows_mm": first.pitch[0],
                "pixel_pitch_columns_mm": first.pitch[1],
            },
            warnings=(*(text for each in ends for text in saturation_warnings(each)), *field.warnings),
        ),
    )
