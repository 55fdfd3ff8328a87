"""Commands of ``xrayiq records`` by which people keep the record: limits, equipment, findings, service and more."""

from __future__ import annotations

import typer

from xrayiq.cli.archiving import archive
from xrayiq.cli.baselines import baseline_application
from xrayiq.cli.equipment import equipment_application
from xrayiq.cli.findings import finding_application
from xrayiq.cli.limits import limit_application
from xrayiq.cli.schedule import schedule_application
from xrayiq.cli.service import event_application
from xrayiq.cli.signing import sign_application


def attach(group: typer.Typer) -> None:
    """Add them to the group ``xrayiq records``."""
    group.add_typer(limit_application, name="limit")
    group.add_typer(baseline_application, name="baseline")
    group.add_typer(equipment_application, name="equipment")
    group.add_typer(finding_application, name="finding")
    group.add_typer(event_application, name="event")
    group.add_typer(schedule_application, name="schedule")
    group.add_typer(sign_application, name="sign")
    group.command("archive")(archive)
