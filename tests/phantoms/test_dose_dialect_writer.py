"""Simulated dialects state what their truth says, by a walk of their own trees, and pass the validator."""

import math
import shutil
import subprocess

import pydicom
import pytest

from xrayiq_phantoms.dose_dialects import DIALECTS, simulate_dose_report
from xrayiq_phantoms.dose_faults import DOSE_FAULTS, plant_dose_fault


def numbers(tree, code):
    """Values of a code anywhere in a tree."""
    for item in tree.get("ContentSequence", ()):
        if item.ValueType == "NUM" and item.ConceptNameCodeSequence[0].CodeValue == code:
            yield float(item.MeasuredValueSequence[0].NumericValue)
        yield from numbers(item, code)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("events", [1, 4])
def test_totals_are_sums_of_what_the_events_state(dialect, events):
    simulated = simulate_dose_report(dialect, seed=8, events=events)
    assert len(simulated.events) == events
    for name, event_code, total_code, factor in (
        ("dap_gy_m2", "122130", "113722", 1),
        ("kerma_gy", "113738", "113725", 1),
        ("average_glandular_dose_mgy", "111631", "111637", 100),
        ("dose_length_product_mgy_cm", "113838", "113813", 1),
    ):
        if name not in simulated.totals:
            continue
        for code in (event_code, total_code):
            stated = math.fsum(numbers(simulated.dataset, code)) * factor
            assert stated == pytest.approx(simulated.totals[name], rel=1e-12)
        assert math.fsum(event.numbers[name] for event in simulated.events) == pytest.approx(
            simulated.totals[name], rel=1e-12
        )


def test_equal_seeds_give_equal_bytes(tmp_path):
    for name in ("one", "two"):
        simulate_dose_report("mammography", seed=2).dataset.save_as(tmp_path / name, enforce_file_format=True)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_report_without_events_is_refused():
    with pytest.raises(ValueError, match="needed at least one"):
        simulate_dose_report("radiography", events=0)


@pytest.mark.parametrize("fault", DOSE_FAULTS)
def test_a_fault_changes_the_report_and_says_where(fault):
    plain = simulate_dose_report("radiography", seed=2).dataset.to_json()
    planted = plant_dose_fault(simulate_dose_report("radiography", seed=2), fault)
    assert planted.dataset.to_json() != plain
    silent = ("milligray", "decigray_square_centimetre", "no_template")
    assert len(planted.faults) == int(fault not in silent)


@pytest.mark.skipif(shutil.which("dsrdump") is None, reason="dsrdump (dcmtk) is not installed")
@pytest.mark.parametrize("dialect", DIALECTS)
def test_dcmtk_reads_every_dialect(dialect, tmp_path):
    simulated = simulate_dose_report(dialect, seed=2, events=2)
    path = tmp_path / "report.dcm"
    simulated.dataset.save_as(path, enforce_file_format=True)
    dumped = subprocess.run(["dsrdump", "+Pc", str(path)], capture_output=True, text=True, check=True, timeout=60)
    assert dumped.stdout.count("NUM") >= sum(1 for _ in numbers(pydicom.dcmread(path), "113733"))
    assert simulated.events[-1].event_uid in dumped.stdout
