"""What could be lost or come twice: webhooks without a key, polls without an overlap, pages without an end."""

from __future__ import annotations

from engine.manifest.build.node import Node
from engine.manifest.durations import parse_duration
from engine.manifest.lint.expressions import Followings
from engine.manifest.lint.knowledge import Knowledge

_COUNTED = ("number", "offset")
_ENDS = ("more", "total", "pages", "size", "max_pages")


def check_delivery(knowledge: Knowledge, _: Followings) -> None:
    """Warns of events that could be missed or taken twice, and of lists that could be read for ever."""
    root = knowledge.root
    webhook, poll = (root["events"].get(key) for key in ("webhook", "poll"))
    if webhook is not None and "dedupe" not in webhook and not webhook.is_malformed:
        what = "an event that is delivered twice is only known by its whole content"
        webhook.warn("webhook-without-dedupe", what, "say in `dedupe` which of its ids is its own")
    for name, stream in poll.items("streams") if poll is not None else ():
        _check_stream(root, name, stream)
    for name, operation in root.items("operations"):
        if "paging" in operation:
            _check_paging(name, operation)


def _check_stream(root: Node, name: str, stream: Node) -> None:
    if "sync" in stream or not _knows_since(root, stream.value("operation")):
        return
    if _seconds(stream.value("overlap", "0s")) == 0:
        what = f"`{name}` asks from the very moment of the last record: what is written late is missed"
        stream.warn("poll-without-overlap", what, "add `overlap: 2m`: what comes twice is known by its version")


def _seconds(text: object) -> float:
    try:
        return parse_duration(str(text))
    except ValueError:
        return 1.0


def _knows_since(root: Node, operation: object) -> bool:
    return any(
        use.node.path[:2] == ("operations", operation) and chain[0] in ("since", "until")
        for use in root.report.uses
        for chain in use.compiled.references
    )


def _check_paging(name: str, operation: Node) -> None:
    paging = operation["paging"]
    if any(end in paging for end in _ENDS):
        return
    if any(kind in paging for kind in _COUNTED):
        paging.warn(
            "paging-without-end",
            f"`{name}` goes on counting until a page is empty or brings nothing new",
            "say how it ends: `more`, `total`, `pages` or `size`; or bound it with `max_pages`",
        )
    elif "key" not in operation and "cursor" not in paging:
        paging.warn(
            "paging-without-end",
            f"`{name}` has no `key`: a page that comes again is not known, and its addresses could go round",
            "add `key`, or bound it with `max_pages`",
        )
