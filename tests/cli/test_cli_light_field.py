"""A test of the light field from its file to the verdict."""

from __future__ import annotations

import json

import pytest
from command_line import xrayiq

from xrayiq_phantoms import Detector, Identifiers, Technique, simulate_field, simulate_light_field, write_dicom

PITCH_MM = 0.5
DETECTOR = Detector(pixel_pitch_mm=PITCH_MM, blur_sigma_mm=0.3)
GIVEN = {"shape": (384, 420), "kerma_ugy": 4.0, "seed": 1}
TESTED = Technique(tube_voltage_kv=70.0, source_detector_distance_mm=1000.0, protocol_name="QC Lichtvisier")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Coins of 20 mm at a field within the limits, at one whose upper and lower side are 32 mm off, and no coins."""
    folder = tmp_path_factory.mktemp("light")
    fields = {
        "within": simulate_light_field(
            DETECTOR, light_size_mm=(110.0, 130.0), deviations_mm=(4.0, 3.0, 2.0, 1.0), **GIVEN
        ),
        "beyond": simulate_light_field(
            DETECTOR, light_size_mm=(110.0, 130.0), deviations_mm=(18.0, 3.0, 14.0, 1.0), **GIVEN
        ),
        "bare": simulate_field(DETECTOR, size_mm=(110.0, 130.0), **GIVEN),
    }
    (folder / "qc").mkdir()
    for name, phantom in fields.items():
        write_dicom(
            folder / "qc" / f"{name}.dcm",
            phantom.pixels,
            pixel_pitch_mm=PITCH_MM,
            technique=TESTED,
            identifiers=Identifiers(instance=name),
        )
    return folder


def told(folder, name, *options):
    """Exit code, and what `score` says of the light field."""
    said = xrayiq("score", f"qc/{name}.dcm", "--format", "json", *options, folder=folder)
    outcomes = [one for one in json.loads(said.stdout)[0]["outcomes"] if one["procedure"] == "field_congruence"]
    return said.returncode, *outcomes


def test_sum_along_an_axis_is_judged_as_a_part_of_the_headers_distance(folder):
    code, within = told(folder, "within")
    sums = [one["value"] for one in within["measurements"] if one["quantity"] == "light_field_misalignment"]
    assert code == 0
    assert sums == pytest.approx([0.004, 0.006], abs=1e-4)  # 0.05 mm for each side
    code, beyond = told(folder, "beyond")
    assert code == 1
    judged = [one for one in beyond["verdicts"] if one["measurement"]["quantity"] == "light_field_misalignment"]
    assert {one["measurement"]["direction"]: one["status"] for one in judged} == {"columns": "pass", "rows": "fail"}


def test_a_field_without_markers_says_so_and_is_no_fault(folder):
    code, bare = told(folder, "bare")
    assert (code, bare["kind"], bare["reason"]) == (0, "not_measurable", "no_markers")


def test_a_sites_markers_stand_as_it_says(folder):
    (folder / "site.toml").write_text('[light_field]\nmarkers = "centred"\n', encoding="utf-8")
    _, touching = told(folder, "within")
    _, centred = told(folder, "within", "--site", "site.toml")
    by_side = [
        {one["quantity"]: one["value"] for one in told["measurements"] if "light_field_deviation" in one["quantity"]}
        for told in (touching, centred)
    ]
    # the radius of a coin lies between both readings
    assert [by_side[1][side] - by_side[0][side] for side in by_side[0]] == pytest.approx([10.0] * 4, abs=0.05)
    for wrong in ('markers = "beside"', "markers = -2", "coins = 4"):
        (folder / "wrong.toml").write_text(f"[light_field]\n{wrong}\n", encoding="utf-8")
        said = xrayiq("score", "qc/within.dcm", "--site", "wrong.toml", folder=folder)
        assert said.returncode == 2
        assert "light_field" in said.stderr
