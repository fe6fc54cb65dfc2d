"""However much there is to judge, the loop that answers webhooks does not do it."""

from __future__ import annotations

import asyncio
from threading import current_thread, main_thread

import pytest

from bot.model.facts import Change, ChangedFile, Facts
from bot.model.known import Unknown
from bot.worker.aside import INLINE, aside
from tests.support.pulls import pull

UNREAD = Unknown("not read")


def file(nth: int = 0, lines: int = 1) -> ChangedFile:
    return ChangedFile(
        path=f"{nth}.py", change=Change.ADDED, additions=lines, deletions=lines, added=UNREAD
    )


def reads(count: int) -> dict[str, Unknown]:
    return {f"signals:head:{nth}.py": UNREAD for nth in range(count)}


@pytest.mark.parametrize(
    ("facts", "more", "is_aside"),
    [
        (pull(), 0, False),
        (pull(file(), body="word", readings=reads(INLINE - 1)), 0, False),
        (pull(file(), readings=reads(INLINE)), 0, True),
        (pull(file(), readings=reads(INLINE - 10)), 10, True),
        (pull(*map(file, range(INLINE + 1))), 0, True),
        (pull(file(lines=50 * INLINE)), 0, True),
        (pull(file(), body="x" * 65_000), 0, True),
        (pull(changes=UNREAD, body=UNREAD, readings=reads(INLINE)), 0, False),
        (pull(changes=UNREAD, body=UNREAD, readings=reads(INLINE + 1)), 0, True),
    ],
    ids=["little", "enough", "readings", "more", "files", "lines", "body", "hidden", "hidden-much"],
)
async def test_what_is_much_is_done_beside_the_loop(
    facts: Facts, more: int, is_aside: bool
) -> None:
    thread = await aside(facts, current_thread, more=more)

    assert (thread is not main_thread()) is is_aside


async def test_what_is_done_beside_the_loop_is_done_one_after_the_other() -> None:
    much = pull(*map(file, range(INLINE + 1)))

    threads = await asyncio.gather(*(aside(much, current_thread) for _ in range(20)))

    assert len(set(threads)) == 1


async def test_what_goes_wrong_there_is_told_here() -> None:
    with pytest.raises(ZeroDivisionError):
        await aside(pull(readings=reads(INLINE + 1)), divmod, 1, 0)
