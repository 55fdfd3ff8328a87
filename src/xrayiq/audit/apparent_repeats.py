"""Apparent repeats: images of an archive beyond what their examination expects, each with a score and its evidence."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrayiq.audit.repeat_settings import RepeatRules, shipped_repeat_rules
from xrayiq.stats import CorrectedProportion, corrected_proportion

COLUMNS: Final = (
    *("subject", "repeat_of", "site", "room", "unit", "body_part", "view", "laterality", "exposed_at", "gap_s"),
    *("score", "counted", "evidence"),
)
_PLACE: Final = ("site", "room", "unit")
_TEXTS: Final = ("study_uid", "patient_key", "laterality", "protocol_name")
#: sources of exposures whose image is stored
STORED: Final = ("image", "both")
#: position of the field's centre on the detector, where headers tell it
_CENTRE: Final = ("field_center_row_mm", "field_center_column_mm")
#: images of a run that one may be a repeat of
_LOOK_BACK: Final = 4


def is_assessable(images: pd.DataFrame) -> pd.Series:
    """Images that repeats can be looked for among: stored, dated, of a known study or patient, part and view told."""
    stored = images["source"].isin(list(STORED))
    owner = images["study_uid"].fillna("").ne("") | images["patient_key"].fillna("").ne("")
    told = images["body_part"].ne("") & images["view"].ne("")
    found: pd.Series = (stored & owner & told & images["exposed_at"].notna()).astype(bool)
    return found


def in_runs(images: pd.DataFrame, *, rules: RepeatRules | None = None) -> pd.Series:
    """Images that follow another of their examination, or are followed by one, within the time of a repeat.

    Parameters
    ----------
    images : DataFrame
        As for `find_apparent_repeats`.
    rules : RepeatRules, optional
        The shipped ones without.

    Returns
    -------
    Series of bool
        Only for these does the field tell anything.
    """
    known = rules or shipped_repeat_rules()
    found = pd.Series(False, index=images.index)
    chosen = images[is_assessable(images)]
    if len(chosen):
        ordered, _, together = _ordered(chosen, known.window_s)
        followed = np.concatenate((together[1:], [False]))
        found.loc[ordered.index[together | followed]] = True
    return found


def find_apparent_repeats(images: pd.DataFrame, *, rules: RepeatRules | None = None) -> pd.DataFrame:
    """Images beyond what their examination expects, within minutes in one room.

    Parameters
    ----------
    images : DataFrame
        One row for each exposure that counts and was not rejected: `subject`, `source`, `exposed_at`, `site`, `room`,
        `unit`, `study_uid`, `patient_key`, `body_part`, `view`, `laterality`, `protocol_name`, `deviation_index` and
        `field_area_mm2` (NaN where not known); with `field_center_row_mm` and `field_center_column_mm` shifts of the
        field tell as well.
    rules : RepeatRules, optional
        Rules and weights; the shipped ones without.

    Returns
    -------
    DataFrame
        One row for each candidate in the order of time: `subject`, `repeat_of` (the image before it), place,
        examination, `exposed_at`, `gap_s`, `score` (0 to 1), `counted` (whether the score reaches the default) and
        `evidence` in words.

    Notes
    -----
    Images of one study (or, where it is not told, of one patient and day), body part, view, side and protocol on one
    unit that follow each other within `RepeatRules.window_s` form a run. Candidates are those beyond the number that
    the protocol expects, and, where its images lie beside each other, those on the place of an earlier one. Each is
    compared with the image of its run, of the last few, whose field lies nearest; with the one before where no field is
    told. What is inferred here is never a coded reject.
    """
    known = rules or shipped_repeat_rules()
    chosen = images[is_assessable(images)]
    if chosen.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    ordered, moments, together = _ordered(chosen, known.window_s)
    position = _position(together)
    partner, shift = _nearest(ordered, position)
    expected, apart = _expected(ordered, known)
    candidate = (position >= expected) | (apart & (shift <= known.covers_more))
    if not candidate.any():
        return pd.DataFrame(columns=list(COLUMNS))
    places = partner[candidate]
    gaps = (moments[candidate] - moments[places]) / np.timedelta64(1, "s")
    return _scored(ordered[candidate], ordered.iloc[places], gaps.astype(np.float64), shift[candidate], known)


def apparent_rate(
    candidates: pd.DataFrame, images: int, *, rules: RepeatRules | None = None, confidence: float = 0.95
) -> CorrectedProportion:
    """Share of repeats that lies behind the apparent ones.

    Parameters
    ----------
    candidates : DataFrame
        From `find_apparent_repeats`.
    images : int
        Assessable images that they were found among, at least one.
    rules : RepeatRules, optional
        Whose `calibration` is used: the shipped one is of simulated archives.
    confidence : float
        Nominal coverage.

    Returns
    -------
    CorrectedProportion
        Corrected for recall and precision of the calibration set, whose own uncertainty the interval carries.
    """
    known = rules or shipped_repeat_rules()
    named = int(candidates["counted"].astype(bool).sum())
    return corrected_proportion(named, images, finder=known.calibration, confidence=confidence)


def _ordered(chosen: pd.DataFrame, window_s: float) -> tuple[pd.DataFrame, NDArray[np.datetime64], NDArray[np.bool_]]:
    """Rows in groups by time, their moments, and whether each is of the same run as the row before."""
    texts = {name: chosen[name].fillna("").astype(str) for name in _TEXTS}
    day = chosen["exposed_at"].dt.strftime("%Y%m%d") if (texts["study_uid"] == "").any() else ""
    owner = texts["study_uid"].where(texts["study_uid"] != "", texts["patient_key"] + day)
    names = (texts["laterality"].str.upper(), texts["protocol_name"].str.casefold())
    codes = np.zeros(len(chosen), dtype=np.int64)
    for key in (owner, chosen["body_part"], chosen["view"], *names, *(chosen[name] for name in _PLACE)):
        numbers, values = pd.factorize(key)
        codes = pd.factorize(codes * (len(values) + 1) + numbers)[0].astype(np.int64)
    moments = chosen["exposed_at"].to_numpy().astype("datetime64[us]")
    order = np.lexsort((moments, codes))
    ordered = chosen.iloc[order].assign(**{name: text.iloc[order] for name, text in texts.items()})
    steps = np.diff(moments[order]) / np.timedelta64(1, "s")
    near = (np.diff(codes[order]) == 0) & (steps <= window_s)
    return ordered, moments[order], np.concatenate(([False], near))


def _position(together: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Place of each row in its run, from 0."""
    place = np.arange(together.size)
    start = np.maximum.accumulate(np.where(together, 0, place))
    return np.asarray(place - start, dtype=np.int64)


