"""A push to a base branch wakes what would be merged into it, where verdicts rest on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.model.arrival import Arrival, HeadSeen, RepoSeen, Stored
from bot.model.relevance import Relevance
from bot.model.wake import Subject
from bot.readers.events import arrive
from bot.store.database import Database
from bot.store.inbox import Inbox
from bot.store.schema import upgrade
from tests.support.clock import FakeClock

CLOCK = FakeClock()
ON_BASE = Relevance(matters=frozenset({"base"}))


@pytest.fixture
async def inbox(tmp_path: Path) -> AsyncIterator[Inbox]:
    path = tmp_path / "handoff.sqlite"
    upgrade(path)
    database = Database(path)
    database.open()
    yield Inbox(database, CLOCK)
    database.close()


async def opened(inbox: Inbox, number: int, base: str, *, still: bool = True) -> None:
    head = HeadSeen(
        number=number,
        sha=str(number) * 40,
        base_ref=base,
        base_sha="0" * 40,
        fork=False,
        open=still,
        updated_at=CLOCK.now() + timedelta(seconds=number),
    )
    await inbox.receive(
        Arrival(
            guid=f"pull {number}",
            event="pull_request",
            action="opened",
            received_at=CLOCK.now(),
            installation_id=5,
            repo=RepoSeen(id=7, full_name="acme/shop", default_branch="main"),
            number=number,
            head=head,
        )
    )


async def pushed(inbox: Inbox, branch: str) -> tuple[Stored, set[Subject]]:
    payload: dict[str, Any] = {
        "ref": f"refs/heads/{branch}",
        "repository": {"id": 7, "full_name": "acme/shop", "default_branch": "main"},
        "installation": {"id": 5},
    }
    arrival = arrive("push", payload, guid=branch, received_at=CLOCK.now(), app_id=1)
    outcome, subjects = await inbox.receive(arrival)
    return outcome, set(subjects)


async def test_open_pull_requests_into_the_branch_are_woken(inbox: Inbox) -> None:
    inbox.learn(7, ON_BASE)
    await opened(inbox, 1, "main")
    await opened(inbox, 2, "release")
    await opened(inbox, 3, "main", still=False)

    assert await pushed(inbox, "main") == (Stored.WOKE, {Subject(7, 1)})
    assert await pushed(inbox, "release") == (Stored.WOKE, {Subject(7, 2)})


@pytest.mark.parametrize("relevance", [Relevance(), Relevance(policy=False), None])
async def test_nobody_is_woken_where_no_verdict_rests_on_the_base(
    inbox: Inbox, relevance: Relevance | None
) -> None:
    if relevance is not None:
        inbox.learn(7, relevance)
    await opened(inbox, 1, "main")

    assert await pushed(inbox, "main") == (Stored.CONTROL, set())
