"""What a commit that failed took back is introduced again by the next delivery."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import StoreTrouble
from bot.failpoint import disable, enable
from bot.model.arrival import Arrival, RepoSeen, Stored
from bot.readers.events import arrive
from bot.store.database import Database
from bot.store.inbox import Inbox
from bot.store.schema import upgrade
from tests.support.clock import FakeClock


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    disable()


async def test_a_repository_is_introduced_again_after_its_first_commit_failed(
    tmp_path: Path,
) -> None:
    path, clock = tmp_path / "handoff.sqlite", FakeClock()
    upgrade(path)
    database = Database(path)
    database.open()
    inbox = Inbox(database, clock)
    first = Arrival(
        guid="g1",
        event="pull_request",
        action="opened",
        received_at=clock.now(),
        installation_id=5,
        repo=RepoSeen(id=7, full_name="acme/shop", default_branch="main"),
        number=1,
    )
    enable("before-commit:raise:1")
    with pytest.raises(StoreTrouble):
        await inbox.receive(first)

    again = await inbox.receive(replace(first, guid="g2"))

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
