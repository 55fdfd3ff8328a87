"""Tables in every format hold the numbers that were put in, and nothing that acts or that names a patient."""

from __future__ import annotations

import csv
import dataclasses
import datetime
import io
import json
import math
import zipfile

import exchange_builders
import openpyxl
import pyarrow.parquet as pq
import pytest
from exchange_builders import PATH, DayTest, day_of, fill

from xrayiq.errors import InputError
from xrayiq.exchange import export_tables, table_names
from xrayiq.procedures import change_use, tell_equipment

#: openpyxl writes 16 digits of a number, two doubles may lie between; CSV, JSON and Parquet keep all
SIXTEEN_DIGITS = 1e-15
#: not exact in decimal notation, so that a rounding shows
LOCAL = 0.1 / 3
SNR = 1e5 / 7
HOSTILE = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "#N/A", "plain")
HOSTILE_FORMULAS = HOSTILE[:6]


@pytest.fixture
def stored(records):
    fill(
        records,
        [
            DayTest(1, {"signal_nonuniformity_local": LOCAL, "snr_mean": SNR}),
            DayTest(2, {"signal_nonuniformity_local": 0.2, "snr_mean": math.nan}, serial_number="S2"),
            DayTest(3, {"signal_nonuniformity_local": 0.07, "snr_minimum": 3.0}),
        ],
    )
    return records


def names_in(folder):
    return {file.name for file in folder.iterdir() if not file.name.startswith("qa.db")}


def cells(row, wanted):
    return {name: row[name] for name in wanted}


def csv_rows(path):
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8"), newline="")))


def sheet_rows(path, name):
    sheet = openpyxl.load_workbook(path)[name]
    headings, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    return [dict(zip(headings, row, strict=True)) for row in rows]


def test_csv_gives_back_every_number_to_the_last_bit(stored, tmp_path):
    (written,) = export_tables(stored, tmp_path / "out.csv")
    rows = csv_rows(tmp_path / "out.csv")
    assert (written.name, written.rows, written.file) == ("results", 6, "out.csv")
    assert [row["value"] for row in rows if row["value"] == ""] == [""]  # NaN is no number
    numbers = [(row["quantity"], float(row["value"])) for row in rows if row["value"]]
    assert numbers == [
        ("signal_nonuniformity_local", LOCAL),
        ("snr_mean", SNR),
        ("signal_nonuniformity_local", 0.2),
        ("signal_nonuniformity_local", 0.07),
        ("snr_minimum", 3.0),
    ]
    assert cells(rows[0], ("exposed_at", "serial_number", "label", "unit", "value_on_paper", "unit_on_paper")) == {
        "exposed_at": "2025-01-02T08:30:00",
        "serial_number": "S1",
        "label": "Signal non-uniformity, local",
        "unit": "1",
        "value_on_paper": repr(LOCAL * 100),
        "unit_on_paper": "%",
    }


def test_results_say_what_each_number_is_worth_and_by_which_limit(stored, tmp_path):
    export_tables(stored, tmp_path / "out.json")
    rows = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert [(row["quantity"], row["status"], row["limit"]) for row in rows] == [
        ("signal_nonuniformity_local", "pass", "warning above 5 %, fail above 10 %"),
        ("snr_mean", "indeterminate", "fail below -20 % from the baseline"),
        ("signal_nonuniformity_local", "fail", "warning above 5 %, fail above 10 %"),
        ("snr_mean", "indeterminate", "fail below -20 % from the baseline"),
        ("signal_nonuniformity_local", "warning", "warning above 5 %, fail above 10 %"),
        ("snr_minimum", None, None),
    ]
    assert rows[0]["document"] == "Document of the test"
    assert rows[3]["value"] is None


