"""Whatever a child does, its parent gets an answer in time and goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.clock import SystemClock
from bot.model.known import Known, Unknown
from bot.sandbox.frame import Job
from bot.sandbox.pool import JOBS_AT_MOST, Pool
from tests.support.clock import until


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    one = Pool(SystemClock(), entry="tests.sandbox.misbehaving")
    yield one
    await one.close()


async def read(pool: Pool, path: str = "well", seconds: float = 10.0) -> Known[Any]:
    return await pool.read(Job(reading="any", path=path, head=b"text"), seconds)


def why(answer: Known[Any]) -> str:
    assert isinstance(answer, Unknown)
    assert answer.by_content
    return answer.reason


async def test_a_child_answers_and_stays_for_the_next_job(pool: Pool) -> None:
    first, second = await read(pool), await read(pool)

    assert first == second
    assert not isinstance(first, Unknown)
    assert first[2] == "text"


async def test_a_child_that_was_started_early_takes_the_first_job(pool: Pool) -> None:
    await pool.warm()
    (child,) = pool._idle

    answer = await read(pool)

    assert not isinstance(answer, Unknown)
    assert answer[0] == child.process.pid


async def test_a_child_knows_nothing_of_the_environment(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDOFF_WEBHOOK_SECRET", "do-not-tell")

    answer = await read(pool)

    assert not isinstance(answer, Unknown)
    assert set(answer[1]) <= {"LC_ALL", "PATH", "LC_CTYPE"}


async def test_a_job_that_takes_too_long_is_killed(pool: Pool) -> None:
    await read(pool)

    assert why(await read(pool, "loop", 0.1)) == "reading loop took over 0.1 s"
    assert not isinstance(await read(pool), Unknown)
    assert pool.kills == {"time": 1}


async def test_a_job_that_takes_too_much_memory_is_killed(pool: Pool) -> None:
    assert why(await read(pool, "eat")) == "reading eat needed too much memory"
    assert pool.kills == {"memory": 1}


@pytest.mark.parametrize("path", ["die", "fault", "garble"])
async def test_what_ends_two_children_is_not_read(pool: Pool, path: str) -> None:
    assert why(await read(pool, path)) == "the parser crashed"
    assert pool.kills == {"crash": 2}
    assert not isinstance(await read(pool), Unknown)


async def test_an_exception_is_answered_and_the_child_replaced(pool: Pool) -> None:
    before = await read(pool)

    assert why(await read(pool, "raise")) == "the reader failed: RecursionError"
    after = await read(pool)
    assert not isinstance(before, Unknown)
    assert not isinstance(after, Unknown)
    assert before[0] != after[0]


async def test_a_reply_beyond_the_limit_is_none(pool: Pool) -> None:
    assert why(await read(pool, "much")) == "the file says more than a reading may hold"


async def test_a_reply_of_another_form_is_none(pool: Pool) -> None:
    assert why(await read(pool, "odd")) == "the parser crashed"


async def test_what_a_parser_prints_is_no_reply(pool: Pool) -> None:
    assert not isinstance(await read(pool, "print"), Unknown)


async def test_a_child_is_replaced_after_many_jobs(pool: Pool) -> None:
    answers = [await read(pool) for _ in range(JOBS_AT_MOST + 1)]

    assert len({answer[0] for answer in answers if not isinstance(answer, Unknown)}) == 2


async def test_more_jobs_than_children_all_get_their_turn() -> None:
    pool = Pool(SystemClock(), 2, entry="tests.sandbox.misbehaving")

    answers = await pool.read_all([(Job(reading="any", path="well"), 10.0)] * 20)

    assert 1 <= len({answer[0] for answer in answers if not isinstance(answer, Unknown)}) <= 2
    await pool.close()


async def test_a_child_that_nobody_needs_is_ended(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.sandbox.pool.IDLE_AT_MOST", 0.0)
    first = await read(pool)
    await until(lambda: not pool._idle)

    second = await read(pool)

    assert not isinstance(first, Unknown)
    assert not isinstance(second, Unknown)
    assert first[0] != second[0]


async def test_a_child_is_waited_for_by_one_timer_however_much_it_reads(pool: Pool) -> None:
    for _ in range(20):
        await read(pool)

    timers = vars(asyncio.get_running_loop())["_scheduled"]
    waiting = [one for one in timers if one._callback == pool._retire]
    assert len(waiting) == 1
