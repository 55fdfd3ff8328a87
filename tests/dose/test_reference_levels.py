"""Reference levels: exact conversion, provenance, and which of them are for whom."""

from __future__ import annotations

import math
from typing import Any

import pytest

from xrayiq.audit import shipped_examinations
from xrayiq.dose import level_rows, levels_for, reference_levels_of, shipped_reference_levels
from xrayiq.errors import InputError
from xrayiq.model import patient_bands

SITE = {
    "quantity": "dose_area_product",
    "unit": "cGy.cm2",
    "document": "local levels",
    "confidence": "A",
    "levels": [{"body_part": "CHEST", "views": ["PA"], "value": 12.0}],
}


def matched(**given: Any) -> dict[tuple[str, str], tuple[float, str]]:
    found = levels_for(shipped_reference_levels(), **given)
    return {(each.level.set_name, each.level.quantity): (each.level.value, each.basis) for each in found}


def test_levels_stand_in_the_units_of_their_quantities() -> None:
    # 0.15 mGy; 2.5 Gy·cm² = 2.5e-4 Gy·m²; 50 mGy·cm² = 5e-6 Gy·m²
    assert matched(body_part="CHEST", view="PA", region="US") == {
        ("US, NCRP 172", "incident_air_kerma"): (pytest.approx(0.15, rel=1e-12), "adult")
    }
    abdomen = matched(body_part="ABDOMEN", view="AP", quantity="dose_area_product")
    assert abdomen["UK, dose-area product", "dose_area_product"][0] == pytest.approx(2.5e-4, rel=1e-12)
    child = matched(body_part="CHEST", view="AP", weight_kg=20.0, age_years=6.0, region="EU")
    assert child == {("EU, RP 185", "dose_area_product"): (pytest.approx(5e-6, rel=1e-12), "weight")}


def test_incident_and_entrance_surface_kerma_are_told_apart() -> None:
    found = {level.set_name: level.quantity for level in shipped_reference_levels()}
    assert found["US, NCRP 172"] == "incident_air_kerma"
    assert found["UK, entrance surface dose"] == "entrance_surface_air_kerma"


@pytest.mark.parametrize(
    ("weight", "age", "value", "basis"),
    [
        (4.9, None, 1.5e-6, "weight"),
        (5.0, 0.5, 2.2e-6, "weight"),
        (None, 5.0, 5e-6, "age_in_place_of_weight"),
        (None, 0.0, 1.5e-6, "age_in_place_of_weight"),
        (60.0, 16.0, 8.7e-6, "weight"),
    ],
)
def test_children_have_the_level_of_their_weight(
    weight: float | None, age: float | None, value: float, basis: str
) -> None:
    found = matched(body_part="CHEST", view="PA", weight_kg=weight, age_years=age, region="EU")
    assert found == {("EU, RP 185", "dose_area_product"): (pytest.approx(value, rel=1e-12), basis)}


@pytest.mark.parametrize(("weight", "age"), [(60.0, 40.0), (None, None), (45.0, 70.0), (120.0, None)])
def test_adults_have_no_level_of_children(weight: float | None, age: float | None) -> None:
    found = matched(body_part="CHEST", view="PA", weight_kg=weight, age_years=age)
    assert ("US, NCRP 172", "incident_air_kerma") in found
    assert all("RP 185" not in name for name, _ in found)


def test_a_child_has_no_level_of_adults() -> None:
    assert matched(body_part="LSPINE", view="AP", age_years=9.0) == {}
    assert matched(body_part="SKULL", view="AP", age_years=3.0, region="EU") == {
        ("EU, RP 185", "dose_area_product"): (pytest.approx(2.95e-5, rel=1e-12), "age")
    }


def test_a_breast_has_the_level_of_its_thickness() -> None:
    assert matched(body_part="BREAST", view="MLO", breast_thickness_mm=55.0)
    assert matched(body_part="BREAST", view="MLO", breast_thickness_mm=60.0) == {}
    assert matched(body_part="BREAST", view="CC", breast_thickness_mm=55.0) == {}


