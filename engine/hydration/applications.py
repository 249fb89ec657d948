"""The jobs a candidate is at, for an ATS whose candidate's record does not say: from what was seen, else from a list.

A list that no filter of the ATS narrows is read only where nothing was seen yet, and kept for a minute for all
candidates. Every application that passes by is remembered, with its own id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from connectors.calls import Caller
from engine.errors import Refused
from engine.hydration.memo import ListMemo
from engine.hydration.objects import check_there
from engine.manifest.connection import Connection
from engine.manifest.model import ApplicationList
from engine.model import Ids, Json
from engine.store.cache import Cache

Pair = list[str | None]
"""A job's id and the application's own id, as they are kept."""


class CandidateApplications:
    """One connection's applications by candidate, as far as they are known."""

    def __init__(
        self, connection: Connection, caller: Caller, cache: Cache, lists: ListMemo | None, rule: ApplicationList
    ) -> None:
        self._connection, self._caller, self._cache = connection, caller, cache
        self._lists, self._rule = lists, rule

    def of(self, candidate_id: str) -> list[Ids]:
        """The candidate's applications. Raises as calls do."""
        pairs = self._known(candidate_id)
        if pairs is None:
            pairs = self._read(candidate_id)
        return [Ids(candidate_id, job_id, application_id) for job_id, application_id in pairs]

    def identified(self, ids: Ids) -> Ids:
        """``ids`` with the application's own id, where the list says it. Raises Refused when there is none."""
        if self._rule.application_id is None or ids.application or not ids.candidate or not ids.job:
            return ids
        application = self._at(self._known(ids.candidate) or [], ids.job)
        application = application or self._at(self._read(ids.candidate), ids.job)
        if application is None and self._lists is not None:
            self._lists.forget(self._connection.name, self._rule.read)
            application = self._at(self._read(ids.candidate), ids.job)
        if application is None:
            raise Refused("missing", "the candidate is not at this job", operation=self._rule.read)
        return replace(ids, application=application)

    def remember(self, ids: Ids) -> None:
        """Keeps that the candidate is at the job."""
        if not (ids.candidate and ids.job):
            return
        known = self._known(ids.candidate) or []
        pair: Pair = [ids.job, ids.application]
        if pair not in known:
            self._keep(ids.candidate, [*(one for one in known if one[0] != ids.job), pair])

    def _at(self, pairs: list[Pair], job_id: str) -> str | None:
        return next((application_id for job, application_id in reversed(pairs) if job == job_id), None)

    def _known(self, candidate_id: str) -> list[Pair] | None:
        kept = self._cache.get(self._connection.name, "applications", candidate_id)
        return None if kept is None else list(kept)

    def _keep(self, candidate_id: str, pairs: list[Pair]) -> None:
        self._cache.put(self._connection.name, "applications", candidate_id, pairs, candidate_id=candidate_id)

    def _read(self, candidate_id: str) -> list[Pair]:
        rule, scope = self._rule, {"candidate": {"id": candidate_id}}
        found: list[Pair] = []
        records = self._records(scope)
        if records and all(rule.job_id(record) is None for record in records):
            check_there("the applications' job", rule.job_id, records[0])
        for record in records:
            job_id = rule.job_id(record)
            if job_id is not None and (rule.keep is None or rule.keep({"record": record, **scope})):
                own = rule.application_id(record) if rule.application_id else None
                found.append([str(job_id), None if own is None else str(own)])
        self._keep(candidate_id, found)
        return found

    def _records(self, scope: Mapping[str, Json]) -> list[Json]:
        operation = self._rule.read
        request = self._connection.manifest.operations[operation].request
        if self._lists is None or request.reads("candidate"):
            return self._caller.records(operation, scope)
        name = self._connection.name
        return self._lists.records(name, operation, lambda: self._caller.records(operation, {}))
