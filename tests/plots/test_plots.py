"""Figures say what they show, draw the result's own numbers, and leave nothing behind."""

from __future__ import annotations

import dataclasses
import re

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xrayiq.errors import InputError
from xrayiq.metrics.clinical_noise import ClinicalNoise
from xrayiq.metrics.clipping import Clipping
from xrayiq.metrics.collimation import Collimation
from xrayiq.metrics.exposure_index import ExposureIndex
from xrayiq.metrics.mtf import Mtf
from xrayiq.metrics.nps import Nps
from xrayiq.metrics.uniformity import Uniformity
from xrayiq.model import DoseEvent, DoseReport, Limit, ObjectHeader, Provenance, Response, Result, TomographyDose
from xrayiq.plots import (
    plot,
    plot_deviation_indices,
    plot_exposure_index,
    plot_mtfs,
    plot_nnps_group,
    plot_snr_distribution,
    to_png,
    to_svg,
)

PROVENANCE = Provenance(algorithm="test", algorithm_version=1)
PITCH_MM = 0.2
TG116 = Limit(
    id="di",
    quantity="deviation_index",
    document="AAPM TG-116",
    edition="2009",
    confidence="B",
    warning_low=-1.0,
    warning_high=1.0,
    fail_low=-3.0,
    fail_high=3.0,
)


def make_uniformity() -> Uniformity:
    means = 100.0 + np.arange(12.0).reshape(3, 4)
    return Uniformity(
        tile_means=means,
        tile_sds=np.ones((3, 4)),
        tile_snrs=means,
        tile_detrended_sds=np.ones((3, 4)),
        tile_rows_px=np.array([50, 100, 150]),
        tile_columns_px=np.array([50, 100, 150, 200]),
        tile_size_px=(50, 50),
        roi_mm=10.0,
        border_mm=10.0,
        signal_nonuniformity_global=0.1,
        signal_nonuniformity_local=0.05,
        noise_nonuniformity_global=0.0,
        noise_nonuniformity_local=0.0,
        snr_nonuniformity_global=0.1,
        snr_nonuniformity_local=0.05,
        snr_mean=105.5,
        snr_minimum=100.0,
        mean_signal=105.5,
        signal_unit="1",
        five_roi_means=np.array([105.0, 101.0, 103.0, 108.0, 110.0]),
        five_roi_size_px=(20, 20),
        five_roi_deviation=0.04,
        five_roi_variation=0.03,
        provenance=PROVENANCE,
    )


def make_mtf(across: str = "columns") -> Mtf:
    frequencies = np.linspace(0.0, 1.0 / PITCH_MM, 65)
    positions = np.linspace(-1.0, 1.0, 11)
    return Mtf(
        frequencies_per_mm=frequencies,
        values=np.exp(-frequencies),
        nyquist_per_mm=0.5 / PITCH_MM,
        f50_per_mm=float(np.log(2.0)),
        f10_per_mm=None,
        edge_angle_deg=3.0,
        across=across,  # type: ignore[arg-type]  # one of the two literals
        mode="constancy",
        esf_positions_mm=positions,
        esf_values=positions,
        lsf_positions_mm=positions,
        lsf_values=positions,
        roi_px=(0, 10, 0, 10),
        edge_ends_px=np.zeros((2, 2)),
        contrast_to_noise=50.0,
        provenance=PROVENANCE,
    )


def make_nps() -> Nps:
    frequencies = np.arange(1.0, 9.0) / (16 * PITCH_MM)
    return Nps(
        frequencies_per_mm=frequencies,
        u_values=1.0 / frequencies,
        v_frequencies_per_mm=0.9 * frequencies,
        v_values=2.0 / frequencies,
        radial_frequencies_per_mm=1.1 * frequencies,
        radial_values=1.5 / frequencies,
        spectrum=np.ones((16, 16)),
        mean_signal=50.0,
        signal_unit="uGy",
        variance=25.0,
        image_count=1,
        roi_count=9,
        pixel_count=1000,
        roi_px=16,
        pixel_pitch_mm=(PITCH_MM, PITCH_MM),
        provenance=PROVENANCE,
    )


def make_collimation(*, pitch: tuple[float, float] | None = (0.2, 0.1), preview: bool = True) -> Collimation:
    return Collimation(
        corners_px=np.array([[9.5, 19.5], [9.5, 79.5], [49.5, 79.5], [49.5, 19.5]]),
        sides=("collimated", "at_border", "not_found", "collimated"),
        area_mm2=None if pitch is None else 48.0,
        field_fraction=0.24,
        confidence=0.8,
        rotation_deg=0.0,
        image_shape_px=(100, 100),
        pixel_pitch_mm=pitch,
        preview=np.arange(50, dtype=np.uint8).reshape(10, 5) if preview else None,
        preview_pitch_mm=(2.0, 2.0) if preview else None,
        provenance=PROVENANCE,
    )


