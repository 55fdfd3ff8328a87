"""The simulated year of weekly quality control."""

import datetime

import numpy as np
import pydicom
import pytest

from xrayiq_phantoms import qc_year


def test_images_have_the_gain_detector_and_dead_line_that_are_told(tmp_path):
    weeks = range(17, 30, 9)  # 17 without, 26 with the new detector
    files = qc_year.simulate_qc_year(tmp_path, weeks=weeks, side_px=260)
    files += qc_year.simulate_qc_year(tmp_path, weeks=range(18, 19), side_px=260)
    assert len(files) == 12
    for file in files:
        dataset = pydicom.dcmread(tmp_path / file.path)
        assert (dataset.StationName, dataset.DetectorID) == (file.station, file.detector_id)
        assert dataset.AcquisitionDate == file.day.strftime("%Y%m%d")
        pixels = dataset.pixel_array.astype(float)
        assert np.median(pixels) == pytest.approx(1000.0 * file.gain * qc_year.KERMA_UGY, rel=2e-3)
        assert (pixels[:, qc_year.LINE_COLUMN].mean() < 100) == file.dead_line
    assert {file.detector_id for file in files if file.station == qc_year.SWAP_ROOM} == {"QCDET-2A", "QCDET-2B"}


def test_drift_crosses_its_limit_in_the_week_that_is_told():
    assert qc_year.weeks_below(0.20)[0] == 39  # 0.0079 × 26
    assert qc_year.gain_of(qc_year.DRIFT_ROOM, 39) == pytest.approx(1 - 26 * 0.0079)
    assert qc_year.gain_of(qc_year.DRIFT_ROOM, qc_year.CALIBRATION_WEEK) == 1.0
    assert qc_year.day_of_week(1) == datetime.date(2025, 1, 13)
