"""What is measured of the images of a store's exposures, as an audit of image quality takes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from xrayiq.dose import IndicatorCalibration
from xrayiq.procedures.exposure_frame import OF_QUALITY
from xrayiq.procedures.indicated_kerma import with_indicators
from xrayiq.procedures.stored_images import of_stored_images
from xrayiq.records import Records

_NOISE: Final = "clinical_noise"
#: reasons why the noise of an image could not be measured that say that its anatomy is saturated
_SATURATED: Final = ("partly_saturated", "all_saturated")


def with_image_quality(
    records: Records, exposures: pd.DataFrame, calibrations: Sequence[IndicatorCalibration] = ()
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Exposures with an image, with the kerma that their indicators stand for and what is wrong with the images.

    Parameters
    ----------
    records : Records
        The store.
    exposures : DataFrame
        From `exposures_of_store`.
    calibrations : sequence of IndicatorCalibration
        The site's own, of exposure indicators.

    Returns
    -------
    exposures : DataFrame
        With the columns that `assess_image_quality` asks for, NaN where they were not measured. An image counts as
        saturated where its noise could not be measured because its anatomy is.
    left_out : dict of str to int
        Those without an image.
    """
    own, left_out = of_stored_images(exposures)
    saturated = records.subjects_not_measurable(_NOISE, _SATURATED)
    is_saturated = own["subject"].isin(saturated).astype("float64")
    told = with_indicators(records, own, calibrations).assign(
        is_saturated=is_saturated.where((is_saturated == 1.0) | own["noise"].notna()),
        **{name: np.nan for name in OF_QUALITY[2:] if name not in own},
    )
    return told, left_out
