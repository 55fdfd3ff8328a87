"""A whole simulated hospital archive with its manifest of truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import imagecodecs
import numpy as np

from xrayiq_phantoms.archive_images import (
    SimulatedImage,
    presentation_header,
    presentation_pixels,
    reported_event,
    simulate_image,
    stated,
)
from xrayiq_phantoms.archive_plan import LEAST_FILES, plan_objects
from xrayiq_phantoms.dicom_writer import write_dicom
from xrayiq_phantoms.dose_report import ReportedEvent, write_dose_report
from xrayiq_phantoms.encodings import TRANSFER_SYNTAXES, TransferSyntaxName
from xrayiq_phantoms.manifest import Expected, Manifest, ManifestEntry
from xrayiq_phantoms.planned import ClinicalExposure, PlannedObject, TestExposure

Progress = Callable[[int, int], None]

_SYNTAX_NAMES: Final = {uid: name for name, uid in TRANSFER_SYNTAXES.items()}


def simulate_archive(
    folder: str | Path, *, seed: int = 1, files: int = 300, progress: Progress | None = None
) -> Manifest:
    """Write the archive of a simulated hospital, as a PACS would export it, and what is true of it.

    Parameters
    ----------
    folder : path
        Made if it is missing; files of equal name are replaced.
    seed : int
        Equal seeds write equal bytes.
    files : int
        How many files, at least 24, besides ``manifest.json``.
    progress : callable, optional
        Called with the number of files written and of all files after each one.

    Returns
    -------
    Manifest
        Also written as ``manifest.json``.

    Raises
    ------
    ValueError
        Too few files are asked for.

    Notes
    -----
    Three rooms of different makers: DX with linear values, DX with logarithmic values, CR. Days of quality control
    (flat fields over a range of kerma, edges in both directions, collimated fields; 1024² FOR PROCESSING) and of
    patients' images with presentation twins, apparent repeats and dose reports; a table of the kerma of the tests; then
    copies, truncated files and files that are not DICOM. The second room states exposure indices that are too high, one
    flat field of the first room has a gain fault, and some stated deviation indices contradict their exposure indices.
    """
    if files < LEAST_FILES:
        raise ValueError(f"{files} files; needed at least {LEAST_FILES}")
    strangers = max(4, files // 75)
    copies, renamed = max(1, files // 100), max(1, files // 150)
    planned = plan_objects(seed, files - strangers - copies - renamed - 1)
    writer = ArchiveWriter(Path(folder), seed=seed, files=files, progress=progress)
    rng = np.random.default_rng([seed, 3])
    truncated = _choose(rng, planned, max(2, files // 100))
    for item in planned:
        writer.write_object(item)
    for number, item in enumerate(truncated):
        writer.truncate(item.path, in_header=number == 0)
    whole = [item for item in planned if item not in truncated]
    for number, item in enumerate(_choose(rng, whole, copies)):
        writer.copy(item.path, f"DICOM/copies/{number + 1:05d}.dcm")
    for number, item in enumerate(_choose(rng, whole, renamed)):
        writer.rename(item, f"DICOM/import/A{number + 1:04d}")
    for number in range(strangers):
        writer.write_stranger(number)
    writer.write_kerma_table(planned)
    manifest = Manifest(seed=seed, entries=tuple(sorted(writer.entries.values(), key=lambda entry: entry.path)))
    manifest.write(folder)
    return manifest


def _choose(rng: np.random.Generator, planned: list[PlannedObject], count: int) -> list[PlannedObject]:
    """Patients' images that stand for themselves: no twins, no repeats, and not the pattern of a repeat."""
    related = {path for item in planned for path in (item.repeat_of, item.presentation_of) if path}
    candidates = [
        item
        for item in planned
        if isinstance(item.exposure, ClinicalExposure)
        and item.path not in related
        and item.repeat_of is None
        and item.presentation_of is None
    ]
    chosen = rng.choice(len(candidates), size=min(count, len(candidates)), replace=False)
    return [candidates[index] for index in sorted(chosen)]


