"""Room is kept back while there is plenty, and given up for a commit that finds none."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Gone, Limited, StoreTrouble, Transient, Trouble, Unauthorized
from bot.metrics import Metrics
from bot.model.effect import TimerKind
from bot.store.ballast import Ballast
from bot.store.database import Database, Tx
from bot.store.schema import upgrade
from bot.store.sweeps import SweepStore
from bot.wiring.sweeps import Sweeps
from tests.store.shop import HOME, Shop, never, shop
from tests.support.clock import START


@pytest.mark.parametrize(
    ("size", "free", "held"), [(4096, 0.5, 4096), (4096, 0.09, None), (0, 0.5, None)]
)
def test_room_is_held_while_a_tenth_of_the_disk_is_free(
    size: int, free: float, held: int | None, tmp_path: Path
) -> None:
    ballast, file = Ballast(tmp_path, size, lambda _: free), tmp_path / "ballast"

    ballast.keep()

    assert (file.stat().st_size if file.exists() else None) == held
    assert ballast.low == (free < 0.1)
    ballast.drop()
    assert not file.exists()


def test_room_that_cannot_be_had_is_not_half_held(tmp_path: Path) -> None:
    Ballast(tmp_path, 1 << 60, lambda _: 0.5).keep()

    assert not (tmp_path / "ballast").exists()


def fill(tx: Tx) -> None:
    (pages,) = tx.execute("PRAGMA page_count").fetchone()
    tx.execute(f"PRAGMA max_page_count={pages}")
    tx.execute("CREATE TABLE much AS SELECT zeroblob(1000000) AS x")


async def test_a_full_disk_gets_the_room_back_and_the_store_goes_on(tmp_path: Path) -> None:
    path, ballast = tmp_path / "handoff.sqlite", Ballast(tmp_path, 4096, lambda _: 0.5)
    upgrade(path)
    ballast.keep()
    database = Database(path, never, full=ballast.drop)
    database.open()

    with pytest.raises(StoreTrouble):
        await database.tx(fill)

    assert not (tmp_path / "ballast").exists()
    assert await database.tx(lambda tx: tx.execute("SELECT 1").fetchone()) == (1,)
    database.close()


@pytest.mark.one_file
async def test_the_tables_are_surveyed_once_a_week(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        surveyed, seen = [], []
        for days in (0, 6, 2):
            here.clock.advance(days * 86_400)
            await here.deliver()
            await here.sweeps.survey()
            surveyed.append(await here.sweeps.meta("surveyed"))
            seen.append(here.rows("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'") != [])

        assert surveyed[0] == surveyed[1] != surveyed[2] == str(here.ms())
        assert seen == [False, False, True]


class NoGitHub:
    """Nobody answers."""

    @property
    def wire(self) -> None:
        raise Transient("no answer", sent=False)


def sweeping(here: Shop, free: float) -> Sweeps:
    """The sweeps of a store on a disk of which so much is free."""
    nothing: Any = NoGitHub()
    return Sweeps(
        github=nothing,
        store=here.sweeps,
        ballast=Ballast(here.folder, 4096, lambda _: free),
        policies=nothing,
        clock=here.clock,
        metrics=Metrics(),
        app_id=1,
        report_days=30,
        woken=never,
        tell=lambda _: never(),
    )


@pytest.mark.parametrize(("free", "armed"), [(0.05, 1), (0.5, 0)])
async def test_old_rows_go_at_once_while_the_disk_is_low(
    free: float, armed: int, tmp_path: Path
) -> None:
    async with shop(tmp_path) as here:
        sweeps = sweeping(here, free)
        with pytest.raises(Transient):
            await sweeps(TimerKind.REDELIVERY, "redelivery")
        due = "SELECT * FROM timer WHERE kind = 'retention' AND due_at <= ?"

        assert len(here.rows(due, here.ms())) == armed


async def test_the_room_is_taken_back_when_old_rows_have_gone(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        sweeps = sweeping(here, 0.5)
        await sweeps(TimerKind.RETENTION, "retention")

        assert (tmp_path / "ballast").exists()
        assert await here.sweeps.meta("surveyed") is not None


@pytest.mark.parametrize(("key", "again"), [("reconcile", [60_000]), (f"reconcile:i{HOME}", [])])
async def test_one_installation_is_compared_once_and_all_are_every_minute(
    key: str, again: list[int], tmp_path: Path
) -> None:
    async with shop(tmp_path) as here:
        await here.sweeps.arm(key, timedelta())
        fired = await here.claims.fire()
        await sweeping(here, 0.5)(TimerKind.RECONCILE, key)

        assert fired == [("reconcile", key)]
        assert [due - here.ms() for (due,) in here.rows("SELECT due_at FROM timer")] == again


@pytest.mark.parametrize(
    ("key", "trouble", "again"),
    [
        ("redelivery", Unauthorized("401"), [60_000]),
        ("redelivery", StoreTrouble("away"), [1_000]),
        ("find:7", Transient("502"), [60_000]),
        ("find:7", Limited("slow", until=START, resource="core"), [60_000]),
        # Asked for once, by an event.
        ("find:7", Gone("404"), []),
    ],
)
async def test_a_sweep_that_is_refused_comes_back_unless_an_event_asked_for_it(
    key: str, trouble: Trouble, again: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(*_: object) -> None:
        raise trouble

    monkeypatch.setattr(Sweeps, "_do", refused)
    async with shop(tmp_path) as here:
        await here.sweeps.arm(key, timedelta())
        await here.claims.fire()
        with pytest.raises(type(trouble)):
            await sweeping(here, 0.5)(TimerKind(key.partition(":")[0]), key)

        assert [due - here.ms() for (due,) in here.rows("SELECT due_at FROM timer")] == again


async def test_a_repository_in_trouble_keeps_no_other_from_being_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared, later = list[int](), list[int]()
    met = {1: Transient("502"), 2: Gone("404")}

    async def compare(_: Sweeps, repo_id: int) -> None:
        compared.append(repo_id)
        if repo_id in met:
            raise met[repo_id]

    async def put_off(_: SweepStore, repo_id: int) -> None:
        later.append(repo_id)

    monkeypatch.setattr(Sweeps, "_compare", compare)
    monkeypatch.setattr(SweepStore, "later", put_off)
    async with shop(tmp_path) as here:
        with pytest.raises(Transient):
            await sweeping(here, 0.5)._compare_all([1, 2, 3])

    assert (compared, later) == ([1, 2, 3], [2])


class AwayForLong(SweepStore):
    """Cannot be reached from the beginning of a sweep until it was asked three times."""

    tries = 0
    fatal = False

    async def accept_since(self) -> datetime:
        raise StoreTrouble("the server is away")

    async def ended(self, key: str, began: int, again: timedelta | None) -> None:
        self.tries += 1
        if self.tries < 3:
            raise StoreTrouble("the server is away", fatal=self.fatal)
        await super().ended(key, began, again)


async def test_a_sweep_that_the_store_cut_short_comes_back_with_the_store(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        here.sweeps = AwayForLong(here.database, here.clock)
        await here.sweeps.arm("redelivery", timedelta())
        sweep = asyncio.ensure_future(sweeping(here, 0.5)(TimerKind.REDELIVERY, "redelivery"))
        while not sweep.done():
            await asyncio.sleep(0)
            here.clock.advance(1)
        due = here.rows("SELECT due_at FROM timer WHERE key = 'redelivery'")

        assert due[0][0] <= here.ms(1)
    assert isinstance(sweep.exception(), StoreTrouble)


async def test_a_sweep_waits_for_no_store_that_is_broken_for_good(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        here.sweeps = broken = AwayForLong(here.database, here.clock)
        broken.fatal = True
        await here.sweeps.arm("redelivery", timedelta())

        with pytest.raises(StoreTrouble):
            await sweeping(here, 0.5)(TimerKind.REDELIVERY, "redelivery")

    assert broken.tries == 1
