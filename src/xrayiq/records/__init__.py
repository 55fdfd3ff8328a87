"""Record store of outcomes, results, measurements and verdicts, in SQLite or PostgreSQL."""

from xrayiq.records.connecting import store_file
from xrayiq.records.counting import ArchiveStatus
from xrayiq.records.days_of_work import modality_days, outcome_days, verdict_days
from xrayiq.records.file_entries import FileEntry, FileStatus
from xrayiq.records.history import DatedValue
from xrayiq.records.judged_values import JudgedValue, judged_values
from xrayiq.records.judgements import JUDGED, FailedVerdict
from xrayiq.records.opening import open_existing, open_or_given, open_records
from xrayiq.records.packing import PackedHeader, PackedOutcome, pack_header, pack_outcome
from xrayiq.records.parts import frame_names, frame_parts
from xrayiq.records.period_rows import period_rows
from xrayiq.records.reading import KnownFile, StoredResult
from xrayiq.records.recording import StoredFile
from xrayiq.records.run_recording import RUN_ENDED
from xrayiq.records.set_entries import IndexedObject, SetEntry
from xrayiq.records.store import Records
from xrayiq.records.told_geometry import told_geometry
from xrayiq.records.trail import details_of

__all__ = [
    "JUDGED",
    "RUN_ENDED",
    "ArchiveStatus",
    "DatedValue",
    "FailedVerdict",
    "FileEntry",
    "FileStatus",
    "IndexedObject",
    "JudgedValue",
    "KnownFile",
    "PackedHeader",
    "PackedOutcome",
    "Records",
    "SetEntry",
    "StoredFile",
    "StoredResult",
    "details_of",
    "frame_names",
    "frame_parts",
    "judged_values",
    "modality_days",
    "open_existing",
    "open_or_given",
    "open_records",
    "outcome_days",
    "pack_header",
    "pack_outcome",
    "period_rows",
    "store_file",
    "told_geometry",
    "verdict_days",
]
