from __future__ import annotations

import datetime
import math

import pandas as pd
import pytest
from records_builders import EXPOSED_AT, LIMIT, add, add_set, begin, dose_report, header, reject_note

from xrayiq.errors import InputError
from xrayiq.model import Measurement, Outcome
from xrayiq.records import Records
from xrayiq.records.frames import FRAME_NAMES

EQUIPMENT = ["manufacturer", "model", "station_name", "serial_number", "detector_id", "software_versions",
             "institution", "department"]  # fmt: skip


@pytest.mark.parametrize("name", FRAME_NAMES)
def test_empty_store_gives_the_same_columns_and_types_as_a_full_one(records: Records, name: str) -> None:
    empty = records.frame(name)
    assert len(empty) == 0
    run_id = begin(records)
    add(records, run_id, 1)
    add_set(records, run_id, 1)
    add(records, run_id, 8, kind="dose_report", outcomes=[dose_report(8)])
    add(records, run_id, 10, kind="reject_note", outcomes=[reject_note(10)])
    full = records.frame(name)
    assert len(full) > 0
    pd.testing.assert_series_equal(empty.dtypes, full.dtypes)


def test_unknown_frame_names_the_known_ones(records: Records) -> None:
    with pytest.raises(
        InputError,
        match="exposures, files, outcomes, dose_events, rejects, measurements, verdicts, sets, responses",
    ):
        records.frame("dose")


def test_measurements_stand_beside_their_object_and_equipment(records: Records) -> None:
    add(records, begin(records), 1)
    frame = records.frame("measurements")
    assert frame[["procedure", "quantity", "direction", "value", "unit"]].values.tolist() == [
        ["uniformity", "snr_mean", "", 15.0, "1"],
        ["uniformity", "snr_minimum", "", 7.5, "1"],
        ["mtf", "mtf_f50", "columns", 2.5, "/mm"],
    ]
    row = frame.loc[0]
    assert (row["subject"], row["object_kind"], row["modality"]) == ("1.2.1", "flat_field", "DX")
    assert (row["manufacturer"], row["serial_number"], row["software_versions"]) == ("Acme", "S1", "1.0\\2.0")
    assert row["exposed_at"] == EXPOSED_AT
    assert set(EQUIPMENT) <= set(frame.columns)


def test_exposures_carry_what_audits_group_and_weigh_by(records: Records) -> None:
    run_id = begin(records)
    told = {
        "patient_weight_kg": 71.5,
        "patient_age_years": 0.25,
        "source_detector_distance_mm": 1150.0,
        "grid": "FOCUSED",
        "patient_sex": "F",
        "dap_gy_m2": 0.0,
    }
    add(records, run_id, 7, header=header(7, **told), kind="clinical", population="clinical", outcomes=())
    row = records.frame("exposures").iloc[0]
    assert {name: row[name] for name in told} == told
    assert math.isnan(row["patient_size_m"])
    assert row["filter_material"] is pd.NA
    assert (row["population"], row["serial_number"]) == ("clinical", "S1")


def test_rejects_of_a_note_are_rows(records: Records) -> None:
    run_id = begin(records)
    accepted = reject_note(8, is_rejected=False, exposed_at=None, code=None, operator_key="ab")
    add(records, run_id, 7, kind="reject_note", outcomes=[reject_note(7)])
    add(records, run_id, 8, kind="reject_note", outcomes=[accepted])
    first, second = records.frame("rejects").to_dict("records")
    assert (first["source"], first["title"], first["image_uid"]) == ("key_object", "113001", "1.2.7")
    assert (first["code"], first["category"], first["dap_gy_m2"]) == ("111209", "positioning", 1.25e-5)
    assert first["is_rejected"] and not second["is_rejected"]
    assert first["exposed_at"] == EXPOSED_AT and pd.isna(second["exposed_at"]) and pd.isna(second["code"])
    assert second["operator_key"] == "ab"


def test_events_of_a_dose_report_are_rows(records: Records) -> None:
    add(
        records,
        begin(records),
        8,
        kind="dose_report",
        outcomes=[dose_report(8)],
        header=header(8, patient_weight_kg=8.5),
    )
    first, second = records.frame("dose_events").to_dict("records")
    told = {
        "irradiation_event_uid": "1.5.8",
        "started_at": EXPOSED_AT,
        "event_type": "113611",
        "protocol": "Chest PA",
        "dap_gy_m2": 1.25e-5,
        "field_area_at_1_m_mm2": 1.0e4,  # 4e4 mm² at 2 m
        "is_rejected": True,
        "subject": "1.2.8",
        "patient_weight_kg": 8.5,
        "serial_number": "S1",
    }
    assert {name: first[name] for name in told} == told
    assert (second["ordinal"], second["dap_gy_m2"]) == (1, 0.0)
    assert pd.isna(second["irradiation_event_uid"])


