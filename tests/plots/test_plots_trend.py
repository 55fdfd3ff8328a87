"""The figure of a trend: its own numbers in the unit on paper, limits with their source, events and what fails."""

from __future__ import annotations

import datetime as dt

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.dates import num2date
from matplotlib.figure import Figure

from xrayiq.audit import Trend, TrendEvent, assess_trend
from xrayiq.errors import InputError
from xrayiq.model import Limit
from xrayiq.plots import TREND_NARROW, TREND_WIDE, plot, plot_trend, to_png, to_svg

MONDAY = dt.datetime(2025, 1, 6, 7, 30)
SWAP = TrendEvent(date=MONDAY + dt.timedelta(days=7 * 40), kind="detector_swap", label="new detector $1")
NOTE = TrendEvent(date=MONDAY + dt.timedelta(days=7 * 20 + 1), kind="note", label="generator service")


def make_trend(*, events: tuple[TrendEvent, ...] = (SWAP, NOTE), fault: float = 0.0, count: int = 60) -> Trend:
    """Non-uniformity of about 2 %, one result a week, the last one raised."""
    values = np.random.default_rng(3).normal(0.02, 0.001, count)
    values[-1:] += fault
    dates = [MONDAY + dt.timedelta(days=7 * number) for number in range(count)]
    return assess_trend(values, dates=dates, quantity="signal_nonuniformity_global", events=events)


def make_limit(**bounds: float) -> Limit:
    return Limit(
        id="a",
        quantity="signal_nonuniformity_global",
        document="Site rule",
        edition="2",
        confidence="B",
        basis="relative_to_baseline" if min(bounds.values()) < 0 else "absolute",
        **bounds,  # type: ignore[arg-type]  # bounds only
    )


def axes(size: tuple[float, float] = TREND_WIDE) -> Axes:
    return Figure(figsize=size, layout="compressed").add_subplot()


def drawn(ax: Axes, colour: str | None = None, **look: object) -> list[np.ndarray]:
    """Points of the lines with a marker or style."""
    return [
        np.asarray(line.get_xydata())
        for line in ax.get_lines()
        if all(getattr(line, f"get_{name}")() == value for name, value in look.items())
        and (colour is None or line.get_color() == colour)
    ]


def legend_texts(ax: Axes) -> list[str]:
    return [
        text.get_text().replace("\n", " ")
        for part in ax.get_children()
        if part.__class__.__name__ == "Legend"
        for text in part.get_texts()
    ]  # type: ignore[attr-defined]  # a legend


def test_dots_are_the_results_in_the_unit_on_paper_at_their_dates() -> None:
    result = make_trend()
    ax = plot(result, ax=axes())
    points = np.concatenate(drawn(ax, marker="o"))
    shown = {(num2date(x).replace(tzinfo=None, microsecond=0), round(y, 9)) for x, y in points}
    assert {(d, round(100 * v, 9)) for d, v in zip(result.dates, result.values, strict=True)} == shown
    assert ax.get_ylabel() == "Signal non-uniformity, global / %"
    assert ax.get_xlabel() == "Date, 2025 to 2026"


def test_bands_reach_from_the_lower_to_the_upper_limits() -> None:
    result = make_trend()
    assert result.segments[0].settled
    ax = plot(result, ax=axes())
    bands = [part for part in ax.get_children() if isinstance(part, PolyCollection)]
    # before the swap prediction limits, then settled ones; after it prediction limits only
    assert len(bands) == 3
    settled = bands[1].get_paths()[0].vertices[:, 1]  # type: ignore[union-attr]  # an array
    np.testing.assert_allclose([settled.min(), settled.max()], [100 * result.lower[30], 100 * result.upper[30]])


def test_each_baseline_is_a_line_over_its_segment_only() -> None:
    result = make_trend()
    ax = plot(result, ax=axes())
    lines = [np.asarray(line.get_xydata()) for line in ax.get_lines() if line.get_label() == "baseline"]
    assert [line[0, 1] for line in lines] == [pytest.approx(100 * (part.mean or 0.0)) for part in result.segments]
    swap = matplotlib.dates.date2num(SWAP.date)
    assert lines[0][1, 0] <= swap == lines[1][0, 0]


def test_events_are_named_lines_and_a_name_is_never_read_as_mathematics() -> None:
    ax = plot(make_trend(), ax=axes())
    texts = {text.get_text() for text in ax.texts}
    assert {"new detector $1", "generator service"} <= texts
    places = {line[0, 0] for line in drawn(ax, linewidth=0.9)}
    assert places == {matplotlib.dates.date2num(event.date) for event in (SWAP, NOTE)}
    assert to_png(lambda ax: plot(make_trend(), ax=ax), size=TREND_NARROW).startswith(b"\x89PNG")


def test_names_of_events_do_not_overlap() -> None:
    events = tuple(
        TrendEvent(date=MONDAY + dt.timedelta(days=7 * week), kind="note", label=f"a name of some length {week}")
        for week in (2, 4, 30, 50, 55, 57)
    )
    for size in (TREND_WIDE, TREND_NARROW):
        ax = axes(size)
        plot(make_trend(events=events), ax=ax)
        ax.figure.draw_without_rendering()  # type: ignore[union-attr]  # a figure
        boxes = [text.get_window_extent() for text in ax.texts if text.get_text()]
        assert len(boxes) == 6
        for number, box in enumerate(boxes):
            assert not any(box.overlaps(other) for other in boxes[:number])
            assert box.x0 >= 0
            assert box.x1 <= ax.figure.bbox.x1 + 1


