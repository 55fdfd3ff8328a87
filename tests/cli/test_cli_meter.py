"""`xrayiq score` on a meter's table: exit codes and formats."""

import csv
import io
import json

import pytest
from typer.testing import CliRunner

from xrayiq.cli.application import application
from xrayiq_phantoms import Generator, meter_table, simulate_meter_rows

SOUND = meter_table(simulate_meter_rows(Generator()))


def score(path, text, form):
    path.write_text(text, encoding="utf-8")
    return CliRunner().invoke(application, ["score", str(path), "--format", form])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (SOUND, 0),
        (meter_table(simulate_meter_rows(Generator(linearity_step=0.11))), 1),
        ("set kVp,measured kVp\n80,81\n80,none\n", 3),
        ("test,set kVp,measured kVp,kerma [mGy]\nkVp,80,81,\nHVL,80,,5\n", 3),
        ("set kVp,measured kVp\n", 3),
        ("name,age\n", 0),
    ],
)
def test_exit_code_follows_the_limits_and_what_could_be_measured(tmp_path, text, code):
    assert score(tmp_path / "meter.csv", text, "json").exit_code == code


def test_every_format_holds_the_numbers_and_their_limits(tmp_path):
    text = meter_table(simulate_meter_rows(Generator(voltage_error_fraction=0.06)))
    path = tmp_path / "meter.csv"
    (document,) = json.loads(score(path, text, "json").stdout)
    assert document["kind"] == "meter"
    assert {outcome["procedure"] for outcome in document["outcomes"]} == {"generator", "dap_meter"}
    rows = {row["quantity"]: row for row in csv.DictReader(io.StringIO(score(path, text, "csv").stdout))}
    assert float(rows["tube_voltage_error"]["value"]) == pytest.approx(0.06, abs=1e-8)  # nine decimals of the table
    assert rows["tube_voltage_error"]["status"] == "warning"
    table = score(path, text, "table").stdout
    assert "meter.csv: meter" in table
    assert "6.0 %" in table
