"""TLS through the checked connection: the name is asked for and the certificate must be the name's."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors import transport as transport_module
from connectors.messages import PreparedRequest
from connectors.transport import HttpTransport
from engine.errors import Transient
from tests.fake_server import FakeServer, Reply

REQUEST = PreparedRequest("get", "GET", "https://operator/x", {"X-Key": "not-a-real-key"}, timeout_s=5)


def certificate(folder: Path, name: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture
def names() -> list[str | None]:
    return []


@pytest.fixture
def server(tmp_path: Path, names: list[str | None], monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    file = certificate(tmp_path, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    context.sni_callback = lambda _, name, __: names.append(name)
    trusting = ssl.create_default_context(cafile=str(file))
    monkeypatch.setattr(transport_module, "_trust", lambda: trusting)
    with FakeServer(context) as server:
        yield server.on("GET", "/x", Reply(json={}))


def test_the_host_is_named_and_its_certificate_checked(server: FakeServer, names: list[str | None]) -> None:
    with HttpTransport.to_operator(server.origin.replace("127.0.0.1", "localhost")) as transport:
        assert transport.send(REQUEST).status == 200
        assert transport.send(REQUEST).status == 200
    assert names == ["localhost"]
    assert server.connections == 1


def test_a_certificate_of_another_name_ends_the_call_before_anything_is_sent(server: FakeServer) -> None:
    with (
        HttpTransport.to_operator(server.origin) as transport,
        pytest.raises(Transient, match="certificate") as caught,
    ):
        transport.send(REQUEST)
    assert caught.value.stage == "before"
    assert server.requests == []


def test_a_certificate_that_nobody_vouches_for_is_not_taken(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport_module, "_trust", ssl.create_default_context)
    with (
        HttpTransport.to_operator(server.origin.replace("127.0.0.1", "localhost")) as transport,
        pytest.raises(Transient, match="certificate"),
    ):
        transport.send(REQUEST)
    assert server.requests == []
