"""Earlier results from tables: what is taken, what is not and why, and that a second import adds nothing."""

from __future__ import annotations

import datetime
import sqlite3

import pytest
from exchange_builders import DayTest, fill

from xrayiq.errors import ReadError, SiteError
from xrayiq.exchange import import_history
from xrayiq.exchange.history_mapping import load_history_mapping
from xrayiq.exchange.measuring_units import to_quantity_unit
from xrayiq.units import UnknownUnitError

WIDE = """
[columns]
date = "Date"
unit = "Room"
comment = "Remarks"

[[values]]
column = "MTF50 [lp/mm]"
quantity = "mtf_f50"
procedure = "mtf"
direction = "rows"
measuring_unit = "lp/mm"

[[values]]
column = "Uniformity [%]"
quantity = "signal_nonuniformity_local"
procedure = "uniformity"
measuring_unit = "%"

[units."Room 1"]
serial_number = "S1"
detector_id = "D1"

[units."Room 2"]
serial_number = "S2"
"""
HEADINGS = "Date,Room,MTF50 [lp/mm],Uniformity [%],Remarks,Name\n"
WHO = {"actor": "jdoe", "reason": "results of the paper years"}
LONG = """
[table]
separator = ";"
decimal = ","
date_format = "%d.%m.%Y"
time_format = "%H:%M"

[columns]
date = "Datum"
time = "Zeit"
serial_number = "Serie"
name = "Test"
value = "Wert"
measuring_unit = "Einheit"

[[values]]
name = "Feldgröße"
quantity = "field_area"
procedure = "collimation"

[[values]]
name = "Auflösung"
quantity = "mtf_f50"
procedure = "mtf"
"""


@pytest.fixture
def take(records, tmp_path):
    """Import a table by a mapping, both given as text."""

    def import_it(rows, mapping=WIDE, headings=HEADINGS, **options):
        table, place = tmp_path / "table.csv", tmp_path / "mapping.toml"
        table.write_text(headings + rows, encoding="utf-8")
        place.write_text(mapping, encoding="utf-8")
        return import_history(records, table, place, **(WHO | options))

    return import_it


def stored(records):
    frame = records.frame("measurements")
    columns = ["exposed_at", "serial_number", "detector_id", "procedure", "quantity", "direction", "value", "unit"]
    rows = frame[columns].astype(object).where(frame[columns].notna(), None).itertuples(index=False, name=None)
    return [tuple(row) for row in rows]


def reasons(done):
    return [(cell.line, cell.reason) for cell in done.cells if cell.status == "refused"]


def test_a_wide_table_is_stored_in_the_units_of_the_quantities(records, take):
    done = take("2024-01-31,Room 1,2.5,3.2,all well,Miller\n2024-02-29T09:30,Room 2,2.4,,,\n")
    assert done.counts == {"taken": 3, "known": 0, "refused": 0}
    assert (done.empty, done.unread) == (1, ("Name",))
    first, second = datetime.datetime(2024, 1, 31), datetime.datetime(2024, 2, 29, 9, 30)
    assert stored(records) == [
        (first, "S1", "D1", "imported:mtf", "mtf_f50", "rows", 2.5, "/mm"),
        (first, "S1", "D1", "imported:uniformity", "signal_nonuniformity_local", "", pytest.approx(0.032), "1"),
        (second, "S2", None, "imported:mtf", "mtf_f50", "rows", 2.4, "/mm"),
    ]


def test_comments_and_columns_without_a_meaning_do_not_reach_the_store(take, tmp_path):
    take("2024-01-31,Room 1,2.5,3.2,all well,Miller\n")
    with sqlite3.connect(tmp_path / "qa.db") as connection:
        dumped = "\n".join(connection.iterdump())
    connection.close()
    assert "imported:mtf" in dumped
    for secret in ("all well", "Miller", "table.csv", "Room 1"):
        assert secret not in dumped


def test_a_long_table_with_decimal_commas_and_units_in_a_column(records, take):
    rows = "31.01.2024;08:15;S1;Feldgröße;12,5;cm²\n31.01.2024;08:15;S1;Auflösung;25;1/cm\n"
    done = take(rows, LONG, "Datum;Zeit;Serie;Test;Wert;Einheit\n")
    moment = datetime.datetime(2024, 1, 31, 8, 15)
    assert done.counts["taken"] == 2
    assert stored(records) == [
        (moment, "S1", None, "imported:collimation", "field_area", "", pytest.approx(1250.0), "mm2"),
        (moment, "S1", None, "imported:mtf", "mtf_f50", "", pytest.approx(2.5), "/mm"),
    ]