def test_each_result_names_where_its_unit_stood_and_who_put_which_limit_in_place_of_the_documents(records, tmp_path):
    own = dataclasses.replace(
        exchange_builders.LOCAL, fail_high=0.3, room="Trauma 2", reason="old panel", author="jdoe"
    )
    tests = [DayTest(number, {"signal_nonuniformity_local": 0.2}) for number in (1, 2)]
    fill(records, tests[:1])
    fill(records, tests[1:], limits=[own])
    told = {"serial_number": "S1", "unit": "Trauma", "detector": "Panel 7", "site": "North"}
    tell_equipment(records, told, actor="jdoe", reason="names")
    moved = {"serial_number": "S1", "room": "Trauma 2", "from": day_of(2).date()}
    tell_equipment(records, moved, actor="jdoe", reason="moved")
    wanted = ("site_name", "room_name", "unit_name", "detector_name", "status", "document", "edition")
    wanted += ("limit_room", "limit_reason", "limit_author")
    source = ("Document of the test", "2024")
    expected = [
        ("North", "ROOM1", "Trauma", "Panel 7", "fail", *source, "", "", ""),
        ("North", "Trauma 2", "Trauma", "Panel 7", "warning", *source, "Trauma 2", "old panel", "jdoe"),
    ]
    for name in ("out.json", "out.csv", "out.parquet", "out.xlsx"):
        export_tables(records, tmp_path / name, tables=["results"])
    rows = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert [tuple(row[name] for name in wanted) for row in rows] == expected
    assert [tuple(row[name] for name in wanted) for row in csv_rows(tmp_path / "out.csv")] == expected
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert [tuple(row[name] for name in wanted) for row in rows] == expected
    headings = [name.replace("_", " ").capitalize() for name in wanted]
    rows = sheet_rows(tmp_path / "out.xlsx", "results")
    assert [tuple(row[name] or "" for name in headings) for row in rows] == expected


def test_the_register_is_a_table_of_where_units_and_detectors_were(records, tmp_path):
    values = {"snr_mean": 1.0}
    fill(records, [DayTest(number, values) for number in (1, 2, 4)])
    fill(records, [DayTest(3, values, serial_number="S2", station_name="ROOM2")])
    fill(records, [DayTest(5, values, serial_number="S0", station_name="ROOM0", detector_id=None)])
    tell_equipment(records, {"serial_number": "S1", "tube": "T-77"}, actor="jdoe", reason="r")
    moved = {"serial_number": "S1", "room": "Trauma", "from": day_of(4).date()}
    tell_equipment(records, moved, actor="jdoe", reason="moved")
    change_use(records, unit="S2", in_use=False, day=day_of(3).date(), actor="jdoe", reason="sold")
    (written,) = export_tables(records, tmp_path / "out.json", tables=["register"])
    rows = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    first, second = "Acme Ray 1, serial S1", "Acme Ray 1, serial S2"
    panel = "Acme detector D1"
    days = [f"{day_of(number).date()}T00:00:00" for number in range(6)]
    told = ("name", "history", "value", "first_day", "last_day")
    zeroth = "Acme Ray 1, serial S0"
    assert [tuple(row[name] for name in told) for row in rows] == [
        (zeroth, "room", "ROOM0", days[5], days[5]),
        (zeroth, "software", "1.0, 2.0", days[5], days[5]),
        (second, "room", "ROOM2", days[3], days[3]),
        (second, "detector", panel, days[3], days[3]),
        (second, "software", "1.0, 2.0", days[3], days[3]),
        (second, "out of use", "sold", days[4], None),
        (first, "room", "ROOM1", days[1], days[2]),
        (first, "room", "Trauma", days[4], days[4]),
        (first, "detector", panel, days[1], days[4]),
        (first, "software", "1.0, 2.0", days[1], days[4]),
        (panel, "room", "ROOM1", days[1], days[2]),
        (panel, "room", "ROOM2", days[3], days[3]),
        (panel, "room", "Trauma", days[4], days[4]),
        (panel, "unit", first, days[1], days[2]),
        (panel, "unit", second, days[3], days[3]),
        (panel, "unit", first, days[4], days[4]),
    ]
    assert written.rows == len(rows)
    last = {"number": "S1", "site_name": "Hospital", "room_name": "Trauma", "tube": "T-77", "objects": 3}
    assert cells(rows[6], last) == last
    export_tables(records, tmp_path / "one.json", tables=["register"], unit="S2")
    one = json.loads((tmp_path / "one.json").read_text(encoding="utf-8"))
    assert {row["name"] for row in one} == {second, panel}
    assert {row["value"] for row in one if row["history"] in ("room", "unit")} == {"ROOM2", second}


