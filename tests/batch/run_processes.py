"""Runs as processes of their own, and stores compared row by row."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from unittest import mock

from sqlalchemy import create_engine, select

from xrayiq.records import open_records
from xrayiq.records.tables import METADATA

#: what may differ between two stores of the same archive: numbers of rows, and when and by which run they were written
_ASIDE = ("id", "run_id", "created_at", "seal", "role_seal", "standing_seal")
#: tables that tell of the runs themselves
_OF_RUNS = ("runs", "events", "seals")


#: the command line as it is installed
COMMAND_LINE = "from xrayiq.cli import main; main()"


def start_run(archive, store, *arguments, workers=2, program=COMMAND_LINE, **settings):
    """Start ``xrayiq run`` as the head of a process group of its own."""
    return subprocess.Popen(
        [
            *(sys.executable, "-c", program, "run", str(archive)),
            *("--records", f"sqlite:///{store}", "--workers", str(workers), "--format", "json"),
            *map(str, arguments),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, **key_of(archive)},
        **settings,
    )


def key_of(archive):
    """Setting of the key file that `start_run` gives to runs over an archive."""
    return {"XRAYIQ_KEY_FILE": str(Path(archive).parent / "person.key")}


def faults_of(store, archive):
    """What is not as it was written in a store of runs over an archive."""
    with mock.patch.dict(os.environ, key_of(archive)), open_records(f"sqlite:///{store}") as records:
        return records.verify(records.head).faults


def group_of(process):
    """Processes of a run that are still there: itself, its workers and multiprocessing's own."""
    alive = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, _, group = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
            except OSError:
                continue
            if int(group) == process.pid and state != "Z":
                alive.append(int(entry.name))
    return alive


def await_end_of_group(process, *, seconds):
    """Processes that are left after so many seconds."""
    give_up = time.monotonic() + seconds
    while (left := group_of(process)) and time.monotonic() < give_up:
        time.sleep(0.05)
    return left


def end_group(process):
    """Kill what is left of a run, so that a failed test leaves nothing behind."""
    for pid in group_of(process):
        os.kill(pid, signal.SIGKILL)
    process.communicate()


def rows_of(store):
    """Every table but those of the runs as sorted rows: references followed to what they name."""
    engine = create_engine(f"sqlite:///{store}")
    by_id, tables = {}, {}
    with engine.connect() as connection:
        for table in METADATA.sorted_tables:
            rows = []
            for row in connection.execute(select(table)).mappings():
                plain = tuple(
                    (column.name, _followed(column, row[column.name], by_id))
                    for column in table.columns
                    if column.name not in _ASIDE
                )
                rows.append(plain)
                if "id" in row:
                    by_id[table.name, row["id"]] = plain[0][1] if table.name != "outcomes" else plain[:4]
            if table.name not in _OF_RUNS:
                tables[table.name] = sorted(rows, key=repr)
    engine.dispose()
    return tables


def _followed(column, value, by_id):
    for key in column.foreign_keys:
        return None if value is None else by_id[key.column.table.name, value]
    return value


def files_stored(store):
    """Number of files in a store that a run may be writing at this moment; none where there is no store yet."""
    try:
        with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
            return connection.execute("SELECT count(*) FROM files").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


def runs_of(store):
    """Rows of the runs in the order in which they began."""
    engine = create_engine(f"sqlite:///{store}")
    with engine.connect() as connection:
        rows = [dict(row) for row in connection.execute(select(METADATA.tables["runs"])).mappings()]
    engine.dispose()
    return rows
