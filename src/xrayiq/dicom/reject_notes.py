"""Key object selections that reject or flag images (DICOM PS3.16, TID 2010, CID 7010 and 7011; IHE IOCM)."""

from __future__ import annotations

from typing import Final

from xrayiq.dicom.content import ContentItem, content_tree
from xrayiq.dicom.elements import Elements
from xrayiq.dicom.faults import guarded
from xrayiq.dicom.header import object_header
from xrayiq.dicom.known_codes import known_code
from xrayiq.dicom.opening import Source, opened_document
from xrayiq.errors import NotMeasurableError
from xrayiq.model import RejectNote, ReportCode, ToldReject

#: titles that are read: rejected for quality or safety, wrong worklist entry, retention expired, quality issue
TITLES: Final = frozenset({"113001", "113037", "113038", "113039", "113010"})
_TITLE_MODIFIER: Final = "113011"
_DESCRIPTION: Final = "113012"
_REFERENCES: Final = frozenset({"IMAGE", "COMPOSITE"})


def read_reject_note(source: Source, *, key: bytes | None = None) -> RejectNote:
    """Objects that a key object selection rejects or flags, and why.

    Parameters
    ----------
    source : path, bytes, binary file object or pydicom Dataset
        The key object selection.
    key : bytes, optional
        Secret key (`xrayiq.key_file.load_key`) for the hashes that stand for patient and operator.

    Returns
    -------
    RejectNote
        One `ToldReject` for each object that the content refers to, or, where it refers to none, the evidence sequence;
        each once. The reason is the first title modifier of CID 7011. Of a description in words only that there is one
        is kept. `exposed_at` stays None: the note's own time is in its header.

    Raises
    ------
    ReadError
        One of its kinds: the source is no DICOM object or is damaged.
    NotMeasurableError
        The object is no such note (``not_a_reject_note``).
    """
    opened = opened_document(source)
    with guarded(opened.name):
        root = content_tree(opened.content)
        title = root.concept[0]
        if title not in TITLES or root.concept[1] not in ("DCM", ""):
            raise NotMeasurableError(
                "not_a_reject_note",
                f"an object with the title {title!r}",
                needed="a key object selection with one of the titles " + ", ".join(sorted(TITLES)),
                source=opened.name,
            )
        elements = Elements((opened.content,))
        codes = _reasons(root)
        studies = _referenced_studies(elements)
        uids = [item.text for item in root.walk() if item.kind in _REFERENCES and item.text] or list(studies)
        header = object_header(opened, key)
        rejects = tuple(
            ToldReject(
                image_uid=uid,
                study_uid=studies.get(uid) or header.study_uid,
                code=codes[0] if codes else None,
                patient_key=header.patient_key,
            )
            for uid in dict.fromkeys(uids)
        )
        return RejectNote(
            header=header,
            source="key_object",
            title=title,
            codes=codes,
            has_text=any(item.kind == "TEXT" and item.is_named(_DESCRIPTION) and item.text for item in root.walk()),
            rejects=rejects,
        )


def _reasons(root: ContentItem) -> tuple[ReportCode, ...]:
    modifiers = [item.coded for item in root.walk() if item.kind == "CODE" and item.is_named(_TITLE_MODIFIER)]
    return tuple(dict.fromkeys(known_code(code) for code in modifiers if code and any(code[:2])))


def _referenced_studies(elements: Elements) -> dict[str, str]:
    """Study of each object of the evidence sequence, in its order; empty text where it is not told."""
    return {
        uid: study.uid("StudyInstanceUID") or ""
        for study in _inside(elements, "CurrentRequestedProcedureEvidenceSequence")
        for series in _inside(study, "ReferencedSeriesSequence")
        for one in _inside(series, "ReferencedSOPSequence")
        if (uid := one.uid("ReferencedSOPInstanceUID"))
    }


def _inside(elements: Elements, keyword: str) -> list[Elements]:
    return [Elements((item,)) for item in elements.items(keyword)]
