"""Results by formula, a store filled with them, and a reader of the written page."""

from __future__ import annotations

import datetime
from html.parser import HTMLParser
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np

from xrayiq.metrics.clinical_noise import ClinicalNoise
from xrayiq.metrics.collimation import Collimation
from xrayiq.metrics.exposure_index import ExposureIndex
from xrayiq.metrics.mtf import Mtf
from xrayiq.metrics.nps import Nps
from xrayiq.metrics.uniformity import Uniformity
from xrayiq.model import (
    Acquisition,
    DoseEvent,
    DoseReport,
    Limit,
    ObjectHeader,
    Outcome,
    Provenance,
    Result,
    judge,
)
from xrayiq.records import FileEntry, Records, open_records
from xrayiq.report import write_report

MONDAY = datetime.datetime(2026, 3, 2, 7, 30)
ROOM = {"manufacturer": "Simulated", "model": "DX-1000", "station_name": "ROOM1", "detector_id": "DET-A"}
HOSTILE = "<script>alert(1)</script>"
ATTRIBUTE = '"><img src=http://evil.example/x onerror=alert(2)>'
FOLDER = "Ward7/Simulated^Patient"

DI_LIMIT = Limit(
    id="di",
    quantity="deviation_index",
    document="AAPM TG-116",
    edition="2009",
    confidence="B",
    warning_low=-1.0,
    warning_high=1.0,
    fail_low=-3.0,
    fail_high=3.0,
    note="look, do not repeat",
)
UNIFORMITY_LIMIT = Limit(
    id="snu",
    quantity="signal_nonuniformity_global",
    document="local practice",
    edition="",
    confidence="C",
    warning_high=0.25,
)
MTF_LIMIT = Limit(
    id="mtf",
    quantity="mtf_f50",
    document="local practice",
    edition="",
    confidence="C",
    basis="relative_to_baseline",
    warning_low=-0.1,
    warning_high=0.1,
)
LIMITS = (DI_LIMIT, UNIFORMITY_LIMIT, MTF_LIMIT)


def provenance(algorithm: str) -> Provenance:
    return Provenance(algorithm=algorithm, algorithm_version=1)


def uniformity(*, nonuniformity: float = 0.0312) -> Uniformity:
    means = 100.0 + np.arange(12.0).reshape(3, 4)
    return Uniformity(
        tile_means=means,
        tile_sds=np.ones((3, 4)),
        tile_snrs=means,
        tile_detrended_sds=np.ones((3, 4)),
        tile_rows_px=np.array([50, 100, 150]),
        tile_columns_px=np.array([50, 100, 150, 200]),
        tile_size_px=(50, 50),
        roi_mm=10.0,
        border_mm=10.0,
        signal_nonuniformity_global=nonuniformity,
        signal_nonuniformity_local=0.0123,
        noise_nonuniformity_global=0.2,
        noise_nonuniformity_local=0.1,
        snr_nonuniformity_global=0.15,
        snr_nonuniformity_local=0.05,
        snr_mean=105.5,
        snr_minimum=100.0,
        mean_signal=105.5,
        signal_unit="1",
        five_roi_means=np.full(5, 105.5),
        five_roi_size_px=(20, 20),
        five_roi_deviation=0.04,
        five_roi_variation=0.03,
        provenance=provenance("uniformity"),
    )


def mtf(across: str) -> Mtf:
    frequencies = np.linspace(0.0, 5.0, 65)
    return Mtf(
        frequencies_per_mm=frequencies,
        values=np.exp(-frequencies),
        nyquist_per_mm=2.5,
        f50_per_mm=1.234,
        f10_per_mm=None,
        edge_angle_deg=3.0,
        across=across,  # type: ignore[arg-type]  # one of the two literals
        mode="constancy",
        esf_positions_mm=frequencies,
        esf_values=frequencies,
        lsf_positions_mm=frequencies,
        lsf_values=frequencies,
        roi_px=(0, 10, 0, 10),
        edge_ends_px=np.zeros((2, 2)),
        contrast_to_noise=float("inf"),
        provenance=provenance("mtf"),
    )


def nps(mean_signal: float = 50.0) -> Nps:
    frequencies = np.arange(1.0, 9.0) / 3.2
    return Nps(
        frequencies_per_mm=frequencies,
        u_values=1.0 / frequencies,
        v_frequencies_per_mm=frequencies,
        v_values=1.0 / frequencies,
        radial_frequencies_per_mm=frequencies,
        radial_values=1.0 / frequencies,
        spectrum=np.ones((16, 16)),
        mean_signal=mean_signal,
        signal_unit="1",
        variance=25.0,
        image_count=1,
        roi_count=9,
        pixel_count=1000,
        roi_px=16,
        pixel_pitch_mm=(0.2, 0.2),
        provenance=provenance("nps"),
    )


def collimation(confidence: float = 0.9, fraction: float = 0.5) -> Collimation:
    return Collimation(
        corners_px=np.array([[9.5, 19.5], [9.5, 79.5], [49.5, 79.5], [49.5, 19.5]]),
        sides=("collimated", "at_border", "not_found", "collimated"),
        area_mm2=4800.0,
        field_fraction=fraction,
        confidence=confidence,
        rotation_deg=0.0,
        image_shape_px=(100, 100),
        pixel_pitch_mm=(1.0, 1.0),
        preview=np.zeros((50, 50), dtype=np.uint8),
        preview_pitch_mm=(2.0, 2.0),
        provenance=provenance("collimation"),
    )


