"""A checked document and the manifest's schema in, the numbers of the mechanisms that it uses out. Pure.

A mechanism is one way in which ATSs differ (59 of them). In the schema, ``x-mechanisms`` names those that a key,
or one of the values it may have, expresses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.manifest.schema_places import Schema, of_key, spread
from engine.manifest.schemas import schema
from engine.model import Json

TITLES: Mapping[int, str] = {
    1: "Static header with a template",
    2: "Basic authentication with the key as user",
    3: "Key in the query string",
    4: "OAuth2 refresh with a rotated token that is kept",
    5: "OAuth2 client credentials with Basic client authentication",
    6: "Chained sign-in steps",
    7: "Base URL from the sign-in",
    8: "Base URL by region or tenant, with a probe",
    9: "Credentials inside the body",
    10: "Base URL and sign-in per operation",
    11: "Expiry of what signs in, and statuses that renew it",
    12: "Constant headers and the acting user",
    13: "Signed requests and JWT assertions",
    14: "Any verb for reads, inverted create and update",
    15: "Body envelopes, unset left out",
    16: "Content types: JSON, vnd.api+json, form, multipart",
    17: "Success and error code in the body",
    18: "What a status means per operation",
    19: "Fallback paths for records and ids",
    20: "Field selection and expansion",
    21: "Paging by Link header",
    22: "Paging by the next page's address in the body",
    23: "Paging by cursor, in query or body",
    24: "Paging by page number",
    25: "Paging by offset",
    26: "Page as a path segment",
    27: "Guards against unreliable paging",
    28: "List of ids, then each fetched",
    29: "Changed since a moment, in the ATS's format",
    30: "Opaque sync token",
    31: "Two-sided window, overlap, watermark",
    32: "New-only filter or none: full pass",
    33: "Event queue, drained with acknowledgement",
    34: "List of deleted records",
    35: "Signature over the raw body",
    36: "Signature over a composed text",
    37: "Where the signature's key comes from",
    38: "Webhooks without a signature",
    39: "Handshake before verification",
    40: "Event name from the body",
    41: "Thin event, then fetched",
    42: "Dedupe key",
    43: "Registration by API, else by hand",
    44: "Reconciling poll beside webhooks",
    45: "Gzip bodies and reply codes",
    46: "Styles of custom fields",
    47: "Name to id, created if missing",
    48: "Styles of tags",
    49: "Styles of attachments",
    50: "Styles of stage moves",
    51: "Recipe of steps, resumed after each",
    52: "Write to an address from the event",
    53: "Ordered fallback by capability",
    54: "Writes that arrive once",
    55: "Own writes recognised, no change skipped",
    56: "Text format and limits",
    57: "Models of limits",
    58: "Limit headers with a declared unit",
    59: "What a limit is counted for",
}


def used(document: Json) -> frozenset[int]:
    """The mechanisms that ``document``, a manifest of the right form, uses."""
    root = schema("manifest")
    return frozenset(_walk(document, [root], root))


def _walk(data: Json, schemas: list[Schema], root: Schema) -> Iterator[int]:
    meant = list(spread(data, schemas, root))
    for part in (*schemas, *meant):
        yield from part.get("x-mechanisms", ())
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from _walk(value, of_key(meant, key), root)
    elif isinstance(data, list):
        below = [part["items"] for part in meant if "items" in part]
        for item in data:
            yield from _walk(item, below, root)
