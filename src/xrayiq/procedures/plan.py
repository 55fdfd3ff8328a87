"""Digest of all that decides what a run does with a file."""

from __future__ import annotations

import hashlib
import json

from xrayiq.procedures.catalogue import PROCEDURES
from xrayiq.procedures.defect_history import HISTORY_PROCEDURES
from xrayiq.procedures.scoring import DOCUMENTS
from xrayiq.procedures.set_scoring import SET_PROCEDURES
from xrayiq.procedures.site import Site


def plan_digest(site: Site) -> str:
    """Digest of all procedures, their versions and parameters, and the site's settings.

    A file that was scored under this digest and has not changed needs no second look.
    """
    rows = [(procedure.name, procedure.algorithm_version, procedure.digest(site)) for procedure in PROCEDURES]
    counted = [[repr(entry) for entry in site.equipment], site.test_patients]
    text = json.dumps([rows, sorted({**SET_PROCEDURES, **HISTORY_PROCEDURES, **DOCUMENTS}.items()), counted])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
