"""The demo's stage: a pretend ATS per tenant and the engine, all on loopback, with a state folder of their own.

In: ``DemoTenant`` objects and a folder. Out: a running ``Stage``; leaving its ``with`` block stops everything.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import FieldwrightError, InputError
from engine.manifest.connection import Connection
from engine.runtime.opening import open_store
from engine.runtime.service import Service, open_scorer
from engine.runtime.tenants import load_connections
from engine.settings import Settings
from engine.store.store import Store
from sandbox import people
from sandbox.demo_tenants import DemoTenant, configure_webhook
from sandbox.serving import start

_WORKERS = 6
_SUBSCRIBED_WITHIN_S = 30.0
_LOOK_S = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One tenant on stage: where its pretend ATS is served, and its jobs' provider ids by key."""

    tenant: DemoTenant
    url: str
    jobs: Mapping[str, str]

    def page_of(self, candidate_id: str) -> str:
        """The address of a candidate's page, as a recruiter opens it."""
        return f"{self.url}/candidates-page/{candidate_id}"


@dataclass(frozen=True, slots=True)
class Stage:
    """What runs: the engine at ``url`` on ``store``, and a scene per tenant. ``log`` takes what would be noise."""

    url: str
    store: Store
    scenes: tuple[Scene, ...]
    settings: Settings
    log: Path
    connections: Mapping[str, Connection] = field(repr=False)


@contextmanager
def running_stage(tenants: Sequence[DemoTenant], folder: Path, port: int = 0) -> Iterator[Stage]:
    """Starts all parts, webhooks set up; stops all of them at the end. Raises InputError, FieldwrightError."""
    settings = Settings(state=folder / "state", tenants=folder / "tenants")
    with ExitStack() as stack:
        log = stack.enter_context(_quiet(folder / "demo.log"))
        environment = _write_tenants(tenants, settings.tenants)
        connections = load_connections(settings.tenants, None, environment)
        scenes = tuple(stack.enter_context(_scene(tenant)) for tenant in tenants)
        settings.prepare_state()
        store = stack.enter_context(open_store(settings))
        origins = {scene.tenant.name: scene.url for scene in scenes}
        service = Service(
            connections, store, scorer=stack.enter_context(open_scorer()), sandboxes=origins, workers=_WORKERS
        )
        url = stack.enter_context(_served(service, port))
        _open_doors(scenes, url)
        yield Stage(url, store, scenes, settings, log, connections)


def _write_tenants(tenants: Sequence[DemoTenant], folder: Path) -> dict[str, str]:
    """Puts the tenants' files into ``folder``; the variables that they refer to."""
    folder.mkdir(parents=True, exist_ok=True)
    environment: dict[str, str] = {}
    for tenant in tenants:
        (folder / f"{tenant.name}.yaml").write_text(tenant.file, "utf-8")
        environment.update(tenant.environment)
    return environment


@contextmanager
def _scene(tenant: DemoTenant) -> Iterator[Scene]:
    running = start(tenant.ats.app)
    try:
        yield Scene(tenant, running.url, {job.key: tenant.ats.add_job(job) for job in people.jobs()})
    finally:
        tenant.ats.close()
        running.stop()


@contextmanager
def _served(service: Service, port: int) -> Iterator[str]:
    url = service.start(port=port)
    try:
        yield url
    finally:
        service.stop()


def _open_doors(scenes: Sequence[Scene], url: str) -> None:
    """Returns when each ATS sends its events to us: entered by hand, or subscribed to by the engine."""
    for scene in scenes:
        tenant = scene.tenant
        if tenant.door_secret is not None:
            configure_webhook(scene.url, f"{url}/hooks/{tenant.name}/{tenant.door_secret}")
        elif not _until(lambda tenant=tenant: _is_subscribed(tenant), _SUBSCRIBED_WITHIN_S):  # type: ignore[misc]
            raise FieldwrightError(
                f"The webhook subscription of {tenant.name} did not become active in {_SUBSCRIBED_WITHIN_S:.0f} s.",
                hint="The log in the demo's folder says why.",
            )


def _is_subscribed(tenant: DemoTenant) -> bool:
    return any(subscription["active"] for subscription in tenant.ats.state()["subscriptions"])


def _until(condition: Callable[[], bool], within_s: float) -> bool:
    """Whether ``condition`` came true in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(_LOOK_S)
    return True


@contextmanager
def _quiet(log: Path) -> Iterator[Path]:
    """Sends what is logged, and what threads die of, to the file ``log`` instead of the terminal."""
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(log, encoding="utf-8", delay=True)
    except OSError as error:
        raise InputError(f"The folder {log.parent} cannot be made: {error.strerror}.") from None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.setLevel(logging.WARNING)
    root, before = logging.getLogger(), threading.excepthook
    root.addHandler(handler)
    threading.excepthook = _log_thread
    try:
        yield log
    finally:
        threading.excepthook = before
        root.removeHandler(handler)
        handler.close()


def _log_thread(dead: threading.ExceptHookArgs) -> None:
    name = dead.thread.name if dead.thread else "a thread"
    logging.getLogger(__name__).error("%s ended: %s", name, dead.exc_type.__name__)
