"""What a recruiter sees after the demo, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.conftest import chromium_path
from tests.e2e.stage import FIELDS, NO_FIELDS, Played

pytestmark = pytest.mark.browser

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium_path()
    assert path, "No Chromium was found; install it (apt-get install chromium)."
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page()
    yield opened
    opened.close()


def _open_candidate(page: Page, played: Played, tenant: str, first_name: str) -> None:
    result = played.result(tenant, first_name)
    page.goto(f"{result.applied.scene.url}/")
    page.get_by_role("link", name=result.applied.name).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(result.applied.name)


def test_the_list_is_sorted_by_the_score_that_was_written(page: Page, played: Played) -> None:
    result = played.result(FIELDS, "Ana")
    page.goto(f"{result.applied.scene.url}/")
    first = page.locator("tbody tr").first
    expect(first).to_contain_text(result.applied.name)
    expect(first.locator(".score")).to_have_text(str(result.match))


def test_the_candidate_shows_score_reasons_and_tag(page: Page, played: Played) -> None:
    _open_candidate(page, played, FIELDS, "Ana")
    result = played.result(FIELDS, "Ana")
    expect(page.locator("dd.score")).to_have_text(str(result.match))
    assert result.score is not None
    expect(page.locator("dl")).to_contain_text(result.score.reasons[0].text)
    expect(page.locator(".chip", has_text="Skima Screened")).to_be_visible()


def test_where_fields_are_missing_the_note_is_on_the_page(page: Page, played: Played) -> None:
    _open_candidate(page, played, NO_FIELDS, "Marisol")
    note = page.locator(".note")
    expect(note).to_have_count(1)
    expect(note).to_contain_text("Skima Match Score")
    expect(note).to_contain_text("Written here because")


def test_the_evidence_opens_as_a_pdf(page: Page, played: Played) -> None:
    _open_candidate(page, played, NO_FIELDS, "Marisol")
    link = page.locator("ul.files a", has_text="evidence")
    answer = page.request.get(page.url.split("/candidates-page")[0] + (link.get_attribute("href") or ""))
    assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.body().startswith(b"%PDF-")
