"""Pages of a store to a folder."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup

from xrayiq.audit import DoseAudit
from xrayiq.errors import InputError, writing_to
from xrayiq.procedures.site import Site
from xrayiq.records import Records
from xrayiq.report.html import environment, packaged, write_page
from xrayiq.report.pages.doses import audit_of_pages, unit_doses, worst_first
from xrayiq.report.pages.dossier import Dossier, gather_dossier
from xrayiq.report.pages.equipment import detector_page, unit_page
from xrayiq.report.pages.figures import Gallery
from xrayiq.report.pages.overview import (
    detector_page_name,
    overview,
    site_page,
    site_page_name,
    unit_page_name,
)
from xrayiq.report.pages.period import Period
from xrayiq.report.pages.standing import standings
from xrayiq.report.pdf import require_pdf, write_pdf
from xrayiq.report.wording import STATUS_WORDS, clean, counted

INDEX: Final = "index.html"


def write_pages(
    records: Records,
    folder: str | Path,
    *,
    site: Site | None = None,
    only_site: str | None = None,
    period: Period | None = None,
    today: datetime.date | None = None,
    pdf: bool = False,
) -> tuple[Path, ...]:
    """Pages of all sites, units and detectors of a store: first a page at a glance, from there one for each.

    Parameters
    ----------
    records : Records
        An open store; only its frames, stored results and events are read, never the archive.
    folder : str or Path
        Where the pages go; made if it is not there. Pages of equipment that is gone are not removed.
    site : Site, optional
        Settings of a site's file.
    only_site : str, optional
        Show this site's equipment and nothing of any other.
    period : Period, optional
        Nothing after its last day enters.
    today : date, optional
        The day that tests are due by: the last day of the period, else the current day.
    pdf : bool
        Whether each page is also written as PDF, beside it under the same name.

    Returns
    -------
    tuple of Path
        The index, then the pages of sites, units and detectors.

    Raises
    ------
    InputError
        The folder cannot be made or written to, the extra ``pdf`` is missing, or the store has no equipment of that
        site.
    RecordsError
        The store cannot be read.
    """
    if pdf:
        require_pdf()
    dossier = gather_dossier(records, site=site, only_site=only_site, period=period, today=today)
    target = Path(folder)
    if target.exists() and not target.is_dir():
        raise InputError(f"{target.name!r} is no folder", needed="the name of a folder for the pages")
    with writing_to(target):
        target.mkdir(parents=True, exist_ok=True)
    pages = render_pages(dossier, records, doses=audit_of_pages(dossier, records, site))
    written = tuple(write_page(target / name, text) for name, text in pages.items())
    for path, text in zip(written, pages.values(), strict=True) if pdf else ():
        write_pdf(path.with_suffix(".pdf"), text)
    return written


def render_pages(dossier: Dossier, records: Records, *, doses: DoseAudit | None = None) -> dict[str, str]:
    """Text of every page by its file name, the index first; with doses where an audit of them is given."""
    found = standings(dossier)
    own = {one.unit.name: unit_doses(dossier, doses, one.unit) for one in found}
    common = frame_of_pages(dossier)
    gallery = Gallery(records)
    pages = {INDEX: rendered("pages_index.html.j2", common, overview(dossier, found))}
    for name in dict.fromkeys(standing.unit.site for standing in found):
        dosed = worst_first(own[one.unit.name] for one in found if one.unit.site == name)
        site_view = {**site_page(dossier, found, name), "doses": dosed}
        pages[site_page_name(name)] = rendered("pages_site.html.j2", common, site_view)
    for standing in found:
        unit_view = {**unit_page(dossier, standing, gallery), "dose": own[standing.unit.name]}
        pages[unit_page_name(standing.unit.name)] = rendered("pages_unit.html.j2", common, unit_view)
    for detector in dossier.register.own_detectors:
        view = detector_page(dossier, detector, gallery)
        pages[detector_page_name(detector.name)] = rendered("pages_detector.html.j2", common, view)
    return pages


def frame_of_pages(dossier: Dossier) -> dict[str, Any]:
    """What stands around every page: whose it is, as of when, and what the numbers come from."""
    runs = dossier.runs
    last = None if runs.empty else runs.iloc[-1]
    titles = (clean(dossier.only_site), clean(dossier.site.name))
    return {
        "owner": next((title for title in titles if title), ""),
        "as_of": dossier.as_of.isoformat(),
        "period": dossier.period.text if dossier.period else "",
        "trail": dossier.trail,
        "version": version("xrayiq"),
        "kernel_digest": "" if last is None else clean(last["kernel_digest"]),
        "runs": counted(len(runs), "run"),
        "style": Markup(packaged("style.css") + packaged("pages.css")),  # noqa: S704 - our own files
    }


def rendered(template: str, common: Mapping[str, Any], view: Mapping[str, Any]) -> str:
    """Text of a page."""
    templates = environment()
    templates.globals["status_words"] = STATUS_WORDS
    templates.filters["counted"] = counted
    return templates.get_template(template).render(**common, **view)
