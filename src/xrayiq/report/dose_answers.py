"""Are doses all right? One line for each question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from xrayiq.audit import DoseAudit
from xrayiq.audit.dose import STATED
from xrayiq.audit.dose_creep import LEAST_A_WEEK, LEAST_WEEKS
from xrayiq.audit.dose_estimates import OUTSIDE, POWER_OF_TEN, WITHIN
from xrayiq.audit.excursions import LIKE
from xrayiq.audit.typical_doses import BELOW, EXCEEDS, LEAST_PATIENTS, POSSIBLE, TOO_FEW
from xrayiq.report.dose_wording import examination_text, place_text, ratio_text
from xrayiq.report.wording import clean, counted, grouped

WORDS: Final = {"fail": "Not right", "warning": "Look into", "pass": "All right", "indeterminate": "Not judged"}
_MOST_NAMED: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One question with its answer.

    Parameters
    ----------
    status : {"fail", "warning", "pass", "indeterminate"}
        How it stands; ``indeterminate`` where there is too little to say.
    question, text : str
        In words.
    short : str
        The answer in a few words.
    """

    status: str
    question: str
    text: str
    short: str = ""

    @property
    def word(self) -> str:
        """The status in words."""
        return WORDS[self.status]


def answers(audit: DoseAudit) -> tuple[Answer, ...]:
    """Units, reference levels, excursions and creep; skin and glandular doses where there are any."""
    further = tuple(one for one in (_skin(audit), _glandular(audit)) if one is not None)
    return (_units(audit), _levels(audit), _excursions(audit), _creep(audit), *further)


def _units(audit: DoseAudit) -> Answer:
    question, units = "Units of dose", audit.units
    suspected = units[units["suspected_power"] != 0]
    if units.empty:
        text = "no unit states dose, technique and field together, so nothing tells whether its unit is right"
        return Answer(status="indeterminate", question=question, text=text)
    if suspected.empty:
        every = len(units[["site", "unit"]].drop_duplicates())
        text = f"stated doses of {counted(every, 'unit')} agree with charge, voltage and field"
        return Answer(status="pass", question=question, text=text)
    named = [
        f"{place_text(audit, row['site'], row['room'])} ({ratio_text(row['median_ratio'])} times what technique gives)"
        for row in suspected.to_dict("records")
    ]
    wrong, every = (len(one[["site", "unit"]].drop_duplicates()) for one in (suspected, units))
    short = f"{counted(wrong, 'unit')} in a wrong unit of dose"
    verb = "states" if wrong == 1 else "state"
    text = f"{wrong} of {counted(every, 'unit')} probably {verb} doses in a wrong unit: {_named(named)}. "
    text += "Left out of all that follows but workload; nothing is corrected"
    return Answer(status="fail", question=question, text=text, short=short)


def _levels(audit: DoseAudit) -> Answer:
    question, compared = "Reference levels", audit.compared
    if len(audit.procedures.compared):
        compared = pd.concat([compared, audit.procedures.compared], ignore_index=True)
    judged = compared[compared["verdict"] != TOO_FEW]
    few = len(compared) - len(judged)
    tail = f"; {counted(few, 'further one')} of fewer than {LEAST_PATIENTS} exposures" if few else ""
    if judged.empty:
        text = "no reference level meets an examination with enough exposures" + tail
        return Answer(status="indeterminate", question=question, text=text)
    over = judged[judged["verdict"] == EXCEEDS].sort_values("ratio", ascending=False)
    likely = judged[judged["verdict"] == POSSIBLE]
    below = judged[judged["verdict"] == BELOW]
    told = f"{counted(len(below), 'typical value')} not over a level"
    perhaps = f"; {counted(len(likely), 'typical value')} over one, but not beyond doubt"
    told += (perhaps if len(likely) else "") + tail
    if over.empty:
        status = "warning" if len(likely) else "pass"
        short = f"{counted(len(likely), 'typical value')} perhaps over a reference level"
        return Answer(status=status, question=question, text=told, short=short)
    rooms = len(over[["site", "room"]].drop_duplicates())
    named = [
        f"{place_text(audit, row['site'], row['room'])}, {examination_text(row)} ({ratio_text(row['ratio'])} times)"
        for row in over.to_dict("records")
    ]
    short = f"{counted(rooms, 'room')} over a reference level"
    return Answer(status="fail", question=question, text=f"{short}: {_named(named)}; {told}", short=short)


