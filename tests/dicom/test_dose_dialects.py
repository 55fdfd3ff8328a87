"""Reports of several makers' dialects give what they state; a planted fault costs its own item and is named once."""

import dataclasses
import datetime
import io

import pydicom
import pytest

from xrayiq.dicom import read_dose_report
from xrayiq.model import DoseReport, pack, unpack
from xrayiq_phantoms.dose_dialects import DIALECTS, simulate_dose_report
from xrayiq_phantoms.dose_faults import DOSE_FAULTS, plant_dose_fault
from xrayiq_phantoms.dose_report import ReportedEvent, write_dose_report
from xrayiq_phantoms.report_items import text_item

EXACT = 1e-12  # one multiplication by a factor


def content(dataset):
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def reports():
    return {dialect: simulate_dose_report(dialect, seed=3, events=7) for dialect in DIALECTS}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_events_and_totals_are_those_of_the_simulator(reports, dialect):
    simulated = reports[dialect]
    found = read_dose_report(content(simulated.dataset))
    assert found.faults == ()
    assert [event.irradiation_event_uid for event in found.events] == [event.event_uid for event in simulated.events]
    assert [event.started_at for event in found.events] == [event.started_at for event in simulated.events]
    for name, field, factor in (
        ("dap_gy_m2", "total_dap_gy_m2", 1),
        ("kerma_gy", "total_reference_point_kerma_mgy", 1000),
        ("average_glandular_dose_mgy", "total_average_glandular_dose_mgy", 1),
        ("fluoro_time_s", "total_fluoro_time_s", 1),
        ("frames", "total_radiographic_frames", 1),
        ("dose_length_product_mgy_cm", "total_dose_length_product_mgy_cm", 1),
    ):
        truth = simulated.totals.get(name)
        expected = None if truth is None else pytest.approx(truth * factor, rel=EXACT)
        assert getattr(found, field) == expected, field


@pytest.mark.parametrize("dialect", ["radiography", "angiography_two_planes", "angiography_shutters"])
def test_doses_of_each_event_are_exact(reports, dialect):
    found = read_dose_report(content(reports[dialect].dataset))
    for event, truth in zip(found.events, reports[dialect].events, strict=True):
        assert event.dap_gy_m2 == pytest.approx(truth.numbers["dap_gy_m2"], rel=EXACT)
        assert event.reference_point_kerma_mgy == pytest.approx(truth.numbers["kerma_gy"] * 1000, rel=EXACT)


def test_totals_of_each_plane_are_kept(reports):
    simulated = reports["angiography_two_planes"]
    found = read_dose_report(content(simulated.dataset))
    assert [block.plane[0] for block in found.planes] == ["113620", "113621"]
    for block, plane in zip(found.planes, "AB", strict=True):
        truth = simulated.plane_totals[plane]
        assert block.dap_gy_m2 == pytest.approx(truth["dap_gy_m2"], rel=EXACT)
        assert block.reference_point_kerma_mgy == pytest.approx(truth["kerma_gy"] * 1000, rel=EXACT)
        assert block.fluoro_time_s == truth["fluoro_time_s"]
        assert (block.calibration_factor, block.calibration_uncertainty_fraction) == (1.0, 0.05)


def test_angiography_tells_its_pulses_geometry_filter_and_field(reports):
    simulated = reports["angiography_two_planes"]
    found = read_dose_report(content(simulated.dataset))
    for event, truth in zip(found.events, simulated.events, strict=True):
        assert event.plane[0] == {"A": "113620", "B": "113621"}[truth.plane]
        assert event.event_type[:2] == ("P5-06000", "SRT")
        assert event.geometry.primary_angle_deg == truth.numbers["primary_angle_deg"]
        assert event.geometry.secondary_angle_deg == -1.1
        assert event.geometry.source_isocenter_distance_mm == 785.0
        assert event.pulses.count == truth.numbers["pulses"]
        assert event.pulses.rate_per_s == 7.5
        assert event.pulses.mode[0] == "113631"
        assert event.field.detector_diameter_mm == truth.numbers["field_diameter_mm"]
        assert event.table.height_mm == -12.5
        (one,) = event.beam.filters
        assert (one.material[0], one.thickness_min_mm, one.thickness_max_mm) == ("C-127F9", 0.6, 0.6)
        # 0.04 m² at 1198 mm, scaled by the square of the distances
        assert event.field_area_at_1_m_mm2 == pytest.approx(40000 / 1.198**2, rel=EXACT)


