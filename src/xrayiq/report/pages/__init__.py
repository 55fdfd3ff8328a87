"""Pages of sites, units and detectors, and documents of a period."""

from xrayiq.report.pages.comparison import write_comparison
from xrayiq.report.pages.kpi import write_kpi
from xrayiq.report.pages.kpi_section import KpiSection
from xrayiq.report.pages.packet import write_packet
from xrayiq.report.pages.period import Period, month
from xrayiq.report.pages.selection import Selection, parse_selection
from xrayiq.report.pages.writing import write_pages

__all__ = [
    "KpiSection",
    "Period",
    "Selection",
    "month",
    "parse_selection",
    "write_comparison",
    "write_kpi",
    "write_packet",
    "write_pages",
]
