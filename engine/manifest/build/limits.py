"""What the ATS allows: checked nodes → typed limits."""

from __future__ import annotations

from engine.manifest.build.node import Node
from engine.manifest.model import Limits, Quota, RetryHint


def limits(node: Node | None) -> Limits:
    if node is None:
        return Limits()
    _check(node)
    backoff, quota, reset = node.get("backoff"), node.get("quota"), node.get("reset")
    return Limits(
        rate=node.rate("rate"),
        model=node.value("model", "window"),
        burst=node.value("burst"),
        per=node.value("per", "connection"),
        concurrency=node.value("concurrency"),
        quota=Quota(quota.value("credits"), quota.seconds("per") or 1.0) if quota else None,
        remaining=node.value("remaining"),
        reset=_hint(reset) if reset else None,
        retry_after=tuple(_hint(hint) for hint in node.elements("retry_after")),
        wait_s=node.seconds("wait"),
        backoff_first_s=(backoff and backoff.seconds("first")) or 1.0,
        backoff_longest_s=(backoff and backoff.seconds("longest")) or 128.0,
        key=node.template("key", "text", {}),
    )


def _hint(node: Node) -> RetryHint:
    return RetryHint(node.value("header"), node.value("unit"))


def _check(node: Node) -> None:
    """Keys that say nothing without another one."""
    if node.value("model") == "bucket" and "rate" not in node:
        node["model"].fail("missing-key", "a bucket fills up at the `rate`: say it")
    if "burst" in node and node.value("model") != "bucket":
        node["burst"].fail("burst-unused", "only a bucket has a burst", "add `model: bucket`", at_key=True)
    if "reset" in node and "remaining" not in node:
        node["reset"].fail(
            "missing-key", "`reset` counts when `remaining` says that no call is left: name that header", at_key=True
        )
