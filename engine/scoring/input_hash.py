"""What identifies a score: the résumé's text, the job's text and the scorer's version, as one SHA-256."""

from __future__ import annotations

import hashlib

from engine.model import Job, ResumeText


def input_hash(resume: ResumeText, job: Job, version: str) -> str:
    """The hex digest that is equal exactly when the scorer would see the same inputs."""
    digest = hashlib.sha256()
    for part in (resume.text, job.text, job.location or "", version):
        data = part.encode("utf-8", "replace")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()
