"""What a run did, in numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

#: exit code of what Ctrl-C ended
_INTERRUPTED: Final = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a run stands.

    Parameters
    ----------
    done : int
        Files finished.
    total : int or None
        Files in the archive; None while they are still being counted, or if they cannot be.
    unchanged : int
        Files, of those finished, that have not changed since an earlier run.
    sets : int
        Acquisition sets measured, which begins when all files are finished.
    again : int
        Files measured again, with a response that the sets have told.
    outcomes : mapping of str to int
        Outcomes of files and sets that are stored, without those of duplicates, by kind: ``measured``,
        ``not_measurable``, ``error``.
    """

    done: int
    total: int | None
    unchanged: int = 0
    sets: int = 0
    again: int = 0
    outcomes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """What one run found and measured.

    Parameters
    ----------
    run_id : int
        Row of the run in the store.
    files : int
        Files met.
    unchanged : int
        Of these, scored by an earlier run under the same procedures and settings, and not changed since.
    file_counts : mapping of str to int
        Files of the archive as it stands now, by status: ``object``, ``duplicate``, ``not_dicom``, ``unreadable``.
    outcome_counts : mapping of str to int
        Outcomes of the archive as it stands now, by kind.
    verdict_counts : mapping of str to int
        Verdicts of the archive as it stands now, by status.
    object_counts : mapping of str to int
        Objects of the archive as it stands now, by what they count as: ``clinical`` (one for each exposure of a
        patient), its ``twin`` or ``copy``, ``quality_control``, ``test_patient``, ``imported``, ``no_image``.
    new_outcomes : int
        Outcomes that this run added to the store.
    unmeasured : int
        Outcomes of X-ray images that should be measurable and were not.
    seconds : float
        Wall time.
    interrupted : bool
        Whether it was asked to end before all was done.
    opened_findings : int
        Findings that it opened, or opened again.
    warnings : tuple of str
        What of the site's settings takes no effect; they are no part of the counts.
    """

    run_id: int
    files: int
    unchanged: int
    new_outcomes: int
    unmeasured: int
    seconds: float
    interrupted: bool = False
    opened_findings: int = 0
    warnings: tuple[str, ...] = ()
    file_counts: Mapping[str, int] = field(default_factory=dict)
    outcome_counts: Mapping[str, int] = field(default_factory=dict)
    verdict_counts: Mapping[str, int] = field(default_factory=dict)
    object_counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        """Exit code of the command.

        0 within limits, 1 out of limits, 3 nothing out of limits but something that should be measurable was not,
        130 interrupted.
        """
        if self.interrupted:
            return _INTERRUPTED
        return exit_code(out_of_limits=self.verdict_counts.get("fail", 0) > 0, unmeasured=self.unmeasured > 0)

    def counts(self) -> dict[str, int]:
        """All counts as one flat mapping, for the record."""
        rows = {"files": self.files, "unchanged": self.unchanged, "new_outcomes": self.new_outcomes}
        rows |= {f"files_{status}": count for status, count in self.file_counts.items()}
        rows |= {f"outcomes_{kind}": count for kind, count in self.outcome_counts.items()}
        rows |= {f"verdicts_{status}": count for status, count in self.verdict_counts.items()}
        rows |= {f"objects_{population}": count for population, count in self.object_counts.items()}
        return rows | {"unmeasured": self.unmeasured, "opened_findings": self.opened_findings}


def exit_code(*, out_of_limits: bool, unmeasured: bool) -> int:
    """Exit code of score, run and audit, as the command line documents it."""
    if out_of_limits:
        return 1
    return 3 if unmeasured else 0
