"""Contrast transfer and MTF from a bar pattern (Coltman)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics._image import Image, Pitch, SignalImage, as_signal, provenance_of
from xrayiq.metrics.bar_wave import BarWave, fit_bar_wave
from xrayiq.metrics.coltman import mtf_from_contrast
from xrayiq.metrics.edge_finding import Across
from xrayiq.metrics.edge_spread import first_crossing
from xrayiq.metrics.regions import Region, bounding_box, region_mask
from xrayiq.model import Measurement, Provenance, Result

Floats = NDArray[np.float64]

ALGORITHM_VERSION: Final = 1
#: periods that a group's region must hold, and pixels along its bars
LEAST_PERIODS: Final = 1.5
LEAST_LINES: Final = 12
#: difference of bright and dark region over the noise of a pixel
LEAST_CONTRAST: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class BarPattern(Result):
    """Contrast transfer and MTF of a bar pattern, group by group.

    Parameters
    ----------
    frequencies_per_mm : 1-D array
        Line pairs per mm of the groups as found in the image, across the bars, rising.
    engraved_per_mm : 1-D array
        As given.
    contrast_transfer : 1-D array
        Contrast between the middles of bars and gaps over that of the bright and the dark region; not below 0, since
        nothing tells bars from gaps where a group is turned over.
    contrast_uncertainty : 1-D array
        Its standard uncertainty from the noise in group and regions.
    mtf_values : 1-D array
        Presampled MTF by Coltman's series.
    terms : 1-D array of int
        Terms of the series that the groups allow, at least 1 (the group's own contrast).
    missing : 1-D array
        The most that the first missing term could add to or take from the MTF.
    f50_per_mm : float or None
        Where the MTF first falls to 0.5, by linear interpolation between groups; None where it does not.
    bar_angle_deg : float
        Angle between the bars and the nearer pixel axis, in the finest group that stands out of the noise.
    across : {"columns", "rows"}
        Axis that crosses the bars.
    nyquist_per_mm : float
        1 / (2 · pixel pitch) along it.
    provenance : Provenance
        Algorithm, parameters and warnings.
    """

    frequencies_per_mm: Floats
    engraved_per_mm: Floats
    contrast_transfer: Floats
    contrast_uncertainty: Floats
    mtf_values: Floats
    terms: NDArray[np.int64]
    missing: Floats
    f50_per_mm: float | None
    bar_angle_deg: float
    across: Across
    nyquist_per_mm: float
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """Frequency of 50 %, where it is reached, and the contrast transfer of the highest group."""
        found = [] if self.f50_per_mm is None else [("bar_mtf_f50", self.f50_per_mm)]
        found.append(("bar_contrast_highest_group", float(self.contrast_transfer[-1])))
        return tuple(Measurement(quantity=name, value=value, direction=self.across) for name, value in found)


def measure_bar_pattern(
    image: Image,
    *,
    frequencies_per_mm: ArrayLike,
    groups: Sequence[Region],
    bright: Region,
    dark: Region,
    across: Across,
    pixel_pitch_mm: Pitch | None = None,
) -> BarPattern:
    """Contrast transfer of each group of a bar pattern, and the MTF by Coltman's series.

    Parameters
    ----------
    image : Radiograph or 2-D array
        Image of the pattern; a bare array is taken as linear. Pixels that are padding or not finite are left out.
    frequencies_per_mm : sequence of float
        Line pairs per mm of the groups as engraved, rising, each above 0.
    groups : sequence of regions
        For each, (row_start, row_stop, column_start, column_stop) with stops exclusive, or the bounding box of a mask:
        bars and gaps only, best without the outermost bars.
    bright, dark : region
        A large part without absorber, and one behind as much of it as the bars are: contrast at frequency 0.
    across : {"columns", "rows"}
        Axis that crosses the bars.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Wins over the header's; a bare array needs it.

    Returns
    -------
    BarPattern
        Frequencies as they stand in the image: magnification and a tilt of up to 15 degrees are found.

    Raises
    ------
    InputError
        Frequencies that do not rise from above 0, another number of groups than of frequencies, a region off the image,
        or no such axis.
    NotMeasurableError
        ``smaller_than_roi`` for a group of less than 1.5 periods or 12 pixels along the bars; ``low_contrast``;
        ``no_bars`` where the first group shows no wave; ``bars_on_pixels`` where the pixels meet the bars in too few
        phases; or as any image without linear signal, pixel pitch or content.

    Notes
    -----
    In each group the fundamental's direction and period are found by least squares, then its odd harmonics up to the
    first zero of the aperture: tilted bars are sampled in many phases, so that the contrast is the presampled one and
    that of groups beyond the Nyquist frequency too. With C the contrast transfer,

    MTF(f) = π/4 · [C(f) + C(3f)/3 − C(5f)/5 + C(7f)/7 + C(11f)/11 − C(13f)/13 …]

    C(kf) is interpolated between groups by a monotonic cubic through C(0) = 1; terms beyond the highest group are
    left out.

    Source: J. W. Coltman, J. Opt. Soc. Am. 44 (1954).
    """
    if across not in ("columns", "rows"):
        raise InputError(f"across {across!r}", needed='"columns" or "rows"')
    engraved = _checked_frequencies(frequencies_per_mm, len(groups))
    signal = as_signal(image, procedure="the bar pattern", pixel_pitch_mm=pixel_pitch_mm)
    values = signal.values if signal.padding is None else np.where(signal.padding, np.nan, signal.values)
    step, step_error = _step(signal, values, bright, dark)
    upright = across == "columns"
    pitch = signal.pitch if upright else (signal.pitch[1], signal.pitch[0])
    waves: list[BarWave] = []
    for frequency, group in zip(engraved, groups, strict=True):
        part = values[_box(group, values.shape)]
        part = part if upright else part.T
        _check_size(signal, part, float(frequency), pitch)
        before = waves[-1] if waves else None
        ratio = 1.0 if before is None else before.frequency_per_mm / float(engraved[len(waves) - 1])
        wave = fit_bar_wave(part, pitch_mm=pitch, frequency_per_mm=float(frequency), before=before, ratio=ratio)
        _check_wave(signal, wave, float(frequency), first=before is None)
        waves.append(wave)
    found = np.array([wave.frequency_per_mm for wave in waves])
    contrast = np.array([wave.difference for wave in waves]) / step
    errors = np.hypot([wave.difference_error / step for wave in waves], contrast * step_error / step)
    mtf, terms, missing = mtf_from_contrast(found, contrast)
    faint = [f"{frequency:g}" for frequency, wave in zip(engraved, waves, strict=True) if not wave.significant]
    return BarPattern(
        frequencies_per_mm=found,
        engraved_per_mm=engraved,
        contrast_transfer=contrast,
        contrast_uncertainty=errors,
        mtf_values=mtf,
        terms=terms,
        missing=missing,
        f50_per_mm=first_crossing(np.append(0.0, found), np.append(1.0, mtf), 0.5),
        bar_angle_deg=float(np.degrees(abs([wave for wave in waves if wave.significant][-1].angle_rad))),
        across=across,
        nyquist_per_mm=0.5 / pitch[1],
        provenance=provenance_of(
            signal,
            algorithm="bar_pattern",
            version=ALGORITHM_VERSION,
            parameters={
                "across": across,
                "groups": len(waves),
                "row_pitch_mm": signal.pitch[0],
                "column_pitch_mm": signal.pitch[1],
            },
            warnings=[f"no wave above the noise at {', '.join(faint)} per mm"] if faint else (),
        ),
    )


def _checked_frequencies(frequencies_per_mm: ArrayLike, groups: int) -> Floats:
    engraved = np.asarray(frequencies_per_mm, dtype=np.float64)
    rising = engraved.ndim == 1 and engraved.size > 0 and bool(np.all(np.diff(engraved, prepend=0.0) > 0.0))
    if not rising or not np.isfinite(engraved).all():
        raise InputError(f"frequencies_per_mm={frequencies_per_mm!r}", needed="rising numbers above 0, one per group")
    if engraved.size != groups:
        raise InputError(f"{engraved.size} frequencies and {groups} groups", needed="one region for each frequency")
    return engraved


def _box(region: Region, shape: tuple[int, ...]) -> tuple[slice, slice]:
    top, bottom, left, right = bounding_box(region_mask(region, (shape[0], shape[1]), name="group"))
    return slice(top, bottom), slice(left, right)


def _step(signal: SignalImage, values: Floats, bright: Region, dark: Region) -> tuple[float, float]:
    """Distance of the bright from the dark region's signal, and its standard error."""
    shape = (values.shape[0], values.shape[1])
    parts = [values[region_mask(region, shape, name=name)] for region, name in ((bright, "bright"), (dark, "dark"))]
    parts = [part[np.isfinite(part)] for part in parts]
    if min(part.size for part in parts) < 2:
        raise InputError("bright or dark region without pixels", needed="pixels that are not masked")
    step = abs(float(parts[0].mean() - parts[1].mean()))
    variances = [float(part.var(ddof=1)) for part in parts]
    noise = float(np.sqrt(np.mean(variances)))
    if step <= LEAST_CONTRAST * noise:
        raise NotMeasurableError(
            "low_contrast",
            f"bright and dark region {step / max(noise, 1e-300):.1f} times the noise apart",
            needed=f"more than {LEAST_CONTRAST:g} times",
            remedy="expose higher, or check the regions",
            source=signal.source,
        )
    return step, float(np.sqrt(sum(variance / part.size for variance, part in zip(variances, parts, strict=True))))


def _check_size(signal: SignalImage, part: Floats, frequency: float, pitch: tuple[float, float]) -> None:
    periods = part.shape[1] * pitch[1] * frequency
    if periods < LEAST_PERIODS or part.shape[0] < LEAST_LINES:
        raise NotMeasurableError(
            "smaller_than_roi",
            f"region of {periods:.1f} line pairs and {part.shape[0]} pixels along the bars at {frequency:g} per mm",
            needed=f"{LEAST_PERIODS:g} line pairs and {LEAST_LINES} pixels",
            remedy="use a larger region of the group",
            source=signal.source,
        )


def _check_wave(signal: SignalImage, wave: BarWave, frequency: float, *, first: bool) -> None:
    if first and not wave.significant:
        raise NotMeasurableError(
            "no_bars",
            f"wave of {wave.amplitude / max(wave.amplitude_error, 1e-300):.1f} times its error at {frequency:g} per mm",
            needed="bars that stand out of the noise in the first group",
            remedy="check regions, frequencies and the axis across the bars",
            source=signal.source,
        )
    if not wave.well_sampled:
        raise NotMeasurableError(
            "bars_on_pixels",
            f"bars of {frequency:g} per mm at {np.degrees(wave.angle_rad):.2f} deg, seen by pixels in too few phases",
            needed="bars tilted by a few degrees",
            remedy="turn the pattern by 2 to 10 deg",
            source=signal.source,
        )
