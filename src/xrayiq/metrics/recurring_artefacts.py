"""Artefacts that recur at the same place of a detector over many clinical images."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics._detector_tables import (
    Floats,
    Kind,
    PlaceTable,
    covered_cells,
    detector_cells,
    hits_of,
    place_table,
)
from xrayiq.metrics._field_cells import PART_CELLS
from xrayiq.metrics._recurrence import APART_CELLS, AROUND_CELLS, CLOSE_LINES, STRIP_CELLS, STRIPS, tails_of
from xrayiq.metrics.artefact_candidates import LINE_LIMIT_SD, RING_CELLS, SPOT_LIMIT_SD, ArtefactCandidates
from xrayiq.model import Measurement, Provenance, Result
from xrayiq_kernels import KERNEL_DIGEST

ALGORITHM_VERSION: Final = 1
#: images of a detector below which nothing recurs
FEWEST_IMAGES: Final = 10
#: images that a place has to recur in, whatever the chances
FEWEST_RECURRENCES: Final = 4
#: probability of a place that recurs by chance on a whole detector
FALSE_ALARM_RATE: Final = 0.001
#: share of the images that cover a place in which it has to recur
LEAST_SHARE: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurringPlace:
    """One place of a detector that differs from its surroundings in more images than chance and anatomy explain.

    Parameters
    ----------
    kind : {"spot", "column", "row"}
        A spot, or a piece of a column or row.
    row_mm, column_mm : float
        Its middle, down and to the right from the upper left corner of the detector.
    height_mm, width_mm : float
        Extent, in whole cells.
    image_count, of_images : int
        Images that show it, and that could have.
    expected_count : float
        Images that would, from how often the places around do.
    contrast : float or None
        Its signal over that around it, less 1, as the mean over a cell; None without linear signal.
    probability : float
        Of as many images by chance, at any place of the detector.
    """

    kind: Kind
    row_mm: float
    column_mm: float
    height_mm: float
    width_mm: float
    image_count: int
    of_images: int
    expected_count: float
    contrast: float | None
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class RecurringArtefacts(Result):
    """Defect map of a detector from its clinical images alone.

    Parameters
    ----------
    places : tuple of RecurringPlace
        The least probable first.
    image_count : int
        Images compared.
    cell_mm : float
        Side of a cell.
    covered_counts : 2-D array of int64
        Of each cell of the detector, the images in whose field it lies with the ring around it.
    frame_is_known : bool
        Whether all headers tell crop, rotation and flip; without, images are taken as the whole detector.
    provenance : Provenance
        Algorithm, parameters and warnings.
    """

    places: tuple[RecurringPlace, ...]
    image_count: int
    cell_mm: float
    covered_counts: NDArray[np.int64]
    frame_is_known: bool
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """Number of places, and the greatest contrast of any."""
        contrasts = [abs(place.contrast) for place in self.places if place.contrast is not None]
        told = (Measurement(quantity="recurring_contrast", value=max(contrasts)),) if contrasts else ()
        return (Measurement(quantity="recurring_artefacts", value=float(len(self.places))), *told)


def find_recurring_artefacts(candidates: Iterable[ArtefactCandidates]) -> RecurringArtefacts:
    """Places of a detector that recur as spots or pieces of lines over its clinical images.

    Parameters
    ----------
    candidates : iterable of ArtefactCandidates
        What `find_artefact_candidates` gave for images of one detector, of different patients.

    Returns
    -------
    RecurringArtefacts
        Without artefacts there are no places.

    Raises
    ------
    InputError
        Something else than candidates was given.
    NotMeasurableError
        ``too_few_images`` below 10.

    Notes
    -----
    Of each cell of the detector (places of an image taken back to it with the header's origin, rotation and flip), the
    images that have a spot of one sign there are counted, and those with pieces of columns and rows. The count n is
    compared with the count m in surroundings: were both equally likely, n would be binomial among n + m with the
    probability of the number of images that cover the place over that of all cells compared (conditional test of two
    Poisson rates, Przyborowski and Wilenski 1940, Biometrika 31:313). The surroundings of a spot are the cells up to
    eight away, its neighbours left out, and strips of three cells' width and 16 to either side in eight directions,
    which edges of anatomy follow; those of a piece of a line are the eight, and the four, lines to either side. The
    greatest of these tails times the number of all places looked at is the probability; below 0.001, with four images
    and a fifth of those that cover it or more, the place recurs. Anatomy lies at nearly the same place in all patients
    only within some millimetres, and then is as frequent around the place, or along its edge, as at it. Neighbouring
    places make one; pieces of lines that a recurring spot makes are not told, but the ends of a line count as spots.

    Measured on simulated patients of five anatomies (``benchmarks/recurring_artefacts.py``; cells of 0.5 mm, 2.5 to
    3 µGy): over 30 images, 7, 11 and 12 of 12 spots of 0.5 mm with 3, 5 and 10 % contrast are found, over 60 images 9,
    12 and 12; of 1 and 2 mm all 12 of each contrast. No place was told of 20 detectors without spots over 30 images
    each, nor of 10 over 60, nor of six over chests of patients alike in size within 2 % and in place within 2 mm.

    What recurs to a millimetre in all images counts, whatever it is: dust, defects and badly corrected pixels, but also
    an object fixed to the detector, or text burnt into the pixels.
    """
    images = tuple(candidates)
    for image in images:
        if not isinstance(image, ArtefactCandidates):
            raise InputError(f"a {type(image).__name__}", needed="results of find_artefact_candidates")
    if len(images) < FEWEST_IMAGES:
        raise NotMeasurableError(
            "too_few_images",
            f"{len(images)} images",
            needed=f"{FEWEST_IMAGES} of one detector or more",
            remedy="wait for more images of other patients",
        )
    cell_mm = max(max(image.cell_mm) for image in images)
    shape = detector_cells(images, cell_mm)
    covered = np.zeros(shape, dtype=np.int64)
    hits = []
    for image in images:
        own = covered_cells(image, shape, cell_mm)
        covered += own
        hits.append(hits_of(image, own, cell_mm))
    tables = {
        kind: place_table(kind, covered, [each[kind] for each in hits], shape) for kind in ("spot", "column", "row")
    }
    trials = 2 * sum(int(np.count_nonzero(table.covered)) for table in tables.values())
    known = all(image.contrast_is_known for image in images)
    places: list[RecurringPlace] = []
    for table in tables.values():  # spots first
        made = _made_by_spots(table.kind, (table.covered.shape[0], table.covered.shape[1]), places, cell_mm)
        places += [
            place
            for sign in (1.0, -1.0)
            for place in _places(table, sign, ~made, trials=trials, cell_mm=cell_mm, contrast_is_known=known)
        ]
    frame_is_known = all(image.frame_is_known for image in images)
    return RecurringArtefacts(
        places=tuple(sorted(places, key=lambda place: place.probability)),
        image_count=len(images),
        cell_mm=cell_mm,
        covered_counts=covered,
        frame_is_known=frame_is_known,
        provenance=Provenance(
            algorithm="recurring_artefacts",
            algorithm_version=ALGORITHM_VERSION,
            parameters=(
                ("false_alarm_rate", FALSE_ALARM_RATE),
                ("fewest_recurrences", FEWEST_RECURRENCES),
                ("least_share", LEAST_SHARE),
                ("around_cells", AROUND_CELLS),
                ("apart_cells", APART_CELLS),
                ("close_lines", CLOSE_LINES),
                ("strip_cells", STRIP_CELLS),
                ("strips", STRIPS),
            ),
            kernel_digest=KERNEL_DIGEST,
            signal_unit="1" if known else "stored",
            warnings=()
            if frame_is_known
            else ("not all headers tell where on the detector the image lies: these count as the whole detector",),
        ),
    )


def _places(
    table: PlaceTable,
    sign: float,
    looked_at: NDArray[np.bool_],
    *,
    trials: int,
    cell_mm: float,
    contrast_is_known: bool,
) -> list[RecurringPlace]:
    """Places of one kind and sign that recur."""
    own = table.differences * sign > 0
    shape = table.covered.shape
    counts = np.bincount(table.indices[own], minlength=table.covered.size).reshape(shape).astype(np.int64)
    counts = np.minimum(counts, table.covered)
    tried = np.argwhere((counts >= FEWEST_RECURRENCES) & (counts >= LEAST_SHARE * table.covered) & looked_at)
    if not len(tried):
        return []
    tails, around = tails_of(table, counts, tried)
    probabilities, expected = np.ones(shape), np.zeros(shape)
    probabilities[tuple(tried.T)], expected[tuple(tried.T)] = np.minimum(tails * trials, 1.0), around
    mask = probabilities < FALSE_ALARM_RATE
    # parts of one spot may have a cell between them
    wide = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3) if table.kind == "spot" else (1, 1), dtype=np.uint8))
    number, labels = cv2.connectedComponents(wide, connectivity=8)
    every, label_of = np.argwhere(mask), labels[mask]
    found = []
    for label in range(1, number):
        cells = every[label_of == label]
        best = cells[np.lexsort((-counts[tuple(cells.T)], probabilities[tuple(cells.T)]))[0]]
        place = int(best[0]), int(best[1])
        sizes = np.abs(table.differences[own & (table.indices == place[0] * shape[1] + place[1])])
        limit = SPOT_LIMIT_SD if table.kind == "spot" else LINE_LIMIT_SD
        size = _typical_size(sizes, int(table.covered[place]), limit)
        first, last = _extent(table.kind, cells)
        middle, extent = (first + last + 1) / 2.0 * cell_mm, (last - first + 1) * cell_mm
        found.append(
            RecurringPlace(
                kind=table.kind,
                row_mm=float(middle[0]),
                column_mm=float(middle[1]),
                height_mm=float(extent[0]),
                width_mm=float(extent[1]),
                image_count=int(counts[place]),
                of_images=int(table.covered[place]),
                expected_count=float(expected[place]),
                contrast=float(np.expm1(sign * size)) if contrast_is_known else None,
                probability=float(probabilities[place]),
            )
        )
    return found


def _made_by_spots(
    kind: Kind, shape: tuple[int, int], spots: list[RecurringPlace], cell_mm: float
) -> NDArray[np.bool_]:
    """Pieces of lines that recurring spots make, in their own line or as what it is compared with."""
    made = np.zeros(shape, dtype=np.bool_)
    reach_mm = (RING_CELLS + 0.5) * cell_mm
    steps_mm = np.array([1, PART_CELLS]) * cell_mm
    for spot in [] if kind == "spot" else spots:
        middle = np.array([spot.row_mm, spot.column_mm])
        half = np.array([spot.height_mm, spot.width_mm]) / 2.0 + reach_mm
        first, last = middle - half, middle + half
        if kind == "column":
            first, last = first[::-1], last[::-1]
        (top, left), (bottom, right) = (np.maximum(each / steps_mm, 0.0).astype(int) for each in (first, last))
        made[top : bottom + 1, left : right + 1] = True
    return made


def _extent(kind: Kind, cells: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last cell of the detector, by row and column, of some places of a table."""
    first, last = cells.min(axis=0), cells.max(axis=0)
    if kind == "spot":
        return first, last
    first, last = first * (1, PART_CELLS), last * (1, PART_CELLS) + (0, PART_CELLS - 1)
    return (first, last) if kind == "row" else (first[::-1], last[::-1])


def _typical_size(sizes: Floats, of_images: int, limit: float) -> float:
    """Median difference over all images, of which only those above a limit are known.

    Where less than half of the images are above it, the difference of a normal distribution with that share: its
    standard deviation is the least difference known over the limit.
    """
    ordered = np.sort(sizes)[::-1]
    middle = of_images // 2
    if middle < ordered.size:
        return float(ordered[middle])
    share = ordered.size / of_images
    return float(ordered[-1] / limit * max(limit + ndtri(share), 0.0))
