"""What an image is: header first, appearance where the header is silent."""

import functools

import numpy as np
import pytest

from xrayiq.errors import SiteError
from xrayiq.model import Acquisition, ObjectHeader, PixelRelation, Radiograph
from xrayiq.procedures import load_site, recognise, recognise_header
from xrayiq_phantoms import Detector, simulate_clinical, simulate_edge, simulate_field, simulate_flat

SITE = load_site()


def header(sop_class=None, title=None, **acquisition):
    return ObjectHeader(
        subject="1.2", sop_class_uid=sop_class, report_title=title, rows=100, acquisition=Acquisition(**acquisition)
    )


def image_of(pixels, **acquisition):
    return Radiograph(pixels=pixels, header=header(**acquisition))


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"modality": "DX", "protocol_name": "QC Flat field 5 uGy"}, "flat_field"),
        ({"modality": "DX", "protocol_name": "Homogenität monatlich"}, "flat_field"),
        ({"modality": "CR", "protocol_name": "MTF edge vertical"}, "edge"),
        ({"modality": "DX", "protocol_name": "Kollimation Lichtvisier"}, "collimated_field"),
        ({"modality": "DX", "protocol_name": "QC light beam congruence"}, "collimated_field"),
        ({"modality": "CR", "protocol_name": "Lichtfeld"}, "collimated_field"),
        ({"modality": "DX", "body_part": "CHEST", "view_position": "PA"}, "clinical"),
        ({"modality": "CT"}, "other"),
        ({"modality": "SR"}, "other"),
        ({"sop_class": "1.2.840.10008.5.1.4.1.1.88.67", "modality": "SR"}, "dose_report"),
        ({"sop_class": "1.2.840.10008.5.1.4.1.1.88.22", "modality": "SR", "title": "113701"}, "dose_report"),
        ({"sop_class": "1.2.840.10008.5.1.4.1.1.88.33", "modality": "SR", "title": "126000"}, "other"),
        ({"sop_class": "1.2.840.10008.5.1.4.1.1.88.59", "modality": "KO"}, "reject_note"),
    ],
)
def test_header_tells_the_kind(fields, kind):
    told = recognise_header(header(**fields), SITE)
    assert told is not None
    assert told.kind == kind


@pytest.mark.parametrize(
    "fields", [{"modality": "DX"}, {"quality_control_image": "YES"}, {"protocol_name": "QC phantom"}]
)
def test_silent_header_leaves_it_to_the_pixels(fields):
    assert recognise_header(header(**fields), SITE) is None


DETECTOR = Detector(pixel_pitch_mm=0.3)


@pytest.mark.parametrize("seed", [1, 2])
def test_flat_field_is_seen_in_the_pixels(seed):
    phantom = simulate_flat(DETECTOR, shape=(600, 700), kerma_ugy=2.5, seed=seed)
    assert recognise(image_of(phantom.pixels), SITE).kind == "flat_field"


@pytest.mark.parametrize("across", ["rows", "columns"])
@pytest.mark.parametrize("angle_deg", [1.5, 4.0])
def test_edge_is_seen_in_the_pixels(across, angle_deg):
    phantom = simulate_edge(DETECTOR, shape=(600, 700), across=across, angle_deg=angle_deg, seed=1)
    assert recognise(image_of(phantom.pixels), SITE).kind == "edge"


@pytest.mark.parametrize("seed", [1, 2])
def test_clinical_image_is_none_of_the_tests(seed):
    phantom = simulate_clinical(DETECTOR, anatomy="chest", shape=(1000, 1000), kerma_ugy=2.5, seed=seed)
    assert recognise(image_of(phantom.pixels), SITE).kind == "clinical"


def test_collimated_field_is_seen_in_the_pixels():
    phantom = simulate_field(
        DETECTOR, shape=(700, 700), kerma_ugy=2.5, size_mm=(120.0, 100.0), rotation_deg=5.0, seed=1
    )
    assert recognise(image_of(phantom.pixels), SITE).kind == "collimated_field"


def test_structured_test_image_is_a_test_object():
    pixels = np.kron(np.random.default_rng(1).integers(0, 1000, (16, 16)), np.ones((32, 32))).astype(np.uint16)
    assert recognise(image_of(pixels, quality_control_image="YES"), SITE).kind == "test_object"


