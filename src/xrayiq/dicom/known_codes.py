"""Codes with the standard's own meaning: what a report says that a code means is free text, and is not kept."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Final, cast

from xrayiq.dicom.content import Code

#: what a code value or the name of a scheme may look like
_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
#: names of SNOMED-RT in older objects
_OLD_SNOMED: Final = frozenset({"SRT", "SNM3", "99SDM"})


def known_code(code: Code) -> Code:
    """A code with the meaning that DICOM PS3.16 gives it; empty where it gives none.

    A value or scheme that does not look like one is left empty.
    """
    value, scheme = (text if _PLAIN.fullmatch(text) else "" for text in code[:2])
    return value, scheme, standard_meaning(value, scheme)


def standard_meaning(value: str, scheme: str) -> str:
    """What DICOM PS3.16 says that a code means; empty where it does not say."""
    if scheme in _OLD_SNOMED:
        from pydicom.sr._snomed_dict import mapping  # thousands of codes: not with every process

        value, scheme = mapping["SRT"].get(value, ""), "SCT"
    return _meanings(scheme or "DCM").get(value, "")


@functools.cache
def _meanings(scheme: str) -> dict[str, str]:
    from pydicom.sr._concepts_dict import concepts  # thousands of codes: not with every process

    by_name = cast(Mapping[str, Mapping[str, tuple[str, object]]], concepts.get(scheme, {}))
    return {value: told[0] for meanings in by_name.values() for value, told in meanings.items()}
