"""Dose reports: what is written comes back, dialects are converted, faults cost one item and no more."""

import datetime
import itertools

import pytest
from pydicom.dataset import Dataset

from xrayiq.dicom import read_dose_report
from xrayiq.errors import NotMeasurableError
from xrayiq_phantoms.dose_report import ReportedEvent, write_dose_report


def code(value, scheme="DCM", meaning="meaning"):
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def item(kind, name, *children, scheme="DCM"):
    made = Dataset()
    made.ValueType = kind
    made.RelationshipType = "CONTAINS"
    made.ConceptNameCodeSequence = [code(name, scheme, f"meaning of {name}")]
    if children:
        made.ContentSequence = list(children)
    return made


def number(name, value, unit, *children, scheme="DCM"):
    made = item("NUM", name, *children, scheme=scheme)
    measured = Dataset()
    measured.add_new("NumericValue", "LO", str(value))
    measured.MeasurementUnitsCodeSequence = [code(unit, "UCUM", "a unit that lies")] if unit is not None else []
    made.MeasuredValueSequence = [measured] if value is not None else []
    return made


def coded(name, value, scheme="DCM"):
    made = item("CODE", name)
    made.ConceptCodeSequence = [code(value, scheme)]
    return made


def report(*children):
    made = item("CONTAINER", "113701", coded("121058", "113704"), *children)
    made.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.67"
    made.SOPInstanceUID = "1.2.3.4"
    made.Manufacturer = "Maker"
    return made


def uid(name, value):
    made = item("UIDREF", name)
    made.UID = value
    return made


def started(at="20240305141516"):
    made = item("DATETIME", "111526")
    made.add_new("DateTime", "DT", at)
    return made


_numbers = itertools.count()


def event(*children):
    return item("CONTAINER", "113706", *children, uid("113769", f"1.2.826.0.1.{next(_numbers)}"), started())


def accumulated(*children):
    return item("CONTAINER", "113702", *children)


def test_simulated_report_comes_back(tmp_path):
    written = [
        ReportedEvent(
            event_uid=f"1.2.826.0.1.{index}",
            started_at=datetime.datetime(2024, 3, 5, 14, 15, 16 + index),
            protocol_name="CHEST PA",
            dap_gy_m2=1.25e-6 * index,
            reference_point_dose_gy=1e-4 * index,
            tube_voltage_kv=81.0,
            tube_current_ma=200.0,
            exposure_mas=2.5,
            exposure_time_ms=12.5,
            exposure_index=319.0,
            target_exposure_index=876.0,
            deviation_index=-4.4,
            field_area_mm2=120000.0,
            field_height_mm=400.0,
            field_width_mm=300.0,
            image_uid="1.2.826.0.1.77",
        )
        for index in range(3)
    ]
    path = tmp_path / "report.dcm"
    write_dose_report(path, events=written)
    found = read_dose_report(path)
    assert found.faults == ()
    assert len(found.events) == 3
    for one, truth in zip(found.events, written, strict=True):
        assert one.irradiation_event_uid == truth.event_uid
        assert one.started_at == truth.started_at
        assert one.protocol == truth.protocol_name
        assert one.acquired_image_uid == truth.image_uid
        assert one.reference_point_kerma_mgy == pytest.approx(truth.reference_point_dose_gy * 1000, rel=1e-12)
        for ours, theirs in (
            ("dap_gy_m2", "dap_gy_m2"),
            ("tube_voltage_kv", "tube_voltage_kv"),
            ("tube_current_ma", "tube_current_ma"),
            ("exposure_mas", "exposure_mas"),
            ("exposure_time_ms", "exposure_time_ms"),
            ("exposure_index", "exposure_index"),
            ("target_exposure_index", "target_exposure_index"),
            ("deviation_index", "deviation_index"),
            ("collimated_field_area_mm2", "field_area_mm2"),
            ("collimated_field_height_mm", "field_height_mm"),
            ("collimated_field_width_mm", "field_width_mm"),
        ):
            # decimal strings hold 16 characters, about 10 digits
            assert getattr(one, ours) == pytest.approx(getattr(truth, theirs), rel=1e-9), ours
    assert found.total_dap_gy_m2 == pytest.approx(3.75e-6, rel=1e-9)
    assert found.total_reference_point_kerma_mgy == pytest.approx(0.3, rel=1e-9)


