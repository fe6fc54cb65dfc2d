"""What is counted, under which names, with how many series."""

from __future__ import annotations

import asyncio
import re
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot import metrics as names
from bot.errors import StoreTrouble
from bot.github.budget import Quota
from bot.metrics import ALL, Metrics
from bot.model.arrival import Control
from bot.model.claim import Claim, Done, Fenced, LimitedUntil, Outcome
from bot.model.verdict import Outcome as Verdicts
from bot.store.claims import Claims
from bot.store.database import Database
from bot.store.ledger import StoreLedger
from bot.store.schema import upgrade
from bot.wiring import measure
from bot.wiring.catalogue import registry
from bot.wiring.measure import budgets, counted, look
from tests.store.shop import SILENCED, control, judged, shop
from tests.store.test_outbox import REPLY, check, comment, plan, send
from tests.support.clock import START, FakeClock
from tests.worker.doubles import claim

# What the documentation of operations promises, as far as this version has it to count.
PROMISED = {
    "messages_total",
    "channel_breaker_open",
    "deliveries_total",
    "webhook_rejected_total",
    "webhook_last_received_timestamp_seconds",
    "secret_last_used_timestamp_seconds",
    "ack_seconds",
    "dirty",
    "oldest_due_seconds",
    "event_age_seconds",
    "evaluations_total",
    "evaluation_seconds",
    "overlap_total",
    "fenced_total",
    "parked",
    "commit_seconds",
    "commit_batch_size",
    "uncertain_total",
    "commands_refused_total",
    "writes_skipped_total",
    "timer_late_seconds",
    "clock_jumps_total",
    "redelivery_total",
    "reconcile_drift_total",
    "api_remaining",
    "write_scale",
    "rule_verdicts_total",
    "outbox",
    "outbox_oldest_seconds",
    "timers_due",
    "api_calls_total",
    "limited_seconds_total",
    "leader",
    "heartbeat_age_seconds",
    "stalled_jobs_total",
    "store_bytes",
    "disk_free_bytes",
    "disk_bytes",
    "loop_lag_seconds",
    "process_info",
}


def shown(metrics: Metrics, start: str) -> list[str]:
    return [
        one for one in metrics.render().decode().splitlines() if one.startswith(f"handoff_{start}")
    ]


def test_every_promised_metric_is_defined_once() -> None:
    assert sorted(one.name for one in ALL) == sorted(PROMISED)


def test_every_metric_is_shown_with_our_prefix() -> None:
    text = Metrics().render().decode()

    families = set(re.findall(r"^# TYPE handoff_(\S+) ", text, re.MULTILINE))
    assert families == PROMISED


def test_what_happens_is_counted_by_its_labels() -> None:
    metrics = Metrics()

    metrics.count(names.DELIVERIES, "push", "control")
    metrics.count(names.DELIVERIES, "push", "control")
    metrics.count(names.LIMITED, by=2.5)
    metrics.called("GET /app", 0, 0.1)

    assert shown(metrics, "deliveries") == [
        'handoff_deliveries_total{event="push",outcome="control"} 2.0'
    ]
    assert shown(metrics, "limited") == ["handoff_limited_seconds_total 2.5"]
    assert shown(metrics, "api_calls") == [
        'handoff_api_calls_total{route="GET /app",status="0"} 1.0'
    ]


def test_sizes_fall_into_their_buckets() -> None:
    metrics = Metrics()

    metrics.observe(names.EVALUATION, 7, "judge")

    said = shown(metrics, "evaluation_seconds")
    assert 'handoff_evaluation_seconds_bucket{le="5.0",stage="judge"} 0.0' in said
    assert 'handoff_evaluation_seconds_bucket{le="10.0",stage="judge"} 1.0' in said
    assert 'handoff_evaluation_seconds_sum{stage="judge"} 7.0' in said


def test_a_level_forgets_what_is_no_more() -> None:
    metrics = Metrics()
    metrics.replace(names.DIRTY, {("due",): 3, ("running",): 1})

    metrics.replace(names.DIRTY, {("due",): 2})

    assert shown(metrics, "dirty") == ['handoff_dirty{state="due"} 2.0']


