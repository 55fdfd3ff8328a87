"""A year of weekly quality control: a loss of gain, a detector swap, a dead line that is repaired, a falsified row."""

import datetime
import re
import shutil

import pypdf
import pytest
import sqlalchemy
from executor_here import Remembering
from markupsafe import Markup

import xrayiq
from xrayiq.procedures import add_service_event, list_findings, load_site, register_of, take_step
from xrayiq.records import open_records
from xrayiq.report import write_packet, write_pages
from xrayiq.report.pages.period import Period
from xrayiq.report.tables import picture_svg
from xrayiq_phantoms import qc_year

SITE = """
name = "Simulated Hospital"

[limits.no_dead_line]
quantity = "defect_lines"
procedure = "defects"
fail_high = 0
document = "site protocol"
confidence = "A"
"""
SIDE_PX = 320
PHYSICIST = "m.physicist"
AFTER_THE_YEAR = qc_year.day_of_week(qc_year.WEEKS)
UNITS = {
    station: f"Simulated Rays Phantom DR 1, serial QC-{number}"
    for number, station in enumerate((qc_year.DRIFT_ROOM, qc_year.SWAP_ROOM, qc_year.LINE_ROOM), start=1)
}


@pytest.fixture(scope="module")
def hospital(tmp_path_factory):
    """Folder of the images to come, week by week, and of the site's file."""
    root = tmp_path_factory.mktemp("year")
    (root / "site.toml").write_text(SITE, encoding="utf-8")
    qc_year.simulate_qc_year(root / "to_come", side_px=SIDE_PX)
    return root


@pytest.fixture(scope="module")
def client():
    """Both stores are given what was measured once."""
    return Remembering()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def year(request, hospital, client):
    """The store after the year, the folder of its images, and the site's file."""
    root = hospital
    if request.param == "postgresql":
        url = request.getfixturevalue("module_postgres_url")
    else:
        url = f"sqlite:///{root / 'qa.db'}"
    spend_the_year(url, root, client)
    yield url, root
    for week in (root / "images").iterdir():
        shutil.move(week, root / "to_come")


def spend_the_year(url, root, client):
    """Runs of the archive as it grows, with what people do in between."""
    (root / "images").mkdir(exist_ok=True)
    weeks_arrive(root, range(qc_year.REPAIR_WEEK))
    run(url, root, client)
    repair_the_line(url)
    weeks_arrive(root, range(qc_year.REPAIR_WEEK, qc_year.CALIBRATION_WEEK))
    run(url, root, client)
    close_the_line(url)
    calibrate(url)
    weeks_arrive(root, range(qc_year.CALIBRATION_WEEK, qc_year.WEEKS))
    run(url, root, client)
    close_the_drift(url)


def weeks_arrive(root, weeks):
    for week in weeks:
        shutil.move(root / "to_come" / f"week{week:02d}", root / "images")


def run(url, root, client):
    return xrayiq.run(root / "images", url, site=root / "site.toml", client=client)


def finding_on(records, station):
    (found,) = [finding for finding in list_findings(records) if finding.unit == UNITS[station]]
    return found


def step(records, station, state, **told):
    take_step(
        records,
        finding_on(records, station).number,
        state,
        actor=PHYSICIST,
        role="medical physicist",
        reason="weekly review",
        **told,
    )


def repair_the_line(url):
    day = qc_year.day_of_week(qc_year.REPAIR_WEEK) - datetime.timedelta(days=3)
    with open_records(url) as records:
        step(records, qc_year.LINE_ROOM, "investigating", cause="dead column of the panel", day=day)
        step(records, qc_year.LINE_ROOM, "corrected", action="defect correction renewed by service", day=day)


def close_the_line(url):
    with open_records(url) as records:
        retest, day = subject_of(records, "defects", qc_year.REPAIR_WEEK), qc_year.day_of_week(qc_year.REPAIR_WEEK)
        step(records, qc_year.LINE_ROOM, "verified", retest=retest, day=day)
        step(records, qc_year.LINE_ROOM, "closed", day=day)


