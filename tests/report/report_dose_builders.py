"""A store of two rooms whose doses are known multiples of a reference level, filled by the records' own methods."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from report_builders import FOLDER, Store

from xrayiq.model import Acquisition, ObjectHeader
from xrayiq.records import FileEntry

START = datetime.datetime(2026, 3, 2, 9, 0)  # a Monday
LEVEL = 1.0e-5  # Gy·m2
ONE_OPERATOR, ANOTHER = "0123456789abcdef" * 4, "fedcba9876543210" * 4
#: factors around the middle, the median of 21 of which is 1
AROUND = tuple(1.0 + 0.01 * step for step in range(-10, 11))


def expose(
    store: Store,
    room: str,
    doses: Sequence[float | None],
    *,
    operator: str = ONE_OPERATOR,
    **told: object,
) -> None:
    """Exposures of a room, one a day."""
    for number, dose in enumerate(doses):
        store.count += 1
        subject = f"1.2.4.{store.count}"
        known: dict[str, object] = {
            "manufacturer": "Simulated",
            "model": "DX-1000",
            "station_name": room,
            "serial_number": f"S-{room}",
            "institution": "North",
            "modality": "DX",
            "body_part": "CHEST",
            "view_position": "PA",
            "tube_voltage_kv": 120.0,
            "exposure_mas": 6.0,
            "deviation_index": 0.0,
            "patient_age_years": 40.0,
            "patient_weight_kg": 70.0,
            "exposed_at": START + datetime.timedelta(days=number),
        }
        acquisition = Acquisition(**{**known, "dap_gy_m2": dose, **told})  # type: ignore[arg-type]  # fields by name
        store.records.add(
            store.run,
            archive_key="k",
            plan_digest="plan",
            file=FileEntry(
                relative_path=f"{FOLDER}/{store.count}.dcm",
                size=1,
                mtime_ns=1,
                digest=f"sha256:{store.count}",
                subject=subject,
                status="object",
            ),
            header=ObjectHeader(
                subject=subject, study_uid=f"1.9.{store.count}", operator_key=operator, acquisition=acquisition
            ),
            kind="clinical",
            outcomes=[],
            population="clinical",
        )