def test_a_second_import_adds_nothing(records, take):
    rows = "2024-01-31,Room 1,2.5,3.2,,\n2024-02-29,Room 1,2.4,3.1,,\n"
    take(rows)
    before = {name: len(records.frame(name)) for name in ("objects", "outcomes", "measurements", "runs", "files")}
    again = take(rows)
    assert again.counts == {"taken": 0, "known": 4, "refused": 0}
    assert {name: len(records.frame(name)) for name in before} == before


def test_a_longer_table_adds_what_is_new_and_keeps_the_rest_in_force(records, take):
    take("2024-01-31,Room 1,2.5,,,\n")
    assert take("2024-01-31,Room 1,2.5,3.2,,\n2024-02-29,Room 1,2.4,,,\n").counts == {
        "taken": 2,
        "known": 1,
        "refused": 0,
    }
    assert [row[6] for row in stored(records)] == [2.5, pytest.approx(0.032), 2.4]


def test_two_tables_of_one_day_do_not_supersede_each_other(records, take):
    take("2024-01-31,Room 1,2.5,,,\n")
    take("2024-01-31,Room 1,,3.2,,\n")
    assert [row[6] for row in stored(records)] == [2.5, pytest.approx(0.032)]


def test_a_dry_run_tells_the_same_and_stores_nothing(records, take):
    rows = "2024-01-31,Room 1,2.5,3.2,,\n,Room 1,2.4,,,\n"
    tried = take(rows, dry_run=True)
    assert tried.dry_run
    assert tried.counts == {"taken": 2, "known": 0, "refused": 1}
    assert len(records.frame("runs")) == 0
    assert take(rows).cells == tried.cells


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",Room 1,2.5,,,", "no_date"),
        ("31.01.2024,Room 1,2.5,,,", "bad_date"),
        ("2024-02-30,Room 1,2.5,,,", "bad_date"),
        ("2999-01-01,Room 1,2.5,,,", "date_in_future"),
        ("2024-01-31,,2.5,,,", "no_unit"),
        ("2024-01-31,Room 9,2.5,,,", "unknown_unit"),
        ('2024-01-31,Room 1,"2,5",,,', "decimal_comma"),
        ("2024-01-31,Room 1,about 2,,,", "no_number"),
        ("2024-01-31,Room 1,<2,,,", "no_number"),
        ("2024-01-31,Room 1,nan,,,", "no_number"),
        ("2024-01-31,Room 1,1e999,,,", "no_number"),
    ],
)
def test_what_cannot_be_taken_is_told_with_its_reason(records, take, row, reason):
    done = take(f"{row}\n2024-03-31,Room 1,2.3,,,\n")
    assert reasons(done) == [(2, reason)]
    assert [row[6] for row in stored(records)] == [2.3]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("31.01.2024;;S1;Unknown;1;mm", "unknown_quantity"),
        ("31.01.2024;;S1;Auflösung;1;mm", "wrong_measuring_unit"),
        ("31.01.2024;;S1;Auflösung;1;", "wrong_measuring_unit"),
        ("31.01.2024;;;Auflösung;1;1/mm", "no_unit"),
        ("31.01.2024;;S1;Auflösung;1.5;1/mm", "decimal_point"),
        ("31.01.2024;25:00;S1;Auflösung;1;1/mm", "bad_date"),
    ],
)
def test_what_cannot_be_taken_of_a_long_table_is_told(records, take, row, reason):
    done = take(row + "\n", LONG, "Datum;Zeit;Serie;Test;Wert;Einheit\n")
    assert reasons(done) == [(2, reason)]
    assert stored(records) == []


def test_repetitions_and_contradictions_are_told_and_the_first_counts(records, take):
    done = take("2024-01-31,Room 1,2.5,,,\n2024-01-31,Room 1,2.5,,,\n2024-01-31,Room 1,2.6,,,\n")
    assert reasons(done) == [(3, "duplicate"), (4, "contradiction")]
    assert "line 2" in done.cells[2].message
    assert [row[6] for row in stored(records)] == [2.5]


def test_what_the_store_has_otherwise_is_refused_and_not_overwritten(records, take):
    take("2024-01-31,Room 1,2.5,,,\n")
    done = take("2024-01-31,Room 1,2.6,,,\n")
    assert done.reasons == {"stored_differently": 1}
    assert "2.5" in done.cells[0].message
    assert [row[6] for row in stored(records)] == [2.5]


def test_values_are_judged_only_where_that_is_asked(records, take, tmp_path):
    take("2024-01-31,Room 1,,20,,\n")
    assert len(records.frame("verdicts")) == 0
    site = tmp_path / "site.toml"
    site.write_text(
        '[limits.mine]\nquantity = "signal_nonuniformity_local"\nprocedure = "uniformity"\nfail_high = 0.1\n'
        'document = "Ours"\nedition = ""\nconfidence = "A"\n',
        encoding="utf-8",
    )
    take("2024-02-29,Room 1,,20,,\n", judge=True, site=site)
    verdicts = records.frame("verdicts").set_index("limit_id")
    assert verdicts.loc["mine", "status"] == "fail"
    assert verdicts.loc["mine", "value"] == pytest.approx(0.2)


