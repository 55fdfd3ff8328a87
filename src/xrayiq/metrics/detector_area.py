"""Whether the X-ray field met the detector area that was read out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics._image import Image, Pitch, SignalImage, as_radiograph, as_signal, provenance_of
from xrayiq.metrics._percentiles import percentile
from xrayiq.metrics.anatomy import anatomy_of, mean_pitch_mm
from xrayiq.metrics.collimation import DOUBTFUL_CONFIDENCE, Collimation, find_collimation
from xrayiq.metrics.field_candidates import finest_factor, reduction_factor
from xrayiq.metrics.field_geometry import clipped_polygon, polygon_area
from xrayiq.model import Measurement, Provenance, Radiograph, Result

ALGORITHM_VERSION: Final = 1
#: an image whose block means span less than this many times the noise of one pixel shows nothing
LEAST_SPAN_SD: Final = 2.0
#: least side of these blocks
BLOCK_PX: Final = 12
#: rows of small blocks that the noise is told from
NOISE_ROWS: Final = 48
#: room that a field needs opposite to a side on the border to have been shifted
LEAST_ROOM_MM: Final = 5.0
#: stated edges of the collimator are taken where the sides found agree with them within this
AGREEMENT_MM: Final = 10.0
#: an image is the whole read-out area if it is not smaller than that by more than this
WHOLE_AREA_MM: Final = 5.0
#: depth of the strip along a border that is looked at for anatomy
STRIP_MM: Final = 3.0
_SD_PER_MAD: Final = 1.4826

Border = Literal["upper", "right", "lower", "left"]
BORDERS: Final[tuple[Border, ...]] = ("upper", "right", "lower", "left")
#: axis that crosses each border: rows or columns
_ACROSS: Final = (0, 1, 0, 1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class DetectorArea(Result):
    """Where the X-ray field lies on the area that was read out.

    Parameters
    ----------
    borders_reached : tuple of {"upper", "right", "lower", "left"}
        Borders of the read-out area that the field runs to, or beyond.
    field_beyond_detector_fraction : float or None
        Part of the irradiated field that lies beyond the read-out area; 0 where all four sides of the field are seen,
        None where a side is not and the header does not tell where it is.
    beyond_source : {"seen", "collimator", "exposed_area", ""}
        What tells so: all sides are seen, the header's collimator edges, its exposed area, or nothing.
    room_mm : float or None
        Width of unexposed detector opposite to a border that the field runs to: by so much it could have been shifted.
        0 where no border is reached or the opposite one is reached too, None where the field is doubtful
        or the pixel pitch unknown.
    anatomy_cut_fraction : float or None
        Part of such borders, within the field, along which anatomy lies; 0 without such, None where anatomy cannot be
        told.
    is_whole_area : bool or None
        Whether the image is the whole area that was read out; None where the header does not tell its size.
    image_shape_px : tuple of (int, int)
        Rows and columns.
    corners_px : (4, 2) array of float
        Corners of the field, as `find_collimation` gives them.
    stated_corners_px : (n, 2) array of float
        Those of the header's collimator edges, which may lie outside the image; empty without.
    provenance : Provenance
        Algorithm, parameters and warnings.
    """

    borders_reached: tuple[Border, ...]
    field_beyond_detector_fraction: float | None
    beyond_source: Literal["seen", "collimator", "exposed_area", ""]
    room_mm: float | None
    anatomy_cut_fraction: float | None
    is_whole_area: bool | None
    image_shape_px: tuple[int, int]
    corners_px: NDArray[np.float64]
    stated_corners_px: NDArray[np.float64]
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """Part of the field beyond the detector, room opposite, and part of the border that cuts anatomy."""
        found = {
            "field_beyond_detector_fraction": self.field_beyond_detector_fraction,
            "detector_room": self.room_mm,
            "anatomy_cut_fraction": self.anatomy_cut_fraction,
        }
        return tuple(Measurement(quantity=name, value=value) for name, value in found.items() if value is not None)


def assess_detector_area(image: Image, *, pixel_pitch_mm: Pitch | None = None) -> DetectorArea:
    """Whether the field, and the anatomy in it, fell beside the detector area that was read out.

    Parameters
    ----------
    image : Radiograph or 2-D array
        One clinical image, FOR PROCESSING or FOR PRESENTATION.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Wins over the header's.

    Returns
    -------
    DetectorArea
        A field that runs to one border only, with room at the opposite one, could have been centred.

    Raises
    ------
    InputError
        The array is not a non-empty 2-D array of numbers, or the pitch is not positive.
    NotMeasurableError
        ``no_signal`` where the header tells of an exposure (charge, time and current, or dose) and the image shows
        nothing but noise: another detector than the one selected was exposed, or none. Otherwise ``only_padding``,
        ``constant_image``, ``all_saturated`` or ``image_too_small``.

    Notes
    -----
    An image shows nothing if the means of its blocks, 1st to 99th percentile, span less than twice the noise of a
    pixel; the anatomy behind the thickest part of a patient spans more at a tenth of the usual exposure. A uniform
    exposure without a patient looks the same, and is none of a clinical image either.

    The part beyond the detector follows from the header where the field found bears it out: collimator edges
    (DICOM PS3.3, C.8.7.3) whose sides on the image agree within 10 mm, or else ExposedArea (C.4.16) along the axis in
    which the field runs to a border. A side at a border that the header calls cropped (the image is smaller than
    DetectorActiveDimensions) is not one of the detector, and leaves the fraction open, as a field found with a
    confidence below 0.65 does. Whether a field that runs to a
    border ends there cannot be seen: without a header the fraction stays open too, and the room opposite is what can
    be acted on.
    """
    radiograph = as_radiograph(image)
    exposed = has_exposure(radiograph)
    try:
        signal = as_signal(
            radiograph,
            procedure="the detector area",
            pixel_pitch_mm=pixel_pitch_mm,
            needs_pitch=False,
            needs_signal=False,
        )
    except NotMeasurableError as refusal:
        if exposed and refusal.reason in ("constant_image", "all_saturated") and _is_dark(radiograph):
            raise _no_signal(radiograph, "one value, that of no exposure, all over") from refusal
        raise
    span = _span_sd(signal)
    if exposed and span < LEAST_SPAN_SD:
        raise _no_signal(radiograph, f"block means that span {span:.2g} times the noise of a pixel")
    field = find_collimation(radiograph, pixel_pitch_mm=pixel_pitch_mm)
    whole = _is_whole(signal)
    reached = tuple(border for border, state in zip(BORDERS, field.sides, strict=True) if state == "at_border")
    doubtful = "collimated" in field.sides and field.confidence < DOUBTFUL_CONFIDENCE
    pitch = signal.pixel_pitch_mm
    room = _rooms(field, pitch or (mean_pitch_mm(signal),) * 2)
    stated = np.array(radiograph.acquisition.collimator_corners_px or (), dtype=np.float64).reshape(-1, 2)
    beyond, source = _beyond(signal, field, stated, is_known=not doubtful and whole is not False)
    off = tuple(border for border in reached if room[border] >= LEAST_ROOM_MM) if whole is not False else ()
    return DetectorArea(
        borders_reached=reached,
        field_beyond_detector_fraction=beyond,
        beyond_source=source,
        room_mm=None if doubtful or pitch is None else max((room[border] for border in off), default=0.0),
        anatomy_cut_fraction=None if doubtful else _anatomy_cut(signal, field, off),
        is_whole_area=whole,
        image_shape_px=signal.shape,
        corners_px=field.corners_px,
        stated_corners_px=stated,
        provenance=provenance_of(
            signal,
            algorithm="detector_area",
            version=ALGORITHM_VERSION,
            parameters={
                "least_room_mm": LEAST_ROOM_MM,
                "agreement_mm": AGREEMENT_MM,
                "field_confidence": field.confidence,
            },
            warnings=field.provenance.warnings,
        ),
    )


def has_exposure(radiograph: Radiograph) -> bool:
    """Whether the header tells of radiation: a charge, a current for a time, or a dose-area product above 0."""
    told = radiograph.acquisition
    charge = told.exposure_mas or (told.tube_current_ma or 0.0) * (told.exposure_time_ms or 0.0) or told.dap_gy_m2
    return bool(charge and charge > 0)


def _no_signal(radiograph: Radiograph, found: str) -> NotMeasurableError:
    told = radiograph.acquisition
    technique = "" if told.exposure_mas is None else f" of {told.exposure_mas:g} mAs"
    return NotMeasurableError(
        "no_signal",
        f"{found}, though the header tells of an exposure{technique}",
        needed="an image of what was exposed",
        remedy="look whether another detector or cassette was exposed than the one selected, or none",
        source=radiograph.source,
    )


def _is_dark(radiograph: Radiograph) -> bool:
    """Whether most stored values are at the end that stands for no exposure."""
    relation = radiograph.relation
    low, high = relation.stored_min, relation.stored_max
    if low is None or high is None:
        return False
    middle = float(np.median(radiograph.pixels[::16, ::16]))
    return middle < (low + high) / 2 if relation.sign > 0 else middle > (low + high) / 2


def _span_sd(signal: SignalImage) -> float:
    """Range of the block means over the noise of one pixel, infinite where there is no noise."""
    coarse = reduction_factor(signal.shape, mean_pitch_mm(signal))
    fine = finest_factor(coarse)
    means, holes = signal.block_means(fine, finest=fine)
    rows = slice(None, None, max(1, means.shape[0] // NOISE_ROWS))
    differences = means[rows, 1:] - means[rows, :-1]
    known = differences[~(holes[rows, 1:] | holes[rows, :-1])]
    noise = fine * _SD_PER_MAD * percentile(np.abs(known), 50.0)[0] / np.sqrt(2.0) if known.size else 0.0
    blocks, empty = signal.block_means(coarse, finest=fine)
    joined = _joined(np.where(empty, np.nan, blocks), -(-BLOCK_PX // coarse))
    if joined.size == 0:
        return np.inf
    low, high = percentile(joined, 1.0, 99.0)
    return (high - low) / noise if noise > 0 else np.inf


def _joined(blocks: NDArray[np.float64], times: int) -> NDArray[np.float64]:
    """Means over groups of so many blocks along rows and columns, those left out that hold a hole."""
    rows, columns = (count // times for count in blocks.shape)
    whole = blocks[: rows * times, : columns * times].reshape(rows, times, columns, times).mean(axis=(1, 3))
    known: NDArray[np.float64] = whole[np.isfinite(whole)]
    return known


def _is_whole(signal: SignalImage) -> bool | None:
    """Whether the image is as large as the header's active area of the detector."""
    active = signal.radiograph.header.detail.detector_active_dimensions_mm
    if not active or min(active) <= 0 or signal.pixel_pitch_mm is None:
        return None
    image = sorted(count * pitch for count, pitch in zip(signal.shape, signal.pixel_pitch_mm, strict=True))
    area = sorted(active[:2] if len(active) > 1 else active * 2)
    return all(size >= full - WHOLE_AREA_MM for size, full in zip(image, area, strict=True))


