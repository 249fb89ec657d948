"""``fieldwright rebind``, and how ``events`` and ``doctor`` tell of writes that are held."""

from __future__ import annotations

from pathlib import Path

from engine.clock import SYSTEM
from engine.store import Store
from tests.cli.tenant_runs import Desk, desk

SCORE = "Skima Match Score"
FIELDS = f"{SCORE}:NUMBER,Skima Reasons:TEXT"
RENAMED = FIELDS.replace(f"{SCORE}:", f"{SCORE}>AI Fit:")


def backfilled(here: Desk, count: int) -> None:
    here.apply(count)
    assert here.run("backfill", "trial").code == 0


def renamed(here: Desk) -> None:
    """One applicant is written before the field is renamed, one comes after it."""
    backfilled(here, 1)
    here.ats.switches.update({"fields": RENAMED})
    with Store.open(here.folder / "state" / "fieldwright.db", SYSTEM) as store:
        store.cache.forget("trial", "directory", "list_candidate_properties")
        store.capabilities.forget("trial")
    here.apply(2)
    assert here.run("backfill", "trial").code == 0


def values(here: Desk, label: str) -> list[str]:
    views = [here.ats.candidate_view(one) for one in here.ats.tenant.candidates]  # type: ignore[attr-defined]
    return [found for view in views if (found := view.applications[0].field(label))]


def test_events_and_doctor_say_what_is_held_and_what_to_do(tmp_path: Path) -> None:
    with desk(tmp_path, fields=FIELDS) as here:
        renamed(here)
        listed = here.run("events", "list")
        assert f"Held at trial: 1 write of match_score: the field “{SCORE}” (" in listed.out
        assert "was renamed to “AI Fit”; name the field in the tenant's file (fields: {match_score: …})" in listed.out
        (held,) = here.run("events", "list", "--json").json["held"]
        assert (held["tenant"], held["output"], held["writes"]) == ("trial", "match_score", 1)
        event = next(one for one in here.run("events", "list", "--json").json["events"] if one["state"] == "planned")
        assert "fieldwright rebind trial match_score" in here.run("events", "show", event["id"]).out
        doctor = here.run("doctor", "trial")
        assert doctor.code == 1
        assert f"match_score: the field “{SCORE}” (" in doctor.out
        assert "(held: 1)" in doctor.out


def test_rebind_lists_what_is_bound_and_accepts_the_new_name(tmp_path: Path) -> None:
    with desk(tmp_path, fields=FIELDS) as here:
        renamed(here)
        listed = here.run("rebind", "trial")
        assert "AI Fit" in listed.out
        assert "Skima Reasons" in listed.out
        accepted = here.run("rebind", "trial", "match_score", "--accept")
        assert accepted.code == 0, accepted.err
        assert "match_score goes to the field “AI Fit” (" in accepted.out
        assert "1 write that had been held" in accepted.out
        assert 'write there: fields: {match_score: "AI Fit"}' in accepted.out
        assert here.run("backfill", "trial").code == 0
        assert len(values(here, "AI Fit")) == 2
        again = here.run("rebind", "trial", "--json").json["outputs"]
        assert {one["output"]: one["held"] for one in again} == {"match_score": 0, "reasons": 0}


def test_what_cannot_be_bound_is_refused_with_what_there_is(tmp_path: Path) -> None:
    with desk(tmp_path, fields=FIELDS) as here:
        for arguments, said in (
            (("match_score", "Skima Match Scor"), "did you mean `Skima Match Score`?"),
            (("match_scor", "X"), "did you mean `match_score`?"),
            (("screened", "X"), "does not go to a field"),
            (("match_score",), "or --accept"),
            (("match_score", "X", "--accept"), "or --accept"),
            (("match_score", "--accept"), "was not bound to a field yet"),
        ):
            ended = here.run("rebind", "trial", *arguments)
            assert ended.code == 2
            assert said in ended.err
