"""The manifests of mappings/, each with a tenant and the answers of its mapping tests: what the generic cases run on."""

from __future__ import annotations

import copy
import functools
import re
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from connectors.addresses import parts
from connectors.calls import Caller
from connectors.messages import PreparedRequest, RawAnswer, UploadFile
from connectors.transport import HttpTransport
from engine.clock import ManualClock
from engine.errors import Ambiguous, Transient
from engine.manifest.connection import Connection
from engine.manifest.hosts import host_allowed
from engine.manifest.language.expressions import Path as JsonPath
from engine.manifest.model import Api, Manifest, Operation, Regions
from engine.manifest.schema.files import data_folder
from engine.manifest.schema.mechanisms import used
from engine.manifest.yaml.source import read
from engine.rehearsal.answers import Answers, CannedAnswer, CannedTransport, Exchanged
from engine.rehearsal.suite import Suite, load_suite
from tests.fake_server import FakeServer, Reply, Seen

FILES: Mapping[str, Path] = {
    file.stem: file for file in sorted(data_folder("mappings").glob("*.yaml")) if "." not in file.stem
}
NOW = 1_750_000_000.0
FILE = UploadFile("cv.pdf", "application/pdf", b"%PDF")
_NUMBERS = frozenset({"since", "until"})
_LISTS = frozenset({"ids", "tags", "fields"})


@dataclass(frozen=True)
class Shipped:
    """One manifest. ``answers`` are all that its mapping tests give, good ones first."""

    name: str
    suite: Suite
    used: frozenset[int]

    @property
    def manifest(self) -> Manifest:
        return self.suite.manifest

    @property
    def connections(self) -> list[Connection]:
        """The tenants of the mapping tests that sign in differently, each once."""
        found: dict[str, Connection] = {}
        for case in self.suite.cases:
            found.setdefault(repr(sorted(case.connection.settings.items(), key=str)), case.connection)
        return list(found.values())

    @functools.cached_property
    def answers(self) -> dict[str, tuple[CannedAnswer, ...]]:
        found: dict[str, list[CannedAnswer]] = {}
        for case in self.suite.cases:
            for operation, answers in case.answers.items():
                good = [one for one in answers if one.lost is None and (one.status or 200) < 300 and one.path is None]
                found.setdefault(operation, []).extend(good)
        return {operation: tuple(answers) for operation, answers in found.items() if answers}

    def body(self, operation: str) -> Any:
        """The JSON of the first answer that the mapping tests give of it; an empty object without one."""
        for answer in self.answers.get(operation, ()):
            if "json" in answer.headers.get("content-type", ""):
                return json_of(answer.body)
        return {}


def json_of(body: bytes) -> Any:
    from connectors.json_body import parse

    return parse(body)


@functools.cache
def shipped(name: str) -> Shipped:
    file = FILES[name]
    return Shipped(name, load_suite(file.with_name(f"{name}.test.yaml")), used(read(file).data))


class Wire(CannedTransport):
    """Canned answers over real HTTP. What is kept of a request is what arrived, and it must be what was prepared.

    A lost answer is a connection that is cut, a lost request one to a port where nobody listens.
    """

    def __init__(self, manifest: Manifest, answers: Answers, server: FakeServer) -> None:
        super().__init__(manifest, answers)
        self._server, self._http = server, HttpTransport(sandbox_origin=server.origin)
        self._one = threading.Lock()
        self.wrong: list[str] = []

    def send(self, request: PreparedRequest) -> RawAnswer:
        with self._one:
            reply = self._reply(request)
            if reply is None:
                return sent_to_nobody(request)
            self._server.on(request.method, "*", reply)
            known = len(self._server.requests)
            try:
                return self._http.send(request)
            finally:
                self._compare(request, self._server.requests[known:])

    def _compare(self, request: PreparedRequest, arrived: list[Seen]) -> None:
        """Keeps what arrived. What is wrong with it is told in the end: the pipeline would take it for its own crash."""
        for seen in arrived:
            self.exchanged[-1] = replace(self.exchanged[-1], request=as_it_arrived(request, seen))
        differing = [part for seen in arrived for part in differences_of(request, seen)]
        if len(arrived) != 1 or differing:
            self.wrong.append(f"{request.operation}: arrived {len(arrived)} ×, differing in {differing}")

    def _reply(self, request: PreparedRequest) -> Reply | None:
        """What the server answers; None where the request is not to arrive."""
        try:
            answer = super().send(request)
        except Transient:
            return None
        except Ambiguous:
            return Reply(drop="before")
        return Reply(answer.status, body=answer.body, headers=answer.headers)

    def close(self) -> None:
        """Raises AssertionError where a request did not arrive as it was prepared."""
        self._http.close()
        assert self.wrong == []

    def made(self, *operations: str) -> list[Exchanged]:
        """The exchanges of these operations; with none, of all."""
        return [one for one in self.exchanged if not operations or one.request.operation in operations]

    @property
    def signed_in(self) -> list[str]:
        return [one.request.operation for one in self.exchanged if one.kind == "sign_in"]


