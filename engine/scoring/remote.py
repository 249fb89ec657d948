"""The remote scorer: a customer's own model behind one POST; ResumeText and Job → Score.

The request (``schemas/scoring-request.schema.json``) carries the résumé's text and the job, nothing else. The reply
can only fill a Score: nothing in it, and nothing in the résumé, can choose where or for whom it is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.errors import AnswerUnusable, CallError, Refused, ScoringUnavailable, Throttled
from engine.model import Job, Json, ResumeText, Score
from engine.ports import JsonPoster
from engine.scoring import reply as replies
from engine.scoring.input_hash import input_hash


class RemoteScorer:
    """Scores by asking a service.

    Args: poster (posts JSON to the service: address, credential and deadlines are its own), version (names the
    service in the scores it gives, such as ``remote/acme``; change it when its model changes, so that old scores are
    not taken for new ones).
    """

    def __init__(self, poster: JsonPoster, version: str) -> None:
        self._poster = poster
        self.version = version

    def score(self, resume: ResumeText, job: Job) -> Score:
        """The service's score. Raises ScoringUnavailable, caused by the CallError where there was one."""
        request_id = input_hash(resume, job, self.version)
        reply = self._asked(_request(request_id, resume, job))
        exact = replies.match_of(reply)
        answered_by = replies.version_of(reply)
        return Score(
            match=int(exact + 0.5),
            exact=exact,
            reasons=replies.reasons_of(reply, resume.text),
            skills_matched=replies.names_of(reply, "skills_matched"),
            skills_missing=replies.names_of(reply, "skills_missing"),
            skills_normalized=replies.names_of(reply, "skills_normalized"),
            primary_experience=replies.experience_of(reply),
            education=replies.education_of(reply),
            resume_text=resume.text,
            scorer=f"{self.version} {answered_by}" if answered_by else self.version,
            input_hash=request_id,
        )

    def forget(self, input_hashes: Sequence[str]) -> bool:
        """Asks the service to forget what it keeps of these inputs (``schemas/scoring-erasure.schema.json``).

        False where it says that it takes no such request: it keeps nothing then. Raises CallError where it cannot
        be told now.
        """
        try:
            self._poster.tell({"erase": list(input_hashes)})
        except Refused as refused:
            if refused.kind == "denied":
                raise
            return False
        return True

    def _asked(self, request: Json) -> Mapping[str, Any]:
        try:
            return replies.checked(self._poster.post(request))
        except Throttled as throttled:
            wait = "" if throttled.wait_s is None else f" for {throttled.wait_s:.0f} s"
            raise ScoringUnavailable(f"the scoring service asks to wait{wait}", hint=_LATER) from throttled
        except CallError as error:
            raise ScoringUnavailable(f"the scoring service cannot be used: {error.cause}", hint=_LATER) from error
        except AnswerUnusable as error:
            raise ScoringUnavailable("the scoring service's answer is not JSON", hint=_LATER) from error
        except replies.ReplyUnusable as error:
            raise ScoringUnavailable(f"the scoring service's reply does not fit: {error}", hint=_LATER) from None


_LATER = "the event is kept and scored again later"


def _request(request_id: str, resume: ResumeText, job: Job) -> Json:
    return {
        "request_id": request_id,
        "job": {"title": job.title, "text": job.text},
        "resume_text": resume.text,
    }
