"""What a header's exposure indicator is, whoever made the system, and the kerma at the receptor that it stands for."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from xrayiq.dose.indicator_calibration import IndicatorCalibration, calibrations_for, scale_named
from xrayiq.dose.indicator_scales import (
    ATTRIBUTES,
    STANDARD,
    IndicatorScale,
    indicator_scale,
    legacy_scale_of,
    makers_scales,
)
from xrayiq.model import Acquisition, Measurement, Provenance, Result

ALGORITHM_VERSION: Final = 1
Standing = Literal["local", "standard", "legacy", "suspect", "not_converted", "unusable", "unknown_maker", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorReading:
    """One number of a header that is, or may be, an exposure indicator.

    Parameters
    ----------
    name, unit : str
        What it is called; empty where no scale of the maker is known.
    attribute : str
        Keyword of the DICOM attribute.
    value : float
        As stated.
    standing : str
        ``"local"`` (converted by the site's own calibration), ``"standard"`` (EI of IEC 62494-1), ``"legacy"`` (a
        maker's, converted), ``"suspect"`` (a number of an older
        scale where the standard's belongs), ``"not_converted"`` (a maker's, without a trusted formula or what that
        needs), ``"unusable"`` (0, negative, or nothing that the indicator can be) or ``"unknown_maker"``.
    receptor_kerma_ugy : float or None
        Kerma at the receptor in the reference beam.
    note : str
        What a reader must know.
    calibration : IndicatorCalibration or None
        The site's own that it was converted by.
    """

    name: str
    unit: str
    attribute: str
    value: float
    standing: Standing
    receptor_kerma_ugy: float | None = None
    note: str = ""
    calibration: IndicatorCalibration | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ExposureIndicator(Result):
    """The exposure indicator of one image, and the kerma at the receptor that it stands for.

    Parameters
    ----------
    name, unit, attribute : str
        What it is and the keyword of the attribute that holds it; empty where the header has none.
    value : float or None
        As stated.
    standing : str
        As in `IndicatorReading`; ``"missing"`` where no attribute holds a number.
    receptor_kerma_ugy : float or None
        Kerma at the receptor, without backscatter, of the reference beam and not of the patient's; only where a trusted
        formula exists or the site calibrated the indicator.
    relative_uncertainty : float or None
        How far the kerma may be off; of a site's own calibration its standard uncertainty (k = 1).
    reference_beam, source : str
        Beam of the formula or calibration, and the document it stands in.
    beside : tuple of IndicatorReading
        Other numbers of the header that are, or may be, indicators.
    calibration : IndicatorCalibration or None
        The site's own that the kerma comes from.
    provenance : Provenance
        With what a reader must know.
    """

    name: str
    unit: str
    attribute: str
    value: float | None
    standing: Standing
    receptor_kerma_ugy: float | None
    relative_uncertainty: float | None
    reference_beam: str
    source: str
    beside: tuple[IndicatorReading, ...]
    calibration: IndicatorCalibration | None
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """The kerma, where there is one."""
        if self.receptor_kerma_ugy is None:
            return ()
        return (Measurement(quantity="indicated_receptor_kerma", value=self.receptor_kerma_ugy),)

    def _headline(self) -> list[tuple[str, str]]:
        told = "none" if self.value is None else f"{self.value:g} ({self.standing.replace('_', ' ')})"
        return [(self.name or "exposure indicator", told), *Result._headline(self)]


def identify_exposure_indicator(
    acquisition: Acquisition, *, calibrations: Iterable[IndicatorCalibration] = ()
) -> ExposureIndicator:
    """What the exposure indicator of an image is, and the receptor kerma it stands for where that can be told.

    Parameters
    ----------
    acquisition : Acquisition
        From `read_acquisition`, or of a radiograph.
    calibrations : iterable of IndicatorCalibration
        A site's own; one that holds for the equipment on the day of the exposure goes before the shipped scale.

    Returns
    -------
    ExposureIndicator
        What the site calibrated, else the index of IEC 62494-1 where the header has one, else the maker's own, told by
        manufacturer, model, software and modality and never by the attribute alone. A number of an older scale in
        ExposureIndex is a suspect and is not converted. The attribute Sensitivity may hold a speed class: what is not
        surely an indicator has no kerma.

    Notes
    -----
    Scales stand in ``data/exposure_indicators.toml`` with their documents (IEC 62494-1:2008; AAPM TG-116:2009,
    appendix). The deviation index is `assess_exposure_index`'s.
    """
    scales = makers_scales(
        manufacturer=acquisition.manufacturer or "",
        model=acquisition.model or "",
        software="\\".join(acquisition.software_versions),
        modality=acquisition.modality or "",
    )
    day = None if acquisition.exposed_at is None else acquisition.exposed_at.date()
    own = calibrations_for(calibrations, acquisition.equipment, day)
    readings = [
        _calibrated(_reading(acquisition, scales, attribute, value), own)
        for attribute in ATTRIBUTES
        if (value := getattr(acquisition, attribute)) is not None
    ]
    readings.sort(key=lambda one: _RANKS.index(one.standing))
    if not readings:
        return _result(None, (), ("the header states no exposure indicator",))
    return _result(readings[0], tuple(readings[1:]), tuple(one.note for one in readings if one.note))


#: of several numbers the first of these is the image's indicator
_RANKS: Final[tuple[Standing, ...]] = (
    *("local", "standard", "legacy", "suspect", "not_converted", "unusable", "unknown_maker", "missing"),
)


def _reading(
    acquisition: Acquisition, scales: tuple[IndicatorScale, ...], attribute: str, value: float
) -> IndicatorReading:
    if attribute == "exposure_index":
        return _standard(acquisition, scales, value)
    keyword = ATTRIBUTES[attribute]
    own = [scale for scale in scales if attribute in scale.attributes]
    if not own:
        note = f"{keyword} {value:g} of a maker whose scale is not known"
        standing: Standing = "unknown_maker"
        return IndicatorReading(name="", unit="", attribute=keyword, value=value, standing=standing, note=note)
    scale = next((one for one in own if one.low <= value <= one.high), own[0])
    held = functools.partial(IndicatorReading, attribute=keyword, value=value, name=scale.name, unit=scale.unit)
    if not scale.low <= value <= scale.high or (value == 0 and scale.low >= 0):
        note = f"{keyword} {value:g} is no {scale.name}, which lies between {scale.low:g} and {scale.high:g}"
        return held(standing="unusable", note=note)
    if attribute not in scale.converted_from:
        return held(standing="not_converted", note=f"{scale.name}: {scale.source.note}")
    local = {"speed_class": acquisition.sensitivity or 0.0}
    kerma = float(scale.receptor_kerma_ugy(value, **local))
    if math.isnan(kerma):
        note = f"{scale.name} is not converted without " + ", ".join(scale.needs).replace("_", " ")
        return held(standing="not_converted", note=note)
    note = f"{scale.name}: holds for {scale.condition}" if scale.condition else ""
    return held(standing="legacy", receptor_kerma_ugy=kerma, note=note)


def _calibrated(reading: IndicatorReading, own: tuple[IndicatorCalibration, ...]) -> IndicatorReading:
    """A number by the site's own calibration where one holds; an older scale in ExposureIndex stays a suspect."""
    if reading.standing == "suspect":
        return reading
    for one in own:
        if not one.is_of(indicator=reading.name, attribute=reading.attribute):
            continue
        kerma = float(one.receptor_kerma_ugy(reading.value))
        if not math.isnan(kerma):
            note = (
                f"{one.indicator}: {one.source}, in {one.beam}, within {100.0 * one.relative_uncertainty:.0f} % (k = 1)"
            )
            told = {"name": one.indicator, "standing": "local", "receptor_kerma_ugy": kerma, "calibration": one}
            return dataclasses.replace(reading, **told, note=note)  # type: ignore[arg-type]  # fields by name
        if reading.standing != "unusable":
            note = f"{one.indicator} {reading.value:g} lies outside {one.low:g} to {one.high:g} of the {one.source}"
            return dataclasses.replace(
                reading, name=one.indicator, standing="not_converted", receptor_kerma_ugy=None, note=note
            )
    return reading


