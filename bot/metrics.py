"""Everything that is counted, each thing once, under one name, with few values to a label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

# More values of one label of a metric than this become `other`.
_VALUES = 200
OTHER = "other"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 8.0)
_MANY = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0)
_SLOW = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0)
_LATE = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)


@dataclass(frozen=True, slots=True, eq=False)
class Count:
    """Something that only rises; `name` without the prefix `handoff_`. `values` of its one label
    are shown from the start: what appears as 1 has not risen, so that nobody would be told."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """Something that rises and falls."""

    name: str
    help: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """How large something was each time it happened; `buckets` are upper bounds."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = _QUICK


DELIVERIES = Count("deliveries_total", "Deliveries stored or ignored.", ("event", "outcome"))
REJECTED = Count(
    "webhook_rejected_total",
    "Requests that were no good delivery.",
    ("reason",),
    ("malformed", "signature", "size", "slow", "target", "type"),
)
LAST_RECEIVED = Level("webhook_last_received_timestamp_seconds", "When a webhook last was good.")
SECRET_USED = Level(
    "secret_last_used_timestamp_seconds", "When an old secret was last needed.", ("which",)
)
ACK = Spread("ack_seconds", "From the request to its answer.")
COMMIT = Spread("commit_seconds", "From the first wish to its commit.")
COMMIT_BATCH = Spread("commit_batch_size", "Wishes committed at once.", (), _MANY)

DIRTY = Level("dirty", "Pull requests not settled.", ("state",))
OLDEST_DUE = Level("oldest_due_seconds", "How long the oldest due one waits.", ("lane",))
PARKED = Level("parked", "Pull requests given up until something changes.", ("why",))
EVENT_AGE = Spread("event_age_seconds", "From a delivery to GitHub's new verdict.", (), _LATE)
EVALUATIONS = Count("evaluations_total", "Evaluations by how they ended.", ("outcome",))
EVALUATION = Spread(
    "evaluation_seconds",
    "What each stage took; all: from the claim to the stored verdict.",
    ("stage",),
    _SLOW,
)
FENCED = Count("fenced_total", "Evaluations that came too late to count.")
OVERLAP = Count("overlap_total", "Two evaluations of one pull request at once; must be 0.")
RULE_VERDICTS = Count("rule_verdicts_total", "Verdicts of rules.", ("rule", "outcome"))

OUTBOX = Level("outbox", "Effects not yet done.", ("state", "class"))
OUTBOX_OLDEST = Level("outbox_oldest_seconds", "How long the oldest effect waits.")
WRITES_SKIPPED = Count("writes_skipped_total", "Effects that needed no writing.", ("why",))
UNCERTAIN = Count("uncertain_total", "Effects looked for after a lost answer.", ("found",))
MESSAGES = Count("messages_total", "Messages to channels.", ("channel", "kind", "outcome"))
BREAKER_OPEN = Level("channel_breaker_open", "Whether a target is left alone.", ("target",))
TIMERS_DUE = Level("timers_due", "Timers whose moment has come.")
TIMER_LATE = Spread("timer_late_seconds", "How late timers were.", (), _LATE)
CLOCK_JUMPS = Count("clock_jumps_total", "Times the clock was set while running.")
REDELIVERY = Count(
    "redelivery_total", "Deliveries that were missed.", ("result",), ("asked", "given-up")
)
DRIFT = Count(
    "reconcile_drift_total",
    "Pull requests that were not as we knew them.",
    ("what",),
    ("check", "head", "overdue"),
)

API_CALLS = Count(
    "api_calls_total", "Requests to GitHub; status 0: no answer.", ("route", "status")
)
API_REMAINING = Level(
    "api_remaining", "Calls left until the next reset.", ("installation", "resource")
)
WRITE_SCALE = Level("write_scale", "Part of our own limits in use.", ("installation",))
LIMITED = Count("limited_seconds_total", "Waits that GitHub's limits asked for.")

COMMANDS_REFUSED = Count("commands_refused_total", "Comments with a line not run.", ("reason",))

