"""Reports of a record store, and explanations of single files, for people."""

from xrayiq.report.inspection import write_inspection
from xrayiq.report.page import write_report

__all__ = ["write_inspection", "write_report"]
