"""How a unit or a site stands in each audit: when it was made, of how many exposures, and what is not settled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from xrayiq.model import Finding, same_name
from xrayiq.procedures.audit_retests import AUDITED
from xrayiq.procedures.audit_runs import unit_digest
from xrayiq.procedures.register import RegisteredUnit
from xrayiq.report.pages.dossier import Dossier
from xrayiq.report.pages.parts import days_text
from xrayiq.report.pages.recorded import AuditRun
from xrayiq.report.pages.standing import OPEN
from xrayiq.report.tables import Table, table
from xrayiq.report.wording import counted

#: what each audit is called on pages, in their order
AUDIT_TITLES: Final = MappingProxyType(
    {
        "dose": "Doses",
        "exposure": "Exposure indices",
        "collimation": "Collimation",
        "repeats": "Rejects and repeats",
        "quality": "Clinical image quality",
        "protocol": "Protocols",
        "metadata": "Headers",
    }
)
WORDS: Final = MappingProxyType(
    {
        "fail": "Not right",
        "warning": "Look into",
        "pass": "All right",
        "indeterminate": "Not judged",
        "none": "Not audited",
    }
)
_MOST_LINKS: Final = 8
_MOST_ROWS: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditState:
    """One audit of a unit, or of the units of a site, in one line.

    Parameters
    ----------
    title : str
        Which audit.
    status : {"fail", "warning", "pass", "none", "indeterminate"}
        ``fail`` with a finding that nobody has mended, ``warning`` with one that is not settled, ``none`` where it was
        not audited, ``indeterminate`` where an audit held no exposure of it.
    made, exposures : str
        When it was made and over which days, and of how many exposures.
    findings : tuple of (str, str)
        Number of each finding that is not settled, and where it stands on the page.
    more : int
        Findings beyond these.
    """

    title: str
    status: str
    made: str
    exposures: str
    findings: tuple[tuple[str, str], ...]
    more: int = 0

    @property
    def word(self) -> str:
        """The status in words."""
        return WORDS[self.status]


def unplaced_findings(dossier: Dossier, site: str) -> tuple[Finding, ...]:
    """Findings of audits that are of no unit or room but of a whole site, or of all, and are not settled."""
    return tuple(
        one
        for one in dossier.recorded.findings
        if one.procedure.startswith(AUDITED)
        and not (one.unit or one.room or one.is_settled)
        and (not one.site or same_name(one.site, site))
    )


def audit_states(
    dossier: Dossier, units: Sequence[RegisteredUnit], *, also: Sequence[Finding] = (), also_on: str = ""
) -> tuple[AuditState, ...]:
    """State of each audit of some units of one site.

    Parameters
    ----------
    dossier : Dossier
        Everything.
    units : sequence of RegisteredUnit
        Units whose exposures and findings count.
    also : sequence of Finding
        Findings that count as well; see `unplaced_findings`.
    also_on : str
        Page that these stand on; empty for the same.

    Returns
    -------
    tuple of AuditState
        One for each audit, in the order of `AUDIT_TITLES`; none where the store records no audit.
    """
    if not dossier.recorded.audits:
        return ()
    return tuple(_state(dossier, units, name, also, also_on) for name in AUDIT_TITLES)


def audit_table(dossier: Dossier) -> Table:
    """Each unit that an audit was of, with every audit of it in a row."""
    rows = []
    for unit in dossier.register.units:
        for state in audit_states(dossier, (unit,), also=unplaced_findings(dossier, unit.site)):
            if state.status not in ("none", "indeterminate"):
                more = f" and {state.more} more" if state.more else ""
                numbers = ", ".join(text for text, _ in state.findings) or "none"
                told = (state.title, state.word, state.made, state.exposures, numbers + more)
                rows.append((dossier.called(unit.name), *told))
    columns = ("Unit", "Audit", "State", "Made", "#Exposures", "Not settled")
    return table(columns, rows, most=_MOST_ROWS)


def _state(
    dossier: Dossier, units: Sequence[RegisteredUnit], name: str, also: Sequence[Finding], also_on: str
) -> AuditState:
    names = {unit_digest(text) for unit in units for text in _names(dossier, unit)}
    own = [one for one in _findings(dossier, units, name) if not one.is_settled]
    links = [(one, f"#finding-{one.number}") for one in own]
    links += [(one, f"{also_on}#finding-{one.number}") for one in also if one.procedure == f"{AUDITED}{name}"]
    own = [one for one, _ in links]
    run, number = _last_run(dossier, units, name, names)
    status = "none" if run is None else "pass" if number is None or number > 0 else "indeterminate"
    if own:
        status = "fail" if any(one.state in OPEN for one in own) else "warning"
    return AuditState(
        title=AUDIT_TITLES[name],
        status=status,
        made="never" if run is None else f"{run.made_on.isoformat()}, of {days_text(run.first, run.last)}",
        exposures="–" if run is None or number is None else counted(number, "exposure"),
        findings=tuple((f"No. {one.number}", href) for one, href in links[:_MOST_LINKS]),
        more=max(0, len(own) - _MOST_LINKS),
    )


def _last_run(
    dossier: Dossier, units: Sequence[RegisteredUnit], name: str, digests: set[str]
) -> tuple[AuditRun | None, int | None]:
    """The last audit that held exposures of the units and how many, else the last of their site."""
    sites = {unit.site for unit in units}
    of_site = None, None
    for run in reversed(dossier.recorded.audits):
        if run.name != name:
            continue
        at_site = any(same_name(one, site) for one in run.sites for site in sites)
        number = None if run.units is None else sum(count for digest, count in run.units.items() if digest in digests)
        if number or (number is None and at_site):
            return run, number
        if of_site[0] is None and at_site:
            of_site = run, number  # type: ignore[assignment]  # the first
    return of_site


def _names(dossier: Dossier, unit: RegisteredUnit) -> tuple[str, ...]:
    where = dossier.where.get(unit.name)
    return (unit.name,) if where is None else (unit.name, where.unit, *where.names)


def _findings(dossier: Dossier, units: Sequence[RegisteredUnit], name: str) -> list[Finding]:
    """Findings of an audit that are of the units, or of a room that they stand in."""
    own = [one for one in dossier.recorded.findings if one.procedure == f"{AUDITED}{name}"]
    return [one for one in own if any(_is_of(one, unit) for unit in units)]


def _is_of(finding: Finding, unit: RegisteredUnit) -> bool:
    of_room = bool(finding.room) and finding.unit == finding.room
    if of_room and same_name(finding.room, unit.room) and same_name(finding.site, unit.site):
        return True
    return finding.unit == unit.name