def test_a_quantity_that_stands_twice_keeps_each_verdict_beside_its_own_number(records, tmp_path):
    fill(records, [DayTest(1, [("signal_nonuniformity_local", 0.01), ("signal_nonuniformity_local", 0.2)])])
    export_tables(records, tmp_path / "out.json")
    rows = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert [(row["value"], row["status"]) for row in rows] == [(0.01, "pass"), (0.2, "fail")]


def test_json_lines_are_the_rows_of_the_array(stored, tmp_path):
    export_tables(stored, tmp_path / "out.json")
    export_tables(stored, tmp_path / "out.jsonl")
    lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))


def test_json_of_an_empty_store_is_an_empty_array(records, tmp_path):
    export_tables(records, tmp_path / "out.json")
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8")) == []


def test_json_keeps_lists_and_tables(stored, tmp_path):
    export_tables(stored, tmp_path / "runs.json", tables=["runs"])
    (run,) = json.loads((tmp_path / "runs.json").read_text(encoding="utf-8"))
    assert run["counts"] == {"object": 3}
    assert run["started_at"].endswith("Z")
    assert "process" not in run


def test_events_of_the_audit_trail_go_out_with_their_seals(stored, tmp_path):
    event = stored.append_event(
        kind="calibration", subject="detector:D1", actor="jdoe", reason="=new map", details={"gain": 1.5, "ü": [1]}
    )
    export_tables(stored, tmp_path / "events.json", tables=["events"])
    rows = json.loads((tmp_path / "events.json").read_text(encoding="utf-8"))
    assert cells(rows[-1], ("number", "actor", "kind", "subject", "reason", "details", "mac")) == {
        "number": event.number,
        "actor": "jdoe",
        "kind": "calibration",
        "subject": "detector:D1",
        "reason": "=new map",
        "details": {"gain": 1.5, "ü": [1]},
        "mac": event.mac,
    }
    assert rows[-1]["at"].endswith("Z")
    export_tables(stored, tmp_path / "events.csv", tables=["events"])
    assert csv_rows(tmp_path / "events.csv")[-1]["reason"] == "'=new map"


def test_parquet_gives_back_types_numbers_and_units(stored, tmp_path):
    export_tables(stored, tmp_path / "out.parquet", tables=["objects"])
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.schema.field("tube_voltage_kv").metadata == {b"unit": b"kV"}
    assert table.schema.field("dap_gy_m2").metadata == {b"unit": "Gy·m²".encode()}
    assert table.column("exposed_at").to_pylist() == [day_of(1), day_of(2), day_of(3)]
    assert table.column("tube_voltage_kv").to_pylist() == [70.0] * 3
    export_tables(stored, tmp_path / "values.parquet", tables=["measurements"])
    values = pq.read_table(tmp_path / "values.parquet")
    assert values.column("value").to_pylist() == [LOCAL, SNR, 0.2, None, 0.07, 3.0]
    assert values.schema.field("value").metadata == {b"unit_column": b"unit"}


def test_the_workbook_has_typed_cells_frozen_headings_and_a_filter(stored, tmp_path):
    export_tables(stored, tmp_path / "out.xlsx")
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    assert book.sheetnames == ["results", "register", "outcomes", "equipment", "runs", "events", "about"]
    sheet = book["results"]
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == f"A1:{sheet.cell(1, sheet.max_column).column_letter}7"
    assert all(sheet.column_dimensions[cell.column_letter].width >= 8 for cell in sheet[1])
    rows = sheet_rows(tmp_path / "out.xlsx", "results")
    assert rows[0]["Value"] == pytest.approx(LOCAL, rel=SIXTEEN_DIGITS)
    assert rows[0]["Exposed at"] == day_of(1)
    assert sheet["A2"].number_format == "yyyy-mm-dd hh:mm:ss"
    assert [row["Status"] for row in rows] == ["pass", "indeterminate", "fail", "indeterminate", "warning", None]
    assert rows[0]["Limit"] == "warning above 5 %, fail above 10 %"
    started = sheet_rows(tmp_path / "out.xlsx", "runs")[0]["Started at [UTC]"]
    assert abs(started - datetime.datetime.now(datetime.UTC).replace(tzinfo=None)) < datetime.timedelta(hours=1)


