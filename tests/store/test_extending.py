"""A file that many policies rest on."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from bot.model.effect import TimerKind
from bot.store.port import Tx
from tests.store.test_listing import town

MANY = 20


class Book:
    """Policies that all extend one file; in which thread each was read."""

    def __init__(self) -> None:
        self.readers: list[int] = []
        self.forgotten: list[str] = []

    def extends(self, text: str) -> str:
        self.readers.append(threading.get_ident())
        return text.partition(" ")[2]

    def forget(self, pushed: str = "") -> None:
        self.forgotten.append(pushed)


async def test_nobody_waits_until_all_that_extend_it_were_read(tmp_path: Path) -> None:
    async with town(tmp_path) as (here, one):
        base = one.repos[0]
        await one.list()
        await here.database.tx(lambda tx: extend(tx, base.id))
        book: Any = Book()
        told: list[str] = []
        one.sweeps.policies, one.sweeps.tell = book, told.append

        await one.sweeps(TimerKind.POLICY, f"policy:{base.id}")

        assert len(book.readers) == MANY
        assert threading.get_ident() not in book.readers
        # The second time with what they extend: for all of them at once.
        assert (book.forgotten, told) == (["c/r0", "", ""], ["policy:c/r0", "policy", "policy"])


def extend(tx: Tx, base: int) -> None:
    for nth in range(MANY):
        tx.execute(
            "INSERT INTO repository (id, installation_id, full_name) "
            "SELECT ?, installation_id, ? FROM repository WHERE id = ?",
            (nth + 1, f"c/service{nth}", base),
        )
        body = "extends: c/r0:a"
        kept = "INSERT INTO policy (scope, body, loaded_at) VALUES (?, ?, 0)"
        tx.execute(kept, (f"repo:{nth + 1}", body))
