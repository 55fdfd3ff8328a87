"""Audit of rejects and repeats: rates, charts, reasons, dose and findings of small tables and simulated archives."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from xrayiq.audit import RepeatAudit, assess_repeats
from xrayiq.errors import InputError
from xrayiq_phantoms.repeat_archive import KINDS, simulate_repeat_archive

START = datetime.datetime(2026, 1, 5)  # a Monday


def table(rooms: dict[str, tuple[int, int]], *, weeks: int = 10, **told: object) -> pd.DataFrame:
    """Exposures far apart from each other: of each room so many rejects among so many."""
    rows = []
    for room, (rejects, exposures) in rooms.items():
        for number in range(exposures):
            rejected = number * rejects // exposures != (number + 1) * rejects // exposures  # spread evenly
            rows.append(
                {
                    "subject": f"{room}.{number}",
                    "source": "image",
                    "exposed_at": START + datetime.timedelta(days=7 * weeks * number / exposures),
                    "site": "North",
                    "room": room,
                    "unit": f"U{room}",
                    "equipment_id": 1,
                    "body_part": "CHEST",
                    "view": "PA",
                    "laterality": "",
                    "protocol_name": "Chest PA",
                    "band": "adult",
                    "study_uid": f"s{room}.{number}",
                    "patient_key": f"p{room}.{number}",
                    "operator_key": f"o{number % 3}",
                    "dose_area_product": 1.0e-5,
                    "deviation_index": 0.0,
                    "field_area_mm2": np.nan,
                    "is_rejected": rejected,
                    "reject_source": "log" if rejected else "",
                    "category": "positioning" if rejected else "",
                    "reason": "",
                }
            )
    return pd.DataFrame(rows).assign(**told)


def kinds(audit: RepeatAudit) -> set[tuple[str, str]]:
    return {(one.kind, one.room) for one in audit.findings}


@pytest.fixture(scope="module")
def usual() -> RepeatAudit:
    return assess_repeats(table({"A": (20, 400), "B": (45, 400), "C": (1, 400)}))


def test_reject_rates_have_wilson_intervals(usual: RepeatAudit) -> None:
    rates = usual.frame()
    for room, rejects in (("A", 20), ("B", 45), ("C", 1)):
        row = rates[(rates["by"] == "room") & (rates["room"] == room)].iloc[0]
        told = stats.binomtest(rejects, 400).proportion_ci(method="wilson")
        assert row["reject_rate"] == rejects / 400
        assert (row["reject_low"], row["reject_high"]) == pytest.approx((told.low, told.high), abs=1e-9)
    assert rates[rates["by"] == "all"].iloc[0]["rejects"] == 66
    assert set(rates["by"]) >= {"all", "room", "patients", "body_part", "view", "hour", "operator"}


def test_reject_and_repeat_are_counted_apart(usual: RepeatAudit) -> None:
    assert usual.rejected == 66
    assert usual.images == 1200 - 66  # repeats are looked for among accepted images
    assert usual.candidates.empty and usual.apparent is not None and usual.apparent.proportion == 0.0


def test_rooms_over_the_target_and_suspiciously_low_ones_are_named(usual: RepeatAudit) -> None:
    assert kinds(usual) >= {("reject_rate_over_target", "B"), ("reject_rate_too_low", "C")}
    low = next(one for one in usual.findings if one.kind == "reject_rate_too_low")
    assert (low.bound, low.value) == (0.02, 1 / 400)
    assert not any(room == "A" and kind.startswith("reject_rate") for kind, room in kinds(usual))


def test_children_have_bounds_of_their_own() -> None:
    rooms = {"A": (24, 400), "B": (5, 400)}  # 6 % is usual for adults, too much for children
    assert ("reject_rate_over_target", "A") in kinds(assess_repeats(table(rooms, band="5 to < 15 kg")))
    assert not any(kind.startswith("reject_rate_over") for kind, _ in kinds(assess_repeats(table(rooms))))


def test_small_rooms_are_not_judged() -> None:
    assert kinds(assess_repeats(table({"A": (30, 100), "B": (10, 300)}))).isdisjoint(
        {("reject_rate", "A"), ("reject_rate_over_target", "A")}
    )


def test_funnel_limits_are_binomial_quantiles_or_widened(usual: RepeatAudit) -> None:
    rooms = usual.frame("funnel").query("rate == 'reject' and by == 'room'")
    target = 66 / 1200
    error = np.sqrt(target * (1 - target) / 400)
    z = (np.array([20, 45, 1]) / 400 - target) / error
    low, high = np.quantile(z, [0.1, 0.9])
    phi = np.mean(np.clip(z, low, high) ** 2)  # Spiegelhalter (2005)
    assert rooms["over_dispersion"].to_numpy() == pytest.approx(phi, abs=1e-9)
    assert rooms["upper_998"].to_numpy() == pytest.approx(target + 3.09 * np.sqrt(phi) * error, abs=1e-9)
    p_values = 2 * stats.norm.sf(np.abs(z) / np.sqrt(phi))
    assert rooms["adjusted_p"].to_numpy() == pytest.approx(stats.false_discovery_control(p_values), abs=1e-9)


def test_weeks_stand_on_laney_charts(usual: RepeatAudit) -> None:
    weeks = usual.frame("weeks").query("rate == 'reject' and room == 'B'")
    assert len(weeks) == 10 and weeks["trials"].sum() == 400
    share, size = weeks["proportion"].to_numpy(), weeks["trials"].to_numpy()
    error = np.sqrt(0.1125 * 0.8875 / size)
    z = (share - 0.1125) / error
    sigma = np.abs(np.diff(z)).mean() / (2 / np.sqrt(np.pi))  # Laney (2002), whose 1.128 is this rounded
    assert weeks["sigma_z"].to_numpy() == pytest.approx(sigma, abs=1e-9)
    assert weeks["upper"].to_numpy() == pytest.approx(0.1125 + 3 * weeks["sigma_z"].to_numpy() * error, abs=1e-9)
    short = assess_repeats(table({"A": (20, 400)}, weeks=4)).frame("weeks")
    assert short["upper"].isna().all()


def test_reasons_are_a_pareto() -> None:
    frame = table({"A": (40, 400)})
    places = frame.index[frame["is_rejected"]]
    frame.loc[places[:10], ["category", "reason"]] = ["exposure", "under"]
    frame.loc[places[10:14], ["category", "reason"]] = ["exposure", "over"]
    frame.loc[places[14:18], "category"] = "other"
    reasons = assess_repeats(frame).frame("reasons")
    assert reasons["name"].tolist() == [
        "Positioning",
        "Exposure: under-exposed",
        "Exposure: over-exposed",
        "Other or not told",
    ]
    assert reasons["rejects"].tolist() == [22, 10, 4, 4]
    assert reasons["cumulative_share"].tolist() == pytest.approx([0.55, 0.9, 0.9, 1.0])
    assert "other_reasons" in {one.kind for one in assess_repeats(frame).findings}


def test_the_dose_of_rejects_is_the_sum_of_what_is_known() -> None:
    frame = table({"A": (40, 400)})
    frame.loc[frame["is_rejected"], "dose_area_product"] = 3.0e-5
    frame.loc[frame.index[frame["is_rejected"]][:5], "dose_area_product"] = np.nan
    row = assess_repeats(frame).frame("dose").iloc[0]
    assert (row["rejects"], row["rejects_with_dose"]) == (40, 35)
    assert row["rejected_dap_gy_m2"] == pytest.approx(35 * 3.0e-5)
    assert row["rejected_share"] == pytest.approx(35 * 3.0 / (35 * 3.0 + 360))
    assert row["repeated_dap_gy_m2"] == 0.0


def test_a_store_without_rejects_says_so_instead_of_praising_every_room() -> None:
    audit = assess_repeats(table({"A": (0, 400), "B": (0, 400)}))
    assert [one.kind for one in audit.findings] == ["no_reject_records"]


def test_a_cluster_of_repeats_in_one_view_is_named() -> None:
    archive = simulate_repeat_archive(studies=4000, repeat_rate=0.04, seed=21, kinds=KINDS[:3])
    frame = pd.DataFrame(archive.columns)
    # in one room retakes of chests LAT are 5 times as frequent: those of the others are thinned out
    cluster = (frame["room"] == "R1") & (frame["body_part"] == "CHEST") & (frame["view"] == "LAT")
    keep = ~archive.is_repeat | cluster.to_numpy() | (np.random.default_rng(1).random(len(frame)) < 0.25)
    frame = frame[keep].reset_index(drop=True)
    extra = frame[frame["room"].eq("R1") & frame["view"].eq("LAT") & frame["body_part"].eq("CHEST")].iloc[::6]
    later = extra.assign(subject=extra["subject"] + ".9", exposed_at=extra["exposed_at"] + pd.Timedelta(seconds=80))
    whole = pd.concat([frame, later], ignore_index=True).assign(
        band="adult", is_rejected=False, reject_source="", category="", reason="", equipment_id=1
    )
    clusters = [one for one in assess_repeats(whole).findings if one.kind == "repeat_cluster"]
    assert [(one.room, one.about) for one in clusters] == [("R1", "CHEST LAT")]
    assert "apparent repeats of" in clusters[0].sentence


def test_rejected_images_are_no_apparent_repeats() -> None:
    frame = table({"A": (0, 20)})
    pair = frame.iloc[:2].assign(
        study_uid="s", exposed_at=[START, START + datetime.timedelta(seconds=90)], deviation_index=[4.0, 0.0]
    )
    assert assess_repeats(pair).candidates["counted"].tolist() == [True]
    told = pair.assign(is_rejected=[True, False], reject_source=["key_object", ""], category=["exposure", ""])
    audit = assess_repeats(told)
    assert audit.candidates.empty and audit.rejected == 1


def test_tables_go_by_name_and_rooms(usual: RepeatAudit) -> None:
    with pytest.raises(InputError, match="rates"):
        usual.frame("nothing")
    own = usual.of_place(site="North", room="B")
    assert set(own.frame("weeks")["room"]) == {"B"}
    assert {one.room for one in own.findings} == {"B"}
    assert "5.5% rejected" in repr(usual)
