"""Statistics of quality control: arrays in, frozen results out."""

from xrayiq.stats.bootstrap import BootstrapInterval, bootstrap_interval
from xrayiq.stats.change_point import Drift, MeanShifts, find_mean_shifts, fit_drift
from xrayiq.stats.difference import MeanDifference, mean_difference
from xrayiq.stats.ewma import EwmaChart, ewma, ewma_chart, ewma_deviation
from xrayiq.stats.individuals import (
    IndividualsChart,
    individuals_chart,
    moving_range_sigma,
    range_constants,
)
from xrayiq.stats.median_interval import MedianInterval, median_interval
from xrayiq.stats.prediction import PredictionLimits, prediction_limits, prediction_scores
from xrayiq.stats.proportions import (
    FunnelLimits,
    ProportionChart,
    WilsonInterval,
    funnel_limits,
    laney_chart,
    wilson_interval,
)
from xrayiq.stats.run_rules import RULE_TEXTS, RunSignal, find_run_signals, run_rule_hits

__all__ = [
    "RULE_TEXTS",
    "BootstrapInterval",
    "Drift",
    "EwmaChart",
    "FunnelLimits",
    "IndividualsChart",
    "MeanDifference",
    "MeanShifts",
    "MedianInterval",
    "PredictionLimits",
    "ProportionChart",
    "RunSignal",
    "WilsonInterval",
    "bootstrap_interval",
    "ewma",
    "ewma_chart",
    "ewma_deviation",
    "find_mean_shifts",
    "find_run_signals",
    "fit_drift",
    "funnel_limits",
    "individuals_chart",
    "laney_chart",
    "mean_difference",
    "median_interval",
    "moving_range_sigma",
    "prediction_limits",
    "prediction_scores",
    "range_constants",
    "run_rule_hits",
    "wilson_interval",
]
