"""Rows of a simulated archive in which some exposures were taken again, and which ones: truth for apparent repeats.

No image is made: a row holds what headers and dose reports tell of an exposure. Beside the retakes stand the
examinations that look like some: two views, both sides, parts of a long image, infants of one or two images, breathing
in and out, standing pairs, two images that cover one large patient, and later controls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_START: Final = np.datetime64("2026-01-05T00:00:00", "us")
_DAYS: Final = 91
#: part, view, side, protocol, seconds from the first image, shift of the field's centre as a fraction of its side
_Image = tuple[str, str, str, str, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyKind:
    """A kind of examination: its share of all, and its images."""

    name: str
    share: float
    images: tuple[_Image, ...]


#: shares are of studies; confounders are more frequent than in a general department
KINDS: Final = (
    StudyKind(
        name="two_views",
        share=0.30,
        images=(("CHEST", "PA", "", "Chest PA", 0, 0), ("CHEST", "LAT", "", "Chest LAT", 70, 0)),
    ),
    StudyKind(name="one_view", share=0.24, images=(("ABDOMEN", "AP", "", "Abdomen AP", 0, 0),)),
    StudyKind(
        name="joint",
        share=0.22,
        images=(("KNEE", "AP", "R", "Knee AP", 0, 0), ("KNEE", "LAT", "R", "Knee LAT", 60, 0)),
    ),
    StudyKind(
        name="bilateral",
        share=0.08,
        images=(
            ("HAND", "PA", "R", "Hand", 0, 0),
            ("HAND", "PA", "L", "Hand", 45, 0),
            ("HAND", "OBL", "R", "Hand", 90, 0),
            ("HAND", "OBL", "L", "Hand", 135, 0),
        ),
    ),
    StudyKind(
        name="stitched",
        share=0.03,
        images=tuple(("SPINE", "AP", "", "Full Spine stitching", 5.0 * part, 0.85 * part) for part in range(3)),
    ),
    StudyKind(
        name="stitched_unnamed",
        share=0.01,
        images=tuple(("LEG", "AP", "L", "Leg AP", 6.0 * part, 0.85 * part) for part in range(3)),
    ),
    StudyKind(name="babygram", share=0.03, images=(("CHEST", "AP", "", "Babygram", 0, 0),)),
    StudyKind(
        name="babygram_two",
        share=0.01,
        images=(("CHEST", "AP", "", "Babygram", 0, 0), ("CHEST", "AP", "", "Babygram", 50, 0.7)),
    ),
    StudyKind(
        name="breathing",
        share=0.015,
        images=(("CHEST", "PA", "", "Chest insp", 0, 0), ("CHEST", "PA", "", "Chest exsp", 40, 0)),
    ),
    StudyKind(
        name="breathing_unnamed",
        share=0.002,
        images=(("CHEST", "PA", "", "Chest PA", 0, 0), ("CHEST", "PA", "", "Chest PA", 40, 0)),
    ),
    StudyKind(
        name="standing",
        share=0.02,
        images=(("ANKLE", "AP", "L", "Ankle AP", 0, 0), ("ANKLE", "AP", "L", "Ankle AP weight bearing", 80, 0)),
    ),
    StudyKind(
        name="large_patient",
        share=0.013,
        images=(("ABDOMEN", "AP", "", "Abdomen AP", 0, 0), ("ABDOMEN", "AP", "", "Abdomen AP", 75, 0.65)),
    ),
    StudyKind(
        name="later_control",
        share=0.03,
        images=(("CHEST", "AP", "", "Chest AP bed", 0, 0), ("CHEST", "AP", "", "Chest AP bed", 5400, 0)),
    ),
)
#: why exposures were taken again, and how often
REASONS: Final = {"positioning": 0.50, "cut_off": 0.15, "exposure": 0.15, "motion": 0.12, "artefact": 0.08}
_ROOMS: Final = 4
_AREA_MM2: Final = {"CHEST": 1.2e5, "ABDOMEN": 1.4e5, "SPINE": 1.2e5, "LEG": 0.8e5, "KNEE": 4.0e4, "HAND": 4.0e4}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RepeatArchive:
    """Rows of an archive and their truth.

    Parameters
    ----------
    columns : dict of str to array
        One array for each column of the exposures, all of one length, in the order of time.
    is_repeat : array of bool
        Whether the exposure repeats an earlier one.
    kind : array of str
        Kind of its study.
    reason : array of str
        Why the earlier one was taken again; empty where it is no repeat.
    """

    columns: dict[str, NDArray[Any]]
    is_repeat: NDArray[np.bool_]
    kind: NDArray[np.str_]
    reason: NDArray[np.str_]


def simulate_repeat_archive(
    *, studies: int, repeat_rate: float = 0.05, seed: int = 1, kinds: tuple[StudyKind, ...] = KINDS
) -> RepeatArchive:
    """Exposures of a quarter of a department, some of them repeats.

    Parameters
    ----------
    studies : int
        Number of examinations.
    repeat_rate : float
        Expected share of repeats among all images: every exposure, also a repeat, is taken again with this probability.
    seed : int
        Equal seeds give equal rows.
    kinds : tuple of StudyKind
        Kinds of examination; their shares are scaled to 1.

    Returns
    -------
    RepeatArchive
        A retake follows a median of 100 s after the exposure (log-normal, sigma 0.55, at least 20 s). After positioning
        the field's centre shifts by some 10 % of its side, after a cut-off the field grows, an exposure that was off
        target returns to it, after motion or artefacts nothing changes but noise. In one room of four no deviation
        index is told, in another no field. Of parts with two sides 4 % tell none; 2 % of images tell no view.
    """
    rng = np.random.default_rng(seed)
    shares = np.array([kind.share for kind in kinds])
    of_study = rng.choice(len(kinds), size=studies, p=shares / shares.sum())
    lengths = np.array([len(kind.images) for kind in kinds])
    first = np.concatenate(([0], np.cumsum(lengths)))
    study = np.repeat(np.arange(studies), lengths[of_study])
    begin = np.repeat(np.cumsum(lengths[of_study]) - lengths[of_study], lengths[of_study])
    template = first[of_study[study]] + np.arange(study.size) - begin
    # a retake may be retaken: geometric numbers
    retakes = rng.geometric(1.0 - repeat_rate, size=study.size) - 1
    planned = np.repeat(np.arange(study.size), retakes + 1)
    is_repeat = np.concatenate(([False], np.diff(planned) == 0))
    return _rows(rng, kinds, study[planned], template[planned], of_study, is_repeat)


def _rows(
    rng: np.random.Generator,
    kinds: tuple[StudyKind, ...],
    study: NDArray[np.int64],
    template: NDArray[np.int64],
    of_study: NDArray[np.int64],
    is_repeat: NDArray[np.bool_],
) -> RepeatArchive:
    size, studies = study.size, of_study.size
    texts = [np.array([image[place] for kind in kinds for image in kind.images])[template] for place in range(4)]
    part, view, side, protocol = texts
    numbers = np.array([image[4:] for kind in kinds for image in kind.images], dtype=np.float64)
    room = rng.integers(0, _ROOMS, size=studies)[study]
    reason = np.where(is_repeat, rng.choice(list(REASONS), size=size, p=list(REASONS.values())), "")
    # seconds from the study's begin: planned offsets with some jitter, and what retakes took
    wait = np.maximum(100.0 * np.exp(0.55 * rng.standard_normal(size)), 20.0)
    offset = numbers[template, 0] * rng.uniform(0.85, 1.6, size=size) ** (numbers[template, 0] > 20.0)
    late = np.where(is_repeat, wait, 0.0)
    total = np.cumsum(late)
    start = np.searchsorted(study, study)  # first row of each study
    seconds = offset + total - (total[start] - late[start])
    of_first = np.where(is_repeat, 0, np.arange(size))
    original = np.maximum.accumulate(of_first)  # retakes follow what they repeat, whatever the jitter
    seconds = np.where(is_repeat, seconds[original] + total - total[original], seconds)
    moment = (rng.integers(0, _DAYS, size=studies) * 86400.0 + rng.uniform(7.0, 20.0, size=studies) * 3600.0)[study]
    exposed_at = _START + ((moment + seconds) * 1e6).astype("timedelta64[us]")
    index = 1.2 * rng.standard_normal(size)
    following = np.concatenate((reason[1:], [""]))
    wrong = np.where(rng.random(size) < 0.6, -1.0, 1.0) * rng.uniform(3.0, 6.0, size=size)
    index = np.where(following == "exposure", wrong, index)  # what was taken again for its exposure was off target
    usual = np.array([_AREA_MM2.get(name, 6.0e4) for name in part])
    area = usual * np.exp(0.15 * rng.standard_normal(studies))[study] * np.exp(0.003 * rng.standard_normal(size))
    area = area * np.where(reason == "cut_off", rng.uniform(1.05, 1.35, size=size), 1.0)
    area = area * np.where(reason == "positioning", np.exp(0.06 * rng.standard_normal(size)), 1.0)
    edge = np.sqrt(usual)
    shift = np.where(np.isin(reason, ["positioning", "cut_off"]), 0.10, 0.004) * rng.standard_normal((2, size))
    row = edge * (numbers[template, 1] + shift[0])
    column = edge * shift[1]
    area, row, column = (np.where(room == 3, np.nan, values) for values in (area, row, column))
    side = np.where((side != "") & (rng.random(studies) < 0.04)[study], "", side)
    view = np.where(rng.random(size) < 0.02, "", view)
    charge = 2.0 * np.exp(0.3 * rng.standard_normal(size))
    columns: dict[str, NDArray[Any]] = {
        "subject": np.char.add("1.2.7.", np.arange(size).astype(str)),
        "source": np.full(size, "image"),
        "exposed_at": exposed_at,
        "site": np.full(size, "North"),
        "room": np.char.add("R", room.astype(str)),
        "unit": np.char.add("U", room.astype(str)),
        "study_uid": np.char.add("1.2.8.", study.astype(str)),
        "patient_key": np.char.add("p", study.astype(str)),
        "operator_key": np.char.add("o", rng.integers(0, 12, size=studies).astype(str))[study],
        "body_part": part,
        "view": view,
        "laterality": side,
        "protocol_name": protocol,
        "patient_age_years": np.where(np.char.startswith(protocol, "Baby"), 0.5, 50.0),
        "deviation_index": np.where(room == 2, np.nan, index),
        "field_area_mm2": area,
        "field_center_row_mm": row,
        "field_center_column_mm": column,
        "exposure_mas": charge,
        "dose_area_product": 1.0e-5 * charge,
    }
    order = np.argsort(exposed_at, kind="stable")
    return RepeatArchive(
        columns={name: values[order] for name, values in columns.items()},
        is_repeat=is_repeat[order],
        kind=np.array([kind.name for kind in kinds])[of_study[study]][order],
        reason=reason[order],
    )
