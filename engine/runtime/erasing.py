"""Erasing a person for somebody who asked: what the command line and the API call alike."""

from __future__ import annotations

from engine.manifest.overlay import overlay_files
from engine.pipeline.erasing import ErasedPerson, erase_person
from engine.pipeline.outgoing import NO_ROUTES, Outgoing
from engine.settings import Settings
from engine.store import Store


def known_tenants(store: Store, settings: Settings) -> list[str]:
    """The tenants whose files are there, and those of whom events are stored."""
    files = [file.stem for file in overlay_files(settings.tenants)] if settings.tenants.is_dir() else []
    return sorted({*files, *store.inbox.connections()})


def erase(store: Store, tenant: str, candidate_id: str, actor: str, outgoing: Outgoing = NO_ROUTES) -> ErasedPerson:
    """Removes the person everywhere; may be done again. ``actor`` is for the audit, such as ``cli:ann``.

    ``outgoing`` are the other systems that are told, where anything was known of the person.
    """
    erased = erase_person(store, tenant, candidate_id, actor, outgoing=outgoing)
    unattributed = store.erase_naming(tenant, candidate_id)
    store.scrub()
    counts = {**erased.counts, "inbox": erased.counts["inbox"] + unattributed}
    return ErasedPerson(counts, erased.left)


def take_again(store: Store, tenant: str, candidate_id: str, actor: str) -> bool:
    """Takes a person again who was erased; whether they were."""
    with store.transaction():
        lifted = store.erasures.lift(tenant, candidate_id)
        if lifted:
            store.audit.act(actor, "erase.lift", tenant)
    return lifted