def _standard(acquisition: Acquisition, scales: tuple[IndicatorScale, ...], value: float) -> IndicatorReading:
    """The number of ExposureIndex: of the standard, of an older scale, or no exposure."""
    keyword = ATTRIBUTES["exposure_index"]
    if value <= 0.0:
        note = f"ExposureIndex {value:g} is no exposure: the index is 100 times a kerma in µGy"
        return IndicatorReading(name=STANDARD, unit="1", attribute=keyword, value=value, standing="unusable", note=note)
    older = legacy_scale_of(scales, value) if acquisition.target_exposure_index is None else None
    if older is not None:
        note = f"ExposureIndex {value:g} without a target is probably {older.name} in {older.unit}: not converted"
        return IndicatorReading(
            name=older.name, unit=older.unit, attribute=keyword, value=value, standing="suspect", note=note
        )
    return IndicatorReading(
        name=STANDARD,
        unit="1",
        attribute=keyword,
        value=value,
        standing="standard",
        receptor_kerma_ugy=float(indicator_scale(STANDARD).receptor_kerma_ugy(value)),
    )


def _result(
    main: IndicatorReading | None, beside: tuple[IndicatorReading, ...], notes: tuple[str, ...]
) -> ExposureIndicator:
    kerma = None if main is None else main.receptor_kerma_ugy
    own = None if main is None else main.calibration
    scale = scale_named(main.name) if main is not None and own is None else None
    known = own or scale
    beam = "" if scale is None else scale.reference_beam
    source = "" if scale is None else scale.source.text
    return ExposureIndicator(
        name="" if main is None else main.name,
        unit="" if main is None else main.unit,
        attribute="" if main is None else main.attribute,
        value=None if main is None else main.value,
        standing="missing" if main is None else main.standing,
        receptor_kerma_ugy=kerma,
        relative_uncertainty=None if known is None or kerma is None else known.relative_uncertainty,
        reference_beam=beam if own is None else own.beam,
        source=source if own is None else own.source,
        beside=beside,
        calibration=own,
        provenance=Provenance(algorithm="exposure_indicator", algorithm_version=ALGORITHM_VERSION, warnings=notes),
    )
