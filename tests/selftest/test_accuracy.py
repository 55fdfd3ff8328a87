"""The accuracy grid: its rows, what they must reach, and the table in the README."""

import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
from typer.testing import CliRunner

from xrayiq.cli.application import application
from xrayiq.errors import InputError
from xrayiq.model import AccuracyFigure, AccuracyRow
from xrayiq.plots import accuracy_size, plot_accuracy, to_png
from xrayiq.selftest.accuracy import accuracy_figures, accuracy_table, measure_accuracy, mtf, noise, write_accuracy
from xrayiq.selftest.accuracy.table import START, STOP

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture(scope="module")
def quick():
    """The coarse grid, measured by two worker processes."""
    steps = []
    rows = measure_accuracy(grid="quick", workers=2, progress=steps.append)
    assert [step.done for step in steps] == list(range(1, steps[-1].total + 1))
    return rows


def figure(**changes):
    fields = {"key": "k", "topic": "t", "label": "what", "unit": "1", "conditions": "c", "must_reach": 0.1}
    return AccuracyFigure(**fields | changes)


@pytest.mark.slow  # the coarse grid takes a minute
def test_every_figure_is_measured_and_reaches_what_it_must(quick):
    assert tuple(row.figure for row in quick) == accuracy_figures()
    assert [row.figure.label for row in quick if row.met is False] == []
    assert sum(row.met is True for row in quick) >= 20


@pytest.mark.slow  # the coarse grid takes a minute
def test_errors_without_a_figure_to_reach_stay_small(quick):
    # the widest are those of clinical images, 10 % and 5 % by their own tests, and of shares of few intervals
    unjudged = {row.figure.key: row.worst for row in quick if row.met is None and row.figure.unit == "fraction"}
    assert [key for key, worst in unjudged.items() if worst > 0.12 and not key.endswith("coverage")] == []


@pytest.mark.slow  # the coarse grid takes a minute
def test_numbers_do_not_depend_on_the_workers(quick, monkeypatch):
    monkeypatch.setattr("xrayiq.selftest.accuracy.grid._TOPICS", (noise,))
    alone = {row.figure.key: row for row in measure_accuracy(grid="quick", workers=1)}
    for row in quick:
        if row.figure.key in alone:
            np.testing.assert_array_equal(row.case_errors, alone[row.figure.key].case_errors)


def test_a_wrong_frequency_axis_is_noticed(monkeypatch):
    real = mtf.measure_mtf
    # a pitch that is 3 % too large moves every frequency by as much
    monkeypatch.setattr(mtf, "measure_mtf", lambda image, **given: real(image, **given | {"pixel_pitch_mm": 0.1545}))
    errors = mtf._noisy(angle_deg=1.7, seed=1)
    figures = {known.key: known for known in accuracy_figures()}
    met = {key: AccuracyRow.from_errors(figures[key], [values]).met for key, values in errors.items()}
    assert met == {"mtf_noisy": False, "mtf_noisy_f50": False, "edge_angle": True}


def test_statistics_of_a_row():
    errors = [np.array([0.01, -0.03]), np.array([0.02]), np.array([-0.2, 0.0])]
    row = AccuracyRow.from_errors(figure(), errors)
    values = np.array([0.01, -0.03, 0.02, -0.2, 0.0])
    assert (row.case_count, row.value_count) == (3, 5)
    assert (row.bias, row.scatter) == pytest.approx((values.mean(), values.std(ddof=1)))
    np.testing.assert_array_equal(row.case_errors, [-0.03, 0.02, -0.2])
    assert (row.worst, row.judged, row.met) == (0.2, 0.2, False)
    percentile = AccuracyRow.from_errors(figure(statistic="percentile_95"), errors)
    assert percentile.judged == pytest.approx(0.03 + 0.9 * 0.17)  # linear between the two greatest of three
    short = AccuracyRow.from_errors(figure(statistic="shortfall"), errors)
    assert (short.judged, short.met) == (pytest.approx(0.04), True)
    assert AccuracyRow.from_errors(figure(statistic="shortfall"), [np.array([0.05])]).judged == 0.0
    assert AccuracyRow.from_errors(figure(must_reach=None), errors).met is None


