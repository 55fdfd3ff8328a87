"""Random clinical images of a collimated field, of the kinds that are hard to find, with their truth.

Each seed draws which sides lie on the image, the rotation, the body with metal and marker, exposure, scatter, penumbra
and noise, and how a maker stores the image: linear, logarithmic, or processed for presentation with burnt-in text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from xrayiq_phantoms.anatomy import AnatomyKind
from xrayiq_phantoms.clinical import simulate_clinical
from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.field import FieldTruth

Encoding = Literal["linear", "log", "falling log", "MONOCHROME1", "MONOCHROME2"]

#: the last two only where `is_wide`
_ANATOMIES: Final[tuple[AnatomyKind, ...]] = ("chest", "hand", "abdomen", "knee", "skull")
_USUAL_ANATOMIES: Final = 3
_ENCODINGS: Final[tuple[Encoding, ...]] = ("linear", "log", "falling log", "MONOCHROME1", "MONOCHROME2")
_ENCODING_SHARES: Final = (0.3, 0.15, 0.15, 0.2, 0.2)
#: share of images by the number of sides that lie on the image, 0 to 4
_SIDES_SHARES: Final = (0.12, 0.08, 0.1, 0.12, 0.58)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClinicalField:
    """Image as it would stand in a file, what its header says, and the truth.

    Parameters
    ----------
    pixels : 2-D array of uint16
        Stored values, 0 to 16383.
    pixel_pitch_mm : float
        Distance of pixels.
    encoding : {"linear", "log", "falling log", "MONOCHROME1", "MONOCHROME2"}
        Relation to the kerma; the last two are processed for presentation, exposed parts dark on the screen, with this
        photometric interpretation.
    has_text : bool
        Whether letters are burnt in.
    sides_meant : int
        Sides that lie on the image when the field is not rotated; rotation may bring parts of others onto it.
    rotation_deg : float
        Of the field, clockwise as seen on the screen.
    anatomy : str
        Which body.
    has_metal : bool
        Whether it holds an implant.
    truth : FieldTruth
        The field.
    """

    pixels: NDArray[np.uint16]
    pixel_pitch_mm: float
    encoding: Encoding
    has_text: bool
    sides_meant: int
    rotation_deg: float
    anatomy: AnatomyKind
    has_metal: bool
    truth: FieldTruth


def simulate_clinical_field(seed: int, *, is_wide: bool = False) -> ClinicalField:
    """Random clinical image.

    Parameters
    ----------
    seed : int
        Draws everything.
    is_wide : bool
        With bodies, exposures, penumbrae, scatter and detectors beyond those of the others.

    Returns
    -------
    ClinicalField
        0.25 to 0.4 m along either side.
    """
    generator = np.random.default_rng([seed, 11, int(is_wide)])
    shape = (int(generator.integers(550, 850)), int(generator.integers(550, 850)))
    sides, centre, size, rotation = _geometry(generator, shape)
    anatomy = _ANATOMIES[int(generator.integers(len(_ANATOMIES) if is_wide else _USUAL_ANATOMIES))]
    stretch = 2.0 if is_wide else 1.0
    pitch_mm = float(generator.uniform(0.3, 0.5) if is_wide else 0.4)
    detector = Detector(
        pixel_pitch_mm=pitch_mm,
        blur_sigma_mm=float(generator.uniform(0.1, 0.1 * stretch)),
        quanta_per_mm2_per_ugy=19000.0 / float(generator.uniform(1.0, stretch**2)),
        structured_noise_fraction=0.01 * (stretch - 1.0) * float(generator.random()),
        heel_fraction=0.2 * (stretch - 1.0) * float(generator.random()),
    )
    has_metal, has_marker = bool(generator.random() < 0.25), bool(generator.random() < 0.5)
    phantom = simulate_clinical(
        detector,
        anatomy=anatomy,
        shape=shape,
        kerma_ugy=_spread(generator, 0.5 / stretch, 8.0 * stretch),
        seed=seed,
        field_size_fraction=(size[0] / shape[0], size[1] / shape[1]),
        field_centre_px=centre,
        rotation_deg=rotation,
        thickness_factor=float(generator.uniform(0.8 / stretch**0.25, 1.25 * stretch**0.25)),
        scatter_fraction=float(generator.uniform(0.01, 0.1 * stretch**0.5)),
        scatter_length_mm=float(generator.uniform(10.0, 40.0)),
        stray_fraction=_spread(generator, 0.002 / stretch, 0.02),
        penumbra_sigma_mm=float(generator.uniform(0.2, 1.0 * stretch**0.5)),
        metal=has_metal,
        marker=has_marker,
    )
    encoding = _ENCODINGS[int(generator.choice(len(_ENCODINGS), p=_ENCODING_SHARES))]
    stored = _stored(phantom.pixels, encoding, pitch_mm, generator)
    has_text = bool(generator.random() < 0.2)
    if has_text:
        _burn_text(stored, generator)
    return ClinicalField(
        pixels=stored,
        pixel_pitch_mm=pitch_mm,
        encoding=encoding,
        has_text=has_text,
        sides_meant=sides,
        rotation_deg=rotation,
        anatomy=anatomy,
        has_metal=has_metal,
        truth=phantom.truth.field,
    )


def _spread(generator: np.random.Generator, low: float, high: float) -> float:
    """Value whose logarithm is uniform."""
    return float(np.exp(generator.uniform(np.log(low), np.log(high))))


def _geometry(
    generator: np.random.Generator, shape: tuple[int, int]
) -> tuple[int, tuple[float, float], tuple[float, float], float]:
    """Number of sides on the image, centre and size of the field in pixels, and its rotation."""
    sides = int(generator.choice(5, p=_SIDES_SHARES))
    is_seen = generator.permutation([True] * sides + [False] * (4 - sides))
    # room from the border of the image to the side, as a part of the image; negative beyond the image
    room = np.where(is_seen, generator.uniform(0.02, 0.3, 4), -generator.uniform(0.03, 0.15, 4))
    top, right, bottom, left = (float(value) for value in room * np.array([shape[0], shape[1], shape[0], shape[1]]))
    size = (shape[0] - top - bottom, shape[1] - left - right)
    centre = ((shape[0] - 1.0 + top - bottom) / 2.0, (shape[1] - 1.0 + left - right) / 2.0)
    most_deg = float(generator.choice([3.0, 20.0])) if sides else 1.0
    return sides, centre, size, float(generator.uniform(-most_deg, most_deg))


def _stored(
    pixels: NDArray[Any], encoding: Encoding, pitch_mm: float, generator: np.random.Generator
) -> NDArray[np.uint16]:
    if encoding == "linear":
        return np.asarray(pixels, dtype=np.uint16)
    logarithm = np.log(np.maximum(pixels.astype(np.float64), 1.0))
    if encoding in ("log", "falling log"):
        sign = 1.0 if encoding == "log" else -1.0
        values = 4000.0 + 400.0 * sign * logarithm
    else:
        sign = 1.0 if encoding == "MONOCHROME1" else -1.0
        # edges enhanced, and an S-shaped curve about the middle values
        sharpness = float(generator.uniform(0.0, 1.0))
        logarithm += sharpness * (logarithm - gaussian_filter(logarithm, generator.uniform(1.0, 4.0) / pitch_mm))
        low, high = np.percentile(logarithm, [10.0, 90.0])
        steepness = float(generator.uniform(1.0, 2.5))
        shown = np.tanh(steepness * sign * (logarithm - (low + high) / 2.0) / max(high - low, 0.1))
        values = 2048.0 + 2000.0 * shown
    return np.clip(np.rint(values), 0, 16383).astype(np.uint16)


def _burn_text(stored: NDArray[np.uint16], generator: np.random.Generator) -> None:
    """Write a line of letters of random strokes, at the greatest value, in place."""
    size = int(generator.integers(2, 5))
    row, column = int(generator.integers(4, stored.shape[0] // 4)), int(generator.integers(4, stored.shape[1] // 3))
    for _ in range(int(generator.integers(4, 12))):
        letter = np.kron(generator.random((5, 3)) < 0.6, np.ones((size, size), dtype=np.bool_))
        window = stored[row : row + 5 * size, column : column + 3 * size]
        window[letter[: window.shape[0], : window.shape[1]]] = stored.max()
        column += 4 * size
