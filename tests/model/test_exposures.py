from __future__ import annotations

import datetime
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xrayiq.model import Acquisition, ExposureMember, ObjectHeader, exposure_roles, technique_key

NOON = datetime.datetime(2026, 3, 2, 12, 0, 0, 250_000)


def member(subject: str, **changes: object) -> ExposureMember:
    known: dict[str, object] = {"intent": "FOR PROCESSING", "event_uid": "1.9", "exposed_at_s": 0.0}
    technique: dict[str, object] = {"tube_voltage_kv": 80.0, "exposure_mas": 2.0}
    return ExposureMember(subject=subject, **(known | technique | changes))  # type: ignore[arg-type]


def populations(*members: ExposureMember) -> dict[str, tuple[str, str]]:
    return {subject: (role.exposure, role.population) for subject, role in exposure_roles(members).items()}


def test_twins_of_one_event_are_one_exposure_that_the_image_for_processing_stands_for() -> None:
    shown = member("1.1", intent="FOR PRESENTATION", exposed_at_s=4.0)
    assert populations(shown, member("1.2")) == {"1.1": ("1.1", "twin"), "1.2": ("1.1", "clinical")}


def test_further_images_of_the_principals_intent_are_copies() -> None:
    assert populations(member("1.1"), member("1.2")) == {"1.1": ("1.1", "clinical"), "1.2": ("1.1", "copy")}
    shown = [member(f"1.{number}", intent="FOR PRESENTATION") for number in (1, 2)]
    assert [role.population for role in exposure_roles(shown).values()] == ["clinical", "copy"]


@pytest.mark.parametrize(
    "apart",
    [
        {"exposed_at_s": 60.5},
        {"tube_voltage_kv": 82.0},
        {"exposure_mas": 2.2},
        {"exposure_mas": 0.0},
        {"event_uid": "1.8"},
        {"event_uid": None},
        {"event_uid": "1.8", "technique_key": "k"},
    ],
)
def test_images_that_contradict_each_other_are_two_exposures(apart: dict[str, object]) -> None:
    first = member("1.1", technique_key="k")
    assert populations(first, member("1.2", **apart)) == {"1.1": ("1.1", "clinical"), "1.2": ("1.2", "clinical")}


@pytest.mark.parametrize(
    "alike",
    [
        {"exposed_at_s": 59.5},
        {"tube_voltage_kv": 81.0},
        {"exposure_mas": 2.1},
        {"exposure_mas": None, "tube_voltage_kv": None, "exposed_at_s": None},
        {"event_uid": None, "technique_key": "k", "exposed_at_s": 1e6},
    ],
)
def test_images_that_agree_in_what_both_state_are_one_exposure(alike: dict[str, object]) -> None:
    roles = exposure_roles([member("1.1", technique_key="k"), member("1.2", **alike)])
    assert {role.exposure for role in roles.values()} == {"1.1"}


@pytest.mark.parametrize("population", ["quality_control", "test_patient", "imported", "no_image", "not_classed"])
def test_what_is_no_image_of_a_patient_stays_what_it_is(population: str) -> None:
    roles = populations(member("1.1"), member("1.2", population=population))
    assert roles == {"1.1": ("1.1", "clinical"), "1.2": ("1.2", population)}


MEMBERS = st.lists(
    st.builds(
        ExposureMember,
        subject=st.integers(0, 30).map(str),
        population=st.sampled_from(["clinical", "clinical", "quality_control"]),
        intent=st.sampled_from(["FOR PROCESSING", "FOR PRESENTATION", None]),
        event_uid=st.sampled_from(["1", "2", None]),
        technique_key=st.sampled_from(["a", "b", None]),
        exposed_at_s=st.sampled_from([0.0, 50.0, 100.0, 1000.0, None]),
        exposure_mas=st.sampled_from([1.0, 1.04, 1.08, 3.0, None]),
    ),
    max_size=8,
    unique_by=lambda each: each.subject,
)


@settings(max_examples=200, deadline=None)
@given(members=MEMBERS, order=st.randoms(use_true_random=False))
def test_each_exposure_has_one_that_counts_whatever_the_order(members: list[ExposureMember], order: object) -> None:
    roles = exposure_roles(members)
    shuffled = list(members)
    order.shuffle(shuffled)  # type: ignore[attr-defined]  # a Random
    assert exposure_roles(shuffled) == roles
    patients = {each.subject for each in members if each.population == "clinical"}
    by_exposure = sorted((role.exposure, subject) for subject, role in roles.items() if subject in patients)
    for exposure, group in itertools.groupby(by_exposure, key=lambda pair: pair[0]):
        subjects = [subject for _, subject in group]
        assert exposure == min(subjects)
        assert [roles[subject].population for subject in subjects].count("clinical") == 1


def header(**changes: object) -> ObjectHeader:
    known: dict[str, object] = {"exposed_at": NOON, "tube_voltage_kv": 80.0, "exposure_mas": 2.0, "model": "M"}
    return ObjectHeader(subject="1.1", patient_key="p", acquisition=Acquisition(**(known | changes)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        {"exposed_at": NOON + datetime.timedelta(milliseconds=1)},
        {"exposure_mas": 2.00002},
        {"tube_voltage_kv": 81.0},
        {"model": "N"},
        {"dap_gy_m2": 1e-5},
    ],
)
def test_technique_key_differs_with_time_technique_and_unit(changes: dict[str, object]) -> None:
    assert technique_key(header(**changes)) != technique_key(header())


def test_technique_key_is_the_same_for_both_images_of_an_exposure() -> None:
    shown = header(intent="FOR PRESENTATION", body_part="CHEST", exposure_index=400.0, exposure_mas=2.0 + 1e-9)
    assert technique_key(shown) == technique_key(header()) is not None


@pytest.mark.parametrize("changes", [{"exposed_at": None}, {"exposure_mas": None}])
def test_without_time_or_technique_there_is_no_key(changes: dict[str, object]) -> None:
    assert technique_key(header(**changes)) is None