def sent_to_nobody(request: PreparedRequest) -> RawAnswer:
    with socket.create_server(("127.0.0.1", 0)) as server:
        origin = f"http://127.0.0.1:{server.getsockname()[1]}"
    with HttpTransport(sandbox_origin=origin) as transport:
        return transport.send(request)


def as_it_arrived(request: PreparedRequest, seen: Seen) -> PreparedRequest:
    """``request`` made anew of what a server saw; only the host, which the sandbox stands for, is the prepared one."""
    url = f"{parts(request.url).origin}{seen.target}"
    return replace(request, method=seen.method, url=url, headers=seen.headers, body=seen.body or None)


def differences_of(request: PreparedRequest, seen: Seen) -> list[str]:
    """The parts of ``request`` that did not arrive as they were prepared."""
    prepared = {name.lower(): value.strip() for name, value in request.headers.items()}
    wrong = [name for name, value in prepared.items() if seen.headers.get(name) != value]
    if (seen.method, seen.target) != (request.method, "/" + request.url.split("/", 3)[3]):
        wrong.append("target")
    return wrong if seen.body == (request.body or b"") else [*wrong, "body"]


@dataclass
class Memory:
    """A keeper that forgets with the test."""

    values: dict[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str | None:
        return self.values.get(name)

    def put(self, name: str, value: str) -> None:
        self.values[name] = value

    def change(self, name: str, to: Callable[[str | None], str]) -> str:
        value = to(self.get(name))
        self.put(name, value)
        return value


def caller_of(connection: Connection, wire: Wire, clock: ManualClock | None = None, **given: Any) -> Caller:
    return Caller(connection, transport=wire, clock=clock or ManualClock(NOW), keeper=Memory(), look=_look, **given)


def _look(_: Caller, name: str) -> Any:
    return f"looked-up-{name}"


def context_of(operation: Operation, api: Api) -> dict[str, Any]:
    """A value for each name that the operation's templates read; a whole address is one that the profile may send to:
    at its base URL where that is on one of its hosts."""
    found: dict[str, Any] = {}
    for chain in sorted(operation.request.references, key=len):
        if chain[0] not in ("settings", "auth", "page", "lookup"):
            put(found, chain, _value(chain))
    path = operation.request.path
    whole = re.match(r"\{\{\s*([a-z_.]+)", path.text) if path.kind == "address" else None
    if whole is not None and api.hosts:
        put(found, tuple(whole[1].split(".")), f"{_allowed_base(api)}/there")
    fields = operation.request.multipart.fields if operation.request.multipart is not None else None
    if fields is not None and not isinstance(fields.render({**found, "settings": {}, "auth": {}}), Mapping):
        for chain in fields.references:
            put(found, chain, {"a": "1"})
    return found


def _allowed_base(api: Api) -> str:
    template = next(iter(api.base_url.of.values())) if isinstance(api.base_url, Regions) else api.base_url
    if not template.references and host_allowed(template.text.removeprefix("https://"), api.hosts):
        return template.text
    return f"https://{api.hosts[0].replace('*', 'some')}"


def _value(chain: tuple[str, ...]) -> Any:
    if chain[0] in _NUMBERS:
        return NOW
    return ["1"] if chain[0] in _LISTS and len(chain) == 1 else "1"


def called(caller: Caller, subject: Shipped, operation: Operation) -> None:
    """Makes the call with a value for all that it needs."""
    request = operation.request
    file = FILE if request.raw_file or request.multipart is not None or request.reads("file") else None
    caller.call(operation.name, context_of(operation, subject.manifest.apis[operation.api]), file)


def put(data: dict[str, Any], chain: tuple[str, ...], value: Any) -> None:
    """Puts ``value`` at ``chain``, making the objects on the way."""
    for key in chain[:-1]:
        inner = data.get(key)
        data[key] = data = inner if isinstance(inner, dict) else {}
    data[chain[-1]] = value


def take(data: Any, chain: tuple[str, ...]) -> None:
    """Takes out what stands at ``chain``."""
    for key in chain[:-1]:
        data = data.get(key) if isinstance(data, dict) else None
    if isinstance(data, dict):
        data.pop(chain[-1], None)


def with_value(data: Any, path: JsonPath, values: list[Any]) -> Any:
    """``data`` changed so that ``path`` gives one of ``values``: where it reads, they are tried one after the other."""
    literals = re.findall(r"'([^']*)'", path.text)
    for tried in (*values, *literals, None, "x", [], [{}], 0):
        changed = copy.deepcopy(data)
        if not isinstance(changed, dict):
            break
        for chain in path.references:
            put(changed, chain, tried)
        if path(changed) in values and type(path(changed)) is type(values[values.index(path(changed))]):
            return changed
    return None
