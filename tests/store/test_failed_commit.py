"""What a commit that failed took back is introduced again by the next delivery."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import StoreTrouble
from bot.model.arrival import Arrival, RepoSeen, Stored
from bot.readers.events import arrive
from bot.store.database import Database, Tx
from bot.store.inbox import Inbox
from bot.store.schema import upgrade
from tests.support.clock import FakeClock


def break_commit(tx: Tx) -> None:
    tx.execute("PRAGMA defer_foreign_keys = ON")
    columns = "(id, installation_id, full_name, reconcile_at)"
    tx.execute(f"INSERT INTO repository {columns} VALUES (9, 99, 'nobody/knows', 0)")


async def test_a_repository_is_introduced_again_after_its_first_commit_failed(
    tmp_path: Path,
) -> None:
    path, clock = tmp_path / "handoff.sqlite", FakeClock()
    upgrade(path)
    database = Database(path)
    database.open()
    inbox, gate = Inbox(database, clock), threading.Event()
    first = Arrival(
        guid="g1",
        event="pull_request",
        action="opened",
        received_at=clock.now(),
        installation_id=5,
        repo=RepoSeen(id=7, full_name="acme/shop", default_branch="main"),
        number=1,
    )
    waiting = [
        asyncio.ensure_future(database.tx(lambda _: gate.wait(10))),
        asyncio.ensure_future(inbox.receive(first)),
        asyncio.ensure_future(database.tx(break_commit)),
    ]
    await asyncio.sleep(0)
    gate.set()
    _, received, broken = await asyncio.gather(*waiting, return_exceptions=True)

    again = await inbox.receive(replace(first, guid="g2"))

    assert (type(received), type(broken)) == (StoreTrouble, StoreTrouble)
    assert again[0] is Stored.WOKE
    database.close()


@pytest.mark.parametrize("event", ["installation", "installation_repositories"])
async def test_repositories_of_an_installation_that_is_not_named_are_left_alone(
    tmp_path: Path, event: str
) -> None:
    path, clock = tmp_path / "handoff.sqlite", FakeClock()
    upgrade(path)
    database = Database(path)
    database.open()
    repo = {"id": 7, "full_name": "acme/shop"}
    payload = {"action": "created", "repositories": [repo], "repositories_added": [repo]}
    arrival = arrive(event, payload, guid="g1", received_at=clock.now(), app_id=1)

    stored = await Inbox(database, clock).receive(arrival)

    assert stored == (Stored.CONTROL, ())
    assert await database.read(lambda tx: tx.execute("SELECT id FROM repository").fetchall()) == []
    database.close()
