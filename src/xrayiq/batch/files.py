"""Files of an archive, scored in the order of the walk."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial
from typing import Final

from xrayiq.batch.pool import Executor, Job, results_in_order
from xrayiq.batch.scored_file import ScoredFile, failed_file
from xrayiq.batch.worker import NO_RESPONSES, score_file
from xrayiq.dicom import SourceFile, content_digest
from xrayiq.procedures import ResponseBook, Site

#: longest time that one object may take
OBJECT_TIMEOUT_S: Final = 300.0


def scored_files(
    files: Iterator[SourceFile],
    *,
    key: bytes,
    site: Site,
    responses: ResponseBook = NO_RESPONSES,
    workers: int | None = None,
    client: Executor | None = None,
) -> Iterator[ScoredFile]:
    """Score files as they are found; results come in the order of the files.

    Parameters
    ----------
    files : iterator of SourceFile
        Taken a few ahead of the results, never all at once.
    key : bytes
        Key of the hashes that stand for persons.
    site : Site
        Rules and limits in force.
    responses : ResponseBook
        Responses of the detectors.
    workers : int, optional
        Processes of the local pool; by default one per core.
    client : Executor, optional
        Where to run instead of the local pool.

    Yields
    ------
    ScoredFile
        One for each file; a worker that dies or hangs costs only its file.
    """
    job: Job[SourceFile, ScoredFile] = Job(
        work=partial(score_file, key=key, site=site, responses=responses),
        failed=partial(_lost, site),
        timeout_s=lambda _: OBJECT_TIMEOUT_S,
    )
    yield from results_in_order(files, job, workers=workers, client=client)


def _lost(site: Site, file: SourceFile, reason: str, message: str) -> ScoredFile:
    digest = ""
    with contextlib.suppress(OSError):
        digest = content_digest(file.path)
    return failed_file(file, site, digest=digest, reason=reason, message=message)
