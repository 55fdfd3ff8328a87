"""Content tree of a structured report as frozen values, keyed by code value, never by the code's meaning."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from xrayiq.dicom.elements import Elements, Layer, clean_text
from xrayiq.dicom.scanned_items import layers_of, scanned_items
from xrayiq.dicom.tag_scanner import ScannedElements

Code = tuple[str, str, str]

#: deepest nesting that is followed; real dose reports have 5 levels
DEPTH_MAX: Final = 32

_VALUE_TYPE: Final = 0x0040A040
_CONTENT: Final = 0x0040A730
_CONCEPT_NAME: Final = 0x0040A043
_CONCEPT_CODE: Final = 0x0040A168
_MEASURED_VALUE: Final = 0x0040A300
_UNITS: Final = 0x004008EA
_REFERENCED: Final = 0x00081199
#: comments hold values of the maker's own
_COMMENT: Final = "121106"
_COMMENT_LENGTH: Final = 2048
_NO_CODE: Final = ("", "", "")
_NOT_MEASURED: Final = (None, "", False, _NO_CODE)
_KINDS: Final = {
    (kind if len(kind) % 2 == 0 else f"{kind} ").encode(): kind
    for kind in ("CONTAINER", "NUM", "CODE", "TEXT", "UIDREF", "DATETIME", "IMAGE", "PNAME")
}
_TEXTS: Final = {
    "TEXT": "TextValue",
    "DATETIME": "DateTime",
    "DATE": "Date",
    "TIME": "Time",
    "PNAME": "PersonName",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentItem:
    """One item of a structured report.

    Parameters
    ----------
    kind : str
        Value type: CONTAINER, NUM, CODE, TEXT, UIDREF, DATETIME, IMAGE …
    concept : Code
        (code value, scheme, meaning) of its name; empty texts where it has none.
    path : str
        Code values from the root, with the place of each item among those of its level, from 1.
    number : float or None
        Of a NUM item with a readable value.
    digits : str
        That number as it is written.
    measured : bool
        False for a NUM item without measured value.
    unit : Code
        Unit of a NUM item; empty texts where it has none.
    coded : Code or None
        Value of a CODE item.
    text : str or None
        Value of a TEXT, UIDREF, DATETIME or PNAME item, or the UID an IMAGE item refers to.
    children : tuple of ContentItem
        Items below.
    is_whole : bool
        False where items below could not be read, or are nested too deeply.
    """

    kind: str
    concept: Code
    path: str = ""
    number: float | None = None
    digits: str = ""
    measured: bool = False
    unit: Code = _NO_CODE
    coded: Code | None = None
    text: str | None = None
    children: tuple[ContentItem, ...] = ()
    is_whole: bool = True

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


def content_tree(root: Layer) -> ContentItem:
    """Tree of a report: what of it can be read.

    Parameters
    ----------
    root : Dataset or ScannedElements
        The report.
    """
    return _item(root, "", 0, 0)


def _item(layer: Layer, above: str, place: int, depth: int) -> ContentItem:
    elements = Elements((layer,))
    kind = _kind(layer, elements)
    concept = _code(layer, _CONCEPT_NAME) or _NO_CODE
    path = f"{above}/{concept[0] or '?'}[{place}]" if above else concept[0] or "?"
    number, digits, measured, unit = _measured(layer) if kind == "NUM" else _NOT_MEASURED
    items, whole = layers_of(layer, _CONTENT)
    if depth == DEPTH_MAX and items:
        items, whole = (), False
    return ContentItem(
        kind=kind,
        concept=concept,
        path=path,
        number=number,
        digits=digits,
        measured=measured,
        unit=unit,
        coded=_code(layer, _CONCEPT_CODE) if kind == "CODE" else None,
        text=_text(layer, elements, kind, concept[0]),
        children=tuple([_item(item, path, number, depth + 1) for number, item in enumerate(items, start=1)]),
        is_whole=whole,
    )


def _code(layer: Layer, tag: int) -> Code | None:
    """Code of a sequence of one; reports repeat the same few hundred times over, so that bytes once read are known."""
    if isinstance(layer, ScannedElements):
        stored = layer.stored.get(tag)
        if stored is None:
            return None
        return _code_of_bytes(stored[1], stored[0] == "UN" or layer.implicit, layer.original_character_set)
    items, _ = layers_of(layer, tag)
    return _code_of(items[0]) if items else None


@functools.lru_cache(maxsize=2048)
def _code_of_bytes(content: bytes, implicit: bool, encodings: str | tuple[str, ...]) -> Code | None:
    items, _ = scanned_items(content, implicit, encodings)
    return _code_of(items[0]) if items else None


def _code_of(layer: Layer) -> Code:
    code = Elements((layer,))
    value = code.text("CodeValue") or code.text("LongCodeValue") or code.text("URNCodeValue") or ""
    return value, code.text("CodingSchemeDesignator") or "", code.text("CodeMeaning") or ""


def _kind(layer: Layer, elements: Elements) -> str:
    stored = layer.stored.get(_VALUE_TYPE) if isinstance(layer, ScannedElements) else None
    known = None if stored is None else _KINDS.get(stored[1])
    return known or elements.text("ValueType") or ""


def _measured(layer: Layer) -> tuple[float | None, str, bool, Code]:
    """Number, its digits, whether there is one, and its unit; bytes once read are known, as for codes."""
    if isinstance(layer, ScannedElements):
        stored = layer.stored.get(_MEASURED_VALUE)
        if stored is None:
            return _NOT_MEASURED
        return _measured_of_bytes(stored[1], stored[0] == "UN" or layer.implicit, layer.original_character_set)
    return _measured_of(layers_of(layer, _MEASURED_VALUE)[0])


@functools.lru_cache(maxsize=4096)
def _measured_of_bytes(
    content: bytes, implicit: bool, encodings: str | tuple[str, ...]
) -> tuple[float | None, str, bool, Code]:
    return _measured_of(scanned_items(content, implicit, encodings)[0])


def _measured_of(items: tuple[Layer, ...]) -> tuple[float | None, str, bool, Code]:
    if not items:
        return _NOT_MEASURED
    value = Elements(items[:1])
    written = value.values("NumericValue")[:1]
    unit = _code(items[0], _UNITS) or _NO_CODE
    return value.number("NumericValue"), str(written[0]) if written else "", bool(written), unit


def _text(layer: Layer, elements: Elements, kind: str, concept: str) -> str | None:
    keyword = _TEXTS.get(kind)
    if concept == _COMMENT and kind == "TEXT":
        return clean_text("\\".join(map(str, elements.values("TextValue"))), _COMMENT_LENGTH) or None
    if keyword is not None:
        return elements.text(keyword)
    if kind == "UIDREF":
        return elements.uid("UID")
    if kind in ("IMAGE", "COMPOSITE"):
        return Elements(layers_of(layer, _REFERENCED)[0][:1]).uid("ReferencedSOPInstanceUID")
    return None
