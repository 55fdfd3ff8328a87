"""Apparent repeats of simulated archives, whose retakes are known."""

from __future__ import annotations

import dataclasses
import datetime

import numpy as np
import pandas as pd
import pytest

from xrayiq.audit.apparent_repeats import apparent_rate, find_apparent_repeats, is_assessable
from xrayiq.audit.repeat_settings import shipped_repeat_rules
from xrayiq.stats import FinderCounts, corrected_proportion
from xrayiq_phantoms.repeat_archive import RepeatArchive, simulate_repeat_archive

PLANTED = 0.05


def judged(archive: RepeatArchive) -> pd.DataFrame:
    """Truth of each image beside what the finder says of it."""
    frame = pd.DataFrame(archive.columns)
    found = find_apparent_repeats(frame)
    return frame.assign(
        named=frame["subject"].isin(found.loc[found["counted"], "subject"]),
        assessable=is_assessable(frame),
        is_repeat=archive.is_repeat,
        kind=archive.kind,
        reason=archive.reason,
    )


def counts_of(rows: pd.DataFrame) -> FinderCounts:
    told = rows[rows["assessable"]]
    return FinderCounts(
        positives=int(told["is_repeat"].sum()),
        found=int((told["is_repeat"] & told["named"]).sum()),
        negatives=int((~told["is_repeat"]).sum()),
        wrong=int((~told["is_repeat"] & told["named"]).sum()),
    )


@pytest.fixture(scope="module")
def archive() -> pd.DataFrame:
    return judged(simulate_repeat_archive(studies=10000, repeat_rate=PLANTED, seed=11))


def test_nine_in_ten_planted_repeats_are_found(archive: pd.DataFrame) -> None:
    # of all planted, also those whose header tells no view
    assert (archive["named"] & archive["is_repeat"]).sum() >= 0.9 * archive["is_repeat"].sum()


def test_nine_in_ten_of_what_is_named_was_planted(archive: pd.DataFrame) -> None:
    assert (archive["named"] & archive["is_repeat"]).sum() >= 0.9 * archive["named"].sum()


@pytest.mark.parametrize(
    "kind",
    [
        *("two_views", "joint", "bilateral", "stitched", "stitched_unnamed", "babygram", "breathing", "standing"),
        *("later_control", "babygram_two"),
    ],
)
def test_examinations_that_look_like_repeats_are_not_named(archive: pd.DataFrame, kind: str) -> None:
    own = archive[(archive["kind"] == kind) & ~archive["is_repeat"]]
    # babygrams of two images in the one room that tells no field can be named: a quarter of them
    assert own["named"].mean() < {"babygram_two": 0.13}.get(kind, 0.005)


def test_every_candidate_has_evidence_and_what_it_repeats(archive: pd.DataFrame) -> None:
    found = find_apparent_repeats(archive)
    moments = archive.set_index("subject")["exposed_at"]
    earlier = moments.loc[found["repeat_of"]].to_numpy()
    assert (earlier < found["exposed_at"].to_numpy()).all()
    assert found["evidence"].str.startswith("one more image than expected").all()
    assert found["score"].between(0.0, 1.0).all()


def test_coded_rejects_and_events_without_image_are_no_candidates(archive: pd.DataFrame) -> None:
    assert find_apparent_repeats(archive.assign(source="report")).empty
    assert find_apparent_repeats(archive.iloc[:0]).empty


def test_a_retake_eleven_minutes_later_is_none() -> None:
    start = datetime.datetime(2026, 3, 2, 9, 0)
    usual = {"source": "image", "site": "N", "room": "R", "unit": "U", "study_uid": "1", "patient_key": "p"}
    usual |= {"body_part": "CHEST", "view": "PA", "laterality": "", "protocol_name": "Chest PA"}
    rows = [
        usual | {"subject": str(place), "exposed_at": start + datetime.timedelta(seconds=seconds)}
        for place, seconds in enumerate((0, 90, 760))
    ]
    frame = pd.DataFrame(rows).assign(deviation_index=np.nan, field_area_mm2=np.nan)
    assert find_apparent_repeats(frame)["subject"].tolist() == ["1"]
    assert find_apparent_repeats(frame.assign(room=["R", "S", "T"])).empty


def test_the_shipped_calibration_is_that_of_the_simulated_archives() -> None:
    # a fifth of the archives: rates agree within 4 sigma of their counts
    part = counts_of(judged(simulate_repeat_archive(studies=8000, repeat_rate=PLANTED, seed=55)))
    shipped = shipped_repeat_rules().calibration
    recall, wrong = shipped.recall, shipped.wrong / shipped.negatives
    assert part.recall == pytest.approx(recall, abs=4 * np.sqrt(recall * (1 - recall) / part.positives))
    assert part.wrong / part.negatives == pytest.approx(wrong, abs=4 * np.sqrt(wrong / part.negatives))


def test_the_interval_covers_the_planted_rate_in_95_of_100_resampled_archives(archive: pd.DataFrame) -> None:
    told = archive[archive["assessable"]]
    truth = told["is_repeat"].mean()
    of_study = (
        pd.DataFrame(
            {
                "study": told["study_uid"],
                "images": 1,
                "repeats": told["is_repeat"],
                "found": told["is_repeat"] & told["named"],
                "named": told["named"],
            }
        )
        .groupby("study")
        .sum()
    )
    table = of_study.to_numpy(dtype=np.int64)
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(1000):  # whole studies: what belongs together stays together
        images, _, _, named = table[rng.integers(0, len(table), size=1500)].sum(axis=0)
        size, repeats, found, all_named = table[rng.integers(0, len(table), size=3000)].sum(axis=0)
        finder = FinderCounts(
            positives=int(repeats), found=int(found), negatives=int(size - repeats), wrong=int(all_named - found)
        )
        interval = corrected_proportion(int(named), int(images), finder=finder)
        covered += interval.low <= truth <= interval.high
    assert 930 <= covered <= 970


def test_the_rate_of_an_archive_is_that_which_was_planted(archive: pd.DataFrame) -> None:
    found = find_apparent_repeats(archive)
    rate = apparent_rate(found, int(archive["assessable"].sum()))
    assert rate.low < PLANTED < rate.high
    assert rate.high - rate.low < 0.01
    low_score = found.assign(counted=False)
    assert apparent_rate(low_score, int(archive["assessable"].sum())).proportion == 0.0


@pytest.mark.slow
@pytest.mark.timeout(3600)  # 2000 archives
def test_the_interval_covers_the_planted_rate_in_95_of_100_simulated_archives() -> None:
    covered = 0
    for seed in range(1000):
        finder = counts_of(judged(simulate_repeat_archive(studies=3000, repeat_rate=PLANTED, seed=100_000 + seed)))
        frame = pd.DataFrame(simulate_repeat_archive(studies=1500, repeat_rate=PLANTED, seed=seed).columns)
        rules = dataclasses.replace(shipped_repeat_rules(), calibration=finder)
        rate = apparent_rate(find_apparent_repeats(frame), int(is_assessable(frame).sum()), rules=rules)
        covered += rate.low <= PLANTED <= rate.high
    assert 930 <= covered <= 970
