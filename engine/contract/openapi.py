"""An OpenAPI document (3.0, 3.1, or 2.0 alias Swagger) in; its endpoints, and what its references lead to, out.

Nothing is fetched: a reference out of the document is refused with a finding. What is wrong with the document
itself gathers in ``OpenApi.findings``; reading goes on, and what could not be read counts as not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from engine.errors import SpecError
from engine.manifest.findings import Finding, did_you_mean
from engine.manifest.yaml.document import Document, read_document
from engine.manifest.yaml.source import Source
from engine.model import Json

METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
_LONGEST_CHAIN = 50
_MOST_FINDINGS = 100
Object = Mapping[str, Any]
_NOTHING: Object = {}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path. ``bases`` are the paths of its servers, without a slash at the end (often ``""``)."""

    method: str
    path: str
    bases: tuple[str, ...]
    shared: Object = field(repr=False, compare=False)
    own: Object = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(slots=True)
class OpenApi:
    """The document, its ``endpoints``, and the findings about the document itself."""

    document: Document
    version: str
    endpoints: tuple[Endpoint, ...] = ()
    findings: list[Finding] = field(default_factory=list)
    _told: set[str] = field(default_factory=set, init=False, repr=False)

    @property
    def is_swagger(self) -> bool:
        return self.version.startswith("2.")

    @property
    def root(self) -> Object:
        return as_object(self.document.data)

    def resolved(self, node: Json) -> Object:
        """The object that ``node`` is or refers to; an empty one where that is not to be had."""
        for _ in range(_LONGEST_CHAIN):
            found = as_object(node)
            reference = found.get("$ref")
            if not isinstance(reference, str):
                return found
            node = self._target(reference)
        return _NOTHING

    def _target(self, reference: str) -> Json:
        if not reference.startswith("#"):
            what = f"`{reference[:80]}` stands outside this document, and is never fetched"
            self._complain("remote-reference", reference, what, "put all into one document")
            return None
        if reference != "#" and not reference.startswith("#/"):
            self._complain("broken-reference", reference, f"`{reference[:80]}` is no path into this document")
            return None
        node: Json = self.document.data
        for part in reference[2:].split("/") if len(reference) > 1 else ():
            name = unquote(part).replace("~1", "/").replace("~0", "~")
            if isinstance(node, list) and name.isascii() and name.isdigit() and int(name) < len(node):
                node = node[int(name)]
            elif isinstance(node, dict) and name in node:
                node = node[name]
            else:
                what = f"`{reference[:80]}` leads nowhere: there is no `{name[:40]}`"
                near = did_you_mean(name, node) if isinstance(node, dict) else ""
                self._complain("broken-reference", reference, what, near)
                return None
        return node

    def _complain(self, code: str, reference: str, message: str, hint: str = "") -> None:
        if reference in self._told or len(self._told) >= _MOST_FINDINGS:
            return
        self._told.add(reference)
        place = self.document.place_of(reference)
        self.findings.append(Finding(self.document.file, *place, code, message, hint))


def read_openapi(path: Path) -> OpenApi:
    """The OpenAPI document at ``path``. Raises SpecError where it cannot be read, or is none."""
    document = read_document(path)
    root = as_object(document.data)
    version = str(root.get("openapi") or root.get("swagger") or "")
    if not version.startswith(("3.0", "3.1", "2.0")):
        found = f"version `{version[:20]}`" if version else "neither `openapi` nor `swagger` at its top"
        message = f"expected an OpenAPI 3.0 or 3.1, or a Swagger 2.0, document; found {found}"
        place = document.place_of("openapi" if "openapi" in root else "swagger") if version else (1, 1)
        raise SpecError([Finding(document.file, *place, "not-openapi", message)])
    openapi = OpenApi(document, version)
    openapi.endpoints = tuple(_endpoints(openapi))
    if not openapi.endpoints:
        message = "the document describes no calls: `paths` is missing or empty"
        raise SpecError([Finding(document.file, *document.place_of("paths"), "not-openapi", message)])
    return openapi


def named_openapi(source: Source, manifest: Path) -> Path | None:
    """The document that a manifest's block ``openapi`` names, from the manifest's folder."""
    file = as_object(as_object(source.data).get("openapi")).get("file")
    return manifest.parent / file if isinstance(file, str) else None


def _endpoints(openapi: OpenApi) -> Iterator[Endpoint]:
    whole = _bases(openapi, openapi.root, ("",))
    for path, node in as_object(openapi.root.get("paths")).items():
        if not path.startswith("/"):
            continue
        item = openapi.resolved(node)
        shared = _bases(openapi, item, whole)
        for method in METHODS:
            own = item.get(method)
            if isinstance(own, dict):
                bases = _bases(openapi, own, shared)
                yield Endpoint(method.upper(), path.split("?")[0].rstrip("/") or "/", bases, item, own)


def _bases(openapi: OpenApi, node: Object, inherited: tuple[str, ...]) -> tuple[str, ...]:
    if openapi.is_swagger:
        return (_base(str(openapi.root.get("basePath") or "")),)
    servers = [as_object(server) for server in as_list(node.get("servers"))]
    return tuple(dict.fromkeys(_base(_address(server)) for server in servers)) or inherited


def _address(server: Object) -> str:
    """The server's address, with each variable at its default."""
    address = str(server.get("url") or "")
    for name, variable in as_object(server.get("variables")).items():
        default = as_object(variable).get("default")
        address = address.replace(f"{{{name}}}", str(default)) if default is not None else address
    return address


def _base(address: str) -> str:
    try:
        return urlsplit(address).path.rstrip("/")
    except ValueError:
        return ""


def as_object(node: Json) -> Object:
    """``node`` where it is a mapping, else the one empty mapping."""
    return node if isinstance(node, dict) else _NOTHING


def as_list(node: Json) -> Sequence[Json]:
    """``node`` where it is a list, else an empty one."""
    return node if isinstance(node, list) else ()
