"""Real readers in real processes: which of them share one."""

from __future__ import annotations

from bot.clock import SystemClock
from bot.model.known import TIME_USED_UP, Unknown
from bot.wiring.readers import SandboxReaders

TOKEN = "gh" + "p_x7Kd93kd02kdLs93Kd0skdPlwq83mcnd92Ks"


async def test_secrets_are_looked_for_in_a_process_of_their_own() -> None:
    readers = SandboxReaders(SystemClock(), 1)

    secret, names = await readers.read(
        [
            ("secrets", "a.py", None, f"K = '{TOKEN}'".encode()),
            ("manifest", "go.mod", None, b"module a.b/c\n"),
        ]
    )
    processes = {one.process.pid for one in (*readers.pool._idle, *readers.apart._idle)}
    await readers.close()

    assert not isinstance(secret, Unknown)
    assert [one["kind"] for one in secret["found"]] == ["github-pat"]
    assert TOKEN not in repr(secret)
    assert not isinstance(names, Unknown)
    assert len(processes) == 2


async def test_what_one_pull_request_takes_of_the_workers_has_an_end() -> None:
    readers = SandboxReaders(SystemClock(), 1, seconds=1e-9)
    module = b"module a.b/c\n"

    read = [
        await readers.read([("manifest", "go.mod", None, module)] * 2),
        await readers.read([("manifest", "go.mod", None, module)] * 2),
    ]
    await readers.close()

    # Each time the first is read, which takes all there is; the next pull request has its own.
    assert [[one == TIME_USED_UP for one in answers] for answers in read] == [[False, True]] * 2


async def test_readings_of_one_text_share_a_process_and_those_of_others_do_not() -> None:
    readers = SandboxReaders(SystemClock(), 3)
    one, other = ("a.py", None, b"import os\n"), ("b.py", None, b"import sys\n")

    jobs = [("signals", *one), ("signals", *other), ("endpoints", *one), ("models", *one)]
    answers = await readers.read(jobs)
    taken = [child.jobs for child in readers.pool._idle]
    await readers.close()

    assert [isinstance(answer, dict) and answer["_"] for answer in answers] == [
        *("Signals", "Signals", "Endpoints", "Models")
    ]
    # A third process would have been begun for readings that do not wait for each other.
    assert (len(taken), sum(taken)) == (2, 4)
