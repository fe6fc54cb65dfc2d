"""A whole store is taken from one kind to the other and back; cut short, nothing was moved."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bot.cli.main import main
from bot.durable.engine import engine_schema
from bot.errors import Trouble
from bot.failpoint import Broken, disable, enable
from bot.model.claim import Done
from bot.store import database, postgres_schema, schema
from bot.store import move as moving
from bot.store.database import connect
from bot.store.move import TABLES, move
from bot.store.postgres import PostgresTx, _Found
from tests.store.shop import POLICY, Shop, head, judged, said, sent
from tests.store.test_outbox import check
from tests.support.postgres import Postgres

NAMES = count(1)


@pytest.fixture
def url(postgres: Postgres) -> str:
    """The address of an empty database."""
    return postgres.create(f"move{next(NAMES)}")


@pytest.fixture
def failing() -> Iterator[None]:
    """Failpoints end with the test."""
    yield
    disable()


async def filled(folder: Path) -> Path:
    """A store with a row in each state: settled, running, on its way, to be heard, timed."""
    here = Shop(folder)
    here.open()
    for number in (1, 2, 3):
        await here.deliver(number, head=head(here, "abc"[number - 1], number))
    await here.deliver(4, **said(here, "/handoff why"))
    settled, running, *_ = await here.take()
    assert await here.ledger.commit(settled, judged(check("1 of 2"), relevance=POLICY))
    await here.claims.finish(settled, Done())
    assert await here.ledger.commit(running, judged(check("2 of 2")))
    assert len(await sent(here, running)) == 1
    await here.sweeps.arm("installations", timedelta(hours=1))
    here.database.close()
    return folder / "handoff.sqlite"


def counts(tx: PostgresTx | sqlite3.Connection) -> dict[str, int]:
    return {name: tx.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in TABLES}


async def test_there_and_back_again_everything_is_as_it_was(url: str, tmp_path: Path) -> None:
    first, last = await filled(tmp_path / "a"), tmp_path / "b" / "handoff.sqlite"
    postgres_schema.upgrade(url, engine_schema())
    schema.upgrade(last)
    with closing(connect(first)) as source, closing(connect(last)) as target:
        with postgres_schema.owned(url) as between:
            there = move(source, between, "there")
            back = move(between, target, "back")
        ours = "SELECT pr, run_owner, due_at IS NOT NULL, seq, evaluated_seq FROM dirty ORDER BY pr"
        states = target.execute("SELECT state, count(*) FROM outbox GROUP BY state").fetchall()

        assert there.rows == back.rows == counts(target)
        assert {one for one, many in there.rows.items() if many} >= {
            *("installation", "repository", "policy", "delivery", "dirty", "head_index"),
            *("timer", "outbox"),
        }
        assert target.execute(ours).fetchall() == source.execute(ours).fetchall()
        assert target.execute("SELECT 1 FROM dirty WHERE run_owner IS NOT NULL").fetchall() == []
        assert "sending" not in dict(states)
        with pytest.raises(Trouble, match="moved to there already"):
            move(source, target, "again")


async def test_no_more_rows_are_held_at_a_time_than_are_written_at_once(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, last = await filled(tmp_path / "a"), tmp_path / "b" / "handoff.sqlite"
    postgres_schema.upgrade(url, engine_schema())
    schema.upgrade(last)
    monkeypatch.setattr(moving, "BATCH", 2)
    found, take = list[int](), _Found.take

    def taken(self: _Found, cursor: Any) -> None:
        found.extend([cursor.rowcount] if str(cursor.statusmessage).startswith("SELECT") else ())
        take(self, cursor)

    monkeypatch.setattr(_Found, "take", taken)
    with closing(connect(first)) as source, closing(connect(last)) as target:
        with postgres_schema.owned(url) as between:
            there = move(source, between, "there")
            back = move(between, target, "back")

        assert there.rows == back.rows == counts(target)
    assert there.rows["delivery"] > 2
    assert max(found) == 2


@pytest.mark.parametrize("point", ["moving", "moved"])
async def test_cut_short_it_can_be_done_again_from_the_same_source(
    point: str, url: str, tmp_path: Path, failing: None
) -> None:
    first = await filled(tmp_path / "a")
    postgres_schema.upgrade(url, engine_schema())
    enable(f"{point}:raise:1")
    with closing(connect(first)) as source, postgres_schema.owned(url) as target:
        with pytest.raises(Broken):
            move(source, target, "there")
        there = counts(target)
        if point == "moving":
            assert set(there.values()) == {0}
            assert move(source, target, "there").rows == counts(target)
        else:
            with pytest.raises(Trouble, match="the target is not empty: there are rows in"):
                move(source, target, "there")
            assert counts(target) == there


async def test_the_command_moves_says_where_and_refuses_what_it_cannot_do(
    url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("HANDOFF_DATABASE_URL", raising=False)
    await filled(tmp_path / "a")
    here = ["--data-dir", str(tmp_path / "a")]
    codes = [
        main(["move", "--to", "mysql://x", *here]),
        main(["move", "--to", url, "--data-dir", str(tmp_path / "none")]),
        main(["move", "--to", url, *here]),
        main(["move", "--to", url, *here]),
        main(["move", "--to", "postgresql://nobody@127.0.0.1:1/none", *here]),
    ]
    said_so = capsys.readouterr()

    assert codes == [2, 3, 0, 3, 3]
    assert f"from now on: HANDOFF_DATABASE_URL={url}" in said_so.out
    assert "there is no store at sqlite:///" in said_so.err
    assert "was moved to postgresql://" in said_so.err
    monkeypatch.setenv("HANDOFF_DATABASE_URL", url)
    assert main(["migrate", "--check"]) == 0
    assert main(["move", "--to", f"sqlite:///{tmp_path / 'c' / 'handoff.sqlite'}"]) == 0


def full(path: Path) -> sqlite3.Connection:
    """A disk that takes nothing more, and much to put there."""
    connection = connect(path)
    if path.parent.name == "a":
        connection.execute("INSERT INTO meta VALUES ('much', hex(zeroblob(50000)))")
    else:
        connection.execute("PRAGMA max_page_count = 1")
    return connection


def no_text(path: Path) -> sqlite3.Connection:
    """A text that is none."""
    connection = connect(path)
    connection.execute("UPDATE timer SET key = CAST(x'ff' AS TEXT)")
    return connection


@pytest.mark.parametrize(
    ("to", "spoil", "says"),
    [("sqlite:///FOLDER/b/it", full, "b/it cannot .* is full"), ("POSTGRES", no_text, "UTF-8")],
)
async def test_what_the_file_refuses_is_no_bug_of_ours(
    to: str,
    spoil: Callable[[Path], sqlite3.Connection],
    says: str,
    url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await filled(tmp_path / "a")
    monkeypatch.delenv("HANDOFF_DATABASE_URL", raising=False)
    monkeypatch.setattr(database, "connect", spoil)

    there = to.replace("POSTGRES", url).replace("FOLDER", str(tmp_path))
    assert main(["move", "--to", there, "--data-dir", str(tmp_path / "a")]) == 3
    assert re.search(says, capsys.readouterr().err)


@pytest.mark.parametrize("other", ["handoff:geheim@127.0.0.1", "handoff@localhost"])
def test_a_store_is_not_moved_onto_itself(
    other: str, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HANDOFF_DATABASE_URL", url)
    # It would wait for itself.
    monkeypatch.setattr(postgres_schema, "PATIENCE_MS", 50)
    assert main(["migrate"]) == 0

    assert main(["move", "--to", url.replace("handoff@127.0.0.1", other)]) == 3
    assert f"the store is at {url} already" in capsys.readouterr().err


def test_a_file_is_not_moved_onto_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--data-dir", str(tmp_path / "a")]
    assert main(["migrate", *words]) == 0

    assert main(["move", "--to", f"sqlite:///{tmp_path}/b/../a/handoff.sqlite", *words]) == 3
    assert "a/handoff.sqlite already" in capsys.readouterr().err
