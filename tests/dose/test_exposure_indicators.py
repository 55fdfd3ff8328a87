"""Exposure indicators of the makers: recognised by their headers, converted only where a formula is trusted."""

from __future__ import annotations

import math

import numpy as np
import pytest

from xrayiq.dose import identify_exposure_indicator, indicator_scale, indicator_scales
from xrayiq.model import Acquisition

LOCAL = {"speed_class": 400.0, "target_kerma_ugy": 10.0}
#: AAPM TG-116, appendix, rounded: the indicator at 5, 10 and 20 µGy
TABLE = {
    "Fuji S": (400, 200, 100),
    "Konica S": (400, 200, 100),
    "Philips S": (400, 200, 100),
    "Carestream EI": (1700, 2000, 2300),
    "Alara EIV": (1700, 2000, 2300),
    "Agfa lgM": (2.2, 2.5, 2.8),
    "Canon REX": (50, 100, 200),
    "Philips EI": (200, 100, 50),
    "Siemens EXI": (500, 1000, 2000),
    "IDC F#": (-1, 0, 1),
}


@pytest.mark.parametrize(("name", "values"), TABLE.items())
def test_formula_meets_the_rounded_table_within_a_quarter(name: str, values: tuple[float, ...]) -> None:
    scale = indicator_scale(name)
    assert scale.checks == tuple(zip((5.0, 10.0, 20.0), map(float, values), strict=True))
    kerma = scale.receptor_kerma_ugy(values, **LOCAL)
    np.testing.assert_allclose(kerma, [5.0, 10.0, 20.0], rtol=0.25)  # the table's own class


@pytest.mark.parametrize(
    ("name", "value", "kerma"),
    [
        ("IEC EI", 250.0, 2.5),
        ("Fuji S", 200.0, 8.7),
        ("Carestream EI", 2000.0, 8.73),
        ("Carestream EI", 2301.03, 17.46),
        ("Agfa lgM", 1.96, 2.5),
        ("Agfa lgM", 2.26103, 5.0),
        ("Siemens EXI", 250.0, 2.5),
        ("Philips EI", 400.0, 2.5),
        ("IDC F#", -2.0, 2.5),
        ("GE UDExp", 4.2, 4.2),
    ],
)
def test_formula_gives_the_documents_kerma(name: str, value: float, kerma: float) -> None:
    assert float(indicator_scale(name).receptor_kerma_ugy(value, **LOCAL)) == pytest.approx(kerma, rel=1e-4)


def test_local_calibration_of_a_square_root_scale() -> None:
    scale = indicator_scale("Agfa SAL")
    local = {"reference_value": 1000.0, "reference_kerma_ugy": 2.5}
    assert float(scale.receptor_kerma_ugy(2000.0, **local)) == pytest.approx(10.0)
    assert math.isnan(float(scale.receptor_kerma_ugy(2000.0)))


def test_values_that_the_indicator_cannot_be_have_no_kerma() -> None:
    kerma = indicator_scale("Fuji S").receptor_kerma_ugy([200.0, 0.0, -5.0, math.nan, 1e6])
    assert np.isnan(kerma).tolist() == [False, True, True, True, True]


def test_every_scale_with_a_formula_tells_beam_uncertainty_and_document() -> None:
    for scale in indicator_scales():
        assert scale.reference_beam and scale.source.document and scale.source.edition, scale.name
        assert scale.formula == "none" or scale.relative_uncertainty > 0.0, scale.name


def _header(manufacturer: str, *, modality: str = "CR", **told: float) -> Acquisition:
    return Acquisition(manufacturer=manufacturer, modality=modality, **told)  # type: ignore[arg-type]  # numbers by name