def _excursions(audit: DoseAudit) -> Answer:
    question, found = "Excursions", audit.excursions
    fit = audit.comparable()
    dosed = fit[fit[list(STATED)].notna().any(axis="columns") & (fit["body_part"] != "")]
    alike = dosed.groupby(list(LIKE), observed=True).size()
    alike = alike[alike >= LEAST_PATIENTS]
    among = f"among {counted(int(alike.sum()), 'exposure')} in {counted(len(alike), 'group')} of like ones"
    if alike.empty:
        text = f"no {LEAST_PATIENTS} exposures are like each other, so none can be told from its like"
        return Answer(status="indeterminate", question=question, text=text)
    chosen = found[found["finding"].astype(bool)]
    told = f"; {grouped(len(found) - len(chosen))} more are worth a look" if len(found) > len(chosen) else ""
    if chosen.empty:
        return Answer(status="pass", question=question, text=f"none {among}{told}")
    places = pd.Series([place_text(audit, *pair) for pair in zip(chosen["site"], chosen["room"], strict=True)])
    rooms = [f"{number} in {place}" for place, number in places.value_counts(sort=True).items()]
    short = counted(len(chosen), "excursion")
    lie = "lies far above its like" if len(chosen) == 1 else "lie far above their like"
    text = f"{counted(len(chosen), 'exposure')} {lie}: {_named(rooms)}, {among}{told}"
    return Answer(status="warning", question=question, text=text, short=short)


def _creep(audit: DoseAudit) -> Answer:
    question, every = "Dose creep", audit.creep
    if not every:
        text = f"no examination of a room has {LEAST_WEEKS} weeks of {LEAST_A_WEEK} exposures or more"
        return Answer(status="indeterminate", question=question, text=text)
    rising = [one for one in every if one.is_finding]
    others = sum(one.signal != "" for one in every) - len(rising)
    tail = f"; {counted(others, 'smaller or falling change')}" if others else ""
    if not rising:
        text = f"none in {counted(len(every), 'weekly series', 'weekly series')}{tail}"
        return Answer(status="pass", question=question, text=text)
    named = [
        f"{place_text(audit, one.site, one.room)}, {clean(one.body_part)} {clean(one.view)}, {clean(one.band)} "
        f"({100.0 * one.change:+.0f} %)"
        for one in sorted(rising, key=lambda one: -one.change)
    ]
    short = f"{grouped(len(rising))} rising dose{'' if len(rising) == 1 else 's'}"
    rise = "rises" if len(rising) == 1 else "rise"
    series = counted(len(every), "weekly series", "weekly series")
    text = f"{len(rising)} of {series} {rise}: {_named(named)}{tail}"
    return Answer(status="warning", question=question, text=text, short=short)


def _skin(audit: DoseAudit) -> Answer | None:
    question, skin = "Skin in fluoroscopy", audit.skin_dose
    if skin.empty:
        return None
    among = counted(len(skin), "examination")
    reached = skin[skin["finding"].astype(bool)]
    if reached.empty:
        return Answer(status="pass", question=question, text=f"none of {among} reaches a level of a substantial dose")
    places = pd.Series([place_text(audit, *pair) for pair in zip(reached["site"], reached["room"], strict=True)])
    rooms = [f"{number} in {place}" for place, number in places.value_counts(sort=True).items()]
    short = f"{counted(len(reached), 'examination')} of a substantial dose"
    verb = "reaches" if len(reached) == 1 else "reach"
    text = f"{len(reached)} of {among} {verb} a level from which on the skin is followed up: {_named(rooms)}"
    return Answer(status="warning", question=question, text=text, short=short)


def _glandular(audit: DoseAudit) -> Answer | None:
    question, units = "Glandular doses", audit.glandular_dose
    if units.empty:
        return None
    outside = units[units["verdict"].isin([OUTSIDE, POWER_OF_TEN])]
    judged = units[units["verdict"].isin([OUTSIDE, POWER_OF_TEN, WITHIN])]
    if judged.empty:
        text = "no unit has enough exposures whose glandular dose can be estimated beside the stated one"
        return Answer(status="indeterminate", question=question, text=text)
    if outside.empty:
        text = f"stated doses of {counted(len(judged), 'unit')} agree with Dance's factors"
        return Answer(status="pass", question=question, text=text)
    named = [
        f"{place_text(audit, row['site'], row['room'])} ({ratio_text(row['median_ratio'])} times the estimate)"
        for row in outside.to_dict("records")
    ]
    short = f"glandular doses of {counted(len(outside), 'unit')} apart from the estimates"
    text = f"{len(outside)} of {counted(len(judged), 'unit')} beyond the tolerance: {_named(named)}"
    return Answer(status="warning", question=question, text=text, short=short)


def _named(names: list[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - _MOST_NAMED
    return "; ".join(names[:_MOST_NAMED]) + (f"; {grouped(more)} more" if more > 0 else "")