def _rooms(field: Collimation, pitch: tuple[float, float]) -> dict[Border, float]:
    """Of each border that the field runs to, the distance of the opposite side, if that is seen, from its border."""
    corners = np.asarray(field.corners_px)
    middles = (corners + np.roll(corners, -1, axis=0)) / 2.0
    rooms: dict[Border, float] = {}
    for number, border in enumerate(BORDERS):
        opposite = (number + 2) % 4
        across = _ACROSS[opposite]
        place = middles[opposite, across]
        last = field.image_shape_px[across] - 0.5
        width = place + 0.5 if opposite in (0, 3) else last - place
        seen = field.sides[number] == "at_border" and field.sides[opposite] == "collimated"
        rooms[border] = max(float(width) * pitch[across], 0.0) if seen else 0.0
    return rooms


def _beyond(
    signal: SignalImage, field: Collimation, stated: NDArray[np.float64], *, is_known: bool
) -> tuple[float | None, Literal["seen", "collimator", "exposed_area", ""]]:
    """Part of the irradiated field beyond the image, and what tells it."""
    if not is_known:
        return None, ""
    if all(side == "collimated" for side in field.sides):
        return 0.0, "seen"
    pitch = signal.pixel_pitch_mm
    if "not_found" in field.sides or "at_border" not in field.sides or pitch is None:
        return None, ""
    if len(stated) >= 3 and _agrees(field, stated, pitch):
        whole = polygon_area(stated)
        return max(0.0, 1.0 - polygon_area(clipped_polygon(stated, signal.shape)) / whole), "collimator"
    area = signal.radiograph.acquisition.exposed_area_mm
    if len(area) == 2 and min(area) > 0:
        return _beyond_area(field, area, pitch), "exposed_area"
    return None, ""


