"""What a process of a run loads before it measures anything: each costs the start of every worker."""

from __future__ import annotations

import subprocess
import sys

HEAVY = (
    "pandas",
    "pyarrow",
    "scipy.signal",
    "scipy.stats",
    "matplotlib",
    "dask",
    "highdicom",
    "alembic",
    "pydicom.sr._concepts_dict",
)


def test_a_process_of_a_run_starts_without_what_it_may_never_need() -> None:
    statement = (
        "import sys, xrayiq.batch.archive_run, xrayiq.batch.worker_process; "
        f"print(*(name for name in {HEAVY} if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", statement], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
