"""Single files explained, without a store."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from xrayiq.batch.scored_file import ScoredFile
from xrayiq.batch.worker import score_file
from xrayiq.dicom import SourceFile, open_source, read, uid_name
from xrayiq.metrics import Collimation, find_collimation
from xrayiq.procedures import Inspection, Site, check_header, load_site

#: kinds of object without a picture
_NO_PICTURE = frozenset({"dose_report", "performed_step", "reject_note", "meter", "other"})


def inspect_paths(paths: Iterable[str | Path], *, site: Site | str | Path | None = None) -> Iterator[Inspection]:
    """Explain single files here and now: what each is, what was measured, what was not, what its header lacks.

    Parameters
    ----------
    paths : iterable of path
        Files; the files of folders, zip and tar archives and of a DICOMDIR are taken one by one.
    site : Site or path, optional
        Site settings.

    Yields
    ------
    Inspection
        One for each file; never raises for what a file contains.

    Raises
    ------
    SiteError
        The site file cannot be used.
    """
    settings = site if isinstance(site, Site) else load_site(site)
    for path in paths:
        for file in open_source(path).files():
            yield _inspection(score_file(file, key=None, site=settings), file)


def _inspection(scored: ScoredFile, file: SourceFile) -> Inspection:
    header = scored.header
    today = datetime.datetime.now().astimezone().date()
    return Inspection(
        name=scored.name,
        kind=scored.kind,
        evidence=scored.evidence,
        header=header,
        sop_class="" if header is None else uid_name(header.sop_class_uid),
        transfer_syntax="" if header is None else uid_name(header.transfer_syntax_uid),
        outcomes=scored.outcomes,
        problems=() if header is None else check_header(header, kind=scored.kind, today=today),
        field=None if header is None or scored.kind in _NO_PICTURE else _field(scored, file),
    )


def _field(scored: ScoredFile, file: SourceFile) -> Collimation | None:
    """Outline and picture: of the measurement where there is one, else made for it; None where there is none."""
    for outcome in scored.outcomes:
        if isinstance(outcome.result, Collimation):
            return outcome.result
    try:
        with closing(file.open()) as stream:
            return find_collimation(read(stream))
    except Exception:  # noqa: BLE001 - costs the picture only; what the file holds is told by its outcomes
        return None
