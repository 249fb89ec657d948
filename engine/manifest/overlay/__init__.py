"""A tenant's overlay: what it changes of a manifest, checked against what it may change.

``load_overlay`` reads and checks the file, ``Overlay.manifest`` is the effective manifest, ``Overlay.changes`` the
effect line by line (``fieldwright diff``). Values of secrets are never read here; ``connection`` does that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path as FilePath

from engine.errors import SpecError
from engine.manifest.build import digest, manifest_in
from engine.manifest.build.node import Node, Report
from engine.manifest.findings import Finding, did_you_mean
from engine.manifest.language.templates import Template
from engine.manifest.lint.expressions import follow_overlay
from engine.manifest.model import Manifest
from engine.manifest.overlay.changes import Application, Change
from engine.manifest.overlay.findings import STALE, OverlayReview
from engine.manifest.overlay.settings import as_written, check_settings
from engine.manifest.schema.files import data_folder, schema
from engine.manifest.schema.shape import check
from engine.manifest.types import scope
from engine.manifest.yaml.source import Source, read, read_text
from engine.model import Json

__all__ = ["Change", "Overlay", "Texts", "load_overlay", "overlay_files", "overlay_from"]

_MANIFESTS = frozenset(
    {
        *("apis", "operations", "objects", "capabilities", "write_back", "actions", "setup", "ats", "manifest"),
        *("auth", "base_url", "host", "hosts", "headers", "signature", "url_secret", "handshake", "registration"),
        *("timeout", "errors", "query", "types", "streams", "truth", "value", "skip"),
    }
)


@dataclass(frozen=True, slots=True)
class Texts:
    """What a manifest and a tenant's file said, and the names of the files. Secrets stand there as references."""

    manifest_file: str
    manifest: str
    tenant_file: str
    tenant: str


@dataclass(frozen=True, slots=True)
class Overlay:
    """A checked overlay on its manifest. ``given`` are the settings as written (references, not secrets).

    ``warnings`` tell of overrides without effect, shadowed and stale ones; only files of their own have them.
    """

    tenant: str
    file: str
    base: Manifest
    manifest: Manifest
    given: Mapping[str, Json]
    changes: tuple[Change, ...]
    only_jobs: frozenset[str]
    webhook: bool
    stage_to: str | None
    shortlist_url: Template | None
    warnings: tuple[Finding, ...] = ()
    texts: Texts | None = None

    @property
    def stale(self) -> tuple[Finding, ...]:
        """The overrides whose manifest changed under them since they were pinned."""
        return tuple(finding for finding in self.warnings if finding.code == STALE)


def load_overlay(path: FilePath, mappings: FilePath | None = None) -> Overlay:
    """The overlay at ``path`` on the manifest it extends, looked for in ``mappings``. Raises SpecError."""
    folder = mappings or data_folder("mappings")
    root, overlay = _overlay_in(read(path), lambda root: read(_manifest_file(root, folder)))
    review = OverlayReview(root, overlay.base, overlay.manifest, overlay.changes)
    return replace(overlay, warnings=review.findings(path))


def overlay_from(texts: Texts) -> Overlay:
    """The overlay whose files had these texts. Raises SpecError where they are not good any more."""
    manifest = read_text(texts.manifest, texts.manifest_file)
    return _overlay_in(read_text(texts.tenant, texts.tenant_file), lambda _: manifest)[1]


