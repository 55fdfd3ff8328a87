"""A SQLite store of two years of exposures, its rows written directly: what audits of all kinds read.

Images, dose reports, both of the same, key objects that tell of rejects, and what was measured on the images.
"""

import datetime
import json
import sqlite3
from dataclasses import asdict

import numpy as np

from xrayiq.model import Acquisition
from xrayiq.records import open_records

UNITS, DAYS = 20, 500
FIRST = datetime.datetime(2025, 1, 1, 7, 0)
#: body part, its code in reports, view, protocol, median dose in Gy·m²
VIEWS = (
    ("CHEST", "T-D3000", "PA", "Chest PA", 7e-6),
    ("CHEST", "T-D3000", "LL", "Chest LAT", 2e-5),
    ("ABDOMEN", "T-D4000", "AP", "Abdomen AP", 1.5e-4),
    ("PELVIS", "T-D6000", "AP", "Pelvis AP", 1.4e-4),
    ("LSPINE", "T-11503", "AP", "L-Spine AP", 9e-5),
    ("LSPINE", "T-11503", "LL", "L-Spine LAT", 1.6e-4),
    ("HAND", "T-D8700", "PA", "Hand PA", 1e-6),
    ("CHEST", "T-D3000", "AP", "Chest AP", 7e-6),
)
PLAN = "plan"
#: output at 1 m and 80 kV, the distance of the detector, and the field there and at 1 m
OUTPUT_GY_PER_MAS, DISTANCE_MM, FIELD_AT_1_M_MM2 = 67.4e-6, 1500.0, 6.0e4
FIELD_MM2 = FIELD_AT_1_M_MM2 * (DISTANCE_MM / 1000.0) ** 2
#: size and pitch of the images, half the sides of their fields
SIZE_PX, PITCH_MM, HALF_SIDES_PX = 3000, 0.14, (1210, 1420)
#: every so many images a key object tells that one was rejected, with the code of its reason
REJECTED_EVERY, REASONS = 25, ("111209", "111211", "111212", "111210", "111214")
MEASURED = {
    "clinical_noise": {"clinical_snr": 100.0, "clinical_noise": 1.5, "field_beside_anatomy_fraction": 0.3},
    "clipping": {"clipped_low_fraction": 0.001, "clipped_high_fraction": 0.004},
    "grid_lines": {"grid_line_contrast": 0.004, "grid_line_frequency": 4.0},
    "detector_area": {"field_beyond_detector_fraction": 0.0},
    "clinical_seam": {"seam_contrast": 0.001},
    "collimation": {
        "field_area": FIELD_MM2,
        "field_height": 2 * HALF_SIDES_PX[0] * PITCH_MM,
        "field_width": 2 * HALF_SIDES_PX[1] * PITCH_MM,
        "field_offset_down": 3.0,
        "field_offset_right": -2.0,
        "field_rotation": 0.5,
        "collimation_confidence": 0.97,
        "field_sides_collimated": 4.0,
        "field_sides_at_border": 0.0,
    },
    "exposure_index": {"estimated_exposure_index": 300.0},
}
#: voltages that spread, a step of them in one unit, headers that were checked, of which some have a problem
HEADERS = """
UPDATE objects SET
  tube_voltage_kv = 80.0 + (id * 7919 % 5) - 2 + 12.0 * (equipment_id = 1 AND exposed_at > '2025-09'),
  source_detector_distance_mm = 1500.0 + (id * 104729 % 21) - 10,
  exposure_control_mode = 'MANUAL',
  header_checks = CASE id % 50 WHEN 0 THEN 'laterality_of_protocol,index_missing' ELSE 'event_missing' END,
  study_at = datetime(exposed_at, '-10 minutes') || '.000000'
WHERE kind = 'clinical'
"""

#: one unit shows the lines of its grid on a third of its images
LINES = """
UPDATE measurements SET value = 5.0 * value
WHERE quantity = 'grid_line_contrast' AND outcome_id IN (
  SELECT outcomes.id FROM outcomes JOIN objects ON objects.id = outcomes.object_id
  WHERE outcomes.procedure = 'grid_lines' AND objects.equipment_id = 2 AND objects.id % 3 = 0
)
"""