def test_openings_of_shutters_are_the_field_at_one_metre(reports):
    simulated = reports["angiography_shutters"]
    found = read_dose_report(content(simulated.dataset))
    for event, truth in zip(found.events, simulated.events, strict=True):
        height, width = truth.numbers["height_at_1_m_mm"], truth.numbers["width_at_1_m_mm"]
        assert (event.field.height_at_1_m_mm, event.field.width_at_1_m_mm) == (height, width)
        assert event.field_area_at_1_m_mm2 == height * width
        assert event.geometry.source_detector_distance_mm == 1195.0
        assert event.table.height_mm == 791.0
        assert event.reference_point == ("113860", "DCM", "15cm from Isocenter toward Source")


def test_mammography_tells_doses_of_each_breast_and_compression(reports):
    simulated = reports["mammography"]
    found = read_dose_report(content(simulated.dataset))
    assert found.kind == "mammography"
    (block,) = found.planes
    for side in ("left", "right"):
        truth = simulated.totals[f"{side}_glandular_dose_mgy"]
        assert getattr(block, f"{side}_glandular_dose_mgy") == pytest.approx(truth, rel=EXACT)
    for event, truth in zip(found.events, simulated.events, strict=True):
        assert event.laterality[0] == {"right": "T-04020", "left": "T-04030"}[truth.side]
        assert event.view[0] in ("R-10242", "R-10226")
        for name in ("compression_force_n", "compression_thickness_mm"):
            assert getattr(event.breast, name) == truth.numbers[name]
        assert event.average_glandular_dose_mgy == pytest.approx(truth.numbers["average_glandular_dose_mgy"], rel=EXACT)
        assert event.beam.anode[0] == "C-150F9"
        assert event.beam.half_value_layer_mm == 0.55


def test_tomography_tells_dose_indices_and_length_products(reports):
    simulated = reports["computed_tomography"]
    found = read_dose_report(content(simulated.dataset))
    assert found.kind == "computed_tomography"
    assert found.planes[0].tomography_events == 7
    for event, truth in zip(found.events, simulated.events, strict=True):
        assert event.tomography.mean_ctdi_vol_mgy == truth.numbers["mean_ctdi_vol_mgy"]
        assert event.tomography.dose_length_product_mgy_cm == truth.numbers["dose_length_product_mgy_cm"]
        assert event.tomography.phantom[0] == "113691"
        assert event.exposure_time_ms == 3500.0


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_report_comes_back_from_the_store_as_it_was(reports, dialect):
    found = read_dose_report(reports[dialect].dataset)
    again = unpack(DoseReport, *pack(found))
    assert (again.events, again.planes, again.faults, again.kind) == (
        found.events,
        found.planes,
        found.faults,
        found.kind,
    )


@pytest.mark.parametrize("sop_class", ["1.2.840.10008.5.1.4.1.1.88.22", "1.2.840.10008.5.1.4.1.1.88.33"])
def test_enhanced_and_comprehensive_documents_read_alike(sop_class):
    simulated = simulate_dose_report("radiography", seed=3, events=2)
    expected = read_dose_report(simulated.dataset)
    simulated.dataset.SOPClassUID = sop_class
    simulated.dataset.file_meta.MediaStorageSOPClassUID = sop_class
    found = read_dose_report(content(simulated.dataset))
    assert (found.events, found.planes) == (expected.events, expected.planes)


def open_ended(dataset):
    """The dataset with sequences and items of undefined length."""
    for element in dataset:
        if element.VR == "SQ":
            element.is_undefined_length = True
            for item in element.value:
                item.is_undefined_length_sequence_item = True
                open_ended(item)
    return dataset