def test_labels_have_few_values_whatever_comes_in() -> None:
    metrics = Metrics()
    for nth in range(1000):
        metrics.count(names.API_CALLS, f"GET /{nth}", "200")

    said = shown(metrics, "api_calls")
    assert len(said) == 201
    assert 'handoff_api_calls_total{route="other",status="200"} 800.0' in said


def test_each_rule_is_counted_under_its_own_name_however_it_ends() -> None:
    metrics, pairs = Metrics(), [(rule, one.value) for rule in registry() for one in Verdicts]
    for rule, outcome in pairs:
        metrics.count(names.RULE_VERDICTS, rule, outcome)

    said = shown(metrics, "rule_verdicts")
    assert len(pairs) > 200
    assert len(said) == len(pairs)


def test_a_value_that_is_known_before_is_shown_before() -> None:
    metrics = Metrics()

    metrics.count(names.REDELIVERY, "given-up", by=3)

    assert shown(metrics, "redelivery") == [
        'handoff_redelivery_total{result="asked"} 0.0',
        'handoff_redelivery_total{result="given-up"} 3.0',
    ]


def test_no_value_is_counted_that_was_not_known_before() -> None:
    code = {
        names.REJECTED: ("web/webhook.py", r'_Rejected\(\d+, "([^"]+)"'),
        names.REDELIVERY: ("wiring/sweeps.py", r'count\(REDELIVERY, "([^"]+)"'),
        names.DRIFT: ("store/comparison.py", r'return .*"(\w+)"'),
    }
    bot = Path(names.__file__).parent

    assert {one for one in ALL if isinstance(one, names.Count) and one.values} == set(code)
    for one, (file, word) in code.items():
        assert tuple(sorted(set(re.findall(word, (bot / file).read_text())))) == one.values


def test_two_sets_of_metrics_do_not_meet() -> None:
    first, second = Metrics(role="all", build="b1"), Metrics()
    first.count(names.OVERLAP)

    assert shown(second, "overlap") == ["handoff_overlap_total 0.0"]
    assert shown(first, "process_info") == ['handoff_process_info{build="b1",role="all"} 1.0']


def test_the_process_itself_is_measured() -> None:
    assert b"process_resident_memory_bytes" in Metrics().render()


def test_a_fresh_process_has_few_series() -> None:
    series = [one for one in Metrics().render().splitlines() if not one.startswith(b"#")]

    assert len(series) <= 1500


@pytest.mark.parametrize("forbidden", ["login", "title", "path", "sha", "pr", "repo", "repository"])
def test_no_label_names_a_person_or_a_pull_request(forbidden: str) -> None:
    assert [one.name for one in ALL if forbidden in one.labels] == []


def test_nothing_is_shown_that_nobody_counts() -> None:
    bot = Path(names.__file__).parent
    code = "".join(one.read_text() for one in bot.rglob("*.py"))
    counted = set(re.findall(r"metrics\.(?:count|set|observe|replace)[(,]\s*([A-Z_]+)", code))
    constants = {name for name, one in vars(names).items() if one in ALL}

    assert constants - counted == {"API_CALLS", "PROCESS_INFO"}


def test_only_one_file_knows_the_library() -> None:
    bot = Path(names.__file__).parent
    users = [
        one.name
        for one in bot.rglob("*.py")
        if re.search(r"^\s*(from|import) prometheus_client", one.read_text(), re.MULTILINE)
    ]

    assert users == ["metrics.py"]


async def test_work_is_counted_by_how_it_ends_and_how_long_it_took() -> None:
    metrics, clock = Metrics(), FakeClock()
    ends: list[Outcome] = [LimitedUntil(START + timedelta(seconds=12), "core"), Done()]

    async def handle(_: Claim) -> Outcome:
        clock.advance(2)
        return ends.pop()

    work = counted(handle, metrics, clock)
    await work(claim(1))
    await work(claim(1))

    assert shown(metrics, "evaluations_total") == [
        'handoff_evaluations_total{outcome="Done"} 1.0',
        'handoff_evaluations_total{outcome="LimitedUntil"} 1.0',
    ]
    assert "handoff_event_age_seconds_sum 2.0" in shown(metrics, "event_age")
    assert shown(metrics, "limited") == ["handoff_limited_seconds_total 8.0"]
    assert shown(metrics, "overlap") == ["handoff_overlap_total 0.0"]


