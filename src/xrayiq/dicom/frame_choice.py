"""Which frame of an object is measured."""

from __future__ import annotations

import operator

from xrayiq.dicom.elements import Elements, Layer
from xrayiq.dicom.layout import frame_count
from xrayiq.errors import InputError


def chosen_frame(header: Layer, frame: int | None, name: str) -> int:
    """Number of the frame that is taken.

    Parameters
    ----------
    header : Dataset or ScannedElements
        Header of the object.
    frame : int or None
        Number from 1; None takes RepresentativeFrameNumber (0028,6010) where the header states a frame that exists,
        else the first.
    name : str
        Name used in messages.

    Raises
    ------
    InputError
        The object has no such frame.
    """
    root = Elements((header,))
    frames = frame_count(root)
    if frame is None:
        stated = root.integer("RepresentativeFrameNumber") if frames > 1 else None
        return stated if stated is not None and 1 <= stated <= frames else 1
    try:
        number = operator.index(frame)
    except TypeError:
        number = 0
    if isinstance(frame, bool) or not 1 <= number <= frames:
        raise InputError(
            f"frame {frame!r}",
            needed=f"a number from 1 to {frames}: the object has {frames} {'frame' if frames == 1 else 'frames'}",
            remedy="count frames from 1",
            source=name,
        )
    return number
