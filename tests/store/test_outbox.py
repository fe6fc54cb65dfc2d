"""Effects are planned by difference, leave under the fence, one run at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.model.arrival import Control
from bot.model.claim import Claim, Done, Retry
from bot.model.effect import (
    AskReview,
    Effect,
    Ping,
    PutComment,
    React,
    Reply,
    Send,
    SetCheck,
    Timer,
    TimerKind,
)
from bot.model.keeping import Receipt
from bot.model.message import Message
from bot.model.report import Report
from tests.store.shop import REPO, Shop, control, head, judged, sent, shop
from tests.support import judging
from tests.support.clock import START
from tests.support.pulls import pull

SHA = "a" * 40


def report(number: int) -> Report:
    return judging.judged(judging.BASIC, pull(judging.CODE, number=number, head_sha=SHA))


def check(title: str, sha: str = SHA) -> SetCheck:
    return SetCheck(
        repo_id=REPO,
        head_sha=sha,
        name="handoff",
        status="completed",
        conclusion="failure",
        title=title,
        summary="",
        text="",
    )


def comment(body: str = "Two items are left.") -> PutComment:
    return PutComment(repo_id=REPO, number=1, body=body, create=True)


REPLY = Reply(repo_id=REPO, number=1, comment_key="comment:9", body="It waits.")


async def plan(here: Shop, *effects: Effect, number: int = 1) -> Claim:
    """A delivery, a claim, and a commit that wants these effects."""
    await here.deliver(number)
    (claim,) = [one for one in await here.take() if one.subject.number == number]
    assert await here.ledger.commit(claim, judged(*effects))
    return claim


async def send(here: Shop, claim: Claim) -> list[str]:
    """All that may leave has left."""
    rows = await sent(here, claim)
    for row in rows:
        await here.ledger.sent(claim, row, Receipt(remote_id=77))
    await here.claims.finish(claim, Done())
    here.clock.advance(2)
    return [row.effect.key.partition(":")[0] for row in rows]


async def test_checks_go_first_talk_last(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        claim = await plan(here, comment(), REPLY, check("1 of 2"))

        assert await send(here, claim) == ["check", "reply", "sticky"]


async def test_that_a_comment_was_seen_goes_first_and_is_taken_away_only_where_it_stands(
    tmp_path: Path,
) -> None:
    seen, plus = (React(repo_id=REPO, number=1, node_id="n", content=one) for one in ("eyes", "+1"))
    gone = replace(seen, gone=True)
    async with shop(tmp_path) as here:
        assert await send(here, await plan(here, check("1 of 2"), seen)) == ["react", "check"]
        assert await send(here, await plan(here, plus, gone)) == ["react"] * 2
        other = replace(seen, node_id="m")
        assert await send(here, await plan(here, other, replace(other, gone=True))) == []
        assert await send(here, await plan(here, replace(other, content="+1"))) == ["react"]


async def test_what_asks_what_is_over_stays_here_and_nothing_else(tmp_path: Path) -> None:
    about: Any = {"repo_id": REPO, "number": 1}
    message = Message(kind="raised", subject="", lines=(), link="", thread="")
    asks = [Ping(cause=one, body="?", **about) for one in ("ask:e1:1", "ask:e1:10", "ask:e2:1")]
    asked = AskReview(cause="ask:e1:1:sam", login="sam", **about)
    send_ = Send(target="alone", cause="ask:e1:1:sam", message=message, **about)
    edit = replace(send_, cause=f"{send_.cause}:ack", edits=send_.key)
    async with shop(tmp_path) as here:
        await here.claims.finish(await plan(here, *asks, asked, send_, edit), Done())
        here.clock.advance(2)
        await here.deliver()
        claim = await here.one()
        assert await here.ledger.commit(claim, judged(settled=("ask:e1:1",)))

        left = {row.effect.key for row in await sent(here, claim)}
        assert left == {asks[1].key, asks[2].key, edit.key}


@pytest.mark.parametrize("effect", [check("1 of 2"), comment(), REPLY])
async def test_n5_what_stands_is_not_planned_again(effect: Effect, tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await send(here, await plan(here, effect))

        assert await send(here, await plan(here, effect)) == []


async def test_the_newest_wish_alone_is_sent(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.claims.finish(await plan(here, check("1 of 2")), Done())
        here.clock.advance(2)
        claim = await plan(here, check("2 of 2"))
        (row,) = await sent(here, claim)

        assert row.gen == 2
        assert isinstance(row.effect, SetCheck)
        assert row.effect.title == "2 of 2"


async def test_a_wish_for_what_stands_takes_back_the_one_that_has_not_left(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await send(here, await plan(here, check("1 of 2")))
        await here.claims.finish(await plan(here, check("2 of 2")), Done())
        here.clock.advance(2)

        assert await send(here, await plan(here, check("1 of 2"))) == []
        assert here.rows("SELECT * FROM outbox") == []


async def test_n2_a_fenced_run_commits_nothing_and_sends_nothing(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        old = await here.one()
        await here.claims.recover()
        new = await here.one()
        assert await here.ledger.commit(new, judged(check("new")))
        (row,) = await here.ledger.outbox(new)

        assert not await here.ledger.commit(old, judged(check("old")))
        assert not await here.ledger.plan(old, check("old"))
        assert not await here.ledger.sending(old, row)
        assert await here.ledger.sending(new, row)
        assert here.rows("SELECT gen FROM outbox") == [(1,)]


async def test_n3_an_older_judgement_overwrites_nothing_newer(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        old = await here.one()
        await here.deliver()
        await here.claims.recover()
        new = await here.one()
        await here.ledger.commit(new, judged(check("new")))
        await here.claims.finish(new, Done())

        assert not await here.ledger.commit(old, judged(check("old")))
        assert (await here.dirty())["evaluated_seq"] == new.seq == 2


async def test_n3_a_verdict_for_a_superseded_head_is_not_sent(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver(head=head(here, "a"))
        claim = await here.one()
        await here.ledger.commit(claim, judged(check("old")))
        await here.deliver(head=head(here, "c", at=5))

        assert await sent(here, claim) == []
        assert here.rows("SELECT * FROM outbox") == []


async def test_only_a_check_of_a_head_that_is_left_is_dropped_and_the_comment_waits_for_the_other(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path) as here:
        for sha, title in (("a", "old"), ("c", "new")):
            await here.deliver(head=head(here, sha))
            claim = await here.one()
            await here.ledger.commit(claim, judged(check(title, sha * 40)))
            # It did not get through, and is tried again much later.
            await here.write("UPDATE outbox SET attempts = 1, due_at = ?", here.ms(600))
            await here.claims.finish(claim, Done())
            here.clock.advance(5)
        await here.deliver()
        claim = await here.one()
        # GitHub may show the old one still.
        older = head(here, "a", at=-9)
        await here.ledger.commit(claim, judged(comment(), head=older))

        assert await sent(here, claim) == []
        assert here.rows("SELECT kind FROM outbox ORDER BY key") == [("check",), ("sticky",)]
        assert here.rows("SELECT key FROM outbox WHERE key LIKE '%:cccc%'") != []
        here.clock.advance(600)
        assert await send(here, claim) == ["check", "sticky"]


async def test_n9_nothing_leaves_for_who_was_suspended_meanwhile(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        claim = await plan(here, check("1 of 2"))
        await here.deliver(**control(Control.SUSPEND))
        silent = await sent(here, claim)
        await here.claims.finish(claim, Done())
        await here.deliver(**control(Control.UNSUSPEND))
        here.clock.advance(2)

        assert silent == []
        assert len(await sent(here, await here.one())) == 1


async def test_n4_what_was_on_its_way_at_a_death_is_looked_for_twelve_seconds_later(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path) as here:
        await sent(here, await plan(here, check("1 of 2")))
        here.reopen()
        await here.claims.recover()
        looks = []
        for _ in range(14):
            here.clock.advance(1)
            for claim in await here.take():
                looks.append([row.uncertain for row in await here.ledger.outbox(claim)])
                await here.claims.finish(claim, Done())

        assert looks[:11] == [[]] * 11
        assert looks[12] == [True]


async def test_n4_a_wish_that_replaces_what_is_on_its_way_waits_for_its_answer(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path) as here:
        first = await plan(here, check("#1"))
        (row,) = await sent(here, first)
        second = await plan(here, check("#1 and #2"), number=2)
        early = await sent(here, second)
        await here.claims.finish(second, Done())
        await here.ledger.sent(first, row, Receipt(remote_id=77))
        await here.claims.finish(first, Done())
        here.clock.advance(1.1)
        later = await here.one()
        standing = await here.ledger.published(later, [row.effect.key])
        (again,) = await sent(here, later)

        assert early == []
        assert later.subject.number == 2
        assert (again.gen, again.uncertain) == (2, False)
        assert standing[row.effect.key].remote_id == 77


async def test_a_wish_that_is_replaced_before_it_leaves_does_not_leave(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        first = await plan(here, check("#1"))
        (row,) = await here.ledger.outbox(first)
        await plan(here, check("#1 and #2"), number=2)

        assert not await here.ledger.sending(first, row)


async def test_n4_a_wish_that_replaces_one_in_doubt_waits_as_long_and_is_looked_for_first(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path) as here:
        claim = await plan(here, check("1 of 2"))
        (row,) = await sent(here, claim)
        due = here.clock.now() + timedelta(seconds=12)
        await here.ledger.unsent(claim, row, state="uncertain", why="cut", due=due)
        await here.claims.finish(claim, Done())
        here.clock.advance(2)
        claim = await plan(here, check("2 of 2"))
        early = await here.ledger.outbox(claim)
        here.clock.advance(10)

        assert early == []
        assert [(one.gen, one.uncertain) for one in await here.ledger.outbox(claim)] == [(2, True)]


@pytest.mark.parametrize(("state", "uncertain"), [("pending", False), ("uncertain", True)])
async def test_n4_an_answer_that_was_lost_is_doubted_by_the_wish_that_follows(
    state: str, uncertain: bool, tmp_path: Path
) -> None:
    async with shop(tmp_path) as here:
        first = await plan(here, check("#1"))
        (row,) = await sent(here, first)
        await plan(here, check("#1 and #2"), number=2)
        await here.ledger.unsent(first, row, state=state, why="502", due=here.clock.now())
        second = replace(first, subject=replace(first.subject, number=2))

        assert [one.uncertain for one in await here.ledger.outbox(second)] == [uncertain]


async def test_what_became_of_a_try_is_known_at_the_next_until_another_wish_follows(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path) as here:
        claim = await plan(here, check("#1"))
        (row,) = await sent(here, claim)
        await here.ledger.unsent(claim, row, state="pending", why="404", due=here.clock.now())
        (again,) = await here.ledger.outbox(claim)
        await plan(here, check("#1 and #2"), number=2)
        newer = replace(claim, subject=replace(claim.subject, number=2))
        (other,) = await here.ledger.outbox(newer)

        assert [(one.error, one.attempts) for one in (row, again, other)] == [
            ("", 0),
            ("404", 1),
            ("", 0),
        ]


async def test_a_row_sent_by_a_run_that_was_cut_short_keeps_its_subject_coming_back(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path) as here:
        claim = await plan(here, check("1 of 2"))
        await sent(here, claim)
        await here.claims.finish(claim, Done())

        assert (await here.dirty())["due_at"] == here.ms(1)


@pytest.mark.parametrize(
    ("change", "seconds"),
    [
        ("attempts = 1, due_at = due_at + 600000 WHERE kind = 'check'", 600),
        ("state = 'uncertain', attempts = 1, due_at = due_at + 9000 WHERE kind = 'check'", 9),
        ("state = 'dead', due_at = 0", None),
    ],
    ids=["held", "in doubt", "dead"],
)
async def test_nobody_comes_back_for_what_cannot_leave(
    change: str, seconds: int | None, tmp_path: Path
) -> None:
    async with shop(tmp_path) as here:
        claim = await plan(here, comment(), check("1 of 2"))
        await here.write(f"UPDATE outbox SET {change}")
        await here.claims.finish(claim, Done())

        assert (await here.dirty())["due_at"] == (seconds and here.ms(seconds))


async def test_a_comment_that_a_person_deleted_is_never_planned_again(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await send(here, await plan(here, comment()))
        await here.deliver(**control(Control.COMMENT_GONE, comment_id=77))

        assert await send(here, await plan(here, comment("Three."))) == []


async def test_what_has_not_left_or_was_waited_for_when_all_is_settled_is_given_up(
    tmp_path: Path,
) -> None:
    kinds = TimerKind.CI_DEADLINE, TimerKind.GRACE, TimerKind.STEP
    timers = [Timer(key=one, kind=one, due_at=START + timedelta(hours=1)) for one in kinds]
    async with shop(tmp_path) as here:
        await here.deliver()
        claim = await here.one()
        waiting = judged(comment(), check("Waits", "c" * 40), report=report(1), timers=timers)
        assert await here.ledger.commit(claim, waiting)
        before = len(here.rows("SELECT * FROM timer"))
        assert await here.ledger.commit(claim, judged(report=report(1)))

        assert (before, here.rows("SELECT * FROM timer")) == (3, [])
        assert here.rows("SELECT kind FROM outbox") == [("check",)]


async def test_two_judged_at_once_on_one_head_are_folded_by_the_later(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        for number in (1, 2):
            await here.deliver(number, head=head(here, "a", number))
        first, second = await here.take()
        for claim in (first, second):
            await here.ledger.commit(claim, judged(report=report(claim.subject.number)))
            await here.claims.finish(claim, Done())
        here.clock.advance(2)
        (again,) = await here.take()
        await here.ledger.commit(again, judged(report=report(2)))
        await here.claims.finish(again, Done())
        here.clock.advance(2)

        assert again.subject == second.subject
        assert again.evaluate
        assert await here.take() == []


async def test_what_was_sent_in_doubt_is_looked_for_once_more_a_minute_later(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path) as here:
        doubted = await plan(here, check("1 of 2"))
        (row,) = await sent(here, doubted)
        await here.ledger.sent(doubted, replace(row, uncertain=True), Receipt(remote_id=77))
        await here.claims.finish(doubted, Done())
        looks = []
        for seconds in (59, 2, 120):
            here.clock.advance(seconds)
            await here.claims.fire()
            for claim in await here.take():
                await here.ledger.commit(claim, judged(check("1 of 2")))
                rows = await sent(here, claim)
                looks.append([(one.gen, one.uncertain) for one in rows])
                for one in rows:
                    await here.ledger.sent(claim, one, Receipt(remote_id=78))
                await here.claims.finish(claim, Done())

        assert looks == [[(1, True)]]
        assert here.rows("SELECT remote_id, gen, state FROM published") == [(78, 1, "live")]
        assert here.rows("SELECT * FROM timer") == []


async def test_a_newer_wish_for_what_is_in_doubt_is_looked_for_before_it_is_sent(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path) as here:
        await send(here, await plan(here, check("1 of 2")))
        await here.write("UPDATE published SET state = 'unsure'")
        (row,) = await sent(here, await plan(here, check("2 of 2")))

        assert (row.gen, row.uncertain) == (2, True)


# ── messages to channels ──────────────────────────────────────────────────────────────────────


def message(target: str = "ops", cause: str = "raised:e1") -> Send:
    said = Message(kind="raised", subject="Asked", lines=("x",), link="", thread="acme/shop#1")
    return Send(repo_id=REPO, number=1, target=target, cause=cause, message=said)


async def test_a_message_that_was_on_its_way_at_a_death_is_due_again_after_ten_minutes(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path) as here:
        await sent(here, await plan(here, message()))
        here.reopen()
        await here.claims.recover()
        claim = await here.one()
        early = await here.ledger.outbox(claim)
        await here.claims.finish(claim, Done())
        due = (await here.dirty())["due_at"]
        here.clock.advance(600)
        (row,) = await here.ledger.outbox(await here.one())

        assert early == []
        assert due == here.ms(0)
        assert row.uncertain


async def test_a_message_is_said_again_once_and_nobody_knows_after_another_death(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path) as here:
        claim, taken, shown = await plan(here, message()), [], []
        for _ in range(2):
            taken.append(len(await sent(here, claim)))
            here.reopen()
            here.clock.advance(600)
            await here.claims.recover()
            claim = await here.one()
            shown.append([one.state for one in await here.claims.unsent()])
        taken.append(len(await sent(here, claim)))
        shown.append([one.state for one in await here.claims.unsent()])
        await here.claims.finish(claim, Done())

        assert taken == [1, 1, 0]
        assert shown == [["uncertain"], ["uncertain"], ["dead"]]
        assert await here.claims.resume(claim.subject)
        rows = await here.ledger.outbox(await here.one())
        assert [(row.uncertain, row.attempts) for row in rows] == [(True, 0)]


@pytest.mark.parametrize(("kind", "left"), [("taken", ["edit", "message"]), ("answered", ["edit"])])
async def test_what_is_answered_before_it_leaves_is_not_sent(
    tmp_path: Path, kind: str, left: list[str]
) -> None:
    async with shop(tmp_path) as here:
        asked = message()
        said = replace(asked.message, kind=kind)
        edit = replace(asked, cause="raised:e1:ack", edits=asked.key, message=said)
        await plan(here, asked, edit)

        rows = here.rows("SELECT key FROM outbox ORDER BY key")
        assert [key.partition(":")[0] for (key,) in rows] == left


async def test_an_edit_knows_what_the_message_has_left_and_no_other(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        claim = await plan(here, message(), message(cause="raised:e10"))
        for row in await sent(here, claim):
            receipt = Receipt(remote_id=None, detail=f'"{row.effect.key}"')
            await here.ledger.sent(claim, row, receipt)
        for asked in (message(), message(cause="raised:e10")):
            edit = replace(asked, cause="x", edits=asked.key)
            assert await here.ledger.first_said(claim, edit) == f'"{asked.key}"'


async def test_what_the_first_message_of_a_thread_has_left_survives_a_restart(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path) as here:
        claim = await plan(here, message(), message("ops-2"), message(cause="told:1"))
        assert await here.ledger.first_said(claim, message()) == "{}"
        for at, row in enumerate(await sent(here, claim)):
            await here.ledger.sent(claim, row, Receipt(remote_id=None, detail=f'{{"at": {at}}}'))
            here.clock.advance(1)
        here.reopen()
        await here.database.read(lambda _: None)
        rows = here.rows("SELECT key, detail FROM published ORDER BY written_at DESC")
        firsts = {key.split(":")[1]: detail for key, detail in rows} | {"qa": "{}"}

        for target in ("ops", "ops-2", "qa"):
            assert await here.ledger.first_said(claim, message(target, "x")) == firsts[target]
        assert len(set(firsts.values())) == 3


async def test_a_merge_group_that_is_gone_leaves_nothing_to_be_sent(tmp_path: Path) -> None:
    group: dict[str, Any] = {"number": None, "group": SHA}
    step = Timer(key="step", kind=TimerKind.STEP, due_at=START + timedelta(hours=1))
    async with shop(tmp_path) as here:
        await here.deliver(**group | {"control": Control.GROUP})
        claim = await here.one()
        assert await here.ledger.commit(claim, judged(check("Waits"), timers=[step]))
        await here.claims.finish(claim, Retry(timedelta(seconds=1), "502"))
        planned = (here.rows("SELECT state FROM outbox"), here.rows("SELECT kind FROM timer"))
        await here.deliver(**group | {"control": Control.GROUP_GONE})
        tables = ("dirty", "outbox", "timer")
        left = [row for name in tables for row in here.rows(f"SELECT pr FROM {name}")]

        assert planned == ([("pending",)], [("step",)])
        assert left == []
