"""The operator's own scoring service: asked with its token, and what it answers is what the ATS gets."""

from __future__ import annotations

from pathlib import Path

from engine.model import Job, ResumeText
from engine.runtime.service import open_scorer
from tests.cli.tenant_runs import desk
from tests.fake_server import FakeServer, Reply

ANSWER = {"match": 64, "reasons": [{"text": "Said by the model"}], "version": "model-7"}


def test_the_token_travels_as_a_bearer_and_nothing_does_without_one() -> None:
    with FakeServer() as server:
        server.on("POST", "/score", Reply(json=ANSWER))
        for token in ("not-a-real-token", None):
            with open_scorer(f"{server.origin}/score", token) as scorer:
                assert scorer.score(ResumeText("Python", "0", "text"), Job("1")).match == 64
        signed, unsigned = server.seen("/score")
        assert signed.headers["authorization"] == "Bearer not-a-real-token"
        assert "authorization" not in unsigned.headers


def test_what_the_service_answers_is_written_to_the_ats(tmp_path: Path) -> None:
    with desk(tmp_path) as here, FakeServer() as server:
        server.on("POST", "/score", Reply(json=ANSWER))
        candidate = here.apply()[0]
        ended = here.run("backfill", "trial", "--scorer", f"{server.origin}/score")
        assert ended.code == 0, ended.err
        assert here.ats.candidate_view(candidate).applications[0].field("Skima Match Score") == "64"
