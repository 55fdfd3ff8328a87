"""How well the parts of a stitched image fit at their seam."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics._arguments import as_length_mm, is_number
from xrayiq.metrics._image import Image, Pitch, SignalImage, as_signal, provenance_of
from xrayiq.metrics.seam import cross_wire_px, find_seam_px, signal_step
from xrayiq.metrics.wire_displacement import displacement_of, paired_wires
from xrayiq.metrics.wires import find_wires, wire_depth
from xrayiq.model import Measurement, Provenance, Result

ALGORITHM_VERSION: Final = 1
#: strip on either side of the seam that is left out, as parts may be blended there
GUARD_MM: Final = 2.0
#: least extent of a part across the seam
_LEAST_PART_MM: Final = 20.0
#: least difference of the slopes of two wires that tells an offset across the seam
_LEAST_SPREAD: Final = 0.05

Floats = NDArray[np.float64]
Axis = Literal["rows", "columns"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Stitching(Result):
    """Displacement of the second part of a stitched image against the first, at the middle of their seam.

    Parameters
    ----------
    offset_along_mm, offset_across_mm : float
        Displacement along the seam and across it; across, positive where the second part lies too far away, so that a
        length over the seam is too great by it.
    offset_along_uncertainty_mm, offset_across_uncertainty_mm : float
        Standard uncertainties from the scatter of the wires about their lines.
    angle_deg, angle_uncertainty_deg : float
        Rotation of the second part, from growing columns towards growing rows.
    signal_step_fraction : float or None
        Signal of the second part over that of the first at the seam, less 1; None without linear signal above
        zero.
    length_mm, length_error_mm : float or None
        Distance of the two cross wires over the seam, and what it differs by from the known one; None without.
    known_length_mm : float or None
        What it should be.
    seam_axis : {"rows", "columns"}
        Axis that crosses the seam.
    seam_px : float
        Place of the seam along it, half way between the last line of the first part and the first of the second.
    places_mm, slopes : 2-D arrays, one row per wire with its first and its second half
        Where the halves meet the seam, from the middle of the image, and their slope along it per length across it.
    provenance : Provenance
        Where the numbers come from.
    """

    offset_along_mm: float
    offset_across_mm: float
    offset_along_uncertainty_mm: float
    offset_across_uncertainty_mm: float
    angle_deg: float
    angle_uncertainty_deg: float
    signal_step_fraction: float | None
    length_mm: float | None
    length_error_mm: float | None
    known_length_mm: float | None
    seam_axis: Axis
    seam_px: float
    places_mm: Floats
    slopes: Floats
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """Offsets, angle, and signal step and length errors where they are measured."""
        found = [
            Measurement(quantity="stitch_offset_along", value=self.offset_along_mm),
            Measurement(quantity="stitch_offset_across", value=self.offset_across_mm),
            Measurement(quantity="stitch_angle", value=self.angle_deg),
        ]
        if self.signal_step_fraction is not None:
            found.append(Measurement(quantity="stitch_signal_step", value=self.signal_step_fraction))
        if self.length_error_mm is not None and self.known_length_mm is not None:
            found.append(Measurement(quantity="stitch_length_error", value=self.length_error_mm))
            relative = self.length_error_mm / self.known_length_mm
            found.append(Measurement(quantity="stitch_length_error_fraction", value=relative))
        return tuple(found)


def measure_stitching(
    image: Image,
    *,
    seam_axis: Axis = "rows",
    seam_px: float | None = None,
    known_length_mm: float | None = None,
    pixel_pitch_mm: Pitch | None = None,
) -> Stitching:
    """Offset, angle, signal step and length error at the seam of a stitched image of slanted wires.

    Parameters
    ----------
    image : Radiograph or 2-D array
        Two parts put together, of straight wires that run over the seam at two slopes or more, within 40 degrees of the
        perpendicular to it. Geometry is also measured on presentation images and on such of unknown response. Padding
        counts as its surroundings.
    seam_axis : {"rows", "columns"}
        Axis that crosses the seam: ``"rows"`` for parts one above the other.
    seam_px : float, optional
        Place of the seam along it; without, it is where the signal or its noise steps.
    known_length_mm : float, optional
        True distance of two wires parallel to the seam, one on either side, in the plane that the pitch holds for.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Wins over the header's.

    Returns
    -------
    Stitching
        Displacement of the second part (lower or right), at the middle of the seam.

    Raises
    ------
    InputError
        An argument cannot be used, or the seam lies off the image.
    NotMeasurableError
        ``no_seam`` where none is given and none shows; ``part_too_small`` where a part reaches less than 20 mm from the
        seam; ``no_wires`` where less than two wires run over the seam; ``wires_parallel`` where their slopes differ by
        less than 0.05; ``no_cross_wires`` where a length is to be measured; or as any image without pitch or content.

    Notes
    -----
    In each part, at more than 2 mm from the seam, wires are found by a Hough transform and their lines fitted to
    centroids in a window that moves with the line. A wire with the slope b that meets the seam at a₁ and, in the second
    part, at a₂ with b₂ gives α = atan b₁ − atan b₂ and a₂ − a₁ cos α + b₂ a₁ sin α = Δ_along − b₂ Δ_across; all wires
    together give both offsets by least squares. Signal step: straight lines through the signal beside the wires within
    10 mm of the seam, at the seam. Length: between the darkest lines parallel to the seam on either side, in the middle
    of the image.
    """
    if seam_axis not in ("rows", "columns"):
        raise InputError(f"seam_axis={seam_axis!r}", needed='"rows" (parts one above the other) or "columns"')
    known = None if known_length_mm is None else as_length_mm("known_length_mm", known_length_mm)
    signal = as_signal(image, procedure="stitching", pixel_pitch_mm=pixel_pitch_mm, needs_signal=False)
    across_mm, along_mm = signal.pitch if seam_axis == "rows" else signal.pitch[::-1]
    values = _turned(signal, seam_axis)
    seam = _seam(signal, values, seam_px, across_mm)
    guard = round(GUARD_MM / across_mm)
    stop, start = int(np.floor(seam)) + 1 - guard, int(np.floor(seam)) + 1 + guard
    depth = wire_depth(values, column_pitch_mm=along_mm)
    first = find_wires(depth[:stop], origin_px=seam, column_pitch_mm=along_mm)
    second = find_wires(depth[start:], origin_px=seam - start, column_pitch_mm=along_mm)
    middle = (values.shape[1] - 1) / 2
    pairs = paired_wires(first, second, middle=middle, along_mm=along_mm, across_mm=across_mm)
    _check_wires(signal, pairs, len(first), len(second))
    shift = displacement_of(pairs)
    turn = 1.0 if seam_axis == "rows" else -1.0
    length = None if known is None else _length(signal, values, seam, across_mm, along_mm)
    return Stitching(
        offset_along_mm=shift.along_mm,
        offset_across_mm=shift.across_mm,
        offset_along_uncertainty_mm=shift.along_uncertainty_mm,
        offset_across_uncertainty_mm=shift.across_uncertainty_mm,
        angle_deg=turn * float(np.rad2deg(shift.angle_rad)),
        angle_uncertainty_deg=float(np.rad2deg(shift.angle_uncertainty_rad)),
        signal_step_fraction=(
            None if signal.unit == "stored" else signal_step(values, seam_px=seam, guard_px=guard, pitch_mm=across_mm)
        ),
        length_mm=length,
        length_error_mm=None if length is None or known is None else length - known,
        known_length_mm=known,
        seam_axis=seam_axis,
        seam_px=seam,
        places_mm=pairs[:, [0, 2]],
        slopes=pairs[:, [1, 3]],
        provenance=provenance_of(
            signal,
            algorithm="stitching",
            version=ALGORITHM_VERSION,
            parameters={
                "seam_axis": seam_axis,
                "seam": "found" if seam_px is None else "given",
                "known_length_mm": known,
                "guard_mm": GUARD_MM,
            },
        ),
    )


def _turned(signal: SignalImage, seam_axis: Axis) -> Floats:
    """Signal with the seam along a row; padding has the median."""
    values = signal.values
    if signal.padding is not None:
        values = np.where(signal.padding, np.median(values[~signal.padding]), values)
    return np.ascontiguousarray(values if seam_axis == "rows" else values.T)


def _seam(signal: SignalImage, values: Floats, seam_px: float | None, across_mm: float) -> float:
    least = _LEAST_PART_MM / across_mm
    if seam_px is None:
        seam = find_seam_px(values, least_px=round(least))
        if seam is None:
            raise NotMeasurableError(
                "no_seam",
                "no line where the signal steps",
                needed="the place of the seam",
                remedy="give seam_px",
                source=signal.source,
            )
    elif is_number(seam_px) and 0 <= seam_px <= values.shape[0] - 1:
        seam = float(seam_px)
    else:
        raise InputError(f"seam_px={seam_px!r}", needed=f"a place from 0 to {values.shape[0] - 1} on the image")
    reach = min(seam, values.shape[0] - 1 - seam) * across_mm
    if reach < _LEAST_PART_MM:
        raise NotMeasurableError(
            "part_too_small",
            f"part that reaches {reach:.1f} mm from the seam",
            needed=f"{_LEAST_PART_MM:g} mm or more on either side",
            remedy="check the place of the seam",
            source=signal.source,
        )
    return seam


def _check_wires(signal: SignalImage, pairs: Floats, first: int, second: int) -> None:
    if len(pairs) < 2:
        raise NotMeasurableError(
            "no_wires",
            f"{len(pairs)} wires over the seam, of {first} in the first part and {second} in the second",
            needed="two or more at different slopes, seen in half of either part",
            remedy="check the place and axis of the seam and the object",
            source=signal.source,
        )
    spread = float(np.ptp(pairs[:, 1]))
    if spread < _LEAST_SPREAD:
        raise NotMeasurableError(
            "wires_parallel",
            f"wires whose slopes differ by {spread:.3f} at most",
            needed=f"{_LEAST_SPREAD:g} or more, to tell an offset across the seam",
            remedy="lay a second wire at another angle",
            source=signal.source,
        )


def _length(signal: SignalImage, values: Floats, seam: float, across_mm: float, along_mm: float) -> float:
    places = cross_wire_px(values, seam_px=seam, guard_px=round(GUARD_MM / across_mm), pitch_mm=(across_mm, along_mm))
    if places is None:
        raise NotMeasurableError(
            "no_cross_wires",
            "no wire parallel to the seam on either side of it",
            needed="one in each part, to measure the length over the seam",
            remedy="leave known_length_mm out, or check the object",
            source=signal.source,
        )
    return (places[1] - places[0]) * across_mm
