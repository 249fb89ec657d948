"""A raw answer in, a good answer or the right error out. What statuses and codes mean, the manifest says.

The rule for a write that may not be sent twice: an answer that leaves it open whether it was applied (5xx, a page
of HTML with a good status) is Ambiguous, never Transient.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from connectors.json_body import parse
from connectors.messages import Answer, RawAnswer
from engine.errors import (
    Ambiguous,
    AnswerUnusable,
    CallError,
    CredentialRefused,
    ExpressionError,
    FieldwrightError,
    Refused,
    Throttled,
    Transient,
)
from engine.manifest.model import ErrorReading, Limits, Meaning, Operation, RetryHint
from engine.manifest.presence import missing
from engine.model import Json

LONGEST_WAIT_S = 24 * 3600.0

_ORDINARY: Mapping[int, Meaning] = {
    401: "denied",
    403: "denied",
    404: "missing",
    410: "missing",
    409: "conflict",
    408: "transient",
    425: "transient",
    429: "throttled",
}
_PHRASES: Mapping[Meaning, str] = {
    "denied": "the credential may not do this",
    "no_access": "the credential has no access to this object",
    "missing": "what the call is about does not exist",
    "invalid": "the content of the call was refused",
    "conflict": "it is already so, or was changed meanwhile",
}
_CODE = re.compile(r"[A-Za-z0-9_.:/-]{1,80}")
_NUMBER = re.compile(r"[0-9]{1,13}(?:\.[0-9]{1,6})?")


@dataclass(frozen=True, slots=True)
class Reading:
    """How the answers of one operation are read: the operation's own errors stand before the profile's."""

    operation: Operation
    errors: ErrorReading
    limits: Limits

    @property
    def repeatable(self) -> bool:
        return self.operation.idempotent or not self.operation.writes


def read(raw: RawAnswer, reading: Reading, now: float) -> Answer:
    """The answer, if it is good. ``now`` is UTC seconds, for headers that name a moment. Raises CallError."""
    operation = reading.operation
    if raw.status in operation.empty:
        return _nothing(raw)
    if not _is_ok(raw.status, operation):
        body = _json_or_none(raw)
        undeclared = _undeclared(raw, body, reading)
        if undeclared is not None:
            raise undeclared
        return _failed(raw, body, reading, now)
    if operation.binary:
        _check_whole(raw, reading)
        return Answer(raw.status, raw.headers, None, raw.body)
    answer = Answer(raw.status, raw.headers, _good_body(raw, reading), raw.body)
    if not _succeeded(answer, reading):
        return _failed(raw, answer.body, reading, now)
    _check_held(answer, reading)
    return answer


def _nothing(raw: RawAnswer) -> Answer:
    return Answer(raw.status, raw.headers, None, b"", is_empty=True)


def _failed(raw: RawAnswer, body: Json, reading: Reading, now: float) -> Answer:
    """An answer that holds nothing, where the manifest says that a read's failure means that. Raises CallError."""
    if (_by_code(_code(body, reading), reading) or _by_status(raw.status, reading)) == "skip":
        return _nothing(raw)
    raise _failure(raw, body, reading, now)


def _check_held(answer: Answer, reading: Reading) -> None:
    for path in reading.operation.must_hold:
        lack = missing(path, answer.body)
        if lack is not None:
            error = _unusable(lack.message, answer.status, reading)
            error.hint = lack.hint
            raise error


def _is_ok(status: int, operation: Operation) -> bool:
    return status in operation.ok if operation.ok else 200 <= status < 300


def _succeeded(answer: Answer, reading: Reading) -> bool:
    success = reading.operation.success
    try:
        return success is None or success(answer.body) is True
    except ExpressionError as error:
        raise _unusable(f"it cannot be told whether it succeeded: {error.message}", answer.status, reading) from None


def _check_whole(raw: RawAnswer, reading: Reading) -> None:
    if raw.problem is not None:
        raise _unusable(raw.problem, raw.status, reading)


def _unusable(problem: str, status: int, reading: Reading) -> FieldwrightError:
    if reading.repeatable:
        return AnswerUnusable(f"{reading.operation.name}: {problem}")
    return Ambiguous(problem, operation=reading.operation.name, status=status)


def _good_body(raw: RawAnswer, reading: Reading) -> Json:
    _check_whole(raw, reading)
    if not raw.body.strip():
        return None
    try:
        return parse(raw.body)
    except ValueError as problem:
        return _unreadable(raw, reading, str(problem))


def _unreadable(raw: RawAnswer, reading: Reading, problem: str) -> Json:
    """A good status whose body is no JSON: for a write that is done and says no more, nothing; else an error."""
    operation = reading.operation
    kind = raw.headers.get("content-type", "no content type").partition(";")[0].strip()[:60]
    is_page = kind == "text/html" or raw.body.lstrip()[:1] == b"<"
    if operation.writes and not is_page and operation.success is None and operation.record is None:
        return None
    message = f"{problem}: {kind}"
    error: CallError = Transient(message) if reading.repeatable else Ambiguous(message)
    error.operation, error.status = operation.name, raw.status
    raise error


