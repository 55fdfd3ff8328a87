"""Figures of an audit of rejects and repeats: what they show of a simulated quarter."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xrayiq.audit import RepeatAudit, assess_repeats
from xrayiq.plots import (
    plot,
    plot_reject_reasons,
    plot_repeat_funnel,
    plot_repeat_rates,
    plot_repeat_weeks,
    reject_reasons_size,
    repeat_rates_size,
    to_svg,
)
from xrayiq_phantoms.repeat_archive import KINDS, simulate_repeat_archive


def quarter(studies: int) -> RepeatAudit:
    """Four rooms, of which one rejects 14 % and the others 6 %."""
    archive = simulate_repeat_archive(studies=studies, seed=5, kinds=KINDS[:3])
    frame = pd.DataFrame(archive.columns)
    rng = np.random.default_rng(6)
    rejected = rng.random(len(frame)) < np.where(frame["room"] == "R1", 0.14, 0.06)
    category = np.where(
        rejected, rng.choice(["positioning", "exposure", "other"], p=[0.6, 0.3, 0.1], size=len(frame)), ""
    )
    return assess_repeats(
        frame.assign(
            band="adult",
            equipment_id=1,
            is_rejected=rejected,
            reject_source=np.where(rejected, "key_object", ""),
            category=category,
            reason=np.where(category == "exposure", "under", ""),
        )
    )


@pytest.fixture(scope="module")
def audit() -> RepeatAudit:
    return quarter(2500)


@pytest.fixture(scope="module")
def nothing() -> RepeatAudit:
    return assess_repeats(quarter(20).exposures.iloc[:0])


def axes() -> Axes:
    return Figure(layout="constrained").add_subplot()


def test_rooms_stand_by_their_rates_between_their_bounds(audit: RepeatAudit) -> None:
    drawn = plot(audit, ax=axes())
    assert next(label.get_text() for label in drawn.get_yticklabels()) == "R1"
    rates = audit.rates.query("by == 'room'").sort_values("reject_rate", ascending=False)
    rejects = next(line for line in drawn.get_lines() if line.get_label() == "Rejects")
    np.testing.assert_allclose(rejects.get_xdata(), rates["reject_rate"])
    told = [text.get_text() for text in drawn.texts]
    assert {"target", "investigate", "suspiciously low"} <= set(told)
    assert "95 % interval" in drawn.get_xlabel()


def test_a_room_outside_the_funnel_is_named(audit: RepeatAudit) -> None:
    wide = audit.funnel.assign(outside=np.where(audit.funnel["name"] == "R1", "above", ""))
    drawn = plot_repeat_funnel(dataclasses.replace(audit, funnel=wide), ax=axes())
    assert [text.get_text() for text in drawn.texts] == ["R1"]
    assert drawn.get_ylabel() == "Reject rate / %" and "over-dispersion" in drawn.get_title(loc="left")
    operators = plot_repeat_funnel(
        dataclasses.replace(audit, funnel=wide.assign(by="operator")), by="operator", ax=axes()
    )
    assert not operators.texts  # nobody is named


def test_weeks_stand_between_their_limits(audit: RepeatAudit) -> None:
    drawn = plot_repeat_weeks(audit, site="North", room="R1", ax=axes())
    own = audit.weeks.query("rate == 'reject' and room == 'R1'")
    line = next(line for line in drawn.get_lines() if line.get_marker() == "o")
    np.testing.assert_allclose(line.get_ydata(), own["proportion"])
    assert "p′-chart" in drawn.get_title(loc="left") and "R1" in drawn.get_title(loc="left")


def test_reasons_are_bars_with_their_share(audit: RepeatAudit) -> None:
    drawn = plot_reject_reasons(audit, ax=axes())
    names = [label.get_text() for label in drawn.get_yticklabels()]
    assert names == ["Positioning", "Exposure", "Other or not told"]
    assert drawn.texts[-1].get_text().endswith("100% up to here")


def test_figures_of_nothing_say_so(nothing: RepeatAudit) -> None:
    for draw in (plot_repeat_rates, plot_repeat_funnel, plot_reject_reasons):
        assert draw(nothing, ax=axes()).texts
    assert plot_repeat_weeks(nothing, room="R1", ax=axes()).texts


def test_figures_fit_a_page_and_a_phone(audit: RepeatAudit) -> None:
    assert repeat_rates_size(audit, narrow=True)[0] < repeat_rates_size(audit)[0]
    assert reject_reasons_size(audit)[1] > 1.7
    assert to_svg(lambda ax: plot_repeat_rates(audit, ax=ax), name="r", title="t").startswith("<svg ")