@pytest.mark.parametrize(
    ("name", "field", "stored", "unit", "value"),
    [
        ("122130", "dap_gy_m2", 2, "Gy.m2", 2.0),
        ("122130", "dap_gy_m2", 2, "Gym2", 2.0),
        ("122130", "dap_gy_m2", 2, "dGy.cm2", 2e-5),
        ("122130", "dap_gy_m2", "8.664e-005", "Gy.m2", 8.664e-5),
        ("122130", "dap_gy_m2", "0,5", "Gy.m2", 0.5),
        ("122130", "dap_gy_m2", 0, "Gy.m2", 0.0),
        ("113738", "reference_point_kerma_mgy", 2, "Gy", 2000.0),
        ("113738", "reference_point_kerma_mgy", 2, "mGy", 2.0),
        ("111636", "entrance_dose_mgy", 2, "mGy", 2.0),
        ("111631", "average_glandular_dose_mgy", 0.02, "dGy", 2.0),
        ("113736", "exposure_mas", 2500, "uA.s", 2.5),
        ("113736", "exposure_mas", 2500, "uAs", 2.5),
        ("113824", "exposure_time_ms", 12, "ms", 12.0),
        ("113735", "exposure_time_ms", 12, "ms", 12.0),
        ("113790", "collimated_field_area_mm2", 0.12, "m2", 120000.0),
    ],
)
def test_units_go_by_their_code_not_their_meaning(name, field, stored, unit, value):
    found = read_dose_report(report(event(number(name, stored, unit))))
    assert getattr(found.events[0], field) == pytest.approx(value, rel=1e-12)
    assert found.faults == ()


@pytest.mark.parametrize(
    ("stored", "unit", "message"),
    [
        (2, "Gy.parsec2", "unit 'Gy.parsec2' for dose area product; needed one of Gy.m2"),
        (2, "mGy", "unit 'mGy' for dose area product"),
        (2, None, "unit '' for dose area product"),
        (None, "Gy.m2", "no measured value"),
        ("about two", "Gy.m2", "the measured value is no number"),
    ],
)
def test_faulty_item_is_told_and_the_rest_is_kept(stored, unit, message):
    found = read_dose_report(report(event(number("122130", stored, unit), number("113733", 81, "kV"))))
    (one,) = found.events
    assert one.dap_gy_m2 is None
    assert one.tube_voltage_kv == 81.0
    (fault,) = found.faults
    assert fault.path == "113701/113706[2]/122130[1]"
    assert message in fault.message


def test_names_go_by_code_and_scheme():
    found = read_dose_report(
        report(event(number("122130", 9, "Gy.m2", scheme="99MAKER"), number("122130", 2, "Gy.m2")))
    )
    assert found.events[0].dap_gy_m2 == 2.0
    assert found.faults == ()


def test_pulses_give_a_mean_voltage_and_a_total_exposure():
    pulses = [number("113733", kv, "kV") for kv in (80, 82)] + [number("113736", 1000, "uA.s") for _ in range(2)]
    (one,) = read_dose_report(report(event(*pulses))).events
    assert one.tube_voltage_kv == 81.0
    assert one.exposure_mas == 2.0


def test_second_value_of_a_single_quantity_is_a_fault():
    found = read_dose_report(report(event(number("122130", 1, "Gy.m2"), number("122130", 2, "Gy.m2"))))
    assert found.events[0].dap_gy_m2 == 1.0
    assert "2 values in one event" in found.faults[0].message


def test_totals_are_summed_over_planes_and_found_when_nested():
    planes = [
        accumulated(coded("113764", plane), number("113722", dap, "Gy.m2"), number("113725", dose, "mGy"))
        for plane, dap, dose in (("113620", 1, 10), ("113621", 2, 5))
    ]
    found = read_dose_report(report(*planes, event()))
    assert found.total_dap_gy_m2 == 3.0
    assert found.total_reference_point_kerma_mgy == 15.0
    nested = report(accumulated(item("CONTAINER", "122505", number("113722", 4, "Gy.m2"))), event())
    assert read_dose_report(nested).total_dap_gy_m2 == 4.0
    inside = report(item("CONTAINER", "121071", accumulated(number("113722", 5, "Gy.m2"))), event())
    assert read_dose_report(inside).total_dap_gy_m2 == 5.0


def test_totals_that_are_not_stated_stay_none_and_zero_stays_zero():
    assert read_dose_report(report(event(number("122130", 1, "Gy.m2")))).total_dap_gy_m2 is None
    assert read_dose_report(report(accumulated(number("113722", 0, "Gy.m2")), event())).total_dap_gy_m2 == 0.0


def test_glandular_dose_of_both_breasts_wins_over_their_sum():
    sides = [
        number("111637", dose, "mGy", coded("G-C171", side, "SRT"))
        for side, dose in (("T-04020", 1.5), ("T-04030", 2.0))
    ]
    assert read_dose_report(report(accumulated(*sides), event())).total_average_glandular_dose_mgy == 3.5
    both = number("111637", 3.6, "mGy", coded("272741003", "63762007", "SCT"))
    found = read_dose_report(report(accumulated(*sides, both), event()))
    assert found.total_average_glandular_dose_mgy == 3.6
    assert found.faults == ()


