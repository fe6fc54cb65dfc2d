"""What is due leaves in order, once, and comes back with a moment where it could not."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.errors import (
    Denied,
    Gone,
    Invalid,
    Limited,
    Suspended,
    TooLarge,
    Transient,
    Trouble,
    Unauthorized,
)
from bot.metrics import Metrics
from bot.model.claim import Done, LimitedUntil
from bot.model.effect import Send, digest_of
from bot.model.keeping import Receipt
from bot.model.message import Message
from bot.worker.send import DOUBT, Sender, external_id
from tests.support.clock import START, FakeClock
from tests.worker.doubles import MemoryLedger, MemoryPublisher, check, claim, comment, row

CHECK, COMMENT = check(), comment()
LATER = START + timedelta(minutes=7)


def sender(
    ledger: MemoryLedger, publisher: MemoryPublisher, metrics: Metrics | None = None
) -> Sender:
    return Sender(ledger, publisher, FakeClock(), metrics or Metrics())


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


async def test_nothing_due_is_nothing_done() -> None:
    ledger, publisher = MemoryLedger(), MemoryPublisher()

    outcome = await sender(ledger, publisher).send(claim())

    assert outcome == Done()
    assert publisher.asked == []


async def test_rows_leave_in_their_order_each_under_its_own_name() -> None:
    ledger = MemoryLedger(rows=[row(CHECK), row(COMMENT)])
    publisher = MemoryPublisher()

    outcome = await sender(ledger, publisher).send(claim())

    assert outcome == Done()
    assert publisher.asked == [
        ("publish", CHECK.key, f"h1.1.{digest_of(CHECK)[:16]}"),
        ("publish", COMMENT.key, f"h1.1.{digest_of(COMMENT)[:16]}"),
    ]
    assert ledger.done == [
        (CHECK.key, Receipt(remote_id=1)),
        (COMMENT.key, Receipt(remote_id=2)),
    ]


async def test_a_row_that_was_overtaken_is_not_sent() -> None:
    ledger = MemoryLedger(rows=[row(CHECK), row(COMMENT)], dropped={CHECK.key})
    publisher, metrics = MemoryPublisher(), Metrics()

    await sender(ledger, publisher, metrics).send(claim())

    assert [key for _, key, _ in publisher.asked] == [COMMENT.key]
    assert 'handoff_writes_skipped_total{why="overtaken"} 1.0' in metrics.render().decode()


async def test_a_limit_ends_the_sending_and_keeps_the_rest_as_it_is() -> None:
    ledger = MemoryLedger(rows=[row(CHECK), row(COMMENT)])
    limited = Limited("too fast", until=LATER, resource="write")
    publisher = MemoryPublisher(trouble={CHECK.key: limited})

    outcome = await sender(ledger, publisher).send(claim())

    assert outcome == LimitedUntil(LATER, "write", "too fast")
    assert ledger.undone == [(CHECK.key, "pending", "too fast", LATER)]
    assert ledger.done == []


async def test_a_suspension_leaves_the_row_due_and_is_passed_on() -> None:
    ledger = MemoryLedger(rows=[row(CHECK), row(COMMENT)])
    publisher = MemoryPublisher(trouble={CHECK.key: Suspended("asleep")})

    with pytest.raises(Suspended):
        await sender(ledger, publisher).send(claim())

    assert ledger.undone == [(CHECK.key, "pending", "asleep", START)]
    assert len(publisher.asked) == 1


@pytest.mark.parametrize(
    ("attempts", "wait"),
    [(0, 2), (1, 4), (2, 8), (3, 16), (4, 32), (5, 60), (6, 120), (7, 300), (8, 300), (99, 300)],
)
async def test_what_did_not_leave_is_tried_again_ever_later(attempts: int, wait: int) -> None:
    ledger = MemoryLedger(rows=[row(CHECK, attempts=attempts)])
    publisher = MemoryPublisher(trouble={CHECK.key: Transient("502")})

    outcome = await sender(ledger, publisher).send(claim())

    assert ledger.undone == [(CHECK.key, "pending", "502", after(wait))]
    assert outcome == Done(after(wait))


@pytest.mark.parametrize(("attempts", "wait"), [(0, 12), (2, 12), (3, 16), (99, 300)])
async def test_what_may_have_left_is_looked_for_only_when_it_must_have_arrived(
    attempts: int, wait: int
) -> None:
    ledger = MemoryLedger(rows=[row(CHECK, attempts=attempts)])
    publisher = MemoryPublisher(trouble={CHECK.key: Transient("cut", sent=True)})

    await sender(ledger, publisher).send(claim())

    assert ledger.undone == [(CHECK.key, "uncertain", "cut", after(wait))]
    assert after(wait) >= START + DOUBT


async def test_the_earliest_of_several_moments_counts() -> None:
    ledger = MemoryLedger(rows=[row(CHECK, attempts=3), row(COMMENT)])
    broken = {CHECK.key: Transient("502"), COMMENT.key: Transient("502")}

    outcome = await sender(ledger, MemoryPublisher(trouble={**broken})).send(claim())

    assert outcome == Done(after(2))


@pytest.mark.parametrize(
    ("refused", "attempts"),
    [
        (Denied("no"), 8),
        (Gone("no"), 8),
        (Unauthorized("no"), 99),
        (Invalid("no"), 0),
        (TooLarge("no"), 0),
    ],
)
async def test_what_github_refuses_for_good_is_dead_and_holds_up_nothing(
    refused: Trouble, attempts: int
) -> None:
    ledger = MemoryLedger(rows=[row(CHECK, attempts=attempts, error="no"), row(COMMENT)])
    publisher = MemoryPublisher(trouble={CHECK.key: refused})

    outcome = await sender(ledger, publisher).send(claim())

    assert outcome == Done(refused="GitHub refuses the check: no")
    assert ledger.undone == [(CHECK.key, "dead", "no", None)]
    assert [key for key, _ in ledger.done] == [COMMENT.key]


@pytest.mark.parametrize(
    "refused",
    [Denied("no"), Gone("no"), Unauthorized("no"), Invalid("No commit found for SHA: abc")],
)
@pytest.mark.parametrize(
    ("attempts", "uncertain", "state", "wait"),
    [(0, False, "pending", 2), (7, False, "pending", 300), (1, True, "uncertain", 4)],
)
async def test_what_github_may_take_in_a_moment_is_tried_again(
    refused: Trouble, attempts: int, uncertain: bool, state: str, wait: int
) -> None:
    ledger = MemoryLedger(rows=[row(COMMENT, attempts=attempts, uncertain=uncertain)])
    publisher = MemoryPublisher(trouble={COMMENT.key: refused})

    outcome = await sender(ledger, publisher).send(claim())

    assert ledger.undone == [(COMMENT.key, state, refused.what, after(wait))]
    assert outcome == Done(after(wait))


async def test_a_refusal_that_names_another_address_each_time_is_the_same() -> None:
    said = "your IP address {} is not permitted"
    ledger = MemoryLedger(rows=[row(CHECK, attempts=8, error=said.format("192.0.2.7"))])
    publisher = MemoryPublisher(trouble={CHECK.key: Denied(said.format("2001:db8::beef"))})

    outcome = await sender(ledger, publisher).send(claim())

    assert [state for _, state, _, _ in ledger.undone] == ["dead"]
    assert outcome == Done(refused=f"GitHub refuses the check: {said.format('2001:db8::beef')}")


@pytest.mark.parametrize("attempts", [8, 99])
async def test_an_outage_uses_up_no_try_of_what_github_refuses_for_a_moment(attempts: int) -> None:
    ledger = MemoryLedger(rows=[row(CHECK, attempts=attempts, error="502")])
    publisher = MemoryPublisher(trouble={CHECK.key: Gone("no")})

    outcome = await sender(ledger, publisher).send(claim())

    assert ledger.undone == [(CHECK.key, "pending", "no", after(300))]
    assert outcome == Done(after(300))


async def test_what_is_in_doubt_and_found_is_not_sent_again() -> None:
    ledger = MemoryLedger(rows=[row(CHECK, uncertain=True)])
    publisher = MemoryPublisher(stands={CHECK.key: Receipt(remote_id=77)})

    await sender(ledger, publisher).send(claim())

    assert [what for what, _, _ in publisher.asked] == ["find"]
    assert ledger.done == [(CHECK.key, Receipt(remote_id=77))]


@pytest.mark.parametrize(
    ("stands", "word"), [({CHECK.key: Receipt(remote_id=7)}, "yes"), ({}, "no")]
)
async def test_how_often_doubt_was_well_founded_is_counted(
    stands: dict[str, Receipt], word: str
) -> None:
    metrics, ledger = Metrics(), MemoryLedger(rows=[row(CHECK, uncertain=True)])

    await sender(ledger, MemoryPublisher(stands=stands), metrics).send(claim())

    assert f'handoff_uncertain_total{{found="{word}"}} 1.0' in metrics.render().decode()


@pytest.mark.parametrize(
    "trouble",
    [Transient("502"), Limited("slow", until=LATER, resource="core"), Suspended("asleep")],
)
async def test_what_could_not_be_looked_for_stays_in_doubt(trouble: Trouble) -> None:
    ledger, publisher = MemoryLedger(rows=[row(COMMENT, uncertain=True)]), MemoryPublisher()
    publisher.trouble[COMMENT.key] = trouble
    with suppress(Suspended):
        await sender(ledger, publisher).send(claim())

    assert [one[:2] for one in ledger.undone] == [(COMMENT.key, "uncertain")]


async def test_what_is_in_doubt_and_not_found_is_sent() -> None:
    ledger = MemoryLedger(rows=[row(CHECK, uncertain=True)])
    publisher = MemoryPublisher()

    await sender(ledger, publisher).send(claim())

    assert [what for what, _, _ in publisher.asked] == ["find", "publish"]
    assert [key for key, _ in ledger.done] == [CHECK.key]


# ── messages to channels ──────────────────────────────────────────────────────────────────────

MESSAGE = Send(
    repo_id=7,
    number=118,
    target="ops",
    cause="raised:e1",
    message=Message(kind="raised", subject="Asked", lines=(), link="", thread="acme/orders#118"),
)


@pytest.mark.parametrize(
    ("attempts", "uncertain", "state", "wait"),
    [
        *[(at, False, "pending", wait) for at, wait in enumerate((10, 60, 300, 900, 3600))],
        (5, False, "dead", None),
        (99, False, "dead", None),
        (1, True, "uncertain", 60),
    ],
)
async def test_a_message_that_did_not_leave_is_tried_five_times_more(
    attempts: int, uncertain: bool, state: str, wait: int | None
) -> None:
    ledger = MemoryLedger(rows=[row(MESSAGE, attempts=attempts, uncertain=uncertain)])
    publisher = MemoryPublisher(trouble={MESSAGE.key: Transient("503")})

    outcome = await sender(ledger, publisher).send(claim())
    due = None if wait is None else after(wait)

    assert ledger.undone == [(MESSAGE.key, state, "503", due)]
    assert outcome == Done(due)


@pytest.mark.parametrize(
    ("uncertain", "trouble", "state", "due"),
    [
        (False, Transient("x", again_after=timedelta(seconds=33)), "pending", after(33)),
        (False, Transient("x", sent=True), "uncertain", after(600)),
    ],
)
async def test_a_channel_is_asked_when_it_says_and_after_doubt_once_more_in_ten_minutes(
    uncertain: bool, trouble: Trouble, state: str, due: datetime | None
) -> None:
    ledger = MemoryLedger(rows=[row(MESSAGE, attempts=2, uncertain=uncertain)])

    outcome = await sender(ledger, MemoryPublisher(trouble={MESSAGE.key: trouble})).send(claim())

    assert ledger.undone == [(MESSAGE.key, state, "x", due)]
    assert outcome == Done(due)


@pytest.mark.parametrize(
    ("attempts", "trouble"), [(5, Transient("x")), (2, Transient("x", sent=True))]
)
async def test_a_moment_stays_with_what_is_given_up_and_may_have_arrived(
    attempts: int, trouble: Trouble
) -> None:
    ledger = MemoryLedger(rows=[row(MESSAGE, attempts=attempts, uncertain=True)])

    outcome = await sender(ledger, MemoryPublisher(trouble={MESSAGE.key: trouble})).send(claim())

    assert ledger.undone == [(MESSAGE.key, "dead", "x", after(0))]
    assert outcome == Done()


async def test_a_repeat_says_that_it_may_be_one() -> None:
    rows, publisher = [row(MESSAGE), row(MESSAGE, uncertain=True)], MemoryPublisher()

    await sender(MemoryLedger(rows=rows), publisher).send(claim())
    said = [one.message.subject for one in publisher.effects if isinstance(one, Send)]

    assert said == ["Asked", "May be a repeat: Asked"]


@pytest.mark.parametrize(
    "trouble", [Transient("503"), Transient("cut", sent=True), Invalid("no such target")]
)
async def test_a_channels_trouble_touches_no_verdict_and_no_other_message(trouble: Trouble) -> None:
    other = replace(MESSAGE, target="qa")
    ledger = MemoryLedger(rows=[row(CHECK), row(MESSAGE), row(other)])

    outcome = await sender(ledger, MemoryPublisher(trouble={MESSAGE.key: trouble})).send(claim())

    assert [key for key, _ in ledger.done] == [CHECK.key, other.key]
    assert isinstance(outcome, Done)
    assert outcome.refused == ""


# ── one effect at once ────────────────────────────────────────────────────────────────────────


async def test_what_is_said_beside_a_commit_leaves_through_the_outbox() -> None:
    ledger, publisher = MemoryLedger(), MemoryPublisher()

    await sender(ledger, publisher).say(claim(), CHECK)

    assert publisher.asked == [("publish", CHECK.key, f"h1.1.{digest_of(CHECK)[:16]}")]
    assert [key for key, _ in ledger.done] == [CHECK.key]


async def test_who_is_fenced_says_nothing() -> None:
    ledger, publisher = MemoryLedger(fenced=True), MemoryPublisher()

    await sender(ledger, publisher).say(claim(), CHECK)

    assert publisher.asked == []


@pytest.mark.parametrize(
    ("trouble", "state"),
    [
        (Limited("slow", until=LATER, resource="write"), "pending"),
        (Transient("502", sent=True), "uncertain"),
        (Denied("no"), "pending"),
        (Invalid("no"), "dead"),
        (Suspended("asleep"), "pending"),
    ],
)
async def test_what_cannot_be_said_now_waits_or_ends_like_any_effect(
    trouble: Trouble, state: str
) -> None:
    ledger, publisher = MemoryLedger(), MemoryPublisher(trouble={CHECK.key: trouble})

    await sender(ledger, publisher).say(claim(), CHECK)

    assert ledger.done == []
    assert [one[:2] for one in ledger.undone] == [(CHECK.key, state)]


def test_the_look_up_key_names_what_is_sent_and_not_the_attempt() -> None:
    first, again = row(CHECK), row(CHECK, uncertain=True, attempts=5)

    assert external_id(first) == external_id(again)
    assert external_id(first) != external_id(row(check("Other")))
