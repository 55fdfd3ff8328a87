"""Statistics of quality control: arrays in, frozen results out."""

from xrayiq.stats.bootstrap import BootstrapInterval, bootstrap_interval
from xrayiq.stats.change_point import Drift, MeanShifts, best_split, find_mean_shifts, fit_drift, part_medians
from xrayiq.stats.corrected_proportion import CorrectedProportion, FinderCounts, corrected_proportion
from xrayiq.stats.difference import MeanDifference, mean_difference
from xrayiq.stats.ewma import ewma, ewma_deviation
from xrayiq.stats.individuals import moving_range_sigma, range_constants
from xrayiq.stats.median_difference import MedianDifference, median_difference, median_error
from xrayiq.stats.median_interval import MedianInterval, median_interval
from xrayiq.stats.multiplicity import adjust_p_values
from xrayiq.stats.prediction import prediction_factor, prediction_scores
from xrayiq.stats.proportions import (
    FunnelLimits,
    ProportionChart,
    WilsonInterval,
    funnel_limits,
    laney_chart,
    wilson_interval,
)
from xrayiq.stats.rank_trend import trend_p_value
from xrayiq.stats.run_rules import RULE_TEXTS, run_rule_hits

__all__ = [
    "RULE_TEXTS",
    "BootstrapInterval",
    "CorrectedProportion",
    "Drift",
    "FinderCounts",
    "FunnelLimits",
    "MeanDifference",
    "MeanShifts",
    "MedianDifference",
    "MedianInterval",
    "ProportionChart",
    "WilsonInterval",
    "adjust_p_values",
    "best_split",
    "bootstrap_interval",
    "corrected_proportion",
    "ewma",
    "ewma_deviation",
    "find_mean_shifts",
    "fit_drift",
    "funnel_limits",
    "laney_chart",
    "mean_difference",
    "median_difference",
    "median_error",
    "median_interval",
    "moving_range_sigma",
    "part_medians",
    "prediction_factor",
    "prediction_scores",
    "range_constants",
    "run_rule_hits",
    "trend_p_value",
    "wilson_interval",
]