async def test_two_at_once_on_one_pull_request_are_told_from_two_on_two() -> None:
    metrics, gate = Metrics(), asyncio.Event()

    async def handle(_: Claim) -> Outcome:
        await gate.wait()
        return Done()

    work = counted(handle, metrics, FakeClock())
    running = asyncio.gather(work(claim(1)), work(claim(2)), work(claim(1)))
    await asyncio.sleep(0)
    gate.set()
    await running

    assert shown(metrics, "overlap") == ["handoff_overlap_total 1.0"]


async def test_what_waits_is_known_by_looking(tmp_path: Path) -> None:
    metrics = Metrics()
    async with shop(tmp_path) as here:
        await here.deliver(1)
        await here.deliver(2)
        claims = {one.subject.number: one for one in await here.take()}
        await here.ledger.commit(claims[1], judged(*[check("1 of 2")]))
        await here.write("UPDATE dirty SET parked = 'failed' WHERE number = 2")
        await here.claims.finish(claims[1], Done())
        await here.deliver(1)
        here.clock.advance(30)
        path, now = tmp_path, here.clock.now()
        await look(metrics, here.database, path, now)

    assert shown(metrics, "dirty{") == [
        'handoff_dirty{state="due"} 1.0',
        'handoff_dirty{state="parked because"} 1.0',
    ]
    assert shown(metrics, "outbox{") == ['handoff_outbox{class="check",state="pending"} 1.0']
    assert shown(metrics, "outbox_oldest") == ["handoff_outbox_oldest_seconds 30.0"]
    assert shown(metrics, "parked") == ['handoff_parked{why="failed"} 1.0']
    assert 'handoff_oldest_due_seconds{lane="update"} 30.0' in shown(metrics, "oldest_due")


@pytest.mark.parametrize("hangs", [True, False])
async def test_while_the_store_is_away_all_that_is_known_without_it_is_shown(
    hangs: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_: object) -> None:
        if hangs:
            await asyncio.Event().wait()
        raise StoreTrouble("no connection")

    metrics, queues = Metrics(), ("dirty", "oldest_due", "parked", "outbox{")
    async with shop(tmp_path) as here:
        await plan(here, check("1 of 2"))
        path, now = tmp_path, here.clock.now()
        await look(metrics, here.database, path, now)
        before = [one for start in queues for one in shown(metrics, start)]
        monkeypatch.setattr(measure, "LOOK_SECONDS", 0.01)
        monkeypatch.setattr(here.database, "search", away)
        await look(metrics, here.database, path, now)

    assert before
    assert [one for start in queues for one in shown(metrics, start)] == []
    # No comparison with that is true.
    assert shown(metrics, "outbox_oldest") == ["handoff_outbox_oldest_seconds NaN"]
    assert shown(metrics, "timers_due") == ["handoff_timers_due NaN"]
    assert shown(metrics, "store_bytes") == ["handoff_store_bytes NaN"]


async def test_what_needs_no_writing_is_counted_by_its_reason(tmp_path: Path) -> None:
    metrics = Metrics()
    async with shop(tmp_path) as here:
        here.ledger = StoreLedger(here.database, here.inbox, here.clock, here.entropy, metrics)
        for _ in range(2):
            await send(here, await plan(here, check("1 of 2"), comment(), REPLY))
        await here.deliver(**control(Control.COMMENT_GONE, comment_id=77))
        await send(here, await plan(here, comment("Three.")))

    assert shown(metrics, "writes_skipped") == [
        'handoff_writes_skipped_total{why="equal"} 2.0',
        'handoff_writes_skipped_total{why="said"} 1.0',
        'handoff_writes_skipped_total{why="suppressed"} 1.0',
    ]


@pytest.mark.parametrize(
    "change",
    [
        *SILENCED,
        "INSERT INTO budget VALUES (5, 'core', 9000000000000, 'limit')",
        "UPDATE dirty SET parked = 'failed'",
    ],
)
async def test_who_may_not_be_looked_at_is_not_behind(change: str, tmp_path: Path) -> None:
    metrics = Metrics()
    async with shop(tmp_path) as here:
        await here.deliver(1)
        await here.write(change)
        here.clock.advance(300)
        path, now = tmp_path / "handoff.sqlite", here.clock.now()
        await look(metrics, here.database, path, now)

    assert {one.rpartition(" ")[2] for one in shown(metrics, "oldest_due")} == {"0.0"}


