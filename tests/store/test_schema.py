"""The store's revisions go up, down and up; hot statements find their rows by index."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from bot.store import endings, schema, turns
from bot.store.comparison import vanished
from bot.store.database import connect

HOT = {
    "homes": turns._HOMES,
    "due": turns._DUE,
    "row": endings._ROW,
    "unsent": endings._UNSENT,
    "published": "SELECT 1 FROM published WHERE key = 'x'",
    "heads": "SELECT number FROM head_index WHERE repo_id = 1 AND sha = 'a' AND open = 1 "
    "AND current = 1",
    "to hear": "SELECT facts FROM delivery WHERE pr = 'x' AND hear = 1",
    "timers": "SELECT key FROM timer WHERE due_at <= 1",
    "acts": "SELECT body FROM act WHERE repo_id = 1 AND number = 2",
    "asked": "SELECT max(at) FROM asked WHERE login = 'sam'",
    "whole": "SELECT id FROM report WHERE matter IS NOT NULL AND judged_at < 1",
}


def made(folder: Path) -> Path:
    path = folder / "handoff.sqlite"
    assert schema.upgrade(path)
    return path


def structure(path: Path) -> list[tuple[str, str]]:
    with sqlite3.connect(path) as store:
        query = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
        found: list[tuple[str, str]] = store.execute(query).fetchall()
    store.close()
    return found


def test_n15_a_revision_goes_up_down_and_up(tmp_path: Path) -> None:
    path = made(tmp_path)
    first = structure(path)
    schema.downgrade(path, "base")
    bare = structure(path)
    again = schema.upgrade(path)

    assert again
    assert [name for name, _ in bare] == ["alembic_version"]
    assert structure(path) == first
    assert schema.revision_of(path) == schema.HEAD
    assert not schema.upgrade(path)


def test_n15_a_store_of_the_version_before_keeps_its_rows(tmp_path: Path) -> None:
    path = made(tmp_path)
    with sqlite3.connect(path) as store:
        store.execute("INSERT INTO meta VALUES ('a', '1')")
        store.execute(
            "INSERT INTO act VALUES ('i', 'comment:9:1-abc', 7, 118, 'hold', 2, 1, 1, '{}')"
        )
    store.close()
    schema.downgrade(path, "0001")
    assert "act" not in dict(structure(path))

    assert schema.upgrade(path)
    with sqlite3.connect(path) as store:
        kept = store.execute("SELECT value FROM meta WHERE key = 'a'").fetchall()
        acts = store.execute("SELECT count(*) FROM act").fetchone()
    store.close()
    assert (kept, acts) == ([("1",)], (0,))


def test_n15_a_store_goes_up_in_a_folder_of_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "a?b%20c#d"
    path = made(folder)
    schema.downgrade(path, "0002")

    assert schema.upgrade(path)
    assert schema.revision_of(path) == schema.HEAD
    assert [one.name for one in tmp_path.iterdir()] == [folder.name]


def test_n15_the_first_store_is_what_alembic_would_have_made(tmp_path: Path) -> None:
    path = made(tmp_path)
    quick = structure(path)
    schema.downgrade(path, "base")
    schema._run(path, "upgrade", "head")

    assert structure(path) == quick


def test_going_down_leaves_a_copy_with_every_row_and_two_copies_at_most(tmp_path: Path) -> None:
    path = made(tmp_path)
    for at, name in enumerate(("old", "older", "oldest")):
        copy = path.with_name(f"{path.name}.before-{name}")
        copy.touch()
        os.utime(copy, (1000 - at, 1000 - at))
    with sqlite3.connect(path) as store:
        store.execute("INSERT INTO meta VALUES ('a', '1')")
    store.close()
    schema.downgrade(path, "base")
    copies = sorted(one.name for one in tmp_path.glob("*.before-*"))

    assert copies == ["handoff.sqlite.before-base", "handoff.sqlite.before-old"]
    with sqlite3.connect(tmp_path / copies[0]) as copy_:
        assert copy_.execute("SELECT * FROM meta").fetchall() == [("a", "1")]
    copy_.close()


def test_all_that_holds_rows_is_for_its_user_only(tmp_path: Path) -> None:
    path = tmp_path / "handoff.sqlite"
    schema.upgrade(path)
    schema.downgrade(path, "0002")
    schema.upgrade(path)
    connection = connect(path)
    try:
        connection.execute("INSERT INTO meta VALUES ('a', 'b')")
        modes = {one.name: one.stat().st_mode & 0o777 for one in tmp_path.iterdir()}
    finally:
        connection.close()

    kinds = ("", "-wal", "-shm", ".before-0002", ".before-0003")
    assert modes == {f"handoff.sqlite{kind}": 0o600 for kind in kinds}


def test_a_newer_store_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path)
    with sqlite3.connect(path) as store:
        store.execute("UPDATE alembic_version SET version_num = '9999'")
    store.close()

    with pytest.raises(schema.Newer, match=f"9999.*handoff db downgrade {schema.HEAD}"):
        schema.upgrade(path)


@pytest.mark.parametrize("name", HOT)
def test_hot_statements_find_their_rows_by_index(name: str, tmp_path: Path) -> None:
    store = connect(made(tmp_path))
    query = HOT[name]
    words = ("now", "home", "blocked", "silent", "queued", "once", "twice", "batch", "pr", "repeat")
    values = dict.fromkeys(words, 1) if ":" in query else ("x",) * query.count("?")
    plan = [row[3] for row in store.execute(f"EXPLAIN QUERY PLAN {query}", values)]
    store.close()

    assert [line for line in plan if line.startswith("SCAN") and line != "SCAN i"] == []
    assert not any("TEMP B-TREE" in line for line in plan)


def test_what_vanished_is_looked_for_among_what_is_open(tmp_path: Path) -> None:
    """All heads that a repository ever had are many, and the loop stands still meanwhile."""
    store = connect(made(tmp_path))
    asked: list[str] = []
    store.set_trace_callback(asked.append)
    vanished(store, 1, (), 0)
    store.set_trace_callback(None)
    plan = store.execute(f"EXPLAIN QUERY PLAN {asked[0]}").fetchall()
    store.close()

    assert "USING INDEX head_open" in plan[0][3]
