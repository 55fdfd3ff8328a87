"""Which procedures there are, and which an object of a kind gets."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from xrayiq.dose import DapMeterCheck, GeneratorTests, assess_dap_readings, assess_generator, dap_meter, generator
from xrayiq.metrics import (
    ArtefactCandidates,
    Artefacts,
    BarPattern,
    ClinicalNoise,
    ClinicalSeam,
    Clipping,
    Collimation,
    Contrast,
    ContrastDetail,
    DarkNoise,
    DefectChange,
    DefectMap,
    Defects,
    Detectability,
    DetectorArea,
    DiscRing,
    Dqe,
    Edges,
    EffectiveDqe,
    ExposureIndex,
    FieldCongruence,
    FixedPatternNps,
    FocalSpot,
    Geometry,
    GhostFactor,
    Ghosting,
    GridLines,
    Lag,
    LineNoise,
    LocalVariance,
    MammographyFlatField,
    Mtf,
    Neq,
    Noise,
    Nps,
    RecurringArtefacts,
    SdnrOverThickness,
    SignalTransfer,
    Stitching,
    TemporalNoise,
    ThresholdContrast,
    Uniformity,
    artefact_candidates,
    assess_detector_area,
    assess_exposure_index,
    clinical_grid_lines,
    clinical_noise,
    clinical_seam,
    clipping,
    collimation,
    detector_area,
    exposure_index,
    field_congruence,
    find_artefact_candidates,
    find_clinical_seam,
    find_collimation,
    find_grid_lines,
    mammography_flat_field,
    measure_clinical_noise,
    measure_clipping,
    measure_field_congruence,
    measure_mammography_flat_field,
    measure_mtf,
    measure_nps,
    measure_uniformity,
    mtf,
    nps,
    uniformity,
)
from xrayiq.model import DoseReport, PerformedStep, Radiograph, RejectNote, Result
from xrayiq.procedures.header_rules import Kind
from xrayiq.procedures.site import Site

Parameter = str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """One metric as it is applied to images of certain kinds.

    Parameters
    ----------
    name : str
        Stable name, used in outcomes and limits.
    kinds : frozenset of str
        Kinds of image it applies to.
    measure : callable
        Metric: an image (of kind ``meter``: a meter's readings) and keyword parameters in, a result out.
    algorithm_version : int
        Version of the metric's algorithm.
    parameters : dict
        Keyword parameters that it is called with.
    of_site : callable, optional
        Further ones, from the settings of a site.
    modalities : frozenset of str
        Modalities that it applies to; any where empty.
    """

    name: str
    kinds: frozenset[Kind]
    measure: Callable[..., Result]
    algorithm_version: int
    parameters: dict[str, Parameter] = field(default_factory=dict)
    of_site: Callable[[Site], Mapping[str, Parameter]] | None = None
    modalities: frozenset[str] = frozenset()

    def digest(self, site: Site, *, response_id: str = "") -> str:
        """Digest of everything but the pixels that its outcome depends on."""
        return parameter_digest(self.name, self.parameters, site=site, response_id=response_id)

    def apply(self, image: Radiograph, site: Site) -> Result:
        """Result of the metric on one image, under the settings of a site."""
        told = {} if self.of_site is None else self.of_site(site)
        return self.measure(image, **self.parameters, **told)


def parameter_digest(name: str, parameters: dict[str, Parameter], *, site: Site, response_id: str = "") -> str:
    """Digest of a procedure's name, parameters, site settings and detector response (16 hexadecimal digits)."""
    text = json.dumps([name, parameters, site.digest, response_id], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


PROCEDURES: Final = (
    Procedure(
        name="uniformity",
        kinds=frozenset({"flat_field"}),
        measure=measure_uniformity,
        algorithm_version=uniformity.ALGORITHM_VERSION,
    ),
    Procedure(
        name="mammography_flat_field",
        kinds=frozenset({"flat_field"}),
        measure=measure_mammography_flat_field,
        algorithm_version=mammography_flat_field.ALGORITHM_VERSION,
        modalities=frozenset({"MG"}),
    ),
    Procedure(
        name="nps", kinds=frozenset({"flat_field"}), measure=measure_nps, algorithm_version=nps.ALGORITHM_VERSION
    ),
    Procedure(name="mtf", kinds=frozenset({"edge"}), measure=measure_mtf, algorithm_version=mtf.ALGORITHM_VERSION),
    Procedure(
        name="collimation",
        kinds=frozenset({"collimated_field", "clinical"}),
        measure=find_collimation,
        algorithm_version=collimation.ALGORITHM_VERSION,
    ),
    Procedure(
        name="field_congruence",
        kinds=frozenset({"collimated_field"}),
        measure=measure_field_congruence,
        algorithm_version=field_congruence.ALGORITHM_VERSION,
        of_site=lambda site: {"markers": site.light_field_markers},
    ),
    Procedure(
        name="exposure_index",
        kinds=frozenset({"clinical"}),
        measure=assess_exposure_index,
        algorithm_version=exposure_index.ALGORITHM_VERSION,
    ),
    Procedure(
        name="clinical_noise",
        kinds=frozenset({"clinical"}),
        measure=measure_clinical_noise,
        algorithm_version=clinical_noise.ALGORITHM_VERSION,
    ),
    Procedure(
        name="clipping",
        kinds=frozenset({"flat_field", "clinical"}),
        measure=measure_clipping,
        algorithm_version=clipping.ALGORITHM_VERSION,
    ),
    Procedure(
        name="detector_area",
        kinds=frozenset({"clinical"}),
        measure=assess_detector_area,
        algorithm_version=detector_area.ALGORITHM_VERSION,
    ),
    Procedure(
        name="grid_lines",
        kinds=frozenset({"clinical"}),
        measure=find_grid_lines,
        algorithm_version=clinical_grid_lines.ALGORITHM_VERSION,
    ),
    Procedure(
        name="clinical_seam",
        kinds=frozenset({"clinical"}),
        measure=find_clinical_seam,
        algorithm_version=clinical_seam.ALGORITHM_VERSION,
    ),
    Procedure(
        name="artefact_candidates",
        kinds=frozenset({"clinical"}),
        measure=find_artefact_candidates,
        algorithm_version=artefact_candidates.ALGORITHM_VERSION,
    ),
    Procedure(
        name="generator",
        kinds=frozenset({"meter"}),
        measure=assess_generator,
        algorithm_version=generator.ALGORITHM_VERSION,
    ),
    Procedure(
        name="dap_meter",
        kinds=frozenset({"meter"}),
        measure=assess_dap_readings,
        algorithm_version=dap_meter.ALGORITHM_VERSION,
    ),
)

#: classes that stored results are rebuilt with, by the name that stands in the store
RESULT_TYPES: Final[dict[str, type[Result]]] = {
    kind.__name__: kind
    for kind in (
        Uniformity,
        LocalVariance,
        MammographyFlatField,
        LineNoise,
        TemporalNoise,
        Nps,
        FixedPatternNps,
        Mtf,
        Collimation,
        FieldCongruence,
        ExposureIndex,
        ClinicalNoise,
        Clipping,
        DetectorArea,
        GridLines,
        ClinicalSeam,
        ArtefactCandidates,
        RecurringArtefacts,
        DoseReport,
        RejectNote,
        PerformedStep,
        SignalTransfer,
        Noise,
        Contrast,
        Dqe,
        Neq,
        EffectiveDqe,
        BarPattern,
        Edges,
        Detectability,
        Defects,
        DefectMap,
        DefectChange,
        Artefacts,
        ThresholdContrast,
        FocalSpot,
        Stitching,
        DarkNoise,
        GhostFactor,
        GeneratorTests,
        DapMeterCheck,
        SdnrOverThickness,
        Lag,
        Ghosting,
        Geometry,
        ContrastDetail,
        DiscRing,
    )
}


def applicable(kind: Kind, modality: str | None = None) -> tuple[Procedure, ...]:
    """Procedures that an image of this kind and modality gets, in the order they are run."""
    return tuple(
        procedure
        for procedure in PROCEDURES
        if kind in procedure.kinds and (not procedure.modalities or modality in procedure.modalities)
    )
