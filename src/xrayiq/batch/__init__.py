"""Procedures over whole archives: plan, local pool, summary."""

from xrayiq.batch.inspection import inspect_paths
from xrayiq.batch.interruption import RunInterrupted
from xrayiq.batch.planning import RunPlan, SourcePlan, plan_run
from xrayiq.batch.running import run
from xrayiq.batch.scored_file import ScoredFile
from xrayiq.batch.summary import Progress, RunSummary, exit_code
from xrayiq.batch.watching import watch
from xrayiq.batch.worker import score_paths, scores_exit_code

__all__ = [
    "Progress",
    "RunInterrupted",
    "RunPlan",
    "RunSummary",
    "ScoredFile",
    "SourcePlan",
    "exit_code",
    "inspect_paths",
    "plan_run",
    "run",
    "score_paths",
    "scores_exit_code",
    "watch",
]
