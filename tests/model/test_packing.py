"""Values that go to a store come back as they were."""

import datetime
import json
import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from xrayiq.model import Acquisition, Measurement, ObjectHeader, Provenance, Response, Result, pack, to_plain, unpack


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Curve(Result):
    """A result with an array, an optional scalar and a nested value."""

    frequencies_per_mm: NDArray[np.float64]
    peak: float | None
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """One number."""
        return (Measurement(quantity="mtf_f50", value=1.5, direction="columns"),)


def through_json(kind, value):
    packed, arrays = pack(value)
    return unpack(kind, json.loads(json.dumps(packed)), arrays)


def test_header_with_dates_tuples_and_gaps_comes_back_equal():
    header = ObjectHeader(
        subject="1.2.3",
        rows=10,
        acquisition=Acquisition(
            exposed_at=datetime.datetime(2026, 1, 5, 10, 0, 1, 500),
            pixel_pitch_mm=(0.1, 0.2),
            software_versions=("1.0", "b"),
            collimator_corners_px=((0.0, 1.0), (2.0, 3.5)),
            exposure_index=0.0,
        ),
    )
    assert through_json(ObjectHeader, header) == header


def test_arrays_stay_out_of_the_json_and_come_back_bit_for_bit():
    curve = Curve(
        frequencies_per_mm=np.array([0.1, np.nextafter(0.2, 1)]),
        peak=None,
        provenance=Provenance(algorithm="x", algorithm_version=2, parameters=(("roi", 3), ("mode", "iec"))),
    )
    again = through_json(Curve, curve)
    np.testing.assert_array_equal(again.frequencies_per_mm, curve.frequencies_per_mm)
    assert again.peak is None
    assert again.provenance == curve.provenance


@given(st.floats(allow_nan=True, allow_infinity=True))
@settings(deadline=None)
def test_every_float_survives_json(value):
    again = through_json(Response, Response(model="linear", a=0.0, b=1.0, kerma_max_ugy=value)).kerma_max_ugy
    assert again == value or (math.isnan(again) and math.isnan(value))


def test_arrays_of_a_result_are_read_only_and_those_of_the_caller_stay_writable():
    mine = np.zeros(2)
    curve = Curve(frequencies_per_mm=mine, peak=1.0, provenance=Provenance(algorithm="x", algorithm_version=1))
    with pytest.raises(ValueError, match="read-only"):
        curve.frequencies_per_mm[0] = 1.0
    mine[0] = 2.0


def test_response_and_acquisition_become_plain_json():
    response = Response(model="linear", a=1.0, b=2.0)
    assert json.loads(json.dumps(response.to_dict()))["id"] == response.id
    assert json.loads(json.dumps(Acquisition(exposure_index=0.0).to_dict()))["exposure_index"] == 0.0


def test_to_plain_is_json_with_nested_lists():
    assert json.loads(json.dumps(to_plain({"grid": np.eye(2)}))) == {"grid": [[1.0, 0.0], [0.0, 1.0]]}


def test_result_prints_its_headline_with_unit_and_escapes_nothing_unsafe():
    curve = Curve(frequencies_per_mm=np.zeros(1), peak=1.0, provenance=Provenance(algorithm="x", algorithm_version=1))
    assert repr(curve) == "Curve(MTF 50 % (columns) 1.500 mm⁻¹)"
    assert "<td>1.500 mm⁻¹</td>" in curve._repr_html_()
    assert curve.to_dict()["type"] == "Curve"
