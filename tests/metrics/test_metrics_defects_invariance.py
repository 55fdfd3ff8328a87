"""Defects, artefacts and changes turn with the image and do not depend on gain, offset or type of the values."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from xrayiq.metrics import (
    DEFECT_CLASSES,
    Artefacts,
    DefectMap,
    compare_defects,
    find_artefacts,
    find_defects,
    make_defect_map,
)
from xrayiq.model import Radiograph, Response
from xrayiq_phantoms import Defect, Detector, SimulatedBlob, SimulatedLines, SimulatedSeam, simulate_flat

SHAPE = (210, 230)
DEFECTS = (
    Defect(row=30, column=40),
    Defect(row=0, column=229, kind="hot"),
    Defect(row=60, column=90, rows=4, columns=3),
    Defect(row=0, column=120, rows=None, kind="gain", amplitude=-0.3),
    Defect(row=150, column=30, columns=120, kind="gain", amplitude=0.4),
    Defect(row=180, column=60, kind="interpolated", neighbours="row"),
    Defect(row=100, column=200, kind="interpolated", neighbours="around"),
)
#: class of pixels that only their line shows, in a class image
LINE = 1 + DEFECT_CLASSES.index("line")
EXAMPLES = settings(max_examples=10, deadline=None, derandomize=True)


@functools.cache
def flats() -> NDArray[Any]:
    detector = Detector(defects=DEFECTS, heel_fraction=0.1)
    images = [simulate_flat(detector, shape=SHAPE, kerma_ugy=2.5, seed=300 + seed).pixels for seed in range(16)]
    return np.stack(images)


@functools.cache
def wanted() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Classes of one image and of sixteen."""
    return classes(flats()[0]), classes(flats())


def classes(images: Any) -> NDArray[np.uint8]:
    return make_defect_map(find_defects(images), detector_id="SN").class_image()


def turned(images: NDArray[Any], *, rows: bool, columns: bool, transposed: bool) -> NDArray[Any]:
    images = images[..., ::-1, :] if rows else images
    images = images[..., ::-1] if columns else images
    return np.ascontiguousarray(np.swapaxes(images, -1, -2) if transposed else images)


@EXAMPLES
@given(
    gain=st.floats(1e-3, 1e3),
    dtype=st.sampled_from([np.float32, np.float64]),
    rows=st.booleans(),
    columns=st.booleans(),
    transposed=st.booleans(),
)
def test_defects_turn_with_the_image_whatever_gain_and_type(
    gain: float, dtype: Any, rows: bool, columns: bool, transposed: bool
) -> None:
    turn = functools.partial(turned, rows=rows, columns=columns, transposed=transposed)
    single, series = wanted()
    image = turn(flats()[0]).astype(dtype) * dtype(gain)
    assert_alike(classes(image), turn(single))
    if transposed:
        assert_alike(classes(turn(flats()).astype(dtype) * dtype(gain)), turn(series))


def assert_alike(found: NDArray[np.uint8], expected: NDArray[np.uint8]) -> None:
    """Equal classes, but for a few pixels at the ends of lines, which the blocks of the local median shift."""
    np.testing.assert_array_equal(np.where(found == LINE, 0, found), np.where(expected == LINE, 0, expected))
    assert np.count_nonzero(found != expected) <= 6


@EXAMPLES
@given(
    offset=st.integers(-500, 5000), gain=st.floats(100.0, 800.0), dtype=st.sampled_from([np.int16, np.int32, np.uint16])
)
def test_an_offset_that_the_response_knows_leaves_the_defects(offset: int, gain: float, dtype: Any) -> None:
    low = max(0, -offset) if dtype is np.uint16 else 0
    values = (flats()[0].astype(np.int64) + offset + low).astype(dtype)
    radiograph = Radiograph.from_array(values, response=Response(model="linear", a=float(offset + low), b=gain))
    np.testing.assert_array_equal(classes(radiograph), wanted()[0])


# ---------------------------------------------------------------------- artefacts

