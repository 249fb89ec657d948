"""Attachments of an application or a prospect: list, upload, download, removal (SmartRecruiters facts, 3.4)."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import quote

from sandbox.smartrecruiters import shapes
from sandbox.smartrecruiters.multipart import Part, parts
from sandbox.smartrecruiters.wire import Answer, ApiError, Request, no_content, ok

if TYPE_CHECKING:
    from sandbox.smartrecruiters.records import Application, StoredFile
    from sandbox.smartrecruiters.tenant import Tenant

_TYPES = ("GENERIC_FILE", "RESUME", "COVER_LETTER")
_EXTENSIONS = frozenset(
    [
        ".pdf",
        ".doc",
        ".docx",
        ".rtf",
        ".txt",
        ".odt",
        ".jpg",
        ".jpeg",
        ".png",
        ".gif",
        ".csv",
        ".xls",
        ".xlsx",
        ".ppt",
        ".pptx",
    ]
)


def listed(tenant: Tenant, request: Request) -> Answer:
    """``GET …/attachments``."""
    application = tenant.application(request.params)
    content = [shapes.attachment(tenant.files[key], request.base_url) for key in application.attachment_ids]
    return ok({"totalFound": len(content), "content": content})


def of_primary(tenant: Tenant, request: Request) -> Answer:
    """The deprecated ``GET /candidates/{id}/attachments``: the person's own and those of the primary application."""
    candidate = tenant.candidate(request.params["id"], denied_status=401)
    keys = [*candidate.attachment_ids, *(key for primary in candidate.ranked()[:1] for key in primary.attachment_ids)]
    content = [shapes.attachment(tenant.files[key], request.base_url) for key in keys]
    return ok({"totalFound": len(content), "content": content})


def upload(tenant: Tenant, request: Request) -> Answer:
    """``POST …/attachments``: parts ``attachmentType`` and ``file``; 201."""
    application = tenant.application(request.params)
    found = parts(request)
    kind = found["attachmentType"].data.decode("utf-8", "replace").strip() if "attachmentType" in found else ""
    if kind not in _TYPES:
        raise ApiError(400, "BAD_REQUEST", f"attachmentType must be one of {', '.join(_TYPES)}")
    file = _checked(tenant, application, found.get("file"))
    stored = tenant.attach(application, str(file.filename), kind, file.content_type, file.data)
    tenant.echo("application.attachment.created", application, attachment_id=stored.id)
    return ok(shapes.attachment(stored, request.base_url), 201)


def _checked(tenant: Tenant, application: Application, file: Part | None) -> Part:
    if file is None or not file.filename or not file.data:
        raise ApiError(400, "INVALID_FILE", "A file with a name and content is needed")
    if PurePosixPath(file.filename.lower()).suffix not in _EXTENSIONS:
        raise ApiError(400, "INVALID_FILE", "The file extension is not allowed")
    if len(file.data) > tenant.switches.attachment_limit_bytes:
        raise ApiError(400, "INVALID_FILE", "The file is too large")
    if any(tenant.files[key].name == file.filename for key in application.attachment_ids):
        raise ApiError(400, "FILE_ALREADY_EXIST", "A file with this name is attached already")
    if len(application.attachment_ids) >= tenant.switches.attachment_limit:
        raise ApiError(422, "ATTACHMENT_LIMIT_EXCEEDED", "No more files can be added")
    return file


def download(tenant: Tenant, request: Request) -> Answer:
    """``GET /candidates/attachments/{attachmentId}``: the bytes."""
    stored = _file(tenant, request)
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(stored.name, safe='')}"}
    return Answer(200, stored.data, headers, stored.content_type)


def remove(tenant: Tenant, request: Request) -> Answer:
    """``DELETE /candidates/attachments/{attachmentId}``: 204."""
    stored = _file(tenant, request)
    tenant.detach(stored)
    return no_content()


def _file(tenant: Tenant, request: Request) -> StoredFile:
    stored = tenant.files.get(request.params["attachmentId"])
    if stored is None:
        raise ApiError(404, "FILE_NOT_FOUND", "File not found")
    tenant.candidate(stored.candidate_id)
    return stored
