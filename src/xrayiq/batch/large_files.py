"""Large files with nothing to measure: CT volumes, video, documents, what is no DICOM object."""

from __future__ import annotations

from typing import Final

from xrayiq.batch.scored_file import ScoredFile, checked_header, digest_of, entry_of, failed_file
from xrayiq.dicom import SourceFile, read_header
from xrayiq.errors import NotDicomError, ReadError
from xrayiq.procedures import Site, no_procedure, recognise_header

#: a file of more bytes is held in memory only if there is an image in it that can be measured
LARGE_BYTES: Final = 2**26


def unmeasured_large_file(file: SourceFile, *, key: bytes | None, site: Site) -> ScoredFile | None:
    """What became of a large file as far as its header tells, without its content in memory.

    Parameters
    ----------
    file : SourceFile
        File of the archive, of any size.
    key : bytes or None
        Key of the hashes that stand for persons.
    site : Site
        Rules in force.

    Returns
    -------
    ScoredFile or None
        None where the pixels or the whole content must be looked at. The digest in the index is that of the whole
        content, taken a block at a time.

    Raises
    ------
    OSError
        The file cannot be opened.
    """
    try:
        with file.open() as stream:
            header = read_header(stream, key=key, test_patients=site.test_patients)
    except NotDicomError as error:
        return failed_file(
            file,
            site,
            key=key,
            digest=digest_of(file),
            status="not_dicom",
            reason=error.reason,
            message=error.explanation,
        )
    except ReadError as error:
        return failed_file(file, site, key=key, digest=digest_of(file), reason=error.reason, message=error.explanation)
    told = recognise_header(header, site)
    if told is None or told.kind != "other":
        return None
    return ScoredFile(
        entry=entry_of(file, digest_of(file), header.subject, "object"),
        header=checked_header(header, "other", site),
        kind="other",
        population="no_image",
        outcomes=(no_procedure(header.subject, told, site),),
        evidence=told.evidence,
    )
