"""Settings that single measurements are judged by while a run goes on."""

from __future__ import annotations

from xrayiq.procedures import Site, settings_in_force, without_relative_limits
from xrayiq.records import Records


class ScoringSite:
    """A site's settings with what its store's events say, read again when there are new ones.

    Parameters
    ----------
    records : Records
        The store.
    site : Site
        Settings of its file.
    """

    def __init__(self, records: Records, site: Site) -> None:
        self._records = records
        self._site = site
        self._head: str | None = None
        self._now = site

    def now(self) -> Site:
        """The settings without limits relative to baselines, which are judged when all is measured."""
        head = self._records.head
        if head != self._head:
            self._now = without_relative_limits(settings_in_force(self._records, self._site))
            self._head = head
        return self._now
