"""A radiograph from a DICOM object."""

from __future__ import annotations

from xrayiq.dicom.opening import Source, open_object
from xrayiq.dicom.pixels import dataset_radiograph
from xrayiq.model import Radiograph, Response


def read(source: Source, *, response: Response | None = None, frame: int | None = None) -> Radiograph:
    """Radiograph of a DICOM object: stored pixels, what they mean, and how they were made.

    Parameters
    ----------
    source : path, bytes, binary file object or pydicom Dataset
        An X-ray image; of several frames one is taken, and a warning says which of how many.
    response : Response, optional
        Calibrated response of the detector; with it the signal is in µGy.
    frame : int, optional
        Number of the frame, from 1; without it RepresentativeFrameNumber (0028,6010) where stated, else the first. Only
        this frame is decoded, and attributes that differ between frames are its own; the subject in ``.header`` stays
        that of the object.

    Returns
    -------
    Radiograph
        ``.pixels`` in their own type, ``.acquisition``, ``.signal()``, ``.warnings``.

    Raises
    ------
    NotDicomError, TruncatedFileError, TransferSyntaxError, HeaderError, DecodeError
        The source is no DICOM image, or cannot be read.
    NotMeasurableError
        The image is in colour (``colour_image``).
    InputError
        The object has no such frame, or the source is of a kind that cannot be read.

    Examples
    --------
    >>> image = xrayiq.read("edge.dcm")  # doctest: +SKIP
    >>> image.acquisition.tube_voltage_kv  # doctest: +SKIP
    70.0
    """
    dataset, name = open_object(source)
    return dataset_radiograph(dataset, response, name, frame=frame)
