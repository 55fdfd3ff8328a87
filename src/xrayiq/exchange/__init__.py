"""Results to and from other programs' formats. No file path and nothing of a patient goes out."""

from xrayiq.exchange.quaac import export_quaac
from xrayiq.exchange.tables import ExportedTable, export_tables, table_names

__all__ = ["ExportedTable", "export_quaac", "export_tables", "table_names"]
