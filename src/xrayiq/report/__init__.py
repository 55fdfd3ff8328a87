"""Reports of a record store, and explanations of single files, for people."""

from xrayiq.report.inspection import write_inspection
from xrayiq.report.page import write_report
from xrayiq.report.pages import Period, month, write_pages

__all__ = ["Period", "month", "write_inspection", "write_pages", "write_report"]
