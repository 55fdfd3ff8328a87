"""Lines of an anti-scatter grid in one clinical image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics._field_cells import check_pixel_size
from xrayiq.metrics._image import Image, Pitch, SignalImage, as_radiograph, as_signal, provenance_of
from xrayiq.metrics._periodic_lines import PeriodicLines, periodic_lines
from xrayiq.metrics._profile_places import BAND_PX, ProfilePlaces, profile_places, profiles_of
from xrayiq.metrics.artefact_peaks import alias_per_mm
from xrayiq.metrics.collimation import Collimation, find_collimation
from xrayiq.model import Measurement, Provenance, Result

ALGORITHM_VERSION: Final = 1
#: probability of a wave in an image without any
FALSE_ALARM_RATE: Final = 1e-3
#: lengths of the profiles tried in turn, until there are enough
LENGTHS_PX: Final = (512, 384, 256, 192, 128)
ENOUGH_PROFILES: Final = 24
FEWEST_PROFILES: Final = 8
MOST_PROFILES: Final = 64
MOST_LINES: Final = 8
#: least contrast of lines: less cannot be seen, and ribs alike make as much
LEAST_CONTRAST: Final = 0.0015
#: imaged frequency agrees with that of a grid's stated pitch within this part of its line density
GRID_TOLERANCE: Final = 0.03

Across = Literal["columns", "rows"]
_DIRECTIONS: Final[tuple[Across, Across]] = ("columns", "rows")
StatedGrid = Literal["not_stated", "none", "stationary", "moving", "unspecified"]
_STATIONARY: Final = frozenset({"FIXED", "STATIONARY"})
_MOVING: Final = frozenset({"RECIPROCATING", "MOVING"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagedLines:
    """Parallel lines that run through an image.

    Parameters
    ----------
    frequency_per_px : float
        As imaged, up to 0.5: lines closer than that show their alias.
    frequency_per_mm : float or None
        The same over the distance of pixels; None where that is unknown.
    across : {"columns", "rows"}
        Axis that the wave runs along: ``"columns"`` for lines from top to bottom.
    contrast : float or None
        Amplitude A of A·cos over the mean signal; None without linear signal.
    probability : float
        That noise gives as much at any of the frequencies looked at in this direction.
    of_stated_grid : bool
        Whether a grid of the stated pitch would show at this frequency.
    """

    frequency_per_px: float
    frequency_per_mm: float | None
    across: Across
    contrast: float | None
    probability: float
    of_stated_grid: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class GridLines(Result):
    """Lines of a grid, their moiré, or other waves through one clinical image.

    Parameters
    ----------
    lines : tuple of ImagedLines
        The strongest first; empty where none stands out of the noise.
    stated_grid : {"not_stated", "none", "stationary", "moving", "unspecified"}
        What the header says of the grid; ``"unspecified"`` for a grid of which it does not say whether it moves.
    expected_per_mm : (n,) array of float
        Frequencies at which a grid of the stated pitch would show across columns and across rows; empty without.
    profile_counts : tuple of (int, int)
        Profiles along the rows and down the columns.
    profile_lengths_px : tuple of (int, int)
        Their lengths.
    signal_unit : str
        ``"stored"`` where the image has no linear signal and contrasts are therefore not told.
    provenance : Provenance
        Algorithm, parameters and warnings, which tell where header and image disagree.
    """

    lines: tuple[ImagedLines, ...]
    stated_grid: StatedGrid
    expected_per_mm: NDArray[np.float64]
    profile_counts: tuple[int, int]
    profile_lengths_px: tuple[int, int]
    signal_unit: str
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """Contrast of the strongest lines, 0 without any, and their frequency."""
        if not self.lines:
            return (Measurement(quantity="grid_line_contrast", value=0.0),)
        strongest = self.lines[0]
        found = {"grid_line_contrast": strongest.contrast, "grid_line_frequency": strongest.frequency_per_mm}
        return tuple(Measurement(quantity=name, value=value) for name, value in found.items() if value is not None)


def find_grid_lines(image: Image, *, pixel_pitch_mm: Pitch | None = None) -> GridLines:
    """Lines of an anti-scatter grid in one clinical image, as they are or aliased by the pixels.

    Parameters
    ----------
    image : Radiograph or 2-D array
        One clinical image. Contrasts need linear signal; without, the lines are found in the stored values.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Wins over the header's.

    Returns
    -------
    GridLines
        Waves of 11 periods or more in profiles of 512 pixels (less in small fields), along rows or columns.

    Raises
    ------
    InputError
        The array is not a non-empty 2-D array of numbers, or the pitch is not positive.
    NotMeasurableError
        ``only_padding``, ``constant_image``, ``all_saturated``, ``image_too_small``;
        ``field_too_small`` where less than 8 profiles of 128 × 16 pixels lie in the collimated field;
        ``pixels_too_large`` above 0.5 mm.

    Notes
    -----
    Up to 64 profiles in each direction, means over 16 pixels across, spread over the collimated field; of their
    logarithm, so that a grid shows alike in thin and thick parts. They vote (`xrayiq.metrics._periodic_lines`): noise
    alone gives a wave in 1 of 1000 images; a contrast below 0.15 % does not count. Lines that are tilted by more than
    some 3° fade in the mean over 16 pixels, those of a high frequency first. The amplitude is the root of the mean
    power that stands out, over the half of the profiles with the least anatomy beside that frequency.

    A header that names a grid pitch p names the frequency |1/p − k/pixel pitch| too; magnification is left to a
    tolerance of 3 % of the line density. Warnings tell where lines show without a stated grid or with a moving one.
    """
    radiograph = as_radiograph(image)
    signal = as_signal(
        radiograph, procedure="grid lines", pixel_pitch_mm=pixel_pitch_mm, needs_pitch=False, needs_signal=False
    )
    check_pixel_size(signal)
    field = find_collimation(radiograph, pixel_pitch_mm=pixel_pitch_mm)
    density = _density(signal)
    lines: list[ImagedLines] = []
    counts: list[int] = []
    lengths: list[int] = []
    for across in _DIRECTIONS:
        places = _places(signal, field, down=across == "rows")
        if places is None:
            counts.append(0)
            lengths.append(0)
            continue
        found = periodic_lines(
            _profiles(signal, places),
            np.stack([places.rows, places.columns], axis=1),
            false_alarm_rate=FALSE_ALARM_RATE / len(_DIRECTIONS),
            most=MOST_LINES,
        )
        counts.append(found.profile_count)
        lengths.append(places.length_px)
        lines += [
            one for one in _imaged(found, signal, across) if one.contrast is None or one.contrast >= LEAST_CONTRAST
        ]
    if max(counts) < FEWEST_PROFILES:
        raise _no_field(signal)
    lines.sort(key=lambda one: one.probability if one.contrast is None else -one.contrast)
    pitch = signal.pixel_pitch_mm
    stated = stated_grid(radiograph.acquisition.grid)
    return GridLines(
        lines=tuple(lines),
        stated_grid=stated,
        expected_per_mm=np.array(
            [] if not density or not pitch else [alias_per_mm(density, one) for one in pitch[::-1]]
        ),
        profile_counts=(counts[0], counts[1]),
        profile_lengths_px=(lengths[0], lengths[1]),
        signal_unit=signal.unit,
        provenance=provenance_of(
            signal,
            algorithm="grid_lines",
            version=ALGORITHM_VERSION,
            parameters={
                "false_alarm_rate": FALSE_ALARM_RATE,
                "profile_width_px": BAND_PX,
                "least_contrast": LEAST_CONTRAST,
                "grid_line_density_per_mm": density,
            },
            warnings=_warnings(stated, bool(lines)),
        ),
    )


def stated_grid(text: str | None) -> StatedGrid:
    r"""What the attribute Grid says: its values joined by ``\``.

    Parameters
    ----------
    text : str or None
        FIXED, RECIPROCATING, FOCUSED, PARALLEL, CROSSED or NONE (DICOM PS3.3, C.8.7.11), alone or several.
    """
    words = {word.strip().upper() for word in (text or "").split("\\")} - {""}
    if not words:
        return "not_stated"
    if words == {"NONE"}:
        return "none"
    if words & _MOVING:
        return "moving"
    return "stationary" if words & _STATIONARY else "unspecified"


def _places(signal: SignalImage, field: Collimation, *, down: bool) -> ProfilePlaces | None:
    """Profiles of one direction: the longest of which enough lie in the field, or of which most do; None below 8."""
    most: ProfilePlaces | None = None
    for length in LENGTHS_PX:
        if length > signal.shape[0 if down else 1]:
            continue
        places = profile_places(signal, field, length_px=length, down=down, most=MOST_PROFILES)
        if places.rows.size >= ENOUGH_PROFILES:
            return places
        if most is None or places.rows.size > most.rows.size:
            most = places
    return most if most is not None and most.rows.size >= FEWEST_PROFILES else None


def _no_field(signal: SignalImage) -> NotMeasurableError:
    return NotMeasurableError(
        "field_too_small",
        "no room for profiles in the collimated field",
        needed=f"{FEWEST_PROFILES} of {LENGTHS_PX[-1]} × {BAND_PX} pixels with signal in either direction",
        remedy="use the whole image at full resolution",
        source=signal.source,
    )


def _profiles(signal: SignalImage, places: ProfilePlaces) -> NDArray[np.float64]:
    """Profiles in which a wave has the same amplitude whatever the signal."""
    profiles = profiles_of(signal, places)
    if signal.unit == "stored":
        return profiles
    lowest = profiles.min(axis=1, keepdims=True)
    logarithms: NDArray[np.float64] = np.log(np.where(lowest > 0, profiles, 1.0))
    return logarithms


def _imaged(found: PeriodicLines, signal: SignalImage, across: Across) -> list[ImagedLines]:
    """Waves of one direction as lines of the image."""
    pitch_mm = None if signal.pixel_pitch_mm is None else signal.pixel_pitch_mm[0 if across == "rows" else 1]
    density = _density(signal)
    return [
        ImagedLines(
            frequency_per_px=float(frequency),
            frequency_per_mm=None if pitch_mm is None else float(frequency) / pitch_mm,
            across=across,
            contrast=None if signal.unit == "stored" else float(amplitude),
            probability=float(probability),
            of_stated_grid=pitch_mm is not None and _explains(density, float(frequency) / pitch_mm, pitch_mm),
        )
        for frequency, amplitude, probability in zip(
            found.frequencies_per_px, found.amplitudes, found.probabilities, strict=True
        )
    ]


def _density(signal: SignalImage) -> float | None:
    pitch_mm = signal.radiograph.header.detail.grid_pitch_mm
    return None if pitch_mm is None else 1.0 / pitch_mm


def _explains(density: float | None, frequency: float, pitch_mm: float) -> bool:
    """Whether a line density shows at a frequency, within its tolerance."""
    if density is None:
        return False
    return abs(alias_per_mm(density, pitch_mm) - frequency) <= GRID_TOLERANCE * density


def _warnings(stated: StatedGrid, seen: bool) -> tuple[str, ...]:
    if seen and stated == "none":
        return ("lines run through the image, and the header says that there was no grid",)
    if seen and stated == "moving":
        return ("lines run through the image, and the header says that the grid moved",)
    return ()
