"""Arrays in the store: bit for bit, and compressed where that is worth its time."""

import numpy as np
import pytest

from xrayiq.records.packing import _arrays, _npz

NOISE = np.random.default_rng(7).random((128, 128))
STEPS = np.repeat(np.arange(64.0), 4096).reshape(512, 512)


@pytest.mark.parametrize("array", [NOISE, STEPS, NOISE[:3, :3], np.zeros((0, 4)), np.arange(7, dtype=np.uint16)])
def test_arrays_come_back_bit_for_bit_with_their_dtype(array):
    (found,) = _arrays(_npz({"array": array})).values()
    assert found.dtype == array.dtype
    assert np.array_equal(found, array)


def test_smooth_arrays_shrink_and_noise_is_kept_as_it_is():
    assert len(_npz({"array": STEPS})) < 0.05 * STEPS.nbytes
    overhead = len(_npz({"array": NOISE})) - NOISE.nbytes
    assert 0 < overhead < 500


def test_equal_arrays_give_equal_bytes():
    assert _npz({"a": NOISE, "b": STEPS}) == _npz({"a": NOISE.copy(), "b": STEPS.copy()})
