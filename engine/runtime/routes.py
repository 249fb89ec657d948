"""The operator's routes, opened: what the file says, its secrets followed; none where there is no file."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from engine.errors import InputError, SettingMissing
from engine.manifest.routes import OutgoingRoute, load_routes
from engine.pipeline.outgoing import Outgoing
from engine.pipeline.route_work import OpenRoute, open_outgoing_route


def outgoing_of(file: Path | None, tenants: Collection[str] | None = None) -> Outgoing:
    """The routes of ``file``, not opened: enough to write what they are told. Raises SpecError."""
    return Outgoing(load_routes(file, tenants)) if file is not None else Outgoing()


def open_outgoing_routes(
    routes: Collection[OutgoingRoute], environment: Mapping[str, str] = os.environ
) -> dict[str, OpenRoute]:
    """Each route by its name. Raises InputError with every secret that cannot be had."""
    opened: dict[str, OpenRoute] = {}
    missing: list[SettingMissing] = []
    for route in routes:
        try:
            opened[route.name] = open_outgoing_route(route, environment)
        except SettingMissing as error:
            missing.append(error)
    if missing:
        hint = missing[0].hint
        raise InputError("; ".join(dict.fromkeys(error.message for error in missing)), hint=hint)
    return opened
