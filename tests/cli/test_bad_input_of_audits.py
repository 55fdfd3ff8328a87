"""Wrong headers and logs by the real path: files are written, run and audited; what is wrong is counted and named."""

from __future__ import annotations

import datetime
import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from bad_input_archive import Archive, changed, dated, other_event, raw_text
from command_line import xrayiq

from xrayiq import audit_dose, audit_exposure, audit_repeats, open_records, run
from xrayiq.procedures import audit_metadata

START = datetime.datetime(2026, 3, 2, 9, 0, 10)
#: exposures of room TOLD: two that image, report and log name by their event, two by time and technique alone
TOLD = [START + datetime.timedelta(hours=3, minutes=10 * number) for number in range(4)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Store of an archive with wrong indices, wrong dates, and exposures that several files tell of."""
    folder = tmp_path_factory.mktemp("bad input")
    archive = Archive(folder / "archive")
    moments = iter(START + datetime.timedelta(minutes=5 * number) for number in range(100))
    for index in (0.0, 0.0, 0.0, -50.0, -50.0):
        archive.image("INDEX", next(moments), changed(exposure_index=index))
    for text in ("n/a", "250 %", "--"):
        archive.image("INDEX", next(moments), raw=raw_text("ExposureIndex", "DS", text))
    for target in (None, None, None, None, 0.0):
        archive.image("INDEX", next(moments), changed(target_exposure_index=target))
    archive.image("INDEX", next(moments), changed(exposure_index=None))
    archive.image("INDEX", next(moments))
    for day in ("20261340", "18991231", "29991231", "00000000"):
        archive.image("DATES", next(moments), raw=dated(day))
    archive.image("DATES", START)
    events = []
    for number, moment in enumerate(TOLD):
        named = number < 2
        image = archive.image("TOLD", moment, raw=None if named else raw_text("IrradiationEventUID", "UI", ""))
        archive.report("TOLD", image, moment, event_uid=None if named else other_event(number))
        events.append(str(image.IrradiationEventUID) if named else "")
    log = ["exposed_at,serial_number,status,reason,kv,mas,irradiation_event_uid"]
    for number, (moment, event) in enumerate(zip(TOLD, events, strict=True)):
        second = moment + datetime.timedelta(seconds=number % 2)
        status = "rejected,positioning" if number % 2 else "accepted,"
        log.append(f"{second.isoformat()},S-TOLD,{status},120,2,{event}")
    (folder / "log.csv").write_text("\n".join(log) + "\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XRAYIQ_KEY_FILE", str(folder / "person.key"))
        with ThreadPoolExecutor(1) as here:  # no time is lost on starting other processes
            run(folder / "archive", f"sqlite:///{folder / 'xrayiq.db'}", client=here)
    given = ("records", "import", "log.csv", "--rejects", "--mapping", "neutral", "--by", "mp", "--reason", "quarter")
    assert "2 rejects and 2 accepted exposures taken" in xrayiq(*given, folder=folder).stderr
    return folder


@pytest.fixture(scope="module")
def audits(folder: Path) -> dict[str, Any]:
    """Each audit of the store, once."""
    every = {"exposure": audit_exposure, "dose": audit_dose, "repeats": audit_repeats, "metadata": audit_metadata}
    with open_records(f"sqlite:///{folder / 'xrayiq.db'}", create=False) as records:
        return {name: audit(records) for name, audit in every.items()}


def rows_of(audit: Any, table: str, room: str) -> list[dict[str, Any]]:
    """Rows of a table of an audit that are of a room."""
    frame = audit.frame(table)
    return frame[frame["room"] == room].to_dict("records")  # type: ignore[no-any-return]  # rows


def test_indices_of_0_negative_or_text_and_missing_targets_are_counted_by_their_fault(audits: dict[str, Any]) -> None:
    (row,) = rows_of(audits["exposure"], "faults", "INDEX")
    told = ("exposures", "not_positive", "text", "target_missing", "target_not_positive", "missing", "indexed")
    assert [row[name] for name in told] == [15, 5, 3, 4, 1, 1, 1]


def test_faults_of_indices_are_findings_that_tell_how_many(audits: dict[str, Any]) -> None:
    found = {one.kind: one.sentence for one in audits["exposure"].findings if one.room == "INDEX"}
    assert set(found) == {"index_not_positive", "index_text", "index_target_missing"}
    assert "no target exposure index in 4 of 15 exposures" in found["index_target_missing"]


def test_exposures_without_target_have_no_deviation_and_the_others_keep_theirs(audits: dict[str, Any]) -> None:
    rows = rows_of(audits["exposure"], "exposures", "INDEX")
    assert [row["deviation_index"] for row in rows if row["fault"] == ""] == [0.0]
    assert all(math.isnan(row["deviation_index"]) for row in rows if row["fault"])


def test_impossible_dates_are_counted_as_undated_and_named(folder: Path, audits: dict[str, Any]) -> None:
    days = [row["exposed_at"] for row in rows_of(audits["exposure"], "exposures", "DATES")]
    assert [day for day in days if not pd.isna(day)] == [START] and len(days) == 5
    said = xrayiq("audit", "repeats", "--dry-run", folder=folder).stderr
    assert "left out: 2 dates that no exposure can have, counted as undated" in said
    assert "2026-03-02 to 2026-03-02" in said
    named = {row["rule"]: row["found"] for row in rows_of(audits["metadata"], "problems", "DATES")}
    assert (named["date_impossible"], named["in_future"]) == (1, 1)
    lacking = {row["attribute"]: row["missing"] for row in rows_of(audits["metadata"], "completeness", "DATES")}
    assert lacking["AcquisitionDate"] == 2


@pytest.mark.parametrize("audit", ["exposure", "dose", "repeats"])
def test_an_exposure_that_image_report_and_log_tell_of_counts_once(audits: dict[str, Any], audit: str) -> None:
    found = audits[audit].exposures
    assert sorted(found.loc[found["room"] == "TOLD", "exposed_at"]) == TOLD
    assert len(found) == 15 + 5 + 4


def test_rejects_of_the_log_are_those_of_the_images(audits: dict[str, Any]) -> None:
    (told,) = [row for row in rows_of(audits["repeats"], "rates", "TOLD") if row["by"] == "room"]
    assert (told["exposures"], told["rejects"], told["hidden"]) == (4, 2, 0)
