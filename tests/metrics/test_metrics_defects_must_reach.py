"""What the search for defects has to reach: everything injected is found, and one false pixel in 10⁵ at most."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from xrayiq.metrics import Defects, find_defects
from xrayiq_phantoms import Defect, Detector, simulate_flat
from xrayiq_phantoms.defects import defect_mask

SHAPE = (800, 860)
KERMA_UGY = 2.5
#: pitch 0.15 mm and blur 0.10 mm are the detector's own; fixed pattern as of a good gain correction
DETECTOR = Detector(structured_noise_fraction=0.002)
PIXELS, CLUSTERS, LINES = 60, 8, 6


def three_sd() -> float:
    """Three standard deviations of the noise of a pixel, from the integral of its power spectrum."""
    return 3.0 * float(np.sqrt(DETECTOR.noise_variance_ugy2(KERMA_UGY)))


def injected(seed: int) -> tuple[list[Defect], list[Defect], list[Defect]]:
    """Single dead and hot pixels anywhere, clusters of 2 to 12 pixels either way, lines of 100 pixels of 3 SD."""
    generator = np.random.default_rng(seed)
    rows, columns = SHAPE
    pixels = [
        Defect(
            row=int(generator.integers(rows)), column=int(generator.integers(columns)), kind="dead" if odd else "hot"
        )
        for odd in np.arange(PIXELS) % 2
    ]
    clusters = []
    for number in range(CLUSTERS):
        height, width = (int(side) for side in generator.integers(2, 13, 2))
        place = int(generator.integers(rows - height)), int(generator.integers(columns - width))
        kind = "dead" if number % 2 else "hot"
        clusters.append(Defect(row=place[0], column=place[1], rows=height, columns=width, kind=kind))
    lines = []
    for number in range(LINES):
        # lines keep 20 pixels and more from each other, so that each stands alone among its neighbours
        across = 20 + 120 * number + int(generator.integers(80))
        along = int(generator.integers(rows - 100))
        amplitude = three_sd() * (1.0 if generator.random() < 0.5 else -1.0)
        if number % 2:
            lines.append(Defect(row=across, column=along, columns=100, kind="offset", amplitude=amplitude))
        else:
            lines.append(Defect(row=along, column=across, rows=100, kind="offset", amplitude=amplitude))
    return pixels, clusters, lines


def is_found(line: Defect, found: Defects) -> bool:
    """Whether a line in the same row or column covers it for four fifths at least."""
    orientation, index = ("row", line.row) if line.rows == 1 else ("column", line.column)
    start = line.column if line.rows == 1 else line.row
    covered = [
        min(one.start_px + one.length_px, start + 100) - max(one.start_px, start)
        for one in found.lines
        if (one.orientation, one.index_px) == (orientation, index)
    ]
    return sum(max(0, length) for length in covered) >= 80


def beside(lines: list[Defect]) -> NDArray[np.bool_]:
    """Rows and columns of the lines, 20 pixels beyond their ends, which only the likeliest change point tells."""
    marks = np.zeros(SHAPE, dtype=np.bool_)
    for line in lines:
        if line.rows == 1:
            marks[line.row, max(0, line.column - 20) : line.column + 120] = True
        else:
            marks[max(0, line.row - 20) : line.row + 120, line.column] = True
    return marks


@pytest.mark.parametrize("seed", range(100, 108))
def test_all_pixels_clusters_and_lines_of_three_sd_are_found_and_nothing_else(seed: int) -> None:
    pixels, clusters, lines = injected(seed)
    # lines first: what a dead pixel or cluster covers of them is dead
    detector = Detector(structured_noise_fraction=0.002, defects=(*lines, *clusters, *pixels))
    found = find_defects(simulate_flat(detector, shape=SHAPE, kerma_ugy=KERMA_UGY, seed=seed).pixels)
    mask = found.mask()
    strong = defect_mask((*pixels, *clusters), SHAPE)
    assert np.count_nonzero(strong & ~mask) == 0
    assert [line for line in lines if not is_found(line, found)] == []
    false = mask & ~strong & ~beside(lines)
    assert np.count_nonzero(false) <= 1e-5 * mask.size


def test_clean_correlated_noise_has_one_false_pixel_in_1e5_at_most() -> None:
    false = judged = 0
    for seed, kerma in enumerate((0.5, 1.0, 2.5, 10.0)):
        image = simulate_flat(DETECTOR, shape=(1000, 1100), kerma_ugy=kerma, seed=200 + seed).pixels
        found = find_defects(image)
        false, judged = false + found.defective_pixels, judged + found.pixel_count
    assert judged >= 4_000_000
    assert false <= 1e-5 * judged
