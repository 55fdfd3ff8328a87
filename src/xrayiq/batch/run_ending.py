"""What a run tells of itself when it ends."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from xrayiq.batch.summary import RunSummary
from xrayiq.batch.tally import Tally
from xrayiq.procedures import EXPECTED
from xrayiq.records import Records


def own_summary(tally: Tally, run_id: int, *, started: float) -> RunSummary:
    """Of a run as far as it knows without its store.

    Parameters
    ----------
    tally : Tally
        Its counts.
    run_id : int
        Row of the run in the store.
    started : float
        Reading of the monotonic clock when it began.
    """
    return RunSummary(
        run_id=run_id,
        files=tally.files,
        unchanged=tally.unchanged,
        new_outcomes=tally.new_outcomes,
        unmeasured=0,
        seconds=time.monotonic() - started,
        opened_findings=tally.opened_findings,
        warnings=tally.warnings,
    )


def whole_summary(records: Records, keys: Sequence[str], plan: str, own: RunSummary) -> RunSummary:
    """The same with how its archives stand in the store under a plan."""
    status = records.archive_status(keys, plan_digest=plan, expected=EXPECTED)
    return replace(
        own,
        unmeasured=status.unmeasured,
        file_counts=status.files,
        outcome_counts=status.outcomes,
        verdict_counts=status.verdicts,
        object_counts=status.populations,
    )
