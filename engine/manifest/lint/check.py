"""A manifest's source in; the manifest and all that is wrong or could go wrong with it, out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from engine.manifest.build import opened
from engine.manifest.build.node import Node
from engine.manifest.findings import Finding
from engine.manifest.lint.delivery import check_delivery
from engine.manifest.lint.expressions import Followings, follow_all
from engine.manifest.lint.knowledge import Knowledge
from engine.manifest.lint.notes import check_notes
from engine.manifest.lint.placed import check_placed
from engine.manifest.lint.protected import check_protected
from engine.manifest.lint.rungs import check_rungs
from engine.manifest.lint.samples import Samples, check_samples, samples_of
from engine.manifest.lint.secrets import check_secrets_flow
from engine.manifest.lint.targets import check_targets
from engine.manifest.lint.unmapped import check_unmapped
from engine.manifest.lint.unused import check_unused
from engine.manifest.model import Manifest
from engine.manifest.types import Type
from engine.manifest.types.readings import AnswerOf, CallPath
from engine.manifest.yaml.source import Source

Check = Callable[[Knowledge, Followings], None]

_CHECKS: tuple[Check, ...] = (
    check_targets,
    check_placed,
    check_protected,
    check_secrets_flow,
    check_rungs,
    check_notes,
    check_delivery,
    check_unmapped,
    check_unused,
)

_OF_WRONG_FORM = (LookupError, TypeError, AttributeError, ValueError, AssertionError)


@dataclass(frozen=True, slots=True)
class Linted:
    """What came of it. ``manifest`` is None where the form is wrong; ``root`` is the document.

    ``sampled`` are the operations of which a sample shows a good answer.
    """

    manifest: Manifest | None
    root: Node
    findings: tuple[Finding, ...]
    sampled: frozenset[str]


def lint(source: Source, documented: AnswerOf | None = None) -> Linted:
    """The manifest in ``source`` and all findings, in the order of the file.

    ``documented`` gives the types of answers by the vendor's own description. Where the form is wrong, what is well
    formed is looked into all the same.
    """
    manifest, found = opened(source)
    root = _apart(found)
    passing = () if manifest is not None else _OF_WRONG_FORM
    samples = Samples()
    with suppress(*passing):
        samples = samples_of(root)
        knowledge = Knowledge(root, samples, documented or _undocumented)
        followings = follow_all(knowledge)
        for check in _CHECKS:
            with suppress(*passing):
                check(knowledge, followings)
    if documented is None:
        check_samples(root)
    return Linted(manifest, root, tuple(sorted(set(root.report.findings))), frozenset(samples.answers))


def _undocumented(_: CallPath) -> Type | None:
    return None


def _apart(root: Node) -> Node:
    """The document with findings of its own: what is opened belongs to all who read the file."""
    report = replace(root.report, findings=list(root.report.findings))
    report.uses = [replace(use, node=replace(use.node, report=report)) for use in root.report.uses]
    return replace(root, report=report)
