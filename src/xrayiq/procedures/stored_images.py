"""Exposures of which a store holds the image."""

from __future__ import annotations

import pandas as pd


def of_stored_images(exposures: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """Exposures with an image, and the number of the others by reason.

    Parameters
    ----------
    exposures : DataFrame
        From `exposures_of_store`.
    """
    has_image = exposures["source"].isin(["image", "both"]).astype(bool)
    lost = int((~has_image).sum())
    own = exposures[has_image].reset_index(drop=True)
    return own, {"exposures without a stored image": lost} if lost else {}
