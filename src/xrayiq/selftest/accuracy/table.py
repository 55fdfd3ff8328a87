"""The accuracy table as Markdown: a page of its own, or a part of one between two marks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from xrayiq.errors import InputError, writing_to
from xrayiq.model import AccuracyRow

START: Final = "<!-- accuracy: written by `make accuracy` -->"
STOP: Final = "<!-- end of accuracy -->"
_HEAD: Final = (
    "| metric | what | grid | cases | bias | scatter (SD) | worst | must reach | met |",
    "|---|---|---|---:|---:|---:|---:|---|---|",
)
#: units that go without saying beside what is compared
_BARE: Final = ("1", "MTF", "KS")
_STATISTICS: Final = {"worst": "worst", "percentile_95": "95th percentile", "bias": "bias", "shortfall": "shortfall"}


def accuracy_table(rows: Sequence[AccuracyRow]) -> str:
    """Markdown table of the rows.

    Parameters
    ----------
    rows : sequence of AccuracyRow
        What `measure_accuracy` gave.

    Returns
    -------
    str
        One line for each row, errors with two or three digits in their unit.
    """
    lines = list(_HEAD)
    topic = ""
    for row in rows:
        figure = row.figure
        cells = (
            figure.topic if figure.topic != topic else "",
            figure.label,
            figure.conditions,
            str(row.case_count),
            _signed(row.bias, figure.unit),
            _text(row.scatter, figure.unit) if row.value_count > 1 else "",
            _text(row.worst, figure.unit),
            _requirement(row),
            {None: "", True: "yes", False: "**no**"}[row.met],
        )
        lines.append("| " + " | ".join(cells) + " |")
        topic = figure.topic
    return "\n".join(lines)


def write_accuracy(rows: Sequence[AccuracyRow], path: Path) -> None:
    """Write the table to a Markdown file.

    Parameters
    ----------
    rows : sequence of AccuracyRow
        What `measure_accuracy` gave.
    path : Path
        A file with the marks `START` and `STOP` keeps everything but what lies between them; another Markdown file is
        not overwritten; a new one becomes a page of its own.

    Raises
    ------
    InputError
        The file is there and has no marks, or it cannot be written.
    """
    part = f"{START}\n{accuracy_table(rows)}\n{STOP}"
    if not path.exists():
        with writing_to(path):
            path.write_text(f"# Accuracy against exact truth\n\n{part}\n", encoding="utf-8")
        return
    text = path.read_text(encoding="utf-8")
    before, found, rest = text.partition(START)
    _, ended, after = rest.partition(STOP)
    if not (found and ended):
        raise InputError(
            f"{path.name} without the marks of the accuracy table",
            needed=f"the lines {START} and {STOP}, or a new file",
            remedy="add them where the table is to stand, or choose another name",
        )
    with writing_to(path):
        path.write_text(before + part + after, encoding="utf-8")


def write_accuracy_figure(rows: Sequence[AccuracyRow], path: Path) -> None:
    """Write the figure of all cases as PNG.

    Parameters
    ----------
    rows : sequence of AccuracyRow
        What `measure_accuracy` gave.
    path : Path
        File to write; one that is there is replaced.

    Raises
    ------
    InputError
        It cannot be written.
    """
    from xrayiq.plots import accuracy_size, plot_accuracy, to_png

    png = to_png(lambda ax: plot_accuracy(rows, ax=ax), size=accuracy_size(rows))
    with writing_to(path):
        path.write_bytes(png)


def _requirement(row: AccuracyRow) -> str:
    figure = row.figure
    if figure.must_reach is None:
        return ""
    limit = _text(figure.must_reach, figure.unit)
    if figure.statistic == "worst":
        return f"worst ≤ {limit}"
    return f"{_STATISTICS[figure.statistic]} ≤ {limit} ({_text(row.judged, figure.unit)})"


def _signed(value: float, unit: str) -> str:
    return ("+" if value > 0 else "−" if value < 0 else "") + _text(abs(value), unit)


def _text(value: float, unit: str) -> str:
    """Number with its unit: two significant digits, more where it is 100 or more; shares in percent."""
    if unit == "fraction":
        return f"{_digits(100.0 * value)} %"
    if unit == "deg":
        return f"{_digits(value)}°"
    return _digits(value) if unit in _BARE else f"{_digits(value)} {unit}"


def _digits(value: float) -> str:
    if value == 0:
        return "0"
    return f"{value:.1e}" if abs(value) < 5e-5 else f"{float(f'{value:.2g}'):.15g}"