def exposure_index(deviation_index: float) -> ExposureIndex:
    return ExposureIndex(
        exposure_index=250.0 * 10 ** (deviation_index / 10),
        target_exposure_index=250.0,
        deviation_index=deviation_index,
        reported_deviation_index=None,
        deviation_index_difference=None,
        estimated_exposure_index=None,
        provenance=provenance("exposure_index"),
    )


def clinical_noise(snr: float) -> ClinicalNoise:
    return ClinicalNoise(
        snr=snr,
        relative_noise=1.0 / snr,
        mean_signal=4.0,
        noise=4.0 / snr,
        signal_unit="1",
        block_size_px=16,
        block_count=12,
        anatomy_fraction=0.5,
        beside_anatomy_fraction=0.2,
        provenance=provenance("clinical_noise"),
    )


def measured(subject: str, result: Result) -> Outcome:
    measurements = result.measurements()
    return Outcome(
        subject=subject,
        procedure=result.provenance.algorithm,
        kind="measured",
        parameter_digest="p",
        result=result,
        measurements=measurements,
        verdicts=tuple(judge(m, limit) for m in measurements for limit in LIMITS if limit.quantity == m.quantity),
    )


def not_measurable(subject: str, procedure: str, reason: str, message: str, *, kind: str = "not_measurable") -> Outcome:
    return Outcome(
        subject=subject,
        procedure=procedure,
        kind=kind,  # type: ignore[arg-type]  # one of the literals
        parameter_digest="p",
        reason=reason,
        message=message,
    )


class Store:
    """A record store with one run, filled object by object."""

    def __init__(self, folder: Path) -> None:
        self.records: Records = open_records(f"sqlite:///{folder / 'qa.db'}")
        self.run = self.records.begin_run(archive_key="k", plan_digest="plan", kernel_digest="abc123", version="9.8.7")
        self.count = 0

    def put(
        self,
        kind: str,
        *results: Result,
        failed: tuple[tuple[str, str, str], ...] = (),
        errors: tuple[tuple[str, str, str], ...] = (),
        acquisition: dict[str, object] | None = None,
        status: str = "object",
        header: bool = True,
    ) -> str:
        self.count += 1
        subject = f"1.2.3.{self.count}"
        known = {**ROOM, "modality": "DX", "exposed_at": MONDAY, **(acquisition or {})}
        outcomes = [measured(subject, result) for result in results]
        outcomes += [not_measurable(subject, *row) for row in failed]
        outcomes += [not_measurable(subject, *row, kind="error") for row in errors]
        self.records.add(
            self.run,
            archive_key="k",
            plan_digest="plan",
            file=FileEntry(
                relative_path=f"{FOLDER}/{self.count}.dcm",
                size=1,
                mtime_ns=1,
                digest=f"sha256:{self.count}",
                subject=subject,
                status=status,  # type: ignore[arg-type]  # one of the literals
            ),
            header=ObjectHeader(subject=subject, acquisition=Acquisition(**known)) if header else None,  # type: ignore[arg-type]
            kind=kind,
            outcomes=outcomes,
        )
        return subject

    def page(self, folder: Path, **options: str) -> str:
        return write_report(self.records, folder / "report.html", **options).read_text(encoding="utf-8")


class Reader(HTMLParser):
    """Tags with their attributes, visible text, and tables as rows of cells."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.tables: list[list[list[str]]] = []
        self._cell: list[str] | None = None
        self._hidden = 0
        self.words: list[str] = []
        self.feed(page)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self._cell = []
        self._hidden += tag in ("style", "svg")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self._cell is not None:
            self.tables[-1][-1].append(" ".join("".join(self._cell).split()))
            self._cell = None
        self._hidden -= tag in ("style", "svg")

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)
        if not self._hidden:
            self.words.append(data)

    def row(self, table_heading: str, first: str) -> dict[str, str]:
        """Row that starts with a text, in the table whose headings hold another."""
        for table in self.tables:
            if table and table_heading in table[0]:
                for row in table[1:]:
                    if row and row[0].startswith(first):
                        return dict(zip(table[0], row, strict=True))
        raise AssertionError(f"no row {first!r} under {table_heading!r}")


def fill(store: Store) -> None:
    """Something for every section."""
    store.put("flat_field", uniformity(), nps(), acquisition={"exposure_mas": 5.0})
    store.put("edge", mtf("columns"))
    store.put("edge", mtf("rows"))
    for number, deviation_index in enumerate((-3.5, -1.5, 0.2, 1.7, 0.4)):
        store.put(
            "clinical",
            exposure_index(deviation_index),
            collimation(),
            clinical_noise(40.0 + number),
            acquisition={"body_part": "CHEST", "view_position": "PA"},
        )
    events = (DoseEvent(dap_gy_m2=2e-5), DoseEvent(dap_gy_m2=3e-5))
    store.put("dose_report", DoseReport(header=ObjectHeader(subject="x"), events=events, total_dap_gy_m2=5e-5))