def make_exposure_index(deviation_index: float | None = 1.07, reported: float | None = 1.1) -> ExposureIndex:
    return ExposureIndex(
        exposure_index=320.0,
        target_exposure_index=250.0,
        deviation_index=deviation_index,
        reported_deviation_index=reported,
        deviation_index_difference=None,
        estimated_exposure_index=None,
        provenance=PROVENANCE,
    )


def make_clinical_noise() -> ClinicalNoise:
    return ClinicalNoise(
        snr=40.0,
        relative_noise=0.025,
        mean_signal=4.0,
        noise=0.1,
        signal_unit="uGy",
        block_size_px=16,
        block_count=12,
        anatomy_fraction=0.5,
        beside_anatomy_fraction=0.2,
        provenance=PROVENANCE,
    )


def make_clipping() -> Clipping:
    return Clipping(
        clipped_low_fraction=0.0,
        clipped_high_fraction=0.25,
        low_value=0.0,
        high_value=4095.0,
        pixel_count=100,
        provenance=PROVENANCE,
    )


def make_dose_report() -> DoseReport:
    events = tuple(DoseEvent(dap_gy_m2=value) for value in (1e-5, None, 0.0, 3e-5))
    return DoseReport(header=ObjectHeader(subject="1.2.3"), events=events, total_dap_gy_m2=4e-5)


RESPONSE = Response(model="linear", a=10.0, b=5.0, kerma_min_ugy=1.0, kerma_max_ugy=8.0)
EVERY_RESULT = [
    make_uniformity(),
    make_mtf(),
    make_nps(),
    make_collimation(),
    make_exposure_index(),
    make_clinical_noise(),
    make_clipping(),
    make_dose_report(),
    RESPONSE,
]


def axes() -> Axes:
    return Figure(layout="constrained").add_subplot()


def lines(ax: Axes) -> dict[str, np.ndarray]:
    return {str(line.get_label()): np.asarray(line.get_xydata()) for line in ax.get_lines()}


@pytest.mark.parametrize("result", EVERY_RESULT, ids=lambda result: type(result).__name__)
def test_axes_name_quantity_and_unit(result: Result | Response) -> None:
    ax = axes()
    assert plot(result, ax=ax) is ax
    labels = [label for label in (ax.get_xlabel(), ax.get_ylabel()) if label]
    assert labels
    # dimensionless: a ratio, an index, a stored value or a count; everything else names its unit after a slash
    without_unit = (
        "MTF",
        "Deviation index DI",
        "Deviation index DI\nbands: AAPM TG-116, 2009",
        "Stored value",
        "Irradiation event",
    )
    assert all(" / " in label or label in without_unit for label in labels)


@pytest.mark.parametrize("result", EVERY_RESULT, ids=lambda result: type(result).__name__)
def test_drawing_on_given_axes_opens_no_pyplot_figure(result: Result | Response) -> None:
    before = plt.get_fignums()
    plot(result, ax=axes())
    assert plt.get_fignums() == before


def test_without_axes_a_notebook_gets_one_pyplot_figure() -> None:
    before = set(plt.get_fignums())
    ax = plot(make_mtf())
    opened = set(plt.get_fignums()) - before
    assert len(opened) == 1
    assert plt.figure(opened.pop()) is ax.figure
    plt.close(ax.figure)  # type: ignore[arg-type]  # a figure, not a subfigure


def test_the_settings_of_the_user_are_left_alone() -> None:
    before = dict(matplotlib.rcParams)
    plot(make_nps(), ax=axes())
    to_svg(lambda ax: plot(make_nps(), ax=ax), name="a", title="b")
    assert dict(matplotlib.rcParams) == before


def test_another_type_is_an_input_error_that_lists_what_can_be_drawn() -> None:
    with pytest.raises(InputError, match="Mtf"):
        plot("edge.dcm")  # type: ignore[arg-type]


def test_mtf_line_is_the_curve_of_the_result() -> None:
    result = make_mtf()
    drawn = lines(plot(result, ax=axes()))["MTF u, across columns"]
    np.testing.assert_array_equal(drawn, np.column_stack([result.frequencies_per_mm, result.values]))


