"""What operators see around the queue."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from bot.store.estate import estate
from tests.store.shop import shop

PROCESS = "INSERT INTO process VALUES (?, ?, 'a', 12, '1.0', ?, ?)"


async def test_limits_processes_and_sweeps_are_told_with_their_times(tmp_path: Path) -> None:
    async with shop(tmp_path) as here:
        await here.deliver()
        await here.write("UPDATE installation SET login = 'acme'")
        for name, until in (("core", here.ms(60)), ("write", here.ms(-60))):
            await here.write("INSERT INTO budget VALUES (5, ?, ?, 'used up')", name, until)
        for name, role in (("P1", "worker"), ("P2", "web")):
            await here.write(PROCESS, name, role, here.ms(-9), here.ms(-1))
        await here.write("INSERT INTO meta VALUES ('leader', 'P1 99')")
        await here.sweeps.arm("retention", timedelta(hours=1))
        await here.sweeps.arm("policy:7", timedelta(hours=1))
        known = await estate(here.database, here.clock.now())

    now = here.clock.now()
    assert known == {
        "limits": [
            {
                "account": "acme",
                "what": "core",
                "why": "used up",
                "until": (now + timedelta(minutes=1)).isoformat(),
            }
        ],
        "processes": [
            {
                "process": name,
                "role": role,
                "host": "a",
                "pid": 12,
                "build": "1.0",
                "leads": leads,
                "started_at": (now - timedelta(seconds=9)).isoformat(),
                "seen_at": (now - timedelta(seconds=1)).isoformat(),
            }
            for name, role, leads in (("P2", "web", 0), ("P1", "worker", 1))
        ],
        "sweeps": [
            {
                "sweep": "retention",
                "at": now.isoformat(),
                "next": (now + timedelta(hours=1)).isoformat(),
            }
        ],
    }