LEADER = Level("leader", "Whether this process hands out the work.")
HEARTBEAT_AGE = Level("heartbeat_age_seconds", "Since when this worker has not said that it lives.")
STALLED = Count("stalled_jobs_total", "Jobs that were taken from silent workers.")

STORE_BYTES = Level("store_bytes", "Size of the store.")
DISK_FREE = Level("disk_free_bytes", "Room left on the store's disk.")
DISK = Level("disk_bytes", "Size of the store's disk.")
LOOP_LAG = Level("loop_lag_seconds", "How late the event loop is.")
PROCESS_INFO = Level("process_info", "Always 1.", ("role", "build"))

Metric = Count | Level | Spread
ALL: tuple[Metric, ...] = tuple(
    one for one in dict(globals()).values() if isinstance(one, Count | Level | Spread)
)

Labels = TypeVar("Labels", bound=tuple[str, ...])
Child = TypeVar("Child", Counter, Gauge, Histogram)


def _capped(value: str, known: set[str]) -> str:
    if len(known) < _VALUES:
        known.add(value)
    return value if value in known else OTHER


class Metrics:
    """Counts for one process; each recording costs about a microsecond."""

    def __init__(self, *, role: str = "all", build: str = "") -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library left it out
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._counters = {one: self._counter(one) for one in ALL if isinstance(one, Count)}
        self._gauges = {one: self._gauge(one) for one in ALL if isinstance(one, Level)}
        self._histograms = {one: self._histogram(one) for one in ALL if isinstance(one, Spread)}
        self._children: dict[Metric, dict[tuple[str, ...], Counter | Gauge | Histogram]] = {
            one: {} for one in ALL
        }
        # Those of each label that are not `other`.
        self._values = {one: [set[str]() for _ in one.labels] for one in ALL}
        for one in self._counters:
            for value in one.values:
                self.count(one, value, by=0)
        self.set(PROCESS_INFO, 1, role, build)

    def count(self, what: Count, *labels: str, by: float = 1) -> None:
        """It happened, `by` times."""
        self._child(self._counters[what], what, labels).inc(by)

    def observe(self, what: Spread, value: float, *labels: str) -> None:
        """It happened and was that large."""
        self._child(self._histograms[what], what, labels).observe(value)

    def set(self, what: Level, value: float, *labels: str) -> None:
        """It is that high now."""
        self._child(self._gauges[what], what, labels).set(value)

    def replace(self, what: Level, values: Mapping[Labels, float]) -> None:
        """These are all of its values now; what is not among them is forgotten."""
        self._gauges[what].clear()
        self._children[what].clear()
        for known in self._values[what]:
            known.clear()
        for labels, value in values.items():
            self.set(what, value, *labels)

    def called(self, route: str, status: int, _seconds: float) -> None:
        """A request to GitHub was answered; `status` 0: it was not."""
        self.count(API_CALLS, route, str(status))

    def render(self) -> bytes:
        """All of it, in Prometheus' text format (`CONTENT_TYPE`)."""
        return generate_latest(self._registry)

    def _child(self, parent: Child, what: Metric, labels: tuple[str, ...]) -> Child:
        children = self._children[what]
        child = children.get(labels)
        if child is None:
            labels = tuple(map(_capped, labels, self._values[what]))
            child = children.get(labels)
        if child is None:
            child = children[labels] = parent.labels(*labels) if labels else parent
        return child  # type: ignore[return-value]  # one metric has children of one kind

    def _counter(self, one: Count) -> Counter:
        return Counter(f"handoff_{one.name}", one.help, one.labels, registry=self._registry)

    def _gauge(self, one: Level) -> Gauge:
        return Gauge(f"handoff_{one.name}", one.help, one.labels, registry=self._registry)

    def _histogram(self, one: Spread) -> Histogram:
        return Histogram(
            f"handoff_{one.name}",
            one.help,
            one.labels,
            registry=self._registry,
            buckets=one.buckets,
        )
