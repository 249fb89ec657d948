"""``fieldwright reference``: a key of the manifest in, what it means out; without one, the whole page."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.errors import InputError
from engine.manifest.schema.reference import page, part


def reference(
    key: Annotated[
        str | None, typer.Argument(help="A key such as paging, or its path such as apis.limits; all without one.")
    ] = None,
) -> None:
    """Show what a key of a manifest means, with an example."""
    if key is None:
        typer.echo(page(), nl=False)
        return
    try:
        typer.echo(part(key))
    except LookupError as error:
        raise InputError(f"a manifest has no key `{key}`", hint=str(error)) from None
