"""A store on a clock that stands still, with one repository, and deliveries about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from bot.model.arrival import Arrival, Control, HeadSeen, RepoSeen, Said
from bot.model.claim import Claim, Done, Outcome, Room
from bot.model.effect import Effect, Timer
from bot.model.keeping import Judged, PlannedEffect
from bot.model.relevance import Relevance
from bot.model.wake import Lane, Subject
from bot.store.claims import Claims
from bot.store.database import Database
from bot.store.inbox import Inbox
from bot.store.ledger import StoreLedger
from bot.store.postgres import PostgresDatabase, PostgresTx, connect
from bot.store.schema import upgrade
from bot.store.sweeps import SweepStore
from tests.support.clock import FakeClock

HOME, REPO = 5, 7
# The address of an empty database, where the test is about Postgres.
POSTGRES: list[str] = []
ROOM = Room(36, 40, Counter())
# After each of these nothing may be said about any pull request.
SILENCED = (
    "UPDATE installation SET suspended_at = 1",
    "UPDATE installation SET removed_at = 1",
    "UPDATE repository SET removed_at = 1",
    "UPDATE repository SET archived = 1",
)


def never() -> None:
    raise AssertionError("the store asks for the end of its process")


@dataclass
class Shop:
    """The store's parts, opened on one file."""

    folder: Path
    clock: FakeClock = field(default_factory=FakeClock)
    guids: Any = field(default_factory=lambda: count(1))

    def open(self) -> None:
        """Open what a process opens."""
        self.database = self._opened()
        self.inbox = Inbox(self.database, self.clock)
        self.claims = Claims(self.database, self.clock, "me")
        self.ledger = StoreLedger(self.database, self.inbox, self.clock, self.entropy)
        self.sweeps = SweepStore(self.database, self.clock)

    def _opened(self) -> Database | PostgresDatabase:
        if POSTGRES:
            shared = PostgresDatabase(POSTGRES[0])
            shared.open()
            return shared
        upgrade(self.folder / "handoff.sqlite")
        database = Database(self.folder / "handoff.sqlite", never)
        database.open()
        return database

    def entropy(self, size: int) -> bytes:
        """Another number each time."""
        return int(next(self.guids)).to_bytes(size, "big")

    def reopen(self) -> None:
        """As after a death: what was only in memory is gone."""
        self.database.close()
        self.open()

    async def deliver(self, number: int = 1, **about: Any) -> None:
        """A pull request event; `about` replaces fields of the arrival."""
        arrival = Arrival(
            guid=f"g{next(self.guids)}",
            event="pull_request",
            action="edited",
            received_at=self.clock.now(),
            installation_id=HOME,
            repo=RepoSeen(id=REPO, full_name="acme/shop", default_branch="main"),
            number=number,
        )
        await self.inbox.receive(replace(arrival, **about))

    async def take(self, room: Room = ROOM) -> Sequence[Claim]:
        """Claim what is due."""
        return await self.claims.take(room)

    async def one(self) -> Claim:
        """Claim the one subject that is due."""
        (claim,) = await self.take()
        return claim

    async def run(self, outcome: Outcome | None = None) -> Claim:
        """Claim the one that is due, commit where it ends well, and give it back."""
        claim = await self.one()
        if outcome is None and claim.evaluate:
            assert await self.ledger.commit(claim, judged())
        await self.claims.finish(claim, outcome or Done())
        return claim

    def rows(self, query: str, *values: object) -> list[Any]:
        """What stands in the file."""
        if isinstance(self.database, PostgresDatabase):
            with connect(POSTGRES[0]) as connection:
                return PostgresTx(connection).execute(query, values).fetchall()
        reader = self.database._reader
        assert reader is not None
        return reader.execute(query, values).fetchall()

    async def write(self, query: str, *values: object) -> None:
        """Change the file behind everybody's back."""
        await self.database.tx(lambda tx: tx.execute(query, values))

    async def dirty(self, number: int = 1) -> dict[str, Any]:
        """The subject's row."""

        def look(tx: Any) -> dict[str, Any]:
            cursor = tx.execute("SELECT * FROM dirty WHERE pr = ?", (Subject(REPO, number).key,))
            return dict(zip([one[0] for one in cursor.description], cursor.fetchone(), strict=True))

        return await self.database.read(look)

    def ms(self, seconds: float = 0) -> int:
        """The clock's moment, and so many seconds later."""
        return round((self.clock.now() + timedelta(seconds=seconds)).timestamp() * 1000)


def _emptied(url: str) -> None:
    with connect(url) as connection:
        tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        kept = [name for (name,) in connection.execute(tables) if name != "alembic_version"]
        # With few rows that is much faster than to truncate.
        connection.execute("SET session_replication_role = replica")
        connection.execute("".join(f"DELETE FROM {name};" for name in kept).encode())


@asynccontextmanager
async def shop(folder: Path) -> AsyncIterator[Shop]:
    """Open a store for a test."""
    here = Shop(folder)
    if POSTGRES:
        _emptied(POSTGRES[0])
    here.open()
    # The reading connection, for tests that look for themselves.
    await here.database.read(lambda _: None)
    try:
        yield here
    finally:
        here.database.close()


def judged(*effects: Effect, timers: Sequence[Timer] = (), **more: Any) -> Judged:
    """What an evaluation that says nothing commits, with these effects."""
    nothing = Judged(report=None, report_json=b"", matter=b"", effects=effects, timers=timers)
    return replace(nothing, **more)


def head(shop: Shop, sha: str, number: int = 1, *, opened: bool = True, at: float = 0) -> HeadSeen:
    """A head that a pull request event tells of."""
    return HeadSeen(
        number=number,
        sha=sha * 40,
        base_ref="main",
        base_sha="b" * 40,
        fork=False,
        open=opened,
        updated_at=shop.clock.now() + timedelta(seconds=at),
    )


def said(shop: Shop, body: str, id_: int = 9, **more: Any) -> dict[str, Any]:
    """What makes an arrival a comment."""
    what = Said(
        key=f"comment:{id_}",
        node_id=f"N{id_}",
        body=body,
        by_id=3,
        by_login="ana",
        by_type="User",
        created_at=shop.clock.now(),
        updated_at=shop.clock.now(),
    )
    return {"event": "issue_comment", "lane": Lane.COMMAND, "said": replace(what, **more)}


def control(what: Control, **more: Any) -> dict[str, Any]:
    """What makes an arrival a change of our own tables."""
    return {"event": "installation", "control": what, "number": None, **more}


POLICY = Relevance(policy=True)


async def sent(shop: Shop, claim: Claim) -> list[PlannedEffect]:
    """The rows that may leave now, each marked as on its way."""
    rows = await shop.ledger.outbox(claim)
    return [row for row in rows if await shop.ledger.sending(claim, row)]
