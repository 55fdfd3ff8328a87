"""Signal per charge: mean signal over mA·s at 1 m, blind to a calibrated response."""

import dataclasses

import numpy as np
import pytest

import xrayiq
from xrayiq_phantoms import Detector, Technique, simulate_flat, write_dicom

DETECTOR = Detector(pixel_pitch_mm=0.2, gain_dn_per_ugy=400.0, electronic_noise_ugy=0.001)
SHAPE = (400, 420)


def flat(tmp_path, *, charge_mas=2.0, distance_mm=1500.0, gain=400.0, **options):
    detector = Detector(pixel_pitch_mm=0.2, gain_dn_per_ugy=gain, electronic_noise_ugy=0.001)
    pixels = simulate_flat(detector, shape=SHAPE, kerma_ugy=5.0, seed=3, noise=False).pixels
    technique = Technique(
        exposure_mas=charge_mas,
        exposure_time_ms=10.0,
        tube_current_ma=None if charge_mas is None else 100.0 * charge_mas,
        source_detector_distance_mm=distance_mm,
    )
    path = tmp_path / "flat.dcm"
    write_dicom(path, pixels, pixel_pitch_mm=0.2, technique=technique, **options)
    return xrayiq.read(path)


def noisy(image):
    """The same with noise that leaves the mean: a flat without noise has no SNR."""
    rng = np.random.default_rng(1)
    pixels = (image.pixels.astype(np.int64) + rng.integers(-3, 4, size=image.pixels.shape)).astype(image.pixels.dtype)
    return dataclasses.replace(image, pixels=pixels)


def test_is_mean_signal_over_charge_at_one_metre(tmp_path):
    found = xrayiq.measure_uniformity(noisy(flat(tmp_path))).signal_per_charge
    assert found == pytest.approx(5.0 * 400.0 / 2.0 * 1.5**2, rel=1e-3)  # mean of noise over 10⁵ pixels


def test_falls_with_the_gain_also_where_a_response_is_known(tmp_path):
    response = xrayiq.fit_response(400.0 * np.array([1.0, 5.0, 20.0]), kerma_ugy=[1.0, 5.0, 20.0], model="linear")
    bare = noisy(flat(tmp_path, gain=300.0))
    with_response = dataclasses.replace(bare, response=response)
    plain = xrayiq.measure_uniformity(bare).signal_per_charge
    assert plain == pytest.approx(5.0 * 300.0 / 2.0 * 1.5**2, rel=1e-3)
    assert xrayiq.measure_uniformity(with_response).signal_per_charge == pytest.approx(plain, rel=1e-9)


@pytest.mark.parametrize("missing", [{"charge_mas": None}, {"distance_mm": None}])
def test_is_left_out_where_the_header_is_silent(tmp_path, missing):
    result = xrayiq.measure_uniformity(noisy(flat(tmp_path, **missing)))
    assert result.signal_per_charge is None
    assert "signal_per_charge" not in {one.quantity for one in result.measurements()}
