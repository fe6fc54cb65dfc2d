"""What is counted beside the work, and what is known only by looking when somebody asks."""

from __future__ import annotations

import shutil
from collections import Counter
from typing import TYPE_CHECKING

from bot.logs import get_logger
from bot.metrics import (
    DIRTY,
    DISK_FREE,
    EVALUATION,
    EVALUATIONS,
    EVENT_AGE,
    LIMITED,
    OLDEST_DUE,
    OUTBOX,
    OUTBOX_OLDEST,
    OVERLAP,
    RULE_VERDICTS,
    STORE_BYTES,
    TIMERS_DUE,
)
from bot.model.claim import Done, LimitedUntil
from bot.store.moment import to_ms

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime
    from pathlib import Path

    from bot.clock import Clock
    from bot.metrics import Metrics
    from bot.model.claim import Claim, Outcome
    from bot.model.report import Report
    from bot.store.claims import Claims
    from bot.store.database import Database

_log = get_logger()
_UNSENT = "SELECT state, count(*), min(planned_at) FROM outbox WHERE state != 'dead' GROUP BY state"


class RunLog:
    """One line an evaluation; faults with their trace."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def evaluated(self, claim: Claim, report: Report | None, seconds: float) -> None:
        """One line per evaluation."""
        _log.info(
            "evaluated",
            pr=claim.subject.key,
            repo=claim.repo,
            epoch=claim.epoch,
            seq=claim.seq,
            delivery=claim.delivery,
            outcome=report.conclusion().value if report else "silent",
            ms=round(seconds * 1000),
        )
        self._metrics.observe(EVALUATION, seconds)
        for leaf in (leaf for entry in (report.entries if report else ()) for leaf in entry.leaves):
            self._metrics.count(RULE_VERDICTS, leaf.rule, leaf.verdict.outcome.value)
        for fault in report.faults if report else ():
            _log.error("rule_failed", fault=fault.id, rule=fault.where, why=fault.what)

    def fault(self, claim: Claim, fault: str, error: BaseException) -> None:
        """A bug of ours, with its trace."""
        _log.error("evaluation_failed", pr=claim.subject.key, fault=fault, exc_info=error)


def counted(
    handle: Callable[[Claim], Awaitable[Outcome]], metrics: Metrics, clock: Clock
) -> Callable[[Claim], Awaitable[Outcome]]:
    """The same work, counted."""
    running: set[str] = set()

    async def handled(claim: Claim) -> Outcome:
        if claim.subject.key in running:
            metrics.count(OVERLAP)
        running.add(claim.subject.key)
        try:
            outcome = await handle(claim)
        finally:
            running.discard(claim.subject.key)
        metrics.count(EVALUATIONS, type(outcome).__name__)
        now = clock.now()
        if isinstance(outcome, LimitedUntil):
            metrics.count(LIMITED, by=max(0.0, (outcome.until - now).total_seconds()))
        if isinstance(outcome, Done) and claim.evaluate:
            metrics.observe(EVENT_AGE, (now - claim.first_at).total_seconds())
        return outcome

    return handled


async def look(
    metrics: Metrics, claims: Claims, database: Database, path: Path, now: datetime
) -> None:
    """Set what is known only by looking: queues, timers, sizes."""
    rows = await claims.waiting()
    metrics.replace(DIRTY, Counter((one.word,) for one in rows))
    due = [one.since for one in rows if one.word == "due" and one.since]
    metrics.set(OLDEST_DUE, (now - min(due)).total_seconds() if due else 0)
    unsent, timers = await database.read(
        lambda tx: (
            tx.execute(_UNSENT).fetchall(),
            tx.execute("SELECT count(*) FROM timer WHERE due_at <= ?", (to_ms(now),)).fetchone(),
        )
    )
    metrics.replace(OUTBOX, {(state,): count for state, count, _ in unsent})
    oldest = min((at for _, _, at in unsent), default=to_ms(now))
    metrics.set(OUTBOX_OLDEST, (to_ms(now) - oldest) / 1000)
    metrics.set(TIMERS_DUE, timers[0])
    _sizes(metrics, path)


def _sizes(metrics: Metrics, path: Path) -> None:
    metrics.set(STORE_BYTES, path.stat().st_size)
    metrics.set(DISK_FREE, shutil.disk_usage(path.parent).free)
