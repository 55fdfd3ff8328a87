"""Everything that a set of flat fields and edges tells: response, noise, defects, MTF, NPS and DQE."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics import (
    Defects,
    Mtf,
    Nps,
    SignalTransfer,
    artefacts,
    compute_dqe,
    correct_defects,
    defects,
    dqe,
    find_artefacts,
    find_defects,
    line_noise,
    measure_line_noise,
    measure_mtf,
    measure_noise,
    measure_nps,
    measure_signal_transfer,
    measure_temporal_noise,
    mtf,
    noise,
    nps,
    signal_transfer,
    temporal_noise,
)
from xrayiq.model import Outcome, Radiograph, Response, Result
from xrayiq.procedures.acquisition_sets import RESPONSE_LEVELS, AcquisitionSet, SetMember, subject_of
from xrayiq.procedures.catalogue import Parameter, parameter_digest
from xrayiq.procedures.levels import noise_levels, nps_levels
from xrayiq.procedures.scoring import measured_outcome
from xrayiq.procedures.site import Site

#: procedures of sets and the versions of their algorithms
SET_PROCEDURES: Final[Mapping[str, int]] = {
    "signal_transfer": signal_transfer.ALGORITHM_VERSION,
    "noise_components": noise.ALGORITHM_VERSION,
    "defects": defects.ALGORITHM_VERSION,
    "temporal_noise": temporal_noise.ALGORITHM_VERSION,
    "line_noise": line_noise.ALGORITHM_VERSION,
    "artefacts": artefacts.ALGORITHM_VERSION,
    "mtf_iec": mtf.ALGORITHM_VERSION,
    "nps_level": nps.ALGORITHM_VERSION,
    "dqe": dqe.ALGORITHM_VERSION,
}
#: fewest levels of kerma for the noise components
_LEAST_NOISE_LEVELS: Final = 4

Load = Callable[[SetMember], Radiograph]
#: some members with what was measured on them
_Measured = tuple[tuple[SetMember, ...], Outcome]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoredSet:
    """What a set told.

    Parameters
    ----------
    outcomes : tuple of Outcome
        Each with the images it was made from as its subject.
    response : Response or None
        The response measured on it; None where it told none.
    """

    outcomes: tuple[Outcome, ...]
    response: Response | None


def score_set(images: AcquisitionSet, load: Load, *, site: Site, response: Response | None) -> ScoredSet:
    """Measure and judge a set.

    Parameters
    ----------
    images : AcquisitionSet
        Its members.
    load : callable
        Reads a member; called once or more for each.
    site : Site
        Limits in force.
    response : Response or None
        Response known from before, used where the set itself tells none.

    Returns
    -------
    ScoredSet
        ``not_measurable`` outcomes name what is missing: ``no_kerma``, ``unknown_beam``, or a metric's reason.
    """
    outcomes: list[Outcome] = []
    if len(images.levels) >= RESPONSE_LEVELS:
        transfer = _signal_transfer(images, load, site)
        outcomes.append(transfer)
        if isinstance(transfer.result, SignalTransfer):
            response = transfer.result.response
    scorer = _Scorer(images=images, load=load, site=site, response=response)
    found = scorer.defects()
    outcomes.append(found)
    if isinstance(found.result, Defects):
        scorer = dataclasses.replace(scorer, bad=found.result)
    if len(images.levels) >= _LEAST_NOISE_LEVELS:
        outcomes.append(scorer.noise_components())
    outcomes += scorer.patterns()
    edges = scorer.mtfs()
    flats = [(level, scorer.nps(level)) for level in nps_levels(images, response)]
    outcomes += [outcome for _, outcome in (*edges, *flats)]
    outcomes += [scorer.dqe(edge, flat) for edge in edges for flat in flats if edge[1].result and flat[1].result]
    return ScoredSet(outcomes=tuple(outcomes), response=_response_of(outcomes))


def _response_of(outcomes: Sequence[Outcome]) -> Response | None:
    return next((each.result.response for each in outcomes if isinstance(each.result, SignalTransfer)), None)


def _signal_transfer(images: AcquisitionSet, load: Load, site: Site) -> Outcome:
    scorer = _Scorer(images=images, load=load, site=site, response=None)

    def measure() -> Result:
        return measure_signal_transfer((load(flat) for flat in images.flats), kerma_ugy=_kermas(images.flats))

    return scorer.attempt("signal_transfer", images.flats, measure)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Scorer:
    """One set with the response that its images are read with, and the defects that its flat fields are freed of."""

    images: AcquisitionSet
    load: Load
    site: Site
    response: Response | None
    bad: Defects | None = None

    def noise_components(self) -> Outcome:
        """Electronic, quantum and structured noise from the levels below saturation."""
        used = noise_levels(self.images, self.response)
        return self.attempt(
            "noise_components", used, lambda: measure_noise(list(self._flats(used)), kerma_ugy=_kermas(used))
        )

    @property
    def best_level(self) -> tuple[SetMember, ...]:
        """Level of most images below saturation; of several, that of the highest kerma."""
        below = set(noise_levels(self.images, self.response))
        levels = [level for level in self.images.levels if below.issuperset(level)] or self.images.levels
        return max(reversed(levels), key=len)

    def defects(self) -> Outcome:
        """Defective pixels on the best level."""
        return self.attempt("defects", self.best_level, lambda: find_defects(self._read(self.best_level)))

    def patterns(self) -> list[Outcome]:
        """Noise of rows and columns, artefacts and, with repeats, temporal and structured noise, on the best level."""
        level = self.best_level
        found = [
            self.attempt("line_noise", level, lambda: measure_line_noise(self._flats(level))),
            self.attempt("artefacts", level, lambda: find_artefacts(self._flats(level))),
        ]
        if len(level) > 1:
            found.append(
                self.attempt("temporal_noise", level, lambda: measure_temporal_noise(list(self._flats(level))))
            )
        return found

    def mtfs(self) -> list[_Measured]:
        """MTF of each direction in the mode of IEC 62220-1-1; an edge that cannot be measured has its own outcome."""
        single = [(edge, self.mtf([edge])) for edge in self.images.edges]
        found: list[_Measured] = [((edge,), outcome) for edge, outcome in single if outcome.result is None]
        for across in ("columns", "rows"):
            members = tuple(edge for edge, outcome in single if _across(outcome) == across)
            alone = [outcome for edge, outcome in single if members == (edge,)]
            if members:
                found.append((members, alone[0] if alone else self.mtf(members)))
        return found

    def mtf(self, edges: Sequence[SetMember]) -> Outcome:
        """MTF of repeats of one edge; their edge spread functions are averaged."""
        return self.attempt("mtf_iec", edges, lambda: measure_mtf(self._read(edges), mode="iec"))

    def nps(self, level: Sequence[SetMember]) -> Outcome:
        """Noise power spectrum of one level."""
        return self.attempt("nps_level", level, lambda: measure_nps(self._flats(level)))

    def dqe(self, edge: _Measured, flat: _Measured) -> Outcome:
        """DQE of one direction at one level."""
        level = flat[0]
        mtf_result, nps_result = edge[1].result, flat[1].result

        def measure() -> Result:
            if not (isinstance(mtf_result, Mtf) and isinstance(nps_result, Nps)):
                raise TypeError("a DQE needs an MTF and an NPS")
            kermas = _kermas(level)
            if not self.images.beam:
                raise NotMeasurableError(
                    "unknown_beam",
                    "no standard beam in header, kerma table or site file",
                    needed="the beam, whose quanta per kerma the DQE is computed with",
                    remedy='name it in kerma.csv or in the site\'s kerma table, for example beam = "RQA5/2015"',
                )
            uncertainty = max(each.kerma.uncertainty_fraction for each in level if each.kerma is not None)
            return compute_dqe(
                mtf_result,
                nps_result,
                kerma_ugy=float(np.mean(kermas)),
                beam=self.images.beam,
                kerma_uncertainty_fraction=uncertainty,
            )

        return self.attempt("dqe", (*edge[0], *level), measure)

    def attempt(self, procedure: str, members: Sequence[SetMember], measure: Callable[[], Result]) -> Outcome:
        """Outcome of one procedure on some members."""
        subject, version = subject_of(members), SET_PROCEDURES[procedure]
        response_id = "" if self.response is None or procedure == "signal_transfer" else self.response.id
        parameters: dict[str, Parameter] = {"beam": self.images.beam, "replaced": self._replaced()}
        digest = parameter_digest(procedure, parameters, site=self.site, response_id=response_id)
        try:
            result = measure()
        except (NotMeasurableError, InputError) as error:
            return Outcome(
                subject=subject,
                procedure=procedure,
                kind="not_measurable",
                algorithm_version=version,
                parameter_digest=digest,
                reason=error.reason if isinstance(error, NotMeasurableError) else "unfit_images",
                message=error.explanation,
            )
        header = self.images.flats[0].header
        return measured_outcome(
            subject, procedure, result, version=version, digest=digest, site=self.site, header=header
        )

    def _read(self, members: Sequence[SetMember]) -> Iterator[Radiograph]:
        for member in members:
            image = self.load(member)
            yield image if self.response is None else dataclasses.replace(image, response=self.response)

    def _flats(self, members: Sequence[SetMember]) -> Iterator[Radiograph]:
        """Flat fields without defective pixels, as clinical images are corrected: one would outweigh the noise."""
        for image in self._read(members):
            yield image if self.bad is None else correct_defects(image, self.bad)

    def _replaced(self) -> str:
        """Digest of the pixels that are replaced; empty where none is."""
        places = np.empty((0, 2)) if self.bad is None else np.argwhere(self.bad.mask())
        return hashlib.sha256(places.tobytes()).hexdigest()[:16] if len(places) else ""


def _across(outcome: Outcome) -> str:
    return outcome.result.across if isinstance(outcome.result, Mtf) else ""


def _kermas(members: Sequence[SetMember]) -> list[float]:
    known = [member.kerma.kerma_ugy for member in members if member.kerma is not None]
    if len(known) < len(members):
        raise NotMeasurableError(
            "no_kerma",
            f"air kerma at the detector known for {len(known)} of {len(members)} flat fields",
            needed="the kerma of each",
            remedy="put a kerma.csv beside the images, or a [[kerma]] table into the site file",
        )
    return known
