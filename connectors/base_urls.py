"""Where the API profiles of a connection are: profiles and settings in, checked base URLs and origins out.

A base URL is written out, made of settings, made of what signing in captured, or taken from a table by region. A
region that the settings do not give is found by trying (``calls``) and kept, for as long as the settings stay.
"""

from __future__ import annotations

import hashlib
import json
from collections import ChainMap
from collections.abc import Mapping

from connectors.addresses import not_sent, parts
from connectors.messages import Keeper
from engine.errors import ExpressionError, InputError, Refused
from engine.manifest.connection import Connection
from engine.manifest.findings import did_you_mean
from engine.manifest.hosts import host_allowed
from engine.manifest.language.templates import Template
from engine.manifest.model import Api, Regions
from engine.model import Json


class BaseUrls:
    """The base URLs of one connection's profiles. Safe for any number of threads."""

    def __init__(self, connection: Connection, keeper: Keeper | None) -> None:
        self._apis = connection.manifest.apis
        self._settings: dict[str, Json] = dict(connection.settings)
        self._keeper = keeper
        self._found: ChainMap[str, str] = ChainMap()

    def of(self, api: Api, auth: Mapping[str, Json], *, preview: bool = False) -> str:
        """The base URL of ``api`` for one who is signed in with ``auth``.

        With ``preview``, a region that is still to be found is taken to be the first. Raises Refused (an answer gave
        an address that is not one of ``hosts``), ExpressionError, and InputError (no such region).
        """
        if isinstance(api.base_url, Regions):
            return self._of_region(api.name, api.base_url, preview=preview)
        if not api.is_found_by_signing_in:
            return _whole(api.base_url, self._settings, {})
        url = _whole(api.base_url, self._settings, auth)
        if not host_allowed(parts(url).host, api.hosts):
            raise not_sent("the base URL that signing in gave is not on one of the `hosts` of this manifest")
        return url

    def origins(self) -> frozenset[str]:
        """The origins of the profiles whose base URL is known without signing in."""
        found = set()
        for api in self._apis.values():
            try:
                found.add(parts(self.of(api, {})).origin)
            except (ExpressionError, Refused, InputError):
                continue
        return frozenset(found)

    def to_try(self, api: Api) -> tuple[str, ...]:
        """The regions at which ``api`` may be; empty where its region is known, or may not be tried for."""
        table = api.base_url
        if not isinstance(table, Regions) or not table.probe or self._region(table) is not None:
            return ()
        return tuple(table.of)

    def assuming(self, api: Api, region: str) -> BaseUrls:
        """The same, if ``api`` were at ``region``."""
        assumed = BaseUrls.__new__(BaseUrls)
        assumed._apis, assumed._settings, assumed._keeper = self._apis, self._settings, None
        assumed._found = self._found.new_child({_table(api).by.text: region})
        return assumed

    def keep(self, api: Api, region: str) -> None:
        """``api``, and every profile whose region is told by the same expression, is at ``region``."""
        by = _table(api).by.text
        self._found[by] = region
        if self._keeper is not None:
            self._keeper.put(f"region.{by}", f"{self._fingerprint()}:{region}")

    def _of_region(self, name: str, table: Regions, *, preview: bool) -> str:
        region = self._region(table)
        if region is None and preview and table.probe:
            region = next(iter(table.of))
        if region is None:
            raise InputError(
                f"where `{name}` is cannot be told: `{table.by.text}` is not set",
                hint=f"set it to one of: {', '.join(table.of)}",
            )
        if region not in table.of:
            raise InputError(f"`{name}` has no address for `{region}`", hint=did_you_mean(region, table.of))
        return _whole(table.of[region], self._settings, {})

    def _region(self, table: Regions) -> str | None:
        """The region by the settings; else the one that was found by trying."""
        given = table.by({"settings": self._settings})
        if given is not None:
            return str(given)
        by = table.by.text
        if by not in self._found and self._keeper is not None:
            made_for, _, region = (self._keeper.get(f"region.{by}") or "").partition(":")
            if made_for == self._fingerprint() and region in table.of:
                self._found[by] = region
        return self._found.get(by)

    def _fingerprint(self) -> str:
        """What the settings are: another credential may live in another region."""
        settings = json.dumps(self._settings, sort_keys=True, default=str)
        return hashlib.sha256(settings.encode()).hexdigest()[:16]


def _table(api: Api) -> Regions:
    assert isinstance(api.base_url, Regions)
    return api.base_url


def _whole(template: Template, settings: Mapping[str, Json], auth: Mapping[str, Json]) -> str:
    url = str(template.render({"settings": dict(settings), "auth": dict(auth)}))
    if "?" in parts(url).target:
        raise not_sent("a base URL must not have a query")
    return url
