"""Sides: attributes, words of view and protocol, and the body part, held against each other."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator
from importlib import resources
from typing import Any, Final

from xrayiq.audit import ExaminationNames
from xrayiq.model import Acquisition, HeaderProblem, ObjectHeader

SIDES: Final = ("L", "R", "U", "B")
_OF_ONE: Final = ("L", "R")


def laterality_impossible(acquisition: Acquisition) -> Iterator[HeaderProblem]:
    """A side that is none of DICOM's."""
    side = acquisition.laterality
    if side is not None and side.upper() not in SIDES:
        yield HeaderProblem(
            check="laterality_impossible",
            attributes=("ImageLaterality", "Laterality"),
            found="a side that is none of " + ", ".join(SIDES),
            needed="one of them",
            remedy="xrayiq takes it for no side; have the console's list of sides mended",
            severity="problem",
        )


def laterality_contradicts(header: ObjectHeader) -> Iterator[HeaderProblem]:
    """Two attributes with different sides."""
    told = {side for _, side in header.detail.lateralities if side in _OF_ONE}
    if len(told) > 1:
        yield HeaderProblem(
            check="laterality_contradicts",
            attributes=tuple(name for name, _ in header.detail.lateralities),
            found=", ".join(f"{name} {side}" for name, side in header.detail.lateralities),
            needed="the same side in all",
            remedy="look at the image's marker: a mistaken side harms",
            severity="problem",
        )


def laterality_of_protocol(header: ObjectHeader, *, paired: bool) -> Iterator[HeaderProblem]:
    """A side beside a protocol or view that names the other one."""
    acquisition = header.acquisition
    side = (acquisition.laterality or "").upper()
    named = side_of_text(f"{acquisition.protocol_name or ''} {acquisition.view_position or ''}", letters=paired)
    if side in _OF_ONE and named in _OF_ONE and side != named:
        yield HeaderProblem(
            check="laterality_of_protocol",
            attributes=("ImageLaterality", "Laterality", "ProtocolName", "ViewPosition"),
            found=f"side {side} beside a protocol or view that names {named}",
            needed="the same side in both",
            remedy="look at the image's marker; the programme of the other side may have been chosen",
            severity="problem",
        )


def examination_contradicts(acquisition: Acquisition, names: ExaminationNames) -> Iterator[HeaderProblem]:
    """A body part or view beside a protocol whose name tells another one."""
    if not acquisition.protocol_name:
        return
    said = names.examination(body_part=acquisition.body_part, view_position=acquisition.view_position)
    meant = names.examination(protocol_name=acquisition.protocol_name)
    if said.body_part and meant.body_part and names.group_of(said.body_part) != names.group_of(meant.body_part):
        yield HeaderProblem(
            check="body_part_contradicts",
            attributes=("BodyPartExamined", "ProtocolName"),
            found=f"body part {said.body_part} beside a protocol of {meant.body_part}",
            needed="the same body part in both",
            remedy="have the programme's body part mended, or map the protocol in the site's settings",
            severity="note",
        )
    if said.view and meant.view and said.view != meant.view:
        yield HeaderProblem(
            check="view_contradicts",
            attributes=("ViewPosition", "ViewCodeSequence", "ProtocolName"),
            found=f"view {said.view} beside a protocol of {meant.view}",
            needed="the same view in both",
            remedy="have the programme's view mended, or map the protocol in the site's settings",
            severity="note",
        )


def side_of_text(text: str, *, letters: bool) -> str:
    """``"L"``, ``"R"`` or ``"B"`` as a text names it; empty where it names none, or both without saying so.

    Parameters
    ----------
    text : str
        Name of a protocol, or a view.
    letters : bool
        Whether a single L or R counts.
    """
    plain = text.replace("_", " ")
    left, right, both, left_letter, right_letter = _words()
    if both.search(plain):
        return "B"
    found = (bool(left.search(plain)), bool(right.search(plain)))
    if letters and not any(found):
        found = (bool(left_letter.search(plain)), bool(right_letter.search(plain)))
    return {(True, False): "L", (False, True): "R"}.get(found, "")


@functools.cache
def _words() -> tuple[re.Pattern[str], ...]:
    table: dict[str, Any] = tomllib.loads(
        resources.files("xrayiq.data").joinpath("laterality_words.toml").read_text("utf-8")
    )
    words = [re.compile(rf"\b(?:{'|'.join(table[name])})\b", re.IGNORECASE) for name in ("left", "right", "both")]
    # a letter of its own that no "L-spine" or "L 5" follows
    ends = [re.compile(rf"(?<![\w-]){table[f'{name}_letter']}(?![\w-])(?!\s*\d)") for name in ("left", "right")]
    return (*words, *ends)
