"""Digests on a real store: once a target and day, whatever dies or runs twice meanwhile."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.metrics import Metrics
from bot.model.claim import Done
from bot.model.codec import canonical
from bot.model.effect import PutBoard, TimerKind
from bot.wiring.catalogue import all_rules
from bot.wiring.digest import Digests
from bot.worker.send import Sender
from tests.notify.office import Office, channels
from tests.store.shop import POLICY as MATTERS
from tests.store.shop import Shop, head, judged, shop
from tests.store.test_ballast import sweeping
from tests.store.test_outbox import report
from tests.support import judging
from tests.support.channel import Channel, channel
from tests.support.clock import START
from tests.text.test_digest import POLICY, asked, at
from tests.worker.doubles import MemoryPublisher

DAY = 86_400.0


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[Channel]:
    async with channel(tmp_path) as here:
        yield here


def office(there: Channel, here: Shop) -> Office:
    slack = {"slack": {"token": "xoxb-1", "channel": "C1", "url": there.url}}
    made = Office(channels(targets={"design": slack}))
    made.post.first = here.ledger.first_said
    return made


async def question(here: Shop, number: int, when: str, text: str = POLICY) -> None:
    """A pull request about which the architect was asked then, judged and settled."""
    policy = judging.policy(text)
    verdict = report(number)
    digests = replace(verdict.digests, policy=policy.digest)
    await here.deliver(number, head=head(here, str(number), number))
    claim = await here.one()
    stored = judged(
        report=replace(verdict, digests=digests, head_sha=str(number) * 40),
        report_json=b"{}",
        matter=b"{}",
        policy_json=canonical(policy),
        policy_digest=policy.digest,
        relevance=MATTERS,
        acts=asked(when),
    )
    assert await here.ledger.commit(claim, stored)
    await here.claims.finish(claim, Done())


def sweep(here: Shop) -> Digests:
    return Digests(
        store=here.sweeps,
        clock=here.clock,
        targets=("design",),
        web="https://github.com",
        classes={rule.id: rule.options for rule in all_rules()},
        woken=lambda: None,
    )


def comes(here: Shop, when: str) -> None:
    here.clock.advance((at(when) - here.clock.now()).total_seconds())


async def evening(here: Shop) -> None:
    """Two questions, and the last look of their day."""
    here.clock.jump((at("23T10:00") - START).total_seconds())
    await question(here, 1, "23T10:01")
    await question(here, 2, "23T10:00")
    comes(here, "23T20:00")
    await sweep(here)()


async def leave(here: Shop, office: Office) -> None:
    """Whatever is due is sent, without looking at GitHub."""
    for claim in await here.take():
        assert not claim.evaluate
        outcome = await Sender(here.ledger, office.post, here.clock, Metrics()).send(claim)
        await here.claims.finish(claim, outcome)


def headers(there: Channel) -> list[str]:
    return [json.loads(one.body)["blocks"][0]["text"]["text"] for one in there.got]


async def test_it_leaves_once_a_day_by_the_channel_alone(there: Channel, tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await evening(here)
        carriers = office(there, here)
        for when in ("24T08:45", "24T09:00", "24T09:00", "24T09:15", "25T09:00"):
            comes(here, when)
            await sweep(here)()
            await leave(here, carriers)

        # Under no other message, though the same pull request carried both.
        assert [json.loads(one.body).get("thread_ts") for one in there.got] == [None, None]
        assert headers(there) == ["2 waiting for an answer, the longest since Mon 23 Nov 10:00"] * 2
        keys = here.rows("SELECT key, pr FROM published WHERE kind = 'message' ORDER BY key")
        assert keys == [
            ("digest:design:2026-11-24", "7#2"),
            ("digest:design:2026-11-25", "7#2"),
        ]
        assert carriers.github.asked == []


async def test_runs_at_once_and_runs_that_died_before_their_end_plan_it_once(
    there: Channel, tmp_path: Path
) -> None:
    async with shop(tmp_path) as here:
        await evening(here)
        comes(here, "24T09:00")
        await asyncio.gather(sweep(here)(), sweep(here)())
        here.reopen()
        # As if the process had died before it remembered how far it was.
        await here.write(
            "UPDATE meta SET value = ? WHERE key = 'digest'", at("23T20:00").isoformat()
        )
        await sweep(here)()
        await leave(here, office(there, here))
        await here.write(
            "UPDATE meta SET value = ? WHERE key = 'digest'", at("23T20:00").isoformat()
        )
        # Another pull request would carry it now.
        await here.write("DELETE FROM act WHERE number = 2")
        await sweep(here)()
        await leave(here, office(there, here))

        assert len(there.got) == 1


async def test_what_may_have_arrived_is_said_once_more_and_says_so(
    there: Channel, tmp_path: Path
) -> None:
    async with shop(tmp_path) as here:
        await evening(here)
        comes(here, "24T09:00")
        await sweep(here)()
        claim = await here.one()
        (row,) = await here.ledger.outbox(claim)
        assert await here.ledger.sending(claim, row)
        here.reopen()
        await here.claims.recover()
        for minutes in (1, 10, 30):
            here.clock.advance(minutes * 60)
            await sweep(here)()
            await leave(here, office(there, here))

        assert [one.partition(":")[0] for one in headers(there)] == ["May be a repeat"]


OTHER = ["1 waiting for an answer, the longest since Mon 23 Nov 10:01"]


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("UPDATE head_index SET open = 0 WHERE number = 2", OTHER),
        ("UPDATE dirty SET parked = 'failed' WHERE number = 2", OTHER),
        ("DELETE FROM act WHERE number = 2", OTHER),
        ("UPDATE act SET body = '{}' WHERE number = 2", OTHER),
        ("UPDATE repository SET archived = 1", []),
        ("UPDATE repository SET removed_at = 1", []),
        ("UPDATE installation SET suspended_at = 1", []),
        ("UPDATE installation SET removed_at = 1", []),
        ("UPDATE policy SET digest = NULL", []),
    ],
)
async def test_only_what_is_open_and_ours_is_spoken_of_and_never_nothing(
    gone: str, said: list[str], there: Channel, tmp_path: Path
) -> None:
    async with shop(tmp_path) as here:
        await evening(here)
        await here.write(gone)
        comes(here, "24T09:00")
        await sweep(here)()

        assert len(here.rows("SELECT * FROM outbox")) == len(said)
        await leave(here, office(there, here))
        assert headers(there) == said


@pytest.mark.parametrize(("when", "minutes"), [("23T10:00", 15), ("23T10:01", 14), ("23T10:59", 1)])
async def test_it_looks_every_quarter_of_an_hour(when: str, minutes: int, tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        here.clock.jump((at(when) - START).total_seconds())

        assert await sweep(here)() == timedelta(minutes=minutes)


@pytest.mark.parametrize(("with_channels", "timers"), [(True, [("digest",)]), (False, [])])
async def test_without_a_channel_nobody_looks(
    with_channels: bool, timers: list[Any], tmp_path: Path
) -> None:
    async with shop(tmp_path) as here:
        sweeps = sweeping(here, 0.5)
        sweeps.digests = sweep(here) if with_channels else None
        await sweeps.start()
        armed = here.rows("SELECT key FROM timer WHERE kind = 'digest'")
        await here.sweeps.arm("digest", timedelta())
        await sweeps(TimerKind.DIGEST, "digest")

        # One from before the channels were taken away ends by itself.
        assert armed == here.rows("SELECT key FROM timer WHERE kind = 'digest'") == timers


BOARD = POLICY.replace(", channel: design", "") + "board-issue: true\n"
FIRST = (
    "- acme/shop\\#\u200b2 e1: this adds the service redis, which the design does not name. "
    "Is that wanted? · architect \\(sam\\) since Mon 23 Nov 10:00, due Tue 24 Nov 10:00"
)


async def boards(here: Shop, publisher: MemoryPublisher, when: str) -> list[str]:
    """What the issue says anew at that time, and who carries it there."""
    comes(here, when)
    await sweep(here)()
    for claim in await here.take():
        await Sender(here.ledger, publisher, here.clock, Metrics()).send(claim)
        await here.claims.finish(claim, Done())
    said = [one.body for one in publisher.effects if isinstance(one, PutBoard)]
    publisher.effects.clear()
    return said


@pytest.mark.parametrize("wanted", [True, False])
async def test_a_board_says_what_waits_until_nothing_does(wanted: bool, tmp_path: Path) -> None:
    text = BOARD if wanted else BOARD.replace("board-issue: true", "board-issue: false")
    publisher = MemoryPublisher()
    async with shop(tmp_path) as here:
        here.clock.jump((at("23T10:00") - START).total_seconds())
        await question(here, 1, "23T10:01", text)
        await question(here, 2, "23T10:00", text)
        said = [
            await boards(here, publisher, when) for when in ("23T13:00", "23T20:00", "23T20:15")
        ]
        # Both end: nobody is asked for anything there any more.
        await here.database.tx(lambda tx: tx.execute("UPDATE head_index SET open = 0"))
        said.append(await boards(here, publisher, "24T09:00"))
        said.append(await boards(here, publisher, "24T09:15"))

        both = [line.split(" e1:")[0] for one in said[1] for line in one.splitlines()]
        assert both == ["- acme/shop\\#\u200b2", "- acme/shop\\#\u200b1"][: 2 * wanted]
        assert [one.splitlines()[0] for one in said[1]] == [FIRST][:wanted]
        nothing = [["Nothing waits for an answer."] if wanted else []]
        assert (said[0], said[2], said[3], said[4]) == (*nothing, [], *nothing, [])


async def test_a_board_shows_the_longest_wait_first_and_how_many_more(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        here.clock.jump((at("23T10:00") - START).total_seconds())
        for number in range(1, 24):
            await question(here, number, "23T10:00", BOARD)
        (said,) = await boards(here, MemoryPublisher(), "24T09:00")

        assert len([line for line in said.splitlines() if line.startswith("- ")]) == 20
        assert said.endswith("\n\n… 3 more")
