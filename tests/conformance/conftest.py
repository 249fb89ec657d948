"""The fixture of the conformance cases: a small manifest, called against a fake server over loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conformance.acme import Acme
from tests.fake_server import FakeServer


@pytest.fixture
def acme() -> Iterator[Acme]:
    with FakeServer() as server:
        made = Acme(server)
        yield made
        made.close()
