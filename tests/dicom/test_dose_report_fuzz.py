"""Mutated dose reports: a report or one of our errors, never another one, and what was sound before stays."""

import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xrayiq.dicom import read_dose_report
from xrayiq.errors import XrayiqError
from xrayiq.model import DoseReport
from xrayiq_phantoms.dose_dialects import DIALECTS, simulate_dose_report


def written(dialect, implicit):
    dataset = simulate_dose_report(dialect, seed=4, events=2).dataset
    buffer = io.BytesIO()
    if implicit:
        dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2"
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def content_start(report):
    """Where the content sequence begins: what stands before it is the fuzz of headers."""
    return report.index(b"\x40\x00\x30\xa7")


@pytest.fixture(scope="module")
def bases():
    return [written(dialect, implicit) for dialect in DIALECTS for implicit in (False, True)]


damage = st.lists(
    st.tuples(
        st.sampled_from(["flip", "cut", "insert", "zero", "double"]), st.floats(0, 1), st.binary(min_size=1, max_size=8)
    ),
    min_size=1,
    max_size=4,
)


def damaged(report, steps):
    """The report with its bytes changed, taken out, put in, zeroed or repeated at places of its content."""
    changed = bytearray(report)
    for kind, where, value in steps:
        start = content_start(report)
        place = start + int(where * (len(changed) - start - len(value)))
        if kind == "flip":
            changed[place : place + len(value)] = value
        elif kind == "cut":
            del changed[place : place + len(value)]
        elif kind == "insert":
            changed[place:place] = value
        elif kind == "zero":
            changed[place : place + 16 * len(value)] = bytes(len(changed[place : place + 16 * len(value)]))
        else:
            changed[place:place] = changed[place : place + 64 * len(value)]
    return bytes(changed)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(number=st.integers(0, 2 * len(DIALECTS) - 1), steps=damage)
def test_damaged_reports_are_read_or_refused(bases, number, steps):
    try:
        found = read_dose_report(damaged(bases[number], steps))
    except XrayiqError:
        return
    assert isinstance(found, DoseReport)
    for event in found.events:
        assert event.dap_gy_m2 is None or event.dap_gy_m2 >= 0
        assert event.tube_voltage_kv is None or event.tube_voltage_kv >= 0
    assert len({(fault.path, fault.message) for fault in found.faults}) == len(found.faults)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.floats(0, 1), value=st.integers(0, 255), dialect=st.integers(0, len(DIALECTS) - 1))
def test_one_changed_byte_inside_an_event_leaves_the_other_events(bases, where, value, dialect):
    """The last event's bytes are changed; the one before it reads as in the sound report."""
    report = bases[2 * dialect]
    sound = read_dose_report(report)
    last = report.rindex(sound.events[-1].irradiation_event_uid.encode())
    place = last + int(where * (len(report) - last - 1))
    try:
        found = read_dose_report(report[:place] + bytes([value]) + report[place + 1 :])
    except XrayiqError:
        return
    assert found.events[0] == sound.events[0]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fraction=st.floats(0.2, 0.999))
def test_reports_that_end_early_are_refused(bases, fraction):
    report = bases[0]
    with pytest.raises(XrayiqError):
        read_dose_report(report[: int(fraction * len(report))])
