"""The page of `inspect`: the privacy of its picture, and whether it says that all is right."""

import numpy as np
import pytest

from xrayiq.batch import inspect_paths
from xrayiq.report.inspection import render_inspection
from xrayiq_phantoms import Detector, Technique, simulate_clinical, write_dicom

EXAM = {"body_part": "CHEST", "view_position": "PA", "target_exposure_index": 250.0}


def inspected(folder, *, index=250.0, pitch=0.3, burned_in=False, sop_class="DX"):
    pixels = simulate_clinical(
        Detector(pixel_pitch_mm=0.3), anatomy="chest", shape=(600, 600), kerma_ugy=2.5, seed=1
    ).pixels
    path = folder / "image.dcm"
    write_dicom(
        path,
        pixels,
        pixel_pitch_mm=pitch,
        sop_class=sop_class,
        burned_in_annotation=burned_in,
        technique=Technique(exposure_index=index, **EXAM),
    )
    (inspection,) = inspect_paths([path])
    return inspection


def test_picture_has_pixels_of_two_millimetres_and_more(tmp_path):
    inspection = inspected(tmp_path)
    assert inspection.field is not None
    assert inspection.field.preview is not None
    assert min(inspection.field.preview_pitch_mm) >= 2.0
    # 600 pixels of 0.3 mm are 180 mm
    assert max(inspection.field.preview.shape) <= 90
    page = render_inspection([inspection])
    assert "<image" in page
    assert "50 mm" in page  # the longest round bar within 30 % of 180 mm


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"burned_in": True}, "no text is burned into"),
        ({"burned_in": None, "sop_class": "CR"}, "no text is burned into"),
        ({"pitch": None, "sop_class": "CR"}, "size of the pixels is not known"),
    ],
)
def test_only_outlines_are_drawn_where_the_picture_may_show_too_much(tmp_path, options, said):
    inspection = inspected(tmp_path, **options)
    page = render_inspection([inspection])
    assert "<svg" in page
    assert "<image" not in page
    assert said in page


# a deviation index of 10 log10(800 / 250) = 5.05 is beyond the +3 of TG-116, one of 1.07 beyond its +1, 0 within
@pytest.mark.parametrize(("index", "judgement"), [(250.0, "pass"), (320.0, "warning"), (800.0, "fail")])
def test_first_screen_says_whether_it_is_all_right(tmp_path, index, judgement):
    inspection = inspected(tmp_path, index=index)
    assert inspection.judgement == judgement
    assert f'class="verdict {judgement}"' in render_inspection([inspection])


def test_text_file_and_flat_constant_are_explained_without_a_picture(tmp_path):
    (tmp_path / "notes.txt").write_text("no image")
    write_dicom(tmp_path / "z.dcm", np.full((400, 400), 100, np.uint16), pixel_pitch_mm=0.3, technique=Technique())
    inspections = list(inspect_paths([tmp_path]))
    assert [inspection.field for inspection in inspections] == [None, None]
    page = render_inspection(inspections)
    assert "No DICOM object" in page
    assert "2 files" in page
