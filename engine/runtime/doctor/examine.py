"""Checks one tenant's connection as its manifest's ``setup`` says: each step done, and what is left to a person.

Reads only; nothing is written to the ATS. A step that fails does not end the examination.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.clock import iso
from engine.errors import AnswerUnusable, CallError, CredentialRefused, ExpressionError, FieldwrightError, Refused
from engine.intake.drain import standing
from engine.intake.registration import Registrar
from engine.manifest.model import Registration, SetupStep
from engine.pipeline.route import Route
from engine.ports import ResumeReading
from engine.runtime.doctor.diagnosis import Check, Diagnosis, OutputReport, Verdict
from engine.runtime.doctor.outputs import output_reports, unfit_fields
from engine.runtime.doctor.scopes import least_privileges
from engine.runtime.doctor.trial import try_candidate
from engine.runtime.rebinding import held_causes, remedy
from engine.store import Store

_CALL_ERRORS = (CallError, AnswerUnusable, ExpressionError)


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined. ``registrar`` knows the webhook's address; ``show_secrets``: whole, with its secret."""

    route: Route
    store: Store
    registrar: Registrar
    reader: ResumeReading
    show_secrets: bool = False


def examine(patient: Patient) -> Diagnosis:
    """The whole examination. What was found out by probes before is looked at again."""
    connection = patient.route.connection
    refused = patient.route.discovery.look_again()
    signed_in = _sign_in(patient)
    if any(check.verdict == "failed" for check in signed_in):
        steps = [_not_tried(step) for step in connection.manifest.setup]
        return _diagnosis(patient, (*signed_in, *steps), (), {})
    try:
        outputs, off = output_reports(patient.route), patient.route.discovery.unavailable()
        places = _outputs_check(outputs, _switched_off(patient), _tried_again(patient, refused))
    except _CALL_ERRORS as error:
        outputs, off = (), {}
        places = Check("outputs", "Find out where outputs go", "failed", (phrase(patient.route, error),))
    steps = [_step(patient, step, outputs, off) for step in connection.manifest.setup]
    return _diagnosis(patient, (*signed_in, *steps, places, *_bindings(patient, outputs)), outputs, off)


def _bindings(patient: Patient, outputs: tuple[OutputReport, ...]) -> tuple[Check, ...]:
    """What was renamed or removed in the ATS since outputs went there: their writes are held."""
    lost = [report for report in outputs if report.is_held]
    if not lost:
        return ()
    waiting = held_causes(patient.store, patient.route.name)
    counts = [waiting.get((patient.route.name, report.output), (0, ""))[0] for report in lost]
    says = [f"{report.output}: {report.why[0]} (held: {count})" for report, count in zip(lost, counts, strict=True)]
    do = "; ".join(f"{report.output}: {remedy(patient.route.name, report.output)}" for report in lost)
    return (Check("bindings", "The fields that outputs are bound to", "failed", tuple(says), do),)


def phrase(route: Route, error: FieldwrightError) -> str:
    """A failed call in one phrase, with the scopes its operation needs where it was denied."""
    if not isinstance(error, CallError):
        return error.message
    operation = route.connection.manifest.operations.get(error.operation)
    scopes = ", ".join(operation.scopes) if operation is not None else ""
    denied = isinstance(error, Refused) and error.kind in ("denied", "no_access") and scopes
    needs = f"; it needs {scopes}" if denied else ""
    kind = f"refused ({error.kind}), " if isinstance(error, Refused) else ""
    return f"{error.operation or 'the call'}: {kind}{error.cause}{needs}"


def _diagnosis(
    patient: Patient, checks: tuple[Check, ...], outputs: tuple[OutputReport, ...], off: dict[str, str]
) -> Diagnosis:
    manifest = patient.route.connection.manifest
    named = tuple((manifest.capabilities[name].says, cause) for name, cause in off.items())
    scopes = least_privileges(manifest, webhook=patient.route.connection.webhook)
    return Diagnosis(patient.route.name, manifest.ats.name, checks, outputs, scopes.needed, named, scopes.apart)


def _sign_in(patient: Patient) -> tuple[Check, ...]:
    """Each API profile that has a way to try its credential."""
    checks = []
    for name, api in patient.route.connection.manifest.apis.items():
        if api.check is None and not any(way.steps for way in api.auth):
            continue
        try:
            patient.route.caller.check_credential(name)
            checks.append(Check(f"sign_in.{name}", f"Sign in ({name})", "ok", ("the credential is accepted",)))
        except _CALL_ERRORS as error:
            said = phrase(patient.route, error)
            refused = isinstance(error, CredentialRefused)
            do = "Give a credential that works: see “" + _credential_title(patient) + "”." if refused else ""
            checks.append(Check(f"sign_in.{name}", f"Sign in ({name})", "failed", (said,), do))
    return tuple(checks)


def _credential_title(patient: Patient) -> str:
    steps = patient.route.connection.manifest.setup
    return steps[0].title if steps else "settings"


def _not_tried(step: SetupStep) -> Check:
    return Check(step.id, step.title, "skipped", ("not tried: signing in failed",))


