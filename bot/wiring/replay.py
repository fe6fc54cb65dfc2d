"""A stored judgement judged again: only JUDGE runs, nothing is read from anywhere else."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bot import __version__
from bot.clock import SystemClock
from bot.judge.evaluate import evaluate
from bot.model.codec import Decoder
from bot.model.report import Matter
from bot.store.database import Database, Unfit
from bot.store.inbox import Inbox
from bot.store.ledger import StoreLedger
from bot.store.schema import HEAD, revision_of
from bot.text.decisions import decision_rows
from bot.text.report_json import report_bytes
from bot.wiring.catalogue import registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def replayed(matter: bytes) -> bytes:
    """Report JSON of a stored matter; raises ValueError when it cannot be read."""
    classes = {rule.id: rule.options for rule in registry().values()}
    decoded: Matter = Decoder(classes).decode(Matter, json.loads(matter))
    return report_bytes(evaluate(decoded, registry(), __version__))


async def stored(store: Path, repo: str, number: int, report: str | None) -> tuple[bytes, bytes]:
    """(report, matter) from a store that no server uses; raises InUse or Unfit."""
    with _ledger(store, "handoff replay") as ledger:
        return await ledger.find(repo, number, report)


async def decided(store: Path, repo: str) -> list[dict[str, Any]]:
    """The decision records from a store that no server uses; raises InUse or Unfit."""
    with _ledger(store, "handoff decisions") as ledger:
        return decision_rows(await ledger.decided(repo))


@contextmanager
def _ledger(store: Path, who: str) -> Iterator[StoreLedger]:
    database = Database(store)
    database.lock(who, wait=False)
    try:
        if (now := revision_of(store)) != HEAD:
            raise Unfit(f"{store} is at {now or 'nothing'}, this version has {HEAD}")
        database.open()
        clock = SystemClock()
        yield StoreLedger(database, Inbox(database, clock), clock, os.urandom)
    finally:
        database.close()
