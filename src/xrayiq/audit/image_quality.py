"""Audit of clinical image quality: noise beside the exposure, faults of images, and what to look into first."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd

from xrayiq.audit.findings_table import table_of
from xrayiq.audit.image_quality_faults import fault_changes, fault_shares, with_faults
from xrayiq.audit.image_quality_findings import ranked_findings
from xrayiq.audit.image_quality_noise import NoiseLevel, noise_of_rooms, noise_over_time, with_expected_noise
from xrayiq.audit.image_quality_rules import GROUP, UNIT, ImageQualityRules, shipped_image_quality_rules
from xrayiq.audit.levels_over_time import levels_frame
from xrayiq.audit.ranking import investigate_table
from xrayiq.audit.size_bands import patients_of
from xrayiq.audit.told_places import days_of, days_text
from xrayiq.model import AuditFinding, Result

FRAMES: Final = (
    *("noise", "rooms", "drift", "shares", "changes", "measured", "recurring", "detectors", "investigate", "unmapped"),
    *("images", "findings"),
)
#: what may be measured of an image, by the column that says it
MEASURED: Final = {
    "noise": "noise",
    "receptor_kerma": "receptor_kerma_ugy",
    "saturation": "is_saturated",
    "clipping": "clipped_high_fraction",
    "grid_lines": "has_grid_lines",
    "beyond_detector": "field_beyond_detector_fraction",
    "seams": "seam_contrast",
    "artefacts": "artefact_candidates",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ImageQualityAudit:
    """Quality of clinical images of a period, and what to look into.

    Parameters
    ----------
    first_day, last_day : date or None
        Of the exposures.
    exposures : DataFrame
        What was audited, one row for each image, as `with_expected_noise` and `with_faults` give it.
    noise, rooms : DataFrame
        Noise of each group beside its exposure, and of rooms beside each other, from `with_expected_noise` and
        `noise_of_rooms`.
    levels : tuple of NoiseLevel
        Unexplained noise of each group over time, as natural logarithms, from `noise_over_time`.
    shares, changes : DataFrame
        Faults of images and their dated changes, from `fault_shares` and `fault_changes`.
    measured : DataFrame
        Images of each unit, and of how many of them each of `MEASURED` is known.
    recurring, detectors : DataFrame
        Places that recur on detectors, in mm from the upper left corner, and what was compared of each detector, as
        `assess_image_quality` takes them.
    detector_maps : mapping of (site, room, unit, detector) to Result
        What recurs on each detector that was judged, to be drawn.
    investigate : DataFrame
        What to look into first and why: `rank`, `kind`, `site`, `room`, `unit`, `about`, `exposures`, `weight`
        (images concerned times how far off they are, in units of DI), `why`, `look_first`.
    unmapped : DataFrame
        Body parts, views and protocols that no row tells, with their number.
    rules : ImageQualityRules
        What was judged by.
    left_out : mapping of str to int
        Exposures that do not count, by reason.
    findings : tuple of AuditFinding
        What to look into, the weightiest first.
    """

    first_day: datetime.date | None
    last_day: datetime.date | None
    exposures: pd.DataFrame
    noise: pd.DataFrame
    rooms: pd.DataFrame
    levels: tuple[NoiseLevel, ...]
    shares: pd.DataFrame
    changes: pd.DataFrame
    measured: pd.DataFrame
    recurring: pd.DataFrame
    detectors: pd.DataFrame
    investigate: pd.DataFrame
    unmapped: pd.DataFrame
    rules: ImageQualityRules
    detector_maps: Mapping[tuple[str, ...], Result] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    findings: tuple[AuditFinding, ...] = ()

    def frame(self, name: str = "noise") -> pd.DataFrame:
        """One table of the audit.

        Parameters
        ----------
        name : str
            ``"noise"``, ``"rooms"``, ``"drift"`` (points of each series, natural logarithms), ``"shares"``,
            ``"changes"``, ``"measured"``, ``"recurring"``, ``"detectors"``, ``"investigate"``, ``"unmapped"``,
            ``"images"`` (a row for each) or ``"findings"``.

        Returns
        -------
        pandas.DataFrame
            Relative noise and shares as fractions, not percent.

        Raises
        ------
        InputError
            There is no such table.
        """
        if name == "drift":
            return levels_frame(self.levels, GROUP)
        frame = table_of(self, name, FRAMES, images="exposures")
        return frame.astype(dict.fromkeys(frame.select_dtypes("category").columns, "string"))

    def __repr__(self) -> str:
        """Number of images and findings."""
        days = days_text(self.first_day, self.last_day)
        return f"ImageQualityAudit({len(self.exposures)} images, {days}, {len(self.findings)} findings)"


def assess_image_quality(
    exposures: pd.DataFrame,
    *,
    rules: ImageQualityRules | None = None,
    unmapped: pd.DataFrame | None = None,
    left_out: dict[str, int] | None = None,
    detectors: pd.DataFrame | None = None,
    recurring: pd.DataFrame | None = None,
    detector_maps: Mapping[tuple[str, ...], Result] | None = None,
) -> ImageQualityAudit:
    """Audit the quality of clinical images.

    Parameters
    ----------
    exposures : DataFrame
        One row for each image: `site`, `room`, `unit`, `body_part`, `view`, `band`, `exposed_at`, `subject`, and NaN
        where it was not measured `noise` (relative, in the anatomy), `snr`, `receptor_kerma_ugy`, `deviation_index`,
        `is_saturated` (1 or 0), `clipped_low_fraction`, `clipped_high_fraction`, `grid_line_contrast`,
        `grid_line_frequency`, `field_beyond_detector_fraction`, `seam_contrast`
        and `artefact_candidates` (how many were found).
    rules : ImageQualityRules, optional
        Bounds; the shipped ones without.
    unmapped : DataFrame, optional
        What could not be told, as in `ImageQualityAudit`.
    left_out : mapping of str to int, optional
        Exposures that do not count, by reason.
    detectors : DataFrame, optional
        `site`, `room`, `unit`, `detector`, `images`, `compared` (of different patients), `needed` (more, before it is
        judged), `places`, `first_day` and `last_day` of those compared.
    recurring : DataFrame, optional
        Places that recur, the least probable of each detector first: `site`, `room`, `unit`, `detector`, `kind`,
        `row_mm`, `column_mm`, `height_mm`, `width_mm`, `image_count`, `of_images`, `expected_count`, `contrast` and
        `probability`.
    detector_maps : mapping, optional
        As in `ImageQualityAudit`.

    Returns
    -------
    ImageQualityAudit
        Groups of fewer exposures than the rules ask for are listed and not judged; what was measured of no image is
        said to be so in `measured`.
    """
    known = rules or shipped_image_quality_rules()
    grouped = exposures.assign(patients=patients_of(exposures["band"]))
    grouped = grouped.astype(dict.fromkeys(GROUP, "category"))  # grouped in a fraction of the time
    expected, noise = with_expected_noise(grouped, known)
    images = with_faults(expected, known)
    shares = fault_shares(images, known)
    parts: dict[str, Any] = {
        "rooms": noise_of_rooms(images, known),
        "shares": shares,
        "changes": fault_changes(images, shares, known),
        "levels": noise_over_time(images, known),
        "recurring": pd.DataFrame(columns=[*UNIT, "detector"]) if recurring is None else recurring,
    }
    ranked = ranked_findings(exposures=images, rules=known, **parts)
    return ImageQualityAudit(
        **days_of(images["exposed_at"]),
        exposures=images,
        noise=noise,
        measured=_measured(images),
        detectors=pd.DataFrame(columns=[*UNIT, "detector", "needed"]) if detectors is None else detectors,
        detector_maps=dict(detector_maps or {}),
        investigate=investigate_table(ranked),
        unmapped=pd.DataFrame() if unmapped is None else unmapped,
        rules=known,
        left_out=dict(left_out or {}),
        findings=tuple(one.finding for one in ranked),
        **parts,
    )


def _measured(images: pd.DataFrame) -> pd.DataFrame:
    counts = images[list(UNIT)].assign(
        images=1,
        **{name: images[column].notna().astype("int64") for name, column in MEASURED.items()},
    )
    return counts.groupby(list(UNIT), observed=True, sort=True).sum().reset_index()
