"""Real readers in real processes: which of them share one."""

from __future__ import annotations

from bot.clock import SystemClock
from bot.model.known import Unknown
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
