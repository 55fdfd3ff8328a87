"""Dark frames: their noise is what their truth states."""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq_phantoms import Defect, Detector, simulate_dark

DETECTOR = Detector(gain_dn_per_ugy=500.0, electronic_noise_ugy=0.008, offset_dn=120.0)


def test_frames_have_offset_noise_and_drift():
    frames = simulate_dark(DETECTOR, shape=(300, 400), frames=3, drift_dn=5.0, seed=1)
    for number, frame in enumerate(frames):
        assert frame.truth.electronic_noise_dn == 4.0
        # 120 000 pixels: three standard errors
        assert frame.pixels.mean() == pytest.approx(120.0 + 5.0 * number, abs=0.035)
        assert frame.pixels.std() == pytest.approx(np.sqrt(16.0 + 1 / 12), rel=0.0062)
        assert frame.pixels.dtype == np.uint16
    assert not np.array_equal(frames[0].pixels, frames[1].pixels)


def test_rows_are_new_in_each_frame_and_columns_stay():
    rows = simulate_dark(DETECTOR, shape=(200, 2000), frames=2, row_noise_dn=3.0, seed=2)
    columns = simulate_dark(DETECTOR, shape=(2000, 200), frames=2, column_noise_dn=3.0, seed=2)
    means = [frame.pixels.mean(axis=1) for frame in rows]
    assert np.std(means[0]) == pytest.approx(3.0, rel=0.15)  # 200 lines: three standard errors
    assert abs(np.corrcoef(*means)[0, 1]) < 0.22
    means = [frame.pixels.mean(axis=0) for frame in columns]
    assert np.std(means[0]) == pytest.approx(3.0, rel=0.15)
    assert np.corrcoef(*means)[0, 1] > 0.99


def test_defects_stand_out():
    defects = (Defect(row=5, column=6, kind="hot"), Defect(row=7, column=8, kind="offset", amplitude=0.5))
    detector = Detector(gain_dn_per_ugy=500.0, electronic_noise_ugy=0.0, offset_dn=120.0, defects=defects)
    pixels = simulate_dark(detector, shape=(20, 20), seed=1)[0].pixels
    assert pixels[5, 6] == 16383
    assert pixels[7, 8] == 120 + 250
    assert pixels[0, 0] == 120


def test_a_detector_that_is_not_linear_is_refused():
    with pytest.raises(ValueError, match="linear"):
        simulate_dark(Detector(response="log"), shape=(20, 20))
