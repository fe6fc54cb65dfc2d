"""What a judgement went by is found again by its head and by the version that made it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bot.model.claim import Done
from bot.model.report import Report
from bot.model.wake import Subject
from bot.store.heads import matter_of
from bot.store.moment import to_ms
from tests.store.shop import REPO, Shop, head, judged, shop
from tests.store.test_outbox import SHA, report

ONE, CODE = Subject(REPO, 1), "0.1"


async def found(here: Shop, subject: Subject = ONE, sha: str = SHA) -> bytes | None:
    return await here.database.read(lambda tx: matter_of(tx, subject, sha, CODE))


async def test_the_newest_of_a_head_is_found_and_only_of_that_version(tmp_path: Path) -> None:
    def made(verdict: str, code: str) -> Report:
        one = report(1)
        return replace(one, code=code, digests=replace(one.digests, verdict=verdict))

    async with shop(tmp_path) as here:
        before = await found(here)
        for nth, code in enumerate((CODE, CODE, "0.2")):
            await here.deliver(head=head(here, "a"))
            claim = await here.one()
            one = judged(report=made(f"v{nth}", code), matter=b"%d" % nth)
            await here.ledger.commit(claim, one)
            await here.claims.finish(claim, Done())
            here.clock.advance(2)

        assert (before, await found(here)) == (None, b"1")
        assert await found(here, sha="b" * 40) is None
        assert await found(here, Subject(REPO, 2)) is None


async def test_the_head_before_a_push_is_known_by_the_push(tmp_path: Path) -> None:
    """Whatever was not heard of, lay between two that were, or is told of late."""
    async with shop(tmp_path) as here:
        for sha, before, at in (("c", "b", -50), ("e", "d", -40), ("b", "a", -55), ("e", "d", -39)):
            told = replace(head(here, sha, at=at), before=before * 40)
            await here.deliver(head=told)
        now = to_ms(here.clock.now())

        rows = await here.database.read(
            lambda tx: tx.execute(
                "SELECT substr(sha, 1, 1), since, current FROM head_index"
            ).fetchall()
        )

        assert sorted(rows) == [
            ("a", 0, 0),
            ("b", 0, 0),
            ("c", now - 50_000, 0),
            ("d", now - 50_000, 0),
            ("e", now - 40_000, 1),
        ]


async def test_a_head_that_comes_back_stands_since_then(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        for sha, before, at in (("b", "a", -50), ("c", "b", -40), ("b", "c", -30)):
            await here.deliver(head=replace(head(here, sha, at=at), before=before * 40))
        now = here.clock.now()

        heads = await here.ledger.heads(ONE)

        assert [(sha[:1], (now - since).seconds) for sha, since in heads[1:]] == [
            ("c", 40),
            ("b", 30),
        ]


async def test_a_matter_that_is_past_its_time_is_none(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver(head=head(here, "a"))
        one = replace(report(1), code=CODE)
        await here.ledger.commit(await here.one(), judged(report=one, matter=b"{}"))
        await here.write("UPDATE report SET matter = NULL")

        assert await found(here) is None
