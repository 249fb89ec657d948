"""What looks like a secret or tells who a person is, and what does not."""

from __future__ import annotations

import base64

import pytest

from engine.rehearsal.suspicions import suspicion

_JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"


@pytest.mark.parametrize(
    ("text", "key", "kind"),
    [
        ("ana.smith@acme-corp.com", "x", "person"),
        ("Write to ana.smith@acme-corp.com today", "note", "person"),
        ("https://www.linkedin.com/in/ana-smith", "web", "person"),
        ("+44 20 7946 1234", "x", "person"),
        ("020 7946 1234", "mobilePhone", "person"),
        (_JWT, "x", "secret"),
        ("Bearer a1b2c3d4e5f6g7h8", "x", "secret"),
        ("sk_live_4eC39HqLyjWDarjtT1", "x", "secret"),
        ("https://user:pass@host.example/x", "x", "secret"),
        ("Zx8Qw3Rt7Yu1Op5As9Df2G", "x", "secret"),
        ("d41d8cd98f00b204e9800998ecf8427e", "x", "secret"),
        ("short", "apiKey", "secret"),
        ("hunter2", "password", "secret"),
        (base64.b64encode(b"write to ana.smith@acme-corp.com").decode(), "x", "person"),
        ("-----BEGIN RSA PRIVATE KEY-----", "x", "secret"),
    ],
)
def test_it_is_suspected(text: str, key: str, kind: str) -> None:
    found = suspicion(text, key)
    assert found is not None
    assert found.kind == kind
    assert text not in found.what


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("ana@example.com", "email"),
        ("ana@mail.acme.example", "email"),
        ("+1 (555) 555-0123", "phone"),
        ("07700900100", "mobilePhone"),
        ("https://example.com/made-up-3", "linkedin"),
        ("https://api.acme-corp.com/v1/candidates/7?limit=100", "url"),
        ("made-up-secret-1", "token"),
        ("placeholder-access_token", "access_token"),
        ("${env:ACME_TOKEN}", "api_key"),
        ("eyJwIjoyfQ", "nextPageToken"),
        ("bearer", "token_type"),
        ("00000000-0000-4000-8000-000000000001", "id"),
        ("3fa85f64-5717-4562-b3fc-2c963f66afa6", "id"),
        ("2026-06-08T17:20:29.000Z", "updatedOn"),
        ("1781112029000", "updated"),
        ("Senior-Backend-Engineer-2026-London", "slug"),
        ("senior_backend_engineer_2026_final_v2.pdf", "name"),
        ("getCandidateByIdAndVersion2", "operation"),
        ("Basic knowledge of bookkeeping", "skill"),
        (base64.b64encode(b"Made-up resume: led a team of six").decode(), "data"),
        ("", "password"),
    ],
)
def test_it_is_harmless(text: str, key: str) -> None:
    assert suspicion(text, key) is None
