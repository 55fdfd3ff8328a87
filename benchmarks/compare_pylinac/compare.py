"""xrayiq and pylinac against the same exact truth, on the same pixels.

``python compare.py PYTHON PAGE.md``: PYTHON is the interpreter of an environment that holds pylinac (it cannot share
one with xrayiq); arrays go there and back as .npy files in a temporary folder. Writes the page.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from xrayiq import Mtf, Nps, Radiograph, Response, measure_mtf, measure_nps
from xrayiq_phantoms import Detector, simulate_edge, simulate_flat

PITCH_MM = 0.15
KERMA_UGY = 2.5
ROI_PX = 256
SHAPE = (2048, 2048)
BAND_PER_MM = (0.3, 0.5 / PITCH_MM)
LEAST_PART_OF_PEAK = 0.05
SINE_PER_MM = 1.0
SEEDS = range(5)

EXACT: dict[str, Any] = {"quantised": False, "electronic_noise_ugy": 0.0}
FLATS = {
    "white": Detector(blur_sigma_mm=0.0, **EXACT),
    "coloured": Detector(blur_sigma_mm=0.10, **EXACT),
    "heel": Detector(blur_sigma_mm=0.10, heel_fraction=0.1, **EXACT),
}

HEAD = """# Beside pylinac

Written by `make compare-pylinac` with pylinac {pylinac} (numpy {numpy}, scipy {scipy}, pydicom {pydicom}) and xrayiq
{xrayiq}. Both see the same pixels; both are compared with the formulas of `xrayiq_phantoms`, which shares no code with
either. Pitch 0.15 mm, blur 0.10 mm, {seeds} seeds; the worst of the seeds is given.

| what | xrayiq | pylinac | how pylinac was used |
|---|---:|---:|---|
"""
FOOT = """
How the two were made comparable:

- **NPS.** pylinac takes regions; it was given the half-overlapping 256 × 256 regions that xrayiq uses. Counted are
  frequencies up to Nyquist whose true value is 5 % of the peak or more. pylinac subtracts each region's mean, xrayiq a
  quadratic surface over the whole image, so a heel stays in pylinac's lowest frequencies unless its user takes the
  trend out before. Its one-dimensional spectrum has no frequency axis (index over length, labelled mm⁻¹ in its
  plot): here bin k, which holds the radii from k to k + 1 steps of 1/(N·pitch), was set to the mean radius of its
  samples, the best that a user can do. Two-dimensional spectra need no such choice.
- **MTF.** pylinac takes edge spread functions ready made; it looks for no edge and no angle. It was given xrayiq's
  own, ten samples a pixel along the edge's normal, so that only the step from the edge spread function to the MTF is
  compared; by default it lays a Hann window over the whole function. Given the rows of the image instead, as one might
  without a slanted-edge tool, it averages undersampled MTFs.
- What only one of the two measures is not compared; pylinac's field is radiotherapy, of which xrayiq does nothing.
"""


def in_kerma(pixels: np.ndarray[Any, Any], detector: Detector) -> Radiograph:
    """Pixels with the detector's own response."""
    model, a, b, c = detector.response_coefficients
    return Radiograph.from_array(pixels, pixel_pitch_mm=PITCH_MM, response=Response(model=model, a=a, b=b, c=c))


class Exchange:
    """Arrays for pylinac, and what came back."""

    def __init__(self, folder: Path, python: str) -> None:
        self.folder, self.python, self.tasks = folder, python, list[dict[str, Any]]()

    def give(self, name: str, array: np.ndarray[Any, Any], **task: Any) -> None:
        """Lay an array and its task out."""
        np.save(self.folder / f"{name}.npy", array)
        self.tasks.append({"name": name, **task})

    def run(self) -> dict[str, str]:
        """Let pylinac measure; gives its versions."""
        (self.folder / "tasks.json").write_text(json.dumps(self.tasks))
        script = Path(__file__).with_name("with_pylinac.py")
        subprocess.run([self.python, str(script), str(self.folder)], check=True)
        versions: dict[str, str] = json.loads((self.folder / "versions.json").read_text())
        return versions

    def take(self, name: str) -> np.ndarray[Any, Any]:
        """An array that came back."""
        return np.asarray(np.load(self.folder / f"pylinac_{name}.npy"))


def radii_per_mm() -> np.ndarray[Any, Any]:
    """Distance of each sample of a spectrum, zero frequency in the middle, from zero frequency."""
    axis = np.fft.fftshift(np.fft.fftfreq(ROI_PX, PITCH_MM))
    return np.asarray(np.hypot(axis[:, None], axis[None, :]))


