"""The whole way once: simulate a hospital's quarter, run it, audit it, write the report."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from xrayiq.batch import Progress, RunSummary, run
from xrayiq.errors import InputError, writing_to
from xrayiq.exchange import import_reject_log
from xrayiq.procedures import (
    Site,
    audit_collimation,
    audit_dose,
    audit_exposure,
    audit_image_quality,
    audit_metadata,
    audit_protocol,
    audit_repeats,
    load_site,
    record_audit_findings,
)
from xrayiq.records import Records, open_records
from xrayiq.report import write_report
from xrayiq.selftest.archive import write_archive
from xrayiq.selftest.demo_site import demo_site_text
from xrayiq_phantoms import Plant, read_manifest
from xrayiq_phantoms.hospital_quarter import LOG_NAME

if TYPE_CHECKING:
    from xrayiq.model import AuditFinding

_MARK = "demo-of-xrayiq.txt"
_AUDITS: Final[dict[str, Callable[..., Any]]] = {
    "exposure": audit_exposure,
    "collimation": audit_collimation,
    "repeats": audit_repeats,
    "protocol": audit_protocol,
    "quality": audit_image_quality,
    "metadata": audit_metadata,
    "dose": audit_dose,
}
#: findings of an audit that the summary tells; the report has all
_TOLD: Final = 3
_WIDTH: Final = 110


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoResult:
    """Where the demo's things lie and what the run and the audits found.

    Parameters
    ----------
    archive, store, report, site : Path
        Simulated archive, record store, report, and the site's settings.
    summary : RunSummary
        Counts of the run.
    findings : dict of str to tuple of AuditFinding
        What each audit found, the gravest first; empty where all is right.
    plants : tuple of Plant
        What is wrong with the simulated rooms on purpose.
    """

    archive: Path
    store: Path
    report: Path
    site: Path
    summary: RunSummary
    findings: dict[str, tuple[AuditFinding, ...]]
    plants: tuple[Plant, ...]

    def named(self, plant: Plant) -> AuditFinding | None:
        """Finding that names something planted: of its audit, kind, room and examination.

        Parameters
        ----------
        plant : Plant
            One of `plants`.
        """
        about = f"{plant.body_part} {plant.view_position}".strip()
        for one in self.findings[plant.audit]:
            if one.kind == plant.kinds[0] and one.room == plant.room and about in one.about:
                return one
        return None

    def text(self) -> str:
        """Summary for a person."""
        summary = self.summary
        outcomes, verdicts = summary.outcome_counts, summary.verdict_counts
        measured = outcomes.get("measured", 0)
        return "\n".join(
            [
                f"{summary.files} files read in {summary.seconds:.0f} s: "
                + ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in summary.file_counts.items()),
                f"{summary.object_counts.get('clinical', 0)} exposures of patients, each counted once; "
                f"{summary.object_counts.get('quality_control', 0)} test images",
                f"{measured} outcomes measured; {summary.unmeasured} were not that should have been, "
                f"{sum(outcomes.values()) - measured - summary.unmeasured} were not meant to be",
                f"verdicts: {verdicts.get('pass', 0)} within limits, {verdicts.get('warning', 0)} warnings, "
                f"{verdicts.get('fail', 0)} out of limits, {verdicts.get('indeterminate', 0)} without a baseline yet",
                "",
                "Is it all right? What the audits say:",
                *(line for name, found in self.findings.items() for line in _audit_lines(name, found)),
                "",
                *self._planted(),
                "",
                f"report   {self.report}",
                f"records  {self.store}",
                f"site     {self.site}",
                f"archive  {self.archive}",
                "",
                "Look closer, for example:",
                f"  xrayiq audit repeats --table candidates --records sqlite:///{self.store} --site {self.site}",
                f"  xrayiq audit exposure --table groups --records sqlite:///{self.store} --site {self.site}",
            ]
        )

    def _planted(self) -> list[str]:
        """What was planted, and whether it was found."""
        named = {plant: self.named(plant) is not None for plant in self.plants}
        lines = [f"Wrong on purpose: {sum(named.values())} of {len(named)} named by the audits"]
        lines += [
            f"  {'found' if found else 'not found: too few exposures'}: {plant.room}, {plant.text}"
            for plant, found in named.items()
        ]
        return lines


def run_demo(
    folder: Path,
    *,
    files: int = 1600,
    workers: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> DemoResult:
    """Simulate a quarter of a hospital, measure and audit it, and write the report.

    Parameters
    ----------
    folder : Path
        New or empty folder, or that of an earlier demo, which is replaced.
    files : int
        About how many files to simulate. Of fewer than some 800 not all that is wrong with the rooms can be told.
    workers : int, optional
        Worker processes; by default one per core.
    progress : callable, optional
        Called with a `Progress` while files are written and again while they are measured.

    Returns
    -------
    DemoResult
        Where things lie, the run's counts, and the findings of the audits.

    Raises
    ------
    InputError
        The folder holds something else than an earlier demo, is a file or cannot be written to.
    """
    _make_room(folder)
    archive, store, report = folder / "archive", folder / "xrayiq.db", folder / "report.html"
    settings = folder / "site.toml"
    with writing_to(folder):
        settings.write_text(demo_site_text(), encoding="utf-8")
    site = load_site(settings)
    write_archive(archive, files=files, quarter=True, progress=progress)
    with open_records(f"sqlite:///{store}") as records:
        summary = run(archive, records, site=site, workers=workers, progress=progress)
        import_reject_log(
            records, archive / LOG_NAME, "neutral", actor="xrayiq demo", reason="log of the simulated consoles"
        )
        findings = _audited(records, site)
        write_report(records, report, title="Simulated hospital: image quality report", site=site)
    return DemoResult(
        archive=archive,
        store=store,
        report=report,
        site=settings,
        summary=summary,
        findings=findings,
        plants=read_manifest(archive).plants,
    )


def _audited(records: Records, site: Site) -> dict[str, tuple[AuditFinding, ...]]:
    """Findings of every audit, which are opened in the store as well."""
    found = {}
    for name, audit in _AUDITS.items():
        made = audit(records, site=site)
        record_audit_findings(records, made, site=site)
        found[name] = tuple(made.findings)
    return found


def _audit_lines(name: str, found: tuple[AuditFinding, ...]) -> list[str]:
    """An audit's answer, and its first findings."""
    if not found:
        return [f"  {name}: nothing to look into"]
    lines = [f"  {name}: {len(found)} to look into" if len(found) > 1 else f"  {name}: 1 to look into"]
    for one in found[:_TOLD]:
        kind = one.kind.replace("_", " ")
        place = "" if not one.room or one.room in one.sentence else f"{one.room}, "
        lines += textwrap.wrap(
            f"{kind}: {place}{one.sentence}", _WIDTH, initial_indent="    - ", subsequent_indent="      "
        )
    if len(found) > _TOLD:
        lines.append(f"    … and {len(found) - _TOLD} more: xrayiq audit {name}")
    return lines


def _make_room(folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()):
        if not (folder / _MARK).is_file():
            raise InputError(
                f"{folder.name} holds other files", needed="a new or empty folder", remedy="choose another"
            )
        with writing_to(folder):
            shutil.rmtree(folder)
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _MARK).write_text("Written by `xrayiq demo`, which replaces this folder when run again.\n")