def _overlay_in(source: Source, extended: Callable[[Node], Source]) -> tuple[Node, Overlay]:
    """The document of a tenant's file and the overlay in it, on the manifest in what it extends."""
    data, findings = check(source, schema("tenant"))
    findings = [_forbidden(finding) for finding in findings]
    root = Node(source, (), data, Report(findings=findings, malformed=frozenset(one.line for one in findings)))
    if not isinstance(root.value("extends"), str):
        raise SpecError(findings)
    manifest = extended(root)
    base = manifest_in(manifest)
    declared = {name: {"type": one.type, "of": list(one.of)} for name, one in base.settings.items()}
    root.report.settings = {name: scope.setting_type(one) for name, one in declared.items()}
    root.report.secrets = frozenset(name for name, one in base.settings.items() if one.type == "secret")
    _check_id(root)
    overlay = _applied_if_well_formed(root, base)
    if overlay is None or findings:
        raise SpecError(sorted(set(findings)))
    names = FilePath(manifest.file).name, FilePath(source.file).name
    return root, replace(overlay, texts=Texts(names[0], manifest.text, names[1], source.text))


def _check_id(root: Node) -> None:
    tenant, path = root.value("tenant"), FilePath(root.source.file)
    if tenant is not None and not root["tenant"].is_malformed and path.stem != tenant:
        message = f"the tenant is `{tenant}`, but the file is `{path.name}`"
        root["tenant"].fail("id-not-file", message, "make them the same: commands find the tenant by its file")


def _applied_if_well_formed(root: Node, base: Manifest) -> Overlay | None:
    """The overlay; with mistakes of form in it None, and what can be told of the rest is told."""
    if not root.report.malformed:
        overlay = applied(root, base)
        follow_overlay(root)
        return overlay
    with suppress(LookupError, TypeError, AttributeError, ValueError):
        applied(root, base)
    return None


def applied(root: Node, base: Manifest) -> Overlay:
    """The overlay that stands at ``root``, on ``base``; what it may not do goes to the report of ``root``."""
    application = Application(root, base)
    write_back, apis, events = application.write_back(), application.apis(), application.events()
    given = as_written(root, base.settings)
    application.settings(given)
    check_settings(root, base.settings, given)
    stage, shortlist = root.get("stage_move"), root.get("shortlist")
    return Overlay(
        tenant=root.value("tenant"),
        file=root.source.file,
        base=base,
        manifest=replace(
            base, digest=digest(base.digest, root.data), apis=apis, events=events, write_back=write_back
        ),
        given=given,
        changes=tuple(sorted(set(application.changes), key=lambda change: (change.line, change.what))),
        only_jobs=frozenset(root.value("jobs", {}).get("only", ())),
        webhook=root.value("events", {}).get("webhook", "on") == "on",
        stage_to=stage.value("to") if stage else None,
        shortlist_url=shortlist.template("url", "text", scope.OBJECTS) if shortlist else None,
    )


def _forbidden(finding: Finding) -> Finding:
    """The finding of an unknown key, in other words where the key is one of the manifest's own."""
    key = finding.message.removeprefix("unknown key ").strip("`")
    if finding.code != "unknown-key" or key not in _MANIFESTS:
        return finding
    return replace(
        finding,
        code="not-overridable",
        message=f"a tenant may not change `{key}`",
        hint="a tenant changes names, texts, outputs, rung order, thresholds and intervals; "
        "hosts, sign-in, signatures and limits stay the manifest's",
    )


def other_manifest(name: str, known: Iterable[str]) -> str:
    """What to do where there is no manifest ``name``: the nearest of ``known``, else where others are."""
    near = did_you_mean(name, known)
    return near if near.startswith("did") else f"{near}; manifests of your own: --mappings DIR".removeprefix("; ")


def _manifest_file(root: Node, mappings: FilePath) -> FilePath:
    known = sorted(file.stem for file in mappings.glob("*.yaml") if not file.stem.endswith(".test"))
    name = root.value("extends")
    if name not in known:
        root["extends"].fail("unknown-manifest", f"there is no manifest `{name}`", other_manifest(name, known))
        raise SpecError(root.report.findings)
    return mappings / f"{name}.yaml"


def overlay_files(folder: FilePath) -> Iterator[FilePath]:
    """The overlay files of a folder of tenants, in order of name."""
    yield from sorted(folder.glob("*.yaml"))
