"""What the scanner and the whole parser read of the same bytes, beside each other."""

import io

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from plain_files import Tape

from xrayiq.dicom import dataset_header, open_object, read_header
from xrayiq.dicom.tag_scanner import scan_header
from xrayiq.errors import XrayiqError

KEY = bytes(32)
TAPES = st.binary(min_size=8, max_size=600).map(Tape)
QUICK = settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])


def outcome(reader, content):
    """Header as text, or the error with its whole message."""
    try:
        return repr(reader(content))
    except XrayiqError as error:
        return type(error), str(error)


def parsed_header(content):
    dataset, name = open_object(content, stop_before_pixels=True)
    return dataset_header(dataset, KEY, name)


def scanned_header(content):
    return read_header(content, key=KEY)


def assert_equal_headers(content):
    assert outcome(scanned_header, content) == outcome(parsed_header, content)


def is_scanned(content):
    return scan_header(io.BytesIO(content)) is not None
