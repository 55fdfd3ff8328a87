"""Files of a simulated archive as they are written, each with its entry in the manifest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

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
from xrayiq_phantoms.dicom_writer import write_dicom
from xrayiq_phantoms.dose_report import ReportedEvent, write_dose_report
from xrayiq_phantoms.encodings import TransferSyntaxName
from xrayiq_phantoms.manifest import Expected, ManifestEntry
from xrayiq_phantoms.planned import PlannedObject, TestExposure
from xrayiq_phantoms.reject_note import REASONS, write_reject_note

Progress = Callable[[int, int], None]


class ArchiveWriter:
    """Files of one archive, their entries, and what later files need of earlier ones."""

    def __init__(
        self,
        folder: Path,
        *,
        seed: int,
        files: int,
        progress: Progress | None,
        simulate: Callable[[PlannedObject], SimulatedImage] = simulate_image,
    ) -> None:
        self.folder = folder
        self._simulate = simulate
        self.seed = seed
        self.files = files
        self.progress = progress
        self.entries: dict[str, ManifestEntry] = {}
        self._events: dict[str, list[ReportedEvent]] = {}
        self._last: tuple[str, SimulatedImage] | None = None

    def write_object(self, planned: PlannedObject) -> None:
        """Write a planned image, dose report or reject note."""
        if planned.exposure is None:
            if planned.rejects is None:
                self._write_report(planned)
            else:
                self._write_note(planned, planned.rejects)
            return
        original = planned.presentation_of or planned.path
        if self._last is None or self._last[0] != original:
            self._last = (original, self._simulate(planned))
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
        self._write_image(planned, self._simulate(planned), path, syntax)
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
        text = "\n".join(["sop_instance_uid,kerma_ugy,beam", *lines, ""])
        self.write_text("DICOM/kerma.csv", text, problem="kerma_table")

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

    def _write_note(self, planned: PlannedObject, rejected: str) -> None:
        image = str(self.entries[rejected].sop_instance_uid)
        dataset = write_reject_note(
            self._place(planned.path),
            image_uids=[image],
            reasons=[REASONS[planned.reason]],
            equipment=planned.room.equipment,
            examination=planned.examination,
            identifiers=planned.identifiers,
            noted_at=planned.acquired_at,
        )
        self._enter(
            ManifestEntry(
                path=planned.path,
                kind="reject_note",
                expected="measured",
                sop_instance_uid=str(dataset.SOPInstanceUID),
                truth={"image_uid": image, "reason": planned.reason},
                **_circumstances(planned),
            )
        )

    def write_text(self, path: str, text: str, *, problem: str) -> None:
        """A text file that belongs to the archive."""
        self._write(path, text.encode())
        self._enter(ManifestEntry(path=path, kind="not_dicom", expected="error", problem=problem))

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
    if exposure is not None and exposure.irradiated_mm is not None:
        return "cropped_afterwards"
    return "exposure_index_calibration" if planned.room.exposure_index_factor != 1.0 else None
