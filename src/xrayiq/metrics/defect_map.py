"""Defect map of a detector on a day: which pixels are defective, in which class, as one version of a series."""

from __future__ import annotations

import datetime
import hashlib
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import InputError
from xrayiq.metrics.defect_clusters import clusters_in
from xrayiq.metrics.defect_lines import DefectLine
from xrayiq.metrics.defects import Defects
from xrayiq.model import Measurement, Provenance, Result

DefectClass = Literal["dead", "under_responding", "over_responding", "nonuniform", "noisy", "interpolated", "line"]
#: names of the classes in the order of their numbers in a map
DEFECT_CLASSES: Final[tuple[DefectClass, ...]] = get_args(DefectClass)

Marks = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class DefectMap(Result):
    """Defective pixels of a detector with their class, as one version of its map.

    Parameters
    ----------
    detector_id : str
        Which detector, as a serial number.
    date : datetime.date or None
        Day of the flat fields.
    version : int
        1 for the first map of a detector; one more each time that the defects are others.
    digest : str
        Digest of size, pixels and classes (16 hexadecimal digits): equal for equal defects.
    image_shape_px : tuple of (int, int)
        Rows and columns.
    pixel_count : int
        Pixels judged.
    image_count : int
        Flat fields that the map was made from.
    pixels_px : (n, 2) array of int32
        Row and column of the defective pixels, by rows.
    classes : (n,) array of uint8
        Number of their class in `DEFECT_CLASSES`; ``line`` is a pixel that only its line shows.
    lines : tuple of DefectLine
        Lines, the longest first.
    not_looked_for : tuple of str
        Classes that the flat fields were too few for.
    provenance : Provenance
        Of the defects.
    """

    detector_id: str
    date: datetime.date | None
    version: int
    digest: str
    image_shape_px: tuple[int, int]
    pixel_count: int
    image_count: int
    pixels_px: NDArray[np.int32]
    classes: NDArray[np.uint8]
    lines: tuple[DefectLine, ...]
    not_looked_for: tuple[str, ...]
    provenance: Provenance

    @property
    def defective_fraction(self) -> float:
        """Defective pixels over pixels judged."""
        return len(self.pixels_px) / self.pixel_count

    def count(self, name: DefectClass) -> int:
        """Pixels of a class.

        Parameters
        ----------
        name : str
            One of `DEFECT_CLASSES`.

        Returns
        -------
        int
            0 where there is none, and where the class was not looked for.
        """
        return int(np.count_nonzero(self.classes == DEFECT_CLASSES.index(name)))

    def mask(self) -> Marks:
        """2-D array of bool, true on every defective pixel."""
        return np.asarray(self.class_image() != 0)

    def class_image(self) -> NDArray[np.uint8]:
        """2-D array with 0 for good pixels and the number of the class in `DEFECT_CLASSES` plus 1 for others."""
        image = np.zeros(self.image_shape_px, dtype=np.uint8)
        image[self.pixels_px[:, 0], self.pixels_px[:, 1]] = self.classes + 1
        return image

    def measurements(self) -> tuple[Measurement, ...]:
        """Number and share of defective pixels, clusters, size of the largest one, and lines."""
        _, _, sizes = clusters_in(self.mask(), self.lines)
        return (
            Measurement(quantity="defective_pixels", value=float(len(self.pixels_px))),
            Measurement(quantity="defective_fraction", value=self.defective_fraction),
            Measurement(quantity="defect_clusters", value=float(sizes.size)),
            Measurement(quantity="largest_cluster", value=float(sizes.max(initial=0))),
            Measurement(quantity="defect_lines", value=float(len(self.lines))),
        )


def make_defect_map(
    defects: Defects, *, detector_id: str, date: datetime.date | None = None, previous: DefectMap | None = None
) -> DefectMap:
    """Defect map of a detector from its defects, numbered as the next version after the previous map.

    Parameters
    ----------
    defects : Defects
        What `find_defects` gave.
    detector_id : str
        Which detector; text that names no person.
    date : datetime.date, optional
        Day of the flat fields.
    previous : DefectMap, optional
        The last map of the same detector. Without one this is version 1; with the same defects it keeps its version.

    Returns
    -------
    DefectMap
        Masked pixels of the flat fields were not judged and are good in the map.

    Raises
    ------
    InputError
        No detector is named, or the previous map is of another detector, another size or a later day.

    Notes
    -----
    A pixel that is in no class by itself but lies on a line has the class ``line``.
    """
    if not isinstance(detector_id, str) or not detector_id.strip():
        raise InputError(
            f"detector_id={detector_id!r}",
            needed="the name of the detector that the map belongs to",
            remedy="give the detector's serial number",
        )
    image = np.where(defects.mask(), np.uint8(len(DEFECT_CLASSES)), np.uint8(0))
    by_class = (
        defects.dead_px,
        defects.under_responding_px,
        defects.over_responding_px,
        defects.nonuniform_px,
        defects.noisy_px,
        defects.interpolated_px,
    )
    for number, pixels in enumerate(by_class, start=1):
        if pixels is not None:
            image[pixels[:, 0], pixels[:, 1]] = number
    places = np.argwhere(image).astype(np.int32)
    classes = image[image > 0] - np.uint8(1)
    digest = _digest(defects.image_shape_px, places, classes)
    made = DefectMap(
        detector_id=detector_id.strip(),
        date=date,
        version=1 if previous is None else previous.version + (digest != previous.digest),
        digest=digest,
        image_shape_px=defects.image_shape_px,
        pixel_count=defects.pixel_count,
        image_count=defects.image_count,
        pixels_px=places,
        classes=classes,
        lines=defects.lines,
        not_looked_for=defects.not_looked_for,
        provenance=defects.provenance,
    )
    if previous is not None:
        check_successive(made, previous)
    return made


def check_successive(current: DefectMap, previous: DefectMap) -> None:
    """Refuse maps that are not of one detector in the order of their dates.

    Parameters
    ----------
    current, previous : DefectMap
        The later and the earlier map.

    Raises
    ------
    InputError
        They are of different detectors or sizes, or the current one is of an earlier day.
    """
    if current.detector_id != previous.detector_id or current.image_shape_px != previous.image_shape_px:
        raise InputError(
            f"maps of {_named(previous)} and {_named(current)}",
            needed="maps of one detector in one read-out mode",
            remedy="compare a map with the last one of the same detector",
        )
    if current.date is not None and previous.date is not None and current.date < previous.date:
        raise InputError(
            f"a map of {current.date} after one of {previous.date}",
            needed="the current map of the same day or later",
            remedy="give the later map as the current one",
        )


def _named(given: DefectMap) -> str:
    rows, columns = given.image_shape_px
    return f"{given.detector_id} ({rows} × {columns} pixels)"


def _digest(shape: tuple[int, int], places: NDArray[np.int32], classes: NDArray[np.uint8]) -> str:
    text = hashlib.sha256(f"{shape[0]} {shape[1]} ".encode())
    text.update(np.ascontiguousarray(places, dtype="<i4").tobytes())
    text.update(classes.tobytes())
    return text.hexdigest()[:16]
