"""A backup is whole or not there; a store that was restored believes nothing until it looked."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bot import failpoint
from bot.errors import StoreTrouble, Trouble
from bot.model.keeping import Receipt
from bot.store.backup import Backups, backup, restore
from bot.store.schema import HEAD, Newer, downgrade, revision_of
from tests.store.shop import Shop, head, judged, sent, shop
from tests.store.test_outbox import check
from tests.support.clock import START

pytestmark = pytest.mark.one_file

LATER = START + timedelta(hours=2)
"""When it is restored."""


def asked(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as store:
        return store.execute(query).fetchall()


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


async def told(here: Shop) -> None:
    """One check stands, another waits, and a third pull request is being judged."""
    for number in (1, 2, 3):
        await here.deliver(number, head=head(here, str(number), number))
    claims = {one.subject.number: one for one in await here.take()}
    for number in (1, 2):
        assert await here.ledger.commit(claims[number], judged(check("1 of 2", str(number) * 40)))
    (row,) = await sent(here, claims[1])
    await here.ledger.sent(claims[1], row, Receipt(remote_id=77))


async def test_a_backup_is_made_while_the_store_is_written_to(tmp_path: Path) -> None:
    file = tmp_path / "kept" / "copy.sqlite"
    file.parent.mkdir()
    async with shop(tmp_path) as here:
        await told(here)
        backup(tmp_path / "handoff.sqlite", file)
        await here.deliver(4)
        backup(tmp_path / "handoff.sqlite", file)
        await here.deliver(5)

    assert asked(file, "SELECT count(*) FROM delivery") == [(4,)]
    assert file.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in file.parent.iterdir()] == ["copy.sqlite"]


async def test_two_at_once_do_not_spoil_each_others_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, file = tmp_path / "handoff.sqlite", tmp_path / "copy.sqlite"
    async with shop(tmp_path) as here:
        await here.deliver(1)

    def another(name: str) -> None:
        monkeypatch.undo()
        backup(store, file)

    monkeypatch.setattr("bot.store.backup.failpoint", another)
    backup(store, file)

    assert asked(file, "SELECT count(*) FROM delivery") == [(1,)]


async def test_a_copy_may_have_any_name(tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode(b"copy \xff?#%.sqlite")
    async with shop(tmp_path):
        backup(tmp_path / "handoff.sqlite", file)

    assert revision_of(file) == HEAD


def no_store(folder: Path) -> Path:
    return folder / "nothing.sqlite"


def an_empty_one(folder: Path) -> Path:
    path = folder / "empty.sqlite"
    path.touch()
    return path


def a_broken_one(folder: Path) -> Path:
    path = folder / "broken.sqlite"
    path.write_bytes(b"no database" * 100)
    return path


@pytest.mark.parametrize("store", [no_store, an_empty_one, a_broken_one])
def test_what_cannot_be_copied_leaves_the_last_copy(
    store: Callable[[Path], Path], tmp_path: Path
) -> None:
    file = tmp_path / "copy.sqlite"
    file.write_text("the last one")

    with pytest.raises(StoreTrouble, match=f"no backup was made.*{tmp_path}/.*sqlite"):
        backup(store(tmp_path), file)

    assert file.read_text() == "the last one"
    assert not [*tmp_path.glob("*.new")]


async def test_the_newest_backups_are_kept(tmp_path: Path) -> None:
    async with shop(tmp_path):
        for hours in range(4):
            Backups(tmp_path / "handoff.sqlite", 1, 2).make(START + timedelta(hours=hours))

    assert sorted(one.name for one in (tmp_path / "backups").iterdir()) == [
        "handoff-20260302T110000Z.sqlite",
        "handoff-20260302T120000Z.sqlite",
    ]


async def test_copies_that_were_cut_short_do_not_pile_up(tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    for left in ("handoff-20260301T090000Z.sqlite.new", "handoff-20260301T100000Z.sqlite.a_b.new"):
        (folder / left).write_text("the first half")
    async with shop(tmp_path):
        Backups(tmp_path / "handoff.sqlite", 1, 2).make(START)

    assert names(folder) == ["handoff-20260302T090000Z.sqlite"]


async def test_a_restore_that_is_refused_leaves_nothing(tmp_path: Path) -> None:
    store, file = tmp_path / "handoff.sqlite", tmp_path / "copy.sqlite"
    async with shop(tmp_path):
        backup(store, file)
    with closing(sqlite3.connect(file)) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
        newer.commit()
    before = names(tmp_path)

    with pytest.raises(Newer, match="is of a newer version: it is at 9999") as refused:
        restore(file, store, LATER, force=True)

    assert refused.value.what.startswith(f"{file} ")
    assert names(tmp_path) == before


async def test_a_restored_store_doubts_and_judges_everything(tmp_path: Path) -> None:
    store, file = tmp_path / "handoff.sqlite", tmp_path / "copy.sqlite"
    async with shop(tmp_path) as here:
        await told(here)
        backup(store, file)
        await here.deliver(4)

    restore(file, store, LATER, force=True)

    assert asked(store, "SELECT state FROM published") == [("unsure",)]
    assert asked(store, "SELECT state FROM outbox") == [("uncertain",)]
    assert asked(store, "SELECT value FROM meta WHERE key = 'restored_at'") == [
        (str(round(LATER.timestamp() * 1000)),)
    ]
    rows = asked(store, "SELECT number, seq, run_owner, attempts, crashes FROM dirty")
    assert rows == [(number, 2, None, 0, 0) for number in (1, 2, 3)]
    assert asked(store, "SELECT count(*) FROM dirty WHERE due_at IS NULL") == [(0,)]
    # What it replaced is whole beside it.
    assert asked(tmp_path / "handoff.sqlite.replaced", "SELECT count(*) FROM delivery") == [(4,)]


async def test_the_log_of_the_store_before_is_not_read_into_it(tmp_path: Path) -> None:
    store, file = tmp_path / "handoff.sqlite", tmp_path / "copy.sqlite"
    async with shop(tmp_path) as here:
        backup(store, file)
        await here.deliver(1)
        # As after kill -9: what was committed last stands in the log only.
        log = (tmp_path / "handoff.sqlite-wal").read_bytes()
    (tmp_path / "handoff.sqlite-wal").write_bytes(log)

    restore(file, store, LATER, force=True)

    assert asked(store, "SELECT count(*) FROM delivery") == [(0,)]
    kept = tmp_path / "handoff.sqlite.replaced"
    assert asked(kept, "SELECT count(*) FROM delivery") == [(1,)]


async def test_the_log_of_a_store_that_is_lost_is_kept(tmp_path: Path) -> None:
    store, file, log = (tmp_path / f"handoff.sqlite{end}" for end in ("", ".copy", "-wal"))
    async with shop(tmp_path):
        backup(store, file)
    store.unlink()
    log.write_bytes(b"what was last")

    restore(file, store, LATER, force=False)

    assert revision_of(store) == HEAD
    assert (tmp_path / "handoff.sqlite.replaced-wal").read_bytes() == b"what was last"


async def test_no_store_that_is_kept_is_overwritten(tmp_path: Path) -> None:
    store, file = tmp_path / "handoff.sqlite", tmp_path / "copy.sqlite"
    async with shop(tmp_path) as here:
        backup(store, file)
        await here.deliver(1)

    restore(file, store, LATER, force=True)
    restore(file, store, LATER, force=True)

    kept = (tmp_path / "handoff.sqlite.replaced", tmp_path / "handoff.sqlite.replaced-2")
    assert [asked(one, "SELECT count(*) FROM delivery") for one in kept] == [[(1,)], [(0,)]]


async def test_a_backup_of_the_version_before_is_brought_up_to_date(tmp_path: Path) -> None:
    file = tmp_path / "copy.sqlite"
    async with shop(tmp_path) as here:
        await here.deliver(1)
        backup(tmp_path / "handoff.sqlite", file)
    downgrade(file, "0001")
    (tmp_path / "new").mkdir()
    store = tmp_path / "new" / "handoff.sqlite"

    restore(file, store, LATER, force=False)

    assert revision_of(store) == HEAD
    assert revision_of(file) == "0001"
    assert [one.name for one in store.parent.iterdir()] == ["handoff.sqlite"]


async def test_a_store_does_not_become_its_own_backup(tmp_path: Path) -> None:
    store, link = tmp_path / "handoff.sqlite", tmp_path / "link"
    async with shop(tmp_path):
        link.symlink_to(store)
        inode = store.stat().st_ino
        for target in (store, link):
            with pytest.raises(StoreTrouble, match="take the place"):
                backup(store, target)

    assert store.stat().st_ino == inode


async def test_a_store_that_was_copied_by_hand_is_restored_in_its_place(tmp_path: Path) -> None:
    store = tmp_path / "handoff.sqlite"
    async with shop(tmp_path) as here:
        await told(here)

    restore(store, store, LATER, force=True)

    assert asked(store, "SELECT state FROM published") == [("unsure",)]
    assert asked(store, "SELECT count(*) FROM delivery") == [(3,)]


@pytest.mark.parametrize("point", ["backed-up", "restoring", "kept"])
async def test_a_restore_that_was_cut_short_changed_nothing_and_can_be_repeated(
    point: str, tmp_path: Path
) -> None:
    store, file = tmp_path / "handoff.sqlite", tmp_path / "copy.sqlite"
    async with shop(tmp_path) as here:
        backup(store, file)
        await here.deliver(1)
    before = store.read_bytes()
    failpoint.enable(f"{point}:raise:1")
    try:
        with pytest.raises(failpoint.Broken):
            restore(file, store, LATER, force=True)
    finally:
        failpoint.disable()
    assert store.read_bytes() == before

    restore(file, store, LATER, force=True)

    assert asked(store, "SELECT count(*) FROM delivery") == [(0,)]


async def test_a_store_is_not_replaced_unasked(tmp_path: Path) -> None:
    store, file = tmp_path / "handoff.sqlite", tmp_path / "copy.sqlite"
    async with shop(tmp_path) as here:
        backup(store, file)
        await here.deliver(1)

    with pytest.raises(Trouble, match="--force keeps it"):
        restore(file, store, LATER, force=False)
    for wrong in (no_store(tmp_path), an_empty_one(tmp_path), a_broken_one(tmp_path)):
        with pytest.raises(Trouble, match=f"{wrong} is no backup: .*; name one"):
            restore(wrong, store, LATER, force=True)

    assert asked(store, "SELECT count(*) FROM delivery") == [(1,)]


@pytest.mark.parametrize("revision", ["0002", "0009", HEAD])
def test_there_is_no_way_back_to_what_is_not_older(revision: str, tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="no way back"):
        downgrade(tmp_path / "handoff.sqlite", revision)
    assert list(tmp_path.iterdir()) == []