ARTEFACTS = (
    SimulatedSeam(orientation="column", index=181, step=0.015),
    SimulatedBlob(row=250.0, column=90.0, diameter_mm=4.0, contrast=-0.1),
    SimulatedLines(frequency_per_mm=1.25, angle_deg=20.0, amplitude=0.015),
)


@functools.cache
def field() -> NDArray[Any]:
    return simulate_flat(Detector(), shape=(360, 400), kerma_ugy=2.5, seed=7, artefacts=ARTEFACTS).pixels


def parts(result: Artefacts) -> tuple[Any, Any, Any]:
    (seam,), (blob,), (peak,) = result.seams, result.blobs, result.peaks
    return seam, blob, peak


@functools.cache
def seen() -> tuple[Any, Any, Any]:
    return parts(find_artefacts(field(), pixel_pitch_mm=0.15))


@EXAMPLES
@given(gain=st.floats(1e-3, 1e3), rows=st.booleans(), columns=st.booleans(), transposed=st.booleans())
def test_artefacts_turn_with_the_image_whatever_the_gain(
    gain: float, rows: bool, columns: bool, transposed: bool
) -> None:
    image = turned(field(), rows=rows, columns=columns, transposed=transposed) * gain
    seam, blob, peak = parts(find_artefacts(image, pixel_pitch_mm=0.15))
    first_seam, first_blob, first_peak = seen()
    assert seam.orientation == ("row" if transposed else "column")
    assert seam.index_px == (400 - first_seam.index_px if columns else first_seam.index_px)
    # blocks of 8 pixels of the trend and blocks of 64 along the seam begin at another border
    step = -first_seam.step_fraction if columns else first_seam.step_fraction
    assert seam.step_fraction == pytest.approx(step, rel=0.1)
    row, column = first_blob.row_px, first_blob.column_px
    place = [359 - row if rows else row, 399 - column if columns else column]
    got = [blob.column_px, blob.row_px] if transposed else [blob.row_px, blob.column_px]
    # blocks of up to 4 pixels begin at another border
    assert got == pytest.approx(place, abs=1.0)
    assert blob.contrast_fraction == pytest.approx(first_blob.contrast_fraction, rel=0.1)
    angle = first_peak.angle_deg * (-1.0 if rows != columns else 1.0)
    angle = (90.0 - angle if angle > 0 else -90.0 - angle) if transposed else angle
    assert peak.angle_deg == pytest.approx(angle, abs=0.05)
    assert peak.frequency_per_mm == pytest.approx(first_peak.frequency_per_mm, rel=1e-3)
    assert peak.amplitude_fraction == pytest.approx(first_peak.amplitude_fraction, rel=0.01)


# ---------------------------------------------------------------------- changes


@functools.cache
def empty_map() -> DefectMap:
    noise = np.random.default_rng(1).normal(1000.0, 10.0, (100, 110))
    return make_defect_map(find_defects(noise), detector_id="SN")


def map_with(marks: NDArray[np.bool_]) -> DefectMap:
    places = np.argwhere(marks).astype(np.int32)
    shape = (marks.shape[0], marks.shape[1])
    codes = np.zeros(len(places), dtype=np.uint8)
    return dataclasses.replace(empty_map(), image_shape_px=shape, pixels_px=places, classes=codes)


@EXAMPLES
@given(maps=arrays.arrays(np.bool_, (2, 12, 15)))
def test_what_is_new_one_way_is_gone_the_other_way(maps: NDArray[np.bool_]) -> None:
    first, second = map_with(maps[0]), map_with(maps[1])
    there, back = compare_defects(second, first), compare_defects(first, second)
    np.testing.assert_array_equal(there.new_px, back.gone_px)
    np.testing.assert_array_equal(there.gone_px, back.new_px)
    np.testing.assert_array_equal(there.kept_px, back.kept_px)
    assert len(there.new_px) + len(there.kept_px) == np.count_nonzero(maps[1])
    assert len(there.gone_px) + len(there.kept_px) == np.count_nonzero(maps[0])
    same = compare_defects(first, first)
    assert len(same.new_px) == len(same.gone_px) == same.large_new_clusters == 0
