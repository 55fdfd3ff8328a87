"""Units convert exactly or not at all; errors say what was found, needed and to do."""

import pickle

import pytest

from xrayiq.errors import NotMeasurableError, TruncatedFileError
from xrayiq.units import UnknownUnitError, to_inside_unit


@pytest.mark.parametrize(
    ("value", "unit", "dimension", "inside"),
    [
        (1.0, "dGy.cm2", "dose_area_product", 1e-5),  # 1 Gy·m² = 10⁵ dGy·cm²
        (1.0, "mGy.cm2", "dose_area_product", 1e-7),
        (1.0, "uGy.m2", "dose_area_product", 1e-6),
        (1.0, "Gy.cm2", "dose_area_product", 1e-4),
        (2.5, "Gy", "kerma", 2500.0),
        (3.0, "dGy", "kerma", 300.0),
        (1500.0, "uA.s", "exposure", 1.5),
        (0.1, "s", "time", 100.0),
        (0.25, "m2", "area", 250000.0),
        (0.0, "Gy.m2", "dose_area_product", 0.0),
    ],
)
def test_conversion_is_exact(value, unit, dimension, inside):
    assert to_inside_unit(value, unit, dimension) == pytest.approx(inside, rel=1e-15)


@pytest.mark.parametrize("unit", ["", "mgy", "Gy", "furlong"])
def test_unknown_unit_is_an_error_and_never_passed_through(unit):
    with pytest.raises(UnknownUnitError, match="dose area product; needed one of"):
        to_inside_unit(1.0, unit, "dose_area_product")


def test_message_says_found_needed_and_remedy_with_the_file_first():
    error = TruncatedFileError("ends early", needed="10 bytes", remedy="copy it again", source="a.dcm")
    assert str(error) == "a.dcm: ends early; needed 10 bytes: copy it again"
    assert error.explanation == "ends early; needed 10 bytes: copy it again"


def test_errors_survive_the_way_between_processes():
    error = pickle.loads(pickle.dumps(NotMeasurableError("no_edge", "no edge", source="a.dcm")))  # noqa: S301 - our own bytes
    assert isinstance(error, NotMeasurableError)
    assert error.reason == "no_edge"
    assert str(error) == "a.dcm: no edge"
