"""Noise that whole rows or whole columns of a flat field have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics._arguments import as_length_mm
from xrayiq.metrics._flat_geometry import fit_quadratic, quadratic_surface
from xrayiq.metrics._image import Pitch, SignalImage, provenance_of
from xrayiq.metrics._image_sequence import Images, images_as_signals
from xrayiq.metrics._line_moments import CONFIDENCE, PARTS, LineMoments, line_moments, mean_interval
from xrayiq.metrics._range_ends import check_saturation, saturation_warnings
from xrayiq.metrics._tiles import TileGrid, measure_tiles, tile_grid
from xrayiq.model import Measurement, Provenance, Result

ALGORITHM_VERSION: Final = 1
_PROCEDURE: Final = "row and column noise"
#: least tiles along and across the lines
_LEAST_TILES: Final = 4
_LEAST_TILE_PX: Final = 8
#: share of masked pixels above which too little of a line is left
_MASKED: Final = 0.05

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LineProfile:
    """Means of all columns, or of all rows, and the noise that they have in common.

    Parameters
    ----------
    positions_px : 1-D array of int
        Columns (rows) of the profile.
    deviations : 1-D array
        Mean of each column (row) of the first image less that of its surroundings, over the mean signal.
    relative_sd : float
        Standard deviation of the profile over the mean noise of the tiles.
    index : float
        Correlated-noise index: that times the square root of the pixels in a line; 1 for white noise without lines.
    index_expected : float
        The index that the same image would have without lines; above 1 where blur correlates the noise.
    noise_fraction : float
        Standard deviation of what the lines have in common, over the mean signal.
    noise_fraction_interval : tuple of (low, high)
        Its 95 % confidence interval.
    line_length_px : int
        Pixels averaged.
    """

    positions_px: NDArray[np.int64]
    deviations: Floats
    relative_sd: float
    index: float
    index_expected: float
    noise_fraction: float
    noise_fraction_interval: tuple[float, float]
    line_length_px: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class LineNoise(Result):
    """Noise of whole columns and whole rows of a flat field beside the noise of its pixels.

    Parameters
    ----------
    columns, rows : LineProfile
        Of the profile over the columns (each the mean of a column) and over the rows.
    local_noise_fraction : float
        Mean standard deviation of the tiles about their planes, over the mean signal.
    mean_signal : float
        Mean of the tiles.
    signal_unit : str
        UCUM unit of the signal.
    image_count : int
        Flat fields that the variances are averaged over.
    roi_mm, border_mm : float
        Side of a tile, over which a profile is compared with its surroundings, and width of the border left out.
    pixel_pitch_mm : tuple of (float, float)
        Distance of rows and of columns.
    provenance : Provenance
        Where the numbers come from.
    """

    columns: LineProfile
    rows: LineProfile
    local_noise_fraction: float
    mean_signal: float
    signal_unit: str
    image_count: int
    roi_mm: float
    border_mm: float
    pixel_pitch_mm: tuple[float, float]
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """Index, expected index and amplitude of the noise of columns and of rows."""
        return tuple(
            Measurement(quantity=quantity, value=value, direction=direction)
            for direction, profile in (("columns", self.columns), ("rows", self.rows))
            for quantity, value in (
                ("line_noise_index", profile.index),
                ("line_noise_index_expected", profile.index_expected),
                ("line_noise_fraction", profile.noise_fraction),
            )
        )


def measure_line_noise(
    images: Images, *, pixel_pitch_mm: Pitch | None = None, roi_mm: float = 10.0, border_mm: float = 10.0
) -> LineNoise:
    """Noise of whole rows and columns of flat fields: correlated-noise index and amplitude.

    Parameters
    ----------
    images : Radiograph, 2-D array, or sequence of them
        Flat fields of one size; of several the variances are averaged, so that lines which change from image to image
        count as those that stay. A bare array is taken as linear. Masked pixels take the value of a fitted surface.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Needed for arrays; wins over the headers'.
    roi_mm : float
        Side of the tiles whose noise the lines are compared with, and width of the surroundings of a line.
    border_mm : float
        Width of the border that is left out on each side.

    Returns
    -------
    LineNoise
        Figures of both directions.

    Raises
    ------
    InputError
        No image, a length that cannot be used, or images that differ in size, pixel pitch or response.
    NotMeasurableError
        ``smaller_than_roi`` where less than 4 tiles fit in either direction; ``too_much_masked`` above 5 %;
        ``partly_saturated``; ``signal_not_positive``; ``no_noise``; or as any image without linear signal, pixel pitch
        or content.

    Notes
    -----
    The profile over the columns is the mean of each column, after subtraction of the quadratic surface that fits the
    field, less its moving mean over `roi_mm`; a white profile keeps 1 − 1/w of its variance by that over w pixels, by
    which the variances are divided. The index is the standard deviation of the profile over the mean standard deviation
    of the tiles about their planes, times √N for N pixels in a line: 1 for white noise, √(1 + (N − 1)·a²/(a² + σ²)) for
    lines of amplitude a in white noise σ.

    Blur correlates the pixels of a line and raises the index without any line noise; its value without lines is
    √(∫NPS(u, 0)du / (pitch·variance)). The two are told apart by range: each line is averaged in 8 parts, and what
    parts that do not touch have in common is line noise. `index_expected` is the index of the rest.

    The interval comes from the scatter of the shared variance over the width of the field.

    Source: AAPM TG-150 (correlated noise); the expectation and the separation are xrayiq's.
    """
    roi_mm = as_length_mm("roi_mm", roi_mm)
    border_mm = as_length_mm("border_mm", border_mm, zero_allowed=True)
    first: SignalImage | None = None
    found: list[tuple[LineMoments, LineMoments]] = []
    means: list[float] = []
    variances: list[float] = []
    warnings: list[str] = []
    for signal in images_as_signals(images, procedure=_PROCEDURE, pixel_pitch_mm=pixel_pitch_mm):
        grid = _grid(signal, roi_mm, border_mm)
        area = grid.area
        if first is None:
            first, length = signal, (area[0].stop - area[0].start, area[1].stop - area[1].start)
        warnings += saturation_warnings(check_saturation(signal, area, procedure=_PROCEDURE))
        tiles = measure_tiles([signal], grid.rows, grid.columns, grid.size)
        means.append(float(np.nanmean(tiles.means)))
        variances.append(float(np.nanmean(tiles.detrended_sds)) ** 2)
        rest = _without_trend(signal, area)
        found.append((line_moments(rest, grid.size[1]), line_moments(np.ascontiguousarray(rest.T), grid.size[0])))
    if first is None:
        raise InputError("no image", needed=f"flat fields to measure {_PROCEDURE}")
    mean, local = float(np.mean(means)), float(np.mean(variances))
    shared = [max(float(np.mean([pair[axis].shared.mean() for pair in found])), 0.0) for axis in (0, 1)]
    without_lines = max(local - sum(shared), np.finfo(float).tiny)
    columns, rows = (
        _profile(
            [pair[axis] for pair in found],
            start=grid.area[1 - axis].start,
            window=grid.size[1 - axis],
            line_length=length[axis],
            variances=(local, without_lines),
            mean=mean,
        )
        for axis in (0, 1)
    )
    return LineNoise(
        columns=columns,
        rows=rows,
        local_noise_fraction=np.sqrt(local).item() / mean,
        mean_signal=mean,
        signal_unit=first.unit,
        image_count=len(found),
        roi_mm=roi_mm,
        border_mm=border_mm,
        pixel_pitch_mm=first.pitch,
        provenance=provenance_of(
            first,
            algorithm="line_noise",
            version=ALGORITHM_VERSION,
            parameters={
                "roi_mm": roi_mm,
                "border_mm": border_mm,
                "parts": PARTS,
                "confidence": CONFIDENCE,
                "pixel_pitch_rows_mm": first.pitch[0],
                "pixel_pitch_columns_mm": first.pitch[1],
            },
            warnings=tuple(dict.fromkeys(warnings)),
        ),
    )


def _grid(signal: SignalImage, roi_mm: float, border_mm: float) -> TileGrid:
    grid = tile_grid(signal, roi_mm, border_mm, least_px=_LEAST_TILE_PX)
    if min(grid.rows.size, grid.columns.size) < _LEAST_TILES:
        raise NotMeasurableError(
            "smaller_than_roi",
            f"{grid.rows.size} × {grid.columns.size} tiles of {roi_mm:g} mm inside the border",
            needed=f"{_LEAST_TILES} or more in both directions",
            remedy="use an image of the whole detector, or a smaller roi_mm and border_mm",
            source=signal.source,
        )
    return grid


def _without_trend(signal: SignalImage, area: tuple[slice, slice]) -> Floats:
    """Field less its quadratic surface; 0 where masked."""
    masked = None if signal.padding is None else signal.padding[area]
    share = 0.0 if masked is None else float(masked.mean())
    if share > _MASKED:
        raise NotMeasurableError(
            "too_much_masked",
            f"{100.0 * share:.3g} % of the pixels inside the border are padding or not finite",
            needed=f"at most {100.0 * _MASKED:g} %, so that whole rows and columns can be averaged",
            remedy="use an image in which the beam covers the detector, or a wider border_mm",
            source=signal.source,
        )
    values = signal.values[area]
    rest = values - quadratic_surface(fit_quadratic(values, masked), values.shape)
    return rest if masked is None else np.where(masked, 0.0, rest)


def _profile(
    moments: list[LineMoments],
    *,
    start: int,
    window: int,
    line_length: int,
    variances: tuple[float, float],
    mean: float,
) -> LineProfile:
    local, without_lines = variances
    variance = float(np.mean([each.variance for each in moments]))
    shared = np.mean([each.shared for each in moments], axis=0)
    lines = max(float(shared.mean()), 0.0)
    low, high = (float(np.sqrt(max(end, 0.0))) / mean for end in mean_interval(shared, window))
    profile = moments[0].profile
    relative = float(np.sqrt(variance / local))
    return LineProfile(
        positions_px=start + (window | 1) // 2 + np.arange(profile.size, dtype=np.int64),
        deviations=profile / mean,
        relative_sd=relative,
        index=relative * float(np.sqrt(line_length)),
        index_expected=float(np.sqrt(max(variance - lines, 0.0) * line_length / without_lines)),
        noise_fraction=float(np.sqrt(lines)) / mean,
        noise_fraction_interval=(low, high),
        line_length_px=line_length,
    )