def _outputs_check(
    outputs: tuple[OutputReport, ...], switched_off: frozenset[str], tried_again: tuple[str, ...]
) -> Check:
    """Whether each output has a place. To have none because the tenant's settings say so is as it should be."""
    lost = [report for report in outputs if report.place is None and not report.is_off and not report.is_held]
    meant = all(any(why.endswith(off) for off in switched_off) for report in lost for why in report.why)
    says = tuple(f"{report.output} goes nowhere: {'; '.join(report.why)}" for report in lost)
    all_lost = bool(lost) and all(report.place is None for report in outputs)
    verdict: Verdict = "ok" if meant or not lost else "failed" if all_lost else "by hand"
    do = "Nothing can be written back as it is: see the causes beside the outputs." if verdict == "failed" else ""
    return Check(
        "outputs", "A place for each output", verdict, (*(says or ("each output has a place",)), *tried_again), do
    )


def _switched_off(patient: Patient) -> frozenset[str]:
    """Why capabilities are off by the tenant's own settings."""
    capabilities = patient.route.connection.manifest.capabilities.values()
    return frozenset(capability.otherwise for capability in capabilities if capability.otherwise)


def _tried_again(patient: Patient, refused: dict[str, str]) -> tuple[str, ...]:
    """What was refused before: only the next write shows whether it is allowed now."""
    capabilities = patient.route.connection.manifest.capabilities
    return tuple(
        f"{capabilities[name].says} were refused before ({cause}); the next write tries them again"
        for name, cause in refused.items()
        if name in capabilities
    )


def _step(patient: Patient, step: SetupStep, outputs: tuple[OutputReport, ...], off: dict[str, str]) -> Check:
    try:
        return _checked(patient, step, outputs, off)
    except _CALL_ERRORS as error:
        return Check(step.id, step.title, "failed", (phrase(patient.route, error),), step.by_hand)


def _checked(patient: Patient, step: SetupStep, outputs: tuple[OutputReport, ...], off: dict[str, str]) -> Check:
    ok = Check(step.id, step.title, "ok")
    undone = Check(step.id, step.title, "by hand", do=step.by_hand)
    if step.check == "call":
        patient.route.caller.call(step.subject, {})
        return replace(ok, says=(f"{step.subject} answered",))
    if step.check == "capability":
        return replace(undone, says=(off[step.subject],)) if step.subject in off else ok
    if step.check == "fields":
        missing = unfit_fields(patient.route, outputs)
        return replace(undone, says=missing) if missing else replace(ok, says=("each field is there and fits",))
    if step.check == "webhook":
        return _webhook(patient, step)
    if step.check == "queue":
        return _queue(patient, step)
    if step.check == "test_candidate":
        candidate = patient.route.connection.settings.get(step.subject)
        if not candidate:
            return replace(undone, says=(f"the setting {step.subject} is not set",))
        return try_candidate(patient.route, patient.store, patient.reader, step, str(candidate))
    return undone


def _queue(patient: Patient, step: SetupStep) -> Check:
    """How the event queue stands; it is not asked, because asking takes events out."""
    stands = standing(patient.store, patient.route.name)
    if stands.drained_at is None:
        do = step.by_hand or "Run fieldwright serve: it subscribes and drains by itself."
        return Check(step.id, step.title, "by hand", ("the event queue was not drained yet",), do)
    doubt = ("a batch may not have been kept; it is asked for again first",) if stands.in_doubt else ()
    return Check(step.id, step.title, "ok", (f"last drained at {iso(stands.drained_at)}", *doubt))


# ── webhook ──────────────────────────────────────────────────────────────────────────────────────────────────


def _address(patient: Patient) -> tuple[str, ...]:
    """What is told of a webhook that a person sets up: its address, or why its door is shut."""
    told = patient.registrar.ensure().detail
    url, shown = patient.registrar.callback_url(), patient.registrar.shown_url()
    if url == shown:
        return (told,)
    more = f"whole: {url}" if patient.show_secrets else "the address whole: --show-secrets"
    return told, more


def _webhook(patient: Patient, step: SetupStep) -> Check:
    door = patient.route.connection.manifest.events.webhook
    if door is None or not patient.route.connection.webhook:
        return Check(step.id, step.title, "skipped", ("webhooks are off for this tenant; events are polled for",))
    if door.registration is None:
        return Check(step.id, step.title, "by hand", _address(patient), door.by_hand or step.by_hand)
    return _subscription(patient, step, door.registration)


def _subscription(patient: Patient, step: SetupStep, declared: Registration) -> Check:
    shown = patient.registrar.shown_url()
    seen = patient.registrar.look(declared)
    if seen.active >= seen.due:
        return Check(step.id, step.title, "ok", (f"subscribed and active at {shown}",))
    part = f"{seen.active} of {seen.due} subscriptions are active at {shown}"
    there = f"there is a subscription at {shown}, turned off"
    missing = f"there is no subscription at {shown} yet"
    told = part if seen.due > 1 else there if seen.there else missing
    others = (f"others at this ATS: {seen.others}",) if seen.others is not None else ()
    do = "Run fieldwright serve with the --public-url that the ATS can reach; it subscribes by itself."
    return Check(step.id, step.title, "by hand", (told, *others), do)
