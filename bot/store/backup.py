"""A copy of the store that is whole while the server goes on, and the way back from one."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from glob import escape
from itertools import count
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING

from bot.errors import StoreTrouble, Trouble
from bot.failpoint import failpoint
from bot.store.claims import release_all
from bot.store.controls import wake_installation
from bot.store.database import Unfit, connect
from bot.store.marking import remember
from bot.store.moment import to_ms
from bot.store.schema import HEAD, Newer, revision_of, upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.store.port import Tx

KEPT_AS = ".replaced"
_SIDES = ("-wal", "-shm")
# What GitHub shows by now may be newer than what a restored store knows of.
_DOUBTFUL = (
    "UPDATE published SET state = 'unsure' WHERE state = 'live'",
    "UPDATE outbox SET state = 'uncertain' WHERE state IN ('pending', 'sending')",
)


def backup(store: Path, target: Path) -> None:
    """Write a checked copy to `target`, whole or not at all, beside whoever writes to the store.
    Raises StoreTrouble."""
    if target.resolve() == store.resolve():
        raise StoreTrouble("the backup would take the place of the store")
    if target.exists() and not target.is_file():
        raise StoreTrouble(f"{target} is a folder or a device: name a file, such as {store.name}")
    try:
        if not store.exists():
            mend = "name its folder (HANDOFF_DATA_DIR)"
            raise StoreTrouble(f"no backup was made: there is no store at {store}: {mend}")
        with _copied(store, target) as beside:
            beside.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise StoreTrouble(f"no backup was made of {store} in {target}: {error}") from error


@dataclass(frozen=True, slots=True)
class Backups:
    """Copies in the folder `backups` beside the store, `every` so many hours, 0 for never."""

    store: Path
    every: int
    keep: int

    def make(self, now: datetime) -> None:
        """The next one; the oldest beyond `keep` go. Raises StoreTrouble."""
        folder, stem, suffix = self.store.with_name("backups"), self.store.stem, self.store.suffix
        folder.mkdir(mode=0o700, exist_ok=True)
        for cut_short in folder.glob(f"{stem}-*Z{suffix}*.new"):
            cut_short.unlink()
        backup(self.store, folder / f"{stem}-{now:%Y%m%dT%H%M%SZ}{suffix}")
        for old in sorted(folder.glob(f"{stem}-*{suffix}"))[: -self.keep]:
            old.unlink()


def restore(file: Path, store: Path, now: datetime, *, force: bool) -> None:
    """Put a backup in the store's place, which the caller has locked: what is there is kept beside
    it, and what GitHub has seen since the backup is looked for. Raises Trouble."""
    if store.exists() and not force:
        raise Trouble(f"{store} is there already: --force keeps it as {_kept(store).name}")
    try:
        _refuse_other(file)
        with _copied(file, store) as beside:
            upgrade(beside)
            with closing(connect(beside)) as connection:
                connection.execute("BEGIN IMMEDIATE")
                look_first(connection, to_ms(now))
                connection.execute("COMMIT")
            failpoint("restoring")
            _take_place(beside, store)
    except (OSError, sqlite3.Error) as error:
        raise Trouble(f"{file} cannot be restored: {error}") from error


def _refuse_other(file: Path) -> None:
    """Raise Trouble where the file holds no store."""
    why = "it holds no store" if file.exists() else "there is no such file"
    try:
        now = revision_of(file)
        if now is not None and now <= HEAD:
            return
        if now is not None:
            raise Newer(
                f"{file} is of a newer version: it is at {now}, this one knows {HEAD}: restore it "
                "with the newer version"
            )
    except Unfit as unfit:
        # Its own words are advice on the store that is in use.
        why = str(unfit.__cause__)
    raise Trouble(f"{file} is no backup: {why}; name one that `handoff backup` made")


def look_first(tx: Tx, now: int) -> None:
    """Nothing is believed to stand as it is known, and everything that is open is judged."""
    for statement in _DOUBTFUL:
        tx.execute(statement)
    release_all(tx, now)
    there = "SELECT id FROM installation WHERE removed_at IS NULL AND id != 0"
    for (installation,) in tx.execute(there).fetchall():
        wake_installation(tx, installation, now)
    remember(tx, "restored_at", str(now))


def _take_place(beside: Path, store: Path) -> None:
    kept = _kept(store)
    if store.exists():
        # What its log holds belongs to it: as one file it is whole, whenever this is cut short.
        with suppress(sqlite3.Error), closing(sqlite3.connect(store)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        kept.hardlink_to(store)
    failpoint("kept")
    # Another store's log must not be read into this one.
    for side in _SIDES:
        log = store.with_name(store.name + side)
        if log.exists():
            log.replace(kept.with_name(kept.name + side))
    beside.replace(store)


def _kept(store: Path) -> Path:
    """The first name for a store that was replaced under which nothing is kept yet."""
    for nth in count(1):
        kept = store.with_name(store.name + KEPT_AS + (f"-{nth}" if nth > 1 else ""))
        if not any(kept.with_name(kept.name + side).exists() for side in ("", *_SIDES)):
            break
    return kept


@contextmanager
def _copied(store: Path, target: Path) -> Iterator[Path]:
    """A checked copy for the target's place, which only its owner can read; gone afterwards where
    it was not put there."""
    # Another run may be writing for the same place: neither meets the other's file.
    handle, name = mkstemp(dir=target.parent, prefix=f"{target.name}.", suffix=".new")
    os.close(handle)
    beside = Path(name)
    try:
        with closing(_reading(store)) as reader:
            # Bytes: a name need not be UTF-8.
            reader.execute("VACUUM INTO CAST(? AS TEXT)", (os.fsencode(name),))
        failpoint("backed-up")
        _check(beside)
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        yield beside
    finally:
        # With its log, and the copies that were made to bring it up to date.
        for left in beside.parent.glob(f"{escape(beside.name)}*"):
            left.unlink()


def _reading(path: Path) -> sqlite3.Connection:
    """A connection that makes no file where none is."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def _check(path: Path) -> None:
    with closing(_reading(path)) as copy:
        (found,) = copy.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise sqlite3.DatabaseError(found)
    # An empty file is sound too.
    if revision_of(path) is None:
        raise sqlite3.DatabaseError("it would be empty")
