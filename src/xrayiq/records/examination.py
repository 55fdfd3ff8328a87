"""What the parts of an examination share: the store, its seals, and what was found so far."""

from __future__ import annotations

from collections import Counter
from typing import Final

from sqlalchemy import Connection

from xrayiq.model import Fault
from xrayiq.model.event import Damage
from xrayiq.records.sealing import Sealer

_MOST_FAULTS: Final = 1000


class Examination:
    """An examination under way.

    Parameters
    ----------
    connection : Connection
        Sees the store as it stood at one moment.
    sealer : Sealer
        Makes the seals that should be there.
    """

    def __init__(self, connection: Connection, sealer: Sealer) -> None:
        self.connection = connection
        self.sealer = sealer
        self.counts: Counter[str] = Counter()
        self.faults: list[Fault] = []
        self.more_faults = 0
        self.notes: list[str] = []
        #: whether any seal was right: the key is that of the store
        self.key_fits = False

    def fault(self, table: str, row: int | None, damage: Damage, description: str) -> None:
        """Keep a fault, or count it where there are too many."""
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append(Fault(table=table, row=row, damage=damage, description=description))
        else:
            self.more_faults += 1