def true_spectrum(detector: Detector) -> np.ndarray[Any, Any]:
    """True NPS on the grid of a spectrum."""
    axis = np.fft.fftshift(np.fft.fftfreq(ROI_PX, PITCH_MM))
    return detector.nps_ugy2_mm2(axis[None, :], axis[:, None], KERMA_UGY)


def by_steps(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Mean over the samples of each bin of pylinac's one-dimensional spectrum."""
    steps = (radii_per_mm() * ROI_PX * PITCH_MM + 1e-9).astype(int)
    counts = np.bincount(steps.ravel())
    return np.asarray(np.bincount(steps.ravel(), values.ravel()) / np.maximum(counts, 1))


def radial_error(frequencies: Any, values: Any, detector: Detector, band: tuple[float, float]) -> float:
    """Mean ratio to the truth, averaged over directions, less 1."""
    angles = np.linspace(0.0, np.pi / 2, 91)[1:-1, None]
    inside = (frequencies >= band[0]) & (frequencies <= band[1])
    f = frequencies[inside]
    truth = detector.nps_ugy2_mm2(f * np.cos(angles), f * np.sin(angles), KERMA_UGY).mean(axis=0)
    counted = truth >= LEAST_PART_OF_PEAK * detector.nps_ugy2_mm2(0.0, 0.0, KERMA_UGY)
    return float(np.mean((values[inside] / truth)[counted]) - 1.0)


def plane_error(spectrum: Any, detector: Detector) -> float:
    """The same over the samples of the two-dimensional spectrum."""
    radii, truth = radii_per_mm(), true_spectrum(detector)
    inside = (radii >= BAND_PER_MM[0]) & (radii <= BAND_PER_MM[1]) & (truth >= LEAST_PART_OF_PEAK * truth.max())
    return float(np.mean(spectrum[inside] / truth[inside]) - 1.0)


def mtf_error(frequencies: Any, values: Any, truth: Callable[[Any], Any]) -> float:
    """Greatest difference up to the Nyquist frequency."""
    below = frequencies <= 0.5 / PITCH_MM
    return float(np.abs(values - truth(frequencies))[below].max())


def compare(exchange: Exchange) -> tuple[str, dict[str, str]]:
    """Lines of the table, and pylinac's versions."""
    spectra: dict[str, list[Nps]] = {name: [] for name in FLATS}
    for name, detector in FLATS.items():
        for seed in SEEDS:
            image = in_kerma(simulate_flat(detector, shape=SHAPE, kerma_ugy=KERMA_UGY, seed=seed).pixels, detector)
            spectra[name].append(measure_nps(image, roi_px=ROI_PX))
            exchange.give(f"{name}{seed}", image.signal(), kind="nps", roi_px=ROI_PX, pixel_pitch_mm=PITCH_MM)
    sine = in_kerma(simulate_flat(FLATS["coloured"], shape=(768, 768), kerma_ugy=KERMA_UGY, seed=9).pixels, Detector())
    peaked = sine.signal() + 0.3 * np.sin(2.0 * np.pi * SINE_PER_MM * np.arange(768) * PITCH_MM)
    peak_nps = measure_nps(peaked, pixel_pitch_mm=PITCH_MM, roi_px=ROI_PX)
    exchange.give("sine", peaked, kind="nps", roi_px=ROI_PX, pixel_pitch_mm=PITCH_MM)
    edges = {
        name: [measured_edge(exchange, f"{name}{seed}", seed, name) for seed in SEEDS] for name in ("exact", "noisy")
    }
    versions = exchange.run()
    lines = [
        *nps_lines(exchange, spectra),
        peak_line(exchange, peak_nps),
        *(line for name in edges for line in mtf_lines(exchange, name, edges[name])),
    ]
    return "\n".join(lines) + "\n", versions


def measured_edge(exchange: Exchange, name: str, seed: int, kind: str) -> tuple[Mtf, Callable[[Any], Any]]:
    """xrayiq's MTF of an edge, whose edge spread function and rows are given to pylinac."""
    noise = {"quanta_per_mm2_per_ugy": 1e15, "electronic_noise_ugy": 8.0 * 0.97 / 100.0}
    detector = Detector(quantised=False, **(noise if kind == "noisy" else {}))
    edge = simulate_edge(detector, angle_deg=3.0, offset_px=0.2 * seed, seed=seed, noise=kind == "noisy")
    mtf = measure_mtf(edge.pixels, pixel_pitch_mm=PITCH_MM)
    spacing = float(np.diff(mtf.esf_positions_mm).mean())
    for window in ("default", "none"):
        exchange.give(f"{name}_{window}", mtf.esf_values[None, :], kind="mtf", window=window, spacing_mm=spacing)
    # along the normal a step to the next column is shorter by the cosine
    step = PITCH_MM * float(np.cos(np.deg2rad(3.0)))
    exchange.give(f"{name}_rows", edge.pixels, kind="mtf", window="default", spacing_mm=step)
    return mtf, edge.truth.mtf


def nps_lines(exchange: Exchange, spectra: dict[str, list[Nps]]) -> list[str]:
    """Lines of the noise power spectra."""
    lines = []
    titles = {"white": "white noise", "coloured": "coloured noise", "heel": "coloured noise under a heel of 10 %"}
    frequencies = by_steps(radii_per_mm())
    for name, title in titles.items():
        detector = FLATS[name]
        found = spectra[name]
        theirs = [exchange.take(f"{name}{seed}") for seed in SEEDS]
        planes = [exchange.take(f"{name}{seed}_2d") for seed in SEEDS]
        ours = worst(plane_error(n.spectrum, detector) for n in found)
        direct = worst(plane_error(plane, detector) for plane in planes)
        lines.append(f"| NPS of {title}, 2-D, mean ratio from 0.3 mm⁻¹ | {ours} | {direct} | same regions |")
        ours = worst(radial_error(n.radial_frequencies_per_mm, n.radial_values, detector, BAND_PER_MM) for n in found)
        mapped = worst(radial_error(frequencies, curve, detector, BAND_PER_MM) for curve in theirs)
        lines.append(f"| NPS of {title}, 1-D, mean ratio from 0.3 mm⁻¹ | {ours} | {mapped} | axis mapped |")
        if name == "heel":
            low = (1.5 / (ROI_PX * PITCH_MM), 0.3)
            ours = worst(radial_error(n.radial_frequencies_per_mm, n.radial_values, detector, low) for n in found)
            mapped = worst(radial_error(frequencies, curve, detector, low) for curve in theirs)
            lines.append(f"| the same, below 0.3 mm⁻¹ | {ours} | {mapped} | axis mapped; trend not taken out |")
    return lines


def peak_line(exchange: Exchange, nps: Nps) -> str:
    """Line of a sine's frequency."""
    ours = nps.frequencies_per_mm[np.argmax(nps.u_axis_values)]
    index = int(np.argmax(exchange.take("sine")))
    mapped = by_steps(radii_per_mm())[index]
    raw = float(exchange.take("sine_peak")[0])
    return (
        f"| Peak of a sine of {SINE_PER_MM:g} mm⁻¹ (bins are 0.026 mm⁻¹ wide) | {ours:.3f} mm⁻¹ | {mapped:.3f} mm⁻¹ "
        f"| axis mapped; `max_frequency` itself gives {raw:.3f} |"
    )


def mtf_lines(exchange: Exchange, name: str, edges: list[tuple[Mtf, Callable[[Any], Any]]]) -> list[str]:
    """Lines of the MTFs."""
    title = "without noise" if name == "exact" else "step of 100 times the noise"
    ours = max(mtf_error(mtf.frequencies_per_mm, mtf.values, truth) for mtf, truth in edges)
    ways = {
        "default": "xrayiq's ESF, default Hann window",
        "none": "xrayiq's ESF, no window",
        "rows": "rows of the image",
    }
    lines = []
    for way, said in ways.items():
        theirs = max(mtf_error(*exchange.take(f"{name}{seed}_{way}"), edges[seed][1]) for seed in SEEDS)
        lines.append(f"| MTF up to Nyquist, {title}, worst error | {ours:.2g} | {theirs:.2g} | {said} |")
    return lines


def worst(errors: Any) -> str:
    """Relative error of the greatest size, in percent."""
    value = max(errors, key=abs)
    return f"{100.0 * value:+.2f} %".replace("-", "−")


def main(python: str, page: Path) -> None:
    """Compare and write the page."""
    with tempfile.TemporaryDirectory() as folder:
        table, versions = compare(Exchange(Path(folder), python))
    head = HEAD.format(**versions, xrayiq=version("xrayiq"), seeds=len(SEEDS))
    page.write_text(head + table + FOOT, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
