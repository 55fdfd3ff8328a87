"""Artefacts of a detector from its flat fields: seams, low frequencies, spots, grid lines and grid cut-off."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics._arguments import is_number
from xrayiq.metrics._image import Pitch, SignalImage, provenance_of
from xrayiq.metrics._image_sequence import Images, images_as_signals
from xrayiq.metrics.artefact_blobs import BLOB_LIMIT_SD, Blob, blobs_in
from xrayiq.metrics.artefact_field import BLOCK_PX, FlatField, flatten, robust_sd
from xrayiq.metrics.artefact_peaks import AROUND_BINS, PEAK_OVER_MEDIAN, AveragePower, GridPeak, alias_per_mm, peaks_in
from xrayiq.metrics.artefact_seams import LEAST_STEP, STEP_LIMIT_SD, Seam, seams_in, without_seams
from xrayiq.metrics.defect_frames import average_frames
from xrayiq.model import Measurement, Provenance, Result

ALGORITHM_VERSION: Final = 1
#: least rows and columns: 16 blocks, and 8 periods of a wave
_LEAST_SIDE_PX: Final = 128
#: a block deviates if it is out of the noise by this many standard deviations
_LOW_FREQUENCY_SD: Final = 6.0
#: part of the field at either side whose means make the left-right ratio
_SIDE_PART: Final = 0.1
#: spots closer than this to two seams that cross are the corner of a tile
_CORNER_PX: Final = 40.0

Signals = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Artefacts(Result):
    """What a flat field shows beside noise and defective pixels.

    Parameters
    ----------
    seams : tuple of Seam
        Steps along rows and columns, the largest first.
    blobs : tuple of Blob
        Round spots of 1 to 10 mm, the most significant first.
    peaks : tuple of GridPeak
        Waves through the whole image, the strongest first.
    deviation_map : 2-D array of float32
        Signal over its quadratic fit, less 1, in blocks of 8 × 8 pixels.
    deviating_fraction : float
        Part of the blocks that deviate by more than `low_frequency_beyond` and out of the noise.
    largest_deviation_fraction : float
        Deviation of the block that deviates most, after a median over 3 × 3 blocks, with its sign.
    along_rows, along_columns : AveragePower
        Average power of the rows over the frequency along them, and of the columns.
    slope_rows_fraction, slope_columns_fraction : float
        Linear term of the quadratic fit from the middle to the last row or column, over the signal in the middle.
    side_ratio_rows, side_ratio_columns : float
        Mean signal of the upper tenth of the field over that of the lower one, and of the left over the right one.
    grid_line_density_per_mm : float or None
        As given.
    expected_alias_per_mm : float or None
        Frequency at which lines of that density show along columns.
    image_count : int
        Flat fields.
    image_shape_px : tuple of (int, int)
        Rows and columns.
    pixel_pitch_mm : tuple of (float, float)
        Distance of neighbouring rows and of neighbouring columns.
    provenance : Provenance
        Where the numbers come from.
    """

    seams: tuple[Seam, ...]
    blobs: tuple[Blob, ...]
    peaks: tuple[GridPeak, ...]
    deviation_map: Signals
    deviating_fraction: float
    largest_deviation_fraction: float
    along_rows: AveragePower
    along_columns: AveragePower
    slope_rows_fraction: float
    slope_columns_fraction: float
    side_ratio_rows: float
    side_ratio_columns: float
    grid_line_density_per_mm: float | None
    expected_alias_per_mm: float | None
    image_count: int
    image_shape_px: tuple[int, int]
    pixel_pitch_mm: tuple[float, float]
    provenance: Provenance

    @property
    def grid_peak(self) -> GridPeak | None:
        """Strongest wave that the grid explains; without a known density the strongest one."""
        named = [peak for peak in self.peaks if peak.grid_harmonic is not None]
        if self.grid_line_density_per_mm is None:
            named = list(self.peaks)
        return named[0] if named else None

    def measurements(self) -> tuple[Measurement, ...]:
        """Largest seam, low-frequency deviation, spots, waves, and the fall of the signal across a grid's lines."""
        values = [
            Measurement(quantity="seams", value=float(len(self.seams))),
            Measurement(
                quantity="largest_seam_step", value=max((abs(one.step_fraction) for one in self.seams), default=0.0)
            ),
            Measurement(quantity="low_frequency_deviation", value=abs(self.largest_deviation_fraction)),
            Measurement(quantity="low_frequency_area", value=self.deviating_fraction),
            Measurement(quantity="blobs", value=float(len(self.blobs))),
            Measurement(quantity="spectral_peaks", value=float(len(self.peaks))),
            Measurement(
                quantity="largest_peak_amplitude",
                value=max((one.amplitude_fraction for one in self.peaks), default=0.0),
            ),
        ]
        grid = self.grid_peak
        if grid is not None:
            columns = grid.across == "columns"
            slope = self.slope_columns_fraction if columns else self.slope_rows_fraction
            ratio = self.side_ratio_columns if columns else self.side_ratio_rows
            values += [
                Measurement(quantity="grid_cut_off_slope", value=abs(slope), direction=grid.across),
                Measurement(quantity="grid_cut_off_ratio", value=max(ratio, 1.0 / ratio), direction=grid.across),
            ]
        return tuple(values)


