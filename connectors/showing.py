"""A request's parts in, text for people out: credentials masked, bodies laid out, files abbreviated."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from urllib.parse import quote, quote_plus, unquote_plus

from engine.model import Json
from engine.redaction import MASK, masked, masked_headers

_LONG_BASE64 = re.compile(r"[A-Za-z0-9+/=_-]{160,}")
_LONGEST_TEXT = 20_000
_PART_NAME = re.compile(rb'name="([^"]*)"')
_FILE_NAME = re.compile(rb'filename="([^"]*)"')


def request_text(method: str, url: str, headers: Mapping[str, str], body: str, secrets: Iterable[str]) -> str:
    """The four parts as one text, with each of ``secrets`` masked wherever it still stands."""
    lines = [f"{method} {url}", *(f"{name}: {value}" for name, value in headers.items())]
    return masked("\n".join(lines) + (f"\n\n{body}" if body else ""), _forms(secrets))


def _forms(secrets: Iterable[str]) -> set[str]:
    """Each secret as it stands in plain text, in an address, in a form and in JSON."""
    return {
        form
        for secret in secrets
        for form in (secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret, ensure_ascii=False)[1:-1])
    }


def masked_url(url: str, credentials: Collection[str]) -> str:
    """``url`` with the values of query parameters masked that carry a credential, by declaration or by name."""
    address, mark, query = url.partition("?")
    if not mark:
        return url
    shown = []
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        plain = masked_fields({unquote_plus(name): value}, credentials)
        shown.append(f"{name}={next(iter(plain.values()))}")
    return f"{address}?{'&'.join(shown)}"


def masked_fields(fields: Mapping[str, str], credentials: Collection[str]) -> dict[str, str]:
    """``fields`` with the values masked of those in ``credentials`` and of those that a name gives away."""
    declared = {name.lower() for name in credentials}
    return {name: MASK if name.lower() in declared else value for name, value in masked_headers(dict(fields)).items()}


def body_text(body: bytes | None, headers: Mapping[str, str]) -> str:
    """``body`` as text, read by its declared content type."""
    if not body:
        return ""
    kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    if kind.startswith("multipart/"):
        return _multipart_text(body, kind)
    if kind.startswith("application/x-www-form-urlencoded"):
        return masked_url(f"?{body.decode('utf-8', 'replace')}", ())[1:].replace("&", "\n")
    if b"\x00" in body or not kind.startswith(("application/", "text/")):
        return f"<{len(body):,} bytes>"
    try:
        return json.dumps(_masked_json(json.loads(body)), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return _abbreviated(body.decode("utf-8", "replace"))


def _masked_json(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _masked_member(name, item) for name, item in value.items()}
    if isinstance(value, list):
        return [_masked_json(item) for item in value]
    return _abbreviated(value) if isinstance(value, str) else value


def _masked_member(name: str, value: Json) -> Json:
    return masked_headers({name: value})[name] if isinstance(value, str) and _is_hidden(name) else _masked_json(value)


def _is_hidden(name: str) -> bool:
    return masked_headers({name: ""})[name] == MASK


def _abbreviated(text: str) -> str:
    text = _LONG_BASE64.sub(lambda found: f"<base64, {len(found.group()):,} characters>", text)
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}… ({len(text):,} characters)"


def _multipart_text(body: bytes, kind: str) -> str:
    boundary = kind.partition("boundary=")[2].strip('"').encode("latin-1", "replace")
    parts = body.split(b"--" + boundary)[1:-1] if boundary else []
    return "\n".join(_part_text(part) for part in parts)


def _part_text(part: bytes) -> str:
    head, _, content = part.partition(b"\r\n\r\n")
    content = content.removesuffix(b"\r\n")
    name, file = _PART_NAME.search(head), _FILE_NAME.search(head)
    title = name.group(1).decode("utf-8", "replace") if name else "?"
    if file is None:
        return f"{title}: {_abbreviated(content.decode('utf-8', 'replace'))}"
    return f"{title}: <file {file.group(1).decode('utf-8', 'replace')}, {len(content):,} bytes>"