def test_what_was_not_measured_never_passes():
    row = AccuracyRow.from_errors(figure(), [np.array([0.0, np.nan]), np.array([0.01])])
    assert row.met is False


def test_the_readme_holds_a_line_for_each_figure():
    table = README.read_text(encoding="utf-8").partition(START)[2].partition(STOP)[0]
    lines = [line.split(" | ") for line in table.strip().splitlines()[2:]]
    assert [line[1] for line in lines] == [known.label for known in accuracy_figures()], "run `make accuracy`"
    assert [line[2] for line in lines] == [known.conditions for known in accuracy_figures()], "run `make accuracy`"
    assert not any("**no**" in cell for line in lines for cell in line)


@pytest.mark.slow  # the coarse grid takes a minute
def test_a_table_is_written_between_the_marks_and_nowhere_else(tmp_path, quick):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{START}\nold\n{STOP}\nafter\n", encoding="utf-8")
    write_accuracy(quick, page)
    assert page.read_text(encoding="utf-8") == f"before\n{START}\n{accuracy_table(quick)}\n{STOP}\nafter\n"
    write_accuracy(quick, tmp_path / "new.md")
    assert accuracy_table(quick) in (tmp_path / "new.md").read_text(encoding="utf-8")
    (tmp_path / "other.md").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="without the marks"):
        write_accuracy(quick, tmp_path / "other.md")
    assert (tmp_path / "other.md").read_text(encoding="utf-8") == "mine"


def test_shares_are_percent_and_what_fails_stands_out():
    row = AccuracyRow.from_errors(figure(unit="fraction", must_reach=0.02), [np.array([-0.0312])])
    assert accuracy_table([row]).splitlines()[2] == "| t | what | c | 1 | −3.1 % |  | 3.1 % | worst ≤ 2 % | **no** |"


@pytest.mark.slow  # the coarse grid takes a minute
def test_the_figure_draws_each_case_by_what_it_must_reach(quick):
    drawn = [row for row in quick if row.figure.must_reach and row.figure.statistic != "shortfall"]
    shown = {}

    def draw(ax):
        shown["axes"] = plot_accuracy(quick, ax=ax)

    assert to_png(draw, size=accuracy_size(quick)).startswith(b"\x89PNG")
    axes = shown["axes"]
    assert all(
        label.get_text().endswith(row.figure.label[1:])
        for label, row in zip(axes.get_yticklabels(), drawn, strict=True)
    )
    points = [line for line in axes.lines if line.get_marker() == "o"]
    assert [len(line.get_xdata()) for line in points] == [row.case_count for row in drawn]
    row, line = next((row, line) for row, line in zip(drawn, points, strict=True) if row.figure.key == "edge_angle")
    np.testing.assert_allclose(line.get_xdata(), np.maximum(np.abs(row.case_errors) / 0.005, 1e-3))
    with pytest.raises(InputError, match="no row with a figure"):
        plot_accuracy([AccuracyRow.from_errors(figure(must_reach=None), [np.zeros(1)])])


def test_the_command_refuses_options_of_the_grid_without_it():
    done = CliRunner(env={"COLUMNS": "200"}).invoke(application, ["selftest", "--quick"])
    assert done.exit_code == 2
    assert "go with --accuracy" in done.stderr


@pytest.mark.slow  # the coarse grid takes a minute
def test_the_command_prints_rows_as_data(monkeypatch, capsys, quick):
    monkeypatch.setattr("xrayiq.selftest.accuracy.measure_accuracy", lambda **given: quick)
    done = CliRunner().invoke(application, ["selftest", "--accuracy", "--quick", "--format", "json"])
    assert done.exit_code == 0
    rows = json.loads(done.stdout)
    assert [row["what"] for row in rows] == [known.label for known in accuracy_figures()]
    assert {"cases", "bias", "scatter", "worst", "unit", "must_reach", "met"} <= set(rows[0])
