"""Results to and from other programs' formats. No file path and nothing of a patient goes out."""

from xrayiq.exchange.audit_tables import export_audit_table
from xrayiq.exchange.dose_log import export_dose_log, export_dose_studies
from xrayiq.exchange.history import HistoryImport, ImportedCell, import_history
from xrayiq.exchange.period_archive import verify_archive, write_archive
from xrayiq.exchange.qatrack_sending import SentInstance, send_to_qatrack
from xrayiq.exchange.quaac import export_quaac
from xrayiq.exchange.reject_log_mapping import RejectLogMapping, load_reject_log_mapping, shipped_reject_logs
from xrayiq.exchange.reject_logs import RejectLogImport, import_reject_log
from xrayiq.exchange.structured_reports import export_structured_reports
from xrayiq.exchange.tables import ExportedTable, export_tables, table_names

__all__ = [
    "ExportedTable",
    "HistoryImport",
    "ImportedCell",
    "RejectLogImport",
    "RejectLogMapping",
    "SentInstance",
    "export_audit_table",
    "export_dose_log",
    "export_dose_studies",
    "export_quaac",
    "export_structured_reports",
    "export_tables",
    "import_history",
    "import_reject_log",
    "load_reject_log_mapping",
    "send_to_qatrack",
    "shipped_reject_logs",
    "table_names",
    "verify_archive",
    "write_archive",
]
