"""How stored values depend on the air kerma at the detector."""

from __future__ import annotations

import datetime
import hashlib
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import InputError
from xrayiq.model.packing import Json, to_plain

ResponseModel = Literal["linear", "log", "power"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """Signal transfer of a detector: stored value against air kerma K at the detector.

    ``linear``: v = a + b·K; ``log``: v = a + b·ln K; ``power``: v = a + b·K^c (K in µGy).

    Parameters
    ----------
    model : {"linear", "log", "power"}
        Form of the relation.
    a, b, c : float
        Its coefficients in stored values and µGy; `c` only enters the power form.
    kerma_min_ugy, kerma_max_ugy : float
        Range of the data it was fitted to; outside it the response is an extrapolation.
    """

    model: ResponseModel
    a: float
    b: float
    c: float = 1.0
    kerma_min_ugy: float = 0.0
    kerma_max_ugy: float = float("inf")

    def __post_init__(self) -> None:
        if self.model not in ("linear", "log", "power"):
            raise InputError(f"response model {self.model!r}", needed="linear, log or power")
        if not np.all(np.isfinite([self.a, self.b, self.c])) or self.b == 0 or self.c <= 0:
            raise InputError(
                f"response with a={self.a}, b={self.b}, c={self.c}", needed="finite numbers, b not 0 and c above 0"
            )

    @property
    def id(self) -> str:
        """Short digest of the model and its coefficients."""
        text = f"{self.model}:{self.a!r}:{self.b!r}:{self.c!r}:{self.kerma_min_ugy!r}:{self.kerma_max_ugy!r}"
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def to_dict(self) -> dict[str, Json]:
        """All fields and the identity as plain JSON-ready values."""
        return {"type": "Response", "id": self.id, **cast(dict[str, Json], to_plain(self))}

    def to_kerma_ugy(self, pixel_values: NDArray[Any]) -> NDArray[np.float64]:
        """Air kerma of stored values.

        Parameters
        ----------
        pixel_values : array of any shape
            Stored values; NaN stays NaN.

        Returns
        -------
        array of float64, same shape
            Kerma in µGy. The linear form may go below zero with noise; the power form is clipped at zero there.
        """
        reduced = (np.asarray(pixel_values, dtype=np.float64) - self.a) / self.b
        if self.model == "linear":
            return reduced
        if self.model == "log":
            with np.errstate(over="ignore"):  # stored values that no kerma of this world gives become infinite
                return np.exp(reduced)
        return np.power(np.maximum(reduced, 0.0), 1.0 / self.c)

    def to_pixel_values(self, kerma_ugy: NDArray[Any]) -> NDArray[np.float64]:
        """Mean stored values at given air kerma.

        Parameters
        ----------
        kerma_ugy : array of any shape
            Kerma in µGy; above zero for the log form.

        Returns
        -------
        array of float64, same shape
            Unrounded, not clipped.
        """
        kerma = np.asarray(kerma_ugy, dtype=np.float64)
        if self.model == "linear":
            return self.a + self.b * kerma
        if self.model == "log":
            return self.a + self.b * np.log(kerma)
        return self.a + self.b * np.power(kerma, self.c)


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorResponse:
    """Response of one detector in one mode, with the days it is valid for.

    Parameters
    ----------
    mode : str
        Digest of the detector and of the way it stores its values.
    valid_from : date
        Day of the flat fields it was fitted to.
    valid_until : date or None
        First day of its successor, from which on it is not valid any more; None where there is none yet.
    response : Response
        The response.
    """

    mode: str
    valid_from: datetime.date
    valid_until: datetime.date | None
    response: Response

    def is_valid_on(self, day: datetime.date) -> bool:
        """Whether an exposure of this day is measured with it."""
        return self.valid_from <= day and (self.valid_until is None or day < self.valid_until)