def _json_or_none(raw: RawAnswer) -> Json:
    try:
        return parse(raw.body) if raw.body else None
    except ValueError:
        return None


def _failure(raw: RawAnswer, body: Json, reading: Reading, now: float) -> CallError:
    code = _code(body, reading)
    by_code = _by_code(code, reading)
    meaning = by_code or _by_status(raw.status, reading)
    shown = code if code and _CODE.fullmatch(code) else None
    error = _error(meaning, raw, reading, now)
    if meaning == "transient" and by_code is None and raw.status >= 500 and not reading.repeatable:
        error = Ambiguous("the ATS failed while it handled the call")
    error.operation, error.status, error.code = reading.operation.name, raw.status, shown
    return error


def _undeclared(raw: RawAnswer, body: Json, reading: Reading) -> CallError | None:
    """A good status that the manifest does not know here, such as a page in front of the ATS: no refusal at all."""
    declared = any(
        errors.status.get(str(raw.status)) or errors.status.get("2xx")
        for errors in (reading.operation.errors, reading.errors)
    )
    if not 200 <= raw.status < 300 or declared or _by_code(_code(body, reading), reading):
        return None
    message = f"status {raw.status} is not declared for this call"
    error: CallError = Transient(message) if reading.repeatable else Ambiguous(message)
    error.operation, error.status = reading.operation.name, raw.status
    return error


def _code(body: Json, reading: Reading) -> str | None:
    for errors in (reading.operation.errors, reading.errors):
        if errors.code is None:
            continue
        try:
            code = errors.code(body)
        except ExpressionError:
            continue
        if isinstance(code, (str, int)) and not isinstance(code, bool):
            return str(code)
    return None


def _by_code(code: str | None, reading: Reading) -> Meaning | None:
    if code is None:
        return None
    return _counting(reading.operation.errors.codes.get(code) or reading.errors.codes.get(code), reading)


def _counting(declared: Meaning | None, reading: Reading) -> Meaning | None:
    """What is declared, if it counts here: a write is not skipped."""
    return None if declared == "skip" and reading.operation.writes else declared


def _by_status(status: int, reading: Reading) -> Meaning:
    for errors in (reading.operation.errors, reading.errors):
        declared = errors.status.get(str(status)) or errors.status.get(f"{status // 100}xx")
        counting = _counting(declared, reading)
        if counting is not None:
            return counting
    return _ORDINARY.get(status) or ("transient" if status >= 500 else "invalid")


def _error(meaning: Meaning, raw: RawAnswer, reading: Reading, now: float) -> CallError:
    if meaning == "throttled":
        asked_s = asked_wait(raw.headers, reading.limits.retry_after, now)
        return Throttled("the ATS asks to wait", wait_s=reading.limits.wait_s if asked_s is None else asked_s)
    if meaning == "transient":
        return Transient("the ATS cannot do it now")
    if meaning == "credential":
        return credential_refused()
    assert meaning != "skip", "a failure that is skipped is none"
    is_redirect = 300 <= raw.status < 400
    return Refused(
        meaning, "it answered with a redirect, which is not followed" if is_redirect else _PHRASES[meaning]
    )


def credential_refused() -> CredentialRefused:
    """The error for a credential that is dead, with what to do about it."""
    return CredentialRefused(
        "the ATS does not accept the credential",
        hint="check that it was not revoked and has not expired, and give the new one in the tenant's settings",
    )


_STANDARD = (RetryHint("retry-after", "seconds"), RetryHint("retry-after", "http_date"))


def asked_wait(headers: Mapping[str, str], hints: tuple[RetryHint, ...], now: float) -> float | None:
    """Seconds that ``headers`` ask to wait, within 24 h; None where they say nothing that can be understood."""
    for hint in hints or _STANDARD:
        value = headers.get(hint.header.lower(), "").strip()
        wait_s = _wait(value, hint.unit, now) if value else None
        if wait_s is not None:
            return min(max(wait_s, 0.0), LONGEST_WAIT_S)
    return None


def _wait(value: str, unit: str, now: float) -> float | None:
    if unit == "http_date":
        return _date_wait(value, now)
    if not _NUMBER.fullmatch(value):
        return None
    number = float(value)
    if unit in ("timestamp", "timestamp_ms"):
        number = number / 1000 if unit == "timestamp_ms" else number
        # A moment in milliseconds, or none at all, is no moment in seconds.
        return number - now if abs(number - now) < 366 * 86400 else None
    wait_s = number / 1000 if unit == "milliseconds" else number
    return wait_s if wait_s < 1e8 else None


def _date_wait(value: str, now: float) -> float | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment.astimezone(UTC).timestamp() - now if moment.tzinfo is not None else None
