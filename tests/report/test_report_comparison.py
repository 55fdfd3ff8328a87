"""Before and after: what is compared with what."""

import datetime

import pytest
from pages_builders import CANARY, NORTH, SOUTH, weekly
from report_builders import MONDAY, Reader, Store, uniformity

from xrayiq.errors import InputError
from xrayiq.report.pages.comparison import compare, comparison
from xrayiq.report.pages.dossier import gather_dossier
from xrayiq.report.pages.selection import Selection, parse_selection
from xrayiq.report.pages.writing import frame_of_pages, rendered

REPAIR = MONDAY.date() + datetime.timedelta(weeks=4)


@pytest.fixture
def repaired(store: Store, undrawn: None) -> Store:
    """Four weeks of 4.1 to 4.4 %, four of 2.1 to 2.4 % with another detector and software."""
    for week in range(8):
        after = week >= 4
        moment = MONDAY + datetime.timedelta(weeks=week)
        level = 0.021 if after else 0.041
        room = NORTH | {"detector_id": "DET-2" if after else "DET-1", "software_versions": ("2" if after else "1",)}
        result = uniformity(nonuniformity=level + 0.001 * (week % 4))
        store.put("flat_field", result, acquisition={**room, "exposed_at": moment})
    return store


SIDES = [
    (f"to={(REPAIR - datetime.timedelta(days=1)).isoformat()}", f"from={REPAIR.isoformat()}"),
    ("detector=DET-1", "detector=det-2"),
    ("unit=SN-N, software=1", "unit=N1, software=2"),
]


@pytest.mark.parametrize("texts", SIDES)
def test_sides_are_told_apart_by_days_detectors_or_software(repaired: Store, texts: tuple[str, str]) -> None:
    dossier = gather_dossier(repaired.records)
    found = compare(dossier, *(parse_selection(text) for text in texts))
    (one,) = [each for each in found if each.quantity == "signal_nonuniformity_global"]
    assert one.before == pytest.approx((0.041, 0.042, 0.043, 0.044))
    assert one.after == pytest.approx((0.021, 0.022, 0.023, 0.024))
    assert one.difference is not None
    assert one.difference.difference == pytest.approx(-0.02)
    assert one.difference.differs


def test_page_shows_means_and_the_interval_of_their_difference(repaired: Store) -> None:
    dossier = gather_dossier(repaired.records)
    view = comparison(dossier, repaired.records, *(parse_selection(text) for text in SIDES[0]))
    found = Reader(rendered("comparison.html.j2", frame_of_pages(dossier), view))
    row = found.row("Answer", "Signal non-uniformity, global")
    # standard deviation of 0, 1, 2, 3 is 1.291; both means differ by 2.0 ± 2.447 · 1.291 / √2 · 0.1
    assert row["Before"] == "4.25 ± 0.13"
    assert row["After"] == "2.25 ± 0.13"
    assert row["Difference (95 %)"] == "−2.000 (−2.223 to −1.777)"
    assert (row["Answer"], row["Relative"], row["Days"]) == ("Differs", "−47.1 %", "4 / 4")
    assert "Uniformity, before" in found.text
    assert "Uniformity, after" in found.text


def test_same_quantity_of_two_units_is_compared_unit_by_unit(store: Store, undrawn: None) -> None:
    weekly(store, NORTH)
    weekly(store, SOUTH)
    dossier = gather_dossier(store.records)
    middle = MONDAY.date() + datetime.timedelta(weeks=4)
    found = compare(dossier, Selection(last=middle - datetime.timedelta(days=1)), Selection(first=middle))
    units = [one.unit for one in found if one.quantity == "signal_nonuniformity_global"]
    assert len(units) == len(set(units)) == 2
    alone = gather_dossier(store.records, only_site="North")
    with pytest.raises(InputError, match="no result"):
        compare(alone, Selection(unit=f"{CANARY}serial"), Selection(first=middle))


def test_one_day_on_a_side_gives_no_interval(repaired: Store) -> None:
    dossier = gather_dossier(repaired.records)
    first = Selection(last=MONDAY.date())
    found = compare(dossier, first, Selection(first=REPAIR))
    assert all(one.difference is None for one in found)
    view = comparison(dossier, repaired.records, first, Selection(first=REPAIR))
    assert "Too few days to compare" in rendered("comparison.html.j2", frame_of_pages(dossier), view)


def test_names_with_commas_can_be_selected() -> None:
    found = parse_selection("unit=Maker DR 1, serial 7,from=2026-01-01, to=2026-01-31")
    assert found == Selection(
        unit="Maker DR 1, serial 7", first=datetime.date(2026, 1, 1), last=datetime.date(2026, 1, 31)
    )


@pytest.mark.parametrize("text", ["", "room=1", "from=yesterday", "unit=", "from=2026-02-01,to=2026-01-01"])
def test_sides_that_cannot_be_understood_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_selection(text)
