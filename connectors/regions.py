"""A profile whose region the settings do not give, found by trying each address of its table with its check call."""

from __future__ import annotations

import threading
from collections.abc import Callable

from connectors.answers import credential_refused
from connectors.base_urls import BaseUrls
from connectors.profiles import Profile
from engine.clock import Clock
from engine.errors import CredentialRefused, Refused
from engine.manifest.model import Api

_NOWHERE_REMEMBERED_S = 30.0

Try = Callable[[Api, BaseUrls], Profile]
"""A profile and its base URLs in, the profile that made its check call there out. Raises CallError."""


class RegionSearch:
    """Finds the regions of one connection's profiles, once each. Safe for any number of threads."""

    def __init__(self, base_urls: BaseUrls, clock: Clock, try_at: Try) -> None:
        self._base_urls, self._clock, self._try_at = base_urls, clock, try_at
        self._searching = threading.Lock()
        self._nowhere: tuple[CredentialRefused, float] | None = None

    def found(self, api: Api) -> Profile | None:
        """The profile at the region that accepts the credential; None where its region is known already.

        Raises CredentialRefused where none does, and other CallError where one cannot be asked now.
        """
        if not self._base_urls.to_try(api):
            return None
        with self._searching:
            regions = self._base_urls.to_try(api)
            return self._tried(api, regions) if regions else None

    def _tried(self, api: Api, regions: tuple[str, ...]) -> Profile:
        if self._nowhere is not None and self._clock.monotonic() < self._nowhere[1]:
            raise self._nowhere[0].with_traceback(None)
        for region in regions:
            try:
                profile = self._try_at(api, self._base_urls.assuming(api, region))
            except (Refused, CredentialRefused) as error:
                if error.stage == "before":
                    raise
                continue
            self._base_urls.keep(api, region)
            return profile
        nowhere = credential_refused()
        nowhere.message += f" in any of the regions tried: {', '.join(regions)}"
        nowhere.operation = api.check or ""
        self._nowhere = nowhere, self._clock.monotonic() + _NOWHERE_REMEMBERED_S
        raise nowhere
