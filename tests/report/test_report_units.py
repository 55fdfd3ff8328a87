"""Units that a report tells of."""

from __future__ import annotations

from report_builders import Store

from xrayiq.report.evidence import gather

#: what a performed procedure step tells of its unit
STATION = {"manufacturer": None, "model": None, "detector_id": None, "modality": None}


def test_a_step_belongs_to_the_only_unit_of_its_station(store: Store) -> None:
    subject = store.put("clinical", acquisition={"serial_number": "S1"})
    step = store.put("performed_step", acquisition=STATION)
    evidence = gather(store.records)
    assert [unit.name for unit in evidence.units] == ["ROOM1"]
    assert evidence.objects.set_index("subject")["unit"].to_dict() == {subject: 0, step: 0}


def test_a_step_of_a_station_of_two_units_is_of_neither(store: Store) -> None:
    store.put("clinical", acquisition={"serial_number": "S1"})
    store.put("clinical", acquisition={"serial_number": "S2", "detector_id": "DET-B"})
    store.put("performed_step", acquisition=STATION)
    assert len(gather(store.records).units) == 3


def test_an_image_of_the_same_station_without_a_serial_number_is_of_a_unit_of_its_own(store: Store) -> None:
    store.put("clinical", acquisition={"serial_number": "S1"})
    store.put("clinical", acquisition=STATION)
    assert len(gather(store.records).units) == 2
