"""What can be switched in the pretend SmartRecruiters: the tenant's set-up, and what the facts leave open."""

from __future__ import annotations

from sandbox.contract import Switch
from sandbox.smartrecruiters.fields import read_fields

SWITCHES: tuple[Switch, ...] = (
    Switch("api_key", "not-a-real-key-0123456789abcdef0", "the X-SmartToken that is accepted"),
    Switch("client_id", "not-a-real-client", "OAuth client id"),
    Switch("client_secret", "not-a-real-secret", "OAuth client secret"),
    Switch("token_ttl_s", 1800, "lifetime of an access token in seconds"),
    Switch(
        "permissions",
        "all",
        "what the credential may do: 'all', scopes ('candidates_read,jobs_read'), or 'all,-messages_write'; "
        "beside the scopes, 'attachments', 'properties', 'tags' and 'status' name single rights of the system role",
    ),
    Switch("denied_candidates", "", "ids of candidates the credential has no access to, comma-separated"),
    Switch("denied_jobs", "", "ids of jobs the credential has no access to, comma-separated"),
    Switch(
        "denied_answer",
        "documented",
        "answer for a denied object: as documented per endpoint (401 or 403), or always 401",
        ("documented", "401"),
    ),
    Switch(
        "fields",
        "default",
        "custom fields: 'default', 'none', or 'A:NUMBER,B:TEXT,C:SINGLE_SELECT(x|y)'; A>Z: A is called Z now",
        check=read_fields,
    ),
    Switch("locked_fields", "", "labels of fields that answer INACCESSIBLE_FIELD, comma-separated"),
    Switch("company", "FieldwrightTrial", "company identifier"),
    Switch("rate_limit", 10, "requests per second and endpoint; 0 is unlimited"),
    Switch("concurrency_limit", 8, "requests in flight per credential; 0 is unlimited"),
    Switch("list_concurrency_limit", 1, "requests in flight on GET /candidates; 0 is unlimited"),
    Switch(
        "throttled_body",
        "envelope",
        "body of a 429",
        ("envelope", "apply_error", "empty", "text"),
    ),
    Switch("end_of_cursor", "missing", "nextPageId on the last page", ("missing", "null")),
    Switch("updated_after", "inclusive", "whether updatedAfter includes its own instant", ("inclusive", "exclusive")),
    Switch(
        "updated_on_moves",
        "profile,tags,status,application",
        "what moves updatedOn: any of profile, tags, status, application, properties, attachments, notes",
    ),
    Switch("index_lag_s", 0.0, "seconds until GET /candidates shows a change"),
    Switch(
        "duplicate_post",
        "return",
        "POST of a person known by e-mail and last name: the known one, a 409, or a new profile",
        ("return", "error", "new"),
    ),
    Switch(
        "talent_pool_files",
        "move",
        "what becomes of a prospect's files when they apply: they move to the application, or stay with the person",
        ("move", "stay"),
    ),
    Switch(
        "resumes_are_parsed",
        True,
        "a new résumé of a prospect is read into their profile, so that candidate.updated fires",
    ),
    Switch(
        "batch", "atomic", "a properties batch with one bad item: nothing or the good ones", ("atomic", "partial")
    ),
    Switch("text_limit", 0, "most characters of a TEXT field; 0 is unlimited"),
    Switch("number_limit", 1_000_000_000_000, "largest absolute value of a NUMBER field"),
    Switch("attachment_limit", 100, "most files per application"),
    Switch("attachment_limit_bytes", 10_485_760, "largest file in bytes"),
    Switch("tag_length", 50, "most characters of a tag"),
    Switch("application_ids", True, "applicationId in applications and application_id in events"),
    Switch("http_callbacks", True, "accept http callback URLs when they are loopback"),
    Switch("event_version", "v201910", "the event-version header"),
    Switch("echo_events", True, "fire events for writes made through the API"),
    Switch("suspend_after", 0, "failed deliveries in a row that turn a subscription inactive; 0 is never"),
    Switch("delivery_timeout_s", 5.0, "seconds a receiver has to answer 202"),
    Switch("handshake_timeout_s", 20.0, "seconds a receiver has to answer the handshake"),
    Switch("retry_speed", 1.0, "how many times faster than real the retry ladder runs"),
)
