"""One test candidate, read as the engine would read them: what is there, never what it says."""

from __future__ import annotations

from engine.errors import ResumeUnreadable
from engine.hydration.hydrate import Hydrated, Hydrator
from engine.manifest.model import SetupStep
from engine.model import Ids
from engine.pipeline.route import Route
from engine.ports import ResumeReading
from engine.runtime.doctor.diagnosis import Check
from engine.store import Store


def try_candidate(route: Route, store: Store, reader: ResumeReading, step: SetupStep, candidate_id: str) -> Check:
    """The check of the test candidate. Raises CallError, AnswerUnusable, ExpressionError."""
    hydrator = Hydrator(route.connection, route.caller, store.cache, reader)
    hydrator.candidate(candidate_id)
    applications = hydrator.applications_of(candidate_id)
    says = [f"the candidate can be read; applications: {len(applications)}"]
    aimed = _aimed(route, candidate_id, applications)
    if aimed is None:
        return Check(step.id, step.title, "by hand", tuple(says), "Put the test candidate on a test job.")
    ids, is_prospect = aimed
    hydrated = hydrator.hydrate(ids, prospect=is_prospect)
    says.append("the application and its job can be read" if not is_prospect else "the job of prospects can be read")
    says.append(f"the job's text: {len(hydrated.job.text):,} characters")
    resume, is_readable = _resume(hydrator, hydrated)
    todo = "" if is_readable else "Give the test candidate a résumé with text in it (PDF, DOCX or TXT)."
    return Check(step.id, step.title, "ok" if is_readable else "by hand", (*says, resume), todo)


def _aimed(route: Route, candidate_id: str, applications: list[Ids]) -> tuple[Ids, bool] | None:
    if applications:
        return applications[0], False
    job = route.connection.prospect_job
    return (Ids(candidate_id, job), True) if job else None


def _resume(hydrator: Hydrator, hydrated: Hydrated) -> tuple[str, bool]:
    try:
        text = hydrator.resume(hydrated)
    except ResumeUnreadable as error:
        return f"the résumé is there and cannot be read: {error.message}", False
    if text is None:
        return "there is no résumé", False
    pages = f", {text.pages} pages" if text.pages else ""
    return f"the résumé's text: {len(text.text):,} characters ({text.method}{pages})", True
