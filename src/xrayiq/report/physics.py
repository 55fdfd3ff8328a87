"""What the last detector tests told: response, noise components, MTF, NNPS and DQE of one unit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import pandas as pd
from matplotlib.axes import Axes

from xrayiq import plots
from xrayiq.metrics import Artefacts, DefectChange, DefectMap, Dqe, Mtf, Noise, Nps, SignalTransfer
from xrayiq.model import Result
from xrayiq.procedures import MAP_PREFIX
from xrayiq.records import Records
from xrayiq.report.evidence import Evidence, load
from xrayiq.report.tables import Picture, Table, picture_svg, table
from xrayiq.report.wording import counted, day

#: procedures of acquisition sets, in the order of the page
SET_PROCEDURES: Final = (
    *("signal_transfer", "noise_components", "temporal_noise", "line_noise", "artefacts"),
    *("defects", "defect_map", "defect_change"),
    *("mtf_iec", "nps_level", "dqe"),
)
#: kerma of a general examination (µGy), whose curves are drawn
_USUAL_KERMA_UGY: Final = 2.5
_SIZE: Final = (3.9, 3.3)
_COLUMNS: Final = ("Kerma", "Along", "#DQE 0.5 mm⁻¹", "#1 mm⁻¹", "#2 mm⁻¹", "#NEQ 0.5 mm⁻¹")
_AXES: Final = {"columns": "u", "rows": "v"}
_SOURCES: Final = {
    "table": "a table beside the images",
    "site": "the site's table",
    "header": "the headers' exposure indices (±20 %)",
    "": "no source",
}

Kind = TypeVar("Kind", bound=Result)


@dataclass(frozen=True, slots=True, kw_only=True)
class Physics:
    """Last detector test of a unit.

    Parameters
    ----------
    heading : str
        Its day and beam.
    about : str
        Images it was made of and where their kerma comes from.
    pictures : tuple of Picture
        Response, noise components, MTF, NNPS and DQE, as far as they were measured.
    efficiency : Table
        DQE at each level and along both axes.
    """

    heading: str
    about: str
    pictures: tuple[Picture, ...]
    efficiency: Table


def physics(evidence: Evidence, records: Records, number: int) -> Physics | None:
    """Last acquisition set of a unit that told more than single images do; None where there is none.

    Parameters
    ----------
    evidence : Evidence
        Frames of the store.
    records : Records
        The store, for the results that are drawn.
    number : int
        Number of the unit.

    Returns
    -------
    Physics or None
        Of the day of the last set with a response, else of the last one.
    """
    outcomes = evidence.outcomes
    own = outcomes[(outcomes["unit"] == number) & (outcomes["kind"] == "measured")]
    own = own[own["procedure"].isin(SET_PROCEDURES)].sort_values(["exposed_at", "id"], na_position="first")
    of_sets = own[~own["subject"].str.startswith(MAP_PREFIX)]
    if of_sets.empty:
        return None
    telling = of_sets[of_sets["procedure"] == "signal_transfer"]
    told = (of_sets if telling.empty else telling).iloc[-1]
    last = told["exposed_at"].date()
    of_set = _set_of(records, str(told["subject"]))
    # of one beam and mode: another set of the day would stand in the same figures
    kept = own["subject"].isin(list(of_set.get("subjects", ()))) | own["subject"].str.startswith(MAP_PREFIX)
    rows = own[(own["exposed_at"].dt.date == last) & kept]
    dqes = _results(records, rows, "dqe", Dqe)
    drawn = (
        _one(_results(records, rows, "signal_transfer", SignalTransfer), plots.plot_signal_transfer, "Signal transfer"),
        _one(_results(records, rows, "noise_components", Noise), plots.plot_noise, "Noise components"),
        _mtf(_results(records, rows, "mtf_iec", Mtf)),
        _nnps(_results(records, rows, "nps_level", Nps)),
        _dqe(dqes),
        _defects(records, rows),
        _one(_results(records, rows, "artefacts", Artefacts), plots.plot_artefacts, "Artefacts"),
    )
    beam, about = _about(of_set)
    return Physics(
        heading=f"Detector tests of {day(last)}" + (f", {beam}" if beam else ""),
        about=about,
        pictures=tuple(picture for picture in drawn if picture is not None),
        efficiency=table(_COLUMNS, _efficiency(dqes), most=40),
    )


def _results(records: Records, rows: pd.DataFrame, procedure: str, kind: type[Kind]) -> list[tuple[int, Kind]]:
    identifiers = [int(identifier) for identifier in rows.loc[rows["procedure"] == procedure, "id"]]
    return [(identifier, load(records, identifier, kind)) for identifier in identifiers]


def _one(found: Sequence[tuple[int, Kind]], draw: Callable[..., object], title: str) -> Picture | None:
    """Figure of the last of some results."""
    if not found:
        return None
    identifier, result = found[-1]
    svg = picture_svg(lambda ax: draw(result, ax=ax), f"physics {identifier}", title, _SIZE)
    return Picture(svg=svg, title=title, note="; ".join(result.provenance.warnings))


def _defects(records: Records, rows: pd.DataFrame) -> Picture | None:
    """What changed since the last defect map, or the first map."""
    changes = _results(records, rows, "defect_change", DefectChange)
    if changes:
        return _one(changes, plots.plot_defect_change, "Defects since the last map")
    return _one(_results(records, rows, "defect_map", DefectMap), plots.plot_defect_map, "Defect map")


def _mtf(found: Sequence[tuple[int, Mtf]]) -> Picture | None:
    curves = [(f"MTF {_AXES[mtf.across]}", mtf) for _, mtf in found]
    return _several(found, lambda ax: plots.plot_mtfs(curves, ax=ax), "MTF, full edge spread function")


def _nnps(found: Sequence[tuple[int, Nps]]) -> Picture | None:
    ordered = sorted((nps for _, nps in found), key=lambda nps: nps.mean_signal)
    unit = {"uGy": " µGy"}
    curves = [(f"{nps.mean_signal:.3g}{unit.get(nps.signal_unit, '')}", nps) for nps in ordered]
    return _several(found, lambda ax: plots.plot_nnps_group(curves, ax=ax), "NNPS by kerma, radial mean")


def _dqe(found: Sequence[tuple[int, Dqe]]) -> Picture | None:
    if not found:
        return None
    kermas = Counter(dqe.kerma_ugy for _, dqe in found)
    usual = min(kermas, key=lambda kerma: abs(kerma - _USUAL_KERMA_UGY))
    curves = [(f"DQE {_AXES[dqe.across]}", dqe) for _, dqe in found if dqe.kerma_ugy == usual]
    title = f"DQE at {usual:.3g} µGy, {curves[0][1].beam}"
    picture = _several(found, lambda ax: plots.plot_dqes(curves, ax=ax), title)
    warnings = dict.fromkeys(warning for _, dqe in curves for warning in dqe.provenance.warnings)
    note = "Band: standard uncertainty. " + "; ".join(warnings)
    return None if picture is None else Picture(svg=picture.svg, title=picture.title, note=note.strip())


def _several(found: Sequence[tuple[int, Result]], draw: Callable[[Axes], object], title: str) -> Picture | None:
    if not found:
        return None
    name = "physics " + " ".join(str(identifier) for identifier, _ in found)
    return Picture(svg=picture_svg(draw, name, title, _SIZE), title=title)


def _efficiency(found: Sequence[tuple[int, Dqe]]) -> list[tuple[str, ...]]:
    ordered = sorted((dqe for _, dqe in found), key=lambda dqe: (dqe.kerma_ugy, dqe.across))
    return [
        (
            f"{dqe.kerma_ugy:.3g} µGy",
            _AXES[dqe.across],
            f"{_at(dqe, 0.5)[0]:.3f} ± {_at(dqe, 0.5)[1]:.3f}",
            *(f"{_at(dqe, frequency)[0]:.3f}" if _at(dqe, frequency) else "–" for frequency in (1.0, 2.0)),
            f"{dqe.neq_per_mm2[0]:.0f} mm⁻²",
        )
        for dqe in ordered
    ]


def _at(dqe: Dqe, frequency: float) -> tuple[float, ...]:
    """Value and uncertainty at a frequency; empty where the curve does not reach it."""
    near = abs(dqe.frequencies_per_mm - frequency) < 1e-9
    return (float(dqe.values[near][0]), float(dqe.uncertainty[near][0])) if near.any() else ()


def _set_of(records: Records, subject: str) -> Mapping[Any, Any]:
    """Last set that an outcome came from; empty where there is none."""
    rows = [row for row in records.frame("sets").to_dict("records") if subject in row["subjects"]]
    return rows[-1] if rows else {}


def _about(of_set: Mapping[Any, Any]) -> tuple[str, str]:
    """Beam of a set, and what it was made of."""
    if not of_set:
        return "", ""
    sources = Counter(str(member[2]) for member in of_set["members"])
    source = _SOURCES.get(sources.most_common(1)[0][0], "several sources") if sources else _SOURCES[""]
    return str(of_set["beam"]), f"{counted(len(of_set['members']), 'image')}; kerma from {source}."