def test_imported_results_stand_beside_measured_ones_and_count_as_no_image(records, take):
    fill(records, [DayTest(1, {"snr_mean": 80.0})])
    take("2024-01-31,Room 1,2.5,,,\n")
    objects = records.frame("objects")
    assert list(zip(objects["kind"], objects["population"], strict=True)) == [
        ("flat_field", "quality_control"),
        ("imported", "no_image"),
    ]


def test_a_failing_store_keeps_nothing_of_an_import(records, take, monkeypatch):
    from xrayiq.records import Records

    whole = Records.add
    calls = []

    def failing(self, *arguments, **named):
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("disk full")
        return whole(self, *arguments, **named)

    monkeypatch.setattr(Records, "add", failing)
    with pytest.raises(RuntimeError):
        take("2024-01-31,Room 1,2.5,,,\n2024-02-29,Room 1,2.4,,,\n")
    assert [len(records.frame(name)) for name in ("runs", "objects", "measurements")] == [0, 0, 0]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"mtf_f50"', '"mtf_f51"', "closed list"),
        ('measuring_unit = "lp/mm"', 'measuring_unit = "mm"', "unit 'mm' for mtf_f50"),
        ('measuring_unit = "lp/mm"', "", "no unit"),
        ('measuring_unit = "lp/mm"', 'measuring_unit = "lp/mm"\nfactor = 2', "two units"),
        ('direction = "rows"', 'direction = "along"', "direction 'along'"),
        ('column = "MTF50 [lp/mm]"', "", "neither of column and name"),
        ('column = "MTF50 [lp/mm]"', 'column = "Uniformity [%]"', "twice"),
        ('column = "MTF50 [lp/mm]"', 'column = "MTF 50"', "no column 'MTF 50'"),
        ('date = "Date"', "", "without date"),
        ('unit = "Room"', "", "without a unit"),
        ('serial_number = "S2"', "", "without identity"),
        ("[columns]", "[column]", "key 'column'"),
        ("[columns]", '[table]\nseparator = ",,"\n[columns]', "separator"),
        ('comment = "Remarks"', 'value = "Name"', "the other way"),
    ],
)
def test_a_mapping_that_contradicts_itself_or_the_table_is_refused(take, old, new, said):
    with pytest.raises(SiteError, match=said):
        take("2024-01-31,Room 1,2.5,,,\n", WIDE.replace(old, new, 1))


def test_tables_that_cannot_be_read_are_told(records, take, tmp_path):
    take("")
    mapping = load_history_mapping(tmp_path / "mapping.toml")
    with pytest.raises(ReadError, match=r"gone\.csv"):
        import_history(records, tmp_path / "gone.csv", mapping, **WHO)
    (tmp_path / "latin.csv").write_bytes(HEADINGS.encode() + "Größe".encode("latin-1"))
    with pytest.raises(ReadError, match="no text in utf-8"):
        import_history(records, tmp_path / "latin.csv", mapping, **WHO)
    with pytest.raises(ReadError, match="stand twice"):
        take("", headings="Date,Date\n")


@pytest.mark.parametrize(
    ("value", "unit", "name", "expected"),
    [
        (3.2, "%", "signal_nonuniformity_local", 0.032),
        (0.032, "1", "signal_nonuniformity_local", 0.032),
        (25.0, "lp/cm", "mtf_f50", 2.5),
        (2.5, "mm⁻¹", "mtf_f50", 2.5),
        (1.5, "cm", "focal_spot_width", 15.0),
        (12.0, "cm²", "field_area", 1200.0),
        (2.0, "mGy", "saturation_kerma", 2000.0),
        (2.0, "µGy", "saturation_kerma", 2.0),
        (150.0, "cGy·cm²", "dose_area_product_total", 1.5e-4),
        (3.0, "°", "edge_angle", 3.0),
        (0.0, "%", "signal_nonuniformity_local", 0.0),
        (2.9, "mm Al", "half_value_layer", 2.9),
    ],
)
def test_units_of_tables_come_to_the_unit_of_the_quantity(value, unit, name, expected):
    assert to_quantity_unit(value, unit, name) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("unit", "name"),
    [("mm", "mtf_f50"), ("", "mtf_f50"), ("mGy", "field_area"), ("%", "mtf_f50"), ("furlong", "snr_mean")],
)
def test_a_unit_of_another_dimension_is_refused(unit, name):
    with pytest.raises(UnknownUnitError):
        to_quantity_unit(1.0, unit, name)
