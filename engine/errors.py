"""Every error of the engine, as one tree. A class's docstring is its default message.

FieldwrightError                    .message for people, .hint what to do next; never a secret or personal data
├── InputError                      what the user gave is wrong (exit 2)
│   ├── SpecError                   a manifest, overlay or mapping test; carries all its findings
│   └── SettingMissing              a setting or secret reference that resolves to nothing
├── ExpressionError                 a JMESPath or Jinja expression failed, or broke a bound, while running
├── CallError                       a call to the other side did not do its work; .stage says how far it got
│   ├── Refused                     permanent: denied, no_access, missing, invalid or conflict
│   ├── Throttled                   the other side asks to wait
│   ├── CredentialRefused           the credential itself is dead or not accepted
│   ├── Transient                   nothing was applied; the same call may succeed later
│   └── Ambiguous                   sent, no usable answer: it may have been applied
├── AnswerUnusable                  an answer with a good status whose content cannot be read as declared
├── TranslationError                a raw event the manifest cannot turn into a canonical one
├── ResumeUnreadable                no text can be had from a résumé file
├── ScoringUnavailable              the scoring step cannot answer now
├── StoreUnavailable                the store cannot commit now
├── PersonErased                    about a person who was erased: nothing of it may be kept
└── LeaseLost                       another worker holds this work now; nothing may be settled
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from engine.manifest.findings import Finding

RefusalKind = Literal["denied", "no_access", "missing", "invalid", "conflict"]
CallStage = Literal["before", "sent", "answered"]


class FieldwrightError(Exception):
    """Something went wrong."""

    def __init__(self, message: str | None = None, *, hint: str | None = None) -> None:
        self.message = message or (type(self).__doc__ or "").strip()
        self.hint = hint
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


class InputError(FieldwrightError):
    """The input cannot be used."""


class SpecError(InputError):
    """The file has mistakes."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


class SettingMissing(InputError):
    """A required setting has no value."""


class ExpressionError(FieldwrightError):
    """An expression failed."""


class CallError(FieldwrightError):
    """A call failed.

    Attributes: operation (its name in the manifest), status (HTTP, None without an answer), code (the other
    side's own error code), stage (``before`` the request left, ``sent`` without answer, ``answered``).
    """

    stage: CallStage = "answered"

    def __init__(
        self,
        message: str | None = None,
        *,
        operation: str = "",
        status: int | None = None,
        code: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.operation, self.status, self.code = operation, status, code

    @property
    def cause(self) -> str:
        """The cause in one phrase, such as ``403 PERMISSION_DENIED``; never the other side's free text."""
        known = " ".join(str(part) for part in (self.status, self.code) if part)
        return known or self.message


class Refused(CallError):
    """The other side refused the call for good."""

    def __init__(
        self,
        kind: RefusalKind,
        message: str | None = None,
        *,
        operation: str = "",
        status: int | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message, operation=operation, status=status, code=code)
        self.kind: RefusalKind = kind


class Throttled(CallError):
    """The other side asks to wait. ``wait_s`` is what it asked for, in seconds, or None."""

    def __init__(
        self,
        message: str | None = None,
        *,
        operation: str = "",
        status: int | None = None,
        wait_s: float | None = None,
    ) -> None:
        super().__init__(message, operation=operation, status=status)
        self.wait_s = wait_s


class CredentialRefused(CallError):
    """The credential is not accepted."""


class Transient(CallError):
    """The call did not get through; it may later."""


class Ambiguous(CallError):
    """The request was sent and no usable answer came: it may have been applied."""

    stage: CallStage = "sent"


class AnswerUnusable(FieldwrightError):
    """The answer cannot be read as the manifest declares."""


class TranslationError(FieldwrightError):
    """The event cannot be translated by the manifest."""


class ResumeUnreadable(FieldwrightError):
    """The résumé holds no readable text."""


class ScoringUnavailable(FieldwrightError):
    """The scoring step cannot answer now."""


class StoreUnavailable(FieldwrightError):
    """The store cannot commit now."""


class PersonErased(FieldwrightError):
    """The person was erased."""


class LeaseLost(FieldwrightError):
    """Another worker holds this work now."""