def test_report_without_events_says_so():
    found = read_dose_report(report(accumulated(number("113722", 1, "Gy.m2"))))
    assert found.events == ()
    assert found.faults[0].message == "no irradiation event; needed at least one"


def test_reports_of_another_kind_are_refused():
    other = item("CONTAINER", "126000", event())
    with pytest.raises(NotMeasurableError, match="a report named by code 126000") as caught:
        read_dose_report(other)
    assert caught.value.reason == "not_a_dose_report"


def test_endless_nesting_is_left_out_and_told():
    deep = event()
    for _ in range(40):
        deep = item("CONTAINER", "121071", deep)
    found = read_dose_report(report(deep, event(number("113733", 81, "kV"))))
    assert [one.tube_voltage_kv for one in found.events] == [81.0]
    (fault,) = found.faults
    assert fault.path.count("/") == 32
    assert "could not be read to its end" in fault.message


def test_persons_in_the_tree_are_not_kept():
    person = item("PNAME", "113870")
    person.PersonName = "Secret^Operator"
    found = read_dose_report(report(event(person)))
    assert "Secret" not in str(found.to_dict())


def test_a_block_for_all_planes_counts_alone():
    blocks = [
        accumulated(coded("113764", plane), number("113722", dap, "Gy.m2"))
        for plane, dap in (("113620", 1), ("113621", 2), ("113890", 3))
    ]
    found = read_dose_report(report(*blocks, event()))
    assert found.total_dap_gy_m2 == 3.0
    assert len(found.planes) == 3


def test_two_blocks_of_one_plane_are_summed_and_told():
    blocks = [accumulated(coded("113764", "113622"), number("113722", 1, "Gy.m2")) for _ in range(2)]
    found = read_dose_report(report(*blocks, event()))
    assert found.total_dap_gy_m2 == 2.0
    assert {fault.message for fault in found.faults} == {"2 accumulated blocks of one plane; their sum was taken"}


@pytest.mark.parametrize(
    ("total", "values", "told"),
    [
        # half a step of 0.01 for the total and for each of three events: 0.02 in all
        ("1.00", ("0.33", "0.33", "0.33"), False),
        ("1.01", ("0.33", "0.33", "0.33"), False),
        ("1.02", ("0.33", "0.33", "0.33"), True),
        ("0.97", ("0.33", "0.33", "0.33"), False),
        ("0.96", ("0.33", "0.33", "0.33"), True),
        # the finest digit of the events is that of all: 0.3 is 0.30
        ("0.97", ("0.3", "0.33", "0.33"), False),
        ("0.99", ("0.3", "0.33", "0.33"), True),
        # a total of nothing, and one in another unit
        ("0", ("0.33", "0.33", "0.33"), True),
        ("0.0", ("0.01", "0.01", "0.01"), True),
        ("9900", ("0.33", "0.33", "0.33"), True),
    ],
)
def test_a_total_apart_from_the_events_by_more_than_its_digits_is_told(total, values, told):
    events = [event(number("122130", value, "Gy.m2")) for value in values]
    found = read_dose_report(report(accumulated(number("113722", total, "Gy.m2")), *events))
    assert found.total_dap_gy_m2 == float(total)
    assert [fault.path for fault in found.faults] == (["113701/113702[2]/113722[1]"] if told else [])


def test_events_without_a_value_may_make_up_for_the_rest_of_a_total_but_not_for_less():
    events = [event(number("122130", "1.0", "Gy.m2")), event()]
    assert read_dose_report(report(accumulated(number("113722", "1.5", "Gy.m2")), *events)).faults == ()
    (fault,) = read_dose_report(report(accumulated(number("113722", "0.5", "Gy.m2")), *events)).faults
    assert "1 events give 1" in fault.message


@pytest.mark.parametrize(("total", "told"), [("3.00", False), ("3.01", False), ("3.02", True)])
def test_a_total_apart_from_fluoroscopy_and_acquisitions_is_told(total, told):
    parts = [number("113725", total, "Gy"), number("113728", "1.00", "Gy"), number("113729", "2.00", "Gy")]
    faults = read_dose_report(report(accumulated(*parts), event())).faults
    assert [fault.path for fault in faults] == (["113701/113702[2]/113725[1]"] if told else [])


def test_a_wrong_count_of_tomography_events_is_told():
    block = item("CONTAINER", "113811", number("113812", 3, "{events}"), number("113813", 5, "mGy.cm"))
    acquisition = item("CONTAINER", "113819", uid("113769", "1.2"), number("113838", 5, "mGy.cm"))
    found = read_dose_report(report(block, acquisition))
    assert found.kind == "computed_tomography"
    assert [fault.message for fault in found.faults] == ["3 events stated; the report holds 1"]
