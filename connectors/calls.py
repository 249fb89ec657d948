"""The front of the connectors: an operation's name and its context in, what the ATS answered out.

One ``Caller`` per connection, shared by all threads that work for it: it holds the sign-in, the limits and the
connections that are kept alive.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import TracebackType

from connectors.answers import credential_refused
from connectors.base_urls import BaseUrls
from connectors.budgets import Budgets
from connectors.fetching import fetched
from connectors.messages import Answer, Keeper, PreparedRequest, Transport, UploadFile
from connectors.paging import Page, first_page, pages, record_of
from connectors.patience import patiently
from connectors.profiles import Observe, Profile
from connectors.regions import RegionSearch
from connectors.request import Frame, prepare
from connectors.sign_in import SignedIn
from engine.clock import SYSTEM, Clock
from engine.errors import Ambiguous, CredentialRefused, InputError, Refused, Transient
from engine.manifest.connection import Connection
from engine.manifest.findings import did_you_mean
from engine.manifest.model import Api, Fetch, Operation
from engine.model import Json

Context = Mapping[str, Json]
Look = Callable[["Caller", str], Json]
"""Gives what a lookup of the manifest stands for, asked for through the caller."""


class Caller:
    """Makes the calls of one connection.

    ``budgets`` are those of the process; without them the connection shares none. ``look`` finds what lookups stand
    for. ``observe`` is told of every exchange, sign-in and pages included; it must not raise. A call that would have
    to wait for the limits longer than ``patience_s`` raises Throttled instead, and nothing is sent.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        transport: Transport,
        clock: Clock = SYSTEM,
        keeper: Keeper | None = None,
        budgets: Budgets | None = None,
        observe: Observe | None = None,
        look: Look | None = None,
        patience_s: float = 30.0,
    ) -> None:
        self._look = look
        self._connection, self._transport, self._clock = connection, transport, clock
        self._keeper, self._observe, self._patience_s = keeper, observe, patience_s
        self._base_urls, self._budgets = BaseUrls(connection, keeper), budgets or Budgets()
        self._regions = RegionSearch(self._base_urls, clock, self._tried)
        self._profiles: dict[str, Profile] = {}
        self._lock = threading.Lock()

    def call(self, operation: str, context: Context, file: UploadFile | None = None) -> Answer:
        """Makes the call. Raises CallError (any of its kinds), AnswerUnusable, ExpressionError."""
        return self._called(self._operation(operation), context, file)

    def record(self, operation: str, context: Context) -> Json | None:
        """The one record of the answer; None where the ATS says there is none. Raises AnswerUnusable as ``pages``."""
        declared = self._operation(operation)
        return record_of(declared, self._called(declared, context))

    def records(self, operation: str, context: Context) -> list[Json]:
        """All records, over all pages."""
        return [record for page in self.pages(operation, context) for record in page.records]

    def pages(self, operation: str, context: Context) -> Iterator[Page]:
        """The pages of a list, each with the records that no earlier page had."""
        declared = self._operation(operation)

        begun: list[bool] = []

        def fetch(page: Context, link: str | None) -> Answer:
            whole = {**context, "page": page}
            answer = patiently(lambda: self._called(declared, whole, link=link), self._clock, begun=bool(begun))
            begun.append(True)
            return answer

        listed = pages(declared, fetch)
        if declared.fetch is None:
            return listed
        return fetched(declared, declared.fetch, listed, partial(self._batch, declared.fetch, context))

    def _batch(self, fetch: Fetch, context: Context, ids: list[Json]) -> list[Json]:
        context = {**context, "ids": ids, **({"id": ids[0]} if fetch.batch == 1 else {})}
        if self._operation(fetch.operation).records is not None:
            return self.records(fetch.operation, context)
        try:
            record = self.record(fetch.operation, context)
        except Refused as error:
            if error.kind != "missing":
                raise
            record = None
        return [] if record is None else [record]

    def prepare(self, operation: str, context: Context, file: UploadFile | None = None) -> PreparedRequest:
        """The request that ``call`` would send. Nothing is sent; where nobody signed in yet, placeholders stand."""
        declared = self._operation(operation)
        context, profile = self._looked_up(declared, context), self._profile(declared.api)
        signed = profile.sign_in.preview()
        frame = profile.frame(signed.auth, preview=True)
        return self._prepared(declared, profile, frame, signed, context, file, None)

    def check_credential(self, api: str) -> None:
        """Signs in to profile ``api`` and makes its check call, if it has one. Raises CallError."""
        profile = self._found(api)
        signed = profile.sign_in.signed_in()
        if profile.api.check is None:
            return
        try:
            self._called(self._operation(profile.api.check), {})
        except Refused as error:
            if error.status == 401:
                raise _dead(error.operation, error.code) from None
            raise
        profile.found_good(signed.generation)

    def close(self) -> None:
        """Closes what the transport keeps open."""
        closing = getattr(self._transport, "close", None)
        if closing is not None:
            closing()

    def __enter__(self) -> Caller:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _operation(self, name: str) -> Operation:
        operations = self._connection.manifest.operations
        if name not in operations:
            raise InputError(f"there is no operation `{name}`", hint=did_you_mean(name, operations))
        return operations[name]

    def _profile(self, name: str) -> Profile:
        with self._lock:
            if name not in self._profiles:
                apis = self._connection.manifest.apis
                if name not in apis:
                    raise InputError(f"there is no API profile `{name}`", hint=did_you_mean(name, apis))
                self._profiles[name] = self._made(apis[name], self._base_urls)
            return self._profiles[name]

    def _made(self, api: Api, base_urls: BaseUrls) -> Profile:
        return Profile(
            self._connection,
            api,
            base_urls=base_urls,
            budgets=self._budgets,
            transport=self._transport,
            clock=self._clock,
            keeper=self._keeper,
            observe=self._observe,
            patience_s=self._patience_s,
        )

    def _found(self, name: str) -> Profile:
        """The profile, of which it is known where it is: found by trying, if need be. Raises CallError."""
        profile = self._profile(name)
        found = self._regions.found(profile.api)
        if found is None:
            return self._profile(name)
        with self._lock:
            self._profiles[name] = found
        return found

    def _tried(self, api: Api, base_urls: BaseUrls) -> Profile:
        """The profile as it is at ``base_urls``, after its check call there. Raises CallError."""
        profile = self._made(api, base_urls)
        self._once(self._operation(api.check or ""), profile, profile.sign_in.signed_in(), {})
        return profile

    def _called(
        self, operation: Operation, context: Context, file: UploadFile | None = None, link: str | None = None
    ) -> Answer:
        context, profile = self._looked_up(operation, context), self._found(operation.api)
        signed = profile.sign_in.signed_in()
        try:
            return self._once(operation, profile, signed, context, file, link)
        except (Refused, CredentialRefused) as error:
            if error.status not in profile.sign_in.renew_on:
                raise self._believed(error, operation, profile, signed) from None
            if profile.is_known_good(signed.generation) and self._is_alive(profile, signed):
                raise
        signed = profile.sign_in.renewed(signed.generation)
        try:
            return self._once(operation, profile, signed, context, file, link)
        except Refused as error:
            raise self._believed(error, operation, profile, signed) from None

    def _looked_up(self, operation: Operation, context: Context) -> Context:
        """``context`` with what the operation's lookups stand for."""
        if not operation.lookups or self._look is None:
            return context
        return {**context, "lookup": {name: self._look(self, name) for name in sorted(operation.lookups)}}

    def _once(
        self,
        operation: Operation,
        profile: Profile,
        signed: SignedIn,
        context: Context,
        file: UploadFile | None = None,
        link: str | None = None,
    ) -> Answer:
        frame = profile.frame(signed.auth)
        request = self._prepared(operation, profile, frame, signed, context, file, link)
        return profile.exchange(operation, request, frame)

    def _prepared(
        self,
        operation: Operation,
        profile: Profile,
        frame: Frame,
        signed: SignedIn,
        context: Context,
        file: UploadFile | None,
        link: str | None,
    ) -> PreparedRequest:
        whole = {"page": first_page(operation.paging), **context, "settings": profile.settings, "auth": signed.auth}
        return prepare(
            operation.name,
            operation.request,
            frame,
            whole,
            credential=signed.credential,
            file=file,
            link=link,
            binary=operation.binary,
        )

    def _believed(
        self, error: Refused | CredentialRefused, operation: Operation, profile: Profile, signed: SignedIn
    ) -> Refused | CredentialRefused:
        """``error``, or that the credential is dead: a 401 may mean either, and the profile's check call tells."""
        denied = isinstance(error, Refused) and error.status == 401 and error.kind in ("denied", "no_access")
        if not denied or profile.api.check in (None, operation.name):
            return error
        with profile.checking:
            if profile.is_known_good(signed.generation) or self._is_alive(profile, signed):
                return error
        return _dead(operation.name, error.code)

    def _is_alive(self, profile: Profile, signed: SignedIn) -> bool:
        """Whether the check call is accepted. Raises Throttled or Transient where it cannot be told now."""
        if profile.api.check is None:
            return False
        check = self._operation(profile.api.check)
        asked = self._found(check.api)
        try:
            # A credential goes to its own profile only, also for the sake of a check.
            self._once(check, asked, signed if asked is profile else asked.sign_in.signed_in(), {})
        except CredentialRefused:
            return False
        except Refused as error:
            if error.status == 401:
                return False
        except Ambiguous as error:
            raise Transient(error.message, operation=error.operation) from None
        profile.found_good(signed.generation)
        return True


def _dead(operation: str, code: str | None) -> CredentialRefused:
    error = credential_refused()
    error.operation, error.status, error.code = operation, 401, code
    return error
