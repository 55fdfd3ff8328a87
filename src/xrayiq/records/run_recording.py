"""Runs in a store: begun, ended, and found dead; each end is an event that covers all that the run has written."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from sqlalchemy import Connection, bindparam, insert, select, update

from xrayiq.errors import InputError
from xrayiq.model.packing import Json
from xrayiq.records.sealed_forms import RUN
from xrayiq.records.sealing import NewRow
from xrayiq.records.tables import RUNS, SEALS
from xrayiq.records.trail import EventRecorder, append

#: actor and kind of the event at the end of a run
RUN_ACTOR: Final = "xrayiq run"
RUN_ENDED: Final = "run_ended"

_PAGE: Final = 1000
_FIRST_SEAL: Final = select(SEALS.c.number).where(SEALS.c.kind == "run", SEALS.c.row_id == bindparam("run_id"))
_SEALS: Final = (
    select(SEALS.c.number, SEALS.c.kind, SEALS.c.row_id, SEALS.c.mac)
    .where(SEALS.c.run_id == bindparam("run_id"), SEALS.c.number >= bindparam("first"))
    .order_by(SEALS.c.number)
)


def digest_line(number: int, kind: str, row_id: int, mac: str) -> bytes:
    """A seal as it goes into the digest of its run."""
    return f"{number}:{kind}:{row_id}:{mac}\n".encode()


def seals_of_run(connection: Connection, run_id: int) -> dict[str, Json]:
    """Number of the seals of a run, their first and last number, the rows they are of by kind, and a digest of all.

    Parameters
    ----------
    connection : Connection
        In a transaction.
    run_id : int
        The run.
    """
    first = connection.scalar(_FIRST_SEAL, {"run_id": run_id}) or 1
    digest = hashlib.sha256()
    number, seals = 0, 0
    rows: dict[str, list[int]] = {}
    found = connection.execute(_SEALS, {"run_id": run_id, "first": first}, execution_options={"yield_per": _PAGE})
    for number, kind, row_id, mac in found:
        digest.update(digest_line(number, kind, row_id, mac))
        of_kind = rows.setdefault(kind, [0, row_id, row_id])
        of_kind[:] = of_kind[0] + 1, min(of_kind[1], row_id), max(of_kind[2], row_id)
        seals += 1
    told = {kind: {"rows": many, "first": least, "last": most} for kind, (many, least, most) in rows.items()}
    return {
        "seals": seals,
        "first_seal": first,
        "last_seal": number,
        "of": cast(Json, told),
        "digest": digest.hexdigest(),
    }


class RunRecorder(EventRecorder):
    """The part of a store that holds the runs."""

    def begin_run(
        self,
        *,
        archive_key: str,
        plan_digest: str,
        site_digest: str = "",
        kernel_digest: str = "",
        version: str,
        process: str = "",
    ) -> int:
        """Id of a new run, with status ``"running"`` until `finish_run`.

        Parameters
        ----------
        archive_key : str
            What stands for the archive; not its path.
        plan_digest : str
            Digest of all that decides what a run does with a file.
        site_digest, kernel_digest : str
            Digests of the site's settings and of the kernels.
        version : str
            Version of xrayiq.
        process : str
            Identity of the process that runs, for `end_killed_runs`.

        Returns
        -------
        int
            Its id.
        """
        row: dict[str, Any] = {
            "started_at": datetime.datetime.now(datetime.UTC),
            "finished_at": None,
            "status": "running",
            "archive_key": archive_key,
            "xrayiq_version": version,
            "kernel_digest": kernel_digest,
            "plan_digest": plan_digest,
            "site_digest": site_digest,
            "counts": {},
            "process": process,
        }
        with self._write() as connection:
            key = cast(tuple[int], connection.execute(insert(RUNS).values(row)).inserted_primary_key)[0]
            self._put_state(connection, row | {"id": key})
            begun = NewRow(kind="run", row_id=key, content=RUN.lasting(row))
            self._sealer.add(connection, [begun], run_id=key)
        return key

    def end_killed_runs(self, still_lives: Callable[[str], bool]) -> None:
        """Give runs that never said how they ended the status ``"killed"``; when that was, nobody knows.

        Parameters
        ----------
        still_lives : callable
            Whether a process, as given to `begin_run`, lives.
        """
        running = select(RUNS.c.id, RUNS.c.process).where(RUNS.c.status == "running")
        with self._read() as connection:
            found = connection.execute(running).all()
        killed = [row.id for row in found if not still_lives(row.process)]
        if not killed:
            return
        named = select(RUNS).where(RUNS.c.id.in_(killed), RUNS.c.status == "running").order_by(RUNS.c.id)
        with self._write() as connection:
            for row in connection.execute(named).mappings().all():
                self._end(connection, {**row, "status": "killed"}, reason="its process was found dead")

    def finish_run(self, run_id: int, *, status: str, counts: Mapping[str, int]) -> None:
        """Record how a run ended, with a digest of all that it has written in the audit trail.

        Parameters
        ----------
        run_id : int
            From `begin_run`.
        status : str
            For example ``"finished"`` or ``"interrupted"``.
        counts : mapping of str to int
            What it saw and stored.

        Raises
        ------
        InputError
            There is no such run.
        """
        row = {
            "id": run_id,
            "status": status,
            "counts": {str(name): int(number) for name, number in counts.items()},
            "finished_at": datetime.datetime.now(datetime.UTC),
        }
        with self._write() as connection:
            self._end(connection, row, reason=f"the run {status}")

    def _end(self, connection: Connection, row: Mapping[str, Any], *, reason: str) -> None:
        self._sealer.require_fitting_key(connection)
        self._put_state(connection, row)
        told = {"status": row["status"], "counts": row["counts"], **seals_of_run(connection, row["id"])}
        append(
            connection,
            self._sealer,
            kind=RUN_ENDED,
            subject=f"run:{row['id']}",
            actor=RUN_ACTOR,
            reason=reason,
            details=told,
        )

    def _put_state(self, connection: Connection, row: Mapping[str, Any]) -> None:
        state = {name: row[name] for name in ("status", "counts", "finished_at")}
        state["seal"] = self._sealer.state(RUN, "seal", row)
        if connection.execute(update(RUNS).where(RUNS.c.id == row["id"]).values(state)).rowcount != 1:
            raise InputError(f"run {row['id']}", needed="an id from begin_run")
