"""Which response an image is measured with: that of its detector and mode, valid on the day of its exposure."""

from __future__ import annotations

from dataclasses import dataclass

from xrayiq.model import DetectorResponse, ObjectHeader, Response
from xrayiq.procedures.acquisition_sets import response_mode


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseBook:
    """Responses of the detectors of a site.

    Parameters
    ----------
    entries : tuple of DetectorResponse
        Of all detectors and modes.
    """

    entries: tuple[DetectorResponse, ...] = ()

    def valid_for(self, header: ObjectHeader) -> Response | None:
        """Response that an image is measured with.

        Parameters
        ----------
        header : ObjectHeader
            Header of the image.

        Returns
        -------
        Response or None
            None where the image has no date or no mode (see `response_mode`), or where nothing valid is known.
        """
        moment, mode = header.acquisition.exposed_at, response_mode(header)
        if moment is None or mode is None:
            return None
        valid = [entry for entry in self.entries if entry.mode == mode and entry.is_valid_on(moment.date())]
        return max(valid, key=lambda entry: entry.valid_from).response if valid else None

    def id_for(self, header: ObjectHeader) -> str:
        """Identity of that response, empty where there is none."""
        response = self.valid_for(header)
        return "" if response is None else response.id
