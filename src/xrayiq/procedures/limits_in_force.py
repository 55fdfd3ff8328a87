"""Limits that hold at a place, with what they replace and who decided it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from xrayiq.model import Limit, Place, limits_at
from xrayiq.procedures.judging import register_of
from xrayiq.procedures.places import Places
from xrayiq.procedures.present_names import present_name
from xrayiq.procedures.site import Site
from xrayiq.procedures.site_events import in_force, limits_of_events
from xrayiq.records import Records


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitInForce:
    """A limit as results are judged by it from now on.

    Parameters
    ----------
    limit : Limit
        With reason and author where a site decided it.
    document : Limit or None
        The document's limit that it stands in place of; None where it is the document's.
    event : int or None
        Event of the store that set it; None where a document or the site's file did.
    """

    limit: Limit
    document: Limit | None = None
    event: int | None = None


def limits_in_force(
    records: Records, *, site: Site, place: Place | None = None, quantity: str = "", places: Places | None = None
) -> tuple[LimitInForce, ...]:
    """Limits of a site's settings and of its store's events.

    Parameters
    ----------
    records : Records
        The store.
    site : Site
        Settings of the site's file, without what events say.
    place : Place, optional
        Only those that hold there; without it the documents' and all that hold at single places.
    quantity : str
        Only of this quantity; of all where empty.
    places : Places, optional
        Only those that hold where something of these stood; without it all.

    Returns
    -------
    tuple of LimitInForce
        In the order of the limits file; of one name the document's first. Units have their present names.
    """
    told = limits_of_events(site, in_force(records.events()))
    every = [*((limit, None) for limit in site.limits), *told]
    documents = {limit.id: limit for limit in site.limits if not limit.author}
    if place is None:
        latest = {(limit.id, limit.place): (limit, event) for limit, event in every}
        order = {limit.id: rank for rank, limit in enumerate(documents.values())}
        chosen = sorted(latest.values(), key=lambda pair: (order[pair[0].id], pair[0].narrowness))
    else:
        numbers = {id(limit): event for limit, event in every}
        chosen = [(limit, numbers[id(limit)]) for limit in limits_at((one for one, _ in every), place)]
    if places is not None and not places.keeps_all:
        history = ((equipment, day) for equipment, day, _ in records.equipment_days())
        stood = {where.place for where in places.stood(history)}
        chosen = [pair for pair in chosen if any(where.is_within(pair[0]) for where in stood)]
    register = register_of(records, site)
    return tuple(
        LimitInForce(
            limit=dataclasses.replace(limit, unit=present_name(limit.unit, register)) if limit.unit else limit,
            document=documents[limit.id] if limit.author else None,
            event=event,
        )
        for limit, event in chosen
        if quantity in ("", limit.quantity)
    )
