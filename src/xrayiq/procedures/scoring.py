"""Run what applies to an image, and judge it."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType
from typing import Any, Final

from numpy.typing import NDArray

from xrayiq.errors import NotMeasurableError
from xrayiq.model import (
    DoseReport,
    Limit,
    Measurement,
    ObjectHeader,
    Outcome,
    PerformedStep,
    Radiograph,
    RejectNote,
    Result,
    Verdict,
    judge,
)
from xrayiq.model.outcome import OutcomeKind
from xrayiq.procedures.catalogue import Procedure, applicable, parameter_digest
from xrayiq.procedures.recognition import Recognition, recognise
from xrayiq.procedures.site import Site, load_site

#: version of the reading and recognition steps in outcomes that no metric made
READING_VERSION: Final = 1
#: readers of documents without pixels, whose later versions read what is stored again
DOCUMENTS: Final = MappingProxyType({"performed_step": 1, "reject_note": 1})

#: (procedure or "" for any, reason) that say nothing against an image: it was never meant to be measured so, it is no
#: image, it is a clinical image whose maker keeps the relation of its pixel values to himself, its field is too small
#: or its pixels too large to tell lines from anatomy, its pixels hold text or no pitch to place artefacts by, it is a
#: field without markers of its light field, or nobody has told the kerma or the beam of a set of flat fields
EXPECTED: Final = frozenset(
    {
        ("", "presentation_image"),
        ("", "no_exposure_index"),
        ("", "not_an_xray_image"),
        ("", "no_procedure"),
        ("", "not_dicom"),
        ("clinical_noise", "no_linear_signal"),
        ("field_congruence", "no_markers"),
        ("grid_lines", "field_too_small"),
        ("clinical_seam", "field_too_small"),
        ("grid_lines", "pixels_too_large"),
        ("clinical_seam", "pixels_too_large"),
        ("artefact_candidates", "pixels_too_large"),
        ("artefact_candidates", "burnt_in_text"),
        ("artefact_candidates", "no_pixel_spacing"),
        ("signal_transfer", "no_kerma"),
        ("noise_components", "no_kerma"),
        ("dqe", "no_kerma"),
        ("dqe", "unknown_beam"),
    }
)


def is_expected(procedure: str, reason: str) -> bool:
    """Whether a reason for not measuring says nothing against the image."""
    return ("", reason) in EXPECTED or (procedure, reason) in EXPECTED


def is_unmeasured(outcome: Outcome) -> bool:
    """Whether an X-ray image that should be measurable was not."""
    return outcome.kind != "measured" and not is_expected(outcome.procedure, outcome.reason)


def score(image: Radiograph | NDArray[Any]) -> tuple[Outcome, ...]:
    """Outcomes of everything that applies to one image, judged by the shipped limits without baselines.

    Parameters
    ----------
    image : Radiograph or 2-D array
        A bare array has no pixel pitch: what needs one is not measurable.

    Returns
    -------
    tuple of Outcome
        One for each procedure of the image's kind; ``not_measurable`` with its reason where a metric has no meaning.
        An image that no procedure measures has one outcome that says so.

    Raises
    ------
    InputError
        The array is not 2-D or not numeric.
    """
    radiograph = image if isinstance(image, Radiograph) else Radiograph.from_array(image)
    site = load_site()
    recognition = recognise(radiograph, site)
    procedures = applicable(recognition.kind, radiograph.acquisition.modality)
    if not procedures:
        return (no_procedure(radiograph.header.subject, recognition, site),)
    return tuple(attempt(procedure, radiograph, site) for procedure in procedures)


def attempt(procedure: Procedure, image: Radiograph, site: Site) -> Outcome:
    """Outcome of one procedure on one image: measured and judged, or not measurable with its reason."""
    subject = image.header.subject
    digest = procedure.digest(site, response_id="" if image.response is None else image.response.id)
    try:
        result = procedure.apply(image, site)
    except NotMeasurableError as reason:
        return Outcome(
            subject=subject,
            procedure=procedure.name,
            kind="not_measurable",
            algorithm_version=procedure.algorithm_version,
            parameter_digest=digest,
            reason=reason.reason,
            message=reason.explanation,
        )
    return measured_outcome(
        subject,
        procedure.name,
        result,
        version=procedure.algorithm_version,
        digest=digest,
        site=site,
        header=image.header,
    )


def measured_outcome(
    subject: str,
    procedure: str,
    result: Result,
    *,
    version: int,
    digest: str,
    site: Site,
    header: ObjectHeader | None = None,
) -> Outcome:
    """Outcome of what was measured, its numbers judged by the limits in force for the unit that a header names."""
    measurements = result.measurements()
    return Outcome(
        subject=subject,
        procedure=procedure,
        kind="measured",
        algorithm_version=version,
        parameter_digest=digest,
        result=result,
        measurements=measurements,
        verdicts=verdicts(measurements, procedure, site.limits_for(header)),
    )


def document_outcome(document: DoseReport | PerformedStep | RejectNote, site: Site) -> Outcome:
    """Outcome of reading a document: the totals of a dose report or a performed procedure step, what a note rejects."""
    name, version = document.provenance.algorithm, document.provenance.algorithm_version
    return measured_outcome(
        document.header.subject,
        name,
        document,
        version=version,
        digest=parameter_digest(name, {}, site=site),
        site=site,
        header=document.header,
    )


def no_procedure(subject: str, recognition: Recognition, site: Site) -> Outcome:
    """Outcome of an object that no procedure measures, with what it was recognised by."""
    return reading_outcome(
        subject,
        "not_measurable",
        site=site,
        reason="not_an_xray_image" if recognition.kind == "other" else "no_procedure",
        message=f"{recognition.kind.replace('_', ' ')} ({recognition.evidence}): no procedure measures it",
    )


def reading_outcome(subject: str, kind: OutcomeKind, *, site: Site, reason: str, message: str) -> Outcome:
    """Outcome of an object that did not come as far as a procedure."""
    return Outcome(
        subject=subject,
        procedure="read",
        kind=kind,
        algorithm_version=READING_VERSION,
        parameter_digest=parameter_digest("read", {}, site=site),
        reason=reason,
        message=message,
    )


def verdicts(measurements: Iterable[Measurement], procedure: str, limits: Iterable[Limit]) -> tuple[Verdict, ...]:
    """Verdict of every measurement under every limit that applies to it."""
    known = tuple(limits)
    return tuple(
        judge(measurement, limit)
        for measurement in measurements
        for limit in known
        if limit.quantity == measurement.quantity and limit.procedure in ("", procedure)
    )
