"""A site's own calibration of exposure indicators: kerma by formula, where it holds, and what is refused."""

from __future__ import annotations

import datetime
import math

import numpy as np
import pytest

from xrayiq.dose import identify_exposure_indicator, indicator_calibration_of_row
from xrayiq.errors import SiteError
from xrayiq.model import Acquisition
from xrayiq.procedures import load_site

DAY = datetime.date(2026, 3, 1)
ABOUT = {"beam": "RQA5/2015", "date": DAY, "relative_uncertainty": 0.07, "serial_number": "S1"}
#: SAL goes with the square root of the kerma: here 1000 at 2.5 µGy
SAL = {"indicator": "Agfa SAL", "points": [[1000.0 * math.sqrt(k / 2.5), k] for k in (1.25, 2.5, 10.0)], **ABOUT}


def image(**told: object) -> Acquisition:
    usual = {"manufacturer": "Agfa", "model": "DX-D", "serial_number": "S1", "modality": "CR"}
    moment = datetime.datetime(2026, 5, 1, 9, 0)
    return Acquisition(**usual | {"exposed_at": moment} | told)  # type: ignore[arg-type]  # fields by name


def test_points_of_a_power_are_met_between_them_and_not_carried_on() -> None:
    own = indicator_calibration_of_row(SAL, source="site.toml")
    kermas = np.array([1.25, 1.7, 5.0, 9.9])
    np.testing.assert_allclose(own.receptor_kerma_ugy(1000.0 * np.sqrt(kermas / 2.5)), kermas, rtol=1e-12)
    assert np.isnan(own.receptor_kerma_ugy([500.0, 2100.0, math.nan])).all()
    found = identify_exposure_indicator(image(relative_exposure=1000.0 * math.sqrt(2.0)), calibrations=[own])
    assert (found.name, found.standing, found.attribute) == ("Agfa SAL", "local", "RelativeXRayExposure")
    assert found.receptor_kerma_ugy == pytest.approx(5.0, rel=1e-12)
    assert (found.relative_uncertainty, found.reference_beam) == (0.07, "RQA5/2015")
    assert found.source == "site.toml, local calibration of 2026-03-01"
    assert "within 7 % (k = 1)" in found.provenance.warnings[0]
    assert found.to_dict()["calibration"]["calibrated_on"] == "2026-03-01"


@pytest.mark.parametrize(
    ("row", "value", "kerma"),
    [
        ({"indicator": "Agfa lgM", "points": [[1.96, 2.5], [2.96, 25.0]]}, 2.46, 2.5 * math.sqrt(10.0)),
        ({"indicator": "Agfa lgM", "speed_class": 200.0}, 1.96, 5.0),
        ({"indicator": "Agfa SAL", "reference_value": 1000.0, "reference_kerma_ugy": 2.5}, 2000.0, 10.0),
        ({"indicator": "IDC F#", "target_kerma_ugy": 4.0}, -1.0, 2.0),
        ({"indicator": "Canon REX", "factor_ugy": 0.05, "exponent": 1.0, "range": [10, 900]}, 120.0, 6.0),
        ({"indicator": "Philips EI", "factor_ugy": 900.0, "exponent": -1.0, "range": [50, 900]}, 300.0, 3.0),
        (
            {"indicator": "Alara EIV", "factor_ugy": 0.08, "exponent": 1e-3, "range": [1000, 3000]},
            2000.0,
            8.0,
        ),
        ({"indicator": "swissray di", "form": "exponential", "points": [[-1, 2.0], [1, 8.0]]}, 0.0, 4.0),
    ],
)
def test_every_way_to_tell_a_calibration_gives_its_formula(row: dict, value: float, kerma: float) -> None:
    own = indicator_calibration_of_row(row | ABOUT)
    assert float(own.receptor_kerma_ugy(value)) == pytest.approx(kerma, rel=1e-12)


def test_indicator_of_no_known_scale_is_told_by_its_attribute() -> None:
    row = ABOUT | {"indicator": "Acme DI", "attribute": "RelativeXRayExposure", "form": "power", "model": "A1"}
    own = indicator_calibration_of_row(row | {"points": [[100, 1.0], [400, 4.0]]})
    header = image(manufacturer="Acme", model="A1", relative_exposure=200.0)
    found = identify_exposure_indicator(header, calibrations=[own])
    assert (found.name, found.standing, found.receptor_kerma_ugy) == ("Acme DI", "local", pytest.approx(2.0))
    assert identify_exposure_indicator(header).standing == "unknown_maker"


@pytest.mark.parametrize(
    ("change", "standing"),
    [
        ({}, "local"),
        ({"serial_number": "S2"}, "not_converted"),
        ({"serial_number": None}, "not_converted"),
        ({"exposed_at": datetime.datetime(2026, 2, 28, 23, 59)}, "not_converted"),
        ({"exposed_at": datetime.datetime(2026, 3, 1)}, "local"),
        ({"exposed_at": datetime.datetime(2026, 6, 30, 23, 59)}, "local"),
        ({"exposed_at": datetime.datetime(2026, 7, 1)}, "not_converted"),
        ({"exposed_at": None}, "not_converted"),
        ({"relative_exposure": 2001.0}, "not_converted"),
        ({"relative_exposure": 0.0}, "unusable"),
    ],
)
def test_calibration_holds_for_its_equipment_days_and_range(change: dict, standing: str) -> None:
    own = indicator_calibration_of_row(SAL | {"valid_to": datetime.date(2026, 6, 30)})
    header = image(**{"relative_exposure": 1000.0} | change)
    found = identify_exposure_indicator(header, calibrations=[own])
    assert found.standing == standing
    assert (found.receptor_kerma_ugy is None) == (standing != "local")


