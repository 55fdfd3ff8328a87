"""Outputs of tubes and reference levels of a site's file."""

from __future__ import annotations

from pathlib import Path

import pytest

from xrayiq.dose import computed_tube_output, shipped_reference_levels
from xrayiq.errors import SiteError
from xrayiq.model import Equipment
from xrayiq.procedures import load_site

OUTPUT = """
[[tube_output]]
{unit}
filtration_mm_al = 3.1
voltages_kv = [60, 80, 120]
outputs_ugy_per_mas = {outputs}
uncertainty_fraction = 0.05
document = "acceptance, 2026-03-01"
"""
LEVELS = """
[reference_levels."local 2026"]
quantity = "dose_area_product"
unit = "Gy.cm2"
document = "local levels"
edition = "2026"
confidence = "A"
levels = [{ body_part = "CHEST", views = ["PA"], value = 0.08, achievable = 0.06 }]
"""


def site_of(folder: Path, text: str):
    path = folder / "site.toml"
    path.write_text(text, encoding="utf-8")
    return load_site(path)


def test_a_unit_has_its_own_table_and_others_that_of_the_site(tmp_path: Path) -> None:
    text = OUTPUT.format(unit='unit = "ROOM2"', outputs="[30, 50, 100]") + OUTPUT.format(
        unit="", outputs="[20, 40, 90]"
    )
    site = site_of(tmp_path, text)
    own = site.tube_output_of(Equipment(station_name="room2"), None)
    other = site.tube_output_of(Equipment(station_name="ROOM3"), None)
    assert (own.outputs_ugy_per_mas, own.measured) == (((30.0, 50.0, 100.0),), True)
    assert other.outputs_ugy_per_mas == ((20.0, 40.0, 90.0),)
    assert own.source.text == "acceptance, 2026-03-01"


def test_without_a_table_the_computed_one_stands(tmp_path: Path) -> None:
    assert load_site().tube_output_of(Equipment(), None) is computed_tube_output()
    site = site_of(tmp_path, OUTPUT.format(unit='unit = "ROOM2"', outputs="[30, 50, 100]"))
    assert site.tube_output_of(Equipment(station_name="ROOM3"), None) is computed_tube_output()


def test_a_sites_levels_come_before_the_shipped(tmp_path: Path) -> None:
    levels = site_of(tmp_path, LEVELS).reference_levels
    assert (levels[0].set_name, levels[0].region) == ("local 2026", "site")
    assert levels[0].value == pytest.approx(8e-6, rel=1e-12)
    assert levels[1:] == shipped_reference_levels() == load_site().reference_levels


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tube_output = 3", "no list of tables"),
        ("[[tube_output]]\nfiltration_mm_al = 3", "tube_output: outputs_ugy_per_mas missing"),
        ("reference_levels = 3", "holds no tables"),
        ("[reference_levels.mine]\nunit = 'mGy'", "reference_levels: mine: confidence missing"),
        (LEVELS.replace('"CHEST"', '"BRUST"'), "term 'BRUST'"),
        (LEVELS.replace('["PA"]', '["P"]'), "term 'P'"),
    ],
)
def test_settings_that_are_none_are_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SiteError, match=said):
        site_of(tmp_path, text)
