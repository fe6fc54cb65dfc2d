"""Whatever a source file holds, reading it ends, in a value or in why there is none."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

import pytest

from bot.clock import SystemClock
from bot.model.codec import Decoder
from bot.model.known import Known, Unknown
from bot.model.signal import Sign, Signals
from bot.sandbox.frame import Job
from bot.sandbox.pool import Pool

# What is there to be read has that long; what is there to hurt is given up sooner.
SECONDS, BRIEFLY = 2.0, 0.5
PATHS = ["a.py", "a.js", "a.ts", "a.tsx", "A.java", "a.kt", "a.go", "a.rb"]


def noise() -> bytes:
    """200 kB of anything but NUL, which is refused at once."""
    return random.Random(1).randbytes(200_000).replace(b"\0", b"(")


BOMBS = {
    "3,000 nested parentheses": b"x=" + b"(" * 3_000 + b"1" + b")" * 3_000,
    "10,000 nested parentheses": b"x=" + b"(" * 10_000 + b"1" + b")" * 10_000,
    "3,000 open parentheses": b"x=" + b"(" * 3_000,
    "200,000 attributes": b"x = a" + b".b" * 99_990,
    "100,000 unary minus": b"x = " + b"- " * 99_990 + b"1",
    "50,000 chained calls": b"x = a" + b".b()" * 49_990,
    "10,000 nested braces": b"{" * 10_000 + b"}" * 10_000,
    "10,000 nested functions": b"x = () => {" * 9_000,
    "10,000 nested quotes": b"\"'`" * 10_000,
    "lone surrogates": b'x = "\xed\xa0\x80"\nlog.info(token)\n',
    "random bytes": noise(),
    "NUL": b"x = 1\0\n" * 1_000,
    "1 MB": b"let x = fetch('https://api.acme.io/' + token);\n" * 21_000,
    "nothing": b"",
}


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    one = Pool(SystemClock())
    yield one
    await one.close()


async def read(pool: Pool, path: str, source: bytes, seconds: float = SECONDS) -> Known[Signals]:
    answer = await pool.read(Job(reading="signals", path=path, head=source), seconds)
    if isinstance(answer, Unknown):
        return answer
    value: Signals = Decoder().decode(Signals, answer)
    return value


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("bomb", BOMBS)
async def test_any_source_is_read_or_unknown(pool: Pool, path: str, bomb: str) -> None:
    value = await read(pool, path, BOMBS[bomb], BRIEFLY)

    assert isinstance(value, Signals) or value.by_content


async def test_a_reader_goes_on_after_every_bomb(pool: Pool) -> None:
    for bomb in ("random bytes", "100,000 unary minus", "3,000 nested parentheses"):
        await read(pool, "a.py", BOMBS[bomb], BRIEFLY)

    value = await read(pool, "a.py", b"import time\ntime.sleep(1)\n")

    assert isinstance(value, Signals)
    assert [one.sign for one in value.signals] == [Sign.SLEEP]


async def test_what_a_lone_surrogate_hides_is_still_found(pool: Pool) -> None:
    value = await read(pool, "a.py", BOMBS["lone surrogates"])

    assert isinstance(value, Signals)
    assert Sign.LOGS_SECRET in {one.sign for one in value.signals}


async def test_a_name_of_no_language_is_read_as_text(pool: Pool) -> None:
    value = await read(pool, "a.cobol", b"MOVE RATE_URL TO X.")

    assert isinstance(value, Signals)
    assert value.names == {"RATE_URL", "MOVE"}
