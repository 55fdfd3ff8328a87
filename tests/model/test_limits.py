"""The only comparison with a limit, and the closed list of quantities."""

import pytest

from xrayiq.errors import InputError
from xrayiq.model import Limit, Measurement, judge, quantities, quantity


def limit(**bounds):
    return Limit(id="x", quantity="deviation_index", document="a document", edition="1", confidence="B", **bounds)


@pytest.mark.parametrize(
    ("value", "status"),
    [(0.0, "pass"), (1.0, "pass"), (1.0001, "warning"), (3.0, "warning"), (3.0001, "fail"), (-3.0001, "fail")],
)
def test_bounds_are_inclusive_and_the_worst_status_wins(value, status):
    bounds = limit(warning_low=-1.0, warning_high=1.0, fail_low=-3.0, fail_high=3.0)
    assert judge(Measurement(quantity="deviation_index", value=value), bounds).status == status


def test_relative_limit_without_a_baseline_is_indeterminate():
    relative = limit(basis="relative_to_baseline", warning_high=0.1)
    assert judge(Measurement(quantity="mtf_f50", value=2.0), relative).status == "indeterminate"


def test_relative_limit_compares_the_relative_deviation():
    relative = limit(basis="relative_to_baseline", warning_low=-0.1, warning_high=0.1)
    verdict = judge(Measurement(quantity="mtf_f50", value=1.7), relative, baseline=2.0)
    assert verdict.status == "warning"
    assert verdict.compared == pytest.approx(-0.15, abs=1e-15)


def test_nan_is_never_within_limits():
    bounds = limit(fail_high=1.0)
    assert judge(Measurement(quantity="deviation_index", value=float("nan")), bounds).status == "indeterminate"


def test_unverified_limits_say_so():
    unverified = Limit(id="x", quantity="mtf_f50", document="d", edition="2", confidence="C")
    assert unverified.source == "d, 2 (limit not verified against the document)"
    assert "not verified" not in limit().source


def test_every_quantity_has_a_definition_and_prints_with_its_unit():
    assert all(known.definition and known.label and known.decimals >= 0 for known in quantities().values())
    assert quantity("field_area").text(123456.0) == "1234.6 cm²"
    assert quantity("signal_nonuniformity_local").text(0.0312) == "3.12 %"


def test_unknown_quantity_is_refused_by_name():
    with pytest.raises(InputError, match="quantity 'speed'"):
        quantity("speed")
