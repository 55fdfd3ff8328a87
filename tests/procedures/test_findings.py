"""Findings: opened by values out of limits, taken from state to state by people."""

import datetime

import pytest

from xrayiq.errors import InputError
from xrayiq.model import NEXT_STATES, Event
from xrayiq.procedures.finding_events import OutOfLimits, events_of_run, step_event
from xrayiq.procedures.findings import fold_findings, unsettled
from xrayiq.procedures.retests import mended_since

DAY = datetime.date(2026, 3, 2)


class Trail:
    """Events in memory, numbered as a store numbers them."""

    def __init__(self):
        self.events = []

    def add(self, new, *, actor="xrayiq run", at=None):
        number = len(self.events) + 1
        self.events.append(
            Event(
                number=number,
                at=at or datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC),
                actor=actor,
                kind=new.kind,
                subject=new.subject,
                reason=new.reason,
                details=new.details,
                previous="",
                mac="",
            )
        )

    def run(self, *failed):
        for event in events_of_run(self.findings, failed):
            self.add(event)

    def step(self, state, **told):
        told = {"role": "physicist"} | told
        self.add(step_event(self.findings[-1], state, reason="because", **told), actor="m.physicist")

    @property
    def findings(self):
        return fold_findings(self.events)


def failed(*, days=(DAY,), values=(0.3,), excess=(0.5,), **changes):
    told = {"unit": "U", "procedure": "uniformity", "quantity": "five_roi_deviation", "limit_id": "l"}
    subjects = tuple(f"1.2.{number}" for number, _ in enumerate(values))
    return OutOfLimits(days=days, values=values, excess=excess, subjects=subjects, fail_high=0.2, **(told | changes))


@pytest.fixture
def trail():
    return Trail()


def test_values_out_of_limits_open_one_finding_with_the_worst_and_all_days(trail):
    days = (DAY, None, DAY - datetime.timedelta(days=3))
    trail.run(failed(days=days, values=(0.3, 0.5, 0.4), excess=(0.5, 1.5, 1.0)))
    (finding,) = trail.findings
    assert (finding.state, finding.values, finding.worst) == ("open", 3, 0.5)
    assert (finding.first_day, finding.last_day) == (DAY - datetime.timedelta(days=3), DAY)
    assert finding.subjects[0] == "1.2.1"
    assert finding.number == 1
    assert finding.steps[0].actor == "xrayiq run"


def test_further_values_join_the_finding_and_another_quantity_opens_its_own(trail):
    trail.run(failed())
    trail.run(failed(values=(0.6,), excess=(2.0,)), failed(quantity="anomalous_pixels"))
    first, second = trail.findings
    assert (first.values, first.worst) == (2, 0.6)
    assert second.quantity == "anomalous_pixels"
    assert [finding.state for finding in (first, second)] == ["open", "open"]


def test_a_finding_goes_from_open_to_closed_with_cause_action_and_retest(trail):
    trail.run(failed())
    trail.step("investigating", role="physicist")
    trail.step("corrected", cause="flat panel cable", action="cable changed", day=DAY + datetime.timedelta(days=9))
    trail.step("verified", retest="1.2.9")
    trail.step("closed")
    (finding,) = trail.findings
    assert [step.state for step in finding.steps] == ["open", "investigating", "corrected", "verified", "closed"]
    assert (finding.cause, finding.action, finding.retest) == ("flat panel cable", "cable changed", "1.2.9")
    assert finding.steps[2].day == DAY + datetime.timedelta(days=9)
    assert finding.steps[1].role == "physicist"
    assert unsettled(trail.findings) == ()


@pytest.mark.parametrize("state", ["verified", "closed"])
def test_steps_that_leave_one_out_are_refused_by_name(trail, state):
    trail.run(failed())
    with pytest.raises(InputError, match=f"open and cannot become {state}"):
        trail.step(state, retest="1.2.9")


def test_a_retest_is_sought_from_the_last_value_out_of_limits_on_where_that_is_after_the_correction(trail):
    trail.run(failed(days=(DAY, DAY + datetime.timedelta(days=9)), values=(0.3, 0.3), excess=(0.5, 0.5)))
    trail.step("corrected", action="cable changed", day=DAY + datetime.timedelta(days=1))
    assert mended_since(trail.findings[-1]) == DAY + datetime.timedelta(days=9)
    trail.step("investigating")
    trail.step("corrected", action="panel changed", day=DAY + datetime.timedelta(days=12))
    assert mended_since(trail.findings[-1]) == DAY + datetime.timedelta(days=12)


def test_a_correction_needs_an_action_and_a_verification_a_retest(trail):
    trail.run(failed())
    with pytest.raises(InputError, match="without an action"):
        trail.step("corrected")
    trail.step("corrected", action="cleaned")
    with pytest.raises(InputError, match="without a re-test"):
        trail.step("verified")


@pytest.mark.parametrize("role", ["", " "])
def test_a_correction_and_a_verification_need_the_role_of_the_person(trail, role):
    trail.run(failed())
    trail.step("investigating", role=role)
    with pytest.raises(InputError, match="corrected without a role; needed the role of the person"):
        trail.step("corrected", action="cleaned", role=role)
    trail.step("corrected", action="cleaned", role="service")
    with pytest.raises(InputError, match="verified without a role; needed the role of the person"):
        trail.step("verified", retest="1.2.9", role=role)
    assert trail.findings[-1].state == "corrected"


def test_a_value_after_the_correction_opens_it_again_and_one_from_before_does_not(trail):
    trail.run(failed())
    trail.step("corrected", action="cleaned", day=DAY + datetime.timedelta(days=10))
    trail.run(failed(days=(DAY + datetime.timedelta(days=9),)))
    assert trail.findings[0].state == "corrected"
    trail.run(failed(days=(DAY + datetime.timedelta(days=10),)))
    (finding,) = trail.findings
    assert (finding.state, finding.values) == ("open", 3)


def test_after_a_closed_finding_a_new_one_is_opened_and_an_accepted_one_stays_accepted(trail):
    trail.run(failed())
    trail.step("accepted")
    trail.run(failed(days=(DAY + datetime.timedelta(days=50),)))
    assert [finding.state for finding in trail.findings] == ["accepted"]
    other = Trail()
    other.run(failed())
    for state, told in (("corrected", {"action": "x"}), ("verified", {"retest": "1"}), ("closed", {})):
        other.step(state, **told)
    other.run(failed())
    assert [finding.state for finding in other.findings] == ["closed", "open"]
    assert other.findings[1].number > other.findings[0].number


def test_every_state_can_be_reached_and_left_but_closed():
    reached = {state for following in NEXT_STATES.values() for state in following}
    assert reached == set(NEXT_STATES)
    assert [state for state, following in NEXT_STATES.items() if not following] == ["closed"]


def test_values_that_are_no_numbers_are_kept_as_unknown(trail):
    trail.run(failed(values=(float("nan"),), excess=(float("nan"),)))
    (finding,) = trail.findings
    assert finding.worst != finding.worst
    assert trail.events[0].details["worst"] is None
