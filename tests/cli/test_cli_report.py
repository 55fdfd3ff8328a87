"""`xrayiq report`: which report, and what cannot be asked for together."""

import pytest
from command_line import xrayiq

from xrayiq.records import open_records

PERIOD = ("--from", "2026-03-01", "--to", "2026-03-31")


@pytest.fixture
def folder(tmp_path):
    open_records(f"sqlite:///{tmp_path / 'xrayiq.db'}").close()
    return tmp_path


@pytest.mark.parametrize(
    ("options", "written"),
    [
        ((), "report.html"),
        (("--inspection", *PERIOD), "inspection.html"),
        (("--kpi", "2026-03"), "kpi-2026-03.html"),
        (("--inspection", *PERIOD, "--out", "packet.html", "--pdf"), "packet.pdf"),
        (("--pages", "qa"), "qa/index.html"),
        (("--pages", "qa", *PERIOD, "--pdf"), "qa/index.pdf"),
    ],
)
def test_each_kind_is_written_and_named(folder, options, written):
    said = xrayiq("report", *options, folder=folder)
    assert said.returncode == 0, said.stderr
    assert (folder / written).stat().st_size > 1000
    assert written.split(".")[0] in said.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--pages", "qa", "--kpi", "2026-03"),
        ("--pages", "qa", "--out", "x.html"),
        ("--only-site", "North"),
        ("--inspection",),
        ("--inspection", "--from", "2026-03-01"),
        ("--kpi", "2026-03", *PERIOD),
        ("--kpi", "March"),
        ("--compare", "room=1", "unit=2"),
        ("--inspection", "--from", "2026-03-31", "--to", "2026-03-01"),
    ],
)
def test_what_contradicts_itself_is_a_usage_error(folder, options):
    assert xrayiq("report", *options, folder=folder).returncode == 2
    assert not list(folder.glob("*.html"))


def test_a_site_that_is_not_there_is_named_in_the_error(folder):
    said = xrayiq("report", "--pages", "qa", "--only-site", "West", folder=folder)
    assert said.returncode == 2
    assert "West" in said.stderr


def test_a_comparison_without_results_says_which_side(folder):
    said = xrayiq("report", "--compare", "unit=1", "unit=2", folder=folder)
    assert said.returncode == 2
    assert "no result of unit 1" in said.stderr
