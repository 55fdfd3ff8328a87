"""Tables for people: whole words, or one line for each cell where they would not fit."""

import pytest

from xrayiq.cli.printing import Format, show

ROWS = [
    {"number": 7, "state": "open", "quantity": "signal_per_charge", "limit": "signal_constancy", "worst": 2137.4361},
    {"number": 12, "state": "closed", "quantity": "defect_lines", "limit": "", "worst": None},
]


@pytest.mark.parametrize(("columns", "is_table"), [(100, True), (40, False)])
def test_a_table_that_would_break_words_is_written_line_by_line(monkeypatch, capsys, columns, is_table):
    monkeypatch.setenv("COLUMNS", str(columns))
    show(ROWS, output=Format.table, title="Findings")
    lines = capsys.readouterr().out.splitlines()
    assert ("━" in "".join(lines)) == is_table
    assert any("signal_per_charge" in line for line in lines)
    if not is_table:
        told = [line.split(maxsplit=1) for line in lines if line]
        assert told[0] == ["Findings"]
        assert ["quantity", "signal_per_charge"] in told
        assert ["worst", "2137"] in told
        assert [words[0] for words in told].count("limit") == 1  # an empty cell has no line


def test_control_sequences_reach_neither_form(monkeypatch, capsys):
    for columns in (200, 10):
        monkeypatch.setenv("COLUMNS", str(columns))
        show([{"name": "a\x1b[31mb", "title": "c"}], output=Format.table)
        assert "\x1b[31m" not in capsys.readouterr().out
