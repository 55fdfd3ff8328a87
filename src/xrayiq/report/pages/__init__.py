"""Pages of sites, units and detectors."""

from xrayiq.report.pages.period import Period, month
from xrayiq.report.pages.writing import write_pages

__all__ = ["Period", "month", "write_pages"]