def test_mtf_marks_the_frequencies_that_were_reached_and_no_other() -> None:
    ax = plot(make_mtf(), ax=axes())
    texts = [text.get_text() for text in ax.texts]
    assert "50 % at 0.69 mm⁻¹" in texts  # ln 2
    assert not any(text.startswith("10 %") for text in texts)
    assert "Nyquist" in texts
    assert not any(text.startswith("low-frequency") for text in texts)


def test_mtf_tells_the_low_frequency_drop_where_there_is_one() -> None:
    ax = plot(dataclasses.replace(make_mtf(), low_frequency_drop=0.043), ax=axes())
    assert "low-frequency drop 4.3 %" in [text.get_text() for text in ax.texts]


def test_nnps_lines_are_the_result_in_1e_minus_5_mm2_on_their_own_axes() -> None:
    result = make_nps()
    drawn = lines(plot(result, ax=axes()))
    mean_square = result.mean_signal**2
    for name, frequencies, values in (
        ("u", result.frequencies_per_mm, result.u_values),
        ("v", result.v_frequencies_per_mm, result.v_values),
        ("radial", result.radial_frequencies_per_mm, result.radial_values),
    ):
        # rtol: a factor and a division in floating point
        np.testing.assert_allclose(drawn[name], np.column_stack([frequencies, values / mean_square * 1e5]), rtol=1e-12)


def test_nps_without_a_positive_signal_is_drawn_unnormalised() -> None:
    result = dataclasses.replace(make_nps(), mean_signal=0.0)
    ax = plot(result, ax=axes())
    assert ax.get_ylabel() == "NPS / µGy² mm²"
    np.testing.assert_array_equal(lines(ax)["u"][:, 1], result.u_values)


def test_uniformity_map_is_the_deviation_from_the_mean_in_percent() -> None:
    result = make_uniformity()
    ax = plot(result, ax=axes())
    (picture,) = ax.get_images()
    # rtol: the same ratio written another way
    np.testing.assert_allclose(picture.get_array(), 100.0 * (result.tile_means - 105.5) / 105.5, rtol=1e-12, atol=1e-12)
    assert tuple(picture.get_extent()) == (49.5, 249.5, 199.5, 49.5)
    assert "%" in ax.figure.axes[1].get_ylabel()


def test_collimation_corners_stand_in_mm_from_the_corner_of_the_image() -> None:
    ax = plot(make_collimation(), ax=axes())
    ends = np.concatenate([np.asarray(line.get_xydata()) for line in ax.get_lines()])
    # rows 0.2 mm, columns 0.1 mm: row 9.5 lies 10 rows below the upper edge of row 0
    assert {tuple(np.round(point, 9)) for point in ends} == {(2.0, 2.0), (8.0, 2.0), (8.0, 10.0), (2.0, 10.0)}
    assert ax.get_xlabel() == "Column / mm"
    assert ax.get_ylim()[0] > ax.get_ylim()[1]
    assert tuple(ax.get_images()[0].get_extent()) == (0.0, 10.0, 20.0, 0.0)


def test_a_field_without_a_blade_shows_no_confidence() -> None:
    whole = dataclasses.replace(make_collimation(), sides=("at_border",) * 4, confidence=0.17)
    assert plot(whole, ax=axes()).get_title().endswith("no blade visible")
    assert plot(make_collimation(), ax=axes()).get_title().endswith("confidence 0.80")


def test_collimation_without_pitch_and_preview_is_an_outline_in_pixels() -> None:
    ax = plot(make_collimation(pitch=None, preview=False), ax=axes())
    assert ax.get_xlabel() == "Column / px"
    assert not ax.get_images()
    assert ax.get_legend() is not None


def test_deviation_index_shows_bands_and_names_their_source() -> None:
    ax = plot_exposure_index(make_exposure_index(), ax=axes(), limit=TG116)
    assert "AAPM TG-116, 2009" in ax.get_xlabel()
    starts = sorted(round(patch.get_x(), 9) for patch in ax.patches)  # type: ignore[attr-defined]  # rectangles
    assert starts == [-5.0, -3.0, -1.0, 1.0, 3.0]


def test_an_unverified_limit_says_so_in_the_figure() -> None:
    ax = plot_exposure_index(make_exposure_index(), ax=axes(), limit=dataclasses.replace(TG116, confidence="C"))
    assert "limit not verified against the document" in ax.get_xlabel()


def test_an_unknown_deviation_index_is_said_not_drawn() -> None:
    ax = plot(make_exposure_index(None, None), ax=axes())
    assert "no deviation index known" in [text.get_text() for text in ax.texts]


