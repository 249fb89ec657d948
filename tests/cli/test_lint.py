"""``fieldwright lint``: every mistake with its place, the exit code, and which kinds of file it knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.manifest.schema.files import data_folder
from tests.cli.running import fieldwright, tenant

MAPPINGS = data_folder("mappings")
TENANT = 'tenant: acme\nextends: smartrecruiters\nsettings: {api_key: "${env:ACME_KEY}"}\n'


def alone(name: str) -> str:
    """The shipped manifest as it stands without its samples."""
    return (MAPPINGS / name).read_text("utf-8").partition("\nsamples:")[0] + "\n"


def broken_manifest(folder: Path) -> Path:
    text = alone("smartrecruiters.yaml")
    file = folder / "smartrecruiters.yaml"
    file.write_text(
        text.replace("read: get_job\n", "read: get_jib\n").replace("    batch: 100", "    batsh: 100"), "utf-8"
    )
    return file


def test_the_shipped_manifests_have_no_mistakes() -> None:
    for arguments in ((), (MAPPINGS,)):
        ended = fieldwright("lint", *arguments)
        assert (ended.code, ended.err) == (0, "")
        assert ended.out.startswith("No mistakes in ")


def test_a_mistake_is_told_with_file_line_column_code_reason_and_hint(tmp_path: Path) -> None:
    file = tmp_path / "smartrecruiters.yaml"
    file.write_text(alone(file.name).replace("read: get_job\n", "read: get_jib\n"), "utf-8")
    line = file.read_text("utf-8").splitlines().index("    read: get_jib") + 1
    ended = fieldwright("lint", file)
    assert ended.code == 2
    assert ended.out == (
        f"{file}:{line}:11 unknown-operation there is no operation `get_jib`\n"
        "  did you mean `get_job`?\n"
        "1 error in 1 file.\n"
    )


def test_json_holds_the_same_findings(tmp_path: Path) -> None:
    ended = fieldwright("lint", broken_manifest(tmp_path), "--json")
    assert ended.code == 2
    assert ended.json["files"] == 1
    assert ended.json["errors"] == len(ended.json["findings"]) == 2
    operation, key = ended.json["findings"]
    assert {"file", "line", "column", "code", "message", "hint", "severity"} == set(key)
    assert (key["code"], key["hint"]) == ("unknown-key", "did you mean `batch`?")
    assert (operation["code"], operation["hint"]) == ("unknown-operation", "did you mean `get_job`?")


def test_a_warning_alone_does_not_fail(tmp_path: Path) -> None:
    file = tmp_path / "smartrecruiters.yaml"
    text = alone(file.name)
    file.write_text(text.replace("}}.{{ body }}.{{", "}}.{{"), "utf-8")
    ended = fieldwright("lint", file)
    assert ended.code == 0
    assert "body-unsigned" in ended.out
    assert "no-samples" in ended.out
    assert ended.out.endswith("2 warnings in 1 file.\n")


def test_a_folder_is_searched_with_the_folders_in_it(tmp_path: Path) -> None:
    broken_manifest(tmp_path)
    tenant(tmp_path / "tenants", TENANT.replace("smartrecruiters", "smartrecruiter"))
    tenant(tmp_path / "tenants", "not: [closed", ".hidden")
    ended = fieldwright("lint", tmp_path)
    assert ended.code == 2
    assert "batsh" in ended.out
    assert "there is no manifest `smartrecruiter`" in ended.out
    assert ended.out.endswith("3 errors in 2 files.\n")


@pytest.mark.parametrize("text", [TENANT, TENANT.replace("tenant: acme\n", "")])
def test_a_tenants_file_is_known_by_what_it_holds(tmp_path: Path, text: str) -> None:
    ended = fieldwright("lint", tenant(tmp_path, text))
    assert (ended.code == 0) == ("tenant:" in text)
    assert "manifest" not in ended.out


def test_what_cannot_be_read_is_a_mistake_too(tmp_path: Path) -> None:
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe")
    for name, code in (("none.yaml", "unreadable"), ("binary.yaml", "not-utf8")):
        ended = fieldwright("lint", tmp_path / name)
        assert ended.code == 2
        assert f"{name}:1:1 {code}" in ended.out


def test_an_empty_folder_is_not_taken_for_a_clean_one(tmp_path: Path) -> None:
    ended = fieldwright("lint", tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert "no .yaml file" in ended.err


def test_other_manifests_can_be_extended_from_another_folder(tmp_path: Path) -> None:
    broken_manifest(tmp_path)
    file = tenant(tmp_path / "tenants", TENANT)
    assert fieldwright("lint", file).code == 0
    ended = fieldwright("lint", file, "--mappings", tmp_path)
    assert ended.code == 2
    assert "batsh" in ended.out


def test_a_mapping_test_that_names_what_its_manifest_lacks_is_told(tmp_path: Path) -> None:
    for name in ("smartrecruiters.yaml", "smartrecruiters.test.yaml"):
        text = (MAPPINGS / name).read_text("utf-8")
        (tmp_path / name).write_text(text.replace("  get_company: {json", "  get_compny: {json"), "utf-8")
    ended = fieldwright("lint", tmp_path)
    assert ended.code == 2
    assert "unknown-operation there is no operation `get_compny`\n  did you mean `get_company`?" in ended.out
    assert ended.out.endswith("1 error in 2 files.\n")


def test_sarif_holds_the_same_findings_with_their_rules(tmp_path: Path) -> None:
    ended = fieldwright("lint", broken_manifest(tmp_path), "--sarif")
    assert ended.code == 2
    assert ended.json["version"] == "2.1.0"
    (run,) = ended.json["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == ["unknown-key", "unknown-operation"]
    assert [result["ruleId"] for result in run["results"]] == ["unknown-operation", "unknown-key"]
    first = run["results"][0]
    assert (first["level"], rules[first["ruleIndex"]]) == ("error", "unknown-operation")
    assert first["message"]["text"].endswith("did you mean `get_job`?")
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == (tmp_path / "smartrecruiters.yaml").as_uri()
    assert place["region"]["startColumn"] == 11
    assert fieldwright("lint", "--sarif", "--json").code == 2


def test_the_report_shows_what_confirms_operations_what_mechanisms_are_used_and_what_scoring_reads() -> None:
    ended = fieldwright("lint", "--report", "--json")
    assert ended.code == 0
    cards = {card["name"]: card for card in ended.json["reports"]}
    smart, tracker = cards["SmartRecruiters"], cards["TrackerRMS"]
    assert smart["verified"]["get_company"] in ("spec", "sample", "third-party", "unknown")
    assert {"number": 57, "name": "Rate limits"} in smart["mechanisms"]
    assert "list_jobs" in smart["unsampled"]
    assert "get_candidate" not in smart["unsampled"]
    for card in cards.values():
        assert card["scoring"]["protected_fields_reach_it"] is False
    places = {one["place"]: one["reads"] for one in tracker["scoring"]["reads"]}
    assert "executiveSummary" in places["objects.resume.1.text"]


def test_the_scorecards_are_a_few_lines_each_and_the_details_are_shown_on_request() -> None:
    short = fieldwright("lint", "--report").out
    cards = short.strip().split("\n\n")[:-1]
    assert {card.partition(" (")[0] for card in cards} >= {"SmartRecruiters", "TrackerRMS"}
    assert max(len(card.splitlines()) for card in cards) <= 6
    tracker = next(card for card in cards if card.startswith("TrackerRMS"))
    assert "  unconfirmed  move_to_status, get_document\n" in tracker
    assert "  scoring      reads no name, contact, photo, age, gender or address of the ATS's records" in tracker
    detailed = fieldwright("lint", "--report", "--details").out
    assert "objects.resume.1.text" not in short
    assert "objects.resume.1.text" in detailed
    for wrong in (["--details"], ["--report", "--json", "--details"]):
        assert fieldwright("lint", *wrong).code == 2


def test_the_report_says_when_a_protected_field_reaches_scoring(tmp_path: Path) -> None:
    file = tmp_path / "trackerrms.yaml"
    file.write_text(alone(file.name).replace("[jobTitle, employer", "[firstName, employer"), "utf-8")
    ended = fieldwright("lint", file, "--report")
    assert ended.code == 2
    assert "protected fields reach the scoring step" in ended.out
    assert "protected-in-score" in ended.out


def test_a_manifest_that_is_not_there_is_looked_for_in_a_folder_of_one_s_own() -> None:
    for command in ("docs", "test"):
        ended = fieldwright(command, "talentbox")
        assert ended.code != 0
        assert "--mappings DIR" in ended.err
