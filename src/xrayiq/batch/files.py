"""Files of an archive, scored in the order of the walk."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from xrayiq.batch.pool import Job, Pool, results_in_order
from xrayiq.batch.scored_file import PackedFile, UnchangedFile, digest_of, failed_file, pack_file
from xrayiq.batch.worker import NO_RESPONSES, score_file
from xrayiq.dicom import SourceFile
from xrayiq.procedures import ResponseBook, Site

#: longest time that one object may take
OBJECT_TIMEOUT_S: Final = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTask:
    """A file to be scored.

    Parameters
    ----------
    file : SourceFile
        The file.
    known_digest : str
        Digest of the content that was dealt with before; with the same content there is nothing to score.
    """

    file: SourceFile
    known_digest: str = ""


def scored_files(
    tasks: Iterator[FileTask],
    *,
    key: bytes,
    site: Site,
    pool: Pool,
    responses: ResponseBook = NO_RESPONSES,
) -> Iterator[PackedFile | UnchangedFile]:
    """Score files as they are found; results come in the order of the files.

    Parameters
    ----------
    tasks : iterator of FileTask
        Taken a few ahead of the results, never all at once.
    key : bytes
        Key of the hashes that stand for persons and paths.
    site : Site
        Rules and limits in force.
    pool : Pool
        Workers.
    responses : ResponseBook
        Responses of the detectors.

    Yields
    ------
    PackedFile or UnchangedFile
        One for each file; a worker that dies or hangs costs only its file.
    """
    job: Job[FileTask, PackedFile | UnchangedFile] = Job(
        work=partial(score_task, key=key, site=site, responses=responses),
        failed=partial(_lost, site, key),
        timeout_s=lambda _: OBJECT_TIMEOUT_S,
    )
    yield from results_in_order(tasks, job, pool=pool)


def score_task(task: FileTask, *, key: bytes, site: Site, responses: ResponseBook) -> PackedFile | UnchangedFile:
    """Score one file, unless its content is what was dealt with before."""
    if task.known_digest and not task.file.problem and digest_of(task.file) == task.known_digest:
        return UnchangedFile(file=task.file)
    started_s = time.perf_counter()
    scored = score_file(task.file, key=key, site=site, responses=responses)
    return pack_file(scored, seconds=time.perf_counter() - started_s)


def _lost(site: Site, key: bytes, task: FileTask, reason: str, message: str) -> PackedFile:
    digest = digest_of(task.file)
    return pack_file(failed_file(task.file, site, key=key, digest=digest, reason=reason, message=message))
