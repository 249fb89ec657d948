"""``fieldwright act`` adds people: to the talent pool or to a job, with the tenant's source."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.smartrecruiters import SmartRecruiters
from tests.cli.tenant_runs import Desk, desk

ZOE = ("first_name=Zoe", "last_name=Example", "email=zoe@example.com", "phone=5125550123")


def _names_a_source(here: Desk, label: str, *, subtype: bool = False) -> None:
    assert isinstance(here.ats, SmartRecruiters)
    source = here.ats.tenant.sources.labelled(label)
    named = f"  source_subtype: {source.subtype_id}\n" if subtype else ""
    here.settings(f"  source_type: {source.type_id}\n  source_id: {source.value_id}\n{named}")


def test_a_prospect_is_created_with_the_tenants_source(tmp_path: Path) -> None:
    with desk(tmp_path) as here:
        _names_a_source(here, "Skima AI")
        assert here.run("act", "trial", "create_prospect", *ZOE, "--yes").code == 0
        (view,) = here.ats.candidates()
        assert (view.name, view.email, view.phone) == ("Zoe Example", "zoe@example.com", "5125550123")
        assert (view.applications, view.field("Source")) == ((), "Skima AI")


@pytest.mark.parametrize(("label", "subtype"), [("Skima AI", False), ("University board", True)])
def test_an_applicant_is_created_at_the_job_with_the_tenants_source(
    tmp_path: Path, label: str, subtype: bool
) -> None:
    with desk(tmp_path) as here:
        _names_a_source(here, label, subtype=subtype)
        assert here.run("act", "trial", "create_applicant", f"job_id={here.job}", *ZOE, "--yes").code == 0
        (application,) = here.ats.candidates()[0].applications
        assert (application.job_id, application.stage, application.source) == (here.job, "NEW", label)


@pytest.mark.parametrize("action", ["create_prospect", "create_applicant"])
def test_without_a_source_none_is_named_and_the_ats_notes_its_own(tmp_path: Path, action: str) -> None:
    with desk(tmp_path) as here:
        at = [f"job_id={here.job}"] if action == "create_applicant" else []
        ended = here.run("act", "trial", action, *at, *ZOE, "--yes")
        assert ended.code == 0
        assert "sourceTypeId" not in ended.out
        (view,) = here.ats.candidates()
        assert (view.applications[0].source if at else view.field("Source")) == "API"


def test_a_prospect_created_before_applies_as_the_same_person(tmp_path: Path) -> None:
    with desk(tmp_path) as here:
        assert here.run("act", "trial", "create_prospect", *ZOE, "--yes").code == 0
        assert here.run("act", "trial", "create_applicant", f"job_id={here.job}", *ZOE, "--yes").code == 0
        (view,) = here.ats.candidates()
        assert [one.job_id for one in view.applications] == [here.job]


@pytest.mark.parametrize("half", ["source_type: CUSTOM", "source_id: 0123456789abcdef01234567"])
def test_a_source_named_by_half_is_refused_with_what_the_ats_says(tmp_path: Path, half: str) -> None:
    with desk(tmp_path) as here:
        here.settings(f"  {half}\n")
        ended = here.run("act", "trial", "create_prospect", *ZOE, "--yes")
        assert ended.code == 1
        assert "SOURCE" in ended.err
        assert "nothing was done" in ended.err
        assert here.ats.candidates() == []
