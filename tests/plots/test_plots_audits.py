"""Figures of the audits of protocols and headers: values, levels and shares on the artists."""

from __future__ import annotations

import datetime

import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from test_plots_typical_doses import legend_texts

from xrayiq.audit import MetadataAudit, ProtocolAudit, assess_metadata, assess_protocols, site_protocols
from xrayiq.errors import InputError
from xrayiq.plots import completeness_size, plot, plot_protocol_change, to_svg
from xrayiq_phantoms.protocol_exposures import ProtocolChange, simulate_protocols

DAY = datetime.date(2026, 1, 5) + datetime.timedelta(days=20)
TABLE = {"version": "7", "valid_from": datetime.date(2026, 1, 1), "author": "A. Physicist"}
ROW = {"body_part": "CHEST", "view": "PA", "tube_voltage_kv": 125}


def axes() -> Axes:
    return Figure(figsize=(5.6, 4.0), layout="compressed").add_subplot()


@pytest.fixture(scope="module")
def changed() -> ProtocolAudit:
    """A step of the voltage, and a grid that was taken out."""
    steps = (
        ProtocolChange(room="R1", body_part="CHEST", parameter="tube_voltage_kv", day=20, value=110.0),
        ProtocolChange(room="R1", body_part="ABDOMEN", parameter="grid", day=20, value="NONE"),
    )
    rows = pd.DataFrame(simulate_protocols(rooms=("R1",), days=40, changes=steps, exposures_a_day=9))
    rows = rows.astype({"filter_thickness_min_mm": "float64", "filter_thickness_max_mm": "float64"})
    return assess_protocols(rows, protocols=site_protocols([TABLE | {"rows": [ROW]}], "test.toml"))


def _change(audit: ProtocolAudit, parameter: str) -> int:
    return audit.changes["parameter"].tolist().index(parameter)


def test_levels_before_and_after_meet_on_the_day_of_the_change(changed: ProtocolAudit) -> None:
    drawn = plot_protocol_change(changed, change=_change(changed, "tube_voltage_kv"), ax=axes())
    levels = {
        (float(line.get_ydata()[0]), *map(float, line.get_xdata()))
        for line in drawn.get_lines()
        if len(line.get_xdata()) == 2 and line.get_linestyle() == "-"
    }
    first, last = (float(date2num(DAY + datetime.timedelta(days=days))) for days in (-20, 19))
    assert levels == {(125.0, first, float(date2num(DAY))), (110.0, float(date2num(DAY)), last)}
    assert "table 7, from 2026-01-01" in legend_texts(drawn)
    assert drawn.get_ylabel() == "Tube voltage / kV"
    assert "not in the table" in drawn.get_title(loc="left")


def test_texts_are_drawn_as_shares_in_percent(changed: ProtocolAudit) -> None:
    drawn = plot_protocol_change(changed, change=_change(changed, "grid"), ax=axes())
    (daily,) = [line for line in drawn.get_lines() if line.get_marker() == "o"]
    assert set(map(float, daily.get_ydata())) == {0.0, 100.0}
    assert "daily share of NONE" in legend_texts(drawn)


def test_change_that_is_not_there_is_an_error(changed: ProtocolAudit) -> None:
    with pytest.raises(InputError, match="0 to 1"):
        plot_protocol_change(changed, change=2, ax=axes())


def test_audit_without_changes_says_so(changed: ProtocolAudit) -> None:
    still = assess_protocols(changed.exposures.assign(event_type=None).iloc[:0])
    assert "no room exposes" in plot(still, ax=axes()).texts[0].get_text()


def headers(missing: int) -> MetadataAudit:
    """Twenty headers of one unit, of which some lack the grid."""
    rows = pd.DataFrame(
        {
            "site": "North",
            "room": "R1",
            "unit": "<U1>",
            "file_number": range(20),
            "exposed_at": pd.Timestamp("2026-01-05"),
            "study_at": pd.NaT,
            "study_uid": None,
            "modality": "DX",
            "header_checks": "",
            "examined_part": "CHEST",
            "is_mapped": True,
            "protocol_name": "Chest",
            "grid": [None] * missing + ["NONE"] * (20 - missing),
        }
    )
    columns = ("exposure_index", "target_exposure_index", "deviation_index", "dap_gy_m2", "tube_voltage_kv")
    texts = ("body_part", "view_position", "laterality", "detector_id", "station_name", "burned_in_annotation")
    told = dict.fromkeys((*columns, "exposure_mas", "source_detector_distance_mm", "average_glandular_dose_mgy"), 1.0)
    told |= dict.fromkeys((*texts, "exposure_control_mode"), "NO")  # type: ignore[arg-type]  # texts
    return assess_metadata(rows.assign(**told).assign(study_at=lambda own: pd.to_datetime(own["study_at"])))


def test_shares_stand_in_their_cells_and_names_are_escaped() -> None:
    audit = headers(missing=5)
    drawn = plot(audit, ax=axes())
    assert [text.get_text() for text in drawn.texts] == ["25"]
    labels = [label.get_text() for label in drawn.get_xticklabels()]
    assert labels[round(drawn.texts[0].get_position()[0])] == "Grid"
    assert "ImageLaterality" not in labels  # of no chest it is asked
    svg = to_svg(lambda ax: plot(audit, ax=ax), name="h", title="headers", size=completeness_size(audit))
    assert "&lt;U1&gt;" in svg
    assert "<U1>" not in svg