def _agrees(field: Collimation, stated: NDArray[np.float64], pitch: tuple[float, float]) -> bool:
    """Whether the sides that are seen lie where the header says, and the others at or beyond the border."""
    middles = (field.corners_px + np.roll(field.corners_px, -1, axis=0)) / 2.0
    for number, across in enumerate(_ACROSS):
        side = stated[:, across].min() if number in (0, 3) else stated[:, across].max()
        apart = (side - middles[number, across]) * pitch[across]
        outward = -apart if number in (0, 3) else apart
        is_seen = field.sides[number] == "collimated"
        if outward < -AGREEMENT_MM or (is_seen and outward > AGREEMENT_MM):
            return False
    return True


def _beyond_area(field: Collimation, area: tuple[float, ...], pitch: tuple[float, float]) -> float:
    """Part beyond the image of a field of the stated height and width."""
    corners = field.corners_px * np.array(pitch)
    middles = (corners + np.roll(corners, -1, axis=0)) / 2.0
    share = 1.0
    for across, stated in enumerate(area):
        found = float(np.hypot(*(middles[across] - middles[across + 2])))
        if "at_border" in (field.sides[across], field.sides[across + 2]) and stated > found:
            share *= found / stated
    return 1.0 - share


def _anatomy_cut(signal: SignalImage, field: Collimation, borders: tuple[Border, ...]) -> float | None:
    """Part of some borders, within the field, along which anatomy lies."""
    if not borders:
        return 0.0
    if signal.unit == "stored":
        return None
    try:
        anatomy = anatomy_of(signal, field)
    except NotMeasurableError:
        return None
    cells = anatomy.cells
    deep = max(1, round(STRIP_MM / mean_pitch_mm(signal) / anatomy.cell_px))
    low = np.clip(np.rint(field.corners_px.min(axis=0) / anatomy.cell_px).astype(int), 0, np.array(cells.shape) - 1)
    high = np.clip(np.rint(field.corners_px.max(axis=0) / anatomy.cell_px).astype(int), low + 1, cells.shape)
    strips = {
        "upper": cells[:deep, low[1] : high[1]].any(axis=0),
        "lower": cells[-deep:, low[1] : high[1]].any(axis=0),
        "left": cells[low[0] : high[0], :deep].any(axis=1),
        "right": cells[low[0] : high[0], -deep:].any(axis=1),
    }
    return float(np.mean(np.concatenate([strips[border] for border in borders])))
