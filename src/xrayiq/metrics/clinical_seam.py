"""Seams of stitched images and detector tiles in one clinical image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics._field_cells import PART_CELLS, check_pixel_size, field_cells, line_averages
from xrayiq.metrics._image import Image, Pitch, SignalImage, as_radiograph, as_signal, provenance_of
from xrayiq.metrics.collimation import find_collimation
from xrayiq.model import Measurement, Provenance, Result

ALGORITHM_VERSION: Final = 1
#: averages that a line needs inside the field, and the part of the field's greatest number of them
FEWEST_PARTS: Final = 6
WHOLE_PART: Final = 0.8
#: robust standard deviations of a step that is one
STEP_LIMIT_SD: Final = 7.0
#: least step that is one
LEAST_STEP: Final = 0.002
#: part of the step that either half of the line, and the means over three cells on either side, have to show
CONFIRMED_PART: Final = 0.5
#: part of the step by which the slope of the signal may differ between the sides: that of a rounded body does by more
BEND_PART: Final = 0.4
#: greatest step that is one: more is the edge of an object
MOST_STEP: Final = 0.2
#: part of the step that lies within two pixels; of that of blurred anatomy less does
SHARP_PART: Final = 0.7
#: cells from a seam at which nothing of its step is left
APART_CELLS: Final = 4
#: cells on either side that the step is told from
REACH_CELLS: Final = 6
_SD_PER_MAD: Final = 1.4826
#: standard error of a median over that of a mean
_MEDIAN_ERROR: Final = 1.2533

Orientation = Literal["row", "column"]
Floats = NDArray[np.float32]
#: in the order of `line_averages`
_ORIENTATIONS: Final[tuple[Orientation, Orientation]] = ("column", "row")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ClinicalSeam(Result):
    """Worst straight seam through the field of one clinical image.

    Parameters
    ----------
    orientation : {"row", "column"} or None
        A column seam runs from top to bottom; None where no seam stands out.
    position_px : float or None
        Place across it, within the side of a cell; centres of pixels are integers from 0.
    step_fraction : float or None
        Signal behind the seam over that before it, less 1; None without a seam or without linear signal.
    step_sd : float or None
        Its step in standard deviations of its noise and of the anatomy.
    least_step_fraction : float or None
        Step that would have been told from both; None without linear signal.
    cell_px : int
        Side of the cells compared.
    signal_unit : str
        ``"stored"`` where the image has no linear signal.
    provenance : Provenance
        Algorithm, parameters and warnings.
    """

    orientation: Orientation | None
    position_px: float | None
    step_fraction: float | None
    step_sd: float | None
    least_step_fraction: float | None
    cell_px: int
    signal_unit: str
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """Size of the step, 0 without a seam; nothing where there is one of unknown contrast."""
        if self.orientation is None:
            return (Measurement(quantity="seam_contrast", value=0.0),)
        if self.step_fraction is None:
            return ()
        return (Measurement(quantity="seam_contrast", value=abs(self.step_fraction)),)


def find_clinical_seam(image: Image, *, pixel_pitch_mm: Pitch | None = None) -> ClinicalSeam:
    """Worst straight seam of detector tiles or stitched parts that runs through the field of a clinical image.

    Parameters
    ----------
    image : Radiograph or 2-D array
        One clinical image. The size of the step needs linear signal; without, a seam is found in the stored values.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Wins over the header's.

    Returns
    -------
    ClinicalSeam
        The line along a row or column whose step is greatest; without orientation where none stands out.

    Raises
    ------
    InputError
        The array is not a non-empty 2-D array of numbers, or the pitch is not positive.
    NotMeasurableError
        ``only_padding``, ``constant_image``, ``all_saturated``, ``image_too_small``; ``field_too_small`` where the
        field has less than 96 cells (some 5 cm) along rows or columns; ``pixels_too_large`` above 0.5 mm.

    Notes
    -----
    Of the logarithm of the signal in cells of about half a millimetre, means over 16 cells along the line; the step of
    each is the difference of the two cells beside one, less what the slope on either side explains. The median over the
    line does not see edges of anatomy, which cross it in a few places. Its noise is the greater of two: the standard
    error from the scatter along the line, and the robust scatter of such medians over all lines. A step counts from 7
    times that and 0.2 % on, if both halves of the line and the means over three cells on either side show half of it,
    which a single defective line does not, and if the slope is alike on both, as it is not beside a rounded body, and
    the lines four cells away show less than half. Seams that part of the field shows only, or that are blended over
    more than some 3 mm, or lie within 6 mm of the field's border, are not found.
    """
    radiograph = as_radiograph(image)
    signal = as_signal(
        radiograph, procedure="seams", pixel_pitch_mm=pixel_pitch_mm, needs_pitch=False, needs_signal=False
    )
    check_pixel_size(signal)
    field = find_collimation(radiograph, pixel_pitch_mm=pixel_pitch_mm)
    cells = field_cells(signal, field)
    linear = signal.unit != "stored"
    found = [
        _worst(
            levels,
            _Across(signal, cells.cell_px, orientation),
            limits=(LEAST_STEP, MOST_STEP) if linear else (0.0, np.inf),
        )
        for levels, orientation in zip(line_averages(signal, field), _ORIENTATIONS, strict=True)
    ]
    if not any(each.lines for each in found):
        raise NotMeasurableError(
            "field_too_small",
            "no line through the field long enough to tell a seam from anatomy",
            needed=f"{FEWEST_PARTS * PART_CELLS * cells.cell_px} pixels in the field along rows or columns",
            remedy="use the whole image, not a cut-out of it",
            source=signal.source,
        )
    number = 0 if found[0].step_sd >= found[1].step_sd else 1
    seen = [index for index in (number, 1 - number) if found[index].is_seam]
    worst = found[seen[0] if seen else number]
    least = max((each.noise for each in found if each.lines), default=0.0) * STEP_LIMIT_SD
    return ClinicalSeam(
        orientation=_ORIENTATIONS[seen[0]] if seen else None,
        position_px=(worst.cell + 0.5) * cells.cell_px - 0.5 if seen else None,
        step_fraction=float(np.expm1(worst.step)) if seen and linear else None,
        step_sd=worst.step_sd if seen else None,
        least_step_fraction=max(LEAST_STEP, least) if linear else None,
        cell_px=cells.cell_px,
        signal_unit=signal.unit,
        provenance=provenance_of(
            signal,
            algorithm="clinical_seam",
            version=ALGORITHM_VERSION,
            parameters={"step_limit_sd": STEP_LIMIT_SD, "least_step": LEAST_STEP, "cell_px": cells.cell_px},
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """Line that steps most: its cell, step, step over noise, and whether it is a seam; number of lines looked at."""

    cell: int = 0
    step: float = 0.0
    step_sd: float = 0.0
    noise: float = 0.0
    is_seam: bool = False
    lines: int = 0


@dataclass(frozen=True, slots=True)
class _Across:
    """Signal across lines of an image, pixel by pixel."""

    signal: SignalImage
    cell_px: int
    orientation: Orientation

    def sharp_part(self, cell: int, parts: NDArray[np.bool_], step: float) -> float:
        """Part of the change about a cell that lies within two pixels, from the median over the parts that count."""
        first, last = (cell - 2) * self.cell_px, (cell + 3) * self.cell_px
        pixels = self.signal.radiograph.pixels
        pixels = pixels[:, first:last] if self.orientation == "column" else pixels[first:last].T
        long = PART_CELLS * self.cell_px
        values = self.signal.to_signal(np.ascontiguousarray(pixels[: parts.size * long]))
        means = values.reshape(parts.size, long, -1).mean(axis=1)[parts]
        if self.signal.unit != "stored":
            means = np.log(np.maximum(means, np.finfo(np.float64).tiny))
        steps = np.median(np.diff(means, axis=1), axis=0) * np.sign(step)
        steps -= np.median(steps)  # slope of the signal
        return float(np.convolve(steps, np.ones(2)).max() / max(abs(step), abs(float(steps.sum()))))


def _worst(levels: Floats, across: _Across, *, limits: tuple[float, float]) -> _Line:
    """Line of a field that steps most."""
    lines, parts = levels.shape
    if lines <= 2 * REACH_CELLS or parts < FEWEST_PARTS:
        return _Line()
    steps = _steps(levels)
    counts = np.count_nonzero(np.isfinite(steps), axis=1)
    enough = counts >= max(FEWEST_PARTS, WHOLE_PART * counts.max())
    if np.count_nonzero(enough) < 2 * REACH_CELLS:
        return _Line()
    medians, scatter = _medians(steps, counts)
    over_lines = _SD_PER_MAD * float(np.median(np.abs(medians[enough])))
    noise = np.maximum(_MEDIAN_ERROR * scatter / np.sqrt(np.maximum(counts, 1)), max(over_lines, 1e-9))
    score = np.where(enough, np.abs(medians) / noise, 0.0)
    order = np.argsort(-score, kind="stable")[:REACH_CELLS]
    first = int(order[0])
    found = _Line(
        cell=first + REACH_CELLS,
        step=float(medians[first]),
        step_sd=float(score[first]),
        noise=over_lines,
        lines=int(np.count_nonzero(enough)),
    )
    for line in map(int, order):
        step = float(medians[line])
        if score[line] < STEP_LIMIT_SD:
            break
        beside = [other for other in (line - APART_CELLS, line + APART_CELLS) if 0 <= other < medians.size]
        is_narrow = len(beside) == 2 and bool((enough & (np.abs(medians) <= CONFIRMED_PART * abs(step)))[beside].all())
        is_seam = limits[0] <= abs(step) <= limits[1] and is_narrow and _is_confirmed(levels, steps, line, step)
        if is_seam and across.sharp_part(line + REACH_CELLS, np.isfinite(steps[line]), step) >= SHARP_PART:
            return _Line(
                cell=line + REACH_CELLS,
                step=step,
                step_sd=float(score[line]),
                noise=found.noise,
                is_seam=True,
                lines=found.lines,
            )
    return found


def _steps(levels: Floats) -> Floats:
    """Step over each line but those at the border: that over its neighbours, less the mean of those beside these."""
    size = levels.shape[0] - 2 * REACH_CELLS
    at = {apart: levels[REACH_CELLS + apart : REACH_CELLS + apart + size] for apart in (-3, -1, 1, 3)}
    return np.float32(1.5) * (at[1] - at[-1]) - np.float32(0.5) * (at[3] - at[-3])


def _medians(steps: Floats, counts: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Median along each line, and the standard deviation that the middle half of its parts lets expect."""
    ordered = np.sort(steps, axis=1)  # what is not finite comes last
    every, last = np.arange(steps.shape[0]), np.maximum(counts - 1, 0)
    lower, upper = (ordered[every, (last + more) // 2].astype(np.float64) for more in (0, 1))
    quarters = ordered[every, np.rint(0.75 * last).astype(int)] - ordered[every, np.rint(0.25 * last).astype(int)]
    return (lower + upper) / 2.0, quarters.astype(np.float64) / 1.349


def _is_confirmed(levels: Floats, steps: Floats, line: int, step: float) -> bool:
    """Whether both halves of a line and the means over three cells beside it step the same way."""
    own = steps[line]
    half = own.size // 2
    middle = line + REACH_CELLS
    near = [levels[middle + start : middle + start + 3].mean(axis=0) for start in (-6, -3, 1, 4)]
    wide = near[2] - near[1] - np.float32(2.0 / 3.0) * (near[3] - near[2] + near[1] - near[0])
    shown = [float(np.nanmedian(part)) for part in (own[:half], own[half:], wide) if np.isfinite(part).any()]
    bend = levels[middle + 3] - levels[middle + 1] - levels[middle - 1] + levels[middle - 3]
    if len(shown) < 3 or abs(float(np.nanmedian(bend))) > BEND_PART * abs(step):
        return False
    return all(part * np.sign(step) >= CONFIRMED_PART * abs(step) for part in shown)
