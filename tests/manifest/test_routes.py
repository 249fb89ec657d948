"""The file of routes: every mistake at its place, with what to do about it; secrets as references only."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import SettingMissing, SpecError
from engine.manifest.routes import load_routes
from tests.cli.running import fieldwright

GOOD = """routes:
  - name: crm
    url: https://crm.example.com/hooks
    secret: ${env:CRM}
    events: [application.scored, candidate.erased]
    tenants: [acme]
"""


def found(tmp_path: Path, text: str, tenants: list[str] | None = None) -> list[tuple[int, str, str]]:
    file = tmp_path / "routes.yaml"
    file.write_text(text, "utf-8")
    try:
        load_routes(file, tenants)
    except SpecError as error:
        return [(one.line, one.code, f"{one.message} {one.hint}") for one in error.findings]
    return []


def test_a_good_file_has_no_finding(tmp_path: Path) -> None:
    assert found(tmp_path, GOOD, ["acme"]) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "code", "told"),
    [
        ("https://crm", "http://crm", 3, "route-address", "https"),
        ("crm.example.com", "user:pw@crm.example.com", 3, "route-address", "user name"),
        ("crm.example.com", "10.0.0.1", 3, "route-address", "private: true"),
        ("crm.example.com", "crm.example.com:8443", 3, "route-address", "443"),
        ("${env:CRM}", "whsec_bm90IGEgcmVhbCBzZWNyZXQ", 4, "secret-in-file", "${env:CRM_SECRET}"),
        ("application.scored", "application.score", 5, "unknown-value", "did you mean `application.scored`?"),
        ("    tenants", "    tenant", 6, "unknown-key", "did you mean `tenants`?"),
        ("[acme]", "[acne]", 6, "unknown-tenant", "did you mean `acme`?"),
        ("name: crm", "name: CRM", 2, "wrong-form", "small letters"),
    ],
)
def test_a_mistake_is_told_at_its_line_with_what_to_do(
    tmp_path: Path, old: str, new: str, line: int, code: str, told: str
) -> None:
    text = GOOD.replace(old, new)
    assert text != GOOD
    findings = found(tmp_path, text, ["acme"])
    assert [(one[0], one[1]) for one in findings] == [(line, code)]
    assert told in findings[0][2]


@pytest.mark.parametrize(
    "url",
    [
        *(
            "https://127.0.0.1/x",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0177.0.0.1/",
        ),
        *("https://[::1]/", "https://[::ffff:169.254.169.254]/", "https://169.254.169.254/latest", "https://0/"),
        *("https://①②⑦.⓪.⓪.①/", "https://user@crm.example.com/", "https://crm.example.com:22/", "//crm.example.com"),
        *(
            "https://crm.example.com\\\\@evil.example/",
            "ftp://crm.example.com/",
            "http://crm.example.com/",
            "https://",
        ),
        *("file:///etc/passwd", "http://127.0.0.1.evil.example:80/", "http://localhost/"),
    ],
)
def test_an_address_that_may_lead_elsewhere_is_refused(tmp_path: Path, url: str) -> None:
    text = GOOD.replace("https://crm.example.com/hooks", f"'{url}'")
    assert [one[1] for one in found(tmp_path, text)] == ["route-address"]


def test_two_routes_of_one_name_are_one_too_many(tmp_path: Path) -> None:
    assert [one[1] for one in found(tmp_path, GOOD + GOOD.removeprefix("routes:\n"))] == ["duplicate-route"]


def test_lint_knows_the_file_and_does_not_repeat_a_secret(tmp_path: Path) -> None:
    file = tmp_path / "routes.yaml"
    file.write_text(GOOD.replace("${env:CRM}", "whsec_bm90IGEgcmVhbCBzZWNyZXQ"), "utf-8")
    ended = fieldwright("lint", str(file))
    assert ended.code == 2
    assert "secret-in-file" in ended.out
    assert "bm90" not in ended.out + ended.err


@pytest.mark.parametrize("secret", ["short", "whsec_c2hvcnQ=", "whsec_***", ""])
def test_a_secret_that_is_no_key_is_told_without_repeating_it(tmp_path: Path, secret: str) -> None:
    file = tmp_path / "routes.yaml"
    file.write_text(GOOD, "utf-8")
    (route,) = load_routes(file)
    with pytest.raises(SettingMissing) as refused:
        route.secrets({"CRM": secret})
    assert "whsec_" in (refused.value.hint or "")
    assert not secret or secret not in refused.value.message


def test_a_secret_that_is_not_set_names_the_variable(tmp_path: Path) -> None:
    file = tmp_path / "routes.yaml"
    file.write_text(GOOD, "utf-8")
    (route,) = load_routes(file)
    with pytest.raises(SettingMissing, match="CRM"):
        route.secrets({})
