"""Writes a filled store, rows in every state, with whichever version of the program is on the path.

    PYTHONPATH=<that version> python tests/flows/earlier.py tests/flows/data/<revision>.sql.gz

Stores of earlier revisions were made so once, and are kept beside this file.
"""

from __future__ import annotations

import asyncio
import gzip
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from bot.simulator.faults import html_502
from bot.simulator.scenario import REFUNDS
from bot.store.moment import to_ms
from tests.support.hurried import hurried, quiet

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.simulator.scenario import Stage

GOOD = {"app/api/refunds.py": REFUNDS, "docs/refunds.md": "Refunds.\n"}
BAD = {"app/api/refunds.py": REFUNDS.replace("return {}", "print('x')\n    return {}")}
# What the newest head of each earns; None: it waits for CI.
EARNED = {101: "success", 102: "failure", 103: None, 104: "success", 105: "failure", 106: "success"}
EARNED |= {107: "success"}
ASKED = 103
_RUN = "run_epoch = run_epoch + 1, run_owner = 'gone', run_seq = seq, run_lane = lane"
# A process that ended at the worst moment leaves all of these behind at once.
STATES = (
    "UPDATE dirty SET seq = seq + 1, first_at = :now, due_at = :now WHERE number = 101",
    f"UPDATE dirty SET seq = seq + 1, {_RUN}, run_started_at = :now, due_at = NULL "
    "WHERE number = 102",
    "UPDATE dirty SET seq = seq + 1, parked = 'failed', attempts = 5, reason = 'ours (F)', "
    "due_at = NULL WHERE number = 104",
    "UPDATE dirty SET seq = seq + 1, parked = 'deadly', crashes = 3, due_at = NULL "
    "WHERE number = 105",
    "UPDATE dirty SET seq = seq + 1, hold_until = :now + 3000, due_at = :now + 3000 "
    "WHERE number = 106",
    "UPDATE outbox SET state = 'pending', due_at = :now WHERE pr LIKE '%#104'",
    "UPDATE outbox SET state = 'sending', sending_at = :now WHERE pr LIKE '%#105'",
    "UPDATE outbox SET state = 'uncertain', due_at = :now WHERE pr LIKE '%#106'",
    "UPDATE outbox SET state = 'dead', error = 'refused' WHERE pr LIKE '%#107'",
    "UPDATE published SET state = 'unsure' WHERE pr LIKE '%#101'",
    "INSERT INTO budget (installation_id, resource, blocked_until, why) "
    "SELECT id, 'core', :now + 60000, 'limit' FROM installation WHERE id != 0",
)


def play(stage: Stage, numbers: list[int]) -> None:
    """Ana opens them, and CI passes where it runs at all."""
    for number in numbers:
        earned = EARNED[number]
        files = BAD if earned == "failure" else GOOD
        pull = stage.world.open_pull_request(
            stage.repo,
            stage.people["ana"],
            number=number,
            title=f"Refunds {number}",
            files={f"{path}.{number}.py": text for path, text in files.items()}
            | ({} if earned == "failure" else {f"docs/{number}.md": "Refunds.\n"}),
            branch=f"change-{number}",
        )
        stage.pulls[number] = pull
        if earned is not None:
            stage.world.run_ci(pull, "ci / unit", "success")


async def hold(stage: Stage, settled: Callable[[], Awaitable[None]]) -> None:
    """Ana holds one up and lets it go on: two acts, where the version knows of any."""
    for line in ("/handoff hold because prices are open", "/handoff resume h1"):
        stage.world.comment(stage.pulls[101], stage.people["ana"], line)
        await settled()


def ask(stage: Stage) -> None:
    """Ana asks, which earns one answer."""
    stage.world.comment(stage.pulls[ASKED], stage.people["ana"], "/handoff why")


async def write(folder: Path) -> bytes:
    """Work, end in trouble, and dump what is left."""
    async with hurried(folder) as demo:
        play(demo.stage, [101, 102, 103])
        await quiet(demo, 20.0)
        await hold(demo.stage, lambda: quiet(demo))
        demo.simulator.fault("(POST|PATCH) .*(check-runs|comments)", html_502(), 10_000)
        play(demo.stage, [104, 105, 106, 107])
        await quiet(demo)
        demo.simulator.fault(".*", html_502(), 10_000)
        ask(demo.stage)
        await demo.simulator.settle()
        await demo.bot.__aexit__(None, None, None)
        now = to_ms(demo.clock.now())
    with closing(sqlite3.connect(folder / "handoff.sqlite")) as store:
        for statement in STATES:
            assert store.execute(statement, {"now": now}).rowcount, statement
        store.commit()
        return "\n".join(store.iterdump()).encode()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        Path(sys.argv[1]).write_bytes(gzip.compress(asyncio.run(write(Path(place))), mtime=0))
