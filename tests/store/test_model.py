"""Any interleaving of marks, claims, commits, deaths and timers agrees with a small model."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model.claim import Claim, Done, Retry
from bot.model.effect import SetCheck
from bot.model.keeping import Receipt
from bot.model.wake import Subject
from tests.store.shop import REPO, Shop, judged, shop

NUMBERS = (0, 1)
# Often what makes runs meet, seldom what only passes the time.
STEP = st.tuples(
    st.sampled_from(
        ["mark"] * 3
        + ["claim"] * 4
        + ["commit"] * 4
        + ["send"] * 3
        + ["finish"] * 3
        + ["die"] * 2
        + ["again", "timer", "fire", "wait", "wait"]
    ),
    st.integers(0, 2),
)


@dataclass
class Row:
    """What should be known of one subject."""

    seq: int = 0
    evaluated: int = 0
    epoch: int = 0
    owned: bool = False
    timer: bool = False
    sent: list[int] = field(default_factory=list)


class Model:
    """The whole of what must hold, without a store."""

    def __init__(self) -> None:
        self.rows = {number: Row() for number in NUMBERS}

    def mark(self, number: int) -> None:
        self.rows[number].seq += 1

    def claim(self, claim: Claim) -> None:
        row = self.rows[claim.subject.number]
        assert not row.owned, "two runs of one subject at once"
        assert claim.epoch > row.epoch
        row.epoch, row.owned = claim.epoch, True

    def commit(self, claim: Claim) -> bool:
        row = self.rows[claim.subject.number]
        if not self.holds(claim):
            return False
        row.evaluated = max(row.evaluated, claim.seq)
        return True

    def holds(self, claim: Claim) -> bool:
        row = self.rows[claim.subject.number]
        return row.owned and row.epoch == claim.epoch

    def finish(self, claim: Claim) -> None:
        if self.holds(claim):
            self.rows[claim.subject.number].owned = False

    def die(self) -> None:
        for row in self.rows.values():
            row.owned = False

    def fire(self) -> None:
        for row in self.rows.values():
            row.seq += row.timer and row.seq > 0
            row.timer = False


class Play:
    """One interleaving on a store and on the model."""

    def __init__(self, here: Shop) -> None:
        self.here = here
        self.model = Model()
        self.claims: list[Claim] = []

    async def step(self, what: str, which: int) -> None:
        await getattr(self, what)(which)
        for number, row in self.model.rows.items():
            if row.seq:
                stands = await self.here.dirty(number)
                got = stands["seq"], stands["evaluated_seq"], stands["run_owner"] is not None
                assert got == (row.seq, row.evaluated, row.owned), (number, got, row)

    async def mark(self, number: int) -> None:
        number %= 2
        await self.here.deliver(number)
        self.model.mark(number)

    async def again(self, number: int) -> None:
        number %= 2
        seen = self.here.rows("SELECT guid FROM delivery WHERE pr = ?", Subject(REPO, number).key)
        if seen:
            await self.here.deliver(number, guid=seen[0][0])

    async def claim(self, _: int) -> None:
        for claim in await self.here.take():
            self.model.claim(claim)
            assert claim.evaluate == (claim.seq > self.model.rows[claim.subject.number].evaluated)
            self.claims.append(claim)

    def pick(self, which: int) -> Claim | None:
        """One of the last three claims, whether or not it still holds."""
        return self.claims[-1 - which % len(self.claims)] if self.claims else None

    async def commit(self, which: int) -> None:
        if claim := self.pick(which):
            number = claim.subject.number
            wish = SetCheck(
                repo_id=REPO,
                head_sha=str(number) * 40,
                name="handoff",
                status="completed",
                conclusion="success",
                title=f"seq {claim.seq}",
                summary="",
                text="",
            )
            stored = await self.here.ledger.commit(claim, judged(wish))
            assert stored == self.model.commit(claim)

    async def send(self, which: int) -> None:
        if claim := self.pick(which):
            for row in await self.here.ledger.outbox(claim):
                may = await self.here.ledger.sending(claim, row)
                assert may == self.model.holds(claim)
                if may:
                    await self.here.ledger.sent(claim, row, Receipt(remote_id=1))
                    assert isinstance(row.effect, SetCheck)
                    seq = int(row.effect.title.removeprefix("seq "))
                    sent = self.model.rows[claim.subject.number].sent
                    assert not sent or seq > sent[-1], "an older verdict after a newer one"
                    sent.append(seq)

    async def finish(self, which: int) -> None:
        if claim := self.pick(which):
            done = (
                not claim.evaluate or self.model.rows[claim.subject.number].evaluated >= claim.seq
            )
            outcome = Done() if done else Retry(timedelta(), "nothing was committed")
            await self.here.claims.finish(claim, outcome)
            self.model.finish(claim)

    async def die(self, _: int) -> None:
        await self.here.claims.recover()
        await self.here.write("UPDATE dirty SET crashes = 0")
        self.model.die()

    async def timer(self, number: int) -> None:
        number %= 2
        key, due = Subject(REPO, number).key, self.here.ms(1)
        put = (
            "INSERT INTO timer VALUES (?, ?, 'ends', ?, ?) ON CONFLICT (key) DO UPDATE SET "
            "due_at = excluded.due_at, set_at = excluded.set_at"
        )
        await self.here.write(put, f"ends:{key}", due, key, self.here.ms())
        self.model.rows[number].timer = True

    async def fire(self, _: int) -> None:
        self.here.clock.advance(1)
        await self.here.claims.fire()
        self.model.fire()

    async def wait(self, seconds: int) -> None:
        self.here.clock.advance(seconds + 1)

    async def settle(self) -> None:
        """However it went: left alone, everything is evaluated and nothing is owned. What mends
        it after a minute must have nothing to mend."""
        self.here.claims._mend_at = float("inf")
        for which in range(len(self.claims)):
            await self.finish(which)
        for _ in range(4):
            self.here.clock.advance(20)
            await self.here.claims.fire()
            for claim in await self.here.take():
                await self.here.ledger.commit(claim, judged())
                for row in await self.here.ledger.outbox(claim):
                    if await self.here.ledger.sending(claim, row):
                        await self.here.ledger.sent(claim, row, Receipt(remote_id=1))
                await self.here.claims.finish(claim, Done())
        left = self.here.rows(
            "SELECT pr FROM dirty WHERE seq > evaluated_seq OR run_owner IS NOT NULL "
            "OR due_at IS NOT NULL"
        )
        assert left == []
        assert self.here.rows("SELECT key FROM outbox") == []


@settings(max_examples=40, deadline=None)
@given(steps=st.lists(STEP, min_size=20, max_size=60))
def test_n1_n2_n3_hold_through_any_interleaving(steps: list[tuple[str, int]]) -> None:
    async def play() -> None:
        with TemporaryDirectory() as folder:
            async with shop(Path(folder)) as here:
                game = Play(here)
                for what, which in steps:
                    await game.step(what, which)
                await game.settle()

    asyncio.run(play())
