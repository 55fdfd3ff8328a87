"""The engine tried on simulated objects of known truth: demo and self-test."""

from xrayiq.selftest.archive import write_archive
from xrayiq.selftest.checks import Check, check_installation
from xrayiq.selftest.demo import DemoResult, run_demo
from xrayiq.selftest.demo_site import demo_site_text

__all__ = ["Check", "DemoResult", "check_installation", "demo_site_text", "run_demo", "write_archive"]