def write_audit_store(path, *, images, told_twice, reported, seed=1):
    """Write a store of images, of which some are also in dose reports, and of events that reports alone tell of."""
    open_records(f"sqlite:///{path}").close()
    rng = np.random.default_rng(seed)
    count = images + reported
    view = rng.integers(len(VIEWS), size=count)
    exposed = [
        FIRST + datetime.timedelta(days=int(number) // (count // DAYS + 1), seconds=int(number) * 37 % 43200)
        for number in range(count)
    ]
    unit = np.arange(count) % UNITS + 1
    dose = np.array([VIEWS[one][4] for one in view]) * np.exp(rng.normal(0.0, 0.3, count))
    charge = np.round(dose / (OUTPUT_GY_PER_MAS * FIELD_AT_1_M_MM2 * 1e-6), 3)  # a unit whose doses fit its technique
    weight = np.round(rng.normal(72.0, 14.0, count).clip(3.0), 1)
    age = np.where(weight < 45.0, 8.0, 55.0)
    moments = [one.isoformat(sep=" ") + ".000000" for one in exposed]
    deviation = np.round(rng.normal(0.9, 1.2, count), 1)
    header = json.dumps({"acquisition": asdict(Acquisition()), "detail": {}}, default=str)
    shifts = rng.integers(-60, 61, size=(count, 2))

    def field(number):
        """Header with the corners of the collimator."""
        corners = [
            (SIZE_PX // 2 + int(down) + across * HALF_SIDES_PX[0], SIZE_PX // 2 + int(right) + along * HALF_SIDES_PX[1])
            for (down, right) in (shifts[number],)
            for across, along in ((-1, -1), (-1, 1), (1, 1), (1, -1))
        ]
        told = json.dumps({"collimator_corners_px": corners, "pixel_pitch_mm": (PITCH_MM, PITCH_MM)})[1:-1]
        bare = header.replace('"collimator_corners_px": null, ', "").replace('"pixel_pitch_mm": null, ', "")
        return bare.replace('{"acquisition": {', '{"acquisition": {' + told + ", ")

    def image(number):
        part, _, position, protocol, _ = VIEWS[view[number]]
        subject = f"2.25.{10**30 + number}"
        own = (subject, "clinical", int(unit[number]), "DX", part, position, protocol, moments[number], 80.0)
        own += (float(charge[number]), 12.5, float(dose[number]), 310.0, 250.0)
        own += (float(deviation[number]), f"2.25.{2 * 10**30 + number // 2}", f"2.25.{3 * 10**30 + number}")
        own += (f"{number // 2:064x}", f"{number % 50:064x}", field(number), subject, "clinical", "clinical")
        return (*own, DISTANCE_MM, float(age[number]), float(weight[number]), "F", "FOCUSED", SIZE_PX, SIZE_PX)

    def note(number):
        own = (f"2.25.{5 * 10**30 + number}", "reject_note", int(unit[number]), "KO", moments[number])
        return (*own, f"2.25.{2 * 10**30 + number // 2}", header, "no_image", "no_image")

    def reject(place, number):
        code = REASONS[place % len(REASONS)]
        told = (place, 0, "key_object", "113001", f"2.25.{10**30 + number}", f"2.25.{2 * 10**30 + number // 2}")
        return (*told, 1, 0, code)

    def report(number):
        study = f"2.25.{2 * 10**30 + number // 2}"
        own = (f"2.25.{4 * 10**30 + number}", "dose_report", int(unit[number]), "SR", moments[number], study, header)
        return (*own, "no_image", "no_image", float(age[number]), float(weight[number]))

    def event(place, number):
        _, region, _, protocol, _ = VIEWS[view[number]]
        told = (place, 0, f"2.25.{3 * 10**30 + number}", moments[number], "113622", "113611", region, protocol)
        return (
            *told,
            float(dose[number]),
            80.0,
            float(charge[number]),
            12.5,
            310.0,
            250.0,
            float(deviation[number]),
            FIELD_AT_1_M_MM2,
            DISTANCE_MM,
        )

    with sqlite3.connect(path) as store:
        store.execute("PRAGMA synchronous=OFF")
        _insert(
            store,
            "runs(id,started_at,status,archive_key,xrayiq_version,kernel_digest,plan_digest,site_digest,counts)",
            [(1, moments[0], "finished", "archive", "0", "", PLAN, "", "{}")],
        )
        _insert(
            store,
            "equipment(id,identity,manufacturer,model,station_name,serial_number,institution)",
            [(one, str(one), "Acme", "DX1", f"ROOM{one}", f"S{one}", "North") for one in range(1, UNITS + 1)],
        )
        _insert(
            store,
            "objects(subject,kind,equipment_id,modality,body_part,view_position,protocol_name,exposed_at,"
            "tube_voltage_kv,exposure_mas,exposure_time_ms,dap_gy_m2,exposure_index,target_exposure_index,"
            "deviation_index,study_uid,irradiation_event_uid,patient_key,operator_key,header_json,exposure_key,"
            "own_population,population,source_detector_distance_mm,patient_age_years,patient_weight_kg,patient_sex,grid,"
            "rows,columns)",
            map(image, range(images)),
        )
        numbers = [*range(told_twice), *range(images, count)]
        _insert(
            store,
            "objects(subject,kind,equipment_id,modality,exposed_at,study_uid,header_json,own_population,population,"
            "patient_age_years,patient_weight_kg)",
            map(report, numbers),
        )
        rejected = range(0, images, REJECTED_EVERY)
        _insert(
            store,
            "objects(subject,kind,equipment_id,modality,exposed_at,study_uid,header_json,own_population,population)",
            map(note, rejected),
        )
        store.execute(HEADERS)
        store.execute(
            "INSERT INTO files(archive_key,relative_path,size,mtime_ns,digest,subject,status,plan_digest) "
            "SELECT 'archive', subject, 1, 1, subject, subject, 'object', ? FROM objects",
            (PLAN,),
        )
        kinds = dict.fromkeys(MEASURED, "clinical") | {"dose_report": "dose_report", "reject_note": "reject_note"}
        for procedure, kind in kinds.items():
            store.execute(
                "INSERT INTO outcomes(subject,procedure,algorithm_version,parameter_digest,kind,reason,message,"
                "plan_digest,object_id,run_id,created_at) "
                "SELECT subject, ?, 2, '', 'measured', '', '', ?, id, 1, exposed_at FROM objects WHERE kind = ?",
                (procedure, PLAN, kind),
            )
        for procedure, values in MEASURED.items():
            for ordinal, (quantity, value) in enumerate(values.items()):
                store.execute(
                    "INSERT INTO measurements(outcome_id,ordinal,quantity,direction,value,unit) "
                    "SELECT id, ?, ?, '', ? * (1.0 + 0.001 * (id % 20)), '1' FROM outcomes WHERE procedure = ?",
                    (ordinal, quantity, value, procedure),
                )
        store.execute(LINES)
        first = "SELECT min(id) FROM outcomes WHERE procedure = ?"
        of_reports, of_notes = (store.execute(first, (one,)).fetchone()[0] for one in ("dose_report", "reject_note"))
        _insert(
            store,
            "dose_events(outcome_id,ordinal,irradiation_event_uid,started_at,plane,event_type,target_region,protocol,"
            "dap_gy_m2,tube_voltage_kv,exposure_mas,exposure_time_ms,exposure_index,target_exposure_index,"
            "deviation_index,field_area_at_1_m_mm2,source_detector_distance_mm)",
            (event(of_reports + place, number) for place, number in enumerate(numbers)),
        )
        _insert(
            store,
            "rejects(outcome_id,ordinal,source,title,image_uid,study_uid,is_rejected,has_text,code)",
            (reject(of_notes + place, number) for place, number in enumerate(rejected)),
        )


def _insert(store, columns, rows):
    marks = ",".join("?" * (columns.count(",") + 1))
    store.executemany(f"INSERT INTO {columns} VALUES ({marks})", rows)  # noqa: S608 - columns of this module
