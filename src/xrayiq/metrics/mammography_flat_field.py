"""Homogeneity of mammography flat fields: tiles, deviating pixels, and constancy from image to image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xrayiq.errors import InputError
from xrayiq.metrics._arguments import as_fraction_below_one, as_length_mm
from xrayiq.metrics._image import Pitch, SignalImage, provenance_of
from xrayiq.metrics._image_sequence import Images, images_as_signals
from xrayiq.metrics._range_ends import check_saturation, saturation_warnings
from xrayiq.metrics._tiles import Tiles, deviating_pixels, measure_tiles, tile_grid
from xrayiq.model import Measurement, Provenance, Result

ALGORITHM_VERSION: Final = 1
_PROCEDURE: Final = "mammography flat fields"
_LEAST_TILE_PX: Final = 3
#: attributes that stand for the dose of an exposure, the best first
_DOSES: Final = ("entrance_dose_mgy", "average_glandular_dose_mgy", "exposure_mas")

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class MammographyFlatField(Result):
    """Homogeneity of flat fields of a mammography system (EUREF), of one image or of a series.

    Parameters
    ----------
    image_signals, image_snrs : 1-D arrays, one value per image
        Mean of the tile means, and of the tile signal-to-noise ratios.
    signal_deviations, snr_deviations : 1-D arrays, one value per image
        Greatest deviation of a tile's mean, and of its signal-to-noise ratio, from the mean of the tiles, as a part of
        that.
    deviating_pixel_counts : 1-D array of int, one value per image
        Pixels that deviate from their surroundings.
    image_snr_deviation : float or None
        Greatest deviation of an image's SNR from the mean of the series, as a part of that; None of one image.
    doses : 1-D array or None
        Dose of each image, as given or from the headers; None where there is none for all of them.
    dose_source : str
        ``"argument"``, or the attribute of the header; empty without doses.
    dose_deviation : float or None
        Greatest deviation of a dose from the mean of the series, as a part of that; None without, and of one image.
    worst_image : int
        Number, from 0, of the image with the greatest deviation of a tile's mean.
    tile_signal_deviations, tile_snr_deviations : 2-D arrays, one value per tile
        Deviation of each tile of that image, as a part of the mean.
    tile_rows_px, tile_columns_px : 1-D arrays of int
        First pixel row and column of the tiles.
    tile_size_px : tuple of (int, int)
        Rows and columns of a tile.
    signal_unit : str
        UCUM unit of the signal.
    roi_mm, border_mm, pixel_deviation_fraction : float
        Side of a tile, border that is left out, and deviation from which on a pixel counts.
    provenance : Provenance
        Where the numbers come from.
    """

    image_signals: Floats
    image_snrs: Floats
    signal_deviations: Floats
    snr_deviations: Floats
    deviating_pixel_counts: NDArray[np.int64]
    image_snr_deviation: float | None
    doses: Floats | None
    dose_source: str
    dose_deviation: float | None
    worst_image: int
    tile_signal_deviations: Floats
    tile_snr_deviations: Floats
    tile_rows_px: NDArray[np.int64]
    tile_columns_px: NDArray[np.int64]
    tile_size_px: tuple[int, int]
    signal_unit: str
    roi_mm: float
    border_mm: float
    pixel_deviation_fraction: float
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """Worst deviation of signal and SNR, most deviating pixels, and deviations between images where there are."""
        values = (
            ("mammography_signal_deviation", float(self.signal_deviations.max())),
            ("mammography_snr_deviation", float(self.snr_deviations.max())),
            ("mammography_deviating_pixels", float(self.deviating_pixel_counts.max())),
            ("mammography_image_snr_deviation", self.image_snr_deviation),
            ("mammography_dose_deviation", self.dose_deviation),
        )
        return tuple(Measurement(quantity=name, value=value) for name, value in values if value is not None)


def measure_mammography_flat_field(
    images: Images,
    *,
    pixel_pitch_mm: Pitch | None = None,
    roi_mm: float = 10.0,
    border_mm: float = 10.0,
    pixel_deviation_fraction: float = 0.20,
    doses: ArrayLike | None = None,
) -> MammographyFlatField:
    """Homogeneity of mammography flat fields over tiles, their deviating pixels, and constancy over a series (EUREF).

    Parameters
    ----------
    images : Radiograph, 2-D array, or sequence of them
        Flat fields of a homogeneous phantom, of one size. A bare array is taken as linear. Masked pixels, and tiles
        with half of their pixels masked or more, do not enter.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Needed for arrays; wins over the headers'.
    roi_mm : float
        Side of a tile, 10 mm or 20 mm by protocol, and of the surroundings of a pixel.
    border_mm : float
        Width of the border that is left out on each side.
    pixel_deviation_fraction : float
        Deviation from the mean of its surroundings, as a part of that, from which on a pixel counts.
    doses : 1-D array, optional
        Dose of each image in one unit (entrance or glandular dose, or mAs). Without it the headers' entrance dose,
        glandular dose or mAs is taken, the first that all images have.

    Returns
    -------
    MammographyFlatField
        Figures of each image and of the series. Heel and distance enter the deviations.

    Raises
    ------
    InputError
        No image; a length, share or dose that cannot be used; images that differ in size, pixel pitch or response.
    NotMeasurableError
        ``smaller_than_roi``; ``partly_saturated``; ``signal_not_positive``; ``no_noise``; or as any image without
        linear signal, pixel pitch or content.

    Notes
    -----
    The surroundings of a pixel are the window of a tile's size, made odd, about it; the image's border cuts it. The
    deviations between images compare each with the mean of all.

    Source: European guidelines for quality assurance in breast cancer screening (EUREF, 4th edition, supplement); EFOMP
    protocol for digital mammography.
    """
    roi_mm = as_length_mm("roi_mm", roi_mm)
    border_mm = as_length_mm("border_mm", border_mm, zero_allowed=True)
    limit = as_fraction_below_one("pixel_deviation_fraction", pixel_deviation_fraction)
    first: SignalImage | None = None
    measured: list[Tiles] = []
    deviating: list[int] = []
    header_doses: list[tuple[float | None, ...]] = []
    warnings: list[str] = []
    for signal in images_as_signals(images, procedure=_PROCEDURE, pixel_pitch_mm=pixel_pitch_mm):
        if first is None:
            first = signal
            grid = tile_grid(signal, roi_mm, border_mm, least_px=_LEAST_TILE_PX)
            rows, columns, size = grid.rows, grid.columns, grid.size
        warnings += saturation_warnings(check_saturation(signal, grid.area, procedure=_PROCEDURE))
        measured.append(measure_tiles([signal], rows, columns, size))
        deviating.append(int(deviating_pixels(signal, rows, columns, size, limit).sum()))
        header_doses.append(tuple(getattr(signal.radiograph.acquisition, name) for name in _DOSES))
    if first is None:
        raise InputError("no image", needed=f"flat fields to measure {_PROCEDURE}")
    signals = [tiles.means / np.nanmean(tiles.means) - 1.0 for tiles in measured]
    snrs = [tiles.snrs / np.nanmean(tiles.snrs) - 1.0 for tiles in measured]
    signal_deviations = np.array([np.nanmax(np.abs(each)) for each in signals])
    image_snrs = np.array([np.nanmean(tiles.snrs) for tiles in measured])
    worst = int(signal_deviations.argmax())
    dose, source = _doses(doses, header_doses)
    return MammographyFlatField(
        image_signals=np.array([np.nanmean(tiles.means) for tiles in measured]),
        image_snrs=image_snrs,
        signal_deviations=signal_deviations,
        snr_deviations=np.array([np.nanmax(np.abs(each)) for each in snrs]),
        deviating_pixel_counts=np.array(deviating, dtype=np.int64),
        image_snr_deviation=_spread(image_snrs),
        doses=dose,
        dose_source=source,
        dose_deviation=None if dose is None else _spread(dose),
        worst_image=worst,
        tile_signal_deviations=signals[worst],
        tile_snr_deviations=snrs[worst],
        tile_rows_px=rows,
        tile_columns_px=columns,
        tile_size_px=size,
        signal_unit=first.unit,
        roi_mm=roi_mm,
        border_mm=border_mm,
        pixel_deviation_fraction=limit,
        provenance=provenance_of(
            first,
            algorithm="mammography_flat_field",
            version=ALGORITHM_VERSION,
            parameters={
                "roi_mm": roi_mm,
                "border_mm": border_mm,
                "pixel_deviation_fraction": limit,
                "dose_source": source,
                "pixel_pitch_rows_mm": first.pitch[0],
                "pixel_pitch_columns_mm": first.pitch[1],
            },
            warnings=tuple(dict.fromkeys(warnings)),
        ),
    )


def _doses(given: ArrayLike | None, headers: list[tuple[float | None, ...]]) -> tuple[Floats | None, str]:
    """Dose of each image and where it comes from."""
    if given is None:
        for name, values in zip(_DOSES, zip(*headers, strict=True), strict=True):
            known = [value for value in values if value is not None and value > 0]
            if len(known) == len(headers):
                return np.array(known, dtype=np.float64), name
        return None, ""
    try:
        doses = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError("doses that are no numbers", needed="the dose of each image") from None
    if doses.shape != (len(headers),) or not (np.isfinite(doses) & (doses > 0)).all():
        raise InputError(
            f"doses of shape {doses.shape} for {len(headers)} images, the least {doses.min(initial=np.inf):g}",
            needed="one dose above zero for each image",
            remedy="give entrance dose, glandular dose or mAs of each image, all in one unit",
        )
    return doses, "argument"


def _spread(values: Floats) -> float | None:
    """Greatest deviation from the mean as a part of it; None of a single value."""
    if values.size < 2:
        return None
    return float(np.abs(values / values.mean() - 1.0).max())