def test_verdict_carries_the_limit_it_met(records: Records) -> None:
    add(records, begin(records), 1)
    row = records.frame("verdicts").loc[0]
    assert (row["status"], row["compared"], row["limit_id"]) == ("warning", 15.0, LIMIT.id)
    assert (row["document"], row["edition"], row["confidence"]) == (LIMIT.document, LIMIT.edition, "C")
    assert (row["warning_low"], row["fail_low"]) == (20.0, 10.0)
    assert math.isnan(row["fail_high"])
    assert math.isnan(row["baseline"])


def test_values_that_are_no_numbers_come_back(records: Records) -> None:
    values = [math.nan, math.inf, -math.inf, 5e-324, 0.1 + 0.2]
    outcome = Outcome(
        subject="1.2.1",
        procedure="uniformity",
        kind="measured",
        measurements=tuple(Measurement(quantity="snr_mean", value=value) for value in values),
    )
    add(records, begin(records), 1, outcomes=[outcome])
    stored = records.frame("measurements")["value"].tolist()
    assert [repr(value) for value in stored] == [repr(value) for value in values]


def test_outcomes_name_reason_and_message(records: Records) -> None:
    add(records, begin(records), 1)
    frame = records.frame("outcomes")
    assert frame["kind"].tolist() == ["measured", "measured", "not_measurable"]
    assert frame.loc[2, ["reason", "message"]].tolist() == ["no_pixel_spacing", "the header gives no pixel spacing"]
    assert frame["result_type"].tolist() == [pd.NA, "Curve", pd.NA]
    assert "result_npz" not in frame.columns


def test_times_of_the_store_are_utc_and_exposures_keep_their_own_clock(records: Records) -> None:
    east = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
    moment = datetime.datetime(2024, 3, 1, 2, 0, tzinfo=east)
    add(records, begin(records), 1, header=header(1, exposed_at=moment))
    add(records, begin(records), 2)
    objects = records.frame("objects")
    # days and shifts are the hospital's, so its wall clock is what counts: 2 a.m. stays 2 a.m.
    assert objects["exposed_at"].tolist() == [pd.Timestamp(2024, 3, 1, 2), pd.Timestamp(EXPOSED_AT)]
    assert objects["utc_offset_min"].tolist() == [330, pd.NA]
    started = records.frame("runs")["started_at"]
    assert str(started.dt.tz) == "UTC"
    assert abs(started.iloc[0] - pd.Timestamp.now("UTC")) < pd.Timedelta(minutes=1)


def test_units_that_differ_in_one_attribute_are_two(records: Records) -> None:
    run_id = begin(records)
    for number, serial in enumerate(("S1", "S2", None, "S1")):
        add(records, run_id, number, header=header(number, serial_number=serial))
    assert records.frame("equipment")["serial_number"].tolist() == ["S1", "S2", pd.NA]
    assert records.frame("objects")["equipment_id"].tolist() == [1, 2, 3, 1]


def test_quality_control_flag_tells_silence_from_no(records: Records) -> None:
    run_id = begin(records)
    for number, flag in enumerate(("YES", "NO", None)):
        add(records, run_id, number, header=header(number, quality_control_image=flag))
    assert records.frame("objects")["quality_control"].tolist() == [True, False, pd.NA]


def test_text_that_no_database_takes_is_stored_readably(records: Records) -> None:
    add(records, begin(records), 1, header=header(1, manufacturer="A\x00c\udce9me", protocol_name="Thorax üö"))
    row = records.frame("objects").loc[0]
    assert (row["manufacturer"], row["protocol_name"]) == ("A\ufffdc\ufffdme", "Thorax üö")


def test_paths_stand_in_the_files_frame_only(records: Records) -> None:
    add(records, begin(records), 1)
    for name in FRAME_NAMES:
        frame = records.frame(name)
        assert frame.astype(str).apply(lambda column: column.str.contains("day/")).any(axis=None) == (name == "files")


def test_wide_values_are_those_in_force_of_each_object(records: Records) -> None:
    numbers = (("snr_mean", 15.0), ("snr_minimum", float("nan")))
    measured = tuple(Measurement(quantity=name, value=value) for name, value in numbers)
    plain = {"algorithm_version": 1, "kind": "measured"}
    first = Outcome(subject="1.2.1", procedure="uniformity", measurements=measured, **plain)  # type: ignore[arg-type]
    add(records, begin(records), 1, outcomes=[first])
    silent = Outcome(subject="1.2.2", procedure="uniformity", kind="not_measurable", reason="low_signal")
    add(records, begin(records), 2, outcomes=[silent])
    frame = records.wide_values(("snr_minimum", "snr_mean", "mtf_f50"), procedure="uniformity")
    assert frame.columns.tolist() == ["subject", "snr_minimum", "snr_mean", "mtf_f50"]
    assert frame["subject"].tolist() == ["1.2.1"]
    assert frame.loc[0, "snr_mean"] == 15.0
    assert frame[["snr_minimum", "mtf_f50"]].isna().all(axis=None)
    assert records.wide_values(("snr_mean",), procedure="mtf").empty
