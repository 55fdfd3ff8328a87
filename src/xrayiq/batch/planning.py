"""What a run would do, told without doing it."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from xrayiq.batch.archives import Archive, sources_of
from xrayiq.batch.changes import FILE_STATES, found_files
from xrayiq.batch.own_files import without_own_files
from xrayiq.dicom import Source
from xrayiq.procedures import Site, load_site, plan_digest
from xrayiq.records import Records, open_existing


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePlan:
    """What a run would do with one of the archives given to it.

    Parameters
    ----------
    number : int
        Place among the archives given, from 1; names of folders may be those of patients and are not repeated.
    archive_key : str
        Digest that stands for the archive in the store's index.
    counts : mapping of str to int
        Files by state: ``new``, ``changed``, ``touched`` (a newer time and the same size: measured again if the content
        differs), ``retried``, ``unchanged``, ``unreadable``.
    """

    number: int
    archive_key: str
    counts: Mapping[str, int]

    @property
    def files(self) -> int:
        """All files."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """What a run would do.

    Parameters
    ----------
    sources : tuple of SourcePlan
        One for each archive, in the order given.
    """

    sources: tuple[SourcePlan, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Files of all archives by state."""
        return {state: sum(source.counts[state] for source in self.sources) for state in FILE_STATES}

    @property
    def files(self) -> int:
        """All files."""
        return sum(source.files for source in self.sources)

    def __repr__(self) -> str:
        """Headline counts."""
        told = ", ".join(f"{count} {state}" for state, count in self.counts.items() if count)
        return f"RunPlan({self.files} files: {told})" if told else "RunPlan(0 files)"


def plan_run(
    archive: Archive | Sequence[Archive],
    records: Records | str,
    *,
    site: Site | str | Path | None = None,
    retry_failed: bool = False,
    log: str | Path | None = None,
) -> RunPlan:
    """Tell what `run` would do with the files of an archive, and write nothing.

    Parameters
    ----------
    archive : path, Source, or sequence of them
        As given to `run`.
    records : Records or str
        Store, or its URL; where there is none, none is made, and every file is new.
    site : Site or path, optional
        Site settings, or their ``site.toml``; the shipped settings by default.
    retry_failed : bool
        As given to `run`.
    log : path, optional
        As given to `run`; nothing is added to it.

    Returns
    -------
    RunPlan
        Files by state, for each archive. No file is opened but zip and tar files, whose entries are listed. Acquisition
        sets, and images that wait for a detector's response, are told by the run itself, once all files are known.

    Raises
    ------
    InputError
        A path does not exist.
    SiteError
        The site file cannot be used.
    RecordsError
        The store cannot be read, or is of another version than this release.
    """
    sources = without_own_files(sources_of(archive), records, log)
    plan = plan_digest(site if isinstance(site, Site) else load_site(site))
    store = records if isinstance(records, Records) else open_existing(records)
    with contextlib.nullcontext() if store is records or store is None else store:
        return RunPlan(
            sources=tuple(
                SourcePlan(
                    number=number,
                    archive_key=source.key,
                    counts=_counts(source, store, plan, retry_failed=retry_failed),
                )
                for number, source in enumerate(sources, start=1)
            )
        )


def _counts(source: Source, store: Records | None, plan: str, *, retry_failed: bool) -> dict[str, int]:
    found = found_files(source.files(), store, archive_key=source.key, plan_digest=plan, retry_failed=retry_failed)
    counted = Counter(each.state for each in found)
    return {state: counted[state] for state in FILE_STATES}
