"""One self-contained HTML page from a record store."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from markupsafe import Markup

from xrayiq.model import quantities
from xrayiq.procedures import Site
from xrayiq.records import Records
from xrayiq.report.checks import check
from xrayiq.report.clinical import clinical
from xrayiq.report.collimation_audit import collimation_audit
from xrayiq.report.detectors import detectors
from xrayiq.report.dose import dose
from xrayiq.report.dose_audit import doses
from xrayiq.report.endings import outcomes_text
from xrayiq.report.evidence import Evidence, gather
from xrayiq.report.exposure import exposure
from xrayiq.report.exposure_audit import exposure_audit
from xrayiq.report.fields import fields
from xrayiq.report.found import find
from xrayiq.report.generator import generator
from xrayiq.report.html import environment, packaged, write_page
from xrayiq.report.metadata_audit import headers
from xrayiq.report.protocol_audit import protocols
from xrayiq.report.quality_audit import quality_audit
from xrayiq.report.reasons import reasons
from xrayiq.report.repeat_audit import repeats
from xrayiq.report.wording import STATUS_WORDS, clean, counted, grouped, minute, period

_LONGEST_TITLE: Final = 200


def write_report(
    records: Records,
    path: str | Path,
    *,
    title: str = "X-ray image quality report",
    site: Site | None = None,
    only_site: str = "",
) -> Path:
    """Report of a record store as one HTML page that needs nothing from outside.

    Parameters
    ----------
    records : Records
        An open store; only its frames and stored results are read, never the archive.
    path : str or Path
        File to write. An earlier one is replaced when the new one is complete.
    title : str
        Heading of the page.
    site : Site, optional
        Settings that name equipment.
    only_site : str
        Leave out everything of other sites.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        The folder of `path` does not exist, `path` is a folder, or the store knows no such site.
    RecordsError
        The store cannot be read, or a stored result does not fit its class.
    """
    return write_page(path, render(records, title=title, site=site, only_site=only_site))


def render(records: Records, *, title: str, site: Site | None = None, only_site: str = "") -> str:
    """The page as text; the same store gives the same text."""
    evidence = gather(records, site=site, only_site=only_site)
    sections, units_left_out = detectors(evidence, records)
    templates = environment()
    templates.globals["status_words"] = STATUS_WORDS
    templates.filters["counted"] = counted
    page = templates.get_template("report.html.j2")
    return page.render(
        title=clean(title, longest=_LONGEST_TITLE),
        style=Markup(packaged("style.css")),  # noqa: S704 - our own file
        about=_about(evidence) | {"head": records.head},
        checks=check(evidence, records),
        found=find(evidence),
        detectors=sections,
        detectors_left_out=units_left_out,
        exposure=exposure(evidence),
        fields=fields(evidence, records),
        clinical=clinical(evidence),
        dose=dose(evidence, records),
        doses=doses(evidence, records, site=site, only_site=only_site),
        audits=[
            one
            for audited in (exposure_audit, quality_audit, collimation_audit, repeats, protocols, headers)
            if (one := audited(evidence, records, site=site, only_site=only_site)) is not None
        ],
        generator=generator(evidence, records),
        reasons=reasons(evidence),
        definitions=_definitions(evidence),
    )


def _about(evidence: Evidence) -> dict[str, Any]:
    """Identity of the report: what it covers and what made its numbers."""
    runs = evidence.runs
    measuring = runs[runs["kernel_digest"].fillna("") != ""]  # an import of results or rejects measures nothing
    last = None if runs.empty else (runs if measuring.empty else measuring).iloc[-1]
    return {
        "objects": _objects(evidence),
        "files": counted(len(evidence.files), "file"),
        "units": counted(len(evidence.units), "unit"),
        "period": period(evidence.objects["exposed_at"]),
        "outcomes": outcomes_text(evidence.outcomes),
        "runs": grouped(len(runs)),
        "as_of": "" if last is None else minute(last["finished_at"]) or minute(last["started_at"]),
        "unfinished": last is not None and last["status"] != "finished",
        "status": "" if last is None else clean(last["status"]),
        "version": "" if last is None else clean(last["xrayiq_version"]),
        "kernel_digest": "" if last is None else clean(last["kernel_digest"]),
        "plan_digest": "" if last is None else clean(last["plan_digest"]),
        "site_digest": "" if last is None else clean(last["site_digest"]),
    }


def _objects(evidence: Evidence) -> str:
    """Number of objects, and how many of them are damaged."""
    damaged = len(evidence.damaged)
    return counted(len(evidence.objects), "object") + (f" ({grouped(damaged)} of them damaged)" if damaged else "")


def _definitions(evidence: Evidence) -> list[tuple[str, str]]:
    """Label and definition of every quantity that the store holds."""
    held = set(evidence.measurements["quantity"])
    return [(known.label, known.definition) for name, known in quantities().items() if name in held]
