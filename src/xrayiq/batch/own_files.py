"""The files that a run itself writes, which are no part of an archive that they happen to lie in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from xrayiq.dicom import FolderSource, Source, SourceFile
from xrayiq.records import Records, store_file

#: ends of the names of what SQLite keeps beside a store
_BESIDE: Final = ("", "-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class _Without:
    """An archive without a run's own files.

    Parameters
    ----------
    whole : Source
        The archive.
    own : frozenset of Path
        Places of the files, free of links.
    names : frozenset of str
        Names that they bear: what bears none of them need not be resolved.
    """

    whole: Source
    own: frozenset[Path]
    names: frozenset[str]

    @property
    def key(self) -> str:
        """Digest of the archive's place."""
        return self.whole.key

    def files(self) -> Iterator[SourceFile]:
        """Every file that is not the run's own."""
        return (
            file
            for file in self.whole.files()
            if file.relative_path.rpartition("/")[2] not in self.names or file.path.resolve() not in self.own
        )

    def find(self, relative_path: str) -> SourceFile | None:
        """The file at a path that `files` gave."""
        return self.whole.find(relative_path)

    def count(self) -> int | None:
        """Number of files, None where it cannot be told without reading everything."""
        count = self.whole.count()
        if count is None or not isinstance(self.whole, FolderSource):
            return count
        root = self.whole.root.resolve()
        return count - sum(path.is_relative_to(root) and path.is_file() for path in self.own)


def without_own_files(sources: list[Source], records: Records | str, log: str | Path | None) -> list[Source]:
    """Archives without the store and the log of a run.

    Parameters
    ----------
    sources : list of Source
        The archives.
    records : Records or str
        Store, or its URL.
    log : path or None
        The log, if there is one.

    Returns
    -------
    list of Source
        As many, with the same keys.

    Raises
    ------
    InputError
        The URL is none.
    """
    store = store_file(records.url if isinstance(records, Records) else records)
    written = [] if log is None else [Path(log)]
    if store is not None:
        spellings = (store, store.resolve())
        written += [file.with_name(file.name + end) for file in spellings for end in _BESIDE]
    own = frozenset(path.resolve() for path in written)
    names = frozenset(path.name for path in (*written, *own))
    return [_Without(source, own, names) for source in sources]
