"""Times pydicom's Decoder with one plug-in on the files of a folder; runs in either environment.

``timed.py FOLDER REPEATS PLUGIN…`` writes ``PLUGIN.json``, the best of the repeats per file in ms of processor time
(all threads counted, so that other work on the machine changes little), after comparing the pixels with ``image.npy``.
``timed.py FOLDER 0 encode`` writes ``jpeg_ls.bin``, for which only pyjpegls keeps 12 bits.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
from pydicom import dcmread
from pydicom.pixels import get_decoder, get_encoder

BITS = 12
JPEG_LS = "1.2.840.10008.1.2.4.80"


def encode(folder: Path) -> None:
    """JPEG-LS frame of the image, its precision that of the stored bits."""
    image = np.load(folder / "image.npy")
    rows, columns = image.shape
    frame = get_encoder(JPEG_LS).encode(
        image,
        rows=rows,
        columns=columns,
        samples_per_pixel=1,
        bits_allocated=16,
        bits_stored=BITS,
        pixel_representation=0,
        photometric_interpretation="MONOCHROME2",
        number_of_frames=1,
    )
    (folder / "jpeg_ls.bin").write_bytes(frame)


def time_plugin(folder: Path, plugin: str, repeats: int) -> dict[str, float]:
    """Best time of each file that the plug-in decodes, in ms."""
    if plugin == "xrayiq":
        from xrayiq.dicom import register_decoders

        register_decoders()
    image = np.load(folder / "image.npy")
    best_ms = {}
    for path in sorted(folder.glob("*.dcm")):
        dataset = dcmread(path)
        decoder = get_decoder(dataset.file_meta.TransferSyntaxUID)
        if plugin not in decoder.available_plugins:
            continue
        pixels, _ = decoder.as_array(dataset, decoding_plugin=plugin)
        if not np.array_equal(pixels, image):
            raise ValueError(f"{plugin} decodes {path.name} to other pixels")
        seconds = []
        for _ in range(repeats):
            start = time.process_time()
            decoder.as_array(dataset, decoding_plugin=plugin)
            seconds.append(time.process_time() - start)
        best_ms[path.stem] = 1e3 * min(seconds)
    return best_ms


def main(folder: Path, repeats: int, *plugins: str) -> None:
    """Encode, or time every plug-in."""
    if plugins == ("encode",):
        encode(folder)
        return
    for plugin in plugins:
        (folder / f"{plugin}.json").write_text(json.dumps(time_plugin(folder, plugin, repeats)))
    if "xrayiq" not in plugins:
        packages = ("pydicom", "pylibjpeg", "pylibjpeg-libjpeg", "pylibjpeg-openjpeg", "pylibjpeg-rle", "pyjpegls")
        (folder / "versions.txt").write_text(", ".join(f"{package} {version(package)}" for package in packages))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