def test_limits_are_drawn_about_the_baseline_and_what_is_beyond_is_marked_and_told() -> None:
    result = make_trend(fault=0.008)
    limit = make_limit(warning_low=-0.2, warning_high=0.2, fail_low=-0.3, fail_high=0.3)
    ax = plot_trend(result, ax=axes(), limits=[limit])
    mean = result.segments[1].mean or 0.0
    heights = {round(line[0, 1], 6) for line in drawn(ax, linewidth=1.2) if line.size}
    assert {round(100 * mean * (1 + bound), 6) for bound in (-0.3, -0.2, 0.2, 0.3)} <= heights
    ((place, height),) = np.concatenate(drawn(ax, marker="X"))
    assert height == pytest.approx(100 * result.values[-1])
    assert num2date(place).date() == result.dates[-1].date()
    assert ax.get_title(loc="left").endswith("beyond a fail limit")
    assert "limits ±20 % (warning), ±30 % (fail) of the baseline: Site rule, 2" in legend_texts(ax)


def test_stored_statuses_stand_in_place_of_judging_again() -> None:
    result = make_trend()
    statuses = ["pass"] * 59 + ["fail"]
    ax = plot_trend(result, ax=axes(), statuses=statuses)
    assert [len(points) for points in drawn(ax, marker="X")] == [1]
    calm = plot_trend(make_trend(fault=0.008), ax=axes(), limits=[make_limit(fail_high=0.02)], statuses=["pass"] * 60)
    assert not drawn(calm, marker="X")
    with pytest.raises(InputError, match="60 results"):
        plot_trend(result, ax=axes(), statuses=["pass"])


def test_a_limit_far_off_is_named_and_leaves_the_results_their_room() -> None:
    ax = plot_trend(make_trend(), ax=axes(), limits=[make_limit(fail_high=0.25)])
    assert ax.get_ylim()[1] < 3.0
    assert any(text.endswith("fail limit not in the picture") for text in legend_texts(ax))


def test_statistical_warnings_are_ringed_and_never_called_a_fail() -> None:
    result = make_trend(fault=0.008)
    ax = plot(result, ax=axes())
    assert ax.get_title(loc="left").endswith("%, warning")
    rings = [line for line in ax.get_lines() if line.get_label() == "statistical warning"]
    assert [len(line.get_xydata()) for line in rings] == [len({signal.index for signal in result.warnings})]
    assert "beyond fail limit" not in legend_texts(ax)


def test_a_drift_and_a_shift_without_event_are_told() -> None:
    weeks = np.arange(60)
    dates = [MONDAY + dt.timedelta(days=7 * int(week)) for week in weeks]
    noise = np.random.default_rng(2).normal(3.0, 0.02, 60)
    drift = plot(assess_trend(noise - 0.01 * weeks, dates=dates, quantity="mtf_f50"), ax=axes())
    # 0.01 a week is 0.522 a year; standard error 0.02 / (0.33 years of spread · √60) = 0.008
    (text,) = [text for text in legend_texts(drift) if text.startswith("drift")]
    assert -float(text.split()[1].replace("−", "-")) == pytest.approx(0.522, abs=0.032)
    assert text.endswith("mm⁻¹ per year")
    shift = plot(assess_trend(noise + 0.3 * (weeks >= 30), dates=dates, quantity="mtf_f50"), ax=axes())
    assert "shift without event" in legend_texts(shift)


def test_a_gradual_change_is_one_span_and_not_a_staircase_of_shifts() -> None:
    weeks = np.arange(104)
    dates = [MONDAY + dt.timedelta(days=7 * int(week)) for week in weeks]
    noise = np.random.default_rng(4).normal(3.0, 0.005, weeks.size)
    fading = noise - 0.5 * (1.0 - np.exp(-weeks / 26.0)) + 0.4 * (weeks >= 80)  # and one shift upwards at week 80
    ax = plot(assess_trend(fading, dates=dates, quantity="mtf_f50"), ax=axes())
    spans = [patch for patch in ax.patches if patch.get_label() == "gradual change"]
    lines = [line for line in ax.get_lines() if line.get_label() == "shift without event"]
    assert (len(spans), len(lines)) == (1, 1)
    begin, end = (
        num2date(at).replace(tzinfo=None) for at in (spans[0].get_x(), spans[0].get_x() + spans[0].get_width())
    )
    assert MONDAY < begin < MONDAY + dt.timedelta(weeks=10)
    assert MONDAY + dt.timedelta(weeks=40) < end < MONDAY + dt.timedelta(weeks=80)
    at = num2date(lines[0].get_xdata()[0]).replace(tzinfo=None)
    assert abs(at - MONDAY - dt.timedelta(weeks=79.5)) < dt.timedelta(days=1)


@pytest.mark.parametrize("size", [TREND_WIDE, TREND_NARROW])
def test_everything_lies_on_the_paper(size: tuple[float, float]) -> None:
    ax = axes(size)
    plot_trend(make_trend(fault=0.008), ax=ax, limits=[make_limit(warning_low=-0.2, fail_low=-0.3, fail_high=0.3)])
    figure = ax.figure
    figure.draw_without_rendering()  # type: ignore[union-attr]  # a figure
    box = ax.get_tightbbox()
    assert box is not None
    # a pixel for rounding
    assert box.x0 >= -1
    assert box.y0 >= -1
    assert box.x1 <= figure.bbox.x1 + 1
    assert box.y1 <= figure.bbox.y1 + 1
    assert ax.get_window_extent().height > 0.3 * figure.bbox.height


@pytest.mark.parametrize("count", [0, 1, 3])
def test_few_results_are_drawn(count: int) -> None:
    ax = plot(make_trend(count=count, events=()), ax=axes())
    assert ax.get_title(loc="left").endswith("no results" if count == 0 else "too few results to judge")
    assert "<svg" in to_svg(lambda ax: plot(make_trend(count=count), ax=ax), name="t", title="t", size=TREND_WIDE)
