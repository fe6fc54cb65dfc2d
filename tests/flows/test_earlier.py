"""A store of every earlier revision, with rows in every state, is opened by today's program and
settles; nothing that a person said and no delivery is lost on the way."""

from __future__ import annotations

import gzip
import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bot.simulator.scenario import Stage
from bot.store.schema import HEAD, revision_of
from bot.wiring.demo import Demo
from bot.wiring.server import Bot
from tests.flows.earlier import ASKED, EARNED, ask, play
from tests.support.hurried import hurried, quiet

DATA = Path(__file__).parent / "data"
EARLIER = [f"{number:04}" for number in range(1, int(HEAD))]
KEPT = {"delivery": "guid", "report": "id", "act": "id", "head_index": "sha"}


def laid(revision: str, path: Path, stage: Stage) -> None:
    """Put the store in the place of the one that is there, as written of this GitHub: commits and
    comments have other names at each play."""
    for side in ("", "-wal", "-shm"):
        path.with_name(path.name + side).unlink(missing_ok=True)
    text = gzip.decompress((DATA / f"{revision}.sql.gz").read_bytes()).decode()
    with closing(sqlite3.connect(":memory:")) as store:
        store.executescript(text)
        heads = "SELECT number, sha, base_sha FROM head_index"
        for number, sha, base in store.execute(heads).fetchall():
            pull = stage.pulls[number]
            text = text.replace(sha, pull.head_sha).replace(base, pull.base_sha)
        ((said, facts),) = store.execute("SELECT said, facts FROM delivery WHERE hear = 1")
    (question,) = (one for one in stage.pulls[ASKED].comments if one.user.kind == "User")
    text = text.replace(said, f"comment:{question.id}")
    text = text.replace(json.loads(facts)["node_id"], question.node_id)
    with closing(sqlite3.connect(path)) as store:
        store.executescript(text)


def rows(path: Path) -> dict[str, set[str]]:
    with closing(sqlite3.connect(path)) as store:
        known = {name for (name,) in store.execute("SELECT name FROM sqlite_master")}
        return {
            table: {one for (one,) in store.execute(f"SELECT {key} FROM {table}")}
            for table, key in KEPT.items()
            if table in known
        }


def shown(demo: Demo) -> dict[int, str | None]:
    return {
        number: run[-1].conclusion if (run := demo.stage.runs(number)) else "no check"
        for number in EARNED
    }


def test_there_is_a_store_of_every_earlier_revision() -> None:
    assert sorted(one.name for one in DATA.iterdir()) == [f"{one}.sql.gz" for one in EARLIER]


@pytest.mark.parametrize("revision", EARLIER)
async def test_n15_a_store_of_every_earlier_release_opens_and_settles(
    revision: str, tmp_path: Path
) -> None:
    async with hurried(tmp_path) as demo:
        settings, clock = demo.bot.settings, demo.clock
        await demo.bot.__aexit__(None, None, None)
        # As it was when the store was written, but for what was done about it since.
        play(demo.stage, list(EARNED))
        ask(demo.stage)
        laid(revision, settings.database, demo.stage)
        clock.forward(timedelta(minutes=5))
        before = rows(settings.database)
        async with Bot(settings, clock) as demo.bot:
            demo.simulator.hook_url = f"{demo.bot.url}/webhook"
            await quiet(demo, 300.0)
            queue, unsent = await demo.bot.claims.waiting(), await demo.bot.claims.unsent()
        after = rows(settings.database)

        assert revision_of(settings.database) == HEAD
        assert shown(demo) == EARNED
        assert ([one for one in queue if one.word != "waiting"], unsent) == ([], [])
        assert {table: kept - after[table] for table, kept in before.items()} == {
            table: set() for table in before
        }
        answers = [one for one in demo.stage.pulls[ASKED].comments if one.user.kind == "Bot"]
        assert len([one for one in answers if "handoff:reply" in one.body]) == 1
