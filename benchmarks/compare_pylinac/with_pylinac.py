"""What pylinac gives for the arrays in a folder; runs in pylinac's own environment, without xrayiq.

Reads the arrays that ``compare.py`` wrote, writes ``pylinac_*.npy`` and ``versions.json`` beside them.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
from pylinac.core.mtf import EdgeSpreadFunctionMTF
from pylinac.core.nps import max_frequency, noise_power_spectrum_1d, noise_power_spectrum_2d


def main(folder: Path) -> None:
    """Measure every array of the folder."""
    for task in json.loads((folder / "tasks.json").read_text()):
        name = task["name"]
        array = np.load(folder / f"{name}.npy")
        if task["kind"] == "nps":
            side = task["roi_px"]
            rows, columns = (range(0, size - side + 1, side // 2) for size in array.shape)
            rois = [array[row : row + side, column : column + side] for row in rows for column in columns]
            spectrum = noise_power_spectrum_2d(task["pixel_pitch_mm"], rois)
            curve = noise_power_spectrum_1d(spectrum)
            np.save(folder / f"pylinac_{name}.npy", curve)
            np.save(folder / f"pylinac_{name}_2d.npy", spectrum)
            np.save(folder / f"pylinac_{name}_peak.npy", np.array([max_frequency(curve)]))
        else:
            window = {} if task["window"] == "default" else {"windowing": None}
            # the longest padding that it offers, so that its frequency axis is fine
            found = EdgeSpreadFunctionMTF(list(array), sample_spacing=task["spacing_mm"], num_samples=16384, **window)
            np.save(folder / f"pylinac_{name}.npy", np.stack([found.freq, found.mtf]))
    versions = {package: version(package) for package in ("pylinac", "numpy", "scipy", "pydicom")}
    (folder / "versions.json").write_text(json.dumps(versions))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
