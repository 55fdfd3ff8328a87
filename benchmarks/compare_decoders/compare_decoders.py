"""Decoders of xrayiq beside pylibjpeg's and pyjpegls, all through pydicom's Decoder, on the same files.

``compare_decoders.py PYTHON PAGE``: PYTHON has the others' packages; PAGE gets the table.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import imagecodecs
import numpy as np
from pydicom.encaps import encapsulate
from pydicom.uid import UID

from xrayiq_phantoms.dicom_writer import write_dicom
from xrayiq_phantoms.encodings import encode_pixels

SIDE_PX = 3072
BITS = 12
#: rounds in which each environment is timed in turn, so that a busy moment hits neither alone
ROUNDS = 3
REPEATS = 4
#: title, transfer syntax, plug-in beside, least ratio that must be reached
CASES = {
    "jpeg_lossless": ("JPEG lossless SV1", "1.2.840.10008.1.2.4.70", "pylibjpeg", 2.5),
    "jpeg_ls": ("JPEG-LS", "1.2.840.10008.1.2.4.80", "pyjpegls", 0.9),
    "jpeg_2000": ("JPEG 2000 lossless", "1.2.840.10008.1.2.4.90", "pylibjpeg", None),
    "htj2k": ("HTJ2K lossless", "1.2.840.10008.1.2.4.201", "pylibjpeg", 2.0),
    "rle": ("RLE", "1.2.840.10008.1.2.5", "pylibjpeg", None),
}

PAGE = """# Beside other decoders

Written by `make compare-decoders` with xrayiq {xrayiq} (imagecodecs {imagecodecs}) and, in an environment of their own,
{versions}.

The same files of {side} × {side} pixels of {bits} bits (smooth structure and noise of 12 values), decoded by pydicom's
`Decoder.as_array` with each plug-in named. Times are of the processor, all threads counted, the best of {repeats}
repeats. Every decoder's pixels were compared with those encoded. Ratios drift little from machine to machine, times do.

| transfer syntax | xrayiq, ms | other, ms | other plug-in | as fast as the other | must reach | met |
|---|---:|---:|---|---:|---:|---|
{lines}

Rows with no figure to reach stand for completeness: for JPEG 2000 both call OpenJPEG. The HTJ2K stream declares 16
bits, for the encoder at hand knows no other.
"""


def image_pixels() -> np.ndarray:
    """Values of 12 bits with structure and noise."""
    rows, columns = np.mgrid[:SIDE_PX, :SIDE_PX]
    noise = np.random.default_rng(2).normal(0.0, 12.0, (SIDE_PX, SIDE_PX))
    return np.clip(2000 + 900 * np.sin(rows / 300) * np.cos(columns / 500) + noise, 0, 2**BITS - 1).astype(np.uint16)


def write_files(folder: Path, python: str) -> None:
    """One file per transfer syntax, and the pixels beside them."""
    image = image_pixels()
    np.save(folder / "image.npy", image)
    run(python, folder, "0", "encode")
    dataset = write_dicom(None, image, pixel_pitch_mm=0.15, bits_stored=BITS)
    for name, (_, syntax, _, _) in CASES.items():
        if name == "htj2k":
            content = encapsulate([bytes(imagecodecs.htj2k_encode(image, reversible=True))])
        elif name == "jpeg_ls":
            content = encapsulate([(folder / "jpeg_ls.bin").read_bytes()])
        else:
            content = encode_pixels(image, transfer_syntax=name, bits_stored=BITS)
        dataset.PixelData = content
        dataset["PixelData"].VR = "OB"
        dataset["PixelData"].is_undefined_length = True
        dataset.file_meta.TransferSyntaxUID = UID(syntax)
        dataset.save_as(folder / f"{name}.dcm", enforce_file_format=True)


def run(python: str, folder: Path, *arguments: str) -> None:
    """Run the timing script in an environment."""
    script = Path(__file__).with_name("timed.py")
    subprocess.run([python, str(script), str(folder), *arguments], check=True)


def best_times(folder: Path, python: str) -> dict[str, dict[str, float]]:
    """Best time in ms of each plug-in on each file, over all rounds."""
    best: dict[str, dict[str, float]] = {}
    for _ in range(ROUNDS):
        run(python, folder, str(REPEATS), "pylibjpeg", "pyjpegls")
        run(sys.executable, folder, str(REPEATS), "xrayiq")
        for plugin in ("pylibjpeg", "pyjpegls", "xrayiq"):
            times = json.loads((folder / f"{plugin}.json").read_text())
            known = best.setdefault(plugin, {})
            known.update({name: min(ms, known.get(name, ms)) for name, ms in times.items()})
    return best


def table_lines(best: dict[str, dict[str, float]]) -> tuple[list[str], bool]:
    """Lines of the table, and whether all figures are reached."""
    lines, reached = [], True
    for name, (title, _, plugin, least) in CASES.items():
        ours_ms, other_ms = best["xrayiq"][name], best[plugin][name]
        ratio = other_ms / ours_ms
        met = "" if least is None else "yes" if ratio >= least else "no"
        reached = reached and met != "no"
        goal = "" if least is None else f"≥ {least:g} ×"
        lines.append(f"| {title} | {ours_ms:.0f} | {other_ms:.0f} | {plugin} | {ratio:.2f} × | {goal} | {met} |")
    return lines, reached


def main(python: str, page: Path) -> int:
    """Compare, write and print the page; 1 where a figure is not reached."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_files(folder, python)
        lines, reached = table_lines(best_times(folder, python))
        text = PAGE.format(
            xrayiq=version("xrayiq"),
            imagecodecs=version("imagecodecs"),
            versions=(folder / "versions.txt").read_text(),
            side=SIDE_PX,
            bits=BITS,
            repeats=ROUNDS * REPEATS,
            lines="\n".join(lines),
        )
    page.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0 if reached else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], Path(sys.argv[2])))
