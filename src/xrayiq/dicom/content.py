"""Content tree of a structured report as frozen values, keyed by code value, never by the code's meaning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pydicom.dataset import Dataset

from xrayiq.dicom.elements import Elements, sequence_items
from xrayiq.errors import HeaderError

Code = tuple[str, str, str]

#: deepest nesting that is followed; real dose reports have 5 levels
_DEPTH_MAX: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentItem:
    """One item of a structured report.

    Parameters
    ----------
    kind : str
        Value type: CONTAINER, NUM, CODE, TEXT, UIDREF, DATETIME, IMAGE …
    concept : Code
        (code value, scheme, meaning) of its name; empty texts where it has none.
    number : float or None
        Of a NUM item with a readable value.
    measured : bool
        False for a NUM item without measured value.
    unit : str
        Code value of its unit.
    coded : Code or None
        Value of a CODE item.
    text : str or None
        Value of a TEXT, UIDREF or DATETIME item, or the UID an IMAGE item refers to.
    children : tuple of ContentItem
        Items below.
    """

    kind: str
    concept: Code
    number: float | None = None
    measured: bool = False
    unit: str = ""
    coded: Code | None = None
    text: str | None = None
    children: tuple[ContentItem, ...] = ()

    def is_named(self, code_value: str) -> bool:
        """True where the item's name is this code of the DICOM scheme (or of none stated)."""
        return self.concept[0] == code_value and self.concept[1] in ("DCM", "")

    def named(self, code_value: str) -> tuple[ContentItem, ...]:
        """Children of this name."""
        return tuple(child for child in self.children if child.is_named(code_value))

    def walk(self) -> Iterator[ContentItem]:
        """All items below, outer ones first."""
        level = list(self.children)
        while level:
            yield from level
            level = [child for item in level for child in item.children]


def content_tree(dataset: Dataset, name: str, depth: int = 0) -> ContentItem:
    """Tree of a report or of one of its items.

    Parameters
    ----------
    dataset : Dataset
        Root of the report.
    name : str
        Name used in messages.
    depth : int
        Level of this item.

    Raises
    ------
    HeaderError
        The content is nested too deeply.
    """
    if depth > _DEPTH_MAX:
        raise HeaderError(
            f"content nested deeper than {_DEPTH_MAX} levels", needed="a report of sane structure", source=name
        )
    elements = Elements((dataset,))
    kind = elements.text("ValueType") or ""
    number, measured, unit = _measured(dataset) if kind == "NUM" else (None, False, "")
    return ContentItem(
        kind=kind,
        concept=_code(dataset, "ConceptNameCodeSequence") or ("", "", ""),
        number=number,
        measured=measured,
        unit=unit,
        coded=_code(dataset, "ConceptCodeSequence") if kind == "CODE" else None,
        text=_text(dataset, elements, kind),
        children=tuple(content_tree(item, name, depth + 1) for item in sequence_items(dataset, "ContentSequence")),
    )


def _code(dataset: Dataset, keyword: str) -> Code | None:
    items = sequence_items(dataset, keyword)[:1]
    if not items:
        return None
    code = Elements(items)
    value = code.text("CodeValue") or code.text("LongCodeValue") or ""
    return value, code.text("CodingSchemeDesignator") or "", code.text("CodeMeaning") or ""


def _measured(dataset: Dataset) -> tuple[float | None, bool, str]:
    items = sequence_items(dataset, "MeasuredValueSequence")[:1]
    if not items:
        return None, False, ""
    unit = _code(items[0], "MeasurementUnitsCodeSequence")
    return Elements(items).number("NumericValue"), True, unit[0] if unit else ""


def _text(dataset: Dataset, elements: Elements, kind: str) -> str | None:
    if kind == "TEXT":
        return elements.text("TextValue")
    if kind == "UIDREF":
        return elements.uid("UID")
    if kind == "DATETIME":
        return elements.text("DateTime")
    if kind in ("IMAGE", "COMPOSITE"):
        return Elements(sequence_items(dataset, "ReferencedSOPSequence")[:1]).uid("ReferencedSOPInstanceUID")
    return None