def test_headings_of_a_workbook_name_the_unit(stored, tmp_path):
    export_tables(stored, tmp_path / "out.xlsx", tables=["objects"])
    row = sheet_rows(tmp_path / "out.xlsx", "objects")[0]
    assert row["Tube voltage [kV]"] == 70.0
    assert {"Exposure [mAs]", "DAP [Gy·m²]", "Entrance dose [mGy]", "Exposure time [ms]"} <= set(row)


def test_a_table_longer_than_a_sheet_goes_on_in_another(stored, tmp_path, monkeypatch):
    monkeypatch.setattr("xrayiq.exchange.workbook._MOST_ROWS", 4)
    (written,) = export_tables(stored, tmp_path / "out.xlsx", tables=["measurements"])
    rows = [sheet_rows(tmp_path / "out.xlsx", name) for name in ("measurements", "measurements 2")]
    assert written.rows == 6
    assert [len(part) for part in rows] == [4, 2]
    numbers = [row["Value"] for part in rows for row in part if row["Value"] is not None]
    assert numbers == pytest.approx([LOCAL, SNR, 0.2, 0.07, 3.0], rel=SIXTEEN_DIGITS)


@pytest.fixture
def hostile(records):
    fill(
        records,
        [DayTest(number, {"snr_minimum": 1.0}, station_name=text) for number, text in enumerate(HOSTILE, 1)],
    )
    return records


def test_no_text_of_a_header_is_a_formula_in_a_workbook(hostile, tmp_path):
    export_tables(hostile, tmp_path / "out.xlsx", tables=["objects"])
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["objects"]
    column = next(cell.column for cell in sheet[1] if cell.value == "Station name")
    found = [sheet.cell(row, column) for row in range(2, sheet.max_row + 1)]
    assert {cell.data_type for cell in found} == {"s"}
    assert [cell.value.strip("\ufffd") for cell in found] == [text.lstrip("\r") for text in HOSTILE]
    quoted = {text: bool(cell.quotePrefix) for text, cell in zip(HOSTILE, found, strict=True)}
    assert quoted == {text: text in HOSTILE_FORMULAS for text in HOSTILE}
    with zipfile.ZipFile(tmp_path / "out.xlsx") as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_no_text_of_a_header_is_a_formula_in_csv(hostile, tmp_path):
    export_tables(hostile, tmp_path / "out.csv", tables=["objects"])
    rows = csv_rows(tmp_path / "out.csv")
    shown = [text.replace("\r", "\ufffd") for text in HOSTILE]
    expected = ["'" + text if place < len(HOSTILE_FORMULAS) else text for place, text in enumerate(shown)]
    assert [row["station_name"] for row in rows] == expected


def test_negative_numbers_stay_numbers(records, tmp_path):
    fill(records, [DayTest(1, {"deviation_index": -1.5})])
    export_tables(records, tmp_path / "out.csv")
    export_tables(records, tmp_path / "out.xlsx")
    assert [row["value"] for row in csv_rows(tmp_path / "out.csv")] == ["-1.5"]
    assert sheet_rows(tmp_path / "out.xlsx", "results")[0]["Value"] == -1.5


@pytest.mark.parametrize(
    ("target", "format"),
    [("out.xlsx", "xlsx"), ("out.zip", "csv"), ("out.zip", "json"), ("folder", "csv"), ("folder", "parquet")],
)
def test_no_path_goes_out_in_any_format(stored, tmp_path, target, format):
    export_tables(stored, tmp_path / target, tables=table_names(), format=format)
    written = tmp_path / target
    for file in written.iterdir() if written.is_dir() else [written]:
        content = file.read_bytes()
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                content = b"".join(archive.read(name) for name in archive.namelist())
        assert PATH.encode() not in content
    if format == "parquet" and written.is_dir():
        for file in written.iterdir():
            assert PATH not in str(pq.read_table(file).to_pydict())


