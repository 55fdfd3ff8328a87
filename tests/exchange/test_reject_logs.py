"""Makers' reject logs into a store: every format, every fault by row and column, the rest taken, nothing twice."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from xrayiq.errors import InputError, ReadError, SiteError
from xrayiq.exchange import import_reject_log, load_reject_log_mapping, shipped_reject_logs
from xrayiq.exchange.reject_logs import RejectLogImport
from xrayiq.model import Equipment
from xrayiq.procedures import audit_repeats
from xrayiq.records import Records, open_records

SIEMENS = """Datum;Uhrzeit;Seriennummer;Status;Ablehnungsgrund;Körperteil;View;Bediener;kV;mAs;DAP [µGym²];EI;Bemerkung
02.03.2026;09:00:10;S1;abgelehnt;Lagerung;Thorax;PA;Roe^Jane;120,0;2,5;1,25;251;Doe wackelte
02.03.2026;09:02:00;S1;akzeptiert;;Thorax;PA;Roe^Jane;120,0;2,4;1,20;249;
03.03.2026;10:00:00;S1;abgelehnt;Bewegung;Hand;PA;;50,0;1,0;0,30;300;
"""


@pytest.fixture
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Records]:
    monkeypatch.setenv("XRAYIQ_KEY_FILE", str(tmp_path / "person.key"))
    with open_records(f"sqlite:///{tmp_path / 'qa.db'}") as opened:
        yield opened


def taken(records: Records, path: Path, mapping: object, **options: object) -> RejectLogImport:
    told = {"actor": "physicist", "reason": "quarter"} | options
    return import_reject_log(records, path, mapping, **told)  # type: ignore[arg-type]  # as the function's own


def written(folder: Path, text: str, name: str = "log.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_log_in_any_encoding_of_its_mapping_is_taken(records: Records, tmp_path: Path, encoding: str) -> None:
    done = taken(records, written(tmp_path, SIEMENS, encoding=encoding), "siemens")
    assert (done.rejected, done.accepted, done.known, done.lost) == (2, 1, 0, 0)
    first, second, third = records.frame("rejects").to_dict("records")
    assert first["exposed_at"] == datetime.datetime(2026, 3, 2, 9, 0, 10)
    assert (first["category"], third["category"], second["is_rejected"]) == ("positioning", "motion", False)
    assert (first["tube_voltage_kv"], first["exposure_mas"], first["exposure_index"]) == (120.0, 2.5, 251.0)
    assert first["dap_gy_m2"] == pytest.approx(1.25e-6)  # µGy·m²
    assert first["serial_number"] == "S1"


def test_a_log_in_shift_jis_is_taken_with_its_japanese_words(records: Records, tmp_path: Path) -> None:
    text = (
        "Study Date,Study Time,Console,Status,Reason of Reject,Anatomical Region,Operator,kV,mAs\n"
        "2026/03/02,09:00:10,撮影室１,NG,Positioning,胸部,山田,120,2.5\n"
        "2026/03/02,09:10:10,撮影室１,NG,体動,胸部,山田,120,2.5\n"
    )
    done = taken(records, written(tmp_path, text, encoding="cp932"), "fujifilm")
    assert (done.encoding, done.rejected, done.lost) == ("cp932", 2, 0)
    assert [(one.row, one.column, one.reason) for one in done.problems if one.row] == [
        (3, "Reason of Reject", "unknown_reason")
    ]
    assert records.frame("rejects")[["station_name", "body_part"]].drop_duplicates().values.tolist() == [
        ["撮影室１", "胸部"]
    ]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf_16_with_a_mark_is_taken_whatever_the_mapping_lists(
    records: Records, tmp_path: Path, encoding: str
) -> None:
    text = "exposed_at,serial_number,reason\n2026-03-02T09:00:00,Gerät 1,motion\n"
    marked = text if encoding == "utf-16" else f"\ufeff{text}"
    assert taken(records, written(tmp_path, marked, encoding=encoding), "neutral").rejected == 1
    assert records.frame("rejects")["serial_number"].tolist() == ["Gerät 1"]


def test_a_row_with_more_cells_than_headings_is_told_and_not_read_askew(records: Records, tmp_path: Path) -> None:
    text = (
        "exposed_at,serial_number,kv,mas,reason\n"
        "2026-03-02T09:00:00,S1,120,5,2,5,motion\n"  # two decimal commas without quotes
        "2026-03-02T09:10:00,S1,120,2,motion,,\n"
        "2026-03-02T09:20:00,S1,70\n"
    )
    done = taken(records, written(tmp_path, text), "neutral")
    assert [(one.row, one.reason, one.is_row_lost) for one in done.problems if one.row] == [(2, "too_many_cells", True)]
    assert (done.rejected, done.lost) == (2, 1)
    assert records.frame("rejects")["tube_voltage_kv"].tolist() == [120.0, 70.0]


def test_persons_become_hashes_and_comments_are_not_read(records: Records, tmp_path: Path) -> None:
    done = taken(records, written(tmp_path, SIEMENS), "siemens")
    frame = records.frame("rejects")
    assert frame["operator_key"].nunique() == 1 and len(frame["operator_key"].dropna().iloc[0]) == 64
    everything = frame.to_csv() + "".join(str(row) for row in records.frame("outcomes").to_dict("records"))
    assert "Roe" not in everything and "Doe" not in everything and "Bemerkung" in done.unread


def test_again_and_overlapping_exports_add_nothing(records: Records, tmp_path: Path) -> None:
    path = written(tmp_path, SIEMENS)
    taken(records, path, "siemens")
    again = taken(records, path, "siemens")
    assert (again.rejected, again.known, again.event) == (0, 3, None)
    more = SIEMENS + "04.03.2026;08:00:00;S1;abgelehnt;Bewegung;Knie;LAT;;60,0;3,0;0,5;300;\n"
    done = taken(records, written(tmp_path, more, "more.csv"), "siemens")
    assert (done.rejected, done.accepted, done.known) == (1, 0, 3)
    assert len(records.frame("rejects")) == 4
    assert records.verify().whole


def test_faults_are_told_by_row_and_column_and_the_rest_is_taken(records: Records, tmp_path: Path) -> None:
    text = (
        "exposed_at,serial_number,reason,kv,mas,sop_instance_uid,age_years\n"
        "2026-03-02T09:00:00,S1,positioning,120,2,1.2.3,40\n"
        '2026-03-02T09:10:00,S1,cosmic rays,"120,5","1,250",not a uid,40\n'
        "2031-13-40,S1,motion,120,2,1.2.5,40\n"
        "1899-12-31,S1,motion,120,2,1.2.6,40\n"
        ",S1,motion,120,2,1.2.7,40\n"
        "2026-03-02T09:20:00,,motion,120,2,1.2.8,40\n"
        "2026-03-02T09:30:00,S1,motion,many,,1.2.9,40\n"
    )
    done = taken(records, written(tmp_path, text), "neutral")
    told = {(one.row, one.column, one.reason) for one in done.problems if one.row}
    assert told == {
        (3, "reason", "unknown_reason"),
        (3, "mas", "ambiguous_number"),
        (3, "sop_instance_uid", "no_uid"),
        (4, "exposed_at", "bad_date"),
        (5, "exposed_at", "impossible_date"),
        (6, "exposed_at", "no_date"),
        (7, "", "no_unit"),
        (8, "kv", "no_number"),
    }
    assert done.rejected == 3 and done.lost == 4
    assert records.frame("rejects")["tube_voltage_kv"].tolist()[1] == 120.5  # a decimal comma
    assert records.frame("rejects")["category"].tolist() == ["positioning", "other", "motion"]
    missing = {one.column for one in done.problems if one.reason == "missing_column"}
    assert "operator" in missing and "kv" not in missing


def test_a_decimal_sign_that_the_mapping_does_not_have_is_told(records: Records, tmp_path: Path) -> None:
    done = taken(records, written(tmp_path, SIEMENS.replace("120,0", "120.0")), "siemens")
    assert [(one.row, one.column, one.reason) for one in done.problems if one.row] == [
        (2, "kV", "decimal_point"),
        (3, "kV", "decimal_point"),
    ]
    assert done.rejected == 2


def test_a_workbook_and_xml_tell_the_same(records: Records, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["AcquisitionDate", "AcquisitionTime", "SerialNumber", "RejectReason", "KVP", "MAS", "DAP"])
    book.active.append([datetime.datetime(2026, 3, 2), datetime.time(9, 0, 10), "S1", "Positioning", 120, 2.5, 1.5])
    book.save(tmp_path / "log.xlsx")
    done = taken(records, tmp_path / "log.xlsx", "agfa")
    assert done.rejected == 1 and done.lost == 0
    xml = (
        '<?xml version="1.0" encoding="utf-8"?><Statistics><Image><AcquisitionDate>20260302</AcquisitionDate>'
        "<AcquisitionTime>090010</AcquisitionTime><SerialNumber>S1</SerialNumber><RejectReason>Positioning"
        "</RejectReason><KVP>120</KVP><MAS>2.5</MAS><DAP>1.5</DAP></Image></Statistics>"
    )
    assert taken(records, written(tmp_path, xml, "log.xml"), "agfa").known == 1
    (row,) = records.frame("rejects").to_dict("records")
    assert row["dap_gy_m2"] == pytest.approx(1.5e-5)  # dGy·cm²


def test_hostile_files_are_refused(records: Records, tmp_path: Path) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]><Statistics><Image>&a;</Image></Statistics>'
    for name, content in (("log.xml", bomb), ("log.xlsx", "PK\x03\x04 no workbook"), ("other.xml", "<open>")):
        with pytest.raises(ReadError):
            taken(records, written(tmp_path, content, name), "agfa")
    with pytest.raises(ReadError, match="encoding"):
        taken(records, written(tmp_path, "é;x\n", encoding="utf-16-le"), "carestream")
    with pytest.raises(ReadError):
        taken(records, tmp_path / "missing.csv", "neutral")


def test_every_shipped_mapping_is_sound_and_says_how_sure_it_is() -> None:
    assert {"agfa", "carestream", "fujifilm", "neutral", "siemens"} <= set(shipped_reject_logs())
    for name in shipped_reject_logs():
        mapping = load_reject_log_mapping(name)
        assert mapping.confidence in "AC" and mapping.document
        assert (mapping.confidence == "C") == ("not verified" in mapping.document)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[columns]\nreason = ['R']\n", "date"),
        ("[columns]\ndate = ['D']\ncolour = ['C']\n", "colour"),
        ("[columns]\ndate = ['D']\n[reasons]\n'x' = 'astrology'\n", "astrology"),
        ("[columns]\ndate = ['D']\n[units]\ndap_gy_m2 = 'pints'\n", "pints"),
        ("[columns]\ndate = ['D']\n[table]\ndecimal = ';'\n", "decimal"),
    ],
)
def test_mappings_that_contradict_themselves_are_refused(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(SiteError, match=named):
        load_reject_log_mapping(written(tmp_path, text, "own.toml"))


def test_a_dry_run_stores_nothing_and_an_import_needs_a_reason(records: Records, tmp_path: Path) -> None:
    path = written(tmp_path, SIEMENS)
    done = import_reject_log(records, path, "siemens", dry_run=True)
    assert done.rejected == 2 and done.dry_run and records.frame("rejects").empty
    with pytest.raises(InputError):
        import_reject_log(records, path, "siemens")


def test_a_log_without_a_unit_is_of_the_unit_that_is_given(records: Records, tmp_path: Path) -> None:
    text = "exposed_at,reason\n2026-03-02T09:00:00,motion\n"
    assert taken(records, written(tmp_path, text), "neutral").lost == 1
    done = taken(records, written(tmp_path, text), "neutral", equipment=Equipment(serial_number="S7"))
    assert done.rejected == 1 and records.frame("rejects")["serial_number"].tolist() == ["S7"]


def test_imported_rejects_count_in_the_audit(records: Records, tmp_path: Path) -> None:
    taken(records, written(tmp_path, SIEMENS), "siemens")
    audit = audit_repeats(records)
    assert (len(audit.exposures), audit.rejected) == (3, 2)
    assert set(audit.frame("sources")["reject_source"]) == {"log"}
    (event,) = records.events(kind="rejects_imported")
    assert event.details["rows"] == 3
