"""Accepted findings: what they cover, until when, and the new finding that opens beyond that."""

import datetime

import pytest

from xrayiq.errors import InputError
from xrayiq.model import Event
from xrayiq.procedures.acceptances import MARGIN, excess_of
from xrayiq.procedures.finding_events import OutOfLimits, events_of_run, step_event
from xrayiq.procedures.findings import fold_findings

DAY = datetime.date(2026, 3, 2)
LOW, HIGH = -0.2, 0.2
BASELINE = 50.0


class Trail:
    """Events in memory, numbered as a store numbers them."""

    def __init__(self):
        self.events = []

    def add(self, new):
        self.events.append(
            Event(
                number=len(self.events) + 1,
                at=datetime.datetime(2026, 3, 2, tzinfo=datetime.UTC),
                actor="a",
                kind=new.kind,
                subject=new.subject,
                reason=new.reason,
                details=new.details,
                previous="",
                mac="",
            )
        )

    def run(self, *deviations, day=DAY):
        """Deviations from the baseline that are out of limits, in one run."""
        group = OutOfLimits(
            unit="U",
            procedure="uniformity",
            quantity="snr_mean",
            limit_id="l",
            basis="relative_to_baseline",
            fail_low=LOW,
            fail_high=HIGH,
            days=(day,) * len(deviations),
            values=tuple(BASELINE * (1.0 + one) for one in deviations),
            excess=tuple(excess_of(one, LOW, HIGH) for one in deviations),
            compared=deviations,
            baselines=(BASELINE,) * len(deviations),
            subjects=tuple(f"1.{place}" for place, _ in enumerate(deviations)),
        )
        for event in events_of_run(self.findings, [group]):
            self.add(event)
        return self.findings

    def accept(self, **told):
        self.add(step_event(self.findings[-1], "accepted", reason="old tube", day=DAY, **told))

    @property
    def findings(self):
        return fold_findings(self.events)


@pytest.fixture
def trail():
    """One finding of 25 % below the baseline."""
    made = Trail()
    made.run(-0.25)
    return made


def test_excess_is_the_share_of_what_the_bounds_allow():
    assert excess_of(-0.25, LOW, HIGH) == pytest.approx(0.05 / 0.2)
    assert excess_of(0.3, None, 0.2) == pytest.approx(0.5)
    assert excess_of(0.1, LOW, HIGH) < 0.0
    assert excess_of(0.5, None, 0.0) == 0.5


def test_values_like_the_accepted_one_are_added_to_it(trail):
    trail.accept()
    just_within = -0.25 - 0.99 * MARGIN * HIGH
    (finding,) = trail.run(just_within, day=DAY + datetime.timedelta(days=400))
    assert (finding.state, finding.values, finding.worst_compared) == ("accepted", 2, just_within)
    beyond = -0.25 - 1.01 * MARGIN * HIGH  # what is covered does not creep with the values that were
    assert [one.state for one in trail.run(beyond)] == ["accepted", "open"]


def test_a_clearly_worse_value_opens_a_finding_that_names_the_accepted_one(trail):
    trail.accept()
    accepted, new = trail.run(-0.24, -0.4)
    assert (accepted.state, accepted.values, accepted.worst_compared) == ("accepted", 2, -0.25)
    assert (new.state, new.follows, new.values) == ("open", accepted.number, 1)
    assert (new.worst, new.worst_compared, new.worst_baseline) == (30.0, -0.4, BASELINE)
    assert f"finding {accepted.number}" in new.steps[0].reason
    assert [one.values for one in trail.run(-0.4)] == [2, 2]


def test_a_value_beyond_the_other_bound_is_not_covered(trail):
    trail.accept()
    assert [one.state for one in trail.run(0.21)] == ["accepted", "open"]


def test_an_acceptance_goes_up_to_its_worst_value(trail):
    trail.accept(worst=-0.5)
    assert [one.state for one in trail.run(-0.5)] == ["accepted"]
    assert [one.state for one in trail.run(-0.501)] == ["accepted", "open"]


def test_an_acceptance_goes_up_to_its_last_day(trail):
    last = DAY + datetime.timedelta(days=30)
    trail.accept(until=last)
    assert [one.state for one in trail.run(-0.25, day=last)] == ["accepted"]
    accepted, new = trail.run(-0.21, day=last + datetime.timedelta(days=1))
    assert (accepted.steps[-1].until, new.follows) == (last, accepted.number)


def test_what_is_accepted_is_accepted_still_when_a_worse_finding_is_closed(trail):
    trail.accept()
    trail.run(-0.4)
    for state, told in (("corrected", {"action": "new tube"}), ("verified", {"retest": "1"}), ("closed", {})):
        trail.add(step_event(trail.findings[-1], state, reason="r", role="physicist", **told))
    assert [one.state for one in trail.run(-0.25)] == ["accepted", "closed"]
    assert [one.state for one in trail.run(-0.4)] == ["accepted", "closed", "open"]


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("accepted", {"until": DAY - datetime.timedelta(days=1)}),
        ("accepted", {"worst": -0.24}),  # passed already
        ("accepted", {"worst": -0.1}),  # within limits
        ("accepted", {"worst": 0.5}),  # beyond the other bound
        ("accepted", {"worst": float("nan")}),
        ("investigating", {"until": DAY}),
        ("investigating", {"worst": -0.3}),
    ],
)
def test_an_acceptance_that_does_not_cover_what_is_there_is_refused(trail, state, told):
    with pytest.raises(InputError):
        step_event(trail.findings[0], state, reason="r", day=DAY, **told)
