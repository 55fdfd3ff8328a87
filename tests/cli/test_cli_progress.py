"""What is said while a long job goes on: rate and time left by their formula, and counts."""

import io

import pytest
from rich.console import Console

from xrayiq.batch import Progress
from xrayiq.cli.pace import Pace, Pacer, estimate, words
from xrayiq.cli.progress import bar_on, lines_told


def test_rate_and_time_left_follow_their_formula():
    found = estimate([(10.0, 100), (12.0, 130), (20.0, 300)], total=1000)
    assert found == Pace(per_s=(300 - 100) / (20.0 - 10.0), left_s=(1000 - 300) / 20.0)


@pytest.mark.parametrize(
    ("moments", "total", "expected"),
    [
        ([], 10, Pace()),
        ([(5.0, 3)], 10, Pace()),
        ([(5.0, 3), (7.0, 3)], 10, Pace(per_s=0.0)),
        ([(5.0, 3), (7.0, 5)], None, Pace(per_s=1.0)),
        ([(5.0, 3), (7.0, 5)], 5, Pace(per_s=1.0, left_s=0.0)),
        ([(5.0, 3), (7.0, 5)], 4, Pace(per_s=1.0, left_s=0.0)),  # files that came after they were counted
    ],
)
def test_what_is_not_known_is_not_estimated(moments, total, expected):
    assert estimate(moments, total) == expected


def test_rate_is_that_of_the_last_minute():
    pacer = Pacer()
    for second in range(1000):  # a hundred a second that have not changed
        pacer.pace(float(second), done=100 * second, total=110_000)
    before = 100 * 999
    for second in range(1, 121):  # and then two that are measured
        found = pacer.pace(999.0 + second, done=before + 2 * second, total=110_000)
    assert found.per_s == pytest.approx(2.0)
    assert found.left_s == pytest.approx((110_000 - before - 240) / 2.0)


def test_memory_for_the_rate_stays_small_however_many_items_a_second():
    pacer = Pacer()
    for item in range(100_000):
        found = pacer.pace(item / 1000.0, done=item, total=None)
    assert len(pacer._moments) <= 2 * 60 + 3
    assert found.per_s == pytest.approx(1000.0)


def test_another_job_starts_anew():
    pacer = Pacer()
    pacer.pace(0.0, done=0, total=10)
    pacer.pace(1.0, done=10, total=10)
    assert pacer.pace(2.0, done=1, total=10) == Pace()


@pytest.mark.parametrize(
    ("left_s", "expected"),
    [(0.2, "1 s"), (59.4, "59 s"), (60.0, "1 min"), (3540.0, "59 min"), (3600.0, "1 h 0 min"), (9000.0, "2 h 30 min")],
)
def test_line_tells_rate_time_left_and_counts(left_s, expected):
    step = Progress(
        done=120, total=2000, unchanged=7, outcomes={"measured": 300, "not_measurable": 20, "error": 1}, sets=2
    )
    assert words(step, Pace(per_s=12.34, left_s=left_s), "files") == (
        f"120 of 2000 files, 12.3 files/s, {expected} left; "
        "300 measured, 20 not measurable, 1 in error, 7 unchanged, 2 sets"
    )


def test_line_says_that_the_walk_goes_on_until_the_number_of_files_is_known():
    assert words(Progress(done=120, total=None), Pace(per_s=12.34), "files") == "120 files, walking, 12.3 files/s"


def test_without_a_terminal_a_line_comes_every_ten_seconds(capsys):
    now_s = 0.0
    advance = lines_told("files", clock=lambda: now_s)
    for done in range(1, 101):
        now_s = done * 0.5
        advance(Progress(done=done, total=100))
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" of ")[0] for line in lines] == ["20", "40", "60", "80", "100"]
    assert lines[1] == "40 of 100 files, 2.0 files/s, 30 s left"


def test_on_a_terminal_the_bar_has_the_same_words():
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=80)
    with bar_on(console, "files") as advance:
        advance(Progress(done=3, total=10, outcomes={"measured": 8}, unchanged=1))
    assert "3 of 10 files" in screen.getvalue()
    assert "8 measured, 0 not measurable, 0 in error, 1 unchanged" in screen.getvalue()
