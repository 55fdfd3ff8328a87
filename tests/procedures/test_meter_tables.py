"""What a meter's table is recognised by, and the outcomes that it has."""

import pytest

from xrayiq.model import quantities
from xrayiq.procedures import is_unmeasured, load_site, meter_outcomes, recognise_meter_table
from xrayiq_phantoms import Generator, meter_table, simulate_meter_rows
from xrayiq_phantoms.dose_hospital_truth import exposures_text

SITE = load_site()
SUBJECT = "sha256:0"


def outcomes(text):
    return {outcome.procedure: outcome for outcome in meter_outcomes(text.encode(), SUBJECT, SITE)}


def statuses(**deviations):
    """Worst verdict of each quantity that has one, by its name."""
    found = {}
    for outcome in outcomes(meter_table(simulate_meter_rows(Generator(**deviations)))).values():
        for verdict in outcome.verdicts:
            found.setdefault(verdict.measurement.quantity, set()).add(verdict.status)
    order = ("fail", "warning", "pass")
    return {name: next(status for status in order if status in worth) for name, worth in found.items()}


def test_a_sound_generator_is_within_all_limits():
    assert set(statuses(aec_deviations=(0.01, -0.01, 0.0)).values()) == {"pass"}


@pytest.mark.parametrize(
    ("deviations", "quantity", "status"),
    [
        ({"voltage_error_fraction": 0.06}, "tube_voltage_error", "warning"),
        ({"voltage_error_fraction": -0.11}, "tube_voltage_error", "fail"),
        ({"variation": 0.06}, "output_reproducibility", "fail"),
        ({"linearity_step": 0.11}, "output_linearity", "fail"),
        ({"half_value_layer_per_kv_mm_al": 0.035}, "half_value_layer_margin", "warning"),
        ({"half_value_layer_per_kv_mm_al": 0.028}, "half_value_layer_margin_before_2006", "fail"),
        ({"output_ugy_per_mas": 90.0}, "tube_output", "warning"),
        ({"time_error_ms": 1.6}, "exposure_time_error_share", "fail"),
        ({"charge_error_fraction": 0.11}, "exposure_charge_error_share", "fail"),
        ({"aec_deviations": (0.22, -0.11, -0.11)}, "aec_tracking", "warning"),
        ({"aec_deviations": (0.22, -0.11, -0.11)}, "aec_chamber_balance", "fail"),
        ({"guard_mas": 610.0}, "guard_timer_exposure", "fail"),
        ({"leakage_mgy_per_h": 0.9}, "leakage_kerma_rate", "fail"),
        ({"dap_ratio": 1.3}, "dap_meter_ratio_worst", "warning"),
        ({"dap_ratio": 0.6}, "dap_meter_ratio_worst", "fail"),
    ],
)
def test_each_deviation_is_judged_by_its_limit(deviations, quantity, status):
    assert statuses(**deviations)[quantity] == status


def test_every_limit_names_its_document_and_unverified_ones_say_so():
    verdicts = [
        verdict for outcome in outcomes(meter_table(simulate_meter_rows(Generator()))).values()
        for verdict in outcome.verdicts
    ]  # fmt: skip
    assert all(verdict.limit.document for verdict in verdicts)
    unverified = [verdict for verdict in verdicts if verdict.limit.confidence == "C"]
    assert unverified
    assert all("not verified against the document" in verdict.limit.source for verdict in unverified)
    assert {verdict.measurement.quantity for verdict in verdicts} <= set(quantities())


def test_a_test_that_rows_are_named_for_but_do_not_allow_has_its_own_outcome():
    found = outcomes("test,set kVp,set mAs,kerma [uGy],measured kVp\nkVp,80,20,,81\nHVL,80,20,1000,\n")
    assert {name: outcome.kind for name, outcome in found.items()} == {
        "generator": "measured",
        "half_value_layer": "not_measurable",
    }
    assert is_unmeasured(found["half_value_layer"])


def test_what_could_not_be_taken_has_its_own_outcome():
    found = outcomes("set kVp,measured kVp\n80,81\n80,Smith\n" + "80,x\n" * 12)
    assert found["generator"].kind == "measured"
    assert found["read"].reason == "meter_faults"
    assert "line 3, measured kVp: text; needed a number" in found["read"].message
    assert "and 3 more" in found["read"].message
    assert "Smith" not in found["read"].message


def test_a_table_of_one_sort_has_no_outcome_of_the_other():
    dap = "test,displayed DAP [Gy·cm2],kerma [mGy],field area [cm2]\nDAP,0.2,2,100\n"
    assert set(outcomes(dap)) == {"dap_meter"}
    assert set(outcomes("set kVp,measured kVp\n80,81\n")) == {"generator"}


def test_a_table_without_usable_rows_is_not_measurable():
    found = outcomes("set kVp,measured kVp\n")
    assert {name: outcome.reason for name, outcome in found.items()} == {"generator": "no_test_measurable"}


def test_recognition_is_by_headings():
    told = recognise_meter_table(b"set kVp,measured kVp\n")
    assert told is not None
    assert told.kind == "meter"
    assert recognise_meter_table(b"name,age\n") is None


@pytest.mark.parametrize(
    "headings",
    [
        exposures_text(()),
        "exposed_at,unit,tube_voltage_kv,exposure_mas,dap_gy_m2,study_uid,event_uid,subject\n",
        "Date,Time,Station,Reject reason,kV,mAs,DAP\n",
    ],
    ids=["truth of a simulated dose hospital", "dose log", "reject log"],
)
def test_a_table_of_exposures_of_images_is_no_meter_table(headings):
    assert recognise_meter_table(headings.encode()) is None
