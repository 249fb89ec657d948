"""What a recruiter sees in the pretend TrackerRMS. In: the database. Out: the sandbox's common CandidateView."""

from __future__ import annotations

from engine.clock import iso
from sandbox.contract import ApplicationView, AttachmentView, CandidateView, FieldView, NoteView
from sandbox.trackerrms.database import Database
from sandbox.trackerrms.records import Activity, OpportunityResource, Resource


def candidate_view(database: Database, row: Resource) -> CandidateView:
    """One candidate with all that hangs on them and on their applications; notes newest first."""
    with database.lock:
        applications = database.applications_of(row.id)
        return CandidateView(
            id=str(row.id),
            name=row.name,
            email=row.email or "",
            phone=row.mobile or row.telephone or "",
            location=", ".join(part for part in (row.city, row.country) if part),
            applications=tuple(_application(database, application) for application in applications),
            fields=_fields(database, row),
            tags=tuple(row.tags),
            notes=_notes(database, row, applications),
            attachments=_attachments(database, row, applications),
        )


def _application(database: Database, row: OpportunityResource) -> ApplicationView:
    job = database.opportunities.get(row.opportunity_id)
    return ApplicationView(
        job_id=str(row.opportunity_id),
        job_title=job.name if job else "",
        stage=database.status_name(row.status_id),
        source=row.source or "",
        fields=(FieldView("List", "Longlist" if row.list_name == "long" else "Shortlist"), *_custom(database, row)),
    )


def _custom(database: Database, row: Resource | OpportunityResource) -> tuple[FieldView, ...]:
    known = database.switches.pairs("custom_fields")
    return tuple(FieldView(name, row.custom_fields[key]) for key, name in known.items() if key in row.custom_fields)


def _fields(database: Database, row: Resource) -> tuple[FieldView, ...]:
    plain = {
        "Status": row.status, "Source": row.source, "Job title": row.job_title, "Employer": row.employer,
        "Skills": ", ".join(str(skill["name"]) for skill in row.skills), "Note": row.note,
    }  # fmt: skip
    return (*(FieldView(label, value) for label, value in plain.items() if value), *_custom(database, row))


def _notes(database: Database, row: Resource, applications: list[OpportunityResource]) -> tuple[NoteView, ...]:
    ids = {application.id for application in applications}
    mine = [activity for activity in database.activities.values() if _about(activity, row.id, ids)]
    mine.sort(key=lambda activity: (activity.created_at, activity.id), reverse=True)
    return tuple(
        NoteView(activity.note, activity.author, iso(activity.created_at), activity.subject or activity.kind)
        for activity in mine
    )


def _about(activity: Activity, resource_id: int, application_ids: set[int]) -> bool:
    if activity.record_type == "Resource":
        return activity.record_id == resource_id
    return activity.record_type == "OpportunityResource" and activity.record_id in application_ids


def _attachments(
    database: Database, row: Resource, applications: list[OpportunityResource]
) -> tuple[AttachmentView, ...]:
    documents = database.documents_of("Resource", row.id)
    documents += [
        item for application in applications for item in database.documents_of("OpportunityResource", application.id)
    ]
    return tuple(
        AttachmentView(str(item.id), item.name, item.kind, item.content_type, item.data) for item in documents
    )
