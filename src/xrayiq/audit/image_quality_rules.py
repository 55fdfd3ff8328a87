"""Rules of the audit of image quality: from where on an image has a fault, and a room too many of them."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Final

from xrayiq.audit.rule_parts import RuleParts, changed_parts, parts_of

#: columns that exposures are grouped by: of one unit, of one unit's examination, of an examination whatever the room
UNIT: Final = ("site", "room", "unit")
EXAMINATION: Final = ("body_part", "view", "patients")
GROUP: Final = (*UNIT, *EXAMINATION)
#: faults of images: the column that says it of an exposure, and how it is called; each is a part of the rules
FAULTS: Final = {
    "saturation": ("is_saturated", "saturated anatomy"),
    "clipping": ("is_clipped", "pixels clipped at an end of the range"),
    "grid_lines": ("has_grid_lines", "visible lines of the grid"),
    "beyond_detector": ("is_beyond_detector", "field beside the detector"),
    "seams": ("has_seam", "visible seams of panels or stitched parts"),
}
_PARTS: Final = ("judging", "noise", *FAULTS, "recurring")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageQualityRules(RuleParts):
    """All rules of an audit of image quality, as ``data/image_quality_audit.toml`` has them.

    Its parts are ``"judging"``, ``"noise"``, one for each of `FAULTS`, and ``"recurring"``.
    """


@functools.cache
def shipped_image_quality_rules() -> ImageQualityRules:
    """Rules of ``data/image_quality_audit.toml``."""
    text = resources.files("xrayiq.data").joinpath("image_quality_audit.toml").read_text("utf-8")
    return ImageQualityRules(**parts_of(tomllib.loads(text), _PARTS))


def site_image_quality_rules(rows: object, source: str) -> ImageQualityRules:
    """Shipped rules with a site's ``[image_quality_audit.PART]`` in their place.

    Parameters
    ----------
    rows : dict of dict
        Settings of the shipped file by part and name.
    source : str
        For messages.

    Raises
    ------
    SiteError
        It holds an unknown part or setting, or one that is no number of 0 or more.
    """
    return changed_parts(shipped_image_quality_rules(), rows, name="image_quality_audit", source=source)
