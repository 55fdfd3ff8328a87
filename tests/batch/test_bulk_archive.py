"""A bulk archive with broken files in it runs to the end with the outcomes that its plan tells."""

from __future__ import annotations

from collections import Counter

import pytest
from executor_here import Here

import xrayiq
from xrayiq_phantoms.bulk import plan_bulk, simulate_bulk
from xrayiq_phantoms.bulk_templates import template_kinds

SEED = 4
BROKEN_FRACTION = 0.02
#: procedures that need pixels of half a millimetre or less
OF_FINE_PIXELS = ("grid_lines", "clinical_seam", "artefact_candidates")


def expected_outcomes(item, room):
    """(procedure, kind, reason) of each outcome that a file of the plan must have."""
    if item.broken:
        return [("read", "error", "truncated")]
    if item.kind == "flat_field":
        return [(name, "measured", "") for name in ("uniformity", "nps", "clipping")]
    if item.kind == "edge":
        return [("mtf", "measured", "")]
    linear = room.clinical.relationship == "LIN"
    noise = ("measured", "") if linear else ("not_measurable", "no_linear_signal")
    measured = [(name, "measured", "") for name in ("collimation", "exposure_index", "clipping", "detector_area")]
    fine = [(name, "not_measurable", "pixels_too_large") for name in OF_FINE_PIXELS]  # of 1 mm, to be many
    return [*measured, *fine, ("clinical_noise", *noise)]


@pytest.mark.parametrize(
    "count",
    [50, pytest.param(20_000, marks=[pytest.mark.slow, pytest.mark.timeout(7200)])],
)
def test_every_file_of_a_bulk_archive_has_the_outcomes_of_its_plan(count, tmp_path):
    simulate_bulk(tmp_path / "archive", count=count, seed=SEED, broken_fraction=BROKEN_FRACTION)
    url = f"sqlite:///{tmp_path / 'qa.db'}"
    summary = xrayiq.run(tmp_path / "archive", url, client=Here() if count < 1000 else None)

    plan = list(plan_bulk(count=count, seed=SEED, broken_fraction=BROKEN_FRACTION))
    kinds = template_kinds()
    expected = Counter(row for item in plan for row in expected_outcomes(item, kinds[item.template][1]))
    broken = sum(item.broken for item in plan)
    assert 0 < broken < 0.04 * count
    assert summary.files == count
    assert summary.file_counts == {"object": count - broken, "unreadable": broken}
    with xrayiq.open_records(url) as records:
        outcomes = records.frame("outcomes")
        files = records.frame("files")
    of_files = outcomes[outcomes["subject"].isin(files["subject"])]
    found = Counter(zip(of_files["procedure"], of_files["kind"], of_files["reason"], strict=True))
    assert found == expected
    in_all = Counter(outcomes["kind"])
    assert summary.outcome_counts == dict(in_all)