@pytest.mark.parametrize(
    "change",
    SILENCED,
)
async def test_where_nothing_may_be_said_nothing_is_stuck(change: str, tmp_path: Path) -> None:
    metrics = Metrics()
    async with shop(tmp_path) as here:
        await plan(here, check("1 of 2"))
        await here.write("UPDATE dirty SET parked = 'failed'")
        await here.write(change)
        here.clock.advance(3600)
        path, now = tmp_path, here.clock.now()
        await look(metrics, here.database, path, now)

    assert shown(metrics, "outbox{") == ['handoff_outbox{class="check",state="pending"} 1.0']
    assert shown(metrics, "outbox_oldest") == ["handoff_outbox_oldest_seconds 0.0"]
    assert shown(metrics, "parked") == []


async def test_what_a_transferred_repository_took_along_can_be_stuck(tmp_path: Path) -> None:
    metrics = Metrics()
    async with shop(tmp_path) as here:
        await plan(here, check("1 of 2"))
        await here.write("INSERT INTO installation (id, login) VALUES (43, 'other')")
        await here.write("UPDATE repository SET installation_id = 43")
        await here.write("UPDATE dirty SET installation_id = 43")
        await here.write("UPDATE installation SET removed_at = 1 WHERE id != 43")
        here.clock.advance(3600)
        path, now = tmp_path, here.clock.now()
        await look(metrics, here.database, path, now)

    assert shown(metrics, "outbox_oldest") == ["handoff_outbox_oldest_seconds 3600.0"]


async def test_timers_that_come_late_and_clocks_that_were_set_are_counted(tmp_path: Path) -> None:
    metrics = Metrics()
    async with shop(tmp_path) as here:
        claims = Claims(here.database, here.clock, "me", metrics)
        await claims.fire()
        due = here.ms(-4)
        await here.write(f"INSERT INTO timer VALUES ('grace:7#1', {due}, 'grace', '7#1', 9)")
        await claims.fire()
        here.clock.jump(3600)
        await claims.fire()

    assert "handoff_timer_late_seconds_sum 4.0" in shown(metrics, "timer_late")
    assert shown(metrics, "clock_jumps") == ["handoff_clock_jumps_total 1.0"]


async def test_commits_are_counted_with_what_they_hold(tmp_path: Path) -> None:
    counts: list[int] = []

    def timed(count: int) -> AbstractContextManager[None]:
        counts.append(count)
        return nullcontext()

    upgrade(tmp_path / "handoff.sqlite")
    database = Database(tmp_path / "handoff.sqlite", timed=timed)
    database.open()
    await asyncio.gather(*(database.tx(lambda _: None) for _ in range(5)))
    database.close()

    assert sum(counts) == 5


def test_what_is_left_of_the_limits_is_known_by_installation() -> None:
    metrics, quota = Metrics(), Quota(5000, 1234, 0.0)
    client = SimpleNamespace(budget_left=lambda: {"graphql": quota}, scale=0.5)
    github: Any = SimpleNamespace(known=lambda: {7: client})

    budgets(metrics, github)

    left = 'handoff_api_remaining{installation="7",resource="graphql"} 1234.0'
    assert shown(metrics, "api_remaining") == [left]
    assert shown(metrics, "write_scale") == ['handoff_write_scale{installation="7"} 0.5']


def test_of_very_many_installations_those_are_shown_that_have_least_left() -> None:
    def client(remaining: int) -> SimpleNamespace:
        left = {"core": Quota(5000, remaining, 0.0)}
        return SimpleNamespace(budget_left=lambda: left, scale=remaining / 5000)

    metrics = Metrics()
    github: Any = SimpleNamespace(known=lambda: {nth: client(5000 - nth) for nth in range(300)})

    budgets(metrics, github)

    left = shown(metrics, "api_remaining")
    assert 'handoff_api_remaining{installation="299",resource="core"} 4701.0' in left
    assert 'handoff_api_remaining{installation="other",resource="core"} 5000.0' in left
    assert any('installation="299"' in one for one in shown(metrics, "write_scale"))


async def test_a_fenced_run_is_counted() -> None:
    metrics = Metrics()

    async def handle(_: Claim) -> Outcome:
        return Fenced()

    await counted(handle, metrics, FakeClock())(claim(1))

    assert shown(metrics, "fenced") == ["handoff_fenced_total 1.0"]
