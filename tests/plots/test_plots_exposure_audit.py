"""Figures of the exposure audit: medians and limits on the artists, what is off in the title."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from simulated_exposures import exposure_audit

from xrayiq.audit import ExposureAudit
from xrayiq.plots import exposure_groups_size, plot, plot_exposure_drift, plot_exposure_groups, to_svg


def axes(size: tuple[float, float] = (5.6, 4.0)) -> Axes:
    return Figure(figsize=size, layout="compressed").add_subplot()


@pytest.fixture(scope="module")
def audit() -> ExposureAudit:
    return exposure_audit(step=2.0)


def test_groups_stand_at_their_medians_the_farthest_first(audit: ExposureAudit) -> None:
    drawn = plot_exposure_groups(audit, ax=axes())
    dots = [float(line.get_xdata()[0]) for line in drawn.get_lines() if line.get_marker() == "o"]
    assert dots == sorted(audit.groups["median"], key=lambda value: -abs(value))
    assert drawn.get_title(loc="left") == "1 of 2 groups off target"
    assert [label.get_text() for label in drawn.get_yticklabels()] == [
        "UB: CHEST PA, AEC (160)",
        "UA: CHEST PA, AEC (160)",
    ]
    assert drawn.get_xlabel() == "Deviation index DI\nbands: AAPM TG-116, 2009"


def test_step_has_a_line_at_its_day_and_its_size_in_the_title(audit: ExposureAudit) -> None:
    (one,) = (drift for drift in audit.drifts if drift.unit == "UB")
    drawn = plot_exposure_drift(one, ax=axes())
    days = [line.get_xdata()[0] for line in drawn.get_lines() if line.get_linestyle() == "--"]
    assert days == [date2num(one.changed_on[0].astype(object))]
    assert drawn.get_title(loc="left").startswith("UB, CHEST PA, AEC, adult: step of +")
    medians = np.concatenate([line.get_ydata() for line in drawn.get_lines() if line.get_marker() == "o"])
    np.testing.assert_array_equal(medians, one.medians)


def test_plot_draws_both_and_an_empty_audit_says_so(audit: ExposureAudit) -> None:
    assert plot(audit, ax=axes()).get_title(loc="left") == "1 of 2 groups off target"
    assert plot(audit.drifts[0], ax=axes()).get_ylabel() == "Deviation index DI"
    empty = exposure_audit(step=0.0, number=5)
    drawn = plot_exposure_groups(empty, ax=axes(exposure_groups_size(empty, narrow=True)))
    assert [text.get_text() for text in drawn.texts] == ["no group of enough exposures"]


def test_names_from_headers_are_drawn_as_text() -> None:
    hostile = exposure_audit(step=0.0, unit="<b>$x$</b>")
    text = to_svg(lambda ax: plot_exposure_groups(hostile, ax=ax), name="exposure", title="Groups")
    assert "<b>" not in text
    assert "$x$" in text
