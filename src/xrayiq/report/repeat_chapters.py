"""Chapters of the section on rejects and repeats: figures and tables that say why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pandas as pd

from xrayiq import plots
from xrayiq.audit import RepeatAudit, RepeatBounds
from xrayiq.report.chapter import Chapter
from xrayiq.report.tables import Picture, Table, picture_svg, table
from xrayiq.report.wording import clean, counted, grouped

_MOST_ROWS: Final = 40
_MOST_CHARTS: Final = 4
_SENTENCE: Final = 400
_NARROW_INCHES: Final = 3.9


def chapters(audit: RepeatAudit) -> tuple[Chapter, ...]:
    """Rates, reasons, weeks, dose and apparent repeats."""
    every = (_rates(audit), _why(audit), _weeks(audit), _dose(audit), _candidates(audit))
    return every if audit.counters.empty else (*every, _counters(audit))


def share_text(value: float) -> str:
    """A share in per cent."""
    return "–" if pd.isna(value) else f"{100.0 * value:.1f} %"


def _rates(audit: RepeatAudit) -> Chapter:
    funnels = [
        _picture(
            audit,
            f"funnel {rate}",
            f"Funnel of {words} by room",
            plots.plot_repeat_funnel,
            plots.REPEAT_FUNNEL,
            rate=rate,
        )
        for rate, words in (("reject", "rejects"), ("repeat", "apparent repeats"))
        if ((audit.funnel["rate"] == rate) & (audit.funnel["by"] == "room")).any()
    ]
    rooms = _picture(
        audit,
        "rates",
        "Rates of rejects and apparent repeats by room",
        plots.plot_repeat_rates,
        plots.repeat_rates_size(audit),
        narrow=plots.repeat_rates_size(audit, narrow=True),
    )
    return Chapter(
        title="Rates",
        told=counted(int((audit.rates["by"] == "room").sum()), "room"),
        explanation=(
            "A reject was not presented for diagnosis; a repeat is an image beyond the expected number that was (AAPM "
            f"TG-305). Rooms of {grouped(audit.bounds.least_images)} exposures or more are judged: one is over a bound "
            "where its whole Wilson interval is. Funnels hold rooms against the rate "
            "of all, with limits for over-dispersion (Spiegelhalter 2005)."
        ),
        pictures=(rooms, *funnels),
        tables=(
            ("By room", _rate_table(audit, "room_patients", "Room")),
            ("By body part and view", _rate_table(audit, "view", "View")),
            ("By hour", _rate_table(audit, "hour", "Hour")),
            ("Bounds", _bound_table(audit.bounds)),
        ),
    )


def _bound_table(bounds: RepeatBounds) -> Table:
    """Bounds that rates are held against, each with what it is from."""
    rows = [
        (patients, words, share_text(value), clean(source, longest=_SENTENCE))
        for patients, held in (("all but children", bounds.general), ("children", bounds.children))
        for words, value, source in (
            ("target", held.target, held.target_source),
            ("investigate", held.investigate, held.investigate_source),
            ("suspiciously low", held.suspiciously_low, held.low_source),
        )
    ]
    rows.append(("all", "reasons that are none, at most", share_text(bounds.most_other), clean(bounds.other_source)))
    undocumented = (share_text(bounds.most_undocumented), clean(bounds.counter_source))
    rows.append(("all", "undocumented exposures, at most", *undocumented))
    return table(["Patients", "Bound", "#Value", "From"], rows, most=_MOST_ROWS)


def _why(audit: RepeatAudit) -> Chapter:
    rows = [
        (clean(row["name"]), grouped(row["rejects"]), share_text(row["share"]), share_text(row["cumulative_share"]))
        for row in audit.reasons.to_dict("records")
    ]
    sources = [
        (clean(row["room"]) or "room not told", clean(row["reject_source"]).replace("_", " "), grouped(row["rejects"]))
        for row in audit.sources.to_dict("records")
    ]
    drawn = _picture(
        audit,
        "reasons",
        "Reasons of rejects",
        plots.plot_reject_reasons,
        plots.reject_reasons_size(audit),
        narrow=plots.reject_reasons_size(audit, narrow=True),
    )
    return Chapter(
        title="Reasons and where they are told",
        told=counted(audit.rejected, "reject"),
        explanation=(
            "Reasons in two levels. No image: a dose report tells of an exposure whose image is not stored although "
            "others of its study are; such a reject has no reason to tell."
        ),
        pictures=(drawn,) if rows else (),
        tables=(
            ("", table(["Reason", "#Rejects", "#Share", "#Up to here"], rows, most=_MOST_ROWS)),
            ("Told by", table(["Room", "Told by", "#Rejects"], sources, most=_MOST_ROWS)),
        ),
    )


def _weeks(audit: RepeatAudit) -> Chapter:
    charted = audit.weeks[(audit.weeks["rate"] == "reject") & audit.weeks["upper"].notna()]
    rooms = charted.groupby(["site", "room"], observed=True)["events"].sum()
    chosen = rooms[rooms > 0].sort_values(ascending=False, kind="stable").index[:_MOST_CHARTS]
    outside = audit.weeks[audit.weeks["outside"] != ""]
    rows = [
        (
            row["week"].date().isoformat(),
            clean(row["room"]) or "room not told",
            "rejects" if row["rate"] == "reject" else "apparent repeats",
            f"{grouped(row['events'])} of {grouped(row['trials'])}",
            share_text(row["proportion"]),
            f"{share_text(row['lower'])} to {share_text(row['upper'])}",
        )
        for row in outside.to_dict("records")
    ]
    charts = tuple(
        _picture(
            audit,
            f"weeks {number}",
            "Reject rate by week",
            plots.plot_repeat_weeks,
            plots.REPEAT_WEEKS,
            site=site,
            room=room,
        )
        for number, (site, room) in enumerate(chosen)
    )
    columns = ["=Week", "Room", "What", "#Number", "#Rate", "#Limits"]
    made = table(columns, rows or [("–", "no week outside its limits", "", "", "", "")] * bool(charts), most=_MOST_ROWS)
    return Chapter(
        title="Week by week",
        told=counted(len(outside), "week outside its limits", "weeks outside their limits"),
        explanation="p′-charts (Laney 2002): limits of three standard errors times the variation between weeks.",
        pictures=charts,
        tables=(("", made),),
    )


def _dose(audit: RepeatAudit) -> Chapter:
    rows = [
        (
            clean(row["room"]) or "room not told",
            f"{grouped(int(row['rejects_with_dose']))} of {grouped(int(row['rejects']))}",
            share_text(row["rejected_share"]),
            f"{grouped(int(row['repeats_with_dose']))} of {grouped(int(row['repeats']))}",
            share_text(row["repeated_share"]),
        )
        for row in audit.dose.to_dict("records")
        if row["exposures_with_dose"]
    ]
    columns = [
        "Room",
        "#Rejects with a dose",
        "#Share of the dose",
        "#Repeats with a dose",
        "#Share of the dose, repeats",
    ]
    return Chapter(
        title="Dose",
        explanation="Dose-area product that rejects and apparent repeats cost, by that of all; sums of what is known.",
        tables=(("", table(columns, rows, most=_MOST_ROWS)),),
    )


def _candidates(audit: RepeatAudit) -> Chapter:
    chosen = audit.candidates[audit.candidates["counted"].astype(bool)].sort_values(
        "score", ascending=False, kind="stable"
    )
    rows = [
        (
            row["exposed_at"].strftime("%Y-%m-%d %H:%M"),
            clean(row["room"]) or "room not told",
            f"{clean(row['body_part'])} {clean(row['view'])}",
            f"{row['score']:.2f}",
            clean(row["evidence"], longest=_SENTENCE),
        )
        for row in chosen.head(_MOST_ROWS).to_dict("records")
    ]
    made = table(["=Time", "Room", "View", "#Score", "Evidence"], rows, most=_MOST_ROWS)
    return Chapter(
        title="Apparent repeats",
        told=counted(len(chosen), "image"),
        explanation=(
            "Images beyond what their protocol expects, within minutes in one room, the surest first. Inferred from "
            "headers: a reason to look, no proof."
        ),
        tables=(("", Table(columns=made.columns, rows=made.rows, left_out=len(chosen) - len(rows))),),
    )


def _counters(audit: RepeatAudit) -> Chapter:
    rows = [
        (
            clean(row["unit"]) or clean(row["room"]) or "unit not told",
            clean(row["counted_by"]),
            *(grouped(int(row[name])) for name in ("counted", "stored", "missing", "told", "undocumented")),
            f"{share_text(row['share'])} ({share_text(row['low'])} to {share_text(row['high'])})",
            grouped(int(row["set_apart"])),
            grouped(int(row["resets"])),
        )
        for row in audit.counters.to_dict("records")
    ]
    columns = ["Unit", "Counted by", "#Counted", "#With image", "#Missing", "#Told otherwise", "#Undocumented"]
    columns += ["#Share", "#Set apart", "#Resets"]
    return Chapter(
        title="Exposure counters",
        told=counted(int(audit.counters["undocumented"].sum()), "undocumented exposure"),
        explanation=(
            "Exposures that the detector (0018,7011) or performed steps (0040,0301) count, beside those with an image. "
            "Missing ones of which neither report, note nor log tells are undocumented: a lower bound, and neither "
            f"rejects nor repeats. Gaps of more than {audit.bounds.most_per_gap} or with a calibration in them are set "
            "apart; a reset is a new detector or board. Tests without a stored image count as missing."
        ),
        tables=(("", table(columns, rows, most=_MOST_ROWS)),),
    )


def _rate_table(audit: RepeatAudit, by: str, heading: str) -> Table:
    own = audit.rates[audit.rates["by"] == by]
    rows = own if by == "hour" else own.sort_values("rejects", ascending=False, kind="stable")
    columns = [heading, "#Exposures", "#Rejects", "#Reject rate", "#95 % interval", "#Images", "#Apparent repeats"]
    columns += ["#Repeat rate", "#Its interval"]
    return table(columns, [_rate_row(row) for row in rows.to_dict("records")], most=_MOST_ROWS)


def _rate_row(row: dict[Any, Any]) -> tuple[str, ...]:
    return (
        " · ".join(part for part in (clean(row["room"]), clean(row["name"])) if part) or "not told",
        grouped(row["exposures"]),
        grouped(row["rejects"]),
        share_text(row["reject_rate"]),
        f"{share_text(row['reject_low'])} to {share_text(row['reject_high'])}",
        grouped(row["images"]),
        grouped(row["repeats"]),
        share_text(row["repeat_rate"]),
        "–" if pd.isna(row["repeat_rate"]) else f"{share_text(row['repeat_low'])} to {share_text(row['repeat_high'])}",
    )


def _picture(
    audit: RepeatAudit,
    name: str,
    words: str,
    draw: Callable[..., object],
    size: tuple[float, float],
    *,
    narrow: tuple[float, float] | None = None,
    **chosen: str,
) -> Picture:
    slim = narrow or (_NARROW_INCHES, size[1] + 0.4)
    return Picture(
        svg=picture_svg(lambda ax: draw(audit, ax=ax, **chosen), f"repeats {name}", words, size),
        narrow=picture_svg(lambda ax: draw(audit, ax=ax, **chosen), f"repeats {name} narrow", words, slim),
        title="",
    )