def test_the_index_of_files_is_refused(stored, tmp_path):
    with pytest.raises(InputError, match="paths may name patients"):
        export_tables(stored, tmp_path / "out.csv", tables=["files"])
    assert not (tmp_path / "out.csv").exists()


def test_several_tables_go_to_a_folder_or_a_zip(stored, tmp_path):
    names = ("results", "register", "outcomes", "equipment", "runs", "events")
    export_tables(stored, tmp_path / "folder", format="csv")
    export_tables(stored, tmp_path / "out.zip")
    assert sorted(file.name for file in (tmp_path / "folder").iterdir()) == sorted(f"{name}.csv" for name in names)
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        for name in names:
            assert archive.read(f"{name}.csv") == (tmp_path / "folder" / f"{name}.csv").read_bytes()
    assert names_in(tmp_path) == {"folder", "out.zip"}


def test_parts_of_a_table_are_the_whole_table(records, tmp_path, monkeypatch):
    fill(records, [DayTest(number, {"snr_minimum": float(number)}) for number in range(1, 24)])
    monkeypatch.setattr("xrayiq.exchange.selection.frame_parts", in_small_parts)
    for name in ("out.json", "out.csv", "out.parquet", "out.xlsx"):
        export_tables(records, tmp_path / name, tables=["results"])
    expected = [float(number) for number in range(1, 24)]
    assert [row["value"] for row in json.loads((tmp_path / "out.json").read_text())] == expected
    assert [float(row["value"]) for row in csv_rows(tmp_path / "out.csv")] == expected
    assert pq.read_table(tmp_path / "out.parquet").column("value").to_pylist() == expected
    assert [row["Value"] for row in sheet_rows(tmp_path / "out.xlsx", "results")] == expected


def in_small_parts(records, *names, superseded):
    from xrayiq.records import frame_parts

    return frame_parts(records, *names, superseded=superseded, keys_at_a_time=5)


def test_a_period_and_a_unit_choose_the_rows(stored, tmp_path):
    def values(**chosen):
        export_tables(stored, tmp_path / "out.json", **chosen)
        return [row["subject"] for row in json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))]

    second, third = day_of(2).date(), day_of(3).date()
    assert values(since=second, until=second) == ["1.2.3.2", "1.2.3.2"]
    assert values(since=third) == ["1.2.3.3", "1.2.3.3"]
    assert values(unit="S2") == ["1.2.3.2", "1.2.3.2"]
    with pytest.raises(InputError, match="period"):
        values(since=third, until=second)


def test_what_fails_half_way_leaves_the_earlier_file(stored, tmp_path, monkeypatch):
    target = tmp_path / "out.csv"
    export_tables(stored, target)
    before = target.read_bytes()

    def failing(records, *names, superseded):
        yield from in_small_parts(records, *names, superseded=superseded)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("xrayiq.exchange.selection.frame_parts", failing)
    with pytest.raises(InputError, match="no space left on device"):
        export_tables(stored, target)
    assert target.read_bytes() == before
    assert names_in(tmp_path) == {"out.csv"}


@pytest.mark.parametrize(
    ("place", "options", "said"),
    [
        ("out.doc", {}, "tells no format"),
        ("out.csv", {"format": "doc"}, "format 'doc'"),
        ("out.csv", {"tables": ["results", "runs"]}, "a folder or a .zip"),
        ("out.csv", {"tables": ["nothing"]}, "table 'nothing'"),
        ("out.csv", {"tables": []}, "no table"),
        ("nowhere/out.csv", {}, "does not exist"),
    ],
)
def test_what_cannot_be_written_is_refused_with_a_reason(stored, tmp_path, place, options, said):
    with pytest.raises(InputError, match=said):
        export_tables(stored, tmp_path / place, **options)
