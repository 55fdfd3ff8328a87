"""Half a year of a simulated hospital's doses: archive, manifest and the truth of every exposure."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from xrayiq_phantoms.archive_images import stated
from xrayiq_phantoms.dose_hospital_images import DETECTOR, SHAPE, DoseImages
from xrayiq_phantoms.dose_hospital_plan import DoseStudy, PlannedReport, PlannedStep, plan_dose_hospital
from xrayiq_phantoms.dose_hospital_reports import DoseReports, stated_total_dap_gy_m2
from xrayiq_phantoms.dose_hospital_truth import EXPOSURES_NAME, DoseExposure, exposures_text
from xrayiq_phantoms.manifest import Manifest, ManifestEntry
from xrayiq_phantoms.performed_steps import PerformedExposure, performed_step


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseHospital:
    """What `simulate_dose_hospital` wrote.

    Parameters
    ----------
    manifest : Manifest
        Files.
    exposures : tuple of DoseExposure
        Truth of each exposure, in the order of their moments.
    """

    manifest: Manifest
    exposures: tuple[DoseExposure, ...]


def simulate_dose_hospital(
    folder: str | Path, *, seed: int = 1, rooms: str = "", progress: Callable[[int, int], None] | None = None
) -> DoseHospital:
    """Write dose reports and images of four rooms over 26 weeks, and what is true of them.

    Parameters
    ----------
    folder : path
        Made if it is missing; files of equal name are replaced.
    seed : int
        Equal seeds write equal bytes.
    rooms : str
        Letters of the rooms, as ``"AB"``; all four without.
    progress : callable, optional
        Called with the number of files written and of all files after each one.

    Returns
    -------
    DoseHospital
        Also written as ``manifest.json`` (files) and ``exposures.csv`` (one row for each exposure, whatever the number
        of files that hold it).

    Notes
    -----
    Room A (dose reports only) gives 1.6 times the national level of 0.1 Gy·cm² for chests PA, all else less than 0.7
    times its level. Room B (dose reports only) holds three excursions: a thick patient (8 times the charge, receptor on
    target), a field of 6 times the area, and a wrong cell of the exposure control (8 times the charge, deviation index
    +8). Room C (images only) writes dose-area products in cGy·cm² where the attribute has dGy·cm²: they are read as ten
    times what they are. Room D stores images and dose reports of the same irradiation events, some exposures without an
    image, and the dose of its abdomens rises by 60 % over the weeks. Some studies of A, B and D have several reports:
    the same twice, reports of all events so far, or of the new ones. Some studies of A, C and D leave a performed
    procedure step as a file: it tells of the same exposures once more, in C without their irradiation events.
    """
    studies = plan_dose_hospital(seed, rooms=rooms)
    writer = _Writer(Path(folder), seed, studies, progress)
    for study in studies:
        writer.write_study(study)
    manifest = Manifest(seed=seed, entries=tuple(sorted(writer.entries, key=lambda entry: entry.path)))
    manifest.write(folder)
    exposures = tuple(
        sorted(
            (exposure for study in studies for exposure in study.exposures),
            key=lambda exposure: (exposure.exposed_at, exposure.room, exposure.event_uid),
        )
    )
    (Path(folder) / EXPOSURES_NAME).write_text(exposures_text(exposures), encoding="utf-8", newline="\n")
    return DoseHospital(manifest=manifest, exposures=exposures)


class _Writer:
    """Files of one archive and their entries."""

    def __init__(
        self, folder: Path, seed: int, studies: tuple[DoseStudy, ...], progress: Callable[[int, int], None] | None
    ) -> None:
        self.entries: list[ManifestEntry] = []
        self._steps = 0
        self._image_class = ""
        self._folder = folder
        self._progress = progress
        self._images = DoseImages(seed)
        self._reports = DoseReports()
        images = sum(exposure.image_path is not None for study in studies for exposure in study.exposures)
        self._files = images + sum(len(study.reports) + (study.step is not None) for study in studies)

    def write_study(self, study: DoseStudy) -> None:
        """Write the images of a study, then its reports and its performed step."""
        for place, exposure in enumerate(study.exposures):
            if exposure.image_path is not None:
                self._write_image(study, place, exposure, exposure.image_path)
        for planned in study.reports:
            self._write_report(study, planned)
        if study.step is not None:
            self._write_step(study, study.step)

    def _write_image(self, study: DoseStudy, place: int, exposure: DoseExposure, path: str) -> None:
        dataset, technique = self._images.write(
            self._place(path),
            room=study.room,
            view=study.views[place],
            exposure=exposure,
            identifiers=study.images[place],
            examination=study.examination,
            number=len(self.entries) - self._steps,
        )
        self._image_class = str(dataset.SOPClassUID)
        self._enter(
            ManifestEntry(
                path=path,
                kind="clinical",
                expected="measured",
                sop_instance_uid=str(dataset.SOPInstanceUID),
                room=study.room.name,
                acquired_at=exposure.exposed_at.isoformat(),
                patient_id=exposure.patient_id,
                study_uid=exposure.study_uid,
                operator=exposure.operator,
                image={
                    "sop_class": "DX",
                    "sop_class_uid": str(dataset.SOPClassUID),
                    "rows": SHAPE[0],
                    "columns": SHAPE[1],
                    "pixel_pitch_mm": DETECTOR.pixel_pitch_mm,
                },
                technique=stated(technique),
                truth={"event_uid": exposure.event_uid, "field_area_mm2": exposure.field_area_mm2},
                problem="dap_in_cgy_cm2" if study.room.stated_dap_factor != 1 else exposure.planted,
            )
        )

    def _write_report(self, study: DoseStudy, planned: PlannedReport) -> None:
        held = study.exposures[planned.first : planned.last]
        self._place(planned.path).write_bytes(self._reports.encode(study, planned))
        self._enter(
            ManifestEntry(
                path=planned.path,
                kind="dose_report",
                expected="measured",
                sop_instance_uid=str(planned.identifiers.instance_uid),
                room=study.room.name,
                acquired_at=planned.reported_at.isoformat(),
                patient_id=held[0].patient_id,
                study_uid=held[0].study_uid,
                operator=held[0].operator,
                truth={
                    "events": len(held),
                    "event_uids": [exposure.event_uid for exposure in held],
                    "total_dap_gy_m2": stated_total_dap_gy_m2(held),
                },
                problem=next((exposure.planted for exposure in held if exposure.planted), None),
                duplicate_of=planned.duplicate_of,
            )
        )

    def _write_step(self, study: DoseStudy, planned: PlannedStep) -> None:
        held = study.exposures
        names_events = study.room.reports is not None  # a unit without dose reports tells of no events here
        step = performed_step(
            [
                PerformedExposure(
                    tube_voltage_kv=one.tube_voltage_kv,
                    tube_current_ma=one.tube_current_ma,
                    exposure_time_ms=one.exposure_time_ms,
                    event_uid=one.event_uid if names_events else None,
                )
                for one in held
            ],
            equipment=study.room.equipment,
            examination=study.examination,
            identifiers=planned.identifiers,
            started_at=held[0].exposed_at,
            ended_at=held[-1].exposed_at + datetime.timedelta(seconds=30),
            total_dap_gy_m2=stated_total_dap_gy_m2(held),
            image_uids=[one.image_uid for one in held if one.image_uid],
            image_class_uid=self._image_class,
            names_equipment=names_events,
        )
        step.save_as(self._place(planned.path), enforce_file_format=True)
        self._steps += 1
        self._enter(
            ManifestEntry(
                path=planned.path,
                kind="performed_step",
                expected="measured",
                sop_instance_uid=str(step.SOPInstanceUID),
                room=study.room.name,
                acquired_at=held[0].exposed_at.isoformat(),
                patient_id=held[0].patient_id,
                study_uid=held[0].study_uid,
                operator=held[0].operator,
                truth={
                    "events": len(held),
                    "event_uids": [exposure.event_uid for exposure in held],
                    "total_dap_gy_m2": stated_total_dap_gy_m2(held),
                },
            )
        )

    def _place(self, path: str) -> Path:
        target = self._folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def _enter(self, entry: ManifestEntry) -> None:
        self.entries.append(entry)
        if self._progress is not None:
            self._progress(len(self.entries), self._files)
