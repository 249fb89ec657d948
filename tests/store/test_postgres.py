"""Opening a PostgreSQL database: what is wrong with an address is told in one line, and the password never."""

from __future__ import annotations

import threading

import pytest

from engine.errors import InputError
from engine.store import Store
from tests import servers
from tests.store.making import raw


@pytest.fixture(scope="module")
def url() -> str:
    return servers.postgres_url(bare=True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda url: servers.as_user(url, servers.GUARDED[0], "canary-pw"), "the password is wrong or missing"),
        (lambda url: servers.as_user(url, "nobody_here", "canary-pw"), "there is no such user"),
        (lambda url: url.replace("/test_", "/absent_"), "there is no such database"),
        (lambda url: "postgresql://me:canary-pw@127.0.0.1:9/db", "no server answers there"),
        (lambda url: "postgresql://me:canary-pw@no-such-host.invalid/db", "there is no such host"),
        (lambda url: "postgres://me:canary-pw@127.0.0.1:9", "names no database"),
        (lambda url: "postgresql://me:canary-pw@127.0.0.1:canary-pw/db", "cannot be read"),
        (lambda url: "postgresql://me@127.0.0.1:9/db?password=canary-pw", "no server answers there"),
        (lambda url: "postgresql://me@127.0.0.1:9/db?nonsense=canary-pw", "an option of its address is unknown"),
    ],
)
def test_an_address_that_cannot_be_used_is_told_in_a_line_without_the_password(url: str, change, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        Store.open(change(url))
    told = f"{caught.value.message} {caught.value.hint}"
    assert caught.value.hint
    assert "canary-pw" not in told
    assert "\n" not in told


def test_the_right_password_opens_it() -> None:
    url = servers.postgres_url(bare=True)
    with Store.open(url) as store:
        store._database.engine.dispose()
        with store._database.write() as connection:
            connection.exec_driver_sql(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {servers.GUARDED[0]}")
    with Store.open(servers.as_user(url, *servers.GUARDED)) as store:
        assert store.inbox.accept([raw("k")])[0].new


def test_a_database_of_something_else_is_left_alone() -> None:
    url = servers.postgres_url()
    with Store.open(url) as store, store._database.write() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
    with pytest.raises(InputError, match="something else"):
        Store.open(url)


def test_commits_are_synchronous_and_bytes_come_back_as_they_were() -> None:
    body = bytes(range(256))
    with Store.open(servers.postgres_url()) as store:
        id_ = store.inbox.accept([raw("k", body=body)])[0].id
        assert store.inbox.get(id_).body == body
        with store._database.write() as connection:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"


def test_many_openers_of_an_empty_database_agree() -> None:
    url = servers.postgres_url(bare=True)
    stores: list[Store] = []
    openers = [threading.Thread(target=lambda: stores.append(Store.open(url))) for _ in range(4)]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join()
    assert len(stores) == 4
    for store in stores:
        store.close()


def test_connections_that_the_server_cut_are_made_anew() -> None:
    with Store.open(servers.postgres_url()) as store, Store.open(servers.postgres_url(bare=True)) as other:
        store.inbox.accept([raw("before")])
        with other._database.write() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid != pg_backend_pid()"
                " AND application_name = 'fieldwright'"
            )
        assert store.inbox.accept([raw("after")])[0].new


def test_two_threads_write_at_the_same_time() -> None:
    meeting = threading.Barrier(2, timeout=10)
    with Store.open(servers.postgres_url()) as store:

        def accept(key: str) -> None:
            with store.transaction():
                store.inbox.accept([raw(key)])
                meeting.wait()

        threads = [threading.Thread(target=accept, args=(key,)) for key in ("a", "b")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {event.key for event in store.inbox.list()} == {"a", "b"}