def test_superseded_levels_are_kept_but_not_used() -> None:
    assert any(level.superseded_by for level in shipped_reference_levels())
    assert all("2008" not in name for name, _ in matched(body_part="CHEST", view="PA"))
    assert all("2008" not in str(row["level_id"]) for row in level_rows(shipped_reference_levels()))


def test_every_shipped_level_has_its_source_and_unverified_ones_print_as_such() -> None:
    names = shipped_examinations()
    for level in shipped_reference_levels():
        assert level.source.document
        assert ("not verified" in level.text) == (level.source.confidence == "C")
        assert level.body_part in {term.term for term in names.body_parts}
        assert set(level.views) <= {term.term for term in names.views}
        assert level.achievable_value is None or level.achievable_value < level.value
    sources = {level.set_name: level.source.confidence for level in shipped_reference_levels()}
    assert sources == {
        "US, NCRP 172": "B",
        "US, NCRP 172, children": "C",
        "US, ACR 2008": "B",
        "UK, entrance surface dose": "C",
        "UK, dose-area product": "C",
        "UK, breast screening": "C",
        "EU, RP 185": "C",
        "BR, IN 90/2021": "A",
    }


def test_rows_name_the_bands_that_the_audit_groups_by() -> None:
    rows = level_rows(shipped_reference_levels())
    weights = {row["band"] for row in rows if str(row["band"]).endswith("kg")}
    assert weights <= set(patient_bands().children)
    chest = [row for row in rows if row["level_id"] == "US, NCRP 172" and row["body_part"] == "CHEST"]
    assert chest[0] == {
        "level_id": "US, NCRP 172", "region": "US", "body_part": "CHEST", "view": "PA", "band": "adult",
        "quantity": "incident_air_kerma", "level": 0.15, "achievable": 0.11, "source": chest[0]["source"],
            "confidence": "B",
    }  # fmt: skip
    assert (
        len([row for row in rows if row["level_id"] == "UK, entrance surface dose" and row["body_part"] == "KNEE"]) == 2
    )
    assert any(math.isnan(float(row["achievable"])) for row in rows)


def test_a_site_adds_its_own() -> None:
    own = reference_levels_of(SITE, name="local 2026")
    assert own[0].value == pytest.approx(1.2e-5, rel=1e-12)
    assert (own[0].region, own[0].band) == ("site", "adult")
    found = levels_for((*own, *shipped_reference_levels()), body_part="CHEST", view="PA", quantity="dose_area_product")
    assert [each.level.region for each in found] == ["site", "UK"]
    any_view = reference_levels_of({**SITE, "levels": [{"body_part": "CHEST", "value": 12.0}]}, name="x")
    assert levels_for(any_view, body_part="CHEST", view="")
    assert level_rows(any_view)[0]["view"] == ""


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"unit": "furlong"}, "unit 'furlong'"),
        ({"quantity": "dose"}, "quantity 'dose'"),
        ({"confidence": "D"}, "A, B or C"),
        ({"colour": "blue"}, "unknown key 'colour'"),
        ({"levels": "many"}, "levels that are no tables"),
        ({"levels": [{"body_part": "CHEST"}]}, "value missing"),
        ({"levels": [{"body_part": "CHEST", "value": 0.0}]}, "numbers above 0"),
        ({"levels": [{"body_part": "CHEST", "value": True}]}, "numbers above 0"),
        ({"levels": [{"body_part": 3, "value": 1.0}]}, "no text"),
        ({"levels": [{"body_part": "CHEST", "views": "PA", "value": 1.0}]}, "no text"),
        ({"levels": [{"body_part": "CHEST", "value": 1.0, "weights_kg": [5.0, 5.0]}]}, "the second larger"),
        ({"levels": [{"body_part": "CHEST", "value": 1.0, "size": 3}]}, "unknown key 'size'"),
    ],
)
def test_levels_that_are_none_are_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        reference_levels_of({**SITE, **changed}, name="x")


def test_a_table_without_its_document_is_refused() -> None:
    with pytest.raises(InputError, match="document missing"):
        reference_levels_of({key: value for key, value in SITE.items() if key != "document"}, name="x")