class ArchiveWriter:
    """Files of one archive, their entries, and what later files need of earlier ones."""

    def __init__(self, folder: Path, *, seed: int, files: int, progress: Progress | None) -> None:
        self.folder = folder
        self.seed = seed
        self.files = files
        self.progress = progress
        self.entries: dict[str, ManifestEntry] = {}
        self._events: dict[str, list[ReportedEvent]] = {}
        self._last: tuple[str, SimulatedImage] | None = None

    def write_object(self, planned: PlannedObject) -> None:
        """Write a planned image or dose report."""
        if planned.exposure is None:
            self._write_report(planned)
            return
        original = planned.presentation_of or planned.path
        if self._last is None or self._last[0] != original:
            self._last = (original, simulate_image(planned))
        self._write_image(planned, self._last[1], planned.path, planned.transfer_syntax)

    def truncate(self, path: str, *, in_header: bool) -> None:
        """Cut a written file, within its header or within its pixel data."""
        content = (self.folder / path).read_bytes()
        (self.folder / path).write_bytes(content[: 700 if in_header else len(content) * 3 // 5])
        entry = self.entries[path]
        self.entries[path] = replace(
            entry,
            expected="error",
            problem="truncated_header" if in_header else "truncated",
            sop_instance_uid=None if in_header else entry.sop_instance_uid,
        )

    def copy(self, path: str, copy: str) -> None:
        """Byte for byte copy of a written file under another name."""
        self._write(copy, (self.folder / path).read_bytes())
        self._enter(replace(self.entries[path], path=copy, duplicate_of=path))

    def rename(self, planned: PlannedObject, path: str) -> None:
        """The same SOP instance under another name and in another transfer syntax."""
        syntax: TransferSyntaxName = "rle" if planned.transfer_syntax != "rle" else "explicit"
        self._write_image(planned, simulate_image(planned), path, syntax)
        self.entries[path] = replace(self.entries[path], duplicate_of=planned.path)

    def write_stranger(self, number: int) -> None:
        """A file that is no DICOM object: text, picture, nothing or random bytes."""
        rng = np.random.default_rng([self.seed, 4, number])
        name, problem, content = (
            ("notes{}.txt", "text", b"Simulated export. Nothing in here is DICOM.\n"),
            ("preview{}.png", "picture", bytes(imagecodecs.png_encode(rng.integers(0, 256, (32, 32), dtype=np.uint8)))),
            ("empty{}.dcm", "empty", b""),
            ("random{}.dcm", "random_bytes", rng.bytes(5000)),
        )[number % 4]
        path = "DICOM/" + name.format(number // 4 + 1)
        self._write(path, content)
        self._enter(ManifestEntry(path=path, kind="not_dicom", expected="error", problem=problem))

    def write_kerma_table(self, planned: list[PlannedObject]) -> None:
        """Kerma of the flat fields and edges by their UID, as a physicist with a dosemeter notes it."""
        lines = [
            f"{item.identifiers.instance_uid},{item.exposure.kerma_ugy:g},RQA5/2015"
            for item in planned
            if isinstance(item.exposure, TestExposure) and item.exposure.kind in ("flat_field", "edge")
        ]
        path = "DICOM/kerma.csv"
        self._write(path, "\n".join(["sop_instance_uid,kerma_ugy,beam", *lines, ""]).encode())
        self._enter(ManifestEntry(path=path, kind="not_dicom", expected="error", problem="kerma_table"))

    def _write_image(
        self, planned: PlannedObject, image: SimulatedImage, path: str, syntax: TransferSyntaxName
    ) -> None:
        room, exposure = planned.room, planned.exposure
        is_test = isinstance(exposure, TestExposure)
        image_format = room.test if is_test else room.clinical
        header, pixels = image_format.header(), image.pixels
        if planned.presentation_of is not None:
            header, pixels = presentation_header(), presentation_pixels(image)
        source = None if planned.presentation_of is None else self.entries[planned.presentation_of].sop_instance_uid
        flag = None if room.flags_quality_control is None else is_test
        target = self._place(path)
        dataset = write_dicom(
            target,
            pixels,
            pixel_pitch_mm=image.detector.pixel_pitch_mm,
            sop_class=room.sop_class,
            transfer_syntax=syntax,
            technique=image.technique,
            equipment=room.equipment,
            examination=planned.examination,
            identifiers=planned.identifiers,
            acquired_at=planned.acquired_at,
            quality_control=flag,
            source_image_uid=source,
            **header,
        )
        described = {
            **header,
            "sop_class": room.sop_class,
            "sop_class_uid": str(dataset.SOPClassUID),
            "transfer_syntax": syntax,
            "rows": pixels.shape[0],
            "columns": pixels.shape[1],
            "pixel_pitch_mm": image.detector.pixel_pitch_mm,
        }
        if planned.presentation_of is None:
            described["response"] = list(image.detector.response_coefficients)
        self._enter(
            ManifestEntry(
                path=path,
                kind=exposure.kind if isinstance(exposure, TestExposure) else "clinical",
                expected=_expected(planned),
                sop_instance_uid=str(dataset.SOPInstanceUID),
                image=described,
                technique=stated(image.technique),
                truth=image.truth,
                quality_control=flag,
                problem=_problem(planned),
                repeat_of=planned.repeat_of,
                presentation_of=planned.presentation_of,
                **_circumstances(planned),
            )
        )
        if not is_test and planned.presentation_of is None and path == planned.path:
            event = reported_event(planned, image, dataset.SOPClassUID)
            self._events.setdefault(planned.identifiers.study, []).append(event)

    def _write_report(self, planned: PlannedObject) -> None:
        events = self._events[planned.identifiers.study]
        dataset = write_dose_report(
            self._place(planned.path),
            events=events,
            equipment=planned.room.equipment,
            examination=planned.examination,
            identifiers=planned.identifiers,
            reported_at=planned.acquired_at,
        )
        self._enter(
            ManifestEntry(
                path=planned.path,
                kind="dose_report",
                expected="measured",
                sop_instance_uid=str(dataset.SOPInstanceUID),
                truth={
                    "events": len(events),
                    "total_dap_gy_m2": sum(event.dap_gy_m2 or 0.0 for event in events),
                    "image_uids": [str(event.image_uid) for event in events],
                },
                **_circumstances(planned),
            )
        )

    def _place(self, path: str) -> Path:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def _write(self, path: str, content: bytes) -> None:
        self._place(path).write_bytes(content)

    def _enter(self, entry: ManifestEntry) -> None:
        self.entries[entry.path] = entry
        if self.progress is not None:
            self.progress(len(self.entries), self.files)


def _circumstances(planned: PlannedObject) -> dict[str, Any]:
    """Who, where and when, for the manifest."""
    return {
        "room": planned.room.name,
        "acquired_at": planned.acquired_at.isoformat(),
        "patient_id": planned.examination.patient_id,
        "study_uid": str(planned.identifiers.study_uid),
        "operator": planned.operator,
    }


def _expected(planned: PlannedObject) -> Expected:
    """Sharpness and noise need linear signal; the field's edges do not."""
    exposure = planned.exposure
    if isinstance(exposure, TestExposure) and exposure.kind != "collimated_field" and not planned.room.test.is_linear:
        return "not_measurable"
    return "measured"


def _problem(planned: PlannedObject) -> str | None:
    exposure = planned.exposure
    if isinstance(exposure, TestExposure):
        return "gain_nonuniformity" if exposure.gain_nonuniformity_fraction else None
    if exposure is not None and exposure.deviation_index_error:
        return "inconsistent_deviation_index"
    return "exposure_index_calibration" if planned.room.exposure_index_factor != 1.0 else None