def _nearest(ordered: pd.DataFrame, position: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Row of its run whose field lies nearest to each row's, and how far: as a fraction of a square field's side."""
    place = np.arange(len(ordered))
    partner = np.maximum(place - 1, 0)
    if not set(_CENTRE) <= set(ordered.columns):
        return partner, np.full(len(ordered), np.nan)
    centre = [_numbers(ordered, name) for name in _CENTRE]
    side = np.sqrt(_numbers(ordered, "field_area_mm2"))
    best = np.full(len(ordered), np.nan)
    for back in range(1, _LOOK_BACK + 1):
        earlier = np.maximum(place - back, 0)
        shift = np.hypot(*(values - values[earlier] for values in centre)) / side[earlier]
        nearer = (position >= back) & ~np.isnan(shift) & (np.isnan(best) | (shift < best))
        partner, best = np.where(nearer, earlier, partner), np.where(nearer, shift, best)
    return partner, best


def _expected(ordered: pd.DataFrame, rules: RepeatRules) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Images that each row's protocol expects, and whether beside each other; two of a part whose side is not told."""
    numbers, names = pd.factorize(ordered["protocol_name"])
    told = [rules.expected_of(str(name)) for name in names]
    images = np.array([number for number, _ in told], dtype=np.int64)[numbers]
    apart = np.array([beside for _, beside in told], dtype=np.bool_)[numbers]
    return np.maximum(images, np.where(_sideless(ordered, rules), 2, 1)), apart


def _sideless(rows: pd.DataFrame, rules: RepeatRules) -> NDArray[np.bool_]:
    return np.asarray(rows["body_part"].isin(list(rules.sided)) & (rows["laterality"] == ""), dtype=np.bool_)


def _scored(
    later: pd.DataFrame,
    earlier: pd.DataFrame,
    gaps: NDArray[np.float64],
    shift: NDArray[np.float64],
    rules: RepeatRules,
) -> pd.DataFrame:
    before, after = _numbers(earlier, "deviation_index"), _numbers(later, "deviation_index")
    changed = np.abs(after - before) >= rules.target_step
    corrected = (np.abs(before) >= rules.off_target) & (np.abs(after) <= np.abs(before) - rules.target_step)
    growth = _numbers(later, "field_area_mm2") / _numbers(earlier, "field_area_mm2") - 1.0
    elsewhere = shift > rules.covers_more
    moved = ((np.abs(growth) > rules.same_field) | (shift > rules.same_field)) & ~elsewhere
    stayed = (np.abs(growth) <= rules.same_field) & (shift <= rules.same_field)
    weights = rules.weights
    signs: tuple[tuple[NDArray[np.bool_], float], ...] = (
        ((later["protocol_name"] != "").to_numpy(), weights.same_protocol),
        (gaps < rules.fast_s, weights.too_fast),
        (corrected, weights.exposure_corrected),
        (changed & ~corrected, weights.target_changed),
        (moved, weights.field_moved),
        (stayed, weights.field_unchanged),
        (elsewhere, weights.field_elsewhere),
        (_sideless(later, rules), weights.side_not_told),
    )
    total = weights.base + sum(np.where(sign, weight, 0.0) for sign, weight in signs)
    score = 1.0 / (1.0 + np.exp(-total))
    told = zip(gaps, before, after, growth, shift, *(sign for sign, _ in signs), strict=True)
    found = later.assign(
        repeat_of=earlier["subject"].to_numpy(),
        gap_s=gaps,
        score=score,
        counted=score >= rules.default_score,
        evidence=[_words(*values) for values in told],
    )
    return found[list(COLUMNS)].sort_values("exposed_at", kind="stable").reset_index(drop=True)


def _numbers(rows: pd.DataFrame, name: str) -> NDArray[np.float64]:
    return rows[name].to_numpy(dtype=np.float64)


def _words(*values: Any) -> str:
    """Evidence of one candidate, what speaks for it first."""
    gap, before, after, growth, shift, *signs = values
    same, fast, corrected, changed, moved, stayed, elsewhere, sideless = (bool(sign) for sign in signs)
    parts = [f"one more image than expected, {gap:.0f} s after the one it is compared with"]
    if corrected or changed:
        parts.append(f"deviation index {before:+.1f}, then {after:+.1f}")
    if moved:
        how = [f"area {100.0 * growth:+.0f} %"] if np.isfinite(growth) else []
        how += [f"centre by {100.0 * shift:.0f} %"] if np.isfinite(shift) else []
        parts.append("field changed (" + ", ".join(how) + ")")
    said = (
        (same, "same protocol"),
        (stayed, "against: same field"),
        (fast, "against: too fast for a decision"),
        (elsewhere, f"against: field elsewhere (centre by {100.0 * shift:.0f} %)"),
        (sideless, "against: side not told"),
    )
    return "; ".join([*parts, *(text for sign, text in said if sign)])
