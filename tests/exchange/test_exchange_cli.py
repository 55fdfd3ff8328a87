"""`xrayiq records export` and `xrayiq records import`: options, exit codes, and what is printed."""

from __future__ import annotations

import csv
import io
import json

import openpyxl
import pytest
from exchange_builders import DayTest, day_of, fill
from qatrack_server import TOKEN, FakeQatrack, serving
from typer.testing import CliRunner

from xrayiq.cli.application import application
from xrayiq.exchange.qatrack_mapping import TOKEN_VARIABLE
from xrayiq.records import open_records

HISTORY = """
[columns]
date = "Date"
serial_number = "Serial"

[[values]]
column = "MTF50"
quantity = "mtf_f50"
procedure = "mtf"
measuring_unit = "lp/mm"
"""
WHO = ("--by", "jdoe", "--reason", "results of the paper years")
QATRACK = """
[server]
url = "{root}"
[[lists]]
test_list = "QC"
serial_number = "S1"
unit_number = 1
[lists.tests]
snr = {{ procedure = "uniformity", quantity = "snr_mean" }}
"""


@pytest.fixture
def store(store_url):
    with open_records(store_url) as records:
        fill(records, [DayTest(1, {"snr_mean": 80.0}), DayTest(2, {"snr_mean": 81.0}, serial_number="S2")])
    return store_url


@pytest.fixture
def give(store, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def command(*arguments):
        return CliRunner().invoke(application, ["records", *map(str, arguments), "--records", store])

    return command


def printed(done):
    assert done.exit_code in (0, 3), done.output
    return json.loads(done.stdout)


def test_the_ending_tells_the_format(give, tmp_path):
    written = printed(give("export", "--out", "results.xlsx", "--format", "json"))
    assert [(row["what"], row["rows"], row["file"]) for row in written][:2] == [
        ("results", 2, "results.xlsx"),
        ("register", 9, "results.xlsx"),
    ]
    assert openpyxl.load_workbook(tmp_path / "results.xlsx")["results"].max_row == 3


def test_tables_period_and_unit_are_chosen(give, tmp_path):
    day = day_of(2).date()
    give("export", "--out", "tables", "--as", "csv", "--table", "objects", "--table", "results", "--from", day)
    assert sorted(file.name for file in (tmp_path / "tables").iterdir()) == ["objects.csv", "results.csv"]
    rows = list(csv.DictReader(io.StringIO((tmp_path / "tables" / "results.csv").read_text(encoding="utf-8"))))
    assert [row["value"] for row in rows] == ["81.0"]
    give("export", "--out", "one.json", "--unit", "S1", "--to", day)
    assert [row["value"] for row in json.loads((tmp_path / "one.json").read_text(encoding="utf-8"))] == [80.0]


def test_quaac_and_structured_reports_are_written(give, tmp_path):
    quaac = give("export", "--out", "qc.yaml", "--as", "quaac", "--performer", "Q", "--email", "qa@example.com")
    assert quaac.exit_code == 0
    assert "qa@example.com" in (tmp_path / "qc.yaml").read_text(encoding="utf-8")
    reports = printed(give("export", "--out", "sr", "--as", "sr", "--format", "json"))
    assert reports[0]["rows"] == len(list((tmp_path / "sr").iterdir())) == 2


def test_days_are_handed_in_to_qatrack(give, tmp_path, monkeypatch):
    fake = FakeQatrack()
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    with serving(fake):
        fake.add_collection(fake.add_unit(), fake.add_list("QC", fake.add_test("snr")))
        (tmp_path / "qatrack.toml").write_text(QATRACK.format(root=fake.root), encoding="utf-8")
        order = ("export", "--as", "qatrack", "--mapping", "qatrack.toml", "--format", "json")
        assert [row["status"] for row in printed(give(*order, "--dry-run"))] == ["would send"]
        assert [row["status"] for row in printed(give(*order))] == ["created"]
        again = give(*order)
    assert [row["status"] for row in printed(again)] == ["known"]
    assert fake.instances[0]["tests"] == {"snr": {"value": 80.0, "comment": "uniformity, algorithm version 1"}}
    assert TOKEN not in again.output


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--as", "qatrack"),
        ("--as", "qatrack", "--mapping", "m.toml", "--out", "x"),
        ("--as", "qatrack", "--mapping", "m.toml", "--unit", "S1"),
        ("--out", "x.csv", "--mapping", "m.toml"),
        ("--out", "x.csv", "--dry-run"),
        ("--out", "x", "--as", "sr", "--table", "results"),
        ("--out", "x.csv", "--from", "1.1.2025"),
    ],
)
def test_options_that_contradict_each_other_are_usage_errors(give, arguments):
    assert give("export", *arguments).exit_code == 2


@pytest.fixture
def table(tmp_path):
    (tmp_path / "history.toml").write_text(HISTORY, encoding="utf-8")
    rows = 'Date,Serial,MTF50,Name\n2024-01-31,S1,2.5,Miller\n2024-02-29,S1,"2,4",Smith\n'
    (tmp_path / "history.csv").write_text(rows, encoding="utf-8")


def test_an_import_tells_each_cell_and_that_something_was_refused(give, table):
    order = ("import", "history.csv", "--mapping", "history.toml", "--format", "json")
    tried = give(*order, "--dry-run")
    assert tried.exit_code == 3
    assert [(row["status"], row["reason"]) for row in printed(tried)] == [("taken", ""), ("refused", "decimal comma")]
    assert "1 values would be taken, 0 known already, 1 refused (1 decimal comma)" in tried.stderr
    assert "not read: Name" in tried.stderr
    assert printed(give(*order, *WHO)) == printed(tried)
    assert [row["status"] for row in printed(give(*order, *WHO))] == ["known", "refused"]


def test_an_import_in_a_table_says_why(give, table):
    done = give("import", "history.csv", "--mapping", "history.toml", *WHO)
    assert "2.5 /mm" in done.stdout
    assert "decimal" in done.stdout


def test_a_whole_import_ends_well_and_judges_where_asked(give, table, tmp_path, store):
    (tmp_path / "history.csv").write_text("Date,Serial,MTF50\n2024-01-31,S1,2.5\n", encoding="utf-8")
    (tmp_path / "site.toml").write_text(
        '[limits.mine]\nquantity = "mtf_f50"\nfail_low = 3.0\ndocument = "Ours"\nedition = ""\nconfidence = "A"\n',
        encoding="utf-8",
    )
    order = ("import", "history.csv", "--mapping", "history.toml")
    assert give(*order, "--judge", "--site", "site.toml").exit_code == 2
    done = give(*order, "--judge", "--site", "site.toml", *WHO)
    assert done.exit_code == 0
    assert "findings opened: 1" in done.stderr
    with open_records(store) as records:
        verdicts = records.frame("verdicts").set_index("limit_id")
    assert verdicts.loc["mine", "status"] == "fail"


def test_a_store_with_imported_results_is_whole(give, table):
    assert give("import", "history.csv", "--mapping", "history.toml", *WHO).exit_code == 3
    assert give("verify").exit_code == 0
