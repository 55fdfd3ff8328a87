"""What a worker does with one file: everything that happens becomes an outcome."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from xrayiq.batch.large_files import LARGE_BYTES, unmeasured_large_file
from xrayiq.batch.scored_file import ScoredFile, checked_header, digest_of, entry_of, failed_file, told_of
from xrayiq.batch.summary import exit_code
from xrayiq.dicom import (
    DicomObject,
    SourceFile,
    content_digest,
    dataset_header,
    dataset_radiograph,
    open_object,
    open_source,
    read_dose_report,
    read_performed_step,
    read_reject_note,
    step_header,
)
from xrayiq.errors import InputError, NotDicomError, NotMeasurableError, ReadError, TransferSyntaxError
from xrayiq.model import DoseReport, ObjectHeader, Outcome, PerformedStep, Radiograph, RejectNote
from xrayiq.procedures import (
    Procedure,
    Recognition,
    ResponseBook,
    Site,
    applicable,
    attempt,
    document_outcome,
    is_unmeasured,
    load_site,
    meter_outcomes,
    no_procedure,
    population_of,
    reading_outcome,
    recognise,
    recognise_header,
    recognise_meter_table,
    response_mode,
)

#: what single files are scored with
NO_RESPONSES: Final = ResponseBook()
#: kinds of object without pixels to look at
_WITHOUT_PIXELS: Final = frozenset({"dose_report", "performed_step", "reject_note", "other"})


def score_file(
    file: SourceFile,
    *,
    key: bytes | None,
    site: Site,
    responses: ResponseBook = NO_RESPONSES,
    frame: int | None = None,
) -> ScoredFile:
    """Read one file and measure what can be measured.

    Parameters
    ----------
    file : SourceFile
        File of the archive.
    key : bytes or None
        Key of the hashes that stand for persons; without one there are no such hashes.
    site : Site
        Rules and limits in force.
    responses : ResponseBook
        Responses of the detectors, as far as they are known.
    frame : int, optional
        Frame to measure, from 1; without it the one that `read` takes.

    Returns
    -------
    ScoredFile
        Never raises for what a file contains.
    """
    if file.problem:
        return failed_file(file, site, key=key, reason=file.reason, message=file.problem)
    try:
        large = unmeasured_large_file(file, key=key, site=site) if file.size > LARGE_BYTES and frame is None else None
        if large is not None:
            return large
        with file.open() as stream:
            content = stream.read()
    except OSError as error:
        return failed_file(file, site, key=key, reason="unreadable_path", message=f"cannot be read ({error.strerror})")
    except MemoryError as error:
        reason, message = told_of(error)
        return failed_file(file, site, key=key, digest=digest_of(file), reason=reason, message=message)
    digest = content_digest(content)
    try:
        return _score_content(file, content, digest, key, site, responses, frame)
    except NotDicomError as error:
        return failed_file(
            file, site, key=key, digest=digest, status="not_dicom", reason=error.reason, message=error.explanation
        )
    except ReadError as error:
        return failed_file(file, site, key=key, digest=digest, reason=error.reason, message=error.explanation)
    except Exception as error:  # noqa: BLE001 - a defect of ours must not stop the run; it is stored as an error
        reason, message = told_of(error)
        return failed_file(file, site, key=key, digest=digest, reason=reason, message=message)


def score_paths(
    paths: Iterable[str | Path], *, site: Site | str | Path | None = None, frame: int | None = None
) -> Iterator[ScoredFile]:
    """Score single files here and now, without a store.

    Parameters
    ----------
    paths : iterable of path
        Files; the files of folders, zip and tar archives and of a DICOMDIR are taken one by one.
    site : Site or path, optional
        Site settings.
    frame : int, optional
        Frame to measure, from 1; without it the one that `read` takes. A file without it has an outcome that says so.

    Yields
    ------
    ScoredFile
        One for each file.

    Raises
    ------
    SiteError
        The site file cannot be used.
    """
    settings = site if isinstance(site, Site) else load_site(site)
    for path in paths:
        for file in open_source(path).files():
            yield score_file(file, key=None, site=settings, frame=frame)


def scores_exit_code(scored: Iterable[ScoredFile]) -> int:
    """Exit code of scored files: 1 out of limits, 3 something that should be measurable was not, else 0."""
    outcomes = [outcome for file in scored for outcome in file.outcomes]
    return exit_code(
        out_of_limits=any(verdict.status == "fail" for outcome in outcomes for verdict in outcome.verdicts),
        unmeasured=any(is_unmeasured(outcome) for outcome in outcomes),
    )


def _score_content(
    file: SourceFile,
    content: bytes,
    digest: str,
    key: bytes | None,
    site: Site,
    responses: ResponseBook,
    frame: int | None = None,
) -> ScoredFile:
    try:
        dataset, _ = open_object(content)
        header = dataset_header(dataset, key, frame=frame, test_patients=site.test_patients)
        told = recognise_header(header, site)
        if told is not None and told.kind in _WITHOUT_PIXELS:
            return _without_pixels(file, digest, key, header, told, dataset, site)
        image = dataset_radiograph(dataset, responses.valid_for(header), header=header, frame=frame)
    except NotDicomError:
        table = recognise_meter_table(content)
        if table is None:
            raise
        return _meter_table(file, content, digest, table, site)
    except InputError as error:
        return failed_file(file, site, key=key, digest=digest, reason="no_such_frame", message=error.explanation)
    except TransferSyntaxError:
        raise
    except ReadError as error:
        return _unreadable(file, content, digest, key, site, error)
    except NotMeasurableError as error:
        outcome = reading_outcome(
            header.subject, "not_measurable", site=site, reason=error.reason, message=error.explanation
        )
        nothing = Recognition(kind="other", evidence="no image to measure")
        return _scored(file, digest, header, nothing, (outcome,), site)
    recognition = recognise(image, site)
    outcomes = tuple(
        _guarded(procedure, image, site) for procedure in applicable(recognition.kind, image.acquisition.modality)
    )
    return _scored(
        file,
        digest,
        header,
        recognition,
        outcomes or (no_procedure(header.subject, recognition, site),),
        site,
        response_id=responses.id_for(header),
        response_mode=response_mode(header) or "",
    )


def _meter_table(file: SourceFile, content: bytes, digest: str, table: Recognition, site: Site) -> ScoredFile:
    """Readings of a meter: no DICOM object, known by its content."""
    return ScoredFile(
        entry=entry_of(file, digest, digest, "not_dicom"),
        header=None,
        kind=table.kind,
        outcomes=meter_outcomes(content, digest, site),
        evidence=table.evidence,
    )


def _without_pixels(
    file: SourceFile,
    digest: str,
    key: bytes | None,
    header: ObjectHeader,
    told: Recognition,
    dataset: DicomObject,
    site: Site,
) -> ScoredFile:
    document: DoseReport | PerformedStep | RejectNote | None = None
    if told.kind == "dose_report":
        document = read_dose_report(dataset, key=key)
    elif told.kind == "reject_note":
        with contextlib.suppress(NotMeasurableError):  # a key object for another purpose
            document = read_reject_note(dataset, key=key)
    elif told.kind == "performed_step":
        document = read_performed_step(dataset, key=key)
        header = step_header(header, document)
    if document is None:
        outcome = no_procedure(header.subject, told, site)
    else:
        outcome = document_outcome(dataclasses.replace(document, header=header), site)
    return _scored(file, digest, header, told, (outcome,), site)


def _unreadable(
    file: SourceFile, content: bytes, digest: str, key: bytes | None, site: Site, error: ReadError
) -> ScoredFile:
    """A damaged object: its header is kept as far as it reads, keyed by content so that a sound copy is measured."""
    header: ObjectHeader | None = None
    with contextlib.suppress(ReadError):
        dataset, _ = open_object(content, stop_before_pixels=True)
        header = dataclasses.replace(dataset_header(dataset, key, test_patients=site.test_patients), subject=digest)
    told = None if header is None else recognise_header(header, site)
    if header is not None and told is not None and told.kind == "other":
        return _scored(file, digest, header, told, (no_procedure(digest, told, site),), site)
    return failed_file(
        file, site, key=key, digest=digest, reason=error.reason, message=error.explanation, header=header
    )


def _guarded(procedure: Procedure, image: Radiograph, site: Site) -> Outcome:
    """Outcome of a procedure; a defect of ours costs only this procedure."""
    try:
        return attempt(procedure, image, site)
    except Exception as error:  # noqa: BLE001 - stored as an error outcome with the place where it happened
        reason, message = told_of(error)
        return Outcome(
            subject=image.header.subject,
            procedure=procedure.name,
            kind="error",
            algorithm_version=procedure.algorithm_version,
            parameter_digest=procedure.digest(site),
            reason=reason,
            message=message,
        )


def _scored(
    file: SourceFile,
    digest: str,
    header: ObjectHeader,
    recognition: Recognition,
    outcomes: tuple[Outcome, ...],
    site: Site,
    *,
    response_id: str = "",
    response_mode: str = "",
) -> ScoredFile:
    entry = entry_of(file, digest, header.subject, "object")
    return ScoredFile(
        entry=dataclasses.replace(entry, response_id=response_id, response_mode=response_mode),
        header=checked_header(header, recognition.kind, site),
        kind=recognition.kind,
        population=population_of(header, recognition.kind, register=site.equipment),
        outcomes=outcomes,
        evidence=recognition.evidence,
    )