def test_distribution_counts_every_finite_value_once() -> None:
    values = np.array([-9.0, -0.2, 0.1, 0.3, 2.0, np.nan, np.inf])
    ax = plot_deviation_indices(values, ax=axes(), span=5.0)
    bars = [patch for patch in ax.patches if hasattr(patch, "get_height")]
    assert sum(bar.get_height() for bar in bars) == 5
    assert "n = 5" in ax.get_title(loc="left")


@pytest.mark.parametrize("draw", [plot_deviation_indices, plot_snr_distribution])
def test_distributions_draw_nothing_without_values_and_refuse_pictures(draw: object) -> None:
    ax = draw(np.array([]), ax=axes())  # type: ignore[operator]
    assert ax.get_ylabel() == "Images"
    with pytest.raises(InputError, match="1-D"):
        draw(np.zeros((2, 2)), ax=axes())  # type: ignore[operator]


def test_response_is_dashed_beyond_its_data() -> None:
    drawn = lines(plot(RESPONSE, ax=axes()))
    fitted, beyond = drawn["fitted range"], drawn["extrapolation"]
    assert (fitted[0, 0], fitted[-1, 0]) == (1.0, 8.0)
    assert beyond[0, 0] >= 8.0
    np.testing.assert_allclose(fitted[:, 1], 10.0 + 5.0 * fitted[:, 0], rtol=1e-12)  # rounding


def test_dose_report_has_a_bar_for_each_event_that_states_a_product() -> None:
    ax = plot(make_dose_report(), ax=axes())
    heights = {round(bar.get_x() + bar.get_width() / 2): bar.get_height() for bar in ax.patches}  # type: ignore[attr-defined]
    assert heights == pytest.approx({1: 0.1, 3: 0.0, 4: 0.3})  # Gy·cm²


def test_dose_reports_of_other_kinds_show_their_own_dose() -> None:
    header = ObjectHeader(subject="1.2.3")
    breast = DoseEvent(average_glandular_dose_mgy=1.5, dap_gy_m2=1.0)
    section = DoseEvent(tomography=TomographyDose(dose_length_product_mgy_cm=250.0))
    for kind, event, height, unit in (
        ("mammography", breast, 1.5, "mGy"),
        ("computed_tomography", section, 250.0, "mGy·cm"),
    ):
        ax = plot(DoseReport(header=header, kind=kind, events=(event,)), ax=axes())  # type: ignore[arg-type]
        assert [bar.get_height() for bar in ax.patches] == [height]  # type: ignore[attr-defined]
        assert ax.get_ylabel().endswith(f"/ {unit}")


def test_groups_overlay_every_curve_under_its_label() -> None:
    labels = ["u $x_1$", "v <b>"]
    ax = plot_mtfs(list(zip(labels, [make_mtf(), make_mtf("rows")], strict=True)), ax=axes())
    assert set(labels) <= set(lines(ax))
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == labels
    group = plot_nnps_group([("a", make_nps()), ("b", make_nps())], ax=axes())
    assert {"a", "b"} <= set(lines(group))


def test_svg_stands_in_a_page_without_reaching_outside_it() -> None:
    hostile = "$\\frac{<script>alert(1)</script>$"
    svg = to_svg(lambda ax: plot_mtfs([(hostile, make_mtf())], ax=ax), name="one", title="a < b")
    assert svg.startswith("<svg ")
    assert svg.endswith("</svg>")
    assert "http" not in svg
    assert "<script" not in svg
    assert "<title>a &lt; b</title>" in svg
    assert set(re.findall(r'xlink:href="([^"]{1,5})', svg)) <= {"data:", *re.findall(r"(#.{4})", svg)}


def test_svg_is_reproducible_and_figures_of_one_page_share_no_identifier() -> None:
    def draw(ax: Axes) -> Axes:
        return plot(make_uniformity(), ax=ax)

    first, again, other = (to_svg(draw, name=name, title="t") for name in ("one", "one", "two"))
    assert first == again
    identifiers = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in (first, other)]
    assert identifiers[0]
    assert not identifiers[0] & identifiers[1]


def test_png_is_a_png() -> None:
    assert to_png(lambda ax: plot(make_clipping(), ax=ax)).startswith(b"\x89PNG\r\n")


def test_later_figures_of_a_notebook_are_shown_too(monkeypatch: pytest.MonkeyPatch) -> None:
    # a notebook's backend turns interactive mode on when it makes its first figure, within the style's context
    real = plt.subplots

    def first(*given: object, **options: object) -> object:
        matplotlib.interactive(True)
        return real(*given, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(plt, "subplots", first)
    try:
        plt.close(plot(make_uniformity()).figure)
        assert matplotlib.is_interactive()
    finally:
        matplotlib.interactive(False)
