"""Which report was asked for: the overview, pages, an inspection packet, figures of a month, or a comparison."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

if TYPE_CHECKING:
    from xrayiq.procedures import Site
    from xrayiq.records import Records
    from xrayiq.report import Period

#: options that ask for something else than the overview
_KINDS: Final = ("--pages", "--inspection", "--kpi", "--compare")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the options of `xrayiq report` ask for.

    Parameters
    ----------
    out : Path or None
        File to write; by its kind without.
    title : str
        Of the overview.
    pages : Path or None
        Folder of pages.
    inspection : bool
        Whether an inspection packet is wanted.
    kpi : str
        Month of the figures; empty for none.
    compare : tuple of str or None
        Both sides of a comparison.
    first, last : datetime or None
        Period.
    pdf : bool
        Whether a PDF is written too.
    only_site : str
        The only site that is shown; empty for all.
    site : Path or None
        Site settings.
    """

    out: Path | None
    title: str
    pages: Path | None
    inspection: bool
    kpi: str
    compare: tuple[str, str] | None
    first: datetime | None
    last: datetime | None
    pdf: bool
    only_site: str
    site: Path | None


def check(asked: Asked) -> None:
    """Refuse options that contradict each other."""
    wanted = [
        name
        for name, given in zip(
            _KINDS, (asked.pages, asked.inspection, asked.kpi, asked.compare is not None), strict=True
        )
        if given
    ]
    if len(wanted) > 1:
        raise typer.BadParameter(f"{' and '.join(wanted)}: one report at a time")
    if asked.pages is not None and asked.out is not None:
        raise typer.BadParameter("--out is one file; --pages names the folder that the pages go to")
    if asked.inspection and not (asked.first and asked.last):
        raise typer.BadParameter("--inspection needs --from and --to")
    if (asked.first or asked.last) and not (asked.first and asked.last and (asked.inspection or asked.pages)):
        raise typer.BadParameter("--from and --to go together, with --inspection or --pages")


def write_asked(records: Records, asked: Asked) -> tuple[str, ...]:
    """Write what was asked for, and what to say of it."""
    from xrayiq.procedures import load_site
    from xrayiq.report import require_pdf

    if asked.pdf:
        require_pdf()
    if asked.pages is None and not (asked.inspection or asked.kpi or asked.compare):
        return _overview(records, asked)
    site = load_site(asked.site)
    if asked.pages is not None:
        return _pages(records, asked, asked.pages, site)
    return _document(records, asked, site)


def _overview(records: Records, asked: Asked) -> tuple[str, ...]:
    from xrayiq.procedures import load_site
    from xrayiq.report import write_pdf, write_report

    path = write_report(
        records,
        asked.out or Path("report.html"),
        title=asked.title,
        site=load_site(asked.site),
        only_site=asked.only_site,
    )
    said = [f"report written to {path}"]
    if asked.pdf:
        said.append(f"PDF written to {write_pdf(path.with_suffix('.pdf'), path.read_text(encoding='utf-8'))}")
    return tuple(said)


def _pages(records: Records, asked: Asked, folder: Path, site: Site) -> tuple[str, ...]:
    from xrayiq.report import write_pages

    written = write_pages(
        records, folder, site=site, only_site=asked.only_site or None, period=_period(asked), pdf=asked.pdf
    )
    return (f"{len(written)} pages written; begin with {written[0]}",)


def _document(records: Records, asked: Asked, site: Site) -> tuple[str, ...]:
    from xrayiq.report import month, parse_selection, write_comparison, write_kpi, write_packet

    only_site = asked.only_site or None
    if asked.inspection:
        name, period = "inspection", _period(asked)
    elif asked.kpi:
        name, period = f"kpi-{asked.kpi}", month(asked.kpi)
    else:
        name, period = "comparison", None
    out = asked.out or Path(f"{name}.html")
    pdf = out.with_suffix(".pdf") if asked.pdf else None
    if asked.compare is not None:
        before, after = (parse_selection(side) for side in asked.compare)
        written = write_comparison(records, out, before=before, after=after, site=site, only_site=only_site, pdf=pdf)
    elif period is not None:
        write = write_packet if asked.inspection else write_kpi
        written = write(records, out, period=period, site=site, only_site=only_site, pdf=pdf)
    return tuple(f"written to {path}" for path in written)


def _period(asked: Asked) -> Period | None:
    from xrayiq.report import Period

    if asked.first is None or asked.last is None:
        return None
    return Period(first=_day(asked.first), last=_day(asked.last))


def _day(moment: datetime) -> date:
    return moment.date()
