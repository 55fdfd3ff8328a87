"""Reports of a record store, for people."""

from xrayiq.report.page import write_report

__all__ = ["write_report"]
