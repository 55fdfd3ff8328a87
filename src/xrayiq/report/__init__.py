"""Reports of a record store, and explanations of single files, for people."""

from xrayiq.report.inspection import write_inspection
from xrayiq.report.page import write_report
from xrayiq.report.pages import (
    KpiSection,
    Period,
    Selection,
    month,
    parse_selection,
    write_comparison,
    write_kpi,
    write_packet,
    write_pages,
)
from xrayiq.report.pdf import require_pdf, to_pdf, write_pdf

__all__ = [
    "KpiSection",
    "Period",
    "Selection",
    "month",
    "parse_selection",
    "require_pdf",
    "to_pdf",
    "write_comparison",
    "write_inspection",
    "write_kpi",
    "write_packet",
    "write_pages",
    "write_pdf",
    "write_report",
]
