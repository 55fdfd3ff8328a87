"""Every metric against exact truth over a grid of simulated objects."""

from xrayiq.selftest.accuracy.grid import accuracy_figures, measure_accuracy
from xrayiq.selftest.accuracy.table import accuracy_table, write_accuracy, write_accuracy_figure

__all__ = ["accuracy_figures", "accuracy_table", "measure_accuracy", "write_accuracy", "write_accuracy_figure"]