@pytest.mark.parametrize(
    ("header", "name", "standing", "kerma"),
    [
        (_header("FUJIFILM Corporation", sensitivity=200.0), "Fuji S", "legacy", 8.7),
        (_header("KONICA MINOLTA", relative_exposure=200.0), "Konica S", "legacy", 8.7),
        (_header("Eastman Kodak Company", relative_exposure=2000.0), "Carestream EI", "legacy", 8.73),
        (_header("CARESTREAM HEALTH", exposure_index=1800.0), "Carestream EI", "suspect", None),
        (_header("CARESTREAM HEALTH", exposure_index=400.0), "IEC EI", "standard", 4.0),
        (
            _header("CARESTREAM HEALTH", exposure_index=1800.0, target_exposure_index=300.0),
            "IEC EI",
            "standard",
            18.0,
        ),
        (_header("Agfa-Gevaert AG", relative_exposure=1.96, sensitivity=400.0), "Agfa lgM", "legacy", 2.5),
        (_header("Agfa-Gevaert AG", relative_exposure=1.96, sensitivity=200.0), "Agfa lgM", "legacy", 5.0),
        (_header("Agfa-Gevaert AG", relative_exposure=1.96), "Agfa lgM", "not_converted", None),
        (_header("Agfa", relative_exposure=1200.0), "Agfa SAL", "not_converted", None),
        (_header("Philips Medical Systems", modality="DX", relative_exposure=400.0), "Philips EI", "legacy", 2.5),
        (_header("Philips Medical Systems", modality="CR", sensitivity=200.0), "Philips S", "legacy", 8.7),
        (_header("SIEMENS", modality="DX", relative_exposure=250.0), "Siemens EXI", "legacy", 2.5),
        (_header("SIEMENS", modality="DX", sensitivity=400.0), "Siemens EXI", "not_converted", None),
        (_header("Canon Inc.", modality="DX", relative_exposure=200.0), "Canon REX", "not_converted", None),
        (_header("GE Healthcare", modality="DX", sensitivity=3.0), "GE UDExp, CDExp or DEI", "not_converted", None),
        (_header("HOLOGIC, Inc.", modality="DX", relative_exposure=3.0), "Hologic DEI", "not_converted", None),
        (_header("SWISSRAY", modality="DX", relative_exposure=3.0), "Swissray DI", "not_converted", None),
        (_header("Imaging Dynamics Company", relative_exposure=1.0), "IDC F#", "not_converted", None),
        (_header("Alara, Inc.", relative_exposure=2000.0), "Alara EIV", "legacy", 8.73),
        (_header("iCRco, Inc.", relative_exposure=3.0), "iCRco exposure index", "not_converted", None),
        (_header("SHIMADZU CORP.", relative_exposure=300.0), "Shimadzu REX", "not_converted", None),
        (_header("Somebody", relative_exposure=300.0), "", "unknown_maker", None),
        (_header("Somebody", exposure_index=0.0, target_exposure_index=300.0), "IEC EI", "unusable", None),
        (_header("Somebody", exposure_index=-3.0), "IEC EI", "unusable", None),
        (_header("FUJIFILM", sensitivity=0.0), "Fuji S", "unusable", None),
        (_header("Somebody"), "", "missing", None),
    ],
)
def test_indicator_is_told_by_maker_and_attribute(
    header: Acquisition, name: str, standing: str, kerma: float | None
) -> None:
    found = identify_exposure_indicator(header)
    assert (found.name, found.standing) == (name, standing)
    assert found.receptor_kerma_ugy == (None if kerma is None else pytest.approx(kerma, rel=1e-3))
    assert (found.relative_uncertainty is None) == (kerma is None)
    assert found.measurements() == () or kerma is not None
    if standing not in ("standard", "legacy"):
        assert found.provenance.warnings


def test_number_of_one_maker_is_not_read_on_the_scale_of_another() -> None:
    same = {"relative_exposure": 400.0}
    names = {
        identify_exposure_indicator(_header(maker, modality="DX", **same)).name
        for maker in ("Philips", "SIEMENS", "Canon", "HOLOGIC", "FUJIFILM", "Carestream")
    }
    assert len(names) == 6


def test_standard_index_goes_before_the_makers_own_which_stands_beside() -> None:
    found = identify_exposure_indicator(
        _header("FUJIFILM Corporation", exposure_index=319.0, target_exposure_index=876.0, sensitivity=318.0)
    )
    assert (found.name, found.receptor_kerma_ugy) == ("IEC EI", pytest.approx(3.19))
    assert [(one.name, one.attribute) for one in found.beside] == [("Fuji S", "Sensitivity")]
    assert "IEC EI 319" in repr(found)
    assert found.to_dict()["standing"] == "standard"
