"""A small archive with one file of each sort."""

import numpy as np
import pytest

from xrayiq_phantoms import (
    Detector,
    Examination,
    Identifiers,
    ReportedEvent,
    Technique,
    simulate_clinical,
    simulate_edge,
    simulate_flat,
    write_dicom,
    write_dose_report,
)

DETECTOR = Detector(pixel_pitch_mm=0.3)
CLINICAL = Technique(
    body_part="CHEST", view_position="PA", exposure_index=500.0, target_exposure_index=250.0, deviation_index=3.0
)


@pytest.fixture(scope="module", autouse=True)
def own_key(tmp_path_factory):
    """A key file of the tests of a module, so that nothing is written to the user's folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XRAYIQ_KEY_FILE", str(tmp_path_factory.mktemp("key") / "person.key"))
        yield


def write(path, pixels, *, technique, instance, pitch=0.3, **fields):
    write_dicom(
        path,
        pixels,
        pixel_pitch_mm=pitch,
        technique=technique,
        identifiers=Identifiers(instance=instance),
        examination=Examination(patient_name="Canary^Name", patient_id="CANARYID", operator_name="Canary^Operator"),
        **fields,
    )


@pytest.fixture(scope="session")
def archive(tmp_path_factory):
    """Folder of a flat, edge, LOG flat, chest, its copy and presentation twin, three bad files and a dose report."""
    root = tmp_path_factory.mktemp("archive")
    (root / "qc").mkdir()
    (root / "Canary^Folder").mkdir()
    flat = simulate_flat(DETECTOR, shape=(512, 512), kerma_ugy=2.5, seed=1).pixels
    write(root / "qc" / "flat.dcm", flat, technique=Technique(protocol_name="Flat field"), instance="flat")
    edge = simulate_edge(DETECTOR, shape=(512, 512), angle_deg=3.0, seed=1).pixels
    write(root / "qc" / "edge.dcm", edge, technique=Technique(protocol_name="MTF"), instance="edge")
    write(
        root / "qc" / "log.dcm",
        flat,
        technique=Technique(protocol_name="Flat field"),
        instance="log",
        relationship="LOG",
    )
    chest = simulate_clinical(DETECTOR, anatomy="chest", shape=(600, 600), kerma_ugy=2.5, seed=1).pixels
    write(root / "Canary^Folder" / "chest.dcm", chest, technique=CLINICAL, instance="chest")
    content = (root / "Canary^Folder" / "chest.dcm").read_bytes()
    (root / "Canary^Folder" / "copy.dcm").write_bytes(content)
    (root / "Canary^Folder" / "cut.dcm").write_bytes((root / "qc" / "edge.dcm").read_bytes()[:200_000])
    twin = np.minimum(chest // 4, 4095).astype(np.uint16)
    write(
        root / "Canary^Folder" / "twin.dcm",
        twin,
        technique=CLINICAL,
        instance="twin",
        intent="FOR PRESENTATION",
        bits_stored=12,
    )
    (root / "notes.txt").write_text("no image")
    (root / "empty.dcm").write_bytes(b"")
    write_dose_report(root / "dose.dcm", events=[ReportedEvent(event_uid="2.25.1", dap_gy_m2=1e-5)])
    return root