def calibrate(url):
    before = qc_year.day_of_week(qc_year.CALIBRATION_WEEK) - datetime.timedelta(days=2)
    at = datetime.datetime.combine(before, datetime.time(16))
    with open_records(url) as records:
        add_service_event(
            records, kind="calibration", unit="QC-1", happened_at=at, reason="gain calibration", actor=PHYSICIST
        )
        step(records, qc_year.DRIFT_ROOM, "corrected", cause="loss of gain", action="calibrated", day=before)


def close_the_drift(url):
    with open_records(url) as records:
        retest = subject_of(records, "uniformity", qc_year.CALIBRATION_WEEK + 5, station=qc_year.DRIFT_ROOM)
        day = qc_year.day_of_week(qc_year.WEEKS - 1)
        step(records, qc_year.DRIFT_ROOM, "verified", retest=retest, day=day)
        step(records, qc_year.DRIFT_ROOM, "closed", day=day)


def subject_of(records, procedure, week, station=qc_year.LINE_ROOM):
    frame = records.frame("outcomes")
    of_week = frame["exposed_at"].dt.date == qc_year.day_of_week(week)
    return frame[(frame["procedure"] == procedure) & (frame["station_name"] == station) & of_week].iloc[0]["subject"]


def weeks_with(frame, station, quantity, status):
    rows = frame[(frame["station_name"] == station) & (frame["quantity"] == quantity) & (frame["status"] == status)]
    return sorted({(day.date() - qc_year.FIRST_DAY).days // 7 for day in rows["exposed_at"]})


def test_drift_and_dead_line_are_found_in_their_weeks_and_nothing_else_is_out_of_limits(year):
    url, _ = year
    with open_records(url) as records:
        verdicts = records.frame("verdicts")
    failed = verdicts[verdicts["status"] == "fail"]
    assert set(zip(failed["station_name"], failed["quantity"], strict=True)) == {
        (qc_year.DRIFT_ROOM, "signal_per_charge"),
        (qc_year.LINE_ROOM, "defect_lines"),
    }
    below_a_fifth, below_a_tenth = qc_year.weeks_below(0.20), qc_year.weeks_below(0.10)
    assert weeks_with(verdicts, qc_year.DRIFT_ROOM, "signal_per_charge", "fail") == list(below_a_fifth)
    warned = sorted(set(below_a_tenth) - set(below_a_fifth))
    assert weeks_with(verdicts, qc_year.DRIFT_ROOM, "signal_per_charge", "warning") == warned
    with_line = list(range(qc_year.LINE_WEEK, qc_year.REPAIR_WEEK))
    assert weeks_with(verdicts, qc_year.LINE_ROOM, "defect_lines", "fail") == with_line


def test_the_swap_renews_the_baseline_and_its_higher_gain_is_no_finding(year):
    url, _ = year
    with open_records(url) as records:
        verdicts = records.frame("verdicts")
        (swap,) = records.events(kind="detector_swap")
        register = register_of(records, load_site())
    assert swap.details["happened_at"].startswith(qc_year.day_of_week(qc_year.SWAP_WEEK).isoformat())
    of_gain = verdicts[(verdicts["station_name"] == qc_year.SWAP_ROOM) & (verdicts["quantity"] == "signal_per_charge")]
    assert set(of_gain["status"]) == {"pass", "indeterminate"}
    weeks = [(day.date() - qc_year.FIRST_DAY).days // 7 for day in of_gain["exposed_at"]]
    waiting = {week for week, status in zip(weeks, of_gain["status"], strict=True) if status == "indeterminate"}
    assert waiting == {*range(5), *range(qc_year.SWAP_WEEK, qc_year.SWAP_WEEK + 5)}
    unit = next(unit for unit in register.units if unit.serial_number == "QC-2")
    assert [span.value.rpartition(" ")[2] for span in unit.detectors] == ["QCDET-2A", "QCDET-2B"]


def test_findings_are_two_closed_ones_with_cause_action_and_retest(year):
    url, _ = year
    with open_records(url) as records:
        drift, line = finding_on(records, qc_year.DRIFT_ROOM), finding_on(records, qc_year.LINE_ROOM)
        assert len(list_findings(records)) == 2
    assert (drift.quantity, drift.state, drift.action) == ("signal_per_charge", "closed", "calibrated")
    assert drift.values == len(qc_year.weeks_below(0.20))
    assert (line.quantity, line.state, line.cause) == ("defect_lines", "closed", "dead column of the panel")
    assert line.first_day == qc_year.day_of_week(qc_year.LINE_WEEK)
    assert line.last_day == qc_year.day_of_week(qc_year.REPAIR_WEEK - 1)
    assert [step.state for step in line.steps] == ["open", "investigating", "corrected", "verified", "closed"]
    assert {step.actor for step in line.steps[1:]} == {PHYSICIST}
    assert line.retest


def test_a_second_run_over_the_year_adds_nothing(year, client):
    url, root = year
    with open_records(url) as records:
        before = (len(records.frame("verdicts")), len(list_findings(records)))
    summary = run(url, root, client)
    assert (summary.new_outcomes, summary.opened_findings) == (0, 0)
    with open_records(url) as records:
        assert (len(records.frame("verdicts")), len(list_findings(records))) == before


def test_the_inspection_packet_tells_all_of_it_as_html_and_pdf(year, tmp_path):
    url, root = year
    whole_year = Period(first=qc_year.FIRST_DAY, last=qc_year.day_of_week(qc_year.WEEKS - 1))
    html, pdf = tmp_path / "packet.html", tmp_path / "packet.pdf" if url.startswith("sqlite") else None
    with open_records(url) as records:
        write_packet(records, html, period=whole_year, site=load_site(root / "site.toml"), pdf=pdf)
        head = records.head
    # a PDF is made from the HTML alone: it sees no store
    sheets = [sheet.extract_text() for sheet in pypdf.PdfReader(pdf).pages] if pdf else []
    for text in (html.read_text(encoding="utf-8"), *([" ".join(" ".join(sheets).split())] if pdf else [])):
        for told in (
            head,
            "Signal per charge",
            "dead column of the panel",
            "gain calibration",
            PHYSICIST,
            "calibrated",
        ):
            assert told in text, told
    assert all(head in sheet for sheet in sheets)


@pytest.mark.parametrize("year", ["sqlite"], indirect=True)  # what pages draw comes from frames, equal on both
def test_the_page_of_the_drifting_unit_shows_its_trend_and_finding(year, tmp_path, monkeypatch):
    url, root = year
    monkeypatch.setattr("xrayiq.report.pages.figures.picture_svg", only_drawn("Trend of signal_per_charge"))
    with open_records(url) as records:
        written = write_pages(records, tmp_path / "pages", site=load_site(root / "site.toml"), today=AFTER_THE_YEAR)
    index = (tmp_path / "pages" / "index.html").read_text(encoding="utf-8")
    (page,) = [path for path in written if "qc-1" in path.name and path.name.startswith("unit")]
    text = page.read_text(encoding="utf-8")
    assert page.name in index
    assert "Signal per charge" in text
    assert "gain calibration" in text
    assert "Closed" in text
    assert re.search(r"<svg[^>]*><title>Trend of signal_per_charge</title>", text)


def only_drawn(title):
    """Drawing of pages that leaves out all pictures but those of one title."""

    def draw(draw, name, shown, size):
        return picture_svg(draw, name, shown, size) if shown == title else Markup("")

    return draw


def test_a_falsified_row_is_named_with_its_unit_and_date(year):
    url, _ = year
    with open_records(url) as records:
        head = records.head
        assert records.verify(head).whole
        verdicts = records.frame("verdicts")
        worst = verdicts[verdicts["status"] == "fail"].sort_values("compared").iloc[0]
        alter(url, worst, 1.3 * float(worst["value"]))
        found = records.verify(head)
        alter(url, worst, float(worst["value"]))
        assert records.verify(head).whole
    (fault,) = found.faults
    assert (fault.table, fault.row) == ("outcomes", int(worst["outcome_id"]))
    assert worst["exposed_at"].strftime("%Y-%m-%d") in fault.description
    assert qc_year.DRIFT_ROOM in fault.description


def alter(url, verdict, value):
    """What somebody does who has the database and knows SQL."""
    engine = sqlalchemy.create_engine(url)
    row = {"outcome": int(verdict["outcome_id"]), "quantity": verdict["quantity"], "value": value}
    with engine.begin() as connection:
        assert connection.execute(sqlalchemy.text(_WRITE), row).rowcount == 1
    engine.dispose()


_WRITE = "UPDATE measurements SET value = :value WHERE outcome_id = :outcome AND quantity = :quantity"
