"""How surely artefacts that recur on a detector are found: planted spots found, and places found without any planted.

``python benchmarks/recurring_artefacts.py [--patients 600]`` simulates patients of different anatomy, size, position
and rotation in fields of different size on a detector of 350 mm by 430 mm. The first 60 are exposed again with spots of
three sizes and three contrasts at fixed places. Places found without spots are counted over detectors of 30 and of 60
images, also of patients who are all alike: one examination, sizes within 2 %, places within 2 mm.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time

import numpy as np

from xrayiq.metrics import find_artefact_candidates, find_recurring_artefacts
from xrayiq_phantoms import Detector
from xrayiq_phantoms.clinical import simulate_clinical_beam

PITCH_MM = 0.25
SHAPE = (1400, 1720)
DETECTOR = Detector(pixel_pitch_mm=PITCH_MM, quantised=False)
DIAMETERS_MM = (0.5, 1.0, 2.0)
CONTRASTS = (0.03, 0.05, 0.10)
#: spots of each size and contrast, half of them of less signal
EACH = 12
#: usual height and width of the field in mm, and median kerma in the body in µGy
EXAMINATIONS = {
    "chest": (340.0, 400.0, 2.5),
    "abdomen": (340.0, 360.0, 2.5),
    "skull": (260.0, 220.0, 2.5),
    "knee": (220.0, 160.0, 3.0),
    "hand": (220.0, 170.0, 3.0),
}
#: standard deviations of place in mm, of the logarithm of size and of rotation in degrees: usual, and all alike
USUAL, ALIKE = (10.0, 0.08, 2.0), (2.0, 0.02, 0.5)
MOST = 60


def told(line):
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def patient(number, spread=USUAL, anatomies=tuple(EXAMINATIONS)):
    """Noise-free kerma of one patient, as pixels."""
    generator = np.random.default_rng([number, 71])
    anatomy = anatomies[int(generator.integers(len(anatomies)))]
    height, width, kerma_ugy = EXAMINATIONS[anatomy]
    shift_mm, size, rotation_deg = spread
    scale = np.exp(generator.normal(0.0, size, 2))
    fraction = np.array([height, width]) * scale / (np.array(SHAPE) * PITCH_MM)
    centre = (np.array(SHAPE) - 1) / 2 + generator.normal(0.0, shift_mm / PITCH_MM, 2)
    beam = simulate_clinical_beam(
        DETECTOR,
        anatomy=anatomy,
        shape=SHAPE,
        seed=number,
        field_size_fraction=tuple(np.minimum(fraction, 1.05)),
        field_centre_px=tuple(centre),
        rotation_deg=float(generator.normal(0.0, rotation_deg)),
        thickness_factor=float(np.exp(generator.normal(0.0, 0.15))),
    )
    kerma = kerma_ugy * float(np.exp(generator.normal(0.0, 0.25)))
    return (kerma / np.median(beam.relative[beam.truth.anatomy_mask]) * beam.relative).astype(np.float32)


def spots():
    """Row, column and diameter in mm, and contrast, of planted spots 8 mm apart or more."""
    generator = np.random.default_rng(72)
    middle = np.array(SHAPE) * PITCH_MM / 2
    kinds = list(itertools.product(DIAMETERS_MM, CONTRASTS)) * EACH
    nodes = [(row, column) for row in range(-60, 61, 12) for column in range(-60, 61, 12)]
    chosen = generator.permutation(len(nodes))[: len(kinds)]
    for number, ((diameter, contrast), node) in enumerate(zip(kinds, chosen, strict=True)):
        row, column = middle + nodes[node] + generator.uniform(-2.0, 2.0, 2)
        sign = 1.0 if (number // 9) % 2 else -1.0
        yield float(row), float(column), diameter, sign * contrast


def gain_of(planted, fine=8):
    """Gain of each pixel, from parts of an eighth of its side."""
    gain = np.ones(SHAPE, dtype=np.float32)
    for row, column, diameter, contrast in planted:
        first = (np.floor((np.array([row, column]) - diameter) / PITCH_MM)).astype(int)
        count = int(np.ceil(2 * diameter / PITCH_MM)) + 1
        places = [(start + (np.arange(count * fine) + 0.5) / fine) * PITCH_MM for start in first]
        inside = np.hypot(places[0][:, None] - row, places[1][None] - column) <= diameter / 2
        part = inside.reshape(count, fine, count, fine).mean(axis=(1, 3))
        gain[first[0] : first[0] + count, first[1] : first[1] + count] *= (1 + contrast * part).astype(np.float32)
    return gain


def candidates(kerma, seed):
    """Candidates in an image with noise."""
    noise = np.sqrt(DETECTOR.noise_variance_ugy2(kerma)) * np.random.default_rng([seed, 73]).standard_normal(
        kerma.shape
    )
    return find_artefact_candidates(kerma + noise, pixel_pitch_mm=PITCH_MM)


def print_power(defective):
    """Share of planted spots found, and places beside them."""
    planted = list(spots())
    for images in (MOST // 2, MOST):
        places = find_recurring_artefacts(defective[:images]).places
        found, own = dict.fromkeys(itertools.product(DIAMETERS_MM, CONTRASTS), 0), set()
        for row, column, diameter, contrast in planted:
            near = [
                number
                for number, one in enumerate(places)
                if np.hypot(one.row_mm - row, one.column_mm - column) < diameter / 2 + 0.75
                and (one.contrast > 0) == (contrast > 0)
            ]
            own.update(near)
            found[diameter, abs(contrast)] += bool(near)
        for (diameter, contrast), number in found.items():
            told(f"{images} images, {diameter} mm, {contrast:.0%}: {number} of {EACH} spots found")
        told(f"{images} images: {len(places) - len(own)} places beside the spots")


def print_false(name, clean):
    """Places found where nothing was planted."""
    for images in (MOST // 2, MOST):
        parts = [clean[start : start + images] for start in range(0, len(clean) - images + 1, images)]
        counts = [len(find_recurring_artefacts(part).places) for part in parts]
        told(f"{name}, {images} images: {sum(counts)} places on {len(parts)} detectors without spots")


def main():
    """Simulate, look, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=600)
    count = parser.parse_args().patients
    start = time.process_time()
    gain = gain_of(spots())
    print_power([candidates(patient(number) * gain, number) for number in range(MOST)])
    print_false("usual patients", [candidates(patient(number), number) for number in range(count)])
    for anatomy in ("chest", "abdomen"):
        alike = [candidates(patient(number, ALIKE, (anatomy,)), number) for number in range(count // 5)]
        print_false(f"{anatomy} of patients alike", alike)
    told(f"{time.process_time() - start:.0f} s of processor time")


if __name__ == "__main__":
    main()