def test_rules_of_a_site_win_over_the_shipped_ones(tmp_path):
    path = tmp_path / "site.toml"
    path.write_text('[[header_rules]]\nattribute = "protocol_name"\npattern = "^MTF"\nkind = "flat_field"\n')
    own = load_site(path)
    assert recognise_header(header(modality="DX", protocol_name="MTF plate"), own).kind == "flat_field"
    assert own.digest != ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense = 1", "unknown key 'nonsense'"),
        ("= 1", "no valid TOML"),
        ('[[header_rules]]\nattribute = "speed"\npattern = "x"\nkind = "edge"', "unknown attribute 'speed'"),
        ('[[header_rules]]\nattribute = "model"\npattern = "("\nkind = "edge"', "needed a regular expression"),
        ('[[header_rules]]\nattribute = "model"\npattern = "x"\nkind = "odd"', "unknown kind 'odd'"),
        ('[limits.x]\nquantity = "speed"\ndocument = "d"\nconfidence = "A"', "quantity 'speed'"),
        ('[limits.x]\nquantity = "mtf_f50"\ndocument = "d"\nconfidence = "A"\nfail_high = "1"', "fail_high is '1'"),
        ('[limits.x]\nquantity = "mtf_f50"\nconfidence = "A"', "document missing"),
    ],
)
def test_site_file_that_cannot_be_used_says_where_and_why(tmp_path, text, message):
    path = tmp_path / "site.toml"
    path.write_text(text)
    with pytest.raises(SiteError, match=r"site\.toml") as caught:
        load_site(path)
    assert message in str(caught.value)


def test_limit_of_a_site_replaces_the_shipped_one(tmp_path):
    path = tmp_path / "site.toml"
    path.write_text(
        '[limits.tg116_deviation_index]\nquantity = "deviation_index"\nfail_high = 2.0\n'
        'document = "Site protocol"\nconfidence = "A"\n'
    )
    limits = {limit.id: limit for limit in load_site(path).limits}
    assert limits["tg116_deviation_index"].fail_high == 2.0
    assert limits["tg116_deviation_index"].document == "Site protocol"
    assert set(limits) == {limit.id for limit in SITE.limits}


def test_object_without_any_sign_of_an_x_ray_image_is_other():
    told = recognise_header(ObjectHeader(subject="1.2", sop_class_uid="1.2.840.10008.1.3.10"), SITE)
    assert told is not None
    assert told.kind == "other"


SIMULATED = {
    "flat_field": lambda: simulate_flat(DETECTOR, shape=(600, 700), kerma_ugy=2.5, seed=1),
    "edge": lambda: simulate_edge(DETECTOR, shape=(600, 700), angle_deg=4.0, seed=1),
    "collimated_field": lambda: simulate_field(
        DETECTOR, shape=(700, 700), kerma_ugy=2.5, size_mm=(120.0, 100.0), rotation_deg=5.0, seed=1
    ),
    "clinical": lambda: simulate_clinical(DETECTOR, anatomy="chest", shape=(700, 700), kerma_ugy=2.5, seed=1),
}


@functools.cache
def simulated_pixels(kind):
    return SIMULATED[kind]().pixels


@pytest.mark.parametrize("kind", SIMULATED)
@pytest.mark.parametrize(("dtype", "lowest"), [("<u2", 0), (">u2", 0), ("<u2", 40000), ("<i2", 0), ("<i2", -8192)])
@pytest.mark.parametrize("sign", [1, -1])
def test_appearance_does_not_depend_on_how_values_are_stored(kind, dtype, lowest, sign):
    # large enough for both ways of reduction: of 16-bit integers in their own type, and of others as floats
    exposed = simulated_pixels(kind).astype(np.int64)
    stored = lowest + (exposed if sign > 0 else 16383 - exposed)
    relation = PixelRelation(sign=sign, stored_min=lowest, stored_max=lowest + 16383)
    image = Radiograph(pixels=stored.astype(dtype), relation=relation, header=header())
    assert recognise(image, SITE).kind == kind
