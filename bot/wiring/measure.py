"""What is counted beside the work, and what is known only by looking when somebody asks."""

from __future__ import annotations

import asyncio
import shutil
from math import nan
from operator import itemgetter
from typing import TYPE_CHECKING

from bot.errors import StoreTrouble
from bot.logs import get_logger
from bot.metrics import (
    API_REMAINING,
    DIRTY,
    DISK,
    DISK_FREE,
    EVALUATION,
    EVALUATIONS,
    EVENT_AGE,
    FENCED,
    LIMITED,
    OLDEST_DUE,
    OUTBOX,
    OUTBOX_OLDEST,
    OVERLAP,
    PARKED,
    RULE_VERDICTS,
    STORE_BYTES,
    TIMERS_DUE,
    WRITE_SCALE,
    Labels,
)
from bot.model.claim import Done, Fenced, LimitedUntil
from bot.model.effect import EffectClass
from bot.model.wake import Lane
from bot.store.moment import to_ms
from bot.store.unsettled import counts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from bot.clock import Clock
    from bot.durable.port import Handler
    from bot.github.client import GitHub
    from bot.metrics import Metrics
    from bot.model.claim import Claim, Outcome
    from bot.model.report import Report
    from bot.store.port import Store, Tx

_log = get_logger()
# Who asks for metrics waits 10 s, if not told otherwise.
LOOK_SECONDS = 5.0
# Where nothing may be said, nothing is stuck. Who says it may be another installation by now.
_UNSENT = (
    "SELECT o.state, o.class, count(*), min(CASE WHEN coalesce(i.suspended_at, i.removed_at, "
    "r.removed_at, nullif(r.archived, 0)) IS NULL THEN o.planned_at END) FROM outbox o "
    "LEFT JOIN dirty d ON d.pr = o.pr "
    "LEFT JOIN installation i ON i.id = coalesce(d.installation_id, o.installation_id) "
    "LEFT JOIN repository r ON r.id = d.repo_id WHERE o.state != 'dead' GROUP BY o.state, o.class"
)
# Who may not be looked at now, for a limit or a suspension, does not wait for us.
_DUE = (
    "SELECT d.lane, min(d.first_at) FROM dirty d JOIN installation i ON i.id = d.installation_id "
    "JOIN repository r ON r.id = d.repo_id WHERE d.run_owner IS NULL AND d.parked = 'no' "
    "AND d.due_at <= :now AND coalesce(i.suspended_at, i.removed_at, r.removed_at) IS NULL "
    "AND r.archived = 0 AND NOT EXISTS (SELECT 1 FROM budget b WHERE b.installation_id = i.id "
    "AND b.blocked_until > :now) GROUP BY d.lane"
)
_PARKED = (
    "SELECT d.parked, count(*) FROM dirty d JOIN installation i ON i.id = d.installation_id "
    "JOIN repository r ON r.id = d.repo_id WHERE d.parked != 'no' AND r.archived = 0 "
    "AND coalesce(i.suspended_at, i.removed_at, r.removed_at) IS NULL GROUP BY d.parked"
)


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
        self.took("all", seconds)
        for leaf in (leaf for entry in (report.entries if report else ()) for leaf in entry.leaves):
            self._metrics.count(RULE_VERDICTS, leaf.rule, leaf.verdict.outcome.value)
        for fault in report.faults if report else ():
            _log.error("rule_failed", fault=fault.id, rule=fault.where, why=fault.what)

    def took(self, stage: str, seconds: float) -> None:
        """A stage of an evaluation is over."""
        self._metrics.observe(EVALUATION, seconds, stage)

    def fault(self, claim: Claim, fault: str, error: BaseException) -> None:
        """A bug of ours, with its trace."""
        _log.error("evaluation_failed", pr=claim.subject.key, fault=fault, exc_info=error)


def counted(handle: Handler, metrics: Metrics, clock: Clock) -> Handler:
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
        if isinstance(outcome, Fenced):
            metrics.count(FENCED)
        now = clock.now()
        if isinstance(outcome, LimitedUntil):
            metrics.count(LIMITED, by=max(0.0, (outcome.until - now).total_seconds()))
        if isinstance(outcome, Done) and claim.evaluate:
            metrics.observe(EVENT_AGE, (now - claim.first_at).total_seconds())
        return outcome

    return handled


async def look(metrics: Metrics, database: Store, folder: Path | None, now: datetime) -> None:
    """Set what is known only by looking: queues, timers, sizes. `folder`: where the store is on a
    disk of this machine. While it is away nothing is said of its queues, so that who leads and who
    is silent can be shown."""
    if folder is not None:
        disk = shutil.disk_usage(folder)
        metrics.set(DISK, disk.total)
        metrics.set(DISK_FREE, disk.free)
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            await database.search(lambda tx: _queues(metrics, tx, to_ms(now)))
            metrics.set(STORE_BYTES, await database.read(database.size))
    except (StoreTrouble, TimeoutError) as trouble:
        _log.warning("queues_not_seen", why=repr(trouble))
        for labelled in (DIRTY, OLDEST_DUE, PARKED, OUTBOX):
            metrics.replace(labelled, {})
        for one in (OUTBOX_OLDEST, TIMERS_DUE, STORE_BYTES):
            metrics.set(one, nan)


def _queues(metrics: Metrics, tx: Tx, now: int) -> None:
    metrics.replace(DIRTY, {(word,): many for word, many in counts(tx, now).items()})
    lanes = {Lane(lane): first or now for lane, first in tx.execute(_DUE, {"now": now})}
    waits = {(lane.name.lower(),): (now - lanes.get(lane, now)) / 1000 for lane in Lane}
    metrics.replace(OLDEST_DUE, waits)
    metrics.replace(PARKED, {(why,): count for why, count in tx.execute(_PARKED)})
    unsent = tx.execute(_UNSENT).fetchall()
    metrics.replace(
        OUTBOX,
        {(state, EffectClass(order).name.lower()): many for state, order, many, _ in unsent},
    )
    oldest = min((at for *_, at in unsent if at is not None), default=now)
    metrics.set(OUTBOX_OLDEST, (now - oldest) / 1000)
    (timers,) = tx.execute("SELECT count(*) FROM timer WHERE due_at <= ?", (now,)).fetchone()
    metrics.set(TIMERS_DUE, timers)


def budgets(metrics: Metrics, github: GitHub) -> None:
    """Set what is left of each installation's limits."""
    clients = github.known()
    left = {
        (str(number), resource): quota.remaining
        for number, client in clients.items()
        for resource, quota in client.budget_left().items()
    }
    scales = {(str(number),): client.scale for number, client in clients.items()}
    metrics.replace(API_REMAINING, _lowest_first(left))
    metrics.replace(WRITE_SCALE, _lowest_first(scales))


def _lowest_first(values: Mapping[Labels, float]) -> Mapping[Labels, float]:
    """Of more than can be shown by name those are shown who may have to wait."""
    return dict(sorted(values.items(), key=itemgetter(1)))
