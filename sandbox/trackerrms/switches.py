"""The switches of the pretend TrackerRMS: what the facts leave open, what a tenant may set, what can go wrong.

"Unconfirmed" in a description means that nothing public shows how the real product behaves; the default is then
the harsher or the likelier of the two. Lists are text with commas, mappings are text such as ``1=Open,2=Closed``;
from Python a list or a dict does as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import InputError
from sandbox.contract import Switch, Switches, SwitchValue
from sandbox.trackerrms.webhook_url import check_loopback

_NAMING = (
    "client=Company,contact=Contact,lead=Lead,opportunity=Job,project=Project,resource=Candidate,ticket=Issue,"
    "resume=Resume"
)
_STATUSES = "1=Longlisted,2=Shortlisted,3=Skima Shortlisted,4=First Interview,5=Working,6=Offer,7=Complete,8=Rejected"
_LIST_BODIES = ("list", "items", "value", "results", "data", "resources")

_CREDENTIALS = (
    Switch("static_token", "sandbox-static-token", "the database's API token; a new value kills the old one"),
    Switch("api_key", "sandbox-api-key", "the legacy API key; acts as system administrator"),
    Switch("username", "integration@sandbox.test", "the user of legacy user+password logins"),
    Switch("password", "sandbox-password", "that user's password"),
    Switch("user_active", True, "off: user+password logins answer status 2, user not active"),
    Switch("client_secret", "sandbox-client-secret", "OAuth secret of client EvoApi_1.0"),
    Switch("exchange_invalidates", True, "a new token exchange kills the earlier JWT (seen by one author)"),
    Switch("jwt_life_s", 7 * 86400, "seconds a JWT lives; about 7 days was seen"),
    Switch("oauth_life_s", 3600, "seconds an OAuth access token lives; unconfirmed"),
    Switch("oauth_rotate", True, "a refresh token works once and is replaced (seen in code)"),
    Switch("access", "read_write", "what the credential may do", ("read_write", "read_only")),
    Switch("denied", "", "areas refused for writing: resource, tag, activity, document, application; unconfirmed"),
    Switch("read_only_status", "99", "legacy status of a refused write; unconfirmed", ("99", "1")),
)
_ANSWERS = (
    Switch("error_body", "message", "body of v1 errors; unconfirmed", ("message", "problem", "empty")),
    Switch("rate_limit", 0, "calls a minute before 429, 0 for none; about 100 was claimed by one author"),
    Switch("rate_limit_answer", "empty", "what a 429 carries; unconfirmed", ("empty", "retry_after", "json")),
    Switch("page_size", 10, "rows of a v1 page whatever pageSize says; 0 honours pageSize"),
    Switch("page_overlap", 2, "rows each v1 page repeats of the page before it"),
    Switch("order", "scrambled", "order of v1 searches, whatever is asked for", ("scrambled", "id")),
    Switch("search_last_page_forever", False, "searches past the end repeat the last page"),
    Switch("metadata_last_page_forever", True, "metadata lists past the end repeat the last page (seen)"),
    Switch("resource_list", "list", "body of Resource/Search: bare, or under this key; unconfirmed", _LIST_BODIES),
    Switch("resource_id_key", "resourceId", "a Resource's id in v1; unconfirmed", ("resourceId", "id")),
    Switch("resource_updated_after", False, "Resource searches honour updatedAfter; unconfirmed"),
    Switch(
        "application_filters",
        False,
        "OpportunityResource/Search honours opportunityId, resourceId and updatedAfter; unconfirmed",
    ),
    Switch("text_filters", False, "v1 searches honour searchText and searchTerm (mostly seen ignored)"),
    Switch("patch_answer", "204", "status of a PATCH that worked; both were seen", ("204", "200")),
    Switch("patch_tags", False, "v1 PATCH takes tagText; unconfirmed, silently ignored when off"),
    Switch("stage_move", False, "v1 PATCH OpportunityResource moves the status; unconfirmed, 405 when off"),
    Switch("notes_endpoint", False, "v1 Resource/{id}/Notes exists; unconfirmed, 404 when off"),
    Switch("documents", "legacy", "résumé download by an invented legacy call; unconfirmed", ("legacy", "none")),
    Switch("profile_text", True, "a record's empty note reads as the text parsed from its résumé; unconfirmed"),
    Switch("legacy_activities", False, "legacy getRecords lists activities, type A (SDK only); unconfirmed"),
    Switch("legacy_tag", "replace", "what updateRecord does with column tag; unconfirmed", ("replace", "append")),
    Switch("legacy_utc_offset_h", 0, "hours the legacy API's times are ahead of UTC; the zone is unstated"),
)
_TENANT = (
    Switch("touch_on_activity", True, "an activity or document updates the record it hangs on; unconfirmed"),
    Switch("webhooks", "", "loopback URLs told of every change (Settings > Webhooks)"),
    Switch(
        "webhook_record_types",
        "Resource,Opportunity,OpportunityResource,Activity",
        "record types that send webhooks; Opportunity was seen, the rest are unconfirmed",
    ),
    Switch("webhook_retries", 0, "times a failed webhook is sent again: a minute later, then doubling; unconfirmed"),
    Switch("naming", _NAMING, "what this tenant calls things (namingConventions)"),
    Switch("statuses", _STATUSES, "OpportunityResource statuses by id; per tenant"),
    Switch("custom_fields", "123=Right to work,456=Work pattern,448=Call outcome", "custom fields by id; per tenant"),
)
SWITCHES: tuple[Switch, ...] = (*_CREDENTIALS, *_ANSWERS, *_TENANT)


class TrackerSwitches(Switches):
    """The present setting of every switch, with the lists and mappings taken apart."""

    def __init__(self, given: Mapping[str, Any] | None = None) -> None:
        super().__init__(SWITCHES, given)

    def update(self, given: Mapping[str, Any]) -> None:
        """Change several at once. Raises InputError for what does not fit; nothing is changed then."""
        texts = {name: _as_text(value) for name, value in given.items()}
        for url in _listed(str(texts.get("webhooks", ""))):
            check_loopback(url)
        for name in ("naming", "statuses", "custom_fields"):
            if any("=" not in part for part in _listed(str(texts.get(name, "")))):
                raise InputError(f"Switch {name} takes name=value pairs", hint="Such as 1=Longlisted,2=Shortlisted")
        super().update(texts)

    def listed(self, name: str) -> tuple[str, ...]:
        """A list switch, such as ``webhooks``."""
        return _listed(getattr(self, name))

    def pairs(self, name: str) -> dict[str, str]:
        """A mapping switch, such as ``statuses``."""
        parts = (part.split("=", 1) for part in _listed(getattr(self, name)))
        return {key.strip(): value.strip() for key, value in parts}


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _as_text(value: Any) -> SwitchValue:
    if isinstance(value, Mapping):
        return ",".join(f"{key}={item}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ",".join(map(str, value))
    plain: SwitchValue = value
    return plain
