"""Archives as streams of files: folders, zip and tar files, media, lists of paths."""

from xrayiq.dicom.sources.arrivals import Arrivals
from xrayiq.dicom.sources.folder import FolderSource, scan_folder
from xrayiq.dicom.sources.listed import ListSource
from xrayiq.dicom.sources.media import MediaSource
from xrayiq.dicom.sources.places import open_source
from xrayiq.dicom.sources.source import Source, SourceFile, content_digest, stream_digest

__all__ = [
    "Arrivals",
    "FolderSource",
    "ListSource",
    "MediaSource",
    "Source",
    "SourceFile",
    "content_digest",
    "open_source",
    "scan_folder",
    "stream_digest",
]
