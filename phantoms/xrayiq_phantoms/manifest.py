"""The truth of a simulated archive, file by file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal

MANIFEST_NAME: Final = "manifest.json"
FORMAT_VERSION: Final = 1

FileKind = Literal[
    "flat_field", "edge", "collimated_field", "clinical", "dose_report", "performed_step", "reject_note", "not_dicom"
]
Expected = Literal["measured", "not_measurable", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestEntry:
    """What one file is and what a right measurement of it would find.

    Parameters
    ----------
    path : str
        Relative to the archive's folder, with forward slashes.
    kind : str
        What the file is; a truncated file keeps the kind of its original.
    expected : {"measured", "not_measurable", "error"}
        Outcome of the kind's leading measurement with nothing but the file: uniformity of a flat field, MTF of an edge,
        collimation of a field or a clinical image, reading of a dose report, a performed step or a reject note. Signal
        of unknown or logarithmic relation is not measurable without a response; a broken file and a file that is not
        DICOM are errors.
    sop_instance_uid : str or None
        Also of a truncated file whose header is whole.
    room : str or None
        Station name.
    acquired_at : str or None
        ISO 8601.
    patient_id, study_uid : str or None
        Simulated identity.
    operator : int or None
        Number of the simulated operator.
    image : dict
        SOP class, intent, photometric interpretation, relationship, sign, bits, signed, transfer syntax, rows, columns,
        pixel pitch.
    technique : dict
        Fields of `Technique` that the header states, in their units.
    truth : dict
        Values known from the simulation, by the kind.
    quality_control : bool or None
        As the header flags it.
    problem : str or None
        What is wrong on purpose: ``gain_nonuniformity``, ``exposure_index_calibration``,
        ``inconsistent_deviation_index``, ``truncated`` …
    repeat_of, duplicate_of, presentation_of : str or None
        Path of the file that this one repeats (apparent repeat), copies, or was processed from.
    """

    path: str
    kind: FileKind
    expected: Expected
    sop_instance_uid: str | None = None
    room: str | None = None
    acquired_at: str | None = None
    patient_id: str | None = None
    study_uid: str | None = None
    operator: int | None = None
    image: dict[str, Any] = field(default_factory=dict)
    technique: dict[str, Any] = field(default_factory=dict)
    truth: dict[str, Any] = field(default_factory=dict)
    quality_control: bool | None = None
    problem: str | None = None
    repeat_of: str | None = None
    duplicate_of: str | None = None
    presentation_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """What is wrong on purpose with how a room works, and how an audit is to name it.

    Parameters
    ----------
    audit : str
        Which audit is to find it: ``exposure``, ``collimation``, ``repeats`` or ``protocol``.
    kinds : tuple of str
        Kinds of its finding; the first must be there, the others may follow from the same cause.
    room : str
        Station name.
    text : str
        What is wrong, in words.
    size : float
        How much: deviation index, share of exposures, or the new value of a parameter.
    body_part, view_position : str
        Of what; empty for all that the room does.
    since : str
        First day, ISO 8601; empty for all days.
    """

    audit: str
    kinds: tuple[str, ...]
    room: str
    text: str
    size: float
    body_part: str = ""
    view_position: str = ""
    since: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """All files of a simulated archive.

    Parameters
    ----------
    seed : int
        That it was simulated from.
    entries : tuple of ManifestEntry
        Sorted by path; the manifest file itself is not among them.
    plants : tuple of Plant
        What is wrong with how rooms work, beside what is wrong with single files.
    """

    seed: int
    entries: tuple[ManifestEntry, ...]
    plants: tuple[Plant, ...] = ()

    def __len__(self) -> int:
        return len(self.entries)

    def of_kind(self, kind: FileKind) -> tuple[ManifestEntry, ...]:
        """Entries of one kind, copies and truncated files included."""
        return tuple(entry for entry in self.entries if entry.kind == kind)

    def entry(self, path: str) -> ManifestEntry:
        """Entry of a path relative to the archive.

        Raises
        ------
        KeyError
            There is no such file.
        """
        for entry in self.entries:
            if entry.path == path:
                return entry
        raise KeyError(path)

    def to_json(self) -> str:
        """Text of the manifest file: equal manifests give equal text."""
        described = [
            {name: value for name, value in asdict(entry).items() if value is not None and value != {}}
            for entry in self.entries
        ]
        whole = {"format": FORMAT_VERSION, "seed": self.seed, "files": described}
        if self.plants:
            whole["plants"] = [asdict(plant) for plant in self.plants]
        return json.dumps(whole, indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    def write(self, folder: str | Path) -> Path:
        """Write the manifest into the archive's folder and return its path."""
        path = Path(folder) / MANIFEST_NAME
        path.write_text(self.to_json(), encoding="utf-8", newline="\n")
        return path


def read_manifest(folder: str | Path) -> Manifest:
    """Manifest of a simulated archive.

    Parameters
    ----------
    folder : path
        The archive's folder.

    Raises
    ------
    ValueError
        The file is of another format.
    """
    whole = json.loads((Path(folder) / MANIFEST_NAME).read_text(encoding="utf-8"))
    if whole.get("format") != FORMAT_VERSION:
        raise ValueError(f"manifest of format {whole.get('format')!r}; needed {FORMAT_VERSION}")
    known = {item.name for item in fields(ManifestEntry)}
    entries = tuple(
        ManifestEntry(**{name: value for name, value in entry.items() if name in known}) for entry in whole["files"]
    )
    plants = tuple(Plant(**row | {"kinds": tuple(row["kinds"])}) for row in whole.get("plants", ()))
    return Manifest(seed=whole["seed"], entries=entries, plants=plants)