@pytest.mark.parametrize(
    "syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"]
)
@pytest.mark.parametrize("lengths", ["defined", "undefined"])
@pytest.mark.parametrize("dialect", ["angiography_shutters", "mammography"])
def test_every_encoding_gives_the_same_report(dialect, lengths, syntax):
    simulated = simulate_dose_report(dialect, seed=6, events=2)
    simulated.dataset.SpecificCharacterSet = "ISO_IR 192"
    event = simulated.dataset.ContentSequence[-2]
    event.ContentSequence[0].ConceptCodeSequence[0].CodeMeaning = "Frau Größe"
    for named in [one for one in event.ContentSequence if one.ConceptNameCodeSequence[0].CodeValue == "125203"]:
        event.ContentSequence.remove(named)
    event.ContentSequence.append(text_item(("125203", "Acquisition Protocol"), "Schädel in Größe"))
    expected = read_dose_report(simulated.dataset)
    simulated.dataset.file_meta.TransferSyntaxUID = syntax
    dataset = open_ended(simulated.dataset) if lengths == "undefined" else simulated.dataset
    written = content(dataset)
    for source in (written, pydicom.dcmread(io.BytesIO(written))):
        found = read_dose_report(source)
        assert (found.events, found.planes, found.faults) == (expected.events, expected.planes, expected.faults)
    assert found.events[-1].protocol == "Schädel in Größe"
    assert "Frau" not in str(found.to_dict())  # what a report says that a code means is free text


def test_the_enhanced_form_gives_its_summaries_of_events():
    simulated = simulate_dose_report("radiography", seed=3, events=3)
    expected = read_dose_report(simulated.dataset)
    simulated.dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.76"
    for block in simulated.dataset.ContentSequence:
        name = block.ConceptNameCodeSequence[0]
        name.CodeValue = {"113702": "130500", "113706": "130501"}.get(name.CodeValue, name.CodeValue)
        name.CodeMeaning = "Summary"
    found = read_dose_report(content(simulated.dataset))
    assert (found.events, found.planes) == (expected.events, expected.planes)
    assert found.faults == ()


@pytest.mark.parametrize("fault", DOSE_FAULTS)
@pytest.mark.parametrize("dialect", ["radiography", "angiography_two_planes", "angiography_shutters"])
def test_a_planted_fault_is_named_once_and_the_rest_is_kept(dialect, fault):
    simulated = plant_dose_fault(simulate_dose_report(dialect, seed=5, events=4), fault)
    found = read_dose_report(content(simulated.dataset))
    assert [one.path for one in found.faults] == list(simulated.faults)
    assert len(found.events) == 4
    unread = fault in ("unknown_unit", "empty_value", "negative_dose", "not_a_number", "wrong_value_type", "no_concept")
    for number, (event, truth) in enumerate(zip(found.events, simulated.events, strict=True)):
        if unread and number == 3:
            assert event.dap_gy_m2 is None
        else:
            assert event.dap_gy_m2 == pytest.approx(truth.numbers["dap_gy_m2"], rel=1e-9)  # 10 digits written anew
        assert event.reference_point_kerma_mgy == pytest.approx(truth.numbers["kerma_gy"] * 1000, rel=1e-9)


def test_a_missing_template_is_told():
    simulated = plant_dose_fault(simulate_dose_report("radiography"), "no_template")
    assert read_dose_report(simulated.dataset).has_template is False
    assert read_dose_report(simulate_dose_report("radiography").dataset).has_template is True


def test_a_total_in_another_unit_is_kept_and_told_with_its_ratio():
    simulated = plant_dose_fault(simulate_dose_report("radiography", seed=5), "wrong_total")
    found = read_dose_report(simulated.dataset)
    assert found.total_dap_gy_m2 == pytest.approx(simulated.totals["dap_gy_m2"] * 1e5, rel=1e-9)
    (fault,) = found.faults
    assert fault.kind == "contradiction"
    assert "(ratio 100000)" in fault.message


