"""Documents in the legacy API. Upload is the vendor's (attachDocument); download is NOT.

No download of a document is published for either API (TrackerRMS facts, A4). ``getDocument`` is invented, so that
the engine has something to score here; the switch ``documents`` takes it away again.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from sandbox.trackerrms.credentials import INVALID
from sandbox.trackerrms.database import Database
from sandbox.trackerrms.legacy import EXCEPTION, Block, Body, Operation, Refusal, number, part, success
from sandbox.trackerrms.records import CODES


def decoded(data: Any) -> bytes:
    """Base64 as bytes. Raises Refusal."""
    try:
        return base64.b64decode(str(data or ""), validate=True)
    except (binascii.Error, ValueError):
        raise Refusal(INVALID, "Invalid length for a Base-64 char array or string.") from None


class Documents:
    """attachDocument, and the invented getDocument."""

    def __init__(self, database: Database) -> None:
        self._database, self._switches = database, database.switches

    def operations(self) -> dict[str, Operation]:
        return {
            "attachDocument": Operation("attachDocument", "document", self.attach),
            "getDocument": Operation("getDocument", None, self.download, self._may_download),
        }

    def _may_download(self) -> bool:
        return bool(self._switches.documents == "legacy")

    def attach(self, block: Block) -> Body:
        file = part(block, "file")
        code, record_id = str(file.get("recordType") or "").upper(), number(file.get("recordId"))
        data = decoded(file.get("data"))
        name = str(file.get("filename") or "")
        if code not in CODES or record_id not in self._database.table(CODES[code]) or not name or not data:
            raise Refusal(INVALID, EXCEPTION)
        kind = str(file.get("documentType") or "document")
        primary = str(file.get("primary") or "n").lower() == "y"
        self._database.add_document(CODES[code], record_id, name, kind, data, primary=primary)
        return success("created")

    def download(self, block: Block) -> Body:
        """Invented: ``{instructions: {recordType, recordId, documentType}}`` → ``{filename, documentType, data}``."""
        asked = part(block, "file") if "file" in block else part(block, "instructions")
        code = str(asked.get("recordType") or "").upper()
        kind = str(asked.get("documentType") or "resume").lower()
        if code not in CODES:
            raise Refusal(INVALID, EXCEPTION)
        rows = self._database.documents_of(CODES[code], number(asked.get("recordId")))
        found = max((row for row in rows if row.kind.lower() == kind), key=lambda r: (r.primary, r.id), default=None)
        if found is None:
            raise Refusal(INVALID, "document not found")
        data = base64.b64encode(found.data).decode()
        return success(count=1, filename=found.name, documentType=found.kind, data=data)