def find_artefacts(
    images: Images,
    *,
    pixel_pitch_mm: Pitch | None = None,
    grid_line_density_per_mm: float | None = None,
    low_frequency_beyond: float = 0.02,
) -> Artefacts:
    """Seams, low-frequency artefacts, spots and grid lines of a detector from its flat fields.

    Parameters
    ----------
    images : Radiograph, 2-D array, or sequence of them
        Flat fields of one detector and size in which the beam covers the whole image; they are averaged. A bare array
        is taken as linear. Masked pixels take no part.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Pixel pitch; wins over the header's.
    grid_line_density_per_mm : float, optional
        Lines per mm of the anti-scatter grid as it stands at the detector; with it the peaks that it explains are
        named.
    low_frequency_beyond : float
        Deviation from the quadratic fit, either way, that is tolerated.

    Returns
    -------
    Artefacts
        Without artefacts the tuples are empty.

    Raises
    ------
    InputError
        No image; images of different size, pixel pitch or response; a density or limit that is no number above 0.
    NotMeasurableError
        ``too_small`` below 128 rows or columns; ``partly_saturated``; ``no_noise``; ``signal_not_positive``;
        ``no_pixel_spacing``; ``constant_image``; ``presentation_image``; or as any image without linear signal.

    Notes
    -----
    Single defective pixels and lines of up to two pixels are replaced by the median around first. Seams: `seams_in` of
    ``xrayiq.metrics.artefact_seams``; spots: `blobs_in` of ``artefact_blobs``; waves: `peaks_in` of ``artefact_peaks``.
    Seams are taken back before spots and waves are sought. Low frequencies: means of 8 × 8 pixels over a quadratic fit
    that deviate by more than `low_frequency_beyond` and by 6 robust standard deviations of a block.

    A grid that is off centre, tilted or turned lets the signal fall across its lines: slope and ratio of the sides are
    given as a measurement where a wave is found, in its direction. The heel effect does the same along the tube's axis.

    Source: step over 5 pixels, deviation of 2 % in 8-pixel blocks, 1 to 10 mm, peaks above 6 medians and the alias are
    common practice, limits not verified against a document.
    """
    for name, value in (
        ("grid_line_density_per_mm", grid_line_density_per_mm),
        ("low_frequency_beyond", low_frequency_beyond),
    ):
        if value is not None and not (is_number(value) and value > 0):
            raise InputError(f"{name}={value!r}", needed="a number above 0", remedy=f"give {name} as a number")
    frames = average_frames(
        _large_enough(signal)
        for signal in images_as_signals(images, procedure="artefacts of the detector", pixel_pitch_mm=pixel_pitch_mm)
    )
    field = flatten(frames)
    _check_noise(field, frames.first)
    pitch = frames.first.pitch
    seams = seams_in(field.values, masked=field.masked)
    smooth = without_seams(field.values, seams)
    blobs = blobs_in(smooth, pitch_mm=math.sqrt(pitch[0] * pitch[1]))
    peaks, along_rows, along_columns = peaks_in(
        smooth, pitch_mm=pitch, grid_line_density_per_mm=grid_line_density_per_mm
    )
    deviating, largest = _low_frequencies(field, low_frequency_beyond)
    rows, columns = field.values.shape
    density = grid_line_density_per_mm
    return Artefacts(
        seams=seams,
        blobs=tuple(blob for blob in blobs if not _is_corner(blob, seams) and not _is_masked(blob, field)),
        peaks=peaks,
        deviation_map=field.blocks - np.float32(1.0),
        deviating_fraction=deviating,
        largest_deviation_fraction=largest,
        along_rows=along_rows,
        along_columns=along_columns,
        slope_rows_fraction=_slope(field.trend.mean(axis=1)),
        slope_columns_fraction=_slope(field.trend.mean(axis=0)),
        side_ratio_rows=_side_ratio((field.trend * field.blocks).mean(axis=1)),
        side_ratio_columns=_side_ratio((field.trend * field.blocks).mean(axis=0)),
        grid_line_density_per_mm=density,
        expected_alias_per_mm=None if density is None else alias_per_mm(density, pitch[1]),
        image_count=frames.count,
        image_shape_px=(rows, columns),
        pixel_pitch_mm=pitch,
        provenance=provenance_of(
            frames.first,
            algorithm="artefacts",
            version=ALGORITHM_VERSION,
            parameters={
                "grid_line_density_per_mm": density,
                "low_frequency_beyond": float(low_frequency_beyond),
                "block_px": BLOCK_PX,
                "least_step": LEAST_STEP,
                "step_limit_sd": STEP_LIMIT_SD,
                "blob_limit_sd": BLOB_LIMIT_SD,
                "peak_over_median": PEAK_OVER_MEDIAN,
                "peak_around_bins": AROUND_BINS,
            },
        ),
    )