def test_hours_past_midnight_are_of_the_next_day():
    simulated = simulate_dose_report("radiography", events=2)
    event = simulated.dataset.ContentSequence[-2]
    (started,) = (item for item in event.ContentSequence if item.ValueType == "DATETIME")
    started.add_new("DateTime", "LO", "20250304240130")
    found = read_dose_report(simulated.dataset)
    assert found.events[-1].started_at == datetime.datetime(2025, 3, 5, 0, 1, 30)
    assert [fault.kind for fault in found.faults] == ["contradiction"]


def with_repeated_events(written, times):
    """The report with all its events many times over, spliced as bytes: pydicom would take seconds to write them."""
    dataset = pydicom.dcmread(io.BytesIO(written))
    stored = dataset.get_item("ContentSequence").value
    items, place = [], 0
    while place < len(stored):
        end = place + 8 + int.from_bytes(stored[place + 4 : place + 8], "little")
        items.append(stored[place:end])
        place = end
    events = [item for item in items if b"113769" in item]
    others = [item for item in items if b"113769" not in item]
    value = b"".join([*others, *(events * times)])
    return written.replace(len(stored).to_bytes(4, "little") + stored, len(value).to_bytes(4, "little") + value)


def test_thousands_of_events_are_read():
    simulated = simulate_dose_report("angiography_shutters", seed=1, events=3)
    found = read_dose_report(with_repeated_events(content(simulated.dataset), 667))
    assert len(found.events) == 2001
    told = [fault for fault in found.faults if "UID is that of an event before" in fault.message]
    assert len(told) == 1998


def test_damage_inside_the_tree_costs_what_follows_it_in_its_item():
    simulated = simulate_dose_report("radiography", seed=2, events=3)
    whole = content(simulated.dataset)
    uid = simulated.events[1].event_uid.encode()
    start = whole.index(uid)
    # the value type of the item after the event's UID becomes a length beyond everything
    place = whole.index(b"\x40\x00\x40\xa0CS", start)
    damaged = whole[: place + 6] + b"\xff\xff" + whole[place + 8 :]
    found = read_dose_report(damaged)
    assert found.events[0] == read_dose_report(whole).events[0]
    assert found.events[2] == read_dose_report(whole).events[2]
    assert found.events[1].irradiation_event_uid == uid.decode()
    assert found.events[1].started_at is None
    assert found.events[1].dap_gy_m2 == read_dose_report(whole).events[1].dap_gy_m2
    assert any("could not be read to its end" in fault.message for fault in found.faults)


def test_operators_stand_as_keyed_hashes():
    event = ReportedEvent(event_uid="1.2.3", operator_name="Secret^Operator")
    dataset = write_dose_report(None, events=[event, dataclasses.replace(event, event_uid="1.2.4")])
    (first, second) = read_dose_report(dataset, key=bytes(32)).events
    assert first.operator_key == second.operator_key
    assert len(first.operator_key) == 64
    assert read_dose_report(dataset).events[0].operator_key is None
    assert "Secret" not in str(read_dose_report(dataset, key=bytes(32)).to_dict())


@pytest.mark.parametrize(("answer", "told"), [("R-0038D", True), ("R-00339", False), ("373066001", True)])
def test_rejected_acquisitions_are_told_with_their_reason(answer, told):
    simulated = simulate_dose_report("radiography", events=1)
    event = simulated.dataset.ContentSequence[-2]
    for name, value, scheme in (("130503", answer, "SRT"), ("130504", "111209", "DCM")):
        item = pydicom.Dataset()
        item.ValueType, item.RelationshipType = "CODE", "CONTAINS"
        for keyword, code, of in (("ConceptNameCodeSequence", name, "DCM"), ("ConceptCodeSequence", value, scheme)):
            coded = pydicom.Dataset()
            coded.CodeValue, coded.CodingSchemeDesignator, coded.CodeMeaning = code, of, "meaning"
            setattr(item, keyword, [coded])
        event.ContentSequence.append(item)
    (found,) = read_dose_report(simulated.dataset).events
    assert found.is_rejected is told
    assert found.rejection_reason[:2] == ("111209", "DCM")
