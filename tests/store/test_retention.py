"""Each kind of row goes when its time is over, and what is needed stays."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.model.arrival import Control
from bot.model.claim import Done
from bot.model.effect import SetCheck
from bot.model.keeping import Receipt
from bot.store.moment import to_ms
from bot.store.port import Tx
from bot.store.retention import Old, old, prune
from tests.store.shop import Shop, control, head, judged, said, shop
from tests.store.test_outbox import check, comment, report

DAY = 86_400.0


async def pruned(here: Shop, days: float, removed_days: int = 30) -> None:
    here.clock.advance(days * DAY)
    while await here.sweeps.retain(30, removed_days):
        pass


async def live(here: Shop, *effects: SetCheck, opened: bool = True) -> None:
    """A pull request that was judged, published and settled."""
    await here.deliver(head=head(here, "a"))
    claim = await here.one()
    await here.ledger.commit(claim, judged(*effects, comment(), report=report(1), matter=b"{}"))
    for row in await here.ledger.outbox(claim):
        await here.ledger.sending(claim, row)
        await here.ledger.sent(claim, row, Receipt(remote_id=1))
    await here.claims.finish(claim, Done())
    if not opened:
        here.clock.advance(5)
        await here.deliver(head=head(here, "a", opened=False))
        await here.run()


def count(here: Shop, table: str, where: str = "1 = 1") -> int:
    return int(here.rows(f"SELECT count(*) FROM {table} WHERE {where}")[0][0])


@pytest.mark.parametrize(("days", "left"), [(7.9, 1), (8.1, 0)])
async def test_a_delivery_is_known_longer_than_any_log_of_them(
    days: float, left: int, tmp_path: Path
) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        await here.run()
        await pruned(here, days)

        assert count(here, "delivery") == left


@pytest.mark.parametrize(("days", "left"), [(29, 1), (31, 0)])
async def test_a_command_that_nobody_heard_is_kept_a_month(
    days: float, left: int, tmp_path: Path
) -> None:
    async with shop(tmp_path) as here:
        await here.deliver(**said(here, "/handoff why"))
        await pruned(here, days)

        assert count(here, "delivery", "hear = 1 AND facts IS NOT NULL") == left


async def test_what_was_heard_keeps_no_text(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver(**said(here, "/handoff why"))
        claim = await here.one()
        await here.ledger.commit(claim, judged(heard=("comment:9",)))

        assert here.rows("SELECT hear, facts FROM delivery") == [(2, None)]


@pytest.mark.parametrize(
    ("days", "left"), [(29, [True, True]), (31, [False]), (399, [False]), (401, [])]
)
async def test_of_a_pull_request_the_last_verdict_stays_without_what_it_was_made_from(
    days: float, left: list[bool], tmp_path: Path
) -> None:
    async with shop(tmp_path) as here:
        await live(here)
        here.clock.advance(5)
        await here.write("UPDATE report SET verdict_digest = 'other', judged_at = judged_at - 1")
        await live(here)
        await here.write(
            "UPDATE report SET judged_at = ?, confirmed_at = ? WHERE verdict_digest != 'other'",
            here.ms(),
            here.ms(),
        )
        await here.write(
            "UPDATE report SET judged_at = ? - 1 WHERE judged_at != ?", *[here.ms()] * 2
        )
        await pruned(here, days)

        assert [one is not None for (one,) in here.rows("SELECT matter FROM report")] == left


async def test_a_verdict_that_is_still_confirmed_is_kept_whole(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await live(here)
        await here.write("UPDATE report SET confirmed_at = ?", here.ms(25 * DAY))
        await pruned(here, 40)

        assert count(here, "report", "matter IS NOT NULL") == 1


@pytest.mark.parametrize(
    ("opened", "days", "left"), [(True, 200, 2), (False, 89, 2), (False, 91, 0)]
)
async def test_what_was_published_is_known_while_the_pull_request_is_open(
    opened: bool, days: float, left: int, tmp_path: Path
) -> None:
    async with shop(tmp_path) as here:
        await live(here, check("1 of 2"), opened=opened)
        await pruned(here, days)

        assert count(here, "published") == left


@pytest.mark.parametrize(
    ("opened", "days", "left"), [(True, 200, 1), (False, 6.9, 1), (False, 7.1, 0)]
)
async def test_a_subject_is_forgotten_a_week_after_it_closed_and_settled(
    opened: bool, days: float, left: int, tmp_path: Path
) -> None:
    async with shop(tmp_path) as here:
        await live(here, opened=opened)
        await pruned(here, days)

        assert count(here, "dirty") == left


@pytest.mark.parametrize(
    "unsettled",
    [
        "UPDATE dirty SET seq = seq + 1",
        "UPDATE dirty SET due_at = 9",
        "UPDATE dirty SET run_owner = 'me'",
        "UPDATE dirty SET parked = 'failed'",
        "INSERT INTO timer VALUES ('grace:7#1', 9, 'grace', '7#1', 9)",
    ],
)
async def test_an_unsettled_subject_is_never_forgotten(unsettled: str, tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await live(here, opened=False)
        await here.write(unsettled)
        await pruned(here, 100)

        assert count(here, "dirty") == 1


@pytest.mark.parametrize(("days", "left"), [(29, 3), (31, 1)])
async def test_heads_that_are_no_more_are_forgotten_after_a_month(
    days: float, left: int, tmp_path: Path
) -> None:
    async with shop(tmp_path) as here:
        await here.deliver(1, head=head(here, "a"))
        await here.deliver(1, head=head(here, "b", at=1))
        await here.deliver(2, head=head(here, "c", 2, opened=False))
        await pruned(here, days)

        assert count(here, "head_index") == left


@pytest.mark.parametrize(
    ("state", "days", "left"), [("dead", 29, 1), ("dead", 31, 0), ("pending", 99, 1)]
)
async def test_effects_that_ended_are_shown_for_a_month_others_wait(
    state: str, days: float, left: int, tmp_path: Path
) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        await here.ledger.commit(await here.one(), judged(check("1 of 2")))
        await here.write("UPDATE outbox SET state = ?", state)
        await pruned(here, days)

        assert count(here, "outbox") == left


@pytest.mark.parametrize(("keep", "days", "left"), [(30, 29, 1), (30, 31, 0), (0, 0, 0)])
async def test_an_installation_that_left_is_forgotten_with_all_its_rows(
    keep: int, days: float, left: int, tmp_path: Path
) -> None:
    async with shop(tmp_path) as here:
        await live(here, check("1 of 2"))
        await here.deliver(**said(here, "/handoff why"))
        other = {"repo": None, "installation_id": 6, "account": "other"}
        await here.deliver(**control(Control.INSTALL, **other))
        await here.deliver(**control(Control.UNINSTALL))
        await pruned(here, days, keep)

        tables = ("installation", "repository", "dirty", "head_index", "published", "report")
        assert [count(here, one) for one in tables[1:]] == [left, left, left, 2 * left, left]
        assert here.rows("SELECT id FROM installation ORDER BY id") == [(5,)] * left + [(6,)]
        assert count(here, "delivery", "hear = 1") == left


async def test_nobody_waits_while_what_is_old_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = threading.Event()

    def slow(tx: Tx, *more: Any) -> Old:
        assert heard.wait(20)
        return old(tx, *more)

    monkeypatch.setattr("bot.store.sweeps.old", slow)
    async with shop(tmp_path) as here:
        retaining = asyncio.ensure_future(here.sweeps.retain(30, 30))
        await here.deliver()
        heard.set()

        assert await retaining == 0
        assert count(here, "delivery") == 1


@pytest.mark.parametrize(
    ("table", "meanwhile"),
    [
        ("dirty", "UPDATE dirty SET seq = seq + 1"),
        ("published", "UPDATE head_index SET open = 1"),
        ("head_index", "UPDATE head_index SET open = 1"),
    ],
)
async def test_what_is_needed_again_since_it_was_found_stays(
    table: str, meanwhile: str, tmp_path: Path
) -> None:
    async with shop(tmp_path) as here:
        await live(here, check("1 of 2"), opened=False)
        here.clock.advance(100 * DAY)
        now = here.clock.now()
        found = await here.database.search(lambda tx: old(tx, now, 30, 30))
        before = count(here, table)
        await here.write(meanwhile)
        await here.database.tx(lambda tx: prune(tx, found))

        assert count(here, table) == before > 0


async def test_who_was_asked_again_lately_stays_known(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        at = [to_ms(here.clock.now() - timedelta(days=days)) for days in (31, 29)]
        for one in at:
            row = f"INSERT INTO asked (login, at, cause) VALUES ('li', {one}, '7#1:again')"
            await here.write(row)
        await pruned(here, 0)

        assert here.rows("SELECT at FROM asked") == [(at[1],)]


async def test_a_batch_is_small_and_the_next_one_follows(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        await here.write(
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1200) "
            "INSERT INTO delivery (guid, received_at, event, lane, outcome) "
            "SELECT 'x' || x, 1, 'push', 2, 'own' FROM n"
        )

        assert [await here.sweeps.retain(30, 30) for _ in range(4)] == [500, 500, 200, 0]


@pytest.mark.one_file
async def test_room_is_given_back_to_the_disk(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.write("CREATE TABLE big AS SELECT zeroblob(1000000) AS x")
        await here.write("DROP TABLE big")
        before = here.rows("PRAGMA freelist_count")[0][0]
        await here.sweeps.retain(30, 30)

        assert before > 200
        assert before - here.rows("PRAGMA freelist_count")[0][0] == 200