def _large_enough(signal: SignalImage) -> SignalImage:
    rows, columns = signal.values.shape
    if min(rows, columns) < _LEAST_SIDE_PX:
        raise NotMeasurableError(
            "too_small",
            f"image of {rows} × {columns} pixels",
            needed=f"{_LEAST_SIDE_PX} rows and columns or more",
            remedy="use an image of the whole detector",
            source=signal.source,
        )
    return signal


def _check_noise(field: FlatField, first: SignalImage) -> None:
    noise = robust_sd(field.values[1:, 1:] - field.values[:-1, :-1])
    if noise <= 1e-6:
        raise NotMeasurableError(
            "no_noise",
            f"noise of {noise:.1g} of the signal",
            needed="a flat field with its noise, which artefacts are told from",
            remedy="use an unprocessed exposure; lower the range compression if values were rounded",
            source=first.source,
        )


def _low_frequencies(field: FlatField, beyond: float) -> tuple[float, float]:
    """Part of the blocks that deviate, and the largest deviation of a median over 3 × 3 blocks."""
    deviations = field.blocks - np.float32(1.0)
    noise = robust_sd(field.blocks - cv2.medianBlur(field.blocks, 5))
    share = float(np.mean(np.abs(deviations) > max(beyond, _LOW_FREQUENCY_SD * noise)))
    middle = cv2.medianBlur(field.blocks, 3) - np.float32(1.0)
    return share, float(middle.ravel()[np.abs(middle).argmax()])


def _slope(profile: Signals) -> float:
    """Linear term of a parabola over −1 to 1, over its value in the middle."""
    fit = np.polynomial.polynomial.polyfit(np.linspace(-1.0, 1.0, profile.size), profile.astype(np.float64), 2)
    return float(fit[1] / fit[0])


def _side_ratio(profile: Signals) -> float:
    count = max(1, round(_SIDE_PART * profile.size))
    return float(profile[:count].mean() / profile[-count:].mean())


def _is_corner(blob: Blob, seams: tuple[Seam, ...]) -> bool:
    """Whether seams of both directions end or cross near a spot."""
    near = set()
    for seam in seams:
        across, along = (blob.column_px, blob.row_px) if seam.orientation == "column" else (blob.row_px, blob.column_px)
        beside = max(seam.start_px - along, along - seam.start_px - seam.length_px, 0.0)
        if abs(across - seam.index_px) < _CORNER_PX and beside < _CORNER_PX:
            near.add(seam.orientation)
    return len(near) == 2


def _is_masked(blob: Blob, field: FlatField) -> bool:
    return field.masked is not None and bool(field.masked[round(blob.row_px), round(blob.column_px)])