def test_of_several_the_one_that_names_more_holds_then_the_later_one() -> None:
    def of(kerma: float, **named: object) -> object:
        row = {name: value for name, value in SAL.items() if name not in ("points", "serial_number")}
        return indicator_calibration_of_row(row | {"reference_value": 1000, "reference_kerma_ugy": kerma} | named)

    model, serial = of(1.0, model="DX-D"), of(2.0, model="DX-D", serial_number="S1")
    later = of(3.0, model="DX-D", date=datetime.date(2026, 4, 1))
    header = image(relative_exposure=1000.0)
    for own, kerma in (([model, serial, later], 2.0), ([model, later], 3.0), ([later, model], 3.0)):
        found = identify_exposure_indicator(header, calibrations=own)  # type: ignore[arg-type]  # rows of this test
        assert found.receptor_kerma_ugy == pytest.approx(kerma)


def test_older_scale_in_exposure_index_stays_a_suspect_and_the_standards_index_can_be_calibrated() -> None:
    row = ABOUT | {"indicator": "Carestream EI", "points": [[1000, 1.0], [2000, 10.0]], "model": "DX-D"}
    own = indicator_calibration_of_row(row)
    header = image(manufacturer="CARESTREAM HEALTH", exposure_index=1800.0)
    assert identify_exposure_indicator(header, calibrations=[own]).standing == "suspect"
    standard = indicator_calibration_of_row(ABOUT | {"indicator": "IEC EI", "points": [[100, 0.7], [1000, 7.0]]})
    found = identify_exposure_indicator(image(exposure_index=300.0), calibrations=[standard])
    assert (found.standing, found.receptor_kerma_ugy) == ("local", pytest.approx(2.1))


ROW = '[[indicator_calibration]]\nbeam = "RQA5"\ndate = 2026-03-01\nrelative_uncertainty = 0.07\n'
NAMED = ROW + 'serial_number = "S1"\nindicator = "Canon REX"\n'
POINTS = NAMED + "points = [[50, 5], [100, 10]]\n"


@pytest.mark.parametrize(
    ("text", "found", "needed"),
    [
        ("indicator_calibration = 3", "no list of tables", "[[indicator_calibration]]"),
        (POINTS + POINTS + "colour = 1", "indicator_calibration 2: unknown key 'colour'", "indicator"),
        (ROW + 'serial_number = "S1"', "indicator missing", "beam"),
        (ROW + 'indicator = "Canon REX"\npoints = [[50, 5], [100, 10]]', "neither serial_number nor model", "headers"),
        (ROW + 'serial_number = "S1"\nindicator = "REX 9"\nform = "power"', "indicator = 'REX 9'", "Canon REX"),
        (POINTS.replace("2026-03-01", '"2026-03-01"'), "date = '2026-03-01'", "without quotes"),
        (POINTS.replace("0.07", "7"), "relative_uncertainty = 7", "0.07 for 7 %"),
        (POINTS + "valid_to = 2026-02-01", "valid_to = 2026-02-01", "2026-03-01"),
        (NAMED, "none of these", "points"),
        (POINTS + "speed_class = 400", "more than one", "points"),
        (NAMED + "points = [[50, 5]]", "points = [[50, 5]]", "two or more"),
        (NAMED + "points = [[50, 5], [100]]", "points, pair 2", "pairs"),
        (NAMED + 'points = [[50, 5], ["100", 10]]', "points, pair 2", "pairs"),
        (NAMED + "points = [[50, 5], [100, 0]]", "points, pair 2", "above 0"),
        (NAMED + "points = [[0, 5], [100, 10]]", "points, pair 1", "indicators above 0"),
        (NAMED + "points = [[100, 10], [50, 5]]", "points with indicators", "rising"),
        (NAMED + "points = [[50, 5], [100, 10], [150, 9]]", "points with kermas", "rise or fall"),
        (NAMED + "factor_ugy = 0.08\nexponent = 1", "range missing", "factor_ugy"),
        (NAMED + "factor_ugy = 0.08\nexponent = 1\nrange = [0, 900]", "range = [0, 900]", "above 0"),
        (NAMED + "factor_ugy = 0.08\nexponent = 0\nrange = [1, 900]", "exponent = 0", "other than 0"),
        (NAMED + "speed_class = 400", "speed_class for Canon REX", "points"),
        (POINTS + 'form = "exponential"', "form = 'exponential'", "power"),
        (POINTS.replace("Canon REX", "Hologic DEI"), "form missing", "exponential"),
        (POINTS + 'attribute = "ExposureIndex"', "attribute = 'ExposureIndex'", "RelativeXRayExposure"),
        (POINTS + 'model = ""', "model = ''", "text in quotes"),
    ],
)
def test_calibrations_that_make_no_sense_are_refused_by_file_row_and_key(tmp_path, text, found, needed) -> None:
    path = tmp_path / "site.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SiteError) as caught:
        load_site(path)
    assert caught.value.source == "site.toml"
    assert found in caught.value.found and needed in caught.value.needed
